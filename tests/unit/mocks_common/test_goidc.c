/*
 * go-oidc's discovery, key cache and verification against a scripted provider: the literals and the
 * order of dex.md 5, and its test cases of dex.md 8.5.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"
#include "mocks/common/goidc.h"
#include "tests/support/upstream.h"

#define JSON "application/json"
#define WELL_KNOWN "/app/.well-known/openid-configuration"
#define KEYS "/app/jwks/"

struct fixture {
    struct clock *clock;
    struct upstream *up;
    struct http_client *client;
    struct goidc *provider;
    char *issuer;
    struct js *claims; /* of the next token */
    struct js *result;
    struct err err;
};

static void say_discovery(struct fixture *f, const char *algs_json)
{
    const char *o = upstream_origin(f->up);
    AUTO(xfree)
    char *doc = xasprintf("{\"issuer\":\"%s\",\"token_endpoint\":\"%s/token/"
                          "\",\"authorization_endpoint\":\"%s/auth/\","
                          "\"jwks_uri\":\"%s/app/jwks/\",\"userinfo_endpoint\":\"%s/userinfo/\","
                          "\"id_token_signing_alg_values_supported\":%s}",
                          f->issuer, o, o, o, o, algs_json);
    upstream_say(f->up, WELL_KNOWN, 200, JSON, doc);
}

/* The key set: one key a name, kid = name ("name=kid" gives another). */
static void say_keys(struct fixture *f, const char *const *names)
{
    AUTO(js_free) struct js *set = js_object();
    struct js *list = js_array();
    for (const char *const *n = names; *n != NULL; n++) {
        const char *eq = strchr(*n, '=');
        AUTO(xfree) char *name = eq != NULL ? xstrndup(*n, (size_t)(eq - *n)) : xstrdup(*n);
        AUTO(key_free) struct key *key = key_test(name);
        struct js *jwk = jwk_public(key);
        js_set_text(jwk, "kid", eq != NULL ? eq + 1 : *n);
        js_append(list, jwk);
    }
    js_set(set, "keys", list);
    AUTO(xfree) char *body = js_compact(set);
    upstream_say(f->up, KEYS, 200, JSON, body);
}

static int discover(struct fixture *f, const char *issuer, const char *alias)
{
    f->provider = goidc_free(f->provider);
    f->err = (struct err){0};
    return goidc_new(f->client, issuer, NULL, alias, NULL, &f->provider, &f->err);
}

static int set_up(void **state)
{
    static const char *const names[] = {"rsa-2048-1", "ec-p256-1", "ed25519-1", NULL};
    struct fixture *f = xcalloc(1, sizeof *f);
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->up = upstream_new(f->clock, "authentik.company");
    f->client = upstream_client(f->up, "dex", NULL);
    f->issuer = xasprintf("%s/app/", upstream_origin(f->up));
    f->claims = js_object();
    js_set_text(f->claims, "iss", f->issuer);
    js_set_text(f->claims, "sub", "alice");
    js_set_text(f->claims, "aud", "cid");
    js_set(f->claims, "exp", js_int(CLOCK_START_S + 300));
    say_discovery(f, "[\"RS256\"]");
    say_keys(f, names);
    assert_int_equal(discover(f, f->issuer, NULL), 0);
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
    js_free(f->claims);
    js_free(f->result);
    xfree(f->issuer);
    xfree(f);
    return 0;
}

static int verify_text(struct fixture *f, const char *token, const struct goidc_skip *skip)
{
    f->result = js_free(f->result);
    f->err = (struct err){0};
    return goidc_verify(f->provider, token, "cid", f->clock, skip, &f->result, &f->err);
}

static int verify_skip(struct fixture *f, const char *key_name, enum jws_alg alg, const char *kid,
                       const struct goidc_skip *skip)
{
    AUTO(key_free)
    struct key *key = key_name != NULL ? key_test(key_name) : key_from_secret("secret", 6);
    AUTO(xfree) char *token = NULL;
    struct err err = {0};
    if (jwt_sign(key, alg, NULL, kid, f->claims, &token, &err) != 0)
        fail_msg("%s", err.msg);
    return verify_text(f, token, skip);
}

