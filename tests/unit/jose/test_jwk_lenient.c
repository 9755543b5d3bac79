/* RSA numbers as lenient libraries read them. */
#include "tests/support/test.h"

#include "harness/jose/jwk.h"
#include "harness/jose/jwk_lenient.h"

static struct js *rsa(const char *n, const char *e)
{
    struct js *jwk = js_object();
    js_set_text(jwk, "kty", "RSA");
    if (n != NULL)
        js_set_text(jwk, "n", n);
    js_set_text(jwk, "e", e);
    return jwk;
}

static void test_bits__of_a_modulus(void **state)
{
    (void)state;
    static const struct {
        const char *n;
        size_t bits;
    } rows[] = {{"gA", 8}, {"AQ", 1},   {"fw", 7}, {"AIA", 8},  {"AAAB", 1}, {"gAAA", 24},
                {"AA", 0}, {"AAAA", 0}, {NULL, 0}, {"g===", 0}, {"+/+/", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO(js_free) struct js *jwk = rsa(rows[i].n, "AQAB");
        assert_int_equal(jwk_rsa_bits(jwk), rows[i].bits);
    }
}

static void test_trimmed__numbers_lose_their_zeros(void **state)
{
    (void)state;
    AUTO(js_free) struct js *jwk = rsa("AIA", "AAEAAQ");
    AUTO(js_free) struct js *trimmed = jwk_trimmed(jwk);
    assert_string_equal(js_get_text(trimmed, "n"), "gA");
    assert_string_equal(js_get_text(trimmed, "e"), "AQAB");
    assert_string_equal(js_get_text(jwk, "n"), "AIA"); /* the original stays */
}

static void test_trimmed__others_stay(void **state)
{
    (void)state;
    AUTO(js_free) struct js *jwk = rsa("AA", "no base64url!");
    AUTO(js_free) struct js *trimmed = jwk_trimmed(jwk);
    assert_true(js_equal(jwk, trimmed));
}

/* jwk_to_key refuses what was not trimmed, and takes what was. */
static void test_trimmed__makes_a_key_readable(void **state)
{
    (void)state;
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(js_free) struct js *jwk = jwk_public(key);
    assert_int_equal(jwk_rsa_bits(jwk), 2048);
    js_set_text(jwk, "e", "AAEAAQ");
    AUTO(js_free) struct js *trimmed = jwk_trimmed(jwk);
    struct key *read = NULL;
    assert_int_equal(jwk_to_key(jwk, &read, NULL), -1);
    assert_int_equal(jwk_to_key(trimmed, &read, NULL), 0);
    key_free(read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits__of_a_modulus),
        cmocka_unit_test(test_trimmed__numbers_lose_their_zeros),
        cmocka_unit_test(test_trimmed__others_stay),
        cmocka_unit_test(test_trimmed__makes_a_key_readable),
    };
    return TEST_MAIN(tests);
}
