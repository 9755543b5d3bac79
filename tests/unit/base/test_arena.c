/*
 * The arena: alignment, zeroing, small and large pieces side by side.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/arena.h"

static void test_arena__pieces_are_aligned_zeroed_and_apart(void **state)
{
    AUTO(arena_free) struct arena *a = arena_new();
    unsigned char *before = NULL;

    for (size_t size = 0; size < 3000; size += 37) {
        unsigned char *p = arena_alloc(a, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 0xff, size);
        if (before) {
            assert_true(before[0] == 0xff);
        }
        before = size > 0 ? p : before;
    }
}

static void test_arena__large_first_then_small(void **state)
{
    AUTO(arena_free) struct arena *a = arena_new();
    char *large = arena_alloc(a, 100000);
    char *small = arena_strdup(a, "small");

    large[99999] = 'x';
    assert_string_equal(small, "small");
}

static void test_arena__texts(void **state)
{
    AUTO(arena_free) struct arena *a = arena_new();

    assert_null(arena_strdup(a, NULL));
    assert_null(arena_strndup(a, NULL, 3));
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    assert_string_equal(arena_printf(a, "%s=%d", "n", 42), "n=42");
    assert_null(arena_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena__pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(test_arena__large_first_then_small),
        cmocka_unit_test(test_arena__texts),
    };

    return TEST_MAIN(tests);
}
