/*
 * Tokens of project roles: signed by the server like those of its accounts, but good only while the
 * project lists them (argocd.md 5.8).
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/data/json.h"
#include "harness/setup/setup.h"

/* 0: no token of a project (*ret false), or one that is listed (*ret true). -1 and the message
 * after "invalid session: ". */
int project_token(const struct setup *setup, const struct js *claims, bool *ret, struct err *err)
    MUST_USE;
/* The project of this name, or NULL. */
const struct setup_project *project_named(const struct setup *setup, const char *name);