static int verify(struct fixture *f, const char *key_name, enum jws_alg alg, const char *kid)
{
    return verify_skip(f, key_name, alg, kid, NULL);
}

static int verify_good(struct fixture *f)
{
    return verify(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1");
}

/* ---- discovery ---- */

static void test_discovery__trailing_slash_is_part_of_the_issuer(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *bare = xstrndup(f->issuer, strlen(f->issuer) - 1);
    AUTO(xfree)
    char *expected = xasprintf(
        "oidc: issuer URL provided to client (\"%s\") did not match the issuer URL returned by "
        "provider (\"%s\")",
        bare, f->issuer);
    assert_int_equal(discover(f, bare, NULL), -1);
    assert_string_equal(f->err.msg, expected);
}

static void test_discovery__alias_skips_the_comparison(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *bare = xstrndup(f->issuer, strlen(f->issuer) - 1);
    assert_int_equal(discover(f, bare, "https://alias"), 0);
    assert_int_equal(verify_good(f), -1);
    assert_true(cstr_contains(f->err.msg, "expected \"https://alias\" got"));
    js_set_text(f->claims, "iss", "https://alias");
    assert_int_equal(verify_good(f), 0);
}

struct row {
    int status;
    const char *content_type;
    const char *body;
    const char *error;
};

static const struct row bad_discoveries[] = {
    {404, "text/plain", "nope", "404 Not Found: nope"},
    {500, "text/plain", "boom", "500 Internal Server Error: boom"},
    {200, "text/html; charset=utf-8", "<html>",
     "oidc: failed to decode provider discovery object: expected Content-Type = application/json, "
     "got \"text/html; charset=utf-8\": invalid character '<' looking for beginning of value"},
    {200, JSON, "{",
     "oidc: failed to decode provider discovery object: got Content-Type = application/json, but "
     "could not unmarshal as JSON: unexpected end of JSON input"},
    {0, NULL, NULL, NULL},
};

static void test_discovery__refusals(void **state)
{
    struct fixture *f = *state;
    for (const struct row *r = bad_discoveries; r->body != NULL; r++) {
        upstream_say(f->up, WELL_KNOWN, r->status, r->content_type, r->body);
        assert_int_equal(discover(f, f->issuer, NULL), -1);
        assert_string_equal(f->err.msg, r->error);
    }
}

static void test_discovery__any_content_type_with_valid_json(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *doc = xasprintf("{\"issuer\":\"%s\"}", f->issuer);
    upstream_say(f->up, WELL_KNOWN, 200, "text/html", doc);
    assert_int_equal(discover(f, f->issuer, NULL), 0);
    assert_string_equal(goidc_token_url(f->provider), "");
}

static void test_discovery__follows_redirects(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *doc = xasprintf("{\"issuer\":\"%s\"}", f->issuer);
    upstream_redirect(f->up, WELL_KNOWN, 302, "/moved");
    upstream_say(f->up, "/moved", 200, JSON, doc);
    assert_int_equal(discover(f, f->issuer, NULL), 0);
}

static void test_discovery__nobody_there(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree)
    char *start = xasprintf("Get \"%s.well-known/openid-configuration\": dial tcp "
                            "127.0.0.1:",
                            f->issuer);
    upstream_stop(f->up);
    assert_int_equal(discover(f, f->issuer, NULL), -1);
    assert_true(cstr_starts(f->err.msg, start));
    assert_true(str_ends(str_of(f->err.msg), ": connect: connection refused"));
}

