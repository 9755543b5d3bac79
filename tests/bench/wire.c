/*
 * The bare server is one evhttp a scheme on one loop and one thread; the bare client is one libcurl
 * handle a scheme and thread. Certificates come from harness/http, so that the handshakes are those
 * of the mocks.
 */
#include "tests/bench/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "harness/base/clock.h"
#include "harness/base/str.h"
#include "harness/http/client.h"
#include "harness/http/server.h"
#include "harness/http/tls_ctx.h"

#define DOCUMENT_SIZE 600
#define PATH_SIZE 280
#define COOKIE_SIZE 420
#define FIELD_SIZE 90
#define HOST "127.0.0.1"
#define ACCEPT "text/html,application/xhtml+xml,*/*"
#define AGENT "Mozilla/5.0 (X11; Linux x86_64) rolecall"

enum scheme { PLAIN, TLS, SCHEMES };

/* The fields beside Host that both clients send and beside Date and Content-Length that both
 * servers send. */
static const char *const response_fields[] = {"X-Request-Id", "Cache-Control", "Location", NULL};

/* Text of a size that an HTTP parser takes as it is. Caller frees. */
static char *filler(size_t size)
{
    char *text = xmalloc(size + 1);
    memset(text, 'x', size);
    text[size] = '\0';
    return text;
}

static char *origin_of(enum scheme scheme, uint16_t port)
{
    return xasprintf("%s://" HOST ":%u", scheme == TLS ? "https" : "http", (unsigned)port);
}

static char *typical_target(void)
{
    AUTO(xfree) char *rest = filler(PATH_SIZE);
    return xasprintf("/%s", rest);
}

/* One exchange of a login. The server tells which by the two digits that the path begins with. */
struct turn {
    enum scheme scheme;
    char *target;
    char *body; /* NULL: GET */
    struct curl_slist *fields;
    int status;
    struct params answer_fields;
    char *answer;
    size_t answer_len;
};

#define MAX_TURNS 99

struct wire_talk {
    struct turn turns[MAX_TURNS];
    size_t len;
};

struct wire {
    char *document;
    char *field;
    struct curl_slist *request_fields;
    struct http_ca *ca;
    struct http_tls *leaf;
    SSL_CTX *client_ctx;
    struct event_base *base;
    struct event *stop;
    int stop_fd;
    struct evhttp *http[SCHEMES];
    uint16_t port[SCHEMES];
    CURL *curl[SCHEMES][WIRE_AT_ONCE];
    const struct wire_talk *_Atomic talk; /* what is held now, or NULL */
    pthread_t thread;
    bool running;
};

static int make_certificates(struct http_ca **ret_ca, struct http_tls **ret_leaf, struct err *err)
{
    static const char *const hosts[] = {"localhost", HOST, NULL};
    if (http_ca_new(hosts, ret_ca, err) != 0)
        return -1;
    return http_ca_leaf(*ret_ca, HTTP_LEAF_GOOD, ret_leaf, err);
}

/* ---- the bare server ---- */

static void answer_typical(const struct wire *w, struct evhttp_request *req, struct evbuffer *body)
{
    struct evkeyvalq *head = evhttp_request_get_output_headers(req);
    evbuffer_add(body, w->document, DOCUMENT_SIZE);
    for (size_t i = 0; response_fields[i] != NULL; i++)
        evhttp_add_header(head, response_fields[i], w->field);
    evhttp_send_reply(req, 200, "OK", body);
}

static void answer_turn(const struct turn *t, struct evhttp_request *req, struct evbuffer *body)
{
    struct evkeyvalq *head = evhttp_request_get_output_headers(req);
    evbuffer_add(body, t->answer, t->answer_len);
    for (size_t i = 0; i < t->answer_fields.len; i++)
        evhttp_add_header(head, t->answer_fields.items[i].name, t->answer_fields.items[i].value);
    evhttp_send_reply(req, t->status, "OK", body);
}

