/*
 * The rules of RFC 7517 4 between the members of a JWK, as a table of small judges: the first that
 * finds something wins. Certificates are compared with the key and never trusted for anything.
 */
#include "harness/jose/jwk_check.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/crypto/hash.h"
#include "harness/crypto/pkey.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jws.h"
#include "harness/jose/key_impl.h"

#define X5C_MAX 8
#define CERTIFICATE_MAX (64UL * 1024)
#define REMEMBERED 64

static const char *const problem_texts[JWK_PROBLEM_MAX_] = {
    [JWK_OK] = "ok",
    [JWK_UNREADABLE] = "no readable key",
    [JWK_BAD_KID] = "kid is no string",
    [JWK_BAD_USE] = "use is no string",
    [JWK_BAD_KEY_OPS] = "key_ops is no list of operations",
    [JWK_KEY_OP_TWICE] = "an operation twice in key_ops",
    [JWK_USE_AGAINST_KEY_OPS] = "use and key_ops disagree",
    [JWK_BAD_ALG] = "alg is no string",
    [JWK_ALG_AGAINST_KEY] = "alg and key disagree",
    [JWK_ALG_AGAINST_USE] = "alg and use disagree",
    [JWK_BAD_X5C] = "x5c is no list of certificates",
    [JWK_X5C_OTHER_KEY] = "the certificate in x5c holds another key",
    [JWK_BAD_X5T] = "x5t is no SHA-1 thumbprint",
    [JWK_X5T_OTHER_CERTIFICATE] = "x5t is not of the certificate in x5c",
    [JWK_BAD_X5T_S256] = "x5t#S256 is no SHA-256 thumbprint",
    [JWK_X5T_S256_OTHER_CERTIFICATE] = "x5t#S256 is not of the certificate in x5c",
    [JWK_SECRET_PUBLISHED] = "a secret in a public key set",
    [JWK_KID_TWICE] = "a kid twice",
    [JWK_NO_SET] = "no key set",
    [JWK_TOO_MANY] = "too many keys",
};

const char *jwk_problem_text(enum jwk_problem p)
{
    assert(p < JWK_PROBLEM_MAX_);
    return problem_texts[p];
}

static enum jwk_problem found(enum jwk_problem p, struct err *detail, const char *member,
                              const struct js *value)
{
    (void)err_set(detail, ERR_PARSE, "member '%s' is a JSON %s", member, js_type_name(value));
    return p;
}

static bool is_no_text(const struct js *value)
{
    return value && !js_text(value);
}

/* names and uses */

static enum jwk_problem check_names(const struct js *jwk, const struct key *k, struct err *detail)
{
    static const struct {
        const char *member;
        enum jwk_problem problem;
    } rows[] = {{"kid", JWK_BAD_KID}, {"use", JWK_BAD_USE}, {"alg", JWK_BAD_ALG}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct js *value = js_get(jwk, rows[i].member);
        if (is_no_text(value)) {
            return found(rows[i].problem, detail, rows[i].member, value);
        }
    }
    return JWK_OK;
}

/* RFC 7517 4.3: which use an operation belongs to; operations of others are left alone. */
static const struct op_row {
    const char *op;
    const char *use;
} ops[] = {
    {"sign", "sig"},      {"verify", "sig"},     {"encrypt", "enc"},
    {"decrypt", "enc"},   {"wrapKey", "enc"},    {"unwrapKey", "enc"},
    {"deriveKey", "enc"}, {"deriveBits", "enc"}, {NULL, NULL},
};

static const char *use_of(const char *op)
{
    const struct op_row *r = ops;
    while (r->op && strcmp(r->op, op) != 0) {
        r++;
    }
    return r->use;
}

static bool has_before(const struct js *list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++) {
        if (cstr_eq(js_text(js_at(list, i)), text)) {
            return true;
        }
    }
    return false;
}

