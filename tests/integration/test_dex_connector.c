/*
 * The oidc connector's own test cases by their names (dex.md 8.1) as far as they are not about
 * claims, its options (4.1), and which certificates it trusts.
 */
#include "tests/support/test.h"

#include <string.h>
#include <unistd.h>

#include "harness/base/b64.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"

/* A parameter of the way to authentik, "absent" when it is not there. Caller frees. */
static char *way_param(struct dex_fixture *f, bool cli, const char *name)
{
    AUTO(params_deinit) struct params p = {0};
    dex_authorize(f, cli);
    params_parse_form(&p, str_of(strchr(params_get_ci(&f->resp.headers, "Location"), '?') + 1));
    const char *value = params_get(&p, name);
    return xstrdup(value != NULL ? value : "absent");
}

static bool signs_in(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    dex_authorize(f, false);
    dex_callback(f);
    return *f->code != '\0';
}

struct way_row {
    const char *name;
    const char *options;
    bool cli; /* asks for offline_access */
    const char *param;
    const char *value;
};

static const struct way_row way_rows[] = {
    {"TestPromptType: none", "{\"promptType\":\"none\"}", true, "prompt", "none"},
    {"TestPromptType: empty", "{\"promptType\":\"\"}", true, "prompt", ""},
    {"TestPromptType: login", "{\"promptType\":\"login\"}", true, "prompt", "login"},
    {"TestPromptType: consent", "{\"promptType\":\"consent\"}", true, "prompt", "consent"},
    {"TestPromptType: default", "{}", true, "prompt", "consent"},
    {"no prompt without offline access", "{\"promptType\":\"login\"}", false, "prompt", "absent"},
    {"access_type with it", "{}", true, "access_type", "offline"},
    {"access_type without", "{}", false, "access_type", "absent"},
    {"acrValues", "{\"acrValues\":[\"gold\",\"silver\"]}", false, "acr_values", "gold silver"},
    {"no acrValues", "{\"acrValues\":[]}", false, "acr_values", "absent"},
    {"scopes by default", "{\"scopes\":null}", false, "scope", "openid profile email"},
    {"scopes: openid is always first", "{\"scopes\":[\"email\",\"openid\"]}", false, "scope",
     "openid email openid"},
    {"no hd since 2.37", "{}", false, "hd", "absent"},
    {"no nonce", "{}", false, "nonce", "absent"},
    {"S256PKCEChallenge", "{\"pkceChallenge\":\"S256\"}", false, "code_challenge_method", "S256"},
    {"plainPKCEChallenge has no challenge", "{\"pkceChallenge\":\"plain\"}", false,
     "code_challenge", "absent"},
};

static void test_way__rows(void **state)
{
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(way_rows); i++) {
        const struct way_row *r = &way_rows[i];
        dex_restart(f, r->options, NULL);
        AUTO(xfree) char *seen = way_param(f, r->cli, r->param);
        if (strcmp(seen, r->value) != 0)
            fail_msg("%s: \"%s\"", r->name, seen);
    }
}

static void test_pkce__verifier_is_sent(void **state)
{
    static const char *const methods[] = {"S256", "plain"};
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(methods); i++) {
        AUTO(xfree) char *options = xasprintf("{\"pkceChallenge\":\"%s\"}", methods[i]);
        dex_restart(f, options, NULL);
        assert_true(signs_in(f));
        AUTO(xfree) char *body = upstream_last_body(f->up, UP_TOKEN);
        assert_true(cstr_contains(body, "code_verifier="));
    }
    dex_say_discovery(f, "{\"code_challenge_methods_supported\":null}");
    dex_restart(f, NULL, NULL);
    assert_true(signs_in(f));
    AUTO(xfree) char *body = upstream_last_body(f->up, UP_TOKEN);
    assert_false(cstr_contains(body, "code_verifier="));
}

/* ---- TestProviderOverride ---- */

