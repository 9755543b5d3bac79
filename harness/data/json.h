/*
 * JSON values: the only face of jansson in the project. A value is reference-counted; `js_set` and
 * `js_append` take over the value they are given; `js_get` and `js_at` lend.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"

struct js; /* a json_t */

enum js_type {
    JS_OBJECT,
    JS_ARRAY,
    JS_STRING,
    JS_INTEGER,
    JS_REAL,
    JS_TRUE,
    JS_FALSE,
    JS_NULL,
    JS_TYPE_MAX_
};

#define JS_MAX_TEXT (8UL * 1024 * 1024)

/* Parses one JSON text; duplicate keys and NUL in strings are errors. `name` is the file or the
 * origin shown in errors. */
int js_parse(struct str text, const char *name, struct js **ret, struct err *err) MUST_USE;
/* The same with tighter limits, for text of strangers, and the kind of refusal: a token with a
 * member twice is another finding than one that is no JSON. */
struct js_limits {
    size_t bytes;
    size_t depth; /* of nested objects and arrays; {} has 1; 0 = the parser's own limit */
};
enum js_fault {
    JS_FAULT_NONE,
    JS_FAULT_SYNTAX,
    JS_FAULT_DUPLICATE,
    JS_FAULT_DEEP,
    JS_FAULT_LONG,
    JS_FAULT_MAX_
};
int js_parse_limited(struct str text, const char *name, const struct js_limits *limits,
                     enum js_fault *ret_fault, struct js **ret, struct err *err) MUST_USE;
/* The same for readers that take a member said twice as it was said last (Go, Python). */
int js_parse_last_wins(struct str text, const char *name, struct js **ret, struct err *err)
    MUST_USE;
char *js_compact(const struct js *j); /* insertion order, no blanks; caller frees */
char *js_pretty(const struct js *j,
                int indent); /* insertion order, ": " and newlines, no final newline */
char *
js_compact_html(const struct js *j); /* as Go's encoding/json: < > & as \u003c \u003e \u0026 */
char *js_compact_sorted(const struct js *j);

struct js *js_object(void);
struct js *js_array(void);
struct js *js_string(const char *s); /* NULL gives JSON null; invalid UTF-8 is replaced by U+FFFD */
struct js *js_stringn(const char *s, size_t n);
struct js *js_stringf(const char *fmt, ...) PRINTF_LIKE(1, 2);
struct js *js_int(int64_t v);
struct js *js_real(double v);
struct js *js_bool(bool v);
struct js *js_null(void);
struct js *js_ref(struct js *j);       /* another owner of the same value */
struct js *js_dup(const struct js *j); /* deep copy */
struct js *js_free(struct js *j);      /* gives up one reference; accepts NULL, returns NULL */

enum js_type js_type(const struct js *j);     /* NULL counts as JS_NULL */
const char *js_type_name(const struct js *j); /* "object", "string", … for errors */
bool js_is(const struct js *j, enum js_type type);
bool js_equal(const struct js *a, const struct js *b);
size_t js_len(const struct js *j); /* members or elements; 0 for others */

struct js *js_get(const struct js *obj,
                  const char *key); /* borrowed; NULL if absent or no object */
struct js *js_path(const struct js *obj, const char *key, ...)
    __attribute__((sentinel));           /* nested js_get, ends with NULL */
const char *js_text(const struct js *j); /* the string, or NULL if it is none; borrowed */
const char *js_get_text(const struct js *obj, const char *key);
int js_number(const struct js *j, int64_t *ret) MUST_USE; /* integers, and reals without fraction */
int js_get_number(const struct js *obj, const char *key, int64_t *ret) MUST_USE;
bool js_get_bool(const struct js *obj, const char *key, bool otherwise);
struct js *js_at(const struct js *array, size_t i); /* borrowed */

void js_set(struct js *obj, const char *key, struct js *take);
void js_set_text(struct js *obj, const char *key, const char *value);
void js_remove(struct js *obj, const char *key);
void js_append(struct js *array, struct js *take);
void js_append_text(struct js *array, const char *value);
struct js *js_texts(const struct strlist *l); /* an array of them; caller frees */
void js_merge(
    struct js *into,
    const struct js *from); /* deep merge of objects, others replace (Python's deepmerge) */
/* RFC 7396; returns the patched copy. */
struct js *js_merge_patch(const struct js *target, const struct js *patch);

/* for (struct js_iter it = js_iter(obj); js_next(&it);) use it.key, it.value */
struct js_iter {
    const struct js *obj;
    void *at;
    const char *key;
    struct js *value;
};
struct js_iter js_iter(const struct js *obj);
bool js_next(struct js_iter *it);

DEFINE_AUTO(struct js, js_free)
