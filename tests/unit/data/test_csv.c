/*
 * CSV records as Go's encoding/csv reads them (argocd.md 5.3): fields, and the texts of its errors.
 */
#include "tests/support/test.h"

#include "harness/data/csv.h"

struct row {
    const char *name;
    const char *line;
    const char *fields; /* joined with "|"; NULL when it is an error */
    const char *error;
};

static const struct row rows[] = {
    {"policy line", "p, role:a, applications, get, */*, allow",
     "p|role:a|applications|get|*/*|allow", NULL},
    {"group with blanks, bare", "g, ArgoCD Admins, role:admin", "g|ArgoCD Admins|role:admin", NULL},
    {"group with blanks, quoted", "g, \"ArgoCD Admins\", role:admin", "g|ArgoCD Admins|role:admin",
     NULL},
    {"quoted comma", "g, \"a, b\", c", "g|a, b|c", NULL},
    {"doubled quote", "g, \"a\"\"b\", c", "g|a\"b|c", NULL},
    {"blanks before a comma stay", "g , a\t, b", "g |a\t|b", NULL},
    {"tab and no-break space are led off",
     "g,\t\xc2\xa0"
     "a,b",
     "g|a|b", NULL},
    {"an apostrophe is a letter", "g, 'a, b'", "g|'a|b'", NULL},
    {"comment after data", "p, a, allow # x", "p|a|allow # x", NULL},
    {"last field empty", "a,", "a|", NULL},
    {"quoted empty", "\"\"", "", NULL},
    {"no quote closed", "g, \"a, role:x", NULL,
     "parse error on line 1, column 14: extraneous or missing \" in quoted-field"},
    {"text after a quoted field", "g, \"a\" b, role:x", NULL,
     "parse error on line 1, column 6: extraneous or missing \" in quoted-field"},
    {"quote inside a bare field", "g, a\"b, role:x", NULL,
     "parse error on line 1, column 5: bare \" in non-quoted-field"},
    {"blank between quote and comma", "g, \"a\" , b", NULL,
     "parse error on line 1, column 6: extraneous or missing \" in quoted-field"},
    {"quote opened at the end", "a,\"", NULL,
     "parse error on line 1, column 4: extraneous or missing \" in quoted-field"},
};

static void test_row(void **state)
{
    const struct row *r = *state;
    AUTO(strlist_deinit) struct strlist fields = {0};
    struct err err = {0};

    assert_int_equal(csv_parse_record(str_of(r->line), &fields, &err), r->fields ? 0 : -1);
    if (r->fields) {
        AUTO(xfree) char *joined = strlist_join(&fields, "|");
        assert_string_equal(joined, r->fields);
    } else {
        assert_string_equal(err.msg, r->error);
        assert_int_equal(fields.len, 0);
    }
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows)];

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        tests[i] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    return TEST_MAIN(tests);
}
