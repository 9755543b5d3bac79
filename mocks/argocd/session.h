/*
 * Who asks: where a token is read from, whether it holds, and whom it names (argocd.md 4.1 to 4.3).
 */
#pragma once

#include <stdbool.h>

#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/http/message.h"
#include "mocks/argocd/server.h"

struct session {
    struct js *claims; /* NULL: nobody, or anonymous */
    char *error;       /* message of the 401, or NULL when the token holds */
    bool anonymous;    /* the error does not count: users.anonymous.enabled */
    char *renewed;     /* the next token of a session by password, shortly before its end */
    bool internal;     /* the error is no 401 but the server's own fault (13) */
};

/* The gRPC metadata "token": over REST only with the gateway's prefix, over gRPC-web by itself
 * (4.1).
 */
#define SESSION_REST_HEADER "Grpc-Metadata-Token"
#define SESSION_GRPC_HEADER "Token"

/* The attributes of the cookie argocd.token in Argo CD's own spelling (1.8); caller frees. */
char *session_cookie_attributes(const struct argocd_options *o, bool secure);
/* Reads and verifies the request's token. Calls Dex. */
void session_open(struct mock *m, const struct http_request *req, const char *token_header,
                  struct session *ret);
void session_deinit(struct session *s);

/* A token by itself, as VerifyToken judges it: 0 and claims; -1 and the message; *ret_claims is
 * then {"iss":"sso"} for an expired SSO token and NULL otherwise. */
int session_verify(struct mock *m, const char *token, struct js **ret_claims, struct err *err)
    MUST_USE;

bool session_logged_in(const struct setup *setup, const struct session *s);
/* Whom the policy knows: federated_claims.user_id since 3.0, else sub; "". */
const char *session_user(const struct setup *setup, const struct js *claims);
/* What is shown; "". */
const char *session_username(const struct setup *setup, const struct js *claims);
/* Values of the scopes configured as groups, concatenated (4.3). */
void session_groups(const struct setup *setup, const struct js *claims, struct strlist *ret);
/* jti, uti or at_hash; "" */
const char *session_revocation_id(struct mock *m, const struct js *claims);

DEFINE_AUTO_VALUE(struct session, session_deinit)
