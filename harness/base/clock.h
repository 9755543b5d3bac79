/*
 * Time as a value. A virtual clock stands still until somebody moves it; a wall clock runs with an
 * offset. Nobody else asks the system for the time (lint), except clock_mono_ns for measuring.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/mem.h"

struct clock;

#define CLOCK_START_S INT64_C(1767225600) /* 2026-01-01T00:00:00Z */

struct clock *clock_new_virtual(int64_t start_s);
struct clock *clock_new_wall(int64_t offset_ms);
struct clock *clock_free(struct clock *c);
bool clock_is_virtual(const struct clock *c);
int64_t clock_now_ms(const struct clock *c); /* since the epoch; thread-safe */
int64_t clock_now_s(const struct clock *c);
void clock_advance_ms(struct clock *c,
                      int64_t ms); /* moves a virtual clock, or the offset of a wall clock */

int64_t clock_mono_ns(void); /* for measuring and for real deadlines only */
int64_t clock_cpu_ns(void);  /* user + system time of the whole process, all threads */

#define CLOCK_TEXT 40
/* "Thu, 01 Jan 2026 00:00:00 GMT" (RFC 9110 5.6.7) */
const char *clock_http_date(int64_t t_s, char out[CLOCK_TEXT]);
/* "2026-01-01T00:00:00Z" (RFC 3339) */
const char *clock_rfc3339(int64_t t_s, char out[CLOCK_TEXT]);
/* "2026-01-01 00:00:00 +0000 UTC", as Go prints a time */
const char *clock_go_time(int64_t t_s, char out[CLOCK_TEXT]);
/* Reads "2026-01-01T00:00:00Z", or with a fraction, which is left out, and another offset (RFC 3339
 * 5.6). -1 if it is none. */
int clock_parse_rfc3339(const char *text, int64_t *ret_s);
/* Reads an IMF-fixdate, RFC 850 or asctime date leniently as RFC 6265 5.1.1 says. -1 if it is none.
 */
int clock_parse_cookie_date(const char *text, int64_t *ret_s);

DEFINE_AUTO(struct clock, clock_free)
