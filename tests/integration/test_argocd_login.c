/*
 * Signing in at the mock Argo CD by its wire alone: login, callback, session cookie, logout
 * (argocd.md 1.3 to 1.11). Literals come from tests/data/wire/argocd.tsv.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/crypto/aead.h"

/* ---- /auth/login ---- */

static void test_login__sends_to_dex_with_sorted_parameters(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/auth/login?return_url=https%3A%2F%2Fargocd.company%2Fapplications", NULL, &r);
    const char *location = fx_header(&r, "Location");
    AUTO(xfree)
    char *expected = xasprintf(FX_URL "/api/dex/auth?client_id=argo-cd&redirect_uri=%s"
                                      "&response_type=code&scope=%s&state=",
                               wire("login.redirect-uri"), wire("login.scope"));
    assert_int_equal(r.status, 303);
    assert_true(cstr_starts(location, expected));
    assert_int_equal(strlen(location), strlen(expected) + 24);
    assert_true(cstr_starts(r.body, "<a href=\"https://argocd.company/api/dex/auth?client_id"));
    assert_true(str_ends(str_of(r.body), "\">See Other</a>.\n\n"));
    assert_string_equal(fx_header(&r, "Content-Type"), "text/html; charset=utf-8");
    assert_true(fx_logged(f, wire("login.log")));
}

static void test_login__state_cookie_is_sealed_with_the_servers_key(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    uint8_t key[AEAD_KEY];
    uint8_t *bytes = NULL;
    size_t n = 0;
    struct err err = {0};
    fx_begin(f, FX_URL "/applications", &l);
    const char *hex = strchr(l.cookie_line, '=') + 1;
    assert_int_equal(hex_decode(hex, strlen(hex), &bytes, &n, NULL), 0);
    assert_int_equal(kdf_argocd_key(FX_SECRETKEY, key, &err), 0);
    AUTO(xfree) char *sealed = (char *)bytes;
    AUTO(xfree) char *plain = NULL;
    assert_int_equal(aead_open(key, sealed, n, &plain, &n, &err), 0);
    AUTO(xfree) char *expected = xasprintf("%s\n" FX_URL "/applications\n", l.state);
    assert_string_equal(plain, expected);
    fx_get(f, "/auth/login", NULL, &r);
    const char *cookie = fx_set_cookie(&r, "argocd.oauthstate=");
    AUTO(xfree)
    char *attrs =
        xasprintf("; Expires=Thu, 01 Jan 2026 00:05:00 GMT; %s", wire("state.cookie-attributes"));
    assert_string_equal(cookie + strcspn(cookie, ";"), attrs);
}

static void test_login__every_login_has_its_own_state(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login a = {0};
    AUTO(fx_login_deinit) struct fx_login b = {0};
    fx_begin(f, "", &a);
    fx_begin(f, "", &b);
    assert_string_not_equal(a.state, b.state);
    assert_string_not_equal(a.cookie_line, b.cookie_line);
}

struct return_row {
    const char *return_url;
    bool good;
};

static void test_login__return_url(void **state)
{
    static const struct return_row rows[] = {
        {"", true},
        {FX_URL, true},
        {FX_URL "/applications?x=1", true},
        {"http://argocd.company/", false},
        {"https://evil.example/", false},
        {FX_URL ":443/", false},
        {"/applications", false},
        {FX_URL "/\r\nX: y", false},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(xfree) char *encoded = url_encode(str_of(rows[i].return_url), "");
        AUTO(xfree) char *path = xasprintf("/auth/login?return_url=%s", encoded);
        fx_get(f, path, NULL, &r);
        if (rows[i].good)
            assert_int_equal(r.status, 303);
        else
            assert_go_error(&r, 400, wire("login.invalid-return-url"));
    }
}

static void test_login__return_url_from_a_form(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_do(f, "POST", "/auth/login", "Content-Type: application/x-www-form-urlencoded",
          "return_url=https%3A%2F%2Fevil.example", &r);
    assert_go_error(&r, 400, wire("login.invalid-return-url"));
}

