/*
 * The mock Argo CD API server (reference/argocd.md; behaviour of v3.5): login, callback, the
 * /api/dex proxy, settings, session, can-i.
 */
#pragma once

#include "mocks/common/mock.h"

/* Where Dex is for argocd-server unless its flags say otherwise. */
#define ARGOCD_DEX_ORIGIN "https://argocd-dex-server:5556"

/* The address of Dex as argocd-server knows it from its flags; Dex's URLs keep the path and take
 * this origin (argocd.md 1.7, 2). Caller frees. */
char *argocd_dex_origin(const struct setup *setup);
/* Does it look at Dex's certificate (--dex-server-strict-tls)? */
bool argocd_verifies_dex(const struct setup *setup);
/* Dex serves plain HTTP (dexserver.disable.tls). */
bool argocd_dex_is_plain(const struct setup *setup);
/* Does it look at the certificate of a provider in oidc.config (oidc.tls.insecure.skip.verify)? */
bool argocd_verifies_provider(const struct setup *setup);

struct mock *argocd_mock_new(const struct mock_env *env, struct err *err);
void argocd_mock_site(struct mock *m, struct http_site *ret);
struct mock *argocd_mock_free(struct mock *m);
/* Why argocd-server ended (a dex.config or RBAC policy it cannot start with), or NULL while it
 * runs. Down, it closes every connection without an answer. */
const char *argocd_mock_down(const struct mock *m);
/* A ConfigMap changed: RBAC takes effect at once, SSO keys restart the server. */
int argocd_mock_change(struct mock *m, const struct setup *setup, struct err *err) MUST_USE;
int argocd_mock_restart(struct mock *m, const struct setup *setup, struct err *err) MUST_USE;
/* An operator's hand: one token of a session, until it would have ended; 0 when it is no valid one.
 * Of a person Argo CD keeps no tokens. Calls Dex. */
size_t argocd_mock_revoke(struct mock *m, const struct mock_revocation *what);
struct js *argocd_mock_counts(struct mock *m); /* what it keeps; caller frees */
