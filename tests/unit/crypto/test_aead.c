/*
 * AES-256-GCM against the test cases of the GCM specification that NIST adopted (13 to 15), scrypt
 * against RFC 7914 12, and the key of Argo CD's state cookie, which is derived once.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"
#include "harness/crypto/aead.h"
#include "harness/crypto/count.h"

static const struct gcm_row {
    const char *key;
    const char *nonce;
    const char *plain;
    const char *sealed; /* without the nonce */
} gcm_rows[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad"
     "b094dac5d93471bdec1a502270e3cc6c"},
};

static uint8_t *unhex(const char *hex, size_t *ret_len)
{
    uint8_t *p = NULL;
    size_t len = 0;
    assert_int_equal(hex_decode(hex, strlen(hex), &p, &len, NULL), 0);
    if (ret_len) {
        *ret_len = len;
    }
    return p;
}

static void test_aead_seal__gcm_test_cases(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(gcm_rows); i++) {
        size_t plain_len = 0;
        uint8_t *key = unhex(gcm_rows[i].key, NULL);
        uint8_t *nonce = unhex(gcm_rows[i].nonce, NULL);
        uint8_t *plain = unhex(gcm_rows[i].plain, &plain_len);
        uint8_t *sealed = NULL;
        size_t sealed_len = 0;
        assert_int_equal(aead_seal(key, nonce, plain, plain_len, &sealed, &sealed_len, NULL), 0);
        AUTO(xfree) char *hex = hex_encode(sealed, sealed_len);
        AUTO(xfree) char *wanted = xasprintf("%s%s", gcm_rows[i].nonce, gcm_rows[i].sealed);
        assert_string_equal(hex, wanted);
        char *opened = NULL;
        size_t opened_len = 0;
        assert_int_equal(aead_open(key, sealed, sealed_len, &opened, &opened_len, NULL), 0);
        assert_int_equal(opened_len, plain_len);
        assert_memory_equal(opened, plain, plain_len);
        assert_int_equal(opened[opened_len], 0);
        xfree(opened);
        xfree(sealed);
        xfree(plain);
        xfree(nonce);
        xfree(key);
    }
}

/* A bit changed anywhere, nonce, text or tag, is found. */
static void test_aead_open__rejects_every_changed_byte(void **state)
{
    uint8_t key[AEAD_KEY] = {1};
    uint8_t nonce[AEAD_NONCE] = {2};
    uint8_t *sealed = NULL;
    size_t len = 0;
    assert_int_equal(aead_seal(key, nonce, "state\nreturn", 12, &sealed, &len, NULL), 0);
    for (size_t i = 0; i < len; i++) {
        struct err err = {0};
        char *opened = NULL;
        size_t opened_len = 0;
        sealed[i] ^= 0x80;
        assert_int_equal(aead_open(key, sealed, len, &opened, &opened_len, &err), -1);
        assert_int_equal(err.code, ERR_CRYPTO);
        assert_string_equal(err.msg, "message authentication failed");
        assert_null(opened);
        sealed[i] ^= 0x80;
    }
    xfree(sealed);
}

static void test_aead_open__rejects_other_key_and_short_text(void **state)
{
    uint8_t key[AEAD_KEY] = {1};
    uint8_t nonce[AEAD_NONCE] = {2};
    uint8_t *sealed = NULL;
    size_t len = 0;
    char *opened = NULL;
    size_t opened_len = 0;
    struct err err = {0};
    assert_int_equal(aead_seal(key, nonce, "", 0, &sealed, &len, NULL), 0);
    assert_int_equal(aead_open(key, sealed, len - 1, &opened, &opened_len, &err), -1);
    assert_non_null(strstr(err.msg, "27 bytes"));
    key[31] = 1;
    assert_int_equal(aead_open(key, sealed, len, &opened, &opened_len, &err), -1);
    assert_null(opened);
    xfree(sealed);
}

static const struct scrypt_row {
    const char *password;
    const char *salt;
    uint64_t n;
    uint32_t r;
    uint32_t p;
    const char *key;
} scrypt_rows[] = {
    {"", "", 16, 1, 1,
     "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
     "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
    {"password", "NaCl", 1024, 8, 16,
     "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
     "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
    {"pleaseletmein", "SodiumChloride", 16384, 8, 1,
     "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
     "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
};

static void test_kdf_scrypt__rfc7914(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(scrypt_rows); i++) {
        uint8_t key[64] = {0};
        struct kdf_scrypt in = {
            .password = scrypt_rows[i].password,
            .password_len = strlen(scrypt_rows[i].password),
            .salt = scrypt_rows[i].salt,
            .salt_len = strlen(scrypt_rows[i].salt),
            .n = scrypt_rows[i].n,
            .r = scrypt_rows[i].r,
            .p = scrypt_rows[i].p,
        };
        assert_int_equal(kdf_scrypt(&in, key, sizeof key, NULL), 0);
        AUTO(xfree) char *hex = hex_encode(key, sizeof key);
        assert_string_equal(hex, scrypt_rows[i].key);
    }
}

static void test_kdf_scrypt__rejects_what_needs_too_much_memory(void **state)
{
    uint8_t key[32];
    struct err err = {0};
    struct kdf_scrypt in = {
        .password = "p",
        .password_len = 1,
        .salt = "s",
        .salt_len = 1,
        .n = 1 << 20,
        .r = 8,
        .p = 1,
    };
    assert_int_equal(kdf_scrypt(&in, key, sizeof key, &err), -1);
    assert_int_equal(err.code, ERR_CRYPTO);
}

struct derive_job {
    uint8_t key[AEAD_KEY];
    int rc;
};

static void *derive(void *arg)
{
    struct derive_job *job = arg;
    job->rc = kdf_argocd_key("my-server-signature", job->key, NULL);
    return NULL;
}

/* Salt = SHA-256 of the password (argocd.md 1.5); the value was made with Python's hashlib. */
static void test_kdf_argocd_key__derived_once_for_all_threads(void **state)
{
    pthread_t threads[4];
    struct derive_job jobs[4] = {0};
    uint64_t before = crypto_counted(CRYPTO_SCRYPT);
    for (size_t i = 0; i < TEST_COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, derive, &jobs[i]), 0);
    }
    for (size_t i = 0; i < TEST_COUNT(threads); i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(jobs[i].rc, 0);
        AUTO(xfree) char *hex = hex_encode(jobs[i].key, AEAD_KEY);
        assert_string_equal(hex,
                            "33f24016e40c874f846c043304cbf41b5cd62c8bd2990b39c0e206e719c060cb");
    }
    assert_int_equal(crypto_counted(CRYPTO_SCRYPT) - before, 1);
    uint8_t other[AEAD_KEY];
    assert_int_equal(kdf_argocd_key("my-server-signaturf", other, NULL), 0);
    assert_memory_not_equal(other, jobs[0].key, AEAD_KEY);
    assert_int_equal(crypto_counted(CRYPTO_SCRYPT) - before, 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_aead_seal__gcm_test_cases),
    cmocka_unit_test(test_aead_open__rejects_every_changed_byte),
    cmocka_unit_test(test_aead_open__rejects_other_key_and_short_text),
    cmocka_unit_test(test_kdf_scrypt__rfc7914),
    cmocka_unit_test(test_kdf_scrypt__rejects_what_needs_too_much_memory),
    cmocka_unit_test(test_kdf_argocd_key__derived_once_for_all_threads),
};

int main(void)
{
    return TEST_MAIN(tests);
}
