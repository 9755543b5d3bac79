/*
 * The mock Dex on loopback between a scripted authentik and a client that plays browser, Argo CD
 * and CLI. Argo CD's generated configuration is written out here, as dex.md 1.2 shows it.
 */
#pragma once

#include "harness/base/clock.h"
#include "harness/data/json.h"
#include "harness/http/client.h"
#include "harness/http/server.h"
#include "mocks/dex/dex.h"
#include "tests/support/upstream.h"

#define DEX_URL "http://argocd.company"
#define DEX_ISSUER DEX_URL "/api/dex"
#define DEX_SECRET "DwKu8DmXIcfo5mLn6t7DDE1oJdXYlT6HI2h3-HXo"
#define DEX_CALLBACK DEX_URL "/auth/callback"
#define CLI_CALLBACK "http://localhost:8085/auth/callback"
#define CLI_VERIFIER "challenge123"
#define CLI_CHALLENGE "lyyl-X4a69qrqgEfUL8wodWic3Be9ZZ5eovBgIKKi-w"
#define UP_ISSUER "http://authentik.company/app/"
#define UP_DISCOVERY "/app/.well-known/openid-configuration"
#define UP_KEYS "/app/jwks/"
#define UP_TOKEN "/token/"
#define UP_USERINFO "/userinfo/"

struct dex_fixture {
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace;
    struct fault_set *faults;
    struct upstream *up;
    struct http_client *dex_client; /* Dex's own, to authentik */
    struct js *config;              /* the generated configuration */
    const char *version;            /* from the next dex_restart on */
    const struct js *quirks;        /* likewise: rows that are otherwise, or NULL */
    struct js *doc;                 /* likewise: the setup's document, or NULL */
    int replicas;                   /* likewise */
    struct setup *setup;
    struct mock *dex;
    struct http_host *host;
    struct http_listener *listener;
    struct http_name name;
    struct http_names names;
    struct http_client *client;
    struct js *claims;         /* of authentik's next ID token */
    const char *up_key;        /* its key, "" = HS256 with the client secret */
    const char *refresh;       /* authentik's next refresh token, NULL = none */
    struct http_response resp; /* the last answer */
    struct js *json;           /* its body as JSON, or NULL */
    char *state;               /* of the last way to authentik */
    char *code;                /* the last code for the client */
    size_t mark;               /* where dex_logged starts to look */
};

int dex_set_up(void **state);
int dex_tear_down(void **state);
#define DEX_TEST(name_) cmocka_unit_test_setup_teardown(name_, dex_set_up, dex_tear_down)

/* "literal" of that id in tests/data/wire/dex.tsv; fails the test when it is not there. Static
 * storage of the process. */
const char *dex_literal(const char *id);

/* Starts Dex anew with a merge patch on the first connector's options (NULL = none) and one on the
 * whole configuration (NULL = none). */
void dex_restart(struct dex_fixture *f, const char *connector_patch, const char *config_patch);
void dex_say_discovery(struct dex_fixture *f, const char *patch);
void dex_patch_claims(struct dex_fixture *f, const char *patch); /* RFC 7396 */
/* What authentik's token endpoint answers next: tokens of f->claims, under `patch` (may be NULL).
 */
void dex_say_token(struct dex_fixture *f, const char *patch);

void dex_request(struct dex_fixture *f, const char *method, const char *path, const char *form,
                 const char *authorization);
void dex_get(struct dex_fixture *f, const char *path);
/* The query of a good authorization request with one parameter changed (value NULL = left out). */
char *dex_auth_query(bool cli, const char *name, const char *value);
/* GET /auth/authentik: 302 to authentik; keeps the state. */
void dex_authorize(struct dex_fixture *f, bool cli);
/* GET /callback with that state: keeps the code when there is one. */
void dex_callback(struct dex_fixture *f);
/* The same, and over the approval page where a release has it on the way (row code-direct). */
void dex_callback_through(struct dex_fixture *f);
/* POST /token for the kept code, with one form member changed. */
void dex_redeem(struct dex_fixture *f, bool cli, const char *name, const char *value);
/* All of it; the answer of /token is in f->json. */
void dex_login(struct dex_fixture *f, bool cli);
void dex_refresh(struct dex_fixture *f, const char *refresh_token, const char *more);
/* A code of an authorization request with one parameter changed. */
void dex_code_with(struct dex_fixture *f, bool cli, const char *name, const char *value);
/* A CLI login whose authentik gives this refresh token; Dex's own, the caller frees. */
char *dex_cli_login(struct dex_fixture *f, const char *upstream_refresh);
void dex_userinfo(struct dex_fixture *f, const char *scheme, const char *token);
/* The claims of a token in the last JSON answer. Caller frees. */
struct js *dex_claims(const struct dex_fixture *f, const char *member);

bool dex_logged(const struct dex_fixture *f, const char *text); /* since dex_mark */
void dex_mark(struct dex_fixture *f);
/* The last line of the log since dex_mark whose text has this, as the process wrote it; "" if there
 * is none. Caller frees. */
char *dex_log_written(const struct dex_fixture *f, const char *text);
/* A header of the last answer, or "". */
const char *dex_header(const struct dex_fixture *f, const char *name);
/* GET /auth/authentik with one parameter changed. */
void dex_get_auth(struct dex_fixture *f, bool cli, const char *name, const char *value);
void dex_fault_on(struct dex_fixture *f, const char *id, const char *with);
/* The last answer is Dex's error page of that status with the literal. */
void dex_assert_page(const struct dex_fixture *f, int status, const char *literal_id);
/* The last answer is an OAuth error; literal_id NULL = no description. */
void dex_assert_error(const struct dex_fixture *f, int status, const char *error,
                      const char *literal_id);
/* The connector refused: page 500 and the literal in the log; name is the row's. */
void dex_assert_refused(struct dex_fixture *f, const char *literal, const char *name);
/* Each member of `expected` is in the claims; null = absent there. */
void dex_assert_members(const struct js *claims, const char *expected, const char *name);
