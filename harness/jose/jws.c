/*
 * JWS compact serialisation: strict reading, signing, verifying. Makes tokens with any header, also
 * ones that lie about their algorithm; verifies only with a key that fits. Knows nothing of claims.
 */
#include "harness/jose/jws.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/crypto/count.h"
#include "harness/crypto/hash.h"
#include "harness/crypto/pkey.h"
#include "harness/jose/compact.h"
#include "harness/jose/key_impl.h"

enum family { FAMILY_NONE, FAMILY_HMAC, FAMILY_PAIR };

/* RFC 7518 3.1, RFC 8037 3.1. */
static const struct alg_row {
    const char *name;
    enum family family;
    enum sign_scheme scheme;
    enum hash_alg hash;
    enum key_kind curve; /* of ECDSA: each algorithm has its own (RFC 7518 3.4) */
} algs[JWS_ALG_MAX_] = {
    [JWS_NONE] = {"none", FAMILY_NONE, SIGN_SCHEME_MAX_, HASH_SHA256, KEY_KIND_MAX_},
    [JWS_HS256] = {"HS256", FAMILY_HMAC, SIGN_SCHEME_MAX_, HASH_SHA256, KEY_KIND_MAX_},
    [JWS_HS384] = {"HS384", FAMILY_HMAC, SIGN_SCHEME_MAX_, HASH_SHA384, KEY_KIND_MAX_},
    [JWS_HS512] = {"HS512", FAMILY_HMAC, SIGN_SCHEME_MAX_, HASH_SHA512, KEY_KIND_MAX_},
    [JWS_RS256] = {"RS256", FAMILY_PAIR, SIGN_PKCS1, HASH_SHA256, KEY_KIND_MAX_},
    [JWS_RS384] = {"RS384", FAMILY_PAIR, SIGN_PKCS1, HASH_SHA384, KEY_KIND_MAX_},
    [JWS_RS512] = {"RS512", FAMILY_PAIR, SIGN_PKCS1, HASH_SHA512, KEY_KIND_MAX_},
    [JWS_PS256] = {"PS256", FAMILY_PAIR, SIGN_PSS, HASH_SHA256, KEY_KIND_MAX_},
    [JWS_PS384] = {"PS384", FAMILY_PAIR, SIGN_PSS, HASH_SHA384, KEY_KIND_MAX_},
    [JWS_PS512] = {"PS512", FAMILY_PAIR, SIGN_PSS, HASH_SHA512, KEY_KIND_MAX_},
    [JWS_ES256] = {"ES256", FAMILY_PAIR, SIGN_ECDSA, HASH_SHA256, KEY_EC_P256},
    [JWS_ES384] = {"ES384", FAMILY_PAIR, SIGN_ECDSA, HASH_SHA384, KEY_EC_P384},
    [JWS_ES512] = {"ES512", FAMILY_PAIR, SIGN_ECDSA, HASH_SHA512, KEY_EC_P521},
    [JWS_EDDSA] = {"EdDSA", FAMILY_PAIR, SIGN_EDDSA, HASH_SHA512, KEY_KIND_MAX_},
};

static const char *const problem_texts[JWS_PROBLEM_MAX_] = {
    [JWS_OK] = "ok",
    [JWS_NOT_THREE_PARTS] = "not three parts",
    [JWS_BAD_BASE64] = "bad base64url",
    [JWS_BAD_HEADER] = "bad header",
    [JWS_NO_ALG] = "no alg in the header",
    [JWS_CRITICAL_HEADER] = "critical header parameters",
    [JWS_WRONG_KEY_TYPE] = "key does not fit the algorithm",
    [JWS_BAD_SIGNATURE] = "signature does not verify",
    [JWS_TOO_LONG] = "too long",
    [JWS_PADDED_BASE64] = "padded base64url",
    [JWS_WHITE_SPACE] = "white space in base64url",
    [JWS_PLAIN_BASE64] = "base64 instead of base64url",
    [JWS_STRAY_BITS] = "stray bits at the end of base64url",
    [JWS_DUPLICATE_MEMBER] = "member twice in the header",
    [JWS_DEEP_HEADER] = "header nested too deep",
    [JWS_LONG_HEADER] = "header too long",
    [JWS_UNENCODED_PAYLOAD] = "unencoded payload (b64)",
    [JWS_EMBEDDED_KEY] = "key inside the token",
    [JWS_UNSECURED] = "unsecured",
    [JWS_UNKNOWN_ALG] = "unknown algorithm",
    [JWS_PAIR_AS_SECRET] = "key pair taken for a shared secret",
};

