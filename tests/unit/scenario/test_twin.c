/*
 * Twins: which scenarios have one, what is taken away, and what a twin: in the file changes. A row
 * is a scenario and the scenario its twin must be.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "tests/unit/scenario/vocabulary.h"

struct row {
    const char *name;
    const char *yaml; /* after "title: t\n" */
    const char *twin; /* the same of its twin; NULL = it has none */
};

#define REFUSED "expect: {outcome: refused, by: dex, at: callback, shown: no}"
#define WORKS "expect: {outcome: signed-in, as_configured: yes}"
#define UI "steps:\n  - login: {as: admin, via: ui}\n    "
#define PATCH "setup: {authentik: {provider: {signing_key: none}}}\n"
#define FAULT "faults: [authentik/id-token.expired]\n"

static const struct row rows[] = {
    {"nothing refused, no twin", UI "expect: {outcome: signed-in, roles: [r]}\n", NULL},
    {"faults are taken first", FAULT PATCH UI REFUSED "\n", PATCH UI WORKS "\n"},
    {"faults of steps are taken", UI "faults: [browser/state.lost]\n    " REFUSED "\n",
     UI WORKS "\n"},
    {"then the change of the setup", PATCH UI REFUSED "\n", UI WORKS "\n"},
    {"then what the request asks otherwise",
     PATCH "steps:\n  - login: {as: admin, via: cli, request: {state: x}}\n    " REFUSED "\n",
     PATCH "steps:\n  - login: {as: admin, via: cli}\n    " WORKS "\n"},
    {"then the wrong password",
     "steps:\n  - login: {as: admin, via: ui, password: wrong}\n    " REFUSED "\n", UI WORKS "\n"},
    {"a wrong code goes before the change of the setup",
     PATCH "steps:\n  - login: {as: admin, via: ui, second_factor: wrong}\n    " REFUSED "\n",
     PATCH UI WORKS "\n"},
    {"a static code is nothing wrong, a used one is",
     UI "expect: {outcome: signed-in}\n  - login: {as: admin, via: ui, second_factor: static}\n    "
        "expect: {outcome: signed-in}\n  - login: {as: admin, via: ui, second_factor: used}\n   "
        " " REFUSED "\n",
     UI WORKS "\n  - login: {as: admin, via: ui, second_factor: static}\n    " WORKS
              "\n  - login: {as: admin, via: ui}\n    " WORKS "\n"},
    {"then the person with fewer rights",
     "steps:\n  - login: {as: viewer, via: ui}\n    expect: {outcome: signed-in, cannot: [sync "
     "applications x]}\n",
     UI "expect: {outcome: signed-in, as_configured: yes, can: [sync applications x]}\n"},
    {"without groups is less than with",
     "steps:\n  - login: {as: nobody, via: ui}\n    expect: {outcome: signed-in, groups: []}\n",
     UI WORKS "\n"},
    {"without roles too",
     "steps:\n  - login: {as: nobody, via: ui}\n    expect: {outcome: signed-in, roles: []}\n",
     UI WORKS "\n"},
    {"refused without anything to take", UI REFUSED "\n", NULL},
    {"a failing check is negative",
     FAULT UI "expect: {outcome: signed-in, checks: {fail: [dex/id-token.alg]}}\n", UI WORKS "\n"},
    {"a call that is refused",
     FAULT UI "expect: {outcome: signed-in}\n  - call: {method: GET, path: /x}\n    expect: "
              "{status: 401, body: no}\n",
     UI WORKS "\n  - call: {method: GET, path: /x}\n    expect: {status: 200}\n"},
    {"a call that works stays as it is",
     FAULT UI REFUSED "\n  - call: {method: GET, path: /x}\n    expect: {status: 200, body: y}\n",
     UI WORKS "\n  - call: {method: GET, path: /x}\n    expect: {status: 200, body: y}\n"},
    {"refresh and logout only work",
     FAULT UI "expect: {outcome: signed-in}\n  - refresh:\n    " REFUSED
              "\n  - logout: {from: argocd}\n    expect: {outcome: signed-in}\n",
     UI WORKS "\n  - refresh:\n    expect: {outcome: signed-in}\n  - logout: {from: argocd}\n    "
              "expect: {outcome: signed-in}\n"},
    {"it says why there is none", "twin: {none: the person is locked out}\n" FAULT UI REFUSED "\n",
     NULL},
    {"a patch of the setup",
     "twin: {setup: {authentik: {provider: {signing_key: ec}}}}\n" PATCH UI REFUSED "\n",
     "setup: {authentik: {provider: {signing_key: ec}}}\n" UI WORKS "\n"},
    {"a patch keeps the faults",
     "twin: {setup: {authentik: {provider: {signing_key: ec}}}}\n" FAULT PATCH UI REFUSED "\n",
     FAULT "setup: {authentik: {provider: {signing_key: ec}}}\n" UI WORKS "\n"},
    {"a patch takes the faults", "twin: {faults: null}\n" FAULT UI REFUSED "\n", UI WORKS "\n"},
    {"a patch of one fault of a list",
     "twin: {faults: {2: {with: {aud: x}}}}\nfaults: [authentik/id-token.expired, {id: "
     "authentik/id-token.wrong-aud, with: {aud: y, note: z}}]\n" UI REFUSED "\n",
     "faults: [authentik/id-token.expired, {id: authentik/id-token.wrong-aud, with: {aud: x, "
     "note: z}}]\n" UI WORKS "\n"},
    {"a patch of a fault that was a word",
     "twin: {faults: {1: {id: authentik/id-token.wrong-aud, with: {aud: x}}}}\nfaults: "
     "[authentik/id-token.wrong-aud]\n" UI REFUSED "\n",
     "faults: [{id: authentik/id-token.wrong-aud, with: {aud: x}}]\n" UI WORKS "\n"},
    {"a step is taken away",
     "twin: {steps: {1: null}}\nsteps:\n  - advance: 2h\n  - login: {as: "
     "admin, via: ui}\n    " REFUSED "\n",
     UI WORKS "\n"},
    {"a step becomes another",
     "twin: {steps: {1: {advance: 1s}}}\nsteps:\n  - advance: 2h\n  - login: {as: admin, via: "
     "ui}\n    " REFUSED "\n",
     "steps:\n  - advance: 1s\n  - login: {as: admin, via: ui}\n    " WORKS "\n"},
    {"a patch says what it expects",
     "twin: {steps: {1: {expect: {as_configured: null, roles: [r]}}}}\n" FAULT UI REFUSED "\n",
     FAULT UI "expect: {outcome: signed-in, roles: [r]}\n"},
    {"a whole list replaces the list",
     "twin: {steps: [{login: {as: bob, via: cli}, expect: {outcome: signed-in}}]}\n" UI REFUSED
     "\n",
     "steps: [{login: {as: bob, via: cli}, expect: {outcome: signed-in}}]\n"},
    {"a scenario that works may have one too",
     "twin: {steps: {1: {login: {as: viewer}}}}\n" UI "expect: {outcome: signed-in}\n",
     "steps:\n  - login: {as: viewer, via: ui}\n    " WORKS "\n"},
};

