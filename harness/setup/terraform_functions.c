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

static struct js *call_join(const struct js *args)
{
    AUTO(strlist_deinit) struct strlist parts = {0};
    const char *separator = js_text(js_at(args, 0));
    const struct js *list = js_at(args, 1);
    if (separator == NULL || !js_is(list, JS_ARRAY))
        return NULL;
    for (size_t i = 0; i < js_len(list); i++) {
        if (js_text(js_at(list, i)) == NULL)
            return NULL;
        strlist_add(&parts, js_text(js_at(list, i)));
    }
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

/* "%s" of texts and nothing else. */
static struct js *call_format(const struct js *args)
{
    AUTO(buf_deinit) struct buf b = {0};
    const char *p = js_text(js_at(args, 0));
    size_t next = 1;
    buf_init(&b, BUF_MAX_TEXT);
    for (; p != NULL && *p != '\0'; p++) {
        const char *text = "%";
        if (*p != '%') {
            buf_addc(&b, *p);
            continue;
        }
        p++;
        if (*p == 's')
            text = js_text(js_at(args, next++));
        else if (*p != '%')
            return NULL;
        if (text == NULL)
            return NULL;
        buf_adds(&b, text);
    }
    return p != NULL && next == js_len(args) ? js_stringn(b.ptr, b.len) : NULL;
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
