/*
 * The two growing lists. A zeroed struct is an empty list; growth doubles.
 */
#include "harness/base/vec.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"

static size_t grown(size_t cap)
{
    return cap == 0 ? 8 : cap * 2;
}

void vec_push(struct vec *v, void *item)
{
    if (v->len == v->cap) {
        v->cap = grown(v->cap);
        v->items = xrealloc(v->items, v->cap * sizeof *v->items);
    }
    v->items[v->len++] = item;
}

void vec_deinit(struct vec *v)
{
    xfree(v->items);
    *v = (struct vec){0};
}

void strlist_add(struct strlist *l, const char *s)
{
    strlist_take(l, xstrdup(s));
}

void strlist_take(struct strlist *l, char *s)
{
    if (l->len == l->cap) {
        l->cap = grown(l->cap);
        l->items = xrealloc(l->items, l->cap * sizeof *l->items);
    }
    l->items[l->len++] = s;
}

bool strlist_has(const struct strlist *l, const char *s)
{
    for (size_t i = 0; i < l->len; i++) {
        if (strcmp(l->items[i], s) == 0) {
            return true;
        }
    }
    return false;
}

char *strlist_join(const struct strlist *l, const char *separator)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < l->len; i++) {
        if (i > 0) {
            buf_adds(&b, separator);
        }
        buf_adds(&b, l->items[i]);
    }
    return buf_take(&b);
}

static int compare(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;

    return strcmp(*x, *y);
}

void strlist_sort(struct strlist *l)
{
    if (l->len > 1) {
        qsort(l->items, l->len, sizeof *l->items, compare);
    }
}

void strlist_add_all(struct strlist *l, const char *const *items, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        strlist_add(l, items[i]);
    }
}

char *strlist_set_text(const char *const *items, size_t len)
{
    AUTO(strlist_deinit) struct strlist sorted = {0};

    strlist_add_all(&sorted, items, len);
    strlist_sort(&sorted);
    AUTO(xfree) char *joined = strlist_join(&sorted, ", ");
    return xasprintf("[%s]", joined);
}

void strlist_deinit(struct strlist *l)
{
    for (size_t i = 0; i < l->len; i++) {
        xfree(l->items[i]);
    }
    xfree(l->items);
    *l = (struct strlist){0};
}
