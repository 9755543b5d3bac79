/*
 * A list in order of addition, searched from its end: a setup has some hundred values, and each is
 * looked for once.
 */
#include "harness/setup/places.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "harness/base/buf.h"

struct places {
    struct place *items;
    size_t len, cap;
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
        xfree(p->items[i].pointer);
        xfree(p->items[i].file);
    }
    xfree(p->items);
    return xfree(p);
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
    p->items[p->len++] = (struct place){xstrdup(pointer), xstrdup(file), line, column, indent};
}

void places_add(struct places *p, const char *pointer, const char *file, int line, int column)
{
    places_add_text(p, pointer, file, line, column, 0);
}

static const struct place *find(const struct places *p, const char *pointer, size_t len)
{
    for (size_t i = p->len; i > 0; i--) {
        const struct place *at = &p->items[i - 1];
        if (strncmp(at->pointer, pointer, len) == 0 && at->pointer[len] == '\0')
            return at;
    }
    return NULL;
}

const struct place *places_exact(const struct places *p, const char *pointer)
{
    return p != NULL ? find(p, pointer, strlen(pointer)) : NULL;
}

const struct place *places_find(const struct places *p, const char *pointer)
{
    size_t len = strlen(pointer);
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

void places_graft(struct places *p, const char *to, const struct places *source, const char *from)
{
    size_t n = strlen(from);
    for (size_t i = 0; p != NULL && i < source->len; i++) {
        const struct place *at = &source->items[i];
        if (strncmp(at->pointer, from, n) != 0 || (at->pointer[n] != '\0' && at->pointer[n] != '/'))
            continue;
        AUTO(xfree) char *pointer = xasprintf("%s%s", to, at->pointer + n);
        places_add_text(p, pointer, at->file, at->line, at->column, at->indent);
    }
}
