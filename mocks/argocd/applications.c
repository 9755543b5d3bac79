/*
 * ApplicationService, as much as shows what a person may do (argocd.md 4.7, 4.8): three
 * applications that never change, to list, to get and to sync.
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"

struct application {
    const char *project;
    const char *name;
};

static const struct application applications[] = {
    {"default", "guestbook"},
    {"default", "helm-guestbook"},
    {"team-a", "web"},
    {NULL, NULL},
};

static const struct application *find(const char *name)
{
    for (const struct application *a = applications; a->name != NULL; a++)
        if (strcmp(a->name, name) == 0)
            return a;
    return NULL;
}

static struct js *application_json(const struct application *a)
{
    struct js *meta = js_object();
    struct js *spec = js_object();
    struct js *source = js_object();
    struct js *destination = js_object();
    struct js *app = js_object();
    js_set_text(meta, "name", a->name);
    js_set_text(meta, "namespace", ARGOCD_NAMESPACE);
    js_set_text(source, "repoURL", "https://github.com/argoproj/argocd-example-apps.git");
    js_set_text(source, "path", a->name);
    js_set_text(source, "targetRevision", "HEAD");
    js_set_text(destination, "server", "https://kubernetes.default.svc");
    js_set_text(destination, "namespace", a->name);
    js_set(spec, "source", source);
    js_set(spec, "destination", destination);
    js_set_text(spec, "project", a->project);
    js_set(app, "metadata", meta);
    js_set(app, "spec", spec);
    js_set(app, "status", js_object());
    return app;
}

static char *object_of(const char *project, const char *name)
{
    return xasprintf("%s/%s", project, name);
}

void endpoint_applications(struct call *c)
{
    AUTO(js_free) struct js *items = js_array();
    for (const struct application *a = applications; a->name != NULL; a++) {
        AUTO(xfree) char *object = object_of(a->project, a->name);
        bool allow = false;
        struct err err = {0};
        if (authz_allows(c, "applications", "get", object, &allow, &err) != 0) {
            call_fail(c, GRPC_INTERNAL, "%s", err.msg);
            return;
        }
        if (allow)
            js_append(items, application_json(a));
    }
    struct js *list = js_object();
    struct js *meta = js_object();
    js_set_text(meta, "resourceVersion", "1");
    js_set(list, "metadata", meta);
    /* The gateway's protobuf hop turns an empty list into null. */
    js_set(list, "items", js_len(items) > 0 ? js_ref(items) : js_null());
    call_answer(c, list);
}

/* The application one may read, or NULL after the answer: what is missing looks like what is
 * forbidden, unless the project was named and may be read (4.7). */
static const struct application *readable(struct call *c, const char *name, const char *project)
{
    const struct application *a = find(name);
    bool named = project != NULL && project[0] != '\0';
    bool allow = false;
    struct err err = {0};
    if (named || a != NULL) {
        AUTO(xfree) char *object = object_of(named ? project : a->project, name);
        if (authz_allows(c, "applications", "get", object, &allow, &err) != 0) {
            call_fail(c, GRPC_INTERNAL, "%s", err.msg);
            return NULL;
        }
        if (!allow) {
            AUTO(xfree) char *text = authz_denied_text(c, "applications", "get", object);
            trace_log(c->m->env.trace, "argocd", "warning",
                      "user tried to get application which they do not have access to: %s", text);
        }
    }
    if (!allow) {
        call_fail(c, GRPC_PERMISSION_DENIED, "permission denied");
        return NULL;
    }
    if (a == NULL || (named && strcmp(a->project, project) != 0)) {
        call_fail(c, GRPC_NOT_FOUND, "applications.argoproj.io \"%s\" not found", name);
        return NULL;
    }
    return a;
}

void endpoint_application(struct call *c)
{
    const struct application *a = readable(c, c->args[0], http_query(c->req, "project"));
    if (a != NULL)
        call_answer(c, application_json(a));
}

void endpoint_sync(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    struct err err = {0};
    const struct str text = {c->req->body, c->req->body_len};
    if (text.len > 0 && js_parse(text, "sync request", &body, &err) != 0) {
        call_fail(c, GRPC_INVALID_ARGUMENT, "%s", err.msg);
        return;
    }
    const struct application *a = readable(c, c->args[0], js_get_text(body, "project"));
    if (a == NULL)
        return;
    AUTO(xfree) char *object = object_of(a->project, a->name);
    if (!authz_enforce(c, "applications", "sync", object))
        return;
    struct js *app = application_json(a);
    struct js *operation = js_object();
    js_set(operation, "sync", js_object());
    js_set(app, "operation", operation);
    call_answer(c, app);
}
