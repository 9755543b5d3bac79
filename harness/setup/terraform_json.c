/*
 * `terraform show -json` (developer.hashicorp.com/terraform/internals/json-format): planned_values
 * of a plan, values of a state; modules nest. Ids are known in a state and point from object to
 * object; in a plan they are found in the configuration's references.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "harness/setup/terraform_int.h"
#include "harness/setup/terraform_links.h"

#define LATER "known after apply"
#define MAX_LINKED 200000U

struct reading {
    const char *path;
    const struct yaml_places *places;
    const struct js *doc;
    struct objects *out;
    struct links *links;
    struct map resources; /* every address that has values */
    size_t linked;        /* references gone through: each instance has all of its block */
    bool only_data;       /* a plan's prior state has the managed ones again */
};

static void reading_deinit(struct reading *r)
{
    links_free(r->links);
    map_deinit(&r->resources);
}

DEFINE_AUTO_VALUE(struct reading, reading_deinit)

/* The places of an object's attributes: JSON is YAML, so the YAML reader knows them. */
static void place_values(const struct reading *r, const char *pointer, const struct js *value,
                         const char *below, struct places *at)
{
    AUTO(xfree) char *whole = xasprintf("%s%s", pointer, below);
    int line = 0;
    int column = 0;
    if (yaml_place(r->places, whole, false, &line, &column))
        places_add(at, below, r->path, line, column);
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        AUTO(xfree) char *one = xasprintf("%s/%zu", below, i);
        place_values(r, pointer, js_at(value, i), one, at);
    }
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *one = places_below(below, it.key);
        place_values(r, pointer, it.value, one, at);
    }
}

/* "@authentik_group.x[0]" of "authentik_group.x[0]"; of "authentik_group.x" the instance that has
 * the asking one's index, which is how x[each.key] is kept. NULL: no object is there. Caller frees.
 */
static struct js *object_at(const struct reading *r, const char *reference, const char *asking)
{
    const char *index = strchr(asking + terraform_modules_length(asking), '[');
    AUTO(xfree) char *same = xasprintf("%s%s", reference, index != NULL ? index : "");
    if (map_get(&r->resources, reference) != NULL)
        return js_stringf("@%s", reference);
    return map_get(&r->resources, same) != NULL ? js_stringf("@%s", same) : NULL;
}

/* Terraform lists "authentik_group.x[0].id", then what it is of, up to "authentik_group.x". */
static struct js *first_object(const struct reading *r, const struct strlist *references,
                               const char *asking)
{
    struct js *found = NULL;
    for (size_t i = 0; found == NULL && i < references->len; i++)
        found = object_at(r, references->items[i], asking);
    return found;
}

static bool is_unset(const struct js *value)
{
    return value == NULL || js_is(value, JS_NULL) || (js_is(value, JS_ARRAY) && js_len(value) == 0);
}

/* Is the i-th told by its neighbours? "x.id" by the "x" behind it, "x" by what is more exact before
 * it. */
static bool is_told(const struct strlist *references, size_t i)
{
    const char *one = references->items[i];
    return cstr_starts(one, "each.") || cstr_starts(one, "count.") ||
           (i + 1 < references->len && cstr_starts(one, references->items[i + 1])) ||
           (i > 0 && cstr_starts(references->items[i - 1], one));
}

/* The objects of a list's references, each once, and what is none of these as not known. */
static struct js *all_objects(struct reading *r, const struct strlist *references,
                              const char *asking)
{
    AUTO(map_deinit) struct map seen = {0};
    struct js *list = js_array();
    r->linked += references->len;
    if (r->linked > MAX_LINKED) {
        js_append(list, object_unknown("there are more than %u references", MAX_LINKED));
        return list;
    }
    for (size_t i = 0; i < references->len; i++) {
        AUTO(js_free) struct js *object = object_at(r, references->items[i], asking);
        if (object != NULL && map_add(&seen, js_text(object), list))
            js_append(list, js_ref(object));
        else if (object == NULL && !is_told(references, i))
            js_append(list, object_unknown(LATER));
    }
    return list;
}

