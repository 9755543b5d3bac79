/*
 * Policy text as rows: what Argo CD's loader accepts, refuses and ignores (argocd.md 5.3). Rows
 * know where they stand; nothing here decides.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "harness/base/arena.h"
#include "harness/base/err.h"
#include "harness/base/vec.h"

/* Where a row was loaded from, in load order; POLICY_PROJECT + n is the text of the n-th project.
 */
enum policy_source { POLICY_BUILTIN, POLICY_USER, POLICY_PROJECT };

/* Which rows count for a request: the built-in and the user's always, a project's only for requests
 * in it (5.6). A scope is a source of policy_source, or POLICY_EVERYWHERE. */
#define POLICY_EVERYWHERE INT_MAX
bool policy_counts(int source, int scope);

/* EFFECT_MISFIT: not six values, and loaded all the same (before v2.8): no request gets past it. */
enum policy_effect { EFFECT_NONE, EFFECT_ALLOW, EFFECT_DENY, EFFECT_MISFIT };

struct pattern;

struct policy_place {
    int source; /* enum policy_source */
    const char *file;
    int line;
    const char *text; /* the line as written, without the blanks around it */
};

/* `p, subject, resource, action, object, effect` */
struct policy_row {
    struct policy_place place;
    size_t index; /* in load order */
    const char *subject, *resource, *action, *object;
    const struct pattern *match_resource, *match_action, *match_object; /* set by rbac_new */
    enum policy_effect effect;
};

/* `g, member, role` */
struct policy_link {
    struct policy_place place;
    const char *member, *role;
};

struct policy {
    struct arena *arena;
    struct vec rows;  /* struct policy_row * */
    struct vec links; /* struct policy_link * */
    bool lenient;     /* as before Argo CD 2.8, which counted no values when it loaded (5.3) */
};

/* One text to load: its name and the number of its first line are for errors and decisions. */
struct policy_text {
    const char *text;
    const char *name;
    int line;
    int source;
};

void policy_init(struct policy *p, bool lenient);
void policy_deinit(struct policy *p);
/* Appends the text's rows, or none of them. The error is Argo CD's: `error loading policy line: …`.
 */
int policy_load(struct policy *p, const struct policy_text *text, struct err *err) MUST_USE;

DEFINE_AUTO_VALUE(struct policy, policy_deinit)
