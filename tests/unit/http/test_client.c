/*
 * The client: what leaves it, what it makes of answers good and bad, and Go's words when there is
 * none. The broken peers are bare sockets that say a fixed text.
 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "harness/base/str.h"
#include "tests/unit/http/web.h"

/* ---- certificates --------------------------------------------------------------------------- */

struct leaf_row {
    const char *name;
    enum http_leaf_defect defect;
    bool own_ca; /* trusts the CA that signed */
    const char *text;
};

#define REFUSED "tls: failed to verify certificate: x509: "

static const struct leaf_row LEAVES[] = {
    {"good", HTTP_LEAF_GOOD, true, NULL},
    {"unknown CA", HTTP_LEAF_GOOD, false, REFUSED "certificate signed by unknown authority"},
    {"self signed", HTTP_LEAF_SELF_SIGNED, true, REFUSED "certificate signed by unknown authority"},
    {"expired", HTTP_LEAF_EXPIRED, true, REFUSED "certificate has expired or is not yet valid"},
    {"other name", HTTP_LEAF_OTHER_NAME, true,
     REFUSED "certificate is valid for other.rolecall.invalid, not " WEB_NAME},
    {"another CA", HTTP_LEAF_OTHER_CA, true, REFUSED "certificate signed by unknown authority"},
    {"without its intermediate", HTTP_LEAF_INCOMPLETE, true,
     REFUSED "certificate signed by unknown authority"},
    {"with its intermediate", HTTP_LEAF_INTERMEDIATE, true, NULL},
};

static void test_certificate__rows(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(LEAVES); i++) {
        const struct leaf_row *row = &LEAVES[i];
        AUTO(web_free) struct web *w = web_new(true);
        AUTO(web_free) struct web *stranger = web_new(true);
        struct err err = {0};
        AUTO(http_response_deinit) struct http_response r = {0};
        w->tls = http_tls_free(w->tls);
        assert_int_equal(http_ca_leaf(w->ca, row->defect, &w->tls, &err), 0);
        struct http_site site = web_site(w, true);
        web_listen(w, &site);
        struct http_client_conf conf = {.trust = http_ca_trust(row->own_ca ? w->ca : stranger->ca)};
        AUTO(http_client_free) struct http_client *strict = web_client(w, conf);
        int rc = web_ask(w, strict, "GET", "/", &r, &err);
        assert_int_equal(rc, row->text == NULL ? 0 : -1);
        if (row->text != NULL) {
            assert_int_equal(err.code, ERR_TLS);
            assert_string_equal(err.msg, row->text);
        }
        conf.insecure = true;
        AUTO(http_client_free) struct http_client *blind = web_client(w, conf);
        assert_int_equal(web_ask(w, blind, "GET", "/", &r, &err), 0);
        assert_string_equal(r.tls, "TLSv1.3");
        assert_true(cstr_eq(r.tls_problem, row->text) || r.tls_problem == row->text);
        /* on the kept connection too */
        http_response_deinit(&r);
        assert_int_equal(web_ask(w, blind, "GET", "/", &r, &err), 0);
        assert_false(r.fresh_connection);
        assert_true(cstr_eq(r.tls_problem, row->text) || r.tls_problem == row->text);
    }
}

static void test_tls__1_1_is_refused(void **state)
{
    AUTO(web_free) struct web *w = web_new(true);
    AUTO(trace_free) struct trace *t = trace_new(w->clock);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    w->tls = http_tls_free(w->tls);
    assert_int_equal(http_ca_leaf(w->ca, HTTP_LEAF_OLD_PROTOCOL, &w->tls, &err), 0);
    struct http_site site = web_site(w, true);
    web_listen(w, &site);
    AUTO(http_client_free)
    struct http_client *blind = web_client(w, (struct http_client_conf){.insecure = true});
    http_client_set_trace(blind, t);
    assert_int_equal(web_ask(w, blind, "GET", "/", &r, &err), -1);
    assert_int_equal(err.code, ERR_TLS);
    assert_string_equal(err.msg, "remote error: tls: protocol version not supported");
    assert_null(trace_at(t, 0)->tls);
    assert_string_equal(trace_at(t, 0)->tls_problem, err.msg);
}

