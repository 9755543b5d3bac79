/*
 * Every fault bites, and what it bites is right without it: each probe runs twice, and must say no
 * the first time and yes the second. A row of faults_authentik without a probe fails.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/jose/jwk.h"
#include "harness/jose/jwk_lenient.h"
#include "harness/jose/jwt.h"

#define DISCOVERY "/application/o/argocd/.well-known/openid-configuration"
#define JWKS "/application/o/argocd/jwks/"
#define SCOPE "openid email profile offline_access"
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

struct probe {
    const char *id;
    bool (*bitten)(struct fx *f, const struct probe *p);
    const char *what; /* for the probe's own use */
    const char *more;
    const char *with;
};

static void exchange(struct fx *f)
{
    AUTO(xfree) char *code = fx_code(f, SCOPE, "&nonce=n-1");
    fx_exchange(f, code, NULL);
}

static struct js *claims(struct fx *f)
{
    exchange(f);
    struct js *c = jwt_claims_unverified(fx_text(f, "id_token"));
    assert_non_null(c);
    return c;
}

static struct js *header(struct fx *f)
{
    AUTO(jws_deinit) struct jws j = {0};
    exchange(f);
    assert_int_equal(jws_parse(fx_text(f, "id_token"), &j, NULL), JWS_OK);
    return js_ref(j.header);
}

/* ------------------------------------------------------------------ documents */

static bool no_member(struct fx *f, const struct probe *p)
{
    fx_get(f, DISCOVERY);
    return js_get(f->json, p->what) == NULL;
}

static bool issuer_differs(struct fx *f, const struct probe *p)
{
    (void)p;
    fx_get(f, DISCOVERY);
    return !cstr_starts(fx_text(f, "issuer"), f->base);
}

static bool list_lacks(struct fx *f, const struct probe *p)
{
    fx_get(f, DISCOVERY);
    const struct js *list = js_get(f->json, p->what);
    for (size_t i = 0; i < js_len(list); i++)
        if (cstr_eq(js_text(js_at(list, i)), p->more))
            return false;
    return true;
}

static bool plain_endpoint(struct fx *f, const struct probe *p)
{
    params_add(&f->send, "X-Forwarded-Proto", "https");
    fx_get(f, DISCOVERY);
    assert_true(cstr_starts(fx_text(f, "issuer"), "https://"));
    return cstr_starts(fx_text(f, p->what), "http://");
}

static bool is_html(struct fx *f, const struct probe *p)
{
    fx_get(f, p->what);
    return f->resp.status == 200 && cstr_starts(fx_header(f, "Content-Type"), "text/html");
}

static bool is_status(struct fx *f, const struct probe *p)
{
    fx_get(f, p->what);
    return f->resp.status == 503;
}

/* A member of the discovery document has this JSON. */
static bool member_is(struct fx *f, const struct probe *p)
{
    fx_get(f, DISCOVERY);
    const struct js *value = js_get(f->json, p->what);
    AUTO(xfree) char *text = value != NULL ? js_compact(value) : xstrdup("absent");
    return strcmp(text, p->more) == 0;
}

static bool has_fragment(struct fx *f, const struct probe *p)
{
    fx_get(f, DISCOVERY);
    return cstr_contains(fx_text(f, p->what), "#here");
}

static bool lists_none(struct fx *f, const struct probe *p)
{
    fx_get(f, DISCOVERY);
    const struct js *list = js_get(f->json, p->what);
    return cstr_eq(js_text(js_at(list, js_len(list) - 1)), "none");
}

static const struct js *first_key(struct fx *f)
{
    fx_get(f, JWKS);
    return js_at(js_get(f->json, "keys"), 0);
}

static bool no_keys(struct fx *f, const struct probe *p)
{
    (void)p;
    return first_key(f) == NULL;
}

