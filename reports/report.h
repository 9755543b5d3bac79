/*
 * Reports: one file a format, one row a format. A report reads a finished suite and writes text; it
 * never sees a secret, because it only gets at traces and texts through the redactor.
 */
#pragma once

#include <stdio.h>

#include "harness/run/run.h"
#include "harness/trace/redact.h"

struct report {
    const char *name;  /* "console" "junit" "json" */
    const char *title; /* one line for help */
    /* The whole report as text; caller frees. colour only concerns console. */
    char *(*render)(const struct run_suite *suite, const struct redactor *redactor, bool colour);
};

extern const struct report reports[]; /* ended by a zero row */
const struct report *report_find(const char *name);

/* A redactor that knows every secret of every trace of the suite. */
struct redactor *report_redactor(const struct run_suite *suite);

/* Progress while a suite runs: one line that redraws itself on a terminal, one line a failure
 * otherwise (to stderr). */
struct report_progress;
struct report_progress *report_progress_new(FILE *to, bool terminal, bool colour);
void report_progress_observer(struct report_progress *p, struct run_observer *ret);
struct report_progress *report_progress_free(struct report_progress *p);
