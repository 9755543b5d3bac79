/*
 * The hooks of Argo CD's faults: what a wrong Argo CD does at each point. Each hook asks whether
 * its fault is on and changes what it is given; without faults they change nothing.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/params.h"
#include "harness/http/message.h"
#include "harness/setup/setup.h"
#include "mocks/argocd/server.h"
#include "mocks/common/goidc.h"

/* argocd/state.constant: the state is the same for everybody. */
void fault_state_constant(struct mock *m, char **state);
/* argocd/state.missing: the authorization request has no state. */
void fault_state_missing(struct mock *m, struct params *query);
/* argocd/redirect-uri.other: another redirect URI than the one registered. */
void fault_redirect_uri_other(struct mock *m, char **redirect_uri);
/* argocd/response-type.wrong: not the code flow. */
void fault_response_type(struct mock *m, struct params *query);
/* argocd/scope.no-openid and argocd/scope.no-groups. */
void fault_scope(struct mock *m, struct strlist *scopes);
/* argocd/return-url.open: any return URL is good. */
bool fault_return_url_open(struct mock *m);
/* argocd/state.not-checked: the callback takes any state, cookie or not. */
bool fault_state_not_checked(struct mock *m);
/* argocd/skip-signature, -audience, -issuer, -expiry. */
struct goidc_skip fault_skip(struct mock *m);
/* argocd/cookie.no-httponly, .no-secure, .no-samesite, .other-path, .domain: attributes of the
 * session cookie in Argo CD's spelling. Caller frees. */
char *fault_cookie(struct mock *m, const char *attributes, const char *host);
/* argocd/state-cookie.open, .long-lived, .kept, .plain */
bool fault_state_cookie_open(struct mock *m);
bool fault_state_cookie_long_lived(struct mock *m);
bool fault_state_cookie_kept(struct mock *m);
bool fault_state_cookie_plain(struct mock *m);
/* argocd/cookie.too-large: the token is not cut into cookies. */
bool fault_cookie_too_large(struct mock *m);
/* argocd/rbac.everyone-admin, .case-insensitive, .ignores-deny: another question than was asked. */
struct rbac_question {
    const struct setup *setup;
    const struct rbac *rbac;
    const char *user_id;
    const struct strlist *groups;
    struct rbac *own_rbac;     /* freed by the asker */
    struct strlist own_groups; /* freed by the asker */
};
void fault_rbac(struct mock *m, struct rbac_question *q);
/* argocd/userinfo.groups-dropped */
bool fault_groups_dropped(struct mock *m);
/* argocd/proxy.500-passes */
bool fault_proxy_500_passes(struct mock *m);
/* argocd/can-i.always-yes */
bool fault_can_i_always_yes(struct mock *m);
/* argocd/logout.keeps-cookie */
bool fault_logout_keeps_cookie(struct mock *m);
/* argocd/logout.keeps-token */
bool fault_logout_keeps_token(struct mock *m);
/* argocd/session.other-user */
bool fault_other_user(struct mock *m);
/* argocd/return-url.with-code, .with-token: where the callback leads; caller frees. */
char *fault_return_url(struct mock *m, const char *url, const char *code, const char *token);
/* argocd/client-secret.in-url; caller frees. */
char *fault_token_url(struct mock *m, char *take, const char *secret);
/* argocd/token-redirect-uri.changed */
void fault_token_request(struct mock *m, struct params *form);
/* argocd/log.token */
bool fault_log_token(struct mock *m);
