/*
 * The scripted server: a list of paths with their answers under one lock. It knows no protocol
 * above HTTP.
 */
#include "tests/support/upstream.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/params.h"
#include "harness/base/str.h"
#include "harness/http/server.h"
#include "tests/support/test.h"

#define PATHS_MAX 32
#define ONCE_MAX 4
#define NAMES_MAX 8

struct answer {
    int status;
    char *content_type;
    char *body;
    char *location;
};

struct place {
    char *path;
    struct answer always;
    struct answer once[ONCE_MAX];
    size_t once_len;
    size_t hits;
    char *last_body;
    char *last_authorization;
    char *last_method;
};

struct upstream {
    pthread_mutex_t lock;
    char *origin;
    struct place places[PATHS_MAX];
    size_t len;
    struct http_host *host;
    struct http_listener *listener;
    struct http_listener *secure; /* NULL until upstream_secure */
    struct http_ca *ca;
    const struct clock *clock;
    char *host_name;
    struct http_name name[NAMES_MAX]; /* plain, then what a test adds */
    struct http_names names;
};

static void answer_deinit(struct answer *a)
{
    xfree(a->content_type);
    xfree(a->body);
    xfree(a->location);
    *a = (struct answer){0};
}

static struct place *place_of(struct upstream *u, const char *path)
{
    for (size_t i = 0; i < u->len; i++) {
        if (strcmp(u->places[i].path, path) == 0)
            return &u->places[i];
    }
    assert_true(u->len < PATHS_MAX);
    u->places[u->len] = (struct place){
        .path = xstrdup(path),
        .always = {.status = 404, .content_type = xstrdup("text/plain"), .body = xstrdup("none")},
        .last_body = xstrdup(""),
        .last_authorization = xstrdup(""),
        .last_method = xstrdup(""),
    };
    return &u->places[u->len++];
}

static void keep(char **slot, const char *text)
{
    xfree(*slot);
    *slot = xstrdup(text != NULL ? text : "");
}

static void play(const struct answer *a, struct http_response *resp)
{
    http_respond(resp, a->status, a->content_type, a->body);
    if (a->location != NULL)
        params_set_ci(&resp->headers, "Location", a->location);
}

static void handle(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct upstream *u = ctx;
    pthread_mutex_lock(&u->lock);
    struct place *p = place_of(u, req->path);
    p->hits++;
    keep(&p->last_body, req->body);
    keep(&p->last_authorization, params_get_ci(&req->headers, "Authorization"));
    keep(&p->last_method, req->method);
    if (p->once_len > 0) {
        play(&p->once[0], resp);
        answer_deinit(&p->once[0]);
        memmove(&p->once[0], &p->once[1], (ONCE_MAX - 1) * sizeof p->once[0]);
        p->once[--p->once_len] = (struct answer){0};
    } else {
        play(&p->always, resp);
    }
    pthread_mutex_unlock(&u->lock);
}

static void add_name(struct upstream *u, const char *scheme, const char *host,
                     const struct http_listener *l)
{
    assert_true(u->names.len < NAMES_MAX);
    u->name[u->names.len] = (struct http_name){
        .origin = xasprintf("%s://%s", scheme, host),
        .system = "authentik",
        .connect_host = xstrdup("127.0.0.1"),
        .connect_port = http_listener_port(l),
    };
    u->names.len++;
}

void upstream_also(struct upstream *u, const char *name)
{
    add_name(u, "http", name, u->listener);
}

static struct http_listener *listen_as(struct upstream *u, const char *scheme, struct http_tls *tls)
{
    static const struct http_route none[] = {{NULL, NULL, NULL, false}};
    struct err err = {0};
    struct http_listener *l = NULL;
    struct http_site site = {.name = "upstream",
                             .routes = none,
                             .fallback = handle,
                             .ctx = u,
                             .clock = u->clock,
                             .tls = tls};
    if (http_listen(u->host, &site, "127.0.0.1", 0, &l, &err) != 0)
        fail_msg("%s", err.msg);
    add_name(u, scheme, u->host_name, l);
    return l;
}

struct upstream *upstream_new(const struct clock *clock, const char *name)
{
    struct err err = {0};
    struct upstream *u = xcalloc(1, sizeof *u);
    pthread_mutex_init(&u->lock, NULL);
    u->clock = clock;
    u->host_name = xstrdup(name);
    u->names.items = u->name;
    if (http_host_new(&u->host, &err) != 0)
        fail_msg("%s", err.msg);
    u->listener = listen_as(u, "http", NULL);
    u->origin = xstrdup(u->name[0].origin);
    return u;
}

