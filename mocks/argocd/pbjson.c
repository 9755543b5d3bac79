/*
 * The wire format of protocol buffers, proto3, strings, bools and messages only. Knows no message.
 */
#include "mocks/argocd/pbjson.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static void put_varint(struct buf *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        buf_addc(out, (char)((v & 0x7f) | 0x80));
    buf_addc(out, (char)v);
}

static void put_bytes(struct buf *out, unsigned number, const void *p, size_t n)
{
    put_varint(out, (uint64_t)number << 3 | WIRE_BYTES);
    put_varint(out, n);
    buf_add(out, p, n);
}

static void put_value(struct buf *out, const struct js *value, const struct pb_field *f);

static void put_message(struct buf *out, const struct js *value, const struct pb_field *f)
{
    static const struct pb_field none[] = {{NULL, 0, NULL}};
    AUTO(buf_deinit) struct buf inner = {0};
    buf_init(&inner, BUF_MAX_TEXT);
    pb_write(&inner, value, f->fields != NULL ? f->fields : none);
    put_bytes(out, f->number, inner.ptr, inner.len);
}

static void put_list(struct buf *out, const struct js *list, const struct pb_field *f)
{
    for (size_t i = 0; i < js_len(list); i++)
        put_value(out, js_at(list, i), f);
}

static void put_value(struct buf *out, const struct js *value, const struct pb_field *f)
{
    const char *text = js_text(value);
    if (text != NULL) {
        put_bytes(out, f->number, text, strlen(text));
    } else if (js_is(value, JS_TRUE)) {
        put_varint(out, (uint64_t)f->number << 3 | WIRE_VARINT);
        put_varint(out, 1);
    } else if (js_is(value, JS_OBJECT)) {
        put_message(out, value, f);
    } else if (js_is(value, JS_ARRAY)) {
        put_list(out, value, f);
    }
}

void pb_write(struct buf *out, const struct js *message, const struct pb_field *fields)
{
    for (; fields->name != NULL; fields++)
        put_value(out, js_get(message, fields->name), fields);
}

/* ---- reading ---- */

struct reader {
    const unsigned char *at;
    size_t left;
};

static bool take_varint(struct reader *r, uint64_t *ret)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64 && r->left > 0; shift += 7) {
        unsigned char c = *r->at++;
        r->left--;
        v |= (uint64_t)(c & 0x7f) << shift;
        if ((c & 0x80) == 0) {
            *ret = v;
            return true;
        }
    }
    return false;
}

static bool take_bytes(struct reader *r, size_t n, const unsigned char **ret)
{
    if (n > r->left)
        return false;
    *ret = r->at;
    r->at += n;
    r->left -= n;
    return true;
}

static size_t fixed_size(uint64_t type)
{
    return type == WIRE_FIXED64 ? 8 : type == WIRE_FIXED32 ? 4 : 0;
}

/* One field; texts with a wanted number are kept, the last of a number wins. */
static bool take_field(struct reader *r, char **ret, size_t count)
{
    uint64_t key = 0;
    uint64_t n = 0;
    const unsigned char *bytes = NULL;
    if (!take_varint(r, &key))
        return false;
    uint64_t type = key & 7;
    if (type == WIRE_VARINT)
        return take_varint(r, &n);
    if (fixed_size(type) > 0)
        return take_bytes(r, fixed_size(type), &bytes);
    if (type != WIRE_BYTES || !take_varint(r, &n) || !take_bytes(r, (size_t)n, &bytes))
        return false;
    uint64_t number = key >> 3;
    if (number < 1 || number > count)
        return true;
    xfree(ret[number - 1]);
    ret[number - 1] = xmalloc((size_t)n + 1);
    memcpy(ret[number - 1], bytes, (size_t)n);
    ret[number - 1][n] = '\0';
    return true;
}

int pb_read_texts(const void *p, size_t n, char **ret, size_t count, struct err *err)
{
    struct reader r = {p, n};
    for (size_t i = 0; i < count; i++)
        ret[i] = xstrdup("");
    while (r.left > 0) {
        if (take_field(&r, ret, count))
            continue;
        for (size_t i = 0; i < count; i++)
            ret[i] = xfree(ret[i]);
        return err_set(err, ERR_PARSE, "no protocol buffer message at byte %zu", n - r.left);
    }
    return 0;
}
