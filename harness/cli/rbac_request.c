/*
 * Names, actions and objects as Argo CD's command line knows them. It knows fewer than its server:
 * write-repositories, and accounts get, are refused here and valid in a policy.
 */
#include "harness/cli/rbac_request.h"

#include <string.h>

#include "harness/base/str.h"

static const struct alias {
    const char *name;
    const char *resource;
} aliases[] = {
    {"account", "accounts"},
    {"app", "applications"},
    {"apps", "applications"},
    {"application", "applications"},
    {"cert", "certificates"},
    {"certs", "certificates"},
    {"certificate", "certificates"},
    {"cluster", "clusters"},
    {"extension", "extensions"},
    {"gpgkey", "gpgkeys"},
    {"key", "gpgkeys"},
    {"log", "logs"},
    {"proj", "projects"},
    {"projs", "projects"},
    {"project", "projects"},
    {"repo", "repositories"},
    {"repos", "repositories"},
    {"repository", "repositories"},
    {NULL, NULL},
};

/* "update/" is an action that may have a path behind it, and need not. */
static const struct known_resource {
    const char *name;
    bool in_project;
    const char *actions[8];
} resources[] = {
    {"accounts", false, {"create", "update"}},
    {"applications",
     true,
     {"create", "get", "update/", "delete/", "action/", "override", "sync", NULL}},
    {"applicationsets", true, {"create", "get", "update", "delete"}},
    {"certificates", false, {"create", "get", "delete"}},
    {"clusters", true, {"create", "get", "update", "delete"}},
    {"exec", true, {"create"}},
    {"extensions", false, {"invoke"}},
    {"gpgkeys", false, {"create", "get", "delete"}},
    {"logs", true, {"get"}},
    {"projects", false, {"create", "get", "update", "delete"}},
    {"repositories", true, {"create", "get", "update", "delete"}},
    {NULL, false, {NULL}},
};

static const char *resolve(const char *name)
{
    for (const struct alias *a = aliases; a->name; a++) {
        if (strcmp(a->name, name) == 0) {
            return a->resource;
        }
    }
    return name;
}

static const struct known_resource *find(const char *name)
{
    const struct known_resource *r = resources;

    while (r->name && strcmp(r->name, name) != 0) {
        r++;
    }
    return r->name ? r : NULL;
}

static bool is_action(const struct known_resource *r, const char *action)
{
    const size_t word = strcspn(action, "/");

    for (size_t i = 0; r->actions[i]; i++) {
        const size_t known = strcspn(r->actions[i], "/");
        bool path_fits = action[word] == '\0' || r->actions[i][known] == '/';
        if (known == word && strncmp(r->actions[i], action, word) == 0 && path_fits) {
            return true;
        }
    }
    return false;
}

int rbac_request_read(const char *action, const char *resource, const char *object, bool strict,
                      struct rbac_request *ret, struct err *err)
{
    const char *name = resolve(resource);
    const struct known_resource *known = find(name);

    if (strict && !known) {
        return err_set(err, ERR_USAGE, "error in RBAC request: '%s' is not a valid resource name",
                       name);
    }
    if (strict && !is_action(known, action)) {
        return err_set(err, ERR_USAGE, "error in RBAC request: '%s' is not a valid action for %s",
                       action, name);
    }
    object = object ? object : "";
    if (known && known->in_project && (object[0] == '\0' || strcmp(object, "*") == 0)) {
        object = "*/*";
    }
    *ret = (struct rbac_request){name, action, object};
    return 0;
}
