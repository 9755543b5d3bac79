/*
 * Shared by the files of the mock Dex; nobody else includes it. One `struct dex` is one run of the
 * process: configuration, connectors, keys, storage. A restart makes another one.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/params.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/jose/jws.h"
#include "harness/jose/key.h"
#include "mocks/common/mock.h"
#include "mocks/dex/log.h"
#include "mocks/dex/quirks.h"
#include "mocks/dex/store.h"

#define DEX_PARTY "dex"

struct dex_client {
    char *id;
    char *name;
    char *secret; /* "" for a public client */
    bool is_public;
    struct strlist redirect_uris;
    struct strlist trusted_peers;
};

struct dex_config {
    char *issuer; /* verbatim */
    char *base;   /* scheme and host of the issuer, then `path` */
    char *path;   /* of the issuer, cleaned: "/api/dex" */
    struct dex_client *clients;
    size_t clients_len;
    bool skip_approval;
    bool always_show_login;
    char *title;                   /* of the pages: "dex" */
    char *password_connector;      /* "" = no password grant */
    struct strlist response_types; /* enabled, sorted */
    struct strlist grant_types;    /* likewise */
    struct params headers;         /* of every answer */
    int64_t id_token_ms;
    int64_t auth_request_ms;
    int64_t device_request_ms;
    int64_t signing_key_ms;
    /* refresh token policy; 0 = never */
    int64_t reuse_interval_ms;
    int64_t idle_ms;
    int64_t absolute_ms;
    bool no_rotation;
};

struct dex_oidc; /* an opened oidc connector: connector_oidc.h */

struct dex_connector {
    char *id;
    char *name;
    char *type;
    const struct js *conf;     /* borrowed from dex.doc */
    pthread_mutex_t open_lock; /* held while it is being opened, never with dex.lock */
    struct dex_oidc *oidc;     /* NULL until opened */
};

#define DEX_KEYS_MAX 8

struct dex_key {
    struct key *key;
    char *kid;
    int64_t gone_ms; /* a retired key leaves /keys then; 0 = the current one */
};

struct dex {
    struct mock *mock;
    const struct mock_env *env;
    bool quirks[DEX_QUIRK_MAX_]; /* which rows of the version table hold */
    struct js *doc;              /* the generated configuration */
    struct dex_logger logger;
    struct dex_config config;
    struct dex_connector *connectors;
    size_t connectors_len;
    char *down; /* why the process ended, or NULL */
    char *discovery;

    pthread_mutex_t lock;              /* what follows */
    struct dex_key keys[DEX_KEYS_MAX]; /* [0] signs */
    size_t keys_len;
    unsigned *keys_made; /* the mock's count, over restarts */
    int64_t next_rotation_ms;
    char *jwks;
    struct dex_store *store;
    struct params styles; /* token endpoint: how it wants credentials (x/oauth2 before v0.12) */
};

/* The process whose turn it is to answer a request: holds off a restart until dex_leave. Once a
 * request. */
struct dex *dex_enter(void *ctx);
void dex_leave(struct dex **d);
static inline void dex_leave_auto_(struct dex **d)
{
    dex_leave(d);
}

/* All replicas, for what is done to each; holds off a restart until dex_leave_all. */
struct dex *const *dex_enter_all(struct mock *m, size_t *ret_len);
void dex_leave_all(struct mock *m);

static inline bool dex_quirk(const struct dex *d, enum dex_quirk row)
{
    return d->quirks[row];
}

/* ---- config.c ---- */
/* Reads d->doc into d->logger and d->config; -1 and the text with which `dex serve` ends. */
int dex_config_read(struct dex *d, const struct js *env, struct err *err) MUST_USE;
void dex_config_deinit(struct dex_config *c);
const struct dex_client *dex_client(const struct dex *d, const char *id); /* NULL if unknown */

/* ---- connectors.c ---- */
/* Reads and opens all connectors; -1 and the text with which the process ends. */
int dex_connectors_open(struct dex *d, struct err *err) MUST_USE;
void dex_connectors_deinit(struct dex *d);
struct dex_connector *dex_connector(struct dex *d, const char *id); /* NULL if unknown */
/* The opened connector; opens it anew if that failed before (dex.md 2.3 step 3). */
int dex_connector_get(struct dex *d, const char *id, struct dex_connector **ret, struct err *err)
    MUST_USE;