static void test_discovery__origin_rewritten_path_kept(void **state)
{
    struct fixture *f = *state;
    f->provider = goidc_free(f->provider);
    AUTO(xfree)
    char *doc = xstrdup("{\"issuer\":\"https://public.company/app/\",\"jwks_uri\":"
                        "\"https://public.company/app/jwks/\"}");
    upstream_say(f->up, WELL_KNOWN, 200, JSON, doc);
    assert_int_equal(goidc_new(f->client, "https://public.company/app/", upstream_origin(f->up),
                               NULL, NULL, &f->provider, &f->err),
                     0);
    js_set_text(f->claims, "iss", "https://public.company/app/");
    assert_int_equal(verify_good(f), 0);
}

/* ---- signature and algorithm ---- */

static void test_verify__good(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify_good(f), 0);
    assert_string_equal(js_get_text(f->result, "sub"), "alice");
}

static void test_verify__hs256_is_refused_before_any_key_is_fetched(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify(f, NULL, JWS_HS256, NULL), -1);
    assert_string_equal(
        f->err.msg,
        "oidc: malformed jwt: unexpected signature algorithm \"HS256\"; expected [\"RS256\"]");
    assert_int_equal(upstream_hits(f->up, KEYS), 0);
}

static void test_verify__alg_none(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify(f, "rsa-2048-1", JWS_NONE, NULL), -1);
    assert_string_equal(
        f->err.msg,
        "oidc: malformed jwt: unexpected signature algorithm \"none\"; expected [\"RS256\"]");
}

static void test_verify__only_advertised_algorithms(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify(f, "ec-p256-1", JWS_ES256, "ec-p256-1"), -1);
    say_discovery(f, "[\"HS256\",\"none\",\"ES256\",\"EdDSA\"]");
    assert_int_equal(discover(f, f->issuer, NULL), 0);
    assert_int_equal(verify(f, "ec-p256-1", JWS_ES256, "ec-p256-1"), 0);
    assert_int_equal(verify(f, "ed25519-1", JWS_EDDSA, "ed25519-1"), 0);
    assert_int_equal(verify_good(f), -1);
    assert_string_equal(f->err.msg, "oidc: malformed jwt: unexpected signature algorithm "
                                    "\"RS256\"; expected [\"ES256\" \"EdDSA\"]");
    assert_int_equal(verify(f, NULL, JWS_HS256, NULL), -1); /* advertised, and still never */
}

static void test_verify__nothing_usable_advertised_means_rs256(void **state)
{
    struct fixture *f = *state;
    say_discovery(f, "[\"HS256\"]");
    assert_int_equal(discover(f, f->issuer, NULL), 0);
    assert_int_equal(verify_good(f), 0);
}

static void test_verify__overridden_endpoints_take_algorithms_unfiltered(void **state)
{
    struct fixture *f = *state;
    say_discovery(f, "[\"HS256\"]");
    assert_int_equal(discover(f, f->issuer, NULL), 0);
    goidc_override(f->provider, NULL, "http://elsewhere/token", NULL);
    assert_string_equal(goidc_token_url(f->provider), "http://elsewhere/token");
    assert_int_equal(verify_good(f), -1);
    assert_true(cstr_contains(f->err.msg, "expected [\"HS256\"]"));
}

#define NOT_VERIFIED "failed to verify signature: failed to verify id token signature"

static void test_verify__foreign_key_unknown_kid_empty_set(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify(f, "rsa-2048-2", JWS_RS256, "rsa-2048-1"), -1);
    assert_string_equal(f->err.msg, NOT_VERIFIED);
    assert_int_equal(verify(f, "rsa-2048-1", JWS_RS256, "other"), -1);
    assert_string_equal(f->err.msg, NOT_VERIFIED);
    upstream_say(f->up, KEYS, 200, JSON, "{}");
    assert_int_equal(verify(f, "rsa-2048-2", JWS_RS256, "rsa-2048-2"), -1);
    assert_string_equal(f->err.msg, NOT_VERIFIED);
    assert_int_equal(upstream_hits(f->up, KEYS), 3); /* one GET a bad token */
}

