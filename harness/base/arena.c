/*
 * Blocks that are filled from the front and freed together. Big requests get a block of their own,
 * so that they do not waste the rest of the current one.
 */
#include "harness/base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_SIZE 4096

struct block {
    struct block *next;
    size_t used;
    size_t size;
    max_align_t data[];
};

struct arena {
    struct block *blocks; /* the first is the one being filled */
};

struct arena *arena_new(void)
{
    return xcalloc(1, sizeof(struct arena));
}

struct arena *arena_free(struct arena *a)
{
    if (!a) {
        return NULL;
    }
    for (struct block *b = a->blocks; b;) {
        struct block *next = b->next;
        xfree(b);
        b = next;
    }
    return xfree(a);
}

static struct block *block_new(size_t size)
{
    struct block *b = xcalloc(1, sizeof *b + size);

    b->size = size;
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t align = _Alignof(max_align_t);
    size_t need = size == 0 ? align : (size + align - 1) / align * align;

    if (need > BLOCK_SIZE / 4) {
        struct block *own = block_new(need);
        own->used = need;
        if (!a->blocks) {
            a->blocks = own;
        } else {
            own->next = a->blocks->next;
            a->blocks->next = own;
        }
        return own->data;
    }
    if (!a->blocks || a->blocks->size - a->blocks->used < need) {
        struct block *b = block_new(BLOCK_SIZE);
        b->next = a->blocks;
        a->blocks = b;
    }
    char *p = (char *)a->blocks->data + a->blocks->used;
    a->blocks->used += need;
    return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    if (!s) {
        return NULL;
    }
    size_t len = strnlen(s, n);
    char *p = arena_alloc(a, len + 1);
    memcpy(p, s, len);
    return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args;
    va_list again;

    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *p = arena_alloc(a, n < 0 ? 1 : (size_t)n + 1);
    if (n > 0) {
        (void)vsnprintf(p, (size_t)n + 1, fmt, args);
    }
    va_end(args);
    return p;
}
