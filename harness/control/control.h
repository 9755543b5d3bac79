/*
 * The control API of `rolecall serve --control`: JSON over HTTP on loopback, for whoever holds the
 * token. It changes the setup, plays faults, moves the clock, takes tokens back and reads the trace
 * of a running world. GET / lists its endpoints. Knows nothing of the command line.
 */
#pragma once

#include <stdint.h>

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/world/world.h"

/* An origin of the setup's files and the one in its place: serve's move (design.md 6). */
struct control_move {
    const char *from; /* NULL ends the list */
    const char *to;
};

/* All of it outlives the control. */
struct control_conf {
    struct world *world;
    const struct setup *setup; /* in force */
    const char *source;        /* names the setup in errors */
    const struct control_move *moves;
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace; /* capped */
    struct fault_set *faults;
    uint16_t port; /* of 127.0.0.1; 0 = any */
};

struct control;

/* Listens as soon as it returns. A taken port is ERR_IO. */
int control_new(const struct control_conf *conf, struct control **ret, struct err *err) MUST_USE;
/* "http://127.0.0.1:PORT" and the token; both live as long as the control. */
const char *control_url(const struct control *c);
const char *control_token(const struct control *c);
/* Stops listening: before the world ends. */
void control_stop(struct control *c);
/* Frees what the changes built: after the world has ended. */
struct control *control_free(struct control *c);

/* The endpoints as lines for --help, 80 columns wide. Caller frees. */
char *control_help(void);

DEFINE_AUTO(struct control, control_free)
