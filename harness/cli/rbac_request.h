/*
 * What `argocd admin settings rbac can` makes of its arguments before it asks the policy
 * (argocd.md 6.1).
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"

struct rbac_request {
    const char *resource, *action, *object; /* of the arguments, or literals */
};

/* Names of resources may be written short. With `strict`, resource and action must be known to Argo
 * CD (`error in RBAC request: …`). A missing (NULL, "") or "*" object of what lies in a project is
 * any object of any project. */
int rbac_request_read(const char *action, const char *resource, const char *object, bool strict,
                      struct rbac_request *ret, struct err *err) MUST_USE;
