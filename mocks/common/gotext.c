/*
 * Go's way of writing texts: %q (as harness/rbac does it), and the scanner errors of encoding/json.
 * Pure functions; they know nothing of HTTP or OIDC. The JSON scanner here only finds the first
 * error; values are read by harness/data/json.h.
 */
#include "mocks/common/gotext.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/mem.h"
#include "harness/base/url.h"
#include "harness/rbac/gotext.h"

char *go_quoted(const char *s)
{
    return go_quote(str_of(s));
}

char *go_quote_list(const struct strlist *l)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    buf_addc(&b, '[');
    for (size_t i = 0; i < l->len; i++) {
        if (i > 0)
            buf_addc(&b, ' ');
        AUTO(xfree) char *quoted = go_quoted(l->items[i]);
        buf_adds(&b, quoted);
    }
    buf_addc(&b, ']');
    return buf_take(&b);
}

char *go_quote_array(const struct js *array)
{
    AUTO(strlist_deinit) struct strlist l = {0};
    for (size_t i = 0; i < js_len(array); i++) {
        const char *s = js_text(js_at(array, i));
        if (s != NULL)
            strlist_add(&l, s);
    }
    return go_quote_list(&l);
}

char *go_query_escape(const char *s)
{
    return url_encode_plus(str_of(s));
}

static const char *const kinds[JS_TYPE_MAX_] = {
    [JS_OBJECT] = "object", [JS_ARRAY] = "array", [JS_STRING] = "string", [JS_INTEGER] = "number",
    [JS_REAL] = "number",   [JS_TRUE] = "bool",   [JS_FALSE] = "bool",    [JS_NULL] = "null",
};

const char *go_json_kind(const struct js *j)
{
    return kinds[js_type(j)];
}

/* ---- encoding/json's scanner ---- */

#define DEPTH_MAX 10000

struct scan {
    const char *p;
    const char *end;
    unsigned depth;
    char *error;
};

static bool scan_value(struct scan *s);

static bool at_end(const struct scan *s)
{
    return s->p >= s->end;
}

/* scanner.quoteChar: %q of the byte as a rune, in single quotes. */
static char *quote_char(unsigned char c)
{
    char rune[] = {(char)(0xC0 | (c >> 6)), (char)(0x80 | (c & 0x3F))};
    const char ascii = (char)c;
    if (c == '\'')
        return xstrdup("'\\''");
    if (c == '"')
        return xstrdup("'\"'");
    char *quoted = go_quote(c < 0x80 ? (struct str){&ascii, 1} : (struct str){rune, 2});
    quoted[0] = '\'';
    quoted[strlen(quoted) - 1] = '\'';
    return quoted;
}

static bool fail(struct scan *s, const char *context)
{
    if (s->error != NULL)
        return false;
    if (at_end(s)) {
        s->error = xstrdup("unexpected end of JSON input");
        return false;
    }
    AUTO(xfree) char *c = quote_char((unsigned char)*s->p);
    s->error = xasprintf("invalid character %s %s", c, context);
    return false;
}

