/*
 * The CA and its leaves, looked at with OpenSSL itself: what they say, how long they last, and that
 * the CA can sign for nobody else.
 */
#include "tests/support/test.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "harness/base/str.h"
#include "harness/http/tls.h"
#include "harness/http/tls_ctx.h"

static const char *const HOSTS[] = {"argocd.example", "authentik.example", "127.0.0.1", "::1",
                                    NULL};

static struct http_ca *new_ca(const char *const *hosts)
{
    struct http_ca *ca = NULL;
    struct err err = {0};
    if (http_ca_new(hosts, &ca, &err) < 0)
        fail_msg("%s", err.msg);
    return ca;
}

static X509 *ca_cert(const struct http_ca *ca)
{
    BIO *bio = BIO_new_mem_buf(http_ca_pem(ca), -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(cert);
    return cert;
}

static X509 *leaf_cert(struct http_ca *ca, enum http_leaf_defect defect)
{
    struct http_tls *tls = NULL;
    struct err err = {0};
    assert_int_equal(http_ca_leaf(ca, defect, &tls, &err), 0);
    SSL *ssl = http_tls_session(tls);
    X509 *cert = SSL_get_certificate(ssl);
    X509_up_ref(cert);
    SSL_free(ssl);
    http_tls_free(tls);
    return cert;
}

/* X509_V_OK or why this CA does not vouch for the leaf under that name. */
static int verdict(const struct http_ca *ca, X509 *leaf, const char *name)
{
    X509 *root = ca_cert(ca);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX_init(ctx, store, leaf, NULL);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    if (strchr(name, ':') != NULL || (name[0] >= '0' && name[0] <= '9'))
        X509_VERIFY_PARAM_set1_ip_asc(param, name);
    else
        X509_VERIFY_PARAM_set1_host(param, name, 0);
    int code = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(root);
    return code;
}

static void test_ca__is_a_constrained_two_day_ca(void **state)
{
    AUTO(http_ca_free) struct http_ca *ca = new_ca(HOSTS);
    X509 *cert = ca_cert(ca);
    int days = 0;
    int seconds = 0;
    int critical = 0;
    assert_int_equal(X509_check_ca(cert), 1);
    assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(cert)), EVP_PKEY_EC);
    assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(cert)), 256);
    ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert), X509_get0_notAfter(cert));
    assert_int_equal(days, 2);
    assert_int_equal(seconds, 0);
    assert_int_equal(X509_cmp_current_time(X509_get0_notBefore(cert)), -1);
    NAME_CONSTRAINTS *nc = X509_get_ext_d2i(cert, NID_name_constraints, &critical, NULL);
    assert_non_null(nc);
    assert_int_equal(critical, 1);
    NAME_CONSTRAINTS_free(nc);
    X509_free(cert);
}

static void test_leaf__good_for_every_host(void **state)
{
    AUTO(http_ca_free) struct http_ca *ca = new_ca(HOSTS);
    X509 *leaf = leaf_cert(ca, HTTP_LEAF_GOOD);
    for (size_t i = 0; HOSTS[i] != NULL; i++)
        assert_int_equal(verdict(ca, leaf, HOSTS[i]), X509_V_OK);
    assert_int_equal(verdict(ca, leaf, "other.example"), X509_V_ERR_HOSTNAME_MISMATCH);
    assert_int_equal(verdict(ca, leaf, "127.0.0.2"), X509_V_ERR_IP_ADDRESS_MISMATCH);
    X509_free(leaf);
}

struct defect_row {
    enum http_leaf_defect defect;
    int code;
};

static void test_leaf__defects(void **state)
{
    static const struct defect_row rows[] = {
        {HTTP_LEAF_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED},
        {HTTP_LEAF_OTHER_NAME, X509_V_ERR_HOSTNAME_MISMATCH},
        {HTTP_LEAF_SELF_SIGNED, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT},
        {HTTP_LEAF_OTHER_CA, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
        {HTTP_LEAF_INCOMPLETE, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY},
    };
    AUTO(http_ca_free) struct http_ca *ca = new_ca(HOSTS);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        X509 *leaf = leaf_cert(ca, rows[i].defect);
        assert_int_equal(verdict(ca, leaf, HOSTS[0]), rows[i].code);
        X509_free(leaf);
    }
}

