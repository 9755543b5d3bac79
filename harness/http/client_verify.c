/*
 * Certificate checks of the client: OpenSSL does them, this file only shares one store between all
 * connections and remembers why the last one was refused.
 */
#include "harness/http/client_verify.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

#define MAX_NAMES (4UL * 1024)

struct http_trust {
    atomic_int refs;
    bool system; /* the store looks into the system's certificates too */
    X509_STORE *store;
};

/* Every certificate of the text; at least one. */
static int add_pem(X509_STORE *store, const char *pem, struct err *err)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    size_t added = 0;
    for (;;) {
        X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (cert == NULL)
            break;
        added += X509_STORE_add_cert(store, cert) == 1 ? 1 : 0;
        X509_free(cert);
    }
    BIO_free(bio);
    ERR_clear_error();
    return added > 0 ? 0 : err_set(err, ERR_TLS, "no certificate in the CA's PEM text");
}

static bool add_all(X509_STORE *to, X509_STORE *from)
{
    STACK_OF(X509) *certs = X509_STORE_get1_all_certs(from);
    bool ok = certs != NULL;
    for (int i = 0; ok && i < sk_X509_num(certs); i++)
        ok = X509_STORE_add_cert(to, sk_X509_value(certs, i)) == 1;
    sk_X509_pop_free(certs, X509_free);
    return ok;
}

static struct http_trust *trust_new(void)
{
    struct http_trust *t = xcalloc(1, sizeof(*t));
    atomic_init(&t->refs, 1);
    t->store = X509_STORE_new();
    return t;
}

int http_trust_new(const char *pem, bool system, struct http_trust **ret, struct err *err)
{
    AUTO(http_trust_free) struct http_trust *t = trust_new();
    if (t->store == NULL)
        return err_set(err, ERR_TLS, "make a certificate store");
    t->system = system || pem == NULL;
    if (t->system && X509_STORE_set_default_paths(t->store) != 1)
        return err_set(err, ERR_TLS, "read the system's certificates");
    if (pem != NULL && add_pem(t->store, pem, err) < 0)
        return -1;
    *ret = t;
    t = NULL;
    return 0;
}

int http_trust_extend(const struct http_trust *base, const char *pem, struct http_trust **ret,
                      struct err *err)
{
    AUTO(http_trust_free) struct http_trust *t = trust_new();
    if (t->store == NULL)
        return err_set(err, ERR_TLS, "make a certificate store");
    t->system = base->system;
    if (t->system && X509_STORE_set_default_paths(t->store) != 1)
        return err_set(err, ERR_TLS, "read the system's certificates");
    if (!add_all(t->store, base->store))
        return err_set(err, ERR_TLS, "copy a certificate store");
    if (add_pem(t->store, pem, err) < 0)
        return -1;
    *ret = t;
    t = NULL;
    return 0;
}

int trust_of_cert(struct x509_st *cert, struct http_trust **ret, struct err *err)
{
    AUTO(http_trust_free) struct http_trust *t = trust_new();
    if (t->store == NULL || X509_STORE_add_cert(t->store, cert) != 1)
        return err_set(err, ERR_TLS, "make a certificate store");
    *ret = t;
    t = NULL;
    return 0;
}

struct http_trust *http_trust_ref(struct http_trust *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

struct http_trust *http_trust_free(struct http_trust *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) > 1)
        return NULL;
    X509_STORE_free(t->store);
    return xfree(t);
}

void verify_result_reset(struct verify_result *r)
{
    xfree(r->names);
    xfree(r->host);
    *r = (struct verify_result){0};
}

static void add_name(struct buf *b, const char *text, size_t len)
{
    if (b->len > 0)
        buf_adds(b, ", ");
    buf_add(b, text, len);
}

static void add_ip(struct buf *b, const ASN1_OCTET_STRING *ip)
{
    char text[INET6_ADDRSTRLEN];
    int family = ASN1_STRING_length(ip) == 16 ? AF_INET6 : AF_INET;
    if (ASN1_STRING_length(ip) != 16 && ASN1_STRING_length(ip) != 4)
        return;
    if (inet_ntop(family, ASN1_STRING_get0_data(ip), text, sizeof(text)) != NULL)
        add_name(b, text, strlen(text));
}

