/*
 * How Dex answers: its HTML frame and error page, the JSON of an OAuth error, Go's form reading,
 * and the redirect back to a client. No state.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/dex_int.h"

/* ---- pages ---- */

/* From the page to the issuer's path, as Dex links its assets: one level up for each segment of the
 * request's path but the last. Caller frees. */
static char *way_up(const struct dex *d, const struct http_request *req)
{
    const char *path = req->path;
    size_t levels = 0;
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    if (d->config.path != NULL && cstr_starts(path, d->config.path))
        path += strlen(d->config.path);
    struct str rest = str_of(path);
    struct str piece = {0};
    while (str_next(&rest, '/', &piece))
        levels += piece.len > 0 ? 1 : 0;
    for (size_t i = 1; i < levels; i++)
        buf_adds(&b, "../");
    return buf_take(&b);
}

void dex_page(const struct dex *d, const struct http_request *req, struct http_response *resp,
              int status, const char *body)
{
    AUTO(xfree) char *up = way_up(d, req);
    AUTO(xfree) char *title = html_escape(d->config.title != NULL ? d->config.title : "dex");
    http_respondf(resp, status, "text/html; charset=utf-8",
                  "<!DOCTYPE html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n"
                  "    <title>%s</title>\n"
                  "    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1.0\">\n"
                  "    <link href=\"%sstatic/main.css\" rel=\"stylesheet\">\n"
                  "    <link href=\"%stheme/styles.css\" rel=\"stylesheet\">\n"
                  "    <link rel=\"icon\" href=\"%stheme/favicon.png\">\n"
                  "  </head>\n\n  <body class=\"theme-body\">\n"
                  "    <div class=\"theme-navbar\">\n"
                  "      <img class=\"theme-navbar__logo\" alt=\"\" src=\"%stheme/logo.png\">\n"
                  "    </div>\n\n    <div class=\"dex-container\">\n\n%s\n\n"
                  "    </div>\n  </body>\n</html>\n",
                  title, up, up, up, up, body);
}

void dex_error_page(const struct dex *d, const struct http_request *req, struct http_response *resp,
                    int status, const char *message)
{
    AUTO(xfree) char *text = html_escape(message);
    AUTO(xfree)
    char *body = xasprintf("<div class=\"theme-panel\">\n"
                           "  <h2 class=\"theme-heading\">%s</h2>\n"
                           "  <p>%s</p>\n</div>",
                           http_status_text(status), text);
    dex_page(d, req, resp, status, body);
}

void dex_oauth_error(struct http_response *resp, int status, const char *error,
                     const char *description)
{
    AUTO(js_free) struct js *j = js_object();
    js_set_text(j, "error", error);
    if (*description != '\0')
        js_set_text(j, "error_description", description);
    AUTO(xfree) char *body = js_compact_html(j);
    http_respond(resp, status, "application/json", body);
}

/* net/http's cleanPath: no empty, "." and ".." segments, a slash at the end stays. */
static char *clean_path(const char *path)
{
    AUTO(strlist_deinit) struct strlist parts = {0};
    struct str rest = str_of(path);
    struct str piece = {0};
    while (str_next(&rest, '/', &piece)) {
        if (str_is(piece, "..") && parts.len > 0)
            xfree(parts.items[--parts.len]);
        else if (piece.len > 0 && !str_is(piece, ".") && !str_is(piece, ".."))
            strlist_take(&parts, xstrndup(piece.ptr, piece.len));
    }
    AUTO(xfree) char *joined = strlist_join(&parts, "/");
    bool has_slash = parts.len > 0 && str_ends(str_of(path), "/");
    return xasprintf("/%s%s", joined, has_slash ? "/" : "");
}

