/*
 * The struct from the document: the guide as it is, authentik's defaults, what patches change, and
 * what is generated.
 */
#include "tests/unit/setup/support.h"

static void test_guide__authentik_is_the_terraform_block(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide_with("{}");
    const struct setup_authentik *a = &s->authentik;
    assert_string_equal(a->version, "2026.2");
    assert_string_equal(a->url, "https://authentik.company");
    assert_string_equal(a->slug, "argocd");
    assert_string_equal(a->app_name, "ArgoCD");
    assert_string_equal(a->client_id, "my_client_id");
    assert_string_equal(a->client_secret, "my_client_secret");
    assert_false(a->client_secret_generated);
    assert_string_equal(a->signing_key, "rsa");
    assert_int_equal(a->access_token_validity_s, 600);
    assert_int_equal(a->redirects_len, 2);
    assert_false(a->redirects[0].regex);
    assert_string_equal(a->redirects[0].url, "https://argocd.company/api/dex/callback");
    assert_string_equal(a->redirects[1].url, "http://localhost:8085/auth/callback");
    assert_int_equal(count(a->scopes), 3);
    assert_int_equal(count(a->groups), 2);
    assert_int_equal(count(s->warnings), 0);
}

static void test_guide__argocd_is_the_three_manifests(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide_with("{}");
    const struct setup_argocd *a = &s->argocd;
    assert_string_equal(a->version, "3.5");
    assert_string_equal(a->url, "https://argocd.company");
    assert_string_equal(s->dex_version, "2.45.0");
    assert_string_equal(a->server_secretkey, "a server key of the guide, not a secret");
    assert_int_equal(strlen(a->dex_client_secret), 40);
    assert_string_equal(js_get_text(a->secret, "dex.authentik.clientSecret"), "my_client_secret");
    assert_non_null(a->dex_generated);
    assert_null(a->dex_error);
    assert_null(a->dex_warning);
    assert_non_null(a->rbac);
    assert_null(a->rbac_error);
    assert_int_equal(count(a->rbac_scopes), 1);
    assert_string_equal(a->rbac_scopes[0], "groups");
}

static void test_guide__issuers(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide_with("{}");
    AUTO(xfree) char *authentik = setup_authentik_issuer(s);
    AUTO(xfree) char *dex = setup_dex_issuer(s);
    assert_string_equal(authentik, "https://authentik.company/application/o/argocd/");
    assert_string_equal(dex, "https://argocd.company/api/dex");
}

static void test_issuer__global_and_none(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *global =
        guide_with("{\"authentik\":{\"provider\":{\"issuer_mode\":\"global\"}}}");
    AUTO(setup_free) struct setup *none = guide_with("{\"authentik\":{\"application\":null}}");
    AUTO(xfree) char *of_global = setup_authentik_issuer(global);
    AUTO(xfree) char *of_none = setup_authentik_issuer(none);
    assert_string_equal(of_global, "https://authentik.company/");
    assert_string_equal(of_none, "");
    assert_null(none->authentik.slug);
    assert_null(none->authentik.app_name);
}

#define MINIMAL                                                                                    \
    "{\"authentik\":{\"url\":\"https://authentik.company/\",\"provider\":{\"client_id\":\"x\"}}}"

static void test_defaults__are_authentiks_own(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = parse(MINIMAL);
    AUTO(setup_free) struct setup *s = build_doc(doc);
    const struct setup_authentik *a = &s->authentik;
    assert_string_equal(a->version, "2026.2");
    assert_string_equal(a->url, "https://authentik.company");
    assert_string_equal(a->client_type, "confidential");
    assert_string_equal(a->signing_key, "none");
    assert_string_equal(a->encryption_key, "none");
    assert_string_equal(a->issuer_mode, "per_provider");
    assert_string_equal(a->sub_mode, "hashed_user_id");
    assert_true(a->include_claims_in_id_token);
    assert_int_equal(a->access_code_validity_s, 60);
    assert_int_equal(a->access_token_validity_s, 3600);
    assert_int_equal(a->refresh_token_validity_s, 2592000);
    assert_int_equal(a->redirects_len, 0);
    assert_int_equal(count(a->scopes), 3);
    assert_null(a->grant_types);
    assert_null(a->email_verified); /* as the version has it */
    assert_int_equal(a->refresh_token_threshold_s, 0);
    assert_null(a->mappings);
    assert_null(a->entitlements);
    assert_null(a->federation);
    assert_string_equal(a->authorization_flow, "implicit");
    assert_false(a->password_in_identification);
    assert_string_equal(a->invalidation_flow, "default-invalidation-flow");
    assert_null(a->logout_uri);
    assert_string_equal(a->logout_method, "backchannel");
    assert_false(a->brand_device_code_flow);
    assert_true(a->client_secret_generated);
    assert_int_equal(strlen(a->client_secret), 128);
    assert_string_equal(s->argocd.version, "3.5");
    assert_string_equal(s->argocd.url, "");
    assert_null(s->argocd.dex_generated);
    assert_int_equal(strlen(s->argocd.server_secretkey), 44);
}

