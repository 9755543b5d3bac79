/*
 * The words of the mock that other tests pass by: what authentik writes to its log, which methods
 * an endpoint has, what is named a secret and as what, which characters random values are made of.
 */
#include "tests/unit/mocks_authentik/receiver.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/crypto/totp.h"
#include "harness/jose/jws.h"
#include "harness/jose/jwt.h"
#include "mocks/authentik/outbox.h"
#include "mocks/authentik/state.h"

#define LOGIN FX_LOGIN_FLOW "?next=%2Fx"
#define EXECUTOR "/api/v3/flows/executor/default-authentication-flow/?query=next%3D%252Fx"
#define END_SESSION "/application/o/argocd/end-session/"
#define DEVICE "/application/o/device/"
#define JSON "application/json"
#define SECRET "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DRAWS 64

static void new_browser(struct fx *f)
{
    params_deinit(&f->cookies);
    f->cookies = (struct params){0};
}

static void start(struct fx *f)
{
    fx_init(f);
    f->setup.authentik.client_secret = "plain0secret1";
    fx_start(f);
}

static void start_in(struct fx *f, const char *version)
{
    fx_init(f);
    f->setup.authentik.client_secret = "plain0secret1";
    f->setup.authentik.version = version;
    fx_start(f);
}

static void sign_in(struct fx *f)
{
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    assert_string_equal(fx_text(f, "component"), fx_literal("flow.redirect"));
}

/* ------------------------------------------------------------------ the log */

/* Is there a line of authentik of this level that is this text and nothing else? */
static bool has_line(const struct fx *f, const char *level, const char *text)
{
    for (size_t i = 0; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && strcmp(e->from, "authentik") == 0 &&
            strcmp(e->level, level) == 0 && strcmp(e->text, text) == 0)
            return true;
    }
    return false;
}

static void log_login(struct fx *f)
{
    sign_in(f);
}

static void log_login_failed(struct fx *f)
{
    fx_sign_in(f, LOGIN, "alice", "wrong");
}

static void log_unknown(struct fx *f)
{
    fx_get(f, EXECUTOR);
    fx_reply(f, EXECUTOR, "{\"uid_field\":\"mallory\"}");
}

static void log_second_factor_failed(struct fx *f)
{
    f->people[0].totp = SECRET;
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    fx_reply(f, EXECUTOR, "{\"code\":\"000000\"}");
}

static void log_device_made(struct fx *f)
{
    f->setup.authentik.flow_mfa = "configure";
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    const char *at = strstr(fx_text(f, "config_url"), "secret=") + strlen("secret=");
    AUTO(xfree) char *secret = xstrndup(at, strcspn(at, "&"));
    AUTO(xfree) char *code = totp_code(secret, clock_now_s(f->clock));
    AUTO(xfree) char *body = xasprintf("{\"code\":\"%s\"}", code);
    fx_reply(f, EXECUTOR, body);
}

static void log_not_applicable(struct fx *f)
{
    fx_get(f, "/api/v3/flows/executor/default-invalidation-flow/?query=");
}

static void log_no_csrf(struct fx *f)
{
    sign_in(f);
    fx_post_json(f, EXECUTOR, "{}");
}

static void log_no_json(struct fx *f)
{
    fx_ask(f, "POST", EXECUTOR, "text/plain", "{}");
}

static void log_broken_json(struct fx *f)
{
    fx_post_json(f, EXECUTOR, "{");
}

static void log_logout(struct fx *f)
{
    sign_in(f);
    fx_get(f, END_SESSION);
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
}

static void log_logout_again(struct fx *f)
{
    f->setup.authentik.flow_pretend_user_exists = true;
    log_logout(f);
    fx_get(f, END_SESSION);
}

static void log_rotated(struct fx *f)
{
    struct err err = {0};
    assert_int_equal(authentik_mock_rotate(f->mock, &err), 0);
    fx_get(f, "/application/o/argocd/jwks/");
}

static void log_device_let_in(struct fx *f)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    f->setup.authentik.brand_device_code_flow = true;
    sign_in(f);
    fx_post_form(f, DEVICE, &form);
    AUTO(xfree) char *path = xasprintf("/device?code=%s", fx_text(f, "user_code"));
    fx_get(f, path);
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
}

static const struct line_case {
    const char *literal;
    const char *level;
    void (*go)(struct fx *f);
} lines[] = {
    {"log.login", "info", log_login},
    {"log.login-failed", "warning", log_login_failed},
    {"log.invalid-login", "info", log_unknown},
    {"log.login-failed", "warning", log_second_factor_failed},
    {"log.totp-made", "info", log_device_made},
    {"log.not-applicable", "warning", log_not_applicable},
    {"log.no-csrf", "warning", log_no_csrf},
    {"log.media-type", "warning", log_no_json},
    {"log.parse-error", "warning", log_broken_json},
    {"log.logout", "info", log_logout},
    {"log.logout", "info", log_logout_again},
    {"log.device", "info", log_device_let_in},
};

