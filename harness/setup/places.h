/*
 * Where the values of a document stand in the user's files: a JSON pointer (RFC 6901) to file, line
 * and column. What has no place of its own has that of the nearest value around it.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

struct place {
    char *pointer;
    char *file;
    int line, column; /* 1-based; 0 = unknown */
    int indent;       /* columns that a text's own lines are indented by in the file */
};

struct places;

struct places *places_new(void);
struct places *places_free(struct places *p);
/* A later place of the same pointer wins. p may be NULL: nothing is kept. */
void places_add(struct places *p, const char *pointer, const char *file, int line, int column);
/* The place of a text whose further lines are indented by so much ("|" in YAML). */
void places_add_text(struct places *p, const char *pointer, const char *file, int line, int column,
                     int indent);
/* The pointer's own place, or that of the nearest one around it; NULL if there is none. Borrowed,
 * until the next addition. */
const struct place *places_find(struct places *p, const char *pointer);
const struct place *places_exact(struct places *p, const char *pointer);
/* The pointer with this key behind it, escaped; caller frees. */
char *places_below(const char *pointer, const char *key);
/* Everything at or below `from` in `source` is known below `to`, too. */
void places_graft(struct places *p, const char *to, struct places *source, const char *from);
/* The text of a file that cannot be read again (stdin), for excerpts; copied. */
void places_keep(struct places *p, const char *file, struct str text);
/* False: no text was kept under this name. Borrowed. */
bool places_kept(const struct places *p, const char *file, struct str *ret);

DEFINE_AUTO(struct places, places_free)
