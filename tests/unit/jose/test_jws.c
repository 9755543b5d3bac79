/*
 * JWS: the examples of RFC 7515 A.1 to A.5 and RFC 8037 A.4, every algorithm with its reject twins,
 * and what the strict reader refuses.
 */
#include "tests/unit/jose/vectors.h"

#include "harness/base/b64.h"
#include "harness/crypto/count.h"
#include "harness/jose/jws.h"

static enum jws_problem check(const char *compact, const struct key *k)
{
    AUTO(jws_deinit) struct jws j = {0};
    enum jws_problem p = jws_parse(compact, &j, NULL);
    return p == JWS_OK ? jws_verify(&j, k) : p;
}

static const struct vector_row {
    const char *jws;
    const char *jwk;
    enum jws_alg alg;
    bool repeatable; /* signing gives the same bytes */
} vectors[] = {
    {"rfc7515_A.1.jws", "rfc7515_A.1.jwk", JWS_HS256, true},
    {"rfc7515_A.2.jws", "rfc7515_A.2.jwk", JWS_RS256, true},
    {"rfc7515_A.3.jws", "rfc7515_A.3.jwk", JWS_ES256, false},
    {"rfc7515_A.4.jws", "rfc7515_A.4.jwk", JWS_ES512, false},
    {"rfc8037_A.4.jws", "rfc8037_A.1.jwk", JWS_EDDSA, true},
    {"rfc7519_3.1.jwt", "rfc7515_A.1.jwk", JWS_HS256, true},
};

static void test_jws_verify__rfc_vectors(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(vectors); i++) {
        AUTO(xfree) char *text = vector_text(vectors[i].jws);
        AUTO(key_free) struct key *k = vector_key(vectors[i].jwk);
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(text, &j, NULL), JWS_OK);
        assert_int_equal(j.alg, vectors[i].alg);
        assert_int_equal(jws_verify(&j, k), JWS_OK);
    }
}

/* The payload and each byte of the signature changed; the signature cut. */
static void test_jws_verify__rejects_changed_vectors(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(vectors); i++) {
        AUTO(xfree) char *text = vector_text(vectors[i].jws);
        AUTO(key_free) struct key *k = vector_key(vectors[i].jwk);
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(text, &j, NULL), JWS_OK);
        for (size_t at = 0; at < j.signature_len; at += 7) {
            j.signature[at] ^= 1;
            assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
            j.signature[at] ^= 1;
        }
        j.signature_len--;
        assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
        j.signature_len = 0;
        assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
        char *payload = strchr(text, '.') + 1;
        payload[1] = payload[1] == 'A' ? 'B' : 'A';
        assert_int_equal(check(text, k), JWS_BAD_SIGNATURE);
    }
}

/* Byte for byte as the RFC, where the algorithm allows it and its header has no blanks. */
static void test_jws_sign__rfc_vectors(void **state)
{
    static const struct {
        const char *jws;
        const char *jwk;
        enum jws_alg alg;
    } rows[] = {
        {"rfc7515_A.2.jws", "rfc7515_A.2.jwk", JWS_RS256},
        {"rfc8037_A.4.jws", "rfc8037_A.1.jwk", JWS_EDDSA},
        {"rfc7515_A.5.jws", NULL, JWS_NONE},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *text = vector_text(rows[i].jws);
        AUTO(key_free) struct key *k = rows[i].jwk ? vector_key(rows[i].jwk) : NULL;
        AUTO(jws_deinit) struct jws j = {0};
        AUTO(xfree) char *made = NULL;
        assert_int_equal(jws_parse(text, &j, NULL), JWS_OK);
        struct str payload = {j.payload, j.payload_len};
        assert_int_equal(jws_sign(k, rows[i].alg, j.header, payload, &made, NULL), 0);
        assert_string_equal(made, text);
    }
}

