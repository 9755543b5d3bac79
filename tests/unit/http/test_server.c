/*
 * The server: what it hands to handlers, what it writes by itself, what it refuses, the faults over
 * http and https, and listeners that go away while somebody is being served.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "tests/unit/http/web.h"

/* ---- what goes in and out ------------------------------------------------------------------- */

static void test_answer__has_date_and_length_and_nothing_unasked(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    web_get(w, "/bare", &r);
    assert_int_equal(r.status, 204);
    assert_string_equal(r.reason, "No Content");
    assert_string_equal(params_get(&r.headers, "Date"), "Thu, 01 Jan 2026 00:00:00 GMT");
    assert_int_equal(r.headers.len, 2); /* and X-Finished */
    clock_advance_ms(w->clock, 61000);
    web_get(w, "/", &r);
    assert_string_equal(params_get(&r.headers, "Date"), "Thu, 01 Jan 2026 00:01:01 GMT");
    assert_string_equal(params_get(&r.headers, "Content-Length"), "17");
    assert_string_equal(r.body, "{\"hello\":\"world\"}");
    assert_int_equal(r.headers.len, 4);
}

static void test_answer__fields_in_order_and_case(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    AUTO(http_response_deinit) struct http_response r = {0};
    static const char *const names[] = {"Set-Cookie", "x-Odd-CASE", "Set-Cookie",
                                        "Empty",      "Broken",     "Location",
                                        "X-Finished", "Date",       "Content-Length"};
    web_get(w, "/fields", &r);
    assert_int_equal(r.status, 302);
    assert_string_equal(r.reason, "Over There");
    assert_int_equal(r.headers.len, TEST_COUNT(names));
    for (size_t i = 0; i < TEST_COUNT(names); i++)
        assert_string_equal(r.headers.items[i].name, names[i]);
    assert_string_equal(r.headers.items[0].value, "b=2");
    assert_string_equal(r.headers.items[1].value, "trimmed");
    assert_string_equal(params_get(&r.headers, "Broken"), "one  X-Injected: yes");
    assert_string_equal(params_get(&r.headers, "Empty"), "");
    assert_string_equal(params_get(&r.headers, "Content-Length"), "0");
}

static void test_request__reaches_the_handler_whole(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(http_request_deinit) struct http_request q = {0};
    struct err err = {0};
    http_request_set(&q, "POST", "https://" WEB_NAME "/one/a%2Fb%20c/two/x+y/?k=%41+b&k=2&e");
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "f", "1 & 2");
    http_request_set_form(&q, &form);
    params_add(&q.headers, "X-Twice", "1");
    params_add(&q.headers, "X-Twice", "2");
    assert_int_equal(http_client_do(w->client, &q, &r, &err), 0);
    assert_string_equal(r.body, "POST https://site.example/one/a%2Fb%20c/two/x+y/?k=%41+b&k=2&e\n"
                                "host=site.example path=/one/a%2Fb%20c/two/x+y/ "
                                "query=k=%41+b&k=2&e tls=1\n"
                                "capture=a/b c\ncapture=x+y\n"
                                "query k=A b\nquery k=2\nquery e=\n"
                                "form f=1 & 2\n"
                                "Host: site.example\n"
                                "Content-Type: application/x-www-form-urlencoded\n"
                                "X-Twice: 1\nX-Twice: 2\n"
                                "Content-Length: 9\n"
                                "\nf=1+%26+2");
}

struct path_row {
    const char *path;
    int status;
    const char *part; /* of the body */
};

static const struct path_row PATHS[] = {
    {"/rest/", 200, "capture=\n"},
    {"/rest/a/%20b?q", 200, "capture=a/%20b\n"},
    {"/rest", 404, "404 page not found\n"},
    {"/one//two/x/", 404, "404"},
    {"/one/a/two/x", 404, "404"},
    {"/one/%zz/two/x/", 200, "capture=%zz\n"},
    {"/echo?", 200, "query= tls"},
    {"/echo/../x", 404, "404"},
    {"/only-post", 404, "404"},
    {"", 200, "hello"},
};

