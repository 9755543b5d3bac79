/*
 * The CLI's callback listener by its wire alone: the order of its answers and their texts
 * (argocd.md 3.3). The world behind it is the guide's; its token endpoint refuses the codes made up
 * here.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/login/listener.h"

#define STATE "abcdefghijklmnopqrstuvwx"
#define TOKEN_URL "https://argocd.company/api/dex/token"
#define HELPER "<script>window.location.search = window.location.hash.substring(1)</script>"

struct fixture {
    struct js *doc;
    struct rnd *rnd;
    struct clock *clock;
    struct fault_set *faults;
    struct stage *stage;
    struct setup *setup;
    struct world *world;
    struct login_agents *agents;
    struct listener *listener;
    struct http_client *client;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    const char *root = getenv("ROLECALL_ROOT");
    AUTO(xfree) char *dir = path_join(root != NULL ? root : ".", "scenarios/guide");
    const struct http_client_conf plain = {.party = "browser", .front = true};
    *state = f;
    f->rnd = rnd_new_seeded(1, "listener");
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->faults = fault_set_new(NULL);
    if (setup_read(dir, &f->doc, NULL) != 0 || stage_new(&f->stage, NULL) != 0 ||
        setup_build(f->doc, "setup.yaml", f->rnd, &f->setup, NULL) != 0)
        return -1;
    const struct world_conf conf = {.stage = f->stage,
                                    .setup = f->setup,
                                    .clock = f->clock,
                                    .rnd = f->rnd,
                                    .faults = f->faults};
    if (world_new(&conf, &f->world, NULL) != 0)
        return -1;
    const struct login_conf login = {
        .world = f->world, .clock = f->clock, .rnd = f->rnd, .faults = f->faults};
    if (login_agents_new(&login, &f->agents, NULL) != 0)
        return -1;
    const struct listener_conf listener = {.agents = f->agents,
                                           .state = STATE,
                                           .verifier = "a-verifier",
                                           .token_url = TOKEN_URL,
                                           .redirect_uri = CALLBACK_URL,
                                           .client_id = "argo-cd-cli",
                                           .provider = "dex"};
    return listener_new(&listener, 0, &f->listener, NULL) == 0 &&
                   http_client_new(&plain, &f->client, NULL) == 0
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    listener_free(f->listener);
    http_client_free(f->client);
    login_agents_free(f->agents);
    world_free(f->world);
    setup_free(f->setup);
    stage_free(f->stage);
    fault_set_free(f->faults);
    clock_free(f->clock);
    rnd_free(f->rnd);
    js_free(f->doc);
    xfree(f);
    return 0;
}

/* One request of the browser; form: a POST with that body. */
static void ask(struct fixture *f, const char *target, const char *form, struct http_response *ret)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(xfree)
    char *url = xasprintf("http://127.0.0.1:%u%s", (unsigned)listener_port(f->listener), target);
    struct err err = {0};
    http_response_deinit(ret);
    http_request_set(&req, form != NULL ? "POST" : "GET", url);
    if (form != NULL) {
        params_add(&req.headers, "Content-Type", "application/x-www-form-urlencoded");
        xfree(req.body);
        req.body = xstrdup(form);
        req.body_len = strlen(form);
    }
    if (http_client_do(f->client, &req, ret, &err) != 0)
        fail_msg("%s", err.msg);
}

struct row {
    const char *name;
    const char *query;
    const char *form;  /* or NULL */
    const char *body;  /* of the browser's answer */
    const char *fatal; /* what the command dies of */
    const char *by, *at;
};

#define OURS "state=" STATE

static const struct row rows[] = {
    {"error", "?error=access_denied&error_description=no", NULL, "access_denied: no\n",
     "access_denied: no", "cli", "listener"},
    {"error_without_description", "?error=x", NULL, "x: \n", "x: ", "cli", "listener"},
    {"error_goes_before_state", "?error=x&state=other", NULL, "x: \n", "x: ", "cli", "listener"},
    {"error_is_escaped", "?error=%3Cb%3E&error_description=it's+%26+%22so%22", NULL,
     "&lt;b&gt;: it&#39;s &amp; &#34;so&#34;\n", "<b>: it's & \"so\"", "cli", "listener"},
    {"no_state", "?code=x", NULL, "Unknown state nonce\n", "Unknown state nonce", "cli",
     "listener"},
    {"other_state", "?code=x&state=other", NULL, "Unknown state nonce\n", "Unknown state nonce",
     "cli", "listener"},
    {"state_in_other_case", "?code=x&state=Abcdefghijklmnopqrstuvwx", NULL, "Unknown state nonce\n",
     "Unknown state nonce", "cli", "listener"},
    {"no_code", "?" OURS, NULL, "no code in request: map[&#34;state&#34;:[&#34;" STATE "&#34;]]\n",
     "no code in request: map[\"state\":[\"" STATE "\"]]", "cli", "listener"},
    {"empty_code", "?z=1&a=%22&a=2&code=&" OURS, NULL,
     "no code in request: map[&#34;a&#34;:[&#34;\\&#34;&#34; &#34;2&#34;] "
     "&#34;code&#34;:[&#34;&#34;] &#34;state&#34;:[&#34;" STATE "&#34;] "
     "&#34;z&#34;:[&#34;1&#34;]]\n",
     "no code in request: map[\"a\":[\"\\\"\" \"2\"] \"code\":[\"\"] \"state\":[\"" STATE
     "\"] \"z\":[\"1\"]]",
     "cli", "listener"},
    {"unknown_code", "?code=x&" OURS, NULL,
     "oauth2: &#34;invalid_grant&#34; &#34;Invalid or expired code parameter.&#34;\n",
     "oauth2: \"invalid_grant\" \"Invalid or expired code parameter.\"", "dex", "token"},
    {"form_post", "", "code=x&" OURS,
     "oauth2: &#34;invalid_grant&#34; &#34;Invalid or expired code parameter.&#34;\n",
     "oauth2: \"invalid_grant\" \"Invalid or expired code parameter.\"", "dex", "token"},
};