static void test_login__provider_is_asked_once(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login a = {0};
    AUTO(fx_login_deinit) struct fx_login b = {0};
    assert_int_equal(f->dex.discoveries, 0);
    fx_begin(f, "", &a);
    fx_begin(f, "", &b);
    assert_int_equal(f->dex.discoveries, 1);
}

static void test_login__provider_absent(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    f->dex.discovery_status = 404;
    fx_get(f, "/auth/login?return_url=https%3A%2F%2Fevil.example", NULL, &r);
    assert_go_error(&r, 500, wire("login.provider-404"));
    /* A failure is not kept. */
    f->dex.discovery_status = 200;
    fx_get(f, "/auth/login", NULL, &r);
    assert_int_equal(r.status, 303);
}

static void test_login__provider_of_another_issuer(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    f->dex.issuer = FX_URL "/api/dex/";
    fx_get(f, "/auth/login", NULL, &r);
    assert_go_error(&r, 500, wire("login.provider-other-issuer"));
}

static void test_login__dex_down(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_stop_dex(f);
    fx_get(f, "/auth/login", NULL, &r);
    assert_int_equal(r.status, 500);
    assert_true(cstr_starts(r.body, wire("login.provider-down")));
    /* Go's round tripper rewrites the URL in place, so its error names Dex's own address. */
    assert_has(r.body,
               "Get \"" ARGOCD_DEX_ORIGIN "/api/dex/.well-known/openid-configuration\": dial tcp ");
}

static void test_login__implicit_when_dex_has_no_code(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    f->dex.no_code = "id_token";
    fx_get(f, "/auth/login", NULL, &r);
    assert_has(fx_header(&r, "Location"), "&nonce=");
    assert_has(fx_header(&r, "Location"), "&response_type=id_token&");
    assert_true(fx_logged(f, wire("login.implicit-log")));
}

static void test_login__without_sso_the_route_is_the_uis(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    f->setup.argocd.dex_generated = NULL;
    fx_restart(f);
    fx_get(f, "/auth/login", NULL, &r);
    assert_go_error(&r, 404, "404 page not found");
    fx_get(f, "/auth/login", "Accept: text/html", &r);
    assert_int_equal(r.status, 200);
    fx_get(f, "/api/dex/auth", NULL, &r);
    assert_text(&r, 404, wire("api.not-found"));
}

/* ---- /auth/callback ---- */

static void test_callback__signs_in(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, FX_URL "/applications", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303);
    assert_string_equal(fx_header(&r, "Location"), FX_URL "/applications");
    AUTO(xfree)
    char *session = xasprintf("argocd.token=%s%s", f->dex.id_token, wire("session.attributes"));
    const char *set = fx_set_cookie(&r, "argocd.token");
    assert_non_null(set);
    assert_string_equal(set, session);
    const char *cleared = fx_set_cookie(&r, "argocd.oauthstate");
    assert_non_null(cleared);
    assert_string_equal(cleared, wire("state.cleared"));
    assert_true(fx_logged(f, wire("callback.success-log")));
    assert_true(fx_logged(f, "Callback: /auth/callback?code=c0de&state="));
}

static void test_callback__exchanges_the_code_by_basic_first(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_string_equal(fx_header(&r, "Location"), "/");
    assert_int_equal(f->dex.token_requests, 1);
    assert_string_equal(f->dex.last_basic,
                        "Basic YXJnby1jZDpEd0t1OERtWEljZm81bUxuNnQ3RERFMW9KZFhZbFQ2SEkyaDMtSFhv");
    AUTO(xfree)
    char *form = xasprintf("code=c0de&grant_type=authorization_code&redirect_uri=%s",
                           wire("login.redirect-uri"));
    assert_string_equal(f->dex.last_form, form);
}

