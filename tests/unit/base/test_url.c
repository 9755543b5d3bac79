/*
 * URLs: taken apart and put together without loss, resolved by the examples of RFC 3986 5.4, and
 * percent-encoding both ways.
 */
#include "tests/support/test.h"

#include "harness/base/url.h"

struct parse {
    const char *name;
    const char *text;
    const char *scheme;
    const char *host;
    int port;
    const char *path;
    const char *query;
    const char *fragment;
};

static const struct parse parses[] = {
    {"parse https", "https://argocd.company/auth/callback?a=b#c", "https", "argocd.company", 443,
     "/auth/callback", "a=b", "c"},
    {"parse http with port", "http://localhost:8085/auth/callback", "http", "localhost", 8085,
     "/auth/callback", NULL, NULL},
    {"parse without path", "https://a", "https", "a", 443, "", NULL, NULL},
    {"parse IPv6", "https://[::1]:9443/", "https", "::1", 9443, "/", NULL, NULL},
    {"parse empty query", "https://a/?", "https", "a", 443, "/", "", NULL},
    {"parse urn", "urn:ietf:wg:oauth:2.0:oob", "urn", "", 0, "ietf:wg:oauth:2.0:oob", NULL, NULL},
    {"parse host case stays", "https://Argo.Company/A", "https", "Argo.Company", 443, "/A", NULL,
     NULL},
};

static void test_parse(void **state)
{
    const struct parse *p = *state;
    AUTO(url_deinit) struct url u = {0};

    assert_int_equal(url_parse(p->text, &u, NULL), 0);
    assert_string_equal(u.scheme, p->scheme);
    assert_string_equal(u.host, p->host);
    assert_int_equal(u.port, p->port);
    assert_string_equal(u.path, p->path);
    assert_true(!u.query == !p->query && !u.fragment == !p->fragment);
    AUTO(xfree) char *text = url_text(&u);
    assert_string_equal(text, p->text);
}

static void test_url_parse__refuses(void **state)
{
    static const char *const bad[] = {"",
                                      "/auth/callback",
                                      "//argocd.company/",
                                      "https://",
                                      "https:///path",
                                      "https://a:65536/",
                                      "https://a:x/",
                                      "https://a:-1/",
                                      "https://[::1/",
                                      "https://[::1]x/",
                                      "q://[[]",
                                      "https://[name]/",
                                      "https://a]b/",
                                      "https://user:secret@a/",
                                      "https://a/b c",
                                      "https://a/\r\nX: y",
                                      "1https://a/",
                                      NULL};

    for (size_t i = 0; bad[i]; i++) {
        struct url u = {0};
        struct err err = {0};
        assert_int_equal(url_parse(bad[i], &u, &err), -1);
        assert_int_equal(err.code, ERR_PARSE);
        assert_null(u.scheme);
    }
}

static void test_url_origin__has_the_written_port_only(void **state)
{
    AUTO(url_deinit) struct url plain = {0};
    AUTO(url_deinit) struct url ported = {0};
    AUTO(url_deinit) struct url six = {0};

    assert_int_equal(url_parse("HTTPS://a/x", &plain, NULL), 0);
    assert_int_equal(url_parse("https://a:443/x", &ported, NULL), 0);
    assert_int_equal(url_parse("https://[::1]:9443/x", &six, NULL), 0);
    AUTO(xfree) char *plain_text = url_origin(&plain);
    AUTO(xfree) char *ported_text = url_origin(&ported);
    AUTO(xfree) char *six_text = url_authority(&six);
    assert_string_equal(plain_text, "https://a");
    assert_string_equal(ported_text, "https://a:443");
    assert_string_equal(six_text, "[::1]:9443");
}

#define BASE "http://a/b/c/d;p?q"

struct resolve {
    const char *reference; /* the name of the row as well */
    const char *result;
};

