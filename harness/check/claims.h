/*
 * The standard claims as ID tokens and userinfo share them.
 */
#pragma once

#include "harness/check/verdict.h"
#include "harness/data/json.h"

/* Passes or fails: each standard claim that is there has the type of OIDC Core 5.1. */
void claims_judge_types(const struct js *claims, struct verdict *ret);