static void on_request(struct evhttp_request *req, void *arg)
{
    const struct wire *w = arg;
    struct evhttp_connection *conn = evhttp_request_get_connection(req);
    struct evbuffer *body = evbuffer_new();
    const struct wire_talk *talk = w->talk;
    const char *target = evhttp_request_get_uri(req);
    size_t turn = talk == NULL ? 0 : (size_t)((target[1] - '0') * 10 + target[2] - '0');
    if (talk == NULL || turn >= talk->len)
        answer_typical(w, req, body);
    else
        answer_turn(&talk->turns[turn], req, body);
    evbuffer_free(body);
    /* One TLS record and one write instead of two of each. */
    (void)evbuffer_pullup(bufferevent_get_output(evhttp_connection_get_bufferevent(conn)), -1);
}

static struct bufferevent *tls_connection(struct event_base *base, void *arg)
{
    struct wire *w = arg;
    return bufferevent_openssl_socket_new(base, -1, http_tls_session(w->leaf),
                                          BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    event_base_loopbreak(arg);
}

static void *serve(void *arg)
{
    event_base_dispatch(arg);
    return NULL;
}

static int bind_evhttp(struct wire *w, enum scheme scheme, struct err *err)
{
    int on = 1;
    struct sockaddr_in a = {0};
    socklen_t len = sizeof(a);
    w->http[scheme] = evhttp_new(w->base);
    if (scheme == TLS)
        evhttp_set_bevcb(w->http[scheme], tls_connection, w);
    evhttp_set_gencb(w->http[scheme], on_request, w);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(w->http[scheme], HOST, 0);
    if (bound == NULL)
        return err_set(err, ERR_IO, "the bare server finds no port: %s", strerror(errno));
    int fd = evhttp_bound_socket_get_fd(bound);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    getsockname(fd, (struct sockaddr *)&a, &len);
    w->port[scheme] = ntohs(a.sin_port);
    return 0;
}

static int start_server(struct wire *w, struct err *err)
{
    w->base = event_base_new();
    w->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (w->base == NULL || w->stop_fd < 0)
        return err_set(err, ERR_IO, "the bare server gets no event loop");
    w->stop = event_new(w->base, w->stop_fd, EV_READ, on_stop, w->base);
    event_add(w->stop, NULL);
    if (bind_evhttp(w, PLAIN, err) != 0 || bind_evhttp(w, TLS, err) != 0)
        return -1;
    if (pthread_create(&w->thread, NULL, serve, w->base) != 0)
        return err_set(err, ERR_IO, "the bare server gets no thread");
    w->running = true;
    return 0;
}

static void stop_server(struct wire *w)
{
    if (w->running) {
        (void)eventfd_write(w->stop_fd, 1);
        pthread_join(w->thread, NULL);
    }
    for (int i = 0; i < SCHEMES; i++)
        if (w->http[i] != NULL)
            evhttp_free(w->http[i]);
    if (w->stop != NULL)
        event_free(w->stop);
    if (w->base != NULL)
        event_base_free(w->base);
    if (w->stop_fd >= 0)
        close(w->stop_fd);
}

/* ---- the bare client ---- */

static size_t discard(char *p, size_t size, size_t n, void *arg)
{
    (void)p;
    *(size_t *)arg += size * n;
    return size * n;
}

static int start_client(struct wire *w, enum scheme scheme, CURL **ret, struct err *err)
{
    const char *pem = http_ca_pem(w->ca);
    AUTO(xfree) char *copy = xstrdup(pem);
    struct curl_blob blob = {copy, strlen(copy), CURL_BLOB_COPY};
    AUTO(xfree) char *url = origin_of(scheme, w->port[scheme]);
    CURL *e = curl_easy_init();
    *ret = e;
    if (e == NULL)
        return err_set(err, ERR_INTERNAL, "libcurl gave no handle");
    curl_easy_setopt(e, CURLOPT_URL, url);
    curl_easy_setopt(e, CURLOPT_USERAGENT, AGENT);
    curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROXY, "");
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return 0;
}

static int start_clients(struct wire *w, struct err *err)
{
    for (size_t i = 0; i < WIRE_AT_ONCE; i++)
        if (start_client(w, PLAIN, &w->curl[PLAIN][i], err) != 0 ||
            start_client(w, TLS, &w->curl[TLS][i], err) != 0)
            return -1;
    return 0;
}

