/*
 * The mock Dex beside the code flow that Argo CD uses: assets and small pages, implicit and hybrid
 * flow, which grants there are, the grants nobody gets, and what `dex serve` refuses to start with.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/http/html.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"

/* ---- assets, health, headers ---- */

struct asset_row {
    const char *path;
    int status;
    const char *type;
    const char *begins;
};

static const struct asset_row asset_rows[] = {
    {"/static/main.css", 200, "text/css; charset=utf-8", "* {"},
    {"/theme/styles.css", 200, "text/css; charset=utf-8", ".theme-body"},
    {"/theme/favicon.png", 200, "image/png", "\x89PNG\r\n"},
    {"/theme/logo.png", 200, "image/png", "\x89PNG\r\n"},
    {"/theme/", 200, "text/html; charset=utf-8", "<!doctype html>"},
    {"/static/none.css", 404, "text/plain; charset=utf-8", "404 page not found\n"},
    {"/theme/main.css", 404, "text/plain; charset=utf-8", "404 page not found\n"},
    {NULL, 0, NULL, NULL},
};

static void test_assets__rows(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct asset_row *r = asset_rows; r->path != NULL; r++) {
        AUTO(xfree) char *path = xasprintf("/api/dex%s", r->path);
        dex_get(f, path);
        assert_int_equal(f->resp.status, r->status);
        assert_string_equal(dex_header(f, "Content-Type"), r->type);
        assert_true(cstr_starts(f->resp.body, r->begins));
    }
}

/* Each page links them from where it is. */
static void test_assets__are_linked(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/device");
    assert_true(cstr_contains(f->resp.body, "<link href=\"static/main.css\""));
    dex_get(f, "/api/dex/auth/nobody");
    assert_true(cstr_contains(f->resp.body, "<link href=\"../theme/styles.css\""));
    dex_get(f, "/api/dex/auth/authentik/login");
    assert_true(cstr_contains(f->resp.body, "<link rel=\"icon\" href=\"../../theme/favicon.png\""));
}

static void test_health__well_and_ill(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/healthz");
    assert_int_equal(f->resp.status, 200);
    assert_string_equal(f->resp.body, dex_literal("health"));
    dex_fault_on(f, "dex/healthz.failing", NULL);
    dex_get(f, "/api/dex/healthz");
    dex_assert_page(f, 500, "health-failed");
    dex_get(f, "/api/dex/robots.txt");
    assert_true(cstr_starts(f->resp.body, dex_literal("robots")));
    dex_get(f, "/api/dex");
    assert_true(cstr_contains(f->resp.body, dex_literal("root")));
}

static void test_headers__configured_ones_are_in_every_answer(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/keys");
    assert_string_equal(dex_header(f, "X-Frame-Options"), "");
    dex_restart(f, NULL, "{\"web\":{\"headers\":{\"X-Frame-Options\":\"DENY\",\"Else\":\"x\"}}}");
    dex_get(f, "/api/dex/keys");
    assert_string_equal(dex_header(f, "X-Frame-Options"), "DENY");
    assert_string_equal(dex_header(f, "Else"), "");
    dex_get(f, "/api/dex/nothing");
    assert_string_equal(dex_header(f, "X-Frame-Options"), "DENY");
}

static void test_pages__name_of_the_site(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"frontend\":{\"issuer\":\"Acme <1>\"},\"oauth2\":{"
                "\"alwaysShowLoginScreen\":true,\"skipApprovalScreen\":true}}");
    dex_get(f, "/api/dex/auth");
    assert_int_equal(f->resp.status, 200);
    assert_true(cstr_contains(f->resp.body, "<title>Acme &lt;1&gt;</title>"));
    assert_true(cstr_contains(f->resp.body, "Log in to Acme &lt;1&gt; </h2>"));
}

/* ---- implicit and hybrid flow ---- */

#define ALL_TYPES                                                                                  \
    "{\"oauth2\":{\"skipApprovalScreen\":true,\"responseTypes\":[\"code\",\"token\",\"id_token\"]" \
    "}}"

