/*
 * Discovery, JWKS, webfinger, health, and what is not there (authentik.md 1, 2, 8).
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/crypto/hash.h"

#define DISCOVERY "/application/o/argocd/.well-known/openid-configuration"

static void assert_json(const struct js *j, const char *literal)
{
    AUTO(xfree) char *text = js_compact(j);
    assert_string_equal(text, literal);
}

static char *joined(const struct js *list)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < js_len(list); i++)
        buf_addf(&b, "%s%s", i > 0 ? " " : "", js_text(js_at(list, i)));
    return buf_take(&b);
}

static void test_discovery__document(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, DISCOVERY);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_header(&f, "Content-Type"), "application/json");
    fx_assert_members(f.json, fx_literal("discovery.keys"));
    AUTO(xfree) char *issuer = xasprintf("%s/application/o/argocd/", f.base);
    AUTO(xfree) char *token = xasprintf("%s/application/o/token/", f.base);
    AUTO(xfree) char *jwks = xasprintf("%s/application/o/argocd/jwks/", f.base);
    assert_string_equal(fx_text(&f, "issuer"), issuer);
    assert_string_equal(fx_text(&f, "token_endpoint"), token);
    assert_string_equal(fx_text(&f, "jwks_uri"), jwks);
    assert_json(js_get(f.json, "response_types_supported"), fx_literal("discovery.response-types"));
    assert_json(js_get(f.json, "grant_types_supported"), fx_literal("discovery.grant-types"));
    assert_json(js_get(f.json, "token_endpoint_auth_methods_supported"),
                fx_literal("discovery.auth-methods"));
    assert_json(js_get(f.json, "code_challenge_methods_supported"), fx_literal("discovery.pkce"));
    assert_json(js_get(f.json, "id_token_signing_alg_values_supported"), "[\"RS256\"]");
    AUTO(xfree) char *claims = joined(js_get(f.json, "claims_supported"));
    assert_string_equal(claims, fx_literal("discovery.claims"));
    assert_true(fx_has(&f, "{\n  \"issuer\": "));
    fx_stop(&f);
}

static void test_discovery__follows_the_request(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    params_add(&f.send, "X-Forwarded-Proto", "https");
    params_add(&f.send, "X-Forwarded-Host", "authentik.company");
    fx_get(&f, DISCOVERY);
    assert_string_equal(fx_text(&f, "issuer"), "https://authentik.company/application/o/argocd/");
    fx_get(&f, "/.well-known/oauth-authorization-server/application/o/argocd/");
    AUTO(xfree) char *issuer = xasprintf("%s/application/o/argocd/", f.base);
    assert_string_equal(fx_text(&f, "issuer"), issuer);
    fx_stop(&f);
}

static void test_discovery__issuer_mode_and_algorithm(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.issuer_mode = "global";
    f.setup.authentik.signing_key = "none";
    fx_start(&f);
    fx_get(&f, DISCOVERY);
    AUTO(xfree) char *issuer = xasprintf("%s/", f.base);
    assert_string_equal(fx_text(&f, "issuer"), issuer);
    assert_json(js_get(f.json, "id_token_signing_alg_values_supported"), "[\"HS256\"]");
    fx_get(&f, "/application/o/argocd/jwks/");
    assert_string_equal(f.resp.body, fx_literal("jwks.none"));
    fx_stop(&f);
}

static void test_discovery__changes_with_the_setup(void **state)
{
    (void)state;
    struct fx f;
    struct err err = {0};
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, DISCOVERY);
    struct setup other = f.setup;
    other.authentik.signing_key = "ec";
    assert_int_equal(authentik_mock_change(f.mock, &other, &err), 0);
    fx_get(&f, DISCOVERY);
    assert_json(js_get(f.json, "id_token_signing_alg_values_supported"), "[\"ES256\"]");
    struct setup broken = f.setup;
    broken.authentik.signing_key = "dsa";
    assert_int_equal(authentik_mock_change(f.mock, &broken, &err), -1);
    fx_get(&f, DISCOVERY);
    assert_json(js_get(f.json, "id_token_signing_alg_values_supported"), "[\"ES256\"]");
    fx_stop(&f);
}

static void test_discovery__cors(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    params_add(&f.send, "Origin", "https://argocd.company");
    fx_get(&f, DISCOVERY);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "https://argocd.company");
    assert_string_equal(fx_header(&f, "Vary"), "Origin");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Credentials"), "true");
    params_add(&f.send, "Origin", "https://argocd.company:444");
    fx_get(&f, DISCOVERY);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "");
    fx_stop(&f);
}

static void assert_thumbprint(const struct js *jwk)
{
    uint8_t *der = NULL;
    size_t len = 0;
    uint8_t digest[HASH_SIZE_MAX];
    const char *text = js_text(js_at(js_get(jwk, "x5c"), 0));
    assert_int_equal(b64_decode(text, strlen(text), &der, &len), 0);
    hash_of(HASH_SHA256, der, len, digest);
    AUTO(xfree) char *sha256 = b64url_encode(digest, 32);
    assert_string_equal(js_get_text(jwk, "x5t#S256"), sha256);
    xfree(der);
}

static void test_jwks__one_key(void **state)
{
    (void)state;
    static const char *const kinds[][2] = {{"rsa", "jwks.rsa"}, {"ec-521", "jwks.ec"}};
    for (size_t i = 0; i < TEST_COUNT(kinds); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.signing_key = kinds[i][0];
        fx_start(&f);
        fx_get(&f, "/application/o/argocd/jwks/");
        assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "*");
        assert_int_equal(js_len(js_get(f.json, "keys")), 1);
        const struct js *jwk = js_at(js_get(f.json, "keys"), 0);
        fx_assert_members(jwk, fx_literal(kinds[i][1]));
        assert_string_equal(js_get_text(jwk, "use"), "sig");
        assert_thumbprint(jwk);
        fx_stop(&f);
    }
}

struct probe {
    const char *path;
    int status;
};

static void test_paths__are_exact(void **state)
{
    (void)state;
    static const struct probe probes[] = {
        {"/application/o/token", 404},
        {"/application/o/argocd", 404},
        {"/application/o/argocd/", 302},
        {"/application/o/other/", 302}, /* RedirectView asks for no application */
        {"/application/o/o.ther/", 404},
        {DISCOVERY "/", 404},
        {"/application/o/other/.well-known/openid-configuration", 404},
        {"/application/o/other/jwks/", 404},
        {"/application/o/argocd/jwks", 404},
        {"/.well-known/openid-configuration", 404},
        {"/.well-known/webfinger/", 404},
        {"/application/o/authorize", 404},
        {"/application/o/userinfo", 404},
        {"/application/o/introspect", 404},
        {"/application/o/revoke", 404},
        {"/application/o/device", 404},
        {"/application/o/argocd/end-session", 404},
        {"/device/", 404},
        {"/if/flow/default-authentication-flow", 404},
        {"/api/v3/flows/executor/default-authentication-flow", 404},
        {"/.well-known/oauth-authorization-server/application/o/argocd", 404},
        {"/-/health/live/", 200},
        {"/-/health/ready/", 200},
        {"/.well-known/webfinger", 200},
        {"/flows/-/default/authentication/?next=%2F", 302},
        {"/flows/-/default/other/", 404},
        {"/flows/-/cancel/", 302},
        {0}};
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (const struct probe *p = probes; p->path != NULL; p++) {
        fx_get(&f, p->path);
        if (f.resp.status != p->status)
            fail_msg("%s: %d", p->path, f.resp.status);
        if (p->status == 404)
            assert_true(fx_has(&f, fx_literal("error.not-found")));
        assert_int_equal(strlen(fx_header(&f, "X-authentik-id")), 32);
    }
    fx_get(&f, "/application/o/argocd/?x=1");
    assert_string_equal(fx_header(&f, "Location"), DISCOVERY);
    fx_stop(&f);
}