/* One exchange; so many bytes must come. */
static CURLcode ask(CURL *e, const char *target, struct curl_slist *fields, const char *body,
                    size_t expected)
{
    size_t got = 0;
    curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
    if (body != NULL)
        curl_easy_setopt(e, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(e, CURLOPT_REQUEST_TARGET, target);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, &got);
    CURLcode rc = curl_easy_perform(e);
    return rc == CURLE_OK && got != expected ? CURLE_PARTIAL_FILE : rc;
}

/* What one thread does. */
struct client {
    struct wire *wire;
    size_t number;
    enum scheme scheme;           /* of typical exchanges */
    const struct wire_talk *talk; /* NULL: typical exchanges */
    size_t n;
    CURLcode rc;
};

static void hold_talk(struct client *c)
{
    for (size_t i = 0; c->rc == CURLE_OK && i < c->talk->len; i++) {
        const struct turn *t = &c->talk->turns[i];
        c->rc =
            ask(c->wire->curl[t->scheme][c->number], t->target, t->fields, t->body, t->answer_len);
    }
}

static void *talk(void *arg)
{
    struct client *c = arg;
    AUTO(xfree) char *target = typical_target();
    for (size_t i = 0; c->rc == CURLE_OK && i < c->n; i++) {
        if (c->talk != NULL)
            hold_talk(c);
        else
            c->rc = ask(c->wire->curl[c->scheme][c->number], target, c->wire->request_fields, NULL,
                        DOCUMENT_SIZE);
    }
    return NULL;
}

static int run_clients(const struct client *kind, size_t threads, struct err *err)
{
    pthread_t ids[WIRE_AT_ONCE];
    struct client clients[WIRE_AT_ONCE] = {0};
    size_t started = 0;
    for (; started < threads; started++) {
        clients[started] = *kind;
        clients[started].number = started;
        if (pthread_create(&ids[started], NULL, talk, &clients[started]) != 0)
            break;
    }
    int rc = started == threads ? 0 : err_set(err, ERR_IO, "no thread for an exchange");
    for (size_t i = 0; i < started; i++) {
        pthread_join(ids[i], NULL);
        if (clients[i].rc != CURLE_OK)
            rc = err_set(err, ERR_NET, "the bare exchange: %s", curl_easy_strerror(clients[i].rc));
    }
    return rc;
}

int wire_exchanges(struct wire *w, bool tls, size_t n, struct err *err)
{
    const struct client kind = {.wire = w, .scheme = tls ? TLS : PLAIN, .n = n};
    return run_clients(&kind, 1, err);
}

int wire_replay(struct wire *w, const struct wire_talk *t, size_t threads, size_t n,
                struct err *err)
{
    const struct client kind = {.wire = w, .talk = t, .n = n};
    w->talk = t;
    int rc = run_clients(&kind, threads, err);
    w->talk = NULL;
    return rc;
}

/* ---- the exchanges of a login ---- */

/* The server of the replay writes these itself. */
static bool is_own_field(const char *name)
{
    return strcasecmp(name, "Date") == 0 || strcasecmp(name, "Content-Length") == 0;
}

static void add_turn(struct wire_talk *talk, const struct trace_event *e)
{
    struct turn *t = &talk->turns[talk->len];
    const char *slash = strchr(e->url + strlen("https://"), '/');
    const char *target = slash != NULL && strlen(slash) > 3 ? slash + 3 : "";
    *t = (struct turn){
        .scheme = cstr_starts(e->url, "https:") ? TLS : PLAIN,
        .target = xasprintf("/%02zu%s", talk->len, target),
        .body = e->request_body_len > 0 ? xstrndup(e->request_body, e->request_body_len) : NULL,
        .status = e->status,
        .answer = xmemdup(e->body_len > 0 ? e->body : "", e->body_len),
        .answer_len = e->body_len,
    };
    for (size_t i = 0; i < e->request_headers.len; i++) {
        const struct param *p = &e->request_headers.items[i];
        AUTO(xfree) char *line = xasprintf("%s: %s", p->name, p->value);
        t->fields = curl_slist_append(t->fields, line);
    }
    for (size_t i = 0; i < e->headers.len; i++)
        if (!is_own_field(e->headers.items[i].name))
            params_add(&t->answer_fields, e->headers.items[i].name, e->headers.items[i].value);
    talk->len++;
}

