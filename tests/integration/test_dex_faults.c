/*
 * Every fault of the mock Dex bites, and only where it is said to: each test shows the clean answer
 * beside the faulty one.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwk_lenient.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"

/* ---- the ID token ---- */

static enum jws_problem check_signature(struct dex_fixture *f, const char *token)
{
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(vec_deinit) struct vec found = {0};
    AUTO(key_free) struct key *key = NULL;
    if (jws_parse(token, &j, NULL) != JWS_OK)
        return JWS_BAD_HEADER;
    dex_get(f, "/api/dex/keys");
    if (!jwks_find(f->json, js_get_text(j.header, "kid"), &found) || found.len == 0)
        return JWS_NO_ALG;
    assert_int_equal(jwk_to_key(found.items[0], &key, NULL), 0);
    return jws_verify(&j, key);
}

struct claim_row {
    const char *fault;
    const char *with;
    const char *claim;
    const char *value; /* JSON; NULL = absent */
};

static const struct claim_row claim_rows[] = {
    {"dex/id-token.wrong-aud", NULL, "aud", "\"another-client\""},
    {"dex/id-token.wrong-aud", "{\"aud\":\"x\"}", "aud", "\"x\""},
    {"dex/id-token.wrong-iss", NULL, "iss", "\"" DEX_ISSUER "/\""},
    {"dex/id-token.wrong-iss", "{\"iss\":\"x\"}", "iss", "\"x\""},
    {"dex/id-token.expired", NULL, "exp", "1767222000"},
    {"dex/id-token.no-sub", NULL, "sub", NULL},
    {"dex/id-token.no-exp", NULL, "exp", NULL},
    {"dex/id-token.no-at-hash", NULL, "at_hash", NULL},
    {"dex/id-token.groups-dropped", NULL, "groups", NULL},
    {"dex/id-token.groups-changed", NULL, "groups", "[\"argocd admins\",\"authentik admins\"]"},
    {"dex/id-token.groups-changed", "{\"groups\":[\"g\"]}", "groups", "[\"g\"]"},
    {"dex/id-token.email-verified-true", NULL, "email_verified", "true"},
    {"dex/id-token.federated-claims-missing", NULL, "federated_claims", NULL},
    {"dex/id-token.nonce-wrong", NULL, "nonce", "\"another-nonce\""},
    {"dex/id-token.no-aud", NULL, "aud", NULL},
    {"dex/id-token.no-iat", NULL, "iat", NULL},
    {"dex/id-token.auth-time-text", NULL, "auth_time", "\"a moment ago\""},
    {"dex/id-token.auth-time-added", NULL, "auth_time", "1767225600"},
    {"dex/id-token.claim-type", NULL, "locale", "7"},
    {"dex/id-token.claim-type", "{\"name\":\"zoneinfo\"}", "zoneinfo", "7"},
    {"dex/id-token.aud-stranger", NULL, "aud", "[\"argo-cd\",\"a-stranger\"]"},
    {"dex/id-token.exp-milliseconds", NULL, "exp", "1767312000000"},
    {"dex/id-token.sub-other", NULL, "sub", "\"another-subject\""},
    {NULL, NULL, NULL, NULL},
};

static char *claim_text(const struct js *claims, const char *name)
{
    const struct js *v = js_get(claims, name);
    return v != NULL ? js_compact(v) : xstrdup("absent");
}

