/*
 * The inside of a key, for pkey.c, parts.c, sign.c and certificate.c only. What changes behind an
 * immutable key (idle contexts, certificates made) is kept apart, under one lock.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "harness/crypto/pkey.h"

enum sign_use { SIGN_USE_SIGN, SIGN_USE_VERIFY, SIGN_USE_MAX_ };

/* A context made ready for one scheme and hash. Making one costs about as much as a P-256
 * signature, so they are handed back and used again. */
struct sign_ctx {
    EVP_PKEY_CTX *evp;
    struct sign_ctx *next;
};

struct pkey_certificate {
    char *common_name;
    uint8_t *der;
    size_t der_len;
    struct pkey_certificate *next;
};

struct pkey_state {
    pthread_mutex_t lock;
    struct sign_ctx *idle[SIGN_USE_MAX_][SIGN_SCHEME_MAX_][HASH_MAX_];
    struct pkey_certificate *certificates;
};

struct pkey {
    EVP_PKEY *evp;
    enum pkey_kind kind;
    bool is_private;
    unsigned bits;
    struct pkey_state *state;
};

/* Takes over evp, also when it fails: kinds this harness does not know are refused. */
int pkey_wrap(EVP_PKEY *evp, struct pkey **ret, struct err *err) MUST_USE;
const char *pkey_group_name(enum pkey_kind kind);         /* OpenSSL's; NULL when it is no EC key */
const char *pkey_type_name(enum pkey_kind kind);          /* OpenSSL's */
void sign_count(const struct pkey *k, enum sign_use use); /* by kind and size */
