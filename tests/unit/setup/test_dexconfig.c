/*
 * The Dex configuration that Argo CD generates, field by field (dex.md 1.1-1.5); the cases follow
 * those of Argo CD's own generator tests as the page lists them (8.6).
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/setup/setup_int.h"

/* The guide's connector, as the user writes it. */
#define CONNECTOR                                                                                  \
    "connectors:\n"                                                                                \
    "- type: oidc\n"                                                                               \
    "  id: authentik\n"                                                                            \
    "  name: authentik\n"                                                                          \
    "  config:\n"                                                                                  \
    "    clientID: my_client_id\n"                                                                 \
    "    clientSecret: $dex.authentik.clientSecret\n"                                              \
    "    redirectURI: https://elsewhere.example/\n"

struct inputs {
    const char *url;
    const char *config;
    const char *client_secret; /* in argocd-secret; NULL = none */
    const char *version;       /* "3.5" when NULL */
    struct js *env;
    const char *more_key; /* one more key of argocd-cm, with its value */
    const char *more;
};

static void generate(const struct inputs *in, struct dexconfig *ret)
{
    AUTO(js_free) struct js *cm = js_object();
    AUTO(js_free) struct js *secret = js_object();
    bool quirks[ARGOCD_QUIRK_MAX_] = {0};
    assert_int_equal(quirks_resolve(quirks_argocd, in->version != NULL ? in->version : "3.5", NULL,
                                    "", quirks, NULL),
                     0);
    if (in->url != NULL)
        js_set_text(cm, "url", in->url);
    if (in->config != NULL)
        js_set_text(cm, "dex.config", in->config);
    if (in->more_key != NULL)
        js_set_text(cm, in->more_key, in->more);
    if (in->client_secret != NULL)
        js_set_text(secret, "dex.authentik.clientSecret", in->client_secret);
    js_set_text(secret, "server.secretkey", "my-server-signature");
    dexconfig_generate(cm, secret, in->env, quirks, ret);
}

static const char *const url = "https://argocd.company";

static const struct js *config_of(const struct dexconfig *d)
{
    return js_get(js_at(js_get(d->generated, "connectors"), 0), "config");
}

static void test_generate__field_by_field(void **state)
{
    (void)state;
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = url, .config = CONNECTOR, .client_secret = "s"}, &d);
    AUTO(xfree) char *text = js_compact_sorted(d.generated);
    assert_string_equal(
        text, "{\"connectors\":[{\"config\":{\"clientID\":\"my_client_id\",\"clientSecret\":\"s\","
              "\"redirectURI\":\"https://argocd.company/api/dex/callback\"},\"id\":\"authentik\","
              "\"name\":\"authentik\",\"type\":\"oidc\"}],"
              "\"grpc\":{\"addr\":\"0.0.0.0:5557\"},\"issuer\":\"https://argocd.company/api/dex\","
              "\"logger\":{\"format\":\"json\",\"level\":\"INFO\"},"
              "\"oauth2\":{\"skipApprovalScreen\":true},"
              "\"staticClients\":["
              "{\"id\":\"argo-cd\",\"name\":\"Argo CD\","
              "\"redirectURIs\":[\"https://argocd.company/auth/callback\"],"
              "\"secret\":\"DwKu8DmXIcfo5mLn6t7DDE1oJdXYlT6HI2h3-HXo\"},"
              "{\"id\":\"argo-cd-cli\",\"name\":\"Argo CD CLI\",\"public\":true,"
              "\"redirectURIs\":[\"http://localhost\",\"http://localhost:8085/auth/callback\"]},"
              "{\"id\":\"argo-cd-pkce\",\"name\":\"Argo CD PKCE\",\"public\":true,"
              "\"redirectURIs\":[\"http://localhost:4000/auth/callback\"]}],"
              "\"storage\":{\"type\":\"memory\"},\"telemetry\":{\"http\":\"0.0.0.0:5558\"},"
              "\"web\":{\"https\":\"0.0.0.0:5556\",\"tlsCert\":\"/tmp/tls.crt\",\"tlsKey\":\"/tmp/"
              "tls.key\"}}");
    assert_null(d.error);
    assert_null(d.warning);
    assert_int_equal(d.missing.len, 0);
}

static void assert_not_configured(const struct inputs *in, const char *warning)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(in, &d);
    assert_null(d.generated);
    assert_null(d.error);
    if (warning == NULL)
        assert_null(d.warning);
    else
        assert_string_equal(d.warning, warning);
}

