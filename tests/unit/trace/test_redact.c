/*
 * Redaction by value: every form of a secret goes, words that merely look alike stay.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/trace/redact.h"

#define JWT "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"

static void is(const struct redactor *r, const char *text, const char *expected)
{
    AUTO(xfree) char *got = redact_text(r, text);
    assert_string_equal(got, expected);
}

/* The text without the value's raw form, and with a tag of that kind. */
static void is_tagged(const struct redactor *r, const char *text, const char *kind)
{
    AUTO(xfree) char *got = redact_text(r, text);
    AUTO(xfree) char *start = xasprintf("[%s ", kind);
    assert_true(cstr_starts(got, start));
    assert_int_equal(strlen(got), strlen(start) + 9);
    assert_int_equal(got[strlen(got) - 1], ']');
    assert_int_equal(strspn(got + strlen(start), "0123456789abcdef"), 8);
}

static void test_raw__anywhere_in_a_text(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "password", "correct-horse");
    is(r, "correct-horse", "[password]");
    is(r, "a correct-horse b, xcorrect-horsey", "a [password] b, x[password]y");
    is(r, "correct-hors", "correct-hors");
    is(r, "", "");
    assert_null(redact_text(r, NULL));
}

static void test_tag__is_of_the_value(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "code", "first-code-value");
    redactor_add(r, "code", "second-code-value");
    AUTO(xfree) char *one = redact_text(r, "first-code-value");
    AUTO(xfree) char *again = redact_text(r, "first-code-value");
    AUTO(xfree) char *two = redact_text(r, "second-code-value");
    is_tagged(r, "first-code-value", "code");
    assert_string_equal(one, again);
    assert_string_not_equal(one, two);
}

static void test_tag__is_of_this_run(void **state)
{
    AUTO(redactor_free) struct redactor *a = redactor_new();
    AUTO(redactor_free) struct redactor *b = redactor_new();
    redactor_add(a, "token", "the-same-token");
    redactor_add(b, "token", "the-same-token");
    AUTO(xfree) char *one = redact_text(a, "the-same-token");
    AUTO(xfree) char *two = redact_text(b, "the-same-token");
    assert_string_not_equal(one, two);
}

/* A person's password is guessable: a tag of it would be a way to test guesses. */
static void test_tag__passwords_and_client_secrets_have_none(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "password", "hunter2hunter2");
    redactor_add(r, "client-secret", "my_client_secret");
    is(r, "hunter2hunter2 my_client_secret", "[password] [client-secret]");
}

static void test_forms__of_a_value_with_odd_bytes(void **state)
{
    const char *value = "p&ss w/rd\"<'\\+\xc3\xa4=";
    AUTO(redactor_free) struct redactor *r = redactor_new();
    AUTO(xfree) char *percent = url_encode(str_of(value), "");
    AUTO(xfree) char *twice = url_encode(str_of(percent), "");
    AUTO(xfree) char *plus = url_encode_plus(str_of(value));
    AUTO(xfree) char *base64 = b64_encode(value, strlen(value));
    redactor_add(r, "password", value);
    const char *const forms[] = {
        value,
        percent,
        twice,
        plus,
        base64,
        "p&ss w/rd\\\"<'\\\\+\xc3\xa4=",              /* JSON */
        "p\\u0026ss w/rd\\\"\\u003c\'\\\\+\xc3\xa4=", /* JSON as Go writes it */
        "p&amp;ss w/rd&quot;&lt;&#39;\\+\xc3\xa4=",   /* HTML as Go writes it */
        "p&amp;ss w/rd&#34;&lt;&#39;\\+\xc3\xa4=",
        "p&amp;ss w/rd&quot;&lt;&#x27;\\+\xc3\xa4=", /* HTML as Python writes it */
    };
    for (size_t i = 0; i < TEST_COUNT(forms); i++) {
        AUTO(xfree) char *text = xasprintf("x=%s.", forms[i]);
        AUTO(xfree) char *got = redact_text(r, text);
        if (strcmp(got, "x=[password].") != 0)
            fail_msg("form %zu: '%s' became '%s'", i, forms[i], got);
    }
}

static void test_forms__the_longer_value_wins(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "password", "secret-value");
    redactor_add(r, "client-secret", "secret-value-and-more");
    is(r, "secret-value-and-more secret-value", "[client-secret] [password]");
}

static void test_forms__values_side_by_side(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "password", "abcdefgh");
    is(r, "abcdefghabcdefgh", "[password][password]");
    is(r, "abcdefgabcdefgh", "abcdefg[password]");
}

/* Both are learned from one login: a password and the URL that carries it. */
static void test_forms__of_a_value_that_is_a_form_already(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "password", "correct horse");
    redactor_add(r, "code", "correct%20horse");
    redactor_add(r, "password", "correct horse");
    is(r, "a=correct%20horse", "a=[password]");
    is_tagged(r, "Y29ycmVjdCUyMGhvcnNl", "code"); /* base64 of the second */
}

