/*
 * HTTP(S) client: the only user of libcurl. One exchange a call, redirects are never followed,
 * cookies are not kept (jar.h does that), every exchange goes into the trace. Connections are kept
 * alive.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/http/message.h"
#include "harness/trace/trace.h"

/* Which system answers at an origin, and where it really listens. */
struct http_name {
    char *origin;       /* "https://authentik.company" (scheme://host[:port], as in the setup) */
    const char *system; /* static: "authentik" "dex" "argocd" "cli" */
    char *
        connect_host; /* "127.0.0.1" for mocked names; NULL = resolve and connect as usual (live) */
    _Atomic uint16_t connect_port; /* may change while others ask: a system goes down */
};

struct http_names {
    struct http_name *items;
    size_t len;
    bool closed; /* nothing else is there but this machine: nobody else is asked, not even a name
                    server */
};

/* Whom a client trusts. Read once and shared by many clients: OpenSSL takes longer over the text of
 * a certificate than over a whole handshake. Reference-counted, usable from several threads. */
struct http_trust;

/* pem NULL = the system's store alone; system adds it to pem. -1 when pem holds no certificate. */
int http_trust_new(const char *pem, bool system, struct http_trust **ret, struct err *err) MUST_USE;
/* What `base` trusts, and the certificates of pem besides. -1 when pem holds none. */
int http_trust_extend(const struct http_trust *base, const char *pem, struct http_trust **ret,
                      struct err *err) MUST_USE;
struct http_trust *http_trust_ref(struct http_trust *t);
struct http_trust *http_trust_free(struct http_trust *t);

struct http_client_conf {
    const char *party; /* who asks: "browser" "cli" "rp" "dex" "argocd" (static) */
    bool front;        /* exchanges are the person's agent's */
    const struct http_names
        *names;               /* outlives the client; proxies are off for names with connect_host */
    struct http_trust *trust; /* NULL = the system's; the client takes a reference of its own */
    bool insecure; /* no certificate check (Argo CD towards Dex without --dex-server-strict-tls) */
    const char *user_agent;    /* NULL = none */
    int64_t timeout_ms;        /* 0 = 30 s */
    int64_t patience_ms;       /* the same on `clock`; 0 = timeout_ms */
    size_t max_body;           /* 0 = 4 MiB; more is an error */
    struct trace *trace;       /* may be NULL */
    const struct clock *clock; /* may be NULL: else an exchange during which it moved by more than
                                  patience_ms is a time-out */
    size_t connections;        /* how many calls may run at once (a pool of handles); 0 = 1 */
    const char *own_address;   /* loopback address to come from when it goes to 127.0.0.1, so that
                                  our servers know us (http_site); static; NULL = any */
};

struct http_client;

/* Has what the first client needs loaded by a thread of its own, while the caller reads its input:
 * not needed for anything but time. Freeing waits for the end. NULL when there is no thread. */
struct http_preparation;
struct http_preparation *http_client_prepare(void);
struct http_preparation *http_preparation_free(struct http_preparation *p);
int http_client_new(const struct http_client_conf *conf, struct http_client **ret, struct err *err)
    MUST_USE;
/* Another client like c that trusts the certificates of pem besides (NULL = none), or anybody. What
 * c's conf lends outlives both. */
int http_client_like(const struct http_client *c, const char *pem, bool insecure,
                     struct http_client **ret, struct err *err) MUST_USE;
struct http_client *http_client_free(struct http_client *c);
void http_client_set_trace(struct http_client *c, struct trace *t); /* between scenarios */
/* req needs method and url; headers and body as given (no header is added but Host, Content-Length
 * and the user agent). Any HTTP answer is success. -1: no usable answer; err code ERR_NET, ERR_TLS
 * or ERR_TIMEOUT, text in Go's words where Dex or Argo CD would show it: `dial tcp 127.0.0.1:1:
 * connect: connection refused`. Thread-safe up to conf.connections callers, others wait. */
int http_client_do(struct http_client *c, const struct http_request *req, struct http_response *ret,
                   struct err *err) MUST_USE;

DEFINE_AUTO(struct http_client, http_client_free)
DEFINE_AUTO(struct http_trust, http_trust_free)
