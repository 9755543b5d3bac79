/*
 * Asymmetric keys: read from PEM or from their numbers, described, written, certified, and used.
 * Knows nothing of JSON or JOSE names but the letters of the numbers (RFC 7518 6) and the
 * fixed-width form of ECDSA signatures (RFC 7518 3.4).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/crypto/hash.h"

enum pkey_kind {
    PKEY_RSA,
    PKEY_EC_P256,
    PKEY_EC_P384,
    PKEY_EC_P521,
    PKEY_ED25519,
    PKEY_ED448,
    PKEY_KIND_MAX_
};

/* Immutable for its users; usable from several threads at once. One owner. */
struct pkey;

/* Private or public key, or the public key of a certificate; encrypted text is refused. */
int pkey_from_pem(const char *pem, struct pkey **ret, struct err *err) MUST_USE;
struct pkey *pkey_free(struct pkey *k); /* accepts NULL, returns NULL */

enum pkey_kind pkey_kind(const struct pkey *k);
bool pkey_is_private(const struct pkey *k);
unsigned pkey_bits(const struct pkey *k);
/* Bytes of a coordinate (EC) or of a raw key (Ed25519, Ed448); 0 for RSA. */
size_t pkey_width(enum pkey_kind kind);
char *pkey_public_pem(const struct pkey *k);  /* caller frees */
char *pkey_private_pem(const struct pkey *k); /* PKCS#8; caller frees; NULL when there is none */

/* The numbers of a key by the letters of RFC 7518 6 and 8037 2, big-endian. */
enum pkey_part {
    PKEY_N,
    PKEY_E,
    PKEY_D,
    PKEY_P,
    PKEY_Q,
    PKEY_DP,
    PKEY_DQ,
    PKEY_QI,
    PKEY_X,
    PKEY_Y,
    PKEY_PART_MAX_
};

struct pkey_parts {
    enum pkey_kind kind;
    struct {
        uint8_t *ptr; /* NULL = absent; owned */
        size_t len;
    } part[PKEY_PART_MAX_];
};

/* The public numbers: n and e without leading zeros, x and y in full width. */
void pkey_public_parts(const struct pkey *k, struct pkey_parts *ret);
/* A private key when D is there. -1 with a text that names the part: too short, not on the curve,
 * private and public half do not belong together. */
int pkey_from_parts(const struct pkey_parts *parts, struct pkey **ret, struct err *err) MUST_USE;
void pkey_parts_deinit(struct pkey_parts *parts);

enum sign_scheme { SIGN_PKCS1, SIGN_PSS, SIGN_ECDSA, SIGN_EDDSA, SIGN_SCHEME_MAX_ };

bool sign_scheme_fits(enum sign_scheme scheme, const struct pkey *k);
/* PSS uses MGF1 with the same hash and a salt of its size; EdDSA ignores the hash; ECDSA gives
 * r || s in full width. Caller frees. */
int pkey_sign(const struct pkey *k, enum sign_scheme scheme, enum hash_alg hash, const void *p,
              size_t n, uint8_t **ret, size_t *ret_len, struct err *err) MUST_USE;
bool pkey_verify(const struct pkey *k, enum sign_scheme scheme, enum hash_alg hash, const void *p,
                 size_t n, const void *signature, size_t signature_len);

/* DER of a self-signed X.509 certificate valid through 2026, whatever the time is now; made once
 * for each name and kept with the key. Borrowed. */
int pkey_certificate(const struct pkey *k, const char *common_name, const uint8_t **ret_der,
                     size_t *ret_len, struct err *err) MUST_USE;

/* The public key of an X.509 certificate; its signature, names and dates are nobody's business
 * here. -1 with ERR_PARSE when it is none, or has bytes behind it. */
int pkey_from_certificate(const uint8_t *der, size_t len, struct pkey **ret, struct err *err)
    MUST_USE;
/* Whether both have the same public half. */
bool pkey_equal(const struct pkey *a, const struct pkey *b);

/* RSAES-OAEP, MGF1 with the same hash, no label. Caller frees. */
int pkey_oaep_seal(const struct pkey *k, enum hash_alg hash, const void *p, size_t n, uint8_t **ret,
                   size_t *ret_len, struct err *err) MUST_USE;
/* The n bytes that were sealed; n random bytes when the key, the text, its padding or its length is
 * wrong, so that only what is done with them next can fail (RFC 7516 11.5). */
void pkey_oaep_open_or_random(const struct pkey *k, enum hash_alg hash, const void *sealed,
                              size_t sealed_len, uint8_t *out, size_t n);

DEFINE_AUTO(struct pkey, pkey_free)
DEFINE_AUTO_VALUE(struct pkey_parts, pkey_parts_deinit)
