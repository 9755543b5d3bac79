/*
 * A small web for the tests of this unit: one host, one CA, a site whose handlers show what they
 * were asked, can be held back at a gate, and play any fault; and a client that finds it.
 */
#pragma once

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/crypto/count.h"
#include "harness/http/client.h"
#include "harness/http/server.h"

#define WEB_NAME "site.example"

struct web {
    struct clock *clock;
    struct http_host *host;
    struct http_ca *ca;
    struct http_tls *tls;
    struct http_listener *listener;
    struct http_client *client;
    struct http_name name;
    struct http_names names;
    struct http_fault fault; /* played by finish */
    /* the gate of /slow */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    int entered;
    int left;
};

static inline void web_wait_entered(struct web *w, int n)
{
    pthread_mutex_lock(&w->lock);
    while (w->entered < n)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static inline void web_open_gate(struct web *w)
{
    pthread_mutex_lock(&w->lock);
    w->open = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* What finish plays from now on. */
static inline void web_play(struct web *w, struct http_fault fault)
{
    pthread_mutex_lock(&w->lock);
    w->fault = fault;
    pthread_mutex_unlock(&w->lock);
}

static inline int web_left(struct web *w)
{
    pthread_mutex_lock(&w->lock);
    int n = w->left;
    pthread_mutex_unlock(&w->lock);
    return n;
}

static inline void web_slow(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct web *w = ctx;
    pthread_mutex_lock(&w->lock);
    w->entered++;
    pthread_cond_broadcast(&w->changed);
    while (!w->open)
        pthread_cond_wait(&w->changed, &w->lock);
    w->left++;
    pthread_mutex_unlock(&w->lock);
    http_respond(resp, 200, "text/plain", "slow");
}

static inline void web_echo(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "%s %s\n", req->method, req->url);
    buf_addf(&b, "host=%s path=%s query=%s tls=%d\n", req->host, req->path,
             req->query == NULL ? "(none)" : req->query, req->tls);
    for (size_t i = 0; i < HTTP_CAPTURES && req->captures[i] != NULL; i++)
        buf_addf(&b, "capture=%s\n", req->captures[i]);
    for (size_t i = 0; i < req->query_params.len; i++)
        buf_addf(&b, "query %s=%s\n", req->query_params.items[i].name,
                 req->query_params.items[i].value);
    for (size_t i = 0; i < req->form_params.len; i++)
        buf_addf(&b, "form %s=%s\n", req->form_params.items[i].name,
                 req->form_params.items[i].value);
    for (size_t i = 0; i < req->headers.len; i++)
        buf_addf(&b, "%s: %s\n", req->headers.items[i].name, req->headers.items[i].value);
    buf_addf(&b, "\n%s", req->body);
    http_respond(resp, 200, "text/plain", b.ptr);
}

static inline void web_hello(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond(resp, 200, "application/json", "{\"hello\":\"world\"}");
}

static inline void web_bare(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond(resp, 204, NULL, NULL);
}

static inline void web_fields(void *ctx, const struct http_request *req, struct http_response *resp)
{
    params_add(&resp->headers, "Set-Cookie", "b=2");
    params_add(&resp->headers, "x-Odd-CASE", " trimmed ");
    params_add(&resp->headers, "Set-Cookie", "a=1");
    params_add(&resp->headers, "Empty", "");
    params_add(&resp->headers, "Broken", "one\r\nX-Injected: yes");
    params_add(&resp->headers, "Bad Name", "x");
    params_add(&resp->headers, "Content-Length", "999");
    http_respond(resp, 302, NULL, "");
    params_add(&resp->headers, "Location", "/elsewhere");
    resp->reason = xstrdup("Over There");
}

static inline void web_fallback(void *ctx, const struct http_request *req,
                                struct http_response *resp)
{
    http_respond_go_error(resp, 404, "404 page not found");
}

static inline void web_finish(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct web *w = ctx;
    params_add(&resp->headers, "X-Finished", req->method);
    pthread_mutex_lock(&w->lock);
    resp->fault = w->fault;
    pthread_mutex_unlock(&w->lock);
}

static const struct http_route WEB_ROUTES[] = {
    {"GET POST PUT DELETE PATCH OPTIONS", "/echo", web_echo, false},
    {"GET", "/slow", web_slow, true},
    {"GET", "/worker", web_hello, true},
    {"GET", "/", web_hello, false},
    {"GET", "/bare", web_bare, false},
    {"GET", "/fields", web_fields, false},
    {"POST", "/only-post", web_hello, false},
    {NULL, "/one/{}/two/{}/", web_echo, false},
    {NULL, "/rest/*", web_echo, false},
    {0},
};

static inline struct http_site web_site(struct web *w, bool tls)
{
    return (struct http_site){.name = "site",
                              .routes = WEB_ROUTES,
                              .fallback = web_fallback,
                              .finish = web_finish,
                              .ctx = w,
                              .workers = 1,
                              .tls = tls ? w->tls : NULL,
                              .clock = w->clock};
}

static inline struct http_client *web_client(struct web *w, struct http_client_conf conf)
{
    struct err err = {0};
    struct http_client *c = NULL;
    conf.party = "rp";
    conf.names = &w->names;
    conf.trust = conf.trust == NULL ? http_ca_trust(w->ca) : conf.trust;
    if (http_client_new(&conf, &c, &err) < 0)
        fail_msg("%s", err.msg);
    return c;
}

static inline void web_listen(struct web *w, const struct http_site *site)
{
    struct err err = {0};
    if (http_listen(w->host, site, "127.0.0.1", 0, &w->listener, &err) < 0)
        fail_msg("%s", err.msg);
    w->name.connect_port = http_listener_port(w->listener);
}

/* From now on connections are refused. */
static inline void web_close(struct web *w)
{
    w->listener = http_listener_free(w->listener);
    w->name.connect_port = TEST_CLOSED_PORT;
}

/* Host, CA and client, but no listener yet. */
static inline struct web *web_new(bool tls)
{
    static const char *const hosts[] = {WEB_NAME, "127.0.0.1", NULL};
    struct web *w = xcalloc(1, sizeof(*w));
    struct err err = {0};
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    w->clock = clock_new_virtual(CLOCK_START_S);
    if (http_host_new(&w->host, &err) < 0 || http_ca_new(hosts, &w->ca, &err) < 0 ||
        http_ca_leaf(w->ca, HTTP_LEAF_GOOD, &w->tls, &err) < 0)
        fail_msg("%s", err.msg);
    w->name = (struct http_name){.origin = xasprintf("http%s://" WEB_NAME, tls ? "s" : ""),
                                 .system = "site",
                                 .connect_host = xstrdup("127.0.0.1")};
    w->names = (struct http_names){&w->name, 1};
    w->client = web_client(w, (struct http_client_conf){0});
    return w;
}

static inline struct web *web_serving(bool tls)
{
    struct web *w = web_new(tls);
    struct http_site site = web_site(w, tls);
    web_listen(w, &site);
    return w;
}

static inline struct web *web_free(struct web *w)
{
    web_open_gate(w);
    http_client_free(w->client);
    http_listener_free(w->listener);
    http_host_free(w->host);
    http_tls_free(w->tls);
    http_ca_free(w->ca);
    clock_free(w->clock);
    xfree(w->name.origin);
    xfree(w->name.connect_host);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    return xfree(w);
}

DEFINE_AUTO(struct web, web_free)

static inline int web_ask(struct web *w, struct http_client *c, const char *method,
                          const char *path, struct http_response *ret, struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(xfree) char *url = xasprintf("%s%s", w->name.origin, path);
    http_request_set(&req, method, url);
    http_response_deinit(ret);
    return http_client_do(c, &req, ret, err);
}

static inline void web_get(struct web *w, const char *path, struct http_response *ret)
{
    struct err err = {0};
    if (web_ask(w, w->client, "GET", path, ret, &err) < 0)
        fail_msg("GET %s: %s", path, err.msg);
}

/* A bare connection to a port of this machine. */
static inline int web_connect(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    /* Whoever waits for an end that does not come is to say so. */
    struct timeval patience = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

static inline void web_send(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* the server has said all it will */
        text += n;
        left -= (size_t)n;
    }
}

/* Everything until the end of the connection; closes it; caller frees. */
static inline char *web_drain(int fd)
{
    AUTO(buf_deinit) struct buf b;
    char piece[4096];
    buf_init(&b, BUF_MAX_TEXT);
    for (ssize_t n = recv(fd, piece, sizeof(piece), 0); n > 0;
         n = recv(fd, piece, sizeof(piece), 0))
        buf_add(&b, piece, (size_t)n);
    close(fd);
    return buf_take(&b);
}

static inline char *web_raw(uint16_t port, const char *text)
{
    int fd = web_connect(port);
    web_send(fd, text);
    return web_drain(fd);
}

/* One request on a thread of its own. */
struct web_call {
    struct web *web;
    struct http_client *client;
    const char *path;
    pthread_t thread;
    int rc;
    struct http_response resp;
    struct err err;
};

static inline void *web_call_run(void *arg)
{
    struct web_call *c = arg;
    c->rc = web_ask(c->web, c->client, "GET", c->path, &c->resp, &c->err);
    return NULL;
}

static inline void web_call_begin(struct web_call *c)
{
    assert_int_equal(pthread_create(&c->thread, NULL, web_call_run, c), 0);
}

static inline void web_call_end(struct web_call *c)
{
    pthread_join(c->thread, NULL);
}
