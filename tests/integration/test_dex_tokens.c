/*
 * The tokens the mock Dex hands out (dex.md 6.1 to 6.5) and the token endpoint with its refusals
 * (6.6).
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"
#include "tests/support/openssl.h"

/* ---- tokens ---- */

static void test_tokens__id_token_is_exact(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    const char *raw = js_get_text(f->json, "id_token");
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(xfree) char *at_hash = jwt_half_hash(JWS_RS256, js_get_text(f->json, "access_token"));
    AUTO(xfree) char *c_hash = jwt_half_hash(JWS_RS256, f->code);
    AUTO(xfree)
    char *expected = xasprintf(
        "{\"iss\":\"%s\",\"sub\":\"CghzdWJ2YWx1ZRIJYXV0aGVudGlr\",\"aud\":\"argo-cd\","
        "\"exp\":1767312000,\"iat\":1767225600,\"at_hash\":\"%s\",\"c_hash\":\"%s\","
        "\"email\":\"jane@example.com\",\"email_verified\":true,\"groups\":[\"ArgoCD Admins\","
        "\"authentik Admins\"],\"name\":\"Jane Doe\",\"preferred_username\":\"jane\","
        "\"federated_claims\":{\"connector_id\":\"authentik\",\"user_id\":\"subvalue\"}}",
        DEX_ISSUER, at_hash, c_hash);
    assert_int_equal(jws_parse(raw, &j, NULL), JWS_OK);
    assert_string_equal(j.payload, expected);
    AUTO(xfree) char *header = js_compact(j.header);
    assert_true(cstr_starts(header, "{\"alg\":\"RS256\",\"kid\":\""));
    assert_int_equal(js_len(j.header), 2);
    dex_get(f, "/api/dex/keys");
    AUTO(vec_deinit) struct vec found = {0};
    AUTO(key_free) struct key *key = NULL;
    assert_true(jwks_find(f->json, js_get_text(j.header, "kid"), &found));
    assert_int_equal(jwk_to_key(found.items[0], &key, NULL), 0);
    assert_int_equal(jws_verify(&j, key), JWS_OK);
}

static void test_tokens__answer_and_cache_headers(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    assert_string_equal(params_get_ci(&f->resp.headers, "Cache-Control"), "no-store");
    assert_string_equal(params_get_ci(&f->resp.headers, "Pragma"), "no-cache");
    assert_string_equal(js_get_text(f->json, "token_type"), "bearer");
    assert_null(js_get(f->json, "refresh_token")); /* offline_access was not asked for */
    assert_null(js_get(f->json, "scope"));
    AUTO(js_free) struct js *access = dex_claims(f, "access_token");
    assert_null(js_get(access, "c_hash"));
    assert_non_null(js_get(access, "at_hash"));
}

static void test_tokens__only_what_the_scope_asks_for(void **state)
{
    struct dex_fixture *f = *state;
    dex_code_with(f, false, "scope", "openid");
    dex_redeem(f, false, NULL, NULL);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    assert_int_equal(js_len(claims), 7); /* iss sub aud exp iat at_hash c_hash */
}

static void test_tokens__nonce_is_copied(void **state)
{
    struct dex_fixture *f = *state;
    dex_code_with(f, false, "nonce", "the nonce");
    dex_redeem(f, false, NULL, NULL);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    assert_string_equal(js_get_text(claims, "nonce"), "the nonce");
}

static void test_tokens__cross_client_audience(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"a\",\"secret\":\"" DEX_SECRET
                "\",\"redirectURIs\":[\"" DEX_CALLBACK "\"]},{\"id\":\"peer\",\"name\":\"p\","
                "\"secret\":\"s\",\"trustedPeers\":[\"argo-cd\"]}]}");
    dex_code_with(f, false, "scope", "openid audience:server:client_id:peer");
    dex_redeem(f, false, NULL, NULL);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    dex_assert_members(claims, "{\"aud\":[\"peer\",\"argo-cd\"],\"azp\":\"argo-cd\"}", "audience");
}

