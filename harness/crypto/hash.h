/*
 * Digests and MACs (OpenSSL EVP). Sizes in bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

enum hash_alg { HASH_SHA1, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_MD5, HASH_MAX_ };
#define HASH_SIZE_MAX 64

size_t hash_size(enum hash_alg alg);
/* Writes hash_size(alg) bytes. */
void hash_of(enum hash_alg alg, const void *p, size_t n, uint8_t out[HASH_SIZE_MAX]);
void hmac_of(enum hash_alg alg, const void *key, size_t key_len, const void *p, size_t n,
             uint8_t out[HASH_SIZE_MAX]);
/* Lower-case hex of the SHA-256 of a text; caller frees. */
char *hash_sha256_hex(const char *text);
/* In constant time for equal lengths (CRYPTO_memcmp). */
bool secret_equal(const void *a, size_t a_len, const void *b, size_t b_len);
bool secret_text_equal(const char *a, const char *b);
