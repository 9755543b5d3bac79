/*
 * The setup is written out here (the reader of setups is another unit); passwords and secrets are
 * constants. Everything is asked over HTTP.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jws.h"

static const char *const admins[] = {"ArgoCD Admins", NULL};
static const char *const viewers[] = {"ArgoCD Viewers", NULL};
static const char *const nobody[] = {NULL};
static const char *const groups[] = {"ArgoCD Admins", "ArgoCD Viewers", NULL};
static const char *const scopes[] = {"openid", "email", "profile", "offline_access", NULL};
static const struct setup_redirect redirects[] = {
    {false, FX_CALLBACK},
    {false, "http://localhost:8085/auth/callback"},
    {true, "https://pr-[0-9]+\\.preview\\.company/cb"},
};

void fx_init(struct fx *f)
{
    *f = (struct fx){0};
    f->people[0] = (struct setup_person){.id = "alice",
                                         .username = "alice",
                                         .name = "Alice Admin",
                                         .email = "alice@company.example",
                                         .password = "alice-password",
                                         .active = true,
                                         .pk = 1,
                                         .groups = admins};
    f->people[1] = (struct setup_person){.id = "bob",
                                         .username = "bob",
                                         .name = "Bob \xc3\x96hman",
                                         .email = NULL,
                                         .password = " bob ",
                                         .active = true,
                                         .pk = 2,
                                         .groups = viewers};
    f->people[2] = (struct setup_person){.id = "gone",
                                         .username = "gone",
                                         .name = "Gone",
                                         .email = "gone@company.example",
                                         .password = "gone-password",
                                         .active = false,
                                         .pk = 3,
                                         .groups = nobody};
    f->setup.authentik = (struct setup_authentik){
        .version = "2026.2",
        .url = "https://authentik.company",
        .slug = "argocd",
        .app_name = "Argo CD",
        .client_id = "my_client_id",
        .client_secret = "my+client/secret%",
        .client_type = "confidential",
        .signing_key = "rsa",
        .encryption_key = "none",
        .issuer_mode = "per_provider",
        .sub_mode = "hashed_user_id",
        .include_claims_in_id_token = true,
        .access_code_validity_s = 60,
        .access_token_validity_s = 3600,
        .refresh_token_validity_s = INT64_C(30) * 24 * 3600,
        .redirects = redirects,
        .redirects_len = 3,
        .scopes = scopes,
        .authorization_flow = "implicit",
        .groups = groups,
        .invalidation_flow = "default-invalidation-flow",
        .logout_method = "backchannel",
        .flow_failed_attempts = 5,
        .flow_pretend_user_exists = true,
        .flow_mfa = "skip",
    };
    f->setup.people = f->people;
    f->setup.people_len = 3;
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->rnd = rnd_new_seeded(1, "mocks_authentik");
    f->trace = trace_new(f->clock);
    f->faults = fault_set_new(f->trace);
}

/* One for the program: making one reads the system's CA store. */
static struct http_client *shared_client(void)
{
    static struct http_client *client;
    const struct http_client_conf conf = {.party = "browser", .front = true};
    struct err err = {0};
    if (client == NULL && http_client_new(&conf, &client, &err) != 0)
        fail_msg("%s", err.msg);
    return client;
}

/* The mock's own, for what it sends to the client's back channel. */
static struct http_client *shared_outgoing(struct trace *trace)
{
    static struct http_client *client;
    const struct http_client_conf conf = {.party = "authentik"};
    struct err err = {0};
    if (client == NULL && http_client_new(&conf, &client, &err) != 0)
        fail_msg("%s", err.msg);
    http_client_set_trace(client, trace);
    return client;
}

void fx_start(struct fx *f)
{
    struct err err = {0};
    struct http_site site = {0};
    const struct mock_env env = {
        .setup = &f->setup,
        .clock = f->clock,
        .rnd = f->rnd,
        .trace = f->trace,
        .faults = f->faults,
        .client = f->setup.authentik.logout_uri != NULL ? shared_outgoing(f->trace) : NULL};
    f->mock = authentik_mock_new(&env, &err);
    if (f->mock == NULL)
        fail_msg("%s", err.msg);
    authentik_mock_site(f->mock, &site);
    if (http_host_new(&f->host, &err) != 0 ||
        http_listen(f->host, &site, "127.0.0.1", 0, &f->listener, &err) != 0)
        fail_msg("%s", err.msg);
    f->client = shared_client();
    f->base = xasprintf("http://127.0.0.1:%u", http_listener_port(f->listener));
}

