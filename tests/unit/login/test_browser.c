/* Navigation: redirects, cookies, the edge of the world, and the browser's own faults. */
#include "tests/support/test.h"

#include <string.h>

#include "tests/unit/login/site.h"

#define CALLBACK "/auth/callback"

static void go(struct site *s, const char *url, const char *stop, struct browser_page *ret)
{
    struct err err = {0};
    if (browser_go(&s->browser, url, stop, ret, &err) != 0)
        fail_msg("%s", err.msg);
}

static void test_go__redirects_one_by_one(void **state)
{
    (void)state;
    static const struct site_answer script[] = {{"/a", .location = "/b", .cookie = "x=1; Path=/"},
                                                {"/b", 307, "/c#part"},
                                                {"/c", .body = "<p>there</p>"},
                                                {0}};
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, script);
    go(&s, ARGOCD "/a", NULL, &page);
    assert_null(page.problem);
    assert_string_equal(page.url, ARGOCD "/c");
    assert_string_equal(page.from_url, ARGOCD "/b");
    assert_string_equal(page.system, "argocd");
    assert_string_equal(page.response.body, "<p>there</p>");
    assert_non_null(strstr(s.asked.ptr, "GET /b [x=1]"));
    assert_int_equal(trace_len(s.trace), 3); /* each hop is an exchange */
    site_stop(&s);
}

static void test_go__stops_before_the_prefix(void **state)
{
    (void)state;
    static const struct site_answer script[] = {{"/a", .location = CLI "/auth/callback?code=c"},
                                                {0}};
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, script);
    go(&s, AUTHENTIK "/a", CLI "/", &page);
    assert_true(page.stopped);
    assert_string_equal(page.url, CLI "/auth/callback?code=c");
    assert_int_equal(site_count(&s, "/auth/callback"), 0);
    site_stop(&s);
}

static void test_go__does_not_leave_the_world(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {"/a", .location = "https://attacker.example/?code=c"}, {0}};
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, script);
    go(&s, AUTHENTIK "/a", NULL, &page);
    assert_non_null(strstr(page.problem, "outside the setup: https://attacker.example/?code=c"));
    assert_null(page.system);
    assert_string_equal(page.from_system, "authentik");
    assert_int_equal(trace_len(s.trace), 1);
    site_stop(&s);
}

static void test_go__redirects_without_end(void **state)
{
    (void)state;
    static const struct site_answer script[] = {{"/a", .location = "/a"}, {0}};
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, script);
    go(&s, ARGOCD "/a", NULL, &page);
    assert_string_equal(page.problem, "more than 40 redirects");
    assert_int_equal(site_count(&s, "/a"), BROWSER_MAX_HOPS);
    site_stop(&s);
}

static void test_go__a_redirect_that_leads_nowhere(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {"/none", 302, .body = "no Location"}, {"/bad", .location = "http://["}, {0}};
    struct site s;
    AUTO(browser_page_deinit) struct browser_page none = {0};
    AUTO(browser_page_deinit) struct browser_page bad = {0};
    site_start(&s, script);
    go(&s, ARGOCD "/none", NULL, &none);
    assert_null(none.problem); /* a page like any other */
    assert_int_equal(none.response.status, 302);
    go(&s, ARGOCD "/bad", NULL, &bad);
    assert_non_null(bad.problem);
    site_stop(&s);
}

static void test_go__nobody_answers(void **state)
{
    (void)state;
    static const struct site_answer none[] = {{0}};
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, none);
    site_close(&s);
    go(&s, ARGOCD "/a", NULL, &page);
    assert_non_null(strstr(page.problem, "connection refused"));
    site_stop(&s);
}

static void test_system_at__origin_only(void **state)
{
    (void)state;
    static const struct site_answer none[] = {{0}};
    struct site s;
    site_start(&s, none);
    assert_string_equal(browser_system_at(&s.browser, ARGOCD "/x"), "argocd");
    assert_string_equal(browser_system_at(&s.browser, CLI), "cli");
    assert_null(browser_system_at(&s.browser, "http://argocd.test.attacker.example/"));
    assert_null(browser_system_at(&s.browser, "https://argocd.test/"));
    assert_null(browser_system_at(&s.browser, "nonsense"));
    site_stop(&s);
}

/* ---- the browser's faults, on a callback that passes through it ---- */

struct tampering {
    const char *name;
    const char *fault;
    const char *with;
    const char *delivered; /* what the callback is asked with */
};

