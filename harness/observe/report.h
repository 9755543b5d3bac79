/*
 * Reading back what a report of `rolecall run --report json=FILE` observed.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/data/json.h"
#include "harness/setup/setup.h"

/* Of the whole library with every trace it is some 100 MB. */
#define REPORT_MAX (256UL * 1024 * 1024)

struct observed {
    const char *id;
    const char *verdict;    /* "pass" "fail" "error" "skip" */
    const char *reason;     /* of error and skip, or NULL */
    const struct js *steps; /* observe_result, redacted */
    size_t nth;             /* of those with this id: a file may have been named twice */
};

struct observed_run {
    const char *file;
    struct js *doc; /* owns all that is borrowed here */
    struct observed *items;
    size_t len;
    const struct observed **by_id; /* sorted by id and nth */
    const char *versions[SYSTEM_MAX_];
    const char *systems[SYSTEM_MAX_]; /* "mock" "live" … */
    const struct js *seed;            /* NULL: not said */
};

/* ERR_USAGE, with the file's name, when it is none, too large, of another schema, or was written
 * before reports carried observations. */
int observed_read(const char *file, struct observed_run *ret, struct err *err) MUST_USE;
/* The nth (from 0) of that id, or NULL. */
const struct observed *observed_find(const struct observed_run *r, const char *id, size_t nth);
void observed_run_deinit(struct observed_run *r);

DEFINE_AUTO_VALUE(struct observed_run, observed_run_deinit)
