/*
 * What is a JWT to golang-jwt and what is not, with its words (argocd.md 4.2).
 */
#include "tests/support/test.h"

#include "mocks/argocd/jwtparse.h"

struct row {
    const char *token;
    const char *error; /* NULL = it parses */
};

/* eyJhbGciOiJSUzI1NiJ9 is {"alg":"RS256"}, eyJpc3MiOiJhIn0 is {"iss":"a"}, WzFd is [1]. */
static const struct row rows[] = {
    {"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln", NULL},
    {"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJhIn0.", NULL},
    {"one.two", "token is malformed: token contains an invalid number of segments"},
    {"a.b.c.d", "token is malformed: token contains an invalid number of segments"},
    {"!!!!.eyJpc3MiOiJhIn0.x",
     "token is malformed: could not base64 decode header: illegal base64 data at input byte 0"},
    {"eyJhbGciOiJSUzI1NiJ9.e*.x",
     "token is malformed: could not base64 decode claim: illegal base64 data at input byte 1"},
    {"..", "token is malformed: could not JSON decode header: unexpected end of JSON input"},
    {"bm90.eyJpc3MiOiJhIn0.x",
     "token is malformed: could not JSON decode header: invalid character 'o' in literal null "
     "(expecting 'u')"},
    {"eyJhbGciOiJSUzI1NiJ9.WzFd.x",
     "token is malformed: could not JSON decode claim: json: cannot unmarshal array into Go value "
     "of type jwt.MapClaims"},
};

static void test_parse__table(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(js_free) struct js *header = NULL;
        AUTO(js_free) struct js *claims = NULL;
        struct err err = {0};
        int rc = jwtparse_unverified(rows[i].token, &header, &claims, &err);
        assert_int_equal(rc, rows[i].error == NULL ? 0 : -1);
        if (rows[i].error != NULL)
            assert_string_equal(err.msg, rows[i].error);
        else
            assert_string_equal(js_get_text(claims, "iss"), "a");
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_parse__table),
};

int main(void)
{
    return TEST_MAIN(tests);
}
