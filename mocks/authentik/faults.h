/*
 * Where the mock authentik misbehaves on purpose. An endpoint names the point it is at and lends
 * what may be changed; it knows no fault by name unless the fault is a decision (ak_fault_asked).
 */
#pragma once

#include <stdbool.h>

#include "mocks/authentik/state.h"

enum fault_point {
    FAULT_ASKED,              /* a decision: ak_fault_asked */
    FAULT_DISCOVERY,          /* doc */
    FAULT_DISCOVERY_RESPONSE, /* resp */
    FAULT_JWKS,               /* doc */
    FAULT_JWKS_RESPONSE,      /* resp */
    FAULT_ID_CLAIMS,          /* doc and mint: claims of the ID token, not of the access token */
    FAULT_ID_KEY,             /* mint: id_key, id_alg, id_kid, id_spoiled */
    FAULT_ID_TOKEN,           /* mint: id_token; the lock is not held */
    FAULT_TOKEN_BODY,         /* doc */
    FAULT_TOKEN_RESPONSE,     /* resp */
    FAULT_TOKEN_ERROR,        /* resp: a refusal */
    FAULT_USERINFO,           /* doc */
    FAULT_USERINFO_ERROR,     /* resp: a refusal */
    FAULT_USERINFO_RESPONSE,  /* resp */
    FAULT_AUTHORIZE,          /* params: what goes back to the client */
    FAULT_COOKIES,            /* resp */
    FAULT_POINT_MAX_
};

struct fault_call {
    struct mock *m;
    const struct js *with; /* an object; set by ak_faults_play */
    struct js *doc;
    struct mint *mint;
    struct params *params;
    struct http_response *resp;
};

/* True when a fault of this point is on: the endpoint must not answer from what it keeps. */
bool ak_faults_due(struct mock *m, enum fault_point at);
/* Plays every fault of this point that is on. */
void ak_faults_play(enum fault_point at, struct fault_call *call);
/* Is this decision to be taken wrongly? Uses the fault once. */
bool ak_fault_asked(struct mock *m, const char *id);