static void test_log__lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        struct fx f;
        start(&f);
        assert_false(has_line(&f, lines[i].level, fx_literal(lines[i].literal)));
        lines[i].go(&f);
        if (!has_line(&f, lines[i].level, fx_literal(lines[i].literal)))
            fail_msg("case %zu: no line \"%s\"", i, fx_literal(lines[i].literal));
        fx_stop(&f);
    }
}

/* The new key's id stands in the line; a kind with one test key stays as it is and says so. */
static void test_log__rotation(void **state)
{
    (void)state;
    struct err err = {0};
    struct fx f;
    start(&f);
    log_rotated(&f);
    AUTO(xfree)
    char *line = xasprintf("model_updated model=certificatekeypair kid=%s",
                           js_get_text(js_at(js_get(f.json, "keys"), 0), "kid"));
    assert_true(has_line(&f, "info", line));
    fx_stop(&f);
    fx_init(&f);
    f.setup.authentik.signing_key = "none";
    fx_start(&f);
    assert_int_equal(authentik_mock_rotate(f.mock, &err), -1);
    assert_string_equal(err.msg, "signing key 'none' has no second test key to rotate to");
    fx_stop(&f);
}

/* A setup that cannot be is refused with the name of the system, at its start and when changed. */
static void test_setup__refused_by_name(void **state)
{
    (void)state;
    struct err err = {0};
    struct fx f;
    start(&f);
    const struct mock_env env = {
        .setup = &f.setup, .clock = f.clock, .rnd = f.rnd, .trace = f.trace, .faults = f.faults};
    f.setup.authentik.signing_key = "wood";
    assert_int_equal(authentik_mock_change(f.mock, &f.setup, &err), -1);
    assert_true(cstr_starts(err.msg, "mock authentik: "));
    err = (struct err){0};
    assert_null(authentik_mock_new(&env, &err));
    assert_true(cstr_starts(err.msg, "mock authentik: "));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ logout with a client */

static const struct setup_redirect farewells[] = {
    {false, FX_CALLBACK, false},       {false, "https://argocd.company/bye", true},
    {false, "data:text/html,x", true}, {false, "vbscript:x", true},
    {false, "JavaScript:x", true},
};

/* What is wrong with the hint, and the cause in the log. */
static const struct hint_case {
    const char *claim; /* changed in a good hint; NULL = none */
    const char *value; /* JSON */
    const char *uri;
    const char *cause; /* NULL: none, it is good */
} hints[] = {
    {NULL, NULL, "https://argocd.company/bye", NULL},
    {"aud", "[\"other\",\"my_client_id\"]", "https://argocd.company/bye", NULL},
    {"aud", "[\"other\"]", NULL, "id_token_hint_decode_failed"},
    {"iat", "99999999999", NULL, "id_token_hint_decode_failed"},
    {"nbf", "99999999999", NULL, "id_token_hint_decode_failed"},
    {"nbf", "1", "https://argocd.company/bye", NULL},
    {"iss", "\"other\"", NULL, "id_token_hint_decode_failed"},
    {NULL, NULL, "data:text/html,x", "post_logout_redirect_uri"},
    {NULL, NULL, "vbscript:x", "post_logout_redirect_uri"},
    {NULL, NULL, "JavaScript:x", "post_logout_redirect_uri"},
    {NULL, NULL, "https://argocd.company/other", "invalid_post_logout_redirect_uri"},
};

static char *hint_of(struct fx *f, const struct hint_case *c)
{
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(js_free) struct js *claims = js_object();
    js_set(claims, "iss", js_stringf("%s/application/o/argocd/", f->base));
    js_set_text(claims, "aud", "my_client_id");
    if (c->claim != NULL) {
        AUTO(xfree) char *text = xasprintf("{\"%s\":%s}", c->claim, c->value);
        AUTO(js_free) struct js *other = NULL;
        assert_int_equal(js_parse(str_of(text), "claim", &other, NULL), 0);
        js_merge(claims, other);
    }
    char *hint = NULL;
    assert_int_equal(jwt_sign(key, JWS_RS256, "JWT", NULL, claims, &hint, NULL), 0);
    return hint;
}

static void test_end_session__causes(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(hints); i++) {
        const struct hint_case *c = &hints[i];
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = "2026.8";
        f.setup.authentik.redirects = farewells;
        f.setup.authentik.redirects_len = TEST_COUNT(farewells);
        fx_start(&f);
        AUTO(params_deinit) struct params q = {0};
        AUTO(xfree) char *hint = hint_of(&f, c);
        params_add(&q, "id_token_hint", hint);
        if (c->uri != NULL)
            params_add(&q, "post_logout_redirect_uri", c->uri);
        AUTO(xfree) char *text = params_form(&q);
        AUTO(xfree) char *path = xasprintf(END_SESSION "?%s", text);
        AUTO(xfree)
        char *line = xasprintf("invalid_request cause=%s", c->cause != NULL ? c->cause : "");
        fx_get(&f, path);
        if (f.resp.status != (c->cause != NULL ? 400 : 302) ||
            has_line(&f, "warning", line) != (c->cause != NULL))
            fail_msg("hint %zu: %d", i, f.resp.status);
        fx_stop(&f);
    }
}

