/*
 * Memory storage: tables of text keys in insertion order, so that the oldest go first when a cap is
 * reached. Every entry of a table lives equally long, so that order is the order of expiry too.
 * Knows nothing of HTTP; the caller holds the lock.
 */
#include "mocks/dex/store.h"

#include <string.h>

#include "harness/base/params.h"
#include "harness/base/str.h"

#define BUCKETS 1024
#define TABLE_CAP 8192
#define COLLECT_MS INT64_C(300000) /* dex.md 2.8: garbage collection every 5 min */

struct node {
    char *key;
    void *item;
    int64_t expires_ms;
    struct node *chain; /* same bucket */
    struct node *prev;  /* insertion order */
    struct node *next;
};

struct table {
    struct node *buckets[BUCKETS];
    struct node *oldest;
    struct node *newest;
    size_t len;
    void (*free_item)(void *item);
    struct dex_store *store;
    const char *what;
};

struct offline {
    char *upstream_refresh;
    struct params tokens; /* client id -> refresh id */
};

struct dex_store {
    const struct clock *clock;
    struct table tables[DEX_TABLE_MAX_];
    struct table offline;
    size_t evicted;
    void (*told)(void *ctx, const char *what, size_t max, size_t n); /* or NULL */
    void *ctx;
};

/* ---- table ---- */