static void test_routes__rows(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    for (size_t i = 0; i < TEST_COUNT(PATHS); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        web_get(w, PATHS[i].path, &r);
        if (r.status != PATHS[i].status || strstr(r.body, PATHS[i].part) == NULL)
            fail_msg("%s: %d %s", PATHS[i].path, r.status, r.body);
        assert_string_equal(params_get(&r.headers, "X-Finished"), "GET");
    }
}

static void test_methods__all_reach_their_route(void **state)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
    AUTO(web_free) struct web *w = web_serving(false);
    for (size_t i = 0; i < TEST_COUNT(methods); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        struct err err = {0};
        assert_int_equal(web_ask(w, w->client, methods[i], "/echo", &r, &err), 0);
        assert_int_equal(r.status, 200);
        assert_true(cstr_starts(r.body, methods[i]));
    }
}

static void test_head__is_get_without_body(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(web_ask(w, w->client, "HEAD", "/", &r, &err), 0);
        assert_int_equal(r.status, 200);
        assert_int_equal(r.body_len, 0);
        assert_string_equal(params_get(&r.headers, "Content-Length"), "17");
        assert_string_equal(params_get(&r.headers, "X-Finished"), "HEAD");
    }
    assert_false(r.fresh_connection);
}

static void test_keep_alive__one_handshake_for_many_requests(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    uint64_t handshakes = crypto_counted(CRYPTO_TLS_HANDSHAKE);
    uint64_t exchanges = crypto_counted(CRYPTO_HTTP_EXCHANGE);
    static const char *const paths[] = {"/", "/worker", "/bare", "/nowhere", "/fields", "/"};
    for (size_t i = 0; i < TEST_COUNT(paths); i++) {
        web_get(w, paths[i], &r);
        assert_int_equal(r.fresh_connection, i == 0);
    }
    assert_int_equal(crypto_counted(CRYPTO_TLS_HANDSHAKE) - handshakes, 1);
    assert_int_equal(crypto_counted(CRYPTO_HTTP_EXCHANGE) - exchanges, TEST_COUNT(paths));
}

static void test_large__answer_arrives_whole(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(http_request_deinit) struct http_request q = {0};
    struct err err = {0};
    http_request_set(&q, "PUT", "https://" WEB_NAME "/rest/");
    q.body_len = 1024 * 1024;
    q.body = xmalloc(q.body_len + 1);
    for (size_t i = 0; i < q.body_len; i++)
        q.body[i] = (char)('a' + i % 26);
    q.body[q.body_len] = '\0';
    assert_int_equal(http_client_do(w->client, &q, &r, &err), 0);
    assert_int_equal(r.status, 200);
    assert_true(r.body_len > q.body_len);
    assert_string_equal(r.body + r.body_len - q.body_len, q.body);
}

/* ---- what is refused ------------------------------------------------------------------------ */

struct raw_row {
    const char *request;
    const char *status_line;
};

