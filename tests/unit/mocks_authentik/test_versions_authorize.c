/*
 * The rows of the version table that change /authorize, the way to the login, and the documents.
 */
#include "tests/unit/mocks_authentik/rows.h"

#include <string.h>

#include "harness/base/str.h"

#define AUTHORIZE "/application/o/authorize/?client_id=my_client_id"
#define CB "&redirect_uri=https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback"

/* ---- what was answered ---- */

/* "400", "200"; of a redirect its place without query, and the error it carries. */
static char *landed(struct fx *f)
{
    if (f->resp.status != 302)
        return xasprintf("%d", f->resp.status);
    const char *to = fx_header(f, "Location");
    AUTO(xfree) char *error = fx_param(to, "error");
    return xasprintf("%.*s%s%s", (int)strcspn(to, "?#"), to, error[0] != '\0' ? " " : "", error);
}

static char *answer_to(struct fx *f, const char *path)
{
    fx_get(f, path);
    return landed(f);
}

static char *said(bool yes, const char *otherwise, const char *word)
{
    return xstrdup(yes ? word : otherwise);
}

/* Alice is signed in; nothing else has happened. */
static void sign_in(struct fx *f)
{
    fx_get(f, "/flows/-/default/authentication/?next=%2F");
    AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
    fx_sign_in(f, to, "alice", "alice-password");
    assert_string_equal(fx_text(f, "to"), "/");
}

/* ---- scopes ---- */

static char *look_scopes_clipped(struct fx *f)
{
    AUTO(xfree) char *code = fx_code(f, "openid groups", "");
    fx_exchange(f, code, NULL);
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "token", fx_text(f, "access_token"));
    params_add(&form, "client_id", "my_client_id");
    params_add(&form, "client_secret", f->setup.authentik.client_secret);
    fx_post_form(f, "/application/o/introspect/", &form);
    assert_true(cstr_contains(fx_text(f, "scope"), "openid"));
    return said(cstr_contains(fx_text(f, "scope"), "groups"), "dropped", "kept");
}

static char *look_offline_error(struct fx *f)
{
    AUTO(xfree) char *path = fx_authorize_path("openid offline_access", NULL);
    AUTO(xfree) char *seen = answer_to(f, path);
    return said(cstr_eq(seen, FX_CALLBACK " consent_required"), "no error", "error");
}

static char *look_offline_consent(struct fx *f)
{
    AUTO(xfree) char *path = fx_authorize_path("openid offline_access", NULL);
    sign_in(f);
    fx_get(f, path);
    if (!cstr_starts(fx_header(f, "Location"), "/if/flow/"))
        return xstrdup("none");
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
    return said(cstr_eq(fx_text(f, "component"), "ak-stage-consent"), "none", "consent");
}

static char *look_consent_text(struct fx *f)
{
    sign_in(f);
    AUTO(xfree) char *none = fx_code(f, "openid", "&prompt=none%20consent");
    assert_string_equal(none, "");
    AUTO(xfree) char *text = fx_param(fx_text(f, "to"), "error_description");
    if (cstr_eq(text, fx_literal("authorize.consent-text")))
        return xstrdup("a blank");
    return xstrdup(cstr_eq(text, fx_literal("authorize.consent-text-2023.10")) ? "none" : text);
}

/* ---- checks ---- */

static void arrange_script_uri(struct fx *f)
{
    static const struct setup_redirect uris[] = {{.url = "javascript:x"}};
    f->setup.authentik.redirects = uris;
    f->setup.authentik.redirects_len = 1;
}

static char *look_script_uri(struct fx *f)
{
    fx_get(f, AUTHORIZE "&response_type=code&redirect_uri=javascript%3Ax");
    return xasprintf("%d", f->resp.status);
}

static char *look_type_late(struct fx *f)
{
    return answer_to(f, AUTHORIZE "&response_type=x&redirect_uri=https%3A%2F%2Fevil.example%2F");
}

static void arrange_wildcard(struct fx *f)
{
    static const struct setup_redirect uris[] = {{.url = "https://rp.example/.*"}};
    f->setup.authentik.redirects = uris;
    f->setup.authentik.redirects_len = 1;
}

