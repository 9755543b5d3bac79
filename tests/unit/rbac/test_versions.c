/*
 * What the engine does as older releases did (argocd.md 5.1, 5.3, 5.9): each flag off and on.
 */
#include "tests/support/test.h"

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/rbac/rbac.h"

struct line_row {
    const char *name;
    const char *policy;
    const char *strict;  /* "allow" "deny", or what does not load */
    const char *lenient; /* before 2.8 */
};

#define GOOD "p, u, applications, get, */*, allow\n"

static const struct line_row line_rows[] = {
    {"all lines good", GOOD, "allow", "allow"},
    {"a p line with five values", GOOD "p, v, applications, get, */*",
     "error loading policy line: invalid RBAC policy: p, v, applications, get, */*", "deny"},
    {"a p line with seven values", "p, v, a, b, c, allow, d\n" GOOD,
     "error loading policy line: invalid RBAC policy: p, v, a, b, c, allow, d", "deny"},
    {"a g line with four values", "g, u, role:r, x, y\np, role:r, applications, get, */*, allow",
     "error loading policy line: invalid RBAC policy: g, u, role:r, x, y", "allow"},
    {"a g line with one value", GOOD "g, a", "error loading policy line: invalid RBAC policy: g, a",
     "grouping policy elements do not meet role definition"},
    {"one word", GOOD "garbage", "error loading policy line: invalid RBAC policy: garbage",
     "error creating casbin enforcer: invalid RBAC policy: garbage"},
    {"an unknown type", GOOD "x, y", "error loading policy line: invalid RBAC policy: x, y",
     "error creating casbin enforcer: invalid RBAC policy: x, y"},
    {"a p line without values", GOOD "p", "invalid RBAC policy: p", "invalid RBAC policy: p"},
    {"a quote that is not closed", GOOD "g, \"a, role:x",
     "error parsing policy line \"g, \\\"a, role:x\": parse error on line 1, column 14: extraneous",
     "error creating casbin enforcer: parse error on line 1, column 14: extraneous"},
};

static char *outcome(const struct line_row *row, bool lenient)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    const struct rbac_conf conf = {.policy = row->policy, .lenient_lines = lenient};
    struct err err = {0};

    if (rbac_new(&conf, &rbac, &err) < 0) {
        return xstrdup(err.msg);
    }
    bool allow = rbac_can_claims(rbac, "u", NULL, "applications", "get", "a/b", NULL);
    return xstrdup(allow ? "allow" : "deny");
}

static void test_lines__before_and_since_2_8(void **state)
{
    const struct line_row *row = *state;
    AUTO(xfree) char *strict = outcome(row, false);
    AUTO(xfree) char *lenient = outcome(row, true);

    if (!cstr_contains(strict, row->strict)) {
        fail_msg("strict: '%s'", strict);
    }
    if (!cstr_contains(lenient, row->lenient)) {
        fail_msg("lenient: '%s'", lenient);
    }
}

/* The bad row is named as what stood against everybody. */
static void test_lines__why_everybody_is_denied(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    struct rbac_why why = {0};
    const struct rbac_conf conf = {.builtin = rbac_builtin("2.7"),
                                   .policy = "\np, v, applications, get",
                                   .lenient_lines = true};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_false(rbac_can_subject(rbac, "admin", "applications", "get", "a/b", &why));
    assert_string_equal(why.line, "p, v, applications, get");
    assert_string_equal(why.place, "policy.csv:2");
}

/* In the text of one project it stops that project alone. */
static void test_lines__a_bad_line_of_a_project(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    static const struct rbac_project projects[] = {
        {"p1", "p, x, applications, get"}, {"p2", NULL}, {NULL, NULL}};
    const struct rbac_conf conf = {.policy = GOOD, .projects = projects, .lenient_lines = true};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_false(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p1/a", NULL));
    assert_true(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p2/a", NULL));
}

/* u, r1, r2 … rN: N rows to the role that may. */
static bool reaches(int edges, bool deep)
{
    AUTO(buf_deinit) struct buf policy = {0};
    AUTO(rbac_free) struct rbac *rbac = NULL;
    struct err err = {0};

    buf_init(&policy, BUF_MAX_TEXT);
    for (int i = 0; i < edges; i++) {
        buf_addf(&policy, "g, r%d, r%d\n", i, i + 1);
    }
    buf_addf(&policy, "p, r%d, applications, get, */*, allow\n", edges);
    const struct rbac_conf conf = {.policy = policy.ptr, .deep_roles = deep};
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    return rbac_can_subject(rbac, "r0", "applications", "get", "a/b", NULL);
}

static void test_roles__depth(void **state)
{
    (void)state;
    assert_true(reaches(10, false));
    assert_false(reaches(11, false));
    assert_true(reaches(11, true));
    assert_false(reaches(12, true));
}

static void test_projects__of_applicationsets(void **state)
{
    static const struct rbac_project projects[] = {
        {"p1", "p, u, applicationsets, get, p1/*, allow\np, u, applications, get, p1/*, allow"},
        {NULL, NULL}};

    (void)state;
    for (int before = 0; before < 2; before++) {
        AUTO(rbac_free) struct rbac *rbac = NULL;
        const struct rbac_conf conf = {.projects = projects, .no_appset_projects = before == 1};
        struct err err = {0};
        assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
        bool can = rbac_can_claims(rbac, "u", NULL, "applicationsets", "get", "p1/a", NULL);
        assert_int_equal(can, before == 0);
        assert_true(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p1/a", NULL));
    }
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(line_rows) + 4] = {
        cmocka_unit_test(test_lines__why_everybody_is_denied),
        cmocka_unit_test(test_lines__a_bad_line_of_a_project),
        cmocka_unit_test(test_roles__depth),
        cmocka_unit_test(test_projects__of_applicationsets),
    };

    for (size_t i = 0; i < TEST_COUNT(line_rows); i++) {
        struct line_row *row = (struct line_row *)(uintptr_t)&line_rows[i];
        tests[i + 4] = (struct CMUnitTest){
            .name = row->name, .test_func = test_lines__before_and_since_2_8, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
