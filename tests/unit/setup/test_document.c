/*
 * Reading: manifests as Argo CD reads them, what only the cluster can decrypt, and what a folder
 * becomes as one document. The refused twins are in test_broken.c.
 */
#include "tests/unit/setup/support.h"

#include <stdlib.h>

static const struct js *argocd(const struct js *doc, const char *map)
{
    return js_path(doc, "argocd", map, NULL);
}

static void test_manifests__configmaps_of_several_documents_and_lists(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/manifests");
    assert_string_equal(js_get_text(argocd(doc, "cm"), "url"), "https://argocd.company");
    assert_null(js_get(argocd(doc, "cm"), "empty"));
    assert_string_equal(js_get_text(argocd(doc, "rbac_cm"), "policy.csv"),
                        "g, ArgoCD Admins, role:admin\n\ng, ArgoCD Viewers, role:readonly\n");
    assert_string_equal(
        js_text(js_path(doc, "dex", "connectors", "authentik", "config", "clientID", NULL)),
        "my_client_id");
}

static void test_manifests__setup_yaml_wins_over_its_files(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/manifests");
    assert_string_equal(js_get_text(argocd(doc, "cm"), "admin.enabled"), "false");
}

static void test_manifests__secrets_are_one_flat_map(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/manifests");
    const struct js *secret = argocd(doc, "secret");
    assert_string_equal(js_get_text(secret, "server.secretkey"),
                        "a key of two lines of base64, folded");
    assert_string_equal(js_get_text(secret, "both"), "from stringData");
    assert_string_equal(js_get_text(secret, "sso:secret"), "the secret\n");
    assert_int_equal(js_len(secret), 3);
}

static void assert_warning(const struct setup *s, size_t i, const char *file, const char *text)
{
    AUTO(xfree) char *path = test_data(file);
    AUTO(xfree) char *expected = xasprintf("%s%s", path, text);
    assert_true(count(s->warnings) > i);
    assert_string_equal(s->warnings[i], expected);
}

static void test_manifests__what_argocd_does_not_read_is_a_warning(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/manifests");
    AUTO(setup_free) struct setup *s = build_doc(doc);
    assert_int_equal(count(s->warnings), 2);
    assert_warning(s, 0, "setup/manifests/all.yaml",
                   ":12: 'admin.enabled' is no text (true), and Kubernetes takes only text there: "
                   "put it in quotes");
    assert_warning(s, 1, "setup/manifests/secrets.yaml",
                   ":18: Argo CD does not read Secret 'unlabelled': it has no label "
                   "app.kubernetes.io/part-of=argocd");
}

static void test_manifests__file_of_other_things_is_a_warning(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/nothing_to_read");
    AUTO(setup_free) struct setup *s = build_doc(doc);
    assert_int_equal(count(s->warnings), 1);
    assert_warning(s, 0, "setup/nothing_to_read/m.yaml",
                   ": nothing in it that Argo CD reads for signing in (argocd-cm, argocd-rbac-cm, "
                   "argocd-secret)");
}

struct sealed {
    const char *dir;
    const char *warning;
};

static const struct sealed sealed[] = {
    {"setup/unreadable_sealed",
     ":1: SealedSecret argocd-secret cannot be read here: 'dex.authentik.clientSecret' has a "
     "value made to fit (the real one can come by argocd.secrets)"},
    {"setup/unreadable_external",
     ":1: ExternalSecret from-vault cannot be read here: 'sso:secret' has a value made to fit (the "
     "real one can come by argocd.secrets)"},
    {"setup/unreadable_external_unnamed",
     ":1: ExternalSecret argocd-secret cannot be read here: 'dex.authentik.clientSecret' has a "
     "value made to fit"},
    {"setup/unreadable_sops",
     ":1: SOPS file of Secret argocd-secret cannot be read here: 'dex.authentik.clientSecret' has "
     "a value made to fit (the real one can come by argocd.secrets)"},
};