static bool two_keys(struct fx *f, const struct probe *p)
{
    (void)p;
    (void)first_key(f);
    const struct js *keys = js_get(f->json, "keys");
    const char *a = js_get_text(js_at(keys, 0), "kid");
    return js_len(keys) == 2 && cstr_eq(a, js_get_text(js_at(keys, 1), "kid"));
}

static bool key_lacks(struct fx *f, const struct probe *p)
{
    return js_get(first_key(f), p->what) == NULL;
}

/* A member of the key after the first has this text. */
static bool second_key_is(struct fx *f, const struct probe *p)
{
    (void)first_key(f);
    return cstr_eq(js_get_text(js_at(js_get(f->json, "keys"), 1), p->what), p->more);
}

static bool short_second_key(struct fx *f, const struct probe *p)
{
    (void)p;
    (void)first_key(f);
    const struct js *second = js_at(js_get(f->json, "keys"), 1);
    return second != NULL && jwk_rsa_bits(second) == 1024;
}

static bool leading_zero(struct fx *f, const struct probe *p)
{
    const struct js *key = first_key(f);
    AUTO(js_free) struct js *trimmed = jwk_trimmed(key);
    return !cstr_eq(js_get_text(trimmed, p->what), js_get_text(key, p->what));
}

static bool key_sha1(struct fx *f, const struct probe *p)
{
    (void)p;
    return cstr_starts(js_get_text(first_key(f), "x5t"), "AAAAAAAA");
}

static bool key_has(struct fx *f, const struct probe *p)
{
    return js_get(first_key(f), p->what) != NULL;
}

static bool key_alg(struct fx *f, const struct probe *p)
{
    (void)p;
    return !cstr_eq(js_get_text(first_key(f), "alg"), "RS256");
}

static bool key_digest(struct fx *f, const struct probe *p)
{
    (void)p;
    return cstr_starts(js_get_text(first_key(f), "x5t#S256"), "AAAAAAAA");
}

/* Verifies the id_token in the last answer by the JWKS as served, kid ignored if it is not there.
 */
static enum jws_problem verified(struct fx *f)
{
    AUTO(xfree) char *token = xstrdup(fx_text(f, "id_token"));
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(key_free) struct key *key = NULL;
    enum jws_problem p = jws_parse(token, &j, NULL);
    if (p != JWS_OK)
        return p;
    assert_int_equal(jwk_to_key(first_key(f), &key, NULL), 0);
    return jws_verify(&j, key);
}

static bool does_not_verify(struct fx *f, const struct probe *p)
{
    (void)p;
    exchange(f);
    assert_true(fx_text(f, "id_token")[0] != '\0');
    return verified(f) != JWS_OK;
}

/* ------------------------------------------------------------------ ID token */

static bool claim_is(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *c = claims(f);
    return cstr_eq(js_get_text(c, p->what), p->more);
}

static bool claim_missing(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *c = claims(f);
    return js_get(c, p->what) == NULL;
}

static bool iss_without_slash(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(js_free) struct js *c = claims(f);
    const char *iss = js_get_text(c, "iss");
    assert_true(cstr_contains(iss, "/application/o/argocd"));
    return iss[strlen(iss) - 1] != '/';
}

static int64_t number(const struct js *c, const char *name)
{
    int64_t n = 0;
    return js_get_number(c, name, &n) == 0 ? n : 0;
}

static bool claim_past(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *c = claims(f);
    return number(c, p->what) < CLOCK_START_S;
}

static bool claim_future(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *c = claims(f);
    return number(c, p->what) > CLOCK_START_S;
}

static bool claim_is_string(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *c = claims(f);
    return js_is(js_get(c, p->what), JS_STRING);
}

/* A claim has this JSON. */
static bool claim_json(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *c = claims(f);
    const struct js *value = js_get(c, p->what);
    AUTO(xfree) char *text = value != NULL ? js_compact(value) : xstrdup("absent");
    return strcmp(text, p->more) == 0;
}

/* RS512 under the key that is served verifies as well as RS256. */
static bool other_alg(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *h = header(f);
    bool other = cstr_eq(js_get_text(h, "alg"), p->what);
    assert_int_equal(verified(f), JWS_OK);
    return other;
}

