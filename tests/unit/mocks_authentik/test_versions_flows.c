/*
 * The rows of the version table that change the login flow.
 */
#include "tests/unit/mocks_authentik/rows.h"

#include "harness/base/str.h"

#define PAGE FX_LOGIN_FLOW "?next=%2Fx"
#define WRONG "{\"component\":\"ak-stage-password\",\"password\":\"wrong\"}"

/* Starts a flow as somebody; leaves the second challenge. Caller frees the executor's URL. */
static char *identify(struct fx *f, const char *who)
{
    char *executor = fx_executor(PAGE);
    AUTO(xfree) char *body = xasprintf("{\"uid_field\":\"%s\"}", who);
    fx_get(f, executor);
    fx_reply(f, executor, body);
    return executor;
}

static char *errors(struct fx *f)
{
    const struct js *e = js_get(f->json, "response_errors");
    return e != NULL ? js_compact(e) : xstrdup("none");
}

static char *look_pretend(struct fx *f)
{
    AUTO(xfree) char *executor = identify(f, "mallory");
    AUTO(xfree) char *seen = errors(f);
    return xasprintf("%s %s", fx_text(f, "component"), seen);
}

static char *look_type(struct fx *f)
{
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_get(f, executor);
    AUTO(xfree) char *first = xstrdup(fx_text(f, "type"));
    fx_sign_in(f, PAGE, "alice", "alice-password");
    assert_string_equal(fx_text(f, "component"), fx_literal("flow.redirect"));
    if (cstr_eq(first, fx_literal("flow.type-native")) &&
        cstr_eq(fx_text(f, "type"), fx_literal("flow.type-redirect")))
        return xstrdup("as named");
    return xasprintf("%s %s", first, fx_text(f, "type"));
}

static char *look_denied_text(struct fx *f)
{
    AUTO(xfree) char *executor = identify(f, "alice");
    for (int i = 0; i < 5; i++)
        fx_reply(f, executor, WRONG);
    assert_string_equal(fx_text(f, "component"), fx_literal("flow.denied"));
    return xstrdup(fx_text(f, "error_message"));
}

static char *look_background(struct fx *f)
{
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_get(f, executor);
    const struct js *info = js_get(f->json, "flow_info");
    assert_non_null(info);
    return xstrdup(js_get(info, "background_themed_urls") != NULL ? "there" : "absent");
}

/* Four wrong passwords, the flow anew in the same session, and a fifth. */
static char *look_counter(struct fx *f)
{
    AUTO(xfree) char *executor = identify(f, "alice");
    for (int i = 0; i < 4; i++)
        fx_reply(f, executor, WRONG);
    assert_string_equal(fx_text(f, "component"), fx_literal("flow.password"));
    fx_get(f, "/flows/-/cancel/?next=%2Fx");
    AUTO(xfree) char *again = identify(f, "alice");
    fx_reply(f, again, WRONG);
    return xstrdup(fx_text(f, "component"));
}

static char *look_empty_uid(struct fx *f)
{
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_reply(f, executor, "{\"uid_field\":\" \"}");
    return errors(f);
}

static char *look_hint(struct fx *f)
{
    AUTO(xfree) char *executor = fx_executor(FX_LOGIN_FLOW "?next=%2Fx&login_hint=alice");
    fx_get(f, executor);
    if (f->resp.status == 302)
        fx_get(f, executor);
    return xasprintf("%s %s", fx_text(f, "component"), fx_text(f, "pending_user"));
}

static void with_password_field(struct fx *f)
{
    f->setup.authentik.password_in_identification = true;
}

/* With a password field the stage is not passed, only filled in. */
static char *look_filled_in(struct fx *f)
{
    AUTO(xfree) char *executor = fx_executor(FX_LOGIN_FLOW "?login_hint=alice");
    fx_get(f, executor);
    return xasprintf("%s %s", fx_text(f, "component"), fx_text(f, "pending_user_identifier"));
}

static const struct row_case cases[] = {
    {"pretend-user", NULL, look_pretend, "ak-stage-password none",
     "ak-stage-identification {\"non_field_errors\":[{\"string\":\"Failed to authenticate.\","
     "\"code\":\"invalid\"}]}"},
    {"challenge-type", NULL, look_type, "as named", " "},
    {"denied-text", NULL, look_denied_text, "Invalid password", "Unknown error"},
    {"themed-background", NULL, look_background, "there", "absent"},
    {"failures-by-person", NULL, look_counter, "ak-stage-password", "ak-stage-access-denied"},
    {"empty-uid-text", NULL, look_empty_uid,
     "{\"non_field_errors\":[{\"string\":\"No identification data provided.\",\"code\":"
     "\"invalid\"}]}",
     "{\"uid_field\":[{\"string\":\"This field may not be blank.\",\"code\":\"blank\"}]}"},
    {"login-hint", NULL, look_hint, "ak-stage-password alice", "ak-stage-identification "},
    {"login-hint", with_password_field, look_filled_in, "ak-stage-identification alice",
     "ak-stage-identification "},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(cases); i++)
        rows_check(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return TEST_MAIN(tests);
}
