/*
 * The mock Dex over the wire, accept and reject side by side: routing, the authorization request
 * (dex.md 2, 3), the callback (2.4, 4.4), the token endpoint and refresh (6.6, 4.7), the small
 * endpoints, start, restart and rotation. Literals come from tests/data/wire/dex.tsv.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/data/protobuf.h"
#include "harness/http/html.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"

static const char *header(const struct dex_fixture *f, const char *name)
{
    const char *v = params_get_ci(&f->resp.headers, name);
    return v != NULL ? v : "";
}

/* ---- routing and documents ---- */

static void test_discovery__exact_document(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *expected = test_data_text("wire/dex-discovery.json");
    dex_get(f, "/api/dex/.well-known/openid-configuration");
    assert_int_equal(f->resp.status, 200);
    assert_string_equal(header(f, "Content-Type"), "application/json");
    assert_string_equal(f->resp.body, expected);
}

static void test_discovery__issuer_verbatim_endpoints_cleaned(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, "{\"issuer\":\"http://argocd.company//api/dex\"}");
    dex_get(f, "/api/dex/.well-known/openid-configuration");
    assert_string_equal(js_get_text(f->json, "issuer"), "http://argocd.company//api/dex");
    assert_string_equal(js_get_text(f->json, "token_endpoint"), DEX_ISSUER "/token");
    dex_get(f, "//api/dex/.well-known/openid-configuration");
    assert_int_equal(f->resp.status, 404);
}

static void test_keys__one_key_and_its_cache_time(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/keys");
    assert_string_equal(header(f, "Cache-Control"), "max-age=600, must-revalidate");
    assert_int_equal(js_len(js_get(f->json, "keys")), 1);
    const struct js *key = js_at(js_get(f->json, "keys"), 0);
    assert_string_equal(js_get_text(key, "e"), "AQAB");
    assert_int_equal(strlen(js_get_text(key, "kid")), 40);
    assert_true(cstr_starts(f->resp.body, "{\n  \"keys\": [\n    {\n      \"use\": \"sig\",\n"
                                          "      \"kty\": \"RSA\",\n      \"kid\": \""));
}

static void test_routing__exact_paths_only(void **state)
{
    static const char *const unknown[] = {"/api/dex/",
                                          "/api/dex/callback/",
                                          "//api/dex/keys",
                                          "/api/dex/nothing",
                                          "/",
                                          "/api/dex/auth/a/b",
                                          NULL};
    struct dex_fixture *f = *state;
    AUTO(xfree) char *text = xasprintf("%s\n", dex_literal("not-found"));
    for (const char *const *p = unknown; *p != NULL; p++) {
        dex_get(f, *p);
        assert_int_equal(f->resp.status, 404);
        assert_string_equal(f->resp.body, text);
        assert_string_equal(header(f, "X-Content-Type-Options"), "nosniff");
    }
    dex_get(f, "/api/dex");
    assert_int_equal(f->resp.status, 200);
    assert_true(cstr_contains(f->resp.body, "Dex IdP"));
    dex_get(f, "/api/dex/healthz");
    assert_string_equal(f->resp.body, dex_literal("health"));
}

/* ---- /auth ---- */

static void test_auth__one_connector_redirects_and_appends_the_page(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/auth?state=b+c&client_id=nobody");
    assert_int_equal(f->resp.status, 302);
    assert_string_equal(header(f, "Location"),
                        "/api/dex/auth/authentik?client_id=nobody&state=b+c");
    assert_true(cstr_starts(f->resp.body, "<a href=\"/api/dex/auth/authentik?client_id=nobody&amp;"
                                          "state=b+c\">Found</a>.\n\n<!DOCTYPE html>"));
    assert_true(cstr_contains(f->resp.body, "Log in with authentik"));
}

static void test_auth__connector_id(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/auth?connector_id=authentik&a=1");
    assert_int_equal(f->resp.status, 302);
    assert_string_equal(header(f, "Location"), "/api/dex/auth/authentik?a=1");
    dex_get(f, "/api/dex/auth?connector_id=bogus");
    dex_assert_page(f, 400, "auth-unknown-connector");
    dex_get(f, "/api/dex/auth?a=%zz");
    dex_assert_page(f, 400, "auth-bad-form");
}

