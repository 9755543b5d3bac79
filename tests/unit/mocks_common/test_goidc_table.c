/*
 * go-oidc's own test cases by their names (dex.md 8.5), and the orders of its older releases: a
 * token with several faults shows which check came first.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"
#include "mocks/common/goidc.h"
#include "tests/support/upstream.h"

#define JSON "application/json"
#define ISSUER "http://authentik.company/app/"
#define WELL_KNOWN "/app/.well-known/openid-configuration"
#define KEYS "/app/jwks/"
#define USERINFO "/userinfo/"
#define NOT_VERIFIED "failed to verify signature: failed to verify id token signature"

struct fixture {
    struct clock *clock;
    struct upstream *up;
    struct http_client *client;
    struct goidc *provider;
    struct js *result;
    struct err err;
};

static struct js *parse(const char *text)
{
    struct js *j = NULL;
    struct err err = {0};
    if (js_parse(str_of(text), "test", &j, &err) != 0)
        fail_msg("%s: %s", err.msg, text);
    return j;
}

/* The discovery document under a merge patch. */
static void say_discovery(struct fixture *f, const char *patch)
{
    AUTO(js_free) struct js *p = parse(patch);
    AUTO(js_free)
    struct js *doc =
        parse("{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"http://a/\","
              "\"token_endpoint\":\"http://a/\",\"jwks_uri\":\"http://authentik.company" KEYS
              "\",\"userinfo_endpoint\":\"http://authentik.company" USERINFO
              "\",\"id_token_signing_alg_values_supported\":[\"RS256\"]}");
    AUTO(js_free) struct js *patched = js_merge_patch(doc, p);
    AUTO(xfree) char *body = js_compact(patched);
    upstream_say(f->up, WELL_KNOWN, 200, JSON, body);
}

/* Names with a blank between; each is its own kid, or what stands behind its '='. */
static void say_keys(struct fixture *f, const char *names)
{
    AUTO(js_free) struct js *set = js_object();
    struct js *list = js_array();
    struct str rest = str_of(names);
    struct str one = {0};
    while (str_next(&rest, ' ', &one)) {
        AUTO(xfree) char *name = xstrndup(one.ptr, one.len);
        char *eq = strchr(name, '=');
        const char *kid = eq != NULL ? eq + 1 : name;
        AUTO(xfree) char *file = eq != NULL ? xstrndup(name, (size_t)(eq - name)) : xstrdup(name);
        AUTO(key_free) struct key *key = key_test(file);
        struct js *jwk = jwk_public(key);
        js_set_text(jwk, "kid", kid);
        js_append(list, jwk);
    }
    js_set(set, "keys", list);
    AUTO(xfree) char *body = js_compact(set);
    upstream_say(f->up, KEYS, 200, JSON, body);
}

static int discover(struct fixture *f, const char *issuer, const char *alias,
                    const struct goidc_dialect *dialect)
{
    f->provider = goidc_free(f->provider);
    f->err = (struct err){0};
    return goidc_new(f->client, issuer, NULL, alias, dialect, &f->provider, &f->err);
}

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->up = upstream_new(f->clock, "authentik.company");
    f->client = upstream_client(f->up, "dex", NULL);
    say_discovery(f, "{}");
    say_keys(f, "rsa-2048-1 ec-p256-1 ed25519-1");
    assert_int_equal(discover(f, ISSUER, NULL, NULL), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    goidc_free(f->provider);
    http_client_free(f->client);
    upstream_free(f->up);
    clock_free(f->clock);
    js_free(f->result);
    xfree(f);
    return 0;
}

/* A good token's claims under a merge patch. */
static char *signed_token(const char *key_name, enum jws_alg alg, const char *kid,
                          const char *patch)
{
    AUTO(js_free) struct js *p = parse(patch);
    AUTO(js_free)
    struct js *good = parse("{\"iss\":\"" ISSUER "\",\"sub\":\"alice\",\"aud\":\"cid\"}");
    AUTO(key_free)
    struct key *key = *key_name != '\0' ? key_test(key_name) : key_from_secret("secret", 6);
    char *token = NULL;
    struct err err = {0};
    js_set(good, "exp", js_int(CLOCK_START_S + 300));
    AUTO(js_free) struct js *claims = js_merge_patch(good, p);
    if (jwt_sign(key, alg, NULL, kid, claims, &token, &err) != 0)
        fail_msg("%s", err.msg);
    return token;
}

