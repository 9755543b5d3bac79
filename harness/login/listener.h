/*
 * The CLI's callback listener on localhost:8085 (reference/argocd.md 3.3): it answers the browser
 * and redeems the code there and then, as `argocd login --sso` does.
 */
#pragma once

#include <stdint.h>

#include "harness/login/agents.h"

struct listener_conf {
    struct login_agents *agents;
    const char *state;
    const char *verifier; /* NULL: no PKCE */
    const char *token_url;
    const char *redirect_uri;
    const char *client_id;
    const char *provider; /* who answers at token_url: "dex" or "authentik"; static */
};

struct listener_result {
    bool answered;     /* the CLI has come to an end */
    char *fatal;       /* FATA text, or NULL when tokens came */
    const char *by;    /* who refused: "cli" or the provider */
    const char *at;    /* "listener" or "token" */
    struct js *tokens; /* the token answer */
    bool no_answer;
};

struct listener;

/* A port for real (each is one login at a time on this machine: waits for the others), or 0. A
 * taken port is ERR_IO. */
int listener_new(const struct listener_conf *conf, uint16_t port, struct listener **ret,
                 struct err *err) MUST_USE;
/* A port that somebody has: the same without a turn, -1 because it is taken. */
int listener_retake(const struct listener_conf *conf, uint16_t port, struct listener **ret,
                    struct err *err) MUST_USE;
uint16_t listener_port(const struct listener *l);
/* Ends it and gives what came of the callback. */
void listener_finish(struct listener *l, struct listener_result *ret);
struct listener *listener_free(struct listener *l);
void listener_result_deinit(struct listener_result *r);

DEFINE_AUTO(struct listener, listener_free)
DEFINE_AUTO_VALUE(struct listener_result, listener_result_deinit)
