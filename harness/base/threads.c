/*
 * Threads for the length of one call.
 */
#include "harness/base/threads.h"

#include <pthread.h>
#include <stddef.h>

#include "harness/base/mem.h"

void threads_run(int n, void *(*work)(void *ctx), void *ctx)
{
    size_t more = n > 1 ? (size_t)n - 1 : 0;
    size_t started = 0;
    pthread_t *threads = xcalloc(more + 1, sizeof *threads);

    while (started < more && pthread_create(&threads[started], NULL, work, ctx) == 0) {
        started++;
    }
    (void)work(ctx);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    xfree(threads);
}
