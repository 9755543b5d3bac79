/*
 * Each fault of the mock Argo CD bites: what is refused or right without it is not with it.
 */
#include "tests/integration/argocd_fixture.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/fault.h"

#define CAN_I "/api/v1/account/can-i/"

static void on(struct fx *f, const char *id)
{
    fault_set_add(f->faults, id, 0, NULL);
}

/* ---- the authorization request ---- */

static void test_fault__state_missing(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login good = {0};
    AUTO(fx_login_deinit) struct fx_login bad = {0};
    fx_begin(f, "", &good);
    assert_has(good.location, "&state=");
    on(f, "argocd/state.missing");
    fx_begin(f, "", &bad);
    assert_false(cstr_contains(bad.location, "state="));
}

static void test_fault__state_constant(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login a = {0};
    AUTO(fx_login_deinit) struct fx_login b = {0};
    on(f, "argocd/state.constant");
    fx_begin(f, "", &a);
    fx_begin(f, "", &b);
    assert_string_equal(a.state, b.state);
    assert_int_equal(strlen(a.state), 24);
}

static void test_fault__redirect_uri_other(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login a = {0};
    AUTO(fx_login_deinit) struct fx_login b = {0};
    AUTO(js_free) struct js *with = js_object();
    fault_set_mark(f->faults);
    on(f, "argocd/redirect-uri.other");
    fx_begin(f, "", &a);
    assert_has(a.location, "redirect_uri=https%3A%2F%2Fargocd.company%2Fauth%2Fcallback%2Fother&");
    fault_set_clear_step(f->faults);
    js_set_text(with, "url", "https://evil.example/");
    fault_set_add(f->faults, "argocd/redirect-uri.other", 1, with);
    fx_begin(f, "", &b);
    assert_has(b.location, "redirect_uri=https%3A%2F%2Fevil.example%2F&");
}

static void test_fault__scope_no_openid(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login l = {0};
    on(f, "argocd/scope.no-openid");
    fx_begin(f, "", &l);
    assert_has(l.location, "&scope=profile+email+groups+federated%3Aid&");
}

static void test_fault__scope_no_groups(void **state)
{
    struct fx *f = *state;
    AUTO(fx_login_deinit) struct fx_login l = {0};
    on(f, "argocd/scope.no-groups");
    fx_begin(f, "", &l);
    assert_has(l.location, "&scope=openid+profile+email+federated%3Aid&");
}

static void test_fault__return_url_open(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_get(f, "/auth/login?return_url=https%3A%2F%2Fevil.example%2F", NULL, &r);
    assert_int_equal(r.status, 400);
    on(f, "argocd/return-url.open");
    fx_begin(f, "https://evil.example/", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303);
    assert_string_equal(fx_header(&r, "Location"), "https://evil.example/");
}

/* ---- the callback ---- */

static void test_fault__state_not_checked(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, FX_URL "/x", &l);
    fx_get(f, "/auth/callback?code=c&state=wrong", l.cookie_line, &r);
    assert_int_equal(r.status, 400);
    on(f, "argocd/state.not-checked");
    fx_get(f, "/auth/callback?code=c&state=wrong", l.cookie_line, &r);
    assert_int_equal(r.status, 303);
    assert_string_equal(fx_header(&r, "Location"), FX_URL "/x");
    fx_get(f, "/auth/callback?code=c&state=wrong", NULL, &r);
    assert_int_equal(r.status, 303);
    assert_non_null(fx_set_cookie(&r, "argocd.token="));
}

struct skip_row {
    const char *fault;
    const char *patch; /* of the claims of a token that only this defect takes */
    const char *key;
};

