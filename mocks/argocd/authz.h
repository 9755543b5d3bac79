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
/* The same for a call that puts its own words before: "doing: rpc error: code = …". */
bool authz_enforce_within(struct call *c, const char *doing, const char *resource,
                          const char *action, const char *object);
/* get for one element of a list. False after the answer, when there is no policy to ask. */
bool authz_filter(struct call *c, const char *resource, const char *object, bool *ret);
/* What the policy would say, without a trace of the question: for pages that show it. A policy that
 * does not load allows nothing. */
bool authz_would_allow(struct call *c, const char *resource, const char *action,
                       const char *object);
/* logs count since 3.0, and before with server.rbac.log.enforce.enable (5.7). */
bool authz_logs_enforced(const struct setup *setup);
/* security.RBACName: project/name, with the namespace between where it is not the server's own;
 * caller frees. */
char *authz_object(const char *project, const char *namespace, const char *name);
/* EnforceErr's text (4.7); caller frees. */
char *authz_denied_text(const struct call *c, const char *resource, const char *action,
                        const char *object);