static void test_callback__tries_the_body_when_basic_fails(void **state)
{
    struct fx *f = *state;
    f->dex.refuse_basic = true;
    for (int login = 1; login <= 2; login++) { /* the style is never remembered */
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(fx_login_deinit) struct fx_login l = {0};
        fx_begin(f, "", &l);
        fx_finish(f, &l, &r);
        assert_int_equal(r.status, 303);
        assert_int_equal(f->dex.token_requests, 2 * login);
        assert_null(f->dex.last_basic);
        assert_has(f->dex.last_form, "client_id=argo-cd&client_secret=DwKu8DmX");
    }
}

static void test_callback__error_comes_before_state(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/auth/callback?error=%3Cb%3E&error_description=it%27s+%26+more", NULL, &r);
    assert_go_error(&r, 400, wire("callback.error"));
    assert_null(fx_set_cookie(&r, "argocd."));
}

static void refused(struct fx *f, const char *state, const char *cookie_line, const char *literal)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *path = xasprintf("/auth/callback?code=c0de&state=%s", state);
    fx_get(f, path, cookie_line, &r);
    assert_go_error(&r, 400, wire(literal));
    assert_null(fx_set_cookie(&r, "argocd."));
    assert_int_equal(f->dex.token_requests, 0);
}

static void test_callback__state_and_cookie(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login l = {0};
    AUTO(fx_login_deinit) struct fx_login other = {0};
    fx_begin(f, "", &l);
    fx_begin(f, "", &other);
    AUTO(xfree) char *tampered = xstrdup(l.cookie_line);
    char *last = &tampered[strlen(tampered) - 1];
    *last = *last == '0' ? '1' : '0';
    refused(f, l.state, NULL, "callback.no-cookie");
    refused(f, l.state, "Cookie: argocd.oauthstate=zz", "callback.not-hex");
    refused(f, l.state, "Cookie: argocd.oauthstate=abc", "callback.odd-hex");
    refused(f, l.state, "Cookie: argocd.oauthstate=abcd", "callback.short");
    refused(f, l.state, tampered, "callback.tampered");
    refused(f, "", l.cookie_line, "callback.other-state");
    refused(f, other.state, l.cookie_line, "callback.other-state");
}

static void test_callback__another_servers_cookie(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, "", &l);
    f->setup.argocd.server_secretkey = "another";
    fx_restart(f);
    refused(f, l.state, l.cookie_line, "callback.tampered");
}

/* A cookie as the server would have sealed it; caller frees the Cookie line. */
static char *forged(const char *plain)
{
    static const uint8_t nonce[AEAD_NONCE] = "fixed nonce";
    uint8_t key[AEAD_KEY];
    uint8_t *sealed = NULL;
    size_t n = 0;
    struct err err = {0};
    assert_int_equal(kdf_argocd_key(FX_SECRETKEY, key, &err), 0);
    assert_int_equal(aead_seal(key, nonce, plain, strlen(plain), &sealed, &n, &err), 0);
    AUTO(xfree) char *hex = hex_encode(sealed, n);
    xfree(sealed);
    return xasprintf("Cookie: argocd.oauthstate=%s", hex);
}

static void test_callback__stored_return_url_comes_before_state(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *evil = forged("abc\nhttps://evil.example/\n");
    AUTO(xfree) char *relative = forged("abc\n/applications\n");
    AUTO(xfree) char *bare = forged("abc");
    refused(f, "wrong", evil, "callback.bad-return-url");
    refused(f, "wrong", relative, "callback.other-state");
    fx_get(f, "/auth/callback?code=c0de&state=abc", relative, &r);
    assert_string_equal(fx_header(&r, "Location"), "/applications");
    fx_get(f, "/auth/callback?code=c0de&state=abc", bare, &r);
    assert_string_equal(fx_header(&r, "Location"), "/");
}

static void test_callback__replay_is_possible(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login l = {0};
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303);
    clock_advance_ms(f->clock, INT64_C(600) * 1000); /* the server never enforces the 5 minutes */
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303);
}

struct exchange_row {
    int status;
    const char *type;
    const char *body;
    const char *literal;
};