#define TWO_CONNECTORS                                                                             \
    "{\"connectors\":[{\"id\":\"good\",\"name\":\"Zed\",\"type\":\"oidc\",\"config\":{\"issuer\":" \
    "\"" UP_ISSUER "\",\"clientID\":\"my_client_id\",\"redirectURI\":\"" DEX_ISSUER                \
    "/callback\"}},{\"id\":\"bad\",\"name\":\"Alpha\",\"type\":\"oidc\",\"config\":{\"issuer\":"   \
    "\"http://authentik.company/later/\",\"clientID\":\"c\",\"redirectURI\":\"" DEX_ISSUER         \
    "/callback\"}}]}"

static void test_connectors__a_broken_one_heals(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/bad?%s", query);
    dex_restart(f, NULL, TWO_CONNECTORS);
    assert_null(dex_mock_down(f->dex));
    assert_true(dex_logged(f, "server: Failed to open connector id=bad err="));
    dex_get(f, "/api/dex/auth?x=1");
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *page = html_visible_text(f->resp.body);
    assert_true(cstr_contains(page, "Log in to dex Log in with Alpha Log in with Zed"));
    dex_get(f, path);
    dex_assert_page(f, 400, "connector-failed");
    AUTO(xfree) char *other = dex_auth_query(false, "connector_id", "bad");
    AUTO(xfree) char *mixed = xasprintf("/api/dex/auth/good?%s", other);
    dex_get(f, mixed);
    dex_assert_page(f, 400, "bad-connector-id");
    upstream_say(f->up, "/later/.well-known/openid-configuration", 200, "application/json",
                 "{\"issuer\":\"http://authentik.company/later/\","
                 "\"authorization_endpoint\":\"http://authentik.company/later/\"}");
    dex_get(f, path);
    assert_int_equal(f->resp.status, 302);
}

/* ---- the authorization request ---- */

struct auth_row {
    const char *literal;
    const char *name;
    const char *value;
    int status;
    const char *error; /* NULL = a page */
};

static const struct auth_row auth_rows[] = {
    {"authreq-redirect-escape", "redirect_uri", "%zz", 400, NULL},
    {"authreq-client", "client_id", "nobody", 404, NULL},
    {"authreq-client", "client_id", NULL, 404, NULL},
    {"authreq-redirect", "redirect_uri", DEX_CALLBACK "/", 400, NULL},
    {"authreq-redirect", "redirect_uri", NULL, 400, NULL},
    {"authreq-connector", "connector_id", "bogus", 303, "invalid_request"},
    {"authreq-request", "request", "x", 303, "request_not_supported"},
    {"authreq-challenge", "code_challenge_method", "s256", 303, "invalid_request"},
    {"authreq-no-openid", "scope", "email foo", 303, "invalid_scope"},
    {"authreq-scopes", "scope", "openid foo email bar", 303, "invalid_scope"},
    {"authreq-peer", "scope", "openid audience:server:client_id:zzz", 303, "invalid_scope"},
    {"authreq-type", "response_type", "foo", 303, "invalid_request"},
    {"authreq-type-off", "response_type", "code token", 303, "unsupported_response_type"},
    {"authreq-no-type", "response_type", NULL, 303, "invalid_request"},
    {NULL, NULL, NULL, 0, NULL},
};

static void check_redirected_error(const struct dex_fixture *f, const struct auth_row *r)
{
    AUTO(params_deinit) struct params p = {0};
    params_add(&p, "error", r->error);
    params_add(&p, "error_description", dex_literal(r->literal));
    params_add(&p, "state", "the state");
    AUTO(xfree) char *query = params_form(&p);
    AUTO(xfree) char *location = xasprintf("%s?%s", DEX_CALLBACK, query);
    assert_int_equal(f->resp.status, r->status);
    assert_string_equal(header(f, "Location"), location);
}

