/*
 * The text that a project's roles make, and what Argo CD finds wrong with a project
 * (argocd.md 5.8).
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/rbac/project.h"

static const char *const good_lines[] = {
    "p, proj:my-proj:my-role, applications, sync, my-proj/*, allow",
    "p,proj:my-proj:my-role,  logs , get, my-proj/ns/app.x-1, deny", NULL};
static const char *const good_groups[] = {"my:group", "\"a, b\"", "Ops Team", NULL};

static void test_text__in_order(void **state)
{
    const struct rbac_role roles[] = {{"my-role", good_lines, good_groups}, {"bare", NULL, NULL}};
    const struct rbac_project_spec p = {"my-proj", roles, 2};
    AUTO(xfree) char *text = rbac_project_text(&p);
    struct err err = {0};

    (void)state;
    assert_string_equal(text, "p, proj:my-proj:my-role, projects, get, my-proj, allow\n"
                              "p, proj:my-proj:my-role, applications, sync, my-proj/*, allow\n"
                              "p,proj:my-proj:my-role,  logs , get, my-proj/ns/app.x-1, deny\n"
                              "g, my:group, proj:my-proj:my-role\n"
                              "g, \"a, b\", proj:my-proj:my-role\n"
                              "g, Ops Team, proj:my-proj:my-role\n"
                              "p, proj:my-proj:bare, projects, get, my-proj, allow");
    assert_int_equal(rbac_project_check(&p, &err), 0);
}

static void test_text__no_roles(void **state)
{
    const struct rbac_project_spec p = {"default", NULL, 0};
    AUTO(xfree) char *text = rbac_project_text(&p);

    (void)state;
    assert_string_equal(text, "");
}

#define P "p, proj:my-proj:my-role, "

static const struct line {
    const char *line;
    const char *why; /* NULL: it is good */
} lines[] = {
    {P "applications, get, my-proj/*, allow", NULL},
    {P "applications, *, my-proj/*, deny", NULL},
    {P "applications, action/apps/Deployment/*, my-proj/*, allow", NULL},
    {P "applications, update/*, my-proj/*, allow", NULL},
    {P "applications, delete/*/Pod/*, my-proj/*, allow", NULL},
    {P "applicationsets, get, my-proj/*, allow", NULL},
    {P "repositories, get, my-proj/*, allow", NULL},
    {P "clusters, get, my-proj/*, allow", NULL},
    {P "exec, create, my-proj/*, allow", NULL},
    {"g, proj:my-proj:my-role, applications, get, my-proj/*, allow",
     "must be of the form: 'p, sub, res, act, obj, eft'"},
    {"p, not, enough, parts", "must be of the form: 'p, sub, res, act, obj, eft'"},
    {"p, has, too, many, parts, to, split", "must be of the form: 'p, sub, res, act, obj, eft'"},
    {"p, , applications, get, my-proj/*, allow",
     "policy subject must be: 'proj:my-proj:my-role', not ''"},
    {"p, proj:other:my-role, applications, get, my-proj/*, allow",
     "policy subject must be: 'proj:my-proj:my-role', not 'proj:other:my-role'"},
    {P "projects, get, my-proj, allow",
     "project resource must be: 'applications', 'applicationsets', 'repositories', 'exec', 'logs' "
     "or 'clusters', not 'projects'"},
    {P "applications, invoke, my-proj/*, allow", "invalid action 'invoke'"},
    {P "applications, , my-proj/*, allow", "invalid action ''"},
    {P "applications, get, other/*, allow",
     "object must be of form 'my-proj/*', 'my-proj[/<NAMESPACE>]/<APPNAME>' or "
     "'my-proj/<APPNAME>', not 'other/*'"},
    {P "applications, get, my-proj/a/b/c, allow", "object must be of form "},
    {P "applications, get, my-proj, allow", "object must be of form "},
    {P "applications, get, my-proj/{a}, allow", "object must be of form "},
    {P "applications, get, my-proj/, allow", "object must be of form "},
    {P "applications, get, my-proj/*, Allow", "effect must be: 'allow' or 'deny'"},
};

