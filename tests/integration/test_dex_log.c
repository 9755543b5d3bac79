/*
 * What the mock Dex writes to its log: the exact line in each format, its level and request_id, and
 * no secret in it. Literals of single lines are where the refusals are.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "tests/support/dex_fixture.h"
#include "tests/support/golden.h"

static char *written_by(struct dex_fixture *f, const char *version, const char *logger)
{
    AUTO(xfree) char *patch = xasprintf("{\"logger\":%s}", logger);
    f->version = version;
    dex_restart(f, NULL, patch);
    dex_mark(f);
    dex_say_token(f, NULL);
    dex_authorize(f, false);
    dex_callback(f);
    return dex_log_written(f, "login successful");
}

struct format_row {
    const char *version;
    const char *logger;
    const char *begins;
};

#define FIELDS                                                                                     \
    "connector_id=authentik username=\"Jane Doe\" preferred_username=jane "                        \
    "email=jane@example.com groups=\"[ArgoCD Admins authentik Admins]\""

static const struct format_row format_rows[] = {
    {"2.45.0", "{\"format\":\"json\"}",
     "{\"time\":\"2026-01-01T00:00:00Z\",\"level\":\"INFO\",\"msg\":\"login successful\","
     "\"connector_id\":\"authentik\",\"username\":\"Jane Doe\",\"preferred_username\":\"jane\","
     "\"email\":\"jane@example.com\",\"groups\":[\"ArgoCD Admins\",\"authentik Admins\"],"
     "\"request_id\":\""},
    {"2.45.0", "{\"format\":\"text\"}",
     "time=2026-01-01T00:00:00.000Z level=INFO msg=\"login successful\" " FIELDS " request_id="},
    {"2.45.0", "{\"format\":null}",
     "time=2026-01-01T00:00:00.000Z level=INFO msg=\"login successful\" " FIELDS},
    {"2.37.0", "{\"format\":\"text\"}",
     "time=\"2026-01-01T00:00:00Z\" level=info msg=\"login successful: connector "
     "\\\"authentik\\\", "
     "username=\\\"Jane Doe\\\", preferred_username=\\\"jane\\\", email=\\\"jane@example.com\\\", "
     "groups=[\\\"ArgoCD Admins\\\" \\\"authentik Admins\\\"]\""},
    {"2.37.0", "{\"format\":\"json\"}",
     "{\"level\":\"info\",\"msg\":\"login successful: connector \\\"authentik\\\", "},
    {NULL, NULL, NULL},
};

static void test_log__formats(void **state)
{
    struct dex_fixture *f = *state;
    for (const struct format_row *r = format_rows; r->version != NULL; r++) {
        AUTO(xfree) char *line = written_by(f, r->version, r->logger);
        if (!cstr_starts(line, r->begins))
            fail_msg("%s %s: %s", r->version, r->logger, line);
    }
}

static void test_log__level_is_configured(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *line = written_by(f, "2.45.0", "{\"level\":\"ERROR\"}");
    assert_string_equal(line, ""); /* it is INFO */
    dex_get(f, "/api/dex/callback?state=x");
    assert_true(dex_logged(f, dex_literal("unknown-state-log")));
    AUTO(xfree) char *warn = written_by(f, "2.45.0", "{\"level\":\"warn\"}");
    assert_string_equal(warn, "");
    AUTO(xfree) char *debug = written_by(f, "2.45.0", "{\"level\":\"DEBUG\"}");
    assert_string_not_equal(debug, "");
}

static char *id_of(const char *line)
{
    const char *id = strstr(line, "\"request_id\":\"");
    assert_non_null(id);
    return xstrndup(id + strlen("\"request_id\":\""), 36);
}

