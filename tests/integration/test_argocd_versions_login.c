/*
 * Argo CD's version table as far as signing in shows it: each row in the releases around its
 * change, and turned over.
 */
#include "tests/integration/argocd_rows.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/crypto/aead.h"
#include "harness/setup/setup_int.h"

static char *number(size_t n)
{
    return xasprintf("%zu", n);
}

static char *yes_or_no(bool yes)
{
    return xstrdup(yes ? "yes" : "no");
}

/* ---- what it makes of its ConfigMaps ---- */

/* The Dex configuration of one connector with an own and an additional URL. */
static void generate(struct fx *f, const char *secret_value, const char *reference,
                     struct dexconfig *ret)
{
    AUTO(js_free) struct js *cm = js_object();
    AUTO(js_free) struct js *secret = js_object();
    AUTO(xfree)
    char *config = xasprintf("connectors:\n- type: oidc\n  id: authentik\n  name: authentik\n"
                             "  config: {issuer: https://a, clientSecret: %s}\n",
                             reference);
    js_set_text(cm, "url", FX_URL);
    js_set_text(cm, "additionalUrls", "[https://second.company]");
    js_set_text(cm, "dex.config", config);
    js_set_text(secret, "server.secretkey", FX_SECRETKEY);
    js_set_text(secret, "known", secret_value);
    AUTO(js_free) struct js *env = js_object();
    js_set_text(env, "DEX_EXPAND_ENV", "false"); /* so that what Argo CD wrote stays to be seen */
    dexconfig_generate(cm, secret, env, f->setup.argocd.quirks, ret);
    assert_non_null(ret->generated);
}

static char *look_redirects(struct fx *f)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(f, "x", "$known", &d);
    return number(js_len(js_get(js_at(js_get(d.generated, "staticClients"), 0), "redirectURIs")));
}

static char *look_clients(struct fx *f)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(f, "x", "$known", &d);
    return number(js_len(js_get(d.generated, "staticClients")));
}

static char *look_logger(struct fx *f)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(f, "x", "$known", &d);
    return yes_or_no(js_get(d.generated, "logger") != NULL);
}

static char *look_log_format(struct fx *f)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(f, "x", "$known", &d);
    return xstrdup(js_text(js_path(d.generated, "logger", "format", NULL)));
}

static char *secret_of(struct fx *f, const char *secret_value, const char *reference)
{
    AUTO(dexconfig_deinit) struct dexconfig d = {0};
    generate(f, secret_value, reference, &d);
    const struct js *connector = js_at(js_get(d.generated, "connectors"), 0);
    return xstrdup(js_text(js_path(connector, "config", "clientSecret", NULL)));
}

static char *look_dollar(struct fx *f)
{
    return secret_of(f, "pa$word", "$known");
}

static char *look_dollar_of_env(struct fx *f)
{
    return secret_of(f, "x", "$OF_DEX");
}

static char *look_unnamed(struct fx *f)
{
    js_remove(f->secret, "oidc.authentik.clientSecret");
    fx_use_oidc(f, "", false);
    return yes_or_no(!fx_logged(f, wire("secret.named")) && fx_logged(f, wire("secret.unnamed")));
}

static char *status_of(struct fx *f, const char *patch)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    AUTO(xfree) char *line = fx_bearer_line(token);
    fx_get(f, "/api/v1/account/can-i/projects/get/x", line, &r);
    return number((size_t)r.status);
}

#define OF(aud_) "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":" aud_ "}"

static char *look_allowed_audience(struct fx *f)
{
    fx_use_oidc(f, "allowedAudiences: [xyz]\n", false);
    return status_of(f, OF("\"xyz\""));
}

static char *look_other_audience(struct fx *f)
{
    return status_of(f, "{\"aud\":\"somebody-else\"}");
}

static char *look_no_audience(struct fx *f)
{
    return status_of(f, "{\"aud\":null}");
}

/* ---- signing in ---- */

static char *look_state_length(struct fx *f)
{
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, "", &l);
    return number(strlen(l.state));
}

