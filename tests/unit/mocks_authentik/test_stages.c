/*
 * The stages of the login flow one by one (authentik.md 4.3 to 4.6): members of their challenges,
 * what they refuse and in which words, second factors, remember me, consent, attempts.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/crypto/totp.h"
#include "harness/jose/jws.h"
#include "harness/jose/jwt.h"

#define PAGE FX_LOGIN_FLOW "?next=%2Fx"
#define SECRET "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
#define WRONG "{\"component\":\"ak-stage-password\",\"password\":\"wrong\"}"

static const char *const codes[] = {"k7m2q9xw", "r4t8n3vb", NULL};

static void with_totp(struct fx *f)
{
    fx_init(f);
    f->people[0].totp = SECRET;
}

static void assert_component(const struct fx *f, const char *literal)
{
    assert_string_equal(fx_text(f, "component"), fx_literal(literal));
}

static void assert_errors(const struct fx *f, const char *literal)
{
    const struct js *errors = js_get(f->json, "response_errors");
    assert_non_null(errors);
    AUTO(xfree) char *text = js_compact(errors);
    assert_string_equal(text, fx_literal(literal));
}

/* The names of an object's members in their order. */
static void assert_members(const struct js *object, const char *literal)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (struct js_iter it = js_iter(object); js_next(&it);)
        buf_addf(&b, "%s%s", b.len > 0 ? " " : "", it.key);
    assert_string_equal(b.ptr, fx_literal(literal));
}

static void new_browser(struct fx *f)
{
    params_deinit(&f->cookies);
    f->cookies = (struct params){0};
}

static void give_code(struct fx *f, const char *code)
{
    AUTO(xfree) char *executor = fx_executor(PAGE);
    AUTO(xfree) char *body = xasprintf("{\"code\":\"%s\"}", code);
    fx_reply(f, executor, body);
}

/* The code of some steps from now; caller frees. */
static char *code_in(const struct fx *f, int steps)
{
    return totp_code(SECRET, clock_now_s(f->clock) + steps * TOTP_STEP_S);
}

static void sign_in_with(struct fx *f, const char *code)
{
    new_browser(f);
    fx_sign_in(f, PAGE, "alice", "alice-password");
    assert_component(f, "flow.validate");
    give_code(f, code);
}

/* ------------------------------------------------------------------ members */

static void test_challenges__members(void **state)
{
    (void)state;
    struct fx f;
    with_totp(&f);
    f.setup.authentik.authorization_flow = "explicit";
    f.people[0].static_codes = codes;
    fx_start(&f);
    AUTO(xfree) char *path = fx_authorize_path("openid email", NULL);
    fx_get(&f, path);
    AUTO(xfree) char *login = xstrdup(fx_header(&f, "Location"));
    AUTO(xfree) char *executor = fx_executor(login);
    fx_get(&f, executor);
    assert_members(f.json, "flow.identification-members");
    assert_members(js_get(f.json, "flow_info"), "flow.info-members");
    fx_reply(&f, executor, "{\"uid_field\":\"alice\"}");
    assert_members(f.json, "flow.password-members");
    fx_reply(&f, executor, "{\"password\":\"alice-password\"}");
    assert_members(f.json, "flow.validate-members");
    AUTO(xfree) char *devices = js_compact(js_get(f.json, "device_challenges"));
    assert_string_equal(devices, fx_literal("flow.devices"));
    fx_reply(&f, executor, "{\"code\":\"k7m2q9xw\"}");
    AUTO(xfree) char *to = xstrdup(fx_text(&f, "to"));
    fx_get(&f, to);
    AUTO(xfree) char *consent = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, consent);
    assert_members(f.json, "flow.consent-members");
    new_browser(&f);
    fx_get(&f, consent);
    assert_members(f.json, "flow.denied-members");
    fx_stop(&f);
}

