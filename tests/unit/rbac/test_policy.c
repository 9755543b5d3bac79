/*
 * The loader: what loads, what is refused with which of Argo CD's words (argocd.md 5.3), where.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/rbac/gotext.h"
#include "harness/rbac/rbac.h"

#define WRAPS                                                                                      \
    "error loading RBAC policy: error creating casbin enforcer: error loading policy line: "

static const struct row {
    const char *name;
    const char *line;
    const char *error; /* behind the wraps; NULL: it loads */
} rows[] = {
    {"six fields of p", "p, a, b, c, d, allow", NULL},
    {"five fields of p", "p, a, b, c, d", "invalid RBAC policy: p, a, b, c, d"},
    {"seven fields of p", "p, a, b, c, d, allow, x",
     "invalid RBAC policy: p, a, b, c, d, allow, x"},
    {"three fields of g", "g, a, b", NULL},
    {"two fields of g", "g, a", "invalid RBAC policy: g, a"},
    {"four fields of g", "g, a, b, c", "invalid RBAC policy: g, a, b, c"},
    {"r is ignored", "r, whatever", NULL},
    {"e is ignored", "e", NULL},
    {"m is ignored", "m, a, b, c, d, e, f, g", NULL},
    {"an unknown type", "x, y", "invalid RBAC policy: x, y"},
    {"a type in capitals", "P, a, b, c, d, allow", "invalid RBAC policy: P, a, b, c, d, allow"},
    {"no type", ", a, b", "invalid RBAC policy: , a, b"},
    {"words", "  Some comment ", "invalid RBAC policy: Some comment"},
    {"a colon for the comma", "g: a, b", "invalid RBAC policy: g: a, b"},
    {"a blank before the comma", "g , a, b", "invalid RBAC policy: g , a, b"},
    {"a comment", "   # g, a", NULL},
    {"an empty line", " \t ", NULL},
    {"Unicode blanks around", "\xc2\xa0g, a, b\xe2\x80\x83", NULL},
    {"a line from Windows", "g, a, b\r", NULL},
    {"a quoted name", "g, \"Ops, \"\"EU\"\"\", role:x", NULL},
    {"an open quote", "g, \"a, role:x",
     "error parsing policy line \"g, \\\"a, role:x\": parse error on line 1, column 14: extraneous "
     "or missing \" in quoted-field"},
    {"text behind a quote", "g, \"a\" b, role:x",
     "error parsing policy line \"g, \\\"a\\\" b, role:x\": parse error on line 1, column 6: "
     "extraneous or missing \" in quoted-field"},
    {"a quote inside", "g, a\"b, role:x",
     "error parsing policy line \"g, a\\\"b, role:x\": parse error on line 1, column 5: bare \" in "
     "non-quoted-field"},
};

static void test_policy__row(void **state)
{
    const struct row *row = *state;
    AUTO(xfree) char *text = xasprintf("# first\n%s\n", row->line);
    AUTO(xfree) char *expected = xasprintf(WRAPS "%s", row->error ? row->error : "");
    AUTO(rbac_free) struct rbac *rbac = NULL;
    const struct rbac_conf conf = {.policy = text, .policy_name = "cm.yaml", .policy_line = 10};
    struct err err = {0};

    int rc = rbac_new(&conf, &rbac, &err);
    if (!row->error) {
        assert_int_equal(rc, 0);
        return;
    }
    assert_int_equal(rc, -1);
    assert_null(rbac);
    assert_int_equal(err.code, ERR_PARSE);
    assert_string_equal(err.msg, expected);
    assert_string_equal(err.file, "cm.yaml");
    assert_int_equal(err.line, 11);
}

/* Before a policy is there at all: nobody may anything, and nothing breaks. */
static void test_policy__empty(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    const struct rbac_conf conf = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_false(rbac_can_subject(rbac, "admin", "applications", "get", "a/b", NULL));
    assert_false(rbac_can_claims(rbac, NULL, NULL, "applications", "get", "a/b", NULL));
}

static void test_policy__overlay_error_has_its_own_place(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    const struct rbac_text overlays[] = {
        {"g, a, b", "one.yaml", 3}, {"g, a, b\nwrong", "two.yaml", 7}, {NULL, NULL, 0}};
    const struct rbac_conf conf = {.policy = "g, a, b", .overlays = overlays};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), -1);
    assert_string_equal(err.file, "two.yaml");
    assert_int_equal(err.line, 8);
}

