/*
 * Requests and answers as plain data, and the builders handlers use. Where a builder is named after
 * Go it writes what net/http writes, byte by byte, because Dex and Argo CD are judged by it. Knows
 * nothing of sockets; a message owns all its strings.
 */
#include "harness/http/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/http/html.h"

void http_request_deinit(struct http_request *r)
{
    xfree(r->method);
    xfree(r->url);
    xfree(r->host);
    xfree(r->path);
    xfree(r->query);
    params_deinit(&r->headers);
    xfree(r->body);
    for (size_t i = 0; i < HTTP_CAPTURES; i++)
        xfree(r->captures[i]);
    params_deinit(&r->query_params);
    params_deinit(&r->form_params);
    xfree(r->peer);
    xfree(r->id);
    *r = (struct http_request){0};
}

void http_response_deinit(struct http_response *r)
{
    xfree(r->reason);
    params_deinit(&r->headers);
    xfree(r->body);
    xfree(r->tls_problem);
    xfree(r->lost);
    *r = (struct http_response){0};
}

struct phrase {
    int status;
    const char *text;
};

/* RFC 9110 15 with the spelling of Go's http.StatusText. */
static const struct phrase PHRASES[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {422, "Unprocessable Entity"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {0, NULL},
};

const char *http_status_text(int status)
{
    for (const struct phrase *p = PHRASES; p->text != NULL; p++) {
        if (p->status == status)
            return p->text;
    }
    return "";
}

static void take_body(struct http_response *r, int status, const char *content_type, char *body,
                      size_t len)
{
    r->status = status;
    xfree(r->body);
    r->body = body;
    r->body_len = len;
    params_remove_ci(&r->headers, "Content-Type");
    if (content_type != NULL)
        params_add(&r->headers, "Content-Type", content_type);
}

void http_respond_bytes(struct http_response *r, int status, const char *content_type,
                        const void *p, size_t n)
{
    char *copy = xmalloc(n + 1);
    if (n > 0)
        memcpy(copy, p, n);
    copy[n] = '\0';
    take_body(r, status, content_type, copy, n);
}

void http_respond(struct http_response *r, int status, const char *content_type, const char *body)
{
    const char *text = body == NULL ? "" : body;
    http_respond_bytes(r, status, content_type, text, strlen(text));
}

void http_respondf(struct http_response *r, int status, const char *content_type, const char *fmt,
                   ...)
{
    struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    va_list args;
    va_start(args, fmt);
    buf_vaddf(&b, fmt, args);
    va_end(args);
    size_t len = b.len;
    take_body(r, status, content_type, buf_take(&b), len);
    buf_deinit(&b);
}

void http_respond_go_error(struct http_response *r, int status, const char *text)
{
    http_respondf(r, status, "text/plain; charset=utf-8", "%s\n", text);
    params_set_ci(&r->headers, "X-Content-Type-Options", "nosniff");
}

/* Go's hexEscapeNonASCII: lower-case hexadecimal, only bytes above ASCII. */
static char *escape_non_ascii(const char *s)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x80)
            buf_addf(&b, "%%%x", (unsigned)c);
        else
            buf_addc(&b, (char)c);
    }
    return buf_take(&b);
}

/* Drops the last element of an absolute path being built: "/a/b" -> "/a". */
static void pop_element(struct buf *b)
{
    while (b->len > 0 && b->ptr[b->len - 1] != '/')
        b->len--;
    if (b->len > 0)
        b->len--;
    b->ptr[b->len] = '\0';
}

/* Go's path.Clean of a rooted path, a trailing slash kept as http.Redirect keeps it. */
static char *clean_path(const char *path, size_t n)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    struct str rest = {path, n};
    struct str piece;
    while (str_next(&rest, '/', &piece)) {
        if (piece.len == 0 || str_is(piece, "."))
            continue;
        if (str_is(piece, "..")) {
            pop_element(&b);
            continue;
        }
        buf_addc(&b, '/');
        buf_add(&b, piece.ptr, piece.len);
    }
    if (b.len == 0 || path[n - 1] == '/')
        buf_addc(&b, '/');
    return buf_take(&b);
}

