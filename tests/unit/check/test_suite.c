/* The mapping of the conformance suite names checks that are there, and says why where it names
 * nothing. Its scenarios are looked up by tests/cli/test_list.py. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/check/check.h"
#include "harness/check/suite.h"

static void test_suite__checks_are_there(void **state)
{
    (void)state;
    for (const struct suite_row *row = suite_rows; row->module != NULL; row++) {
        struct str rest = str_of(row->checks), word = {0};
        while (row->checks != NULL && str_next(&rest, ' ', &word)) {
            AUTO(xfree) char *name = xstrndup(word.ptr, word.len);
            const struct check *check = NULL;
            enum check_of of = CHECK_OF_AUTHENTIK;
            if (!check_find(name, &check, &of))
                fail_msg("%s: no check '%s'", row->module, name);
        }
    }
}

static void test_suite__covered_or_explained(void **state)
{
    (void)state;
    for (const struct suite_row *row = suite_rows; row->module != NULL; row++) {
        bool covered = row->checks != NULL || row->scenarios != NULL;
        if (covered != (row->reason == SUITE_COVERED))
            fail_msg("%s of %s: %s", row->module, row->of, suite_reason_name(row->reason));
        if (!covered && row->text == NULL)
            fail_msg("%s of %s: a reason without words", row->module, row->of);
    }
}

/* A provider's module is about a provider, a relying party's about one; each once, and the rows of
 * a module stand together, as the list prints them. */
static void test_suite__each_module_once_a_system(void **state)
{
    (void)state;
    static const char *const of[][2] = {
        [SUITE_OP] = {"authentik", "dex"},
        [SUITE_RP] = {"dex", "argocd"},
    };
    for (const struct suite_row *row = suite_rows; row->module != NULL; row++) {
        if (strcmp(row->of, of[row->role][0]) != 0 && strcmp(row->of, of[row->role][1]) != 0)
            fail_msg("%s is of %s", row->module, row->of);
        for (const struct suite_row *other = row + 1; other->module != NULL; other++) {
            if (strcmp(row->module, other->module) != 0)
                continue;
            assert_ptr_equal(other, row + 1);
            assert_string_not_equal(row->of, other->of);
        }
    }
}

/* Those that peers.md marks H on either side of the chain and that must not be forgotten. */
static void test_suite__has_the_great_ones(void **state)
{
    (void)state;
    static const char *const modules[] = {"oidcc-server",
                                          "oidcc-refresh-token",
                                          "oidcc-codereuse",
                                          "oidcc-discovery-endpoint-verification",
                                          "oidcc-prompt-none-logged-in",
                                          "oidcc-server-rotate-keys",
                                          "oidcc-rp-initiated-logout",
                                          "oidcc-client-test",
                                          "oidcc-client-test-invalid-iss",
                                          "oidcc-client-test-idtoken-sig-none",
                                          NULL};
    for (size_t i = 0; modules[i] != NULL; i++) {
        size_t n = 0;
        for (const struct suite_row *row = suite_rows; row->module != NULL; row++)
            n += strcmp(row->module, modules[i]) == 0;
        assert_int_equal(n, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite__checks_are_there),
        cmocka_unit_test(test_suite__covered_or_explained),
        cmocka_unit_test(test_suite__each_module_once_a_system),
        cmocka_unit_test(test_suite__has_the_great_ones),
    };
    return TEST_MAIN(tests);
}