static void test_end_session__uri_without_hint(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2026.8";
    f.setup.authentik.redirects = farewells;
    f.setup.authentik.redirects_len = TEST_COUNT(farewells);
    fx_start(&f);
    fx_get(&f, END_SESSION "?post_logout_redirect_uri=https://argocd.company/bye");
    assert_int_equal(f.resp.status, 400);
    assert_true(has_line(&f, "warning", "invalid_request cause=id_token_hint_missing"));
    fx_stop(&f);
}

/* A flow that the setup names and nobody made: the brand's is run. */
static void test_end_session__unknown_flow(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.invalidation_flow = "own-flow";
    fx_start(&f);
    sign_in(&f);
    fx_get(&f, END_SESSION);
    assert_string_equal(fx_header(&f, "Location"), fx_literal("logout.flow-location"));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ the back channel's log */

static void leave_with(struct fx *f, const char *uri)
{
    fx_init(f);
    f->setup.authentik.logout_uri = uri;
    f->setup.authentik.client_secret = "plain0secret1";
    fx_start(f);
    AUTO(xfree) char *code = fx_code(f, "openid", NULL);
    fx_exchange(f, code, NULL);
    fx_get(f, END_SESSION);
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
    trace_settle(f->trace);
}

static void test_backchannel__lines(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *text;
    } rows[] = {{403, "403 Client Error: Forbidden"},
                {500, "500 Server Error: Internal Server Error"}};
    struct receiver rp;
    struct fx f;
    receiver_start(&rp);
    leave_with(&f, rp.url);
    AUTO(js_free) struct js *claims = receiver_claims(&rp, &f, 0, NULL);
    AUTO(xfree)
    char *good = xasprintf("Back-channel logout successful sub=%s", js_get_text(claims, "sub"));
    assert_true(has_line(&f, "info", good));
    assert_string_equal(rp.got[0].user_agent, fx_literal("logout.user-agent"));
    fx_stop(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        rp.status = rows[i].status;
        leave_with(&f, rp.url);
        AUTO(xfree)
        char *bad = xasprintf("%s logout_uri=%s exc=\"%s for url: %s\"",
                              fx_literal("log.backchannel-failed"), rp.url, rows[i].text, rp.url);
        assert_true(has_line(&f, "error", bad));
        fx_stop(&f);
    }
    receiver_stop(&rp);
}

static void test_backchannel__sent_nowhere(void **state)
{
    (void)state;
    struct fx f;
    leave_with(&f, "http://192.0.2.1/x");
    assert_true(has_line(&f, "error",
                         "no logout token is sent to an address outside the setup "
                         "logout_uri=http://192.0.2.1/x"));
    fx_stop(&f);
}

/* Of 127.0.0.0/8 every address is this machine, whatever its digits. */
static void test_backchannel__loopback(void **state)
{
    (void)state;
    struct fx f;
    leave_with(&f, "http://127.89.67.45:1/x");
    assert_false(fx_logged(&f, "outside the setup"));
    fx_stop(&f);
}

#define OUTBOX_ROOM 4096

static struct letter *letter_to(const char *url)
{
    struct letter *l = xcalloc(1, sizeof(*l));
    l->to = xstrdup(url);
    l->user_agent = xstrdup("authentik@2026.2");
    l->key = key_test("rsa-2048-1");
    l->alg = JWS_RS256;
    l->typ = xstrdup("JWT");
    l->claims = js_object();
    return l;
}

static bool has_failure(const struct fx *f, const char *url, const char *why)
{
    AUTO(xfree)
    char *line =
        xasprintf("%s logout_uri=%s exc=\"%s\"", fx_literal("log.backchannel-failed"), url, why);
    return has_line(f, "error", line);
}

/* A mock that serves one system alone has no client. */
static void test_outbox__no_way_out(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    struct outbox *o = ak_outbox_new(NULL, f.trace);
    ak_outbox_send(o, letter_to("http://127.0.0.1:1/x"));
    trace_settle(f.trace);
    assert_true(has_failure(&f, "http://127.0.0.1:1/x", "there is no way out"));
    ak_outbox_free(o);
    fx_stop(&f);
}

/* A client that never answers fills the queue; what no longer fits is said at once. */
static void test_outbox__full(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    struct err err = {0};
    fx_init(&f);
    const struct http_client_conf conf = {.party = "authentik", .trace = f.trace};
    struct http_client *client = NULL;
    assert_int_equal(http_client_new(&conf, &client, &err), 0);
    receiver_start(&rp);
    struct outbox *o = ak_outbox_new(client, f.trace);
    pthread_mutex_lock(&rp.lock); /* the receiver stands still */
    for (int i = 0; i < OUTBOX_ROOM; i++)
        ak_outbox_send(o, letter_to(rp.url));
    assert_false(has_failure(&f, rp.url, "too many letters are waiting"));
    ak_outbox_send(o, letter_to(rp.url)); /* in the place of the one on its way, at most */
    ak_outbox_send(o, letter_to(rp.url));
    assert_true(has_failure(&f, rp.url, "too many letters are waiting"));
    pthread_mutex_unlock(&rp.lock);
    ak_outbox_free(o);
    http_client_free(client);
    fx_stop(&f);
    receiver_stop(&rp);
}

