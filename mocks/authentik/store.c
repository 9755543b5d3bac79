/*
 * Hash table with chains plus a list by age, so that look-up, insertion and dropping the oldest
 * cost the same however many logins there were. Knows nothing of what it stores.
 */
#include "mocks/authentik/store.h"

#include <string.h>

#include "harness/base/mem.h"

#define FIRST_BUCKETS 16

void ak_store_init(struct store *s, size_t max, void (*free_item)(struct store_item *item))
{
    *s = (struct store){.max = max, .free_item = free_item};
}

/* FNV-1a, 64 bit: the keys are our own random draws or digests, nobody can choose collisions. */
static size_t bucket_of(const struct store *s, const char *key)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *p = (const unsigned char *)key; *p != '\0'; p++)
        h = (h ^ *p) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ (h >> 32)) & (s->n_buckets - 1);
}

static void unlink_item(struct store *s, struct store_item *item)
{
    struct store_item **at = &s->buckets[bucket_of(s, item->key)];
    while (*at != item)
        at = &(*at)->chain;
    *at = item->chain;
    if (item->older != NULL)
        item->older->newer = item->newer;
    else
        s->oldest = item->newer;
    if (item->newer != NULL)
        item->newer->older = item->older;
    else
        s->newest = item->older;
    s->len--;
}

static void drop(struct store *s, struct store_item *item)
{
    unlink_item(s, item);
    s->free_item(item);
}

void ak_store_deinit(struct store *s)
{
    while (s->oldest != NULL)
        drop(s, s->oldest);
    xfree(s->buckets);
    s->buckets = NULL;
}

static void make_room(struct store *s, int64_t now_s)
{
    while (s->len >= s->max / 2 && s->oldest != NULL && s->oldest->expires_s <= now_s)
        drop(s, s->oldest);
    if (s->len < s->max)
        return;
    s->evicted++;
    if (s->told != NULL)
        s->told(s->ctx, s);
    drop(s, s->oldest);
}

void ak_store_watch(struct store *s, const char *what,
                    void (*told)(void *ctx, const struct store *s), void *ctx)
{
    s->what = what;
    s->told = told;
    s->ctx = ctx;
}

/* Twice as many buckets when each has an item: a store costs what it holds, not what it may. */
static void grow(struct store *s)
{
    if (s->len < s->n_buckets)
        return;
    xfree(s->buckets);
    s->n_buckets = s->n_buckets > 0 ? s->n_buckets * 2 : FIRST_BUCKETS;
    s->buckets = xcalloc(s->n_buckets, sizeof(*s->buckets));
    for (struct store_item *i = s->oldest; i != NULL; i = i->newer) {
        size_t b = bucket_of(s, i->key);
        i->chain = s->buckets[b];
        s->buckets[b] = i;
    }
}

void ak_store_put(struct store *s, struct store_item *item, int64_t now_s)
{
    ak_store_remove(s, item->key);
    make_room(s, now_s);
    grow(s);
    size_t b = bucket_of(s, item->key);
    item->chain = s->buckets[b];
    s->buckets[b] = item;
    item->newer = NULL;
    item->older = s->newest;
    if (s->newest != NULL)
        s->newest->newer = item;
    else
        s->oldest = item;
    s->newest = item;
    s->len++;
}

struct store_item *ak_store_get(const struct store *s, const char *key)
{
    if (s->buckets == NULL || key == NULL)
        return NULL;
    struct store_item *item = s->buckets[bucket_of(s, key)];
    while (item != NULL && strcmp(item->key, key) != 0)
        item = item->chain;
    return item;
}

void ak_store_remove(struct store *s, const char *key)
{
    struct store_item *item = ak_store_get(s, key);
    if (item != NULL)
        drop(s, item);
}

size_t ak_store_remove_if(struct store *s,
                          int (*wanted)(const struct store_item *item, const void *ctx),
                          const void *ctx)
{
    size_t before = s->len;
    struct store_item *item = s->oldest;
    while (item != NULL) {
        struct store_item *next = item->newer;
        if (wanted(item, ctx) != 0)
            drop(s, item);
        item = next;
    }
    return before - s->len;
}
