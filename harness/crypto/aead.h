/*
 * AES-256-GCM as Argo CD uses it for its state cookie, and the scrypt key behind it
 * (reference/argocd.md 1.5: nonce(12) || ciphertext || tag(16); N=16384 r=8 p=1).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

#define AEAD_KEY 32
#define AEAD_NONCE 12
#define AEAD_TAG 16

/* scrypt(password, salt = SHA-256(password)): about 30 ms and 17 MB, so the result for a password
 * is kept for the life of the process and counted once. */
int kdf_argocd_key(const char *server_secretkey, uint8_t ret_key[AEAD_KEY], struct err *err)
    MUST_USE;
/* scrypt (RFC 7914) itself; every call is counted. At most 64 MiB of memory. */
struct kdf_scrypt {
    const void *password;
    size_t password_len;
    const void *salt;
    size_t salt_len;
    uint64_t n;
    uint32_t r;
    uint32_t p;
};
int kdf_scrypt(const struct kdf_scrypt *in, uint8_t *ret_key, size_t key_len, struct err *err)
    MUST_USE;
/* nonce || ciphertext || tag; caller frees. */
int aead_seal(const uint8_t key[AEAD_KEY], const uint8_t nonce[AEAD_NONCE], const void *p, size_t n,
              uint8_t **ret, size_t *ret_len, struct err *err) MUST_USE;
/* -1 with ERR_CRYPTO when it does not authenticate. The plain text gets a NUL. */
int aead_open(const uint8_t key[AEAD_KEY], const void *p, size_t n, char **ret, size_t *ret_len,
              struct err *err) MUST_USE;
