/*
 * Refresh (dex.md 4.7, 6.6), userinfo, introspection and token exchange of the mock Dex.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"

/* ---- refresh ---- */

static void test_refresh__rotates_and_takes_new_claims(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *first = dex_cli_login(f, "up-1");
    assert_int_equal(strlen(first), 72);
    dex_patch_claims(f, "{\"groups\":[\"New Group\"],\"name\":\"New Name\"}");
    f->refresh = "up-2";
    dex_say_token(f, NULL);
    dex_refresh(f, first, "");
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *second = xstrdup(js_get_text(f->json, "refresh_token"));
    assert_string_not_equal(first, second);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    dex_assert_members(claims, "{\"groups\":[\"New Group\"],\"name\":\"New Name\",\"c_hash\":null}",
                       "refresh");
    AUTO(xfree) char *body = upstream_last_body(f->up, UP_TOKEN);
    assert_string_equal(body, "grant_type=refresh_token&refresh_token=up-1");
    dex_refresh(f, first, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
    assert_true(dex_logged(f, dex_literal("refresh-twice-log")));
    dex_refresh(f, second, "&scope=+openid++groups");
    assert_int_equal(f->resp.status, 200);
    AUTO(js_free) struct js *fewer = dex_claims(f, "id_token");
    dex_assert_members(fewer, "{\"groups\":[\"New Group\"],\"name\":null}", "scope");
    AUTO(xfree) char *again = upstream_last_body(f->up, UP_TOKEN);
    assert_string_equal(again, "grant_type=refresh_token&refresh_token=up-2");
}

static void test_refresh__refusals(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *token = dex_cli_login(f, "up-1");
    dex_refresh(f, "", "");
    dex_assert_error(f, 400, "invalid_request", "refresh-none");
    dex_refresh(f, "unknown", "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
    AUTO(xfree)
    char *other =
        xasprintf("grant_type=refresh_token&client_id=argo-cd-pkce&refresh_token=%s", token);
    dex_request(f, "POST", "/api/dex/token", other, NULL);
    dex_assert_error(f, 400, "invalid_grant", "refresh-invalid");
    dex_refresh(f, token, "&scope=openid+zz");
    dex_assert_error(f, 400, "invalid_request", "refresh-scopes");
    dex_refresh(f, token, "");
    assert_int_equal(f->resp.status, 200);
}

static void assert_refresh_failed(struct dex_fixture *f, const char *cause)
{
    AUTO(xfree) char *line = xasprintf("%s err=%s", dex_literal("refresh-failed-log"), cause);
    dex_assert_error(f, 500, "invalid_request", NULL);
    assert_true(dex_logged(f, line));
    assert_true(dex_logged(f, dex_literal("refresh-update-log")));
}

static void test_refresh__authentik_gave_none(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *token = dex_cli_login(f, NULL);
    dex_refresh(f, token, "");
    assert_refresh_failed(f, dex_literal("refresh-upstream-none"));
}

static void test_refresh__authentik_refuses_then_recovers(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *token = dex_cli_login(f, "up-1");
    upstream_say(f->up, UP_TOKEN, 400, "application/json", "{\"error\":\"invalid_grant\"}");
    dex_refresh(f, token, "");
    assert_refresh_failed(f, dex_literal("refresh-upstream"));
    dex_say_token(f, "{\"id_token\":null}");
    dex_refresh(f, token, "");
    assert_refresh_failed(f, dex_literal("cb-no-sub"));
    f->refresh = NULL; /* no new one: the old one is kept */
    dex_say_token(f, NULL);
    dex_refresh(f, token, "");
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *next = xstrdup(js_get_text(f->json, "refresh_token"));
    dex_refresh(f, next, "");
    assert_int_equal(f->resp.status, 200);
}

static void test_refresh__a_new_login_drops_the_old_token(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *first = dex_cli_login(f, "up-1");
    AUTO(xfree) char *second = dex_cli_login(f, "up-2");
    dex_refresh(f, first, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
    dex_refresh(f, second, "");
    assert_int_equal(f->resp.status, 200);
}

static void test_refresh__policies(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"expiry\":{\"refreshTokens\":{\"reuseInterval\":\"30s\",\"validIfNotUsedFor\":"
                "\"1h\",\"absoluteLifetime\":\"2h\"}}}");
    AUTO(xfree) char *token = dex_cli_login(f, "up-1");
    dex_refresh(f, token, "");
    AUTO(xfree) char *rotated = xstrdup(js_get_text(f->json, "refresh_token"));
    dex_refresh(f, token, ""); /* within the reuse interval: the rotated one again */
    assert_int_equal(f->resp.status, 200);
    assert_string_equal(js_get_text(f->json, "refresh_token"), rotated);
    clock_advance_ms(f->clock, 31000);
    dex_refresh(f, token, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
    clock_advance_ms(f->clock, INT64_C(3601) * 1000);
    dex_refresh(f, rotated, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-expired");
}

/* ---- userinfo, introspection, exchange ---- */

static void test_userinfo__payload_bytes_and_refusals(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    AUTO(xfree) char *payload = js_compact(claims);
    dex_userinfo(f, "bEaReR", token);
    assert_int_equal(f->resp.status, 200);
    assert_string_equal(f->resp.body, payload);
    dex_get(f, "/api/dex/userinfo");
    dex_assert_error(f, 401, "access_denied", "bearer");
    assert_string_equal(params_get_ci(&f->resp.headers, "WWW-Authenticate"), "Bearer");
    dex_userinfo(f, "Basic", token);
    dex_assert_error(f, 401, "access_denied", "bearer");
    token[strlen(token) - 3] = token[strlen(token) - 3] == 'A' ? 'B' : 'A';
    dex_userinfo(f, "Bearer", token);
    dex_assert_error(f, 403, "access_denied", "bearer");
}

static void test_userinfo__expired(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "access_token"));
    clock_advance_ms(f->clock, INT64_C(86399) * 1000);
    dex_userinfo(f, "Bearer", token);
    assert_int_equal(f->resp.status, 200);
    clock_advance_ms(f->clock, 1000);
    dex_userinfo(f, "Bearer", token);
    assert_int_equal(f->resp.status, 403);
}

static void introspect(struct dex_fixture *f, const char *token)
{
    AUTO(xfree) char *form = xasprintf("token=%s", token);
    dex_request(f, "POST", "/api/dex/token/introspect", form, NULL);
}

static void test_introspect__rows(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *refresh = dex_cli_login(f, "up-1");
    AUTO(xfree) char *access = xstrdup(js_get_text(f->json, "access_token"));
    dex_get(f, "/api/dex/token/introspect");
    dex_assert_error(f, 400, "invalid_request", "introspect-method");
    dex_request(f, "POST", "/api/dex/token/introspect", "", NULL);
    dex_assert_error(f, 400, "invalid_request", "introspect-empty");
    dex_request(f, "POST", "/api/dex/token/introspect", "a=b", NULL);
    dex_assert_error(f, 400, "invalid_request", "introspect-none");
    introspect(f, "wrong");
    assert_string_equal(f->resp.body, "{\"active\":false}\n");
    introspect(f, "a.b.c");
    assert_string_equal(f->resp.body, "{\"active\":false}\n");
    introspect(f, access);
    dex_assert_members(f->json,
                       "{\"active\":true,\"client_id\":\"argo-cd-cli\",\"token_type\":\"Bearer\","
                       "\"token_use\":\"access_token\",\"username\":\"jane\",\"iat\":1767225600,"
                       "\"nbf\":1767225600}",
                       "access");
    introspect(f, refresh);
    dex_assert_members(f->json, "{\"active\":true,\"token_use\":\"refresh_token\"}", "refresh");
}

#define EXCHANGE                                                                                   \
    "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=argo-cd-cli&scope="      \
    "openid+groups&connector_id=%s&subject_token_type=urn:ietf:params:oauth:token-type:%s&"        \
    "subject_token=%s"

static void exchange(struct dex_fixture *f, const char *connector, const char *type,
                     const char *token)
{
    AUTO(xfree) char *form = xasprintf(EXCHANGE, connector, type, token);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
}

static void test_exchange__rows(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(xfree) char *token = NULL;
    dex_patch_claims(f, "{\"aud\":\"somebody else\",\"exp\":1767225900}");
    assert_int_equal(jwt_sign(key, JWS_RS256, NULL, "up", f->claims, &token, NULL), 0);
    exchange(f, "authentik", "saml2", token);
    dex_assert_error(f, 400, "request_not_supported", "exchange-type");
    exchange(f, "authentik", "id_token", "");
    dex_assert_error(f, 400, "invalid_request", "exchange-none");
    exchange(f, "bogus", "id_token", token);
    dex_assert_error(f, 400, "invalid_request", "exchange-connector");
    exchange(f, "authentik", "id_token", "a.b.c");
    dex_assert_error(f, 401, "access_denied", NULL);
    exchange(f, "authentik", "access_token", token); /* needs getUserInfo */
    dex_assert_error(f, 401, "access_denied", NULL);
    exchange(f, "authentik", "id_token", token);
    assert_int_equal(f->resp.status, 200);
    assert_string_equal(js_get_text(f->json, "issued_token_type"),
                        "urn:ietf:params:oauth:token-type:access_token");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_refresh__rotates_and_takes_new_claims),
        DEX_TEST(test_refresh__refusals),
        DEX_TEST(test_refresh__authentik_gave_none),
        DEX_TEST(test_refresh__authentik_refuses_then_recovers),
        DEX_TEST(test_refresh__a_new_login_drops_the_old_token),
        DEX_TEST(test_refresh__policies),
        DEX_TEST(test_userinfo__payload_bytes_and_refusals),
        DEX_TEST(test_userinfo__expired),
        DEX_TEST(test_introspect__rows),
        DEX_TEST(test_exchange__rows),
    };
    return TEST_MAIN(tests);
}
