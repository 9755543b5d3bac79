/*
 * The documents in detail (authentik.md 1, 2, 2.1): methods of every endpoint, CORS, whose
 * forwarded headers count, keys by version, scopes and claims, webfinger, reserved slugs.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "mocks/authentik/state.h"

#define DISCOVERY "/application/o/argocd/.well-known/openid-configuration"
#define JWKS "/application/o/argocd/jwks/"

static char *joined(const struct js *list)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < js_len(list); i++)
        buf_addf(&b, "%s%s", i > 0 ? " " : "", js_text(js_at(list, i)));
    return xstrdup(b.ptr);
}

/* ------------------------------------------------------------------ methods */

struct method_row {
    const char *method;
    const char *path;
    int status;
    const char *allow; /* literal; NULL: no such header */
    const char *cors;  /* Access-Control-Allow-Origin for an Origin that is registered */
};

static const struct method_row methods[] = {
    {"GET", DISCOVERY, 200, NULL, "https://argocd.company"},
    {"HEAD", DISCOVERY, 200, NULL, "https://argocd.company"},
    {"OPTIONS", DISCOVERY, 200, "allow.get", "https://argocd.company"},
    {"POST", DISCOVERY, 405, "allow.get", "https://argocd.company"},
    {"DELETE", DISCOVERY, 405, "allow.get", "https://argocd.company"},
    {"POST", "/application/o/other/.well-known/openid-configuration", 404, NULL, ""},
    {"GET", JWKS, 200, NULL, "*"},
    {"HEAD", JWKS, 200, NULL, "*"},
    {"OPTIONS", JWKS, 200, "allow.get", ""},
    {"POST", JWKS, 405, "allow.get", ""},
    {"GET", "/application/o/other/jwks/", 404, NULL, ""},
    {"POST", "/application/o/other/jwks/", 405, "allow.get", ""},
    {"GET", "/.well-known/webfinger", 200, NULL, "*"},
    {"OPTIONS", "/.well-known/webfinger", 200, "allow.get", "*"},
    {"POST", "/.well-known/webfinger", 405, "allow.get", ""},
    {"GET", "/application/o/argocd/", 302, NULL, ""},
    {"POST", "/application/o/argocd/", 302, NULL, ""},
    {"PUT", "/application/o/other/", 302, NULL, ""},
    {"OPTIONS", "/application/o/token", 404, NULL, ""},
    {"POST", "/application/o/token", 404, NULL, ""},
    {0}};

static void test_methods__of_every_document(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (const struct method_row *r = methods; r->method != NULL; r++) {
        params_add(&f.send, "Origin", "https://argocd.company");
        fx_ask(&f, r->method, r->path, NULL, NULL);
        const char *cors = fx_header(&f, "Access-Control-Allow-Origin");
        if (f.resp.status != r->status || !cstr_eq(cors, r->cors))
            fail_msg("%s %s: %d \"%s\"", r->method, r->path, f.resp.status, cors);
        assert_string_equal(fx_header(&f, "Allow"), r->allow != NULL ? fx_literal(r->allow) : "");
        assert_int_equal(strlen(fx_header(&f, "X-authentik-id")), 32);
        assert_string_equal(fx_header(&f, "X-Powered-By"), "authentik");
        if (r->status == 405 || cstr_eq(r->method, "OPTIONS"))
            assert_true(f.resp.body_len == 0 || r->status == 404);
    }
    fx_stop(&f);
}

/* ------------------------------------------------------------------ CORS */

/* Endpoints that no page's script is meant to ask answer without a word of CORS (authentik.md 1).
 */
static void test_cors__none_elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        int status;
    } rows[] = {
        {"POST", "/application/o/introspect/", 200},
        {"GET", "/application/o/introspect/", 405},
        {"POST", "/application/o/revoke/", 401},
        {"GET", "/application/o/revoke/", 405},
        {"POST", "/application/o/device/", 400},
        {"GET", "/application/o/device/", 405},
        {"POST", "/application/o/argocd/end-session/", 405},
        {"GET", "/application/o/argocd/end-session/", 302},
        {"GET", "/application/o/authorize/?client_id=other", 400},
        {"GET", "/device", 404},
    };
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        params_add(&f.send, "Origin", "https://argocd.company");
        fx_ask(&f, rows[i].method, rows[i].path, NULL, NULL);
        if (f.resp.status != rows[i].status)
            fail_msg("%s %s: %d", rows[i].method, rows[i].path, f.resp.status);
        assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "");
        assert_string_equal(fx_header(&f, "Access-Control-Allow-Credentials"), "");
    }
    fx_stop(&f);
}

