/*
 * Puts the mock Dex between its two neighbours. Everything is plain HTTP on loopback and the clock
 * stands still.
 */
#include "tests/support/dex_fixture.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"
#include "tests/support/test.h"

#define UP_SECRET "csec/+ret"

static struct js *parse(const char *text)
{
    struct js *j = NULL;
    struct err err = {0};
    if (js_parse(str_of(text), "test", &j, &err) != 0)
        fail_msg("%s: %s", err.msg, text);
    return j;
}

/* ---- the configuration ---- */

static const char generated[] =
    "{\"connectors\":[{\"config\":{\"clientID\":\"my_client_id\",\"clientSecret\":\"" UP_SECRET
    "\",\"insecureEnableGroups\":true,\"issuer\":\"" UP_ISSUER "\",\"redirectURI\":\"" DEX_ISSUER
    "/callback\",\"scopes\":[\"openid\",\"profile\","
    "\"email\"]},\"id\":\"authentik\",\"name\":\"authentik\",\"type\":\"oidc\"}],"
    "\"grpc\":{\"addr\":\"0.0.0.0:5557\"},\"issuer\":\"" DEX_ISSUER
    "\",\"logger\":{\"format\":\"json\",\"level\":\"INFO\"},\"oauth2\":{\"skipApprovalScreen\":"
    "true},\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"Argo CD\",\"redirectURIs\":"
    "[\"" DEX_CALLBACK "\"],\"secret\":\"" DEX_SECRET
    "\"},{\"id\":\"argo-cd-cli\",\"name\":\"Argo CD CLI\",\"public\":true,\"redirectURIs\":"
    "[\"http://localhost\",\"" CLI_CALLBACK "\"]},{\"id\":\"argo-cd-pkce\",\"name\":\"Argo CD "
    "PKCE\",\"public\":true,\"redirectURIs\":[\"http://localhost:4000/auth/callback\"]}],"
    "\"storage\":{\"type\":\"memory\"},\"web\":{\"http\":\"0.0.0.0:5556\"}}";

static struct setup *make_setup(const struct dex_fixture *f, struct js *take_config)
{
    struct setup *s = xcalloc(1, sizeof *s);
    s->argocd.dex_generated = take_config;
    s->dex_version = f->version;
    s->dex_quirks = f->quirks;
    s->doc = f->doc;
    s->dex_replicas = f->replicas;
    return s;
}

static void apply(struct js **doc, const char *patch)
{
    if (patch == NULL)
        return;
    AUTO(js_free) struct js *p = parse(patch);
    struct js *patched = js_merge_patch(*doc, p);
    js_free(*doc);
    *doc = patched;
}

void dex_restart(struct dex_fixture *f, const char *connector_patch, const char *config_patch)
{
    struct err err = {0};
    struct js *config = parse(generated);
    struct js *connector = js_at(js_get(config, "connectors"), 0);
    struct js *options = js_dup(js_get(connector, "config"));
    apply(&options, connector_patch);
    js_set(connector, "config", options);
    apply(&config, config_patch);
    struct setup *setup = make_setup(f, config);
    if (dex_mock_restart(f->dex, setup, &err) != 0)
        fail_msg("%s", err.msg);
    js_free(f->config);
    xfree(f->setup);
    f->config = config;
    f->setup = setup;
}

/* ---- authentik ---- */

void dex_say_discovery(struct dex_fixture *f, const char *patch)
{
    struct js *doc = parse("{\"issuer\":\"" UP_ISSUER
                           "\",\"authorization_endpoint\":\"http://authentik.company/authorize/\","
                           "\"token_endpoint\":\"http://authentik.company/token/\","
                           "\"userinfo_endpoint\":\"http://authentik.company/userinfo/\","
                           "\"jwks_uri\":\"http://authentik.company/app/jwks/\","
                           "\"code_challenge_methods_supported\":[\"plain\",\"S256\"],"
                           "\"id_token_signing_alg_values_supported\":[\"RS256\"]}");
    apply(&doc, patch);
    AUTO(xfree) char *body = js_compact(doc);
    upstream_say(f->up, UP_DISCOVERY, 200, "application/json", body);
    js_free(doc);
}

static void say_keys(struct dex_fixture *f)
{
    AUTO(js_free) struct js *set = js_object();
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    struct js *jwk = jwk_public(key);
    struct js *list = js_array();
    js_set_text(jwk, "kid", "up");
    js_append(list, jwk);
    js_set(set, "keys", list);
    AUTO(xfree) char *body = js_compact(set);
    upstream_say(f->up, UP_KEYS, 200, "application/json", body);
}