static void authorize_as(struct dex_fixture *f, const char *client, const char *type,
                         const char *nonce, const char *redirect_uri)
{
    AUTO(params_deinit) struct params p = {0};
    params_add(&p, "client_id", client);
    params_add(&p, "redirect_uri", redirect_uri);
    params_add(&p, "response_type", type);
    params_add(&p, "scope", "openid");
    params_add(&p, "state", "s t");
    if (nonce != NULL)
        params_add(&p, "nonce", nonce);
    AUTO(xfree) char *query = params_form(&p);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_get(f, path);
    const char *upstream = strstr(dex_header(f, "Location"), "&state=");
    if (f->resp.status != 302 || upstream == NULL)
        return;
    xfree(f->state);
    f->state = xstrdup(upstream + strlen("&state="));
    dex_say_token(f, NULL);
    dex_callback(f);
}

static char *fragment_param(const struct dex_fixture *f, const char *name)
{
    AUTO(params_deinit) struct params p = {0};
    const char *fragment = strchr(dex_header(f, "Location"), '#');
    assert_non_null(fragment);
    params_parse_form(&p, str_of(fragment + 1));
    return xstrdup(params_get(&p, name) != NULL ? params_get(&p, name) : "absent");
}

static void assert_fragment(const struct dex_fixture *f, const char *name, const char *expected)
{
    AUTO(xfree) char *value = fragment_param(f, name);
    assert_string_equal(value, expected);
}

static void test_implicit__tokens_in_the_fragment(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, ALL_TYPES);
    authorize_as(f, "argo-cd", "id_token token", "the nonce", DEX_CALLBACK);
    assert_int_equal(f->resp.status, 303);
    assert_true(cstr_starts(dex_header(f, "Location"), DEX_CALLBACK "#access_token="));
    AUTO(xfree) char *id_token = fragment_param(f, "id_token");
    AUTO(xfree) char *access = fragment_param(f, "access_token");
    AUTO(js_free) struct js *claims = jwt_claims_unverified(id_token);
    AUTO(xfree) char *at_hash = jwt_half_hash(JWS_RS256, access);
    assert_string_equal(js_get_text(claims, "nonce"), "the nonce");
    assert_string_equal(js_get_text(claims, "at_hash"), at_hash);
    assert_null(js_get(claims, "c_hash"));
    assert_fragment(f, "expires_in", "86400");
    assert_fragment(f, "state", "s t");
    assert_fragment(f, "token_type", "bearer");
    assert_fragment(f, "code", "absent");
}

static void test_hybrid__code_and_id_token(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, ALL_TYPES);
    authorize_as(f, "argo-cd", "code id_token", NULL, DEX_CALLBACK);
    AUTO(xfree) char *code = fragment_param(f, "code");
    AUTO(xfree) char *id_token = fragment_param(f, "id_token");
    AUTO(js_free) struct js *claims = jwt_claims_unverified(id_token);
    AUTO(xfree) char *c_hash = jwt_half_hash(JWS_RS256, code);
    assert_string_equal(js_get_text(claims, "c_hash"), c_hash);
    assert_fragment(f, "expires_in", "absent");
    dex_redeem(f, false, "code", code);
    assert_int_equal(f->resp.status, 200);
    authorize_as(f, "argo-cd", "code token", NULL, DEX_CALLBACK); /* no ID token: none is made */
    assert_fragment(f, "access_token", "");
    assert_fragment(f, "id_token", "absent");
}

static void assert_told(const struct dex_fixture *f, const char *error, const char *literal)
{
    AUTO(params_deinit) struct params p = {0};
    const char *location = dex_header(f, "Location");
    assert_int_equal(f->resp.status, 303);
    params_parse_form(&p, str_of(strchr(location, '?') + 1));
    assert_string_equal(params_get(&p, "error"), error);
    assert_string_equal(params_get(&p, "error_description"), dex_literal(literal));
}

#define OPEN "\"staticClients\":[{\"id\":\"open\",\"name\":\"Open\",\"public\":true}]"
#define OOB "urn:ietf:wg:oauth:2.0:oob"