struct origin_row {
    const char *origin;
    bool allowed;
};

/* Registered: https://argocd.company/…, http://localhost:8085/…, and a regular expression. */
static const struct origin_row origins[] = {{"https://argocd.company", true},
                                            {"https://ARGOCD.company", true},
                                            {"http://argocd.company", false},
                                            {"https://argocd.company:443", false},
                                            {"https://argocd.company.evil.example", false},
                                            {"https://evil.example", false},
                                            {"http://localhost:8085", true},
                                            {"http://localhost", false},
                                            {"http://127.0.0.1:8085", false},
                                            {"https://pr-1.preview.company", false},
                                            {"null", false},
                                            {"", false},
                                            {0}};

static void test_cors__rows(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (const struct origin_row *r = origins; r->origin != NULL; r++) {
        params_add(&f.send, "Origin", r->origin);
        fx_get(&f, DISCOVERY);
        const char *allowed = fx_header(&f, "Access-Control-Allow-Origin");
        if (!cstr_eq(allowed, r->allowed ? r->origin : ""))
            fail_msg("%s: \"%s\"", r->origin, allowed);
        assert_string_equal(fx_header(&f, "Vary"), r->allowed ? "Origin" : "");
        assert_string_equal(fx_header(&f, "Access-Control-Allow-Credentials"),
                            r->allowed ? "true" : "");
        assert_string_equal(fx_header(&f, "Access-Control-Allow-Methods"), "");
    }
    fx_get(&f, DISCOVERY);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "");
    fx_stop(&f);
}

static void test_cors__preflight(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    params_add(&f.send, "Origin", "https://evil.example");
    params_add(&f.send, "Access-Control-Request-Headers", "x-one, Authorization");
    fx_ask(&f, "OPTIONS", DISCOVERY, NULL, NULL);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "https://evil.example");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Credentials"), "true");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Headers"), "x-one, Authorization");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Methods"), fx_literal("cors.methods"));
    assert_string_equal(fx_header(&f, "Vary"), "Origin");
    params_add(&f.send, "Origin", "https://evil.example");
    fx_ask(&f, "OPTIONS", DISCOVERY, NULL, NULL);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Headers"), "");
    fx_ask(&f, "OPTIONS", DISCOVERY, NULL, NULL);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Methods"), "");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ forwarded headers */

struct network_row {
    const char *network; /* NULL: an empty list */
    bool trusted;        /* is 127.0.0.1 in it? */
};

static const struct network_row networks[] = {{"127.0.0.1/32", true}, {"127.0.0.2/32", false},
                                              {"127.0.0.0/8", true},  {"126.0.0.0/7", true},
                                              {"128.0.0.0/1", false}, {"0.0.0.0/0", true},
                                              {"::1/128", false},     {"::/0", false},
                                              {"10.0.0.0/8", false},  {NULL, false}};

static void ask_forwarded(struct fx *f)
{
    params_add(&f->send, "X-Forwarded-Proto", "https");
    params_add(&f->send, "x-forwarded-host", "sso.company");
    fx_get(f, DISCOVERY);
}

static void test_proxies__rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(networks); i++) {
        struct fx f;
        const char *const list[] = {networks[i].network, NULL};
        fx_init(&f);
        f.setup.authentik.version = "2026.8";
        f.setup.authentik.trusted_proxies = list;
        fx_start(&f);
        ask_forwarded(&f);
        AUTO(xfree)
        char *want = networks[i].trusted ? xstrdup("https://sso.company/application/o/argocd/")
                                         : xasprintf("%s/application/o/argocd/", f.base);
        if (!cstr_eq(fx_text(&f, "issuer"), want))
            fail_msg("%s: %s", networks[i].network, fx_text(&f, "issuer"));
        fx_stop(&f);
    }
}

