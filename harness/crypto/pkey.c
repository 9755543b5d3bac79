/*
 * What a key is: reading PEM, telling the kind, writing PEM. Numbers are in parts.c, signatures in
 * sign.c, certificates in certificate.c. One owner; the lock protects only what the key remembers.
 */
#include "harness/crypto/pkey.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "harness/base/str.h"
#include "harness/crypto/evp.h"
#include "harness/crypto/pkey_impl.h"

#define PEM_MAX (64 * 1024)

static const struct kind_row {
    const char *type;  /* OpenSSL's name of the algorithm */
    const char *group; /* OpenSSL's name of the curve */
    size_t width;
} kinds[PKEY_KIND_MAX_] = {
    [PKEY_RSA] = {"RSA", NULL, 0},
    [PKEY_EC_P256] = {"EC", "prime256v1", 32},
    [PKEY_EC_P384] = {"EC", "secp384r1", 48},
    [PKEY_EC_P521] = {"EC", "secp521r1", 66},
    [PKEY_ED25519] = {"ED25519", NULL, 32},
    [PKEY_ED448] = {"ED448", NULL, 57},
};

const char *pkey_group_name(enum pkey_kind kind)
{
    return kinds[kind].group;
}

const char *pkey_type_name(enum pkey_kind kind)
{
    return kinds[kind].type;
}

size_t pkey_width(enum pkey_kind kind)
{
    assert(kind < PKEY_KIND_MAX_);
    return kinds[kind].width;
}

static int kind_of(EVP_PKEY *evp, enum pkey_kind *ret, struct err *err)
{
    char group[64] = {0};
    size_t len = 0;
    bool ec = EVP_PKEY_is_a(evp, "EC") == 1;
    if (ec && EVP_PKEY_get_group_name(evp, group, sizeof group, &len) != 1) {
        return evp_err(err, "key with a curve without a name");
    }
    for (int i = 0; i < PKEY_KIND_MAX_; i++) {
        if (EVP_PKEY_is_a(evp, kinds[i].type) == 1 &&
            (!kinds[i].group || strcmp(kinds[i].group, group) == 0)) {
            *ret = (enum pkey_kind)i;
            return 0;
        }
    }
    const char *type = ec ? group : EVP_PKEY_get0_type_name(evp);
    return err_set(err, ERR_CRYPTO,
                   "key of kind '%s', expected RSA, P-256, P-384, P-521, Ed25519 or Ed448",
                   type ? type : "?");
}

static bool has_private_half(EVP_PKEY *evp, enum pkey_kind kind)
{
    BIGNUM *d = NULL;
    size_t len = 0;
    bool edwards = kind == PKEY_ED25519 || kind == PKEY_ED448;
    const char *name = kind == PKEY_RSA ? OSSL_PKEY_PARAM_RSA_D : OSSL_PKEY_PARAM_PRIV_KEY;
    bool has = edwards ? EVP_PKEY_get_raw_private_key(evp, NULL, &len) == 1
                       : EVP_PKEY_get_bn_param(evp, name, &d) == 1;
    BN_clear_free(d);
    ERR_clear_error();
    return has;
}

int pkey_wrap(EVP_PKEY *evp, struct pkey **ret, struct err *err)
{
    enum pkey_kind kind = PKEY_KIND_MAX_;
    if (kind_of(evp, &kind, err) != 0) {
        EVP_PKEY_free(evp);
        return -1;
    }
    struct pkey *k = xcalloc(1, sizeof *k);
    k->evp = evp;
    k->kind = kind;
    k->is_private = has_private_half(evp, kind);
    k->bits = (unsigned)EVP_PKEY_get_bits(evp);
    k->state = xcalloc(1, sizeof *k->state);
    (void)pthread_mutex_init(&k->state->lock, NULL);
    *ret = k;
    return 0;
}

static void free_idle(struct sign_ctx *c)
{
    while (c) {
        struct sign_ctx *next = c->next;
        EVP_PKEY_CTX_free(c->evp);
        xfree(c);
        c = next;
    }
}

static void free_certificates(struct pkey_certificate *c)
{
    while (c) {
        struct pkey_certificate *next = c->next;
        xfree(c->common_name);
        xfree(c->der);
        xfree(c);
        c = next;
    }
}

struct pkey *pkey_free(struct pkey *k)
{
    if (!k) {
        return NULL;
    }
    for (int use = 0; use < SIGN_USE_MAX_; use++) {
        for (int scheme = 0; scheme < SIGN_SCHEME_MAX_; scheme++) {
            for (int hash = 0; hash < HASH_MAX_; hash++) {
                free_idle(k->state->idle[use][scheme][hash]);
            }
        }
    }
    free_certificates(k->state->certificates);
    (void)pthread_mutex_destroy(&k->state->lock);
    xfree(k->state);
    EVP_PKEY_free(k->evp);
    return xfree(k);
}

