/*
 * JWTs: one good token, and for every rule a twin that breaks just that rule, with the texts of
 * expected and found. The clock stands at 2026-01-01T00:00:00Z.
 */
#include "tests/unit/jose/vectors.h"

#include "harness/base/b64.h"
#include "harness/base/clock.h"
#include "harness/jose/jwt.h"

#define NOW CLOCK_START_S
#define ISSUER "https://authentik.company/application/o/argocd/"
#define AUDIENCE "argocd-client"
#define SECRET "a-client-secret-that-is-shared"

static struct js *good_claims(void)
{
    struct js *c = js_object();
    js_set_text(c, "iss", ISSUER);
    js_set_text(c, "sub", "alice");
    js_set_text(c, "aud", AUDIENCE);
    js_set(c, "exp", js_int(NOW + 300));
    js_set(c, "iat", js_int(NOW));
    js_set_text(c, "nonce", "n-1");
    return c;
}

/* The set of rsa-2048-1 (kid "one") and ec-p256-1 (kid "two"). */
static struct js *good_jwks(void)
{
    static const char *const names[][2] = {{"rsa-2048-1", "one"}, {"ec-p256-1", "two"}};
    struct js *set = js_object();
    struct js *keys = js_array();
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(key_free) struct key *k = key_test(names[i][0]);
        struct js *jwk = jwk_public(k);
        js_set_text(jwk, "kid", names[i][1]);
        js_append(keys, jwk);
    }
    js_set(set, "keys", keys);
    return set;
}

static char *sign(const char *key, enum jws_alg alg, const char *kid, const struct js *claims)
{
    AUTO(key_free) struct key *k = key ? key_test(key) : key_from_secret(SECRET, strlen(SECRET));
    char *token = NULL;
    struct err err = {0};
    if (jwt_sign(k, alg, "JWT", kid, claims, &token, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    return token;
}

static struct jwt_rules rules_for(const struct js *jwks)
{
    return (struct jwt_rules){
        .jwks = jwks,
        .issuer = ISSUER,
        .audience = AUDIENCE,
        .nonce = "n-1",
        .now_s = NOW,
    };
}

static void test_jwt_verify__accepts(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
    struct jwt_rules rules = rules_for(jwks);
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, &rules, &v);
    assert_int_equal(v.reason, JWT_OK);
    assert_string_equal(v.expected, "");
    assert_true(js_equal(v.claims, claims));
    AUTO(xfree) char *header = js_compact(v.header);
    assert_string_equal(header, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"one\"}");
}

/* Without typ and kid, as Dex has no typ; any key of the set may then fit. */
static void test_jwt_verify__accepts_without_kid(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(key_free) struct key *k = key_test("ec-p256-1");
    AUTO(xfree) char *token = NULL;
    static const char *const algs[] = {"RS256", "ES256", NULL};
    struct jwt_rules rules = rules_for(jwks);
    rules.algs = algs;
    assert_int_equal(jwt_sign(k, JWS_ES256, NULL, NULL, claims, &token, NULL), 0);
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, &rules, &v);
    assert_int_equal(v.reason, JWT_OK);
    AUTO(xfree) char *header = js_compact(v.header);
    assert_string_equal(header, "{\"alg\":\"ES256\"}");
}

