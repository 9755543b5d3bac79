/* Which place of a login a URL is. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/login/place.h"

struct row {
    const char *name;
    const char *system;
    const char *url;
    const char *by;
    const char *at;
};

#define A "https://authentik.company"
#define C "https://argocd.company"

static const struct row rows[] = {
    {"start", "argocd", C "/auth/login?return_url=", "argocd", "start"},
    {"login page", "argocd", C "/login?has_sso_error=true", "argocd", "start"},
    {"callback", "argocd", C "/auth/callback?code=c&state=s", "argocd", "callback"},
    {"callback with a slash", "argocd", C "/auth/callback/", "argocd", "api"},
    {"logout", "argocd", C "/auth/logout", "argocd", "session"},
    {"userinfo of Argo CD", "argocd", C "/api/v1/session/userinfo", "argocd", "session"},
    {"can-i", "argocd", C "/api/v1/account/can-i/applications/get/*/*", "argocd", "api"},
    {"settings", "argocd", C "/api/v1/settings", "argocd", "start"},
    {"dex discovery behind the proxy", "argocd", C "/api/dex/.well-known/openid-configuration",
     "dex", "discovery"},
    {"dex authorize", "argocd", C "/api/dex/auth/authentik?client_id=x", "dex", "authorize"},
    {"dex callback", "argocd", C "/api/dex/callback?state=s", "dex", "callback"},
    {"dex below a root path", "argocd", C "/argocd/api/dex/auth?a=b", "dex", "authorize"},
    {"argocd below a root path", "argocd", C "/a/b/auth/callback", "argocd", "callback"},
    {"a page below a root path", "argocd", C "/argocd/applications", "argocd", "api"},
    {"an own path with another in it", "argocd", C "/api/v1/projects/login", "argocd", "api"},
    {"dex token", "argocd", C "/api/dex/token", "dex", "token"},
    {"dex keys", "argocd", C "/api/dex/keys", "dex", "jwks"},
    {"dex otherwise", "argocd", C "/api/dex/device", "dex", "api"},
    {"dex itself", "dex", "https://dex:5556/api/dex/token", "dex", "token"},
    {"authorize", "authentik", A "/application/o/authorize/?client_id=x", "authentik", "authorize"},
    {"authorize without slash", "authentik", A "/application/o/authorize", "authentik", "api"},
    {"token", "authentik", A "/application/o/token/", "authentik", "token"},
    {"discovery", "authentik", A "/application/o/argocd/.well-known/openid-configuration",
     "authentik", "discovery"},
    {"jwks", "authentik", A "/application/o/argocd/jwks/", "authentik", "jwks"},
    {"end of session", "authentik", A "/application/o/argocd/end-session/", "authentik", "session"},
    {"flow", "authentik", A "/if/flow/default-authentication-flow/?next=%2F", "authentik", "flow"},
    {"executor", "authentik", A "/api/v3/flows/executor/x/?query=", "authentik", "flow"},
    {"path in the query", "authentik", A "/?next=/application/o/token/", "authentik", "api"},
    {"path in the fragment", "argocd", C "/#/auth/callback", "argocd", "api"},
    {"no path", "argocd", C, "argocd", "api"},
    {"no path but a query", "argocd", C "?a=/auth/callback", "argocd", "api"},
    {"listener", "cli", "http://localhost:8085/auth/callback?code=c", "cli", "listener"},
    {"relying party", "rp", "http://localhost:8085/auth/callback?code=c", "rp", "callback"},
    {"nobody", NULL, "https://attacker.example/", "browser", "start"},
    {"no URL", "argocd", "/auth/callback", "argocd", "api"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_row(void **state)
{
    const struct row *row = *state;
    struct place p = place_of(row->system, row->url);
    assert_string_equal(p.by, row->by);
    assert_string_equal(p.at, row->at);
    bool delivers = strcmp(row->at, "callback") == 0 || strcmp(row->at, "listener") == 0;
    assert_int_equal(place_is_callback(&p), delivers);
}

int main(void)
{
    struct CMUnitTest tests[ROWS] = {0};
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){.name = rows[i].name,
                                       .test_func = test_row,
                                       .initial_state = (void *)(uintptr_t)&rows[i]};
    return TEST_MAIN(tests);
}
