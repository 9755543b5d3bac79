/* One-time passwords: RFC 6238 appendix B (SHA-1), the last six of its eight digits. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/crypto/totp.h"

#define RFC_SECRET "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* "12345678901234567890" */

static const struct {
    int64_t at_s;
    const char *code;
} vectors[] = {
    {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
    {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"},
};

static void assert_code(const char *secret, int64_t at_s, const char *expected)
{
    AUTO(xfree) char *code = totp_code(secret, at_s);
    assert_non_null(code);
    assert_string_equal(code, expected);
}

static void test_totp__rfc6238_appendix_b(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        assert_code(RFC_SECRET, vectors[i].at_s, vectors[i].code);
}

static void test_totp__one_code_for_thirty_seconds(void **state)
{
    (void)state;
    AUTO(xfree) char *first = totp_code(RFC_SECRET, 60);
    AUTO(xfree) char *last = totp_code(RFC_SECRET, 89);
    AUTO(xfree) char *next = totp_code(RFC_SECRET, 90);
    assert_string_equal(first, last);
    assert_string_not_equal(first, next);
}

static void test_totp__secret_as_people_paste_it(void **state)
{
    (void)state;
    assert_code("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", 59, "287082");
    assert_code(RFC_SECRET "======", 59, "287082");
}

static void test_totp__what_is_no_secret(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "A", "GEZ1", "GEZDGNBV-", "GEZ\xc3\xa9", NULL};
    for (size_t i = 0; wrong[i] != NULL; i++)
        assert_null(totp_code(wrong[i], 59));
    char large[512];
    memset(large, 'A', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    assert_null(totp_code(large, 59));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_totp__rfc6238_appendix_b),
        cmocka_unit_test(test_totp__one_code_for_thirty_seconds),
        cmocka_unit_test(test_totp__secret_as_people_paste_it),
        cmocka_unit_test(test_totp__what_is_no_secret),
    };
    return TEST_MAIN(tests);
}
