/*
 * Which modules there are: a folder that nobody calls is a root module, a module block uses the
 * folder that its source names, with the values that it passes
 * (developer.hashicorp.com/terraform/language/modules).
 */
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/setup/terraform_int.h"

#define MAX_NESTING 16 /* of modules in modules: one that calls itself has no end */
#define NAME_COST 256U /* bytes of one name, about */

struct module *terraform_module_free(struct module *m)
{
    for (size_t i = 0; i < m->names.len; i++) {
        struct named *n = m->names.items[i];
        xfree(n->address);
        js_free(n->instances);
        js_free(n->whole);
        places_free(n->at);
        vec_deinit(&n->uses);
        xfree(n);
    }
    map_deinit(&m->by_address);
    vec_deinit(&m->names);
    xfree(m->prefix);
    return xfree(m);
}

const struct module *terraform_root(const struct module *m)
{
    while (m->call != NULL)
        m = m->call->in;
    return m;
}

/* ---- folders ---- */

char *terraform_normal(const char *path)
{
    AUTO(strlist_deinit) struct strlist steps = {0};
    struct str rest = str_of(path);
    struct str step;
    bool absolute = path[0] == '/';
    while (str_next(&rest, '/', &step)) {
        const char *last = steps.len > 0 ? steps.items[steps.len - 1] : "..";
        bool up = str_is(step, "..");
        if (step.len == 0 || str_is(step, ".") || (up && absolute && steps.len == 0))
            continue;
        if (up && strcmp(last, "..") != 0)
            xfree(steps.items[--steps.len]);
        else
            strlist_take(&steps, xstrndup(step.ptr, step.len));
    }
    AUTO(xfree) char *joined = strlist_join(&steps, "/");
    if (absolute)
        return xasprintf("/%s", joined);
    return xstrdup(steps.len > 0 ? joined : ".");
}

struct folder *terraform_folder(const struct terraform *t, const char *path)
{
    AUTO(xfree) char *normal = terraform_normal(path);
    return map_get(&t->by_path, normal);
}

char *terraform_source(const char *path, const struct hcl_block *block)
{
    const struct hcl_expr *x = hcl_get(&block->body, "source");
    if (strcmp(block->type, "module") != 0 || block->labels_len != 1 || x == NULL ||
        x->kind != HCL_TEXT || !(cstr_starts(x->text, "./") || cstr_starts(x->text, "../")))
        return NULL;
    AUTO(xfree) char *here = path_dir(path);
    AUTO(xfree) char *whole = path_join(here, x->text);
    return terraform_normal(whole);
}

/* ---- names ---- */

struct named *terraform_name(const struct module *m, const char *address)
{
    return map_get(&m->by_address, address);
}

static struct named *add_name(struct terraform *t, struct module *m, char *take_address,
                              const char *path)
{
    struct named *n = terraform_name(m, take_address);
    if (n != NULL) {
        xfree(take_address);
        return n;
    }
    (void)terraform_charge(t, NAME_COST);
    n = xcalloc(1, sizeof *n);
    n->address = take_address;
    n->in = m;
    n->path = path;
    vec_push(&m->names, n);
    map_add(&m->by_address, n->address, n);
    return n;
}

/* Terraform takes no name twice in one module. True: the first stays. */
static bool is_twice(struct terraform *t, const struct named *n, bool twice, const char *path,
                     int line, int column)
{
    if (twice && !n->in->folder->told)
        objects_problem(t->out, "terraform-duplicate", path, line, column,
                        "'%s' is declared already, in %s:%d", n->address, n->path, n->line);
    return twice;
}

static void name_locals(struct terraform *t, struct module *m, const char *path,
                        const struct hcl_block *block)
{
    for (size_t i = 0; i < block->body.attributes_len; i++) {
        const struct hcl_attribute *a = &block->body.attributes[i];
        struct named *n = add_name(t, m, xasprintf("local.%s", a->name), path);
        if (is_twice(t, n, n->value != NULL, path, a->line, a->column))
            continue;
        n->value = a->value;
        n->path = path;
        n->line = a->line;
    }
}

static void name_whole(struct terraform *t, struct module *m, char *take_address, const char *path,
                       const struct hcl_block *block, const char *value)
{
    struct named *n = add_name(t, m, take_address, path);
    if (is_twice(t, n, n->block != NULL, path, block->line, block->column))
        return;
    n->block = block;
    n->path = path;
    n->line = block->line;
    n->value = value != NULL ? hcl_get(&block->body, value) : NULL;
}

static void name_block(struct terraform *t, struct module *m, const char *path,
                       const struct hcl_block *block)
{
    static const struct {
        const char *type, *value;
        const char *prefix;
        size_t labels;
    } kinds[] = {{"variable", "default", "var.", 1},
                 {"output", "value", "output.", 1},
                 {"module", NULL, "module.", 1},
                 {"resource", NULL, "", 2},
                 {"data", NULL, "data.", 2}};
    const char *const *label = (const char *const *)block->labels;
    if (strcmp(block->type, "locals") == 0)
        name_locals(t, m, path, block);
    if (strcmp(block->type, "provider") == 0 && block->labels_len == 1 &&
        hcl_get(&block->body, "alias") == NULL)
        name_whole(t, m, xasprintf("provider.%s", label[0]), path, block, NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(block->type, kinds[i].type) != 0 || block->labels_len != kinds[i].labels)
            continue;
        char *address = kinds[i].labels == 1
                            ? xasprintf("%s%s", kinds[i].prefix, label[0])
                            : xasprintf("%s%s.%s", kinds[i].prefix, label[0], label[1]);
        name_whole(t, m, address, path, block, kinds[i].value);
    }
}

