/*
 * Views, checked numbers, durations and the nearest name.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"

static void test_str__compares_whole_texts(void **state)
{
    assert_true(str_eq(STR("ab"), str_of("ab")));
    assert_false(str_eq(STR("ab"), STR("abc")));
    assert_true(str_is(str_of(NULL), ""));
    assert_false(str_is(STR("a"), NULL));
    assert_true(str_starts(STR("abc"), "ab"));
    assert_false(str_starts(STR("a"), "ab"));
    assert_true(str_ends(STR("a.yaml"), ".yaml"));
    assert_false(str_ends(STR("yaml"), ".yaml"));
    assert_true(str_is(str_trim(STR(" \t a b\r\n")), "a b"));
    assert_int_equal(str_trim(STR("  ")).len, 0);
}

static void test_cstr__null_is_equal_to_nothing(void **state)
{
    assert_false(cstr_eq(NULL, NULL));
    assert_false(cstr_starts(NULL, ""));
    assert_false(cstr_contains("a", NULL));
    static const char *const words[] = {"a", "bc", NULL};
    assert_true(cstr_among("bc", words));
    assert_false(cstr_among("b", words));
    assert_false(cstr_among(NULL, words));
    assert_false(cstr_among("a", words + 2));
    assert_true(cstr_eq("a", "a"));
    assert_true(cstr_starts("abc", "a"));
    assert_true(cstr_contains("abc", "b"));
}

static void test_str_next__gives_empty_pieces(void **state)
{
    static const char *const expected[] = {"a", "", "b", ""};
    struct str rest = STR("a,,b,");
    struct str piece = {0};

    for (size_t i = 0; i < 4; i++) {
        assert_true(str_next(&rest, ',', &piece));
        assert_true(str_is(piece, expected[i]));
    }
    assert_false(str_next(&rest, ',', &piece));
    rest = STR("");
    assert_true(str_next(&rest, ',', &piece));
    assert_int_equal(piece.len, 0);
    assert_false(str_next(&rest, ',', &piece));
}

struct number {
    const char *name;
    const char *text;
    int64_t min, max;
    int rc;
    int64_t value;
};

static const struct number numbers[] = {
    {"number zero", "0", 0, 9, 0, 0},
    {"number upper bound", "9", 0, 9, 0, 9},
    {"number over the bound", "10", 0, 9, -1, 0},
    {"number under the bound", "-1", 0, 9, -1, 0},
    {"number smallest", "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN},
    {"number largest", "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX},
    {"number one too large", "9223372036854775808", INT64_MIN, INT64_MAX, -1, 0},
    {"number one too small", "-9223372036854775809", INT64_MIN, INT64_MAX, -1, 0},
    {"number empty", "", 0, 9, -1, 0},
    {"number only a sign", "-", -9, 9, -1, 0},
    {"number with a plus", "+1", 0, 9, -1, 0},
    {"number with a blank", " 1", 0, 9, -1, 0},
    {"number with a tail", "1x", 0, 9, -1, 0},
};

static void test_number(void **state)
{
    const struct number *n = *state;
    int64_t v = 77;

    assert_int_equal(str_to_i64(str_of(n->text), n->min, n->max, &v), n->rc);
    assert_true(v == (n->rc == 0 ? n->value : 77));
}

struct duration {
    const char *name;
    const char *text;
    int rc;
    int64_t ms;
};

static const struct duration durations[] = {
    {"duration bare seconds", "90", 0, 90000},
    {"duration seconds", "90s", 0, 90000},
    {"duration minutes", "11m", 0, 660000},
    {"duration hours", "2h", 0, 7200000},
    {"duration days", "3d", 0, 259200000},
    {"duration milliseconds", "250ms", 0, 250},
    {"duration unit alone", "m", -1, 0},
    {"duration unknown unit", "3w", -1, 0},
    {"duration negative", "-3s", -1, 0},
    {"duration fraction", "1.5h", -1, 0},
    {"duration too long", "9223372036854775807d", -1, 0},
};

static void test_duration(void **state)
{
    const struct duration *d = *state;
    int64_t ms = 77;

    assert_int_equal(str_to_duration_ms(str_of(d->text), &ms), d->rc);
    assert_true(ms == (d->rc == 0 ? d->ms : 77));
}

static void test_str_nearest__finds_slips_only(void **state)
{
    static const char *const names[] = {"outcome", "checks", "shown", NULL};

    assert_string_equal(str_nearest("outcom", names), "outcome");
    assert_string_equal(str_nearest("ouctome", names), "outcome");
    assert_string_equal(str_nearest("check", names), "checks");
    assert_null(str_nearest("password", names));
    assert_null(str_nearest("", (const char *const[]){"abc", NULL}));
}

#define ROW(row_, func_)                                                                           \
    {                                                                                              \
        (row_).name, func_, NULL, NULL, (void *)(uintptr_t) & (row_)                               \
    }

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_str__compares_whole_texts),
        cmocka_unit_test(test_cstr__null_is_equal_to_nothing),
        cmocka_unit_test(test_str_next__gives_empty_pieces),
        cmocka_unit_test(test_str_nearest__finds_slips_only),
    };
    struct CMUnitTest tests[TEST_COUNT(fixed) + TEST_COUNT(numbers) + TEST_COUNT(durations)];
    size_t n = 0;

    for (size_t i = 0; i < TEST_COUNT(fixed); i++) {
        tests[n++] = fixed[i];
    }
    for (size_t i = 0; i < TEST_COUNT(numbers); i++) {
        tests[n++] = (struct CMUnitTest)ROW(numbers[i], test_number);
    }
    for (size_t i = 0; i < TEST_COUNT(durations); i++) {
        tests[n++] = (struct CMUnitTest)ROW(durations[i], test_duration);
    }
    return TEST_MAIN(tests);
}
