/*
 * The session cookie in one or more pieces, as Argo CD writes and reads it (argocd.md 1.8).
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/params.h"
#include "harness/base/vec.h"

/* The Set-Cookie values for a token, at most `most`. -1: too long, in Argo CD's words ("error
 * creating cookie metadata: …"). */
int cookies_split(const char *name, const char *token, const char *attributes, size_t most,
                  struct strlist *ret, struct err *err) MUST_USE;
/* The cookies of a request (its Cookie fields read as Go does), name and value in order. */
void cookies_read(const struct params *headers, struct params *ret);
/* The token put together again; caller frees. -1: Argo CD's text. */
int cookies_join(const char *name, const struct params *cookies, char **ret, struct err *err)
    MUST_USE;
