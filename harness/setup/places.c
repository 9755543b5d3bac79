/*
 * An array of which the front is kept in order of pointers, so that what stands at or below one is
 * found by halving; what came since is looked through. It is put in order when it has become a
 * sixteenth of the whole: a setup of a hundred thousand values costs a moment.
 */
#include "harness/setup/places.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"

#define LOOSE 64 /* that many are looked through without a thought */

struct entry {
    struct place place;
    size_t order; /* of addition: of the same pointer the later wins */
};

struct places {
    struct entry *items;
    size_t len, cap;
    size_t sorted; /* the first so many are in order */
    char *kept_file, *kept;
    size_t kept_len;
};

struct places *places_new(void)
{
    return xcalloc(1, sizeof(struct places));
}

struct places *places_free(struct places *p)
{
    if (p == NULL)
        return NULL;
    for (size_t i = 0; i < p->len; i++) {
        xfree(p->items[i].place.pointer);
        xfree(p->items[i].place.file);
    }
    xfree(p->items);
    xfree(p->kept_file);
    xfree(p->kept);
    return xfree(p);
}

void places_keep(struct places *p, const char *file, struct str text)
{
    if (p == NULL)
        return;
    xfree(p->kept_file);
    xfree(p->kept);
    p->kept_file = xstrdup(file);
    p->kept = xstrndup(text.ptr, text.len);
    p->kept_len = text.len;
}

bool places_kept(const struct places *p, const char *file, struct str *ret)
{
    if (p == NULL || p->kept_file == NULL || strcmp(p->kept_file, file) != 0)
        return false;
    *ret = (struct str){p->kept, p->kept_len};
    return true;
}

void places_add_text(struct places *p, const char *pointer, const char *file, int line, int column,
                     int indent)
{
    if (p == NULL)
        return;
    if (p->len == p->cap) {
        p->cap = p->cap == 0 ? 64 : p->cap * 2;
        p->items = xrealloc(p->items, p->cap * sizeof *p->items);
    }
    p->items[p->len] =
        (struct entry){{xstrdup(pointer), xstrdup(file), line, column, indent}, p->len};
    p->len++;
}

void places_add(struct places *p, const char *pointer, const char *file, int line, int column)
{
    places_add_text(p, pointer, file, line, column, 0);
}

/* ---- order ---- */

/* '/' comes before every other character: what is below a pointer follows it at once. */
static int rank(char c)
{
    return c == '/' ? 1 : c == '\0' ? 0 : (unsigned char)c + 1;
}

/* The first n characters of a against all of b, of which n are looked at, too. */
static int compare_front(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i] || a[i] == '\0')
            return rank(a[i]) - rank(b[i]);
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int c = compare_front(x->place.pointer, y->place.pointer, SIZE_MAX);
    return c != 0 ? c : x->order < y->order ? -1 : 1;
}

static void tidy(struct places *p)
{
    if (p->len - p->sorted <= LOOSE + p->sorted / 16)
        return;
    qsort(p->items, p->len, sizeof *p->items, compare);
    p->sorted = p->len;
}

/* The first of the sorted ones that does not come before the pointer. */
static size_t lower(const struct places *p, const char *pointer, size_t len)
{
    size_t from = 0, to = p->sorted;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare_front(p->items[middle].place.pointer, pointer, len) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* ---- search ---- */

static bool is_at(const struct entry *e, const char *pointer, size_t len)
{
    return strncmp(e->place.pointer, pointer, len) == 0 && e->place.pointer[len] == '\0';
}

static const struct place *find(const struct places *p, const char *pointer, size_t len)
{
    const struct entry *last = NULL;
    for (size_t i = p->len; i > p->sorted && last == NULL; i--) {
        if (is_at(&p->items[i - 1], pointer, len))
            last = &p->items[i - 1];
    }
    if (last != NULL)
        return &last->place;
    for (size_t i = lower(p, pointer, len); i < p->sorted && is_at(&p->items[i], pointer, len); i++)
        last = &p->items[i];
    return last != NULL ? &last->place : NULL;
}

const struct place *places_exact(struct places *p, const char *pointer)
{
    if (p == NULL)
        return NULL;
    tidy(p);
    return find(p, pointer, strlen(pointer));
}

const struct place *places_find(struct places *p, const char *pointer)
{
    size_t len = strlen(pointer);
    if (p != NULL)
        tidy(p);
    while (p != NULL) {
        const struct place *at = find(p, pointer, len);
        if (at != NULL || len == 0)
            return at;
        do
            len--;
        while (len > 0 && pointer[len] != '/');
    }
    return NULL;
}

char *places_below(const char *pointer, const char *key)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, pointer);
    buf_addc(&b, '/');
    for (; *key != '\0'; key++) { /* RFC 6901 3 */
        if (*key == '~' || *key == '/')
            buf_adds(&b, *key == '~' ? "~0" : "~1");
        else
            buf_addc(&b, *key);
    }
    return buf_take(&b);
}

/* The place may move while it is copied: `to` and `source` may be the same. */
static void graft_one(struct places *p, const char *to, const struct places *source, size_t i,
                      size_t n)
{
    struct place at = source->items[i].place;
    if (at.pointer[n] != '\0' && at.pointer[n] != '/')
        return;
    AUTO(xfree) char *pointer = xasprintf("%s%s", to, at.pointer + n);
    places_add_text(p, pointer, at.file, at.line, at.column, at.indent);
}

void places_graft(struct places *p, const char *to, struct places *source, const char *from)
{
    size_t n = strlen(from);
    if (p == NULL || source == NULL)
        return;
    tidy(source);
    size_t sorted = source->sorted, len = source->len;
    for (size_t i = lower(source, from, n);
         i < sorted && strncmp(source->items[i].place.pointer, from, n) == 0; i++)
        graft_one(p, to, source, i, n);
    for (size_t i = sorted; i < len; i++) {
        if (strncmp(source->items[i].place.pointer, from, n) == 0)
            graft_one(p, to, source, i, n);
    }
}
