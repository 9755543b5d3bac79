/*
 * The blocks of a module by their addresses, and the objects that they declare.
 */
#include "harness/setup/terraform.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/setup/terraform_int.h"

struct file {
    char *path;
    struct hcl_body *body;
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
        js_free(n->whole);
        places_free(n->at);
        xfree(n);
    }
    objects_deinit(&t->before);
    map_deinit(&t->by_address);
    vec_deinit(&t->files);
    vec_deinit(&t->names);
    return xfree(t);
}

/* ---- addresses ---- */

struct named *terraform_name(const struct terraform *t, const char *address)
{
    return map_get(&t->by_address, address);
}

static struct named *add_name(struct terraform *t, char *take_address, const char *path)
{
    struct named *n = terraform_name(t, take_address);
    if (n != NULL) {
        xfree(take_address);
        return n;
    }
    n = xcalloc(1, sizeof *n);
    n->address = take_address;
    n->path = path;
    vec_push(&t->names, n);
    map_add(&t->by_address, n->address, n);
    return n;
}

/* Terraform takes no name twice in one module, which is one folder. True: the first stays. */
static bool is_twice(struct terraform *t, const struct named *n, bool twice, const char *path,
                     int line, int column)
{
    AUTO(xfree) char *folder = path_dir(path);
    AUTO(xfree) char *first = path_dir(n->path);
    if (!twice || strcmp(folder, first) != 0)
        return false;
    objects_problem(&t->before, "terraform-duplicate", path, line, column,
                    "'%s' is declared already, in %s:%d", n->address, n->path, n->line);
    return true;
}

static void name_locals(struct terraform *t, const char *path, const struct hcl_block *block)
{
    for (size_t i = 0; i < block->body.attributes_len; i++) {
        const struct hcl_attribute *a = &block->body.attributes[i];
        struct named *n = add_name(t, xasprintf("local.%s", a->name), path);
        if (is_twice(t, n, n->value != NULL, path, a->line, a->column))
            continue;
        n->value = a->value;
        n->path = path;
        n->line = a->line;
    }
}

/* A .tfvars file was perhaps read before, and its value wins. */
static void name_variable(struct terraform *t, const char *path, const struct hcl_block *block)
{
    struct named *n = add_name(t, xasprintf("var.%s", block->labels[0]), path);
    if (is_twice(t, n, n->block != NULL, path, block->line, block->column))
        return;
    n->block = block;
    n->line = block->line;
    if (n->value == NULL) {
        n->value = hcl_get(&block->body, "default");
        n->path = path;
    }
}

static void name_whole(struct terraform *t, char *take_address, const char *path,
                       const struct hcl_block *block)
{
    struct named *n = add_name(t, take_address, path);
    if (is_twice(t, n, n->block != NULL, path, block->line, block->column))
        return;
    n->block = block;
    n->path = path;
    n->line = block->line;
}

static void name_block(struct terraform *t, const char *path, const struct hcl_block *block)
{
    bool data = strcmp(block->type, "data") == 0;
    if (strcmp(block->type, "locals") == 0)
        name_locals(t, path, block);
    else if (strcmp(block->type, "variable") == 0 && block->labels_len == 1)
        name_variable(t, path, block);
    else if (strcmp(block->type, "module") == 0 && block->labels_len == 1)
        name_whole(t, xasprintf("module.%s", block->labels[0]), path, block);
    else if (strcmp(block->type, "provider") == 0 && block->labels_len == 1 &&
             hcl_get(&block->body, "alias") == NULL)
        name_whole(t, xasprintf("provider.%s", block->labels[0]), path, block);
    else if ((data || strcmp(block->type, "resource") == 0) && block->labels_len == 2)
        name_whole(t, xasprintf("%s%s.%s", data ? "data." : "", block->labels[0], block->labels[1]),
                   path, block);
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

/* ---- objects ---- */

/* Attributes, and blocks as lists of them (redirect URIs have been both). */
static struct js *body_value(const struct eval *e, const struct hcl_body *body, const char *pointer)
{
    AUTO(js_free) struct js *lists = js_object();
    struct js *attrs = js_object();
    for (size_t i = 0; i < body->attributes_len; i++) {
        const struct hcl_attribute *a = &body->attributes[i];
        if (strcmp(a->name, "for_each") == 0)
            continue; /* it is not of one instance */
        AUTO(xfree) char *below = places_below(pointer, a->name);
        places_add(e->at, below, e->path, a->line, a->column);
        js_set(attrs, a->name, terraform_value(e, a->value, below));
    }
    for (size_t i = 0; i < body->blocks_len; i++) {
        const struct hcl_block *b = body->blocks[i];
        if (js_get(lists, b->type) == NULL) {
            struct js *before = js_get(attrs, b->type); /* perhaps another's, too */
            js_set(lists, b->type, js_is(before, JS_ARRAY) ? js_dup(before) : js_array());
        }
        struct js *list = js_get(lists, b->type);
        js_set(attrs, b->type, js_ref(list));
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
    struct js *each = terraform_instances(&e, n);
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
    const struct named *n = terraform_name(t, "provider.authentik");
    const struct hcl_expr *url = n != NULL ? hcl_get(&n->block->body, "url") : NULL;
    struct eval e = {.t = t, .path = n != NULL ? n->path : NULL};
    if (url == NULL)
        return;
    struct object *api = objects_add(t->out, "api", n->address);
    e.at = api->at;
    js_set(api->attrs, "url", terraform_value(&e, url, "/url"));
}

void terraform_objects(struct terraform *t, struct objects *ret)
{
    t->out = ret;
    for (size_t i = 0; i < t->before.problems.len; i++) {
        const struct object_problem *p = t->before.problems.items[i];
        objects_problem(ret, p->rule, p->file, p->line, p->column, "%s", p->text);
    }
    make_api(t);
    for (size_t i = 0; i < t->names.len; i++) {
        struct named *n = t->names.items[i];
        if (n->block != NULL && n->block->labels_len == 2)
            make(t, n);
    }
    t->out = NULL;
}