static size_t bucket_of(const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
    for (; *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return (size_t)(h % BUCKETS);
}

static struct node **table_slot(struct table *t, const char *key)
{
    struct node **slot = &t->buckets[bucket_of(key)];
    while (*slot != NULL && strcmp((*slot)->key, key) != 0)
        slot = &(*slot)->chain;
    return slot;
}

static bool table_remove(struct table *t, const char *key)
{
    struct node **slot = table_slot(t, key);
    struct node *n = *slot;
    if (n == NULL)
        return false;
    *slot = n->chain;
    *(n->prev != NULL ? &n->prev->next : &t->oldest) = n->next;
    *(n->next != NULL ? &n->next->prev : &t->newest) = n->prev;
    t->free_item(n->item);
    xfree(n->key);
    xfree(n);
    t->len--;
    return true;
}

static bool is_collected(const struct node *n, int64_t now_ms)
{
    return n->expires_ms != 0 && n->expires_ms + COLLECT_MS <= now_ms;
}

static void *table_get(struct table *t, const char *key, int64_t now_ms)
{
    struct node *n = *table_slot(t, key);
    if (n == NULL)
        return NULL;
    if (!is_collected(n, now_ms))
        return n->item;
    table_remove(t, key);
    return NULL;
}

static void evict(struct table *t)
{
    struct dex_store *s = t->store;
    s->evicted++;
    if (s->told != NULL)
        s->told(s->ctx, t->what, TABLE_CAP, s->evicted);
    table_remove(t, t->oldest->key);
}

static void table_put(struct table *t, const char *key, void *take, int64_t expires_ms,
                      int64_t now_ms)
{
    table_remove(t, key);
    while (t->oldest != NULL && is_collected(t->oldest, now_ms))
        table_remove(t, t->oldest->key);
    if (t->len >= TABLE_CAP)
        evict(t);
    struct node **slot = table_slot(t, key);
    struct node *n = xcalloc(1, sizeof *n);
    n->key = xstrdup(key);
    n->item = take;
    n->expires_ms = expires_ms;
    n->prev = t->newest;
    *(t->newest != NULL ? &t->newest->next : &t->oldest) = n;
    t->newest = n;
    *slot = n;
    t->len++;
}

static void table_deinit(struct table *t)
{
    while (t->oldest != NULL)
        table_remove(t, t->oldest->key);
}

/* ---- identities and sessions ---- */

static void copy_list(struct strlist *to, const struct strlist *from)
{
    for (size_t i = 0; i < from->len; i++)
        strlist_add(to, from->items[i]);
}

static char *dup_text(const char *s)
{
    return xstrdup(s != NULL ? s : "");
}

void dex_identity_deinit(struct dex_identity *i)
{
    xfree(i->user_id);
    xfree(i->username);
    xfree(i->preferred_username);
    xfree(i->email);
    xfree(i->upstream_refresh);
    strlist_deinit(&i->groups);
    *i = (struct dex_identity){0};
}

void dex_identity_copy(struct dex_identity *to, const struct dex_identity *from)
{
    dex_identity_deinit(to);
    to->user_id = dup_text(from->user_id);
    to->username = dup_text(from->username);
    to->preferred_username = dup_text(from->preferred_username);
    to->email = dup_text(from->email);
    to->email_verified = from->email_verified;
    to->upstream_refresh = dup_text(from->upstream_refresh);
    copy_list(&to->groups, &from->groups);
}

struct dex_session *dex_session_new(void)
{
    static const struct dex_session empty = {0};
    return dex_session_dup(&empty);
}

struct dex_session *dex_session_dup(const struct dex_session *s)
{
    struct dex_session *copy = xcalloc(1, sizeof *copy);
    *copy = *s;
    copy->id = dup_text(s->id);
    copy->client_id = dup_text(s->client_id);
    copy->redirect_uri = dup_text(s->redirect_uri);
    copy->state = dup_text(s->state);
    copy->nonce = dup_text(s->nonce);
    copy->challenge = dup_text(s->challenge);
    copy->challenge_method = dup_text(s->challenge_method);
    copy->connector_id = dup_text(s->connector_id);
    copy->verifier = dup_text(s->verifier);
    copy->token = dup_text(s->token);
    copy->obsolete_token = dup_text(s->obsolete_token);
    copy->device_code = dup_text(s->device_code);
    copy->client_secret = dup_text(s->client_secret);
    copy->answer = dup_text(s->answer);
    copy->scopes = (struct strlist){0};
    copy_list(&copy->scopes, &s->scopes);
    copy->identity = (struct dex_identity){0};
    dex_identity_copy(&copy->identity, &s->identity);
    return copy;
}

struct dex_session *dex_session_free(struct dex_session *s)
{
    if (s == NULL)
        return NULL;
    xfree(s->id);
    xfree(s->client_id);
    xfree(s->redirect_uri);
    xfree(s->state);
    xfree(s->nonce);
    xfree(s->challenge);
    xfree(s->challenge_method);
    xfree(s->connector_id);
    xfree(s->verifier);
    xfree(s->token);
    xfree(s->obsolete_token);
    xfree(s->device_code);
    xfree(s->client_secret);
    xfree(s->answer);
    strlist_deinit(&s->scopes);
    dex_identity_deinit(&s->identity);
    return xfree(s);
}

/* ---- store ---- */

static void free_session(void *item)
{
    dex_session_free(item);
}

static void free_offline(void *item)
{
    struct offline *o = item;
    xfree(o->upstream_refresh);
    params_deinit(&o->tokens);
    xfree(o);
}

static const char *const table_names[DEX_TABLE_MAX_] = {
    [DEX_REQUESTS] = "auth requests",      [DEX_CODES] = "codes",
    [DEX_REFRESH] = "refresh tokens",      [DEX_DEVICES] = "device requests",
    [DEX_DEVICE_TOKENS] = "device tokens",
};

struct dex_store *dex_store_new(const struct clock *clock)
{
    struct dex_store *s = xcalloc(1, sizeof *s);
    s->clock = clock;
    for (int i = 0; i < DEX_TABLE_MAX_; i++)
        s->tables[i] =
            (struct table){.free_item = free_session, .store = s, .what = table_names[i]};
    s->offline = (struct table){.free_item = free_offline, .store = s, .what = "offline sessions"};
    return s;
}

struct dex_store *dex_store_free(struct dex_store *s)
{
    if (s == NULL)
        return NULL;
    for (int i = 0; i < DEX_TABLE_MAX_; i++)
        table_deinit(&s->tables[i]);
    table_deinit(&s->offline);
    return xfree(s);
}

void dex_store_put(struct dex_store *s, enum dex_table t, struct dex_session *take)
{
    table_put(&s->tables[t], take->id, take, take->expires_ms, clock_now_ms(s->clock));
}

struct dex_session *dex_store_get(struct dex_store *s, enum dex_table t, const char *id)
{
    return table_get(&s->tables[t], id, clock_now_ms(s->clock));
}

struct dex_session *dex_store_last(struct dex_store *s, enum dex_table t)
{
    return s->tables[t].newest != NULL ? s->tables[t].newest->item : NULL;
}

bool dex_store_remove(struct dex_store *s, enum dex_table t, const char *id)
{
    return table_remove(&s->tables[t], id);
}

/* The length in front keeps two pairs from ever sharing a key. */
static char *offline_key(const char *user_id, const char *connector_id)
{
    return xasprintf("%zu:%s:%s", strlen(user_id), user_id, connector_id);
}

static struct offline *find_offline(struct dex_store *s, const char *user_id,
                                    const char *connector_id)
{
    AUTO(xfree) char *key = offline_key(user_id, connector_id);
    return table_get(&s->offline, key, clock_now_ms(s->clock));
}

void dex_offline_set(struct dex_store *s, const char *user_id, const char *connector_id,
                     const char *upstream_refresh)
{
    AUTO(xfree) char *key = offline_key(user_id, connector_id);
    struct offline *o = table_get(&s->offline, key, clock_now_ms(s->clock));
    if (o == NULL) {
        o = xcalloc(1, sizeof *o);
        table_put(&s->offline, key, o, 0, clock_now_ms(s->clock));
    }
    xfree(o->upstream_refresh);
    o->upstream_refresh = dup_text(upstream_refresh);
}

const char *dex_offline_get(struct dex_store *s, const char *user_id, const char *connector_id)
{
    struct offline *o = find_offline(s, user_id, connector_id);
    return o != NULL ? o->upstream_refresh : NULL;
}

void dex_refresh_put(struct dex_store *s, struct dex_session *take)
{
    struct offline *o = find_offline(s, take->identity.user_id, take->connector_id);
    if (o != NULL) {
        const char *previous = params_get(&o->tokens, take->client_id);
        if (previous != NULL)
            dex_store_remove(s, DEX_REFRESH, previous);
        params_set(&o->tokens, take->client_id, take->id);
    }
    dex_store_put(s, DEX_REFRESH, take);
}

size_t dex_store_len(const struct dex_store *s, enum dex_table t)
{
    return s->tables[t].len;
}

size_t dex_store_remove_if(struct dex_store *s, enum dex_table t,
                           bool (*wanted)(const struct dex_session *session, const void *ctx),
                           const void *ctx)
{
    struct table *table = &s->tables[t];
    size_t before = table->len;
    struct node *next = NULL;
    for (struct node *n = table->oldest; n != NULL; n = next) {
        next = n->next;
        if (wanted(n->item, ctx))
            table_remove(table, n->key);
    }
    return before - table->len;
}

void dex_store_watch(struct dex_store *s,
                     void (*told)(void *ctx, const char *what, size_t max, size_t n), void *ctx)
{
    s->told = told;
    s->ctx = ctx;
}

size_t dex_store_evicted(const struct dex_store *s)
{
    return s->evicted;
}
