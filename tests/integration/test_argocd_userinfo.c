/*
 * Groups from userinfo (enableUserInfoGroups): asked for with the access token of the web login,
 * kept for a while, refused when they are somebody else's (argocd.md 7.2, 4.2).
 */
#include "tests/integration/argocd_rows.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"

#define CAN_I "/api/v1/account/can-i/applications/sync/default/guestbook"
#define OPTION "enableUserInfoGroups: true\nuserInfoPath: own\n"
#define TOKEN "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":\"abc\",\"groups\":null}"

static void answers(struct fx *f, int status, const char *type, const char *body)
{
    f->dex.userinfo_status = status;
    f->dex.userinfo_type = type;
    xfree(f->dex.userinfo_body);
    f->dex.userinfo_body = xstrdup(body);
}

static void of_groups(struct fx *f, const char *sub, const char *groups)
{
    AUTO(xfree) char *body = xasprintf("{\"sub\":\"%s\",\"groups\":%s}", sub, groups);
    answers(f, 200, "application/json", body);
}

static char *subject(const struct fx *f)
{
    AUTO(js_free) struct js *claims = NULL;
    AUTO(xfree) char *token = xstrdup(f->dex.id_token);
    char *body = strchr(token, '.') + 1;
    *strchr(body, '.') = '\0';
    uint8_t *bytes = NULL;
    size_t n = 0;
    assert_int_equal(b64url_decode(body, strlen(body), &bytes, &n, NULL), 0);
    assert_int_equal(js_parse((struct str){(const char *)bytes, n}, "claims", &claims, NULL), 0);
    xfree(bytes);
    return xstrdup(js_get_text(claims, "sub"));
}

/* oidc.config with the option, and a token that has no groups. */
static void begin(struct fx *f, const char *option)
{
    fx_use_oidc(f, option, false);
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, TOKEN, "rsa-2048-1");
    AUTO(xfree) char *sub = subject(f);
    of_groups(f, sub, "[\"ArgoCD Admins\"]");
}

static void sign_in(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303);
}

static void asks(struct fx *f, int status, const char *literal)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_cookie_line(f->dex.id_token);
    fx_get(f, CAN_I, line, &r);
    assert_int_equal(r.status, status);
    assert_has(r.body, wire(literal));
}

static void test_userinfo_groups__make_the_roles(void **state)
{
    struct fx *f = *state;
    begin(f, OPTION);
    sign_in(f);
    asks(f, 200, "can-i.yes");
    assert_string_equal(f->dex.userinfo_asked, "/application/o/argocd/own Bearer at");
}

static void test_userinfo_groups__only_when_asked_for(void **state)
{
    static const char *const options[] = {"", "enableUserInfoGroups: true\n", "userInfoPath: own\n",
                                          "enableUserInfoGroups: false\nuserInfoPath: own\n"};
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(options); i++) {
        begin(f, options[i]);
        sign_in(f);
        asks(f, 200, "can-i.no");
    }
    assert_int_equal(f->dex.userinfo_requests, 0);
}

/* They take the place of the token's, even when there are none. */
static void test_userinfo_groups__replace_those_of_the_token(void **state)
{
    struct fx *f = *state;
    begin(f, OPTION);
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(
        f, "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":\"abc\",\"groups\":[\"ArgoCD Admins\"]}",
        "rsa-2048-1");
    AUTO(xfree) char *sub = subject(f);
    of_groups(f, sub, "[]");
    sign_in(f);
    asks(f, 200, "can-i.no");
    AUTO(xfree) char *body = xasprintf("{\"sub\":\"%s\"}", sub);
    answers(f, 200, "application/json", body);
    sign_in(f);
    asks(f, 200, "can-i.no");
}

/* The CLI redeems its code by itself: Argo CD never saw its access token (9 row 40). */
static void test_userinfo_groups__need_a_web_login(void **state)
{
    struct fx *f = *state;
    begin(f, OPTION);
    asks(f, 401, "userinfo-groups.none");
    sign_in(f);
    asks(f, 200, "can-i.yes");
}

