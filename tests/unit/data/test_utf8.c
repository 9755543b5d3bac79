/*
 * UTF-8 by RFC 3629: what is valid, and what takes the place of what is not.
 */
#include "tests/support/test.h"

#include "harness/data/utf8.h"

struct row {
    const char *name;
    const char *text;
    bool valid;
    const char *clean;
};

static const struct row rows[] = {
    {"ASCII", "abc", true, "abc"},
    {"two, three and four bytes", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", true,
     "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"the largest code point", "\xf4\x8f\xbf\xbf", true, "\xf4\x8f\xbf\xbf"},
    {"above the largest", "\xf4\x90\x80\x80", false,
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"overlong slash", "\xc0\xaf", false, "\xef\xbf\xbd\xef\xbf\xbd"},
    {"a surrogate", "\xed\xa0\x80", false, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"a lone continuation", "a\x80z", false, "a\xef\xbf\xbdz"},
    {"cut at the end", "a\xe2\x82", false, "a\xef\xbf\xbd\xef\xbf\xbd"},
    {"Latin-1", "J\xfcrgen", false, "J\xef\xbf\xbdrgen"},
};

static void test_row(void **state)
{
    const struct row *r = *state;
    AUTO(xfree) char *clean = utf8_clean(str_of(r->text));

    assert_int_equal(utf8_valid(str_of(r->text)), r->valid);
    assert_string_equal(clean, r->clean);
}

static void test_utf8__nul_is_not_text(void **state)
{
    AUTO(xfree) char *clean = utf8_clean(STR("a\0b"));

    assert_false(utf8_valid(STR("a\0b")));
    assert_string_equal(clean, "a\xef\xbf\xbd"
                               "b");
}

static void test_utf8__place_of_what_is_wrong(void **state)
{
    (void)state;
    struct str text = STR("a\nJ\xc3\xbcr\xff");
    int line = 0;
    int column = 0;

    assert_int_equal(utf8_valid_len(text), 6);
    utf8_place(text, 6, &line, &column);
    assert_int_equal(line, 2);
    assert_int_equal(column, 4);
    assert_int_equal(utf8_valid_len(STR("a")), 1);
    utf8_place(STR(""), 0, &line, &column);
    assert_int_equal(line + column, 2);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 2] = {
        cmocka_unit_test(test_utf8__nul_is_not_text),
        cmocka_unit_test(test_utf8__place_of_what_is_wrong),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        tests[i + 2] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    return TEST_MAIN(tests);
}
