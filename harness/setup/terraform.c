/*
 * The blocks of a module by their addresses, and what its expressions come to. A value is looked up
 * where it is written, so that its place is where it is to be mended.
 */
#include "harness/setup/terraform.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/hcl.h"

#define MAX_DEPTH 32       /* of references through references */
#define MAX_VALUES 200000U /* looked at in all: a local of two locals of two locals … doubles */

struct file {
    char *path;
    struct hcl_body *body;
};

/* Anything that can be referred to: "local.x", "var.x", "authentik_group.x", "data.….x". */
struct named {
    char *address;
    const char *path;             /* of its file; borrowed */
    const struct hcl_expr *value; /* of a local or a variable; NULL: no default */
    const struct hcl_block *block;
    struct js
        *instances; /* {key: each.value} once they were asked for; NULL: no for_each is known */
    bool asked;
};

struct terraform {
    struct vec files; /* struct file * */
    struct vec names; /* struct named * */
    struct objects *out;
    size_t values; /* looked at so far */
};

struct terraform *terraform_new(void)
{
    return xcalloc(1, sizeof(struct terraform));
}

struct terraform *terraform_free(struct terraform *t)
{
    if (t == NULL)
        return NULL;
    for (size_t i = 0; i < t->files.len; i++) {
        struct file *f = t->files.items[i];
        xfree(f->path);
        hcl_free(f->body);
        xfree(f);
    }
    for (size_t i = 0; i < t->names.len; i++) {
        struct named *n = t->names.items[i];
        xfree(n->address);
        js_free(n->instances);
        xfree(n);
    }
    vec_deinit(&t->files);
    vec_deinit(&t->names);
    return xfree(t);
}

/* ---- addresses ---- */

static struct named *find_name(const struct terraform *t, const char *address)
{
    for (size_t i = 0; i < t->names.len; i++) {
        struct named *n = t->names.items[i];
        if (strcmp(n->address, address) == 0)
            return n;
    }
    return NULL;
}

static struct named *add_name(struct terraform *t, char *take_address, const char *path)
{
    struct named *n = find_name(t, take_address);
    if (n != NULL) {
        xfree(take_address);
        return n;
    }
    n = xcalloc(1, sizeof *n);
    n->address = take_address;
    n->path = path;
    vec_push(&t->names, n);
    return n;
}

static void name_locals(struct terraform *t, const char *path, const struct hcl_block *block)
{
    for (size_t i = 0; i < block->body.attributes_len; i++) {
        const struct hcl_attribute *a = &block->body.attributes[i];
        struct named *n = add_name(t, xasprintf("local.%s", a->name), path);
        n->value = a->value;
        n->path = path;
    }
}

/* A .tfvars file was perhaps read before, and its value wins. */
static void name_variable(struct terraform *t, const char *path, const struct hcl_block *block)
{
    struct named *n = add_name(t, xasprintf("var.%s", block->labels[0]), path);
    n->block = block;
    if (n->value == NULL) {
        n->value = hcl_get(&block->body, "default");
        n->path = path;
    }
}

static void name_block(struct terraform *t, const char *path, const struct hcl_block *block)
{
    bool data = strcmp(block->type, "data") == 0;
    if (strcmp(block->type, "locals") == 0)
        name_locals(t, path, block);
    else if (strcmp(block->type, "variable") == 0 && block->labels_len == 1)
        name_variable(t, path, block);
    else if (strcmp(block->type, "module") == 0 && block->labels_len == 1)
        add_name(t, xasprintf("module.%s", block->labels[0]), path)->block = block;
    else if (strcmp(block->type, "provider") == 0 && block->labels_len == 1 &&
             hcl_get(&block->body, "alias") == NULL)
        add_name(t, xasprintf("provider.%s", block->labels[0]), path)->block = block;
    else if ((data || strcmp(block->type, "resource") == 0) && block->labels_len == 2)
        add_name(t, xasprintf("%s%s.%s", data ? "data." : "", block->labels[0], block->labels[1]),
                 path)
            ->block = block;
}

/* In a .tfvars file the attributes are variables' values. */
static void name_values(struct terraform *t, const char *path, const struct hcl_body *body)
{
    for (size_t i = 0; i < body->attributes_len; i++) {
        struct named *n = add_name(t, xasprintf("var.%s", body->attributes[i].name), path);
        n->value = body->attributes[i].value;
        n->path = path;
    }
}

