/*
 * The judges of a refresh: OIDC Core 12.2 (refresh.c), and what the others make of it.
 */
#include "tests/unit/check/rows.h"

static const struct row rows[] = {
    FAIL("another issuer", "authentik/refresh.iss",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"iss\":\"https://x/\"}}}",
         "https://x/"),
    FAIL("another issuer at dex", "dex/refresh.iss",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"iss\":\"https://x/\"}}}",
         NULL),
    FAIL("another subject", "authentik/refresh.sub",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"sub\":\"x\"}}}",
         "x"),
    FAIL("another subject at dex", "dex/refresh.sub",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"sub\":\"x\"}}}",
         NULL),
    FAIL("another audience", "authentik/refresh.aud",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"aud\":\"x\"}}}",
         "my_client_id"),
    FAIL("another audience at dex", "dex/refresh.aud",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"aud\":\"x\"}}}",
         NULL),
    FAIL("another authorized party that was not there", "authentik/refresh.azp",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"azp\":\"my_client_id\"}}}",
         "absent"),
    FAIL("another authorized party that was not there at dex", "dex/refresh.azp",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"azp\":\"my_client_id\"}}}",
         NULL),
    FAIL("another nonce that was not there", "authentik/refresh.nonce",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"nonce\":\"n\"}}}",
         "absent"),
    FAIL("another nonce that was not there at dex", "dex/refresh.nonce",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"nonce\":\"n\"}}}",
         NULL),
    FAIL("another time of authentication", "authentik/refresh.auth-time",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"auth_time\":1767225600}}}",
         "1767225590"),
    FAIL("another time of authentication at dex", "dex/refresh.auth-time",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"auth_time\":1767225600}}}",
         NULL),
    FAIL("an iat of ten minutes ago", "authentik/refresh.iat",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"iat\":1767225000}}}",
         "23:50:00Z"),
    FAIL("an iat of tomorrow at dex", "dex/refresh.iat",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"iat\":1767312000}}}",
         "2026-01-02"),
    FAIL_TOO(
        "no iat", "dex/refresh.iat",
        "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
        "\"http://localhost:8085/auth/"
        "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
        "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
        "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
        "\"redirect_uri\":\"http://localhost:8085/auth/"
        "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":{"
        "\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}},"
        "\"argocd\":{\"cookie\":null},\"refresh\":\"{\\\"claims\\\":{\\\"iat\\\":null}}\"}",
        "no iat"),
    PASS("an iat of now", "authentik/refresh.iat",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{}}"),
    PASS("an audience more, and the old one", "authentik/refresh.aud",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"aud\":[\"x\",\"my_client_id\"]}}}"),
    PASS("no auth_time any more", "authentik/refresh.auth-time",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":\"{\\\"claims\\\":{\\\"auth_time\\\":null}}\"}"),
    PASS("the nonce of the login", "authentik/refresh.nonce",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\",\"nonce\":\"n\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"},\"claims\":{\"nonce\":\"n\"}},\"refresh\":{\"claims\":{\"nonce\":\"n\"}}}"),
    FAIL("the authorized party is gone", "authentik/refresh.azp",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"},\"claims\":{\"azp\":\"my_client_id\"}},\"refresh\":\"{\\\"claims\\\":{"
         "\\\"azp\\\":null}}\"}",
         "my_client_id"),
    SKIP("a login is no refresh", "authentik/refresh.iss", NULL, "nothing is refreshed"),
    SKIP("no ID token before", "authentik/refresh.sub",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"},\"claims\":null},\"refresh\":{\"claims\":{\"sub\":\"x\"}}}",
         NULL),
    SKIP("a refused refresh", "authentik/refresh.iss",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"status\":400,\"answer\":{\"error\":\"invalid_grant\"}}}",
         "no ID token"),
    PASS("a refresh token for the first time", "dex/refresh.rotation",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{}}"),
    FAIL("a replaced refresh token taken", "dex/refresh.rotation",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{},\"refreshes\":2}",
         "was replaced"),
    FAIL_TOO("a replaced refresh token taken by authentik", "authentik/refresh.rotation",
             "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://"
             "localhost:8085/auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/"
             "auth/callback\"}},\"refresh\":{},\"refreshes\":2}",
             "was replaced"),
    PASS("a refresh token that was not replaced", "authentik/refresh.rotation",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"refreshes\":2}"),
    SKIP("no refresh, no rotation", "dex/refresh.rotation", NULL, "nobody refreshed"),
    /* what a login's checks make of a refresh */
    SKIP("the issuer of a refreshed token", "authentik/id-token.iss",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"iss\":\"https://x/\"}}}",
         "refresh.iss"),
    FAIL_TOO("a refreshed token that has expired", "authentik/id-token.exp",
             "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://"
             "localhost:8085/auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/"
             "auth/callback\"}},\"refresh\":{\"claims\":{\"exp\":1767225000}}}",
             "later than"),
    FAIL("a refreshed answer that may be stored", "dex/token.no-store",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":\"{\\\"token_headers\\\":{\\\"Cache-"
         "Control\\\":null}}\"}",
         "no-store"),
    PASS("the client of a refreshed token", "dex/id-token.aud-trusted",
         "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
         "\"http://localhost:8085/auth/"
         "callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\",\"code_"
         "challenge_method\":\"S256\",\"scope\":\"openid profile email groups federated:id "
         "offline_access\"},\"form\":{\"client_id\":\"argo-cd-cli\",\"client_secret\":\"\","
         "\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":"
         "{\"aud\":\"argo-cd-cli\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}"
         ",\"argocd\":{\"cookie\":null},\"refresh\":{\"claims\":{\"aud\":[\"argo-cd-cli\",\"argo-"
         "cd\"]}}}"),
    FAIL("a jti for the second time", "authentik/id-token.jti",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{\"claims\":{\"jti\":\"the-first-token\"}}}",
         "the-first-token"),
    SKIP("no code in a refresh", "authentik/code.single-use",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{}}",
         "no code"),
    SKIP("no authorization in a refresh", "argocd/request.state",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"}},\"refresh\":{}}",
         "no authorization request"),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[ROWS];
    rows_fill(rows, ROWS, tests);
    return TEST_MAIN(tests);
}
