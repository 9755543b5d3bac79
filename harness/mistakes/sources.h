/*
 * The lines of the user's files, for excerpts and changes; each file is read once.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/setup/places.h"

struct sources;

/* at has the texts of what cannot be read again, and must outlive it; may be NULL. */
struct sources *sources_new(const struct places *at);
struct sources *sources_free(struct sources *s);
/* A line of a file, 1-based, without its end. False if there is none. Borrowed. */
bool sources_line(struct sources *s, const char *file, int line, struct str *ret);

DEFINE_AUTO(struct sources, sources_free)
