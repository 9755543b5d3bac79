/*
 * The two lists: growth, order, search, joining.
 */
#include "tests/support/test.h"

#include "harness/base/vec.h"

static void test_vec__keeps_order_while_growing(void **state)
{
    AUTO(vec_deinit) struct vec v = {0};
    int items[50];

    for (int i = 0; i < 50; i++) {
        vec_push(&v, &items[i]);
    }
    assert_int_equal(v.len, 50);
    assert_ptr_equal(v.items[49], &items[49]);
}

static void test_strlist__copies_sorts_and_joins(void **state)
{
    AUTO(strlist_deinit) struct strlist l = {0};
    AUTO(xfree) char *empty = strlist_join(&l, ", ");

    strlist_add(&l, "b");
    strlist_take(&l, xstrdup("B"));
    strlist_add(&l, "a");
    strlist_sort(&l);
    AUTO(xfree) char *joined = strlist_join(&l, ", ");
    assert_string_equal(empty, "");
    assert_string_equal(joined, "B, a, b");
    assert_true(strlist_has(&l, "a"));
    assert_false(strlist_has(&l, "A"));
}

static void test_strlist__sets_with_the_same_members_read_the_same(void **state)
{
    static const char *const one[] = {"b", "a"}, *const other[] = {"a", "b"};
    AUTO(xfree) char *first = strlist_set_text(one, 2);
    AUTO(xfree) char *second = strlist_set_text(other, 2);
    AUTO(xfree) char *none = strlist_set_text(NULL, 0);

    (void)state;
    assert_string_equal(first, "[a, b]");
    assert_string_equal(second, first);
    assert_string_equal(none, "[]");
    assert_string_equal(one[0], "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vec__keeps_order_while_growing),
        cmocka_unit_test(test_strlist__copies_sorts_and_joins),
        cmocka_unit_test(test_strlist__sets_with_the_same_members_read_the_same),
    };

    return TEST_MAIN(tests);
}
