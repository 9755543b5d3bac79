/*
 * The judges of the wire and of the way out, each with one thing changed (cookie.c, transport.c,
 * refusal.c, secret.c, logout.c, and the newer ones of request.c, response.c, chain.c, argocd.c).
 */
#include "tests/unit/check/rows.h"

#define ALSO(x_) "{\"also\":[{" x_ "}]}"
#define OUT(x_) "{\"logout\":[" x_ "]}"
#define TO_AK "\"to\":\"authentik\",\"url\":\"https://authentik.company/"
#define TO_DEX "\"from\":\"argocd\",\"to\":\"dex\",\"url\":\"https://dex/api/dex/healthz\""
#define TO_ARGO "\"to\":\"argocd\",\"url\":\"https://argocd.company/"
#define X509(x_) "\"tls_problem\":\"tls: failed to verify certificate: x509: " x_ "\""
#define COOKIE(x_) ARGO("\"cookie\":\"argocd.token=t" x_ "\"")
#define AK_COOKIE(x_) AK("\"cookie\":\"authentik_session=t" x_ "\"")
#define STATE(x_) ARGO("\"state_cookie\":\"argocd.oauthstate=5ea1ed" x_ "\"")
#define SOON "; Expires=Thu, 01 Jan 2026 00:05:00 GMT"
#define FLAGS "; HttpOnly; Secure; SameSite=Lax"
#define BASIC "\"sent\":{\"Authorization\":\"Basic YTpi\"}"
#define LOGOUT_HEADERS "\"sent\":{\"Cookie\":\"argocd.token=t\"}"
#define GOOD_LOGOUT                                                                                \
    "{" TO_ARGO "auth/logout\"," LOGOUT_HEADERS                                                    \
    ",\"status\":303,\"headers\":{\"Set-Cookie\":\"argocd.token=; Path=/\"}}"
#define WHO(x_) ",{" TO_ARGO "api/v1/session/userinfo\",\"body\":\"" x_ "\"}"
#define END(query_, location_)                                                                     \
    "{" TO_AK "application/o/argocd/end-session/" query_                                           \
    "\",\"status\":302,\"headers\":{\"Location\":\"" location_ "\"}}"
#define SILENT(location_)                                                                          \
    ",{" TO_AK "application/o/authorize/?prompt=none\",\"status\":302,\"headers\":{\"Location\":"  \
    "\"" location_ "\"}}"
#define FOREIGN "?post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F"
#define RP_URIS                                                                                    \
    "\"request\":{\"redirect_uri\":\"http://localhost:8085/auth/"                                  \
    "callback\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/callback\"}"

