/*
 * A relying party's back-channel endpoint on loopback: takes what is posted to it and keeps it.
 */
#pragma once

#include "tests/unit/mocks_authentik/fixture.h"

#include <pthread.h>

#define RECEIVER_MAX 8

struct received {
    char *method;
    char *type;       /* Content-Type */
    char *user_agent; /* "" if none */
    char *token;      /* logout_token; "" if none */
};

struct receiver {
    struct http_host *host;
    struct http_listener *listener;
    struct clock *clock;
    pthread_mutex_t lock;
    int status; /* what it answers; 200 */
    struct received got[RECEIVER_MAX];
    size_t len;
    char *url; /* http://127.0.0.1:PORT/backchannel */
};

void receiver_start(struct receiver *r);
void receiver_stop(struct receiver *r);
/* Claims and header of the nth token, its signature checked against the mock's key set. Caller
 * frees; ret_header may be NULL. */
struct js *receiver_claims(struct receiver *r, struct fx *f, size_t n, struct js **ret_header);
