/*
 * gRPC-web over HTTP/1.1: the four methods the real CLI needs for `argocd login --sso` and its
 * checks (argocd.md 3.6). Frames in, frames out; what is answered comes from the same endpoints as
 * over REST.
 */
#include <stdint.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/pbjson.h"

#define CONTENT_TYPE "application/grpc-web+proto"
#define FRAME_HEAD 5
#define FRAME_TRAILERS 0x80

/* ---- the messages ---- */

static const struct pb_field connector_fields[] = {
    {"name", 1, NULL}, {"type", 2, NULL}, {NULL, 0, NULL}};
static const struct pb_field dex_fields[] = {{"connectors", 1, connector_fields}, {NULL, 0, NULL}};
static const struct pb_field oidc_fields[] = {
    {"name", 1, NULL},        {"issuer", 2, NULL}, {"clientID", 3, NULL},
    {"cliClientID", 4, NULL}, {"scopes", 5, NULL}, {"enablePKCEAuthentication", 7, NULL},
    {NULL, 0, NULL}};
static const struct pb_field analytics_fields[] = {
    {"trackingID", 1, NULL}, {"anonymizeUsers", 2, NULL}, {NULL, 0, NULL}};
static const struct pb_field help_fields[] = {
    {"chatUrl", 1, NULL}, {"chatText", 2, NULL}, {NULL, 0, NULL}};
static const struct pb_field settings_fields[] = {{"url", 1, NULL},
                                                  {"dexConfig", 2, dex_fields},
                                                  {"oidcConfig", 3, oidc_fields},
                                                  {"appLabelKey", 4, NULL},
                                                  {"statusBadgeEnabled", 6, NULL},
                                                  {"googleAnalytics", 7, analytics_fields},
                                                  {"kustomizeOptions", 8, NULL},
                                                  {"help", 9, help_fields},
                                                  {"userLoginsDisabled", 11, NULL},
                                                  {"uiCssURL", 14, NULL},
                                                  {"uiBannerContent", 15, NULL},
                                                  {"uiBannerURL", 16, NULL},
                                                  {"passwordPattern", 17, NULL},
                                                  {"trackingMethod", 18, NULL},
                                                  {"uiBannerPermanent", 19, NULL},
                                                  {"uiBannerPosition", 20, NULL},
                                                  {"statusBadgeRootUrl", 21, NULL},
                                                  {"execEnabled", 22, NULL},
                                                  {"controllerNamespace", 23, NULL},
                                                  {"installationID", 26, NULL},
                                                  {"additionalUrls", 27, NULL},
                                                  {NULL, 0, NULL}};
static const struct pb_field version_fields[] = {{"Version", 1, NULL}, {NULL, 0, NULL}};
static const struct pb_field userinfo_fields[] = {{"loggedIn", 1, NULL},
                                                  {"username", 2, NULL},
                                                  {"iss", 3, NULL},
                                                  {"groups", 4, NULL},
                                                  {NULL, 0, NULL}};
static const struct pb_field can_i_fields[] = {{"value", 1, NULL}, {NULL, 0, NULL}};

struct method {
    const char *path;
    void (*serve)(struct call *c);
    enum call_auth auth;
    size_t args; /* text fields 1 to n of the request */
    const struct pb_field *fields;
};

static const struct method methods[] = {
    {"/cluster.SettingsService/Get", endpoint_settings, CALL_AUTH_OPTIONAL, 0, settings_fields},
    {"/version.VersionService/Version", endpoint_version, CALL_AUTH_NONE, 0, version_fields},
    {"/session.SessionService/GetUserInfo", endpoint_userinfo, CALL_AUTH_OPTIONAL, 0,
     userinfo_fields},
    {"/account.AccountService/CanI", endpoint_can_i, CALL_AUTH_REQUIRED, 3, can_i_fields},
    {NULL, NULL, CALL_AUTH_NONE, 0, NULL},
};

/* ---- frames ---- */

static void put_frame(struct buf *out, unsigned char kind, const char *p, size_t n)
{
    const unsigned char head[FRAME_HEAD] = {kind, (unsigned char)(n >> 24),
                                            (unsigned char)(n >> 16), (unsigned char)(n >> 8),
                                            (unsigned char)n};
    buf_add(out, head, sizeof(head));
    buf_add(out, p, n);
}

static bool read_frame(const struct http_request *req, const char **ret, size_t *ret_len)
{
    if (req->body_len < FRAME_HEAD || req->body[0] != 0)
        return false;
    const unsigned char *b = (const unsigned char *)req->body;
    size_t n = (size_t)b[1] << 24 | (size_t)b[2] << 16 | (size_t)b[3] << 8 | (size_t)b[4];
    if (n > req->body_len - FRAME_HEAD)
        return false;
    *ret = req->body + FRAME_HEAD;
    *ret_len = n;
    return true;
}

static void respond(const struct call *c, const struct pb_field *fields, struct http_response *resp)
{
    AUTO(buf_deinit) struct buf out = {0};
    AUTO(buf_deinit) struct buf message = {0};
    AUTO(buf_deinit) struct buf trailers = {0};
    buf_init(&out, BUF_MAX_TEXT);
    buf_init(&message, BUF_MAX_TEXT);
    buf_init(&trailers, BUF_MAX_TEXT);
    buf_addf(&trailers, "grpc-status: %d\r\n", (int)c->code);
    if (c->message != NULL) {
        /* grpc-message is percent-encoded; printable ASCII may stay. */
        AUTO(xfree) char *text = url_encode(str_of(c->message), " !\"#$&'()*+,/:;<=>?@[\\]^`{|}");
        buf_addf(&trailers, "grpc-message: %s\r\n", text);
        params_addf(&resp->headers, "Grpc-Status", "%d", (int)c->code);
        params_add(&resp->headers, "Grpc-Message", text);
    } else {
        pb_write(&message, c->answer, fields);
        put_frame(&out, 0, message.ptr, message.len);
    }
    put_frame(&out, FRAME_TRAILERS, trailers.ptr, trailers.len);
    http_respond_bytes(resp, 200, CONTENT_TYPE, out.ptr, out.len);
}

static const struct method *find(const char *path)
{
    for (const struct method *m = methods; m->path != NULL; m++)
        if (strcmp(m->path, path) == 0)
            return m;
    return NULL;
}

/* grpc-go's words for a method it does not have. */
static void fail_unknown(struct call *c, const char *path)
{
    const char *slash = strrchr(path, '/');
    call_fail(c, GRPC_UNIMPLEMENTED, "unknown method %s for service %.*s", slash + 1,
              (int)(slash - path - 1), path + 1);
}

void argocd_grpcweb(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(call_deinit) struct call c = {.m = m, .setup = argocd_setup(m), .req = req};
    const struct method *method = find(req->path);
    const char *type = params_get_ci(&req->headers, "Content-Type");
    const char *frame = NULL;
    size_t n = 0;
    struct err err = {0};
    /* The server tells gRPC-web from its own pages by the content type. */
    if (!cstr_starts(type, "application/grpc-web")) {
        argocd_ui(ctx, req, resp);
        return;
    }
    if (method == NULL)
        fail_unknown(&c, req->path);
    else if (!read_frame(req, &frame, &n))
        call_fail(&c, GRPC_INTERNAL, "unexpected EOF");
    else if (pb_read_texts(frame, n, c.args, method->args, &err) != 0)
        call_fail(&c, GRPC_INTERNAL, "grpc: error unmarshalling request: %s", err.msg);
    else
        call_serve(&c, method->serve, method->auth, SESSION_GRPC_HEADER);
    respond(&c, method != NULL ? method->fields : NULL, resp);
}
