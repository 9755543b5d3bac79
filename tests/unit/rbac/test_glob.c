/*
 * Globs, one test a row. Every expectation is what gobwas/glob 0.2.3 itself answered (argocd.md
 * 5.4), the last rows excepted, where it is erratic.
 */
#include "tests/support/test.h"

#include "harness/rbac/glob.h"

enum result { NO, YES, DOES_NOT_COMPILE };

static const struct row {
    const char *name;
    const char *pattern, *text;
    enum result result;
} rows[] = {
    {"a star takes slashes", "proj/*", "proj/ns/name", YES},
    {"a star takes nothing", "*", "", YES},
    {"two stars are one", "**", "a/b", YES},
    {"star slash star needs a slash", "*/*", "a", NO},
    {"star slash star with a slash", "*/*", "a/b", YES},
    {"anchored at the end", "*.git", "x/y.git/z", NO},
    {"a suffix", "*.git", "x/y.git", YES},
    {"text in the middle", "*a*", "bab", YES},
    {"text in the middle is missing", "*a*", "bbb", NO},
    {"plain text", "get", "get", YES},
    {"plain text of another case", "get", "Get", NO},
    {"longer than the text", "gets", "get", NO},
    {"the empty pattern", "", "", YES},
    {"the empty pattern and a text", "", "a", NO},
    {"one character", "team-?/*", "team-z/x", YES},
    {"one character is missing", "a?", "a", NO},
    {"one character is one of UTF-8", "?", "\xc3\xbc", YES},
    {"one character is not two", "?", "ab", NO},
    {"a whole ? takes nothing too", "?", "", YES},
    {"a list", "[abc]x", "bx", YES},
    {"a list without it", "[abc]x", "dx", NO},
    {"a negated list", "team-[!a]/*", "team-b/x", YES},
    {"a negated list with it", "team-[!a]/*", "team-a/x", NO},
    {"a whole negated list takes nothing too", "[!x]", "", YES},
    {"a range", "[a-c]", "b", YES},
    {"a range does not take nothing", "[a-c]", "", NO},
    {"outside the range", "[a-c]", "d", NO},
    {"a negated range", "x[!a-c]", "xd", YES},
    {"a whole negated range takes nothing too", "[!a-c]", "", YES},
    {"a caret is a character", "[^a]", "^", YES},
    {"a caret negates nothing", "[^a]", "b", NO},
    {"range and list do not mix", "[a-z0-9]", "a", DOES_NOT_COMPILE},
    {"a list may have a dash inside", "[0a-z]", "-", YES},
    {"a dash inside is no range", "[0a-z]", "b", NO},
    {"a range backwards", "[z-a]", "b", DOES_NOT_COMPILE},
    {"empty brackets", "[]", "a", DOES_NOT_COMPILE},
    {"open brackets", "[a", "a", DOES_NOT_COMPILE},
    {"a range without end", "[a-]", "a", DOES_NOT_COMPILE},
    {"an escaped bracket in a list", "[\\]]", "]", YES},
    {"a character outside ASCII in a list", "[\xc3\xa9]", "\xc3\xa9", YES},
    {"alternatives", "{get,sync}", "sync", YES},
    {"none of the alternatives", "{get,sync}", "got", NO},
    {"alternatives are whole", "{get,sync}", "getsync", NO},
    {"nested alternatives", "{a,{b,c}}d", "cd", YES},
    {"nested alternatives, none", "{a,{b,c}}d", "dd", NO},
    {"alternatives with patterns", "{x?,y*}/z", "yyy/z", YES},
    {"three alternatives, the last", "{a,b,c}", "c", YES},
    {"open braces are closed", "{get", "get", YES},
    {"an empty alternative", "a{,x}", "a", YES},
    {"an empty alternative and the other", "a{,x}", "ax", YES},
    {"an escaped star", "\\*", "*", YES},
    {"an escaped star is no star", "\\*", "a", NO},
    {"a last backslash is dropped", "a\\", "a", YES},
    {"a comma outside braces", "a,b", "a,b", YES},
    {"a closing brace alone", "}", "}", YES},
    {"prefix and suffix may overlap", "team-a/*/app", "team-a/app", YES},
    {"overlap by a letter", "ab*bc", "abc", YES},
    {"no overlap in longer patterns", "x*ab*bc", "xabc", NO},
    {"more text than the overlap allows", "team-a/*/app", "team-a/ap", NO},
    {"a broken character in a pattern", "\xff", "\xff", DOES_NOT_COMPILE},
    {"a broken character in a text is one", "a?", "a\xff", YES},
    {"many stars", "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NO},
    {"alternatives that end alike", "{*b,b}", "bb", YES},
};

static void test_glob__row(void **state)
{
    const struct row *row = *state;
    AUTO(glob_free) struct glob *g = glob_new(str_of(row->pattern));

    if (row->result == DOES_NOT_COMPILE) {
        assert_null(g);
        return;
    }
    assert_non_null(g);
    assert_int_equal(glob_match(g, str_of(row->text)), row->result == YES);
}

/* More steps than fit on the stack. */
static void test_glob__long_program(void **state)
{
    char pattern[2000], text[2000];

    (void)state;
    for (size_t i = 0; i < sizeof pattern - 1; i++) {
        pattern[i] = i % 2 == 0 ? '?' : 'b';
        text[i] = i % 2 == 0 ? 'a' : 'b';
    }
    pattern[sizeof pattern - 1] = '\0';
    text[sizeof text - 1] = '\0';
    AUTO(glob_free) struct glob *g = glob_new(str_of(pattern));
    assert_non_null(g);
    assert_true(glob_match(g, str_of(text)));
    text[1] = 'c';
    assert_false(glob_match(g, str_of(text)));
}

static void test_glob__too_deep(void **state)
{
    char pattern[201];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        pattern[i] = '{';
    }
    pattern[200] = '\0';
    assert_null(glob_new(str_of(pattern)));
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 2] = {
        cmocka_unit_test(test_glob__long_program),
        cmocka_unit_test(test_glob__too_deep),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct row *row = (struct row *)(uintptr_t)&rows[i];
        tests[i + 2] = (struct CMUnitTest){
            .name = row->name, .test_func = test_glob__row, .initial_state = row};
    }
    return TEST_MAIN(tests);
}
