/*
 * HTTP(S) servers on one event loop: the only user of libevent. A site is a table of routes; each
 * route is a plain function request -> response that knows nothing of events, sockets or threads.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/http/message.h"
#include "harness/http/tls.h"
#include "harness/trace/trace.h"

typedef void (*http_handler)(void *ctx, const struct http_request *req, struct http_response *resp);

struct http_route {
    const char *methods; /* "GET HEAD"; NULL = any */
    const char *path; /* raw path; a segment "{}" captures; a final "*" takes the rest: "/api/dex"
                         "/static/" "*" */
    http_handler handler;
    bool slow; /* signs or calls another system: runs on the site's workers, never on the loop */
};

struct http_site {
    const char *name;                /* for thread names and errors */
    const struct http_route *routes; /* ended by a zero row; first match of path and method wins;
                                        outlives the listener */
    http_handler fallback;           /* no route matched: the system's own 404/405; required */
    http_handler finish; /* after every handler: common headers, HTTP faults; may be NULL */
    /* before every handler, where it runs: what stands in front of the system takes out of a
     * request; may be NULL */
    void (*begin)(void *ctx, struct http_request *req);
    void *ctx;
    int workers;          /* threads for slow routes; 0 = 1 */
    struct http_tls *tls; /* NULL = plain HTTP */
    const struct clock
        *clock;      /* for Date (the server writes it; no default Content-Type, no Server) */
    size_t max_body; /* 0 = 1 MiB */
    size_t max_head; /* 0 = 128 KiB (a cookie of 20 chunks fits) */
    int64_t first_request_ms; /* from accepting to a whole request, handshake included; 0 = 20 s */
    struct trace *trace;      /* takes what is asked from outside (serve), or NULL */
    const char *party;        /* how the trace calls this site; static */
    const char *own_address;  /* who asks from there tells the trace itself (http_client_conf) */
};

struct http_host; /* one event loop and its thread */
struct http_listener;

int http_host_new(struct http_host **ret, struct err *err) MUST_USE;
struct http_host *http_host_free(struct http_host *h); /* closes all listeners */
/* What broke around the host's servers since last asked (a connection that could not be accepted,
 * an answer that could not be written), or NULL; caller frees. The servers go on as they can, but
 * what they showed meanwhile says nothing about anybody. */
char *http_host_trouble(struct http_host *h);

/* Listens and serves as soon as it returns. addr "127.0.0.1", "::1" or "0.0.0.0"; port 0 = any. A
 * taken port is ERR_IO whose text is "listen tcp 127.0.0.1:8085: bind: address already in use".
 * HEAD is answered as GET without body. */
int http_listen(struct http_host *h, const struct http_site *site, const char *addr, uint16_t port,
                struct http_listener **ret, struct err *err) MUST_USE;
uint16_t http_listener_port(const struct http_listener *l);
/* Stops accepting, waits for running handlers, closes the connections. Accepts NULL, returns NULL.
 */
struct http_listener *http_listener_free(struct http_listener *l);

DEFINE_AUTO(struct http_host, http_host_free)
DEFINE_AUTO(struct http_listener, http_listener_free)
