/*
 * Key pairs: PEM in and out, signatures of every scheme with their reject twins, certificates,
 * counting, and use from several threads. The keys are the shipped test keys, as PEM text.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"
#include "harness/crypto/count.h"
#include "harness/crypto/pkey.h"
#include "harness/jose/testkeys.h"

static struct pkey *load(const char *name)
{
    struct pkey *k = NULL;
    for (size_t i = 0; test_keys[i].name; i++) {
        if (strcmp(test_keys[i].name, name) == 0) {
            assert_int_equal(pkey_from_pem(test_keys[i].pem, &k, NULL), 0);
        }
    }
    assert_non_null(k);
    return k;
}

static const struct key_row {
    const char *name;
    enum pkey_kind kind;
    unsigned bits;
} key_rows[] = {
    {"rsa-2048-1", PKEY_RSA, 2048},   {"rsa-4096-1", PKEY_RSA, 4096},
    {"ec-p256-1", PKEY_EC_P256, 256}, {"ec-p384-1", PKEY_EC_P384, 384},
    {"ec-p521-1", PKEY_EC_P521, 521}, {"ed25519-1", PKEY_ED25519, 256},
    {"ed448-1", PKEY_ED448, 456},
};

static void test_pkey_from_pem__round_trips(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(key_rows); i++) {
        AUTO(pkey_free) struct pkey *k = load(key_rows[i].name);
        AUTO(pkey_free) struct pkey *public = NULL;
        AUTO(pkey_free) struct pkey *private = NULL;
        AUTO(xfree) char *public_pem = pkey_public_pem(k);
        AUTO(xfree) char *private_pem = pkey_private_pem(k);
        assert_int_equal(pkey_kind(k), key_rows[i].kind);
        assert_int_equal(pkey_bits(k), key_rows[i].bits);
        assert_true(pkey_is_private(k));
        assert_int_equal(pkey_from_pem(public_pem, &public, NULL), 0);
        assert_int_equal(pkey_from_pem(private_pem, &private, NULL), 0);
        assert_false(pkey_is_private(public));
        assert_true(pkey_is_private(private));
        assert_null(pkey_private_pem(public));
        AUTO(xfree) char *again = pkey_public_pem(private);
        assert_string_equal(again, public_pem);
    }
}

static const struct pem_row {
    const char *name;
    const char *text;
    const char *pem;
} bad_pems[] = {
    {"empty", "no PEM key", ""},
    {"no key at all", "no PEM key", "hello"},
    {"cut", "broken PEM key", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n"},
    {"nonsense inside", "broken PEM key",
     "-----BEGIN PUBLIC KEY-----\naGVsbG8=\n-----END PUBLIC KEY-----\n"},
    {"encrypted", "encrypted",
     "-----BEGIN ENCRYPTED PRIVATE KEY-----\naGVsbG8=\n-----END ENCRYPTED PRIVATE KEY-----\n"},
    {"X25519", "kind 'X25519'",
     "-----BEGIN PUBLIC KEY-----\n"
     "MCowBQYDK2VuAyEAFWr0YvTgGcr5vm6fpDHwPxC5DRLqD+jUj/opZUD3r2Q=\n"
     "-----END PUBLIC KEY-----\n"},
    {"secp256k1", "kind 'secp256k1'",
     "-----BEGIN PUBLIC KEY-----\n"
     "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEWIE+n9ffzfoHrt7wimg2Wsx0TWQfF/my\n"
     "c3U+L32z1zEiP9xloVsRyqoDFTZIX6TkGL4BQEJK+v4PBBTLmZdUxA==\n"
     "-----END PUBLIC KEY-----\n"},
};

static void test_pkey_from_pem__rejects(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(bad_pems); i++) {
        struct pkey *k = NULL;
        struct err err = {0};
        assert_int_equal(pkey_from_pem(bad_pems[i].pem, &k, &err), -1);
        assert_null(k);
        if (!strstr(err.msg, bad_pems[i].text)) {
            fail_msg("%s: '%s'", bad_pems[i].name, err.msg);
        }
    }
}

static const struct sign_row {
    const char *key;
    enum sign_scheme scheme;
    enum hash_alg hash;
    size_t size;
    const char *other; /* a key of the same kind, or of the same scheme */
} sign_rows[] = {
    {"rsa-2048-1", SIGN_PKCS1, HASH_SHA256, 256, "rsa-2048-2"},
    {"rsa-2048-1", SIGN_PKCS1, HASH_SHA384, 256, "rsa-2048-2"},
    {"rsa-2048-1", SIGN_PKCS1, HASH_SHA512, 256, "rsa-2048-2"},
    {"rsa-2048-3", SIGN_PSS, HASH_SHA256, 256, "rsa-2048-4"},
    {"rsa-2048-3", SIGN_PSS, HASH_SHA384, 256, "rsa-2048-4"},
    {"rsa-2048-3", SIGN_PSS, HASH_SHA512, 256, "rsa-2048-4"},
    {"rsa-4096-1", SIGN_PKCS1, HASH_SHA256, 512, "rsa-2048-1"},
    {"ec-p256-1", SIGN_ECDSA, HASH_SHA256, 64, "ec-p256-2"},
    {"ec-p384-1", SIGN_ECDSA, HASH_SHA384, 96, "ec-p256-2"},
    {"ec-p521-1", SIGN_ECDSA, HASH_SHA512, 132, "ec-p384-1"},
    {"ed25519-1", SIGN_EDDSA, HASH_SHA512, 64, "ed448-1"},
    {"ed448-1", SIGN_EDDSA, HASH_SHA512, 114, "ed25519-1"},
};

