/*
 * JWKs that contradict themselves: one good key of each kind, and for every rule a twin that breaks
 * just that rule. Selection by kid, kty, use, key_ops and alg.
 */
#include "tests/unit/jose/vectors.h"

#include "harness/base/b64.h"
#include "harness/base/file.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwk_check.h"

static char *digest_of(enum hash_alg hash, const unsigned char *der, size_t len)
{
    uint8_t digest[HASH_SIZE_MAX] = {0};
    hash_of(hash, der, len, digest);
    return b64url_encode(digest, hash_size(hash));
}

/* As a server publishes it: with certificate and both thumbprints. */
static struct js *published(const char *name, const char *alg)
{
    AUTO(key_free) struct key *k = key_test(name);
    struct js *jwk = jwk_public(k);
    struct js *chain = js_array();
    const unsigned char *der = NULL;
    size_t len = 0;
    assert_int_equal(key_certificate(k, "test", &der, &len, NULL), 0);
    AUTO(xfree) char *text = b64_encode(der, len);
    AUTO(xfree) char *sha1 = digest_of(HASH_SHA1, der, len);
    AUTO(xfree) char *sha256 = digest_of(HASH_SHA256, der, len);
    js_append_text(chain, text);
    js_set_text(jwk, "kid", name);
    js_set_text(jwk, "alg", alg);
    js_set_text(jwk, "use", "sig");
    js_set(jwk, "x5c", chain);
    js_set_text(jwk, "x5t", sha1);
    js_set_text(jwk, "x5t#S256", sha256);
    return jwk;
}

static const struct {
    const char *name;
    const char *alg;
} kinds[] = {
    {"rsa-2048-1", "RS256"}, {"rsa-4096-1", "PS512"}, {"ec-p256-1", "ES256"},
    {"ec-p384-1", "ES384"},  {"ec-p521-1", "ES512"},  {"ed25519-1", "EdDSA"},
    {"ed448-1", "EdDSA"},
};

static void test_jwk_check__accepts_every_kind(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(kinds); i++) {
        AUTO(js_free) struct js *jwk = published(kinds[i].name, kinds[i].alg);
        struct err detail = {0};
        if (jwk_check(jwk, &detail) != JWK_OK) {
            fail_msg("%s: %s", kinds[i].name, detail.msg);
        }
    }
}

/* RFC 7517 B; its thumbprints were computed from its certificate with another library. */
static void test_jwk_check__rfc7517_b(void **state)
{
    AUTO(js_free) struct js *jwk = vector_json("rfc7517_B.jwk");
    assert_int_equal(jwk_check(jwk, NULL), JWK_OK);
    js_set_text(jwk, "x5t", "4pNenEBLv0JpLIdugWxQkOsZcK0");
    js_set_text(jwk, "x5t#S256", "pJm2BBpkB8y7tCqrWM0X37WOmQTO8zQw-VpxVgBb21I");
    assert_int_equal(jwk_check(jwk, NULL), JWK_OK);
    js_set_text(jwk, "x5t", "5pNenEBLv0JpLIdugWxQkOsZcK0");
    assert_int_equal(jwk_check(jwk, NULL), JWK_X5T_OTHER_CERTIFICATE);
    js_remove(jwk, "x5t");
    js_set_text(jwk, "e", "Aw");
    assert_int_equal(jwk_check(jwk, NULL), JWK_X5C_OTHER_KEY);
}