int terraform_add(struct terraform *t, const char *path, struct str text, struct err *err)
{
    struct hcl_body *body = NULL;
    if (hcl_parse(text, path, &body, err) != 0)
        return -1;
    struct file *f = xcalloc(1, sizeof *f);
    f->path = xstrdup(path);
    f->body = body;
    vec_push(&t->files, f);
    if (str_ends(str_of(path), ".tfvars"))
        name_values(t, f->path, body);
    for (size_t i = 0; i < body->blocks_len; i++)
        name_block(t, f->path, body->blocks[i]);
    return 0;
}

/* ---- values ---- */

/* Where an expression is looked at. */
struct eval {
    struct terraform *t;
    const char *path;
    const char *key;       /* each.key, or NULL */
    const struct js *each; /* each.value, or NULL */
    struct places *at;     /* of the object; may be NULL */
    int depth;
};

static struct js *value_of(const struct eval *e, const struct hcl_expr *x, const char *pointer);

static void place(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    places_add(e->at, pointer, e->path, x->line, x->column);
}

static const char *name_at(const void *ctx, size_t i)
{
    const struct vec *names = ctx;
    return i < names->len ? ((const struct named *)names->items[i])->address : NULL;
}

static struct js *undeclared(const struct eval *e, const struct hcl_expr *x, const char *address)
{
    const char *near = str_nearest_of(address, name_at, &e->t->names);
    if (e->t->out == NULL)
        return object_unknown("'%s' is not declared", address);
    if (near != NULL)
        objects_problem(e->t->out, "terraform-undeclared", e->path, x->line, x->column,
                        "'%s' is not declared; did you mean '%s'?", address, near);
    else
        objects_problem(e->t->out, "terraform-undeclared", e->path, x->line, x->column,
                        "'%s' is not declared in these files", address);
    return object_unknown("'%s' is not declared", address);
}

/* The first n steps of "a.b.c"; an index ends one, too. *ret_rest is what follows. */
static char *address_of(const char *reference, int n, const char **ret_rest)
{
    const char *p = reference;
    for (int i = 0; i < n && *p != '\0'; i++) {
        p += i > 0 && *p == '.' ? 1 : 0;
        p += strcspn(p, ".[");
    }
    *ret_rest = p;
    return xstrndup(reference, (size_t)(p - reference));
}

/* How long an index like [0], ["k"] or [each.key] is, with its brackets. What stands in quotes ends
 * nothing; one without an end reaches to the text's. */
static size_t index_length(const char *p)
{
    int depth = 0;
    bool quoted = false;
    size_t n = 0;
    do {
        quoted = quoted != (p[n] == '"');
        depth += quoted ? 0 : p[n] == '[' ? 1 : p[n] == ']' ? -1 : 0;
        n++;
    } while (depth > 0 && p[n] != '\0');
    return n;
}

/* What ".attr", "[0]" and "[\"k\"]" pick out of a value; NULL: not there. Borrowed. */
static const struct js *pick(const struct js *value, const char *rest)
{
    while (value != NULL && *rest != '\0') {
        AUTO(xfree) char *key = NULL;
        int64_t index = 0;
        if (*rest == '.') {
            size_t n = strcspn(rest + 1, ".[");
            key = xstrndup(rest + 1, n);
            rest += n + 1;
        } else {
            size_t n = index_length(rest);
            size_t inner = n - (rest[n - 1] == ']' ? 2 : 1);
            bool quoted = inner >= 2 && rest[1] == '"' && rest[inner] == '"';
            key = quoted ? xstrndup(rest + 2, inner - 2) : xstrndup(rest + 1, inner);
            rest += n;
        }
        value = js_is(value, JS_ARRAY) && str_to_i64(str_of(key), 0, INT32_MAX, &index) == 0
                    ? js_at(value, (size_t)index)
                    : js_get(value, key);
    }
    return value;
}

