/*
 * RFC 7518 5.2 and 5.3 on OpenSSL EVP. The two families are rows of one table: a key that is cut
 * into a half for the MAC and a half for the cipher, or one cipher that does both.
 */
#include "harness/crypto/content.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "harness/base/buf.h"
#include "harness/base/mem.h"
#include "harness/crypto/evp.h"
#include "harness/crypto/hash.h"

#define BLOCK 16
#define GCM_IV 12
#define GCM_TAG 16
#define TEXT_MAX (1UL << 30)

static const struct content_row {
    const EVP_CIPHER *(*cipher)(void);
    size_t cipher_key;
    size_t mac_key;     /* 0: the cipher authenticates itself */
    enum hash_alg hash; /* of the MAC */
    size_t iv;
    size_t tag;
} rows[CONTENT_ALG_MAX_] = {
    [CONTENT_A128CBC_HS256] = {EVP_aes_128_cbc, 16, 16, HASH_SHA256, BLOCK, 16},
    [CONTENT_A192CBC_HS384] = {EVP_aes_192_cbc, 24, 24, HASH_SHA384, BLOCK, 24},
    [CONTENT_A256CBC_HS512] = {EVP_aes_256_cbc, 32, 32, HASH_SHA512, BLOCK, 32},
    [CONTENT_A128GCM] = {EVP_aes_128_gcm, 16, 0, HASH_MAX_, GCM_IV, GCM_TAG},
    [CONTENT_A192GCM] = {EVP_aes_192_gcm, 24, 0, HASH_MAX_, GCM_IV, GCM_TAG},
    [CONTENT_A256GCM] = {EVP_aes_256_gcm, 32, 0, HASH_MAX_, GCM_IV, GCM_TAG},
};

size_t content_key_size(enum content_alg alg)
{
    assert(alg < CONTENT_ALG_MAX_);
    return rows[alg].cipher_key + rows[alg].mac_key;
}

size_t content_iv_size(enum content_alg alg)
{
    assert(alg < CONTENT_ALG_MAX_);
    return rows[alg].iv;
}

size_t content_tag_size(enum content_alg alg)
{
    assert(alg < CONTENT_ALG_MAX_);
    return rows[alg].tag;
}

bool content_length_fits(enum content_alg alg, size_t n)
{
    assert(alg < CONTENT_ALG_MAX_);
    return n <= TEXT_MAX && (rows[alg].mac_key == 0 || (n > 0 && n % BLOCK == 0));
}

/* RFC 7518 5.2.2.1: MAC(A || IV || E || bit length of A as 64 bits), cut to the tag's size. */
static void mac_tag(const struct content_in *in, const void *p, size_t n,
                    uint8_t out[HASH_SIZE_MAX])
{
    const struct content_row *r = &rows[in->alg];
    uint64_t bits = (uint64_t)in->aad_len * 8;
    AUTO(buf_deinit) struct buf text = {0};
    buf_init(&text, 3 * TEXT_MAX);
    buf_add(&text, in->aad, in->aad_len);
    buf_add(&text, in->iv, r->iv);
    buf_add(&text, p, n);
    for (int shift = 56; shift >= 0; shift -= 8) {
        buf_addc(&text, (char)((bits >> shift) & 0xff));
    }
    assert(buf_ok(&text));
    hmac_of(r->hash, in->key, r->mac_key, text.ptr, text.len, out);
}

/* GCM: the additional data goes in first and gives no bytes. */
static bool add_aad(EVP_CIPHER_CTX *ctx, const struct content_in *in)
{
    int len = 0;
    return rows[in->alg].mac_key > 0 || in->aad_len == 0 ||
           EVP_CipherUpdate(ctx, NULL, &len, in->aad, (int)in->aad_len) == 1;
}

static bool crypt_into(EVP_CIPHER_CTX *ctx, const void *p, size_t n, uint8_t *out, size_t *ret_len)
{
    int len = 0;
    int last = 0;
    bool ok = (n == 0 || EVP_CipherUpdate(ctx, out, &len, p, (int)n) == 1) &&
              EVP_CipherFinal_ex(ctx, out + len, &last) == 1;
    *ret_len = ok ? (size_t)len + (size_t)last : 0;
    return ok;
}

static EVP_CIPHER_CTX *start(const struct content_in *in, bool seal)
{
    const struct content_row *r = &rows[in->alg];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx &&
        EVP_CipherInit_ex2(ctx, r->cipher(), in->key + r->mac_key, in->iv, seal, NULL) == 1 &&
        add_aad(ctx, in)) {
        return ctx;
    }
    EVP_CIPHER_CTX_free(ctx);
    return NULL;
}

int content_seal(const struct content_in *in, const void *p, size_t n, uint8_t **ret,
                 size_t *ret_len, uint8_t ret_tag[CONTENT_TAG_MAX], struct err *err)
{
    const struct content_row *r = &rows[in->alg];
    if (n > TEXT_MAX || in->aad_len > TEXT_MAX) {
        return err_set(err, ERR_CRYPTO, "%zu bytes are too many to encrypt", n);
    }
    uint8_t tag[HASH_SIZE_MAX] = {0};
    uint8_t *out = xcalloc(n + BLOCK, 1);
    size_t len = 0;
    EVP_CIPHER_CTX *ctx = start(in, true);
    bool ok =
        ctx && crypt_into(ctx, p, n, out, &len) &&
        (r->mac_key > 0 || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)r->tag, tag) == 1);
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        xfree(out);
        return evp_err(err, "content encryption");
    }
    if (r->mac_key > 0) {
        mac_tag(in, out, len, tag);
    }
    (void)memcpy(ret_tag, tag, r->tag);
    *ret = out;
    *ret_len = len;
    return 0;
}

/* Of CBC with HMAC the tag is compared here; of GCM it is set, and compared by the last step. */
static bool tag_holds(EVP_CIPHER_CTX *ctx, const struct content_in *in, const void *p, size_t n,
                      const uint8_t *tag)
{
    const struct content_row *r = &rows[in->alg];
    uint8_t wanted[HASH_SIZE_MAX] = {0};
    if (r->mac_key == 0) {
        (void)memcpy(wanted, tag, r->tag);
        return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)r->tag, wanted) == 1;
    }
    mac_tag(in, p, n, wanted);
    return secret_equal(wanted, r->tag, tag, r->tag);
}

bool content_open(const struct content_in *in, const void *p, size_t n, const uint8_t *tag,
                  size_t tag_len, char **ret, size_t *ret_len)
{
    if (tag_len != rows[in->alg].tag || !content_length_fits(in->alg, n) ||
        in->aad_len > TEXT_MAX) {
        return false;
    }
    uint8_t *out = xcalloc(n + BLOCK + 1, 1);
    size_t len = 0;
    EVP_CIPHER_CTX *ctx = start(in, false);
    bool ok = ctx && tag_holds(ctx, in, p, n, tag) && crypt_into(ctx, p, n, out, &len);
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        /* What did not authenticate must not be read by anybody. */
        OPENSSL_cleanse(out, n + BLOCK);
        xfree(out);
        ERR_clear_error();
        return false;
    }
    out[len] = 0;
    *ret = (char *)out;
    *ret_len = len;
    return true;
}