static void test_generate__not_configured(void **state)
{
    (void)state;
    assert_not_configured(&(struct inputs){.config = CONNECTOR}, NULL);
    assert_not_configured(&(struct inputs){.url = "", .config = CONNECTOR}, NULL);
    assert_not_configured(&(struct inputs){.url = url}, NULL);
    assert_not_configured(&(struct inputs){.url = url, .config = ""}, NULL);
    assert_not_configured(&(struct inputs){.url = url, .config = "{}"}, NULL);
}

static void test_generate__bad_yaml_is_a_warning(void **state)
{
    (void)state;
    assert_not_configured(&(struct inputs){.url = url, .config = "a: b\nc: [\n"},
                          "invalid dex yaml config: error converting YAML to JSON: yaml: line 3: "
                          "did not find expected node content");
    assert_not_configured(
        &(struct inputs){.url = url, .config = "just text"},
        "invalid dex yaml config: error unmarshaling JSON: while decoding JSON: "
        "json: cannot unmarshal string into Go value of type map[string]interface "
        "{}");
    assert_not_configured(&(struct inputs){.url = url, .config = "- a\n"},
                          "invalid dex yaml config: error unmarshaling JSON: while decoding JSON: "
                          "json: cannot unmarshal array into Go value of type map[string]interface "
                          "{}");
}

static void assert_error(const char *of_url, const char *config, const char *expected)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = of_url, .config = config}, &d);
    assert_null(d.generated);
    assert_non_null(d.error);
    assert_string_equal(d.error, expected);
}

static void test_generate__malformed(void **state)
{
    (void)state;
    const char *malformed = "malformed Dex configuration found";
    assert_error(url, "expiry: {idTokens: 10m}\n", malformed);
    assert_error(url, "connectors: {authentik: {}}\n", malformed);
    assert_error(url, "connectors: [oidc]\n", malformed);
    assert_error(url, "connectors: [{type: oidc, id: a}]\n", malformed);
    assert_error(url, "connectors: [{type: oidc, id: a, config: text}]\n", malformed);
}

static void test_generate__connector_without_type_panics(void **state)
{
    (void)state;
    assert_error(url, "connectors: [{id: a}]\n",
                 "interface conversion: interface {} is nil, not string");
    assert_error(url, "connectors: [{id: a, type: 7}]\n",
                 "interface conversion: interface {} is float64, not string");
}

static void test_generate__url_that_does_not_parse(void **state)
{
    (void)state;
    assert_error(":://localhost/", CONNECTOR,
                 "failed to infer redirect url from config: parse \":://localhost/\": missing "
                 "protocol scheme");
}

static void test_generate__connector_without_redirect_keeps_its_own(void **state)
{
    (void)state;
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = url, .config = "connectors: [{type: ldap, id: a}]\n"}, &d);
    assert_non_null(d.generated);
    assert_null(config_of(&d));
}

/* The issuer is concatenated, the redirect URIs are joined (argocd.md 1.2). */
static void test_generate__slash_at_the_end_of_url(void **state)
{
    (void)state;
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = "https://argocd.company//sub/../x/", .config = CONNECTOR}, &d);
    const struct js *client = js_at(js_get(d.generated, "staticClients"), 0);
    assert_string_equal(js_get_text(d.generated, "issuer"),
                        "https://argocd.company//sub/../x//api/dex");
    assert_string_equal(js_get_text(config_of(&d), "redirectURI"),
                        "https://argocd.company/x/api/dex/callback");
    assert_string_equal(js_text(js_at(js_get(client, "redirectURIs"), 0)),
                        "https://argocd.company/x/auth/callback");
}

static void test_generate__user_keeps_what_argocd_does_not_own(void **state)
{
    (void)state;
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = url,
                              .config = CONNECTOR
                              "storage: {type: sqlite3}\nweb: {http: x}\n"
                              "logger: {level: DEBUG}\nexpiry: {idTokens: 10m}\n"
                              "oauth2: {skipApprovalScreen: false, responseTypes: [code]}\n"
                              "staticClients: [{id: mine, name: Mine, secret: $nokey}]\n"},
             &d);
    const struct js *g = d.generated;
    const struct js *mine = js_at(js_get(g, "staticClients"), 3);
    assert_string_equal(js_text(js_path(g, "storage", "type", NULL)), "memory");
    assert_null(js_path(g, "web", "http", NULL));
    assert_string_equal(js_text(js_path(g, "logger", "level", NULL)), "DEBUG");
    assert_string_equal(js_text(js_path(g, "logger", "format", NULL)), "json");
    assert_string_equal(js_text(js_path(g, "expiry", "idTokens", NULL)), "10m");
    assert_true(js_is(js_path(g, "oauth2", "skipApprovalScreen", NULL), JS_FALSE));
    assert_int_equal(js_len(js_path(g, "oauth2", "responseTypes", NULL)), 1);
    assert_string_equal(js_get_text(mine, "id"), "mine");
    assert_string_equal(js_get_text(mine, "secret"), "$nokey"); /* Dex expands connectors only */
    assert_true(strlist_has(&d.missing, "$nokey"));
}

