/*
 * The misbehaviours of the mock authentik: one small function each, and the engine that plays those
 * that are on at a point. The rows are in faults_table.h. A function changes only what it was lent.
 */
#include "mocks/authentik/faults.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "harness/jose/jwk.h"
#include "mocks/authentik/faults_play.h"
#include "mocks/authentik/faults_table.h"

/* ------------------------------------------------------------------ discovery */

static void play_issuer_mismatch(struct fault_call *c)
{
    js_set_text(c->doc, "issuer",
                fault_text(c->with, "issuer", "https://idp.example/application/o/x/"));
}

static void play_no_jwks_uri(struct fault_call *c)
{
    js_remove(c->doc, "jwks_uri");
}

static void play_no_token_endpoint(struct fault_call *c)
{
    js_remove(c->doc, "token_endpoint");
}

static void play_no_algs(struct fault_call *c)
{
    js_remove(c->doc, "id_token_signing_alg_values_supported");
}

static void set_only(struct js *doc, const char *name, const char *value)
{
    struct js *list = js_array();
    js_append_text(list, value);
    js_set(doc, name, list);
}

static void play_discovery_alg(struct fault_call *c)
{
    set_only(c->doc, "id_token_signing_alg_values_supported", fault_text(c->with, "alg", "PS256"));
}

static void play_no_code_type(struct fault_call *c)
{
    set_only(c->doc, "response_types_supported", "id_token");
}

static void play_no_s256(struct fault_call *c)
{
    set_only(c->doc, "code_challenge_methods_supported", "plain");
}

static void play_no_subject_types(struct fault_call *c)
{
    js_remove(c->doc, "subject_types_supported");
}

/* Of the userinfo endpoint by default: Dex asks it only with getUserInfo. */
static void play_http_endpoint(struct fault_call *c)
{
    const char *name = fault_text(c->with, "endpoint", "userinfo_endpoint");
    const char *url = js_get_text(c->doc, name);
    if (!cstr_starts(url, "https://"))
        return;
    AUTO(xfree) char *plain = xasprintf("http://%s", url + strlen("https://"));
    js_set_text(c->doc, name, plain);
}

/* ------------------------------------------------------------------ whole answers */

static void play_html(struct fault_call *c)
{
    ak_page_message(c->resp, 200, "Welcome to authentik!", "Log in to continue.");
}

static void play_http_500(struct fault_call *c)
{
    int64_t status = fault_number(c->with, "status", 500);
    bool valid = status >= 400 && status <= 599;
    ak_page_message(c->resp, valid ? (int)status : 500, "Server Error",
                    "An unexpected error occurred.");
}

static void play_cacheable(struct fault_call *c)
{
    params_remove_ci(&c->resp->headers, "Cache-Control");
    params_remove_ci(&c->resp->headers, "Pragma");
}

/* The session cookie's line among the headers; NULL when the answer sets none. */
static struct param *session_cookie(const struct fault_call *c)
{
    for (size_t i = 0; i < c->resp->headers.len; i++) {
        struct param *p = &c->resp->headers.items[i];
        if (strcasecmp(p->name, "Set-Cookie") == 0 && cstr_starts(p->value, "authentik_session="))
            return p;
    }
    return NULL;
}

/* Whatever begins with `attribute` up to the next semicolon is replaced; "" takes it out. */
static void change_attribute(const struct fault_call *c, const char *attribute, const char *with)
{
    struct param *p = session_cookie(c);
    char *at = p != NULL ? strstr(p->value, attribute) : NULL;
    if (at == NULL)
        return;
    const char *rest = at + strlen("; ") + strcspn(at + strlen("; "), ";");
    char *changed = xasprintf("%.*s%s%s", (int)(at - p->value), p->value, with, rest);
    xfree(p->value);
    p->value = changed;
}

static void play_no_httponly(struct fault_call *c)
{
    change_attribute(c, "; HttpOnly", "");
}

static void play_no_secure(struct fault_call *c)
{
    change_attribute(c, "; Secure", "");
}

static void play_no_samesite(struct fault_call *c)
{
    change_attribute(c, "; SameSite", "");
}

static void play_cookie_path(struct fault_call *c)
{
    AUTO(xfree) char *path = xasprintf("; Path=%s", fault_text(c->with, "path", "/if/"));
    change_attribute(c, "; Path", path);
}

static void play_cookie_domain(struct fault_call *c)
{
    AUTO(url_deinit) struct url u = {0};
    const char *url = c->m->setup->authentik.url;
    bool known = url != NULL && url_parse(url, &u, NULL) == 0;
    AUTO(xfree)
    char *both = xasprintf("; Path=/; Domain=%s",
                           fault_text(c->with, "domain", known ? u.host : "authentik"));
    change_attribute(c, "; Path", both);
}

