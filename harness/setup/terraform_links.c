/*
 * Modules by their names, and references through them.
 */
#include "harness/setup/terraform_links.h"

#include <string.h>

#include "harness/base/map.h"
#include "harness/base/str.h"
#include "harness/setup/objects.h"
#include "harness/setup/terraform_int.h"

#define MAX_NESTING 16       /* of modules, and of references through them */
#define MAX_REFERENCES 10000 /* of one attribute */

/* A module as the configuration has it, once, however often it is made. */
struct config {
    char *prefix; /* "module.a.module.b." */
    const struct config *up;
    const struct js *module;
    const struct js *call; /* what the module above says of it; NULL: the root */
};

struct links {
    struct vec configs; /* struct config * */
    struct map by_prefix;
    struct map by_address; /* expressions of resources */
    struct strlist addresses;
};

/* ---- modules ---- */

static void add_resources(struct links *l, const struct config *c)
{
    const struct js *list = js_get(c->module, "resources");
    for (size_t i = 0; i < js_len(list); i++) {
        const char *address = js_get_text(js_at(list, i), "address");
        struct js *expressions = js_get(js_at(list, i), "expressions");
        if (address == NULL || expressions == NULL)
            continue;
        strlist_take(&l->addresses, xasprintf("%s%s", c->prefix, address));
        map_add(&l->by_address, l->addresses.items[l->addresses.len - 1], expressions);
    }
}

static void add_config(struct links *l, const struct config *up, const char *name,
                       const struct js *module, const struct js *call, int depth)
{
    struct config *c = xcalloc(1, sizeof *c);
    const struct js *calls = js_get(module, "module_calls");
    c->prefix = up != NULL ? xasprintf("%smodule.%s.", up->prefix, name) : xstrdup("");
    c->up = up;
    c->module = module;
    c->call = call;
    vec_push(&l->configs, c);
    map_add(&l->by_prefix, c->prefix, c);
    add_resources(l, c);
    for (struct js_iter it = js_iter(calls); depth < MAX_NESTING && js_next(&it);)
        add_config(l, c, it.key, js_get(it.value, "module"), it.value, depth + 1);
}

struct links *links_new(const struct js *configuration)
{
    struct links *l = xcalloc(1, sizeof *l);
    add_config(l, NULL, NULL, js_get(configuration, "root_module"), NULL, 0);
    return l;
}

struct links *links_free(struct links *l)
{
    if (l == NULL)
        return NULL;
    for (size_t i = 0; i < l->configs.len; i++) {
        struct config *c = l->configs.items[i];
        xfree(c->prefix);
        xfree(c);
    }
    map_deinit(&l->by_prefix);
    map_deinit(&l->by_address);
    vec_deinit(&l->configs);
    strlist_deinit(&l->addresses);
    return xfree(l);
}

const struct js *links_expressions(const struct links *l, const char *address)
{
    AUTO(xfree) char *block = object_block(address);
    return map_get(&l->by_address, block);
}

/* ---- references ---- */

/* Where references stand: in a module's configuration, for one of what it makes. */
struct standing {
    const struct links *links;
    const struct config *config;
    const char *prefix; /* with keys: "module.a[\"k\"]." */
    const char *key;    /* what is picked of the whole: "[\"k\"]" or "" */
    int depth;
    struct strlist *ret;
};

static void expand(const struct standing *s, const struct js *references);

/* "var.NAME", "module.NAME": how long the name with its two steps is. */
static size_t two_steps(const char *reference)
{
    size_t n = strcspn(reference, ".");
    return n + (reference[n] == '.' ? 1 + strcspn(reference + n + 1, ".[") : 0);
}

/* The prefix of the module above: without the last "module.x[\"k\"].". Caller frees. */
static char *prefix_above(const char *prefix)
{
    size_t last = 0;
    for (size_t at = 0; prefix[at] != '\0';) {
        last = at;
        at += terraform_module_length(prefix + at);
    }
    return xstrndup(prefix, last);
}

/* What is passed for "var.NAME". */
static bool expand_variable(const struct standing *s, const char *reference)
{
    size_t n = two_steps(reference);
    AUTO(xfree) char *name = xstrndup(reference + strlen("var."), n - strlen("var."));
    const struct js *passed = js_path(s->config->call, "expressions", name, "references", NULL);
    AUTO(xfree) char *above = prefix_above(s->prefix);
    const struct standing there = {s->links,     s->config->up,
                                   above,        reference[n] == '[' ? reference + n : s->key,
                                   s->depth + 1, s->ret};
    if (js_len(passed) == 0 || s->config->up == NULL)
        return false;
    expand(&there, passed);
    return true;
}

/* What "module.NAME[\"k\"].OUTPUT[\"key\"]" gives. */
static bool expand_output(const struct standing *s, const char *reference)
{
    size_t n = terraform_module_length(reference);
    AUTO(xfree) char *call = xstrndup(reference, two_steps(reference));
    AUTO(xfree) char *plain = xasprintf("%s%s.", s->config->prefix, call);
    AUTO(xfree) char *prefix = xasprintf("%s%.*s", s->prefix, (int)n, reference);
    const struct config *child = map_get(&s->links->by_prefix, plain);
    size_t length = strcspn(reference + n, ".[");
    AUTO(xfree) char *output = xstrndup(reference + n, length);
    const char *key = reference + n + length;
    const struct js *given =
        child != NULL ? js_path(child->module, "outputs", output, "expression", "references", NULL)
                      : NULL;
    const struct standing there = {s->links,     child, prefix, key[0] == '[' ? key : s->key,
                                   s->depth + 1, s->ret};
    if (n == 0 || js_len(given) == 0)
        return false;
    expand(&there, given);
    return true;
}

static void expand_one(const struct standing *s, const char *reference)
{
    bool inner = s->depth < MAX_NESTING;
    if (s->ret->len >= MAX_REFERENCES)
        return;
    if (inner && cstr_starts(reference, "var.") && expand_variable(s, reference))
        return;
    if (inner && cstr_starts(reference, "module.") && expand_output(s, reference))
        return;
    if (s->key[0] != '\0') /* perhaps the resource itself is what has the key */
        strlist_take(s->ret, xasprintf("%s%s%s", s->prefix, reference, s->key));
    strlist_take(s->ret, xasprintf("%s%s", s->prefix, reference));
}

static void expand(const struct standing *s, const struct js *references)
{
    for (size_t i = 0; i < js_len(references); i++) {
        const char *one = js_text(js_at(references, i));
        if (one != NULL)
            expand_one(s, one);
    }
}

void links_references(const struct links *l, const char *address, const char *attribute,
                      struct strlist *ret)
{
    const struct js *expressions = links_expressions(l, address);
    AUTO(xfree) char *prefix = xstrndup(address, terraform_modules_length(address));
    AUTO(xfree) char *plain = object_block(prefix);
    const struct standing s = {l, map_get(&l->by_prefix, plain), prefix, "", 0, ret};
    if (s.config != NULL)
        expand(&s, js_path(expressions, attribute, "references", NULL));
}
