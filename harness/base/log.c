/*
 * One line to stderr for each message, written at once so that threads do not mix. The level is one
 * of the project's few globals (style.md 17).
 */
#include "harness/base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "harness/base/buf.h"

static _Atomic int current_level = LOG_WARN;

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warning", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

void log_set_level(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load(&current_level);
}

void log_print(enum log_level level, const char *component, const char *fmt, ...)
{
    if ((int)level > atomic_load(&current_level)) {
        return;
    }
    AUTO(buf_deinit) struct buf line = {0};
    va_list args;

    buf_init(&line, BUF_MAX_TEXT);
    buf_addf(&line, "rolecall: %s: %s: ", level_names[level], component);
    va_start(args, fmt);
    buf_vaddf(&line, fmt, args);
    va_end(args);
    buf_addc(&line, '\n');
    (void)fwrite(line.ptr, 1, line.len, stderr);
}
