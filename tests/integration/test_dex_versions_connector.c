/*
 * Rows of Dex's version table about the oidc connector and the libraries under it: what is seen on
 * the wire or in the log before and after each change (dex.md 5, 9).
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/dex/quirks.h"
#include "tests/support/dex_rows.h"

/* ---- what was seen ---- */

/* Which of these texts was logged since Dex started: "first", "second" or "neither". */
static char *which_logged(const struct dex_fixture *f, const char *first, const char *second)
{
    bool is_first = dex_logged(f, dex_literal(first));
    bool is_second = dex_logged(f, dex_literal(second));
    return xstrdup(is_first && !is_second ? first : is_second && !is_first ? second : "neither");
}

static char *logged_or(const struct dex_fixture *f, const char *literal, const char *otherwise)
{
    return xstrdup(dex_logged(f, dex_literal(literal)) ? literal : otherwise);
}

/* GET of the connector's page; a parameter of where it leads to, "absent" when it is not there. */
static char *way_param(struct dex_fixture *f, bool cli, const char *name)
{
    AUTO(params_deinit) struct params p = {0};
    dex_authorize(f, cli);
    const char *location = params_get_ci(&f->resp.headers, "Location");
    params_parse_form(&p, str_of(strchr(location, '?') + 1));
    const char *value = params_get(&p, name);
    return xstrdup(value != NULL ? value : "absent");
}

/* A login in the browser: the code is in f->code, "" when it was refused. */
static bool signs_in(struct dex_fixture *f)
{
    dex_authorize(f, false);
    dex_callback_through(f);
    return *f->code != '\0';
}

/* A member of Dex's ID token as JSON, "absent", or "refused". */
static char *member_of_login(struct dex_fixture *f, const char *member)
{
    dex_say_token(f, NULL);
    if (!signs_in(f))
        return xstrdup("refused");
    dex_redeem(f, false, NULL, NULL);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    const struct js *v = js_get(claims, member);
    return v != NULL ? js_compact(v) : xstrdup("absent");
}

static char *groups_of_login(struct dex_fixture *f)
{
    return member_of_login(f, "groups");
}

static char *email_of_login(struct dex_fixture *f)
{
    return member_of_login(f, "email");
}

/* "in", or why not. */
static char *login_or(struct dex_fixture *f, const char *literal)
{
    if (signs_in(f))
        return xstrdup("in");
    return logged_or(f, literal, "refused for another reason");
}

static char *up_or(struct dex_fixture *f, const char *literal)
{
    return dex_mock_down(f->dex) == NULL ? xstrdup("up") : logged_or(f, literal, "down");
}

/* ---- options ---- */

static void claim_mail(struct dex_fixture *f)
{
    dex_patch_claims(f, "{\"mail\":\"m@x\"}");
}

static void claim_domain(struct dex_fixture *f)
{
    dex_patch_claims(f, "{\"hd\":\"other\"}");
}

static char *domain_look(struct dex_fixture *f)
{
    AUTO(xfree) char *hint = way_param(f, false, "hd");
    dex_say_token(f, NULL);
    AUTO(xfree) char *login = login_or(f, "cb-domain");
    return xasprintf("%s, %s", hint, login);
}

static char *hosted_look(struct dex_fixture *f)
{
    return up_or(f, "open-hosted");
}

static char *ca_look(struct dex_fixture *f)
{
    return up_or(f, "open-ca");
}

static char *acr_look(struct dex_fixture *f)
{
    return way_param(f, false, "acr_values");
}

static char *prompt_look(struct dex_fixture *f)
{
    return way_param(f, true, "prompt");
}

static char *pkce_look(struct dex_fixture *f)
{
    return way_param(f, false, "code_challenge_method");
}

static char *allowed_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    return login_or(f, "cb-not-allowed");
}

static char *way_host(struct dex_fixture *f)
{
    AUTO(url_deinit) struct url u = {0};
    dex_authorize(f, false);
    assert_int_equal(url_parse(params_get_ci(&f->resp.headers, "Location"), &u, NULL), 0);
    return xstrdup(u.host);
}

static void say_other_keys(struct dex_fixture *f)
{
    upstream_say(f->up, "/other-keys/", 200, "application/json", "{\"keys\":[]}");
}

static char *keys_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    signs_in(f);
    return xstrdup(upstream_hits(f->up, "/other-keys/") > 0 ? "overridden" : "discovered");
}

/* Discovery names another issuer than the one it is found at. */
static void discover_alias(struct dex_fixture *f)
{
    dex_say_discovery(f, "{\"issuer\":\"https://alias.company\"}");
}

