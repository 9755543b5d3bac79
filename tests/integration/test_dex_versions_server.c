/*
 * The rows of Dex's version table on the server and on its log: before, after, and taken out.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/http/html.h"
#include "mocks/dex/quirks.h"
#include "tests/support/dex_rows.h"

/* Status, Location, and what a page says. */
static char *answer(const struct dex_fixture *f)
{
    AUTO(xfree) char *text = html_visible_text(f->resp.body != NULL ? f->resp.body : "");
    const char *location = dex_header(f, "Location");
    return *location != '\0' ? xasprintf("%d %s", f->resp.status, location)
                             : xasprintf("%d %s", f->resp.status, text);
}

/* Up to the first character that differs from run to run. */
static char *cut(char *take, const char *at)
{
    char *end = strstr(take, at);
    if (end != NULL)
        end[strlen(at)] = '\0';
    return take;
}

/* ---- the server ---- */

static char *unclean_path(struct dex_fixture *f)
{
    dex_get(f, "//api/dex/./keys?a=b");
    return answer(f);
}

#define APPROVAL_ASKED "{\"oauth2\":{\"skipApprovalScreen\":false}}"

static char *approval_way(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    dex_authorize(f, false);
    dex_callback(f);
    const char *hmac = strstr(dex_header(f, "Location"), "&hmac=");
    AUTO(xfree) char *open = xasprintf("/api/dex/approval?req=%s", f->state);
    dex_get(f, open);
    return xasprintf("%s, without it %d", hmac != NULL ? "an hmac" : "no hmac", f->resp.status);
}

static char *code_way(struct dex_fixture *f)
{
    dex_say_token(f, NULL);
    dex_authorize(f, false);
    dex_callback(f);
    AUTO(xfree) char *first = xstrdup(dex_header(f, "Location"));
    if (cstr_starts(first, DEX_CALLBACK "?code="))
        return xstrdup("the code");
    dex_get(f, first);
    bool code = cstr_starts(dex_header(f, "Location"), DEX_CALLBACK "?code=");
    return xasprintf("approval, then %s", code ? "the code" : "no code");
}

static char *exchange(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/.well-known/openid-configuration");
    bool listed = cstr_contains(f->resp.body, "token-exchange");
    dex_request(f, "POST", "/api/dex/token",
                "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=argo-cd-cli",
                NULL);
    return xasprintf("%s, %s", listed ? "listed" : "not listed", js_get_text(f->json, "error"));
}

static char *introspection(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/.well-known/openid-configuration");
    bool listed = js_get(f->json, "introspection_endpoint") != NULL;
    dex_request(f, "POST", "/api/dex/token/introspect", "token=x", NULL);
    return xasprintf("%s, %d", listed ? "listed" : "not listed", f->resp.status);
}

#define OPEN_CLIENT "{\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"open\",\"public\":true}]}"

static char *loopback(struct dex_fixture *f)
{
    dex_get_auth(f, false, "redirect_uri", "http://127.0.0.1:9/y");
    int address = f->resp.status;
    dex_get_auth(f, false, "redirect_uri", "http://localhost:9/y");
    return xasprintf("%d, localhost %d", address, f->resp.status);
}

static char *root(struct dex_fixture *f)
{
    dex_get(f, "/api/dex");
    return xasprintf("%d", f->resp.status);
}

#define CONNECTORS(bad_)                                                                           \
    "{\"connectors\":[{\"id\":\"authentik\",\"name\":\"a\",\"type\":\"oidc\",\"config\":{"         \
    "\"issuer\":\"" UP_ISSUER "\"}},{\"id\":\"bad\",\"name\":\"b\",\"type\":\"oidc\",\"config\":{" \
    "\"issuer\":\"" bad_ "\"}}]}"
#define ONE_BROKEN CONNECTORS("http://authentik.company/none/")

static void go_on_is(struct dex_fixture *f, const char *value)
{
    AUTO(xfree)
    char *text =
        xasprintf("{\"dex\":{\"env\":{\"DEX_CONTINUE_ON_CONNECTOR_FAILURE\":\"%s\"}}}", value);
    assert_int_equal(js_parse(str_of(text), "doc", &f->doc, NULL), 0);
}

/* The variable says otherwise than the default of the release: it counts, or it does not. */
static void with_variable(struct dex_fixture *f)
{
    go_on_is(f, cstr_starts(f->version, "2.45") ? "false" : "true");
}

static char *up_or_down(struct dex_fixture *f)
{
    const char *down = dex_mock_down(f->dex);
    return down == NULL ? xstrdup("runs") : cut(xstrdup(down), "connector bad:");
}

#define ENDS "failed to initialize server: server: Failed to open connector bad:"

static char *broken_connector(struct dex_fixture *f)
{
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/nobody?%s", query);
    dex_get(f, path);
    return answer(f);
}

