/*
 * What the mock Dex writes to its log: the exact line in each format, its level and request_id, and
 * no secret in it. Literals of single lines are where the refusals are.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "tests/support/dex_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_log__formats),
        DEX_TEST(test_log__level_is_configured),
        DEX_TEST(test_log__request_id),
        DEX_TEST(test_log__nil),
        DEX_TEST(test_log__start_line_is_no_failure),
        DEX_TEST(test_log__no_secret),
    };
    return TEST_MAIN(tests);
}