static char *alias_look(struct dex_fixture *f)
{
    return xstrdup(dex_mock_down(f->dex) == NULL ? "up" : "down");
}

static const struct dex_row_case option_rows[] = {
    {"override-claims", "{\"claimMapping\":{\"email\":\"mail\"},\"overrideClaimMapping\":true}",
     NULL, claim_mail, email_of_login, "\"m@x\"", "\"jane@example.com\""},
    {"hosted-domains", "{\"hostedDomains\":[\"company\"]}", NULL, claim_domain, domain_look,
     "company, cb-domain", "absent, in"},
    {"no-hosted-domains", "{\"hostedDomains\":[\"company\"]}", NULL, NULL, hosted_look,
     "open-hosted", "up"},
    {"acr-values", "{\"acrValues\":[\"gold\",\"silver\"]}", NULL, NULL, acr_look, "gold silver",
     "absent"},
    {"root-cas", "{\"rootCAs\":[\"not a certificate\"]}", NULL, NULL, ca_look, "open-ca", "up"},
    {"allowed-groups", "{\"allowedGroups\":[\"x\"]}", NULL, NULL, allowed_look, "cb-not-allowed",
     "in"},
    {"new-groups",
     "{\"claimModifications\":{\"newGroupFromClaims\":[{\"prefix\":\"p\",\"delimiter\":\"-\","
     "\"claims\":[\"name\"]}]}}",
     NULL, NULL, groups_of_login, "[\"ArgoCD Admins\",\"authentik Admins\",\"p-Jane Doe\"]",
     "[\"ArgoCD Admins\",\"authentik Admins\"]"},
    {"discovery-overrides",
     "{\"providerDiscoveryOverrides\":{\"authURL\":\"http://other.company/a\"}}", NULL, NULL,
     way_host, "other.company", "authentik.company"},
    {"override-jwks",
     "{\"providerDiscoveryOverrides\":{\"jwksURL\":\"http://authentik.company/other-keys/\"}}",
     NULL, say_other_keys, keys_look, "overridden", "discovered"},
    {"prompt-empty", "{\"promptType\":\"\"}", NULL, NULL, prompt_look, "", "consent"},
    {"groups-filter",
     "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"^ArgoCD\"}}}", NULL, NULL,
     groups_of_login, "[\"ArgoCD Admins\"]", "[\"ArgoCD Admins\",\"authentik Admins\"]"},
    {"issuer-alias", "{\"issuerAlias\":\"https://alias.company\"}", NULL, discover_alias,
     alias_look, "up", "down"},
    {"modify-groups", "{\"claimModifications\":{\"modifyGroupNames\":{\"prefix\":\"x-\"}}}", NULL,
     NULL, groups_of_login, "[\"x-ArgoCD Admins\",\"x-authentik Admins\"]",
     "[\"ArgoCD Admins\",\"authentik Admins\"]"},
    {"upstream-pkce", NULL, NULL, NULL, pkce_look, "S256", "absent"},
};

DEX_ROWS_TEST(test_rows__options, option_rows)

/* ---- claims ---- */

static void claim_one_group(struct dex_fixture *f)
{
    dex_patch_claims(f, "{\"groups\":\"one\"}");
}

static void claim_object(struct dex_fixture *f)
{
    dex_patch_claims(f, "{\"groups\":[{\"name\":\"one\"}]}");
}

static char *object_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    return login_or(f, "cb-groups");
}

static void say_userinfo(struct dex_fixture *f)
{
    upstream_say(f->up, UP_USERINFO, 200, "application/json",
                 "{\"sub\":\"other\",\"name\":\"Jane Doe\",\"email\":\"jane@example.com\","
                 "\"email_verified\":true}");
}

static char *user_look(struct dex_fixture *f)
{
    return member_of_login(f, "federated_claims");
}

/* A refresh of which authentik gives no ID token, though userinfo tells all. */
static char *refresh_look(struct dex_fixture *f)
{
    AUTO(xfree) char *refresh = dex_cli_login(f, "up-1");
    dex_say_token(f, "{\"id_token\":null}");
    dex_refresh(f, refresh, "");
    return f->resp.status == 200 ? xstrdup("refreshed") : logged_or(f, "cb-no-id-token", "refused");
}

static char *scheme_look(struct dex_fixture *f)
{
    dex_say_token(f, "{\"token_type\":\"DPoP\"}");
    signs_in(f);
    return upstream_last_authorization(f->up, UP_USERINFO);
}

