/*
 * What the checks of a provider's documents share: the document or a written skip, and looking into
 * its lists. Lends what the evidence owns.
 */
#pragma once

#include "harness/check/evidence.h"

/* The document as a JSON object, or NULL with a skip written. That it is JSON at all is judged by
 * discovery.required and jwks.keys. */
const struct js *document_discovery(const struct check_view *v, enum check_of of,
                                    struct verdict *ret);
const struct js *document_jwks(const struct check_view *v, enum check_of of, struct verdict *ret);
/* Does the document's list have that text? */
bool document_lists(const struct js *doc, const char *member, const char *value);
/* Passes when the discovery document's list has the value; an absent list has nothing. */
void document_judge_member(const struct check_view *v, enum check_of of, const char *member,
                           const char *value, struct verdict *ret);
/* Is the member somebody's address: "…_endpoint" or jwks_uri? */
bool document_is_address(const char *member);
/* Is the answer's Content-Type this media type, whatever its parameters? */
bool document_is_of_type(const struct trace_event *answer, const char *type);
