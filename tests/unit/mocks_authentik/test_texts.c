/*
 * What the mock writes where no relying party looks: the log lines an operator would find in
 * authentik's log, the words of its pages, the kinds of the secrets it names to the trace, and what
 * it says of a setup it cannot play.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/jose/jwk.h"
#include "mocks/authentik/page.h"
#include "mocks/authentik/state.h"

#define CB "https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback"
#define AUTHORIZE "/application/o/authorize/?"
#define GUIDE "client_id=my_client_id"
#define GOOD AUTHORIZE GUIDE "&scope=openid+email&response_type=code&redirect_uri=" CB
#define TOKEN "/application/o/token/"
#define SECRET "&client_secret=my%2Bclient%2Fsecret%25"
#define FORM "application/x-www-form-urlencoded"

/* ------------------------------------------------------------------ log lines */

struct log_row {
    const char *name;
    void (*arrange)(struct fx *f); /* may be NULL */
    bool signed_in;
    const char *path;
    const char *form; /* NULL: GET */
    const char *level;
    const char *text; /* the whole line */
};

static void any_redirect(struct fx *f)
{
    static const struct setup_redirect any[] = {{.regex = true, .url = ".*"}};
    f->setup.authentik.redirects = any;
    f->setup.authentik.redirects_len = 1;
}

static void no_redirect(struct fx *f)
{
    f->setup.authentik.redirects_len = 0;
}

static void no_application(struct fx *f)
{
    f->setup.authentik.slug = NULL;
}

static void only_viewers(struct fx *f)
{
    static const struct setup_binding viewers[] = {{.group = "ArgoCD Viewers"}};
    f->setup.authentik.bindings = viewers;
    f->setup.authentik.bindings_len = 1;
}

static void only_code(struct fx *f)
{
    static const char *const code[] = {"authorization_code", NULL};
    f->setup.authentik.version = "2026.5";
    f->setup.authentik.grant_types = code;
}

static void secret_for_device(struct fx *f)
{
    f->setup.authentik.version = "2026.5";
}

static void app_passwords(struct fx *f)
{
    f->people[0].app_password = "app";
    f->people[2].app_password = "app";
}

#define REDIRECT                                                                                   \
    "The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri)."
#define CODE_FORM GUIDE SECRET "&grant_type=authorization_code&redirect_uri=" CB
#define APP_FORM GUIDE "&grant_type=password"
#define OF_CLIENT " client_id=my_client_id"

