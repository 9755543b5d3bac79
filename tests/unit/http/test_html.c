/*
 * Escaping, visible text and forms, with pages that are broken on purpose.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/http/html.h"

static void test_escape__as_go_does(void **state)
{
    AUTO(xfree) char *s = html_escape("<a href=\"x\">&'</a>");
    assert_string_equal(s, "&lt;a href=&#34;x&#34;&gt;&amp;&#39;&lt;/a&gt;");
}

struct text_row {
    const char *in;
    const char *out;
};

static const struct text_row UNESCAPED[] = {
    {"&lt;&gt;&amp;&quot;&apos;&#34;&#39;", "<>&\"'\"'"},
    {"&#x41;&#65;&#X42;", "AAB"},
    {"&#233;&#x20ac;&#x1F600;", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"&nbsp;&mdash;", "\xc2\xa0\xe2\x80\x94"},
    {"&amp;lt;", "&lt;"},
    {"& &; &# &#x &#; &unknown; &#x;", "& &; &# &#x &#; &unknown; &#x;"},
    {"&#0;&#xd800;&#x110000;&#99999999999999999999;",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"tail&", "tail&"},
};

static void test_unescape__rows(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(UNESCAPED); i++) {
        AUTO(xfree) char *s = html_unescape(UNESCAPED[i].in);
        assert_string_equal(s, UNESCAPED[i].out);
    }
}

static const struct text_row VISIBLE[] = {
    {"<html><head><title>T</title><style>a>b{}</style></head><body><p>Login\n  failed.</p>"
     "<script>if (a<b) { \"</p>\" }</script><p>Again&hellip;</p></body></html>",
     "T Login failed. Again\xe2\x80\xa6"},
    {"a<b>b</b>c <!-- <p>no</p> --> d", "abc d"},
    {"1 < 2 and 3 <4", "1 < 2 and 3 <4"},
    {"<p title=\"a>b\">x</p>", "x"},
    {"cut <a href=\"", "cut"},
    {"<script>never closed", ""},
    {"<!-- never closed", ""},
    {"<scripty>shown</scripty>", "shown"},
    {"", ""},
};

static void test_visible__rows(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(VISIBLE); i++) {
        AUTO(xfree) char *s = html_visible_text(VISIBLE[i].in);
        assert_string_equal(s, VISIBLE[i].out);
    }
}

static const char PAGE[] =
    "<form><input name=zero></form>"
    "<FORM method='POST' action=\"/cb?a=1&amp;b=2\" class=x>"
    "<input type=hidden name=\"state\" value=\"a&amp;b\"/>"
    "<input name='user' value=''><input type=\"password\" name=password>"
    "<input type=checkbox name=no value=1><input type=checkbox name=yes value=1 checked>"
    "<input name=off value=1 disabled><input value=nameless>"
    "<!-- <input name=comment value=1> --><script>'<input name=script>'</script>"
    "<button type=submit name=approval value=approve>Go</button>"
    "</form><input name=outside>";

static void test_form__second_of_a_page(void **state)
{
    AUTO(html_form_deinit) struct html_form f = {0};
    assert_true(html_form(PAGE, 1, &f));
    assert_string_equal(f.action, "/cb?a=1&b=2");
    assert_string_equal(f.method, "post");
    assert_int_equal(f.fields.len, 5);
    assert_string_equal(params_get(&f.fields, "state"), "a&b");
    assert_string_equal(params_get(&f.fields, "user"), "");
    assert_string_equal(params_get(&f.fields, "password"), "");
    assert_string_equal(params_get(&f.fields, "yes"), "1");
    assert_string_equal(params_get(&f.fields, "approval"), "approve");
}

static void test_form__defaults(void **state)
{
    AUTO(html_form_deinit) struct html_form f = {0};
    assert_true(html_form(PAGE, 0, &f));
    assert_string_equal(f.action, "");
    assert_string_equal(f.method, "get");
    assert_int_equal(f.fields.len, 1);
}

static void test_form__none(void **state)
{
    struct html_form f = {0};
    assert_false(html_form(PAGE, 2, &f));
    assert_false(html_form("", 0, &f));
    assert_false(html_form("<!-- <form> --><script><form></script>&lt;form&gt;</form>", 0, &f));
    assert_null(f.action);
}

static void test_form__hostile(void **state)
{
    static const char *const pages[] = {
        "<form",
        "<form action",
        "<form action=",
        "<form action=\"",
        "<form ====== action='x'>",
        "<form / / /><input / name / = / value>",
        "<form><input name=\"a\" value='",
        "<form><input name",
        "<form><<<<input name=a<>>>",
        "<form><input name=a name=b value==\"=\">",
    };
    for (size_t i = 0; i < TEST_COUNT(pages); i++) {
        AUTO(html_form_deinit) struct html_form f = {0};
        AUTO(xfree) char *text = html_visible_text(pages[i]);
        assert_true(html_form(pages[i], 0, &f));
        assert_non_null(f.action);
        assert_true(strlen(text) <= strlen(pages[i]));
    }
}

static void test_form__a_large_page_is_linear(void **state)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "<form>");
    for (int i = 0; i < 100000; i++)
        buf_adds(&b, "<input \"");
    AUTO(html_form_deinit) struct html_form f = {0};
    AUTO(xfree) char *text = html_visible_text(b.ptr);
    assert_true(html_form(b.ptr, 0, &f));
    assert_true(strlen(text) < b.len);
}

static void test_form__method_is_get_or_post(void **state)
{
    static const struct {
        const char *page;
        const char *method;
    } rows[] = {
        {"<form method=POST>", "post"}, {"<form method='get'>", "get"}, {"<form>", "get"},
        {"<form method=put>", "get"},   {"<form method=\"\">", "get"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(html_form_deinit) struct html_form f = {0};
        assert_true(html_form(rows[i].page, 0, &f));
        assert_string_equal(f.method, rows[i].method);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form__method_is_get_or_post),
        cmocka_unit_test(test_escape__as_go_does),
        cmocka_unit_test(test_unescape__rows),
        cmocka_unit_test(test_visible__rows),
        cmocka_unit_test(test_form__second_of_a_page),
        cmocka_unit_test(test_form__defaults),
        cmocka_unit_test(test_form__none),
        cmocka_unit_test(test_form__hostile),
        cmocka_unit_test(test_form__a_large_page_is_linear),
    };
    return TEST_MAIN(tests);
}
