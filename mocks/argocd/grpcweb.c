/*
 * gRPC-web over HTTP/1.1: the methods that `argocd login`, `account get-user-info` and
 * `account can-i` call (argocd.md 3.6). What is answered comes from the same endpoints as over
 * REST. The reference read the client alone; what the server writes is improbable-eng/grpc-web's
 * wrapper.go and grpc_web_response.go around grpc-go's handler_server.go (certainty D).
 */
#include <stdint.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/frames.h"
#include "mocks/argocd/pbjson.h"
#include "mocks/argocd/proto/account.pb-c.h"
#include "mocks/argocd/proto/session.pb-c.h"
#include "mocks/argocd/proto/settings.pb-c.h"
#include "mocks/argocd/proto/version.pb-c.h"
#include "mocks/common/gotext.h"

/* ARGOCD_GRPC_MAX_SIZE_MB: 200. */
#define MESSAGE_MAX (200UL * 1024 * 1024)

struct method {
    const char *path;
    void (*serve)(struct call *c);
    enum call_auth auth;
    const ProtobufCMessageDescriptor *request; /* its fields in order are the call's arguments */
    const ProtobufCMessageDescriptor *answer;
};

static const struct method methods[] = {
    {"/version.VersionService/Version", endpoint_version, CALL_AUTH_NONE,
     &version__version_request__descriptor, &version__version_message__descriptor},
    {"/cluster.SettingsService/Get", endpoint_settings, CALL_AUTH_OPTIONAL,
     &cluster__settings_query__descriptor, &cluster__settings__descriptor},
    {"/session.SessionService/Create", endpoint_session_create, CALL_AUTH_NONE,
     &session__session_create_request__descriptor, &session__session_response__descriptor},
    {"/session.SessionService/Delete", endpoint_session_delete, CALL_AUTH_NONE,
     &session__session_delete_request__descriptor, &session__session_response__descriptor},
    {"/session.SessionService/GetUserInfo", endpoint_userinfo, CALL_AUTH_OPTIONAL,
     &session__get_user_info_request__descriptor, &session__get_user_info_response__descriptor},
    {"/account.AccountService/CanI", endpoint_can_i, CALL_AUTH_REQUIRED,
     &account__can_irequest__descriptor, &account__can_iresponse__descriptor},
    {NULL, NULL, CALL_AUTH_NONE, NULL, NULL},
};

/* ---- which method ---- */

/* grpc-go's handleStream: "/service/Method"; a service that has other methods is a known one. */
static const struct method *find(struct call *c, const char *path)
{
    const char *name = path[0] == '/' ? path + 1 : path;
    const char *slash = strrchr(name, '/');
    AUTO(xfree) char *quoted = go_quoted(path);
    if (slash == NULL) {
        call_fail(c, GRPC_UNIMPLEMENTED, "malformed method name: %s", quoted);
        return NULL;
    }
    AUTO(xfree) char *service = xstrndup(name, (size_t)(slash - name));
    AUTO(xfree) char *prefix = xasprintf("/%s/", service);
    bool known = false;
    for (const struct method *m = methods; m->path != NULL; m++) {
        if (strcmp(m->path, path) == 0)
            return m;
        known = known || cstr_starts(m->path, prefix);
    }
    if (known)
        call_fail(c, GRPC_UNIMPLEMENTED, "unknown method %s for service %s", slash + 1, service);
    else
        call_fail(c, GRPC_UNIMPLEMENTED, "unknown service %s", service);
    return NULL;
}

/* ---- the request's one frame ---- */

/* A compression that is named but not installed is refused before anything is read. */
static bool encoding_is_known(struct call *c)
{
    const char *encoding = params_get_ci(&c->req->headers, "grpc-encoding");
    if (encoding == NULL || encoding[0] == '\0' || strcmp(encoding, "identity") == 0)
        return true;
    AUTO(xfree) char *quoted = go_quoted(encoding);
    call_fail(c, GRPC_UNIMPLEMENTED, "grpc: Decompressor is not installed for grpc-encoding %s",
              quoted);
    return false;
}

