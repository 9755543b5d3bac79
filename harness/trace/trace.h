/*
 * The trace: everything observable in a scenario, in order. Parties append while it runs; after the
 * freeze checks and reports only read. Holds secrets in the clear; redact.h makes the form for
 * reports.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/params.h"
#include "harness/data/json.h"

struct trace;

enum trace_kind {
    TRACE_EXCHANGE, /* one HTTP request and its answer, as its client saw it */
    TRACE_LOG,      /* one log line of a party */
    TRACE_DECISION, /* a decision with its reason (RBAC), data as JSON */
    TRACE_LOGIN,    /* a login begins: data {step, as, via, client_id, …} */
    TRACE_RESULT,   /* a login ended: data {outcome, by, at, shown, …} */
    TRACE_NOTE,     /* something else worth keeping: fault played, clock moved */
    TRACE_KIND_MAX_
};

struct trace_event {
    enum trace_kind kind;
    size_t seq;       /* position; an exchange takes its position when the request leaves */
    int64_t at_ms;    /* the scenario's clock */
    const char *from; /* party: browser cli rp dex argocd authentik harness */
    const char *to;   /* exchange: system asked; NULL if unknown */
    bool front;       /* exchange: through the person's agent */
    /* exchange */
    char *method;
    char *url;
    struct params request_headers;
    char *request_body;
    size_t request_body_len;
    int status; /* 0: no answer, see error */
    struct params headers;
    char *body;
    size_t body_len;
    char *error;       /* transport error text, or NULL */
    const char *tls;   /* protocol as the client saw it, static; NULL = plain, or no handshake */
    char *tls_problem; /* of certificate or handshake, whether the client cared or not; or NULL */
    char *lost;        /* what broke under the connection to a mock, or NULL */
    int64_t took_us;   /* real time */
    /* log, note */
    char *level; /* "ERROR" … as the system writes it */
    char *text;
    /* decision, login, result; of a log line what trace_log_line kept */
    struct js *data;
};

struct trace *trace_new(const struct clock *clock); /* the clock outlives the trace */
/* One that keeps its newest part only, for a process that serves for days: so many events, and so
 * many bytes of what they hold. Readers take a trace_copy: what trace_at lends may go at any time.
 */
struct trace *trace_new_capped(const struct clock *clock, size_t max_events, size_t max_bytes);
struct trace *trace_free(struct trace *t);

/* Appenders, thread-safe. `from`/`to` must be static texts. A NULL trace swallows everything (serve
 * without trace). */
size_t trace_exchange_begin(struct trace *t, const char *from, const char *to, bool front,
                            const char *method, const char *url, const struct params *headers,
                            const char *body, size_t body_len);
void trace_exchange_end(struct trace *t, size_t seq, int status, const struct params *headers,
                        const char *body, size_t body_len, const char *error, int64_t took_us);
/* Waits until no exchange is open. An agent that gave up waiting leaves others at work behind it;
 * nobody reads an exchange that is still being written. Each exchange has its time-out. */
void trace_settle(struct trace *t);
/* Something will be asked that nobody has begun to ask: trace_settle waits for the release, too. */
void trace_hold(struct trace *t);
void trace_release(struct trace *t);
/* What the client saw of TLS; before the end. protocol is static. */
void trace_exchange_tls(struct trace *t, size_t seq, const char *protocol, const char *problem);
/* The connection to a mock broke under the exchange: either a fault was played or our surroundings
 * are broken; before the end. Copied. */
void trace_exchange_lost(struct trace *t, size_t seq, const char *what);
void trace_log(struct trace *t, const char *from, const char *level, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* The same with the line as the system itself wrote it, kept beside the text for people: data
 * {"line": …}. */
void trace_log_line(struct trace *t, const char *from, const char *level, const char *text,
                    const char *line);
void trace_data(struct trace *t, enum trace_kind kind, const char *from, struct js *take);
void trace_note(struct trace *t, const char *from, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A value that must never be shown: token, code, cookie, password, client secret. kind is a static
 * word: "token", "code", "cookie", "password", "client-secret", "state", "verifier". Parties name
 * what they make; redaction also finds well-known places by itself. */
void trace_secret(struct trace *t, const char *kind, const char *value);

/* How many events there ever were: the position of the next one. */
size_t trace_len(const struct trace *t);
/* The position of the oldest event that is still there; 0 unless capped or cleared. */
size_t trace_first(const struct trace *t);
/* Forgets all events; positions go on counting. Only of a capped trace. */
void trace_clear(struct trace *t);
/* What is there now from that position on, and of the secrets those from that number on, as a trace
 * of its own that nobody writes to. Caller frees. */
struct trace *trace_copy(struct trace *t, size_t from, size_t secrets_from);
size_t trace_secrets_named(const struct trace *t); /* how many there ever were */
/* Borrowed; stable until trace_free (events never move). Callers on other threads only after all
 * parties are quiet. */
const struct trace_event *trace_at(const struct trace *t, size_t i);
size_t trace_secrets(const struct trace *t);
const char *trace_secret_at(const struct trace *t, size_t i, const char **ret_kind);

const char *trace_kind_name(enum trace_kind k);
struct js *trace_event_json(const struct trace_event *e); /* raw; caller frees */
struct js *trace_json(const struct trace *t);             /* raw array; caller frees */

DEFINE_AUTO(struct trace, trace_free)