static void test_leaf__another_ca_does_not_vouch(void **state)
{
    AUTO(http_ca_free) struct http_ca *ca = new_ca(HOSTS);
    AUTO(http_ca_free) struct http_ca *other = new_ca(HOSTS);
    X509 *leaf = leaf_cert(ca, HTTP_LEAF_GOOD);
    assert_int_not_equal(verdict(other, leaf, HOSTS[0]), X509_V_OK);
    X509_free(leaf);
}

/* Whether a certificate for `names` would pass the constraints of the CA. */
static int constrained(const struct http_ca *ca, const char *names)
{
    X509 *root = ca_cert(ca);
    X509 *leaf = X509_new();
    X509_EXTENSION *ext = X509V3_EXT_nconf_nid(NULL, NULL, NID_subject_alt_name, names);
    X509_set_version(leaf, X509_VERSION_3);
    X509_add_ext(leaf, ext, -1);
    (void)X509_check_purpose(leaf, -1, 0); /* reads the extensions, which the next call relies on */
    NAME_CONSTRAINTS *nc = X509_get_ext_d2i(root, NID_name_constraints, NULL, NULL);
    int code = NAME_CONSTRAINTS_check(leaf, nc);
    NAME_CONSTRAINTS_free(nc);
    X509_EXTENSION_free(ext);
    X509_free(leaf);
    X509_free(root);
    return code;
}

static void test_constraints__hosts_and_nobody_else(void **state)
{
    static const char *const names_only[] = {"argocd.example", NULL};
    AUTO(http_ca_free) struct http_ca *ca = new_ca(HOSTS);
    AUTO(http_ca_free) struct http_ca *no_ip = new_ca(names_only);
    assert_int_equal(constrained(ca, "DNS:argocd.example,IP:127.0.0.1"), X509_V_OK);
    assert_int_equal(constrained(ca, "IP:::1"), X509_V_OK);
    assert_int_not_equal(constrained(ca, "DNS:example"), X509_V_OK);
    assert_int_not_equal(constrained(ca, "DNS:bank.example"), X509_V_OK);
    assert_int_not_equal(constrained(ca, "DNS:argocd.example,DNS:bank.example"), X509_V_OK);
    assert_int_not_equal(constrained(ca, "IP:127.0.0.2"), X509_V_OK);
    assert_int_not_equal(constrained(ca, "IP:::2"), X509_V_OK);
    assert_int_equal(constrained(no_ip, "DNS:argocd.example"), X509_V_OK);
    assert_int_not_equal(constrained(no_ip, "IP:127.0.0.1"), X509_V_OK);
    assert_int_not_equal(constrained(no_ip, "IP:::1"), X509_V_OK);
}

static void test_ca__refuses_what_is_no_host(void **state)
{
    static const char *const bad[] = {"", "a b", "a,DNS:b", "a/b", "a;b"};
    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        const char *hosts[] = {"good.example", bad[i], NULL};
        struct http_ca *ca = NULL;
        struct err err = {0};
        assert_int_equal(http_ca_new(hosts, &ca, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
    }
    const char *none[] = {NULL};
    struct http_ca *ca = NULL;
    assert_int_equal(http_ca_new(none, &ca, NULL), -1);
    assert_null(ca);
}

static void test_tls__lives_as_long_as_the_last_owner(void **state)
{
    AUTO(http_ca_free) struct http_ca *ca = new_ca(HOSTS);
    struct http_tls *tls = NULL;
    assert_int_equal(http_ca_leaf(ca, HTTP_LEAF_GOOD, &tls, NULL), 0);
    struct http_tls *again = http_tls_ref(tls);
    http_tls_free(tls);
    SSL *ssl = http_tls_session(again);
    assert_non_null(ssl);
    assert_int_equal(SSL_CTX_get_num_tickets(SSL_get_SSL_CTX(ssl)), 0);
    assert_int_equal(SSL_get_min_proto_version(ssl), TLS1_2_VERSION);
    SSL_free(ssl);
    assert_null(http_tls_free(again));
    assert_null(http_tls_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ca__is_a_constrained_two_day_ca),
        cmocka_unit_test(test_ca__refuses_what_is_no_host),
        cmocka_unit_test(test_leaf__good_for_every_host),
        cmocka_unit_test(test_leaf__defects),
        cmocka_unit_test(test_leaf__another_ca_does_not_vouch),
        cmocka_unit_test(test_constraints__hosts_and_nobody_else),
        cmocka_unit_test(test_tls__lives_as_long_as_the_last_owner),
    };
    return TEST_MAIN(tests);
}
