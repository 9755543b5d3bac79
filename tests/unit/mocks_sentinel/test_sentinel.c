/*
 * The four sentinels, over http and https: each does its one thing to every request, whatever its
 * method and path, and ends at once however many wait for it. A healthy site is the twin.
 */
#include "tests/support/test.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/str.h"
#include "harness/http/client.h"
#include "mocks/sentinel/sentinel.h"

#define NAME "system.example"

struct fixture {
    struct clock *clock;
    struct http_host *host;
    struct http_ca *ca;
    struct http_tls *tls;
    struct http_name name;
    struct http_names names;
    struct http_client *client;
    struct sentinel *sentinel;
};

static int set_up(void **state)
{
    static const char *const hosts[] = {NAME, NULL};
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->clock = clock_new_virtual(CLOCK_START_S);
    *state = f;
    return http_host_new(&f->host, NULL) == 0 && http_ca_new(hosts, &f->ca, NULL) == 0 &&
                   http_ca_leaf(f->ca, HTTP_LEAF_GOOD, &f->tls, NULL) == 0
               ? 0
               : -1;
}

static void stop(struct fixture *f)
{
    f->sentinel = sentinel_free(f->sentinel);
    f->client = http_client_free(f->client);
    f->name.origin = xfree(f->name.origin);
    f->name.connect_host = xfree(f->name.connect_host);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    stop(f);
    http_host_free(f->host);
    http_tls_free(f->tls);
    http_ca_free(f->ca);
    clock_free(f->clock);
    xfree(f);
    return 0;
}

static void lead_to(struct fixture *f, bool tls, uint16_t port)
{
    struct err err = {0};
    f->name = (struct http_name){.origin = xasprintf("http%s://" NAME, tls ? "s" : ""),
                                 .system = "authentik",
                                 .connect_host = xstrdup("127.0.0.1"),
                                 .connect_port = port};
    f->names = (struct http_names){&f->name, 1};
    const struct http_client_conf conf = {
        .party = "rp", .names = &f->names, .trust = http_ca_trust(f->ca), .timeout_ms = 150};
    if (http_client_new(&conf, &f->client, &err) != 0)
        fail_msg("%s", err.msg);
}

static void start(struct fixture *f, enum sentinel_kind kind, bool tls)
{
    const struct sentinel_conf conf = {.kind = kind,
                                       .host = f->host,
                                       .addr = "127.0.0.1",
                                       .tls = tls ? f->tls : NULL,
                                       .clock = f->clock};
    struct err err = {0};
    if (sentinel_new(&conf, &f->sentinel, &err) != 0)
        fail_msg("%s", err.msg);
    lead_to(f, tls, sentinel_port(f->sentinel));
}

static int ask(struct fixture *f, const char *method, const char *path, struct http_response *ret,
               struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(xfree) char *url = xasprintf("%s%s", f->name.origin, path);
    http_request_set(&req, method, url);
    return http_client_do(f->client, &req, ret, err);
}

static const struct {
    enum sentinel_kind kind;
    int status;       /* 0: none */
    const char *text; /* of the error; NULL = the connection's end, whichever way it is met */
} kinds[] = {
    {SENTINEL_CLOSES, 0, NULL},
    {SENTINEL_EMPTY, 200, NULL},
    {SENTINEL_FAILS, 500, NULL},
    {SENTINEL_SILENT, 0,
     "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"},
};

static void assert_error(const struct err *err, const char *text)
{
    assert_int_equal(err->code == ERR_TIMEOUT, text != NULL);
    if (text != NULL)
        assert_string_equal(err->msg, text);
    else if (strstr(err->msg, "EOF") == NULL && strstr(err->msg, "reset by peer") == NULL)
        fail_msg("%s", err->msg);
}

static void test_kinds__the_same_to_everything(void **state)
{
    static const struct {
        const char *method, *path;
    } requests[] = {{"GET", "/"},
                    {"POST", "/application/o/token/"},
                    {"GET", "/api/dex/keys?x=y"},
                    {"DELETE", "/%00/.."},
                    {"GET", "/.well-known/openid-configuration"}};
    struct fixture *f = *state;
    for (size_t k = 0; k < TEST_COUNT(kinds); k++)
        for (int tls = 0; tls < 2; tls++) {
            start(f, kinds[k].kind, tls != 0);
            for (size_t i = 0; i < TEST_COUNT(requests); i++) {
                AUTO(http_response_deinit) struct http_response r = {0};
                struct err err = {0};
                int rc = ask(f, requests[i].method, requests[i].path, &r, &err);
                assert_int_equal(rc, kinds[k].status != 0 ? 0 : -1);
                assert_int_equal(r.status, kinds[k].status);
                assert_int_equal(r.body_len, 0);
                if (rc != 0)
                    assert_error(&err, kinds[k].text);
            }
            stop(f);
        }
}

