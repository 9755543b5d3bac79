/*
 * Shared by the files of go-oidc's stand-in: the provider and its key set. Nobody else includes it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "harness/base/vec.h"
#include "harness/http/client.h"
#include "harness/jose/jws.h"
#include "mocks/common/goidc.h"

/* The parsed keys of one fetch; counted, so that a verification keeps what it looks at. */
struct goidc_keys {
    int refs; /* under the owner's lock */
    size_t len;
    char **kids;
    struct key **keys;
};

struct goidc_keyset {
    pthread_mutex_t lock;  /* current, fetched */
    pthread_mutex_t fetch; /* held during a JWKS GET: one flight at a time */
    struct goidc_keys *current;
    unsigned long fetched; /* how many fetches replaced `current` */
};

struct goidc {
    struct http_client *client;
    struct goidc_dialect dialect;
    char *rewrite_origin; /* NULL = as the URL says */
    char *issuer;         /* what `iss` must be */
    char *auth_url;
    char *token_url;
    char *jwks_url;
    char *userinfo_url;
    struct js *document;
    struct strlist algs;
    struct goidc_keyset keys;
};

void goidc_keyset_init(struct goidc_keyset *s);
void goidc_keyset_deinit(struct goidc_keyset *s);
/* RemoteKeySet.VerifySignature: cached keys of that kid, then one fetch. -1 with its text. */
int goidc_keyset_verify(struct goidc *p, const struct jws *j, const char *kid,
                        const struct goidc_skip *skip, struct err *err) MUST_USE;

/* GET url (origin rewritten, redirects followed) with an optional Bearer token. */
int goidc_get(struct goidc *p, const char *url, const char *bearer, struct http_response *ret,
              struct err *err) MUST_USE;

/* JWS parse, algorithm and signature (dex.md 5, steps 8 to 10). */
int goidc_check_signature(struct goidc *p, const char *token, const struct goidc_skip *skip,
                          struct jws *ret, struct err *err) MUST_USE;
/* The claims of a payload, typed as go-oidc's idToken (step 2). */
int goidc_decode_claims(const struct jws *j, struct js **ret, struct err *err) MUST_USE;
