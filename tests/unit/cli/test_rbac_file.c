/*
 * The policy file: raw text and ConfigMaps told apart as Argo CD does (argocd.md 6.1), and where
 * their texts begin.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/cli/rbac_file.h"

#define CONFIG_MAP                                                                                 \
    "apiVersion: v1\n"                                                                             \
    "kind: ConfigMap\n"                                                                            \
    "data:\n"                                                                                      \
    "  policy.z.csv: |\n"                                                                          \
    "    g, z, role:z\n"                                                                           \
    "  policy.csv: |\n"                                                                            \
    "    g, a, role:a\n"                                                                           \
    "    g, b, role:b\n"                                                                           \
    "  policy.b.csv: g, c, role:c\n"                                                               \
    "  policy.default: role:readonly\n"                                                            \
    "  policy.matchMode: regex\n"                                                                  \
    "  scopes: '[groups]'\n"

static void test_file__config_map(void **state)
{
    AUTO(rbac_file_deinit) struct rbac_file f = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_file_parse(str_of(CONFIG_MAP), "cm.yaml", &f, &err), 0);
    assert_true(f.has_data);
    assert_string_equal(f.policy.text, "g, a, role:a\ng, b, role:b\n");
    assert_string_equal(f.policy.name, "cm.yaml");
    assert_int_equal(f.policy.line, 7);
    assert_string_equal(f.default_role, "role:readonly");
    assert_string_equal(f.match_mode, "regex");
    assert_string_equal(f.overlays[0].text, "g, c, role:c");
    assert_int_equal(f.overlays[0].line, 9);
    assert_string_equal(f.overlays[1].text, "g, z, role:z\n");
    assert_int_equal(f.overlays[1].line, 5);
    assert_null(f.overlays[2].text);
    AUTO(xfree) char *whole = rbac_file_whole(&f);
    assert_string_equal(whole, "g, a, role:a\ng, b, role:b\n\ng, c, role:c\ng, z, role:z\n");
}

static const struct row {
    const char *name;
    const char *text;
    const char *policy; /* NULL: an error */
    bool has_data;
} rows[] = {
    {"a raw policy", "g, a, role:a\np, x, y, z, *, allow\n", "g, a, role:a\np, x, y, z, *, allow\n",
     true},
    {"a raw policy that is no YAML",
     "g, \"a, b\", role:a\n\t- :", "g, \"a, b\", role:a\n\t- :", true},
    {"a policy that is a mapping", "g: a, role:a\n", "", false},
    {"a mapping with empty data", "kind: ConfigMap\ndata: {}\n", "", true},
    {"a mapping with null data", "data:\n", "", false},
    {"data that is no mapping", "data: text\n", "data: text\n", true},
    {"a value that is no scalar", "data: {policy.csv: [a]}\n", "data: {policy.csv: [a]}\n", true},
    {"a value that looks like a number", "data: {policy.csv: 1}\n", "1", true},
    {"a YAML list", "- a\n- b\n", "- a\n- b\n", true},
    {"an empty file", "", NULL, false},
    {"only comments", "# nothing\n", NULL, false},
};

static void test_file__row(void **state)
{
    const struct row *row = *state;
    AUTO(rbac_file_deinit) struct rbac_file f = {0};
    struct err err = {0};
    int rc = rbac_file_parse(str_of(row->text), "f", &f, &err);

    if (!row->policy) {
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, ERR_USAGE);
        return;
    }
    assert_int_equal(rc, 0);
    assert_string_equal(f.policy.text, row->policy);
    assert_int_equal(f.has_data, row->has_data);
}

static void test_file__that_is_not_there(void **state)
{
    AUTO(rbac_file_deinit) struct rbac_file f = {0};
    struct err err = {0};

    (void)state;
    assert_int_equal(rbac_file_read("/nonexistent/policy.csv", &f, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.msg, "error opening policy file: open /nonexistent/policy.csv: no such "
                                 "file or directory");
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 2] = {
        cmocka_unit_test(test_file__config_map),
        cmocka_unit_test(test_file__that_is_not_there),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i + 2] = (struct CMUnitTest){
            .name = row->name, .test_func = test_file__row, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
