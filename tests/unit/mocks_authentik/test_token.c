/*
 * Token endpoint, tokens, userinfo, introspection, revocation (authentik.md 5 to 7).
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwt.h"
#include "harness/jose/pkce.h"

#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* RFC 7636 appendix B */
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

static void assert_error(struct fx *f, const char *error, const char *literal)
{
    assert_int_equal(f->resp.status, 400);
    assert_string_equal(fx_text(f, "error"), error);
    assert_string_equal(fx_text(f, "error_description"), fx_literal(literal));
    fx_assert_members(f->json, "error error_description request_id");
    assert_int_equal(strlen(fx_text(f, "request_id")), 32);
    assert_string_equal(fx_text(f, "request_id"), fx_header(f, "X-authentik-id"));
    assert_string_equal(fx_header(f, "Cache-Control"), "no-store");
    assert_string_equal(fx_header(f, "Pragma"), "no-cache");
    assert_string_equal(fx_header(f, "WWW-Authenticate"), "");
}

static void basic(struct fx *f, const char *pair)
{
    AUTO(xfree) char *b64 = b64_encode(pair, strlen(pair));
    params_addf(&f->send, "Authorization", "Basic %s", b64);
}

static void exchange_with(struct fx *f, const char *code, const char *name, const char *value)
{
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, name, value);
    fx_exchange(f, code, &more);
}

static void test_code__is_exchanged(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email profile", "&nonce=n-1");
    clock_advance_ms(f.clock, 10 * 1000);
    fx_exchange(&f, code, NULL);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_header(&f, "Content-Type"), "application/json");
    assert_string_equal(fx_header(&f, "Cache-Control"), "no-store");
    fx_assert_members(f.json, fx_literal("token.answer"));
    assert_string_equal(fx_text(&f, "token_type"), "Bearer");
    assert_string_equal(fx_text(&f, "scope"), "openid email profile");
    int64_t n = 0;
    assert_int_equal(js_get_number(f.json, "expires_in", &n), 0);
    assert_int_equal(n, 3600);
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    AUTO(js_free) struct js *access = jwt_claims_unverified(fx_text(&f, "access_token"));
    fx_assert_members(id, fx_literal("token.id-claims"));
    fx_assert_members(access, fx_literal("token.access-claims"));
    assert_string_equal(js_get_text(access, "azp"), "my_client_id");
    assert_string_equal(js_get_text(access, "jti"), js_get_text(id, "jti"));
    assert_int_equal(strlen(js_get_text(access, "uid")), 40);
    fx_stop(&f);
}

static void test_id_token__claims(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email profile", NULL);
    clock_advance_ms(f.clock, 10 * 1000);
    fx_exchange(&f, code, NULL);
    AUTO(js_free) struct js *c = fx_id_claims(&f);
    AUTO(xfree) char *iss = xasprintf("%s/application/o/argocd/", f.base);
    int64_t iat = 0;
    int64_t exp = 0;
    int64_t auth = 0;
    assert_string_equal(js_get_text(c, "iss"), iss);
    assert_int_equal(strlen(js_get_text(c, "sub")), 64);
    assert_string_equal(js_get_text(c, "aud"), "my_client_id");
    assert_int_equal(js_get_number(c, "iat", &iat) + js_get_number(c, "exp", &exp) +
                         js_get_number(c, "auth_time", &auth),
                     0);
    assert_int_equal(iat, CLOCK_START_S + 10);
    assert_int_equal(exp - iat, 3600);
    assert_int_equal(auth, CLOCK_START_S);
    assert_string_equal(js_get_text(c, "acr"), fx_literal("token.acr"));
    assert_string_equal(js_text(js_at(js_get(c, "amr"), 0)), "pwd");
    assert_null(js_get(c, "nonce"));
    assert_null(js_get(c, "at_hash"));
    assert_int_equal(strlen(js_get_text(c, "sid")), 64);
    assert_int_equal(strlen(js_get_text(c, "jti")), 40);
    assert_string_equal(js_get_text(c, "email"), "alice@company.example");
    assert_true(js_is(js_get(c, "email_verified"), JS_FALSE));
    assert_string_equal(js_get_text(c, "given_name"), "Alice Admin");
    assert_string_equal(js_get_text(c, "preferred_username"), "alice");
    assert_string_equal(js_text(js_at(js_get(c, "groups"), 0)), "ArgoCD Admins");
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(fx_text(&f, "id_token"), &j, NULL), JWS_OK);
    fx_assert_members(j.header, "alg typ kid");
    assert_string_equal(js_get_text(j.header, "alg"), "RS256");
    assert_string_equal(js_get_text(j.header, "typ"), fx_literal("token.typ"));
    assert_int_equal(strlen(js_get_text(j.header, "kid")), 86);
    AUTO(jws_deinit) struct jws access = {0};
    assert_int_equal(jws_parse(fx_text(&f, "access_token"), &access, NULL), JWS_OK);
    assert_true(js_equal(access.header, j.header)); /* not at+jwt */
    fx_stop(&f);
}

