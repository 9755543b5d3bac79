/*
 * Name/value lists, and forms as Go and Python read and write them.
 */
#include "tests/support/test.h"

#include "harness/base/params.h"

static void test_params__order_and_repeats(void **state)
{
    AUTO(params_deinit) struct params p = {0};

    params_add(&p, "scope", "openid");
    params_add(&p, "state", NULL);
    params_addf(&p, "scope", "%s", "email");
    assert_int_equal(params_count(&p, "scope"), 2);
    assert_string_equal(params_get(&p, "scope"), "openid");
    assert_string_equal(params_get(&p, "state"), "");
    assert_null(params_get(&p, "Scope"));
    params_set(&p, "scope", "groups");
    assert_int_equal(p.len, 2);
    assert_string_equal(p.items[0].value, "groups");
    params_set(&p, "scope", params_get(&p, "scope")); /* its own value */
    assert_string_equal(p.items[0].value, "groups");
    params_remove(&p, p.items[0].name); /* its own name */
    assert_int_equal(p.len, 1);
    assert_string_equal(p.items[0].name, "state");
}

static void test_params_ci__ignores_case(void **state)
{
    AUTO(params_deinit) struct params p = {0};

    params_add(&p, "Content-Type", "text/html");
    params_add(&p, "content-type", "text/plain");
    assert_string_equal(params_get_ci(&p, "CONTENT-TYPE"), "text/html");
    assert_null(params_get_ci(&p, "Content"));
    params_set_ci(&p, "content-TYPE", "x");
    assert_int_equal(p.len, 1);
    assert_string_equal(p.items[0].name, "Content-Type");
    params_remove_ci(&p, "CONTENT-type");
    assert_int_equal(p.len, 0);
    params_set_ci(&p, "A", "1");
    assert_string_equal(params_get_ci(&p, "a"), "1");
}

static void test_params_copy__copies_even_onto_itself(void **state)
{
    AUTO(params_deinit) struct params p = {0};

    params_add(&p, "a", "1");
    params_add(&p, "b", "2");
    params_copy(&p, &p);
    assert_int_equal(p.len, 4);
    assert_string_equal(p.items[3].value, "2");
}

static void test_params_sort__is_stable(void **state)
{
    AUTO(params_deinit) struct params p = {0};

    params_parse_form(&p, STR("b=1&a=1&b=2&a=2"));
    params_sort(&p);
    AUTO(xfree) char *text = params_form(&p);
    assert_string_equal(text, "a=1&a=2&b=1&b=2");
}

struct form {
    const char *name;
    const char *text;
    const char *again; /* as params_form writes what was read */
};

static const struct form forms[] = {
    {"form plain", "a=1&b=2", "a=1&b=2"},
    {"form blanks", "scope=openid+email%20profile", "scope=openid+email+profile"},
    {"form reserved", "u=https%3A%2F%2Fargocd.company%2Fauth%2fcallback",
     "u=https%3A%2F%2Fargocd.company%2Fauth%2Fcallback"},
    {"form unreserved stay", "a=A-z_.~9", "a=A-z_.~9"},
    {"form bad escape stays", "a=100%&b=%zz", "a=100%25&b=%25zz"},
    {"form no value", "a&b=", "a=&b="},
    {"form no name", "=1", "=1"},
    {"form two equal signs", "a=b=c", "a=b%3Dc"},
    {"form empty pieces", "&&a=1&", "a=1"},
    {"form empty", "", ""},
    {"form UTF-8", "n=J%C3%BCrgen", "n=J%C3%BCrgen"},
};

static void test_form(void **state)
{
    const struct form *f = *state;
    AUTO(params_deinit) struct params p = {0};

    params_parse_form(&p, str_of(f->text));
    AUTO(xfree) char *again = params_form(&p);
    assert_string_equal(again, f->again);
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_params__order_and_repeats),
        cmocka_unit_test(test_params_ci__ignores_case),
        cmocka_unit_test(test_params_copy__copies_even_onto_itself),
        cmocka_unit_test(test_params_sort__is_stable),
    };
    struct CMUnitTest tests[TEST_COUNT(fixed) + TEST_COUNT(forms)];
    size_t n = 0;

    for (size_t i = 0; i < TEST_COUNT(fixed); i++) {
        tests[n++] = fixed[i];
    }
    for (size_t i = 0; i < TEST_COUNT(forms); i++) {
        tests[n++] =
            (struct CMUnitTest){forms[i].name, test_form, NULL, NULL, (void *)(uintptr_t)&forms[i]};
    }
    return TEST_MAIN(tests);
}
