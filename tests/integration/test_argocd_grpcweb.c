/*
 * The mock Argo CD's gRPC-web by its wire alone (argocd.md 3.6): frames in, frames or a status out.
 * Literals come from tests/data/wire/argocd.tsv.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

#define BYTES(s_) s_, sizeof(s_) - 1
#define CAN_I "/account.AccountService/CanI"
#define SETTINGS "/cluster.SettingsService/Get"

/* The literal with its "\r" too, which the file cannot hold. Caller frees. */
static char *literal(const char *id)
{
    const char *text = wire(id);
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '\\' && at[1] == 'r') {
            buf_addc(&b, '\r');
            at++;
        } else {
            buf_addc(&b, *at);
        }
    }
    return buf_take(&b);
}

/* A whole body as it is sent. headers: "Name: value" lines or NULL. */
static void post(struct fx *f, const char *path, const char *headers, const char *body, size_t n,
                 struct http_response *ret)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(xfree) char *url = xasprintf("%s%s", FX_URL, path);
    struct str rest = str_of(headers != NULL ? headers : "");
    struct str line;
    struct err err = {0};
    http_response_deinit(ret);
    http_request_set(&req, "POST", url);
    params_add(&req.headers, "Content-Type", wire("grpcweb.type"));
    while (rest.len > 0 && str_next(&rest, '\n', &line)) {
        const char *colon = memchr(line.ptr, ':', line.len);
        size_t name = (size_t)(colon - line.ptr);
        AUTO(xfree) char *left = xstrndup(line.ptr, name);
        AUTO(xfree) char *right = xstrndup(colon + 2, line.len - name - 2);
        params_add(&req.headers, left, right);
    }
    xfree(req.body);
    req.body = xmemdup(body, n + 1);
    req.body_len = n;
    if (http_client_do(f->client, &req, ret, &err) != 0)
        fail_msg("%s", err.msg);
}

/* One call as the CLI makes it: one frame. */
static void call(struct fx *f, const char *method, const char *token, const char *message, size_t n,
                 struct http_response *ret)
{
    AUTO(buf_deinit) struct buf body;
    AUTO(xfree) char *line = token != NULL ? xasprintf("token: %s", token) : NULL;
    const char head[] = {0, 0, 0, (char)(n >> 8), (char)n};
    buf_init(&body, BUF_MAX_TEXT);
    buf_add(&body, head, sizeof(head));
    buf_add(&body, message, n);
    post(f, method, line, body.ptr, body.len, ret);
}

static void assert_success(const struct http_response *r)
{
    assert_int_equal(r->status, 200);
    assert_string_equal(fx_header(r, "Content-Type"), wire("grpcweb.type"));
    assert_string_equal(fx_header(r, "Access-Control-Expose-Headers"), wire("grpcweb.exposed"));
    assert_string_equal(fx_header(r, "Vary"), "Origin");
    assert_string_equal(fx_header(r, "Grpc-Status"), "");
}

/* The whole body: a data frame with this message, then the trailers of success. */
static void assert_frames(const struct http_response *r, const char *message, size_t n)
{
    AUTO(xfree) char *trailers = literal("grpcweb.trailers");
    const unsigned char *b = (const unsigned char *)r->body;
    size_t m = strlen(trailers);
    assert_success(r);
    assert_int_equal(r->body_len, 5 + n + 5 + m);
    assert_int_equal(b[0], 0);
    assert_int_equal(b[1] << 24 | b[2] << 16 | b[3] << 8 | b[4], n);
    assert_memory_equal(b + 5, message, n);
    b += 5 + n;
    assert_int_equal(b[0], 0x80);
    assert_int_equal(b[1] << 24 | b[2] << 16 | b[3] << 8 | b[4], m);
    assert_memory_equal(b + 5, trailers, m);
}

/* Nothing but the head tells of a failure: the body is empty. */
static void assert_failure(const struct http_response *r, const char *code, const char *text)
{
    assert_int_equal(r->status, 200);
    assert_string_equal(fx_header(r, "Content-Type"), wire("grpcweb.type"));
    assert_string_equal(fx_header(r, "Grpc-Status"), code);
    assert_string_equal(fx_header(r, "Grpc-Message"), text);
    assert_string_equal(fx_header(r, "Access-Control-Expose-Headers"),
                        wire("grpcweb.exposed-failure"));
    assert_int_equal(r->body_len, 0);
}

/* ---- the calls ---- */