static const struct row *row;

static int set_up_row(void **state)
{
    row = *state;
    return set_up(state);
}

static void test_refusal(void **state)
{
    struct fixture *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(listener_result_deinit) struct listener_result result = {0};
    AUTO(xfree) char *target = xasprintf(CALLBACK_PATH "%s", row->query);
    ask(f, target, row->form, &r);
    assert_int_equal(r.status, 400);
    assert_string_equal(r.body, row->body);
    assert_string_equal(params_get_ci(&r.headers, "Content-Type"), "text/plain; charset=utf-8");
    assert_string_equal(params_get_ci(&r.headers, "X-Content-Type-Options"), "nosniff");
    listener_finish(f->listener, &result);
    assert_true(result.answered);
    assert_null(result.tokens);
    assert_string_equal(result.fatal, row->fatal);
    assert_string_equal(result.by, row->by);
    assert_string_equal(result.at, row->at);
}

/* The helper for fragments is an answer, and the command goes on waiting; it counts. */
static void test_requests__the_third_is_too_many(void **state)
{
    struct fixture *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(listener_result_deinit) struct listener_result result = {0};
    for (int i = 0; i < 2; i++) {
        ask(f, CALLBACK_PATH, NULL, &r);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, HELPER);
        assert_string_equal(params_get_ci(&r.headers, "Content-Type"), "text/html; charset=utf-8");
    }
    ask(f, CALLBACK_PATH "?code=x&" OURS, NULL, &r);
    assert_int_equal(r.status, 400);
    assert_string_equal(r.body, "Unable to complete login flow: too many redirects\n");
    listener_finish(f->listener, &result);
    assert_string_equal(result.fatal, "Unable to complete login flow: too many redirects");
}

/* The implicit flow: the token itself comes back, and is not looked at. */
static void test_token__handed_over(void **state)
{
    struct fixture *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(listener_result_deinit) struct listener_result result = {0};
    ask(f, CALLBACK_PATH "?id_token=a.b.c&" OURS, NULL, &r);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "#2ecc71"));
    assert_non_null(strstr(r.body, "Authentication successful!"));
    assert_non_null(strstr(r.body, "Authentication was successful, you can now return to CLI. This "
                                   "page will close automatically"));
    assert_non_null(strstr(r.body, "4000"));
    listener_finish(f->listener, &result);
    assert_null(result.fatal);
    assert_string_equal(js_get_text(result.tokens, "id_token"), "a.b.c");
}

static void test_paths__one_alone(void **state)
{
    static const char *const others[] = {"/", "/auth/callback/", "/auth", "/favicon.ico"};
    struct fixture *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(listener_result_deinit) struct listener_result result = {0};
    for (size_t i = 0; i < TEST_COUNT(others); i++) {
        ask(f, others[i], NULL, &r);
        assert_int_equal(r.status, 404);
        assert_string_equal(r.body, "404 page not found\n");
    }
    listener_finish(f->listener, &result);
    assert_false(result.answered);
}

/* What has ended has ended: a second answer changes nothing. */
static void test_answer__the_first_counts(void **state)
{
    struct fixture *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(listener_result_deinit) struct listener_result result = {0};
    ask(f, CALLBACK_PATH "?code=x&state=other", NULL, &r);
    ask(f, CALLBACK_PATH "?id_token=a.b.c&" OURS, NULL, &r);
    listener_finish(f->listener, &result);
    assert_string_equal(result.fatal, "Unknown state nonce");
    assert_null(result.tokens);
}

#define PLAIN 4
#define TEST(f_) cmocka_unit_test_setup_teardown(f_, set_up, tear_down)

int main(void)
{
    static struct row copies[TEST_COUNT(rows)];
    struct CMUnitTest tests[PLAIN + TEST_COUNT(rows)] = {
        TEST(test_requests__the_third_is_too_many),
        TEST(test_token__handed_over),
        TEST(test_paths__one_alone),
        TEST(test_answer__the_first_counts),
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        copies[i] = rows[i];
        tests[PLAIN + i] = (struct CMUnitTest){.name = copies[i].name,
                                               .test_func = test_refusal,
                                               .setup_func = set_up_row,
                                               .teardown_func = tear_down,
                                               .initial_state = &copies[i]};
    }
    return TEST_MAIN(tests);
}
