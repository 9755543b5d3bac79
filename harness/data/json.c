/*
 * JSON values over jansson: a `struct js` is a json_t seen from outside. Everything that is made or
 * read here is valid UTF-8 without NUL, so writing cannot fail. jansson gets the project's
 * allocator before the first value exists.
 */
#include "harness/data/json.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/utf8.h"

/* 15 digits: every decimal a person writes comes back as written ("0.1", not "0.1000…01"). */
#define REAL_DIGITS JSON_REAL_PRECISION(15)

static void free_for_jansson(void *p)
{
    xfree(p);
}

static void set_allocator(void)
{
    json_set_alloc_funcs(xmalloc, free_for_jansson);
}

static void ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, set_allocator);
}

static struct js *js_of(json_t *j)
{
    return (struct js *)j;
}

static json_t *raw(struct js *j)
{
    return (json_t *)j;
}

static const json_t *peek(const struct js *j)
{
    return (const json_t *)j;
}

/* Without a parser, so that the depth is known before anything recurses. */
static bool is_deeper(struct str text, size_t limit)
{
    size_t depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            i += c == '\\' ? 1U : 0U;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
        if (depth > limit) {
            return true;
        }
    }
    return false;
}

static int parse(struct str text, const char *name, const struct js_limits *limits, size_t flags,
                 enum js_fault *ret_fault, struct js **ret, struct err *err)
{
    json_error_t e = {0};

    ready();
    if (text.len > limits->bytes) {
        *ret_fault = JS_FAULT_LONG;
        return err_set_at(err, ERR_PARSE, name, 0, 0, "JSON text larger than %zu bytes",
                          limits->bytes);
    }
    if (limits->depth > 0 && is_deeper(text, limits->depth)) {
        *ret_fault = JS_FAULT_DEEP;
        return err_set_at(err, ERR_PARSE, name, 0, 0, "JSON nested more than %zu deep",
                          limits->depth);
    }
    json_t *j = json_loadb(text.ptr, text.len, flags | JSON_DECODE_ANY, &e);
    if (!j) {
        *ret_fault =
            json_error_code(&e) == json_error_duplicate_key ? JS_FAULT_DUPLICATE : JS_FAULT_SYNTAX;
        return err_set_at(err, ERR_PARSE, name, e.line < 0 ? 0 : e.line,
                          e.column < 0 ? 0 : e.column, "bad JSON: %s", e.text);
    }
    *ret = js_of(j);
    return 0;
}

int js_parse_limited(struct str text, const char *name, const struct js_limits *limits,
                     enum js_fault *ret_fault, struct js **ret, struct err *err)
{
    return parse(text, name, limits, JSON_REJECT_DUPLICATES, ret_fault, ret, err);
}

int js_parse_last_wins(struct str text, const char *name, struct js **ret, struct err *err)
{
    static const struct js_limits limits = {.bytes = JS_MAX_TEXT};
    enum js_fault fault = JS_FAULT_NONE;

    return parse(text, name, &limits, 0, &fault, ret, err);
}

int js_parse(struct str text, const char *name, struct js **ret, struct err *err)
{
    static const struct js_limits limits = {.bytes = JS_MAX_TEXT};
    enum js_fault fault = JS_FAULT_NONE;

    return js_parse_limited(text, name, &limits, &fault, ret, err);
}

static char *dump(const struct js *j, size_t flags)
{
    if (!j) {
        return xstrdup("null");
    }
    char *text = json_dumps(peek(j), flags | JSON_ENCODE_ANY | REAL_DIGITS);
    assert(text);
    return text;
}

char *js_compact(const struct js *j)
{
    return dump(j, JSON_COMPACT);
}

char *js_compact_sorted(const struct js *j)
{
    return dump(j, JSON_COMPACT | JSON_SORT_KEYS);
}

char *js_pretty(const struct js *j, int indent)
{
    return dump(j, JSON_INDENT(indent));
}

/* These bytes occur in JSON text inside strings only, so they can be replaced wherever they are. */
static const struct {
    const char *raw;
    const char *escaped;
} html_escapes[] = {
    {"<", "\\u003c"},
    {">", "\\u003e"},
    {"&", "\\u0026"},
    {"\xe2\x80\xa8", "\\u2028"},
    {"\xe2\x80\xa9", "\\u2029"},
    {NULL, NULL},
};