/* RFC 7515 A.5, RFC 7519 6.1: an unsecured token parses, and no key verifies it. */
static void test_jws_verify__rejects_none(void **state)
{
    static const char *const names[] = {"rfc7515_A.5.jws", "rfc7519_6.1.jwt"};
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(xfree) char *text = vector_text(names[i]);
        AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
        AUTO(key_free) struct key *empty = key_from_secret("", 0);
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(text, &j, NULL), JWS_OK);
        assert_int_equal(j.alg, JWS_NONE);
        assert_int_equal(j.signature_len, 0);
        assert_int_equal(jws_verify(&j, rsa), JWS_UNSECURED);
        assert_int_equal(jws_verify(&j, empty), JWS_UNSECURED);
        assert_int_equal(jws_verify(&j, NULL), JWS_UNSECURED);
    }
}

static const struct alg_row {
    enum jws_alg alg;
    const char *name;
    const char *key;   /* NULL = a secret */
    const char *other; /* another key of the kind, NULL = none ships */
} algs[] = {
    {JWS_HS256, "HS256", NULL, NULL},
    {JWS_HS384, "HS384", NULL, NULL},
    {JWS_HS512, "HS512", NULL, NULL},
    {JWS_RS256, "RS256", "rsa-2048-1", "rsa-2048-2"},
    {JWS_RS384, "RS384", "rsa-2048-1", "rsa-2048-2"},
    {JWS_RS512, "RS512", "rsa-2048-1", "rsa-4096-1"},
    {JWS_PS256, "PS256", "rsa-2048-1", "rsa-2048-2"},
    {JWS_PS384, "PS384", "rsa-2048-1", "rsa-2048-2"},
    {JWS_PS512, "PS512", "rsa-2048-1", "rsa-2048-2"},
    {JWS_ES256, "ES256", "ec-p256-1", "ec-p256-2"},
    {JWS_ES384, "ES384", "ec-p384-1", NULL},
    {JWS_ES512, "ES512", "ec-p521-1", NULL},
    {JWS_EDDSA, "EdDSA", "ed25519-1", "ed448-1"},
    {JWS_EDDSA, "EdDSA", "ed448-1", "ed25519-1"},
};

static struct key *key_of(const char *name)
{
    return name ? key_test(name) : key_from_secret("0123456789abcdef0123456789abcdef", 32);
}

static char *sign(const struct key *k, enum jws_alg alg, const char *alg_in_header)
{
    AUTO(js_free) struct js *header = js_object();
    char *text = NULL;
    struct err err = {0};
    js_set_text(header, "alg", alg_in_header);
    if (jws_sign(k, alg, header, STR("{\"sub\":\"alice\"}"), &text, &err) != 0) {
        fail_msg("%s: %s", alg_in_header, err.msg);
    }
    return text;
}

static void test_jws_sign__every_algorithm_with_its_twins(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(algs); i++) {
        AUTO(key_free) struct key *k = key_of(algs[i].key);
        AUTO(key_free)
        struct key *other = algs[i].other ? key_test(algs[i].other) : key_from_secret("another", 7);
        AUTO(xfree) char *text = sign(k, algs[i].alg, algs[i].name);
        bool same_family = algs[i].other || !algs[i].key;
        assert_int_equal(check(text, k), JWS_OK);
        assert_int_equal(check(text, other), same_family ? JWS_BAD_SIGNATURE : JWS_WRONG_KEY_TYPE);
        enum jws_alg found = JWS_ALG_MAX_;
        assert_true(jws_alg_from_name(algs[i].name, &found));
        assert_int_equal(found, algs[i].alg);
        assert_string_equal(jws_alg_name(found), algs[i].name);
    }
}

/* RFC 8725 3.1: each key works with its own algorithms only. */
static void test_jws_alg_fits__no_other_kind(void **state)
{
    for (size_t a = 0; a < TEST_COUNT(algs); a++) {
        for (size_t b = 0; b < TEST_COUNT(algs); b++) {
            AUTO(key_free) struct key *k = key_of(algs[b].key);
            bool fits = jws_alg_fits(algs[a].alg, k);
            bool same = jws_alg_fits(algs[a].alg, k) && jws_alg_fits(algs[b].alg, k);
            bool rsa = key_kind(k) == KEY_RSA && algs[a].name[1] == 'S' &&
                       (algs[a].name[0] == 'R' || algs[a].name[0] == 'P');
            bool hmac = key_kind(k) == KEY_SECRET && algs[a].name[0] == 'H';
            bool curve = algs[a].alg == algs[b].alg && algs[a].name[0] == 'E';
            assert_int_equal(fits, rsa || hmac || curve);
            assert_int_equal(fits, same);
        }
    }
    assert_false(jws_alg_fits(JWS_ALG_MAX_, NULL));
}

