/*
 * Every mistake a setup can hold, one folder each, named by its defect: refused with the exact text
 * and the place. The accepted twins are in the other programs of this folder.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/setup/setup.h"

struct row {
    const char *defect; /* the folder in tests/data/setup/broken */
    const char *text;   /* below that folder; "@" stands for the folder of all of them */
};

static const struct row rows[] = {
    {"app_password_empty", "setup.yaml:2:32: 'app_password' is empty: leave it out for none"},
    {"argocd_version_unknown",
     "setup.yaml:2:19: unknown version '4.0' of argocd; did you mean '3.0'?"},
    {"authentik_version_unknown",
     "setup.yaml:1:22: unknown version '2026.3' of authentik; did you mean '2026.8'?"},
    {"bool_odd", "setup.yaml:1:52: 'include_claims_in_id_token' is 'maybe'; it is true or false"},
    {"ca_missing_file",
     "setup.yaml:3:43: cannot read '@/ca_missing_file/nothing.pem': No such file or directory"},
    {"claims_a_list", "setup.yaml:2:26: 'claims' is a map, found array"},
    {"client_id_missing", "setup.yaml: the setup has no authentik.provider.client_id"},
    {"connector_a_text", "setup.yaml:2:31: 'authentik' is a map, found string"},
    {"dex_version_unknown",
     "setup.yaml:2:16: unknown version '1.2.3' of dex; the newest known is '2.45'"},
    {"duration_odd", "setup.yaml:1:47: 'access_token_validity' is 'fortnight=1'; it is a duration "
                     "like minutes=10 or 10m"},
    {"empty", "setup.yaml: the setup is empty"},
    {"from_missing_file",
     "setup.yaml:3:10: cannot read '@/from_missing_file/nothing.yaml': No such file or directory"},
    {"groups_a_text", "setup.yaml:2:26: 'groups' is a list, found string"},
    {"groups_count_too_big", "setup.yaml:2:32: 'groups_count' is a number from 0 to 5000"},
    {"internal_key", "setup.yaml:2:1: unknown key 'read' in a setup; known are authentik, argocd, "
                     "dex, people, live"},
    {"manifest_data_of_map", "m.yaml:4:8: 'url' is a text in a ConfigMap, found object"},
    {"invalidation_flow_unknown",
     "setup.yaml:1:43: 'invalidation_flow' is 'default-invalidation'; it is one of "
     "default-invalidation-flow, default-provider-invalidation-flow"},
    {"logout_method_unknown",
     "setup.yaml:1:39: 'logout_method' is 'email'; it is one of backchannel, frontchannel"},
    {"manifest_no_kind", "m.yaml:1:1: not a Kubernetes manifest: it has no 'kind'"},
    {"manifest_no_name", "m.yaml:1:1: a manifest without metadata.name"},
    {"manifest_not_base64", "m.yaml:5:31: 'dex.authentik.clientSecret' in data of Secret "
                            "'argocd-secret' is not base64; plain text belongs under stringData"},
    {"manifest_second_document_broken", "m.yaml:8:1: did not find expected node content"},
    {"manifest_string_data_of_list", "m.yaml:4:6: 'a' is a text in a Secret, found array"},
    {"mapping_list_in_text", "setup.yaml:5:30: '${user.groups}' is a list: it must be the whole "
                             "text, not a part of it"},
    {"mapping_unknown_name",
     "setup.yaml:6:40: unknown name '${user.mail}'; did you mean '${user.email}'?"},
    {"matching_mode_unknown",
     "setup.yaml:1:56: 'matching_mode' is 'glob'; it is one of strict, regex"},
    {"not_a_map", "setup.yaml:1:1: a setup is a map of keys"},
    {"not_yaml", "setup.yaml:2:7: did not find expected ',' or '}' (while parsing a flow mapping "
                 "that began 1 line above)"},
    {"person_a_text", "setup.yaml:2:17: 'alice' is a map, found string"},
    {"person_called_admin", "setup.yaml: a person cannot be called 'admin': scenarios use that "
                            "word for whoever has the role"},
    {"redirect_uri_unknown_key",
     "setup.yaml:4:10: unknown key 'mode' in authentik.provider.redirect_uris.0; known are "
     "matching_mode, url, redirect_uri_type"},
    {"redirect_uri_type_unknown",
     "setup.yaml:1:78: 'redirect_uri_type' is 'both'; it is one of authorization, logout"},
    {"flag_unknown", "setup.yaml:1:21: unknown key 'core_default_app_acces' in authentik.flags; "
                     "did you mean 'core_default_app_access'?"},
    {"trusted_proxy_no_network", "setup.yaml:2:38: '10.0.0.0' is no network; write one like "
                                 "10.0.0.0/8"},
    {"binding_on_a_policy", "setup.yaml:1:39: unknown key 'policy' in "
                            "authentik.application.bindings.0; known are group, user, negate"},
    {"redirect_uris_a_map", "setup.yaml:1:39: 'redirect_uris' is a list, found object"},
    {"mfa_unknown", "setup.yaml:1:50: 'mfa' is 'ask'; it is one of skip, deny, configure"},
    {"replicas_too_many", "setup.yaml:2:17: 'replicas' is a number from 1 to 5"},
    {"same_username", "setup.yaml: people 'alice' and 'bob' have the same username 'Alice'"},
    {"secrets_unknown_source", "setup.yaml:2:49: unknown key 'vault' in "
                               "argocd.secrets.dex.authentik.clientSecret; known are env"},
    {"secrets_unset_variable",
     "setup.yaml: argocd.secrets.dex.authentik.clientSecret is to come from the environment "
     "variable ROLECALL_TEST_NEVER_SET, which is not set"},
    {"secrets_without_source", "setup.yaml: argocd.secrets.dex.authentik.clientSecret names no "
                               "source; write {env: VARIABLE}"},
    {"signing_key_unknown", "setup.yaml:1:37: 'signing_key' is 'dsa'; it is one of rsa, rsa-4096, "
                            "ec, ec-384, ec-521, none"},
    {"totp_not_base32", "setup.yaml:2:24: 'totp' is a secret in base32: A to Z and 2 to 7"},
    {"unknown_key", "setup.yaml:2:1: unknown key 'poeple' in a setup; did you mean 'people'?"},
    {"unknown_key_far_off", "setup.yaml:2:1: unknown key 'zzzzzzzz' in a setup; known are "
                            "authentik, argocd, dex, people, live"},
    {"unknown_live_system",
     "setup.yaml:2:8: unknown key 'authentic' in live; did you mean 'authentik'?"},
    {"unknown_person_key",
     "setup.yaml:3:11: unknown key 'gruops' in people.alice; did you mean 'groups'?"},
    {"unknown_provider_key", "setup.yaml:3:5: unknown key 'signing_kei' in authentik.provider; did "
                             "you mean 'signing_key'?"},
    {"url_missing", "setup.yaml: the setup has no authentik.url"},
    {"url_odd", "setup.yaml: authentik.url is 'authentik.company'; it is an address like "
                "https://authentik.company"},
};

/* What is read and built of the folder: the error's whole text, or "". */
static char *outcome(const char *dir)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(setup_free) struct setup *s = NULL;
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "test");
    AUTO(xfree) char *source = xasprintf("%s/setup.yaml", dir);
    struct err err = {0};
    char text[2048] = "";
    if (setup_read(dir, &doc, &err) != 0 || setup_build(doc, source, rnd, &s, &err) != 0) {
        assert_true(err.code == ERR_USAGE || err.code == ERR_PARSE);
        (void)err_text(&err, text, sizeof text);
    }
    return xstrdup(text);
}

static char *expected_text(const char *root, const struct row *row)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "%s/%s/", root, row->defect);
    for (const char *p = row->text; *p != '\0'; p++) {
        if (*p == '@')
            buf_adds(&b, root);
        else
            buf_addc(&b, *p);
    }
    return buf_take(&b);
}

static void test_broken(void **state)
{
    const struct row *row = *state;
    AUTO(xfree) char *root = test_data("setup/broken");
    AUTO(xfree) char *dir = xasprintf("%s/%s", root, row->defect);
    AUTO(xfree) char *expected = expected_text(root, row);
    AUTO(xfree) char *actual = outcome(dir);
    assert_string_equal(actual, expected);
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
