/*
 * The web UI: who gets index.html and who a 404 (argocd.md 1.1). What index.html then shows is a
 * page of our own in the place of the real single-page application.
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/page.h"

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

static void index_html(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    AUTO(call_deinit) struct call c = {.m = m, .setup = argocd_setup(m), .req = req};
    AUTO(buf_deinit) struct buf page = {0};
    buf_init(&page, BUF_MAX_TEXT);
    session_open(m, req, SESSION_REST_HEADER, &c.session);
    if (strcmp(req->path, ARGOCD_BASEHREF "login") == 0)
        page_login(&c, &page);
    else if (c.session.error == NULL || c.session.anonymous)
        page_home(&c, &page);
    else
        page_nobody(&c, &page);
    params_set_ci(&resp->headers, "Cache-Control", "no-cache, no-store, must-revalidate");
    http_respond(resp, 200, "text/html; charset=utf-8", page.ptr);
}

void argocd_ui(void *ctx, const struct http_request *req, struct http_response *resp)
{
    bool reading = strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0;
    if (argocd_redirects_unclean(req, resp))
        return;
    /* http.FileServer answers the folder itself with its index. */
    if (reading && (accepts_html(req) || strcmp(req->path, "/") == 0))
        index_html(ctx, req, resp);
    else
        http_respond_go_error(resp, 404, "404 page not found");
}
