/*
 * People and the words for roles: who is admin, viewer, nobody and both by the policy of a setup,
 * and what is said when nobody is.
 */
#include "tests/unit/setup/support.h"

#define CSV(policy_) "{\"argocd\":{\"rbac_cm\":{\"policy.csv\":\"" policy_ "\"}}}"

static void assert_resolves(const struct setup *s, const char *as, const char *id)
{
    const struct setup_person *p = NULL;
    struct err err = {0};
    if (setup_resolve_person(s, as, &p, &err) != 0)
        fail_msg("%s", err.msg);
    assert_string_equal(p->id, id);
}

static void assert_unresolved(const struct setup *s, const char *as, const char *text)
{
    const struct setup_person *p = NULL;
    struct err err = {0};
    assert_int_equal(setup_resolve_person(s, as, &p, &err), -1);
    assert_null(p);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.msg, text);
}

static void test_resolve__the_four_words_of_the_guide(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide_with("{}");
    assert_resolves(s, "admin", "alice");
    assert_resolves(s, "viewer", "bob");
    assert_resolves(s, "nobody", "carol");
    assert_resolves(s, "both", "dave");
}

static void test_resolve__person_by_name(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide_with("{}");
    assert_resolves(s, "carol", "carol");
    assert_unresolved(s, "carl", "unknown person 'carl'; did you mean 'carol'?");
    assert_unresolved(s, "vewer", "unknown person 'vewer'; did you mean 'viewer'?");
    assert_unresolved(s, "somebody else", "unknown person 'somebody else'");
}

static void test_resolve__follows_the_policy_not_the_name(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with(CSV("g, ArgoCD Viewers, role:admin\\ng, ArgoCD Admins, role:readonly\\n"));
    assert_resolves(s, "admin", "bob");
    assert_resolves(s, "viewer", "alice");
    assert_resolves(s, "both", "dave");
}

static void test_resolve__nobody_fits(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide_with(CSV("g, ArgoCD Admins, role:deployer\\n"));
    assert_unresolved(s, "admin", "nobody fits 'admin': no person has role:admin alone");
    assert_unresolved(s, "viewer", "nobody fits 'viewer': no person has role:readonly alone");
    assert_unresolved(s, "both",
                      "nobody fits 'both': no person has role:admin and role:readonly by groups of "
                      "their own");
    assert_resolves(s, "nobody", "bob");
}

/* With policy.default everybody has a role, and those of the groups are still told apart. */
static void test_resolve__default_role_leaves_no_nobody(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with("{\"argocd\":{\"rbac_cm\":{\"policy.default\":\"role:readonly\"}}}");
    assert_resolves(s, "admin", "alice");
    assert_resolves(s, "viewer", "bob");
    assert_unresolved(s, "nobody", "nobody fits 'nobody': every person has a role");
}

static void test_resolve__inactive_people_do_not_count(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with(
        "{\"people\":{\"alice\":{\"active\":\"no\"},\"erin\":{\"groups\":[\"ArgoCD Admins\"]}}}");
    assert_resolves(s, "admin", "erin");
    assert_resolves(s, "alice", "alice");
}

static void test_resolve__policy_that_does_not_load(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide_with(CSV("garbage\\n"));
    const struct setup_person *p = NULL;
    struct err err = {0};
    assert_non_null(s->argocd.rbac_error);
    assert_null(s->argocd.rbac);
    assert_int_equal(setup_resolve_person(s, "admin", &p, &err), -1);
    assert_true(cstr_starts(err.msg, "nobody fits 'admin': the policy does not load: "));
    assert_resolves(s, "alice", "alice");
}

static void test_policy__error_has_the_place_in_the_users_file(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/policy_error");
    AUTO(setup_free) struct setup *s = build_doc(doc);
    AUTO(xfree) char *file = test_data("setup/policy_error/rbac.yaml");
    AUTO(xfree) char *place = xasprintf("%s:7", file);
    assert_true(cstr_starts(s->argocd.rbac_error_at, place));
    assert_true(cstr_contains(s->argocd.rbac_error_at, "invalid RBAC policy: garbage"));
    assert_true(cstr_starts(s->argocd.rbac_error, "error loading RBAC policy: "));
}

