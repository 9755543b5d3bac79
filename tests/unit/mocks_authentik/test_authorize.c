/*
 * /application/o/authorize/: every check of authentik.md 3.2 from outside, accepted and refused.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#define CB "https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback"
#define GOOD "/application/o/authorize/?client_id=my_client_id&redirect_uri=" CB

struct refusal {
    const char *name;
    const char *path;
    int status;
    const char *location; /* NULL: none */
    const char *literal;  /* in the page, or at the end of the Location after its separator */
    char separator;
};

/* authentik.md 3.2: what fails first wins, so later mistakes are left in on purpose. */
static const struct refusal refusals[] = {
    {"no parameter", "/application/o/authorize/", 404, NULL, "error.not-found"},
    {"max_age is no number", "/application/o/authorize/?max_age=x&client_id=nobody", 500, NULL,
     "error.server-title"},
    {"max_age is no whole number", "/application/o/authorize/?max_age=1.5&client_id=nobody", 500,
     NULL, "error.server-title"},
    {"client_id missing", "/application/o/authorize/?response_type=code", 400, NULL,
     "authorize.client-title"},
    {"client_id unknown", "/application/o/authorize/?client_id=nobody", 400, NULL,
     "authorize.client-text"},
    {"redirect_uri missing", "/application/o/authorize/?client_id=my_client_id", 400, NULL,
     "authorize.redirect-title"},
    {"redirect_uri with slash", GOOD "%2F&response_type=code", 400, NULL,
     "authorize.redirect-text"},
    {"redirect_uri other case",
     "/application/o/authorize/?client_id=my_client_id&redirect_uri=https%3A%2F%2FARGOCD.company"
     "%2Fapi%2Fdex%2Fcallback&response_type=code",
     400, NULL, "authorize.redirect-text"},
    {"redirect_uri https on localhost",
     "/application/o/authorize/?client_id=my_client_id&redirect_uri=https%3A%2F%2Flocalhost%3A8085"
     "%2Fauth%2Fcallback&response_type=code",
     400, NULL, "authorize.redirect-text"},
    {"redirect_uri beyond the pattern",
     "/application/o/authorize/?client_id=my_client_id&redirect_uri=https%3A%2F%2Fpr-1.preview."
     "company%2Fcb%2Fx&response_type=code",
     400, NULL, "authorize.redirect-text"},
    {"response_type missing", GOOD "&state=s%26t", 302, FX_CALLBACK, "authorize.unsupported-type",
     '?'},
    {"response_type in another order", GOOD "&response_type=token%20id_token", 302, FX_CALLBACK,
     "authorize.unsupported-type", '?'},
    {"openid missing in hybrid", GOOD "&response_type=code%20token&scope=email", 302, FX_CALLBACK,
     "authorize.invalid-scope", '#'},
    {"openid missing in implicit", GOOD "&response_type=id_token&scope=email&request=x", 302,
     FX_CALLBACK, "authorize.invalid-scope", '#'},
    {"request parameter", GOOD "&response_type=code%20id_token&scope=openid&request=x", 302,
     FX_CALLBACK, "authorize.request-not-supported", '#'},
    {"nonce missing", GOOD "&response_type=id_token&scope=openid", 302, FX_CALLBACK,
     "authorize.invalid-request", '#'},
    {"challenge method unknown",
     GOOD "&response_type=code&code_challenge=x&code_challenge_method=S512&prompt=none", 302,
     FX_CALLBACK, "authorize.challenge-method", '?'},
    {"prompt none without session", GOOD "&response_type=code&prompt=none", 302, FX_CALLBACK,
     "authorize.login-required", '?'},
    {0}};