/* One member of the published rsa-2048-1 set to that JSON (NULL: removed). */
static const struct member_row {
    const char *name;
    const char *member;
    const char *json;
    enum jwk_problem problem;
} rows[] = {
    {"e missing", "e", NULL, JWK_UNREADABLE},
    {"kid missing", "kid", NULL, JWK_OK},
    {"kid a number", "kid", "1", JWK_BAD_KID},
    {"use enc", "use", "\"enc\"", JWK_ALG_AGAINST_USE},
    {"use of others", "use", "\"tls\"", JWK_OK},
    {"use a list", "use", "[\"sig\"]", JWK_BAD_USE},
    {"key_ops of the use", "key_ops", "[\"verify\",\"sign\"]", JWK_OK},
    {"key_ops of others", "key_ops", "[\"verify\",\"attest\"]", JWK_OK},
    {"key_ops against the use", "key_ops", "[\"verify\",\"wrapKey\"]", JWK_USE_AGAINST_KEY_OPS},
    {"key_ops twice", "key_ops", "[\"verify\",\"verify\"]", JWK_KEY_OP_TWICE},
    {"key_ops a text", "key_ops", "\"verify\"", JWK_BAD_KEY_OPS},
    {"key_ops empty", "key_ops", "[]", JWK_BAD_KEY_OPS},
    {"key_ops with a number", "key_ops", "[\"verify\",1]", JWK_BAD_KEY_OPS},
    {"alg of another family", "alg", "\"ES256\"", JWK_ALG_AGAINST_KEY},
    {"alg of a secret", "alg", "\"HS256\"", JWK_ALG_AGAINST_KEY},
    {"alg of the family", "alg", "\"PS384\"", JWK_OK},
    {"alg for encryption", "alg", "\"RSA-OAEP-256\"", JWK_ALG_AGAINST_USE},
    {"alg of others", "alg", "\"ML-DSA-44\"", JWK_OK},
    {"alg a number", "alg", "256", JWK_BAD_ALG},
    {"x5c missing", "x5c", NULL, JWK_OK},
    {"x5c a text", "x5c", "\"AAAA\"", JWK_BAD_X5C},
    {"x5c empty", "x5c", "[]", JWK_BAD_X5C},
    {"x5c of numbers", "x5c", "[1]", JWK_BAD_X5C},
    {"x5c no certificate", "x5c", "[\"AAAA\"]", JWK_BAD_X5C},
    {"x5c no base64", "x5c", "[\"A_-A\"]", JWK_BAD_X5C},
    {"x5t missing", "x5t", NULL, JWK_OK},
    {"x5t of another", "x5t", "\"4pNenEBLv0JpLIdugWxQkOsZcK0\"", JWK_X5T_OTHER_CERTIFICATE},
    {"x5t in hex", "x5t", "\"e2935e9c404bbf42692c876e816c5090eb1970ad\"", JWK_BAD_X5T},
    {"x5t padded", "x5t", "\"4pNenEBLv0JpLIdugWxQkOsZcK0=\"", JWK_BAD_X5T},
    {"x5t a number", "x5t", "1", JWK_BAD_X5T},
    {"x5t#S256 of another", "x5t#S256", "\"pJm2BBpkB8y7tCqrWM0X37WOmQTO8zQw-VpxVgBb21I\"",
     JWK_X5T_S256_OTHER_CERTIFICATE},
    {"x5t#S256 of SHA-1's size", "x5t#S256", "\"4pNenEBLv0JpLIdugWxQkOsZcK0\"", JWK_BAD_X5T_S256},
};

static void set_json(struct js *jwk, const char *member, const char *json)
{
    js_remove(jwk, member);
    if (json) {
        AUTO(xfree) char *text = xasprintf("[%s]", json);
        AUTO(js_free) struct js *list = NULL;
        assert_int_equal(js_parse(str_of(text), "member", &list, NULL), 0);
        js_set(jwk, member, js_ref(js_at(list, 0)));
    }
}

static void test_jwk_check__each_rule(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(js_free) struct js *jwk = published("rsa-2048-1", "RS256");
        struct err detail = {0};
        set_json(jwk, rows[i].member, rows[i].json);
        enum jwk_problem p = jwk_check(jwk, &detail);
        if (p != rows[i].problem || (p != JWK_OK && detail.msg[0] == '\0')) {
            fail_msg("%s: %s: %s", rows[i].name, jwk_problem_text(p), detail.msg);
        }
    }
}