static void fine(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond(resp, 200, "text/plain", "fine");
}

/* The same client, the same names, a server that is one. */
static void test_twin__a_healthy_site_answers(void **state)
{
    struct fixture *f = *state;
    const struct http_site site = {
        .name = "twin", .fallback = fine, .tls = f->tls, .clock = f->clock};
    struct http_listener *l = NULL;
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    assert_int_equal(http_listen(f->host, &site, "127.0.0.1", 0, &l, &err), 0);
    lead_to(f, true, http_listener_port(l));
    assert_int_equal(ask(f, "GET", "/", &r, &err), 0);
    assert_string_equal(r.body, "fine");
    http_listener_free(l);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* Not a byte is needed: whoever connects reads the end. */
static void test_closes__before_a_word_is_said(void **state)
{
    struct fixture *f = *state;
    start(f, SENTINEL_CLOSES, true);
    for (int i = 0; i < 50; i++) {
        char byte = 0;
        int fd = connect_to(sentinel_port(f->sentinel));
        assert_int_equal(recv(fd, &byte, 1, 0), 0);
        close(fd);
    }
}

/* The end does not wait for those who wait. */
static void test_silent__ends_under_open_connections(void **state)
{
    struct fixture *f = *state;
    int fds[8];
    static const char request[] = "GET / HTTP/1.1\r\nHost: " NAME "\r\n\r\n";
    start(f, SENTINEL_SILENT, false);
    for (size_t i = 0; i < TEST_COUNT(fds); i++) {
        fds[i] = connect_to(sentinel_port(f->sentinel));
        assert_int_equal(send(fds[i], request, sizeof(request) - 1, MSG_NOSIGNAL),
                         sizeof(request) - 1);
    }
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    assert_int_equal(ask(f, "GET", "/", &r, &err), -1); /* the eight were taken before */
    assert_int_equal(err.code, ERR_TIMEOUT);
    int64_t before = clock_mono_ns();
    f->sentinel = sentinel_free(f->sentinel);
    assert_true((clock_mono_ns() - before) / 1000000 < 2000);
    for (size_t i = 0; i < TEST_COUNT(fds); i++) {
        char byte = 0;
        assert_true(recv(fds[i], &byte, 1, 0) <= 0);
        close(fds[i]);
    }
}

static void test_port__taken_is_an_error_that_names_it(void **state)
{
    struct fixture *f = *state;
    for (size_t k = 0; k < TEST_COUNT(kinds); k++) {
        start(f, kinds[k].kind, false);
        const struct sentinel_conf conf = {.kind = kinds[k].kind,
                                           .host = f->host,
                                           .addr = "127.0.0.1",
                                           .port = sentinel_port(f->sentinel),
                                           .clock = f->clock};
        struct sentinel *second = NULL;
        struct err err = {0};
        assert_int_equal(sentinel_new(&conf, &second, &err), -1);
        assert_null(second);
        assert_int_equal(err.code, ERR_IO);
        assert_non_null(strstr(err.msg, "bind: address already in use"));
        stop(f);
    }
}

static void test_names__there_and_back(void **state)
{
    for (enum sentinel_kind k = SENTINEL_NONE + 1; k < SENTINEL_MAX_; k++) {
        assert_int_equal(sentinel_find(sentinel_name(k)), k);
        assert_true(strlen(sentinel_does(k)) > 5);
    }
    assert_int_equal(sentinel_find("none"), SENTINEL_NONE);
    assert_int_equal(sentinel_find("closed"), SENTINEL_NONE);
    assert_int_equal(sentinel_find(""), SENTINEL_NONE);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kinds__the_same_to_everything),
        TEST(test_twin__a_healthy_site_answers),
        TEST(test_closes__before_a_word_is_said),
        TEST(test_silent__ends_under_open_connections),
        TEST(test_port__taken_is_an_error_that_names_it),
        cmocka_unit_test(test_names__there_and_back),
    };
    return TEST_MAIN(tests);
}