static void test_id_token__without_mapping_claims(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.include_claims_in_id_token = false;
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(js_free) struct js *c = fx_id_claims(&f);
    assert_null(js_get(c, "email"));
    params_addf(&f.send, "Authorization", "bearer %s", fx_text(&f, "access_token"));
    fx_get(&f, "/application/o/userinfo/");
    assert_string_equal(fx_text(&f, "email"), "alice@company.example");
    fx_stop(&f);
}

struct key_case {
    const char *signing_key;
    const char *alg;
    size_t kid_length;
};

static void test_id_token__algorithm_by_key(void **state)
{
    (void)state;
    static const struct key_case cases[] = {{"rsa-4096", "RS256", 86}, {"ec", "ES256", 86},
                                            {"ec-384", "ES384", 86},   {"ec-521", "ES512", 86},
                                            {"none", "HS256", 0},      {0}};
    for (const struct key_case *k = cases; k->signing_key != NULL; k++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.signing_key = k->signing_key;
        fx_start(&f);
        AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
        fx_exchange(&f, code, NULL);
        AUTO(js_free) struct js *c = fx_id_claims(&f);
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(fx_text(&f, "id_token"), &j, NULL), JWS_OK);
        assert_string_equal(js_get_text(j.header, "alg"), k->alg);
        const char *kid = js_get_text(j.header, "kid");
        assert_int_equal(kid != NULL ? strlen(kid) : 0, k->kid_length);
        fx_stop(&f);
    }
}

static void test_id_token__rotated_key(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    struct err err = {0};
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_get(&f, "/application/o/argocd/jwks/");
    AUTO(xfree) char *before = xstrdup(f.resp.body);
    assert_int_equal(authentik_mock_rotate(f.mock, &err), 0);
    fx_get(&f, "/application/o/argocd/jwks/");
    assert_string_not_equal(f.resp.body, before);
    assert_int_equal(js_len(js_get(f.json, "keys")), 1);
    fx_exchange(&f, code, NULL);
    AUTO(js_free) struct js *c = fx_id_claims(&f);
    fx_stop(&f);
}

static void test_id_token__rotation_needs_a_second_key(void **state)
{
    (void)state;
    struct fx f;
    struct err err = {0};
    fx_init(&f);
    f.setup.authentik.signing_key = "ec-384";
    fx_start(&f);
    assert_int_equal(authentik_mock_rotate(f.mock, &err), -1);
    fx_stop(&f);
}

