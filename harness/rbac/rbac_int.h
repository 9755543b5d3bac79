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
    char *default_role; /* "" = none */
    struct strlist projects;
    bool every_project;
};

struct question {
    const char *resource, *action, *object;
};

/* What one subject's rows say. */
struct answer {
    bool allow;
    const struct policy_row *row; /* the row that decided; NULL: no row matched */
};

/* Casbin's Enforce (argocd.md 5.1): the subject with all it reaches, over the rows up to `up_to`.
 */
struct answer enforce(const struct rbac *r, const char *subject, const struct question *q,
                      enum policy_source up_to);