static void test_authreq__refusals(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct auth_row *r = auth_rows; r->literal != NULL; r++) {
        AUTO(xfree) char *query = dex_auth_query(false, r->name, r->value);
        AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
        dex_mark(f);
        dex_get(f, path);
        if (r->error == NULL)
            dex_assert_page(f, r->status, r->literal);
        else
            check_redirected_error(f, r);
        assert_true(dex_logged(f, dex_literal("authreq-log")));
        assert_true(dex_logged(f, dex_literal(r->literal)));
    }
    dex_get(f, "/api/dex/auth/authentik?a=%zz");
    dex_assert_page(f, 400, "authreq-form");
}

struct accept_row {
    bool cli;
    const char *name;
    const char *value;
    bool accepted;
};

/* dex.md 3.2, 3.3, 3.1 */
static const struct accept_row accept_rows[] = {
    {false, "nonce", "n", true},
    {false, "state", NULL, true},
    {false, "code_challenge_method", "plain", true},
    {false, "connector_id", "authentik", true},
    {false, "scope", "openid audience:server:client_id:argo-cd", true},
    {false, "redirect_uri", "http%3A%2F%2Fargocd.company%2Fauth%2Fcallback", true},
    {true, "redirect_uri", "http://localhost", true},
    {true, "redirect_uri", CLI_CALLBACK, true},
    {true, "code_challenge", NULL, true},
    {true, "redirect_uri", "http://localhost:8086/auth/callback", false},
    {true, "redirect_uri", "http://127.0.0.1:8085/auth/callback", false},
    {true, "redirect_uri", CLI_CALLBACK "/", false},
    {true, "redirect_uri", "urn:ietf:wg:oauth:2.0:oob", false},
    {true, "redirect_uri", "/device/callback", false},
    {false, NULL, NULL, false},
};

static void test_authreq__accepted_and_twins(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct accept_row *r = accept_rows; r->name != NULL; r++) {
        AUTO(xfree) char *query = dex_auth_query(r->cli, r->name, r->value);
        AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
        dex_get(f, path);
        assert_int_equal(f->resp.status, r->accepted ? 302 : 400);
    }
}

struct uri_row {
    const char *uri;
    bool accepted;
};

static const struct uri_row open_client_rows[] = {
    {"http://localhost", true},          {"http://localhost:1234/x", true},
    {"http://127.0.0.1:9/y", true},      {"http://[::1]:80/z", true},
    {"urn:ietf:wg:oauth:2.0:oob", true}, {"/device/callback", true},
    {"https://localhost:1/", false},     {"http://localhost.evil/", false},
    {"http://127.evil/", false},         {NULL, false},
};

static void test_authreq__public_client_without_list(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"open\",\"public\":true}]}");
    for (const struct uri_row *r = open_client_rows; r->uri != NULL; r++) {
        AUTO(xfree) char *query = dex_auth_query(false, "redirect_uri", r->uri);
        AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
        dex_get(f, path);
        assert_int_equal(f->resp.status, r->accepted ? 302 : 400);
    }
}

static void test_authreq__method_and_path(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    AUTO(xfree) char *other = xasprintf("/api/dex/auth/unknown?%s", query);
    dex_request(f, "POST", "/api/dex/auth/authentik", query, NULL);
    dex_assert_page(f, 400, "method");
    dex_request(f, "DELETE", path, NULL, NULL);
    dex_assert_page(f, 400, "method");
    dex_request(f, "PUT", path, NULL, NULL);
    dex_assert_page(f, 400, "method");
    dex_request(f, "HEAD", path, NULL, NULL);
    assert_int_equal(f->resp.status, 400);
    dex_get(f, other);
    dex_assert_page(f, 400, "connector-failed");
}

/* dex.md 7 row 59: of Argo CD's hosts those that Dex was told of. */
static void test_authreq__a_host_that_is_no_additional_url(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"a\",\"secret\":\"s\","
                "\"redirectURIs\":[\"" DEX_CALLBACK "\",\"http://second/auth/callback\"]}]}");
    dex_get_auth(f, false, "redirect_uri", "http://second/auth/callback");
    assert_int_equal(f->resp.status, 302);
    dex_get_auth(f, false, "redirect_uri", "http://third/auth/callback");
    dex_assert_page(f, 400, "authreq-redirect");
    assert_true(dex_logged(f, "unregistered redirect_uri redirect_uri=http://third/"));
}

/* ---- towards authentik ---- */