static bool is_ip(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* Go lists the names of the kind that was asked for: addresses for an address, else DNS names. */
static char *names_of(X509 *cert, bool ips)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, MAX_NAMES);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (!ips && name->type == GEN_DNS)
            add_name(&b, (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                     (size_t)ASN1_STRING_length(name->d.dNSName));
        if (ips && name->type == GEN_IPADD)
            add_ip(&b, name->d.iPAddress);
    }
    GENERAL_NAMES_free(names);
    return buf_take(&b);
}

static struct verify_result *result_of(X509_STORE_CTX *store_ctx)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    return ssl == NULL ? NULL : SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
}

/* OpenSSL's verify callback: notes the first reason; changes no verdict. */
static int note_verdict(int ok, X509_STORE_CTX *store_ctx)
{
    struct verify_result *r = result_of(store_ctx);
    if (ok == 1 || r == NULL || r->code != 0)
        return ok;
    r->code = X509_STORE_CTX_get_error(store_ctx);
    X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);
    if (leaf != NULL && r->names == NULL)
        r->names = names_of(leaf, r->host != NULL && is_ip(r->host));
    return ok;
}

void verify_attach(void *ssl_ctx, struct http_trust *trust, struct verify_result *result)
{
    SSL_CTX *ctx = ssl_ctx;
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);
    SSL_CTX_set1_cert_store(ctx, trust->store);
    SSL_CTX_set_app_data(ctx, result);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(ctx, SSL_CTX_get_verify_mode(ctx), note_verdict);
    if (SSL_CTX_get_verify_mode(ctx) == SSL_VERIFY_NONE || result->host == NULL)
        return;
    if (is_ip(result->host))
        X509_VERIFY_PARAM_set1_ip_asc(param, result->host);
    else
        X509_VERIFY_PARAM_set1_host(param, result->host, 0);
}

/* A client that does not verify asks OpenSSL for no name, so the name is looked at here. */
static int code_of_name(X509 *leaf, const char *host)
{
    if (is_ip(host))
        return X509_check_ip_asc(leaf, host, 0) == 1 ? X509_V_OK : X509_V_ERR_IP_ADDRESS_MISMATCH;
    return X509_check_host(leaf, host, 0, 0, NULL) == 1 ? X509_V_OK : X509_V_ERR_HOSTNAME_MISMATCH;
}

char *verify_look(void *ssl, const char *host)
{
    X509 *leaf = SSL_get0_peer_certificate(ssl);
    struct verify_result r = {.code = (int)SSL_get_verify_result(ssl), .host = xstrdup(host)};
    if (leaf != NULL && r.code == X509_V_OK)
        r.code = code_of_name(leaf, host);
    if (leaf != NULL && r.code != X509_V_OK)
        r.names = names_of(leaf, is_ip(host));
    char *text = r.code != X509_V_OK ? verify_text(&r) : NULL;
    verify_result_reset(&r);
    return text;
}

const char *verify_protocol(void *ssl)
{
    return SSL_get_version(ssl);
}

struct reason {
    int code;
    const char *text;
};

/* The words of Go's crypto/x509. */
static const struct reason REASONS[] = {
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "certificate signed by unknown authority"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "certificate signed by unknown authority"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "certificate signed by unknown authority"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "certificate signed by unknown authority"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "certificate signed by unknown authority"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "certificate signed by unknown authority"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "certificate has expired or is not yet valid"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "certificate has expired or is not yet valid"},
    {0, NULL},
};

static char *name_text(const struct verify_result *r)
{
    bool ip = is_ip(r->host);
    if (r->names != NULL && r->names[0] != '\0')
        return xasprintf("certificate is valid for %s, not %s", r->names, r->host);
    if (ip)
        return xasprintf(
            "cannot validate certificate for %s because it doesn't contain any IP SANs", r->host);
    return xasprintf("certificate is not valid for any names, but wanted to match %s", r->host);
}

char *verify_text(const struct verify_result *r)
{
    AUTO(xfree) char *why = NULL;
    bool name =
        r->code == X509_V_ERR_HOSTNAME_MISMATCH || r->code == X509_V_ERR_IP_ADDRESS_MISMATCH;
    const struct reason *known = REASONS;
    while (known->text != NULL && known->code != r->code)
        known++;
    if (name && r->host != NULL)
        why = name_text(r);
    else
        why = xstrdup(known->text != NULL ? known->text : X509_verify_cert_error_string(r->code));
    return xasprintf("tls: failed to verify certificate: x509: %s", why);
}
