/*
 * Work shared by threads: each piece is done once, by one thread as by many, and all is done when
 * the call returns.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "harness/base/threads.h"

#define PIECES 200

struct heap_of_work {
    atomic_int next;
    atomic_int done[PIECES];
    atomic_int workers;
    pthread_t caller;
    atomic_int by_the_caller;
};

static void *take_all(void *ctx)
{
    struct heap_of_work *w = ctx;

    atomic_fetch_add(&w->workers, 1);
    if (pthread_equal(pthread_self(), w->caller))
        atomic_fetch_add(&w->by_the_caller, 1);
    for (int i; (i = atomic_fetch_add(&w->next, 1)) < PIECES;) {
        atomic_fetch_add(&w->done[i], 1);
    }
    return NULL;
}

static void expect_all_done_by(int n, int workers)
{
    struct heap_of_work w = {.caller = pthread_self()};

    threads_run(n, take_all, &w);
    for (int i = 0; i < PIECES; i++) {
        assert_int_equal(atomic_load(&w.done[i]), 1);
    }
    assert_int_equal(atomic_load(&w.workers), workers);
    assert_int_equal(atomic_load(&w.by_the_caller), 1);
}

static void test_threads__each_piece_is_done_once(void **state)
{
    (void)state;
    expect_all_done_by(4, 4);
    expect_all_done_by(2, 2);
}

static void test_threads__fewer_than_two_is_the_caller_alone(void **state)
{
    (void)state;
    expect_all_done_by(1, 1);
    expect_all_done_by(0, 1);
    expect_all_done_by(-3, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads__each_piece_is_done_once),
        cmocka_unit_test(test_threads__fewer_than_two_is_the_caller_alone),
    };

    return TEST_MAIN(tests);
}
