/*
 * Signing in at Argo CD with a name and a password: what is taken, what is refused with which text,
 * how long the session lives and what ends it (Argo CD's server/session and util/session).
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jwt.h"

#define SESSION "/api/v1/session"
#define CAN_I "/api/v1/account/can-i/applications/sync/default/guestbook"
#define JSON "Content-Type: application/json"
/* Both of "abc". */
#define HASH "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"

static void login(struct fx *f, const char *name, const char *password, struct http_response *ret)
{
    AUTO(js_free) struct js *o = js_object();
    js_set_text(o, "username", name);
    js_set_text(o, "password", password);
    AUTO(xfree) char *body = js_compact(o);
    fx_do(f, "POST", SESSION, JSON, body, ret);
}

static void refused(struct fx *f, const char *name, const char *password, int status,
                    const char *literal)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    login(f, name, password, &r);
    assert_text(&r, status, wire(literal));
    assert_null(fx_set_cookie(&r, ""));
}

/* The token that the answer has; caller frees. */
static char *taken(struct fx *f, const char *name, const char *password)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(js_free) struct js *o = NULL;
    login(f, name, password, &r);
    assert_int_equal(r.status, 200);
    assert_int_equal(js_parse((struct str){r.body, r.body_len}, "answer", &o, NULL), 0);
    char *token = xstrdup(js_get_text(o, "token"));
    AUTO(xfree) char *cookie = xasprintf("argocd.token=%s%s", token, wire("session.cookie"));
    assert_string_equal(fx_set_cookie(&r, "argocd.token="), cookie);
    return token;
}

static void asks(struct fx *f, const char *token, int status, const char *part)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_cookie_line(token);
    fx_get(f, CAN_I, line, &r);
    assert_int_equal(r.status, status);
    assert_has(r.body, part);
}

static void with_accounts(struct fx *f)
{
    js_set_text(f->secret, "admin.password", HASH);
    js_set_text(f->secret, "accounts.ci.password", HASH);
    js_set_text(f->cm, "accounts.ci", "apiKey, login");
}

static void test_login__admin_and_local_account(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    AUTO(xfree) char *admin = taken(f, "admin", "abc");
    AUTO(xfree) char *ci = taken(f, "ci", "abc");
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_cookie_line(admin);
    asks(f, admin, 200, wire("can-i.yes"));
    asks(f, ci, 200, wire("can-i.no"));
    fx_get(f, "/api/v1/session/userinfo", line, &r);
    assert_text(&r, 200, wire("userinfo.admin"));
}

static void test_login__the_token(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    static const char *const algs[] = {"HS256", NULL};
    const struct jwt_rules rules = {.secret = FX_SECRETKEY,
                                    .algs = algs,
                                    .issuer = "argocd",
                                    .now_s = CLOCK_START_S,
                                    .ignores_header_keys = true};
    jwt_verify(token, &rules, &v);
    assert_int_equal(v.reason, JWT_OK);
    AUTO(xfree) char *claims = js_compact(v.claims);
    AUTO(xfree)
    char *expected = xasprintf("{\"iss\":\"argocd\",\"sub\":\"admin:login\",\"exp\":%d,\"nbf\":%d,"
                               "\"iat\":%d,\"jti\":\"",
                               (int)CLOCK_START_S + 86400, (int)CLOCK_START_S, (int)CLOCK_START_S);
    assert_true(cstr_starts(claims, expected));
    assert_int_equal(strlen(js_get_text(v.claims, "jti")), 36);
    assert_int_equal(js_get_text(v.claims, "jti")[14], '4');
}

struct refusal {
    const char *name;
    const char *password;
    int status;
    const char *literal;
};

