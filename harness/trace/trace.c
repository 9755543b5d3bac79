/*
 * Appending to the trace and reading it back. Events are allocated one by one and never move, so
 * that a reader may keep a pointer until the trace ends.
 */
#include "harness/trace/trace.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/buf.h"

struct secret_value {
    const char *kind;
    char *value;
    size_t number; /* as they were named */
};

struct trace {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* an exchange has */
    size_t open;          /* exchanges and holds, under lock */
    const struct clock *clock;
    struct trace_event **events; /* by position; of a capped trace by position modulo max_events */
    size_t first;                /* position of the oldest kept */
    size_t len;
    size_t cap;
    size_t max_events; /* 0 = no cap */
    size_t max_bytes;
    size_t bytes; /* held by the events; counted only under a cap */
    struct secret_value *secrets;
    size_t secrets_len;
    size_t secrets_cap;
    size_t secrets_next;  /* of a capped trace: the one that goes next */
    size_t secrets_named; /* how many there ever were */
};

#define TRACE_MAX_BODY (4UL * 1024 * 1024)
#define SECRETS_PER_EVENT 2 /* a capped trace keeps so many for each event it may hold */

struct trace *trace_new(const struct clock *clock)
{
    struct trace *t = xcalloc(1, sizeof(*t));
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->ended, NULL);
    t->clock = clock;
    return t;
}

struct trace *trace_new_capped(const struct clock *clock, size_t max_events, size_t max_bytes)
{
    struct trace *t = trace_new(clock);
    t->max_events = max_events;
    t->max_bytes = max_bytes;
    t->cap = max_events;
    t->events = xcalloc(max_events, sizeof(struct trace_event *));
    return t;
}

/* The lock is held. */
static struct trace_event **slot(const struct trace *t, size_t seq)
{
    return &t->events[t->max_events == 0 ? seq : seq % t->max_events];
}

/* NULL when it has fallen out meanwhile; the lock is held. */
static struct trace_event *kept(const struct trace *t, size_t seq)
{
    return seq < t->first ? NULL : *slot(t, seq);
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
    for (size_t i = t->first; i < t->len; i++)
        event_free(*slot(t, i));
    xfree(t->events);
    for (size_t i = 0; i < t->secrets_len; i++)
        xfree(t->secrets[i].value);
    xfree(t->secrets);
    pthread_cond_destroy(&t->ended);
    pthread_mutex_destroy(&t->lock);
    return xfree(t);
}

static size_t params_size(const struct params *p)
{
    size_t size = 0;
    for (size_t i = 0; i < p->len; i++)
        size += strlen(p->items[i].name) + strlen(p->items[i].value);
    return size;
}

static size_t text_size(const char *s)
{
    return s != NULL ? strlen(s) : 0;
}

static size_t size_of(const struct trace_event *e)
{
    return sizeof(*e) + text_size(e->url) + params_size(&e->request_headers) + e->request_body_len +
           params_size(&e->headers) + e->body_len + text_size(e->text);
}

/* The lock is held. */
static void drop_oldest(struct trace *t)
{
    struct trace_event **oldest = slot(t, t->first++);
    t->bytes -= size_of(*oldest);
    event_free(*oldest);
    *oldest = NULL;
}

/* The lock is held. */
static void make_room(struct trace *t)
{
    if (t->max_events > 0) {
        if (t->len - t->first == t->max_events)
            drop_oldest(t);
        return;
    }
    if (t->len == t->cap) {
        t->cap = t->cap == 0 ? 64 : t->cap * 2;
        t->events = xrealloc(t->events, t->cap * sizeof(struct trace_event *));
    }
}

/* The lock is held. The newest stays, however big. */
static void add_bytes(struct trace *t, size_t more)
{
    t->bytes += more;
    while (t->max_events > 0 && t->bytes > t->max_bytes && t->len - t->first > 1)
        drop_oldest(t);
}

/* Takes over the event; gives its position. */
static size_t append(struct trace *t, struct trace_event *e)
{
    e->at_ms = clock_now_ms(t->clock);
    pthread_mutex_lock(&t->lock);
    make_room(t);
    e->seq = t->len++;
    *slot(t, e->seq) = e;
    if (t->max_events > 0)
        add_bytes(t, size_of(e));
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
    struct trace_event *e = kept(t, seq);
    if (e != NULL) {
        e->status = status;
        if (headers != NULL)
            params_copy(&e->headers, headers);
        e->body = keep_body(body, body_len, &e->body_len);
        e->error = error != NULL ? xstrdup(error) : NULL;
        e->took_us = took_us;
        if (t->max_events > 0)
            add_bytes(t, params_size(&e->headers) + e->body_len);
    }
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
    struct trace_event *e = kept(t, seq);
    if (e != NULL) {
        e->tls = protocol;
        xfree(e->tls_problem);
        e->tls_problem = problem != NULL ? xstrdup(problem) : NULL;
    }
    pthread_mutex_unlock(&t->lock);
}

