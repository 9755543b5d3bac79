/*
 * Tables of words.
 */
#include "harness/rbac/words.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

const char *const rbac_resources[] = {"applications",
                                      "applicationsets",
                                      "clusters",
                                      "projects",
                                      "repositories",
                                      "write-repositories",
                                      "certificates",
                                      "accounts",
                                      "gpgkeys",
                                      "logs",
                                      "exec",
                                      "extensions",
                                      NULL};
const char *const rbac_actions[] = {"get",      "create", "update", "delete", "sync",
                                    "override", "action", "invoke", NULL};

bool rbac_is_resource(const char *word)
{
    return cstr_among(word, rbac_resources);
}

bool rbac_is_action(const char *word)
{
    AUTO(xfree) char *first = xstrndup(word, strcspn(word, "/"));

    return cstr_among(first, rbac_actions);
}

bool rbac_is_in_project(const char *resource)
{
    static const char *const of_projects[] = {"applications", "applicationsets", "logs", "exec",
                                              NULL};

    return cstr_among(resource, of_projects);
}

bool rbac_is_pattern(const char *word)
{
    return strpbrk(word, "*?[{(|^$.") != NULL;
}
