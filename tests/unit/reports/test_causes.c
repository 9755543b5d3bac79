/* What failures have in common: which count as one, in which order, and when it is said at all. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "reports/formats.h"

#define SECRET "correct-horse-battery"

static struct run_step *step_of(struct run_suite *s, size_t i, const char *outcome)
{
    struct run_result *r = &s->results[i];
    r->id = "some/id";
    r->title = "Some";
    r->file = "some/id.yaml";
    r->verdict = VERDICT_FAIL;
    r->steps = xcalloc(1, sizeof(*r->steps));
    r->steps_len = 1;
    r->steps[0].text = "login as admin via ui";
    r->steps[0].kind = "login";
    r->steps[0].expected = js_object();
    js_set_text(r->steps[0].expected, "outcome", outcome);
    verdict_fail(&r->steps[0].verdict, "e", "a");
    s->scenarios[VERDICT_FAIL]++;
    return &r->steps[0];
}

static void refused(struct run_suite *s, size_t i, const char *shown)
{
    struct run_step *step = step_of(s, i, "signed-in");
    step->seen.is_login = true;
    step->seen.login.outcome = LOGIN_REFUSED;
    step->seen.login.by = "argocd";
    step->seen.login.at = "start";
    step->seen.login.shown = xstrdup(shown);
}

static void differs(struct run_suite *s, size_t i, const char *actual)
{
    struct run_step *step = step_of(s, i, "signed-in");
    step->seen.is_login = true;
    step->seen.login.outcome = LOGIN_SIGNED_IN;
    step->differences = xcalloc(1, sizeof(*step->differences));
    step->differences_len = 1;
    step->differences[0] = (struct run_difference){
        .what = xstrdup("roles"), .expected = xstrdup("[a]"), .actual = xstrdup(actual)};
}

static void broke(struct run_suite *s, size_t i, const char *reason)
{
    s->results[i].verdict = VERDICT_ERROR;
    s->results[i].id = s->results[i].title = s->results[i].file = "x";
    s->results[i].reason = xstrdup(reason);
    s->scenarios[VERDICT_ERROR]++;
}

static struct run_suite suite_of(size_t len)
{
    return (struct run_suite){.results = xcalloc(len, sizeof(struct run_result)), .len = len};
}

static char *render(const struct run_suite *s)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "code", SECRET);
    return report_find("console")->render(s, r, false);
}

static void test_causes__alike_are_counted_most_first(void **state)
{
    (void)state;
    AUTO(run_suite_deinit) struct run_suite s = suite_of(6);
    differs(&s, 0, "[b]");
    refused(&s, 1, "no provider\nsecond line");
    broke(&s, 2, "port taken");
    refused(&s, 3, "no provider");
    refused(&s, 4, "no provider\nanother second line");
    differs(&s, 5, "[b]");
    AUTO(xfree) char *text = render(&s);
    test_has(text, "\ncause 3 x refused by argocd at start: no provider\n"
                   "cause 2 x roles: expected [a], found [b]\n"
                   "cause 1 x port taken\n\n");
}

/* Where a refusal was expected, and at this place, its words are what differs. */
static void test_causes__a_refusal_that_was_expected(void **state)
{
    (void)state;
    AUTO(run_suite_deinit) struct run_suite s = suite_of(4);
    for (size_t i = 0; i < 4; i++) {
        struct run_step *step = step_of(&s, i, "refused");
        js_set_text(step->expected, "by", "argocd");
        js_set_text(step->expected, "at", i < 3 ? "start" : "callback");
        step->seen.is_login = true;
        step->seen.login.outcome = LOGIN_REFUSED;
        step->seen.login.by = "argocd";
        step->seen.login.at = "start";
        step->seen.login.shown = xstrdup("no");
        step->differences = xcalloc(1, sizeof(*step->differences));
        step->differences_len = 1;
        step->differences[0] = (struct run_difference){
            .what = xstrdup("shown"), .expected = xstrdup("yes"), .actual = xstrdup("no")};
    }
    AUTO(xfree) char *text = render(&s);
    test_has(text,
             "cause 3 x shown: expected yes, found no\ncause 1 x refused by argocd at start: no\n");
}

/* Their tags differ, and what they are tags of does not matter. */
static void test_causes__secrets_are_no_difference(void **state)
{
    (void)state;
    AUTO(run_suite_deinit) struct run_suite s = suite_of(4);
    refused(&s, 0, "code [code 00112233] is used");
    refused(&s, 1, "code [code aabbccdd] is used");
    refused(&s, 2, "code " SECRET " is used");
    refused(&s, 3, "code [code aabbccdd] is used");
    AUTO(xfree) char *text = render(&s);
    test_has(text, "cause 4 x refused by argocd at start: code [code] is used\n");
    assert_null(strstr(text, SECRET));
}

static void test_causes__a_few_or_known_ones_are_not_summed_up(void **state)
{
    (void)state;
    AUTO(run_suite_deinit) struct run_suite few = suite_of(3);
    for (size_t i = 0; i < 3; i++)
        refused(&few, i, "no");
    AUTO(xfree) char *text = render(&few);
    assert_null(strstr(text, "cause "));

    AUTO(run_suite_deinit) struct run_suite known = suite_of(5);
    for (size_t i = 0; i < 5; i++)
        refused(&known, i, "no");
    for (size_t i = 0; i < 2; i++)
        known.results[i].known = true;
    known.known = 2;
    AUTO(xfree) char *forgiven = render(&known);
    assert_null(strstr(forgiven, "cause "));
}

static void test_causes__many_and_long_ones(void **state)
{
    (void)state;
    AUTO(run_suite_deinit) struct run_suite s = suite_of(10);
    AUTO(xfree) char *word = xcalloc(1, 400);
    memset(word, 'x', 399);
    for (size_t i = 0; i < 10; i++) {
        AUTO(xfree) char *shown = xasprintf("%zu %s", i, word);
        refused(&s, i, shown);
    }
    AUTO(xfree) char *text = render(&s);
    test_has(text, "xx …\n");
    AUTO(run_suite_deinit) struct run_suite wide = suite_of(4);
    for (size_t i = 0; i < 4; i++) {
        AUTO(buf_deinit) struct buf shown;
        buf_init(&shown, BUF_MAX_TEXT);
        for (size_t k = 0; k < 100; k++)
            buf_adds(&shown, "ä€");
        refused(&wide, i, shown.ptr);
    }
    AUTO(xfree) char *whole = render(&wide);
    test_has(whole, "cause 4 x ");
    assert_null(strstr(whole, "\\x"));
    test_has(text, "\n      and 2 more\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes__alike_are_counted_most_first),
        cmocka_unit_test(test_causes__a_refusal_that_was_expected),
        cmocka_unit_test(test_causes__secrets_are_no_difference),
        cmocka_unit_test(test_causes__a_few_or_known_ones_are_not_summed_up),
        cmocka_unit_test(test_causes__many_and_long_ones),
    };
    return TEST_MAIN(tests);
}
