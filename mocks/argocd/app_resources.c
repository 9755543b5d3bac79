/*
 * What an application has in its cluster: to look at, to change, to act on, to read the logs of.
 * Each application has a Deployment, a Service and a Pod of its own name; changing them leaves them
 * as they are, as a controller would put them back (argocd.md 4.8, 5.7).
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/apps.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"

struct live {
    const char *group; /* "" = core */
    const char *version;
    const char *kind;
    const char *suffix; /* of its name, after the application's */
    const char *action; /* that can be run on it, or NULL */
};

static const struct live lives[] = {
    {"apps", "v1", "Deployment", "", "restart"},
    {"", "v1", "Service", "", NULL},
    {"", "v1", "Pod", "-0", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

/* Which resource a caller means, by the query or the body. */
struct wanted {
    const char *group;
    const char *kind;
    const char *namespace;
    const char *name;
};

static struct wanted by_query(const struct call *c)
{
    return (struct wanted){call_query(c, "group"), call_query(c, "kind"),
                           call_query(c, "namespace"), call_query(c, "resourceName")};
}

/* ---- access ---- */

/* "delete/apps/Deployment/ns/name": a core resource keeps an empty group (5.7). */
static char *fine(const char *action, const struct wanted *w)
{
    return xasprintf("%s/%s/%s/%s/%s", action, w->group, w->kind, w->namespace, w->name);
}

/* The long form alone, since 3.0 unless the key says "false", and in 2.14 if it says "true". */
static bool is_exclusive(const struct setup *setup)
{
    const bool *quirks = setup->argocd.quirks;
    const char *key =
        js_get_text(setup->argocd.cm, "server.rbac.disableApplicationFineGrainedRBACInheritance");
    bool otherwise = quirks[ARGOCD_QUIRK_FINE_ONLY];
    if (!quirks[ARGOCD_QUIRK_FINE_KEY] || key == NULL || key[0] == '\0')
        return otherwise;
    return cstr_eq(key, "true") || (otherwise && !cstr_eq(key, "false"));
}

static bool is_plain_denial(const struct call *c)
{
    return c->code == GRPC_PERMISSION_DENIED && cstr_eq(c->message, "permission denied");
}

/* For update and delete: the action on the application, the long form, or one after the other. */
static bool changing_access(struct call *c, const char *action, const struct app_wanted *app,
                            const struct wanted *w, struct app *ret)
{
    AUTO(xfree) char *long_form = fine(action, w);
    if (is_exclusive(c->setup))
        return app_access(c, long_form, app, ret);
    if (app_access(c, action, app, ret))
        return true;
    if (!c->setup->argocd.quirks[ARGOCD_QUIRK_FINE_FALLBACK] || !is_plain_denial(c))
        return false;
    c->message = xfree(c->message);
    c->code = GRPC_OK;
    return app_access(c, long_form, app, ret);
}

static bool is_of(const struct live *l, const struct app *a, const struct wanted *w)
{
    AUTO(xfree) char *name = xasprintf("%s%s", a->name, l->suffix);
    return strcmp(l->group, w->group) == 0 && strcmp(l->kind, w->kind) == 0 &&
           strcmp(name, w->name) == 0 && strcmp(a->name, w->namespace) == 0;
}

static const struct live *find(struct call *c, const struct app *a, const struct wanted *w)
{
    for (const struct live *l = lives; l->kind != NULL; l++)
        if (is_of(l, a, w))
            return l;
    call_fail(c, GRPC_INVALID_ARGUMENT, "%s %s %s not found as part of application %s", w->kind,
              w->group, w->name, a->name);
    return NULL;
}

/* ---- showing ---- */

static struct js *manifest(const struct live *l, const struct app *a)
{
    struct js *meta = js_object();
    struct js *o = js_object();
    js_set(o, "apiVersion",
           l->group[0] != '\0' ? js_stringf("%s/%s", l->group, l->version) : js_string(l->version));
    js_set_text(o, "kind", l->kind);
    js_set(meta, "name", js_stringf("%s%s", a->name, l->suffix));
    js_set_text(meta, "namespace", a->name);
    js_set(o, "metadata", meta);
    return o;
}

static void answer_manifest(struct call *c, const struct live *l, const struct app *a)
{
    AUTO(js_free) struct js *o = manifest(l, a);
    AUTO(xfree) char *text = js_compact(o);
    struct js *answer = js_object();
    js_set_text(answer, "manifest", text);
    call_answer(c, answer);
}

void endpoint_resource(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    const struct wanted w = by_query(c);
    if (!app_access(c, "get", &app, &a))
        return;
    const struct live *l = find(c, &a, &w);
    if (l != NULL)
        answer_manifest(c, l, &a);
}

static struct js *node(const struct live *l, const struct app *a)
{
    struct js *o = js_object();
    if (l->group[0] != '\0')
        js_set_text(o, "group", l->group);
    js_set_text(o, "version", l->version);
    js_set_text(o, "kind", l->kind);
    js_set_text(o, "namespace", a->name);
    js_set(o, "name", js_stringf("%s%s", a->name, l->suffix));
    return o;
}

/* The resources as elements of a list with this name, or an empty object. */
static void answer_nodes(struct call *c, const char *member)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    if (!app_access(c, "get", &app, &a))
        return;
    struct js *nodes = js_array();
    struct js *answer = js_object();
    for (const struct live *l = lives; l->kind != NULL; l++)
        js_append(nodes, node(l, &a));
    js_set(answer, member, nodes);
    call_answer(c, answer);
}

void endpoint_resource_tree(struct call *c)
{
    answer_nodes(c, "nodes");
}

void endpoint_managed_resources(struct call *c)
{
    answer_nodes(c, "items");
}

void endpoint_manifests(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    if (!app_access(c, "get", &app, &a))
        return;
    struct js *list = js_array();
    struct js *answer = js_object();
    for (const struct live *l = lives; l->kind != NULL; l++) {
        AUTO(js_free) struct js *o = manifest(l, &a);
        AUTO(xfree) char *text = js_compact(o);
        js_append_text(list, text);
    }
    js_set(answer, "manifests", list);
    js_set_text(answer, "namespace", a.name);
    call_answer(c, answer);
}

void endpoint_events(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    AUTO(js_free) struct js *none = js_array();
    const struct app_wanted app = app_wanted(c);
    if (app_access(c, "get", &app, &a))
        call_answer_plain_list(c, none);
}

void endpoint_sync_windows(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    if (!app_access(c, "get", &app, &a))
        return;
    struct js *answer = js_object();
    js_set(answer, "canSync", js_bool(true));
    call_answer(c, answer);
}

/* ---- changing ---- */

void endpoint_resource_patch(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    const struct wanted w = by_query(c);
    if (!changing_access(c, "update", &app, &w, &a))
        return;
    const struct live *l = find(c, &a, &w);
    if (l != NULL)
        answer_manifest(c, l, &a);
}

void endpoint_resource_delete(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    const struct wanted w = by_query(c);
    if (changing_access(c, "delete", &app, &w, &a) && find(c, &a, &w) != NULL)
        call_answer(c, js_object());
}

/* ---- actions ---- */

void endpoint_resource_actions(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    const struct wanted w = by_query(c);
    if (!app_access(c, "get", &app, &a))
        return;
    const struct live *l = find(c, &a, &w);
    if (l == NULL)
        return;
    struct js *answer = js_object();
    if (l->action != NULL) {
        struct js *one = js_object();
        struct js *list = js_array();
        js_set_text(one, "name", l->action);
        js_append(list, one);
        js_set(answer, "actions", list);
    }
    call_answer(c, answer);
}

static void run(struct call *c, const struct app_wanted *app, const struct wanted *w,
                const char *action)
{
    AUTO(app_deinit) struct app a = {0};
    AUTO(xfree) char *asked = xasprintf("action/%s/%s/%s", w->group, w->kind, action);
    if (!app_access(c, asked, app, &a))
        return;
    const struct live *l = find(c, &a, w);
    if (l == NULL)
        return;
    if (l->action != NULL && strcmp(l->action, action) == 0)
        call_answer(c, js_object());
    else
        call_fail(c, GRPC_UNKNOWN,
                  "error getting Lua resource action: built-in script \"%s/%s/actions/%s/"
                  "action.lua\" does not exist",
                  w->group, w->kind, action);
}

/* The body is the action's name as a JSON text. */
void endpoint_resource_action_run(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(xfree) char *wrapped = xasprintf("[%s]", c->req->body);
    struct err err = {0};
    const struct app_wanted app = app_wanted(c);
    const struct wanted w = by_query(c);
    if (js_parse(str_of(wrapped), "request", &body, &err) != 0 || js_text(js_at(body, 0)) == NULL) {
        call_fail(c, GRPC_INVALID_ARGUMENT, "%s",
                  err.msg[0] != '\0' ? err.msg : "the body is the action's name, a JSON text");
        return;
    }
    run(c, &app, &w, js_text(js_at(body, 0)));
}

static const char *member(const struct js *body, const char *name)
{
    const char *text = js_get_text(body, name);
    return text != NULL ? text : "";
}

void endpoint_resource_action_run_v2(struct call *c)
{
    AUTO(js_free) struct js *body = NULL;
    if (!call_body(c, &body))
        return;
    const struct app_wanted app = {c->args[0], member(body, "appNamespace"),
                                   member(body, "project")};
    const struct wanted w = {member(body, "group"), member(body, "kind"), member(body, "namespace"),
                             member(body, "resourceName")};
    run(c, &app, &w, member(body, "action"));
}

/* ---- logs ---- */

static struct js *log_entry(struct call *c, const char *pod, const char *content, bool last)
{
    char when[CLOCK_TEXT];
    const char *now = clock_rfc3339(clock_now_s(c->m->env.clock), when);
    struct js *entry = js_object();
    struct js *line = js_object();
    js_set_text(entry, "content", content);
    js_set_text(entry, "timeStamp", now);
    js_set(entry, "last", js_bool(last));
    js_set_text(entry, "timeStampStr", now);
    js_set_text(entry, "podName", pod);
    js_set(line, "result", entry);
    return line;
}

/* Is the application's pod among those that are asked for, by name or by what it belongs to? */
static bool selects_pod(const struct call *c, const struct app *a, const char *pod)
{
    const char *by_path = c->args[1] != NULL ? c->args[1] : call_query(c, "podName");
    const char *namespace = call_query(c, "namespace");
    const char *kind = by_path[0] != '\0' ? "Pod" : call_query(c, "kind");
    const char *name = by_path[0] != '\0' ? by_path : call_query(c, "resourceName");
    bool is_pod = (kind[0] == '\0' || strcmp(kind, "Pod") == 0) &&
                  (name[0] == '\0' || strcmp(name, pod) == 0);
    bool is_parent = strcmp(kind, "Deployment") == 0 && strcmp(name, a->name) == 0;
    return (namespace[0] == '\0' || strcmp(namespace, a->name) == 0) && (is_pod || is_parent);
}

void endpoint_logs(struct call *c)
{
    AUTO(app_deinit) struct app a = {0};
    const struct app_wanted app = app_wanted(c);
    c->streams = true;
    if (!app_access(c, "get", &app, &a))
        return;
    AUTO(xfree) char *object = app_object(&a);
    if (authz_logs_enforced(c->setup) && !authz_enforce(c, "logs", "get", object))
        return;
    AUTO(xfree) char *pod = xasprintf("%s-0", a.name);
    struct js *lines = js_array();
    if (selects_pod(c, &a, pod)) {
        js_append(lines, log_entry(c, pod, "started", false));
        js_append(lines, log_entry(c, "", "", true));
    }
    call_answer(c, lines);
}
