/*
 * One file with every key: what the loader makes of it. The refused twins are in test_broken.c.
 */
#include "tests/support/test.h"

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "tests/unit/scenario/vocabulary.h"

static struct scenario *everything;

static int load_everything(void **state)
{
    (void)state;
    AUTO(xfree) char *path = test_data("scenario/good/everything.yaml");
    struct err err = {0};
    if (scenario_load(path, "good/everything", &test_vocabulary, &everything, &err) != 0)
        fail_msg("%s:%d: %s", err.file, err.line, err.msg);
    return 0;
}

static int free_everything(void **state)
{
    (void)state;
    everything = scenario_free(everything);
    return 0;
}

static void test_head__is_read(void **state)
{
    (void)state;
    assert_string_equal(everything->id, "good/everything");
    assert_string_equal(everything->title, "Every key once");
    assert_string_equal(everything->about, "Two lines\nof text.\n");
    assert_int_equal(everything->refs.len, 1);
    assert_string_equal(everything->refs.items[0], "a/b#1");
}

static void test_tags__of_logins_are_added(void **state)
{
    (void)state;
    assert_int_equal(everything->tags.len, 5);
    assert_true(scenario_has_tag(everything, "bug"));
    assert_true(scenario_has_tag(everything, "port-8085"));
    assert_true(scenario_has_tag(everything, "ui"));
    assert_true(scenario_has_tag(everything, "cli"));
    assert_true(scenario_has_tag(everything, "direct"));
    assert_false(scenario_has_tag(everything, "smoke"));
}

static void test_patch__has_types_only_where_dex_and_claims_need_them(void **state)
{
    (void)state;
    const struct js *p = everything->patch;
    const struct js *config = js_path(p, "dex", "connectors", "authentik", "config", NULL);
    const struct js *alice = js_path(p, "people", "alice", NULL);
    int64_t level = 0;
    assert_string_equal(
        js_text(js_path(p, "authentik", "provider", "include_claims_in_id_token", NULL)), "no");
    assert_true(js_is(js_get(config, "insecureEnableGroups"), JS_FALSE));
    assert_non_null(js_get(config, "getUserInfo"));
    assert_true(js_is(js_get(config, "getUserInfo"), JS_NULL));
    assert_int_equal(js_get_number(js_get(alice, "claims"), "level", &level), 0);
    assert_int_equal(level, 3);
    assert_string_equal(js_get_text(alice, "groups_count"), "7");
}

static void test_faults__have_times_and_with(void **state)
{
    (void)state;
    int64_t aud = 0;
    assert_int_equal(everything->faults_len, 3);
    assert_string_equal(everything->faults[0].id, "authentik/id-token.expired");
    assert_int_equal(everything->faults[0].times, 0);
    assert_null(everything->faults[0].with);
    assert_int_equal(everything->faults[0].line, 12);
    assert_int_equal(everything->faults[0].column, 5);
    assert_int_equal(everything->faults[1].times, 3);
    assert_int_equal(everything->faults[1].nth, 0);
    assert_int_equal(everything->faults[2].nth, 2);
    assert_int_equal(js_get_number(everything->faults[1].with, "aud", &aud), 0);
    assert_int_equal(aud, 17);
    assert_int_equal(everything->steps[0].faults_len, 1);
    assert_int_equal(everything->steps[0].faults[0].times, 1);
}

static void test_login__refused(void **state)
{
    (void)state;
    const struct scenario_step *s = &everything->steps[0];
    assert_int_equal(s->kind, SCENARIO_LOGIN);
    assert_int_equal(s->line, 16);
    assert_string_equal(s->text, "login as admin via ui with a wrong password");
    assert_string_equal(s->as, "admin");
    assert_string_equal(s->via, "ui");
    assert_string_equal(s->password, "wrong");
    assert_true(s->fresh_browser);
    assert_string_equal(s->expect.outcome, "refused");
    assert_string_equal(s->expect.by, "authentik");
    assert_string_equal(s->expect.at, "login");
    assert_string_equal(s->expect.log, "404");
    assert_string_equal(s->expect.shown, "Invalid password");
    assert_int_equal(s->expect.checks_fail.len, 2);
    assert_string_equal(s->expect.checks_fail.items[0], "authentik/id-token.alg");
    assert_null(s->expect.checks_because[0]);
    assert_string_equal(s->expect.checks_fail.items[1], "dex/id-token.alg");
    assert_string_equal(s->expect.checks_because[1], "Dex signs the same way");
    assert_false(s->expect.groups.present);
}

static void test_login__signed_in(void **state)
{
    (void)state;
    const struct scenario_expect *e = &everything->steps[1].expect;
    assert_string_equal(e->outcome, "signed-in");
    assert_string_equal(js_get_text(e->user, "name"), "alice");
    assert_true(e->groups.present);
    assert_int_equal(e->groups.len, 0);
    assert_string_equal(e->roles.items[0], "role:admin");
    assert_string_equal(e->can.items[0], "sync applications default/guestbook");
    assert_string_equal(e->cannot.items[0], "create exec default/guestbook");
    assert_string_equal(js_get_text(e->json, "outcome"), "signed-in");
    assert_null(e->by);
    const struct js *request = everything->steps[2].request;
    assert_string_equal(js_get_text(request, "max_age"), "1");
    assert_string_equal(js_get_text(request, "prompt"), "login");
    assert_true(js_is(js_get(request, "response_type"), JS_NULL));
    assert_non_null(js_get(request, "response_type"));
    assert_null(everything->steps[0].request);
    assert_false(everything->steps[1].fresh_browser);
    assert_null(everything->steps[1].password);
}