static void test_implicit__refusals(void **state)
{
    struct dex_fixture *f = *state;
    authorize_as(f, "argo-cd", "code id_token", "n", DEX_CALLBACK);
    assert_told(f, "unsupported_response_type", "authreq-id-token-off");
    dex_restart(f, NULL, ALL_TYPES);
    authorize_as(f, "argo-cd", "token", "n", DEX_CALLBACK);
    assert_told(f, "invalid_request", "authreq-token-alone");
    authorize_as(f, "argo-cd", "id_token", NULL, DEX_CALLBACK);
    assert_told(f, "invalid_request", "authreq-no-nonce");
    dex_restart(f, NULL, "{" OPEN ",\"oauth2\":{\"responseTypes\":[\"code\",\"token\"]}}");
    authorize_as(f, "open", "code token", "n", OOB);
    AUTO(xfree) char *query = xstrdup(strchr(dex_header(f, "Location"), '?'));
    assert_true(cstr_contains(query, "Cannot+use+response+type"));
    authorize_as(f, "open", "code token", "n", "http://localhost:1/");
    assert_int_equal(f->resp.status, 303);
}

static void test_oob__the_code_is_shown(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, "{" OPEN "}");
    authorize_as(f, "open", "code", NULL, OOB);
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *text = html_visible_text(f->resp.body);
    assert_true(cstr_contains(text, dex_literal("oob-heading")));
    const char *value = strstr(f->resp.body, "value=\"");
    assert_non_null(value);
    AUTO(xfree) char *code = xstrndup(value + 7, 25);
    AUTO(xfree)
    char *form =
        xasprintf("grant_type=authorization_code&client_id=open&code=%s&redirect_uri=" OOB, code);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
    assert_int_equal(f->resp.status, 200);
}

static void test_approval__nothing_asked_for(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, "{\"oauth2\":{\"skipApprovalScreen\":false}}");
    dex_code_with(f, false, "scope", "openid");
    AUTO(xfree) char *path = xstrdup(dex_header(f, "Location"));
    dex_get(f, path);
    AUTO(xfree) char *text = html_visible_text(f->resp.body);
    assert_true(cstr_contains(text, dex_literal("approval-nothing")));
}

/* ---- grants ---- */

struct grants_row {
    const char *oauth2;
    const char *expected;
};

#define DEVICE "\"urn:ietf:params:oauth:grant-type:device_code\""
#define EXCHANGE "\"urn:ietf:params:oauth:grant-type:token-exchange\""

/* TestServerSupportedGrants (dex.md 8.3) */
static const struct grants_row grants_rows[] = {
    {"{}", "[\"authorization_code\",\"refresh_token\"," DEVICE "," EXCHANGE "]"},
    {"{\"grantTypes\":[\"refresh_token\",\"authorization_code\",\"magic\"]}",
     "[\"authorization_code\",\"refresh_token\"]"},
    {"{\"passwordConnector\":\"local\"}",
     "[\"authorization_code\",\"password\",\"refresh_token\"," DEVICE "," EXCHANGE "]"},
    {"{\"responseTypes\":[\"code\",\"token\"]}",
     "[\"authorization_code\",\"implicit\",\"refresh_token\"," DEVICE "," EXCHANGE "]"},
    {"{\"responseTypes\":[\"code\",\"token\"],\"passwordConnector\":\"local\"}",
     "[\"authorization_code\",\"implicit\",\"password\",\"refresh_token\"," DEVICE "," EXCHANGE
     "]"},
    {NULL, NULL},
};

static void test_grants__are_listed(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct grants_row *r = grants_rows; r->oauth2 != NULL; r++) {
        AUTO(xfree) char *patch = xasprintf("{\"oauth2\":%s}", r->oauth2);
        dex_restart(f, NULL, patch);
        dex_get(f, "/api/dex/.well-known/openid-configuration");
        AUTO(xfree) char *listed = js_compact(js_get(f->json, "grant_types_supported"));
        assert_string_equal(listed, r->expected);
    }
}

static void token(struct dex_fixture *f, const char *form)
{
    dex_request(f, "POST", "/api/dex/token", form, NULL);
}

static void test_grants__refused_ones(void **state)
{
    struct dex_fixture *f = *state;
    token(f, "grant_type=implicit&client_id=argo-cd-cli");
    dex_assert_error(f, 400, "unsupported_grant_type", NULL);
    assert_true(dex_logged(f, dex_literal("grant-log")));
    token(f, "grant_type=password&client_id=argo-cd-cli");
    dex_assert_error(f, 400, "unsupported_grant_type", NULL);
    dex_restart(f, NULL, "{\"oauth2\":{\"grantTypes\":[\"authorization_code\"]}}");
    token(f, "grant_type=refresh_token&client_id=argo-cd-cli&refresh_token=x");
    dex_assert_error(f, 400, "unsupported_grant_type", NULL);
}

