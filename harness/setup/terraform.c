/*
 * Files by folder, those of the modules that are called, and the objects that all of it declares.
 */
#include "harness/setup/terraform.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/setup/terraform_int.h"

#define MAX_FILES 2000 /* with those that module blocks lead to */

struct terraform *terraform_new(void)
{
    return xcalloc(1, sizeof(struct terraform));
}

static void folder_free(struct folder *f)
{
    vec_deinit(&f->files);
    xfree(f->path);
    xfree(f->shown);
    xfree(f);
}

struct terraform *terraform_free(struct terraform *t)
{
    if (t == NULL)
        return NULL;
    for (size_t i = 0; i < t->modules.len; i++)
        terraform_module_free(t->modules.items[i]);
    for (size_t i = 0; i < t->folders.len; i++)
        folder_free(t->folders.items[i]);
    for (size_t i = 0; i < t->files.len; i++) {
        struct file *f = t->files.items[i];
        xfree(f->path);
        xfree(f->normal);
        hcl_free(f->body);
        xfree(f);
    }
    map_deinit(&t->by_file);
    map_deinit(&t->by_path);
    map_deinit(&t->by_prefix);
    vec_deinit(&t->files);
    vec_deinit(&t->folders);
    vec_deinit(&t->modules);
    vec_deinit(&t->roots);
    return xfree(t);
}

/* ---- files ---- */

static struct folder *folder_at(struct terraform *t, const char *path)
{
    struct folder *f = terraform_folder(t, path);
    if (f != NULL)
        return f;
    f = xcalloc(1, sizeof *f);
    f->path = terraform_normal(path);
    f->shown = xstrdup(path);
    vec_push(&t->folders, f);
    map_add(&t->by_path, f->path, f);
    return f;
}

int terraform_add(struct terraform *t, const char *path, struct str text, struct err *err)
{
    struct hcl_body *body = NULL;
    AUTO(xfree) char *dir = path_dir(path);
    AUTO(xfree) char *normal = terraform_normal(path);
    if (map_get(&t->by_file, normal) != NULL)
        return 0; /* named twice, as in `check . main.tf` */
    if (hcl_parse(text, path, &body, err) != 0)
        return -1;
    struct file *f = xcalloc(1, sizeof *f);
    f->path = xstrdup(path);
    f->body = body;
    f->normal = normal;
    normal = NULL;
    f->values = str_ends(str_of(path), ".tfvars");
    vec_push(&t->files, f);
    map_add(&t->by_file, f->normal, f);
    if (f->values)
        return 0;
    f->folder = folder_at(t, dir);
    vec_push(&f->folder->files, f);
    return 0;
}

/* ---- the modules that are called ---- */

static int read_file(struct terraform *t, const char *path, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    if (t->files.len >= MAX_FILES)
        return err_set_at(err, ERR_USAGE, path, 0, 0, "more than %d files of Terraform", MAX_FILES);
    if (file_read(path, FILE_MAX_TEXT, &text, &len, err) != 0)
        return -1;
    return terraform_add(t, path, (struct str){text, len}, err);
}

/* As Terraform does, a source is looked for where the block is, also outside what was named. */
static void read_folder(struct terraform *t, const char *dir)
{
    AUTO(strlist_deinit) struct strlist found = {0};
    if (file_list(dir, ".tf", &found, NULL) != 0)
        return; /* what needs it says that the module is not in these files */
    for (size_t i = 0; i < found.len; i++) {
        AUTO(xfree) char *path = path_join(dir, found.items[i]);
        struct err why = {0};
        if (read_file(t, path, &why) != 0)
            objects_problem(t->out, "file-skipped", path, why.line, why.column, "passed over: %s",
                            why.msg);
    }
}

static void follow(struct terraform *t, const struct file *f)
{
    for (size_t i = 0; i < f->body->blocks_len; i++) {
        AUTO(xfree) char *source = terraform_source(f->path, f->body->blocks[i]);
        if (source == NULL)
            continue;
        if (terraform_folder(t, source) == NULL)
            read_folder(t, source);
        struct folder *called = terraform_folder(t, source);
        if (called != NULL && called != f->folder) /* one that calls itself stays a root */
            called->called = true;
    }
}

