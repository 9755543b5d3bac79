/*
 * Terraform's functions that lists of groups and people are put together with
 * (developer.hashicorp.com/terraform/language/functions), over values that are known.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/setup/terraform_int.h"

/* NULL: not of these arguments. */
typedef struct js *(*function_fn)(const struct js *args);

/* In the order of names, as Terraform keeps objects. */
static void sorted_keys(const struct js *obj, struct strlist *ret)
{
    for (struct js_iter it = js_iter(obj); js_next(&it);)
        strlist_add(ret, it.key);
    strlist_sort(ret);
}

static struct js *call_keys(const struct js *args)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    if (!js_is(js_at(args, 0), JS_OBJECT))
        return NULL;
    sorted_keys(js_at(args, 0), &names);
    return js_texts(&names);
}

static struct js *call_values(const struct js *args)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    if (!js_is(js_at(args, 0), JS_OBJECT))
        return NULL;
    sorted_keys(js_at(args, 0), &names);
    struct js *list = js_array();
    for (size_t i = 0; i < names.len; i++)
        js_append(list, js_ref(js_get(js_at(args, 0), names.items[i])));
    return list;
}

static struct js *call_merge(const struct js *args)
{
    AUTO(js_free) struct js *all = js_object();
    for (size_t i = 0; i < js_len(args); i++) {
        const struct js *one = js_at(args, i);
        if (js_is(one, JS_NULL))
            continue;
        if (!js_is(one, JS_OBJECT))
            return NULL;
        for (struct js_iter it = js_iter(one); js_next(&it);)
            js_set(all, it.key, js_ref(it.value));
    }
    return js_ref(all);
}

/* As deep as the texts nest, which their reader has a limit for. */
static void add_flat(struct js *to, struct js *value)
{
    if (!js_is(value, JS_ARRAY))
        js_append(to, js_ref(value));
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++)
        add_flat(to, js_at(value, i));
}

static struct js *call_flatten(const struct js *args)
{
    if (!js_is(js_at(args, 0), JS_ARRAY))
        return NULL;
    struct js *list = js_array();
    add_flat(list, js_at(args, 0));
    return list;
}

static struct js *call_compact(const struct js *args)
{
    const struct js *from = js_at(args, 0);
    if (!js_is(from, JS_ARRAY))
        return NULL;
    struct js *list = js_array();
    for (size_t i = 0; i < js_len(from); i++) {
        struct js *one = js_at(from, i);
        if (!js_is(one, JS_NULL) && !cstr_eq(js_text(one), ""))
            js_append(list, js_ref(one));
    }
    return list;
}

static struct js *call_lookup(const struct js *args)
{
    const char *key = js_text(js_at(args, 1));
    if (!js_is(js_at(args, 0), JS_OBJECT) || key == NULL)
        return NULL;
    struct js *found = js_get(js_at(args, 0), key);
    struct js *otherwise = js_at(args, 2);
    return found != NULL ? js_ref(found) : otherwise != NULL ? js_ref(otherwise) : NULL;
}

/* False where it is no list, or not of texts alone. */
static bool take_texts(const struct js *list, struct strlist *ret)
{
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        if (js_text(js_at(list, i)) == NULL)
            return false;
        strlist_add(ret, js_text(js_at(list, i)));
    }
    return js_is(list, JS_ARRAY);
}

static struct js *call_join(const struct js *args)
{
    AUTO(strlist_deinit) struct strlist parts = {0};
    const char *separator = js_text(js_at(args, 0));
    if (separator == NULL || !take_texts(js_at(args, 1), &parts))
        return NULL;
    AUTO(xfree) char *text = strlist_join(&parts, separator);
    return js_string(text);
}

