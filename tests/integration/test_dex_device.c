/*
 * The device flow of the mock Dex (dex.md 2.6): the codes, the page, the way through a login, the
 * callback, the polls. Literals come from tests/data/wire/dex.tsv.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/http/html.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"

/* A client that may: public, without redirect URIs; and one with a secret. */
#define CLIENTS                                                                                    \
    "{\"staticClients\":[{\"id\":\"device\",\"name\":\"Device\",\"public\":true},{\"id\":"         \
    "\"argo-cd-cli\",\"name\":\"Argo CD CLI\",\"public\":true,\"redirectURIs\":[\"" CLI_CALLBACK   \
    "\"]}]}"
#define GRANT "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code="

struct device {
    char *device_code;
    char *user_code;
};

static void device_deinit(struct device *d)
{
    xfree(d->device_code);
    xfree(d->user_code);
}

DEFINE_AUTO_VALUE(struct device, device_deinit)

static void ask(struct dex_fixture *f, const char *form, struct device *ret)
{
    dex_request(f, "POST", "/api/dex/device/code", form, NULL);
    assert_int_equal(f->resp.status, 200);
    ret->device_code = xstrdup(js_get_text(f->json, "device_code"));
    ret->user_code = xstrdup(js_get_text(f->json, "user_code"));
}

static void poll_with(struct dex_fixture *f, const struct device *d, const char *more)
{
    AUTO(xfree) char *form = xasprintf(GRANT "%s%s", d->device_code, more);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
}

static void verify(struct dex_fixture *f, const char *user_code)
{
    AUTO(xfree) char *form = xasprintf("user_code=%s", user_code);
    dex_request(f, "POST", "/api/dex/device/auth/verify_code", form, NULL);
}

static void follow(struct dex_fixture *f)
{
    AUTO(xfree) char *location = xstrdup(dex_header(f, "Location"));
    assert_true(*location == '/');
    dex_get(f, location);
}

/* The person types the code and signs in; what is left is the redirect to /device/callback. */
static void sign_in(struct dex_fixture *f, const struct device *d)
{
    dex_say_token(f, NULL);
    verify(f, d->user_code);
    assert_int_equal(f->resp.status, 302);
    follow(f); /* /auth */
    follow(f); /* /auth/authentik */
    const char *location = dex_header(f, "Location");
    xfree(f->state);
    f->state = xstrdup(strstr(location, "&state=") + strlen("&state="));
    dex_callback(f);
    assert_int_equal(f->resp.status, 303);
}

static void test_device__codes(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    dex_restart(f, NULL, CLIENTS);
    ask(f, "client_id=device&scope=openid+groups", &d);
    AUTO(xfree)
    char *expected =
        xasprintf("{\n   \"device_code\": \"%s\",\n   \"user_code\": \"%s\",\n"
                  "   \"verification_uri\": \"" DEX_ISSUER "/device\",\n"
                  "   \"verification_uri_complete\": \"" DEX_ISSUER "/device?user_code=%s\",\n"
                  "   \"expires_in\": 300,\n   \"interval\": 5\n}\n",
                  d.device_code, d.user_code, d.user_code);
    assert_string_equal(f->resp.body, expected);
    assert_string_equal(dex_header(f, "Content-Type"), "application/json");
    assert_string_equal(dex_header(f, "Cache-Control"), "no-store");
    assert_int_equal(strlen(d.device_code), 51);
    assert_int_equal(strspn(d.user_code, "BCDFGHJKLMNPQRSTVWXZ"), 4);
    assert_int_equal(d.user_code[4], '-');
    assert_int_equal(strspn(d.user_code + 5, "BCDFGHJKLMNPQRSTVWXZ"), 4);
    assert_true(dex_logged(f, dex_literal("device-log")));
}