static void test_verify__without_kid_every_key_is_tried(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify(f, "rsa-2048-1", JWS_RS256, NULL), 0);
    assert_int_equal(verify(f, "rsa-2048-2", JWS_RS256, NULL), -1);
}

static void test_verify__signature_before_claims(void **state)
{
    struct fixture *f = *state;
    js_set_text(f->claims, "aud", "other");
    assert_int_equal(verify(f, "rsa-2048-2", JWS_RS256, "rsa-2048-1"), -1);
    assert_string_equal(f->err.msg, NOT_VERIFIED);
}

static void test_keys__cached_while_good(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify_good(f), 0);
    upstream_say(f->up, KEYS, 500, "text/plain", "oops");
    assert_int_equal(verify_good(f), 0);
    assert_int_equal(upstream_hits(f->up, KEYS), 1);
    assert_int_equal(verify(f, "rsa-2048-2", JWS_RS256, "rsa-2048-2"), -1);
    assert_string_equal(f->err.msg, "failed to verify signature: fetching keys oidc: get keys "
                                    "failed: 500 Internal Server Error oops");
    assert_int_equal(verify_good(f), 0);
}

static void test_keys__rotation_is_followed_by_one_fetch(void **state)
{
    struct fixture *f = *state;
    static const char *const rotated[] = {"rsa-2048-2", NULL};
    assert_int_equal(verify_good(f), 0);
    say_keys(f, rotated);
    assert_int_equal(verify(f, "rsa-2048-2", JWS_RS256, "rsa-2048-2"), 0);
    assert_int_equal(upstream_hits(f->up, KEYS), 2);
    assert_int_equal(verify_good(f), -1); /* the cache was replaced, not extended */
}

static const struct row bad_sets[] = {
    {200, "text/html", "<html>",
     "failed to verify signature: fetching keys oidc: failed to decode keys: expected Content-Type "
     "= application/json, got \"text/html\": invalid character '<' looking for beginning of value "
     "<html>"},
    {200, JSON, "{\"keys\":[{\"kty\":\"XYZ\"}]}",
     "failed to verify signature: fetching keys oidc: failed to decode keys: got Content-Type = "
     "application/json, but could not unmarshal as JSON: go-jose/go-jose: unsupported key "
     "type/format {\"keys\":[{\"kty\":\"XYZ\"}]}"},
    {200, JSON, "{\"keys\":[]}", NOT_VERIFIED},
    {0, NULL, NULL, NULL},
};

static void test_keys__broken_sets(void **state)
{
    struct fixture *f = *state;
    for (const struct row *r = bad_sets; r->body != NULL; r++) {
        upstream_say(f->up, KEYS, r->status, r->content_type, r->body);
        assert_int_equal(verify_good(f), -1);
        assert_string_equal(f->err.msg, r->error);
    }
}

/* go-jose compares what a JWK says of its certificate; one contradiction spoils the whole set. */
static const struct certificate_row {
    const char *of; /* the key in x5c, NULL = no x5c */
    const char *member;
    const char *value;
    const char *text; /* "" = the token is accepted */
} certificate_rows[] = {
    {"rsa-2048-1", NULL, NULL, ""},
    {"rsa-2048-2", NULL, NULL, "public keys in key and x5c fields do not match"},
    {"rsa-2048-1", "x5t", "4pNenEBLv0JpLIdugWxQkOsZcK0", "x5c thumbprint does not match x5t value"},
    {"rsa-2048-1", "x5t#S256", "pJm2BBpkB8y7tCqrWM0X37WOmQTO8zQw-VpxVgBb21I",
     "x5c thumbprint does not match x5t#S256 value"},
    {NULL, "x5t", "4pNenEBLv0JpLIdugWxQkOsZcK0", ""},
};