/* The public key as HMAC secret: the old confusion of RS256 and HS256. */
static void test_jws_verify__rejects_public_key_as_secret(void **state)
{
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(key_free) struct key *public = NULL;
    AUTO(xfree) char *pem = key_public_pem(rsa);
    AUTO(key_free) struct key *secret = key_from_secret(pem, strlen(pem));
    AUTO(xfree) char *text = sign(secret, JWS_HS256, "HS256");
    assert_int_equal(key_from_pem(pem, &public, NULL), 0);
    assert_int_equal(check(text, secret), JWS_OK);
    assert_int_equal(check(text, public), JWS_PAIR_AS_SECRET);
    assert_int_equal(check(text, rsa), JWS_PAIR_AS_SECRET);
}

/* A header that lies: made on purpose, and refused. */
static void test_jws_sign__makes_lying_headers_that_do_not_verify(void **state)
{
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(key_free) struct key *p384 = key_test("ec-p384-1");
    AUTO(xfree) char *other_hash = sign(rsa, JWS_RS256, "RS512");
    AUTO(xfree) char *other_padding = sign(rsa, JWS_PS256, "RS256");
    AUTO(xfree) char *unknown = sign(rsa, JWS_RS256, "RS257");
    AUTO(xfree) char *lower = sign(rsa, JWS_RS256, "rs256");
    AUTO(xfree) char *old_authentik = sign(p384, JWS_ES256, "ES256");
    assert_int_equal(check(other_hash, rsa), JWS_BAD_SIGNATURE);
    assert_int_equal(check(other_padding, rsa), JWS_BAD_SIGNATURE);
    assert_int_equal(check(unknown, rsa), JWS_UNKNOWN_ALG);
    assert_int_equal(check(lower, rsa), JWS_UNKNOWN_ALG);
    assert_int_equal(check(old_authentik, p384), JWS_WRONG_KEY_TYPE);
}

static void test_jws_sign__refuses_key_of_another_family(void **state)
{
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(js_free) struct js *header = js_object();
    char *text = NULL;
    struct err err = {0};
    assert_int_equal(jws_sign(rsa, JWS_HS256, header, STR("x"), &text, &err), -1);
    assert_string_equal(err.msg, "HS256 cannot be signed with a key of kind RSA");
    assert_int_equal(jws_sign(rsa, JWS_ES256, header, STR("x"), &text, &err), -1);
    assert_int_equal(jws_sign(NULL, JWS_RS256, header, STR("x"), &text, &err), -1);
    assert_null(text);
}