char *js_compact_html(const struct js *j)
{
    AUTO(xfree) char *plain = js_compact(j);
    AUTO(buf_deinit) struct buf out = {0};
    struct str rest = str_of(plain);

    buf_init(&out, BUF_MAX_TEXT);
    while (rest.len > 0) {
        /* What begins with none of their bytes is copied a run at a time. */
        size_t n = strcspn(rest.ptr, "<>&\xe2");
        buf_add(&out, rest.ptr, n);
        rest = (struct str){rest.ptr + n, rest.len - n};
        if (rest.len == 0) {
            break;
        }
        size_t i = 0;
        while (html_escapes[i].raw && !str_starts(rest, html_escapes[i].raw)) {
            i++;
        }
        n = html_escapes[i].raw ? strlen(html_escapes[i].raw) : 1;
        buf_add(&out, html_escapes[i].raw ? html_escapes[i].escaped : rest.ptr,
                html_escapes[i].raw ? strlen(html_escapes[i].escaped) : 1);
        rest = (struct str){rest.ptr + n, rest.len - n};
    }
    return buf_take(&out);
}

struct js *js_object(void)
{
    ready();
    return js_of(json_object());
}

struct js *js_array(void)
{
    ready();
    return js_of(json_array());
}

struct js *js_string(const char *s)
{
    return s ? js_stringn(s, strlen(s)) : js_null();
}

struct js *js_stringn(const char *s, size_t n)
{
    ready();
    if (utf8_valid((struct str){s, n})) {
        return js_of(json_stringn_nocheck(s, n));
    }
    AUTO(xfree) char *clean = utf8_clean((struct str){s, n});
    return js_of(json_stringn_nocheck(clean, strlen(clean)));
}

struct js *js_stringf(const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf b = {0};
    va_list args;

    buf_init(&b, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&b, fmt, args);
    va_end(args);
    return js_stringn(b.ptr, b.len);
}

struct js *js_int(int64_t v)
{
    ready();
    return js_of(json_integer(v));
}

struct js *js_real(double v)
{
    ready();
    return isfinite(v) ? js_of(json_real(v)) : js_null();
}

struct js *js_bool(bool v)
{
    return js_of(json_boolean(v));
}

struct js *js_null(void)
{
    return js_of(json_null());
}

struct js *js_ref(struct js *j)
{
    return js_of(json_incref(raw(j)));
}

struct js *js_dup(const struct js *j)
{
    return j ? js_of(json_deep_copy(peek(j))) : js_null();
}

struct js *js_free(struct js *j)
{
    json_decref(raw(j));
    return NULL;
}

static const struct {
    enum js_type type;
    const char *name;
} types[] = {
    [JSON_OBJECT] = {JS_OBJECT, "object"}, [JSON_ARRAY] = {JS_ARRAY, "array"},
    [JSON_STRING] = {JS_STRING, "string"}, [JSON_INTEGER] = {JS_INTEGER, "integer"},
    [JSON_REAL] = {JS_REAL, "number"},     [JSON_TRUE] = {JS_TRUE, "true"},
    [JSON_FALSE] = {JS_FALSE, "false"},    [JSON_NULL] = {JS_NULL, "null"},
};

static json_type raw_type(const struct js *j)
{
    return j ? json_typeof(peek(j)) : JSON_NULL;
}

enum js_type js_type(const struct js *j)
{
    return types[raw_type(j)].type;
}

const char *js_type_name(const struct js *j)
{
    return types[raw_type(j)].name;
}

bool js_is(const struct js *j, enum js_type type)
{
    return js_type(j) == type;
}

bool js_equal(const struct js *a, const struct js *b)
{
    if (!a || !b) {
        return js_is(a, JS_NULL) && js_is(b, JS_NULL);
    }
    return json_equal(peek(a), peek(b)) != 0;
}

size_t js_len(const struct js *j)
{
    return js_is(j, JS_OBJECT) ? json_object_size(peek(j)) : json_array_size(peek(j));
}

struct js *js_get(const struct js *obj, const char *key)
{
    return js_of(json_object_get(peek(obj), key));
}

struct js *js_path(const struct js *obj, const char *key, ...)
{
    struct js *at = js_get(obj, key);
    va_list args;

    va_start(args, key);
    for (const char *next = va_arg(args, const char *); next; next = va_arg(args, const char *)) {
        at = js_get(at, next);
    }
    va_end(args);
    return at;
}