/* Rules about claims: one claim changed (NULL: removed). */
static const struct claim_row {
    const char *name;
    const char *claim;
    const char *json;
    enum jwt_reason reason;
    const char *expected;
    const char *actual;
} claim_rows[] = {
    {"iss of another", "iss", "\"https://evil.example/\"", JWT_BAD_ISS, "iss \"" ISSUER "\"",
     "iss \"https://evil.example/\""},
    {"iss without the slash", "iss", "\"https://authentik.company/application/o/argocd\"",
     JWT_BAD_ISS, "iss \"" ISSUER "\"", "iss \"https://authentik.company/application/o/argocd\""},
    {"iss missing", "iss", NULL, JWT_BAD_ISS, "iss \"" ISSUER "\"", "no iss"},
    {"iss a list", "iss", "[\"" ISSUER "\"]", JWT_BAD_ISS, NULL, NULL},
    {"aud of another", "aud", "\"grafana\"", JWT_BAD_AUD, "aud \"" AUDIENCE "\"",
     "aud \"grafana\""},
    {"aud longer", "aud", "\"" AUDIENCE "2\"", JWT_BAD_AUD, NULL, NULL},
    {"aud in other case", "aud", "\"Argocd-client\"", JWT_BAD_AUD, NULL, NULL},
    {"aud missing", "aud", NULL, JWT_BAD_AUD, "aud \"" AUDIENCE "\"", "no aud"},
    {"aud an empty list", "aud", "[]", JWT_BAD_AUD, NULL, "aud []"},
    {"aud a list with us", "aud", "[\"" AUDIENCE "\"]", JWT_OK, NULL, NULL},
    {"aud a list of others", "aud", "[\"a\",\"b\"]", JWT_BAD_AUD, NULL, "aud [\"a\",\"b\"]"},
    {"aud several without azp", "aud", "[\"a\",\"" AUDIENCE "\"]", JWT_BAD_AZP,
     "azp \"" AUDIENCE "\"", "no azp"},
    {"azp is us", "azp", "\"" AUDIENCE "\"", JWT_OK, NULL, NULL},
    {"azp is another", "azp", "\"grafana\"", JWT_BAD_AZP, "azp \"" AUDIENCE "\"",
     "azp \"grafana\""},
    {"exp a second ago", "exp", "1767225599", JWT_EXPIRED, "exp after 2026-01-01T00:00:00Z",
     "exp 2025-12-31T23:59:59Z"},
    {"exp this second", "exp", "1767225600", JWT_EXPIRED, NULL, NULL},
    {"exp the next second", "exp", "1767225601", JWT_OK, NULL, NULL},
    {"exp with a fraction", "exp", "1767225601.5", JWT_OK, NULL, NULL},
    {"exp missing", "exp", NULL, JWT_NO_EXP, "exp as a number", "no exp"},
    {"exp a text", "exp", "\"1767225601\"", JWT_NO_EXP, NULL, "exp \"1767225601\""},
    {"exp out of this world", "exp", "1e300", JWT_NO_EXP, NULL, NULL},
    {"nbf now", "nbf", "1767225600", JWT_OK, NULL, NULL},
    {"nbf the next second", "nbf", "1767225601", JWT_NOT_YET, "nbf not after 2026-01-01T00:00:00Z",
     "nbf 2026-01-01T00:00:01Z"},
    {"nbf a text", "nbf", "\"now\"", JWT_NOT_YET, "nbf as a number", NULL},
    {"iat the next second", "iat", "1767225601", JWT_IAT_FUTURE,
     "iat not after 2026-01-01T00:00:00Z", "iat 2026-01-01T00:00:01Z"},
    {"iat missing", "iat", NULL, JWT_NO_IAT, "iat as a number", "no iat"},
    {"iat null", "iat", "null", JWT_NO_IAT, NULL, "iat null"},
    {"nonce of another login", "nonce", "\"n-2\"", JWT_BAD_NONCE, "nonce \"n-1\"", "nonce \"n-2\""},
    {"nonce missing", "nonce", NULL, JWT_BAD_NONCE, "nonce \"n-1\"", "no nonce"},
    {"sub missing", "sub", NULL, JWT_NO_SUB, "sub as a non-empty string", "no sub"},
    {"sub empty", "sub", "\"\"", JWT_NO_SUB, NULL, "sub \"\""},
    {"sub a number", "sub", "5", JWT_NO_SUB, NULL, "sub 5"},
};

static void set_json(struct js *claims, const char *name, const char *json)
{
    js_remove(claims, name);
    if (json) {
        AUTO(xfree) char *text = xasprintf("[%s]", json);
        AUTO(js_free) struct js *list = NULL;
        assert_int_equal(js_parse(str_of(text), "claim", &list, NULL), 0);
        js_set(claims, name, js_ref(js_at(list, 0)));
    }
}

static void check_text(const char *name, const char *wanted, const char *text)
{
    if (wanted && strcmp(wanted, text) != 0) {
        fail_msg("%s: '%s' instead of '%s'", name, text, wanted);
    }
}

