/*
 * The web UI: who gets index.html and who a 404 (argocd.md 1.1), and pages that show without a
 * script what the real single-page application shows: the login page (1.11) and who is signed in.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"
#include "harness/rbac/rbac.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/local.h"
#include "mocks/argocd/server.h"
#include "mocks/argocd/session.h"

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Argo CD</title>\n";
static const char page_style[] =
    "<style>\n"
    "body{margin:0;font-family:system-ui,sans-serif;background:#dee6eb;color:#363c4a}\n"
    "main{max-width:36rem;margin:8vh auto;background:#fff;border-radius:6px;padding:2rem;"
    "box-shadow:0 1px 6px rgba(0,0,0,.15)}\n"
    "h1{margin-top:0;font-size:1.4rem}\n"
    ".button{display:inline-block;background:#00a2b3;color:#fff;border-radius:1.5rem;"
    "padding:.7rem 1.6rem;text-decoration:none;font-weight:600}\n"
    ".error{color:#c0392b;font-weight:600}\n"
    "dt{font-weight:600;margin-top:.8rem}\ndd{margin:.2rem 0 0 0}\n"
    "</style>\n</head>\n<body>\n<main>\n";
static const char page_end[] = "</main>\n</body>\n</html>\n";

/* encodeURIComponent */
static char *encode_component(const char *text)
{
    return url_encode(str_of(text), "!'()*");
}

static void add_escaped(struct buf *b, const char *text)
{
    AUTO(xfree) char *escaped = html_escape(text);
    buf_adds(b, escaped);
}

/* ---- the login page ---- */

static bool has_sso(const struct js *settings)
{
    return js_len(js_path(settings, "dexConfig", "connectors", NULL)) > 0 ||
           js_get(settings, "oidcConfig") != NULL;
}

/* The SSO button's label; caller frees. */
static char *sso_label(const struct js *settings)
{
    const struct js *connectors = js_path(settings, "dexConfig", "connectors", NULL);
    const char *name = js_get_text(js_get(settings, "oidcConfig"), "name");
    if (js_get(settings, "oidcConfig") == NULL && js_len(connectors) == 1)
        name = js_get_text(js_at(connectors, 0), "name");
    return name != NULL ? xasprintf("Log in via %s", name) : xstrdup("SSO Login");
}

static void add_sso_button(struct call *c, struct buf *b, const struct js *settings,
                           const char *return_url)
{
    AUTO(xfree) char *base = argocd_base(c->m);
    AUTO(xfree) char *label = sso_label(settings);
    AUTO(xfree) char *encoded = encode_component(return_url);
    buf_adds(b, "<p><a class=\"button\" href=\"");
    add_escaped(b, base);
    buf_adds(b, "auth/login?return_url=");
    add_escaped(b, encoded);
    buf_adds(b, "\">");
    add_escaped(b, label);
    buf_adds(b, "</a></p>\n");
}

static void login_page(struct call *c, struct buf *b)
{
    AUTO(js_free) struct js *settings = settings_json(c);
    const char *return_url = http_query(c->req, "return_url");
    bool sso = has_sso(settings);
    buf_adds(b, page_head);
    buf_adds(b, page_style);
    buf_adds(b, "<h1>Argo CD</h1>\n");
    if (sso)
        add_sso_button(c, b, settings, return_url != NULL ? return_url : "");
    if (cstr_eq(http_query(c->req, "has_sso_error"), "true"))
        buf_adds(b, "<p class=\"error\">Login failed.</p>\n");
    if (!sso && js_get_bool(settings, "userLoginsDisabled", false))
        buf_adds(b, "<p>Login is disabled. Please contact your system administrator.</p>\n");
    else if (!sso)
        buf_adds(b, "<p>Single sign-on is not configured.</p>\n");
    buf_adds(b, page_end);
}

/* ---- the rest ---- */

static void add_row(struct buf *b, const char *title, const struct strlist *values)
{
    AUTO(xfree) char *all = strlist_join(values, ", ");
    buf_addf(b, "<dt>%s</dt><dd>", title);
    add_escaped(b, values->len > 0 ? all : "none");
    buf_adds(b, "</dd>\n");
}

