/*
 * What the expressions of a module come to. A value is looked up where it is written, so that its
 * place is where it is to be mended; a local is worked out once, however many name it.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/setup/terraform_int.h"

#define MAX_DEPTH 100 /* of references through references */
/* Of values in all: what a local of two locals of two locals … comes to doubles with each. */
#define MAX_WORK ((size_t)32 << 20)
#define VALUE_COST 64U /* of one, besides its text */
#define MAX_COUNT 100000

bool terraform_charge(struct terraform *t, size_t bytes)
{
    t->work += VALUE_COST + bytes;
    return t->work <= MAX_WORK;
}

bool terraform_charge_value(struct terraform *t, const struct js *value)
{
    const char *text = js_text(value);
    bool ok = terraform_charge(t, text != NULL ? strlen(text) : 0);
    for (size_t i = 0; ok && js_is(value, JS_ARRAY) && i < js_len(value); i++)
        ok = terraform_charge_value(t, js_at(value, i));
    for (struct js_iter it = js_iter(value); ok && js_is(value, JS_OBJECT) && js_next(&it);)
        ok = terraform_charge_value(t, it.value);
    return ok;
}

struct js *terraform_too_much(void)
{
    return object_unknown("these files come to more than %zu MB of values", MAX_WORK >> 20);
}

static struct js *too_deep(const char *what)
{
    return object_unknown("'%s' lies more than %d references deep", what, MAX_DEPTH);
}

static void place(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    places_add(e->at, pointer, e->path, x->line, x->column);
}

static const char *name_at(const void *ctx, size_t i)
{
    const struct vec *names = ctx;
    return i < names->len ? ((const struct named *)names->items[i])->address : NULL;
}

/* Each look for a near name goes through all of them. */
#define MAX_HINTS 200U

