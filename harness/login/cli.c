/*
 * `via: cli`: what `argocd login HOST --sso --grpc-web --skip-test-tls` does (argocd.md part 3):
 * settings, discovery, PKCE, the browser, the callback listener, the file it writes, and the first
 * call with the new token.
 */
#include "harness/login/cli.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "harness/jose/pkce.h"
#include "harness/login/cli_config.h"
#include "harness/login/listener.h"
#include "mocks/argocd/jwtparse.h"

#define VERIFIER_ALPHABET RND_ALNUM "-._~"

/* ---- the command line ---- */

/* Flags that this version of the CLI does not know yet: cobra's words, before anything is asked. */
static bool check_flags(struct login_agents *a, const struct login_request *req,
                        struct login_result *r)
{
    const char *unknown = NULL;
    if (req->no_launch && !cli_quirk(a, ARGOCD_QUIRK_CLI_LAUNCH))
        unknown = "--sso-launch-browser";
    if (req->callback != NULL && !cli_quirk(a, ARGOCD_QUIRK_CLI_CALLBACK))
        unknown = "--callback";
    if (unknown == NULL)
        return true;
    char *text = xasprintf("unknown flag: %s", unknown);
    cli_print(a, "Error: %s", text);
    cli_exit(a, NULL, CLI_EXIT_FATAL);
    login_refuse(r, "cli", "start", text);
    return false;
}

static uint16_t port_of(const struct login_request *req)
{
    return req->sso_port != 0 ? req->sso_port : CALLBACK_PORT;
}

/* --callback has scheme, host and port; the listener is on localhost all the same. */
char *login_callback_origin(const struct login_request *req)
{
    return req->callback != NULL ? xstrdup(req->callback)
                                 : xasprintf("http://localhost:%u", (unsigned)port_of(req));
}

/* ---- the authorization request (step 6) ---- */

/* The CLI takes the implicit flow where the code flow is not offered. */
static bool is_implicit(const struct js *discovery)
{
    const struct js *types = js_get(discovery, "response_types_supported");
    for (size_t i = 0; i < js_len(types); i++)
        if (cstr_eq(js_text(js_at(types, i)), "code"))
            return false;
    return true;
}

static void add_flow(struct cli *c, struct params *q)
{
    AUTO(xfree) char *challenge = pkce_s256(c->verifier);
    if (is_implicit(goidc_document(c->provider))) {
        AUTO(xfree) char *nonce = login_random(c->agents, "cli", "nonce", RND_LETTERS, 24);
        params_add(q, "nonce", nonce);
        params_add(q, "response_type", "id_token");
        return;
    }
    params_add(q, "code_challenge", challenge);
    params_add(q, "code_challenge_method", "S256");
    params_add(q, "response_type", "code");
}

/* requestedIDTokenClaims of oidc.config: entries of a map on the wire, an object for the provider.
 */
static void add_claims(const struct cli *c, struct params *q)
{
    const struct js *entries = js_path(c->settings, "oidcConfig", "idTokenClaims", NULL);
    if (js_len(entries) == 0)
        return;
    AUTO(js_free) struct js *claims = js_object();
    for (size_t i = 0; i < js_len(entries); i++) {
        const struct js *value = js_get(js_at(entries, i), "value");
        const char *key = js_get_text(js_at(entries, i), "key");
        js_set(claims, key != NULL ? key : "", value != NULL ? js_dup(value) : js_object());
    }
    AUTO(xfree) char *text = js_compact_sorted(claims);
    params_addf(q, "claims", "{\"id_token\":%s}", text);
}

static void spoil_verifier(struct cli *c)
{
    if (fault_fires(c->agents->conf.faults, "cli/verifier.missing", NULL))
        c->verifier = xfree(c->verifier);
    else if (fault_fires(c->agents->conf.faults, "cli/verifier.wrong", NULL))
        c->verifier[0] = c->verifier[0] == 'A' ? 'B' : 'A';
}

