/*
 * A world: the running systems of one scenario, mock or live, with their names, CA, clock and
 * trace. What lives longer than a scenario (event loop, certificate authorities) belongs to the
 * stage.
 */
#pragma once

#include <stdint.h>

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/rnd.h"
#include "harness/http/client.h"
#include "harness/http/server.h"
#include "harness/setup/setup.h"
#include "harness/trace/trace.h"
#include "mocks/common/fault.h"
#include "mocks/common/mock.h"
#include "mocks/sentinel/sentinel.h"

/* ---- the stage: one a runner thread, for all its scenarios ---- */

struct stage;

int stage_new(struct stage **ret, struct err *err) MUST_USE;
struct stage *stage_free(struct stage *s);
struct http_host *stage_host(struct stage *s);

/* ---- the world ---- */

struct world_conf {
    struct stage *stage;
    const struct setup *setup;
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace; /* may be NULL */
    struct fault_set *faults;
    const char *bind;            /* NULL = "127.0.0.1" */
    uint16_t ports[SYSTEM_MAX_]; /* where the mocks listen; 0 = any */
    const char *const
        *more_hosts;    /* further names for the leaf (serve), NULL-terminated, or NULL */
    size_t connections; /* logins at once (bench); 0 = 1 */
    int workers;        /* worker threads of each mock; 0 = 1 */
    bool plain;         /* plain HTTP (serve --plain) */
    enum sentinel_kind sentinel[SYSTEM_MAX_]; /* what stands in a mock's place; SENTINEL_NONE = the
                                                 mock itself */
    bool closed;        /* where nothing is live, nobody but the mocks and this machine is asked */
    bool outside;       /* the trace takes what others ask, too (serve --control) */
    int64_t timeout_ms; /* what a person waits for one exchange; those behind wait less; 0 = 30 s */
};

struct world;

/* Starts what is mocked: authentik, then Dex (which discovers authentik), then Argo CD, or the
 * sentinels in their places. A port that is taken, or a sentinel for a live system, is an error; a
 * Dex that real Dex would not start is no error (dex_mock_down). */
int world_new(const struct world_conf *conf, struct world **ret, struct err *err) MUST_USE;
struct world *world_free(struct world *w);

const struct setup *world_setup(const struct world *w);
const struct http_names *world_names(const struct world *w); /* who answers at which origin */
const char *world_ca_pem(const struct world *w);             /* own CA and those of live systems */
bool world_is_live(const struct world *w, enum system s);
bool world_any_live(const struct world *w);
uint16_t world_port(const struct world *w, enum system s); /* 0 when live or down */
enum sentinel_kind world_sentinel(const struct world *w, enum system s);
bool world_is_down(const struct world *w, enum system s);     /* a mock of a process that ended */
const char *world_down(const struct world *w, enum system s); /* and why; NULL while it runs */
/* A client for an agent: party "browser" (front) "cli" "rp" (back). names NULL = the world's; else
 * they outlive the client. */
int world_client(const struct world *w, const char *party, bool front,
                 const struct http_names *names, struct http_client **ret, struct err *err)
    MUST_USE;
struct http_host *
world_host(const struct world *w); /* where an agent may listen (the CLI's callback) */

/* Between steps. -1 with ERR_USAGE when the system is live ("cannot rotate the keys of a live
 * authentik"). */
int world_rotate(struct world *w, enum system s, struct err *err) MUST_USE;
int world_restart(struct world *w, enum system s, struct err *err) MUST_USE;
/* Another setup takes effect as a changed ConfigMap or provider would; it outlives the world. */
int world_change(struct world *w, const struct setup *setup, struct err *err) MUST_USE;

/* An operator's hand on the mocks, for serve: codes and tokens taken back, by system; sessions of a
 * person (NULL = of all) ended at authentik, and how many there were; what each mock keeps at the
 * moment, an object by system (caller frees). Live systems count as having nothing. */
void world_revoke(struct world *w, const struct mock_revocation *what,
                  size_t ret_revoked[SYSTEM_MAX_]);
size_t world_drop_sessions(struct world *w, const char *username);
struct js *world_counts(struct world *w);

DEFINE_AUTO(struct stage, stage_free)
DEFINE_AUTO(struct world, world_free)
