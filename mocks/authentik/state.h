/*
 * What the endpoints of the mock authentik share: the state behind one mutex, what is derived from
 * the setup, and the small services every endpoint needs. Internal to mocks/authentik.
 *
 * Rule for handlers: take the lock, decide and build, release it, and only then sign.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/params.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/data/regex.h"
#include "harness/http/message.h"
#include "harness/jose/jws.h"
#include "harness/jose/key.h"
#include "mocks/authentik/authentik.h"
#include "mocks/authentik/quirks.h"
#include "mocks/authentik/store.h"

#define AK_PARTY "authentik"
#define AK_JSON "application/json"
#define AK_HTML "text/html; charset=utf-8"

/* A redirect URI as the version in force compares it (authentik.md 3.3). */
struct redirect_line {
    char *url;
    bool regex;
    struct regex *pattern; /* NULL for strict lines, and for what does not compile */
};

/* What is derived from one setup; replaced as a whole when the setup changes. */
struct conf {
    const struct setup_authentik *ak; /* of mock.setup */
    bool quirks[QUIRK_MAX_];          /* which rows of the version table hold */
    struct key *key;                  /* signs; the client secret's bytes when there is no pair */
    enum jws_alg alg;
    char *kid;           /* NULL without a signing key */
    struct key *enc_key; /* every token is encrypted for it; NULL = none is */
    char *enc_kid;
    char *jwks;      /* the body; made at the first request */
    char *discovery; /* the body for discovery_base; made anew when the base changes */
    char *discovery_base;
    struct redirect_line *lines; /* what an authorization's redirect URI is compared with */
    size_t lines_len;
    struct strlist scopes;              /* of the mappings attached, in scope_name order */
    const struct setup_person **people; /* sorted by username without regard to case */
    size_t people_len;
    struct setup_person service; /* who client_credentials acts as */
};

/* What a person agreed to; travels from the authorize request to code and tokens. */
struct grant {
    char *person; /* username; "" = the service account */
    struct strlist scopes;
    char *nonce;
    char *sid; /* NULL without a session */
    int64_t auth_time_s;
    char *challenge;
    char *challenge_method;
    struct strlist methods; /* of the login: pwd mfa … */
};

void ak_grant_copy(struct grant *to, const struct grant *from);
void ak_grant_deinit(struct grant *g);

struct code {
    struct store_item item; /* key: the code */
    struct grant grant;
};

struct token {
    struct store_item item; /* key: SHA-256 of an access token, the refresh token itself */
    struct grant grant;
    char *claims; /* the ID token's, as introspection shows them */
    bool revoked;
};

struct consent {
    struct store_item item; /* key: username */
    char *permissions;      /* scope names, a blank between */
};

struct plan; /* flow.h */
struct flow;

struct session {
    struct store_item item; /* key: the cookie's value */
    char *sid;              /* SHA-256 hex of the session key */
    char *person;           /* username; NULL while anonymous */
    int64_t auth_time_s;
    uint64_t login_event;      /* 0 = never */
    uint64_t last_login_event; /* what prompt=login must get past; 0 = not asked yet */
    bool for_application;      /* /authorize asked for the login: its provider's own flow counts */
    struct plan *plan;
    struct strlist methods; /* how the person signed in, as amr names it: "pwd", "mfa" */
    int tries;              /* wrong passwords in this session */
    bool hint_overridden;   /* the person is not the one that login_hint names */
};

/* A service account that a federated JWT made (authentik.md 5.5). */
struct service {
    struct store_item item; /* key: username */
    struct setup_person person;
};

/* What wrong passwords take and logins give back, within authentik's own limits. */
struct reputation {
    struct store_item item; /* key: what was typed as user, lower case */
    int score;
};

struct factor; /* mfa.h */

struct mock {
    struct mock_env env;
    pthread_mutex_t lock;
    const struct setup *setup;
    struct conf conf;
    int key_number; /* 0-based, of the test keys of the kind */
    char *install_id;
    struct key *cookie_key;
    uint64_t events;        /* login events so far */
    char *learned_redirect; /* what an empty redirect list took in (authentik.md 3.3) */
    struct flow *own_login; /* the provider's authentication flow, when the setup names one */
    struct store sessions;
    struct store codes;
    struct store access;
    struct store refresh;
    struct store consents;
    struct store devices;   /* device.h */
    struct store throttles; /* device.h */
    struct outbox *outbox;  /* outbox.h */
    struct store services;
    struct store reputation;
    struct store factors; /* second factors by username: what was used of them */
};

/* mock.c */
void ak_mock_lock(struct mock *m);
void ak_mock_unlock(struct mock *m);
int64_t ak_mock_now_s(const struct mock *m);
/* n characters of the alphabet, drawn under a purpose; caller frees. */
char *ak_mock_draw(struct mock *m, const char *purpose, const char *alphabet, size_t n);
/* A version 4 UUID, with dashes or as 32 hex digits; caller frees. */
char *ak_mock_uuid(struct mock *m, const char *purpose, bool dashes);