/* Their blocks are merged into others, one attribute after the other. */
static bool is_override(const struct terraform *t, const struct file *f)
{
    bool override = str_ends(str_of(f->normal), "_override.tf") ||
                    str_ends(str_of(f->normal), "/override.tf") ||
                    strcmp(f->normal, "override.tf") == 0;
    if (override && !f->folder->told)
        objects_problem(t->out, "file-skipped", f->path, 1, 1,
                        "passed over: what an override file changes is not worked out");
    return override;
}

static struct module *open_folder(struct terraform *t, struct folder *folder, char *take_prefix)
{
    struct module *m = xcalloc(1, sizeof *m);
    m->folder = folder;
    m->prefix = take_prefix;
    vec_push(&t->modules, m);
    map_add(&t->by_prefix, m->prefix, m);
    for (size_t i = 0; i < folder->files.len; i++) {
        const struct file *f = folder->files.items[i];
        if (f->body->blocks_len == 0 || is_override(t, f))
            continue;
        for (size_t k = 0; k < f->body->blocks_len; k++)
            name_block(t, m, f->path, f->body->blocks[k]);
    }
    folder->told = true;
    return m;
}

/* ---- values of a root's variables ---- */

/* Terraform reads terraform.tfvars, then what ends with .auto.tfvars, then what is named to it. */
static int rank_of(const struct file *f)
{
    const char *slash = strrchr(f->path, '/');
    bool standard = strcmp(slash != NULL ? slash + 1 : f->path, "terraform.tfvars") == 0;
    return standard ? 0 : str_ends(str_of(f->path), ".auto.tfvars") ? 1 : 2;
}

/* The root that a .tfvars file is for: of its own folder, else of the nearest above; NULL: none is.
 */
static const struct folder *owner_of(const struct terraform *t, const struct file *f)
{
    AUTO(xfree) char *dir = path_dir(f->path);
    AUTO(xfree) char *at = terraform_normal(dir);
    for (;;) {
        const struct folder *folder = map_get(&t->by_path, at);
        if (folder != NULL || strcmp(at, ".") == 0 || strcmp(at, "/") == 0)
            return folder != NULL && !folder->called ? folder : NULL;
        char *above = path_dir(at);
        xfree(at);
        at = above;
    }
}

/* Two files that somebody has to name: which one counts is not in them. */
static bool is_disputed(const struct named *n, const struct file *f)
{
    return n->block != NULL && n->given != NULL && rank_of(f) == 2;
}

static void take_values(struct terraform *t, struct module *m, const struct file *f)
{
    bool told = false;
    for (size_t i = 0; i < f->body->attributes_len; i++) {
        const struct hcl_attribute *a = &f->body->attributes[i];
        struct named *n = add_name(t, m, xasprintf("var.%s", a->name), f->path);
        if (is_disputed(n, f) && !told) {
            objects_problem(t->out, "terraform-values", f->path, a->line, a->column,
                            "'%s' has a value in %s:%d, too; this file's are taken", n->address,
                            n->given, n->value->line);
            told = true;
        }
        n->value = a->value;
        n->path = f->path;
        n->given = rank_of(f) == 2 ? f->path : n->given;
    }
}

static void take_all_values(struct terraform *t, struct module *m)
{
    for (int rank = 0; rank <= 2; rank++) {
        for (size_t i = 0; i < t->files.len; i++) {
            const struct file *f = t->files.items[i];
            if (!f->values || rank_of(f) != rank)
                continue;
            const struct folder *owner = owner_of(t, f);
            if (owner == NULL || owner == m->folder)
                take_values(t, m, f);
        }
    }
}

/* ---- roots ---- */

static bool is_of_authentik(const struct hcl_block *b)
{
    bool object = strcmp(b->type, "resource") == 0 || strcmp(b->type, "data") == 0;
    bool provider = strcmp(b->type, "provider") == 0;
    const char *name = b->labels_len > 0 ? b->labels[0] : "";
    return (object && cstr_starts(name, "authentik_")) ||
           (provider && strcmp(name, "authentik") == 0);
}

static bool concerns_authentik(const struct terraform *t, struct folder *folder);

static bool file_concerns_authentik(const struct terraform *t, const struct file *f)
{
    for (size_t i = 0; i < f->body->blocks_len; i++) {
        const struct hcl_block *b = f->body->blocks[i];
        AUTO(xfree) char *source = terraform_source(f->path, b);
        struct folder *called = source != NULL ? terraform_folder(t, source) : NULL;
        if (is_of_authentik(b) || (called != NULL && concerns_authentik(t, called)))
            return true;
    }
    return false;
}