void dex_say_token(struct dex_fixture *f, const char *patch)
{
    bool is_hs = *f->up_key == '\0';
    AUTO(key_free)
    struct key *key = is_hs ? key_from_secret(UP_SECRET, strlen(UP_SECRET)) : key_test(f->up_key);
    AUTO(xfree) char *id_token = NULL;
    struct err err = {0};
    js_set(f->claims, "exp", js_int(clock_now_s(f->clock) + 300));
    if (jwt_sign(key, is_hs ? JWS_HS256 : JWS_RS256, NULL, "up", f->claims, &id_token, &err) != 0)
        fail_msg("%s", err.msg);
    struct js *answer = parse("{\"access_token\":\"up-access\",\"token_type\":\"Bearer\"}");
    js_set_text(answer, "id_token", id_token);
    if (f->refresh != NULL)
        js_set_text(answer, "refresh_token", f->refresh);
    apply(&answer, patch);
    AUTO(xfree) char *body = js_compact(answer);
    upstream_say(f->up, UP_TOKEN, 200, "application/json", body);
    js_free(answer);
}

void dex_patch_claims(struct dex_fixture *f, const char *patch)
{
    apply(&f->claims, patch);
}

/* ---- start and end ---- */

static void serve(struct dex_fixture *f)
{
    struct err err = {0};
    struct http_site site = {0};
    struct http_client_conf conf = {.party = "browser", .front = true, .names = &f->names};
    dex_mock_site(f->dex, &site);
    if (http_host_new(&f->host, &err) != 0 ||
        http_listen(f->host, &site, "127.0.0.1", 0, &f->listener, &err) != 0)
        fail_msg("%s", err.msg);
    f->name = (struct http_name){
        .origin = xstrdup(DEX_URL),
        .system = "dex",
        .connect_host = xstrdup("127.0.0.1"),
        .connect_port = http_listener_port(f->listener),
    };
    f->names = (struct http_names){.items = &f->name, .len = 1};
    if (http_client_new(&conf, &f->client, &err) != 0)
        fail_msg("%s", err.msg);
}

int dex_set_up(void **state)
{
    struct dex_fixture *f = xcalloc(1, sizeof *f);
    struct err err = {0};
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->rnd = rnd_new_seeded(1, "dex");
    f->trace = trace_new(f->clock);
    f->faults = fault_set_new(f->trace);
    fault_set_mark(f->faults); /* fault_set_clear_step takes all back */
    f->up = upstream_new(f->clock, "authentik.company");
    f->dex_client = upstream_client(f->up, "dex", f->trace);
    f->config = parse(generated);
    f->version = "2.45.0";
    f->setup = make_setup(f, f->config);
    f->up_key = "rsa-2048-1";
    f->claims = parse("{\"iss\":\"" UP_ISSUER "\",\"sub\":\"subvalue\",\"aud\":\"my_client_id\","
                      "\"email\":\"jane@example.com\",\"email_verified\":true,\"name\":\"Jane "
                      "Doe\",\"preferred_username\":\"jane\",\"groups\":[\"ArgoCD Admins\","
                      "\"authentik Admins\"]}");
    dex_say_discovery(f, NULL);
    say_keys(f);
    struct mock_env env = {f->setup, f->clock, f->rnd, f->trace, f->faults, f->dex_client};
    f->dex = dex_mock_new(&env, &err);
    f->state = xstrdup("");
    f->code = xstrdup("");
    serve(f);
    *state = f;
    return 0;
}

int dex_tear_down(void **state)
{
    struct dex_fixture *f = *state;
    http_client_free(f->client);
    http_listener_free(f->listener);
    http_host_free(f->host);
    dex_mock_free(f->dex);
    http_client_free(f->dex_client);
    upstream_free(f->up);
    fault_set_free(f->faults);
    trace_free(f->trace);
    rnd_free(f->rnd);
    clock_free(f->clock);
    js_free(f->config);
    js_free(f->doc);
    js_free(f->claims);
    js_free(f->json);
    http_response_deinit(&f->resp);
    xfree(f->setup);
    xfree(f->name.origin);
    xfree(f->name.connect_host);
    xfree(f->state);
    xfree(f->code);
    xfree(f);
    return 0;
}

/* ---- literals ---- */

const char *dex_literal(const char *id)
{
    static struct params literals;
    if (literals.len == 0) {
        AUTO(xfree) char *text = test_data_text("wire/dex.tsv");
        struct str rest = str_of(text);
        struct str line = {0};
        while (str_next(&rest, '\n', &line)) {
            struct str name = {0};
            struct str value = {0};
            if (!str_next(&line, '\t', &name) || !str_next(&line, '\t', &value))
                continue;
            AUTO(xfree) char *n = xstrndup(name.ptr, name.len);
            AUTO(xfree) char *v = xstrndup(value.ptr, value.len);
            params_add(&literals, n, v);
        }
    }
    const char *found = params_get(&literals, id);
    if (found == NULL)
        fail_msg("tests/data/wire/dex.tsv has no '%s'", id);
    return found;
}

