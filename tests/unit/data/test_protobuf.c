/*
 * The two-string message of Dex's `sub` and refresh tokens: the vectors of dex.md 6.3 and 6.5, and
 * what is no such message.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/mem.h"
#include "harness/data/protobuf.h"

struct vector {
    const char *a;
    const char *b;
    const char *text;
};

static const struct vector vectors[] = {
    {"foo", "bar", "CgNmb28SA2Jhcg"},
    {"1", "test", "CgExEgR0ZXN0"},
    {"subvalue", "authentik", "CghzdWJ2YWx1ZRIJYXV0aGVudGlr"},
    {"50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c", "authentik",
     "CkA1MGQ4NThlMDk4NWVjYzdmNjA0MThhYWYwY2M1YWI1ODdmNDJjMjU3MGE4ODQwOTVhOWU4Y2NhY2QwZjY1NDVjEglhd"
     "XRoZW50aWs"},
    {"test", "bar", "CgR0ZXN0EgNiYXI"},
    {"", "bar", "EgNiYXI"},
    {"", "", ""},
    {NULL, NULL, NULL},
};

static void test_encode__vectors(void **state)
{
    for (const struct vector *v = vectors; v->a != NULL; v++) {
        AUTO(xfree) char *text = protobuf_pair_encode(v->a, v->b);
        assert_string_equal(text, v->text);
    }
}

static void test_decode__vectors(void **state)
{
    for (const struct vector *v = vectors; v->a != NULL; v++) {
        char *a = NULL;
        char *b = NULL;
        assert_int_equal(protobuf_pair_decode(v->text, &a, &b), 0);
        assert_string_equal(a, v->a);
        assert_string_equal(b, v->b);
        xfree(a);
        xfree(b);
    }
}

static void test_decode__length_of_two_bytes(void **state)
{
    AUTO(buf_deinit) struct buf longer = {0};
    char *a = NULL;
    char *b = NULL;
    buf_init(&longer, BUF_MAX_TEXT);
    for (int i = 0; i < 300; i++)
        buf_addc(&longer, 'u');
    AUTO(xfree) char *text = protobuf_pair_encode(longer.ptr, "c");
    assert_int_equal(protobuf_pair_decode(text, &a, &b), 0);
    assert_string_equal(a, longer.ptr);
    assert_string_equal(b, "c");
    xfree(a);
    xfree(b);
}

static void test_decode__rejects(void **state)
{
    static const char *const broken[] = {
        "CgNmb28SA2Jhcg==", /* padding */
        "CgNmb28SA2Jh",     /* shorter than its length says */
        "GgNmb28",          /* field 3 */
        "CgP/",             /* not base64url */
        "Cv////8P",         /* a length past the end */
        "CgNmb28S",         /* a tag without a length */
        "CgMAAAA",          /* NUL inside */
        "id@user",
        NULL,
    };
    for (const char *const *t = broken; *t != NULL; t++) {
        char *a = NULL;
        char *b = NULL;
        assert_int_equal(protobuf_pair_decode(*t, &a, &b), -1);
        assert_null(a);
        assert_null(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode__vectors),
        cmocka_unit_test(test_decode__vectors),
        cmocka_unit_test(test_decode__length_of_two_bytes),
        cmocka_unit_test(test_decode__rejects),
    };
    return TEST_MAIN(tests);
}
