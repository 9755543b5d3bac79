/*
 * A loaded policy from inside, and one question put to Casbin. Nothing here changes after rbac_new,
 * so any number of threads may ask.
 */
#pragma once

#include "harness/rbac/graph.h"
#include "harness/rbac/pattern.h"
#include "harness/rbac/rbac.h"

struct rbac {
    struct policy policy; /* owns all texts */
    struct patterns *patterns;
    struct graph graph;
    char *default_role;            /* "" = none */
    struct strlist projects;       /* the n-th one's rows have the source POLICY_PROJECT + n */
    struct strlist project_errors; /* of each; "" = its text loaded */
    bool every_project;            /* there is any, and the rows of POLICY_PROJECT count in each */
    bool no_appset_projects; /* the policy of a project does not count for its applicationsets */
    struct vec misfits;      /* struct policy_row * that stop every request of their scope */
};

struct question {
    const char *resource, *action, *object;
};

/* What one subject's rows say. */
struct answer {
    bool allow;
    const struct policy_row *row; /* the row that decided; NULL: no row matched */
};

/* Casbin's Enforce (argocd.md 5.1): the subject with all it reaches, over the rows of a scope. */
struct answer enforce(const struct rbac *r, const char *subject, const struct question *q,
                      int scope);
