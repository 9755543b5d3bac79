/*
 * Which scenarios the words of a command line select: ids, globs, folders and files, and what is
 * said when nothing fits.
 */
#include "tests/support/test.h"

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "tests/unit/scenario/vocabulary.h"

/* The ids that the words select, joined; the error's text when there is one. */
static char *found(const char *const *words, size_t len, const char *tag)
{
    AUTO(xfree) char *dir = test_data("scenario/good");
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    AUTO(strlist_deinit) struct strlist ids = {0};
    struct err err = {0};
    if (scenario_find(dir, words, len, tag, &test_vocabulary, &set, &err) != 0) {
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(set.len, 0);
        return xstrdup(err.msg);
    }
    for (size_t i = 0; i < set.len; i++)
        strlist_add(&ids, set.items[i]->id);
    return strlist_join(&ids, " ");
}

static void assert_found(const char *word, const char *expected)
{
    AUTO(xfree) char *ids = found(&word, 1, NULL);
    assert_string_equal(ids, expected);
}

static void test_find__no_words_is_the_library_without_its_setups(void **state)
{
    (void)state;
    AUTO(xfree) char *ids = found(NULL, 0, NULL);
    assert_string_equal(ids, "everything more/other more/plain");
}

static void test_find__exact_id(void **state)
{
    (void)state;
    assert_found("more/plain", "more/plain");
}

static void test_find__glob(void **state)
{
    (void)state;
    assert_found("more/*", "more/other more/plain");
    assert_found("*o*er", "more/other");
    assert_found("less/*", "no scenario fits 'less/*'");
}

static void test_find__folder_of_the_library(void **state)
{
    (void)state;
    assert_found("more", "more/other more/plain");
}

static void test_find__words_together_are_sorted_and_once(void **state)
{
    (void)state;
    const char *words[] = {"more/plain", "everything", "more/*"};
    AUTO(xfree) char *ids = found(words, 3, NULL);
    assert_string_equal(ids, "everything more/other more/plain");
}

static void test_find__unknown_id_names_the_nearest(void **state)
{
    (void)state;
    assert_found("more/plian", "unknown scenario 'more/plian'; did you mean 'more/plain'?");
    assert_found("nothing/like/it",
                 "unknown scenario 'nothing/like/it'; `rolecall list scenarios` names them");
}

static void test_find__path_into_the_library_is_its_id(void **state)
{
    (void)state;
    AUTO(xfree) char *file = test_data("scenario/good/more/plain.yaml");
    AUTO(xfree) char *dir = test_data("scenario/good/more");
    assert_found(file, "more/plain");
    assert_found(dir, "more/other more/plain");
}

static void test_find__file_of_the_user_is_its_own_id(void **state)
{
    (void)state;
    AUTO(xfree) char *file = test_data("scenario/own/mine.yaml");
    AUTO(xfree) char *dir = test_data("scenario/own");
    assert_found(file, file);
    assert_found(dir, file);
}

static void test_find__setup_is_no_folder_of_scenarios(void **state)
{
    (void)state;
    AUTO(xfree) char *dir = test_data("scenario/good/asetup");
    AUTO(xfree)
    char *expected = xasprintf("'%s' is a setup, not a folder of scenarios: --setup %s", dir, dir);
    assert_found(dir, expected);
}

static void test_find__folder_without_scenarios(void **state)
{
    (void)state;
    AUTO(xfree) char *dir = test_data("wire");
    AUTO(xfree) char *expected = xasprintf("no scenario (a file *.yaml) below '%s'", dir);
    assert_found(dir, expected);
}

static void test_find__tag(void **state)
{
    (void)state;
    AUTO(xfree) char *some = found(NULL, 0, "smoke");
    AUTO(xfree) char *direct = found(NULL, 0, "direct");
    AUTO(xfree) char *none = found(NULL, 0, "smok");
    assert_string_equal(some, "more/plain");
    assert_string_equal(direct, "everything more/plain");
    assert_string_equal(none, "no scenario has the tag 'smok'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find__no_words_is_the_library_without_its_setups),
        cmocka_unit_test(test_find__exact_id),
        cmocka_unit_test(test_find__glob),
        cmocka_unit_test(test_find__folder_of_the_library),
        cmocka_unit_test(test_find__words_together_are_sorted_and_once),
        cmocka_unit_test(test_find__unknown_id_names_the_nearest),
        cmocka_unit_test(test_find__path_into_the_library_is_its_id),
        cmocka_unit_test(test_find__file_of_the_user_is_its_own_id),
        cmocka_unit_test(test_find__setup_is_no_folder_of_scenarios),
        cmocka_unit_test(test_find__folder_without_scenarios),
        cmocka_unit_test(test_find__tag),
    };
    return TEST_MAIN(tests);
}
