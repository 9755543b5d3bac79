/* The suite: exit statuses, order, deadline, fail-fast, known failures, traces. */
#include "tests/support/test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/str.h"
#include "tests/unit/run/suite.h"

static void test_exit__all_pass(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 0);
    assert_int_equal(b.suite.scenarios[VERDICT_PASS], 1);
    assert_int_equal(b.suite.checks[VERDICT_FAIL], 0);
    assert_true(b.suite.checks[VERDICT_PASS] > 50);
    bench_deinit(&b);
}

static void test_exit__a_failure(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    bench_add(&b, "two", BAD);
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 1);
    assert_int_equal(b.suite.results[0].verdict, VERDICT_PASS);
    assert_int_equal(b.suite.results[1].verdict, VERDICT_FAIL);
    bench_deinit(&b);
}

static void test_exit__known_failures_do_not_count(void **state)
{
    (void)state;
    AUTO(known_list_deinit) struct known_list known = {0};
    struct bench_of b;
    bench_init(&b);
    bench_known(&b, &known, "two\n");
    bench_add(&b, "one", GOOD);
    bench_add(&b, "two", BAD);
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 0);
    assert_int_equal(b.suite.known, 1);
    assert_true(b.suite.results[1].known);
    assert_false(b.suite.results[0].known);
    assert_int_equal(b.suite.results[1].verdict, VERDICT_FAIL); /* shown all the same */
    bench_deinit(&b);
}

static void test_exit__a_failure_beside_a_known_one(void **state)
{
    (void)state;
    AUTO(known_list_deinit) struct known_list known = {0};
    struct bench_of b;
    bench_init(&b);
    bench_known(&b, &known, "two\n");
    bench_add(&b, "two", BAD);
    bench_add(&b, "three", BAD);
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 1);
    bench_deinit(&b);
}

/* A fault that no step comes by proves nothing: the scenario is broken, not passed. */
static void test_exit__a_fault_that_was_never_played(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one",
              "title: t\nfaults: [cli/verifier.wrong]\n" LOGIN_UI_STEP "{outcome: signed-in}\n");
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 3);
    assert_int_equal(b.suite.results[0].verdict, VERDICT_ERROR);
    assert_non_null(strstr(b.suite.results[0].reason, "cli/verifier.wrong was never played"));
    bench_deinit(&b);
}

static void test_exit__counts(void **state)
{
    (void)state;
    static const struct {
        size_t pass, fail, error, skip, known, stale;
        int status;
    } rows[] = {
        {1, 0, 0, 0, 0, 0, 0}, {1, 1, 0, 0, 0, 0, 1}, {1, 1, 0, 0, 1, 0, 0}, {1, 2, 0, 0, 1, 0, 1},
        {5, 0, 1, 0, 0, 0, 3}, {5, 1, 1, 0, 0, 0, 3}, {0, 0, 0, 3, 0, 0, 3}, {0, 0, 0, 0, 0, 0, 3},
        {1, 0, 0, 9, 0, 0, 0}, {0, 1, 0, 0, 1, 0, 0}, {1, 0, 0, 0, 0, 1, 1}, {1, 1, 0, 0, 1, 1, 1},
        {1, 0, 1, 0, 0, 1, 3}, {0, 0, 0, 1, 0, 1, 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct run_suite s = {.known = rows[i].known, .stale = rows[i].stale};
        s.scenarios[VERDICT_PASS] = rows[i].pass;
        s.scenarios[VERDICT_FAIL] = rows[i].fail;
        s.scenarios[VERDICT_ERROR] = rows[i].error;
        s.scenarios[VERDICT_SKIP] = rows[i].skip;
        assert_int_equal(run_exit_status(&s), rows[i].status);
    }
}

static void test_deadline__what_was_not_run_is_an_error(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    bench_add(&b, "two", GOOD);
    b.conf.has_deadline = true; /* of no time at all */
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 3);
    assert_int_equal(b.suite.scenarios[VERDICT_ERROR], 2);
    assert_non_null(strstr(b.suite.results[1].reason, "the deadline of the run was reached"));
    bench_deinit(&b);
}

static void test_deadline__far_away(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    b.conf.has_deadline = true;
    b.conf.deadline_ms = INT64_C(3600) * 1000;
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 0);
    bench_deinit(&b);
}