static void say_certified_key(struct fixture *f, const struct certificate_row *r)
{
    AUTO(js_free) struct js *set = js_object();
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    struct js *list = js_array();
    struct js *jwk = jwk_public(key);
    js_set_text(jwk, "kid", "rsa-2048-1");
    if (r->of != NULL) {
        AUTO(key_free) struct key *other = key_test(r->of);
        const unsigned char *der = NULL;
        size_t len = 0;
        struct js *chain = js_array();
        assert_int_equal(key_certificate(other, "test", &der, &len, NULL), 0);
        AUTO(xfree) char *text = b64_encode(der, len);
        js_append_text(chain, text);
        js_set(jwk, "x5c", chain);
    }
    if (r->member != NULL)
        js_set_text(jwk, r->member, r->value);
    js_append(list, jwk);
    js_set(set, "keys", list);
    AUTO(xfree) char *body = js_compact(set);
    upstream_say(f->up, KEYS, 200, JSON, body);
}

static void test_keys__certificates_of_others(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(certificate_rows); i++) {
        const struct certificate_row *r = &certificate_rows[i];
        assert_int_equal(discover(f, f->issuer, NULL), 0); /* an empty cache */
        say_certified_key(f, r);
        assert_int_equal(verify_good(f), r->text[0] == '\0' ? 0 : -1);
        AUTO(xfree) char *text = xasprintf("go-jose/go-jose: invalid JWK, %s {", r->text);
        assert_true(r->text[0] == '\0' || strstr(f->err.msg, text) != NULL);
    }
}

/* Go reads a number whatever zeros stand before it, and a key of any length beside the good one. */
static void test_keys__read_leniently(void **state)
{
    struct fixture *f = *state;
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(js_free) struct js *jwk = jwk_public(key);
    js_set_text(jwk, "kid", "rsa-2048-1");
    js_set_text(jwk, "e", "AAEAAQ");
    AUTO(xfree) char *good = js_compact(jwk);
    AUTO(xfree)
    char *body = xasprintf("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"short\",\"n\":\"gAAB\",\"e\":"
                           "\"AQAB\"},%s]}",
                           good);
    upstream_say(f->up, KEYS, 200, JSON, body);
    assert_int_equal(verify_good(f), 0);
    assert_int_equal(verify(f, "rsa-2048-1", JWS_RS256, "short"), -1);
    assert_string_equal(f->err.msg, NOT_VERIFIED);
}

/* ---- form ---- */

static void test_verify__three_parts(void **state)
{
    struct fixture *f = *state;
    static const char *const forms[] = {"x", "a.b", "a.b.c.d.e", "", NULL};
    for (const char *const *t = forms; *t != NULL; t++) {
        assert_int_equal(verify_text(f, *t, NULL), -1);
        assert_string_equal(
            f->err.msg,
            "oidc: malformed jwt: go-jose/go-jose: compact JWS format must have three parts");
    }
}

static void test_verify__bad_base64_names_the_byte(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(verify_text(f, "eyJ*.e30.AA", NULL), -1);
    assert_string_equal(f->err.msg, "oidc: malformed jwt: illegal base64 data at input byte 3");
}

/* ---- claims ---- */

struct claim_row {
    const char *name;
    const char *json; /* NULL = removed */
    const char *error;
};

static const struct claim_row claim_rows[] = {
    {"sub", "7",
     "oidc: failed to unmarshal claims: json: cannot unmarshal number into Go struct field "
     "idToken.sub of type string"},
    {"iss", "\"B\"",
     "oidc: id token issued by a different provider, expected "
     "\"http://authentik.company/app/\" got \"B\""},
    {"aud", "[\"other\"]", "oidc: expected audience \"cid\" got [\"other\"]"},
    {"aud", NULL, "oidc: expected audience \"cid\" got []"},
    {"aud", "[\"x\",\"cid\"]", NULL},
    {"exp", "1767225599", "oidc: token is expired (Token Expiry: 2025-12-31 23:59:59 +0000 UTC)"},
    {"exp", "1767225600", "oidc: token is expired (Token Expiry: 2026-01-01 00:00:00 +0000 UTC)"},
    {"exp", "1767225601", NULL},
    {"exp", "\"1767225601\"", NULL},
    {"exp", "1.767225601e9", NULL},
    {"exp", NULL, "oidc: token is expired (Token Expiry: 0001-01-01 00:00:00 +0000 UTC)"},
    {"nbf", "1767225900", NULL},
    {"nbf", "1767225901",
     "oidc: current time 2026-01-01 00:00:00 +0000 UTC before the nbf (not before) time: "
     "2026-01-01 00:05:01 +0000 UTC"},
    {"nonce", "\"any\"", NULL},
    {"_claim_names", "{\"a\":\"\"}", "oidc: failed to obtain source from claim name"},
    {"_claim_names", "{\"a\":\"s\"}", "oidc: source does not exist"},
    {NULL, NULL, NULL},
};

