/*
 * What a token may look like before its claims matter: encrypted, with extensions, with keys of its
 * own, too deep, with members twice. Each has a reason of its own, and each a good twin.
 */
#include "tests/unit/jose/vectors.h"

#include "harness/base/b64.h"
#include "harness/base/clock.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jwt.h"

#define NOW CLOCK_START_S
#define CLAIMS                                                                                     \
    "{\"iss\":\"https://i/"                                                                        \
    "\",\"sub\":\"alice\",\"aud\":\"c\",\"exp\":1767229200,\"iat\":1767225600"

static struct js *jwks_of(const char *name, const char *kid)
{
    AUTO(key_free) struct key *k = key_test(name);
    struct js *set = js_object();
    struct js *keys = js_array();
    struct js *jwk = jwk_public(k);
    js_set_text(jwk, "kid", kid);
    js_append(keys, jwk);
    js_set(set, "keys", keys);
    return set;
}

static char *sign_text(const char *header_json, const char *payload)
{
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(js_free) struct js *header = NULL;
    char *text = NULL;
    assert_int_equal(js_parse(str_of(header_json), "header", &header, NULL), 0);
    assert_int_equal(jws_sign(k, JWS_RS256, header, str_of(payload), &text, NULL), 0);
    return text;
}

static char *wrap(const char *key, const char *header_json, const char *plain, size_t len)
{
    AUTO(key_free) struct key *k = key_test(key);
    AUTO(js_free) struct js *header = NULL;
    const struct jwe_how how = {.alg = JWE_RSA_OAEP_256, .enc = JWE_A256CBC_HS512};
    char *text = NULL;
    assert_int_equal(js_parse(str_of(header_json), "header", &header, NULL), 0);
    assert_int_equal(jwe_encrypt(k, &how, header, (struct str){plain, len}, &text, NULL), 0);
    return text;
}

static void expect(const char *name, const char *token, const struct jwt_rules *rules,
                   enum jwt_reason reason)
{
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, rules, &v);
    if (v.reason != reason || (reason != JWT_OK && (!v.expected[0] || !v.actual[0]))) {
        fail_msg("%s: %s (%s / %s)", name, jwt_reason_name(v.reason), v.expected, v.actual);
    }
}

#define JWE_HEADER "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\""

/* The outer header and what is inside; the rules have the decryption key. */
static const struct nested_row {
    const char *name;
    const char *header;
    const char *key;
    enum jwt_reason reason;
} nested_rows[] = {
    {"as authentik", JWE_HEADER ",\"typ\":\"JWE\",\"kid\":\"two\"}", "rsa-2048-2", JWT_OK},
    {"as RFC 7519 5.2", JWE_HEADER ",\"cty\":\"JWT\"}", "rsa-2048-2", JWT_OK},
    {"cty in lower case", JWE_HEADER ",\"cty\":\"jwt\"}", "rsa-2048-2", JWT_OK},
    {"cty of another", JWE_HEADER ",\"cty\":\"text/plain\"}", "rsa-2048-2", JWT_MALFORMED},
    {"cty a number", JWE_HEADER ",\"cty\":1}", "rsa-2048-2", JWT_MALFORMED},
    {"for another key", JWE_HEADER "}", "rsa-2048-3", JWT_UNDECRYPTABLE},
    {"header that lies about enc", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A192CBC-HS384\"}",
     "rsa-2048-2", JWT_UNDECRYPTABLE},
    {"zip", JWE_HEADER ",\"zip\":\"DEF\"}", "rsa-2048-2", JWT_UNDECRYPTABLE},
    {"jwk", JWE_HEADER ",\"jwk\":{}}", "rsa-2048-2", JWT_UNDECRYPTABLE},
};

static void test_jwt_verify__nested(void **state)
{
    AUTO(js_free) struct js *jwks = jwks_of("rsa-2048-1", "one");
    AUTO(key_free) struct key *k = key_test("rsa-2048-2");
    AUTO(xfree) char *inner = sign_text("{\"alg\":\"RS256\",\"kid\":\"one\"}", CLAIMS "}");
    struct jwt_rules rules = {.jwks = jwks, .issuer = "https://i/", .audience = "c", .now_s = NOW};
    expect("not encrypted, no key", inner, &rules, JWT_OK);
    rules.decryption_key = k;
    expect("not encrypted, a key", inner, &rules, JWT_NOT_ENCRYPTED);
    for (size_t i = 0; i < TEST_COUNT(nested_rows); i++) {
        const struct nested_row *r = &nested_rows[i];
        AUTO(xfree) char *token = wrap(r->key, r->header, inner, strlen(inner));
        rules.decryption_key = k;
        expect(r->name, token, &rules, r->reason);
        rules.decryption_key = NULL;
        expect(r->name, token, &rules, JWT_ENCRYPTED);
    }
}