static enum jwk_problem check_key_ops(const struct js *jwk, const struct key *k, struct err *detail)
{
    const struct js *list = js_get(jwk, "key_ops");
    const char *use = js_get_text(jwk, "use");
    if (!list) {
        return JWK_OK;
    }
    if (!js_is(list, JS_ARRAY) || js_len(list) == 0) {
        return found(JWK_BAD_KEY_OPS, detail, "key_ops", list);
    }
    for (size_t i = 0; i < js_len(list); i++) {
        const char *op = js_text(js_at(list, i));
        if (!op) {
            return found(JWK_BAD_KEY_OPS, detail, "key_ops[]", js_at(list, i));
        }
        if (has_before(list, i, op)) {
            (void)err_set(detail, ERR_PARSE, "key_ops has '%.40s' twice", op);
            return JWK_KEY_OP_TWICE;
        }
        if (use && use_of(op) && strcmp(use_of(op), use) != 0) {
            (void)err_set(detail, ERR_PARSE, "use '%.40s', key_ops '%.40s'", use, op);
            return JWK_USE_AGAINST_KEY_OPS;
        }
    }
    return JWK_OK;
}

/* Algorithms of others are left alone. */
static enum jwk_problem check_alg(const struct js *jwk, const struct key *k, struct err *detail)
{
    const char *alg = js_get_text(jwk, "alg");
    const char *use = js_get_text(jwk, "use");
    enum jws_alg sig = JWS_ALG_MAX_;
    enum jwe_alg enc = JWE_ALG_MAX_;
    bool signs = alg && jws_alg_from_name(alg, &sig);
    bool encrypts = alg && jwe_alg_from_name(alg, &enc);
    if ((signs && !jws_alg_fits(sig, k)) || (encrypts && key_kind(k) != KEY_RSA)) {
        (void)err_set(detail, ERR_PARSE, "alg '%.40s', a key of kind %s", alg,
                      key_kind_name(key_kind(k)));
        return JWK_ALG_AGAINST_KEY;
    }
    if (use && ((signs && strcmp(use, "enc") == 0) || (encrypts && strcmp(use, "sig") == 0))) {
        (void)err_set(detail, ERR_PARSE, "alg '%.40s', use '%.40s'", alg, use);
        return JWK_ALG_AGAINST_USE;
    }
    return JWK_OK;
}

/* certificates */

/* The DER of x5c[at]: base64, not base64url (RFC 7517 4.7). NULL when it is none; caller frees. */
static uint8_t *certificate_at(const struct js *list, size_t at, size_t *ret_len)
{
    const char *text = js_text(js_at(list, at));
    uint8_t *der = NULL;
    size_t len = text ? strlen(text) : 0;
    bool ok = len > 0 && len <= CERTIFICATE_MAX && b64_decode(text, len, &der, ret_len) == 0;
    return ok ? der : NULL;
}

static enum jwk_problem check_thumbprint(const struct js *jwk, const char *member,
                                         enum hash_alg hash, const uint8_t *der, size_t der_len,
                                         struct err *detail)
{
    const struct js *value = js_get(jwk, member);
    const char *text = js_text(value);
    bool sha1 = hash == HASH_SHA1;
    uint8_t digest[HASH_SIZE_MAX] = {0};
    uint8_t *given = NULL;
    size_t len = 0;
    if (!value) {
        return JWK_OK;
    }
    bool ok = text && b64url_decode(text, strlen(text), &given, &len, NULL) == 0 &&
              len == hash_size(hash);
    if (ok && der) {
        hash_of(hash, der, der_len, digest);
    }
    bool same = ok && (!der || secret_equal(digest, hash_size(hash), given, len));
    xfree(given);
    if (ok && same) {
        return JWK_OK;
    }
    (void)err_set(detail, ERR_PARSE, "member '%s': %s", member,
                  ok ? "another certificate's" : "no base64url of the digest's size");
    if (!ok) {
        return sha1 ? JWK_BAD_X5T : JWK_BAD_X5T_S256;
    }
    return sha1 ? JWK_X5T_OTHER_CERTIFICATE : JWK_X5T_S256_OTHER_CERTIFICATE;
}

