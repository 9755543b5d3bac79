/*
 * Authenticated content encryption of RFC 7518 5: AES-CBC with HMAC (5.2) and AES-GCM (5.3). Knows
 * sizes and bytes; what a JWE is, is jose's business.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

enum content_alg {
    CONTENT_A128CBC_HS256,
    CONTENT_A192CBC_HS384,
    CONTENT_A256CBC_HS512,
    CONTENT_A128GCM,
    CONTENT_A192GCM,
    CONTENT_A256GCM,
    CONTENT_ALG_MAX_
};

#define CONTENT_KEY_MAX 64
#define CONTENT_IV_MAX 16
#define CONTENT_TAG_MAX 32

size_t content_key_size(enum content_alg alg);
size_t content_iv_size(enum content_alg alg);
size_t content_tag_size(enum content_alg alg);
/* Whether a cipher text can have that length: whole blocks and at least one for CBC, any for GCM.
 */
bool content_length_fits(enum content_alg alg, size_t n);

/* Key and vector have the sizes of the algorithm; all is borrowed. */
struct content_in {
    enum content_alg alg;
    const uint8_t *key;
    const uint8_t *iv;
    const void *aad;
    size_t aad_len;
};

/* Cipher text (caller frees) and tag of content_tag_size bytes. Fails for texts of more than 1 GiB
 * only. */
int content_seal(const struct content_in *in, const void *p, size_t n, uint8_t **ret,
                 size_t *ret_len, uint8_t ret_tag[CONTENT_TAG_MAX], struct err *err) MUST_USE;
/* The plain text with a NUL behind it (caller frees). False when the tag, the padding or a length
 * is wrong, without telling which (RFC 7516 11.5): nothing is decrypted before the tag of
 * AES-CBC with HMAC held, and nothing unauthenticated is handed out. */
bool content_open(const struct content_in *in, const void *p, size_t n, const uint8_t *tag,
                  size_t tag_len, char **ret, size_t *ret_len);
