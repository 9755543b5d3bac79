/*
 * JSON text as Django's JsonResponse sends it: Python's json.dumps with its default separators, and
 * everything beyond ASCII escaped. Same values as js_compact, other bytes.
 */
#include "mocks/authentik/state.h"

#include <string.h>

#include "harness/base/buf.h"

/* The code point at *p (valid UTF-8, as struct js guarantees); *p moves past it. */
static uint32_t next_code_point(const unsigned char **p)
{
    const unsigned char *s = *p;
    size_t more = s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : 0;
    static const uint32_t masks[] = {0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = s[0] & masks[more];
    for (size_t i = 1; i <= more; i++)
        c = (c << 6) | (s[i] & 0x3f);
    *p = s + more + 1;
    return c;
}

static void add_escaped(struct buf *b, uint32_t c)
{
    static const char from[] = "\"\\\b\f\n\r\t";
    static const char to[] = "\"\\bfnrt";
    const char *at = c < 0x80 ? strchr(from, (int)c) : NULL;
    if (at != NULL && *at != '\0')
        buf_addf(b, "\\%c", to[at - from]);
    else if (c >= 0x20 && c < 0x7f)
        buf_addc(b, (char)c);
    else if (c < 0x10000)
        buf_addf(b, "\\u%04x", c);
    else
        buf_addf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* How many of the next bytes stand for themselves. */
static size_t plain_run(const unsigned char *p)
{
    size_t n = 0;
    while (p[n] >= 0x20 && p[n] < 0x7f && p[n] != '"' && p[n] != '\\')
        n++;
    return n;
}

static void add_string(struct buf *b, const char *text)
{
    buf_addc(b, '"');
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        size_t run = plain_run(p);
        buf_add(b, p, run);
        p += run;
        if (*p != '\0')
            add_escaped(b, next_code_point(&p));
    }
    buf_addc(b, '"');
}

static void add_value(struct buf *b, const struct js *j);

static void add_object(struct buf *b, const struct js *j)
{
    const char *separator = "{";
    struct js_iter it = js_iter(j);
    while (js_next(&it)) {
        buf_adds(b, separator);
        add_string(b, it.key);
        buf_adds(b, ": ");
        add_value(b, it.value);
        separator = ", ";
    }
    buf_adds(b, js_len(j) > 0 ? "}" : "{}");
}

static void add_array(struct buf *b, const struct js *j)
{
    buf_addc(b, '[');
    for (size_t i = 0; i < js_len(j); i++) {
        if (i > 0)
            buf_adds(b, ", ");
        add_value(b, js_at(j, i));
    }
    buf_addc(b, ']');
}

static void add_value(struct buf *b, const struct js *j)
{
    if (js_is(j, JS_OBJECT)) {
        add_object(b, j);
    } else if (js_is(j, JS_ARRAY)) {
        add_array(b, j);
    } else if (js_is(j, JS_STRING)) {
        add_string(b, js_text(j));
    } else {
        AUTO(xfree) char *text = js_compact(j);
        buf_adds(b, text);
    }
}

char *ak_pyjson(const struct js *j)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    add_value(&b, j);
    return buf_take(&b);
}
