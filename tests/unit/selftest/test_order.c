/*
 * When two runs of the same are alike: verdict, what was seen and every check. Draws of another
 * seed make no difference; anything else that the order could change does.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/selftest/internal.h"
#include "reports/report.h"
#include "tests/unit/run/suite.h"

#define FOREIGN                                                                                    \
    "title: t\nfaults: [dex/authorize.open-redirect]\nsteps:\n  - login: {as: admin, via: ui}\n"   \
    "    faults: [{id: browser/authorize.redirect-uri-changed, with: {at: dex}}]\n    expect: "    \
    "{outcome: no-answer, by: dex, at: callback, shown: attacker, checks: {fail: "                 \
    "[dex/response.redirect-uri]}}\n"
#define VIEWER                                                                                     \
    "title: t\nsteps:\n  - login: {as: viewer, via: ui}\n    expect: {outcome: signed-in}\n"
#define NO_STATE                                                                                   \
    "title: t\nfaults: [dex/token.cacheable]\n" LOGIN_UI_STEP                                      \
    "{outcome: signed-in, checks: {fail: [dex/token.no-store]}}\n"

struct pair {
    const char *name;
    const char *first;
    const char *second;
    bool same;
};

static const struct pair rows[] = {
    {"the same", GOOD, GOOD, true},
    {"the same with a code in its text", FOREIGN, FOREIGN, true},
    {"other people", GOOD, VIEWER, false},
    {"another verdict", GOOD, BAD, false},
    {"a check that fails in one", GOOD, NO_STATE, false},
    {"another number of steps", GOOD, GOOD "  - advance: 1s\n", false},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void run_one_of(struct bench_of *b, const char *yaml, uint64_t seed)
{
    bench_init(b);
    bench_add(b, "one", yaml);
    b->conf.seed = seed;
    bench_run(b);
}

static void test_pair(void **state)
{
    const struct pair *row = *state;
    struct bench_of a, b;
    run_one_of(&a, row->first, 1);
    run_one_of(&b, row->second, 2);
    struct redactor *of_a = report_redactor(&a.suite);
    struct redactor *of_b = report_redactor(&b.suite);
    assert_int_equal(is_same_run(of_a, &a.suite.results[0], of_b, &b.suite.results[0]), row->same);
    redactor_free(of_a);
    redactor_free(of_b);
    bench_deinit(&a);
    bench_deinit(&b);
}

int main(void)
{
    struct CMUnitTest tests[ROWS] = {0};
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){.name = rows[i].name,
                                       .test_func = test_pair,
                                       .initial_state = (void *)(uintptr_t)&rows[i]};
    return TEST_MAIN(tests);
}
