/*
 * JWE compact serialisation (RFC 7516, algorithms RFC 7518 4.3 and 5): a content key sealed for an
 * RSA key, and content encrypted with it. authentik makes RSA-OAEP-256 with A256CBC-HS512. As with
 * JWS, what is made may lie; what is read is read strictly.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/data/json.h"
#include "harness/jose/key.h"

enum jwe_alg { JWE_RSA_OAEP, JWE_RSA_OAEP_256, JWE_ALG_MAX_ };

enum jwe_enc {
    JWE_A128CBC_HS256,
    JWE_A192CBC_HS384,
    JWE_A256CBC_HS512,
    JWE_A128GCM,
    JWE_A192GCM,
    JWE_A256GCM,
    JWE_ENC_MAX_
};

const char *jwe_alg_name(enum jwe_alg alg);                  /* "RSA-OAEP-256" */
const char *jwe_enc_name(enum jwe_enc enc);                  /* "A256CBC-HS512" */
bool jwe_alg_from_name(const char *name, enum jwe_alg *ret); /* case-sensitive */
bool jwe_enc_from_name(const char *name, enum jwe_enc *ret);

struct jwe_how {
    enum jwe_alg alg;
    enum jwe_enc enc;
    const uint8_t *cek; /* of the size that enc wants; NULL = made at random */
    const uint8_t *iv;
};

/* Encrypts for the public half of an RSA key. The header text is used as given (js_compact order)
 * and may lie about alg and enc. Caller frees. */
int jwe_encrypt(const struct key *k, const struct jwe_how *how, const struct js *header,
                struct str plain, char **ret, struct err *err) MUST_USE;

struct jwe_part {
    uint8_t *ptr; /* owned */
    size_t len;
};

struct jwe {
    char *text;
    struct js *header;
    struct str aad; /* the encoded header, into text (RFC 7516 5.1 step 14) */
    struct jwe_part key, iv, content, tag;
    enum jwe_alg alg;
    enum jwe_enc enc;
};

enum jwe_problem {
    JWE_OK,
    JWE_TOO_LONG,
    JWE_NOT_FIVE_PARTS,
    JWE_BAD_BASE64 /* in another way than the next four */,
    JWE_PADDED_BASE64,
    JWE_WHITE_SPACE,
    JWE_PLAIN_BASE64,
    JWE_STRAY_BITS,
    JWE_BAD_HEADER,
    JWE_DUPLICATE_MEMBER,
    JWE_DEEP_HEADER,
    JWE_LONG_HEADER,
    JWE_NO_ALG,
    JWE_NO_ENC,
    JWE_CRITICAL_HEADER /* RFC 7516 4.1.13 */,
    JWE_COMPRESSED /* zip (4.1.3): a small token must not become a large text (RFC 8725 3.6) */,
    JWE_EMBEDDED_KEY /* jwk, jku, x5c, x5u: never trusted */,
    JWE_UNKNOWN_ALG,
    JWE_UNKNOWN_ENC,
    JWE_BAD_IV_SIZE,
    JWE_BAD_TAG_SIZE,
    JWE_BAD_CONTENT_SIZE,
    JWE_WRONG_KEY_TYPE /* no RSA key */,
    JWE_PUBLIC_KEY,
    JWE_NOT_AUTHENTIC /* another key, or any part changed: told apart by nobody (11.5) */,
    JWE_PROBLEM_MAX_
};
const char *jwe_problem_text(enum jwe_problem p);

/* Splits and decodes, decrypts nothing. Everything that is refused here is visible to whoever sees
 * the token. detail (may be NULL) says which part. */
enum jwe_problem jwe_parse(const char *compact, struct jwe *ret, struct err *detail);
void jwe_deinit(struct jwe *j);
/* The plain text with a NUL behind it (caller frees). A key that does not unwrap is replaced by a
 * random one and decryption goes on, so that a wrong key, a broken encrypted key and a changed
 * content have one answer (RFC 7516 11.5). */
enum jwe_problem jwe_decrypt(const struct jwe *j, const struct key *k, char **ret, size_t *ret_len);

DEFINE_AUTO_VALUE(struct jwe, jwe_deinit)
