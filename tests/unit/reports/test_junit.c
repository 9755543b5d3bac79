/*
 * The report for CI systems: suites by folder, totals that add up, one element for each outcome,
 * and text that stays well-formed whatever it holds.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "tests/unit/reports/suite.h"

static char *render(const struct suite_story *s)
{
    return report_find("junit")->render(&s->suite, s->redactor, true);
}

static size_t times(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = strstr(text, part); p != NULL; p = strstr(p + 1, part))
        n++;
    return n;
}

static void test_totals__a_known_failure_counts_as_skipped(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s);
    test_has(text,
             "<testsuites name=\"rolecall\" tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"2\" "
             "time=\"1.234567\">");
    assert_int_equal(times(text, "<testcase "), 5);
    assert_int_equal(times(text, "<failure "), 1);
    assert_int_equal(times(text, "<error "), 1);
    assert_int_equal(times(text, "<skipped "), 2);
}

static void test_suites__one_a_folder(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s);
    test_has(text,
             "<testsuite name=\"login\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" "
             "time=\"4.000001\">");
    test_has(text,
             "<testsuite name=\"deep/er\" tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"1\" ");
    test_has(text, "<testsuite name=\"scenarios\" tests=\"1\" ");
    test_has(text, "<testcase classname=\"deep/er\" name=\"broken\" file=\"scenarios/a file.yaml\" "
                   "time=\"2.000002\">");
}

static void test_case__passed_is_empty(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s);
    test_has(text, "<testcase classname=\"login\" name=\"good\" file=\"scenarios/a file.yaml\" "
                   "time=\"2.000000\"/>");
}

static void test_case__messages(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s);
    test_has(text, "<error message=\"port 8085 is taken\">");
    test_has(text, "<skipped message=\"the clock of a live system cannot be moved\">");
    test_has(text, "<skipped message=\"known failure: outcome: refused\">");
    test_has(text, "<failure message=\"outcome: refused\">");
}

static void test_known__stale_entries_fail(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_expect(s);
    AUTO(xfree) char *text = render(s);
    test_has(
        text,
        "<testsuites name=\"rolecall\" tests=\"6\" failures=\"2\" errors=\"1\" skipped=\"2\" ");
    test_has(text, "<testsuite name=\"known failures\" tests=\"1\" failures=\"1\" errors=\"0\" ");
    test_has(text,
             "<testcase classname=\"known failures\" name=\"login/good authentik/id-token.alg "
             "&quot;HS256 &lt;[code ");
    test_has(text, "<failure message=\"it no longer fails: the scenario passes\"/>");
    assert_int_equal(times(text, "<testcase "), 6);
    assert_null(strstr(text, SUITE_SECRET));
}

static void test_text__is_escaped_and_redacted(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s);
    test_has(text, "shown: &lt;welcome&gt;");
    test_has(text, "shown: no &amp; [code ");
    assert_null(strstr(text, SUITE_SECRET));
    assert_null(strchr(text, '\033'));
}

/* XML 1.0 2.2 has no place for these, however they are written. */
static void test_text__control_characters_cannot_break_it(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_keep(s, SUITE_ERROR);
    xfree(s->suite.results[0].reason);
    s->suite.results[0].reason = xstrdup("a\x01\x1b[31mb\x7f\xff]]>");
    AUTO(xfree) char *text = render(s);
    for (const char *p = text; *p != '\0'; p++)
        assert_true((unsigned char)*p >= ' ' || *p == '\n' || *p == '\t' || *p == '\r');
    assert_null(strstr(text, "&#1;"));
    assert_null(strstr(text, "]]>"));
    assert_null(strchr(text, '\xff'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totals__a_known_failure_counts_as_skipped),
        cmocka_unit_test(test_suites__one_a_folder),
        cmocka_unit_test(test_case__passed_is_empty),
        cmocka_unit_test(test_case__messages),
        cmocka_unit_test(test_known__stale_entries_fail),
        cmocka_unit_test(test_text__is_escaped_and_redacted),
        cmocka_unit_test(test_text__control_characters_cannot_break_it),
    };
    return TEST_MAIN(tests);
}