/* The header has another member, and the signature is over it. */
static bool signed_header(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *h = header(f);
    bool has = cstr_eq(js_get_text(h, p->what), p->more);
    assert_int_equal(verified(f), JWS_OK);
    return has;
}

static bool has_group(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *c = claims(f);
    const struct js *groups = js_get(c, "groups");
    for (size_t i = 0; i < js_len(groups); i++)
        if (cstr_eq(js_text(js_at(groups, i)), p->what))
            return true;
    return false;
}

static bool header_is(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *h = header(f);
    return cstr_eq(js_get_text(h, p->what), p->more);
}

static bool header_lacks(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *h = header(f);
    return js_get(h, p->what) == NULL;
}

/* ------------------------------------------------------------------ token answer */

static bool answer_lacks(struct fx *f, const struct probe *p)
{
    exchange(f);
    assert_int_equal(f->resp.status, 200);
    return js_get(f->json, p->what) == NULL;
}

static bool answer_is(struct fx *f, const struct probe *p)
{
    exchange(f);
    return cstr_eq(fx_text(f, p->what), p->more);
}

/* Without offline_access there should be none. */
static bool unasked_refresh(struct fx *f, const struct probe *p)
{
    AUTO(xfree) char *code = fx_code(f, "openid profile", NULL);
    (void)p;
    fx_exchange(f, code, NULL);
    assert_int_equal(f->resp.status, 200);
    return js_get(f->json, "refresh_token") != NULL;
}

static bool odd_access_token(struct fx *f, const struct probe *p)
{
    exchange(f);
    return cstr_contains(fx_text(f, "access_token"), p->what);
}

static bool expires_in(struct fx *f, const struct probe *p)
{
    (void)p;
    exchange(f);
    return number(f->json, "expires_in") != 3600;
}

static bool cacheable(struct fx *f, const struct probe *p)
{
    (void)p;
    exchange(f);
    return fx_header(f, "Cache-Control")[0] == '\0';
}

static bool exchange_status(struct fx *f, const struct probe *p)
{
    (void)p;
    exchange(f);
    return f->resp.status == 503;
}

static bool exchange_html(struct fx *f, const struct probe *p)
{
    (void)p;
    exchange(f);
    return cstr_starts(fx_header(f, "Content-Type"), "text/html");
}

static bool refusal_lacks_error(struct fx *f, const struct probe *p)
{
    fx_exchange(f, "unknown", NULL);
    assert_int_equal(f->resp.status, 400);
    return !cstr_eq(fx_text(f, "error"), p->what);
}

static bool short_code(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *code = fx_code(f, SCOPE, NULL);
    return strlen(code) < 22;
}

static bool used_twice(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *code = fx_code(f, SCOPE, NULL);
    fx_exchange(f, code, NULL);
    assert_int_equal(f->resp.status, 200);
    fx_exchange(f, code, NULL);
    return f->resp.status == 200;
}

static bool used_late(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *code = fx_code(f, SCOPE, NULL);
    clock_advance_ms(f->clock, 3600 * 1000);
    fx_exchange(f, code, NULL);
    return f->resp.status == 200;
}

static bool refused_at_once(struct fx *f, const struct probe *p)
{
    (void)p;
    exchange(f);
    return cstr_eq(fx_text(f, "error"), "invalid_grant");
}

static bool refreshed_twice(struct fx *f, const struct probe *p)
{
    (void)p;
    exchange(f);
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "refresh_token");
    params_add(&more, "refresh_token", fx_text(f, "refresh_token"));
    fx_exchange(f, "", &more);
    assert_int_equal(f->resp.status, 200);
    fx_exchange(f, "", &more);
    return f->resp.status == 200;
}