/* Every one is a certificate; the first is of this key. */
static enum jwk_problem check_chain(const struct js *list, const struct key *k, struct err *detail)
{
    if (!js_is(list, JS_ARRAY) || js_len(list) == 0 || js_len(list) > X5C_MAX) {
        return found(JWK_BAD_X5C, detail, "x5c", list);
    }
    for (size_t i = 0; i < js_len(list); i++) {
        AUTO(pkey_free) struct pkey *inside = NULL;
        struct err why = {.msg = "no base64"};
        size_t len = 0;
        uint8_t *der = certificate_at(list, i, &len);
        int rc = der ? pkey_from_certificate(der, len, &inside, &why) : -1;
        xfree(der);
        if (rc != 0) {
            (void)err_set(detail, ERR_PARSE, "x5c[%zu]: %s", i, why.msg);
            return JWK_BAD_X5C;
        }
        const struct pkey *own = key_pkey(k);
        if (i == 0 && (!own || !pkey_equal(inside, own))) {
            (void)err_set(detail, ERR_PARSE, "x5c[0] holds another key");
            return JWK_X5C_OTHER_KEY;
        }
    }
    return JWK_OK;
}

/* The JWKs lately found in order, by the digest of their text: reading a certificate costs ten
 * times as much as verifying with the key, and the same set is used for token after token. */
static struct {
    pthread_mutex_t lock;
    size_t next;
    uint8_t digests[REMEMBERED][HASH_SIZE_MAX];
} in_order = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool recall(const uint8_t digest[HASH_SIZE_MAX])
{
    bool known = false;
    (void)pthread_mutex_lock(&in_order.lock);
    for (size_t i = 0; i < REMEMBERED && i < in_order.next && !known; i++) {
        known = memcmp(in_order.digests[i], digest, hash_size(HASH_SHA256)) == 0;
    }
    (void)pthread_mutex_unlock(&in_order.lock);
    return known;
}

static void remember(const uint8_t digest[HASH_SIZE_MAX])
{
    (void)pthread_mutex_lock(&in_order.lock);
    (void)memcpy(in_order.digests[in_order.next % REMEMBERED], digest, HASH_SIZE_MAX);
    in_order.next++;
    (void)pthread_mutex_unlock(&in_order.lock);
}

static enum jwk_problem check_certificates(const struct js *jwk, const struct key *k,
                                           struct err *detail)
{
    const struct js *list = js_get(jwk, "x5c");
    enum jwk_problem p = list ? check_chain(list, k, detail) : JWK_OK;
    size_t len = 0;
    uint8_t *der = p == JWK_OK ? certificate_at(list, 0, &len) : NULL;
    if (p == JWK_OK) {
        p = check_thumbprint(jwk, "x5t", HASH_SHA1, der, len, detail);
    }
    if (p == JWK_OK) {
        p = check_thumbprint(jwk, "x5t#S256", HASH_SHA256, der, len, detail);
    }
    xfree(der);
    return p;
}

enum jwk_problem jwk_check_certificates(const struct js *jwk, const struct key *k,
                                        struct err *detail)
{
    uint8_t digest[HASH_SIZE_MAX] = {0};
    if (!js_get(jwk, "x5c")) {
        return check_certificates(jwk, k, detail);
    }
    AUTO(xfree) char *text = js_compact(jwk);
    hash_of(HASH_SHA256, text, strlen(text), digest);
    if (recall(digest)) {
        return JWK_OK;
    }
    enum jwk_problem p = check_certificates(jwk, k, detail);
    if (p == JWK_OK) {
        remember(digest);
    }
    return p;
}

/* keys and sets */

static enum jwk_problem (*const judges[])(const struct js *, const struct key *, struct err *) = {
    check_names, check_key_ops, check_alg, jwk_check_certificates, NULL,
};

