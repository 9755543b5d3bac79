/*
 * Hosts and listeners: an evhttp for each listener on the host's one loop. A request is read, its
 * handler runs here (quick) or on the site's workers (slow), and the answer leaves from here. All
 * evhttp objects are the loop's; other threads reach it by tasks.
 */
#include "harness/http/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "harness/base/log.h"
#include "harness/http/exchange.h"
#include "harness/http/route.h"
#include "harness/http/tls_ctx.h"
#include "harness/http/trouble.h"

#define MAX_BODY (1024UL * 1024)
#define MAX_HEAD (128UL * 1024)
#define IDLE_S 120 /* between two bytes; peer.c has the whole request */
#define FIRST_REQUEST_MS 20000
#define ACCEPT_PAUSE_MS 20
#define ROOM 16      /* connections to send away when no more can be accepted */
#define GRACE_MS 250 /* for answers on their way to a peer that does not read */
#define ALL_METHODS                                                                                \
    (EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |     \
     EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH)

struct http_host {
    struct loop *loop;
    struct trouble trouble;
    pthread_mutex_t lock;
    struct http_listener *listeners; /* under lock */
};

/* The host whose loop this thread runs. libevent hands a failed accept to a callback that gets
 * nothing of ours. */
static _Thread_local struct http_host *own_host;

/* ---- exchanges ------------------------------------------------------------------------------ */

void exchange_lost(struct exchange *x)
{
    struct http_listener *l = x->listener;
    x->gone = true;
    x->peer = NULL;
    /* With a fault the peer leaves early or is left; without one it waits for its answer. */
    if (x->state == EXCHANGE_LEAVING && x->resp.fault.kind == HTTP_FAULT_NONE && !l->closing)
        trouble_note(&l->host->trouble,
                     "%s: the connection ended before the answer to %s %s was written",
                     l->site.name, x->req.method == NULL ? "a request" : x->req.method,
                     x->req.path == NULL ? "" : x->req.path);
    if (x->state != EXCHANGE_RUNNING)
        exchange_free(x);
}

static struct exchange *exchange_new(struct http_listener *l, struct evhttp_request *ev)
{
    struct exchange *x = xcalloc(1, sizeof(*x));
    x->listener = l;
    x->ev = ev;
    x->link = &l->exchanges;
    x->next = l->exchanges;
    if (x->next != NULL)
        x->next->link = &x->next;
    l->exchanges = x;
    x->peer = peer_asks(l, x);
    return x;
}

void exchange_free(struct exchange *x)
{
    struct http_listener *l = x->listener;
    exchange_trace_end(x);
    *x->link = x->next;
    if (x->next != NULL)
        x->next->link = x->link;
    if (x->delay != NULL)
        event_free(x->delay);
    if (x->state == EXCHANGE_LEAVING && --l->leaving == 0 && l->grace != NULL)
        event_active(l->grace, EV_TIMEOUT, 0);
    http_request_deinit(&x->req);
    http_response_deinit(&x->resp);
    xfree(x);
}

void exchange_leaving(struct exchange *x)
{
    x->state = EXCHANGE_LEAVING;
    x->listener->leaving++;
}

static void answer(struct exchange *x)
{
    const struct http_site *site = &x->listener->site;
    if (site->begin != NULL)
        site->begin(site->ctx, &x->req);
    x->handler(site->ctx, &x->req, &x->resp);
    if (site->finish != NULL)
        site->finish(site->ctx, &x->req, &x->resp);
    if (x->resp.status == 0)
        http_respond_go_error(&x->resp, 500, "the handler gave no status");
}

static void handed_back(struct task *t)
{
    exchange_reply((struct exchange *)t);
}

static void run_on_worker(struct job *j)
{
    void *start = (char *)j - offsetof(struct exchange, job);
    struct exchange *x = start;
    answer(x);
    loop_post(x->listener->loop, &x->task);
}

static void refuse(struct exchange *x, int status, const char *text)
{
    http_respond_go_error(&x->resp, status, text);
    params_set_ci(&x->resp.headers, "Connection", "close");
    exchange_reply(x);
}

