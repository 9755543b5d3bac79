/*
 * The words that a policy line may have for a resource and an action (argocd.md part 5), for who
 * reads policies and asks questions. The enforcer takes any.
 */
#pragma once

#include <stdbool.h>

/* "applications" …; NULL-terminated. */
extern const char *const rbac_resources[];
/* "get" …, without what may stand behind a slash; NULL-terminated. */
extern const char *const rbac_actions[];

bool rbac_is_resource(const char *word);
/* With or without a path behind it ("action/apps/Deployment/restart"). */
bool rbac_is_action(const char *word);
/* Are its objects PROJECT/NAME? */
bool rbac_is_in_project(const char *resource);
/* May it stand for several words: a glob or a regular expression? */
bool rbac_is_pattern(const char *word);
