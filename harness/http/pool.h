/*
 * Inside this unit only: a site's worker threads for its slow routes. Threads are made when work
 * finds none of them idle, up to the site's number.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"

struct pool;

struct job {
    struct job *next;
    void (*run)(struct job *j);
};

/* name is shown as the threads' name and copied. */
struct pool *pool_new(const char *name, int threads);
/* False when the pool is stopping or no thread can be made: the job will not run. */
bool pool_submit(struct pool *p, struct job *j);
/* Waits for running jobs; those not begun are never run. Later jobs are refused. */
void pool_stop(struct pool *p);
struct pool *pool_free(struct pool *p);

DEFINE_AUTO(struct pool, pool_free)