static void on_request(struct evhttp_request *ev, void *arg)
{
    struct http_listener *l = arg;
    if (l->closing) {
        evhttp_connection_free(evhttp_request_get_connection(ev));
        return;
    }
    struct exchange *x = exchange_new(l, ev);
    const char *text = NULL;
    int status = exchange_read(x, &text);
    x->head = cstr_eq(x->req.method, "HEAD");
    exchange_trace_begin(x);
    if (status != 0) {
        refuse(x, status, text);
        return;
    }
    const struct http_route *route = route_find(l->site.routes, &x->req);
    x->handler = route == NULL ? l->site.fallback : route->handler;
    if (route == NULL || !route->slow) {
        answer(x);
        exchange_reply(x);
        return;
    }
    x->task.run = handed_back;
    x->job.run = run_on_worker;
    if (!pool_submit(l->pool, &x->job))
        exchange_drop(x);
}

/* ---- opening -------------------------------------------------------------------------------- */

static struct bufferevent *new_connection(struct event_base *base, void *arg)
{
    struct http_listener *l = arg;
    struct bufferevent *bev =
        l->site.tls == NULL
            ? bufferevent_socket_new(base, -1, 0)
            : bufferevent_openssl_socket_new(base, -1, http_tls_session(l->site.tls),
                                             BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (bev != NULL)
        peer_new(l, bev);
    return bev;
}

static void accept_again(evutil_socket_t fd, short what, void *arg)
{
    struct http_listener *l = arg;
    evconnlistener_enable(evhttp_bound_socket_get_listener(l->bound));
}

static struct http_listener *listener_of(const struct evhttp *http)
{
    pthread_mutex_lock(&own_host->lock);
    struct http_listener *l = own_host->listeners;
    while (l != NULL && l->http != http)
        l = l->next;
    pthread_mutex_unlock(&own_host->lock);
    return l;
}

/* The connection still waits in the kernel and would be tried again at once, forever: a pause lets
 * others give back what is short, and who has been silent for long gives it back now. */
static void accept_failed(struct evconnlistener *listener, void *http)
{
    int reason = EVUTIL_SOCKET_ERROR();
    const struct timeval pause = {.tv_usec = ACCEPT_PAUSE_MS * 1000};
    struct http_listener *l = listener_of(http);
    trouble_note(&own_host->trouble, "%s: accept a connection: %s",
                 l == NULL ? "a server" : l->site.name, strerror(reason));
    if (l == NULL)
        return;
    evconnlistener_disable(listener);
    if (l->rest == NULL) {
        /* `serve` has no report to say it in; libevent said it each time. */
        log_print(LOG_WARN, "http", "%s: accept a connection: %s", l->site.name, strerror(reason));
        l->rest = evtimer_new(loop_base(l->loop), accept_again, l);
    }
    peers_make_room(l, ROOM);
    evtimer_add(l->rest, &pause);
}

/* evhttp's own limits lie above ours, so that our answer is the usual one. */
static bool start_evhttp(struct http_listener *l)
{
    l->http = evhttp_new(loop_base(l->loop));
    if (l->http == NULL)
        return false;
    evhttp_set_allowed_methods(l->http, ALL_METHODS);
    evhttp_set_default_content_type(l->http, NULL);
    evhttp_set_max_headers_size(l->http, (ev_ssize_t)(l->site.max_head * 4));
    evhttp_set_max_body_size(l->http, (ev_ssize_t)(l->site.max_body * 4));
    evhttp_set_flags(l->http, EVHTTP_SERVER_LINGERING_CLOSE);
    evhttp_set_timeout(l->http, IDLE_S);
    evhttp_set_gencb(l->http, on_request, l);
    evhttp_set_bevcb(l->http, new_connection, l);
    own_host = l->host;
    l->bound = evhttp_accept_socket_with_handle(l->http, l->fd);
    if (l->bound == NULL)
        return false;
    l->fd = -1;
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(l->bound), accept_failed);
    return true;
}

/* A call that waits until the loop has done it. */
struct call {
    struct task task;
    struct http_listener *listener;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    bool ok;
};

