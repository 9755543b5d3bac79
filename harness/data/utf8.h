/*
 * UTF-8 (RFC 3629): is it valid, and what to put in its place when it is not.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

/* No NUL, no overlong form, no surrogate, nothing above U+10FFFF. */
bool utf8_valid(struct str s);
/* How many bytes at the start of s are valid. */
size_t utf8_valid_len(struct str s);
/* Line and column, 1-based and in characters, of the byte at offset `at`. */
void utf8_place(struct str s, size_t at, int *line, int *column);
/* Each byte that is not part of a valid character becomes U+FFFD (as Go does); caller frees. */
char *utf8_clean(struct str s);
/* What a terminal obeys (control characters, marks that turn the direction of writing) and bytes
 * that are no character show as \x1b or \u202e: what somebody else wrote must not move the cursor
 * over what stands there. Tabs stay; so do line ends in utf8_visible. Caller frees. */
char *utf8_visible(struct str s);
char *utf8_visible_line(struct str s);
/* Length in bytes of the valid character at the start of s and its code point; 0 if there is none.
 */
size_t utf8_next(struct str s, uint32_t *ret);
