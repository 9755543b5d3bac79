/*
 * What lies in Argo CD's namespace: said by the setup, read from manifests, or examples; and what a
 * project contributes to the policy that is loaded.
 */
#include "tests/unit/setup/support.h"

#include "harness/base/buf.h"

static const struct setup_inventory *inventory(const struct setup *s)
{
    return s->argocd.inventory;
}

static const struct setup_project *project(const struct setup *s, const char *name)
{
    static const struct setup_project none;
    for (size_t i = 0; i < inventory(s)->projects_len; i++)
        if (strcmp(inventory(s)->projects[i].spec.name, name) == 0)
            return &inventory(s)->projects[i];
    fail_msg("no project '%s'", name);
    return &none;
}

static bool can(const struct setup *s, const char *group, const char *resource, const char *action,
                const char *object)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    strlist_add(&groups, group);
    return rbac_can_claims(s->argocd.rbac, "somebody", &groups, resource, action, object, NULL);
}

static void test_inventory__examples_without_a_word(void **state)
{
    AUTO(setup_free) struct setup *s = guide_with("{}");
    assert_int_equal(inventory(s)->applications_len, 3);
    assert_string_equal(inventory(s)->applications[2].project, "team-a");
    (void)project(s, "default");
    (void)project(s, "team-a");
    assert_int_equal(inventory(s)->projects_len, 2);
    assert_string_equal(inventory(s)->clusters[0].url, "https://kubernetes.default.svc");
    assert_int_equal(inventory(s)->repositories_len, 1);
    assert_true(count(inventory(s)->certificates) > 0);
    assert_int_equal(count(inventory(s)->gpgkeys), 0);
}

static void test_inventory__said_by_the_setup(void **state)
{
    AUTO(setup_free)
    struct setup *s = guide_with(
        "{\"argocd\":{\"applications\":{\"a\":{},\"b\":{\"name\":\"a\",\"namespace\":\"apps\","
        "\"project\":\"p\"},\"c\":null},\"applicationsets\":{},\"projects\":{},"
        "\"clusters\":{\"x\":{\"server\":\"https://x\",\"project\":\"p\"}},"
        "\"repositories\":{\"r\":{\"url\":\"https://r\"}},\"certificates\":[\"h\"],"
        "\"gpgkeys\":[\"K\"]}}");
    const struct setup_inventory *inv = inventory(s);
    assert_int_equal(inv->applications_len, 2);
    assert_string_equal(inv->applications[0].name, "a");
    assert_string_equal(inv->applications[0].namespace, "argocd");
    assert_string_equal(inv->applications[0].project, "default");
    assert_string_equal(inv->applications[1].name, "a");
    assert_string_equal(inv->applications[1].namespace, "apps");
    assert_int_equal(inv->applicationsets_len, 0);
    assert_int_equal(inv->projects_len, 1); /* said to be none: default alone */
    (void)project(s, "default");
    assert_string_equal(inv->clusters[0].name, "x");
    assert_string_equal(inv->clusters[0].project, "p");
    assert_string_equal(inv->repositories[0].url, "https://r");
    assert_string_equal(inv->repositories[0].project, "");
    assert_string_equal(inv->certificates[0], "h");
    assert_string_equal(inv->gpgkeys[0], "K");
}

#define ROLE                                                                                       \
    "{\"argocd\":{\"projects\":{\"p\":{\"description\":\"d\",\"roles\":{\"r\":{\"policies\":["     \
    "\"p, proj:p:r, applications, sync, p/*, allow\"],\"groups\":[\"Team\"],\"tokens\":{"          \
    "\"t\":{\"iat\":1767225600,\"exp\":\"1767312000\"}}}}}}}}"

static void test_projects__roles_and_tokens(void **state)
{
    AUTO(setup_free) struct setup *s = guide_with(ROLE);
    const struct setup_project *p = project(s, "p");
    assert_string_equal(p->description, "d");
    assert_int_equal(p->spec.roles_len, 1);
    assert_string_equal(p->spec.roles[0].name, "r");
    assert_string_equal(p->spec.roles[0].groups[0], "Team");
    assert_int_equal(p->tokens_len, 1);
    assert_string_equal(p->tokens[0].id, "t");
    assert_string_equal(p->tokens[0].role, "r");
    assert_int_equal(p->tokens[0].iat_s, 1767225600);
    assert_int_equal(p->tokens[0].exp_s, 1767312000);
}

