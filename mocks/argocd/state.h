/*
 * The state cookie of a login: what Argo CD must remember while the person is away, encrypted in
 * the person's own browser (argocd.md 1.5).
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/http/message.h"
#include "mocks/argocd/server.h"

struct app_state {
    char *state;      /* 24 letters */
    char *return_url; /* "" before the default was put in */
    char *verifier;   /* PKCE; "" when none */
};

void app_state_deinit(struct app_state *s);

/* Sets the cookie. -1: the key or the cipher failed. */
int app_state_store(struct mock *m, const struct sso *sso, const struct app_state *s,
                    struct http_response *resp, struct err *err) MUST_USE;
/* Reads the cookie, checks return URL and state in Argo CD's order, and clears it on success. -1:
 * the text of 1.6. */
int app_state_verify(struct mock *m, const struct sso *sso, const struct http_request *req,
                     const char *state, struct http_response *resp, struct app_state *ret,
                     struct err *err) MUST_USE;

DEFINE_AUTO_VALUE(struct app_state, app_state_deinit)