static const struct skip_row skip_rows[] = {
    {"argocd/skip-signature", NULL, "rsa-2048-2"},
    {"argocd/skip-audience", "{\"aud\":\"other\"}", "rsa-2048-1"},
    {"argocd/skip-issuer", "{\"iss\":\"https://evil.example\"}", "rsa-2048-1"},
    {"argocd/skip-expiry", "{\"exp\":1767225599}", "rsa-2048-1"},
    {"argocd/skip-nbf", "{\"nbf\":1767226000}", "rsa-2048-1"},
    {"argocd/issuer-by-prefix", "{\"iss\":\"" FX_URL "/api/dex.evil\"}", "rsa-2048-1"},
    {"argocd/leeway-huge", "{\"exp\":1767225000}", "rsa-2048-1"},
    {"argocd/issuer-without-slash", "{\"iss\":\"" FX_URL "/api/dex/\"}", "rsa-2048-1"},
};

static int callback_status(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    return r.status;
}

static int api_status(struct fx *f, const char *token)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_bearer_line(token);
    fx_get(f, CAN_I "projects/get/x", line, &r);
    return r.status;
}

static void test_fault__skipped_checks(void **state)
{
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(skip_rows); i++) {
        xfree(f->dex.id_token);
        f->dex.id_token = fx_token(f, skip_rows[i].patch, skip_rows[i].key);
        fault_set_mark(f->faults);
        assert_int_equal(callback_status(f), 500);
        assert_int_equal(api_status(f, f->dex.id_token), 401);
        on(f, skip_rows[(i + 1) % TEST_COUNT(skip_rows)].fault); /* another defect does not help */
        assert_int_equal(callback_status(f), 500);
        on(f, skip_rows[i].fault);
        assert_int_equal(callback_status(f), 303);
        assert_int_equal(api_status(f, f->dex.id_token), 200);
        fault_set_clear_step(f->faults);
    }
}

/* ---- cookies ---- */

struct cookie_row {
    const char *fault;
    const char *session; /* attributes of argocd.token */
    const char *state;   /* those of the state cookie when it is cleared */
};

#define STATE_FLAGS "; HttpOnly; Secure; SameSite=Lax"

static void test_fault__cookie_attributes(void **state)
{
    static const struct cookie_row rows[] = {
        {"argocd/cookie.no-httponly", "; path=/; SameSite=lax; Secure", STATE_FLAGS},
        {"argocd/cookie.no-secure", "; path=/; SameSite=lax; httpOnly", STATE_FLAGS},
        {"argocd/cookie.no-samesite", "; path=/; httpOnly; Secure", STATE_FLAGS},
        {"argocd/cookie.other-path", "; path=/auth/; SameSite=lax; httpOnly; Secure", STATE_FLAGS},
        {"argocd/cookie.domain", "; path=/; domain=argocd.company; SameSite=lax; httpOnly; Secure",
         STATE_FLAGS},
        {"argocd/state-cookie.open", "; path=/; SameSite=lax; httpOnly; Secure", ""},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(fx_login_deinit) struct fx_login l = {0};
        fault_set_mark(f->faults);
        on(f, rows[i].fault);
        fx_begin(f, "", &l);
        fx_finish(f, &l, &r);
        const char *session = fx_set_cookie(&r, "argocd.token=");
        const char *cleared = fx_set_cookie(&r, "argocd.oauthstate=");
        assert_string_equal(session + strcspn(session, ";"), rows[i].session);
        assert_string_equal(cleared + strcspn(cleared, ";"), rows[i].state);
        fault_set_clear_step(f->faults);
    }
}

/* ---- RBAC ---- */

static const char *can_i(struct fx *f, const char *groups, const char *what)
{
    static char answer[64];
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *patch = xasprintf("{\"groups\":%s}", groups);
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    AUTO(xfree) char *line = fx_bearer_line(token);
    AUTO(xfree) char *path = xasprintf("%s%s", CAN_I, what);
    fx_get(f, path, line, &r);
    snprintf(answer, sizeof(answer), "%s", r.body);
    return answer;
}

#define SYNC "applications/sync/default/guestbook"

static void test_fault__everyone_admin(void **state)
{
    struct fx *f = *state;
    assert_string_equal(can_i(f, "[]", SYNC), wire("can-i.no"));
    on(f, "argocd/rbac.everyone-admin");
    assert_string_equal(can_i(f, "[]", SYNC), wire("can-i.yes"));
    /* The trace still says who asked. */
    assert_string_equal(js_get_text(fx_decision(f), "subject"), "alice-id");
}