static const struct text_row {
    const char *name;
    const char *text; /* "header.payload.signature", header as JSON if it starts with "{" */
    enum jws_problem problem;
    const char *detail;
} texts[] = {
    {"empty", "", JWS_NOT_THREE_PARTS, "1 parts"},
    {"one part", "e30", JWS_NOT_THREE_PARTS, "1 parts"},
    {"two parts", "e30.e30", JWS_NOT_THREE_PARTS, "2 parts"},
    {"four parts", "e30.e30.e30.e30", JWS_NOT_THREE_PARTS, "4 parts"},
    {"five parts", "e30.e30.e30.e30.e30", JWS_NOT_THREE_PARTS, "5 parts"},
    {"padded header", "eyJhbGciOiJIUzI1NiJ9==.e30.e30", JWS_PADDED_BASE64, "the header"},
    {"padded payload", "eyJhbGciOiJIUzI1NiJ9.e30=.e30", JWS_PADDED_BASE64, "the payload"},
    {"padded signature", "eyJhbGciOiJIUzI1NiJ9.e30.e30=", JWS_PADDED_BASE64, "the signature"},
    {"blank in front", " eyJhbGciOiJIUzI1NiJ9.e30.e30", JWS_WHITE_SPACE, "at byte 0"},
    {"newline behind", "eyJhbGciOiJIUzI1NiJ9.e30.e30\n", JWS_WHITE_SPACE, "at byte 3"},
    {"plain base64", "eyJhbGciOiJIUzI1NiJ9.e30.+/+/", JWS_PLAIN_BASE64, "the signature"},
    {"stray bits", "eyJhbGciOiJIUzI1NiJ9.e31.e30", JWS_STRAY_BITS, "the payload"},
    {"impossible length", "eyJhbGciOiJIUzI1NiJ9.e30.e", JWS_BAD_BASE64, "the signature"},
    {"header empty", ".e30.e30", JWS_BAD_HEADER, ""},
    {"header no JSON", "aGVsbG8.e30.e30", JWS_BAD_HEADER, ""},
    {"header a list", "[].e30.e30", JWS_BAD_HEADER, "array, expected an object"},
    {"header with a duplicate", "{\"alg\":\"RS256\",\"alg\":\"none\"}.e30.e30",
     JWS_DUPLICATE_MEMBER, ""},
    {"deep duplicate", "{\"alg\":\"RS256\",\"x\":{\"a\":1,\"a\":1}}.e30.e30", JWS_DUPLICATE_MEMBER,
     ""},
    {"tab inside", "eyJhbGciOiJ\tIUzI1NiJ9.e30.e30", JWS_WHITE_SPACE, "the header"},
    {"slash in the header", "eyJhbGciOiJIUzI1NiJ/.e30.e30", JWS_PLAIN_BASE64, "the header"},
    {"a letter of no alphabet", "eyJhbGciOiJIUzI1NiJ9.e3~.e30", JWS_BAD_BASE64, "the payload"},
    {"unencoded payload", "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}.e30.e30",
     JWS_UNENCODED_PAYLOAD, "'b64'"},
    {"header with more behind", "{\"alg\":\"RS256\"}{}.e30.e30", JWS_BAD_HEADER, ""},
    {"no alg", "{\"typ\":\"JWT\"}.e30.e30", JWS_NO_ALG, "no 'alg'"},
    {"alg a number", "{\"alg\":256}.e30.e30", JWS_NO_ALG, "no string"},
    {"alg null", "{\"alg\":null}.e30.e30", JWS_NO_ALG, "no string"},
    {"crit", "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}.e30.e30", JWS_CRITICAL_HEADER,
     "'crit'"},
    {"crit empty", "{\"alg\":\"HS256\",\"crit\":[]}.e30.e30", JWS_CRITICAL_HEADER, "'crit'"},
};

static char *with_header(const char *text)
{
    if (text[0] != '{' && text[0] != '[') {
        return xstrdup(text);
    }
    const char *rest = strstr(text, ".e30");
    AUTO(xfree) char *header = b64url_encode(text, (size_t)(rest - text));
    return xasprintf("%s%s", header, rest);
}

static void test_jws_parse__refuses(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        AUTO(xfree) char *text = with_header(texts[i].text);
        AUTO(jws_deinit) struct jws j = {0};
        struct err detail = {0};
        enum jws_problem p = jws_parse(text, &j, &detail);
        if (p != texts[i].problem || !strstr(detail.msg, texts[i].detail)) {
            fail_msg("%s: %s: %s", texts[i].name, jws_problem_text(p), detail.msg);
        }
        assert_null(j.text);
    }
}

static void test_jws_parse__refuses_endless_text(void **state)
{
    size_t len = 2UL * 1024 * 1024;
    AUTO(xfree) char *text = xcalloc(len + 1, 1);
    AUTO(jws_deinit) struct jws j = {0};
    (void)memset(text, 'A', len);
    assert_int_equal(jws_parse(text, &j, NULL), JWS_TOO_LONG);
}

