/*
 * What all mocks say alike.
 */
#include "mocks/common/mock.h"

#include "harness/base/log.h"

void mock_tell_eviction(const struct mock_env *env, const char *party, const char *what, size_t max,
                        size_t n)
{
    trace_log(
        env->trace, party, "warning",
        "mock: a store of %zu %s is full, the oldest was dropped before its time (%zu so far)", max,
        what, n);
    if ((n & (n - 1)) == 0)
        log_print(LOG_WARN, party,
                  "a store of %zu %s is full, the oldest was dropped before its time (%zu so far)",
                  max, what, n);
}
