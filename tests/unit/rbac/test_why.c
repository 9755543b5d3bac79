/*
 * Who and which row decided: by, line, place and role of each kind of decision (argocd.md 5.6).
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/rbac/rbac.h"

#define POLICY                                                                                     \
    "g, ArgoCD Admins, role:admin\n"                                                               \
    "g, ArgoCD Viewers, role:readonly\n"                                                           \
    "\n"                                                                                           \
    "p, 4711, applications, get, mine/*, allow\n"                                                  \
    "p, 4711, applications, get, */*, deny\n"                                                      \
    "p,role:dev,  applications, *, \"team-a/*\", allow   \n"                                       \
    "g, Devs, role:dev\n"                                                                          \
    "p, , applications, get, public/*, allow\n"                                                    \
    "g, Blocked, role:blocked\n"                                                                   \
    "p, role:blocked, applications, *, */*, deny\n"

struct question {
    const char *user;
    const char *groups[4];
    const char *resource, *action, *object;
};

static const struct row {
    const char *name;
    struct question q;
    const char *default_role;
    bool allow;
    struct rbac_why why;
} rows[] = {
    {"a group by a built-in row",
     {"u", {"Devs", "ArgoCD Admins"}, "applications", "sync", "a/b"},
     "",
     true,
     {"group ArgoCD Admins", "p, role:admin, applications, sync, */*, allow", "built-in",
      "role:admin"}},
    {"a role that another one brings",
     {"u", {"ArgoCD Admins"}, "applications", "get", "a/b"},
     "",
     true,
     {"group ArgoCD Admins", "p, role:readonly, applications, get, */*, allow", "built-in",
      "role:readonly"}},
    {"a row as it is written",
     {"u", {"Devs"}, "applications", "get", "team-a/x"},
     "",
     true,
     {"group Devs", "p,role:dev,  applications, *, \"team-a/*\", allow", "cm.yaml:25", "role:dev"}},
    {"the user denied by an own row, and nobody else allows",
     {"4711", {NULL}, "applications", "get", "mine/x"},
     "",
     false,
     {"user", "p, 4711, applications, get, */*, deny", "cm.yaml:24", ""}},
    {"the user denied, a group allows",
     {"4711", {"ArgoCD Viewers"}, "applications", "get", "a/b"},
     "",
     true,
     {"group ArgoCD Viewers", "p, role:readonly, applications, get, */*, allow", "built-in",
      "role:readonly"}},
    {"a denied group",
     {"u", {"ArgoCD Viewerz", "Blocked"}, "applications", "get", "a/b"},
     "",
     false,
     {"group Blocked", "p, role:blocked, applications, *, */*, deny", "cm.yaml:29",
      "role:blocked"}},
    {"the default role",
     {"u", {"Blocked"}, "applications", "get", "a/b"},
     "role:readonly",
     true,
     {"default role", "p, role:readonly, applications, get, */*, allow", "built-in",
      "role:readonly"}},
    {"everybody",
     {"u", {NULL}, "applications", "get", "public/x"},
     "",
     true,
     {"empty subject", "p, , applications, get, public/*, allow", "cm.yaml:27", ""}},
    {"no row at all",
     {"u", {"ArgoCD Viewers"}, "applications", "delete", "a/b"},
     "",
     false,
     {"nobody", "", "", ""}},
};

static void check(const struct rbac_why *why, const struct rbac_why *expected)
{
    assert_string_equal(why->by, expected->by);
    assert_string_equal(why->line, expected->line);
    assert_string_equal(why->place, expected->place);
    assert_string_equal(why->role, expected->role);
}

static void test_why__row(void **state)
{
    const struct row *row = *state;
    const struct question *q = &row->q;
    AUTO(strlist_deinit) struct strlist groups = {0};
    AUTO(rbac_free) struct rbac *rbac = NULL;
    struct rbac_why why = {.by = "stale", .line = "stale", .place = "stale", .role = "stale"};
    const struct rbac_conf conf = {
        .builtin = rbac_builtin("3.5"),
        .policy = POLICY,
        .policy_name = "cm.yaml",
        .policy_line = 20,
        .default_role = row->default_role,
    };
    struct err err = {0};

    for (size_t i = 0; q->groups[i]; i++) {
        strlist_add(&groups, q->groups[i]);
    }
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    bool allow = rbac_can_claims(rbac, q->user, &groups, q->resource, q->action, q->object, &why);
    assert_int_equal(allow, row->allow);
    check(&why, &row->why);
}

static void test_why__subject(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    struct rbac_why why = {0};
    const struct rbac_conf conf = {.policy = POLICY};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_true(rbac_can_subject(rbac, "Devs", "applications", "get", "team-a/x", &why));
    check(&why, &(struct rbac_why){"user", "p,role:dev,  applications, *, \"team-a/*\", allow",
                                   "policy.csv:6", "role:dev"});
    assert_false(rbac_can_subject(rbac, "Nobody", "applications", "get", "team-a/x", &why));
    check(&why, &(struct rbac_why){.by = "nobody"});
}

/* A built-in row is no regular expression: it stands against the subject (argocd.md 5.5). */
static void test_why__broken_regex(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    struct rbac_why why = {0};
    const struct rbac_conf conf = {
        .builtin = rbac_builtin("3.5"),
        .policy = "p, admin, .*, .*, .*, allow",
        .match = RBAC_REGEX,
    };
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_false(rbac_can_subject(rbac, "admin", "applications", "get", "a/b", &why));
    check(&why, &(struct rbac_why){"user", "p, role:readonly, applications, get, */*, allow",
                                   "built-in", "role:readonly"});
    assert_true(rbac_can_subject(rbac, "admin", "applications", "fly", "a/b", &why));
    assert_string_equal(why.place, "policy.csv:1");
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 2] = {
        cmocka_unit_test(test_why__subject),
        cmocka_unit_test(test_why__broken_regex),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i + 2] = (struct CMUnitTest){
            .name = row->name, .test_func = test_why__row, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
