/*
 * Two growing lists: of pointers (which it does not own) and of strings (which it does).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/mem.h"

struct vec {
    void **items;
    size_t len;
    size_t cap;
};

void vec_push(struct vec *v, void *item);
void vec_deinit(struct vec *v); /* frees the list, not the items */

struct strlist {
    char **items; /* each owned */
    size_t len;
    size_t cap;
};

void strlist_add(struct strlist *l, const char *s); /* copies */
void strlist_take(struct strlist *l, char *s);      /* takes ownership */
bool strlist_has(const struct strlist *l, const char *s);
char *strlist_join(const struct strlist *l, const char *separator); /* caller frees */
void strlist_add_all(struct strlist *l, const char *const *items, size_t len);
/* "[a, b]", sorted by bytes: two lists with the same members read the same. Caller frees. */
char *strlist_set_text(const char *const *items, size_t len);
void strlist_sort(struct strlist *l); /* byte order */
void strlist_deinit(struct strlist *l);

DEFINE_AUTO_VALUE(struct vec, vec_deinit)
DEFINE_AUTO_VALUE(struct strlist, strlist_deinit)
