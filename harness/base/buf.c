/*
 * The growing buffer. What does not fit below the maximum is left out as a whole and remembered in
 * `overflow`, so callers ask once at the end.
 */
#include "harness/base/buf.h"

#include <stdio.h>
#include <string.h>

/* What formatted text gets to begin with. */
#define ROOM 128

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){.ptr = xmalloc(1), .cap = 1, .max = max};
    b->ptr[0] = '\0';
}

void buf_deinit(struct buf *b)
{
    b->ptr = xfree(b->ptr);
    b->len = 0;
    b->cap = 0;
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->ptr) {
        b->ptr[0] = '\0';
    }
}

/* Room for n more bytes and the NUL; false (and the mark) when that passes the maximum. */
static bool reserve(struct buf *b, size_t n)
{
    if (b->overflow || n > b->max || b->len > b->max - n) {
        b->overflow = true;
        return false;
    }
    size_t need = b->len + n + 1;
    if (need > b->cap) {
        size_t cap = b->cap < 64 ? 64 : b->cap;
        while (cap < need) {
            cap *= 2;
        }
        b->ptr = xrealloc(b->ptr, cap);
        b->cap = cap;
    }
    return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (!reserve(b, n)) {
        return;
    }
    if (n > 0) {
        memcpy(b->ptr + b->len, p, n);
    }
    b->len += n;
    b->ptr[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    buf_vaddf(b, fmt, args);
    va_end(args);
}

void buf_vaddf(struct buf *b, const char *fmt, va_list args)
{
    va_list again;

    /* Into the room there is, and there is some; once more when that was too small. */
    if (!b->overflow && b->cap - b->len < ROOM && b->max - b->len >= ROOM) {
        (void)reserve(b, ROOM);
    }
    size_t room = b->cap - b->len;
    va_copy(again, args);
    int n = vsnprintf(b->ptr + b->len, room, fmt, again);
    va_end(again);
    if (n < 0 || !reserve(b, (size_t)n)) {
        if (b->ptr) {
            b->ptr[b->len] = '\0';
        }
        b->overflow = true;
        return;
    }
    if ((size_t)n >= room) {
        (void)vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, args);
    }
    b->len += (size_t)n;
}

bool buf_ok(const struct buf *b)
{
    return !b->overflow;
}

char *buf_take(struct buf *b)
{
    char *text = b->ptr ? b->ptr : xstrdup("");
    size_t max = b->max;

    buf_init(b, max);
    return text;
}