/* http.Redirect cleans a location that is a rooted path without host; all others go as they are. */
static char *go_location(const char *location)
{
    if (location[0] != '/' || location[1] == '/')
        return xstrdup(location);
    size_t path_len = strcspn(location, "?");
    AUTO(xfree) char *path = clean_path(location, path_len);
    return xasprintf("%s%s", path, location + path_len);
}

void http_respond_go_redirect(struct http_response *r, const char *method, int status,
                              const char *location)
{
    AUTO(xfree) char *target = go_location(location);
    AUTO(xfree) char *header = escape_non_ascii(target);
    const char *set = params_get_ci(&r->headers, "Content-Type");
    AUTO(xfree) char *type = set == NULL ? NULL : xstrdup(set);
    bool get = cstr_eq(method, "GET");
    if (type == NULL && (get || cstr_eq(method, "HEAD")))
        type = xstrdup("text/html; charset=utf-8");
    http_respond(r, status, type, "");
    if (get && set == NULL) {
        AUTO(xfree) char *href = html_escape(target);
        http_respondf(r, status, type, "<a href=\"%s\">%s</a>.\n\n", href,
                      http_status_text(status));
    }
    params_set_ci(&r->headers, "Location", header);
}

const char *http_query(const struct http_request *r, const char *name)
{
    return params_get(&r->query_params, name);
}

const char *http_form(const struct http_request *r, const char *name)
{
    return params_get(&r->form_params, name);
}

/* The value of `name` in one Cookie field, or false. */
static bool cookie_in(const char *field, const char *name, struct str *ret)
{
    struct str rest = str_of(field);
    struct str pair;
    while (str_next(&rest, ';', &pair)) {
        pair = str_trim(pair);
        const char *equals = pair.len == 0 ? NULL : memchr(pair.ptr, '=', pair.len);
        if (equals == NULL)
            continue;
        size_t name_len = (size_t)(equals - pair.ptr);
        if (!str_is((struct str){pair.ptr, name_len}, name))
            continue;
        *ret = (struct str){equals + 1, pair.len - name_len - 1};
        return true;
    }
    return false;
}

char *http_request_cookie(const struct http_request *r, const char *name)
{
    for (size_t i = 0; i < r->headers.len; i++) {
        struct str value;
        if (strcasecmp(r->headers.items[i].name, "Cookie") == 0 &&
            cookie_in(r->headers.items[i].value, name, &value))
            return xstrndup(value.ptr, value.len);
    }
    return NULL;
}

bool http_basic_auth(const struct http_request *r, char **ret_user, char **ret_password)
{
    const char *field = params_get_ci(&r->headers, "Authorization");
    if (field == NULL || strncasecmp(field, "Basic ", 6) != 0)
        return false;
    AUTO(xfree) char *text = NULL;
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (b64_decode(field + 6, strlen(field + 6), &bytes, &len) < 0)
        return false;
    text = (char *)bytes;
    char *colon = strchr(text, ':');
    if (colon == NULL || strlen(text) != len)
        return false;
    *ret_user = xstrndup(text, (size_t)(colon - text));
    *ret_password = xstrdup(colon + 1);
    return true;
}

void http_request_set(struct http_request *r, const char *method, const char *url)
{
    xfree(r->method);
    xfree(r->url);
    r->method = xstrdup(method);
    r->url = xstrdup(url);
}

static void set_body(struct http_request *r, const char *content_type, char *body)
{
    xfree(r->body);
    r->body = body;
    r->body_len = strlen(body);
    params_set_ci(&r->headers, "Content-Type", content_type);
}

void http_request_set_form(struct http_request *r, const struct params *form)
{
    set_body(r, "application/x-www-form-urlencoded", params_form(form));
}

void http_request_set_json(struct http_request *r, const struct js *j)
{
    set_body(r, "application/json", js_compact(j));
}
