/*
 * Protocol buffers by table: what is written, and what is no message.
 */
#include "tests/support/test.h"

#include <string.h>

#include "mocks/argocd/pbjson.h"

static const struct pb_field inner_fields[] = {{"name", 1, NULL}, {NULL, 0, NULL}};
static const struct pb_field fields[] = {{"text", 1, NULL},
                                         {"flag", 2, NULL},
                                         {"list", 3, NULL},
                                         {"inner", 16, inner_fields},
                                         {NULL, 0, NULL}};

static void writes(const char *json, const char *expected, size_t n)
{
    AUTO(js_free) struct js *j = NULL;
    AUTO(buf_deinit) struct buf out = {0};
    struct err err = {0};
    buf_init(&out, BUF_MAX_TEXT);
    assert_int_equal(js_parse(str_of(json), "test", &j, &err), 0);
    pb_write(&out, j, fields);
    assert_int_equal(out.len, n);
    assert_memory_equal(out.ptr, expected, n);
}

static void test_write__kinds(void **state)
{
    writes("{}", "", 0);
    writes("{\"text\":\"ab\",\"other\":\"x\"}",
           "\x0a\x02"
           "ab",
           4);
    writes("{\"flag\":true}", "\x10\x01", 2);
    writes("{\"flag\":false}", "", 0);
    writes("{\"list\":[\"a\",\"b\"]}",
           "\x1a\x01"
           "a"
           "\x1a\x01"
           "b",
           6);
    writes("{\"inner\":{\"name\":\"x\"}}", "\x82\x01\x03\x0a\x01x", 6);
    writes("{\"inner\":{}}", "\x82\x01\x00", 3);
}

static void test_write__long_text(void **state)
{
    char json[400] = "{\"text\":\"";
    memset(json + 9, 'a', 300);
    memcpy(json + 309, "\"}", 3);
    AUTO(js_free) struct js *j = NULL;
    AUTO(buf_deinit) struct buf out = {0};
    struct err err = {0};
    buf_init(&out, BUF_MAX_TEXT);
    assert_int_equal(js_parse(str_of(json), "test", &j, &err), 0);
    pb_write(&out, j, fields);
    assert_int_equal(out.len, 303);
    assert_memory_equal(out.ptr, "\x0a\xac\x02", 3);
}

static void test_read__texts(void **state)
{
    static const char message[] = "\x10\x05\x1a\x01z\x0a\x02"
                                  "ab\x25"
                                  "1234\x21"
                                  "12345678\x0a\x01"
                                  "c";
    char *got[2] = {NULL, NULL};
    struct err err = {0};
    assert_int_equal(pb_read_texts(message, sizeof(message) - 1, got, 2, &err), 0);
    assert_string_equal(got[0], "c");
    assert_string_equal(got[1], "");
    xfree(got[0]);
    xfree(got[1]);
}

static void test_read__broken(void **state)
{
    static const char *const broken[] = {"\x0a",
                                         "\x0a\x05"
                                         "ab",
                                         "\x0b", "\x08\x80",
                                         "\x25"
                                         "12"};
    for (size_t i = 0; i < TEST_COUNT(broken); i++) {
        char *got[1] = {NULL};
        struct err err = {0};
        assert_int_equal(pb_read_texts(broken[i], strlen(broken[i]), got, 1, &err), -1);
        assert_null(got[0]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_write__kinds),
    cmocka_unit_test(test_write__long_text),
    cmocka_unit_test(test_read__texts),
    cmocka_unit_test(test_read__broken),
};

int main(void)
{
    return TEST_MAIN(tests);
}
