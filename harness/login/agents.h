/*
 * What the kinds of login share, within this unit: the agents' state for one scenario and the
 * helpers to fill a result.
 */
#pragma once

#include <pthread.h>

#include "harness/login/browser.h"
#include "harness/login/flow.h"
#include "harness/login/login.h"

struct profile {
    char *person; /* id */
    struct jar *jar;
    struct flow_codes codes; /* one-time codes given so far */
    struct profile *next;
};

/* What a later step needs of the last login. */
struct last_login {
    enum login_via via;
    bool any;
    char *token; /* Argo CD's session, or the ID token */
    char *access_token;
    char *refresh_token;
    char *refresh_token_before; /* what the last refresh used, or NULL */
    char *token_url;            /* where refresh_token is good */
    struct jar *jar;            /* of the person; borrowed from the profile */
};

struct login_agents {
    struct login_conf conf;
    struct http_names names; /* the world's, and where localhost:8085 leads */
    struct http_client *browser_client;
    struct http_client *cli_client;
    struct http_client *rp_client;
    struct profile *profiles;
    struct last_login last;
    struct cli_config *cli_config; /* the file of the CLI's contexts */
    struct params callbacks;       /* party -> the callback of the login before */
    struct js *rp_discovery;       /* of authentik, read once */
    struct js *rp_jwks;
};

#define CALLBACK_PORT 8085
#define CALLBACK_PATH "/auth/callback"
#define CALLBACK_ORIGIN "http://localhost:8085"
#define CALLBACK_URL CALLBACK_ORIGIN CALLBACK_PATH

/* One row a kind of login. */
int login_ui(struct login_agents *a, const struct login_request *req, struct browser *b,
             struct login_result *ret, struct err *err) MUST_USE;
int login_cli(struct login_agents *a, const struct login_request *req, struct browser *b,
              struct login_result *ret, struct err *err) MUST_USE;
int login_direct(struct login_agents *a, const struct login_request *req, struct browser *b,
                 struct login_result *ret, struct err *err) MUST_USE;

/* What OIDC Core 12.2 asks of rolecall as relying party when the ID token of a refresh comes: all
 * that holds for the first one, and the same subject. *ret_done: it does not hold (r filled). */
int login_direct_verify(struct login_agents *a, const char *id_token, struct login_result *r,
                        bool *ret_done, struct err *err) MUST_USE;
/* Leaves TRACE_RESULT with how it ended. */
void login_note_end(struct login_agents *a, const struct login_result *r);

/* by and at are static; shown is taken over. Always 0, so `return refuse(...)` reads well. */
int login_refuse(struct login_result *r, const char *by, const char *at, char *take_shown);
int login_no_answer(struct login_result *r, const char *by, const char *at, char *take_shown);

/* Leads the browser from url through authentik's flow until a page or the stop. *ret_done is true
 * when the login ended on the way (r filled); otherwise *ret_page is where the browser stands. */
int login_walk(struct login_agents *a, const struct login_request *req, struct browser *b,
               const char *url, const char *stop, struct browser_page *ret_page,
               struct login_result *r, bool *ret_done, struct err *err) MUST_USE;
/* The refusal that a page is: by, at and what it shows. */
int login_refused_by_page(const struct browser_page *page, struct login_result *r);
/* Asks Argo CD who the person is (and, if it does not know, why): fills user and groups, or
 * refuses. */
int login_ask_session(struct login_agents *a, struct http_client *client, struct login_result *r,
                      struct err *err) MUST_USE;
/* user_id from claims: federated_claims.user_id, else sub (argocd.md 4.3). */
void login_take_identity(struct login_result *r, const struct js *claims);
/* The same from the session token's. */
void login_read_identity(struct login_result *r);
void login_keep(struct login_agents *a, enum login_via via, const struct login_result *r,
                const char *access_token, const char *token_url);
const char *login_password(const struct login_agents *a, const struct login_request *req);
/* Below Argo CD's URL, or an absolute URL as it is. Caller frees. */
char *login_api_url(const struct login_agents *a, const char *path);
/* GET a JSON document for an agent. *ret_done: nobody answered or it is no JSON (r filled at `at`).
 */
int login_get_json(struct http_client *client, const char *url, const char *bearer, const char *by,
                   const char *at, struct js **ret, struct login_result *r, bool *ret_done,
                   struct err *err) MUST_USE;
/* The authorization request of "cli" or "rp" as that party's faults leave it. */
void login_spoil_request(struct fault_set *faults, const char *party, struct params *query);
/* What an agent draws, made guessable by that party's faults. nonce may be NULL. */
void login_weaken(struct fault_set *faults, const char *party, char **verifier, char **nonce);
/* The request as the scenario wants it. A state or nonce of its own becomes the agent's: *own. */
void login_change_request(const struct js *request, const char *name, struct params *query,
                          char **own);
/* Where the CLI says that it listens: --callback, else localhost and --sso-port. Caller frees. */
char *login_callback_origin(const struct login_request *req);
/* Where the browser is led to the CLI's listener: another origin than localhost:8085 for a login
 * that asks for one. */
void login_lead_callback(struct login_agents *a, const char *origin);
/* Random text of the agent: state, verifier, nonce. */
char *login_random(struct login_agents *a, const char *party, const char *purpose,
                   const char *alphabet, size_t n);