/* ------------------------------------------------------------------ full stores */

/* What is dropped before its time is named: here with room for one of each. */
static void test_stores__say_what_was_dropped(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "a store of 1 sessions is full", "a store of 1 codes is full",
        "a store of 1 access tokens is full", "a store of 1 refresh tokens is full"};
    struct fx f;
    start(&f);
    f.mock->sessions.max = f.mock->codes.max = f.mock->access.max = f.mock->refresh.max = 1;
    for (int i = 0; i < 2; i++) {
        AUTO(xfree) char *unused = fx_code(&f, "openid", NULL);
        AUTO(xfree) char *code = fx_code(&f, "openid offline_access", NULL);
        fx_exchange(&f, code, NULL);
        assert_int_equal(f.resp.status, 200);
        new_browser(&f);
    }
    for (size_t i = 0; i < TEST_COUNT(wanted); i++)
        if (!fx_logged(&f, wanted[i]))
            fail_msg("no line \"%s\"", wanted[i]);
    fx_stop(&f);
}

/* Another person in the same browser gets a session of their own, with how they signed in; the
 * first one's plan goes with the first one's session. */
static void test_sessions__another_person(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    sign_in(&f);
    AUTO(xfree) char *before = xstrdup(params_get(&f.cookies, "authentik_session"));
    fx_sign_in(&f, LOGIN, "bob", " bob ");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.redirect"));
    assert_string_not_equal(params_get(&f.cookies, "authentik_session"), before);
    AUTO(xfree) char *code = fx_code(&f, "openid profile", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(js_free) struct js *claims = fx_id_claims(&f);
    assert_string_equal(js_get_text(claims, "preferred_username"), "bob");
    assert_int_equal(js_len(js_get(claims, "amr")), 1);
    assert_string_equal(js_text(js_at(js_get(claims, "amr"), 0)), "pwd");
    fx_stop(&f);
}

/* A second factor stands in amr behind the first. */
static void test_amr__second_factor(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.people[0].totp = SECRET;
    fx_start(&f);
    fx_sign_in(&f, LOGIN, "alice", "alice-password");
    AUTO(xfree) char *code = totp_code(SECRET, clock_now_s(f.clock));
    AUTO(xfree) char *body = xasprintf("{\"code\":\"%s\"}", code);
    fx_reply(&f, EXECUTOR, body);
    AUTO(xfree) char *grant = fx_code(&f, "openid", NULL);
    fx_exchange(&f, grant, NULL);
    AUTO(js_free) struct js *claims = fx_id_claims(&f);
    AUTO(xfree) char *amr = js_compact(js_get(claims, "amr"));
    assert_string_equal(amr, fx_literal("token.amr-second-factor"));
    fx_stop(&f);
}

/* Who is deactivated while setting a second factor up is denied like anybody inactive. */
static void test_mfa__person_left(void **state)
{
    (void)state;
    struct err err = {0};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.flow_mfa = "configure";
    fx_start(&f);
    fx_sign_in(&f, LOGIN, "alice", "alice-password");
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.totp-setup"));
    f.people[0].active = false;
    assert_int_equal(authentik_mock_change(f.mock, &f.setup, &err), 0);
    fx_get(&f, EXECUTOR);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.denied"));
    assert_string_equal(fx_text(&f, "error_message"), fx_literal("flow.inactive"));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ methods */

static const struct method_case {
    const char *path;
    const char *methods;
    const char *allow; /* the literal of what another is told; NULL = that nothing is there */
} methods[] = {
    {"/flows/-/default/authentication/", "GET HEAD", "allow.get-head"},
    {"/flows/-/cancel/", "GET HEAD", "allow.get-head"},
    {END_SESSION, "GET HEAD", "allow.get-head"},
    {"/device", "GET HEAD", "allow.get-head"},
    {EXECUTOR, "GET HEAD POST", "allow.get-post"},
    {LOGIN, "GET HEAD POST", "allow.get-post"},
    {"/application/o/userinfo/", "GET HEAD POST OPTIONS", "allow.userinfo"},
    {DEVICE, "POST", "allow.post"},
    {"/application/o/introspect/", "POST", "allow.post"},
    {"/application/o/revoke/", "POST", "allow.post"},
    {"/-/health/live/", "GET HEAD", NULL},
    {"/-/health/ready/", "GET HEAD", NULL},
    {"/", "GET HEAD", NULL},
};

static void judge_method(const struct method_case *c, const char *version, const char *method)
{
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = version;
    f.setup.authentik.brand_device_code_flow = true;
    fx_start(&f);
    bool has = cstr_contains(c->methods, method);
    fx_ask(&f, method, c->path, strcmp(method, "POST") == 0 ? JSON : NULL,
           strcmp(method, "POST") == 0 ? "{}" : NULL);
    int refused = c->allow != NULL ? 405 : 404;
    if ((f.resp.status != refused) != has)
        fail_msg("%s %s: %d", method, c->path, f.resp.status);
    if (!has && c->allow != NULL)
        assert_string_equal(fx_header(&f, "Allow"), fx_literal(c->allow));
    fx_stop(&f);
}

static void test_methods(void **state)
{
    (void)state;
    static const char *const asked[] = {"GET", "HEAD", "POST", "PUT", NULL};
    for (size_t i = 0; i < TEST_COUNT(methods); i++)
        for (const char *const *m = asked; *m != NULL; m++)
            judge_method(&methods[i], "2026.2", *m);
}

/* RP-initiated logout may be a form; the page before 2024.10 may not. */
static void test_methods__of_other_releases(void **state)
{
    (void)state;
    static const char *const asked[] = {"GET", "HEAD", "POST", "PUT", NULL};
    static const struct method_case later = {END_SESSION, "GET HEAD POST", "allow.get-post"};
    static const struct method_case before = {"/if/session-end/argocd/", "GET HEAD",
                                              "allow.get-head"};
    for (const char *const *m = asked; *m != NULL; m++) {
        judge_method(&later, "2026.5", *m);
        judge_method(&before, "2024.8", *m);
    }
}

static void describe_as(struct fx *f, const char *token, const char *secret)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "token", token);
    params_add(&form, "client_id", "my_client_id");
    params_add(&form, "client_secret", secret);
    fx_post_form(f, "/application/o/introspect/", &form);
}

