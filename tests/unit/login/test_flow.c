/* The flow executor's client against scripted executors, good and odd ones. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/crypto/totp.h"
#include "harness/login/flow.h"
#include "tests/unit/login/site.h"

#define EXECUTOR "/api/v3/flows/executor/auth/"
#define PAGE AUTHENTIK "/if/flow/auth/?next=%2Fapplication%2Fo%2Fauthorize%2F%3Fa%3Db"
#define IDENTIFY "{\"component\":\"ak-stage-identification\",\"password_fields\":false}"
#define PASSWORD "{\"component\":\"ak-stage-password\"}"
#define DONE "{\"component\":\"xak-flow-redirect\",\"to\":\"/application/o/authorize/?a=b\"}"

static const struct flow_person ALICE = {
    .username = "alice", .password = "secret", .totp_secret = NULL};

/* Runs the script's flow; the result is the caller's. */
static void run(struct site *s, const struct site_answer *script, const struct flow_person *person,
                struct flow_result *ret)
{
    struct err err = {0};
    site_start(s, script);
    if (flow_run(&s->browser, PAGE, person, ret, &err) != 0)
        fail_msg("%s", err.msg);
}

static void assert_ends(const struct site_answer *script, enum flow_end end, const char *at,
                        const char *shown)
{
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &ALICE, &r);
    assert_int_equal(r.end, end);
    assert_string_equal(r.at, at);
    if (strstr(r.shown, shown) == NULL)
        fail_msg("'%s' is not in '%s'", shown, r.shown);
    site_stop(&s);
}

static void test_flow__password_then_on(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = IDENTIFY},
        {EXECUTOR, .location = EXECUTOR "?query=again", .cookie = "authentik_csrf=tok; Path=/"},
        {EXECUTOR, .body = PASSWORD},
        {EXECUTOR, .body = DONE},
        {0}};
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &ALICE, &r);
    assert_int_equal(r.end, FLOW_LEADS_ON);
    assert_string_equal(r.to, AUTHENTIK "/application/o/authorize/?a=b");
    assert_int_equal(site_count(&s, EXECUTOR), 4);
    /* the page's query goes along, encoded once more; then the reply; a 302 becomes a GET; the
     * CSRF header is there as soon as there is a cookie */
    assert_non_null(strstr(s.asked.ptr, "GET " EXECUTOR "?query=next%3D%252Fapplication"));
    assert_non_null(strstr(
        s.asked.ptr, "csrf=- {\"component\":\"ak-stage-identification\",\"uid_field\":\"alice\"}"));
    assert_non_null(
        strstr(s.asked.ptr, "GET " EXECUTOR "?query=again [authentik_csrf=tok] csrf=tok"));
    assert_non_null(strstr(
        s.asked.ptr, "csrf=tok {\"component\":\"ak-stage-password\",\"password\":\"secret\"}"));
    site_stop(&s);
}

static void test_flow__password_on_the_first_page(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-identification\",\"password_fields\":true}"},
        {EXECUTOR, .body = DONE},
        {0}};
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &ALICE, &r);
    assert_int_equal(r.end, FLOW_LEADS_ON);
    assert_non_null(strstr(s.asked.ptr, "\"uid_field\":\"alice\",\"password\":\"secret\""));
    site_stop(&s);
}

/* authentik.md 4.2: the executor's own redirect, wrapped in a challenge, is asked again. */
static void test_flow__wrapped_redirect(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = "{\"component\":\"xak-flow-redirect\",\"to\":\"" EXECUTOR "?query=x\"}"},
        {EXECUTOR, .body = DONE},
        {0}};
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &ALICE, &r);
    assert_int_equal(r.end, FLOW_LEADS_ON);
    assert_int_equal(site_count(&s, EXECUTOR), 2);
    site_stop(&s);
}

static void test_flow__consent_gives_its_token_back(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-consent\",\"token\":\"t-1\"}"},
        {EXECUTOR, .body = DONE},
        {0}};
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &ALICE, &r);
    assert_int_equal(r.end, FLOW_LEADS_ON);
    assert_non_null(strstr(s.asked.ptr, "\"token\":\"t-1\""));
    site_stop(&s);
}

static void test_flow__consent_token_fault(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-consent\",\"token\":\"t-1\"}"},
        {EXECUTOR, .body = DONE},
        {0}};
    struct site s;
    struct err err = {0};
    AUTO(flow_result_deinit) struct flow_result r = {0};
    site_start(&s, script);
    site_fault(&s, "browser/consent-token.wrong", NULL);
    assert_int_equal(flow_run(&s.browser, PAGE, &ALICE, &r, &err), 0);
    assert_null(strstr(s.asked.ptr, "\"token\":\"t-1\""));
    site_stop(&s);
}

