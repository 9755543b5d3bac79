/*
 * Proof of single rows of Argo CD's version table: what a client sees in the releases around each
 * change, and that it sees the change no more when the row is turned over by the setup.
 */
#pragma once

#include "tests/integration/argocd_fixture.h"

struct argocd_row_case {
    const char *id;                /* of quirks_argocd */
    void (*arrange)(struct fx *f); /* changes f->setup before the mock starts; may be NULL */
    char *(*look)(struct fx *f);   /* drives the mock and says what was seen; caller frees */
    const char *holds;             /* what is seen while the row holds */
    const char *otherwise;         /* and before, after, or without it */
};

/* Looks in the first release with the row and the last one without it, for each release the row
 * names, and once more with the row taken out of (or put into) a release. Has a fixture of its own
 * for each look. */
void argocd_rows_check(const struct argocd_row_case *c);

/* The setup as this version reads it. overrides: {"row": false} as text, or NULL. */
void argocd_rows_version(struct fx *f, const char *version, const char *overrides);
