/*
 * UTF-8 decoding with nothing let through that a strict reader on the other side would refuse.
 */
#include "harness/data/utf8.h"

#include <string.h>

#include "harness/base/buf.h"

/* By the first byte: how many bytes, and the smallest code point that needs so many. */
static const struct {
    uint8_t mask;
    uint8_t lead;
    size_t len;
    uint32_t least;
} forms[] = {
    {0x80, 0x00, 1, 0x01},    {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800},
    {0xf8, 0xf0, 4, 0x10000}, {0, 0, 0, 0},
};

size_t utf8_next(struct str s, uint32_t *ret)
{
    size_t f = 0;

    if (s.len == 0) {
        return 0;
    }
    uint8_t first = (uint8_t)s.ptr[0];
    while (forms[f].len > 0 && (first & forms[f].mask) != forms[f].lead) {
        f++;
    }
    if (forms[f].len == 0 || forms[f].len > s.len) {
        return 0;
    }
    uint32_t c = first & (uint8_t)~forms[f].mask;
    for (size_t i = 1; i < forms[f].len; i++) {
        uint8_t next = (uint8_t)s.ptr[i];
        if ((next & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (next & 0x3fU);
    }
    if (c < forms[f].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return 0;
    }
    *ret = c;
    return forms[f].len;
}

size_t utf8_valid_len(struct str s)
{
    size_t valid = 0;
    while (valid < s.len) {
        uint32_t c = 0;
        /* Nearly all text is ASCII: one comparison a byte. */
        size_t n = (signed char)s.ptr[valid] > 0
                       ? 1
                       : utf8_next((struct str){s.ptr + valid, s.len - valid}, &c);
        if (n == 0)
            return valid;
        valid += n;
    }
    return valid;
}

bool utf8_valid(struct str s)
{
    return utf8_valid_len(s) == s.len;
}

void utf8_place(struct str s, size_t at, int *line, int *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at && i < s.len; i++) {
        bool ends = s.ptr[i] == '\n';
        *line += ends ? 1 : 0;
        *column = ends ? 1 : *column + (((uint8_t)s.ptr[i] & 0xc0) != 0x80 ? 1 : 0);
    }
}

char *utf8_clean(struct str s)
{
    AUTO(buf_deinit) struct buf out = {0};

    buf_init(&out, 3 * BUF_MAX_TEXT);
    while (s.len > 0) {
        uint32_t c = 0;
        size_t n = utf8_next(s, &c);
        if (n == 0) {
            buf_adds(&out, "\xef\xbf\xbd");
            n = 1;
        } else {
            buf_add(&out, s.ptr, n);
        }
        s.ptr += n;
        s.len -= n;
    }
    return buf_take(&out);
}

static bool is_obeyed(uint32_t ch)
{
    return (ch < 0x20 && ch != '\t') || (ch >= 0x7f && ch < 0xa0) ||
           (ch >= 0x202a && ch <= 0x202e) || (ch >= 0x2066 && ch <= 0x2069) || ch == 0x61c ||
           (ch >= 0x200b && ch <= 0x200f) || ch == 0x2028 || ch == 0x2029;
}

static char *visible(struct str s, bool lines)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    while (s.len > 0) {
        uint32_t ch = 0;
        size_t n = utf8_next(s, &ch);
        if (n == 0)
            buf_addf(&b, "\\x%02x", (unsigned)(unsigned char)s.ptr[0]);
        else if (is_obeyed(ch) && ch >= 0x100)
            buf_addf(&b, "\\u%04x", (unsigned)ch);
        else if (is_obeyed(ch) && !(lines && ch == '\n'))
            buf_addf(&b, "\\x%02x", (unsigned)ch);
        else
            buf_add(&b, s.ptr, n);
        n = n == 0 ? 1 : n;
        s = (struct str){s.ptr + n, s.len - n};
    }
    return buf_take(&b);
}

char *utf8_visible(struct str s)
{
    return visible(s, true);
}

char *utf8_visible_line(struct str s)
{
    return visible(s, false);
}