static void test_id_token__sub_modes(void **state)
{
    (void)state;
    static const char *const modes[][2] = {
        {"user_id", "1"}, {"user_username", "alice"}, {"user_email", "alice@company.example"}};
    for (size_t i = 0; i < TEST_COUNT(modes); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.sub_mode = modes[i][0];
        fx_start(&f);
        AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
        fx_exchange(&f, code, NULL);
        AUTO(js_free) struct js *c = fx_id_claims(&f);
        assert_string_equal(js_get_text(c, "sub"), modes[i][1]);
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ refusals */

static void test_code__client_authentication(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    basic(&f, "nobody:x");
    fx_exchange(&f, code, NULL);
    assert_error(&f, "invalid_client", "token.invalid-client");
    basic(&f, "my_client_id:wrong");
    exchange_with(&f, code, "client_secret", "my+client/secret%");
    assert_error(&f, "invalid_client", "token.invalid-client");
    assert_true(fx_logged(&f, "Invalid client secret"));
    params_add(&f.send, "Authorization", "basic whatever");
    fx_exchange(&f, code, NULL); /* no credentials at all */
    assert_error(&f, "invalid_client", "token.invalid-client");
    AUTO(params_deinit) struct params post = {0};
    params_add(&post, "client_id", "my_client_id");
    params_add(&post, "client_secret", "my+client/secret%");
    params_add(&f.send, "Authorization", "Bearer x");
    fx_exchange(&f, code, &post);
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
}

static void test_code__public_client_needs_no_secret(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.client_type = "public";
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    AUTO(params_deinit) struct params post = {0};
    params_add(&post, "client_id", "my_client_id");
    params_add(&f.send, "Authorization", "Bearer x");
    fx_exchange(&f, code, &post);
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
}

struct bad_exchange {
    const char *name;
    const char *value;
    const char *error;
    const char *literal;
};

static void test_code__refusals_do_not_consume_it(void **state)
{
    (void)state;
    static const struct bad_exchange bad[] = {
        {"code", "", "invalid_grant", "token.invalid-grant"},
        {"code", "0123456789abcdef0123456789abcdef", "invalid_grant", "token.invalid-grant"},
        {"redirect_uri", "", "invalid_client", "token.invalid-client"},
        {"redirect_uri", FX_CALLBACK "/", "invalid_client", "token.invalid-client"},
        {"code_verifier", VERIFIER, "invalid_grant", "token.invalid-grant"},
        {"grant_type", "", "unsupported_grant_type", "token.unsupported-grant"},
        {"grant_type", "implicit", "unsupported_grant_type", "token.unsupported-grant"},
        {"grant_type", "password", "invalid_grant", "token.invalid-grant"},
        {"grant_type", "urn:ietf:params:oauth:grant-type:device_code", "invalid_grant",
         "token.invalid-grant"},
        {0}};
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    for (const struct bad_exchange *b = bad; b->name != NULL; b++) {
        AUTO(params_deinit) struct params more = {0};
        params_add(&more, "username", "alice");
        params_add(&more, "password", "alice-password");
        params_set(&more, b->name, b->value);
        fx_exchange(&f, code, &more);
        assert_error(&f, b->error, b->literal);
    }
    /* not the one of the authorize request, but a registered one: authentik does not compare */
    exchange_with(&f, code, "redirect_uri", "http://localhost:8085/auth/callback");
    assert_int_equal(f.resp.status, 200);
    fx_exchange(&f, code, NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    assert_true(fx_logged(&f, "Code does not exist"));
    fx_stop(&f);
}

static void test_code__expires(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *a = fx_code(&f, "openid", NULL);
    AUTO(xfree) char *b = fx_code(&f, "openid", NULL);
    clock_advance_ms(f.clock, 59 * 1000);
    fx_exchange(&f, a, NULL);
    assert_int_equal(f.resp.status, 200);
    clock_advance_ms(f.clock, 1000);
    fx_exchange(&f, b, NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    assert_true(fx_logged(&f, "Code is expired"));
    fx_stop(&f);
}

static void test_code__pkce(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree)
    char *s256 = fx_code(&f, "openid", "&code_challenge=" CHALLENGE "&code_challenge_method=S256");
    fx_exchange(&f, s256, NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    exchange_with(&f, s256, "code_verifier", CHALLENGE);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    exchange_with(&f, s256, "code_verifier", VERIFIER);
    assert_int_equal(f.resp.status, 200);
    AUTO(xfree) char *plain = fx_code(&f, "openid", "&code_challenge=" VERIFIER);
    exchange_with(&f, plain, "code_verifier", CHALLENGE);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    exchange_with(&f, plain, "code_verifier", VERIFIER);
    assert_int_equal(f.resp.status, 200);
    AUTO(xfree) char *none = fx_code(&f, "openid", "&code_challenge_method=S256");
    fx_exchange(&f, none, NULL);
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
}

static void test_token__methods(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, "/application/o/token/");
    assert_int_equal(f.resp.status, 405);
    assert_int_equal(f.resp.body_len, 0);
    params_add(&f.send, "Origin", "https://argocd.company");
    params_add(&f.send, "Access-Control-Request-Headers", "authorization");
    fx_ask(&f, "OPTIONS", "/application/o/token/", NULL, NULL);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(f.resp.body, "{}");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "https://argocd.company");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Methods"), "GET, POST, OPTIONS");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Headers"), "authorization");
    params_add(&f.send, "Origin", "https://evil.example");
    fx_exchange(&f, "x", NULL);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "");
    params_add(&f.send, "Origin", "https://argocd.company");
    fx_exchange(&f, "x", NULL);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "https://argocd.company");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ refresh */