/* Every field the guide's settings have, in the order of their numbers. */
static void test_settings__for_the_cli(void **state)
{
    static const char message[] = "\x0a\x16https://argocd.company"
                                  "\x12\x13\x0a\x11\x0a\x09"
                                  "authentik\x12\x04oidc"
                                  "\x22\x1a"
                                  "app.kubernetes.io/instance"
                                  "\x3a\x02\x10\x01"
                                  "\x42\x04\x0a\x00\x12\x00"
                                  "\x4a\x00"
                                  "\x92\x01\x0a"
                                  "annotation";
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    call(f, SETTINGS, NULL, BYTES(""), &r);
    assert_frames(&r, BYTES(message));
    /* A token that does not hold changes nothing: the settings are for everybody. */
    call(f, SETTINGS, "a.b.c", BYTES(""), &r);
    assert_frames(&r, BYTES(message));
}

static void test_calls__of_somebody(void **state)
{
    static const char userinfo[] = "\x08\x01\x12\x11"
                                   "alice@example.com\x1a\x1e" FX_URL "/api/dex\x22\x0d"
                                   "ArgoCD Admins";
    static const char question[] = "\x0a\x0c"
                                   "applications\x12\x04sync\x1a\x11"
                                   "default/guestbook";
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    call(f, "/version.VersionService/Version", NULL, BYTES(""), &r);
    assert_frames(&r, BYTES("\x0a\x0ev3.5.1+109ca7c"));
    call(f, "/session.SessionService/GetUserInfo", f->dex.id_token, BYTES(""), &r);
    assert_frames(&r, BYTES(userinfo));
    call(f, "/session.SessionService/GetUserInfo", NULL, BYTES(""), &r);
    assert_frames(&r, BYTES(""));
    call(f, CAN_I, f->dex.id_token, BYTES(question), &r);
    assert_frames(&r, BYTES("\x0a\x03yes"));
}

static void test_can_i__no_is_an_answer(void **state)
{
    static const char question[] = "\x0a\x0c"
                                   "applications\x12\x04sync\x1a\x11"
                                   "default/guestbook";
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, "{\"groups\":[\"ArgoCD Viewers\"]}", "rsa-2048-1");
    call(f, CAN_I, token, BYTES(question), &r);
    assert_frames(&r, BYTES("\x0a\x02no"));
}

/* The token is the metadata `token`; over REST that header is nobody's (4.1). */
static void test_token__is_metadata(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *bearer = xasprintf("Authorization: Bearer %s", f->dex.id_token);
    AUTO(xfree) char *gateway = xasprintf("Grpc-Metadata-Token: %s", f->dex.id_token);
    AUTO(xfree) char *cookie = fx_cookie_line(f->dex.id_token);
    const char *const good[] = {bearer, cookie};
    for (size_t i = 0; i < TEST_COUNT(good); i++) {
        post(f, "/session.SessionService/GetUserInfo", good[i], BYTES("\0\0\0\0\0"), &r);
        assert_true(r.body_len > 50);
    }
    post(f, "/session.SessionService/GetUserInfo", gateway, BYTES("\0\0\0\0\0"), &r);
    assert_frames(&r, BYTES(""));
    AUTO(xfree) char *token = xasprintf("token: %s", f->dex.id_token);
    fx_get(f, "/api/v1/session/userinfo", token, &r);
    assert_text(&r, 200, "{}");
}

/* ---- refusals ---- */

static const struct refusal {
    const char *name;
    const char *path;
    const char *headers;
    const char *body;
    size_t n;
    const char *code;
    const char *literal;
} refusals[] = {
    {"unauthenticated", CAN_I, NULL, BYTES("\0\0\0\0\0"), "16", "grpcweb.no-session"},
    {"no_frame", SETTINGS, NULL, BYTES(""), "2", "grpcweb.no-frame"},
    {"half_a_head", SETTINGS, NULL, BYTES("\0\0\0"), "2", "grpcweb.short-frame"},
    {"cut_off", SETTINGS, NULL,
     BYTES("\0\0\0\0\x05"
           "ab"),
     "2", "grpcweb.short-frame"},
    {"too_large", SETTINGS, NULL, BYTES("\0\x0c\x80\0\x01"), "8", "grpcweb.too-large"},
    {"compressed", SETTINGS, NULL, BYTES("\x01\0\0\0\0"), "13", "grpcweb.compressed"},
    {"other_format", SETTINGS, NULL, BYTES("\x07\0\0\0\0"), "13", "grpcweb.format"},
    {"other_encoding", SETTINGS, "grpc-encoding: snappy", BYTES("\x01\0\0\0\0"), "12",
     "grpcweb.encoding"},
    /* The message is read before anybody asks who calls. */
    {"no_message", CAN_I, NULL, BYTES("\0\0\0\0\x02\x0a\x7f"), "13", "grpcweb.no-message"},
    {"unknown_service", "/nobody.Service/Nothing", NULL, BYTES("\0\0\0\0\0"), "12",
     "grpcweb.no-service"},
    {"unknown_method", "/account.AccountService/Nothing", NULL, BYTES("\0\0\0\0\0"), "12",
     "grpcweb.no-method"},
    {"no_method_name", "/Nothing", NULL, BYTES("\0\0\0\0\0"), "12", "grpcweb.no-name"},
};

