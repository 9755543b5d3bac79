/*
 * Setting, placing and wrapping the one error object. Nothing here allocates; a text that does not
 * fit is cut, which is harmless because it is for people to read.
 */
#include "harness/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(char *to, size_t size, const char *from)
{
    size_t n = strnlen(from, size - 1);

    memmove(to, from, n);
    to[n] = '\0';
}

static void set_text(struct err *err, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static void set_text(struct err *err, const char *fmt, va_list args)
{
    /* Into a local first: the arguments may point into the error itself. */
    char text[sizeof err->msg];

    (void)vsnprintf(text, sizeof text, fmt, args);
    put(err->msg, sizeof err->msg, text);
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    if (!err) {
        return -1;
    }
    va_list args;
    va_start(args, fmt);
    set_text(err, fmt, args);
    va_end(args);
    err->code = code;
    err->file[0] = '\0';
    err->line = 0;
    err->column = 0;
    return -1;
}

int err_set_at(struct err *err, enum err_code code, const char *file, int line, int column,
               const char *fmt, ...)
{
    if (!err) {
        return -1;
    }
    va_list args;
    va_start(args, fmt);
    set_text(err, fmt, args);
    va_end(args);
    err->code = code;
    put(err->file, sizeof err->file, file ? file : "");
    err->line = line;
    err->column = column;
    return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    if (!err) {
        return -1;
    }
    char outer[sizeof err->msg];
    char inner[sizeof err->msg];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(outer, sizeof outer, fmt, args);
    va_end(args);
    put(inner, sizeof inner, err->msg);
    size_t used = strlen(outer);
    put(err->msg, sizeof err->msg, outer);
    put(err->msg + used, sizeof err->msg - used, ": ");
    used = strlen(err->msg);
    put(err->msg + used, sizeof err->msg - used, inner);
    return -1;
}

const char *err_text(const struct err *err, char *out, unsigned long size)
{
    if (err->file[0] == '\0') {
        (void)snprintf(out, size, "%s", err->msg);
    } else if (err->line <= 0) {
        (void)snprintf(out, size, "%s: %s", err->file, err->msg);
    } else if (err->column <= 0) {
        (void)snprintf(out, size, "%s:%d: %s", err->file, err->line, err->msg);
    } else {
        (void)snprintf(out, size, "%s:%d:%d: %s", err->file, err->line, err->column, err->msg);
    }
    return out;
}
