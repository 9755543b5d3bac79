/*
 * Text views for parsing (they own nothing), checked numbers, and the nearest known name for
 * errors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"

struct str {
    const char *ptr;
    size_t len;
};

#define STR(lit_) ((struct str){(lit_), sizeof(lit_) - 1})
#define STR_ARG(s_) (int)(s_).len, (s_).ptr /* for "%.*s" */

struct str str_of(const char *s); /* NULL gives the empty view */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *b);
bool str_starts(struct str s, const char *prefix);
bool str_ends(struct str s, const char *suffix);
struct str str_trim(struct str s); /* ASCII white space on both ends */
/* Cuts the next piece before `sep` off *rest. False when nothing is left. "a,,b" gives a, "", b;
 * "a," gives a, ""; the empty text gives one empty piece (as Go's strings.Split does). */
bool str_next(struct str *rest, char sep, struct str *ret_piece);

/* NUL-terminated helpers: NULL is not equal to anything, and starts nothing. */
bool cstr_eq(const char *a, const char *b);
bool cstr_starts(const char *s, const char *prefix);
bool cstr_contains(const char *haystack, const char *needle);
bool cstr_among(const char *word, const char *const *words); /* up to the NULL in words */

/* Whole text must be a decimal number in min..max; -1 otherwise, nothing written. */
int str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret) MUST_USE;
/* "90", "90s", "11m", "2h", "3d", "250ms" -> milliseconds (a bare number is seconds). */
int str_to_duration_ms(struct str s, int64_t *ret_ms) MUST_USE;

/* The nearest of the NULL-terminated names by edit distance, or NULL when none is near (distance
 * more than a third of the word, at least 2). */
const char *str_nearest(const char *word, const char *const *names);
/* The same over any table: name_at(ctx, i) returns NULL past the end. */
const char *str_nearest_of(const char *word, const char *(*name_at)(const void *ctx, size_t i),
                           const void *ctx);