static void test_verify__claims(void **state)
{
    struct fixture *f = *state;
    struct js *good = js_dup(f->claims);
    for (const struct claim_row *r = claim_rows; r->name != NULL; r++) {
        AUTO(xfree) char *wrapped = xasprintf("{\"v\":%s}", r->json != NULL ? r->json : "null");
        AUTO(js_free) struct js *v = NULL;
        assert_int_equal(js_parse(str_of(wrapped), "row", &v, NULL), 0);
        js_free(f->claims);
        f->claims = js_dup(good);
        js_remove(f->claims, r->name);
        if (r->json != NULL)
            js_set(f->claims, r->name, js_dup(js_get(v, "v")));
        int rc = verify_good(f);
        assert_string_equal(rc == 0 ? "accepted" : f->err.msg,
                            r->error != NULL ? r->error : "accepted");
    }
    js_free(good);
}

static void test_skip__switches_off_one_check_each(void **state)
{
    struct fixture *f = *state;
    static const struct goidc_skip signature = {.signature = true};
    static const struct goidc_skip audience = {.audience = true};
    static const struct goidc_skip issuer = {.issuer = true};
    static const struct goidc_skip expiry = {.expiry = true};
    static const struct goidc_skip alg = {.alg = true, .signature = true};
    assert_int_equal(verify_skip(f, "rsa-2048-2", JWS_RS256, "rsa-2048-1", &signature), 0);
    assert_int_equal(verify_skip(f, NULL, JWS_HS256, NULL, &alg), 0);
    js_set_text(f->claims, "aud", "other");
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &audience), 0);
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &issuer), -1);
    js_set_text(f->claims, "aud", "cid");
    js_set_text(f->claims, "iss", "other");
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &issuer), 0);
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &expiry), -1);
    js_set_text(f->claims, "iss", f->issuer);
    js_set(f->claims, "exp", js_int(1));
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &expiry), 0);
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &audience), -1);
}

static void test_defects__confused_about_algorithms(void **state)
{
    struct fixture *f = *state;
    static const struct goidc_skip none = {.none = true};
    static const struct goidc_skip confused = {.hs256_public = true};
    AUTO(key_free) struct key *public = key_test("rsa-2048-1");
    AUTO(xfree) char *pem = key_public_pem(public);
    AUTO(key_free) struct key *secret = key_from_secret(pem, strlen(pem));
    AUTO(xfree) char *token = NULL;
    struct err err = {0};
    assert_int_equal(jwt_sign(secret, JWS_HS256, NULL, "any", f->claims, &token, &err), 0);
    assert_int_equal(verify_text(f, token, NULL), -1);
    assert_int_equal(verify_text(f, token, &none), -1);
    assert_int_equal(verify_text(f, token, &confused), 0);
    assert_int_equal(verify_skip(f, NULL, JWS_HS256, NULL, &confused), -1); /* another secret */
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_NONE, NULL, &confused), -1);
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_NONE, NULL, &none), 0);
    assert_int_equal(verify_skip(f, "rsa-2048-2", JWS_RS256, "rsa-2048-1", &none), -1);
    js_set_text(f->claims, "aud", "other"); /* nothing else is forgiven */
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_NONE, NULL, &none), -1);
}