static void test_certificate__an_address_that_is_not_named(void **state)
{
    static const char *const hosts[] = {WEB_NAME, NULL};
    AUTO(web_free) struct web *w = web_new(true);
    AUTO(http_ca_free) struct http_ca *ca = NULL;
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    w->tls = http_tls_free(w->tls);
    assert_int_equal(http_ca_new(hosts, &ca, &err), 0);
    assert_int_equal(http_ca_leaf(ca, HTTP_LEAF_GOOD, &w->tls, &err), 0);
    struct http_site site = web_site(w, true);
    web_listen(w, &site);
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.trust = http_ca_trust(ca)});
    xfree(w->name.origin);
    w->name.origin = xasprintf("https://127.0.0.1:%u", (unsigned)w->name.connect_port);
    assert_int_equal(web_ask(w, c, "GET", "/", &r, &err), -1);
    assert_string_equal(err.msg, REFUSED "cannot validate certificate for 127.0.0.1 because it "
                                         "doesn't contain any IP SANs");
}

/* ---- who is there ---- */

struct reach_row {
    const char *origin;
    const char *text; /* NULL = answered */
};

/* %u stands for the port of this machine that serves. */
static const struct reach_row CLOSED[] = {
    {"http://" WEB_NAME, NULL},
    {"http://127.0.0.1:%u", NULL},
    {"http://localhost:%u", NULL},
    {"http://nobody.example", "dial tcp: lookup nobody.example: no such host"},
    {"http://sub." WEB_NAME, "dial tcp: lookup sub." WEB_NAME ": no such host"},
    {"http://192.0.2.1:81", "dial tcp 192.0.2.1:81: connect: no route to host"},
};

/* Where nothing is live nobody but this machine is asked, not even a name server. */
static void test_closed__asks_nobody_outside(void **state)
{
    (void)state;
    AUTO(web_free) struct web *w = web_serving(false);
    w->names.closed = true;
    for (size_t i = 0; i < TEST_COUNT(CLOSED); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(buf_deinit) struct buf origin;
        const char *port = strstr(CLOSED[i].origin, "%u");
        struct err err = {0};
        buf_init(&origin, BUF_MAX_TEXT);
        buf_add(&origin, CLOSED[i].origin,
                port != NULL ? (size_t)(port - CLOSED[i].origin) : strlen(CLOSED[i].origin));
        if (port != NULL)
            buf_addf(&origin, "%u", (unsigned)w->name.connect_port);
        AUTO(http_request_deinit) struct http_request req = {0};
        buf_adds(&origin, "/");
        http_request_set(&req, "GET", origin.ptr);
        int rc = http_client_do(w->client, &req, &r, &err);
        assert_int_equal(rc, CLOSED[i].text == NULL ? 0 : -1);
        if (CLOSED[i].text != NULL) {
            assert_int_equal(err.code, ERR_NET);
            assert_string_equal(err.msg, CLOSED[i].text);
        }
    }
}

static void test_certificate__by_address(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    xfree(w->name.origin);
    w->name.origin = xasprintf("https://127.0.0.1:%u", (unsigned)w->name.connect_port);
    assert_int_equal(web_ask(w, w->client, "GET", "/", &r, &err), 0);
}

static void test_ca_text__must_hold_a_certificate(void **state)
{
    struct http_trust *trust = NULL;
    struct err err = {0};
    assert_int_equal(http_trust_new("nothing", false, &trust, &err), -1);
    assert_int_equal(err.code, ERR_TLS);
    assert_null(trust);
}

