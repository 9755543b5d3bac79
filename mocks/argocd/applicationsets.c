/*
 * ApplicationSetService: to list and to get. Here the caller is told the object that was asked
 * about (argocd.md 4.8).
 */
#include <string.h>

#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"

static struct js *set_json(const struct setup_app *s)
{
    struct js *meta = js_object();
    struct js *inner = js_object();
    struct js *template = js_object();
    struct js *spec = js_object();
    struct js *o = js_object();
    js_set_text(meta, "name", s->name);
    js_set_text(meta, "namespace", s->namespace);
    js_set_text(inner, "project", s->project);
    js_set(template, "metadata", js_object());
    js_set(template, "spec", inner);
    js_set(spec, "generators", js_array());
    js_set(spec, "template", template);
    js_set(o, "metadata", meta);
    js_set(o, "spec", spec);
    js_set(o, "status", js_object());
    return o;
}

void endpoint_applicationsets(struct call *c)
{
    const struct setup_inventory *inv = c->setup->argocd.inventory;
    AUTO(js_free) struct js *items = js_array();
    for (size_t i = 0; i < inv->applicationsets_len; i++) {
        const struct setup_app *s = &inv->applicationsets[i];
        AUTO(xfree) char *object = authz_object(s->project, s->namespace, s->name);
        bool allow = false;
        if (!authz_filter(c, "applicationsets", object, &allow))
            return;
        if (allow)
            js_append(items, set_json(s));
    }
    call_answer_list(c, items);
}

void endpoint_applicationset(struct call *c)
{
    const struct setup_inventory *inv = c->setup->argocd.inventory;
    const char *asked = call_query(c, "appsetNamespace");
    const char *namespace = asked[0] != '\0' ? asked : ARGOCD_NAMESPACE;
    for (size_t i = 0; i < inv->applicationsets_len; i++) {
        const struct setup_app *s = &inv->applicationsets[i];
        if (strcmp(s->name, c->args[0]) != 0 || strcmp(s->namespace, namespace) != 0)
            continue;
        AUTO(xfree) char *object = authz_object(s->project, s->namespace, s->name);
        if (authz_enforce(c, "applicationsets", "get", object))
            call_answer(c, set_json(s));
        return;
    }
    /* Looked up before the policy is asked, as there is no project to ask about otherwise. */
    call_fail(c, GRPC_NOT_FOUND,
              "error getting ApplicationSet: applicationset.argoproj.io \"%s\" not found",
              c->args[0]);
}