static const struct log_row log_rows[] = {
    {"authorize, client unknown", NULL, false, AUTHORIZE "client_id=nobody", NULL, "warning",
     "Invalid client identifier client_id=nobody"},
    {"authorize, client missing", NULL, false, AUTHORIZE "a=b", NULL, "warning",
     "Invalid client identifier client_id="},
    {"authorize, redirect URI missing", NULL, false, AUTHORIZE GUIDE, NULL, "warning",
     REDIRECT " cause=redirect_uri_missing redirect_uri="},
    {"authorize, redirect URI unknown", NULL, false,
     AUTHORIZE GUIDE "&redirect_uri=https%3A%2F%2Frp%2F", NULL, "warning",
     REDIRECT " cause=redirect_uri_no_match redirect_uri=https://rp/"},
    {"authorize, redirect URI of a forbidden scheme", any_redirect, false,
     AUTHORIZE GUIDE "&redirect_uri=data%3Ax", NULL, "warning",
     REDIRECT " cause=redirect_uri_forbidden_scheme redirect_uri=data:x"},
    {"authorize, redirect URI learnt", no_redirect, false, GOOD, NULL, "info",
     "Setting redirect for blank redirect_uris redirect=" FX_CALLBACK},
    {"authorize, scope unknown", NULL, false, GOOD "&scope=openid+nonsense", NULL, "info",
     "Application requested scopes not configured, setting to overlap scope=nonsense"},
    {"authorize, refused", NULL, false, GOOD "&prompt=none", NULL, "warning",
     "The Authorization Server requires End-User authentication redirect_uri=" FX_CALLBACK},
    {"authorize, not for her", only_viewers, true, GOOD, NULL, "info",
     "access denied username=alice application=argocd"},
    {"authorize, granted", NULL, true, GOOD, NULL, "info",
     "authorize_application username=alice authorized_application=argocd scopes=\"openid "
     "email\""},
    {"authorize, no code for the query", NULL, true,
     GOOD "&response_type=id_token&nonce=n&response_mode=query", NULL, "error",
     "System exception during flow execution: 'NoneType' object has no attribute 'code'"},
    {"token, client unknown", NULL, false, TOKEN, "client_id=nobody", "warning",
     "OAuth2Provider does not exist client_id=nobody"},
    {"token, grant unknown", NULL, false, TOKEN, GUIDE "&grant_type=x", "warning",
     "Invalid grant type" OF_CLIENT},
    {"token, grant not listed", only_code, false, TOKEN, GUIDE "&grant_type=password", "warning",
     "Invalid grant_type for provider" OF_CLIENT},
    {"token, secret wrong", NULL, false, TOKEN,
     GUIDE "&client_secret=x&grant_type=authorization_code", "warning",
     "Invalid client secret" OF_CLIENT},
    {"token, code missing", NULL, false, TOKEN, CODE_FORM, "warning",
     "Missing authorization code" OF_CLIENT},
    {"token, code unknown", NULL, false, TOKEN, CODE_FORM "&code=x", "warning",
     "Code does not exist" OF_CLIENT},
    {"token, redirect URI unknown", NULL, false, TOKEN, CODE_FORM "%2F&code=x", "warning",
     "Invalid redirect URI used by provider redirect_uri=" FX_CALLBACK "/"},
    {"token, refresh token missing", NULL, false, TOKEN, GUIDE SECRET "&grant_type=refresh_token",
     "warning", "Missing refresh token" OF_CLIENT},
    {"token, refresh token unknown", NULL, false, TOKEN,
     GUIDE SECRET "&grant_type=refresh_token&refresh_token=x", "warning",
     "Refresh token does not exist" OF_CLIENT},
    {"token, device code unknown", NULL, false, TOKEN,
     GUIDE "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=x", "warning",
     "Device code cannot be redeemed" OF_CLIENT},
    {"token, device code without the secret", secret_for_device, false, TOKEN,
     GUIDE "&grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=x", "warning",
     "Invalid client secret" OF_CLIENT},
    {"token, app password of nobody", app_passwords, false, TOKEN,
     APP_FORM "&username=zoe&password=app", "warning", "User does not exist" OF_CLIENT},
    {"token, app password of one who left", app_passwords, false, TOKEN,
     APP_FORM "&username=gone&password=app", "warning", "User is not active" OF_CLIENT},
    {"token, app password unknown", app_passwords, false, TOKEN,
     APP_FORM "&username=alice&password=alice-password", "warning",
     "App password does not exist" OF_CLIENT},
    {"token, secret that holds no app password", NULL, false, TOKEN,
     APP_FORM "&client_secret=%21%21", "warning", "Invalid client secret" OF_CLIENT},
    {"token, no application", no_application, false, TOKEN, APP_FORM SECRET, "warning",
     "Provider without application" OF_CLIENT},
    {"token, assertion of no source", NULL, false, TOKEN,
     APP_FORM "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3A"
              "jwt-bearer&client_assertion=x",
     "warning", "No token could be verified" OF_CLIENT},
    {0}};

static void sign_in(struct fx *f)
{
    fx_get(f, "/flows/-/default/authentication/?next=%2F");
    AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
    fx_sign_in(f, to, "alice", "alice-password");
}

/* How often that very line stands in the log. */
static size_t lines(const struct fx *f, const char *level, const char *text)
{
    size_t n = 0;
    for (size_t i = 0; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && cstr_eq(e->from, "authentik") && cstr_eq(e->level, level) &&
            cstr_eq(e->text, text))
            n++;
    }
    return n;
}

