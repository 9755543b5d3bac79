/*
 * What goes wrong at the person's own end: the browser, the CLI, and rolecall as relying party. The
 * table says what there is; browser_tamper plays the browser's faults on an authorization response
 * on its way.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"
#include "harness/login/agents.h"

const struct fault faults_agent[] = {
    {"browser/callback.held", "the callback is held back while time passes",
     "RFC 6749 4.1.2: codes are short-lived", "at advance"},
    {"browser/callback.state-changed", "the state comes back changed", "RFC 6749 10.12", "at"},
    {"browser/callback.state-dropped", "the state does not come back", "RFC 6749 10.12", "at"},
    {"browser/callback.code-changed", "another code is delivered", "RFC 6749 4.1.3", "at"},
    {"browser/callback.replayed", "the same callback is delivered a second time", "RFC 6749 10.5",
     "at"},
    {"browser/callback.earlier", "the callback of an earlier login is delivered", "RFC 6749 10.12",
     "at"},
    {"browser/callback.never", "the browser is closed before the callback", "argocd.md 3.2", "at"},
    {"browser/cookie.lost", "the browser loses a cookie before the callback", "RFC 6749 10.12",
     "at name"},
    {"browser/csrf-header.missing", "the flow executor is asked without its CSRF header",
     "authentik.md 4.6", NULL},
    {"browser/return-url.foreign", "the login is begun by a link that leads elsewhere afterwards",
     "RFC 9700 4.11", "to"},
    {"browser/consent-token.wrong", "consent is given with another token", "authentik.md 4.3",
     NULL},
    {"browser/authorize.redirect-uri-changed",
     "the authorization request names another redirect URI", "RFC 6749 10.6", "at to"},
    {"cli/verifier.wrong", "the CLI sends another code verifier", "RFC 7636 4.6", NULL},
    {"cli/verifier.missing", "the CLI sends no code verifier", "RFC 7636 4.6", NULL},
    {"cli/challenge.missing", "the CLI starts without a code challenge", "RFC 7636 4.3", NULL},
    {"cli/state.missing", "the CLI sends no state", "RFC 6749 10.12", NULL},
    {"cli/scope.no-openid", "the CLI does not ask for openid", "OIDC Core 3.1.2.1", NULL},
    {"cli/response-type.wrong", "the CLI asks for a token, not for a code", "OIDC Core 3.1.2.1",
     NULL},
    {"cli/redirect-uri.other", "the CLI asks with a redirect URI that is not registered",
     "OIDC Core 3.1.2.1", NULL},
    {"cli/token-redirect-uri.changed", "the CLI's token request names another redirect URI",
     "RFC 6749 4.1.3", NULL},
    {"cli/refresh-token.replayed", "the CLI refreshes with the refresh token before the last",
     "RFC 9700 4.14.2", NULL},
    {"cli/client-secret.invented", "the public client sends a secret", "RFC 6749 2.3", NULL},
    {"cli/port.taken", "another program listens on the CLI's callback port", "RFC 8252 7.3", NULL},
    {"cli/state.not-checked", "the CLI takes any state", "RFC 6749 10.12", NULL, NULL, true},
    {"rp/verifier.wrong", "the relying party sends another code verifier", "RFC 7636 4.6", NULL},
    {"rp/verifier.missing", "the relying party sends no code verifier", "RFC 7636 4.6", NULL},
    {"rp/client-secret.wrong", "the relying party sends a wrong secret", "RFC 6749 2.3.1", NULL},
    {"rp/code.reused", "the relying party redeems its code twice", "RFC 6749 4.1.2", NULL},
    {"rp/redirect-uri.changed", "the relying party asks with another redirect URI",
     "RFC 6749 3.1.2", "to"},
    {"rp/token-redirect-uri.changed", "the token request names another redirect URI",
     "RFC 6749 4.1.3", "to"},
    {"rp/state.not-checked", "the relying party takes any state", "RFC 6749 10.12", NULL, NULL,
     true},
    {"rp/state.none", "the relying party sends no state", "RFC 6749 10.12", NULL},
    {"rp/challenge.missing", "the relying party starts without a code challenge", "RFC 7636 4.3",
     NULL},
    {"rp/scope.no-openid", "the relying party does not ask for openid", "OIDC Core 3.1.2.1", NULL},
    {"rp/response-type.wrong", "the relying party asks for a token, not for a code",
     "OIDC Core 3.1.2.1", NULL},
    {"rp/refresh-token.replayed",
     "the relying party refreshes with the refresh token before the last", "RFC 9700 4.14.2", NULL},
    {"rp/nonce.not-checked", "the relying party takes any nonce", "OIDC Core 3.1.3.7 (11)", NULL,
     NULL, true},
    {"rp/skip-signature", "the relying party does not verify signatures", "OIDC Core 3.1.3.7 (6)",
     NULL, "ID token", true},
    {"rp/skip-claims", "the relying party checks no claims", "OIDC Core 3.1.3.7 (2)", NULL,
     "ID token", true},
    {"rp/skip-audience", "the relying party does not look at the audience", "OIDC Core 3.1.3.7 (3)",
     NULL, "ID token", true},
    {"rp/skip-issuer", "the relying party does not look at the issuer", "OIDC Core 3.1.3.7 (2)",
     NULL, "ID token", true},
    {"rp/skip-expiry", "the relying party takes an expired token", "OIDC Core 3.1.3.7 (9)", NULL,
     "ID token", true},
    {"rp/userinfo.sub-not-compared", "the relying party takes anybody's userinfo",
     "OIDC Core 5.3.4", NULL, NULL, true},
    {"rp/verifier.short", "the relying party's code verifier can be guessed", "RFC 7636 4.1", NULL},
    {"rp/verifier.in-url", "the relying party sends the verifier through the browser",
     "RFC 7636 7.2", NULL},
    {"rp/nonce.short", "the relying party's nonce can be guessed", "OIDC Core 15.5.2", NULL},
    {"rp/client-secret.in-url", "the relying party puts its secret into the token URL",
     "RFC 6749 2.3.1", NULL},
    {"rp/token.in-url", "the relying party asks userinfo with the token in the URL", "RFC 6750 2.3",
     NULL},
    {"rp/userinfo-token.other", "the relying party asks userinfo with a token it never got",
     "RFC 6750 3.1", NULL},
    {"cli/verifier.short", "the CLI's code verifier can be guessed", "RFC 7636 4.1", NULL},
    {"cli/verifier.in-url", "the CLI sends the verifier through the browser", "RFC 7636 7.2", NULL},
    {"cli/token-client.other", "the CLI's code is redeemed by another client", "RFC 6749 10.5",
     NULL},
    {"cli/scope.no-groups", "the CLI does not ask for groups", "argocd.md 3.2", NULL},
    {"browser/logout.foreign-redirect", "the logout is to end at an address of somebody else",
     "OIDC RP-Initiated Logout 3", "to"},
    {"rp/keys.not-asked", "the relying party takes a token without asking for any key",
     "OIDC Core 3.1.3.7 (6)", NULL, NULL, true},
    {"browser/code.stolen", "a thief at the browser redeems the code too, and has all it takes",
     "RFC 6749 4.1.2", NULL},
    {NULL, NULL, NULL, NULL},
};

static void no_state(struct params *q)
{
    params_remove(q, "state");
}

static void no_challenge(struct params *q)
{
    params_remove(q, "code_challenge");
    params_remove(q, "code_challenge_method");
}

static void drop_scope(struct params *q, const char *name)
{
    AUTO(strlist_deinit) struct strlist kept = {0};
    struct str rest = str_of(params_get(q, "scope")), word;
    while (str_next(&rest, ' ', &word))
        if (!str_is(word, name))
            strlist_take(&kept, xstrndup(word.ptr, word.len));
    AUTO(xfree) char *scope = strlist_join(&kept, " ");
    params_set(q, "scope", scope);
}

static void no_openid(struct params *q)
{
    drop_scope(q, "openid");
}

static void no_groups(struct params *q)
{
    drop_scope(q, "groups");
}

static void token_type(struct params *q)
{
    params_set(q, "response_type", "token");
}

static void other_redirect(struct params *q)
{
    params_set(q, "redirect_uri", "http://127.0.0.1:8085/auth/callback");
}

static const struct {
    const char *id;
    void (*change)(struct params *q);
} requests[] = {
    {"cli/state.missing", no_state},
    {"cli/challenge.missing", no_challenge},
    {"cli/scope.no-openid", no_openid},
    {"cli/response-type.wrong", token_type},
    {"cli/redirect-uri.other", other_redirect},
    {"cli/scope.no-groups", no_groups},
    {"rp/state.none", no_state},
    {"rp/challenge.missing", no_challenge},
    {"rp/scope.no-openid", no_openid},
    {"rp/response-type.wrong", token_type},
    {NULL, NULL},
};

void login_spoil_request(struct fault_set *faults, const char *party, struct params *query)
{
    AUTO(xfree) char *prefix = xasprintf("%s/", party);
    for (size_t i = 0; requests[i].id != NULL; i++)
        if (cstr_starts(requests[i].id, prefix) && fault_fires(faults, requests[i].id, NULL))
            requests[i].change(query);
}

static void shorten(struct fault_set *faults, const char *party, const char *what, char **text)
{
    AUTO(xfree) char *id = xasprintf("%s/%s.short", party, what);
    if (text == NULL || !fault_fires(faults, id, NULL))
        return;
    xfree(*text);
    *text = xasprintf("a-short-%s", what);
}

void login_weaken(struct fault_set *faults, const char *party, char **verifier, char **nonce)
{
    shorten(faults, party, "verifier", verifier);
    shorten(faults, party, "nonce", nonce);
}

/* Fires the fault if it is set for this party, or for nobody in particular. */
static bool fires_at(struct fault_set *s, const char *id, const char *party,
                     const struct js **ret_with)
{
    const struct js *with = NULL;
    if (!fault_peek(s, id, &with))
        return false;
    const char *at = js_get_text(with, "at");
    return (at == NULL || strcmp(at, party) == 0) && fault_fires(s, id, ret_with);
}

