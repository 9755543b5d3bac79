/*
 * GET /auth/login: checks where the login may end, remembers the state in a cookie and sends the
 * person to the provider (argocd.md 1.3; the order of the steps counts).
 */
#include <string.h>

#include "harness/base/url.h"
#include "harness/jose/pkce.h"
#include "mocks/argocd/faults.h"
#include "mocks/argocd/server.h"
#include "mocks/argocd/state.h"

#define STATE_LETTERS 24
#define STATE_LETTERS_SHORT 10

static const char invalid_redirect[] =
    "Invalid redirect URL: the protocol and host (including port) must match and the path must be "
    "within allowed URLs if provided";

struct login {
    struct mock *m;
    const struct sso *sso;
    const struct http_request *req;
    struct provider_endpoints endpoints;
    struct app_state state;
};

static void login_deinit(struct login *l)
{
    provider_endpoints_deinit(&l->endpoints);
    app_state_deinit(&l->state);
}

DEFINE_AUTO_VALUE(struct login, login_deinit)

/* oauth2.GenerateVerifier: 32 random bytes as base64url. */
static char *new_verifier(struct mock *m)
{
    static const char alphabet[] = RND_ALNUM "-_";
    return rnd_text(m->env.rnd, "argocd", "pkce", alphabet, 43);
}

static void make_state(struct login *l, const char *return_url)
{
    bool brief = argocd_quirk(l->m, ARGOCD_QUIRK_STATE_SHORT);
    l->state.state = rnd_text(l->m->env.rnd, "argocd", "state", RND_LETTERS,
                              brief ? STATE_LETTERS_SHORT : STATE_LETTERS);
    fault_state_constant(l->m, &l->state.state);
    l->state.return_url = xstrdup(return_url);
    l->state.verifier = l->sso->pkce ? new_verifier(l->m) : xstrdup("");
    trace_secret(l->m->env.trace, "verifier", l->state.verifier);
}

static void add_scope(struct login *l, struct params *q)
{
    AUTO(strlist_deinit) struct strlist scopes = {0};
    for (size_t i = 0; i < l->sso->scopes.len; i++)
        strlist_add(&scopes, l->sso->scopes.items[i]);
    fault_scope(l->m, &scopes);
    AUTO(xfree) char *scope = strlist_join(&scopes, " ");
    params_add(q, "scope", scope);
}

static void add_options(struct login *l, struct params *q)
{
    const struct sso *sso = l->sso;
    if (sso->domain_hint[0] != '\0')
        params_add(q, "domain_hint", sso->domain_hint);
    if (sso->claims != NULL) {
        AUTO(xfree) char *claims = js_compact_html(sso->claims);
        params_addf(q, "claims", "{\"id_token\":%s}", claims);
    }
    if (sso->pkce) {
        AUTO(xfree) char *challenge = pkce_s256(l->state.verifier);
        params_add(q, "code_challenge", challenge);
        params_add(q, "code_challenge_method", "S256");
    }
    if (!l->endpoints.code) {
        AUTO(xfree)
        char *nonce = rnd_text(l->m->env.rnd, "argocd", "nonce", RND_LETTERS, STATE_LETTERS);
        params_add(q, "nonce", nonce);
    }
}

/* x/oauth2 AuthCodeURL: keys sorted, "&" when the endpoint has a query already. */
static char *authorization_url(struct login *l)
{
    AUTO(params_deinit) struct params q = {0};
    char *redirect_uri = sso_redirect_uri(l->sso, l->req);
    fault_redirect_uri_other(l->m, &redirect_uri);
    params_add(&q, "client_id", l->sso->client_id);
    params_add(&q, "redirect_uri", redirect_uri);
    xfree(redirect_uri);
    params_add(&q, "response_type", l->endpoints.code ? "code" : "id_token");
    add_scope(l, &q);
    params_add(&q, "state", l->state.state);
    fault_state_missing(l->m, &q);
    fault_response_type(l->m, &q);
    add_options(l, &q);
    params_sort(&q);
    AUTO(xfree) char *query = params_form(&q);
    const char *join = strchr(l->endpoints.authorization, '?') != NULL ? "&" : "?";
    return xasprintf("%s%s%s", l->endpoints.authorization, join, query);
}

static void begin(struct login *l, struct http_response *resp)
{
    struct err err = {0};
    const char *return_url = argocd_form_value(l->req, "return_url");
    if (provider_endpoints(l->sso->login, &l->endpoints, &err) != 0) {
        trace_log(l->m->env.trace, "argocd", "error", "%s", err.msg);
        http_respond_go_error(resp, 500, err.msg);
        return;
    }
    if (!fault_return_url_open(l->m) && !sso_return_url_is_valid(l->sso, return_url, false)) {
        http_respond_go_error(resp, 400, invalid_redirect);
        return;
    }
    make_state(l, return_url);
    if (app_state_store(l->m, l->sso, &l->state, resp, &err) != 0) {
        trace_log(l->m->env.trace, "argocd", "error", "Failed to initiate login flow: %s", err.msg);
        http_respond_go_error(resp, 500, "Failed to initiate login flow");
        return;
    }
    AUTO(xfree) char *url = authorization_url(l);
    http_respond_go_redirect(resp, l->req->method, 303, url);
    trace_log(l->m->env.trace, "argocd", "info", "Performing %s flow login: %s",
              l->endpoints.code ? "authorization_code" : "implicit", url);
}

void argocd_login(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    if (!sso->configured) {
        argocd_ui(ctx, req, resp);
        return;
    }
    AUTO(login_deinit) struct login l = {.m = m, .sso = sso, .req = req};
    begin(&l, resp);
}