/* go-oidc's text, "" when it is accepted. */
static const char *verdict(struct fixture *f, const char *token)
{
    f->result = js_free(f->result);
    f->err = (struct err){0};
    int rc = goidc_verify(f->provider, token, "cid", f->clock, NULL, &f->result, &f->err);
    return rc == 0 ? "" : f->err.msg;
}

static void expect(const char *name, const char *seen, const char *wanted)
{
    if (strcmp(seen, wanted) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", name, seen, wanted);
}

/* ---- verify_test.go ---- */

struct verify_row {
    const char *name;
    const char *algs; /* that discovery names */
    const char *key;
    enum jws_alg alg;
    const char *claims; /* merge patch */
    const char *error;
};

#define RS "[\"RS256\"]"
#define RSA "rsa-2048-1", JWS_RS256
#define OTHER_ISSUER                                                                               \
    "oidc: id token issued by a different provider, expected \"" ISSUER "\" got \"https://bar\""
#define BAD_ALG(got_, expected_)                                                                   \
    "oidc: malformed jwt: unexpected signature algorithm \"" got_ "\"; expected [" expected_ "]"

static const struct verify_row verify_rows[] = {
    {"good token", RS, RSA, "{}", ""},
    {"good eddsa token", "[\"EdDSA\"]", "ed25519-1", JWS_EDDSA, "{}", ""},
    {"invalid issuer", RS, RSA, "{\"iss\":\"https://bar\"}", OTHER_ISSUER},
    {"invalid sig", RS, "rsa-2048-2", JWS_RS256, "{}", NOT_VERIFIED},
    {"google accounts without scheme", RS, RSA, "{\"iss\":\"accounts.google.com\"}",
     "oidc: id token issued by a different provider, expected \"" ISSUER
     "\" got \"accounts.google.com\""},
    {"expired token", RS, RSA, "{\"exp\":1767225540}",
     "oidc: token is expired (Token Expiry: 2025-12-31 23:59:00 +0000 UTC)"},
    {"unexpired token", RS, RSA, "{\"exp\":1767229200}", ""},
    {"expiry as float", RS, RSA, "{\"exp\":1.7672292E9}", ""},
    {"expiry as a text", RS, RSA, "{\"exp\":\"1.7672292E9\"}", ""},
    {"expiry with a fraction", RS, RSA, "{\"exp\":1767225600.5}",
     "oidc: token is expired (Token Expiry: 2026-01-01 00:00:00 +0000 UTC)"},
    {"expiry as a word", RS, RSA, "{\"exp\":\"soon\"}",
     "oidc: failed to unmarshal claims: json: invalid number literal, trying to unmarshal "
     "\"\\\"soon\\\"\" into Number"},
    {"nbf in future", RS, RSA, "{\"nbf\":1767229200}",
     "oidc: current time 2026-01-01 00:00:00 +0000 UTC before the nbf (not before) time: "
     "2026-01-01 01:00:00 +0000 UTC"},
    {"nbf in past", RS, RSA, "{\"nbf\":1767222000}", ""},
    {"nbf in future within clock skew tolerance", RS, RSA, "{\"nbf\":1767225630}", ""},
    {"good audience", RS, RSA, "{\"aud\":\"cid\"}", ""},
    {"mismatched audience", RS, RSA, "{\"aud\":\"client2\"}",
     "oidc: expected audience \"cid\" got [\"client2\"]"},
    {"multiple audiences, one matches", RS, RSA, "{\"aud\":[\"client2\",\"cid\"]}", ""},
    {"audience of another type", RS, RSA, "{\"aud\":7}",
     "oidc: failed to unmarshal claims: json: cannot unmarshal number into Go value of type "
     "[]string"},
    {"default signing alg", "[]", RSA, "{}", ""},
    {"bad signing alg", "[]", "", JWS_HS256, "{}", BAD_ALG("HS256", "\"RS256\"")},
    {"ecdsa signing", "[\"ES256\"]", "ec-p256-1", JWS_ES256, "{}", ""},
    {"eddsa signing", "[\"EdDSA\"]", "ed25519-1", JWS_EDDSA, "{}", ""},
    {"one of many supported", "[\"RS256\",\"ES256\"]", "ec-p256-1", JWS_ES256, "{}", ""},
    {"not in requiredAlgs", "[\"RS256\",\"ES512\"]", "ec-p256-1", JWS_ES256, "{}",
     BAD_ALG("ES256", "\"RS256\" \"ES512\"")},
    {"distributed claims: none", RS, RSA, "{\"_claim_names\":{},\"_claim_sources\":{}}", ""},
    {"distributed claims: one", RS, RSA,
     "{\"_claim_names\":{\"a\":\"s\"},\"_claim_sources\":{\"s\":{\"endpoint\":\"e\"}}}", ""},
    {"distributed claims: two on one source", RS, RSA,
     "{\"_claim_names\":{\"a\":\"s\",\"b\":\"s\"},\"_claim_sources\":{\"s\":{\"endpoint\":\"e\"}}}",
     ""},
    {"distributed claims: name without source", RS, RSA, "{\"_claim_names\":{\"a\":\"s\"}}",
     "oidc: source does not exist"},
    {"distributed claims: source without name", RS, RSA,
     "{\"_claim_sources\":{\"s\":{\"endpoint\":\"e\"}}}", ""},
    {"distributed claims: a source that is none", RS, RSA, "{\"_claim_sources\":{\"s\":1}}",
     "oidc: failed to unmarshal claims: json: cannot unmarshal number into Go struct field "
     "idToken._claim_sources of type oidc.claimSource"},
};

static void test_verify__rows(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(verify_rows); i++) {
        const struct verify_row *r = &verify_rows[i];
        AUTO(xfree)
        char *patch = xasprintf("{\"id_token_signing_alg_values_supported\":%s}", r->algs);
        say_discovery(f, patch);
        assert_int_equal(discover(f, ISSUER, NULL, NULL), 0);
        AUTO(xfree) char *token = signed_token(r->key, r->alg, r->key, r->claims);
        expect(r->name, verdict(f, token), r->error);
    }
}

