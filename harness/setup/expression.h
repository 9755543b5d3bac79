/*
 * A scope mapping's Python, as far as it is one "return {…}" of plain values: texts, numbers, True,
 * False, None, lists of them, what is known of the user, and the comprehension over the user's
 * groups that everybody copies. Anything else is named, not guessed.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/data/json.h"

/* The claims as a mapping of the setup ("${user.groups}"); caller frees both. -1: *ret_why says
 * what was found. */
int expression_claims(const char *python, struct js **ret, char **ret_why) MUST_USE;
