/*
 * The bounded table: look-up, replacement, expiry, and that it never grows.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/mem.h"
#include "mocks/authentik/store.h"

static size_t alive;

static void free_item(struct store_item *item)
{
    alive--;
    xfree(item->key);
    xfree(item);
}

static void put(struct store *s, const char *key, int64_t expires_s, int64_t now_s)
{
    struct store_item *item = xcalloc(1, sizeof(*item));
    item->key = xstrdup(key);
    item->expires_s = expires_s;
    alive++;
    ak_store_put(s, item, now_s);
}

static void test_store__finds_and_replaces(void **state)
{
    (void)state;
    struct store s;
    ak_store_init(&s, 8, free_item);
    assert_null(ak_store_get(&s, "a"));
    put(&s, "a", 10, 0);
    put(&s, "b", 20, 0);
    put(&s, "a", 30, 0);
    assert_int_equal(s.len, 2);
    assert_int_equal(ak_store_get(&s, "a")->expires_s, 30);
    assert_null(ak_store_get(&s, NULL));
    ak_store_remove(&s, "a");
    ak_store_remove(&s, "unknown");
    assert_null(ak_store_get(&s, "a"));
    assert_non_null(ak_store_get(&s, "b"));
    ak_store_deinit(&s);
    assert_int_equal(alive, 0);
}

static void test_store__never_grows(void **state)
{
    (void)state;
    struct store s;
    ak_store_init(&s, 16, free_item);
    for (int i = 0; i < 5000; i++) {
        AUTO(xfree) char *key = xasprintf("key-%d", i);
        put(&s, key, 1000000, i);
        assert_true(s.len <= 16);
        assert_non_null(ak_store_get(&s, key));
    }
    assert_null(ak_store_get(&s, "key-0"));
    assert_non_null(ak_store_get(&s, "key-4984"));
    assert_int_equal(alive, 16);
    ak_store_deinit(&s);
}

/* More items than a store begins with buckets for: each is found, and none after its removal. */
static void test_store__holds_ten_thousand(void **state)
{
    (void)state;
    struct store s;
    ak_store_init(&s, 16384, free_item);
    for (int i = 0; i < 10000; i++) {
        AUTO(xfree) char *key = xasprintf("key-%d", i);
        put(&s, key, 1000000, 0);
    }
    assert_int_equal(s.len, 10000);
    for (int i = 0; i < 10000; i++) {
        AUTO(xfree) char *key = xasprintf("key-%d", i);
        assert_non_null(ak_store_get(&s, key));
        ak_store_remove(&s, key);
        assert_null(ak_store_get(&s, key));
    }
    assert_int_equal(s.len, 0);
    ak_store_deinit(&s);
    assert_int_equal(alive, 0);
}

static void test_store__drops_expired_when_half_full(void **state)
{
    (void)state;
    struct store s;
    ak_store_init(&s, 8, free_item);
    put(&s, "a", 10, 0);
    put(&s, "b", 11, 0);
    put(&s, "c", 50, 0);
    put(&s, "d", 50, 20); /* three in eight: what has expired may stay */
    assert_non_null(ak_store_get(&s, "a"));
    put(&s, "e", 50, 20);
    assert_null(ak_store_get(&s, "a"));
    assert_non_null(ak_store_get(&s, "c"));
    ak_store_deinit(&s);
}

static int is_b(const struct store_item *item, const void *ctx)
{
    return strcmp(item->key, ctx) == 0;
}

static void test_store__removes_by_condition(void **state)
{
    (void)state;
    struct store s;
    ak_store_init(&s, 8, free_item);
    put(&s, "a", 10, 0);
    put(&s, "b", 10, 0);
    assert_int_equal(ak_store_remove_if(&s, is_b, "x"), 0);
    assert_int_equal(ak_store_remove_if(&s, is_b, "b"), 1);
    assert_null(ak_store_get(&s, "b"));
    assert_non_null(ak_store_get(&s, "a"));
    ak_store_deinit(&s);
}

struct told {
    size_t times;
    size_t max;
    const char *what;
};

static void note_told(void *ctx, const struct store *s)
{
    struct told *t = ctx;
    t->times++;
    t->max = s->max;
    t->what = s->what;
}

/* What goes before its time is told; what has expired, or is taken away, is not. */
static void test_store__tells_of_what_went_before_its_time(void **state)
{
    (void)state;
    struct store s;
    struct told told = {0};
    ak_store_init(&s, 4, free_item);
    ak_store_watch(&s, "sessions", note_told, &told);
    for (int i = 0; i < 4; i++) {
        AUTO(xfree) char *key = xasprintf("old-%d", i);
        put(&s, key, 10, 0);
    }
    put(&s, "after they expired", 50, 10);
    ak_store_remove(&s, "after they expired");
    assert_int_equal(told.times, 0);
    for (int i = 0; i < 6; i++) {
        AUTO(xfree) char *key = xasprintf("new-%d", i);
        put(&s, key, 50, 20);
    }
    assert_int_equal(told.times, 2);
    assert_int_equal(s.evicted, 2);
    assert_int_equal(told.max, 4);
    assert_string_equal(told.what, "sessions");
    assert_null(ak_store_get(&s, "new-1"));
    assert_non_null(ak_store_get(&s, "new-2"));
    ak_store_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store__finds_and_replaces),
        cmocka_unit_test(test_store__never_grows),
        cmocka_unit_test(test_store__holds_ten_thousand),
        cmocka_unit_test(test_store__drops_expired_when_half_full),
        cmocka_unit_test(test_store__removes_by_condition),
        cmocka_unit_test(test_store__tells_of_what_went_before_its_time),
    };
    return TEST_MAIN(tests);
}
