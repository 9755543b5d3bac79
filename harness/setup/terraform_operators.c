/*
 * What operators, conditionals, indexes and splats come to (developer.hashicorp.com/terraform/
 * language/expressions/operators), over values that are known.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/terraform_int.h"

/* Why an operation inside another is not known: the outermost has the source. */
#define INNER "one of its operators"

static struct js *not_known(const struct hcl_expr *x)
{
    return x->text != NULL ? terraform_not_evaluated(x) : object_unknown(INNER);
}

/* 1, 0, or -1 for what is no truth. A text will do, as Terraform converts it. */
static int truth_of(const struct js *value)
{
    const char *text = js_text(value);
    if (js_is(value, JS_TRUE) || cstr_eq(text, "true"))
        return 1;
    return js_is(value, JS_FALSE) || cstr_eq(text, "false") ? 0 : -1;
}

int terraform_truth(const struct eval *e, const struct hcl_expr *x, struct js **ret_why)
{
    struct eval nowhere = *e;
    nowhere.at = NULL;
    AUTO(js_free) struct js *value = terraform_value(&nowhere, x, "");
    int truth = truth_of(value);
    if (truth < 0)
        *ret_why = object_is_unknown(value) != NULL ? js_ref(value) : not_known(x);
    return truth;
}

static bool is_object(const struct js *value)
{
    return js_text(value) != NULL && js_text(value)[0] == '@';
}

/* An object's id is some text or other: never empty, never null, the same as itself. */
static struct js *equals(const struct js *a, const struct js *b)
{
    bool same = js_equal(a, b);
    const struct js *other = is_object(a) ? b : a;
    if (!same && (is_object(a) || is_object(b)) && !js_is(other, JS_NULL) &&
        !cstr_eq(js_text(other), ""))
        return NULL;
    return js_bool(same);
}

static struct js *equals_not(const struct js *a, const struct js *b)
{
    AUTO(js_free) struct js *same = equals(a, b);
    return same != NULL ? js_bool(!js_is(same, JS_TRUE)) : NULL;
}

/* Whole numbers, small enough that nothing overflows. */
static bool numbers(const struct js *a, const struct js *b, int64_t *ret_a, int64_t *ret_b)
{
    static const int64_t most = INT32_MAX;
    return js_is(a, JS_INTEGER) && js_is(b, JS_INTEGER) && js_number(a, ret_a) == 0 &&
           js_number(b, ret_b) == 0 && *ret_a <= most && *ret_a >= -most && *ret_b <= most &&
           *ret_b >= -most;
}

/* Below 0, 0 or above; false where they are no numbers. */
static bool order_of(const struct js *a, const struct js *b, int *ret)
{
    int64_t x = 0;
    int64_t y = 0;
    if (!numbers(a, b, &x, &y))
        return false;
    *ret = x < y ? -1 : x > y ? 1 : 0;
    return true;
}

static struct js *less(const struct js *a, const struct js *b)
{
    int order = 0;
    return order_of(a, b, &order) ? js_bool(order < 0) : NULL;
}

static struct js *more(const struct js *a, const struct js *b)
{
    return less(b, a);
}

static struct js *less_or_same(const struct js *a, const struct js *b)
{
    int order = 0;
    return order_of(a, b, &order) ? js_bool(order <= 0) : NULL;
}

static struct js *more_or_same(const struct js *a, const struct js *b)
{
    return less_or_same(b, a);
}

static struct js *plus(const struct js *a, const struct js *b)
{
    int64_t x = 0;
    int64_t y = 0;
    return numbers(a, b, &x, &y) ? js_int(x + y) : NULL;
}

static struct js *minus(const struct js *a, const struct js *b)
{
    int64_t x = 0;
    int64_t y = 0;
    return numbers(a, b, &x, &y) ? js_int(x - y) : NULL;
}

static struct js *product(const struct js *a, const struct js *b)
{
    int64_t x = 0;
    int64_t y = 0;
    return numbers(a, b, &x, &y) ? js_int(x * y) : NULL;
}

static struct js *divided(const struct js *a, const struct js *b)
{
    int64_t x = 0;
    int64_t y = 0;
    return numbers(a, b, &x, &y) && y != 0 && x % y == 0 ? js_int(x / y) : NULL;
}

static struct js *rest_of(const struct js *a, const struct js *b)
{
    int64_t x = 0;
    int64_t y = 0;
    return numbers(a, b, &x, &y) && y != 0 ? js_int(x % y) : NULL;
}

static const struct operator
{
    const char *word;
    struct js *(*apply)(const struct js *a, const struct js *b); /* NULL: not of these values */
}
operators[] = {{"==", equals},       {"!=", equals_not},   {"<", less},    {">", more},
               {"<=", less_or_same}, {">=", more_or_same}, {"+", plus},    {"-", minus},
               {"*", product},       {"/", divided},       {"%", rest_of}, {NULL, NULL}};

static struct js *binary(const struct eval *e, const struct hcl_expr *x)
{
    AUTO(js_free) struct js *a = terraform_value(e, x->items[1], "");
    AUTO(js_free) struct js *b = terraform_value(e, x->items[2], "");
    const struct operator* o = operators;
    if (object_is_unknown(a) != NULL)
        return js_ref(a);
    if (object_is_unknown(b) != NULL)
        return js_ref(b);
    while (o->word != NULL && strcmp(o->word, x->items[0]->text) != 0)
        o++;
    return o->word != NULL ? o->apply(a, b) : NULL;
}

