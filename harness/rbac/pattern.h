/*
 * One value of a policy row as it is matched against a request: a glob or a regular expression,
 * compiled when the policy is loaded and shared by all rows with the same text.
 */
#pragma once

#include "harness/rbac/rbac.h"

struct pattern;
struct patterns; /* all of one policy, by text */

enum match {
    MATCH_NO,
    MATCH_YES,
    MATCH_BROKEN /* a regex that does not compile: the query fails */
};

struct patterns *patterns_new(enum rbac_match mode);
struct patterns *patterns_free(struct patterns *p);
/* The pattern of this text, compiled once; it lives as long as the set. */
const struct pattern *patterns_add(struct patterns *p, const char *text);
enum match pattern_match(const struct pattern *p, const char *text);

DEFINE_AUTO(struct patterns, patterns_free)
