/*
 * The mock Argo CD's proxy and API by its wire alone (argocd.md part 2 and 4). Literals come from
 * tests/data/wire/argocd.tsv.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jwt.h"

#define CAN_I "/api/v1/account/can-i/"

/* ---- /api/dex/ ---- */

struct proxy_row {
    const char *path;
    int status;
};

static void test_proxy__all_but_500_passes(void **state)
{
    static const struct proxy_row rows[] = {
        {"/api/dex/status/200", 200}, {"/api/dex/status/400", 400}, {"/api/dex/status/401", 401},
        {"/api/dex/status/403", 403}, {"/api/dex/status/404", 404}, {"/api/dex/status/502", 502},
        {"/api/dex/status/503", 503}, {"/api/dex/status/302", 302},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        fx_get(f, rows[i].path, NULL, &r);
        assert_text(&r, rows[i].status, "it broke");
        assert_string_equal(fx_header(&r, "X-Dex"), "kept");
        assert_string_equal(fx_header(&r, "Content-Type"), "text/html");
        assert_string_equal(fx_header(&r, "Proxy-Authenticate"), "");
    }
}

static void test_proxy__500_leads_to_the_login_page(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/dex/status/500", NULL, &r);
    assert_text(&r, 303, "");
    assert_string_equal(fx_header(&r, "Location"), wire("proxy.location"));
    assert_string_equal(fx_header(&r, "Content-Length"), "0");
    assert_string_equal(fx_header(&r, "Content-Type"), "text/html");
    assert_string_equal(fx_header(&r, "X-Dex"), "kept");
    assert_true(fx_logged(f, wire("proxy.log")));
}

static void test_proxy__forwards_the_request(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_do(f, "POST", "/api/dex/status/200?a=%2F&b=1",
          "Cookie: x=y\nX-Forwarded-For: 10.0.0.1\nForwarded: for=x\nTE: trailers\n"
          "Connection: X-Own\nX-Own: z\nContent-Type: text/plain",
          "hello", &r);
    const char *echo = f->dex.last_echo;
    assert_true(cstr_starts(echo, "POST /api/dex/status/200?a=%2F&b=1\n"
                                  "Host: argocd-dex-server:5556\n"));
    assert_has(echo, "Cookie: x=y");
    assert_has(echo, "Content-Type: text/plain");
    assert_true(str_ends(str_of(echo), "\n\nhello"));
    assert_false(cstr_contains(echo, "Forwarded"));
    assert_false(cstr_contains(echo, "trailers"));
    assert_false(cstr_contains(echo, "X-Own"));
}

static void test_proxy__dex_down(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_stop_dex(f);
    fx_get(f, "/api/dex/keys", NULL, &r);
    assert_text(&r, 502, "");
    assert_true(fx_logged(f, wire("proxy.down-log")));
}

static void test_proxy__without_slash(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/dex?x=1", NULL, &r);
    assert_int_equal(r.status, 307);
    assert_string_equal(fx_header(&r, "Location"), "/api/dex/?x=1");
    fx_get(f, "/api/dex//auth", NULL, &r);
    assert_int_equal(r.status, 307);
    assert_string_equal(fx_header(&r, "Location"), "/api/dex/auth");
}

/* ---- errors of the gateway ---- */

static void test_gateway__routes(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/v1/nothing", NULL, &r);
    assert_text(&r, 404, wire("api.not-found"));
    assert_string_equal(fx_header(&r, "Content-Type"), "text/plain; charset=utf-8");
    fx_get(f, "/api/v1/settings/", NULL, &r);
    assert_text(&r, 404, wire("api.not-found"));
    fx_do(f, "POST", "/api/v1/settings", "Content-Type: application/json", "{}", &r);
    assert_text(&r, 405, wire("api.method"));
    fx_do(f, "POST", "/api/v1/settings", "Content-Type: application/json; charset=utf-8", "{}", &r);
    assert_text(&r, 415, wire("api.content-type"));
    fx_do(f, "DELETE", "/api/v1/settings", NULL, NULL, &r);
    assert_text(&r, 415, wire("api.content-type"));
    fx_do(f, "POST", "/api/v1/settings", "Content-Type: APPLICATION/JSON", "{}", &r);
    assert_int_equal(r.status, 405);
    fx_get(f, "/api//v1/settings", NULL, &r);
    assert_int_equal(r.status, 307);
    assert_string_equal(fx_header(&r, "Location"), "/api/v1/settings");
}

