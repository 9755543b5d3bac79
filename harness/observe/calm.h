/*
 * What differs between two runs though nothing changed: times, codes, identifiers, ports. Each is
 * set aside by a rule of a table, so that what is left can be compared by value.
 */
#pragma once

#include "harness/data/json.h"

/* "64 hex digits", "a JWT", "43 letters and digits": what can be said of a value that is drawn.
 * Caller frees. */
char *calm_shape(const char *text);
/* A text for people without what is drawn: ports of this machine, tags of redaction, long runs
 * with digits. NULL gives NULL; caller frees. */
char *calm_text(const char *text);
/* A deep copy whose texts have no tags of redaction, which are made anew for each report. Caller
 * frees. */
struct js *calm_redacted(const struct js *j);
/* The value of a claim or of a member of an answer, by its name; NULL: it says nothing by itself.
 * Caller frees. */
struct js *calm_member(const char *name, const struct js *value);
/* Where an answer leads: path and names of the parameters, values of those that say why. from is
 * the URL that was asked; its own origin is left out. Caller frees. */
char *calm_location(const char *from, const char *location);
/* Header fields (lower case) that are no behaviour: NULL or why. */
const char *calm_header(const char *name);
