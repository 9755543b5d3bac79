/*
 * Two recorded runs, of a live authentik before and after its upgrade, say, and what changed
 * between them.
 */
#pragma once

#include "harness/observe/change.h"
#include "harness/observe/report.h"

struct comparison {
    struct observed_run before;
    struct observed_run after;
    const struct observed **pairs; /* of before, in its order: those that both have */
    size_t pairs_len;
    bool drawn_subjects; /* subjects were drawn anew: compared by their shape */
    struct strlist only_before;
    struct strlist only_after;
    struct strlist unjudged; /* "ID: why": skipped or broken in one of the two */
    struct changes changes;
    struct findings findings;
};

/* -1 with ERR_USAGE when one of the files is no report. ret is filled anew; it must not be copied.
 */
int comparison_make(const char *before, const char *after, struct comparison *ret, struct err *err)
    MUST_USE;
void comparison_deinit(struct comparison *c);

/* 0 nothing breaks, 1 something does, 3 when not one step could be compared. */
int comparison_status(const struct comparison *c);
/* For a terminal; schema rolecall.compare/1. Caller frees. */
char *comparison_text(const struct comparison *c, bool verbose);
char *comparison_json(const struct comparison *c);

DEFINE_AUTO_VALUE(struct comparison, comparison_deinit)
