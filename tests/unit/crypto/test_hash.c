/*
 * Digests against FIPS 180-2 and RFC 1321, MACs against RFC 4231, and the comparison of secrets.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"
#include "harness/crypto/hash.h"

static const struct digest_row {
    enum hash_alg alg;
    size_t size;
    const char *of_abc;
} digests[] = {
    {HASH_MD5, 16, "900150983cd24fb0d6963f7d28e17f72"},
    {HASH_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HASH_SHA256, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HASH_SHA384, 48,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c82"
     "5"
     "a7"},
    {HASH_SHA512, 64,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fee"
     "b"
     "bd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void test_hash_of__published_digests(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(digests); i++) {
        uint8_t out[HASH_SIZE_MAX];
        assert_int_equal(hash_size(digests[i].alg), digests[i].size);
        hash_of(digests[i].alg, "abc", 3, out);
        AUTO(xfree) char *hex = hex_encode(out, digests[i].size);
        assert_string_equal(hex, digests[i].of_abc);
    }
}

static void test_hash_of__nothing(void **state)
{
    uint8_t out[HASH_SIZE_MAX];
    hash_of(HASH_SHA256, NULL, 0, out);
    AUTO(xfree) char *hex = hex_encode(out, 32);
    AUTO(xfree) char *of_empty = hash_sha256_hex("");
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(hex, of_empty);
}

/* RFC 4231 4.2 and 4.3. */
static void test_hmac_of__rfc4231(void **state)
{
    uint8_t key[20];
    uint8_t out[HASH_SIZE_MAX];
    (void)memset(key, 0x0b, sizeof key);
    hmac_of(HASH_SHA256, key, sizeof key, "Hi There", 8, out);
    AUTO(xfree) char *first = hex_encode(out, 32);
    assert_string_equal(first, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    const char *text = "what do ya want for nothing?";
    hmac_of(HASH_SHA384, "Jefe", 4, text, strlen(text), out);
    AUTO(xfree) char *second = hex_encode(out, 48);
    assert_string_equal(second, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
                                "8e2240ca5e69e2c78b3239ecfab21649");
    hmac_of(HASH_SHA512, "Jefe", 4, text, strlen(text), out);
    AUTO(xfree) char *third = hex_encode(out, 64);
    assert_string_equal(third, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                               "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

/* As `openssl mac` and Python agree for an empty key and message. */
static void test_hmac_of__empty_key(void **state)
{
    uint8_t out[HASH_SIZE_MAX];
    hmac_of(HASH_SHA256, NULL, 0, NULL, 0, out);
    AUTO(xfree) char *hex = hex_encode(out, 32);
    assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void test_hmac_of__key_of_another_call_is_not_kept(void **state)
{
    uint8_t first[HASH_SIZE_MAX];
    uint8_t second[HASH_SIZE_MAX];
    hmac_of(HASH_SHA256, "a", 1, "x", 1, first);
    hmac_of(HASH_SHA256, "b", 1, "x", 1, second);
    assert_memory_not_equal(first, second, 32);
    hmac_of(HASH_SHA256, "a", 1, "x", 1, second);
    assert_memory_equal(first, second, 32);
}

static void test_secret_equal__accepts_and_rejects(void **state)
{
    assert_true(secret_text_equal("s3cret", "s3cret"));
    assert_true(secret_text_equal("", ""));
    assert_false(secret_text_equal("s3cret", "s3creT"));
    assert_false(secret_text_equal("s3cret", "s3cre"));
    assert_false(secret_text_equal("s3cret", "s3cret "));
    assert_false(secret_text_equal(NULL, ""));
    assert_false(secret_text_equal(NULL, NULL));
    assert_true(secret_equal("a\0b", 3, "a\0b", 3));
    assert_false(secret_equal("a\0b", 3, "a\0c", 3));
}

/* Dex's secret of the client argo-cd (dex.md 1.4). */
static void test_hash_of__static_client_secret(void **state)
{
    const char *server_secretkey = "my-server-signature";
    uint8_t out[HASH_SIZE_MAX];
    hash_of(HASH_SHA256, server_secretkey, strlen(server_secretkey), out);
    AUTO(xfree) char *text = b64url_encode_padded(out, 32);
    text[40] = '\0';
    assert_string_equal(text, "DwKu8DmXIcfo5mLn6t7DDE1oJdXYlT6HI2h3-HXo");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_hash_of__published_digests),
    cmocka_unit_test(test_hash_of__nothing),
    cmocka_unit_test(test_hash_of__static_client_secret),
    cmocka_unit_test(test_hmac_of__rfc4231),
    cmocka_unit_test(test_hmac_of__empty_key),
    cmocka_unit_test(test_hmac_of__key_of_another_call_is_not_kept),
    cmocka_unit_test(test_secret_equal__accepts_and_rejects),
};

int main(void)
{
    return TEST_MAIN(tests);
}
