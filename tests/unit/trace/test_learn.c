/*
 * What the redactor learns from a trace: which places hold secrets, and which words in the same
 * places are none.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/trace/redact.h"

/* One exchange, as little of it as a case needs. */
struct seen {
    const char *name;
    const char *url;
    const char *request_header[2];
    const char *request_type;
    const char *request_body;
    const char *header[2];
    const char *type;
    const char *body;
    const char *secret; /* what must be gone; NULL: nothing is */
    const char *kind;
};

static const struct seen cases[] = {
    {.name = "code in the query",
     .url = "https://a/cb?code=c0de-c0de&x=1",
     .secret = "c0de-c0de",
     .kind = "code"},
    {.name = "state, percent-encoded",
     .url = "https://a/cb?state=st%2Fate%3D1",
     .secret = "st/ate=1",
     .kind = "state"},
    {.name = "token in the fragment",
     .url = "https://a/cb#access_token=opaque-token",
     .secret = "opaque-token",
     .kind = "token"},
    {.name = "query within a query",
     .url = "https://a/flow?query=next%3D%252Fauthorize%253Fstate%253Dinner-state",
     .secret = "inner-state",
     .kind = "state"},
    {.name = "Location",
     .url = "https://a/",
     .header = {"location", "/cb?code=from-location"},
     .secret = "from-location",
     .kind = "code"},
    {.name = "Bearer",
     .url = "https://a/",
     .request_header = {"authorization", "Bearer opaque-bearer"},
     .secret = "opaque-bearer",
     .kind = "token"},
    {.name = "Basic, as it stands",
     .url = "https://a/",
     .request_header = {"Authorization", "Basic aWQ6dG9wLXNlY3JldA=="},
     .secret = "aWQ6dG9wLXNlY3JldA==",
     .kind = "client-secret"},
    {.name = "Basic, decoded",
     .url = "https://a/",
     .request_header = {"Authorization", "Basic aWQ6dG9wLXNlY3JldA=="},
     .secret = "top-secret",
     .kind = "client-secret"},
    {.name = "Cookie, the second of two",
     .url = "https://a/",
     .request_header = {"Cookie", "a=one-value; b=two-value"},
     .secret = "two-value",
     .kind = "cookie"},
    {.name = "Set-Cookie",
     .url = "https://a/",
     .header = {"Set-Cookie", "s=session-id; Path=/; HttpOnly"},
     .secret = "session-id",
     .kind = "cookie"},
    {.name = "Set-Cookie: its attributes are none",
     .url = "https://a/",
     .header = {"Set-Cookie", "s=session-id; Path=/app/path; SameSite=Strict"},
     .secret = NULL,
     .body = "/app/path Strict",
     .type = "text/plain"},
    {.name = "form: verifier",
     .url = "https://a/token",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "grant_type=authorization_code&code_verifier=veri-fier",
     .secret = "veri-fier",
     .kind = "verifier"},
    {.name = "form: client secret",
     .url = "https://a/token",
     .request_type = "application/x-www-form-urlencoded; charset=UTF-8",
     .request_body = "client_secret=s%26cret%21&a=b",
     .secret = "s&cret!",
     .kind = "client-secret"},
    {.name = "form: the grant type is none",
     .url = "https://a/token",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "grant_type=authorization_code",
     .body = "authorization_code",
     .type = "text/plain"},
    {.name = "form of a page: password",
     .url = "https://a/if/flow/x/",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "password=hunter2hunter2",
     .secret = "hunter2hunter2",
     .kind = "password"},
    {.name = "JSON: password",
     .url = "https://a/api",
     .request_type = "application/json",
     .request_body = "{\"component\":\"ak-stage-password\",\"password\":\"hunter2hunter2\"}",
     .secret = "hunter2hunter2",
     .kind = "password"},
    {.name = "JSON: refresh token, deep",
     .url = "https://a/token",
     .type = "application/json",
     .body = "{\"a\":[{\"refresh_token\":\"opaque-refresh\"}]}",
     .secret = "opaque-refresh",
     .kind = "token"},
    {.name = "form: device code",
     .url = "https://a/token",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "grant_type=device&device_code=a-device-code",
     .secret = "a-device-code",
     .kind = "code"},
    {.name = "JSON: user code",
     .url = "https://a/device",
     .type = "application/json",
     .body = "{\"user_code\":\"012345678\",\"interval\":5}",
     .secret = "012345678",
     .kind = "code"},
    {.name = "form: logout token",
     .url = "https://a/logout",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "logout_token=opaque-logout",
     .secret = "opaque-logout",
     .kind = "token"},
    {.name = "query: ID token hint",
     .url = "https://a/end-session/?id_token_hint=opaque-hint",
     .secret = "opaque-hint",
     .kind = "token"},
    {.name = "form: client assertion",
     .url = "https://a/token",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "client_assertion=opaque-assertion&client_assertion_type=urn:x",
     .secret = "opaque-assertion",
     .kind = "token"},
    {.name = "form: the assertion's type is none",
     .url = "https://a/token",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "client_assertion_type=urn:assertion-type",
     .body = "urn:assertion-type",
     .type = "text/plain"},
    {.name = "form of a page: CSRF token",
     .url = "https://a/if/flow/x/",
     .request_type = "application/x-www-form-urlencoded",
     .request_body = "csrfmiddlewaretoken=csrf-of-the-page",
     .secret = "csrf-of-the-page",
     .kind = "cookie"},
    {.name = "JSON: authentik's error code is none",
     .url = "https://a/api",
     .type = "application/json",
     .body = "{\"response_errors\":{\"password\":[{\"string\":\"Wrong\",\"code\":\"invalid\"}]}}"},
    {.name = "JSON: the token type is none",
     .url = "https://a/token",
     .type = "application/json",
     .body = "{\"token_type\":\"Bearer\",\"scope\":\"openid\"}"},
    {.name = "query: error words are none",
     .url = "https://a/cb?error=access_denied&error_description=no",
     .body = "access_denied",
     .type = "text/plain"},
    {.name = "short words in a secret's place are none",
     .url = "https://a/cb?code=x&state=none",
     .body = "none of x",
     .type = "text/plain"},
};