static void test_jwt_verify__each_claim_rule(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    struct jwt_rules rules = rules_for(jwks);
    for (size_t i = 0; i < TEST_COUNT(claim_rows); i++) {
        const struct claim_row *r = &claim_rows[i];
        AUTO(js_free) struct js *claims = good_claims();
        set_json(claims, r->claim, r->json);
        AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
        AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
        jwt_verify(token, &rules, &v);
        if (v.reason != r->reason) {
            fail_msg("%s: %s (%s / %s)", r->name, jwt_reason_name(v.reason), v.expected, v.actual);
        }
        check_text(r->name, r->expected, v.expected);
        check_text(r->name, r->actual, v.actual);
    }
}

static void test_jwt_verify__leeway_moves_every_time_rule(void **state)
{
    static const struct {
        const char *claim;
        int64_t value;
        int64_t leeway;
        enum jwt_reason reason;
    } rows[] = {
        {"exp", NOW - 9, 10, JWT_OK},  {"exp", NOW - 10, 10, JWT_EXPIRED},
        {"nbf", NOW + 10, 10, JWT_OK}, {"nbf", NOW + 11, 10, JWT_NOT_YET},
        {"iat", NOW + 10, 10, JWT_OK}, {"iat", NOW + 11, 10, JWT_IAT_FUTURE},
    };
    AUTO(js_free) struct js *jwks = good_jwks();
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(js_free) struct js *claims = good_claims();
        js_set(claims, rows[i].claim, js_int(rows[i].value));
        AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
        struct jwt_rules rules = rules_for(jwks);
        rules.leeway_s = rows[i].leeway;
        AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
        jwt_verify(token, &rules, &v);
        assert_int_equal(v.reason, rows[i].reason);
    }
}

static void test_jwt_verify__what_is_not_asked_is_not_checked(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    js_remove(claims, "iss");
    js_remove(claims, "aud");
    js_remove(claims, "nonce");
    AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
    struct jwt_rules rules = {.jwks = jwks, .now_s = NOW};
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, &rules, &v);
    assert_int_equal(v.reason, JWT_OK);
}

/* Rules about key and algorithm. key NULL = the client secret. */
static const struct key_row {
    const char *name;
    const char *key;
    enum jws_alg alg;
    const char *kid;
    const char *algs[4]; /* {NULL} = the default */
    const char *secret;
    enum jwt_reason reason;
    const char *expected;
    const char *actual;
} key_rows[] = {
    {"alg not allowed",
     "ec-p256-1",
     JWS_ES256,
     "two",
     {NULL},
     NULL,
     JWT_BAD_ALG,
     "alg RS256",
     "alg ES256"},
    {"alg allowed", "ec-p256-1", JWS_ES256, "two", {"ES256"}, NULL, JWT_OK, NULL, NULL},
    {"two algs allowed",
     "rsa-2048-1",
     JWS_RS512,
     "one",
     {"ES256", "RS256"},
     NULL,
     JWT_BAD_ALG,
     "alg ES256, RS256",
     "alg RS512"},
    {"HS256 by default",
     NULL,
     JWS_HS256,
     NULL,
     {NULL},
     SECRET,
     JWT_BAD_ALG,
     "alg RS256",
     "alg HS256"},
    {"HS256 allowed", NULL, JWS_HS256, NULL, {"HS256"}, SECRET, JWT_OK, NULL, NULL},
    {"HS256 without a secret",
     NULL,
     JWS_HS256,
     NULL,
     {"HS256"},
     NULL,
     JWT_NO_KEY,
     "a shared secret for an HMAC",
     "no secret is known"},
    {"HS256 with another secret",
     NULL,
     JWS_HS256,
     NULL,
     {"HS256"},
     SECRET "x",
     JWT_BAD_SIGNATURE,
     "an HMAC made with the shared secret",
     NULL},
    {"none", NULL, JWS_NONE, NULL, {NULL}, NULL, JWT_UNSECURED, "alg RS256", "alg none"},
    {"none although listed", NULL, JWS_NONE, NULL, {"none"}, NULL, JWT_UNSECURED, NULL, NULL},
    {"another key under our kid",
     "rsa-2048-2",
     JWS_RS256,
     "one",
     {NULL},
     NULL,
     JWT_BAD_SIGNATURE,
     "a signature of the key 'one'",
     "a signature that does not verify"},
    {"another key without kid",
     "rsa-2048-2",
     JWS_RS256,
     NULL,
     {NULL},
     NULL,
     JWT_BAD_SIGNATURE,
     "a signature of one of the 1 keys that fit",
     NULL},
    {"kid unknown",
     "rsa-2048-1",
     JWS_RS256,
     "three",
     {NULL},
     NULL,
     JWT_NO_KEY,
     "a key with kid 'three' for RS256",
     "'one' (RSA), 'two' (EC)"},
    {"kid of a key that does not fit",
     "rsa-2048-1",
     JWS_RS256,
     "two",
     {NULL},
     NULL,
     JWT_NO_KEY,
     "a key with kid 'two' for RS256",
     NULL},
};

