/*
 * The client: a pool of libcurl handles, each keeping its own connections, lent last-in-first-out
 * so that calls one after another meet a warm connection. libcurl's cookies, redirects and default
 * fields are off: a request leaves as it was given.
 */
#include "harness/http/client.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/base/url.h"
#include "harness/http/client_call.h"
#include "harness/http/libcurl.h"

#define TIMEOUT_MS 30000
#define MAX_BODY (4UL * 1024 * 1024)

struct http_client {
    struct http_client_conf conf; /* texts are owned where they are not static */
    char *user_agent;
    struct http_trust *trust;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    struct handle **idle; /* under lock; the last one is lent first */
    size_t idle_len;
    size_t made;
};

int http_client_new(const struct http_client_conf *conf, struct http_client **ret, struct err *err)
{
    libcurl_load();
    AUTO(http_client_free) struct http_client *c = xcalloc(1, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->returned, NULL);
    c->conf = *conf;
    c->conf.connections = conf->connections == 0 ? 1 : conf->connections;
    c->conf.timeout_ms = conf->timeout_ms == 0 ? TIMEOUT_MS : conf->timeout_ms;
    c->conf.patience_ms = conf->patience_ms == 0 ? c->conf.timeout_ms : conf->patience_ms;
    c->conf.max_body = conf->max_body == 0 ? MAX_BODY : conf->max_body;
    c->user_agent = conf->user_agent == NULL ? NULL : xstrdup(conf->user_agent);
    c->conf.user_agent = c->user_agent;
    c->idle = xcalloc(c->conf.connections, sizeof(struct handle *));
    if (conf->trust != NULL)
        c->trust = http_trust_ref(conf->trust);
    else if (http_trust_new(NULL, true, &c->trust, err) < 0)
        return -1;
    *ret = c;
    c = NULL;
    return 0;
}

int http_client_like(const struct http_client *c, const char *pem, bool insecure,
                     struct http_client **ret, struct err *err)
{
    AUTO(http_trust_free) struct http_trust *wider = NULL;
    struct http_client_conf conf = c->conf;
    if (pem != NULL && http_trust_extend(c->trust, pem, &wider, err) != 0)
        return -1;
    conf.trust = wider != NULL ? wider : c->trust;
    conf.insecure = conf.insecure || insecure;
    return http_client_new(&conf, ret, err);
}

struct http_client *http_client_free(struct http_client *c)
{
    if (c == NULL)
        return NULL;
    for (size_t i = 0; i < c->idle_len; i++)
        handle_free(c->idle[i]);
    xfree(c->idle);
    http_trust_free(c->trust);
    xfree(c->user_agent);
    pthread_cond_destroy(&c->returned);
    pthread_mutex_destroy(&c->lock);
    return xfree(c);
}

void http_client_set_trace(struct http_client *c, struct trace *t)
{
    pthread_mutex_lock(&c->lock);
    c->conf.trace = t;
    pthread_mutex_unlock(&c->lock);
}

static struct handle *lend(struct http_client *c, struct trace **ret_trace)
{
    pthread_mutex_lock(&c->lock);
    while (c->idle_len == 0 && c->made == c->conf.connections)
        pthread_cond_wait(&c->returned, &c->lock);
    struct handle *h = NULL;
    if (c->idle_len > 0)
        h = c->idle[--c->idle_len];
    else
        c->made++;
    *ret_trace = c->conf.trace;
    pthread_mutex_unlock(&c->lock);
    return h == NULL ? handle_new(&c->conf, c->trust) : h;
}

static void give_back(struct http_client *c, struct handle *h)
{
    pthread_mutex_lock(&c->lock);
    c->idle[c->idle_len++] = h;
    pthread_mutex_unlock(&c->lock);
    pthread_cond_signal(&c->returned);
}

/* Whether url starts with the origin and goes on with something that ends an authority. */
static bool at_origin(const char *url, const char *origin)
{
    size_t n = strlen(origin);
    return strncasecmp(url, origin, n) == 0 && (url[n] == '\0' || strchr("/?#", url[n]) != NULL);
}