/* The roles count in their project, and only there. */
static void test_projects__their_policy_is_loaded(void **state)
{
    AUTO(setup_free) struct setup *s = guide_with(ROLE);
    assert_true(can(s, "Team", "applications", "sync", "p/x"));
    assert_true(can(s, "Team", "projects", "get", "p"));
    assert_false(can(s, "Team", "applications", "sync", "default/x"));
    assert_false(can(s, "Other", "applications", "sync", "p/x"));
}

static void test_projects__what_argocd_would_refuse_is_a_warning(void **state)
{
    AUTO(setup_free)
    struct setup *s = guide_with("{\"argocd\":{\"projects\":{\"p\":{\"roles\":{\"r\":{"
                                 "\"policies\":[\"p, x, applications, get, p/*, allow\"]}}}}}}");
    bool warned = false;
    for (size_t i = 0; s->warnings[i] != NULL; i++)
        warned = warned || cstr_eq(s->warnings[i],
                                   "project 'p': Argo CD would refuse it: invalid policy rule 'p, "
                                   "x, applications, get, p/*, allow': policy subject must be: "
                                   "'proj:p:r', not 'x'");
    assert_true(warned);
}

static void test_projects__bad_times_are_errors(void **state)
{
    AUTO(xfree)
    char *error = guide_error("{\"argocd\":{\"projects\":{\"p\":{\"roles\":{\"r\":{\"tokens\":{"
                              "\"t\":{\"iat\":\"yesterday\"}}}}}}}}");
    AUTO(xfree)
    char *key = guide_error("{\"argocd\":{\"projects\":{\"p\":{\"rolez\":{}}}}}");
    assert_true(cstr_contains(error, "'iat' is a time in seconds since 1970"));
    assert_true(cstr_contains(key, "did you mean 'roles'?"));
}

static void test_manifests__projects_and_applications(void **state)
{
    AUTO(js_free) struct js *guide = read_dir("../../scenarios/guide");
    AUTO(js_free) struct js *read = read_dir("setup/projects");
    AUTO(js_free) struct js *doc = js_merge_patch(guide, read);
    AUTO(setup_free) struct setup *s = build_doc(doc);
    const struct setup_inventory *inv = inventory(s);
    const struct setup_project *p = project(s, "team-a");
    assert_string_equal(p->description, "Team A");
    assert_int_equal(p->spec.roles_len, 2);
    assert_int_equal(p->tokens_len, 2);
    assert_string_equal(p->tokens[0].id, "1500000000"); /* an old one is known by its time */
    assert_int_equal(p->tokens[0].iat_s, 1500000000);
    assert_string_equal(p->tokens[1].id, "token-1");
    assert_int_equal(p->tokens[1].exp_s, 1767312000);
    assert_int_equal(inv->applications_len, 2);
    assert_string_equal(inv->applications[0].name, "web");
    assert_string_equal(inv->applications[0].project, "team-a");
    assert_string_equal(inv->applications[1].name, "web");
    assert_string_equal(inv->applications[1].namespace, "apps");
    assert_string_equal(inv->applications[1].project, "default");
    assert_int_equal(inv->applicationsets_len, 1);
    assert_string_equal(inv->applicationsets[0].project, "team-a");
    assert_true(can(s, "Team A", "applications", "sync", "team-a/web"));
}

/* ---- rows of the version table that the setup plays ---- */

struct policy_row {
    const char *row;
    const char *version; /* one in which it holds */
    const char *before;  /* one in which it does not */
    const char *policy;  /* more lines */
    const char *resource;
    const char *action;
    const char *object;
    bool holds; /* what somebody in ArgoCD Viewers and ArgoCD Admins may, while the row holds */
};