const char *upstream_secure(struct upstream *u)
{
    const char *hosts[] = {u->host_name, NULL};
    AUTO(http_tls_free) struct http_tls *tls = NULL;
    struct err err = {0};
    if (u->secure == NULL) {
        if (http_ca_new(hosts, &u->ca, &err) != 0 ||
            http_ca_leaf(u->ca, HTTP_LEAF_GOOD, &tls, &err) != 0)
            fail_msg("%s", err.msg);
        u->secure = listen_as(u, "https", tls);
    }
    return http_ca_pem(u->ca);
}

struct upstream *upstream_free(struct upstream *u)
{
    if (u == NULL)
        return NULL;
    http_listener_free(u->listener);
    http_listener_free(u->secure);
    http_host_free(u->host);
    http_ca_free(u->ca);
    for (size_t i = 0; i < u->len; i++) {
        struct place *p = &u->places[i];
        for (size_t k = 0; k < p->once_len; k++)
            answer_deinit(&p->once[k]);
        answer_deinit(&p->always);
        xfree(p->path);
        xfree(p->last_body);
        xfree(p->last_authorization);
        xfree(p->last_method);
    }
    for (size_t i = 0; i < u->names.len; i++) {
        xfree(u->name[i].origin);
        xfree(u->name[i].connect_host);
    }
    xfree(u->host_name);
    xfree(u->origin);
    pthread_mutex_destroy(&u->lock);
    return xfree(u);
}

const char *upstream_origin(const struct upstream *u)
{
    return u->origin;
}

struct http_client *upstream_client(struct upstream *u, const char *party, struct trace *trace)
{
    struct err err = {0};
    struct http_client *c = NULL;
    struct http_client_conf conf = {
        .party = party,
        .names = &u->names,
        .user_agent = "Go-http-client/1.1",
        .trace = trace,
        .connections = 4,
    };
    if (http_client_new(&conf, &c, &err) != 0)
        fail_msg("%s", err.msg);
    return c;
}

static struct answer make(int status, const char *content_type, const char *body)
{
    return (struct answer){
        .status = status,
        .content_type = content_type != NULL ? xstrdup(content_type) : NULL,
        .body = xstrdup(body),
    };
}

void upstream_say(struct upstream *u, const char *path, int status, const char *content_type,
                  const char *body)
{
    pthread_mutex_lock(&u->lock);
    struct place *p = place_of(u, path);
    answer_deinit(&p->always);
    p->always = make(status, content_type, body);
    pthread_mutex_unlock(&u->lock);
}

void upstream_say_once(struct upstream *u, const char *path, int status, const char *content_type,
                       const char *body)
{
    pthread_mutex_lock(&u->lock);
    struct place *p = place_of(u, path);
    assert_true(p->once_len < ONCE_MAX);
    p->once[p->once_len++] = make(status, content_type, body);
    pthread_mutex_unlock(&u->lock);
}

void upstream_redirect(struct upstream *u, const char *path, int status, const char *location)
{
    upstream_say(u, path, status, "text/plain", "");
    pthread_mutex_lock(&u->lock);
    place_of(u, path)->always.location = xstrdup(location);
    pthread_mutex_unlock(&u->lock);
}

void upstream_stop(struct upstream *u)
{
    u->listener = http_listener_free(u->listener);
    for (size_t i = 0; i < u->names.len; i++)
        u->name[i].connect_port = TEST_CLOSED_PORT;
}

size_t upstream_hits(struct upstream *u, const char *path)
{
    pthread_mutex_lock(&u->lock);
    size_t n = place_of(u, path)->hits;
    pthread_mutex_unlock(&u->lock);
    return n;
}

static char *copy(struct upstream *u, char *const *slot)
{
    char *text = xstrdup(*slot);
    pthread_mutex_unlock(&u->lock);
    return text;
}

char *upstream_last_body(struct upstream *u, const char *path)
{
    pthread_mutex_lock(&u->lock);
    return copy(u, &place_of(u, path)->last_body);
}

char *upstream_last_authorization(struct upstream *u, const char *path)
{
    pthread_mutex_lock(&u->lock);
    return copy(u, &place_of(u, path)->last_authorization);
}

char *upstream_last_method(struct upstream *u, const char *path)
{
    pthread_mutex_lock(&u->lock);
    return copy(u, &place_of(u, path)->last_method);
}
