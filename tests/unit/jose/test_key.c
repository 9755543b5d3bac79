/*
 * Keys as others see them: the shipped test keys, secrets, references.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/jose/key.h"

static void test_key_test__every_name_is_a_private_key(void **state)
{
    const char *const *names = key_test_names();
    size_t n = 0;
    for (; names[n]; n++) {
        AUTO(key_free) struct key *k = key_test(names[n]);
        assert_true(key_is_private(k));
        assert_true(key_kind(k) < KEY_SECRET);
    }
    assert_int_equal(n, 16);
}

static const struct named_row {
    const char *name;
    enum key_kind kind;
    const char *kind_name;
    unsigned bits;
} named[] = {
    {"rsa-2048-1", KEY_RSA, "RSA", 2048},       {"rsa-2048-8", KEY_RSA, "RSA", 2048},
    {"rsa-4096-1", KEY_RSA, "RSA", 4096},       {"ec-p256-3", KEY_EC_P256, "P-256", 256},
    {"ec-p384-1", KEY_EC_P384, "P-384", 384},   {"ec-p521-1", KEY_EC_P521, "P-521", 521},
    {"ed25519-1", KEY_ED25519, "Ed25519", 256}, {"ed448-1", KEY_ED448, "Ed448", 456},
};

static void test_key_test__kinds_and_sizes(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(named); i++) {
        AUTO(key_free) struct key *k = key_test(named[i].name);
        assert_int_equal(key_kind(k), named[i].kind);
        assert_int_equal(key_bits(k), named[i].bits);
        assert_string_equal(key_kind_name(key_kind(k)), named[i].kind_name);
    }
}

static void test_key_test__is_parsed_once_and_never_twice_the_same(void **state)
{
    AUTO(key_free) struct key *a = key_test("rsa-2048-1");
    AUTO(key_free) struct key *b = key_test("rsa-2048-1");
    AUTO(key_free) struct key *c = key_test("rsa-2048-2");
    AUTO(xfree) char *a_pem = key_public_pem(a);
    AUTO(xfree) char *c_pem = key_public_pem(c);
    assert_ptr_equal(a, b);
    assert_string_not_equal(a_pem, c_pem);
}

static void test_key_ref__keeps_the_key_alive(void **state)
{
    struct key *k = key_from_secret("abc", 3);
    struct key *other = key_ref(k);
    assert_ptr_equal(k, other);
    assert_null(key_free(k));
    assert_int_equal(key_bits(other), 24);
    assert_null(key_free(other));
    assert_null(key_free(NULL));
}

static void test_key_from_secret__has_no_pem_and_no_certificate(void **state)
{
    AUTO(key_free) struct key *k = key_from_secret("", 0);
    const unsigned char *der = NULL;
    size_t len = 0;
    struct err err = {0};
    assert_int_equal(key_kind(k), KEY_SECRET);
    assert_string_equal(key_kind_name(KEY_SECRET), "secret");
    assert_true(key_is_private(k));
    assert_null(key_public_pem(k));
    assert_null(key_private_pem(k));
    assert_int_equal(key_certificate(k, "x", &der, &len, &err), -1);
    assert_string_equal(err.msg, "a shared secret has no certificate");
}

static void test_key_from_pem__public_and_broken(void **state)
{
    AUTO(key_free) struct key *k = key_test("ec-p256-1");
    AUTO(key_free) struct key *public = NULL;
    AUTO(xfree) char *pem = key_public_pem(k);
    struct err err = {0};
    assert_int_equal(key_from_pem(pem, &public, &err), 0);
    assert_false(key_is_private(public));
    assert_null(key_private_pem(public));
    pem[60] = '!';
    struct key *broken = NULL;
    assert_int_equal(key_from_pem(pem, &broken, &err), -1);
    assert_int_equal(err.code, ERR_PARSE);
    assert_null(broken);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_key_test__every_name_is_a_private_key),
    cmocka_unit_test(test_key_test__kinds_and_sizes),
    cmocka_unit_test(test_key_test__is_parsed_once_and_never_twice_the_same),
    cmocka_unit_test(test_key_ref__keeps_the_key_alive),
    cmocka_unit_test(test_key_from_secret__has_no_pem_and_no_certificate),
    cmocka_unit_test(test_key_from_pem__public_and_broken),
};

int main(void)
{
    return TEST_MAIN(tests);
}