static void test_gateway__success_has_its_headers(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/version", NULL, &r);
    assert_text(&r, 200, "{\"Version\":\"v3.5.1+109ca7c\"}");
    assert_string_equal(fx_header(&r, "Content-Type"), "application/json");
    assert_string_equal(fx_header(&r, "Grpc-Metadata-Content-Type"), "application/grpc");
}

/* ---- tokens ---- */

static void ask(struct fx *f, const char *line, int status, const char *body)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, CAN_I "applications/sync/default/guestbook", line, &r);
    assert_text(&r, status, body);
    assert_string_equal(fx_header(&r, "Content-Type"), "application/json");
}

static void test_token__sources(void **state)
{
    struct fx *f = *state;
    const char *good = f->dex.id_token;
    AUTO(xfree) char *bearer = fx_bearer_line(good);
    AUTO(xfree) char *cookie = fx_cookie_line(good);
    AUTO(xfree) char *meta = xasprintf("Grpc-Metadata-Token: %s", good);
    AUTO(xfree) char *plain = xasprintf("token: %s", good);
    AUTO(xfree) char *both = xasprintf("Authorization: Bearer two.parts\n%s", cookie);
    AUTO(xfree) char *basic = xasprintf("Authorization: Basic %s", good);
    ask(f, bearer, 200, wire("can-i.yes"));
    ask(f, cookie, 200, wire("can-i.yes"));
    ask(f, meta, 200, wire("can-i.yes"));
    ask(f, both, 200, wire("can-i.yes")); /* no JWT: ignored, the cookie counts */
    ask(f, plain, 401, wire("api.no-session"));
    ask(f, basic, 401, wire("api.no-session"));
    ask(f, NULL, 401, wire("api.no-session"));
    ask(f, "Cookie: argocd.token=two.parts", 401, wire("api.no-session"));
}

struct bad_token {
    const char *patch;
    const char *key;
    const char *log; /* id of a literal */
};

static void test_token__refused(void **state)
{
    static const struct bad_token rows[] = {
        {NULL, "rsa-2048-2", "verify.bad-signature"},
        {"{\"aud\":\"other\"}", "rsa-2048-1", "verify.all-audiences"},
        {"{\"exp\":1767225599}", "rsa-2048-1", "verify.expired"},
        {"{\"iss\":\"https://evil.example\"}", "rsa-2048-1", "verify.other-issuer"},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *token = fx_token(f, rows[i].patch, rows[i].key);
        AUTO(xfree) char *line = fx_bearer_line(token);
        ask(f, line, 401, wire("api.not-verified"));
        assert_true(fx_logged(f, wire(rows[i].log)));
    }
}

static void test_token__no_jwt(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, CAN_I "projects/get/x", "Authorization: Bearer !.b.c", &r);
    assert_int_equal(r.status, 401);
    assert_has(r.body, wire("api.malformed"));
    fx_get(f, CAN_I "projects/get/x", "Authorization: Bearer a.b.c.d", &r);
    assert_has(r.body, wire("api.malformed"));
}

static void test_token__no_sso(void **state)
{
    struct fx *f = *state;
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    f->setup.argocd.dex_generated = NULL;
    fx_restart(f);
    ask(f, line, 401, wire("api.no-sso"));
}

static void test_token__dex_down(void **state)
{
    struct fx *f = *state;
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    fx_stop_dex(f);
    ask(f, line, 401, wire("api.not-verified"));
}

static void test_token__verified_anew_each_time_with_kept_keys(void **state)
{
    struct fx *f = *state;
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    ask(f, line, 200, wire("can-i.yes"));
    ask(f, line, 200, wire("can-i.yes"));
    assert_int_equal(f->dex.discoveries, 1);
    assert_int_equal(f->dex.key_fetches, 1);
    clock_advance_ms(f->clock, INT64_C(86400) * 1000);
    ask(f, line, 401, wire("api.not-verified"));
}

