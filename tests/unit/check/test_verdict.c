/* Verdicts: what they say, and that nothing overwrites something worse. */
#include "tests/support/test.h"

#include "harness/check/verdict.h"

static void write_kind(struct verdict *v, enum verdict_kind k)
{
    switch (k) {
    case VERDICT_SKIP:
        verdict_skip(v, "because %d", 1);
        return;
    case VERDICT_PASS:
        verdict_pass(v, "seen %d", 2);
        return;
    case VERDICT_FAIL:
        verdict_fail(v, "this", "that");
        return;
    case VERDICT_ERROR:
        verdict_error(v, "broke %d", 3);
        return;
    case VERDICT_MAX_:
        break;
    }
    fail_msg("no such kind");
}

static void test_verdict__lattice(void **state)
{
    (void)state;
    for (int a = 0; a < VERDICT_MAX_; a++)
        for (int b = 0; b < VERDICT_MAX_; b++) {
            struct verdict v = {0};
            write_kind(&v, (enum verdict_kind)a);
            write_kind(&v, (enum verdict_kind)b);
            assert_int_equal(v.kind, a > b ? a : b);
            assert_int_equal(verdict_worse((enum verdict_kind)a, (enum verdict_kind)b), v.kind);
            verdict_deinit(&v);
        }
}

static void test_verdict__texts(void **state)
{
    (void)state;
    struct verdict v = {0};
    write_kind(&v, VERDICT_SKIP);
    assert_string_equal(v.reason, "because 1");
    write_kind(&v, VERDICT_PASS);
    assert_string_equal(v.actual, "seen 2");
    assert_null(v.reason); /* nothing of the skip is left */
    write_kind(&v, VERDICT_FAIL);
    assert_string_equal(v.expected, "this");
    assert_string_equal(v.actual, "that");
    write_kind(&v, VERDICT_ERROR);
    assert_string_equal(v.reason, "broke 3");
    assert_null(v.expected);
    verdict_deinit(&v);
}

static void test_verdict__nothing_is_said_in_words(void **state)
{
    (void)state;
    struct verdict v = {0};
    verdict_fail(&v, NULL, NULL);
    assert_string_equal(v.expected, "(nothing)");
    assert_string_equal(v.actual, "(nothing)");
    verdict_deinit(&v);
    assert_int_equal(v.kind, VERDICT_SKIP);
}

static void test_verdict__names(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(VERDICT_SKIP), "skip");
    assert_string_equal(verdict_name(VERDICT_PASS), "pass");
    assert_string_equal(verdict_name(VERDICT_FAIL), "fail");
    assert_string_equal(verdict_name(VERDICT_ERROR), "error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdict__lattice),
        cmocka_unit_test(test_verdict__texts),
        cmocka_unit_test(test_verdict__nothing_is_said_in_words),
        cmocka_unit_test(test_verdict__names),
    };
    return TEST_MAIN(tests);
}
