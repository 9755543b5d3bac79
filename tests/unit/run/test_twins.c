/*
 * Twins in a suite: each once, behind the scenarios, only for what can be run; and whether what one
 * scenario expects would have held on the run of another.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/run/one.h"
#include "tests/unit/run/suite.h"

#define WRONG(as_)                                                                                 \
    "title: t\nsteps:\n  - login: {as: " as_ ", via: ui, password: wrong}\n    expect: {outcome: " \
    "refused, by: authentik, at: login, shown: Invalid password}\n"
#define UNSIGNED                                                                                   \
    "title: t\nfaults: [authentik/id-token.alg-none]\n" LOGIN_UI_STEP                              \
    "{outcome: refused, by: dex, at: callback, shown: Login failed, checks: {fail: "               \
    "[authentik/id-token.alg]}}\n"

static void run_with(struct bench_of *b, bool twins)
{
    b->conf.twins = twins;
    bench_run(b);
}

static void test_suite__runs_a_twin_behind_the_scenarios(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", WRONG("viewer"));
    bench_add(&b, "two", GOOD);
    run_with(&b, true);
    assert_int_equal(b.suite.len, 3);
    assert_int_equal(b.suite.twins, 1);
    assert_string_equal(b.suite.results[2].id, "one+twin");
    assert_int_equal(b.suite.scenarios[VERDICT_PASS], 3);
    assert_string_equal(b.told.items[0], "suite 3");
    bench_deinit(&b);
}

static void test_suite__without_twins(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", WRONG("viewer"));
    run_with(&b, false);
    assert_int_equal(b.suite.len, 1);
    assert_int_equal(b.suite.twins, 0);
    bench_deinit(&b);
}

/* Three negative scenarios lead to one login; a fourth to one that is selected anyway. */
static void test_suite__runs_identical_twins_once(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", WRONG("viewer"));
    bench_add(&b, "two", WRONG("viewer"));
    bench_add(&b, "three", WRONG("admin"));
    bench_add(&b, "four", GOOD);
    bench_add(&b, "five", UNSIGNED);
    run_with(&b, true);
    assert_int_equal(b.suite.twins, 1);
    assert_string_equal(b.suite.results[5].id, "one+twin");
    bench_deinit(&b);
}

/* A selected scenario that does the same with a fault, or expects less, is no twin. */
static void test_suite__takes_no_negative_for_a_twin(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", UNSIGNED);
    bench_add(&b, "two", "title: t\n" LOGIN_UI_STEP "{outcome: signed-in, groups: []}\n");
    run_with(&b, true);
    assert_int_equal(b.suite.twins, 1);
    assert_string_equal(b.suite.results[2].id, "one+twin");
    assert_int_equal(b.suite.results[2].verdict, VERDICT_PASS);
    bench_deinit(&b);
}

/* Whoever refuses everything passes the negative scenario, and fails its twin. */
static void test_suite__a_party_that_refuses_everything_fails(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_patch(&b, "{\"authentik\":{\"provider\":{\"signing_key\":\"none\"}}}");
    bench_add(&b, "one",
              "title: t\nfaults: [authentik/id-token.alg-hs256]\n" LOGIN_UI_STEP
              "{outcome: refused, by: dex, at: callback, shown: Login failed, checks: {fail: "
              "[authentik/id-token.alg, {check: authentik/discovery.rs256, because: no key}]}}\n");
    run_with(&b, true);
    assert_int_equal(b.suite.results[0].verdict, VERDICT_PASS);
    assert_string_equal(b.suite.results[1].id, "one+twin");
    assert_int_equal(b.suite.results[1].verdict, VERDICT_FAIL);
    assert_int_equal(run_exit_status(&b.suite), 1);
    bench_deinit(&b);
}