/* What a plan does not know yet ("known after apply") is there as references. */
static void add_references(struct reading *r, const char *address, struct js *attrs)
{
    static const char *const singles[] = {
        "protocol_provider",  "signing_key", "encryption_key", "target", "group", "user",
        "authorization_flow", NULL};
    static const char *const lists[] = {"property_mappings", "users", "groups", NULL};
    for (const char *const *k = singles; *k != NULL; k++) {
        AUTO(strlist_deinit) struct strlist references = {0};
        if (is_unset(js_get(attrs, *k)))
            links_references(r->links, address, *k, &references);
        struct js *object = first_object(r, &references, address);
        if (object != NULL)
            js_set(attrs, *k, object);
    }
    for (const char *const *k = lists; *k != NULL; k++) {
        AUTO(strlist_deinit) struct strlist references = {0};
        if (is_unset(js_get(attrs, *k)))
            links_references(r->links, address, *k, &references);
        AUTO(js_free) struct js *list = all_objects(r, &references, address);
        if (js_len(list) > 0)
            js_set(attrs, *k, js_ref(list));
    }
}

/* An attribute that the configuration gives, and the plan has no value of; likewise the address of
 * a redirect URI, the one thing that is unknown by itself within a list. */
static void add_unknown(const struct reading *r, const char *address, struct js *attrs)
{
    static const char *const uris[] = {"allowed_redirect_uris", "redirect_uris", NULL};
    const struct js *config = links_expressions(r->links, address);
    for (struct js_iter it = js_iter(config); js_next(&it);) {
        if (js_len(js_get(it.value, "references")) > 0 && is_unset(js_get(attrs, it.key)))
            js_set(attrs, it.key, object_unknown(LATER));
    }
    for (const char *const *k = uris; *k != NULL; k++) {
        const struct js *list = js_get(attrs, *k);
        for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
            struct js *one = js_at(list, i);
            if (js_is(one, JS_OBJECT) && is_unset(js_get(one, "url")))
                js_set(one, "url", object_unknown(LATER));
        }
    }
}

static void take_resource(struct reading *r, const char *pointer, const struct js *resource)
{
    const char *type = js_get_text(resource, "type");
    const char *address = js_get_text(resource, "address");
    const struct js *values = js_get(resource, "values");
    AUTO(places_free) struct places *at = places_new();
    bool data = cstr_eq(js_get_text(resource, "mode"), "data");
    if (type == NULL || address == NULL || !js_is(values, JS_OBJECT) || (r->only_data && !data))
        return;
    AUTO(xfree) char *below = xasprintf("%s/values", pointer);
    struct js *attrs = js_dup(values);
    place_values(r, below, values, "", at);
    add_references(r, address, attrs);
    if (!data)
        add_unknown(r, address, attrs);
    (void)terraform_object(r->out, type, address, data, attrs, at);
}

/* The addresses of all resources, before any is read. */
static void name_module(struct reading *r, const struct js *module)
{
    const struct js *resources = js_get(module, "resources");
    const struct js *children = js_get(module, "child_modules");
    for (size_t i = 0; i < js_len(resources); i++) {
        const char *address = js_get_text(js_at(resources, i), "address");
        if (address != NULL)
            map_add(&r->resources, address, js_at(resources, i));
    }
    for (size_t i = 0; i < js_len(children); i++)
        name_module(r, js_at(children, i));
}

/* Modules in modules end where the reader of the text lets nothing be nested deeper. */
static void take_module(struct reading *r, const char *pointer, const struct js *module)
{
    const struct js *resources = js_get(module, "resources");
    const struct js *children = js_get(module, "child_modules");
    for (size_t i = 0; i < js_len(resources); i++) {
        AUTO(xfree) char *below = xasprintf("%s/resources/%zu", pointer, i);
        take_resource(r, below, js_at(resources, i));
    }
    for (size_t i = 0; i < js_len(children); i++) {
        AUTO(xfree) char *below = xasprintf("%s/child_modules/%zu", pointer, i);
        take_module(r, below, js_at(children, i));
    }
}

