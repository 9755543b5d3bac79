/*
 * Values of the argo-cd chart (argoproj/argo-helm, charts/argo-cd): configs.cm, configs.rbac,
 * configs.secret.extra, configs.params, global.domain; below "argo-cd:" where the chart is a
 * dependency; and server.config, server.rbacConfig as they were until chart 5. A "${…}" that some
 * other program fills in is a value that is not here.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "harness/setup/setup_int.h"

struct helm {
    const char *name;
    const struct yaml_places *places;
    const struct js *root; /* the chart's values */
    const char *pointer;   /* of it in the file */
    struct js *doc;
    struct places *at;
    struct err *err;
};

/* Where the chart puts a map of its values. */
struct part {
    const char *path[3];
    const char *map; /* below argocd */
};

static const struct part parts[] = {
    {{"server", "config", NULL}, "cm"},
    {{"server", "rbacConfig", NULL}, "rbac_cm"},
    {{"configs", "cm", NULL}, "cm"},
    {{"configs", "rbac", NULL}, "rbac_cm"},
    {{"configs", "params", NULL}, "cmd_params_cm"},
    {{"configs", "secret", "extra"}, "secret"},
    {{NULL}, NULL},
};

/* Values that steer the chart and are no keys of the ConfigMap. */
static bool is_the_charts(const char *key)
{
    static const char *const keys[] = {"create", "annotations", "labels", NULL};
    return cstr_among(key, keys);
}

/* "${NAME}" alone, "<…>" or "{{ … }}": somebody fills it in later. */
static bool is_placeholder(const char *text)
{
    struct str t = str_trim(str_of(text));
    return (str_starts(t, "${") && str_ends(t, "}")) || (str_starts(t, "<") && str_ends(t, ">")) ||
           (str_starts(t, "{{") && str_ends(t, "}}"));
}

static void find_place(const struct helm *h, const char *pointer, int *line, int *column,
                       int *indent)
{
    *line = *column = 0;
    (void)yaml_place_text(h->places, pointer, line, column, indent);
}

/* The chart prints what is no text as text. NULL for what it cannot. Caller frees. */
static char *as_text(const struct js *value)
{
    if (js_is(value, JS_OBJECT) || js_is(value, JS_ARRAY) || js_is(value, JS_NULL))
        return NULL;
    return js_text(value) != NULL ? xstrdup(js_text(value)) : js_compact(value);
}

static int take_value(struct helm *h, const struct part *p, const char *pointer, const char *key,
                      const struct js *value)
{
    AUTO(xfree) char *text = as_text(value);
    AUTO(xfree) char *whole = places_below(pointer, key);
    int line = 0;
    int column = 0;
    int indent = 0;
    find_place(h, whole, &line, &column, &indent);
    if (text == NULL)
        return err_set_at(h->err, ERR_USAGE, h->name, line, column,
                          "'%s' becomes a text in a ConfigMap or Secret, found %s; write it as a "
                          "block with '|'",
                          key, js_type_name(value));
    bool secret = strcmp(p->map, "secret") == 0;
    if (secret && is_placeholder(text)) {
        struct js *unreadable = document_member(document_member(h->doc, "read"), "unreadable");
        js_set(unreadable, key, js_stringf("%s:%d: '%s' is filled in later", h->name, line, text));
        return 0;
    }
    AUTO(xfree) char *map = xasprintf("/argocd/%s", p->map);
    AUTO(xfree) char *to = places_below(map, key);
    js_set_text(document_member(document_member(h->doc, "argocd"), p->map), key, text);
    places_add_text(h->at, to, h->name, line, column, indent);
    if (!secret && (indent > 0 || strchr(text, '\n') == NULL))
        document_place(h->doc, p->map, key, text, h->name, line);
    return 0;
}

static int no_map(struct helm *h, const char *pointer, const struct js *found)
{
    int line = 0;
    int column = 0;
    int indent = 0;
    find_place(h, pointer, &line, &column, &indent);
    return err_set_at(h->err, ERR_USAGE, h->name, line, column,
                      "'%s' is a map of texts in the chart's values, found %s", pointer + 1,
                      js_type_name(found));
}

static int take_part(struct helm *h, const struct part *p)
{
    const struct js *map = h->root;
    AUTO(xfree) char *pointer = xstrdup(h->pointer);
    for (size_t i = 0; i < 3 && p->path[i] != NULL; i++) {
        char *below = places_below(pointer, p->path[i]);
        map = js_get(map, p->path[i]);
        xfree(pointer);
        pointer = below;
    }
    if (map == NULL || js_is(map, JS_NULL))
        return 0;
    if (!js_is(map, JS_OBJECT))
        return no_map(h, pointer, map);
    for (struct js_iter it = js_iter(map); js_next(&it);) {
        if (is_the_charts(it.key) || js_is(it.value, JS_NULL))
            continue;
        if (take_value(h, p, pointer, it.key, it.value) != 0)
            return -1;
    }
    return 0;
}

/* The chart makes url of global.domain. */
static void take_domain(struct helm *h)
{
    const char *domain = js_text(js_path(h->root, "global", "domain", NULL));
    struct js *cm = document_member(document_member(h->doc, "argocd"), "cm");
    if (domain == NULL || js_get(cm, "url") != NULL)
        return;
    AUTO(xfree) char *pointer = xasprintf("%s/global/domain", h->pointer);
    int line = 0;
    int column = 0;
    int indent = 0;
    find_place(h, pointer, &line, &column, &indent);
    js_set(cm, "url", js_stringf("https://%s", domain));
    places_add(h->at, "/argocd/cm/url", h->name, line, column);
}

/* The chart's values: at the root, or below its name as a dependency. */
static void find_root(struct helm *h, const struct js *doc)
{
    static const char *const names[] = {"argo-cd", "argocd", NULL};
    h->root = doc;
    h->pointer = "";
    for (const char *const *n = names; *n != NULL; n++) {
        const struct js *below = js_get(doc, *n);
        if (js_get(doc, "configs") == NULL && js_is(below, JS_OBJECT)) {
            h->root = below;
            h->pointer = n == names ? "/argo-cd" : "/argocd";
            return;
        }
    }
}

int helm_read(const char *name, struct str text, struct js *doc, struct places *at, struct err *err)
{
    AUTO(js_free) struct js *values = NULL;
    AUTO(yaml_places_free) struct yaml_places *places = NULL;
    if (yaml_parse(text, name, 0, YAML_TYPED, &values, &places, err) != 0)
        return -1;
    struct helm h = {.name = name, .places = places, .doc = doc, .at = at, .err = err};
    find_root(&h, values);
    for (const struct part *p = parts; p->map != NULL; p++) {
        if (take_part(&h, p) != 0)
            return -1;
    }
    take_domain(&h);
    return 0;
}