static void test_device__code_refusals(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/device/code");
    dex_assert_page(f, 400, "device-code-method");
    assert_true(str_ends(str_of(f->resp.body), "</html>\n{\"error\":\"invalid_request\"}"));
    dex_request(f, "POST", "/api/dex/device/code", "a=%zz", NULL);
    dex_assert_error(f, 404, "invalid_request", NULL);
    dex_request(f, "POST", "/api/dex/device/code", "code_challenge_method=s256", NULL);
    dex_assert_error(f, 400, "invalid_request", "device-challenge");
    dex_request(f, "POST", "/api/dex/device/code", "client_id=nobody&scope=openid", NULL);
    assert_int_equal(f->resp.status, 200); /* the client is not looked at here */
}

static void test_device__page(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/device?user_code=%3Cb%3E");
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *text = html_visible_text(f->resp.body);
    assert_true(cstr_contains(text, dex_literal("device-heading")));
    assert_true(cstr_contains(f->resp.body, "action=\"/api/dex/device/auth/verify_code\""));
    assert_true(cstr_contains(f->resp.body, "value=\"&lt;b&gt;\""));
    assert_false(cstr_contains(text, dex_literal("device-invalid")));
    dex_get(f, "/api/dex/device?invalid=true");
    assert_int_equal(f->resp.status, 400);
    AUTO(xfree) char *invalid = html_visible_text(f->resp.body);
    assert_true(cstr_contains(invalid, dex_literal("device-invalid")));
    dex_get(f, "/api/dex/device?invalid=maybe");
    assert_int_equal(f->resp.status, 200);
    dex_request(f, "POST", "/api/dex/device", "", NULL);
    dex_assert_page(f, 400, "device-method");
}

static void test_device__user_code(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    ask(f, "client_id=argo-cd-cli&client_secret=s&scope=openid+email", &d);
    AUTO(xfree)
    char *expected =
        xasprintf("/api/dex/auth?client_id=argo-cd-cli&client_secret=s&redirect_uri=%%2Fdevice%%2F"
                  "callback&response_type=code&scope=openid+email&state=%s",
                  d.user_code);
    AUTO(xfree) char *small = xstrdup(d.user_code);
    small[0] = (char)(small[0] + ('a' - 'A'));
    verify(f, small); /* upper and lower case are one */
    assert_int_equal(f->resp.status, 302);
    assert_string_equal(dex_header(f, "Location"), expected);
    follow(f);
    follow(f); /* the CLI's client has a list without it */
    dex_assert_page(f, 400, "authreq-redirect");
    verify(f, "XXXX-XXXX");
    assert_int_equal(f->resp.status, 400);
    assert_true(cstr_contains(f->resp.body, dex_literal("device-invalid")));
    verify(f, "");
    dex_assert_page(f, 400, "device-user-code-none");
    dex_get(f, "/api/dex/device/auth/verify_code");
    dex_assert_page(f, 400, "device-method");
    clock_advance_ms(f->clock, 300001);
    verify(f, d.user_code);
    assert_int_equal(f->resp.status, 400);
}

static void test_device__signs_in(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    dex_restart(f, NULL, CLIENTS);
    f->refresh = "up-1";
    ask(f, "client_id=device&scope=openid+groups+offline_access", &d);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "authorization_pending", NULL);
    sign_in(f, &d);
    assert_true(cstr_starts(dex_header(f, "Location"), "/api/dex/device/callback?code="));
    AUTO(xfree) char *callback = xstrdup(dex_header(f, "Location"));
    dex_get(f, callback);
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *text = html_visible_text(f->resp.body);
    assert_true(cstr_contains(text, dex_literal("device-success")));
    poll_with(f, &d, "");
    assert_int_equal(f->resp.status, 200);
    assert_true(cstr_starts(f->resp.body, "{\n  \"access_token\": \""));
    assert_string_equal(js_get_text(f->json, "token_type"), "bearer");
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    dex_assert_members(claims,
                       "{\"aud\":\"device\",\"groups\":[\"ArgoCD Admins\",\"authentik Admins\"],"
                       "\"name\":null}",
                       "device");
    AUTO(xfree)
    char *refresh = xasprintf("grant_type=refresh_token&client_id=device&refresh_token=%s",
                              js_get_text(f->json, "refresh_token"));
    dex_request(f, "POST", "/api/dex/token", refresh, NULL);
    assert_int_equal(f->resp.status, 200);
    dex_get(f, callback); /* the code is used up */
    dex_assert_page(f, 400, "device-cb-code");
}

