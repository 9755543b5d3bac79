/*
 * ApplicationService: reading, making, changing and taking out applications (argocd.md 4.7, 4.8).
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/apps.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/project_token.h"

/* ---- list and get ---- */

/* Any of the values of a parameter that may be there several times; none: all. */
static bool passes(const struct call *c, const char *parameter, const char *value)
{
    bool asked = false;
    const struct params *query = &c->req->query_params;
    for (size_t i = 0; i < query->len; i++) {
        if (strcmp(query->items[i].name, parameter) != 0 || query->items[i].value[0] == '\0')
            continue;
        asked = true;
        if (strcmp(query->items[i].value, value) == 0)
            return true;
    }
    return !asked;
}

static bool is_asked_for(const struct call *c, const struct app *a)
{
    return passes(c, "name", a->name) && passes(c, "project", a->project) &&
           passes(c, "projects", a->project) && passes(c, "appNamespace", a->namespace);
}

void endpoint_applications(struct call *c)
{
    AUTO(js_free) struct js *items = js_array();
    AUTO(apps_free_all) struct vec apps = {0};
    apps_all(c->m, &apps);
    for (size_t i = 0; i < apps.len; i++) {
        const struct app *a = apps.items[i];
        AUTO(xfree) char *object = app_object(a);
        bool allow = false;
        if (!is_asked_for(c, a))
            continue;
        if (!authz_filter(c, "applications", object, &allow))
            return;
        if (allow)
            js_append(items, app_json(a));
    }
    call_answer_list(c, items);
}

void endpoint_application(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted w = app_wanted(c);
    if (app_access(c, "get", &w, &a))
        call_answer(c, app_json(&a));
}

/* ---- writing ---- */

/* What a caller wrote as an Application. */
static void read_app(const struct js *body, struct app *ret)
{
    const struct js *meta = js_get(body, "metadata");
    const struct js *spec = js_get(body, "spec");
    const char *name = js_get_text(meta, "name");
    const char *namespace = js_get_text(meta, "namespace");
    const char *project = js_get_text(spec, "project");
    *ret = (struct app){
        .name = xstrdup(name != NULL ? name : ""),
        .namespace =
            xstrdup(namespace != NULL && namespace[0] != '\0' ? namespace : ARGOCD_NAMESPACE),
        .project = xstrdup(project != NULL && project[0] != '\0' ? project : "default"),
        .spec = js_is(spec, JS_OBJECT) ? js_dup(spec) : js_object(),
    };
}

/* A project that is not there is no more than forbidden, and a change of project needs create in
 * the new and update in the old one. What went before stands in the message. */
static bool is_valid(struct call *c, const struct app *a, const char *doing)
{
    AUTO(app_deinit) struct app now = {0};
    if (project_named(c->setup, a->project) == NULL) {
        trace_log(c->m->env.trace, "argocd", "warning",
                  "User attempted to create/update application in non-existent project \"%s\"",
                  a->project);
        call_fail(c, GRPC_PERMISSION_DENIED,
                  "%s: rpc error: code = PermissionDenied desc = permission denied", doing);
        return false;
    }
    if (a->name[0] == '\0') {
        call_fail(c, GRPC_UNKNOWN, "%s: resource name may not be empty", doing);
        return false;
    }
    if (!apps_find(c->m, a->namespace, a->name, &now) || strcmp(now.project, a->project) == 0)
        return true;
    AUTO(xfree) char *to = app_object(a);
    AUTO(xfree) char *from = app_object(&now);
    return authz_enforce_within(c, doing, "applications", "create", to) &&
           authz_enforce_within(c, doing, "applications", "update", from);
}

static void store(struct call *c, const struct app *a)
{
    if (apps_put(c->m, a))
        call_answer(c, app_json(a));
    else
        call_fail(c, GRPC_RESOURCE_EXHAUSTED, "more than %d applications were made", APPS_MAX);
}

void endpoint_application_create(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(app_deinit) struct app a = {0};
    AUTO(app_deinit) struct app now = {0};
    if (!call_body(c, &body))
        return;
    read_app(body, &a);
    AUTO(xfree) char *object = app_object(&a);
    if (!authz_enforce(c, "applications", "create", object) ||
        !is_valid(c, &a, "error while validating and normalizing app"))
        return;
    if (apps_find(c->m, a.namespace, a.name, &now)) {
        AUTO(js_free) struct js *was = app_json(&now);
        AUTO(js_free) struct js *is = app_json(&a);
        if (js_equal(was, is)) { /* the same again */
            call_answer(c, js_dup(was));
            return;
        }
        if (!cstr_eq(call_query(c, "upsert"), "true")) {
            call_fail(c, GRPC_INVALID_ARGUMENT,
                      "existing application spec is different, use upsert flag to force update");
            return;
        }
        if (!authz_enforce(c, "applications", "update", object))
            return;
    }
    store(c, &a);
}