static void test_provider__values(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with(
        "{\"authentik\":{\"provider\":{\"include_claims_in_id_token\":\"no\","
        "\"password_in_identification\":true,\"access_code_validity\":\"90s\","
        "\"access_token_validity\":\"hours=1;minutes=30\",\"refresh_token_validity\":\"weeks=1\","
        "\"grant_types\":[],\"scopes\":[],\"email_verified\":\"absent\","
        "\"redirect_uris\":[{\"matching_mode\":\"regex\",\"url\":\".*\"},{\"url\":\"x\"}]}}}");
    const struct setup_authentik *a = &s->authentik;
    assert_false(a->include_claims_in_id_token);
    assert_true(a->password_in_identification);
    assert_int_equal(a->access_code_validity_s, 90);
    assert_int_equal(a->access_token_validity_s, 5400);
    assert_int_equal(a->refresh_token_validity_s, 604800);
    assert_non_null(a->grant_types);
    assert_int_equal(count(a->grant_types), 0);
    assert_int_equal(count(a->scopes), 0);
    assert_string_equal(a->email_verified, "absent");
    assert_true(a->redirects[0].regex);
    assert_false(a->redirects[1].regex);
}

static void test_logout__values(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with(
        "{\"authentik\":{\"brand\":{\"device_code_flow\":\"yes\"},\"provider\":{"
        "\"invalidation_flow\":\"default-provider-invalidation-flow\","
        "\"logout_uri\":\"https://rp.example/out\",\"logout_method\":\"frontchannel\","
        "\"redirect_uris\":[{\"url\":\"a\"},{\"url\":\"b\",\"redirect_uri_type\":\"logout\"},"
        "{\"url\":\"c\",\"redirect_uri_type\":\"authorization\"}]}}}");
    const struct setup_authentik *a = &s->authentik;
    assert_true(a->brand_device_code_flow);
    assert_string_equal(a->invalidation_flow, "default-provider-invalidation-flow");
    assert_string_equal(a->logout_uri, "https://rp.example/out");
    assert_string_equal(a->logout_method, "frontchannel");
    assert_false(a->redirects[0].logout);
    assert_true(a->redirects[1].logout);
    assert_false(a->redirects[2].logout);
}

static void test_flows__defaults_and_values(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *plain = guide_with("{}");
    AUTO(setup_free)
    struct setup *set = guide_with(
        "{\"authentik\":{\"provider\":{\"password_in_identification\":\"yes\"},\"flows\":{"
        "\"failed_attempts\":\"3\",\"remember_me\":\"days=30\",\"pretend_user_exists\":\"no\","
        "\"mfa\":\"deny\",\"password_in_identification\":\"no\"}},"
        "\"people\":{\"alice\":{\"totp\":\"JBSW Y3DP EHPK "
        "3PXP\",\"static_codes\":[\"a\",\"b\"]}}}");
    const struct setup_authentik *a = &plain->authentik;
    assert_int_equal(a->flow_failed_attempts, 5);
    assert_int_equal(a->flow_remember_me_s, 0);
    assert_true(a->flow_pretend_user_exists);
    assert_string_equal(a->flow_mfa, "skip");
    assert_false(a->password_in_identification);
    assert_null(setup_person(plain, "alice")->totp);
    assert_int_equal(count(setup_person(plain, "alice")->static_codes), 0);
    a = &set->authentik;
    assert_int_equal(a->flow_failed_attempts, 3);
    assert_int_equal(a->flow_remember_me_s, 30 * 86400);
    assert_false(a->flow_pretend_user_exists);
    assert_string_equal(a->flow_mfa, "deny");
    assert_false(a->password_in_identification); /* the flow's own word counts */
    assert_string_equal(setup_person(set, "alice")->totp, "JBSW Y3DP EHPK 3PXP");
    assert_int_equal(count(setup_person(set, "alice")->static_codes), 2);
}

