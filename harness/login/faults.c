/*
 * What goes wrong at the person's own end: the browser, the CLI, and rolecall as relying party. The
 * table says what there is; browser_tamper plays the browser's faults on an authorization response
 * on its way.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/login/browser.h"
#include "harness/login/login.h"

const struct fault faults_agent[] = {
    {"browser/callback.held", "the callback is held back while time passes",
     "RFC 6749 4.1.2: codes are short-lived", "at advance"},
    {"browser/callback.state-changed", "the state comes back changed", "RFC 6749 10.12", "at"},
    {"browser/callback.state-dropped", "the state does not come back", "RFC 6749 10.12", "at"},
    {"browser/callback.code-changed", "another code is delivered", "RFC 6749 4.1.3", "at"},
    {"browser/callback.replayed", "the same callback is delivered a second time", "RFC 6749 10.5",
     "at"},
    {"browser/cookie.lost", "the browser loses a cookie before the callback", "RFC 6749 10.12",
     "at name"},
    {"browser/consent-token.wrong", "consent is given with another token", "authentik.md 4.3",
     NULL},
    {"browser/authorize.redirect-uri-changed",
     "the authorization request names another redirect URI", "RFC 6749 10.6", "at to"},
    {"cli/verifier.wrong", "the CLI sends another code verifier", "RFC 7636 4.6", NULL},
    {"cli/verifier.missing", "the CLI sends no code verifier", "RFC 7636 4.6", NULL},
    {"cli/challenge.missing", "the CLI starts without a code challenge", "RFC 7636 4.3", NULL},
    {"cli/client-secret.invented", "the public client sends a secret", "RFC 6749 2.3", NULL},
    {"cli/state.not-checked", "the CLI takes any state", "RFC 6749 10.12", NULL},
    {"rp/verifier.wrong", "the relying party sends another code verifier", "RFC 7636 4.6", NULL},
    {"rp/verifier.missing", "the relying party sends no code verifier", "RFC 7636 4.6", NULL},
    {"rp/client-secret.wrong", "the relying party sends a wrong secret", "RFC 6749 2.3.1", NULL},
    {"rp/code.reused", "the relying party redeems its code twice", "RFC 6749 4.1.2", NULL},
    {"rp/redirect-uri.changed", "the relying party asks with another redirect URI",
     "RFC 6749 3.1.2", "to"},
    {"rp/token-redirect-uri.changed", "the token request names another redirect URI",
     "RFC 6749 4.1.3", "to"},
    {"rp/state.not-checked", "the relying party takes any state", "RFC 6749 10.12", NULL},
    {"rp/state.none", "the relying party sends no state", "RFC 6749 10.12", NULL},
    {"rp/nonce.not-checked", "the relying party takes any nonce", "OIDC Core 3.1.3.7 (11)", NULL},
    {"rp/skip-signature", "the relying party does not verify signatures", "OIDC Core 3.1.3.7 (6)",
     NULL},
    {"rp/skip-claims", "the relying party checks no claims", "OIDC Core 3.1.3.7 (2)", NULL},
    {NULL, NULL, NULL, NULL},
};

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
    char *now = xstrdup(url);
    for (size_t i = 0; changes[i].id != NULL; i++) {
        if (!fires_at(b->faults, changes[i].id, place->by, NULL))
            continue;
        char *next = with_query(now, changes[i].change);
        xfree(now);
        now = next;
    }
    return now;
}
