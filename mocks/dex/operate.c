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

/* A token of Dex is not looked up: its access tokens are signed, nobody can take them back. */
size_t dex_mock_revoke(struct mock *m, const struct mock_revocation *what)
{
    AUTO(dex_leave) struct dex *d = dex_enter(m);
    if (what->username == NULL)
        return 0;
    pthread_mutex_lock(&d->lock);
    size_t n = dex_store_remove_if(d->store, DEX_CODES, is_of_person, what->username);
    n += dex_store_remove_if(d->store, DEX_REFRESH, is_of_person, what->username);
    pthread_mutex_unlock(&d->lock);
    return n;
}

struct js *dex_mock_counts(struct mock *m)
{
    AUTO(dex_leave) struct dex *d = dex_enter(m);
    struct js *o = js_object();
    pthread_mutex_lock(&d->lock);
    js_set(o, "auth_requests", js_int((int64_t)dex_store_len(d->store, DEX_REQUESTS)));
    js_set(o, "codes", js_int((int64_t)dex_store_len(d->store, DEX_CODES)));
    js_set(o, "refresh_tokens", js_int((int64_t)dex_store_len(d->store, DEX_REFRESH)));
    js_set(o, "evicted", js_int((int64_t)dex_store_evicted(d->store)));
    pthread_mutex_unlock(&d->lock);
    return o;
}