/* ---- objects ---- */

/* What is Terraform's own in a body: not of the object, and with names of its own. */
static bool is_meta(const char *name)
{
    static const char *const metas[] = {"for_each",    "provider",   "lifecycle",
                                        "provisioner", "connection", NULL};
    return cstr_among(name, metas);
}

static struct js *body_value(const struct eval *e, const struct hcl_body *body,
                             const char *pointer);

static void add_block(const struct eval *e, const struct hcl_block *b, struct js *list,
                      const char *pointer)
{
    AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, js_len(list));
    places_add(e->at, below, e->path, b->line, b->column);
    js_append(list, body_value(e, &b->body, below));
}

/* The content of a "dynamic" block once more, with "NAME.key" and "NAME.value". */
static void add_content(const struct eval *e, const struct hcl_block *dynamic, const char *key,
                        struct js *value, struct js *list, const char *pointer)
{
    const struct hcl_expr *iterator = hcl_get(&dynamic->body, "iterator");
    bool named = iterator != NULL && iterator->kind == HCL_REFERENCE;
    AUTO(js_free) struct js *both = js_object();
    const struct scope scope = {e->scope, named ? iterator->text : dynamic->labels[0], both};
    struct eval inside = *e;
    inside.scope = &scope;
    js_set_text(both, "key", key);
    js_set(both, "value", js_ref(value));
    for (size_t i = 0; i < dynamic->body.blocks_len; i++) {
        if (strcmp(dynamic->body.blocks[i]->type, "content") == 0)
            add_block(&inside, dynamic->body.blocks[i], list, pointer);
    }
}

/* As many blocks as its for_each has members; false when that is not known. */
static bool add_dynamic(const struct eval *e, const struct hcl_block *b, struct js *list,
                        const char *pointer)
{
    const struct hcl_expr *each = hcl_get(&b->body, "for_each");
    struct eval nowhere = *e;
    nowhere.at = NULL;
    if (each == NULL)
        return true; /* Terraform refuses it */
    AUTO(js_free) struct js *over = terraform_value(&nowhere, each, "");
    AUTO(js_free) struct js *members = terraform_members(e, over);
    for (size_t i = 0; js_is(members, JS_ARRAY) && i < js_len(members); i++) {
        AUTO(xfree) char *index = xasprintf("%zu", i);
        const char *text = js_text(js_at(members, i)); /* a set's keys are its values */
        add_content(e, b, text != NULL ? text : index, js_at(members, i), list, pointer);
    }
    for (struct js_iter it = js_iter(members); js_is(members, JS_OBJECT) && js_next(&it);)
        add_content(e, b, it.key, it.value, list, pointer);
    return members != NULL;
}

/* The list of the blocks of a type, as far as it is made. */
static struct js *list_of(struct js *lists, struct js *attrs, const char *type)
{
    if (js_get(lists, type) == NULL) {
        struct js *before = js_get(attrs, type); /* perhaps another's, too */
        js_set(lists, type, js_is(before, JS_ARRAY) ? js_dup(before) : js_array());
        js_set(attrs, type, js_ref(js_get(lists, type)));
    }
    return js_get(lists, type);
}

/* Attributes, and blocks as lists of them (redirect URIs have been both). */
static struct js *body_value(const struct eval *e, const struct hcl_body *body, const char *pointer)
{
    AUTO(js_free) struct js *lists = js_object();
    struct js *attrs = js_object();
    for (size_t i = 0; i < body->attributes_len; i++) {
        const struct hcl_attribute *a = &body->attributes[i];
        if (is_meta(a->name))
            continue;
        AUTO(xfree) char *below = places_below(pointer, a->name);
        places_add(e->at, below, e->path, a->line, a->column);
        js_set(attrs, a->name, terraform_value(e, a->value, below));
    }
    for (size_t i = 0; i < body->blocks_len; i++) {
        const struct hcl_block *b = body->blocks[i];
        bool dynamic = strcmp(b->type, "dynamic") == 0 && b->labels_len == 1;
        const char *type = dynamic ? b->labels[0] : b->type;
        if (is_meta(type))
            continue;
        AUTO(xfree) char *below = places_below(pointer, type);
        struct js *list = list_of(lists, attrs, type);
        if (!dynamic)
            add_block(e, b, list, below);
        else if (!add_dynamic(e, b, list, below))
            js_set(attrs, type, object_unknown("how many there are of 'dynamic' is not known"));
    }
    return attrs;
}