static void test_log(void **state)
{
    const struct log_row *r = *state;
    struct fx f;
    fx_init(&f);
    if (r->arrange != NULL)
        r->arrange(&f);
    fx_start(&f);
    if (r->signed_in)
        sign_in(&f);
    assert_int_equal(lines(&f, r->level, r->text), 0);
    if (r->form != NULL)
        fx_ask(&f, "POST", r->path, FORM, r->form);
    else
        fx_get(&f, r->path);
    if (lines(&f, r->level, r->text) != 1) {
        AUTO(js_free) struct js *all = trace_json(f.trace);
        AUTO(xfree) char *text = js_pretty(all, 1);
        fail_msg("%s: not in %s", r->name, text);
    }
    fx_stop(&f);
}

static void redeem(struct fx *f, const char *name, const char *value)
{
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, name, value);
    fx_exchange(f, "", &more);
}

/* What takes a code or a refresh token that was good once. */
static void test_log__of_codes_and_tokens(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *bound = fx_code(&f, "openid", "&code_challenge=x");
    redeem(&f, "code", bound);
    assert_int_equal(lines(&f, "warning", "Code challenge not matching" OF_CLIENT), 1);
    AUTO(xfree) char *late = fx_code(&f, "openid", NULL);
    AUTO(xfree) char *code = fx_code(&f, "openid offline_access", NULL);
    redeem(&f, "code", code);
    AUTO(xfree) char *token = xstrdup(fx_text(&f, "refresh_token"));
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "refresh_token");
    params_add(&more, "refresh_token", token);
    params_set(&more, "scope", "openid email offline_access");
    fx_exchange(&f, "", &more);
    assert_int_equal(lines(&f, "warning", "Scope exceeds the original grant" OF_CLIENT), 1);
    params_set(&more, "scope", "openid");
    fx_exchange(&f, "", &more);
    assert_int_equal(lines(&f, "warning", "Missing 'offline_access' scope." OF_CLIENT), 1);
    clock_advance_ms(f.clock, 60 * 1000);
    redeem(&f, "code", late);
    assert_int_equal(lines(&f, "warning", "Code is expired" OF_CLIENT), 1);
    clock_advance_ms(f.clock, INT64_C(30) * 24 * 3600 * 1000);
    params_set(&more, "scope", "");
    fx_exchange(&f, "", &more);
    assert_int_equal(lines(&f, "warning", "Refresh token is expired" OF_CLIENT), 1);
    fx_stop(&f);
}

/* A code of somebody who is in the setup no more; the tokens went with the person. */
static void test_log__of_a_person_who_is_gone(void **state)
{
    (void)state;
    struct fx f;
    struct err err = {0};
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    AUTO(xfree) char *other_code = fx_code(&f, "openid offline_access", NULL);
    redeem(&f, "code", other_code);
    AUTO(xfree) char *token = xstrdup(fx_text(&f, "refresh_token"));
    struct setup other = f.setup;
    other.people = &f.people[1];
    other.people_len = 2;
    assert_int_equal(authentik_mock_change(f.mock, &other, &err), 0);
    redeem(&f, "code", code);
    assert_string_equal(fx_text(&f, "error"), "invalid_grant");
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "refresh_token");
    params_add(&more, "refresh_token", token);
    fx_exchange(&f, "", &more);
    assert_string_equal(fx_text(&f, "error"), "invalid_grant");
    assert_int_equal(lines(&f, "warning", "User does not exist" OF_CLIENT), 1);
    assert_int_equal(lines(&f, "warning", "Refresh token does not exist" OF_CLIENT), 1);
    fx_stop(&f);
}

/* The one line that begins so; NULL if there is none. */
static const struct trace_event *line_begins(const struct fx *f, const char *text)
{
    for (size_t i = 0; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && cstr_starts(e->text, text))
            return e;
    }
    return NULL;
}

static void assert_error_line(const struct fx *f, const char *begin)
{
    const struct trace_event *e = line_begins(f, begin);
    if (e == NULL) {
        fail_msg("no line begins with '%s'", begin);
        return;
    }
    assert_string_equal(e->from, "authentik");
    assert_string_equal(e->level, "error");
    assert_true(strlen(e->text) > strlen(begin)); /* and says why */
}

/* A key that does not fit the algorithm cannot be had by a setup; whatever the cause, the client
 * gets an answer. */
