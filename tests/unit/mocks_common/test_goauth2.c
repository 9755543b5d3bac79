/*
 * x/oauth2's token request against a scripted token endpoint: which style goes first, what is
 * remembered, and every error text of dex.md 4.5.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/goauth2.h"
#include "tests/support/upstream.h"

#define JSON "application/json"
#define GOOD "{\"access_token\":\"at\",\"id_token\":\"it\",\"expires_in\":\"300\"}"

struct fixture {
    struct clock *clock;
    struct upstream *up;
    struct http_client *client;
    struct params form;
    char *url;
    enum goauth2_style style;
    struct js *answer;
    struct err err;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->up = upstream_new(f->clock, "authentik.company");
    f->client = upstream_client(f->up, "dex", NULL);
    f->url = xasprintf("%s/token/", upstream_origin(f->up));
    params_add(&f->form, "grant_type", "authorization_code");
    params_add(&f->form, "code", "the code");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    http_client_free(f->client);
    upstream_free(f->up);
    clock_free(f->clock);
    params_deinit(&f->form);
    js_free(f->answer);
    xfree(f->url);
    xfree(f);
    return 0;
}

static int ask(struct fixture *f)
{
    f->answer = js_free(f->answer);
    f->err = (struct err){0};
    return goauth2_token(f->client, f->url, "my client", "csec/+ret", &f->form, &f->style,
                         &f->answer, &f->err);
}

static void test_token__basic_first_and_remembered(void **state)
{
    struct fixture *f = *state;
    upstream_say(f->up, "/token/", 200, JSON, GOOD);
    assert_int_equal(ask(f), 0);
    assert_string_equal(js_get_text(f->answer, "id_token"), "it");
    assert_int_equal(f->style, GOAUTH2_HEADER);
    assert_int_equal(upstream_hits(f->up, "/token/"), 1);
    AUTO(xfree) char *body = upstream_last_body(f->up, "/token/");
    AUTO(xfree) char *auth = upstream_last_authorization(f->up, "/token/");
    assert_string_equal(body, "code=the+code&grant_type=authorization_code");
    assert_string_equal(auth, "Basic bXkrY2xpZW50OmNzZWMlMkYlMkJyZXQ=");
}

static void test_token__body_after_any_failure(void **state)
{
    struct fixture *f = *state;
    upstream_say_once(f->up, "/token/", 401, JSON, "{\"error\":\"invalid_client\"}");
    upstream_say(f->up, "/token/", 200, JSON, GOOD);
    assert_int_equal(ask(f), 0);
    assert_int_equal(f->style, GOAUTH2_BODY);
    assert_int_equal(upstream_hits(f->up, "/token/"), 2);
    AUTO(xfree) char *body = upstream_last_body(f->up, "/token/");
    AUTO(xfree) char *auth = upstream_last_authorization(f->up, "/token/");
    assert_string_equal(body, "client_id=my+client&client_secret=csec%2F%2Bret&code=the+code&"
                              "grant_type=authorization_code");
    assert_string_equal(auth, "");
    assert_int_equal(ask(f), 0); /* remembered: one request */
    assert_int_equal(upstream_hits(f->up, "/token/"), 3);
}

static void test_token__second_error_is_told_and_nothing_remembered(void **state)
{
    struct fixture *f = *state;
    upstream_say_once(f->up, "/token/", 401, JSON, "{\"error\":\"first\"}");
    upstream_say(f->up, "/token/", 400, JSON, "{\"error\":\"invalid_grant\"}");
    assert_int_equal(ask(f), -1);
    assert_string_equal(f->err.msg, "oauth2: \"invalid_grant\"");
    assert_int_equal(f->style, GOAUTH2_AUTO);
    assert_int_equal(upstream_hits(f->up, "/token/"), 2);
}

struct row {
    int status;
    const char *content_type;
    const char *body;
    const char *error;
};

static const struct row refusals[] = {
    {400, JSON, "{\"error\":\"invalid_grant\",\"error_description\":\"code \\\"x\\\" expired\"}",
     "oauth2: \"invalid_grant\" \"code \\\"x\\\" expired\""},
    {200, JSON, "{\"error\":\"invalid_grant\"}", "oauth2: \"invalid_grant\""},
    {400, "application/x-www-form-urlencoded", "error=bad&error_uri=u", "oauth2: \"bad\" \"u\""},
    {502, "text/html", "<html>", "oauth2: cannot fetch token: 502 Bad Gateway\nResponse: <html>"},
    {500, "text/plain", "oops",
     "oauth2: cannot fetch token: 500 Internal Server Error\nResponse: oops"},
    {200, "text/html", "<html>",
     "oauth2: cannot parse json: invalid character '<' looking for beginning of value"},
    {200, JSON, "{}", "oauth2: server response missing access_token"},
    {200, JSON, "null", "oauth2: server response missing access_token"},
    {200, JSON, "{\"access_token\":\"a\",\"expires_in\":\"soon\"}",
     "oauth2: cannot parse json: json: invalid number literal, trying to unmarshal "
     "\"\\\"soon\\\"\" into Number"},
    {200, "text/plain", "access_token=%zz",
     "oauth2: cannot parse response: invalid URL escape \"%zz\""},
    {400, "text/plain", "error=a;b",
     "oauth2: cannot fetch token: 400 Bad Request\nResponse: error=a;b"},
    {200, JSON, "{\"access_token\":7}",
     "oauth2: cannot parse json: json: cannot unmarshal number into Go struct field "
     "tokenJSON.access_token of type string"},
    {0, NULL, NULL, NULL},
};

