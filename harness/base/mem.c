/*
 * The only file that asks the C library for memory. Running out of it ends the program with one
 * line and status 3 (a fault of the surroundings), so no caller has a branch for it.
 */
#include "harness/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/die.h"

void mem_exhausted(void)
{
    die("out of memory");
}

void *xmalloc(size_t size)
{
    void *p = malloc(size == 0 ? 1 : size);

    if (!p) {
        mem_exhausted();
    }
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = n == 0 || size == 0 ? calloc(1, 1) : calloc(n, size);

    if (!p) {
        mem_exhausted();
    }
    return p;
}

void *xrealloc(void *p, size_t size)
{
    void *q = realloc(p, size == 0 ? 1 : size);

    if (!q) {
        mem_exhausted();
    }
    return q;
}

char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s) + 1);
}

char *xstrndup(const char *s, size_t n)
{
    size_t len = strnlen(s, n);
    char *p = xmalloc(len + 1);

    memcpy(p, s, len);
    p[len] = '\0';
    return p;
}

void *xmemdup(const void *p, size_t n)
{
    void *q = xmalloc(n);

    if (n > 0) {
        memcpy(q, p, n);
    }
    return q;
}

char *xasprintf(const char *fmt, ...)
{
    char small[256]; /* most texts fit: one pass and one allocation */
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    /* A failure is one of memory or of a text of 2 GB: glibc knows no other for our formats. */
    if (n < 0) {
        mem_exhausted();
    }
    size_t size = (size_t)n + 1;
    if (size <= sizeof small) {
        return xmemdup(small, size);
    }
    char *p = xmalloc(size);
    va_start(args, fmt);
    (void)vsnprintf(p, size, fmt, args);
    va_end(args);
    return p;
}

void *xfree(void *p)
{
    free(p);
    return NULL;
}