/* {"alg":"HS256","x":[[…]]}.e30.e30 of that nesting inside the header. */
static char *nested_header(size_t depth)
{
    AUTO(xfree) char *open = xcalloc(depth + 1, 1);
    AUTO(xfree) char *close = xcalloc(depth + 1, 1);
    (void)memset(open, '[', depth);
    (void)memset(close, ']', depth);
    AUTO(xfree) char *header = xasprintf("{\"alg\":\"HS256\",\"x\":%s%s}", open, close);
    AUTO(xfree) char *b64 = b64url_encode(header, strlen(header));
    return xasprintf("%s.e30.e30", b64);
}

static void test_jws_parse__limits_depth_and_size_of_the_header(void **state)
{
    AUTO(xfree) char *deepest = nested_header(15);
    AUTO(xfree) char *deeper = nested_header(16);
    AUTO(xfree) char *bottomless = nested_header(100000);
    AUTO(xfree) char *filler = xcalloc(70000, 1);
    (void)memset(filler, 'x', 69999);
    AUTO(xfree) char *header = xasprintf("{\"alg\":\"HS256\",\"kid\":\"%s\"}", filler);
    AUTO(xfree) char *b64 = b64url_encode(header, strlen(header));
    AUTO(xfree) char *longer = xasprintf("%s.e30.e30", b64);
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(jws_deinit) struct jws refused = {0};
    assert_int_equal(jws_parse(deepest, &j, NULL), JWS_OK);
    assert_int_equal(jws_parse(deeper, &refused, NULL), JWS_DEEP_HEADER);
    assert_int_equal(jws_parse(bottomless, &refused, NULL), JWS_LONG_HEADER);
    assert_int_equal(jws_parse(longer, &refused, NULL), JWS_LONG_HEADER);
}

/* Every way to write "none"; the neighbour in spelling is an unknown algorithm. */
static void test_jws_verify__rejects_none_in_all_spellings(void **state)
{
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(key_free) struct key *secret = key_from_secret("x", 1);
    for (unsigned upper = 0; upper < 16; upper++) {
        char name[5] = "none";
        for (unsigned i = 0; i < 4; i++) {
            if (upper & (1U << i)) {
                name[i] = (char)(name[i] - 'a' + 'A');
            }
        }
        AUTO(xfree) char *unsigned_text = sign(NULL, JWS_NONE, name);
        AUTO(xfree) char *signed_text = sign(rsa, JWS_RS256, name);
        assert_int_equal(check(unsigned_text, rsa), JWS_UNSECURED);
        assert_int_equal(check(unsigned_text, secret), JWS_UNSECURED);
        assert_int_equal(check(unsigned_text, NULL), JWS_UNSECURED);
        assert_int_equal(check(signed_text, rsa), JWS_UNSECURED);
    }
    AUTO(xfree) char *blank = sign(NULL, JWS_NONE, "none ");
    AUTO(xfree) char *good = sign(rsa, JWS_RS256, "RS256");
    assert_int_equal(check(blank, rsa), JWS_UNKNOWN_ALG);
    assert_int_equal(check(good, rsa), JWS_OK);
}

static char *sign_with_member(const struct key *k, const char *member, struct js *take)
{
    AUTO(js_free) struct js *header = js_object();
    char *text = NULL;
    js_set_text(header, "alg", "RS256");
    js_set(header, member, take);
    assert_int_equal(jws_sign(k, JWS_RS256, header, STR("{}"), &text, NULL), 0);
    return text;
}