static const struct raw_row RAWS[] = {
    {"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
    {"GET http://h/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\n"},
    {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n"},
    {"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n"
     "Connection: close\r\n\r\nab",
     "HTTP/1.1 200 OK\r\n"},
    {"PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
     "HTTP/1.1 400 Bad Request\r\n"},
    {"PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\nab",
     "HTTP/1.1 400 Bad Request\r\n"},
    {"PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n",
     "HTTP/1.1 400 Bad Request\r\n"},
    {"PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
     "2\r\nab\r\n0\r\n\r\n",
     "HTTP/1.1 200 OK\r\n"},
    {"GET / HTTP/1.1\r\nHost : h\r\nHost: h\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n"},
    {"BREW / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "HTTP/1.1 501 Not Implemented\r\n"},
};

static void test_raw__rows(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    for (size_t i = 0; i < TEST_COUNT(RAWS); i++) {
        AUTO(xfree) char *got = web_raw(http_listener_port(w->listener), RAWS[i].request);
        if (!cstr_starts(got, RAWS[i].status_line))
            fail_msg("row %zu: %s", i, got);
    }
}

static int ask_with(struct web *w, size_t field_len, size_t body_len)
{
    AUTO(http_request_deinit) struct http_request q = {0};
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *field = xmalloc(field_len + 1);
    struct err err = {0};
    AUTO(xfree) char *url = xasprintf("%s/echo", w->name.origin);
    http_request_set(&q, "POST", url);
    memset(field, 'x', field_len);
    field[field_len] = '\0';
    params_add(&q.headers, "X-Long", field);
    q.body = xcalloc(1, body_len + 1);
    memset(q.body, 'b', body_len);
    q.body_len = body_len;
    if (http_client_do(w->client, &q, &r, &err) < 0)
        fail_msg("%s", err.msg);
    return r.status;
}

static void limits(bool tls)
{
    AUTO(web_free) struct web *w = web_new(tls);
    struct http_site site = web_site(w, tls);
    site.max_body = 1000;
    site.max_head = 4000;
    web_listen(w, &site);
    assert_int_equal(ask_with(w, 10, 1000), 200);
    assert_int_equal(ask_with(w, 10, 1001), 413);
    assert_int_equal(ask_with(w, 10, 40000), 413);
    assert_int_equal(ask_with(w, 3800, 1000), 200);
    assert_int_equal(ask_with(w, 4000, 0), 431);
    assert_int_equal(ask_with(w, 10, 0), 200);
}

static void test_limits__http(void **state)
{
    limits(false);
}

static void test_limits__https(void **state)
{
    limits(true);
}

static void test_taken_port__says_so_in_go_s_words(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    struct http_site site = web_site(w, false);
    struct http_listener *second = NULL;
    struct err err = {0};
    uint16_t port = http_listener_port(w->listener);
    AUTO(xfree)
    char *expected =
        xasprintf("listen tcp 127.0.0.1:%u: bind: address already in use", (unsigned)port);
    assert_int_equal(http_listen(w->host, &site, "127.0.0.1", port, &second, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.msg, expected);
    assert_null(second);
    w->listener = http_listener_free(w->listener);
    assert_int_equal(http_listen(w->host, &site, "127.0.0.1", port, &second, &err), 0);
    assert_int_equal(http_listener_port(second), port);
    w->listener = second;
}

/* A host without IPv6 has nothing to test here. */
static void test_taken_port__v6_in_brackets(void **state)
{
    AUTO(web_free) struct web *w = web_new(false);
    struct http_site site = web_site(w, false);
    struct http_listener *second = NULL;
    struct err err = {0};
    if (http_listen(w->host, &site, "::1", 0, &w->listener, &err) < 0)
        return;
    uint16_t port = http_listener_port(w->listener);
    AUTO(xfree)
    char *expected = xasprintf("listen tcp [::1]:%u: bind: address already in use", (unsigned)port);
    assert_int_equal(http_listen(w->host, &site, "::1", port, &second, &err), -1);
    assert_string_equal(err.msg, expected);
    assert_int_equal(http_listen(w->host, &site, "localhost", 0, &second, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
}

static void test_used_port__can_be_taken_again_at_once(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    struct http_site site = web_site(w, false);
    uint16_t port = http_listener_port(w->listener);
    for (int i = 0; i < 3; i++) {
        struct err err = {0};
        AUTO(http_response_deinit) struct http_response r = {0};
        web_get(w, "/", &r);
        w->listener = http_listener_free(w->listener); /* the server closes first: TIME_WAIT */
        assert_int_equal(http_listen(w->host, &site, "127.0.0.1", port, &w->listener, &err), 0);
    }
}

/* ---- faults --------------------------------------------------------------------------------- */

struct fault_row {
    enum http_fault_kind kind;
    const char *path;
    const char *text; /* NULL = an answer */
};

#define RESET_TEXT "read: connection reset by peer"

static const struct fault_row FAULTS[] = {
    {HTTP_FAULT_NONE, "/", NULL},
    {HTTP_FAULT_CUT, "/", "unexpected EOF"},
    {HTTP_FAULT_CUT, "/fields", "unexpected EOF"},
    {HTTP_FAULT_TRUNCATE, "/", "unexpected EOF"},
    {HTTP_FAULT_TRUNCATE, "/fields", "unexpected EOF"},
    {HTTP_FAULT_RESET, "/", RESET_TEXT},
    {HTTP_FAULT_RESET, "/worker", RESET_TEXT},
    {HTTP_FAULT_CLOSE, "/", "EOF"},
    {HTTP_FAULT_CLOSE, "/worker", "EOF"},
    {HTTP_FAULT_MALFORMED, "/",
     "net/http: HTTP/1.x transport connection broken: malformed HTTP response \"this is not "
     "HTTP\""},
};

static void play(struct web *w, const struct fault_row *row)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    web_play(w, (struct http_fault){.kind = row->kind});
    int rc = web_ask(w, w->client, "GET", row->path, &r, &err);
    web_play(w, (struct http_fault){0});
    if (row->text == NULL) {
        assert_int_equal(rc, 0);
        return;
    }
    if (rc == 0 || err.code != ERR_NET)
        fail_msg("fault %d of %s: %d %s", (int)row->kind, row->path, r.status, err.msg);
    if (row->kind == HTTP_FAULT_RESET)
        assert_non_null(strstr(err.msg, row->text));
    else
        assert_string_equal(err.msg, row->text);
}

/* On a new connection and on a kept one: libcurl would heal the latter. */
static void faults(bool tls)
{
    AUTO(web_free) struct web *w = web_serving(tls);
    AUTO(http_response_deinit) struct http_response r = {0};
    for (size_t i = 0; i < TEST_COUNT(FAULTS); i++) {
        play(w, &FAULTS[i]);
        web_get(w, "/", &r);
        assert_int_equal(r.status, 200);
        play(w, &FAULTS[i]);
        play(w, &FAULTS[i]);
    }
}

static void test_faults__http(void **state)
{
    faults(false);
}

static void test_faults__https(void **state)
{
    faults(true);
}

static void oversize(bool tls)
{
    AUTO(web_free) struct web *w = web_serving(tls);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    web_play(w, (struct http_fault){.kind = HTTP_FAULT_OVERSIZE, .size = 200000});
    web_get(w, "/", &r);
    assert_int_equal(r.body_len, 200000);
    assert_string_equal(params_get(&r.headers, "Content-Length"), "200000");
    web_play(w, (struct http_fault){.kind = HTTP_FAULT_OVERSIZE, .size = 5UL * 1024 * 1024});
    assert_int_equal(web_ask(w, w->client, "GET", "/", &r, &err), -1);
    assert_string_equal(err.msg, "response larger than 4194304 bytes");
}

static void test_oversize__http(void **state)
{
    oversize(false);
}

static void test_oversize__https(void **state)
{
    oversize(true);
}

static void test_delay__answers_late_and_holds_nobody_up(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    web_play(w, (struct http_fault){.delay_ms = 30});
    web_get(w, "/", &r);
    assert_int_equal(r.status, 200);
    assert_true(r.took_us >= 30000);
    web_play(w, (struct http_fault){.kind = HTTP_FAULT_CLOSE, .delay_ms = 1});
    struct err err = {0};
    assert_int_equal(web_ask(w, w->client, "GET", "/", &r, &err), -1);
    assert_string_equal(err.msg, "EOF");
}

static void test_delay__listener_goes_meanwhile(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    web_play(w, (struct http_fault){.delay_ms = 3600000});
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET /worker HTTP/1.1\r\nHost: h\r\n\r\n");
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.timeout_ms = 50});
    struct err err = {0};
    assert_int_equal(web_ask(w, c, "GET", "/worker", &r, &err), -1);
    assert_int_equal(err.code, ERR_TIMEOUT);
    w->listener = http_listener_free(w->listener);
    AUTO(xfree) char *got = web_drain(fd);
    assert_string_equal(got, "");
}

/* ---- workers and endings -------------------------------------------------------------------- */

static void test_slow__does_not_block_quick(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_client_free) struct http_client *other = web_client(w, (struct http_client_conf){0});
    AUTO(http_response_deinit) struct http_response r = {0};
    struct web_call call = {.web = w, .client = other, .path = "/slow"};
    web_call_begin(&call);
    web_wait_entered(w, 1);
    web_get(w, "/", &r);
    assert_int_equal(r.status, 200);
    assert_int_equal(web_left(w), 0);
    web_open_gate(w);
    web_call_end(&call);
    assert_int_equal(call.rc, 0);
    assert_string_equal(call.resp.body, "slow");
    http_response_deinit(&call.resp);
}

static void test_slow__as_many_at_once_as_workers(void **state)
{
    AUTO(web_free) struct web *w = web_new(false);
    struct http_site site = web_site(w, false);
    site.workers = 3;
    web_listen(w, &site);
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.connections = 3});
    struct web_call calls[3] = {{0}};
    for (size_t i = 0; i < TEST_COUNT(calls); i++) {
        calls[i] = (struct web_call){.web = w, .client = c, .path = "/slow"};
        web_call_begin(&calls[i]);
    }
    web_wait_entered(w, 3);
    web_open_gate(w);
    for (size_t i = 0; i < TEST_COUNT(calls); i++) {
        web_call_end(&calls[i]);
        assert_int_equal(calls[i].rc, 0);
        http_response_deinit(&calls[i].resp);
    }
}