static void test_authorize__refuses_in_order(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (const struct refusal *r = refusals; r->name != NULL; r++) {
        fx_get(&f, r->path);
        if (f.resp.status != r->status)
            fail_msg("%s: status %d", r->name, f.resp.status);
        if (r->location == NULL && r->literal != NULL && !fx_has(&f, fx_literal(r->literal)))
            fail_msg("%s: page is %s", r->name, f.resp.body);
        if (r->location == NULL)
            continue;
        AUTO(xfree)
        char *want = xasprintf("%s%c%s", r->location, r->separator, fx_literal(r->literal));
        if (!cstr_starts(fx_header(&f, "Location"), want))
            fail_msg("%s: Location %s", r->name, fx_header(&f, "Location"));
    }
    fx_stop(&f);
}

static void test_authorize__error_carries_raw_state(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, GOOD "&response_type=code&prompt=none&state=a%26b%3Dc");
    assert_true(str_ends(str_of(fx_header(&f, "Location")), "&state=a&b=c"));
    fx_get(&f, GOOD "&response_type=code&prompt=none&state=");
    assert_false(cstr_contains(fx_header(&f, "Location"), "state"));
    fx_get(&f, GOOD "&response_type=code&prompt=none&state=a%0d%0aSet-Cookie:x");
    assert_true(cstr_contains(fx_header(&f, "Location"), "state=a%0D%0ASet-Cookie:x"));
    assert_string_equal(fx_header(&f, "Set-Cookie"), "");
    fx_stop(&f);
}

static void test_authorize__leads_to_login(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *path = fx_authorize_path("openid email", "&access_type=offline");
    fx_get(&f, path);
    assert_int_equal(f.resp.status, 302);
    const char *to = fx_header(&f, "Location");
    assert_true(cstr_starts(to, fx_literal("authorize.login-location")));
    AUTO(xfree) char *next = fx_param(to, "next");
    AUTO(xfree) char *scope = fx_param(to, "scope");
    assert_string_equal(next, path);
    assert_string_equal(scope, "openid email");
    assert_true(cstr_contains(fx_header(&f, "Set-Cookie"), fx_literal("cookie.session")));
    assert_int_equal(strlen(fx_header(&f, "X-authentik-id")), 32);
    assert_string_equal(fx_header(&f, "X-Powered-By"), "authentik");
    fx_stop(&f);
}

static void test_authorize__cookie_over_tls(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *path = fx_authorize_path("openid", NULL);
    params_add(&f.send, "X-Forwarded-Proto", "https");
    fx_get(&f, path);
    assert_true(cstr_contains(fx_header(&f, "Set-Cookie"), fx_literal("cookie.session-tls")));
    fx_stop(&f);
}

static void test_authorize__answers_code_silently(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    assert_int_equal(strlen(code), 32);
    assert_int_equal(strspn(code, "0123456789abcdef"), 32);
    AUTO(xfree) char *st = fx_param(fx_header(&f, "Location"), "state");
    assert_string_equal(st, "the state&1");
    fx_get(&f, GOOD "&response_type=code&prompt=none");
    assert_int_equal(f.resp.status, 302);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK "?code="));
    assert_true(str_ends(str_of(fx_header(&f, "Location")), "&state="));
    AUTO(xfree) char *second = fx_param(fx_header(&f, "Location"), "code");
    assert_string_not_equal(code, second);
    fx_stop(&f);
}

static void test_authorize__takes_regex_redirect(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_get(&f, "/application/o/authorize/?client_id=my_client_id&redirect_uri=https%3A%2F%2Fpr-17."
               "preview.company%2Fcb&response_type=code&state=s");
    assert_true(cstr_starts(fx_header(&f, "Location"), "https://pr-17.preview.company/cb?code="));
    fx_stop(&f);
}

static void test_authorize__empty_list_learns_once(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects_len = 0;
    fx_start(&f);
    fx_get(&f, GOOD "&response_type=code");
    assert_int_equal(f.resp.status, 302);
    fx_get(&f, GOOD "%2F&response_type=code");
    assert_int_equal(f.resp.status, 400);
    fx_get(&f, GOOD "&response_type=code");
    assert_int_equal(f.resp.status, 302);
    fx_stop(&f);
}