/* The rules of what is inside stay what they were. */
static void test_jwt_verify__nested_rules_hold_inside(void **state)
{
    AUTO(js_free) struct js *jwks = jwks_of("rsa-2048-1", "one");
    AUTO(key_free) struct key *k = key_test("rsa-2048-2");
    AUTO(xfree) char *inner = sign_text("{\"alg\":\"RS256\",\"kid\":\"one\"}", CLAIMS "}");
    AUTO(xfree) char *unsigned_inner = NULL;
    AUTO(js_free) struct js *none = js_object();
    struct jwt_rules rules = {.jwks = jwks, .audience = "c", .now_s = NOW, .decryption_key = k};
    js_set_text(none, "alg", "nOnE");
    assert_int_equal(jws_sign(NULL, JWS_NONE, none, STR(CLAIMS "}"), &unsigned_inner, NULL), 0);
    AUTO(xfree) char *once = wrap("rsa-2048-2", JWE_HEADER "}", inner, strlen(inner));
    AUTO(xfree) char *twice = wrap("rsa-2048-2", JWE_HEADER "}", once, strlen(once));
    AUTO(xfree)
    char *bare = wrap("rsa-2048-2", JWE_HEADER "}", unsigned_inner, strlen(unsigned_inner));
    AUTO(xfree) char *claims = wrap("rsa-2048-2", JWE_HEADER "}", CLAIMS "}", strlen(CLAIMS) + 1);
    AUTO(xfree) char *with_nul = wrap("rsa-2048-2", JWE_HEADER "}", inner, strlen(inner) + 1);
    expect("once", once, &rules, JWT_OK);
    expect("twice", twice, &rules, JWT_MALFORMED);
    expect("unsigned inside", bare, &rules, JWT_UNSECURED);
    expect("claims without signature", claims, &rules, JWT_MALFORMED);
    expect("a NUL behind", with_nul, &rules, JWT_MALFORMED);
    rules.audience = "other";
    expect("aud", once, &rules, JWT_BAD_AUD);
}

static void test_jwt_verify__what_jwcrypto_made(void **state)
{
    AUTO(js_free) struct js *jwks = jwks_of("rsa-2048-1", "one");
    AUTO(js_free) struct js *others = jwks_of("rsa-2048-3", "one");
    AUTO(key_free) struct key *k = key_test("rsa-2048-2");
    AUTO(xfree) char *token = vector_text("jwcrypto_nested.jwe");
    struct jwt_rules rules = {.jwks = jwks,
                              .issuer = "https://authentik.company/application/o/argocd/",
                              .audience = "my_client_id",
                              .now_s = NOW,
                              .decryption_key = k};
    expect("the pair", token, &rules, JWT_OK);
    rules.jwks = others;
    expect("another signer", token, &rules, JWT_BAD_SIGNATURE);
}

static const struct form_row {
    const char *name;
    const char *header;
    const char *payload;
    enum jwt_reason reason;
    enum jwt_reason lenient; /* with ignores_header_keys */
} form_rows[] = {
    {"plain", "{\"alg\":\"RS256\",\"kid\":\"one\"}", CLAIMS "}", JWT_OK, JWT_OK},
    {"jwk", "{\"alg\":\"RS256\",\"kid\":\"one\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}",
     CLAIMS "}", JWT_EMBEDDED_KEY, JWT_OK},
    {"jku", "{\"alg\":\"RS256\",\"jku\":\"https://i/jwks\"}", CLAIMS "}", JWT_EMBEDDED_KEY, JWT_OK},
    {"x5u", "{\"alg\":\"RS256\",\"x5u\":\"https://i/x5u\"}", CLAIMS "}", JWT_EMBEDDED_KEY, JWT_OK},
    {"x5c", "{\"alg\":\"RS256\",\"x5c\":[\"AA\"]}", CLAIMS "}", JWT_EMBEDDED_KEY, JWT_OK},
    {"b64", "{\"alg\":\"RS256\",\"b64\":true}", CLAIMS "}", JWT_UNENCODED_PAYLOAD, JWT_OK},
    {"b64 and crit", "{\"alg\":\"RS256\",\"b64\":true,\"crit\":[\"b64\"]}", CLAIMS "}",
     JWT_UNENCODED_PAYLOAD, JWT_UNENCODED_PAYLOAD},
    {"crit", "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}", CLAIMS "}", JWT_CRITICAL_HEADER,
     JWT_CRITICAL_HEADER},
    {"claim twice", "{\"alg\":\"RS256\"}", CLAIMS ",\"sub\":\"bob\"}", JWT_DUPLICATE_MEMBER,
     JWT_DUPLICATE_MEMBER},
    {"claim twice inside", "{\"alg\":\"RS256\"}", CLAIMS ",\"x\":{\"a\":1,\"a\":2}}",
     JWT_DUPLICATE_MEMBER, JWT_DUPLICATE_MEMBER},
    {"claim of the same name inside", "{\"alg\":\"RS256\"}", CLAIMS ",\"x\":{\"sub\":\"bob\"}}",
     JWT_OK, JWT_OK},
    {"not too deep", "{\"alg\":\"RS256\"}",
     CLAIMS ",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", JWT_OK,
     JWT_OK},
    {"too deep", "{\"alg\":\"RS256\"}",
     CLAIMS ",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
     JWT_TOO_DEEP, JWT_TOO_DEEP},
};