/* ---- requests ---- */

void dex_request(struct dex_fixture *f, const char *method, const char *path, const char *form,
                 const char *authorization)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(xfree) char *url = xasprintf("%s%s", DEX_URL, path);
    struct err err = {0};
    http_request_set(&req, method, url);
    if (authorization != NULL)
        params_set_ci(&req.headers, "Authorization", authorization);
    if (form != NULL) {
        params_set_ci(&req.headers, "Content-Type", "application/x-www-form-urlencoded");
        req.body = xstrdup(form);
        req.body_len = strlen(form);
    }
    http_response_deinit(&f->resp);
    f->resp = (struct http_response){0};
    f->json = js_free(f->json);
    if (http_client_do(f->client, &req, &f->resp, &err) != 0)
        fail_msg("%s", err.msg);
    if (f->resp.body != NULL && *f->resp.body == '{')
        f->json = parse(f->resp.body);
}

void dex_get(struct dex_fixture *f, const char *path)
{
    dex_request(f, "GET", path, NULL, NULL);
}

static void change(struct params *p, const char *name, const char *value)
{
    if (name != NULL && value != NULL)
        params_set(p, name, value);
    else if (name != NULL)
        params_remove(p, name);
}

char *dex_auth_query(bool cli, const char *name, const char *value)
{
    AUTO(params_deinit) struct params p = {0};
    params_add(&p, "client_id", cli ? "argo-cd-cli" : "argo-cd");
    params_add(&p, "redirect_uri", cli ? CLI_CALLBACK : DEX_CALLBACK);
    params_add(&p, "response_type", "code");
    params_add(&p, "scope",
               cli ? "openid profile email groups federated:id offline_access"
                   : "openid profile email groups federated:id");
    params_add(&p, "state", "the state");
    if (cli) {
        params_add(&p, "code_challenge", CLI_CHALLENGE);
        params_add(&p, "code_challenge_method", "S256");
    }
    change(&p, name, value);
    return params_form(&p);
}

/* A parameter of the last Location, or "". */
static char *location_param(const struct dex_fixture *f, const char *name)
{
    const char *location = params_get_ci(&f->resp.headers, "Location");
    AUTO(params_deinit) struct params p = {0};
    const char *q = location != NULL ? strchr(location, '?') : NULL;
    if (q != NULL)
        params_parse_form(&p, str_of(q + 1));
    const char *v = params_get(&p, name);
    return xstrdup(v != NULL ? v : "");
}

void dex_authorize(struct dex_fixture *f, bool cli)
{
    AUTO(xfree) char *query = dex_auth_query(cli, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_get(f, path);
    assert_int_equal(f->resp.status, 302);
    xfree(f->state);
    f->state = location_param(f, "state");
}

void dex_callback(struct dex_fixture *f)
{
    AUTO(xfree) char *path = xasprintf("/api/dex/callback?code=up-code&state=%s", f->state);
    dex_get(f, path);
    xfree(f->code);
    f->code = location_param(f, "code");
}

void dex_callback_through(struct dex_fixture *f)
{
    dex_callback(f);
    AUTO(xfree) char *next = xstrdup(dex_header(f, "Location"));
    if (!cstr_starts(next, "/api/dex/approval?"))
        return;
    dex_get(f, next);
    xfree(f->code);
    f->code = location_param(f, "code");
}

void dex_redeem(struct dex_fixture *f, bool cli, const char *name, const char *value)
{
    AUTO(params_deinit) struct params p = {0};
    params_add(&p, "grant_type", "authorization_code");
    params_add(&p, "code", f->code);
    params_add(&p, "redirect_uri", cli ? CLI_CALLBACK : DEX_CALLBACK);
    params_add(&p, "client_id", cli ? "argo-cd-cli" : "argo-cd");
    params_add(&p, cli ? "code_verifier" : "client_secret", cli ? CLI_VERIFIER : DEX_SECRET);
    change(&p, name, value);
    AUTO(xfree) char *form = params_form(&p);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
}

void dex_login(struct dex_fixture *f, bool cli)
{
    dex_say_token(f, NULL);
    dex_authorize(f, cli);
    dex_callback_through(f);
    dex_redeem(f, cli, NULL, NULL);
}

void dex_refresh(struct dex_fixture *f, const char *refresh_token, const char *more)
{
    AUTO(xfree)
    char *form = xasprintf("grant_type=refresh_token&client_id=argo-cd-cli&refresh_token=%s%s",
                           refresh_token, more != NULL ? more : "");
    dex_request(f, "POST", "/api/dex/token", form, NULL);
}

struct js *dex_claims(const struct dex_fixture *f, const char *member)
{
    const char *token = js_get_text(f->json, member);
    return token != NULL ? jwt_claims_unverified(token) : NULL;
}

/* Makes a code with one authorization parameter changed. */
void dex_code_with(struct dex_fixture *f, bool cli, const char *name, const char *value)
{
    AUTO(xfree) char *query = dex_auth_query(cli, name, value);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_say_token(f, NULL);
    dex_get(f, path);
    const char *location = params_get_ci(&f->resp.headers, "Location");
    xfree(f->state);
    f->state = xstrdup(strstr(location, "state=") + strlen("state="));
    dex_callback(f);
}

char *dex_cli_login(struct dex_fixture *f, const char *upstream_refresh)
{
    f->refresh = upstream_refresh;
    dex_login(f, true);
    assert_int_equal(f->resp.status, 200);
    return xstrdup(js_get_text(f->json, "refresh_token"));
}

void dex_userinfo(struct dex_fixture *f, const char *scheme, const char *token)
{
    AUTO(xfree) char *header = xasprintf("%s %s", scheme, token);
    dex_request(f, "GET", "/api/dex/userinfo", NULL, header);
}

/* ---- what was seen ---- */

bool dex_logged(const struct dex_fixture *f, const char *text)
{
    for (size_t i = f->mark; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && cstr_contains(e->text, text))
            return true;
    }
    return false;
}

