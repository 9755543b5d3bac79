/*
 * The tables and the number forms by which go-yaml v2 decides what a plain scalar is: YAML 1.1
 * words (yes, on, y), Go's integer literals with underscores dropped, floats. Dates stay text, as
 * they do in go-yaml v2 when it decodes without a type.
 */
#include "harness/data/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"

enum kind { KIND_STR, KIND_BOOL, KIND_INT, KIND_FLOAT, KIND_NULL, KIND_TIMESTAMP };

static const char *const kind_tags[] = {
    [KIND_STR] = "str",     [KIND_BOOL] = "bool", [KIND_INT] = "int",
    [KIND_FLOAT] = "float", [KIND_NULL] = "null", [KIND_TIMESTAMP] = "timestamp",
};

/* Only texts that begin with one of these are looked at any further. */
static const char first_letters[] = "+-0123456789yYnNtTfFoO~.";

static const struct {
    const char *text;
    enum kind kind;
    bool value;
} words[] = {
    {"y", KIND_BOOL, true},      {"Y", KIND_BOOL, true},      {"yes", KIND_BOOL, true},
    {"Yes", KIND_BOOL, true},    {"YES", KIND_BOOL, true},    {"true", KIND_BOOL, true},
    {"True", KIND_BOOL, true},   {"TRUE", KIND_BOOL, true},   {"on", KIND_BOOL, true},
    {"On", KIND_BOOL, true},     {"ON", KIND_BOOL, true},     {"n", KIND_BOOL, false},
    {"N", KIND_BOOL, false},     {"no", KIND_BOOL, false},    {"No", KIND_BOOL, false},
    {"NO", KIND_BOOL, false},    {"false", KIND_BOOL, false}, {"False", KIND_BOOL, false},
    {"FALSE", KIND_BOOL, false}, {"off", KIND_BOOL, false},   {"Off", KIND_BOOL, false},
    {"OFF", KIND_BOOL, false},   {"", KIND_NULL, false},      {"~", KIND_NULL, false},
    {"null", KIND_NULL, false},  {"Null", KIND_NULL, false},  {"NULL", KIND_NULL, false},
    {NULL, KIND_STR, false},
};

static const struct {
    const char *text;
    double value;
} float_words[] = {
    {".nan", (double)NAN},
    {".NaN", (double)NAN},
    {".NAN", (double)NAN},
    {".inf", (double)INFINITY},
    {".Inf", (double)INFINITY},
    {".INF", (double)INFINITY},
    {"+.inf", (double)INFINITY},
    {"+.Inf", (double)INFINITY},
    {"+.INF", (double)INFINITY},
    {"-.inf", -(double)INFINITY},
    {"-.Inf", -(double)INFINITY},
    {"-.INF", -(double)INFINITY},
    {NULL, 0},
};

struct scalar {
    enum kind kind;
    bool truth;
    int64_t integer;
    double real;
    bool is_real; /* an integer too large for 64 bits, or a float */
};

bool yaml_scalar_is_null(struct str text)
{
    return text.len == 0 || str_is(text, "~") || str_is(text, "null") || str_is(text, "Null") ||
           str_is(text, "NULL");
}

/* The digits' base by Go's ParseInt(s, 0, 64): 0x, 0o, 0b, a leading 0 is octal. */
static unsigned take_base(const char **digits)
{
    static const struct {
        char letter;
        unsigned base;
    } prefixes[] = {{'x', 16}, {'o', 8}, {'b', 2}, {'\0', 0}};
    const char *s = *digits;

    if (s[0] != '0' || s[1] == '\0') {
        return 10;
    }
    for (size_t i = 0; prefixes[i].base > 0; i++) {
        if ((s[1] | 0x20) == prefixes[i].letter) {
            *digits = s + 2;
            return prefixes[i].base;
        }
    }
    *digits = s + 1;
    return 8;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

static bool read_integer(const char *s, struct scalar *out)
{
    bool negative = s[0] == '-';
    bool fits = true;
    uint64_t v = 0;
    double large = 0;

    if (s[0] == '-' || s[0] == '+') {
        s++;
    }
    unsigned base = take_base(&s);
    if (s[0] == '\0') {
        return false;
    }
    for (; *s != '\0'; s++) {
        unsigned d = (unsigned)digit_value(*s);
        if (d >= base) {
            return false;
        }
        large = large * base + d;
        fits = fits && !__builtin_mul_overflow(v, (uint64_t)base, &v) &&
               !__builtin_add_overflow(v, (uint64_t)d, &v);
    }
    uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
    out->kind = KIND_INT;
    out->is_real = !fits || v > limit;
    out->real = negative ? -large : large;
    out->integer = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

static size_t count_digits(const char *s)
{
    return strspn(s, "0123456789");
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool looks_like_float(const char *s)
{
    s += s[0] == '-' || s[0] == '+' ? 1 : 0;
    size_t whole = count_digits(s);
    s += whole;
    if (s[0] == '.') {
        size_t fraction = count_digits(s + 1);
        if (whole == 0 && fraction == 0) {
            return false;
        }
        s += 1 + fraction;
    } else if (whole == 0) {
        return false;
    }
    if (s[0] == 'e' || s[0] == 'E') {
        s++;
        s += s[0] == '-' || s[0] == '+' ? 1 : 0;
        size_t exponent = count_digits(s);
        if (exponent == 0) {
            return false;
        }
        s += exponent;
    }
    return s[0] == '\0';
}

static bool read_float(const char *s, struct scalar *out)
{
    if (!looks_like_float(s)) {
        return false;
    }
    errno = 0;
    double v = strtod(s, NULL);
    if (!isfinite(v)) {
        return false; /* Go's ParseFloat: value out of range, so it stays text */
    }
    out->kind = KIND_FLOAT;
    out->is_real = true;
    out->real = v;
    return true;
}

static bool read_word(const char *text, struct scalar *out)
{
    for (size_t i = 0; words[i].text; i++) {
        if (strcmp(words[i].text, text) == 0) {
            out->kind = words[i].kind;
            out->truth = words[i].value;
            return true;
        }
    }
    for (size_t i = 0; float_words[i].text; i++) {
        if (strcmp(float_words[i].text, text) == 0) {
            out->kind = KIND_FLOAT;
            out->is_real = true;
            out->real = float_words[i].value;
            return true;
        }
    }
    return false;
}

/* "2026-1-2" and what follows it; the whole only has to look like a date to be named one. */
static bool looks_like_date(const char *s)
{
    if (count_digits(s) != 4 || s[4] != '-') {
        return false;
    }
    size_t month = count_digits(s + 5);
    if (month < 1 || month > 2 || s[5 + month] != '-') {
        return false;
    }
    size_t day = count_digits(s + 6 + month);
    return (day == 1 || day == 2) && strchr("Tt ", s[6 + month + day]) != NULL;
}

static char *without_underscores(struct str text)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '_') {
            buf_addc(&b, text.ptr[i]);
        }
    }
    return buf_take(&b);
}