/* ---- keys.c ---- */
void dex_keys_init(struct dex *d);
void dex_keys_deinit(struct dex *d);
void dex_keys_rotate(struct dex *d);
/* The signing key of this moment; the caller frees both. */
struct key *dex_signing_key(struct dex *d, char **ret_kid);
char *dex_jwks(struct dex *d);          /* the cached document; caller frees */
int64_t dex_keys_left_s(struct dex *d); /* until the next rotation */
/* Verifies a token of our own (userinfo, introspection): signature, issuer, expiry. Claims (caller
 * frees) and the payload as signed (caller frees, may be NULL), or -1 and go-oidc's text. */
int dex_verify_own(struct dex *d, const char *token, struct js **ret_claims, char **ret_payload,
                   struct err *err) MUST_USE;

/* ---- pages.c ---- */
void dex_error_page(const struct dex *d, const struct http_request *req, struct http_response *resp,
                    int status, const char *message);
/* The frame around a page's body. */
void dex_page(const struct dex *d, const struct http_request *req, struct http_response *resp,
              int status, const char *body);
/* JSON of RFC 6749 5.2; description "" = left out. */
void dex_oauth_error(struct http_response *resp, int status, const char *error,
                     const char *description);
/* The router's answer to a path nobody has. */
void dex_not_found(const struct dex *d, const struct http_request *req, struct http_response *resp);
/* Before 2.32 the router led unclean paths to clean ones; true after answering. */
bool dex_cleans_path(const struct dex *d, const struct http_request *req,
                     struct http_response *resp);
/* r.FormValue: body first, then query; "" when absent. */
const char *dex_form_value(const struct http_request *req, const char *name);
/* What Go's ParseForm says against it: a bad escape or a semicolon. Caller frees; NULL = nothing.
 */
char *dex_form_error(const struct http_request *req);
/* redirect_uri with the parameters set in its query, sorted, 303. False if it is no URL. */
bool dex_redirect_to_client(const struct http_request *req, struct http_response *resp,
                            const char *redirect_uri, const struct params *params);
/* Likewise with the parameters as its fragment (implicit and hybrid flow). */
bool dex_redirect_with_fragment(const struct http_request *req, struct http_response *resp,
                                const char *redirect_uri, struct params *params);
/* Likewise with the parameters put behind it unread. */
void dex_redirect_appended(const struct http_request *req, struct http_response *resp,
                           const char *redirect_uri, struct params *params);

/* ---- tokens.c ---- */
#define DEX_ID_FIRST "abcdefghijklmnopqrstuvwxyz"
#define DEX_ID_REST "abcdefghijklmnopqrstuvwxyz234567"
char *dex_new_id(struct dex *d, const char *purpose); /* [a-z][a-z2-7]{24}; caller frees */
struct dex_tokens {
    char *id_token;
    char *access_token;
    int64_t expires_in_s;
};
/* Both tokens of a session for these scopes; code "" = no c_hash. */
int dex_tokens_issue(struct dex *d, const struct dex_session *s, const struct strlist *scopes,
                     const char *code, struct dex_tokens *ret, struct err *err) MUST_USE;
/* The one token of a token exchange, in access_token: an ID token (no at_hash: no access token goes
 * with it) or an access token. */
int dex_tokens_exchanged(struct dex *d, const struct dex_session *s, bool is_id_token,
                         struct dex_tokens *ret, struct err *err) MUST_USE;
void dex_tokens_deinit(struct dex_tokens *t);
void dex_audience(const char *client_id, const struct strlist *scopes, struct strlist *ret);
/* {"connector_id":…,"user_id":…} */
struct js *dex_federated_claims(const struct dex_session *s);
DEFINE_AUTO_VALUE(struct dex_tokens, dex_tokens_deinit)

/* ---- token.c, refresh.c, exchange.c, password.c, device.c ---- */
/* A code's tokens, and its refresh token where there is one (*ret_refresh NULL: none; caller
 * frees). The code is used up. */
