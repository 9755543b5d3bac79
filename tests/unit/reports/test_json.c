/*
 * The report for machines: the members of schema rolecall.report/1 (design.md 6), and that no
 * secret shows while ids and verdicts stay as they are.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "tests/unit/reports/suite.h"

static struct js *render(const struct suite_story *s)
{
    AUTO(xfree) char *text = report_find("json")->render(&s->suite, s->redactor, true);
    struct js *doc = NULL;
    assert_null(strstr(text, SUITE_SECRET));
    assert_null(strchr(text, '\033'));
    assert_int_equal(text[strlen(text) - 1], '\n');
    assert_int_equal(js_parse(str_of(text), "report", &doc, NULL), 0);
    return doc;
}

/* The member names in their order, blank-separated. */
static void has_members(const struct js *o, const char *expected)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    for (struct js_iter it = js_iter(o); js_next(&it);)
        strlist_add(&names, it.key);
    AUTO(xfree) char *got = strlist_join(&names, " ");
    assert_string_equal(got, expected);
}

static const struct js *scenario(const struct js *doc, size_t i)
{
    return js_at(js_get(doc, "scenarios"), i);
}

static const struct js *step(const struct js *doc, size_t i)
{
    return js_at(js_get(scenario(doc, i), "steps"), 0);
}

static void test_schema__members_of_each_object(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(js_free) struct js *doc = render(s);
    has_members(doc, "schema summary setup scenarios");
    assert_string_equal(js_get_text(doc, "schema"), "rolecall.report/1");
    has_members(js_get(doc, "summary"),
                "scenarios pass fail error skip known checks evaluated wall_ms");
    has_members(js_path(doc, "summary", "checks", NULL), "pass fail error skip");
    has_members(js_get(doc, "setup"), "versions systems seed");
    has_members(scenario(doc, SUITE_PASS),
                "id title file verdict evaluated took_us steps observed trace");
    has_members(scenario(doc, SUITE_SKIP),
                "id title file verdict reason evaluated took_us steps observed trace");
    has_members(scenario(doc, SUITE_KNOWN),
                "id title file verdict known evaluated took_us steps observed trace");
    has_members(scenario(doc, SUITE_FAIL),
                "id title file verdict known_lines evaluated took_us steps observed trace");
    has_members(step(doc, SUITE_PASS),
                "step kind line verdict expected actual evaluated took_us checks");
    has_members(step(doc, SUITE_FAIL),
                "step kind line verdict expected actual difference evaluated took_us checks");
    has_members(js_at(js_get(step(doc, SUITE_FAIL), "checks"), 0),
                "of id severity spec link verdict expected actual");
}

static void test_summary__counts(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(js_free) struct js *doc = render(s);
    AUTO(xfree) char *text = js_compact(js_get(doc, "summary"));
    assert_string_equal(text, "{\"scenarios\":5,\"pass\":1,\"fail\":2,\"error\":1,\"skip\":1,"
                              "\"known\":1,\"checks\":{\"pass\":2,\"fail\":2,\"error\":0,"
                              "\"skip\":0},\"evaluated\":12,\"wall_ms\":1234}");
}

static void test_setup__live_or_mock(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(js_free) struct js *doc = render(s);
    AUTO(xfree) char *text = js_compact(js_path(doc, "setup", "systems", NULL));
    assert_string_equal(text, "{\"authentik\":\"live\",\"dex\":\"mock\",\"argocd\":\"mock\"}");
}

static void test_failure__both_sides_redacted(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(js_free) struct js *doc = render(s);
    const struct js *difference = js_get(step(doc, SUITE_FAIL), "difference");
    assert_string_equal(js_get_text(difference, "expected"),
                        "outcome: signed-in\nshown: <welcome>");
    assert_non_null(strstr(js_get_text(difference, "actual"), "shown: no & [code "));
    assert_string_equal(js_get_text(scenario(doc, SUITE_FAIL), "title"), "Bad & <odd> \"title\"");
}

static void test_trace__redacted_in_order(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(js_free) struct js *doc = render(s);
    const struct js *trace = js_get(scenario(doc, SUITE_FAIL), "trace");
    assert_int_equal(js_len(trace), 2);
    const char *url = js_text(js_path(js_at(trace, 1), "request", "url", NULL));
    assert_true(cstr_starts(url, "https://argocd.company/auth/callback?code=[code "));
    assert_int_equal(js_len(js_get(scenario(doc, SUITE_PASS), "trace")), 0);
}

static void test_words__of_the_program_are_no_secrets(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    static const char *const passwords[] = {"login/good", "pass", "verdict", "id-token.alg",
                                            "login as admin via ui"};
    for (size_t i = 0; i < TEST_COUNT(passwords); i++)
        redactor_add(s->redactor, "password", passwords[i]);
    AUTO(js_free) struct js *doc = render(s);
    assert_string_equal(js_get_text(scenario(doc, SUITE_PASS), "id"), "login/good");
    assert_string_equal(js_get_text(scenario(doc, SUITE_PASS), "verdict"), "pass");
    assert_string_equal(js_get_text(step(doc, SUITE_PASS), "step"), "login as admin via ui");
    const struct js *check = js_at(js_get(step(doc, SUITE_PASS), "checks"), 0);
    assert_string_equal(js_get_text(check, "id"), "id-token.alg");
}

static void test_failure__lines_for_the_known(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    AUTO(js_free) struct js *doc = render(s);
    AUTO(xfree) char *text = js_compact(js_get(scenario(doc, SUITE_FAIL), "known_lines"));
    assert_string_equal(text, "[\"login/bad \\\"outcome: refused\\\"\","
                              "\"login/bad authentik/id-token.alg \\\"HS256\\\"\"]");
}

static void test_known__state_of_each_entry(void **state)
{
    static const char *const states[SUITE_ENTRIES] = {"failed", "stale", "not-judged",
                                                      "not-selected"};
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_expect(s);
    AUTO(js_free) struct js *doc = render(s);
    const struct js *known = js_get(doc, "known");
    assert_int_equal(js_len(known), SUITE_ENTRIES);
    for (size_t i = 0; i < SUITE_ENTRIES; i++)
        assert_string_equal(js_get_text(js_at(known, i), "state"), states[i]);
    has_members(js_at(known, 0), "file line scenario check state reason");
    has_members(js_at(known, 1), "file line scenario check text state reason");
    assert_true(cstr_starts(js_get_text(js_at(known, 1), "text"), "HS256 <[code "));
    assert_string_equal(js_get_text(js_at(known, 1), "reason"),
                        "it no longer fails: the scenario passes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema__members_of_each_object),
        cmocka_unit_test(test_summary__counts),
        cmocka_unit_test(test_setup__live_or_mock),
        cmocka_unit_test(test_failure__both_sides_redacted),
        cmocka_unit_test(test_failure__lines_for_the_known),
        cmocka_unit_test(test_known__state_of_each_entry),
        cmocka_unit_test(test_trace__redacted_in_order),
        cmocka_unit_test(test_words__of_the_program_are_no_secrets),
    };
    return TEST_MAIN(tests);
}