static const enum jws_problem of_compact[COMPACT_MAX_] = {
    [COMPACT_OK] = JWS_OK,
    [COMPACT_TOO_LONG] = JWS_TOO_LONG,
    [COMPACT_PARTS] = JWS_NOT_THREE_PARTS,
    [COMPACT_PADDED] = JWS_PADDED_BASE64,
    [COMPACT_WHITE_SPACE] = JWS_WHITE_SPACE,
    [COMPACT_PLAIN_BASE64] = JWS_PLAIN_BASE64,
    [COMPACT_STRAY_BITS] = JWS_STRAY_BITS,
    [COMPACT_BASE64] = JWS_BAD_BASE64,
    [COMPACT_HEADER] = JWS_BAD_HEADER,
    [COMPACT_DUPLICATE] = JWS_DUPLICATE_MEMBER,
    [COMPACT_DEEP] = JWS_DEEP_HEADER,
    [COMPACT_LONG_HEADER] = JWS_LONG_HEADER,
};

const char *jws_problem_text(enum jws_problem p)
{
    assert(p < JWS_PROBLEM_MAX_);
    return problem_texts[p];
}

const char *jws_alg_name(enum jws_alg alg)
{
    return alg < JWS_ALG_MAX_ ? algs[alg].name : "unknown";
}

bool jws_alg_from_name(const char *name, enum jws_alg *ret)
{
    for (int i = 0; i < JWS_ALG_MAX_; i++) {
        if (cstr_eq(name, algs[i].name)) {
            *ret = (enum jws_alg)i;
            return true;
        }
    }
    return false;
}

/* A key of the right family, whatever its curve. */
static bool family_fits(enum jws_alg alg, const struct key *k)
{
    const struct pkey *pkey = k ? key_pkey(k) : NULL;
    if (!k || alg >= JWS_ALG_MAX_ || algs[alg].family == FAMILY_NONE) {
        return false;
    }
    if (algs[alg].family == FAMILY_HMAC) {
        return !pkey;
    }
    return pkey && sign_scheme_fits(algs[alg].scheme, pkey);
}

bool jws_alg_fits(enum jws_alg alg, const struct key *k)
{
    return family_fits(alg, k) &&
           (algs[alg].curve == KEY_KIND_MAX_ || algs[alg].curve == key_kind(k));
}

static void hmac_sign(const struct key *k, enum jws_alg alg, const struct buf *input, uint8_t **ret,
                      size_t *ret_len)
{
    uint8_t mac[HASH_SIZE_MAX] = {0};
    size_t secret_len = 0;
    const uint8_t *secret = key_secret(k, &secret_len);
    hmac_of(algs[alg].hash, secret, secret_len, input->ptr, input->len, mac);
    crypto_count(CRYPTO_SIGN_HMAC);
    *ret_len = hash_size(algs[alg].hash);
    *ret = xmemdup(mac, *ret_len);
}

static int make_signature(const struct key *k, enum jws_alg alg, const struct buf *input,
                          uint8_t **ret, size_t *ret_len, struct err *err)
{
    if (alg == JWS_NONE) {
        return 0;
    }
    /* Not jws_alg_fits: old authentiks say ES256 whatever their curve is (authentik.md 6.1). */
    if (!family_fits(alg, k)) {
        return err_set(err, ERR_CRYPTO, "%s cannot be signed with a key of kind %s",
                       jws_alg_name(alg), k ? key_kind_name(key_kind(k)) : "none");
    }
    if (algs[alg].family == FAMILY_HMAC) {
        hmac_sign(k, alg, input, ret, ret_len);
        return 0;
    }
    return pkey_sign(key_pkey(k), algs[alg].scheme, algs[alg].hash, input->ptr, input->len, ret,
                     ret_len, err);
}

int jws_sign(const struct key *k, enum jws_alg alg, const struct js *header, struct str payload,
             char **ret, struct err *err)
{
    AUTO(xfree) char *header_text = js_compact(header);
    AUTO(xfree) char *header_b64 = b64url_encode(header_text, strlen(header_text));
    AUTO(xfree) char *payload_b64 = b64url_encode(payload.ptr, payload.len);
    AUTO(buf_deinit) struct buf text = {0};
    buf_init(&text, BUF_MAX_TEXT);
    buf_adds(&text, header_b64);
    buf_addc(&text, '.');
    buf_adds(&text, payload_b64);
    uint8_t *signature = NULL;
    size_t len = 0;
    if (make_signature(k, alg, &text, &signature, &len, err) != 0) {
        return -1;
    }
    AUTO(xfree) char *signature_b64 = b64url_encode(signature, len);
    xfree(signature);
    buf_addc(&text, '.');
    buf_adds(&text, signature_b64);
    if (!buf_ok(&text)) {
        return err_set(err, ERR_INTERNAL, "token of more than %lu bytes", BUF_MAX_TEXT);
    }
    *ret = buf_take(&text);
    return 0;
}

