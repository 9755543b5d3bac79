/*
 * `via: ui`: the browser opens Argo CD, is led through Dex to authentik and back, and holds Argo
 * CD's cookie.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/login/agents.h"

static char *argocd_url(const struct login_agents *a)
{
    const struct setup *s = world_setup(a->conf.world);
    const char *url =
        s->live[SYSTEM_ARGOCD].url != NULL ? s->live[SYSTEM_ARGOCD].url : s->argocd.url;
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    return xstrndup(url, len);
}

/* The session as Argo CD split it over cookies: "<n>:<part0>", argocd.token-1 … (argocd.md 1.8). */
static char *session_cookie(const struct jar *jar, const char *url)
{
    const char *first = jar_get(jar, url, "argocd.token");
    if (first == NULL || first[0] == '\0')
        return NULL;
    const char *colon = strchr(first, ':');
    if (colon == NULL)
        return xstrdup(first);
    int64_t parts = 0;
    if (str_to_i64((struct str){first, (size_t)(colon - first)}, 1, 64, &parts) != 0)
        return xstrdup(first);
    AUTO(buf_deinit) struct buf all;
    buf_init(&all, 1024UL * 1024);
    buf_adds(&all, colon + 1);
    for (int64_t i = 1; i < parts; i++) {
        AUTO(xfree) char *name = xasprintf("argocd.token-%d", (int)i);
        const char *part = jar_get(jar, url, name);
        buf_adds(&all, part != NULL ? part : "");
    }
    return buf_take(&all);
}

/* A fault of the browser may deliver a callback again; the login is then what came of that. */
static int replay(struct browser *b, struct login_result *ret, bool *ret_done, struct err *err)
{
    static const char *const parties[] = {"dex", "argocd", NULL};
    *ret_done = false;
    for (size_t i = 0; parties[i] != NULL; i++) {
        const char *callback = params_get(&b->callbacks, parties[i]);
        if (callback == NULL || !browser_replays(b, parties[i]))
            continue;
        AUTO(xfree) char *url = xstrdup(callback);
        AUTO(browser_page_deinit) struct browser_page page = {0};
        if (browser_go(b, url, NULL, &page, err) != 0)
            return -1;
        if (page.problem == NULL && page.response.status < 400 &&
            strstr(page.url, "has_sso_error") == NULL)
            return 0;
        *ret_done = true;
        return login_refused_by_page(&page, ret);
    }
    return 0;
}

static bool page_is_signed_in(const struct browser_page *page, const char *base)
{
    return page->problem == NULL && page->response.status < 400 && cstr_starts(page->url, base) &&
           strstr(page->url, "has_sso_error=true") == NULL &&
           strstr(page->url, "/api/dex/") == NULL;
}

/* Argo CD's own button leads nowhere in particular; a link of somebody else may. */
static char *start_url(const struct login_agents *a, const char *base)
{
    const struct js *with = NULL;
    const char *to = "";
    if (fault_fires(a->conf.faults, "browser/return-url.foreign", &with))
        to =
            js_get_text(with, "to") != NULL ? js_get_text(with, "to") : "https://attacker.example/";
    AUTO(xfree) char *encoded = url_encode_plus(str_of(to));
    return xasprintf("%s/auth/login?return_url=%s", base, encoded);
}

int login_ui(struct login_agents *a, const struct login_request *req, struct browser *b,
             struct login_result *ret, struct err *err)
{
    AUTO(xfree) char *base = argocd_url(a);
    AUTO(xfree) char *start = start_url(a, base);
    AUTO(browser_page_deinit) struct browser_page page = {0};
    bool done = false;
    if (login_walk(a, req, b, start, NULL, &page, ret, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    if (!page_is_signed_in(&page, base))
        return login_refused_by_page(&page, ret);
    if (replay(b, ret, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    ret->session_token = session_cookie(b->jar, base);
    trace_secret(a->conf.trace, "token", ret->session_token);
    if (ret->session_token == NULL)
        return login_refuse(ret, "argocd", "callback",
                            xstrdup("no session cookie argocd.token was set"));
    login_keep(a, LOGIN_UI, ret, NULL, NULL);
    if (a->conf.light) {
        ret->outcome = LOGIN_SIGNED_IN;
        return 0;
    }
    return login_ask_session(a, a->browser_client, ret, err);
}
