/*
 * A provider with an encryption key (authentik.md 6.1, 2, 8): every JWT is a nested JWE, and the
 * documents say so.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/jose/jwe.h"
#include "harness/jose/jws.h"
#include "harness/jose/jwt.h"

#define DISCOVERY "/application/o/argocd/.well-known/openid-configuration"
#define JWKS "/application/o/argocd/jwks/"

static void start(struct fx *f, const char *signing, const char *encryption)
{
    fx_init(f);
    f->setup.authentik.signing_key = signing;
    f->setup.authentik.encryption_key = encryption;
    fx_start(f);
}

/* The literal with its "%s" filled. */
static char *with_kid(const char *literal, const char *kid)
{
    const char *at = strstr(literal, "%s");
    assert_non_null(at);
    return xasprintf("%.*s%s%s", (int)(at - literal), literal, kid, at + 2);
}

/* The JWS inside, its JWE header compared with the literal. Caller frees. */
static char *opened(const char *token, const char *key_name, const char *kid)
{
    AUTO(jwe_deinit) struct jwe j = {0};
    AUTO(key_free) struct key *key = key_test(key_name);
    AUTO(xfree) char *expected = with_kid(fx_literal("token.jwe-header"), kid);
    char *inner = NULL;
    size_t len = 0;
    assert_int_equal(jwe_parse(token, &j, NULL), JWE_OK);
    AUTO(xfree) char *header = js_compact(j.header);
    assert_string_equal(header, expected);
    assert_int_equal(jwe_decrypt(&j, key, &inner, &len), JWE_OK);
    return inner;
}

static char *kid_of(struct fx *f, size_t i)
{
    fx_get(f, JWKS);
    const char *kid = js_get_text(js_at(js_get(f->json, "keys"), i), "kid");
    return xstrdup(kid != NULL ? kid : "");
}

static void ask_about(struct fx *f, const char *path, const char *token)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    params_add(&form, "client_secret", f->setup.authentik.client_secret);
    params_add(&form, "token", token);
    fx_post_form(f, path, &form);
    assert_int_equal(f->resp.status, 200);
}

/* Introspection and revocation know a sealed token by its text, too, and the JWT inside is none. */
static void test_tokens__are_known_sealed(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "rsa", "rsa");
    AUTO(xfree) char *kid = kid_of(&f, 1);
    AUTO(xfree) char *code = fx_code(&f, "openid email", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(xfree) char *sealed = xstrdup(fx_text(&f, "access_token"));
    AUTO(xfree) char *inside = opened(sealed, "rsa-2048-7", kid);
    ask_about(&f, "/application/o/introspect/", inside);
    assert_false(js_get_bool(f.json, "active", true));
    ask_about(&f, "/application/o/introspect/", sealed);
    assert_true(js_get_bool(f.json, "active", false));
    assert_string_equal(fx_text(&f, "email"), "alice@company.example");
    ask_about(&f, "/application/o/revoke/", inside);
    ask_about(&f, "/application/o/introspect/", sealed);
    assert_true(js_get_bool(f.json, "active", false));
    ask_about(&f, "/application/o/revoke/", sealed);
    ask_about(&f, "/application/o/introspect/", sealed);
    assert_false(js_get_bool(f.json, "active", true));
    fx_stop(&f);
}

static void test_tokens__are_nested(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "rsa", "rsa");
    AUTO(xfree) char *kid = kid_of(&f, 1);
    AUTO(xfree) char *code = fx_code(&f, "openid email offline_access", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(xfree) char *id = opened(fx_text(&f, "id_token"), "rsa-2048-7", kid);
    AUTO(xfree) char *access_token = xstrdup(fx_text(&f, "access_token"));
    AUTO(xfree) char *access = opened(access_token, "rsa-2048-7", kid);
    assert_int_equal(strlen(fx_text(&f, "refresh_token")), 128); /* opaque as ever */
    AUTO(js_free) struct js *claims = jwt_claims_unverified(access);
    assert_string_equal(js_get_text(claims, "azp"), "my_client_id");
    js_set_text(f.json, "id_token", id);
    AUTO(js_free) struct js *verified = fx_id_claims(&f); /* by the first key of the JWKS */
    assert_string_equal(js_get_text(verified, "email"), "alice@company.example");
    /* looked up by its text, so userinfo needs no key */
    params_addf(&f.send, "Authorization", "Bearer %s", access_token);
    fx_get(&f, "/application/o/userinfo/");
    assert_int_equal(f.resp.status, 200);
    params_addf(&f.send, "Authorization", "Bearer %s", access); /* the JWT inside is no token */
    fx_get(&f, "/application/o/userinfo/");
    assert_int_equal(f.resp.status, 401);
    fx_stop(&f);
}

