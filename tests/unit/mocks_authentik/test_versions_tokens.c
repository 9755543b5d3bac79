/*
 * The rows of the version table that change tokens and the token endpoint.
 */
#include "tests/unit/mocks_authentik/rows.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jws.h"
#include "harness/jose/jwt.h"

#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* RFC 7636 appendix B */
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

/* ------------------------------------------------------------------ driving */

static void login(struct fx *f, const char *scope, const char *more)
{
    AUTO(xfree) char *code = fx_code(f, scope, more);
    fx_exchange(f, code, NULL);
}

static void offline_login(struct fx *f, const char *more)
{
    AUTO(xfree) char *all = xasprintf("&prompt=consent%s", more);
    login(f, "openid profile email offline_access", all);
}

/* "a=b&c=d", in place of what a code exchange sends. */
static void ask_token(struct fx *f, const char *form)
{
    AUTO(params_deinit) struct params p = {0};
    params_parse_form(&p, str_of(form));
    fx_exchange(f, "", &p);
}

static void refresh(struct fx *f)
{
    AUTO(xfree)
    char *form =
        xasprintf("grant_type=refresh_token&refresh_token=%s", fx_text(f, "refresh_token"));
    ask_token(f, form);
}

static char *claim_there(struct js *claims, const char *name)
{
    return xstrdup(js_get(claims, name) != NULL ? "there" : "absent");
}

static char *id_claim_there(struct fx *f, const char *name)
{
    AUTO(js_free) struct js *claims = fx_id_claims(f);
    return claim_there(claims, name);
}

static char *member_there(const struct fx *f, const char *name)
{
    return xstrdup(js_get(f->json, name) != NULL ? "there" : "absent");
}

static char *id_claim_text(struct fx *f, const char *name)
{
    AUTO(js_free) struct js *claims = fx_id_claims(f);
    return js_get(claims, name) != NULL ? js_compact(js_get(claims, name)) : xstrdup("absent");
}

static char *status(const struct fx *f)
{
    return xasprintf("%d", f->resp.status);
}

/* ------------------------------------------------------------------ claims */

static char *look_jti(struct fx *f)
{
    login(f, "openid profile email", "");
    return id_claim_there(f, "jti");
}

static char *look_sid(struct fx *f)
{
    login(f, "openid profile email", "");
    return id_claim_there(f, "sid");
}

static char *look_amr(struct fx *f)
{
    login(f, "openid profile email", "");
    return id_claim_text(f, "amr");
}

static char *look_email_verified(struct fx *f)
{
    login(f, "openid profile email", "");
    return id_claim_text(f, "email_verified");
}

static char *look_id_life(struct fx *f)
{
    int64_t iat = 0;
    int64_t exp = 0;
    login(f, "openid profile email", "");
    AUTO(js_free) struct js *claims = fx_id_claims(f);
    assert_int_equal(js_get_number(claims, "iat", &iat), 0);
    assert_int_equal(js_get_number(claims, "exp", &exp), 0);
    return xasprintf("%lld", (long long)(exp - iat));
}

/* Of the access token, when it is there. */
static char *look_at_hash(struct fx *f)
{
    login(f, "openid profile email", "");
    AUTO(js_free) struct js *claims = fx_id_claims(f);
    AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, fx_text(f, "access_token"));
    if (js_get(claims, "at_hash") != NULL)
        assert_string_equal(js_get_text(claims, "at_hash"), hash);
    return claim_there(claims, "at_hash");
}

/* Of the access token, and by it in userinfo; the ID token has it always. */
static char *look_access_nonce(struct fx *f)
{
    login(f, "openid profile email", "&nonce=n-1");
    AUTO(xfree) char *in_id = id_claim_text(f, "nonce");
    assert_string_equal(in_id, "\"n-1\"");
    AUTO(js_free) struct js *access = jwt_claims_unverified(fx_text(f, "access_token"));
    AUTO(xfree) char *in_access = claim_there(access, "nonce");
    params_addf(&f->send, "Authorization", "Bearer %s", fx_text(f, "access_token"));
    fx_get(f, "/application/o/userinfo/");
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *in_userinfo = member_there(f, "nonce");
    return xasprintf("%s %s", in_access, in_userinfo);
}