static void test_flow__csrf_header_fault(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = IDENTIFY, .cookie = "authentik_csrf=tok; Path=/"},
        {EXECUTOR, .body = DONE},
        {0}};
    struct site s;
    struct err err = {0};
    AUTO(flow_result_deinit) struct flow_result r = {0};
    site_start(&s, script);
    site_fault(&s, "browser/csrf-header.missing", NULL);
    assert_int_equal(flow_run(&s.browser, PAGE, &ALICE, &r, &err), 0);
    assert_null(strstr(s.asked.ptr, " csrf=tok"));
    assert_int_equal(fault_set_unused(s.faults, false, NULL), 0);
    site_stop(&s);
}

static void test_flow__second_factor(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-authenticator-validate\"}"},
        {EXECUTOR, .body = DONE},
        {0}};
    struct flow_person with = ALICE;
    with.totp_secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    AUTO(xfree) char *code = totp_code(with.totp_secret, CLOCK_START_S);
    AUTO(xfree) char *wanted = xasprintf("\"code\":\"%s\"", code);
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &with, &r);
    assert_int_equal(r.end, FLOW_LEADS_ON);
    assert_non_null(strstr(s.asked.ptr, wanted));
    site_stop(&s);
    assert_ends(script, FLOW_STUCK, "login", "no TOTP secret is given");
}

#define DEVICES(list_)                                                                             \
    "{\"component\":\"ak-stage-authenticator-validate\",\"device_challenges\":[" list_ "]}"
#define TOTP "{\"device_class\":\"totp\"}"
#define STATIC "{\"device_class\":\"static\"}"
#define WEBAUTHN "{\"device_class\":\"webauthn\"}"
#define SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static const char *const STATIC_CODES[] = {"first", "second", NULL};

struct factor_row {
    const char *name;
    const char *challenge;
    const char *second_factor;
    bool totp;
    bool statics;
    const char *gives; /* "good" "spoiled", or the code itself; NULL: stuck */
    const char *shown;
};

static const struct factor_row factors[] = {
    {"TOTP", DEVICES(TOTP), NULL, true, false, "good", NULL},
    {"TOTP before a static code", DEVICES(STATIC "," TOTP), NULL, true, true, "good", NULL},
    {"static code wanted", DEVICES(STATIC "," TOTP), "static", true, true, "first", NULL},
    {"static code alone", DEVICES(STATIC), NULL, false, true, "first", NULL},
    {"only the static device is there", DEVICES(STATIC), NULL, true, true, "first", NULL},
    {"wrong on purpose", DEVICES(TOTP), "wrong", true, false, "spoiled", NULL},
    {"used one without any", DEVICES(TOTP), "used", true, false, NULL,
     "has not used a code before"},
    {"nothing given", DEVICES(TOTP), NULL, false, false, NULL, "no TOTP secret is given"},
    {"another device", DEVICES(WEBAUTHN), NULL, true, true, NULL,
     "cannot answer the second factors of alice: webauthn"},
    {"one to be set up",
     "{\"component\":\"ak-stage-authenticator-validate\",\"device_challenges\":[],"
     "\"configuration_stages\":[{}]}",
     NULL, false, false, NULL, "one is to be set up now"},
};

/* What the row's code is; caller frees. */
static char *code_of(const struct factor_row *row)
{
    char *code = totp_code(SECRET, CLOCK_START_S);
    if (strcmp(row->gives, "good") == 0)
        return code;
    if (strcmp(row->gives, "spoiled") == 0) {
        code[0] = (char)('0' + (code[0] - '0' + 5) % 10);
        return code;
    }
    xfree(code);
    return xstrdup(row->gives);
}

static void check_factor(const struct factor_row *row)
{
    const struct site_answer script[] = {
        {EXECUTOR, .body = row->challenge}, {EXECUTOR, .body = DONE}, {0}};
    struct flow_codes codes = {0};
    struct flow_person person = ALICE;
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    person.totp_secret = row->totp ? SECRET : NULL;
    person.static_codes = row->statics ? STATIC_CODES : NULL;
    person.second_factor = row->second_factor;
    person.codes = &codes;
    run(&s, script, &person, &r);
    if (row->gives == NULL) {
        if (r.end != FLOW_STUCK || strstr(r.shown, row->shown) == NULL)
            fail_msg("%s: %s", row->name, r.shown != NULL ? r.shown : "went on");
    } else {
        AUTO(xfree) char *code = code_of(row);
        AUTO(xfree) char *wanted = xasprintf("\"code\":\"%s\"", code);
        if (r.end != FLOW_LEADS_ON || strstr(s.asked.ptr, wanted) == NULL)
            fail_msg("%s: %s", row->name, s.asked.ptr);
        assert_string_equal(codes.last, code);
    }
    xfree(codes.last);
    site_stop(&s);
}

