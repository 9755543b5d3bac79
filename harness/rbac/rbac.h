/*
 * RBAC as Argo CD does it: Casbin with Argo CD's model, loader and claims loop (reference/argocd.md
 * part 5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/vec.h"

enum rbac_match { RBAC_GLOB, RBAC_REGEX };

struct rbac; /* a loaded policy; immutable, usable from several threads */

/* A further text of the user's policy. */
struct rbac_text {
    const char *text; /* NULL ends a list */
    const char *name; /* for errors and decisions */
    int line;         /* as policy_line */
};

/* An AppProject and the text that its roles make (rbac_project.h). */
struct rbac_project {
    const char *name;   /* NULL ends a list */
    const char *policy; /* NULL or "" = it has no roles */
};

struct rbac_conf {
    const char
        *builtin; /* policy text of the built-in roles; NULL = none. rbac_builtin() has Argo CD's */
    const char *policy; /* the user's text: policy.csv and its overlays joined */
    const char
        *policy_name; /* "argocd-rbac-cm.yaml" for errors and decisions; NULL = "policy.csv" */
    int policy_line;  /* line of the text's first line in that file; 0 = 1 */
    const struct rbac_text *overlays; /* loaded after policy, each with its own place; or NULL */
    const char *project_policy;       /* third text, where projects is NULL; or NULL */
    const char *default_role;         /* NULL or "" = none */
    enum rbac_match match;
    const struct rbac_project
        *projects; /* that exist, each with its own third text; NULL = every project exists */
    /* what older versions do otherwise (5.9) */
    bool lenient_lines;      /* before 2.8: a line with too few or too many values loads */
    bool deep_roles;         /* before 2.6: a role is reached over 11 rows, not 10 */
    bool no_appset_projects; /* before 2.14.14, 3.0.6: not for applicationsets */
};

/* Rows that the built-in policy got over time. */
enum rbac_rows {
    RBAC_ROWS_APPSETS = 1,            /* role:admin on applicationsets, 2.5 */
    RBAC_ROWS_WRITE_REPOSITORIES = 2, /* of both roles; update/ and delete/ of role:admin, 2.14 */
    RBAC_ROWS_READONLY_APPSETS = 4,   /* role:readonly on applicationsets, 3.1.2 */
};
/* The built-in policy with the first rows and these. */
const char *rbac_builtin_rows(unsigned rows);

/* The built-in policy of an Argo CD version ("3.5", "2.14"); NULL for one this table does not have.
 */
const char *rbac_builtin(const char *argocd_version);

/* A malformed line is ERR_PARSE with the text of Argo CD's log (5.3: `error loading RBAC policy:
 * error creating casbin enforcer: error loading policy line: …`) and the place. A malformed project
 * policy is left out, as Argo CD does. */
int rbac_new(const struct rbac_conf *conf, struct rbac **ret, struct err *err) MUST_USE;
struct rbac *rbac_free(struct rbac *r);
/* Why the policy of a project was left out, or NULL. */
const char *rbac_project_error(const struct rbac *r, const char *project);
/* Why a request was decided as it was, for `who`, checks and reports. For a denial it is the first
 * row that stood against a subject (deny, or a regular expression that does not compile). */
struct rbac_why {
    char by[128];    /* "default role", "user", "group ArgoCD Admins", "empty subject", "nobody" */
    char line[512];  /* the policy row that decided, as written; "" if none */
    char place[300]; /* file:line, or "built-in" */
    char role[128];  /* last role of the chain, e.g. "role:admin"; "" if the subject itself; of the
                        default role always a name */
};

/* Subject as a plain string: `argocd admin settings rbac can` (5.6 step 2). why may be NULL. */
bool rbac_can_subject(const struct rbac *r, const char *subject, const char *resource,
                      const char *action, const char *object, struct rbac_why *why);
/* Claims (5.6): user identifier plus the values of the configured scopes. */
bool rbac_can_claims(const struct rbac *r, const char *user_id, const struct strlist *groups,
                     const char *resource, const char *action, const char *object,
                     struct rbac_why *why);
/* The roles ("role:admin" …) that a person with these groups reaches by g rows and policy.default,
 * sorted: what `roles:` in a scenario is compared with. role:readonly is left out when role:admin
 * brings it. */
void rbac_roles(const struct rbac *r, const char *user_id, const struct strlist *groups,
                struct strlist *ret);

/* The roles that some g row gives and no p row, of their own or inherited, speaks of; sorted. */
void rbac_undefined_roles(const struct rbac *r, struct strlist *ret);

DEFINE_AUTO(struct rbac, rbac_free)