/* A state has the ids themselves: each that is an object's becomes a reference to it. A provider's
 * is a number. Caller frees. */
static struct js *linked(const struct map *ids, const struct js *value)
{
    AUTO(xfree) char *number = js_is(value, JS_INTEGER) ? js_compact(value) : NULL;
    const char *id = number != NULL ? number : js_text(value);
    if (js_is(value, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(value); i++)
            js_append(list, linked(ids, js_at(value, i)));
        return list;
    }
    const struct object *one = map_get(ids, id);
    return one != NULL ? js_stringf("@%s", one->handle) : js_dup(value);
}

static void add_id(struct map *ids, const char *id, struct object *o)
{
    if (id != NULL && id[0] != '\0')
        map_add(ids, id, o);
}

/* A data source that looks up several things has the ids of all. */
static void add_ids(struct map *ids, struct object *o)
{
    const struct js *list = js_get(o->attrs, "ids");
    add_id(ids, js_get_text(o->attrs, "id"), o);
    add_id(ids, js_get_text(o->attrs, "uuid"), o);
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++)
        add_id(ids, js_text(js_at(list, i)), o);
}

static void link_objects(struct objects *o)
{
    static const char *const links[] = {
        "provider",           "signing_key",       "encryption_key", "target", "group", "user",
        "authorization_flow", "property_mappings", "users",          "groups", NULL};
    AUTO(map_deinit) struct map ids = {0};
    for (size_t i = 0; i < o->items.len; i++)
        add_ids(&ids, o->items.items[i]);
    for (size_t i = 0; i < o->items.len; i++) {
        struct object *one = o->items.items[i];
        for (const char *const *k = links; *k != NULL; k++) {
            const struct js *value = js_get(one->attrs, *k);
            if (value != NULL)
                js_set(one->attrs, *k, linked(&ids, value));
        }
    }
}

/* A plan has what its provider block says, where it is a constant. */
static void take_api(const struct reading *r)
{
    const struct js *url = js_path(r->doc, "configuration", "provider_config", "authentik",
                                   "expressions", "url", "constant_value", NULL);
    if (js_text(url) == NULL)
        return;
    struct object *api = objects_add(r->out, "api", "provider.authentik");
    js_set_text(api->attrs, "url", js_text(url));
    place_values(r, "/configuration/provider_config/authentik/expressions/url/constant_value", url,
                 "/url", api->at);
}

int terraform_read_json(const char *path, struct str text, struct objects *ret, struct err *err)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(yaml_places_free) struct yaml_places *places = NULL;
    if (yaml_parse(text, path, 0, YAML_TYPED, &doc, &places, err) != 0)
        return -1;
    AUTO(reading_deinit)
    struct reading r = {.path = path, .places = places, .doc = doc, .out = ret};
    const struct js *planned = js_path(doc, "planned_values", "root_module", NULL);
    const struct js *prior = js_path(doc, "prior_state", "values", "root_module", NULL);
    const struct js *state = js_path(doc, "values", "root_module", NULL);
    if (planned == NULL && state == NULL)
        return err_set_at(err, ERR_USAGE, path, 0, 0,
                          "neither a plan nor a state: there is no root_module below "
                          "planned_values or values; make it with `terraform show -json`");
    r.links = links_new(js_get(doc, "configuration"));
    name_module(&r, planned);
    name_module(&r, state);
    name_module(&r, prior);
    take_module(&r, "/planned_values/root_module", planned);
    take_module(&r, "/values/root_module", state);
    take_api(&r);
    r.only_data = true; /* what a plan looks up stands in its prior state */
    take_module(&r, "/prior_state/values/root_module", prior);
    link_objects(ret);
    return 0;
}