/* conf.c */
int ak_conf_init(struct conf *c, const struct setup *setup, int key_number, struct err *err)
    MUST_USE;
void ak_conf_deinit(struct conf *c);
/* How many test keys the kind has. */
int ak_conf_keys_of_kind(const char *signing_key);
/* Another key of the same kind than the one in use, which is never in the JWKS; NULL if there is
 * none. Caller frees. */
struct key *ak_conf_foreign_key(const struct conf *c);
/* By username or email without regard to case (identification stage); NULL if unknown. */
const struct setup_person *ak_conf_find_login(const struct mock *m, const char *uid);
/* By username, service accounts included; "" is the one of the client secret; NULL if it is gone.
 */
const struct setup_person *ak_conf_person(const struct mock *m, const char *username);
/* Does this row of the version table hold for the setup in force? */
bool ak_quirk(const struct mock *m, enum quirk_id id);
/* The kid authentik gives a key: 86 characters of base64url, or 32 hex digits. Caller frees. */
char *ak_conf_kid(const struct key *k, bool longer);

/* redirect_uris.c */
void ak_redirects_compile(struct conf *c); /* from c->ak, as c->quirks have it */
void ak_redirects_free(struct conf *c);
/* May an authorization name this URI (and the token endpoint's form repeat it)? */
bool ak_conf_redirect_allowed(struct mock *m, const char *uri);
/* A provider without redirect URIs takes in the first one used, where the version does so. */
void ak_redirects_learn(struct mock *m, const char *uri);
void ak_redirects_relearn(struct mock *m); /* after a change of the setup */

/* proxies.c */
int ak_proxies_check(const struct conf *c, struct err *err) MUST_USE;
/* Takes the X-Forwarded-* out of a request that its peer may not send. Lock not held. */
void ak_proxies_begin(void *ctx, struct http_request *req);

/* policy.c: do the application's bindings let this person in? */
bool ak_policy_allows(const struct mock *m, const struct setup_person *p);

/* session.c */
/* One request of a browser: its session, and the cookies its answer will set. Lock held throughout.
 */
struct visit {
    struct mock *m;
    const struct http_request *req;
    struct http_response *resp;
    struct session *session; /* NULL while there is none */
    bool set_session;
    int64_t session_age_s; /* of the cookie; 0 = until the browser is closed */
    char *set_csrf;
};

void ak_visit_begin(struct visit *v, struct mock *m, const struct http_request *req,
                    struct http_response *resp);
void ak_visit_end(struct visit *v); /* writes the cookies; after the answer is built */
struct session *ak_visit_session(struct visit *v); /* makes an anonymous one if there is none */
/* Login: a new session key; what was in the session goes along unless the person changes. methods
 * is emptied into the session. */
void ak_visit_login(struct visit *v, const struct setup_person *p, struct strlist *methods);
/* Remember me: session and cookie live that long. */
void ak_visit_remember(struct visit *v, int64_t age_s);
/* Logout: the session goes (ak_session_over); an anonymous one takes its place. */
void ak_visit_logout(struct visit *v);
/* Who is signed in, NULL if nobody (or the person is gone from the setup). */
const struct setup_person *ak_visit_person(const struct visit *v);
const char *ak_visit_csrf(struct visit *v); /* authentik_csrf, made when absent; borrowed */
/* Cookie and header (or form field) agree, and over TLS Origin or Referer name this host. */
bool ak_visit_csrf_ok(const struct visit *v, const char *given);
void ak_session_free_item(struct store_item *item);

/* http_util.c */
char *ak_base(const struct http_request *req);  /* scheme://host of the request, forwarded or its
                                                   own (proxies.c took out what does not count);
                                                   caller frees */
bool ak_is_tls(const struct http_request *req); /* or X-Forwarded-Proto says so */
char *ak_issuer(const struct mock *m,
                const char *base);                  /* caller frees; NULL without application */
char *ak_full_path(const struct http_request *req); /* path?query as sent; caller frees */
void ak_redirect(struct http_response *resp, const char *location);
void ak_json(struct http_response *resp, int status, const struct js *body);
void ak_token_json(struct http_response *resp, int status, const struct js *body); /* no-store */
/* {"error", "error_description", "request_id"} as the token endpoint answers it. */
void ak_token_error(struct mock *m, struct http_response *resp, int status, const char *error);
void ak_not_found(struct http_response *resp);
/* Django's answer to OPTIONS where an endpoint has none of its own: 200, Allow, no body. */
void ak_options(struct http_response *resp, const char *methods);
void ak_csrf_failed(struct http_response *resp);
void ak_server_error(struct http_response *resp);
/* False, and 405 answered, when the method is not one of "GET HEAD"; OPTIONS must be listed too. */
bool ak_method(const struct http_request *req, struct http_response *resp, const char *methods);
/* authentik.md 1, CORS rule. */
void ak_cors(const struct mock *m, const struct http_request *req, struct http_response *resp);
/* Client authentication of token, introspect, revoke: Basic first, then the form. */
void ak_client_auth(const struct mock *m, const struct http_request *req, char **ret_id,
                    char **ret_secret);
