/*
 * Versions: how they are read and compared, which are known, and which Dex comes with Argo CD
 * (dex.md 0.1).
 */
#include "tests/support/test.h"

#include <limits.h>

#include "harness/setup/setup_int.h"

static struct setup_version version(const char *text)
{
    struct setup_version v = {0};
    assert_int_equal(version_parse(text, &v), 0);
    return v;
}

static void test_parse__two_numbers_are_the_newest_patch(void **state)
{
    (void)state;
    struct setup_version minor = version("3.5");
    struct setup_version full = version("v3.5.1");
    assert_int_equal(minor.major, 3);
    assert_int_equal(minor.minor, 5);
    assert_int_equal(minor.patch, INT_MAX);
    assert_int_equal(full.patch, 1);
}

static void test_parse__rejects_what_is_no_version(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "3",       "3.",   "3.x",  "3.5.",
                                      "3.5.x", "3.5.1.2", "-3.5", "3 .5", "latest"};
    struct setup_version v = {0};
    for (size_t i = 0; i < TEST_COUNT(bad); i++)
        assert_int_equal(version_parse(bad[i], &v), -1);
}

static void test_least__compares_part_by_part(void **state)
{
    (void)state;
    struct setup_version v = version("3.4.4");
    assert_true(version_least(&v, 3, 4, 4));
    assert_true(version_least(&v, 3, 3, 99));
    assert_true(version_least(&v, 2, 14, 0));
    assert_false(version_least(&v, 3, 4, 5));
    assert_false(version_least(&v, 3, 10, 0));
}

static void test_known__with_and_without_patch(void **state)
{
    (void)state;
    assert_true(setup_knows_version(SYSTEM_AUTHENTIK, "2026.2"));
    assert_true(setup_knows_version(SYSTEM_AUTHENTIK, "2026.2.2"));
    assert_true(setup_knows_version(SYSTEM_DEX, "2.45.1"));
    assert_true(setup_knows_version(SYSTEM_ARGOCD, "v3.5.1"));
    assert_false(setup_knows_version(SYSTEM_AUTHENTIK, "2026.4"));
    assert_false(setup_knows_version(SYSTEM_AUTHENTIK, "3.5"));
    assert_false(setup_knows_version(SYSTEM_ARGOCD, NULL));
}

struct row {
    const char *argocd;
    const char *dex;
};

static const struct row bundled[] = {
    {"3.5", "2.45.0"},    {"3.4.0", "2.45.0"},  {"3.3", "2.43.0"},   {"3.1.0", "2.43.0"},
    {"3.0", "2.41.1"},    {"2.13.0", "2.41.1"}, {"2.12", "2.38.0"},  {"2.11.0", "2.38.0"},
    {"2.8.0", "2.37.0"},  {"2.7.6", "2.36.0"},  {"2.7.7", "2.37.0"}, {"2.6.0", "2.35.3"},
    {"2.6.8", "2.36.0"},  {"2.6.12", "2.37.0"}, {"2.5.0", "2.35.3"}, {"2.5.17", "2.36.0"},
    {"2.5.20", "2.37.0"}, {"2.4.8", "2.32.0"},  {"2.4.13", "2.35.0"}};

static void test_bundled__dex_of_each_argocd(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(bundled); i++) {
        struct setup_version v = version(bundled[i].argocd);
        assert_string_equal(version_bundled_dex(&v), bundled[i].dex);
    }
}

static void test_names__of_systems(void **state)
{
    (void)state;
    assert_string_equal(system_name(SYSTEM_AUTHENTIK), "authentik");
    assert_string_equal(system_name(SYSTEM_DEX), "dex");
    assert_string_equal(system_name(SYSTEM_ARGOCD), "argocd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse__two_numbers_are_the_newest_patch),
        cmocka_unit_test(test_parse__rejects_what_is_no_version),
        cmocka_unit_test(test_least__compares_part_by_part),
        cmocka_unit_test(test_known__with_and_without_patch),
        cmocka_unit_test(test_bundled__dex_of_each_argocd),
        cmocka_unit_test(test_names__of_systems),
    };
    return TEST_MAIN(tests);
}