static void test_login__refusals(void **state)
{
    static const struct refusal rows[] = {
        {"admin", "abd", 401, "session.invalid"},
        {"nobody", "abc", 401, "session.invalid"},
        {"admin", "", 401, "session.none"},
        {"", "abc", 401, "session.none"},
        {"a-name-of-more-than-thirty-two-ch", "abc", 400, "session.too-long"},
        {"a-name-of-just-thirty-two-bytes-", "abc", 401, "session.invalid"},
        {"accounts", "abc", 401, "session.invalid"},
    };
    struct fx *f = *state;
    with_accounts(f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++)
        refused(f, rows[i].name, rows[i].password, rows[i].status, rows[i].literal);
    js_set_text(f->cm, "accounts.ci.enabled", "false");
    refused(f, "ci", "abd", 401, "session.invalid"); /* the password comes first */
    refused(f, "ci", "abc", 401, "session.disabled");
    js_set_text(f->cm, "accounts.ci.enabled", "true");
    js_set_text(f->cm, "accounts.ci", "apiKey");
    refused(f, "ci", "abc", 401, "session.capability");
    js_set_text(f->secret, "admin.password", "");
    refused(f, "admin", "abc", 401, "session.invalid");
}

static void test_login__bodies(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    AUTO(http_response_deinit) struct http_response old = {0};
    fx_do(f, "POST", SESSION, JSON, "{\"token\":\"x\"}", &old);
    assert_text(&old, 401, wire("session.token"));
    AUTO(http_response_deinit) struct http_response empty = {0};
    fx_do(f, "POST", SESSION, JSON, "", &empty);
    assert_text(&empty, 401, wire("session.none"));
    AUTO(http_response_deinit) struct http_response broken = {0};
    fx_do(f, "POST", SESSION, JSON, "{\"username\":", &broken);
    assert_int_equal(broken.status, 400);
    AUTO(http_response_deinit) struct http_response form = {0};
    fx_do(f, "POST", SESSION, "Content-Type: application/x-www-form-urlencoded",
          "username=admin&password=abc", &form);
    assert_int_equal(form.status, 415);
    AUTO(http_response_deinit) struct http_response get = {0};
    fx_get(f, SESSION, NULL, &get);
    assert_int_equal(get.status, 405);
}

static void test_login__admin_disabled(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    with_accounts(f);
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    js_set_text(f->cm, "admin.enabled", "false");
    login(f, "admin", "abc", &r);
    assert_int_equal(r.status, 401);
    assert_has(r.body, "Account admin is disabled");
    asks(f, token, 401, wire("api.local-disabled"));
    js_set_text(f->cm, "admin.enabled", "no"); /* no boolean of Go's: as if it were not there */
    asks(f, token, 200, wire("can-i.yes"));
}

static void test_login__too_many_failures(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    for (int i = 0; i < 5; i++)
        refused(f, "admin", "abd", 401, "session.invalid");
    assert_true(fx_logged(f, wire("session.failed")));
    assert_false(fx_logged(f, wire("session.too-many")));
    refused(f, "admin", "abc", 401, "session.invalid"); /* though it is right */
    assert_true(fx_logged(f, wire("session.too-many")));
    AUTO(xfree) char *other = taken(f, "ci", "abc");
    clock_advance_ms(f->clock, INT64_C(300) * 1000);
    refused(f, "admin", "abc", 401, "session.invalid");
    clock_advance_ms(f->clock, 1000);
    AUTO(xfree) char *token = taken(f, "admin", "abc");
}

static void test_login__a_success_forgets_failures(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++)
            refused(f, "admin", "abd", 401, "session.invalid");
        AUTO(xfree) char *token = taken(f, "admin", "abc");
    }
}

static void test_login__limits_of_the_environment(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    js_set_text(f->env, "ARGOCD_SESSION_FAILURE_MAX_FAIL_COUNT", "1");
    js_set_text(f->env, "ARGOCD_SESSION_FAILURE_WINDOW_SECONDS", "0");
    fx_restart(f);
    refused(f, "admin", "abd", 401, "session.invalid");
    clock_advance_ms(f->clock, INT64_C(86400) * 1000);
    refused(f, "admin", "abc", 401, "session.invalid"); /* never forgotten */
}

static void test_session__ends(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    js_set_text(f->cm, "users.session.duration", "2h");
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    clock_advance_ms(f->clock, INT64_C(7199) * 1000);
    asks(f, token, 200, wire("can-i.yes"));
    clock_advance_ms(f->clock, 1000);
    asks(f, token, 401, wire("api.local-expired"));
}

