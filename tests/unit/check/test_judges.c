/*
 * Each judge with a login told by hand: it passes the healthy one, fails for one changed thing, and
 * skips what it cannot see. A row is a change and what one check makes of it.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "tests/unit/check/rows.h"

static const struct row rows[] = {
    /* documents */
    FAIL("discovery issuer without slash", "authentik/discovery.issuer",
         AK("\"discovery\":{\"issuer\":\"https://authentik.company/application/o/argocd\"}"),
         "argocd/"),
    FAIL("dex issuer with slash", "dex/discovery.issuer",
         DEX("\"discovery\":{\"issuer\":\"https://argocd.company/api/dex/\"}"), "dex/"),
    FAIL("discovery without jwks_uri", "authentik/discovery.required",
         AK("\"discovery\":{\"jwks_uri\":null}"), "without jwks_uri"),
    FAIL("discovery as a page", "authentik/discovery.required", AK("\"discovery\":\"<html>\""),
         "a JSON object"),
    SKIP("discovery as a page, issuer", "authentik/discovery.issuer",
         AK("\"discovery\":\"<html>\""), "no JSON object"),
    SKIP("discovery not asked", "authentik/discovery.issuer", AK("\"discovery\":null"),
         "nobody asked authentik"),
    FAIL("token endpoint over http", "authentik/discovery.https",
         AK("\"discovery\":{\"token_endpoint\":\"http://authentik.company/\"}"),
         "token_endpoint with https"),
    SKIP("http in the setup itself", "authentik/discovery.https",
         "{\"setup\":{\"authentik\":{\"url\":\"http://authentik.company\"}}}", "plain http URL"),
    FAIL("no code flow", "dex/discovery.code-flow",
         DEX("\"discovery\":{\"response_types_supported\":[\"token\"]}"), "[\"token\"]"),
    FAIL("no S256", "dex/discovery.pkce",
         DEX("\"discovery\":{\"code_challenge_methods_supported\":null}"), "absent"),
    FAIL("no keys", "authentik/jwks.keys", AK("\"keys\":0"), "at least one key"),
    FAIL_TOO("key without n", "authentik/jwks.keys",
             AK("\"jwks\":\"{\\\"keys\\\":[{\\\"kty\\\":\\\"RSA\\\"}]}\""), "no \"n\""),
    FAIL("key for another algorithm", "authentik/jwks.keys", AK("\"key\":{\"alg\":\"RS512\"}"),
         "key 0 is for RS512"),
    PASS("encryption key of another algorithm", "authentik/jwks.keys",
         AK("\"key\":{\"alg\":\"RSA-OAEP-256\",\"use\":\"enc\"}")),
    FAIL("private exponent", "dex/jwks.no-private", DEX("\"key\":{\"d\":\"AQAB\"}"), "\"d\""),
    FAIL("kid twice", "dex/jwks.kid-unique", DEX("\"keys\":2"), "k2"),
    PASS("one key without kid", "authentik/jwks.kid-unique",
         AK("\"key\":{\"kid\":null},\"header\":{\"kid\":null}")),
    FAIL_TOO("two keys without kid", "authentik/jwks.kid-unique",
             AK("\"key\":{\"kid\":null},\"keys\":2"), "a key without kid"),
    FAIL("thumbprint of another certificate", "authentik/jwks.certificate",
         AK("\"key\":{\"x5c\":[\"AQAB\"],\"x5t#S256\":\"AAAA\"}"), "AAAA"),
    PASS("thumbprint of its certificate", "authentik/jwks.certificate",
         AK("\"key\":{\"x5c\":[\"YWJj\"],\"x5t#S256\":"
            "\"ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0\"}")),
    SKIP("no certificate", "authentik/jwks.certificate", NULL, "no key has a certificate"),
    /* requests */
    FAIL("implicit flow", "argocd/request.response-type",
         DEX("\"request\":{\"response_type\":\"id_token\"}"), "id_token"),
    SKIP("implicit flow where nothing else is offered", "argocd/request.response-type",
         DEX("\"request\":{\"response_type\":\"id_token\"},\"discovery\":{\"response_types_"
             "supported\":[\"id_token\"]}"),
         "does not offer the code flow"),
    FAIL("scope without openid", "dex/request.scope",
         AK("\"request\":{\"scope\":\"profile email\"},\"answer\":{\"scope\":\"profile email\"}"),
         "profile email"),
    FAIL("scope with openid inside a word", "dex/request.scope",
         AK("\"request\":{\"scope\":\"xopenid email\"},\"answer\":{\"scope\":\"email\"}"),
         "xopenid"),
    FAIL("scope without groups", "argocd/request.scope",
         DEX("\"request\":{\"scope\":\"openid\"},\"claims\":{\"groups\":[\"ArgoCD Admins\"]}"),
         "groups"),
    FAIL("short state", "dex/request.state",
         AK("\"request\":{\"state\":\"abc\"},\"response\":{\"state\":\"abc\"}"), "3 characters"),
    FAIL("no state", "argocd/request.state",
         DEX("\"request\":{\"state\":null},\"response\":{\"state\":null}"), "no state"),
    FAIL_TOO("another redirect URI", "argocd/request.redirect-uri",
             DEX("\"request\":{\"redirect_uri\":\"https://argocd.company/other\"}"), "/other"),
    SKIP("a redirect URI that the browser changed", "argocd/request.redirect-uri",
         "{\"note\":\"fault browser/authorize.redirect-uri-changed "
         "played\",\"dex\":{\"request\":{\"redirect_uri\":\"https://x/\"}}}",
         "the browser changed"),
    FAIL("no challenge", "dex/request.pkce",
         AK("\"request\":{\"code_challenge\":null,\"code_challenge_method\":null}"),
         "no code_challenge"),
    FAIL("plain challenge", "dex/request.pkce",
         AK("\"request\":{\"code_challenge_method\":\"plain\"},\"form\":{\"code_verifier\":"
            "\"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\"}"),
         "plain"),
    SKIP("no challenge where S256 is not offered", "dex/request.pkce",
         AK("\"request\":{\"code_challenge\":null},\"discovery\":{\"code_challenge_methods_"
            "supported\":[\"plain\"]}"),
         "does not offer S256"),
    SKIP("no request of the CLI", "cli/request.state", NULL, "made no authorization request"),
    /* responses */
    FAIL("state changed", "dex/response.state",
         DEX("\"response\":{\"state\":\"zzz\"},\"delivered\":{"
             "\"code\":\"abcdefghijklmnopqrstuvwxy\",\"state\":\"bbbbbbbbbbbbbbbbbbbbbbbb\"}"),
         "zzz"),
    SKIP("no state sent", "dex/response.state",
         DEX("\"request\":{\"state\":null},\"response\":{\"state\":null}"), "no state was sent"),
    FAIL("six digits of code", "authentik/response.code",
         AK("\"response\":{\"code\":\"123456\"},\"form\":{\"code\":\"123456\"}"), "6 characters"),
    SKIP("an error in the place of a code", "authentik/response.code",
         AK("\"response\":{\"code\":null,\"error\":\"access_denied\"}"), "access_denied"),
    FAIL_TOO("an unregistered redirect URI", "authentik/response.redirect-uri",
             AK("\"request\":{\"redirect_uri\":\"https://attacker.example/\"}"), "attacker"),
    PASS("a regular expression that matches it all", "authentik/response.redirect-uri",
         "{\"setup\":{\"authentik\":{\"provider\":{\"redirect_uris\":[{\"matching_mode\":\"regex\","
         "\"url\":\"https://argocd.*\"}]}}}}"),
    FAIL("a regular expression that matches a part", "authentik/response.redirect-uri",
         "{\"setup\":{\"authentik\":{\"provider\":{\"redirect_uris\":[{\"matching_mode\":\"regex\","
         "\"url\":\"https://argocd\"}]}}}}",
         "argocd.company"),
    FAIL("consent not shown", "authentik/prompt.consent",
         AK("\"request\":{\"prompt\":\"consent\"}"), "none was shown"),
    PASS("consent shown", "authentik/prompt.consent",
         AK("\"request\":{\"prompt\":\"consent\"},\"shows_consent\":true")),
    SKIP("consent not asked for", "authentik/prompt.consent", NULL, "was not sent"),
    FAIL("another state redeemed", "argocd/callback.state-checked",
         DEX("\"delivered\":{\"code\":\"c\",\"state\":\"another\"}"), "the code was redeemed"),
    PASS("another state refused", "argocd/callback.state-checked",
         DEX("\"delivered\":{\"code\":\"c\",\"state\":\"another\"},\"asks\":0")),
    FAIL_TOO("another state redeemed by rp", "rp/callback.state-checked",
             DIRECT("\"delivered\":{\"code\":\"c\",\"state\":\"another\"}"), "redeemed"),
    SKIP("the CLI was not there", "cli/callback.state-checked", NULL, "no relying party"),
    /* codes */
    FAIL_TOO("code redeemed twice", "authentik/code.single-use", AK("\"asks\":2"),
             "redeemed 2 times"),
    FAIL_TOO("code sent again", "dex/code.redeemed-once", AK("\"asks\":2"), "sent again"),
    PASS("code sent again after a refusal", "dex/code.redeemed-once", AK("\"asks\":2," REFUSED)),
    SKIP("no code redeemed", "authentik/code.single-use", AK("\"asks\":0"), "no code"),
    FAIL_TOO("code of two minutes", "authentik/code.short-lived", AK("\"waits_s\":120"), "120 s"),
    PASS("code of a minute", "authentik/code.short-lived", AK("\"waits_s\":60")),
    SKIP("late code refused", "authentik/code.short-lived", AK("\"waits_s\":120," REFUSED),
         "no code was redeemed"),
    FAIL_TOO("code of an hour at dex", "dex/code.short-lived", DEX("\"waits_s\":3600"), "3600 s"),
    FAIL_TOO("another redirect URI at the token endpoint", "dex/code.redirect-uri",
             DEX("\"form\":{\"redirect_uri\":\"https://x/\"}"), "https://x/"),
    PASS("another redirect URI refused", "dex/code.redirect-uri",
         DEX("\"form\":{\"redirect_uri\":\"https://x/\"}," REFUSED)),
    FAIL("wrong verifier", "authentik/pkce.enforced",
         AK("\"form\":{\"code_verifier\":\"another-verifier-of-the-right-length-0123456789\"}"),
         "wrong verifier"),
    FAIL("missing verifier", "authentik/pkce.enforced", AK("\"form\":{\"code_verifier\":null}"),
         "without a verifier"),
    PASS("wrong verifier refused", "authentik/pkce.enforced",
         AK("\"form\":{\"code_verifier\":\"another-verifier\"}," REFUSED)),
    SKIP("no challenge, no enforcement", "dex/pkce.enforced", NULL, "no code_challenge"),
    FAIL("wrong secret", "authentik/client-auth.enforced",
         AK("\"form\":{\"client_secret\":\"wrong\"}"), "tokens for a wrong secret"),
    PASS("wrong secret refused", "authentik/client-auth.enforced",
         AK("\"form\":{\"client_secret\":\"wrong\"}," REFUSED)),
    FAIL("wrong secret at dex", "dex/client-auth.enforced",
         DEX("\"form\":{\"client_secret\":\"wrong\"}"), "wrong secret"),
    SKIP("no token request", "dex/client-auth.enforced", DEX("\"asks\":0"), "no token request"),
    /* token answers */
    FAIL("no id_token", "authentik/token.id-token", AK("\"claims\":null"), "no id_token"),
    FAIL("id_token of two parts", "authentik/token.id-token",
         AK("\"answer\":{\"id_token\":\"a.b\"}"), "not three parts"),
    FAIL("answer as a page", "dex/token.id-token", DEX("\"answer\":\"<html>\""), "a JSON object"),
    SKIP("answer as a page, type", "dex/token.type", DEX("\"answer\":\"<html>\""),
         "no JSON object"),
    SKIP("refused, type", "authentik/token.type", AK(REFUSED), "refused the token request"),
    FAIL("no access token", "dex/token.access-token",
         DEX("\"answer\":{\"access_token\":null},"
             "\"claims\":{\"at_hash\":\"L_CU0R9-Dn5qZ8pJUYhG7g\"}"),
         "none"),
    FAIL("token type mac", "authentik/token.type", AK("\"answer\":{\"token_type\":\"mac\"}"),
         "mac"),
    FAIL("no Cache-Control", "authentik/token.no-store",
         AK("\"token_headers\":{\"Cache-Control\":null}"), "no Cache-Control"),
    FAIL("expires_in as text", "dex/token.expires-in", DEX("\"answer\":{\"expires_in\":\"86400\"}"),
         "a positive number"),
    FAIL("expires_in 0", "authentik/token.expires-in", AK("\"answer\":{\"expires_in\":0}"), "0"),
    FAIL("unknown error", "authentik/token.error-form",
         AK("\"status\":400,\"answer\":{\"error\":\"not_today\"}"), "not_today"),
    FAIL("refusal with 403", "authentik/token.error-form",
         AK("\"status\":403,\"answer\":{\"error\":\"invalid_grant\"}"), "403"),
    PASS("known error", "authentik/token.error-form", AK(REFUSED)),
    SKIP("a failure of the server", "authentik/token.error-form",
         AK("\"status\":500,\"answer\":\"oops\""), "refused no token request"),
    /* ID tokens */
    FAIL_TOO("algorithm not advertised", "authentik/id-token.alg",
             AK("\"discovery\":{\"id_token_signing_alg_values_supported\":[\"ES256\"]},\"key\":{"
                "\"alg\":null}"),
             "RS256"),
    FAIL_TOO("HS256 though advertised", "authentik/id-token.alg",
             AK("\"header\":{\"alg\":\"HS256\"},\"discovery\":{\"id_token_signing_alg_values_"
                "supported\":[\"HS256\",\"RS256\"]}"),
             "asymmetric"),
    PASS("no list, RS256", "authentik/id-token.alg",
         AK("\"discovery\":{\"id_token_signing_alg_values_supported\":null}")),
    FAIL("unknown kid", "dex/id-token.kid", DEX("\"header\":{\"kid\":\"k9\"}"), "k9"),
    FAIL_TOO("no kid among two keys", "dex/id-token.kid",
             DEX("\"header\":{\"kid\":null},\"keys\":2"), "several keys"),
    SKIP("kid without keys", "dex/id-token.kid", DEX("\"keys\":0"), "no keys"),
    FAIL_TOO("another key's signature", "authentik/id-token.signature",
             AK("\"forged_with\":\"rsa-2048-2\""), "none of the 1 key(s)"),
    SKIP("keys not asked", "authentik/id-token.signature", AK("\"keys\":-1"), "nobody asked"),
    FAIL_TOO("issuer", "authentik/id-token.iss", AK("\"claims\":{\"iss\":\"https://x/\"}"),
             "https://x/"),
    FAIL_TOO("no issuer", "authentik/id-token.iss", AK("\"claims\":{\"iss\":null}"), "no iss"),
    FAIL_TOO("audience", "dex/id-token.aud", DEX("\"claims\":{\"aud\":\"x\"}"), "x"),
    PASS("audience as a list", "authentik/id-token.aud",
         AK("\"claims\":{\"aud\":[\"my_client_id\"]}")),
    FAIL("azp", "authentik/id-token.azp", AK("\"claims\":{\"azp\":\"x\"}"), "x"),
    FAIL_TOO("several audiences without azp", "authentik/id-token.azp",
             AK("\"claims\":{\"aud\":[\"my_client_id\",\"x\"]}"), "no azp"),
    PASS("azp is the client", "authentik/id-token.azp",
         AK("\"claims\":{\"aud\":[\"my_client_id\",\"x\"],\"azp\":\"my_client_id\"}")),
    FAIL_TOO("expired this second", "authentik/id-token.exp", AK("\"claims\":{\"exp\":1767225600}"),
             "later than 2026-01-01T00:00:00Z"),
    PASS("a second to live", "authentik/id-token.exp", AK("\"claims\":{\"exp\":1767225601}")),
    FAIL_TOO("no exp", "authentik/id-token.exp", AK("\"claims\":{\"exp\":null}"), "no exp"),
    FAIL("issued in six minutes", "authentik/id-token.iat", AK("\"claims\":{\"iat\":1767225960}"),
         "2026-01-01T00:06:00Z"),
    PASS("issued in five minutes", "authentik/id-token.iat", AK("\"claims\":{\"iat\":1767225900}")),
    FAIL("issued six minutes ago", "authentik/id-token.iat", AK("\"claims\":{\"iat\":1767225240}"),
         "2025-12-31T23:54:00Z"),
    FAIL_TOO("not before an hour", "dex/id-token.nbf", DEX("\"claims\":{\"nbf\":1767229200}"),
             "2026-01-01T01:00:00Z"),
    PASS("not before five minutes", "dex/id-token.nbf", DEX("\"claims\":{\"nbf\":1767225900}")),
    FAIL("empty sub", "dex/id-token.sub", DEX("\"claims\":{\"sub\":\"\"}"), "1 to 255"),
    FAIL("sub beyond ASCII", "dex/id-token.sub", DEX("\"claims\":{\"sub\":\"\\u00e9\"}"),
         "1 to 255"),
    FAIL("nonce invented", "authentik/id-token.nonce", AK("\"claims\":{\"nonce\":\"n\"}"),
         "none was sent"),
    FAIL("nonce lost", "authentik/id-token.nonce", AK("\"request\":{\"nonce\":\"n\"}"), "no nonce"),
    PASS("nonce returned", "authentik/id-token.nonce",
         AK("\"request\":{\"nonce\":\"n\"},\"claims\":{\"nonce\":\"n\"}")),
    FAIL("at_hash", "authentik/id-token.at-hash", AK("\"claims\":{\"at_hash\":\"x\"}"), "x"),
    PASS("at_hash right", "authentik/id-token.at-hash", AK("\"claims\":{\"at_hash\":\"right\"}")),
    FAIL("no at_hash of dex", "dex/id-token.at-hash", DEX("\"claims\":{\"at_hash\":null}"),
         "absent"),
    FAIL("c_hash", "dex/id-token.c-hash", DEX("\"claims\":{\"c_hash\":\"x\"}"), "x"),
    PASS("no c_hash", "dex/id-token.c-hash", DEX("\"claims\":{\"c_hash\":null}")),
    FAIL("email_verified as text", "authentik/id-token.email-verified",
         AK("\"claims\":{\"email_verified\":\"true\"}"), "string"),
    SKIP("email not asked for", "authentik/id-token.email-verified",
         AK("\"claims\":{\"email_verified\":null},\"request\":{\"scope\":\"openid\"}"),
         "not asked for"),
    FAIL_TOO("groups as text", "authentik/id-token.groups-type",
             AK("\"claims\":{\"groups\":\"ArgoCD Admins\"}"), "ArgoCD Admins"),
    FAIL_TOO("groups as numbers", "dex/id-token.groups-type", DEX("\"claims\":{\"groups\":[1]}"),
             "[1]"),
    PASS("no groups of dex", "dex/id-token.groups-type",
         "{\"authentik\":{\"claims\":{\"groups\":[]}},\"dex\":{\"claims\":{\"groups\":null}}}"),
    FAIL("userinfo of another", "authentik/userinfo.sub",
         AK("\"userinfo\":{\"sub\":\"x\",\"groups\":[\"ArgoCD Admins\"]}"), "x"),
    PASS("userinfo of the same", "authentik/userinfo.sub",
         AK("\"userinfo\":{\"sub\":\"the-subject\"}")),
    SKIP("no userinfo", "authentik/userinfo.sub", NULL, "nobody asked"),
    /* the chain */
    FAIL("keys never asked", "dex/token.verified", AK("\"keys\":-1"), "nobody asked authentik"),
    FAIL_TOO("wrong audience taken", "dex/token.verified", AK("\"claims\":{\"aud\":\"x\"}"),
             "audience"),
    PASS("wrong audience refused", "dex/token.verified",
         "{\"outcome\":\"refused\",\"authentik\":{\"claims\":{\"aud\":\"x\"}},\"dex\":{"
         "\"response\":null}}"),
    PASS("azp is nobody's must", "dex/token.verified", AK("\"claims\":{\"azp\":\"x\"}")),
    FAIL_TOO("expired token of dex taken", "argocd/token.verified",
             DEX("\"claims\":{\"exp\":1767225000}"), "expiry"),
    FAIL_TOO("HS256 that was not agreed", "dex/token.verified",
             AK("\"header\":{\"alg\":\"HS256\"}"), "algorithm"),
    PASS("HS256 that was agreed", "rp/token.verified",
         DIRECT("\"header\":{\"alg\":\"HS256\"},\"discovery\":{\"id_token_signing_alg_values_"
                "supported\":[\"HS256\"]}")),
    SKIP("no token for argocd", "argocd/token.verified", DEX("\"claims\":null"), "got no ID token"),
    FAIL("groups lost at dex", "dex/groups.unchanged",
         "{\"dex\":{\"claims\":{\"groups\":null}},\"argocd\":{\"groups\":[],\"can_i\":null}}",
         "[ArgoCD Admins]"),
    PASS("groups in another order", "dex/groups.unchanged",
         "{\"authentik\":{\"claims\":{\"groups\":[\"b\",\"a\"]}},\"dex\":{\"claims\":{\"groups\":["
         "\"a\",\"b\"]}}}"),
    PASS("groups of userinfo", "dex/groups.unchanged",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"g\"]}},\"dex\":{"
         "\"claims\":{\"groups\":[\"g\"]}}}"),
    SKIP("groups not asked for", "dex/groups.unchanged",
         DEX("\"request\":{\"scope\":\"openid\"},\"claims\":{\"groups\":null}"),
         "not asked for groups"),
    FAIL("groups not shown", "argocd/groups.unchanged", ARGO("\"groups\":[],\"can_i\":null"), "[]"),
    SKIP("nobody signed in", "argocd/groups.unchanged", "{\"outcome\":\"refused\"}", "no session"),
    FAIL_TOO("another person behind dex", "dex/identity.unchanged",
             DEX("\"claims\":{\"federated_claims\":{\"user_id\":\"x\"}}"), "x"),
    PASS("the same person in sub alone", "dex/identity.unchanged",
         DEX("\"request\":{\"scope\":\"openid groups\"},\"claims\":{\"federated_claims\":null,"
             "\"sub\":\"Cgt0aGUtc3ViamVjdBIJYXV0aGVudGlr\"}")),
    FAIL_TOO("another person in sub", "dex/identity.unchanged",
             DEX("\"request\":{\"scope\":\"openid groups\"},\"claims\":{\"federated_claims\":null,"
                 "\"sub\":\"Cghzb21lYm9keRIJYXV0aGVudGlr\"}"),
             "somebody"),
    FAIL_TOO("federated_claims asked for and not given", "dex/identity.unchanged",
             DEX("\"request\":{\"scope\":\"openid groups "
                 "federated:id\"},\"claims\":{\"federated_claims\":null}"),
             "no federated_claims"),
    FAIL("address verified by nobody", "dex/identity.unchanged",
         DEX("\"claims\":{\"email_verified\":true}"), "email_verified true"),
    /* sessions */
    FAIL("led elsewhere", "argocd/session.return-url",
         ARGO("\"leads_to\":\"https://argocd.company.example/\""), "argocd.company.example"),
    FAIL("led to another port", "argocd/session.return-url",
         ARGO("\"leads_to\":\"https://argocd.company:444/\""), ":444"),
    PASS("led to a path", "argocd/session.return-url", ARGO("\"leads_to\":\"/applications\"")),
    FAIL("yes against the policy", "argocd/rbac.follows-policy",
         ARGO("\"can_i\":{\"nothing/at/all\":\"yes\"}"), "no for at nothing"),
    FAIL("no against the policy", "argocd/rbac.allows-policy",
         ARGO("\"can_i\":{\"applications/sync/default/guestbook\":\"no\"}"), "yes for sync"),
    SKIP("asked nothing", "argocd/rbac.follows-policy", ARGO("\"can_i\":null"), "asked nothing"),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* No check fails, and none breaks, on what is healthy, whichever way the person came. */