static void test_authorize__own_query_is_kept(void **state)
{
    (void)state;
    static const struct setup_redirect own[] = {{false, "https://rp.example/cb?a=1&b=&c=x%20y"}};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects = own;
    f.setup.authentik.redirects_len = 1;
    fx_start(&f);
    const char *path = "/application/o/authorize/?client_id=my_client_id&response_type=code&state=s"
                       "&redirect_uri=https%3A%2F%2Frp.example%2Fcb%3Fa%3D1%26b%3D%26c%3Dx%2520y";
    fx_get(&f, path);
    AUTO(xfree) char *login = xstrdup(fx_header(&f, "Location"));
    fx_sign_in(&f, login, "alice", "alice-password");
    fx_get(&f, path);
    assert_true(cstr_starts(fx_header(&f, "Location"), "https://rp.example/cb?a=1&c=x+y&code="));
    fx_stop(&f);
}

static void test_authorize__no_application_is_denied(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.slug = NULL;
    fx_start(&f);
    fx_get(&f, GOOD "&response_type=code");
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_has(&f, fx_literal("authorize.denied-title")));
    assert_true(fx_has(&f, fx_literal("authorize.denied-text")));
    fx_stop(&f);
}

static void test_authorize__max_age_asks_again(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    clock_advance_ms(f.clock, 100 * 1000);
    fx_get(&f, GOOD "&response_type=code&max_age=100");
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK));
    fx_get(&f, GOOD "&response_type=code&max_age=99");
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW));
    fx_get(&f, GOOD "&response_type=code&max_age=0");
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK));
    fx_stop(&f);
}

static void test_authorize__prompt_login_asks_again(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_get(&f, GOOD "&response_type=code&prompt=login");
    AUTO(xfree) char *login = xstrdup(fx_header(&f, "Location"));
    assert_true(cstr_starts(login, FX_LOGIN_FLOW));
    fx_get(&f, GOOD "&response_type=code&prompt=login");
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW));
    fx_sign_in(&f, login, "alice", "alice-password");
    AUTO(xfree) char *to = xstrdup(fx_text(&f, "to"));
    fx_get(&f, to);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK "?code="));
    fx_stop(&f);
}

static void test_authorize__prompt_none_and_consent(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    AUTO(xfree) char *none = fx_code(&f, "openid", "&prompt=none%20consent");
    assert_string_equal(none, "");
    assert_true(cstr_contains(fx_text(&f, "to"), fx_literal("authorize.consent-required")));
    fx_stop(&f);
}

static void test_authorize__hybrid_and_fragment(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", "&response_mode=fragment");
    assert_int_equal(strlen(code), 32);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK "#code="));
    fx_get(&f, GOOD "&response_type=code%20id_token%20token&scope=openid&nonce=n1&state=s");
    AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
    static const char *const members[] = {"access_token", "id_token", "code", "token_type",
                                          "expires_in",   "state",    NULL};
    const char *at = to;
    for (const char *const *n = members; *n != NULL; n++) {
        AUTO(xfree) char *value = fx_param(to, *n);
        assert_true(value[0] != '\0');
        at = strstr(at, *n);
        assert_non_null(at);
    }
    fx_stop(&f);
}

static void test_authorize__form_post(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_get(&f, GOOD "&response_type=code&response_mode=form_post&state=s");
    AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
    assert_true(cstr_starts(to, fx_literal("authorize.implicit-location")));
    AUTO(xfree) char *executor = fx_executor(to);
    fx_get(&f, executor);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.autosubmit"));
    assert_string_equal(fx_text(&f, "url"), FX_CALLBACK);
    assert_int_equal(strlen(js_get_text(js_get(f.json, "attrs"), "code")), 32);
    assert_string_equal(js_get_text(js_get(f.json, "attrs"), "state"), "s");
    fx_stop(&f);
}

#define FORM "application/x-www-form-urlencoded"
#define BODY "client_id=my_client_id&redirect_uri=" CB "&response_type=code&scope=openid"

struct post_row {
    const char *name;
    const char *query;
    const char *body;
    bool csrf;
    bool signed_in;
    int status;
    const char *literal; /* in the page or the Location */
};