static void test_override__endpoints(void **state)
{
    struct dex_fixture *f = *state;
    assert_true(signs_in(f));
    assert_int_equal(upstream_hits(f->up, "/other-token/"), 0);
    assert_false(dex_logged(f, dex_literal("open-overrides")));
    dex_mark(f);
    dex_restart(f,
                "{\"providerDiscoveryOverrides\":{\"tokenURL\":\"http://authentik.company/"
                "other-token/\",\"authURL\":\"http://other.company/auth?x=1\"}}",
                NULL);
    assert_true(dex_logged(f, dex_literal("open-overrides")));
    assert_true(dex_logged(f, dex_literal("open-metadata")));
    assert_false(signs_in(f)); /* there is nothing at that token endpoint */
    assert_true(upstream_hits(f->up, "/other-token/") > 0);
    dex_authorize(f, false);
    assert_true(cstr_starts(params_get_ci(&f->resp.headers, "Location"),
                            "http://other.company/auth?x=1&client_id="));
}

/* ---- TestKnownBrokenAuthHeaderProvider, basicAuthUnsupported ---- */

struct style_row {
    const char *host;
    const char *more; /* options */
    bool body_only;
};

static const struct style_row style_rows[] = {
    {"okta.com", "", true},
    {"dev.okta.com", "", true},
    {"dev.oktapreview.com", "", true},
    {"dev.oktaaccounts.com", "", false},
    {"accounts.google.com", "", false},
    {"dev.okta.com", ",\"basicAuthUnsupported\":false", false},
    {"authentik.company", ",\"basicAuthUnsupported\":true", true},
};

/* Whoever tries Basic first asks twice when the code is bad. */
static void test_style__rows(void **state)
{
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(style_rows); i++) {
        const struct style_row *r = &style_rows[i];
        AUTO(xfree) char *issuer = xasprintf("{\"issuer\":\"http://%s/app/\"}", r->host);
        AUTO(xfree)
        char *options = xasprintf("{\"issuer\":\"http://%s/app/\"%s}", r->host, r->more);
        upstream_also(f->up, r->host);
        dex_say_discovery(f, issuer);
        dex_restart(f, options, NULL);
        upstream_say(f->up, UP_TOKEN, 400, "application/json", "{\"error\":\"invalid_grant\"}");
        size_t before = upstream_hits(f->up, UP_TOKEN);
        dex_authorize(f, false);
        dex_callback(f);
        size_t asked = upstream_hits(f->up, UP_TOKEN) - before;
        AUTO(xfree) char *body = upstream_last_body(f->up, UP_TOKEN);
        if (asked != (r->body_only ? 1 : 2) || !cstr_contains(body, "client_secret="))
            fail_msg("%s%s: asked %zu times", r->host, r->more, asked);
    }
}

/* ---- IDTokenOnRefresh, NoIDTokenOnRefresh ---- */

static void test_refresh__with_and_without_id_token(void **state)
{
    static const char *const patches[] = {NULL, "{\"id_token\":null}"};
    struct dex_fixture *f = *state;
    dex_restart(f, "{\"getUserInfo\":true}", NULL);
    upstream_say(f->up, UP_USERINFO, 200, "application/json",
                 "{\"sub\":\"subvalue\",\"name\":\"From Userinfo\",\"email\":\"e@x\","
                 "\"email_verified\":true}");
    for (size_t i = 0; i < TEST_COUNT(patches); i++) {
        AUTO(xfree) char *refresh = dex_cli_login(f, "up-1");
        dex_say_token(f, patches[i]);
        dex_refresh(f, refresh, "");
        assert_int_equal(f->resp.status, 200);
        AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
        assert_string_equal(js_get_text(claims, "name"), "From Userinfo");
    }
}

/* ---- TestTokenIdentity ---- */

struct exchange_row {
    const char *name;
    const char *type;
    bool userinfo;
    int status;
};

static const struct exchange_row exchange_rows[] = {
    {"id_token", "id_token", false, 200},
    {"access_token", "access_token", false, 401},
    {"id_token with userinfo", "id_token", true, 200},
    {"access_token with userinfo", "access_token", true, 200},
};