/* validateAndUpdateApp: the right to update it where it is, then the rights of the change. */
static void update(struct call *c, const struct app *a, const char *project)
{
    AUTO(app_deinit) struct app now = {0};
    const struct app_wanted w = {a->name, a->namespace, project};
    if (app_access(c, "update", &w, &now) && is_valid(c, a, "error validating and normalizing app"))
        store(c, a);
}

void endpoint_application_update(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(app_deinit) struct app a = {0};
    if (!call_body(c, &body))
        return;
    read_app(body, &a);
    xfree(a.name); /* the path's wins */
    a.name = xstrdup(c->args[0]);
    AUTO(xfree) char *object = app_object(&a);
    if (authz_enforce(c, "applications", "update", object))
        update(c, &a, call_query(c, "project"));
}

void endpoint_application_spec(struct call *c)
{
    AUTO(js_free) struct js *spec = NULL;
    AUTO(app_deinit) struct app now = {0};
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted w = app_wanted(c);
    if (!call_body(c, &spec) || !app_access(c, "update", &w, &now))
        return;
    AUTO(js_free) struct js *whole = app_json(&now);
    js_set(whole, "spec", js_ref(spec));
    read_app(whole, &a);
    update(c, &a, w.project);
    if (c->message == NULL)
        call_answer(c, js_dup(spec));
}

void endpoint_application_patch(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(js_free) struct js *patch = NULL;
    AUTO(app_deinit) struct app now = {0};
    AUTO(app_deinit) struct app a = {0};
    struct err err = {0};
    if (!call_body(c, &body))
        return;
    const char *project = js_get_text(body, "project");
    const char *namespace = js_get_text(body, "appNamespace");
    const char *type = js_get_text(body, "patchType");
    const struct app_wanted w = {c->args[0], namespace != NULL ? namespace : "",
                                 project != NULL ? project : ""};
    if (!app_access(c, "get", &w, &now))
        return;
    AUTO(xfree) char *object = app_object(&now);
    if (!authz_enforce(c, "applications", "update", object))
        return;
    if (type == NULL || type[0] == '\0' || strcmp(type, "json") == 0) {
        call_fail(c, GRPC_UNIMPLEMENTED, "this mock applies patches of type merge only");
        return;
    }
    if (strcmp(type, "merge") != 0) {
        call_fail(c, GRPC_INVALID_ARGUMENT, "Patch type '%s' is not supported", type);
        return;
    }
    if (js_parse(str_of(js_get_text(body, "patch")), "patch", &patch, &err) != 0) {
        call_fail(c, GRPC_UNKNOWN, "error calculating merge patch: Invalid JSON Patch");
        return;
    }
    AUTO(js_free) struct js *was = app_json(&now);
    AUTO(js_free) struct js *is = js_merge_patch(was, patch);
    read_app(is, &a);
    update(c, &a, w.project);
}

/* ---- taking out ---- */

static bool propagation_is_valid(struct call *c)
{
    static const char *const policies[] = {"background", "foreground", "", NULL};
    const char *policy = call_query(c, "propagationPolicy");
    bool cascade = !cstr_eq(call_query(c, "cascade"), "false");
    if (!cascade && policy[0] != '\0') {
        call_fail(c, GRPC_INVALID_ARGUMENT,
                  "cannot set propagation policy when cascading is disabled");
        return false;
    }
    for (const char *const *p = policies; *p != NULL; p++)
        if (!cascade || strcmp(*p, policy) == 0)
            return true;
    call_fail(c, GRPC_INVALID_ARGUMENT, "invalid propagation policy: %s", policy);
    return false;
}

void endpoint_application_delete(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted w = app_wanted(c);
    if (!app_access(c, "get", &w, &a))
        return;
    AUTO(xfree) char *object = app_object(&a);
    if (!authz_enforce(c, "applications", "delete", object) || !propagation_is_valid(c))
        return;
    apps_remove(c->m, a.namespace, a.name);
    call_answer(c, js_object());
}