static void test_login__may_have_no_answer_without_words(void **state)
{
    (void)state;
    assert_string_equal(everything->steps[2].expect.outcome, "no-answer");
    assert_null(everything->steps[2].expect.shown);
}

static void test_steps__of_every_kind(void **state)
{
    (void)state;
    const struct scenario_step *s = everything->steps;
    assert_int_equal(everything->steps_len, 10);
    assert_int_equal(s[3].kind, SCENARIO_REFRESH);
    assert_string_equal(js_text(s[3].expect.user), "alice");
    assert_string_equal(s[4].from, "authentik");
    assert_string_equal(s[4].text, "logout from authentik");
    assert_int_equal(s[6].advance_ms, 660000);
    assert_string_equal(s[6].text, "advance 11m");
    assert_string_equal(s[7].system, "authentik");
    assert_string_equal(s[8].system, "argocd");
    assert_string_equal(s[8].text, "restart argocd");
    assert_true(js_is(js_path(s[9].patch, "argocd", "rbac_cm", "policy.default", NULL), JS_NULL));
    for (int k = 0; k < SCENARIO_KIND_MAX_; k++)
        assert_string_not_equal(scenario_kind_name((enum scenario_kind)k), "");
}

static void test_call__sends_yaml_as_json(void **state)
{
    (void)state;
    const struct scenario_step *s = &everything->steps[5];
    assert_string_equal(s->method, "POST");
    assert_string_equal(s->path, "/api/v1/session");
    assert_string_equal(s->token, "none");
    assert_string_equal(s->body, "{\"username\":\"x\",\"count\":1}");
    assert_int_equal(s->expect.status, 401);
    assert_string_equal(s->expect.body, "no session");
}

static void test_file__that_is_not_there(void **state)
{
    (void)state;
    struct scenario *s = NULL;
    struct err err = {0};
    assert_int_equal(scenario_load("/nowhere/x.yaml", "x", &test_vocabulary, &s, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.msg, "cannot read '/nowhere/x.yaml': No such file or directory");
}

/* ---- one key by itself ---- */

static void test_part__faults(void **state)
{
    (void)state;
    AUTO(scenario_free) struct scenario *s = NULL;
    struct err err = {0};
    const char *text = "{\"faults\": [\"browser/state.lost\",\n {\"id\": "
                       "\"authentik/id-token.wrong-aud\", \"when\": \"nth 3\", \"with\": "
                       "{\"aud\": 7}}]}";
    assert_int_equal(scenario_parse_faults(str_of(text), "body", &test_vocabulary, &s, &err), 0);
    assert_int_equal(s->faults_len, 2);
    assert_string_equal(s->faults[0].id, "browser/state.lost");
    assert_int_equal(s->faults[0].times, 0);
    assert_int_equal(s->faults[1].nth, 3);
    assert_int_equal(s->faults[1].line, 2);
    assert_true(js_is(js_get(s->faults[1].with, "aud"), JS_INTEGER));
}

static void test_part__change(void **state)
{
    (void)state;
    AUTO(scenario_free) struct scenario *s = NULL;
    struct err err = {0};
    const char *text = "{\"people\": {\"alice\": null}, \"authentik\": {\"version\": "
                       "\"2026.2\"}}";
    assert_int_equal(scenario_parse_change(str_of(text), "body", &test_vocabulary, &s, &err), 0);
    assert_true(js_is(js_path(s->patch, "people", "alice", NULL), JS_NULL));
}

typedef int (*part)(struct str text, const char *name, const struct scenario_vocabulary *v,
                    struct scenario **ret, struct err *err);

static const struct {
    part read;
    const char *text;
    const char *told;
} broken_parts[] = {
    {scenario_parse_faults, "[]", "body:1:1: "},
    {scenario_parse_faults, "{}", "a document without 'faults'"},
    {scenario_parse_faults, "{\"fault\": []}", "did you mean 'faults'?"},
    {scenario_parse_faults, "{\"faults\":\n [\"authentik/id-token.wrong-au\"]}", "body:2:3: "},
    {scenario_parse_faults, "{\"faults\": [", "did not find expected node"},
    {scenario_parse_change, "[]", "a change of the setup is a map"},
    {scenario_parse_change, "{\n\"peple\": {}}", "body:2:1: unknown key 'peple'"},
    {scenario_parse_change, "{\"authentik\": {\"version\": \"2025.2\"}}", "authentik 2025.2"},
};

static void test_part__broken_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(broken_parts); i++) {
        struct scenario *s = NULL;
        struct err err = {0};
        char text[1024];
        assert_int_equal(
            broken_parts[i].read(str_of(broken_parts[i].text), "body", &test_vocabulary, &s, &err),
            -1);
        assert_null(s);
        if (!cstr_contains(err_text(&err, text, sizeof(text)), broken_parts[i].told))
            fail_msg("%s: %s", broken_parts[i].text, text);
    }
}

#define T(name_) cmocka_unit_test_setup_teardown(name_, load_everything, free_everything)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_head__is_read),
        T(test_tags__of_logins_are_added),
        T(test_patch__has_types_only_where_dex_and_claims_need_them),
        T(test_faults__have_times_and_with),
        T(test_login__refused),
        T(test_login__signed_in),
        T(test_login__may_have_no_answer_without_words),
        T(test_steps__of_every_kind),
        T(test_call__sends_yaml_as_json),
        cmocka_unit_test(test_file__that_is_not_there),
        cmocka_unit_test(test_part__faults),
        cmocka_unit_test(test_part__change),
        cmocka_unit_test(test_part__broken_ones),
    };
    return TEST_MAIN(tests);
}
