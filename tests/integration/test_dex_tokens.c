/*
 * What the mock Dex makes of authentik's claims and hands out (dex.md 4.4, 4.6, 6, 8.1): mapping
 * row by row, token endpoint and refresh with their refusals, userinfo, introspection, exchange,
 * key rotation, restart, and starts that fail.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"
#include "mocks/common/protobuf.h"
#include "tests/support/dex_fixture.h"

static struct js *parse(const char *text)
{
    struct js *j = NULL;
    if (js_parse(str_of(text), "row", &j, NULL) != 0)
        fail_msg("no JSON: %s", text);
    return j;
}

static void patch_claims(struct dex_fixture *f, const char *patch)
{
    AUTO(js_free) struct js *p = parse(patch);
    struct js *patched = js_merge_patch(f->claims, p);
    js_free(f->claims);
    f->claims = patched;
}

/* ---- identity: dex.md 8.1 ---- */

struct identity_row {
    const char *name;
    const char *options;  /* merge patch on the connector's options */
    const char *claims;   /* merge patch on authentik's claims */
    const char *expected; /* members of Dex's ID token; null = absent. NULL = refused: */
    const char *literal;
};

#define GROUPS_12 "\"groups\":[\"group1\",\"group2\"]"

static const struct identity_row identity_rows[] = {
    {"simpleCase", "{}", "{" GROUPS_12 "}",
     "{\"name\":\"Jane Doe\",\"email\":\"jane@example.com\",\"email_verified\":true," GROUPS_12
     ",\"preferred_username\":\"jane\"}",
     NULL},
    {"customEmailClaim", "{\"claimMapping\":{\"email\":\"mail\"}}",
     "{\"email\":null,\"mail\":\"m@x\"}", "{\"email\":\"m@x\"}", NULL},
    {"mapping is no override", "{\"claimMapping\":{\"email\":\"mail\"}}", "{\"mail\":\"m@x\"}",
     "{\"email\":\"jane@example.com\"}", NULL},
    {"overrideWithCustomEmailClaim",
     "{\"claimMapping\":{\"email\":\"mail\"},\"overrideClaimMapping\":true}", "{\"mail\":\"m@x\"}",
     "{\"email\":\"m@x\"}", NULL},
    {"email_verified skipped", "{\"insecureSkipEmailVerified\":true}", "{\"email_verified\":null}",
     "{\"email_verified\":true}", NULL},
    {"explicit false stays", "{\"insecureSkipEmailVerified\":true}", "{\"email_verified\":false}",
     "{\"email_verified\":false}", NULL},
    {"email_verified false", "{}", "{\"email_verified\":false}", "{\"email_verified\":false}",
     NULL},
    {"email_verified absent", "{}", "{\"email_verified\":null}", NULL, "cb-no-verified"},
    {"email_verified as a string", "{}", "{\"email_verified\":\"true\"}", NULL, "cb-no-verified"},
    {"withUserIDKey", "{\"userIDKey\":\"name\"}", "{}",
     "{\"federated_claims\":{\"connector_id\":\"authentik\",\"user_id\":\"Jane Doe\"}}", NULL},
    {"userIDKey absent", "{\"userIDKey\":\"zz\"}", "{}", NULL, "cb-user-id"},
    {"withUserNameKey", "{\"userNameKey\":\"user_name\"}", "{\"name\":null,\"user_name\":\"u\"}",
     "{\"name\":\"u\"}", NULL},
    {"userNameKey absent", "{\"userNameKey\":\"zz\"}", "{}", NULL, "cb-user-name"},
    {"withPreferredUsernameKey", "{\"claimMapping\":{\"preferred_username\":\"username_key\"}}",
     "{\"preferred_username\":null,\"username_key\":\"p\"}", "{\"preferred_username\":\"p\"}",
     NULL},
    {"no preferred_username", "{}", "{\"preferred_username\":null}",
     "{\"preferred_username\":null}", NULL},
    {"emptyEmailScope", "{\"scopes\":[\"groups\"]}", "{\"email\":null,\"email_verified\":null}",
     "{\"email\":null,\"email_verified\":false}", NULL},
    {"emptyEmailScopeButEmailProvided", "{\"scopes\":[\"groups\"]}", "{}",
     "{\"email\":\"jane@example.com\"}", NULL},
    {"no email", "{}", "{\"email\":null}", NULL, "cb-no-email"},
    {"empty name passes", "{}", "{\"name\":\"\"}", "{\"name\":null}", NULL},
    {"no name", "{}", "{\"name\":null}", NULL, "cb-no-name"},
    {"no sub", "{}", "{\"sub\":null}", NULL, "cb-no-sub"},
    {"sub is a number", "{}", "{\"sub\":7}", NULL, "cb-sub-type"},
    {"other audience", "{}", "{\"aud\":[\"other\"]}", NULL, "cb-audience"},
    {"other issuer", "{}", "{\"iss\":\"B\"}", NULL, "cb-issuer"},
    {"customGroupsKey", "{\"claimMapping\":{\"groups\":\"cognito:groups\"}}",
     "{\"groups\":null,\"cognito:groups\":[\"g3\"]}", "{\"groups\":[\"g3\"]}", NULL},
    {"customGroupsKeyButGroupsProvided", "{\"claimMapping\":{\"groups\":\"cognito:groups\"}}",
     "{" GROUPS_12 ",\"cognito:groups\":[\"g3\"]}", "{" GROUPS_12 "}", NULL},
    {"customGroupsKeyDespiteGroupsProvidedButOverride",
     "{\"claimMapping\":{\"groups\":\"cognito:groups\"},\"overrideClaimMapping\":true}",
     "{" GROUPS_12 ",\"cognito:groups\":[\"g3\"]}", "{\"groups\":[\"g3\"]}", NULL},
    {"singularGroupResponseAsString", "{}", "{\"groups\":\"group1\"}", "{\"groups\":[\"group1\"]}",
     NULL},
    {"groups as objects", "{}", "{\"groups\":[{\"name\":\"a\"},{\"x\":1},\"b\"]}",
     "{\"groups\":[\"a\",\"b\"]}", NULL},
    {"groups with a number", "{}", "{\"groups\":[\"a\",1]}", NULL, "cb-groups"},
    {"groups missing", "{}", "{\"groups\":null}", "{\"groups\":null}", NULL},
    {"groups an object", "{}", "{\"groups\":{\"a\":1}}", "{\"groups\":null}", NULL},
    {"groups empty", "{}", "{\"groups\":[]}", "{\"groups\":null}", NULL},
    {"groups disabled", "{\"insecureEnableGroups\":false}", "{}", "{\"groups\":null}", NULL},
    {"misspelt option", "{\"insecureEnableGroups\":null,\"insecureEnableGroup\":true}", "{}",
     "{\"groups\":null}", NULL},
    {"order and duplicates", "{}", "{\"groups\":[\"b\",\"a\",\"b\"]}",
     "{\"groups\":[\"b\",\"a\",\"b\"]}", NULL},
    {"newGroupFromClaims",
     "{\"claimModifications\":{\"newGroupFromClaims\":["
     "{\"prefix\":\"gh\",\"delimiter\":\"::\",\"claims\":[\"organization\",\"pipeline\"]},"
     "{\"prefix\":\"tfe\",\"delimiter\":\"::\",\"claims\":[\"no-a\",\"no-b\"]},"
     "{\"prefix\":\"clr_delim\",\"delimiter\":\"-\",\"clearDelimiter\":true,\"claims\":"
     "[\"organization\",\"claim-with-delimiter\"]},"
     "{\"prefix\":\"keep_delim\",\"delimiter\":\"-\",\"claims\":"
     "[\"organization\",\"claim-with-delimiter\"]},"
     "{\"prefix\":\"bk\",\"delimiter\":\"-\",\"claims\":[\"list\",\"number\",\"mail\"]}]}}",
     "{\"groups\":\"group1\",\"organization\":\"acme\",\"pipeline\":\"pipeline-one\","
     "\"claim-with-delimiter\":\"foo-bar\",\"list\":[\"l\"],\"number\":9,\"mail\":\"emailvalue\"}",
     "{\"groups\":[\"group1\",\"gh::acme::pipeline-one\",\"clr_delim-acme-foobar\","
     "\"keep_delim-acme-foo-bar\",\"bk-emailvalue\"]}",
     NULL},
    {"built group with groups disabled",
     "{\"insecureEnableGroups\":false,\"claimModifications\":{\"newGroupFromClaims\":"
     "[{\"prefix\":\"p\",\"delimiter\":\"-\",\"claims\":[\"name\"]}]}}",
     "{}", "{\"groups\":[\"p-Jane Doe\"]}", NULL},
    {"preAndSuffixGroupNames",
     "{\"claimModifications\":{\"modifyGroupNames\":{\"prefix\":\"pre-\",\"suffix\":\"-suf\"}}}",
     "{" GROUPS_12 "}", "{\"groups\":[\"pre-group1-suf\",\"pre-group2-suf\"]}", NULL},
    {"filterGroupClaims",
     "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"^.*\\\\d$\"}}}",
     "{\"groups\":[\"group1\",\"other\",{\"name\":\"group2\"}]}", "{" GROUPS_12 "}", NULL},
    {"filter is not for a single string",
     "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"^.*\\\\d$\"}}}",
     "{\"groups\":\"other\"}", "{\"groups\":[\"other\"]}", NULL},
    {"allowedGroups keep the token's order", "{\"allowedGroups\":[\"group2\",\"group1\",\"x\"]}",
     "{\"groups\":[\"group1\",\"y\",\"group2\"]}", "{" GROUPS_12 "}", NULL},
    {"allowedGroups exclude", "{\"allowedGroups\":[\"Group1\"]}", "{" GROUPS_12 "}", NULL,
     "cb-not-allowed"},
    {"allowedGroups without groups are not enforced",
     "{\"allowedGroups\":[\"x\"],\"insecureEnableGroups\":false}", "{}", "{\"groups\":null}", NULL},
    {"option names ignore case", "{\"insecureEnableGroups\":null,\"INSECUREENABLEGROUPS\":true}",
     "{" GROUPS_12 "}", "{" GROUPS_12 "}", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void check_members(const struct js *claims, const char *expected, const char *name)
{
    AUTO(js_free) struct js *want = parse(expected);
    for (struct js_iter it = js_iter(want); js_next(&it);) {
        const struct js *got = js_get(claims, it.key);
        bool ok = js_is(it.value, JS_NULL) ? got == NULL : js_equal(got, it.value);
        AUTO(xfree) char *text = got != NULL ? js_compact(got) : xstrdup("absent");
        if (!ok)
            fail_msg("%s: %s is %s", name, it.key, text);
    }
}

static void check_refused(struct dex_fixture *f, const char *literal, const char *name)
{
    AUTO(xfree)
    char *line = xasprintf("%s err=%s", dex_literal("auth-failed-log"), dex_literal(literal));
    dex_assert_page(f, 500, "auth-failed");
    if (!dex_logged(f, line))
        fail_msg("%s: not logged: %s", name, line);
}

static void test_identity__rows(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(js_free) struct js *good = js_dup(f->claims);
    for (const struct identity_row *r = identity_rows; r->name != NULL; r++) {
        js_free(f->claims);
        f->claims = js_dup(good);
        patch_claims(f, r->claims);
        dex_restart(f, r->options, NULL);
        dex_say_token(f, NULL);
        dex_authorize(f, false);
        dex_mark(f);
        dex_callback(f);
        if (r->expected == NULL) {
            check_refused(f, r->literal, r->name);
            continue;
        }
        if (f->resp.status != 303)
            fail_msg("%s: refused", r->name);
        dex_redeem(f, false, NULL, NULL);
        AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
        check_members(claims, r->expected, r->name);
    }
}

static void test_identity__wrong_signatures(void **state)
{
    struct dex_fixture *f = *state;
    static const char *const keys[] = {"", "rsa-2048-2", NULL};
    static const char *const literals[] = {"cb-hs256", "cb-signature"};
    for (size_t i = 0; keys[i] != NULL; i++) {
        f->up_key = keys[i];
        dex_say_token(f, NULL);
        dex_authorize(f, false);
        dex_callback(f);
        check_refused(f, literals[i], literals[i]);
    }
}

static void test_identity__unverified_is_logged(void **state)
{
    struct dex_fixture *f = *state;
    patch_claims(f, "{\"email_verified\":false}");
    dex_login(f, false);
    assert_int_equal(f->resp.status, 200);
    assert_true(dex_logged(f, dex_literal("unverified")));
}

static void test_identity__userinfo_wins(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, "{\"getUserInfo\":true}", NULL);
    upstream_say(f->up, UP_USERINFO, 200, "application/json",
                 "{\"sub\":\"other\",\"name\":\"From Userinfo\"}");
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    check_members(claims,
                  "{\"name\":\"From Userinfo\",\"federated_claims\":{\"connector_id\":"
                  "\"authentik\",\"user_id\":\"other\"},\"email\":\"jane@example.com\"}",
                  "userinfo");
    AUTO(xfree) char *bearer = upstream_last_authorization(f->up, UP_USERINFO);
    assert_string_equal(bearer, "Bearer up-access");
    upstream_say(f->up, UP_USERINFO, 401, "text/plain", "no");
    dex_authorize(f, false);
    dex_callback(f);
    check_refused(f, "cb-userinfo", "userinfo");
}

/* ---- tokens ---- */

static void test_tokens__id_token_is_exact(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    const char *raw = js_get_text(f->json, "id_token");
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(xfree) char *at_hash = jwt_half_hash(JWS_RS256, js_get_text(f->json, "access_token"));
    AUTO(xfree) char *c_hash = jwt_half_hash(JWS_RS256, f->code);
    AUTO(xfree)
    char *expected = xasprintf(
        "{\"iss\":\"%s\",\"sub\":\"CghzdWJ2YWx1ZRIJYXV0aGVudGlr\",\"aud\":\"argo-cd\","
        "\"exp\":1767312000,\"iat\":1767225600,\"at_hash\":\"%s\",\"c_hash\":\"%s\","
        "\"email\":\"jane@example.com\",\"email_verified\":true,\"groups\":[\"ArgoCD Admins\","
        "\"authentik Admins\"],\"name\":\"Jane Doe\",\"preferred_username\":\"jane\","
        "\"federated_claims\":{\"connector_id\":\"authentik\",\"user_id\":\"subvalue\"}}",
        DEX_ISSUER, at_hash, c_hash);
    assert_int_equal(jws_parse(raw, &j, NULL), JWS_OK);
    assert_string_equal(j.payload, expected);
    AUTO(xfree) char *header = js_compact(j.header);
    assert_true(cstr_starts(header, "{\"alg\":\"RS256\",\"kid\":\""));
    assert_int_equal(js_len(j.header), 2);
    dex_get(f, "/api/dex/keys");
    AUTO(vec_deinit) struct vec found = {0};
    AUTO(key_free) struct key *key = NULL;
    assert_true(jwks_find(f->json, js_get_text(j.header, "kid"), &found));
    assert_int_equal(jwk_to_key(found.items[0], &key, NULL), 0);
    assert_int_equal(jws_verify(&j, key), JWS_OK);
}

static void test_tokens__answer_and_cache_headers(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    assert_string_equal(params_get_ci(&f->resp.headers, "Cache-Control"), "no-store");
    assert_string_equal(params_get_ci(&f->resp.headers, "Pragma"), "no-cache");
    assert_string_equal(js_get_text(f->json, "token_type"), "bearer");
    assert_null(js_get(f->json, "refresh_token")); /* offline_access was not asked for */
    assert_null(js_get(f->json, "scope"));
    AUTO(js_free) struct js *access = dex_claims(f, "access_token");
    assert_null(js_get(access, "c_hash"));
    assert_non_null(js_get(access, "at_hash"));
}

/* Makes a code with one authorization parameter changed. */
static void code_with(struct dex_fixture *f, bool cli, const char *name, const char *value)
{
    AUTO(xfree) char *query = dex_auth_query(cli, name, value);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_say_token(f, NULL);
    dex_get(f, path);
    const char *location = params_get_ci(&f->resp.headers, "Location");
    xfree(f->state);
    f->state = xstrdup(strstr(location, "state=") + strlen("state="));
    dex_callback(f);
}

static void test_tokens__only_what_the_scope_asks_for(void **state)
{
    struct dex_fixture *f = *state;
    code_with(f, false, "scope", "openid");
    dex_redeem(f, false, NULL, NULL);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    assert_int_equal(js_len(claims), 7); /* iss sub aud exp iat at_hash c_hash */
}

static void test_tokens__nonce_is_copied(void **state)
{
    struct dex_fixture *f = *state;
    code_with(f, false, "nonce", "the nonce");
    dex_redeem(f, false, NULL, NULL);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    assert_string_equal(js_get_text(claims, "nonce"), "the nonce");
}

static void test_tokens__cross_client_audience(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, NULL,
                "{\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"a\",\"secret\":\"" DEX_SECRET
                "\",\"redirectURIs\":[\"" DEX_CALLBACK "\"]},{\"id\":\"peer\",\"name\":\"p\","
                "\"secret\":\"s\",\"trustedPeers\":[\"argo-cd\"]}]}");
    code_with(f, false, "scope", "openid audience:server:client_id:peer");
    dex_redeem(f, false, NULL, NULL);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    check_members(claims, "{\"aud\":[\"peer\",\"argo-cd\"],\"azp\":\"argo-cd\"}", "audience");
}

