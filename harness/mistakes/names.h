/*
 * The names of a policy and of authentik's groups, looked up by rules for each line: whatever the
 * size of the policy, a question costs a moment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/mem.h"

struct policy_line;
struct js;
struct names;

/* Of these lines and this list of groups, which must outlive it. has_rights says of a name whether
 * it has rights without any line; ctx goes there. */
struct names *names_new(const struct policy_line *lines, size_t len, const struct js *groups,
                        bool (*has_rights)(const void *ctx, const char *name), const void *ctx);
struct names *names_free(struct names *n);
/* Does a p line give rights, or what g lines lead to within so many steps? */
bool names_have_rights(const struct names *n, const char *role, int steps);
#define NAMES_STEPS 10 /* casbin's own limit (argocd.md part 5) */
/* Is it the subject or the role of a g line? */
bool names_in_g(const struct names *n, const char *name);
/* Is it a field of any line? */
bool names_in_line(const struct names *n, const char *name);
/* A group of authentik by this name, exactly. */
bool names_have_group(const struct names *n, const char *name);
/* A group that differs from the name in case, blanks around it, a slash before it or quotes only;
 * NULL: none. Borrowed. */
const char *names_group_alike(const struct names *n, const char *name);
/* The nearest of the roles that p lines give rights and of Argo CD's own; of authentik's groups.
 * NULL: none is near, or so many were asked for that nobody reads them. Borrowed. */
const char *names_nearest_role(struct names *n, const char *role);
const char *names_nearest_group(struct names *n, const char *name);

DEFINE_AUTO(struct names, names_free)