static const struct dex_row_case claim_rows[] = {
    {"groups-string", NULL, NULL, claim_one_group, groups_of_login, "[\"one\"]", "absent"},
    {"groups-objects", NULL, NULL, claim_object, object_look, "in", "cb-groups"},
    {"sub-claim", "{\"getUserInfo\":true}", NULL, say_userinfo, user_look,
     "{\"connector_id\":\"authentik\",\"user_id\":\"other\"}",
     "{\"connector_id\":\"authentik\",\"user_id\":\"subvalue\"}"},
    {"refresh-no-id-token", "{\"getUserInfo\":true}", NULL, say_userinfo, refresh_look, "refreshed",
     "cb-no-id-token"},
    {"userinfo-bearer", "{\"getUserInfo\":true}", NULL, say_userinfo, scheme_look,
     "Bearer up-access", "DPoP up-access"},
};

DEX_ROWS_TEST(test_rows__claims, claim_rows)

/* ---- certificates: an endpoint whose authority only this connector's options know ---- */

static void secure_userinfo(struct dex_fixture *f)
{
    upstream_secure(f->up);
    say_userinfo(f);
    dex_say_discovery(f, "{\"userinfo_endpoint\":\"https://authentik.company/userinfo/\"}");
}

static void secure_keys(struct dex_fixture *f)
{
    upstream_secure(f->up);
    dex_say_discovery(f, "{\"jwks_uri\":\"https://authentik.company/app/jwks/\"}");
}

static char *certificate_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    return login_or(f, "x509-unknown");
}

static const struct dex_row_case client_rows[] = {
    {"userinfo-client", "{\"getUserInfo\":true,\"insecureSkipVerify\":true}", NULL, secure_userinfo,
     certificate_look, "in", "x509-unknown"},
    {"override-client",
     "{\"insecureSkipVerify\":true,\"providerDiscoveryOverrides\":{\"tokenURL\":\"http://"
     "authentik.company/token/\"}}",
     NULL, secure_keys, certificate_look, "in", "x509-unknown"},
};

DEX_ROWS_TEST(test_rows__clients, client_rows)

/* ---- libraries ---- */

static char *mismatch_look(struct dex_fixture *f)
{
    return which_logged(f, "open-mismatch", "open-mismatch-old");
}

static void early_by_two_minutes(struct dex_fixture *f)
{
    AUTO(xfree) char *patch = xasprintf("{\"nbf\":%lld}", (long long)clock_now_s(f->clock) + 120);
    dex_patch_claims(f, patch);
}

static char *early_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    return login_or(f, "cb-early");
}

/* Authentik's next ID token is this text of header and payload, and that signature. */
static void say_raw(struct dex_fixture *f, const char *payload, const char *signature)
{
    AUTO(xfree) char *header_b64 = b64url_encode("{\"alg\":\"RS256\"}", 15);
    AUTO(xfree) char *payload_b64 = b64url_encode(payload, strlen(payload));
    AUTO(xfree)
    char *patch = xasprintf("{\"id_token\":\"%s.%s.%s\"}", header_b64, payload_b64, signature);
    dex_say_token(f, patch);
}

static char *claims_or_form_look(struct dex_fixture *f)
{
    say_raw(f, "{\"iss\":\"B\"}", "*");
    signs_in(f);
    return which_logged(f, "cb-issuer", "cb-base64");
}

static void sign_for_others(struct dex_fixture *f)
{
    dex_patch_claims(f, "{\"aud\":\"other\"}");
    f->up_key = "rsa-2048-2";
}

static char *signature_or_claims_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    signs_in(f);
    return which_logged(f, "cb-signature", "cb-audience");
}

static void sign_with_secret(struct dex_fixture *f)
{
    f->up_key = "";
}

static char *by_go_oidc_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    signs_in(f);
    return logged_or(f, "cb-hs256-go-oidc", "another text");
}

static char *by_go_jose_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    signs_in(f);
    return logged_or(f, "cb-hs256-go-jose", "another text");
}

/* Its claims are good, so that every release comes to its form. */
static char *four_parts_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL); /* gives f->claims their exp */
    AUTO(xfree) char *payload = js_compact(f->claims);
    say_raw(f, payload, "AA.AA");
    signs_in(f);
    return which_logged(f, "cb-parts-square", "cb-parts");
}

static void say_unknown_key(struct dex_fixture *f)
{
    upstream_say(f->up, UP_KEYS, 200, "application/json", "{\"keys\":[{\"kty\":\"XYZ\"}]}");
}