static void test_flow__which_code_is_given(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(factors); i++)
        check_factor(&factors[i]);
}

/* Each static code once, then there is none; a used one again when told so. */
static void test_flow__static_codes_one_after_the_other(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = DEVICES(STATIC)}, {EXECUTOR, .body = DONE}, {0}};
    static const char *const expected[] = {"first", "second", NULL};
    struct flow_codes codes = {0};
    struct flow_person person = ALICE;
    person.static_codes = STATIC_CODES;
    person.codes = &codes;
    for (size_t i = 0; i < TEST_COUNT(expected); i++) {
        struct site s;
        AUTO(flow_result_deinit) struct flow_result r = {0};
        run(&s, script, &person, &r);
        assert_int_equal(r.end, expected[i] != NULL ? FLOW_LEADS_ON : FLOW_STUCK);
        if (expected[i] == NULL)
            assert_non_null(strstr(r.shown, "the static codes of alice are used up"));
        else
            assert_string_equal(codes.last, expected[i]);
        site_stop(&s);
    }
    person.second_factor = "used";
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &person, &r);
    assert_non_null(strstr(s.asked.ptr, "\"code\":\"second\""));
    xfree(codes.last);
    site_stop(&s);
}

static void test_flow__remember_me(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-user-login\"}"},
        {EXECUTOR, .body = DONE},
        {0}};
    for (int remember = 0; remember <= 1; remember++) {
        struct flow_person person = ALICE;
        struct site s;
        AUTO(flow_result_deinit) struct flow_result r = {0};
        person.remember_me = remember == 1;
        run(&s, script, &person, &r);
        assert_int_equal(r.end, FLOW_LEADS_ON);
        assert_non_null(
            strstr(s.asked.ptr, remember == 1 ? "\"remember_me\":true" : "\"remember_me\":false"));
        site_stop(&s);
    }
}

static void test_flow__response_errors_are_a_refusal(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = PASSWORD},
        {EXECUTOR, .body =
                       "{\"component\":\"ak-stage-password\",\"response_errors\":{\"password\":[{"
                       "\"string\":\"Invalid password\"},{\"string\":\"Try later\"}]}}"},
        {0}};
    assert_ends(script, FLOW_REFUSED, "login", "Invalid password; Try later");
}

static void test_flow__refusals(void **state)
{
    (void)state;
    static const struct site_answer denied[] = {
        {EXECUTOR,
         .body = "{\"component\":\"ak-stage-access-denied\",\"error_message\":\"Not you\"}"},
        {0}};
    static const struct site_answer broken[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-flow-error\",\"request_id\":\"r1\"}"}, {0}};
    static const struct site_answer shell[] = {
        {EXECUTOR,
         .body = "{\"component\":\"xak-flow-shell\",\"body\":\"<p>So <b>sorry</b></p>\"}"},
        {0}};
    static const struct site_answer twice[] = {{EXECUTOR, .body = PASSWORD}, {0}};
    assert_ends(denied, FLOW_REFUSED, "flow", "Not you");
    assert_ends(broken, FLOW_REFUSED, "flow", "request r1");
    assert_ends(shell, FLOW_REFUSED, "flow", "So sorry");
    static const struct site_answer over[] = {
        {EXECUTOR,
         .body = "{\"component\":\"ak-stage-session-end\",\"application_name\":\"Argo\"}"},
        {0}};
    assert_ends(over, FLOW_OVER, "session", "logged out of Argo");
    assert_ends(twice, FLOW_REFUSED, "login", "asked again without an error");
}

/* Frames are loaded where a system of the world answers, and only there; then it goes on. */
static void test_flow__iframes(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-provider-iframe-logout\",\"logout_urls\":["
                           "{\"url\":\"http://argocd.test/out?sid=1\"},{},"
                           "{\"url\":\"https://elsewhere.example/out\"}]}"},
        {EXECUTOR, .body = "{\"component\":\"ak-stage-session-end\"}"},
        {"/out", .body = "bye"},
        {0}};
    struct site s;
    AUTO(flow_result_deinit) struct flow_result r = {0};
    run(&s, script, &ALICE, &r);
    assert_int_equal(r.end, FLOW_OVER);
    assert_int_equal(site_count(&s, "/out"), 1);
    assert_non_null(strstr(s.asked.ptr, "GET /out?sid=1"));
    assert_non_null(strstr(s.asked.ptr, "{\"component\":\"ak-provider-iframe-logout\"}"));
    site_stop(&s);
}