static char *local_token(const char *sub, int64_t exp_s, const char *secret)
{
    AUTO(js_free) struct js *claims = js_object();
    AUTO(key_free) struct key *key = key_from_secret(secret, strlen(secret));
    struct err err = {0};
    char *token = NULL;
    js_set_text(claims, "iss", "argocd");
    js_set_text(claims, "sub", sub);
    js_set_text(claims, "jti", "t-1");
    js_set(claims, "iat", js_int(CLOCK_START_S));
    js_set(claims, "exp", js_int(exp_s));
    if (jwt_sign(key, JWS_HS256, "JWT", NULL, claims, &token, &err) != 0)
        fail_msg("%s", err.msg);
    return token;
}

static void ask_local(struct fx *f, const char *sub, int64_t exp_s, const char *secret, int status,
                      const char *part)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = local_token(sub, exp_s, secret);
    AUTO(xfree) char *line = fx_bearer_line(token);
    fx_get(f, CAN_I "applications/sync/default/guestbook", line, &r);
    assert_int_equal(r.status, status);
    assert_has(r.body, part);
}

static void test_token__local_accounts(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    const int64_t later = CLOCK_START_S + 3600;
    ask_local(f, "admin:login", later, FX_SECRETKEY, 200, wire("can-i.yes"));
    ask_local(f, "admin:login", CLOCK_START_S - 1, FX_SECRETKEY, 401, wire("api.local-expired"));
    ask_local(f, "admin:login", later, "other", 401, wire("api.local-signature"));
    ask_local(f, "ci", later, FX_SECRETKEY, 401, wire("api.local-missing"));
    js_set_text(f->cm, "accounts.ci", "login");
    ask_local(f, "ci", later, FX_SECRETKEY, 401, wire("api.local-capability"));
    js_set_text(f->cm, "accounts.ci", "apiKey");
    ask_local(f, "ci:login", later, FX_SECRETKEY, 401, wire("api.local-capability-login"));
    ask_local(f, "ci", later, FX_SECRETKEY, 401, wire("api.local-token"));
    js_set_text(f->secret, "accounts.ci.tokens", "[{\"id\":\"t-1\",\"iat\":1}]");
    ask_local(f, "ci", later, FX_SECRETKEY, 200, wire("can-i.no"));
    AUTO(xfree) char *token = local_token("admin:login", later, FX_SECRETKEY);
    AUTO(xfree) char *line = fx_bearer_line(token);
    fx_get(f, "/api/v1/session/userinfo", line, &r);
    assert_text(&r, 200, wire("userinfo.admin"));
    js_set_text(f->cm, "admin.enabled", "false");
    ask_local(f, "admin:login", later, FX_SECRETKEY, 401, wire("api.local-disabled"));
}

static void test_token__anonymous(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    js_set_text(f->cm, "users.anonymous.enabled", "true");
    ask(f, NULL, 200, wire("can-i.no"));
    ask(f, "Authorization: Bearer a.b.c", 200, wire("can-i.no"));
    fx_policy(f, "", "role:readonly");
    fx_get(f, CAN_I "applications/get/default/guestbook", NULL, &r);
    assert_text(&r, 200, wire("can-i.yes"));
    fx_get(f, "/api/v1/session/userinfo", NULL, &r);
    assert_text(&r, 200, wire("userinfo.nobody"));
}

/* ---- several at once ---- */

struct asker {
    pthread_t thread;
    struct fx *f;
    char *token;
    int expected;
    int wrong;
};

static void *ask_often(void *arg)
{
    struct asker *a = arg;
    for (int i = 0; i < 10; i++) {
        AUTO(http_request_deinit) struct http_request req = {0};
        AUTO(http_response_deinit) struct http_response r = {0};
        struct err err = {0};
        http_request_set(&req, "GET", FX_URL CAN_I "projects/get/x");
        params_addf(&req.headers, "Authorization", "Bearer %s", a->token);
        if (http_client_do(a->f->client, &req, &r, &err) != 0 || r.status != a->expected)
            a->wrong++;
    }
    return NULL;
}

