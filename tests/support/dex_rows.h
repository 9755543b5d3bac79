/*
 * Proof of single rows of Dex's version table: what is seen from the releases around each change,
 * and that it is seen no more when the row is taken out.
 */
#pragma once

#include "tests/support/dex_fixture.h"

struct dex_row_case {
    const char *id;                         /* of quirks_dex */
    const char *connector;                  /* merge patch on the connector's options, or NULL */
    const char *config;                     /* one on the whole configuration, or NULL */
    void (*arrange)(struct dex_fixture *f); /* before Dex starts in that release; may be NULL */
    char *(*look)(struct dex_fixture *f);   /* drives Dex and says what was seen; caller frees */
    const char *holds;                      /* what is seen while the row holds */
    const char *otherwise;                  /* and before, after, or without it */
};

/* Looks in the first release with the row and in the last one without it, for each release that the
 * row names, and once more with the row taken out of (or put into) the first of them. Each look has
 * a fixture of its own. */
void dex_rows_check(const struct dex_row_case *c);

/* A cmocka test that walks `cases_`, an array of them. */
#define DEX_ROWS_TEST(name_, cases_)                                                               \
    static void name_(void **state)                                                                \
    {                                                                                              \
        (void)state;                                                                               \
        for (size_t i = 0; i < sizeof(cases_) / sizeof((cases_)[0]); i++)                          \
            dex_rows_check(&(cases_)[i]);                                                          \
    }