/* A local's or a variable's value, with what the reference picks out of it. */
static struct js *named_value(const struct eval *e, const struct named *n, const char *rest,
                              const char *pointer)
{
    struct eval there = *e;
    there.path = n->path;
    there.depth++;
    if (n->value == NULL)
        return object_unknown("%s has no default; give a .tfvars file", n->address);
    if (there.depth > MAX_DEPTH)
        return object_unknown("%s refers to itself", n->address);
    if (rest[0] != '\0')
        there.at = NULL;
    AUTO(js_free) struct js *whole = value_of(&there, n->value, pointer);
    const struct js *part = object_is_unknown(whole) != NULL ? whole : pick(whole, rest);
    return part != NULL ? js_dup(part) : object_unknown("%s has no '%s'", n->address, rest);
}

static bool is_handle(const char *rest)
{
    static const char *const ids[] = {".id", ".uuid", ".ids", ".slug_id", NULL};
    while (*rest == '[')
        rest += index_length(rest);
    for (const char *const *i = ids; *i != NULL; i++) {
        if (cstr_starts(rest, *i) &&
            (rest[strlen(*i)] == '\0' || rest[strlen(*i)] == '[' || rest[strlen(*i)] == '.'))
            return true;
    }
    return *rest == '\0';
}

static const struct js *instances_of(const struct eval *e, struct named *n);

/* {key: each.value} of what a for_each comes to: a set's values are its keys, and another resource
 * with a for_each stands for its objects. NULL when it is none of these. Caller frees. */
static struct js *keyed(const struct eval *e, const struct js *over)
{
    const char *object = js_text(over);
    if (js_is(over, JS_OBJECT) && object_is_unknown(over) == NULL)
        return js_dup(over);
    AUTO(js_free) struct js *all = js_object();
    for (size_t i = 0; js_is(over, JS_ARRAY) && i < js_len(over); i++) {
        const char *key = js_text(js_at(over, i));
        if (key == NULL)
            return NULL; /* one that is not known: so is how many there are */
        js_set(all, key, js_dup(js_at(over, i)));
    }
    struct named *other = object != NULL && object[0] == '@' ? find_name(e->t, object + 1) : NULL;
    const struct js *others = other != NULL ? instances_of(e, other) : NULL;
    for (struct js_iter it = js_iter(others); js_next(&it);)
        js_set(all, it.key, js_stringf("%s[\"%s\"]", object, it.key));
    return js_is(over, JS_ARRAY) || others != NULL ? js_ref(all) : NULL;
}

/* What a block's for_each makes one object each of; NULL without one, or when it is not known.
 * Borrowed. */
static const struct js *instances_of(const struct eval *e, struct named *n)
{
    const struct hcl_expr *each = n->block != NULL ? hcl_get(&n->block->body, "for_each") : NULL;
    if (each == NULL || n->asked)
        return n->instances;
    struct eval there = {.t = e->t, .path = n->path, .depth = e->depth + 1};
    if (there.depth > MAX_DEPTH)
        return NULL;
    n->asked = true;
    AUTO(js_free) struct js *over = value_of(&there, each, "");
    n->instances = keyed(&there, over);
    return n->instances;
}

/* An attribute as its block says it, in the one instance that the index picks. */
static struct js *attribute_value(const struct eval *e, struct named *n, const char *index,
                                  const struct hcl_expr *value, const char *pointer)
{
    struct eval there = *e;
    there.path = n->path;
    there.key = NULL;
    there.each = NULL;
    there.depth++;
    for (struct js_iter it = js_iter(instances_of(e, n)); js_next(&it);) {
        AUTO(xfree) char *mine = xasprintf("[\"%s\"]", it.key);
        if (strcmp(mine, index) == 0) {
            there.key = it.key;
            there.each = it.value;
            return value_of(&there, value, pointer);
        }
    }
    return value_of(&there, value, pointer);
}

/* "@authentik_group.x" for an id; an attribute's value for an attribute. With for_each the index
 * is part of the handle. */