const char *js_text(const struct js *j)
{
    return json_string_value(peek(j));
}

const char *js_get_text(const struct js *obj, const char *key)
{
    return js_text(js_get(obj, key));
}

int js_number(const struct js *j, int64_t *ret)
{
    if (js_is(j, JS_INTEGER)) {
        *ret = json_integer_value(peek(j));
        return 0;
    }
    if (!js_is(j, JS_REAL)) {
        return -1;
    }
    double v = json_real_value(peek(j));
    /* 2^53: beyond it a real does not name one integer. */
    if (v != floor(v) || fabs(v) > 9007199254740992.0) {
        return -1;
    }
    *ret = (int64_t)v;
    return 0;
}

int js_get_number(const struct js *obj, const char *key, int64_t *ret)
{
    return js_number(js_get(obj, key), ret);
}

bool js_get_bool(const struct js *obj, const char *key, bool otherwise)
{
    const struct js *j = js_get(obj, key);

    if (js_is(j, JS_TRUE)) {
        return true;
    }
    return js_is(j, JS_FALSE) ? false : otherwise;
}

struct js *js_at(const struct js *array, size_t i)
{
    return js_of(json_array_get(peek(array), i));
}

void js_set(struct js *obj, const char *key, struct js *take)
{
    json_t *value = raw(take ? take : js_null());
    int done = 0;

    assert(js_is(obj, JS_OBJECT));
    if (utf8_valid(str_of(key))) {
        done = json_object_set_new_nocheck(raw(obj), key, value);
    } else {
        AUTO(xfree) char *clean = utf8_clean(str_of(key));
        done = json_object_set_new_nocheck(raw(obj), clean, value);
    }
    assert(done == 0);
    (void)done;
}

void js_set_text(struct js *obj, const char *key, const char *value)
{
    js_set(obj, key, js_string(value));
}

void js_remove(struct js *obj, const char *key)
{
    (void)json_object_del(raw(obj), key);
}

void js_append(struct js *array, struct js *take)
{
    assert(js_is(array, JS_ARRAY));
    int done = json_array_append_new(raw(array), raw(take ? take : js_null()));
    assert(done == 0);
    (void)done;
}

void js_append_text(struct js *array, const char *value)
{
    js_append(array, js_string(value));
}

struct js *js_texts(const struct strlist *l)
{
    struct js *list = js_array();
    for (size_t i = 0; i < l->len; i++)
        js_append_text(list, l->items[i]);
    return list;
}

void js_merge(struct js *into, const struct js *from)
{
    for (struct js_iter it = js_iter(from); js_next(&it);) {
        struct js *old = js_get(into, it.key);
        if (js_is(old, JS_OBJECT) && js_is(it.value, JS_OBJECT)) {
            js_merge(old, it.value);
        } else {
            js_set(into, it.key, js_dup(it.value));
        }
    }
}

/* RFC 7396 2, on a target that is already ours. A patch that is no object replaces the target. */
static struct js *apply_patch(struct js *target, const struct js *patch)
{
    if (!js_is(patch, JS_OBJECT)) {
        js_free(target);
        return js_dup(patch);
    }
    if (!js_is(target, JS_OBJECT)) {
        js_free(target);
        target = js_object();
    }
    for (struct js_iter it = js_iter(patch); js_next(&it);) {
        if (js_is(it.value, JS_NULL)) {
            js_remove(target, it.key);
            continue;
        }
        struct js *old = js_get(target, it.key);
        js_set(target, it.key, apply_patch(old ? js_ref(old) : NULL, it.value));
    }
    return target;
}

struct js *js_merge_patch(const struct js *target, const struct js *patch)
{
    return apply_patch(target ? js_dup(target) : NULL, patch);
}

struct js_iter js_iter(const struct js *obj)
{
    return (struct js_iter){.obj = obj};
}

bool js_next(struct js_iter *it)
{
    /* jansson's iterators want a value they may write to, and do not write. */
    json_t *obj = (json_t *)(uintptr_t)it->obj;

    it->at = it->key ? json_object_iter_next(obj, it->at) : json_object_iter(obj);
    if (!it->at) {
        it->obj = NULL;
        it->key = NULL;
        it->value = NULL;
        return false;
    }
    it->key = json_object_iter_key(it->at);
    it->value = js_of(json_object_iter_value(it->at));
    return true;
}