static char *authorize_location(struct dex_fixture *f, bool cli)
{
    dex_authorize(f, cli);
    return xstrdup(header(f, "Location"));
}

static void test_upstream__authorization_url(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *web = authorize_location(f, false);
    assert_true(cstr_starts(web, "http://authentik.company/authorize/?client_id=my_client_id&"
                                 "code_challenge="));
    AUTO(xfree)
    char *tail = xasprintf(
        "&code_challenge_method=S256&redirect_uri=http%%3A%%2F%%2Fargocd.company%%2Fapi%%2Fdex%%2F"
        "callback&response_type=code&scope=openid+openid+profile+email&state=%s",
        f->state);
    assert_true(str_ends(str_of(web), tail));
    assert_int_equal(strlen(f->state), 25);
    AUTO(xfree) char *cli = authorize_location(f, true);
    assert_true(cstr_starts(cli, "http://authentik.company/authorize/?access_type=offline&"));
    assert_true(cstr_contains(cli, "&prompt=consent&"));
    assert_false(cstr_contains(cli, "nonce"));
}

static void test_upstream__pkce_choice(void **state)
{
    struct dex_fixture *f = *state;
    dex_say_discovery(f, "{\"code_challenge_methods_supported\":null}");
    dex_restart(f, NULL, NULL);
    AUTO(xfree) char *none = authorize_location(f, false);
    assert_false(cstr_contains(none, "code_"));
    dex_restart(f, "{\"pkceChallenge\":\"S256\"}", NULL);
    AUTO(xfree) char *forced = authorize_location(f, false);
    assert_true(cstr_contains(forced, "code_challenge_method=S256"));
    assert_true(dex_logged(f, dex_literal("pkce-unsupported")));
    dex_restart(f, "{\"pkceChallenge\":\"plain\"}", NULL);
    AUTO(xfree) char *plain = authorize_location(f, false);
    assert_true(cstr_contains(plain, "code_verifier="));
    assert_false(cstr_contains(plain, "code_challenge"));
}

static void login_error(struct dex_fixture *f, const char *options, const char *literal)
{
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_restart(f, options, NULL);
    dex_get(f, path);
    dex_assert_page(f, 500, "login-error");
    assert_true(dex_logged(f, dex_literal(literal)));
}

static void test_upstream__login_errors(void **state)
{
    struct dex_fixture *f = *state;
    login_error(f, "{\"pkceChallenge\":\"bogus\"}", "pkce-bogus");
    login_error(f, "{\"redirectURI\":\"http://other/cb\"}", "redirect-mismatch");
}

static void test_upstream__overrides_lose_pkce(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f,
                "{\"providerDiscoveryOverrides\":{\"authURL\":\"http://authentik.company/x?a=1\"}}",
                NULL);
    assert_true(dex_logged(f, dex_literal("open-overrides")));
    assert_true(dex_logged(f, dex_literal("open-metadata")));
    AUTO(xfree) char *location = authorize_location(f, false);
    assert_true(cstr_starts(location, "http://authentik.company/x?a=1&client_id="));
    assert_false(cstr_contains(location, "code_challenge"));
}

static void test_upstream__token_request(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *body = upstream_last_body(f->up, UP_TOKEN);
    AUTO(xfree) char *auth = upstream_last_authorization(f->up, UP_TOKEN);
    assert_true(cstr_starts(body, "code=up-code&code_verifier="));
    assert_true(str_ends(str_of(body), "&grant_type=authorization_code&redirect_uri=http%3A%2F%2F"
                                       "argocd.company%2Fapi%2Fdex%2Fcallback"));
    AUTO(xfree) char *basic = b64_encode("my_client_id:csec%2F%2Bret", 26);
    AUTO(xfree) char *expected = xasprintf("Basic %s", basic);
    assert_string_equal(auth, expected);
    assert_int_equal(upstream_hits(f->up, UP_TOKEN), 1);
    upstream_say(f->up, UP_TOKEN, 400, "application/json", "{\"error\":\"invalid_grant\"}");
    dex_authorize(f, false);
    dex_callback(f);
    assert_int_equal(upstream_hits(f->up, UP_TOKEN), 2); /* warm: one POST */
    dex_restart(f, NULL, NULL);
    dex_authorize(f, false);
    dex_callback(f);
    assert_int_equal(upstream_hits(f->up, UP_TOKEN), 4); /* cold: two */
    dex_restart(f, "{\"basicAuthUnsupported\":true}", NULL);
    dex_authorize(f, false);
    dex_callback(f);
    assert_int_equal(upstream_hits(f->up, UP_TOKEN), 5);
}