/* Instead of OpenSSL's own, which would ask the terminal. */
static int refuse_passphrase(char *out, size_t out_size, size_t *ret_len, const OSSL_PARAM params[],
                             void *arg)
{
    return 0;
}

/* The algorithm a PKCS#8 text names, in OpenSSL's word; NULL when it is none of ours. */
static const char *pkcs8_type(const char *pem)
{
    static const struct {
        int nid;
        enum pkey_kind kind;
    } types[] = {
        {NID_rsaEncryption, PKEY_RSA}, {NID_X9_62_id_ecPublicKey, PKEY_EC_P256},
        {NID_ED25519, PKEY_ED25519},   {NID_ED448, PKEY_ED448},
        {NID_undef, PKEY_KIND_MAX_},
    };
    const char *type = NULL;
    const ASN1_OBJECT *algorithm = NULL;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    PKCS8_PRIV_KEY_INFO *info =
        bio ? PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio, NULL, NULL, NULL) : NULL;
    if (info && PKCS8_pkey_get0(&algorithm, NULL, NULL, NULL, info) == 1) {
        for (size_t i = 0; types[i].nid != NID_undef && !type; i++) {
            type = types[i].nid == OBJ_obj2nid(algorithm) ? kinds[types[i].kind].type : NULL;
        }
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    (void)BIO_free(bio);
    ERR_clear_error();
    return type;
}

static EVP_PKEY *decode_key(const char *pem, int selection)
{
    EVP_PKEY *evp = NULL;
    const unsigned char *at = (const unsigned char *)pem;
    size_t left = strlen(pem);
    /* Without the type OpenSSL sets up a decoder for every algorithm it has: three times as long.
     */
    const char *type = pkcs8_type(pem);
    OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
        &evp, "PEM", type ? "PrivateKeyInfo" : NULL, type, selection, NULL, NULL);
    if (ctx && OSSL_DECODER_CTX_set_passphrase_cb(ctx, refuse_passphrase, NULL) == 1) {
        (void)OSSL_DECODER_from_data(ctx, &at, &left);
    }
    OSSL_DECODER_CTX_free(ctx);
    return evp;
}

static EVP_PKEY *decode_certificate(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    EVP_PKEY *evp = cert ? X509_get_pubkey(cert) : NULL;
    X509_free(cert);
    (void)BIO_free(bio);
    return evp;
}

int pkey_from_pem(const char *pem, struct pkey **ret, struct err *err)
{
    if (strnlen(pem, PEM_MAX) == PEM_MAX) {
        return err_set(err, ERR_PARSE, "PEM text of more than %d bytes", PEM_MAX);
    }
    if (cstr_contains(pem, "ENCRYPTED")) {
        return err_set(err, ERR_PARSE, "the key is encrypted: give it without a pass phrase");
    }
    EVP_PKEY *evp = NULL;
    if (cstr_contains(pem, "PRIVATE KEY-----")) {
        evp = decode_key(pem, EVP_PKEY_KEYPAIR);
    } else if (cstr_contains(pem, "PUBLIC KEY-----")) {
        evp = decode_key(pem, EVP_PKEY_PUBLIC_KEY);
    } else if (cstr_contains(pem, "-----BEGIN CERTIFICATE-----")) {
        evp = decode_certificate(pem);
    } else {
        return err_set(err, ERR_PARSE, "no PEM key: expected a line '-----BEGIN … KEY-----'");
    }
    if (!evp) {
        (void)evp_err(NULL, "");
        return err_set(err, ERR_PARSE, "broken PEM key");
    }
    ERR_clear_error();
    return pkey_wrap(evp, ret, err);
}

enum pkey_kind pkey_kind(const struct pkey *k)
{
    return k->kind;
}

bool pkey_is_private(const struct pkey *k)
{
    return k->is_private;
}

unsigned pkey_bits(const struct pkey *k)
{
    return k->bits;
}

/* The text a memory BIO has collected; frees the BIO. */
static char *bio_text(BIO *bio, int written)
{
    char *p = NULL;
    long len = bio ? BIO_get_mem_data(bio, &p) : 0;
    assert(written == 1 && len > 0);
    (void)written;
    char *text = xstrndup(p, (size_t)len);
    (void)BIO_free(bio);
    return text;
}

char *pkey_public_pem(const struct pkey *k)
{
    BIO *bio = BIO_new(BIO_s_mem());
    return bio_text(bio, PEM_write_bio_PUBKEY(bio, k->evp));
}

char *pkey_private_pem(const struct pkey *k)
{
    if (!k->is_private) {
        return NULL;
    }
    BIO *bio = BIO_new(BIO_s_mem());
    return bio_text(bio, PEM_write_bio_PKCS8PrivateKey(bio, k->evp, NULL, NULL, 0, NULL, NULL));
}
