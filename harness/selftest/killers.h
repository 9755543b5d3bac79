/*
 * Which scenario is declared to be the killer of a check: the one whose expectations name this
 * check under checks.fail and no other. The build asks, so that no check comes without one; whether
 * it really fails there, and alone, the selftest finds out by running.
 */
#pragma once

#include "harness/base/vec.h"
#include "harness/scenario/scenario.h"

/* The first scenario that names this check alone, or NULL. */
const struct scenario *killer_of(const struct scenario_set *library, const char *check);
/* "check<TAB>scenario" of every check that has one, and the names of those that have none. */
void killers_list(const struct scenario_set *library, struct strlist *ret_table,
                  struct strlist *ret_missing);