struct key_row {
    const char *signing;
    const char *encryption;
    const char *enc_key; /* the test key; NULL = nothing is encrypted */
    size_t keys;         /* in the JWKS */
};

static const struct key_row key_rows[] = {
    {"rsa", "none", NULL, 1},       {"rsa", "rsa-4096", "rsa-4096-1", 2},
    {"ec", "rsa", "rsa-2048-7", 2}, {"none", "rsa", "rsa-2048-7", 1},
    {"none", "none", NULL, 0},
};

static void check_keys(struct fx *f, const struct key_row *row)
{
    fx_get(f, JWKS);
    const struct js *keys = js_get(f->json, "keys");
    assert_int_equal(js_len(keys), row->keys);
    if (row->enc_key == NULL)
        return;
    const struct js *enc = js_at(keys, row->keys - 1);
    AUTO(xfree) char *names = fx_members(enc);
    assert_string_equal(names, fx_literal("jwks.enc"));
    assert_string_equal(js_get_text(enc, "use"), "enc");
    assert_string_equal(js_get_text(enc, "alg"), fx_literal("jwks.enc-alg"));
    assert_string_equal(js_get_text(enc, "enc"), fx_literal("jwks.enc-enc"));
}

static void check_discovery(struct fx *f, const struct key_row *row)
{
    fx_get(f, DISCOVERY);
    const struct js *algs = js_get(f->json, "id_token_encryption_alg_values_supported");
    const struct js *encs = js_get(f->json, "id_token_encryption_enc_values_supported");
    assert_int_equal(algs != NULL, row->enc_key != NULL);
    assert_int_equal(encs != NULL, row->enc_key != NULL);
    if (row->enc_key == NULL)
        return;
    AUTO(xfree) char *alg_text = js_compact(algs);
    AUTO(xfree) char *enc_text = js_compact(encs);
    assert_string_equal(alg_text, fx_literal("discovery.encryption-algs"));
    assert_string_equal(enc_text, fx_literal("discovery.encryption-encs"));
    AUTO(xfree) char *names = fx_members(f->json);
    AUTO(xfree)
    char *expected = xasprintf("%s id_token_encryption_alg_values_supported "
                               "id_token_encryption_enc_values_supported",
                               fx_literal("discovery.keys"));
    assert_string_equal(names, expected);
}

static void test_documents__name_the_key(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(key_rows); i++) {
        const struct key_row *row = &key_rows[i];
        struct fx f;
        start(&f, row->signing, row->encryption);
        check_keys(&f, row);
        check_discovery(&f, row);
        AUTO(xfree) char *kid = kid_of(&f, row->keys > 0 ? row->keys - 1 : 0);
        AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
        fx_exchange(&f, code, NULL);
        AUTO(jws_deinit) struct jws j = {0};
        AUTO(xfree)
        char *inner = row->enc_key != NULL ? opened(fx_text(&f, "id_token"), row->enc_key, kid)
                                           : xstrdup(fx_text(&f, "id_token"));
        assert_int_equal(jws_parse(inner, &j, NULL), JWS_OK);
        fx_stop(&f);
    }
}

/* at_hash is of the access token as the client gets it. */
static void test_hybrid__hashes_the_sealed_token(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "rsa", "rsa");
    AUTO(xfree) char *kid = kid_of(&f, 1);
    AUTO(xfree) char *login = fx_code(&f, "openid", NULL);
    fx_get(&f, "/application/o/authorize/?client_id=my_client_id&response_type=id_token%20token"
               "&redirect_uri=https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback&scope=openid"
               "&nonce=n-1&state=s");
    assert_int_equal(f.resp.status, 302);
    AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
    AUTO(xfree) char *id_token = fx_param(to, "id_token");
    AUTO(xfree) char *access = fx_param(to, "access_token");
    AUTO(xfree) char *inner = opened(id_token, "rsa-2048-7", kid);
    AUTO(js_free) struct js *claims = jwt_claims_unverified(inner);
    AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, access);
    assert_string_equal(js_get_text(claims, "at_hash"), hash);
    fx_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens__are_nested),
        cmocka_unit_test(test_tokens__are_known_sealed),
        cmocka_unit_test(test_documents__name_the_key),
        cmocka_unit_test(test_hybrid__hashes_the_sealed_token),
    };
    return TEST_MAIN(tests);
}