static void test_log__of_what_cannot_be_signed(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    f.mock->conf.alg = JWS_ES256;
    redeem(&f, "code", code);
    assert_int_equal(f.resp.status, 500);
    assert_true(fx_has(&f, fx_literal("error.server-text")));
    assert_error_line(&f, "cannot sign: ");
    fx_get(&f, GOOD "&response_type=id_token&nonce=n");
    assert_true(cstr_contains(fx_header(&f, "Location"), fx_literal("authorize.server-error")));
    assert_error_line(&f, "Error when trying to create response uri: ");
    fx_stop(&f);
}

/* A key that can sign no certificate: no such one is in the harness. */
static void test_log__of_a_jwks_that_cannot_be_made(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(js_free) struct js *jwk = jwk_public(f.mock->conf.key);
    struct key *public_half = NULL;
    assert_int_equal(jwk_to_key(jwk, &public_half, NULL), 0);
    key_free(f.mock->conf.key);
    f.mock->conf.key = public_half;
    fx_get(&f, "/application/o/argocd/jwks/");
    assert_int_equal(f.resp.status, 500);
    assert_true(fx_has(&f, fx_literal("error.server-text")));
    assert_error_line(&f, "jwks: ");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ secrets */

static bool named(const struct fx *f, const char *kind, const char *value)
{
    const char *found = NULL;
    for (size_t i = 0; i < trace_secrets(f->trace); i++)
        if (strcmp(trace_secret_at(f->trace, i, &found), value) == 0)
            return cstr_eq(found, kind);
    return false;
}

/* By their kinds (harness/trace/trace.h), so that a report says what it hides. */
static void test_secrets__are_named(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid offline_access", NULL);
    assert_true(named(&f, "code", code));
    assert_false(named(&f, "token", code));
    redeem(&f, "code", code);
    assert_true(named(&f, "token", fx_text(&f, "access_token")));
    assert_true(named(&f, "token", fx_text(&f, "id_token")));
    assert_true(named(&f, "token", fx_text(&f, "refresh_token")));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ pages */

struct page_row {
    const char *name;
    const char *method;
    const char *path;
    int status;
    const char *title; /* literals */
    const char *text;
};

static const struct page_row pages[] = {
    {"client", "GET", AUTHORIZE "client_id=nobody", 400, "authorize.client-title",
     "authorize.client-text"},
    {"redirect URI", "GET", AUTHORIZE GUIDE, 400, "authorize.redirect-title",
     "authorize.redirect-text"},
    {"not found", "GET", "/nowhere", 404, "error.not-found", "error.not-found-text"},
    {"forbidden", "POST", AUTHORIZE GUIDE, 403, "error.forbidden-title", "error.csrf"},
    {"broken", "GET", AUTHORIZE "max_age=x", 500, "error.broken-title", "error.server-text"},
};

/* The shell of every page: title and heading are the same, one paragraph, framed by nobody else,
 * nothing fetched (style and script stand inside). */
static void test_pages__words(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(pages); i++) {
        const struct page_row *r = &pages[i];
        fx_ask(&f, r->method, r->path, NULL, NULL);
        AUTO(xfree) char *title = xstrdup(fx_literal(r->title));
        AUTO(xfree) char *text = xstrdup(fx_literal(r->text));
        AUTO(xfree)
        char *head = xasprintf("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                               "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                               "content=\"width=device-width, initial-scale=1\">\n"
                               "<title>%s - authentik</title>\n<style>",
                               title);
        AUTO(xfree)
        char *body = xasprintf("</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n<p>%s</p>\n"
                               "<footer>Powered by authentik (mock)</footer>\n</main>\n<script>",
                               title, text);
        assert_int_equal(f.resp.status, r->status);
        if (!cstr_starts(f.resp.body, head) || !fx_has(&f, body))
            fail_msg("%s: %s", r->name, f.resp.body);
        assert_true(str_ends(str_of(f.resp.body), "</script>\n</body>\n</html>\n"));
        assert_string_equal(fx_header(&f, "X-Frame-Options"), fx_literal("page.frame-options"));
        assert_string_equal(fx_header(&f, "Content-Type"), fx_literal("page.type"));
    }
    fx_stop(&f);
}

static void test_pages__text_with_a_class(void **state)
{
    (void)state;
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_text(&b, "li", "error", "a<b");
    ak_page_text(&b, "li", NULL, "a<b");
    assert_string_equal(b.ptr, "<li class=\"error\">a&lt;b</li>\n<li>a&lt;b</li>\n");
}

/* Answers without a page are of the same type. */
static void test_pages__none(void **state)
{
    (void)state;
    static const char *const asked[][2] = {
        {"GET", GOOD}, {"OPTIONS", "/application/o/argocd/jwks/"}, {"GET", TOKEN}};
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(asked); i++) {
        fx_ask(&f, asked[i][0], asked[i][1], NULL, NULL);
        assert_int_equal(f.resp.body_len, 0);
        assert_string_equal(fx_header(&f, "Content-Type"), fx_literal("page.type"));
    }
    fx_stop(&f);
}

