/*
 * RBAC decisions of the API server: who asks is taken from the session, what is decided goes into
 * the trace with its reason (argocd.md 5.6).
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "mocks/argocd/call.h"

/* -1: the policy does not load, so every enforcement fails (5.3); the text is Argo CD's. */
int authz_allows(struct call *c, const char *resource, const char *action, const char *object,
                 bool *ret, struct err *err) MUST_USE;
/* True when allowed. Otherwise it answered: 403 with EnforceErr's text, or 500. */
bool authz_enforce(struct call *c, const char *resource, const char *action, const char *object);
/* What the policy would say, without a trace of the question: for pages that show it. A policy that
 * does not load allows nothing. */
bool authz_would_allow(struct call *c, const char *resource, const char *action,
                       const char *object);
/* EnforceErr's text (4.7); caller frees. */
char *authz_denied_text(const struct call *c, const char *resource, const char *action,
                        const char *object);
