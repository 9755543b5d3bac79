/*
 * The standard claims as ID tokens and userinfo share them.
 */
#pragma once

#include "harness/check/check.h"

/* Passes or fails: each standard claim that is there has the type of OIDC Core 5.1. An empty
 * address passes for a person to whom the setup gives none. */
void claims_judge_types(const struct check_view *v, const struct js *claims, struct verdict *ret);