/* Another key's certificate; and a chain whose second link is broken. */
static void test_jwk_check__certificates_of_others(void **state)
{
    AUTO(js_free) struct js *jwk = published("rsa-2048-1", "RS256");
    AUTO(js_free) struct js *other = published("rsa-2048-2", "RS256");
    AUTO(js_free) struct js *ec = published("ec-p256-1", "ES256");
    const char *own = js_text(js_at(js_get(jwk, "x5c"), 0));
    AUTO(xfree) char *first = xstrdup(own);
    js_append_text(js_get(jwk, "x5c"), js_text(js_at(js_get(ec, "x5c"), 0)));
    assert_int_equal(jwk_check(jwk, NULL), JWK_OK); /* links are not followed */
    js_append_text(js_get(jwk, "x5c"), "AAAA");
    assert_int_equal(jwk_check(jwk, NULL), JWK_BAD_X5C);
    js_set(jwk, "x5c", js_ref(js_get(other, "x5c")));
    assert_int_equal(jwk_check(jwk, NULL), JWK_X5C_OTHER_KEY);
    js_set(jwk, "x5c", js_ref(js_get(ec, "x5c")));
    assert_int_equal(jwk_check(jwk, NULL), JWK_X5C_OTHER_KEY);
    struct js *nine = js_array();
    for (int i = 0; i < 9; i++) {
        js_append_text(nine, first);
    }
    js_set(jwk, "x5c", nine);
    assert_int_equal(jwk_check(jwk, NULL), JWK_BAD_X5C);
}

/* What was found in order is remembered by its whole text: one letter away it is looked at anew. */
static void test_jwk_check__remembers_the_whole_text(void **state)
{
    AUTO(js_free) struct js *jwk = published("ec-p256-1", "ES256");
    AUTO(js_free) struct js *other = published("ec-p256-2", "ES256");
    for (int i = 0; i < 100; i++) { /* more than are remembered */
        AUTO(xfree) char *kid = xasprintf("kid-%d", i);
        js_set_text(jwk, "kid", kid);
        assert_int_equal(jwk_check(jwk, NULL), JWK_OK);
        assert_int_equal(jwk_check(jwk, NULL), JWK_OK);
    }
    js_set_text(jwk, "x", js_get_text(other, "x"));
    js_set_text(jwk, "y", js_get_text(other, "y"));
    assert_int_equal(jwk_check(jwk, NULL), JWK_X5C_OTHER_KEY);
    assert_int_equal(jwk_check(jwk, NULL), JWK_X5C_OTHER_KEY);
}

static void test_jwk_check__secrets(void **state)
{
    AUTO(js_free) struct js *set = vector_json("rfc7517_A.3.jwks");
    AUTO(js_free) struct js *jwk = js_dup(js_at(js_get(set, "keys"), 1));
    AUTO(js_free) struct js *other = published("rsa-2048-1", "RS256");
    assert_int_equal(jwk_check(jwk, NULL), JWK_OK);
    js_set_text(jwk, "alg", "HS256");
    assert_int_equal(jwk_check(jwk, NULL), JWK_OK);
    js_set_text(jwk, "alg", "RS256");
    assert_int_equal(jwk_check(jwk, NULL), JWK_ALG_AGAINST_KEY);
    js_remove(jwk, "alg");
    js_set(jwk, "x5c", js_ref(js_get(other, "x5c")));
    assert_int_equal(jwk_check(jwk, NULL), JWK_X5C_OTHER_KEY);
}

static struct js *set_of(struct js *a, struct js *b)
{
    struct js *set = js_object();
    struct js *keys = js_array();
    js_append(keys, a);
    js_append(keys, b);
    js_set(set, "keys", keys);
    return set;
}