static void test_token__refusals(void **state)
{
    struct fixture *f = *state;
    for (const struct row *r = refusals; r->body != NULL; r++) {
        upstream_say(f->up, "/token/", r->status, r->content_type, r->body);
        assert_int_equal(ask(f), -1);
        assert_string_equal(f->err.msg, r->error);
    }
}

/* x/oauth2 before v0.8: the body whatever is in it, and no error on a good status. */
static const struct row old_refusals[] = {
    {400, JSON, "{\"error\":\"invalid_grant\"}",
     "oauth2: cannot fetch token: 400 Bad Request\nResponse: {\"error\":\"invalid_grant\"}"},
    {200, JSON, "{\"error\":\"invalid_grant\"}", "oauth2: server response missing access_token"},
    {200, JSON, "{\"error\":7}", "oauth2: server response missing access_token"},
    {200, "text/html", "<html>", "invalid character '<' looking for beginning of value"},
    {0, NULL, NULL, NULL},
};

static void test_token__old_texts(void **state)
{
    struct fixture *f = *state;
    const struct goauth2_client c = {
        .http = f->client, .token_url = f->url, .id = "id", .old_text = true};
    for (const struct row *r = old_refusals; r->body != NULL; r++) {
        struct err err = {0};
        upstream_say(f->up, "/token/", r->status, r->content_type, r->body);
        assert_int_equal(goauth2_ask(&c, &f->form, &f->style, &f->answer, &err), -1);
        assert_string_equal(err.msg, r->error);
    }
}

static void test_token__fixed_style_asks_once(void **state)
{
    struct fixture *f = *state;
    f->style = GOAUTH2_BODY;
    upstream_say(f->up, "/token/", 400, JSON, "{\"error\":\"invalid_grant\"}");
    assert_int_equal(ask(f), -1);
    assert_int_equal(upstream_hits(f->up, "/token/"), 1);
}

static void test_token__form_answer(void **state)
{
    struct fixture *f = *state;
    upstream_say(f->up, "/token/", 200, "text/plain; charset=utf-8", "access_token=at&id_token=it");
    assert_int_equal(ask(f), 0);
    assert_string_equal(js_get_text(f->answer, "id_token"), "it");
}

static void test_token__see_other_becomes_get(void **state)
{
    struct fixture *f = *state;
    upstream_redirect(f->up, "/token/", 303, "/login?has_sso_error=true");
    upstream_say(f->up, "/login", 404, "text/plain", "404 page not found\n");
    assert_int_equal(ask(f), -1);
    assert_string_equal(f->err.msg, "oauth2: cannot fetch token: 404 Not Found\nResponse: 404 page "
                                    "not found\n");
    AUTO(xfree) char *method = upstream_last_method(f->up, "/login");
    assert_string_equal(method, "GET");
}

static void test_token__temporary_redirect_keeps_the_post(void **state)
{
    struct fixture *f = *state;
    upstream_redirect(f->up, "/token/", 307, "/elsewhere/");
    upstream_say(f->up, "/elsewhere/", 200, JSON, GOOD);
    assert_int_equal(ask(f), 0);
    AUTO(xfree) char *method = upstream_last_method(f->up, "/elsewhere/");
    AUTO(xfree) char *body = upstream_last_body(f->up, "/elsewhere/");
    assert_string_equal(method, "POST");
    assert_string_equal(body, "code=the+code&grant_type=authorization_code");
}

static void test_token__endless_redirect_ends(void **state)
{
    struct fixture *f = *state;
    upstream_redirect(f->up, "/token/", 307, "/token/");
    assert_int_equal(ask(f), -1);
    assert_true(cstr_contains(f->err.msg, "stopped after 10 redirects"));
}

static void test_token__nobody_there(void **state)
{
    struct fixture *f = *state;
    upstream_stop(f->up);
    assert_int_equal(ask(f), -1);
    AUTO(xfree) char *start = xasprintf("Post \"%s\": dial tcp 127.0.0.1:", f->url);
    assert_true(cstr_starts(f->err.msg, start));
    assert_true(str_ends(str_of(f->err.msg), "connect: connection refused"));
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token__basic_first_and_remembered),
        TEST(test_token__body_after_any_failure),
        TEST(test_token__second_error_is_told_and_nothing_remembered),
        TEST(test_token__refusals),
        TEST(test_token__old_texts),
        TEST(test_token__fixed_style_asks_once),
        TEST(test_token__form_answer),
        TEST(test_token__see_other_becomes_get),
        TEST(test_token__temporary_redirect_keeps_the_post),
        TEST(test_token__endless_redirect_ends),
        TEST(test_token__nobody_there),
    };
    return TEST_MAIN(tests);
}
