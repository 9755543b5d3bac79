/*
 * Login, consent and logout: through the executor as a headless client does it, and through the
 * page as a person without script does it (authentik.md 4).
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/http/html.h"

#define EXECUTOR "/api/v3/flows/executor/default-authentication-flow/"

static char *start(struct fx *f, const char *more)
{
    fx_start(f);
    AUTO(xfree) char *path = fx_authorize_path("openid email profile", more);
    fx_get(f, path);
    assert_int_equal(f->resp.status, 302);
    return xstrdup(fx_header(f, "Location"));
}

static void test_login__steps_one_by_one(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    AUTO(xfree) char *executor = fx_executor(login);
    AUTO(xfree) char *next = fx_param(login, "next");
    fx_get(&f, executor);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.identification"));
    assert_string_equal(js_get_text(js_get(f.json, "flow_info"), "title"),
                        fx_literal("flow.title"));
    assert_null(js_get(f.json, "response_errors"));
    assert_null(js_get(f.json, "type"));
    assert_false(js_get_bool(f.json, "password_fields", true));
    AUTO(xfree) char *before = xstrdup(params_get(&f.cookies, "authentik_session"));
    /* each passed stage answers a 302 to the very same URL */
    fx_post_json(&f, executor,
                 "{\"component\":\"ak-stage-identification\",\"uid_field\":\"alice\"}");
    assert_int_equal(f.resp.status, 302);
    assert_string_equal(fx_header(&f, "Location"), executor);
    fx_get(&f, executor);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.password"));
    assert_string_equal(fx_text(&f, "pending_user"), "alice");
    fx_post_json(&f, executor,
                 "{\"component\":\"ak-stage-password\",\"password\":\"alice-password\"}");
    assert_int_equal(f.resp.status, 302);
    fx_get(&f, executor); /* MFA is skipped */
    assert_int_equal(f.resp.status, 302);
    assert_string_equal(params_get(&f.cookies, "authentik_session"), before);
    fx_get(&f, executor); /* the login stage */
    assert_int_equal(f.resp.status, 200);
    AUTO(xfree)
    char *exact =
        xasprintf("{\"component\":\"%s\",\"to\":\"%s\"}", fx_literal("flow.redirect"), next);
    assert_string_equal(f.resp.body, exact);
    assert_string_not_equal(params_get(&f.cookies, "authentik_session"), before);
    assert_non_null(params_get(&f.cookies, "authentik_csrf"));
    assert_true(fx_logged(&f, "login username=alice"));
    fx_stop(&f);
}

static void test_login__old_session_key_is_void(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    AUTO(xfree) char *before = xstrdup(params_get(&f.cookies, "authentik_session"));
    fx_sign_in(&f, login, "alice", "alice-password");
    AUTO(xfree) char *path = fx_authorize_path("openid", "&prompt=none");
    fx_get(&f, path);
    assert_true(cstr_contains(fx_header(&f, "Location"), "?code="));
    params_set(&f.cookies, "authentik_session", before);
    fx_get(&f, path);
    assert_true(cstr_contains(fx_header(&f, "Location"), fx_literal("authorize.login-required")));
    fx_stop(&f);
}

static void test_login__other_encoding_is_wrapped(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    /* a blank as %20 is not how Django writes it: the redirect is no longer to the same URL */
    fx_post_json(&f, EXECUTOR "?query=next%3D%2520x",
                 "{\"component\":\"ak-stage-identification\",\"uid_field\":\"alice\"}");
    assert_int_equal(f.resp.status, 302);
    fx_post_json(&f, EXECUTOR "?query=a%20b", "{\"password\":\"alice-password\"}");
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    assert_string_equal(fx_text(&f, "to"), EXECUTOR "?query=a+b");
    fx_stop(&f);
}

static void test_login__by_email_and_untrimmed_password(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    fx_sign_in(&f, login, " Alice@Company.example ", "alice-password");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    params_deinit(&f.cookies);
    f.cookies = (struct params){0};
    fx_sign_in(&f, login, "bob", "bob");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.password"));
    AUTO(xfree) char *executor = fx_executor(login);
    fx_reply(&f, executor, "{\"component\":\"ak-stage-password\",\"password\":\" bob \"}");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    fx_stop(&f);
}