static void test_fault__claims(void **state)
{
    struct dex_fixture *f = *state;
    js_set(f->claims, "email_verified", js_bool(false));
    for (const struct claim_row *r = claim_rows; r->fault != NULL; r++) {
        const char *wanted = r->value != NULL ? r->value : "absent";
        fault_set_clear_step(f->faults);
        dex_login(f, false);
        AUTO(js_free) struct js *clean = dex_claims(f, "id_token");
        AUTO(xfree) char *before = claim_text(clean, r->claim);
        assert_string_not_equal(before, wanted);
        dex_fault_on(f, r->fault, r->with);
        dex_login(f, false);
        AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
        AUTO(js_free) struct js *faulty = dex_claims(f, "id_token");
        AUTO(js_free) struct js *access = dex_claims(f, "access_token");
        AUTO(xfree) char *after = claim_text(faulty, r->claim);
        AUTO(xfree) char *of_access = claim_text(access, r->claim);
        assert_string_equal(after, wanted);
        assert_string_not_equal(of_access, wanted); /* the access token stays clean */
        assert_int_equal(check_signature(f, token), JWS_OK);
    }
}

static void hash_differs(struct dex_fixture *f, const char *fault, const char *claim,
                         const char *member)
{
    fault_set_clear_step(f->faults);
    dex_fault_on(f, fault, NULL);
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    AUTO(xfree)
    char *right = jwt_half_hash(JWS_RS256, member != NULL ? js_get_text(f->json, member) : f->code);
    const char *hash = js_get_text(claims, claim);
    assert_string_not_equal(hash, right);
    assert_int_equal(strlen(hash), strlen(right));
}

static void test_fault__hashes(void **state)
{
    struct dex_fixture *f = *state;
    hash_differs(f, "dex/id-token.at-hash-wrong", "at_hash", "access_token");
    hash_differs(f, "dex/id-token.c-hash-wrong", "c_hash", NULL);
    fault_set_clear_step(f->faults);
    dex_fault_on(f, "dex/id-token.no-c-hash", NULL);
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    assert_null(js_get(claims, "c_hash"));
    assert_non_null(js_get(claims, "at_hash"));
}

static void test_fault__signatures(void **state)
{
    struct dex_fixture *f = *state;
    static const char *const faults[] = {"dex/id-token.wrong-key", "dex/id-token.tampered", NULL};
    for (const char *const *id = faults; *id != NULL; id++) {
        fault_set_clear_step(f->faults);
        dex_fault_on(f, *id, NULL);
        dex_login(f, false);
        AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
        AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
        assert_non_null(claims);
        assert_int_equal(check_signature(f, token), JWS_BAD_SIGNATURE);
    }
    fault_set_clear_step(f->faults);
    dex_fault_on(f, "dex/id-token.alg-none", NULL);
    dex_login(f, false);
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(js_get_text(f->json, "id_token"), &j, NULL), JWS_OK);
    assert_int_equal(j.alg, JWS_NONE);
    assert_int_equal(j.signature_len, 0);
}

static void test_fault__tampered_claims_can_be_named(void **state)
{
    struct dex_fixture *f = *state;
    dex_fault_on(f, "dex/id-token.tampered", "{\"claims\":{\"groups\":[\"root\"]}}");
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    AUTO(xfree) char *groups = claim_text(claims, "groups");
    assert_string_equal(groups, "[\"root\"]");
}

/* ---- documents and answers ---- */

static void test_fault__discovery_issuer(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/.well-known/openid-configuration");
    assert_string_equal(js_get_text(f->json, "issuer"), DEX_ISSUER);
    dex_fault_on(f, "dex/discovery.issuer-mismatch", NULL);
    dex_get(f, "/api/dex/.well-known/openid-configuration");
    assert_string_equal(js_get_text(f->json, "issuer"), DEX_ISSUER "/");
    assert_string_equal(js_get_text(f->json, "jwks_uri"), DEX_ISSUER "/keys");
}

static void test_fault__key_sets(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    assert_int_equal(check_signature(f, token), JWS_OK);
    dex_fault_on(f, "dex/jwks.wrong-key", NULL);
    assert_int_equal(check_signature(f, token), JWS_BAD_SIGNATURE);
    fault_set_clear_step(f->faults);
    dex_fault_on(f, "dex/jwks.empty", NULL);
    dex_get(f, "/api/dex/keys");
    assert_string_equal(f->resp.body, "{\n  \"keys\": []\n}");
}