char *dex_log_written(const struct dex_fixture *f, const char *text)
{
    for (size_t i = trace_len(f->trace); i-- > f->mark;) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && cstr_contains(e->text, text))
            return xstrdup(js_get_text(e->data, "line"));
    }
    return xstrdup("");
}

const char *dex_header(const struct dex_fixture *f, const char *name)
{
    const char *v = params_get_ci(&f->resp.headers, name);
    return v != NULL ? v : "";
}

void dex_get_auth(struct dex_fixture *f, bool cli, const char *name, const char *value)
{
    AUTO(xfree) char *query = dex_auth_query(cli, name, value);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_get(f, path);
}

void dex_mark(struct dex_fixture *f)
{
    f->mark = trace_len(f->trace);
}

void dex_fault_on(struct dex_fixture *f, const char *id, const char *with)
{
    AUTO(js_free) struct js *w = with != NULL ? parse(with) : NULL;
    const struct fault *row = faults_dex;
    while (row->id != NULL && !cstr_eq(row->id, id))
        row++;
    assert_non_null(row->id);
    fault_set_add(f->faults, id, 0, w);
}

void dex_assert_page(const struct dex_fixture *f, int status, const char *literal_id)
{
    AUTO(xfree)
    char *heading = xasprintf("<h2 class=\"theme-heading\">%s</h2>", http_status_text(status));
    AUTO(xfree) char *text = html_escape(dex_literal(literal_id));
    AUTO(xfree) char *message = xasprintf("<p>%s</p>", text);
    assert_int_equal(f->resp.status, status);
    assert_string_equal(params_get_ci(&f->resp.headers, "Content-Type"),
                        "text/html; charset=utf-8");
    assert_true(cstr_contains(f->resp.body, heading));
    if (!cstr_contains(f->resp.body, message))
        fail_msg("'%s' is not on the page: %s", literal_id, f->resp.body);
}

void dex_assert_error(const struct dex_fixture *f, int status, const char *error,
                      const char *literal_id)
{
    const char *description = js_get_text(f->json, "error_description");
    const char *wanted = literal_id != NULL ? dex_literal(literal_id) : "";
    assert_int_equal(f->resp.status, status);
    assert_string_equal(params_get_ci(&f->resp.headers, "Content-Type"), "application/json");
    assert_string_equal(js_get_text(f->json, "error"), error);
    assert_string_equal(description != NULL ? description : "", wanted);
}

void dex_assert_members(const struct js *claims, const char *expected, const char *name)
{
    AUTO(js_free) struct js *want = parse(expected);
    for (struct js_iter it = js_iter(want); js_next(&it);) {
        const struct js *got = js_get(claims, it.key);
        bool ok = js_is(it.value, JS_NULL) ? got == NULL : js_equal(got, it.value);
        AUTO(xfree) char *text = got != NULL ? js_compact(got) : xstrdup("absent");
        if (!ok)
            fail_msg("%s: %s is %s", name, it.key, text);
    }
}

void dex_assert_refused(struct dex_fixture *f, const char *literal, const char *name)
{
    AUTO(xfree)
    char *line = xasprintf("%s err=%s", dex_literal("auth-failed-log"), dex_literal(literal));
    dex_assert_page(f, 500, "auth-failed");
    if (!dex_logged(f, line))
        fail_msg("%s: not logged: %s", name, line);
}
