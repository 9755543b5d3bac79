/*
 * Lifetimes as Go programs read them from their configurations.
 */
#pragma once

#include <stdint.h>

#include "harness/base/err.h"

/* time.ParseDuration: "1h30m" in milliseconds. -1 and Go's text. */
int go_duration(const char *text, int64_t *ret_ms, struct err *err) MUST_USE;