/* What a document's member is with the fault, and is not without it. */
static const struct {
    const char *fault;
    const char *path;
    const char *member;
    const char *value; /* JSON; NULL = absent */
} document_rows[] = {
    {"dex/discovery.endpoint-fragment", "/api/dex/.well-known/openid-configuration",
     "token_endpoint", "\"" DEX_ISSUER "/token#here\""},
    {"dex/discovery.foreign-endpoint", "/api/dex/.well-known/openid-configuration",
     "device_authorization_endpoint", "\"https://idp.example/api/dex/device/code\""},
    {"dex/discovery.no-openid", "/api/dex/.well-known/openid-configuration", "scopes_supported",
     "[\"email\",\"groups\",\"profile\",\"offline_access\"]"},
    {"dex/discovery.no-claims", "/api/dex/.well-known/openid-configuration", "claims_supported",
     NULL},
    {"dex/discovery.grant-types-wrong", "/api/dex/.well-known/openid-configuration",
     "grant_types_supported", "[\"client_credentials\"]"},
    {"dex/discovery.auth-methods-wrong", "/api/dex/.well-known/openid-configuration",
     "token_endpoint_auth_methods_supported", "[\"private_key_jwt\"]"},
    {"dex/discovery.subject-types-wrong", "/api/dex/.well-known/openid-configuration",
     "subject_types_supported", "[\"ephemeral\"]"},
    {"dex/discovery.alg-none", "/api/dex/.well-known/openid-configuration",
     "id_token_signing_alg_values_supported", "[\"RS256\",\"none\"]"},
    {"dex/discovery.list-as-text", "/api/dex/.well-known/openid-configuration",
     "ui_locales_supported", "\"en\""},
    {NULL, NULL, NULL, NULL},
};

static void test_fault__members_of_discovery(void **state)
{
    struct dex_fixture *f = *state;
    for (size_t i = 0; document_rows[i].fault != NULL; i++) {
        const char *wanted = document_rows[i].value != NULL ? document_rows[i].value : "absent";
        fault_set_clear_step(f->faults);
        dex_get(f, document_rows[i].path);
        AUTO(xfree) char *before = claim_text(f->json, document_rows[i].member);
        assert_string_not_equal(before, wanted);
        dex_fault_on(f, document_rows[i].fault, NULL);
        dex_get(f, document_rows[i].path);
        AUTO(xfree) char *after = claim_text(f->json, document_rows[i].member);
        assert_string_equal(after, wanted);
    }
}

static const struct js *key_at(struct dex_fixture *f, size_t i)
{
    dex_get(f, "/api/dex/keys");
    return js_at(js_get(f->json, "keys"), i);
}

static void test_fault__keys(void **state)
{
    struct dex_fixture *f = *state;
    assert_null(key_at(f, 1));
    dex_fault_on(f, "dex/jwks.weak-key", NULL);
    assert_int_equal(jwk_rsa_bits(key_at(f, 1)), 1024);
    fault_set_clear_step(f->faults);
    dex_fault_on(f, "dex/jwks.symmetric-key", NULL);
    assert_string_equal(js_get_text(key_at(f, 1), "kty"), "oct");
    fault_set_clear_step(f->faults);
    AUTO(xfree) char *n = xstrdup(js_get_text(key_at(f, 0), "n"));
    assert_string_equal(js_get_text(key_at(f, 0), "use"), "sig");
    dex_fault_on(f, "dex/jwks.leading-zero", NULL);
    dex_fault_on(f, "dex/jwks.use-enc", NULL);
    const struct js *key = key_at(f, 0);
    AUTO(js_free) struct js *trimmed = jwk_trimmed(key);
    assert_string_not_equal(js_get_text(key, "n"), n);
    assert_string_equal(js_get_text(trimmed, "n"), n);
    assert_string_equal(js_get_text(key, "use"), "enc");
}