/* "a && b" is false when one of them is, whatever is known of the other; "||" the reverse. */
static struct js *logical(const struct eval *e, const struct hcl_expr *x, bool decides)
{
    struct js *why = NULL;
    for (size_t i = 1; i < x->len; i++) {
        struct js *one = NULL;
        int truth = terraform_truth(e, x->items[i], &one);
        if (truth == (decides ? 1 : 0)) {
            js_free(why);
            return js_bool(decides);
        }
        if (why == NULL)
            why = one;
        else
            js_free(one);
    }
    return why != NULL ? why : js_bool(!decides);
}

static struct js *unary(const struct eval *e, const struct hcl_expr *x)
{
    struct js *why = NULL;
    int64_t n = 0;
    if (strcmp(x->items[0]->text, "!") == 0) {
        int truth = terraform_truth(e, x->items[1], &why);
        return truth < 0 ? why : js_bool(truth == 0);
    }
    AUTO(js_free) struct js *value = terraform_value(e, x->items[1], "");
    if (object_is_unknown(value) != NULL)
        return js_ref(value);
    return js_is(value, JS_INTEGER) && js_number(value, &n) == 0 && n > INT64_MIN ? js_int(-n)
                                                                                  : NULL;
}

struct js *terraform_operation(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    const char *word = x->items[0]->text;
    struct js *why = NULL;
    struct eval nowhere = *e;
    nowhere.at = NULL;
    if (strcmp(word, "?") == 0) {
        int truth = terraform_truth(e, x->items[1], &why);
        if (truth >= 0) /* the place is the one of what is chosen */
            return terraform_value(e, x->items[truth == 1 ? 2 : 3], pointer);
    }
    AUTO(js_free)
    struct js *value = why != NULL               ? why
                       : x->len == 2             ? unary(&nowhere, x)
                       : strcmp(word, "&&") == 0 ? logical(&nowhere, x, false)
                       : strcmp(word, "||") == 0 ? logical(&nowhere, x, true)
                                                 : binary(&nowhere, x);
    if (value == NULL || cstr_eq(object_is_unknown(value), INNER))
        return not_known(x);
    places_add(e->at, pointer, e->path, x->line, x->column);
    return js_ref(value);
}

/* ---- what is picked ---- */

/* "[\"k\"]" or "[0]"; NULL for what is neither. Caller frees. */
static char *index_text(const struct js *index)
{
    const char *key = js_text(index);
    int64_t n = 0;
    if (key != NULL && strpbrk(key, "\"\\") == NULL && key[0] != '@')
        return xasprintf("[\"%s\"]", key);
    if (js_is(index, JS_INTEGER) && js_number(index, &n) == 0)
        return xasprintf("[%lld]", (long long)n);
    return NULL;
}

struct js *terraform_pick(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct eval nowhere = *e;
    nowhere.at = NULL;
    AUTO(js_free) struct js *index = x->len > 1 ? terraform_value(&nowhere, x->items[1], "") : NULL;
    AUTO(xfree) char *key = index != NULL ? index_text(index) : xstrdup("");
    AUTO(xfree) char *rest = NULL;
    if (object_is_unknown(index) != NULL)
        return js_ref(index);
    if (key == NULL)
        return object_unknown("this index is not evaluated");
    rest = xasprintf("%s%s", key, x->text != NULL ? x->text : "");
    if (x->items[0]->kind == HCL_REFERENCE) {
        AUTO(xfree) char *reference = xasprintf("%s%s", x->items[0]->text, rest);
        return terraform_reference(e, x, reference, pointer);
    }
    AUTO(js_free) struct js *whole = terraform_value(&nowhere, x->items[0], "");
    places_add(e->at, pointer, e->path, x->line, x->column);
    return terraform_picked(e, x, whole, rest, pointer);
}

/* A list's elements, the objects of a resource; one value is a list of one, null of none. */
static struct js *elements(const struct eval *e, struct js *whole)
{
    struct js *objects = is_object(whole) ? terraform_objects_of(e, whole) : NULL;
    if (objects != NULL || js_is(whole, JS_ARRAY))
        return objects != NULL ? objects : js_ref(whole);
    struct js *list = js_array();
    if (!js_is(whole, JS_NULL))
        js_append(list, js_ref(whole));
    return list;
}

struct js *terraform_splat(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct eval nowhere = *e;
    nowhere.at = NULL;
    AUTO(js_free) struct js *whole = terraform_value(&nowhere, x->items[0], "");
    places_add(e->at, pointer, e->path, x->line, x->column);
    if (object_is_unknown(whole) != NULL)
        return js_ref(whole);
    AUTO(js_free) struct js *list = elements(e, whole);
    struct js *ret = js_array();
    for (size_t i = 0; i < js_len(list); i++) {
        AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, i);
        js_append(ret,
                  terraform_picked(e, x, js_at(list, i), x->text != NULL ? x->text : "", below));
    }
    return ret;
}
