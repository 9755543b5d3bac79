/*
 * Digests and MACs on OpenSSL 3 EVP. Each algorithm is fetched once for the process: a fetch by
 * name costs more than hashing a token. Failure here means a broken OpenSSL, so it ends the program
 * (assert) instead of burdening every caller with an error path.
 */
#include "harness/crypto/hash.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "harness/base/b64.h"
#include "harness/crypto/evp.h"

static const struct hash_row {
    const char *name;
    size_t size;
} rows[HASH_MAX_] = {
    [HASH_SHA1] = {"SHA1", 20},       [HASH_SHA256] = {"SHA2-256", 32},
    [HASH_SHA384] = {"SHA2-384", 48}, [HASH_SHA512] = {"SHA2-512", 64},
    [HASH_MD5] = {"MD5", 16},
};

/* Each is fetched at its first use (a fetch costs half a millisecond of the start) and kept for the
 * life of the process: immutable, hence no owner is needed. */
static struct {
    _Atomic(EVP_MD *) md;
    _Atomic(EVP_MAC_CTX *) hmac; /* a template without a key, duplicated for each use */
} fetched[HASH_MAX_];
static pthread_mutex_t fetching = PTHREAD_MUTEX_INITIALIZER;

static EVP_MAC_CTX *hmac_template(const char *digest)
{
    char name[16] = {0};
    (void)memcpy(name, digest, strlen(digest));
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac);
    if (ctx && EVP_MAC_CTX_set_params(ctx, params) == 1) {
        return ctx;
    }
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

const EVP_MD *evp_md(enum hash_alg alg)
{
    assert(alg < HASH_MAX_);
    const EVP_MD *md = fetched[alg].md;
    if (!md) {
        pthread_mutex_lock(&fetching);
        if (!fetched[alg].md) {
            fetched[alg].md = EVP_MD_fetch(NULL, rows[alg].name, NULL);
        }
        md = fetched[alg].md;
        pthread_mutex_unlock(&fetching);
    }
    assert(md);
    return md;
}

static const EVP_MAC_CTX *evp_hmac(enum hash_alg alg)
{
    assert(alg < HASH_MAX_);
    const EVP_MAC_CTX *ctx = fetched[alg].hmac;
    if (!ctx) {
        pthread_mutex_lock(&fetching);
        if (!fetched[alg].hmac) {
            fetched[alg].hmac = hmac_template(rows[alg].name);
        }
        ctx = fetched[alg].hmac;
        pthread_mutex_unlock(&fetching);
    }
    assert(ctx);
    return ctx;
}

int evp_err(struct err *err, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return err_set(err, ERR_CRYPTO, "%s: %s", what, reason ? reason : "refused by openssl");
}

size_t hash_size(enum hash_alg alg)
{
    assert(alg < HASH_MAX_);
    return rows[alg].size;
}

void hash_of(enum hash_alg alg, const void *p, size_t n, uint8_t out[HASH_SIZE_MAX])
{
    int ok = EVP_Digest(n > 0 ? p : "", n, out, NULL, evp_md(alg), NULL);
    assert(ok == 1);
    (void)ok;
}

void hmac_of(enum hash_alg alg, const void *key, size_t key_len, const void *p, size_t n,
             uint8_t out[HASH_SIZE_MAX])
{
    size_t len = 0;
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(evp_hmac(alg));
    /* A key of no bytes must still be a pointer: NULL means "the key set before". */
    bool ok = ctx && EVP_MAC_init(ctx, key_len > 0 ? key : (const void *)"", key_len, NULL) == 1 &&
              EVP_MAC_update(ctx, n > 0 ? p : (const void *)"", n) == 1 &&
              EVP_MAC_final(ctx, out, &len, HASH_SIZE_MAX) == 1;
    EVP_MAC_CTX_free(ctx);
    assert(ok && len == hash_size(alg));
    (void)ok;
}

char *hash_sha256_hex(const char *text)
{
    uint8_t out[HASH_SIZE_MAX];
    hash_of(HASH_SHA256, text, strlen(text), out);
    return hex_encode(out, hash_size(HASH_SHA256));
}

bool secret_equal(const void *a, size_t a_len, const void *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || CRYPTO_memcmp(a, b, a_len) == 0);
}

bool secret_text_equal(const char *a, const char *b)
{
    return a && b && secret_equal(a, strlen(a), b, strlen(b));
}
