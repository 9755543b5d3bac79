/*
 * The rows of the version table that change userinfo, introspection, revocation, logouts and the
 * device flow.
 */
#include "tests/unit/mocks_authentik/receiver.h"
#include "tests/unit/mocks_authentik/rows.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"

#define END_SESSION "/application/o/argocd/end-session/"
#define LEAVE_FLOW "/api/v3/flows/executor/default-invalidation-flow/?query="
#define AFTER "https://argocd.company/bye"

static struct receiver rp; /* of the row under test */

/* ------------------------------------------------------------------ steps */

/* Signs alice in and exchanges the code; the access token. Caller frees. */
static char *sign_in(struct fx *f)
{
    AUTO(xfree) char *code = fx_code(f, "openid profile", "");
    fx_exchange(f, code, NULL);
    assert_int_equal(f->resp.status, 200);
    return xstrdup(fx_text(f, "access_token"));
}

static bool token_lives(struct fx *f, const char *token)
{
    params_addf(&f->send, "Authorization", "Bearer %s", token);
    fx_get(f, "/application/o/userinfo/");
    return f->resp.status == 200;
}

static char *lives(struct fx *f, const char *token)
{
    return xstrdup(token_lives(f, token) ? "lives" : "dead");
}

/* The person's own logout, at the flow that ends authentik's session. */
static void log_out(struct fx *f)
{
    fx_get(f, LEAVE_FLOW);
    for (int i = 0; i < 4 && f->resp.status == 302; i++) {
        AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
        fx_get(f, to);
    }
    assert_int_equal(f->resp.status, 200);
}

static void deactivate(struct fx *f, bool active)
{
    struct err err = {0};
    f->people[0].active = active;
    assert_int_equal(authentik_mock_change(f->mock, &f->setup, &err), 0);
}

static void ask_form(struct fx *f, const char *path, const char *name, const char *value,
                     const char *secret)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    if (secret != NULL)
        params_add(&form, "client_secret", secret);
    params_add(&form, name, value);
    fx_post_form(f, path, &form);
}

/* ------------------------------------------------------------------ userinfo and the rest */

static void arrange_own_sub(struct fx *f)
{
    static struct js *extra;
    if (extra == NULL)
        assert_int_equal(js_parse(str_of("{\"sub\": \"by-mapping\"}"), "extra", &extra, NULL), 0);
    f->people[0].extra = extra;
}

static char *look_userinfo_sub(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    assert_true(token_lives(f, token));
    return xstrdup(cstr_eq(fx_text(f, "sub"), "by-mapping") ? "the mapping's" : "the provider's");
}

static void arrange_public(struct fx *f)
{
    f->setup.authentik.client_type = "public";
}

static char *look_introspect(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    ask_form(f, "/application/o/introspect/", "token", token, f->setup.authentik.client_secret);
    return xstrdup(js_get_bool(f->json, "active", false) ? "active" : "inactive");
}

static char *look_revoke(struct fx *f)
{
    ask_form(f, "/application/o/revoke/", "token", "whatever", NULL);
    return xasprintf("%d", f->resp.status);
}

static char *look_logout_revokes(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    log_out(f);
    return lives(f, token);
}

static char *look_inactive_token(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    deactivate(f, false);
    return lives(f, token);
}

static char *look_inactive_session(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    deactivate(f, false);
    deactivate(f, true);
    AUTO(xfree) char *path = fx_authorize_path("openid", "&prompt=none");
    fx_get(f, path);
    bool refused = cstr_contains(fx_header(f, "Location"), "error=login_required");
    return xstrdup(refused ? "ended" : "kept");
}

/* ------------------------------------------------------------------ end-session */

static char *look_end_session(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    fx_get(f, END_SESSION "?x=1");
    return xstrdup(fx_header(f, "Location"));
}

static char *look_shortcut(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    fx_get(f, END_SESSION);
    fx_get(f, END_SESSION);
    return xstrdup(f->resp.status == 200 ? f->resp.body : "runs");
}

static const struct setup_redirect with_logout[] = {
    {false, FX_CALLBACK, false},
    {false, AFTER, true},
};

static void arrange_logout_uri(struct fx *f)
{
    f->setup.authentik.redirects = with_logout;
    f->setup.authentik.redirects_len = TEST_COUNT(with_logout);
}

/* Where the flow of the last answer's Location ends. Caller frees. */
static char *end_of_flow(struct fx *f)
{
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    fx_get(f, executor);
    for (int i = 0; i < 4 && f->resp.status == 302; i++)
        fx_get(f, executor);
    const char *to = fx_text(f, "to");
    return xstrdup(to[0] != '\0' ? to : fx_text(f, "component"));
}

static char *look_redirect(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    AUTO(xfree)
    char *path = xasprintf(END_SESSION "?post_logout_redirect_uri=" AFTER
                                       "&state=a%%20b%%26c&id_token_hint=%s",
                           fx_text(f, "id_token"));
    fx_get(f, path);
    return end_of_flow(f);
}