/* ---- callback ---- */

static void test_callback__session_refusals(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/callback");
    dex_assert_page(f, 400, "no-state");
    dex_get(f, "/api/dex/callback?error=access_denied");
    dex_assert_page(f, 400, "no-state");
    dex_get(f, "/api/dex/callback?code=c&state=unknown");
    dex_assert_page(f, 400, "unknown-state");
    assert_true(dex_logged(f, dex_literal("unknown-state-log")));
    dex_request(f, "PUT", "/api/dex/callback?state=x", NULL, NULL);
    dex_assert_page(f, 400, "callback-method");
    dex_request(f, "POST", "/api/dex/callback", "a=b", NULL);
    dex_assert_page(f, 400, "no-state");
    dex_authorize(f, false);
    AUTO(xfree) char *relay = xasprintf("RelayState=%s", f->state);
    dex_request(f, "POST", "/api/dex/callback", relay, NULL);
    dex_assert_page(f, 400, "callback-saml");
    AUTO(xfree) char *other = xasprintf("/api/dex/callback/other?code=c&state=%s", f->state);
    dex_get(f, other);
    dex_assert_page(f, 500, "unknown-state");
}

static void test_callback__success_ends_the_request(void **state)
{
    struct dex_fixture *f = *state;
    dex_say_token(f, NULL);
    dex_authorize(f, false);
    dex_mark(f);
    dex_callback(f);
    AUTO(xfree) char *expected = xasprintf("%s?code=%s&state=the+state", DEX_CALLBACK, f->code);
    assert_int_equal(f->resp.status, 303);
    assert_string_equal(header(f, "Location"), expected);
    assert_int_equal(strlen(f->code), 25);
    assert_true(dex_logged(f, dex_literal("login-log")));
    assert_true(dex_logged(f, "groups=[\"ArgoCD Admins\",\"authentik Admins\"]"));
    dex_callback(f);
    dex_assert_page(f, 400, "unknown-state");
}

static void test_callback__failure_keeps_the_request(void **state)
{
    struct dex_fixture *f = *state;
    dex_authorize(f, false);
    upstream_say(f->up, UP_TOKEN, 400, "application/json", "{\"error\":\"invalid_grant\"}");
    dex_callback(f);
    dex_assert_page(f, 500, "auth-failed");
    dex_say_token(f, NULL);
    dex_callback(f);
    assert_int_equal(f->resp.status, 303);
}

static void test_callback__after_a_day(void **state)
{
    struct dex_fixture *f = *state;
    dex_authorize(f, false);
    clock_advance_ms(f->clock, INT64_C(86400000) + 1000);
    dex_say_token(f, NULL);
    dex_callback(f);
    dex_assert_page(f, 400, "session-expired");
}

struct upstream_row {
    const char *literal;
    int status;
    const char *content_type;
    const char *body;
};

static const struct upstream_row token_answers[] = {
    {"cb-token", 400, "application/json",
     "{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}"},
    {"cb-token", 200, "application/json",
     "{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}"},
    {"cb-token-html", 502, "text/html", "<html>"},
    {"cb-token-json", 200, "text/html", "<html>"},
    {"cb-no-access-token", 200, "application/json", "{\"id_token\":\"x\"}"},
    {"cb-no-id-token", 200, "application/json", "{\"access_token\":\"x\"}"},
    {"cb-no-id-token", 200, "application/json", "{\"access_token\":\"x\",\"id_token\":null}"},
    {NULL, 0, NULL, NULL},
};

static void assert_auth_failed(struct dex_fixture *f, const char *literal)
{
    dex_assert_page(f, 500, "auth-failed");
    AUTO(xfree)
    char *line = xasprintf("%s err=%s", dex_literal("auth-failed-log"), dex_literal(literal));
    if (!dex_logged(f, line))
        fail_msg("not logged: %s", line);
}

