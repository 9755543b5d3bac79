/*
 * The mock Dex's memory storage: what expires, what is collected when, and that it cannot grow
 * without end.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/dex/store.h"

#define MINUTE_MS INT64_C(60000)

struct fixture {
    struct clock *clock;
    struct dex_store *store;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->store = dex_store_new(f->clock);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    dex_store_free(f->store);
    clock_free(f->clock);
    xfree(f);
    return 0;
}

static void set(char **slot, const char *text)
{
    xfree(*slot);
    *slot = xstrdup(text);
}

static struct dex_session *session(struct fixture *f, const char *id, int64_t lifetime_ms)
{
    struct dex_session *s = dex_session_new();
    set(&s->id, id);
    s->expires_ms = lifetime_ms > 0 ? clock_now_ms(f->clock) + lifetime_ms : 0;
    return s;
}

static void test_store__put_get_remove(void **state)
{
    struct fixture *f = *state;
    dex_store_put(f->store, DEX_CODES, session(f, "a", MINUTE_MS));
    assert_non_null(dex_store_get(f->store, DEX_CODES, "a"));
    assert_null(dex_store_get(f->store, DEX_REQUESTS, "a"));
    assert_true(dex_store_remove(f->store, DEX_CODES, "a"));
    assert_false(dex_store_remove(f->store, DEX_CODES, "a"));
    assert_null(dex_store_get(f->store, DEX_CODES, "a"));
}

static void test_store__put_replaces(void **state)
{
    struct fixture *f = *state;
    struct dex_session *second = session(f, "a", MINUTE_MS);
    set(&second->state, "second");
    dex_store_put(f->store, DEX_CODES, session(f, "a", MINUTE_MS));
    dex_store_put(f->store, DEX_CODES, second);
    assert_string_equal(dex_store_get(f->store, DEX_CODES, "a")->state, "second");
}

/* dex.md 6.6: expired is not yet collected, and the answers differ. */
static void test_store__collected_five_minutes_after_expiry(void **state)
{
    struct fixture *f = *state;
    dex_store_put(f->store, DEX_CODES, session(f, "a", 30 * MINUTE_MS));
    clock_advance_ms(f->clock, 35 * MINUTE_MS - 1);
    assert_non_null(dex_store_get(f->store, DEX_CODES, "a"));
    clock_advance_ms(f->clock, 1);
    assert_null(dex_store_get(f->store, DEX_CODES, "a"));
}

static void test_store__without_expiry_it_stays(void **state)
{
    struct fixture *f = *state;
    dex_store_put(f->store, DEX_REFRESH, session(f, "a", 0));
    clock_advance_ms(f->clock, 1000000 * MINUTE_MS);
    assert_non_null(dex_store_get(f->store, DEX_REFRESH, "a"));
}

static void test_store__the_oldest_go_at_the_cap(void **state)
{
    struct fixture *f = *state;
    size_t kept = 0;
    for (int i = 0; i < 10000; i++) {
        AUTO(xfree) char *id = xasprintf("s%d", i);
        dex_store_put(f->store, DEX_REQUESTS, session(f, id, MINUTE_MS));
    }
    for (int i = 0; i < 10000; i++) {
        AUTO(xfree) char *id = xasprintf("s%d", i);
        kept += dex_store_get(f->store, DEX_REQUESTS, id) != NULL;
    }
    assert_int_equal(kept, 8192);
    assert_null(dex_store_get(f->store, DEX_REQUESTS, "s0"));
    assert_non_null(dex_store_get(f->store, DEX_REQUESTS, "s9999"));
}

static void count_told(void *ctx, const char *what, size_t max, size_t n)
{
    size_t *times = ctx;
    assert_string_equal(what, "auth requests");
    assert_int_equal(max, 8192);
    assert_int_equal(n, ++*times);
}

