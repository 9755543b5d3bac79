/*
 * The certificate authority and the leaves of a run, made in memory at each start. The CA may sign
 * for the served hosts only, so that somebody who trusts it by mistake loses nothing. TLS lives on
 * wall time, never on the scenario's clock. Owns keys and certificates; an http_tls is shared by
 * the listeners that serve with it.
 */
#include "harness/http/tls.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "harness/base/buf.h"
#include "harness/base/vec.h"
#include "harness/crypto/count.h"
#include "harness/http/client_verify.h"
#include "harness/http/tls_ctx.h"

#define HOUR_S (60L * 60)
#define DAY_S (24 * HOUR_S)
/* RFC 6761 6.4: never resolves, so a leaf for it harms nobody. */
#define OTHER_NAME "other.rolecall.invalid"

struct http_ca {
    EVP_PKEY *key;
    X509 *cert;
    char *pem;
    struct http_trust *trust;
    struct strlist hosts;
};

struct http_tls {
    atomic_int refs;
    SSL_CTX *ctx;
};

static int fail(struct err *err, const char *what)
{
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof(text));
    ERR_clear_error();
    return err_set(err, ERR_CRYPTO, "%s: %s", what, text);
}

static bool is_ip(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static int add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
    X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, ctx, nid, value);
    if (ext == NULL)
        return -1;
    int rc = X509_add_ext(cert, ext, -1) == 1 ? 0 : -1;
    X509_EXTENSION_free(ext);
    return rc;
}

/* "permitted;DNS:host,permitted;IP:a.b.c.d/255.255.255.255,…" (RFC 5280 4.2.1.10). Without an IP
 * among the hosts every IP is excluded, because a constraint binds only names of its own kind. */
static char *constraints(const struct strlist *hosts)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "critical,permitted;DNS:rolecall.invalid");
    bool ips = false;
    for (size_t i = 0; i < hosts->len; i++) {
        const char *host = hosts->items[i];
        const char *mask = strchr(host, ':') == NULL ? "255.255.255.255"
                                                     : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
        if (is_ip(host))
            buf_addf(&b, ",permitted;IP:%s/%s", host, mask);
        else
            buf_addf(&b, ",permitted;DNS:%s", host);
        ips = ips || is_ip(host);
    }
    if (!ips)
        buf_adds(&b, ",excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::");
    return buf_take(&b);
}

static char *alt_names(const struct strlist *hosts)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < hosts->len; i++)
        buf_addf(&b, "%s%s:%s", i == 0 ? "" : ",", is_ip(hosts->items[i]) ? "IP" : "DNS",
                 hosts->items[i]);
    return buf_take(&b);
}

/* As X509_set_pubkey does, which would write the key out and read it again through OpenSSL's
 * coders; the certificate must be read once all the same, see reread. */
static int set_p256(X509 *cert, EVP_PKEY *key)
{
    size_t len = 0;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, NULL, 0, &len) != 1)
        return -1;
    unsigned char *point = OPENSSL_malloc(len);
    if (point == NULL ||
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, len, &len) != 1 ||
        X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(cert), OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
                               V_ASN1_OBJECT, OBJ_nid2obj(NID_X9_62_prime256v1), point,
                               (int)len) != 1) {
        OPENSSL_free(point);
        return -1;
    }
    return 0;
}

/* Version, serial, times, subject and key; -1 when OpenSSL refuses. */
static int fill_cert(X509 *cert, EVP_PKEY *key, const char *name, long from_s, long until_s)
{
    unsigned char serial[8];
    if (RAND_bytes(serial, sizeof(serial)) != 1)
        return -1;
    serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
    BIGNUM *bn = BN_bin2bn(serial, sizeof(serial), NULL);
    bool ok = bn != NULL && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
    BN_free(bn);
    ok = ok && X509_set_version(cert, X509_VERSION_3) == 1 && set_p256(cert, key) == 0 &&
         X509_gmtime_adj(X509_getm_notBefore(cert), from_s) != NULL &&
         X509_gmtime_adj(X509_getm_notAfter(cert), until_s) != NULL &&
         X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)name, -1, -1, 0) == 1;
    return ok ? 0 : -1;
}

/* OpenSSL finds the key in a certificate only as it reads one. NULL when it cannot. */
static X509 *reread(X509 *cert)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);
    const unsigned char *at = der;
    X509 *read = len > 0 ? d2i_X509(NULL, &at, len) : NULL;
    OPENSSL_free(der);
    X509_free(cert);
    return read;
}

static char *cert_pem(X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1) {
        BIO_free(bio);
        return NULL;
    }
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    char *pem = xstrndup(data, (size_t)len);
    BIO_free(bio);
    return pem;
}

/* The extensions of an authority: the root, and intermediates below it. */
static int add_ca_extensions(X509 *cert, X509 *issuer, const char *basic, const char *names)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    if (add_extension(cert, &ctx, NID_basic_constraints, basic) < 0 ||
        add_extension(cert, &ctx, NID_key_usage, "critical,keyCertSign,cRLSign") < 0 ||
        add_extension(cert, &ctx, NID_subject_key_identifier, "hash") < 0 ||
        add_extension(cert, &ctx, NID_name_constraints, names) < 0)
        return -1;
    return 0;
}

