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

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 1] = {
        cmocka_unit_test(test_utf8__nul_is_not_text),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        tests[i + 1] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    return TEST_MAIN(tests);
}