/* What style and script promise to those who need it (WCAG 2.2), and how both end. */
static void test_pages__style_and_script(void **state)
{
    (void)state;
    static const char *const parts[] = {
        ":focus-visible{outline:3px solid #2f6fd6;outline-offset:2px}",  /* 2.4.7 */
        "@media(max-width:26rem){body{padding:.5rem;",                   /* 1.4.10 */
        "max-width:100%",                                                /* 1.4.10 */
        "overflow-wrap:anywhere",                                        /* 1.4.12 */
        "min-height:2.75rem",                                            /* 2.5.8 */
        "@media(prefers-reduced-motion:no-preference){button,a.button{", /* 2.3.3 */
        "@media(forced-colors:active){main,button,a.button{border:1px solid}}</style>",
        "b.setAttribute('aria-label','Show password');", /* 4.1.2 */
        "b.setAttribute('aria-pressed',String(s))};i.parentNode.append(b)}</script>",
    };
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, "/nowhere");
    for (size_t i = 0; i < TEST_COUNT(parts); i++)
        if (!fx_has(&f, parts[i]))
            fail_msg("%s", parts[i]);
    assert_false(fx_has(&f, "src="));
    assert_false(fx_has(&f, "url("));
    fx_stop(&f);
}

/* The error that goes to the client as a form, whole (3.1, 2026.5.4). */
static void test_pages__error_form(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2026.5";
    fx_start(&f);
    fx_get(&f, GOOD "&prompt=none&response_mode=form_post&state=s%221");
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_has(&f, "<title>Redirecting... - authentik</title>"));
    static const char form[] =
        "<h1>Redirecting...</h1>\n<form method=\"post\" action=\"" FX_CALLBACK "\">\n"
        "<input type=\"hidden\" name=\"error\" value=\"login_required\">\n"
        "<input type=\"hidden\" name=\"error_description\" value=\"The Authorization Server "
        "requires End-User authentication\">\n"
        "<input type=\"hidden\" name=\"state\" value=\"s&#34;1\">\n"
        "<button type=\"submit\">Continue</button>\n</form>\n"
        "<script>document.forms[0].submit();</script>\n";
    if (!fx_has(&f, form))
        fail_msg("%s", strstr(f.resp.body, "<h1>"));
    fx_stop(&f);
}