/* Who may not name the host could still name the scheme before 2026.8. */
static void test_proxies__before_2026_8(void **state)
{
    (void)state;
    static const char *const nobody[] = {NULL};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2026.5";
    f.setup.authentik.trusted_proxies = nobody;
    fx_start(&f);
    ask_forwarded(&f);
    AUTO(xfree) char *want = xasprintf("https%s/application/o/argocd/", f.base + strlen("http"));
    assert_string_equal(fx_text(&f, "issuer"), want);
    fx_stop(&f);
}

/* The mock's peers are on loopback, which authentik's own list has. */
static void test_proxies__by_default(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2026.8";
    fx_start(&f);
    ask_forwarded(&f);
    assert_string_equal(fx_text(&f, "issuer"), "https://sso.company/application/o/argocd/");
    params_add(&f.send, "X-Forwarded-Proto", "HTTPS");
    fx_get(&f, DISCOVERY);
    assert_true(cstr_starts(fx_text(&f, "issuer"), "http://"));
    fx_stop(&f);
}

/* authentik/lib/default.yml: loopback, the private networks, link-local. */
static const struct network_row peers[] = {{"127.0.0.1", true},
                                           {"10.255.0.1", true},
                                           {"172.16.0.1", true},
                                           {"172.31.9.9", true},
                                           {"172.32.0.1", false},
                                           {"172.15.0.1", false},
                                           {"192.168.3.4", true},
                                           {"192.168.255.255", true},
                                           {"126.255.255.255", false},
                                           {"128.0.0.1", false},
                                           {"9.255.255.255", false},
                                           {"192.169.0.1", false},
                                           {"11.0.0.1", false},
                                           {"::1", true},
                                           {"::2", false},
                                           {"::", false},
                                           {"fe80::1", true},
                                           {"febf::1", true},
                                           {"fec0::1", false},
                                           {"::ffff:10.1.1.1", true},
                                           {"::ffff:8.8.8.8", false},
                                           {"8.8.8.8", false},
                                           {"", false},
                                           {"unix:", false},
                                           {NULL, false}};

static void test_proxies__own_list(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2026.8";
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(peers); i++) {
        AUTO(http_request_deinit) struct http_request req = {0};
        req.peer = peers[i].network != NULL ? xstrdup(peers[i].network) : NULL;
        params_add(&req.headers, "X-Forwarded-Host", "sso.company");
        params_add(&req.headers, "X-Forwarded-For", "8.8.8.8");
        params_add(&req.headers, "X-Forwarded-Proto", "https");
        params_add(&req.headers, "Accept", "*/*");
        ak_proxies_begin(f.mock, &req);
        if (req.headers.len != (peers[i].trusted ? 4 : 1))
            fail_msg("%s: %zu", req.peer, req.headers.len);
    }
    fx_stop(&f);
}

/* The whole chain believes it: the cookie is a secure one. */
static void test_proxies__cookies_follow(void **state)
{
    (void)state;
    static const char *const nobody[] = {NULL};
    for (size_t i = 0; i < 2; i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = "2026.8";
        f.setup.authentik.trusted_proxies = i == 0 ? NULL : nobody;
        fx_start(&f);
        AUTO(xfree) char *path = fx_authorize_path("openid", NULL);
        params_add(&f.send, "X-Forwarded-Proto", "https");
        fx_get(&f, path);
        assert_true(cstr_contains(fx_header(&f, "Set-Cookie"),
                                  fx_literal(i == 0 ? "cookie.session-tls" : "cookie.session")));
        fx_stop(&f);
    }
}

static void test_proxies__what_is_no_network_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"10.0.0.0", "10.0.0.0/33",  "10.0.0/8",  "::/129", "any/0",
                                      "",         "10.0.0.0/8/8", "10.0.0.0/x"};
    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        const char *const list[] = {"10.0.0.0/8", bad[i], NULL};
        struct fx f;
        struct err err = {0};
        fx_init(&f);
        f.setup.authentik.trusted_proxies = list;
        const struct mock_env env = {
            .setup = &f.setup, .clock = f.clock, .rnd = f.rnd, .faults = f.faults};
        if (authentik_mock_new(&env, &err) != NULL)
            fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(err.code, ERR_USAGE);
        AUTO(xfree) char *named = xasprintf("'%s'; it is a network like 10.0.0.0/8", bad[i]);
        assert_true(cstr_contains(err.msg, named));
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ discovery */

