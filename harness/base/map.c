/*
 * The C library's balanced tree, with text for keys.
 */
#include "harness/base/map.h"

#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct map_entry {
    const char *key;
    void *value;
};

static int compare(const void *a, const void *b)
{
    const struct map_entry *x = a;
    const struct map_entry *y = b;

    return strcmp(x->key, y->key);
}

bool map_add(struct map *m, const char *key, void *value)
{
    struct map_entry *made = xmalloc(sizeof *made);

    *made = (struct map_entry){key, value};
    struct map_entry **at = tsearch(made, &m->root, compare);
    if (at == NULL) {
        mem_exhausted();
    }
    if (*at != made) {
        xfree(made);
        return false;
    }
    return true;
}

void *map_get(const struct map *m, const char *key)
{
    struct map_entry wanted = {key, NULL};
    struct map_entry *const *at = key != NULL ? tfind(&wanted, &m->root, compare) : NULL;

    return at != NULL ? (*at)->value : NULL;
}

void map_deinit(struct map *m)
{
    tdestroy(m->root, free);
    m->root = NULL;
}
