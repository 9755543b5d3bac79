/*
 * Making and checking signatures. Contexts made ready for a scheme and hash are kept idle with the
 * key and used again, so a signature costs the bare operation. ECDSA leaves and enters in the fixed
 * width form of JOSE, never in DER. Every operation is counted.
 */
#include "harness/crypto/pkey.h"

#include <assert.h>
#include <limits.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "harness/crypto/count.h"
#include "harness/crypto/evp.h"
#include "harness/crypto/pkey_impl.h"

bool sign_scheme_fits(enum sign_scheme scheme, const struct pkey *k)
{
    static const enum sign_scheme of_kind[PKEY_KIND_MAX_] = {
        [PKEY_RSA] = SIGN_PKCS1,     [PKEY_EC_P256] = SIGN_ECDSA, [PKEY_EC_P384] = SIGN_ECDSA,
        [PKEY_EC_P521] = SIGN_ECDSA, [PKEY_ED25519] = SIGN_EDDSA, [PKEY_ED448] = SIGN_EDDSA,
    };
    return of_kind[k->kind] == scheme || (k->kind == PKEY_RSA && scheme == SIGN_PSS);
}

void sign_count(const struct pkey *k, enum sign_use use)
{
    bool sign = use == SIGN_USE_SIGN;
    if (pkey_group_name(k->kind)) {
        crypto_count(sign ? CRYPTO_SIGN_EC : CRYPTO_VERIFY_EC);
    } else if (k->kind != PKEY_RSA) {
        crypto_count(sign ? CRYPTO_SIGN_OTHER : CRYPTO_VERIFY_OTHER);
    } else if (!sign) {
        crypto_count(CRYPTO_VERIFY_RSA);
    } else if (k->bits == 2048) {
        crypto_count(CRYPTO_SIGN_RSA2048);
    } else {
        crypto_count(k->bits == 4096 ? CRYPTO_SIGN_RSA4096 : CRYPTO_SIGN_OTHER);
    }
}

static bool make_ready(EVP_PKEY_CTX *ctx, enum sign_use use, enum sign_scheme scheme,
                       enum hash_alg hash)
{
    int ok = use == SIGN_USE_SIGN ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx);
    if (ok == 1 && scheme != SIGN_ECDSA) {
        int padding = scheme == SIGN_PSS ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
        ok = EVP_PKEY_CTX_set_rsa_padding(ctx, padding);
    }
    if (ok == 1) {
        ok = EVP_PKEY_CTX_set_signature_md(ctx, evp_md(hash));
    }
    if (ok == 1 && scheme == SIGN_PSS) {
        /* RFC 7518 3.5: the salt is as long as the hash. */
        ok = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
    }
    return ok == 1;
}

static struct sign_ctx *ctx_take(const struct pkey *k, enum sign_use use, enum sign_scheme scheme,
                                 enum hash_alg hash)
{
    struct pkey_state *s = k->state;
    (void)pthread_mutex_lock(&s->lock);
    struct sign_ctx *c = s->idle[use][scheme][hash];
    if (c) {
        s->idle[use][scheme][hash] = c->next;
    }
    (void)pthread_mutex_unlock(&s->lock);
    if (c) {
        return c;
    }
    EVP_PKEY_CTX *evp = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
    if (!evp || !make_ready(evp, use, scheme, hash)) {
        EVP_PKEY_CTX_free(evp);
        return NULL;
    }
    c = xcalloc(1, sizeof *c);
    c->evp = evp;
    return c;
}

static void ctx_give_back(const struct pkey *k, enum sign_use use, enum sign_scheme scheme,
                          enum hash_alg hash, struct sign_ctx *c)
{
    struct pkey_state *s = k->state;
    (void)pthread_mutex_lock(&s->lock);
    c->next = s->idle[use][scheme][hash];
    s->idle[use][scheme][hash] = c;
    (void)pthread_mutex_unlock(&s->lock);
}

/* DER → r || s. Takes over der. */
static int ecdsa_to_fixed(const struct pkey *k, uint8_t *der, size_t der_len, uint8_t **ret,
                          size_t *ret_len, struct err *err)
{
    int width = (int)pkey_width(k->kind);
    const unsigned char *at = der;
    uint8_t *fixed = xcalloc(2, (size_t)width);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), fixed, width) == width &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), fixed + width, width) == width;
    ECDSA_SIG_free(sig);
    xfree(der);
    if (!ok) {
        xfree(fixed);
        return evp_err(err, "ECDSA signature");
    }
    *ret = fixed;
    *ret_len = 2 * (size_t)width;
    return 0;
}

