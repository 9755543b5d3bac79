/*
 * Go's path.Clean and path.Join, ServeMux's cleaning, and the parts of url.Parse.
 */
#include "tests/support/test.h"

#include "harness/base/mem.h"
#include "mocks/argocd/gourl.h"

struct pair {
    const char *in;
    const char *out;
};

static void test_clean__examples_of_the_documentation(void **state)
{
    static const struct pair pairs[] = {
        {"", "."},         {"abc", "abc"},        {"abc/def", "abc/def"},
        {".", "."},        {"..", ".."},          {"../..", "../.."},
        {"/", "/"},        {"/..", "/"},          {"/../a", "/a"},
        {"a//b", "a/b"},   {"a/./b/", "a/b"},     {"a/b/../c", "a/c"},
        {"/a/b/..", "/a"}, {"../a/..", ".."},     {"a/../..", ".."},
        {"//", "/"},       {"/api//x", "/api/x"},
    };
    for (size_t i = 0; i < TEST_COUNT(pairs); i++) {
        AUTO(xfree) char *got = gopath_clean(pairs[i].in);
        assert_string_equal(got, pairs[i].out);
    }
}

static void test_join__trailing_slash_of_the_url_disappears(void **state)
{
    static const struct pair pairs[] = {
        {"", "/auth/callback"},
        {"/", "/auth/callback"},
        {"/argocd/", "/argocd/auth/callback"},
        {"/a//b", "/a/b/auth/callback"},
    };
    for (size_t i = 0; i < TEST_COUNT(pairs); i++) {
        AUTO(xfree) char *got = gopath_join(pairs[i].in, "/auth/callback");
        assert_string_equal(got, pairs[i].out);
    }
    AUTO(xfree) char *empty = gopath_join("", "");
    assert_string_equal(empty, "");
}

static void test_mux_clean__keeps_a_trailing_slash(void **state)
{
    static const struct pair pairs[] = {
        {"/", "/"}, {"/a/", "/a/"}, {"/a//b/", "/a/b/"}, {"//", "/"}, {"/a/..", "/"}, {"", "/"},
    };
    for (size_t i = 0; i < TEST_COUNT(pairs); i++) {
        AUTO(xfree) char *got = gopath_mux_clean(pairs[i].in);
        assert_string_equal(got, pairs[i].out);
    }
}

static void test_parse__takes_the_url_apart(void **state)
{
    AUTO(gourl_deinit) struct gourl u = {0};
    assert_true(gourl_parse("HTTPS://user@h.example:8443/a%20b?x=1#f", &u));
    assert_string_equal(u.scheme, "https");
    assert_string_equal(u.host, "h.example:8443");
    assert_string_equal(u.path, "/a b");
    assert_string_equal(u.query, "x=1");
    AUTO(xfree) char *uri = gourl_request_uri(&u);
    assert_string_equal(uri, "/a%20b?x=1");
}

static void test_parse__no_path_asks_for_the_root(void **state)
{
    AUTO(gourl_deinit) struct gourl u = {0};
    assert_true(gourl_parse("https://argocd.company", &u));
    AUTO(xfree) char *uri = gourl_request_uri(&u);
    assert_string_equal(uri, "/");
}

static void test_parse__refuses_what_go_refuses(void **state)
{
    static const char *const bad[] = {
        "https://h/\n",  ":x",
        "a:b/c:d%",      "https://h:port/",
        "https://h/%q1", "https://h x/",
        "1a:b/",         "https://[::1/",
        "https://%41/",  "https://a b@h/",
        "https://h/#%",  "https://h/\x7f",
    };
    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        AUTO(gourl_deinit) struct gourl u = {0};
        if (i == 2) /* opaque: nothing of it is decoded */
            assert_true(gourl_parse(bad[i], &u));
        else
            assert_false(gourl_parse(bad[i], &u));
    }
}

static void test_parse__takes_what_go_takes(void **state)
{
    static const char *const good[] = {
        "", "*", "/a:b", "a/b:c", "https://[::1]:8/", "//h/x", "///x", "https://h:/x", "mailto:x"};
    for (size_t i = 0; i < TEST_COUNT(good); i++) {
        AUTO(gourl_deinit) struct gourl u = {0};
        assert_true(gourl_parse(good[i], &u));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_clean__examples_of_the_documentation),
    cmocka_unit_test(test_join__trailing_slash_of_the_url_disappears),
    cmocka_unit_test(test_mux_clean__keeps_a_trailing_slash),
    cmocka_unit_test(test_parse__takes_the_url_apart),
    cmocka_unit_test(test_parse__no_path_asks_for_the_root),
    cmocka_unit_test(test_parse__refuses_what_go_refuses),
    cmocka_unit_test(test_parse__takes_what_go_takes),
};

int main(void)
{
    return TEST_MAIN(tests);
}