static void test_jwt_verify__each_key_rule(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    for (size_t i = 0; i < TEST_COUNT(key_rows); i++) {
        const struct key_row *r = &key_rows[i];
        AUTO(xfree) char *token = sign(r->key, r->alg, r->kid, claims);
        struct jwt_rules rules = rules_for(jwks);
        rules.algs = r->algs[0] ? r->algs : NULL;
        rules.secret = r->secret;
        AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
        jwt_verify(token, &rules, &v);
        if (v.reason != r->reason) {
            fail_msg("%s: %s (%s / %s)", r->name, jwt_reason_name(v.reason), v.expected, v.actual);
        }
        check_text(r->name, r->expected, v.expected);
        check_text(r->name, r->actual, v.actual);
        assert_non_null(v.claims);
    }
}

/* HS256 with the public key as secret, against a verifier that allows both: no secret, no entry. */
static void test_jwt_verify__rejects_alg_confusion(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(xfree) char *pem = key_public_pem(rsa);
    AUTO(key_free) struct key *confused = key_from_secret(pem, strlen(pem));
    AUTO(xfree) char *token = NULL;
    static const char *const algs[] = {"RS256", "HS256", NULL};
    struct jwt_rules rules = rules_for(jwks);
    rules.algs = algs;
    assert_int_equal(jwt_sign(confused, JWS_HS256, NULL, "one", claims, &token, NULL), 0);
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, &rules, &v);
    assert_int_equal(v.reason, JWT_ALG_CONFUSION);
    assert_string_equal(v.actual, "HS256 for the kid of a key of kty RSA");
    rules.secret = SECRET;
    AUTO(jwt_verdict_deinit) struct jwt_verdict again = {0};
    jwt_verify(token, &rules, &again);
    assert_int_equal(again.reason, JWT_BAD_SIGNATURE);
    rules.secret = pem; /* a public key configured as if it were a secret */
    AUTO(jwt_verdict_deinit) struct jwt_verdict misled = {0};
    jwt_verify(token, &rules, &misled);
    assert_int_equal(misled.reason, JWT_ALG_CONFUSION);
}

/* RFC 7517 4.2, 4.4: a key for encryption or for another algorithm is no key for this token. */
static void test_jwt_verify__respects_use_and_alg_of_the_key(void **state)
{
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
    static const char *const rows[][2] = {{"use", "enc"}, {"alg", "RS512"}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(js_free) struct js *jwks = good_jwks();
        js_set_text(js_at(js_get(jwks, "keys"), 0), rows[i][0], rows[i][1]);
        struct jwt_rules rules = rules_for(jwks);
        AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
        jwt_verify(token, &rules, &v);
        assert_int_equal(v.reason, JWT_NO_KEY);
    }
}