/* The text of a CA makes the same trust as the CA itself. */
static void test_ca_text__is_as_good_as_the_ca(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_trust_free) struct http_trust *trust = NULL;
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    assert_int_equal(http_trust_new(http_ca_pem(w->ca), false, &trust, &err), 0);
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.trust = trust});
    assert_int_equal(web_ask(w, c, "GET", "/", &r, &err), 0);
}

static void test_scheme__http_to_https_and_back(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    xfree(w->name.origin);
    w->name.origin = xstrdup("https://" WEB_NAME);
    assert_int_equal(web_ask(w, w->client, "GET", "/", &r, &err), -1);
    assert_int_equal(err.code, ERR_TLS);
    assert_string_equal(err.msg, "http: server gave HTTP response to HTTPS client");
    AUTO(web_free) struct web *s = web_serving(true);
    xfree(s->name.origin);
    s->name.origin = xstrdup("http://" WEB_NAME);
    assert_int_equal(web_ask(s, s->client, "GET", "/", &r, &err), -1);
    assert_int_equal(err.code, ERR_NET);
}

/* ---- where a request goes ------------------------------------------------------------------- */

static void test_refused__says_the_address(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    web_close(w);
    AUTO(xfree)
    char *expected = xasprintf("dial tcp 127.0.0.1:%u: connect: connection refused",
                               (unsigned)w->name.connect_port);
    assert_int_equal(web_ask(w, w->client, "GET", "/", &r, &err), -1);
    assert_int_equal(err.code, ERR_NET);
    assert_string_equal(err.msg, expected);
}

static void test_names__are_matched_as_origins(void **state)
{
    static const char *const same[] = {"https://site.example/", "https://SITE.example:443/",
                                       "HTTPS://site.example?q", "https://site.example"};
    AUTO(web_free) struct web *w = web_serving(true);
    for (size_t i = 0; i < TEST_COUNT(same); i++) {
        AUTO(http_request_deinit) struct http_request q = {0};
        AUTO(http_response_deinit) struct http_response r = {0};
        struct err err = {0};
        http_request_set(&q, "GET", same[i]);
        if (http_client_do(w->client, &q, &r, &err) < 0)
            fail_msg("%s: %s", same[i], err.msg);
        assert_int_equal(r.status, 200);
    }
}

static void test_names__proxies_are_off_for_mocks(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    web_get(w, "/", &r);
    assert_int_equal(r.status, 200);
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

static void test_url__that_is_none(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    static const char *const bad[] = {"", "/path", "ftp://site.example/", "http://"};
    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        AUTO(http_request_deinit) struct http_request q = {0};
        AUTO(http_response_deinit) struct http_response r = {0};
        struct err err = {0};
        http_request_set(&q, "GET", bad[i]);
        assert_int_equal(http_client_do(w->client, &q, &r, &err), -1);
        assert_int_equal(err.code, ERR_NET);
        assert_true(err.msg[0] != '\0');
    }
}

/* ---- what leaves ---------------------------------------------------------------------------- */

struct sent_row {
    const char *method;
    const char *field; /* one field the caller gives, or NULL */
    const char *value;
    const char *body; /* or NULL */
    const char *expected;
};

static const struct sent_row SENT[] = {
    {"GET", NULL, NULL, NULL, "Host: site.example\n\n"},
    {"DELETE", NULL, NULL, NULL, "Host: site.example\n\n"},
    {"POST", NULL, NULL, NULL, "Host: site.example\nContent-Length: 0\n\n"},
    {"PUT", NULL, NULL, "ab", "Host: site.example\nContent-Length: 2\n\nab"},
    {"PATCH", "Content-Type", "text/x", "ab",
     "Host: site.example\nContent-Type: text/x\nContent-Length: 2\n\nab"},
    {"GET", NULL, NULL, "ab", "Host: site.example\nContent-Length: 2\n\nab"},
    {"GET", "accept", "*/*", NULL, "Host: site.example\naccept: */*\n\n"},
    {"GET", "X-Empty", "", NULL, "Host: site.example\nX-Empty: \n\n"},
    {"GET", "Host", "other.example:1", NULL, "Host: other.example:1\n\n"},
};

