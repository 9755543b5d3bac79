/*
 * Numbers of a JWK without their leading zeros, and how long they are. Makes no keys.
 */
#include "harness/jose/jwk_lenient.h"

#include <string.h>

#include "harness/base/b64.h"

struct number {
    uint8_t *bytes; /* NULL: absent, or no base64url */
    size_t len;
    size_t zeros; /* octets of zero before the number */
};

static void number_deinit(struct number *n)
{
    xfree(n->bytes);
}
DEFINE_AUTO_VALUE(struct number, number_deinit)

static void read_number(const struct js *jwk, const char *member, struct number *ret)
{
    const char *text = js_get_text(jwk, member);
    if (text == NULL || b64url_decode(text, strlen(text), &ret->bytes, &ret->len, NULL) != 0)
        return;
    while (ret->zeros < ret->len && ret->bytes[ret->zeros] == 0)
        ret->zeros++;
}

static void trim(struct js *jwk, const char *member)
{
    AUTO(number_deinit) struct number n = {0};
    read_number(jwk, member, &n);
    if (n.bytes == NULL || n.zeros == 0 || n.zeros == n.len)
        return;
    AUTO(xfree) char *text = b64url_encode(n.bytes + n.zeros, n.len - n.zeros);
    js_set_text(jwk, member, text);
}

struct js *jwk_trimmed(const struct js *jwk)
{
    struct js *copy = js_dup(jwk);
    trim(copy, "n");
    trim(copy, "e");
    return copy;
}

size_t jwk_rsa_bits(const struct js *jwk)
{
    AUTO(number_deinit) struct number n = {0};
    read_number(jwk, "n", &n);
    if (n.bytes == NULL || n.zeros == n.len)
        return 0;
    size_t bits = (n.len - n.zeros) * 8;
    for (unsigned mask = 0x80; (n.bytes[n.zeros] & mask) == 0; mask >>= 1)
        bits--;
    return bits;
}
