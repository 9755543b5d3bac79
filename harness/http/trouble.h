/*
 * Inside this unit only: what broke around the servers of a host, told once to whoever asks.
 */
#pragma once

#include <pthread.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct trouble {
    pthread_mutex_t lock;
    char *first; /* under lock; what came later follows from it, mostly */
};

void trouble_init(struct trouble *t);
void trouble_deinit(struct trouble *t);
/* Any thread. */
void trouble_note(struct trouble *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The first since last asked, or NULL; caller frees. */
char *trouble_take(struct trouble *t);
