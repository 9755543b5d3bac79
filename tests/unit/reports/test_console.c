/*
 * The report for people: the summary, the block of each problem with the hop where it broke,
 * colours, and that no secret shows.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "tests/unit/reports/suite.h"

static char *render(const struct suite_story *s, bool colour)
{
    return report_find("console")->render(&s->suite, s->redactor, colour);
}

static void test_summary__counts_everything(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s, false);
    test_has(text, "systems    authentik 2026.2 (live), dex 2.45.0 (mock), argocd 3.5 (mock)\n");
    test_has(text, "scenarios      5:  1 pass, 2 fail, 1 error, 1 skip\n");
    test_has(text, "checks         4:  2 pass, 2 fail, 0 error, 0 skip\n");
    test_has(text, "evaluated     12 assertions\n");
    test_has(text, "time       1234 ms\n");
    test_has(text, "NOT JUDGED: something broke, or nothing was judged at all\n");
}

static void test_summary__last_line_by_exit_status(void **state)
{
    static const struct {
        enum suite_row row;
        const char *line;
    } rows[] = {
        {SUITE_PASS, "\neverything as expected\n"},
        {SUITE_KNOWN, "\neverything as expected\n"}, /* it was judged, and is forgiven */
        {SUITE_FAIL, "\nNOT as expected: see the failures above\n"},
        {SUITE_ERROR, "\nNOT JUDGED: something broke, or nothing was judged at all\n"},
        {SUITE_SKIP, "\nNOT JUDGED: something broke, or nothing was judged at all\n"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(suite_story_free) struct suite_story *s = suite_story_new();
        suite_story_keep(s, rows[i].row);
        AUTO(xfree) char *text = render(s, false);
        test_has(text, rows[i].line);
    }
}

static void test_problem__both_sides_and_the_hop(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_keep(s, SUITE_FAIL);
    AUTO(xfree) char *text = render(s, false);
    test_has(text, "fail  login/bad\n");
    test_has(text, "login as admin via ui (scenarios/a file.yaml:7)\n");
    test_has(text, "    expected  outcome: signed-in\n              shown: <welcome>\n");
    test_has(text, "    actual    outcome: refused\n");
    test_has(text, "browser > argocd     GET  /auth/login  303\n");
    test_has(text, "* browser > argocd     GET  /auth/callback  400\n");
    test_has(text, "    again     rolecall run login/bad\n"
                   "    known     login/bad \"outcome: refused\"\n"
                   "              login/bad authentik/id-token.alg \"HS256\"\n\n");
}

static void test_problem__error_says_why(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_keep(s, SUITE_ERROR);
    AUTO(xfree) char *text = render(s, false);
    test_has(text, "error deep/er/broken\n");
    test_has(text, "port 8085 is taken\n");
}

static void test_problem__known_ones_say_so(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s, false);
    test_has(text, "fail  known  (known)\n");
    test_lacks(text, "known     known "); /* nothing to paste: it is there */
    test_lacks(text, "login/bad  (known)");
}

static void test_known__stale_entries_and_counts(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *without = render(s, false);
    suite_story_expect(s);
    AUTO(xfree) char *text = render(s, false);
    test_lacks(without, "stale");
    test_has(text, "stale login/good authentik/id-token.alg \"HS256 <[code ");
    test_has(text, "    known     it no longer fails: the scenario passes (known.txt:2)\n");
    test_has(text,
             "known          4:  1 fail as they say, 1 stale, 1 not judged, 1 not selected\n");
    test_lacks(text, SUITE_SECRET);
}

static void test_known__stale_alone_has_its_last_line(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_keep(s, SUITE_PASS);
    suite_story_expect(s);
    assert_int_equal(run_exit_status(&s->suite), 1);
    AUTO(xfree) char *text = render(s, false);
    test_has(text, "\nNOT as expected: what was known to fail does not\n");
    test_lacks(text, "everything as expected");
}

static void test_pass__is_not_listed(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s, false);
    test_lacks(text, "login/good");
}

static void test_skip__by_reason(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s, false);
    test_has(text, "skip  1 x the clock of a live system cannot be moved\n");
}

static void test_colours__only_when_asked_for(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *plain = render(s, false);
    AUTO(xfree) char *coloured = render(s, true);
    test_lacks(plain, "\033");
    test_has(coloured, "\033[31mfail \033[0m");
    test_has(coloured, "\033[32m1 pass\033[0m");
}

static void test_secret__shows_nowhere(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(xfree) char *text = render(s, false);
    test_lacks(text, SUITE_SECRET);
    test_has(text, "shown: no & [code ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary__counts_everything),
        cmocka_unit_test(test_summary__last_line_by_exit_status),
        cmocka_unit_test(test_problem__both_sides_and_the_hop),
        cmocka_unit_test(test_problem__error_says_why),
        cmocka_unit_test(test_problem__known_ones_say_so),
        cmocka_unit_test(test_known__stale_entries_and_counts),
        cmocka_unit_test(test_known__stale_alone_has_its_last_line),
        cmocka_unit_test(test_pass__is_not_listed),
        cmocka_unit_test(test_skip__by_reason),
        cmocka_unit_test(test_colours__only_when_asked_for),
        cmocka_unit_test(test_secret__shows_nowhere),
    };
    return TEST_MAIN(tests);
}
