/*
 * A suite as a run would leave it, told by hand: one scenario of each verdict, with odd characters
 * and a secret where reports must cope with them.
 */
#pragma once

#include "harness/run/known.h"
#include "reports/formats.h"

#define SUITE_SECRET "correct-horse-battery"

enum suite_row { SUITE_PASS, SUITE_FAIL, SUITE_ERROR, SUITE_SKIP, SUITE_KNOWN, SUITE_ROWS };

/* Entries of --known; only told by suite_story_expect. */
enum { SUITE_ENTRIES = 4 };

struct suite_story {
    struct run_suite suite;
    struct clock *clock;
    struct redactor *redactor;
    struct known_entry entries[SUITE_ENTRIES];
};

struct suite_story *suite_story_new(void);
struct suite_story *suite_story_free(struct suite_story *s);
/* The story with only this scenario. */
void suite_story_keep(struct suite_story *s, enum suite_row row);

/* Entries of a file "known.txt": one of each state; the stale one's text holds the secret. */
void suite_story_expect(struct suite_story *s);

DEFINE_AUTO(struct suite_story, suite_story_free)
