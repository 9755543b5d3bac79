/*
 * The classes of harm: for each a change that is found, and the same facts unchanged, which give
 * nothing. Then how alike changes become one finding.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/observe/change.h"

static struct js *parsed(const char *text)
{
    struct js *j = NULL;
    struct err err = {0};
    if (js_parse(str_of(text), "test", &j, &err) != 0)
        fail_msg("%s: %s", err.msg, text);
    return j;
}

/* One step: its own members, then its facts. */
static struct js *observed(const char *kind, bool refusal, const char *facts)
{
    AUTO(xfree)
    char *text = xasprintf("[{\"step\":\"s\",\"kind\":\"%s\",%s\"facts\":%s}]", kind,
                           refusal ? "\"refusal\":true," : "", facts);
    return parsed(text);
}

#define IN "{\"result\":{\"outcome\":\"signed-in\"}"
#define OUT "{\"result\":{\"outcome\":\"refused by dex at token\",\"shown\":\"no\"}"
#define WITH(group_, name_, value_) IN ",\"" group_ "\":{\"" name_ "\":" value_ "}}"

static const struct row {
    const char *title;
    const char *kind;
    bool refusal;
    const char *before;
    const char *after;
    enum harm harm;
    const char *group;
    const char *name;
} rows[] = {
    {"an attack is let in", "login", true, OUT "}", IN "}", HARM_LET_IN, "result", "outcome"},
    {"a call that was refused answers", "call", true, "{\"result\":{\"status\":401}}",
     "{\"result\":{\"status\":200}}", HARM_LET_IN, "result", "status"},
    {"a login breaks", "login", false, IN "}", OUT "}", HARM_BREAKS, "result", "outcome"},
    {"a refresh breaks", "refresh", false, IN "}", OUT "}", HARM_BREAKS, "result", "outcome"},
    {"a logout breaks", "logout", false, IN "}", OUT "}", HARM_PEOPLE, "result", "outcome"},
    {"a login works at last", "login", false, OUT "}", IN "}", HARM_BETTER, "result", "outcome"},
    {"an attack is refused at last", "login", true, IN "}", OUT "}", HARM_BETTER, "result",
     "outcome"},
    {"refused elsewhere", "login", true, OUT "}",
     "{\"result\":{\"outcome\":\"refused by authentik at token\"}}", HARM_REFUSAL, "result",
     "outcome"},
    {"refused in other words", "login", true, OUT "}",
     "{\"result\":{\"outcome\":\"refused by dex at token\",\"shown\":\"never\"}}", HARM_REFUSAL,
     "result", "shown"},
    {"a right is lost", "login", false, WITH("right", "sync", "\"yes\""),
     WITH("right", "sync", "\"no\""), HARM_RIGHTS, "right", "sync"},
    {"a redirect URI stops matching", "redirect-uri", false,
     "{\"redirect URI\":{\"https://a/\":\"accepted\"}}",
     "{\"redirect URI\":{\"https://a/\":\"refused\"}}", HARM_REDIRECTS, "redirect URI",
     "https://a/"},
    {"a redirect URI matches at last", "redirect-uri", false,
     "{\"redirect URI\":{\"https://a/\":\"refused\"}}",
     "{\"redirect URI\":{\"https://a/\":\"accepted\"}}", HARM_BETTER, "redirect URI", "https://a/"},
    {"a near miss is taken", "redirect-uri", false,
     "{\"near miss of a redirect URI\":{\"https://x/\":\"refused\"}}",
     "{\"near miss of a redirect URI\":{\"https://x/\":\"accepted\"}}", HARM_LET_IN,
     "near miss of a redirect URI", "https://x/"},
    {"a near miss is refused at last", "redirect-uri", false,
     "{\"near miss of a redirect URI\":{\"https://x/\":\"accepted\"}}",
     "{\"near miss of a redirect URI\":{\"https://x/\":\"refused\"}}", HARM_BETTER,
     "near miss of a redirect URI", "https://x/"},
    {"another role", "login", false, "{\"result\":{\"outcome\":\"signed-in\",\"roles\":[\"a\"]}}",
     "{\"result\":{\"outcome\":\"signed-in\",\"roles\":[]}}", HARM_RIGHTS, "result", "roles"},
    {"another value", "login", false, WITH("dex id token", "email_verified", "true"),
     WITH("dex id token", "email_verified", "false"), HARM_IDENTITY, "dex id token",
     "email_verified"},
    {"another type", "login", false, WITH("authentik id token", "groups", "[\"a\"]"),
     WITH("authentik id token", "groups", "\"a\""), HARM_IDENTITY, "authentik id token", "groups"},
    {"another subject", "login", false, WITH("authentik id token", "sub", "\"a1\""),
     WITH("authentik id token", "sub", "\"a2\""), HARM_IDENTITY, "authentik id token", "sub"},
    {"another issuer", "login", false, WITH("authentik discovery", "issuer", "\"https://a/\""),
     WITH("authentik discovery", "issuer", "\"http://a/\""), HARM_IDENTITY, "authentik discovery",
     "issuer"},
    {"a rule is broken", "login", false, WITH("check", "x", "null"),
     IN ",\"check\":{\"x\":null,"
        "\"authentik/id-token.alg\":\"must: not so\"}}",
     HARM_RULE, "check", "authentik/id-token.alg"},
    {"a rule is kept at last", "login", false,
     IN ",\"check\":{\"x\":null,"
        "\"authentik/id-token.alg\":\"must: not so\"}}",
     WITH("check", "x", "null"), HARM_BETTER, "check", "authentik/id-token.alg"},
    {"no longer as expected", "login", false,
     "{\"result\":{\"outcome\":\"signed-in\",\"verdict\":\"pass\"}}",
     "{\"result\":{\"outcome\":\"signed-in\",\"verdict\":\"fail\"}}", HARM_VERDICT, "result",
     "verdict"},
    {"a shorter life", "login", false, WITH("dex id token", "(lifetime)", "\"3600 s\""),
     WITH("dex id token", "(lifetime)", "\"600 s\""), HARM_SESSION, "dex id token", "(lifetime)"},
    {"no refresh token", "login", false,
     IN ",\"authentik token answer\":{\"a\":1,\"refresh_token\":\"128 letters\"}}",
     IN ",\"authentik token answer\":{\"a\":1}}", HARM_SESSION, "authentik token answer",
     "refresh_token"},
    {"a claim is new", "login", false, WITH("authentik id token", "a", "1"),
     IN ",\"authentik id token\":{\"a\":1,\"jti\":\"40 letters\"}}", HARM_CLAIMS,
     "authentik id token", "jti"},
    {"another page", "login", false, WITH("way", "pages", "[\"a\"]"),
     WITH("way", "pages", "[\"a\",\"ak-stage-consent\"]"), HARM_PEOPLE, "way", "pages"},
    {"another challenge", "login", false, WITH("authentik challenge ak-x", "type", "\"native\""),
     WITH("authentik challenge ak-x", "y", "1"), HARM_PEOPLE, "authentik challenge ak-x", "type"},
    {"another text of an error", "login", false, WITH("authentik token error", "error", "\"a\""),
     WITH("authentik token error", "error", "\"b\""), HARM_ERRORS, "authentik token error",
     "error"},
    {"another status", "login", false, WITH("authentik token headers", ":status", "200"),
     WITH("authentik token headers", ":status", "201"), HARM_ERRORS, "authentik token headers",
     ":status"},
    {"metadata", "login", false, WITH("authentik discovery", "a", "1"),
     WITH("authentik discovery", "a", "2"), HARM_DISCOVERY, "authentik discovery", "a"},
    {"a key", "login", false, WITH("authentik jwks", "kid", "\"a\""),
     WITH("authentik jwks", "kid", "\"b\""), HARM_KEYS, "authentik jwks", "kid"},
    {"the algorithm", "login", false, WITH("authentik id token", "header alg", "\"ES256\""),
     WITH("authentik id token", "header alg", "\"ES384\""), HARM_KEYS, "authentik id token",
     "header alg"},
    {"a cookie", "login", false, WITH("authentik cookies", "s", "\"secure\""),
     WITH("authentik cookies", "s", "\"\""), HARM_COOKIES, "authentik cookies", "s"},
    {"a field", "login", false, WITH("authentik token headers", "pragma", "\"no-cache\""),
     WITH("authentik token headers", "vary", "\"x\""), HARM_HEADERS, "authentik token headers",
     "pragma"},
};

