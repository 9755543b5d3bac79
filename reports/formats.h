/*
 * What the formats share, within this unit.
 */
#pragma once

#include "reports/report.h"

char *report_console(const struct run_suite *suite, const struct redactor *redactor, bool colour);
char *report_junit(const struct run_suite *suite, const struct redactor *redactor, bool colour);
char *report_json(const struct run_suite *suite, const struct redactor *redactor, bool colour);

/* "mock", "live", or "sentinel: silent"; caller frees. */
char *report_system_kind(const struct run_suite *suite, enum system s);
char *report_check_name(const struct check_result *c); /* "dex/id-token.alg"; caller frees */
/* The first step that failed or broke; NULL if none did. */
const struct run_step *report_broken_step(const struct run_result *r);

/* What several failures have in common, in the words of the first. */
struct report_cause {
    char *text; /* one line, redacted */
    size_t count;
};
/* Of what failed or broke and was not known to: struct report_cause *, those with most first. The
 * caller frees them with report_causes_free. */
void report_causes(const struct run_suite *suite, const struct redactor *redactor, struct vec *ret);
void report_causes_free(struct vec *causes);