static void test_tokens__configured_lifetime(void **state)
{
    struct dex_fixture *f = *state;
    int64_t exp_s = 0;
    dex_restart(f, NULL, "{\"expiry\":{\"idTokens\":\"1h30m\"}}");
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    assert_int_equal(js_get_number(claims, "exp", &exp_s), 0);
    assert_int_equal(exp_s, CLOCK_START_S + 5400);
}

/* ---- a second opinion ---- */

static void test_tokens__openssl_agrees_on_the_signature(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(openssl_free) struct openssl *o = openssl_new();
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(vec_deinit) struct vec found = {0};
    dex_login(f, false);
    assert_int_equal(jws_parse(js_get_text(f->json, "id_token"), &j, NULL), JWS_OK);
    dex_get(f, "/api/dex/keys");
    assert_true(jwks_find(f->json, js_get_text(j.header, "kid"), &found));
    const char *pem = openssl_jwk_pem(o, found.items[0]);
    assert_non_null(pem);
    struct openssl_signature s = {
        .alg = "RS256",
        .key = pem,
        .input = j.signing_input.ptr,
        .input_len = j.signing_input.len,
        .signature = j.signature,
        .signature_len = j.signature_len,
    };
    assert_true(openssl_verify(o, &s));
    j.signature[7] ^= 1;
    assert_false(openssl_verify(o, &s));
}

/* ---- the token endpoint's refusals ---- */

struct redeem_row {
    bool cli;
    const char *name;
    const char *value;
    int status;
    const char *error;
    const char *literal;
};

static const struct redeem_row redeem_rows[] = {
    {false, "grant_type", NULL, 400, "unsupported_grant_type", NULL},
    {false, "grant_type", "password", 400, "unsupported_grant_type", NULL},
    {false, "client_id", "nobody", 401, "invalid_client", "token-client"},
    {false, "client_secret", "wrong", 401, "invalid_client", "token-client"},
    {false, "client_secret", NULL, 401, "invalid_client", "token-client"},
    {true, "client_secret", "any", 401, "invalid_client", "token-client"},
    {false, "code", NULL, 400, "invalid_request", "token-no-code"},
    {false, "code", "unknown", 400, "invalid_grant", "token-code"},
    {false, "code_verifier", "v", 400, "invalid_request", "token-no-pkce"},
    {true, "code_verifier", NULL, 400, "invalid_grant", "token-pkce-missing"},
    {true, "code_verifier", "wrong", 400, "invalid_grant", "token-pkce"},
    {true, "code_verifier", CLI_CHALLENGE, 400, "invalid_grant", "token-pkce"},
    {false, "redirect_uri", NULL, 400, "invalid_request", "token-redirect"},
    {false, "redirect_uri", DEX_CALLBACK "/", 400, "invalid_request", "token-redirect"},
    {false, NULL, NULL, 0, NULL, NULL},
};

static void make_code(struct dex_fixture *f, bool cli)
{
    dex_say_token(f, NULL);
    dex_authorize(f, cli);
    dex_callback(f);
    assert_int_equal(strlen(f->code), 25);
}

/* None of them burns the code. */
static void test_token__refusals_then_success(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct redeem_row *r = redeem_rows; r->error != NULL; r++) {
        make_code(f, r->cli);
        dex_redeem(f, r->cli, r->name, r->value);
        dex_assert_error(f, r->status, r->error, r->literal);
        assert_null(params_get_ci(&f->resp.headers, "Cache-Control"));
        dex_redeem(f, r->cli, NULL, NULL);
        assert_int_equal(f->resp.status, 200);
    }
    assert_true(dex_logged(f, dex_literal("token-client-log")));
}

