/*
 * How versions are written and compared: "2026.2", "2.45.0", with or without a "v".
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"

struct setup_version {
    int major;
    int minor;
    int patch; /* INT_MAX, "the newest", when none is written */
};

/* -1 when the text is none. */
int version_parse(const char *text, struct setup_version *ret) MUST_USE;
/* Of one release line: whatever the patches. */
bool version_same_line(const struct setup_version *a, const struct setup_version *b);
bool version_least(const struct setup_version *v, int major, int minor, int patch);
/* The Dex that a release of Argo CD bundles: "2.45.0" (dex.md 0.1). */
const char *version_bundled_dex(const struct setup_version *argocd);