/* The URL with its query changed by fn. */
static char *with_query(const char *url, void (*change)(struct params *p))
{
    const char *mark = strchr(url, '?');
    if (mark == NULL)
        return xstrdup(url);
    AUTO(params_deinit) struct params p = {0};
    params_parse_form(&p, str_of(mark + 1));
    change(&p);
    AUTO(xfree) char *query = params_form(&p);
    return xasprintf("%.*s?%s", (int)(mark - url), url, query);
}

static void change_state(struct params *p)
{
    params_set(p, "state", "tampered-by-the-browser");
}

static void drop_state(struct params *p)
{
    params_remove(p, "state");
}

static void change_code(struct params *p)
{
    params_set(p, "code", "0123456789abcdef0123456789abcdef");
}

static void hold(struct browser *b, const struct js *with)
{
    const char *advance = js_get_text(with, "advance");
    int64_t ms = INT64_C(2) * 60 * 1000;
    if (advance != NULL && str_to_duration_ms(str_of(advance), &ms) != 0)
        trace_note(b->trace, "harness", "'%s' is no duration; 2m taken", advance);
    clock_advance_ms(b->clock, ms);
    trace_note(b->trace, "harness", "clock moved by %lld ms", (long long)ms);
}

char *browser_other_redirect(struct browser *b, const char *url, const struct place *place)
{
    const struct js *with = NULL;
    const char *id = "browser/authorize.redirect-uri-changed";
    if (!fault_peek(b->faults, id, &with))
        return NULL;
    const char *at = js_get_text(with, "at");
    const char *to = js_get_text(with, "to");
    if (strcmp(at != NULL ? at : "authentik", place->by) != 0 ||
        strstr(url, "redirect_uri=") == NULL)
        return NULL;
    if (!fault_fires(b->faults, id, &with))
        return NULL;
    const char *mark = strchr(url, '?');
    AUTO(params_deinit) struct params p = {0};
    params_parse_form(&p, str_of(mark + 1));
    params_set(&p, "redirect_uri", to != NULL ? to : "https://attacker.example/callback");
    AUTO(xfree) char *query = params_form(&p);
    return xasprintf("%.*s?%s", (int)(mark - url), url, query);
}

