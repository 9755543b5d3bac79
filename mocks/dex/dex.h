/*
 * The mock Dex as Argo CD bundles it (reference/dex.md; behaviour of v2.45.0): a relying party of
 * authentik through the oidc connector, and a provider for Argo CD.
 */
#pragma once

#include "mocks/common/mock.h"

/* The i-th option of the oidc connector (parent NULL), or of an option that is a map; NULL past the
 * end. One may come twice. Static. */
const char *dex_oidc_option(const char *parent, size_t i);
/* What Dex's decoder says of an option's value that is not of its type, in any release that has the
 * option; NULL when it is, or nobody knows the option. Caller frees. */
char *dex_oidc_option_error(const char *name, const struct js *value);

/* Reads setup->argocd.dex_generated. A start that real Dex would end (discovery fails with one
 * connector) is no error here: the mock is "down", its reason is in the trace log and
 * dex_mock_down() says so. */
struct mock *dex_mock_new(const struct mock_env *env, struct err *err);
const char *dex_mock_down(
    const struct mock *m); /* reason text while no server would listen on 5556; NULL when it runs */
void dex_mock_site(struct mock *m, struct http_site *ret);
struct mock *dex_mock_free(struct mock *m);
int dex_mock_rotate(struct mock *m, struct err *err) MUST_USE;
/* As a pod restart: memory storage is lost, new keys, connectors opened anew. */
int dex_mock_restart(struct mock *m, const struct setup *setup, struct err *err) MUST_USE;
/* An operator's hand: refresh tokens and codes of a person; how many there were. */
size_t dex_mock_revoke(struct mock *m, const struct mock_revocation *what);
struct js *dex_mock_counts(struct mock *m); /* what it keeps; caller frees */
