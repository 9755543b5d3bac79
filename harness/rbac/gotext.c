/*
 * Go's strings.TrimSpace and strconv.Quote, as far as policy lines show them. Both go by code
 * points; a byte that is no UTF-8 is no white space and is printed as \xNN.
 */
#include "harness/rbac/gotext.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/utf8.h"

struct range {
    uint32_t first, last;
};

/* unicode.IsSpace */
static const struct range spaces[] = {
    {0x09, 0x0d},     {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
    {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
    {0x205f, 0x205f}, {0x3000, 0x3000}, {0, 0},
};

/* What strconv.IsPrint refuses: controls, format characters, spaces but the plain one, private use,
 * noncharacters. Code points that Unicode has not given out yet are taken as printable. */
static const struct range unprintable[] = {
    {0x00, 0x1f},     {0x7f, 0xa0},     {0xad, 0xad},       {0x61c, 0x61c},      {0x6dd, 0x6dd},
    {0x70f, 0x70f},   {0x1680, 0x1680}, {0x180e, 0x180e},   {0x2000, 0x200f},    {0x2028, 0x202f},
    {0x205f, 0x206f}, {0x3000, 0x3000}, {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},    {0xfeff, 0xfeff},
    {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff}, {0xe01f0, 0x10ffff}, {0, 0},
};

static bool in_ranges(const struct range *r, uint32_t c)
{
    for (; r->last > 0; r++) {
        if (c >= r->first && c <= r->last) {
            return true;
        }
    }
    return false;
}

/* Length of the last character of s; 0 if its last bytes are no character. */
static size_t last_char(struct str s, uint32_t *ret)
{
    for (size_t n = 1; n <= 4 && n <= s.len; n++) {
        if (utf8_next((struct str){s.ptr + s.len - n, n}, ret) == n) {
            return n;
        }
    }
    return 0;
}

struct str go_trim_space(struct str s)
{
    uint32_t c = 0;

    for (size_t n = utf8_next(s, &c); n > 0 && in_ranges(spaces, c); n = utf8_next(s, &c)) {
        s.ptr += n;
        s.len -= n;
    }
    for (size_t n = last_char(s, &c); n > 0 && in_ranges(spaces, c); n = last_char(s, &c)) {
        s.len -= n;
    }
    return s;
}

static void quote_char(struct buf *b, uint32_t c, const char *bytes, size_t n)
{
    static const char plain[] = "\a\b\f\n\r\t\v\"\\";
    static const char letter[] = "abfnrtv\"\\";
    const char *named = c > 0 && c < 0x80 ? strchr(plain, (int)c) : NULL;

    if (named) {
        buf_addc(b, '\\');
        buf_addc(b, letter[named - plain]);
    } else if (!in_ranges(unprintable, c)) {
        buf_add(b, bytes, n);
    } else if (c < 0x80) {
        buf_addf(b, "\\x%02x", (unsigned)c);
    } else if (c < 0x10000) {
        buf_addf(b, "\\u%04x", (unsigned)c);
    } else {
        buf_addf(b, "\\U%08x", (unsigned)c);
    }
}

char *go_quote(struct str s)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, BUF_MAX_TEXT);
    buf_addc(&b, '"');
    while (s.len > 0) {
        uint32_t c = 0;
        size_t n = utf8_next(s, &c);
        if (n > 0) {
            quote_char(&b, c, s.ptr, n);
        } else {
            buf_addf(&b, "\\x%02x", (unsigned)(unsigned char)*s.ptr);
            n = 1;
        }
        s.ptr += n;
        s.len -= n;
    }
    buf_addc(&b, '"');
    return buf_take(&b);
}