bool dex_cleans_path(const struct dex *d, const struct http_request *req,
                     struct http_response *resp)
{
    AUTO(xfree) char *clean = clean_path(req->path);
    if (dex_quirk(d, DEX_QUIRK_CLEAN_PATHS) || cstr_eq(clean, req->path))
        return false;
    AUTO(xfree)
    char *location = xasprintf("%s%s%s", clean, req->query != NULL ? "?" : "",
                               req->query != NULL ? req->query : "");
    http_respond(resp, 301, NULL, "");
    params_set_ci(&resp->headers, "Location", location);
    return true;
}

/* ---- forms ---- */

const char *dex_form_value(const struct http_request *req, const char *name)
{
    const char *v = http_form(req, name);
    if (v == NULL)
        v = http_query(req, name);
    return v != NULL ? v : "";
}

char *dex_form_error(const struct http_request *req)
{
    const char *type = params_get_ci(&req->headers, "Content-Type");
    bool has_form = cstr_starts(type, "application/x-www-form-urlencoded");
    char *in_body = has_form ? go_query_error(str_of(req->body)) : NULL;
    return in_body != NULL ? in_body : go_query_error(str_of(req->query));
}

/* ---- back to the client ---- */

/* A redirect URI in its three parts; a rooted path is one, too (the device flow's own). */
struct target {
    char *base; /* what stands before "?" and "#" */
    char *query;
    char *fragment; /* NULL = none */
};

static void target_deinit(struct target *t)
{
    xfree(t->base);
    xfree(t->query);
    xfree(t->fragment);
}

DEFINE_AUTO_VALUE(struct target, target_deinit)

static bool read_target(const char *uri, struct target *ret)
{
    AUTO(url_deinit) struct url u = {0};
    struct err ignored = {0};
    if (*uri != '/' && url_parse(uri, &u, &ignored) != 0)
        return false;
    size_t base = strcspn(uri, "?#");
    size_t query = uri[base] == '?' ? strcspn(uri + base + 1, "#") : 0;
    const char *fragment = strchr(uri, '#');
    ret->base = xstrndup(uri, base);
    ret->query = xstrndup(uri[base] == '?' ? uri + base + 1 : "", query);
    ret->fragment = fragment != NULL ? xstrdup(fragment + 1) : NULL;
    return true;
}

static void send_to(const struct http_request *req, struct http_response *resp,
                    const struct target *t)
{
    AUTO(xfree)
    char *location =
        xasprintf("%s%s%s%s%s", t->base, *t->query != '\0' ? "?" : "", t->query,
                  t->fragment != NULL ? "#" : "", t->fragment != NULL ? t->fragment : "");
    http_respond_go_redirect(resp, req->method, 303, location);
}

bool dex_redirect_to_client(const struct http_request *req, struct http_response *resp,
                            const char *redirect_uri, const struct params *params)
{
    AUTO(target_deinit) struct target t = {0};
    AUTO(params_deinit) struct params query = {0};
    if (!read_target(redirect_uri, &t))
        return false;
    params_parse_form(&query, str_of(t.query));
    for (size_t i = 0; i < params->len; i++)
        params_set(&query, params->items[i].name, params->items[i].value);
    params_sort(&query);
    xfree(t.query);
    t.query = params_form(&query);
    send_to(req, resp, &t);
    return true;
}

bool dex_redirect_with_fragment(const struct http_request *req, struct http_response *resp,
                                const char *redirect_uri, struct params *params)
{
    AUTO(target_deinit) struct target t = {0};
    if (!read_target(redirect_uri, &t))
        return false;
    params_sort(params);
    xfree(t.fragment);
    t.fragment = params_form(params);
    send_to(req, resp, &t);
    return true;
}

/* Before 2.45: the parameters behind what is there, whatever that is. */
void dex_redirect_appended(const struct http_request *req, struct http_response *resp,
                           const char *redirect_uri, struct params *params)
{
    params_sort(params);
    AUTO(xfree) char *form = params_form(params);
    AUTO(xfree)
    char *location =
        xasprintf("%s%s%s", redirect_uri, strchr(redirect_uri, '?') != NULL ? "&" : "?", form);
    http_respond_go_redirect(resp, req->method, 303, location);
}
