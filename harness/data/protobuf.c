/*
 * Protobuf wire format for exactly one kind of message: fields 1 and 2, both strings
 * (dex.md 6.3: `0A` length bytes, `12` length bytes, an empty string left out). It knows nothing
 * of what the strings mean.
 */
#include "harness/data/protobuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/mem.h"

#define TAG_FIRST 0x0A
#define TAG_SECOND 0x12
#define PAIR_MAX (64UL * 1024)

static void add_varint(struct buf *b, size_t v)
{
    while (v >= 0x80) {
        buf_addc(b, (char)(unsigned char)((v & 0x7F) | 0x80));
        v >>= 7;
    }
    buf_addc(b, (char)(unsigned char)v);
}

static void add_string(struct buf *b, int tag, const char *s)
{
    size_t n = strlen(s);
    if (n == 0)
        return;
    buf_addc(b, (char)(unsigned char)tag);
    add_varint(b, n);
    buf_add(b, s, n);
}

char *protobuf_pair_encode(const char *a, const char *b)
{
    AUTO(buf_deinit) struct buf out = {0};
    buf_init(&out, BUF_MAX_TEXT);
    add_string(&out, TAG_FIRST, a);
    add_string(&out, TAG_SECOND, b);
    return b64url_encode(out.ptr, out.len);
}

struct reader {
    const uint8_t *p;
    size_t left;
};

static bool read_varint(struct reader *r, size_t *ret)
{
    size_t v = 0;
    for (unsigned shift = 0; shift < 35 && r->left > 0; shift += 7) {
        uint8_t c = *r->p++;
        r->left--;
        v |= (size_t)(c & 0x7F) << shift;
        if ((c & 0x80) == 0) {
            *ret = v;
            return true;
        }
    }
    return false;
}

/* A later field of the same number wins, as in every protobuf reader. */
static bool read_field(struct reader *r, char **ret_a, char **ret_b)
{
    size_t tag = 0;
    size_t len = 0;
    if (!read_varint(r, &tag) || (tag != TAG_FIRST && tag != TAG_SECOND))
        return false;
    if (!read_varint(r, &len) || len > r->left || memchr(r->p, 0, len) != NULL)
        return false;
    char **slot = tag == TAG_FIRST ? ret_a : ret_b;
    xfree(*slot);
    *slot = xstrndup((const char *)r->p, len);
    r->p += len;
    r->left -= len;
    return true;
}

int protobuf_pair_decode(const char *text, char **ret_a, char **ret_b)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    size_t n = strlen(text);
    if (n > PAIR_MAX || b64url_decode(text, n, &bytes, &len, NULL) != 0)
        return -1;
    char *a = xstrdup("");
    char *b = xstrdup("");
    struct reader r = {.p = bytes, .left = len};
    bool ok = true;
    while (ok && r.left > 0)
        ok = read_field(&r, &a, &b);
    xfree(bytes);
    if (!ok) {
        xfree(a);
        xfree(b);
        return -1;
    }
    *ret_a = a;
    *ret_b = b;
    return 0;
}