/* The mocks agree with each other: authentik's secret is the generated one too. */
static void test_unreadable__has_a_named_warning_and_a_generated_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(sealed); i++) {
        AUTO(js_free) struct js *doc = read_dir(sealed[i].dir);
        AUTO(setup_free) struct setup *s = build_doc(doc);
        AUTO(xfree) char *file = xasprintf("%s/secret.yaml", sealed[i].dir);
        const struct js *config =
            js_get(js_at(js_get(s->argocd.dex_generated, "connectors"), 0), "config");
        assert_int_equal(count(s->warnings), 1);
        assert_warning(s, 0, file, sealed[i].warning);
        assert_string_equal(js_get_text(config, "clientSecret"), s->authentik.client_secret);
        assert_int_equal(strlen(s->authentik.client_secret), 44);
    }
}

static void test_unreadable__is_refused_when_authentik_is_live(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/unreadable_sealed");
    AUTO(js_free)
    struct js *patch = parse("{\"live\":{\"authentik\":{\"url\":\"https://a.example\"}}}");
    AUTO(js_free) struct js *live = js_merge_patch(doc, patch);
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "test");
    AUTO(setup_free) struct setup *s = NULL;
    struct err err = {0};
    assert_int_equal(setup_build(live, "setup.yaml", rnd, &s, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_true(cstr_contains(err.msg, "a live authentik needs the real "
                                       "'dex.authentik.clientSecret': give it by argocd.secrets"));
}

static void test_secrets__come_from_the_environment(void **state)
{
    (void)state;
    setenv("ROLECALL_TEST_SECRET", "from the environment", 1);
    AUTO(js_free) struct js *doc = read_dir("setup/unreadable_sealed");
    AUTO(js_free)
    struct js *patch = parse("{\"argocd\":{\"secrets\":{\"dex.authentik.clientSecret\":{\"env\":"
                             "\"ROLECALL_TEST_SECRET\"}}}}");
    AUTO(js_free) struct js *given = js_merge_patch(doc, patch);
    AUTO(setup_free) struct setup *s = build_doc(given);
    assert_string_equal(s->authentik.client_secret, "from the environment");
    assert_int_equal(count(s->warnings), 0);
    unsetenv("ROLECALL_TEST_SECRET");
}

static void test_people__may_be_bare_and_inactive(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/manifests");
    AUTO(setup_free) struct setup *s = build_doc(doc);
    assert_int_equal(s->people_len, 2);
    assert_true(s->people[0].active);
    assert_int_equal(count(s->people[0].groups), 0);
    assert_false(s->people[1].active);
}

static void test_live__authority_is_read_into_the_document(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/manifests");
    AUTO(setup_free) struct setup *s = build_doc(doc);
    assert_true(s->live[SYSTEM_ARGOCD].is_live);
    assert_false(s->live[SYSTEM_AUTHENTIK].is_live);
    assert_string_equal(s->live[SYSTEM_ARGOCD].url, "https://real.example");
    assert_true(cstr_starts(s->live[SYSTEM_ARGOCD].ca, "-----BEGIN CERTIFICATE-----\nno real"));
}

static void test_read__folder_that_is_not_there(void **state)
{
    (void)state;
    struct js *doc = NULL;
    struct err err = {0};
    assert_int_equal(setup_read("/nowhere", &doc, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.msg, "cannot read '/nowhere/setup.yaml': No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifests__configmaps_of_several_documents_and_lists),
        cmocka_unit_test(test_manifests__setup_yaml_wins_over_its_files),
        cmocka_unit_test(test_manifests__secrets_are_one_flat_map),
        cmocka_unit_test(test_manifests__what_argocd_does_not_read_is_a_warning),
        cmocka_unit_test(test_manifests__file_of_other_things_is_a_warning),
        cmocka_unit_test(test_unreadable__has_a_named_warning_and_a_generated_value),
        cmocka_unit_test(test_unreadable__is_refused_when_authentik_is_live),
        cmocka_unit_test(test_secrets__come_from_the_environment),
        cmocka_unit_test(test_people__may_be_bare_and_inactive),
        cmocka_unit_test(test_live__authority_is_read_into_the_document),
        cmocka_unit_test(test_read__folder_that_is_not_there),
    };
    return TEST_MAIN(tests);
}
