/*
 * Redirect rules and error texts of Go's net/http client on top of harness/http/client.h. It knows
 * nothing of OAuth; requests and answers are the caller's.
 */
#include "mocks/common/gohttp.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/common/gotext.h"

#define REDIRECTS_MAX 10

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Scheme and host of `origin` before the path and query of `text`. */
static int with_origin(const char *text, const char *origin, char **ret, struct err *err)
{
    if (origin == NULL) {
        *ret = xstrdup(text);
        return 0;
    }
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(text, &u, err) != 0)
        return -1;
    *ret = xasprintf("%s%s%s%s", origin, u.path, u.query != NULL ? "?" : "",
                     u.query != NULL ? u.query : "");
    return 0;
}

static bool same_host(const char *a, const char *b)
{
    AUTO(url_deinit) struct url ua = {0};
    AUTO(url_deinit) struct url ub = {0};
    return url_parse(a, &ua, NULL) == 0 && url_parse(b, &ub, NULL) == 0 &&
           cstr_eq(ua.host, ub.host);
}

static void copy_request(struct http_request *to, const struct http_request *from, const char *url)
{
    http_request_set(to, from->method, url);
    params_copy(&to->headers, &from->headers);
    to->body = from->body != NULL ? xmemdup(from->body, from->body_len + 1) : NULL;
    to->body_len = from->body_len;
    to->client = from->client;
}

static void next_request(struct http_request *req, int status, const char *url)
{
    if (!same_host(req->url, url))
        params_remove_ci(&req->headers, "Authorization");
    if (status < 307 && !cstr_eq(req->method, "GET") && !cstr_eq(req->method, "HEAD")) {
        xfree(req->method);
        req->method = xstrdup("GET");
        xfree(req->body);
        req->body = NULL;
        req->body_len = 0;
        params_remove_ci(&req->headers, "Content-Type");
    }
    char *copy = xstrdup(url);
    xfree(req->url);
    req->url = copy;
}

/* `Get "https://…": cause` (net/url.Error). */
static int transport_error(const struct http_request *req, struct err *err)
{
    AUTO(xfree) char *quoted = go_quoted(req->url);
    AUTO(xfree) char *op = xstrdup(req->method);
    for (char *c = op + 1; *op != '\0' && *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    }
    return err_wrap(err, "%s %s", op, quoted);
}

static int go_on(struct http_request *req, const struct http_response *resp,
                 const char *rewrite_origin, struct err *err)
{
    const char *location = params_get_ci(&resp->headers, "Location");
    AUTO(xfree) char *resolved = NULL;
    AUTO(xfree) char *url = NULL;
    if (location == NULL || *location == '\0')
        return err_set(err, ERR_NET, "%d response missing Location header", resp->status);
    if (url_resolve(req->url, location, &resolved, err) != 0)
        return -1;
    if (with_origin(resolved, rewrite_origin, &url, err) != 0)
        return -1;
    next_request(req, resp->status, url);
    return 0;
}

int gohttp_do(struct http_client *client, const struct http_request *req,
              const char *rewrite_origin, struct http_response *ret, struct err *err)
{
    AUTO(http_request_deinit) struct http_request now = {0};
    AUTO(xfree) char *first = NULL;
    if (with_origin(req->url, rewrite_origin, &first, err) != 0)
        return -1;
    copy_request(&now, req, first);
    for (int hop = 0; hop <= REDIRECTS_MAX; hop++) {
        struct http_response resp = {0};
        if (http_client_do(client, &now, &resp, err) != 0)
            return transport_error(&now, err);
        if (!is_redirect(resp.status)) {
            *ret = resp;
            return 0;
        }
        int rc = go_on(&now, &resp, rewrite_origin, err);
        http_response_deinit(&resp);
        if (rc != 0)
            return transport_error(&now, err);
    }
    err_set(err, ERR_NET, "stopped after %d redirects", REDIRECTS_MAX);
    return transport_error(&now, err);
}

char *gohttp_status(const struct http_response *resp)
{
    const char *reason = resp->reason != NULL ? resp->reason : http_status_text(resp->status);
    return xasprintf("%d %s", resp->status, reason);
}

char *gohttp_media_type(const struct http_response *resp)
{
    const char *ct = params_get_ci(&resp->headers, "Content-Type");
    struct str rest = str_of(ct);
    struct str type = {0};
    if (!str_next(&rest, ';', &type))
        return xstrdup("");
    type = str_trim(type);
    char *s = xstrndup(type.ptr != NULL ? type.ptr : "", type.len);
    for (char *c = s; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    }
    return s;
}

char *gohttp_unmarshal_error(const struct http_response *resp, const char *cause)
{
    AUTO(xfree) char *type = gohttp_media_type(resp);
    if (cstr_eq(type, "application/json"))
        return xasprintf("got Content-Type = application/json, but could not unmarshal as JSON: %s",
                         cause);
    const char *ct = params_get_ci(&resp->headers, "Content-Type");
    AUTO(xfree) char *quoted = go_quoted(ct != NULL ? ct : "");
    return xasprintf("expected Content-Type = application/json, got %s: %s", quoted, cause);
}