struct js *terraform_undeclared(const struct eval *e, int line, int column, const char *address)
{
    const char *near = NULL;
    if (e->t->hints++ < MAX_HINTS)
        near = str_nearest_of(address, name_at, &e->in->names);
    if (near != NULL)
        objects_problem(e->t->out, "terraform-undeclared", e->path, line, column,
                        "'%s' is not declared; did you mean '%s'?", address, near);
    else
        objects_problem(e->t->out, "terraform-undeclared", e->path, line, column,
                        "'%s' is not declared in these files", address);
    return object_said(object_unknown("'%s' is not declared", address));
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

/* What ".attr", "[0]" and "[\"k\"]" pick out of a value; NULL: not there. Borrowed. */
static struct js *pick(struct js *value, const char *rest)
{
    while (value != NULL && *rest != '\0') {
        AUTO(xfree) char *key = NULL;
        int64_t index = 0;
        if (*rest == '.') {
            size_t n = strcspn(rest + 1, ".[");
            key = xstrndup(rest + 1, n);
            rest += n + 1;
        } else {
            size_t n = object_index_length(rest);
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

/* Where a name's value is written: a variable's perhaps in the block that passes it. */
static struct eval home_of(const struct eval *e, const struct named *n)
{
    struct eval there = {.t = e->t, .in = n->in, .path = n->path, .depth = e->depth + 1};
    if (n->passed) {
        there.in = n->in->call->in;
        there.key = n->in->key;
        there.each = n->in->each;
        there.nth = n->in->nth;
    }
    return there;
}

/* A local's, a variable's or an output's value, worked out where it is written and kept. */
static struct js *whole_of(const struct eval *e, struct named *n)
{
    if (n->whole != NULL)
        return n->whole;
    n->at = places_new();
    struct eval there = home_of(e, n);
    there.at = n->at;
    n->whole = object_unknown("%s refers to itself", n->address);
    struct js *value =
        there.depth <= MAX_DEPTH ? terraform_value(&there, n->value, "") : too_deep(n->address);
    const struct hcl_expr *type = n->block != NULL ? hcl_get(&n->block->body, "type") : NULL;
    if (type != NULL && object_is_unknown(value) == NULL)
        value = terraform_constrained(&there, type, value);
    js_free(n->whole);
    n->whole = value;
    return n->whole;
}

void terraform_look_at(struct terraform *t, struct named *n)
{
    const struct eval e = {.t = t, .in = n->in, .path = n->path};
    if (n->value != NULL)
        (void)whole_of(&e, n);
}

/* Places of the whole as they were taken down. */
static struct js *named_value(const struct eval *e, const struct hcl_expr *x, struct named *n,
                              const char *rest, const char *pointer)
{
    if (n->value == NULL && n->in->call != NULL)
        return object_unknown("%s has no default, and %s passes none", n->address,
                              n->in->call->address);
    if (n->value == NULL)
        return object_unknown("%s has no default; give a .tfvars file", n->address);
    struct js *whole = whole_of(e, n);
    if (rest[0] != '\0')
        return terraform_picked(e, x, whole, rest, pointer);
    if (!terraform_charge_value(e->t, whole))
        return terraform_too_much();
    places_graft(e->at, pointer, n->at, "");
    return js_ref(whole);
}

static bool is_handle(const char *rest)
{
    static const char *const ids[] = {".id", ".uuid", ".ids", ".slug_id", NULL};
    while (*rest == '[')
        rest += object_index_length(rest);
    for (const char *const *i = ids; *i != NULL; i++) {
        if (cstr_starts(rest, *i) &&
            (rest[strlen(*i)] == '\0' || rest[strlen(*i)] == '[' || rest[strlen(*i)] == '.'))
            return true;
    }
    return *rest == '\0';
}

size_t terraform_module_length(const char *address)
{
    static const char module[] = "module.";
    if (!cstr_starts(address, module))
        return 0;
    size_t n = strlen(module) + strcspn(address + strlen(module), ".[");
    n += address[n] == '[' ? object_index_length(address + n) : 0;
    return address[n] == '.' ? n + 1 : 0;
}

size_t terraform_modules_length(const char *address)
{
    size_t all = 0;
    for (size_t n = 1; n > 0; all += n)
        n = terraform_module_length(address + all);
    return all;
}

/* The module that a handle is of; *ret_address is what follows its prefix. NULL: none has it. */
static struct module *module_of(const struct terraform *t, const char *handle,
                                const char **ret_address)
{
    struct module *found = NULL;
    for (size_t i = 0; i < t->roots.len && found == NULL; i++) {
        const char *root = ((const struct module *)t->roots.items[i])->prefix;
        if (!cstr_starts(handle, root))
            continue;
        size_t n = strlen(root) + terraform_modules_length(handle + strlen(root));
        AUTO(xfree) char *prefix = xstrndup(handle, n);
        found = map_get(&t->by_prefix, prefix);
        *ret_address = handle + n;
    }
    return found;
}

/* {key: each.value} of what a for_each comes to: a set's values are its keys, and another resource
 * with a for_each stands for its objects. NULL when it is none of these. Caller frees. */
static struct js *keyed(const struct eval *e, struct js *over)
{
    const char *object = js_text(over);
    if (js_is(over, JS_OBJECT) && object_is_unknown(over) == NULL)
        return js_ref(over);
    AUTO(js_free) struct js *all = js_object();
    for (size_t i = 0; js_is(over, JS_ARRAY) && i < js_len(over); i++) {
        const char *key = js_text(js_at(over, i));
        if (key == NULL)
            return NULL; /* one that is not known: so is how many there are */
        js_set(all, key, js_ref(js_at(over, i)));
    }
    const char *address = NULL;
    struct module *home =
        object != NULL && object[0] == '@' ? module_of(e->t, object + 1, &address) : NULL;
    struct named *other = home != NULL ? terraform_name(home, address) : NULL;
    struct js *others = other != NULL ? terraform_instances(e, other) : NULL;
    for (struct js_iter it = js_iter(others); js_next(&it);)
        js_set(all, it.key, js_stringf("%s[\"%s\"]", object, it.key));
    return js_is(over, JS_ARRAY) || others != NULL ? js_ref(all) : NULL;
}

struct js *terraform_members(const struct eval *e, struct js *over)
{
    return js_is(over, JS_ARRAY) ? js_ref(over) : keyed(e, over);
}

struct js *terraform_instances(const struct eval *e, struct named *n)
{
    const struct hcl_expr *each = n->block != NULL ? hcl_get(&n->block->body, "for_each") : NULL;
    if (each == NULL || n->asked)
        return n->instances;
    struct eval there = {.t = e->t, .in = n->in, .path = n->path, .depth = e->depth + 1};
    if (there.depth > MAX_DEPTH)
        return NULL;
    n->asked = true;
    AUTO(js_free) struct js *over = terraform_value(&there, each, "");
    n->instances = keyed(&there, over);
    return n->instances;
}

int64_t terraform_count(const struct eval *e, struct named *n)
{
    const struct hcl_expr *count = n->block != NULL ? hcl_get(&n->block->body, "count") : NULL;
    if (count == NULL || n->counted)
        return count == NULL ? -1 : n->count;
    struct eval there = {.t = e->t, .in = n->in, .path = n->path, .depth = e->depth + 1};
    if (there.depth > MAX_DEPTH)
        return -1;
    n->counted = true;
    n->count = -1;
    AUTO(js_free) struct js *value = terraform_value(&there, count, "");
    if (!js_is(value, JS_INTEGER) || js_number(value, &n->count) != 0 || n->count > MAX_COUNT)
        n->count = -1;
    return n->count;
}

/* "[3]" as 4; 0 for another index. */
static int64_t nth_of_index(const char *index)
{
    int64_t nth = 0;
    size_t n = strlen(index);
    AUTO(xfree) char *number = n > 2 ? xstrndup(index + 1, n - 2) : xstrdup("");
    return str_to_i64(str_of(number), 0, MAX_COUNT, &nth) == 0 ? nth + 1 : 0;
}

struct js *terraform_objects_of(const struct eval *e, const struct js *handle)
{
    const char *address = NULL;
    struct module *home = module_of(e->t, js_text(handle) + 1, &address);
    struct named *n = home != NULL ? terraform_name(home, address) : NULL;
    int64_t count = n != NULL ? terraform_count(e, n) : -1;
    struct js *each = n != NULL ? terraform_instances(e, n) : NULL;
    if (count < 0 && each == NULL)
        return NULL;
    struct js *list = js_array();
    for (int64_t i = 0; i < count && terraform_charge(e->t, 0); i++)
        js_append(list, count == 1 ? js_string(js_text(handle))
                                   : js_stringf("%s[%lld]", js_text(handle), (long long)i));
    for (struct js_iter it = js_iter(each); js_next(&it);)
        js_append(list, js_stringf("%s[\"%s\"]", js_text(handle), it.key));
    return list;
}

/* The key in ["key"]; NULL for another index. Caller frees. */
static char *key_of_index(const char *index)
{
    size_t n = strlen(index);
    bool quoted = n >= 4 && cstr_starts(index, "[\"") && cstr_eq(index + n - 2, "\"]");
    return quoted ? xstrndup(index + 2, n - 4) : NULL;
}

/* An attribute as its block says it, in the one instance that the index picks. */
static struct js *attribute_value(const struct eval *e, struct named *n, const char *index,
                                  const struct hcl_expr *value, const char *pointer)
{
    AUTO(xfree) char *key = key_of_index(index);
    struct eval there = *e;
    there.in = n->in;
    there.path = n->path;
    there.scope = NULL;
    there.depth++;
    there.each = key != NULL ? js_get(terraform_instances(e, n), key) : NULL;
    there.key = there.each != NULL ? key : NULL;
    there.nth = nth_of_index(index);
    if (there.nth == 0 && terraform_count(e, n) == 1)
        there.nth = 1;
    return terraform_value(&there, value, pointer);
}

static const char *key_at(const void *ctx, size_t i)
{
    const struct strlist *keys = ctx;
    return i < keys->len ? keys->items[i] : NULL;
}

/* A key that for_each does not have, or any where count makes none. NULL: the index is one. */
static struct js *no_instance(const struct eval *e, struct named *n, const struct hcl_expr *x,
                              const char *index)
{
    AUTO(strlist_deinit) struct strlist keys = {0};
    AUTO(xfree) char *key = key_of_index(index);
    struct js *each = terraform_instances(e, n);
    bool known = each != NULL && key != NULL;
    if (known ? js_get(each, key) != NULL : index[0] == '\0' || terraform_count(e, n) != 0)
        return NULL;
    for (struct js_iter it = js_iter(each); known && js_next(&it);)
        strlist_add(&keys, it.key);
    const char *near =
        known && e->t->hints++ < MAX_HINTS ? str_nearest_of(key, key_at, &keys) : NULL;
    if (!e->trying)
        objects_problem(e->t->out, "terraform-undeclared", e->path, x->line, x->column,
                        near != NULL ? "'%s' has no %s; did you mean [\"%s\"]?" : "'%s' has no %s",
                        n->address, index, near);
    return object_said(object_missing(object_unknown("%s has no %s", n->address, index)));
}

/* "@authentik_group.x" for an id; an attribute's value for an attribute. With for_each the index
 * is part of the handle. */
static struct js *object_value(const struct eval *e, const struct hcl_expr *x, struct named *n,
                               const char *rest, const char *pointer)
{
    size_t index = rest[0] == '[' ? object_index_length(rest) : 0;
    const char *attribute = rest + index;
    if (n->block == NULL)
        return object_unknown("%s is outside these files", n->address);
    AUTO(xfree) char *instance = xstrndup(rest, index);
    struct js *missing = no_instance(e, n, x, instance);
    if (missing != NULL)
        return missing;
    if (is_handle(attribute)) {
        bool counted = hcl_get(&n->block->body, "count") != NULL;
        bool one = index == 0 || (counted && terraform_count(e, n) <= 1);
        return js_stringf("@%s%s%.*s", n->in->prefix, n->address, one ? 0 : (int)index, rest);
    }
    AUTO(xfree) char *key = xstrndup(attribute + 1, strcspn(attribute + 1, ".["));
    const struct hcl_expr *value = hcl_get(&n->block->body, key);
    if (value == NULL)
        return object_unknown("%s.%s is known after apply", n->address, key);
    if (e->depth >= MAX_DEPTH)
        return too_deep(n->address);
    return attribute_value(e, n, instance, value, pointer);
}

static struct js *reference_value(const struct eval *e, const struct hcl_expr *x,
                                  const char *pointer);

struct js *terraform_reference(const struct eval *e, const struct hcl_expr *x, char *text,
                               const char *pointer)
{
    struct hcl_expr other = *x;
    struct eval deeper = *e;
    other.kind = HCL_REFERENCE;
    other.text = text;
    deeper.depth++;
    if (deeper.depth > MAX_DEPTH)
        return too_deep(text);
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
        p = strchr(p + object_index_length(p), '[');
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
        size_t n = *p == '[' ? object_index_length(p) : strcspn(p, "[");
        if (*p == '[' && is_indirect(p)) {
            AUTO(xfree) char *inner = xstrndup(p + 1, n - 2);
            AUTO(js_free) struct js *key = terraform_reference(&nowhere, x, inner, "");
            if (js_text(key) == NULL)
                return object_unknown("'%s' is not known", x->text);
            buf_addf(&direct, "[\"%s\"]", js_text(key));
        } else {
            buf_add(&direct, p, n);
        }
        p += n;
    }
    return terraform_reference(e, x, direct.ptr, pointer);
}

struct js *terraform_picked(const struct eval *e, const struct hcl_expr *x, struct js *whole,
                            const char *rest, const char *pointer)
{
    const char *object = rest[0] != '\0' ? js_text(whole) : NULL;
    const char *address = NULL;
    struct module *home =
        object != NULL && object[0] == '@' ? module_of(e->t, object + 1, &address) : NULL;
    if (home != NULL) {
        AUTO(xfree) char *reference = xasprintf("%s%s", address, rest);
        struct eval there = *e;
        there.in = home;
        there.scope = NULL;
        return terraform_reference(&there, x, reference, pointer);
    }
    struct js *part = object_is_unknown(whole) != NULL ? whole : pick(whole, rest);
    if (part != NULL && !terraform_charge_value(e->t, part))
        return terraform_too_much();
    return part != NULL ? js_ref(part)
                        : object_missing(object_unknown("'%s' is not there",
                                                        x->text != NULL ? x->text : rest));
}

/* The "for" that gives the reference's first name its value; NULL: none. */
static const struct scope *scope_of(const struct eval *e, const char *reference)
{
    size_t n = strcspn(reference, ".[");
    for (const struct scope *s = e->scope; s != NULL; s = s->up) {
        if (strlen(s->name) == n && strncmp(s->name, reference, n) == 0)
            return s;
    }
    return NULL;
}

/* Of the modules that a block makes the one that the index picks; NULL: there is none, or which
 * one is not said. */
static struct module *used(const struct vec *uses, const char *index)
{
    AUTO(xfree) char *key = key_of_index(index);
    int64_t nth = nth_of_index(index);
    for (size_t i = 0; i < uses->len; i++) {
        struct module *m = uses->items[i];
        bool first = m->key == NULL && (m->nth <= 1 ? nth <= 1 : m->nth == nth);
        if (first || (m->key != NULL && cstr_eq(m->key, key)))
            return m;
    }
    return NULL;
}

/* "module.x.NAME", "module.x[\"k\"].NAME.more". */
static struct js *output_value(const struct eval *e, const struct hcl_expr *x, struct named *n,
                               const char *rest, const char *pointer)
{
    size_t length = rest[0] == '[' ? object_index_length(rest) : 0;
    const char *attribute = rest + length;
    AUTO(xfree) char *index = xstrndup(rest, length);
    const struct vec *uses = terraform_uses(e, n);
    struct module *m = used(uses, index);
    if (uses->len == 0 && terraform_count(e, n) == 0)
        return object_unknown("'%s' comes out of a module that is made no times", x->text);
    if (uses->len == 0)
        return object_unknown("'%s' comes out of a module that is not in these files", x->text);
    if (m == NULL || attribute[0] != '.')
        return object_unknown("'%s' is none of the values that a module gives", x->text);
    size_t end = 1 + strcspn(attribute + 1, ".[");
    AUTO(xfree) char *address = xasprintf("output%.*s", (int)end, attribute);
    struct named *output = terraform_name(m, address);
    struct eval there = *e;
    there.in = m;
    if (output == NULL)
        return terraform_undeclared(&there, x->line, x->column, address);
    return named_value(e, x, output, attribute + end, pointer);
}

static struct js *reference_value(const struct eval *e, const struct hcl_expr *x,
                                  const char *pointer)
{
    static const char *const outside[] = {"path.",  "terraform.", "self.",
                                          "count.", "ephemeral.", NULL};
    const char *rest = NULL;
    if (has_indirect(x->text))
        return indirect_value(e, x, pointer);
    const struct scope *scope = scope_of(e, x->text);
    if (scope != NULL)
        return terraform_picked(e, x, scope->value, x->text + strlen(scope->name), pointer);
    if (cstr_eq(x->text, "each.key") && e->key != NULL)
        return js_string(e->key);
    if (cstr_starts(x->text, "each.value") && e->each != NULL)
        return terraform_picked(e, x, e->each, x->text + strlen("each.value"), pointer);
    if (cstr_eq(x->text, "count.index") && e->nth > 0)
        return js_int(e->nth - 1);
    if (cstr_starts(x->text, "each."))
        return object_unknown("for_each is not known");
    if (cstr_eq(x->text, "path.module"))
        return js_string(e->in->folder->shown);
    if (cstr_eq(x->text, "path.root"))
        return js_string(terraform_root(e->in)->folder->shown);
    for (const char *const *o = outside; *o != NULL; o++) {
        if (cstr_starts(x->text, *o))
            return object_unknown("'%s' is known to Terraform only", x->text);
    }
    AUTO(xfree)
    char *address = address_of(x->text, cstr_starts(x->text, "data.") ? 3 : 2, &rest);
    struct named *n = terraform_name(e->in, address);
    if (n == NULL)
        return terraform_undeclared(e, x->line, x->column, address);
    if (cstr_starts(address, "local.") || cstr_starts(address, "var."))
        return named_value(e, x, n, rest, pointer);
    if (cstr_starts(address, "module."))
        return output_value(e, x, n, rest, pointer);
    return object_value(e, x, n, rest, pointer);
}

/* ---- lists ---- */

static struct js *list_of(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct js *list = js_array();
    place(e, x, pointer);
    for (size_t i = 0; i < x->len; i++) {
        AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, js_len(list));
        js_append(list, terraform_value(e, x->items[i], below));
    }
    return list;
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
        return terraform_value(&nowhere, x->items[0], pointer);
    for (size_t i = 0; i < x->len; i++) {
        AUTO(js_free) struct js *part = terraform_value(&nowhere, x->items[i], "");
        size_t before = b.len;
        if (object_is_unknown(part) != NULL)
            return js_ref(part);
        if (!add_part(&b, part))
            return object_unknown("a %s in a text", js_type_name(part));
        if (b.overflow || !terraform_charge(e->t, b.len - before))
            return terraform_too_much();
    }
    return js_string(b.ptr);
}

static struct js *map_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct js *obj = js_object();
    place(e, x, pointer);
    for (size_t i = 0; i + 1 < x->len; i += 2) {
        AUTO(js_free) struct js *key = terraform_value(e, x->items[i], "/$key");
        if (js_text(key) == NULL)
            continue;
        AUTO(xfree) char *below = places_below(pointer, js_text(key));
        js_set(obj, js_text(key), terraform_value(e, x->items[i + 1], below));
    }
    return obj;
}

/* ---- what is not worked out ---- */

/* Of an expression that is named, not evaluated, without what stands in quotes: it may be secret.
 */
static char *without_texts(const char *source)
{
    AUTO(buf_deinit) struct buf b = {0};
    bool quoted = false;
    buf_init(&b, BUF_MAX_TEXT);
    for (const char *p = source; *p != '\0'; p++) {
        bool mark = *p == '"';
        if (mark && !quoted && p[1] != '"' && p[1] != '\0')
            buf_adds(&b, "\"…");
        else if (mark || !quoted)
            buf_addc(&b, *p);
        p += quoted && *p == '\\' && p[1] != '\0' ? 1 : 0;
        quoted = quoted != mark;
    }
    return buf_take(&b);
}

struct js *terraform_not_evaluated(const struct hcl_expr *x)
{
    AUTO(xfree) char *text = without_texts(x->text != NULL ? x->text : "...");
    return object_unknown("'%s' is not evaluated", text);
}

/* ---- for ---- */

/* One round of a "for": the names have their values, and what comes of it is put into `to`; or
 * *ret_why is what is not known. */
static void add_round(const struct eval *e, const struct hcl_expr *x, struct js *key,
                      struct js *value, struct js *to, const char *pointer, struct js **ret_why)
{
    const struct scope first = {e->scope, x->items[0]->text, key};
    const struct scope second = {&first, x->items[1]->text, value};
    struct eval inside = *e;
    inside.scope = &second;
    int truth = terraform_truth(&inside, x->items[4], ret_why);
    if (truth <= 0)
        return;
    if (x->len < 6) {
        AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, js_len(to));
        js_append(to, terraform_value(&inside, x->items[3], below));
        return;
    }
    AUTO(js_free) struct js *name = terraform_value(&inside, x->items[5], "");
    if (js_text(name) == NULL) {
        *ret_why = object_unknown("a key of this for is not known");
        return;
    }
    AUTO(xfree) char *below = places_below(pointer, js_text(name));
    js_set(to, js_text(name), terraform_value(&inside, x->items[3], below));
}

