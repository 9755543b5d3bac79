/*
 * The way out: the logout itself as a browser does it, and afterwards the questions that show
 * whether it was one. Nothing here judges.
 */
#include <string.h>

#include "harness/base/url.h"
#include "harness/login/cli.h"
#include "harness/login/cli_config.h"
#include "mocks/common/gohttp.h"

static char *end_session_url(const struct login_agents *a)
{
    const struct setup *s = world_setup(a->conf.world);
    const char *slug = s->authentik.slug != NULL ? s->authentik.slug : "";
    const struct js *with = NULL;
    if (!fault_fires(a->conf.faults, "browser/logout.foreign-redirect", &with))
        return xasprintf("%s/application/o/%s/end-session/", s->authentik.url, slug);
    const char *to = js_get_text(with, "to");
    AUTO(xfree)
    char *encoded = url_encode_plus(str_of(to != NULL ? to : "https://attacker.example/"));
    return xasprintf("%s/application/o/%s/end-session/?post_logout_redirect_uri=%s",
                     s->authentik.url, slug, encoded);
}

/* authentik's logout is a flow that scripts of its page walk through; it may lead to a login, which
 * is nobody's business here. */
static int walk(struct browser *b, const char *url, struct login_result *r, struct err *err)
{
    static const struct flow_person nobody = {.username = "", .password = ""};
    AUTO(browser_page_deinit) struct browser_page page = {0};
    AUTO(flow_result_deinit) struct flow_result flow = {0};
    if (browser_go(b, url, NULL, &page, err) != 0)
        return -1;
    if (page.problem != NULL || page.response.status >= 400)
        return login_refused_by_page(&page, r);
    r->outcome = LOGIN_SIGNED_IN; /* the logout was carried out */
    if (!cstr_eq(page.system, "authentik") || strstr(page.url, "/if/flow/") == NULL)
        return 0;
    if (flow_run(b, page.url, &nobody, &flow, err) != 0)
        return -1;
    if (flow.end == FLOW_OVER || flow.end == FLOW_LEADS_ON || strcmp(flow.at, "login") == 0)
        return 0;
    char *shown = flow.shown;
    flow.shown = NULL;
    return flow.no_answer ? login_no_answer(r, "authentik", flow.at, shown)
                          : login_refuse(r, "authentik", flow.at, shown);
}

/* Whose session is it, says Argo CD of the token it gave before. Silence is no answer, and whoever
 * judges sees that. */
static void ask_with_token(struct login_agents *a, const char *token)
{
    AUTO(xfree) char *url = login_api_url(a, "/api/v1/session/userinfo");
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    struct err ignored = {0};
    http_request_set(&req, "GET", url);
    params_add(&req.headers, "Accept", "application/json");
    params_addf(&req.headers, "Cookie", "argocd.token=%s", token);
    (void)!http_client_do(a->browser_client, &req, &resp, &ignored);
}

/* A redirect URI that is surely registered for authorizations; NULL when no entry says one. */
static const char *some_redirect_uri(const struct setup_authentik *ak)
{
    for (size_t i = 0; i < ak->redirects_len; i++)
        if (!ak->redirects[i].regex && !ak->redirects[i].logout)
            return ak->redirects[i].url;
    return NULL;
}

/* OIDC Core 3.1.2.1: with prompt=none a provider says whether it still knows the person. */
static void ask_silently(struct login_agents *a, struct browser *b)
{
    const struct setup_authentik *ak = &world_setup(a->conf.world)->authentik;
    const char *redirect_uri = some_redirect_uri(ak);
    if (redirect_uri == NULL)
        return;
    AUTO(xfree)
    char *state = login_random(a, "browser", "state", RND_ALNUM, 24);
    AUTO(params_deinit) struct params q = {0};
    params_add(&q, "client_id", ak->client_id);
    params_add(&q, "prompt", "none");
    params_add(&q, "redirect_uri", redirect_uri);
    params_add(&q, "response_type", "code");
    params_add(&q, "scope", "openid");
    params_add(&q, "state", state);
    AUTO(xfree) char *query = params_form(&q);
    AUTO(xfree) char *url = xasprintf("%s/application/o/authorize/?%s", ak->url, query);
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    struct err ignored = {0};
    http_request_set(&req, "GET", url);
    (void)!browser_ask(b, &req, false, &resp, &ignored);
}

/* Since v3.4 the server is told too; it redirects, and what it says there matters to nobody. */
static void tell_server(struct login_agents *a, const struct cli *c)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *url = xasprintf("%s/auth/logout", c->base);
    struct err err = {0};
    http_request_set(&req, "POST", url);
    params_addf(&req.headers, "Cookie", "argocd.token=%s", a->last.token);
    if (gohttp_do(a->cli_client, &req, NULL, &resp, &err) != 0)
        trace_log(a->conf.trace, "cli", "warning", "error invalidating the token on the server: %s",
                  err.msg);
    else if (resp.status >= 400)
        trace_log(a->conf.trace, "cli", "warning",
                  "error invalidating the token on the server: %d %s", resp.status,
                  http_status_text(resp.status));
    else
        trace_log(a->conf.trace, "cli", "info", "token successfully invalidated on server");
}

/* `argocd logout CTX` (3.5). */
static int logout_cli(struct login_agents *a, struct login_result *r, struct err *err)
{
    AUTO(cli_deinit) struct cli c = {0};
    const char *context = cli_config_current(a->cli_config);
    if (context == NULL || a->last.token == NULL)
        return err_set(err, ERR_USAGE, "logout from cli before any login via cli");
    cli_init(&c, a);
    if (cli_quirk(a, ARGOCD_QUIRK_CLI_LOGOUT))
        tell_server(a, &c);
    AUTO(xfree) char *name = xstrdup(context);
    if (cli_config_forget(a->cli_config, name, err) != 0)
        return -1;
    cli_print(a, "Logged out from '%s'", name);
    cli_exit(a, NULL, 0);
    r->outcome = LOGIN_SIGNED_IN; /* the logout was carried out */
    ask_with_token(a, a->last.token);
    return 0;
}

static int logout_browser(struct login_agents *a, bool argocd, struct login_result *r,
                          struct err *err)
{
    AUTO(browser_deinit)
    struct browser b = {.client = a->browser_client,
                        .names = &a->names,
                        .jar = a->last.jar,
                        .faults = a->conf.faults,
                        .clock = a->conf.clock,
                        .trace = a->conf.trace};
    AUTO(xfree) char *url = argocd ? login_api_url(a, "/auth/logout") : end_session_url(a);
    if (walk(&b, url, r, err) != 0)
        return -1;
    if (argocd && a->last.token != NULL)
        ask_with_token(a, a->last.token);
    else if (!argocd)
        ask_silently(a, &b);
    return 0;
}

int login_logout(struct login_agents *a, const char *from, struct login_result *ret,
                 struct err *err)
{
    AUTO(login_result_deinit) struct login_result r = {.outcome = LOGIN_REFUSED};
    if (!a->last.any || a->last.jar == NULL)
        return err_set(err, ERR_USAGE, "logout before any login");
    r.trace_from = trace_len(a->conf.trace);
    int rc = strcmp(from, "cli") == 0 ? logout_cli(a, &r, err)
                                      : logout_browser(a, strcmp(from, "argocd") == 0, &r, err);
    if (rc != 0)
        return -1;
    r.trace_to = trace_len(a->conf.trace);
    *ret = r;
    r = (struct login_result){0};
    return 0;
}