static void test_access__defaults_and_values(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *plain = guide_with("{}");
    assert_int_equal(plain->authentik.bindings_len, 0);
    assert_false(plain->authentik.policy_all);
    assert_false(plain->authentik.no_default_access);
    assert_false(plain->authentik.brand_default_application);
    assert_null(plain->authentik.trusted_proxies);
    assert_null(plain->authentik.authentication_flow);
    assert_false(plain->authentik.redirects[0].logout);
    AUTO(setup_free)
    struct setup *s = guide_with(
        "{\"authentik\": {\"application\": {\"policy_engine_mode\": \"all\", \"bindings\": "
        "[{\"group\": \"G\", \"negate\": true}, {\"user\": \"alice\"}]}, \"flags\": "
        "{\"core_default_app_access\": false}, \"brand\": {\"default_application\": true}, "
        "\"trusted_proxies\": [\"10.0.0.0/8\"], \"provider\": {\"authentication_flow\": \"own\", "
        "\"redirect_uris\": [{\"url\": \"https://a.example/out\", \"redirect_uri_type\": "
        "\"logout\"}]}}}");
    const struct setup_authentik *a = &s->authentik;
    assert_int_equal(a->bindings_len, 2);
    assert_string_equal(a->bindings[0].group, "G");
    assert_true(a->bindings[0].negate);
    assert_null(a->bindings[0].user);
    assert_string_equal(a->bindings[1].user, "alice");
    assert_true(a->policy_all);
    assert_true(a->no_default_access);
    assert_true(a->brand_default_application);
    assert_string_equal(a->trusted_proxies[0], "10.0.0.0/8");
    assert_string_equal(a->authentication_flow, "own");
    assert_true(a->redirects[0].logout);
}

static void test_bindings__on_nobody_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"user\": \"alicia\"}",
         "bindings.0 names the unknown person 'alicia'; did you mean 'alice'?"},
        {"{\"negate\": true}", "bindings.0 names either a group or a user"},
        {"{\"user\": \"alice\", \"group\": \"G\"}", "bindings.0 names either a group or a user"}};
    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        AUTO(xfree)
        char *patch =
            xasprintf("{\"authentik\": {\"application\": {\"bindings\": [%s]}}}", bad[i][0]);
        AUTO(xfree) char *error = guide_error(patch);
        assert_true(cstr_contains(error, bad[i][1]));
    }
}

static void test_email_verified__by_word(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *word = guide_with("{\"authentik\":{\"provider\":{\"email_verified\":\"true\"}}}");
    AUTO(setup_free)
    struct setup *boolean = guide_with("{\"authentik\":{\"provider\":{\"email_verified\":true}}}");
    assert_string_equal(word->authentik.email_verified, "true");
    assert_string_equal(boolean->authentik.email_verified, "true");
}

/* ---- scope mappings, entitlements, federation ---- */

static void test_mappings__add_their_scopes(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with("{\"authentik\":{\"provider\":{\"refresh_token_threshold\":\"days=2\","
                   "\"mappings\":{\"email\":{\"email_verified\":true},"
                   "\"team\":{\"teams\":\"${user.groups}\"},\"gone\":null}}}}");
    AUTO(setup_free)
    struct setup *none = guide_with("{\"authentik\":{\"provider\":{\"mappings\":{}}}}");
    const struct setup_authentik *a = &s->authentik;
    size_t before = count(none->authentik.scopes);
    assert_int_equal(a->refresh_token_threshold_s, 2 * 86400);
    assert_int_equal(count(a->scopes), before + 1);
    assert_string_equal(a->scopes[before], "team");
    assert_true(js_get_bool(js_get(a->mappings, "email"), "email_verified", false));
}

struct template_row {
    const char *mappings;
    const char *error; /* "" = is built */
};

#define PLACE "setup.yaml: "