static void test_tokens__configured_lifetime(void **state)
{
    struct dex_fixture *f = *state;
    int64_t exp_s = 0;
    dex_restart(f, NULL, "{\"expiry\":{\"idTokens\":\"1h30m\"}}");
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    assert_int_equal(js_get_number(claims, "exp", &exp_s), 0);
    assert_int_equal(exp_s, CLOCK_START_S + 5400);
}

/* ---- the token endpoint's refusals ---- */

struct redeem_row {
    bool cli;
    const char *name;
    const char *value;
    int status;
    const char *error;
    const char *literal;
};

static const struct redeem_row redeem_rows[] = {
    {false, "grant_type", NULL, 400, "unsupported_grant_type", NULL},
    {false, "grant_type", "password", 400, "unsupported_grant_type", NULL},
    {false, "client_id", "nobody", 401, "invalid_client", "token-client"},
    {false, "client_secret", "wrong", 401, "invalid_client", "token-client"},
    {false, "client_secret", NULL, 401, "invalid_client", "token-client"},
    {true, "client_secret", "any", 401, "invalid_client", "token-client"},
    {false, "code", NULL, 400, "invalid_request", "token-no-code"},
    {false, "code", "unknown", 400, "invalid_grant", "token-code"},
    {false, "code_verifier", "v", 400, "invalid_request", "token-no-pkce"},
    {true, "code_verifier", NULL, 400, "invalid_grant", "token-pkce-missing"},
    {true, "code_verifier", "wrong", 400, "invalid_grant", "token-pkce"},
    {true, "code_verifier", CLI_CHALLENGE, 400, "invalid_grant", "token-pkce"},
    {false, "redirect_uri", NULL, 400, "invalid_request", "token-redirect"},
    {false, "redirect_uri", DEX_CALLBACK "/", 400, "invalid_request", "token-redirect"},
    {false, NULL, NULL, 0, NULL, NULL},
};