static char *pages(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/auth?a=%zz");
    AUTO(xfree) char *form = answer(f);
    dex_get_auth(f, false, "client_id", "no\"body");
    AUTO(xfree) char *client = answer(f);
    dex_get_auth(f, false, "redirect_uri", "http://x/");
    AUTO(xfree) char *uri = answer(f);
    upstream_say(f->up, UP_TOKEN, 400, "application/json", "{\"error\":\"invalid_grant\"}");
    dex_authorize(f, false);
    dex_callback(f);
    AUTO(xfree) char *login = answer(f);
    dex_get(f, "/api/dex/device/callback?state=a&code=b&error=<c>&error_description=d");
    AUTO(xfree) char *device = answer(f);
    dex_request(f, "PUT", "/api/dex/device/callback", NULL, NULL);
    AUTO(xfree) char *method = answer(f);
    return xasprintf("%s | %s | %s | %s | %s | %s", form, client, uri, login, device, method);
}

#define GENERIC                                                                                    \
    "400 dex Bad Request Invalid request. Please try again. | 404 dex Not Found Invalid "          \
    "client_id. | 400 dex Bad Request Unregistered redirect_uri. | 500 dex Internal Server Error " \
    "Authentication failed. Please contact your administrator or try again later. | 400 dex Bad "  \
    "Request Authorization failed. Please try again. | 400 dex Bad Request Method not allowed."
#define TELLING                                                                                    \
    "400 dex Bad Request invalid URL escape \"%zz\" | 404 dex Not Found Invalid client_id "        \
    "(\"no\\\"body\"). | 400 dex Bad Request Unregistered redirect_uri (\"http://x/\"). | 500 "    \
    "dex Internal Server Error Failed to authenticate: oidc: failed to get token: oauth2: "        \
    "\"invalid_grant\" | 400 <c>: d | 400 method not implemented: PUT"

/* {"alg":"RS256"} {"iss":DEX_ISSUER,"exp":9999999999}, signed by nobody: every release says the
 * same. */
#define FORGED                                                                                     \
    "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwOi8vYXJnb2NkL"                                           \
    "mNvbXBhbnkvYXBpL2RleCIsImV4cCI6OTk5OTk5OTk5OX0.AAAA"

static char *userinfo(struct dex_fixture *f)
{
    dex_userinfo(f, "Bearer", FORGED);
    return xasprintf("%d %s", f->resp.status, js_get_text(f->json, "error_description"));
}

#define QUERY_CLIENT                                                                               \
    "{\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"q\",\"secret\":\"s\","                     \
    "\"redirectURIs\":[\"http://c/?x=1&error=y\"]}]}"

static char *error_query(struct dex_fixture *f)
{
    AUTO(params_deinit) struct params p = {0};
    params_add(&p, "client_id", "argo-cd");
    params_add(&p, "redirect_uri", "http://c/?x=1&error=y");
    params_add(&p, "request", "r");
    params_add(&p, "state", "s");
    AUTO(xfree) char *query = params_form(&p);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_get(f, path);
    return answer(f);
}

#define NO_REQUEST "error_description=Server+does+not+support+request+parameter."

static char *keys_age(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/keys");
    AUTO(xfree) char *first = xstrdup(dex_header(f, "Cache-Control"));
    clock_advance_ms(f->clock, INT64_C(21600000) - 60000); /* a minute before the rotation */
    dex_get(f, "/api/dex/keys");
    return xasprintf("%s, then %s", first, dex_header(f, "Cache-Control"));
}

static char *ask_device(struct dex_fixture *f)
{
    dex_request(f, "POST", "/api/dex/device/code", "client_id=argo-cd", NULL);
    return xstrdup(js_get_text(f->json, "device_code"));
}

static char *device_pending(struct dex_fixture *f)
{
    AUTO(xfree) char *code = ask_device(f);
    AUTO(xfree)
    char *form =
        xasprintf("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=%s", code);
    dex_request(f, "POST", "/api/dex/token", form, NULL);
    return xasprintf("%d %s", f->resp.status, f->resp.body);
}

static char *device_scope(struct dex_fixture *f)
{
    AUTO(xfree) char *code = ask_device(f);
    AUTO(xfree) char *form = xasprintf("user_code=%s", js_get_text(f->json, "user_code"));
    dex_request(f, "POST", "/api/dex/device/auth/verify_code", form, NULL);
    return cut(xstrdup(strstr(dex_header(f, "Location"), "&scope=")), "&state");
}

/* ---- the log ---- */

static char *written(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/callback?state=x");
    return cut(dex_log_written(f, "state' parameter"), "not found\"");
}

