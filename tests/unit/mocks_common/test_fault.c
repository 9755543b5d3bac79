/*
 * The set of faults of a scenario: which are on, how often they fire, what belongs to a step only,
 * and which never played.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/fault.h"

#define ID "authentik/id-token.wrong-aud"
#define OTHER "dex/id-token.wrong-aud"

static struct js *parsed(const char *text)
{
    struct js *j = NULL;
    assert_int_equal(js_parse(str_of(text), "with", &j, NULL), 0);
    return j;
}

static void test_fires__always(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    fault_set_add(s, ID, 0, NULL);
    for (int i = 0; i < 100; i++)
        assert_true(fault_fires(s, ID, NULL));
}

static void test_fires__once(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    fault_set_add(s, ID, 1, NULL);
    assert_true(fault_fires(s, ID, NULL));
    assert_false(fault_fires(s, ID, NULL));
}

static void test_fires__n_times(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    fault_set_add(s, ID, 3, NULL);
    for (int i = 0; i < 3; i++)
        assert_true(fault_fires(s, ID, NULL));
    assert_false(fault_fires(s, ID, NULL));
}

static void test_fires__the_nth_time_only(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    const char *id = NULL;
    fault_set_add_nth(s, ID, 3, NULL);
    assert_false(fault_fires(s, ID, NULL));
    assert_false(fault_fires(s, ID, NULL));
    assert_int_equal(fault_set_unused(s, false, &id), 1);
    assert_true(fault_fires(s, ID, NULL));
    assert_int_equal(fault_set_unused(s, false, &id), 0);
    assert_false(fault_fires(s, ID, NULL));
}

static void test_any__by_the_beginning(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    assert_false(fault_any(s, "authentik/"));
    fault_set_add(s, ID, 1, NULL);
    assert_true(fault_any(s, "authentik/"));
    assert_false(fault_any(s, "dex/"));
    assert_true(fault_fires(s, ID, NULL));
    assert_false(fault_any(s, "authentik/"));
}

static void test_at__own_or_of_the_id(void **state)
{
    static const struct fault own = {.id = "dex/x.y", .at = "everywhere"};
    static const struct fault place = {.id = "dex/id-token.wrong-aud"};
    static const struct fault bare = {.id = "dex/no-pkce"};
    AUTO(xfree) char *a = fault_at(&own);
    AUTO(xfree) char *b = fault_at(&place);
    AUTO(xfree) char *c = fault_at(&bare);
    assert_string_equal(a, "everywhere");
    assert_string_equal(b, "id-token");
    assert_string_equal(c, "no-pkce");
}

static void test_fires__only_the_one_that_is_on(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    assert_false(fault_fires(s, ID, NULL));
    fault_set_add(s, OTHER, 0, NULL);
    assert_false(fault_fires(s, ID, NULL));
    assert_false(fault_fires(s, "authentik/id-token.wrong", NULL));
    assert_false(fault_fires(s, "", NULL));
}

static void test_fires__the_second_entry_follows_the_first(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    AUTO(js_free) struct js *one = parsed("{\"n\": \"1\"}");
    AUTO(js_free) struct js *two = parsed("{\"n\": \"2\"}");
    const struct js *with = NULL;
    fault_set_add(s, ID, 1, one);
    fault_set_add(s, ID, 1, two);
    assert_true(fault_fires(s, ID, &with));
    assert_string_equal(js_get_text(with, "n"), "1");
    assert_true(fault_fires(s, ID, &with));
    assert_string_equal(js_get_text(with, "n"), "2");
    assert_false(fault_fires(s, ID, &with));
}

static void test_with__is_a_copy_and_never_null(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    struct js *with = parsed("{\"seconds\": 5}");
    const struct js *got = NULL;
    int64_t seconds = 0;
    fault_set_add(s, ID, 0, with);
    js_free(with);
    fault_set_add(s, OTHER, 0, NULL);
    assert_true(fault_fires(s, ID, &got));
    assert_int_equal(js_get_number(got, "seconds", &seconds), 0);
    assert_int_equal(seconds, 5);
    assert_true(fault_fires(s, OTHER, &got));
    assert_true(js_is(got, JS_OBJECT));
}

static void test_peek__uses_nothing(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    const struct js *with = NULL;
    const char *unused = NULL;
    fault_set_add(s, ID, 1, NULL);
    assert_true(fault_peek(s, ID, &with));
    assert_true(fault_peek(s, ID, &with));
    assert_int_equal(fault_set_unused(s, false, &unused), 1);
    assert_true(fault_fires(s, ID, NULL));
    assert_false(fault_peek(s, ID, &with));
}

static void test_is_on__counts_as_played(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    const char *unused = NULL;
    fault_set_add(s, ID, 1, NULL);
    assert_true(fault_is_on(s, ID));
    assert_true(fault_is_on(s, ID));
    assert_false(fault_is_on(s, OTHER));
    assert_int_equal(fault_set_unused(s, false, &unused), 0);
}

static void test_unused__names_the_first(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    const char *unused = NULL;
    fault_set_add(s, ID, 0, NULL);
    fault_set_add(s, OTHER, 0, NULL);
    assert_int_equal(fault_set_unused(s, false, &unused), 2);
    assert_string_equal(unused, ID);
    assert_true(fault_fires(s, ID, NULL));
    assert_int_equal(fault_set_unused(s, false, &unused), 1);
    assert_string_equal(unused, OTHER);
}

static void test_step__its_faults_end_with_it(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    const char *unused = NULL;
    fault_set_add(s, ID, 0, NULL);
    fault_set_mark(s);
    fault_set_add(s, OTHER, 0, NULL);
    assert_int_equal(fault_set_unused(s, true, &unused), 1);
    assert_string_equal(unused, OTHER);
    assert_true(fault_fires(s, OTHER, NULL));
    assert_int_equal(fault_set_unused(s, true, &unused), 0);
    fault_set_clear_step(s);
    assert_false(fault_fires(s, OTHER, NULL));
    assert_true(fault_fires(s, ID, NULL));
}

static void test_trace__notes_each_time(void **state)
{
    AUTO(clock_free) struct clock *clock = clock_new_virtual(CLOCK_START_S);
    AUTO(trace_free) struct trace *t = trace_new(clock);
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(t);
    fault_set_add(s, ID, 2, NULL);
    while (fault_fires(s, ID, NULL))
        continue;
    assert_int_equal(trace_len(t), 2);
    assert_int_equal(trace_at(t, 1)->kind, TRACE_NOTE);
    assert_string_equal(trace_at(t, 1)->text, "fault " ID " played");
}

static void *fire_often(void *ctx)
{
    size_t fired = 0;
    for (int i = 0; i < 500; i++)
        fired += fault_fires(ctx, ID, NULL);
    return (void *)fired;
}

static void test_threads__share_the_times(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    pthread_t threads[4];
    size_t total = 0;
    fault_set_add(s, ID, 777, NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fire_often, s), 0);
    for (size_t i = 0; i < 4; i++) {
        void *fired = NULL;
        pthread_join(threads[i], &fired);
        total += (size_t)fired;
    }
    assert_int_equal(total, 777);
}

static void test_json__says_what_is_left_and_played(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    AUTO(js_free) struct js *with = parsed("{\"aud\":\"x\"}");
    fault_set_add(s, ID, 2, with);
    fault_set_add(s, OTHER, 0, NULL);
    assert_true(fault_fires(s, ID, NULL));
    assert_true(fault_is_on(s, OTHER));
    AUTO(js_free) struct js *list = fault_set_json(s);
    AUTO(xfree) char *text = js_compact(list);
    assert_string_equal(text, "[{\"id\":\"" ID "\",\"with\":{\"aud\":\"x\"},\"left\":1,"
                              "\"played\":1},{\"id\":\"" OTHER
                              "\",\"with\":{},\"left\":null,\"played\":1}]");
}

/* Whoever asked before may look at its `with:` still. */
static void test_replace__hands_over_what_may_still_be_looked_at(void **state)
{
    AUTO(fault_set_free) struct fault_set *s = fault_set_new(NULL);
    AUTO(js_free) struct js *with = parsed("{\"aud\":\"x\"}");
    AUTO(vec_deinit) struct vec old = {0};
    const struct js *seen = NULL;
    struct fault_set *fresh = fault_set_new(NULL);
    fault_set_add(s, ID, 0, with);
    assert_true(fault_fires(s, ID, &seen));
    fault_set_add(fresh, OTHER, 1, NULL);
    fault_set_replace(s, fresh, &old);
    assert_int_equal(old.len, 1);
    assert_ptr_equal(old.items[0], seen);
    assert_string_equal(js_get_text(seen, "aud"), "x");
    assert_false(fault_fires(s, ID, NULL));
    assert_true(fault_fires(s, OTHER, NULL));
    js_free(old.items[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fires__always),
        cmocka_unit_test(test_fires__once),
        cmocka_unit_test(test_fires__n_times),
        cmocka_unit_test(test_fires__the_nth_time_only),
        cmocka_unit_test(test_any__by_the_beginning),
        cmocka_unit_test(test_at__own_or_of_the_id),
        cmocka_unit_test(test_fires__only_the_one_that_is_on),
        cmocka_unit_test(test_fires__the_second_entry_follows_the_first),
        cmocka_unit_test(test_with__is_a_copy_and_never_null),
        cmocka_unit_test(test_peek__uses_nothing),
        cmocka_unit_test(test_is_on__counts_as_played),
        cmocka_unit_test(test_unused__names_the_first),
        cmocka_unit_test(test_step__its_faults_end_with_it),
        cmocka_unit_test(test_trace__notes_each_time),
        cmocka_unit_test(test_threads__share_the_times),
        cmocka_unit_test(test_json__says_what_is_left_and_played),
        cmocka_unit_test(test_replace__hands_over_what_may_still_be_looked_at),
    };
    return TEST_MAIN(tests);
}
