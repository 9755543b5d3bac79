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
#include <unistd.h>

static void die(void) __attribute__((noreturn));

static void die(void)
{
    static const char line[] = "rolecall: out of memory\n";

    ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    _exit(3);
}

void *xmalloc(size_t size)
{
    void *p = malloc(size == 0 ? 1 : size);

    if (!p) {
        die();
    }
    return p;
}

void *xcalloc(size_t n, size_t size)
{
    void *p = n == 0 || size == 0 ? calloc(1, 1) : calloc(n, size);

    if (!p) {
        die();
    }
    return p;
}

void *xrealloc(void *p, size_t size)
{
    void *q = realloc(p, size == 0 ? 1 : size);

    if (!q) {
        die();
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
    char *p = NULL;
    va_list args;

    va_start(args, fmt);
    int n = vasprintf(&p, fmt, args);
    va_end(args);
    if (n < 0 || !p) {
        die();
    }
    return p;
}

void *xfree(void *p)
{
    free(p);
    return NULL;
}
