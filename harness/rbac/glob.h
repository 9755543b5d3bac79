/*
 * The glob dialect of Argo CD's policies: gobwas/glob 0.2.3 without separators (argocd.md 5.4),
 * with the quirks that were executed there. Matching takes time linear in the text. Where gobwas is
 * erratic (stars beside or inside braces whose alternatives are empty or begin or end alike; ? or
 * brackets joined to characters outside ASCII) this one does what the pattern says.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

struct glob;

/* NULL for a pattern that does not compile: such a row never matches. */
struct glob *glob_new(struct str pattern);
struct glob *glob_free(struct glob *g);
/* Anchored at both ends. */
bool glob_match(const struct glob *g, struct str text);

DEFINE_AUTO(struct glob, glob_free)
