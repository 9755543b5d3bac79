/*
 * One CSV record as Go's encoding/csv reads it with TrimLeadingSpace, with its error texts
 * (reference/argocd.md 5.3). Policy lines are read with it.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"

/* err->msg is Go's text: `parse error on line 1, column 14: extraneous or missing " in
 * quoted-field`. Columns are 1-based bytes. */
int csv_parse_record(struct str line, struct strlist *ret, struct err *err) MUST_USE;