static void test_verify__unsigned(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *token = signed_token(RSA, "rsa-2048-1", "{}");
    *strrchr(token, '.') = '\0';
    expect("unsigned token", verdict(f, token),
           "oidc: malformed jwt: go-jose/go-jose: compact JWS format must have three parts");
}

/* A client without an id cannot ask for its own audience. */
static void test_verify__no_client_id(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *token = signed_token(RSA, "rsa-2048-1", "{}");
    struct err err = {0};
    assert_int_equal(goidc_verify(f->provider, token, "", f->clock, NULL, &f->result, &err), -1);
    assert_string_equal(err.msg, "oidc: invalid configuration, clientID must be provided or "
                                 "SkipClientIDCheck must be set");
}

/* What encoding/json makes of claims that are written oddly: raw texts, signed as they are. */
struct raw_row {
    const char *name;
    const char *payload;
    const char *error;
};

#define GOOD_RAW "\"iss\":\"" ISSUER "\",\"aud\":\"cid\",\"exp\":1767229200"

static const struct raw_row raw_rows[] = {
    {"a member twice: the last one counts", "{\"aud\":\"x\"," GOOD_RAW "}", ""},
    {"a member twice: and not the first", "{" GOOD_RAW ",\"aud\":\"x\"}",
     "oidc: expected audience \"cid\" got [\"x\"]"},
    {"nothing", "null",
     "oidc: id token issued by a different provider, expected \"" ISSUER "\" got \"\""},
    {"no audience", "{" GOOD_RAW ",\"aud\":null}", "oidc: expected audience \"cid\" got [\"\"]"},
    {"no expiry", "{" GOOD_RAW ",\"exp\":null}",
     "oidc: failed to unmarshal claims: strconv.ParseFloat: parsing \"\": invalid syntax"},
    {"no nbf", "{" GOOD_RAW ",\"nbf\":null}", ""},
    {"the first of two errors", "{\"nonce\":1,\"sub\":{}," GOOD_RAW "}",
     "oidc: failed to unmarshal claims: json: cannot unmarshal number into Go struct field "
     "idToken.nonce of type string"},
    {"a list", "[]",
     "oidc: failed to unmarshal claims: json: cannot unmarshal array into Go value of type "
     "oidc.idToken"},
    {"no JSON", "{,}",
     "oidc: failed to unmarshal claims: invalid character ',' looking for beginning of object key "
     "string"},
};