static const struct row rows[] = {
    /* session cookies */
    FAIL("cookie for scripts", "argocd/session.cookie-httponly",
         COOKIE("; path=/; SameSite=lax; Secure"), "without HttpOnly"),
    FAIL("authentik's cookie for scripts", "authentik/session.cookie-httponly",
         AK_COOKIE("; Path=/; SameSite=None; Secure"), "without HttpOnly"),
    PASS("an attribute in capitals", "argocd/session.cookie-httponly",
         COOKIE("; path=/; SameSite=lax; HTTPONLY; Secure")),
    FAIL("a value that only looks like an attribute", "argocd/session.cookie-httponly",
         COOKIE("HttpOnly; path=/; SameSite=lax; Secure"), "without HttpOnly"),
    SKIP("no session cookie", "argocd/session.cookie-httponly", ARGO("\"cookie\":null"),
         "no session cookie"),
    FAIL("cookie over plain http", "argocd/session.cookie-secure",
         COOKIE("; path=/; SameSite=lax; httpOnly"), "without Secure"),
    FAIL("cookie without SameSite", "argocd/session.cookie-samesite",
         COOKIE("; path=/; httpOnly; Secure"), "without SameSite"),
    FAIL("cookie with a SameSite of its own", "authentik/session.cookie-samesite",
         AK_COOKIE("; Path=/; SameSite=Some; HttpOnly; Secure"), "SameSite=Some"),
    FAIL("cookie for one path", "argocd/session.cookie-path",
         COOKIE("; path=/auth; SameSite=lax; httpOnly; Secure"), "Path=/auth"),
    FAIL("cookie without a path", "authentik/session.cookie-path",
         AK_COOKIE("; SameSite=None; HttpOnly; Secure"), "without Path"),
    PASS("cookie for the path that Argo CD is at", "argocd/session.cookie-path",
         "{\"setup\":{\"argocd\":{\"cm\":{\"url\":\"https://argocd.company/cd\"}}},\"argocd\":{"
         "\"cookie\":\"argocd.token=t; path=/cd; SameSite=lax; httpOnly; Secure\"}}"),
    FAIL("cookie for subdomains", "argocd/session.cookie-domain",
         COOKIE("; path=/; domain=company; SameSite=lax; httpOnly; Secure"), "Domain=company"),
    PASS("an empty domain is none", "argocd/session.cookie-domain",
         COOKIE("; path=/; domain=; SameSite=lax; httpOnly; Secure")),
    FAIL("every cookie of a cut token counts", "argocd/session.cookie-secure",
         ALSO(TO_ARGO "auth/callback\",\"headers\":{\"Set-Cookie\":[\"argocd.token=2:t; path=/; "
                      "SameSite=lax; httpOnly; Secure\",\"argocd.token-1=u; path=/; SameSite=lax; "
                      "httpOnly\"]}"),
         "without Secure"),
    /* the state cookie */
    FAIL("open state cookie", "argocd/state-cookie.bound", STATE(SOON "; Secure; HttpOnly"),
         "without SameSite"),
    FAIL("state cookie for a day", "argocd/state-cookie.short-lived",
         STATE("; Expires=Fri, 02 Jan 2026 00:00:00 GMT" FLAGS), "86400 s"),
    FAIL("state cookie without end", "argocd/state-cookie.short-lived", STATE(FLAGS), "no end"),
    PASS("Max-Age goes before Expires", "argocd/state-cookie.short-lived",
         STATE("; Max-Age=60; Expires=Fri, 02 Jan 2026 00:00:00 GMT" FLAGS)),
    SKIP("no state cookie", "argocd/state-cookie.bound", ARGO("\"state_cookie\":null"),
         "no state cookie"),
    FAIL("state cookie left behind", "argocd/state-cookie.cleared", ARGO("\"state_cleared\":null"),
         "left as it was"),
    FAIL("state cookie set anew", "argocd/state-cookie.cleared",
         ARGO("\"state_cleared\":\"argocd.oauthstate=another" FLAGS "\""), "set anew"),
    PASS("emptied without attributes", "argocd/state-cookie.cleared",
         ARGO("\"state_cleared\":\"argocd.oauthstate=\"")),
    FAIL("state in the clear", "argocd/state-cookie.sealed",
         ARGO("\"state_cookie\":\"argocd.oauthstate=bbbbbbbbbbbbbbbbbbbbbbbb" SOON FLAGS "\""),
         "in the clear"),
    SKIP("no state to hide", "argocd/state-cookie.sealed",
         DEX("\"request\":{\"state\":null},\"response\":{\"state\":null}"), "no state was sent"),
    /* TLS */
    FAIL("somebody else's certificate", "dex/tls.name",
         ALSO(TO_DEX "," X509("certificate is valid for a, not b")), "valid for a"),
    FAIL("an unknown authority", "argocd/tls.chain",
         ALSO(TO_ARGO "\",\"status\":0," X509("certificate signed by unknown authority")),
         "says browser"),
    FAIL("an old certificate", "authentik/tls.valid",
         ALSO(TO_AK "\",\"status\":0," X509("certificate has expired or is not yet valid")),
         "expired"),
    FAIL("an old protocol", "authentik/tls.protocol",
         ALSO(TO_AK "\",\"status\":0,\"tls\":\"none\",\"tls_problem\":\"remote error: tls: "
                    "protocol version not supported\""),
         "not supported"),
    PASS("a handshake that broke otherwise", "authentik/tls.protocol",
         ALSO(TO_AK "\",\"status\":0,\"tls\":\"none\",\"tls_problem\":\"EOF\"")),
    SKIP("nobody spoke with dex", "dex/tls.name", DIRECT(RP_URIS), "nobody spoke TLS with dex"),
    /* HTTP */
    FAIL("led to plain http", "argocd/transport.https",
         ALSO(TO_ARGO "x\",\"status\":302,\"headers\":{\"Location\":\"http://argocd.company/y\"}"),
         "http://argocd.company/y"),
    PASS("led to a program on this machine", "dex/transport.https",
         ALSO(TO_ARGO "api/dex/callback\",\"status\":303,\"headers\":{\"Location\":"
                      "\"http://localhost:8085/auth/callback\"}")),
    SKIP("plain http by its own setup", "argocd/transport.https",
         "{\"setup\":{\"argocd\":{\"cm\":{\"url\":\"http://argocd.company\"}}}}", "own setup"),
    FAIL("content without a type", "argocd/http.content-type",
         ALSO(TO_ARGO "x\",\"body\":\"text\""), "GET https://argocd.company/x"),
    PASS("nothing needs no type", "argocd/http.content-type", ALSO(TO_ARGO "x\"")),
    FAIL("dex behind argocd", "dex/http.content-type",
         ALSO(TO_ARGO "api/dex/auth\",\"body\":\"text\""), "/api/dex/auth"),
    FAIL("an answer that breaks off", "argocd/http.complete",
         ALSO(TO_ARGO "x\",\"status\":0,\"error\":\"unexpected EOF\""), "unexpected EOF"),
    FAIL("no HTTP at all", "dex/http.complete",
         ALSO(TO_DEX ",\"status\":0,\"error\":\"net/http: HTTP/1.x transport connection broken: "
                     "malformed HTTP response \\\"x\\\"\""),
         "malformed"),
    PASS("nobody there", "argocd/http.complete",
         ALSO(TO_ARGO "x\",\"status\":0,\"error\":\"dial tcp 127.0.0.1:1: connect: connection "
                      "refused\"")),
    PASS("hung up before an answer", "argocd/http.complete",
         ALSO(TO_ARGO "x\",\"status\":0,\"error\":\"EOF\"")),
    /* refusals through the browser */
    FAIL("an unknown error", "authentik/response.error",
         AK("\"response\":{\"code\":null,\"error\":\"not_today\"}"), "not_today"),
    PASS("a known error", "dex/response.error",
         DEX("\"response\":{\"code\":null,\"error\":\"login_required\"}")),
    SKIP("no error", "dex/response.error", NULL, "sent no error"),
    FAIL("a description with quotes", "dex/response.error-description",
         DEX("\"response\":{\"code\":null,\"error\":\"access_denied\",\"error_description\":\"say "
             "\\\"no\\\"\"}"),
         "say"),
    FAIL("a description beyond ASCII", "authentik/response.error-description",
         AK("\"response\":{\"code\":null,\"error\":\"access_denied\",\"error_description\":"
            "\"n\\u00f6\"}"),
         "n"),
    PASS("a plain description", "authentik/response.error-description",
         AK("\"response\":{\"code\":null,\"error\":\"access_denied\",\"error_description\":\"no "
            "(really)!\"}")),
    SKIP("no description", "authentik/response.error-description",
         AK("\"response\":{\"code\":null,\"error\":\"access_denied\"}"), "no error_description"),
    FAIL("an error and a code", "dex/response.one-outcome",
         DEX("\"response\":{\"error\":\"access_denied\"}"), "a code and an error"),
    FAIL("another issuer", "authentik/response.iss", AK("\"response\":{\"iss\":\"https://x/\"}"),
         "https://x/"),
    PASS("its own issuer", "authentik/response.iss",
         AK("\"response\":{\"iss\":\"https://authentik.company/application/o/argocd/\"}")),
    FAIL("a promise that is not kept", "dex/response.iss",
         DEX("\"discovery\":{\"authorization_response_iss_parameter_supported\":true}"), "no iss"),
    SKIP("no issuer and no promise", "dex/response.iss", NULL, "names no issuer"),
    /* refusals by endpoints */
    FAIL("a refused token without the scheme", "authentik/bearer.challenge",
         ALSO("\"from\":\"rp\"," TO_AK
              "application/o/userinfo/\",\"status\":401,\"headers\":{\"WWW-Authenticate\":\"error="
              "\\\"invalid_token\\\"\"}"),
         "error="),
    PASS("a refused token with the scheme", "authentik/bearer.challenge",
         ALSO("\"from\":\"rp\"," TO_AK
              "application/o/userinfo/\",\"status\":401,\"headers\":{\"WWW-Authenticate\":\"bearer "
              "error=\\\"invalid_token\\\"\"}")),
    SKIP("no refused token", "authentik/bearer.challenge", NULL, "refused no token"),
    FAIL("a refused Basic with 400", "authentik/client-auth.challenge",
         ALSO("\"from\":\"dex\"," TO_AK "application/o/token/\"," BASIC
              ",\"status\":400,\"headers\":{\"Content-Type\":\"application/json\"},\"body\":"
              "\"{\\\"error\\\":\\\"invalid_client\\\"}\""),
         "400, no WWW-Authenticate"),
    PASS("a refused Basic by the book", "authentik/client-auth.challenge",
         ALSO("\"from\":\"dex\"," TO_AK "application/o/token/\"," BASIC
              ",\"status\":401,\"headers\":{\"Content-Type\":\"application/json\","
              "\"WWW-Authenticate\":\"Basic realm=x\"},\"body\":"
              "\"{\\\"error\\\":\\\"invalid_client\\\"}\"")),
    SKIP("a refused client without Basic", "authentik/client-auth.challenge",
         ALSO("\"from\":\"dex\"," TO_AK
              "application/o/token/\",\"status\":400,\"headers\":{\"Content-Type\":\"application/"
              "json\"},\"body\":\"{\\\"error\\\":\\\"invalid_client\\\"}\""),
         "came with Basic"),
    /* requests */
    FAIL("a short verifier", "dex/request.verifier",
         AK("\"request\":{\"code_challenge\":\"-bAHi131ltLqGQEMABu9AJ5lHeLFfo-341XzHrnT9zk\"},"
            "\"form\":{\"code_verifier\":\"short\"}"),
         "5 characters"),
    FAIL_TOO("a verifier with blanks", "dex/request.verifier",
             AK("\"form\":{\"code_verifier\":\"a verifier of the right length 0123456789 0123\"}"),
             "not unreserved"),
    SKIP("no verifier", "argocd/token-request.redirect-uri", DEX("\"asks\":0"), "redeemed no code"),
    FAIL("a short nonce", "rp/request.nonce",
         DIRECT("\"request\":{\"redirect_uri\":\"http://localhost:8085/auth/callback\",\"nonce\":"
                "\"n\"},\"form\":{\"redirect_uri\":\"http://localhost:8085/auth/callback\"},"
                "\"claims\":{\"nonce\":\"n\"}"),
         "1 characters"),
    SKIP("no nonce in the code flow", "rp/request.nonce", DIRECT(RP_URIS), "sent no nonce"),
    FAIL("another redirect URI redeems", "dex/token-request.redirect-uri",
         AK("\"form\":{\"redirect_uri\":\"https://x/\"}"), "https://x/"),
    SKIP(
        "a redirect URI that the browser changed", "dex/token-request.redirect-uri",
        "{\"note\":\"fault browser/authorize.redirect-uri-changed played\",\"authentik\":{\"form\":"
        "{\"redirect_uri\":\"https://x/\"}}}",
        "the browser changed"),
    FAIL_TOO("another client's code", "dex/code.client",
             DEX("\"form\":{\"client_id\":\"argo-cd-cli\"}"), "tokens for argo-cd-cli"),
    PASS("another client's code refused", "dex/code.client",
         DEX("\"form\":{\"client_id\":\"argo-cd-cli\"}," REFUSED)),
    FAIL("a state of another login at dex", "dex/callback.state-checked",
         AK("\"delivered\":{\"code\":\"0123456789abcdef0123456789abcdef\",\"state\":\"another\"}"),
         "the code was redeemed"),
    PASS("a state of another login refused by dex", "dex/callback.state-checked",
         AK("\"delivered\":{\"code\":\"c\",\"state\":\"another\"},\"asks\":0")),
    /* secrets */
    FAIL("client secret in an address", "dex/secret.client-secret",
         ALSO("\"from\":\"dex\"," TO_AK "x?client_secret=my_client_secret\""),
         "authentik.company/x"),
    PASS("the secret in somebody else's address", "dex/secret.client-secret",
         ALSO("\"from\":\"cli\"," TO_AK "x?client_secret=my_client_secret\"")),
    FAIL("an access token in an address", "argocd/secret.token",
         ALSO(TO_ARGO "x\",\"status\":302,\"headers\":{\"Location\":\"/"
                      "?t=another-access-token-long-enough\"}"),
         "it is in /"),
    FAIL("a verifier through the browser", "dex/secret.verifier",
         AK("\"request\":{\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\"}"),
         "authorize"),
    SKIP("plain is another check's business", "dex/secret.verifier",
         AK("\"request\":{\"code_challenge\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\","
            "\"code_challenge_method\":\"plain\"}"),
         "the challenge is the verifier"),
    FAIL("a token in a log", "argocd/secret.log",
         "{\"secrets\":{\"token\":\"a-secret-token\"},\"also\":[{\"of\":\"argocd\",\"log\":\"got "
         "a-secret-token\"}]}",
         "a line with a token"),
    PASS("a code in a log", "argocd/secret.log",
         "{\"secrets\":{\"code\":\"a-secret-code\"},\"also\":[{\"of\":\"argocd\",\"log\":\"got "
         "a-secret-code\"}]}"),
    PASS("a password of few letters", "dex/secret.log",
         "{\"secrets\":{\"password\":\"user\"},\"also\":[{\"log\":\"the user came\"}]}"),
    SKIP("no log", "dex/secret.log", NULL, "no log of dex"),
    FAIL("the code stays in the address", "argocd/callback.leaves-code",
         ARGO("\"leads_to\":\"https://argocd.company/?code=abcdefghijklmnopqrstuvwxy\""),
         "argocd.company/"),
    SKIP("no callback", "argocd/callback.leaves-code", DIRECT(RP_URIS), "no callback"),
    /* groups, persons, rights */
    FAIL_TOO("groups that nobody gave", "authentik/groups.of-directory",
             AK("\"claims\":{\"groups\":[\"ArgoCD Admins\",\"x\"]}"), "ArgoCD Admins, x"),
    SKIP("somebody the setup does not know", "authentik/groups.of-directory", "{\"as\":\"zoe\"}",
         "does not know who"),
    SKIP("profile not asked for", "authentik/groups.of-directory",
         AK("\"request\":{\"scope\":\"openid email\"}"), "keeps the directory's groups out"),
    SKIP("a mapping gives them", "authentik/groups.of-directory",
         "{\"setup\":{\"authentik\":{\"provider\":{\"mappings\":{\"team\":{\"groups\":[]}}}}}}",
         "keeps the directory's groups out"),
    PASS("a mapping gives something else", "authentik/groups.of-directory",
         "{\"setup\":{\"authentik\":{\"provider\":{\"mappings\":{\"team\":{\"level\":1}}}}}}"),
    FAIL("somebody else is shown", "argocd/session.identity", "{\"user\":\"mallory\"}", "mallory"),
    PASS("the address goes before the id", "argocd/session.identity",
         "{\"user\":\"a@b.example\",\"dex\":{\"claims\":{\"email\":\"a@b.example\"}}}"),
    FAIL("no against the policy", "argocd/rbac.allows-policy",
         ARGO("\"can_i\":{\"applications/sync/default/guestbook\":\"no\"}"), "yes for sync"),
    SKIP("nothing that the policy allows", "argocd/rbac.allows-policy",
         ARGO("\"can_i\":{\"applications/sync/default/guestbook\":null,\"nothing/at/all\":\"no\"}"),
         "allows"),
    /* logouts */
    FAIL("a cookie that stays", "argocd/logout.cookie",
         OUT("{" TO_ARGO "auth/logout\"," LOGOUT_HEADERS ",\"status\":303}"), "stays"),
    PASS("a cookie taken back", "argocd/logout.cookie", OUT(GOOD_LOGOUT)),
    SKIP("no session to end", "argocd/logout.cookie",
         OUT("{" TO_ARGO "auth/logout\",\"status\":400}"), "no session to end"),
    SKIP("another logout", "argocd/logout.cookie", OUT(END("", "/if/flow/x/")),
         "nobody logged out"),
    FAIL("a token that lives", "argocd/logout.token",
         OUT(GOOD_LOGOUT WHO("{\\\"loggedIn\\\":true}")), "still knows"),
    PASS("a dead token", "argocd/logout.token", OUT(GOOD_LOGOUT WHO("{}"))),
    SKIP("nobody asked", "argocd/logout.token", OUT(GOOD_LOGOUT), "did not say"),
    FAIL("a session that lives", "authentik/logout.session",
         OUT(END("", "/if/flow/x/") SILENT("https://x/?code=c&state=s")), "lives on"),
    FAIL("a session that goes on to its consent", "authentik/logout.session",
         OUT(END("", "/if/flow/x/") SILENT("/if/flow/default-provider-authorization/?prompt=none")),
         "the authorization flow"),
    PASS("a session that ended", "authentik/logout.session",
         OUT(END("", "/if/flow/x/") SILENT("https://x/?error=login_required"))),
    SKIP("not asked afterwards", "authentik/logout.session", OUT(END("", "/if/flow/x/")),
         "was not asked"),
    FAIL("a logout that ends elsewhere", "authentik/logout.redirect-uri",
         OUT(END(FOREIGN, "https://evil.example/")), "evil.example"),
    PASS("a logout that ends at home", "authentik/logout.redirect-uri",
         OUT(END(FOREIGN, "/if/flow/x/"))),
    SKIP("a logout that was to end at home", "authentik/logout.redirect-uri",
         OUT(END("", "/if/flow/x/")), "was not to end"),
    SKIP("a logout that was to end at the client", "authentik/logout.redirect-uri",
         OUT(END("?post_logout_redirect_uri=https%3A%2F%2Fargocd.company%2F", "/if/flow/x/")),
         "was not to end"),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[ROWS];
    rows_fill(rows, ROWS, tests);
    return TEST_MAIN(tests);
}