static void test_mappings__names_are_checked(void **state)
{
    (void)state;
    static const struct template_row rows[] = {
        {"{\"a\":{\"b\":\"${user.username} ${user.name} <${user.email}>\"}}", ""},
        {"{\"a\":{\"b\":[\"${user.pk}\",{\"c\":\"${user.uuid}\"},\"${user.groups}\"]}}", ""},
        {"{\"a\":{\"b\":\"${user.attributes.address.city}\",\"c\":\"$ {x} }\"}}", ""},
        {"{\"a\":{\"b\":\"${user.mail}\"}}",
         PLACE "unknown name '${user.mail}'; did you mean '${user.email}'?"},
        {"{\"a\":{\"b\":[{\"c\":\"x ${user.nmae}\"}]}}",
         PLACE "unknown name '${user.nmae}'; did you mean '${user.name}'?"},
        {"{\"a\":{\"b\":\"${request.http_request}\"}}",
         PLACE "unknown name '${request.http_request}'; known are user.username, user.name, "
               "user.email, user.pk, user.uuid, user.groups, user.attributes.X"},
        {"{\"a\":{\"b\":\"${user.attributes.}\"}}",
         PLACE "unknown name '${user.attributes.}'; did you mean '${user.attributes.X}'?"},
        {"{\"a\":{\"b\":\"${user.attributes.x..y}\"}}",
         PLACE "unknown name '${user.attributes.x..y}'; did you mean '${user.attributes.X}'?"},
        {"{\"a\":{\"b\":\"in ${user.groups}\"}}",
         PLACE "'${user.groups}' is a list: it must be the whole text, not a part of it"},
        {"{\"a\":{\"b\":\"${user.email\"}}", PLACE "'${' without '}' in '${user.email'"},
        {"{\"a\":\"${user.email}\"}", PLACE "'a' is a map, found string"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree)
        char *patch =
            xasprintf("{\"authentik\":{\"provider\":{\"mappings\":%s}}}", rows[i].mappings);
        AUTO(xfree) char *error = guide_error(patch);
        assert_string_equal(error, rows[i].error);
    }
}

static void test_mappings__keep_their_types(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = read_dir("setup/typed_mappings");
    AUTO(setup_free) struct setup *s = build_doc(doc);
    const struct js *team = js_get(s->authentik.mappings, "team");
    AUTO(xfree) char *text = js_compact(team);
    AUTO(xfree) char *attributes = js_compact(setup_person(s, "alice")->attributes);
    assert_string_equal(s->authentik.client_id, "12345"); /* everything else is text */
    assert_string_equal(text, "{\"level\":3,\"yes1\":true,\"no1\":\"true\","
                              "\"deep\":{\"list\":[1,\"1\",\"${user.attributes.floor}\"]}}");
    assert_string_equal(attributes, "{\"floor\":7,\"address\":{\"city\":\"Bern\"}}");
}

static void test_entitlements__are_for_groups_and_people(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with("{\"authentik\":{\"application\":{\"entitlements\":"
                                 "{\"deploy\":[\"ArgoCD Admins\",\"bob\"],\"none\":[]}}}}");
    assert_int_equal(js_len(js_get(s->authentik.entitlements, "deploy")), 2);
    AUTO(xfree)
    char *error = guide_error("{\"authentik\":{\"application\":{\"entitlements\":"
                              "{\"deploy\":[\"ArgoCD Admin\"]}}}}");
    assert_string_equal(error, "setup.yaml: entitlement 'deploy' is for 'ArgoCD Admin', which is "
                               "neither a group nor a person; did you mean 'ArgoCD Admins'?");
}

/* ---- the client secret ---- */

static void test_client_secret__is_what_the_connector_has_when_the_provider_names_none(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *referred = guide_with("{\"authentik\":{\"provider\":{\"client_secret\":null}}}");
    AUTO(setup_free)
    struct setup *literal = guide_with(
        "{\"authentik\":{\"provider\":{\"client_secret\":null}},"
        "\"dex\":{\"connectors\":{\"authentik\":{\"config\":{\"clientSecret\":\"in clear\"}}}}}");
    AUTO(setup_free)
    struct setup *missing =
        guide_with("{\"authentik\":{\"provider\":{\"client_secret\":null}},"
                   "\"argocd\":{\"secret\":{\"dex.authentik.clientSecret\":null}}}");
    assert_string_equal(referred->authentik.client_secret, "my_client_secret");
    assert_false(referred->authentik.client_secret_generated);
    assert_string_equal(literal->authentik.client_secret, "in clear");
    assert_true(missing->authentik.client_secret_generated);
}

