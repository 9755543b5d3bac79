/*
 * Shared by the files of go-oidc's stand-in: the provider, its key set, the form of a token and its
 * claims. Nobody else includes it.
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

struct goidc_flight; /* one JWKS GET that several may wait for */

struct goidc_keyset {
    pthread_mutex_t lock; /* what follows */
    pthread_cond_t landed;
    struct goidc_keys *current;
    struct goidc_flight *flight; /* NULL: none is under way */
};

struct goidc {
    struct http_client *client;
    struct http_client *keys_client;
    struct http_client *userinfo_client;
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
    const struct goidc_local *local; /* whose keys are at hand; NULL: those of jwks_url */
};

/* GET url (origin rewritten, redirects followed) with an optional Authorization. */
int goidc_get(const struct goidc *p, struct http_client *client, const char *url,
              const char *authorization, struct http_response *ret, struct err *err) MUST_USE;
/* go-oidc's supportedAlgorithms, in the order of its allAlgs; NULL at the end. */
extern const char *const goidc_known_algs[];
/* How go-jose calls itself in its texts. */
const char *goidc_jose(const struct goidc *p);

/* ---- goidc_keys.c ---- */
void goidc_keyset_init(struct goidc_keyset *s);
void goidc_keyset_deinit(struct goidc_keyset *s);
/* RemoteKeySet.VerifySignature: cached keys of that kid, then one fetch. -1 with its text. */
int goidc_keyset_verify(struct goidc *p, const struct jws *j, const struct goidc_skip *skip,
                        struct err *err) MUST_USE;

/* ---- goidc_jws.c ---- */
struct goidc_jws {
    struct jws jws;
    size_t signatures; /* more than one is possible in the JSON form only */
    bool critical;     /* a header parameter that go-jose does not know must be understood */
};
/* jose.ParseSigned: compact or JSON form. -1 with go-jose's text. The algorithm is looked at where
 * go-jose does it (v4; then one of algs, NULL = any). */
int goidc_jws_parse(const struct goidc *p, const char *text, const struct strlist *algs,
                    struct goidc_jws *ret, struct err *err) MUST_USE;
void goidc_jws_deinit(struct goidc_jws *j);
DEFINE_AUTO_VALUE(struct goidc_jws, goidc_jws_deinit)

/* ---- goidc_claims.c ---- */
/* The claims of a payload, typed as go-oidc's idToken (dex.md 5, step 2). */
int goidc_claims_decode(struct str payload, struct js **ret, struct err *err) MUST_USE;
int goidc_claims_sources(const struct js *claims, struct err *err) MUST_USE; /* step 3 */
void goidc_claims_audience(const struct js *claims, struct strlist *ret);
/* Seconds of a time claim; false when it is absent. */
bool goidc_claims_time(const struct js *claims, const char *name, int64_t *ret_s);
