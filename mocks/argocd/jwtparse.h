/*
 * golang-jwt's ParseUnverified: header and claims of a token nobody has verified yet, and its texts
 * for what is no token.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/data/json.h"

/* Caller frees both. -1: `token is malformed: …`. */
int jwtparse_unverified(const char *token, struct js **ret_header, struct js **ret_claims,
                        struct err *err) MUST_USE;
