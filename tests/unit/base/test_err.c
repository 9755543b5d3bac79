/*
 * The error object: where it starts, what wrapping keeps, and that long texts are cut, not spilled.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/err.h"

static void test_err_set__gives_minus_one(void **state)
{
    struct err err = {0};

    assert_int_equal(err_set(&err, ERR_NET, "no answer from '%s'", "dex"), -1);
    assert_int_equal(err.code, ERR_NET);
    assert_string_equal(err.msg, "no answer from 'dex'");
    assert_int_equal(err_set(NULL, ERR_NET, "nobody listens"), -1);
    assert_int_equal(err_wrap(NULL, "nobody listens"), -1);
}

static void test_err_wrap__keeps_code_and_place(void **state)
{
    struct err err = {0};
    char text[1024];

    (void)err_set_at(&err, ERR_PARSE, "a.yaml", 3, 7, "bad key");
    assert_int_equal(err_wrap(&err, "cannot load %s", "it"), -1);
    assert_int_equal(err.code, ERR_PARSE);
    assert_string_equal(err_text(&err, text, sizeof text), "a.yaml:3:7: cannot load it: bad key");
}

static void test_err_text__shows_the_known_parts_only(void **state)
{
    struct err err = {0};
    char text[1024];

    (void)err_set_at(&err, ERR_PARSE, "a.yaml", 3, 0, "x");
    assert_string_equal(err_text(&err, text, sizeof text), "a.yaml:3: x");
    (void)err_set_at(&err, ERR_PARSE, "a.yaml", 0, 0, "x");
    assert_string_equal(err_text(&err, text, sizeof text), "a.yaml: x");
    (void)err_set_at(&err, ERR_PARSE, NULL, 0, 0, "x");
    assert_string_equal(err_text(&err, text, sizeof text), "x");
}

static void test_err__may_quote_itself(void **state)
{
    struct err err = {0};

    (void)err_set(&err, ERR_IO, "first");
    (void)err_set(&err, ERR_NET, "second after %s", err.msg);
    assert_string_equal(err.msg, "second after first");
}

static void test_err__cuts_what_is_too_long(void **state)
{
    struct err err = {0};
    char text[2000];

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    (void)err_set_at(&err, ERR_IO, text, 1, 1, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
    assert_int_equal(strlen(err.file), sizeof err.file - 1);
    (void)err_wrap(&err, "%s", text);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_set__gives_minus_one),
        cmocka_unit_test(test_err_wrap__keeps_code_and_place),
        cmocka_unit_test(test_err_text__shows_the_known_parts_only),
        cmocka_unit_test(test_err__may_quote_itself),
        cmocka_unit_test(test_err__cuts_what_is_too_long),
    };

    return TEST_MAIN(tests);
}