static const char *const key_versions[][2] = {
    {"2023.10", "discovery.keys-2023.10"}, {"2025.6", "discovery.keys-2023.10"},
    {"2025.8", "discovery.keys"},          {"2026.2", "discovery.keys"},
    {"2026.5", "discovery.keys-2026.5"},   {"2026.8", "discovery.keys-2026.5"}};

static void test_discovery__keys_by_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(key_versions); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = key_versions[i][0];
        fx_start(&f);
        fx_get(&f, DISCOVERY);
        AUTO(xfree) char *names = fx_members(f.json);
        assert_string_equal(names, fx_literal(key_versions[i][1]));
        fx_stop(&f);
    }
}

struct value_row {
    const char *key;
    const char *json; /* $B stands for the base of the request */
};

static const struct value_row values[] = {
    {"authorization_endpoint", "\"$B/application/o/authorize/\""},
    {"token_endpoint", "\"$B/application/o/token/\""},
    {"userinfo_endpoint", "\"$B/application/o/userinfo/\""},
    {"end_session_endpoint", "\"$B/application/o/argocd/end-session/\""},
    {"introspection_endpoint", "\"$B/application/o/introspect/\""},
    {"revocation_endpoint", "\"$B/application/o/revoke/\""},
    {"device_authorization_endpoint", "\"$B/application/o/device/\""},
    {"jwks_uri", "\"$B/application/o/argocd/jwks/\""},
    {"backchannel_logout_supported", "true"},
    {"backchannel_logout_session_supported", "true"},
    {"response_modes_supported", "[\"query\",\"fragment\",\"form_post\"]"},
    {"subject_types_supported", "[\"public\"]"},
    {"acr_values_supported", "[\"goauthentik.io/providers/oauth2/default\"]"},
    {"request_parameter_supported", "false"},
    {"claims_parameter_supported", "false"},
    {0}};

static void test_discovery__values(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, DISCOVERY);
    for (const struct value_row *r = values; r->key != NULL; r++) {
        const char *hole = strstr(r->json, "$B");
        AUTO(xfree) char *text = js_compact(js_get(f.json, r->key));
        AUTO(xfree)
        char *want = hole != NULL ? xasprintf("\"%s%s", f.base, hole + 2) : xstrdup(r->json);
        if (!cstr_eq(text, want))
            fail_msg("%s: %s", r->key, text);
    }
    fx_stop(&f);
}

/* The setup's order, not the alphabet's; openid is added at the end. */
static void test_discovery__scopes_and_claims(void **state)
{
    (void)state;
    static const char *const scopes[] = {"profile", "offline_access", "email", NULL};
    static const char *const one[] = {"openid", NULL};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.scopes = scopes;
    fx_start(&f);
    fx_get(&f, DISCOVERY);
    AUTO(xfree) char *supported = joined(js_get(f.json, "scopes_supported"));
    AUTO(xfree) char *claims = joined(js_get(f.json, "claims_supported"));
    assert_string_equal(supported, "profile offline_access email openid");
    assert_string_equal(claims, fx_literal("discovery.claims"));
    struct setup other = f.setup;
    struct err err = {0};
    other.authentik.scopes = one;
    assert_int_equal(authentik_mock_change(f.mock, &other, &err), 0);
    fx_get(&f, DISCOVERY);
    AUTO(xfree) char *less = joined(js_get(f.json, "claims_supported"));
    assert_string_equal(less, fx_literal("discovery.claims-base"));
    fx_stop(&f);
}

