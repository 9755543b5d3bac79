/*
 * Appending to the trace and reading it back. Events are allocated one by one and never move, so
 * that a reader may keep a pointer until the trace ends.
 */
#include "harness/trace/trace.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/buf.h"

struct secret_value {
    const char *kind;
    char *value;
};

struct trace {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* an exchange has */
    size_t open;          /* exchanges and holds, under lock */
    const struct clock *clock;
    struct trace_event **events;
    size_t len;
    size_t cap;
    struct secret_value *secrets;
    size_t secrets_len;
    size_t secrets_cap;
};

#define TRACE_MAX_BODY (4UL * 1024 * 1024)

struct trace *trace_new(const struct clock *clock)
{
    struct trace *t = xcalloc(1, sizeof(*t));
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->ended, NULL);
    t->clock = clock;
    return t;
}

static void event_free(struct trace_event *e)
{
    xfree(e->method);
    xfree(e->url);
    params_deinit(&e->request_headers);
    xfree(e->request_body);
    params_deinit(&e->headers);
    xfree(e->body);
    xfree(e->error);
    xfree(e->tls_problem);
    xfree(e->lost);
    xfree(e->level);
    xfree(e->text);
    js_free(e->data);
    xfree(e);
}

struct trace *trace_free(struct trace *t)
{
    if (t == NULL)
        return NULL;
    for (size_t i = 0; i < t->len; i++)
        event_free(t->events[i]);
    xfree(t->events);
    for (size_t i = 0; i < t->secrets_len; i++)
        xfree(t->secrets[i].value);
    xfree(t->secrets);
    pthread_cond_destroy(&t->ended);
    pthread_mutex_destroy(&t->lock);
    return xfree(t);
}

/* Takes over the event; gives its position. */
static size_t append(struct trace *t, struct trace_event *e)
{
    e->at_ms = clock_now_ms(t->clock);
    pthread_mutex_lock(&t->lock);
    if (t->len == t->cap) {
        t->cap = t->cap == 0 ? 64 : t->cap * 2;
        t->events = xrealloc(t->events, t->cap * sizeof(struct trace_event *));
    }
    e->seq = t->len;
    t->events[t->len++] = e;
    t->open += e->kind == TRACE_EXCHANGE;
    size_t seq = e->seq;
    pthread_mutex_unlock(&t->lock);
    return seq;
}

static struct trace_event *event_new(enum trace_kind kind, const char *from)
{
    struct trace_event *e = xcalloc(1, sizeof(*e));
    e->kind = kind;
    e->from = from;
    return e;
}

static char *keep_body(const char *body, size_t len, size_t *ret_len)
{
    size_t kept = len > TRACE_MAX_BODY ? TRACE_MAX_BODY : len;
    *ret_len = kept;
    if (body == NULL || kept == 0)
        return xstrdup("");
    char *copy = xmalloc(kept + 1);
    memcpy(copy, body, kept);
    copy[kept] = '\0';
    return copy;
}

size_t trace_exchange_begin(struct trace *t, const char *from, const char *to, bool front,
                            const char *method, const char *url, const struct params *headers,
                            const char *body, size_t body_len)
{
    if (t == NULL)
        return 0;
    struct trace_event *e = event_new(TRACE_EXCHANGE, from);
    e->to = to;
    e->front = front;
    e->method = xstrdup(method);
    e->url = xstrdup(url);
    if (headers != NULL)
        params_copy(&e->request_headers, headers);
    e->request_body = keep_body(body, body_len, &e->request_body_len);
    return append(t, e);
}

void trace_exchange_end(struct trace *t, size_t seq, int status, const struct params *headers,
                        const char *body, size_t body_len, const char *error, int64_t took_us)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    struct trace_event *e = t->events[seq];
    e->status = status;
    if (headers != NULL)
        params_copy(&e->headers, headers);
    e->body = keep_body(body, body_len, &e->body_len);
    e->error = error != NULL ? xstrdup(error) : NULL;
    e->took_us = took_us;
    if (--t->open == 0)
        pthread_cond_broadcast(&t->ended);
    pthread_mutex_unlock(&t->lock);
}