static bool wrong_verifier(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree)
    char *code = fx_code(f, SCOPE, "&code_challenge=" CHALLENGE "&code_challenge_method=S256");
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "code_verifier", "x" VERIFIER);
    fx_exchange(f, code, &more);
    return f->resp.status == 200;
}

static bool wrong_secret(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *code = fx_code(f, SCOPE, NULL);
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "client_id", "my_client_id");
    params_add(&more, "client_secret", "wrong");
    params_add(&f->send, "Authorization", "Bearer x");
    fx_exchange(f, code, &more);
    return f->resp.status == 200;
}

/* ------------------------------------------------------------------ authorize, login */

static char *answer_url(struct fx *f)
{
    AUTO(xfree) char *code = fx_code(f, SCOPE, NULL);
    return xstrdup(fx_header(f, "Location"));
}

static bool state_differs(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *url = answer_url(f);
    AUTO(xfree) char *text = fx_param(url, "state");
    return strcmp(text, "the state&1") != 0;
}

static bool parameter_missing(struct fx *f, const struct probe *p)
{
    AUTO(xfree) char *url = answer_url(f);
    return !cstr_contains(url, p->what);
}

static bool answers_error(struct fx *f, const struct probe *p)
{
    AUTO(xfree) char *url = answer_url(f);
    AUTO(xfree) char *error = fx_param(url, "error");
    AUTO(xfree) char *text = fx_param(url, "state");
    assert_string_equal(text, "the state&1");
    return cstr_eq(error, p->what);
}

static bool any_redirect(struct fx *f, const struct probe *p)
{
    (void)p;
    fx_get(f, "/application/o/authorize/?client_id=my_client_id&response_type=code&redirect_uri="
              "https%3A%2F%2Fevil.example%2Fcb");
    return f->resp.status == 302;
}

static bool wrong_password(struct fx *f, const struct probe *p)
{
    (void)p;
    fx_sign_in(f, FX_LOGIN_FLOW "?next=%2F", "alice", "wrong");
    return cstr_eq(fx_text(f, "component"), "xak-flow-redirect");
}

/* At the consent stage: the executor, the challenge on the table. */
static char *at_consent(struct fx *f)
{
    AUTO(xfree) char *path = fx_authorize_path(SCOPE, "&prompt=consent");
    fx_sign_in(f, FX_LOGIN_FLOW "?next=%2F", "alice", "alice-password");
    fx_get(f, path);
    char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
    assert_string_equal(fx_text(f, "component"), "ak-stage-consent");
    return executor;
}

static bool without_csrf(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *executor = at_consent(f);
    AUTO(xfree) char *body = xasprintf("{\"token\":\"%s\"}", fx_text(f, "token"));
    fx_post_json(f, executor, body);
    return !cstr_eq(fx_text(f, "component"), "ak-stage-flow-error");
}

static bool any_consent_token(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *executor = at_consent(f);
    fx_reply(f, executor, "{\"token\":\"wrong\"}");
    return cstr_eq(fx_text(f, "component"), "xak-flow-redirect");
}

static bool no_consent(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *path = fx_authorize_path(SCOPE, "&prompt=consent");
    fx_sign_in(f, FX_LOGIN_FLOW "?next=%2F", "alice", "alice-password");
    fx_get(f, path);
    return cstr_starts(fx_header(f, "Location"), FX_CALLBACK);
}

/* Over TLS, as far as authentik knows. */
static const char *session_cookie(struct fx *f)
{
    AUTO(xfree) char *path = fx_authorize_path(SCOPE, NULL);
    params_add(&f->send, "X-Forwarded-Proto", "https");
    fx_get(f, path);
    assert_true(cstr_starts(fx_header(f, "Set-Cookie"), "authentik_session="));
    return fx_header(f, "Set-Cookie");
}

static bool cookie_lacks(struct fx *f, const struct probe *p)
{
    return !cstr_contains(session_cookie(f), p->what);
}

static bool cookie_has(struct fx *f, const struct probe *p)
{
    return cstr_contains(session_cookie(f), p->what);
}

