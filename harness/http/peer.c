/*
 * Connections, seen as somebody who owes us a request: each has a deadline for its next whole one,
 * handshake included, however slowly its bytes drip (evhttp's own time-out begins anew with every
 * byte). Who owes us nothing at the moment has an exchange. Runs on the loop only.
 */
#include <assert.h>
#include <string.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "harness/http/exchange.h"

#define IDLE_MS 120000
#define DROP_AFTER_MS 1000 /* who has been silent so long may be sent away for somebody else */

static size_t bucket_of(const struct evhttp_connection *conn)
{
    return ((uintptr_t)conn >> 6) % PEER_BUCKETS;
}

static void leave_line(struct peer *p)
{
    struct http_listener *l = p->listener;
    *(p->older != NULL ? &p->older->newer : &l->peers_oldest) = p->newer;
    *(p->newer != NULL ? &p->newer->older : &l->peers_newest) = p->older;
}

static void enter_line(struct peer *p)
{
    struct http_listener *l = p->listener;
    p->since_ms = clock_mono_ns() / 1000000;
    p->newer = NULL;
    p->older = l->peers_newest;
    *(l->peers_newest != NULL ? &l->peers_newest->newer : &l->peers_oldest) = p;
    l->peers_newest = p;
}

static void peer_free(struct peer *p)
{
    struct http_listener *l = p->listener;
    leave_line(p);
    if (p->conn != NULL) {
        struct peer **at = &l->peers[bucket_of(p->conn)];
        while (*at != p)
            at = &(*at)->chain;
        *at = p->chain;
    } else {
        bufferevent_decref(p->bev);
    }
    event_free(p->timer);
    xfree(p);
}

static void peer_ended(struct evhttp_connection *conn, void *arg)
{
    struct peer *p = arg;
    if (p->exchange != NULL)
        exchange_lost(p->exchange);
    peer_free(p);
}

static void wait_ms(struct peer *p, int64_t ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
    evtimer_add(p->timer, &wait);
}

/* evhttp has made its connection around the bufferevent by now; gone already, it took its callbacks
 * back. */
static void attach(struct peer *p)
{
    void *conn = NULL;
    bufferevent_getcb(p->bev, NULL, NULL, NULL, &conn);
    if (conn == NULL) {
        peer_free(p);
        return;
    }
    bufferevent_decref(p->bev);
    p->bev = NULL;
    p->conn = conn;
    p->chain = p->listener->peers[bucket_of(conn)];
    p->listener->peers[bucket_of(conn)] = p;
    evhttp_connection_set_closecb(conn, peer_ended, p);
    wait_ms(p, p->listener->site.first_request_ms);
}

static void time_is_up(evutil_socket_t fd, short what, void *arg)
{
    struct peer *p = arg;
    if (p->conn == NULL)
        attach(p);
    else
        evhttp_connection_free(p->conn); /* frees p through peer_ended */
}

/* Called between accepting and evhttp's own set-up, hence the look a moment later; the reference
 * keeps the bufferevent till then. */
void peer_new(struct http_listener *l, struct bufferevent *bev)
{
    struct peer *p = xcalloc(1, sizeof(*p));
    p->listener = l;
    p->bev = bev;
    p->timer = evtimer_new(loop_base(l->loop), time_is_up, p);
    bufferevent_incref(bev);
    enter_line(p);
    event_active(p->timer, EV_TIMEOUT, 0);
}

struct peer *peer_asks(struct http_listener *l, struct exchange *x)
{
    const struct evhttp_connection *conn = evhttp_request_get_connection(x->ev);
    struct peer *p = l->peers[bucket_of(conn)];
    while (p != NULL && p->conn != conn)
        p = p->chain;
    assert(p != NULL && p->exchange == NULL);
    p->exchange = x;
    evtimer_del(p->timer);
    return p;
}

void peer_answered(struct peer *p)
{
    p->exchange = NULL;
    leave_line(p);
    enter_line(p);
    wait_ms(p, IDLE_MS);
}

/* Longest silent first. */
bool peers_make_room(struct http_listener *l, size_t n)
{
    int64_t now_ms = clock_mono_ns() / 1000000;
    struct peer *next = NULL;
    size_t gone = 0;
    for (struct peer *p = l->peers_oldest; p != NULL && gone < n; p = next) {
        next = p->newer;
        if (p->exchange != NULL || p->conn == NULL || now_ms - p->since_ms < DROP_AFTER_MS)
            continue;
        evhttp_connection_free(p->conn);
        gone++;
    }
    return gone > 0;
}

void peers_free(struct http_listener *l)
{
    while (l->peers_oldest != NULL)
        peer_free(l->peers_oldest);
}