static void test_generate__approval_that_is_no_boolean_is_overwritten(void **state)
{
    (void)state;
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = url,
                              .config = CONNECTOR "oauth2: {skipApprovalScreen: \"false\"}\n"},
             &d);
    assert_true(js_is(js_path(d.generated, "oauth2", "skipApprovalScreen", NULL), JS_TRUE));
}

static void test_generate__oidc_config_takes_the_issuer(void **state)
{
    (void)state;
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    AUTO(dexconfig_deinit) struct dexconfig broken = {0};
    struct inputs in = {.url = url,
                        .config = CONNECTOR,
                        .more_key = "oidc.config",
                        .more = "issuer: https://other.example\n"};
    generate(&in, &d);
    assert_string_equal(js_get_text(d.generated, "issuer"), "https://other.example");
    in.more = "issuer: [\n";
    generate(&in, &broken);
    assert_string_equal(js_get_text(broken.generated, "issuer"), "https://argocd.company/api/dex");
}

static size_t callbacks_of(const char *version, size_t *ret_clients)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = url,
                              .config = CONNECTOR,
                              .version = version,
                              .more_key = "additionalUrls",
                              .more = "- https://a.example/\n- https://b.example/x\n"},
             &d);
    const struct js *clients = js_get(d.generated, "staticClients");
    *ret_clients = js_len(clients);
    return js_len(js_get(js_at(clients, 0), "redirectURIs"));
}

static void test_generate__by_version(void **state)
{
    (void)state;
    size_t clients = 0;
    assert_int_equal(callbacks_of("2.13", &clients), 3);
    assert_int_equal(clients, 3);
    assert_int_equal(callbacks_of("2.12", &clients), 1);
    assert_int_equal(clients, 3);
    assert_int_equal(callbacks_of("2.9", &clients), 1);
    assert_int_equal(clients, 2);
}

static void assert_format(const char *version, const char *expected)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(&(struct inputs){.url = url, .config = CONNECTOR, .version = version}, &d);
    const char *format = js_text(js_path(d.generated, "logger", "format", NULL));
    if (expected == NULL)
        assert_null(format);
    else
        assert_string_equal(format, expected);
}

static void test_generate__log_format_by_version(void **state)
{
    (void)state;
    assert_format("3.0", "json");
    assert_format("2.14", "text");
    assert_format("2.12", NULL);
}

/* ---- secrets that reach authentik (1.5) ---- */

struct delivery {
    const char *version;
    const char *secret; /* in argocd-secret; NULL = missing */
    const char *sent;   /* what Dex finally uses */
};

static const struct delivery deliveries[] = {
    {"3.5", "my_client_secret", "my_client_secret"},
    {"3.5", "my_client_secret\r\n", "my_client_secret"},
    {"3.5", NULL, ".authentik.clientSecret"},
    {"3.3.11", "ab$cd", "ab"},
    {"3.3.12", "ab$cd", "abcd"},
    {"3.4.3", "ab$cd", "ab"},
    {"3.4.4", "ab$cd", "abcd"},
    {"3.5.0", "ab$cd", "abcd"},
    {"3.5", "ab$cd", "abcd"},
    {"3.4", "ab$cd", "abcd"},
    {"2.14", "ab$cd", "ab"},
    {"3.5", "$starts", ""}, /* a resolved value that starts with "$" is not doubled */
};

static void test_generate__what_dex_sends_as_secret(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(deliveries); i++) {
        AUTO(dexconfig_deinit) struct dexconfig d = {0};
        const struct delivery *row = &deliveries[i];
        generate(&(struct inputs){.url = url,
                                  .config = CONNECTOR,
                                  .client_secret = row->secret,
                                  .version = row->version},
                 &d);
        assert_string_equal(js_get_text(config_of(&d), "clientSecret"), row->sent);
        assert_int_equal(d.missing.len, row->secret == NULL ? 1 : 0);
    }
}

#define FROM_ENVIRONMENT                                                                           \
    "connectors: [{type: oidc, id: a, config: {clientSecret: $AUTHENTIK_CLIENT_SECRET}}]\n"

static char *from_environment(const char *version, const char *expand, const char *config)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    AUTO(js_free) struct js *env = js_object();
    js_set_text(env, "AUTHENTIK_CLIENT_SECRET", "x$y");
    if (expand != NULL)
        js_set_text(env, "DEX_EXPAND_ENV", expand);
    generate(
        &(struct inputs){
            .url = url, .config = config, .client_secret = "ab$cd", .version = version, .env = env},
        &d);
    return xstrdup(js_get_text(config_of(&d), "clientSecret"));
}