static void test_client_secret__may_differ_on_both_sides(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with("{\"argocd\":{\"secret\":{\"dex.authentik.clientSecret\":\"other\"}}}");
    const struct js *connector = js_at(js_get(s->argocd.dex_generated, "connectors"), 0);
    assert_string_equal(s->authentik.client_secret, "my_client_secret");
    assert_string_equal(js_text(js_path(connector, "config", "clientSecret", NULL)), "other");
}

static void test_references__that_are_missing_are_warned_of_in_argocds_words(void **state)
{
    (void)state;
    const char *patch = "{\"argocd\":{\"secret\":{\"dex.authentik.clientSecret\":null}}}";
    const char *before = "{\"argocd\":{\"version\":\"3.4.3\",\"secret\":{\"dex.authentik."
                         "clientSecret\":null}}}";
    AUTO(setup_free) struct setup *s = guide_with(patch);
    AUTO(setup_free) struct setup *old = guide_with(before);
    assert_string_equal(s->warnings[0],
                        "dex.config refers to '$dex.authentik.clientSecret', which argocd-secret "
                        "does not have; Argo CD logs: secret key does not exist in secret");
    assert_string_equal(old->warnings[0],
                        "dex.config refers to '$dex.authentik.clientSecret', which argocd-secret "
                        "does not have; Argo CD logs: config referenced "
                        "'$dex.authentik.clientSecret', but key does not exist in secret");
}

/* ---- patches on dex.config ---- */

static const char *issuer_of(const struct setup *s)
{
    const struct js *connector = js_at(js_get(s->argocd.dex_generated, "connectors"), 0);
    return js_text(js_path(connector, "config", "issuer", NULL));
}

static void test_patch__reaches_a_connector_by_id(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with("{\"dex\":{\"connectors\":{\"authentik\":{\"config\":{\"issuer\":"
                                 "\"https://x.example\"}}}}}");
    assert_string_equal(issuer_of(s), "https://x.example");
    assert_true(cstr_contains(js_get_text(s->argocd.cm, "dex.config"), "https://x.example"));
    assert_true(cstr_contains(js_get_text(s->argocd.cm, "dex.config"), "id: authentik"));
}

static void test_patch__of_the_text_wins_and_is_read_again(void **state)
{
    (void)state;
    const char *text = "connectors: [{type: oidc, id: a, config: {issuer: https://y.example}}]";
    AUTO(xfree) char *patch = xasprintf("{\"argocd\":{\"cm\":{\"dex.config\":\"%s\"}}}", text);
    AUTO(setup_free) struct setup *s = guide_with(patch);
    assert_string_equal(issuer_of(s), "https://y.example");
    assert_int_equal(js_len(js_get(s->argocd.dex_generated, "connectors")), 1);
    assert_non_null(js_path(s->doc, "dex", "connectors", "a", NULL));
    assert_null(js_path(s->doc, "dex", "connectors", "authentik", NULL));
}

static void test_patch__reaches_the_rest_of_dex_config(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with("{\"argocd\":{\"cm\":{\"dex.config\":{\"expiry\":{\"idTokens\":\"10m\"}}}}}");
    assert_string_equal(js_text(js_path(s->argocd.dex_generated, "expiry", "idTokens", NULL)),
                        "10m");
    assert_string_equal(issuer_of(s), "https://authentik.company/application/o/argocd/");
}

static void test_patch__null_removes(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *config = guide_with("{\"argocd\":{\"cm\":{\"dex.config\":null}}}");
    AUTO(setup_free)
    struct setup *connector = guide_with("{\"dex\":{\"connectors\":{\"authentik\":null}}}");
    AUTO(setup_free) struct setup *groups = guide_with("{\"people\":{\"alice\":null}}");
    assert_null(config->argocd.dex_generated);
    assert_int_equal(js_len(js_get(connector->argocd.dex_generated, "connectors")), 0);
    assert_null(setup_person(groups, "alice"));
    assert_int_equal(groups->people_len, 3);
}

static void test_patch__url_may_be_given_beside_the_map(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with("{\"argocd\":{\"url\":\"https://argo.example\"}}");
    assert_string_equal(s->argocd.url, "https://argo.example");
    assert_string_equal(js_get_text(s->argocd.cm, "url"), "https://argo.example");
}