static void test_healthy(void **state)
{
    struct story s;
    story_tell(&s, *state, false);
    AUTO(xfree) char *names = rows_failing(&s);
    assert_string_equal(names, "");
    for (size_t i = 0; i < s.results_len; i++)
        assert_int_not_equal(s.results[i].verdict.kind, VERDICT_ERROR);
    story_end(&s);
}

static void test_state__of_an_earlier_login(void **state)
{
    (void)state;
    struct story s;
    story_tell(&s, NULL, true);
    assert_int_equal(story_verdict(&s, "argocd/request.state")->kind, VERDICT_FAIL);
    assert_string_equal(story_verdict(&s, "argocd/request.state")->actual,
                        "the state of an earlier login");
    story_end(&s);
}

static void test_cookie__over_4096_bytes(void **state)
{
    (void)state;
    char value[4200];
    memset(value, 'a', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    AUTO(xfree)
    char *patch = xasprintf(
        "{\"argocd\":{\"cookie\":\"argocd.token=%s; SameSite=lax; httpOnly; Secure\"}}", value);
    struct story s;
    story_tell(&s, patch, false);
    assert_int_equal(story_verdict(&s, "argocd/session.cookie-size")->kind, VERDICT_FAIL);
    assert_int_equal(story_verdict(&s, "argocd/session.cookie-httponly")->kind, VERDICT_PASS);
    story_end(&s);
}

int main(void)
{
    static char cli[] =
        "{\"via\":\"cli\",\"dex\":{\"request\":{\"client_id\":\"argo-cd-cli\",\"redirect_uri\":"
        "\"http://localhost:8085/auth/callback\",\"code_challenge\":\"E9Melhoa2OwvFrEMTJguCHaoeK1t8"
        "URWbuGJSstw-cM\",\"code_challenge_method\":\"S256\"},\"form\":{\"client_id\":\"argo-cd-"
        "cli\",\"redirect_uri\":\"http://localhost:8085/auth/"
        "callback\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"},\"claims\":{"
        "\"aud\":\"argo-cd-cli\"}},\"argocd\":{\"cookie\":null}}";
    static char direct[] =
        "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
        "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/callback\"}}}";
    struct CMUnitTest tests[ROWS + 5] = {
        {.name = "healthy ui", .test_func = test_healthy},
        {.name = "healthy cli", .test_func = test_healthy, .initial_state = cli},
        {.name = "healthy direct", .test_func = test_healthy, .initial_state = direct},
        cmocka_unit_test(test_state__of_an_earlier_login),
        cmocka_unit_test(test_cookie__over_4096_bytes),
    };
    rows_fill(rows, ROWS, tests + 5);
    return TEST_MAIN(tests);
}
