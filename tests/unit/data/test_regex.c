/*
 * The two dialects: what each accepts and refuses, with Go's own words, and that every match ends.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/data/regex.h"

enum how { SEARCH, FULL, REFUSED };

struct row {
    const char *name;
    enum regex_dialect dialect;
    const char *pattern;
    enum how how;
    const char *text; /* to match; for REFUSED the error, NULL = any */
    bool matches;
};

static const struct row rows[] = {
    {"RE2 search is anywhere", REGEX_RE2, "b", SEARCH, "abc", true},
    {"RE2 anchors", REGEX_RE2, "^b$", SEARCH, "abc", false},
    {"RE2 dollar is the very end", REGEX_RE2, "a$", SEARCH, "a\n", false},
    {"Python dollar is before a last newline", REGEX_PYTHON, "a$", SEARCH, "a\n", true},
    {"Python Z is the very end", REGEX_PYTHON, "a\\Z", SEARCH, "a\n", false},
    {"RE2 dot leaves out newline", REGEX_RE2, "a.b", SEARCH, "a\nb", false},
    {"RE2 dot takes carriage return", REGEX_RE2, "a.b", SEARCH, "a\rb", true},
    {"RE2 dot all flag", REGEX_RE2, "(?s)a.b", SEARCH, "a\nb", true},
    {"RE2 case flag in a group", REGEX_RE2, "(?i:A)b", SEARCH, "ab", true},
    {"RE2 alternatives", REGEX_RE2, "^(get|sync)$", SEARCH, "sync", true},
    {"RE2 lazy", REGEX_RE2, "a+?b*?", SEARCH, "aab", true},
    {"RE2 POSIX class", REGEX_RE2, "^[[:alpha:]]+$", SEARCH, "abc", true},
    {"RE2 named group", REGEX_RE2, "(?P<n>a)(?<m>b)", SEARCH, "ab", true},
    {"RE2 literal text", REGEX_RE2, "\\Qa.b\\E$", SEARCH, "axb", false},
    {"RE2 literal text to the end", REGEX_RE2, "\\Qa(b", SEARCH, "a(b", true},
    {"RE2 vertical tab", REGEX_RE2, "^\\v$", SEARCH, "\n", false},
    {"RE2 s without vertical tab", REGEX_RE2, "\\s", SEARCH, "\v", false},
    {"RE2 s in a class", REGEX_RE2, "^[\\sx]+$", SEARCH, " x\t", true},
    {"RE2 d is ASCII", REGEX_RE2, "^\\d$", SEARCH, "\xd9\xa3", false},
    {"Python d is Unicode", REGEX_PYTHON, "^\\d$", SEARCH, "\xd9\xa3", true},
    {"RE2 braces that are text", REGEX_RE2, "a{,2}b{x}", SEARCH, "a{,2}b{x}", true},
    {"RE2 bracket in a class", REGEX_RE2, "^[[a]+$", SEARCH, "[a", true},
    {"RE2 closing bracket first", REGEX_RE2, "^[]a]+$", SEARCH, "]a", true},
    {"RE2 text that is not UTF-8", REGEX_RE2, "b$", SEARCH,
     "a\xff"
     "b",
     true},
    {"RE2 look-ahead", REGEX_RE2, "a(?=b)", REFUSED,
     "error parsing regexp: invalid or unsupported Perl syntax: `(?=`", false},
    {"RE2 negative look-ahead", REGEX_RE2, "(?!a)b", REFUSED,
     "error parsing regexp: invalid or unsupported Perl syntax: `(?!`", false},
    {"RE2 look-behind", REGEX_RE2, "(?<=a)b", REFUSED,
     "error parsing regexp: invalid or unsupported Perl syntax: `(?<=`", false},
    {"RE2 atomic group", REGEX_RE2, "(?>a)", REFUSED,
     "error parsing regexp: invalid or unsupported Perl syntax: `(?>`", false},
    {"RE2 recursion", REGEX_RE2, "a(?R)", REFUSED, NULL, false},
    {"RE2 condition", REGEX_RE2, "(a)(?(1)b)", REFUSED, NULL, false},
    {"RE2 comment", REGEX_RE2, "a(?#b)", REFUSED, NULL, false},
    {"RE2 back reference", REGEX_RE2, "(a)\\1", REFUSED,
     "error parsing regexp: invalid escape sequence: `\\1`", false},
    {"RE2 single byte", REGEX_RE2, "\\C", REFUSED,
     "error parsing regexp: invalid escape sequence: `\\C`", false},
    {"RE2 escapes of Perl", REGEX_RE2, "\\K", REFUSED, NULL, false},
    {"RE2 possessive", REGEX_RE2, "a++", REFUSED,
     "error parsing regexp: invalid nested repetition operator: `++`", false},
    {"RE2 twice repeated", REGEX_RE2, "a**", REFUSED,
     "error parsing regexp: invalid nested repetition operator: `**`", false},
    {"RE2 repeat after braces", REGEX_RE2, "a{2}{3}", REFUSED,
     "error parsing regexp: invalid nested repetition operator: `{2}{3}`", false},
    {"RE2 a thousand", REGEX_RE2, "^a{1000}$", SEARCH, "a", false},
    {"RE2 more than a thousand", REGEX_RE2, "a{1001}", REFUSED,
     "error parsing regexp: invalid repeat count: `{1001}`", false},
    {"RE2 from more to less", REGEX_RE2, "a{3,2}", REFUSED,
     "error parsing regexp: invalid repeat count: `{3,2}`", false},
    {"RE2 unclosed group", REGEX_RE2, "a(b", REFUSED,
     "error parsing regexp: missing closing ): `a(b`", false},
    {"RE2 unopened group", REGEX_RE2, "a)b", REFUSED, "error parsing regexp: unexpected ): `a)b`",
     false},
    {"RE2 nothing to repeat", REGEX_RE2, "*a", REFUSED,
     "error parsing regexp: missing argument to repetition operator: `*`", false},
    {"RE2 verb", REGEX_RE2, "(*UCP)a", REFUSED,
     "error parsing regexp: missing argument to repetition operator: `*`", false},
    {"RE2 unclosed class", REGEX_RE2, "a[b-c", REFUSED,
     "error parsing regexp: missing closing ]: `[b-c`", false},
    {"RE2 backslash at the end", REGEX_RE2, "a\\", REFUSED,
     "error parsing regexp: trailing backslash at end of expression: ``", false},
    {"Python fullmatch", REGEX_PYTHON, "https://a/.*", FULL, "https://a/b", true},
    {"Python fullmatch takes it all", REGEX_PYTHON, "https://a", FULL, "https://a/b", false},
    {"Python fullmatch tries each alternative", REGEX_PYTHON, "a|ab", FULL, "ab", true},
    {"Python fullmatch and a last newline", REGEX_PYTHON, "a", FULL, "a\n", false},
    {"Python dot of a redirect URI", REGEX_PYTHON, "https://argocd.company/x", FULL,
     "https://argocdXcompany/x", true},
    {"Python look-ahead", REGEX_PYTHON, "a(?=b)b", FULL, "ab", true},
    {"Python back reference", REGEX_PYTHON, "(a)\\1", FULL, "aa", true},
    {"Python named back reference", REGEX_PYTHON, "(?P<n>a)(?P=n)", FULL, "aa", true},
    {"Python possessive", REGEX_PYTHON, "a++b", FULL, "aab", true},
    {"Python u escape", REGEX_PYTHON, "\\u00fc", FULL, "\xc3\xbc", true},
    {"Python short u escape", REGEX_PYTHON, "\\u00f", REFUSED, NULL, false},
    {"Python unknown escape", REGEX_PYTHON, "\\h", REFUSED, "bad escape '\\h' at position 0",
     false},
    {"Python has no literal text", REGEX_PYTHON, "\\Qa\\E", REFUSED, NULL, false},
    {"Python twice repeated", REGEX_PYTHON, "a**", REFUSED, NULL, false},
    {"Python nothing to repeat", REGEX_PYTHON, "*", REFUSED, NULL, false},
    {"Python recursion", REGEX_PYTHON, "(?R)", REFUSED, NULL, false},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    AUTO(regex_free) struct regex *r = NULL;
    struct err err = {0};
    int rc = regex_new(str_of(row->pattern), row->dialect, &r, &err);

    if (row->how == REFUSED) {
        assert_int_equal(rc, -1);
        assert_null(r);
        assert_int_equal(err.code, ERR_PARSE);
        if (row->text) {
            assert_string_equal(err.msg, row->text);
        }
        return;
    }
    if (rc < 0) {
        fail_msg("%s", err.msg);
    }
    bool found = row->how == FULL ? regex_fullmatch(r, str_of(row->text))
                                  : regex_search(r, str_of(row->text));
    assert_int_equal(found, row->matches);
}

static void test_regex__a_hostile_pattern_ends(void **state)
{
    AUTO(regex_free) struct regex *r = NULL;
    AUTO(regex_free) struct regex *too_long = NULL;
    char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
    size_t n = 100000;
    AUTO(xfree) char *pattern = xmalloc(n + 1);

    assert_int_equal(regex_new(STR("^(a+)+$"), REGEX_PYTHON, &r, NULL), 0);
    assert_false(regex_fullmatch(r, str_of(text)));
    memset(pattern, 'a', n);
    pattern[n] = '\0';
    assert_int_equal(regex_new(str_of(pattern), REGEX_RE2, &too_long, NULL), -1);
    assert_int_equal(regex_new(STR("a\0b"), REGEX_RE2, &too_long, NULL), -1);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 1] = {
        cmocka_unit_test(test_regex__a_hostile_pattern_ends),
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        tests[i + 1] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    return TEST_MAIN(tests);
}
