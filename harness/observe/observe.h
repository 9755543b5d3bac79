/*
 * What a run showed, as facts that can be compared with another run's: outcomes, rights, claims,
 * lifetimes, documents, pages, headers, cookies, errors. A fact has a group ("authentik id token"),
 * a name ("email_verified") and a JSON value; what is volatile was set aside (calm.h). It is JSON
 * from the start, so that a report carries it and `compare` reads it back.
 */
#pragma once

#include "harness/run/run.h"

/* An array with an object a step that was carried out: {"step", "kind", "refusal": true when the
 * scenario wants it refused, "error": when it broke, "facts": {group: {name: value}}}. Raw: facts
 * pass the redactor before they are shown. Caller frees. */
struct js *observe_result(const struct run_result *r);
