/*
 * What an administrator of authentik does by hand: ends sessions, takes tokens back, looks how many
 * there are. Not part of the wire.
 */
#include "mocks/authentik/logout.h"

#include <string.h>

static int token_of_person(const struct store_item *item, const void *ctx)
{
    const struct token *t = (const struct token *)(const void *)item;
    return strcmp(t->grant.person, ctx) == 0;
}

static int code_of_person(const struct store_item *item, const void *ctx)
{
    const struct code *c = (const struct code *)(const void *)item;
    return strcmp(c->grant.person, ctx) == 0;
}

static size_t revoke_token(struct mock *m, const char *token)
{
    AUTO(xfree) char *key = ak_token_key(token);
    size_t before = m->access.len + m->refresh.len;
    ak_store_remove(&m->access, key);
    ak_store_remove(&m->refresh, token);
    return before - m->access.len - m->refresh.len;
}

size_t authentik_mock_revoke(struct mock *m, const struct mock_revocation *what)
{
    size_t n = 0;
    ak_mock_lock(m);
    if (what->token != NULL) {
        n = revoke_token(m, what->token);
    } else {
        n += ak_store_remove_if(&m->codes, code_of_person, what->username);
        n += ak_store_remove_if(&m->access, token_of_person, what->username);
        n += ak_store_remove_if(&m->refresh, token_of_person, what->username);
    }
    ak_mock_unlock(m);
    return n;
}

/* Those that are signed in; ctx is whose, or NULL. */
static int session_of_person(const struct store_item *item, const void *ctx)
{
    const struct session *s = (const struct session *)(const void *)item;
    return s->person != NULL && (ctx == NULL || strcmp(s->person, ctx) == 0);
}

static int is_session(const struct store_item *item, const void *ctx)
{
    (void)item;
    (void)ctx;
    return 1;
}

/* What ends a session causes what its own logout would: letters to the client, and the end of its
 * tokens where the version has that (authentik.md 7). */
size_t authentik_mock_drop_sessions(struct mock *m, const char *username)
{
    ak_mock_lock(m);
    for (const struct store_item *i = m->sessions.oldest; i != NULL; i = i->newer)
        if (session_of_person(i, username))
            ak_session_over(m, (const struct session *)(const void *)i);
    size_t n = ak_store_remove_if(&m->sessions, session_of_person, username);
    if (username == NULL)
        (void)ak_store_remove_if(&m->sessions, is_session, NULL); /* the anonymous ones, too */
    ak_mock_unlock(m);
    return n;
}

struct js *authentik_mock_counts(struct mock *m)
{
    struct js *o = js_object();
    ak_mock_lock(m);
    js_set(o, "sessions", js_int((int64_t)m->sessions.len));
    js_set(o, "codes", js_int((int64_t)m->codes.len));
    js_set(o, "access_tokens", js_int((int64_t)m->access.len));
    js_set(o, "refresh_tokens", js_int((int64_t)m->refresh.len));
    js_set(o, "evicted",
           js_int((int64_t)(m->sessions.evicted + m->codes.evicted + m->access.evicted +
                            m->refresh.evicted)));
    ak_mock_unlock(m);
    return o;
}