void trace_exchange_lost(struct trace *t, size_t seq, const char *what)
{
    if (t == NULL)
        return;
    pthread_mutex_lock(&t->lock);
    struct trace_event *e = kept(t, seq);
    if (e != NULL) {
        xfree(e->lost);
        e->lost = xstrdup(what);
    }
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

void trace_log_line(struct trace *t, const char *from, const char *level, const char *text,
                    const char *line)
{
    if (t == NULL)
        return;
    struct trace_event *e = event_new(TRACE_LOG, from);
    e->text = xstrdup(text);
    e->level = xstrdup(level);
    e->data = js_object();
    js_set_text(e->data, "line", line);
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

/* The lock is held. */
static void add_secret(struct trace *t, const char *kind, const char *value)
{
    const struct secret_value fresh = {kind, xstrdup(value), t->secrets_named++};
    if (t->max_events > 0 && t->secrets_len == t->max_events * SECRETS_PER_EVENT) {
        struct secret_value *oldest = &t->secrets[t->secrets_next++ % t->secrets_len];
        xfree(oldest->value);
        *oldest = fresh;
        return;
    }
    if (t->secrets_len == t->secrets_cap) {
        t->secrets_cap = t->secrets_cap == 0 ? 32 : t->secrets_cap * 2;
        t->secrets = xrealloc(t->secrets, t->secrets_cap * sizeof(*t->secrets));
    }
    t->secrets[t->secrets_len++] = fresh;
}

void trace_secret(struct trace *t, const char *kind, const char *value)
{
    if (t == NULL || value == NULL || value[0] == '\0')
        return;
    pthread_mutex_lock(&t->lock);
    add_secret(t, kind, value);
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
    const struct trace_event *e = i < t->len ? kept(t, i) : NULL;
    pthread_mutex_unlock(reading(t));
    return e;
}

size_t trace_first(const struct trace *t)
{
    if (t == NULL)
        return 0;
    pthread_mutex_lock(reading(t));
    size_t first = t->first;
    pthread_mutex_unlock(reading(t));
    return first;
}

void trace_clear(struct trace *t)
{
    assert(t->max_events > 0);
    pthread_mutex_lock(&t->lock);
    while (t->first < t->len)
        drop_oldest(t);
    pthread_mutex_unlock(&t->lock);
}

static char *dup_or_null(const char *s)
{
    return s != NULL ? xstrdup(s) : NULL;
}

static struct trace_event *event_dup(const struct trace_event *e)
{
    struct trace_event *copy = xcalloc(1, sizeof(*copy));
    *copy = *e;
    copy->method = dup_or_null(e->method);
    copy->url = dup_or_null(e->url);
    copy->request_headers = (struct params){0};
    params_copy(&copy->request_headers, &e->request_headers);
    copy->request_body = keep_body(e->request_body, e->request_body_len, &copy->request_body_len);
    copy->headers = (struct params){0};
    params_copy(&copy->headers, &e->headers);
    copy->body = keep_body(e->body, e->body_len, &copy->body_len);
    copy->error = dup_or_null(e->error);
    copy->tls_problem = dup_or_null(e->tls_problem);
    copy->lost = dup_or_null(e->lost);
    copy->level = dup_or_null(e->level);
    copy->text = dup_or_null(e->text);
    copy->data = e->data != NULL ? js_dup(e->data) : NULL;
    return copy;
}

struct trace *trace_copy(struct trace *t, size_t from, size_t secrets_from)
{
    struct trace *copy = trace_new(t->clock);
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < t->secrets_len; i++)
        if (t->secrets[i].number >= secrets_from)
            add_secret(copy, t->secrets[i].kind, t->secrets[i].value);
    from = from < t->first ? t->first : from;
    copy->len = t->len;
    copy->first = from < t->len ? from : t->len;
    /* One slot a position that is left, as under a cap: positions never start again. */
    copy->max_events = copy->len > copy->first ? copy->len - copy->first : 1;
    copy->events = xcalloc(copy->max_events, sizeof(struct trace_event *));
    for (size_t i = copy->first; i < copy->len; i++)
        *slot(copy, i) = event_dup(*slot(t, i));
    pthread_mutex_unlock(&t->lock);
    return copy;
}

size_t trace_secrets_named(const struct trace *t)
{
    pthread_mutex_lock(reading(t));
    size_t named = t->secrets_named;
    pthread_mutex_unlock(reading(t));
    return named;
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
