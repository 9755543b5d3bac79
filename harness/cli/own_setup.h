/*
 * What a run on somebody's own setup says on stderr, beside its report.
 */
#pragma once

#include "harness/base/str.h"
#include "harness/run/run.h"

/* Who stands for the admin or the viewer of the scenarios that ran, when nobody has the role. */
void own_setup_note_cast(const struct run_conf *conf, const struct run_suite *suite);
/* How many mistakes the files have and how to see them; nothing when there are none, or after a run
 * that went well no errors. */
void own_setup_note_mistakes(const char *dir, const struct strlist *patches, bool went_well);