void jws_deinit(struct jws *j)
{
    xfree(j->text);
    (void)js_free(j->header);
    xfree(j->payload);
    xfree(j->signature);
    *j = (struct jws){0};
}

static enum jws_problem read_alg(struct jws *j, struct err *detail)
{
    const struct js *alg = js_get(j->header, "alg");
    const char *name = js_text(alg);
    if (!name) {
        (void)err_set(detail, ERR_PARSE, "the header has %s",
                      alg ? "an 'alg' that is no string" : "no 'alg'");
        return JWS_NO_ALG;
    }
    if (js_get(j->header, "crit")) {
        bool b64 = js_get(j->header, "b64");
        (void)err_set(detail, ERR_PARSE, "the header has 'crit'%s, no extension is understood",
                      b64 ? " and 'b64'" : "");
        return b64 ? JWS_UNENCODED_PAYLOAD : JWS_CRITICAL_HEADER;
    }
    j->alg = JWS_ALG_MAX_;
    (void)jws_alg_from_name(name, &j->alg);
    return JWS_OK;
}

enum jws_problem jws_parse(const char *compact, struct jws *ret, struct err *detail)
{
    struct str parts[3];
    uint8_t *payload = NULL;
    enum compact_problem p = compact_split(compact, 3, parts, detail);
    if (p != COMPACT_OK) {
        return of_compact[p];
    }
    AUTO(jws_deinit) struct jws j = {.text = xstrdup(compact), .alg = JWS_ALG_MAX_};
    j.signing_input = (struct str){j.text, parts[0].len + 1 + parts[1].len};
    p = compact_header(parts[0], &j.header, detail);
    enum jws_problem problem = p == COMPACT_OK ? read_alg(&j, detail) : of_compact[p];
    if (problem != JWS_OK) {
        return problem;
    }
    p = compact_decode(parts[1], "payload", &payload, &j.payload_len, detail);
    j.payload = (char *)payload;
    if (p == COMPACT_OK) {
        p = compact_decode(parts[2], "signature", &j.signature, &j.signature_len, detail);
    }
    if (p == COMPACT_OK) {
        *ret = j;
        j = (struct jws){0};
    }
    return of_compact[p];
}

enum jws_problem jws_check_header(const struct jws *j, struct err *detail)
{
    if (js_get(j->header, "b64")) {
        (void)err_set(detail, ERR_PARSE, "the header has 'b64' without 'crit' (RFC 7797 6)");
        return JWS_UNENCODED_PAYLOAD;
    }
    const char *member = compact_own_key(j->header);
    if (member) {
        (void)err_set(detail, ERR_PARSE, "the header has '%s', which is never trusted", member);
        return JWS_EMBEDDED_KEY;
    }
    return JWS_OK;
}

bool jws_is_unsecured(const struct jws *j)
{
    const char *alg = js_get_text(j->header, "alg");
    return alg && strcasecmp(alg, "none") == 0;
}

static bool hmac_verify(const struct jws *j, const struct key *k)
{
    uint8_t mac[HASH_SIZE_MAX] = {0};
    size_t secret_len = 0;
    const uint8_t *secret = key_secret(k, &secret_len);
    enum hash_alg hash = algs[j->alg].hash;
    hmac_of(hash, secret, secret_len, j->signing_input.ptr, j->signing_input.len, mac);
    crypto_count(CRYPTO_VERIFY_HMAC);
    return secret_equal(mac, hash_size(hash), j->signature, j->signature_len);
}

enum jws_problem jws_verify(const struct jws *j, const struct key *k)
{
    if (jws_is_unsecured(j)) {
        return JWS_UNSECURED;
    }
    if (j->alg == JWS_ALG_MAX_) {
        return JWS_UNKNOWN_ALG;
    }
    if (algs[j->alg].family == FAMILY_HMAC && k && key_pkey(k)) {
        return JWS_PAIR_AS_SECRET;
    }
    if (!jws_alg_fits(j->alg, k)) {
        return JWS_WRONG_KEY_TYPE;
    }
    bool ok =
        algs[j->alg].family == FAMILY_HMAC
            ? hmac_verify(j, k)
            : pkey_verify(key_pkey(k), algs[j->alg].scheme, algs[j->alg].hash, j->signing_input.ptr,
                          j->signing_input.len, j->signature, j->signature_len);
    return ok ? JWS_OK : JWS_BAD_SIGNATURE;
}