static void test_store__tells_of_what_went_before_its_time(void **state)
{
    struct fixture *f = *state;
    size_t times = 0;
    dex_store_watch(f->store, count_told, &times);
    for (int i = 0; i < 8192 + 3; i++) {
        AUTO(xfree) char *id = xasprintf("s%d", i);
        dex_store_put(f->store, DEX_REQUESTS, session(f, id, MINUTE_MS));
    }
    assert_int_equal(times, 3);
    assert_int_equal(dex_store_evicted(f->store), 3);
    clock_advance_ms(f->clock, 10 * MINUTE_MS);
    dex_store_put(f->store, DEX_REQUESTS, session(f, "late", MINUTE_MS));
    assert_int_equal(times, 3); /* what was collected had its time */
    assert_int_equal(dex_store_len(f->store, DEX_REQUESTS), 1);
}

static bool is_number_2(const struct dex_session *s, const void *id)
{
    return strcmp(s->id, id) == 0;
}

static void test_store__removes_by_condition(void **state)
{
    struct fixture *f = *state;
    dex_store_put(f->store, DEX_CODES, session(f, "1", MINUTE_MS));
    dex_store_put(f->store, DEX_CODES, session(f, "2", MINUTE_MS));
    assert_int_equal(dex_store_remove_if(f->store, DEX_REQUESTS, is_number_2, "2"), 0);
    assert_int_equal(dex_store_remove_if(f->store, DEX_CODES, is_number_2, "2"), 1);
    assert_null(dex_store_get(f->store, DEX_CODES, "2"));
    assert_non_null(dex_store_get(f->store, DEX_CODES, "1"));
}

static struct dex_session *refresh(struct fixture *f, const char *id, const char *user,
                                   const char *client)
{
    struct dex_session *s = session(f, id, 0);
    set(&s->identity.user_id, user);
    set(&s->connector_id, "authentik");
    set(&s->client_id, client);
    return s;
}

static void test_refresh__one_for_each_user_connector_client(void **state)
{
    struct fixture *f = *state;
    dex_offline_set(f->store, "alice", "authentik", "up");
    dex_offline_set(f->store, "bob", "authentik", "up");
    dex_refresh_put(f->store, refresh(f, "1", "alice", "cli"));
    dex_refresh_put(f->store, refresh(f, "2", "bob", "cli"));
    dex_refresh_put(f->store, refresh(f, "3", "alice", "web"));
    dex_refresh_put(f->store, refresh(f, "4", "alice", "cli"));
    assert_null(dex_store_get(f->store, DEX_REFRESH, "1"));
    assert_non_null(dex_store_get(f->store, DEX_REFRESH, "2"));
    assert_non_null(dex_store_get(f->store, DEX_REFRESH, "3"));
    assert_non_null(dex_store_get(f->store, DEX_REFRESH, "4"));
}

static void test_offline__keyed_by_user_and_connector(void **state)
{
    struct fixture *f = *state;
    dex_offline_set(f->store, "a:b", "c", "first");
    dex_offline_set(f->store, "a", "b:c", "second");
    assert_string_equal(dex_offline_get(f->store, "a:b", "c"), "first");
    assert_string_equal(dex_offline_get(f->store, "a", "b:c"), "second");
    dex_offline_set(f->store, "a", "b:c", "third");
    assert_string_equal(dex_offline_get(f->store, "a", "b:c"), "third");
    assert_null(dex_offline_get(f->store, "nobody", "c"));
}

static void test_session__dup_is_deep(void **state)
{
    struct dex_session *s = dex_session_new();
    set(&s->identity.email, "a@b");
    strlist_add(&s->identity.groups, "g");
    strlist_add(&s->scopes, "openid");
    AUTO(dex_session_free) struct dex_session *copy = dex_session_dup(s);
    dex_session_free(s);
    assert_string_equal(copy->identity.email, "a@b");
    assert_string_equal(copy->identity.groups.items[0], "g");
    assert_string_equal(copy->scopes.items[0], "openid");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_store__put_get_remove),
        TEST(test_store__put_replaces),
        TEST(test_store__collected_five_minutes_after_expiry),
        TEST(test_store__without_expiry_it_stays),
        TEST(test_store__the_oldest_go_at_the_cap),
        TEST(test_store__tells_of_what_went_before_its_time),
        TEST(test_store__removes_by_condition),
        TEST(test_refresh__one_for_each_user_connector_client),
        TEST(test_offline__keyed_by_user_and_connector),
        cmocka_unit_test(test_session__dup_is_deep),
    };
    return TEST_MAIN(tests);
}
