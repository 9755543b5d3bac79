/*
 * One route behind a listener of its own; what comes is kept under a lock, because the listener's
 * loop writes it and the test reads it.
 */
#include "tests/unit/mocks_authentik/receiver.h"

static char *dup_or_empty(const char *text)
{
    return xstrdup(text != NULL ? text : "");
}

static void take(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct receiver *r = ctx;
    pthread_mutex_lock(&r->lock);
    if (r->len < RECEIVER_MAX)
        r->got[r->len++] = (struct received){
            .method = xstrdup(req->method),
            .type = dup_or_empty(params_get_ci(&req->headers, "Content-Type")),
            .user_agent = dup_or_empty(params_get_ci(&req->headers, "User-Agent")),
            .token = dup_or_empty(http_form(req, "logout_token")),
        };
    http_respond(resp, r->status, "text/plain", "");
    pthread_mutex_unlock(&r->lock);
}

static const struct http_route routes[] = {{NULL, "/backchannel", take, false}, {0}};

static void not_here(void *ctx, const struct http_request *req, struct http_response *resp)
{
    (void)ctx;
    (void)req;
    http_respond(resp, 404, "text/plain", "");
}

void receiver_start(struct receiver *r)
{
    struct err err = {0};
    *r = (struct receiver){.status = 200, .clock = clock_new_virtual(CLOCK_START_S)};
    pthread_mutex_init(&r->lock, NULL);
    const struct http_site site = {
        .name = "rp", .routes = routes, .fallback = not_here, .ctx = r, .clock = r->clock};
    if (http_host_new(&r->host, &err) != 0 ||
        http_listen(r->host, &site, "127.0.0.1", 0, &r->listener, &err) != 0)
        fail_msg("%s", err.msg);
    r->url = xasprintf("http://127.0.0.1:%u/backchannel", http_listener_port(r->listener));
}

void receiver_stop(struct receiver *r)
{
    http_listener_free(r->listener);
    http_host_free(r->host);
    for (size_t i = 0; i < r->len; i++) {
        xfree(r->got[i].method);
        xfree(r->got[i].type);
        xfree(r->got[i].user_agent);
        xfree(r->got[i].token);
    }
    xfree(r->url);
    clock_free(r->clock);
    pthread_mutex_destroy(&r->lock);
    *r = (struct receiver){0};
}

struct js *receiver_claims(struct receiver *r, struct fx *f, size_t n, struct js **ret_header)
{
    trace_settle(f->trace); /* what is on its way has come */
    pthread_mutex_lock(&r->lock);
    bool there = n < r->len;
    AUTO(xfree) char *token = there ? xstrdup(r->got[n].token) : NULL;
    pthread_mutex_unlock(&r->lock);
    if (!there) {
        fail_msg("only %zu logout tokens came", r->len);
        return NULL;
    }
    return fx_token_claims(f, token, ret_header);
}
