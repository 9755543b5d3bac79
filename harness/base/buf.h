/*
 * Growing text or bytes with a maximum set at the start; always NUL-terminated; going over the
 * maximum is remembered and asked once at the end.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct buf {
    char *ptr; /* never NULL after buf_init */
    size_t len;
    size_t cap;
    size_t max;
    bool overflow;
};

#define BUF_MAX_TEXT (64UL * 1024 * 1024) /* for text we make ourselves */

void buf_init(struct buf *b, size_t max);
void buf_deinit(struct buf *b);
void buf_reset(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list args) PRINTF_LIKE(2, 0);
bool buf_ok(const struct buf *b); /* false once anything did not fit */
char *buf_take(struct buf *b);    /* the text, owned by the caller; the buffer is empty again */

DEFINE_AUTO_VALUE(struct buf, buf_deinit)