struct wire_talk *wire_talk_new(const struct trace *t, size_t from, size_t to)
{
    struct wire_talk *talk = xcalloc(1, sizeof(*talk));
    for (size_t i = from; i < to && talk->len < MAX_TURNS; i++) {
        const struct trace_event *e = trace_at(t, i);
        if (e->kind == TRACE_EXCHANGE && e->status != 0 && !cstr_eq(e->to, "rp"))
            add_turn(talk, e);
    }
    return talk;
}

struct wire_talk *wire_talk_free(struct wire_talk *talk)
{
    if (talk == NULL)
        return NULL;
    for (size_t i = 0; i < talk->len; i++) {
        xfree(talk->turns[i].target);
        xfree(talk->turns[i].body);
        xfree(talk->turns[i].answer);
        curl_slist_free_all(talk->turns[i].fields);
        params_deinit(&talk->turns[i].answer_fields);
    }
    return xfree(talk);
}

/* ---- handshakes in memory ---- */

static int make_client_ctx(struct wire *w, struct err *err)
{
    BIO *bio = BIO_new_mem_buf(http_ca_pem(w->ca), -1);
    X509 *ca = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    w->client_ctx = SSL_CTX_new(TLS_client_method());
    bool ok = w->client_ctx != NULL && ca != NULL &&
              X509_STORE_add_cert(SSL_CTX_get_cert_store(w->client_ctx), ca) == 1;
    X509_free(ca);
    if (!ok)
        return err_set(err, ERR_TLS, "the bare client gets no context");
    SSL_CTX_set_verify(w->client_ctx, SSL_VERIFY_PEER, NULL);
    return 0;
}

static bool shake(SSL *client, SSL *server)
{
    BIO *a = NULL;
    BIO *b = NULL;
    if (BIO_new_bio_pair(&a, 0, &b, 0) != 1)
        return false;
    SSL_set_bio(client, a, a);
    SSL_set_bio(server, b, b);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    SSL_set1_host(client, "localhost");
    for (int turns = 0; turns < 10; turns++) {
        int c = SSL_do_handshake(client);
        int s = SSL_do_handshake(server);
        if (c == 1 && s == 1)
            return SSL_get_verify_result(client) == X509_V_OK;
    }
    return false;
}

int wire_handshakes(struct wire *w, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        SSL *client = SSL_new(w->client_ctx);
        SSL *server = http_tls_session(w->leaf);
        bool ok = shake(client, server);
        SSL_free(client);
        SSL_free(server);
        if (!ok)
            return err_set(err, ERR_TLS, "the bare handshake failed");
    }
    return 0;
}

int wire_new(struct wire **ret, struct err *err)
{
    AUTO(wire_free) struct wire *w = xcalloc(1, sizeof(*w));
    w->stop_fd = -1;
    w->document = filler(DOCUMENT_SIZE);
    w->field = filler(FIELD_SIZE);
    AUTO(xfree) char *value = filler(COOKIE_SIZE);
    AUTO(xfree) char *cookie = xasprintf("Cookie: session=%s", value);
    w->request_fields = curl_slist_append(NULL, cookie);
    w->request_fields = curl_slist_append(w->request_fields, "Accept: " ACCEPT);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (make_certificates(&w->ca, &w->leaf, err) != 0 || make_client_ctx(w, err) != 0 ||
        start_server(w, err) != 0 || start_clients(w, err) != 0)
        return -1;
    *ret = w;
    w = NULL;
    return 0;
}

struct wire *wire_free(struct wire *w)
{
    if (w == NULL)
        return NULL;
    for (size_t i = 0; i < WIRE_AT_ONCE; i++) {
        curl_easy_cleanup(w->curl[PLAIN][i]);
        curl_easy_cleanup(w->curl[TLS][i]);
    }
    stop_server(w);
    SSL_CTX_free(w->client_ctx);
    http_tls_free(w->leaf);
    http_ca_free(w->ca);
    curl_slist_free_all(w->request_fields);
    xfree(w->document);
    xfree(w->field);
    return xfree(w);
}

