/*
 * Groups that come from the provider's userinfo instead of the token: enableUserInfoGroups of
 * oidc.config (argocd.md 7.2; Argo CD's util/oidc/oidc.go, SetGroupsFromUserInfo and GetUserInfo).
 */
#pragma once

#include "mocks/argocd/server.h"

/* The login got this access token: it is kept for the person until the ID token ends, and what
 * userinfo said of the person before is forgotten. */
void userinfo_groups_keep(struct mock *m, const struct sso *sso, const struct js *claims,
                          const char *access_token);
/* Puts userinfo's groups in the place of the claims' own. -1 and the text behind "invalid session:
 * ". Calls the provider. Without the option: nothing. */
int userinfo_groups_set(struct mock *m, struct js *claims, struct err *err) MUST_USE;