static void test_fail_fast__begins_nothing_more(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    bench_add(&b, "two", BAD);
    bench_add(&b, "three", GOOD);
    b.conf.fail_fast = true;
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 1);
    assert_int_equal(b.suite.results[2].verdict, VERDICT_SKIP);
    assert_non_null(strstr(b.suite.results[2].reason, "--fail-fast"));
    assert_true(strlist_has(&b.told, "end three skip"));
    assert_false(strlist_has(&b.told, "begin three"));
    bench_deinit(&b);
}

static void test_fail_fast__goes_on_after_a_known_failure(void **state)
{
    (void)state;
    AUTO(known_list_deinit) struct known_list known = {0};
    struct bench_of b;
    bench_init(&b);
    bench_known(&b, &known, "one\n");
    bench_add(&b, "one", BAD);
    bench_add(&b, "two", GOOD);
    b.conf.fail_fast = true;
    bench_run(&b);
    assert_int_equal(b.suite.results[1].verdict, VERDICT_PASS);
    bench_deinit(&b);
}

static void test_jobs__results_in_the_order_of_selection(void **state)
{
    (void)state;
    static const char *const ids[] = {"f", "a", "d", "c", "b", "e"};
    struct bench_of b;
    bench_init(&b);
    for (size_t i = 0; i < 6; i++)
        bench_add(&b, ids[i], i % 2 == 0 ? GOOD : BAD);
    b.conf.jobs = 3;
    bench_run(&b);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(b.suite.results[i].id, ids[i]);
        assert_int_equal(b.suite.results[i].number, i);
        assert_int_equal(b.suite.results[i].verdict, i % 2 == 0 ? VERDICT_PASS : VERDICT_FAIL);
    }
    assert_string_equal(b.told.items[0], "suite 6");
    assert_int_equal(b.told.len, 13);
    bench_deinit(&b);
}

/* The same seed gives the same login, however many runners there are. */
static void test_seed__repeats(void **state)
{
    (void)state;
    char *users[2] = {NULL, NULL};
    for (int run = 0; run < 2; run++) {
        struct bench_of b;
        bench_init(&b);
        bench_add(&b, "zero", GOOD);
        bench_add(&b, "one", GOOD);
        b.conf.jobs = run == 0 ? 1 : 2;
        bench_run(&b);
        users[run] = js_compact(b.suite.results[1].steps[0].actual);
        bench_deinit(&b);
    }
    assert_string_equal(users[0], users[1]);
    xfree(users[0]);
    xfree(users[1]);
}

static void test_trace__is_written_for_its_owner_only(void **state)
{
    (void)state;
    struct stat st = {0};
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "login/one", GOOD);
    b.conf.trace_dir = b.dir;
    bench_run(&b);
    AUTO(xfree) char *path = xasprintf("%s/login_one.json", b.dir);
    if (stat(path, &st) != 0)
        fail_msg("no %s", path);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(st.st_size > 10000);
    unlink(path);
    bench_deinit(&b);
}

static void test_trace__that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", GOOD);
    b.conf.trace_dir = "/proc/nowhere";
    bench_run(&b);
    assert_int_equal(b.suite.results[0].verdict, VERDICT_ERROR);
    assert_int_equal(run_exit_status(&b.suite), 3);
    bench_deinit(&b);
}

static void test_suite__of_nothing(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_run(&b);
    assert_int_equal(run_exit_status(&b.suite), 3); /* silence never passes */
    assert_string_equal(b.suite.versions[SYSTEM_ARGOCD], "3.5");
    bench_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit__all_pass),
        cmocka_unit_test(test_exit__a_failure),
        cmocka_unit_test(test_exit__known_failures_do_not_count),
        cmocka_unit_test(test_exit__a_failure_beside_a_known_one),
        cmocka_unit_test(test_exit__a_fault_that_was_never_played),
        cmocka_unit_test(test_exit__counts),
        cmocka_unit_test(test_deadline__what_was_not_run_is_an_error),
        cmocka_unit_test(test_deadline__far_away),
        cmocka_unit_test(test_fail_fast__begins_nothing_more),
        cmocka_unit_test(test_fail_fast__goes_on_after_a_known_failure),
        cmocka_unit_test(test_jobs__results_in_the_order_of_selection),
        cmocka_unit_test(test_seed__repeats),
        cmocka_unit_test(test_trace__is_written_for_its_owner_only),
        cmocka_unit_test(test_trace__that_cannot_be_written_is_an_error),
        cmocka_unit_test(test_suite__of_nothing),
    };
    return TEST_MAIN(tests);
}
