/*
 * The differences between PCRE2 and the two dialects the real systems use: refuses what they refuse
 * and rewrites what they read otherwise. Knows the pattern's text only, not PCRE2.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/data/regex.h"

/* The pattern as PCRE2 has to see it (caller frees), or the dialect's own error text. */
int regex_gate(struct str pattern, enum regex_dialect dialect, char **ret, struct err *err)
    MUST_USE;
