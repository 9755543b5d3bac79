/*
 * Expectations against what came: each kind of difference is seen, and said with both sides. A row
 * is a scenario with one expectation that does not hold, or its twin that does.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "tests/unit/run/suite.h"

struct row {
    const char *name;
    const char *yaml; /* after "title: t\n" */
    const char *expected;
    const char *actual; /* NULL: passes */
};

#define UI(expect_) LOGIN_UI_STEP "{" expect_ "}\n"
#define REFUSED(expect_)                                                                           \
    "steps:\n  - login: {as: admin, via: ui, password: wrong}\n    expect: {outcome: "             \
    "refused" expect_ "}\n"
#define AFTER(step_) UI("outcome: signed-in") step_
#define UNKNOWN_KEY "faults: [authentik/id-token.wrong-key]\n"
#define BY_DEX "outcome: refused, by: dex, at: callback"

static const struct row rows[] = {
    {"signed in", UI("outcome: signed-in"), NULL, NULL},
    {"not refused", UI("outcome: refused, by: dex, at: callback, shown: Login"), "outcome: refused",
     "outcome: signed-in"},
    {"not signed in",
     "steps:\n  - login: {as: admin, via: ui, password: wrong}\n    expect: {outcome: "
     "signed-in}\n",
     "outcome: signed-in", "refused by: authentik at login: Invalid password"},
    {"refused by another", REFUSED(", by: dex, at: login, shown: Invalid"), "by: dex",
     "by: authentik"},
    {"refused elsewhere", REFUSED(", by: authentik, at: token, shown: Invalid"), "at: token",
     "at: login"},
    {"refused as expected", REFUSED(", by: authentik, at: login, shown: Invalid password"), NULL,
     NULL},
    {"other words", REFUSED(", by: authentik, at: login, shown: Nonsense"), "shown: Nonsense",
     "shown: Invalid password"},
    {"user", UI("outcome: signed-in, user: nobody"), "user: nobody", "user: alice@company.example"},
    {"user by name", UI("outcome: signed-in, user: {name: alice@company.example}"), NULL, NULL},
    {"user by id", UI("outcome: signed-in, user: {id: x}"), "user.id: x", "user.id: "},
    {"groups", UI("outcome: signed-in, groups: [a]"), "groups: [a]", "groups: [ArgoCD Admins]"},
    {"no groups", UI("outcome: signed-in, groups: []"), "groups: []", "groups: [ArgoCD Admins]"},
    {"groups as they are", UI("outcome: signed-in, groups: [ArgoCD Admins]"), NULL, NULL},
    {"roles", UI("outcome: signed-in, roles: [role:readonly]"), "roles: [role:readonly]",
     "roles: [role:admin]"},
    {"can", UI("outcome: signed-in, cannot: [sync applications default/guestbook]"),
     "can-i sync applications default/guestbook: no", "yes"},
    {"can as it is", UI("outcome: signed-in, can: [sync applications default/guestbook]"), NULL,
     NULL},
    {"log",
     UNKNOWN_KEY UI(BY_DEX ", log: nonsense, checks: {fail: [authentik/id-token.signature]}"),
     "log: nonsense", "failed to verify id token signature"},
    {"log as it is",
     UNKNOWN_KEY UI(BY_DEX ", log: failed to verify id token signature, checks: {fail: "
                           "[authentik/id-token.signature]}"),
     NULL, NULL},
    {"a check that fails unexpected", UNKNOWN_KEY UI(BY_DEX ", shown: Login failed."),
     "check authentik/id-token.signature: a signature by a key of the JWKS",
     "none of the 1 key(s) verifies it"},
    {"a check that should have failed",
     UI("outcome: signed-in, checks: {fail: [dex/id-token.alg]}"), "check dex/id-token.alg: fail",
     "check dex/id-token.alg: pass"},
    {"a check that was skipped and should have failed",
     UI("outcome: signed-in, checks: {fail: [cli/request.pkce]}"), "check cli/request.pkce: fail",
     "skip: cli made no authorization request"},
    {"status of a call",
     AFTER("  - call: {method: GET, path: /api/v1/settings}\n    expect: {status: 404}\n"),
     "status: 404", "status: 200"},
    {"body of a call",
     AFTER("  - call: {method: GET, path: /api/v1/settings}\n    expect: {status: 200, body: "
           "nonsense}\n"),
     "body: nonsense", "body: {"},
    {"call as it is",
     AFTER("  - call: {method: GET, path: /api/v1/settings}\n    expect: {status: 200, body: "
           "'\"url\"'}\n"),
     NULL, NULL},
    {"call without the token",
     AFTER("  - call: {method: GET, path: /api/v1/account/can-i/projects/get/x, token: none}\n"
           "    expect: {status: 401, body: no session information}\n"),
     NULL, NULL},
    {"shown though escaped",
     "faults: [argocd/response-type.wrong]\n" LOGIN_UI_STEP
     "\n      outcome: refused\n      by: argocd\n      at: callback\n      shown: 'response type "
     "\"token\"'\n      checks: {fail: [argocd/request.response-type, {check: "
     "dex/response.error-description, because: it quotes}]}\n",
     NULL, NULL},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_row(void **state)
{
    const struct row *row = *state;
    AUTO(xfree) char *yaml = xasprintf("title: t\n%s", row->yaml);
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one", yaml);
    bench_run(&b);
    const struct run_result *r = &b.suite.results[0];
    const struct verdict *v = &r->steps[r->steps_len - 1].verdict;
    if (row->actual == NULL && r->verdict != VERDICT_PASS)
        fail_msg("%s: %s / %s / %s", verdict_name(r->verdict), v->expected, v->actual, r->reason);
    if (row->actual != NULL) {
        assert_int_equal(r->verdict, VERDICT_FAIL);
        if (!cstr_contains(v->expected, row->expected) || !cstr_contains(v->actual, row->actual))
            fail_msg("'%s' is not in '%s', or '%s' not in '%s'", row->expected, v->expected,
                     row->actual, v->actual);
    }
    bench_deinit(&b);
}

/* Every difference is a line: the report shows them side by side. */
static void test_compare__all_differences_at_once(void **state)
{
    (void)state;
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one",
              "title: t\n" UI("outcome: signed-in, user: x, groups: [g], roles: [r], can: [get "
                              "nothing at-all]"));
    bench_run(&b);
    const struct verdict *v = &b.suite.results[0].steps[0].verdict;
    static const char *const lines[] = {"user: x", "groups: [g]", "roles: [r]", "can-i get nothing",
                                        NULL};
    for (size_t i = 0; lines[i] != NULL; i++)
        assert_non_null(strstr(v->expected, lines[i]));
    assert_string_equal(js_get_text(b.suite.results[0].steps[0].actual, "outcome"), "signed-in");
    bench_deinit(&b);
}

int main(void)
{
    struct CMUnitTest tests[ROWS + 1] = {cmocka_unit_test(test_compare__all_differences_at_once)};
    for (size_t i = 0; i < ROWS; i++)
        tests[1 + i] = (struct CMUnitTest){.name = rows[i].name,
                                           .test_func = test_row,
                                           .initial_state = (void *)(uintptr_t)&rows[i]};
    return TEST_MAIN(tests);
}
