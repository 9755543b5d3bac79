/*
 * The mock Argo CD with oidc.config instead of Dex (argocd.md 1.12, 7.2, 7.3): the provider is
 * asked directly, and its own client, scopes and audiences count.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/http/tls.h"
#include "harness/jose/pkce.h"

#define ENDPOINT "https://ak.example.com/application/o/argocd"

static void test_oidc__signs_in_without_dex(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_use_oidc(f, "", false);
    fx_begin(f, FX_URL "/x", &l);
    assert_true(cstr_starts(l.location, ENDPOINT "/auth?client_id=abc&redirect_uri="));
    assert_has(l.location, "&scope=openid+profile+email+groups&");
    assert_false(cstr_contains(l.location, "code_challenge"));
    fx_finish(f, &l, &r);
    assert_string_equal(fx_header(&r, "Location"), FX_URL "/x");
    assert_string_equal(f->dex.last_basic, "Basic YWJjOnMzY3JldA=="); /* $ resolved, trimmed */
    AUTO(xfree) char *line = fx_cookie_line(f->dex.id_token);
    fx_get(f, "/api/v1/account/can-i/applications/sync/default/guestbook", line, &r);
    assert_text(&r, 200, wire("can-i.yes"));
    fx_get(f, "/api/v1/settings", NULL, &r);
    assert_has(r.body, "\"oidcConfig\":{\"name\":\"authentik\",\"issuer\":\"" FX_IDP_ISSUER
                       "\",\"clientID\":\"abc\"}");
    fx_get(f, "/login", "Accept: text/html", &r);
    assert_has(r.body, wire("ui.button"));
}

static void test_oidc__options_of_the_request(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_use_oidc(f,
                "requestedScopes: [openid, custom]\ndomainHint: ' company '\n"
                "requestedIDTokenClaims: {groups: {essential: true}}\n",
                false);
    fx_begin(f, "", &l);
    assert_has(l.location, "&scope=openid+custom&");
    assert_has(l.location, "&domain_hint=company&");
    assert_has(l.location,
               "?claims=%7B%22id_token%22%3A%7B%22groups%22%3A%7B%22essential%22%3Atrue%7D%7D%7D&");
}

static void test_oidc__pkce(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_use_oidc(f, "enablePKCEAuthentication: true\n", false);
    fx_begin(f, "", &l);
    assert_has(l.location, "&code_challenge_method=S256&");
    fx_finish(f, &l, &r);
    const char *at = strstr(f->dex.last_form, "code_verifier=");
    assert_non_null(at);
    AUTO(xfree) char *verifier = xstrndup(at + strlen("code_verifier="), 43);
    AUTO(xfree) char *challenge = pkce_s256(verifier);
    AUTO(xfree) char *expected = xasprintf("code_challenge=%s&", challenge);
    assert_has(l.location, expected);
}

static int status_with(struct fx *f, const char *patch)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    AUTO(xfree) char *line = fx_bearer_line(token);
    fx_get(f, "/api/v1/account/can-i/projects/get/x", line, &r);
    return r.status;
}

#define OF(aud_) "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":" aud_ "}"

static void test_oidc__audiences(void **state)
{
    struct fx *f = *state;
    fx_use_oidc(f, "", false);
    assert_int_equal(status_with(f, OF("\"abc\"")), 200);
    assert_int_equal(status_with(f, OF("\"def\"")), 401);
    assert_int_equal(status_with(f, OF("\"argo-cd\"")), 401);
    assert_int_equal(status_with(f, OF("null")), 401);
    fx_use_oidc(f, "cliClientID: def\n", false);
    assert_int_equal(status_with(f, OF("\"def\"")), 200);
    fx_use_oidc(f, "allowedAudiences: [xyz]\n", false);
    assert_int_equal(status_with(f, OF("\"abc\"")), 401);
    assert_int_equal(status_with(f, OF("\"xyz\"")), 200);
    fx_use_oidc(f, "skipAudienceCheckWhenTokenHasNoAudience: true\n", false);
    assert_int_equal(status_with(f, OF("null")), 200);
    assert_int_equal(status_with(f, OF("\"def\"")), 401);
}

/* A provider without signing key: HS256 with the client secret (9 row 17). */
static void test_oidc__symmetric_tokens_are_refused(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_use_oidc(f, "", false);
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, OF("\"abc\""), "hmac");
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_go_error(&r, 500, wire("callback.not-verified"));
    assert_true(fx_logged(f, "unexpected signature algorithm \"HS256\"; expected [\"RS256\"]"));
}

static void test_oidc__logout_url(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_use_oidc(f,
                "logoutURL: https://ak.example.com/end?id_token_hint={{token}}&to="
                "{{logoutRedirectURL}}\n",
                false);
    AUTO(xfree) char *line = fx_cookie_line(f->dex.id_token);
    fx_get(f, "/auth/logout", line, &r);
    AUTO(xfree)
    char *expected =
        xasprintf("https://ak.example.com/end?id_token_hint=%s&to=" FX_URL, f->dex.id_token);
    assert_string_equal(fx_header(&r, "Location"), expected);
}

