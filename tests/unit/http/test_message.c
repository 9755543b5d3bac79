/*
 * The plain messages: what Go's http.Error and http.Redirect write, byte by byte, and what a
 * handler reads from a request.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/http/message.h"

static void test_respond__replaces_body_and_type_keeps_other_fields(void **state)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    params_add(&r.headers, "Set-Cookie", "a=1");
    http_respond(&r, 200, "text/plain", "one");
    http_respondf(&r, 201, "application/json", "{\"n\":%d}", 2);
    assert_int_equal(r.status, 201);
    assert_string_equal(r.body, "{\"n\":2}");
    assert_int_equal(r.body_len, 7);
    assert_int_equal(params_count(&r.headers, "Content-Type"), 1);
    assert_string_equal(params_get(&r.headers, "Set-Cookie"), "a=1");
}

static void test_respond__without_type_and_body(void **state)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    http_respond(&r, 204, NULL, NULL);
    assert_int_equal(r.status, 204);
    assert_int_equal(r.body_len, 0);
    assert_int_equal(r.headers.len, 0);
}

static void test_respond_bytes__keeps_nul(void **state)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    http_respond_bytes(&r, 200, "application/octet-stream", "a\0b", 3);
    assert_int_equal(r.body_len, 3);
    assert_memory_equal(r.body, "a\0b", 4);
}

static void test_go_error__is_go_s(void **state)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    http_respond_go_error(&r, 404, "404 page not found");
    assert_string_equal(r.body, "404 page not found\n");
    assert_string_equal(params_get(&r.headers, "Content-Type"), "text/plain; charset=utf-8");
    assert_string_equal(params_get(&r.headers, "X-Content-Type-Options"), "nosniff");
}

struct redirect_row {
    const char *name;
    const char *method;
    int status;
    const char *location;
    const char *header;
    const char *body;
    const char *type;
};

static const struct redirect_row REDIRECTS[] = {
    {"get 303", "GET", 303, "https://a.b/c?d=1&e=2", "https://a.b/c?d=1&e=2",
     "<a href=\"https://a.b/c?d=1&amp;e=2\">See Other</a>.\n\n", "text/html; charset=utf-8"},
    {"get 302", "GET", 302, "/login", "/login", "<a href=\"/login\">Found</a>.\n\n",
     "text/html; charset=utf-8"},
    {"get quotes", "GET", 307, "/a?q=\"'<>", "/a?q=\"'<>",
     "<a href=\"/a?q=&#34;&#39;&lt;&gt;\">Temporary Redirect</a>.\n\n", "text/html; charset=utf-8"},
    {"get not ascii", "GET", 302, "/\xc3\xa9", "/%c3%a9", "<a href=\"/\xc3\xa9\">Found</a>.\n\n",
     "text/html; charset=utf-8"},
    {"get cleaned", "GET", 302, "/a/../b//c/./?x=/../", "/b/c/?x=/../",
     "<a href=\"/b/c/?x=/../\">Found</a>.\n\n", "text/html; charset=utf-8"},
    {"get above root", "GET", 302, "/../..", "/", "<a href=\"/\">Found</a>.\n\n",
     "text/html; charset=utf-8"},
    {"get other host", "GET", 302, "//h/a/../b", "//h/a/../b",
     "<a href=\"//h/a/../b\">Found</a>.\n\n", "text/html; charset=utf-8"},
    {"post has no body", "POST", 303, "/x", "/x", "", NULL},
    {"head has a type only", "HEAD", 302, "/x", "/x", "", "text/html; charset=utf-8"},
};

static void test_go_redirect__row(void **state)
{
    const struct redirect_row *row = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    http_respond_go_redirect(&r, row->method, row->status, row->location);
    assert_int_equal(r.status, row->status);
    assert_string_equal(params_get(&r.headers, "Location"), row->header);
    assert_string_equal(r.body, row->body);
    const char *type = params_get(&r.headers, "Content-Type");
    if (row->type == NULL)
        assert_null(type);
    else
        assert_string_equal(type, row->type);
}

static void test_go_redirect__a_set_type_leaves_the_body_out(void **state)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    params_add(&r.headers, "Content-Type", "text/plain");
    http_respond_go_redirect(&r, "GET", 302, "/x");
    assert_string_equal(params_get(&r.headers, "Content-Type"), "text/plain");
    assert_int_equal(r.body_len, 0);
}

static void test_status_text__known_and_unknown(void **state)
{
    assert_string_equal(http_status_text(303), "See Other");
    assert_string_equal(http_status_text(431), "Request Header Fields Too Large");
    assert_string_equal(http_status_text(299), "");
}

static void test_cookie__first_of_several_by_exact_name(void **state)
{
    AUTO(http_request_deinit) struct http_request r = {0};
    params_add(&r.headers, "cookie", "ab=no; a=1=2; a=3");
    params_add(&r.headers, "Cookie", "b=\"x\"");
    AUTO(xfree) char *a = http_request_cookie(&r, "a");
    AUTO(xfree) char *b = http_request_cookie(&r, "b");
    assert_string_equal(a, "1=2");
    assert_string_equal(b, "\"x\"");
    assert_null(http_request_cookie(&r, "A"));
    assert_null(http_request_cookie(&r, "c"));
}

static void test_basic_auth__decodes(void **state)
{
    AUTO(http_request_deinit) struct http_request r = {0};
    AUTO(xfree) char *user = NULL;
    AUTO(xfree) char *password = NULL;
    params_add(&r.headers, "Authorization", "basic YXJnby1jZDpzOmVjcmV0");
    assert_true(http_basic_auth(&r, &user, &password));
    assert_string_equal(user, "argo-cd");
    assert_string_equal(password, "s:ecret");
}

static const char *const BAD_BASIC[] = {"Bearer x", "Basic !!!", "Basic YWJj",
                                        "Basic YQA6Yg==", "Basic"};

static void test_basic_auth__refuses(void **state)
{
    char *user = NULL;
    char *password = NULL;
    AUTO(http_request_deinit) struct http_request none = {0};
    assert_false(http_basic_auth(&none, &user, &password));
    for (size_t i = 0; i < TEST_COUNT(BAD_BASIC); i++) {
        AUTO(http_request_deinit) struct http_request r = {0};
        params_add(&r.headers, "Authorization", BAD_BASIC[i]);
        assert_false(http_basic_auth(&r, &user, &password));
        assert_null(user);
    }
}

static void test_request__form_and_json_bodies(void **state)
{
    AUTO(http_request_deinit) struct http_request r = {0};
    AUTO(params_deinit) struct params form = {0};
    http_request_set(&r, "POST", "http://h/");
    params_add(&form, "a", "b c&d");
    http_request_set_form(&r, &form);
    assert_string_equal(r.body, "a=b+c%26d");
    assert_int_equal(r.body_len, 9);
    AUTO(js_free) struct js *j = js_object();
    js_set_text(j, "k", "v");
    http_request_set_json(&r, j);
    assert_string_equal(r.body, "{\"k\":\"v\"}");
    assert_int_equal(params_count(&r.headers, "Content-Type"), 1);
    assert_string_equal(params_get(&r.headers, "Content-Type"), "application/json");
}

#define REDIRECT_TEST(i_)                                                                          \
    {                                                                                              \
        REDIRECTS[i_].name, test_go_redirect__row, NULL, NULL, &rows[i_]                           \
    }

int main(void)
{
    static struct redirect_row rows[TEST_COUNT(REDIRECTS)];
    memcpy(rows, REDIRECTS, sizeof(rows));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_respond__replaces_body_and_type_keeps_other_fields),
        cmocka_unit_test(test_respond__without_type_and_body),
        cmocka_unit_test(test_respond_bytes__keeps_nul),
        cmocka_unit_test(test_go_error__is_go_s),
        REDIRECT_TEST(0),
        REDIRECT_TEST(1),
        REDIRECT_TEST(2),
        REDIRECT_TEST(3),
        REDIRECT_TEST(4),
        REDIRECT_TEST(5),
        REDIRECT_TEST(6),
        REDIRECT_TEST(7),
        REDIRECT_TEST(8),
        cmocka_unit_test(test_go_redirect__a_set_type_leaves_the_body_out),
        cmocka_unit_test(test_status_text__known_and_unknown),
        cmocka_unit_test(test_cookie__first_of_several_by_exact_name),
        cmocka_unit_test(test_basic_auth__decodes),
        cmocka_unit_test(test_basic_auth__refuses),
        cmocka_unit_test(test_request__form_and_json_bodies),
    };
    return TEST_MAIN(tests);
}
