/*
 * Silence never passes: scenarios against sentinels end as errors that name the system, whatever
 * they expect; what asks another system only is not about the sentinel; and the words an error
 * carries.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/run/one.h"
#include "tests/unit/run/suite.h"

#define DIRECT                                                                                     \
    "title: t\nsteps:\n  - login: {as: viewer, via: direct}\n    expect: {outcome: signed-in}\n"

static void run_against(struct bench_of *b, enum system s, enum sentinel_kind kind)
{
    b->conf.sentinel[s] = kind;
    b->conf.timeout_ms = 300;
    bench_run(b);
}

static void test_sentinel__every_kind_everywhere_is_an_error_that_names_it(void **state)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        for (enum sentinel_kind k = SENTINEL_NONE + 1; k < SENTINEL_MAX_; k++) {
            AUTO(xfree)
            char *start =
                xasprintf("%s, in whose place is a sentinel, %s", system_name((enum system)s),
                          k == SENTINEL_CLOSES || k == SENTINEL_SILENT
                              ? "did not answer "
                              : "said nothing of sense in 1 of 1 answers; the first, to ");
            struct bench_of b;
            bench_init(&b);
            bench_add(&b, "one", GOOD);
            run_against(&b, (enum system)s, k);
            assert_int_equal(b.suite.results[0].verdict, VERDICT_ERROR);
            assert_true(cstr_starts(b.suite.results[0].reason, start));
            assert_int_equal(b.suite.results[0].steps[0].verdict.kind, VERDICT_ERROR);
            assert_int_equal(b.suite.sentinel[s], k);
            assert_int_equal(run_exit_status(&b.suite), 3);
            bench_deinit(&b);
        }
}

/* What it does is what the scenario expects, word for word: no verdict all the same. */
static void test_sentinel__an_expectation_it_meets_does_not_pass(void **state)
{
    static const struct {
        enum sentinel_kind kind;
        const char *expect;
    } rows[] = {
        {SENTINEL_CLOSES, "{outcome: no-answer, by: argocd, at: start}"},
        {SENTINEL_SILENT, "{outcome: no-answer, by: argocd, at: start, shown: Client.Timeout}"},
        {SENTINEL_FAILS, "{outcome: refused, by: argocd, at: start, shown: 500}"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct bench_of b;
        bench_init(&b);
        AUTO(xfree) char *yaml = xasprintf("title: t\n" LOGIN_UI_STEP "%s\n", rows[i].expect);
        bench_add(&b, "one", yaml);
        run_against(&b, SYSTEM_ARGOCD, rows[i].kind);
        assert_int_equal(b.suite.results[0].steps[0].verdict.kind, VERDICT_PASS);
        assert_int_equal(b.suite.results[0].verdict, VERDICT_ERROR);
        test_has(b.suite.results[0].reason,
                 "it passed although argocd, in whose place is a sentinel,");
        bench_deinit(&b);
    }
}

static void test_sentinel__that_nobody_asked(void **state)
{
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", DIRECT);
    run_against(&b, SYSTEM_ARGOCD, SENTINEL_FAILS);
    assert_int_equal(b.suite.results[0].steps[0].verdict.kind, VERDICT_PASS);
    assert_int_equal(b.suite.results[0].verdict, VERDICT_ERROR);
    assert_string_equal(b.suite.results[0].reason,
                        "argocd, in whose place is a sentinel that answers 500 to everything, was "
                        "never asked: the scenario says nothing about it");
    bench_deinit(&b);
}

/* Also when something else went wrong besides. */
static void test_sentinel__that_nobody_asked_in_a_scenario_that_broke(void **state)
{
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", "faults: [cli/verifier.wrong]\n" DIRECT);
    run_against(&b, SYSTEM_DEX, SENTINEL_CLOSES);
    assert_string_equal(b.suite.results[0].reason,
                        "dex, in whose place is a sentinel that closes every connection at once, "
                        "was never asked: the scenario says nothing about it (the fault "
                        "cli/verifier.wrong was never played: no step comes by its place)");
    bench_deinit(&b);
}

/* The fault that the sentinel never plays is a consequence; the cause comes first. */
static void test_sentinel__cause_before_what_follows_from_it(void **state)
{
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one",
              "title: t\nfaults: [authentik/discovery.http-500]\n" LOGIN_UI_STEP
              "{outcome: refused, by: argocd, at: start, shown: failed to query provider}\n");
    run_against(&b, SYSTEM_AUTHENTIK, SENTINEL_FAILS);
    const char *reason = b.suite.results[0].reason;
    assert_true(cstr_starts(reason, "authentik, in whose place is a sentinel, "));
    test_has(reason,
             ": 500 and an empty body (the fault authentik/discovery.http-500 was never played");
    bench_deinit(&b);
}

/* The twin: without a sentinel the same three pass. */
static void test_twin__nothing_is_said_of_mocks(void **state)
{
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    bench_add(&b, "two", DIRECT);
    bench_add(&b, "three",
              "title: t\nfaults: [authentik/discovery.http-500]\n" LOGIN_UI_STEP
              "{outcome: refused, by: argocd, at: start, shown: failed to query provider}\n");
    bench_run(&b);
    for (size_t i = 0; i < b.len; i++) {
        assert_int_equal(b.suite.results[i].verdict, VERDICT_PASS);
        assert_null(b.suite.results[i].reason);
    }
    bench_deinit(&b);
}

