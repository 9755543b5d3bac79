/*
 * Places: the nearest around a pointer, the later of two, what is grafted; the same for few and for
 * many, which are kept in order.
 */
#include "tests/support/test.h"

#include "harness/setup/places.h"

#define MANY 5000

static void expect_line(struct places *p, const char *pointer, int line)
{
    const struct place *at = places_find(p, pointer);
    if (at == NULL || at->line != line)
        fail_msg("%s: line %d, expected %d", pointer, at != NULL ? at->line : -1, line);
}

static void test_places__nearest_around_and_later_wins(void **state)
{
    AUTO(places_free) struct places *p = places_new();
    (void)state;
    assert_null(places_find(p, "/a"));
    places_add(p, "/a", "f", 1, 1);
    places_add(p, "/a/b", "f", 2, 1);
    places_add(p, "/a-c", "f", 3, 1);
    places_add(p, "/a/b", "f", 4, 1);
    expect_line(p, "/a/b/c/d", 4);
    expect_line(p, "/a/x", 1);
    expect_line(p, "/a-c", 3);
    assert_null(places_find(p, "/b"));
    assert_null(places_exact(p, "/a/x"));
    assert_int_equal(places_exact(p, "/a/b")->line, 4);
}

/* Additions between questions, so that both parts of the array answer. */
static void test_places__many_are_found_as_few_are(void **state)
{
    AUTO(places_free) struct places *p = places_new();
    (void)state;
    for (int i = MANY; i > 0; i--) {
        AUTO(xfree) char *pointer = xasprintf("/list/%d", i);
        AUTO(xfree) char *below = xasprintf("/list/%d/name", i);
        places_add(p, pointer, "f", i, 1);
        places_add(p, below, "f", i + MANY, 1);
        expect_line(p, below, i + MANY);
    }
    places_add(p, "/list/7", "f", 1, 1);
    expect_line(p, "/list/7", 1);
    expect_line(p, "/list/70/other", 70);
    expect_line(p, "/list/4999/name/x", 4999 + MANY);
    assert_null(places_find(p, "/lis"));
    assert_null(places_exact(p, "/list/70/other"));
}

static void test_places__graft_takes_what_is_at_or_below(void **state)
{
    AUTO(places_free) struct places *source = places_new();
    AUTO(places_free) struct places *to = places_new();
    (void)state;
    for (int i = 0; i < MANY; i++) {
        AUTO(xfree) char *pointer = xasprintf("/x%d", i);
        places_add(source, pointer, "f", i, 1);
    }
    places_add(source, "/x1/a", "f", MANY, 1);
    places_add(source, "/x1", "f", MANY + 1, 1);
    places_graft(to, "/y", source, "/x1");
    expect_line(to, "/y", MANY + 1);
    expect_line(to, "/y/a", MANY);
    assert_null(places_exact(to, "/y0"));
    places_graft(source, "/own", source, "/x1");
    expect_line(source, "/own/a", MANY);
    places_graft(NULL, "/y", source, "/x1");
}

static void test_places__a_text_is_kept_under_its_name(void **state)
{
    AUTO(places_free) struct places *p = places_new();
    struct str text = {0};
    (void)state;
    assert_false(places_kept(p, "<stdin>", &text));
    places_keep(p, "<stdin>", str_of("a\nb"));
    assert_true(places_kept(p, "<stdin>", &text));
    assert_int_equal(text.len, 3);
    assert_false(places_kept(p, "other", &text));
    assert_false(places_kept(NULL, "<stdin>", &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places__nearest_around_and_later_wins),
        cmocka_unit_test(test_places__many_are_found_as_few_are),
        cmocka_unit_test(test_places__graft_takes_what_is_at_or_below),
        cmocka_unit_test(test_places__a_text_is_kept_under_its_name),
    };

    return TEST_MAIN(tests);
}