static char *look_unregistered(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    fx_get(f, END_SESSION "?post_logout_redirect_uri=" AFTER);
    return xasprintf("%d", f->resp.status);
}

static char *look_anonymous(struct fx *f)
{
    fx_get(f, END_SESSION);
    bool flow = cstr_starts(fx_header(f, "Location"), "/if/flow/default-invalidation-flow/");
    return xstrdup(flow ? "flow" : "login");
}

static void arrange_leave_app(struct fx *f)
{
    f->setup.authentik.invalidation_flow = "default-provider-invalidation-flow";
}

static char *look_leave_app(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    fx_get(f, END_SESSION);
    return lives(f, token);
}

/* ------------------------------------------------------------------ logout tokens */

static void arrange_receiver(struct fx *f)
{
    receiver_start(&rp);
    f->setup.authentik.logout_uri = rp.url;
    f->setup.authentik.sub_mode = "user_username";
}

static void arrange_iframe(struct fx *f)
{
    arrange_receiver(f);
    f->setup.authentik.logout_method = "frontchannel";
}

static char *letters(struct fx *f)
{
    trace_settle(f->trace);
    char *seen = xasprintf("%zu", rp.len);
    receiver_stop(&rp);
    return seen;
}

static char *look_sent(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    log_out(f);
    return letters(f);
}

static char *look_letter(struct fx *f, struct js **ret_claims, struct js **ret_header)
{
    AUTO(xfree) char *token = sign_in(f);
    log_out(f);
    *ret_claims = receiver_claims(&rp, f, 0, ret_header);
    return letters(f);
}

static char *look_letter_sid(struct fx *f)
{
    AUTO(js_free) struct js *claims = NULL;
    AUTO(xfree) char *count = look_letter(f, &claims, NULL);
    bool mode = cstr_eq(js_get_text(claims, "sub"), "alice");
    bool sid = js_get_text(claims, "sid") != NULL;
    return xasprintf("sub %s, %s sid", mode ? "by mode" : "hashed", sid ? "with" : "without");
}

static char *look_letter_exp(struct fx *f)
{
    AUTO(js_free) struct js *claims = NULL;
    AUTO(xfree) char *count = look_letter(f, &claims, NULL);
    return xstrdup(js_get(claims, "exp") != NULL ? "there" : "absent");
}

static char *look_letter_typ(struct fx *f)
{
    AUTO(js_free) struct js *claims = NULL;
    AUTO(js_free) struct js *header = NULL;
    AUTO(xfree) char *count = look_letter(f, &claims, &header);
    return xstrdup(js_get_text(header, "typ"));
}

static char *look_iframe(struct fx *f)
{
    AUTO(xfree) char *token = sign_in(f);
    log_out(f);
    AUTO(xfree) char *component = xstrdup(fx_text(f, "component"));
    AUTO(xfree) char *count = letters(f);
    return xasprintf("%s, %s letters", component, count);
}

/* The session of somebody who was deactivated ends, and the client hears of it. */
static char *look_inactive_told(struct fx *f)
{
    AUTO(xfree) char *session = look_inactive_session(f);
    AUTO(xfree) char *count = letters(f);
    return xasprintf("%s, %s letters", session, count);
}

/* ------------------------------------------------------------------ device flow */

static char *look_device_error(struct fx *f)
{
    ask_form(f, "/application/o/device/", "client_id", "nobody", NULL);
    assert_int_equal(f->resp.status, 200); /* the first client_id counts */
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "nobody");
    fx_post_form(f, "/application/o/device/", &form);
    return xasprintf("%d %s", f->resp.status, f->json != NULL ? fx_text(f, "error") : "empty");
}

static char *look_device_basic(struct fx *f)
{
    AUTO(params_deinit) struct params form = {0};
    AUTO(xfree) char *b64 = b64_encode("my_client_id:", strlen("my_client_id:"));
    params_add(&form, "scope", "openid");
    params_addf(&f->send, "Authorization", "Basic %s", b64);
    fx_post_form(f, "/application/o/device/", &form);
    return xasprintf("%d", f->resp.status);
}

static void arrange_device_flow(struct fx *f)
{
    f->setup.authentik.brand_device_code_flow = true;
}

/* Alice lets the device of the last answer in; its code. Caller frees. */
static char *let_in(struct fx *f)
{
    AUTO(xfree) char *user_code = xstrdup(fx_text(f, "user_code"));
    char *device_code = xstrdup(fx_text(f, "device_code"));
    AUTO(xfree) char *token = sign_in(f);
    AUTO(xfree) char *path = xasprintf("/device?code=%s", user_code);
    fx_get(f, path);
    AUTO(xfree) char *end = end_of_flow(f);
    assert_string_equal(end, "ak-provider-oauth2-device-code-finish");
    return device_code;
}

