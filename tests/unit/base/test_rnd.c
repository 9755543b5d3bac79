/*
 * Seeded draws repeat and do not depend on the order of others; the system's do not repeat.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/rnd.h"

static void draw(struct rnd *r, const char *purpose, uint8_t out[16])
{
    rnd_fill(r, "dex", purpose, out, 16);
}

static void test_rnd__same_seed_same_draws(void **state)
{
    AUTO(rnd_free) struct rnd *a = rnd_new_seeded(7, "login/admin");
    AUTO(rnd_free) struct rnd *b = rnd_new_seeded(7, "login/admin");
    uint8_t x[16];
    uint8_t y[16];
    uint8_t first[16];

    draw(a, "state", first);
    draw(b, "nonce", x); /* another purpose in between changes nothing */
    draw(b, "state", y);
    assert_memory_equal(first, y, 16);
    draw(a, "state", x);
    draw(b, "state", y);
    assert_memory_equal(x, y, 16);
    assert_memory_not_equal(first, y, 16);
}

static void test_rnd__seed_scenario_party_and_purpose_count(void **state)
{
    AUTO(rnd_free) struct rnd *a = rnd_new_seeded(7, "login/admin");
    AUTO(rnd_free) struct rnd *other_seed = rnd_new_seeded(8, "login/admin");
    AUTO(rnd_free) struct rnd *other_scenario = rnd_new_seeded(7, "login/viewer");
    uint8_t x[16];
    uint8_t y[16];

    draw(a, "state", x);
    draw(other_seed, "state", y);
    assert_memory_not_equal(x, y, 16);
    draw(other_scenario, "state", y);
    assert_memory_not_equal(x, y, 16);
    draw(a, "nonce", y);
    assert_memory_not_equal(x, y, 16);
    rnd_fill(a, "argocd", "state", y, 16);
    assert_memory_not_equal(x, y, 16);
    rnd_fill(a, "de", "xstate", y, 16);
    assert_memory_not_equal(x, y, 16);
}

static void test_rnd__system_does_not_repeat(void **state)
{
    AUTO(rnd_free) struct rnd *a = rnd_new_system();
    uint8_t x[16];
    uint8_t y[16];

    draw(a, "state", x);
    draw(a, "state", y);
    assert_memory_not_equal(x, y, 16);
}

static void test_rnd_text__uses_the_alphabet_evenly(void **state)
{
    AUTO(rnd_free) struct rnd *r = rnd_new_seeded(1, "x");
    AUTO(xfree) char *text = rnd_text(r, "dex", "id", "abcdefghij", 10000);
    AUTO(xfree) char *none = rnd_text(r, "dex", "id", RND_HEX, 0);
    size_t counts[10] = {0};

    assert_int_equal(strlen(text), 10000);
    assert_int_equal(strspn(text, "abcdefghij"), 10000);
    for (size_t i = 0; i < 10000; i++) {
        counts[text[i] - 'a']++;
    }
    for (size_t i = 0; i < 10; i++) {
        assert_in_range(counts[i], 800, 1200);
    }
    assert_string_equal(none, "");
}

static void *draw_many(void *r)
{
    uint8_t out[16];

    for (int i = 0; i < 200; i++) {
        draw(r, "state", out);
    }
    return NULL;
}

static void test_rnd__threads_share_one_count(void **state)
{
    AUTO(rnd_free) struct rnd *a = rnd_new_seeded(7, "x");
    AUTO(rnd_free) struct rnd *b = rnd_new_seeded(7, "x");
    pthread_t threads[2];
    uint8_t x[16];
    uint8_t y[16];

    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, draw_many, a), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        (void)draw_many(b);
    }
    draw(a, "state", x);
    draw(b, "state", y);
    assert_memory_equal(x, y, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rnd__same_seed_same_draws),
        cmocka_unit_test(test_rnd__seed_scenario_party_and_purpose_count),
        cmocka_unit_test(test_rnd__system_does_not_repeat),
        cmocka_unit_test(test_rnd_text__uses_the_alphabet_evenly),
        cmocka_unit_test(test_rnd__threads_share_one_count),
    };

    return TEST_MAIN(tests);
}
