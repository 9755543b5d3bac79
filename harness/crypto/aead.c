/*
 * AES-256-GCM over whole messages and the scrypt key of Argo CD's state cookie. The derived keys
 * are remembered for the process: the derivation is deliberately slow, and every mock that starts
 * with the same server.secretkey needs the same key.
 */
#include "harness/crypto/aead.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include "harness/base/mem.h"
#include "harness/crypto/count.h"
#include "harness/crypto/evp.h"
#include "harness/crypto/hash.h"

#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_MEMORY (64UL * 1024 * 1024)
#define REMEMBERED 64

/* The remembered keys, by the digest of their password; the oldest gives way. */
static struct {
    pthread_mutex_t lock;
    size_t len;
    struct {
        uint8_t password[HASH_SIZE_MAX];
        uint8_t key[AEAD_KEY];
    } rows[REMEMBERED];
} remembered = {.lock = PTHREAD_MUTEX_INITIALIZER};

int kdf_scrypt(const struct kdf_scrypt *in, uint8_t *ret_key, size_t key_len, struct err *err)
{
    /* OpenSSL's parameters are not const, but it does not write to these. */
    struct kdf_scrypt v = *in;
    uint64_t memory = SCRYPT_MEMORY;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)(uintptr_t)v.password,
                                          v.password_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)v.salt,
                                          v.salt_len),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &v.n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &v.r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &v.p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "SCRYPT", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = ctx && EVP_KDF_derive(ctx, ret_key, key_len, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    crypto_count(CRYPTO_SCRYPT);
    return ok ? 0 : evp_err(err, "scrypt");
}

/* With the lock held, so that two scenarios that start at once derive once. */
static int argocd_key_locked(const char *password, const uint8_t digest[HASH_SIZE_MAX],
                             uint8_t ret_key[AEAD_KEY], struct err *err)
{
    size_t digest_len = hash_size(HASH_SHA256);
    size_t filled = remembered.len < REMEMBERED ? remembered.len : REMEMBERED;
    for (size_t i = 0; i < filled; i++) {
        if (memcmp(remembered.rows[i].password, digest, digest_len) == 0) {
            (void)memcpy(ret_key, remembered.rows[i].key, AEAD_KEY);
            return 0;
        }
    }
    struct kdf_scrypt in = {
        .password = password,
        .password_len = strlen(password),
        .salt = digest,
        .salt_len = digest_len,
        .n = SCRYPT_N,
        .r = SCRYPT_R,
        .p = SCRYPT_P,
    };
    if (kdf_scrypt(&in, ret_key, AEAD_KEY, err) != 0) {
        return -1;
    }
    size_t at = remembered.len % REMEMBERED;
    (void)memcpy(remembered.rows[at].password, digest, digest_len);
    (void)memcpy(remembered.rows[at].key, ret_key, AEAD_KEY);
    remembered.len++;
    return 0;
}

int kdf_argocd_key(const char *server_secretkey, uint8_t ret_key[AEAD_KEY], struct err *err)
{
    uint8_t digest[HASH_SIZE_MAX] = {0};
    hash_of(HASH_SHA256, server_secretkey, strlen(server_secretkey), digest);
    (void)pthread_mutex_lock(&remembered.lock);
    int rc = argocd_key_locked(server_secretkey, digest, ret_key, err);
    (void)pthread_mutex_unlock(&remembered.lock);
    return rc;
}

static bool seal_into(EVP_CIPHER_CTX *ctx, const uint8_t key[AEAD_KEY],
                      const uint8_t nonce[AEAD_NONCE], const void *p, int n, uint8_t *out)
{
    int len = 0;
    uint8_t *body = out + AEAD_NONCE;
    (void)memcpy(out, nonce, AEAD_NONCE);
    return ctx && EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
           (n == 0 || EVP_EncryptUpdate(ctx, body, &len, p, n) == 1) &&
           EVP_EncryptFinal_ex(ctx, body + len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, AEAD_TAG, body + n) == 1;
}

int aead_seal(const uint8_t key[AEAD_KEY], const uint8_t nonce[AEAD_NONCE], const void *p, size_t n,
              uint8_t **ret, size_t *ret_len, struct err *err)
{
    if (n > INT_MAX - AEAD_NONCE - AEAD_TAG) {
        return err_set(err, ERR_CRYPTO, "%zu bytes are too many to seal", n);
    }
    size_t size = AEAD_NONCE + n + AEAD_TAG;
    uint8_t *out = xmalloc(size);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = seal_into(ctx, key, nonce, p, (int)n, out);
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        xfree(out);
        return evp_err(err, "AES-256-GCM");
    }
    *ret = out;
    *ret_len = size;
    return 0;
}

static bool open_into(EVP_CIPHER_CTX *ctx, const uint8_t key[AEAD_KEY], const uint8_t *sealed,
                      int n, char *out)
{
    int len = 0;
    uint8_t *to = (uint8_t *)out;
    const uint8_t *body = sealed + AEAD_NONCE;
    uint8_t tag[AEAD_TAG];
    (void)memcpy(tag, body + n, AEAD_TAG);
    return ctx && EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, sealed, NULL) == 1 &&
           (n == 0 || EVP_DecryptUpdate(ctx, to, &len, body, n) == 1) &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, AEAD_TAG, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, to + len, &len) == 1;
}

int aead_open(const uint8_t key[AEAD_KEY], const void *p, size_t n, char **ret, size_t *ret_len,
              struct err *err)
{
    if (n < AEAD_NONCE + AEAD_TAG || n > INT_MAX) {
        return err_set(err, ERR_CRYPTO, "sealed message of %zu bytes, expected at least %d", n,
                       AEAD_NONCE + AEAD_TAG);
    }
    size_t size = n - AEAD_NONCE - AEAD_TAG;
    char *out = xcalloc(size + 1, 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = open_into(ctx, key, p, (int)size, out);
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) {
        /* What did not authenticate must not be read by anybody. */
        OPENSSL_cleanse(out, size);
        xfree(out);
        (void)evp_err(NULL, "");
        return err_set(err, ERR_CRYPTO, "message authentication failed");
    }
    *ret = out;
    *ret_len = size;
    return 0;
}