static void check_rejects(const struct sign_row *r, const struct pkey *k, uint8_t *signature)
{
    AUTO(pkey_free) struct pkey *other = load(r->other);
    enum hash_alg hash = r->hash == HASH_SHA256 ? HASH_SHA384 : HASH_SHA256;
    bool edwards = r->scheme == SIGN_EDDSA;
    assert_false(pkey_verify(other, r->scheme, r->hash, "message", 7, signature, r->size));
    assert_false(pkey_verify(k, r->scheme, r->hash, "messagE", 7, signature, r->size));
    assert_false(pkey_verify(k, r->scheme, r->hash, "message", 6, signature, r->size));
    assert_false(pkey_verify(k, r->scheme, r->hash, "message", 7, signature, r->size - 1));
    assert_false(pkey_verify(k, r->scheme, r->hash, "message", 7, signature, 0));
    assert_true(edwards == pkey_verify(k, r->scheme, hash, "message", 7, signature, r->size));
    signature[r->size / 2] ^= 1;
    assert_false(pkey_verify(k, r->scheme, r->hash, "message", 7, signature, r->size));
    signature[r->size / 2] ^= 1;
}

static void test_pkey_sign__every_scheme_with_its_twins(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(sign_rows); i++) {
        const struct sign_row *r = &sign_rows[i];
        AUTO(pkey_free) struct pkey *k = load(r->key);
        uint8_t *signature = NULL;
        size_t len = 0;
        assert_int_equal(pkey_sign(k, r->scheme, r->hash, "message", 7, &signature, &len, NULL), 0);
        assert_int_equal(len, r->size);
        assert_true(pkey_verify(k, r->scheme, r->hash, "message", 7, signature, len));
        check_rejects(r, k, signature);
        /* The idle context still works after all those refusals. */
        assert_true(pkey_verify(k, r->scheme, r->hash, "message", 7, signature, len));
        xfree(signature);
    }
}

/* RFC 7518 3.5: a PSS signature is no PKCS1 signature, although the key is the same. */
static void test_pkey_verify__rejects_the_other_rsa_scheme(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("rsa-2048-1");
    uint8_t *signature = NULL;
    size_t len = 0;
    assert_int_equal(pkey_sign(k, SIGN_PSS, HASH_SHA256, "m", 1, &signature, &len, NULL), 0);
    assert_true(pkey_verify(k, SIGN_PSS, HASH_SHA256, "m", 1, signature, len));
    assert_false(pkey_verify(k, SIGN_PKCS1, HASH_SHA256, "m", 1, signature, len));
    xfree(signature);
}