static void exchange(struct dex_fixture *f, const char *type, const char *token)
{
    AUTO(xfree)
    char *form = xasprintf("grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id="
                           "argo-cd-cli&scope=openid+profile&connector_id=authentik&"
                           "subject_token_type=urn:ietf:params:oauth:token-type:%s&subject_token="
                           "%s",
                           type, token);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
}

static void test_exchange__rows(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(xfree) char *token = NULL;
    dex_patch_claims(f, "{\"aud\":\"somebody else\",\"exp\":1767225900}");
    assert_int_equal(jwt_sign(key, JWS_RS256, NULL, "up", f->claims, &token, NULL), 0);
    upstream_say(f->up, UP_USERINFO, 200, "application/json",
                 "{\"sub\":\"subvalue\",\"name\":\"N\",\"email\":\"e@x\",\"email_verified\":true}");
    for (size_t i = 0; i < TEST_COUNT(exchange_rows); i++) {
        const struct exchange_row *r = &exchange_rows[i];
        dex_restart(f, r->userinfo ? "{\"getUserInfo\":true}" : NULL, NULL);
        exchange(f, r->type, cstr_eq(r->type, "id_token") ? token : "at");
        if (f->resp.status != r->status)
            fail_msg("%s: %d", r->name, f->resp.status);
    }
}

/* It is said of a token that is exchanged, as it need not be an ID token of a login. */
static void test_exchange__refused_in_its_own_words(void **state)
{
    struct dex_fixture *f = *state;
    exchange(f, "id_token", "x");
    assert_int_equal(f->resp.status, 401);
    assert_true(dex_logged(f, dex_literal("exchange-verify")));
    assert_false(dex_logged(f, "failed to verify ID Token"));
}

/* ---- rootCAs, insecureSkipVerify ---- */

static void secure_discovery(struct dex_fixture *f)
{
    dex_say_discovery(f, "{\"issuer\":\"https://authentik.company/app/\",\"token_endpoint\":"
                         "\"https://authentik.company/token/\",\"jwks_uri\":"
                         "\"https://authentik.company/app/jwks/\"}");
}

static void restart_with(struct dex_fixture *f, const char *name, struct js *take)
{
    AUTO(js_free) struct js *options = js_object();
    js_set_text(options, "issuer", "https://authentik.company/app/");
    js_set(options, name, take);
    AUTO(xfree) char *text = js_compact(options);
    dex_restart(f, text, NULL);
}

static struct js *one_ca(const char *text)
{
    struct js *list = js_array();
    js_append_text(list, ""); /* left out */
    js_append_text(list, text);
    return list;
}

/* dex.md 7 rows 5 and 9: as PEM, as base64 of it, as a path to it, and what is none of these. */
static void test_certificates__of_the_connector(void **state)
{
    struct dex_fixture *f = *state;
    const char *pem = upstream_secure(f->up);
    AUTO(xfree) char *encoded = b64_encode(pem, strlen(pem));
    AUTO(xfree) char *path = xasprintf("%s/rolecall-test-ca-%d.pem", "/tmp", (int)getpid());
    struct err err = {0};
    if (file_write(path, pem, strlen(pem), 0600, &err) != 0)
        fail_msg("%s", err.msg);
    const char *const forms[] = {pem, encoded, path};
    secure_discovery(f);
    js_set_text(f->claims, "iss", "https://authentik.company/app/");
    for (size_t i = 0; i < TEST_COUNT(forms); i++) {
        restart_with(f, "rootCAs", one_ca(forms[i]));
        if (dex_mock_down(f->dex) != NULL || !signs_in(f))
            fail_msg("form %zu is not taken", i);
    }
    (void)unlink(path);
    dex_mark(f);
    restart_with(f, "rootCAs", one_ca(path)); /* the file is gone, and its path is no PEM */
    assert_true(dex_logged(f, dex_literal("open-ca")));
    restart_with(f, "rootCAs", js_array());
    assert_true(dex_logged(f, dex_literal("x509-unknown")));
    assert_non_null(dex_mock_down(f->dex));
    restart_with(f, "insecureSkipVerify", js_bool(true));
    assert_null(dex_mock_down(f->dex));
    assert_true(signs_in(f));
    restart_with(f, "insecureSkipVerify", js_bool(false));
    assert_non_null(dex_mock_down(f->dex));
}

