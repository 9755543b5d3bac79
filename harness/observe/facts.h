/*
 * Collecting facts, within this unit.
 */
#pragma once

#include "harness/login/place.h"
#include "harness/trace/trace.h"

/* Adds a fact; another value under the same name makes it {"various": […]}. */
void facts_add(struct js *facts, const char *group, const char *name, struct js *take);
/* The same with a group like "authentik id token". */
void facts_add_of(struct js *facts, const char *by, const char *what, const char *name,
                  struct js *take);
/* Headers, cookies, errors, pages, rights and tokens: what each answer in [from, to) showed. */
void observe_wire(const struct trace *t, size_t from, size_t to, struct js *facts);
/* Tokens, what was answered with them, userinfo, discovery, JWKS. */
void observe_tokens(const struct trace_event *e, const struct place *p, struct js *facts);