static char *sign_raw(const char *header_json, const char *payload)
{
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(js_free) struct js *header = parse(header_json);
    char *token = NULL;
    struct err err = {0};
    if (jws_sign(key, JWS_RS256, header, str_of(payload), &token, &err) != 0)
        fail_msg("%s", err.msg);
    return token;
}

static void test_verify__written_oddly(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(raw_rows); i++) {
        AUTO(xfree) char *token = sign_raw("{\"alg\":\"RS256\"}", raw_rows[i].payload);
        expect(raw_rows[i].name, verdict(f, token), raw_rows[i].error);
    }
}

static const struct raw_row header_rows[] = {
    {"plain", "{\"alg\":\"RS256\"}", ""},
    {"kid is a number", "{\"alg\":\"RS256\",\"kid\":7}",
     "oidc: malformed jwt: failed to unmarshal key ID: json: cannot unmarshal number into Go value "
     "of type string: \"7\""},
    {"no alg", "{\"kid\":\"x\"}", BAD_ALG("", "\"RS256\"")},
    {"a list", "[]",
     "oidc: malformed jwt: json: cannot unmarshal array into Go value of type jose.rawHeader"},
    {"something critical", "{\"alg\":\"RS256\",\"crit\":[\"x\"],\"x\":1}", NOT_VERIFIED},
    {"b64 is known to be critical", "{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":true}", ""},
    {"nothing critical", "{\"alg\":\"RS256\",\"crit\":[]}", ""},
};

static void test_verify__headers(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(header_rows); i++) {
        AUTO(xfree) char *token = sign_raw(header_rows[i].payload, "{" GOOD_RAW "}");
        expect(header_rows[i].name, verdict(f, token), header_rows[i].error);
    }
}

/* go-jose's own JSON reader refuses what encoding/json takes. */
static void test_verify__header_member_twice(void **state)
{
    struct fixture *f = *state;
    static const char header[] = "{\"alg\":\"RS256\",\"alg\":\"RS256\"}";
    AUTO(xfree) char *header_b64 = b64url_encode(header, strlen(header));
    AUTO(xfree) char *token = xasprintf("%s.e30.AA", header_b64);
    expect("twice", verdict(f, token), "oidc: malformed jwt: json: duplicate key 'alg' in object");
}

/* White space is dropped, and bits beyond the last byte do not matter. */
static void test_verify__lenient_forms(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *token = signed_token(RSA, "rsa-2048-1", "{}");
    AUTO(xfree) char *spaced = xasprintf(" %s\n", token);
    expect("white space", verdict(f, spaced), "");
    char *last = token + strlen(token) - 1; /* 256 bytes: the last digit holds two of six bits */
    static const char digits[] = "AQgw";
    assert_non_null(strchr(digits, *last));
    (*last)++;
    expect("stray bits", verdict(f, token), "");
    *last = *last == 'B' ? 'Q' : 'A';
    expect("another byte", verdict(f, token), NOT_VERIFIED);
}

/* ---- the orders ---- */

static const struct goidc_dialect newest = {0};
static const struct goidc_dialect claims_first = {.claims_first = true, .old_issuer = true};
static const struct goidc_dialect parse_first = {.claims_first = true,
                                                 .parse_first = true,
                                                 .old_issuer = true,
                                                 .alg_by_go_oidc = true,
                                                 .square = true,
                                                 .old_key_text = true,
                                                 .nbf_leeway_s = 60};

struct order_row {
    const char *name;
    const char *token; /* NULL: signed with `key` */
    const char *key;
    const char *claims;
    const char *of_newest;
    const char *of_claims_first;
    const char *of_parse_first;
    size_t fetched_by_old; /* JWKS requests of claims_first; the newest asks whenever it parses */
};

#define WRONG_AUDIENCE "oidc: expected audience \"cid\" got [\"x\"]"
#define PARTS(jose_) "oidc: malformed jwt: " jose_ ": compact JWS format must have three parts"