/* ---- the same through harness/http ---- */

struct wire_ours {
    char *document;
    char *field;
    char *cookie;
    struct clock *clock;
    struct http_ca *ca;
    struct http_tls *leaf;
    struct http_host *host;
    struct http_listener *listener[SCHEMES];
    struct http_client *client;
};

static void give_document(void *ctx, const struct http_request *req, struct http_response *resp)
{
    const struct wire_ours *w = ctx;
    (void)req;
    http_respond_bytes(resp, 200, NULL, w->document, DOCUMENT_SIZE);
    for (size_t i = 0; response_fields[i] != NULL; i++)
        params_add(&resp->headers, response_fields[i], w->field);
}

int wire_ours_new(struct wire_ours **ret, struct err *err)
{
    static const struct http_route routes[] = {{"GET", "*", give_document, false}, {0}};
    AUTO(wire_ours_free) struct wire_ours *w = xcalloc(1, sizeof(*w));
    w->document = filler(DOCUMENT_SIZE);
    w->field = filler(FIELD_SIZE);
    AUTO(xfree) char *value = filler(COOKIE_SIZE);
    w->cookie = xasprintf("session=%s", value);
    w->clock = clock_new_wall(0);
    if (make_certificates(&w->ca, &w->leaf, err) != 0 || http_host_new(&w->host, err) != 0)
        return -1;
    struct http_site site = {
        .name = "bench",
        .routes = routes,
        .fallback = give_document,
        .ctx = w,
        .clock = w->clock,
    };
    if (http_listen(w->host, &site, HOST, 0, &w->listener[PLAIN], err) != 0)
        return -1;
    site.tls = w->leaf;
    if (http_listen(w->host, &site, HOST, 0, &w->listener[TLS], err) != 0)
        return -1;
    const struct http_client_conf conf = {
        .party = "browser", .trust = http_ca_trust(w->ca), .user_agent = AGENT};
    if (http_client_new(&conf, &w->client, err) != 0)
        return -1;
    *ret = w;
    w = NULL;
    return 0;
}

struct wire_ours *wire_ours_free(struct wire_ours *w)
{
    if (w == NULL)
        return NULL;
    http_client_free(w->client);
    for (int i = 0; i < SCHEMES; i++)
        http_listener_free(w->listener[i]);
    http_host_free(w->host);
    http_tls_free(w->leaf);
    http_ca_free(w->ca);
    clock_free(w->clock);
    xfree(w->document);
    xfree(w->field);
    xfree(w->cookie);
    return xfree(w);
}

struct our_turn {
    struct wire_ours *wire;
    const char *url;
    size_t n;
    struct err err;
    int rc;
};

static void *exchange_ours(void *arg)
{
    struct our_turn *t = arg;
    for (size_t i = 0; t->rc == 0 && i < t->n; i++) {
        AUTO(http_request_deinit) struct http_request req = {0};
        AUTO(http_response_deinit) struct http_response resp = {0};
        http_request_set(&req, "GET", t->url);
        params_add(&req.headers, "Cookie", t->wire->cookie);
        params_add(&req.headers, "Accept", ACCEPT);
        t->rc = http_client_do(t->wire->client, &req, &resp, &t->err);
    }
    return NULL;
}

int wire_ours_exchanges(struct wire_ours *w, bool tls, size_t n, struct err *err)
{
    enum scheme scheme = tls ? TLS : PLAIN;
    pthread_t id;
    AUTO(xfree) char *origin = origin_of(scheme, http_listener_port(w->listener[scheme]));
    AUTO(xfree) char *target = typical_target();
    AUTO(xfree) char *url = xasprintf("%s%s", origin, target);
    struct our_turn t = {.wire = w, .url = url, .n = n};
    if (pthread_create(&id, NULL, exchange_ours, &t) != 0)
        return err_set(err, ERR_IO, "no thread for an exchange");
    pthread_join(id, NULL);
    if (t.rc != 0)
        *err = t.err;
    return t.rc;
}