/* The ID token of a refresh: nonce, at_hash, life. */
static char *look_refreshed(struct fx *f)
{
    int64_t iat = 0;
    int64_t exp = 0;
    offline_login(f, "&nonce=n-1");
    refresh(f);
    AUTO(js_free) struct js *claims = fx_id_claims(f);
    AUTO(xfree) char *nonce = claim_there(claims, "nonce");
    AUTO(xfree) char *hash = claim_there(claims, "at_hash");
    assert_int_equal(js_get_number(claims, "iat", &iat), 0);
    assert_int_equal(js_get_number(claims, "exp", &exp), 0);
    return xasprintf("%s %s %lld", nonce, hash, (long long)(exp - iat));
}

static char *look_access_scope(struct fx *f)
{
    login(f, "openid profile email", "");
    AUTO(js_free) struct js *access = jwt_claims_unverified(fx_text(f, "access_token"));
    const char *scope = js_get_text(access, "scope");
    return xstrdup(scope != NULL ? scope : "absent");
}

static void arrange_scope_mapping(struct fx *f)
{
    assert_int_equal(
        js_parse(str_of("{\"profile\": {\"scope\": \"mine\"}}"), "mappings", &f->mappings, NULL),
        0);
    f->setup.authentik.mappings = f->mappings;
}

static void arrange_entitlements(struct fx *f)
{
    static const char *const scopes[] = {"openid", "entitlements", NULL};
    static const char text[] = "{\"deploy\": [\"ArgoCD Admins\"], \"audit\": [\"alice\"], "
                               "\"not hers\": [\"bob\", \"ArgoCD Viewers\"]}";
    f->setup.authentik.scopes = scopes;
    assert_int_equal(js_parse(str_of(text), "entitlements", &f->mappings, NULL), 0);
    f->setup.authentik.entitlements = f->mappings;
}

/* Both lists, and whether discovery offers the scope. */
static char *look_entitlements(struct fx *f)
{
    login(f, "openid entitlements", "");
    AUTO(xfree) char *entitlements = id_claim_text(f, "entitlements");
    AUTO(xfree) char *roles = id_claim_text(f, "roles");
    fx_get(f, "/application/o/argocd/.well-known/openid-configuration");
    AUTO(xfree) char *scopes = js_compact(js_get(f->json, "scopes_supported"));
    return xasprintf("%s %s %s", entitlements, roles, scopes);
}

static void arrange_api(struct fx *f)
{
    static const char *const scopes[] = {"openid", "goauthentik.io/api", NULL};
    f->setup.authentik.scopes = scopes;
}

static char *look_api_scope(struct fx *f)
{
    fx_get(f, "/application/o/argocd/.well-known/openid-configuration");
    AUTO(xfree) char *offered = js_compact(js_get(f->json, "scopes_supported"));
    login(f, "openid goauthentik.io/api", "");
    params_addf(&f->send, "Authorization", "Basic bXlfY2xpZW50X2lkOnBsYWluMHNlY3JldDE=");
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "token", fx_text(f, "access_token"));
    fx_post_form(f, "/application/o/introspect/", &form);
    return xasprintf("%s, granted %s", offered, fx_text(f, "scope"));
}

static void arrange_offline(struct fx *f)
{
    static const char *const scopes[] = {"openid", "offline_access", NULL};
    f->setup.authentik.scopes = scopes;
}

static char *look_offered_scopes(struct fx *f)
{
    fx_get(f, "/application/o/argocd/.well-known/openid-configuration");
    return js_compact(js_get(f->json, "scopes_supported"));
}

/* ------------------------------------------------------------------ keys */

/* With the key set while the mock runs, because before 2024.10 it cannot be. */
static char *look_encryption(struct fx *f)
{
    struct err err = {0};
    f->setup.authentik.encryption_key = "rsa";
    if (authentik_mock_change(f->mock, &f->setup, &err) != 0) {
        assert_true(cstr_contains(err.msg, "encryption key 'rsa'"));
        f->setup.authentik.encryption_key = "none";
        return xstrdup("refused");
    }
    login(f, "openid", "");
    size_t dots = 0;
    for (const char *p = fx_text(f, "id_token"); *p != '\0'; p++)
        dots += *p == '.';
    return xasprintf("%zu dots", dots);
}