static bool has(const struct changes *c, const struct row *row)
{
    for (size_t i = 0; i < c->len; i++)
        if (c->items[i].harm == row->harm && strcmp(c->items[i].group, row->group) == 0 &&
            strcmp(c->items[i].name, row->name) == 0)
            return true;
    return false;
}

static void test_harm__a_change_and_its_twin(void **state)
{
    const struct row *row = *state;
    const struct change_conf conf = {0};
    AUTO(js_free) struct js *before = observed(row->kind, row->refusal, row->before);
    AUTO(js_free) struct js *after = observed(row->kind, row->refusal, row->after);
    AUTO(changes_deinit) struct changes changed = {0};
    AUTO(changes_deinit) struct changes same = {0};
    changes_add(&changed, &conf, 0, before, after);
    assert_true(has(&changed, row));
    changes_add(&same, &conf, 0, before, before);
    changes_add(&same, &conf, 1, after, after);
    assert_int_equal(same.len, 0);
    assert_int_equal(same.steps, 2);
}

/* Every class is in the table above, and the names are in order of harm. */
static void test_harm__every_class_has_a_row(void **state)
{
    (void)state;
    for (size_t h = 0; h < HARM_MAX_; h++) {
        bool found = false;
        for (size_t i = 0; i < TEST_COUNT(rows); i++)
            found = found || rows[i].harm == (enum harm)h;
        if (!found)
            fail_msg("no row for %s", harm_name((enum harm)h));
        assert_non_null(harm_title((enum harm)h));
    }
    assert_string_equal(harm_level(HARM_LET_IN), "error");
    assert_string_equal(harm_level(HARM_BREAKS), "error");
    assert_string_equal(harm_level(HARM_RIGHTS), "warning");
    assert_string_equal(harm_level(HARM_HEADERS), "note");
}