static const struct tampering tamperings[] = {
    {"state changed", "browser/callback.state-changed", NULL,
     "GET /auth/callback?code=c&state=tampered-by-the-browser "},
    {"state dropped", "browser/callback.state-dropped", NULL, "GET /auth/callback?code=c "},
    {"code changed", "browser/callback.code-changed", NULL,
     "GET /auth/callback?code=0123456789abcdef0123456789abcdef&state=s "},
    {"for this party", "browser/callback.state-dropped", "{\"at\":\"argocd\"}",
     "GET /auth/callback?code=c "},
    {"for another party", "browser/callback.state-dropped", "{\"at\":\"dex\"}",
     "GET /auth/callback?code=c&state=s "},
    {"cookie lost", "browser/cookie.lost", "{\"name\":\"st\"}",
     "GET /auth/callback?code=c&state=s []"},
    {"another cookie lost", "browser/cookie.lost", "{\"name\":\"other\"}",
     "GET /auth/callback?code=c&state=s [st=1]"},
};
#define TAMPERINGS (sizeof(tamperings) / sizeof(tamperings[0]))

static const struct site_answer LOGIN[] = {
    {"/start", .location = AUTHENTIK "/authorize", .cookie = "st=1; Path=/; SameSite=Lax"},
    {"/authorize", .location = ARGOCD CALLBACK "?code=c&state=s"},
    {CALLBACK, .body = "in"},
    {0}};

static void test_tampering(void **state)
{
    const struct tampering *t = *state;
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, LOGIN);
    site_fault(&s, t->fault, t->with);
    go(&s, ARGOCD "/start", NULL, &page);
    if (strstr(s.asked.ptr, t->delivered) == NULL)
        fail_msg("'%s' is not in\n%s", t->delivered, s.asked.ptr);
    site_stop(&s);
}

static void test_fault__held(void **state)
{
    (void)state;
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, LOGIN);
    site_fault(&s, "browser/callback.held", "{\"advance\":\"90s\"}");
    go(&s, ARGOCD "/start", NULL, &page);
    assert_int_equal(clock_now_s(s.clock), CLOCK_START_S + 90);
    site_stop(&s);
}

static void test_fault__held_for_no_duration(void **state)
{
    (void)state;
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, LOGIN);
    site_fault(&s, "browser/callback.held", "{\"advance\":\"soon\"}");
    go(&s, ARGOCD "/start", NULL, &page);
    assert_int_equal(clock_now_s(s.clock), CLOCK_START_S + 120); /* and a note says so */
    site_stop(&s);
}

static void test_fault__replayed(void **state)
{
    (void)state;
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, LOGIN);
    site_fault(&s, "browser/callback.replayed", "{\"at\":\"argocd\"}");
    go(&s, ARGOCD "/start", NULL, &page);
    assert_string_equal(params_get(&s.browser.callbacks, "argocd"),
                        ARGOCD CALLBACK "?code=c&state=s");
    assert_false(browser_replays(&s.browser, "dex"));
    assert_true(browser_replays(&s.browser, "argocd"));
    site_stop(&s);
}

static void test_fault__redirect_uri_changed(void **state)
{
    (void)state;
    static const struct site_answer script[] = {
        {"/a", .location = AUTHENTIK "/application/o/authorize/?client_id=c&redirect_uri=x"},
        {"/application/o/authorize/", .body = "no"},
        {0}};
    struct site s;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    site_start(&s, script);
    site_fault(&s, "browser/authorize.redirect-uri-changed", "{\"to\":\"https://y/\"}");
    go(&s, ARGOCD "/a", NULL, &page);
    assert_non_null(strstr(s.asked.ptr, "redirect_uri=https%3A%2F%2Fy%2F"));
    site_stop(&s);
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(test_go__redirects_one_by_one),
        cmocka_unit_test(test_go__stops_before_the_prefix),
        cmocka_unit_test(test_go__does_not_leave_the_world),
        cmocka_unit_test(test_go__redirects_without_end),
        cmocka_unit_test(test_go__a_redirect_that_leads_nowhere),
        cmocka_unit_test(test_go__nobody_answers),
        cmocka_unit_test(test_system_at__origin_only),
        cmocka_unit_test(test_fault__held),
        cmocka_unit_test(test_fault__held_for_no_duration),
        cmocka_unit_test(test_fault__replayed),
        cmocka_unit_test(test_fault__redirect_uri_changed),
    };
    struct CMUnitTest tests[TEST_COUNT(plain) + TAMPERINGS];
    memcpy(tests, plain, sizeof(plain));
    for (size_t i = 0; i < TAMPERINGS; i++)
        tests[TEST_COUNT(plain) + i] =
            (struct CMUnitTest){.name = tamperings[i].name,
                                .test_func = test_tampering,
                                .initial_state = (void *)(uintptr_t)&tamperings[i]};
    return TEST_MAIN(tests);
}