/* Three of them to the letter. */
static void test_challenges__whole(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_remember_me_s = 3600;
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_get(&f, executor);
    assert_string_equal(f.resp.body, fx_literal("flow.identification-body"));
    assert_string_equal(fx_header(&f, "Content-Type"), "application/json");
    fx_reply(&f, executor, "{\"uid_field\":\"alice\"}");
    assert_string_equal(f.resp.body, fx_literal("flow.password-body"));
    fx_reply(&f, executor, "{\"password\":\"alice-password\"}");
    assert_string_equal(f.resp.body, fx_literal("flow.user-login-body"));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ replies */

struct reply_row {
    const char *name;
    const char *reply;
    const char *field;
    const char *literal; /* the string */
    const char *code;
};

/* At the password stage unless the name begins with "identification". */
static const struct reply_row replies[] = {
    {"password absent", "{}", "password", "flow.required", "required"},
    {"password empty", "{\"password\":\"\"}", "password", "flow.blank", "blank"},
    {"password null", "{\"password\":null}", "password", "flow.null", "null"},
    {"password a list", "{\"password\":[]}", "password", "flow.no-text", "invalid"},
    {"password wrong", "{\"password\":\"x\"}", "password", "flow.denied-password", "invalid"},
    {"reply a list", "[]", "non_field_errors", "flow.no-object", "invalid"},
    {"identification absent", "{}", "non_field_errors", "flow.no-identification", "invalid"},
    {"identification null", "{\"uid_field\":null}", "non_field_errors", "flow.no-identification",
     "invalid"},
    {"identification a list", "{\"uid_field\":[]}", "uid_field", "flow.no-text", "invalid"},
};

static void check_reply(const struct reply_row *row)
{
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_get(&f, executor);
    if (!cstr_starts(row->name, "identification"))
        fx_reply(&f, executor, "{\"uid_field\":\"alice\"}");
    AUTO(xfree) char *component = xstrdup(fx_text(&f, "component"));
    fx_reply(&f, executor, row->reply);
    const struct js *errors = js_get(js_get(f.json, "response_errors"), row->field);
    if (js_len(errors) != 1)
        fail_msg("%s: %s", row->name, f.resp.body);
    assert_string_equal(fx_text(&f, "component"), component);
    assert_string_equal(js_get_text(js_at(errors, 0), "string"), fx_literal(row->literal));
    assert_string_equal(js_get_text(js_at(errors, 0), "code"), row->code);
    fx_stop(&f);
}

static void test_replies__refused_in_the_same_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(replies); i++)
        check_reply(&replies[i]);
}

/* ------------------------------------------------------------------ second factors */

static void test_totp__in_its_step_and_the_ones_around(void **state)
{
    (void)state;
    for (int steps = -2; steps <= 2; steps++) {
        struct fx f;
        with_totp(&f);
        fx_start(&f);
        AUTO(xfree) char *code = code_in(&f, steps);
        sign_in_with(&f, code);
        bool good = steps >= -1 && steps <= 1;
        assert_component(&f, good ? "flow.redirect" : "flow.validate");
        if (!good)
            assert_errors(&f, "flow.wrong-code");
        fx_stop(&f);
    }
}

static void test_totp__each_step_once_and_none_before(void **state)
{
    (void)state;
    struct fx f;
    with_totp(&f);
    fx_start(&f);
    AUTO(xfree) char *before = code_in(&f, -1);
    AUTO(xfree) char *now = code_in(&f, 0);
    AUTO(xfree) char *next = code_in(&f, 1);
    sign_in_with(&f, now);
    assert_component(&f, "flow.redirect");
    sign_in_with(&f, now);
    assert_errors(&f, "flow.wrong-code");
    clock_advance_ms(f.clock, 5000);
    sign_in_with(&f, before);
    assert_errors(&f, "flow.wrong-code");
    clock_advance_ms(f.clock, 5000);
    sign_in_with(&f, next);
    assert_component(&f, "flow.redirect");
    fx_stop(&f);
}