static char *look_wildcard(struct fx *f)
{
    fx_get(f, AUTHORIZE "&response_type=code&redirect_uri=https%3A%2F%2Frp.example%2Fcb");
    return xasprintf("%d", f->resp.status);
}

static void arrange_no_uris(struct fx *f)
{
    f->setup.authentik.redirects_len = 0;
}

static char *look_callback(struct fx *f)
{
    fx_get(f, AUTHORIZE CB "&response_type=code");
    return xasprintf("%d", f->resp.status);
}

static char *look_request_earlier(struct fx *f)
{
    return answer_to(f, AUTHORIZE CB "&response_type=id_token&scope=openid&request=x");
}

static char *look_request_earliest(struct fx *f)
{
    return answer_to(f, AUTHORIZE CB "&response_type=x&request=x");
}

static char *look_form_post_error(struct fx *f)
{
    fx_get(f, AUTHORIZE CB "&response_type=x&response_mode=form_post&state=a%22b");
    bool form = f->resp.status == 200 && fx_has(f, "action=\"" FX_CALLBACK "\"") &&
                fx_has(f, "name=\"error\" value=\"unsupported_response_type\"");
    return form ? xstrdup("form") : landed(f);
}

static void arrange_no_grant(struct fx *f)
{
    static const char *const none[] = {NULL};
    f->setup.authentik.grant_types = none;
}

static char *look_grant(struct fx *f)
{
    fx_get(f, AUTHORIZE CB "&response_type=code");
    AUTO(xfree) char *error = fx_param(fx_header(f, "Location"), "error");
    return said(error[0] != '\0', "login", error);
}

/* ---- to the login, and back ---- */

static char *look_silent(struct fx *f)
{
    sign_in(f);
    return answer_to(f, AUTHORIZE CB "&response_type=code&scope=openid");
}

static char *look_login(struct fx *f)
{
    return answer_to(f, AUTHORIZE CB "&response_type=code");
}

static void arrange_own_login(struct fx *f)
{
    f->setup.authentik.authentication_flow = "company-login";
}

static char *look_own_login(struct fx *f)
{
    AUTO(xfree) char *first = answer_to(f, AUTHORIZE CB "&response_type=code");
    if (!cstr_starts(first, "/flows/-/default/"))
        return xstrdup(first);
    AUTO(xfree) char *second = xstrdup(fx_header(f, "Location"));
    return answer_to(f, second);
}

static char *look_locales(struct fx *f)
{
    fx_get(f, AUTHORIZE CB "&response_type=code&ui_locales=tlh%20de-AT%20fr");
    AUTO(xfree) char *locale = fx_param(fx_header(f, "Location"), "locale");
    const char *cookie = params_get(&f->cookies, "authentik_language");
    return xasprintf("%s %s", locale, cookie != NULL ? cookie : "none");
}

static void arrange_closed(struct fx *f)
{
    f->setup.authentik.no_default_access = true;
}

static char *look_alone(struct fx *f)
{
    sign_in(f);
    fx_get(f, AUTHORIZE CB "&response_type=id_token&scope=openid&nonce=n");
    AUTO(xfree) char *token = fx_param(fx_header(f, "Location"), "access_token");
    AUTO(xfree) char *id = fx_param(fx_header(f, "Location"), "id_token");
    assert_true(id[0] != '\0');
    fx_get(f, AUTHORIZE CB "&response_type=code%20id_token&scope=openid&nonce=n");
    assert_false(cstr_contains(fx_header(f, "Location"), "access_token"));
    return said(token[0] != '\0', "id_token", "access_token id_token");
}

/* ---- documents ---- */

static void arrange_far_proxy(struct fx *f)
{
    static const char *const far[] = {"10.0.0.0/8", NULL};
    f->setup.authentik.trusted_proxies = far;
}

static char *look_scheme(struct fx *f)
{
    params_add(&f->send, "X-Forwarded-Proto", "https");
    fx_get(f, "/application/o/argocd/.well-known/openid-configuration");
    return xasprintf("%.*s", (int)strcspn(fx_text(f, "issuer"), ":"), fx_text(f, "issuer"));
}

