/*
 * Who is put to Casbin, in which order, and with which rows: the default role, the user, the groups
 * one by one, the empty subject (argocd.md 5.6). Keeps the row that decided.
 */
#include <stdio.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/rbac/rbac_int.h"

/* One request while it is put to one subject after the other. */
struct asking {
    const struct rbac *rbac;
    struct question question;
    struct rbac_why *why; /* may be NULL; a denial stands in it until somebody is allowed */
};

static void record(struct rbac_why *why, const char *by, const char *subject,
                   const struct policy_row *row)
{
    *why = (struct rbac_why){0};
    (void)snprintf(why->by, sizeof why->by, "%s", by);
    (void)snprintf(why->line, sizeof why->line, "%s", row->place.text);
    if (row->place.source == POLICY_BUILTIN) {
        (void)snprintf(why->place, sizeof why->place, "built-in");
    } else {
        (void)snprintf(why->place, sizeof why->place, "%s:%d", row->place.file, row->place.line);
    }
    if (strcmp(row->subject, subject) != 0) {
        (void)snprintf(why->role, sizeof why->role, "%s", row->subject);
    }
}

/* Puts the question to one subject. Of several denials the first is kept, an allowing row stands.
 */
static bool ask(struct asking *a, const char *subject, int scope, const char *by)
{
    struct answer answer = enforce(a->rbac, subject, &a->question, scope);

    if (a->why && answer.row && (answer.allow || a->why->line[0] == '\0')) {
        record(a->why, by, subject, answer.row);
    }
    return answer.allow;
}

/* The default role is a person's own role: it is named as one. */
static bool ask_default(struct asking *a, int scope)
{
    const char *role = a->rbac->default_role;

    if (role[0] == '\0' || !ask(a, role, scope, "default role")) {
        return false;
    }
    if (a->why && a->why->role[0] == '\0') {
        (void)snprintf(a->why->role, sizeof a->why->role, "%s", role);
    }
    return true;
}

/* Argo CD's enforce() for a string: the default role first, over the same rows. */
static bool ask_string(struct asking *a, const char *subject, int scope, const char *by)
{
    return ask_default(a, scope) ||
           ask(a, subject, scope, subject[0] != '\0' ? by : "empty subject");
}

static void begin(struct asking *a)
{
    if (a->why) {
        *a->why = (struct rbac_why){.by = "nobody"};
    }
}

bool rbac_can_subject(const struct rbac *r, const char *subject, const char *resource,
                      const char *action, const char *object, struct rbac_why *why)
{
    struct asking a = {r, {resource, action, object}, why};

    begin(&a);
    return ask_string(&a, subject ? subject : "", POLICY_USER, "user");
}

/* ---- projects ---- */

static bool in_project(const struct rbac *r, const char *resource)
{
    static const char *const scoped[] = {
        "applications", "applicationsets", "repositories", "clusters", "logs", "exec", NULL,
    };

    if (r->no_appset_projects && strcmp(resource, "applicationsets") == 0) {
        return false;
    }
    for (size_t i = 0; scoped[i]; i++) {
        if (strcmp(scoped[i], resource) == 0) {
            return true;
        }
    }
    return false;
}

/* The scope of an existing project's rows; POLICY_USER for one that does not exist. */
static int scope_of(const struct rbac *r, struct str project)
{
    if (r->every_project) {
        return project.len > 0 ? POLICY_PROJECT : POLICY_USER;
    }
    for (size_t i = 0; i < r->projects.len; i++) {
        if (str_is(project, r->projects.items[i])) {
            return POLICY_PROJECT + (int)i;
        }
    }
    return POLICY_USER;
}

/* The project that a request is about, and the scope of its rows; POLICY_USER if it is about none
 * that exists. */
static int find_project(const struct rbac *r, const struct question *q, struct str *ret)
{
    const char *slash = strchr(q->object, '/');

    *ret = (struct str){0};
    if (strcmp(q->resource, "projects") == 0) {
        *ret = str_of(q->object);
    } else if (in_project(r, q->resource) && slash) {
        *ret = (struct str){q->object, (size_t)(slash - q->object)};
    }
    return scope_of(r, *ret);
}

/* The project of a project token's subject, proj:PROJECT:ROLE; false for other subjects. */
static bool token_project(const char *user_id, struct str *ret)
{
    struct str rest = str_of(user_id), kind = {0}, role = {0};

    return str_next(&rest, ':', &kind) && str_is(kind, "proj") && str_next(&rest, ':', ret) &&
           str_next(&rest, ':', &role) && !rest.ptr;
}

/* ---- claims ---- */

static bool ask_groups(struct asking *a, const struct strlist *groups, int scope)
{
    for (size_t i = 0; groups && i < groups->len; i++) {
        char by[sizeof((struct rbac_why *)NULL)->by];
        if (!graph_is_member(&a->rbac->graph, groups->items[i], scope)) {
            continue;
        }
        (void)snprintf(by, sizeof by, "group %.100s", groups->items[i]);
        if (ask_string(a, groups->items[i], scope, by)) {
            return true;
        }
    }
    return false;
}

static bool ask_claims(struct asking *a, const char *user_id, const struct strlist *groups)
{
    struct str project = {0}, own = {0};
    int scope = find_project(a->rbac, &a->question, &project);

    if (scope >= POLICY_PROJECT && token_project(user_id, &own)) {
        return str_eq(own, project) && ask_string(a, user_id, scope, "user");
    }
    return ask_string(a, user_id, scope, "user") || ask_groups(a, groups, scope);
}

bool rbac_can_claims(const struct rbac *r, const char *user_id, const struct strlist *groups,
                     const char *resource, const char *action, const char *object,
                     struct rbac_why *why)
{
    struct asking a = {r, {resource, action, object}, why};

    begin(&a);
    return ask_default(&a, POLICY_USER) || ask_claims(&a, user_id ? user_id : "", groups) ||
           ask(&a, "", POLICY_USER, "empty subject");
}