static void test_defects__keys_for_ever(void **state)
{
    static const char *const changed[] = {"rsa-2048-2", NULL};
    struct fixture *f = *state;
    static const struct goidc_skip for_ever = {.keys_for_ever = true};
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &for_ever), 0);
    say_keys(f, changed);
    assert_int_equal(verify_skip(f, "rsa-2048-2", JWS_RS256, "rsa-2048-2", &for_ever), -1);
    assert_string_equal(f->err.msg,
                        "failed to verify signature: failed to verify id token signature");
    assert_int_equal(verify(f, "rsa-2048-2", JWS_RS256, "rsa-2048-2"), 0);
}

struct issuer_row {
    const char *after; /* the issuer without its slash */
    bool exact;
    bool prefix;
    bool slash;
};

static void test_defects__issuers(void **state)
{
    static const struct issuer_row rows[] = {
        {"/", true, true, true},       {"", false, false, true},    {"//", false, true, false},
        {"/evil", false, true, false}, {"x/", false, false, false}, {"x", false, false, false},
    };
    static const struct goidc_skip exact = {0};
    static const struct goidc_skip prefix = {.issuer_prefix = true};
    static const struct goidc_skip slash = {.issuer_slash = true};
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *iss = xasprintf("https://a/app%s", rows[i].after);
        assert_int_equal(goidc_issuer_fits(&exact, "https://a/app/", iss), rows[i].exact);
        assert_int_equal(goidc_issuer_fits(&prefix, "https://a/app/", iss), rows[i].prefix);
        assert_int_equal(goidc_issuer_fits(&slash, "https://a/app/", iss), rows[i].slash);
    }
    assert_false(goidc_issuer_fits(&prefix, "https://a/", NULL));
}

static void test_defects__times(void **state)
{
    struct fixture *f = *state;
    static const struct goidc_skip leeway = {.leeway_s = 100};
    static const struct goidc_skip nbf = {.nbf = true};
    js_set(f->claims, "exp", js_int(CLOCK_START_S - 99));
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &nbf), -1);
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &leeway), 0);
    js_set(f->claims, "exp", js_int(CLOCK_START_S - 100));
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &leeway), -1);
    js_set(f->claims, "exp", js_int(CLOCK_START_S + 100));
    js_set(f->claims, "nbf", js_int(CLOCK_START_S + 301));
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &leeway), -1);
    assert_int_equal(verify_skip(f, "rsa-2048-1", JWS_RS256, "rsa-2048-1", &nbf), 0);
}

/* Each row switches on what it says, for its own party only. */
static void test_defects__table(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct fault *row = faults_goidc; row->id != NULL; row++, n++) {
        static const struct goidc_skip nothing = {0};
        AUTO(fault_set_free) struct fault_set *set = fault_set_new(NULL);
        AUTO(xfree) char *party = xstrndup(row->id, strcspn(row->id, "/"));
        struct goidc_skip skip = {0};
        assert_true(row->standing && row->at != NULL && row->ref != NULL);
        goidc_defects(set, party, &skip);
        assert_memory_equal(&skip, &nothing, sizeof(skip));
        fault_set_add(set, row->id, 0, NULL);
        goidc_defects(set, "somebody", &skip);
        assert_memory_equal(&skip, &nothing, sizeof(skip));
        goidc_defects(set, party, &skip);
        assert_memory_not_equal(&skip, &nothing, sizeof(skip));
        assert_int_equal(fault_set_unused(set, false, NULL), 0);
    }
    assert_int_equal(n, 21);
}

/* ---- userinfo ---- */

static int userinfo(struct fixture *f)
{
    f->result = js_free(f->result);
    f->err = (struct err){0};
    return goidc_userinfo(f->provider, NULL, "the-token", &f->result, &f->err);
}

