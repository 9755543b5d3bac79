/*
 * /auth/callback: checks state, exchanges the code, verifies the ID token and sets the session
 * cookie (argocd.md 1.6 to 1.8; the order of the steps counts).
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"
#include "mocks/argocd/cookies.h"
#include "mocks/argocd/faults.h"
#include "mocks/argocd/refresh.h"
#include "mocks/argocd/server.h"
#include "mocks/argocd/session.h"
#include "mocks/argocd/state.h"
#include "mocks/argocd/userinfo_groups.h"
#include "mocks/common/goauth2.h"

struct callback {
    struct mock *m;
    const struct sso *sso;
    const struct http_request *req;
    struct provider_endpoints endpoints;
    struct app_state state;
    struct js *answer; /* of the token endpoint */
    struct provider_verdict verdict;
};

static void callback_deinit(struct callback *c)
{
    provider_endpoints_deinit(&c->endpoints);
    app_state_deinit(&c->state);
    js_free(c->answer);
    provider_verdict_deinit(&c->verdict);
}

DEFINE_AUTO_VALUE(struct callback, callback_deinit)

/* The token endpoint as argocd-server reaches it: Dex's URLs take the address in the cluster (1.7).
 * Caller frees. */
static char *token_url(const struct callback *c)
{
    AUTO(url_deinit) struct url u = {0};
    struct err ignored = {0};
    if (!c->sso->dex || url_parse(c->endpoints.token, &u, &ignored) != 0)
        return xstrdup(c->endpoints.token);
    return xasprintf("%s%s%s%s", c->sso->dex_origin, u.path, u.query != NULL ? "?" : "",
                     u.query != NULL ? u.query : "");
}

static int exchange(struct callback *c, struct http_response *resp)
{
    AUTO(params_deinit) struct params form = {0};
    AUTO(xfree) char *redirect_uri = sso_redirect_uri(c->sso, c->req);
    AUTO(xfree) char *url = fault_token_url(c->m, token_url(c), c->sso->client_secret);
    enum goauth2_style style = GOAUTH2_AUTO; /* never remembered (1.7) */
    struct err err = {0};
    params_add(&form, "code", argocd_form_value(c->req, "code"));
    if (c->state.verifier[0] != '\0')
        params_add(&form, "code_verifier", c->state.verifier);
    params_add(&form, "grant_type", "authorization_code");
    params_add(&form, "redirect_uri", redirect_uri);
    fault_token_request(c->m, &form);
    if (goauth2_token(c->sso->login_client, url, c->sso->client_id, c->sso->client_secret, &form,
                      &style, &c->answer, &err) == 0)
        return 0;
    AUTO(xfree) char *text = xasprintf("failed to get token: %s", err.msg);
    trace_log(c->m->env.trace, "argocd", "error", "%s", text);
    http_respond_go_error(resp, 500, text);
    return -1;
}

static int verify(struct callback *c, const char *id_token, struct http_response *resp)
{
    const struct provider_rules rules = {
        .audiences = (const char *const *)c->sso->audiences.items,
        .skip_absent_audience = c->sso->skip_absent_audience,
        .bare = !c->sso->audience_checked,
        .bare_audience = c->sso->client_id,
        .skip = fault_skip(c->m),
    };
    provider_verify(c->sso->login, id_token, &rules, &c->verdict);
    if (c->verdict.claims != NULL)
        return 0;
    if (!argocd_quirk(c->m, ARGOCD_QUIRK_VERIFY_MASKED)) {
        AUTO(xfree) char *text = xasprintf("invalid session token: %s", c->verdict.why);
        http_respond_go_error(resp, 500, text);
        return -1;
    }
    trace_log(c->m->env.trace, "argocd", "warning", "Failed to verify oidc token: %s",
              c->verdict.why);
    http_respond_go_error(resp, 500, "failed to verify the token");
    return -1;
}

/* argocd.token with its attributes in Argo CD's own spelling (1.8). */
static int set_session(struct callback *c, const char *id_token, struct http_response *resp)
{
    AUTO(strlist_deinit) struct strlist cookies = {0};
    AUTO(xfree) char *host = xstrndup(c->req->host, strcspn(c->req->host, ":"));
    AUTO(xfree) char *plain = session_cookie_attributes(&c->sso->options, c->sso->secure);
    AUTO(xfree) char *attrs = fault_cookie(c->m, plain, host);
    struct err err = {0};
    if (fault_cookie_too_large(c->m))
        strlist_take(&cookies, xasprintf("%s=%s; %s", ARGOCD_TOKEN_COOKIE, id_token, attrs));
    else if (cookies_split(ARGOCD_TOKEN_COOKIE, id_token, attrs, c->sso->options.cookies, &cookies,
                           &err) != 0) {
        AUTO(xfree) char *claims = js_compact_sorted(c->verdict.claims);
        AUTO(xfree) char *text = xasprintf("claims=%s, err=%s", claims, err.msg);
        http_respond_go_error(resp, 500, text);
        return -1;
    }
    for (size_t i = 0; i < cookies.len; i++)
        params_add(&resp->headers, "Set-Cookie", cookies.items[i]);
    return 0;
}

static void go_back(const struct callback *c, const char *id_token, struct http_response *resp)
{
    AUTO(xfree)
    char *to =
        fault_return_url(c->m, c->state.return_url, argocd_form_value(c->req, "code"), id_token);
    http_respond_go_redirect(resp, c->req->method, 303, to);
}

/* ARGOCD_SSO_DEBUG: what came instead of the way back (argocd.md 1.6, last row; util/oidc,
 * renderToken (D)). The form sends the refresh token to the callback, which no longer knows it. */
