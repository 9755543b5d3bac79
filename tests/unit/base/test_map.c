/*
 * A map by text: the first of a key stays, others are not found.
 */
#include "tests/support/test.h"

#include "harness/base/map.h"

static void test_map__first_stays(void **state)
{
    AUTO(map_deinit) struct map m = {0};
    int one = 1, two = 2;

    (void)state;
    assert_null(map_get(&m, "a"));
    assert_true(map_add(&m, "a", &one));
    assert_false(map_add(&m, "a", &two));
    assert_true(map_add(&m, "", &two));
    assert_ptr_equal(map_get(&m, "a"), &one);
    assert_ptr_equal(map_get(&m, ""), &two);
    assert_null(map_get(&m, "A"));
    assert_null(map_get(&m, NULL));
}

static void test_map__many(void **state)
{
    AUTO(map_deinit) struct map m = {0};
    static char keys[1000][8];

    (void)state;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%d", i * 7 % 1000);
        assert_true(map_add(&m, keys[i], keys[i]));
    }
    for (int i = 0; i < 1000; i++) {
        assert_ptr_equal(map_get(&m, keys[i]), keys[i]);
    }
    map_deinit(&m);
    assert_null(map_get(&m, "1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_map__first_stays),
        cmocka_unit_test(test_map__many),
    };

    return TEST_MAIN(tests);
}
