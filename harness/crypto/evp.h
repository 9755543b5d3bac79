/*
 * What the files of this unit share: digests fetched once (a fetch costs more than hashing a token)
 * and OpenSSL's reason as an error. Not for other units: the only OpenSSL types that leave crypto
 * are its own wrappers.
 */
#pragma once

#include <openssl/evp.h>

#include "harness/base/err.h"
#include "harness/crypto/hash.h"

/* Lives as long as the process. */
const EVP_MD *evp_md(enum hash_alg alg);
/* "what: OpenSSL's reason" as ERR_CRYPTO; empties OpenSSL's queue of the thread. Returns -1. */
int evp_err(struct err *err, const char *what);