static void call_done(struct call *c, bool ok)
{
    pthread_mutex_lock(&c->lock);
    c->ok = ok;
    c->done = true;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static bool call_loop(struct http_listener *l, void (*run)(struct task *t))
{
    struct call c = {.task = {.run = run},
                     .listener = l,
                     .lock = PTHREAD_MUTEX_INITIALIZER,
                     .changed = PTHREAD_COND_INITIALIZER};
    assert(!loop_is_current(l->loop));
    loop_post(l->loop, &c.task);
    pthread_mutex_lock(&c.lock);
    while (!c.done)
        pthread_cond_wait(&c.changed, &c.lock);
    pthread_mutex_unlock(&c.lock);
    pthread_cond_destroy(&c.changed);
    pthread_mutex_destroy(&c.lock);
    return c.ok;
}

static void open_on_loop(struct task *t)
{
    struct call *c = (struct call *)t;
    call_done(c, start_evhttp(c->listener));
}

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } u;
    socklen_t len;
};

static int address_of(const char *text, uint16_t port, struct address *ret, struct err *err)
{
    *ret = (struct address){0};
    if (inet_pton(AF_INET, text, &ret->u.v4.sin_addr) == 1) {
        ret->u.v4.sin_family = AF_INET;
        ret->u.v4.sin_port = htons(port);
        ret->len = sizeof(ret->u.v4);
        return 0;
    }
    if (inet_pton(AF_INET6, text, &ret->u.v6.sin6_addr) == 1) {
        ret->u.v6.sin6_family = AF_INET6;
        ret->u.v6.sin6_port = htons(port);
        ret->len = sizeof(ret->u.v6);
        return 0;
    }
    return err_set(err, ERR_USAGE, "'%s' is no IP address to listen on", text);
}

struct step_text {
    int code;
    const char *text;
};

/* Go's words for the errors people meet (Go takes them from its own table, not from libc). */
static const struct step_text GO_ERRORS[] = {
    {EADDRINUSE, "address already in use"},
    {EADDRNOTAVAIL, "cannot assign requested address"},
    {EACCES, "permission denied"},
    {EAFNOSUPPORT, "address family not supported by protocol"},
    {0, NULL},
};

static int listen_error(const char *addr, uint16_t port, const char *step, int code,
                        struct err *err)
{
    const char *text = NULL;
    for (const struct step_text *e = GO_ERRORS; e->text != NULL && text == NULL; e++)
        text = e->code == code ? e->text : NULL;
    bool v6 = strchr(addr, ':') != NULL;
    return err_set(err, ERR_IO, "listen tcp %s%s%s:%u: %s: %s", v6 ? "[" : "", addr, v6 ? "]" : "",
                   (unsigned)port, step, text == NULL ? strerror(code) : text);
}

/* The accepted sockets inherit TCP_NODELAY; without it a TLS answer waits 40 ms for the peer's
 * delayed ACK (performance.md 4, rule 1). SO_REUSEADDR as Go sets it: connections in TIME_WAIT do
 * not count, another listener still does. */