static void test_live__a_dead_one_is_named(void **state)
{
    struct bench_of b;
    bench_init(&b);
    bench_patch(&b, "{\"authentik\": {\"url\": \"https://127.0.0.1:1\"}, "
                    "\"live\": {\"authentik\": {\"url\": \"https://127.0.0.1:1\"}}}");
    bench_add(&b, "one", DIRECT);
    bench_run(&b);
    assert_int_equal(b.suite.results[0].verdict, VERDICT_ERROR);
    test_has(b.suite.results[0].reason, "authentik, which is live here, did not answer ");
    test_has(b.suite.results[0].reason, "connection refused");
    bench_deinit(&b);
}

static void test_live__takes_no_sentinel(void **state)
{
    struct run_suite suite = {0};
    struct bench_of b;
    struct err err = {0};
    bench_init(&b);
    bench_patch(&b, "{\"live\": {\"argocd\": {\"url\": \"https://127.0.0.1:1\"}}}");
    b.conf.sentinel[SYSTEM_DEX] = SENTINEL_EMPTY;
    assert_int_equal(run_suite(&b.conf, NULL, 0, NULL, &suite, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.msg, "no sentinel can stand in the place of dex: it is live");
    bench_deinit(&b);
}

/* ---- counting ---- */

static void test_evaluated__what_was_looked_at(void **state)
{
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    bench_add(&b, "two",
              "title: t\n" LOGIN_UI_STEP "{outcome: signed-in, groups: [ArgoCD Admins], "
              "can: [sync applications default/x], cannot: []}\n  - advance: 1m\n");
    bench_run(&b);
    for (size_t i = 0; i < b.len; i++) {
        const struct run_result *r = &b.suite.results[i];
        size_t judged = 0;
        size_t lines = i == 0 ? 1 : 3; /* outcome; and groups, one right */
        for (size_t c = 0; c < r->steps[0].checks_len; c++)
            judged += r->steps[0].checks[c].verdict.kind == VERDICT_PASS ||
                      r->steps[0].checks[c].verdict.kind == VERDICT_FAIL;
        assert_true(judged > 50);
        assert_int_equal(r->steps[0].evaluated, judged + lines);
        assert_int_equal(r->evaluated, judged + lines + i); /* and that the clock moved */
    }
    assert_int_equal(b.suite.evaluated,
                     b.suite.results[0].evaluated + b.suite.results[1].evaluated);
    bench_deinit(&b);
}

static void test_evaluated__none_is_an_error(void **state)
{
    for (enum verdict_kind k = VERDICT_SKIP; k < VERDICT_MAX_; k++)
        for (size_t n = 0; n < 2; n++) {
            struct run_step step = {.evaluated = n};
            if (k == VERDICT_PASS)
                verdict_pass(&step.verdict, "as expected");
            else if (k == VERDICT_FAIL)
                verdict_fail(&step.verdict, "a", "b");
            else if (k == VERDICT_ERROR)
                verdict_error(&step.verdict, "it broke");
            else
                verdict_skip(&step.verdict, "not here");
            run_judge_evaluated(&step);
            bool claims = (k == VERDICT_PASS || k == VERDICT_FAIL) && n == 0;
            assert_int_equal(step.verdict.kind, claims ? VERDICT_ERROR : k);
            if (claims)
                test_has(step.verdict.reason, "nothing was evaluated");
            verdict_deinit(&step.verdict);
        }
}

/* A scenario's verdict climbs the lattice and never comes down; the first reason of a rank stays.
 */
static void test_worsen__is_a_lattice(void **state)
{
    for (enum verdict_kind a = VERDICT_SKIP; a < VERDICT_MAX_; a++)
        for (enum verdict_kind b = VERDICT_SKIP; b < VERDICT_MAX_; b++) {
            struct run_result r = {0};
            run_worsen(&r, a, xstrdup("first"));
            run_worsen(&r, b, xstrdup("second"));
            assert_int_equal(r.verdict, verdict_worse(a, b));
            assert_string_equal(r.reason, b > a ? "second" : "first");
            xfree(r.reason);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentinel__every_kind_everywhere_is_an_error_that_names_it),
        cmocka_unit_test(test_sentinel__an_expectation_it_meets_does_not_pass),
        cmocka_unit_test(test_sentinel__that_nobody_asked),
        cmocka_unit_test(test_sentinel__that_nobody_asked_in_a_scenario_that_broke),
        cmocka_unit_test(test_sentinel__cause_before_what_follows_from_it),
        cmocka_unit_test(test_twin__nothing_is_said_of_mocks),
        cmocka_unit_test(test_live__a_dead_one_is_named),
        cmocka_unit_test(test_live__takes_no_sentinel),
        cmocka_unit_test(test_evaluated__what_was_looked_at),
        cmocka_unit_test(test_evaluated__none_is_an_error),
        cmocka_unit_test(test_worsen__is_a_lattice),
    };
    return TEST_MAIN(tests);
}
