/* The facts of real runs: what a login shows, and that nothing drawn is among them. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/observe/change.h"
#include "harness/observe/observe.h"
#include "tests/unit/run/suite.h"

#define LOGIN(via_, expect_)                                                                       \
    "steps:\n  - login: {as: admin, via: " via_ "}\n    expect: {outcome: signed-in" expect_ "}\n"
#define UI "title: t\n" LOGIN("ui", ", roles: [role:admin]")
#define DIRECT "title: t\n" LOGIN("direct", "")
#define OFFLINE "{scopes: [openid, email, profile, offline_access]}"
#define CLI                                                                                        \
    "title: t\nsetup:\n  authentik: {provider: " OFFLINE "}\n"                                     \
    "  dex: {connectors: {authentik: {config: " OFFLINE                                            \
    "}}}\n" LOGIN("cli", "") "  - refresh: {}\n    expect: {outcome: signed-in}\n"
#define WRONG                                                                                      \
    "title: t\nsteps:\n  - login: {as: admin, via: ui, password: wrong}\n"                         \
    "    expect: {outcome: refused, by: authentik, at: login, shown: Invalid password}\n"

static struct js *observe(const char *yaml, uint64_t seed)
{
    struct bench_of b;
    bench_init(&b);
    b.conf.seed = seed;
    bench_add(&b, "one", yaml);
    bench_run(&b);
    struct js *seen = observe_result(&b.suite.results[0]);
    bench_deinit(&b);
    return seen;
}

static void fact(const struct js *seen, size_t step, const char *group, const char *name,
                 const char *json)
{
    const struct js *value = observation_fact(seen, step, group, name);
    if (value == NULL) {
        AUTO(xfree) char *all = js_pretty(js_get(js_at(seen, step), "facts"), 1);
        fail_msg("no fact %s: %s in %s", group, name, all);
    }
    AUTO(xfree) char *got = js_compact(value);
    assert_string_equal(got, json);
}

static void test_ui__outcome_rights_tokens_documents(void **state)
{
    (void)state;
    AUTO(js_free) struct js *seen = observe(UI, 1);
    assert_int_equal(js_len(seen), 1);
    assert_string_equal(js_get_text(js_at(seen, 0), "kind"), "login");
    assert_null(js_get(js_at(seen, 0), "refusal"));
    fact(seen, 0, "result", "outcome", "\"signed-in\"");
    fact(seen, 0, "result", "roles", "[\"role:admin\"]");
    fact(seen, 0, "right", "applications/sync/default/guestbook", "\"yes\"");
    fact(seen, 0, "authentik id token", "groups", "[\"ArgoCD Admins\"]");
    fact(seen, 0, "authentik id token", "email_verified", "false");
    fact(seen, 0, "authentik id token", "jti", "\"40 letters and digits\"");
    fact(seen, 0, "authentik id token", "(lifetime)", "\"600 s\"");
    fact(seen, 0, "authentik id token", "header alg", "\"RS256\"");
    fact(seen, 0, "dex id token", "iss", "\"https://argocd.company/api/dex\"");
    fact(seen, 0, "authentik token answer", "token_type", "\"Bearer\"");
    fact(seen, 0, "authentik discovery", "issuer",
         "\"https://authentik.company/application/o/argocd/\"");
    fact(seen, 0, "authentik jwks", "keys", "\"1\"");
    fact(seen, 0, "authentik token headers", "cache-control", "\"no-store\"");
    assert_non_null(observation_fact(seen, 0, "argocd cookies", "argocd.token"));
    assert_non_null(observation_fact(seen, 0, "way", "pages"));
    assert_null(observation_fact(seen, 0, "authentik token headers", "date"));
    assert_null(observation_fact(seen, 0, "authentik id token", "iat"));
}

static void test_refused__where_and_with_which_words(void **state)
{
    (void)state;
    AUTO(js_free) struct js *seen = observe(WRONG, 1);
    assert_true(js_get_bool(js_at(seen, 0), "refusal", false));
    fact(seen, 0, "result", "outcome", "\"refused by authentik at login\"");
    fact(seen, 0, "result", "shown", "\"Invalid password\"");
    assert_null(observation_fact(seen, 0, "authentik id token", "sub"));
}

static void test_cli__the_refresh_is_a_step_of_its_own(void **state)
{
    (void)state;
    AUTO(js_free) struct js *seen = observe(CLI, 1);
    assert_int_equal(js_len(seen), 2);
    assert_string_equal(js_get_text(js_at(seen, 1), "kind"), "refresh");
    assert_non_null(observation_fact(seen, 0, "dex id token", "sub"));
    assert_null(observation_fact(seen, 0, "dex id token after a refresh", "sub"));
    assert_non_null(observation_fact(seen, 1, "dex id token after a refresh", "sub"));
    fact(seen, 0, "dex token answer", "token_type", "\"bearer\"");
}

/* Another seed draws everything anew; a claim of its own shows that the comparison is no yes-man.
 */
static void test_seed__makes_no_difference(void **state)
{
    (void)state;
    static const char *const scenarios[] = {UI, DIRECT, CLI, WRONG};
    for (size_t i = 0; i < TEST_COUNT(scenarios); i++) {
        AUTO(js_free) struct js *one = observe(scenarios[i], 1);
        AUTO(js_free) struct js *two = observe(scenarios[i], 99);
        AUTO(changes_deinit) struct changes shapes = {0};
        AUTO(changes_deinit) struct changes values = {0};
        changes_add(&shapes, &(struct change_conf){.drawn_subjects = true}, 0, one, two);
        if (shapes.len > 0)
            fail_msg("%s %s changes with the seed", shapes.items[0].group, shapes.items[0].name);
        changes_add(&values, &(struct change_conf){0}, 0, one, two);
        assert_true(values.len > 0 || i == 3); /* sub: only who signs in has one */
    }
}

static void test_facts__no_token_no_code(void **state)
{
    (void)state;
    AUTO(js_free) struct js *seen = observe(UI, 1);
    AUTO(xfree) char *text = js_compact(seen);
    assert_null(strstr(text, "eyJ"));
    assert_null(strstr(text, "code="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ui__outcome_rights_tokens_documents),
        cmocka_unit_test(test_refused__where_and_with_which_words),
        cmocka_unit_test(test_cli__the_refresh_is_a_step_of_its_own),
        cmocka_unit_test(test_seed__makes_no_difference),
        cmocka_unit_test(test_facts__no_token_no_code),
    };
    return TEST_MAIN(tests);
}
