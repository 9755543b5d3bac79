/*
 * What the world asks of the stage, within this unit.
 */
#pragma once

#include "harness/base/vec.h"
#include "harness/world/world.h"

/* The authority for exactly these hosts, made at the first use; borrowed. */
int stage_ca(struct stage *s, const struct strlist *hosts, const struct http_ca **ret,
             struct err *err) MUST_USE;
/* A leaf of that authority, good or not, made at the first use; a reference of the caller's. */
int stage_leaf(struct stage *s, const struct http_ca *ca, enum http_leaf_defect defect,
               struct http_tls **ret, struct err *err) MUST_USE;