static bool answer_has(struct fx *f, const struct probe *p)
{
    AUTO(xfree) char *url = answer_url(f);
    assert_true(cstr_contains(url, "code="));
    return cstr_contains(url, p->what);
}

static bool refusal_has_scheme(struct fx *f, const struct probe *p)
{
    if (strcmp(p->what, "Bearer") == 0)
        fx_get(f, "/application/o/userinfo/");
    else
        (void)wrong_secret(f, p);
    assert_true(f->resp.status == 401 || f->resp.status == 400);
    return cstr_starts(fx_header(f, "WWW-Authenticate"), p->what);
}

/* After the whole way out, does it still know the person? */
static bool still_known(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(xfree) char *code = fx_code(f, SCOPE, NULL);
    fx_get(f, "/application/o/argocd/end-session/");
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
    fx_get(f, executor);
    AUTO(xfree) char *path = fx_authorize_path(SCOPE, "&prompt=none");
    fx_get(f, path);
    return cstr_contains(fx_header(f, "Location"), "code=");
}

static bool leaves_for(struct fx *f, const struct probe *p)
{
    AUTO(xfree) char *code = fx_code(f, SCOPE, NULL);
    fx_get(f, "/application/o/argocd/end-session/?post_logout_redirect_uri=https://evil.example/");
    return cstr_eq(fx_header(f, "Location"), p->what);
}

static bool secret_in_log(struct fx *f, const struct probe *p)
{
    exchange(f);
    return fx_logged(f, p->what);
}

/* ------------------------------------------------------------------ userinfo */

static void userinfo(struct fx *f, struct js **ret_id)
{
    struct js *id = claims(f);
    params_addf(&f->send, "Authorization", "Bearer %s", fx_text(f, "access_token"));
    fx_get(f, "/application/o/userinfo/");
    *ret_id = id;
}

static bool userinfo_differs(struct fx *f, const struct probe *p)
{
    AUTO(js_free) struct js *id = NULL;
    userinfo(f, &id);
    return !js_equal(js_get(id, p->what), js_get(f->json, p->what));
}

static bool userinfo_html(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(js_free) struct js *id = NULL;
    userinfo(f, &id);
    assert_true(fx_has(f, "\"sub\""));
    return cstr_starts(fx_header(f, "Content-Type"), "text/html");
}

static bool userinfo_refused(struct fx *f, const struct probe *p)
{
    (void)p;
    AUTO(js_free) struct js *id = NULL;
    userinfo(f, &id);
    return f->resp.status == 401;
}