static const struct refusal *row;

static void test_refusal(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    post(f, row->path, row->headers, row->body, row->n, &r);
    assert_failure(&r, row->code, wire(row->literal));
}

static int setup_row(void **state)
{
    row = *state;
    return fx_setup(state);
}

static void test_refusal__of_the_endpoint(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    call(f, CAN_I, f->dex.id_token, BYTES("\x12\x04read"), &r);
    assert_failure(&r, "3", wire("can-i.bad-action"));
    call(f, CAN_I, "a.b.c", BYTES(""), &r);
    assert_string_equal(fx_header(&r, "Grpc-Status"), "16");
    assert_has(fx_header(&r, "Grpc-Message"), "invalid session: ");
}

/* What a header cannot carry is percent-encoded. */
static void test_refusal__message_is_encoded(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    call(f, CAN_I, f->dex.id_token, BYTES("\x0a\x09\xc3\xa4\x0a% does\x12\x03get"), &r);
    assert_string_equal(fx_header(&r, "Grpc-Status"), "3");
    assert_has(fx_header(&r, "Grpc-Message"), wire("grpcweb.escaped"));
}

/* `argocd login --username`: the token is the one field of the answer. */
static void test_session__by_password(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    js_set_text(f->secret, "admin.password",
                "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i");
    call(f, "/session.SessionService/Create", NULL,
         BYTES("\x0a\x05"
               "admin"
               "\x12\x03"
               "abc"),
         &r);
    assert_success(&r);
    assert_true(r.body_len > 100);
    assert_int_equal(r.body[5], 0x0a);
    assert_memory_equal(r.body + 8, "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.", 37);
    call(f, "/session.SessionService/Create", NULL,
         BYTES("\x0a\x05"
               "admin"
               "\x12\x03"
               "abd"),
         &r);
    assert_failure(&r, "16", wire("grpcweb.password"));
    call(f, "/session.SessionService/Delete", NULL, BYTES(""), &r);
    assert_frames(&r, BYTES(""));
}

/* More than one frame: a unary call reads the first. */
static void test_frames__the_first_counts(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    post(f, "/version.VersionService/Version", NULL, BYTES("\0\0\0\0\0\x07garbage"), &r);
    assert_frames(&r, BYTES("\x0a\x0ev3.5.1+109ca7c"));
}

/* handlerSwitcher knows one content type, to the letter; everything else is a page or a 404. */
static void test_content_type__to_the_letter(void **state)
{
    static const char *const others[] = {"application/grpc-web", "application/grpc-web-text+proto",
                                         "application/grpc-web+proto; charset=utf-8",
                                         "application/grpc", "application/json"};
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    for (size_t i = 0; i < TEST_COUNT(others); i++) {
        AUTO(xfree) char *line = xasprintf("Content-Type: %s", others[i]);
        fx_do(f, "POST", SETTINGS, line, "AAAAAAA=", &r);
        assert_int_equal(r.status, 404);
        assert_string_equal(fx_header(&r, "Grpc-Status"), "");
    }
}

static void test_method__post_alone(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = xasprintf("Content-Type: %s", wire("grpcweb.type"));
    fx_get(f, SETTINGS, line, &r);
    assert_go_error(&r, 405, wire("grpcweb.not-post"));
    assert_string_equal(fx_header(&r, "Allow"), "POST");
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)
#define PLAIN 10

int main(void)
{
    static struct refusal rows[TEST_COUNT(refusals)];
    struct CMUnitTest tests[PLAIN + TEST_COUNT(refusals)] = {
        FX_TEST(test_settings__for_the_cli),       FX_TEST(test_calls__of_somebody),
        FX_TEST(test_can_i__no_is_an_answer),      FX_TEST(test_token__is_metadata),
        FX_TEST(test_refusal__of_the_endpoint),    FX_TEST(test_refusal__message_is_encoded),
        FX_TEST(test_session__by_password),        FX_TEST(test_frames__the_first_counts),
        FX_TEST(test_content_type__to_the_letter), FX_TEST(test_method__post_alone),
    };
    for (size_t i = 0; i < TEST_COUNT(refusals); i++) {
        rows[i] = refusals[i];
        tests[PLAIN + i] = (struct CMUnitTest){.name = rows[i].name,
                                               .test_func = test_refusal,
                                               .setup_func = setup_row,
                                               .teardown_func = fx_teardown,
                                               .initial_state = &rows[i]};
    }
    return TEST_MAIN(tests);
}