static void test_jwt_verify__forms(void **state)
{
    AUTO(js_free) struct js *jwks = jwks_of("rsa-2048-1", "one");
    struct jwt_rules rules = {.jwks = jwks, .issuer = "https://i/", .audience = "c", .now_s = NOW};
    for (size_t i = 0; i < TEST_COUNT(form_rows); i++) {
        AUTO(xfree) char *token = sign_text(form_rows[i].header, form_rows[i].payload);
        rules.ignores_header_keys = false;
        expect(form_rows[i].name, token, &rules, form_rows[i].reason);
        rules.ignores_header_keys = true;
        expect(form_rows[i].name, token, &rules, form_rows[i].lenient);
    }
    AUTO(xfree) char *endless = xcalloc(2UL * 1024 * 1024, 1);
    (void)memset(endless, 'A', 2UL * 1024 * 1024 - 1);
    expect("endless", endless, &rules, JWT_TOO_LONG);
}

/* The sender's key, in the header and as signer: refused with either rule. */
static void test_jwt_verify__embedded_key_is_never_used(void **state)
{
    AUTO(js_free) struct js *jwks = jwks_of("rsa-2048-2", "one");
    AUTO(key_free) struct key *theirs = key_test("rsa-2048-1");
    AUTO(js_free) struct js *header = js_object();
    AUTO(xfree) char *token = NULL;
    struct jwt_rules rules = {.jwks = jwks, .now_s = NOW, .ignores_header_keys = true};
    js_set_text(header, "alg", "RS256");
    js_set(header, "jwk", jwk_public(theirs));
    assert_int_equal(jws_sign(theirs, JWS_RS256, header, STR(CLAIMS "}"), &token, NULL), 0);
    expect("lenient", token, &rules, JWT_BAD_SIGNATURE);
    rules.ignores_header_keys = false;
    expect("strict", token, &rules, JWT_EMBEDDED_KEY);
}

/* A key whose certificate is another's verifies nothing, as in go-jose. */
static void test_jwt_verify__contradictory_key(void **state)
{
    AUTO(js_free) struct js *jwks = jwks_of("rsa-2048-1", "one");
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(key_free) struct key *other = key_test("rsa-2048-2");
    AUTO(xfree) char *token = sign_text("{\"alg\":\"RS256\",\"kid\":\"one\"}", CLAIMS "}");
    struct jwt_rules rules = {.jwks = jwks, .now_s = NOW};
    const struct {
        const struct key *k;
        enum jwt_reason reason;
    } rows[] = {{k, JWT_OK}, {other, JWT_CONTRADICTORY_KEY}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const unsigned char *der = NULL;
        size_t len = 0;
        struct js *chain = js_array();
        assert_int_equal(key_certificate(rows[i].k, "x", &der, &len, NULL), 0);
        AUTO(xfree) char *text = b64_encode(der, len);
        js_append_text(chain, text);
        js_set(js_at(js_get(jwks, "keys"), 0), "x5c", chain);
        expect("x5c", token, &rules, rows[i].reason);
    }
    js_remove(js_at(js_get(jwks, "keys"), 0), "x5c");
    struct js *ops = js_array();
    js_append_text(ops, "encrypt");
    js_set(js_at(js_get(jwks, "keys"), 0), "key_ops", ops);
    expect("key_ops", token, &rules, JWT_NO_KEY);
    js_append_text(ops, "verify");
    expect("key_ops", token, &rules, JWT_OK);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_jwt_verify__nested),
    cmocka_unit_test(test_jwt_verify__nested_rules_hold_inside),
    cmocka_unit_test(test_jwt_verify__what_jwcrypto_made),
    cmocka_unit_test(test_jwt_verify__forms),
    cmocka_unit_test(test_jwt_verify__embedded_key_is_never_used),
    cmocka_unit_test(test_jwt_verify__contradictory_key),
};

int main(void)
{
    return TEST_MAIN(tests);
}
