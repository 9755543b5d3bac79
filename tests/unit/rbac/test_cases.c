/*
 * Every row of reference/rbac-cases.tsv, one test a row, through the public functions. The
 * expectations were executed with Casbin itself (argocd.md part 8).
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/data/json.h"
#include "harness/rbac/rbac.h"

enum column {
    ID,
    POLICY,
    BUILTIN,
    PROJECT_POLICY,
    DEFAULT_ROLE,
    MATCH_MODE,
    KIND,
    SUBJECT,
    GROUPS,
    RESOURCE,
    ACTION,
    OBJECT,
    EXPECT,
    VERSIONS,
    SOURCE,
    COLUMNS
};

#define ROWS 207

struct row {
    char *field[COLUMNS];
};

static struct row rows[ROWS];

/* The text of rbac-policies/NAME.csv; NULL for an empty name. */
static char *policy_text(const char *name)
{
    if (name[0] == '\0') {
        return NULL;
    }
    AUTO(xfree) char *file = xasprintf("rbac/rbac-policies/%s.csv", name);
    return test_data_text(file);
}

static void read_groups(const char *json, struct strlist *ret)
{
    AUTO(js_free) struct js *list = NULL;
    struct err err = {0};

    if (js_parse(str_of(json), "groups", &list, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    for (size_t i = 0; i < js_len(list); i++) {
        strlist_add(ret, js_text(js_at(list, i)));
    }
}

static const char *decide(const struct row *row)
{
    AUTO(xfree) char *policy = policy_text(row->field[POLICY]);
    AUTO(xfree) char *builtin = policy_text(row->field[BUILTIN]);
    AUTO(xfree) char *project = policy_text(row->field[PROJECT_POLICY]);
    AUTO(strlist_deinit) struct strlist groups = {0};
    AUTO(rbac_free) struct rbac *rbac = NULL;
    struct err err = {0};
    const struct rbac_conf conf = {
        .builtin = builtin,
        .policy = policy,
        .project_policy = project,
        .default_role = row->field[DEFAULT_ROLE],
        .match = cstr_eq(row->field[MATCH_MODE], "regex") ? RBAC_REGEX : RBAC_GLOB,
    };

    if (rbac_new(&conf, &rbac, &err) < 0) {
        return "load-error";
    }
    read_groups(row->field[GROUPS], &groups);
    bool allow = cstr_eq(row->field[KIND], "claims")
                     ? rbac_can_claims(rbac, row->field[SUBJECT], &groups, row->field[RESOURCE],
                                       row->field[ACTION], row->field[OBJECT], NULL)
                     : rbac_can_subject(rbac, row->field[SUBJECT], row->field[RESOURCE],
                                        row->field[ACTION], row->field[OBJECT], NULL);
    return allow ? "allow" : "deny";
}

static void test_case__as_executed(void **state)
{
    const struct row *row = *state;

    assert_string_equal(decide(row), row->field[EXPECT]);
}

static size_t read_rows(void)
{
    AUTO(xfree) char *path = test_data("rbac/rbac-cases.tsv");
    AUTO(xfree) char *text = NULL;
    struct err err = {0};
    size_t len = 0, n = 0;

    if (file_read(path, FILE_MAX_TEXT, &text, &len, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.msg);
        return 0;
    }
    struct str rest = {text, len}, line = {0}, field = {0};
    for (bool head = true; str_next(&rest, '\n', &line); head = false) {
        if (head || line.len == 0 || n == ROWS) {
            continue;
        }
        for (size_t c = 0; c < COLUMNS && str_next(&line, '\t', &field); c++) {
            rows[n].field[c] = xstrndup(field.ptr, field.len);
        }
        n++;
    }
    return n;
}

int main(void)
{
    static struct CMUnitTest tests[ROWS];
    size_t n = read_rows();

    for (size_t i = 0; i < n; i++) {
        tests[i] = (struct CMUnitTest){
            .name = rows[i].field[ID],
            .test_func = test_case__as_executed,
            .initial_state = &rows[i],
        };
    }
    int status = n == ROWS && rows[ROWS - 1].field[SOURCE] ? TEST_MAIN(tests) : 1;
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            xfree(rows[i].field[c]);
        }
    }
    return status;
}
