/*
 * Sessions of oidc.config that go on without the person: shortly before their token ends
 * (refreshTokenThreshold), or after (argocd.md 1.11).
 */
#include "tests/integration/argocd_rows.h"

#include <string.h>

#include "harness/base/str.h"

#define CAN_I "/api/v1/account/can-i/applications/sync/default/guestbook"
#define OPTION "refreshTokenThreshold: 5m\nrequestedScopes: [openid, groups, offline_access]\n"
#define HOUR INT64_C(3600)
/* Of the hour that the tokens here live. */
#define TOKEN "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":\"abc\",\"sid\":\"s\",\"exp\":%lld}"

/* A token that ends in an hour from now; caller frees. */
static char *token_of_an_hour(struct fx *f)
{
    AUTO(xfree)
    char *patch = xasprintf(TOKEN, (long long)(clock_now_s(f->clock) + HOUR));
    return fx_token(f, patch, "rsa-2048-1");
}

/* The token endpoint's next answer; the ID token that is in it is the fixture's from then on. */
static void answers(struct fx *f, const char *refresh_token)
{
    AUTO(xfree)
    char *more =
        refresh_token != NULL ? xasprintf(",\"refresh_token\":\"%s\"", refresh_token) : xstrdup("");
    xfree(f->dex.id_token);
    xfree(f->dex.token_body);
    f->dex.id_token = token_of_an_hour(f);
    f->dex.token_status = 200;
    f->dex.token_type = "application/json";
    f->dex.token_body = xasprintf("{\"access_token\":\"at\",\"token_type\":\"bearer\","
                                  "\"id_token\":\"%s\"%s}",
                                  f->dex.id_token, more);
}

/* The token of the session; caller frees. */
static char *sign_in(struct fx *f, const char *refresh_token)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(fx_login_deinit) struct fx_login l = {0};
    answers(f, refresh_token);
    fx_begin(f, "", &l);
    fx_finish(f, &l, &r);
    assert_int_equal(r.status, 303);
    return xstrdup(f->dex.id_token);
}

/* Asks with this token: the status, and the token of the new cookie ("" when there is none). Caller
 * frees. */
static char *asks(struct fx *f, const char *token, int status)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_cookie_line(token);
    fx_get(f, CAN_I, line, &r);
    assert_int_equal(r.status, status);
    const char *cookie = fx_set_cookie(&r, "argocd.token=");
    return cookie != NULL ? xstrndup(cookie + 13, strcspn(cookie + 13, ";")) : xstrdup("");
}

static void stays(struct fx *f, const char *token)
{
    AUTO(xfree) char *next = asks(f, token, 200);
    assert_string_equal(next, "");
}

static void after(struct fx *f, int64_t seconds)
{
    clock_advance_ms(f->clock, seconds * 1000);
}

static void test_refresh__before_the_end(void **state)
{
    struct fx *f = *state;
    fx_use_oidc(f, OPTION, false);
    AUTO(xfree) char *token = sign_in(f, "rt-1");
    after(f, HOUR - 300);
    stays(f, token);
    after(f, 1);
    answers(f, "rt-2");
    AUTO(xfree) char *next = asks(f, token, 200);
    assert_string_equal(next, f->dex.id_token);
    assert_string_equal(f->dex.last_form, "grant_type=refresh_token&refresh_token=rt-1");
    assert_true(fx_logged(f, wire("refresh.done")));
    after(f, HOUR - 1);
    answers(f, NULL);
    AUTO(xfree) char *third = asks(f, next, 200);
    assert_string_equal(third, f->dex.id_token);
    assert_string_equal(f->dex.last_form, "grant_type=refresh_token&refresh_token=rt-2");
    after(f, HOUR - 1); /* none came with the last answer: the old one stays */
    answers(f, NULL);
    AUTO(xfree) char *fourth = asks(f, third, 200);
    assert_string_equal(fourth, f->dex.id_token);
    assert_string_equal(f->dex.last_form, "grant_type=refresh_token&refresh_token=rt-2");
}

static void test_refresh__nothing_to_do_it_with(void **state)
{
    static const char *const options[] = {"", "refreshTokenThreshold: soon\n",
                                          "refreshTokenThreshold: 0s\n"};
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(options); i++) {
        fx_use_oidc(f, options[i], false);
        AUTO(xfree) char *token = sign_in(f, "rt-1");
        after(f, HOUR - 1);
        stays(f, token);
    }
}