static void refresh(struct fx *f, const char *token, const char *scope)
{
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "refresh_token");
    params_add(&more, "refresh_token", token);
    if (scope != NULL)
        params_add(&more, "scope", scope);
    fx_exchange(f, "", &more);
}

static void test_refresh__rotates(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email offline_access", "&nonce=n-1");
    fx_exchange(&f, code, NULL);
    fx_assert_members(f.json, fx_literal("token.answer-offline"));
    AUTO(xfree) char *first = xstrdup(fx_text(&f, "refresh_token"));
    assert_int_equal(strlen(first), 128);
    refresh(&f, first, NULL);
    assert_int_equal(f.resp.status, 200);
    AUTO(xfree) char *second = xstrdup(fx_text(&f, "refresh_token"));
    assert_string_not_equal(first, second);
    AUTO(js_free) struct js *claims = fx_id_claims(&f);
    assert_null(js_get(claims, "nonce"));
    refresh(&f, first, NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    assert_true(fx_logged(&f, "Revoked refresh token was used"));
    refresh(&f, second, "openid offline_access");
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_text(&f, "scope"), "openid email offline_access");
    fx_stop(&f);
}

static void test_refresh__refusals(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid offline_access", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(xfree) char *token = xstrdup(fx_text(&f, "refresh_token"));
    refresh(&f, "", NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    refresh(&f, "unknown", NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    refresh(&f, token, "openid email offline_access");
    assert_error(&f, "invalid_scope", "token.invalid-scope");
    refresh(&f, token, "openid");
    assert_error(&f, "invalid_scope", "token.invalid-scope");
    clock_advance_ms(f.clock, INT64_C(30) * 24 * 3600 * 1000);
    refresh(&f, token, NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    fx_stop(&f);
}

static void test_client_credentials__service_account(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "client_credentials");
    params_add(&more, "scope", "openid profile nonsense");
    fx_exchange(&f, "", &more);
    assert_int_equal(f.resp.status, 200);
    fx_assert_members(f.json, fx_literal("token.answer"));
    AUTO(js_free) struct js *c = fx_id_claims(&f);
    assert_null(js_get(c, "sid"));
    assert_string_equal(js_get_text(c, "preferred_username"), "ak-Argo CD-client_credentials");
    basic(&f, "my_client_id:wrong");
    fx_exchange(&f, "", &more);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ userinfo and the rest */

static void test_userinfo__claims(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid email profile", "&nonce=n-1");
    fx_exchange(&f, code, NULL);
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    AUTO(xfree) char *token = xstrdup(fx_text(&f, "access_token"));
    params_addf(&f.send, "Authorization", "Bearer %s", token);
    fx_get(&f, "/application/o/userinfo/");
    assert_int_equal(f.resp.status, 200);
    fx_assert_members(f.json, fx_literal("userinfo.claims"));
    assert_string_equal(fx_text(&f, "sub"), js_get_text(id, "sub"));
    assert_string_equal(fx_header(&f, "Cache-Control"), "no-store");
    AUTO(xfree) char *query = xasprintf("/application/o/userinfo/?access_token=%s", token);
    fx_get(&f, query);
    assert_int_equal(f.resp.status, 200);
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "access_token", token);
    fx_post_form(&f, "/application/o/userinfo/", &form);
    assert_int_equal(f.resp.status, 200);
    clock_advance_ms(f.clock, 3600 * 1000);
    fx_get(&f, query);
    assert_int_equal(f.resp.status, 401);
    fx_stop(&f);
}

static void test_userinfo__refusals(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, "/application/o/userinfo/");
    assert_int_equal(f.resp.status, 401);
    assert_int_equal(f.resp.body_len, 0);
    assert_string_equal(fx_header(&f, "WWW-Authenticate"), fx_literal("userinfo.invalid-token"));
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html; charset=utf-8");
    AUTO(xfree) char *code = fx_code(&f, "email", NULL);
    fx_exchange(&f, code, NULL);
    assert_true(fx_text(&f, "id_token")[0] != '\0');
    params_addf(&f.send, "Authorization", "Bearer %s", fx_text(&f, "access_token"));
    fx_get(&f, "/application/o/userinfo/");
    assert_int_equal(f.resp.status, 403);
    assert_string_equal(fx_header(&f, "WWW-Authenticate"),
                        fx_literal("userinfo.insufficient-scope"));
    fx_stop(&f);
}

static void test_introspect__and_revoke(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "token", fx_text(&f, "access_token"));
    params_add(&form, "client_id", "my_client_id");
    params_add(&form, "client_secret", "wrong");
    fx_post_form(&f, "/application/o/introspect/", &form);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(f.resp.body, fx_literal("introspect.inactive"));
    fx_post_form(&f, "/application/o/revoke/", &form);
    assert_int_equal(f.resp.status, 401);
    assert_string_equal(fx_text(&f, "error"), "invalid_client");
    params_set(&form, "client_secret", "my+client/secret%");
    fx_post_form(&f, "/application/o/introspect/", &form);
    assert_true(js_get_bool(f.json, "active", false));
    assert_string_equal(fx_text(&f, "client_id"), "my_client_id");
    assert_string_equal(fx_text(&f, "scope"), "openid");
    assert_string_equal(fx_text(&f, "aud"), "my_client_id");
    fx_post_form(&f, "/application/o/revoke/", &form);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(f.resp.body, "{}");
    fx_post_form(&f, "/application/o/introspect/", &form);
    assert_string_equal(f.resp.body, fx_literal("introspect.inactive"));
    fx_post_form(&f, "/application/o/revoke/", &form);
    assert_int_equal(f.resp.status, 200);
    fx_get(&f, "/application/o/introspect/");
    assert_int_equal(f.resp.status, 405);
    fx_stop(&f);
}