/* Against a live system the negative scenario is skipped; its twin would be no answer to it. */
static void test_selection__has_no_twin_of_what_is_skipped(void **state)
{
    (void)state;
    struct bench_of b;
    struct err err = {0};
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "");
    AUTO(setup_free) struct setup *setup = NULL;
    AUTO(vec_deinit) struct vec all = {0};
    AUTO(vec_deinit) struct vec intrusive = {0};
    bench_init(&b);
    bench_patch(&b, "{\"live\":{\"authentik\":{\"url\":\"https://sso.example\"}}}");
    bench_add(&b, "one", UNSIGNED);
    bench_add(&b, "two", WRONG("viewer"));
    if (setup_build(b.setup, "guide", rnd, &setup, &err) != 0)
        fail_msg("%s", err.msg);
    const struct scenario *list[] = {b.scenarios[0], b.scenarios[1]};
    run_with_twins(&b.conf, setup, list, 2, &all);
    assert_int_equal(all.len, 2);
    b.conf.live_intrusive = true; /* the wrong password is allowed now, the fault still is not */
    run_with_twins(&b.conf, setup, list, 2, &intrusive);
    assert_int_equal(intrusive.len, 3);
    assert_string_equal(((const struct scenario *)intrusive.items[2])->id, "two+twin");
    bench_deinit(&b);
}

struct held {
    const char *name;
    const char *yaml; /* of the other scenario, after "title: t\n" */
    enum run_holds holds;
};

#define SIGNED_IN LOGIN_UI_STEP

/* Expectations of others, asked of the run of a good login of the admin. */
static const struct held rows[] = {
    {"the same", SIGNED_IN "{outcome: signed-in}\n", RUN_HOLDS},
    {"its groups and roles",
     SIGNED_IN "{outcome: signed-in, groups: [ArgoCD Admins], roles: [role:admin]}\n", RUN_HOLDS},
    {"as configured", SIGNED_IN "{outcome: signed-in, as_configured: yes}\n", RUN_HOLDS},
    {"other groups", SIGNED_IN "{outcome: signed-in, groups: [x]}\n", RUN_DIFFERS},
    {"other roles", SIGNED_IN "{outcome: signed-in, roles: []}\n", RUN_DIFFERS},
    {"another outcome", SIGNED_IN "{outcome: refused, by: dex, at: callback, shown: x}\n",
     RUN_DIFFERS},
    {"a check that fails", SIGNED_IN "{outcome: signed-in, checks: {fail: [dex/id-token.alg]}}\n",
     RUN_DIFFERS},
    {"rights are not asked again",
     SIGNED_IN "{outcome: signed-in, cannot: [sync applications default/guestbook]}\n", RUN_HOLDS},
    {"another number of steps", SIGNED_IN "{outcome: signed-in}\n  - advance: 1s\n",
     RUN_UNCOMPARABLE},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_held(void **state)
{
    const struct held *row = *state;
    AUTO(xfree) char *yaml = xasprintf("title: t\n%s", row->yaml);
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    run_with(&b, false);
    bench_add(&b, "other", yaml);
    assert_int_equal(run_would_hold(&b.suite, &b.suite.results[0], b.scenarios[1]), row->holds);
    bench_deinit(&b);
}

int main(void)
{
    struct CMUnitTest tests[ROWS + 6] = {
        cmocka_unit_test(test_suite__runs_a_twin_behind_the_scenarios),
        cmocka_unit_test(test_suite__without_twins),
        cmocka_unit_test(test_suite__runs_identical_twins_once),
        cmocka_unit_test(test_suite__takes_no_negative_for_a_twin),
        cmocka_unit_test(test_suite__a_party_that_refuses_everything_fails),
        cmocka_unit_test(test_selection__has_no_twin_of_what_is_skipped),
    };
    for (size_t i = 0; i < ROWS; i++)
        tests[6 + i] = (struct CMUnitTest){.name = rows[i].name,
                                           .test_func = test_held,
                                           .initial_state = (void *)(uintptr_t)&rows[i]};
    return TEST_MAIN(tests);
}