static struct js *object_value(const struct eval *e, struct named *n, const char *rest,
                               const char *pointer)
{
    size_t index = rest[0] == '[' ? index_length(rest) : 0;
    const char *attribute = rest + index;
    if (n->block == NULL)
        return object_unknown("%s is outside these files", n->address);
    if (is_handle(attribute)) {
        const struct hcl_expr *count = hcl_get(&n->block->body, "count");
        bool one = count != NULL || index == 0;
        return js_stringf("@%s%.*s", n->address, one ? 0 : (int)index, rest);
    }
    AUTO(xfree) char *key = xstrndup(attribute + 1, strcspn(attribute + 1, ".["));
    const struct hcl_expr *value = hcl_get(&n->block->body, key);
    if (value == NULL)
        return object_unknown("%s.%s is known after apply", n->address, key);
    if (e->depth >= MAX_DEPTH)
        return object_unknown("%s refers to itself", n->address);
    AUTO(xfree) char *instance = xstrndup(rest, index);
    return attribute_value(e, n, instance, value, pointer);
}

static struct js *reference_value(const struct eval *e, const struct hcl_expr *x,
                                  const char *pointer);

/* The same expression with another reference in it. */
static struct js *value_of_reference(const struct eval *e, const struct hcl_expr *x, char *text,
                                     const char *pointer)
{
    struct hcl_expr other = *x;
    struct eval deeper = *e;
    other.kind = HCL_REFERENCE;
    other.text = text;
    deeper.depth++;
    if (deeper.depth > MAX_DEPTH)
        return object_unknown("'%s' refers to itself", text);
    return reference_value(&deeper, &other, pointer);
}

/* Is the index that begins at p a reference, like [each.key]? */
static bool is_indirect(const char *p)
{
    return (p[1] >= 'a' && p[1] <= 'z') || p[1] == '_';
}

static bool has_indirect(const char *reference)
{
    const char *p = strchr(reference, '[');
    while (p != NULL && !is_indirect(p))
        p = strchr(p + index_length(p), '[');
    return p != NULL;
}

/* "x[each.key].id": each such index is replaced by its value. */
static struct js *indirect_value(const struct eval *e, const struct hcl_expr *x,
                                 const char *pointer)
{
    AUTO(buf_deinit) struct buf direct = {0};
    struct eval nowhere = *e;
    buf_init(&direct, BUF_MAX_TEXT);
    nowhere.at = NULL;
    for (const char *p = x->text; *p != '\0';) {
        size_t n = *p == '[' ? index_length(p) : strcspn(p, "[");
        if (*p == '[' && is_indirect(p)) {
            AUTO(xfree) char *inner = xstrndup(p + 1, n - 2);
            AUTO(js_free) struct js *key = value_of_reference(&nowhere, x, inner, "");
            if (js_text(key) == NULL)
                return object_unknown("'%s' is not known", x->text);
            buf_addf(&direct, "[\"%s\"]", js_text(key));
        } else {
            buf_add(&direct, p, n);
        }
        p += n;
    }
    return value_of_reference(e, x, direct.ptr, pointer);
}

/* What "each.value" and more stand for; for_each over another resource gives its objects. */
static struct js *each_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    const char *rest = x->text + strlen("each.value");
    const char *object = rest[0] != '\0' ? js_text(e->each) : NULL;
    if (object != NULL && object[0] == '@') {
        AUTO(xfree) char *reference = xasprintf("%s%s", object + 1, rest);
        return value_of_reference(e, x, reference, pointer);
    }
    const struct js *part = pick(e->each, rest);
    return part != NULL ? js_dup(part) : object_unknown("'%s' is not there", x->text);
}

static struct js *reference_value(const struct eval *e, const struct hcl_expr *x,
                                  const char *pointer)
{
    static const char *const outside[] = {"path.", "terraform.", "self.", "count.", NULL};
    const char *rest = NULL;
    if (has_indirect(x->text))
        return indirect_value(e, x, pointer);
    if (cstr_eq(x->text, "each.key") && e->key != NULL)
        return js_string(e->key);
    if (cstr_starts(x->text, "each.value") && e->each != NULL)
        return each_value(e, x, pointer);
    if (cstr_starts(x->text, "each."))
        return object_unknown("for_each is not known");
    for (const char *const *o = outside; *o != NULL; o++) {
        if (cstr_starts(x->text, *o))
            return object_unknown("'%s' is known to Terraform only", x->text);
    }
    AUTO(xfree)
    char *address = address_of(x->text, cstr_starts(x->text, "data.") ? 3 : 2, &rest);
    struct named *n = find_name(e->t, address);
    if (n == NULL)
        return undeclared(e, x, address);
    if (cstr_starts(address, "local.") || cstr_starts(address, "var."))
        return named_value(e, n, rest, pointer);
    if (cstr_starts(address, "module."))
        return object_unknown("'%s' comes out of a module", x->text);
    return object_value(e, n, rest, pointer);
}