static void test_callback__token_request_fails(void **state)
{
    static const struct exchange_row rows[] = {
        {401, "application/json",
         "{\"error\":\"invalid_client\",\"error_description\":\"Invalid client credentials.\"}",
         "callback.invalid-client"},
        {502, "text/html", "oops", "callback.token-html"},
        {200, "application/json", "{\"id_token\":\"x.y.z\"}", "callback.no-access-token"},
        {200, "application/json", "{\"access_token\":\"at\"}", "callback.no-id-token"},
        {200, "application/json", "{\"access_token\":\"at\",\"id_token\":7}",
         "callback.no-id-token"},
        {200, "application/json", "{\"access_token\":\"at\",\"id_token\":\"x.y.z\"}",
         "callback.not-verified"},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(fx_login_deinit) struct fx_login l = {0};
        xfree(f->dex.token_body);
        f->dex.token_status = rows[i].status;
        f->dex.token_type = rows[i].type;
        f->dex.token_body = xstrdup(rows[i].body);
        fx_begin(f, "", &l);
        fx_finish(f, &l, &r);
        assert_go_error(&r, 500, wire(rows[i].literal));
        assert_non_null(fx_set_cookie(&r, wire("state.cleared")));
        assert_null(fx_set_cookie(&r, "argocd.token"));
    }
}

struct token_row {
    const char *patch;
    const char *key;
    const char *log;
};

static void test_callback__id_token_is_wrong(void **state)
{
    static const struct token_row rows[] = {
        {NULL, "rsa-2048-2", "verify.bad-signature"},
        {"{\"iss\":\"https://evil.example\"}", "rsa-2048-1", "verify.other-issuer"},
        {"{\"aud\":\"other\"}", "rsa-2048-1", "callback.not-verified-log"},
        {"{\"aud\":null}", "rsa-2048-1", "callback.not-verified-log"},
        {"{\"exp\":1767225599}", "rsa-2048-1", "callback.not-verified-log"},
        {"{\"nbf\":1767225901}", "rsa-2048-1", "callback.not-verified-log"},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(fx_login_deinit) struct fx_login l = {0};
        xfree(f->dex.id_token);
        f->dex.id_token = fx_token(f, rows[i].patch, rows[i].key);
        fx_begin(f, "", &l);
        fx_finish(f, &l, &r);
        assert_go_error(&r, 500, wire("callback.not-verified"));
        assert_true(fx_logged(f, wire(rows[i].log)));
        assert_null(fx_set_cookie(&r, "argocd.token"));
    }
}

static void test_callback__id_token_of_the_cli_and_of_several(void **state)
{
    static const char *const patches[] = {
        "{\"aud\":\"argo-cd-cli\"}", "{\"aud\":[\"other\",\"argo-cd\"]}", "{\"nbf\":1767225800}"};
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(patches); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(fx_login_deinit) struct fx_login l = {0};
        xfree(f->dex.id_token);
        f->dex.id_token = fx_token(f, patches[i], "rsa-2048-1");
        fx_begin(f, "", &l);
        fx_finish(f, &l, &r);
        assert_int_equal(r.status, 303);
    }
}

static void test_callback__keys_after_a_restart_of_dex(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    AUTO(fx_login_deinit) struct fx_login again = {0};
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(f->dex.discoveries, 1);
    f->dex.key = "rsa-2048-2";
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, NULL, "rsa-2048-2");
    fx_begin(f, "", &again);
    fx_finish(f, &again, &r);
    assert_int_equal(r.status, 303); /* a second fetch of the keys was enough */
    assert_int_equal(f->dex.discoveries, 1);
}

static void test_callback__a_bad_signature_is_looked_at_twice_for_each_audience(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, NULL, "rsa-2048-2");
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 500);
    assert_int_equal(f->dex.discoveries, 1 + 2);
}