static void test_fault__content_types(void **state)
{
    static const char *const rows[][2] = {
        {"dex/discovery.content-type", "/api/dex/.well-known/openid-configuration"},
        {"dex/jwks.content-type", "/api/dex/keys"}};
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        dex_get(f, rows[i][1]);
        assert_string_equal(params_get_ci(&f->resp.headers, "Content-Type"), "application/json");
        dex_fault_on(f, rows[i][0], NULL);
        dex_get(f, rows[i][1]);
        assert_string_equal(params_get_ci(&f->resp.headers, "Content-Type"),
                            "text/html; charset=utf-8");
        assert_non_null(f->json);
    }
    dex_fault_on(f, "dex/token.content-type", NULL);
    dex_login(f, false);
    assert_string_equal(params_get_ci(&f->resp.headers, "Content-Type"),
                        "text/html; charset=utf-8");
}

static void test_fault__headers_of_tokens(void **state)
{
    static const char *const rows[][3] = {
        {"dex/id-token.typ-wrong", "typ", "at+jwt"},
        {"dex/id-token.key-in-header", "jku", "https://attacker.example/jwks"}};
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        fault_set_clear_step(f->faults);
        dex_fault_on(f, rows[i][0], NULL);
        dex_login(f, false);
        AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(token, &j, NULL), JWS_OK);
        assert_string_equal(js_get_text(j.header, rows[i][1]), rows[i][2]);
        assert_int_equal(check_signature(f, token), JWS_OK);
    }
}

static void test_fault__refresh_tokens(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    assert_null(js_get(f->json, "refresh_token"));
    dex_fault_on(f, "dex/token.refresh-unasked", NULL);
    dex_login(f, false);
    assert_non_null(js_get(f->json, "refresh_token"));
    fault_set_clear_step(f->faults);
    f->refresh = "up-1";
    dex_fault_on(f, "dex/token.refresh-characters", NULL);
    dex_login(f, true);
    assert_true(cstr_contains(js_get_text(f->json, "refresh_token"), "\xc3\xa9"));
    fault_set_clear_step(f->faults);
    dex_fault_on(f, "dex/token.refresh-short", NULL);
    dex_login(f, true);
    assert_string_equal(js_get_text(f->json, "refresh_token"), "123456");
}

static void test_fault__token_answer(void **state)
{
    struct dex_fixture *f = *state;
    dex_fault_on(f, "dex/token.cacheable", NULL);
    dex_login(f, false);
    assert_null(params_get_ci(&f->resp.headers, "Cache-Control"));
    assert_non_null(js_get(f->json, "id_token"));
    dex_fault_on(f, "dex/token.no-id-token", NULL);
    dex_login(f, false);
    assert_int_equal(f->resp.status, 200);
    assert_null(js_get(f->json, "id_token"));
}

static void test_fault__callback(void **state)
{
    struct dex_fixture *f = *state;
    dex_say_token(f, NULL);
    dex_fault_on(f, "dex/callback.state-changed", NULL);
    dex_authorize(f, false);
    dex_callback(f);
    assert_true(str_ends(str_of(params_get_ci(&f->resp.headers, "Location")), "&state=the+statex"));
    fault_set_clear_step(f->faults);
    dex_fault_on(f, "dex/callback.no-code", NULL);
    dex_authorize(f, false);
    dex_callback(f);
    assert_string_equal(params_get_ci(&f->resp.headers, "Location"),
                        DEX_CALLBACK "?state=the+state");
}

/* ---- what is not checked ---- */

struct ignored_row {
    const char *fault;
    bool cli;
    const char *name; /* wrong member of the token request */
    const char *value;
};

static const struct ignored_row ignored_rows[] = {
    {"dex/pkce.ignored", true, "code_verifier", "wrong"},
    {"dex/pkce.ignored", true, "code_verifier", NULL},
    {"dex/client-auth.ignored", false, "client_secret", "wrong"},
    {"dex/redirect-uri.ignored", false, "redirect_uri", "http://evil/"},
    {NULL, false, NULL, NULL},
};

