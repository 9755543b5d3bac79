/*
 * base64 by the vectors of RFC 4648 10, and the spellings that must not pass (RFC 4648 3.3, 3.5).
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"

/* Decodes into a NUL-terminated text, or gives NULL. */
static char *decode_plain(const char *text)
{
    uint8_t *bytes = NULL;
    size_t n = 0;

    return b64_decode(text, strlen(text), &bytes, &n) == 0 ? (char *)bytes : NULL;
}

static char *decode_url(const char *text, size_t *ret_bad)
{
    uint8_t *bytes = NULL;
    size_t n = 0;

    return b64url_decode(text, strlen(text), &bytes, &n, ret_bad) == 0 ? (char *)bytes : NULL;
}

struct vector {
    const char *name;
    const char *plain;
    const char *encoded;
    const char *bare; /* base64url without padding */
};

static const struct vector vectors[] = {
    {"RFC 4648 10 empty", "", "", ""},
    {"RFC 4648 10 f", "f", "Zg==", "Zg"},
    {"RFC 4648 10 fo", "fo", "Zm8=", "Zm8"},
    {"RFC 4648 10 foo", "foo", "Zm9v", "Zm9v"},
    {"RFC 4648 10 foob", "foob", "Zm9vYg==", "Zm9vYg"},
    {"RFC 4648 10 fooba", "fooba", "Zm9vYmE=", "Zm9vYmE"},
    {"RFC 4648 10 foobar", "foobar", "Zm9vYmFy", "Zm9vYmFy"},
    {"letters 62 and 63", "\xfb\xff\xfe", "+//+", "-__-"},
};

static void test_vector(void **state)
{
    const struct vector *v = *state;
    size_t n = strlen(v->plain);
    AUTO(xfree) char *encoded = b64_encode(v->plain, n);
    AUTO(xfree) char *bare = b64url_encode(v->plain, n);
    AUTO(xfree) char *decoded = decode_plain(v->encoded);
    AUTO(xfree) char *decoded_bare = decode_url(v->bare, NULL);

    assert_string_equal(encoded, v->encoded);
    assert_string_equal(bare, v->bare);
    assert_non_null(decoded);
    assert_string_equal(decoded, v->plain);
    assert_non_null(decoded_bare);
    assert_string_equal(decoded_bare, v->plain);
}

static void test_b64_decode__refuses_other_spellings(void **state)
{
    static const char *const bad[] = {
        "Zg",    "Zg=",  "Zg===", "Zh==",     "Zm9=",  "Z===", "====",    "Zm9v\n", " Zm9v",
        "Zm9v ", "Zm-v", "Zm_v",  "Zg==Zg==", "Zm9vY", "=Zm9", "Z\x80mv", NULL};

    for (size_t i = 0; bad[i]; i++) {
        AUTO(xfree) char *decoded = decode_plain(bad[i]);
        assert_null(decoded);
    }
}

static void test_b64url_decode__names_the_bad_byte(void **state)
{
    size_t bad = 99;

    assert_null(decode_url("Zm9v+g", &bad));
    assert_int_equal(bad, 4);
    assert_null(decode_url("Zg==", &bad));
    assert_int_equal(bad, 2);
    assert_null(decode_url("Zh", &bad));
    assert_int_equal(bad, 1);
    assert_null(decode_url("Zm9vY", NULL));
}

static void test_b64url_encode_padded__pads(void **state)
{
    AUTO(xfree) char *text = b64url_encode_padded("\xff", 1);

    assert_string_equal(text, "_w==");
}

static void test_hex__both_ways(void **state)
{
    AUTO(xfree) char *text = hex_encode("\x00\x7f\xff", 3);
    uint8_t *bytes = NULL;
    size_t n = 0;

    assert_string_equal(text, "007fff");
    assert_int_equal(hex_decode("007FfF", 6, &bytes, &n, NULL), 0);
    AUTO(xfree) char *owned = (char *)bytes;
    assert_int_equal(n, 3);
    assert_memory_equal(owned, "\x00\x7f\xff", 3);
}

static void test_hex_decode__refuses(void **state)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    size_t bad = 99;

    assert_int_equal(hex_decode("00g0", 4, &bytes, &n, &bad), -1);
    assert_int_equal(bad, 2);
    assert_int_equal(hex_decode("000", 3, &bytes, &n, &bad), -1);
    assert_int_equal(bad, 3);
    assert_null(bytes);
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_b64_decode__refuses_other_spellings),
        cmocka_unit_test(test_b64url_decode__names_the_bad_byte),
        cmocka_unit_test(test_b64url_encode_padded__pads),
        cmocka_unit_test(test_hex__both_ways),
        cmocka_unit_test(test_hex_decode__refuses),
    };
    struct CMUnitTest tests[TEST_COUNT(fixed) + TEST_COUNT(vectors)];
    size_t n = 0;

    for (size_t i = 0; i < TEST_COUNT(fixed); i++) {
        tests[n++] = fixed[i];
    }
    for (size_t i = 0; i < TEST_COUNT(vectors); i++) {
        tests[n++] = (struct CMUnitTest){vectors[i].name, test_vector, NULL, NULL,
                                         (void *)(uintptr_t)&vectors[i]};
    }
    return TEST_MAIN(tests);
}