static void test_callback__token_refusals(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct upstream_row *r = token_answers; r->literal != NULL; r++) {
        upstream_say(f->up, UP_TOKEN, r->status, r->content_type, r->body);
        dex_authorize(f, false);
        dex_mark(f);
        dex_callback(f);
        assert_auth_failed(f, r->literal);
    }
    AUTO(xfree)
    char *denied =
        xasprintf("/api/dex/callback?error=access_denied&error_description=no&state=%s", f->state);
    dex_get(f, denied);
    assert_auth_failed(f, "cb-error");
}

/* ---- approval ---- */

static void test_approval__page_and_answers(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL, "{\"oauth2\":{\"skipApprovalScreen\":false}}");
    dex_say_token(f, NULL);
    dex_authorize(f, true);
    AUTO(xfree) char *early = xasprintf("/api/dex/approval?req=%s&hmac=AAAA", f->state);
    dex_get(f, early);
    dex_assert_page(f, 500, "approval-early");
    dex_callback(f);
    assert_int_equal(f->resp.status, 303);
    AUTO(xfree) char *path = xstrdup(header(f, "Location"));
    assert_true(cstr_starts(path, "/api/dex/approval?req="));
    dex_get(f, path);
    AUTO(xfree) char *page = html_visible_text(f->resp.body);
    assert_true(cstr_contains(page, "Grant Access Argo CD CLI would like to: Have offline access "
                                    "View basic profile information View your email address View "
                                    "your groups"));
    dex_get(f, early);
    dex_assert_page(f, 401, "approval-unauthorized");
    dex_get(f, "/api/dex/approval?req=x");
    dex_assert_page(f, 401, "approval-unauthorized");
    dex_get(f, "/api/dex/approval?req=x&hmac=AAAA");
    dex_assert_page(f, 500, "approval-unknown");
    dex_request(f, "POST", path, "approval=rejected", NULL);
    dex_assert_page(f, 500, "approval-rejected");
    dex_request(f, "POST", path, "approval=approve", NULL);
    assert_int_equal(f->resp.status, 303);
    assert_true(cstr_starts(header(f, "Location"), CLI_CALLBACK "?code="));
    dex_request(f, "POST", path, "approval=approve", NULL);
    dex_assert_page(f, 500, "approval-unknown");
}

static void test_approval__forced_by_the_client(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *query = dex_auth_query(false, "approval_prompt", "force");
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_say_token(f, NULL);
    dex_get(f, path);
    const char *location = header(f, "Location");
    AUTO(xfree)
    char *back = xasprintf("/api/dex/callback?code=c&state=%s", strstr(location, "state=") + 6);
    dex_get(f, back);
    assert_true(cstr_starts(header(f, "Location"), "/api/dex/approval?req="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_discovery__exact_document),
        DEX_TEST(test_discovery__issuer_verbatim_endpoints_cleaned),
        DEX_TEST(test_keys__one_key_and_its_cache_time),
        DEX_TEST(test_routing__exact_paths_only),
        DEX_TEST(test_auth__one_connector_redirects_and_appends_the_page),
        DEX_TEST(test_auth__connector_id),
        DEX_TEST(test_connectors__a_broken_one_heals),
        DEX_TEST(test_authreq__refusals),
        DEX_TEST(test_authreq__accepted_and_twins),
        DEX_TEST(test_authreq__public_client_without_list),
        DEX_TEST(test_authreq__method_and_path),
        DEX_TEST(test_authreq__a_host_that_is_no_additional_url),
        DEX_TEST(test_upstream__authorization_url),
        DEX_TEST(test_upstream__pkce_choice),
        DEX_TEST(test_upstream__login_errors),
        DEX_TEST(test_upstream__overrides_lose_pkce),
        DEX_TEST(test_upstream__token_request),
        DEX_TEST(test_callback__session_refusals),
        DEX_TEST(test_callback__success_ends_the_request),
        DEX_TEST(test_callback__failure_keeps_the_request),
        DEX_TEST(test_callback__after_a_day),
        DEX_TEST(test_callback__token_refusals),
        DEX_TEST(test_approval__page_and_answers),
        DEX_TEST(test_approval__forced_by_the_client),
    };
    return TEST_MAIN(tests);
}
