/*
 * Progress: a bar on a terminal, a line for each problem elsewhere; and the table of formats.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/report.h"

/* Plays a suite of two, the second fails; gives what was written. */
static char *play(bool terminal, bool colour)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct report_progress *p = report_progress_new(to, terminal, colour);
    struct run_observer o = {0};
    const struct scenario one = {.id = "login/one"}, two = {.id = "login/two"};
    const struct run_result good = {.id = "login/one", .verdict = VERDICT_PASS};
    const struct run_result bad = {.id = "login/two", .verdict = VERDICT_FAIL};
    report_progress_observer(p, &o);
    o.suite_begin(o.ctx, 2);
    o.scenario_begin(o.ctx, &one);
    o.scenario_end(o.ctx, &good);
    o.scenario_begin(o.ctx, &two);
    o.scenario_end(o.ctx, &bad);
    assert_null(report_progress_free(p));
    (void)fclose(to);
    return text;
}

static void test_elsewhere__a_line_a_problem(void **state)
{
    char *text = play(false, false);
    assert_string_equal(text, "fail login/two\n");
    free(text);
}

static void test_terminal__a_bar_that_goes_away(void **state)
{
    char *text = play(true, false);
    assert_non_null(strstr(text, "] 1/2"));
    assert_non_null(strstr(text, "login/one"));
    assert_non_null(strstr(text, "] 2/2, 1 not as expected"));
    assert_string_equal(text + strlen(text) - 4, "\r\033[K");
    assert_null(strstr(text, "\033[31m"));
    free(text);
}

static void test_terminal__colour(void **state)
{
    char *text = play(true, true);
    assert_non_null(strstr(text, "\033[31m"));
    free(text);
}

static void test_formats__by_name(void **state)
{
    assert_string_equal(report_find("junit")->name, "junit");
    assert_null(report_find("juni"));
    assert_null(report_find(""));
    for (const struct report *r = reports; r->name != NULL; r++) {
        assert_ptr_equal(report_find(r->name), r);
        assert_non_null(r->title);
        assert_non_null(r->render);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elsewhere__a_line_a_problem),
        cmocka_unit_test(test_terminal__a_bar_that_goes_away),
        cmocka_unit_test(test_terminal__colour),
        cmocka_unit_test(test_formats__by_name),
    };
    return TEST_MAIN(tests);
}