static void test_userinfo__json(void **state)
{
    struct fixture *f = *state;
    upstream_say(f->up, "/userinfo/", 200, JSON, "{\"sub\":\"a\",\"email_verified\":\"true\"}");
    assert_int_equal(userinfo(f), 0);
    AUTO(xfree) char *auth = upstream_last_authorization(f->up, "/userinfo/");
    assert_string_equal(auth, "Bearer the-token");
}

static void test_userinfo__signed(void **state)
{
    struct fixture *f = *state;
    AUTO(key_free) struct key *good = key_test("rsa-2048-1");
    AUTO(key_free) struct key *bad = key_test("rsa-2048-2");
    char *token = NULL;
    assert_int_equal(jwt_sign(good, JWS_RS256, NULL, "rsa-2048-1", f->claims, &token, NULL), 0);
    upstream_say(f->up, "/userinfo/", 200, "application/jwt; charset=utf-8", token);
    xfree(token);
    assert_int_equal(userinfo(f), 0);
    assert_int_equal(jwt_sign(bad, JWS_RS256, NULL, "rsa-2048-1", f->claims, &token, NULL), 0);
    upstream_say(f->up, "/userinfo/", 200, "application/jwt", token);
    xfree(token);
    assert_int_equal(userinfo(f), -1);
    assert_true(cstr_starts(f->err.msg, "oidc: invalid userinfo jwt signature "));
}

static void test_userinfo__refusals(void **state)
{
    struct fixture *f = *state;
    upstream_say(f->up, "/userinfo/", 401, JSON, "{}");
    assert_int_equal(userinfo(f), -1);
    assert_string_equal(f->err.msg, "401 Unauthorized: {}");
    upstream_say(f->up, "/userinfo/", 200, JSON, "{\"sub\":\"a\",\"email_verified\":\"yes\"}");
    assert_int_equal(userinfo(f), -1);
    assert_string_equal(f->err.msg, "oidc: failed to decode userinfo: invalid value for boolean");
    AUTO(xfree) char *doc = xasprintf("{\"issuer\":\"%s\"}", f->issuer);
    upstream_say(f->up, WELL_KNOWN, 200, JSON, doc);
    assert_int_equal(discover(f, f->issuer, NULL), 0);
    assert_int_equal(userinfo(f), -1);
    assert_string_equal(f->err.msg, "oidc: user info endpoint is not supported by this provider");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_discovery__trailing_slash_is_part_of_the_issuer),
        TEST(test_discovery__alias_skips_the_comparison),
        TEST(test_discovery__refusals),
        TEST(test_discovery__any_content_type_with_valid_json),
        TEST(test_discovery__follows_redirects),
        TEST(test_discovery__nobody_there),
        TEST(test_discovery__origin_rewritten_path_kept),
        TEST(test_verify__good),
        TEST(test_verify__hs256_is_refused_before_any_key_is_fetched),
        TEST(test_verify__alg_none),
        TEST(test_verify__only_advertised_algorithms),
        TEST(test_verify__nothing_usable_advertised_means_rs256),
        TEST(test_verify__overridden_endpoints_take_algorithms_unfiltered),
        TEST(test_verify__foreign_key_unknown_kid_empty_set),
        TEST(test_verify__without_kid_every_key_is_tried),
        TEST(test_verify__signature_before_claims),
        TEST(test_keys__cached_while_good),
        TEST(test_keys__rotation_is_followed_by_one_fetch),
        TEST(test_keys__broken_sets),
        TEST(test_keys__certificates_of_others),
        TEST(test_keys__read_leniently),
        TEST(test_verify__three_parts),
        TEST(test_verify__bad_base64_names_the_byte),
        TEST(test_verify__claims),
        TEST(test_skip__switches_off_one_check_each),
        TEST(test_defects__confused_about_algorithms),
        TEST(test_defects__keys_for_ever),
        TEST(test_defects__issuers),
        TEST(test_defects__times),
        TEST(test_defects__table),
        TEST(test_userinfo__json),
        TEST(test_userinfo__signed),
        TEST(test_userinfo__refusals),
    };
    return TEST_MAIN(tests);
}
