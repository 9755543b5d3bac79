/*
 * The refresh grant of the last login: the CLI's towards Dex (argocd.md 3.5), the relying party's
 * towards authentik.
 */
#include <string.h>

#include "harness/login/cli.h"
#include "harness/login/cli_config.h"
#include "mocks/common/goauth2.h"

static int refresh_refused(struct login_agents *a, const char *by, const struct err *e,
                           struct login_result *r)
{
    bool silent = e->code == ERR_NET || e->code == ERR_TLS || e->code == ERR_TIMEOUT;
    char *text = xstrdup(e->msg);
    if (a->last.via == LOGIN_CLI)
        cli_exit(a, text, CLI_EXIT_FATAL);
    return silent ? login_no_answer(r, by, "token", text) : login_refuse(r, by, "token", text);
}

/* The newest, unless a fault makes the client send the one it used before. */
static const char *token_to_send(struct login_agents *a)
{
    const char *id =
        a->last.via == LOGIN_DIRECT ? "rp/refresh-token.replayed" : "cli/refresh-token.replayed";
    if (a->last.refresh_token_before != NULL && fault_fires(a->conf.faults, id, NULL))
        return a->last.refresh_token_before;
    return a->last.refresh_token;
}

/* As whom, and where. */
struct asker {
    struct http_client *client;
    const char *token_url, *client_id, *secret;
    const char *system; /* who answers there */
    enum goauth2_style style;
};

static int ask(struct login_agents *a, const struct asker *who, struct js **ret, struct err *err)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "grant_type", "refresh_token");
    params_add(&form, "refresh_token", token_to_send(a));
    enum goauth2_style style = who->style;
    return goauth2_token(who->client, who->token_url, who->client_id, who->secret, &form, &style,
                         ret, err);
}

/* What came is stored back under the context that it was for. */
static int store(struct login_agents *a, const struct login_result *r, struct err *err)
{
    AUTO(cli_deinit) struct cli c = {0};
    const char *name = cli_config_current(a->cli_config);
    if (name == NULL)
        return 0;
    AUTO(xfree) char *kept = xstrdup(name);
    cli_init(&c, a);
    const struct cli_context context = {.name = kept,
                                        .server = c.host,
                                        .root_path = c.root_path,
                                        .plain = cstr_starts(c.base, "http://"),
                                        .token = r->session_token,
                                        .refresh_token = r->refresh_token};
    return cli_config_put(a->cli_config, &context, err);
}

static int take_tokens(struct login_agents *a, const struct js *tokens, struct login_result *r,
                       struct err *err)
{
    const char *id_token = js_get_text(tokens, "id_token");
    const char *refresh = js_get_text(tokens, "refresh_token");
    if (id_token == NULL)
        return login_refuse(r, a->last.via == LOGIN_DIRECT ? "rp" : "cli", "token",
                            xstrdup("no id_token in token response"));
    bool done = false;
    if (a->last.via == LOGIN_DIRECT && login_direct_verify(a, id_token, r, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    AUTO(xfree) char *token_url = xstrdup(a->last.token_url);
    AUTO(xfree) char *kept = xstrdup(a->last.refresh_token);
    r->session_token = xstrdup(id_token);
    r->refresh_token = xstrdup(refresh != NULL && refresh[0] != '\0' ? refresh : kept);
    login_keep(a, a->last.via, r, js_get_text(tokens, "access_token"), token_url);
    a->last.refresh_token_before = kept;
    kept = NULL;
    if (a->last.via == LOGIN_CLI)
        return store(a, r, err) != 0 ? -1 : login_ask_session(a, a->cli_client, r, err);
    login_read_identity(r);
    r->outcome = LOGIN_SIGNED_IN;
    return 0;
}

static int redeem(struct login_agents *a, const struct asker *who, struct login_result *r,
                  struct err *err)
{
    AUTO(js_free) struct js *tokens = NULL;
    struct err local = {0};
    return ask(a, who, &tokens, &local) == 0 ? take_tokens(a, tokens, r, err)
                                             : refresh_refused(a, who->system, &local, r);
}

static int refresh_direct(struct login_agents *a, struct login_result *r, struct err *err)
{
    const struct setup_authentik *ak = &world_setup(a->conf.world)->authentik;
    const struct asker rp = {.client = a->rp_client,
                             .token_url = a->last.token_url,
                             .client_id = ak->client_id,
                             .secret = ak->client_secret,
                             .system = "authentik",
                             .style = GOAUTH2_HEADER};
    return redeem(a, &rp, r, err);
}

/* Any command does so before it does anything else: the settings are asked again (3.5). */
static int refresh_cli(struct login_agents *a, struct login_result *r, struct err *err)
{
    AUTO(cli_deinit) struct cli c = {0};
    bool done = false;
    cli_init(&c, a);
    if (cli_provider(&c, CLI_EXIT_FATAL, r, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    const struct asker cli = {.client = a->cli_client,
                              .token_url = goidc_token_url(c.provider),
                              .client_id = c.client_id,
                              .secret = "",
                              .system = c.system,
                              .style = GOAUTH2_AUTO};
    return redeem(a, &cli, r, err);
}

int login_refresh(struct login_agents *a, struct login_result *ret, struct err *err)
{
    AUTO(login_result_deinit) struct login_result r = {.outcome = LOGIN_REFUSED};
    if (!a->last.any)
        return err_set(err, ERR_USAGE, "refresh before any login");
    r.trace_from = trace_len(a->conf.trace);
    if (a->last.refresh_token == NULL) {
        login_refuse(&r, login_via_name(a->last.via), "token",
                     xstrdup("the login gave no refresh token"));
        r.by = a->last.via == LOGIN_DIRECT ? "rp" : a->last.via == LOGIN_CLI ? "cli" : "browser";
    } else {
        int rc = a->last.via == LOGIN_DIRECT ? refresh_direct(a, &r, err) : refresh_cli(a, &r, err);
        if (rc != 0)
            return -1;
    }
    login_note_end(a, &r);
    r.trace_to = trace_len(a->conf.trace);
    *ret = r;
    r = (struct login_result){0};
    return 0;
}