static void test_fault__case_insensitive(void **state)
{
    struct fx *f = *state;
    assert_string_equal(can_i(f, "[\"argocd admins\"]", SYNC), wire("can-i.no"));
    on(f, "argocd/rbac.case-insensitive");
    assert_string_equal(can_i(f, "[\"argocd admins\"]", SYNC), wire("can-i.yes"));
    assert_string_equal(can_i(f, "[\"argocd admin\"]", SYNC), wire("can-i.no"));
}

static void test_fault__ignores_deny(void **state)
{
    struct fx *f = *state;
    fx_policy(f,
              "g, ArgoCD Admins, role:admin\n"
              "p, role:admin, applications, sync, default/guestbook, deny\n",
              NULL);
    assert_string_equal(can_i(f, "[\"ArgoCD Admins\"]", SYNC), wire("can-i.no"));
    on(f, "argocd/rbac.ignores-deny");
    assert_string_equal(can_i(f, "[\"ArgoCD Admins\"]", SYNC), wire("can-i.yes"));
    assert_string_equal(can_i(f, "[]", SYNC), wire("can-i.no"));
}

static void test_fault__can_i_always_yes(void **state)
{
    struct fx *f = *state;
    on(f, "argocd/can-i.always-yes");
    assert_string_equal(can_i(f, "[]", SYNC), wire("can-i.yes"));
    assert_false(js_get_bool(fx_decision(f), "allow", true));
}

/* ---- answers ---- */

static void test_fault__groups_dropped(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    fx_get(f, "/api/v1/session/userinfo", line, &r);
    assert_has(r.body, "\"groups\"");
    on(f, "argocd/userinfo.groups-dropped");
    fx_get(f, "/api/v1/session/userinfo", line, &r);
    assert_has(r.body, "\"loggedIn\":true");
    assert_false(cstr_contains(r.body, "groups"));
}

static void test_fault__proxy_500_passes(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/dex/status/500", NULL, &r);
    assert_int_equal(r.status, 303);
    on(f, "argocd/proxy.500-passes");
    fx_get(f, "/api/dex/status/500", NULL, &r);
    assert_text(&r, 500, "it broke");
}

static void test_fault__logout_keeps_cookie(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_cookie_line(f->dex.id_token);
    on(f, "argocd/logout.keeps-cookie");
    fx_get(f, "/auth/logout", line, &r);
    assert_int_equal(r.status, 303);
    assert_null(fx_set_cookie(&r, "argocd.token"));
}

static void test_table__every_row_is_complete(void **state)
{
    size_t n = 0;
    for (const struct fault *f = faults_argocd; f->id != NULL; f++, n++) {
        assert_true(cstr_starts(f->id, "argocd/"));
        assert_true(f->title != NULL && f->ref != NULL);
        for (const struct fault *g = f + 1; g->id != NULL; g++)
            assert_string_not_equal(f->id, g->id);
    }
    assert_true(n > 23);
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_fault__state_missing),
    FX_TEST(test_fault__state_constant),
    FX_TEST(test_fault__redirect_uri_other),
    FX_TEST(test_fault__scope_no_openid),
    FX_TEST(test_fault__scope_no_groups),
    FX_TEST(test_fault__return_url_open),
    FX_TEST(test_fault__state_not_checked),
    FX_TEST(test_fault__skipped_checks),
    FX_TEST(test_fault__cookie_attributes),
    FX_TEST(test_fault__everyone_admin),
    FX_TEST(test_fault__case_insensitive),
    FX_TEST(test_fault__ignores_deny),
    FX_TEST(test_fault__can_i_always_yes),
    FX_TEST(test_fault__groups_dropped),
    FX_TEST(test_fault__proxy_500_passes),
    FX_TEST(test_fault__logout_keeps_cookie),
    cmocka_unit_test(test_table__every_row_is_complete),
};

int main(void)
{
    return TEST_MAIN(tests);
}
