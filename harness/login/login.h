/*
 * Logins: one drive of the authorization-code flow by an agent (a person with a browser, perhaps
 * with the CLI, or rolecall itself as relying party), and what the person can do afterwards. The
 * same code drives mocks and live systems.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/vec.h"
#include "harness/setup/setup.h"
#include "harness/world/world.h"
#include "mocks/common/fault.h"

enum login_via { LOGIN_UI, LOGIN_CLI, LOGIN_DIRECT, LOGIN_VIA_MAX_ };
const char *login_via_name(enum login_via v); /* "ui" "cli" "direct" */

enum login_outcome { LOGIN_SIGNED_IN, LOGIN_REFUSED, LOGIN_NO_ANSWER, LOGIN_OUTCOME_MAX_ };
const char *login_outcome_name(enum login_outcome o); /* "signed-in" "refused" "no-answer" */

extern const struct fault faults_agent[]; /* browser/… cli/… rp/… */

/* The people at their keyboards, for one scenario: a browser profile (cookie jar) for each person,
 * kept between steps. */
struct login_agents;

struct login_conf {
    struct world *world;
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace;
    struct fault_set *faults;
    int callback_port;       /* 8085, or 0 = an ephemeral port that localhost:8085 is led to */
    const char *config_path; /* where the CLI's file goes; NULL = a temporary one */
    bool light;              /* bench: no session questions after the login */
};

int login_agents_new(const struct login_conf *conf, struct login_agents **ret, struct err *err)
    MUST_USE;
struct login_agents *login_agents_free(struct login_agents *a);

struct login_request {
    const struct setup_person *person;
    enum login_via via;
    const char *password; /* NULL = the person's own */
    bool fresh_browser;   /* throw the profile away first */
    const char
        *second_factor; /* "wrong" "static" "used" (the code given last); NULL = a good one */
    bool remember_me;   /* what the login stage is told when it asks */
    /* cli: what is given on the command line */
    uint16_t sso_port;        /* --sso-port; 0 = 8085 */
    const char *callback;     /* --callback; NULL = http://localhost:PORT */
    const char *context;      /* --name; NULL = the server */
    bool no_launch;           /* --sso-launch-browser=false */
    bool relogin;             /* `argocd relogin` */
    const char *redirect_uri; /* direct: where the code is to come; the browser does not go there.
                                 NULL = http://localhost:8085/auth/callback */
    const struct js *request; /* cli, direct: parameters of the authorization request in the place
                                 of the agent's own, each a text or null (left out); NULL = none */
};

struct login_result {
    enum login_outcome outcome;
    const char *by; /* refused, no-answer: authentik dex argocd cli rp (static) */
    const char *at; /* start discovery jwks authorize flow login callback token userinfo session api
                       listener (static) */
    char *shown;    /* what the person sees last, as visible text */
    char *user;     /* as Argo CD shows it (ui, cli); preferred_username (direct) */
    char *user_id;  /* what RBAC uses: federated_claims.user_id, else sub */
    struct strlist groups;
    char *session_token; /* argocd.token, or the CLI's or RP's ID token */
    char *refresh_token; /* NULL if none was given */
    size_t trace_from;   /* events of this login: [from, to) */
    size_t trace_to;
};

/* 0 whatever the outcome; -1 when the harness or its surroundings broke (port 8085 taken, live
 * system unreachable is LOGIN_NO_ANSWER). ret is filled anew. Leaves TRACE_LOGIN and TRACE_RESULT
 * events around the exchanges. */
int login_run(struct login_agents *a, const struct login_request *req, struct login_result *ret,
              struct err *err) MUST_USE;
void login_result_deinit(struct login_result *r);

/* May the person of the last login do this, as Argo CD's can-i answers? -1 if it does not answer
 * yes or no. */
int login_can_i(struct login_agents *a, const char *resource, const char *action,
                const char *object, bool *ret, struct err *err) MUST_USE;
/* The refresh grant of the last login (CLI towards Dex, RP towards authentik); outcome as of a
 * login. */
int login_refresh(struct login_agents *a, struct login_result *ret, struct err *err) MUST_USE;
/* from "argocd": GET /auth/logout in the browser; from "authentik": its end-session endpoint; from
 * "cli": `argocd logout` of the last context. */
int login_logout(struct login_agents *a, const char *from, struct login_result *ret,
                 struct err *err) MUST_USE;

struct login_call {
    const char *method;
    const char *path;  /* below Argo CD's URL, or an absolute URL */
    const char *token; /* NULL or "session": that of the last login; "access": its access token;
                          "none"; else the text itself */
    const char *body;  /* JSON, or NULL */
};
/* One API call as the last login; status 0 when nobody answered. body: caller frees. */
int login_api(struct login_agents *a, const struct login_call *call, int *ret_status,
              char **ret_body, struct err *err) MUST_USE;

DEFINE_AUTO(struct login_agents, login_agents_free)
DEFINE_AUTO_VALUE(struct login_result, login_result_deinit)
