/*
 * The harness's own log: stderr, one line each, level and component. stdout belongs to reports.
 */
#pragma once

#include "harness/base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_MAX_ };

void log_set_level(enum log_level level); /* default LOG_WARN */
enum log_level log_get_level(void);
void log_print(enum log_level level, const char *component, const char *fmt, ...) PRINTF_LIKE(3, 4);
