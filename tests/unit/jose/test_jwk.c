/*
 * JWKs: RFC 7517 appendix A, RFC 8037 appendix A, thumbprints of RFC 7638 3.1, the form we publish,
 * and every broken JWK of broken_jwks.json, which must be refused by the name of its member.
 */
#include "tests/unit/jose/vectors.h"

#include "harness/jose/jws.h"

static void test_jwk_to_key__rfc7517_a(void **state)
{
    static const struct {
        const char *set;
        size_t at;
        enum key_kind kind;
        bool is_private;
    } rows[] = {
        {"rfc7517_A.1.jwks", 0, KEY_EC_P256, false}, {"rfc7517_A.1.jwks", 1, KEY_RSA, false},
        {"rfc7517_A.2.jwks", 0, KEY_EC_P256, true},  {"rfc7517_A.2.jwks", 1, KEY_RSA, true},
        {"rfc7517_A.3.jwks", 0, KEY_SECRET, true},   {"rfc7517_A.3.jwks", 1, KEY_SECRET, true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(js_free) struct js *set = vector_json(rows[i].set);
        AUTO(key_free) struct key *k = NULL;
        assert_int_equal(jwk_to_key(js_at(js_get(set, "keys"), rows[i].at), &k, NULL), 0);
        assert_int_equal(key_kind(k), rows[i].kind);
        assert_int_equal(key_is_private(k), rows[i].is_private);
    }
}

/* RFC 8037 A.1 and A.2: the private key gives the public one. */
static void test_jwk_public__rfc8037_a(void **state)
{
    AUTO(key_free) struct key *k = vector_key("rfc8037_A.1.jwk");
    AUTO(js_free) struct js *public = jwk_public(k);
    AUTO(js_free) struct js *wanted = vector_json("rfc8037_A.2.jwk");
    assert_true(js_equal(public, wanted));
    assert_int_equal(key_kind(k), KEY_ED25519);
}

static const struct shape_row {
    const char *key;
    const char *shape; /* the text with every value of a number cut out */
} shapes[] = {
    {"rsa-2048-1", "{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}"},
    {"ec-p256-1", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}"},
    {"ec-p384-1", "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"\",\"y\":\"\"}"},
    {"ec-p521-1", "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"\",\"y\":\"\"}"},
    {"ed25519-1", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\"}"},
    {"ed448-1", "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"\"}"},
};

/* Members in the documented order, nothing private, and back to the same key. */
static void test_jwk_public__order_and_way_back(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(shapes); i++) {
        AUTO(key_free) struct key *k = key_test(shapes[i].key);
        AUTO(key_free) struct key *back = NULL;
        AUTO(js_free) struct js *jwk = jwk_public(k);
        assert_int_equal(jwk_to_key(jwk, &back, NULL), 0);
        assert_false(key_is_private(back));
        AUTO(xfree) char *pem = key_public_pem(k);
        AUTO(xfree) char *back_pem = key_public_pem(back);
        assert_string_equal(pem, back_pem);
        static const char *const numbers[] = {"n", "x", "y"};
        for (size_t m = 0; m < TEST_COUNT(numbers); m++) {
            if (js_get(jwk, numbers[m])) {
                js_set_text(jwk, numbers[m], "");
            }
        }
        AUTO(xfree) char *shape = js_compact(jwk);
        assert_string_equal(shape, shapes[i].shape);
    }
}

static void test_jwk_public__secret(void **state)
{
    AUTO(key_free) struct key *k = key_from_secret("abc", 3);
    AUTO(js_free) struct js *jwk = jwk_public(k);
    AUTO(xfree) char *text = js_compact(jwk);
    assert_string_equal(text, "{\"kty\":\"oct\",\"k\":\"YWJj\"}");
}

static void test_jwk_to_key__refuses_broken_jwks_by_member(void **state)
{
    AUTO(js_free) struct js *rows = vector_json("broken_jwks.json");
    assert_true(js_len(rows) > 40);
    for (size_t i = 0; i < js_len(rows); i++) {
        const struct js *row = js_at(rows, i);
        struct key *k = NULL;
        struct err err = {0};
        if (jwk_to_key(js_get(row, "jwk"), &k, &err) == 0) {
            fail_msg("%s: accepted", js_get_text(row, "name"));
        }
        assert_null(k);
        assert_int_equal(err.code, ERR_PARSE);
        if (!strstr(err.msg, js_get_text(row, "text"))) {
            fail_msg("%s: '%s'", js_get_text(row, "name"), err.msg);
        }
    }
}

static void test_jwk_to_key__refuses_what_is_no_object(void **state)
{
    AUTO(js_free) struct js *list = js_array();
    struct key *k = NULL;
    struct err err = {0};
    assert_int_equal(jwk_to_key(list, &k, &err), -1);
    assert_string_equal(err.msg, "a JWK is a JSON object, not a JSON array");
    assert_int_equal(jwk_to_key(NULL, &k, &err), -1);
}