/* Both routes answer alike; the issuer is that of the host asked. */
static void test_discovery__twins_and_hosts(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, DISCOVERY);
    AUTO(xfree) char *first = xstrdup(f.resp.body);
    fx_get(&f, "/.well-known/oauth-authorization-server/application/o/argocd/");
    assert_string_equal(f.resp.body, first);
    params_add(&f.send, "Host", "internal:9000");
    fx_get(&f, DISCOVERY);
    assert_string_equal(fx_text(&f, "issuer"), "http://internal:9000/application/o/argocd/");
    fx_get(&f, "/.well-known/oauth-authorization-server/application/o/other/");
    assert_int_equal(f.resp.status, 404);
    fx_stop(&f);
}

/* An application may bear the name of an endpoint: what lies below its path stays its own. */
static void test_slug__reserved(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.slug = "token";
    fx_start(&f);
    fx_get(&f, "/application/o/token/.well-known/openid-configuration");
    assert_int_equal(f.resp.status, 200);
    fx_get(&f, "/application/o/token/jwks/");
    assert_int_equal(f.resp.status, 200);
    fx_get(&f, "/application/o/token/");
    assert_int_equal(f.resp.status, 405);
    fx_stop(&f);
}

/* What may be a slug leads to a document, whether there is such an application or not. */
static void test_slug__characters(void **state)
{
    (void)state;
    static const char *const good[] = {"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                       "0123456789", "-_"};
    static const char *const bad[] = {"a.b", "a%20b", "a+b", "a~b", "%C3%A4", "a%2Fb"};
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(good); i++)
        for (const char *c = good[i]; *c != '\0'; c++) {
            AUTO(xfree) char *path = xasprintf("/application/o/%c/", *c);
            AUTO(xfree)
            char *want = xasprintf("/application/o/%c/.well-known/openid-configuration", *c);
            fx_get(&f, path);
            assert_int_equal(f.resp.status, 302);
            assert_string_equal(fx_header(&f, "Location"), want);
        }
    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        AUTO(xfree) char *path = xasprintf("/application/o/%s/", bad[i]);
        fx_get(&f, path);
        if (f.resp.status != 404)
            fail_msg("%s: %d", bad[i], f.resp.status);
    }
    fx_stop(&f);
}

/* ------------------------------------------------------------------ JWKS */

struct jwk_row {
    const char *signing_key;
    const char *version;
    const char *members; /* literal */
    const char *crv;     /* NULL: RSA */
    size_t x;            /* characters of x and of y, leading zeros kept */
};

static const struct jwk_row jwks[] = {
    {"rsa", "2026.2", "jwks.rsa", NULL, 0},          {"rsa", "2024.8", "jwks.rsa-2024.8", NULL, 0},
    {"rsa-4096", "2026.2", "jwks.rsa", NULL, 0},     {"ec", "2026.2", "jwks.ec", "P-256", 43},
    {"ec", "2024.8", "jwks.ec-2024.8", "P-256", 43}, {"ec-384", "2026.2", "jwks.ec", "P-384", 64},
    {"ec-521", "2026.2", "jwks.ec", "P-521", 88},    {0}};

static size_t length_of(const struct js *obj, const char *member)
{
    const char *text = js_get_text(obj, member);
    return text != NULL ? strlen(text) : 0;
}

/* Both its subject and, signed by itself, its issuer. */
static void assert_certificate_names(const char *x5c, const char *name)
{
    uint8_t *der = NULL;
    size_t len = 0;
    size_t found = 0;
    assert_int_equal(b64_decode(x5c, strlen(x5c), &der, &len), 0);
    for (size_t i = 0; i + strlen(name) <= len; i++)
        found += memcmp(der + i, name, strlen(name)) == 0;
    xfree(der);
    assert_int_equal(found, 2);
}

static void assert_jwk(const struct jwk_row *r, const struct js *jwk)
{
    AUTO(xfree) char *names = fx_members(jwk);
    assert_string_equal(names, fx_literal(r->members));
    assert_string_equal(js_get_text(jwk, "use"), "sig");
    assert_string_equal(js_get_text(jwk, "kty"), r->crv == NULL ? "RSA" : "EC");
    assert_int_equal(js_len(js_get(jwk, "x5c")), 1);
    assert_certificate_names(js_text(js_at(js_get(jwk, "x5c"), 0)), fx_literal("jwks.certificate"));
    assert_int_equal(length_of(jwk, "x5t"), 27);
    assert_int_equal(length_of(jwk, "x5t#S256"), 43);
    if (r->crv == NULL) {
        assert_string_equal(js_get_text(jwk, "e"), "AQAB");
        return;
    }
    assert_string_equal(js_get_text(jwk, "crv"), r->crv);
    assert_int_equal(length_of(jwk, "x"), r->x);
    assert_int_equal(length_of(jwk, "y"), r->x);
}

