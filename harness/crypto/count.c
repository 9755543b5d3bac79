/*
 * The process-wide counters of costly operations. Relaxed atomics: they are sums for the bench and
 * order nothing.
 */
#include "harness/crypto/count.h"

#include <assert.h>
#include <stdatomic.h>

static atomic_uint_least64_t counters[CRYPTO_OP_MAX_];

void crypto_count(enum crypto_op op)
{
    assert(op < CRYPTO_OP_MAX_);
    atomic_fetch_add_explicit(&counters[op], 1, memory_order_relaxed);
}

uint64_t crypto_counted(enum crypto_op op)
{
    assert(op < CRYPTO_OP_MAX_);
    return atomic_load_explicit(&counters[op], memory_order_relaxed);
}