static void debug_page(const struct callback *c, const char *id_token, struct http_response *resp)
{
    const char *given = js_get_text(c->answer, "refresh_token");
    AUTO(xfree) char *refresh = html_escape(given != NULL ? given : "");
    AUTO(xfree) char *action = sso_redirect_uri(c->sso, c->req);
    AUTO(xfree) char *to = html_escape(action);
    AUTO(xfree) char *claims = js_pretty(c->verdict.claims, 2);
    AUTO(xfree) char *shown = html_escape(claims);
    AUTO(xfree) char *token = html_escape(id_token);
    AUTO(xfree)
    char *redeem = refresh[0] == '\0'
                       ? xstrdup("")
                       : xasprintf("<p> Refresh Token: <pre><code>%s</code></pre></p>\n"
                                   "<form action=\"%s\" method=\"post\">\n"
                                   "<input type=\"hidden\" name=\"refresh_token\" value=\"%s\">\n"
                                   "<input type=\"submit\" value=\"Redeem refresh token\">\n"
                                   "</form>\n",
                                   refresh, to, refresh);
    http_respondf(resp, 200, "text/html; charset=utf-8",
                  "<html>\n<head><style>pre { white-space: pre-wrap; word-wrap: break-word; }"
                  "</style></head>\n<body>\n"
                  "<p> Token: <pre><code>%s</code></pre></p>\n"
                  "<p> Claims: <pre><code>%s</code></pre></p>\n%s</body>\n</html>\n",
                  token, shown, redeem);
}

static void sign_in(struct callback *c, struct http_response *resp)
{
    const char *id_token = js_get_text(c->answer, "id_token");
    struct trace *trace = c->m->env.trace;
    if (id_token == NULL) {
        http_respond_go_error(resp, 500, "no id_token in token response");
        return;
    }
    trace_secret(trace, "token", id_token);
    trace_secret(trace, "token", js_get_text(c->answer, "access_token"));
    trace_secret(trace, "token", js_get_text(c->answer, "refresh_token"));
    if (verify(c, id_token, resp) != 0 || set_session(c, id_token, resp) != 0)
        return;
    refresh_keep(c->m, c->sso, c->verdict.claims, c->answer);
    userinfo_groups_keep(c->m, c->sso, c->verdict.claims, js_get_text(c->answer, "access_token"));
    if (c->sso->options.sso_debug)
        debug_page(c, id_token, resp);
    else
        go_back(c, id_token, resp);
    if (fault_log_token(c->m))
        trace_log(trace, "argocd", "debug", "session token %s", id_token);
    AUTO(xfree) char *claims = js_compact_sorted(c->verdict.claims);
    trace_log(trace, "argocd", "info", "Web login successful. Claims: %s", claims);
}

/* Without a code: the page that moves an implicit answer from the fragment into the cookie (1.6).
 */
static void implicit_page(struct callback *c, const char *state, struct http_response *resp)
{
    static const char page[] =
        "<script>\n"
        "var back = \"%s\";\n"
        "var given = new URLSearchParams(window.location.hash.substring(1));\n"
        "var token = given.get(\"id_token\");\n"
        "if (!given.has(\"error\") && !new "
        "URLSearchParams(window.location.search).has(\"state\"))\n"
        "  window.location.replace(\"?state=\" + given.get(\"state\") + window.location.hash);\n"
        "else if (token) {\n"
        "  document.cookie = \"" ARGOCD_TOKEN_COOKIE "=\" + token + \"; path=/\";\n"
        "  window.location.href = back;\n"
        "}\n"
        "</script>\n";
    struct err err = {0};
    AUTO(xfree) char *back = NULL;
    if (state[0] != '\0') {
        if (app_state_verify(c->m, c->sso, c->req, state, resp, &c->state, &err) != 0) {
            http_respond_go_error(resp, 400, err.msg);
            return;
        }
        back = url_encode(str_of(c->state.return_url), ":/?&=#@,;");
    }
    http_respondf(resp, 200, "text/html", page, back != NULL ? back : "");
}

static void refuse_error(const char *error, const char *description, struct http_response *resp)
{
    AUTO(xfree) char *e = html_escape(error);
    AUTO(xfree) char *d = html_escape(description);
    AUTO(xfree) char *text = xasprintf("%s: %s", e, d);
    http_respond_go_error(resp, 400, text);
}

static void proceed(struct callback *c, struct http_response *resp)
{
    struct err err = {0};
    if (provider_endpoints(c->sso->login, &c->endpoints, &err) != 0) {
        trace_log(c->m->env.trace, "argocd", "error", "%s", err.msg);
        http_respond_go_error(resp, 500, err.msg);
        return;
    }
    trace_log(c->m->env.trace, "argocd", "info", "Callback: %s%s%s", c->req->path,
              c->req->query != NULL ? "?" : "", c->req->query != NULL ? c->req->query : "");
    const char *error = argocd_form_value(c->req, "error");
    if (error[0] != '\0') {
        refuse_error(error, argocd_form_value(c->req, "error_description"), resp);
        return;
    }
    const char *state = argocd_form_value(c->req, "state");
    if (argocd_form_value(c->req, "code")[0] == '\0') {
        implicit_page(c, state, resp);
        return;
    }
    /* The clearing cookie stands in the headers whatever fails later (1.6). */
    if (app_state_verify(c->m, c->sso, c->req, state, resp, &c->state, &err) != 0) {
        http_respond_go_error(resp, 400, err.msg);
        return;
    }
    if (exchange(c, resp) == 0)
        sign_in(c, resp);
}

void argocd_callback(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    if (!sso->configured) {
        argocd_ui(ctx, req, resp);
        return;
    }
    AUTO(callback_deinit) struct callback c = {.m = m, .sso = sso, .req = req};
    proceed(&c, resp);
}
