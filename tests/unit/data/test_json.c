/*
 * JSON values: what is read and refused, how they are written, merge patches by RFC 7396 appendix
 * A.
 */
#include "tests/support/test.h"

#include <math.h>
#include <string.h>

#include "harness/data/json.h"

static struct js *parse(const char *text)
{
    struct js *j = NULL;
    struct err err = {0};

    if (js_parse(str_of(text), "test.json", &j, &err) < 0) {
        fail_msg("%s", err.msg);
    }
    return j;
}

static void test_js_parse__keeps_order_and_any_value(void **state)
{
    static const char *const same[] = {"{\"b\":1,\"a\":[true,false,null,\"x\"]}",
                                       "\"x\"",
                                       "null",
                                       "-9223372036854775808",
                                       "0.1",
                                       "{\"\":{}}",
                                       "[]",
                                       NULL};

    for (size_t i = 0; same[i]; i++) {
        AUTO(js_free) struct js *j = parse(same[i]);
        AUTO(xfree) char *text = js_compact(j);
        assert_string_equal(text, same[i]);
    }
}

static void test_js_parse__refuses(void **state)
{
    static const char *const bad[] = {"",         "{",          "{\"a\":1,\"a\":2}",
                                      "[1,]",     "{'a':1}",    "\"a\\u0000b\"",
                                      "1 2",      "\"\xff\"",   "[1] x",
                                      "NaN",      "01",         "9223372036854775808",
                                      "\"a\nb\"", "/* */ null", NULL};

    for (size_t i = 0; bad[i]; i++) {
        struct js *j = NULL;
        struct err err = {0};
        assert_int_equal(js_parse(str_of(bad[i]), "f.json", &j, &err), -1);
        assert_int_equal(err.code, ERR_PARSE);
        assert_string_equal(err.file, "f.json");
        assert_null(j);
    }
}

static void test_js_parse__names_the_place(void **state)
{
    struct js *j = NULL;
    struct err err = {0};

    assert_int_equal(js_parse(STR("{\n  \"a\": x\n}"), "f.json", &j, &err), -1);
    assert_int_equal(err.line, 2);
}

static void test_js_write__leaves_slashes_and_text_alone(void **state)
{
    AUTO(js_free) struct js *j = js_object();

    js_set_text(j, "url", "https://a/b?c=<d>&e");
    js_set_text(j, "name", "J\xc3\xbcrgen \xe2\x80\xa8\"\\\n\x01");
    AUTO(xfree) char *plain = js_compact(j);
    AUTO(xfree) char *html = js_compact_html(j);
    assert_string_equal(plain, "{\"url\":\"https://a/b?c=<d>&e\",\"name\":\"J\xc3\xbcrgen "
                               "\xe2\x80\xa8\\\"\\\\\\n\\u0001\"}");
    assert_string_equal(html, "{\"url\":\"https://a/b?c=\\u003cd\\u003e\\u0026e\",\"name\":\"J"
                              "\xc3\xbcrgen \\u2028\\\"\\\\\\n\\u0001\"}");
}

static void test_js_write__sorted_and_pretty(void **state)
{
    AUTO(js_free) struct js *j = parse("{\"b\":{\"d\":1,\"c\":[]},\"a\":2}");
    AUTO(xfree) char *sorted = js_compact_sorted(j);
    AUTO(xfree) char *pretty = js_pretty(j, 2);
    AUTO(xfree) char *nothing = js_compact(NULL);

    assert_string_equal(sorted, "{\"a\":2,\"b\":{\"c\":[],\"d\":1}}");
    assert_string_equal(pretty, "{\n  \"b\": {\n    \"d\": 1,\n    \"c\": []\n  },\n  \"a\": 2\n}");
    assert_string_equal(nothing, "null");
}

static void test_js_string__is_always_valid(void **state)
{
    AUTO(js_free) struct js *latin = js_string("J\xfcrgen");
    AUTO(js_free) struct js *with_nul = js_stringn("a\0b", 3);
    AUTO(js_free) struct js *none = js_string(NULL);
    AUTO(js_free) struct js *made = js_stringf("%s-%d", "x", 1);
    AUTO(js_free) struct js *keyed = js_object();

    js_set(keyed, "k\xff", js_int(1));
    assert_string_equal(js_text(latin), "J\xef\xbf\xbdrgen");
    assert_string_equal(js_text(with_nul), "a\xef\xbf\xbd"
                                           "b");
    assert_true(js_is(none, JS_NULL));
    assert_string_equal(js_text(made), "x-1");
    assert_non_null(js_get(keyed, "k\xef\xbf\xbd"));
}

