/*
 * A mock authentik on loopback with a setup of its own, and a small agent with cookies to ask it:
 * over real HTTP, knowing nothing of the mock's inside.
 */
#pragma once

#include "tests/support/test.h"

#include "harness/base/clock.h"
#include "harness/base/url.h"
#include "harness/http/client.h"
#include "harness/http/server.h"
#include "mocks/authentik/authentik.h"

#define FX_CALLBACK "https://argocd.company/api/dex/callback"
#define FX_LOGIN_FLOW "/if/flow/default-authentication-flow/"

struct fx {
    struct setup setup; /* change before fx_start */
    struct setup_person people[4];
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace;
    struct fault_set *faults;
    struct mock *mock;
    struct http_host *host;
    struct http_listener *listener;
    struct http_client *client;
    char *base;
    struct params cookies;
    struct params send; /* more header fields for the next request */
    struct http_response resp;
    struct js *json;     /* of the last answer, when it is JSON */
    struct js *mappings; /* of the setup, or whatever else it borrows; freed by fx_stop */
};

void fx_init(struct fx *f); /* the guide's setup; nothing runs yet */
void fx_start(struct fx *f);
void fx_stop(struct fx *f);

void fx_ask(struct fx *f, const char *method, const char *path, const char *type, const char *body);
void fx_get(struct fx *f, const char *path);
void fx_post_json(struct fx *f, const char *path, const char *body);
void fx_post_form(struct fx *f, const char *path, const struct params *form);
const char *fx_header(const struct fx *f, const char *name); /* "" if absent */
bool fx_has(const struct fx *f, const char *text);           /* the last body contains it */
const char *fx_text(const struct fx *f, const char *member); /* of the last JSON; "" if none */
bool fx_logged(const struct fx *f, const char *text);        /* some log line contains it */
/* The executor's URL for a page's Location; caller frees. */
char *fx_executor(const char *location);
/* POSTs to the executor, with the CSRF header, and follows 302s by GET. */
void fx_reply(struct fx *f, const char *executor, const char *body);
/* Identification and password, starting at a Location of the login flow; leaves the last answer. */
void fx_sign_in(struct fx *f, const char *location, const char *user, const char *password);
/* The authorize path with the guide's client; more is appended as it is. Caller frees. */
char *fx_authorize_path(const char *scope, const char *more);
/* Authorize, sign in as alice, consent if asked; the code in the answer. Caller frees. */
char *fx_code(struct fx *f, const char *scope, const char *more);
/* One parameter of a URL's query (or fragment), decoded; "" if absent; caller frees. */
char *fx_param(const char *url, const char *name);
/* The token request for a code with Basic authentication; more may be NULL. */
void fx_exchange(struct fx *f, const char *code, const struct params *more);
/* "a b c": the members of an object in their order. Caller frees. */
char *fx_members(const struct js *obj);
void fx_assert_members(const struct js *obj, const char *names);
/* Claims and header of the id_token in the last answer, its signature checked with the JWKS now
 * served. Caller frees. */
struct js *fx_id_claims(struct fx *f);
/* The same of any token; header as well, if wanted. */
struct js *fx_token_claims(struct fx *f, const char *token, struct js **ret_header);
void fx_fault(struct fx *f, const char *id, const char *with_json);
/* The literal of that id in tests/data/wire/authentik.tsv. */
const char *fx_literal(const char *id);
