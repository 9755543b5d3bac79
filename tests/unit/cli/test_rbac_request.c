/*
 * What the words of `rbac can` become, and which of them Argo CD's command line refuses (argocd.md
 * 6.1).
 */
#include "tests/support/test.h"

#include "harness/base/mem.h"
#include "harness/cli/rbac_request.h"

#define IN "error in RBAC request: "

static const struct row {
    const char *name;
    const char *action, *resource, *object;
    bool strict;
    const char *expected; /* "resource object", or the error */
} rows[] = {
    {"a plural name", "get", "applications", "a/b", true, "applications a/b"},
    {"app", "get", "app", "a/b", true, "applications a/b"},
    {"apps", "get", "apps", "a/b", true, "applications a/b"},
    {"cert", "get", "cert", "x", true, "certificates x"},
    {"key", "delete", "key", "x", true, "gpgkeys x"},
    {"log", "get", "log", "a/b", true, "logs a/b"},
    {"projs", "update", "projs", "x", true, "projects x"},
    {"repository", "get", "repository", "x", true, "repositories x"},
    {"account", "update", "account", "x", true, "accounts x"},
    {"extension", "invoke", "extension", "x", true, "extensions x"},
    {"no alias", "get", "appset", "x", true, IN "'appset' is not a valid resource name"},
    {"no alias, not strict", "get", "appset", "x", false, "appset x"},
    {"another case", "get", "Apps", "x", true, IN "'Apps' is not a valid resource name"},
    {"any resource", "get", "*", "x", true, IN "'*' is not a valid resource name"},
    {"only in policies", "get", "write-repositories", "x", true,
     IN "'write-repositories' is not a valid resource name"},
    {"any action", "*", "apps", "x", true, IN "'*' is not a valid action for applications"},
    {"accounts get", "get", "accounts", "x", true, IN "'get' is not a valid action for accounts"},
    {"accounts get, not strict", "get", "accounts", "x", false, "accounts x"},
    {"a path of update", "update/apps/Deployment/ns/x", "app", "a/b", true, "applications a/b"},
    {"a path of action", "action/apps/Deployment/restart", "app", "a/b", true, "applications a/b"},
    {"action alone", "action", "app", "a/b", true, "applications a/b"},
    {"a path of sync", "sync/x", "app", "a/b", true,
     IN "'sync/x' is not a valid action for applications"},
    {"a path of clusters", "update/x", "cluster", "x", true,
     IN "'update/x' is not a valid action for clusters"},
    {"half an action", "upd", "app", "a/b", true,
     IN "'upd' is not a valid action for applications"},
    {"logs are only read", "create", "logs", "a/b", true,
     IN "'create' is not a valid action for logs"},
    {"no object in a project", "get", "apps", NULL, true, "applications */*"},
    {"an empty object in a project", "get", "apps", "", true, "applications */*"},
    {"a star in a project", "get", "clusters", "*", true, "clusters */*"},
    {"a star in no project", "get", "certs", "*", true, "certificates *"},
    {"no object in no project", "get", "projects", NULL, true, "projects "},
};

static void test_request__row(void **state)
{
    const struct row *row = *state;
    struct rbac_request q = {0};
    struct err err = {0};

    if (rbac_request_read(row->action, row->resource, row->object, row->strict, &q, &err) < 0) {
        assert_string_equal(err.msg, row->expected);
        assert_int_equal(err.code, ERR_USAGE);
        return;
    }
    AUTO(xfree) char *text = xasprintf("%s %s", q.resource, q.object);
    assert_string_equal(text, row->expected);
    assert_string_equal(q.action, row->action);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows)];

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i] = (struct CMUnitTest){
            .name = row->name, .test_func = test_request__row, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