/* Bad signatures make the server discover anew while others use what it has. */
static void test_token__good_and_bad_at_once(void **state)
{
    struct fx *f = *state;
    struct asker askers[4] = {{0}};
    for (size_t i = 0; i < TEST_COUNT(askers); i++) {
        bool good = i % 2 == 0;
        askers[i] = (struct asker){.f = f, .expected = good ? 200 : 401};
        askers[i].token = fx_token(f, NULL, good ? "rsa-2048-1" : "rsa-2048-2");
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_often, &askers[i]), 0);
    }
    for (size_t i = 0; i < TEST_COUNT(askers); i++) {
        pthread_join(askers[i].thread, NULL);
        xfree(askers[i].token);
        assert_int_equal(askers[i].wrong, 0);
    }
}

/* ---- userinfo ---- */

static void userinfo(struct fx *f, const char *patch, const char *body)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    AUTO(xfree) char *line = fx_cookie_line(token);
    fx_get(f, "/api/v1/session/userinfo", line, &r);
    assert_text(&r, 200, body);
}

static void test_userinfo__never_401(void **state)
{
    static const char *const both[] = {"groups", "email", NULL};
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/v1/session/userinfo", NULL, &r);
    assert_text(&r, 200, wire("userinfo.nobody"));
    userinfo(f, "{}", wire("userinfo.alice"));
    userinfo(f, "{\"aud\":\"other\"}", wire("userinfo.nobody"));
    userinfo(f, "{\"exp\":1767225599}", wire("userinfo.expired"));
    userinfo(f, "{\"groups\":null,\"email\":null}",
             "{\"loggedIn\":true,\"username\":\"alice-id\",\"iss\":\"" FX_URL "/api/dex\"}");
    userinfo(f, "{\"groups\":\"one\",\"federated_claims\":null,\"email\":\"\"}",
             "{\"loggedIn\":true,\"username\":\"CghhbGljZS1pZBIJYXV0aGVudGlr\",\"iss\":\"" FX_URL
             "/api/dex\",\"groups\":[\"one\"]}");
    userinfo(f, "{\"groups\":[\"a\",7,\"b\"]}",
             "{\"loggedIn\":true,\"username\":\"alice@example.com\",\"iss\":\"" FX_URL
             "/api/dex\",\"groups\":[\"a\",\"b\"]}");
    f->setup.argocd.rbac_scopes = both;
    userinfo(f, "{}",
             "{\"loggedIn\":true,\"username\":\"alice@example.com\",\"iss\":\"" FX_URL
             "/api/dex\",\"groups\":[\"ArgoCD Admins\",\"alice@example.com\"]}");
}

/* ---- can-i ---- */

struct can_row {
    const char *path; /* after can-i/ */
    const char *groups;
    int status;
    const char *literal;
};

static void test_can_i__answers(void **state)
{
    static const struct can_row rows[] = {
        {"applications/sync/default/guestbook", "[\"ArgoCD Admins\"]", 200, "can-i.yes"},
        {"applications/sync/default/guestbook", "[\"ArgoCD Viewers\"]", 200, "can-i.no"},
        {"applications/get/default/guestbook", "[\"ArgoCD Viewers\"]", 200, "can-i.yes"},
        {"applications/get/default/guestbook", "[\"argocd viewers\"]", 200, "can-i.no"},
        {"applications/get/default/guestbook", "[]", 200, "can-i.no"},
        {"applications/get/default%2Fguestbook", "[\"ArgoCD Viewers\"]", 200, "can-i.yes"},
        {"applications/get/default/argocd/guestbook", "[\"ArgoCD Viewers\"]", 200, "can-i.yes"},
        {"projects/get/default", "[\"ArgoCD Viewers\"]", 200, "can-i.yes"},
        {"projects/get/", "[\"ArgoCD Viewers\"]", 200, "can-i.yes"},
        {"projects/get", "[\"ArgoCD Viewers\"]", 200, "can-i.yes"},
        {"applications/get/*/*", "[\"ArgoCD Viewers\"]", 200, "can-i.yes"},
        {"applications/get/*", "[\"ArgoCD Viewers\"]", 200, "can-i.no"},
        {"apps/read/x", "[]", 400, "can-i.bad-action"},
        {"apps/get/x", "[]", 400, "can-i.bad-resource"},
        {"applications", "[]", 404, "api.not-found"},
        {"clusters/get/https:%2F%2Fhost:6443", "[]", 307, NULL},
        {"clusters/get/host:6443", "[]", 404, "api.not-found"},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(xfree) char *patch = xasprintf("{\"groups\":%s}", rows[i].groups);
        AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
        AUTO(xfree) char *line = fx_bearer_line(token);
        AUTO(xfree) char *path = xasprintf("%s%s", CAN_I, rows[i].path);
        fx_get(f, path, line, &r);
        assert_int_equal(r.status, rows[i].status);
        if (rows[i].literal != NULL)
            assert_has(r.body, wire(rows[i].literal));
    }
}

