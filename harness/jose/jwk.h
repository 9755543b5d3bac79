/*
 * JWK and JWKS (RFC 7517, 7518 6, 8037) as JSON, thumbprints (RFC 7638), and choosing a key from a
 * set.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/jose/key.h"

/* The public JWK: kty and key members only, in the order kty, then n e | crv x y | crv x | k(secret
 * only). Caller frees. */
struct js *jwk_public(const struct key *k);
/* Reads a JWK of any kind (private members give a private key). Broken, short, off-curve, unknown
 * kty: -1 with a text that names the member. */
int jwk_to_key(const struct js *jwk, struct key **ret, struct err *err) MUST_USE;
char *jwk_thumbprint(
    const struct js *jwk); /* SHA-256, base64url; caller frees; NULL if members are missing */
/* The JWKs of a set whose kid equals (kid NULL or "": all), borrowed, in order. False if `jwks` has
 * no array "keys". */
bool jwks_find(const struct js *jwks, const char *kid, struct vec *ret_jwks);
