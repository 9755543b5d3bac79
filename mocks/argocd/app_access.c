/*
 * Who may reach an application, and what somebody learns who may not (argocd.md 4.7). The order of
 * the checks keeps a caller from telling what is forbidden from what is not there.
 */
#include <string.h>

#include "mocks/argocd/apps.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"

struct app_wanted app_wanted(const struct call *c)
{
    return (struct app_wanted){
        .name = c->args[0],
        .namespace = call_query(c, "appNamespace"),
        .project = call_query(c, "project"),
    };
}

static void not_found(struct call *c, const char *name)
{
    call_fail(c, GRPC_NOT_FOUND, "applications.argoproj.io \"%s\" not found", name);
}

/* 1: allowed; 0: denied, and the log has why; -1: answered, as there is no policy to ask. */
static int ask(struct call *c, const char *action, const char *object)
{
    bool allow = false;
    struct err err = {0};
    if (authz_allows(c, "applications", action, object, &allow, &err) != 0) {
        call_fail(c, GRPC_INTERNAL, "%s", err.msg);
        return -1;
    }
    if (!allow) {
        AUTO(xfree) char *text = authz_denied_text(c, "applications", action, object);
        trace_log(c->m->env.trace, "argocd", "warning",
                  "user tried to %s application which they do not have access to: rpc error: code "
                  "= PermissionDenied desc = %s",
                  action, text);
    }
    return allow ? 1 : 0;
}

static const char *namespace_of(const struct app_wanted *w)
{
    return w->namespace[0] != '\0' ? w->namespace : ARGOCD_NAMESPACE;
}

/* The project that the caller says it is in. */
static bool may_in_named_project(struct call *c, const char *action, const struct app_wanted *w)
{
    AUTO(xfree) char *object = authz_object(w->project, namespace_of(w), w->name);
    int may = ask(c, action, object);
    if (may == 0)
        call_fail(c, GRPC_PERMISSION_DENIED, "permission denied");
    return may > 0;
}

bool app_access(struct call *c, const char *action, const struct app_wanted *w, struct app *ret)
{
    AUTO(app_deinit) struct app a = {0};
    bool named = w->project[0] != '\0';
    if (named && !may_in_named_project(c, action, w))
        return false;
    if (!apps_find(c->m, namespace_of(w), w->name, &a)) {
        if (named) {
            not_found(c, w->name);
            return false;
        }
        trace_log(c->m->env.trace, "argocd", "warning", "application does not exist");
        call_fail(c, GRPC_PERMISSION_DENIED, "permission denied");
        return false;
    }
    /* The project it really is in. */
    AUTO(xfree) char *object = app_object(&a);
    int may = ask(c, action, object);
    if (may == 0 && named)
        not_found(c, w->name);
    else if (may == 0)
        call_fail(c, GRPC_PERMISSION_DENIED, "permission denied");
    if (may <= 0)
        return false;
    if (named && strcmp(a.project, w->project) != 0) {
        trace_log(
            c->m->env.trace, "argocd", "warning",
            "user tried to %s application in project %s, but the application is in project %s",
            action, w->project, a.project);
        not_found(c, w->name);
        return false;
    }
    *ret = a;
    a = (struct app){0};
    return true;
}