static void test_js_get__lends_and_never_fails(void **state)
{
    AUTO(js_free)
    struct js *j = parse("{\"a\":{\"b\":[10,\"x\"]},\"t\":true,\"n\":null,\"r\":2.0,"
                         "\"f\":2.5}");
    int64_t n = 77;

    assert_string_equal(js_text(js_at(js_path(j, "a", "b", NULL), 1)), "x");
    assert_null(js_path(j, "a", "c", "d", NULL));
    assert_null(js_get(NULL, "a"));
    assert_null(js_at(j, 0));
    assert_null(js_text(js_get(j, "a")));
    assert_null(js_get_text(j, "t"));
    assert_int_equal(js_number(js_at(js_path(j, "a", "b", NULL), 0), &n), 0);
    assert_int_equal(n, 10);
    assert_int_equal(js_get_number(j, "r", &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(js_get_number(j, "f", &n), -1);
    assert_int_equal(js_get_number(j, "t", &n), -1);
    assert_true(js_get_bool(j, "t", false));
    assert_true(js_get_bool(j, "n", true));
    assert_false(js_get_bool(j, "absent", false));
    assert_int_equal(js_len(j), 5);
    assert_int_equal(js_len(js_get(j, "t")), 0);
    assert_string_equal(js_type_name(js_get(j, "a")), "object");
    assert_string_equal(js_type_name(NULL), "null");
}

static void test_js_real__holds_finite_numbers(void **state)
{
    AUTO(js_free) struct js *nan = js_real((double)NAN);
    AUTO(js_free) struct js *inf = js_real((double)INFINITY);

    assert_true(js_is(nan, JS_NULL));
    assert_true(js_is(inf, JS_NULL));
}

static void test_js_iter__in_order(void **state)
{
    AUTO(js_free) struct js *j = parse("{\"c\":1,\"a\":2,\"b\":3}");
    AUTO(js_free) struct js *empty = js_object();
    char keys[10] = "";
    size_t n = 0;

    for (struct js_iter it = js_iter(j); js_next(&it);) {
        keys[n++] = it.key[0];
    }
    assert_string_equal(keys, "cab");
    for (struct js_iter it = js_iter(empty); js_next(&it);) {
        fail_msg("%s", "an empty object has no members");
    }
    for (struct js_iter it = js_iter(NULL); js_next(&it);) {
        fail_msg("%s", "nothing has no members");
    }
}

static void test_js_set__replaces_in_place(void **state)
{
    AUTO(js_free) struct js *j = parse("{\"a\":1,\"b\":2}");

    js_set(j, "a", js_int(3));
    js_set(j, "c", NULL);
    js_remove(j, "absent");
    js_remove(j, "b");
    AUTO(xfree) char *text = js_compact(j);
    assert_string_equal(text, "{\"a\":3,\"c\":null}");
}

static void test_js_dup__is_deep_and_ref_is_not(void **state)
{
    AUTO(js_free) struct js *j = parse("{\"a\":[1]}");
    AUTO(js_free) struct js *copy = js_dup(j);
    AUTO(js_free) struct js *same = js_ref(j);

    js_append(js_get(j, "a"), js_int(2));
    assert_int_equal(js_len(js_get(copy, "a")), 1);
    assert_int_equal(js_len(js_get(same, "a")), 2);
    assert_true(js_equal(j, same));
    assert_false(js_equal(j, copy));
    assert_true(js_equal(NULL, NULL));
    assert_false(js_equal(NULL, j));
}

static void test_js_merge__is_deep(void **state)
{
    AUTO(js_free) struct js *into = parse("{\"a\":{\"b\":1,\"c\":[1]},\"d\":1}");
    AUTO(js_free) struct js *from = parse("{\"a\":{\"c\":[2],\"e\":null},\"d\":{\"f\":1}}");
    AUTO(xfree) char *text = NULL;

    js_merge(into, from);
    text = js_compact(into);
    assert_string_equal(text, "{\"a\":{\"b\":1,\"c\":[2],\"e\":null},\"d\":{\"f\":1}}");
}

struct patch {
    const char *target, *patch, *result;
};

/* RFC 7396 appendix A, in its order. */
static const struct patch patches[] = {
    {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
    {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
    {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
    {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
    {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
    {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
    {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
    {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
    {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
    {"{\"a\":\"foo\"}", "null", "null"},
    {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
    {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
    {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
    {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    {NULL, NULL, NULL},
};

static void test_js_merge_patch__rfc7396_A(void **state)
{
    for (size_t i = 0; patches[i].target; i++) {
        AUTO(js_free) struct js *target = parse(patches[i].target);
        AUTO(js_free) struct js *patch = parse(patches[i].patch);
        AUTO(js_free) struct js *result = js_merge_patch(target, patch);
        AUTO(xfree) char *text = js_compact(result);
        AUTO(xfree) char *before = js_compact(target);
        assert_string_equal(text, patches[i].result);
        assert_string_equal(before, patches[i].target);
    }
}

static void test_js_parse__has_limits(void **state)
{
    size_t n = 100000;
    AUTO(xfree) char *deep = xmalloc(n + 1);
    struct js *j = NULL;

    memset(deep, '[', n);
    deep[n] = '\0';
    assert_int_equal(js_parse(str_of(deep), "deep", &j, NULL), -1);
    assert_int_equal(js_parse((struct str){deep, JS_MAX_TEXT + 1}, "large", &j, NULL), -1);
}

/* Depth 3 and 20 bytes; brackets inside strings count for nothing. */
static const struct limit_row {
    const char *text;
    enum js_fault fault;
} limit_rows[] = {
    {"[[[1]]]", JS_FAULT_NONE},
    {"[[],[],[[]],{}]", JS_FAULT_NONE},
    {"[\"[[[[[[\",[[]]]", JS_FAULT_NONE},
    {"[\"\\\"[[[[\",[[]]]", JS_FAULT_NONE},
    {"[\"\\\\\",[[[]]]]", JS_FAULT_DEEP},
    {"[[[[1]]]]", JS_FAULT_DEEP},
    {"{\"a\":[{\"b\":{}}]}", JS_FAULT_DEEP},
    {"[[[[", JS_FAULT_DEEP},
    {"]]]][[[]]]", JS_FAULT_SYNTAX},
    {"[1", JS_FAULT_SYNTAX},
    {"", JS_FAULT_SYNTAX},
    {"{\"a\":1,\"a\":2}", JS_FAULT_DUPLICATE},
    {"[{\"a\":1,\"a\":1}]", JS_FAULT_DUPLICATE},
    {"{\"a\":1,\"A\":2}", JS_FAULT_NONE},
    {"[12345678901234567]", JS_FAULT_NONE},
    {"[123456789012345678,0]", JS_FAULT_LONG},
    {NULL, JS_FAULT_NONE},
};

static void test_js_parse_limited__tells_why(void **state)
{
    static const struct js_limits limits = {.bytes = 20, .depth = 3};
    for (const struct limit_row *r = limit_rows; r->text; r++) {
        AUTO(js_free) struct js *j = NULL;
        enum js_fault fault = JS_FAULT_NONE;
        struct err err = {0};
        int rc = js_parse_limited(str_of(r->text), "text", &limits, &fault, &j, &err);
        if (fault != r->fault || (rc == 0) != (fault == JS_FAULT_NONE)) {
            fail_msg("%s: %d %s", r->text, (int)fault, err.msg);
        }
        assert_true((rc == 0) == (j != NULL));
        assert_true((rc == 0) == (err.msg[0] == '\0'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_js_parse__keeps_order_and_any_value),
        cmocka_unit_test(test_js_parse__refuses),
        cmocka_unit_test(test_js_parse__names_the_place),
        cmocka_unit_test(test_js_parse__has_limits),
        cmocka_unit_test(test_js_parse_limited__tells_why),
        cmocka_unit_test(test_js_write__leaves_slashes_and_text_alone),
        cmocka_unit_test(test_js_write__sorted_and_pretty),
        cmocka_unit_test(test_js_string__is_always_valid),
        cmocka_unit_test(test_js_get__lends_and_never_fails),
        cmocka_unit_test(test_js_real__holds_finite_numbers),
        cmocka_unit_test(test_js_iter__in_order),
        cmocka_unit_test(test_js_set__replaces_in_place),
        cmocka_unit_test(test_js_dup__is_deep_and_ref_is_not),
        cmocka_unit_test(test_js_merge__is_deep),
        cmocka_unit_test(test_js_merge_patch__rfc7396_A),
    };

    return TEST_MAIN(tests);
}