static void *free_listener(void *arg)
{
    struct web *w = arg;
    http_listener_free(w->listener);
    return NULL;
}

static void free_in_flight(bool tls)
{
    AUTO(web_free) struct web *w = web_serving(tls);
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.connections = 2});
    struct web_call first = {.web = w, .client = c, .path = "/slow"};
    struct web_call queued = {.web = w, .client = c, .path = "/slow"};
    web_call_begin(&first);
    web_wait_entered(w, 1);
    web_call_begin(&queued);
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, free_listener, w), 0);
    web_open_gate(w);
    pthread_join(closer, NULL);
    w->listener = NULL;
    int entered = w->entered;
    assert_int_equal(w->left, entered); /* whoever began has ended */
    web_call_end(&first);
    web_call_end(&queued);
    assert_int_equal(w->entered, entered); /* and nobody began since */
    assert_int_equal(first.rc, 0);         /* who was being served got the answer */
    http_response_deinit(&first.resp);
    http_response_deinit(&queued.resp);
}

static void test_free__waits_for_a_running_handler_http(void **state)
{
    free_in_flight(false);
}

static void test_free__waits_for_a_running_handler_https(void **state)
{
    free_in_flight(true);
}

static void test_free__the_handler_s_client_is_gone(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    web_wait_entered(w, 1);
    close(fd);
    web_open_gate(w);
    w->listener = http_listener_free(w->listener);
    assert_int_equal(w->left, 1);
}