static void test_root__shows_who_is_signed_in(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, "/");
    assert_int_equal(f.resp.status, 302);
    fx_sign_in(&f, fx_header(&f, "Location"), "alice", "alice-password");
    assert_string_equal(fx_text(&f, "to"), "/");
    fx_get(&f, "/");
    assert_true(fx_has(&f, "Alice Admin"));
    fx_stop(&f);
}

static void test_versions__older_behaviour(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2024.10";
    fx_start(&f);
    fx_get(&f, DISCOVERY);
    assert_null(js_get(f.json, "backchannel_logout_supported"));
    fx_get(&f, "/.well-known/oauth-authorization-server/application/o/argocd/");
    assert_int_equal(f.resp.status, 404);
    fx_get(&f, "/application/o/argocd/jwks/");
    assert_int_equal(strlen(js_get_text(js_at(js_get(f.json, "keys"), 0), "kid")), 32);
    fx_stop(&f);
}

static void test_setup__refuses_what_it_cannot_play(void **state)
{
    (void)state;
    static const char *const versions[] = {"", "2026", "next"};
    for (size_t i = 0; i < TEST_COUNT(versions); i++) {
        struct fx f;
        struct err err = {0};
        fx_init(&f);
        f.setup.authentik.version = versions[i];
        const struct mock_env env = {
            .setup = &f.setup, .clock = f.clock, .rnd = f.rnd, .faults = f.faults};
        assert_null(authentik_mock_new(&env, &err));
        assert_int_equal(err.code, ERR_USAGE);
        f.setup.authentik.version = "2024.8"; /* the key came with 2024.10 */
        f.setup.authentik.encryption_key = "rsa";
        assert_null(authentik_mock_new(&env, &err));
        assert_string_equal(err.msg, "mock authentik: encryption key 'rsa': authentik 2024.8 has "
                                     "none; it came with 2024.10 (row 'encryption' of `rolecall "
                                     "list versions`)");
        fx_stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discovery__document),
        cmocka_unit_test(test_discovery__follows_the_request),
        cmocka_unit_test(test_discovery__issuer_mode_and_algorithm),
        cmocka_unit_test(test_discovery__changes_with_the_setup),
        cmocka_unit_test(test_discovery__cors),
        cmocka_unit_test(test_jwks__one_key),
        cmocka_unit_test(test_paths__are_exact),
        cmocka_unit_test(test_root__shows_who_is_signed_in),
        cmocka_unit_test(test_versions__older_behaviour),
        cmocka_unit_test(test_setup__refuses_what_it_cannot_play),
    };
    return TEST_MAIN(tests);
}
