/*
 * The judges of token answers, claims and userinfo, each with one thing changed (answer.c,
 * claims.c, userinfo.c).
 */
#include "tests/unit/check/rows.h"

static const struct row rows[] = {
    /* token answers */
    FAIL("an answer as a page", "authentik/token.content-type",
         "{\"authentik\":{\"token_headers\":{\"Content-Type\":\"text/html\"}}}", "text/html"),
    FAIL_TOO("an answer without a type", "dex/token.content-type",
             "{\"dex\":{\"token_headers\":{\"Content-Type\":null}}}", "no Content-Type"),
    PASS("an answer with a charset", "dex/token.content-type",
         "{\"dex\":{\"token_headers\":{\"Content-Type\":\"application/json;charset=UTF-8\"}}}"),
    SKIP("a refused answer", "authentik/token.content-type",
         "{\"authentik\":{\"status\":400,\"answer\":{\"error\":\"invalid_grant\"}}}", "refused"),
    FAIL("a refresh token unasked", "authentik/token.refresh-token",
         "{\"authentik\":{\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}}",
         "was not granted"),
    FAIL("a refresh token of dex unasked", "dex/token.refresh-token",
         "{\"dex\":{\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}}",
         "was not granted"),
    FAIL_TOO("a refresh token unasked, and no word of scopes", "authentik/token.refresh-token",
             "{\"authentik\":{\"discovery\":{\"scopes_supported\":null},"
             "\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}}",
             "was not granted"),
    SKIP("a refresh token of a provider without that scope", "authentik/token.refresh-token",
         "{\"authentik\":{\"discovery\":{\"scopes_supported\":[\"openid\"]},"
         "\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough\"}}}",
         "no scope offline_access"),
    FAIL("offline access without refresh token", "dex/token.refresh-token",
         "{\"dex\":{\"request\":{\"scope\":\"openid groups offline_access\"}}}", "was granted"),
    PASS("offline access asked for and not granted", "authentik/token.refresh-token",
         "{\"authentik\":{\"request\":{\"scope\":\"openid profile email offline_access\"}}}"),
    PASS("offline access granted", "authentik/token.refresh-token",
         "{\"authentik\":{\"request\":{\"scope\":\"openid profile email "
         "offline_access\"},\"answer\":{\"scope\":\"offline_access "
         "openid\",\"refresh_token\":\"a-refresh-token-long-enough\"}}}"),
    FAIL("offline access inside a word", "authentik/token.refresh-token",
         "{\"authentik\":{\"request\":{\"scope\":\"openid profile email "
         "xoffline_access\"},\"answer\":{\"scope\":\"openid "
         "xoffline_access\",\"refresh_token\":\"a-refresh-token-long-enough\"}}}",
         "was not granted"),
    SKIP("scope of a login that was not seen", "authentik/token.refresh-token",
         "{\"authentik\":{\"request\":null}}", "was not seen"),
    FAIL("more scopes than asked for", "authentik/token.scope",
         "{\"authentik\":{\"answer\":{\"scope\":\"openid profile email admin\"}}}", "admin"),
    PASS("fewer scopes than asked for", "authentik/token.scope",
         "{\"authentik\":{\"answer\":{\"scope\":\"openid\"}}}"),
    SKIP("no scope in the answer", "authentik/token.scope",
         "{\"authentik\":{\"answer\":{\"scope\":null}}}", "no scope"),
    FAIL("an access token of 21 characters", "authentik/token.entropy",
         "{\"authentik\":{\"answer\":{\"access_token\":\"aaaaaaaaaaaaaaaaaaaaa\"}}}",
         "21 characters"),
    PASS("an access token of 22 characters", "authentik/token.entropy",
         "{\"authentik\":{\"answer\":{\"access_token\":\"aaaaaaaaaaaaaaaaaaaaaa\"}}}"),
    FAIL("a refresh token of six digits", "dex/token.entropy",
         "{\"dex\":{\"request\":{\"scope\":\"openid groups "
         "offline_access\"},\"answer\":{\"refresh_token\":\"123456\"}}}",
         "refresh_token of 6"),
    SKIP("no token at all", "authentik/token.entropy",
         "{\"authentik\":{\"answer\":{\"access_token\":null}}}", "no token"),
    FAIL("a blank in the access token", "authentik/token.characters",
         "{\"authentik\":{\"answer\":{\"access_token\":\"an access token long enough\"}}}",
         "letters, digits"),
    FAIL("padding within the access token", "authentik/token.characters",
         "{\"authentik\":{\"answer\":{\"access_token\":\"a=access-token-long-enough\"}}}",
         "letters, digits"),
    PASS("padding after the access token", "authentik/token.characters",
         "{\"authentik\":{\"answer\":{\"access_token\":\"an-access-token-long+/~._==\"}}}"),
    FAIL("a refresh token beyond ASCII", "dex/token.characters",
         "{\"dex\":{\"request\":{\"scope\":\"openid groups "
         "offline_access\"},\"answer\":{\"refresh_token\":\"a-refresh-token-long-enough-\\u00e9\"}}"
         "}",
         "printable ASCII"),
    PASS("a refresh token with blanks", "dex/token.characters",
         "{\"dex\":{\"request\":{\"scope\":\"openid groups "
         "offline_access\"},\"answer\":{\"refresh_token\":\"a refresh token long enough\"}}}"),
    /* ID tokens */
    FAIL("auth_time as a text", "authentik/id-token.numeric-dates",
         "{\"authentik\":{\"claims\":{\"auth_time\":\"1767225590\"}}}", "auth_time as a number"),
    FAIL("updated_at as a text", "dex/id-token.numeric-dates",
         "{\"dex\":{\"claims\":{\"updated_at\":\"2026-01-01\"}}}", "2026-01-01"),
    PASS("a time with a fraction", "authentik/id-token.numeric-dates",
         "{\"authentik\":{\"claims\":{\"auth_time\":1767225590.5}}}"),
    FAIL("a name that is a number", "authentik/id-token.claim-types",
         "{\"authentik\":{\"claims\":{\"name\":7}}}", "name as a text"),
    FAIL("an empty email", "authentik/id-token.claim-types",
         "{\"authentik\":{\"claims\":{\"email\":\"\"}}}", "email"),
    PASS("no email of a person who has none", "authentik/id-token.claim-types",
         "{\"setup\":{\"people\":{\"alice\":{\"email\":\"\"}}},\"authentik\":{\"claims\":{"
         "\"email\":\"\"}}}"),
    FAIL("a blank name of dex", "dex/id-token.claim-types",
         "{\"dex\":{\"claims\":{\"name\":\"  \"}}}", "name"),
    FAIL("the text null", "dex/id-token.claim-types",
         "{\"dex\":{\"claims\":{\"locale\":\"null\"}}}", "locale"),
    FAIL("an address that is a text", "dex/id-token.claim-types",
         "{\"dex\":{\"claims\":{\"address\":\"here\"}}}", "an object"),
    FAIL("a verified number that is a text", "dex/id-token.claim-types",
         "{\"dex\":{\"claims\":{\"phone_number_verified\":\"true\"}}}", "a boolean"),
    PASS("claims nobody knows", "dex/id-token.claim-types",
         "{\"dex\":{\"claims\":{\"x\":7,\"address\":{},\"phone_number_verified\":true}}}"),
    FAIL("an audience nobody knows", "authentik/id-token.aud-trusted",
         "{\"authentik\":{\"claims\":{\"aud\":[\"my_client_id\",\"x\"],\"azp\":\"my_client_id\"}}}",
         "x"),
    FAIL("an audience that is no text", "dex/id-token.aud-trusted",
         "{\"dex\":{\"claims\":{\"aud\":[\"argo-cd\",1],\"azp\":\"argo-cd\"}}}", "no text"),
    PASS("both clients of Argo CD", "dex/id-token.aud-trusted",
         "{\"dex\":{\"claims\":{\"aud\":[\"argo-cd\",\"argo-cd-cli\"],\"azp\":\"argo-cd\"}}}"),
    FAIL("an expiry in milliseconds", "authentik/id-token.lifetime",
         "{\"authentik\":{\"claims\":{\"exp\":1767226200000}}}", "within a year"),
    FAIL("an expiry in two years", "dex/id-token.lifetime",
         "{\"dex\":{\"claims\":{\"exp\":1830470400}}}", "63244800 s after iat"),
    PASS("an expiry in a year", "authentik/id-token.lifetime",
         "{\"authentik\":{\"claims\":{\"exp\":1798848000}}}"),
    SKIP("no expiry, no lifetime", "authentik/id-token.lifetime",
         "{\"authentik\":{\"claims\":{\"exp\":null}}}", "other checks"),
    FAIL("signed in tomorrow", "authentik/id-token.auth-time",
         "{\"authentik\":{\"claims\":{\"auth_time\":1767312000}}}", "2026-01-02T00:00:00Z"),
    FAIL("signed in two years ago", "authentik/id-token.auth-time",
         "{\"authentik\":{\"claims\":{\"auth_time\":1703980800}}}", "2024-12-31"),
    PASS("signed in five minutes ahead", "authentik/id-token.auth-time",
         "{\"authentik\":{\"claims\":{\"auth_time\":1767225900}}}"),
    FAIL("max_age without auth_time", "authentik/id-token.auth-time",
         "{\"authentik\":{\"request\":{\"max_age\":\"60\"},\"claims\":{\"auth_time\":null}}}",
         "max_age"),
    PASS("no auth_time", "authentik/id-token.auth-time",
         "{\"authentik\":{\"claims\":{\"auth_time\":null}}}"),
    SKIP("auth_time that is no number", "authentik/id-token.auth-time",
         "{\"authentik\":{\"claims\":{\"auth_time\":\"now\"}}}", "another check"),
    FAIL("an empty acr", "authentik/id-token.acr", "{\"authentik\":{\"claims\":{\"acr\":\"\"}}}",
         "\"\""),
    FAIL("an acr that is a number", "authentik/id-token.acr",
         "{\"authentik\":{\"claims\":{\"acr\":1}}}", "1"),
    PASS("no acr", "authentik/id-token.acr", "{\"authentik\":{\"claims\":{\"acr\":null}}}"),
    FAIL_TOO("the subject is the address", "authentik/id-token.sub-email",
             "{\"authentik\":{\"claims\":{\"sub\":\"Alice@company.example\"}},\"dex\":{\"claims\":{"
             "\"federated_claims\":{\"user_id\":\"Alice@company.example\"}}}}",
             "Alice@"),
    SKIP("no address to compare", "authentik/id-token.sub-email",
         "{\"authentik\":{\"claims\":{\"email\":null}}}", "nothing to compare"),
    FAIL("somebody else the second time", "authentik/id-token.sub-stable",
         "{\"before\":{\"authentik\":{\"claims\":{\"jti\":\"an-earlier-token\",\"sub\":\"x\"},"
         "\"request\":{\"state\":\"cccccccccccccccccccccccc\"},\"response\":{\"state\":"
         "\"cccccccccccccccccccccccc\"}},\"dex\":{\"request\":{\"state\":"
         "\"dddddddddddddddddddddddd\"},\"response\":{\"state\":\"dddddddddddddddddddddddd\"}}}}",
         "the-subject"),
    FAIL("somebody else at dex the second time", "dex/id-token.sub-stable",
         "{\"before\":{\"authentik\":{\"claims\":{\"jti\":\"an-earlier-token\"},\"request\":{"
         "\"state\":\"cccccccccccccccccccccccc\"},\"response\":{\"state\":"
         "\"cccccccccccccccccccccccc\"}},\"dex\":{\"request\":{\"state\":"
         "\"dddddddddddddddddddddddd\"},\"response\":{\"state\":\"dddddddddddddddddddddddd\"},"
         "\"claims\":{\"sub\":\"x\"}}}}",
         "the-subject-at-dex"),
    PASS("the same the second time", "authentik/id-token.sub-stable",
         "{\"before\":{\"authentik\":{\"claims\":{\"jti\":\"an-earlier-token\"},\"request\":{"
         "\"state\":\"cccccccccccccccccccccccc\"},\"response\":{\"state\":"
         "\"cccccccccccccccccccccccc\"}},\"dex\":{\"request\":{\"state\":"
         "\"dddddddddddddddddddddddd\"},\"response\":{\"state\":\"dddddddddddddddddddddddd\"}}}}"),
    SKIP("another person before", "dex/id-token.sub-stable",
         "{\"before\":{\"authentik\":{\"claims\":{\"jti\":\"an-earlier-token\"},\"request\":{"
         "\"state\":\"cccccccccccccccccccccccc\"},\"response\":{\"state\":"
         "\"cccccccccccccccccccccccc\"}},\"dex\":{\"request\":{\"state\":"
         "\"dddddddddddddddddddddddd\"},\"response\":{\"state\":\"dddddddddddddddddddddddd\"},"
         "\"claims\":{\"sub\":\"x\"}},\"as\":\"bob\"}}",
         "no earlier login"),
    FAIL("one jti twice", "authentik/id-token.jti",
         "{\"before\":{\"authentik\":{\"claims\":{\"jti\":\"the-first-token\"},\"request\":{"
         "\"state\":\"cccccccccccccccccccccccc\"},\"response\":{\"state\":"
         "\"cccccccccccccccccccccccc\"}},\"dex\":{\"request\":{\"state\":"
         "\"dddddddddddddddddddddddd\"},\"response\":{\"state\":\"dddddddddddddddddddddddd\"}}}}",
         "the-first-token"),
    PASS("another jti before", "authentik/id-token.jti",
         "{\"before\":{\"authentik\":{\"claims\":{\"jti\":\"an-earlier-token\"},\"request\":{"
         "\"state\":\"cccccccccccccccccccccccc\"},\"response\":{\"state\":"
         "\"cccccccccccccccccccccccc\"}},\"dex\":{\"request\":{\"state\":"
         "\"dddddddddddddddddddddddd\"},\"response\":{\"state\":\"dddddddddddddddddddddddd\"}}}}"),
    SKIP("no earlier login", "authentik/id-token.sub-stable", NULL, "no earlier login"),
    SKIP("no earlier token", "authentik/id-token.jti", NULL, "no earlier token"),
    FAIL("an ID token called an access token", "authentik/id-token.typ",
         "{\"authentik\":{\"header\":{\"typ\":\"at+jwt\"}}}", "at+jwt"),
    FAIL("a typ that is a number", "dex/id-token.typ", "{\"dex\":{\"header\":{\"typ\":1}}}",
         "integer"),
    PASS("a typ in small letters", "authentik/id-token.typ",
         "{\"authentik\":{\"header\":{\"typ\":\"jwt\"}}}"),
    FAIL("a header that says where the key is", "authentik/id-token.key-header",
         "{\"authentik\":{\"header\":{\"jku\":\"https://x/\"}}}", "jku"),
    FAIL("a header with the key in it", "dex/id-token.key-header",
         "{\"dex\":{\"header\":{\"jwk\":{}}}}", "jwk"),
    /* userinfo */
    FAIL_TOO("a good token refused", "authentik/userinfo.answers",
             "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD "
             "Admins\"]},\"userinfo_status\":401}}",
             "401"),
    PASS("a good token taken", "authentik/userinfo.answers",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD Admins\"]}}}"),
    SKIP("userinfo without openid", "authentik/userinfo.answers",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD "
         "Admins\"]},\"userinfo_status\":403,\"request\":{\"scope\":\"email profile\"}}}",
         "openid was not asked for"),
    SKIP("userinfo not asked", "authentik/userinfo.answers", NULL, "nobody asked"),
    FAIL("userinfo as a page", "authentik/userinfo.content-type",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD "
         "Admins\"]},\"userinfo_type\":\"text/html\"}}",
         "text/html"),
    SKIP("userinfo refused", "authentik/userinfo.content-type",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD "
         "Admins\"]},\"userinfo_status\":401}}",
         "gave no userinfo"),
    FAIL("a name in userinfo that is a number", "authentik/userinfo.claim-types",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD "
         "Admins\"],\"name\":7}}}",
         "name as a text"),
    PASS("a name in userinfo", "authentik/userinfo.claim-types",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD "
         "Admins\"],\"name\":\"Alice\"}}}"),
    FAIL("other groups in userinfo", "authentik/userinfo.groups",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"},\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"x\"]}}}",
         "[x]"),
    FAIL("no groups in userinfo", "authentik/userinfo.groups",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"},\"userinfo\":{\"sub\":\"the-subject\"}}}",
         "[]"),
    PASS("groups in another order", "authentik/userinfo.groups",
         "{\"via\":\"direct\",\"authentik\":{\"request\":{\"redirect_uri\":\"http://localhost:8085/"
         "auth/callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/"
         "callback\"},\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"b\",\"a\"]},\"claims\":{"
         "\"groups\":[\"a\",\"b\"]}}}"),
    SKIP("an ID token without groups", "authentik/userinfo.groups",
         "{\"authentik\":{\"userinfo\":{\"sub\":\"the-subject\",\"groups\":[\"ArgoCD "
         "Admins\"]},\"claims\":{\"groups\":null}}}",
         "no list of groups"),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[ROWS];
    rows_fill(rows, ROWS, tests);
    return TEST_MAIN(tests);
}