static struct scenario *load(const char *yaml, const char *id)
{
    char path[] = "/tmp/rolecall-twin-XXXXXX";
    struct scenario *s = NULL;
    struct err err = {0};
    AUTO(xfree) char *text = xasprintf("title: t\n%s", yaml);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    int rc = file_write(path, text, strlen(text), S_IRUSR | S_IWUSR, &err);
    if (rc == 0)
        rc = scenario_load(path, id, &test_vocabulary, &s, &err);
    unlink(path);
    if (rc != 0)
        fail_msg("%d:%d: %s", err.line, err.column, err.msg);
    return s;
}

static void assert_same(const struct scenario *a, const struct scenario *b)
{
    AUTO(xfree) char *x = scenario_doing(a);
    AUTO(xfree) char *y = scenario_doing(b);
    assert_string_equal(x, y);
    assert_int_equal(a->steps_len, b->steps_len);
    for (size_t i = 0; i < a->steps_len; i++) {
        const struct scenario_expect *e = &a->steps[i].expect;
        const struct scenario_expect *f = &b->steps[i].expect;
        assert_int_equal(e->as_configured, f->as_configured);
        assert_int_equal(e->status, f->status);
        assert_int_equal(e->can.len, f->can.len);
        assert_int_equal(e->roles.len, f->roles.len);
        assert_int_equal(e->cannot.len + e->checks_fail.len, 0);
        assert_true(e->outcome == f->outcome || strcmp(e->outcome, f->outcome) == 0);
        assert_true(e->body == f->body || strcmp(e->body, f->body) == 0);
    }
}

