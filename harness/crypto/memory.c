/*
 * The allocator handed to OpenSSL. CRYPTO_realloc(NULL, n) allocates, CRYPTO_realloc(p, 0) frees
 * and gives NULL (OPENSSL_malloc(3)).
 */
#include "harness/crypto/memory.h"

#include <openssl/crypto.h>

#include "harness/base/mem.h"

static void *take(size_t size, const char *file, int line)
{
    return size == 0 ? NULL : xmalloc(size);
}

static void give_back(void *p, const char *file, int line)
{
    xfree(p);
}

static void *resize(void *p, size_t size, const char *file, int line)
{
    return size == 0 ? xfree(p) : xrealloc(p, size);
}

void crypto_use_own_memory(void)
{
    (void)CRYPTO_set_mem_functions(take, resize, give_back);
}