static void test_can_i__error_is_grpc_code_3(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    fx_get(f, CAN_I "applications/read/x", line, &r);
    AUTO(xfree)
    char *body = xasprintf("{\"error\":\"%s\",\"code\":3,\"message\":\"%s\"}",
                           wire("can-i.bad-action"), wire("can-i.bad-action"));
    assert_text(&r, 400, body);
}

static void test_can_i__decision_is_traced(void **state)
{
    struct fx *f = *state;
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    ask(f, line, 200, wire("can-i.yes"));
    const struct js *d = fx_decision(f);
    assert_string_equal(js_get_text(d, "subject"), "alice-id");
    assert_string_equal(js_text(js_at(js_get(d, "groups"), 0)), "ArgoCD Admins");
    assert_string_equal(js_get_text(d, "resource"), "applications");
    assert_string_equal(js_get_text(d, "action"), "sync");
    assert_string_equal(js_get_text(d, "object"), "default/guestbook");
    assert_true(js_get_bool(d, "allow", false));
    assert_string_equal(js_get_text(d, "role"), "role:admin");
}

static void test_can_i__broken_policy(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    struct err err = {0};
    fx_policy(f, "garbage\n", NULL);
    assert_int_equal(argocd_mock_change(f->mock, &f->setup, &err), 0);
    fx_get(f, CAN_I "projects/get/x", line, &r);
    assert_int_equal(r.status, 500);
    assert_has(r.body, "\"code\":13");
    assert_null(argocd_mock_down(f->mock)); /* a running server goes on */
    fx_restart(f);
    assert_non_null(argocd_mock_down(f->mock)); /* a starting one ends */
    fx_policy(f, "", NULL);
    assert_int_equal(argocd_mock_change(f->mock, &f->setup, &err), 0);
    assert_null(argocd_mock_down(f->mock));
}

/* ---- settings ---- */

static void test_settings__of_an_anonymous_caller(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/v1/settings", NULL, &r);
    assert_text(&r, 200, wire("settings.dex"));
}

static void test_settings__signed_in_and_configured(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    js_set_text(f->cm, "admin.enabled", "false");
    js_set_text(f->cm, "ui.bannercontent", "Hello <b>");
    fx_get(f, "/api/v1/settings", line, &r);
    assert_has(r.body, "\"help\":{},\"userLoginsDisabled\":true,\"uiBannerContent\":\"Hello "
                       "\\u003cb\\u003e\",\"passwordPattern\":\"^.{8,32}$\"");
    assert_has(r.body, "\"controllerNamespace\":\"argocd\"");
    fx_get(f, "/api/v1/settings", NULL, &r);
    assert_false(cstr_contains(r.body, "uiBannerContent"));
    js_set_text(f->cm, "accounts.ci", "apiKey, login");
    fx_get(f, "/api/v1/settings", NULL, &r);
    assert_false(cstr_contains(r.body, "userLoginsDisabled"));
}

/* ---- applications ---- */