static void test_row(void **state)
{
    const struct row *row = *state;
    AUTO(scenario_free) struct scenario *s = load(row->yaml, "x/y");
    assert_null(s->twin_of);
    if (row->twin == NULL) {
        assert_null(s->twin);
        return;
    }
    AUTO(scenario_free) struct scenario *expected = load(row->twin, "twin");
    assert_non_null(s->twin);
    assert_string_equal(s->twin->id, "x/y+twin");
    assert_string_equal(s->twin->twin_of, "x/y");
    assert_string_equal(s->twin->title, "t (twin: it works)");
    assert_null(s->twin->twin);
    assert_same(s->twin, expected);
}

static void test_none__has_its_reason(void **state)
{
    (void)state;
    AUTO(scenario_free)
    struct scenario *s =
        load("twin: {none: the person is locked out}\n" FAULT UI REFUSED "\n", "x");
    assert_true(s->is_negative);
    assert_string_equal(s->twin_none, "the person is locked out");
}

/* Equal runs are known by what is done; what is expected plays no part, and every value does. */
static void test_doing__tells_runs_apart(void **state)
{
    (void)state;
    static const char *const others[] = {
        FAULT UI WORKS "\n",
        "faults: [browser/state.lost]\n" PATCH UI WORKS "\n",
        "faults: [{id: browser/state.lost, when: once}]\n" PATCH UI WORKS "\n",
        "faults: [authentik/id-token.wrong-aud]\n" PATCH UI WORKS "\n",
        PATCH UI WORKS "\n",
        "tags: [port-8085]\n" FAULT PATCH UI WORKS "\n",
        PATCH UI "faults: [authentik/id-token.expired]\n    " WORKS "\n",
        FAULT PATCH "steps:\n  - login: {as: admin, via: cli}\n    " WORKS "\n",
        FAULT PATCH "steps:\n  - login: {as: viewer, via: ui}\n    " WORKS "\n",
        FAULT PATCH "steps:\n  - login: {as: admin, via: ui, fresh_browser: yes}\n    " WORKS "\n",
        FAULT PATCH UI WORKS "\n  - advance: 1s\n",
    };
    AUTO(scenario_free) struct scenario *s = load(FAULT PATCH UI REFUSED "\n", "one");
    AUTO(scenario_free)
    struct scenario *same = load("tags: [x]\n" FAULT PATCH UI WORKS "\n", "two");
    AUTO(xfree) char *doing = scenario_doing(s);
    AUTO(xfree) char *doing_same = scenario_doing(same);
    assert_string_equal(doing, doing_same);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        AUTO(scenario_free) struct scenario *other = load(others[i], "one");
        AUTO(xfree) char *text = scenario_doing(other);
        assert_string_not_equal(doing, text);
    }
}

static void test_without__leaves_one_fault_out(void **state)
{
    (void)state;
    AUTO(scenario_free)
    struct scenario *s =
        load("faults: [authentik/id-token.expired, authentik/id-token.wrong-aud]\n" UI
             "faults: [authentik/id-token.expired, browser/state.lost]\n    " REFUSED "\n",
             "x");
    AUTO(scenario_free)
    struct scenario *without = scenario_without(s, "authentik/id-token.expired");
    assert_string_equal(without->id, "x");
    assert_int_equal(without->faults_len, 1);
    assert_string_equal(without->faults[0].id, "authentik/id-token.wrong-aud");
    assert_int_equal(without->steps[0].faults_len, 1);
    assert_string_equal(without->steps[0].faults[0].id, "browser/state.lost");
    assert_string_equal(without->steps[0].expect.outcome, "refused");
    assert_int_equal(s->faults_len, 2); /* the scenario itself stays whole */
    assert_int_equal(s->steps[0].faults_len, 2);
}

#define ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[ROWS + 3] = {cmocka_unit_test(test_none__has_its_reason),
                                         cmocka_unit_test(test_doing__tells_runs_apart),
                                         cmocka_unit_test(test_without__leaves_one_fault_out)};
    for (size_t i = 0; i < ROWS; i++)
        tests[3 + i] = (struct CMUnitTest){.name = rows[i].name,
                                           .test_func = test_row,
                                           .initial_state = (void *)(uintptr_t)&rows[i]};
    return TEST_MAIN(tests);
}
