/*
 * Everything below /api/ but Dex: routing by grpc-gateway's rules, authentication, errors as JSON.
 * What an endpoint answers is the endpoint's business.
 */
#include <string.h>
#include <strings.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/argocd/call.h"

struct endpoint {
    const char *method;
    const char *pattern; /* "{}" takes one segment, a final "**" the rest */
    void (*serve)(struct call *c);
    enum call_auth auth;
};

static const struct endpoint endpoints[] = {
    {"GET", "api/version", endpoint_version, CALL_AUTH_NONE},
    {"GET", "api/v1/settings", endpoint_settings, CALL_AUTH_OPTIONAL},
    {"GET", "api/v1/session/userinfo", endpoint_userinfo, CALL_AUTH_OPTIONAL},
    {"GET", "api/v1/account/can-i/{}/{}/**", endpoint_can_i, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/applications", endpoint_applications, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/applications/{}", endpoint_application, CALL_AUTH_REQUIRED},
    {"POST", "api/v1/applications/{}/sync", endpoint_sync, CALL_AUTH_REQUIRED},
    {NULL, NULL, NULL, CALL_AUTH_NONE},
};

struct code_status {
    enum grpc_code code;
    int status;
};

static const struct code_status statuses[] = {
    {GRPC_INVALID_ARGUMENT, 400}, {GRPC_NOT_FOUND, 404},       {GRPC_PERMISSION_DENIED, 403},
    {GRPC_INTERNAL, 500},         {GRPC_UNAUTHENTICATED, 401}, {GRPC_OK, 0},
};

/* The error body; the order of its members is fixed (4.2). */
static struct js *error_json(const struct call *c, int *ret_status)
{
    struct js *body = js_object();
    js_set_text(body, "error", c->message);
    js_set(body, "code", js_int((int)c->code));
    js_set_text(body, "message", c->message);
    *ret_status = 500;
    for (const struct code_status *s = statuses; s->code != GRPC_OK; s++)
        if (s->code == c->code)
            *ret_status = s->status;
    return body;
}

static void respond(const struct call *c, struct http_response *resp)
{
    int status = 200;
    AUTO(js_free) struct js *error = c->message != NULL ? error_json(c, &status) : NULL;
    AUTO(xfree) char *text = js_compact_html(error != NULL ? error : c->answer);
    if (error == NULL)
        params_set_ci(&resp->headers, "Grpc-Metadata-Content-Type", "application/grpc");
    http_respond(resp, status, "application/json", text);
}

/* ---- routing ---- */

static void drop_args(struct call *c)
{
    for (size_t i = 0; i < CALL_ARGS; i++)
        c->args[i] = xfree(c->args[i]);
}

static void keep_arg(struct call *c, struct str text)
{
    for (size_t i = 0; i < CALL_ARGS; i++) {
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

void argocd_gateway(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(call_deinit) struct call c = {.m = m, .setup = argocd_setup(m), .req = req};
    AUTO(xfree) char *path = NULL;
    bool other_method = false;
    if (argocd_redirects_unclean(m, req, resp))
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
    if (e != NULL) {
        call_serve(&c, e->serve, e->auth, SESSION_REST_HEADER);
        respond(&c, resp);
    } else if (other_method) {
        http_respond_go_error(resp, 405, "Method Not Allowed");
    } else {
        http_respond_go_error(resp, 404, "Not Found");
    }
}