static int make_ca_cert(struct http_ca *ca)
{
    if (fill_cert(ca->cert, ca->key, "rolecall test CA", -HOUR_S, 2 * DAY_S - HOUR_S) < 0 ||
        X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)) != 1)
        return -1;
    AUTO(xfree) char *names = constraints(&ca->hosts);
    if (add_ca_extensions(ca->cert, ca->cert, "critical,CA:TRUE,pathlen:1", names) < 0)
        return -1;
    return X509_sign(ca->cert, ca->key, EVP_sha256()) > 0 ? 0 : -1;
}

int http_ca_new(const char *const *hosts, struct http_ca **ret, struct err *err)
{
    if (hosts[0] == NULL)
        return err_set(err, ERR_USAGE, "a CA needs at least one host");
    AUTO(http_ca_free) struct http_ca *ca = xcalloc(1, sizeof(*ca));
    for (size_t i = 0; hosts[i] != NULL; i++) {
        if (hosts[i][0] == '\0' || strpbrk(hosts[i], ",;/ \n") != NULL)
            return err_set(err, ERR_USAGE, "'%s' is no host name", hosts[i]);
        if (!strlist_has(&ca->hosts, hosts[i]))
            strlist_add(&ca->hosts, hosts[i]);
    }
    ca->key = EVP_EC_gen("P-256");
    ca->cert = X509_new();
    if (ca->key == NULL || ca->cert == NULL || make_ca_cert(ca) < 0)
        return fail(err, "make a CA");
    ca->cert = reread(ca->cert);
    if (ca->cert == NULL)
        return fail(err, "make a CA");
    ca->pem = cert_pem(ca->cert);
    if (ca->pem == NULL)
        return fail(err, "write the CA as PEM");
    if (trust_of_cert(ca->cert, &ca->trust, err) < 0)
        return -1;
    *ret = ca;
    ca = NULL;
    return 0;
}

struct http_ca *http_ca_free(struct http_ca *ca)
{
    if (ca == NULL)
        return NULL;
    EVP_PKEY_free(ca->key);
    X509_free(ca->cert);
    http_trust_free(ca->trust);
    xfree(ca->pem);
    strlist_deinit(&ca->hosts);
    return xfree(ca);
}

const char *http_ca_pem(const struct http_ca *ca)
{
    return ca->pem;
}

struct http_trust *http_ca_trust(const struct http_ca *ca)
{
    return ca->trust;
}

/* Who signs a leaf. */
enum signer { BY_CA, BY_ITSELF, BY_OTHER_CA, BY_INTERMEDIATE };

struct leaf_shape {
    long from_s; /* from now */
    long until_s;
    const char *names; /* subjectAltName; NULL = the CA's hosts */
    enum signer signer;
    bool alone;       /* the intermediate is not sent */
    int max_protocol; /* 0 = any */
};

#define SOUND .from_s = -HOUR_S, .until_s = 2 * DAY_S - HOUR_S

static const struct leaf_shape SHAPES[HTTP_LEAF_MAX_] = {
    [HTTP_LEAF_GOOD] = {SOUND},
    [HTTP_LEAF_EXPIRED] = {.from_s = -2 * DAY_S, .until_s = -HOUR_S},
    [HTTP_LEAF_OTHER_NAME] = {SOUND, .names = "DNS:" OTHER_NAME},
    [HTTP_LEAF_SELF_SIGNED] = {SOUND, .signer = BY_ITSELF},
    [HTTP_LEAF_OTHER_CA] = {SOUND, .signer = BY_OTHER_CA},
    [HTTP_LEAF_INTERMEDIATE] = {SOUND, .signer = BY_INTERMEDIATE},
    [HTTP_LEAF_INCOMPLETE] = {SOUND, .signer = BY_INTERMEDIATE, .alone = true},
    [HTTP_LEAF_OLD_PROTOCOL] = {SOUND, .max_protocol = TLS1_1_VERSION},
};

/* The authority that signs a leaf. The CA's own are borrowed, those made for the leaf are not. */
struct issuer {
    EVP_PKEY *key;
    X509 *cert;
};

static void issuer_deinit(struct issuer *i)
{
    EVP_PKEY_free(i->key);
    X509_free(i->cert);
}

DEFINE_AUTO_VALUE(struct issuer, issuer_deinit)