static void arrange_ec_384(struct fx *f)
{
    f->setup.authentik.signing_key = "ec-384";
}

/* Header, discovery, JWKS, and how wide the signature is: ECDSA with SHA-256 on P-384 before. */
static char *look_es_alg(struct fx *f)
{
    login(f, "openid", "");
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(fx_text(f, "id_token"), &j, NULL), JWS_OK);
    fx_get(f, "/application/o/argocd/jwks/");
    const struct js *jwk = js_at(js_get(f->json, "keys"), 0);
    AUTO(xfree)
    char *keys = xasprintf("%s %s", js_get_text(jwk, "crv"), js_get_text(jwk, "alg"));
    fx_get(f, "/application/o/argocd/.well-known/openid-configuration");
    const struct js *algs = js_get(f->json, "id_token_signing_alg_values_supported");
    return xasprintf("%s %zu %s %s", js_get_text(j.header, "alg"), j.signature_len, keys,
                     js_text(js_at(algs, 0)));
}

static char *look_kid(struct fx *f)
{
    fx_get(f, "/application/o/argocd/jwks/");
    return xasprintf("%zu", strlen(js_get_text(js_at(js_get(f->json, "keys"), 0), "kid")));
}

/* ------------------------------------------------------------------ codes */

static char *look_refresh_token(struct fx *f)
{
    login(f, "openid profile email", "");
    return member_there(f, "refresh_token");
}

static char *look_verifier_missing(struct fx *f)
{
    login(f, "openid", "&code_challenge=" CHALLENGE "&code_challenge_method=S256");
    return status(f);
}

static char *look_verifier_errors(struct fx *f)
{
    login(f, "openid", "&code_challenge=" CHALLENGE "&code_challenge_method=S256");
    AUTO(xfree) char *error = xstrdup(fx_text(f, "error"));
    AUTO(xfree) char *code = fx_code(f, "openid", "");
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "code_verifier", VERIFIER);
    fx_exchange(f, code, &more);
    return xasprintf("%s %d", error, f->resp.status);
}

/* ------------------------------------------------------------------ other grants */

static char *look_client_secret_grant(struct fx *f)
{
    ask_token(f, "grant_type=client_credentials&scope=openid");
    return status(f);
}

static char *look_token_scopes(struct fx *f)
{
    ask_token(f, "grant_type=client_credentials&scope=openid+nonsense");
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "token", fx_text(f, "access_token"));
    params_add(&form, "client_id", f->setup.authentik.client_id);
    params_add(&form, "client_secret", f->setup.authentik.client_secret);
    fx_post_form(f, "/application/o/introspect/", &form);
    return xstrdup(fx_text(f, "scope"));
}

static char *look_scope_member(struct fx *f)
{
    login(f, "openid", "");
    return member_there(f, "scope");
}

static char *look_request_id(struct fx *f)
{
    ask_token(f, "grant_type=authorization_code&code=unknown");
    assert_int_equal(f->resp.status, 400);
    return member_there(f, "request_id");
}

static void arrange_app_passwords(struct fx *f)
{
    f->people[0].app_password = "app-of-alice";
    f->people[2].app_password = "app-of-gone"; /* who is not active */
}

static char *look_inactive_app_password(struct fx *f)
{
    ask_token(f, "grant_type=password&username=alice&password=app-of-alice&scope=openid");
    assert_int_equal(f->resp.status, 200);
    ask_token(f, "grant_type=password&username=gone&password=app-of-gone&scope=openid");
    return status(f);
}

static void arrange_threshold(struct fx *f)
{
    f->setup.authentik.refresh_token_threshold_s = INT64_C(20) * 86400; /* of 30 days */
}

static char *rotated(struct fx *f)
{
    AUTO(xfree) char *old = xstrdup(fx_text(f, "refresh_token"));
    assert_int_equal(strlen(old), 128);
    refresh(f);
    assert_int_equal(f->resp.status, 200);
    bool fresh = fx_text(f, "refresh_token")[0] != '\0';
    assert_string_not_equal(fx_text(f, "refresh_token"), old);
    /* the old one works on, or not */
    AUTO(xfree) char *form = xasprintf("grant_type=refresh_token&refresh_token=%s", old);
    ask_token(f, form);
    assert_int_equal(f->resp.status, fresh ? 400 : 200);
    return xstrdup(fresh ? "rotated" : "kept");
}