static void make_authorize_url(struct cli *c, const struct js *request)
{
    struct login_agents *a = c->agents;
    c->state = login_random(a, "cli", "state", RND_LETTERS, 24);
    c->verifier = login_random(a, "cli", "verifier", VERIFIER_ALPHABET, 43);
    login_weaken(a->conf.faults, "cli", &c->verifier, NULL);
    trace_secret(a->conf.trace, "state", c->state);
    trace_secret(a->conf.trace, "verifier", c->verifier);
    AUTO(params_deinit) struct params q = {0};
    params_add(&q, "access_type", "offline");
    add_claims(c, &q);
    params_add(&q, "client_id", c->client_id);
    add_flow(c, &q);
    params_add(&q, "redirect_uri", c->redirect_uri);
    params_add(&q, "scope", c->scopes);
    params_add(&q, "state", c->state);
    for (struct js_iter it = js_iter(request); request != NULL && js_next(&it);)
        login_change_request(request, it.key, &q, strcmp(it.key, "state") == 0 ? &c->state : NULL);
    if (fault_fires(a->conf.faults, "cli/verifier.in-url", NULL))
        params_add(&q, "code_verifier", c->verifier);
    login_spoil_request(a->conf.faults, "cli", &q);
    params_sort(&q);
    AUTO(xfree) char *query = params_form(&q);
    const char *endpoint = goidc_auth_url(c->provider);
    c->authorize_url =
        xasprintf("%s%s%s", endpoint, strchr(endpoint, '?') != NULL ? "&" : "?", query);
    spoil_verifier(c);
}

/* Step 7, and what came before the flag. */
static void say_where(const struct cli *c, const struct login_request *req)
{
    const struct login_agents *a = c->agents;
    bool implicit = is_implicit(goidc_document(c->provider));
    bool launch = cli_quirk(a, ARGOCD_QUIRK_CLI_LAUNCH);
    if (!launch)
        cli_print(a, "Opening browser for authentication");
    cli_print(a, "Performing %s flow login: %s", implicit ? "implicit" : "authorization_code",
              c->authorize_url);
    if (launch && req->no_launch)
        cli_print(a,
                  "To authenticate, copy-and-paste the following URL into your preferred browser: "
                  "%s",
                  c->authorize_url);
    else if (launch)
        cli_print(a, "Opening system default browser for authentication");
}

/* ---- the end (3.4) ---- */

static const char *display(const struct js *claims, const struct login_result *r)
{
    const char *const shown[] = {js_get_text(claims, "email"), js_get_text(claims, "name"),
                                 r->user_id};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (shown[i] != NULL && shown[i][0] != '\0')
            return shown[i];
    return "";
}

static int write_config(struct cli *c, const struct login_request *req,
                        const struct login_result *r, struct err *err)
{
    AUTO(xfree) char *own = cli_context_name(c);
    const char *name = req->relogin ? cli_config_current(c->agents->cli_config) : req->context;
    const struct cli_context context = {
        .name = name != NULL ? name : own,
        .server = c->host,
        .root_path = c->root_path,
        .plain = cstr_starts(c->base, "http://"),
        .token = r->session_token,
        .refresh_token = r->refresh_token,
    };
    /* The name is the config's own, which is about to be written anew. */
    AUTO(xfree) char *told = xstrdup(context.name);
    struct cli_context kept = context;
    kept.name = told;
    if (cli_config_put(c->agents->cli_config, &kept, err) != 0)
        return -1;
    cli_print(c->agents, "Context '%s' updated", told);
    return 0;
}

/* The CLI does not verify the token: it takes it apart, and Argo CD verifies it at the first call.
 */
static int take_token(struct cli *c, const struct login_request *req, struct listener_result *lr,
                      struct login_result *r, bool *ret_done, struct err *err)
{
    AUTO(js_free) struct js *header = NULL;
    AUTO(js_free) struct js *claims = NULL;
    struct login_agents *a = c->agents;
    struct err why = {0};
    const char *refresh = js_get_text(lr->tokens, "refresh_token");
    r->session_token = xstrdup(js_get_text(lr->tokens, "id_token"));
    r->refresh_token = refresh != NULL ? xstrdup(refresh) : NULL;
    login_keep(a, LOGIN_CLI, r, js_get_text(lr->tokens, "access_token"),
               goidc_token_url(c->provider));
    if (a->conf.light)
        return 0;
    cli_print(a, "Authentication successful");
    if (jwtparse_unverified(r->session_token, &header, &claims, &why) != 0) {
        *ret_done = true;
        return cli_refuse(a, r, "cli", "token", CLI_EXIT_CHECK, xstrdup(why.msg));
    }
    login_read_identity(r);
    if (!req->relogin)
        cli_print(a, "'%s' logged in successfully", display(claims, r));
    if (write_config(c, req, r, err) != 0)
        return -1;
    cli_exit(a, NULL, 0);
    return 0;
}