static void test_flow__what_it_cannot_answer(void **state)
{
    (void)state;
    static const struct site_answer unknown[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-captcha\"}"}, {0}};
    static const struct site_answer nameless[] = {{EXECUTOR, .body = "{}"}, {0}};
    static const struct site_answer nowhere[] = {
        {EXECUTOR, .body = "{\"component\":\"xak-flow-redirect\"}"}, {0}};
    static const struct site_answer first_page[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-identification\",\"captcha_stage\":{}}"},
        {0}};
    static const struct site_answer mail[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-email\"}"}, {0}};
    static const struct site_answer newer[] = {
        {EXECUTOR, .body = "{\"component\":\"ak-stage-of-tomorrow\"}"}, {0}};
    static const struct site_answer twice[] = {{EXECUTOR, .body = DEVICES(TOTP)}, {0}};
    assert_ends(unknown, FLOW_STUCK, "flow",
                "cannot answer a 'ak-stage-captcha' challenge: a captcha");
    assert_ends(first_page, FLOW_STUCK, "login", "captcha of the first page");
    assert_ends(mail, FLOW_STUCK, "flow", "'ak-stage-email' challenge: a link sent by email");
    assert_ends(newer, FLOW_STUCK, "flow", "cannot answer a 'ak-stage-of-tomorrow' challenge");
    assert_ends(twice, FLOW_STUCK, "login", "no TOTP secret is given");
    assert_ends(nameless, FLOW_STUCK, "flow", "without \"component\"");
    assert_ends(nowhere, FLOW_STUCK, "flow", "without \"to\"");
}

static void test_flow__endless(void **state)
{
    (void)state;
    static const struct site_answer again[] = {{EXECUTOR, .body = IDENTIFY}, {0}};
    static const struct site_answer circle[] = {
        {EXECUTOR, .body = "{\"component\":\"xak-flow-redirect\",\"to\":\"" EXECUTOR "\"}"}, {0}};
    static const struct site_answer http[] = {{EXECUTOR, .location = EXECUTOR}, {0}};
    assert_ends(again, FLOW_STUCK, "login", "no end after 24 challenges");
    assert_ends(circle, FLOW_STUCK, "flow", "no end after 24 challenges");
    assert_ends(http, FLOW_STUCK, "flow", "redirects without end");
}

static void test_flow__no_challenge_at_all(void **state)
{
    (void)state;
    static const struct site_answer page[] = {{EXECUTOR, .body = "<p>Hello</p>"}, {0}};
    static const struct site_answer failing[] = {{EXECUTOR, .status = 503, .body = "<p>Down</p>"},
                                                 {0}};
    static const struct site_answer missing[] = {{0}};
    assert_ends(page, FLOW_REFUSED, "flow", "200 Hello");
    assert_ends(failing, FLOW_REFUSED, "flow", "503 Down");
    assert_ends(missing, FLOW_REFUSED, "flow", "404");
}

static void test_flow__nobody_there(void **state)
{
    (void)state;
    static const struct site_answer none[] = {{0}};
    struct site s;
    struct err err = {0};
    AUTO(flow_result_deinit) struct flow_result r = {0};
    site_start(&s, none);
    site_close(&s);
    assert_int_equal(flow_run(&s.browser, PAGE, &ALICE, &r, &err), 0);
    assert_true(r.no_answer);
    assert_int_equal(r.end, FLOW_STUCK);
    site_stop(&s);
}

static void test_flow__a_page_that_is_no_flow(void **state)
{
    (void)state;
    static const struct site_answer none[] = {{0}};
    struct site s;
    struct err err = {0};
    AUTO(flow_result_deinit) struct flow_result r = {0};
    site_start(&s, none);
    assert_int_equal(flow_run(&s.browser, AUTHENTIK "/other/", &ALICE, &r, &err), -1);
    assert_non_null(strstr(err.msg, "is no flow page"));
    site_stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flow__password_then_on),
        cmocka_unit_test(test_flow__password_on_the_first_page),
        cmocka_unit_test(test_flow__wrapped_redirect),
        cmocka_unit_test(test_flow__consent_gives_its_token_back),
        cmocka_unit_test(test_flow__consent_token_fault),
        cmocka_unit_test(test_flow__csrf_header_fault),
        cmocka_unit_test(test_flow__second_factor),
        cmocka_unit_test(test_flow__which_code_is_given),
        cmocka_unit_test(test_flow__static_codes_one_after_the_other),
        cmocka_unit_test(test_flow__remember_me),
        cmocka_unit_test(test_flow__response_errors_are_a_refusal),
        cmocka_unit_test(test_flow__refusals),
        cmocka_unit_test(test_flow__iframes),
        cmocka_unit_test(test_flow__what_it_cannot_answer),
        cmocka_unit_test(test_flow__endless),
        cmocka_unit_test(test_flow__no_challenge_at_all),
        cmocka_unit_test(test_flow__nobody_there),
        cmocka_unit_test(test_flow__a_page_that_is_no_flow),
    };
    return TEST_MAIN(tests);
}