static void skip_space(struct scan *s)
{
    while (!at_end(s) && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
        s->p++;
}

static bool is_digit(const struct scan *s)
{
    return !at_end(s) && *s->p >= '0' && *s->p <= '9';
}

static bool is_hex(const struct scan *s)
{
    return !at_end(s) && *s->p != '\0' && strchr("0123456789abcdefABCDEF", *s->p) != NULL;
}

static bool scan_escape(struct scan *s)
{
    s->p++;
    if (at_end(s) || *s->p == '\0' || strchr("bfnrt\\/\"u", *s->p) == NULL)
        return fail(s, "in string escape code");
    bool unicode = *s->p == 'u';
    s->p++;
    for (int i = 0; unicode && i < 4; i++, s->p++) {
        if (!is_hex(s))
            return fail(s, "in \\u hexadecimal character escape");
    }
    return true;
}

static bool scan_string(struct scan *s)
{
    s->p++;
    while (!at_end(s) && *s->p != '"') {
        if ((unsigned char)*s->p < 0x20)
            return fail(s, "in string literal");
        if (*s->p == '\\') {
            if (!scan_escape(s))
                return false;
        } else {
            s->p++;
        }
    }
    if (at_end(s))
        return fail(s, "in string literal");
    s->p++;
    return true;
}

static bool scan_digits(struct scan *s, const char *context)
{
    if (!is_digit(s))
        return fail(s, context);
    while (is_digit(s))
        s->p++;
    return true;
}

static bool scan_number(struct scan *s)
{
    if (*s->p == '-')
        s->p++;
    if (!at_end(s) && *s->p == '0')
        s->p++;
    else if (!scan_digits(s, "in numeric literal"))
        return false;
    if (!at_end(s) && *s->p == '.') {
        s->p++;
        if (!scan_digits(s, "after decimal point in numeric literal"))
            return false;
    }
    if (!at_end(s) && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (!at_end(s) && (*s->p == '+' || *s->p == '-'))
            s->p++;
        return scan_digits(s, "in exponent of numeric literal");
    }
    return true;
}

static bool scan_literal(struct scan *s, const char *word)
{
    for (const char *w = word; *w != '\0'; w++, s->p++) {
        if (at_end(s) || *s->p != *w) {
            AUTO(xfree) char *context = xasprintf("in literal %s (expecting '%c')", word, *w);
            return fail(s, context);
        }
    }
    return true;
}

static bool scan_member(struct scan *s)
{
    if (at_end(s) || *s->p != '"')
        return fail(s, "looking for beginning of object key string");
    if (!scan_string(s))
        return false;
    skip_space(s);
    if (at_end(s) || *s->p != ':')
        return fail(s, "after object key");
    s->p++;
    return scan_value(s);
}

/* The members of an object or the elements of an array, after the opening character. */
static bool scan_list(struct scan *s, char close, bool (*item)(struct scan *), const char *after)
{
    s->p++;
    skip_space(s);
    if (!at_end(s) && *s->p == close) {
        s->p++;
        return true;
    }
    for (;;) {
        if (!item(s))
            return false;
        skip_space(s);
        if (!at_end(s) && *s->p == close) {
            s->p++;
            return true;
        }
        if (at_end(s) || *s->p != ',')
            return fail(s, after);
        s->p++;
        skip_space(s);
    }
}

static bool scan_compound(struct scan *s)
{
    if (++s->depth > DEPTH_MAX) {
        s->error = xstrdup("exceeded max depth");
        return false;
    }
    bool ok = *s->p == '{' ? scan_list(s, '}', scan_member, "after object key:value pair")
                           : scan_list(s, ']', scan_value, "after array element");
    s->depth--;
    return ok;
}

static bool scan_value(struct scan *s)
{
    skip_space(s);
    if (at_end(s))
        return fail(s, "looking for beginning of value");
    if (*s->p == '{' || *s->p == '[')
        return scan_compound(s);
    if (*s->p == '"')
        return scan_string(s);
    if (*s->p == '-' || is_digit(s))
        return scan_number(s);
    if (*s->p == 't')
        return scan_literal(s, "true");
    if (*s->p == 'f')
        return scan_literal(s, "false");
    if (*s->p == 'n')
        return scan_literal(s, "null");
    return fail(s, "looking for beginning of value");
}

char *go_json_error(const char *text, size_t n)
{
    struct scan s = {.p = text, .end = text + n};
    if (!scan_value(&s))
        return s.error;
    skip_space(&s);
    if (!at_end(&s))
        fail(&s, "after top-level value");
    return s.error;
}

/* ---- encoding/json, go-jose/json ---- */

/* go-jose's words for a member that is there twice; the reader names it last in its own text. */
static char *duplicate_text(const char *found)
{
    const char *start = strstr(found, "'\"");
    const char *end = start != NULL ? strstr(start + 2, "\"'") : NULL;
    if (end == NULL)
        return xstrdup("json: duplicate key in object");
    return xasprintf("json: duplicate key '%.*s' in object", (int)(end - start - 2), start + 2);
}

struct js *go_json_parse(struct str text, bool strict, char **ret_error)
{
    static const struct js_limits limits = {.bytes = JS_MAX_TEXT};
    struct js *value = NULL;
    struct err err = {0};
    enum js_fault fault = JS_FAULT_NONE;
    if (js_parse_limited(text, "text", &limits, &fault, &value, &err) == 0)
        return value;
    *ret_error = go_json_error(text.ptr, text.len);
    if (*ret_error != NULL)
        return NULL;
    if (strict && fault == JS_FAULT_DUPLICATE) {
        *ret_error = duplicate_text(err.msg);
        return NULL;
    }
    if (fault == JS_FAULT_DUPLICATE && js_parse_last_wins(text, "text", &value, &err) == 0)
        return value;
    *ret_error = xstrdup(err.msg); /* Go reads it, this cannot hold it: NUL in a string */
    return NULL;
}

/* ---- encoding/base64 ---- */

static int base64url_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static char *base64_error(size_t at)
{
    return xasprintf("illegal base64 data at input byte %zu", at);
}

char *go_base64url(struct str text, size_t *ret_len, char **ret_error)
{
    AUTO(xfree) char *bytes = xcalloc(text.len + 1, 1);
    unsigned held = 0;
    size_t digits = 0;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        int value = base64url_value(c);
        if (c == '\r' || c == '\n')
            continue;
        if (value < 0) {
            *ret_error = base64_error(i);
            return NULL;
        }
        held = (held << 6 | (unsigned)value) & 0xFFFFFFU;
        digits++;
        if (digits % 4 != 1)
            bytes[len++] = (char)(held >> (digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0));
    }
    if (digits % 4 == 1) {
        *ret_error = base64_error(text.len - 1);
        return NULL;
    }
    bytes[len] = '\0';
    *ret_len = len;
    char *ret = bytes;
    bytes = NULL;
    return ret;
}

/* ---- net/url ---- */

static char *pair_error(struct str pair)
{
    for (size_t i = 0; i < pair.len; i++) {
        if (pair.ptr[i] == ';')
            return xstrdup("invalid semicolon separator in query");
    }
    for (size_t i = 0; i < pair.len; i++) {
        struct scan s = {.p = pair.ptr + i + 1, .end = pair.ptr + pair.len};
        if (pair.ptr[i] != '%')
            continue;
        bool ok = is_hex(&s);
        s.p++;
        if (ok && is_hex(&s))
            continue;
        size_t n = pair.len - i < 3 ? pair.len - i : 3;
        AUTO(xfree) char *quoted = go_quote((struct str){pair.ptr + i, n});
        return xasprintf("invalid URL escape %s", quoted);
    }
    return NULL;
}

char *go_query_error(struct str text)
{
    struct str pair = {0};
    while (str_next(&text, '&', &pair)) {
        char *error = pair_error(pair);
        if (error != NULL)
            return error;
    }
    return NULL;
}

bool go_bool(const char *text, bool otherwise)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True", NULL};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False", NULL};
    for (size_t i = 0; yes[i] != NULL; i++) {
        if (cstr_eq(text, yes[i]) || cstr_eq(text, no[i]))
            return cstr_eq(text, yes[i]);
    }
    return otherwise;
}