static void test_session__a_duration_that_is_none(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    js_set_text(f->cm, "users.session.duration", "12");
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    assert_true(fx_logged(f, wire("session.duration")));
    clock_advance_ms(f->clock, INT64_C(86399) * 1000);
    asks(f, token, 200, wire("can-i.yes"));
    clock_advance_ms(f->clock, 1000);
    asks(f, token, 401, wire("api.local-expired"));
}

/* Within its last five minutes a session gets its next token with any answer. */
static void test_session__is_renewed(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response early = {0};
    AUTO(http_response_deinit) struct http_response late = {0};
    with_accounts(f);
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    AUTO(xfree) char *line = fx_cookie_line(token);
    clock_advance_ms(f->clock, INT64_C(86100) * 1000);
    fx_get(f, CAN_I, line, &early);
    assert_int_equal(early.status, 200);
    assert_null(fx_set_cookie(&early, "argocd.token="));
    clock_advance_ms(f->clock, 1000);
    fx_get(f, CAN_I, line, &late);
    const char *cookie = fx_set_cookie(&late, "argocd.token=");
    assert_non_null(cookie);
    AUTO(xfree) char *next = xstrndup(cookie + 13, strcspn(cookie + 13, ";"));
    assert_string_equal(fx_header(&late, "Grpc-Metadata-Renew-Token"), next);
    clock_advance_ms(f->clock, INT64_C(86399) * 1000);
    asks(f, token, 401, wire("api.local-expired"));
    asks(f, next, 200, wire("can-i.yes"));
}

static void test_session__ends_with_its_password(void **state)
{
    struct fx *f = *state;
    with_accounts(f);
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    js_set_text(f->secret, "admin.passwordMtime", "2026-01-01T00:00:00Z");
    asks(f, token, 200, wire("can-i.yes"));
    js_set_text(f->secret, "admin.passwordMtime", "2026-01-01T02:00:01+02:00");
    asks(f, token, 401, wire("api.local-changed"));
    js_set_text(f->secret, "admin.passwordMtime", "yesterday");
    asks(f, token, 200, wire("can-i.yes"));
}

static void test_session__ends_with_the_logout(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response out = {0};
    with_accounts(f);
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    AUTO(xfree) char *line = fx_cookie_line(token);
    fx_get(f, "/auth/logout", line, &out);
    assert_int_equal(out.status, 303);
    asks(f, token, 401, wire("api.local-revoked"));
}

/* It takes no cookie back and ends nothing: /auth/logout does. */
static void test_session__delete(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    with_accounts(f);
    AUTO(xfree) char *token = taken(f, "admin", "abc");
    fx_do(f, "DELETE", SESSION, JSON, NULL, &r);
    assert_text(&r, 200, "{}");
    assert_null(fx_set_cookie(&r, ""));
    asks(f, token, 200, wire("can-i.yes"));
}

static void test_cookie__of_an_insecure_server(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    with_accounts(f);
    js_set_text(f->cmd_params, "server.insecure", "true");
    fx_restart(f);
    login(f, "admin", "abc", &r);
    assert_int_equal(r.status, 200);
    const char *cookie = fx_set_cookie(&r, "argocd.token=");
    assert_string_equal(strchr(cookie, ';'), wire("session.cookie-insecure"));
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FX_TEST(test_login__admin_and_local_account),
        FX_TEST(test_login__the_token),
        FX_TEST(test_login__refusals),
        FX_TEST(test_login__bodies),
        FX_TEST(test_login__admin_disabled),
        FX_TEST(test_login__too_many_failures),
        FX_TEST(test_login__a_success_forgets_failures),
        FX_TEST(test_login__limits_of_the_environment),
        FX_TEST(test_session__ends),
        FX_TEST(test_session__a_duration_that_is_none),
        FX_TEST(test_session__is_renewed),
        FX_TEST(test_session__ends_with_its_password),
        FX_TEST(test_session__ends_with_the_logout),
        FX_TEST(test_session__delete),
        FX_TEST(test_cookie__of_an_insecure_server),
    };
    return TEST_MAIN(tests);
}