/* An authority below the CA, or (by itself) one that nobody knows. */
static int issuer_make(const struct http_ca *ca, bool known, struct issuer *ret)
{
    X509 *above = known ? ca->cert : NULL;
    AUTO(xfree) char *names = constraints(&ca->hosts);
    ret->key = EVP_EC_gen("P-256");
    ret->cert = X509_new();
    if (ret->key == NULL || ret->cert == NULL ||
        fill_cert(ret->cert, ret->key, known ? "rolecall test intermediate" : "somebody else's CA",
                  -HOUR_S, 2 * DAY_S - HOUR_S) < 0)
        return -1;
    if (above == NULL)
        above = ret->cert;
    if (X509_set_issuer_name(ret->cert, X509_get_subject_name(above)) != 1 ||
        add_ca_extensions(ret->cert, above, "critical,CA:TRUE,pathlen:0", names) < 0)
        return -1;
    if (X509_sign(ret->cert, known ? ca->key : ret->key, EVP_sha256()) <= 0)
        return -1;
    ret->cert = reread(ret->cert);
    return ret->cert != NULL ? 0 : -1;
}

static int make_leaf_cert(const struct http_ca *ca, const struct leaf_shape *shape,
                          const struct issuer *by, EVP_PKEY *key, X509 *cert)
{
    X509 *issuer = shape->signer == BY_ITSELF ? cert : by->cert;
    if (fill_cert(cert, key, "rolecall", shape->from_s, shape->until_s) < 0 ||
        X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1)
        return -1;
    AUTO(xfree) char *hosts = alt_names(&ca->hosts);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    if (add_extension(cert, &ctx, NID_basic_constraints, "critical,CA:FALSE") < 0 ||
        add_extension(cert, &ctx, NID_key_usage, "critical,digitalSignature") < 0 ||
        add_extension(cert, &ctx, NID_ext_key_usage, "serverAuth") < 0 ||
        add_extension(cert, &ctx, NID_subject_key_identifier, "hash") < 0 ||
        add_extension(cert, &ctx, NID_authority_key_identifier, "keyid:always") < 0 ||
        add_extension(cert, &ctx, NID_subject_alt_name, shape->names ? shape->names : hosts) < 0)
        return -1;
    EVP_PKEY *signing = shape->signer == BY_ITSELF ? key : by->key;
    return X509_sign(cert, signing, EVP_sha256()) > 0 ? 0 : -1;
}

static void count_handshake(const SSL *ssl, int where, int value)
{
    if ((where & SSL_CB_HANDSHAKE_DONE) != 0)
        crypto_count(CRYPTO_TLS_HANDSHAKE);
}

/* Nobody resumes here, so no tickets and no session cache: 26 us less a handshake. */
static int setup_ctx(SSL_CTX *ctx, EVP_PKEY *key, X509 *cert)
{
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_info_callback(ctx, count_handshake);
    bool ok = SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
              SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
              SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    return ok ? 0 : -1;
}

/* OpenSSL's security level 1 and above has no TLS 1.1. */
static int set_max_protocol(SSL_CTX *ctx, int max)
{
    if (max == 0)
        return 0;
    SSL_CTX_set_security_level(ctx, 0);
    return SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION) == 1 &&
                   SSL_CTX_set_max_proto_version(ctx, max) == 1
               ? 0
               : -1;
}

static int send_along(SSL_CTX *ctx, const struct leaf_shape *shape, const struct issuer *by)
{
    if (shape->signer != BY_INTERMEDIATE || shape->alone)
        return 0;
    return SSL_CTX_add1_chain_cert(ctx, by->cert) == 1 ? 0 : -1;
}

/* Whoever signs: the CA itself, or one made for this leaf. */
static int choose_issuer(const struct http_ca *ca, enum signer signer, struct issuer *ret)
{
    if (signer == BY_OTHER_CA || signer == BY_INTERMEDIATE)
        return issuer_make(ca, signer == BY_INTERMEDIATE, ret);
    EVP_PKEY_up_ref(ca->key);
    X509_up_ref(ca->cert);
    *ret = (struct issuer){ca->key, ca->cert};
    return 0;
}

int http_ca_leaf(const struct http_ca *ca, enum http_leaf_defect defect, struct http_tls **ret,
                 struct err *err)
{
    const struct leaf_shape *shape = &SHAPES[defect];
    AUTO(issuer_deinit) struct issuer by = {0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    bool ok = key != NULL && cert != NULL && ctx != NULL &&
              choose_issuer(ca, shape->signer, &by) == 0 &&
              make_leaf_cert(ca, shape, &by, key, cert) == 0;
    cert = ok ? reread(cert) : cert;
    ok = ok && cert != NULL && setup_ctx(ctx, key, cert) == 0 &&
         set_max_protocol(ctx, shape->max_protocol) == 0 && send_along(ctx, shape, &by) == 0;
    EVP_PKEY_free(key);
    X509_free(cert);
    if (!ok) {
        SSL_CTX_free(ctx);
        return fail(err, "make a certificate");
    }
    struct http_tls *t = xcalloc(1, sizeof(*t));
    atomic_init(&t->refs, 1);
    t->ctx = ctx;
    *ret = t;
    return 0;
}

struct http_tls *http_tls_ref(struct http_tls *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

struct http_tls *http_tls_free(struct http_tls *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) > 1)
        return NULL;
    SSL_CTX_free(t->ctx);
    return xfree(t);
}

struct ssl_st *http_tls_session(struct http_tls *t)
{
    return SSL_new(t->ctx);
}