/* The size is judged by the head alone, the rest when it is there: grpc-go's recvMsg. */
static bool read_frame(struct call *c, struct frame *ret)
{
    struct str rest = {c->req->body, c->req->body_len};
    if (!frame_next(&rest, ret)) {
        call_fail(c, GRPC_UNKNOWN, rest.len == 0 ? "EOF" : "unexpected EOF");
        return false;
    }
    if (ret->wanted > MESSAGE_MAX)
        call_fail(c, GRPC_RESOURCE_EXHAUSTED,
                  "grpc: received message larger than max (%zu vs. %lu)", ret->wanted, MESSAGE_MAX);
    else if (ret->bytes.len < ret->wanted)
        call_fail(c, GRPC_UNKNOWN, "unexpected EOF");
    else if (ret->kind == FRAME_COMPRESSED)
        call_fail(c, GRPC_INTERNAL, "grpc: compressed flag set with identity or empty encoding");
    else if (ret->kind != FRAME_DATA)
        call_fail(c, GRPC_INTERNAL, "grpc: received unexpected payload format %d", ret->kind);
    return c->message == NULL;
}

/* Absent texts are "". */
static void take_args(struct call *c, const struct method *m, const struct js *request)
{
    for (unsigned i = 0; i < m->request->n_fields && i < CALL_ARGS; i++) {
        const char *text = js_get_text(request, m->request->fields[i].name);
        c->args[i] = xstrdup(text != NULL ? text : "");
    }
}

static bool read_request(struct call *c, const struct method *m)
{
    struct frame frame = {0};
    AUTO(js_free) struct js *request = NULL;
    struct err err = {0};
    if (!encoding_is_known(c) || !read_frame(c, &frame))
        return false;
    if (pb_read(frame.bytes.ptr, frame.bytes.len, m->request, &request, &err) != 0) {
        call_fail(c, GRPC_INTERNAL, "grpc: error unmarshalling request: unexpected EOF");
        return false;
    }
    take_args(c, m, request);
    return true;
}

/* ---- the answer ---- */

/* rs/cors and the wrapper write these on every answer. */
static void add_cors(struct http_response *resp, bool failed)
{
    params_add(&resp->headers, "Vary", "Origin");
    params_addf(&resp->headers, "Access-Control-Expose-Headers",
                "Content-Type%s, Vary, grpc-status, grpc-message",
                failed ? ", Grpc-Message, Grpc-Status" : "");
}

/* Nothing was written when a call fails: its trailers become the head, and there is no body. */
static void respond_failure(const struct call *c, struct http_response *resp)
{
    AUTO(xfree) char *text = url_encode(str_of(c->message), " !\"#$&'()*+,/:;<=>?@[\\]^`{|}");
    http_respond_bytes(resp, 200, GRPCWEB_TYPE, "", 0);
    params_addf(&resp->headers, "Grpc-Status", "%d", (int)c->code);
    params_add(&resp->headers, "Grpc-Message", text);
    add_cors(resp, true);
}

static void respond(const struct call *c, const struct method *m, struct http_response *resp)
{
    static const char trailers[] = "grpc-status: 0\r\n";
    AUTO(buf_deinit) struct buf message = {0};
    AUTO(buf_deinit) struct buf out = {0};
    buf_init(&message, BUF_MAX_TEXT);
    buf_init(&out, BUF_MAX_TEXT);
    pb_write(&message, c->answer, m->answer);
    frame_put(&out, FRAME_DATA, message.ptr, message.len);
    frame_put(&out, FRAME_TRAILERS, trailers, sizeof(trailers) - 1);
    http_respond_bytes(resp, 200, GRPCWEB_TYPE, out.ptr, out.len);
    add_cors(resp, false);
}

/* The wrapper takes POST alone for gRPC-web; the rest reaches grpc-go as it is. */
static void refuse_http_method(const struct http_request *req, struct http_response *resp)
{
    AUTO(xfree) char *quoted = go_quoted(req->method);
    AUTO(xfree) char *text = xasprintf("invalid gRPC request method %s", quoted);
    params_add(&resp->headers, "Allow", "POST");
    http_respond_go_error(resp, 405, text);
}

bool argocd_is_grpcweb(const struct http_request *req)
{
    return cstr_eq(params_get_ci(&req->headers, "Content-Type"), GRPCWEB_TYPE);
}

void argocd_grpcweb(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(call_deinit) struct call c = {.m = m, .setup = argocd_setup(m), .req = req};
    if (!argocd_is_grpcweb(req)) {
        argocd_ui(ctx, req, resp);
        return;
    }
    if (strcmp(req->method, "POST") != 0) {
        refuse_http_method(req, resp);
        return;
    }
    const struct method *method = find(&c, req->path);
    if (method != NULL && read_request(&c, method))
        call_serve(&c, method->serve, method->auth, SESSION_GRPC_HEADER);
    if (c.message != NULL)
        respond_failure(&c, resp);
    else
        respond(&c, method, resp);
}
