/*
 * The device flow (RFC 8628; authentik.md 5.5): the device's side at /application/o/device/ and the
 * token endpoint, the person's at /device.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#define DEVICE "/application/o/device/"
#define GRANT "urn:ietf:params:oauth:grant-type:device_code"
#define CODE_FLOW "/if/flow/default-device-code-flow/"

static void start(struct fx *f)
{
    fx_init(f);
    f->setup.authentik.client_secret = "plain0secret1";
    f->setup.authentik.brand_device_code_flow = true;
    fx_start(f);
}

/* What a device was given. */
struct codes {
    char *device_code;
    char *user_code;
};

static void codes_deinit(struct codes *c)
{
    xfree(c->device_code);
    xfree(c->user_code);
}

static void ask_device(struct fx *f, const char *client, const char *scope)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", client);
    params_add(&form, "scope", scope);
    fx_post_form(f, DEVICE, &form);
}

static struct codes get_codes(struct fx *f, const char *scope)
{
    ask_device(f, "my_client_id", scope);
    assert_int_equal(f->resp.status, 200);
    return (struct codes){xstrdup(fx_text(f, "device_code")), xstrdup(fx_text(f, "user_code"))};
}

static void poll(struct fx *f, const char *device_code)
{
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", GRANT);
    params_add(&more, "device_code", device_code);
    fx_exchange(f, "", &more);
}

/* Signs alice in, starting where the last answer leads. */
static void sign_in(struct fx *f)
{
    AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
    if (cstr_starts(to, "/flows/-/default/authentication/")) {
        fx_get(f, to);
        xfree(to);
        to = xstrdup(fx_header(f, "Location"));
    }
    fx_sign_in(f, to, "alice", "alice-password");
    assert_string_equal(fx_text(f, "component"), "xak-flow-redirect");
    AUTO(xfree) char *next = xstrdup(fx_text(f, "to"));
    fx_get(f, next);
}

static char *executor_of_location(struct fx *f)
{
    return fx_executor(fx_header(f, "Location"));
}

/* The link with the code in it, through the login. */
static void let_in(struct fx *f, const char *user_code)
{
    AUTO(xfree) char *path = xasprintf("/device?code=%s", user_code);
    fx_get(f, path);
    assert_int_equal(f->resp.status, 302);
    if (cstr_contains(fx_header(f, "Location"), "authentication"))
        sign_in(f);
    AUTO(xfree) char *executor = executor_of_location(f);
    fx_get(f, executor);
}

static void assert_error(struct fx *f, int status, const char *error, const char *text)
{
    assert_int_equal(f->resp.status, status);
    assert_string_equal(fx_text(f, "error"), error);
    assert_string_equal(fx_text(f, "error_description"), fx_literal(text));
    fx_assert_members(f->json, "error error_description request_id");
    assert_string_equal(fx_header(f, "Cache-Control"), "no-store");
}

static void test_device__codes(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    ask_device(&f, "my_client_id", "openid");
    fx_assert_members(f.json, fx_literal("device.members"));
    const char *user_code = fx_text(&f, "user_code");
    AUTO(xfree) char *page = xasprintf("%s/device", f.base);
    AUTO(xfree) char *complete = xasprintf("%s?code=%s", page, user_code);
    int64_t expires_in = 0;
    int64_t interval = 0;
    assert_int_equal(strlen(user_code), 9);
    assert_int_equal(strspn(user_code, "0123456789"), 9);
    assert_int_equal(strlen(fx_text(&f, "device_code")), 128);
    assert_string_equal(fx_text(&f, "verification_uri"), page);
    assert_string_equal(fx_text(&f, "verification_uri_complete"), complete);
    assert_int_equal(js_get_number(f.json, "expires_in", &expires_in), 0);
    assert_int_equal(js_get_number(f.json, "interval", &interval), 0);
    assert_true(expires_in == 60 && interval == 5);
    assert_string_equal(fx_header(&f, "Cache-Control"), "no-store");
    ask_device(&f, "other", "openid");
    assert_error(&f, 400, "invalid_client", "token.invalid-client");
    fx_get(&f, DEVICE);
    assert_int_equal(f.resp.status, 405);
    fx_stop(&f);
}

static void test_device__granted(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    struct codes c = get_codes(&f, "openid profile offline_access");
    poll(&f, c.device_code);
    assert_error(&f, 400, "authorization_pending", "device.pending-text");
    let_in(&f, c.user_code);
    assert_string_equal(fx_text(&f, "component"), fx_literal("device.finish"));
    poll(&f, c.device_code);
    assert_int_equal(f.resp.status, 200);
    fx_assert_members(f.json, fx_literal("token.answer-offline"));
    AUTO(js_free) struct js *claims = fx_id_claims(&f);
    assert_string_equal(js_get_text(claims, "preferred_username"), "alice");
    assert_non_null(js_get(claims, "sid"));
    assert_string_equal(js_text(js_at(js_get(claims, "amr"), 0)), "pwd");
    poll(&f, c.device_code); /* once only */
    assert_error(&f, 400, "invalid_grant", "token.invalid-grant");
    codes_deinit(&c);
    fx_stop(&f);
}

