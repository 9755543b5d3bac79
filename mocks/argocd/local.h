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
/* Whether any enabled account may log in with a password: `userLoginsDisabled` is the opposite. */
bool local_logins_enabled(const struct setup *setup);