static char *look_webfinger(struct fx *f)
{
    return answer_to(f, "/.well-known/webfinger");
}

static char *look_rfc8414(struct fx *f)
{
    return answer_to(f, "/.well-known/oauth-authorization-server/application/o/argocd/");
}

static char *look_frontchannel(struct fx *f)
{
    fx_get(f, "/application/o/argocd/.well-known/openid-configuration");
    bool supported = js_get_bool(f->json, "frontchannel_logout_supported", false);
    bool session = js_get_bool(f->json, "frontchannel_logout_session_supported", false);
    return said(supported && session, js_get(f->json, "frontchannel_logout_supported") ? "?" : "no",
                "yes");
}

static char *look_jwk_order(struct fx *f)
{
    fx_get(f, "/application/o/argocd/jwks/");
    struct js_iter it = js_iter(js_at(js_get(f->json, "keys"), 0));
    char *names = xstrdup("");
    for (int i = 0; i < 4 && js_next(&it); i++) {
        char *more = xasprintf("%s%s%s", names, i > 0 ? " " : "", it.key);
        xfree(names);
        names = more;
    }
    return names;
}

static char *look_health(struct fx *f)
{
    return answer_to(f, "/-/health/live/");
}

static const struct row_case cases[] = {
    {"scopes-clipped", NULL, look_scopes_clipped, "dropped", "kept"},
    {"redirect-schemes", arrange_script_uri, look_script_uri, "400", "302"},
    {"consent-text", NULL, look_consent_text, "a blank", "none"},
    {"offline-consent-error", NULL, look_offline_error, "error", "no error"},
    {"offline-forces-consent", NULL, look_offline_consent, "consent", "none"},
    {"response-type-late", NULL, look_type_late, "400",
     "https://evil.example/ unsupported_response_type"},
    {"structured-redirects", arrange_wildcard, look_wildcard, "400", "302"},
    {"silent-authorize", NULL, look_silent, FX_CALLBACK,
     "/if/flow/default-provider-authorization-implicit-consent/"},
    {"login-direct", NULL, look_login, FX_LOGIN_FLOW, "/flows/-/default/authentication/"},
    {"authentication-flow-ignored", arrange_own_login, look_own_login, FX_LOGIN_FLOW,
     "/if/flow/company-login/"},
    {"ui-locales", NULL, look_locales, "de de", " none"},
    {"request-earlier", NULL, look_request_earlier, FX_CALLBACK " request_not_supported",
     FX_CALLBACK " invalid_request"},
    {"request-earliest", NULL, look_request_earliest, FX_CALLBACK " request_not_supported",
     FX_CALLBACK " unsupported_response_type"},
    {"form-post-errors", NULL, look_form_post_error, "form",
     FX_CALLBACK " unsupported_response_type"},
    {"grant-types", arrange_no_grant, look_grant, "invalid_request", "login"},
    {"learns-redirect", arrange_no_uris, look_callback, "302", "400"},
    {"default-app-access", arrange_closed, look_silent, "200", FX_CALLBACK},
    {"trusted-proxies", arrange_far_proxy, look_scheme, "http", "https"},
    {"id-token-alone", NULL, look_alone, "id_token", "access_token id_token"},
    {"webfinger", NULL, look_webfinger, "200", "404"},
    {"rfc8414-path", NULL, look_rfc8414, "200", "404"},
    {"frontchannel-keys", NULL, look_frontchannel, "yes", "no"},
    {"jwks-order", NULL, look_jwk_order, "alg kid kty use", "kid kty alg use"},
    {"health-200", NULL, look_health, "200", "204"},
};

static void test_row(void **state)
{
    rows_check(*state);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(cases)];
    for (size_t i = 0; i < TEST_COUNT(cases); i++) {
        const void *row = &cases[i];
        tests[i] = (struct CMUnitTest){.name = cases[i].id, .test_func = test_row};
        memcpy(&tests[i].initial_state, &row, sizeof(row));
    }
    return TEST_MAIN(tests);
}