static void test_fault__ignored_checks(void **state)
{
    struct dex_fixture *f = *state;
    dex_say_token(f, NULL);
    for (const struct ignored_row *r = ignored_rows; r->fault != NULL; r++) {
        fault_set_clear_step(f->faults);
        dex_authorize(f, r->cli);
        dex_callback(f);
        dex_redeem(f, r->cli, r->name, r->value);
        assert_int_not_equal(f->resp.status, 200);
        dex_fault_on(f, r->fault, NULL);
        dex_redeem(f, r->cli, r->name, r->value);
        assert_int_equal(f->resp.status, 200);
    }
}

static void test_fault__code_reusable(void **state)
{
    struct dex_fixture *f = *state;
    dex_fault_on(f, "dex/code.reusable", NULL);
    dex_login(f, false);
    dex_redeem(f, false, NULL, NULL);
    assert_int_equal(f->resp.status, 200);
    fault_set_clear_step(f->faults);
    dex_redeem(f, false, NULL, NULL);
    dex_redeem(f, false, NULL, NULL);
    assert_int_equal(f->resp.status, 400);
}

static void test_fault__refresh_reusable(void **state)
{
    struct dex_fixture *f = *state;
    f->refresh = "up-1";
    dex_login(f, true);
    AUTO(xfree) char *first = xstrdup(js_get_text(f->json, "refresh_token"));
    dex_refresh(f, first, "");
    dex_refresh(f, first, "");
    assert_int_equal(f->resp.status, 400);
    dex_fault_on(f, "dex/refresh.reusable", NULL);
    dex_refresh(f, first, "");
    assert_int_equal(f->resp.status, 200);
}

/* ---- defects towards authentik ---- */

static bool signs_in(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    dex_authorize(f, false);
    dex_callback(f);
    return f->resp.status == 303;
}

static void defect(struct dex_fixture *f, const char *id)
{
    fault_set_clear_step(f->faults);
    assert_false(signs_in(f));
    dex_fault_on(f, id, NULL);
    assert_true(signs_in(f));
}

static void test_defect__skipped_checks(void **state)
{
    struct dex_fixture *f = *state;
    f->up_key = "rsa-2048-2";
    defect(f, "dex/skip-signature");
    f->up_key = "";
    defect(f, "dex/skip-signature"); /* HS256 too */
    f->up_key = "rsa-2048-1";
    js_set_text(f->claims, "aud", "other");
    defect(f, "dex/skip-audience");
    js_set_text(f->claims, "aud", "my_client_id");
    js_set_text(f->claims, "iss", "other");
    defect(f, "dex/skip-issuer");
    js_set_text(f->claims, "iss", UP_ISSUER);
    js_remove(f->claims, "email_verified");
    defect(f, "dex/skip-email-verified");
}

static bool signs_in_late(struct dex_fixture *f)
{
    dex_say_token(f, NULL); /* lives 300 s */
    dex_authorize(f, false);
    clock_advance_ms(f->clock, 300000);
    dex_callback(f);
    return f->resp.status == 303;
}

static void test_defect__expiry(void **state)
{
    struct dex_fixture *f = *state;
    assert_false(signs_in_late(f));
    dex_fault_on(f, "dex/skip-expiry", NULL);
    assert_true(signs_in_late(f));
}

static void test_defect__no_pkce(void **state)
{
    struct dex_fixture *f = *state;
    fault_set_add(f->faults, "dex/no-pkce", 1, NULL);
    dex_say_token(f, NULL);
    dex_authorize(f, false);
    assert_false(cstr_contains(params_get_ci(&f->resp.headers, "Location"), "code_challenge"));
    dex_callback(f);
    AUTO(xfree) char *without = upstream_last_body(f->up, UP_TOKEN);
    assert_false(cstr_contains(without, "code_verifier"));
    dex_authorize(f, false); /* once is once */
    dex_callback(f);
    AUTO(xfree) char *with = upstream_last_body(f->up, UP_TOKEN);
    assert_true(cstr_contains(with, "code_verifier"));
}