/* ------------------------------------------------------------------ JWKS */

static struct js *first_key(const struct fault_call *c)
{
    return js_at(js_get(c->doc, "keys"), 0);
}

static void play_jwks_empty(struct fault_call *c)
{
    js_set(c->doc, "keys", js_array());
}

static void drop_certificate(struct js *jwk)
{
    js_remove(jwk, "x5c");
    js_remove(jwk, "x5t");
    js_remove(jwk, "x5t#S256");
}

/* Where no second key of the kind is at hand, the place is empty instead: neither verifies. */
static void play_jwks_wrong_key(struct fault_call *c)
{
    AUTO(key_free) struct key *foreign = ak_conf_foreign_key(&c->m->conf);
    struct js *jwk = first_key(c);
    if (foreign == NULL || jwk == NULL) {
        play_jwks_empty(c);
        return;
    }
    AUTO(js_free) struct js *other = jwk_public(foreign);
    drop_certificate(jwk);
    js_merge(jwk, other);
}

static void remove_from_key(struct fault_call *c, const char *member)
{
    if (first_key(c) != NULL)
        js_remove(first_key(c), member);
}

static void play_jwks_no_kid(struct fault_call *c)
{
    remove_from_key(c, "kid");
}

static void play_jwks_no_use(struct fault_call *c)
{
    remove_from_key(c, "use");
}

static void play_jwks_alg(struct fault_call *c)
{
    if (first_key(c) != NULL)
        js_set_text(first_key(c), "alg", fault_text(c->with, "alg", "RS512"));
}

static void play_jwks_duplicate(struct fault_call *c)
{
    AUTO(key_free) struct key *foreign = ak_conf_foreign_key(&c->m->conf);
    struct js *jwk = first_key(c);
    if (jwk == NULL)
        return;
    struct js *twin = js_dup(jwk);
    drop_certificate(twin);
    AUTO(js_free) struct js *other = foreign != NULL ? jwk_public(foreign) : js_object();
    js_merge(twin, other);
    js_append(js_get(c->doc, "keys"), twin);
}

/* Not the true exponent: what counts is that the member is there. */
static void play_jwks_private(struct fault_call *c)
{
    if (first_key(c) != NULL)
        js_set_text(first_key(c), "d", "AQAB");
}