#define PASSWORD "grant_type=password&client_id=argo-cd-cli&username=u&password=p&scope="

static void test_password__grant_of_no_connector(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, "{\"oauth2\":{\"passwordConnector\":\"local\"}}");
    token(f, PASSWORD "email");
    dex_assert_error(f, 400, "invalid_request", "authreq-no-openid");
    token(f, PASSWORD "openid+foo+email+bar");
    dex_assert_error(f, 400, "invalid_request", "authreq-scopes");
    token(f, PASSWORD "openid");
    dex_assert_error(f, 400, "invalid_request", "password-connector");
    dex_restart(f, NULL, "{\"oauth2\":{\"passwordConnector\":\"authentik\"}}");
    token(f, PASSWORD "openid");
    dex_assert_error(f, 400, "invalid_request", "password-kind");
    token(f, "grant_type=password&client_id=argo-cd&client_secret=wrong&scope=openid");
    dex_assert_error(f, 401, "invalid_client", "token-client");
}

static void test_password__login_page(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/auth/authentik/login");
    dex_assert_page(f, 400, "no-state");
    dex_get(f, "/api/dex/auth/authentik/login?state=unknown");
    dex_assert_page(f, 400, "unknown-state");
    dex_authorize(f, false);
    AUTO(xfree) char *own = xasprintf("/api/dex/auth/authentik/login?state=%s", f->state);
    AUTO(xfree) char *other = xasprintf("/api/dex/auth/other/login?state=%s", f->state);
    dex_get(f, own);
    dex_assert_page(f, 500, "unknown-state");
    assert_true(dex_logged(f, dex_literal("password-log")));
    dex_get(f, other);
    dex_assert_page(f, 500, "unknown-state");
    assert_true(dex_logged(f, dex_literal("password-mismatch-log")));
}

/* ---- tokens given for others ---- */

static void exchange(struct dex_fixture *f, const char *token_text, const char *more)
{
    AUTO(xfree)
    char *form = xasprintf("grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id="
                           "argo-cd-cli&scope=openid&connector_id=authentik&subject_token_type=urn:"
                           "ietf:params:oauth:token-type:id_token&subject_token=%s%s",
                           token_text, more);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
}

static void test_exchange__requested_type(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(xfree) char *token_text = NULL;
    dex_patch_claims(f, "{\"exp\":1767225900}");
    assert_int_equal(jwt_sign(key, JWS_RS256, NULL, "up", f->claims, &token_text, NULL), 0);
    exchange(f, "bad", "&requested_token_type=saml"); /* the token is looked at first */
    dex_assert_error(f, 401, "access_denied", NULL);
    exchange(f, token_text, "&requested_token_type=saml");
    dex_assert_error(f, 400, "request_not_supported", "exchange-requested");
    exchange(f, token_text, "&requested_token_type=urn:ietf:params:oauth:token-type:id_token");
    assert_int_equal(f->resp.status, 200);
    assert_true(str_ends(str_of(f->resp.body), "}\n"));
    AUTO(js_free) struct js *id = dex_claims(f, "access_token");
    assert_null(js_get(id, "at_hash"));
    exchange(f, token_text, "");
    AUTO(js_free) struct js *access = dex_claims(f, "access_token");
    assert_non_null(js_get(access, "at_hash"));
}

static void introspect(struct dex_fixture *f, const char *form)
{
    dex_request(f, "POST", "/api/dex/token/introspect", form, NULL);
}