static bool same_origin(const struct url *a, const struct url *b)
{
    return cstr_eq(a->scheme, b->scheme) && strcasecmp(a->host, b->host) == 0 && a->port == b->port;
}

static const struct http_name *find_name(const struct http_names *names, const char *text,
                                         const struct url *u)
{
    for (size_t i = 0; names != NULL && i < names->len; i++) {
        if (at_origin(text, names->items[i].origin))
            return &names->items[i];
    }
    for (size_t i = 0; names != NULL && i < names->len; i++) {
        AUTO(url_deinit) struct url origin = {0};
        if (url_parse(names->items[i].origin, &origin, NULL) == 0 && same_origin(&origin, u))
            return &names->items[i];
    }
    return NULL;
}

/* A delay on the virtual clock moved it further than this client would have waited. */
static int check_virtual_timeout(const struct http_client_conf *conf, int64_t before_ms,
                                 struct err *err)
{
    if (conf->clock == NULL || clock_now_ms(conf->clock) - before_ms <= conf->patience_ms)
        return 0;
    return err_set(err, ERR_TIMEOUT, "%s", CLIENT_TIMEOUT_TEXT);
}

/* Who is not there at all is told at once, in Go's words. */
static int check_reach(const struct http_client *c, const struct call_target *t, struct err *err)
{
    const char *host = t->url->host;
    if (t->name != NULL || c->conf.names == NULL || !c->conf.names->closed || call_stays_here(t))
        return 0;
    bool address = strspn(host, "0123456789.") == strlen(host) || strchr(host, ':') != NULL;
    return address ? err_set(err, ERR_NET, "dial tcp %s:%u: connect: no route to host", host,
                             (unsigned)t->url->port)
                   : err_set(err, ERR_NET, "dial tcp: lookup %s: no such host", host);
}

static int perform(struct http_client *c, struct handle *h, const struct http_request *req,
                   const struct call_target *target, struct http_response *ret, struct err *err)
{
    int64_t before_ms = c->conf.clock == NULL ? 0 : clock_now_ms(c->conf.clock);
    int64_t start_ns = clock_mono_ns();
    if (check_reach(c, target, err) != 0)
        return -1;
    int rc = handle_call(h, req, target, ret, err);
    ret->took_us = (clock_mono_ns() - start_ns) / 1000;
    return rc < 0 ? rc : check_virtual_timeout(&c->conf, before_ms, err);
}

int http_client_do(struct http_client *c, const struct http_request *req, struct http_response *ret,
                   struct err *err)
{
    AUTO(url_deinit) struct url u = {0};
    struct err why = {0};
    if (url_parse(req->url, &u, &why) < 0)
        return err_set(err, ERR_NET, "parse \"%s\": %s", req->url, why.msg);
    struct call_target target = {.url = &u, .name = find_name(c->conf.names, req->url, &u)};
    AUTO(http_response_deinit) struct http_response resp = {0};
    struct trace *trace = NULL;
    struct handle *h = lend(c, &trace);
    size_t seq = 0;
    if (trace != NULL)
        seq = trace_exchange_begin(trace, c->conf.party, target.name ? target.name->system : NULL,
                                   c->conf.front, req->method, req->url, &req->headers, req->body,
                                   req->body_len);
    int rc = perform(c, h, req, &target, &resp, &why);
    give_back(c, h);
    if (trace != NULL) {
        trace_exchange_tls(trace, seq, resp.tls, resp.tls_problem);
        if (resp.lost != NULL)
            trace_exchange_lost(trace, seq, resp.lost);
        trace_exchange_end(trace, seq, rc < 0 ? 0 : resp.status, &resp.headers, resp.body,
                           resp.body_len, rc < 0 ? why.msg : NULL, resp.took_us);
    }
    if (rc < 0)
        return err_set(err, why.code, "%s", why.msg);
    *ret = resp;
    resp = (struct http_response){0};
    return 0;
}
