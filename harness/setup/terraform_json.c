/*
 * `terraform show -json` (developer.hashicorp.com/terraform/internals/json-format): planned_values
 * of a plan, values of a state; modules nest. Ids are known in a state and point from object to
 * object; in a plan they are found in the configuration's references.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "harness/setup/terraform.h"

struct reading {
    const char *path;
    const struct yaml_places *places;
    const struct js *doc;
    struct objects *out;
    bool only_data; /* a plan's prior state has the managed ones again */
};

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

/* The configuration of a resource's address, in the root module: where a plan keeps references. */
static const struct js *configuration_of(const struct reading *r, const char *address)
{
    const struct js *list = js_path(r->doc, "configuration", "root_module", "resources", NULL);
    size_t n = strcspn(address, "[");
    for (size_t i = 0; i < js_len(list); i++) {
        const char *own = js_get_text(js_at(list, i), "address");
        if (own != NULL && strlen(own) == n && strncmp(own, address, n) == 0)
            return js_get(js_at(list, i), "expressions");
    }
    return NULL;
}

/* "authentik_group.x" of ["authentik_group.x.id", "authentik_group.x"]: the last is the object. */
static const char *object_of(const struct js *references)
{
    size_t n = js_len(references);
    return n > 0 ? js_text(js_at(references, n - 1)) : NULL;
}

static bool is_unset(const struct js *value)
{
    return value == NULL || js_is(value, JS_NULL) || (js_is(value, JS_ARRAY) && js_len(value) == 0);
}

/* What a plan does not know yet ("known after apply") is there as references. */
static void add_references(const struct reading *r, const char *address, struct js *attrs)
{
    static const char *const singles[] = {
        "protocol_provider",  "signing_key", "encryption_key", "target", "group", "user",
        "authorization_flow", NULL};
    static const char *const lists[] = {"property_mappings", "users", "groups", NULL};
    const struct js *config = configuration_of(r, address);
    for (const char *const *k = singles; *k != NULL; k++) {
        const char *object = object_of(js_path(config, *k, "references", NULL));
        if (object != NULL && is_unset(js_get(attrs, *k)))
            js_set(attrs, *k, js_stringf("@%s", object));
    }
    for (const char *const *k = lists; *k != NULL; k++) {
        const struct js *references = js_path(config, *k, "references", NULL);
        if (js_len(references) == 0 || !is_unset(js_get(attrs, *k)))
            continue;
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(references); i++) {
            const char *one = js_text(js_at(references, i));
            size_t n = one != NULL ? strlen(one) : 0;
            bool attribute =
                n > 3 && (strcmp(one + n - 3, ".id") == 0 || strcmp(one + n - 4, ".ids") == 0);
            if (one != NULL && !attribute)
                js_append(list, js_stringf("@%s", one));
        }
        js_set(attrs, *k, list);
    }
}

#define LATER "known after apply"

/* An attribute that the configuration gives, and the plan has no value of; likewise the address of
 * a redirect URI, the one thing that is unknown by itself within a list. */
static void add_unknown(const struct reading *r, const char *address, struct js *attrs)
{
    static const char *const uris[] = {"allowed_redirect_uris", "redirect_uris", NULL};
    const struct js *config = configuration_of(r, address);
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

static void take_resource(const struct reading *r, const char *pointer, const struct js *resource)
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

/* Modules in modules end where the reader of the text lets nothing be nested deeper. */
static void take_module(const struct reading *r, const char *pointer, const struct js *module)
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
static struct js *linked(const struct objects *o, const struct js *value)
{
    AUTO(xfree) char *number = js_is(value, JS_INTEGER) ? js_compact(value) : NULL;
    const char *id = number != NULL ? number : js_text(value);
    if (js_is(value, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(value); i++)
            js_append(list, linked(o, js_at(value, i)));
        return list;
    }
    for (size_t i = 0; id != NULL && id[0] != '\0' && i < o->items.len; i++) {
        const struct object *one = o->items.items[i];
        if (cstr_eq(js_get_text(one->attrs, "id"), id) ||
            cstr_eq(js_get_text(one->attrs, "uuid"), id))
            return js_stringf("@%s", one->handle);
    }
    return js_dup(value);
}

static void link_objects(struct objects *o)
{
    static const char *const links[] = {
        "provider",           "signing_key",       "encryption_key", "target", "group", "user",
        "authorization_flow", "property_mappings", "users",          "groups", NULL};
    for (size_t i = 0; i < o->items.len; i++) {
        struct object *one = o->items.items[i];
        for (const char *const *k = links; *k != NULL; k++) {
            const struct js *value = js_get(one->attrs, *k);
            if (value != NULL)
                js_set(one->attrs, *k, linked(o, value));
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
    struct reading r = {path, places, doc, ret, false};
    const struct js *planned = js_path(doc, "planned_values", "root_module", NULL);
    const struct js *prior = js_path(doc, "prior_state", "values", "root_module", NULL);
    const struct js *state = js_path(doc, "values", "root_module", NULL);
    if (planned == NULL && state == NULL)
        return err_set_at(err, ERR_USAGE, path, 0, 0,
                          "neither a plan nor a state: there is no root_module below "
                          "planned_values or values; make it with `terraform show -json`");
    take_module(&r, "/planned_values/root_module", planned);
    take_module(&r, "/values/root_module", state);
    take_api(&r);
    r.only_data = true; /* what a plan looks up stands in its prior state */
    take_module(&r, "/prior_state/values/root_module", prior);
    link_objects(ret);
    return 0;
}
