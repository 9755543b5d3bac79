/*
 * JWS compact serialisation (RFC 7515, algorithms RFC 7518 3, 8037). Written here so that the
 * harness can also make what every library refuses to make.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/data/json.h"
#include "harness/jose/key.h"

enum jws_alg {
    JWS_NONE,
    JWS_HS256,
    JWS_HS384,
    JWS_HS512,
    JWS_RS256,
    JWS_RS384,
    JWS_RS512,
    JWS_PS256,
    JWS_PS384,
    JWS_PS512,
    JWS_ES256,
    JWS_ES384,
    JWS_ES512,
    JWS_EDDSA,
    JWS_ALG_MAX_
};

const char *jws_alg_name(enum jws_alg alg);                  /* "RS256" */
bool jws_alg_from_name(const char *name, enum jws_alg *ret); /* case-sensitive; false if unknown */
bool jws_alg_fits(enum jws_alg alg,
                  const struct key *k); /* RS256 needs an RSA key, ES256 a P-256 key … */

/* base64url(header) "." base64url(payload) "." signature. The header text is used as given
 * (js_compact order) and may lie about the algorithm. JWS_NONE gives an empty signature; a key of
 * the wrong family is an error, a curve that is not the algorithm's own is not. Caller frees. */
int jws_sign(const struct key *k, enum jws_alg alg, const struct js *header, struct str payload,
             char **ret, struct err *err) MUST_USE;

struct jws {
    char *text; /* the compact form as received */
    struct js *header;
    char *payload; /* decoded, NUL-terminated */
    size_t payload_len;
    struct str signing_input; /* into text */
    unsigned char *signature;
    size_t signature_len;
    enum jws_alg alg; /* JWS_ALG_MAX_ if the name is unknown */
};

enum jws_problem {
    JWS_OK,
    JWS_NOT_THREE_PARTS,
    JWS_BAD_BASE64 /* in another way than those below */,
    JWS_BAD_HEADER,
    JWS_NO_ALG,
    JWS_CRITICAL_HEADER /* RFC 7515 4.1.11 */,
    JWS_WRONG_KEY_TYPE,
    JWS_BAD_SIGNATURE,
    JWS_TOO_LONG,
    JWS_PADDED_BASE64,
    JWS_WHITE_SPACE,
    JWS_PLAIN_BASE64,
    JWS_STRAY_BITS,
    JWS_DUPLICATE_MEMBER,
    JWS_DEEP_HEADER,
    JWS_LONG_HEADER,
    JWS_UNENCODED_PAYLOAD /* b64 of RFC 7797, which nobody who signs JWTs may use (RFC 7797 7) */,
    JWS_EMBEDDED_KEY /* jwk, jku, x5c, x5u: never trusted */,
    JWS_UNSECURED /* alg none, in whatever case it is written */,
    JWS_UNKNOWN_ALG,
    JWS_PAIR_AS_SECRET /* an HMAC to be checked with a key pair (RFC 8725 2.1) */,
    JWS_PROBLEM_MAX_
};
const char *jws_problem_text(enum jws_problem p);

/* Splits and decodes, verifies nothing. detail (may be NULL) says which part. */
enum jws_problem jws_parse(const char *compact, struct jws *ret, struct err *detail);
void jws_deinit(struct jws *j);
/* What a careful verifier refuses in the header of a token that parsed, whatever its signature is:
 * b64 without crit, and a key the token brings itself. Not part of jws_verify, because the Go
 * libraries of Dex and Argo CD ignore these members. */
enum jws_problem jws_check_header(const struct jws *j, struct err *detail);
/* The signature only. The key must fit the algorithm (RFC 8725 3.1); keys in the header are never
 * looked at. */
enum jws_problem jws_verify(const struct jws *j, const struct key *k);
/* Whether the header's alg is "none", "None", "nOnE" …: known to be attempted in every spelling. */
bool jws_is_unsecured(const struct jws *j);

DEFINE_AUTO_VALUE(struct jws, jws_deinit)