static void check(const struct rbac_role *role, const char *why)
{
    const struct rbac_project_spec p = {"my-proj", role, 1};
    struct err err = {0};
    int rc = rbac_project_check(&p, &err);

    if (why == NULL && rc != 0) {
        fail_msg("refused: %s", err.msg);
    }
    if (why != NULL && (rc == 0 || !cstr_contains(err.msg, why))) {
        fail_msg("'%s', expected '%s'", rc == 0 ? "taken" : err.msg, why);
    }
}

static void test_check__lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        const char *const one[] = {lines[i].line, NULL};
        const struct rbac_role role = {"my-role", one, NULL};
        AUTO(xfree)
        char *why = lines[i].why == NULL
                        ? NULL
                        : xasprintf("invalid policy rule '%s': %s", lines[i].line, lines[i].why);
        check(&role, why);
    }
}

static void test_check__groups(void **state)
{
    static const struct line groups[] = {
        {"my:group", NULL},
        {"a group", NULL},
        {"\"a, b\"", NULL},
        {"my, group", "group 'my, group' must be quoted"},
        {"", "group '' is empty"},
        {" ", "group '' is empty"},
        {"\"\"", "group '' is empty"},
        {"my\ngroup", "contains invalid characters"},
        {"a\"b", "group 'a\"b' contains invalid characters"},
        {"\" a\"", "group ' a' contains a leading space"},
        {"\"a \"", "group 'a ' contains a trailing space"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(groups); i++) {
        const char *const one[] = {groups[i].line, NULL};
        const struct rbac_role role = {"my-role", NULL, one};
        check(&role, groups[i].why);
    }
}

static void test_check__names(void **state)
{
    static const struct line names[] = {
        {"a", NULL},
        {"a-b_C9", NULL},
        {"", "invalid role name ''"},
        {"-a", "invalid role name '-a'. Must consist of alphanumeric characters, '-' or '_', and "
               "must start and end with an alphanumeric character"},
        {"a-", "invalid role name 'a-'"},
        {"a b", "invalid role name 'a b'"},
        {"a:b", "invalid role name 'a:b'"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        const struct rbac_role role = {names[i].line, NULL, NULL};
        check(&role, names[i].why);
    }
}

static void test_check__twice(void **state)
{
    static const char *const same[] = {P "applications, get, my-proj/*, allow",
                                       P "applications, get, my-proj/*, allow", NULL};
    static const char *const groups[] = {"g", "g", NULL};
    const struct rbac_role roles[] = {{"r", NULL, NULL}, {"r", NULL, NULL}};
    const struct rbac_project_spec p = {"my-proj", roles, 2};
    const struct rbac_role lines_twice = {"my-role", same, NULL};
    const struct rbac_role groups_twice = {"my-role", NULL, groups};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_project_check(&p, &err), -1);
    assert_string_equal(err.msg, "role 'r' already exists");
    check(&lines_twice, "already exists for role 'my-role'");
    check(&groups_twice, "group 'g' already exists for role 'my-role'");
}

static void test_subject__three_parts(void **state)
{
    static const char *const others[] = {"proj:a", "proj:a:b:c", "user:a:b", "admin", ""};
    AUTO(xfree) char *project = NULL;
    AUTO(xfree) char *role = NULL;

    (void)state;
    assert_true(rbac_project_subject("proj:team-a:ci", &project, &role));
    assert_string_equal(project, "team-a");
    assert_string_equal(role, "ci");
    for (size_t i = 0; i < TEST_COUNT(others); i++) {
        char *unused = NULL;
        assert_false(rbac_project_subject(others[i], &unused, &unused));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_text__in_order),       cmocka_unit_test(test_text__no_roles),
    cmocka_unit_test(test_check__lines),         cmocka_unit_test(test_check__groups),
    cmocka_unit_test(test_check__names),         cmocka_unit_test(test_check__twice),
    cmocka_unit_test(test_subject__three_parts),
};

int main(void)
{
    return TEST_MAIN(tests);
}