static void make_code(struct dex_fixture *f, bool cli)
{
    dex_say_token(f, NULL);
    dex_authorize(f, cli);
    dex_callback(f);
    assert_int_equal(strlen(f->code), 25);
}

/* None of them burns the code. */
static void test_token__refusals_then_success(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct redeem_row *r = redeem_rows; r->error != NULL; r++) {
        make_code(f, r->cli);
        dex_redeem(f, r->cli, r->name, r->value);
        dex_assert_error(f, r->status, r->error, r->literal);
        assert_null(params_get_ci(&f->resp.headers, "Cache-Control"));
        dex_redeem(f, r->cli, NULL, NULL);
        assert_int_equal(f->resp.status, 200);
    }
    assert_true(dex_logged(f, dex_literal("token-client-log")));
}

static void test_token__method_and_basic(void **state)
{
    struct dex_fixture *f = *state;
    dex_get(f, "/api/dex/token");
    dex_assert_error(f, 400, "invalid_request", "token-method");
    AUTO(xfree) char *bad_id = b64_encode("%zz:x", 5);
    AUTO(xfree) char *bad_secret = b64_encode("x:%zz", 5);
    AUTO(xfree) char *header_id = xasprintf("Basic %s", bad_id);
    AUTO(xfree) char *header_secret = xasprintf("Basic %s", bad_secret);
    dex_request(f, "POST", "/api/dex/token", "grant_type=authorization_code", header_id);
    dex_assert_error(f, 400, "invalid_request", "token-id-encoding");
    dex_request(f, "POST", "/api/dex/token", "grant_type=authorization_code", header_secret);
    dex_assert_error(f, 400, "invalid_request", "token-secret-encoding");
    AUTO(xfree) char *public_client = b64_encode("argo-cd-cli:", 12);
    AUTO(xfree) char *header = xasprintf("Basic %s", public_client);
    dex_request(f, "POST", "/api/dex/token",
                "grant_type=authorization_code&client_id=nobody&client_secret=x", header);
    dex_assert_error(f, 400, "invalid_request", "token-no-code"); /* the body did not count */
}

