/*
 * What differs between versions of a system, as a table row a change (design.md 1, authentik.md
 * part 9): which releases brought it, which took it away again, who says so. A row speaks of the
 * wire while it holds.
 *
 * A fix that was brought to several release lines names them all: "2024.8.5 2024.10.3 2024.12" is
 * in 2024.8 from .5 on, in 2024.10 from .3 on, and in everything from 2024.12 on. A version without
 * a patch level stands for the newest patch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/data/json.h"

struct quirk {
    const char *id;     /* "jti", unique within its system */
    const char *since;  /* oldest first, a blank between; NULL: it has always been so */
    const char *until;  /* the first releases without it; NULL: it is still so */
    char certainty;     /* 'C' read in code, 'N' release note or issue, 'D' deduced */
    const char *title;  /* what a relying party sees while the row holds */
    const char *advice; /* what to do when an upgrade meets it; NULL: nothing */
    const char *source;
};

/* Does the row hold in this version? Text that is no version: false. */
bool quirk_holds(const struct quirk *q, const char *version);
/* since, until, certainty, title, advice and source of the row into an object for machines. */
void quirk_describe(const struct quirk *q, struct js *o);
/* Resolves a table, which a zero row ends, for a version into ret, an entry a row (NULL: the names
 * of the overrides are looked at, no more). overrides (or NULL) says otherwise of
 * single rows: {"jti": false}. An unknown id there is ERR_USAGE with the nearest one; `where` names
 * the place. */
int quirks_resolve(const struct quirk *table, const char *version, const struct js *overrides,
                   const char *where, bool *ret, struct err *err) MUST_USE;