/* What the state cookie holds, with the state itself as "S", and whether it is taken back. */
static char *look_state_cookie(struct fx *f)
{
    AUTO(fx_login_deinit) struct fx_login l = {0};
    AUTO(http_response_deinit) struct http_response r = {0};
    uint8_t key[AEAD_KEY];
    uint8_t *bytes = NULL;
    size_t n = 0;
    fx_begin(f, FX_URL "/x", &l);
    const char *hex = strchr(l.cookie_line, '=') + 1;
    assert_int_equal(hex_decode(hex, strlen(hex), &bytes, &n, NULL), 0);
    AUTO(xfree) char *sealed = (char *)bytes;
    AUTO(xfree) char *plain = NULL;
    assert_int_equal(kdf_argocd_key(FX_SECRETKEY, key, NULL), 0);
    assert_int_equal(aead_open(key, sealed, n, &plain, &n, NULL), 0);
    assert_true(cstr_starts(plain, l.state));
    fx_finish(f, &l, &r);
    return xasprintf("S%s, then %s", plain + strlen(l.state), fx_header(&r, "Location"));
}

static char *look_scope(struct fx *f)
{
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, "", &l);
    const char *scope = strstr(l.location, "&scope=");
    assert_non_null(scope);
    scope += strlen("&scope=");
    return xstrndup(scope, strcspn(scope, "&"));
}

static char *look_pkce_browser(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_use_oidc(f, "enablePKCEAuthentication: true\n", false);
    fx_get(f, "/login", "Accept: text/html", &r);
    return yes_or_no(cstr_contains(r.body, "/pkce/verify") &&
                     !cstr_contains(r.body, "/auth/login"));
}

static char *look_pkce_server(struct fx *f)
{
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_use_oidc(f, "enablePKCEAuthentication: true\n", false);
    fx_begin(f, "", &l);
    return yes_or_no(cstr_contains(l.location, "&code_challenge_method=S256&"));
}

static char *look_provider_text(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    f->dex.discovery_status = 404;
    fx_get(f, "/auth/login", NULL, &r);
    return xstrndup(r.body, strcspn(r.body, " "));
}

/* At the callback and at the API: does the answer say what is wrong with a token? */
static char *look_masked(struct fx *f)
{
    static const char other_issuer[] = "{\"iss\":\"https://evil.example\"}";
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, other_issuer, "rsa-2048-1");
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 500);
    bool at_callback = cstr_starts(r.body, wire("callback.verify-told")) &&
                       cstr_contains(r.body, "issued by a different provider");
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    fx_get(f, "/api/v1/account/can-i/projects/get/x", line, &r);
    assert_int_equal(r.status, 401);
    bool at_api = cstr_contains(r.body, "issued by a different provider");
    return xasprintf("%s, %s", at_callback ? "told" : "masked", at_api ? "told" : "masked");
}

static char *look_logout_empty(struct fx *f)
{
    return xstrdup(fx_answers(f, "/auth/logout", "Cookie: argocd.token=") ? "answered" : "broken");
}

/* The status of a call with the second token after the first one was logged out. */
static char *after_logout(struct fx *f, const char *first_patch, const char *second_patch)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, first_patch, "rsa-2048-1");
    AUTO(xfree) char *line = fx_cookie_line(token);
    fx_get(f, "/auth/logout", line, &r);
    assert_int_equal(r.status, 303);
    return status_of(f, second_patch);
}

static char *look_revoked(struct fx *f)
{
    return after_logout(f, "{\"jti\":\"one\"}", "{\"jti\":\"one\"}");
}

static char *look_revoked_uti(struct fx *f)
{
    return after_logout(f, "{\"uti\":\"one\",\"at_hash\":\"a\"}",
                        "{\"uti\":\"one\",\"at_hash\":\"b\"}");
}

static char *look_forwarded(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/dex/status/404", "X-Forwarded-For: 203.0.113.9\nForwarded: for=1", &r);
    const char *at = strstr(f->dex.last_echo, "X-Forwarded-For: ");
    AUTO(xfree) char *line = at != NULL ? xstrndup(at, strcspn(at, "\n")) : xstrdup("nothing");
    return xasprintf("%s, Forwarded: %s", line,
                     cstr_contains(f->dex.last_echo, "\nForwarded: for=1\n") ? "yes" : "no");
}