static void test_jwks__rows(void **state)
{
    (void)state;
    for (const struct jwk_row *r = jwks; r->signing_key != NULL; r++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.signing_key = r->signing_key;
        f.setup.authentik.version = r->version;
        fx_start(&f);
        fx_get(&f, JWKS);
        assert_int_equal(js_len(js_get(f.json, "keys")), 1);
        assert_jwk(r, js_at(js_get(f.json, "keys"), 0));
        AUTO(xfree) char *first = xstrdup(f.resp.body);
        fx_get(&f, JWKS);
        assert_string_equal(f.resp.body, first);
        fx_stop(&f);
    }
}

/* A new signing key takes the old one's place at once. */
static void test_jwks__no_overlap(void **state)
{
    (void)state;
    struct fx f;
    struct err err = {0};
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, JWKS);
    AUTO(xfree) char *before = xstrdup(js_get_text(js_at(js_get(f.json, "keys"), 0), "kid"));
    assert_int_equal(authentik_mock_rotate(f.mock, &err), 0);
    fx_get(&f, JWKS);
    assert_int_equal(js_len(js_get(f.json, "keys")), 1);
    assert_string_not_equal(js_get_text(js_at(js_get(f.json, "keys"), 0), "kid"), before);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ webfinger */

static void test_webfinger__of_the_default_application(void **state)
{
    (void)state;
    static const char *const modes[][2] = {{"per_provider", "/application/o/argocd/"},
                                           {"global", "/"}};
    for (size_t i = 0; i < TEST_COUNT(modes); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.brand_default_application = true;
        f.setup.authentik.issuer_mode = modes[i][0];
        fx_start(&f);
        fx_get(&f, "/.well-known/webfinger?resource=acct%3Aalice%40company.example&rel=x");
        AUTO(xfree)
        char *want =
            xasprintf("{\"subject\": \"acct:alice@company.example\", \"links\": [{\"rel\": "
                      "\"%s\", \"href\": \"%s%s\"}]}",
                      fx_literal("webfinger.rel"), f.base, modes[i][1]);
        assert_string_equal(f.resp.body, want);
        assert_string_equal(fx_header(&f, "Content-Type"), fx_literal("webfinger.type"));
        assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "*");
        fx_stop(&f);
    }
}

static void test_webfinger__without_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.brand_default_application = i == 1;
        if (i == 1)
            f.setup.authentik.slug = NULL;
        fx_start(&f);
        fx_get(&f, "/.well-known/webfinger?resource=acct%3Aalice%40company.example");
        assert_int_equal(f.resp.status, 200);
        assert_string_equal(f.resp.body, "{}");
        assert_string_equal(fx_header(&f, "Content-Type"), fx_literal("webfinger.type"));
        fx_stop(&f);
    }
}

#define T(name_) cmocka_unit_test(name_)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_methods__of_every_document),
        T(test_cors__none_elsewhere),
        T(test_cors__rows),
        T(test_cors__preflight),
        T(test_proxies__rows),
        T(test_proxies__before_2026_8),
        T(test_proxies__by_default),
        T(test_proxies__own_list),
        T(test_proxies__cookies_follow),
        T(test_proxies__what_is_no_network_is_refused),
        T(test_discovery__keys_by_version),
        T(test_discovery__values),
        T(test_discovery__scopes_and_claims),
        T(test_discovery__twins_and_hosts),
        T(test_slug__reserved),
        T(test_slug__characters),
        T(test_jwks__rows),
        T(test_jwks__no_overlap),
        T(test_webfinger__of_the_default_application),
        T(test_webfinger__without_one),
    };
    return TEST_MAIN(tests);
}
