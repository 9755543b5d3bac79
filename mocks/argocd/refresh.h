/*
 * Sessions of oidc.config that go on with a refresh token, without the person (argocd.md 1.11; Argo
 * CD's util/oidc/oidc.go, CheckAndRefreshToken). In Dex mode none is asked for.
 */
#pragma once

#include "mocks/argocd/server.h"

/* The login got this answer of the token endpoint: its refresh token is kept for as long as a
 * session may last (users.session.duration). */
void refresh_keep(struct mock *m, const struct sso *sso, const struct js *claims,
                  const struct js *answer);
/* A new ID token for a session whose token ends within refreshTokenThreshold, or NULL. Caller
 * frees. Calls the provider. */
char *refresh_early(struct mock *m, const struct js *claims);
/* The same for a session whose token has ended. */
char *refresh_late(struct mock *m, const char *token);