void fx_stop(struct fx *f)
{
    http_listener_free(f->listener);
    http_host_free(f->host);
    authentik_mock_free(f->mock);
    fault_set_free(f->faults);
    trace_free(f->trace);
    rnd_free(f->rnd);
    clock_free(f->clock);
    xfree(f->base);
    params_deinit(&f->cookies);
    params_deinit(&f->send);
    http_response_deinit(&f->resp);
    js_free(f->json);
    js_free(f->mappings);
}

static void keep_cookies(struct fx *f)
{
    for (size_t i = 0; i < f->resp.headers.len; i++) {
        const struct param *p = &f->resp.headers.items[i];
        if (strcasecmp(p->name, "Set-Cookie") != 0)
            continue;
        size_t name = strcspn(p->value, "=");
        size_t value = strcspn(p->value + name + 1, ";");
        AUTO(xfree) char *n = xstrndup(p->value, name);
        AUTO(xfree) char *v = xstrndup(p->value + name + 1, value);
        params_set(&f->cookies, n, v);
    }
}

static char *cookie_header(const struct fx *f)
{
    char *text = xstrdup("");
    for (size_t i = 0; i < f->cookies.len; i++) {
        char *more = xasprintf("%s%s%s=%s", text, i > 0 ? "; " : "", f->cookies.items[i].name,
                               f->cookies.items[i].value);
        xfree(text);
        text = more;
    }
    return text;
}

void fx_ask(struct fx *f, const char *method, const char *path, const char *type, const char *body)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(xfree) char *url = path[0] == '/' ? xasprintf("%s%s", f->base, path) : xstrdup(path);
    http_request_set(&req, method, url);
    AUTO(xfree) char *cookies = cookie_header(f);
    if (cookies[0] != '\0')
        params_add(&req.headers, "Cookie", cookies);
    if (type != NULL)
        params_add(&req.headers, "Content-Type", type);
    params_copy(&req.headers, &f->send);
    params_deinit(&f->send);
    f->send = (struct params){0};
    if (body != NULL) {
        req.body = xstrdup(body);
        req.body_len = strlen(body);
    }
    struct err err = {0};
    http_response_deinit(&f->resp);
    f->json = js_free(f->json);
    if (http_client_do(f->client, &req, &f->resp, &err) != 0)
        fail_msg("%s %s: %s", method, url, err.msg);
    keep_cookies(f);
    if (cstr_starts(fx_header(f, "Content-Type"), "application/json") && f->resp.body_len > 0 &&
        js_parse((struct str){f->resp.body, f->resp.body_len}, "answer", &f->json, &err) != 0)
        fail_msg("%s %s: %s", method, url, err.msg);
}

void fx_get(struct fx *f, const char *path)
{
    fx_ask(f, "GET", path, NULL, NULL);
}

void fx_post_json(struct fx *f, const char *path, const char *body)
{
    fx_ask(f, "POST", path, "application/json", body);
}

void fx_post_form(struct fx *f, const char *path, const struct params *form)
{
    AUTO(xfree) char *body = params_form(form);
    fx_ask(f, "POST", path, "application/x-www-form-urlencoded", body);
}

const char *fx_header(const struct fx *f, const char *name)
{
    const char *value = params_get_ci(&f->resp.headers, name);
    return value != NULL ? value : "";
}

bool fx_has(const struct fx *f, const char *text)
{
    return f->resp.body != NULL && strstr(f->resp.body, text) != NULL;
}

const char *fx_text(const struct fx *f, const char *member)
{
    const char *text = js_get_text(f->json, member);
    return text != NULL ? text : "";
}

bool fx_logged(const struct fx *f, const char *text)
{
    for (size_t i = 0; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && strstr(e->text, text) != NULL)
            return true;
    }
    return false;
}

