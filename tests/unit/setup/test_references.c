/*
 * "$" in dex.config: Argo CD's whole-string lookup, its doubling, and Go's os.ExpandEnv
 * (dex.md 1.5).
 */
#include "tests/support/test.h"

#include "harness/setup/setup_int.h"

static struct js *secret(void)
{
    struct js *s = js_object();
    js_set_text(s, "key", " value\r\n");
    js_set_text(s, "other-secret:key", "other");
    js_set_text(s, "dollar", "ab$cd");
    return s;
}

struct row {
    const char *name;
    const char *from;
    const char *to;
};

static void assert_text(struct js *taken, const char *expected)
{
    AUTO(js_free) struct js *value = taken;
    assert_string_equal(js_text(value), expected);
}

static const struct row lookups[] = {
    {"found and trimmed", "$key", "value"},
    {"key of another Secret", "$other-secret:key", "other"},
    {"unknown stays", "$nokey", "$nokey"},
    {"not in the middle", "a$key", "a$key"},
    {"no braces", "${key}", "${key}"},
    {"empty", "", ""},
    {"a dollar alone", "$", "$"},
    {"found text is not looked up again", "$dollar", "ab$cd"},
};

static void test_resolve__texts(void **state)
{
    (void)state;
    AUTO(js_free) struct js *table = secret();
    for (size_t i = 0; i < TEST_COUNT(lookups); i++) {
        AUTO(js_free) struct js *from = js_string(lookups[i].from);
        assert_text(references_resolve(from, table, NULL), lookups[i].to);
    }
}

static void test_resolve__reaches_maps_and_lists_and_notes_what_is_missing(void **state)
{
    (void)state;
    AUTO(js_free) struct js *table = secret();
    AUTO(js_free) struct js *from = NULL;
    AUTO(strlist_deinit) struct strlist missing = {0};
    struct err err = {0};
    assert_int_equal(js_parse(STR("{\"a\":[{\"b\":\"$key\"},\"$gone\",\"$gone\",7,true,null]}"),
                              "x", &from, &err),
                     0);
    AUTO(js_free) struct js *to = references_resolve(from, table, &missing);
    AUTO(xfree) char *text = js_compact(to);
    assert_string_equal(text, "{\"a\":[{\"b\":\"value\"},\"$gone\",\"$gone\",7,true,null]}");
    assert_int_equal(missing.len, 1);
    assert_string_equal(missing.items[0], "$gone");
}

static const struct row doublings[] = {
    {"a resolved value", "ab$cd", "ab$$cd"},
    {"several", "a$b$c", "a$$b$$c"},
    {"a known key at the start", "$key", "$$key"},
    {"an unknown one is left to Dex", "$AUTHENTIK_SECRET", "$AUTHENTIK_SECRET"},
    {"nothing to do", "plain", "plain"},
};

static void test_double__keeps_environment_references(void **state)
{
    (void)state;
    AUTO(js_free) struct js *table = secret();
    for (size_t i = 0; i < TEST_COUNT(doublings); i++) {
        AUTO(js_free) struct js *from = js_string(doublings[i].from);
        assert_text(references_double(from, table, true), doublings[i].to);
    }
}

static void test_double__all_in_the_first_releases(void **state)
{
    (void)state;
    AUTO(js_free) struct js *table = secret();
    AUTO(js_free) struct js *from = js_string("$AUTHENTIK_SECRET");
    assert_text(references_double(from, table, false), "$$AUTHENTIK_SECRET");
}

/* Go's os.ExpandEnv; the rows of dex.md 1.5 first. */
static const struct row expansions[] = {
    {"a missing key of argocd-secret", "$dex.authentik.clientSecret", ".authentik.clientSecret"},
    {"a missing key of another Secret", "$other-secret:key", "-secret:key"},
    {"a dollar inside", "ab$cd", "ab"},
    {"a doubled dollar", "ab$$cd", "abcd"},
    {"set in the environment", "$SET", "a$b"},
    {"in braces", "x${SET}y", "xa$by"},
    {"unset in braces", "x${UNSET}y", "xy"},
    {"empty braces are eaten", "x${}y", "xy"},
    {"an open brace is eaten", "x${y", "xy"},
    {"a special name", "x$?y${#}z", "xyz"},
    {"a digit is one name", "$12", "2"},
    {"no name", "100$ and $.", "100$ and $."},
    {"at the end", "x$", "x$"},
};

static void test_expand__texts(void **state)
{
    (void)state;
    AUTO(js_free) struct js *env = js_object();
    js_set_text(env, "SET", "a$b");
    for (size_t i = 0; i < TEST_COUNT(expansions); i++) {
        AUTO(js_free) struct js *from = js_string(expansions[i].from);
        assert_text(references_expand(from, env), expansions[i].to);
    }
}

static void test_expand__without_environment(void **state)
{
    (void)state;
    AUTO(js_free) struct js *from = js_string("$SET");
    assert_text(references_expand(from, NULL), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve__texts),
        cmocka_unit_test(test_resolve__reaches_maps_and_lists_and_notes_what_is_missing),
        cmocka_unit_test(test_double__keeps_environment_references),
        cmocka_unit_test(test_double__all_in_the_first_releases),
        cmocka_unit_test(test_expand__texts),
        cmocka_unit_test(test_expand__without_environment),
    };
    return TEST_MAIN(tests);
}
