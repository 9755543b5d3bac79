/*
 * Writing verdicts. A verdict that was written is overwritten only by a worse one.
 */
#include "harness/check/verdict.h"

#include <stdarg.h>

#include "harness/base/buf.h"

static const char *const names[VERDICT_MAX_] = {[VERDICT_SKIP] = "skip",
                                                [VERDICT_PASS] = "pass",
                                                [VERDICT_FAIL] = "fail",
                                                [VERDICT_ERROR] = "error"};

const char *verdict_name(enum verdict_kind k)
{
    return names[k];
}

enum verdict_kind verdict_worse(enum verdict_kind a, enum verdict_kind b)
{
    return a > b ? a : b;
}

void verdict_deinit(struct verdict *v)
{
    xfree(v->expected);
    xfree(v->actual);
    xfree(v->reason);
    *v = (struct verdict){0};
}

/* True when the verdict may be written: nothing worse stands there. It is empty then. */
static bool begin(struct verdict *v, enum verdict_kind kind)
{
    if (v->kind > kind)
        return false;
    verdict_deinit(v);
    v->kind = kind;
    return true;
}

static char *format(const char *fmt, va_list args)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT); /* a text that does not fit would be lost as a whole */
    buf_vaddf(&b, fmt, args);
    return buf_take(&b);
}

void verdict_pass(struct verdict *v, const char *fmt, ...)
{
    if (!begin(v, VERDICT_PASS))
        return;
    va_list args;
    va_start(args, fmt);
    v->actual = format(fmt, args);
    va_end(args);
}

void verdict_fail(struct verdict *v, const char *expected, const char *actual)
{
    if (!begin(v, VERDICT_FAIL))
        return;
    v->expected = xstrdup(expected != NULL ? expected : "(nothing)");
    v->actual = xstrdup(actual != NULL ? actual : "(nothing)");
}

void verdict_skip(struct verdict *v, const char *fmt, ...)
{
    if (!begin(v, VERDICT_SKIP))
        return;
    va_list args;
    va_start(args, fmt);
    v->reason = format(fmt, args);
    va_end(args);
}

void verdict_error(struct verdict *v, const char *fmt, ...)
{
    if (!begin(v, VERDICT_ERROR))
        return;
    va_list args;
    va_start(args, fmt);
    v->reason = format(fmt, args);
    va_end(args);
}
