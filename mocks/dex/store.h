/*
 * What Dex keeps in its memory storage: auth requests, codes, refresh tokens, devices, and the
 * offline sessions that hold authentik's refresh tokens. Bounded by time and by number. Not
 * thread-safe: the owner's lock is held by the caller.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/vec.h"

#define DEX_HMAC_KEY 32

/* Who signed in at authentik, as the connector saw it. */
struct dex_identity {
    char *user_id;
    char *username;
    char *preferred_username;
    char *email;
    bool email_verified;
    struct strlist groups;
    char *upstream_refresh; /* authentik's refresh token, "" when none came */
};
void dex_identity_deinit(struct dex_identity *i);
void dex_identity_copy(struct dex_identity *to, const struct dex_identity *from);

/* One sign-in on its way: first an auth request, then a code, then a refresh token. */
struct dex_session {
    char *id;
    char *client_id;
    char *redirect_uri;
    char *state;
    char *nonce;
    struct strlist scopes;
    char *challenge; /* "" = no PKCE */
    char *challenge_method;
    char *connector_id;
    char *verifier; /* PKCE towards authentik; "" when there is none */
    bool no_pkce;   /* the defect: this login goes without */
    uint8_t hmac_key[DEX_HMAC_KEY];
    bool force_approval;
    bool wants_code; /* response types */
    bool wants_token;
    bool wants_id_token;
    bool logged_in;
    int64_t expires_ms; /* 0 = never */
    struct dex_identity identity;
    /* refresh tokens */
    char *token;
    char *obsolete_token;
    int64_t created_ms;
    int64_t last_used_ms;
    /* devices: a request is known by its user code, what comes of it by the device code */
    char *device_code;
    char *client_secret;
    char *answer; /* of the token endpoint, once there is one; "" = pending */
    int64_t poll_interval_s;
};
struct dex_session *dex_session_new(void); /* every text "" */
struct dex_session *dex_session_dup(const struct dex_session *s);
struct dex_session *dex_session_free(struct dex_session *s);
DEFINE_AUTO(struct dex_session, dex_session_free)
DEFINE_AUTO_VALUE(struct dex_identity, dex_identity_deinit)

enum dex_table {
    DEX_REQUESTS,
    DEX_CODES,
    DEX_REFRESH,
    DEX_DEVICES,       /* by user code */
    DEX_DEVICE_TOKENS, /* by device code */
    DEX_TABLE_MAX_
};

struct dex_store;
struct dex_store *dex_store_new(const struct clock *clock);
struct dex_store *dex_store_free(struct dex_store *s);
/* Takes the session, replaces one of the same id. */
void dex_store_put(struct dex_store *s, enum dex_table t, struct dex_session *take);
/* Borrowed while the lock is held; NULL when unknown or collected (5 minutes after its expiry). */
struct dex_session *dex_store_get(struct dex_store *s, enum dex_table t, const char *id);
bool dex_store_remove(struct dex_store *s, enum dex_table t, const char *id);
struct dex_session *dex_store_last(struct dex_store *s, enum dex_table t); /* the newest, or NULL */

/* The offline session of (user, connector). */
void dex_offline_set(struct dex_store *s, const char *user_id, const char *connector_id,
                     const char *upstream_refresh);
const char *dex_offline_get(struct dex_store *s, const char *user_id, const char *connector_id);
/* Stores a new refresh token and drops the previous one of the same user, connector and client. */
void dex_refresh_put(struct dex_store *s, struct dex_session *take);
size_t dex_store_len(const struct dex_store *s, enum dex_table t);
/* Drops every session of the table for which wanted says so; how many there were. */
size_t dex_store_remove_if(struct dex_store *s, enum dex_table t,
                           bool (*wanted)(const struct dex_session *session, const void *ctx),
                           const void *ctx);
/* Somebody wants to be told when what has not expired must make room: of what, of how many, and how
 * often by now. */
void dex_store_watch(struct dex_store *s,
                     void (*told)(void *ctx, const char *what, size_t max, size_t n), void *ctx);
size_t dex_store_evicted(const struct dex_store *s);
