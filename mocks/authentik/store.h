/*
 * A bounded table of things that expire, looked up by an exact text. When it is half full what has
 * expired goes, when it is full the oldest goes. Not thread-safe: the mock's lock guards it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* First member of what is stored. The store owns the thing and its key. */
struct store_item {
    char *key;
    int64_t expires_s;
    struct store_item *chain; /* the same bucket */
    struct store_item *older;
    struct store_item *newer;
};

struct store {
    struct store_item **buckets;
    size_t n_buckets; /* a power of two; 0 before the first item */
    size_t len;
    size_t max;
    struct store_item *oldest;
    struct store_item *newest;
    void (*free_item)(struct store_item *item);     /* frees the thing, its key included */
    size_t evicted;                                 /* how many went before their time */
    void (*told)(void *ctx, const struct store *s); /* of each of them, or NULL */
    void *ctx;
    const char *what; /* "sessions", for who is told */
};

void ak_store_init(struct store *s, size_t max, void (*free_item)(struct store_item *item));
/* Somebody wants to be told when what has not expired must make room. */
void ak_store_watch(struct store *s, const char *what,
                    void (*told)(void *ctx, const struct store *s), void *ctx);
void ak_store_deinit(struct store *s);
/* Takes over item (key and expires_s set). An item of the same key is replaced. */
void ak_store_put(struct store *s, struct store_item *item, int64_t now_s);
/* Borrowed, expired or not (the caller judges); NULL if unknown. */
struct store_item *ak_store_get(const struct store *s, const char *key);
/* Frees the item of that key, if there is one. */
void ak_store_remove(struct store *s, const char *key);
/* Frees every item for which wanted says so; how many there were. */
size_t ak_store_remove_if(struct store *s,
                          int (*wanted)(const struct store_item *item, const void *ctx),
                          const void *ctx);
