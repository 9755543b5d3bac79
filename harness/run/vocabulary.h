/*
 * The words scenarios and `rolecall list` share: faults and versions. (Checks list themselves.)
 */
#pragma once

#include "harness/run/run.h"
#include "harness/setup/quirk.h"
#include "mocks/common/fault.h"

struct run_version {
    const char *system;
    const char *version; /* a release line when it has two parts, else just this */
    const char *note;
};

/* What differs between the versions of a system. */
struct run_quirks {
    enum system system;
    const struct quirk *rows; /* ended by a zero row */
};

extern const struct run_version run_versions[]; /* ended by a zero row */
extern const struct run_quirks run_quirks[];    /* ended by a row without rows */

/* -1 with ERR_USAGE when a system that is not live has a version without a mock (names those there
 * are), or the setup turns over a row that its version table has not. */
int run_check_versions(const struct setup *s, struct err *err) MUST_USE;

const struct fault *run_fault_at(size_t i);    /* over all parties' tables; NULL past the end */
const struct fault *run_fault(const char *id); /* NULL if unknown */