static void test_userinfo_groups__refusals(void **state)
{
    struct fx *f = *state;
    begin(f, OPTION);
    sign_in(f);
    answers(f, 401, "text/html", "");
    asks(f, 401, "userinfo-groups.unauthorized");
    answers(f, 200, "application/json", "<p>");
    asks(f, 401, "userinfo-groups.no-json");
    answers(f, 200, "application/json", "{\"sub\":\"somebody\",\"groups\":[\"ArgoCD Admins\"]}");
    asks(f, 401, "userinfo-groups.other-sub");
    /* What was kept of the wrong person is refused again, until a login forgets it. */
    AUTO(xfree) char *sub = subject(f);
    of_groups(f, sub, "[\"ArgoCD Admins\"]");
    asks(f, 401, "userinfo-groups.other-sub");
    sign_in(f);
    asks(f, 200, "can-i.yes");
}

static void test_userinfo_groups__signed(void **state)
{
    struct fx *f = *state;
    begin(f, OPTION);
    sign_in(f);
    AUTO(xfree)
    char *good = fx_token(
        f, "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":\"abc\",\"groups\":[\"ArgoCD Admins\"]}",
        "rsa-2048-1");
    AUTO(xfree)
    char *bad = fx_token(
        f, "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":\"abc\",\"groups\":[\"ArgoCD Admins\"]}",
        "rsa-2048-2");
    answers(f, 200, "application/jwt", bad);
    asks(f, 401, "userinfo-groups.bad-jwt");
    answers(f, 200, "application/jwt", good);
    asks(f, 200, "can-i.yes");
}

static void test_userinfo_groups__are_kept(void **state)
{
    struct fx *f = *state;
    begin(f, OPTION "userInfoCacheExpiration: 5m\n");
    AUTO(xfree) char *sub = subject(f);
    sign_in(f);
    asks(f, 200, "can-i.yes");
    of_groups(f, sub, "[]");
    clock_advance_ms(f->clock, INT64_C(299) * 1000);
    asks(f, 200, "can-i.yes");
    assert_int_equal(f->dex.userinfo_requests, 1);
    clock_advance_ms(f->clock, INT64_C(1) * 1000);
    asks(f, 200, "can-i.no");
    assert_int_equal(f->dex.userinfo_requests, 2);
    of_groups(f, sub, "[\"ArgoCD Admins\"]");
    asks(f, 200, "can-i.no");
    sign_in(f); /* forgets it */
    asks(f, 200, "can-i.yes");
}

static void test_userinfo_groups__not_of_local_accounts(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(http_response_deinit) struct http_response login = {0};
    AUTO(js_free) struct js *o = NULL;
    begin(f, OPTION);
    js_set_text(f->secret, "admin.password",
                "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i");
    fx_do(f, "POST", "/api/v1/session", "Content-Type: application/json",
          "{\"username\":\"admin\",\"password\":\"abc\"}", &login);
    assert_int_equal(js_parse((struct str){login.body, login.body_len}, "login", &o, NULL), 0);
    AUTO(xfree) char *line = fx_cookie_line(js_get_text(o, "token"));
    fx_get(f, CAN_I, line, &r);
    assert_text(&r, 200, wire("can-i.yes"));
    assert_int_equal(f->dex.userinfo_requests, 0);
}

/* ---- the row of the version table ---- */

static char *look_base_url(struct fx *f)
{
    begin(f, "enableUserInfoGroups: true\nuserInfoBaseURL: " FX_IDP
             "\nuserInfoPath: /application/o/userinfo/\n");
    sign_in(f);
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_cookie_line(f->dex.id_token);
    fx_get(f, CAN_I, line, &r);
    return xstrdup(f->dex.userinfo_asked != NULL ? f->dex.userinfo_asked : "not found");
}

static void test_userinfo_groups__base_url(void **state)
{
    static const struct argocd_row_case row = {"userinfo-base-url", NULL, look_base_url,
                                               "/application/o/userinfo/ Bearer at", "not found"};
    (void)state;
    argocd_rows_check(&row);
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_userinfo_groups__make_the_roles),
    FX_TEST(test_userinfo_groups__only_when_asked_for),
    FX_TEST(test_userinfo_groups__replace_those_of_the_token),
    FX_TEST(test_userinfo_groups__need_a_web_login),
    FX_TEST(test_userinfo_groups__refusals),
    FX_TEST(test_userinfo_groups__signed),
    FX_TEST(test_userinfo_groups__are_kept),
    FX_TEST(test_userinfo_groups__not_of_local_accounts),
    cmocka_unit_test(test_userinfo_groups__base_url),
};

int main(void)
{
    return TEST_MAIN(tests);
}
