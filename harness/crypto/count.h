/*
 * How many costly operations this process did: the bench and the suite's floor are made of these.
 */
#pragma once

#include <stdint.h>

enum crypto_op {
    CRYPTO_SIGN_RSA2048,
    CRYPTO_SIGN_RSA4096,
    CRYPTO_SIGN_EC,
    CRYPTO_SIGN_HMAC,
    CRYPTO_SIGN_OTHER,
    CRYPTO_VERIFY_RSA,
    CRYPTO_VERIFY_EC,
    CRYPTO_VERIFY_HMAC,
    CRYPTO_VERIFY_OTHER,
    CRYPTO_SCRYPT,
    CRYPTO_TLS_HANDSHAKE /* counted by http: one for each accepted connection */,
    CRYPTO_HTTP_EXCHANGE /* counted by http: one for each answered request */,
    CRYPTO_OP_MAX_
};

void crypto_count(enum crypto_op op);
uint64_t crypto_counted(enum crypto_op op);