/* authentik.md 3.6: the CSRF rule stands before everything, parameters come from the body, the
 * provider is found by the query once more, and nothing handles a POST in the end. */
static const struct post_row posts[] = {
    {"no token", "?client_id=my_client_id", BODY, false, false, 403, "error.csrf"},
    {"no token, signed in", "?client_id=my_client_id", BODY, false, true, 403, "error.csrf"},
    {"no query", "", BODY, true, true, 404, "error.not-found"},
    {"client_id in the query alone", "?client_id=my_client_id", "a=b", true, true, 400,
     "authorize.client-title"},
    {"client_id not in the query", "?a=b", BODY, true, true, 404, "error.not-found"},
    {"nobody signed in", "?client_id=my_client_id", BODY, true, false, 302,
     "authorize.login-location"},
    {"signed in", "?client_id=my_client_id", BODY, true, true, 405, NULL},
    {0}};

static void post(struct fx *f, const struct post_row *r)
{
    AUTO(xfree) char *path = xasprintf("/application/o/authorize/%s", r->query);
    AUTO(xfree) char *code = r->signed_in ? fx_code(f, "openid", NULL) : NULL;
    if (!r->signed_in)
        params_set(&f->cookies, "authentik_csrf", "abc");
    const char *csrf = params_get(&f->cookies, "authentik_csrf");
    if (r->csrf)
        params_set(&f->send, "X-authentik-CSRF", csrf);
    fx_ask(f, "POST", path, FORM, r->body);
}

static void test_authorize__post(void **state)
{
    (void)state;
    for (const struct post_row *r = posts; r->name != NULL; r++) {
        struct fx f;
        fx_init(&f);
        fx_start(&f);
        post(&f, r);
        if (f.resp.status != r->status)
            fail_msg("%s: status %d", r->name, f.resp.status);
        if (r->literal != NULL && !fx_has(&f, fx_literal(r->literal)) &&
            !cstr_starts(fx_header(&f, "Location"), fx_literal(r->literal)))
            fail_msg("%s: %s", r->name, f.resp.body);
        if (r->status == 403)
            assert_true(fx_has(&f, fx_literal("error.csrf-title")));
        if (r->status == 405)
            assert_string_equal(fx_header(&f, "Allow"), fx_literal("allow.get"));
        fx_stop(&f);
    }
}

static void test_authorize__head_and_options(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_ask(&f, "HEAD", GOOD "&response_type=code", NULL, NULL);
    assert_int_equal(f.resp.status, 302);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW));
    fx_ask(&f, "OPTIONS", GOOD "&response_type=code", NULL, NULL);
    assert_int_equal(f.resp.status, 302);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_ask(&f, "HEAD", GOOD "&response_type=code", NULL, NULL);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK "?code="));
    params_add(&f.send, "Origin", "https://argocd.company");
    fx_ask(&f, "OPTIONS", GOOD "&response_type=code", NULL, NULL);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_header(&f, "Allow"), fx_literal("allow.get"));
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "");
    fx_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorize__refuses_in_order),
        cmocka_unit_test(test_authorize__error_carries_raw_state),
        cmocka_unit_test(test_authorize__leads_to_login),
        cmocka_unit_test(test_authorize__cookie_over_tls),
        cmocka_unit_test(test_authorize__answers_code_silently),
        cmocka_unit_test(test_authorize__takes_regex_redirect),
        cmocka_unit_test(test_authorize__empty_list_learns_once),
        cmocka_unit_test(test_authorize__own_query_is_kept),
        cmocka_unit_test(test_authorize__no_application_is_denied),
        cmocka_unit_test(test_authorize__max_age_asks_again),
        cmocka_unit_test(test_authorize__prompt_login_asks_again),
        cmocka_unit_test(test_authorize__prompt_none_and_consent),
        cmocka_unit_test(test_authorize__hybrid_and_fragment),
        cmocka_unit_test(test_authorize__form_post),
        cmocka_unit_test(test_authorize__post),
        cmocka_unit_test(test_authorize__head_and_options),
    };
    return TEST_MAIN(tests);
}