static char *request_id(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/callback?state=x");
    AUTO(xfree) char *line = dex_log_written(f, "state' parameter");
    const char *id = strstr(line, "\"request_id\":\"");
    return xstrdup(id != NULL && strlen(id) == 52 ? "a UUID" : "none");
}

static char *start_line(struct dex_fixture *f)
{
    return xstrdup(dex_logged(f, dex_literal("start-log")) ? "told" : "not told");
}

static const struct dex_row_case cases[] = {
    {"raw-paths", NULL, NULL, NULL, unclean_path, "404 404 page not found",
     "301 /api/dex/keys?a=b"},
    {"approval-hmac", NULL, APPROVAL_ASKED, NULL, approval_way, "an hmac, without it 401",
     "no hmac, without it 200"},
    {"code-direct", NULL, NULL, NULL, code_way, "the code", "approval, then the code"},
    {"token-exchange", NULL, NULL, NULL, exchange, "listed, request_not_supported",
     "not listed, unsupported_grant_type"},
    {"introspect", NULL, NULL, NULL, introspection, "listed, 200", "not listed, 404"},
    {"loopback", NULL, OPEN_CLIENT, NULL, loopback, "302, localhost 302", "400, localhost 302"},
    {"root-page", NULL, NULL, NULL, root, "200", "404"},
    {"continue-option", NULL, ONE_BROKEN, with_variable, up_or_down, "runs", ENDS},
    {"continue-default", NULL, ONE_BROKEN, NULL, up_or_down, "runs", ENDS},
    {"connector-text", NULL, NULL, NULL, broken_connector,
     "400 dex Bad Request Connector failed to initialize",
     "400 dex Bad Request Requested resource does not exist"},
    {"generic-pages", NULL, NULL, NULL, pages, GENERIC, TELLING},
    {"userinfo-text", NULL, NULL, NULL, userinfo, "403 Invalid bearer token.",
     "403 failed to verify signature: failed to verify id token signature"},
    {"error-query", NULL, QUERY_CLIENT, NULL, error_query,
     "303 http://c/?error=request_not_supported&" NO_REQUEST "&state=s&x=1",
     "303 http://c/?x=1&error=y&error=request_not_supported&" NO_REQUEST "&state=s"},
    {"keys-max-age", NULL, NULL, NULL, keys_age,
     "max-age=600, must-revalidate, then max-age=600, "
     "must-revalidate",
     "max-age=21600, must-revalidate, then max-age=120, must-revalidate"},
    {"device-pending", NULL, NULL, NULL, device_pending,
     "400 {\"error\":\"authorization_pending\"}", "401 {\"error\":\"authorization_pending\"}"},
    {"device-scope", NULL, NULL, NULL, device_scope, "&scope=openid&state", "&scope=&state"},
    {"slog", NULL, NULL, NULL, written,
     "{\"time\":\"2026-01-01T00:00:00Z\",\"level\":\"ERROR\",\"msg\":\"invalid 'state' parameter "
     "provided\",\"err\":\"not found\"",
     "{\"level\":\"error\",\"msg\":\"Invalid 'state' parameter provided: not found\""},
    {"log-request-id", NULL, NULL, NULL, request_id, "a UUID", "none"},
    {"start-error", NULL, NULL, NULL, start_line, "told", "not told"},
};

static void test_versions__server_and_log(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(cases); i++)
        dex_rows_check(&cases[i]);
}

/* Every row of the two groups has a case here. */
static void test_versions__no_row_is_left_out(void **state)
{
    for (int row = 0; row < DEX_QUIRK_OVERRIDE_CLAIMS; row++) {
        size_t i = 0;
        while (i < TEST_COUNT(cases) && !cstr_eq(cases[i].id, quirks_dex[row].id))
            i++;
        if (i == TEST_COUNT(cases))
            fail_msg("row '%s' has no case", quirks_dex[row].id);
    }
}

/* ---- what the two rows on broken connectors do together ---- */

static void test_versions__the_variable_counts_since_2_44(void **state)
{
    static const struct {
        const char *version;
        const char *value;
        bool runs;
    } rows[] = {
        {"2.43.0", "true", false},  {"2.44.0", "true", true},  {"2.44.0", "bogus", false},
        {"2.45.0", "false", false}, {"2.45.0", "bogus", true}, {NULL, NULL, false},
    };
    struct dex_fixture *f = *state;
    for (size_t i = 0; rows[i].version != NULL; i++) {
        f->version = rows[i].version;
        struct js *old = f->doc;
        go_on_is(f, rows[i].value);
        js_free(old);
        dex_restart(f, NULL, ONE_BROKEN);
        assert_true((dex_mock_down(f->dex) == NULL) == rows[i].runs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions__server_and_log),
        cmocka_unit_test(test_versions__no_row_is_left_out),
        DEX_TEST(test_versions__the_variable_counts_since_2_44),
    };
    return TEST_MAIN(tests);
}