/* ---- functions ---- */

static struct js *list_of(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct js *list = js_array();
    place(e, x, pointer);
    for (size_t i = 0; i < x->len; i++) {
        AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, js_len(list));
        js_append(list, value_of(e, x->items[i], below));
    }
    return list;
}

static struct js *concat_of(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    AUTO(js_free) struct js *all = js_array();
    for (size_t i = 0; i < x->len; i++) {
        AUTO(places_free) struct places *own = places_new();
        struct eval here = *e;
        here.at = own;
        AUTO(js_free) struct js *one = value_of(&here, x->items[i], "");
        if (!js_is(one, JS_ARRAY)) { /* ".ids" of mappings, or not known */
            AUTO(xfree) char *to = xasprintf("%s/%zu", pointer, js_len(all));
            places_add(e->at, to, e->path, x->items[i]->line, x->items[i]->column);
            js_append(all, js_dup(one));
        }
        for (size_t k = 0; js_is(one, JS_ARRAY) && k < js_len(one); k++) {
            AUTO(xfree) char *from = xasprintf("/%zu", k);
            AUTO(xfree) char *to = xasprintf("%s/%zu", pointer, js_len(all));
            places_graft(e->at, to, own, from);
            js_append(all, js_dup(js_at(one, k)));
        }
    }
    place(e, x, pointer);
    return js_ref(all);
}

/* Functions that change nothing of what counts here. */
static bool is_identity(const char *name)
{
    static const char *const names[] = {"toset",     "tolist",       "tomap",    "tostring",
                                        "sensitive", "nonsensitive", "distinct", NULL};
    for (const char *const *n = names; *n != NULL; n++) {
        if (strcmp(*n, name) == 0)
            return true;
    }
    return false;
}

static struct js *call_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    if (is_identity(x->text) && x->len == 1)
        return value_of(e, x->items[0], pointer);
    if (strcmp(x->text, "concat") == 0)
        return concat_of(e, x, pointer);
    for (size_t i = 0; i < x->len; i++) { /* for what is not declared */
        struct eval nowhere = *e;
        nowhere.at = NULL;
        js_free(value_of(&nowhere, x->items[i], ""));
    }
    return object_unknown("the function %s() is not evaluated", x->text);
}

/* ---- the other kinds ---- */

static struct js *null_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    place(e, x, pointer);
    return js_null();
}

static struct js *bool_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    place(e, x, pointer);
    return js_bool(strcmp(x->text, "true") == 0);
}

static struct js *number_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    int64_t n = 0;
    place(e, x, pointer);
    return str_to_i64(str_of(x->text), 0, INT64_MAX, &n) == 0 ? js_int(n) : js_string(x->text);
}

static struct js *text_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    place(e, x, pointer);
    return js_string(x->text);
}

/* A part of a template as text; false when it is none. */
static bool add_part(struct buf *b, const struct js *part)
{
    AUTO(xfree) char *number = js_is(part, JS_INTEGER) ? js_compact(part) : NULL;
    if (js_text(part) == NULL && number == NULL)
        return false;
    buf_adds(b, number != NULL ? number : js_text(part));
    return true;
}

static struct js *template_value(const struct eval *e, const struct hcl_expr *x,
                                 const char *pointer)
{
    AUTO(buf_deinit) struct buf b = {0};
    struct eval nowhere = *e;
    nowhere.at = NULL;
    buf_init(&b, BUF_MAX_TEXT);
    place(e, x, pointer);
    if (x->len == 1) /* "${x}" is x, whatever it is */
        return value_of(&nowhere, x->items[0], pointer);
    for (size_t i = 0; i < x->len; i++) {
        AUTO(js_free) struct js *part = value_of(&nowhere, x->items[i], "");
        if (object_is_unknown(part) != NULL)
            return js_ref(part);
        if (!add_part(&b, part))
            return object_unknown("a %s in a text", js_type_name(part));
    }
    return js_string(b.ptr);
}