enum jwk_problem jwk_check(const struct js *jwk, struct err *detail)
{
    AUTO(key_free) struct key *k = NULL;
    if (jwk_to_key(jwk, &k, detail) != 0) {
        return JWK_UNREADABLE;
    }
    enum jwk_problem p = JWK_OK;
    for (size_t i = 0; judges[i] && p == JWK_OK; i++) {
        p = judges[i](jwk, k, detail);
    }
    return p;
}

static bool is_twice(const struct js *keys, size_t at)
{
    const char *kid = js_get_text(js_at(keys, at), "kid");
    const char *kty = js_get_text(js_at(keys, at), "kty");
    for (size_t i = 0; kid && i < at; i++) {
        if (cstr_eq(js_get_text(js_at(keys, i), "kid"), kid) &&
            cstr_eq(js_get_text(js_at(keys, i), "kty"), kty)) {
            return true;
        }
    }
    return false;
}

static enum jwk_problem check_member(const struct js *keys, size_t at, struct err *detail)
{
    const struct js *jwk = js_at(keys, at);
    const char *kty = js_get_text(jwk, "kty");
    enum jwk_problem p = jwk_check(jwk, detail);
    if (p != JWK_OK) {
        return p;
    }
    if (cstr_eq(kty, "oct") || js_get(jwk, "d")) {
        (void)err_set(detail, ERR_PARSE, "key %zu of kty '%.40s' has its secret half", at, kty);
        return JWK_SECRET_PUBLISHED;
    }
    if (is_twice(keys, at)) {
        (void)err_set(detail, ERR_PARSE, "key %zu: kid '%.200s' is an earlier key's", at,
                      js_get_text(jwk, "kid"));
        return JWK_KID_TWICE;
    }
    return JWK_OK;
}

enum jwk_problem jwks_check_published(const struct js *jwks, size_t *ret_at, struct err *detail)
{
    const struct js *keys = js_get(jwks, "keys");
    if (!js_is(keys, JS_ARRAY)) {
        return found(JWK_NO_SET, detail, "keys", keys);
    }
    if (js_len(keys) > JWKS_MAX_KEYS) {
        (void)err_set(detail, ERR_PARSE, "%zu keys, expected at most %d", js_len(keys),
                      JWKS_MAX_KEYS);
        return JWK_TOO_MANY;
    }
    for (size_t i = 0; i < js_len(keys); i++) {
        enum jwk_problem p = js_is(js_at(keys, i), JS_OBJECT)
                                 ? check_member(keys, i, detail)
                                 : found(JWK_NO_SET, detail, "keys[]", js_at(keys, i));
        if (p != JWK_OK) {
            if (ret_at) {
                *ret_at = i;
            }
            return p;
        }
    }
    return JWK_OK;
}

/* selection */

bool jwk_kid_suits(const char *kid, const char *wanted)
{
    return !wanted || wanted[0] == '\0' || cstr_eq(kid, wanted);
}

static bool says(const struct js *jwk, const char *member, const char *wanted)
{
    const struct js *value = js_get(jwk, member);
    return !wanted || !value || cstr_eq(js_text(value), wanted);
}

static bool does(const struct js *jwk, const char *op)
{
    const struct js *list = js_get(jwk, "key_ops");
    return !op || !list || has_before(list, js_len(list), op);
}

bool jwk_suits(const struct js *jwk, const struct jwk_want *want)
{
    return js_is(jwk, JS_OBJECT) && jwk_kid_suits(js_get_text(jwk, "kid"), want->kid) &&
           (!want->kty || cstr_eq(js_get_text(jwk, "kty"), want->kty)) &&
           says(jwk, "use", want->use) && says(jwk, "alg", want->alg) && does(jwk, want->op);
}

bool jwks_select(const struct js *jwks, const struct jwk_want *want, struct vec *ret_jwks)
{
    const struct js *keys = js_get(jwks, "keys");
    if (!js_is(keys, JS_ARRAY)) {
        return false;
    }
    for (size_t i = 0; i < js_len(keys); i++) {
        struct js *jwk = js_at(keys, i);
        if (jwk_suits(jwk, want)) {
            vec_push(ret_jwks, jwk);
        }
    }
    return true;
}
