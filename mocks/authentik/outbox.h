/*
 * What authentik sends by itself: logout tokens to the client's back channel. One thread signs and
 * sends one after the other, so that no handler waits for somebody else's server (in authentik a
 * worker process does it). Internal to mocks/authentik.
 */
#pragma once

#include <stdint.h>

#include "harness/http/client.h"
#include "harness/jose/jws.h"
#include "harness/jose/key.h"
#include "harness/trace/trace.h"

/* A token to be signed and posted. Each member is owned by the letter. */
struct letter {
    char *to; /* URL */
    char *user_agent;
    struct key *key;
    enum jws_alg alg;
    char *typ;
    char *kid;           /* NULL without a key pair */
    struct key *enc_key; /* the signed token is sealed for it; NULL = it goes as it is */
    char *enc_kid;
    struct js *claims;
};

struct outbox;

/* client (may be NULL: nothing can be sent) and trace outlive the outbox. The thread is made with
 * the first letter. */
struct outbox *ak_outbox_new(struct http_client *client, struct trace *trace);
/* Drops what has not left and waits for the one that is on its way. Accepts NULL, returns NULL. */
struct outbox *ak_outbox_free(struct outbox *o);
/* Takes the letter over; never waits. trace_settle waits until it has been answered. A letter that
 * cannot be sent, or is not answered as it should be, is a line in the log and nothing else, as in
 * authentik. */
void ak_outbox_send(struct outbox *o, struct letter *take);
struct letter *ak_letter_free(struct letter *l);

DEFINE_AUTO(struct letter, ak_letter_free)
