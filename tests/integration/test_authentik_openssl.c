/*
 * A second opinion on the mock authentik: bare libcurl signs in to it and `openssl` verifies the ID
 * token, with the key out of the served JWKS. Nothing of harness/http, harness/jose or
 * harness/crypto takes part on the client's side.
 */
#include <string.h>

#include <curl/curl.h>

#include "tests/unit/mocks_authentik/fixture.h"

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "tests/support/openssl.h"

#define BODY_MAX (1024UL * 1024)
#define TIMEOUT_MS 20000L
#define CLIENT_SECRET "my+client/secret%"

/* One browser: libcurl's own cookies, no redirect followed by itself. */
struct raw {
    CURL *curl;
    const char *base;
    struct buf body;
    struct js *json; /* of the last body, NULL when it is none */
    long status;
    char *location; /* of the last answer, absolute; "" if absent */
};

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct buf *b = ctx;
    buf_add(b, p, size * n);
    return buf_ok(b) ? size * n : 0;
}

static void raw_init(struct raw *r, const char *base)
{
    *r = (struct raw){.curl = curl_easy_init(), .base = base, .location = xstrdup("")};
    assert_non_null(r->curl);
    buf_init(&r->body, BODY_MAX);
    curl_easy_setopt(r->curl, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, &r->body);
    curl_easy_setopt(r->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
}

static void raw_deinit(struct raw *r)
{
    curl_easy_cleanup(r->curl);
    buf_deinit(&r->body);
    js_free(r->json);
    xfree(r->location);
}

DEFINE_AUTO_VALUE(struct raw, raw_deinit)

/* The value of a cookie, by the lines of Netscape's format; caller frees, NULL if absent. */
static char *cookie(struct raw *r, const char *name)
{
    struct curl_slist *list = NULL;
    char *value = NULL;
    AUTO(xfree) char *wanted = xasprintf("\t%s\t", name);
    assert_int_equal(curl_easy_getinfo(r->curl, CURLINFO_COOKIELIST, &list), CURLE_OK);
    for (struct curl_slist *l = list; l != NULL; l = l->next) {
        const char *at = strstr(l->data, wanted);
        if (at != NULL && value == NULL)
            value = xstrdup(at + strlen(wanted));
    }
    curl_slist_free_all(list);
    return value;
}

static void perform(struct raw *r, const char *path)
{
    AUTO(xfree) char *url = path[0] == '/' ? xasprintf("%s%s", r->base, path) : xstrdup(path);
    char *location = NULL;
    buf_reset(&r->body);
    r->json = js_free(r->json);
    curl_easy_setopt(r->curl, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(r->curl);
    if (code != CURLE_OK)
        fail_msg("%s: %s", url, curl_easy_strerror(code));
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &r->status);
    curl_easy_getinfo(r->curl, CURLINFO_REDIRECT_URL, &location);
    xfree(r->location);
    r->location = xstrdup(location != NULL ? location : "");
    if (js_parse((struct str){r->body.ptr, r->body.len}, "body", &r->json, NULL) != 0)
        r->json = NULL;
}

static void get(struct raw *r, const char *path)
{
    curl_easy_setopt(r->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, NULL);
    perform(r, path);
}

static void post(struct raw *r, const char *path, const char *type, const char *body)
{
    AUTO(xfree) char *csrf = cookie(r, "authentik_csrf");
    AUTO(xfree) char *csrf_field = xasprintf("X-authentik-CSRF: %s", csrf != NULL ? csrf : "");
    AUTO(xfree) char *type_field = xasprintf("Content-Type: %s", type);
    struct curl_slist *fields = curl_slist_append(NULL, type_field);
    fields = curl_slist_append(fields, csrf_field);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(r->curl, CURLOPT_COPYPOSTFIELDS, body);
    perform(r, path);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(fields);
}

/* A challenge answered; the executor sends the agent on with 302, by GET. */
static void reply(struct raw *r, const char *executor, const char *body)
{
    post(r, executor, "application/json", body);
    for (int i = 0; i < 8 && r->status == 302; i++) {
        AUTO(xfree) char *to = xstrdup(r->location);
        get(r, to);
    }
}

/* The executor's path for the flow page that the agent was sent to. */
static char *executor_of(const struct raw *r)
{
    assert_true(cstr_starts(r->location, r->base));
    return fx_executor(r->location + strlen(r->base));
}

static void expect_component(const struct raw *r, const char *name)
{
    const char *found = js_get_text(r->json, "component");
    if (!cstr_eq(found, name))
        fail_msg("component '%s' instead of '%s'", found != NULL ? found : "", name);
}

/* Authorize, identification, password; the code that comes to the redirect URI. Caller frees. */
static char *sign_in(struct raw *r)
{
    AUTO(xfree) char *path = fx_authorize_path("openid email profile", "&nonce=n-1");
    get(r, path);
    assert_int_equal(r->status, 302);
    AUTO(xfree) char *executor = executor_of(r);
    get(r, executor);
    expect_component(r, "ak-stage-identification");
    reply(r, executor, "{\"component\":\"ak-stage-identification\",\"uid_field\":\"alice\"}");
    expect_component(r, "ak-stage-password");
    reply(r, executor, "{\"component\":\"ak-stage-password\",\"password\":\"alice-password\"}");
    expect_component(r, "xak-flow-redirect");
    AUTO(xfree) char *to = xstrdup(js_get_text(r->json, "to"));
    get(r, to);
    assert_int_equal(r->status, 302);
    assert_true(cstr_starts(r->location, FX_CALLBACK "?"));
    return fx_param(r->location, "code");
}

/* The ID token, for the code and the client's secret. Caller frees. */
static char *redeem(struct raw *r, const char *code)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "grant_type", "authorization_code");
    params_add(&form, "code", code);
    params_add(&form, "redirect_uri", FX_CALLBACK);
    params_add(&form, "client_id", "my_client_id");
    params_add(&form, "client_secret", CLIENT_SECRET);
    AUTO(xfree) char *body = params_form(&form);
    post(r, "/application/o/token/", "application/x-www-form-urlencoded", body);
    if (r->status != 200)
        fail_msg("token endpoint: %ld %s", r->status, r->body.ptr);
    assert_non_null(js_get_text(r->json, "id_token"));
    return xstrdup(js_get_text(r->json, "id_token"));
}

