/*
 * Several replicas of the mock Dex: each has its own requests, codes and keys, and requests go to
 * them in turn. The same steps with one replica work.
 */
#include "tests/support/test.h"

#include "harness/base/str.h"
#include "tests/support/dex_fixture.h"

static void start(struct dex_fixture *f, int replicas)
{
    f->replicas = replicas;
    dex_restart(f, NULL, NULL);
    dex_say_token(f, NULL);
}

/* A request for the other one. */
static void skip_turn(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/healthz");
    assert_int_equal(f->resp.status, 200);
}

static void test_replicas__state_is_unknown_to_the_other(void **state)
{
    struct dex_fixture *f = *state;
    start(f, 2);
    dex_authorize(f, false);
    dex_callback(f);
    dex_assert_page(f, 400, "unknown-state");
    assert_true(dex_logged(f, dex_literal("unknown-state-log")));
    dex_callback(f); /* the one that stored it */
    assert_int_equal(f->resp.status, 303);
    start(f, 1);
    dex_authorize(f, false);
    dex_callback(f);
    assert_int_equal(f->resp.status, 303);
}

static void test_replicas__code_is_unknown_to_the_other(void **state)
{
    struct dex_fixture *f = *state;
    start(f, 2);
    dex_authorize(f, false);
    skip_turn(f);
    dex_callback(f);
    dex_redeem(f, false, NULL, NULL);
    dex_assert_error(f, 400, "invalid_grant", "token-code");
    dex_redeem(f, false, NULL, NULL);
    assert_int_equal(f->resp.status, 200);
}

static void test_replicas__keys_are_their_own(void **state)
{
    struct dex_fixture *f = *state;
    start(f, 2);
    dex_get(f, "/api/dex/keys");
    AUTO(xfree) char *one = xstrdup(f->resp.body);
    dex_get(f, "/api/dex/keys");
    AUTO(xfree) char *other = xstrdup(f->resp.body);
    dex_get(f, "/api/dex/keys");
    assert_string_not_equal(one, other);
    assert_string_equal(f->resp.body, one);
    dex_authorize(f, false);
    skip_turn(f);
    dex_callback(f);
    skip_turn(f);
    dex_redeem(f, false, NULL, NULL);
    assert_int_equal(f->resp.status, 200);
    AUTO(xfree) char *token = xstrdup(js_get_text(f->json, "id_token"));
    dex_userinfo(f, "Bearer", token);
    dex_assert_error(f, 403, "access_denied", "bearer");
    dex_userinfo(f, "Bearer", token);
    assert_int_equal(f->resp.status, 200);
}

static void test_replicas__are_operated_together(void **state)
{
    struct dex_fixture *f = *state;
    start(f, 3);
    for (int i = 0; i < 3; i++)
        dex_authorize(f, false);
    AUTO(js_free) struct js *counts = dex_mock_counts(f->dex);
    int64_t n = 0;
    assert_int_equal(js_get_number(counts, "auth_requests", &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(dex_mock_rotate(f->dex, NULL), 0);
    for (int i = 0; i < 3; i++) {
        dex_get(f, "/api/dex/keys");
        assert_int_equal(js_len(js_get(f->json, "keys")), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_replicas__state_is_unknown_to_the_other),
        DEX_TEST(test_replicas__code_is_unknown_to_the_other),
        DEX_TEST(test_replicas__keys_are_their_own),
        DEX_TEST(test_replicas__are_operated_together),
    };
    return TEST_MAIN(tests);
}
