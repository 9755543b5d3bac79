/*
 * PKCE against RFC 7636 appendix B and the alphabet of its 4.1.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/jose/pkce.h"

#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static void test_pkce_s256__rfc7636_appendix_b(void **state)
{
    AUTO(xfree) char *challenge = pkce_s256(VERIFIER);
    assert_string_equal(challenge, CHALLENGE);
}

static void test_pkce_matches__accepts(void **state)
{
    assert_true(pkce_matches(VERIFIER, CHALLENGE, "S256"));
    assert_true(pkce_matches(VERIFIER, VERIFIER, "plain"));
}

static void test_pkce_matches__rejects(void **state)
{
    assert_false(pkce_matches(VERIFIER "x", CHALLENGE, "S256"));
    assert_false(pkce_matches("", CHALLENGE, "S256"));
    assert_false(pkce_matches(CHALLENGE, CHALLENGE, "S256"));
    assert_false(pkce_matches(VERIFIER, CHALLENGE "=", "S256"));
    assert_false(pkce_matches(VERIFIER, CHALLENGE, "s256"));
    assert_false(pkce_matches(VERIFIER, CHALLENGE, "plain"));
    assert_false(pkce_matches(VERIFIER, VERIFIER, ""));
    assert_false(pkce_matches(VERIFIER, VERIFIER, NULL));
    assert_false(pkce_matches(NULL, CHALLENGE, "S256"));
    assert_false(pkce_matches(VERIFIER, NULL, "S256"));
}

static void test_pkce_verifier_is_valid__lengths_and_alphabet(void **state)
{
    char text[130];
    (void)memset(text, '~', sizeof text);
    text[129] = '\0';
    assert_false(pkce_verifier_is_valid(text));
    text[128] = '\0';
    assert_true(pkce_verifier_is_valid(text));
    text[43] = '\0';
    assert_true(pkce_verifier_is_valid(text));
    text[7] = '+';
    assert_false(pkce_verifier_is_valid(text));
    text[7] = '.';
    text[42] = '\0';
    assert_false(pkce_verifier_is_valid(text));
    assert_true(pkce_verifier_is_valid(VERIFIER));
    assert_false(pkce_verifier_is_valid(VERIFIER "="));
    assert_false(pkce_verifier_is_valid(VERIFIER "\xc3\xa9"));
    assert_false(pkce_verifier_is_valid(""));
    assert_false(pkce_verifier_is_valid(NULL));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pkce_s256__rfc7636_appendix_b),
    cmocka_unit_test(test_pkce_matches__accepts),
    cmocka_unit_test(test_pkce_matches__rejects),
    cmocka_unit_test(test_pkce_verifier_is_valid__lengths_and_alphabet),
};

int main(void)
{
    return TEST_MAIN(tests);
}
