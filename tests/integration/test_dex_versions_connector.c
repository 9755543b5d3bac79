/*
 * Rows of Dex's version table about the oidc connector and the libraries under it: what is seen on
 * the wire or in the log before and after each change (dex.md 5, 9).
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "tests/support/dex_rows.h"

/* Which of these texts was logged since Dex started: "first", "second" or "neither". */
static char *which_logged(const struct dex_fixture *f, const char *first, const char *second)
{
    bool is_first = dex_logged(f, dex_literal(first));
    bool is_second = dex_logged(f, dex_literal(second));
    return xstrdup(is_first && !is_second ? first : is_second && !is_first ? second : "neither");
}

/* ---- discovery ---- */

static char *mismatch_text(struct dex_fixture *f)
{
    return which_logged(f, "open-mismatch", "open-mismatch-old");
}

static const struct dex_row_case discovery_rows[] = {
    {"issuer-text", "{\"issuer\":\"http://authentik.company/app\"}", NULL, NULL, mismatch_text,
     "open-mismatch", "open-mismatch-old"},
};

DEX_ROWS_TEST(test_rows__discovery, discovery_rows)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows__discovery),
    };
    return TEST_MAIN(tests);
}