/* A login without offline_access brought none; another session's is its own. */
static void test_refresh__without_a_refresh_token(void **state)
{
    struct fx *f = *state;
    fx_use_oidc(f, OPTION, false);
    AUTO(xfree) char *token = sign_in(f, NULL);
    AUTO(xfree)
    char *patch =
        xasprintf("{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":\"abc\",\"sid\":\"t\",\"exp\":%lld}",
                  (long long)(CLOCK_START_S + HOUR));
    AUTO(xfree) char *other = fx_token(f, patch, "rsa-2048-1");
    after(f, HOUR - 1);
    stays(f, token);
    fx_use_oidc(f, OPTION, false);
    AUTO(xfree) char *next = sign_in(f, "rt-1");
    stays(f, other);
}

static void test_refresh__refused(void **state)
{
    struct fx *f = *state;
    fx_use_oidc(f, OPTION, false);
    AUTO(xfree) char *token = sign_in(f, "rt-1");
    after(f, HOUR - 10);
    f->dex.token_status = 400;
    xfree(f->dex.token_body);
    f->dex.token_body = xstrdup("{\"error\":\"invalid_grant\"}");
    stays(f, token);
    assert_true(fx_logged(f, wire("refresh.refused")));
    after(f, 11);
    AUTO(xfree) char *none = asks(f, token, 401);
    assert_string_equal(none, "");
}

static void test_refresh__after_the_end(void **state)
{
    struct fx *f = *state;
    fx_use_oidc(f, "", false);
    AUTO(xfree) char *token = sign_in(f, "rt-1");
    after(f, HOUR + 60);
    answers(f, "rt-2");
    AUTO(xfree) char *next = asks(f, token, 200);
    assert_string_equal(next, f->dex.id_token);
    assert_string_equal(f->dex.last_form, "grant_type=refresh_token&refresh_token=rt-1");
    /* Whoever brings a token that nobody signed gets nothing for it. */
    AUTO(xfree) char *forged = xstrndup(token, strlen(token) - 8);
    AUTO(xfree) char *none = asks(f, forged, 401);
    assert_string_equal(none, "");
}

static void test_refresh__not_longer_than_a_session(void **state)
{
    struct fx *f = *state;
    js_set_text(f->cm, "users.session.duration", "90m");
    fx_use_oidc(f, OPTION, false);
    AUTO(xfree) char *token = sign_in(f, "rt-1");
    after(f, HOUR - 10);
    answers(f, "rt-2");
    AUTO(xfree) char *next = asks(f, token, 200);
    assert_string_equal(next, f->dex.id_token);
    after(f, HOUR - 10);
    answers(f, "rt-3");
    stays(f, next);
}

static void test_refresh__not_in_dex_mode(void **state)
{
    struct fx *f = *state;
    AUTO(xfree) char *patch = xasprintf("{\"exp\":%lld}", (long long)(CLOCK_START_S + HOUR));
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    after(f, HOUR + 1);
    AUTO(xfree) char *none = asks(f, token, 401);
    assert_string_equal(none, "");
    assert_int_equal(f->dex.token_requests, 0);
}

/* ---- the rows of the version table ---- */

static char *look(struct fx *f, const char *option, int64_t when_s)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_use_oidc(f, option, false);
    AUTO(xfree) char *token = sign_in(f, "rt-1");
    AUTO(xfree) char *line = fx_cookie_line(token);
    after(f, when_s);
    answers(f, NULL);
    fx_get(f, CAN_I, line, &r);
    return xasprintf("%d%s", r.status,
                     fx_set_cookie(&r, "argocd.token=") != NULL ? " renewed" : "");
}

static char *look_early(struct fx *f)
{
    return look(f, OPTION, HOUR - 10);
}

static char *look_late(struct fx *f)
{
    return look(f, "", HOUR + 10);
}

static void test_rows__refresh(void **state)
{
    static const struct argocd_row_case rows[] = {
        {"refresh-threshold", NULL, look_early, "200 renewed", "200"},
        {"refresh-expired", NULL, look_late, "200 renewed", "401"},
    };
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++)
        argocd_rows_check(&rows[i]);
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_refresh__before_the_end),
    FX_TEST(test_refresh__nothing_to_do_it_with),
    FX_TEST(test_refresh__without_a_refresh_token),
    FX_TEST(test_refresh__refused),
    FX_TEST(test_refresh__after_the_end),
    FX_TEST(test_refresh__not_longer_than_a_session),
    FX_TEST(test_refresh__not_in_dex_mode),
    cmocka_unit_test(test_rows__refresh),
};

int main(void)
{
    return TEST_MAIN(tests);
}