static const struct probe probes[] = {
    {"discovery.issuer-mismatch", issuer_differs},
    {"discovery.no-jwks-uri", no_member, "jwks_uri"},
    {"discovery.no-token-endpoint", no_member, "token_endpoint"},
    {"discovery.no-algs", no_member, "id_token_signing_alg_values_supported"},
    {"discovery.alg-wrong", list_lacks, "id_token_signing_alg_values_supported", "RS256"},
    {"discovery.no-code", list_lacks, "response_types_supported", "code"},
    {"discovery.no-s256", list_lacks, "code_challenge_methods_supported", "S256"},
    {"discovery.no-subject-types", no_member, "subject_types_supported"},
    {"discovery.http-endpoint", plain_endpoint, "userinfo_endpoint"},
    {"discovery.http-endpoint", plain_endpoint, "jwks_uri", NULL, "{\"endpoint\":\"jwks_uri\"}"},
    {"discovery.html", is_html, DISCOVERY},
    {"discovery.http-500", is_status, DISCOVERY, NULL, "{\"status\":503}"},
    {"discovery.content-type", is_html, DISCOVERY},
    {"discovery.endpoint-fragment", has_fragment, "token_endpoint"},
    {"discovery.endpoint-fragment", has_fragment, "jwks_uri", NULL, "{\"endpoint\":\"jwks_uri\"}"},
    {"discovery.foreign-endpoint", member_is, "revocation_endpoint",
     "\"https://idp.example/application/o/revoke/\""},
    {"discovery.no-openid", list_lacks, "scopes_supported", "openid"},
    {"discovery.no-claims", no_member, "claims_supported"},
    {"discovery.grant-types-wrong", list_lacks, "grant_types_supported", "authorization_code"},
    {"discovery.auth-methods-wrong", member_is, "token_endpoint_auth_methods_supported",
     "[\"private_key_jwt\"]"},
    {"discovery.subject-types-wrong", member_is, "subject_types_supported", "[\"ephemeral\"]"},
    {"discovery.alg-none", lists_none, "id_token_signing_alg_values_supported"},
    {"discovery.no-query", list_lacks, "response_modes_supported", "query"},
    {"discovery.list-as-text", member_is, "acr_values_supported",
     "\"goauthentik.io/providers/oauth2/default\""},
    {"jwks.content-type", is_html, JWKS},
    {"jwks.weak-key", short_second_key},
    {"jwks.leading-zero", leading_zero, "n"},
    {"jwks.symmetric-key", second_key_is, "kty", "oct"},
    {"jwks.sha1-wrong", key_sha1},
    {"jwks.empty", no_keys},
    {"jwks.wrong-key", does_not_verify},
    {"jwks.no-kid", key_lacks, "kid"},
    {"jwks.no-use", key_lacks, "use"},
    {"jwks.alg-wrong", key_alg},
    {"jwks.duplicate-kid", two_keys},
    {"jwks.private-key", key_has, "d"},
    {"jwks.certificate-wrong", key_digest},
    {"jwks.html", is_html, JWKS},
    {"jwks.http-500", is_status, JWKS, NULL, "{\"status\":503}"},
    {"id-token.wrong-aud", claim_is, "aud", "another-client"},
    {"id-token.no-aud", claim_missing, "aud"},
    {"id-token.wrong-iss", iss_without_slash},
    {"id-token.no-iss", claim_missing, "iss"},
    {"id-token.expired", claim_past, "exp"},
    {"id-token.no-exp", claim_missing, "exp"},
    {"id-token.future-nbf", claim_future, "nbf"},
    {"id-token.no-iat", claim_missing, "iat"},
    {"id-token.iat-future", claim_future, "iat"},
    {"id-token.no-sub", claim_missing, "sub"},
    {"id-token.no-email", claim_missing, "email"},
    {"id-token.no-email-verified", claim_missing, "email_verified"},
    {"id-token.email-verified-string", claim_is_string, "email_verified"},
    {"id-token.no-name", claim_missing, "name"},
    {"id-token.groups-string", claim_is_string, "groups"},
    {"id-token.groups-missing", claim_missing, "groups"},
    {"id-token.groups-upper-case", has_group, "ARGOCD ADMINS"},
    {"id-token.groups-extra", has_group, "Others", NULL, "{\"group\":\"Others\"}"},
    {"id-token.wrong-nonce", claim_is, "nonce", "not-the-nonce-that-was-sent"},
    {"id-token.no-nonce", claim_missing, "nonce"},
    {"id-token.azp-wrong", claim_is, "azp", "another-client"},
    {"id-token.at-hash-wrong", claim_is, "at_hash", "AAAAAAAAAAAAAAAAAAAAAA"},
    {"id-token.c-hash-wrong", claim_is, "c_hash", "AAAAAAAAAAAAAAAAAAAAAA"},
    {"id-token.auth-time-old", claim_past, "auth_time"},
    {"id-token.claim", claim_is, "email", "m@x", "{\"name\":\"email\",\"value\":\"m@x\"}"},
    {"id-token.alg-none", header_is, "alg", "none"},
    {"id-token.alg-hs256", header_is, "alg", "HS256"},
    {"id-token.alg-hs256", does_not_verify, NULL, NULL, "{\"secret\":\"public-key\"}"},
    {"id-token.wrong-key", does_not_verify},
    {"id-token.kid-unknown", header_is, "kid", "a-kid-that-is-in-no-jwks"},
    {"id-token.no-kid", header_lacks, "kid"},
    {"id-token.tampered", does_not_verify},
    {"id-token.tampered", claim_is, "name", "Mallory"},
    {"id-token.malformed", does_not_verify},
    {"id-token.auth-time-text", claim_is_string, "auth_time"},
    {"id-token.auth-time-future", claim_future, "auth_time"},
    {"id-token.claim-type", claim_json, "nickname", "7"},
    {"id-token.claim-type", claim_json, "name", "7", "{\"name\":\"name\"}"},
    {"id-token.aud-stranger", claim_json, "aud", "[\"my_client_id\",\"a-stranger\"]"},
    {"id-token.exp-milliseconds", claim_json, "exp", "1767229200000"},
    {"id-token.acr-empty", claim_is, "acr", ""},
    {"id-token.sub-email", claim_is, "sub", "alice@company.example"},
    {"id-token.sub-other", claim_is, "sub", "another-subject"},
    {"id-token.jti-again", claim_is, "jti", "the-one-and-only"},
    {"id-token.other-alg", other_alg, "RS512"},
    {"id-token.typ-wrong", signed_header, "typ", "at+jwt"},
    {"id-token.key-in-header", signed_header, "jku", "https://attacker.example/jwks"},
    {"code.reusable", used_twice},
    {"code.never-expires", used_late},
    {"code.expired-at-once", refused_at_once},
    {"code.short", short_code},
    {"refresh.reusable", refreshed_twice},
    {"token.no-id-token", answer_lacks, "id_token"},
    {"token.no-access-token", answer_lacks, "access_token"},
    {"token.no-refresh-token", answer_lacks, "refresh_token"},
    {"token.wrong-type", answer_is, "token_type", "mac"},
    {"token.expires-in-wrong", expires_in},
    {"token.scope-wrong", answer_is, "scope", SCOPE " goauthentik.io/api"},
    {"token.cacheable", cacheable},
    {"token.http-500", exchange_status, NULL, NULL, "{\"status\":503}"},
    {"token.html", exchange_html},
    {"token.error-unknown", refusal_lacks_error, "invalid_grant"},
    {"token.error-html", refusal_lacks_error, "invalid_grant"},
    {"token.content-type", exchange_html},
    {"token.refresh-unasked", unasked_refresh},
    {"token.refresh-short", answer_is, "refresh_token", "123456"},
    {"token.access-characters", odd_access_token, " "},
    {"authorize.state-changed", state_differs},
    {"authorize.state-dropped", parameter_missing, "state="},
    {"authorize.no-code", parameter_missing, "code="},
    {"authorize.error", answers_error, "access_denied"},
    {"authorize.error", answers_error, "server_error", NULL, "{\"error\":\"server_error\"}"},
    {"authorize.open-redirect", any_redirect},
    {"pkce.ignored", wrong_verifier},
    {"client-auth.ignored", wrong_secret},
    {"userinfo.other-sub", userinfo_differs, "sub"},
    {"userinfo.no-sub", userinfo_differs, "sub"},
    {"userinfo.groups-differ", userinfo_differs, "groups"},
    {"userinfo.http-401", userinfo_refused},
    {"userinfo.content-type", userinfo_html},
    {"userinfo.claim-type", userinfo_differs, "nickname"},
    {"login.any-password", wrong_password},
    {"login.no-csrf", without_csrf},
    {"consent.token-ignored", any_consent_token},
    {"consent.skipped", no_consent},
    {"session.no-httponly", cookie_lacks, "HttpOnly"},
    {"session.no-secure", cookie_lacks, "Secure"},
    {"session.no-samesite", cookie_lacks, "SameSite"},
    {"session.other-path", cookie_has, "Path=/if/;"},
    {"session.domain", cookie_has, "Domain=company.example", NULL,
     "{\"domain\":\"company.example\"}"},
    {"authorize.error-with-code", answer_has, "error=access_denied"},
    {"authorize.iss", answer_has, "iss=https%3A%2F%2Fme%2F", NULL, "{\"iss\":\"https://me/\"}"},
    {"client-auth.challenge", refusal_has_scheme, "Basic"},
    {"userinfo.challenge", refusal_has_scheme, "Bearer"},
    {"end-session.ignored", still_known},
    {"end-session.open-redirect", leaves_for, "https://evil.example/"},
    {"log.client-secret", secret_in_log, "client_secret=my+client/secret%"},
    {0}};

