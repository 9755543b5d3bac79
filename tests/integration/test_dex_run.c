/*
 * The mock Dex as a process: key rotation, restart, starts that fail, many callers at once, bounded
 * state.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jws.h"
#include "tests/support/dex_fixture.h"

/* ---- keys, restart, starts that fail ---- */

static size_t keys_served(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/keys");
    return js_len(js_get(f->json, "keys"));
}

static void test_rotation__retired_keys_stay_a_day(void **state)
{
    struct dex_fixture *f = *state;
    dex_login(f, false);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    assert_int_equal(dex_mock_rotate(f->dex, NULL), 0);
    assert_int_equal(keys_served(f), 2);
    dex_userinfo(f, "Bearer", token);
    assert_int_equal(f->resp.status, 200);
    dex_get(f, "/api/dex/keys");
    AUTO(xfree) char *kid = xstrdup(js_get_text(js_at(js_get(f->json, "keys"), 0), "kid"));
    dex_login(f, false);
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(js_get_text(f->json, "id_token"), &j, NULL), JWS_OK);
    assert_string_equal(js_get_text(j.header, "kid"), kid);
    clock_advance_ms(f->clock, INT64_C(6) * 3600000);
    assert_int_equal(keys_served(f), 3); /* every 6 hours by itself */
    clock_advance_ms(f->clock, INT64_C(300) * 3600000);
    assert_int_equal(keys_served(f), 5); /* the present one and those of the last day */
}

static void test_restart__everything_is_lost(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(xfree) char *refresh = dex_cli_login(f, "up-1");
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    dex_authorize(f, false);
    dex_restart(f, NULL, NULL);
    assert_int_equal(keys_served(f), 1);
    dex_userinfo(f, "Bearer", token);
    assert_int_equal(f->resp.status, 403);
    dex_callback(f);
    dex_assert_page(f, 400, "unknown-state");
    dex_refresh(f, refresh, "");
    dex_assert_error(f, 400, "invalid_request", "refresh-invalid");
}

struct start_row {
    const char *options;
    const char *literal; /* in the log */
};

static const struct start_row start_rows[] = {
    {"{\"issuer\":\"http://authentik.company/app\"}", "open-mismatch"},
    {"{\"hostedDomains\":[\"x\"]}", "open-hosted"},
    {"{\"rootCAs\":[\"not a certificate\"]}", "open-ca"},
    {"{\"scopes\":\"openid\"}", "open-scopes-type"},
    {NULL, NULL},
};

static void test_start__failures_bring_it_down(void **state)
{
    struct dex_fixture *f = *state;
    assert_true(dex_logged(f, dex_literal("start-log")));
    for (const struct start_row *r = start_rows; r->options != NULL; r++) {
        dex_mark(f);
        dex_restart(f, r->options, NULL);
        assert_non_null(dex_mock_down(f->dex));
        if (!dex_logged(f, dex_literal(r->literal)))
            fail_msg("not logged: %s", dex_literal(r->literal));
    }
    dex_restart(f, NULL, NULL);
    assert_null(dex_mock_down(f->dex));
}

static void test_start__authentik_away(void **state)
{
    struct dex_fixture *f = *state;
    upstream_stop(f->up);
    dex_restart(f, NULL, NULL);
    assert_string_equal(dex_mock_down(f->dex), dex_literal("open-all"));
    AUTO(xfree)
    char *chain =
        xasprintf("%sGet \"http://authentik.company/app/.well-known/openid-configuration\": dial "
                  "tcp 127.0.0.1:",
                  dex_literal("open-chain"));
    assert_true(dex_logged(f, chain));
    assert_int_equal(dex_mock_rotate(f->dex, NULL), -1);
}

/* dex.md 7 rows 14, 15: Argo CD had nothing to start Dex with. */
static void test_start__argocd_generated_nothing(void **state)
{
    static const struct {
        const char *error; /* of the generator, or NULL */
        const char *down;
    } rows[] = {{"malformed Dex configuration found", "malformed Dex configuration found"},
                {NULL, "dex is not configured"}};
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct setup none = {.dex_version = "2.45.0", .argocd = {.dex_error = rows[i].error}};
        dex_mark(f);
        assert_int_equal(dex_mock_restart(f->dex, &none, NULL), 0);
        assert_string_equal(dex_mock_down(f->dex), rows[i].down);
        assert_true(dex_logged(f, rows[i].down));
        dex_restart(f, NULL, NULL); /* before `none` goes away */
        assert_null(dex_mock_down(f->dex));
    }
}

/* ---- many at once ---- */

#define THREADS 4
#define LOGINS 6

struct caller {
    pthread_t thread;
    struct dex_fixture f; /* own client and answers; the rest is shared */
    size_t signed_in;
};

static void *log_in_often(void *arg)
{
    struct caller *c = arg;
    for (int i = 0; i < LOGINS; i++) {
        dex_authorize(&c->f, false);
        dex_callback(&c->f);
        dex_redeem(&c->f, false, NULL, NULL);
        c->signed_in += c->f.resp.status == 200;
    }
    return NULL;
}

static void start(struct caller *c, const struct dex_fixture *shared)
{
    struct http_client_conf conf = {.party = "browser", .names = &shared->names};
    *c = (struct caller){.f = *shared};
    c->f.resp = (struct http_response){0};
    c->f.json = NULL;
    c->f.state = xstrdup("");
    c->f.code = xstrdup("");
    assert_int_equal(http_client_new(&conf, &c->f.client, NULL), 0);
    assert_int_equal(pthread_create(&c->thread, NULL, log_in_often, c), 0);
}

static size_t finish(struct caller *c)
{
    pthread_join(c->thread, NULL);
    http_client_free(c->f.client);
    http_response_deinit(&c->f.resp);
    js_free(c->f.json);
    xfree(c->f.state);
    xfree(c->f.code);
    return c->signed_in;
}

static void test_threads__logins_during_rotation(void **state)
{
    struct dex_fixture *f = *state;
    struct caller callers[THREADS];
    size_t signed_in = 0;
    dex_say_token(f, NULL);
    for (size_t i = 0; i < THREADS; i++)
        start(&callers[i], f);
    for (int i = 0; i < 3; i++)
        assert_int_equal(dex_mock_rotate(f->dex, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        signed_in += finish(&callers[i]);
    assert_int_equal(signed_in, THREADS * LOGINS);
}

/* A login caught by a restart fails; the next one works. */
static void test_threads__logins_during_restart(void **state)
{
    struct dex_fixture *f = *state;
    struct caller callers[THREADS];
    dex_say_token(f, NULL);
    for (size_t i = 0; i < THREADS; i++)
        start(&callers[i], f);
    for (int i = 0; i < 3; i++)
        assert_int_equal(dex_mock_restart(f->dex, f->setup, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        (void)finish(&callers[i]);
    dex_login(f, false);
    assert_int_equal(f->resp.status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_rotation__retired_keys_stay_a_day),
        DEX_TEST(test_restart__everything_is_lost),
        DEX_TEST(test_start__failures_bring_it_down),
        DEX_TEST(test_start__authentik_away),
        DEX_TEST(test_start__argocd_generated_nothing),
        DEX_TEST(test_threads__logins_during_rotation),
        DEX_TEST(test_threads__logins_during_restart),
    };
    return TEST_MAIN(tests);
}
