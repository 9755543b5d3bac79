/*
 * JWT (RFC 7519): make one from claims, read one, judge one by rules. The judgement is a reason,
 * never an error of the harness. Argo CD's and Dex's own order and texts of checks live in
 * mocks/common/goidc.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/jose/jws.h"

/* Header {"alg":…[,"typ":…][,"kid":…]} in that order; typ and kid may be NULL. Payload =
 * js_compact(claims). Caller frees. */
int jwt_sign(const struct key *k, enum jws_alg alg, const char *typ, const char *kid,
             const struct js *claims, char **ret, struct err *err) MUST_USE;
/* The claims of a compact JWS without verifying; NULL if it does not decode to a JSON object.
 * Caller frees. */
struct js *jwt_claims_unverified(const char *compact);

enum jwt_reason {
    JWT_OK,
    JWT_MALFORMED,
    JWT_ENCRYPTED,
    JWT_BAD_ALG,
    JWT_NO_KEY,
    JWT_BAD_SIGNATURE,
    JWT_BAD_ISS,
    JWT_BAD_AUD,
    JWT_BAD_AZP,
    JWT_EXPIRED,
    JWT_NO_EXP,
    JWT_NOT_YET,
    JWT_NO_IAT,
    JWT_IAT_FUTURE,
    JWT_BAD_NONCE,
    JWT_NO_SUB,
    JWT_UNSECURED /* alg none in any spelling, whoever allows it (RFC 8725 3.2) */,
    JWT_ALG_CONFUSION /* an HMAC where the keys are key pairs (RFC 8725 2.1) */,
    JWT_CRITICAL_HEADER,
    JWT_UNENCODED_PAYLOAD,
    JWT_EMBEDDED_KEY,
    JWT_DUPLICATE_MEMBER,
    JWT_TOO_DEEP,
    JWT_TOO_LONG,
    JWT_CONTRADICTORY_KEY /* the JWK's certificate is another key's */,
    JWT_NOT_ENCRYPTED,
    JWT_UNDECRYPTABLE,
    JWT_REASON_MAX_
};
const char *jwt_reason_name(enum jwt_reason r); /* "bad-aud" */

struct jwt_rules {
    const struct js *jwks; /* NULL: only `secret` can verify */
    const char *secret;    /* client secret for HS*; NULL: HS* is JWT_NO_KEY */
    const char *const
        *algs; /* NULL-terminated allow-list; NULL = RS256 only (OIDC Core 3.1.3.7 step 7) */
    const char *issuer;   /* NULL = not checked */
    const char *audience; /* NULL = not checked */
    const char *nonce;    /* NULL = not checked */
    int64_t now_s;
    int64_t leeway_s;
    /* RSA, private. With it the token must be a JWE with a signed token inside (OIDC Core 3.1.3.7
     * step 1), without it a JWE is JWT_ENCRYPTED. Borrowed. */
    const struct key *decryption_key;
    /* As libraries do that look at nothing but alg and kid: jwk, jku, x5c, x5u and b64 in the
     * header are no reason to refuse. They are never used either way. */
    bool ignores_header_keys;
};

struct jwt_verdict {
    enum jwt_reason reason;
    char expected[256]; /* of the rule that failed, for the report */
    char actual[256];
    struct js *header; /* when it decoded; owned by the verdict */
    struct js *claims;
};

/* Signature first, then claims in the order of OIDC Core 3.1.3.7. Every rule's first failure wins.
 */
void jwt_verify(const char *compact, const struct jwt_rules *rules, struct jwt_verdict *ret);
void jwt_verdict_deinit(struct jwt_verdict *v);
/* at_hash / c_hash (OIDC Core 3.1.3.6): base64url of the left half of the hash that belongs to alg.
 * EdDSA counts as SHA-512. NULL for JWS_NONE and unknown algorithms. Caller frees. */
char *jwt_half_hash(enum jws_alg alg, const char *value);

DEFINE_AUTO_VALUE(struct jwt_verdict, jwt_verdict_deinit)