static void test_device__polls(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    ask(f, "client_id=device", &d);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "authorization_pending", NULL);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "slow_down", NULL);
    clock_advance_ms(f->clock, 5000); /* it must wait ten seconds now */
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "slow_down", NULL);
    clock_advance_ms(f->clock, 15000);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "authorization_pending", NULL);
    clock_advance_ms(f->clock, 5000);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "authorization_pending", NULL);
    clock_advance_ms(f->clock, 300000);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "expired_token", NULL);
    dex_request(f, "POST", "/api/dex/token", GRANT "unknown", NULL);
    dex_assert_error(f, 400, "invalid_request", "device-unknown");
    dex_request(f, "POST", "/api/dex/token", GRANT, NULL);
    dex_assert_error(f, 400, "invalid_request", "device-none");
}

static void test_device__pkce(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    AUTO(device_deinit) struct device plain = {0};
    dex_restart(f, NULL, CLIENTS);
    ask(f,
        "client_id=device&scope=openid&code_challenge=" CLI_CHALLENGE "&code_challenge_method=S256",
        &d);
    sign_in(f, &d);
    follow(f);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "invalid_grant", "token-pkce-missing");
    poll_with(f, &d, "&code_verifier=wrong");
    dex_assert_error(f, 400, "invalid_grant", "token-pkce");
    poll_with(f, &d, "&code_verifier=" CLI_VERIFIER);
    assert_int_equal(f->resp.status, 200);
    ask(f, "client_id=device&scope=openid", &plain);
    sign_in(f, &plain);
    follow(f);
    poll_with(f, &plain, "&code_verifier=" CLI_VERIFIER);
    dex_assert_error(f, 400, "invalid_request", "token-no-pkce");
    poll_with(f, &plain, "");
    assert_int_equal(f->resp.status, 200);
}

/* RFC 7636 4.3: without a method the challenge is the verifier itself. */
static void test_device__plain_challenge(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    dex_restart(f, NULL, CLIENTS);
    ask(f, "client_id=device&scope=openid&code_challenge=the-verifier", &d);
    sign_in(f, &d);
    follow(f);
    poll_with(f, &d, "&code_verifier=another");
    dex_assert_error(f, 400, "invalid_grant", "token-pkce");
    poll_with(f, &d, "&code_verifier=the-verifier");
    assert_int_equal(f->resp.status, 200);
}

static void callback_with(struct dex_fixture *f, const char *state, const char *code)
{
    AUTO(xfree) char *path = xasprintf("/api/dex/device/callback?state=%s&code=%s", state, code);
    dex_get(f, path);
}

