/*
 * RSAES-OAEP (RFC 8017 7.1): the one way this harness moves a key to somebody. Opening never says
 * that it failed: a caller who could tell would be the oracle of RFC 7516 11.5.
 */
#include "harness/crypto/pkey.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "harness/crypto/evp.h"
#include "harness/crypto/pkey_impl.h"
#include "harness/crypto/random.h"

static bool make_ready(EVP_PKEY_CTX *ctx, enum sign_use use, enum hash_alg hash)
{
    int ok = use == SIGN_USE_SIGN ? EVP_PKEY_decrypt_init(ctx) : EVP_PKEY_encrypt_init(ctx);
    return ok == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, evp_md(hash)) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, evp_md(hash)) == 1;
}

int pkey_oaep_seal(const struct pkey *k, enum hash_alg hash, const void *p, size_t n, uint8_t **ret,
                   size_t *ret_len, struct err *err)
{
    if (k->kind != PKEY_RSA) {
        return err_set(err, ERR_CRYPTO, "RSA-OAEP needs an RSA key");
    }
    size_t len = (size_t)EVP_PKEY_get_size(k->evp);
    uint8_t *out = xcalloc(len, 1);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
    bool ok = ctx && make_ready(ctx, SIGN_USE_VERIFY, hash) &&
              EVP_PKEY_encrypt(ctx, out, &len, p, n) == 1;
    EVP_PKEY_CTX_free(ctx);
    sign_count(k, SIGN_USE_VERIFY); /* it is the public operation of a verification */
    if (!ok) {
        xfree(out);
        return evp_err(err, "RSA-OAEP");
    }
    *ret = out;
    *ret_len = len;
    return 0;
}

/* The bytes that were sealed, or false; size is what `out` holds. */
static bool open_into(const struct pkey *k, enum hash_alg hash, const void *sealed,
                      size_t sealed_len, uint8_t *out, size_t *size)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
    bool ok = ctx && make_ready(ctx, SIGN_USE_SIGN, hash) &&
              EVP_PKEY_decrypt(ctx, out, size, sealed, sealed_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

void pkey_oaep_open_or_random(const struct pkey *k, enum hash_alg hash, const void *sealed,
                              size_t sealed_len, uint8_t *out, size_t n)
{
    size_t size = k->kind == PKEY_RSA ? (size_t)EVP_PKEY_get_size(k->evp) : 0;
    uint8_t *found = xcalloc(size + n, 1);
    size_t found_len = size;
    random_fill(out, n);
    bool ok = k->kind == PKEY_RSA && k->is_private &&
              open_into(k, hash, sealed, sealed_len, found, &found_len);
    sign_count(k, SIGN_USE_SIGN); /* it is the private operation of a signature */
    /* Both keys are at hand in either case, and one is taken without a branch. */
    uint8_t take = (uint8_t)(0U - (unsigned)(ok && found_len == n));
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)((found[i] & take) | (out[i] & (uint8_t)~take));
    }
    OPENSSL_cleanse(found, size + n);
    xfree(found);
}