int http_open_socket(const char *addr, uint16_t port, int flags, int *ret_fd, uint16_t *ret_port,
                     struct err *err)
{
    struct address a;
    int on = 1;
    if (address_of(addr, port, &a, err) < 0)
        return -1;
    int fd = socket(a.u.any.sa_family, SOCK_STREAM | flags, 0);
    if (fd < 0)
        return listen_error(addr, port, "socket", errno, err);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (a.u.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    bool bound = bind(fd, &a.u.any, a.len) == 0;
    if (!bound || listen(fd, SOMAXCONN) < 0 || getsockname(fd, &a.u.any, &a.len) < 0) {
        int code = errno;
        close(fd);
        return listen_error(addr, port, bound ? "listen" : "bind", code, err);
    }
    *ret_fd = fd;
    *ret_port = ntohs(a.u.any.sa_family == AF_INET6 ? a.u.v6.sin6_port : a.u.v4.sin_port);
    return 0;
}

static struct http_listener *listener_new(struct http_host *h, const struct http_site *site)
{
    struct http_listener *l = xcalloc(1, sizeof(*l));
    l->host = h;
    l->loop = h->loop;
    l->site = *site;
    l->site.name = xstrdup(site->name == NULL ? "site" : site->name);
    l->site.tls = site->tls == NULL ? NULL : http_tls_ref(site->tls);
    l->site.max_body = site->max_body == 0 ? MAX_BODY : site->max_body;
    l->site.max_head = site->max_head == 0 ? MAX_HEAD : site->max_head;
    l->site.first_request_ms =
        site->first_request_ms == 0 ? FIRST_REQUEST_MS : site->first_request_ms;
    l->pool = pool_new(l->site.name, site->workers > 0 ? site->workers : 1);
    l->fd = -1;
    return l;
}

static void listener_release(struct http_listener *l)
{
    if (l->fd >= 0)
        close(l->fd);
    pool_free(l->pool);
    http_tls_free(l->site.tls);
    AUTO(xfree) char *name = NULL;
    memcpy(&name, &l->site.name, sizeof(name)); /* ours, though the site's field is const */
    xfree(l);
}

int http_listen(struct http_host *h, const struct http_site *site, const char *addr, uint16_t port,
                struct http_listener **ret, struct err *err)
{
    assert(site->fallback != NULL && site->clock != NULL);
    int fd = -1;
    uint16_t real_port = 0;
    if (http_open_socket(addr, port, SOCK_CLOEXEC | SOCK_NONBLOCK, &fd, &real_port, err) < 0)
        return -1;
    struct http_listener *l = listener_new(h, site);
    l->fd = fd;
    l->port = real_port;
    if (!call_loop(l, open_on_loop)) {
        if (l->http != NULL)
            evhttp_free(l->http);
        listener_release(l);
        return err_set(err, ERR_INTERNAL, "start the server on %s:%u", addr, (unsigned)real_port);
    }
    pthread_mutex_lock(&h->lock);
    l->next = h->listeners;
    h->listeners = l;
    pthread_mutex_unlock(&h->lock);
    *ret = l;
    return 0;
}

uint16_t http_listener_port(const struct http_listener *l)
{
    return l->port;
}

/* ---- closing -------------------------------------------------------------------------------- */

/* All workers have stopped and all handed-back work has been replied to, because tasks run in
 * order: what is left is queued, delayed, or on its way out. */
static void finish_close(evutil_socket_t fd, short what, void *arg)
{
    struct http_listener *l = arg;
    struct call *c = l->closing_call;
    event_free(l->grace);
    l->grace = NULL;
    evhttp_free(l->http);
    l->http = NULL;
    while (l->exchanges != NULL)
        exchange_free(l->exchanges);
    peers_free(l);
    call_done(c, true);
}

static void drop_unanswered(struct http_listener *l)
{
    struct exchange *next = NULL;
    for (struct exchange *x = l->exchanges; x != NULL; x = next) {
        next = x->next;
        if (x->state == EXCHANGE_RUNNING)
            exchange_drop(x);
    }
}

static void close_on_loop(struct task *t)
{
    struct call *c = (struct call *)t;
    struct http_listener *l = c->listener;
    struct timeval grace = {.tv_usec = GRACE_MS * 1000};
    if (l->rest != NULL)
        event_free(l->rest);
    evhttp_del_accept_socket(l->http, l->bound);
    l->closing = true;
    l->closing_call = c;
    drop_unanswered(l);
    l->grace = evtimer_new(loop_base(l->loop), finish_close, l);
    if (l->leaving == 0)
        finish_close(-1, 0, l);
    else
        evtimer_add(l->grace, &grace);
}

static void unlink_listener(struct http_listener *l)
{
    pthread_mutex_lock(&l->host->lock);
    struct http_listener **at = &l->host->listeners;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    pthread_mutex_unlock(&l->host->lock);
}

struct http_listener *http_listener_free(struct http_listener *l)
{
    if (l == NULL)
        return NULL;
    unlink_listener(l);
    pool_stop(l->pool);
    (void)call_loop(l, close_on_loop);
    listener_release(l);
    return NULL;
}

int http_host_new(struct http_host **ret, struct err *err)
{
    struct http_host *h = xcalloc(1, sizeof(*h));
    trouble_init(&h->trouble);
    if (loop_new(&h->trouble, &h->loop, err) < 0) {
        trouble_deinit(&h->trouble);
        xfree(h);
        return -1;
    }
    pthread_mutex_init(&h->lock, NULL);
    *ret = h;
    return 0;
}

char *http_host_trouble(struct http_host *h)
{
    return trouble_take(&h->trouble);
}

struct http_host *http_host_free(struct http_host *h)
{
    if (h == NULL)
        return NULL;
    while (h->listeners != NULL)
        http_listener_free(h->listeners);
    loop_free(h->loop);
    trouble_deinit(&h->trouble);
    pthread_mutex_destroy(&h->lock);
    return xfree(h);
}