static bool run_probe(const struct probe *p, bool with_fault)
{
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *id = xasprintf("authentik/%s", p->id);
    if (with_fault)
        fx_fault(&f, id, p->with);
    bool bitten = p->bitten(&f, p);
    if (with_fault)
        assert_int_equal(fault_set_unused(f.faults, false, NULL), 0);
    fx_stop(&f);
    return bitten;
}

static void test_fault__bites(void **state)
{
    const struct probe *p = *state;
    if (run_probe(p, false))
        fail_msg("%s: bites without the fault", p->id);
    if (!run_probe(p, true))
        fail_msg("%s: does not bite", p->id);
}

static bool probed(const char *id)
{
    for (const struct probe *p = probes; p->id != NULL; p++)
        if (cstr_starts(id, "authentik/") && strcmp(id + strlen("authentik/"), p->id) == 0)
            return true;
    return false;
}

static void test_faults__all_have_a_probe(void **state)
{
    (void)state;
    for (const struct fault *row = faults_authentik; row->id != NULL; row++) {
        assert_true(row->title != NULL && row->ref != NULL);
        if (!probed(row->id))
            fail_msg("no probe for %s", row->id);
    }
}

/* Kinds of which the harness has one key: wrong-key spoils the signature instead. */
static void test_fault__wrong_key_of_a_single_key_kind(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.signing_key = "ec-384";
    fx_start(&f);
    fx_fault(&f, "authentik/id-token.wrong-key", NULL);
    exchange(&f);
    assert_int_equal(verified(&f), JWS_BAD_SIGNATURE);
    fx_stop(&f);
}

