/*
 * `via: cli`: what `argocd login --sso` does (reference/argocd.md part 3): settings, discovery,
 * PKCE, the browser, the callback listener, and the first call with the new token. The settings are
 * asked over REST, the UI's form of the same call; the real CLI asks over gRPC.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/jose/jwt.h"
#include "harness/jose/pkce.h"
#include "harness/login/agents.h"
#include "harness/login/listener.h"

#define CLI_SCOPES "openid profile email groups federated:id"
#define VERIFIER_ALPHABET RND_ALNUM "-._~"

/* All that one CLI login remembers. */
struct cli {
    struct js *settings;
    struct js *discovery;
    char *issuer;
    char *state;
    char *verifier;
    char *authorize_url;
};

static void cli_deinit(struct cli *c)
{
    js_free(c->settings);
    js_free(c->discovery);
    xfree(c->issuer);
    xfree(c->state);
    xfree(c->verifier);
    xfree(c->authorize_url);
}
DEFINE_AUTO_VALUE(struct cli, cli_deinit)

static int read_settings(struct login_agents *a, struct cli *c, struct login_result *r,
                         bool *ret_done, struct err *err)
{
    const struct setup *s = world_setup(a->conf.world);
    const char *base =
        s->live[SYSTEM_ARGOCD].url != NULL ? s->live[SYSTEM_ARGOCD].url : s->argocd.url;
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    AUTO(xfree) char *url = xasprintf("%.*s/api/v1/settings", (int)len, base);
    if (login_get_json(a->cli_client, url, NULL, "argocd", "start", &c->settings, r, ret_done,
                       err) != 0)
        return -1;
    if (*ret_done)
        return 0;
    *ret_done = true;
    if (js_len(js_path(c->settings, "dexConfig", "connectors", NULL)) == 0)
        return login_refuse(r, "cli", "start", xasprintf("%s is not configured with SSO", base));
    const char *settings_url = js_get_text(c->settings, "url");
    /* The settings' URL, not the host that was asked (argocd.md 3.2 step 4). */
    c->issuer = xasprintf("%s/api/dex", settings_url != NULL ? settings_url : "");
    *ret_done = false;
    return 0;
}

static int read_discovery(struct login_agents *a, struct cli *c, struct login_result *r,
                          bool *ret_done, struct err *err)
{
    AUTO(xfree) char *url = xasprintf("%s/.well-known/openid-configuration", c->issuer);
    if (login_get_json(a->cli_client, url, NULL, "dex", "discovery", &c->discovery, r, ret_done,
                       err) != 0 ||
        *ret_done)
        return *ret_done ? 0 : -1;
    const char *issuer = js_get_text(c->discovery, "issuer");
    if (cstr_eq(issuer, c->issuer))
        return 0;
    *ret_done = true;
    return login_refuse(
        r, "cli", "discovery",
        xasprintf(
            "failed to query provider \"%s\": oidc: issuer URL provided to client (\"%s\") did not "
            "match the issuer URL returned by provider (\"%s\")",
            c->issuer, c->issuer, issuer != NULL ? issuer : ""));
}

static bool wants_offline_access(const struct js *discovery)
{
    const struct js *scopes = js_get(discovery, "scopes_supported");
    for (size_t i = 0; i < js_len(scopes); i++)
        if (cstr_eq(js_text(js_at(scopes, i)), "offline_access"))
            return true;
    return js_len(scopes) == 0;
}

/* The CLI takes the implicit flow where the code flow is not offered (argocd.md 3.2 step 6). */
static bool is_implicit(const struct js *discovery)
{
    const struct js *types = js_get(discovery, "response_types_supported");
    for (size_t i = 0; i < js_len(types); i++)
        if (cstr_eq(js_text(js_at(types, i)), "code"))
            return false;
    return true;
}

static void add_flow(struct login_agents *a, const struct cli *c, struct params *q)
{
    AUTO(xfree) char *challenge = pkce_s256(c->verifier);
    if (is_implicit(c->discovery)) {
        AUTO(xfree) char *nonce = login_random(a, "cli", "nonce", RND_LETTERS, 24);
        params_add(q, "nonce", nonce);
        params_add(q, "response_type", "id_token");
        return;
    }
    params_add(q, "code_challenge", challenge);
    params_add(q, "code_challenge_method", "S256");
    params_add(q, "response_type", "code");
}