static char *look_device_secret(struct fx *f)
{
    AUTO(params_deinit) struct params form = {0};
    ask_form(f, "/application/o/device/", "scope", "openid groups", NULL);
    AUTO(xfree) char *device_code = let_in(f);
    params_add(&form, "grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    params_add(&form, "device_code", device_code);
    params_add(&form, "client_id", "my_client_id");
    fx_post_form(f, "/application/o/token/", &form);
    if (f->resp.status == 200)
        return xstrdup("given without a secret");
    AUTO(xfree) char *without = xstrdup(fx_text(f, "error"));
    params_add(&form, "client_secret", f->setup.authentik.client_secret);
    fx_post_form(f, "/application/o/token/", &form);
    return xasprintf("%s without a secret, scope %s with it", without, fx_text(f, "scope"));
}

static const struct setup_binding viewers[] = {{.group = "ArgoCD Viewers"}};

static void arrange_bound_device(struct fx *f)
{
    arrange_device_flow(f);
    f->setup.authentik.bindings = viewers;
    f->setup.authentik.bindings_len = 1;
}

/* Alice, whom the binding keeps out, by the link and by typing the code. */
static char *look_device_policies(struct fx *f)
{
    ask_form(f, "/application/o/device/", "scope", "openid", NULL);
    AUTO(xfree) char *user_code = xstrdup(fx_text(f, "user_code"));
    AUTO(xfree) char *link = xasprintf("/device?code=%s", user_code);
    fx_get(f, "/flows/-/default/authentication/?next=%2F");
    AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
    fx_sign_in(f, to, "alice", "alice-password");
    fx_get(f, link);
    int by_link = f->resp.status;
    assert_int_equal(fx_has(f, fx_literal("authorize.denied-text")), by_link == 200);
    fx_get(f, "/device");
    AUTO(xfree) char *executor = fx_executor(fx_header(f, "Location"));
    AUTO(xfree)
    char *body =
        xasprintf("{\"component\":\"ak-provider-oauth2-device-code\",\"code\":\"%s\"}", user_code);
    fx_reply(f, executor, body);
    assert_int_equal(fx_has(f, fx_literal("authorize.denied-text")), by_link == 200);
    assert_int_equal(fx_logged(f, fx_literal("log.device-denied")), by_link == 200);
    return xasprintf("%d %s", by_link, fx_text(f, "component"));
}

static const struct row_case cases[] = {
    {"device-policies", arrange_bound_device, look_device_policies, "200 xak-flow-shell",
     "302 xak-flow-redirect"},
    {"userinfo-sub", arrange_own_sub, look_userinfo_sub, "the mapping's", "the provider's"},
    {"introspect-public", arrange_public, look_introspect, "inactive", "active"},
    {"revoke-public", arrange_public, look_revoke, "200", "401"},
    {"logout-revokes", NULL, look_logout_revokes, "dead", "lives"},
    {"inactive-revoked", NULL, look_inactive_token, "dead", "lives"},
    {"inactive-logout", NULL, look_inactive_session, "ended", "kept"},
    {"inactive-logout", arrange_receiver, look_inactive_told, "ended, 1 letters",
     "kept, 0 letters"},
    {"end-session-flow", NULL, look_end_session, "/if/flow/default-invalidation-flow/?x=1",
     "/if/session-end/argocd/"},
    {"end-session-shortcut", NULL, look_shortcut, "<html><body>Logout successful</body></html>",
     "runs"},
    {"end-session-redirect", arrange_logout_uri, look_redirect, AFTER "?state=a%20b%26c",
     "ak-stage-session-end"},
    {"logout-uri-skipped", NULL, look_unregistered, "302", "400"},
    {"end-session-anonymous", NULL, look_anonymous, "flow", "login"},
    {"end-session-revokes", arrange_leave_app, look_leave_app, "dead", "lives"},
    {"backchannel-logout", arrange_receiver, look_sent, "1", "0"},
    {"logout-token-sid", arrange_receiver, look_letter_sid, "sub by mode, with sid",
     "sub hashed, without sid"},
    {"logout-token-exp", arrange_receiver, look_letter_exp, "there", "absent"},
    {"logout-token-typ", arrange_receiver, look_letter_typ, "logout+jwt", "JWT"},
    {"frontchannel-logout", arrange_iframe, look_iframe, "ak-provider-iframe-logout, 0 letters",
     "xak-flow-redirect, 1 letters"},
    {"device-json", NULL, look_device_error, "400 invalid_client", "400 empty"},
    {"device-basic", NULL, look_device_basic, "200", "400"},
    {"device-secret", arrange_device_flow, look_device_secret,
     "invalid_client without a secret, scope openid with it", "given without a secret"},
};

static void test_row(void **state)
{
    rows_check(*state);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(cases)] = {0};
    for (size_t i = 0; i < TEST_COUNT(cases); i++)
        tests[i] = (struct CMUnitTest){
            .name = cases[i].id,
            .test_func = test_row,
            .initial_state = (void *)(uintptr_t)&cases[i],
        };
    return TEST_MAIN(tests);
}