static void test_sent__rows(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    for (size_t i = 0; i < TEST_COUNT(SENT); i++) {
        const struct sent_row *row = &SENT[i];
        AUTO(http_request_deinit) struct http_request q = {0};
        AUTO(http_response_deinit) struct http_response r = {0};
        struct err err = {0};
        http_request_set(&q, row->method, "https://" WEB_NAME "/echo");
        if (row->field != NULL)
            params_add(&q.headers, row->field, row->value);
        q.body = row->body == NULL ? NULL : xstrdup(row->body);
        q.body_len = row->body == NULL ? 0 : strlen(row->body);
        if (http_client_do(w->client, &q, &r, &err) < 0)
            fail_msg("row %zu: %s", i, err.msg);
        const char *fields = strstr(r.body, "tls=1\n");
        assert_non_null(fields);
        assert_string_equal(fields + 6, row->expected);
    }
}

static void test_sent__user_agent_when_asked_for(void **state)
{
    AUTO(web_free) struct web *w = web_serving(false);
    AUTO(http_client_free)
    struct http_client *c =
        web_client(w, (struct http_client_conf){.user_agent = "Go-http-client/1.1"});
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    assert_int_equal(web_ask(w, c, "GET", "/echo", &r, &err), 0);
    assert_non_null(strstr(r.body, "User-Agent: Go-http-client/1.1\n"));
}

static void test_redirect__is_not_followed(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_response_deinit) struct http_response r = {0};
    web_get(w, "/fields", &r);
    assert_int_equal(r.status, 302);
    assert_string_equal(params_get(&r.headers, "Location"), "/elsewhere");
    assert_int_equal(params_count(&r.headers, "Set-Cookie"), 2);
    web_get(w, "/echo", &r);
    assert_null(strstr(r.body, "Cookie"));
}

/* ---- what comes back ------------------------------------------------------------------------ */

struct canned {
    const char *said; /* to whoever connects, then the connection ends */
    int status;       /* 0: no usable answer */
    const char *text; /* body or error */
};

static const struct canned CANNED[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 200, "ab"},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, "until the end"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, "ab"},
    {"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
     404, "x"},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, ""},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", 0, "unexpected EOF"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 0, "unexpected EOF"},
    {"HTTP/1.1 200 OK\r\nContent-Len", 0, "unexpected EOF"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", 0, "unexpected EOF"},
    {"", 0, "EOF"},
    {"hello\r\nthere", 0,
     "net/http: HTTP/1.x transport connection broken: malformed HTTP response \"hello\""},
    {"SSH-2.0-OpenSSH\r\n", 0,
     "net/http: HTTP/1.x transport connection broken: malformed HTTP response "
     "\"SSH-2.0-OpenSSH\""},
};

struct sayer {
    int listening;
    const char *said;
    pthread_t thread;
};

/* Reads the request's head, says its text, and ends. */
static void *say(void *arg)
{
    struct sayer *s = arg;
    char seen[4096] = {0};
    size_t len = 0;
    int fd = accept(s->listening, NULL, NULL);
    while (len < sizeof(seen) - 1 && strstr(seen, "\r\n\r\n") == NULL) {
        ssize_t n = recv(fd, seen + len, sizeof(seen) - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    web_send(fd, s->said);
    close(fd);
    return NULL;
}

static uint16_t sayer_begin(struct sayer *s, const char *said)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof(a);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->said = said;
    s->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listening, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(s->listening, 1), 0);
    assert_int_equal(getsockname(s->listening, (struct sockaddr *)&a, &len), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, say, s), 0);
    return ntohs(a.sin_port);
}

static void sayer_end(struct sayer *s)
{
    pthread_join(s->thread, NULL);
    close(s->listening);
}