/* Is it this provider's id, and (confidential clients) its secret? */
bool ak_client_known(const struct mock *m, const char *id);
bool ak_client_secret_ok(struct mock *m, const char *secret);
/* The application slug of the route is the one there is; otherwise 404 is answered. */
bool ak_slug_ok(const struct mock *m, const struct http_request *req, struct http_response *resp);
/* JSON as Python's json.dumps writes it: ", " and ": ", ASCII only. Caller frees. */
char *ak_pyjson(const struct js *j);

/* page.c */
void ak_page_message(struct http_response *resp, int status, const char *title, const char *text);
void ak_page_denied(struct http_response *resp, const char *text);

struct mint;

/* claims.c */
/* What stands in the tokens: base claims and, if wanted, those of the mappings, in authentik's
 * order. Sets id_claims, access_claims and refresh_claims of t. */
void ak_claims_make(struct mock *m, struct mint *t, const char *issuer);
/* What the mappings of these scopes return for the person, merged in scope_name order. */
struct js *ak_claims_mapped(struct mock *m, const struct setup_person *p, const struct grant *g);
char *ak_claims_sub(struct mock *m, const struct setup_person *p);
char *ak_claims_sub_hashed(const struct mock *m, const struct setup_person *p); /* any mode */
const char *ak_claims_scope_description(const char *scope); /* "" if it has none */
char *ak_claims_scope_text(const struct grant *g);          /* blanks between; caller frees */
bool ak_claims_has_scope(const struct grant *g, const char *scope);

/* mint.c */
/* What leaves the lock to be signed, and comes back as tokens. */
struct mint {
    struct key *key;
    enum jws_alg alg;
    char *kid;
    struct js *id_claims;
    struct js *access_claims;
    struct js *refresh_claims; /* of the ID token that authentik keeps with a refresh token; NULL
                                  without one */
    char *access_known;        /* the claims that introspection shows of the access token */
    struct grant grant;
    int64_t now_s;
    int64_t access_expires_s;
    int64_t refresh_expires_s;
    bool with_refresh;
    bool refreshable; /* a grant that may bring a refresh token (code, refresh, device) */
    bool refreshed;   /* by a refresh token */
    bool front;       /* an answer of /authorize itself */
    bool with_id_token;
    const char *c_hash_of; /* the code, in hybrid answers */
    bool with_at_hash;
    struct key *id_key; /* these three are key, alg and kid, unless a fault bites */
    enum jws_alg id_alg;
    char *id_kid;
    struct key *enc_key; /* NULL: the tokens stay readable */
    char *enc_kid;
    bool id_spoiled; /* the ID token's signature is broken on purpose */
    char *id_token;
    char *access_token;
    char *refresh_token;
};

/* Lock held: claims and key are fixed. issuer base from the request. */
void ak_mint_prepare(struct mock *m, struct mint *t, const struct http_request *req);
/* Lock not held: signs. False when the key cannot sign. */
bool ak_mint_sign(struct mock *m, struct mint *t, struct err *err);
/* Lock held: access and refresh token are known from here on. */
void ak_mint_store(struct mock *m, struct mint *t);
void ak_mint_deinit(struct mint *t);
struct js *ak_mint_response(const struct mock *m, const struct mint *t);
/* Makes a signed token a nested JWE for the key (authentik.md 6.1); for logout tokens too. */
int ak_seal(const struct key *enc_key, const char *enc_kid, char **token, struct err *err) MUST_USE;
char *ak_token_key(const char *token); /* under which an access token is kept; caller frees */
void ak_token_free_item(struct store_item *item);
void ak_code_free_item(struct store_item *item);

DEFINE_AUTO_VALUE(struct mint, ak_mint_deinit)
DEFINE_AUTO_VALUE(struct grant, ak_grant_deinit)

/* endpoints */
void ak_discovery_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_discovery_root_redirect(void *ctx, const struct http_request *req,
                                struct http_response *resp);
void ak_webfinger_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_jwks_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_authorize_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_token_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_userinfo_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_introspect_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_revoke_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_end_session_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_executor_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_default_flow_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_cancel_flow_serve(void *ctx, const struct http_request *req, struct http_response *resp);
void ak_flow_page_serve(void *ctx, const struct http_request *req, struct http_response *resp);