static void set(struct params *p, const char *const header[2], const char *type)
{
    if (header[0] != NULL)
        params_add(p, header[0], header[1]);
    if (type != NULL)
        params_add(p, "Content-Type", type);
}

static void play(struct trace *t, const struct seen *c)
{
    AUTO(params_deinit) struct params request = {0};
    AUTO(params_deinit) struct params answer = {0};
    set(&request, c->request_header, c->request_type);
    set(&answer, c->header, c->type);
    size_t seq = trace_exchange_begin(t, "browser", "argocd", true, "POST", c->url, &request,
                                      c->request_body,
                                      c->request_body != NULL ? strlen(c->request_body) : 0);
    trace_exchange_end(t, seq, 200, &answer, c->body, c->body != NULL ? strlen(c->body) : 0, NULL,
                       1);
}

static void test_place(void **state)
{
    const struct seen *c = *state;
    AUTO(clock_free) struct clock *clock = clock_new_virtual(CLOCK_START_S);
    AUTO(trace_free) struct trace *t = trace_new(clock);
    AUTO(redactor_free) struct redactor *r = redactor_new();
    play(t, c);
    redactor_learn(r, t);
    if (c->secret == NULL) {
        AUTO(xfree) char *body = redact_text(r, c->body);
        assert_string_equal(body, c->body);
        return;
    }
    AUTO(xfree) char *text = xasprintf("the value %s.", c->secret);
    AUTO(xfree) char *got = redact_text(r, text);
    AUTO(xfree) char *start = xasprintf("the value [%s", c->kind);
    if (!cstr_starts(got, start))
        fail_msg("'%s' became '%s'", text, got);
    /* And the exchange itself shows it in no form it had. */
    AUTO(js_free) struct js *raw = trace_json(t);
    AUTO(js_free) struct js *safe = redact_json(r, raw);
    AUTO(xfree) char *all = js_compact(safe);
    assert_null(strstr(all, c->secret));
}

static void test_named__by_the_party_that_made_it(void **state)
{
    AUTO(clock_free) struct clock *clock = clock_new_virtual(CLOCK_START_S);
    AUTO(trace_free) struct trace *t = trace_new(clock);
    AUTO(redactor_free) struct redactor *r = redactor_new();
    trace_secret(t, "password", "never-sent-anywhere");
    trace_log(t, "dex", "ERROR", "it said never-sent-anywhere");
    redactor_learn(r, t);
    AUTO(xfree) char *got = redact_text(r, trace_at(t, 0)->text);
    assert_string_equal(got, "it said [password]");
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(cases) + 1] = {0};
    union {
        const struct seen *in;
        void *out;
    } cast;
    for (size_t i = 0; i < TEST_COUNT(cases); i++) {
        cast.in = &cases[i];
        tests[i] = (struct CMUnitTest){cases[i].name, test_place, NULL, NULL, cast.out};
    }
    tests[TEST_COUNT(cases)] =
        (struct CMUnitTest)cmocka_unit_test(test_named__by_the_party_that_made_it);
    return TEST_MAIN(tests);
}