static const struct order_row order_rows[] = {
    {"wrong signature and audience", NULL, "rsa-2048-2", "{\"aud\":\"x\"}", NOT_VERIFIED,
     WRONG_AUDIENCE, WRONG_AUDIENCE, 0},
    {"wrong signature", NULL, "rsa-2048-2", "{}", NOT_VERIFIED, NOT_VERIFIED, NOT_VERIFIED, 1},
    {"wrong algorithm and audience", NULL, "", "{\"aud\":\"x\"}", BAD_ALG("HS256", "\"RS256\""),
     WRONG_AUDIENCE, WRONG_AUDIENCE, 0},
    {"wrong algorithm", NULL, "", "{}", BAD_ALG("HS256", "\"RS256\""),
     BAD_ALG("HS256", "\"RS256\""),
     "oidc: id token signed with unsupported algorithm, expected [\"RS256\"] got \"HS256\"", 0},
    {"one part", "x", NULL, NULL, PARTS("go-jose/go-jose"),
     "oidc: malformed jwt: oidc: malformed jwt, expected 3 parts got 1", PARTS("square/go-jose"),
     0},
    {"two parts with bad claims", "e30.e30", NULL, NULL, PARTS("go-jose/go-jose"),
     "oidc: id token issued by a different provider, expected \"" ISSUER "\" got \"\"",
     PARTS("square/go-jose"), 0},
    {"payload is no base64", "eyJhbGciOiJSUzI1NiJ9.*.AA", NULL, NULL,
     "oidc: malformed jwt: illegal base64 data at input byte 0",
     "oidc: malformed jwt: oidc: malformed jwt payload: illegal base64 data at input byte 0",
     "oidc: malformed jwt: illegal base64 data at input byte 0", 0},
    {"encrypted", "eyJhbGciOiJSU0EifQ.AAAA.AA.AA.AA", NULL, NULL, PARTS("go-jose/go-jose"),
     "oidc: failed to unmarshal claims: invalid character '\\x00' looking for beginning of value",
     PARTS("square/go-jose"), 0},
    {"two minutes early", NULL, "rsa-2048-1", "{\"nbf\":1767225720}", "", "",
     "oidc: current time 2026-01-01 00:00:00 +0000 UTC before the nbf (not before) time: "
     "2026-01-01 00:02:00 +0000 UTC",
     1},
    {"good", NULL, "rsa-2048-1", "{}", "", "", "", 1},
};

static void test_order__rows(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(order_rows); i++) {
        const struct order_row *r = &order_rows[i];
        AUTO(xfree)
        char *token = r->token != NULL
                          ? xstrdup(r->token)
                          : signed_token(r->key, *r->key != '\0' ? JWS_RS256 : JWS_HS256,
                                         "rsa-2048-1", r->claims);
        assert_int_equal(discover(f, ISSUER, NULL, &newest), 0);
        expect(r->name, verdict(f, token), r->of_newest);
        assert_int_equal(discover(f, ISSUER, NULL, &parse_first), 0);
        expect(r->name, verdict(f, token), r->of_parse_first);
        assert_int_equal(discover(f, ISSUER, NULL, &claims_first), 0);
        size_t before = upstream_hits(f->up, KEYS);
        expect(r->name, verdict(f, token), r->of_claims_first);
        assert_int_equal(upstream_hits(f->up, KEYS) - before, r->fetched_by_old);
    }
}

/* ---- the JSON form of a JWS ---- */

/* header.payload.signature as RFC 7515 7.2.2, with `more` members; caller frees. */
static char *as_json(const char *token, const char *more)
{
    struct str rest = str_of(token);
    struct str part[3] = {{0}};
    for (size_t i = 0; i < 3; i++)
        str_next(&rest, '.', &part[i]);
    return xasprintf("{%s\"protected\":\"%.*s\",\"payload\":\"%.*s\",\"signature\":\"%.*s\"}", more,
                     (int)part[0].len, part[0].ptr, (int)part[1].len, part[1].ptr, (int)part[2].len,
                     part[2].ptr);
}

static void test_json_form__is_a_token_since_the_signature_comes_first(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *token = signed_token(RSA, "rsa-2048-1", "{}");
    AUTO(xfree) char *bad = signed_token("rsa-2048-2", JWS_RS256, "rsa-2048-1", "{}");
    AUTO(xfree) char *flat = as_json(token, "");
    AUTO(xfree) char *bad_flat = as_json(bad, "");
    expect("flattened", verdict(f, flat), "");
    assert_string_equal(js_get_text(f->result, "sub"), "alice");
    expect("flattened, wrong key", verdict(f, bad_flat), NOT_VERIFIED);
    expect("no payload", verdict(f, "{\"protected\":\"e30\"}"),
           "oidc: malformed jwt: go-jose/go-jose: missing payload in JWS message");
    expect("several",
           verdict(f, "{\"payload\":\"e30\",\"signatures\":[{\"protected\":"
                      "\"eyJhbGciOiJSUzI1NiJ9\",\"signature\":\"AA\"},{\"protected\":"
                      "\"eyJhbGciOiJSUzI1NiJ9\",\"signature\":\"AA\"}]}"),
           "oidc: multiple signatures on id token not supported");
    assert_int_equal(discover(f, ISSUER, NULL, &claims_first), 0);
    expect("flattened, claims first", verdict(f, flat),
           "oidc: malformed jwt: oidc: malformed jwt, expected 3 parts got 1");
}