#define VIEWER "g, Viewers, role:readonly\\n"
#define ADMIN "g, Viewers, role:admin\\n"

static const struct policy_row policy_rows[] = {
    {"readonly-appsets", "3.1", "3.1.1", VIEWER, "applicationsets", "get", "a/b", true},
    {"appset-rows", "2.5", "2.4", ADMIN, "applicationsets", "create", "a/b", true},
    {"write-repository-rows", "2.14", "2.13", VIEWER, "write-repositories", "get", "x", true},
    {"strict-lines", "2.8", "2.7", ADMIN "g, x, y, z\\n", "clusters", "get", "x", false},
    {"role-depth", "2.6", "2.5",
     "g, Viewers, a1\\ng, a1, a2\\ng, a2, a3\\ng, a3, a4\\ng, a4, a5\\ng, a5, a6\\n"
     "g, a6, a7\\ng, a7, a8\\ng, a8, a9\\ng, a9, a10\\ng, a10, a11\\np, a11, x, get, *, allow\\n",
     "x", "get", "y", false},
};

static bool outcome(const struct policy_row *row, const char *version, const char *quirks)
{
    AUTO(xfree)
    char *patch = xasprintf("{\"argocd\":{\"version\":\"%s\",\"quirks\":%s,"
                            "\"rbac_cm\":{\"policy.csv\":\"%s\"}}}",
                            version, quirks, row->policy);
    AUTO(setup_free) struct setup *s = guide_with(patch);
    return s->argocd.rbac != NULL && can(s, "Viewers", row->resource, row->action, row->object);
}

static void test_rows__of_the_policy(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(policy_rows); i++) {
        const struct policy_row *row = &policy_rows[i];
        AUTO(xfree) char *off = xasprintf("{\"%s\":false}", row->row);
        AUTO(xfree) char *on = xasprintf("{\"%s\":true}", row->row);
        bool seen[] = {outcome(row, row->version, "{}"), outcome(row, row->version, off),
                       outcome(row, row->before, "{}"), outcome(row, row->before, on)};
        if (seen[0] != row->holds || seen[1] == row->holds || seen[2] == row->holds ||
            seen[3] != row->holds)
            fail_msg("%s: %d %d %d %d", row->row, seen[0], seen[1], seen[2], seen[3]);
    }
}

static void test_rows__of_projects(void **state)
{
    static const char patch[] =
        "{\"argocd\":{\"version\":\"%s\",\"quirks\":%s,\"projects\":{\"p\":{\"roles\":{\"r\":{"
        "\"policies\":[\"p, proj:p:r, applicationsets, get, p/*, allow\"],\"groups\":[\"T\"]}}}}}}";
    static const struct {
        const char *version;
        const char *quirks;
        bool can;
    } tries[] = {{"3.5", "{}", true},
                 {"2.13", "{}", false},
                 {"3.5", "{\"appset-projects\":false}", false},
                 {"2.13", "{\"appset-projects\":true}", true}};
    for (size_t i = 0; i < TEST_COUNT(tries); i++) {
        AUTO(buf_deinit) struct buf text = {0};
        buf_init(&text, BUF_MAX_TEXT);
        buf_addf(&text, patch, tries[i].version, tries[i].quirks);
        AUTO(setup_free) struct setup *s = guide_with(text.ptr);
        assert_int_equal(can(s, "T", "applicationsets", "get", "p/x"), tries[i].can);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_inventory__examples_without_a_word),
    cmocka_unit_test(test_inventory__said_by_the_setup),
    cmocka_unit_test(test_projects__roles_and_tokens),
    cmocka_unit_test(test_projects__their_policy_is_loaded),
    cmocka_unit_test(test_projects__what_argocd_would_refuse_is_a_warning),
    cmocka_unit_test(test_projects__bad_times_are_errors),
    cmocka_unit_test(test_manifests__projects_and_applications),
    cmocka_unit_test(test_rows__of_the_policy),
    cmocka_unit_test(test_rows__of_projects),
};

int main(void)
{
    return TEST_MAIN(tests);
}