static void test_token__code_works_once(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    dex_redeem(f, false, NULL, NULL);
    dex_assert_error(f, 400, "invalid_grant", "token-code");
}

static void test_token__another_clients_code(void **state)
{
    struct dex_fixture *f = *state;
    make_code(f, true);
    dex_redeem(f, false, "code_verifier", CLI_VERIFIER);
    dex_assert_error(f, 500, "server_error", NULL);
    assert_true(dex_logged(f, dex_literal("token-code-log")));
}

static void test_token__code_expires(void **state)
{
    struct dex_fixture *f = *state;
    make_code(f, false);
    clock_advance_ms(f->clock, INT64_C(31) * 60000);
    dex_redeem(f, false, NULL, NULL);
    dex_assert_error(f, 500, "server_error", NULL);
    clock_advance_ms(f->clock, INT64_C(5) * 60000);
    dex_redeem(f, false, NULL, NULL);
    dex_assert_error(f, 400, "invalid_grant", "token-code"); /* collected by now */
}

static void test_token__plain_challenge(void **state)
{
    struct dex_fixture *f = *state;
    code_with(f, true, "code_challenge_method", "plain");
    dex_redeem(f, true, "code_verifier", CLI_VERIFIER);
    dex_assert_error(f, 400, "invalid_grant", "token-pkce");
    dex_redeem(f, true, "code_verifier", CLI_CHALLENGE);
    assert_int_equal(f->resp.status, 200);
}

