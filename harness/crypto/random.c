/*
 * OpenSSL's generator for secrets. Without randomness nothing that follows would be worth its name,
 * so a failure ends the program instead of burdening every caller.
 */
#include "harness/crypto/random.h"

#include <assert.h>

#include <openssl/rand.h>

void random_fill(void *out, size_t n)
{
    int ok = RAND_priv_bytes_ex(NULL, out, n, 0);
    assert(ok == 1);
    (void)ok;
}