static void test_generate__environment_of_the_dex_container(void **state)
{
    (void)state;
    AUTO(xfree) char *taken = from_environment("3.5", NULL, FROM_ENVIRONMENT);
    AUTO(xfree) char *broken = from_environment("3.4.4", NULL, FROM_ENVIRONMENT);
    AUTO(xfree) char *off = from_environment("3.5", "false", FROM_ENVIRONMENT);
    AUTO(xfree) char *doubled = from_environment("3.5", "False", CONNECTOR);
    AUTO(xfree) char *odd = from_environment("3.5", "off", FROM_ENVIRONMENT);
    assert_string_equal(taken, "x$y");
    assert_string_equal(broken, "AUTHENTIK_CLIENT_SECRET"); /* doubled too, in 3.3.12 and 3.4.4 */
    assert_string_equal(off, "$AUTHENTIK_CLIENT_SECRET");
    assert_string_equal(doubled, "ab$$cd");
    assert_string_equal(odd, "x$y"); /* no boolean: the default, on */
}

static void test_client_secret__vector(void **state)
{
    (void)state;
    AUTO(xfree) char *secret = dexconfig_client_secret("my-server-signature");
    AUTO(xfree) char *other = dexconfig_client_secret("my-server-signature ");
    assert_string_equal(secret, "DwKu8DmXIcfo5mLn6t7DDE1oJdXYlT6HI2h3-HXo");
    assert_string_not_equal(secret, other);
}

/* ---- the two forms in the document ---- */

static struct js *document(const char *config)
{
    struct js *doc = js_object();
    js_set_text(document_member(document_member(doc, "argocd"), "cm"), "dex.config", config);
    dexconfig_split(doc);
    return doc;
}

static void test_split__connectors_by_id_in_the_order_of_the_file(void **state)
{
    (void)state;
    AUTO(js_free)
    struct js *doc = document("connectors:\n- {id: z, type: oidc}\n- {id: a, type: "
                              "ldap}\nexpiry: {idTokens: 10m}\n");
    AUTO(xfree) char *text = js_compact(doc);
    assert_string_equal(text,
                        "{\"argocd\":{\"cm\":{\"dex.config\":{\"expiry\":{\"idTokens\":\"10m\"}}}"
                        "},\"dex\":{\"connectors\":{\"z\":{\"type\":\"oidc\"},\"a\":{\"type\":"
                        "\"ldap\"}}}}");
    AUTO(js_free) struct js *cm = dexconfig_cm(doc);
    assert_string_equal(js_get_text(cm, "dex.config"),
                        "expiry:\n  idTokens: 10m\nconnectors:\n- type: oidc\n  id: z\n- type: "
                        "ldap\n  id: a\n");
}

static void test_split__what_has_no_map_stays_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"connectors: [\n",
                                        "connectors: {a: {}}\n",
                                        "connectors: [{type: oidc}]\n",
                                        "connectors: [{id: a}, {id: a}]\n",
                                        "connectors: [text]\n",
                                        "expiry: {}\n",
                                        ""};
    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        AUTO(js_free) struct js *doc = document(texts[i]);
        AUTO(js_free) struct js *cm = dexconfig_cm(doc);
        assert_null(js_path(doc, "dex", "connectors", NULL));
        assert_string_equal(js_get_text(cm, "dex.config"), texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate__field_by_field),
        cmocka_unit_test(test_generate__not_configured),
        cmocka_unit_test(test_generate__bad_yaml_is_a_warning),
        cmocka_unit_test(test_generate__malformed),
        cmocka_unit_test(test_generate__connector_without_type_panics),
        cmocka_unit_test(test_generate__url_that_does_not_parse),
        cmocka_unit_test(test_generate__connector_without_redirect_keeps_its_own),
        cmocka_unit_test(test_generate__slash_at_the_end_of_url),
        cmocka_unit_test(test_generate__user_keeps_what_argocd_does_not_own),
        cmocka_unit_test(test_generate__approval_that_is_no_boolean_is_overwritten),
        cmocka_unit_test(test_generate__oidc_config_takes_the_issuer),
        cmocka_unit_test(test_generate__by_version),
        cmocka_unit_test(test_generate__log_format_by_version),
        cmocka_unit_test(test_generate__what_dex_sends_as_secret),
        cmocka_unit_test(test_generate__environment_of_the_dex_container),
        cmocka_unit_test(test_client_secret__vector),
        cmocka_unit_test(test_split__connectors_by_id_in_the_order_of_the_file),
        cmocka_unit_test(test_split__what_has_no_map_stays_text),
    };
    return TEST_MAIN(tests);
}
