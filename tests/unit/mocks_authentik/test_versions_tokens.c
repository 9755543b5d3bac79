/*
 * The rows of the version table that change tokens.
 */
#include "tests/unit/mocks_authentik/rows.h"

#include "harness/base/str.h"

static char *code_login_claim(struct fx *f, const char *name)
{
    AUTO(xfree) char *code = fx_code(f, "openid profile email", "");
    fx_exchange(f, code, NULL);
    AUTO(js_free) struct js *claims = fx_id_claims(f);
    return xstrdup(js_get(claims, name) != NULL ? "there" : "absent");
}

static char *look_jti(struct fx *f)
{
    return code_login_claim(f, "jti");
}

static char *look_sid(struct fx *f)
{
    return code_login_claim(f, "sid");
}

static const struct row_case cases[] = {
    {"jti", NULL, look_jti, "there", "absent"},
    {"sid", NULL, look_sid, "there", "absent"},
};

static void test_rows(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(cases); i++)
        rows_check(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };
    return TEST_MAIN(tests);
}
