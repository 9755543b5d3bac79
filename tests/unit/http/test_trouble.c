/*
 * What breaks around the servers is told, what a fault or a leaving client does is not: a failed
 * accept, an answer that could not be written, the faults, clients that go, listeners that close;
 * and which failures the client marks as a lost connection.
 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>

#include "harness/base/str.h"
#include "harness/trace/trace.h"
#include "tests/unit/http/web.h"

/* The host's trouble, once it has one; the test's time limit bounds the wait. */
static char *wait_for_trouble(struct web *w)
{
    char *t = http_host_trouble(w->host);
    while (t == NULL) {
        (void)sched_yield();
        t = http_host_trouble(w->host);
    }
    return t;
}

/* No further file: the lowest free number becomes the limit. Returns the limit that was. */
static struct rlimit exhaust_files(void)
{
    struct rlimit before = {0};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(next >= 0);
    close(next);
    struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

static void test_accept__that_fails_is_told_and_tried_again(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(http_listener_port(w->listener))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct rlimit before = exhaust_files();
    int rc = connect(fd, (struct sockaddr *)&a, sizeof(a));
    AUTO(xfree) char *trouble = wait_for_trouble(w);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(rc, 0);
    assert_string_equal(trouble, "site: accept a connection: Too many open files");
    web_send(fd, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    AUTO(xfree) char *answer = web_drain(fd);
    assert_true(cstr_starts(answer, "HTTP/1.1 200 OK\r\n"));
}

static void test_accept__listener_goes_while_it_pauses(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(http_listener_port(w->listener))};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct rlimit before = exhaust_files();
    int rc = connect(fd, (struct sockaddr *)&a, sizeof(a));
    AUTO(xfree) char *trouble = wait_for_trouble(w);
    w->listener = http_listener_free(w->listener);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(rc, 0);
    assert_non_null(trouble);
    AUTO(xfree) char *nothing = web_drain(fd);
    assert_string_equal(nothing, "");
}

/* More than the kernel keeps for a peer that does not read. */
static void huge(void *ctx, const struct http_request *req, struct http_response *resp)
{
    enum { LEN = 64 * 1024 * 1024 };
    resp->status = 200;
    resp->body = xcalloc(1, LEN);
    resp->body_len = LEN;
}

static const struct http_route HUGE_ROUTES[] = {{"GET", "/huge", huge, false}, {0}};

static void test_answer__that_cannot_be_written_is_told(void **state)
{
    AUTO(web_free) struct web *w = web_new(false);
    struct http_site site = web_site(w, false);
    site.routes = HUGE_ROUTES;
    web_listen(w, &site);
    int fd = web_connect(http_listener_port(w->listener));
    char first = 0;
    web_send(fd, "GET /huge HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(recv(fd, &first, 1, 0), 1); /* it is being written now */
    close(fd);
    AUTO(xfree) char *trouble = wait_for_trouble(w);
    assert_string_equal(trouble,
                        "site: the connection ended before the answer to GET /huge was written");
    assert_null(http_host_trouble(w->host)); /* told once */
}

struct lost_row {
    enum http_fault_kind kind;
    bool lost; /* as the client sees it */
};

static const struct lost_row LOST[] = {
    {HTTP_FAULT_NONE, false},     {HTTP_FAULT_CUT, true},   {HTTP_FAULT_TRUNCATE, true},
    {HTTP_FAULT_RESET, true},     {HTTP_FAULT_CLOSE, true}, {HTTP_FAULT_MALFORMED, false},
    {HTTP_FAULT_OVERSIZE, false},
};

static void play_all(bool tls)
{
    AUTO(web_free) struct web *w = web_serving(tls);
    AUTO(trace_free) struct trace *t = trace_new(w->clock);
    AUTO(http_response_deinit) struct http_response r = {0};
    http_client_set_trace(w->client, t);
    for (size_t i = 0; i < TEST_COUNT(LOST); i++) {
        struct err err = {0};
        web_play(w, (struct http_fault){.kind = LOST[i].kind, .size = 64UL * 1024 * 1024});
        int rc = web_ask(w, w->client, "GET", "/", &r, &err);
        assert_int_equal(rc == 0, LOST[i].kind == HTTP_FAULT_NONE);
        const struct trace_event *e = trace_at(t, i);
        if ((e->lost != NULL) != LOST[i].lost)
            fail_msg("fault %d: lost: %s", (int)LOST[i].kind, e->lost == NULL ? "no" : e->lost);
    }
    http_client_set_trace(w->client, NULL);
    w->listener = http_listener_free(w->listener);
    AUTO(xfree) char *trouble = http_host_trouble(w->host);
    assert_null(trouble);
}

static void test_faults__are_no_trouble_of_the_server_http(void **state)
{
    play_all(false);
}

static void test_faults__are_no_trouble_of_the_server_https(void **state)
{
    play_all(true);
}

static void test_certificate__refused_is_no_lost_connection(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(web_free) struct web *other = web_new(true);
    AUTO(trace_free) struct trace *t = trace_new(w->clock);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    struct http_client *c =
        web_client(w, (struct http_client_conf){.trust = http_ca_trust(other->ca), .trace = t});
    assert_int_equal(web_ask(w, c, "GET", "/", &r, &err), -1);
    http_client_free(c);
    assert_int_equal(err.code, ERR_TLS);
    assert_null(trace_at(t, 0)->lost);
}

static void test_nobody_listens__is_a_lost_connection(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    AUTO(trace_free) struct trace *t = trace_new(w->clock);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    web_close(w);
    http_client_set_trace(w->client, t);
    assert_int_equal(web_ask(w, w->client, "GET", "/", &r, &err), -1);
    http_client_set_trace(w->client, NULL);
    assert_true(cstr_contains(trace_at(t, 0)->lost, "Connection refused"));
}

static void test_client__that_leaves_while_the_handler_runs_is_no_trouble(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    AUTO(http_response_deinit) struct http_response r = {0};
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    web_wait_entered(w, 1);
    close(fd);
    web_open_gate(w);
    web_get(w, "/worker", &r); /* behind the other on the one worker */
    w->listener = http_listener_free(w->listener);
    AUTO(xfree) char *trouble = http_host_trouble(w->host);
    assert_null(trouble);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accept__that_fails_is_told_and_tried_again),
        cmocka_unit_test(test_accept__listener_goes_while_it_pauses),
        cmocka_unit_test(test_answer__that_cannot_be_written_is_told),
        cmocka_unit_test(test_faults__are_no_trouble_of_the_server_http),
        cmocka_unit_test(test_faults__are_no_trouble_of_the_server_https),
        cmocka_unit_test(test_certificate__refused_is_no_lost_connection),
        cmocka_unit_test(test_nobody_listens__is_a_lost_connection),
        cmocka_unit_test(test_client__that_leaves_while_the_handler_runs_is_no_trouble),
    };
    return TEST_MAIN(tests);
}