/* A list's elements, an object's members, the objects of a resource with a for_each. */
static struct js *for_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    struct eval nowhere = *e;
    nowhere.at = NULL;
    place(e, x, pointer);
    AUTO(js_free) struct js *over = terraform_value(&nowhere, x->items[2], "");
    AUTO(js_free) struct js *members = terraform_members(e, over);
    AUTO(js_free) struct js *ret = x->len < 6 ? js_array() : js_object();
    struct js *why = NULL;
    if (object_is_unknown(over) != NULL)
        return js_ref(over);
    if (members == NULL)
        return terraform_not_evaluated(x);
    for (size_t i = 0; js_is(members, JS_ARRAY) && i < js_len(members) && why == NULL; i++) {
        AUTO(js_free) struct js *index = js_int((int64_t)i);
        add_round(e, x, index, js_at(members, i), ret, pointer, &why);
        why = why == NULL && e->t->work > MAX_WORK ? terraform_too_much() : why;
    }
    for (struct js_iter it = js_iter(members);
         js_is(members, JS_OBJECT) && why == NULL && js_next(&it);) {
        AUTO(js_free) struct js *name = js_string(it.key);
        add_round(e, x, name, it.value, ret, pointer, &why);
        why = why == NULL && e->t->work > MAX_WORK ? terraform_too_much() : why;
    }
    return why != NULL ? why : js_ref(ret);
}

