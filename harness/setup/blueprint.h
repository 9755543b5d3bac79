/*
 * authentik's blueprints (docs.goauthentik.io, customize/blueprints): entries of a model with
 * identifiers and attributes, and tags that refer, choose and repeat, as far as providers,
 * applications, groups, users, mappings, keys and bindings need them. What only a running authentik
 * knows (!File, an !Env without default) is unknown with its reason.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/setup/objects.h"

int blueprint_read(const char *path, struct str text, struct objects *ret, struct err *err)
    MUST_USE;
