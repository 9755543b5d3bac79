/*
 * Self-signed certificates over the test keys, for x5c. Their dates are fixed, so that they do not
 * change with the day the harness runs; nobody checks them for trust. Kept with the key. And the
 * way back: the key inside of a certificate that somebody else published.
 */
#include "harness/crypto/pkey.h"

#include <limits.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "harness/base/buf.h"
#include "harness/crypto/evp.h"
#include "harness/crypto/pkey_impl.h"

/* A year, as authentik's own certificate is valid 365 days (authentik.md 6.1). */
#define NOT_BEFORE "20260101000000Z"
#define NOT_AFTER "20270101000000Z"
#define SERIAL_BYTES 16

/* A function of key and name, positive as RFC 5280 4.1.2.2 wants it. */
static bool set_serial(X509 *cert, const struct pkey *k, const char *common_name)
{
    uint8_t digest[HASH_SIZE_MAX] = {0};
    AUTO(buf_deinit) struct buf text = {0};
    AUTO(xfree) char *pem = pkey_public_pem(k);
    buf_init(&text, BUF_MAX_TEXT);
    buf_adds(&text, pem);
    buf_adds(&text, common_name);
    hash_of(HASH_SHA256, text.ptr, text.len, digest);
    digest[0] = (uint8_t)((digest[0] & 0x3f) | 0x40);
    BIGNUM *bn = BN_bin2bn(digest, SERIAL_BYTES, NULL);
    bool ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert));
    BN_free(bn);
    return ok;
}

static bool fill(X509 *cert, const struct pkey *k, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(cert);
    const unsigned char *cn = (const unsigned char *)common_name;
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert, k, common_name) &&
           ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), NOT_BEFORE) == 1 &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(cert), NOT_AFTER) == 1 &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, cn, -1, -1, 0) == 1 &&
           X509_set_issuer_name(cert, name) == 1 && X509_set_pubkey(cert, k->evp) == 1;
}

/* The DER, or NULL. */
static uint8_t *make(const struct pkey *k, const char *common_name, size_t *ret_len)
{
    bool edwards = k->kind == PKEY_ED25519 || k->kind == PKEY_ED448;
    X509 *cert = X509_new();
    unsigned char *der = NULL;
    int len = -1;
    sign_count(k, SIGN_USE_SIGN);
    if (cert && fill(cert, k, common_name) &&
        X509_sign(cert, k->evp, edwards ? NULL : evp_md(HASH_SHA256)) > 0) {
        len = i2d_X509(cert, &der);
    }
    X509_free(cert);
    if (len <= 0) {
        return NULL;
    }
    uint8_t *own = xmemdup(der, (size_t)len);
    OPENSSL_free(der);
    *ret_len = (size_t)len;
    return own;
}

/* With the lock held, so that two threads that ask at once get the same one. NULL when refused. */
static const struct pkey_certificate *certificate_locked(const struct pkey *k,
                                                         const char *common_name)
{
    for (const struct pkey_certificate *c = k->state->certificates; c; c = c->next) {
        if (strcmp(c->common_name, common_name) == 0) {
            return c;
        }
    }
    size_t len = 0;
    uint8_t *der = make(k, common_name, &len);
    if (!der) {
        return NULL;
    }
    struct pkey_certificate *c = xcalloc(1, sizeof *c);
    c->common_name = xstrdup(common_name);
    c->der = der;
    c->der_len = len;
    c->next = k->state->certificates;
    k->state->certificates = c;
    return c;
}

int pkey_certificate(const struct pkey *k, const char *common_name, const uint8_t **ret_der,
                     size_t *ret_len, struct err *err)
{
    if (!k->is_private) {
        return err_set(err, ERR_CRYPTO, "a public key cannot sign a certificate");
    }
    (void)pthread_mutex_lock(&k->state->lock);
    const struct pkey_certificate *c = certificate_locked(k, common_name);
    (void)pthread_mutex_unlock(&k->state->lock);
    if (!c) {
        return evp_err(err, "certificate");
    }
    *ret_der = c->der;
    *ret_len = c->der_len;
    return 0;
}

int pkey_from_certificate(const uint8_t *der, size_t len, struct pkey **ret, struct err *err)
{
    const unsigned char *at = der;
    X509 *cert = len <= LONG_MAX ? d2i_X509(NULL, &at, (long)len) : NULL;
    bool whole = cert && at == der + len;
    EVP_PKEY *evp = whole ? X509_get_pubkey(cert) : NULL;
    X509_free(cert);
    ERR_clear_error();
    if (!evp) {
        return err_set(err, ERR_PARSE, "%s",
                       !cert    ? "no X.509 certificate in DER"
                       : !whole ? "bytes behind the certificate"
                                : "a certificate with an unknown kind of key");
    }
    return pkey_wrap(evp, ret, err);
}

bool pkey_equal(const struct pkey *a, const struct pkey *b)
{
    bool same = EVP_PKEY_eq(a->evp, b->evp) == 1;
    ERR_clear_error(); /* keys of two kinds are no error of ours */
    return same;
}
