/*
 * The growing buffer: growth, the maximum that is remembered, handing over.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"

static void test_buf__grows_and_ends_with_nul(void **state)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, BUF_MAX_TEXT);
    assert_string_equal(b.ptr, "");
    for (int i = 0; i < 1000; i++) {
        buf_addf(&b, "%d,", i % 10);
    }
    assert_int_equal(b.len, 2000);
    assert_int_equal(strlen(b.ptr), 2000);
    assert_true(buf_ok(&b));
}

static void test_buf__exactly_the_maximum_fits(void **state)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, 4);
    buf_adds(&b, "abcd");
    assert_true(buf_ok(&b));
    assert_string_equal(b.ptr, "abcd");
}

static void test_buf__over_the_maximum_is_remembered(void **state)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, 4);
    buf_adds(&b, "abc");
    buf_adds(&b, "de");
    buf_addc(&b, 'f');
    assert_false(buf_ok(&b));
    assert_string_equal(b.ptr, "abc");
    buf_reset(&b);
    buf_addf(&b, "%s", "xy");
    assert_true(buf_ok(&b));
    buf_addf(&b, "%s", "zzz");
    assert_false(buf_ok(&b));
}

static void test_buf_take__leaves_an_empty_buffer(void **state)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, 100);
    buf_add(&b, "a\0b", 3);
    AUTO(xfree) char *taken = buf_take(&b);
    assert_memory_equal(taken, "a\0b", 4);
    assert_int_equal(b.len, 0);
    buf_adds(&b, "again");
    assert_string_equal(b.ptr, "again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf__grows_and_ends_with_nul),
        cmocka_unit_test(test_buf__exactly_the_maximum_fits),
        cmocka_unit_test(test_buf__over_the_maximum_is_remembered),
        cmocka_unit_test(test_buf_take__leaves_an_empty_buffer),
    };

    return TEST_MAIN(tests);
}