/* Letters of other alphabets are left to Terraform. */
static struct js *changed(const struct js *args, int (*change)(int c))
{
    const char *text = js_text(js_at(args, 0));
    AUTO(xfree) char *copy = text != NULL ? xstrdup(text) : NULL;
    for (char *p = copy; p != NULL && *p != '\0'; p++) {
        if (((unsigned char)*p & 0x80U) != 0)
            return NULL;
        *p = (char)change((unsigned char)*p);
    }
    return copy != NULL ? js_string(copy) : NULL;
}

static struct js *call_lower(const struct js *args)
{
    return changed(args, tolower);
}

static struct js *call_upper(const struct js *args)
{
    return changed(args, toupper);
}

/* "%s" and "%v" of texts, "%d" of numbers, and nothing else. Caller frees; NULL: not of that. */
static char *formatted(char letter, const struct js *value)
{
    bool number = js_is(value, JS_INTEGER) && letter != 's';
    const char *text = letter != 'd' ? js_text(value) : NULL;
    return number ? js_compact(value) : text != NULL ? xstrdup(text) : NULL;
}

static struct js *call_format(const struct js *args)
{
    AUTO(buf_deinit) struct buf b = {0};
    const char *p = js_text(js_at(args, 0));
    size_t next = 1;
    buf_init(&b, BUF_MAX_TEXT);
    for (; p != NULL && *p != '\0'; p++) {
        if (*p != '%' || p[1] == '%') {
            buf_addc(&b, *p);
            p += *p == '%' ? 1 : 0;
            continue;
        }
        p++;
        if (*p == '\0' || strchr("svd", *p) == NULL)
            return NULL;
        AUTO(xfree) char *text = formatted(*p, js_at(args, next++));
        if (text == NULL)
            return NULL;
        buf_adds(&b, text);
    }
    return p != NULL && next == js_len(args) ? js_stringn(b.ptr, b.len) : NULL;
}

/* Of texts only where a byte is a character. */
static struct js *call_length(const struct js *args)
{
    const struct js *of = js_at(args, 0);
    const char *text = js_text(of);
    if (js_is(of, JS_ARRAY) || js_is(of, JS_OBJECT))
        return js_int((int64_t)js_len(of));
    for (const char *p = text; p != NULL && *p != '\0'; p++) {
        if (((unsigned char)*p & 0x80U) != 0)
            return NULL;
    }
    return text != NULL ? js_int((int64_t)strlen(text)) : NULL;
}

static struct js *call_contains(const struct js *args)
{
    bool found = false;
    if (!js_is(js_at(args, 0), JS_ARRAY))
        return NULL;
    for (size_t i = 0; i < js_len(js_at(args, 0)); i++)
        found = found || js_equal(js_at(js_at(args, 0), i), js_at(args, 1));
    return js_bool(found);
}

/* The first that is neither null nor an empty text. */
static struct js *call_coalesce(const struct js *args)
{
    for (size_t i = 0; i < js_len(args); i++) {
        if (!js_is(js_at(args, i), JS_NULL) && !cstr_eq(js_text(js_at(args, i)), ""))
            return js_ref(js_at(args, i));
    }
    return NULL;
}

static struct js *call_sort(const struct js *args)
{
    AUTO(strlist_deinit) struct strlist texts = {0};
    if (!take_texts(js_at(args, 0), &texts))
        return NULL;
    strlist_sort(&texts);
    return js_texts(&texts);
}

/* The only element, or null of an empty list. */
static struct js *call_one(const struct js *args)
{
    if (!js_is(js_at(args, 0), JS_ARRAY) || js_len(js_at(args, 0)) > 1)
        return NULL;
    return js_len(js_at(args, 0)) == 1 ? js_ref(js_at(js_at(args, 0), 0)) : js_null();
}