/* Is anything of authentik in the folder, or in what it calls? Else it is about other things, and
 * what is wrong there is not ours to say. */
static bool concerns_authentik(const struct terraform *t, struct folder *folder)
{
    if (folder->looked_at)
        return folder->concerns;
    folder->looked_at = true;
    for (size_t i = 0; i < folder->files.len && !folder->concerns; i++)
        folder->concerns = file_concerns_authentik(t, folder->files.items[i]);
    return folder->concerns;
}

static void open_root(struct terraform *t, struct folder *folder, bool alone)
{
    char *prefix = alone ? xstrdup("") : xasprintf("%s/", folder->shown);
    struct module *m = open_folder(t, folder, prefix);
    take_all_values(t, m);
    vec_push(&t->roots, m);
}

void terraform_open_roots(struct terraform *t)
{
    struct vec wanted = {0};
    size_t roots = 0;
    for (size_t i = 0; i < t->folders.len; i++)
        roots += ((const struct folder *)t->folders.items[i])->called ? 0 : 1;
    for (size_t i = 0; i < t->folders.len; i++) {
        struct folder *f = t->folders.items[i];
        /* Folders that call each other in a circle have no root. */
        if ((!f->called || roots == 0) && concerns_authentik(t, f))
            vec_push(&wanted, f);
    }
    for (size_t i = 0; i < wanted.len; i++)
        open_root(t, wanted.items[i], wanted.len == 1);
    vec_deinit(&wanted);
}

/* ---- what a module block makes ---- */

static bool is_argument(const char *name)
{
    static const char *const others[] = {"source",    "version",   "for_each",   "count",
                                         "providers", "lifecycle", "depends_on", NULL};
    return !cstr_among(name, others);
}

/* What the block passes stands before a variable's default. */
static void pass(struct terraform *t, struct module *m, bool first)
{
    const struct hcl_body *body = &m->call->block->body;
    const struct eval there = {.t = t, .in = m, .path = m->call->path};
    for (size_t i = 0; i < body->attributes_len; i++) {
        const struct hcl_attribute *a = &body->attributes[i];
        AUTO(xfree) char *address = xasprintf("var.%s", a->name);
        struct named *n = is_argument(a->name) ? terraform_name(m, address) : NULL;
        if (n != NULL) {
            n->value = a->value;
            n->path = m->call->path;
            n->passed = true;
        } else if (is_argument(a->name) && first) {
            js_free(terraform_undeclared(&there, a->line, a->column, address));
        }
    }
}

static void use(struct terraform *t, struct named *n, struct folder *folder, const char *key,
                struct js *each, int64_t nth)
{
    AUTO(xfree)
    char *index = key != NULL    ? xasprintf("[\"%s\"]", key)
                  : n->count > 1 ? xasprintf("[%lld]", (long long)nth - 1)
                                 : xstrdup("");
    char *prefix = xasprintf("%s%s%s.", n->in->prefix, n->address, index);
    struct module *m = open_folder(t, folder, prefix);
    m->call = n;
    m->key = key;
    m->each = each;
    m->nth = nth;
    m->depth = n->in->depth + 1;
    pass(t, m, n->uses.len == 0);
    vec_push(&n->uses, m);
}

/* Whose files it is made of, or those around it: Terraform would never be done. */
static bool is_circle(const struct module *m, const struct folder *folder)
{
    while (m->folder != folder && m->call != NULL)
        m = m->call->in;
    return m->folder == folder;
}

static void left_out(const struct eval *e, const struct named *n, const char *why)
{
    objects_problem(e->t->out, "not-evaluated", n->path, n->block->line, n->block->column,
                    "what '%s' makes is left out: %s", n->address, why);
}

const struct vec *terraform_uses(const struct eval *e, struct named *n)
{
    AUTO(xfree) char *source = n->opened ? NULL : terraform_source(n->path, n->block);
    struct folder *folder = source != NULL ? terraform_folder(e->t, source) : NULL;
    if (n->opened || folder == NULL)
        return &n->uses;
    n->opened = true;
    if (is_circle(n->in, folder)) {
        left_out(e, n, "it calls itself");
        return &n->uses;
    }
    struct js *each = terraform_instances(e, n);
    int64_t count = terraform_count(e, n);
    bool ok = n->in->depth < MAX_NESTING && terraform_charge(e->t, 0);
    if (ok && each == NULL && count < 0)
        use(e->t, n, folder, NULL, NULL, 0);
    for (int64_t i = 0; ok && i < count; i++) {
        use(e->t, n, folder, NULL, NULL, i + 1);
        ok = terraform_charge(e->t, 0);
    }
    for (struct js_iter it = js_iter(each); ok && js_next(&it);) {
        use(e->t, n, folder, it.key, it.value, 0);
        ok = terraform_charge(e->t, 0);
    }
    if (n->in->depth >= MAX_NESTING)
        left_out(e, n, "modules lie too deep in modules here");
    else if (!ok)
        left_out(e, n, "the modules come to too much");
    return &n->uses;
}