/* One id for all lines of a request, another for the next; none where nobody asks. */
static void test_log__request_id(void **state)
{
    struct dex_fixture *f = *state;
    dex_get_auth(f, false, "client_id", "nobody");
    AUTO(xfree) char *client = dex_log_written(f, dex_literal("authreq-client-log"));
    AUTO(xfree) char *refusal = dex_log_written(f, dex_literal("authreq-log"));
    dex_get_auth(f, false, "redirect_uri", DEX_CALLBACK "/");
    AUTO(xfree) char *next = dex_log_written(f, dex_literal("authreq-redirect-log"));
    AUTO(xfree) char *a = id_of(client);
    AUTO(xfree) char *b = id_of(refusal);
    AUTO(xfree) char *c = id_of(next);
    assert_string_equal(a, b);
    assert_string_not_equal(a, c);
    assert_int_equal(a[14], '4'); /* a UUID of version 4 */
    AUTO(xfree) char *start = dex_log_written(f, dex_literal("start-log"));
    assert_false(cstr_contains(start, "request_id"));
    assert_true(str_ends(str_of(start), "\"err\":\"no signing key found\"}"));
}

/* dex.md 7 row 68: Go's nil is null in JSON, <nil> as text. */
static void test_log__nil(void **state)
{
    struct dex_fixture *f = *state;
    dex_code_with(f, true, NULL, NULL);
    dex_redeem(f, false, NULL, NULL);
    assert_true(dex_logged(f, dex_literal("token-code-log")));
    AUTO(xfree) char *line = dex_log_written(f, "failed to get auth code");
    assert_true(cstr_contains(line, "\"msg\":\"failed to get auth code\",\"err\":null,"));
}

/* dex.md 7 row 75 */
static void test_log__start_line_is_no_failure(void **state)
{
    struct dex_fixture *f = *state;
    assert_true(dex_logged(f, dex_literal("start-log")));
    assert_null(dex_mock_down(f->dex));
    dex_login(f, false);
    assert_int_equal(f->resp.status, 200);
}

static void test_log__no_secret(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *refresh = dex_cli_login(f, "up-refresh-secret");
    AUTO(xfree) char *id_token = xstrdup(js_get_text(f->json, "id_token"));
    dex_redeem(f, false, "client_secret", "a-wrong-secret");
    dex_refresh(f, refresh, "");
    dex_refresh(f, refresh, "");
    const char *const secrets[] = {refresh,    id_token,    f->code,          f->state,
                                   DEX_SECRET, "csec/+ret", "a-wrong-secret", "up-refresh-secret"};
    size_t lines = 0;
    for (size_t i = 0; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind != TRACE_LOG)
            continue;
        lines++;
        for (size_t k = 0; k < TEST_COUNT(secrets); k++) {
            assert_false(cstr_contains(e->text, secrets[k]));
            assert_false(cstr_contains(js_get_text(e->data, "line"), secrets[k]));
        }
    }
    assert_true(lines >= 4);
}

/* ---- whole, as files ---- */

/* Requests that no login is needed for, each of which leaves a line or more. */
static const struct {
    const char *method;
    const char *path;
    const char *form;
} odd_requests[] = {
    {"GET", "/api/dex/auth?a=%zz", NULL},
    {"GET", "/api/dex/auth/%zz", NULL},
    {"GET", "/api/dex/auth/%20?client_id=argo-cd", NULL},
    {"GET", "/api/dex/auth/authentik?client_id=nobody", NULL},
    {"GET", "/api/dex/auth/authentik?client_id=argo-cd&redirect_uri=http://x/", NULL},
    {"GET", "/api/dex/auth/authentik?client_id=argo-cd&redirect_uri=/%zz", NULL},
    {"GET", "/api/dex/callback?state=unknown", NULL},
    {"GET", "/api/dex/callback/%zz?state=unknown", NULL},
    {"GET", "/api/dex/auth/authentik/login?state=unknown", NULL},
    {"GET", "/api/dex/approval?req=unknown&hmac=AAAA", NULL},
    {"POST", "/api/dex/token", "a=%zz"},
    {"POST", "/api/dex/token", "grant_type=unknown"},
    {"POST", "/api/dex/token", "grant_type=authorization_code&client_id=argo-cd&code=x"},
    {"POST", "/api/dex/token",
     "grant_type=authorization_code&client_id=argo-cd&client_secret=wrong&code=x"},
    {"POST", "/api/dex/token",
     "grant_type=authorization_code&client_id=argo-cd&client_secret=" DEX_SECRET "&code=x"},
    {"POST", "/api/dex/token",
     "grant_type=refresh_token&client_id=argo-cd&client_secret=" DEX_SECRET "&refresh_token=x"},
    {"POST", "/api/dex/token",
     "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=argo-cd-cli"
     "&connector_id=nobody&subject_token=x"
     "&subject_token_type=urn:ietf:params:oauth:token-type:id_token"},
    {"POST", "/api/dex/token",
     "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=argo-cd-cli"
     "&connector_id=authentik&subject_token=x"
     "&subject_token_type=urn:ietf:params:oauth:token-type:id_token"},
    {"POST", "/api/dex/token/introspect", "token=x&token_type_hint=access_token"},
    {"GET", "/api/dex/userinfo", NULL},
    {"POST", "/api/dex/device/code", "a=%zz"},
    {"POST", "/api/dex/device/code", "client_id=argo-cd-cli&scope=openid+groups"},
    {"POST", "/api/dex/device/auth/verify_code", "a=%zz"},
    {"POST", "/api/dex/device/token", "grant_type=x"},
    {"POST", "/api/dex/device/token", "a=%zz"},
    {"GET", "/api/dex/device/callback?error=denied&error_description=so+it+is", NULL},
};