/* ---- refresh ---- */

static char *cli_login(struct dex_fixture *f, const char *upstream_refresh)
{
    f->refresh = upstream_refresh;
    dex_login(f, true);
    assert_int_equal(f->resp.status, 200);
    return xstrdup(js_get_text(f->json, "refresh_token"));
}

static void test_refresh__rotates_and_takes_new_claims(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *first = cli_login(f, "up-1");
    assert_int_equal(strlen(first), 72);
    patch_claims(f, "{\"groups\":[\"New Group\"],\"name\":\"New Name\"}");
    f->refresh = "up-2";
    dex_say_token(f, NULL);
    dex_refresh(f, first, "");
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *second = xstrdup(js_get_text(f->json, "refresh_token"));
    assert_string_not_equal(first, second);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    check_members(claims, "{\"groups\":[\"New Group\"],\"name\":\"New Name\",\"c_hash\":null}",
                  "refresh");
    AUTO(xfree) char *body = upstream_last_body(f->up, UP_TOKEN);
    assert_string_equal(body, "grant_type=refresh_token&refresh_token=up-1");
    dex_refresh(f, first, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
    assert_true(dex_logged(f, dex_literal("refresh-twice-log")));
    dex_refresh(f, second, "&scope=+openid++groups");
    assert_int_equal(f->resp.status, 200);
    AUTO(js_free) struct js *fewer = dex_claims(f, "id_token");
    check_members(fewer, "{\"groups\":[\"New Group\"],\"name\":null}", "scope");
    AUTO(xfree) char *again = upstream_last_body(f->up, UP_TOKEN);
    assert_string_equal(again, "grant_type=refresh_token&refresh_token=up-2");
}

static void test_refresh__refusals(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *token = cli_login(f, "up-1");
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
    AUTO(xfree) char *token = cli_login(f, NULL);
    dex_refresh(f, token, "");
    assert_refresh_failed(f, dex_literal("refresh-upstream-none"));
}

static void test_refresh__authentik_refuses_then_recovers(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *token = cli_login(f, "up-1");
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
    AUTO(xfree) char *first = cli_login(f, "up-1");
    AUTO(xfree) char *second = cli_login(f, "up-2");
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
    AUTO(xfree) char *token = cli_login(f, "up-1");
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

static void bearer(struct dex_fixture *f, const char *scheme, const char *token)
{
    AUTO(xfree) char *header = xasprintf("%s %s", scheme, token);
    dex_request(f, "GET", "/api/dex/userinfo", NULL, header);
}

static void test_userinfo__payload_bytes_and_refusals(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    AUTO(xfree) char *payload = js_compact(claims);
    bearer(f, "bEaReR", token);
    assert_int_equal(f->resp.status, 200);
    assert_string_equal(f->resp.body, payload);
    dex_get(f, "/api/dex/userinfo");
    dex_assert_error(f, 401, "access_denied", "bearer");
    assert_string_equal(params_get_ci(&f->resp.headers, "WWW-Authenticate"), "Bearer");
    bearer(f, "Basic", token);
    dex_assert_error(f, 401, "access_denied", "bearer");
    token[strlen(token) - 3] = token[strlen(token) - 3] == 'A' ? 'B' : 'A';
    bearer(f, "Bearer", token);
    dex_assert_error(f, 403, "access_denied", "bearer");
}

static void test_userinfo__expired(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "access_token"));
    clock_advance_ms(f->clock, INT64_C(86399) * 1000);
    bearer(f, "Bearer", token);
    assert_int_equal(f->resp.status, 200);
    clock_advance_ms(f->clock, 1000);
    bearer(f, "Bearer", token);
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
    AUTO(xfree) char *refresh = cli_login(f, "up-1");
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
    check_members(f->json,
                  "{\"active\":true,\"client_id\":\"argo-cd-cli\",\"token_type\":\"Bearer\","
                  "\"token_use\":\"access_token\",\"username\":\"jane\",\"iat\":1767225600,"
                  "\"nbf\":1767225600}",
                  "access");
    introspect(f, refresh);
    check_members(f->json, "{\"active\":true,\"token_use\":\"refresh_token\"}", "refresh");
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
    patch_claims(f, "{\"aud\":\"somebody else\",\"exp\":1767225900}");
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

/* ---- keys, restart, starts that fail ---- */

static size_t keys_served(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/keys");
    return js_len(js_get(f->json, "keys"));
}

static void test_rotation__retired_keys_stay_a_day(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    assert_int_equal(dex_mock_rotate(f->dex, NULL), 0);
    assert_int_equal(keys_served(f), 2);
    bearer(f, "Bearer", token);
    assert_int_equal(f->resp.status, 200);
    dex_get(f, "/api/dex/keys");
    AUTO(xfree) char *kid = xstrdup(js_get_text(js_at(js_get(f->json, "keys"), 0), "kid"));
    dex_login(f, false);
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(js_get_text(f->json, "id_token"), &j, NULL), JWS_OK);
    assert_string_equal(js_get_text(j.header, "kid"), kid);
    clock_advance_ms(f->clock, INT64_C(6) * 3600000);
    assert_int_equal(keys_served(f), 3); /* every 6 hours by itself */
    clock_advance_ms(f->clock, INT64_C(300) * 3600000);
    assert_int_equal(keys_served(f), 5); /* the present one and those of the last day */
}

