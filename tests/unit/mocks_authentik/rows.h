/*
 * Proof of single rows of the version table: what a relying party sees in the releases around each
 * change, and that it sees the change no more when the row is taken out.
 */
#pragma once

#include "tests/unit/mocks_authentik/fixture.h"

struct row_case {
    const char *id;                /* of quirks_authentik */
    void (*arrange)(struct fx *f); /* changes f->setup before the mock starts; may be NULL */
    char *(*look)(struct fx *f);   /* drives the mock and says what was seen; caller frees */
    const char *holds;             /* what is seen while the row holds */
    const char *otherwise;         /* and before, after, or without it */
};

/* Looks in the first release with the row and the last one without it, for each release the row
 * names, and once more with the row taken out of (or put into) a release by the setup. */
void rows_check(const struct row_case *c);

/* for (size_t i = 0; i < TEST_COUNT(cases); i++) rows_check(&cases[i]); */