/* RFC 7518 3.4: r and s in full width; DER, zeros and too large numbers are refused. */
static void test_pkey_verify__rejects_odd_ecdsa_forms(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("ec-p256-1");
    uint8_t zeros[64] = {0};
    uint8_t ones[64];
    uint8_t der[72] = {0x30, 70, 0x02, 33};
    (void)memset(ones, 0xff, sizeof ones);
    assert_false(pkey_verify(k, SIGN_ECDSA, HASH_SHA256, "m", 1, zeros, sizeof zeros));
    assert_false(pkey_verify(k, SIGN_ECDSA, HASH_SHA256, "m", 1, ones, sizeof ones));
    assert_false(pkey_verify(k, SIGN_ECDSA, HASH_SHA256, "m", 1, der, sizeof der));
}

/* Short r or s occur once in 128 signatures: the fixed form must still have its width. */
/* RFC 8032 5.1.7: s is below the order of the group, else a signature has a second spelling. */
static void test_pkey_verify__rejects_malleable_eddsa(void **state)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    AUTO(pkey_free) struct pkey *k = load("ed25519-1");
    uint8_t *signature = NULL;
    size_t len = 0;
    unsigned carry = 0;
    assert_int_equal(pkey_sign(k, SIGN_EDDSA, HASH_SHA512, "text", 4, &signature, &len, NULL), 0);
    assert_int_equal(len, 64);
    assert_true(pkey_verify(k, SIGN_EDDSA, HASH_SHA512, "text", 4, signature, len));
    for (size_t i = 0; i < sizeof order; i++) {
        carry += signature[32 + i] + (unsigned)order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(pkey_verify(k, SIGN_EDDSA, HASH_SHA512, "text", 4, signature, len));
    xfree(signature);
}

static void test_pkey_sign__ecdsa_keeps_its_width(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("ec-p256-2");
    bool seen_zero = false;
    for (int i = 0; i < 2000 && !seen_zero; i++) {
        uint8_t *signature = NULL;
        size_t len = 0;
        assert_int_equal(pkey_sign(k, SIGN_ECDSA, HASH_SHA256, "m", 1, &signature, &len, NULL), 0);
        assert_int_equal(len, 64);
        seen_zero = signature[0] == 0 || signature[32] == 0;
        assert_true(!seen_zero || pkey_verify(k, SIGN_ECDSA, HASH_SHA256, "m", 1, signature, len));
        xfree(signature);
    }
    assert_true(seen_zero);
}

static void test_pkey_sign__refuses_public_key_and_wrong_scheme(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("rsa-2048-1");
    AUTO(pkey_free) struct pkey *public = NULL;
    AUTO(xfree) char *pem = pkey_public_pem(k);
    uint8_t *signature = NULL;
    size_t len = 0;
    struct err err = {0};
    assert_int_equal(pkey_from_pem(pem, &public, NULL), 0);
    assert_int_equal(pkey_sign(public, SIGN_PKCS1, HASH_SHA256, "m", 1, &signature, &len, &err),
                     -1);
    assert_string_equal(err.msg, "a public key cannot sign");
    assert_int_equal(pkey_sign(k, SIGN_ECDSA, HASH_SHA256, "m", 1, &signature, &len, &err), -1);
    assert_string_equal(err.msg, "the key does not fit the algorithm");
    assert_null(signature);
}