static void test_restart__everything_is_lost(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *refresh = cli_login(f, "up-1");
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    dex_authorize(f, false);
    dex_restart(f, NULL, NULL);
    assert_int_equal(keys_served(f), 1);
    bearer(f, "Bearer", token);
    assert_int_equal(f->resp.status, 403);
    dex_callback(f);
    dex_assert_page(f, 400, "unknown-state");
    dex_refresh(f, refresh, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
}

struct start_row {
    const char *options;
    const char *literal; /* in the log */
};

static const struct start_row start_rows[] = {
    {"{\"issuer\":\"http://authentik.company/app\"}", "open-mismatch"},
    {"{\"hostedDomains\":[\"x\"]}", "open-hosted"},
    {"{\"rootCAs\":[\"not a certificate\"]}", "open-ca"},
    {"{\"scopes\":\"openid\"}", "open-scopes-type"},
    {NULL, NULL},
};

static void test_start__failures_bring_it_down(void **state)
{
    struct dex_fixture *f = *state;
    assert_true(dex_logged(f, dex_literal("start-log")));
    for (const struct start_row *r = start_rows; r->options != NULL; r++) {
        dex_mark(f);
        dex_restart(f, r->options, NULL);
        assert_non_null(dex_mock_down(f->dex));
        if (!dex_logged(f, dex_literal(r->literal)))
            fail_msg("not logged: %s", dex_literal(r->literal));
    }
    dex_restart(f, NULL, NULL);
    assert_null(dex_mock_down(f->dex));
}

static void test_start__authentik_away(void **state)
{
    struct dex_fixture *f = *state;
    upstream_stop(f->up);
    dex_restart(f, NULL, NULL);
    assert_string_equal(dex_mock_down(f->dex), dex_literal("open-all"));
    AUTO(xfree)
    char *chain =
        xasprintf("%sGet \"http://authentik.company/app/.well-known/openid-configuration\": dial "
                  "tcp 127.0.0.1:",
                  dex_literal("open-chain"));
    assert_true(dex_logged(f, chain));
    assert_int_equal(dex_mock_rotate(f->dex, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_identity__rows),
        DEX_TEST(test_identity__wrong_signatures),
        DEX_TEST(test_identity__unverified_is_logged),
        DEX_TEST(test_identity__userinfo_wins),
        DEX_TEST(test_tokens__id_token_is_exact),
        DEX_TEST(test_tokens__answer_and_cache_headers),
        DEX_TEST(test_tokens__only_what_the_scope_asks_for),
        DEX_TEST(test_tokens__nonce_is_copied),
        DEX_TEST(test_tokens__cross_client_audience),
        DEX_TEST(test_tokens__configured_lifetime),
        DEX_TEST(test_token__refusals_then_success),
        DEX_TEST(test_token__method_and_basic),
        DEX_TEST(test_token__code_works_once),
        DEX_TEST(test_token__another_clients_code),
        DEX_TEST(test_token__code_expires),
        DEX_TEST(test_token__plain_challenge),
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
        DEX_TEST(test_rotation__retired_keys_stay_a_day),
        DEX_TEST(test_restart__everything_is_lost),
        DEX_TEST(test_start__failures_bring_it_down),
        DEX_TEST(test_start__authentik_away),
    };
    return TEST_MAIN(tests);
}
