/*
 * Inside this unit only: one request on its way through the server. The loop owns it, except while
 * a worker runs its handler: then the worker has req and resp, and the loop only `gone`.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/clock.h"
#include "harness/http/loop.h"
#include "harness/http/pool.h"
#include "harness/http/server.h"

#define PEER_BUCKETS 512

struct bufferevent;
struct call;
struct event;
struct evhttp;
struct evhttp_connection;
struct evhttp_bound_socket;
struct evhttp_request;

struct http_listener {
    struct http_listener *next; /* of the host's list */
    struct http_host *host;
    struct loop *loop;
    struct http_site site; /* copied; name is owned */
    uint16_t port;
    int fd; /* until the loop takes it */
    struct pool *pool;
    /* the loop's from here on */
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct exchange *exchanges;
    struct peer *peers[PEER_BUCKETS]; /* by connection */
    struct peer *peers_oldest;        /* by the time of their last answer */
    struct peer *peers_newest;
    size_t leaving;     /* answers not yet written out */
    struct event *rest; /* ends the pause after a failed accept */
    bool closing;
    struct event *grace; /* gives up on peers that do not read */
    struct call *closing_call;
    int64_t date_s;
    char date[CLOCK_TEXT];
};

/* One connection. */
struct peer {
    struct peer *chain; /* the same bucket */
    struct peer *older;
    struct peer *newer;
    struct http_listener *listener;
    struct bufferevent *bev;        /* until conn is known */
    struct evhttp_connection *conn; /* evhttp's */
    struct event *timer;            /* for its next whole request */
    struct exchange *exchange;      /* it waits for this one's answer, or NULL */
    int64_t since_ms;
};

enum exchange_state {
    EXCHANGE_RUNNING, /* handler queued, running or delayed: we own the evhttp request when gone */
    EXCHANGE_LEAVING, /* answer handed to the connection */
    EXCHANGE_DROPPED, /* will not be answered */
};

struct exchange {
    struct task task; /* first: how a worker hands it back */
    struct job job;
    struct exchange *next;
    struct exchange **link;
    struct http_listener *listener;
    struct peer *peer; /* until the connection is gone */
    struct evhttp_request *ev;
    http_handler handler;
    struct http_request req;
    struct http_response resp;
    enum exchange_state state;
    bool gone; /* the connection has ended */
    bool head; /* no body is sent */
    struct event *delay;
    bool traced; /* its answer is still to be told */
    size_t seq;
    int64_t began_ns;
};

/* server_read.c: fills x->req from x->ev. 0, or the status that refuses the request with its text.
 */
int exchange_read(struct exchange *x, const char **ret_text);

/* server_reply.c: sends x->resp with its fault; x is not to be used afterwards. */
void exchange_reply(struct exchange *x);
/* Closes the connection without an answer. */
void exchange_drop(struct exchange *x);

/* peer.c */
/* A connection was accepted. */
void peer_new(struct http_listener *l, struct bufferevent *bev);
/* Its request is here whole. */
struct peer *peer_asks(struct http_listener *l, struct exchange *x);
/* It has its answer: the next request may come. */
void peer_answered(struct peer *p);
/* Closes up to n connections that have been silent for some time. False when there was none. */
bool peers_make_room(struct http_listener *l, size_t n);
/* Those that are left when evhttp is gone. */
void peers_free(struct http_listener *l);

/* server_trace.c: what others than our own clients ask (http_site.trace). */
void exchange_trace_begin(struct exchange *x);
void exchange_trace_end(struct exchange *x);

/* server.c */
/* Its connection has ended. */
void exchange_lost(struct exchange *x);
void exchange_free(struct exchange *x);
/* The answer is out of our hands: from now on only the connection's end matters. */
void exchange_leaving(struct exchange *x);
/* A socket that listens; flags are SOCK_…; port 0 = any. The error texts are http_listen's. */
int http_open_socket(const char *addr, uint16_t port, int flags, int *ret_fd, uint16_t *ret_port,
                     struct err *err) MUST_USE;
