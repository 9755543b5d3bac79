/*
 * What a variable's type makes of its value: an attribute that may be absent is there, as its
 * default or as null (developer.hashicorp.com/terraform/language/expressions/type-constraints).
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/terraform_int.h"

static bool is_call(const struct hcl_expr *x, const char *name, size_t least)
{
    return x->kind == HCL_CALL && strcmp(x->text, name) == 0 && x->len >= least;
}

static struct js *constrained(const struct eval *e, const struct hcl_expr *type, struct js *value);

/* The type in "optional(type, default)". */
static const struct hcl_expr *inner(const struct hcl_expr *type)
{
    return is_call(type, "optional", 1) ? type->items[0] : type;
}

static struct js *absent(const struct eval *e, const struct hcl_expr *type)
{
    if (type->len < 2)
        return js_null();
    AUTO(js_free) struct js *value = terraform_value(e, type->items[1], "");
    return constrained(e, inner(type), value);
}

/* object({name = type, …}): Terraform drops what is not in it, which nobody can refer to. */
static struct js *object_of(const struct eval *e, const struct hcl_expr *members, struct js *value)
{
    struct js *ret = js_object();
    for (size_t i = 0; i + 1 < members->len; i += 2) {
        const char *name = members->items[i]->text;
        const struct hcl_expr *type = members->items[i + 1];
        struct js *one = name != NULL ? js_get(value, name) : NULL;
        bool optional = is_call(type, "optional", 1);
        if (one != NULL && !(optional && js_is(one, JS_NULL)))
            js_set(ret, name, constrained(e, inner(type), one));
        else if (name != NULL && optional)
            js_set(ret, name, absent(e, type));
    }
    return ret;
}

static struct js *constrained(const struct eval *e, const struct hcl_expr *type, struct js *value)
{
    bool list = is_call(type, "list", 1) || is_call(type, "set", 1);
    if (is_call(type, "object", 1) && js_is(value, JS_OBJECT) && object_is_unknown(value) == NULL &&
        type->items[0]->kind == HCL_OBJECT)
        return object_of(e, type->items[0], value);
    if (list && js_is(value, JS_ARRAY)) {
        struct js *ret = js_array();
        for (size_t i = 0; i < js_len(value); i++)
            js_append(ret, constrained(e, type->items[0], js_at(value, i)));
        return ret;
    }
    if (is_call(type, "map", 1) && js_is(value, JS_OBJECT) && object_is_unknown(value) == NULL) {
        struct js *ret = js_object();
        for (struct js_iter it = js_iter(value); js_next(&it);)
            js_set(ret, it.key, constrained(e, type->items[0], it.value));
        return ret;
    }
    return js_ref(value);
}

struct js *terraform_constrained(const struct eval *e, const struct hcl_expr *type,
                                 struct js *take_value)
{
    struct eval nowhere = *e;
    nowhere.at = NULL;
    AUTO(js_free) struct js *value = take_value;
    return constrained(&nowhere, type, value);
}
