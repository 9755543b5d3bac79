/*
 * Whether the members of a JWK agree with each other (RFC 7517 4), and choosing JWKs by them. A key
 * that can be read can still be published wrongly: a certificate of another key, a use against its
 * key_ops. Every finding is a reason, never an error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/jose/key.h"

#define JWKS_MAX_KEYS 256

enum jwk_problem {
    JWK_OK,
    JWK_UNREADABLE /* what jwk_to_key refuses */,
    JWK_BAD_KID /* no string */,
    JWK_BAD_USE /* no string */,
    JWK_BAD_KEY_OPS /* no array of strings, or an empty one */,
    JWK_KEY_OP_TWICE /* RFC 7517 4.3 */,
    JWK_USE_AGAINST_KEY_OPS /* RFC 7517 4.3 */,
    JWK_BAD_ALG /* no string */,
    JWK_ALG_AGAINST_KEY /* RS256 on an EC key */,
    JWK_ALG_AGAINST_USE /* RS256 with use enc */,
    JWK_BAD_X5C /* no array of base64 DER certificates (RFC 7517 4.7) */,
    JWK_X5C_OTHER_KEY /* RFC 7517 4.7: the first holds the key */,
    JWK_BAD_X5T /* no base64url of 20 bytes (4.8) */,
    JWK_X5T_OTHER_CERTIFICATE,
    JWK_BAD_X5T_S256 /* no base64url of 32 bytes (4.9) */,
    JWK_X5T_S256_OTHER_CERTIFICATE,
    JWK_SECRET_PUBLISHED /* of a set for the public: an oct key or a private half */,
    JWK_KID_TWICE /* of a set: the same kid for keys of one kty (4.5) */,
    JWK_NO_SET /* of a set: no array of objects under keys (5.1) */,
    JWK_TOO_MANY /* of a set: more than JWKS_MAX_KEYS */,
    JWK_PROBLEM_MAX_
};
const char *jwk_problem_text(enum jwk_problem p);

/* detail (may be NULL) names the members and what they hold; no secret. */
enum jwk_problem jwk_check(const struct js *jwk, struct err *detail);
/* The certificate members alone; k is the key that was read from this JWK. */
enum jwk_problem jwk_check_certificates(const struct js *jwk, const struct key *k,
                                        struct err *detail);
/* A set as a server publishes it. ret_at (may be NULL) gets the index of the first key at fault. */
enum jwk_problem jwks_check_published(const struct js *jwks, size_t *ret_at, struct err *detail);

/* What a key is wanted for; a NULL (of kid also "") asks for nothing. */
struct jwk_want {
    const char *kid;
    const char *kty;
    const char *use; /* "sig", "enc" */
    const char *op;  /* "verify" … of key_ops */
    const char *alg;
};

/* go-oidc's rule of the key ID (reference/dex.md 5): a token without one may be of any key. */
bool jwk_kid_suits(const char *kid, const char *wanted);
/* A JWK that does not say its use, key_ops or alg suits every one (RFC 7517 4.2 to 4.4); one
 * without kid suits no kid that is asked for. go-oidc asks for kid alone. */
bool jwk_suits(const struct js *jwk, const struct jwk_want *want);
/* Those of a set, borrowed, in order. False if `jwks` has no array "keys". */
bool jwks_select(const struct js *jwks, const struct jwk_want *want, struct vec *ret_jwks);