static char *unknown_key_look(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    signs_in(f);
    return which_logged(f, "cb-kty-old", "cb-kty");
}

static void refuse_code(struct dex_fixture *f)
{
    upstream_say(f->up, UP_TOKEN, 400, "application/json",
                 "{\"error\":\"invalid_grant\",\"error_description\":\"expired\"}");
}

static char *refused_code_look(struct dex_fixture *f)
{
    signs_in(f);
    return which_logged(f, "cb-token", "cb-token-old");
}

#define TWO_CONNECTORS                                                                             \
    "{\"connectors\":[{\"type\":\"oidc\",\"id\":\"authentik\",\"name\":\"a\",\"config\":{"         \
    "\"issuer\":\"" UP_ISSUER "\",\"clientID\":\"my_client_id\",\"redirectURI\":\"" DEX_ISSUER     \
    "/callback\"}},{\"type\":\"oidc\",\"id\":\"second\",\"name\":\"b\",\"config\":{\"issuer\":"    \
    "\"" UP_ISSUER "\",\"clientID\":\"my_client_id\",\"redirectURI\":\"" DEX_ISSUER                \
    "/callback\"}}]}"

/* The first connector finds out that credentials belong into the body: does the second know? */
static char *style_look(struct dex_fixture *f)
{
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/second?%s", query);
    dex_say_token(f, NULL);
    upstream_say_once(f->up, UP_TOKEN, 401, "application/json", "{\"error\":\"invalid_client\"}");
    assert_true(signs_in(f));
    dex_get(f, path);
    const char *location = params_get_ci(&f->resp.headers, "Location");
    xfree(f->state);
    f->state = xstrdup(strstr(location, "state=") + strlen("state="));
    dex_callback_through(f);
    AUTO(xfree) char *header = upstream_last_authorization(f->up, UP_TOKEN);
    return xstrdup(*header == '\0' ? "body" : "header");
}

static const struct dex_row_case library_rows[] = {
    {"issuer-text", "{\"issuer\":\"http://authentik.company/app\"}", NULL, NULL, mismatch_look,
     "open-mismatch", "open-mismatch-old"},
    {"nbf-leeway", NULL, NULL, early_by_two_minutes, early_look, "in", "cb-early"},
    {"claims-before-parse", NULL, NULL, NULL, claims_or_form_look, "cb-issuer", "cb-base64"},
    {"signature-first", NULL, NULL, sign_for_others, signature_or_claims_look, "cb-signature",
     "cb-audience"},
    {"alg-text-go-oidc", NULL, NULL, sign_with_secret, by_go_oidc_look, "cb-hs256-go-oidc",
     "another text"},
    {"alg-text-go-jose", NULL, NULL, sign_with_secret, by_go_jose_look, "cb-hs256-go-jose",
     "another text"},
    {"square-go-jose", NULL, NULL, NULL, four_parts_look, "cb-parts-square", "cb-parts"},
    {"kty-text", NULL, NULL, say_unknown_key, unknown_key_look, "cb-kty-old", "cb-kty"},
    {"oauth2-text", NULL, NULL, refuse_code, refused_code_look, "cb-token", "cb-token-old"},
    {"style-cache-shared", NULL, TWO_CONNECTORS, NULL, style_look, "body", "header"},
};

DEX_ROWS_TEST(test_rows__libraries, library_rows)

/* Every row about the connector and its libraries is in one of the tables above. */
static void test_rows__all_are_looked_at(void **state)
{
    (void)state;
    for (int row = DEX_QUIRK_OVERRIDE_CLAIMS; row < DEX_QUIRK_MAX_; row++) {
        static const struct {
            const struct dex_row_case *cases;
            size_t len;
        } tables[] = {{option_rows, TEST_COUNT(option_rows)},
                      {claim_rows, TEST_COUNT(claim_rows)},
                      {client_rows, TEST_COUNT(client_rows)},
                      {library_rows, TEST_COUNT(library_rows)}};
        size_t found = 0;
        for (size_t t = 0; t < TEST_COUNT(tables); t++) {
            for (size_t i = 0; i < tables[t].len; i++)
                found += strcmp(tables[t].cases[i].id, quirks_dex[row].id) == 0;
        }
        if (found != 1)
            fail_msg("row %s is looked at %zu times", quirks_dex[row].id, found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows__options),           cmocka_unit_test(test_rows__claims),
        cmocka_unit_test(test_rows__clients),           cmocka_unit_test(test_rows__libraries),
        cmocka_unit_test(test_rows__all_are_looked_at),
    };
    return TEST_MAIN(tests);
}
