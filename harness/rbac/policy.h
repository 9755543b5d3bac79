/*
 * Policy text as rows: what Argo CD's loader accepts, refuses and ignores (argocd.md 5.3). Rows
 * know where they stand; nothing here decides.
 */
#pragma once

#include "harness/base/arena.h"
#include "harness/base/err.h"
#include "harness/base/vec.h"

/* In load order: rows of the project's text count only for requests in a project (5.6). */
enum policy_source { POLICY_BUILTIN, POLICY_USER, POLICY_PROJECT };

enum policy_effect { EFFECT_NONE, EFFECT_ALLOW, EFFECT_DENY };

struct pattern;

struct policy_place {
    enum policy_source source;
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
};

/* One text to load: its name and the number of its first line are for errors and decisions. */
struct policy_text {
    const char *text;
    const char *name;
    int line;
    enum policy_source source;
};

void policy_init(struct policy *p);
void policy_deinit(struct policy *p);
/* Appends the text's rows, or none of them. The error is Argo CD's: `error loading policy line: …`.
 */
int policy_load(struct policy *p, const struct policy_text *text, struct err *err) MUST_USE;

DEFINE_AUTO_VALUE(struct policy, policy_deinit)
