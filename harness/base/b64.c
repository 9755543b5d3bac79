/*
 * base64, base64url and hex. Decoding accepts exactly what encoding makes (RFC 4648 3.5: the unused
 * bits must be zero), because a token that has two spellings has two signatures' worth of trouble.
 */
#include "harness/base/b64.h"

#include <string.h>

#include "harness/base/mem.h"

static const char plain_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_letters[] = "0123456789abcdef";

static char *encode(const uint8_t *p, size_t n, const char *letters, bool pad)
{
    char *text = xmalloc((n + 2) / 3 * 4 + 1);
    size_t len = 0;

    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i < 3 ? n - i : 3;
        uint32_t v = (uint32_t)p[i] << 16;
        v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        v |= left > 2 ? (uint32_t)p[i + 2] : 0;
        for (size_t k = 0; k < 4; k++) {
            if (k <= left) {
                text[len++] = letters[(v >> (18 - 6 * k)) & 63];
            } else if (pad) {
                text[len++] = '=';
            }
        }
    }
    text[len] = '\0';
    return text;
}

char *b64_encode(const void *p, size_t n)
{
    return encode(p, n, plain_letters, true);
}

char *b64url_encode(const void *p, size_t n)
{
    return encode(p, n, url_letters, false);
}

char *b64url_encode_padded(const void *p, size_t n)
{
    return encode(p, n, url_letters, true);
}

/* 0..63, or -1 for a byte outside the alphabet whose last two letters are c62 and c63. */
static int value_of(char c, char c62, char c63)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == c62) {
        return 62;
    }
    return c == c63 ? 63 : -1;
}

/* Text without padding to bytes. ret_bad gets the offset of the first letter that does not fit. */
static int decode(const char *s, size_t n, const char *letters, uint8_t **ret, size_t *ret_len,
                  size_t *ret_bad)
{
    AUTO(xfree) char *memory = xmalloc(n / 4 * 3 + 3);
    uint8_t *out = (uint8_t *)memory;
    size_t len = 0;
    uint32_t bits = 0;
    unsigned held = 0;

    for (size_t i = 0; i < n; i++) {
        int v = value_of(s[i], letters[62], letters[63]);
        if (v < 0) {
            *ret_bad = i;
            return -1;
        }
        bits = (bits << 6 | (uint32_t)v) & 0xffffU;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (uint8_t)(bits >> held);
        }
    }
    if (held == 6 || (bits & ((1U << held) - 1U)) != 0) {
        *ret_bad = n - 1;
        return -1;
    }
    out[len] = 0;
    *ret = out;
    *ret_len = len;
    memory = NULL;
    return 0;
}

int b64_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_len)
{
    size_t bad = 0;
    size_t pad = 0;

    if (n % 4 != 0) {
        return -1;
    }
    while (pad < 2 && pad < n && s[n - 1 - pad] == '=') {
        pad++;
    }
    return decode(s, n - pad, plain_letters, ret, ret_len, &bad);
}

int b64url_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_len, size_t *ret_bad_at)
{
    size_t bad = 0;

    if (decode(s, n, url_letters, ret, ret_len, &bad) < 0) {
        if (ret_bad_at) {
            *ret_bad_at = bad;
        }
        return -1;
    }
    return 0;
}

char *hex_encode(const void *p, size_t n)
{
    const uint8_t *bytes = p;
    char *text = xmalloc(n * 2 + 1);

    for (size_t i = 0; i < n; i++) {
        text[2 * i] = hex_letters[bytes[i] >> 4];
        text[2 * i + 1] = hex_letters[bytes[i] & 15];
    }
    text[n * 2] = '\0';
    return text;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int hex_decode(const char *s, size_t n, uint8_t **ret, size_t *ret_len, size_t *ret_bad_at)
{
    size_t bad = 0;

    while (bad < n && hex_value(s[bad]) >= 0) {
        bad++;
    }
    if (bad < n || n % 2 != 0) {
        if (ret_bad_at) {
            *ret_bad_at = bad;
        }
        return -1;
    }
    uint8_t *out = xmalloc(n / 2 + 1);
    for (size_t i = 0; i < n / 2; i++) {
        out[i] = (uint8_t)(hex_value(s[2 * i]) << 4 | hex_value(s[2 * i + 1]));
    }
    out[n / 2] = 0;
    *ret = out;
    *ret_len = n / 2;
    return 0;
}