char *fx_executor(const char *location)
{
    assert_true(cstr_starts(location, "/if/flow/"));
    const char *slug = location + strlen("/if/flow/");
    size_t n = strcspn(slug, "/");
    const char *query = strchr(location, '?');
    AUTO(xfree) char *q = url_encode_plus(str_of(query != NULL ? query + 1 : ""));
    return xasprintf("/api/v3/flows/executor/%.*s/?query=%s", (int)n, slug, q);
}

static void follow(struct fx *f)
{
    for (int i = 0; i < 8 && f->resp.status == 302; i++) {
        AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
        fx_get(f, to);
    }
}

void fx_reply(struct fx *f, const char *executor, const char *body)
{
    const char *csrf = params_get(&f->cookies, "authentik_csrf");
    if (csrf != NULL)
        params_set(&f->send, "X-authentik-CSRF", csrf);
    fx_post_json(f, executor, body);
    follow(f);
}

void fx_sign_in(struct fx *f, const char *location, const char *user, const char *password)
{
    AUTO(xfree) char *executor = fx_executor(location);
    AUTO(js_free) struct js *who = js_object();
    AUTO(js_free) struct js *word = js_object();
    js_set_text(who, "component", "ak-stage-identification");
    js_set_text(who, "uid_field", user);
    js_set_text(word, "component", "ak-stage-password");
    js_set_text(word, "password", password);
    AUTO(xfree) char *who_text = js_compact(who);
    AUTO(xfree) char *word_text = js_compact(word);
    fx_get(f, executor);
    assert_string_equal(fx_text(f, "component"), "ak-stage-identification");
    fx_reply(f, executor, who_text);
    assert_string_equal(fx_text(f, "component"), "ak-stage-password");
    fx_reply(f, executor, word_text);
}

char *fx_authorize_path(const char *scope, const char *more)
{
    AUTO(params_deinit) struct params q = {0};
    params_add(&q, "client_id", "my_client_id");
    params_add(&q, "redirect_uri", FX_CALLBACK);
    params_add(&q, "response_type", "code");
    params_add(&q, "scope", scope);
    params_add(&q, "state", "the state&1");
    AUTO(xfree) char *text = params_form(&q);
    return xasprintf("/application/o/authorize/?%s%s", text, more != NULL ? more : "");
}

/* The flow's page: nothing to answer, or a consent, which is accepted. */
static void authorize_flow(struct fx *f, const char *location)
{
    AUTO(xfree) char *executor = fx_executor(location);
    fx_get(f, executor);
    if (cstr_eq(fx_text(f, "component"), "xak-flow-redirect"))
        return;
    assert_string_equal(fx_text(f, "component"), "ak-stage-consent");
    AUTO(xfree)
    char *body =
        xasprintf("{\"component\":\"ak-stage-consent\",\"token\":\"%s\"}", fx_text(f, "token"));
    fx_reply(f, executor, body);
    assert_string_equal(fx_text(f, "component"), "xak-flow-redirect");
}

char *fx_code(struct fx *f, const char *scope, const char *more)
{
    AUTO(xfree) char *path = fx_authorize_path(scope, more);
    fx_get(f, path);
    assert_int_equal(f->resp.status, 302);
    AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
    if (cstr_starts(to, "/flows/-/default/authentication/")) { /* until 2025.10 */
        fx_get(f, to);
        xfree(to);
        to = xstrdup(fx_header(f, "Location"));
    }
    if (cstr_starts(to, FX_LOGIN_FLOW)) {
        fx_sign_in(f, to, "alice", "alice-password");
        assert_string_equal(fx_text(f, "component"), "xak-flow-redirect");
        xfree(to);
        to = xstrdup(fx_text(f, "to"));
        fx_get(f, to);
        assert_int_equal(f->resp.status, 302);
        xfree(to);
        to = xstrdup(fx_header(f, "Location"));
    }
    if (cstr_starts(to, "/if/flow/")) {
        authorize_flow(f, to);
        xfree(to);
        to = xstrdup(fx_text(f, "to"));
    }
    return fx_param(to, "code");
}

