/*
 * One request to the token endpoint, as the files of its grants share it. Lock held throughout.
 */
#pragma once

#include "mocks/authentik/state.h"

struct asking {
    struct mock *m;
    const struct http_request *req;
    const char *secret;    /* of the client, "" if none was sent */
    struct mint *mint;     /* what the grant fills: grant, with_refresh, refreshable, refreshed */
    struct strlist scopes; /* asked for, cut to those of the provider */
};

/* A field of the form; "" if absent. */
const char *ak_token_form(const struct asking *a, const char *name);
/* Logs why, and gives the error back. */
const char *ak_token_fail(const struct asking *a, const char *error, const char *why);
/* The answer will be for this grant, with a refresh token if its scopes (or the version) say so. */
void ak_token_take(struct asking *a, const struct grant *g);

/* The grants: NULL when the request stands and a->mint is filled, else the error's code. */
const char *ak_token_grant_client_credentials(struct asking *a);
