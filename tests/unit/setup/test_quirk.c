/*
 * Which versions a row of a version table holds in, and what a setup may say otherwise.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/setup/quirk.h"

struct holds {
    const char *since;
    const char *until;
    const char *version;
    bool expected;
};

static const struct holds cases[] = {
    {"2026.2", NULL, "2026.2", true},
    {"2026.2", NULL, "2026.2.0", true},
    {"2026.2", NULL, "2025.12.9", false},
    {"2026.2", NULL, "2026.5", true},
    {"2026.2.2", NULL, "2026.2", true}, /* no patch level: the newest */
    {"2026.2.2", NULL, "2026.2.1", false},
    {"2026.2.2", NULL, "2026.2.10", true},
    {"2024.8.5 2024.10.3 2024.12", NULL, "2024.8.4", false},
    {"2024.8.5 2024.10.3 2024.12", NULL, "2024.8.5", true},
    {"2024.8.5 2024.10.3 2024.12", NULL, "2024.10.2", false},
    {"2024.8.5 2024.10.3 2024.12", NULL, "2024.10.3", true},
    {"2024.8.5 2024.10.3 2024.12", NULL, "2024.12.0", true},
    {"2024.8.5 2024.10.3 2024.12", NULL, "2024.6", false},
    {"2024.8.5 2024.10.3 2024.12", NULL, "2025.2.0", true},
    {"2023.10.7 2024.2", NULL, "2023.10.6", false},
    {"2023.10.7 2024.2", NULL, "2024.2.0", true},
    {"2024.2.0", "2024.2.2", "2024.2.1", true},
    {"2024.2.0", "2024.2.2", "2024.2", false},
    {"2024.2.0", "2024.2.2", "2023.10", false},
    {NULL, "2024.8", "2024.6.9", true},
    {NULL, "2024.8", "2024.8.0", false},
    {NULL, "2024.8", "v2023.10", true},
    {"2024.2", NULL, "a version", false},
    {"2024.2", NULL, NULL, false},
};

static void test_holds(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct holds *c = &cases[i];
        const struct quirk q = {.id = "row", .since = c->since, .until = c->until};
        if (quirk_holds(&q, c->version) != c->expected)
            fail_msg("since %s until %s in %s: expected %d", c->since, c->until, c->version,
                     c->expected);
    }
}

static const struct quirk table[] = {
    {.id = "jti", .since = "2026.2"}, {.id = "sid", .since = "2024.10"}, {0}};

static void test_resolve__a_setup_may_say_otherwise(void **state)
{
    bool on[2] = {false, false};
    struct err err = {0};
    AUTO(js_free) struct js *otherwise = NULL;
    assert_int_equal(js_parse(str_of("{\"jti\": true, \"sid\": \"false\"}"), "t", &otherwise, &err),
                     0);
    assert_int_equal(quirks_resolve(table, "2025.2", NULL, "here", on, &err), 0);
    assert_false(on[0]);
    assert_true(on[1]);
    assert_int_equal(quirks_resolve(table, "2025.2", otherwise, "here", on, &err), 0);
    assert_true(on[0]);
    assert_false(on[1]);
}

static void test_resolve__an_unknown_row_is_named(void **state)
{
    bool on[2] = {false, false};
    struct err err = {0};
    AUTO(js_free) struct js *near = NULL;
    AUTO(js_free) struct js *far = NULL;
    assert_int_equal(js_parse(str_of("{\"jit\": true}"), "t", &near, &err), 0);
    assert_int_equal(js_parse(str_of("{\"something\": true}"), "t", &far, &err), 0);
    assert_int_equal(quirks_resolve(table, "2025.2", near, "here", on, &err), -1);
    assert_string_equal(err.msg, "here has no row 'jit'; did you mean 'jti'?");
    err = (struct err){0};
    assert_int_equal(quirks_resolve(table, "2025.2", far, "here", on, &err), -1);
    assert_string_equal(err.msg,
                        "here has no row 'something'; `rolecall list versions` shows them");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds),
        cmocka_unit_test(test_resolve__a_setup_may_say_otherwise),
        cmocka_unit_test(test_resolve__an_unknown_row_is_named),
    };
    return TEST_MAIN(tests);
}