static void play_jwks_x5t(struct fault_call *c)
{
    if (first_key(c) != NULL)
        js_set_text(first_key(c), "x5t#S256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

/* ------------------------------------------------------------------ claims of the ID token */

static void play_wrong_aud(struct fault_call *c)
{
    js_set_text(c->doc, "aud", fault_text(c->with, "aud", "another-client"));
}

static void play_no_aud(struct fault_call *c)
{
    js_remove(c->doc, "aud");
}

static void play_wrong_iss(struct fault_call *c)
{
    const char *iss = js_get_text(c->doc, "iss");
    size_t n = iss != NULL ? strlen(iss) : 0;
    AUTO(xfree) char *cut = xstrndup(n > 0 ? iss : "", n > 0 && iss[n - 1] == '/' ? n - 1 : n);
    js_set_text(c->doc, "iss", fault_text(c->with, "iss", cut));
}

static void play_no_iss(struct fault_call *c)
{
    js_remove(c->doc, "iss");
}

static void play_expired(struct fault_call *c)
{
    js_set(c->doc, "exp", js_int(c->mint->now_s - fault_number(c->with, "seconds", 3600)));
}

static void play_no_exp(struct fault_call *c)
{
    js_remove(c->doc, "exp");
}

static void play_future_nbf(struct fault_call *c)
{
    js_set(c->doc, "nbf", js_int(c->mint->now_s + fault_number(c->with, "seconds", 3600)));
}

static void play_no_iat(struct fault_call *c)
{
    js_remove(c->doc, "iat");
}

static void play_iat_future(struct fault_call *c)
{
    js_set(c->doc, "iat", js_int(c->mint->now_s + fault_number(c->with, "seconds", 86400)));
}

static void play_no_sub(struct fault_call *c)
{
    js_remove(c->doc, "sub");
}

static void play_no_email(struct fault_call *c)
{
    js_remove(c->doc, "email");
}

static void play_no_email_verified(struct fault_call *c)
{
    js_remove(c->doc, "email_verified");
}

static void play_email_verified_string(struct fault_call *c)
{
    js_set_text(c->doc, "email_verified", fault_text(c->with, "value", "true"));
}

static void play_no_name(struct fault_call *c)
{
    js_remove(c->doc, "name");
}

static void play_groups_string(struct fault_call *c)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    const struct js *groups = js_get(c->doc, "groups");
    for (size_t i = 0; i < js_len(groups); i++)
        buf_addf(&b, "%s%s", i > 0 ? "," : "", js_text(js_at(groups, i)));
    js_set_text(c->doc, "groups", b.ptr);
}

static void play_groups_missing(struct fault_call *c)
{
    js_remove(c->doc, "groups");
}

static void play_groups_upper(struct fault_call *c)
{
    struct js *list = js_array();
    const struct js *groups = js_get(c->doc, "groups");
    for (size_t i = 0; i < js_len(groups); i++) {
        AUTO(xfree) char *name = xstrdup(js_text(js_at(groups, i)));
        for (char *p = name; *p != '\0'; p++)
            *p = (char)toupper((unsigned char)*p);
        js_append_text(list, name);
    }
    js_set(c->doc, "groups", list);
}

static void play_groups_extra(struct fault_call *c)
{
    struct js *groups = js_get(c->doc, "groups");
    if (groups == NULL) {
        js_set(c->doc, "groups", js_array());
        groups = js_get(c->doc, "groups");
    }
    js_append_text(groups, fault_text(c->with, "group", "Intruders"));
}

static void play_wrong_nonce(struct fault_call *c)
{
    js_set_text(c->doc, "nonce", fault_text(c->with, "nonce", "not-the-nonce-that-was-sent"));
}

static void play_no_nonce(struct fault_call *c)
{
    js_remove(c->doc, "nonce");
}

static void play_azp_wrong(struct fault_call *c)
{
    js_set_text(c->doc, "azp", fault_text(c->with, "azp", "another-client"));
}

static void play_at_hash_wrong(struct fault_call *c)
{
    c->mint->with_at_hash = false;
    js_set_text(c->doc, "at_hash", "AAAAAAAAAAAAAAAAAAAAAA");
}

static void play_c_hash_wrong(struct fault_call *c)
{
    js_set_text(c->doc, "c_hash", "AAAAAAAAAAAAAAAAAAAAAA");
}

static void play_auth_time_old(struct fault_call *c)
{
    js_set(c->doc, "auth_time",
           js_int(c->mint->now_s - fault_number(c->with, "seconds", 30 * 86400)));
}

static void set_named(struct fault_call *c, struct js *claims)
{
    const struct js *value = js_get(c->with, "value");
    js_set(claims, fault_text(c->with, "name", "name"),
           value != NULL ? js_dup(value) : js_string("Mallory"));
}

static void play_claim(struct fault_call *c)
{
    set_named(c, c->doc);
}

/* ------------------------------------------------------------------ key and signature */

static void use_key(struct mint *t, struct key *take, enum jws_alg alg)
{
    key_free(t->id_key);
    t->id_key = take;
    t->id_alg = alg;
}

static void play_alg_none(struct fault_call *c)
{
    c->mint->id_alg = JWS_NONE;
}

/* with secret: public-key, the classic confusion: the PEM of the public key is the HMAC's key. */
static void play_alg_hs256(struct fault_call *c)
{
    bool confused = cstr_eq(js_get_text(c->with, "secret"), "public-key");
    AUTO(xfree) char *pem = confused ? key_public_pem(c->m->conf.key) : NULL;
    const char *secret = pem != NULL ? pem : c->m->conf.ak->client_secret;
    use_key(c->mint, key_from_secret(secret, strlen(secret)), JWS_HS256);
}

static void play_wrong_key(struct fault_call *c)
{
    struct key *foreign = ak_conf_foreign_key(&c->m->conf);
    if (foreign != NULL)
        use_key(c->mint, foreign, c->mint->id_alg);
    else
        c->mint->id_spoiled = true;
}

static void play_kid_unknown(struct fault_call *c)
{
    xfree(c->mint->id_kid);
    c->mint->id_kid = xstrdup(fault_text(c->with, "kid", "a-kid-that-is-in-no-jwks"));
}

static void play_no_kid(struct fault_call *c)
{
    c->mint->id_kid = xfree(c->mint->id_kid);
}

static void play_tampered(struct fault_call *c)
{
    struct mint *t = c->mint;
    AUTO(js_free) struct js *claims = js_dup(t->id_claims);
    set_named(c, claims);
    AUTO(xfree) char *text = js_compact(claims);
    AUTO(xfree) char *payload = b64url_encode(text, strlen(text));
    size_t head = strcspn(t->id_token, ".");
    const char *signature = strrchr(t->id_token, '.');
    char *changed = xasprintf("%.*s.%s%s", (int)head, t->id_token, payload, signature);
    xfree(t->id_token);
    t->id_token = changed;
}

static void play_malformed(struct fault_call *c)
{
    char *last = strrchr(c->mint->id_token, '.');
    if (last != NULL)
        *last = '\0';
}

/* ------------------------------------------------------------------ token answer */

static void play_no_id_token(struct fault_call *c)
{
    js_remove(c->doc, "id_token");
}

static void play_no_access_token(struct fault_call *c)
{
    js_remove(c->doc, "access_token");
}

static void play_no_refresh_token(struct fault_call *c)
{
    js_remove(c->doc, "refresh_token");
}

static void play_wrong_type(struct fault_call *c)
{
    js_set_text(c->doc, "token_type", fault_text(c->with, "type", "mac"));
}

static void play_expires_in(struct fault_call *c)
{
    js_set(c->doc, "expires_in", js_int(fault_number(c->with, "seconds", 1)));
}

static void play_scope(struct fault_call *c)
{
    AUTO(xfree) char *more = xasprintf("%s goauthentik.io/api", js_get_text(c->doc, "scope"));
    js_set_text(c->doc, "scope", fault_text(c->with, "scope", more));
}

static void play_error_unknown(struct fault_call *c)
{
    AUTO(js_free) struct js *body = js_object();
    js_set_text(body, "error", fault_text(c->with, "error", "not_today"));
    ak_token_json(c->resp, 400, body);
}

static void play_error_html(struct fault_call *c)
{
    ak_page_message(c->resp, 400, "Bad Request", "Your request could not be understood.");
}

/* ------------------------------------------------------------------ userinfo, authorize */

static void play_other_sub(struct fault_call *c)
{
    js_set_text(c->doc, "sub", fault_text(c->with, "sub", "somebody-else"));
}

static void play_state_changed(struct fault_call *c)
{
    params_set(c->params, "state", fault_text(c->with, "state", "another-state"));
}

static void play_state_dropped(struct fault_call *c)
{
    params_remove(c->params, "state");
}

static void play_no_code(struct fault_call *c)
{
    params_remove(c->params, "code");
}

static void play_error(struct fault_call *c)
{
    AUTO(params_deinit) struct params answer = {0};
    params_add(&answer, "error", fault_text(c->with, "error", "access_denied"));
    params_add(&answer, "error_description",
               fault_text(c->with, "description",
                          "The resource owner or authorization server denied the request"));
    if (params_get(c->params, "state") != NULL)
        params_add(&answer, "state", params_get(c->params, "state"));
    params_deinit(c->params);
    *c->params = answer;
    answer = (struct params){0};
}

static void play_error_with_code(struct fault_call *c)
{
    params_set(c->params, "error", "access_denied");
    params_set(c->params, "error_description", "The request was denied");
}

static void play_iss(struct fault_call *c)
{
    params_set(c->params, "iss",
               fault_text(c->with, "iss", "https://idp.example/application/o/x/"));
}

/* ------------------------------------------------------------------ refusals, logs */

static void play_client_challenge(struct fault_call *c)
{
    if (!cstr_contains(c->resp->body, "invalid_client"))
        return;
    c->resp->status = 401;
    params_set_ci(&c->resp->headers, "WWW-Authenticate", "Basic realm=\"authentik\"");
}

static void play_bearer_challenge(struct fault_call *c)
{
    const char *said = params_get_ci(&c->resp->headers, "WWW-Authenticate");
    AUTO(xfree) char *whole = xasprintf("Bearer %s", said != NULL ? said : "");
    params_set_ci(&c->resp->headers, "WWW-Authenticate", whole);
}

static void play_log_secret(struct fault_call *c)
{
    trace_log(c->m->env.trace, AK_PARTY, "debug", "client authenticated client_secret=%s",
              c->m->conf.ak->client_secret);
}

/* ------------------------------------------------------------------ engine */

struct row {
    const char *id;
    enum fault_point at;
    void (*play)(struct fault_call *call);
};

#define AS_FAULT(id_, title_, ref_, with_, at_, play_)                                             \
    {.id = "authentik/" id_, .title = title_, .ref = ref_, .with = with_},
#define AS_ROW(id_, title_, ref_, with_, at_, play_) {"authentik/" id_, at_, play_},

const struct fault faults_authentik[] = {AK_FAULT_ROWS(AS_FAULT){0}};
static const struct row rows[] = {AK_FAULT_ROWS(AS_ROW){0}};

bool ak_faults_due(struct mock *m, enum fault_point at)
{
    const struct js *with = NULL;
    for (const struct row *r = rows; r->id != NULL; r++)
        if (r->at == at && fault_peek(m->env.faults, r->id, &with))
            return true;
    return false;
}

void ak_faults_play(enum fault_point at, struct fault_call *call)
{
    for (const struct row *r = rows; r->id != NULL; r++)
        if (r->at == at && fault_fires(call->m->env.faults, r->id, &call->with))
            r->play(call);
}

bool ak_fault_asked(struct mock *m, const char *id)
{
    return fault_fires(m->env.faults, id, NULL);
}
