/*
 * Mistakes as text like a compiler's, as JSON (rolecall.check/1), as SARIF 2.1.0 and as GitHub's
 * annotations. No secret of the document comes out of here.
 */
#pragma once

#include "harness/mistakes/mistakes.h"

struct mistakes_format {
    const char *name;
    /* Caller frees. colour: for a terminal. */
    char *(*render)(const struct mistakes *f, const struct js *doc, bool colour);
};

extern const struct mistakes_format mistakes_formats[]; /* ended by a zero row */

/* {"schema": "rolecall.check/1", "summary": {"error": 1, …}, "mistakes": […]}; caller frees. */
struct js *mistakes_json(const struct mistakes *f, const struct js *doc);
