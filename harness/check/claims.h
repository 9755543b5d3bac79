/*
 * What ID tokens and userinfo share: the types of the standard claims, groups, lists of words.
 */
#pragma once

#include "harness/check/check.h"

/* Has the blank-separated list (a scope, a prompt) that word? NULL has none. */
bool claims_has_word(const char *list, const char *word);
/* The names of a groups claim sorted and joined, whatever form it has: "[]" when absent. Caller
 * frees. */
char *claims_groups_text(const struct js *groups);
/* The same with what the other claims hold that `scopes` of argocd-rbac-cm names, NULL-terminated:
 * what Argo CD shows as groups when none is lost (argocd.md 5, jwt GetScopeValues). */
char *claims_subjects_text(const struct js *claims, const char *const *scopes);
/* Passes or fails: each standard claim that is there has the type of OIDC Core 5.1. An empty
 * address passes for a person to whom the setup gives none. */
void claims_judge_types(const struct check_view *v, const struct js *claims, struct verdict *ret);
