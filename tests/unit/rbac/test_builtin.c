/*
 * The built-in policy: the same rows as the lists in reference/rbac-policies, in any order, by
 * version; and nothing for versions that the table does not have.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/rbac/rbac.h"

static void sorted_lines(const char *text, struct strlist *ret)
{
    struct str rest = str_of(text), line = {0};

    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len > 0) {
            strlist_take(ret, xstrndup(line.ptr, line.len));
        }
    }
    strlist_sort(ret);
}

static const struct row {
    const char *version;
    const char *file;
} rows[] = {
    {"2.4", "builtin-v2.4"},    {"2.4.28", "builtin-v2.4"}, {"2.5", "builtin-v2.5"},
    {"2.13.9", "builtin-v2.5"}, {"2.14", "builtin-v2.14"},  {"3.0", "builtin-v2.14"},
    {"3.1.1", "builtin-v2.14"}, {"3.1.2", "builtin-v3.2"},  {"3.1", "builtin-v3.2"},
    {"v3.2.0", "builtin-v3.2"}, {"3.5", "builtin-v3.2"},    {"3.5.1", "builtin-v3.2"},
};

static void test_builtin__rows(void **state)
{
    const struct row *row = *state;
    AUTO(xfree) char *name = xasprintf("rbac/rbac-policies/%s.csv", row->file);
    AUTO(xfree) char *expected = test_data_text(name);
    AUTO(strlist_deinit) struct strlist want = {0};
    AUTO(strlist_deinit) struct strlist have = {0};

    sorted_lines(expected, &want);
    sorted_lines(rbac_builtin(row->version), &have);
    AUTO(xfree) char *left = strlist_join(&have, "\n");
    AUTO(xfree) char *right = strlist_join(&want, "\n");
    assert_string_equal(left, right);
}

static void test_builtin__unknown_versions(void **state)
{
    static const char *const unknown[] = {"2.3", "2.15", "3.6", "4.0",     "1.8", "3",
                                          "",    "x",    "3.",  "3.5.1.1", "3.-1"};

    (void)state;
    assert_null(rbac_builtin(NULL));
    for (size_t i = 0; i < TEST_COUNT(unknown); i++) {
        assert_null(rbac_builtin(unknown[i]));
    }
}

/* Each of the later rows comes and goes by itself. */
static void test_builtin__rows_by_themselves(void **state)
{
    static const struct {
        unsigned rows;
        const char *line;
    } own[] = {
        {RBAC_ROWS_APPSETS, "p, role:admin, applicationsets, create, */*, allow"},
        {RBAC_ROWS_WRITE_REPOSITORIES, "p, role:readonly, write-repositories, get, *, allow"},
        {RBAC_ROWS_WRITE_REPOSITORIES, "p, role:admin, applications, delete/*, */*, allow"},
        {RBAC_ROWS_READONLY_APPSETS, "p, role:readonly, applicationsets, get, */*, allow"},
    };

    (void)state;
    for (unsigned set = 0; set < 8; set++) {
        const char *text = rbac_builtin_rows(set);
        for (size_t i = 0; i < TEST_COUNT(own); i++) {
            assert_int_equal(cstr_contains(text, own[i].line), (set & own[i].rows) != 0);
        }
        assert_true(cstr_contains(text, "g, admin, role:admin\n"));
    }
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 2] = {
        cmocka_unit_test(test_builtin__unknown_versions),
        cmocka_unit_test(test_builtin__rows_by_themselves),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i + 2] = (struct CMUnitTest){
            .name = row->version, .test_func = test_builtin__rows, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