static void test_patch__number_for_text_is_an_error_with_a_hint(void **state)
{
    (void)state;
    AUTO(xfree) char *version = guide_error("{\"authentik\":{\"version\":2026.5}}");
    AUTO(xfree) char *group = guide_error("{\"people\":{\"bob\":{\"groups\":[7]}}}");
    assert_string_equal(version, "setup.yaml: 'version' is the number 2026.5, not text; put it in "
                                 "quotes: \"2026.5\"");
    assert_string_equal(group,
                        "setup.yaml: '0' is the number 7, not text; put it in quotes: \"7\"");
}

static void test_patch__unknown_key_names_the_nearest(void **state)
{
    (void)state;
    AUTO(xfree)
    char *text = guide_error("{\"authentik\":{\"provider\":{\"signing_kei\":\"none\"}}}");
    assert_string_equal(
        text,
        "setup.yaml: unknown key 'signing_kei' in authentik.provider; did you mean 'signing_key'?");
}

/* ---- Argo CD by its ConfigMaps ---- */

static void test_dex__text_that_does_not_parse_is_kept_as_a_warning(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s = guide_with("{\"argocd\":{\"cm\":{\"dex.config\":\"connectors: [\"}}}");
    assert_null(s->argocd.dex_generated);
    assert_true(cstr_starts(s->argocd.dex_warning, "invalid dex yaml config: "));
    assert_string_equal(js_get_text(s->argocd.cm, "dex.config"), "connectors: [");
}

static void test_dex__version_is_the_bundled_one_or_given(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *old = guide_with("{\"argocd\":{\"version\":\"3.3\"}}");
    AUTO(setup_free) struct setup *given = guide_with("{\"dex\":{\"version\":\"2.45.1\"}}");
    assert_string_equal(old->dex_version, "2.43.0");
    assert_string_equal(given->dex_version, "2.45.1");
}

static void test_additional_urls__since_2_13(void **state)
{
    (void)state;
    AUTO(setup_free)
    struct setup *s =
        guide_with("{\"argocd\":{\"cm\":{\"additionalUrls\":\"- https://a.example\\n\"}}}");
    AUTO(setup_free)
    struct setup *old = guide_with("{\"argocd\":{\"version\":\"2.12\",\"cm\":{\"additionalUrls\":"
                                   "\"- https://a.example\\n\"}}}");
    AUTO(setup_free)
    struct setup *odd =
        guide_with("{\"argocd\":{\"cm\":{\"additionalUrls\":\"https://a.example\"}}}");
    assert_int_equal(count(s->argocd.additional_urls), 1);
    assert_string_equal(s->argocd.additional_urls[0], "https://a.example");
    assert_int_equal(count(old->argocd.additional_urls), 0);
    assert_int_equal(count(odd->argocd.additional_urls), 0);
}

/* ---- what is generated ---- */

static void test_generated__is_the_same_for_the_same_seed(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *a = guide_with("{}");
    AUTO(setup_free) struct setup *b = guide_with("{}");
    assert_string_equal(a->people[0].password, b->people[0].password);
    assert_string_not_equal(a->people[0].password, a->people[1].password);
    assert_true(a->people[0].password_generated);
}

static void test_generated__survives_a_change_of_the_setup(void **state)
{
    (void)state;
    AUTO(js_free) struct js *doc = parse(MINIMAL);
    AUTO(setup_free) struct setup *before = build_doc(doc);
    AUTO(js_free) struct js *patch = parse("{\"people\":{\"eve\":{}}}");
    AUTO(js_free) struct js *changed = js_merge_patch(before->doc, patch);
    AUTO(rnd_free) struct rnd *other = rnd_new_seeded(2, "other");
    AUTO(setup_free) struct setup *after = NULL;
    assert_int_equal(setup_build(changed, "x", other, &after, NULL), 0);
    assert_string_equal(after->authentik.client_secret, before->authentik.client_secret);
    assert_true(after->authentik.client_secret_generated);
    assert_string_equal(after->argocd.server_secretkey, before->argocd.server_secretkey);
}

