/*
 * The thread behind ak_outbox_send and its bounded queue. Knows nothing of sessions or versions: a
 * letter says all.
 */
#include "mocks/authentik/outbox.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"
#include "harness/jose/jwt.h"
#include "mocks/authentik/state.h"

#define MAX_WAITING 4096

struct outbox {
    struct http_client *client;
    struct trace *trace;
    pthread_mutex_t lock;
    pthread_cond_t news;
    pthread_t thread;
    bool running; /* the thread was made */
    bool closing;
    struct vec waiting; /* struct letter */
    size_t taken;       /* of waiting: those before it have been worked on */
};

struct letter *ak_letter_free(struct letter *l)
{
    if (l == NULL)
        return NULL;
    xfree(l->to);
    xfree(l->user_agent);
    key_free(l->key);
    xfree(l->typ);
    xfree(l->kid);
    key_free(l->enc_key);
    xfree(l->enc_kid);
    js_free(l->claims);
    return xfree(l);
}

struct outbox *ak_outbox_new(struct http_client *client, struct trace *trace)
{
    struct outbox *o = xcalloc(1, sizeof(*o));
    o->client = client;
    o->trace = trace;
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->news, NULL);
    return o;
}

static void log_failure(const struct outbox *o, const struct letter *l, const char *why)
{
    trace_log(o->trace, AK_PARTY, "error",
              "Task failed actor_name=authentik.providers.oauth2.tasks.send_backchannel_logout_"
              "request logout_uri=%s exc=\"%s\"",
              l->to, why);
}

static void post(const struct outbox *o, const struct letter *l, const char *token)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(params_deinit) struct params form = {0};
    struct err err = {0};
    params_add(&form, "logout_token", token);
    http_request_set(&req, "POST", l->to);
    http_request_set_form(&req, &form);
    params_set_ci(&req.headers, "User-Agent", l->user_agent);
    if (http_client_do(o->client, &req, &resp, &err) != 0) {
        log_failure(o, l, err.msg);
    } else if (resp.status >= 400) { /* requests: raise_for_status */
        AUTO(xfree)
        char *why = xasprintf("%d %s Error: %s for url: %s", resp.status,
                              resp.status < 500 ? "Client" : "Server",
                              http_status_text(resp.status), l->to);
        log_failure(o, l, why);
    } else if (resp.status >= 300) { /* requests would go on, perhaps to somebody who is real */
        AUTO(xfree)
        char *why = xasprintf("%d %s for url: %s: a mock follows no redirect", resp.status,
                              http_status_text(resp.status), l->to);
        log_failure(o, l, why);
    } else {
        trace_log(o->trace, AK_PARTY, "info", "Back-channel logout successful sub=%s",
                  js_get_text(l->claims, "sub"));
    }
}

static void deliver(const struct outbox *o, const struct letter *l)
{
    AUTO(xfree) char *token = NULL;
    struct err err = {0};
    if (o->client == NULL) {
        log_failure(o, l, "there is no way out");
        return;
    }
    if (jwt_sign(l->key, l->alg, l->typ, l->kid, l->claims, &token, &err) != 0 ||
        ak_seal(l->enc_key, l->enc_kid, &token, &err) != 0) {
        log_failure(o, l, err.msg);
        return;
    }
    trace_secret(o->trace, "token", token);
    post(o, l, token);
}

/* The next letter; NULL when there is none and will be none. */
static struct letter *next(struct outbox *o)
{
    struct letter *l = NULL;
    pthread_mutex_lock(&o->lock);
    while (o->taken == o->waiting.len && !o->closing)
        pthread_cond_wait(&o->news, &o->lock);
    if (!o->closing)
        l = o->waiting.items[o->taken++];
    if (o->taken == o->waiting.len)
        o->taken = o->waiting.len = 0;
    pthread_mutex_unlock(&o->lock);
    return l;
}

static void *work(void *ctx)
{
    struct outbox *o = ctx;
    for (struct letter *l = next(o); l != NULL; l = next(o)) {
        deliver(o, l);
        ak_letter_free(l);
        trace_release(o->trace);
    }
    return NULL;
}

/* Lock held. What has been worked on leaves the front of the list. */
static void close_up(struct outbox *o)
{
    if (o->taken < MAX_WAITING)
        return;
    o->waiting.len -= o->taken;
    memmove(o->waiting.items, o->waiting.items + o->taken, o->waiting.len * sizeof(void *));
    o->taken = 0;
}

/* Lock held. NULL, or why not. */
static const char *take_in(struct outbox *o, struct letter *l)
{
    close_up(o);
    if (o->waiting.len - o->taken >= MAX_WAITING)
        return "too many letters are waiting";
    if (!o->running && pthread_create(&o->thread, NULL, work, o) != 0)
        return "no thread for the outbox";
    o->running = true;
    vec_push(&o->waiting, l);
    pthread_cond_signal(&o->news);
    return NULL;
}

void ak_outbox_send(struct outbox *o, struct letter *take)
{
    AUTO(ak_letter_free) struct letter *l = take;
    trace_hold(o->trace);
    pthread_mutex_lock(&o->lock);
    const char *refused = take_in(o, l);
    pthread_mutex_unlock(&o->lock);
    if (refused == NULL) {
        l = NULL;
        return;
    }
    log_failure(o, l, refused);
    trace_release(o->trace);
}

struct outbox *ak_outbox_free(struct outbox *o)
{
    if (o == NULL)
        return NULL;
    pthread_mutex_lock(&o->lock);
    o->closing = true;
    pthread_cond_signal(&o->news);
    pthread_mutex_unlock(&o->lock);
    if (o->running)
        pthread_join(o->thread, NULL);
    for (size_t i = o->taken; i < o->waiting.len; i++) {
        ak_letter_free(o->waiting.items[i]);
        trace_release(o->trace);
    }
    vec_deinit(&o->waiting);
    pthread_cond_destroy(&o->news);
    pthread_mutex_destroy(&o->lock);
    return xfree(o);
}
