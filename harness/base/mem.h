/*
 * Memory: allocation that never fails (it prints one line and ends the program with status 3) and
 * the cleanup attribute. The only file that calls malloc is mem.c.
 */
#pragma once

#include <stddef.h>

/* A local that is released when it goes out of scope: `AUTO(js_free) struct js *doc = NULL;`.
 * The header of the type says DEFINE_AUTO once. Hand over by `*ret = p; p = NULL;`. "unused": that
 * it is released is use enough (clang would warn, gcc does not). */
#define AUTO(free_) __attribute__((cleanup(free_##_auto_), unused))

/* For types handled by pointer whose free function takes that pointer (and accepts NULL). */
#define DEFINE_AUTO(type_, free_)                                                                  \
    static inline void free_##_auto_(type_ **p)                                                    \
    {                                                                                              \
        (void)free_(*p);                                                                           \
    }

/* For types held by value whose deinit function takes their address. */
#define DEFINE_AUTO_VALUE(type_, deinit_)                                                          \
    static inline void deinit_##_auto_(type_ *p)                                                   \
    {                                                                                              \
        deinit_(p);                                                                                \
    }

void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
/* Copies at most n bytes and adds the NUL. */
char *xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *p, size_t n) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
/* For a library that has no allocator of ours and says that it got no memory: the same line and
 * status. */
void mem_exhausted(void) __attribute__((noreturn));
/* Accepts NULL, returns NULL. Does not keep errno's secrets: see secret.h for what must be wiped.
 */
void *xfree(void *p);

DEFINE_AUTO(char, xfree)