static void test_jwks_check_published__accepts_and_rejects(void **state)
{
    AUTO(js_free) struct js *private = vector_json("rfc7517_A.2.jwks");
    AUTO(js_free) struct js *secret = vector_json("rfc7517_A.3.jwks");
    AUTO(js_free) struct js *public = vector_json("rfc7517_A.1.jwks");
    AUTO(js_free)
    struct js *twice = set_of(published("rsa-2048-1", "RS256"), published("rsa-2048-1", "RS256"));
    AUTO(js_free)
    struct js *two = set_of(published("rsa-2048-1", "RS256"), published("ec-p256-1", "ES256"));
    AUTO(js_free) struct js *hole = set_of(published("rsa-2048-1", "RS256"), js_null());
    AUTO(js_free) struct js *none = js_array();
    size_t at = 99;
    assert_int_equal(jwks_check_published(public, &at, NULL), JWK_OK);
    assert_int_equal(jwks_check_published(two, &at, NULL), JWK_OK);
    assert_int_equal(at, 99);
    assert_int_equal(jwks_check_published(private, &at, NULL), JWK_SECRET_PUBLISHED);
    assert_int_equal(at, 0);
    assert_int_equal(jwks_check_published(secret, &at, NULL), JWK_SECRET_PUBLISHED);
    assert_int_equal(jwks_check_published(twice, &at, NULL), JWK_KID_TWICE);
    assert_int_equal(at, 1);
    assert_int_equal(jwks_check_published(hole, &at, NULL), JWK_NO_SET);
    assert_int_equal(at, 1);
    assert_int_equal(jwks_check_published(none, NULL, NULL), JWK_NO_SET);
    AUTO(js_free) struct js *many = js_object();
    struct js *keys = js_array();
    for (int i = 0; i < JWKS_MAX_KEYS; i++) {
        js_append(keys, js_ref(js_at(js_get(public, "keys"), 0)));
        js_remove(js_at(keys, 0), "kid");
    }
    js_set(many, "keys", keys);
    assert_int_equal(jwks_check_published(many, NULL, NULL), JWK_OK);
    js_append(keys, js_ref(js_at(keys, 0)));
    assert_int_equal(jwks_check_published(many, NULL, NULL), JWK_TOO_MANY);
    /* One kid for keys of two types is allowed (RFC 7517 4.5). */
    js_set_text(js_at(js_get(two, "keys"), 1), "kid", "rsa-2048-1");
    assert_int_equal(jwks_check_published(two, NULL, NULL), JWK_OK);
}

/* The set: 0 rsa kid a; 1 ec kid b use sig alg ES256; 2 rsa kid c use enc; 3 rsa no kid, verify. */
static struct js *choice(void)
{
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(key_free) struct key *ec = key_test("ec-p256-1");
    struct js *jwk[] = {jwk_public(rsa), jwk_public(ec), jwk_public(rsa), jwk_public(rsa)};
    struct js *set = js_object();
    struct js *keys = js_array();
    struct js *ops = js_array();
    js_set_text(jwk[0], "kid", "a");
    js_set_text(jwk[1], "kid", "b");
    js_set_text(jwk[1], "use", "sig");
    js_set_text(jwk[1], "alg", "ES256");
    js_set_text(jwk[2], "kid", "c");
    js_set_text(jwk[2], "use", "enc");
    js_append_text(ops, "verify");
    js_set(jwk[3], "key_ops", ops);
    for (size_t i = 0; i < TEST_COUNT(jwk); i++) {
        js_append(keys, jwk[i]);
    }
    js_append(keys, js_string("no object"));
    js_set(set, "keys", keys);
    return set;
}

static const struct want_row {
    const char *name;
    struct jwk_want want;
    const char *found; /* the indexes */
} want_rows[] = {
    {"anything", {0}, "0123"},
    {"an empty kid is none", {.kid = ""}, "0123"},
    {"kid", {.kid = "b"}, "1"},
    {"kid of nobody", {.kid = "d"}, ""},
    {"kid in other case", {.kid = "A"}, ""},
    {"kty", {.kty = "RSA"}, "023"},
    {"use", {.use = "sig"}, "013"},
    {"use enc", {.use = "enc"}, "023"},
    {"op", {.op = "verify"}, "0123"},
    {"another op", {.op = "sign"}, "012"},
    {"alg", {.alg = "ES256"}, "0123"},
    {"another alg", {.alg = "RS256"}, "023"},
    {"all of it", {.kid = "b", .kty = "EC", .use = "sig", .op = "verify", .alg = "ES256"}, "1"},
    {"all but one", {.kid = "b", .kty = "RSA", .use = "sig", .op = "verify", .alg = "ES256"}, ""},
};

