/*
 * Which of the Terraform provider's resources are which of authentik's objects, and what their
 * attributes are called there (registry.terraform.io/providers/goauthentik/authentik).
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/terraform.h"

struct renamed {
    const char *from, *to;
};

struct type {
    const char *name; /* behind "authentik_" */
    const char *kind;
    struct renamed renamed[4];
};

static const struct type types[] = {
    {"provider_oauth2", "provider", {{"allowed_redirect_uris", "redirect_uris"}}},
    {"application", "application", {{"protocol_provider", "provider"}}},
    {"group", "group", {{NULL, NULL}}},
    {"property_mapping_provider_scope", "mapping", {{NULL, NULL}}},
    {"scope_mapping", "mapping", {{NULL, NULL}}}, /* its name until 2024.8 */
    {"certificate_key_pair", "key", {{NULL, NULL}}},
    {"policy_binding", "binding", {{NULL, NULL}}},
    {"user", "user", {{NULL, NULL}}},
    {"flow", "flow", {{NULL, NULL}}},
    {NULL, NULL, {{NULL, NULL}}},
};

static const struct type *find_type(const char *type)
{
    static const char prefix[] = "authentik_";
    if (!cstr_starts(type, prefix))
        return NULL;
    for (const struct type *t = types; t->name != NULL; t++) {
        if (strcmp(t->name, type + strlen(prefix)) == 0)
            return t;
    }
    return NULL;
}

static const char *api_name(const struct type *t, const char *key)
{
    for (const struct renamed *r = t->renamed; r->from != NULL; r++) {
        if (strcmp(r->from, key) == 0)
            return r->to;
    }
    return key;
}

struct object *terraform_object(struct objects *o, const char *type, const char *handle, bool data,
                                struct js *take_attrs, struct places *at)
{
    AUTO(js_free) struct js *attrs = take_attrs;
    const struct type *t = find_type(type);
    if (t == NULL)
        return NULL;
    struct object *made = objects_add(o, t->kind, handle);
    made->found = data;
    places_graft(made->at, "", at, "");
    for (struct js_iter it = js_iter(attrs); js_next(&it);) {
        const char *name = api_name(t, it.key);
        if (js_is(it.value, JS_NULL) ||
            (name != it.key && js_get(made->attrs, name) != NULL && js_len(it.value) == 0))
            continue;
        js_set(made->attrs, name, js_ref(it.value));
        if (name == it.key)
            continue;
        AUTO(xfree) char *from = places_below("", it.key);
        AUTO(xfree) char *to = places_below("", name);
        places_graft(made->at, to, at, from);
    }
    /* The provider's own default differs from authentik's (authentik.md 10). */
    if (strcmp(t->kind, "provider") == 0 && !data &&
        js_get(made->attrs, "access_token_validity") == NULL)
        js_set_text(made->attrs, "access_token_validity", "minutes=10");
    return made;
}
