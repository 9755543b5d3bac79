/*
 * What an AppProject contributes to the policy: the text that its roles make, and what Argo CD
 * finds wrong with it when it is written (argocd.md 5.8).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct rbac_role {
    const char *name;
    const char *const *policies; /* lines as written; NULL-terminated */
    const char *const *groups;   /* likewise */
};

struct rbac_project_spec {
    const char *name;
    const struct rbac_role *roles;
    size_t roles_len;
};

/* The third policy text for requests in this project; caller frees. */
char *rbac_project_text(const struct rbac_project_spec *p);
/* What Argo CD answers when such a project is created or updated: -1 and its text. */
int rbac_project_check(const struct rbac_project_spec *p, struct err *err) MUST_USE;
/* proj:PROJECT:ROLE, the subject of a project token, cut at its colons. False for any other. */
bool rbac_project_subject(const char *subject, char **ret_project, char **ret_role);