/* A short value is a word of the language as well: only where it stands alone. */
static void test_short__only_as_a_whole_word(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "password", "cat");
    redactor_add(r, "password", "token");
    is(r, "cat", "[password]");
    is(r, "a cat.", "a [password].");
    is(r, "\"cat\" concat cats cat_1 cat-2", "\"[password]\" concat cats cat_1 cat-2");
    is(r, "id_token token tokens", "id_token [password] tokens");
}

static void test_short__nothing_is_no_secret(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "password", "");
    redactor_add(r, "password", NULL);
    is(r, "as it was", "as it was");
}

static void test_jwt__by_its_shape(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    is_tagged(r, JWT, "token");
    is_tagged(r, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9.", "token");
    is_tagged(r, "eyJhbGciOiJSU0EtT0FFUCJ9.OKOawDo.48V1_ALb6US04U3b.5eym8TW_.XFBoMYUZodet",
              "token");
    is(r, "eyJ", "eyJ");
    is(r, "eyJust.a.word", "eyJust.a.word");
    is(r, "hello.eyebrow.world", "hello.eyebrow.world");
}

/* An error text may have been cut; the claims are in the half that is left. */
static void test_jwt__cut_off(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    is_tagged(r, "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9", "token");
    is_tagged(r, "eyJhbGciOiJSUzI1NiJ9.eyJzdWIi", "token");
}

static void test_jwt__known_by_value_has_its_own_kind(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    redactor_add(r, "cookie", JWT);
    is_tagged(r, JWT, "cookie");
}

static void test_json__strings_and_keys_deep(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    AUTO(js_free) struct js *in = NULL;
    redactor_add(r, "password", "correct-horse");
    assert_int_equal(js_parse(str_of("{\"a\":[\"correct-horse\",{\"b\":\"x correct-horse\"}],"
                                     "\"correct-horse\":1,\"n\":null,\"t\":true,\"d\":1.5}"),
                              "in", &in, NULL),
                     0);
    AUTO(js_free) struct js *out = redact_json(r, in);
    AUTO(xfree) char *text = js_compact(out);
    assert_string_equal(text, "{\"a\":[\"[password]\",{\"b\":\"x [password]\"}],"
                              "\"[password]\":1,\"n\":null,\"t\":true,\"d\":1.5}");
    AUTO(xfree) char *before = js_compact(in);
    assert_non_null(strstr(before, "correct-horse"));
}

static void test_json_values__keep_their_names(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    AUTO(js_free) struct js *in = NULL;
    redactor_add(r, "password", "secret");
    assert_int_equal(
        js_parse(str_of("{\"secret\":[{\"client_secret\":\"a secret\"}]}"), "in", &in, NULL), 0);
    AUTO(js_free) struct js *values = redact_json_values(r, in);
    AUTO(xfree) char *text = js_compact(values);
    assert_string_equal(text, "{\"secret\":[{\"client_secret\":\"a [password]\"}]}");
    AUTO(js_free) struct js *all = redact_json(r, in);
    AUTO(xfree) char *with_keys = js_compact(all);
    assert_string_equal(with_keys, "{\"[password]\":[{\"client_[password]\":\"a [password]\"}]}");
}

static void test_many__values_are_all_found(void **state)
{
    AUTO(redactor_free) struct redactor *r = redactor_new();
    for (int i = 0; i < 5000; i++) {
        AUTO(xfree) char *value = xasprintf("secret-number-%d!", i);
        redactor_add(r, "password", value);
        redactor_add(r, "password", value);
    }
    is(r, "secret-number-0! secret-number-4999! secret-number-5000!",
       "[password] [password] secret-number-5000!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raw__anywhere_in_a_text),
        cmocka_unit_test(test_tag__is_of_the_value),
        cmocka_unit_test(test_tag__is_of_this_run),
        cmocka_unit_test(test_tag__passwords_and_client_secrets_have_none),
        cmocka_unit_test(test_forms__of_a_value_with_odd_bytes),
        cmocka_unit_test(test_forms__the_longer_value_wins),
        cmocka_unit_test(test_forms__values_side_by_side),
        cmocka_unit_test(test_forms__of_a_value_that_is_a_form_already),
        cmocka_unit_test(test_short__only_as_a_whole_word),
        cmocka_unit_test(test_short__nothing_is_no_secret),
        cmocka_unit_test(test_jwt__by_its_shape),
        cmocka_unit_test(test_jwt__cut_off),
        cmocka_unit_test(test_jwt__known_by_value_has_its_own_kind),
        cmocka_unit_test(test_json__strings_and_keys_deep),
        cmocka_unit_test(test_json_values__keep_their_names),
        cmocka_unit_test(test_many__values_are_all_found),
    };
    return TEST_MAIN(tests);
}