static void test_canned__rows(void **state)
{
    AUTO(web_free) struct web *w = web_new(false);
    for (size_t i = 0; i < TEST_COUNT(CANNED); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        struct sayer s = {0};
        struct err err = {0};
        w->name.connect_port = sayer_begin(&s, CANNED[i].said);
        int rc = web_ask(w, w->client, "GET", "/", &r, &err);
        sayer_end(&s);
        if (rc != (CANNED[i].status == 0 ? -1 : 0))
            fail_msg("row %zu: %d %s", i, r.status, err.msg);
        assert_int_equal(r.status, CANNED[i].status);
        assert_string_equal(rc == 0 ? r.body : err.msg, CANNED[i].text);
    }
}

static void test_head__folded_and_odd_fields(void **state)
{
    AUTO(web_free) struct web *w = web_new(false);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct sayer s = {0};
    struct err err = {0};
    w->name.connect_port = sayer_begin(&s, "HTTP/1.1 299 Odd One\r\nA: one\r\n  two\r\nb:\r\n"
                                           "C :  three:four \r\nContent-Length: 0\r\n\r\n");
    int rc = web_ask(w, w->client, "GET", "/", &r, &err);
    sayer_end(&s);
    assert_int_equal(rc, 0);
    assert_string_equal(r.reason, "Odd One");
    assert_string_equal(params_get(&r.headers, "A"), "one two");
    assert_string_equal(params_get(&r.headers, "b"), "");
    assert_string_equal(params_get(&r.headers, "C "), "three:four");
}

static void test_max_body__one_byte_more(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_client_free)
    struct http_client *fits = web_client(w, (struct http_client_conf){.max_body = 17});
    AUTO(http_client_free)
    struct http_client *small = web_client(w, (struct http_client_conf){.max_body = 16});
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    assert_int_equal(web_ask(w, fits, "GET", "/", &r, &err), 0);
    assert_int_equal(web_ask(w, small, "GET", "/", &r, &err), -1);
    assert_int_equal(err.code, ERR_NET);
    assert_string_equal(err.msg, "response larger than 16 bytes");
}

/* ---- time ----------------------------------------------------------------------------------- */

#define TIMEOUT_TEXT "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"

static void test_timeout__real(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.timeout_ms = 100});
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    assert_int_equal(web_ask(w, c, "GET", "/slow", &r, &err), -1);
    assert_int_equal(err.code, ERR_TIMEOUT);
    assert_string_equal(err.msg, TIMEOUT_TEXT);
}

static void advance(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct web *w = ctx;
    clock_advance_ms(w->clock, 30001);
    http_respond(resp, 200, NULL, "late");
}

static void advance_less(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct web *w = ctx;
    clock_advance_ms(w->clock, 30000);
    http_respond(resp, 200, NULL, "in time");
}

static void test_timeout__on_the_scenario_s_clock(void **state)
{
    static const struct http_route routes[] = {
        {"GET", "/late", advance, false}, {"GET", "/in-time", advance_less, true}, {0}};
    AUTO(web_free) struct web *w = web_new(false);
    struct http_site site = web_site(w, false);
    site.routes = routes;
    web_listen(w, &site);
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.clock = w->clock});
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    assert_int_equal(web_ask(w, c, "GET", "/in-time", &r, &err), 0);
    assert_int_equal(web_ask(w, c, "GET", "/late", &r, &err), -1);
    assert_int_equal(err.code, ERR_TIMEOUT);
    assert_string_equal(err.msg, TIMEOUT_TEXT);
    assert_int_equal(web_ask(w, w->client, "GET", "/late", &r, &err), 0);
}

/* ---- trace and threads ---------------------------------------------------------------------- */