/* Django takes the token from the form as well, and asks for none of those that change nothing. */
static void test_csrf__in_the_form(void **state)
{
    (void)state;
    static const char body[] = GUIDE "&response_type=code&redirect_uri=" CB;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    params_set(&f.cookies, "authentik_csrf", "abc");
    AUTO(xfree) char *right = xasprintf("%s&csrfmiddlewaretoken=abc", body);
    AUTO(xfree) char *wrong = xasprintf("%s&csrfmiddlewaretoken=abd", body);
    fx_ask(&f, "POST", AUTHORIZE GUIDE, FORM, wrong);
    assert_int_equal(f.resp.status, 403);
    fx_ask(&f, "POST", AUTHORIZE GUIDE, FORM, right);
    assert_int_equal(f.resp.status, 302);
    assert_true(cstr_starts(fx_header(&f, "Location"), fx_literal("authorize.login-location")));
    fx_ask(&f, "DELETE", GOOD, NULL, NULL);
    assert_int_equal(f.resp.status, 403);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ consent */

/* Every default mapping by its description, in the order of their names; what has no mapping is
 * not asked for. */
static void test_consent__descriptions(void **state)
{
    (void)state;
    static const char *const scopes[] = {"profile",        "openid", "offline_access",
                                         "entitlements",   "email",  "goauthentik.io/api",
                                         "of_the_company", NULL};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.scopes = scopes;
    fx_start(&f);
    sign_in(&f);
    fx_get(&f, GOOD "&scope=profile+openid+of_the_company+goauthentik.io/api+offline_access"
                    "+entitlements+email+nonsense&prompt=consent");
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    AUTO(xfree) char *shown = js_compact(js_get(f.json, "permissions"));
    assert_string_equal(shown, fx_literal("flow.permissions"));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ setups */

struct setup_row {
    const char *signing_key;
    const char *encryption_key;
    const char *message;
};

static void test_setup__unknown_keys(void **state)
{
    (void)state;
    static const struct setup_row rows[] = {
        {"dsa", "none", "mock authentik: unknown signing key 'dsa' of the authentik provider"},
        {"rsa", "ec", "mock authentik: unknown encryption key 'ec' of the authentik provider"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        struct err err = {0};
        fx_init(&f);
        f.setup.authentik.signing_key = rows[i].signing_key;
        f.setup.authentik.encryption_key = rows[i].encryption_key;
        const struct mock_env env = {
            .setup = &f.setup, .clock = f.clock, .rnd = f.rnd, .faults = f.faults};
        assert_null(authentik_mock_new(&env, &err));
        assert_int_equal(err.code, ERR_USAGE);
        assert_string_equal(err.msg, rows[i].message);
        fx_stop(&f);
    }
}

/* A row that is none of the version table's is said to be where it stands. */
static void test_setup__unknown_quirk(void **state)
{
    (void)state;
    struct fx f;
    struct err err = {0};
    fx_init(&f);
    f.mappings = js_object();
    js_set(f.mappings, "jtx", js_bool(true));
    f.setup.authentik.quirks = f.mappings;
    const struct mock_env env = {
        .setup = &f.setup, .clock = f.clock, .rnd = f.rnd, .faults = f.faults};
    assert_null(authentik_mock_new(&env, &err));
    assert_int_equal(err.code, ERR_USAGE);
    if (!cstr_contains(err.msg, "authentik.quirks") || !cstr_contains(err.msg, "'jtx'"))
        fail_msg("%s", err.msg);
    fx_stop(&f);
}

static const struct CMUnitTest single_tests[] = {
    cmocka_unit_test(test_log__of_codes_and_tokens),
    cmocka_unit_test(test_log__of_a_person_who_is_gone),
    cmocka_unit_test(test_log__of_what_cannot_be_signed),
    cmocka_unit_test(test_log__of_a_jwks_that_cannot_be_made),
    cmocka_unit_test(test_secrets__are_named),
    cmocka_unit_test(test_pages__words),
    cmocka_unit_test(test_pages__text_with_a_class),
    cmocka_unit_test(test_pages__none),
    cmocka_unit_test(test_pages__style_and_script),
    cmocka_unit_test(test_pages__error_form),
    cmocka_unit_test(test_csrf__in_the_form),
    cmocka_unit_test(test_consent__descriptions),
    cmocka_unit_test(test_setup__unknown_keys),
    cmocka_unit_test(test_setup__unknown_quirk),
};

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(single_tests) + TEST_COUNT(log_rows)] = {{0}};
    size_t n = TEST_COUNT(single_tests);
    memcpy(tests, single_tests, sizeof(single_tests));
    for (size_t i = 0; i < TEST_COUNT(log_rows); i++)
        tests[n++] = (struct CMUnitTest){.name = log_rows[i].name,
                                         .test_func = test_log,
                                         .initial_state = (void *)(uintptr_t)&log_rows[i]};
    return TEST_MAIN(tests);
}
