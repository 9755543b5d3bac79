/*
 * Flows (authentik.md 4): a plan is the list of stages a session has to pass; the executor answers
 * in JSON, the page in HTML, both through ak_flow_run. Internal to mocks/authentik.
 */
#pragma once

#include "mocks/authentik/authorize.h"
#include "mocks/authentik/state.h"

#define FLOW_LOGIN_SLUG "default-authentication-flow"
#define FLOW_IMPLICIT_SLUG "default-provider-authorization-implicit-consent"
#define FLOW_EXPLICIT_SLUG "default-provider-authorization-explicit-consent"
#define FLOW_LOGOUT_SLUG "default-invalidation-flow"
#define PLAN_MAX_STAGES 6

enum stage_id {
    STAGE_NONE,
    STAGE_IDENTIFICATION,
    STAGE_PASSWORD,
    STAGE_MFA,
    STAGE_LOGIN,
    STAGE_CONSENT,        /* remembered for four weeks */
    STAGE_CONSENT_ALWAYS, /* put in by prompt=consent */
    STAGE_FULFIL,         /* the code is made and sent */
    STAGE_LOGOUT,
    STAGE_SESSION_END,
    STAGE_IFRAME_LOGOUT,
    STAGE_DEVICE_CODE,
    STAGE_DEVICE_FINISH,
    STAGE_TOTP_SETUP, /* put in for who has no second factor (mfa: configure) */
    STAGE_MAX_
};

struct flow {
    const char *slug;
    const char *title; /* "%s" stands for the application */
    bool needs_user;
    enum stage_id stages[PLAN_MAX_STAGES]; /* ended by STAGE_NONE */
};

struct plan {
    const struct flow *flow;
    enum stage_id stages[PLAN_MAX_STAGES];
    size_t len;
    size_t at;
    char *typed;          /* what was typed as user */
    bool password_passed; /* by the person `typed` stands for */
    struct authz *authz;  /* what STAGE_FULFIL answers; owned */
    char *consent_token;
    struct leaving *leaving; /* logout.h; owned; NULL unless it leads out */
    char *device_code;       /* what STAGE_DEVICE_FINISH lets in */
    struct strlist methods;  /* passed so far, as amr names them */
    int initial_score;       /* the person's reputation when the password was asked first */
    bool score_taken;
    char *totp_secret; /* of the device being set up */
};

const struct flow *ak_flow_find(const char *slug); /* NULL if unknown */
struct plan *ak_plan_new(const struct mock *m, const struct flow *flow);
void ak_plan_append(struct plan *p, enum stage_id stage);
void ak_plan_insert(struct plan *p, size_t at, enum stage_id stage);
struct plan *ak_plan_free(struct plan *p);

/* What a step of a flow came to. */
enum step_kind {
    STEP_CHALLENGE, /* the person (or the headless client) must answer */
    STEP_STAGE_OK,  /* ask again for the next stage */
    STEP_REDIRECT,
    STEP_MAX_
};

struct step {
    enum step_kind kind;
    struct js *challenge; /* owned */
    char *to;             /* owned */
};

struct exec {
    struct visit *v;
    struct mock *m;
    const struct flow *flow;
    struct plan *plan;      /* of the session */
    struct params query;    /* of the flow's page: what `query` carries */
    const struct js *reply; /* POSTed; NULL when asking */
};

/* One turn of the executor: finds or makes the plan, runs the stage. */
struct step ak_flow_run(struct exec *x);
/* Only for the page: would asking now come to a challenge without doing anything? */
bool ak_flow_waits_for_person(const struct exec *x);
struct step ak_flow_stage_ok(struct exec *x);
struct step ak_flow_denied(struct exec *x, const char *message);
/* A challenge of the running flow with what all have in common. */
struct js *ak_flow_challenge(const struct exec *x, const char *component);
/* The same with the person that is about to sign in, or is signed in. */
struct js *ak_flow_challenge_with_user(const struct exec *x, const char *component);
/* "native" "redirect" or "shell": the member type that challenges had until 2024.6. */
const char *ak_flow_type(const char *component);
struct step ak_step_challenge(struct js *take);
struct step ak_step_redirect(char *take);
/* A page that a stage answers goes into the flow whole (xak-flow-shell). */
struct step ak_step_shell(const struct http_response *page);
void ak_step_deinit(struct step *s);
void ak_exec_deinit(struct exec *x);
struct js *ak_flow_error_challenge(struct mock *m, struct http_response *resp);
char *ak_flow_title(const struct mock *m, const struct flow *flow); /* caller frees */

/* stages.c */
struct stage {
    struct step (*ask)(struct exec *x);
    struct step (*reply)(struct exec *x);
    /* Would asking now wait for a person? NULL: never. x->plan may be NULL. */
    bool (*waits)(const struct exec *x);
};
const struct stage *ak_stage_find(enum stage_id id);
/* Who passed the stages before, with an account that may sign in; NULL otherwise. */
const struct setup_person *ak_flow_pending(const struct exec *x);

/* authorize_answer.c: makes the code (or the tokens) and says where the agent goes. */
struct step ak_authorize_answer(struct visit *v, const struct authz *z);
/* The challenge that posts these fields to the redirect URI. */
struct step ak_authorize_autosubmit(const struct visit *v, const struct authz *z,
                                    const struct params *answer);

/* login_redirect.c */
/* 302 to the login flow (authentik.md 4.1), since 2025.12 with the plan in the session. */
void ak_flow_to_login(struct visit *v);
/* As ak_flow_find, and the provider's own login flow. Lock held; borrowed. */
const struct flow *ak_flow_of(const struct mock *m, const char *slug);
const struct flow *ak_flow_asked(struct mock *m, const char *slug); /* the same, lock not held */
/* Which flow a login for the application runs. Lock held. */
const struct flow *ak_flow_login(const struct mock *m);
void ak_flow_own_login(struct mock *m); /* at the start and after each change of the setup */

/* flow.c */
/* 302 to the flow's page with the request's own query. */
void ak_flow_to_page(struct visit *v, struct plan *take);

DEFINE_AUTO_VALUE(struct step, ak_step_deinit)
DEFINE_AUTO_VALUE(struct exec, ak_exec_deinit)