/* The sender's own key in the header: it never verifies, and its presence has its own reason. */
static void test_jws_check_header__rejects_embedded_keys(void **state)
{
    AUTO(key_free) struct key *ours = key_test("rsa-2048-1");
    AUTO(key_free) struct key *theirs = key_test("rsa-2048-2");
    const struct {
        const char *member;
        struct js *value;
        enum jws_problem problem;
    } rows[] = {
        {"jwk", jwk_public(theirs), JWS_EMBEDDED_KEY},
        {"jku", js_string("https://evil.example/jwks"), JWS_EMBEDDED_KEY},
        {"x5u", js_string("https://evil.example/x5u.pem"), JWS_EMBEDDED_KEY},
        {"x5c", js_array(), JWS_EMBEDDED_KEY},
        {"b64", js_bool(true), JWS_UNENCODED_PAYLOAD},
        {"x5t", js_string("a hint, as kid is"), JWS_OK},
        {"kid", js_string("one"), JWS_OK},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *forged = sign_with_member(theirs, rows[i].member, js_ref(rows[i].value));
        AUTO(xfree) char *own = sign_with_member(ours, rows[i].member, rows[i].value);
        AUTO(jws_deinit) struct jws j = {0};
        struct err detail = {0};
        assert_int_equal(check(forged, ours), JWS_BAD_SIGNATURE);
        assert_int_equal(jws_parse(own, &j, NULL), JWS_OK);
        assert_int_equal(jws_verify(&j, ours), JWS_OK);
        assert_int_equal(jws_check_header(&j, &detail), rows[i].problem);
        assert_true(rows[i].problem == JWS_OK || strstr(detail.msg, rows[i].member));
    }
}

static void test_jws_problem_text__all_are_different(void **state)
{
    for (int a = 0; a < JWS_PROBLEM_MAX_; a++) {
        assert_non_null(jws_problem_text((enum jws_problem)a));
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(jws_problem_text((enum jws_problem)a),
                                    jws_problem_text((enum jws_problem)b));
        }
    }
}

static void test_jws_parse__keeps_what_was_said(void **state)
{
    AUTO(xfree) char *text = vector_text("rfc7515_A.1.jws");
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(text, &j, NULL), JWS_OK);
    assert_string_equal(j.text, text);
    assert_string_equal(js_get_text(j.header, "typ"), "JWT");
    assert_string_equal(j.payload, "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                                   "\"http://example.com/is_root\":true}");
    assert_int_equal(j.payload_len, strlen(j.payload));
    assert_int_equal(j.signature_len, 32);
    assert_int_equal(j.signing_input.len, strrchr(text, '.') - text);
}

static void test_jws_verify__counts_hmac(void **state)
{
    AUTO(key_free) struct key *k = key_from_secret("x", 1);
    uint64_t signs = crypto_counted(CRYPTO_SIGN_HMAC);
    uint64_t verifies = crypto_counted(CRYPTO_VERIFY_HMAC);
    AUTO(xfree) char *text = sign(k, JWS_HS256, "HS256");
    assert_int_equal(check(text, k), JWS_OK);
    assert_int_equal(crypto_counted(CRYPTO_SIGN_HMAC), signs + 1);
    assert_int_equal(crypto_counted(CRYPTO_VERIFY_HMAC), verifies + 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_jws_verify__rfc_vectors),
    cmocka_unit_test(test_jws_verify__rejects_changed_vectors),
    cmocka_unit_test(test_jws_verify__rejects_none),
    cmocka_unit_test(test_jws_verify__rejects_none_in_all_spellings),
    cmocka_unit_test(test_jws_check_header__rejects_embedded_keys),
    cmocka_unit_test(test_jws_problem_text__all_are_different),
    cmocka_unit_test(test_jws_parse__limits_depth_and_size_of_the_header),
    cmocka_unit_test(test_jws_verify__rejects_public_key_as_secret),
    cmocka_unit_test(test_jws_verify__counts_hmac),
    cmocka_unit_test(test_jws_sign__rfc_vectors),
    cmocka_unit_test(test_jws_sign__every_algorithm_with_its_twins),
    cmocka_unit_test(test_jws_sign__makes_lying_headers_that_do_not_verify),
    cmocka_unit_test(test_jws_sign__refuses_key_of_another_family),
    cmocka_unit_test(test_jws_alg_fits__no_other_kind),
    cmocka_unit_test(test_jws_parse__refuses),
    cmocka_unit_test(test_jws_parse__refuses_endless_text),
    cmocka_unit_test(test_jws_parse__keeps_what_was_said),
};

int main(void)
{
    return TEST_MAIN(tests);
}