/* r || s → DER, OpenSSL's memory; NULL when the width is wrong. */
static uint8_t *ecdsa_to_der(const struct pkey *k, const uint8_t *fixed, size_t len, int *ret_len)
{
    int width = (int)pkey_width(k->kind);
    if (len != 2 * (size_t)width) {
        return NULL;
    }
    uint8_t *der = NULL;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(fixed, width, NULL);
    BIGNUM *s = BN_bin2bn(fixed + width, width, NULL);
    if (!sig || ECDSA_SIG_set0(sig, r, s) != 1) {
        BN_free(r);
        BN_free(s);
    } else {
        *ret_len = i2d_ECDSA_SIG(sig, &der);
    }
    ECDSA_SIG_free(sig);
    return der;
}

static int eddsa_sign(const struct pkey *k, const void *p, size_t n, uint8_t **ret, size_t *ret_len,
                      struct err *err)
{
    size_t len = (size_t)EVP_PKEY_get_size(k->evp);
    uint8_t *out = xcalloc(len, 1);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, k->evp, NULL) == 1 &&
              EVP_DigestSign(ctx, out, &len, p, n) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        xfree(out);
        return evp_err(err, "EdDSA signature");
    }
    *ret = out;
    *ret_len = len;
    return 0;
}

static int digest_sign(const struct pkey *k, enum sign_scheme scheme, enum hash_alg hash,
                       const uint8_t *digest, uint8_t **ret, size_t *ret_len, struct err *err)
{
    struct sign_ctx *c = ctx_take(k, SIGN_USE_SIGN, scheme, hash);
    if (!c) {
        return evp_err(err, "preparing a signature");
    }
    size_t len = (size_t)EVP_PKEY_get_size(k->evp);
    uint8_t *out = xcalloc(len, 1);
    int ok = EVP_PKEY_sign(c->evp, out, &len, digest, hash_size(hash));
    ctx_give_back(k, SIGN_USE_SIGN, scheme, hash, c);
    if (ok != 1) {
        xfree(out);
        return evp_err(err, "signature");
    }
    if (scheme == SIGN_ECDSA) {
        return ecdsa_to_fixed(k, out, len, ret, ret_len, err);
    }
    *ret = out;
    *ret_len = len;
    return 0;
}

int pkey_sign(const struct pkey *k, enum sign_scheme scheme, enum hash_alg hash, const void *p,
              size_t n, uint8_t **ret, size_t *ret_len, struct err *err)
{
    if (!k->is_private) {
        return err_set(err, ERR_CRYPTO, "a public key cannot sign");
    }
    if (!sign_scheme_fits(scheme, k)) {
        return err_set(err, ERR_CRYPTO, "the key does not fit the algorithm");
    }
    sign_count(k, SIGN_USE_SIGN);
    if (scheme == SIGN_EDDSA) {
        return eddsa_sign(k, p, n, ret, ret_len, err);
    }
    uint8_t digest[HASH_SIZE_MAX] = {0};
    hash_of(hash, p, n, digest);
    return digest_sign(k, scheme, hash, digest, ret, ret_len, err);
}

static bool eddsa_verify(const struct pkey *k, const void *p, size_t n, const void *signature,
                         size_t signature_len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, k->evp, NULL) == 1 &&
              EVP_DigestVerify(ctx, signature, signature_len, p, n) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static bool digest_verify(const struct pkey *k, enum sign_scheme scheme, enum hash_alg hash,
                          const uint8_t *digest, const void *signature, size_t signature_len)
{
    int der_len = 0;
    uint8_t *der =
        scheme == SIGN_ECDSA ? ecdsa_to_der(k, signature, signature_len, &der_len) : NULL;
    if (scheme == SIGN_ECDSA && !der) {
        return false;
    }
    const uint8_t *sig = der ? der : signature;
    size_t sig_len = der ? (size_t)der_len : signature_len;
    struct sign_ctx *c = ctx_take(k, SIGN_USE_VERIFY, scheme, hash);
    bool ok = c && EVP_PKEY_verify(c->evp, sig, sig_len, digest, hash_size(hash)) == 1;
    if (c) {
        ctx_give_back(k, SIGN_USE_VERIFY, scheme, hash, c);
    }
    OPENSSL_free(der);
    return ok;
}

bool pkey_verify(const struct pkey *k, enum sign_scheme scheme, enum hash_alg hash, const void *p,
                 size_t n, const void *signature, size_t signature_len)
{
    if (!sign_scheme_fits(scheme, k) || signature_len == 0) {
        return false;
    }
    sign_count(k, SIGN_USE_VERIFY);
    bool ok = false;
    if (scheme == SIGN_EDDSA) {
        ok = eddsa_verify(k, p, n, signature, signature_len);
    } else {
        uint8_t digest[HASH_SIZE_MAX] = {0};
        hash_of(hash, p, n, digest);
        ok = digest_verify(k, scheme, hash, digest, signature, signature_len);
    }
    if (!ok) {
        ERR_clear_error(); /* a wrong signature is no error of ours */
    }
    return ok;
}