static void test_jwt_verify__key_sets_without_keys(void **state)
{
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
    AUTO(js_free) struct js *empty = js_object();
    AUTO(js_free) struct js *no_keys = js_object();
    js_set(empty, "keys", js_array());
    const struct {
        const struct js *jwks;
        const char *actual;
    } rows[] = {
        {NULL, "no key set is known"},
        {empty, "an empty key set"},
        {no_keys, "a document without an array 'keys'"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct jwt_rules rules = rules_for(rows[i].jwks);
        AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
        jwt_verify(token, &rules, &v);
        assert_int_equal(v.reason, JWT_NO_KEY);
        assert_string_equal(v.actual, rows[i].actual);
    }
}

static void test_jwt_verify__rejects_tampered_payload_and_cut_signature(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
    js_set_text(claims, "sub", "mallory");
    AUTO(xfree) char *json = js_compact(claims);
    AUTO(xfree) char *payload = b64url_encode(json, strlen(json));
    AUTO(xfree)
    char *tampered =
        xasprintf("%.*s.%s%s", (int)strcspn(token, "."), token, payload, strrchr(token, '.'));
    struct jwt_rules rules = rules_for(jwks);
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(tampered, &rules, &v);
    assert_int_equal(v.reason, JWT_BAD_SIGNATURE);
    token[strlen(token) - 6] = '\0'; /* 342 characters are 256 bytes, 336 are 252 */
    AUTO(jwt_verdict_deinit) struct jwt_verdict cut = {0};
    jwt_verify(token, &rules, &cut);
    assert_int_equal(cut.reason, JWT_BAD_SIGNATURE);
    *(strrchr(token, '.') + 1) = '\0';
    AUTO(jwt_verdict_deinit) struct jwt_verdict stripped = {0};
    jwt_verify(token, &rules, &stripped);
    assert_int_equal(stripped.reason, JWT_BAD_SIGNATURE);
}

static const struct shape_row {
    const char *name;
    const char *token;
    enum jwt_reason reason;
} shape_rows[] = {
    {"empty", "", JWT_MALFORMED},
    {"two parts", "eyJhbGciOiJSUzI1NiJ9.e30", JWT_MALFORMED},
    {"five parts", "eyJhbGciOiJSUzI1NiJ9.a.b.c.d", JWT_ENCRYPTED},
    {"crit", "eyJhbGciOiJSUzI1NiIsImNyaXQiOltdfQ.e30.e30", JWT_CRITICAL_HEADER},
    {"payload no JSON", "eyJhbGciOiJSUzI1NiJ9.aGVsbG8.e30", JWT_MALFORMED},
    {"payload a list", "eyJhbGciOiJSUzI1NiJ9.W10.e30", JWT_MALFORMED},
    {"payload with a duplicate", "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxLCJhIjoyfQ.e30",
     JWT_DUPLICATE_MEMBER},
    {"header with a duplicate", "eyJhbGciOiJSUzI1NiIsImFsZyI6Im5vbmUifQ.e30.e30",
     JWT_DUPLICATE_MEMBER},
};

static void test_jwt_verify__shapes(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    struct jwt_rules rules = rules_for(jwks);
    for (size_t i = 0; i < TEST_COUNT(shape_rows); i++) {
        AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
        jwt_verify(shape_rows[i].token, &rules, &v);
        if (v.reason != shape_rows[i].reason || !v.expected[0] || !v.actual[0]) {
            fail_msg("%s: %s (%s / %s)", shape_rows[i].name, jwt_reason_name(v.reason), v.expected,
                     v.actual);
        }
    }
}

/* Long values are cut for the report, not beyond its field. */
static void test_jwt_verify__cuts_long_values(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(xfree) char *text = xcalloc(5000, 1);
    (void)memset(text, 'x', 4999);
    js_set_text(claims, "aud", text);
    AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "one", claims);
    struct jwt_rules rules = rules_for(jwks);
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, &rules, &v);
    assert_int_equal(v.reason, JWT_BAD_AUD);
    assert_int_equal(strlen(v.actual), sizeof v.actual - 1);
}

/* What an attacker writes into a header must not move the reader's cursor, nor break a character.
 */
static void test_jwt_verify__cleans_what_it_quotes(void **state)
{
    AUTO(js_free) struct js *jwks = good_jwks();
    AUTO(js_free) struct js *claims = good_claims();
    AUTO(xfree) char *token = sign("rsa-2048-1", JWS_RS256, "a\n\x1b[2Jb", claims);
    struct jwt_rules rules = rules_for(jwks);
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, &rules, &v);
    assert_string_equal(v.expected, "a key with kid 'a??[2Jb' for RS256");
    AUTO(xfree) char *text = xcalloc(600, 1);
    for (size_t i = 0; i < 299; i++) {
        (void)memcpy(text + 2 * i, "\xc3\xa9", 2);
    }
    js_set_text(claims, "aud", text);
    AUTO(xfree) char *long_aud = sign("rsa-2048-1", JWS_RS256, "one", claims);
    AUTO(jwt_verdict_deinit) struct jwt_verdict cut = {0};
    jwt_verify(long_aud, &rules, &cut);
    assert_int_equal(strlen(cut.actual), sizeof cut.actual - 1);
    assert_int_equal((unsigned char)cut.actual[sizeof cut.actual - 2], 0xa9);
    AUTO(xfree) char *shifted = xasprintf("x%s", text);
    js_set_text(claims, "iss", shifted);
    AUTO(xfree) char *odd = sign("rsa-2048-1", JWS_RS256, "one", claims);
    AUTO(jwt_verdict_deinit) struct jwt_verdict odd_cut = {0};
    jwt_verify(odd, &rules, &odd_cut);
    assert_int_equal(odd_cut.reason, JWT_BAD_ISS);
    assert_int_equal((unsigned char)odd_cut.actual[strlen(odd_cut.actual) - 1], 0xa9);
}