/* Claims that nobody signed stand between two dots of another member. */
static void test_json_form__two_payloads(void **state)
{
    struct fixture *f = *state;
    static const char forged[] =
        "{\"iss\":\"" ISSUER "\",\"sub\":\"admin\",\"aud\":\"cid\",\"exp\":1767229200}";
    AUTO(xfree) char *token = signed_token(RSA, "rsa-2048-1", "{}");
    AUTO(xfree) char *b64 = b64url_encode(forged, strlen(forged));
    AUTO(xfree) char *more = xasprintf("\"x\":\".%s.\",", b64);
    AUTO(xfree) char *text = as_json(token, more);
    assert_int_equal(discover(f, ISSUER, NULL, &claims_first), 0);
    expect("two payloads", verdict(f, text),
           "oidc: internal error, payload parsed did not match previous payload");
    assert_int_equal(discover(f, ISSUER, NULL, &newest), 0);
    expect("two payloads, signature first", verdict(f, text), "");
    assert_string_equal(js_get_text(f->result, "sub"), "alice"); /* the signed one */
}

/* ---- jwks_test.go ---- */

struct keys_row {
    const char *name;
    const char *keys;
    const char *key;
    enum jws_alg alg;
    const char *kid;
    const char *error;
};

static const struct keys_row keys_rows[] = {
    {"RSAVerify", "rsa-2048-1", RSA, "rsa-2048-1", ""},
    {"ECDSAVerify", "ec-p256-1", "ec-p256-1", JWS_ES256, "ec-p256-1", ""},
    {"EdDSAVerify", "ed25519-1", "ed25519-1", JWS_EDDSA, "ed25519-1", ""},
    {"MultipleKeysVerify", "rsa-2048-2 rsa-2048-1", RSA, "rsa-2048-1", ""},
    {"MultipleKeysVerify without kid", "rsa-2048-2 rsa-2048-1", RSA, NULL, ""},
    {"MismatchedKeyID", "rsa-2048-1=other", RSA, "rsa-2048-1", NOT_VERIFIED},
    {"the kid's key is another", "rsa-2048-2=rsa-2048-1", RSA, "rsa-2048-1", NOT_VERIFIED},
};

static void test_keys__rows(void **state)
{
    struct fixture *f = *state;
    say_discovery(f, "{\"id_token_signing_alg_values_supported\":[\"RS256\",\"ES256\",\"EdDSA\"]}");
    for (size_t i = 0; i < TEST_COUNT(keys_rows); i++) {
        const struct keys_row *r = &keys_rows[i];
        say_keys(f, r->keys);
        assert_int_equal(discover(f, ISSUER, NULL, NULL), 0);
        AUTO(xfree) char *token = signed_token(r->key, r->alg, r->kid, "{}");
        expect(r->name, verdict(f, token), r->error);
    }
}

static void test_keys__rotation(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *first = signed_token(RSA, "rsa-2048-1", "{}");
    AUTO(xfree) char *second = signed_token("rsa-2048-2", JWS_RS256, "rsa-2048-2", "{}");
    expect("TestRotation: key1", verdict(f, first), "");
    expect("TestRotation: key2 unknown", verdict(f, second), NOT_VERIFIED);
    say_keys(f, "rsa-2048-1 rsa-2048-2");
    size_t before = upstream_hits(f->up, KEYS);
    expect("TestRotation: key2 added", verdict(f, second), "");
    assert_int_equal(upstream_hits(f->up, KEYS) - before, 1);
    upstream_say(f->up, KEYS, 500, "text/plain", "down");
    expect("TestRotation: server down", verdict(f, first), "");
    expect("TestRotation: server down", verdict(f, second), "");
}

