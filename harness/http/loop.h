/*
 * Inside this unit only: the event loop's thread and the way other threads hand it work. All
 * libevent objects belong to this thread; nobody else touches them.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"

struct event_base;
struct loop;
struct trouble;

/* Work for the loop, embedded in whatever it works on. Posted tasks run in order, each once. */
struct task {
    struct task *next;
    void (*run)(struct task *t);
};

/* What breaks under the loop is noted in trouble, which outlives it. */
int loop_new(struct trouble *trouble, struct loop **ret, struct err *err) MUST_USE;
struct loop *loop_free(struct loop *l); /* runs what is posted, stops and joins */
struct event_base *loop_base(struct loop *l);
bool loop_is_current(const struct loop *l); /* on the loop's own thread? */
void loop_post(struct loop *l, struct task *t);