bool browser_replays(struct browser *b, const char *party)
{
    return fires_at(b->faults, "browser/callback.replayed", party, NULL);
}

bool browser_stays_away(struct browser *b, const struct place *place)
{
    if (!fires_at(b->faults, "browser/callback.never", place->by, NULL))
        return false;
    clock_advance_ms(b->clock, INT64_C(1000) * BROWSER_WAIT_S);
    return true;
}

static const struct {
    const char *id;
    void (*change)(struct params *p);
} changes[] = {
    {"browser/callback.state-changed", change_state},
    {"browser/callback.state-dropped", drop_state},
    {"browser/callback.code-changed", change_code},
    {NULL, NULL},
};

char *browser_tamper(struct browser *b, const char *url, const struct place *place)
{
    const struct js *with = NULL;
    if (fires_at(b->faults, "browser/callback.held", place->by, &with))
        hold(b, with);
    if (fires_at(b->faults, "browser/cookie.lost", place->by, &with)) {
        const char *name = js_get_text(with, "name");
        jar_remove(b->jar, name != NULL ? name : "argocd.oauthstate");
    }
    const char *earlier = b->earlier != NULL ? params_get(b->earlier, place->by) : NULL;
    bool old = earlier != NULL && fires_at(b->faults, "browser/callback.earlier", place->by, &with);
    char *now = xstrdup(old ? earlier : url);
    for (size_t i = 0; changes[i].id != NULL; i++) {
        if (!fires_at(b->faults, changes[i].id, place->by, NULL))
            continue;
        char *next = with_query(now, changes[i].change);
        xfree(now);
        now = next;
    }
    return now;
}