static void test_keys__unreachable(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *token = signed_token(RSA, "rsa-2048-1", "{}");
    upstream_stop(f->up);
    const char *seen = verdict(f, token);
    assert_true(cstr_starts(seen, "failed to verify signature: fetching keys oidc: get keys failed "
                                  "Get \"http://authentik.company" KEYS "\": dial tcp 127.0.0.1:"));
}

#define THREADS 8

struct caller {
    pthread_t thread;
    struct fixture *f;
    const char *token;
    int rc;
    struct err err;
};

static void *verify_once(void *arg)
{
    struct caller *c = arg;
    struct js *claims = NULL;
    c->rc = goidc_verify(c->f->provider, c->token, "cid", c->f->clock, NULL, &claims, &c->err);
    js_free(claims);
    return NULL;
}

static void verify_together(struct fixture *f, const char *token, struct caller *callers)
{
    for (size_t i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.f = f, .token = token};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, verify_once, &callers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
}

/* Who waits for a request takes what comes of it, keys or an error. */
static void test_keys__many_at_once(void **state)
{
    struct fixture *f = *state;
    struct caller callers[THREADS];
    AUTO(xfree) char *token = signed_token(RSA, "rsa-2048-1", "{}");
    upstream_say(f->up, KEYS, 500, "text/plain", "oops");
    verify_together(f, token, callers);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(callers[i].rc, -1);
        assert_string_equal(callers[i].err.msg, "failed to verify signature: fetching keys oidc: "
                                                "get keys failed: 500 Internal Server Error oops");
    }
    say_keys(f, "rsa-2048-1");
    verify_together(f, token, callers);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(callers[i].rc, 0);
}

/* ---- oidc_test.go ---- */

struct provider_row {
    const char *name;
    const char *document; /* merge patch */
    const char *issuer;
    const char *alias;
    const char *error;     /* of the discovery */
    const char *algorithm; /* what a bad one is said to be expected as */
};

#define MISMATCH(given_, got_)                                                                     \
    "oidc: issuer URL provided to client (\"" given_                                               \
    "\") did not match the issuer URL returned by provider (\"" got_ "\")"

static const struct provider_row provider_rows[] = {
    {"basic_case", "{}", ISSUER, NULL, "", "\"RS256\""},
    {"additional_algorithms",
     "{\"id_token_signing_alg_values_supported\":[\"RS256\",\"RS384\",\"ES256\"]}", ISSUER, NULL,
     "", "\"RS256\" \"RS384\" \"ES256\""},
    {"unsupported_algorithms",
     "{\"id_token_signing_alg_values_supported\":[\"HS256\",\"RS384\",\"none\"]}", ISSUER, NULL, "",
     "\"RS384\""},
    {"algorithms of another type", "{\"id_token_signing_alg_values_supported\":\"RS256\"}", ISSUER,
     NULL,
     "oidc: failed to decode provider discovery object: got Content-Type = application/json, but "
     "could not unmarshal as JSON: json: cannot unmarshal string into Go struct field "
     "providerJSON.id_token_signing_alg_values_supported of type []string",
     ""},
    {"mismatched_issuer", "{\"issuer\":\"https://example.com\"}", ISSUER, NULL,
     MISMATCH(ISSUER, "https://example.com"), ""},
    {"mismatched_issuer_discovery_override", "{\"issuer\":\"https://example.com\"}", ISSUER,
     "https://example.com", "", "\"RS256\""},
    {"issuer_with_trailing_slash", "{\"issuer\":\"http://authentik.company/app\"}", ISSUER, NULL,
     MISMATCH(ISSUER, "http://authentik.company/app"), ""},
    {"google", "{\"issuer\":\"" ISSUER "\",\"revocation_endpoint\":\"https://g/revoke\"}", ISSUER,
     NULL, "", "\"RS256\""},
};

static void test_provider__rows(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *token = signed_token("", JWS_HS256, NULL, "{}");
    for (size_t i = 0; i < TEST_COUNT(provider_rows); i++) {
        const struct provider_row *r = &provider_rows[i];
        say_discovery(f, r->document);
        int rc = discover(f, r->issuer, r->alias, NULL);
        expect(r->name, rc == 0 ? "" : f->err.msg, r->error);
        if (rc != 0)
            continue;
        AUTO(xfree)
        char *wanted = xasprintf("oidc: malformed jwt: unexpected signature algorithm \"HS256\"; "
                                 "expected [%s]",
                                 r->algorithm);
        expect(r->name, verdict(f, token), wanted);
    }
}

