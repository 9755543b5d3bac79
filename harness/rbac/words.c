/*
 * Tables of words.
 */
#include "harness/rbac/words.h"

#include <string.h>

#include "harness/base/mem.h"

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

static bool in_list(const char *const *list, const char *word)
{
    for (const char *const *w = list; *w; w++) {
        if (strcmp(*w, word) == 0) {
            return true;
        }
    }
    return false;
}

bool rbac_is_resource(const char *word)
{
    return in_list(rbac_resources, word);
}

bool rbac_is_action(const char *word)
{
    AUTO(xfree) char *first = xstrndup(word, strcspn(word, "/"));

    return in_list(rbac_actions, first);
}

bool rbac_is_in_project(const char *resource)
{
    static const char *const of_projects[] = {"applications", "applicationsets", "logs", "exec",
                                              NULL};

    return in_list(of_projects, resource);
}

bool rbac_is_pattern(const char *word)
{
    return strpbrk(word, "*?[{(|^$.") != NULL;
}