static void home_page(struct call *c, struct buf *b)
{
    const struct js *claims = c->session.claims;
    AUTO(strlist_deinit) struct strlist groups = {0};
    AUTO(strlist_deinit) struct strlist roles = {0};
    session_groups(c->setup, claims, &groups);
    if (c->setup->argocd.rbac != NULL)
        rbac_roles(c->setup->argocd.rbac, session_user(claims), &groups, &roles);
    buf_adds(b, page_head);
    buf_adds(b, page_style);
    buf_adds(b, "<h1>Argo CD</h1>\n<dl>\n<dt>Signed in as</dt><dd>");
    add_escaped(b, c->session.anonymous ? "anonymous" : session_username(claims));
    buf_adds(b, "</dd>\n");
    add_row(b, "Groups", &groups);
    add_row(b, "Roles", &roles);
    if (c->setup->argocd.rbac_error != NULL) {
        buf_adds(b, "<dt>Policy</dt><dd class=\"error\">");
        add_escaped(b, c->setup->argocd.rbac_error);
        buf_adds(b, "</dd>\n");
    }
    AUTO(xfree) char *base = argocd_base(c->m);
    buf_adds(b, "</dl>\n<p><a class=\"button\" href=\"");
    add_escaped(b, base);
    buf_adds(b, "auth/logout\">Log out</a></p>\n");
    buf_adds(b, page_end);
}

/* Nobody: the application would learn a 401 and go to sign in by itself; an SSO token that ended
 * goes straight to the provider (1.11). */
static void nobody_page(struct call *c, struct buf *b)
{
    bool was_sso = js_get_text(c->session.claims, "iss") != NULL;
    AUTO(xfree) char *back = encode_component(c->req->url);
    AUTO(xfree) char *base = argocd_base(c->m);
    AUTO(xfree)
    char *target = xasprintf("%s%s?return_url=%s", base, was_sso ? "auth/login" : "login", back);
    AUTO(xfree) char *escaped = html_escape(target);
    buf_adds(b, page_head);
    buf_addf(b, "<meta http-equiv=\"refresh\" content=\"0; url=%s\">\n", escaped);
    buf_adds(b, page_style);
    buf_addf(b,
             "<h1>Argo CD</h1>\n<p>Not signed in.</p>\n<p><a class=\"button\" href=\"%s\">Log in"
             "</a></p>\n",
             escaped);
    buf_adds(b, page_end);
}

/* An element of Accept must be exactly text/html or html; blanks and parameters count (1.1). */
static bool accepts_html(const struct http_request *req)
{
    struct str rest = str_of(params_get_ci(&req->headers, "Accept"));
    struct str part;
    while (str_next(&rest, ',', &part))
        if (str_is(part, "text/html") || str_is(part, "html"))
            return true;
    return false;
}

/* The application's own route, with or without the base href before it. */
static bool is_login_page(struct mock *m, const char *path)
{
    AUTO(xfree) char *base = argocd_base(m);
    return cstr_eq(path, "/login") ||
           (cstr_starts(path, base) && cstr_eq(path + strlen(base), "login"));
}

static void index_html(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    AUTO(call_deinit) struct call c = {.m = m, .setup = argocd_setup(m), .req = req};
    AUTO(buf_deinit) struct buf page = {0};
    buf_init(&page, BUF_MAX_TEXT);
    session_open(m, req, SESSION_REST_HEADER, &c.session);
    if (is_login_page(m, req->path))
        login_page(&c, &page);
    else if (c.session.error == NULL || c.session.anonymous)
        home_page(&c, &page);
    else
        nobody_page(&c, &page);
    params_set_ci(&resp->headers, "Cache-Control", "no-cache, no-store, must-revalidate");
    http_respond(resp, 200, "text/html; charset=utf-8", page.ptr);
}

void argocd_ui(void *ctx, const struct http_request *req, struct http_response *resp)
{
    bool reading = strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0;
    if (argocd_redirects_unclean(ctx, req, resp))
        return;
    /* http.FileServer answers the folder itself with its index. */
    if (reading && (accepts_html(req) || strcmp(req->path, "/") == 0))
        index_html(ctx, req, resp);
    else
        http_respond_go_error(resp, 404, "404 page not found");
}