static void test_defect__code_sent_twice(void **state)
{
    struct dex_fixture *f = *state;
    assert_true(signs_in(f));
    assert_int_equal(upstream_hits(f->up, UP_TOKEN), 1);
    dex_fault_on(f, "dex/code-sent-twice", NULL);
    assert_true(signs_in(f));
    assert_int_equal(upstream_hits(f->up, UP_TOKEN), 3);
}

static void test_defect__no_openid(void **state)
{
    struct dex_fixture *f = *state;
    dex_fault_on(f, "dex/scope.no-openid", NULL);
    dex_authorize(f, false);
    assert_true(
        cstr_contains(params_get_ci(&f->resp.headers, "Location"), "&scope=profile+email&"));
}

static void test_defect__invents_groups(void **state)
{
    struct dex_fixture *f = *state;
    js_remove(f->claims, "groups");
    dex_login(f, false);
    AUTO(js_free) struct js *clean = dex_claims(f, "id_token");
    assert_null(js_get(clean, "groups"));
    dex_fault_on(f, "dex/invents-groups", "{\"group\":\"ArgoCD Admins\"}");
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    AUTO(xfree) char *groups = claim_text(claims, "groups");
    assert_string_equal(groups, "[\"ArgoCD Admins\"]");
}

/* ---- the table ---- */

static void test_table__every_row_is_asked_for(void **state)
{
    struct dex_fixture *f = *state;
    const char *left = "none";
    for (const struct fault *r = faults_dex; r->id != NULL; r++) {
        assert_true(cstr_starts(r->id, "dex/"));
        assert_non_null(r->title);
        assert_non_null(r->ref);
        fault_set_add(f->faults, r->id, 1, NULL);
    }
    f->refresh = "up-1";
    for (int i = 0; i < 3; i++) {
        dex_get(f, "/api/dex/.well-known/openid-configuration");
        dex_get(f, "/api/dex/keys");
        dex_get(f, "/api/dex/keys");
        dex_login(f, true);
        dex_redeem(f, true, "client_secret", "wrong");
        dex_redeem(f, true, "redirect_uri", "wrong");
    }
    dex_login(f, true);
    AUTO(xfree) char *refresh = xstrdup(js_get_text(f->json, "refresh_token"));
    dex_refresh(f, refresh, "");
    dex_refresh(f, refresh, "");
    if (fault_set_unused(f->faults, false, &left) != 0)
        fail_msg("%s never fired", left);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_fault__claims),
        DEX_TEST(test_fault__hashes),
        DEX_TEST(test_fault__signatures),
        DEX_TEST(test_fault__tampered_claims_can_be_named),
        DEX_TEST(test_fault__discovery_issuer),
        DEX_TEST(test_fault__key_sets),
        DEX_TEST(test_fault__members_of_discovery),
        DEX_TEST(test_fault__keys),
        DEX_TEST(test_fault__content_types),
        DEX_TEST(test_fault__headers_of_tokens),
        DEX_TEST(test_fault__refresh_tokens),
        DEX_TEST(test_fault__token_answer),
        DEX_TEST(test_fault__callback),
        DEX_TEST(test_fault__ignored_checks),
        DEX_TEST(test_fault__code_reusable),
        DEX_TEST(test_fault__refresh_reusable),
        DEX_TEST(test_defect__skipped_checks),
        DEX_TEST(test_defect__expiry),
        DEX_TEST(test_defect__no_pkce),
        DEX_TEST(test_defect__code_sent_twice),
        DEX_TEST(test_defect__no_openid),
        DEX_TEST(test_defect__invents_groups),
        DEX_TEST(test_table__every_row_is_asked_for),
    };
    return TEST_MAIN(tests);
}