static const struct resolve resolves[] = {
    /* RFC 3986 5.4.1 */
    {"g:h", "g:h"},
    {"g", "http://a/b/c/g"},
    {"./g", "http://a/b/c/g"},
    {"g/", "http://a/b/c/g/"},
    {"/g", "http://a/g"},
    {"//g", "http://g"},
    {"?y", "http://a/b/c/d;p?y"},
    {"g?y", "http://a/b/c/g?y"},
    {"#s", "http://a/b/c/d;p?q#s"},
    {"g#s", "http://a/b/c/g#s"},
    {"g?y#s", "http://a/b/c/g?y#s"},
    {";x", "http://a/b/c/;x"},
    {"g;x", "http://a/b/c/g;x"},
    {"g;x?y#s", "http://a/b/c/g;x?y#s"},
    {"", "http://a/b/c/d;p?q"},
    {".", "http://a/b/c/"},
    {"./", "http://a/b/c/"},
    {"..", "http://a/b/"},
    {"../", "http://a/b/"},
    {"../g", "http://a/b/g"},
    {"../..", "http://a/"},
    {"../../", "http://a/"},
    {"../../g", "http://a/g"},
    /* RFC 3986 5.4.2 */
    {"../../../g", "http://a/g"},
    {"../../../../g", "http://a/g"},
    {"/./g", "http://a/g"},
    {"/../g", "http://a/g"},
    {"g.", "http://a/b/c/g."},
    {".g", "http://a/b/c/.g"},
    {"g..", "http://a/b/c/g.."},
    {"..g", "http://a/b/c/..g"},
    {"./../g", "http://a/b/g"},
    {"./g/.", "http://a/b/c/g/"},
    {"g/./h", "http://a/b/c/g/h"},
    {"g/../h", "http://a/b/c/h"},
    {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
    {"g;x=1/../y", "http://a/b/c/y"},
    {"g?y/./x", "http://a/b/c/g?y/./x"},
    {"g?y/../x", "http://a/b/c/g?y/../x"},
    {"g#s/./x", "http://a/b/c/g#s/./x"},
    {"g#s/../x", "http://a/b/c/g#s/../x"},
    {"http:g", "http:g"},
    {NULL, NULL},
};

static void test_url_resolve__rfc3986_5_4(void **state)
{
    for (size_t i = 0; resolves[i].reference; i++) {
        AUTO(xfree) char *result = NULL;
        assert_int_equal(url_resolve(BASE, resolves[i].reference, &result, NULL), 0);
        assert_string_equal(result, resolves[i].result);
    }
}

static void test_url_resolve__from_a_bare_host(void **state)
{
    AUTO(xfree) char *below = NULL;
    AUTO(xfree) char *other = NULL;
    struct err err = {0};

    assert_int_equal(url_resolve("https://a", "b?c", &below, NULL), 0);
    assert_string_equal(below, "https://a/b?c");
    assert_int_equal(url_resolve("https://a/x", "https://b/y", &other, NULL), 0);
    assert_string_equal(other, "https://b/y");
    assert_int_equal(url_resolve("/x", "y", &other, &err), -1);
    assert_int_equal(err.code, ERR_PARSE);
}

static void test_url_encode__keeps_unreserved_and_safe(void **state)
{
    AUTO(xfree) char *strict = url_encode(STR("a b/c~é"), NULL);
    AUTO(xfree) char *safe = url_encode(STR("a b/c"), "/");
    AUTO(xfree) char *plus = url_encode_plus(STR("a b+c/"));

    assert_string_equal(strict, "a%20b%2Fc~%C3%A9");
    assert_string_equal(safe, "a%20b/c");
    assert_string_equal(plus, "a+b%2Bc%2F");
}

static void test_url_decode__good_and_bad(void **state)
{
    AUTO(xfree) char *good = NULL;
    AUTO(xfree) char *plus = NULL;
    AUTO(xfree) char *bad = NULL;
    AUTO(xfree) char *cut = NULL;

    assert_true(url_decode(STR("a%20b+c%2f"), false, &good));
    assert_string_equal(good, "a b+c/");
    assert_true(url_decode(STR("a+b"), true, &plus));
    assert_string_equal(plus, "a b");
    assert_false(url_decode(STR("a%zz%41"), false, &bad));
    assert_string_equal(bad, "a%zzA");
    assert_false(url_decode(STR("a%4"), false, &cut));
    assert_string_equal(cut, "a%4");
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_url_parse__refuses),
        cmocka_unit_test(test_url_origin__has_the_written_port_only),
        cmocka_unit_test(test_url_resolve__rfc3986_5_4),
        cmocka_unit_test(test_url_resolve__from_a_bare_host),
        cmocka_unit_test(test_url_encode__keeps_unreserved_and_safe),
        cmocka_unit_test(test_url_decode__good_and_bad),
    };
    struct CMUnitTest tests[TEST_COUNT(fixed) + TEST_COUNT(parses)];
    size_t n = 0;

    for (size_t i = 0; i < TEST_COUNT(fixed); i++) {
        tests[n++] = fixed[i];
    }
    for (size_t i = 0; i < TEST_COUNT(parses); i++) {
        tests[n++] = (struct CMUnitTest){parses[i].name, test_parse, NULL, NULL,
                                         (void *)(uintptr_t)&parses[i]};
    }
    return TEST_MAIN(tests);
}
