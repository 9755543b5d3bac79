/*
 * What the endpoints of the control API share. One worker serves them one after the other, so their
 * state needs no lock.
 */
#pragma once

#include <pthread.h>

#include "harness/control/control.h"
#include "harness/http/server.h"
#include "harness/trace/redact.h"

struct control {
    struct control_conf conf;
    pthread_mutex_t lock; /* held by control_new until all is there, then by each request */
    struct http_listener *listener;
    char *url;
    char *token;
    /* the worker's */
    const struct setup *setup; /* in force; conf.setup or one of our own */
    struct setup *own;         /* the same if it is ours */
    struct vec retired;        /* what somebody may still be looking at: struct retired */
    struct redactor *tags;     /* one key for the whole time, so that tags stay the same */
    struct strlist passwords;  /* every one there ever was */
    struct strlist secrets;    /* client secrets, likewise */
    struct redactor *reader;   /* knows what the events up to `learned` hold, or NULL */
    size_t reader_from;        /* where it began */
    size_t learned;
    size_t learned_secrets;
    size_t cleared;    /* events before this one were thrown away on request */
    int64_t offset_ms; /* of the clock */
};

typedef void (*control_handler)(struct control *c, const struct http_request *req,
                                struct http_response *resp);

struct control_endpoint {
    const char *method;
    const char *path;
    const char *does;
    const char *query; /* parameters it takes, a blank between; NULL = none */
    const char *body;  /* an example of what it takes; NULL = nothing */
    control_handler run;
};

extern const struct control_endpoint control_endpoints[]; /* ended by a zero row */

/* ---- answer.c ---- */

void control_answer(struct http_response *resp, struct js *take);
/* {"error", "detail"}; the error is the status's word. */
void control_refuse(struct http_response *resp, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same from an error: 400 for what the caller got wrong, else 500. */
void control_refuse_err(struct http_response *resp, const struct err *err);
/* A body that is a JSON object with no other members than these (a blank between), each a text.
 * NULL: it was refused. Caller frees. */
struct js *control_body(const struct http_request *req, struct http_response *resp,
                        const char *members);
/* The word is none of those: "unknown WHAT 'x'; did you mean 'y'?", or all of them. */
void control_refuse_unknown(struct http_response *resp, int status, const char *what,
                            const char *word, const char *const *known);
/* Whether a blank-separated list has the word. */
bool control_has_word(const char *list, const char *word);

/* ---- take_back.c ---- */

/* The person of that id; NULL: 404 was answered, with the nearest name. */
const struct setup_person *control_person(const struct control *c, const char *id,
                                          struct http_response *resp);

/* ---- change.c ---- */

void control_get_state(struct control *c, const struct http_request *req,
                       struct http_response *resp);
void control_patch_setup(struct control *c, const struct http_request *req,
                         struct http_response *resp);
void control_rotate_keys(struct control *c, const struct http_request *req,
                         struct http_response *resp);
void control_restart(struct control *c, const struct http_request *req, struct http_response *resp);
void control_clock(struct control *c, const struct http_request *req, struct http_response *resp);

/* ---- take_back.c ---- */

void control_revoke(struct control *c, const struct http_request *req, struct http_response *resp);
void control_drop_sessions(struct control *c, const struct http_request *req,
                           struct http_response *resp);

/* ---- faults.c ---- */

void control_get_faults(struct control *c, const struct http_request *req,
                        struct http_response *resp);
void control_put_faults(struct control *c, const struct http_request *req,
                        struct http_response *resp);
void control_delete_faults(struct control *c, const struct http_request *req,
                           struct http_response *resp);

/* ---- tell.c: the trace, and what is never shown ---- */

void control_get_trace(struct control *c, const struct http_request *req,
                       struct http_response *resp);
void control_delete_trace(struct control *c, const struct http_request *req,
                          struct http_response *resp);
/* Remembers the secrets of a setup. */
void control_learn(struct control *c, const struct setup *setup);
/* One that knows them all. Caller frees. */
struct redactor *control_redactor(const struct control *c);

/* ---- retired.c ---- */

/* Frees it when nobody can be looking at it any more. One of the two is NULL. */
void control_retire(struct control *c, struct setup *take_setup, struct js *take_json);
void control_retired_deinit(struct control *c);
