/*
 * The way out: a clean answer through evhttp, or one of the faults, written raw through the
 * connection's bufferevent so that http and https play them alike (performance.md 4, rules 2-4).
 * Runs on the loop only.
 */
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/crypto/count.h"
#include "harness/http/exchange.h"

#define OVERSIZE_MAX (256UL * 1024 * 1024)
#define TLS_RECORD 16384
#define FILLER 65536UL

/* Fields the server writes itself. */
static const char *const OWN_FIELDS[] = {"Content-Length", "Transfer-Encoding", NULL};

static bool is_own(const char *name)
{
    for (size_t i = 0; OWN_FIELDS[i] != NULL; i++) {
        if (strcasecmp(OWN_FIELDS[i], name) == 0)
            return true;
    }
    return false;
}

static const char *date_text(struct http_listener *l)
{
    int64_t now_s = clock_now_s(l->site.clock);
    if (now_s != l->date_s || l->date[0] == '\0') {
        clock_http_date(now_s, l->date);
        l->date_s = now_s;
    }
    return l->date;
}

/* A line break in a value would end the field: Go writes a blank instead, and so do we. */
static char *one_line(const char *value)
{
    char *copy = xstrdup(value);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p == '\r' || *p == '\n')
            *p = ' ';
    }
    return copy;
}

typedef void field_writer(void *to, const char *name, const char *value);

static void each_field(struct exchange *x, field_writer *write, void *to)
{
    const struct params *h = &x->resp.headers;
    for (size_t i = 0; i < h->len; i++) {
        const char *name = h->items[i].name;
        const char *value = h->items[i].value;
        if (is_own(name) || name[0] == '\0' || name[strcspn(name, "\r\n: ")] != '\0')
            continue;
        AUTO(xfree) char *clean = strpbrk(value, "\r\n") == NULL ? NULL : one_line(value);
        write(to, name, clean == NULL ? value : clean);
    }
    if (params_get_ci(h, "Date") == NULL)
        write(to, "Date", date_text(x->listener));
}

static void add_to_evhttp(void *to, const char *name, const char *value)
{
    evhttp_add_header(to, name, value);
}

static void add_to_buf(void *to, const char *name, const char *value)
{
    buf_addf(to, "%s: %s\r\n", name, value);
}

static const char *reason_of(const struct http_response *r)
{
    const char *standard = http_status_text(r->status);
    if (r->reason != NULL)
        return r->reason;
    return standard[0] == '\0' ? "Unknown" : standard;
}

static bool has_body(const struct http_response *r)
{
    return r->status >= 200 && r->status != 204 && r->status != 304;
}

/* Head and body would leave as two TLS records and two writes; one is enough. */
static void join_output(struct exchange *x, struct evhttp_connection *conn)
{
    struct evbuffer *out = bufferevent_get_output(evhttp_connection_get_bufferevent(conn));
    if (x->listener->site.tls != NULL && evbuffer_get_length(out) <= TLS_RECORD)
        (void)evbuffer_pullup(out, -1);
}

static void on_written(struct evhttp_request *ev, void *arg)
{
    struct exchange *x = arg;
    peer_answered(x->peer);
    exchange_free(x);
}

static void send_buffer(struct exchange *x, struct evbuffer *body)
{
    struct evkeyvalq *fields = evhttp_request_get_output_headers(x->ev);
    struct evhttp_connection *conn = evhttp_request_get_connection(x->ev);
    char length[24];
    size_t len = evbuffer_get_length(body);
    each_field(x, add_to_evhttp, fields);
    if (has_body(&x->resp)) {
        snprintf(length, sizeof(length), "%zu", len);
        evhttp_add_header(fields, "Content-Length", length);
    }
    if (x->head || !has_body(&x->resp))
        evbuffer_drain(body, len);
    exchange_leaving(x);
    crypto_count(CRYPTO_HTTP_EXCHANGE);
    evhttp_request_set_on_complete_cb(x->ev, on_written, x);
    evhttp_send_reply(x->ev, x->resp.status, reason_of(&x->resp), body);
    join_output(x, conn);
}

static void send_clean(struct exchange *x)
{
    struct evbuffer *body = evbuffer_new();
    if (x->resp.body != NULL)
        evbuffer_add(body, x->resp.body, x->resp.body_len);
    send_buffer(x, body);
    evbuffer_free(body);
}

static void raw_written(struct bufferevent *bev, void *arg)
{
    struct exchange *x = arg;
    evhttp_connection_free(evhttp_request_get_connection(x->ev));
}

