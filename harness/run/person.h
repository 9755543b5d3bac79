/*
 * A login of somebody of the setup, as a scenario that no file has.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"
#include "harness/scenario/scenario.h"

/* Its id is "people/PERSON-VIA"; it expects nothing but that rights are asked. refreshes: and its
 * refresh. person, via ("ui" "cli" "direct") and source are borrowed. */
struct scenario *run_person_scenario(const char *person, const char *via, bool refreshes,
                                     const char *source);
struct scenario *run_person_free(struct scenario *s);

DEFINE_AUTO(struct scenario, run_person_free)