/* takes the index of the handle. */
static void make_one(const struct eval *e, const struct named *n, char *take_index)
{
    const struct hcl_block *b = n->block;
    AUTO(places_free) struct places *at = places_new();
    struct eval own = *e;
    own.at = at;
    places_add(at, "", n->path, b->line, b->column);
    AUTO(xfree) char *index = take_index;
    AUTO(xfree) char *handle = xasprintf("%s%s%s", n->in->prefix, n->address, index);
    struct js *attrs = body_value(&own, &b->body, "");
    struct object *made =
        terraform_object(e->t->out, b->labels[0], handle, strcmp(b->type, "data") == 0, attrs, at);
    if (made != NULL)
        made->root = terraform_root(n->in)->folder->shown;
}

static void make(struct terraform *t, struct named *n)
{
    struct eval e = {.t = t, .in = n->in, .path = n->path};
    struct js *each = terraform_instances(&e, n);
    int64_t count = terraform_count(&e, n);
    if (each == NULL && count < 0)
        make_one(&e, n, xstrdup(""));
    for (int64_t i = 0; i < count && terraform_charge(t, 0); i++) {
        struct eval one = e;
        one.nth = i + 1;
        make_one(&one, n, count == 1 ? xstrdup("") : xasprintf("[%lld]", (long long)i));
    }
    for (struct js_iter it = js_iter(each); js_next(&it);) {
        struct eval one = e;
        one.key = it.key;
        one.each = it.value;
        make_one(&one, n, xasprintf("[\"%s\"]", it.key));
    }
}

/* Where Terraform itself speaks to authentik. */
static void make_api(struct terraform *t, struct module *m)
{
    const struct named *n = terraform_name(m, "provider.authentik");
    const struct hcl_expr *url = n != NULL ? hcl_get(&n->block->body, "url") : NULL;
    struct eval e = {.t = t, .in = m, .path = n != NULL ? n->path : NULL};
    if (url == NULL)
        return;
    struct object *api = objects_add(t->out, "api", n->address);
    api->root = m->folder->shown;
    e.at = api->at;
    js_set(api->attrs, "url", terraform_value(&e, url, "/url"));
}

static void make_all(struct terraform *t, struct module *m)
{
    for (size_t i = 0; i < m->names.len; i++) {
        struct named *n = m->names.items[i];
        if (n->block != NULL && n->block->labels_len == 2)
            make(t, n);
        if (n->block == NULL || strcmp(n->block->type, "module") != 0)
            continue;
        const struct eval e = {.t = t, .in = m, .path = n->path};
        const struct vec *uses = terraform_uses(&e, n);
        for (size_t k = 0; k < uses->len; k++)
            make_all(t, uses->items[k]);
    }
}

/* What no object needs is looked at, too: Terraform refuses a reference to nothing anywhere. */
static void look_at_rest(struct terraform *t)
{
    for (size_t i = 0; i < t->modules.len; i++) {
        const struct module *m = t->modules.items[i];
        for (size_t k = 0; k < m->names.len && terraform_charge(t, 0); k++)
            terraform_look_at(t, m->names.items[k]);
    }
}

void terraform_objects(struct terraform *t, struct objects *ret)
{
    t->out = ret;
    for (size_t i = 0; i < t->files.len; i++) /* there are more of them as it goes */
        follow(t, t->files.items[i]);
    terraform_open_roots(t);
    for (size_t i = 0; i < t->roots.len; i++) {
        make_api(t, t->roots.items[i]);
        make_all(t, t->roots.items[i]);
    }
    look_at_rest(t);
    t->out = NULL;
}