static void test_totp__a_wrong_code_holds_up(void **state)
{
    (void)state;
    struct fx f;
    with_totp(&f);
    fx_start(&f);
    AUTO(xfree) char *code = code_in(&f, 0);
    sign_in_with(&f, "000000");
    assert_errors(&f, "flow.wrong-code");
    give_code(&f, code);
    assert_errors(&f, "flow.wrong-code"); /* within the second */
    clock_advance_ms(f.clock, 1000);
    give_code(&f, code);
    assert_component(&f, "flow.redirect");
    fx_stop(&f);
}

static void test_codes__absent_blank_or_no_text(void **state)
{
    (void)state;
    struct fx f;
    with_totp(&f);
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_sign_in(&f, PAGE, "alice", "alice-password");
    fx_reply(&f, executor, "{\"component\":\"ak-stage-authenticator-validate\"}");
    assert_errors(&f, "flow.empty-code");
    fx_reply(&f, executor, "{\"code\":\" \"}");
    assert_true(fx_has(&f, fx_literal("flow.blank")));
    fx_reply(&f, executor, "{\"code\":{}}");
    assert_true(fx_has(&f, fx_literal("flow.no-text")));
    AUTO(xfree) char *code = code_in(&f, 0);
    give_code(&f, code); /* none of these was a try */
    assert_component(&f, "flow.redirect");
    fx_stop(&f);
}

static void test_static__each_code_once(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.people[0].static_codes = codes;
    fx_start(&f);
    sign_in_with(&f, codes[1]);
    assert_component(&f, "flow.redirect");
    sign_in_with(&f, codes[1]);
    assert_errors(&f, "flow.wrong-code");
    assert_string_equal(js_get_text(js_at(js_get(f.json, "device_challenges"), 0), "last_used"),
                        "2026-01-01T00:00:00Z");
    clock_advance_ms(f.clock, 1000);
    sign_in_with(&f, codes[0]);
    assert_component(&f, "flow.redirect");
    sign_in_with(&f, codes[0]); /* all used up: the device is still asked */
    assert_errors(&f, "flow.wrong-code");
    fx_stop(&f);
}

static void test_mfa__password_alone_signs_nobody_in(void **state)
{
    (void)state;
    struct fx f;
    with_totp(&f);
    fx_start(&f);
    fx_sign_in(&f, PAGE, "alice", "alice-password");
    assert_component(&f, "flow.validate");
    AUTO(xfree) char *path = fx_authorize_path("openid", "&prompt=none");
    fx_get(&f, path);
    assert_true(cstr_contains(fx_header(&f, "Location"), fx_literal("authorize.login-required")));
    new_browser(&f);
    fx_sign_in(&f, PAGE, "bob", " bob "); /* has no device: skipped */
    assert_component(&f, "flow.redirect");
    fx_stop(&f);
}

static void test_mfa__denied_without_device(void **state)
{
    (void)state;
    struct fx f;
    with_totp(&f);
    f.setup.authentik.flow_mfa = "deny";
    fx_start(&f);
    fx_sign_in(&f, PAGE, "bob", " bob ");
    assert_component(&f, "flow.denied");
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.no-device"));
    AUTO(xfree) char *code = code_in(&f, 0);
    sign_in_with(&f, code);
    assert_component(&f, "flow.redirect");
    fx_stop(&f);
}

/* The secret out of the challenge; caller frees. */
static char *offered_secret(const struct fx *f)
{
    const char *url = fx_text(f, "config_url");
    assert_true(cstr_starts(url, fx_literal("flow.config-url")));
    const char *at = url + strlen(fx_literal("flow.config-url"));
    size_t n = strcspn(at, "&");
    assert_int_equal(n, 32);
    assert_string_equal(at + n, fx_literal("flow.config-url-end"));
    return xstrndup(at, n);
}

static bool named_secret(const struct fx *f, const char *value)
{
    for (size_t i = 0; i < trace_secrets(f->trace); i++)
        if (strcmp(trace_secret_at(f->trace, i, NULL), value) == 0)
            return true;
    return false;
}

