/*
 * What every mock is given and what it gives back. A mock is a site (a table of routes) with its
 * state; the world puts it on a listener. Mocks never include each other: they meet only over HTTP.
 */
#pragma once

#include "harness/base/clock.h"
#include "harness/base/rnd.h"
#include "harness/http/client.h"
#include "harness/http/server.h"
#include "harness/setup/setup.h"
#include "harness/trace/trace.h"
#include "mocks/common/fault.h"

struct mock_env {
    const struct setup *setup; /* outlives the mock */
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace;        /* may be NULL */
    struct fault_set *faults;   /* never NULL */
    struct http_client *client; /* this mock's own outgoing calls (party = its name) */
    /* Argo CD: the calls that do not go to Dex, whose certificate other rules are for; NULL = the
     * same */
    struct http_client *direct;
};

struct mock; /* opaque; each mock has its own */

/* What an operator takes back (serve --control): all that a person holds, or one token. One of the
 * two is NULL. */
struct mock_revocation {
    const char *username;
    const char *token;
};

/* A store of `max` things was full, and its oldest made room before its time, for the nth time:
 * said in the trace, and on stderr the first, second, fourth, eighth … time. */
void mock_tell_eviction(const struct mock_env *env, const char *party, const char *what, size_t max,
                        size_t n);

/* Each mock's header has:
 *   struct mock *authentik_mock_new(const struct mock_env *env, struct err *err);   NULL on error
 *   void authentik_mock_site(struct mock *m, struct http_site *ret);               routes,
 * fallback, finish, ctx, workers struct mock *authentik_mock_free(struct mock *m); env is copied;
 * what it points to outlives the mock. */