static void test_login__wrong_password(void **state)
{
    (void)state;
    static const char wrong[] = "{\"component\":\"ak-stage-password\",\"password\":\"wrong\"}";
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    AUTO(xfree) char *executor = fx_executor(login);
    fx_sign_in(&f, login, "alice", "wrong");
    for (int i = 1; i < 5; i++) {
        assert_string_equal(fx_text(&f, "component"), fx_literal("flow.password"));
        assert_true(fx_has(&f, fx_literal("flow.wrong-password")));
        fx_reply(&f, executor, wrong);
    }
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.denied"));
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.denied-password"));
    assert_true(fx_logged(&f, "login_failed username=alice"));
    fx_sign_in(&f, login, "alice", "alice-password");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    fx_stop(&f);
}

static void test_login__unknown_person_fails_at_password(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    fx_sign_in(&f, login, "mallory", "alice-password");
    assert_true(fx_has(&f, fx_literal("flow.wrong-password")));
    fx_stop(&f);
}

static void test_login__inactive_person_is_denied(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    fx_sign_in(&f, login, "gone", "gone-password");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.denied"));
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.inactive"));
    fx_stop(&f);
}

static void test_login__password_in_identification(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.password_in_identification = true;
    AUTO(xfree) char *login = start(&f, NULL);
    AUTO(xfree) char *executor = fx_executor(login);
    fx_get(&f, executor);
    assert_true(js_get_bool(f.json, "password_fields", false));
    fx_reply(&f, executor, "{\"uid_field\":\"alice\",\"password\":\"wrong\"}");
    assert_true(fx_has(&f, fx_literal("flow.failed")));
    assert_true(fx_has(&f, "non_field_errors"));
    fx_reply(&f, executor, "{\"uid_field\":\" \",\"password\":\"x\"}");
    assert_true(fx_has(&f, fx_literal("flow.no-identification")));
    fx_reply(&f, executor, "{\"uid_field\":\"alice\",\"password\":\"alice-password\"}");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    fx_stop(&f);
}

static void test_login__next_must_be_local(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_sign_in(&f, FX_LOGIN_FLOW "?next=https%3A%2F%2Fevil.example%2F", "alice", "alice-password");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.denied"));
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.invalid-next"));
    fx_sign_in(&f, FX_LOGIN_FLOW "?next=%2F%2Fevil.example", "alice", "alice-password");
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.invalid-next"));
    fx_sign_in(&f, FX_LOGIN_FLOW "?next=%2Fx", "alice", "alice-password");
    assert_string_equal(fx_text(&f, "to"), "/x");
    fx_stop(&f);
}

static void test_executor__refusals(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, "/api/v3/flows/executor/no-such-flow/?query=");
    assert_int_equal(f.resp.status, 404);
    assert_true(fx_has(&f, fx_literal("error.not-found")));
    fx_get(&f, "/api/v3/flows/executor/default-provider-authorization-explicit-consent/?query=");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.denied"));
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.not-applicable"));
    fx_post_json(&f, EXECUTOR "?query=", "{broken");
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.error"));
    assert_string_equal(fx_text(&f, "request_id"), fx_header(&f, "X-authentik-id"));
    fx_ask(&f, "POST", EXECUTOR "?query=", "application/x-www-form-urlencoded", "uid_field=a");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.error"));
    fx_stop(&f);
}

static char *consent_executor(struct fx *f)
{
    AUTO(xfree) char *login = start(f, "&prompt=consent");
    fx_sign_in(f, login, "alice", "alice-password");
    AUTO(xfree) char *to = xstrdup(fx_text(f, "to"));
    fx_get(f, to);
    assert_true(cstr_starts(fx_header(f, "Location"), fx_literal("authorize.implicit-location")));
    return fx_executor(fx_header(f, "Location"));
}

static void test_consent__asked_when_prompted(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *executor = consent_executor(&f);
    fx_get(&f, executor);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.consent"));
    assert_string_equal(fx_text(&f, "header_text"), fx_literal("flow.consent-header"));
    assert_int_equal(js_len(js_get(f.json, "permissions")), 3);
    AUTO(xfree) char *body = xasprintf("{\"token\":\"%s\"}", fx_text(&f, "token"));
    fx_reply(&f, executor, body);
    assert_true(cstr_starts(fx_text(&f, "to"), FX_CALLBACK "?code="));
    fx_stop(&f);
}