static void raw_failed(struct bufferevent *bev, short what, void *arg)
{
    raw_written(bev, arg);
}

/* Writes exactly these bytes, then ends the connection, which frees x. */
static void send_raw(struct exchange *x, const struct buf *bytes)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(x->ev);
    struct bufferevent *bev = evhttp_connection_get_bufferevent(conn);
    exchange_leaving(x);
    crypto_count(CRYPTO_HTTP_EXCHANGE);
    bufferevent_setcb(bev, NULL, raw_written, raw_failed, x);
    bufferevent_enable(bev, EV_WRITE);
    bufferevent_write(bev, bytes->ptr, bytes->len);
}

static void raw_head(struct exchange *x, struct buf *to, size_t content_length)
{
    buf_addf(to, "HTTP/1.1 %d %s\r\n", x->resp.status, reason_of(&x->resp));
    each_field(x, add_to_buf, to);
    buf_addf(to, "Content-Length: %zu\r\n\r\n", content_length);
}

/* Without a body the head itself is cut, so that the fault is always seen. */
static void play_cut(struct exchange *x)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    raw_head(x, &b, x->resp.body_len);
    if (x->resp.body_len == 0)
        b.len /= 2;
    else
        buf_add(&b, x->resp.body, x->resp.body_len / 2);
    send_raw(x, &b);
}

static void play_truncate(struct exchange *x)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    raw_head(x, &b, x->resp.body_len * 2 + 1);
    if (x->resp.body_len > 0)
        buf_add(&b, x->resp.body, x->resp.body_len);
    send_raw(x, &b);
}

static void play_malformed(struct exchange *x)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "this is not HTTP\r\n\r\n");
    send_raw(x, &b);
}

static void free_filler(const void *data, size_t len, void *block)
{
    xfree(block);
}

/* One block of blanks, sent again and again; the last piece gives it back. */
static void play_oversize(struct exchange *x)
{
    size_t left = x->resp.fault.size < OVERSIZE_MAX ? x->resp.fault.size : OVERSIZE_MAX;
    char *block = xmalloc(FILLER);
    memset(block, ' ', FILLER);
    struct evbuffer *body = evbuffer_new();
    while (left > FILLER) {
        evbuffer_add_reference(body, block, FILLER, NULL, NULL);
        left -= FILLER;
    }
    evbuffer_add_reference(body, block, left, free_filler, block);
    send_buffer(x, body);
    evbuffer_free(body);
}

/* SO_LINGER does not help, because evhttp sends FIN first; dissolving the association sends the
 * reset at once (performance.md 4, rule 3). */
static void play_reset(struct exchange *x)
{
    struct evhttp_connection *conn = evhttp_request_get_connection(x->ev);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    (void)connect(bufferevent_getfd(evhttp_connection_get_bufferevent(conn)), &none, sizeof(none));
    exchange_drop(x);
}

static void (*const PLAYS[HTTP_FAULT_MAX_])(struct exchange *x) = {
    [HTTP_FAULT_NONE] = send_clean,        [HTTP_FAULT_CUT] = play_cut,
    [HTTP_FAULT_TRUNCATE] = play_truncate, [HTTP_FAULT_RESET] = play_reset,
    [HTTP_FAULT_CLOSE] = exchange_drop,    [HTTP_FAULT_MALFORMED] = play_malformed,
    [HTTP_FAULT_OVERSIZE] = play_oversize,
};

static void play_late(evutil_socket_t fd, short what, void *arg)
{
    struct exchange *x = arg;
    x->resp.fault.delay_ms = 0;
    exchange_reply(x);
}

static void reply_later(struct exchange *x)
{
    int64_t ms = x->resp.fault.delay_ms;
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    x->delay = evtimer_new(loop_base(x->listener->loop), play_late, x);
    evtimer_add(x->delay, &wait);
}

void exchange_drop(struct exchange *x)
{
    struct evhttp_request *ev = x->ev;
    x->state = EXCHANGE_DROPPED;
    if (x->gone) {
        evhttp_request_free(ev);
        exchange_free(x);
        return;
    }
    evhttp_connection_free(evhttp_request_get_connection(ev)); /* frees x through its callback */
}

void exchange_reply(struct exchange *x)
{
    if (x->gone) {
        exchange_drop(x);
        return;
    }
    if (x->resp.fault.delay_ms > 0) {
        reply_later(x);
        return;
    }
    exchange_trace_end(x);
    PLAYS[x->resp.fault.kind](x);
}