/* What has the shape of an app's code, right or wrong, and no word that somebody types there. */
static void test_mfa__codes_are_named_as_secrets(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_mfa = "configure";
    fx_start(&f);
    fx_sign_in(&f, PAGE, "alice", "alice-password");
    AUTO(xfree) char *secret = offered_secret(&f);
    give_code(&f, "authentik");
    give_code(&f, "912093");
    assert_true(named_secret(&f, secret));
    assert_true(named_secret(&f, "912093"));
    AUTO(xfree) char *code = totp_code(secret, clock_now_s(f.clock));
    give_code(&f, code);
    assert_component(&f, "flow.redirect");
    assert_true(named_secret(&f, code));
    sign_in_with(&f, "authentik"); /* asked for the device that it has now */
    give_code(&f, "912094");
    assert_true(named_secret(&f, "912094"));
    assert_false(named_secret(&f, "authentik"));
    fx_stop(&f);
}

static void test_mfa__set_up_in_the_flow(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_mfa = "configure";
    fx_start(&f);
    fx_sign_in(&f, PAGE, "alice", "alice-password");
    assert_component(&f, "flow.totp-setup");
    AUTO(xfree) char *secret = offered_secret(&f);
    give_code(&f, "000000");
    assert_errors(&f, "flow.setup-mismatch");
    AUTO(xfree) char *same = offered_secret(&f);
    assert_string_equal(same, secret);
    AUTO(xfree) char *code = totp_code(secret, clock_now_s(f.clock));
    give_code(&f, code);
    assert_component(&f, "flow.redirect");
    clock_advance_ms(f.clock, TOTP_STEP_S * 1000);
    AUTO(xfree) char *later = totp_code(secret, clock_now_s(f.clock));
    sign_in_with(&f, later); /* asked for the device that it has now */
    assert_component(&f, "flow.redirect");
    fx_stop(&f);
}

static void test_mfa__inactive_person_is_not_asked(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.people[2].totp = SECRET;
    fx_start(&f);
    fx_sign_in(&f, PAGE, "gone", "gone-password");
    assert_component(&f, "flow.denied");
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.inactive"));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ remember me, cookies */

/* The attributes of a cookie that the last answer sets; "" if it sets none of that name. */
static const char *attributes(const struct fx *f, const char *name)
{
    AUTO(xfree) char *begin = xasprintf("%s=", name);
    for (size_t i = 0; i < f->resp.headers.len; i++)
        if (cstr_starts(f->resp.headers.items[i].value, begin))
            return strchr(f->resp.headers.items[i].value, ';') + 2;
    return "";
}

static const char *session_cookie(const struct fx *f)
{
    return attributes(f, "authentik_session");
}

/* The claims of the session cookie, its signature's algorithm looked at. Caller frees. */
static struct js *session_claims(const struct fx *f)
{
    const char *value = params_get(&f->cookies, "authentik_session");
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(value, &j, NULL), JWS_OK);
    assert_int_equal(j.alg, JWS_HS256);
    struct js *claims = jwt_claims_unverified(value);
    assert_non_null(claims);
    return claims;
}

static void test_cookies__session_and_csrf(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_get(&f, executor);
    assert_string_equal(session_cookie(&f), fx_literal("cookie.session"));
    AUTO(js_free) struct js *before = session_claims(&f);
    assert_members(before, "cookie.session-claims");
    assert_string_equal(js_get_text(before, "sub"), "anonymous");
    assert_false(js_get_bool(before, "authenticated", true));
    fx_sign_in(&f, PAGE, "alice", "alice-password");
    assert_string_equal(attributes(&f, "authentik_csrf"), fx_literal("cookie.csrf"));
    AUTO(xfree) char *csrf = xstrdup(params_get(&f.cookies, "authentik_csrf"));
    AUTO(js_free) struct js *after = session_claims(&f);
    assert_true(js_get_bool(after, "authenticated", false));
    assert_string_not_equal(js_get_text(after, "sid"), js_get_text(before, "sid"));
    fx_sign_in(&f, PAGE, "alice", "alice-password"); /* a login rotates both again */
    assert_string_not_equal(params_get(&f.cookies, "authentik_csrf"), csrf);
    fx_stop(&f);
}

