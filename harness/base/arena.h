/*
 * One lifetime for many small things: a document (scenario, setup, verdict list) owns an arena, and
 * its nodes and strings die with it.
 */
#pragma once

#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct arena;

struct arena *arena_new(void);
struct arena *arena_free(struct arena *a);          /* accepts NULL, returns NULL */
void *arena_alloc(struct arena *a, size_t size);    /* zeroed, aligned for anything */
char *arena_strdup(struct arena *a, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

DEFINE_AUTO(struct arena, arena_free)