/* The defect of client authentication is one of introspection, too. */
static void test_introspect__fault_of_client_authentication(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(xfree) char *token = xstrdup(fx_text(&f, "access_token"));
    describe_as(&f, token, "wrong");
    assert_false(js_get_bool(f.json, "active", true));
    fx_fault(&f, "authentik/client-auth.ignored", NULL);
    describe_as(&f, token, "wrong");
    assert_true(js_get_bool(f.json, "active", false));
    fx_stop(&f);
}

/* An empty answer says that it would be HTML, as Django's do. */
static void test_userinfo__empty_answers(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    fx_get(&f, "/application/o/userinfo/");
    assert_int_equal(f.resp.status, 401);
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html; charset=utf-8");
    params_add(&f.send, "Origin", "https://argocd.company");
    fx_ask(&f, "OPTIONS", "/application/o/userinfo/", NULL, NULL);
    assert_int_equal(f.resp.status, 200);
    assert_int_equal(f.resp.body_len, 0);
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Methods"), fx_literal("cors.methods"));
    fx_stop(&f);
}

/* Over TLS (a proxy in front says so) the cookie and the rule for forms are stricter: without an
 * Origin the Referer must be this site's. */
static void test_tls__cookie_and_referer(void **state)
{
    (void)state;
    static const struct {
        const char *name, *scheme, *host, *path; /* host NULL: this site's */
        int status;
    } rows[] = {
        {"Referer", "https", NULL, "/if/flow/x/", 200},
        {"Referer", "https", "evil.example", "/if/flow/x/", 403},
        {"Referer", "http", NULL, "/if/flow/x/", 403},
        {"Origin", "https", NULL, "", 200},
        {"Origin", "https", "evil.example", "", 403},
        {"X-Nothing", "https", NULL, "", 403},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        AUTO(params_deinit) struct params form = {0};
        start(&f);
        params_add(&f.send, "X-Forwarded-Proto", "https");
        fx_get(&f, LOGIN);
        AUTO(xfree) char *cookie = xstrdup("");
        for (size_t h = 0; h < f.resp.headers.len; h++)
            if (cstr_starts(f.resp.headers.items[h].value, "authentik_session=")) {
                xfree(cookie);
                cookie = xstrdup(strchr(f.resp.headers.items[h].value, ';') + 2);
            }
        assert_string_equal(cookie, fx_literal("cookie.session-tls"));
        params_add(&form, "csrfmiddlewaretoken", params_get(&f.cookies, "authentik_csrf"));
        params_add(&form, "uid_field", "");
        params_add(&f.send, "X-Forwarded-Proto", "https");
        const char *host = rows[i].host != NULL ? rows[i].host : f.base + strlen("http://");
        AUTO(xfree) char *value = xasprintf("%s://%s%s", rows[i].scheme, host, rows[i].path);
        params_add(&f.send, rows[i].name, value);
        fx_post_form(&f, LOGIN, &form);
        if (f.resp.status != rows[i].status)
            fail_msg("%s %s: %d", rows[i].name, value, f.resp.status);
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ ways without a name */

static void test_ways__default_flows(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    fx_get(&f, "/flows/-/default/invalidation/?next=%2Fx");
    assert_string_equal(fx_header(&f, "Location"), "/if/flow/default-invalidation-flow/?next=%2Fx");
    fx_get(&f, "/flows/-/default/authentication/");
    assert_string_equal(fx_header(&f, "Location"), FX_LOGIN_FLOW);
    fx_get(&f, "/flows/-/default/enrollment/");
    assert_int_equal(f.resp.status, 404);
    assert_true(fx_has(&f, fx_literal("error.not-found")));
    fx_stop(&f);
}

static void test_ways__root_and_health(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    fx_get(&f, "/");
    assert_int_equal(f.resp.status, 302);
    assert_string_equal(fx_header(&f, "Location"), FX_LOGIN_FLOW "?next=%2F");
    assert_string_equal(fx_header(&f, "X-Powered-By"), "authentik");
    assert_int_equal(strlen(fx_header(&f, "X-authentik-id")), 32);
    fx_get(&f, "/-/health/live/");
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html; charset=utf-8");
    fx_get(&f, "/-/health/ready/");
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ titles, members */

static void test_titles(void **state)
{
    (void)state;
    static const struct {
        const char *slug, *title;
    } rows[] = {
        {"default-authentication-flow", "flow.title"},
        {"default-provider-authorization-implicit-consent", "flow.title-authorization"},
        {"default-provider-authorization-explicit-consent", "flow.title-authorization"},
        {"default-invalidation-flow", "flow.title-logout"},
        {"default-provider-invalidation-flow", "flow.title-left"},
        {"default-device-code-flow", "flow.title-device"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        start(&f);
        AUTO(xfree) char *path = xasprintf("/api/v3/flows/executor/%s/?query=", rows[i].slug);
        fx_get(&f, path); /* who may not enter is told so in a challenge with the title */
        assert_string_equal(js_get_text(js_get(f.json, "flow_info"), "title"),
                            fx_literal(rows[i].title));
        fx_stop(&f);
    }
}

/* Without an application the product's name stands in its place. */
static void test_titles__without_application(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.app_name = NULL;
    fx_start(&f);
    fx_get(&f, "/api/v3/flows/executor/default-provider-invalidation-flow/?query=");
    assert_string_equal(js_get_text(js_get(f.json, "flow_info"), "title"),
                        "You've logged out of authentik.");
    fx_stop(&f);
}

/* A challenge said of which kind it is until 2024.6; a page in the flow is of one of its own. */
static void test_types__shell(void **state)
{
    (void)state;
    static const struct setup_redirect odd[] = {{false, "nowhere"}};
    static const struct {
        const char *version, *type; /* its literal; NULL = none is sent */
    } rows[] = {{"2024.6", "flow.type-shell"}, {"2024.8", NULL}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = rows[i].version;
        f.setup.authentik.redirects = odd;
        f.setup.authentik.redirects_len = 1;
        fx_start(&f);
        sign_in(&f);
        fx_get(&f, "/application/o/authorize/?client_id=my_client_id&response_type=code&"
                   "scope=openid&redirect_uri=nowhere&prompt=none+consent");
        AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
        fx_get(&f, executor);
        AUTO(xfree) char *body = xasprintf("{\"token\":\"%s\"}", fx_text(&f, "token"));
        fx_reply(&f, executor, body);
        assert_string_equal(fx_text(&f, "component"), fx_literal("flow.shell"));
        assert_string_equal(fx_text(&f, "type"),
                            rows[i].type != NULL ? fx_literal(rows[i].type) : "");
        fx_stop(&f);
    }
}

static void test_permissions__named(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.authorization_flow = "explicit";
    fx_start(&f);
    fx_sign_in(&f, LOGIN, "alice", "alice-password");
    AUTO(xfree) char *path = fx_authorize_path("openid email profile offline_access", NULL);
    fx_get(&f, path);
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    AUTO(xfree) char *text = js_compact(js_get(f.json, "permissions"));
    assert_string_equal(text, fx_literal("flow.permissions-default"));
    fx_stop(&f);
}

/* An operator's look at what is kept. */
static void test_counts__members(void **state)
{
    (void)state;
    struct fx f;
    start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid offline_access", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(xfree) char *second = fx_code(&f, "openid", NULL);
    AUTO(js_free) struct js *counts = authentik_mock_counts(f.mock);
    AUTO(xfree) char *text = js_compact(counts);
    assert_string_equal(text,
                        "{\"sessions\":1,\"codes\":1,\"access_tokens\":1,\"refresh_tokens\":1,"
                        "\"evicted\":0}");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ secrets */

/* As what the value was named; "" if it was not. */
static const char *kind_of(const struct fx *f, const char *value)
{
    for (size_t i = 0; i < trace_secrets(f->trace); i++) {
        const char *kind = "";
        if (strcmp(trace_secret_at(f->trace, i, &kind), value) == 0)
            return kind;
    }
    return "";
}

static void test_secrets__of_the_setup(void **state)
{
    (void)state;
    static const char *const codes[] = {"k7m2q9xw", NULL};
    struct fx f;
    fx_init(&f);
    f.people[0].totp = SECRET;
    f.people[0].static_codes = codes;
    f.people[0].app_password = "an app password";
    fx_start(&f);
    assert_string_equal(kind_of(&f, "my+client/secret%"), "client-secret");
    assert_string_equal(kind_of(&f, "alice-password"), "password");
    assert_string_equal(kind_of(&f, SECRET), "password");
    assert_string_equal(kind_of(&f, "an app password"), "password");
    assert_string_equal(kind_of(&f, "k7m2q9xw"), "password");
    assert_string_equal(kind_of(&f, "alice"), "");
    fx_stop(&f);
}

static void test_secrets__of_a_login(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.authorization_flow = "explicit";
    f.setup.authentik.flow_mfa = "configure";
    fx_start(&f);
    fx_sign_in(&f, LOGIN, "alice", "alice-password");
    const char *at = strstr(fx_text(&f, "config_url"), "secret=") + strlen("secret=");
    AUTO(xfree) char *secret = xstrndup(at, strcspn(at, "&"));
    assert_string_equal(kind_of(&f, secret), "password");
    AUTO(xfree) char *code = totp_code(secret, clock_now_s(f.clock));
    AUTO(xfree) char *body = xasprintf("{\"code\":\"%s\"}", code);
    fx_reply(&f, EXECUTOR, body);
    assert_string_equal(kind_of(&f, params_get(&f.cookies, "authentik_session")), "cookie");
    assert_string_equal(kind_of(&f, params_get(&f.cookies, "authentik_csrf")), "cookie");
    AUTO(xfree) char *path = fx_authorize_path("openid", NULL);
    fx_get(&f, path);
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    assert_string_equal(kind_of(&f, fx_text(&f, "token")), "token");
    fx_stop(&f);
}

static void test_secrets__of_a_second_factor(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.people[0].totp = SECRET;
    fx_start(&f);
    fx_sign_in(&f, LOGIN, "alice", "alice-password");
    fx_reply(&f, EXECUTOR, "{\"code\":\"918273\"}");
    assert_string_equal(kind_of(&f, "918273"), "code");
    fx_stop(&f);
}

static void test_secrets__of_devices_and_logout(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    receiver_start(&rp);
    leave_with(&f, rp.url);
    assert_int_equal(rp.len, 1);
    assert_string_equal(kind_of(&f, rp.got[0].token), "token");
    fx_post_form(&f, DEVICE, &form);
    assert_string_equal(kind_of(&f, fx_text(&f, "device_code")), "code");
    assert_string_equal(kind_of(&f, fx_text(&f, "user_code")), "code");
    fx_stop(&f);
    receiver_stop(&rp);
}

/* ------------------------------------------------------------------ characters */

/* Every character of the alphabet is drawn in the end, and no other. */
static void assert_alphabet(const char *drawn, const char *alphabet)
{
    assert_int_equal(strspn(drawn, alphabet), strlen(drawn));
    for (const char *c = alphabet; *c != '\0'; c++)
        if (strchr(drawn, *c) == NULL)
            fail_msg("'%c' is never drawn", *c);
}

static void get_codes(struct fx *f, int from)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    params_addf(&f->send, "X-Forwarded-For", "192.0.2.%d", from);
    fx_post_form(f, DEVICE, &form);
    assert_int_equal(f->resp.status, 200);
}

static void test_characters__device_codes(void **state)
{
    (void)state;
    AUTO(buf_deinit) struct buf user;
    AUTO(buf_deinit) struct buf device;
    struct fx f;
    buf_init(&user, BUF_MAX_TEXT);
    buf_init(&device, BUF_MAX_TEXT);
    start(&f);
    for (int i = 0; i < DRAWS; i++) {
        get_codes(&f, i);
        buf_adds(&user, fx_text(&f, "user_code"));
        buf_adds(&device, fx_text(&f, "device_code"));
    }
    assert_alphabet(user.ptr, DIGITS);
    assert_alphabet(device.ptr, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS);
    fx_stop(&f);
}

static void test_characters__session_keys(void **state)
{
    (void)state;
    AUTO(buf_deinit) struct buf b;
    AUTO(buf_deinit) struct buf csrf;
    struct fx f;
    buf_init(&b, BUF_MAX_TEXT);
    buf_init(&csrf, BUF_MAX_TEXT);
    start(&f);
    for (int i = 0; i < DRAWS; i++) {
        new_browser(&f);
        fx_get(&f, LOGIN);
        const char *value = params_get(&f.cookies, "authentik_csrf");
        assert_int_equal(strlen(value), 32);
        buf_adds(&csrf, value);
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(params_get(&f.cookies, "authentik_session"), &j, NULL), JWS_OK);
        assert_string_equal(js_get_text(j.header, "typ"), "JWT");
        AUTO(js_free)
        struct js *claims = jwt_claims_unverified(params_get(&f.cookies, "authentik_session"));
        const char *sid = js_get_text(claims, "sid");
        assert_int_equal(strlen(sid), 32);
        buf_adds(&b, sid);
        assert_string_equal(js_get_text(claims, "iss"), "authentik");
        assert_string_equal(js_get_text(claims, "acr"), fx_literal("cookie.session-acr"));
    }
    assert_alphabet(b.ptr, LETTERS DIGITS);
    assert_alphabet(csrf.ptr, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS);
    fx_stop(&f);
}

static void test_characters__totp_secrets(void **state)
{
    (void)state;
    AUTO(buf_deinit) struct buf b;
    struct fx f;
    buf_init(&b, BUF_MAX_TEXT);
    fx_init(&f);
    f.setup.authentik.flow_mfa = "configure";
    fx_start(&f);
    for (int i = 0; i < DRAWS; i++) {
        new_browser(&f);
        fx_sign_in(&f, LOGIN, "alice", "alice-password");
        const char *at = strstr(fx_text(&f, "config_url"), "secret=") + strlen("secret=");
        AUTO(xfree) char *secret = xstrndup(at, strcspn(at, "&"));
        buf_adds(&b, secret);
    }
    assert_alphabet(b.ptr, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ device codes as typed */

static bool is_let_in(struct fx *f, const char *typed)
{
    new_browser(f);
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    fx_get(f, "/device");
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    AUTO(xfree) char *body = xasprintf("{\"code\":%s}", typed);
    fx_get(f, executor);
    fx_reply(f, executor, body);
    return cstr_eq(fx_text(f, "component"), "xak-flow-redirect");
}

/* An integer has no leading zeros; every digit may stand in it. */
static void test_device__typed_as_a_number(void **state)
{
    (void)state;
    struct fx f;
    int with_zero = 0;
    fx_init(&f);
    f.setup.authentik.brand_device_code_flow = true;
    fx_start(&f);
    AUTO(buf_deinit) struct buf typed;
    buf_init(&typed, BUF_MAX_TEXT);
    for (int i = 0; i < DRAWS && (with_zero == 0 || strchr(typed.ptr, '9') == NULL); i++) {
        get_codes(&f, i);
        AUTO(xfree) char *code = xstrdup(fx_text(&f, "user_code"));
        if (code[0] != '0' && strchr(code, '9') == NULL)
            continue;
        with_zero += code[0] == '0';
        buf_adds(&typed, code);
        assert_true(is_let_in(&f, code + strspn(code, "0")));
    }
    assert_true(with_zero > 0);
    assert_false(is_let_in(&f, "1"));
    assert_true(fx_has(&f, fx_literal("device.invalid-code")));
    fx_stop(&f);
}

/* Who says to come from this machine is counted with it. */
static void test_device__throttled_by_address(void **state)
{
    (void)state;
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    struct fx f;
    start(&f);
    for (int i = 0; i < 20; i++)
        fx_post_form(&f, DEVICE, &form);
    params_add(&f.send, "X-Forwarded-For", " 127.0\t.0.1");
    fx_post_form(&f, DEVICE, &form);
    assert_int_equal(f.resp.status, 429);
    fx_stop(&f);
    start_in(&f, "2025.6"); /* the empty answer of before */
    params_deinit(&form);
    form = (struct params){0};
    params_add(&form, "client_id", "other");
    fx_post_form(&f, DEVICE, &form);
    assert_int_equal(f.resp.status, 400);
    assert_int_equal(f.resp.body_len, 0);
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html; charset=utf-8");
    fx_get(&f, "/device");
    assert_int_equal(f.resp.status, 404);
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html; charset=utf-8");
    fx_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__lines),
        cmocka_unit_test(test_log__rotation),
        cmocka_unit_test(test_setup__refused_by_name),
        cmocka_unit_test(test_end_session__causes),
        cmocka_unit_test(test_end_session__uri_without_hint),
        cmocka_unit_test(test_backchannel__lines),
        cmocka_unit_test(test_backchannel__sent_nowhere),
        cmocka_unit_test(test_backchannel__loopback),
        cmocka_unit_test(test_end_session__unknown_flow),
        cmocka_unit_test(test_outbox__no_way_out),
        cmocka_unit_test(test_outbox__full),
        cmocka_unit_test(test_stores__say_what_was_dropped),
        cmocka_unit_test(test_sessions__another_person),
        cmocka_unit_test(test_amr__second_factor),
        cmocka_unit_test(test_mfa__person_left),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_methods__of_other_releases),
        cmocka_unit_test(test_introspect__fault_of_client_authentication),
        cmocka_unit_test(test_userinfo__empty_answers),
        cmocka_unit_test(test_tls__cookie_and_referer),
        cmocka_unit_test(test_ways__default_flows),
        cmocka_unit_test(test_ways__root_and_health),
        cmocka_unit_test(test_titles),
        cmocka_unit_test(test_titles__without_application),
        cmocka_unit_test(test_types__shell),
        cmocka_unit_test(test_permissions__named),
        cmocka_unit_test(test_counts__members),
        cmocka_unit_test(test_secrets__of_the_setup),
        cmocka_unit_test(test_secrets__of_a_login),
        cmocka_unit_test(test_secrets__of_a_second_factor),
        cmocka_unit_test(test_secrets__of_devices_and_logout),
        cmocka_unit_test(test_characters__device_codes),
        cmocka_unit_test(test_characters__session_keys),
        cmocka_unit_test(test_characters__totp_secrets),
        cmocka_unit_test(test_device__typed_as_a_number),
        cmocka_unit_test(test_device__throttled_by_address),
    };
    return TEST_MAIN(tests);
}