static void test_device__unknown_and_late(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    poll(&f, "nonsense");
    assert_error(&f, 400, "invalid_grant", "token.invalid-grant");
    struct codes c = get_codes(&f, "openid");
    clock_advance_ms(f.clock, 59 * 1000);
    poll(&f, c.device_code);
    assert_string_equal(fx_text(&f, "error"), "authorization_pending");
    clock_advance_ms(f.clock, 1000);
    poll(&f, c.device_code);
    assert_error(&f, 400, "invalid_grant", "token.invalid-grant");
    codes_deinit(&c);
    fx_stop(&f);
}

/* The person types the code; a wrong one is told so. */
static void test_device__code_is_typed(void **state)
{
    (void)state;
    static const struct {
        const char *code;  /* as JSON; NULL = the right one */
        const char *error; /* its literal */
    } replies[] = {
        {"\"000000000\"", "device.invalid-code"},
        {"\"12 34\"", "device.no-integer"},
        {"true", "device.no-integer"},
        {"", "device.no-code"},
        {NULL, NULL},
    };
    struct fx f;
    start(&f);
    struct codes c = get_codes(&f, "openid");
    fx_get(&f, "/device");
    sign_in(&f);
    assert_string_equal(fx_header(&f, "Location"), CODE_FLOW);
    AUTO(xfree) char *executor = executor_of_location(&f);
    fx_get(&f, executor);
    assert_string_equal(fx_text(&f, "component"), fx_literal("device.code"));
    for (size_t i = 0; i < TEST_COUNT(replies); i++) {
        const char *code = replies[i].code;
        AUTO(xfree) char *right = xasprintf("\"%s\"", c.user_code);
        AUTO(xfree)
        char *body =
            code != NULL && code[0] == '\0'
                ? xstrdup("{\"component\":\"ak-provider-oauth2-device-code\"}")
                : xasprintf("{\"component\":\"ak-provider-oauth2-device-code\",\"code\":%s}",
                            code != NULL ? code : right);
        fx_reply(&f, executor, body);
        if (replies[i].error != NULL)
            assert_true(fx_has(&f, fx_literal(replies[i].error)));
    }
    assert_string_equal(fx_text(&f, "component"), "xak-flow-redirect");
    AUTO(xfree) char *authorization = fx_executor(fx_text(&f, "to"));
    fx_get(&f, authorization);
    assert_string_equal(fx_text(&f, "component"), fx_literal("device.finish"));
    poll(&f, c.device_code);
    assert_int_equal(f.resp.status, 200);
    codes_deinit(&c);
    fx_stop(&f);
}

static void test_device__consent_is_asked(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.client_secret = "plain0secret1";
    f.setup.authentik.brand_device_code_flow = true;
    f.setup.authentik.authorization_flow = "explicit";
    fx_start(&f);
    struct codes c = get_codes(&f, "openid email");
    let_in(&f, c.user_code);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.consent"));
    assert_int_equal(js_len(js_get(f.json, "permissions")), 2);
    poll(&f, c.device_code);
    assert_string_equal(fx_text(&f, "error"), "authorization_pending");
    AUTO(xfree) char *path = xasprintf("/device?code=%s", c.user_code);
    fx_get(&f, path);
    AUTO(xfree) char *executor = executor_of_location(&f);
    fx_get(&f, executor);
    AUTO(xfree)
    char *body =
        xasprintf("{\"component\":\"ak-stage-consent\",\"token\":\"%s\"}", fx_text(&f, "token"));
    fx_reply(&f, executor, body);
    assert_string_equal(fx_text(&f, "component"), fx_literal("device.finish"));
    poll(&f, c.device_code);
    assert_int_equal(f.resp.status, 200);
    codes_deinit(&c);
    fx_stop(&f);
}

/* The code ends while the person reads the consent. */
static void test_device__consent_comes_too_late(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.client_secret = "plain0secret1";
    f.setup.authentik.brand_device_code_flow = true;
    f.setup.authentik.authorization_flow = "explicit";
    fx_start(&f);
    struct codes c = get_codes(&f, "openid email");
    let_in(&f, c.user_code);
    AUTO(xfree) char *path = xasprintf("/device?code=%s", c.user_code);
    fx_get(&f, path);
    AUTO(xfree) char *executor = executor_of_location(&f);
    fx_get(&f, executor);
    AUTO(xfree)
    char *body =
        xasprintf("{\"component\":\"ak-stage-consent\",\"token\":\"%s\"}", fx_text(&f, "token"));
    clock_advance_ms(f.clock, 3600 * 1000);
    fx_reply(&f, executor, body);
    assert_string_equal(fx_text(&f, "component"), "ak-stage-access-denied");
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.inactive"));
    codes_deinit(&c);
    fx_stop(&f);
}

