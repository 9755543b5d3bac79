/*
 * Tables of RBAC questions, tab-separated, in the form of reference/rbac-cases.tsv (argocd.md part
 * 8): each row names its policies and asks one question of them.
 */
#pragma once

#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/base/str.h"

/* Answers every row with `id<TAB>allow|deny|load-error`. `dir` holds the policies as NAME.csv. A
 * malformed table, or a policy that is not there, is an error with its file and line. */
int rbac_table_answer(struct str table, const char *name, const char *dir, struct buf *out,
                      struct err *err) MUST_USE;