static void test_trace__has_answers_and_failures(void **state)
{
    AUTO(web_free) struct web *w = web_serving(true);
    AUTO(trace_free) struct trace *t = trace_new(w->clock);
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    web_get(w, "/", &r);
    http_client_set_trace(w->client, t);
    web_get(w, "/fields", &r);
    web_play(w, (struct http_fault){.kind = HTTP_FAULT_CLOSE});
    assert_int_equal(web_ask(w, w->client, "POST", "/echo", &r, &err), -1);
    http_client_set_trace(w->client, NULL);
    assert_int_equal(trace_len(t), 2);
    const struct trace_event *e = trace_at(t, 0);
    assert_string_equal(e->from, "rp");
    assert_string_equal(e->to, "site");
    assert_string_equal(e->method, "GET");
    assert_string_equal(e->url, "https://" WEB_NAME "/fields");
    assert_int_equal(e->status, 302);
    assert_int_equal(params_count(&e->headers, "Set-Cookie"), 2);
    assert_null(e->error);
    e = trace_at(t, 1);
    assert_int_equal(e->status, 0);
    assert_string_equal(e->error, "EOF");
}

static void *ask_often(void *arg)
{
    struct web_call *c = arg;
    for (int i = 0; i < 25; i++) {
        c->rc = web_ask(c->web, c->client, "GET", c->path, &c->resp, &c->err);
        if (c->rc < 0 || c->resp.status != 200)
            return arg;
    }
    return NULL;
}

static void test_threads__more_callers_than_connections(void **state)
{
    AUTO(web_free) struct web *w = web_new(true);
    struct http_site site = web_site(w, true);
    site.workers = 2;
    web_listen(w, &site);
    AUTO(http_client_free)
    struct http_client *c = web_client(w, (struct http_client_conf){.connections = 3});
    uint64_t handshakes = crypto_counted(CRYPTO_TLS_HANDSHAKE);
    struct web_call calls[6] = {{0}};
    for (size_t i = 0; i < TEST_COUNT(calls); i++) {
        calls[i] = (struct web_call){.web = w, .client = c, .path = i % 2 ? "/worker" : "/"};
        assert_int_equal(pthread_create(&calls[i].thread, NULL, ask_often, &calls[i]), 0);
    }
    for (size_t i = 0; i < TEST_COUNT(calls); i++) {
        void *failed = NULL;
        pthread_join(calls[i].thread, &failed);
        if (failed != NULL)
            fail_msg("caller %zu: %d %s", i, calls[i].resp.status, calls[i].err.msg);
        http_response_deinit(&calls[i].resp);
    }
    assert_true(crypto_counted(CRYPTO_TLS_HANDSHAKE) - handshakes <= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificate__rows),
        cmocka_unit_test(test_tls__1_1_is_refused),
        cmocka_unit_test(test_certificate__an_address_that_is_not_named),
        cmocka_unit_test(test_certificate__by_address),
        cmocka_unit_test(test_closed__asks_nobody_outside),
        cmocka_unit_test(test_ca_text__must_hold_a_certificate),
        cmocka_unit_test(test_ca_text__is_as_good_as_the_ca),
        cmocka_unit_test(test_scheme__http_to_https_and_back),
        cmocka_unit_test(test_refused__says_the_address),
        cmocka_unit_test(test_names__are_matched_as_origins),
        cmocka_unit_test(test_names__proxies_are_off_for_mocks),
        cmocka_unit_test(test_url__that_is_none),
        cmocka_unit_test(test_sent__rows),
        cmocka_unit_test(test_sent__user_agent_when_asked_for),
        cmocka_unit_test(test_redirect__is_not_followed),
        cmocka_unit_test(test_canned__rows),
        cmocka_unit_test(test_head__folded_and_odd_fields),
        cmocka_unit_test(test_max_body__one_byte_more),
        cmocka_unit_test(test_timeout__real),
        cmocka_unit_test(test_timeout__on_the_scenario_s_clock),
        cmocka_unit_test(test_trace__has_answers_and_failures),
        cmocka_unit_test(test_threads__more_callers_than_connections),
    };
    return TEST_MAIN(tests);
}