static void test_consent__wrong_or_old_token(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *executor = consent_executor(&f);
    fx_get(&f, executor);
    AUTO(xfree) char *old = xasprintf("{\"token\":\"%s\"}", fx_text(&f, "token"));
    fx_get(&f, executor);
    AUTO(xfree) char *good = xstrdup(fx_text(&f, "token"));
    assert_false(cstr_contains(old, good));
    fx_reply(&f, executor, old);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.consent"));
    assert_non_null(js_path(f.json, "response_errors", "token", NULL));
    fx_reply(&f, executor, "{}");
    assert_non_null(js_path(f.json, "response_errors", "token", NULL));
    AUTO(xfree) char *body = xasprintf("{\"token\":\"%s\"}", fx_text(&f, "token"));
    fx_reply(&f, executor, body);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    fx_stop(&f);
}

static void test_consent__needs_csrf(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *executor = consent_executor(&f);
    fx_get(&f, executor);
    AUTO(xfree) char *body = xasprintf("{\"token\":\"%s\"}", fx_text(&f, "token"));
    fx_post_json(&f, executor, body);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.error"));
    params_add(&f.send, "X-authentik-CSRF", "wrong");
    fx_post_json(&f, executor, body);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.error"));
    params_add(&f.send, "Origin", "https://evil.example");
    fx_reply(&f, executor, body);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.error"));
    fx_reply(&f, executor, body);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    fx_stop(&f);
}

static void test_consent__explicit_is_remembered(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.authorization_flow = "explicit";
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email", NULL);
    assert_int_equal(strlen(code), 32);
    AUTO(xfree) char *same = fx_authorize_path("email openid", NULL);
    AUTO(xfree) char *more = fx_authorize_path("openid email profile", NULL);
    fx_get(&f, same);
    assert_true(cstr_starts(fx_header(&f, "Location"), fx_literal("authorize.explicit-location")));
    AUTO(xfree) char *e1 = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, e1);
    assert_int_equal(f.resp.status, 302); /* passed; the next stage sends the code */
    fx_get(&f, e1);
    assert_true(cstr_starts(fx_text(&f, "to"), FX_CALLBACK "?code="));
    fx_get(&f, more);
    AUTO(xfree) char *e2 = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, e2);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.consent"));
    clock_advance_ms(f.clock, INT64_C(29) * 24 * 3600 * 1000);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ the page */

/* Fills in the form of the page on the table and sends it. */
static void submit(struct fx *f, const char *path, const char *name, const char *value)
{
    AUTO(html_form_deinit) struct html_form form = {0};
    assert_true(html_form(f->resp.body, 0, &form));
    assert_string_equal(form.method, "post");
    if (name != NULL)
        params_set(&form.fields, name, value);
    fx_post_form(f, path, &form.fields);
}

static void test_page__signs_in_without_script(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, "&prompt=consent");
    fx_get(&f, login);
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_has(&f, fx_literal("flow.title")));
    assert_false(fx_has(&f, "src="));
    assert_false(fx_has(&f, "url("));
    submit(&f, login, "uid_field", "alice");
    assert_int_equal(f.resp.status, 302);
    assert_string_equal(fx_header(&f, "Location"), login);
    fx_get(&f, login);
    submit(&f, login, "password", "wrong");
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_has(&f, fx_literal("flow.denied-password")));
    submit(&f, login, "password", "alice-password");
    assert_int_equal(f.resp.status, 302);
    AUTO(xfree) char *next = xstrdup(fx_header(&f, "Location"));
    assert_true(cstr_starts(next, "/application/o/authorize/?"));
    fx_get(&f, next);
    AUTO(xfree) char *consent = xstrdup(fx_header(&f, "Location"));
    fx_get(&f, consent);
    AUTO(xfree) char *visible = html_visible_text(f.resp.body);
    assert_true(cstr_contains(visible, fx_literal("flow.consent-header")));
    submit(&f, consent, NULL, NULL);
    assert_int_equal(f.resp.status, 302);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK "?code="));
    fx_stop(&f);
}

/* Cancelled by a stage behind the one that was answered: shown, not begun anew. */
static void test_page__shows_why_it_was_denied(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_mfa = "deny";
    AUTO(xfree) char *login = start(&f, NULL);
    fx_get(&f, login);
    submit(&f, login, "uid_field", "alice");
    fx_get(&f, login);
    submit(&f, login, "password", "alice-password");
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_has(&f, fx_literal("flow.no-device")));
    fx_stop(&f);
}