static void test_callback__large_token_in_pieces(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    char filler[5001] = {0};
    memset(filler, 'g', sizeof(filler) - 1);
    AUTO(xfree) char *patch = xasprintf("{\"groups\":[\"ArgoCD Admins\",\"%s\"]}", filler);
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, patch, "rsa-2048-1");
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    const char *first = fx_set_cookie(&r, "argocd.token=2:");
    const char *second = fx_set_cookie(&r, "argocd.token-1=");
    assert_non_null(first);
    assert_non_null(second);
    assert_true(str_ends(str_of(second), wire("session.attributes")));
    AUTO(xfree)
    char *line = xasprintf("Cookie: %.*s; %.*s", (int)strcspn(second, ";"), second,
                           (int)strcspn(first, ";"), first);
    fx_get(f, "/api/v1/account/can-i/applications/sync/default%2Fguestbook", line, &r);
    assert_text(&r, 200, wire("can-i.yes"));
}

static void test_callback__token_too_large(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    AUTO(xfree) char *filler = xcalloc(1, 70001);
    memset(filler, 'g', 70000);
    AUTO(xfree) char *patch = xasprintf("{\"groups\":[\"%s\"]}", filler);
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, patch, "rsa-2048-1");
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 500);
    assert_true(cstr_starts(r.body, "claims={"));
    assert_has(r.body, wire("callback.too-many-cookies"));
    assert_null(fx_set_cookie(&r, "argocd.token"));
}

