/*
 * /auth/logout: clears the cookies, revokes the token and sends the person home (argocd.md 1.10).
 * In Dex mode the session at authentik lives on.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/argocd/cookies.h"
#include "mocks/argocd/faults.h"
#include "mocks/argocd/server.h"
#include "mocks/argocd/session.h"

static char *trim_slashes(const char *text)
{
    while (*text == '/')
        text++;
    size_t n = strlen(text);
    while (n > 0 && text[n - 1] == '/')
        n--;
    return xstrndup(text, n);
}

static char *home_of(const struct sso *sso, const struct http_request *req)
{
    const char *url = sso_url_for(sso, req);
    if (url[0] != '\0')
        return trim_slashes(url);
    AUTO(xfree) char *from_host = xasprintf("http://%s%s", req->host, sso->options.rootpath);
    return trim_slashes(from_host);
}

static void clear_cookies(struct mock *m, const struct sso *sso, const struct params *cookies,
                          struct http_response *resp)
{
    if (fault_logout_keeps_cookie(m))
        return;
    for (size_t i = 0; i < cookies->len; i++)
        if (cstr_starts(cookies->items[i].name, ARGOCD_TOKEN_COOKIE))
            params_addf(&resp->headers, "Set-Cookie", "%s=; Path=%s", cookies->items[i].name,
                        sso->options.cookie_path);
}

/* Until the token would have ended by itself. */
static void revoke(struct mock *m, const struct js *claims)
{
    int64_t exp_s = 0;
    const char *id = session_revocation_id(claims);
    if (id[0] != '\0' && js_get_number(claims, "exp", &exp_s) == 0)
        argocd_revoke(m, id, exp_s);
}

static char *replaced(const char *text, const char *what, const char *with)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    for (const char *at = strstr(text, what); at != NULL; at = strstr(text, what)) {
        buf_add(&b, text, (size_t)(at - text));
        buf_adds(&b, with);
        text = at + strlen(what);
    }
    buf_adds(&b, text);
    return buf_take(&b);
}

/* Where to: the provider's logoutURL, verbatim but for its two placeholders, or home. */
static char *target_of(const struct sso *sso, const struct js *claims, const char *token,
                       const char *home)
{
    bool local = cstr_eq(js_get_text(claims, "iss"), "argocd");
    if (sso->logout_url[0] == '\0' || local)
        return xstrdup(home);
    AUTO(xfree) char *with_token = replaced(sso->logout_url, "{{token}}", token);
    return replaced(with_token, "{{logoutRedirectURL}}", home);
}

void argocd_logout(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    AUTO(params_deinit) struct params cookies = {0};
    AUTO(xfree) char *home = home_of(sso, req);
    AUTO(xfree) char *token = NULL;
    AUTO(js_free) struct js *claims = NULL;
    struct err err = {0};
    cookies_read(&req->headers, &cookies);
    if (cookies_join(ARGOCD_TOKEN_COOKIE, &cookies, &token, &err) != 0 || token[0] == '\0') {
        AUTO(xfree)
        char *text = xasprintf("Failed to retrieve ArgoCD auth token%s%s",
                               token == NULL ? ": " : "", token == NULL ? err.msg : "");
        http_respond_go_error(resp, 400, text);
        return;
    }
    clear_cookies(m, sso, &cookies, resp);
    if (session_verify(m, token, &claims, &err) != 0) {
        http_respond_go_redirect(resp, req->method, 303, home);
        return;
    }
    if (!fault_logout_keeps_token(m))
        revoke(m, claims);
    AUTO(xfree) char *target = target_of(sso, claims, token, home);
    http_respond_go_redirect(resp, req->method, 303, target);
}