static void application(struct fx *f, const char *groups, const char *path, int status,
                        const char *part)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *patch = xasprintf("{\"groups\":[\"%s\"]}", groups);
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    AUTO(xfree) char *line = fx_bearer_line(token);
    AUTO(xfree) char *url = xasprintf("/api/v1/applications%s", path);
    if (str_ends(str_of(path), "/sync")) {
        AUTO(xfree) char *lines = xasprintf("Content-Type: application/json\n%s", line);
        fx_do(f, "POST", url, lines, "{}", &r);
    } else {
        fx_get(f, url, line, &r);
    }
    assert_has(r.body, part);
    assert_int_equal(r.status, status);
}

static void test_applications__permissions(void **state)
{
    struct fx *f = *state;
    const char *viewers = "ArgoCD Viewers";
    application(f, viewers, "/guestbook", 200, "\"project\":\"default\"");
    application(f, viewers, "/guestbook?project=default", 200, "\"name\":\"guestbook\"");
    application(f, "nobody", "/guestbook", 403, wire("applications.denied"));
    application(f, viewers, "/nothing", 403, wire("applications.denied"));
    application(f, viewers, "/nothing?project=default", 404, wire("applications.absent"));
    application(f, viewers, "/guestbook?project=team-a", 404, "not found");
    application(f, "nobody", "/nothing?project=default", 403, wire("applications.denied"));
    application(f, viewers, "/guestbook/sync", 403, wire("applications.enforce"));
    application(f, "ArgoCD Admins", "/guestbook/sync", 200, "\"operation\"");
    application(f, "nobody", "/guestbook/sync", 403, wire("applications.denied"));
    application(f, viewers, "", 200, "\"name\":\"helm-guestbook\"");
    application(f, "nobody", "", 200, wire("applications.none"));
}

/* ---- the server itself ---- */

static void test_server__ends_on_a_bad_dex_config(void **state)
{
    struct fx *f = *state;
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    f->setup.argocd.dex_error = "malformed Dex configuration found";
    fx_restart(f);
    assert_string_equal(argocd_mock_down(f->mock), "malformed Dex configuration found");
    http_request_set(&req, "GET", FX_URL "/api/version");
    assert_int_equal(http_client_do(f->client, &req, &r, &err), -1);
}

static void test_server__restarts_when_sso_keys_change(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    struct setup other = f->setup;
    struct err err = {0};
    other.argocd.url = "https://other.company";
    assert_int_equal(argocd_mock_change(f->mock, &other, &err), 0);
    assert_true(fx_logged(f, "url modified. restarting"));
    f->dex.issuer = "https://other.company/api/dex";
    fx_get(f, "/auth/login", NULL, &r);
    assert_has(fx_header(&r, "Location"), "redirect_uri=https%3A%2F%2Fother.company%2F");
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_proxy__all_but_500_passes),
    FX_TEST(test_proxy__500_leads_to_the_login_page),
    FX_TEST(test_proxy__forwards_the_request),
    FX_TEST(test_proxy__dex_down),
    FX_TEST(test_proxy__without_slash),
    FX_TEST(test_gateway__routes),
    FX_TEST(test_gateway__success_has_its_headers),
    FX_TEST(test_token__sources),
    FX_TEST(test_token__refused),
    FX_TEST(test_token__no_jwt),
    FX_TEST(test_token__no_sso),
    FX_TEST(test_token__dex_down),
    FX_TEST(test_token__verified_anew_each_time_with_kept_keys),
    FX_TEST(test_token__local_accounts),
    FX_TEST(test_token__anonymous),
    FX_TEST(test_token__good_and_bad_at_once),
    FX_TEST(test_userinfo__never_401),
    FX_TEST(test_can_i__answers),
    FX_TEST(test_can_i__error_is_grpc_code_3),
    FX_TEST(test_can_i__decision_is_traced),
    FX_TEST(test_can_i__broken_policy),
    FX_TEST(test_settings__of_an_anonymous_caller),
    FX_TEST(test_settings__signed_in_and_configured),
    FX_TEST(test_applications__permissions),
    FX_TEST(test_server__ends_on_a_bad_dex_config),
    FX_TEST(test_server__restarts_when_sso_keys_change),
};

int main(void)
{
    return TEST_MAIN(tests);
}
