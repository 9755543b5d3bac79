/*
 * Fields of replies: what Django REST framework takes, and in which words it refuses the rest.
 */
#include "tests/support/test.h"

#include "harness/base/mem.h"
#include "mocks/authentik/reply.h"

struct text_row {
    const char *reply;
    unsigned rules;
    const char *text;   /* what comes out; NULL: nothing */
    const char *errors; /* NULL: taken */
};

#define BLANK "{\"f\":[{\"string\":\"This field may not be blank.\",\"code\":\"blank\"}]}"
#define REQUIRED "{\"f\":[{\"string\":\"This field is required.\",\"code\":\"required\"}]}"
#define NULL_ERROR "{\"f\":[{\"string\":\"This field may not be null.\",\"code\":\"null\"}]}"
#define NO_TEXT "{\"f\":[{\"string\":\"Not a valid string.\",\"code\":\"invalid\"}]}"

static const struct text_row texts[] = {
    {"{\"f\":\" a b \"}", FIELD_REQUIRED, "a b", NULL},
    {"{\"f\":\" a b \"}", FIELD_REQUIRED | FIELD_UNTRIMMED, " a b ", NULL},
    {"{\"f\":12}", FIELD_REQUIRED, "12", NULL},
    {"{\"f\":true}", FIELD_REQUIRED, NULL, NO_TEXT},
    {"{\"f\":[\"a\"]}", FIELD_REQUIRED, NULL, NO_TEXT},
    {"{\"f\":{}}", 0, NULL, NO_TEXT},
    {"{\"f\":\"  \"}", FIELD_REQUIRED, NULL, BLANK},
    {"{\"f\":\"  \"}", FIELD_REQUIRED | FIELD_BLANK_OK, "", NULL},
    {"{\"f\":\"  \"}", FIELD_REQUIRED | FIELD_UNTRIMMED, "  ", NULL},
    {"{\"f\":\"\"}", FIELD_REQUIRED | FIELD_UNTRIMMED, NULL, BLANK},
    {"{}", FIELD_REQUIRED, NULL, REQUIRED},
    {"{}", 0, NULL, NULL},
    {"{\"f\":null}", FIELD_REQUIRED, NULL, NULL_ERROR},
    {"{\"f\":null}", FIELD_NULL_OK, NULL, NULL},
};

static struct js *parsed(const char *text)
{
    struct js *j = NULL;
    assert_int_equal(js_parse(str_of(text), "reply", &j, NULL), 0);
    return j;
}

static bool alike(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : cstr_eq(a, b);
}

static void assert_errors(const char *reply, const struct js *errors, const char *expected)
{
    AUTO(xfree) char *text = errors != NULL ? js_compact(errors) : NULL;
    if (!alike(text, expected))
        fail_msg("%s: %s", reply, text != NULL ? text : "no errors");
}

static void test_reply__texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        const struct text_row *row = &texts[i];
        AUTO(js_free) struct js *reply = parsed(row->reply);
        AUTO(xfree) char *text = NULL;
        struct js *errors = NULL;
        bool ok = ak_reply_text(reply, "f", row->rules, &text, &errors);
        assert_errors(row->reply, errors, row->errors);
        assert_int_equal(ok, row->errors == NULL);
        if (!alike(text, row->text))
            fail_msg("%s: '%s'", row->reply, text != NULL ? text : "(nothing)");
        js_free(errors);
    }
}

struct bool_row {
    const char *reply;
    int value; /* -1: refused */
    const char *errors;
};

#define NO_BOOL "{\"f\":[{\"string\":\"Must be a valid boolean.\",\"code\":\"invalid\"}]}"

static const struct bool_row bools[] = {
    {"{\"f\":true}", 1, NULL},
    {"{\"f\":\"on\"}", 1, NULL},
    {"{\"f\":1}", 1, NULL},
    {"{\"f\":false}", 0, NULL},
    {"{\"f\":\"no\"}", 0, NULL},
    {"{\"f\":0}", 0, NULL},
    {"{\"f\":\"yes\"}", 1, NULL},
    {"{\"f\":\"true\"}", 1, NULL},
    {"{\"f\":\"True\"}", 1, NULL},
    {"{\"f\":\"T\"}", 1, NULL},
    {"{\"f\":\"y\"}", 1, NULL},
    {"{\"f\":\"1\"}", 1, NULL},
    {"{\"f\":\"off\"}", 0, NULL},
    {"{\"f\":\"false\"}", 0, NULL},
    {"{\"f\":\"FALSE\"}", 0, NULL},
    {"{\"f\":\"N\"}", 0, NULL},
    {"{\"f\":\"f\"}", 0, NULL},
    {"{\"f\":\"0\"}", 0, NULL},
    {"{\"f\":\"\"}", -1, NO_BOOL},
    {"{\"f\":\"tr\"}", -1, NO_BOOL},
    {"{\"f\":\"maybe\"}", -1, NO_BOOL},
    {"{\"f\":[]}", -1, NO_BOOL},
    {"{\"f\":2}", -1, NO_BOOL},
    {"{}", -1, REQUIRED},
    {"{\"f\":null}", -1, NULL_ERROR},
};

static void test_reply__booleans(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(bools); i++) {
        AUTO(js_free) struct js *reply = parsed(bools[i].reply);
        struct js *errors = NULL;
        bool value = false;
        bool ok = ak_reply_bool(reply, "f", &value, &errors);
        assert_errors(bools[i].reply, errors, bools[i].errors);
        assert_int_equal(ok ? value : -1, bools[i].value);
        js_free(errors);
    }
}

static const struct bool_row objects[] = {
    {"{}", 1, NULL},
    {"[]", 0,
     "{\"non_field_errors\":[{\"string\":\"Invalid data. Expected a dictionary, but got list.\","
     "\"code\":\"invalid\"}]}"},
    {"\"x\"", 0,
     "{\"non_field_errors\":[{\"string\":\"Invalid data. Expected a dictionary, but got str.\","
     "\"code\":\"invalid\"}]}"},
    {"7", 0,
     "{\"non_field_errors\":[{\"string\":\"Invalid data. Expected a dictionary, but got int.\","
     "\"code\":\"invalid\"}]}"},
    {"7.5", 0,
     "{\"non_field_errors\":[{\"string\":\"Invalid data. Expected a dictionary, but got float.\","
     "\"code\":\"invalid\"}]}"},
    {"true", 0,
     "{\"non_field_errors\":[{\"string\":\"Invalid data. Expected a dictionary, but got bool.\","
     "\"code\":\"invalid\"}]}"},
    {"false", 0,
     "{\"non_field_errors\":[{\"string\":\"Invalid data. Expected a dictionary, but got bool.\","
     "\"code\":\"invalid\"}]}"},
    {"null", 0,
     "{\"non_field_errors\":[{\"string\":\"This field may not be null.\",\"code\":\"null\"}]}"},
};

static void test_reply__is_an_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(objects); i++) {
        AUTO(js_free) struct js *reply = parsed(objects[i].reply);
        struct js *errors = NULL;
        assert_int_equal(ak_reply_is_object(reply, &errors), objects[i].value);
        assert_errors(objects[i].reply, errors, objects[i].errors);
        js_free(errors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reply__texts),
        cmocka_unit_test(test_reply__booleans),
        cmocka_unit_test(test_reply__is_an_object),
    };
    return TEST_MAIN(tests);
}