static void compare(const char *before, const char *after, bool drawn, struct changes *ret,
                    struct js **keep)
{
    const struct change_conf conf = {.drawn_subjects = drawn};
    keep[0] = parsed(before);
    keep[1] = parsed(after);
    *ret = (struct changes){0};
    changes_add(ret, &conf, 0, keep[0], keep[1]);
}

static void free_both(struct changes *c, struct js **kept)
{
    changes_deinit(c);
    js_free(kept[0]);
    js_free(kept[1]);
}

/* What a login that broke did not come to is not told; what both read at first is. */
static void test_break__only_documents_besides(void **state)
{
    (void)state;
    struct changes c;
    struct js *kept[2];
    compare("[{\"kind\":\"login\",\"facts\":" IN ",\"authentik id token\":{\"sub\":\"a\"},"
            "\"authentik discovery\":{\"x\":1}}},{\"kind\":\"refresh\",\"facts\":" IN "}}]",
            "[{\"kind\":\"login\",\"facts\":" OUT ",\"authentik discovery\":{\"x\":2}}},"
            "{\"kind\":\"refresh\",\"facts\":" OUT "}}]",
            false, &c, kept);
    assert_int_equal(c.len, 2); /* and not the refresh: it follows */
    assert_int_equal(c.items[0].harm, HARM_BREAKS);
    assert_string_equal(c.items[0].shown, "no");
    assert_int_equal(c.items[1].harm, HARM_DISCOVERY);
    free_both(&c, kept);
}

/* A place that one of them did not come by: its fields are no change. */
static void test_place__not_come_by(void **state)
{
    (void)state;
    struct changes c;
    struct js *kept[2];
    compare("[{\"kind\":\"login\",\"facts\":" IN ",\"authentik flow headers\":{\"a\":\"b\"},"
            "\"authentik id token\":{\"sub\":\"a\"}}}]",
            "[{\"kind\":\"login\",\"facts\":" IN "}}]", false, &c, kept);
    assert_int_equal(c.len, 1); /* that there is no ID token is one */
    assert_string_equal(c.items[0].group, "authentik id token");
    assert_null(c.items[0].after);
    free_both(&c, kept);
}