static void test_callback__without_code_the_implicit_page(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_get(f, "/auth/callback", NULL, &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(fx_header(&r, "Content-Type"), "text/html");
    fx_get(f, "/auth/callback?state=x", NULL, &r);
    assert_go_error(&r, 400, wire("callback.no-cookie"));
    fx_begin(f, "", &l);
    AUTO(xfree) char *path = xasprintf("/auth/callback?state=%s", l.state);
    fx_get(f, path, l.cookie_line, &r);
    assert_int_equal(r.status, 200);
}

/* ---- /auth/logout ---- */

static void test_logout__clears_revokes_and_leads_home(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *cookie = fx_cookie_line(f->dex.id_token);
    fx_get(f, "/api/v1/account/can-i/projects/get/x", cookie, &r);
    assert_text(&r, 200, wire("can-i.yes"));
    fx_get(f, "/auth/logout", cookie, &r);
    assert_int_equal(r.status, 303);
    assert_string_equal(fx_header(&r, "Location"), FX_URL);
    assert_string_equal(fx_set_cookie(&r, "argocd.token"), wire("logout.cleared"));
    fx_get(f, "/api/v1/account/can-i/projects/get/x", cookie, &r);
    assert_text(&r, 401, wire("api.revoked"));
}

static void test_logout__another_token_lives_on(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *other = fx_token(f, "{\"at_hash\":\"hash-2\"}", "rsa-2048-1");
    AUTO(xfree) char *cookie = fx_cookie_line(f->dex.id_token);
    AUTO(xfree) char *other_cookie = fx_cookie_line(other);
    fx_do(f, "POST", "/auth/logout", cookie, NULL, &r);
    assert_int_equal(r.status, 303);
    fx_get(f, "/api/v1/account/can-i/projects/get/x", other_cookie, &r);
    assert_int_equal(r.status, 200);
}

static void test_logout__without_session(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/auth/logout", NULL, &r);
    assert_go_error(&r, 400, wire("logout.no-cookie"));
    fx_get(f, "/auth/logout", "Cookie: argocd.token=", &r);
    assert_go_error(&r, 400, wire("logout.empty"));
}

static void test_logout__pieces_and_unverifiable_tokens_are_cleared_too(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/auth/logout", "Cookie: argocd.token=2:a.b; argocd.token-1=.c; other=x", &r);
    assert_int_equal(r.status, 303);
    assert_non_null(fx_set_cookie(&r, wire("logout.cleared")));
    assert_non_null(fx_set_cookie(&r, wire("logout.cleared-chunk")));
    assert_null(fx_set_cookie(&r, "other"));
}

/* ---- pages ---- */

static void test_ui__login_page(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/login?return_url=https%3A%2F%2Fargocd.company%2Fx", "Accept: text/html", &r);
    assert_int_equal(r.status, 200);
    assert_has(r.body, wire("ui.button"));
    assert_has(r.body, "href=\"/auth/login?return_url=https%3A%2F%2Fargocd.company%2Fx\"");
    assert_false(cstr_contains(r.body, wire("ui.failed")));
    fx_get(f, "/login?has_sso_error=true", "Accept: text/html,*/*", &r);
    assert_has(r.body, wire("ui.failed"));
}

static void test_ui__two_connectors_have_one_button(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    js_set_text(f->cm, "dex.config", "connectors: [{name: a, type: oidc}, {name: b, type: oidc}]");
    fx_get(f, "/login", "Accept: text/html", &r);
    assert_has(r.body, wire("ui.buttons"));
}

static void test_ui__names_who_is_signed_in(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *cookie = fx_cookie_line(f->dex.id_token);
    AUTO(xfree) char *lines = xasprintf("Accept: text/html\n%s", cookie);
    fx_get(f, "/applications", lines, &r);
    assert_has(r.body, "alice@example.com");
    assert_has(r.body, "ArgoCD Admins");
    assert_has(r.body, "role:admin");
    fx_get(f, "/applications", "Accept: text/html", &r);
    assert_has(r.body, "Not signed in.");
    assert_has(r.body, "/login?return_url=https%3A%2F%2Fargocd.company%2Fapplications");
}

static void test_ui__index_only_for_html(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/login", "Accept: text/html", &r);
    assert_int_equal(r.status, 200);
    fx_get(f, "/login", "Accept: application/json, text/html", &r); /* not trimmed */
    assert_go_error(&r, 404, "404 page not found");
    fx_get(f, "/login", "Accept: text/html;q=0.9", &r);
    assert_int_equal(r.status, 404);
    fx_do(f, "POST", "/login", "Accept: text/html", NULL, &r);
    assert_int_equal(r.status, 404);
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_login__sends_to_dex_with_sorted_parameters),
    FX_TEST(test_login__state_cookie_is_sealed_with_the_servers_key),
    FX_TEST(test_login__every_login_has_its_own_state),
    FX_TEST(test_login__return_url),
    FX_TEST(test_login__return_url_from_a_form),
    FX_TEST(test_login__provider_is_asked_once),
    FX_TEST(test_login__provider_absent),
    FX_TEST(test_login__provider_of_another_issuer),
    FX_TEST(test_login__dex_down),
    FX_TEST(test_login__implicit_when_dex_has_no_code),
    FX_TEST(test_login__without_sso_the_route_is_the_uis),
    FX_TEST(test_callback__signs_in),
    FX_TEST(test_callback__exchanges_the_code_by_basic_first),
    FX_TEST(test_callback__tries_the_body_when_basic_fails),
    FX_TEST(test_callback__error_comes_before_state),
    FX_TEST(test_callback__state_and_cookie),
    FX_TEST(test_callback__another_servers_cookie),
    FX_TEST(test_callback__stored_return_url_comes_before_state),
    FX_TEST(test_callback__replay_is_possible),
    FX_TEST(test_callback__token_request_fails),
    FX_TEST(test_callback__id_token_is_wrong),
    FX_TEST(test_callback__id_token_of_the_cli_and_of_several),
    FX_TEST(test_callback__keys_after_a_restart_of_dex),
    FX_TEST(test_callback__a_bad_signature_is_looked_at_twice_for_each_audience),
    FX_TEST(test_callback__large_token_in_pieces),
    FX_TEST(test_callback__token_too_large),
    FX_TEST(test_callback__without_code_the_implicit_page),
    FX_TEST(test_logout__clears_revokes_and_leads_home),
    FX_TEST(test_logout__another_token_lives_on),
    FX_TEST(test_logout__without_session),
    FX_TEST(test_logout__pieces_and_unverifiable_tokens_are_cleared_too),
    FX_TEST(test_ui__login_page),
    FX_TEST(test_ui__two_connectors_have_one_button),
    FX_TEST(test_ui__names_who_is_signed_in),
    FX_TEST(test_ui__index_only_for_html),
};

int main(void)
{
    return TEST_MAIN(tests);
}
