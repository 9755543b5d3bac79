/*
 * Navigation: one exchange a hop, cookies by RFC 6265, the Location resolved as a browser does.
 */
#include "harness/login/browser.h"

#include <string.h>

#include "harness/base/url.h"

void browser_page_deinit(struct browser_page *p)
{
    xfree(p->url);
    xfree(p->from_url);
    xfree(p->problem);
    http_response_deinit(&p->response);
    *p = (struct browser_page){0};
}

void browser_deinit(struct browser *b)
{
    params_deinit(&b->callbacks);
}

static char *origin_of(const char *url)
{
    AUTO(url_deinit) struct url u = {0};
    return url_parse(url, &u, NULL) == 0 ? url_origin(&u) : xstrdup("");
}

const char *browser_system_at(const struct browser *b, const char *url)
{
    AUTO(xfree) char *origin = origin_of(url);
    for (size_t i = 0; i < b->names->len; i++)
        if (strcmp(b->names->items[i].origin, origin) == 0)
            return b->names->items[i].system;
    return NULL;
}

static void add_browser_headers(struct http_request *req, const char *accept)
{
    if (params_get_ci(&req->headers, "Accept") == NULL)
        params_add(&req->headers, "Accept", accept);
    params_add(&req->headers, "Accept-Language", "en");
}

int browser_ask(struct browser *b, struct http_request *req, bool same_site,
                struct http_response *ret, struct err *err)
{
    bool safe = strcmp(req->method, "GET") == 0;
    add_browser_headers(req, "text/html,application/xhtml+xml,*/*");
    AUTO(xfree) char *cookies = jar_header(b->jar, req->url, !same_site, safe);
    if (cookies != NULL)
        params_add(&req->headers, "Cookie", cookies);
    if (http_client_do(b->client, req, ret, err) != 0)
        return -1;
    jar_store(b->jar, req->url, ret);
    return 0;
}

/* True for the answers a browser follows. A 307/308 after GET is a GET again. */
static bool is_redirect(const struct http_response *r)
{
    return (r->status == 301 || r->status == 302 || r->status == 303 || r->status == 307 ||
            r->status == 308) &&
           params_get_ci(&r->headers, "Location") != NULL;
}

static int ask_page(struct browser *b, struct browser_page *p, struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    http_request_set(&req, "GET", p->url);
    bool same_site = p->from_url == NULL;
    struct err local = {0};
    if (browser_ask(b, &req, same_site, &p->response, &local) == 0)
        return 0;
    if (local.code != ERR_NET && local.code != ERR_TLS && local.code != ERR_TIMEOUT)
        return err_set(err, local.code, "%s", local.msg);
    p->problem = xstrdup(local.msg);
    return 0;
}

/* Moves the page to where its redirect points. */
static int follow(struct browser *b, struct browser_page *p, struct err *err)
{
    char *next = NULL;
    if (url_resolve(p->url, params_get_ci(&p->response.headers, "Location"), &next, err) != 0)
        return err_wrap(err, "the Location of %s", p->url);
    char *fragment = strchr(next, '#');
    if (fragment != NULL && strncmp(next, "http", 4) == 0)
        *fragment = '\0'; /* RFC 9110 10.2.2: a fragment is never sent */
    xfree(p->from_url);
    p->from_url = p->url;
    p->url = next;
    p->from_system = p->system;
    p->system = browser_system_at(b, p->url);
    http_response_deinit(&p->response);
    p->response = (struct http_response){0};
    return 0;
}

static void replace_url(struct browser_page *p, char *url)
{
    if (url == NULL)
        return;
    xfree(p->url);
    p->url = url;
}

/* The browser's own faults bite where an authorization request or response passes through it. */
static void play_faults(struct browser *b, struct browser_page *p)
{
    struct place place = place_of(p->system, p->url);
    if (strcmp(place.at, "authorize") == 0)
        replace_url(p, browser_other_redirect(b, p->url, &place));
    if (place_is_callback(&place) && p->from_url != NULL) {
        replace_url(p, browser_tamper(b, p->url, &place));
        params_set(&b->callbacks, place.by, p->url);
    }
}

/* The window was closed before the callback: whoever waits for it waits for nobody. */
static bool stays_away(struct browser *b, struct browser_page *p)
{
    struct place place = place_of(p->system, p->url);
    if (!place_is_callback(&place) || p->from_url == NULL || !browser_stays_away(b, &place))
        return false;
    p->problem = xasprintf("nobody asked %.*s, the browser was closed; given up after %d s",
                           (int)strcspn(p->url, "?"), p->url, BROWSER_WAIT_S);
    return true;
}

int browser_go(struct browser *b, const char *url, const char *stop, struct browser_page *ret,
               struct err *err)
{
    return browser_go_from(b, NULL, url, stop, ret, err);
}

int browser_go_from(struct browser *b, const char *from, const char *url, const char *stop,
                    struct browser_page *ret, struct err *err)
{
    AUTO(browser_page_deinit) struct browser_page p = {.url = xstrdup(url)};
    p.system = browser_system_at(b, url);
    const char *from_system = from != NULL ? browser_system_at(b, from) : NULL;
    if (from_system != NULL && !cstr_eq(from_system, p.system)) {
        p.from_url = xstrdup(from);
        p.from_system = from_system;
    }
    for (int hop = 0; hop < BROWSER_MAX_HOPS; hop++) {
        if (stop != NULL && cstr_starts(p.url, stop)) {
            p.stopped = true;
            break;
        }
        if (p.system == NULL && p.from_url != NULL) {
            /* Led out of the world: a browser would go there, the harness does not. */
            p.problem = xasprintf("redirected to an address outside the setup: %s", p.url);
            break;
        }
        play_faults(b, &p);
        if (stays_away(b, &p))
            break;
        if (ask_page(b, &p, err) != 0)
            return -1;
        if (p.problem != NULL || !is_redirect(&p.response))
            break;
        if (hop == BROWSER_MAX_HOPS - 1) {
            p.problem = xasprintf("more than %d redirects", BROWSER_MAX_HOPS);
            break;
        }
        struct err local = {0};
        if (follow(b, &p, &local) != 0) {
            p.problem = xstrdup(local.msg);
            break;
        }
    }
    *ret = p;
    p = (struct browser_page){0};
    return 0;
}
