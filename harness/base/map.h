/*
 * Pointers by text. A zeroed struct is an empty map; keys and values are borrowed.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"

struct map {
    void *root;
};

/* False, and nothing is changed, if the key is there. The key must outlive the map. */
bool map_add(struct map *m, const char *key, void *value);
void *map_get(const struct map *m, const char *key); /* NULL: not there, or key is NULL */
void map_deinit(struct map *m);

DEFINE_AUTO_VALUE(struct map, map_deinit)
