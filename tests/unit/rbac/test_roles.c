/*
 * The roles of a person, as scenarios write them: sorted, and without what role:admin brings.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/rbac/rbac.h"

#define POLICY                                                                                     \
    "g, ArgoCD Admins, role:admin\n"                                                               \
    "g, ArgoCD Viewers, role:readonly\n"                                                           \
    "p, role:dev, applications, *, team-a/*, allow\n"                                              \
    "g, Devs, role:dev\n"                                                                          \
    "g, Leads, Devs\n"                                                                             \
    "g, Typo, role:nowhere\n"                                                                      \
    "g, Ops, ops\n"                                                                                \
    "p, ops, logs, get, */*, allow\n"                                                              \
    "p, Pees, applications, get, */*, allow\n"                                                     \
    "g, alice, role:admin\n"

static const struct row {
    const char *name;
    const char *user;
    const char *groups[4];
    const char *default_role;
    const char *roles; /* with blanks between */
} rows[] = {
    {"an admin", "u", {"ArgoCD Admins"}, "", "role:admin"},
    {"a viewer", "u", {"ArgoCD Viewers"}, "", "role:readonly"},
    {"both", "u", {"ArgoCD Viewers", "ArgoCD Admins"}, "", "role:admin role:readonly"},
    {"nobody", "u", {NULL}, "", ""},
    {"another case", "u", {"argocd admins"}, "", ""},
    {"no id", NULL, {"ArgoCD Admins"}, "", "role:admin"},
    {"the user", "alice", {NULL}, "", "role:admin"},
    {"the built-in user", "admin", {NULL}, "", "role:admin"},
    {"a custom role", "u", {"Devs"}, "", "role:dev"},
    {"the group between is no role", "u", {"Leads"}, "", "role:dev"},
    {"a role that nobody defined", "u", {"Typo"}, "", "role:nowhere"},
    {"a role by any name", "u", {"Ops"}, "", "ops"},
    {"a p row for a group is no role", "u", {"Pees"}, "", ""},
    {"a group called as a role", "u", {"role:admin"}, "", "role:admin"},
    {"a group called as a role without g row", "u", {"role:dev"}, "", ""},
    {"the default role", "u", {NULL}, "role:readonly", "role:readonly"},
    {"the default role besides admin",
     "u",
     {"ArgoCD Admins"},
     "role:readonly",
     "role:admin role:readonly"},
    {"an unknown default role", "u", {NULL}, "role:none", "role:none"},
    {"the same by two ways", "alice", {"ArgoCD Admins"}, "", "role:admin"},
};

static void test_roles__row(void **state)
{
    const struct row *row = *state;
    AUTO(strlist_deinit) struct strlist groups = {0};
    AUTO(strlist_deinit) struct strlist roles = {0};
    AUTO(rbac_free) struct rbac *rbac = NULL;
    const struct rbac_conf conf = {
        .builtin = rbac_builtin("3.5"), .policy = POLICY, .default_role = row->default_role};
    struct err err = {0};

    for (size_t i = 0; row->groups[i]; i++) {
        strlist_add(&groups, row->groups[i]);
    }
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    rbac_roles(rbac, row->user, &groups, &roles);
    AUTO(xfree) char *text = strlist_join(&roles, " ");
    assert_string_equal(text, row->roles);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows)];

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i] = (struct CMUnitTest){
            .name = row->name, .test_func = test_roles__row, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