/* The whole way: the code that went to a stranger is exchanged by the stranger. */
static void test_fault__open_redirect_to_the_end(void **state)
{
    (void)state;
    struct fx f;
    AUTO(params_deinit) struct params more = {0};
    fx_init(&f);
    fx_start(&f);
    params_add(&more, "redirect_uri", "https://evil.example/cb");
    AUTO(xfree) char *login = fx_code(&f, SCOPE, NULL);
    fx_exchange(&f, login, &more);
    assert_string_equal(fx_text(&f, "error"), "invalid_client");
    fx_fault(&f, "authentik/authorize.open-redirect", NULL);
    fx_get(&f, "/application/o/authorize/?client_id=my_client_id&response_type=code&redirect_uri="
               "https%3A%2F%2Fevil.example%2Fcb");
    AUTO(xfree) char *code = fx_param(fx_header(&f, "Location"), "code");
    fx_exchange(&f, code, &more);
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
}

static void test_fault__once_only(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fault_set_add(f.faults, "authentik/discovery.no-jwks-uri", 1, NULL);
    fx_get(&f, DISCOVERY);
    assert_null(js_get(f.json, "jwks_uri"));
    fx_get(&f, DISCOVERY);
    assert_non_null(js_get(f.json, "jwks_uri"));
    fx_stop(&f);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(probes) + 3];
    size_t n = 0;
    for (const struct probe *p = probes; p->id != NULL; p++)
        tests[n++] = (struct CMUnitTest){
            .name = p->id, .test_func = test_fault__bites, .initial_state = (void *)(uintptr_t)p};
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_faults__all_have_a_probe);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_fault__wrong_key_of_a_single_key_kind);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_fault__open_redirect_to_the_end);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_fault__once_only);
    return TEST_MAIN(tests);
}