/* The second reading comes from memory: it must be the same key, and a near one must not be. */
static void test_jwk_to_key__remembers_public_keys(void **state)
{
    AUTO(js_free) struct js *set = vector_json("rfc7517_A.1.jwks");
    AUTO(js_free) struct js *jwk = js_dup(js_at(js_get(set, "keys"), 1));
    AUTO(key_free) struct key *a = NULL;
    AUTO(key_free) struct key *b = NULL;
    AUTO(key_free) struct key *c = NULL;
    assert_int_equal(jwk_to_key(jwk, &a, NULL), 0);
    js_set_text(jwk, "kid", "another");
    assert_int_equal(jwk_to_key(jwk, &b, NULL), 0);
    assert_ptr_equal(a, b);
    js_set_text(jwk, "e", "Aw");
    assert_int_equal(jwk_to_key(jwk, &c, NULL), 0);
    assert_ptr_not_equal(a, c);
}

/* More keys than are remembered, so that old ones give way while in use. */
static void test_jwk_to_key__forgets_in_turn(void **state)
{
    AUTO(js_free) struct js *set = vector_json("rfc7517_A.1.jwks");
    AUTO(js_free) struct js *jwk = js_dup(js_at(js_get(set, "keys"), 1));
    struct key *first = NULL;
    assert_int_equal(jwk_to_key(jwk, &first, NULL), 0);
    for (int i = 0; i < 100; i++) {
        AUTO(key_free) struct key *k = NULL;
        AUTO(xfree) char *e = xasprintf("AQ%c%c", 'A' + i / 16, "BDFHJLNPRTVXZbdf"[i % 16]);
        js_set_text(jwk, "e", e);
        assert_int_equal(jwk_to_key(jwk, &k, NULL), 0);
    }
    AUTO(xfree) char *pem = key_public_pem(first);
    assert_non_null(pem);
    (void)key_free(first);
}

static void test_jwk_thumbprint__rfc7638_3_1(void **state)
{
    AUTO(js_free) struct js *jwk = vector_json("rfc7638_3.1.jwk");
    AUTO(xfree) char *wanted = vector_text("rfc7638_3.1.thumbprint");
    AUTO(xfree) char *made = jwk_thumbprint(jwk);
    assert_string_equal(made, wanted);
    js_set_text(jwk, "kid", "other");
    AUTO(xfree) char *same = jwk_thumbprint(jwk);
    assert_string_equal(same, wanted);
    js_set_text(jwk, "e", "AQAC");
    AUTO(xfree) char *other = jwk_thumbprint(jwk);
    assert_string_not_equal(other, wanted);
}

static void test_jwk_thumbprint__rfc8037_a_3(void **state)
{
    AUTO(js_free) struct js *private = vector_json("rfc8037_A.1.jwk");
    AUTO(xfree) char *wanted = vector_text("rfc8037_A.3.thumbprint");
    AUTO(xfree) char *made = jwk_thumbprint(private);
    assert_string_equal(made, wanted);
}

static void test_jwk_thumbprint__needs_its_members(void **state)
{
    AUTO(js_free) struct js *jwk = vector_json("rfc7638_3.1.jwk");
    js_remove(jwk, "n");
    assert_null(jwk_thumbprint(jwk));
    js_remove(jwk, "kty");
    assert_null(jwk_thumbprint(jwk));
}

static void test_jwks_find__by_kid(void **state)
{
    AUTO(js_free) struct js *set = vector_json("rfc7517_A.1.jwks");
    AUTO(vec_deinit) struct vec one = {0};
    AUTO(vec_deinit) struct vec all = {0};
    AUTO(vec_deinit) struct vec none = {0};
    assert_true(jwks_find(set, "2011-04-29", &one));
    assert_int_equal(one.len, 1);
    assert_string_equal(js_get_text(one.items[0], "kty"), "RSA");
    assert_true(jwks_find(set, NULL, &all));
    assert_true(jwks_find(set, "", &all));
    assert_int_equal(all.len, 4);
    assert_true(jwks_find(set, "2011-04-30", &none));
    assert_int_equal(none.len, 0);
}

static void test_jwks_find__rejects_what_is_no_set(void **state)
{
    AUTO(js_free) struct js *jwk = vector_json("rfc7638_3.1.jwk");
    AUTO(vec_deinit) struct vec found = {0};
    assert_false(jwks_find(jwk, NULL, &found));
    assert_false(jwks_find(NULL, NULL, &found));
    js_set_text(jwk, "keys", "none");
    assert_false(jwks_find(jwk, NULL, &found));
    assert_int_equal(found.len, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_jwk_to_key__rfc7517_a),
    cmocka_unit_test(test_jwk_to_key__refuses_broken_jwks_by_member),
    cmocka_unit_test(test_jwk_to_key__refuses_what_is_no_object),
    cmocka_unit_test(test_jwk_to_key__remembers_public_keys),
    cmocka_unit_test(test_jwk_to_key__forgets_in_turn),
    cmocka_unit_test(test_jwk_public__rfc8037_a),
    cmocka_unit_test(test_jwk_public__order_and_way_back),
    cmocka_unit_test(test_jwk_public__secret),
    cmocka_unit_test(test_jwk_thumbprint__rfc7638_3_1),
    cmocka_unit_test(test_jwk_thumbprint__rfc8037_a_3),
    cmocka_unit_test(test_jwk_thumbprint__needs_its_members),
    cmocka_unit_test(test_jwks_find__by_kid),
    cmocka_unit_test(test_jwks_find__rejects_what_is_no_set),
};

int main(void)
{
    return TEST_MAIN(tests);
}
