/*
 * What argocd-server keeps in Redis for a while, by key: it outlives a restart. Bounded: of too
 * many the oldest goes.
 */
#pragma once

#include "mocks/argocd/server.h"

/* kind and what the key is about make the key: "access_token", SUB. */
void redis_set(struct mock *m, const char *kind, const char *of, struct js *take, int64_t until_s);
/* Caller frees; NULL when it has ended or never was. */
struct js *redis_get(struct mock *m, const char *kind, const char *of);
void redis_del(struct mock *m, const char *kind, const char *of);