static void test_json__escapes_like_python(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_sign_in(&f, FX_LOGIN_FLOW "?next=%2F", "bob", " bob ");
    AUTO(xfree) char *code = fx_code(&f, "openid email profile", NULL);
    fx_exchange(&f, code, NULL);
    params_addf(&f.send, "Authorization", "Bearer %s", fx_text(&f, "access_token"));
    fx_get(&f, "/application/o/userinfo/");
    assert_true(fx_has(&f, "\"name\": \"Bob \\u00d6hman\", "));
    assert_true(fx_has(&f, "\"email\": \"\", \"email_verified\": false, "));
    fx_stop(&f);
}

/* json.dumps: the short escapes, \\u00xx for other controls, a surrogate pair beyond 16 bits. */
static void test_json__every_kind_of_escape(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.people[0].name = "\"\\/\b\f\n\r\t\x01\x7f\xc3\x96\xe2\x82\xac\xf0\x9f\x98\x80";
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid profile", NULL);
    fx_exchange(&f, code, NULL);
    params_addf(&f.send, "Authorization", "Bearer %s", fx_text(&f, "access_token"));
    fx_get(&f, "/application/o/userinfo/");
    assert_true(fx_has(&f, "\"name\": \"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f"
                           "\\u00d6\\u20ac\\ud83d\\ude00\", \"given_name\""));
    assert_string_equal(fx_text(&f, "name"), f.people[0].name);
    fx_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code__is_exchanged),
        cmocka_unit_test(test_id_token__claims),
        cmocka_unit_test(test_id_token__without_mapping_claims),
        cmocka_unit_test(test_id_token__algorithm_by_key),
        cmocka_unit_test(test_id_token__rotated_key),
        cmocka_unit_test(test_id_token__rotation_needs_a_second_key),
        cmocka_unit_test(test_id_token__sub_modes),
        cmocka_unit_test(test_code__client_authentication),
        cmocka_unit_test(test_code__public_client_needs_no_secret),
        cmocka_unit_test(test_code__refusals_do_not_consume_it),
        cmocka_unit_test(test_code__expires),
        cmocka_unit_test(test_code__pkce),
        cmocka_unit_test(test_token__methods),
        cmocka_unit_test(test_refresh__rotates),
        cmocka_unit_test(test_refresh__refusals),
        cmocka_unit_test(test_client_credentials__service_account),
        cmocka_unit_test(test_userinfo__claims),
        cmocka_unit_test(test_userinfo__refusals),
        cmocka_unit_test(test_introspect__and_revoke),
        cmocka_unit_test(test_json__escapes_like_python),
        cmocka_unit_test(test_json__every_kind_of_escape),
    };
    return TEST_MAIN(tests);
}