static void test_page__second_factor_and_remember_me(void **state)
{
    (void)state;
    static const char *const codes[] = {"k7m2q9xw", NULL};
    struct fx f;
    fx_init(&f);
    f.people[0].static_codes = codes;
    f.setup.authentik.flow_remember_me_s = 3600;
    AUTO(xfree) char *login = start(&f, NULL);
    fx_get(&f, login);
    submit(&f, login, "uid_field", "alice");
    fx_get(&f, login);
    submit(&f, login, "password", "alice-password");
    fx_get(&f, login);
    submit(&f, login, "code", "wrong");
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_has(&f, "role=\"alert\""));
    assert_true(fx_has(&f, "aria-invalid=\"true\""));
    clock_advance_ms(f.clock, 1000);
    submit(&f, login, "code", "k7m2q9xw");
    assert_int_equal(f.resp.status, 302);
    fx_get(&f, login);
    submit(&f, login, "remember_me", "false");
    assert_int_equal(f.resp.status, 302);
    assert_true(cstr_starts(fx_header(&f, "Location"), "/application/o/authorize/?"));
    fx_stop(&f);
}

static void test_page__needs_its_own_form(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    fx_get(&f, login);
    fx_ask(&f, "POST", login, "application/x-www-form-urlencoded", "uid_field=alice");
    assert_int_equal(f.resp.status, 403);
    fx_get(&f, login);
    params_add(&f.send, "Origin", "https://evil.example");
    submit(&f, login, "uid_field", "alice");
    assert_int_equal(f.resp.status, 403);
    fx_get(&f, "/if/flow/no-such-flow/");
    assert_int_equal(f.resp.status, 404);
    fx_stop(&f);
}

static void test_page__escapes_what_was_typed(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    AUTO(xfree) char *login = start(&f, NULL);
    fx_get(&f, login);
    submit(&f, login, "uid_field", "<b onclick=\"x\">");
    fx_get(&f, login);
    assert_false(fx_has(&f, "<b onclick"));
    assert_true(fx_has(&f, "&lt;b onclick"));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ logout */

static void test_logout__ends_the_session(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(xfree) char *token = xstrdup(fx_text(&f, "access_token"));
    fx_get(&f, "/application/o/argocd/end-session/?x=1");
    AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
    assert_string_equal(to, "/if/flow/default-invalidation-flow/?x=1");
    fx_get(&f, "/application/o/argocd/end-session/"); /* a plan is pending already */
    assert_string_equal(f.resp.body, fx_literal("logout.pending"));
    AUTO(xfree) char *executor = fx_executor(to);
    fx_get(&f, executor);
    assert_int_equal(f.resp.status, 302);
    fx_get(&f, executor);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.session-end"));
    params_addf(&f.send, "Authorization", "Bearer %s", token);
    fx_get(&f, "/application/o/userinfo/");
    assert_int_equal(f.resp.status, 401);
    AUTO(xfree) char *path = fx_authorize_path("openid", "&prompt=none");
    fx_get(&f, path);
    assert_true(cstr_contains(fx_header(&f, "Location"), fx_literal("authorize.login-required")));
    fx_stop(&f);
}

static void test_logout__anonymous_logs_in_first(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, "/application/o/argocd/end-session/");
    assert_true(cstr_starts(fx_header(&f, "Location"), fx_literal("authorize.login-location")));
    params_deinit(&f.cookies); /* with a plan pending it answers before it looks */
    f.cookies = (struct params){0};
    fx_get(&f, "/application/o/other/end-session/");
    assert_int_equal(f.resp.status, 404);
    fx_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login__steps_one_by_one),
        cmocka_unit_test(test_login__old_session_key_is_void),
        cmocka_unit_test(test_login__other_encoding_is_wrapped),
        cmocka_unit_test(test_login__by_email_and_untrimmed_password),
        cmocka_unit_test(test_login__wrong_password),
        cmocka_unit_test(test_login__unknown_person_fails_at_password),
        cmocka_unit_test(test_login__inactive_person_is_denied),
        cmocka_unit_test(test_login__password_in_identification),
        cmocka_unit_test(test_login__next_must_be_local),
        cmocka_unit_test(test_executor__refusals),
        cmocka_unit_test(test_consent__asked_when_prompted),
        cmocka_unit_test(test_consent__wrong_or_old_token),
        cmocka_unit_test(test_consent__needs_csrf),
        cmocka_unit_test(test_consent__explicit_is_remembered),
        cmocka_unit_test(test_page__signs_in_without_script),
        cmocka_unit_test(test_page__shows_why_it_was_denied),
        cmocka_unit_test(test_page__second_factor_and_remember_me),
        cmocka_unit_test(test_page__needs_its_own_form),
        cmocka_unit_test(test_page__escapes_what_was_typed),
        cmocka_unit_test(test_logout__ends_the_session),
        cmocka_unit_test(test_logout__anonymous_logs_in_first),
    };
    return TEST_MAIN(tests);
}
