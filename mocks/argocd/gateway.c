/*
 * Everything below /api/ but Dex: routing by grpc-gateway's rules, authentication, errors as JSON.
 * What an endpoint answers is the endpoint's business.
 */
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/cookies.h"

#define APPS "api/v1/applications"

struct endpoint {
    const char *method;
    const char *pattern; /* "{}" takes one segment, a final "**" the rest */
    void (*serve)(struct call *c);
    enum call_auth auth;
};

/* Fixed segments before those that take any. */
static const struct endpoint endpoints[] = {
    {"GET", "api/version", endpoint_version, CALL_AUTH_OPTIONAL},
    {"GET", "api/v1/settings", endpoint_settings, CALL_AUTH_OPTIONAL},
    {"POST", "api/v1/session", endpoint_session_create, CALL_AUTH_NONE},
    {"DELETE", "api/v1/session", endpoint_session_delete, CALL_AUTH_NONE},
    {"GET", "api/v1/session/userinfo", endpoint_userinfo, CALL_AUTH_OPTIONAL},
    {"GET", "api/v1/account", endpoint_accounts, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/account/can-i/{}/{}/**", endpoint_can_i, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/account/{}", endpoint_account, CALL_AUTH_REQUIRED},
    {"GET", APPS, endpoint_applications, CALL_AUTH_REQUIRED},
    {"POST", APPS, endpoint_application_create, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}", endpoint_application, CALL_AUTH_REQUIRED},
    {"PUT", APPS "/{}", endpoint_application_update, CALL_AUTH_REQUIRED},
    {"PATCH", APPS "/{}", endpoint_application_patch, CALL_AUTH_REQUIRED},
    {"DELETE", APPS "/{}", endpoint_application_delete, CALL_AUTH_REQUIRED},
    {"PUT", APPS "/{}/spec", endpoint_application_spec, CALL_AUTH_REQUIRED},
    {"POST", APPS "/{}/sync", endpoint_sync, CALL_AUTH_REQUIRED},
    {"POST", APPS "/{}/rollback", endpoint_rollback, CALL_AUTH_REQUIRED},
    {"DELETE", APPS "/{}/operation", endpoint_terminate, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/resource", endpoint_resource, CALL_AUTH_REQUIRED},
    {"POST", APPS "/{}/resource", endpoint_resource_patch, CALL_AUTH_REQUIRED},
    {"DELETE", APPS "/{}/resource", endpoint_resource_delete, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/resource/actions", endpoint_resource_actions, CALL_AUTH_REQUIRED},
    {"POST", APPS "/{}/resource/actions", endpoint_resource_action_run, CALL_AUTH_REQUIRED},
    {"POST", APPS "/{}/resource/actions/v2", endpoint_resource_action_run_v2, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/resource-tree", endpoint_resource_tree, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/managed-resources", endpoint_managed_resources, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/manifests", endpoint_manifests, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/events", endpoint_events, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/syncwindows", endpoint_sync_windows, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/logs", endpoint_logs, CALL_AUTH_REQUIRED},
    {"GET", APPS "/{}/pods/{}/logs", endpoint_logs, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/applicationsets", endpoint_applicationsets, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/applicationsets/{}", endpoint_applicationset, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/projects", endpoint_projects, CALL_AUTH_REQUIRED},
    {"POST", "api/v1/projects", endpoint_project_create, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/projects/{}", endpoint_project, CALL_AUTH_REQUIRED},
    {"PUT", "api/v1/projects/{}", endpoint_project_update, CALL_AUTH_REQUIRED},
    {"DELETE", "api/v1/projects/{}", endpoint_project_delete, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/projects/{}/detailed", endpoint_project_detailed, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/clusters", endpoint_clusters, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/clusters/{}", endpoint_cluster, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/repositories", endpoint_repositories, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/write-repositories", endpoint_write_repositories, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/certificates", endpoint_certificates, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/gpgkeys", endpoint_gpgkeys, CALL_AUTH_REQUIRED},
    {"GET", "api/v1/gpgkeys/{}", endpoint_gpgkey, CALL_AUTH_REQUIRED},
    {NULL, NULL, NULL, CALL_AUTH_NONE},
};

/* Paths that only some versions know. */
struct endpoint_row {
    void (*serve)(struct call *c);
    enum argocd_quirk quirk;
};

static const struct endpoint_row endpoint_rows[] = {
    {endpoint_write_repositories, ARGOCD_QUIRK_WRITE_REPOSITORY_ROWS},
    {NULL, ARGOCD_QUIRK_MAX_},
};

struct code_status {
    enum grpc_code code;
    int status;
};

static const struct code_status statuses[] = {
    {GRPC_INVALID_ARGUMENT, 400},   {GRPC_NOT_FOUND, 404},     {GRPC_PERMISSION_DENIED, 403},
    {GRPC_RESOURCE_EXHAUSTED, 429}, {GRPC_UNIMPLEMENTED, 501}, {GRPC_INTERNAL, 500},
    {GRPC_UNAUTHENTICATED, 401},    {GRPC_UNKNOWN, 500},       {GRPC_OK, 0},
};

static int status_of(enum grpc_code code)
{
    for (const struct code_status *s = statuses; s->code != GRPC_OK; s++)
        if (s->code == code)
            return s->status;
    return 500;
}

/* The error body; the order of its members is fixed (4.2). */
static struct js *error_json(const struct call *c)
{
    struct js *body = js_object();
    js_set_text(body, "error", c->message);
    js_set(body, "code", js_int((int)c->code));
    js_set_text(body, "message", c->message);
    return body;
}

/* A stream that fails before its first line (grpc-gateway's StreamError). */
static struct js *stream_error_json(const struct call *c, int status)
{
    struct js *inner = js_object();
    struct js *body = js_object();
    js_set(inner, "grpc_code", js_int((int)c->code));
    js_set(inner, "http_code", js_int(status));
    js_set_text(inner, "message", c->message);
    js_set_text(inner, "http_status", http_status_text(status));
    js_set(body, "error", inner);
    return body;
}

/* Each element of the answer is a line. */
static void respond_stream(const struct call *c, struct http_response *resp)
{
    AUTO(buf_deinit) struct buf lines = {0};
    buf_init(&lines, BUF_MAX_TEXT);
    for (size_t i = 0; i < js_len(c->answer); i++) {
        AUTO(xfree) char *line = js_compact_html(js_at(c->answer, i));
        buf_addf(&lines, "%s\n", line);
    }
    params_set_ci(&resp->headers, "Grpc-Metadata-Content-Type", "application/grpc");
    http_respond(resp, 200, "application/json", lines.ptr);
}

/* translateGrpcCookieHeader: a new token is the new session. */
static void set_session(const struct call *c, struct http_response *resp)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(c->m);
    AUTO(strlist_deinit) struct strlist cookies = {0};
    const struct argocd_options *o = &sso->options;
    AUTO(xfree) char *attributes = session_cookie_attributes(o, !o->insecure);
    if (cookies_split(ARGOCD_TOKEN_COOKIE, c->new_token, attributes, o->cookies, &cookies, NULL) !=
        0)
        return;
    for (size_t i = 0; i < cookies.len; i++)
        params_add(&resp->headers, "Set-Cookie", cookies.items[i]);
}

static void respond(const struct call *c, struct http_response *resp)
{
    int status = c->message != NULL ? status_of(c->code) : 200;
    AUTO(js_free)
    struct js *error = c->message == NULL ? NULL
                       : c->streams       ? stream_error_json(c, status)
                                          : error_json(c);
    if (error == NULL && c->streams) {
        respond_stream(c, resp);
        return;
    }
    AUTO(xfree) char *text = js_compact_html(error != NULL ? error : c->answer);
    if (error == NULL)
        params_set_ci(&resp->headers, "Grpc-Metadata-Content-Type", "application/grpc");
    if (error == NULL && c->session.renewed != NULL)
        params_add(&resp->headers, "Grpc-Metadata-Renew-Token", c->session.renewed);
    if (error == NULL && c->new_token != NULL)
        set_session(c, resp);
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

static bool is_known(const struct setup *setup, const struct endpoint *e)
{
    for (const struct endpoint_row *r = endpoint_rows; r->serve != NULL; r++)
        if (r->serve == e->serve)
            return setup->argocd.quirks[r->quirk];
    return true;
}

static const struct endpoint *route(struct call *c, const char *path, bool *ret_other_method)
{
    *ret_other_method = false;
    if (has_verb(path))
        return NULL;
    for (const struct endpoint *e = endpoints; e->method != NULL; e++) {
        if (!is_known(c->setup, e) || !matches(c, e->pattern, path))
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