static void test_pkey_sign__counts(void **state)
{
    static const struct {
        const char *key;
        enum sign_scheme scheme;
        enum crypto_op sign;
        enum crypto_op verify;
    } rows[] = {
        {"rsa-2048-1", SIGN_PKCS1, CRYPTO_SIGN_RSA2048, CRYPTO_VERIFY_RSA},
        {"rsa-4096-1", SIGN_PKCS1, CRYPTO_SIGN_RSA4096, CRYPTO_VERIFY_RSA},
        {"ec-p256-1", SIGN_ECDSA, CRYPTO_SIGN_EC, CRYPTO_VERIFY_EC},
        {"ed25519-1", SIGN_EDDSA, CRYPTO_SIGN_OTHER, CRYPTO_VERIFY_OTHER},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(pkey_free) struct pkey *k = load(rows[i].key);
        uint8_t *signature = NULL;
        size_t len = 0;
        uint64_t signs = crypto_counted(rows[i].sign);
        uint64_t verifies = crypto_counted(rows[i].verify);
        assert_int_equal(pkey_sign(k, rows[i].scheme, HASH_SHA256, "m", 1, &signature, &len, NULL),
                         0);
        assert_true(pkey_verify(k, rows[i].scheme, HASH_SHA256, "m", 1, signature, len));
        assert_int_equal(crypto_counted(rows[i].sign), signs + 1);
        assert_int_equal(crypto_counted(rows[i].verify), verifies + 1);
        xfree(signature);
    }
}

/* The certificate's key verifies what the key signed, and the name makes another certificate. */
static void test_pkey_certificate__is_made_once_for_a_name(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(key_rows); i++) {
        AUTO(pkey_free) struct pkey *k = load(key_rows[i].name);
        const uint8_t *der = NULL;
        const uint8_t *again = NULL;
        size_t len = 0;
        assert_int_equal(pkey_certificate(k, "authentik Self-signed Certificate", &der, &len, NULL),
                         0);
        assert_int_equal(
            pkey_certificate(k, "authentik Self-signed Certificate", &again, &len, NULL), 0);
        assert_ptr_equal(der, again);
        AUTO(xfree) char *b64 = b64_encode(der, len);
        AUTO(xfree)
        char *pem = xasprintf("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", b64);
        AUTO(pkey_free) struct pkey *from = NULL;
        assert_int_equal(pkey_from_pem(pem, &from, NULL), 0);
        AUTO(xfree) char *public = pkey_public_pem(k);
        AUTO(xfree) char *certified = pkey_public_pem(from);
        assert_string_equal(public, certified);
        assert_int_equal(pkey_certificate(k, "other", &again, &len, NULL), 0);
        assert_ptr_not_equal(der, again);
        assert_int_equal(pkey_certificate(from, "x", &again, &len, NULL), -1);
    }
}

static void *sign_many(void *arg)
{
    const struct pkey *k = arg;
    for (int i = 0; i < 20; i++) {
        uint8_t *signature = NULL;
        size_t len = 0;
        const uint8_t *der = NULL;
        if (pkey_sign(k, SIGN_PKCS1, HASH_SHA256, &i, sizeof i, &signature, &len, NULL) != 0 ||
            !pkey_verify(k, SIGN_PKCS1, HASH_SHA256, &i, sizeof i, signature, len) ||
            pkey_certificate(k, "shared", &der, &len, NULL) != 0) {
            xfree(signature);
            return arg;
        }
        xfree(signature);
    }
    return NULL;
}

static void test_pkey_sign__from_several_threads(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("rsa-2048-1");
    pthread_t threads[4];
    for (size_t i = 0; i < TEST_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, sign_many, k), 0);
    }
    for (size_t i = 0; i < TEST_COUNT(threads); i++) {
        void *failed = k;
        (void)pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pkey_from_pem__round_trips),
    cmocka_unit_test(test_pkey_from_pem__rejects),
    cmocka_unit_test(test_pkey_sign__every_scheme_with_its_twins),
    cmocka_unit_test(test_pkey_verify__rejects_malleable_eddsa),
    cmocka_unit_test(test_pkey_sign__ecdsa_keeps_its_width),
    cmocka_unit_test(test_pkey_sign__refuses_public_key_and_wrong_scheme),
    cmocka_unit_test(test_pkey_sign__counts),
    cmocka_unit_test(test_pkey_sign__from_several_threads),
    cmocka_unit_test(test_pkey_verify__rejects_the_other_rsa_scheme),
    cmocka_unit_test(test_pkey_verify__rejects_odd_ecdsa_forms),
    cmocka_unit_test(test_pkey_certificate__is_made_once_for_a_name),
};

int main(void)
{
    return TEST_MAIN(tests);
}
