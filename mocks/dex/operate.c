/*
 * What an operator of Dex does by hand (its gRPC API): takes refresh tokens back, looks how many
 * there are. Not part of the wire.
 */
#include "mocks/dex/dex.h"

#include "harness/base/str.h"
#include "mocks/dex/dex_int.h"

static bool is_of_person(const struct dex_session *s, const void *username)
{
    return cstr_eq(s->identity.preferred_username, username);
}

static size_t revoke(struct dex *d, const char *username)
{
    pthread_mutex_lock(&d->lock);
    size_t n = dex_store_remove_if(d->store, DEX_CODES, is_of_person, username);
    n += dex_store_remove_if(d->store, DEX_REFRESH, is_of_person, username);
    pthread_mutex_unlock(&d->lock);
    return n;
}

/* A token of Dex is not looked up: its access tokens are signed, nobody can take them back. */
size_t dex_mock_revoke(struct mock *m, const struct mock_revocation *what)
{
    size_t len = 0;
    size_t n = 0;
    if (what->username == NULL)
        return 0;
    struct dex *const *runs = dex_enter_all(m, &len);
    for (size_t i = 0; i < len; i++)
        n += revoke(runs[i], what->username);
    dex_leave_all(m);
    return n;
}

static const struct {
    const char *name;
    enum dex_table table;
} counted[] = {
    {"auth_requests", DEX_REQUESTS}, {"codes", DEX_CODES},   {"refresh_tokens", DEX_REFRESH},
    {"devices", DEX_DEVICES},        {NULL, DEX_TABLE_MAX_},
};

/* Of all replicas together. */
struct js *dex_mock_counts(struct mock *m)
{
    size_t len = 0;
    int64_t evicted = 0;
    int64_t sums[sizeof counted / sizeof counted[0]] = {0};
    struct js *o = js_object();
    struct dex *const *runs = dex_enter_all(m, &len);
    for (size_t i = 0; i < len; i++) {
        pthread_mutex_lock(&runs[i]->lock);
        for (size_t k = 0; counted[k].name != NULL; k++)
            sums[k] += (int64_t)dex_store_len(runs[i]->store, counted[k].table);
        evicted += (int64_t)dex_store_evicted(runs[i]->store);
        pthread_mutex_unlock(&runs[i]->lock);
    }
    dex_leave_all(m);
    for (size_t k = 0; counted[k].name != NULL; k++)
        js_set(o, counted[k].name, js_int(sums[k]));
    js_set(o, "evicted", js_int(evicted));
    return o;
}