static void test_oidc__both_configured_breaks_the_api(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_use_oidc(f, "", true);
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303); /* the login works */
    /* The session manager asks Dex for the other issuer's discovery, which Dex does not have; the
     * scripted one would, so it is told not to. */
    f->dex.discovery_status = 404;
    AUTO(xfree) char *line = fx_cookie_line(f->dex.id_token);
    fx_get(f, "/api/v1/account/can-i/projects/get/x", line, &r);
    assert_text(&r, 401, wire("api.not-verified"));
    bool asked_dex = false;
    for (size_t i = 0; i < trace_len(f->trace); i++)
        asked_dex = asked_dex || (trace_at(f->trace, i)->kind == TRACE_EXCHANGE &&
                                  cstr_starts(trace_at(f->trace, i)->url,
                                              ARGOCD_DEX_ORIGIN "/application/o/argocd/"));
    assert_true(asked_dex);
}

/* A client that trusts another authority than the provider's, as before rootCA is set. */
static void trust_somebody_else(struct fx *f)
{
    static const char *const hosts[] = {"localhost", NULL};
    AUTO(http_ca_free) struct http_ca *other = NULL;
    struct err err = {0};
    assert_int_equal(http_ca_new(hosts, &other, &err), 0);
    const struct http_client_conf conf = {
        .party = "argocd",
        .names = &f->names,
        .trust = http_ca_trust(other),
        .trace = f->trace,
        .connections = 4,
    };
    http_client_free(f->outgoing);
    assert_int_equal(http_client_new(&conf, &f->outgoing, &err), 0);
}

/* oidc.config with the certificate of an authority as its rootCA. */
static void use_root_ca(struct fx *f, const char *pem)
{
    AUTO(js_free) struct js *text = js_string(pem);
    AUTO(xfree) char *quoted = js_compact(text);
    AUTO(xfree) char *line = xasprintf("rootCA: %s\n", quoted);
    fx_use_oidc(f, line, false);
}

static void test_oidc__root_ca(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    trust_somebody_else(f);
    fx_relisten(f);
    use_root_ca(f, http_ca_pem(f->ca));
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303);
    use_root_ca(f, "no certificate");
    assert_true(
        fx_logged(f, "failed to append certificates from PEM: proceeding without custom rootCA"));
    fx_get(f, "/auth/login", NULL, &r);
    assert_int_equal(r.status, 500);
    assert_has(r.body, "x509: certificate signed by unknown authority");
}

static void test_oidc__debug_page(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    js_set_text(f->env, "ARGOCD_SSO_DEBUG", "1");
    fx_use_oidc(f, "", false);
    fx_begin(f, FX_URL "/x", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(fx_header(&r, "Location"), "");
    assert_string_equal(fx_header(&r, "Content-Type"), wire("debug.type"));
    assert_non_null(fx_set_cookie(&r, "argocd.token=")); /* signed in all the same */
    assert_has(r.body, wire("debug.token"));
    assert_has(r.body, f->dex.id_token);
    assert_has(r.body, wire("debug.claims"));
    assert_has(r.body, "&#34;iss&#34;: &#34;" FX_IDP_ISSUER "&#34;");
    assert_false(cstr_contains(r.body, wire("debug.redeem")));
}

static void test_oidc__debug_page_with_refresh_token(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    js_set_text(f->env, "ARGOCD_SSO_DEBUG", "1");
    fx_use_oidc(f, "", false);
    f->dex.token_status = 200;
    f->dex.token_type = "application/json";
    f->dex.token_body = xasprintf(
        "{\"access_token\":\"a\",\"id_token\":\"%s\",\"refresh_token\":\"r<1\"}", f->dex.id_token);
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_has(r.body, wire("debug.refresh"));
    assert_has(r.body, wire("debug.form"));
    assert_has(r.body, wire("debug.redeem"));
    /* Only "1" switches it on. */
    js_set_text(f->env, "ARGOCD_SSO_DEBUG", "true");
    fx_restart(f);
    AUTO(fx_login_deinit) struct fx_login again = {0};
    fx_begin(f, "", &again);
    fx_finish(f, &again, &r);
    assert_int_equal(r.status, 303);
}

static void test_oidc__bad_yaml_is_no_sso(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    f->setup.argocd.dex_generated = NULL;
    js_set_text(f->cm, "oidc.config", "a: [b");
    fx_restart(f);
    assert_true(fx_logged(f, "invalid oidc config: "));
    fx_get(f, "/auth/login", NULL, &r);
    assert_int_equal(r.status, 404);
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_oidc__signs_in_without_dex),
    FX_TEST(test_oidc__options_of_the_request),
    FX_TEST(test_oidc__pkce),
    FX_TEST(test_oidc__audiences),
    FX_TEST(test_oidc__symmetric_tokens_are_refused),
    FX_TEST(test_oidc__logout_url),
    FX_TEST(test_oidc__both_configured_breaks_the_api),
    FX_TEST(test_oidc__root_ca),
    FX_TEST(test_oidc__debug_page),
    FX_TEST(test_oidc__debug_page_with_refresh_token),
    FX_TEST(test_oidc__bad_yaml_is_no_sso),
};

int main(void)
{
    return TEST_MAIN(tests);
}
