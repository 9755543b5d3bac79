/*
 * Reading arguments by a table: every way to write an option, and every way to get it wrong.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/cli/options.h"

#define MOST 8

struct read {
    bool json, quiet, help;
    int loud;
    const char *setup, *seed;
    struct strlist patches, words;
    struct err err;
};

static void read_deinit(struct read *r)
{
    strlist_deinit(&r->patches);
    strlist_deinit(&r->words);
}

DEFINE_AUTO_VALUE(struct read, read_deinit)

/* Parses the words (NULL-terminated) after a subcommand's name. */
static int parse(struct read *r, const char *const *words)
{
    const struct option table[] = {
        {"json", 0, OPTION_FLAG, &r->json, NULL, "an array"},
        {"quiet", 'q', OPTION_FLAG, &r->quiet, NULL, "less"},
        {"loud", 'l', OPTION_COUNT, &r->loud, NULL, "more"},
        {"setup", 's', OPTION_TEXT, &r->setup, "DIR", "the setup"},
        {"seed", 0, OPTION_TEXT, &r->seed, "N", "the seed"},
        {"patch", 0, OPTION_LIST, &r->patches, "JSON", "a patch"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    char *argv[MOST + 2] = {xstrdup("run")};
    int argc = 1;
    for (; words[argc - 1] != NULL && argc <= MOST; argc++)
        argv[argc] = xstrdup(words[argc - 1]);
    int rc = options_parse(argc, argv, table, &r->words, &r->help, &r->err);
    /* Values are borrowed from argv; the tests look at copies that outlive it. */
    static char setup[64], seed[64];
    (void)snprintf(setup, sizeof setup, "%s", r->setup != NULL ? r->setup : "");
    (void)snprintf(seed, sizeof seed, "%s", r->seed != NULL ? r->seed : "");
    r->setup = r->setup != NULL ? setup : NULL;
    r->seed = r->seed != NULL ? seed : NULL;
    for (int i = 0; i < argc; i++)
        xfree(argv[i]);
    return rc;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_flag__long_and_short(void **state)
{
    AUTO(read_deinit) struct read r = {0};
    assert_int_equal(parse(&r, WORDS("--json", "-q")), 0);
    assert_true(r.json && r.quiet);
    assert_false(r.help);
    assert_int_equal(r.words.len, 0);
}

static void test_text__three_ways_to_give_a_value(void **state)
{
    const char *const *const ways[] = {WORDS("--setup", "dir"), WORDS("--setup=dir"),
                                       WORDS("-s", "dir"), WORDS("-sdir")};
    for (size_t i = 0; i < TEST_COUNT(ways); i++) {
        AUTO(read_deinit) struct read r = {0};
        assert_int_equal(parse(&r, ways[i]), 0);
        assert_string_equal(r.setup, "dir");
    }
}

static void test_text__the_last_one_wins(void **state)
{
    AUTO(read_deinit) struct read r = {0};
    assert_int_equal(parse(&r, WORDS("--seed=1", "--seed", "2")), 0);
    assert_string_equal(r.seed, "2");
}

static void test_text__may_look_like_an_option_or_be_empty(void **state)
{
    AUTO(read_deinit) struct read r = {0};
    assert_int_equal(parse(&r, WORDS("--setup", "--json", "--seed=")), 0);
    assert_string_equal(r.setup, "--json");
    assert_string_equal(r.seed, "");
    assert_false(r.json);
}

static void test_list__keeps_the_order(void **state)
{
    AUTO(read_deinit) struct read r = {0};
    assert_int_equal(parse(&r, WORDS("--patch", "{}", "--patch=[=]")), 0);
    assert_int_equal(r.patches.len, 2);
    assert_string_equal(r.patches.items[0], "{}");
    assert_string_equal(r.patches.items[1], "[=]");
}

static void test_count__adds_up(void **state)
{
    AUTO(read_deinit) struct read r = {0};
    assert_int_equal(parse(&r, WORDS("-l", "--loud", "-l")), 0);
    assert_int_equal(r.loud, 3);
}

static void test_words__stand_anywhere(void **state)
{
    AUTO(read_deinit) struct read r = {0};
    assert_int_equal(parse(&r, WORDS("a", "--json", "b", "-", "--", "--seed", "-q")), 0);
    AUTO(xfree) char *words = strlist_join(&r.words, " ");
    assert_string_equal(words, "a b - --seed -q");
    assert_false(r.quiet);
}

static void test_help__long_and_short(void **state)
{
    const char *const *const ways[] = {WORDS("--help"), WORDS("a", "-h")};
    for (size_t i = 0; i < TEST_COUNT(ways); i++) {
        AUTO(read_deinit) struct read r = {0};
        assert_int_equal(parse(&r, ways[i]), 0);
        assert_true(r.help);
    }
}

static void test_verbose__raises_the_level_as_often_as_it_stands(void **state)
{
    AUTO(read_deinit) struct read r = {0};
    enum log_level before = log_get_level();
    assert_int_equal(parse(&r, WORDS("-v")), 0);
    assert_int_equal(log_get_level(), before + 1);
    assert_int_equal(parse(&r, WORDS("-vvvvvvvv", "-v")), 0);
    assert_int_equal(log_get_level(), LOG_MAX_ - 1);
    log_set_level(before);
}

static void test_wrong__each_says_what(void **state)
{
    static const struct {
        const char *words[3];
        const char *text;
    } rows[] = {
        {{"--sed", "1"}, "unknown option '--sed'; did you mean '--seed'?"},
        {{"--sed=1"}, "unknown option '--sed'; did you mean '--seed'?"},
        {{"--frobnicate"}, "unknown option '--frobnicate'; --help lists them"},
        {{"-x"}, "unknown option '-x'; --help lists them"},
        {{"--setup"}, "--setup needs a value: DIR"},
        {{"-s"}, "--setup needs a value: DIR"},
        {{"--patch"}, "--patch needs a value: JSON"},
        {{"--json=yes"}, "--json takes no value"},
        {{"--loud=2"}, "--loud takes no value"},
        {{"-qx"}, "--quiet takes no value"},
        {{"--=x"}, "unknown option '--'; --help lists them"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(read_deinit) struct read r = {0};
        assert_int_equal(parse(&r, rows[i].words), -1);
        assert_int_equal(r.err.code, ERR_USAGE);
        assert_string_equal(r.err.msg, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flag__long_and_short),
        cmocka_unit_test(test_text__three_ways_to_give_a_value),
        cmocka_unit_test(test_text__the_last_one_wins),
        cmocka_unit_test(test_text__may_look_like_an_option_or_be_empty),
        cmocka_unit_test(test_list__keeps_the_order),
        cmocka_unit_test(test_count__adds_up),
        cmocka_unit_test(test_words__stand_anywhere),
        cmocka_unit_test(test_help__long_and_short),
        cmocka_unit_test(test_verbose__raises_the_level_as_often_as_it_stands),
        cmocka_unit_test(test_wrong__each_says_what),
    };
    return TEST_MAIN(tests);
}
