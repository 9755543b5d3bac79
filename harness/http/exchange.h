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

struct call;
struct event;
struct evhttp;
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
    size_t leaving;     /* answers not yet written out */
    struct event *rest; /* ends the pause after a failed accept */
    bool closing;
    struct event *grace; /* gives up on peers that do not read */
    struct call *closing_call;
    int64_t date_s;
    char date[CLOCK_TEXT];
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
    struct evhttp_request *ev;
    http_handler handler;
    struct http_request req;
    struct http_response resp;
    enum exchange_state state;
    bool gone; /* the connection has ended */
    bool head; /* no body is sent */
    struct event *delay;
};

/* server_read.c: fills x->req from x->ev. 0, or the status that refuses the request with its text.
 */
int exchange_read(struct exchange *x, const char **ret_text);

/* server_reply.c: sends x->resp with its fault; x is not to be used afterwards. */
void exchange_reply(struct exchange *x);
/* Closes the connection without an answer. */
void exchange_drop(struct exchange *x);

/* server.c */
void exchange_free(struct exchange *x);
/* The answer is out of our hands: from now on only the connection's end matters. */
void exchange_leaving(struct exchange *x);
/* A socket that listens; flags are SOCK_…; port 0 = any. The error texts are http_listen's. */
int http_open_socket(const char *addr, uint16_t port, int flags, int *ret_fd, uint16_t *ret_port,
                     struct err *err) MUST_USE;
