/*
 * A `rolecall serve` as a child process, and people who sign in at it as at live systems: by the
 * setup_patch of its ready line.
 */
#pragma once

#include <stdint.h>

#include "harness/login/login.h"
#include "harness/world/world.h"
#include "tests/bench/bench.h"
#include "tests/bench/process.h"

struct remote {
    struct process process;
    int64_t ready_ns; /* after its start */
    struct js *ready; /* the ready line */
    char *ca_pem;
    /* the people, after remote_settle */
    struct js *doc;
    struct clock *clock;
    struct rnd *rnd;
    struct fault_set *faults;
    struct setup *setup;
    struct stage *stage;
    struct world *world;
    struct login_agents *agents;
};

int remote_start(const struct bench_conf *conf, struct remote *r, struct err *err) MUST_USE;
void remote_end(struct remote *r);
/* GETs authentik's discovery document: the first answer of the server. */
int remote_first_answer(struct remote *r, struct err *err) MUST_USE;
/* Makes the people. */
int remote_settle(const struct bench_conf *conf, struct remote *r, struct err *err) MUST_USE;
int remote_sign_in(struct remote *r, enum login_via via, bool fresh, struct err *err) MUST_USE;
/* The Cookie field with which alice's browser asks authentik; caller frees. */
char *remote_cookie(struct remote *r);
const char *remote_issuer(const struct remote *r);
const char *remote_client_secret(const struct remote *r);
const char *remote_client_id(const struct remote *r);

DEFINE_AUTO_VALUE(struct remote, remote_end)