static void test_introspect__answers(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, "{\"expiry\":{\"refreshTokens\":{\"absoluteLifetime\":\"2h\"}}}");
    AUTO(xfree) char *refresh = dex_cli_login(f, "up-1");
    AUTO(xfree) char *access = xasprintf("token=%s", js_get_text(f->json, "access_token"));
    AUTO(xfree) char *form = xasprintf("token=%s&token_type_hint=access_token", refresh);
    introspect(f, access);
    assert_true(
        cstr_starts(f->resp.body, "{\"active\":true,\"client_id\":\"argo-cd-cli\",\"sub\":"));
    assert_true(str_ends(str_of(f->resp.body), "}"));
    assert_string_equal(dex_header(f, "Cache-Control"), "");
    introspect(f, form);
    assert_true(dex_logged(f, dex_literal("introspect-hint-log")));
    dex_assert_members(
        f->json,
        "{\"active\":true,\"exp\":1767232800,\"ext\":{\"email\":\"jane@example.com\","
        "\"email_verified\":true,\"groups\":[\"ArgoCD Admins\",\"authentik "
        "Admins\"],\"name\":\"Jane Doe\",\"preferred_username\":\"jane\"}}",
        "refresh");
    clock_advance_ms(f->clock, INT64_C(7201) * 1000);
    introspect(f, form);
    assert_string_equal(f->resp.body, "{\"active\":false}\n");
    assert_string_equal(dex_header(f, "Cache-Control"), "no-store");
    introspect(f, "token=%zz");
    dex_assert_error(f, 400, "invalid_request", "introspect-form");
    dex_refresh(f, refresh, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-expired");
    assert_true(dex_logged(f, dex_literal("refresh-absolute-log")));
}

static void test_refresh__reuse_asks_nobody(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"expiry\":{\"refreshTokens\":{\"reuseInterval\":\"30s\","
                "\"validIfNotUsedFor\":\"1h\"}}}");
    AUTO(xfree) char *first = dex_cli_login(f, "up-1");
    dex_refresh(f, first, "");
    AUTO(xfree) char *second = xstrdup(js_get_text(f->json, "refresh_token"));
    size_t hits = (size_t)upstream_hits(f->up, UP_TOKEN);
    clock_advance_ms(f->clock, 20000);
    dex_refresh(f, first, "");
    assert_string_equal(js_get_text(f->json, "refresh_token"), second);
    assert_int_equal(upstream_hits(f->up, UP_TOKEN), hits);
    clock_advance_ms(f->clock, 11000); /* 31 s after the use that counts */
    dex_refresh(f, first, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
    AUTO(xfree)
    char *foreign =
        xasprintf("grant_type=refresh_token&client_id=argo-cd-pkce&refresh_token=%s", second);
    token(f, foreign);
    assert_true(dex_logged(f, dex_literal("refresh-client-log")));
    clock_advance_ms(f->clock, INT64_C(3600) * 1000);
    dex_refresh(f, second, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-expired");
    assert_true(dex_logged(f, dex_literal("refresh-idle-log")));
}

static void test_refresh__obsolete_but_expired(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"expiry\":{\"refreshTokens\":{\"reuseInterval\":\"30s\","
                "\"absoluteLifetime\":\"10s\"}}}");
    AUTO(xfree) char *first = dex_cli_login(f, "up-1");
    dex_refresh(f, first, "");
    assert_int_equal(f->resp.status, 200);
    dex_refresh(f, first, "");
    assert_int_equal(f->resp.status, 200);
    clock_advance_ms(f->clock, 10001);
    dex_refresh(f, first, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-expired");
}

static void test_callback__another_connector_in_the_path(void **state)
{
    struct dex_fixture *f = *state;
    dex_authorize(f, false);
    AUTO(xfree) char *other = xasprintf("/api/dex/callback/other?code=c&state=%s", f->state);
    dex_get(f, other);
    dex_assert_page(f, 500, "unknown-state");
    assert_true(dex_logged(f, dex_literal("callback-mismatch-log")));
}

/* ---- what ends the start ---- */

struct serve_row {
    const char *literal;
    const char *config;
};

#define CONNECTOR(members_) "{\"connectors\":[{" members_ "}]}"

static const struct serve_row serve_rows[] = {
    {"serve-client-name", "{\"staticClients\":[{\"id\":\"x\",\"secret\":\"s\"}]}"},
    {"serve-client-id", "{\"staticClients\":[{\"name\":\"x\",\"secret\":\"s\"}]}"},
    {"serve-client-secret", "{\"staticClients\":[{\"id\":\"x\",\"name\":\"x\"}]}"},
    {"serve-client-both",
     "{\"staticClients\":[{\"id\":\"x\",\"name\":\"x\",\"secret\":\"s\",\"secretEnv\":\"V\"}]}"},
    {"serve-connector", CONNECTOR("\"id\":\"a\",\"name\":\"\",\"type\":\"oidc\",\"config\":{}")},
    {"serve-connector-type", CONNECTOR("\"id\":\"a\",\"name\":\"a\",\"type\":\"oidcc\"")},
    {"serve-connector-option",
     CONNECTOR("\"id\":\"a\",\"name\":\"a\",\"type\":\"oidc\",\"config\":{\"scopes\":\"openid\"}")},
    {"serve-connector-config", CONNECTOR("\"id\":\"a\",\"name\":\"a\",\"type\":\"oidc\"")},
    {"serve-issuer", "{\"issuer\":\"\"}"},
    {"serve-passwords", "{\"staticPasswords\":[{\"email\":\"a@b\"}]}"},
    {"serve-duration", "{\"expiry\":{\"idTokens\":\"1d\"}}"},
    {"serve-duration-unit", "{\"expiry\":{\"signingKeys\":\"10\"}}"},
    {"serve-duration-refresh", "{\"expiry\":{\"refreshTokens\":{\"reuseInterval\":\"x\"}}}"},
    {"serve-response-type", "{\"oauth2\":{\"responseTypes\":[\"code\",\"foo\"]}}"},
    {"serve-log-format", "{\"logger\":{\"format\":\"xml\"}}"},
    {"serve-log-level", "{\"logger\":{\"level\":\"LOUD\"}}"},
    {"serve-no-connectors", "{\"connectors\":[]}"},
    {NULL, NULL},
};

static void test_serve__refuses(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct serve_row *r = serve_rows; r->literal != NULL; r++) {
        dex_mark(f);
        dex_restart(f, NULL, r->config);
        const char *down = dex_mock_down(f->dex);
        if (down == NULL || !cstr_contains(down, dex_literal(r->literal)))
            fail_msg("%s: %s", r->literal, down != NULL ? down : "it runs");
        assert_true(dex_logged(f, dex_literal(r->literal)));
        assert_false(dex_logged(f, dex_literal("start-log")));
    }
}