int dex_exchange_code(struct dex *d, const struct http_request *req, const struct dex_session *code,
                      struct dex_tokens *ret, char **ret_refresh, struct err *err) MUST_USE;
/* The members of the success answer (dex.md 6.6). Caller frees. */
struct js *dex_token_answer(struct dex *d, const struct dex_tokens *t, const char *refresh_token);
/* code_verifier against the challenge of a code or a device; false after answering. */
bool dex_check_verifier(struct dex *d, struct http_response *resp, const char *verifier,
                        const struct dex_session *s);
/* The success answer of /token (dex.md 6.6); refresh_token NULL = none. */
void dex_token_response(struct dex *d, struct http_response *resp, const struct dex_tokens *t,
                        const char *refresh_token);
void dex_grant_refresh(struct dex *d, const struct http_request *req, struct http_response *resp,
                       const struct dex_client *client);
void dex_grant_exchange(struct dex *d, const struct http_request *req, struct http_response *resp,
                        const struct dex_client *client);
void dex_grant_password(struct dex *d, const struct http_request *req, struct http_response *resp,
                        const struct dex_client *client);
void dex_grant_device(struct dex *d, const struct http_request *req, struct http_response *resp,
                      const struct dex_client *client); /* client is NULL: it is not asked */

/* ---- callback.c ---- */
/* The session is logged in and approved: makes the code and answers 303 to the client. */
void dex_send_code(struct dex *d, const struct http_request *req, struct http_response *resp,
                   const struct dex_session *s);

/* ---- authreq.c ---- */
/* Validates an authorization request (dex.md 3). The session (caller frees), or NULL when resp is
 * the refusal. */
struct dex_session *dex_parse_authorization(struct dex *d, const struct http_request *req,
                                            struct http_response *resp);

/* What Dex says against the scopes that a client asks for; caller frees; NULL = nothing. */
char *dex_scopes_error(const struct dex *d, const struct dex_client *client,
                       const struct strlist *scopes);
void dex_split_words(const char *text, struct strlist *ret); /* Go's strings.Fields */

/* ---- endpoints: one file each ---- */
void dex_discovery_build(struct dex *d);
void dex_handle_discovery(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_keys(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_auth(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_connector(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_connector_login(void *ctx, const struct http_request *req,
                                struct http_response *resp);
void dex_handle_callback(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_approval(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_token(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_userinfo(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_introspect(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_device(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_device_code(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_device_verify(void *ctx, const struct http_request *req,
                              struct http_response *resp);
void dex_handle_device_token(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_device_callback(void *ctx, const struct http_request *req,
                                struct http_response *resp);
void dex_handle_static(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_theme(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_root(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_healthz(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_robots(void *ctx, const struct http_request *req, struct http_response *resp);
void dex_handle_not_found(void *ctx, const struct http_request *req, struct http_response *resp);

/* ---- faults.c ---- */
struct dex_draft { /* an ID token on its way to the signature */
    struct js *claims;
    struct key *key;
    char *kid;
    enum jws_alg alg;
    char *compact;     /* after the signature */
    struct js *header; /* more of it than alg and kid, or NULL */
};
void dex_fault_before_signing(struct dex *d, struct dex_draft *t);
void dex_fault_after_signing(struct dex *d, struct dex_draft *t);
bool dex_fault(const struct dex *d, const char *id, const struct js **ret_with);
char *dex_fault_discovery(struct dex *d); /* a changed document (caller frees), or NULL */
char *dex_fault_jwks(struct dex *d);      /* likewise */
void dex_fault_token(struct dex *d, struct js *answer);
void dex_fault_token_error(struct dex *d,
                           struct http_response *resp); /* a refusal, or left as it is */
void dex_fault_content_type(struct dex *d, const char *id, struct http_response *resp);
void dex_fault_request(struct dex *d, struct params *query); /* the one to authentik */
void dex_fault_identity(struct dex *d, struct dex_identity *i);
void dex_fault_response(struct dex *d, struct params *answer);            /* to the client */
void dex_fault_refused_client(struct dex *d, struct http_response *resp); /* a 401 of /token */