static char *look_early_refresh(struct fx *f)
{
    offline_login(f, "");
    return rotated(f);
}

/* 15 days before the end, which is within the threshold. */
static char *look_late_refresh(struct fx *f)
{
    offline_login(f, "");
    clock_advance_ms(f->clock, INT64_C(15) * 86400 * 1000);
    return rotated(f);
}

static void arrange_odd_secret(struct fx *f)
{
    f->setup.authentik.client_secret = "a/b+c%2Fd"; /* the fixture escapes it, as Go does */
}

static char *look_basic(struct fx *f)
{
    login(f, "openid", "");
    return xstrdup(f->resp.status == 200 ? "200" : fx_text(f, "error"));
}

static char *look_unknown_grant(struct fx *f)
{
    ask_token(f, "grant_type=");
    AUTO(xfree) char *none = xstrdup(fx_text(f, "error"));
    ask_token(f, "grant_type=implicit");
    return xasprintf("%s %s", none, fx_text(f, "error"));
}

static const struct row_case cases[] = {
    {"jti", NULL, look_jti, "there", "absent"},
    {"sid", NULL, look_sid, "there", "absent"},
    {"amr-code", NULL, look_amr, "[\"pwd\"]", "absent"},
    {"email-unverified", NULL, look_email_verified, "false", "true"},
    {"id-token-short", NULL, look_id_life, "3600", "2592000"},
    {"no-at-hash", NULL, look_at_hash, "absent", "there"},
    {"nonce-in-access", NULL, look_access_nonce, "there there", "absent absent"},
    {"refresh-no-nonce", NULL, look_refreshed, "absent absent 3600", "there there 2592000"},
    {"access-scope", NULL, look_access_scope, "openid profile email", "absent"},
    {"scope-override", arrange_scope_mapping, look_access_scope, "mine", "openid profile email"},
    {"entitlements", arrange_entitlements, look_entitlements,
     "[\"deploy\",\"audit\"] [\"deploy\",\"audit\"] [\"openid\",\"entitlements\"]",
     "absent absent [\"openid\"]"},
    {"api-mapping", arrange_api, look_api_scope,
     "[\"openid\",\"goauthentik.io/api\"], granted openid goauthentik.io/api",
     "[\"openid\"], granted openid"},
    {"encryption", NULL, look_encryption, "4 dots", "refused"},
    {"es-algs", arrange_ec_384, look_es_alg, "ES384 96 P-384 ES384 ES384",
     "ES256 96 P-384 ES256 ES256"},
    {"long-kid", NULL, look_kid, "86", "32"},
    {"offline-access", NULL, look_refresh_token, "absent", "there"},
    {"offline-access", arrange_offline, look_offered_scopes, "[\"openid\",\"offline_access\"]",
     "[\"openid\"]"},
    {"pkce-verifier-needed", NULL, look_verifier_missing, "400", "200"},
    {"pkce-invalid-grant", NULL, look_verifier_errors, "invalid_grant 400", "invalid_request 200"},
    {"client-secret-grant", NULL, look_client_secret_grant, "200", "400"},
    {"token-clips-scopes", NULL, look_token_scopes, "openid", "openid nonsense"},
    {"scope-in-response", NULL, look_scope_member, "there", "absent"},
    {"request-id", NULL, look_request_id, "there", "absent"},
    {"app-password-active", arrange_app_passwords, look_inactive_app_password, "400", "200"},
    {"refresh-threshold", arrange_threshold, look_early_refresh, "kept", "rotated"},
    {"threshold-fixed", arrange_threshold, look_late_refresh, "rotated", "kept"},
    {"basic-decoded", arrange_odd_secret, look_basic, "200", "invalid_client"},
    {"unknown-grant-invalid", NULL, look_unknown_grant, "invalid_grant invalid_grant",
     "unsupported_grant_type unsupported_grant_type"},
};

static void test_row(void **state)
{
    rows_check(*state);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(cases)] = {{0}};
    for (size_t i = 0; i < TEST_COUNT(cases); i++)
        tests[i] = (struct CMUnitTest){.name = cases[i].id,
                                       .test_func = test_row,
                                       .initial_state = (void *)(uintptr_t)&cases[i]};
    return TEST_MAIN(tests);
}
