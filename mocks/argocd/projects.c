/*
 * ProjectService: to list and to get, and the checks on what is written. The projects are the
 * setup's, so that what is good is answered with where to write it (argocd.md 5.8).
 */
#include <string.h>

#include "harness/base/arena.h"
#include "harness/base/str.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/project_token.h"

/* ---- showing ---- */

static struct js *texts(const char *const *list)
{
    struct js *array = js_array();
    for (; list != NULL && *list != NULL; list++)
        js_append_text(array, *list);
    return array;
}

static struct js *tokens_json(const struct setup_project *p, const char *role)
{
    struct js *list = js_array();
    for (size_t i = 0; i < p->tokens_len; i++) {
        const struct setup_token *t = &p->tokens[i];
        if (strcmp(t->role, role) != 0)
            continue;
        struct js *one = js_object();
        js_set(one, "iat", js_int(t->iat_s));
        if (t->exp_s > 0)
            js_set(one, "exp", js_int(t->exp_s));
        js_set_text(one, "id", t->id);
        js_append(list, one);
    }
    return list;
}

static struct js *roles_json(const struct setup_project *p)
{
    struct js *roles = js_array();
    for (size_t i = 0; i < p->spec.roles_len; i++) {
        const struct rbac_role *r = &p->spec.roles[i];
        struct js *one = js_object();
        AUTO(js_free) struct js *tokens = tokens_json(p, r->name);
        js_set_text(one, "name", r->name);
        js_set(one, "policies",
               r->policies != NULL && *r->policies != NULL ? texts(r->policies) : js_null());
        if (js_len(tokens) > 0)
            js_set(one, "jwtTokens", js_ref(tokens));
        if (r->groups != NULL && *r->groups != NULL)
            js_set(one, "groups", texts(r->groups));
        js_append(roles, one);
    }
    return roles;
}

/* The default project's permissive spec; others are shown alike, as RBAC does not look there. */
static struct js *project_json(const struct setup_project *p)
{
    struct js *meta = js_object();
    struct js *spec = js_object();
    struct js *o = js_object();
    struct js *destinations = js_array();
    struct js *anywhere = js_object();
    js_set_text(meta, "name", p->spec.name);
    js_set_text(meta, "namespace", ARGOCD_NAMESPACE);
    js_set(spec, "sourceRepos", texts((const char *const[]){"*", NULL}));
    js_set_text(anywhere, "server", "*");
    js_set_text(anywhere, "namespace", "*");
    js_append(destinations, anywhere);
    js_set(spec, "destinations", destinations);
    if (p->description[0] != '\0')
        js_set_text(spec, "description", p->description);
    if (p->spec.roles_len > 0)
        js_set(spec, "roles", roles_json(p));
    js_set(o, "metadata", meta);
    js_set(o, "spec", spec);
    js_set(o, "status", js_object());
    return o;
}

void endpoint_projects(struct call *c)
{
    const struct setup_inventory *inv = c->setup->argocd.inventory;
    AUTO(js_free) struct js *items = js_array();
    for (size_t i = 0; i < inv->projects_len; i++) {
        bool allow = false;
        if (!authz_filter(c, "projects", inv->projects[i].spec.name, &allow))
            return;
        if (allow)
            js_append(items, project_json(&inv->projects[i]));
    }
    call_answer_list(c, items);
}

/* The project, or NULL after the answer: first the policy, so that only those who may read it learn
 * that it is not there. */
static const struct setup_project *readable(struct call *c)
{
    if (!authz_enforce(c, "projects", "get", c->args[0]))
        return NULL;
    const struct setup_project *p = project_named(c->setup, c->args[0]);
    if (p == NULL)
        call_fail(c, GRPC_NOT_FOUND, "appprojects.argoproj.io \"%s\" not found", c->args[0]);
    return p;
}

void endpoint_project(struct call *c)
{
    const struct setup_project *p = readable(c);
    if (p != NULL)
        call_answer(c, project_json(p));
}

void endpoint_project_detailed(struct call *c)
{
    const struct setup_project *p = readable(c);
    if (p == NULL)
        return;
    struct js *answer = js_object();
    js_set(answer, "project", project_json(p));
    call_answer(c, answer);
}

/* ---- writing ---- */

static const char *const *read_list(struct arena *arena, const struct js *list)
{
    const char **texts_of = arena_alloc(arena, (js_len(list) + 1) * sizeof *texts_of);
    size_t n = 0;
    for (size_t i = 0; i < js_len(list); i++)
        if (js_text(js_at(list, i)) != NULL)
            texts_of[n++] = js_text(js_at(list, i));
    return texts_of;
}

/* The roles of a project that a caller wrote; texts are borrowed from the body. */
static void read_spec(struct arena *arena, const struct js *project, struct rbac_project_spec *ret)
{
    const char *name = js_text(js_path(project, "metadata", "name", NULL));
    const struct js *list = js_path(project, "spec", "roles", NULL);
    struct rbac_role *roles = arena_alloc(arena, (js_len(list) + 1) * sizeof *roles);
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *from = js_at(list, i);
        const char *role = js_get_text(from, "name");
        roles[i] =
            (struct rbac_role){role != NULL ? role : "", read_list(arena, js_get(from, "policies")),
                               read_list(arena, js_get(from, "groups"))};
    }
    *ret = (struct rbac_project_spec){name != NULL ? name : "", roles, js_len(list)};
}

static void write(struct call *c, const char *action, const char *doing)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(arena_free) struct arena *arena = arena_new();
    struct rbac_project_spec spec = {0};
    struct err err = {0};
    if (!call_body(c, &body))
        return;
    if (!js_is(js_get(body, "project"), JS_OBJECT)) {
        call_fail(c, GRPC_INVALID_ARGUMENT, "missing payload 'project' in request");
        return;
    }
    read_spec(arena, js_get(body, "project"), &spec);
    if (c->args[0] != NULL)
        spec.name = c->args[0]; /* the path's wins */
    if (!authz_enforce(c, "projects", action, spec.name))
        return;
    if (rbac_project_check(&spec, &err) != 0)
        call_fail(c, GRPC_INVALID_ARGUMENT, "%s%s", doing, err.msg);
    else if (c->args[0] != NULL && project_named(c->setup, spec.name) == NULL)
        call_fail(c, GRPC_NOT_FOUND, "appprojects.argoproj.io \"%s\" not found", spec.name);
    else
        call_fail(c, GRPC_UNIMPLEMENTED,
                  "the project is good, but projects are the setup's here: write it to "
                  "argocd.projects.%s",
                  spec.name);
}

void endpoint_project_create(struct call *c)
{
    write(c, "create", "error validating project: rpc error: code = InvalidArgument desc = ");
}

void endpoint_project_update(struct call *c)
{
    write(c, "update", "");
}

void endpoint_project_delete(struct call *c)
{
    if (strcmp(c->args[0], "default") == 0) {
        call_fail(c, GRPC_INVALID_ARGUMENT, "name 'default' is reserved and cannot be deleted");
        return;
    }
    if (!authz_enforce(c, "projects", "delete", c->args[0]))
        return;
    if (project_named(c->setup, c->args[0]) == NULL)
        call_fail(c, GRPC_NOT_FOUND, "appprojects.argoproj.io \"%s\" not found", c->args[0]);
    else
        call_fail(c, GRPC_UNIMPLEMENTED,
                  "projects are the setup's here: take argocd.projects.%s out of it", c->args[0]);
}
