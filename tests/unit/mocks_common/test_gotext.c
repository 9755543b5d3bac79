/*
 * Go's %q and encoding/json's first error, as `go run` prints them.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/mem.h"
#include "mocks/common/gotext.h"

static void test_quote__escapes(void **state)
{
    AUTO(xfree) char *plain = go_quoted("HS256");
    AUTO(xfree) char *odd = go_quoted("a\"b\\c\n\x01");
    assert_string_equal(plain, "\"HS256\"");
    assert_string_equal(odd, "\"a\\\"b\\\\c\\n\\x01\"");
}

static void test_quote__list_is_space_separated(void **state)
{
    AUTO(strlist_deinit) struct strlist l = {0};
    AUTO(xfree) char *none = go_quote_list(&l);
    assert_string_equal(none, "[]");
    strlist_add(&l, "foo");
    strlist_add(&l, "bar");
    AUTO(xfree) char *two = go_quote_list(&l);
    assert_string_equal(two, "[\"foo\" \"bar\"]");
}

struct row {
    const char *json;
    const char *error; /* NULL = well-formed */
};

static const struct row rows[] = {
    {"{}", NULL},
    {" {\"a\": [1, -2.5e+3, true, null, \"x\\u0041\"]} ", NULL},
    {"", "unexpected end of JSON input"},
    {"{\"a\":", "unexpected end of JSON input"},
    {"{\"a\":\"b", "unexpected end of JSON input"},
    {"<html>", "invalid character '<' looking for beginning of value"},
    {"{a:1}", "invalid character 'a' looking for beginning of object key string"},
    {"{\"a\" 1}", "invalid character '1' after object key"},
    {"{\"a\":1 \"b\":2}", "invalid character '\"' after object key:value pair"},
    {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
    {"[1 2]", "invalid character '2' after array element"},
    {"{} x", "invalid character 'x' after top-level value"},
    {"nope", "invalid character 'o' in literal null (expecting 'u')"},
    {"-x", "invalid character 'x' in numeric literal"},
    {"1.x", "invalid character 'x' after decimal point in numeric literal"},
    {"1ex", "invalid character 'x' in exponent of numeric literal"},
    {"\"a\nb\"", "invalid character '\\n' in string literal"},
    {"\"\\q\"", "invalid character 'q' in string escape code"},
    {"\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape"},
    {"'a'", "invalid character '\\'' looking for beginning of value"},
    {NULL, NULL},
};

static void test_json_error__rows(void **state)
{
    for (const struct row *r = rows; r->json != NULL; r++) {
        AUTO(xfree) char *error = go_json_error(r->json, strlen(r->json));
        if (r->error == NULL)
            assert_null(error);
        else
            assert_string_equal(error != NULL ? error : "well-formed", r->error);
    }
}

static void test_query_escape__as_go(void **state)
{
    AUTO(xfree) char *secret = go_query_escape("csec/+ret a~");
    assert_string_equal(secret, "csec%2F%2Bret+a~");
}

struct base64_row {
    const char *text;
    const char *bytes; /* NULL: error */
    const char *error;
};

static const struct base64_row base64_rows[] = {
    {"", "", NULL},
    {"YQ", "a", NULL},
    {"YR", "a", NULL}, /* stray bits */
    {"YW\r\nI", "ab", NULL},
    {"YWJj", "abc", NULL},
    {"_-", "\xFF", NULL},
    {"Y", NULL, "illegal base64 data at input byte 0"},
    {"YWJjZ", NULL, "illegal base64 data at input byte 4"},
    {"YQ==", NULL, "illegal base64 data at input byte 2"},
    {"Y+", NULL, "illegal base64 data at input byte 1"},
};

static void test_base64url__rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(base64_rows); i++) {
        const struct base64_row *r = &base64_rows[i];
        size_t len = 0;
        char *error = NULL;
        AUTO(xfree) char *bytes = go_base64url(str_of(r->text), &len, &error);
        AUTO(xfree) char *told = error;
        assert_true((bytes == NULL) == (r->bytes == NULL));
        if (bytes != NULL) {
            assert_string_equal(bytes, r->bytes);
            assert_int_equal(len, strlen(r->bytes));
        } else {
            assert_string_equal(told, r->error);
        }
    }
}

static void test_json_parse__a_member_twice(void **state)
{
    (void)state;
    char *error = NULL;
    AUTO(js_free) struct js *last = go_json_parse(str_of("{\"a\":1,\"a\":\"b\"}"), false, &error);
    assert_string_equal(js_get_text(last, "a"), "b");
    assert_null(go_json_parse(str_of("{\"a\":1,\"a\":\"b\"}"), true, &error));
    assert_string_equal(error, "json: duplicate key 'a' in object");
    xfree(error);
    error = NULL;
    assert_null(go_json_parse(str_of("{\"a\":1,\"a\":}"), false, &error));
    assert_string_equal(error, "invalid character '}' looking for beginning of value");
    xfree(error);
}

static void test_query_error__rows(void **state)
{
    static const char *const cases[][2] = {
        {"a=b&c=%20+d", NULL},
        {"", NULL},
        {"a=%2&b", "invalid URL escape \"%2\""},
        {"a=%zzb", "invalid URL escape \"%zz\""},
        {"a=1;b=2", "invalid semicolon separator in query"},
        {"a=1&b=%", "invalid URL escape \"%\""},
    };
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(cases); i++) {
        AUTO(xfree) char *error = go_query_error(str_of(cases[i][0]));
        assert_string_equal(error != NULL ? error : "none",
                            cases[i][1] != NULL ? cases[i][1] : "none");
    }
}

static void test_bool__as_strconv(void **state)
{
    static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
    static const char *const no[] = {"0", "f", "F", "FALSE", "false", "False"};
    static const char *const neither[] = {"", "tRUE", "yes", "on", "2", " true", NULL};
    for (size_t i = 0; i < TEST_COUNT(yes); i++) {
        assert_true(go_bool(yes[i], false));
        assert_false(go_bool(no[i], true));
    }
    for (size_t i = 0; i < TEST_COUNT(neither); i++) {
        assert_true(go_bool(neither[i], true));
        assert_false(go_bool(neither[i], false));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote__escapes),
        cmocka_unit_test(test_quote__list_is_space_separated),
        cmocka_unit_test(test_json_error__rows),
        cmocka_unit_test(test_query_escape__as_go),
        cmocka_unit_test(test_base64url__rows),
        cmocka_unit_test(test_json_parse__a_member_twice),
        cmocka_unit_test(test_query_error__rows),
        cmocka_unit_test(test_bool__as_strconv),
    };
    return TEST_MAIN(tests);
}