/* Without script: a field for the code, then the end. */
static bool named_secret(const struct fx *f, const char *value)
{
    for (size_t i = 0; i < trace_secrets(f->trace); i++)
        if (strcmp(trace_secret_at(f->trace, i, NULL), value) == 0)
            return true;
    return false;
}

static void test_device__page(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    struct codes c = get_codes(&f, "openid");
    fx_get(&f, "/device");
    sign_in(&f);
    fx_get(&f, CODE_FLOW);
    assert_true(fx_has(&f, "name=\"code\""));
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "csrfmiddlewaretoken", params_get(&f.cookies, "authentik_csrf"));
    params_add(&form, "code", "000000000");
    fx_post_form(&f, CODE_FLOW, &form);
    assert_true(fx_has(&f, "Invalid code"));
    params_set(&form, "code", "7654321"); /* as a code without the zeros at its front */
    fx_post_form(&f, CODE_FLOW, &form);
    assert_true(fx_has(&f, "Invalid code"));
    assert_true(named_secret(&f, "7654321"));
    assert_false(named_secret(&f, "0000000"));
    params_set(&form, "code", c.user_code);
    fx_post_form(&f, CODE_FLOW, &form);
    assert_int_equal(f.resp.status, 302);
    AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
    fx_post_form(&f, to, &form);
    assert_true(fx_has(&f, "authenticated your device"));
    poll(&f, c.device_code);
    assert_int_equal(f.resp.status, 200);
    codes_deinit(&c);
    fx_stop(&f);
}

/* authentik comes without a flow for it: the codes are given, the page is not there. */
static void test_device__no_flow(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    ask_device(&f, "my_client_id", "openid");
    assert_int_equal(f.resp.status, 200);
    fx_get(&f, "/device");
    assert_int_equal(f.resp.status, 404);
    assert_int_equal(f.resp.body_len, 0);
    fx_stop(&f);
}

/* Twenty an hour from one address without a session. */
static void test_device__throttled(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    for (int i = 0; i < 20; i++) {
        ask_device(&f, "my_client_id", "openid");
        assert_int_equal(f.resp.status, 200);
        clock_advance_ms(f.clock, 1000);
    }
    ask_device(&f, "my_client_id", "openid");
    assert_error(&f, 429, "slow_down", "device.slow-down-text");
    params_add(&f.send, "X-Forwarded-For", "192.0.2.7");
    ask_device(&f, "my_client_id", "openid"); /* another address */
    assert_int_equal(f.resp.status, 200);
    clock_advance_ms(f.clock, (3600 - 20) * 1000);
    ask_device(&f, "my_client_id", "openid"); /* the first is an hour ago */
    assert_int_equal(f.resp.status, 200);
    ask_device(&f, "my_client_id", "openid"); /* the second is not */
    assert_int_equal(f.resp.status, 429);
    AUTO(xfree) char *code = fx_code(&f, "openid", "");
    ask_device(&f, "my_client_id", "openid"); /* with a session */
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
    fx_init(&f);
    f.setup.authentik.version = "2025.6";
    fx_start(&f);
    for (int i = 0; i < 21; i++)
        ask_device(&f, "my_client_id", "openid");
    assert_int_equal(f.resp.status, 429);
    assert_int_equal(f.resp.body_len, 0);
    fx_stop(&f);
}

/* Who was deactivated meanwhile gets nothing. */
static void test_device__person_left(void **state)
{
    (void)state;
    struct err err = {0};
    struct fx f;
    start(&f);
    struct codes c = get_codes(&f, "openid");
    let_in(&f, c.user_code);
    f.people[0].active = false;
    assert_int_equal(authentik_mock_change(f.mock, &f.setup, &err), 0);
    poll(&f, c.device_code);
    assert_error(&f, 400, "invalid_grant", "token.invalid-grant");
    codes_deinit(&c);
    fx_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_device__codes),
        cmocka_unit_test(test_device__granted),
        cmocka_unit_test(test_device__unknown_and_late),
        cmocka_unit_test(test_device__code_is_typed),
        cmocka_unit_test(test_device__consent_is_asked),
        cmocka_unit_test(test_device__consent_comes_too_late),
        cmocka_unit_test(test_device__page),
        cmocka_unit_test(test_device__no_flow),
        cmocka_unit_test(test_device__throttled),
        cmocka_unit_test(test_device__person_left),
    };
    return TEST_MAIN(tests);
}
