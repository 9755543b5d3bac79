/*
 * RSA-OAEP both ways, what cannot be opened, and keys out of certificates.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/crypto/count.h"
#include "harness/crypto/pkey.h"
#include "harness/crypto/random.h"
#include "harness/jose/testkeys.h"

#define SEALED "0123456789abcdef0123456789abcdef"

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

static uint8_t *seal(const struct pkey *k, enum hash_alg hash, size_t *ret_len)
{
    uint8_t *sealed = NULL;
    assert_int_equal(pkey_oaep_seal(k, hash, SEALED, strlen(SEALED), &sealed, ret_len, NULL), 0);
    assert_int_equal(*ret_len, 256);
    return sealed;
}

static bool opens(const struct pkey *k, enum hash_alg hash, const uint8_t *sealed, size_t len)
{
    uint8_t out[32] = {0};
    pkey_oaep_open_or_random(k, hash, sealed, len, out, sizeof out);
    return memcmp(out, SEALED, sizeof out) == 0;
}

static void test_pkey_oaep__there_and_back(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("rsa-2048-1");
    AUTO(pkey_free) struct pkey *public = NULL;
    AUTO(xfree) char *pem = pkey_public_pem(k);
    assert_int_equal(pkey_from_pem(pem, &public, NULL), 0);
    static const enum hash_alg hashes[] = {HASH_SHA1, HASH_SHA256, HASH_SHA384};
    for (size_t i = 0; i < TEST_COUNT(hashes); i++) {
        size_t len = 0;
        uint8_t *sealed = seal(public, hashes[i], &len);
        assert_true(opens(k, hashes[i], sealed, len));
        assert_false(opens(k, HASH_SHA512, sealed, len));
        xfree(sealed);
    }
}

/* Whatever is wrong: bytes come out, other ones each time, and never those inside. */
static void test_pkey_oaep_open_or_random__never_says_why(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("rsa-2048-1");
    AUTO(pkey_free) struct pkey *other = load("rsa-2048-2");
    AUTO(pkey_free) struct pkey *large = load("rsa-4096-1");
    AUTO(pkey_free) struct pkey *public = NULL;
    AUTO(xfree) char *pem = pkey_public_pem(k);
    assert_int_equal(pkey_from_pem(pem, &public, NULL), 0);
    size_t len = 0;
    uint8_t *sealed = seal(k, HASH_SHA256, &len);
    const struct {
        const struct pkey *k;
        size_t len;
        size_t want;
    } rows[] = {
        {other, len, 32}, {large, len, 32}, {public, len, 32}, {k, len - 1, 32},
        {k, 0, 32},       {k, len, 31},     {k, len, 64},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        uint8_t a[64] = {0};
        uint8_t b[64] = {0};
        pkey_oaep_open_or_random(rows[i].k, HASH_SHA256, sealed, rows[i].len, a, rows[i].want);
        pkey_oaep_open_or_random(rows[i].k, HASH_SHA256, sealed, rows[i].len, b, rows[i].want);
        assert_memory_not_equal(a, b, rows[i].want);
        assert_memory_not_equal(a, SEALED, 31);
        assert_memory_not_equal(b, SEALED, 31);
    }
    for (size_t at = 0; at < len; at += 37) {
        sealed[at] ^= 4;
        assert_false(opens(k, HASH_SHA256, sealed, len));
        sealed[at] ^= 4;
    }
    assert_true(opens(k, HASH_SHA256, sealed, len));
    xfree(sealed);
}

static void test_pkey_oaep_seal__refuses(void **state)
{
    AUTO(pkey_free) struct pkey *ec = load("ec-p256-1");
    AUTO(pkey_free) struct pkey *rsa = load("rsa-2048-1");
    uint8_t *sealed = NULL;
    uint8_t large[256] = {1};
    size_t len = 0;
    struct err err = {0};
    assert_int_equal(pkey_oaep_seal(ec, HASH_SHA256, "x", 1, &sealed, &len, &err), -1);
    assert_string_equal(err.msg, "RSA-OAEP needs an RSA key");
    assert_int_equal(pkey_oaep_seal(rsa, HASH_SHA256, large, 191, &sealed, &len, &err), -1);
    assert_int_equal(err.code, ERR_CRYPTO);
    assert_null(sealed);
    assert_int_equal(pkey_oaep_seal(rsa, HASH_SHA256, large, 190, &sealed, &len, &err), 0);
    xfree(sealed);
}

/* They cost what a signature and a verification cost, and are counted so. */
static void test_pkey_oaep__counts(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("rsa-2048-1");
    uint64_t signs = crypto_counted(CRYPTO_SIGN_RSA2048);
    uint64_t verifies = crypto_counted(CRYPTO_VERIFY_RSA);
    size_t len = 0;
    uint8_t *sealed = seal(k, HASH_SHA256, &len);
    assert_int_equal(crypto_counted(CRYPTO_VERIFY_RSA), verifies + 1);
    assert_true(opens(k, HASH_SHA256, sealed, len));
    assert_int_equal(crypto_counted(CRYPTO_SIGN_RSA2048), signs + 1);
    xfree(sealed);
}

static void test_random_fill__differs(void **state)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    random_fill(a, sizeof a);
    random_fill(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void test_pkey_from_certificate__every_kind(void **state)
{
    static const char *const names[] = {"rsa-2048-1", "ec-p256-1", "ec-p384-1",
                                        "ec-p521-1",  "ed25519-1", "ed448-1"};
    AUTO(pkey_free) struct pkey *stranger = load("rsa-2048-2");
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(pkey_free) struct pkey *k = load(names[i]);
        AUTO(pkey_free) struct pkey *inside = NULL;
        const uint8_t *der = NULL;
        size_t len = 0;
        assert_int_equal(pkey_certificate(k, "test", &der, &len, NULL), 0);
        assert_int_equal(pkey_from_certificate(der, len, &inside, NULL), 0);
        assert_true(pkey_equal(k, inside));
        assert_false(pkey_is_private(inside));
        assert_false(pkey_equal(stranger, inside));
    }
}

static void test_pkey_from_certificate__rejects(void **state)
{
    AUTO(pkey_free) struct pkey *k = load("ec-p256-1");
    struct pkey *inside = NULL;
    struct err err = {0};
    const uint8_t *der = NULL;
    size_t len = 0;
    assert_int_equal(pkey_certificate(k, "test", &der, &len, NULL), 0);
    AUTO(xfree) char *longer = xcalloc(len + 1, 1);
    (void)memcpy(longer, der, len);
    assert_int_equal(pkey_from_certificate((uint8_t *)longer, len + 1, &inside, &err), -1);
    assert_string_equal(err.msg, "bytes behind the certificate");
    assert_int_equal(pkey_from_certificate(der, len - 1, &inside, &err), -1);
    assert_string_equal(err.msg, "no X.509 certificate in DER");
    assert_int_equal(pkey_from_certificate(der, 0, &inside, &err), -1);
    assert_null(inside);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pkey_oaep__there_and_back),
    cmocka_unit_test(test_pkey_oaep_open_or_random__never_says_why),
    cmocka_unit_test(test_pkey_oaep_seal__refuses),
    cmocka_unit_test(test_pkey_oaep__counts),
    cmocka_unit_test(test_random_fill__differs),
    cmocka_unit_test(test_pkey_from_certificate__every_kind),
    cmocka_unit_test(test_pkey_from_certificate__rejects),
};

int main(void)
{
    return TEST_MAIN(tests);
}