char *fx_param(const char *url, const char *name)
{
    AUTO(params_deinit) struct params q = {0};
    const char *query = url + strcspn(url, "?#");
    if (*query != '\0')
        params_parse_form(&q, (struct str){query + 1, strcspn(query + 1, "#")});
    const char *value = params_get(&q, name);
    return xstrdup(value != NULL ? value : "");
}

void fx_exchange(struct fx *f, const char *code, const struct params *more)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "grant_type", "authorization_code");
    params_add(&form, "code", code);
    params_add(&form, "redirect_uri", FX_CALLBACK);
    for (size_t i = 0; more != NULL && i < more->len; i++)
        params_set(&form, more->items[i].name, more->items[i].value);
    if (params_get_ci(&f->send, "Authorization") == NULL) {
        /* Go escapes both parts before base64 */
        AUTO(xfree)
        char *secret = url_encode_plus(str_of(f->setup.authentik.client_secret));
        AUTO(xfree) char *pair = xasprintf("%s:%s", f->setup.authentik.client_id, secret);
        AUTO(xfree) char *b64 = b64_encode(pair, strlen(pair));
        params_addf(&f->send, "Authorization", "Basic %s", b64);
    }
    fx_post_form(f, "/application/o/token/", &form);
}

/* The key of the set with that kid; NULL if there is none. */
static struct key *served_key(struct fx *f, const char *kid)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *url = xasprintf("%s/application/o/argocd/jwks/", f->base);
    AUTO(js_free) struct js *set = NULL;
    struct key *key = NULL;
    struct err err = {0};
    http_request_set(&req, "GET", url);
    assert_int_equal(http_client_do(f->client, &req, &resp, &err), 0);
    assert_int_equal(js_parse((struct str){resp.body, resp.body_len}, "jwks", &set, &err), 0);
    AUTO(vec_deinit) struct vec hits = {0};
    if (jwks_find(set, kid, &hits) && hits.len == 1)
        assert_int_equal(jwk_to_key(hits.items[0], &key, &err), 0);
    return key;
}

struct js *fx_id_claims(struct fx *f)
{
    return fx_token_claims(f, fx_text(f, "id_token"), NULL);
}

struct js *fx_token_claims(struct fx *f, const char *token, struct js **ret_header)
{
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(token, &j, NULL), JWS_OK);
    if (ret_header != NULL)
        *ret_header = js_dup(j.header);
    AUTO(key_free)
    struct key *key = j.alg == JWS_HS256 ? key_from_secret(f->setup.authentik.client_secret,
                                                           strlen(f->setup.authentik.client_secret))
                                         : served_key(f, js_get_text(j.header, "kid"));
    assert_non_null(key);
    assert_int_equal(jws_verify(&j, key), JWS_OK);
    struct js *claims = NULL;
    assert_int_equal(js_parse((struct str){j.payload, j.payload_len}, "claims", &claims, NULL), 0);
    return claims;
}

void fx_fault(struct fx *f, const char *id, const char *with_json)
{
    AUTO(js_free) struct js *with = NULL;
    if (with_json != NULL)
        assert_int_equal(js_parse(str_of(with_json), "with", &with, NULL), 0);
    fault_set_add(f->faults, id, 0, with);
}

static char *literals;

const char *fx_literal(const char *id)
{
    static char found[1024];
    if (literals == NULL)
        literals = test_data_text("wire/authentik.tsv");
    struct str line = {0};
    for (struct str rest = str_of(literals); str_next(&rest, '\n', &line);) {
        struct str name = {0};
        struct str text = {0};
        struct str row = line;
        if (!str_next(&row, '\t', &name) || !str_is(name, id) || !str_next(&row, '\t', &text))
            continue;
        assert_true(text.len < sizeof(found));
        memcpy(found, text.ptr, text.len);
        found[text.len] = '\0';
        return found;
    }
    fail_msg("no literal '%s'", id);
    return "";
}

char *fx_members(const struct js *obj)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (struct js_iter it = js_iter(obj); js_next(&it);)
        buf_addf(&b, "%s%s", b.len > 0 ? " " : "", it.key);
    return xstrdup(b.ptr);
}

void fx_assert_members(const struct js *obj, const char *names)
{
    AUTO(xfree) char *found = fx_members(obj);
    assert_string_equal(found, names);
}
