/*
 * The two things of Go's standard library that show in how a policy is read: what strings.TrimSpace
 * takes for white space, and how %q prints a line in an error.
 */
#pragma once

#include "harness/base/mem.h"
#include "harness/base/str.h"

/* Unicode white space cut from both ends. */
struct str go_trim_space(struct str s);
/* The text in double quotes, escaped as strconv.Quote does; caller frees. */
char *go_quote(struct str s);