struct userinfo_row {
    const char *name;
    const char *content_type;
    const char *body; /* NULL: signed by `key` */
    const char *key;
    enum jws_alg alg;
    const char *error;
};

static const struct userinfo_row userinfo_rows[] = {
    {"basic json userinfo", JSON, "{\"sub\":\"1234567890\",\"email_verified\":true}", NULL, 0, ""},
    {"signed jwt userinfo", "application/jwt", NULL, RSA, ""},
    {"signed jwt userinfo, content-type with charset", "application/jwt; charset=ISO-8859-1", NULL,
     RSA, ""},
    {"signed by another", "application/jwt", NULL, "rsa-2048-2", JWS_RS256,
     "oidc: invalid userinfo jwt signature failed to verify id token signature"},
    {"signed with a secret", "application/jwt", NULL, "", JWS_HS256,
     "oidc: invalid userinfo jwt signature oidc: malformed jwt: unexpected signature algorithm "
     "\"HS256\"; expected [\"RS256\" \"RS384\" \"RS512\" \"ES256\" \"ES384\" \"ES512\" \"PS256\" "
     "\"PS384\" \"PS512\" \"EdDSA\"]"},
    {"basic json userinfo - unverified email as string", JSON, "{\"email_verified\":\"false\"}",
     NULL, 0, ""},
    {"basic json userinfo - verified email as string", JSON, "{\"email_verified\":\"true\"}", NULL,
     0, ""},
    {"another text", JSON, "{\"email_verified\":\"yes\"}", NULL, 0,
     "oidc: failed to decode userinfo: invalid value for boolean"},
    {"null is none either", JSON, "{\"email_verified\":null}", NULL, 0,
     "oidc: failed to decode userinfo: invalid value for boolean"},
    {"sub is a number", JSON, "{\"sub\":7}", NULL, 0,
     "oidc: failed to decode userinfo: json: cannot unmarshal number into Go struct field "
     "userInfoRaw.sub of type string"},
    {"no JSON", "text/html", "<html>", NULL, 0,
     "oidc: failed to decode userinfo: invalid character '<' looking for beginning of value"},
};

static void test_userinfo__rows(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(userinfo_rows); i++) {
        const struct userinfo_row *r = &userinfo_rows[i];
        AUTO(xfree)
        char *body =
            r->body != NULL ? xstrdup(r->body) : signed_token(r->key, r->alg, "rsa-2048-1", "{}");
        upstream_say(f->up, USERINFO, 200, r->content_type, body);
        f->result = js_free(f->result);
        f->err = (struct err){0};
        int rc = goidc_userinfo(f->provider, NULL, "at", &f->result, &f->err);
        expect(r->name, rc == 0 ? "" : f->err.msg, r->error);
    }
}

static void test_userinfo__schemes(void **state)
{
    static const char *const schemes[][2] = {
        {NULL, "Bearer at"}, {"", "Bearer at"},     {"bearer", "Bearer at"},
        {"mac", "MAC at"},   {"BASIC", "Basic at"}, {"DPoP", "DPoP at"},
    };
    struct fixture *f = *state;
    upstream_say(f->up, USERINFO, 200, JSON, "{}");
    for (size_t i = 0; i < TEST_COUNT(schemes); i++) {
        f->result = js_free(f->result);
        assert_int_equal(goidc_userinfo(f->provider, schemes[i][0], "at", &f->result, NULL), 0);
        AUTO(xfree) char *seen = upstream_last_authorization(f->up, USERINFO);
        assert_string_equal(seen, schemes[i][1]);
    }
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_verify__rows),
        TEST(test_verify__unsigned),
        TEST(test_verify__no_client_id),
        TEST(test_verify__written_oddly),
        TEST(test_verify__headers),
        TEST(test_verify__header_member_twice),
        TEST(test_verify__lenient_forms),
        TEST(test_order__rows),
        TEST(test_json_form__is_a_token_since_the_signature_comes_first),
        TEST(test_json_form__two_payloads),
        TEST(test_keys__rows),
        TEST(test_keys__rotation),
        TEST(test_keys__unreachable),
        TEST(test_keys__many_at_once),
        TEST(test_provider__rows),
        TEST(test_userinfo__rows),
        TEST(test_userinfo__schemes),
    };
    return TEST_MAIN(tests);
}