/* A peer that asks for much and reads nothing cannot hold the listener. */
static void test_free__a_peer_that_does_not_read(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    web_play(w, (struct http_fault){.kind = HTTP_FAULT_OVERSIZE, .size = 64UL * 1024 * 1024});
    int fd = web_connect(http_listener_port(w->listener));
    web_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    char first = '\0';
    assert_int_equal(recv(fd, &first, 1, 0), 1);
    w->listener = http_listener_free(w->listener);
    close(fd);
}

static void test_free__idle_connections_are_closed(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    web_get(w, "/", &r);
    web_close(w);
    assert_int_equal(web_ask(w, w->client, "GET", "/", &r, &err), -1);
    assert_non_null(strstr(err.msg, "connect: connection refused"));
    struct http_site site = web_site(w, true);
    web_listen(w, &site);
    web_get(w, "/", &r);
    assert_true(r.fresh_connection);
}

static void note_peer(void *ctx, struct http_request *req)
{
    params_remove_ci(&req->headers, "X-Twice");
    params_addf(&req->headers, "X-Begun", "%s", req->peer);
}

/* A site may change a request before the handler has it, and knows whose it is. */
static void test_begin__sees_the_peer_and_changes_the_request(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    struct http_site site = web_site(w, false);
    struct http_listener *l = NULL;
    struct err err = {0};
    site.begin = note_peer;
    assert_int_equal(http_listen(w->host, &site, "127.0.0.1", 0, &l, &err), 0);
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(http_request_deinit) struct http_request q = {0};
    AUTO(xfree)
    char *url = xasprintf("http://127.0.0.1:%u/one/a/two/b/", http_listener_port(l));
    http_request_set(&q, "GET", url);
    params_add(&q.headers, "X-Twice", "1");
    assert_int_equal(http_client_do(w->client, &q, &r, &err), 0);
    assert_non_null(strstr(r.body, "X-Begun: 127.0.0.1\n"));
    assert_null(strstr(r.body, "X-Twice"));
    http_listener_free(l);
}

