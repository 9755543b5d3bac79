/*
 * Proof of single rows of Dex's version table: what is seen in the releases around each change, and
 * that it is seen no more when the row is taken out (or put into a release that has it not).
 */
#pragma once

#include "tests/support/dex_fixture.h"

struct dex_row_case {
    const char *id; /* of quirks_dex */
    void (*arrange)(
        struct dex_fixture *f); /* starts Dex with what the row needs; NULL: as it is configured */
    char *(*look)(struct dex_fixture *f); /* drives it and says what was seen; caller frees */
    const char *holds;                    /* what is seen while the row holds */
    const char *otherwise;                /* and before, after, or without it */
};

void dex_rows_check(const struct dex_row_case *c);
