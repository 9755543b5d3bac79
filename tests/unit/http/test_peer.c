/*
 * Connections that owe a request: silent ones, dripping ones, and those that keep their time; over
 * http and https. And what a trace is told of requests from outside.
 */
#include "tests/support/test.h"

#include <poll.h>

#include "harness/base/str.h"
#include "tests/unit/http/web.h"

#define PATIENCE_MS 300

static struct web *hasty(bool tls)
{
    struct web *w = web_new(tls);
    struct http_site site = web_site(w, tls);
    site.first_request_ms = PATIENCE_MS;
    web_listen(w, &site);
    return w;
}

static int64_t now_ms(void)
{
    return clock_mono_ns() / 1000000;
}

/* Until the server closes or ms are over. True when it closed. */
static bool closes_within(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    return poll(&p, 1, ms) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void silent(bool tls)
{
    AUTO(web_free) struct web *w = hasty(tls);
    AUTO(http_response_deinit) struct http_response r = {0};
    int64_t before = now_ms();
    int fd = web_connect(http_listener_port(w->listener));
    web_get(w, "/", &r); /* others are served meanwhile */
    assert_int_equal(r.status, 200);
    assert_true(now_ms() - before < PATIENCE_MS);
    assert_true(closes_within(fd, 10000));
    assert_true(now_ms() - before >= PATIENCE_MS - 10);
    close(fd);
}

static void test_silent__is_closed_http(void **state)
{
    silent(false);
}

/* A handshake that never comes. */
static void test_silent__is_closed_https(void **state)
{
    silent(true);
}

/* evhttp's time-out begins anew with each byte; the deadline of the whole request does not. */
static void test_drip__a_byte_at_a_time_is_closed(void **state)
{
    AUTO(web_free) struct web *w = hasty(false);
    int64_t before = now_ms();
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
    bool closed = false;
    for (int i = 0; i < 100 && !closed; i++) {
        web_send(fd, "x");
        closed = closes_within(fd, PATIENCE_MS / 6);
    }
    assert_true(closed);
    assert_true(now_ms() - before < PATIENCE_MS * 10);
    close(fd);
}

/* The twin: slow, but in time. */
static void test_drip__in_time_is_answered(void **state)
{
    AUTO(web_free) struct web *w = hasty(false);
    int fd = web_connect(http_listener_port(w->listener));
    const char *const pieces[] = {"GET / HT", "TP/1.1\r\nHost: a\r\n", "Connection: close\r\n\r\n"};
    for (size_t i = 0; i < TEST_COUNT(pieces); i++) {
        assert_false(closes_within(fd, 20));
        web_send(fd, pieces[i]);
    }
    AUTO(xfree) char *got = web_drain(fd);
    assert_true(cstr_starts(got, "HTTP/1.1 200"));
}

/* The deadline is for the first request: a kept connection may rest longer. */
static void test_kept__may_rest_between_requests(void **state)
{
    AUTO(web_free) struct web *w = hasty(false);
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    char piece[4096];
    assert_true(recv(fd, piece, sizeof(piece), 0) > 0);
    assert_false(closes_within(fd, PATIENCE_MS * 2));
    web_send(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    AUTO(xfree) char *got = web_drain(fd);
    assert_true(cstr_starts(got, "HTTP/1.1 200"));
}

/* Who waits for a slow answer owes nothing. */
static void test_waiting__for_an_answer_has_no_deadline(void **state)
{
    AUTO(web_free) struct web *w = hasty(false);
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    web_wait_entered(w, 1);
    assert_false(closes_within(fd, PATIENCE_MS * 2));
    web_open_gate(w);
    AUTO(xfree) char *got = web_drain(fd);
    assert_true(cstr_starts(got, "HTTP/1.1 200"));
}

/* Ends while silent connections and unfinished requests are there. */
static void test_free__with_connections_that_owe_a_request(void **state)
{
    AUTO(web_free) struct web *w = hasty(true);
    int fds[8];
    for (size_t i = 0; i < TEST_COUNT(fds); i++)
        fds[i] = web_connect(http_listener_port(w->listener));
    w->listener = http_listener_free(w->listener);
    for (size_t i = 0; i < TEST_COUNT(fds); i++) {
        AUTO(xfree) char *got = web_drain(fds[i]);
        assert_string_equal(got, "");
    }
}

/* ---- the trace ------------------------------------------------------------------------------ */

#define OWN "127.0.0.2"

static struct web *told(struct trace *t)
{
    struct web *w = web_new(false);
    struct http_site site = web_site(w, false);
    site.trace = t;
    site.party = "authentik";
    site.own_address = OWN;
    web_listen(w, &site);
    return w;
}

static void test_trace__has_what_is_asked_from_outside(void **state)
{
    AUTO(clock_free) struct clock *clock = clock_new_virtual(CLOCK_START_S);
    AUTO(trace_free) struct trace *t = trace_new(clock);
    AUTO(web_free) struct web *w = told(t);
    AUTO(xfree)
    char *got = web_raw(http_listener_port(w->listener),
                        "POST /echo?q=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                        "Connection: close\r\n\r\nabc");
    assert_true(cstr_starts(got, "HTTP/1.1 200"));
    trace_settle(t);
    assert_int_equal(trace_len(t), 1);
    const struct trace_event *e = trace_at(t, 0);
    assert_string_equal(e->from, "client");
    assert_string_equal(e->to, "authentik");
    assert_string_equal(e->method, "POST");
    assert_string_equal(e->url, "http://a/echo?q=1");
    assert_string_equal(e->request_body, "abc");
    assert_int_equal(e->status, 200);
    assert_true(cstr_contains(e->body, "host=a path=/echo"));
}

/* Our own clients tell it themselves. */
static void test_trace__does_not_have_our_own_clients_twice(void **state)
{
    AUTO(clock_free) struct clock *clock = clock_new_virtual(CLOCK_START_S);
    AUTO(trace_free) struct trace *t = trace_new(clock);
    AUTO(web_free) struct web *w = told(t);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    AUTO(http_client_free)
    struct http_client *own =
        web_client(w, (struct http_client_conf){.own_address = OWN, .trace = t});
    assert_int_equal(web_ask(w, own, "GET", "/", &r, &err), 0);
    assert_int_equal(trace_len(t), 1);
    assert_string_equal(trace_at(t, 0)->from, "rp");
    web_get(w, "/", &r); /* the twin comes from anywhere */
    trace_settle(t);
    assert_int_equal(trace_len(t), 2);
    assert_string_equal(trace_at(t, 1)->from, "client");
}

/* A fault without an answer ends its exchange, too: nobody waits for it. */
static void test_trace__an_answer_that_never_left_is_told(void **state)
{
    AUTO(clock_free) struct clock *clock = clock_new_virtual(CLOCK_START_S);
    AUTO(trace_free) struct trace *t = trace_new(clock);
    AUTO(web_free) struct web *w = told(t);
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    web_wait_entered(w, 1);
    close(fd);
    web_open_gate(w);
    trace_settle(t);
    assert_int_equal(trace_len(t), 1);
    assert_int_equal(trace_at(t, 0)->status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silent__is_closed_http),
        cmocka_unit_test(test_silent__is_closed_https),
        cmocka_unit_test(test_drip__a_byte_at_a_time_is_closed),
        cmocka_unit_test(test_drip__in_time_is_answered),
        cmocka_unit_test(test_kept__may_rest_between_requests),
        cmocka_unit_test(test_waiting__for_an_answer_has_no_deadline),
        cmocka_unit_test(test_free__with_connections_that_owe_a_request),
        cmocka_unit_test(test_trace__has_what_is_asked_from_outside),
        cmocka_unit_test(test_trace__does_not_have_our_own_clients_twice),
        cmocka_unit_test(test_trace__an_answer_that_never_left_is_told),
    };
    return TEST_MAIN(tests);
}