/* Dex has more kinds of connectors than this mock: they are named as what they are. */
static void test_serve__other_connectors_are_named(void **state)
{
    static const char *const types[] = {"keystone",        "mockCallback",
                                        "mockPassword",    "ldap",
                                        "gitea",           "github",
                                        "gitlab",          "google",
                                        "oauth",           "saml",
                                        "authproxy",       "linkedin",
                                        "microsoft",       "bitbucket-cloud",
                                        "openshift",       "atlassian-crowd",
                                        "samlExperimental"};
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(types); i++) {
        AUTO(xfree)
        char *config = xasprintf(
            CONNECTOR("\"id\":\"a\",\"name\":\"a\",\"type\":\"%s\",\"config\":{}"), types[i]);
        AUTO(xfree)
        char *text = xasprintf("connectors of type '%s' are not part of this mock", types[i]);
        dex_mark(f);
        dex_restart(f, NULL, config);
        if (!dex_logged(f, text))
            fail_msg("%s: %s", types[i], dex_mock_down(f->dex));
    }
}

/* Each lifetime by its name and with its own words. */
static void test_serve__lifetimes(void **state)
{
    static const char *const names[][2] = {
        {"\"signingKeys\":\"x\"", "for signing keys expiry"},
        {"\"idTokens\":\"x\"", "for id token expiry"},
        {"\"authRequests\":\"x\"", "for auth request expiry"},
        {"\"deviceRequests\":\"x\"", "for device request expiry"},
        {"\"refreshTokens\":{\"validIfNotUsedFor\":\"x\"}",
         "for refresh token valid if not used for"},
        {"\"refreshTokens\":{\"absoluteLifetime\":\"x\"}", "for refresh tokens absolute lifetime"},
        {"\"refreshTokens\":{\"reuseInterval\":\"x\"}", "for refresh tokens reuse interval"},
    };
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(xfree) char *config = xasprintf("{\"expiry\":{%s}}", names[i][0]);
        dex_restart(f, NULL, config);
        const char *down = dex_mock_down(f->dex);
        if (down == NULL || !cstr_contains(down, names[i][1]) ||
            !cstr_contains(down, "invalid config value \"x\" "))
            fail_msg("%s: %s", names[i][0], down != NULL ? down : "it runs");
    }
}