void trace_hold(struct trace *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    t->open++;
    pthread_mutex_unlock(&t->lock);
}

void trace_release(struct trace *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    if (--t->open == 0)
        pthread_cond_broadcast(&t->ended);
    pthread_mutex_unlock(&t->lock);
}

void trace_settle(struct trace *t)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    while (t->open > 0)
        pthread_cond_wait(&t->ended, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

void trace_exchange_tls(struct trace *t, size_t seq, const char *protocol, const char *problem)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    struct trace_event *e = t->events[seq];
    e->tls = protocol;
    xfree(e->tls_problem);
    e->tls_problem = problem != NULL ? xstrdup(problem) : NULL;
    pthread_mutex_unlock(&t->lock);
}

void trace_exchange_lost(struct trace *t, size_t seq, const char *what)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    struct trace_event *e = t->events[seq];
    xfree(e->lost);
    e->lost = xstrdup(what);
    pthread_mutex_unlock(&t->lock);
}

static char *format(const char *fmt, va_list args)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_vaddf(&b, fmt, args);
    return buf_take(&b);
}

void trace_log(struct trace *t, const char *from, const char *level, const char *fmt, ...)
{
    if (t == NULL)
        return;
    struct trace_event *e = event_new(TRACE_LOG, from);
    va_list args;
    va_start(args, fmt);
    e->text = format(fmt, args);
    va_end(args);
    e->level = xstrdup(level);
    append(t, e);
}

void trace_note(struct trace *t, const char *from, const char *fmt, ...)
{
    if (t == NULL)
        return;
    struct trace_event *e = event_new(TRACE_NOTE, from);
    va_list args;
    va_start(args, fmt);
    e->text = format(fmt, args);
    va_end(args);
    append(t, e);
}

void trace_data(struct trace *t, enum trace_kind kind, const char *from, struct js *take)
{
    if (t == NULL) {
        js_free(take);
        return;
    }
    struct trace_event *e = event_new(kind, from);
    e->data = take;
    append(t, e);
}

void trace_secret(struct trace *t, const char *kind, const char *value)
{
    if (t == NULL || value == NULL || value[0] == '\0')
        return;
    pthread_mutex_lock(&t->lock);
    if (t->secrets_len == t->secrets_cap) {
        t->secrets_cap = t->secrets_cap == 0 ? 32 : t->secrets_cap * 2;
        t->secrets = xrealloc(t->secrets, t->secrets_cap * sizeof(*t->secrets));
    }
    t->secrets[t->secrets_len++] = (struct secret_value){kind, xstrdup(value)};
    pthread_mutex_unlock(&t->lock);
}

/* Reading takes the lock too: an agent looks at its own events while a mock's outbox may still
 * write. */
static pthread_mutex_t *reading(const struct trace *t)
{
    union {
        const pthread_mutex_t *in;
        pthread_mutex_t *out;
    } cast = {.in = &t->lock};
    return cast.out;
}

size_t trace_len(const struct trace *t)
{
    if (t == NULL)
        return 0;
    pthread_mutex_lock(reading(t));
    size_t len = t->len;
    pthread_mutex_unlock(reading(t));
    return len;
}

const struct trace_event *trace_at(const struct trace *t, size_t i)
{
    pthread_mutex_lock(reading(t));
    const struct trace_event *e = i < t->len ? t->events[i] : NULL;
    pthread_mutex_unlock(reading(t));
    return e;
}

size_t trace_secrets(const struct trace *t)
{
    return t == NULL ? 0 : t->secrets_len;
}

const char *trace_secret_at(const struct trace *t, size_t i, const char **ret_kind)
{
    if (i >= t->secrets_len)
        return NULL;
    if (ret_kind != NULL)
        *ret_kind = t->secrets[i].kind;
    return t->secrets[i].value;
}
