/*
 * Local accounts: tokens signed by Argo CD itself (issuer "argocd", argocd.md 4.2).
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "mocks/argocd/server.h"

/* 0 and the claims (caller frees), or -1 and the message after "invalid session: ". */
int local_verify(struct mock *m, const char *token, struct js **ret_claims, struct err *err)
    MUST_USE;
/* A token of a session that a password began; it lives for so many seconds. Caller frees. */
char *local_create(struct mock *m, const char *name, int64_t lifetime_s);
/* users.session.duration in seconds. */
int64_t local_session_s(struct mock *m);
/* A new one for a session's token that ends within five minutes (autoRegenerateTokenDuration), or
 * NULL. Caller frees. */
char *local_renewed(struct mock *m, const char *token, const struct js *claims);
/* Whether any enabled account may log in with a password: `userLoginsDisabled` is the opposite. */
bool local_logins_enabled(const struct setup *setup);