static struct js *part(const char *token, size_t at)
{
    struct str rest = str_of(token);
    struct str piece = {0};
    struct js *doc = NULL;
    uint8_t *bytes = NULL;
    size_t len = 0;
    for (size_t i = 0; i <= at; i++)
        assert_true(str_next(&rest, '.', &piece));
    assert_int_equal(b64url_decode(piece.ptr, piece.len, &bytes, &len, NULL), 0);
    assert_int_equal(js_parse((struct str){(char *)bytes, len}, "part", &doc, NULL), 0);
    xfree(bytes);
    return doc;
}

/* PEM of the served key with that kid, built by openssl; its certificate must hold the same. */
static const char *served_key(struct raw *r, struct openssl *o, const char *kid)
{
    get(r, "/application/o/argocd/jwks/");
    assert_int_equal(r->status, 200);
    const struct js *keys = js_get(r->json, "keys");
    assert_int_equal(js_len(keys), 1);
    assert_string_equal(js_get_text(js_at(keys, 0), "kid"), kid);
    const char *pem = openssl_jwk_pem(o, js_at(keys, 0));
    const char *inside = openssl_x5c_pem(o, js_at(keys, 0));
    assert_non_null(pem);
    assert_non_null(inside);
    assert_true(openssl_same(pem, inside));
    return pem;
}

/* The signature holds; with one bit of it, or of what is signed, turned it does not. */
static void judge(struct openssl *o, const char *alg, const char *key, const char *token)
{
    const char *dot = strrchr(token, '.');
    AUTO(xfree) char *input = xstrndup(token, (size_t)(dot - token));
    struct openssl_signature s = {
        .alg = alg, .key = key, .input = input, .input_len = strlen(input)};
    assert_int_equal(b64url_decode(dot + 1, strlen(dot + 1), &s.signature, &s.signature_len, NULL),
                     0);
    assert_true(openssl_verify(o, &s));
    for (size_t at = 0; at < s.signature_len; at += s.signature_len - 1) {
        s.signature[at] ^= 1;
        assert_false(openssl_verify(o, &s));
        s.signature[at] ^= 1;
    }
    input[strlen(input) / 2] ^= 1;
    assert_false(openssl_verify(o, &s));
    input[strlen(input) / 2] ^= 1;
    assert_true(openssl_verify(o, &s));
    xfree(s.signature);
}

static void check_key(const char *signing_key, const char *alg)
{
    struct fx f;
    fx_init(&f);
    f.setup.authentik.signing_key = signing_key;
    fx_start(&f);
    {
        AUTO(raw_deinit) struct raw r = {0};
        AUTO(openssl_free) struct openssl *o = openssl_new();
        raw_init(&r, f.base);
        AUTO(xfree) char *code = sign_in(&r);
        AUTO(xfree) char *token = redeem(&r, code);
        AUTO(js_free) struct js *header = part(token, 0);
        AUTO(js_free) struct js *claims = part(token, 1);
        const char *kid = js_get_text(header, "kid");
        assert_string_equal(js_get_text(header, "alg"), alg);
        assert_string_equal(js_get_text(claims, "preferred_username"), "alice");
        assert_string_equal(js_get_text(claims, "nonce"), "n-1");
        if (strcmp(alg, "HS256") == 0) {
            assert_null(kid);
            judge(o, alg, openssl_text_file(o, CLIENT_SECRET), token);
        } else {
            assert_non_null(kid);
            judge(o, alg, served_key(&r, o, kid), token);
        }
    }
    fx_stop(&f);
}

static void test_id_token__rsa(void **state)
{
    check_key("rsa", "RS256");
}

static void test_id_token__ec(void **state)
{
    check_key("ec", "ES256");
}

static void test_id_token__ec_384(void **state)
{
    check_key("ec-384", "ES384");
}

static void test_id_token__ec_521(void **state)
{
    check_key("ec-521", "ES512");
}

static void test_id_token__client_secret(void **state)
{
    check_key("none", "HS256");
}

/* A wrong password gives no code, so that the sign-ins above are worth something. */
static void test_sign_in__wrong_password(void **state)
{
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    {
        AUTO(raw_deinit) struct raw r = {0};
        raw_init(&r, f.base);
        AUTO(xfree) char *path = fx_authorize_path("openid", NULL);
        get(&r, path);
        AUTO(xfree) char *executor = executor_of(&r);
        get(&r, executor);
        reply(&r, executor, "{\"component\":\"ak-stage-identification\",\"uid_field\":\"alice\"}");
        reply(&r, executor, "{\"component\":\"ak-stage-password\",\"password\":\"other\"}");
        expect_component(&r, "ak-stage-password");
        assert_non_null(js_get(r.json, "response_errors"));
    }
    fx_stop(&f);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_id_token__rsa),           cmocka_unit_test(test_id_token__ec),
    cmocka_unit_test(test_id_token__ec_384),        cmocka_unit_test(test_id_token__ec_521),
    cmocka_unit_test(test_id_token__client_secret), cmocka_unit_test(test_sign_in__wrong_password),
};

int main(void)
{
    return TEST_MAIN(tests);
}
