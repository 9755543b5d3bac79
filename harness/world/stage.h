/*
 * What the world asks of the stage, within this unit.
 */
#pragma once

#include "harness/base/vec.h"
#include "harness/world/world.h"

/* The authority and a leaf for exactly these hosts, made at the first use. The leaf is a reference
 * of the caller's. */
int stage_tls(struct stage *s, const struct strlist *hosts, const struct http_ca **ret_ca,
              struct http_tls **ret_leaf, struct err *err) MUST_USE;
