/*
 * What the files of Dex's faults share: rows that change a JSON document, and rows that change an
 * ID token before it is signed. Nobody else includes it.
 */
#pragma once

#include "mocks/dex/dex_int.h"

struct dex_json_fault {
    const char *id;
    void (*play)(struct dex *d, struct js *doc, const struct js *with);
};

struct dex_token_fault {
    const char *id;
    void (*play)(struct dex_draft *t, const struct js *with);
};

/* faults_more.c: what no relying party of this chain trips over; each ended by a zero row. */
extern const struct dex_json_fault dex_more_discovery[];
extern const struct dex_json_fault dex_more_jwks[];
extern const struct dex_json_fault dex_more_token[];
extern const struct dex_token_fault dex_more_id_token[];