/* Of a login and what may follow it. */
static void drive(struct dex_fixture *f)
{
    for (size_t i = 0; i < TEST_COUNT(odd_requests); i++)
        dex_request(f, odd_requests[i].method, odd_requests[i].path, odd_requests[i].form, NULL);
    AUTO(xfree) char *refresh = dex_cli_login(f, "up-1");
    dex_redeem(f, true, NULL, NULL); /* the code is gone */
    dex_refresh(f, refresh, "");
    dex_refresh(f, refresh, ""); /* claimed twice */
    dex_authorize(f, false);
    AUTO(xfree) char *early = xasprintf("/api/dex/approval?req=%s&hmac=AAAA", f->state);
    dex_get(f, early);
    AUTO(xfree) char *other = xasprintf("/api/dex/callback/other?code=c&state=%s", f->state);
    dex_get(f, other);
    AUTO(xfree) char *login = xasprintf("/api/dex/auth/authentik/login?state=%s", f->state);
    dex_get(f, login);
    AUTO(xfree)
    char *denied = xasprintf("/api/dex/callback?error=access_denied&state=%s", f->state);
    dex_get(f, denied);
}

/* The lines as the process wrote them, the ids of requests blanked. Caller frees. */
static char *written_since(const struct dex_fixture *f)
{
    static const char id[] = "\"request_id\":\"";
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = f->mark; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        const char *line = e->kind == TRACE_LOG ? js_get_text(e->data, "line") : NULL;
        if (line == NULL)
            continue;
        const char *at = strstr(line, id);
        if (at == NULL)
            buf_addf(&b, "%s\n", line);
        else
            buf_addf(&b, "%.*s-%s\n", (int)(at - line + (int)strlen(id)), line,
                     at + strlen(id) + 36);
    }
    return buf_take(&b);
}

static void log_is(struct dex_fixture *f, const char *version, const char *file)
{
    f->version = version;
    dex_mark(f);
    dex_restart(f, NULL, "{\"logger\":{\"format\":\"json\"}}");
    drive(f);
    AUTO(xfree) char *text = written_since(f);
    golden_check(file, text);
}

static void test_log__whole(void **state)
{
    log_is(*state, "2.45.0", "dex/log.txt");
}

static void test_log__whole_of_old(void **state)
{
    log_is(*state, "2.37.0", "dex/log-2.37.txt");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_log__formats),
        DEX_TEST(test_log__whole),
        DEX_TEST(test_log__whole_of_old),
        DEX_TEST(test_log__level_is_configured),
        DEX_TEST(test_log__request_id),
        DEX_TEST(test_log__nil),
        DEX_TEST(test_log__start_line_is_no_failure),
        DEX_TEST(test_log__no_secret),
    };
    return TEST_MAIN(tests);
}