static void test_policy__overlays_are_joined_since_2_8(void **state)
{
    (void)state;
    const char *patch = "\"rbac_cm\":{\"policy.csv\":\"g, x, role:admin\","
                        "\"policy.b.csv\":\"g, ArgoCD Viewers, role:readonly\","
                        "\"policy.a.csv\":\"g, ArgoCD Admins, role:admin\"}";
    AUTO(xfree) char *now = xasprintf("{\"argocd\":{%s}}", patch);
    AUTO(xfree) char *then = xasprintf("{\"argocd\":{\"version\":\"2.7\",%s}}", patch);
    AUTO(setup_free) struct setup *s = guide_with(now);
    AUTO(setup_free) struct setup *old = guide_with(then);
    assert_resolves(s, "admin", "alice");
    assert_resolves(s, "viewer", "bob");
    assert_unresolved(old, "admin", "nobody fits 'admin': no person has role:admin alone");
}

static void test_scopes__are_a_yaml_list(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *two = guide_with("{\"argocd\":{\"rbac_cm\":{\"scopes\":\"[groups, email]\"}}}");
    AUTO(setup_free)
    struct setup *text = guide_with("{\"argocd\":{\"rbac_cm\":{\"scopes\":\"groups\"}}}");
    assert_int_equal(count(two->argocd.rbac_scopes), 2);
    assert_string_equal(two->argocd.rbac_scopes[1], "email");
    assert_null(text->argocd.rbac);
    assert_string_equal(text->argocd.rbac_error,
                        "error unmarshalling scopes: error unmarshaling JSON: while decoding JSON: "
                        "json: cannot unmarshal string into Go value of type []string");
}

static void test_person__values_and_defaults(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with("{\"people\":{\"erin\":{\"username\":\"erin.e\",\"password\":\"pw\","
                   "\"claims\":{\"level\":3},\"attributes\":{\"upn\":\"e@x\"},"
                   "\"app_password\":\"app\"},\"frank\":{}}}");
    const struct setup_person *erin = setup_person(s, "erin");
    const struct setup_person *frank = setup_person(s, "frank");
    assert_string_equal(erin->username, "erin.e");
    assert_string_equal(erin->name, "erin");
    assert_string_equal(erin->password, "pw");
    assert_false(erin->password_generated);
    assert_int_equal(erin->pk, 5);
    assert_non_null(js_get(erin->extra, "level"));
    assert_string_equal(js_get_text(erin->attributes, "upn"), "e@x");
    assert_string_equal(erin->app_password, "app");
    assert_string_equal(frank->username, "frank");
    assert_null(frank->email);
    assert_null(frank->extra);
    assert_null(frank->attributes);
    assert_null(frank->app_password);
    assert_int_equal(strlen(frank->password), 24);
    assert_null(setup_person(s, "grace"));
}

static void test_person__generated_groups(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with("{\"people\":{\"alice\":{\"groups_count\":\"200\",\"groups_prefix\":\"team-\"},"
                   "\"bob\":{\"groups_count\":2}}}");
    const struct setup_person *alice = setup_person(s, "alice");
    const struct setup_person *bob = setup_person(s, "bob");
    assert_int_equal(count(alice->groups), 201);
    assert_string_equal(alice->groups[0], "ArgoCD Admins");
    assert_string_equal(alice->groups[1], "team-1");
    assert_string_equal(alice->groups[200], "team-200");
    assert_string_equal(bob->groups[2], "group-2");
    assert_int_equal(count(s->authentik.groups), 204);
    assert_int_equal(count(s->warnings), 0);
}

static void test_person__group_that_does_not_exist_is_a_warning(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with("{\"people\":{\"alice\":{\"groups\":[\"ArgoCD Admin\"]}}}");
    assert_int_equal(count(s->warnings), 1);
    assert_string_equal(s->warnings[0], "person 'alice' is in group 'ArgoCD Admin', which is not "
                                        "among authentik.groups");
}

#define T(name_) cmocka_unit_test(name_)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_resolve__the_four_words_of_the_guide),
        T(test_resolve__person_by_name),
        T(test_resolve__follows_the_policy_not_the_name),
        T(test_resolve__nobody_fits),
        T(test_resolve__default_role_leaves_no_nobody),
        T(test_resolve__inactive_people_do_not_count),
        T(test_resolve__policy_that_does_not_load),
        T(test_policy__error_has_the_place_in_the_users_file),
        T(test_policy__overlays_are_joined_since_2_8),
        T(test_scopes__are_a_yaml_list),
        T(test_person__values_and_defaults),
        T(test_person__generated_groups),
        T(test_person__group_that_does_not_exist_is_a_warning),
    };
    return TEST_MAIN(tests);
}