static int finish(struct cli *c, const struct login_request *req, struct listener_result *lr,
                  struct login_result *r, struct err *err)
{
    struct login_agents *a = c->agents;
    bool done = false;
    if (lr->fatal != NULL) {
        char *text = xstrdup(lr->fatal);
        cli_exit(a, text, CLI_EXIT_FATAL);
        return lr->no_answer ? login_no_answer(r, lr->by, lr->at, text)
                             : login_refuse(r, lr->by, lr->at, text);
    }
    if (take_token(c, req, lr, r, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    if (a->conf.light) {
        r->outcome = LOGIN_SIGNED_IN;
        return 0;
    }
    return login_ask_session(a, a->cli_client, r, err);
}

/* ---- the way there ---- */

/* Whoever replays the callback gets the listener's next answer. */
static int replay(struct browser *b, struct browser_page *page, struct err *err)
{
    const char *callback = params_get(&b->callbacks, "cli");
    if (callback == NULL || !browser_replays(b, "cli"))
        return 0;
    AUTO(xfree) char *again = xstrdup(callback);
    browser_page_deinit(page);
    return browser_go(b, again, NULL, page, err);
}

static int drive(struct cli *c, const struct login_request *req, struct browser *b,
                 struct listener *l, struct login_result *r, struct err *err)
{
    struct login_agents *a = c->agents;
    a->names.items[a->names.len - 1].connect_port = listener_port(l);
    AUTO(browser_page_deinit) struct browser_page page = {0};
    AUTO(listener_result_deinit) struct listener_result lr = {0};
    bool done = false;
    if (login_walk(a, req, b, c->authorize_url, NULL, &page, r, &done, err) != 0)
        return -1;
    if (!done && replay(b, &page, err) != 0)
        return -1;
    listener_finish(l, &lr);
    if (!done && lr.answered)
        return finish(c, req, &lr, r, err);
    /* The person has a page, and the command stands still: it knows no time-out (3.2 step 8). */
    trace_note(a->conf.trace, "cli", "argocd still waits for its callback, and would for ever");
    return done ? 0 : login_refused_by_page(&page, r);
}

/* Another program has the port: a real one of ours, so that the bind really fails. */
static int meet_taken_port(struct cli *c, const struct listener_conf *conf, uint16_t told,
                           struct login_result *r, struct err *err)
{
    AUTO(listener_free) struct listener *other = NULL;
    AUTO(listener_free) struct listener *l = NULL;
    struct err why = {0};
    if (listener_new(conf, 0, &other, err) != 0)
        return -1;
    if (listener_retake(conf, listener_port(other), &l, &why) == 0)
        return err_set(err, ERR_INTERNAL, "a port was bound twice");
    return cli_refuse(c->agents, r, "cli", "listener", CLI_EXIT_FATAL,
                      xasprintf("Temporary HTTP server failed: listen tcp 127.0.0.1:%u: bind: "
                                "address already in use",
                                (unsigned)told));
}

static int listen_and_drive(struct cli *c, const struct login_request *req, struct browser *b,
                            struct login_result *r, struct err *err)
{
    struct login_agents *a = c->agents;
    const struct listener_conf conf = {
        .agents = a,
        .state = c->state,
        .verifier = c->verifier,
        .token_url = goidc_token_url(c->provider),
        .redirect_uri = c->redirect_uri,
        .client_id = c->client_id,
        .provider = c->system,
    };
    if (fault_fires(a->conf.faults, "cli/port.taken", NULL))
        return meet_taken_port(c, &conf, port_of(req), r, err);
    AUTO(listener_free) struct listener *l = NULL;
    if (listener_new(&conf, a->conf.callback_port != 0 ? port_of(req) : 0, &l, err) != 0)
        return -1;
    return drive(c, req, b, l, r, err);
}

/* `argocd relogin` begins with the file that a login wrote (3.5). */
static bool begin_relogin(struct login_agents *a, struct login_result *r)
{
    if (cli_config_current(a->cli_config) != NULL) {
        cli_print(a, "Reinitiating SSO login");
        return true;
    }
    cli_refuse(a, r, "cli", "start", CLI_EXIT_FATAL,
               xstrdup("No context found. Login using `argocd login`"));
    return false;
}

int login_cli(struct login_agents *a, const struct login_request *req, struct browser *b,
              struct login_result *ret, struct err *err)
{
    AUTO(cli_deinit) struct cli c = {0};
    bool done = false;
    cli_init(&c, a);
    if (!check_flags(a, req, ret) || (req->relogin && !begin_relogin(a, ret)))
        return 0;
    if (cli_provider(&c, CLI_EXIT_CHECK, ret, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    AUTO(xfree) char *origin = login_callback_origin(req);
    c.redirect_uri = xasprintf("%s" CALLBACK_PATH, origin);
    make_authorize_url(&c, req->request);
    say_where(&c, req);
    login_lead_callback(a, origin);
    int rc = listen_and_drive(&c, req, b, ret, err);
    login_lead_callback(a, CALLBACK_ORIGIN);
    return rc;
}
