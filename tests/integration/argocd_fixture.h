/*
 * A mock Argo CD on a real listener over TLS, with a scripted Dex behind it that signs with a test
 * key and answers as told, and a client that asks as a browser would.
 */
#pragma once

#include "tests/support/test.h"

#include <pthread.h>
#include <stdbool.h>

#include "harness/http/client.h"
#include "harness/http/server.h"
#include "mocks/argocd/argocd.h"

#define FX_URL "https://argocd.company"
/* Another provider, at the scripted Dex's port, for oidc.config. */
#define FX_IDP "https://ak.example.com"
#define FX_IDP_ISSUER FX_IDP "/application/o/argocd/"
#define FX_SECRETKEY "my-server-signature"

/* What the scripted Dex does, and what it saw. Change it between requests only. */
struct fx_dex {
    pthread_mutex_t lock;
    const char *issuer;  /* in the discovery document */
    const char *base;    /* of the endpoints in it */
    const char *no_code; /* not NULL: response_types_supported without "code" */
    int discovery_status;
    const char *key; /* test key in the JWKS, as kid "1" */
    int token_status;
    const char *token_type; /* Content-Type of the token answer */
    char *token_body;       /* NULL = the ID token below */
    char *id_token;
    bool refuse_basic; /* 401 invalid_client for credentials in Basic */
    int userinfo_status;
    const char *userinfo_type; /* Content-Type of userinfo's answer */
    char *userinfo_body;
    char *userinfo_asked; /* "PATH AUTHORIZATION" of the last request for it */
    int userinfo_requests;
    int discoveries;
    int key_fetches;
    int token_requests;
    char *last_basic; /* Authorization of the last token request */
    char *last_form;  /* its body */
    char *last_echo;  /* head of the last request to the echo path */
};

#define FX_PROJECTS 4

struct fx {
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace;
    struct fault_set *faults;
    struct http_host *host;
    struct http_ca *ca;
    struct http_tls *tls;
    struct http_listener *dex_listener;
    struct http_listener *listener;
    struct http_name name_items[3];
    struct http_names names;
    struct http_client *outgoing; /* the mock's */
    struct http_client *client;   /* the test's */
    struct setup setup;
    struct js *cm;
    struct js *rbac_cm;
    struct js *secret;
    struct js *cmd_params; /* argocd-cmd-params-cm */
    struct js *env;        /* of argocd-server */
    struct js *dex_generated;
    struct setup_inventory inventory;
    struct rbac_project projects[FX_PROJECTS];
    char *project_texts[FX_PROJECTS];
    struct rbac *rbac;
    struct mock *mock;
    struct fx_dex dex;
};

int fx_setup(void **state);
int fx_teardown(void **state);

/* A literal of tests/data/wire/argocd.tsv ("\n" is a line break); fails for an unknown id.
 * Borrowed.
 */
const char *wire(const char *id);

/* One request to FX_URL + path. headers: "Name: value" lines or NULL. */
void fx_do(struct fx *f, const char *method, const char *path, const char *headers,
           const char *body, struct http_response *ret);
void fx_get(struct fx *f, const char *path, const char *headers, struct http_response *ret);
/* Whether a GET got any answer. */
bool fx_answers(struct fx *f, const char *path, const char *headers);

/* An ID token of the scripted Dex for alice in "ArgoCD Admins", with a JSON merge patch on its
 * claims (NULL = none), signed by a test key with kid "1" ("hmac": HS256). Caller frees. */
char *fx_token(struct fx *f, const char *patch, const char *key);
/* The Cookie line of a session with that token. Caller frees. */
char *fx_cookie_line(const char *token);
char *fx_bearer_line(const char *token);

/* A login begun at /auth/login: state of the authorization URL and the Cookie line to bring back.
 */
struct fx_login {
    char *location;
    char *state;
    char *cookie_line;
};
void fx_begin(struct fx *f, const char *return_url, struct fx_login *ret);
void fx_login_deinit(struct fx_login *l);
/* Brings a code back with state and cookie of the login. */
void fx_finish(struct fx *f, const struct fx_login *l, struct http_response *ret);

/* Loads another policy into the setup and the mock. */
void fx_policy(struct fx *f, const char *policy, const char *default_role);
/* The mock reads the setup again, as after a restart. */
void fx_restart(struct fx *f);
/* Dex, and what answers as authentik beside it, refuse connections from now on. */
void fx_stop_dex(struct fx *f);
/* A new mock on a new listener: for what is fixed while it listens. */
void fx_relisten(struct fx *f);
/* oidc.config of the provider at FX_IDP with these lines more, and tokens of it for its client
 * "abc"; restarts the mock. dex_too: dex.config stays. */
void fx_use_oidc(struct fx *f, const char *more, bool dex_too);

bool fx_logged(const struct fx *f, const char *text);
/* The last RBAC decision in the trace; borrowed. */
const struct js *fx_decision(const struct fx *f);
const char *fx_header(const struct http_response *r, const char *name);
/* The n-th Set-Cookie that begins with this text, or NULL. */
const char *fx_set_cookie(const struct http_response *r, const char *begins);

void assert_text(const struct http_response *r, int status, const char *body);
/* Go's http.Error with this literal. */
void assert_go_error(const struct http_response *r, int status, const char *text);
void assert_has(const char *text, const char *part);

DEFINE_AUTO_VALUE(struct fx_login, fx_login_deinit)