static void test_serve__ids_of_the_environment(void **state)
{
    struct dex_fixture *f = *state;
    assert_int_equal(
        js_parse(str_of("{\"dex\":{\"env\":{\"W\":\"an-id\"}}}"), "doc", &f->doc, NULL), 0);
    dex_restart(f, NULL, "{\"staticClients\":[{\"idEnv\":\"W\",\"name\":\"x\",\"secret\":\"s\"}]}");
    assert_null(dex_mock_down(f->dex));
    token(f, "grant_type=authorization_code&client_id=an-id&client_secret=s&code=c");
    dex_assert_error(f, 400, "invalid_grant", "token-code");
    dex_restart(
        f, NULL,
        "{\"staticClients\":[{\"id\":\"y\",\"idEnv\":\"W\",\"name\":\"x\",\"secret\":\"s\"}]}");
    assert_true(
        cstr_contains(dex_mock_down(f->dex), "ID and IDEnv fields are exclusive for client"));
    dex_restart(f, NULL, "{\"issuer\":\"https://a b/%zz\"}");
    assert_true(cstr_contains(dex_mock_down(f->dex),
                              "failed to initialize server: server: can't parse issuer URL"));
}

static void test_serve__accepts_what_is_near(void **state)
{
    static const char *const good[] = {
        "{\"expiry\":{\"idTokens\":\"1h30m0.5s\",\"signingKeys\":\"90m\",\"deviceRequests\":\"0\"}"
        "}",
        "{\"logger\":{\"level\":\"debug\",\"format\":\"text\"}}",
        "{\"oauth2\":{\"responseTypes\":[\"code id_token token\"]}}",
        "{\"staticPasswords\":[{\"email\":\"a@b\"}],\"enablePasswordDB\":true}",
        NULL,
    };
    struct dex_fixture *f = *state;
    for (const char *const *g = good; *g != NULL; g++) {
        dex_restart(f, NULL, *g);
        if (dex_mock_down(f->dex) != NULL)
            fail_msg("%s: %s", *g, dex_mock_down(f->dex));
    }
}

static void test_serve__a_secret_of_the_environment(void **state)
{
    struct dex_fixture *f = *state;
    assert_int_equal(
        js_parse(str_of("{\"dex\":{\"env\":{\"V\":\"from-env\"}}}"), "doc", &f->doc, NULL), 0);
    dex_restart(f, NULL, "{\"staticClients\":[{\"id\":\"x\",\"name\":\"x\",\"secretEnv\":\"V\"}]}");
    token(f, "grant_type=authorization_code&client_id=x&client_secret=from-env&code=c");
    dex_assert_error(f, 400, "invalid_grant", "token-code");
    token(f, "grant_type=authorization_code&client_id=x&client_secret=V&code=c");
    dex_assert_error(f, 401, "invalid_client", "token-client");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_assets__rows),
        DEX_TEST(test_assets__are_linked),
        DEX_TEST(test_health__well_and_ill),
        DEX_TEST(test_headers__configured_ones_are_in_every_answer),
        DEX_TEST(test_pages__name_of_the_site),
        DEX_TEST(test_implicit__tokens_in_the_fragment),
        DEX_TEST(test_hybrid__code_and_id_token),
        DEX_TEST(test_implicit__refusals),
        DEX_TEST(test_oob__the_code_is_shown),
        DEX_TEST(test_approval__nothing_asked_for),
        DEX_TEST(test_grants__are_listed),
        DEX_TEST(test_grants__refused_ones),
        DEX_TEST(test_password__grant_of_no_connector),
        DEX_TEST(test_password__login_page),
        DEX_TEST(test_exchange__requested_type),
        DEX_TEST(test_introspect__answers),
        DEX_TEST(test_refresh__reuse_asks_nobody),
        DEX_TEST(test_refresh__obsolete_but_expired),
        DEX_TEST(test_callback__another_connector_in_the_path),
        DEX_TEST(test_serve__refuses),
        DEX_TEST(test_serve__other_connectors_are_named),
        DEX_TEST(test_serve__lifetimes),
        DEX_TEST(test_serve__ids_of_the_environment),
        DEX_TEST(test_serve__accepts_what_is_near),
        DEX_TEST(test_serve__a_secret_of_the_environment),
    };
    return TEST_MAIN(tests);
}