/* RFC 7519 3.1 with the key of RFC 7515 A.1. It has no iat, which an ID token needs. */
static void test_jwt_claims_unverified__rfc7519_3_1(void **state)
{
    AUTO(xfree) char *token = vector_text("rfc7519_3.1.jwt");
    AUTO(js_free) struct js *claims = jwt_claims_unverified(token);
    assert_string_equal(js_get_text(claims, "iss"), "joe");
    assert_true(js_get_bool(claims, "http://example.com/is_root", false));
    AUTO(xfree) char *unsecured = vector_text("rfc7519_6.1.jwt");
    AUTO(js_free) struct js *same = jwt_claims_unverified(unsecured);
    assert_true(js_equal(claims, same));
    assert_null(jwt_claims_unverified("a.b"));
    assert_null(jwt_claims_unverified("eyJhbGciOiJSUzI1NiJ9.W10.e30"));
}

static const struct half_row {
    enum jws_alg alg;
    const char *hash;
} half_rows[] = {
    {JWS_RS256, "VpTQii5T_8rgwxA-Wtb2Bw"},
    {JWS_ES384, "AzKOq95bWVDxjAKcy2yGAwrfulZCkcSh"},
    {JWS_EDDSA, "tl6nvuWJTxOqvhdJRqhFgY3pNboZRCBtpWThmv4nI8s"},
};

/* The vector of the go-oidc and Dex tests (dex.md 6.2), and the other sizes. */
static void test_jwt_half_hash__vectors(void **state)
{
    const char *token = "ya29.CjHSA1l5WUn8xZ6HanHFzzdHdbXm-14rxnC7JHch9eFIsZkQEGoWzaYG4o7k5f6BnPLj";
    AUTO(xfree) char *at_hash = jwt_half_hash(JWS_RS256, token);
    assert_string_equal(at_hash, "piwt8oCH-K2D9pXlaS1Y-w");
    for (size_t i = 0; i < TEST_COUNT(half_rows); i++) {
        AUTO(xfree) char *made = jwt_half_hash(half_rows[i].alg, "code");
        assert_string_equal(made, half_rows[i].hash);
    }
    assert_null(jwt_half_hash(JWS_NONE, token));
    assert_null(jwt_half_hash(JWS_ALG_MAX_, token));
}

static void test_jwt_reason_name__all_have_one(void **state)
{
    for (int i = 0; i < JWT_REASON_MAX_; i++) {
        assert_non_null(jwt_reason_name((enum jwt_reason)i));
    }
    assert_string_equal(jwt_reason_name(JWT_BAD_AUD), "bad-aud");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_jwt_verify__accepts),
    cmocka_unit_test(test_jwt_verify__accepts_without_kid),
    cmocka_unit_test(test_jwt_verify__each_claim_rule),
    cmocka_unit_test(test_jwt_verify__leeway_moves_every_time_rule),
    cmocka_unit_test(test_jwt_verify__what_is_not_asked_is_not_checked),
    cmocka_unit_test(test_jwt_verify__each_key_rule),
    cmocka_unit_test(test_jwt_verify__rejects_alg_confusion),
    cmocka_unit_test(test_jwt_verify__respects_use_and_alg_of_the_key),
    cmocka_unit_test(test_jwt_verify__key_sets_without_keys),
    cmocka_unit_test(test_jwt_verify__rejects_tampered_payload_and_cut_signature),
    cmocka_unit_test(test_jwt_verify__shapes),
    cmocka_unit_test(test_jwt_verify__cuts_long_values),
    cmocka_unit_test(test_jwt_verify__cleans_what_it_quotes),
    cmocka_unit_test(test_jwt_claims_unverified__rfc7519_3_1),
    cmocka_unit_test(test_jwt_half_hash__vectors),
    cmocka_unit_test(test_jwt_reason_name__all_have_one),
};

int main(void)
{
    return TEST_MAIN(tests);
}
