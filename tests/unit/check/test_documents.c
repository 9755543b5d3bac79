/*
 * The judges of what a provider publishes, each with one thing changed (metadata.c, keyset.c).
 */
#include "tests/unit/check/rows.h"

static const struct row rows[] = {
    /* discovery */
    FAIL_TOO("documents as pages", "authentik/discovery.content-type",
             "{\"authentik\":{\"document_type\":\"text/html\"}}", "text/html"),
    FAIL_TOO("documents of dex as pages", "dex/discovery.content-type",
             "{\"dex\":{\"document_type\":\"text/html; charset=utf-8\"}}", "text/html"),
    FAIL_TOO("documents without a type", "dex/discovery.content-type",
             "{\"dex\":{\"document_type\":null}}", "no Content-Type"),
    PASS("JSON with a charset", "authentik/discovery.content-type",
         "{\"authentik\":{\"document_type\":\"Application/JSON; charset=utf-8\"}}"),
    FAIL_TOO("JSON by another name", "authentik/discovery.content-type",
             "{\"authentik\":{\"document_type\":\"application/jsonp\"}}", "jsonp"),
    SKIP("no discovery, no type", "authentik/discovery.content-type",
         "{\"authentik\":{\"discovery\":null}}", "nobody asked"),
    SKIP("a page is no document", "authentik/discovery.content-type",
         "{\"authentik\":{\"discovery\":\"<html>\"}}", "no JSON object"),
    FAIL("a list as a text", "authentik/discovery.types",
         "{\"authentik\":{\"discovery\":{\"acr_values_supported\":\"x\"}}}",
         "acr_values_supported as an array of strings"),
    FAIL("a list of numbers", "dex/discovery.types",
         "{\"dex\":{\"discovery\":{\"ui_locales_supported\":[1]}}}", "[1]"),
    FAIL("a flag as a text", "authentik/discovery.types",
         "{\"authentik\":{\"discovery\":{\"request_parameter_supported\":\"false\"}}}",
         "a boolean"),
    FAIL("an endpoint as a list", "dex/discovery.types",
         "{\"dex\":{\"discovery\":{\"userinfo_endpoint\":[]}}}", "userinfo_endpoint as a string"),
    FAIL("a logout flag as a list", "authentik/discovery.types",
         "{\"authentik\":{\"discovery\":{\"backchannel_logout_supported\":[]}}}", "a boolean"),
    PASS("flags that are flags", "authentik/discovery.types",
         "{\"authentik\":{\"discovery\":{\"request_parameter_supported\":false,\"backchannel_"
         "logout_session_supported\":true}}}"),
    PASS("a member nobody knows", "authentik/discovery.types",
         "{\"authentik\":{\"discovery\":{\"x_vendor\":7}}}"),
    FAIL("a fragment", "authentik/discovery.no-fragment",
         "{\"authentik\":{\"discovery\":{\"token_endpoint\":\"https://authentik.company/"
         "application/o/token/#x\"}}}",
         "#x"),
    FAIL("a fragment of dex", "dex/discovery.no-fragment",
         "{\"dex\":{\"discovery\":{\"authorization_endpoint\":\"https://argocd.company/api/dex/"
         "auth#\"}}}",
         "authorization_endpoint without a fragment"),
    PASS("a fragment in what is no endpoint", "authentik/discovery.no-fragment",
         "{\"authentik\":{\"discovery\":{\"service_documentation\":\"https://authentik.company/"
         "docs#oidc\"}}}"),
    FAIL("an endpoint elsewhere", "authentik/discovery.same-host",
         "{\"authentik\":{\"discovery\":{\"revocation_endpoint\":\"https://x/\"}}}",
         "revocation_endpoint at authentik.company"),
    FAIL("an endpoint at another port", "dex/discovery.same-host",
         "{\"dex\":{\"discovery\":{\"userinfo_endpoint\":\"https://argocd.company:444/api/dex/"
         "userinfo\"}}}",
         "444"),
    FAIL("keys elsewhere", "dex/discovery.same-host",
         "{\"dex\":{\"discovery\":{\"jwks_uri\":\"https://x/\"}}}", "jwks_uri"),
    PASS("documentation elsewhere", "authentik/discovery.same-host",
         "{\"authentik\":{\"discovery\":{\"op_policy_uri\":\"https://x/\"}}}"),
    FAIL("scopes of authentik", "authentik/discovery.scopes",
         "{\"authentik\":{\"discovery\":{\"scopes_supported\":[\"email\"]}}}", "with \"openid\""),
    FAIL("scopes of dex", "dex/discovery.scopes",
         "{\"dex\":{\"discovery\":{\"scopes_supported\":[\"email\"]}}}", "with \"openid\""),
    PASS("scopes, another good one", "authentik/discovery.scopes",
         "{\"authentik\":{\"discovery\":{\"scopes_supported\":[\"openid\"]}}}"),
    FAIL("scopes absent", "authentik/discovery.scopes",
         "{\"authentik\":{\"discovery\":{\"scopes_supported\":null}}}", "absent"),
    FAIL("claims of authentik", "authentik/discovery.claims",
         "{\"authentik\":{\"discovery\":{\"claims_supported\":[\"iss\"]}}}", "with \"sub\""),
    FAIL("claims of dex", "dex/discovery.claims",
         "{\"dex\":{\"discovery\":{\"claims_supported\":[\"iss\"]}}}", "with \"sub\""),
    PASS("claims, another good one", "authentik/discovery.claims",
         "{\"authentik\":{\"discovery\":{\"claims_supported\":[\"sub\"]}}}"),
    FAIL("claims absent", "authentik/discovery.claims",
         "{\"authentik\":{\"discovery\":{\"claims_supported\":null}}}", "absent"),
    FAIL("grant-types of authentik", "authentik/discovery.grant-types",
         "{\"authentik\":{\"discovery\":{\"grant_types_supported\":[\"implicit\"]}}}",
         "authorization_code"),
    FAIL("grant-types of dex", "dex/discovery.grant-types",
         "{\"dex\":{\"discovery\":{\"grant_types_supported\":[\"implicit\"]}}}",
         "authorization_code"),
    PASS("grant-types, another good one", "authentik/discovery.grant-types",
         "{\"authentik\":{\"discovery\":{\"grant_types_supported\":[\"authorization_code\"]}}}"),
    PASS("grant-types absent", "authentik/discovery.grant-types",
         "{\"authentik\":{\"discovery\":{\"grant_types_supported\":null}}}"),
    FAIL("response-modes of authentik", "authentik/discovery.response-modes",
         "{\"authentik\":{\"discovery\":{\"response_modes_supported\":[\"form_post\"]}}}", "query"),
    PASS("response-modes, another good one", "authentik/discovery.response-modes",
         "{\"authentik\":{\"discovery\":{\"response_modes_supported\":[\"query\"]}}}"),
    PASS("response-modes absent", "authentik/discovery.response-modes",
         "{\"authentik\":{\"discovery\":{\"response_modes_supported\":null}}}"),
    FAIL("another way to authenticate", "authentik/discovery.auth-methods",
         "{\"authentik\":{\"discovery\":{\"token_endpoint_auth_methods_supported\":[\"client_"
         "secret_basic\"]}}}",
         "client_secret_post"),
    FAIL("another way to authenticate at dex", "dex/discovery.auth-methods",
         "{\"dex\":{\"discovery\":{\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"]}"
         "}}",
         "private_key_jwt"),
    FAIL("no list, and not the default", "authentik/discovery.auth-methods",
         "{\"authentik\":{\"discovery\":{\"token_endpoint_auth_methods_supported\":null}}}",
         "absent"),
    SKIP("a public client", "dex/discovery.auth-methods",
         "{\"dex\":{\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\"}}}",
         "no client authenticated itself"),
    SKIP("who was refused proves nothing", "authentik/discovery.auth-methods",
         "{\"authentik\":{\"status\":400,\"answer\":{\"error\":\"invalid_grant\"}}}",
         "no client authenticated itself"),
    FAIL("subject-types of authentik", "authentik/discovery.subject-types",
         "{\"authentik\":{\"discovery\":{\"subject_types_supported\":[\"other\"]}}}",
         "public or pairwise"),
    FAIL("subject-types of dex", "dex/discovery.subject-types",
         "{\"dex\":{\"discovery\":{\"subject_types_supported\":[\"other\"]}}}",
         "public or pairwise"),
    PASS("subject-types, another good one", "authentik/discovery.subject-types",
         "{\"authentik\":{\"discovery\":{\"subject_types_supported\":[\"pairwise\"]}}}"),
    SKIP("subject-types absent", "authentik/discovery.subject-types",
         "{\"authentik\":{\"discovery\":{\"subject_types_supported\":null}}}", "another check"),
    FAIL("none is offered", "authentik/discovery.no-none",
         "{\"authentik\":{\"discovery\":{\"id_token_signing_alg_values_supported\":[\"RS256\","
         "\"none\"]}}}",
         "none"),
    FAIL("none is offered by dex", "dex/discovery.no-none",
         "{\"dex\":{\"discovery\":{\"id_token_signing_alg_values_supported\":[\"none\",\"RS256\"]}}"
         "}",
         "algorithms that sign"),
    SKIP("no list of algorithms", "authentik/discovery.no-none",
         "{\"authentik\":{\"discovery\":{\"id_token_signing_alg_values_supported\":null}}}",
         "another check"),
    FAIL_TOO(
        "no RS256", "authentik/discovery.rs256",
        "{\"authentik\":{\"discovery\":{\"id_token_signing_alg_values_supported\":[\"ES256\"]}}}",
        "RS256"),
    FAIL("RS512 throughout", "authentik/discovery.rs256",
         "{\"authentik\":{\"discovery\":{\"id_token_signing_alg_values_supported\":[\"RS512\"]},"
         "\"key\":{\"alg\":\"RS512\"},\"header\":{\"alg\":\"RS512\"}}}",
         "RS512"),
    SKIP("no RS256 with an EC key", "authentik/discovery.rs256",
         "{\"setup\":{\"authentik\":{\"provider\":{\"signing_key\":\"ec-384\"}}},\"authentik\":{"
         "\"discovery\":{\"id_token_signing_alg_values_supported\":[\"ES384\"]}}}",
         "an EC key"),
    SKIP("no list, no RS256", "authentik/discovery.rs256",
         "{\"authentik\":{\"discovery\":{\"id_token_signing_alg_values_supported\":null}}}",
         "another check"),
    /* keys */
    FAIL_TOO("keys as a page", "authentik/jwks.content-type",
             "{\"authentik\":{\"document_type\":\"text/html\"}}", "text/html"),
    PASS("keys as a key set", "authentik/jwks.content-type",
         "{\"authentik\":{\"document_type\":\"application/jwk-set+json\"}}"),
    SKIP("keys not asked", "authentik/jwks.content-type", "{\"authentik\":{\"keys\":-1}}",
         "nobody asked"),
    FAIL("no use", "authentik/jwks.use", "{\"authentik\":{\"key\":{\"use\":null}}}",
         "does not say"),
    FAIL("use for encryption alone", "dex/jwks.use", "{\"dex\":{\"key\":{\"use\":\"enc\"}}}",
         "none"),
    FAIL("use unknown", "dex/jwks.use", "{\"dex\":{\"key\":{\"use\":\"tls\"}}}", "tls"),
    PASS("a key for encryption beside", "authentik/jwks.use",
         "{\"authentik\":{\"second_key\":{\"kty\":\"EC\",\"kid\":\"e\",\"use\":\"enc\",\"crv\":\"P-"
         "256\",\"x\":\"AA\",\"y\":\"AA\"}}}"),
    SKIP("no keys, no use", "authentik/jwks.use", "{\"authentik\":{\"keys\":0}}",
         "publishes no keys"),
    FAIL("a key of 1024 bits", "authentik/jwks.key-size",
         "{\"authentik\":{\"second_key\":{\"kty\":\"RSA\",\"kid\":\"w\",\"use\":\"sig\",\"n\":"
         "\"gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
         "\"e\":\"AQAB\"}}}",
         "1024 bits"),
    FAIL("a key of 2047 bits", "dex/jwks.key-size",
         "{\"dex\":{\"second_key\":{\"kty\":\"RSA\",\"kid\":\"w\",\"use\":\"sig\",\"n\":"
         "\"fAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"e\":"
         "\"AQAB\"}}}",
         "2047 bits"),
    PASS("a key of 2048 bits", "authentik/jwks.key-size",
         "{\"authentik\":{\"second_key\":{\"kty\":\"RSA\",\"kid\":\"w\",\"use\":\"sig\",\"n\":"
         "\"gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"e\":"
         "\"AQAB\"}}}"),
    PASS("an EC key is short", "authentik/jwks.key-size",
         "{\"authentik\":{\"second_key\":{\"kty\":\"EC\",\"kid\":\"e\",\"use\":\"sig\",\"crv\":\"P-"
         "256\",\"x\":\"AQ\",\"y\":\"AQ\"}}}"),
    FAIL("a zero before the modulus", "authentik/jwks.integers",
         "{\"authentik\":{\"second_key\":{\"kty\":\"RSA\",\"kid\":\"w\",\"use\":\"sig\",\"n\":"
         "\"AIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"e\":"
         "\"AQAB\"}}}",
         "octet of zero"),
    FAIL("a zero before the exponent", "dex/jwks.integers",
         "{\"dex\":{\"second_key\":{\"kty\":\"RSA\",\"kid\":\"w\",\"use\":\"sig\",\"n\":"
         "\"gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"e\":"
         "\"AAEAAQ\"}}}",
         "\"e\" of key 1"),
    FAIL("a padded exponent", "dex/jwks.integers",
         "{\"dex\":{\"second_key\":{\"kty\":\"RSA\",\"kid\":\"w\",\"use\":\"sig\",\"n\":"
         "\"gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"e\":"
         "\"Aw==\"}}}",
         "base64url without padding"),
    PASS("an exponent of three", "authentik/jwks.integers",
         "{\"authentik\":{\"second_key\":{\"kty\":\"RSA\",\"kid\":\"w\",\"use\":\"sig\",\"n\":"
         "\"gAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
         "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"e\":"
         "\"Aw\"}}}"),
    FAIL("a secret key", "authentik/jwks.no-symmetric",
         "{\"authentik\":{\"second_key\":{\"kty\":\"oct\",\"kid\":\"s\",\"use\":\"sig\",\"k\":"
         "\"AAEC\"}}}",
         "key 1 is a secret"),
    FAIL("a secret in a key of another kind", "dex/jwks.no-symmetric",
         "{\"dex\":{\"key\":{\"k\":\"AAEC\"}}}", "key 0"),
    SKIP("no keys, no secret", "dex/jwks.no-symmetric", "{\"dex\":{\"keys\":0}}",
         "publishes no keys"),
    FAIL("a SHA-1 thumbprint of another certificate", "authentik/jwks.x5t",
         "{\"authentik\":{\"key\":{\"x5c\":[\"YWJj\"],\"x5t\":\"AAAA\"}}}", "AAAA"),
    PASS("a SHA-1 thumbprint of its certificate", "authentik/jwks.x5t",
         "{\"authentik\":{\"key\":{\"x5c\":[\"YWJj\"],\"x5t\":\"qZk-NkcGgWq6PiVxeFDCbJzQ2J0\"}}}"),
    SKIP("no certificate, no thumbprint", "authentik/jwks.x5t", NULL, "no key has a certificate"),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[ROWS];
    rows_fill(rows, ROWS, tests);
    return TEST_MAIN(tests);
}