static void sign_in_and_say(struct fx *f, const char *remember)
{
    AUTO(xfree) char *executor = fx_executor(PAGE);
    AUTO(xfree) char *body = xasprintf("{\"remember_me\":%s}", remember);
    new_browser(f);
    fx_sign_in(f, PAGE, "alice", "alice-password");
    assert_component(f, "flow.user-login");
    fx_reply(f, executor, body);
}

static bool is_signed_in(struct fx *f)
{
    AUTO(xfree) char *path = fx_authorize_path("openid", "&prompt=none");
    fx_get(f, path);
    return cstr_contains(fx_header(f, "Location"), "?code=");
}

static void test_remember__cookie_and_session_live_longer(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_remember_me_s = INT64_C(30) * 24 * 3600;
    fx_start(&f);
    sign_in_and_say(&f, "true");
    assert_component(&f, "flow.redirect");
    assert_string_equal(session_cookie(&f), fx_literal("cookie.session-remembered"));
    clock_advance_ms(f.clock, INT64_C(29) * 24 * 3600 * 1000);
    assert_true(is_signed_in(&f));
    clock_advance_ms(f.clock, INT64_C(1) * 24 * 3600 * 1000);
    assert_false(is_signed_in(&f));
    fx_stop(&f);
}

static void test_remember__no_is_the_browser_session(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_remember_me_s = INT64_C(30) * 24 * 3600;
    fx_start(&f);
    sign_in_and_say(&f, "false");
    assert_component(&f, "flow.redirect");
    assert_string_equal(session_cookie(&f), fx_literal("cookie.session"));
    clock_advance_ms(f.clock, INT64_C(15) * 24 * 3600 * 1000);
    assert_false(is_signed_in(&f));
    fx_stop(&f);
}