/* ---- what cannot be started ---- */

struct start_row {
    const char *name;
    const char *options; /* NULL: config instead */
    const char *config;
    const char *text; /* in the log; NULL = it starts */
};

#define CONNECTOR(members_) "{\"connectors\":[{" members_ ",\"config\":{}}]}"
#define TYPE_OF(kind_, field_, type_)                                                              \
    "parse connector config: json: cannot unmarshal " kind_ " into Go struct field " field_        \
    " of type " type_

static const struct start_row start_rows[] = {
    {"scopes is a text", "{\"scopes\":\"openid\"}", NULL,
     TYPE_OF("string", "Config.scopes", "[]string")},
    {"a scope is a number", "{\"scopes\":[1]}", NULL, TYPE_OF("number", "Config.scopes", "string")},
    {"getUserInfo is a text", "{\"getUserInfo\":\"true\"}", NULL,
     TYPE_OF("string", "Config.getUserInfo", "bool")},
    {"a claim mapping is a number", "{\"claimMapping\":{\"email\":1}}", NULL,
     TYPE_OF("number", ".claimMapping.email", "string")},
    {"overrides are a list", "{\"providerDiscoveryOverrides\":[]}", NULL,
     TYPE_OF("array", "Config.providerDiscoveryOverrides", "oidc.ProviderDiscoveryOverrides")},
    {"a rule is a text", "{\"claimModifications\":{\"newGroupFromClaims\":[\"x\"]}}", NULL,
     TYPE_OF("string", ".claimModifications.newGroupFromClaims", "oidc.NewGroupFromClaims")},
    {"a rule's claims are a text",
     "{\"claimModifications\":{\"newGroupFromClaims\":[{\"claims\":\"x\"}]}}", NULL,
     TYPE_OF("string", "NewGroupFromClaims.claimModifications.newGroupFromClaims.claims",
             "[]string")},
    {"null is as good as absent", "{\"scopes\":null,\"claimMapping\":null}", NULL, NULL},
    {"unknown options", "{\"unknown\":1,\"insecureEnableGroup\":true}", NULL, NULL},
    {"no id", NULL, CONNECTOR("\"type\":\"oidc\",\"name\":\"n\""),
     "invalid config: ID, Type and Name fields are required for a connector"},
    {"no name", NULL, CONNECTOR("\"type\":\"oidc\",\"id\":\"i\""),
     "invalid config: ID, Type and Name fields are required for a connector"},
    {"empty type", NULL, CONNECTOR("\"type\":\"\",\"id\":\"i\",\"name\":\"n\""),
     "invalid config: ID, Type and Name fields are required for a connector"},
    {"another kind of connector", NULL, CONNECTOR("\"type\":\"ldap\",\"id\":\"i\",\"name\":\"n\""),
     "connectors of type 'ldap' are not part of this mock"},
};

static void test_start__rows(void **state)
{
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(start_rows); i++) {
        const struct start_row *r = &start_rows[i];
        dex_mark(f);
        dex_restart(f, r->options, r->config);
        bool ok = r->text == NULL ? dex_mock_down(f->dex) == NULL
                                  : dex_mock_down(f->dex) != NULL && dex_logged(f, r->text);
        if (!ok)
            fail_msg("%s: %s", r->name,
                     dex_mock_down(f->dex) != NULL ? dex_mock_down(f->dex) : "it starts");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_way__rows),
        DEX_TEST(test_pkce__verifier_is_sent),
        DEX_TEST(test_override__endpoints),
        DEX_TEST(test_style__rows),
        DEX_TEST(test_refresh__with_and_without_id_token),
        DEX_TEST(test_exchange__rows),
        DEX_TEST(test_exchange__refused_in_its_own_words),
        DEX_TEST(test_certificates__of_the_connector),
        DEX_TEST(test_start__rows),
    };
    return TEST_MAIN(tests);
}