static void test_token__method_and_basic(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/token");
    dex_assert_error(f, 400, "invalid_request", "token-method");
    AUTO(xfree) char *bad_id = b64_encode("%zz:x", 5);
    AUTO(xfree) char *bad_secret = b64_encode("x:%zz", 5);
    AUTO(xfree) char *header_id = xasprintf("Basic %s", bad_id);
    AUTO(xfree) char *header_secret = xasprintf("Basic %s", bad_secret);
    dex_request(f, "POST", "/api/dex/token", "grant_type=authorization_code", header_id);
    dex_assert_error(f, 400, "invalid_request", "token-id-encoding");
    dex_request(f, "POST", "/api/dex/token", "grant_type=authorization_code", header_secret);
    dex_assert_error(f, 400, "invalid_request", "token-secret-encoding");
    AUTO(xfree) char *public_client = b64_encode("argo-cd-cli:", 12);
    AUTO(xfree) char *header = xasprintf("Basic %s", public_client);
    dex_request(f, "POST", "/api/dex/token",
                "grant_type=authorization_code&client_id=nobody&client_secret=x", header);
    dex_assert_error(f, 400, "invalid_request", "token-no-code"); /* the body did not count */
}

static void test_token__code_works_once(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    dex_redeem(f, false, NULL, NULL);
    dex_assert_error(f, 400, "invalid_grant", "token-code");
}

static void test_token__another_clients_code(void **state)
{
    struct dex_fixture *f = *state;
    make_code(f, true);
    dex_redeem(f, false, "code_verifier", CLI_VERIFIER);
    dex_assert_error(f, 500, "server_error", NULL);
    assert_true(dex_logged(f, dex_literal("token-code-log")));
}

static void test_token__code_expires(void **state)
{
    struct dex_fixture *f = *state;
    make_code(f, false);
    clock_advance_ms(f->clock, INT64_C(31) * 60000);
    dex_redeem(f, false, NULL, NULL);
    dex_assert_error(f, 500, "server_error", NULL);
    clock_advance_ms(f->clock, INT64_C(5) * 60000);
    dex_redeem(f, false, NULL, NULL);
    dex_assert_error(f, 400, "invalid_grant", "token-code"); /* collected by now */
}

static void test_token__plain_challenge(void **state)
{
    struct dex_fixture *f = *state;
    dex_code_with(f, true, "code_challenge_method", "plain");
    dex_redeem(f, true, "code_verifier", CLI_VERIFIER);
    dex_assert_error(f, 400, "invalid_grant", "token-pkce");
    dex_redeem(f, true, "code_verifier", CLI_CHALLENGE);
    assert_int_equal(f->resp.status, 200);
}

/* The challenge itself as verifier, with a method that the token endpoint does not read. */
static void test_token__no_downgrade(void **state)
{
    struct dex_fixture *f = *state;
    dex_code_with(f, true, NULL, NULL);
    AUTO(xfree)
    char *form = xasprintf("grant_type=authorization_code&client_id=argo-cd-cli&code=%s&"
                           "redirect_uri=" CLI_CALLBACK "&code_verifier=" CLI_CHALLENGE
                           "&code_challenge_method=plain",
                           f->code);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
    dex_assert_error(f, 400, "invalid_grant", "token-pkce");
    dex_redeem(f, true, NULL, NULL);
    assert_int_equal(f->resp.status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_tokens__id_token_is_exact),
        DEX_TEST(test_tokens__answer_and_cache_headers),
        DEX_TEST(test_tokens__only_what_the_scope_asks_for),
        DEX_TEST(test_tokens__nonce_is_copied),
        DEX_TEST(test_tokens__cross_client_audience),
        DEX_TEST(test_tokens__configured_lifetime),
        DEX_TEST(test_tokens__openssl_agrees_on_the_signature),
        DEX_TEST(test_token__refusals_then_success),
        DEX_TEST(test_token__method_and_basic),
        DEX_TEST(test_token__code_works_once),
        DEX_TEST(test_token__another_clients_code),
        DEX_TEST(test_token__code_expires),
        DEX_TEST(test_token__plain_challenge),
        DEX_TEST(test_token__no_downgrade),
    };
    return TEST_MAIN(tests);
}