static void test_secretkey__made_up_is_kept_and_given_is_not(void **state)
{
    (void)state;
    AUTO(js_free) struct js *minimal = parse(MINIMAL);
    AUTO(js_free) struct js *own = parse(MINIMAL);
    AUTO(js_free)
    struct js *change = parse("{\"argocd\":{\"secret\":{\"server.secretkey\":\"own\"}}}");
    AUTO(js_free) struct js *changed = js_merge_patch(own, change);
    AUTO(setup_free) struct setup *made_up = build_doc(minimal);
    AUTO(setup_free) struct setup *given = build_doc(changed);

    setup_keep_secretkey(given, minimal);
    assert_null(js_path(minimal, "argocd", "secret", "server.secretkey", NULL));
    setup_keep_secretkey(made_up, changed);
    assert_string_equal(js_text(js_path(changed, "argocd", "secret", "server.secretkey", NULL)),
                        "own");
    setup_keep_secretkey(made_up, minimal);
    assert_string_equal(js_text(js_path(minimal, "argocd", "secret", "server.secretkey", NULL)),
                        made_up->argocd.server_secretkey);
}

static void test_move_origin__leaves_paths_and_other_hosts(void **state)
{
    (void)state;
    AUTO(js_free)
    struct js *doc = guide_patched(
        "{\"authentik\":{\"provider\":{\"redirect_uris\":["
        "{\"url\":\"https://argocd.company/api/dex/callback\"},"
        "{\"url\":\"https://argocd.company:8443/x\"},{\"url\":\"https://argocd.company.evil/\"},"
        "{\"matching_mode\":\"regex\",\"url\":\"https://argocd\\\\.company/.*\"}]}},"
        "\"people\":{\"alice\":{\"password\":\"https://argocd.company\"}}}");
    AUTO(js_free)
    struct js *moved = setup_move_origin(doc, "https://argocd.company", "https://localhost:8443");
    const struct js *uris = js_path(moved, "authentik", "provider", "redirect_uris", NULL);
    assert_string_equal(js_get_text(js_at(uris, 0), "url"),
                        "https://localhost:8443/api/dex/callback");
    assert_string_equal(js_get_text(js_at(uris, 1), "url"), "https://argocd.company:8443/x");
    assert_string_equal(js_get_text(js_at(uris, 2), "url"), "https://argocd.company.evil/");
    assert_string_equal(js_get_text(js_at(uris, 3), "url"), "https://localhost:8443/.*");
    assert_string_equal(js_text(js_path(moved, "argocd", "cm", "url", NULL)),
                        "https://localhost:8443");
    assert_string_equal(js_text(js_path(moved, "people", "alice", "password", NULL)),
                        "https://argocd.company");
    assert_string_equal(js_text(js_path(doc, "argocd", "cm", "url", NULL)),
                        "https://argocd.company");
}

#define T(name_) cmocka_unit_test(name_)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_guide__authentik_is_the_terraform_block),
        T(test_guide__argocd_is_the_three_manifests),
        T(test_guide__issuers),
        T(test_issuer__global_and_none),
        T(test_defaults__are_authentiks_own),
        T(test_provider__values),
        T(test_logout__values),
        T(test_email_verified__by_word),
        T(test_mappings__add_their_scopes),
        T(test_mappings__names_are_checked),
        T(test_mappings__keep_their_types),
        T(test_entitlements__are_for_groups_and_people),
        T(test_flows__defaults_and_values),
        T(test_client_secret__is_what_the_connector_has_when_the_provider_names_none),
        T(test_client_secret__may_differ_on_both_sides),
        T(test_references__that_are_missing_are_warned_of_in_argocds_words),
        T(test_patch__reaches_a_connector_by_id),
        T(test_patch__of_the_text_wins_and_is_read_again),
        T(test_patch__reaches_the_rest_of_dex_config),
        T(test_patch__null_removes),
        T(test_patch__url_may_be_given_beside_the_map),
        T(test_patch__number_for_text_is_an_error_with_a_hint),
        T(test_patch__unknown_key_names_the_nearest),
        T(test_dex__text_that_does_not_parse_is_kept_as_a_warning),
        T(test_dex__version_is_the_bundled_one_or_given),
        T(test_additional_urls__since_2_13),
        T(test_generated__is_the_same_for_the_same_seed),
        T(test_generated__survives_a_change_of_the_setup),
        T(test_secretkey__made_up_is_kept_and_given_is_not),
        T(test_move_origin__leaves_paths_and_other_hosts),
        T(test_access__defaults_and_values),
        T(test_bindings__on_nobody_are_refused),
    };
    return TEST_MAIN(tests);
}