static void test_remember__must_be_said(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_remember_me_s = 3600;
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    sign_in_and_say(&f, "\"perhaps\"");
    assert_component(&f, "flow.user-login");
    assert_true(fx_has(&f, fx_literal("flow.no-boolean")));
    fx_reply(&f, executor, "{}");
    assert_true(fx_has(&f, fx_literal("flow.required")));
    assert_false(is_signed_in(&f));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ attempts */

static int tries_until_denied(struct fx *f, const char *who, int most)
{
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_sign_in(f, PAGE, who, "wrong");
    int tries = 1;
    for (; tries < most && cstr_eq(fx_text(f, "component"), "ak-stage-password"); tries++)
        fx_reply(f, executor, WRONG);
    return cstr_eq(fx_text(f, "component"), "ak-stage-access-denied") ? tries : 0;
}

static void test_attempts__as_many_as_the_setup_says(void **state)
{
    (void)state;
    static const char *const versions[] = {"2025.10", "2026.2", NULL};
    for (size_t i = 0; versions[i] != NULL; i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = versions[i];
        f.setup.authentik.flow_failed_attempts = 3;
        fx_start(&f);
        assert_int_equal(tries_until_denied(&f, "alice", 9), 3);
        new_browser(&f);
        assert_int_equal(tries_until_denied(&f, "mallory", 9), 3);
        fx_stop(&f);
    }
}

/* The score ends at -5: more attempts than that are never too many (by reputation). */
static void test_attempts__more_than_the_score_can_lose(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_failed_attempts = 6;
    fx_start(&f);
    assert_int_equal(tries_until_denied(&f, "alice", 9), 0);
    fx_stop(&f);
    fx_init(&f);
    f.setup.authentik.version = "2025.10";
    f.setup.authentik.flow_failed_attempts = 6;
    fx_start(&f);
    assert_int_equal(tries_until_denied(&f, "alice", 9), 6);
    fx_stop(&f);
}

/* Attempts of another browser count while the flow waits. */
static void test_attempts__of_another_browser(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_get(&f, executor);
    fx_reply(&f, executor, "{\"uid_field\":\"alice\"}");
    struct params mine = f.cookies;
    f.cookies = (struct params){0};
    assert_int_equal(tries_until_denied(&f, "alice", 4), 0);
    params_deinit(&f.cookies);
    f.cookies = mine;
    fx_reply(&f, executor, WRONG);
    assert_component(&f, "flow.denied");
    fx_stop(&f);
}

static void test_attempts__first_page_with_password_has_no_limit(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.password_in_identification = true;
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    for (int i = 0; i < 7; i++) {
        fx_reply(&f, executor, "{\"uid_field\":\"alice\",\"password\":\"wrong\"}");
        assert_component(&f, "flow.identification");
        assert_true(fx_has(&f, fx_literal("flow.failed")));
    }
    fx_reply(&f, executor, "{\"uid_field\":\"mallory\",\"password\":\"x\"}");
    assert_true(fx_has(&f, fx_literal("flow.failed")));
    fx_reply(&f, executor, "{\"uid_field\":\"alice\",\"password\":\"alice-password\"}");
    assert_component(&f, "flow.redirect");
    fx_stop(&f);
}

static void test_unknown__refused_at_once_when_told(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_pretend_user_exists = false;
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(PAGE);
    fx_get(&f, executor);
    fx_reply(&f, executor, "{\"uid_field\":\"mallory\"}");
    assert_component(&f, "flow.identification");
    assert_true(fx_has(&f, fx_literal("flow.failed")));
    fx_reply(&f, executor, "{\"uid_field\":\"alice\"}");
    assert_component(&f, "flow.password");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ hints, cancelling */

static void test_hint__unknown_and_somebody_else(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *executor = fx_executor(FX_LOGIN_FLOW "?next=%2Fx&login_hint=mallory");
    fx_get(&f, executor);
    assert_int_equal(f.resp.status, 302);
    fx_get(&f, executor);
    assert_component(&f, "flow.password");
    assert_string_equal(fx_text(&f, "pending_user"), "mallory");
    fx_get(&f, "/flows/-/cancel/?next=%2Fback");
    assert_string_equal(fx_header(&f, "Location"), "/back");
    fx_get(&f, executor); /* "Not you?": asked this time */
    assert_component(&f, "flow.identification");
    assert_null(js_get(f.json, "pending_user_identifier"));
    fx_stop(&f);
}

static void test_cancel__leads_nowhere_else(void **state)
{
    (void)state;
    static const char *const outside[] = {"",
                                          "?next=",
                                          "?next=https%3A%2F%2Fevil.example%2F",
                                          "?next=%2F%2Fevil.example",
                                          "?next=%2F%5Cevil.example",
                                          NULL};
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (size_t i = 0; outside[i] != NULL; i++) {
        AUTO(xfree) char *path = xasprintf("/flows/-/cancel/%s", outside[i]);
        fx_get(&f, path);
        assert_string_equal(fx_header(&f, "Location"), fx_literal("flow.cancel"));
    }
    fx_stop(&f);
}

/* ------------------------------------------------------------------ consent, shell */

static char *consent_of(struct fx *f, const char *scopes)
{
    AUTO(xfree) char *path = fx_authorize_path(scopes, NULL);
    fx_get(f, path);
    char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
    return executor;
}

static void test_consent__shows_what_is_new(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.authorization_flow = "explicit";
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email", NULL);
    assert_int_equal(strlen(code), 32);
    AUTO(xfree) char *executor = consent_of(&f, "openid email profile");
    assert_component(&f, "flow.consent");
    assert_int_equal(js_len(js_get(f.json, "permissions")), 2);
    const struct js *extra = js_get(f.json, "additional_permissions");
    assert_int_equal(js_len(extra), 1);
    assert_string_equal(js_get_text(js_at(extra, 0), "id"), "profile");
    fx_reply(&f, executor, "{\"token\":\"no\"}");
    assert_errors(&f, "flow.bad-consent-token");
    fx_stop(&f);
}

static void test_consent__forgotten_after_four_weeks(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.authorization_flow = "explicit";
    f.setup.authentik.flow_remember_me_s = 0;
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email", NULL);
    assert_int_equal(strlen(code), 32);
    clock_advance_ms(f.clock, INT64_C(27) * 24 * 3600 * 1000);
    fx_sign_in(&f, PAGE, "alice", "alice-password");
    AUTO(xfree) char *kept = consent_of(&f, "openid email");
    assert_int_equal(f.resp.status, 302); /* passed */
    clock_advance_ms(f.clock, INT64_C(1) * 24 * 3600 * 1000);
    AUTO(xfree) char *gone = consent_of(&f, "openid email");
    assert_component(&f, "flow.consent");
    fx_stop(&f);
}

/* An error towards a redirect URI without a scheme is a page in the flow. */
static void test_shell__error_that_cannot_be_redirected(void **state)
{
    (void)state;
    static const struct setup_redirect odd[] = {{false, "nowhere"}};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects = odd;
    f.setup.authentik.redirects_len = 1;
    fx_start(&f);
    fx_sign_in(&f, PAGE, "alice", "alice-password");
    fx_get(&f, "/application/o/authorize/?client_id=my_client_id&response_type=code&scope=openid&"
               "redirect_uri=nowhere&prompt=none+consent");
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    assert_component(&f, "flow.consent");
    AUTO(xfree) char *body = xasprintf("{\"token\":\"%s\"}", fx_text(&f, "token"));
    fx_reply(&f, executor, body);
    assert_component(&f, "flow.shell");
    assert_true(cstr_contains(fx_text(&f, "body"), "consent_required"));
    fx_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_challenges__members),
        cmocka_unit_test(test_challenges__whole),
        cmocka_unit_test(test_replies__refused_in_the_same_words),
        cmocka_unit_test(test_totp__in_its_step_and_the_ones_around),
        cmocka_unit_test(test_totp__each_step_once_and_none_before),
        cmocka_unit_test(test_totp__a_wrong_code_holds_up),
        cmocka_unit_test(test_codes__absent_blank_or_no_text),
        cmocka_unit_test(test_static__each_code_once),
        cmocka_unit_test(test_mfa__password_alone_signs_nobody_in),
        cmocka_unit_test(test_mfa__denied_without_device),
        cmocka_unit_test(test_mfa__codes_are_named_as_secrets),
        cmocka_unit_test(test_mfa__set_up_in_the_flow),
        cmocka_unit_test(test_mfa__inactive_person_is_not_asked),
        cmocka_unit_test(test_cookies__session_and_csrf),
        cmocka_unit_test(test_remember__cookie_and_session_live_longer),
        cmocka_unit_test(test_remember__no_is_the_browser_session),
        cmocka_unit_test(test_remember__must_be_said),
        cmocka_unit_test(test_attempts__as_many_as_the_setup_says),
        cmocka_unit_test(test_attempts__more_than_the_score_can_lose),
        cmocka_unit_test(test_attempts__of_another_browser),
        cmocka_unit_test(test_attempts__first_page_with_password_has_no_limit),
        cmocka_unit_test(test_unknown__refused_at_once_when_told),
        cmocka_unit_test(test_hint__unknown_and_somebody_else),
        cmocka_unit_test(test_cancel__leads_nowhere_else),
        cmocka_unit_test(test_consent__shows_what_is_new),
        cmocka_unit_test(test_consent__forgotten_after_four_weeks),
        cmocka_unit_test(test_shell__error_that_cannot_be_redirected),
    };
    return TEST_MAIN(tests);
}
