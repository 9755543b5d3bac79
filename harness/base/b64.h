/*
 * base64, base64url (RFC 4648 4 and 5) and hex. Decoding is strict: no white space, no stray bits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

char *b64_encode(const void *p, size_t n);    /* with padding; caller frees */
char *b64url_encode(const void *p, size_t n); /* without padding; caller frees */
char *b64url_encode_padded(const void *p, size_t n);
/* The decoded bytes plus a NUL; -1 when the text is not canonical. ret_bad_at (may be NULL) gets
 * the byte offset. */
int b64_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_len) MUST_USE;
int b64url_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_len, size_t *ret_bad_at)
    MUST_USE;
char *hex_encode(const void *p, size_t n); /* lower case; caller frees */
int hex_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_len, size_t *ret_bad_at)
    MUST_USE;