static struct js *other_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    place(e, x, pointer);
    return terraform_not_evaluated(x);
}

struct js *terraform_value(const struct eval *e, const struct hcl_expr *x, const char *pointer)
{
    static struct js *(*const of_kind[HCL_KIND_MAX_])(
        const struct eval *e, const struct hcl_expr *x, const char *pointer) = {
        [HCL_NULL] = null_value,         [HCL_BOOL] = bool_value,
        [HCL_NUMBER] = number_value,     [HCL_TEXT] = text_value,
        [HCL_TEMPLATE] = template_value, [HCL_LIST] = list_of,
        [HCL_OBJECT] = map_value,        [HCL_REFERENCE] = reference_value,
        [HCL_CALL] = terraform_function, [HCL_FOR] = for_value,
        [HCL_OTHER] = other_value,       [HCL_OPERATION] = terraform_operation,
        [HCL_PICK] = terraform_pick,     [HCL_SPLAT] = terraform_splat,
        [HCL_EXPANSION] = other_value,
    };
    if (!terraform_charge(e->t, x->text != NULL ? strlen(x->text) : 0))
        return terraform_too_much();
    struct js *value = of_kind[x->kind](e, x, pointer);
    if (object_is_unknown(value) != NULL)
        place(e, x, pointer);
    return value;
}