static void make_authorize_url(struct login_agents *a, const struct js *request, struct cli *c)
{
    c->state = login_random(a, "cli", "state", RND_LETTERS, 24);
    c->verifier = login_random(a, "cli", "verifier", VERIFIER_ALPHABET, 43);
    login_weaken(a->conf.faults, "cli", &c->verifier, NULL);
    trace_secret(a->conf.trace, "state", c->state);
    trace_secret(a->conf.trace, "verifier", c->verifier);
    AUTO(params_deinit) struct params q = {0};
    params_add(&q, "access_type", "offline");
    params_add(&q, "client_id", "argo-cd-cli");
    add_flow(a, c, &q);
    params_add(&q, "redirect_uri", CALLBACK_URL);
    params_addf(&q, "scope", "%s%s", CLI_SCOPES,
                wants_offline_access(c->discovery) ? " offline_access" : "");
    params_add(&q, "state", c->state);
    for (struct js_iter it = js_iter(request); request != NULL && js_next(&it);)
        login_change_request(request, it.key, &q, strcmp(it.key, "state") == 0 ? &c->state : NULL);
    if (fault_fires(a->conf.faults, "cli/verifier.in-url", NULL))
        params_add(&q, "code_verifier", c->verifier);
    login_spoil_request(a->conf.faults, "cli", &q);
    params_sort(&q);
    AUTO(xfree) char *query = params_form(&q);
    const char *endpoint = js_get_text(c->discovery, "authorization_endpoint");
    c->authorize_url =
        xasprintf("%s%s%s", endpoint != NULL ? endpoint : "",
                  endpoint != NULL && strchr(endpoint, '?') != NULL ? "&" : "?", query);
    if (fault_fires(a->conf.faults, "cli/verifier.missing", NULL))
        c->verifier = xfree(c->verifier);
    else if (fault_fires(a->conf.faults, "cli/verifier.wrong", NULL))
        c->verifier[0] = c->verifier[0] == 'A' ? 'B' : 'A';
}

/* What the person has when the browser stands still and the CLI did not get its callback. */
static int no_callback(const struct browser_page *page, struct login_result *r)
{
    return login_refused_by_page(page, r);
}

static int finish(struct login_agents *a, struct cli *c, struct listener_result *lr,
                  struct login_result *r, struct err *err)
{
    if (lr->fatal != NULL) {
        char *text = xstrdup(lr->fatal);
        return lr->no_answer ? login_no_answer(r, lr->by, lr->at, text)
                             : login_refuse(r, lr->by, lr->at, text);
    }
    const char *id_token = js_get_text(lr->tokens, "id_token");
    const char *refresh = js_get_text(lr->tokens, "refresh_token");
    r->session_token = xstrdup(id_token);
    r->refresh_token = refresh != NULL ? xstrdup(refresh) : NULL;
    login_keep(a, LOGIN_CLI, r, js_get_text(lr->tokens, "access_token"),
               js_get_text(c->discovery, "token_endpoint"));
    if (a->conf.light) {
        r->outcome = LOGIN_SIGNED_IN;
        return 0;
    }
    /* The CLI does not verify the token: Argo CD does, at the first call (argocd.md 3.3). */
    return login_ask_session(a, a->cli_client, r, err);
}

static int drive(struct login_agents *a, const struct login_request *req, struct browser *b,
                 struct cli *c, struct listener *l, struct login_result *r, struct err *err)
{
    a->names.items[a->names.len - 1].connect_port = listener_port(l);
    AUTO(browser_page_deinit) struct browser_page page = {0};
    AUTO(listener_result_deinit) struct listener_result lr = {0};
    bool done = false;
    if (login_walk(a, req, b, c->authorize_url, NULL, &page, r, &done, err) != 0)
        return -1;
    if (!done && lr.fatal == NULL && browser_replays(b, "cli") &&
        params_get(&b->callbacks, "cli") != NULL) {
        AUTO(xfree) char *again = xstrdup(params_get(&b->callbacks, "cli"));
        browser_page_deinit(&page);
        if (browser_go(b, again, NULL, &page, err) != 0)
            return -1;
    }
    listener_finish(l, &lr);
    if (done)
        return 0;
    return lr.answered ? finish(a, c, &lr, r, err) : no_callback(&page, r);
}

int login_cli(struct login_agents *a, const struct login_request *req, struct browser *b,
              struct login_result *ret, struct err *err)
{
    AUTO(cli_deinit) struct cli c = {0};
    bool done = false;
    if (read_settings(a, &c, ret, &done, err) != 0)
        return -1;
    if (!done && read_discovery(a, &c, ret, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    make_authorize_url(a, req->request, &c);
    const char *token_url = js_get_text(c.discovery, "token_endpoint");
    const struct listener_conf conf = {
        .agents = a,
        .state = c.state,
        .verifier = c.verifier,
        .token_url = token_url != NULL ? token_url : "",
        .redirect_uri = CALLBACK_URL,
    };
    AUTO(listener_free) struct listener *l = NULL;
    if (listener_new(&conf, (uint16_t)a->conf.callback_port, &l, err) != 0)
        return -1;
    return drive(a, req, b, &c, l, ret, err);
}
