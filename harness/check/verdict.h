/*
 * A verdict and its lattice: error > fail > pass > skip; nothing overwrites something worse
 * (design.md 1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

enum verdict_kind { VERDICT_SKIP, VERDICT_PASS, VERDICT_FAIL, VERDICT_ERROR, VERDICT_MAX_ };

struct verdict {
    enum verdict_kind kind;
    char *expected; /* fail: what should have been; NULL otherwise */
    char *actual;   /* fail: what was; pass: may say what was seen */
    char *reason;   /* skip and error: why */
};

const char *verdict_name(enum verdict_kind k); /* "pass" … */
enum verdict_kind verdict_worse(enum verdict_kind a, enum verdict_kind b);

void verdict_pass(struct verdict *v, const char *fmt, ...)
    PRINTF_LIKE(2, 3); /* the text says what was seen */
/* expected and actual are copied. */
void verdict_fail(struct verdict *v, const char *expected, const char *actual);
void verdict_skip(struct verdict *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
void verdict_error(struct verdict *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
void verdict_deinit(struct verdict *v);

DEFINE_AUTO_VALUE(struct verdict, verdict_deinit)