static struct js *map_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct js *obj = js_object();
    place(e, x, pointer);
    for (size_t i = 0; i + 1 < x->len; i += 2) {
        AUTO(js_free) struct js *key = value_of(e, x->items[i], "/$key");
        if (js_text(key) == NULL)
            continue;
        AUTO(xfree) char *below = places_below(pointer, js_text(key));
        js_set(obj, js_text(key), value_of(e, x->items[i + 1], below));
    }
    return obj;
}

static struct js *other_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    place(e, x, pointer);
    return object_unknown("'%s' is not evaluated", x->text);
}

static struct js *value_of(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    static struct js *(*const of_kind[HCL_KIND_MAX_])(
        const struct eval *e, const struct hcl_expr *x, const char *pointer) = {
        [HCL_NULL] = null_value,   [HCL_BOOL] = bool_value,           [HCL_NUMBER] = number_value,
        [HCL_TEXT] = text_value,   [HCL_TEMPLATE] = template_value,   [HCL_LIST] = list_of,
        [HCL_OBJECT] = map_value,  [HCL_REFERENCE] = reference_value, [HCL_CALL] = call_value,
        [HCL_OTHER] = other_value,
    };
    if (e->t->values >= MAX_VALUES)
        return object_unknown("these files take more than %u steps to work out", MAX_VALUES);
    e->t->values++;
    return of_kind[x->kind](e, x, pointer);
}

/* ---- objects ---- */

/* Attributes, and blocks as lists of them (redirect URIs have been both). */
static struct js *body_value(const struct eval *e, const struct hcl_body *body, const char *pointer)
{
    struct js *attrs = js_object();
    for (size_t i = 0; i < body->attributes_len; i++) {
        const struct hcl_attribute *a = &body->attributes[i];
        AUTO(xfree) char *below = places_below(pointer, a->name);
        places_add(e->at, below, e->path, a->line, a->column);
        js_set(attrs, a->name, value_of(e, a->value, below));
    }
    for (size_t i = 0; i < body->blocks_len; i++) {
        const struct hcl_block *b = body->blocks[i];
        if (!js_is(js_get(attrs, b->type), JS_ARRAY))
            js_set(attrs, b->type, js_array());
        struct js *list = js_get(attrs, b->type);
        AUTO(xfree) char *below = xasprintf("%s/%s/%zu", pointer, b->type, js_len(list));
        places_add(e->at, below, e->path, b->line, b->column);
        js_append(list, body_value(e, &b->body, below));
    }
    return attrs;
}

static void make_one(const struct eval *e, const struct named *n, const char *handle)
{
    const struct hcl_block *b = n->block;
    AUTO(places_free) struct places *at = places_new();
    struct eval own = *e;
    own.at = at;
    places_add(at, "", n->path, b->line, b->column);
    struct js *attrs = body_value(&own, &b->body, "");
    (void)terraform_object(e->t->out, b->labels[0], handle, strcmp(b->type, "data") == 0, attrs,
                           at);
}

static void make(struct terraform *t, struct named *n)
{
    struct eval e = {.t = t, .path = n->path};
    const struct js *each = instances_of(&e, n);
    if (each == NULL)
        make_one(&e, n, n->address);
    for (struct js_iter it = js_iter(each); js_next(&it);) {
        struct eval one = e;
        AUTO(xfree) char *handle = xasprintf("%s[\"%s\"]", n->address, it.key);
        one.key = it.key;
        one.each = it.value;
        make_one(&one, n, handle);
    }
}

/* Where Terraform itself speaks to authentik. */
static void make_api(struct terraform *t)
{
    const struct named *n = find_name(t, "provider.authentik");
    const struct hcl_expr *url = n != NULL ? hcl_get(&n->block->body, "url") : NULL;
    struct eval e = {.t = t, .path = n != NULL ? n->path : NULL};
    if (url == NULL)
        return;
    struct object *api = objects_add(t->out, "api", n->address);
    e.at = api->at;
    js_set(api->attrs, "url", value_of(&e, url, "/url"));
}

void terraform_objects(struct terraform *t, struct objects *ret)
{
    t->out = ret;
    make_api(t);
    for (size_t i = 0; i < t->names.len; i++) {
        struct named *n = t->names.items[i];
        if (n->block != NULL && n->block->labels_len == 2)
            make(t, n);
    }
    t->out = NULL;
}