static char *look_mux(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "//auth/login", NULL, &r);
    return xasprintf("%d %s", r.status, fx_header(&r, "Location"));
}

static const struct argocd_row_case rows[] = {
    {"additional-urls", NULL, look_redirects, "2", "1"},
    {"pkce-client", NULL, look_clients, "3", "2"},
    {"dex-logger", NULL, look_logger, "yes", "no"},
    {"dex-log-json", NULL, look_log_format, "json", "text"},
    {"dollar-doubled", NULL, look_dollar, "pa$$word", "pa$word"},
    {"dollar-env-doubled", NULL, look_dollar_of_env, "$$OF_DEX", "$OF_DEX"},
    {"secret-unnamed", NULL, look_unnamed, "yes", "no"},
    {"allowed-audiences", NULL, look_allowed_audience, "200", "401"},
    {"audience-checked", NULL, look_other_audience, "401", "200"},
    {"audience-needed", NULL, look_no_audience, "401", "200"},
    {"state-short", NULL, look_state_length, "10", "24"},
    {"state-lines", NULL, look_state_cookie, "S\n" FX_URL "/x\n, then " FX_URL "/x",
     "S:" FX_URL "/x, then " FX_URL "/x"},
    {"federated-scope", NULL, look_scope, "openid+profile+email+groups+federated%3Aid",
     "openid+profile+email+groups"},
    {"pkce-browser", NULL, look_pkce_browser, "yes", "no"},
    {"pkce-server", NULL, look_pkce_server, "yes", "no"},
    {"provider-text", NULL, look_provider_text, "failed", "Failed"},
    {"verify-masked", NULL, look_masked, "masked, masked", "told, told"},
    {"logout-empty", NULL, look_logout_empty, "answered", "broken"},
    {"revoke", NULL, look_revoked, "401", "200"},
    {"revoke-uti", NULL, look_revoked_uti, "401", "200"},
    {"no-forwarded-for", NULL, look_forwarded, "nothing, Forwarded: no",
     "X-Forwarded-For: 203.0.113.9, 127.0.0.1, Forwarded: yes"},
    {"mux-307", NULL, look_mux, "307 /auth/login", "301 /auth/login"},
};

static void test_rows__signing_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++)
        argocd_rows_check(&rows[i]);
}

/* ---- go-oidc ---- */

/* The log line of a token that is refused. */
static char *refusal_of(struct fx *f, const char *patch, const char *key, const char *part)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, patch, key);
    AUTO(xfree) char *line = fx_bearer_line(token);
    fx_get(f, "/api/v1/account/can-i/projects/get/x", line, &r);
    assert_int_equal(r.status, 401);
    return yes_or_no(fx_logged(f, part) || cstr_contains(r.body, part));
}

static char *look_signature_first(struct fx *f)
{
    return refusal_of(f, "{\"exp\":1767225599}", "rsa-2048-2", "failed to verify signature");
}

static char *look_issuer_text(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    f->dex.issuer = FX_URL "/api/dex/";
    fx_get(f, "/auth/login", NULL, &r);
    return yes_or_no(cstr_contains(r.body, "issuer URL provided to client"));
}

static char *look_alg_go_oidc(struct fx *f)
{
    return refusal_of(f, NULL, "hmac", "id token signed with unsupported algorithm");
}

static char *look_alg_go_jose(struct fx *f)
{
    return refusal_of(f, NULL, "hmac", "go-jose/go-jose: unexpected signature algorithm");
}

/* The dialects behind these are mocks/common/goidc's. */
static const struct argocd_row_case go_oidc_rows[] = {
    {"signature-first", NULL, look_signature_first, "yes", "no"},
    {"issuer-text", NULL, look_issuer_text, "yes", "no"},
    {"alg-text-go-oidc", NULL, look_alg_go_oidc, "yes", "no"},
    {"alg-text-go-jose", NULL, look_alg_go_jose, "yes", "no"},
};

static void test_rows__go_oidc(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(go_oidc_rows); i++)
        argocd_rows_check(&go_oidc_rows[i]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rows__signing_in),
    cmocka_unit_test(test_rows__go_oidc),
};

int main(void)
{
    return TEST_MAIN(tests);
}