static void test_device__callback_refusals(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    AUTO(device_deinit) struct device secret = {0};
    AUTO(device_deinit) struct device nobody = {0};
    dex_restart(f, NULL, CLIENTS);
    dex_get(f, "/api/dex/device/callback?code=c");
    dex_assert_page(f, 400, "device-cb-missing");
    dex_get(f, "/api/dex/device/callback?state=s");
    dex_assert_page(f, 400, "device-cb-missing");
    dex_get(f, "/api/dex/device/callback?state=s&code=c&error=access_denied");
    dex_assert_page(f, 400, "device-cb-denied");
    dex_request(f, "PUT", "/api/dex/device/callback", NULL, NULL);
    dex_assert_page(f, 400, "device-cb-method");
    callback_with(f, "s", "unknown");
    dex_assert_page(f, 400, "device-cb-code");
    ask(f, "client_id=device&client_secret=s&scope=openid", &secret);
    ask(f, "client_id=nobody&scope=openid", &nobody);
    ask(f, "client_id=device&scope=openid", &d);
    sign_in(f, &d); /* the code of one login serves for all: nobody looks whose it is */
    callback_with(f, "XXXX-XXXX", f->code);
    dex_assert_page(f, 400, "device-cb-user-code");
    callback_with(f, secret.user_code, f->code);
    dex_assert_error(f, 401, "invalid_client", "token-client");
    callback_with(f, nobody.user_code, f->code);
    dex_assert_error(f, 401, "invalid_client", "token-client");
    callback_with(f, d.user_code, f->code);
    assert_int_equal(f->resp.status, 200);
    sign_in(f, &d); /* the device has its answer */
    callback_with(f, d.user_code, f->code);
    assert_int_equal(f->resp.status, 400);
    assert_true(dex_logged(f, dex_literal("device-twice-log")));
}

static void test_device__expired_in_the_callback(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    dex_restart(f, NULL, CLIENTS);
    ask(f, "client_id=device&scope=openid", &d);
    sign_in(f, &d);
    clock_advance_ms(f->clock, 300001);
    callback_with(f, d.user_code, f->code);
    dex_assert_page(f, 400, "device-cb-user-code");
    clock_advance_ms(f->clock, INT64_C(26) * 60000); /* past the code's half hour */
    callback_with(f, d.user_code, f->code);
    dex_assert_page(f, 400, "device-cb-code");
}

static void test_device__lifetime_is_configured(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    dex_restart(f, NULL, "{\"expiry\":{\"deviceRequests\":\"1m30s\"}}");
    ask(f, "client_id=device", &d);
    int64_t left_s = 0;
    assert_int_equal(js_get_number(f->json, "expires_in", &left_s), 0);
    assert_int_equal(left_s, 90);
    clock_advance_ms(f->clock, 90001);
    poll_with(f, &d, "");
    dex_assert_error(f, 400, "expired_token", NULL);
}

static void test_device__old_token_endpoint(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(device_deinit) struct device d = {0};
    ask(f, "client_id=device", &d);
    AUTO(xfree) char *form = xasprintf(GRANT "%s", d.device_code);
    AUTO(xfree) char *no_grant = xasprintf("device_code=%s", d.device_code);
    dex_request(f, "POST", "/api/dex/device/token", no_grant, NULL);
    dex_assert_error(f, 400, "invalid_grant", NULL);
    dex_request(f, "POST", "/api/dex/device/token", "a=%zz", NULL);
    dex_assert_error(f, 400, "invalid_request", NULL);
    dex_request(f, "POST", "/api/dex/device/token", form, NULL);
    dex_assert_error(f, 400, "authorization_pending", NULL);
    assert_true(dex_logged(f, dex_literal("device-deprecated-log")));
    dex_get(f, "/api/dex/device/token");
    assert_int_equal(f->resp.status, 400);
    assert_string_equal(dex_header(f, "Content-Type"), "application/json");
    assert_true(cstr_contains(f->resp.body, dex_literal("device-method")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_device__codes),
        DEX_TEST(test_device__code_refusals),
        DEX_TEST(test_device__page),
        DEX_TEST(test_device__user_code),
        DEX_TEST(test_device__signs_in),
        DEX_TEST(test_device__polls),
        DEX_TEST(test_device__pkce),
        DEX_TEST(test_device__plain_challenge),
        DEX_TEST(test_device__callback_refusals),
        DEX_TEST(test_device__expired_in_the_callback),
        DEX_TEST(test_device__lifetime_is_configured),
        DEX_TEST(test_device__old_token_endpoint),
    };
    return TEST_MAIN(tests);
}
