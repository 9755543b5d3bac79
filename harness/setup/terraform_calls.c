/*
 * Calls of functions: their arguments, and those functions that are more than a value of values.
 */
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/data/utf8.h"
#include "harness/setup/terraform_int.h"

#define MAX_FILE ((size_t)1 << 20)

/* A list's elements, whatever stands for it, are appended; one value is one. */
static void add_elements(const struct eval *e, const struct hcl_expr *x, struct js *one,
                         struct places *own, struct js *all, const char *pointer)
{
    if (!js_is(one, JS_ARRAY)) { /* ".ids" of mappings, or not known */
        AUTO(xfree) char *to = xasprintf("%s/%zu", pointer, js_len(all));
        places_add(e->at, to, e->path, x->line, x->column);
        js_append(all, js_ref(one));
    }
    for (size_t i = 0; js_is(one, JS_ARRAY) && i < js_len(one); i++) {
        AUTO(xfree) char *from = xasprintf("/%zu", i);
        AUTO(xfree) char *to = xasprintf("%s/%zu", pointer, js_len(all));
        places_graft(e->at, to, own, from);
        js_append(all, js_ref(js_at(one, i)));
    }
}

static struct js *concat_of(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    AUTO(js_free) struct js *all = js_array();
    for (size_t i = 0; i < x->len; i++) {
        AUTO(places_free) struct places *own = places_new();
        const struct hcl_expr *item = x->items[i];
        bool expanded = item->kind == HCL_EXPANSION;
        struct eval here = *e;
        here.at = own;
        AUTO(js_free)
        struct js *one = terraform_value(&here, expanded ? item->items[0] : item, "");
        if (!expanded || !js_is(one, JS_ARRAY))
            add_elements(e, item, one, own, all, pointer);
        for (size_t k = 0; expanded && js_is(one, JS_ARRAY) && k < js_len(one); k++) {
            AUTO(places_free) struct places *part = places_new();
            AUTO(xfree) char *from = xasprintf("/%zu", k);
            places_graft(part, "", own, from);
            add_elements(e, item, js_at(one, k), part, all, pointer);
        }
    }
    places_add(e->at, pointer, e->path, x->line, x->column);
    return js_ref(all);
}

/* The first that is there. What is not known yet may be there or not. */
static struct js *try_of(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct js *value = object_unknown("the function try() is not evaluated");
    struct eval inside = *e;
    inside.trying = true;
    for (size_t i = 0; i < x->len; i++) {
        js_free(value);
        value = terraform_value(&inside, x->items[i], pointer);
        if (!object_is_missing(value))
            return value;
    }
    return value;
}

/* A text of the module's own folder: what lies elsewhere is nothing to be shown by mistake. */
static struct js *file_of(const struct eval *e, const struct hcl_expr *x)
{
    struct eval nowhere = *e;
    nowhere.at = NULL;
    AUTO(js_free) struct js *name = terraform_value(&nowhere, x->items[0], "");
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    if (js_text(name) == NULL)
        return object_is_unknown(name) != NULL ? js_ref(name) : terraform_not_evaluated(x);
    AUTO(xfree) char *path = terraform_normal(js_text(name));
    AUTO(xfree) char *below = xasprintf("%s/", e->in->folder->path);
    bool here = strcmp(below, "./") == 0 ? path[0] != '/' && !cstr_starts(path, "..")
                                         : cstr_starts(path, below);
    if (!here)
        return object_unknown("a file outside the module's folder is not read");
    if (file_read(path, MAX_FILE, &text, &len, NULL) != 0 ||
        utf8_valid_len((struct str){text, len}) != len)
        return object_unknown("the file is not there, or no text");
    return terraform_charge(e->t, len) ? js_stringn(text, len) : terraform_not_evaluated(x);
}

/* Functions that a resource with a for_each or a count is a collection for. */
static bool takes_collection(const char *name)
{
    static const char *const names[] = {"keys", "values", "length", NULL};
    return cstr_among(name, names);
}

/* An argument, a resource as its objects. */
static struct js *argument(const struct eval *e, const char *function, const struct hcl_expr *x)
{
    AUTO(js_free) struct js *value = terraform_value(e, x, "");
    if (js_text(value) == NULL || js_text(value)[0] != '@' || !takes_collection(function))
        return js_ref(value);
    struct js *objects = terraform_members(e, value);
    if (objects == NULL)
        objects = terraform_objects_of(e, value);
    return objects != NULL ? objects : js_ref(value);
}

/* Functions that change nothing of what counts here. */
static bool is_identity(const char *name)
{
    static const char *const names[] = {"toset",     "tolist",       "tomap",    "tostring",
                                        "sensitive", "nonsensitive", "distinct", NULL};
    return cstr_among(name, names);
}

static struct js *arguments(const struct eval *e, const struct hcl_expr *x)
{
    struct js *args = js_array();
    for (size_t i = 0; i < x->len; i++) {
        bool expanded = x->items[i]->kind == HCL_EXPANSION;
        AUTO(js_free)
        struct js *one = argument(e, x->text, expanded ? x->items[i]->items[0] : x->items[i]);
        bool list = expanded && js_is(one, JS_ARRAY);
        for (size_t k = 0; list && k < js_len(one); k++)
            js_append(args, js_ref(js_at(one, k)));
        if (!list)
            js_append(args, js_ref(one));
    }
    return args;
}

struct js *terraform_function(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct eval nowhere = *e;
    nowhere.at = NULL;
    if (is_identity(x->text) && x->len == 1)
        return terraform_value(e, x->items[0], pointer);
    if (strcmp(x->text, "concat") == 0)
        return concat_of(e, x, pointer);
    if (strcmp(x->text, "try") == 0)
        return try_of(e, x, pointer);
    places_add(e->at, pointer, e->path, x->line, x->column);
    if (strcmp(x->text, "file") == 0 && x->len == 1)
        return file_of(e, x);
    AUTO(js_free) struct js *args = arguments(&nowhere, x);
    AUTO(js_free) struct js *value = terraform_call(x->text, args);
    return terraform_charge_value(e->t, value) ? js_ref(value) : terraform_too_much();
}
