/* What is set aside because it is drawn, and what is not: each rule with a value that it leaves. */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "harness/observe/calm.h"

static void test_shape__by_alphabet_and_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shape;
    } rows[] = {
        {"", "empty"},
        {"123456789", "9 digits"},
        {"05ce28bd0d3d9f5c", "16 hex digits"},
        {"05ce28bd0d3d9f5g", "16 letters and digits"},
        {"05ce28bd_d3d9f5g", "16 characters of base64url"},
        {"a b", "3 characters"},
        {"e0b2d3a4-0000-4000-8000-000000000000", "a UUID"},
        {"eyJh.eyJi.c2ln", "a JWT"},
        {"eyJh.a.b.c.d", "a JWE"},
        {"eyJh.eyJi", "9 characters"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *shape = calm_shape(rows[i].text);
        assert_string_equal(shape, rows[i].shape);
    }
}

static void test_text__what_is_drawn_goes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *calm;
    } rows[] = {
        {"Login failed.", "Login failed."},
        {"code 0123456789abcdef0123456789abcdef expired", "code … expired"},
        {"a-word-that-is-long-but-written", "a-word-that-is-long-but-written"},
        {"code 0123456789abcdef012", "code 0123456789abcdef012"}, /* 19: somebody's own */
        {"at_hash VkernPqZPzrNcfMOgtujag", "at_hash …"},
        {"http://localhost:41234/auth", "http://localhost:PORT/auth"},
        {"https://argocd.company:8443/", "https://argocd.company:8443/"}, /* the setup's */
        {"got [code 1234abcd] and [state ffffffff]", "got … and …"},
        {"got [code 1234abcx]", "got [code 1234abcx]"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *calm = calm_text(rows[i].text);
        assert_string_equal(calm, rows[i].calm);
    }
    assert_null(calm_text(NULL));
}

static void member(const char *name, const char *json, const char *expected)
{
    AUTO(js_free) struct js *holder = NULL;
    AUTO(xfree) char *text = xasprintf("{\"v\": %s}", json);
    assert_int_equal(js_parse(str_of(text), "test", &holder, NULL), 0);
    AUTO(js_free) struct js *calm = calm_member(name, js_get(holder, "v"));
    if (expected == NULL) {
        assert_null(calm);
        return;
    }
    AUTO(xfree) char *got = js_compact(calm);
    assert_string_equal(got, expected);
}

static void test_member__by_its_rule(void **state)
{
    (void)state;
    member("iat", "1767225600", NULL);
    member("exp", "1767225600", NULL);
    member("expires_in", "600", "600");
    member("nonce", "\"abc\"", "\"there, string\"");
    member("nonce", "7", "\"there, integer\"");
    member("jti", "\"0123456789\"", "\"10 digits\"");
    member("refresh_token", "\"Ab12\"", "\"4 letters and digits\"");
    member("scope", "\"profile openid\"", "\"openid profile\"");
    member("scope", "[\"b\", \"a\"]", "[\"a\",\"b\"]");
    member("groups", "[\"b\", \"a\"]", "[\"a\",\"b\"]");
    member("groups", "\"b a\"", "\"a b\""); /* a text where a list was is another type */
    member("groups", "[1]", "[1]");
    member("email_verified", "\"true\"", "\"true\"");
    member("email_verified", "true", "true");
    member("sub", "\"alice\"", "\"alice\"");
    member("jwks_uri", "\"http://127.0.0.1:9443/k\"", "\"http://127.0.0.1:PORT/k\"");
}

static void test_redacted__tags_go_nothing_else(void **state)
{
    (void)state;
    AUTO(js_free) struct js *j = NULL;
    assert_int_equal(
        js_parse(STR("{\"a\":[\"state=[state 1234abcd]&x\",7],\"b\":\"[code 1234abcx]\","
                     "\"c\":\"0123456789abcdef0123456789abcdef\"}"),
                 "test", &j, NULL),
        0);
    AUTO(js_free) struct js *calm = calm_redacted(j);
    AUTO(xfree) char *text = js_compact(calm);
    assert_string_equal(text, "{\"a\":[\"state=…&x\",7],\"b\":\"[code 1234abcx]\","
                              "\"c\":\"0123456789abcdef0123456789abcdef\"}");
}

static void location(const char *to, const char *expected)
{
    AUTO(xfree)
    char *calm = calm_location("https://authentik.company/application/o/authorize/?a=b", to);
    assert_string_equal(calm, expected);
}

static void test_location__path_and_names(void **state)
{
    (void)state;
    location("/if/flow/x/?next=%2Fa&client_id=c", "/if/flow/x/?client_id&next");
    location("https://authentik.company/if/flow/x/", "/if/flow/x/");
    location("https://argocd.company/cb?state=1&code=2", "https://argocd.company/cb?code&state");
    location("https://argocd.company/cb?error=invalid_request&state=1",
             "https://argocd.company/cb?error=invalid_request&state");
    location("http://localhost:41234/cb#access_token=x&token_type=Bearer",
             "http://localhost:PORT/cb#access_token&token_type=Bearer");
}

static void test_header__some_are_no_behaviour(void **state)
{
    (void)state;
    assert_non_null(calm_header("date"));
    assert_non_null(calm_header("x-authentik-id"));
    assert_non_null(calm_header("set-cookie")); /* compared as cookies */
    assert_null(calm_header("content-type"));
    assert_null(calm_header("www-authenticate"));
    assert_null(calm_header("x-frame-options"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape__by_alphabet_and_length),
        cmocka_unit_test(test_text__what_is_drawn_goes),
        cmocka_unit_test(test_member__by_its_rule),
        cmocka_unit_test(test_redacted__tags_go_nothing_else),
        cmocka_unit_test(test_location__path_and_names),
        cmocka_unit_test(test_header__some_are_no_behaviour),
    };
    return TEST_MAIN(tests);
}