static void test_subject__drawn_ones_by_shape(void **state)
{
    (void)state;
    struct changes c;
    struct js *kept[2];
    const char *a =
        "[{\"kind\":\"login\",\"facts\":" WITH("authentik id token", "sub", "\"00ff\"") "}]";
    const char *b =
        "[{\"kind\":\"login\",\"facts\":" WITH("authentik id token", "sub", "\"11ee\"") "}]";
    const char *other =
        "[{\"kind\":\"login\",\"facts\":" WITH("authentik id token", "sub", "\"alice\"") "}]";
    compare(a, b, false, &c, kept);
    assert_int_equal(c.len, 1);
    free_both(&c, kept);
    compare(a, b, true, &c, kept);
    assert_int_equal(c.len, 0);
    free_both(&c, kept);
    compare(a, other, true, &c, kept); /* another sub_mode */
    assert_int_equal(c.len, 1);
    free_both(&c, kept);
}

static void test_broken__is_not_judged(void **state)
{
    (void)state;
    struct changes c;
    struct js *kept[2];
    compare("[{\"kind\":\"login\",\"facts\":" IN "}}]",
            "[{\"kind\":\"login\",\"error\":\"no port\",\"facts\":{}}]", false, &c, kept);
    assert_int_equal(c.len, 0);
    assert_int_equal(c.steps, 0);
    assert_int_equal(c.unjudged, 1);
    assert_string_equal(c.broke, "no port");
    free_both(&c, kept);
}

/* Nobody can refresh what was refused: that breaks nothing. */
static void test_broken__after_a_refusal_on_both_sides(void **state)
{
    (void)state;
    struct changes c;
    struct js *kept[2];
    const char *both = "[{\"kind\":\"login\",\"facts\":" OUT "}},"
                       "{\"kind\":\"refresh\",\"error\":\"no login\",\"facts\":{}}]";
    compare(both, both, false, &c, kept);
    assert_int_equal(c.len, 0);
    assert_int_equal(c.steps, 1);
    assert_int_equal(c.unjudged, 0);
    free_both(&c, kept);
}

static void test_findings__alike_ones_once_in_order_of_harm(void **state)
{
    (void)state;
    const struct change_conf conf = {0};
    AUTO(js_free) struct js *a = observed("login", false, WITH("way", "pages", "[\"a\"]"));
    AUTO(js_free) struct js *b = observed("login", false, WITH("way", "pages", "[\"b\"]"));
    AUTO(js_free) struct js *c = observed("login", false, WITH("way", "pages", "[\"c\"]"));
    AUTO(js_free) struct js *out = observed("login", false, OUT "}");
    AUTO(changes_deinit) struct changes all = {0};
    AUTO(findings_deinit) struct findings f = {0};
    changes_add(&all, &conf, 0, a, b);
    changes_add(&all, &conf, 1, a, b);
    changes_add(&all, &conf, 2, a, c);
    changes_add(&all, &conf, 3, a, out);
    findings_make(&all, &f);
    assert_int_equal(f.len, 3);
    assert_int_equal(f.items[0].harm, HARM_BREAKS);
    assert_int_equal(f.items[1].changes.len, 2);
    assert_int_equal(f.items[2].changes.len, 1);
    strlist_add(&f.items[1].causes, "row");
    findings_fold(&f); /* the third has another cause: none */
    assert_int_equal(f.len, 3);
    strlist_add(&f.items[2].causes, "row");
    findings_fold(&f);
    assert_int_equal(f.len, 2);
    assert_int_equal(f.items[1].changes.len, 3);
    assert_int_equal(f.items[1].values, 2);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows) + 8] = {0};
    size_t n = 0;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        union {
            const void *row;
            void *state;
        } u = {&rows[i]};
        tests[n++] = (struct CMUnitTest){.name = rows[i].title,
                                         .test_func = test_harm__a_change_and_its_twin,
                                         .initial_state = u.state};
    }
    const struct CMUnitTest more[] = {
        cmocka_unit_test(test_harm__every_class_has_a_row),
        cmocka_unit_test(test_break__only_documents_besides),
        cmocka_unit_test(test_place__not_come_by),
        cmocka_unit_test(test_subject__drawn_ones_by_shape),
        cmocka_unit_test(test_broken__is_not_judged),
        cmocka_unit_test(test_broken__after_a_refusal_on_both_sides),
        cmocka_unit_test(test_findings__alike_ones_once_in_order_of_harm),
    };
    for (size_t i = 0; i < TEST_COUNT(more); i++)
        tests[n++] = more[i];
    return _cmocka_run_group_tests("observe_change", tests, n, NULL, NULL) == 0 ? 0 : 1;
}