/* As the server does: the project's text falls away as a whole, the rest stays (5.3). */
static void test_policy__bad_project_text_is_left_out(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    const struct rbac_conf conf = {
        .policy = "p, u, applications, get, p1/a, allow",
        .project_policy = "p, u, applications, get, p1/b, allow\nthis, is, not, valid",
    };
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_true(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p1/a", NULL));
    assert_false(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p1/b", NULL));
}

static void test_policy__projects_that_do_not_exist(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    static const struct rbac_project projects[] = {{"p1", "p, u, applications, get, */*, allow"},
                                                   {NULL, NULL}};
    const struct rbac_conf conf = {.projects = projects};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_true(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p1/a", NULL));
    assert_false(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p2/a", NULL));
    assert_false(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p1", NULL));
}

/* The text of a project counts in requests of that project alone, and a bad one is left out by
 * itself (5.3, 5.8). */
static void test_policy__each_project_has_its_own_text(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    AUTO(strlist_deinit) struct strlist groups = {0};
    static const struct rbac_project projects[] = {
        {"p1", "p, proj:p1:r, applications, get, */*, allow\ng, Team, proj:p1:r"},
        {"p2", "p, proj:p2:r, applications, sync, p2/*, allow\ng, Team, proj:p2:r\ng, Other, x"},
        {"p3", "p, u, applications, get, p3/*, allow\nbroken"},
        {"p4", NULL},
        {NULL, NULL}};
    const struct rbac_conf conf = {.projects = projects};
    struct err err = {0};

    (void)state;
    strlist_add(&groups, "Team");
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_true(rbac_can_claims(rbac, "u", &groups, "applications", "get", "p1/a", NULL));
    assert_false(rbac_can_claims(rbac, "u", &groups, "applications", "get", "p2/a", NULL));
    assert_true(rbac_can_claims(rbac, "u", &groups, "applications", "sync", "p2/a", NULL));
    assert_false(rbac_can_claims(rbac, "u", &groups, "applications", "sync", "p1/a", NULL));
    assert_false(rbac_can_claims(rbac, "u", &groups, "applications", "get", "p4/a", NULL));
    assert_false(rbac_can_claims(rbac, "u", NULL, "applications", "get", "p3/a", NULL));
    assert_null(rbac_project_error(rbac, "p1"));
    assert_null(rbac_project_error(rbac, "p4"));
    assert_null(rbac_project_error(rbac, "p5"));
    assert_string_equal(rbac_project_error(rbac, "p3"),
                        "error loading policy line: invalid RBAC policy: broken");
}

/* A project token is good in its own project, whatever the policy says elsewhere (5.6, 5.8). */
static void test_policy__project_token(void **state)
{
    AUTO(rbac_free) struct rbac *rbac = NULL;
    static const struct rbac_project projects[] = {{"p1",
                                                    "p, proj:p1:r, projects, get, p1, allow\n"
                                                    "p, proj:p1:r, applications, get, */*, allow"},
                                                   {"p2", NULL},
                                                   {NULL, NULL}};
    const struct rbac_conf conf = {.policy = "p, proj:p1:r, applications, sync, */*, allow\n"
                                             "p, proj:p1:r, accounts, get, *, allow",
                                   .projects = projects};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_new(&conf, &rbac, &err), 0);
    assert_true(rbac_can_claims(rbac, "proj:p1:r", NULL, "applications", "get", "p1/a", NULL));
    assert_true(rbac_can_claims(rbac, "proj:p1:r", NULL, "applications", "sync", "p1/a", NULL));
    assert_true(rbac_can_claims(rbac, "proj:p1:r", NULL, "projects", "get", "p1", NULL));
    assert_false(rbac_can_claims(rbac, "proj:p1:r", NULL, "applications", "sync", "p2/a", NULL));
    assert_false(rbac_can_claims(rbac, "proj:p2:r", NULL, "applications", "get", "p1/a", NULL));
    assert_false(rbac_can_claims(rbac, "proj:p1:q", NULL, "applications", "get", "p1/a", NULL));
    /* about no project: the user's policy alone */
    assert_true(rbac_can_claims(rbac, "proj:p1:r", NULL, "accounts", "get", "x", NULL));
}

/* What strconv.Quote printed. */
static void test_quote__as_go(void **state)
{
    static const char *const pairs[][2] = {
        {"a\"b\\", "\"a\\\"b\\\\\""},
        {"t\tq\x01\x7f", "\"t\\tq\\x01\\x7f\""},
        {"\xc3\xa9\xc2\xa0\xc2\xad\xe2\x80\x8b\xef\xbb\xbf",
         "\"\xc3\xa9\\u00a0\\u00ad\\u200b\\ufeff\""},
        {"\xff\xe9", "\"\\xff\\xe9\""},
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
        {"", "\"\""},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(pairs); i++) {
        AUTO(xfree) char *quoted = go_quote(str_of(pairs[i][0]));
        assert_string_equal(quoted, pairs[i][1]);
    }
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 7] = {
        cmocka_unit_test(test_policy__empty),
        cmocka_unit_test(test_policy__overlay_error_has_its_own_place),
        cmocka_unit_test(test_policy__bad_project_text_is_left_out),
        cmocka_unit_test(test_policy__projects_that_do_not_exist),
        cmocka_unit_test(test_policy__each_project_has_its_own_text),
        cmocka_unit_test(test_policy__project_token),
        cmocka_unit_test(test_quote__as_go),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i + 7] = (struct CMUnitTest){
            .name = row->name, .test_func = test_policy__row, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