static struct scalar resolve(struct str text)
{
    struct scalar out = {.kind = KIND_STR};
    AUTO(xfree) char *whole = xstrndup(text.ptr, text.len);

    if (text.len > 0 && !strchr(first_letters, text.ptr[0])) {
        return out;
    }
    if (strlen(whole) != text.len || read_word(whole, &out)) {
        return out;
    }
    if (looks_like_date(whole)) {
        out.kind = KIND_TIMESTAMP;
        return out;
    }
    AUTO(xfree) char *plain = without_underscores(text);
    /* After a dot go-yaml hands the text to ParseFloat as it is, underscores and all. */
    const char *number = text.len > 0 && text.ptr[0] == '.' ? whole : plain;
    if (!read_integer(number, &out)) {
        (void)read_float(number, &out);
    }
    return out;
}

static int make(struct str text, const struct scalar *s, struct js **ret, struct err *err)
{
    switch (s->kind) {
    case KIND_NULL:
        *ret = js_null();
        return 0;
    case KIND_BOOL:
        *ret = js_bool(s->truth);
        return 0;
    case KIND_INT:
    case KIND_FLOAT:
        if (s->is_real && !isfinite(s->real)) {
            const char *name = s->real > 0 ? "+Inf" : "-Inf";
            return err_set(err, ERR_PARSE, "json: unsupported value: %s",
                           isnan(s->real) ? "NaN" : name);
        }
        *ret = s->is_real ? js_real(s->real) : js_int(s->integer);
        return 0;
    case KIND_STR:
    case KIND_TIMESTAMP:
        break;
    }
    *ret = js_stringn(text.ptr, text.len);
    return 0;
}

static int decode_binary(struct str text, struct js **ret, struct err *err)
{
    AUTO(buf_deinit) struct buf letters = {0};
    AUTO(xfree) char *owned = NULL;
    uint8_t *bytes = NULL;
    size_t n = 0;

    buf_init(&letters, BUF_MAX_TEXT);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\n' && text.ptr[i] != '\r') { /* as Go's base64 decoder */
            buf_addc(&letters, text.ptr[i]);
        }
    }
    if (b64_decode(letters.ptr, letters.len, &bytes, &n) < 0) {
        return err_set(err, ERR_PARSE, "!!binary value contains invalid base64 data");
    }
    owned = (char *)bytes;
    *ret = js_stringn(owned, n);
    return 0;
}

/* A text whose tag names one of the types: it must resolve to it (an int will do for a float). */
static int tagged(struct str text, const char *type, struct js **ret, struct err *err)
{
    struct scalar s = resolve(text);

    if (strcmp(type, kind_tags[s.kind]) != 0) {
        if (strcmp(type, "float") != 0 || s.kind != KIND_INT) {
            return err_set(err, ERR_PARSE, "cannot decode !!%s `%.*s` as a !!%s", kind_tags[s.kind],
                           text.len > 200 ? 200 : (int)text.len, text.ptr, type);
        }
        s.real = s.is_real ? s.real : (double)s.integer;
        s.is_real = true;
    }
    return make(text, &s, ret, err);
}

static bool is_typed_tag(const char *type)
{
    for (int k = KIND_BOOL; k <= KIND_TIMESTAMP; k++) {
        if (strcmp(kind_tags[k], type) == 0) {
            return true;
        }
    }
    return false;
}

int yaml_scalar(struct str text, const char *tag, bool plain, struct js **ret, struct err *err)
{
    const char *type = cstr_starts(tag, YAML_TAG_PREFIX) ? tag + strlen(YAML_TAG_PREFIX) : NULL;

    if (type && strcmp(type, "binary") == 0) {
        return decode_binary(text, ret, err);
    }
    if (type && is_typed_tag(type)) {
        return tagged(text, type, ret, err);
    }
    struct scalar s = {.kind = KIND_STR};
    if (plain && !tag) {
        s = resolve(text);
    }
    return make(text, &s, ret, err);
}

char *yaml_scalar_key(const struct js *key)
{
    if (js_is(key, JS_STRING)) {
        return xstrdup(js_text(key));
    }
    return js_is(key, JS_NULL) ? NULL : js_compact(key);
}
