/*
 * Operations on applications: sync, rollback and their end. An operation is done at once, so there
 * is never one to end (argocd.md 4.8).
 */
#include <inttypes.h>
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/apps.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/project_token.h"

static const char *text_or_empty(const struct js *body, const char *name)
{
    const char *text = js_get_text(body, name);
    return text != NULL ? text : "";
}

static struct app_wanted wanted(const struct call *c, const struct js *body)
{
    return (struct app_wanted){c->args[0], text_or_empty(body, "appNamespace"),
                               text_or_empty(body, "project")};
}

/* What the application follows. */
static const char *target_revision(const struct app *a)
{
    const char *own = js_text(js_path(a->spec, "source", "targetRevision", NULL));
    return own != NULL && own[0] != '\0' ? own : "HEAD";
}

/* Manifests of the caller's own, or another revision where the key asks for it, are an override. */
static bool needs_override(const struct call *c, const struct app *a, const struct js *body)
{
    const char *revision = text_or_empty(body, "revision");
    bool key = cstr_eq(js_get_text(c->setup->argocd.cm,
                                   "application.sync.requireOverridePrivilegeForRevisionSync"),
                       "true") &&
               c->setup->argocd.quirks[ARGOCD_QUIRK_OVERRIDE_REVISION];
    return js_len(js_get(body, "manifests")) > 0 ||
           (key && revision[0] != '\0' && strcmp(revision, target_revision(a)) != 0);
}

static struct js *operation(const struct call *c, const struct js *body)
{
    static const char *const flags[] = {"prune", "dryRun", NULL};
    struct js *sync = js_object();
    struct js *by = js_object();
    struct js *op = js_object();
    const char *revision = text_or_empty(body, "revision");
    if (revision[0] != '\0')
        js_set_text(sync, "revision", revision);
    for (const char *const *f = flags; *f != NULL; f++)
        if (js_get_bool(body, *f, false))
            js_set(sync, *f, js_bool(true));
    js_set(op, "sync", sync);
    js_set_text(by, "username", session_username(c->setup, c->session.claims));
    js_set(op, "initiatedBy", by);
    js_set(op, "retry", js_object());
    return op;
}

void endpoint_sync(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(app_deinit) struct app a = {0};
    if (!call_body(c, &body))
        return;
    const struct app_wanted w = wanted(c, body);
    if (!app_access(c, "get", &w, &a))
        return;
    if (project_named(c->setup, a.project) == NULL) {
        call_fail(c, GRPC_INVALID_ARGUMENT,
                  "application references project %s which does not exist", a.project);
        return;
    }
    AUTO(xfree) char *object = app_object(&a);
    if (!authz_enforce(c, "applications", "sync", object) ||
        (needs_override(c, &a, body) && !authz_enforce(c, "applications", "override", object)))
        return;
    struct js *app = app_json(&a);
    js_set(app, "operation", operation(c, body));
    call_answer(c, app);
}

void endpoint_rollback(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(app_deinit) struct app a = {0};
    int64_t id = 0;
    if (!call_body(c, &body))
        return;
    const struct app_wanted w = wanted(c, body);
    if (!app_access(c, "sync", &w, &a))
        return;
    if (js_get_number(body, "id", &id) != 0)
        id = 0;
    call_fail(c, GRPC_INVALID_ARGUMENT,
              "application %s/%s does not have deployment with id %" PRId64, a.namespace, a.name,
              id);
}

void endpoint_terminate(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted w = app_wanted(c);
    if (app_access(c, "sync", &w, &a))
        call_fail(c, GRPC_INVALID_ARGUMENT,
                  "Unable to terminate operation. No operation is in progress");
}
