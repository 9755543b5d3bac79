/*
 * Tables of questions: the executed one answers as expected, a malformed one says where and what.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/cli/rbac_table.h"

#define HEAD                                                                                       \
    "id\tpolicy\tbuiltin\tproject_policy\tdefault_role\tmatch_mode\tkind\tsubject\tgroups"         \
    "\tresource\taction\tobject\n"
#define ROW(id_, policy_, mode_, kind_, groups_)                                                   \
    id_ "\t" policy_ "\t\t\t\t" mode_ "\t" kind_ "\talice\t" groups_                               \
        "\tapplications\tget\tfoo/obj\n"

static const struct row {
    const char *name;
    const char *table;
    const char *answer; /* NULL: an error */
    int line;
    const char *error; /* part of it */
} rows[] = {
    {"one row", HEAD ROW("1", "project-readonly", "glob", "subject", "[]"), "1\tallow\n", 0, NULL},
    {"a policy that does not load", HEAD ROW("1", "bad-words", "glob", "subject", "[]"),
     "1\tload-error\n", 0, NULL},
    {"two policies and back",
     HEAD ROW("1", "project-readonly", "glob", "subject", "[]")
         ROW("2", "empty", "glob", "claims", "[\"x\"]")
             ROW("3", "project-readonly", "glob", "claims", "[]"),
     "1\tallow\n2\tdeny\n3\tallow\n", 0, NULL},
    {"columns in another order",
     "object\taction\tresource\tgroups\tsubject\tkind\tmatch_mode\t"
     "default_role\tproject_policy\tbuiltin\tpolicy\tid\texpect\n"
     "foo/obj\tget\tapplications\t[]\talice\tsubject\tglob\t\t\t\t"
     "project-readonly\tx\tdeny\n",
     "x\tallow\n", 0, NULL},
    {"lines from Windows and an empty last one",
     "id\tpolicy\tbuiltin\tproject_policy\tdefault_role\tmatch_"
     "mode\tkind\tsubject\tgroups\tresource"
     "\taction\tobject\r\n1\tproject-readonly\t\t\t\tglob\tsubject\talice\t[]\tapplications\tget\t"
     "foo/obj\r\n\r\n",
     "1\tallow\n", 0, NULL},
    {"no rows", HEAD, NULL, 2, "the table has no rows"},
    {"nothing", "", NULL, 1, "unknown column ''"},
    {"a column that is missing", "id\tpolicy\n", NULL, 1, "column 'builtin' is missing"},
    {"a column that is unknown", "id\tpolice\n", NULL, 1, "did you mean 'policy'?"},
    {"a column twice", "id\tid\n", NULL, 1, "second column 'id'"},
    {"too few fields", HEAD "1\tempty\n", NULL, 2, "2 fields where the first line has 12"},
    {"too many fields", HEAD "1\t\t\t\t\t\t\t\t\t\t\t\t\t\n", NULL, 2, "14 fields"},
    {"no id", HEAD ROW("", "empty", "glob", "subject", "[]"), NULL, 2, "the id is empty"},
    {"an unknown kind", HEAD ROW("1", "empty", "glob", "subjects", "[]"), NULL, 2,
     "unknown kind 'subjects'; did you mean 'subject'?"},
    {"an unknown mode", HEAD ROW("1", "empty", "like", "subject", "[]"), NULL, 2,
     "unknown match_mode 'like'; there is 'glob' and 'regex'"},
    {"groups that are no JSON", HEAD ROW("1", "empty", "glob", "claims", "[a]"), NULL, 2,
     "groups: "},
    {"groups that are no list", HEAD ROW("1", "empty", "glob", "claims", "{}"), NULL, 2,
     "groups: expected a JSON array of strings"},
    {"groups that are no texts", HEAD ROW("1", "empty", "glob", "claims", "[1]"), NULL, 2,
     "groups: expected a JSON array of strings"},
    {"a policy that is not there",
     HEAD ROW("1", "empty", "glob", "subject", "[]") ROW("2", "none", "glob", "subject", "[]"),
     NULL, 3, "No such file"},
    {"a policy elsewhere", HEAD ROW("1", "../x", "glob", "subject", "[]"), NULL, 2,
     "policy '../x' is no plain name"},
};

static void test_table__row(void **state)
{
    const struct row *row = *state;
    AUTO(xfree) char *dir = test_data("rbac/rbac-policies");
    AUTO(buf_deinit) struct buf out = {0};
    struct err err = {0};

    buf_init(&out, BUF_MAX_TEXT);
    int rc = rbac_table_answer(str_of(row->table), "t.tsv", dir, &out, &err);
    if (row->answer) {
        assert_int_equal(rc, 0);
        assert_string_equal(out.ptr, row->answer);
        return;
    }
    assert_int_equal(rc, -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.file, "t.tsv");
    assert_int_equal(err.line, row->line);
    assert_non_null(strstr(err.msg, row->error));
}

/* id and expect of the table, as it should be answered. */
static void expected_answers(const char *table, struct buf *ret)
{
    struct str rest = str_of(table), line = {0}, field = {0};

    for (bool head = true; str_next(&rest, '\n', &line); head = false) {
        struct str id = {0};
        for (size_t c = 0; c <= 12 && str_next(&line, '\t', &field); c++) {
            id = c == 0 ? field : id;
        }
        if (!head && id.len > 0) {
            buf_addf(ret, "%.*s\t%.*s\n", STR_ARG(id), STR_ARG(field));
        }
    }
}

static void test_table__executed_cases(void **state)
{
    AUTO(xfree) char *dir = test_data("rbac/rbac-policies");
    AUTO(xfree) char *table = test_data_text("rbac/rbac-cases.tsv");
    AUTO(buf_deinit) struct buf out = {0};
    AUTO(buf_deinit) struct buf expected = {0};
    struct err err = {0};

    (void)state;
    buf_init(&out, BUF_MAX_TEXT);
    buf_init(&expected, BUF_MAX_TEXT);
    expected_answers(table, &expected);
    assert_int_equal(rbac_table_answer(str_of(table), "cases", dir, &out, &err), 0);
    assert_string_equal(out.ptr, expected.ptr);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 1] = {
        cmocka_unit_test(test_table__executed_cases),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i + 1] = (struct CMUnitTest){
            .name = row->name, .test_func = test_table__row, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