static void test_host__frees_what_still_listens(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    struct http_site site = web_site(w, true);
    struct http_listener *more[3] = {0};
    struct err err = {0};
    for (size_t i = 0; i < TEST_COUNT(more); i++)
        assert_int_equal(http_listen(w->host, &site, "127.0.0.1", 0, &more[i], &err), 0);
    http_listener_free(more[1]);
    w->listener = NULL; /* the host closes it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer__has_date_and_length_and_nothing_unasked),
        cmocka_unit_test(test_answer__fields_in_order_and_case),
        cmocka_unit_test(test_request__reaches_the_handler_whole),
        cmocka_unit_test(test_routes__rows),
        cmocka_unit_test(test_methods__all_reach_their_route),
        cmocka_unit_test(test_head__is_get_without_body),
        cmocka_unit_test(test_keep_alive__one_handshake_for_many_requests),
        cmocka_unit_test(test_large__answer_arrives_whole),
        cmocka_unit_test(test_raw__rows),
        cmocka_unit_test(test_limits__http),
        cmocka_unit_test(test_limits__https),
        cmocka_unit_test(test_taken_port__says_so_in_go_s_words),
        cmocka_unit_test(test_taken_port__v6_in_brackets),
        cmocka_unit_test(test_used_port__can_be_taken_again_at_once),
        cmocka_unit_test(test_faults__http),
        cmocka_unit_test(test_faults__https),
        cmocka_unit_test(test_oversize__http),
        cmocka_unit_test(test_oversize__https),
        cmocka_unit_test(test_delay__answers_late_and_holds_nobody_up),
        cmocka_unit_test(test_delay__listener_goes_meanwhile),
        cmocka_unit_test(test_slow__does_not_block_quick),
        cmocka_unit_test(test_slow__as_many_at_once_as_workers),
        cmocka_unit_test(test_free__waits_for_a_running_handler_http),
        cmocka_unit_test(test_free__waits_for_a_running_handler_https),
        cmocka_unit_test(test_free__the_handler_s_client_is_gone),
        cmocka_unit_test(test_free__a_peer_that_does_not_read),
        cmocka_unit_test(test_free__idle_connections_are_closed),
        cmocka_unit_test(test_begin__sees_the_peer_and_changes_the_request),
        cmocka_unit_test(test_host__frees_what_still_listens),
    };
    return TEST_MAIN(tests);
}