/* "/…/" would be a regular expression. */
static struct js *call_replace(const struct js *args)
{
    const char *text = js_text(js_at(args, 0));
    const char *from = js_text(js_at(args, 1));
    const char *to = js_text(js_at(args, 2));
    AUTO(buf_deinit) struct buf b = {0};
    if (text == NULL || from == NULL || to == NULL || from[0] == '\0' || from[0] == '/')
        return NULL;
    buf_init(&b, BUF_MAX_TEXT);
    while (*text != '\0') {
        bool here = cstr_starts(text, from);
        buf_add(&b, here ? to : text, here ? strlen(to) : 1);
        text += here ? strlen(from) : 1;
    }
    return b.overflow ? NULL : js_stringn(b.ptr, b.len);
}

/* The two texts of a function of such. */
static bool two_texts(const struct js *args, const char **ret_first, const char **ret_second)
{
    *ret_first = js_text(js_at(args, 0));
    *ret_second = js_text(js_at(args, 1));
    return *ret_first != NULL && *ret_second != NULL;
}

static struct js *call_trimprefix(const struct js *args)
{
    const char *text = NULL;
    const char *prefix = NULL;
    if (!two_texts(args, &text, &prefix))
        return NULL;
    return js_string(text + (cstr_starts(text, prefix) ? strlen(prefix) : 0));
}

static struct js *call_trimsuffix(const struct js *args)
{
    const char *text = NULL;
    const char *suffix = NULL;
    if (!two_texts(args, &text, &suffix))
        return NULL;
    size_t cut = str_ends(str_of(text), suffix) ? strlen(suffix) : 0;
    return js_stringn(text, strlen(text) - cut);
}

static struct js *call_trimspace(const struct js *args)
{
    const char *text = js_text(js_at(args, 0));
    struct str trimmed = str_trim(str_of(text));
    return text != NULL ? js_stringn(trimmed.ptr, trimmed.len) : NULL;
}

static struct js *call_startswith(const struct js *args)
{
    const char *text = NULL;
    const char *prefix = NULL;
    return two_texts(args, &text, &prefix) ? js_bool(cstr_starts(text, prefix)) : NULL;
}

static struct js *call_endswith(const struct js *args)
{
    const char *text = NULL;
    const char *suffix = NULL;
    return two_texts(args, &text, &suffix) ? js_bool(str_ends(str_of(text), suffix)) : NULL;
}

static const struct function {
    const char *name;
    size_t least, most; /* arguments */
    function_fn call;
} functions[] = {
    {"keys", 1, 1, call_keys},
    {"values", 1, 1, call_values},
    {"merge", 0, SIZE_MAX, call_merge},
    {"flatten", 1, 1, call_flatten},
    {"compact", 1, 1, call_compact},
    {"lookup", 2, 3, call_lookup},
    {"join", 2, 2, call_join},
    {"lower", 1, 1, call_lower},
    {"upper", 1, 1, call_upper},
    {"format", 1, SIZE_MAX, call_format},
    {"length", 1, 1, call_length},
    {"contains", 2, 2, call_contains},
    {"coalesce", 1, SIZE_MAX, call_coalesce},
    {"sort", 1, 1, call_sort},
    {"one", 1, 1, call_one},
    {"replace", 3, 3, call_replace},
    {"trimprefix", 2, 2, call_trimprefix},
    {"trimsuffix", 2, 2, call_trimsuffix},
    {"trimspace", 1, 1, call_trimspace},
    {"startswith", 2, 2, call_startswith},
    {"endswith", 2, 2, call_endswith},
    {NULL, 0, 0, NULL},
};

struct js *terraform_call(const char *name, const struct js *args)
{
    const struct function *f = functions;
    while (f->name != NULL && strcmp(f->name, name) != 0)
        f++;
    for (size_t i = 0; i < js_len(args); i++) {
        if (f->name != NULL && object_is_unknown(js_at(args, i)) != NULL)
            return js_ref(js_at(args, i));
    }
    struct js *value = f->name != NULL && js_len(args) >= f->least && js_len(args) <= f->most
                           ? f->call(args)
                           : NULL;
    return value != NULL ? value : object_unknown("the function %s() is not evaluated", name);
}