static void test_jwks_select__by_each_member(void **state)
{
    AUTO(js_free) struct js *set = choice();
    const struct js *keys = js_get(set, "keys");
    for (size_t i = 0; i < TEST_COUNT(want_rows); i++) {
        AUTO(vec_deinit) struct vec hits = {0};
        char found[8] = {0};
        size_t n = 0;
        assert_true(jwks_select(set, &want_rows[i].want, &hits));
        for (size_t at = 0; at < js_len(keys); at++) {
            if (n < hits.len && hits.items[n] == js_at(keys, at)) {
                found[n++] = (char)('0' + at);
            }
        }
        assert_int_equal(n, hits.len);
        if (strcmp(found, want_rows[i].found) != 0) {
            fail_msg("%s: '%s'", want_rows[i].name, found);
        }
    }
    AUTO(vec_deinit) struct vec none = {0};
    assert_false(jwks_select(keys, &want_rows[0].want, &none));
}

static void test_jwk_kid_suits__as_go_oidc(void **state)
{
    assert_true(jwk_kid_suits("a", "a"));
    assert_true(jwk_kid_suits(NULL, ""));
    assert_true(jwk_kid_suits("a", NULL));
    assert_false(jwk_kid_suits("a", "b"));
    assert_false(jwk_kid_suits(NULL, "b"));
    assert_false(jwk_kid_suits("", "b"));
}

/* The seeds of the fuzz target are what their names say. */
static void test_jwk__fuzz_seeds(void **state)
{
    AUTO(xfree) char *dir = test_data("../fuzz/corpus/jwk");
    AUTO(strlist_deinit) struct strlist names = {0};
    assert_int_equal(file_find(dir, "", &names, NULL), 0);
    assert_true(names.len > 20);
    for (size_t i = 0; i < names.len; i++) {
        AUTO(xfree) char *path = path_join(dir, names.items[i]);
        AUTO(xfree) char *text = NULL;
        AUTO(js_free) struct js *doc = NULL;
        struct err detail = {0};
        size_t len = 0;
        bool accept = strncmp(names.items[i], "accept_", 7) == 0;
        assert_int_equal(file_read(path, FILE_MAX_TEXT, &text, &len, NULL), 0);
        assert_int_equal(js_parse((struct str){text, len}, path, &doc, NULL), 0);
        enum jwk_problem p = js_get(doc, "keys") ? jwks_check_published(doc, NULL, &detail)
                                                 : jwk_check(doc, &detail);
        if ((p == JWK_OK) != accept) {
            fail_msg("%s: %s: %s", names.items[i], jwk_problem_text(p), detail.msg);
        }
    }
}

static void test_jwk_problem_text__all_are_different(void **state)
{
    for (int a = 0; a < JWK_PROBLEM_MAX_; a++) {
        assert_non_null(jwk_problem_text((enum jwk_problem)a));
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(jwk_problem_text((enum jwk_problem)a),
                                    jwk_problem_text((enum jwk_problem)b));
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_jwk_check__accepts_every_kind),
    cmocka_unit_test(test_jwk_check__rfc7517_b),
    cmocka_unit_test(test_jwk_check__each_rule),
    cmocka_unit_test(test_jwk_check__certificates_of_others),
    cmocka_unit_test(test_jwk_check__remembers_the_whole_text),
    cmocka_unit_test(test_jwk_check__secrets),
    cmocka_unit_test(test_jwks_check_published__accepts_and_rejects),
    cmocka_unit_test(test_jwks_select__by_each_member),
    cmocka_unit_test(test_jwk_kid_suits__as_go_oidc),
    cmocka_unit_test(test_jwk__fuzz_seeds),
    cmocka_unit_test(test_jwk_problem_text__all_are_different),
};

int main(void)
{
    return TEST_MAIN(tests);
}
