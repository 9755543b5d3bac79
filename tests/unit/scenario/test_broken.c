/*
 * Every mistake a scenario file can hold, one file each, named by its defect: refused with the
 * exact text and the place. The accepted twins are in test_load.c.
 */
#include "tests/support/test.h"

#include "harness/base/mem.h"
#include "tests/unit/scenario/vocabulary.h"

struct row {
    const char *defect; /* the file in tests/data/scenario/broken, without .yaml */
    const char *place;  /* line:column */
    const char *text;
};

static const struct row rows[] = {
    {"advance_no_duration", "5:14", "'advance' is 'soon'; it is a duration like 11m"},
    {"advance_zero", "5:14", "'advance' is '0s'; it is a duration like 11m"},
    {"as_configured_after_refresh", "6:34", "'as_configured' is about a login's person"},
    {"as_configured_when_refused", "4:65", "'as_configured' belongs to the outcome signed-in"},
    {"at_unknown", "4:45", "'at' is 'calback'; did you mean 'callback'?"},
    {"by_unknown", "4:36", "'by' is 'dexx'; did you mean 'dex'?"},
    {"call_expects_nothing", "4:13", "a call expects a 'status' or a 'body'"},
    {"call_expects_outcome", "4:27",
     "'outcome' says nothing about a call; it has 'status' and 'body'"},
    {"call_method_unknown", "3:20", "'method' is 'FETCH'; did you mean 'PATCH'?"},
    {"call_path_relative", "3:31", "'path' is 'api/v1'; it begins with '/', or is a whole address"},
    {"call_status_out_of_range", "4:22", "'status' is '99'; it is an HTTP status"},
    {"call_without_method", "3:11", "a call needs 'method'"},
    {"call_without_path", "3:11", "a call needs 'path'"},
    {"can_after_direct", "4:34", "'can' is asked of Argo CD, where a direct login has no session"},
    {"can_after_refresh", "6:34", "'cannot' is asked after a login only"},
    {"can_without_resource", "4:40",
     "'can' is 'sync'; a right is ACTION RESOURCE OBJECT, like sync applications "
     "default/guestbook"},
    {"change_unknown_key", "5:14", "unknown key 'argo' in a setup; did you mean 'argocd'?"},
    {"change_unknown_version", "5:32", "unknown version '9.9' of argocd; did you mean '2.9'?"},
    {"check_because_unknown_key", "4:76",
     "unknown key 'becuase' in a failing check; did you mean 'because'?"},
    {"check_far_off", "4:50", "unknown check 'everything'; `rolecall list checks` names them"},
    {"check_of_side_effect_unknown", "4:58",
     "unknown check 'dex/id-token.agl'; did you mean 'dex/id-token.alg'?"},
    {"check_twice", "4:68", "the check 'dex/id-token.alg' is named twice"},
    {"check_unknown", "4:50",
     "unknown check 'authentik/id-token.agl'; did you mean 'authentik/id-token.alg'?"},
    {"check_without_because", "4:68",
     "'authentik/id-token.alg' without 'because'; its name alone will do"},
    {"check_without_check", "4:50", "a failing check without 'check'"},
    {"checks_a_text", "4:49", "'fail' is a list, found string"},
    {"checks_unknown_key", "4:43", "unknown key 'pass' in 'checks'; known are fail"},
    {"expect_unknown_key", "6:7", "unknown key 'rolse' in an expectation; did you mean 'roles'?"},
    {"fault_far_off", "2:10", "unknown fault 'nonsense'; `rolecall list faults` names them"},
    {"fault_of_step_unknown", "4:14",
     "unknown fault 'browser/state.losst'; did you mean 'browser/state.lost'?"},
    {"fault_takes_no_with", "2:49", "the fault 'authentik/id-token.expired' takes no 'with'"},
    {"fault_unknown", "2:10",
     "unknown fault 'authentik/id-token.wrong-ad'; did you mean 'authentik/id-token.wrong-aud'?"},
    {"fault_unknown_key", "2:45", "unknown key 'whne' in a fault; did you mean 'when'?"},
    {"fault_when_nth_zero", "2:51",
     "'when' is 'nth 0'; it is once, always, a number or 'nth' and a number"},
    {"fault_when_of_a_defect", "2:49",
     "'when' is 'once', but 'authentik/id-token.expired' is a defect: it is on always"},
    {"fault_when_unknown", "2:51",
     "'when' is 'twice'; it is once, always, a number or 'nth' and a number"},
    {"fault_when_zero", "2:51",
     "'when' is '0'; it is once, always, a number or 'nth' and a number"},
    {"fault_with_unknown_key", "2:52", "unknown key 'audd' in 'with'; did you mean 'aud'?"},
    {"fault_without_id", "2:10", "a fault without 'id'"},
    {"faults_a_text", "2:9", "'faults' is a list, found string"},
    {"key_twice", "2:1", "key 'title' is already set in this map"},
    {"login_fresh_browser_odd", "3:48",
     "'fresh_browser' is 'maybe'; known are true, yes, false, no"},
    {"login_null", "3:11", "a login is a map, found null"},
    {"login_password_unknown", "3:43", "'password' is 'secret'; known are wrong"},
    {"login_request_a_text", "3:43", "'request' is a map of parameters, found string"},
    {"login_request_of_maps", "3:52", "'claims' in a request is a text or null, found object"},
    {"login_request_of_ui", "3:42", "'request' is for via cli and direct: Argo CD makes its own"},
    {"login_second_factor_unknown", "3:48",
     "'second_factor' is 'late'; known are wrong, static, used"},
    {"login_via_unknown", "3:29", "'via' is 'cil'; did you mean 'cli'?"},
    {"login_with_status", "4:34", "'status' is about a call step"},
    {"login_without_as", "3:12",
     "a login needs 'as': admin, viewer, nobody, both or a person's name"},
    {"login_without_expect", "3:5", "a login without 'expect': silence never passes"},
    {"login_without_via", "3:12", "a login needs 'via': ui, cli or direct"},
    {"logout_without_from", "5:13", "a logout needs 'from': argocd, authentik or cli"},
    {"not_a_map", "1:1", "a scenario is a map, found array"},
    {"not_yaml", "3:1", "did not find expected node content"},
    {"nothing_expected", "3:3", "no step expects anything: silence never passes"},
    {"outcome_missing", "4:13",
     "the expectation has no 'outcome': signed-in, refused or no-answer"},
    {"outcome_unknown", "4:23", "'outcome' is 'signed_in'; did you mean 'signed-in'?"},
    {"refresh_with_key", "5:15", "unknown key 'now' in a refresh; it takes none"},
    {"refs_of_maps", "2:8", "'refs' is a list of texts, found object"},
    {"refused_with_roles", "9:7", "'roles' belongs to the outcome signed-in"},
    {"refused_without_at", "4:13", "the outcome is refused; 'at' says at which place"},
    {"refused_without_by", "4:13", "the outcome is refused; 'by' says which system it comes from"},
    {"refused_without_text", "4:13",
     "the outcome is refused; 'shown' or 'log' says with which words"},
    {"restart_authentik", "5:14", "'restart' is 'authentik'; it is dex or argocd"},
    {"restart_with_expect", "6:5", "'restart' has no outcome to expect"},
    {"rotate_keys_argocd", "5:18", "'rotate-keys' is 'argocd'; it is authentik or dex"},
    {"setup_a_text", "2:8", "a change of the setup is a map, found string"},
    {"setup_person_unknown_key", "3:20",
     "unknown key 'gruops' in people.alice; did you mean 'groups'?"},
    {"setup_unknown_key", "3:26",
     "unknown key 'signing_kei' in authentik.provider; did you mean 'signing_key'?"},
    {"setup_unknown_value", "4:29",
     "'signing_key' is 'nnone'; it is one of rsa, rsa-4096, ec, ec-384, ec-521, none"},
    {"setup_unknown_quirk", "3:24", "authentik's versions have no row 'jit'; did you mean 'jti'?"},
    {"setup_unknown_version", "3:24",
     "unknown version '2019.1' of authentik; the newest known is '2026.11'"},
    {"setup_version_without_mock", "3:24",
     "there is no mock of authentik 2026.11; `rolecall list versions` names those there are"},
    {"signed_in_with_by", "6:7", "'by' belongs to a refusal, and the outcome is signed-in"},
    {"signed_in_with_log", "6:7", "'log' belongs to a refusal, and the outcome is signed-in"},
    {"step_unknown_kind", "3:5", "unknown key 'logni' in a step; did you mean 'login'?"},
    {"step_with_two_kinds", "4:5", "a step does one thing; this one has 'login' and 'restart'"},
    {"step_without_kind", "3:5",
     "a step does nothing; it needs one of login, refresh, logout, call, advance, rotate-keys, "
     "restart, change"},
    {"steps_empty", "2:8", "a scenario needs 'steps', a list with at least one"},
    {"steps_missing", "1:1", "a scenario needs 'steps', a list with at least one"},
    {"tags_a_text", "2:7", "'tags' is a list, found string"},
    {"title_empty", "1:1", "a scenario needs a 'title'"},
    {"title_missing", "1:1", "a scenario needs a 'title'"},
    {"twin_a_text", "2:7", "'twin' is a map, found string"},
    {"twin_empty", "2:7", "'twin' says in which value it differs"},
    {"twin_fault_number_zero", "2:16", "twin: 'faults' is a list, found object"},
    {"twin_fault_unknown", "2:17",
     "twin: unknown fault 'authentik/id-token.wrong-ad'; did you mean "
     "'authentik/id-token.wrong-aud'?"},
    {"twin_none_and_more", "2:17", "unknown key 'faults' in a twin that is not; known are none"},
    {"twin_none_without_reason", "2:7", "'none' says why there is no twin"},
    {"twin_setup_unknown_key", "2:39",
     "unknown key 'signing_kei' in authentik.provider; did you mean 'signing_key'?"},
    {"twin_step_expects_nothing", "2:19", "twin: a login without 'expect': silence never passes"},
    {"twin_step_number_too_high", "2:16", "there is no item 2; the list has 1"},
    {"twin_step_unknown_key", "2:32", "twin: unknown key 'az' in a login; did you mean 'as'?"},
    {"twin_unknown_key", "2:8", "unknown key 'fault' in 'twin'; did you mean 'faults'?"},
    {"two_documents", "5:1", "a second document in one text"},
    {"unknown_key", "2:1", "unknown key 'step' in a scenario; did you mean 'steps'?"},
    {"user_unknown_key", "4:41", "unknown key 'nmae' in 'user'; did you mean 'name'?"},
};

static void test_broken(void **state)
{
    const struct row *row = *state;
    AUTO(xfree) char *name = xasprintf("scenario/broken/%s.yaml", row->defect);
    AUTO(xfree) char *path = test_data(name);
    AUTO(xfree) char *expected = xasprintf("%s:%s: %s", path, row->place, row->text);
    struct scenario *s = NULL;
    struct err err = {0};
    char text[2048];
    assert_int_equal(scenario_load(path, "broken", &test_vocabulary, &s, &err), -1);
    assert_null(s);
    assert_string_equal(err_text(&err, text, sizeof text), expected);
    assert_true(err.code == ERR_USAGE || err.code == ERR_PARSE);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows)] = {{0}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++)
        tests[i] = (struct CMUnitTest){.name = rows[i].defect,
                                       .test_func = test_broken,
                                       .initial_state = (void *)(uintptr_t)&rows[i]};
    return TEST_MAIN(tests);
}
