/*
 * Everything below /api/ but Dex: routing by grpc-gateway's rules, authentication, errors as JSON.
 * What an endpoint answers is the endpoint's business.
 */
#include "mocks/argocd/gateway.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"

enum auth { AUTH_NONE, AUTH_OPTIONAL, AUTH_REQUIRED };

struct endpoint {
    const char *method;
    const char *pattern; /* "{}" takes one segment, a final "**" the rest */
    void (*serve)(struct call *c);
    enum auth auth;
};

static const struct endpoint endpoints[] = {
    {"GET", "api/version", endpoint_version, AUTH_NONE},
    {"GET", "api/v1/settings", endpoint_settings, AUTH_OPTIONAL},
    {"GET", "api/v1/session/userinfo", endpoint_userinfo, AUTH_OPTIONAL},
    {"GET", "api/v1/account/can-i/{}/{}/**", endpoint_can_i, AUTH_REQUIRED},
    {"GET", "api/v1/applications", endpoint_applications, AUTH_REQUIRED},
    {"GET", "api/v1/applications/{}", endpoint_application, AUTH_REQUIRED},
    {"POST", "api/v1/applications/{}/sync", endpoint_sync, AUTH_REQUIRED},
    {NULL, NULL, NULL, AUTH_NONE},
};

struct code_status {
    int code;
    int status;
};

static const struct code_status statuses[] = {
    {GRPC_INVALID_ARGUMENT, 400}, {GRPC_NOT_FOUND, 404},       {GRPC_PERMISSION_DENIED, 403},
    {GRPC_INTERNAL, 500},         {GRPC_UNAUTHENTICATED, 401}, {0, 0},
};

static void respond_json(struct http_response *resp, int status, struct js *take)
{
    AUTO(js_free) struct js *body = take;
    AUTO(xfree) char *text = js_compact_html(body);
    http_respond(resp, status, "application/json", text);
}

void gateway_json(struct http_response *resp, struct js *take)
{
    params_set_ci(&resp->headers, "Grpc-Metadata-Content-Type", "application/grpc");
    respond_json(resp, 200, take);
}

void gateway_error(struct http_response *resp, enum grpc_code code, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text = {0};
    buf_init(&text, BUF_MAX_TEXT);
    va_list args;
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    int status = 500;
    for (const struct code_status *s = statuses; s->code != 0; s++)
        if (s->code == (int)code)
            status = s->status;
    struct js *body = js_object();
    js_set_text(body, "error", text.ptr);
    js_set(body, "code", js_int((int)code));
    js_set_text(body, "message", text.ptr);
    respond_json(resp, status, body);
}

/* ---- routing ---- */

static void drop_args(struct call *c)
{
    for (size_t i = 0; i < GATEWAY_ARGS; i++)
        c->args[i] = xfree(c->args[i]);
}

static void keep_arg(struct call *c, struct str text)
{
    for (size_t i = 0; i < GATEWAY_ARGS; i++) {
        if (c->args[i] != NULL)
            continue;
        c->args[i] = xstrndup(text.ptr, text.len);
        return;
    }
}

/* The segment up to the next slash. *ret_more says whether a slash followed. */
static struct str cut_segment(struct str *rest, bool *ret_more)
{
    const char *slash = rest->len > 0 ? memchr(rest->ptr, '/', rest->len) : NULL;
    struct str segment = {rest->ptr, slash != NULL ? (size_t)(slash - rest->ptr) : rest->len};
    *ret_more = slash != NULL;
    rest->ptr += segment.len + (slash != NULL ? 1 : 0);
    rest->len -= segment.len + (slash != NULL ? 1 : 0);
    return segment;
}

/* Segment by segment; an empty last one ("x/") is a segment too. */
static bool matches(struct call *c, const char *pattern, const char *path)
{
    struct str want = str_of(pattern);
    struct str have = str_of(path);
    bool want_more = true;
    bool have_more = true;
    drop_args(c);
    while (want_more) {
        struct str w = cut_segment(&want, &want_more);
        if (str_is(w, "**")) {
            keep_arg(c, have);
            return true;
        }
        if (!have_more)
            return false;
        struct str h = cut_segment(&have, &have_more);
        if (str_is(w, "{}"))
            keep_arg(c, h);
        else if (!str_eq(w, h))
            return false;
    }
    return !have_more;
}

/* A last segment with ":" is a custom verb, and no endpoint has one (4.5). */
static bool has_verb(const char *path)
{
    const char *last = strrchr(path, '/');
    return strchr(last != NULL ? last : path, ':') != NULL;
}

static const struct endpoint *route(struct call *c, const char *path, bool *ret_other_method)
{
    *ret_other_method = false;
    if (has_verb(path))
        return NULL;
    for (const struct endpoint *e = endpoints; e->method != NULL; e++) {
        if (!matches(c, e->pattern, path))
            continue;
        if (strcmp(e->method, c->req->method) == 0)
            return e;
        *ret_other_method = true;
    }
    return NULL;
}

/* enforceContentTypes: only the exact type passes, for whatever is no GET (4.2). */
static bool content_type_is_wrong(const struct http_request *req)
{
    const char *type = params_get_ci(&req->headers, "Content-Type");
    return strcmp(req->method, "GET") != 0 &&
           (type == NULL || strcasecmp(type, "application/json") != 0);
}

static void serve(struct call *c, const struct endpoint *e)
{
    if (e->auth != AUTH_NONE)
        session_open(c->m, c->req, &c->session);
    if (e->auth == AUTH_REQUIRED && c->session.error != NULL && !c->session.anonymous) {
        trace_log(c->m->env.trace, "argocd", "info",
                  "finished call %s: rpc error: code = Unauthenticated desc = %s", e->pattern,
                  c->session.error);
        gateway_error(c->resp, GRPC_UNAUTHENTICATED, "%s", c->session.error);
        return;
    }
    e->serve(c);
}

void argocd_gateway(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    struct call c = {.m = m, .setup = argocd_setup(m), .req = req, .resp = resp};
    AUTO(xfree) char *path = NULL;
    bool other_method = false;
    if (argocd_redirects_unclean(req, resp))
        return;
    if (content_type_is_wrong(req)) {
        http_respond_go_error(resp, 415, "Invalid content type");
        return;
    }
    if (!url_decode(str_of(req->path), false, &path)) {
        http_respond(resp, 400, "text/plain; charset=utf-8", "400 Bad Request");
        return;
    }
    const struct endpoint *e = route(&c, path + 1, &other_method);
    if (e != NULL)
        serve(&c, e);
    else if (other_method)
        http_respond_go_error(resp, 405, "Method Not Allowed");
    else
        http_respond_go_error(resp, 404, "Not Found");
    drop_args(&c);
    session_deinit(&c.session);
}
