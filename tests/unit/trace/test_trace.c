/*
 * The trace: order, what an exchange keeps, how it looks as JSON, and appending from several
 * threads.
 */
#include "tests/support/test.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/trace/trace.h"

struct fixture {
    struct clock *clock;
    struct trace *trace;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->trace = trace_new(f->clock);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    trace_free(f->trace);
    clock_free(f->clock);
    xfree(f);
    return 0;
}

static char *json_of(const struct trace *t, size_t i)
{
    AUTO(js_free) struct js *j = trace_event_json(trace_at(t, i));
    return js_compact(j);
}

static size_t ask(struct trace *t, const char *url)
{
    return trace_exchange_begin(t, "browser", "argocd", true, "GET", url, NULL, NULL, 0);
}

static void test_exchange__stands_where_the_request_left(void **state)
{
    struct fixture *f = *state;
    size_t outer = ask(f->trace, "https://a/outer");
    clock_advance_ms(f->clock, 5);
    size_t inner = ask(f->trace, "https://a/inner");
    trace_exchange_end(f->trace, inner, 200, NULL, "in", 2, NULL, 7);
    trace_exchange_end(f->trace, outer, 303, NULL, NULL, 0, NULL, 9);
    assert_int_equal(trace_len(f->trace), 2);
    const struct trace_event *e = trace_at(f->trace, 0);
    assert_string_equal(e->url, "https://a/outer");
    assert_int_equal(e->status, 303);
    assert_int_equal(e->took_us, 9);
    assert_int_equal(trace_at(f->trace, 1)->at_ms - e->at_ms, 5);
    assert_int_equal(trace_at(f->trace, 1)->seq, 1);
}

static void test_exchange__copies_what_it_keeps(void **state)
{
    struct fixture *f = *state;
    struct params headers = {0};
    char body[] = "code=1";
    params_add(&headers, "Accept", "*/*");
    size_t seq = trace_exchange_begin(f->trace, "dex", "authentik", false, "POST", "https://a/t",
                                      &headers, body, strlen(body));
    params_deinit(&headers);
    memset(body, 'x', strlen(body));
    trace_exchange_end(f->trace, seq, 200, NULL, "{}", 2, NULL, 1);
    const struct trace_event *e = trace_at(f->trace, 0);
    assert_string_equal(e->request_body, "code=1");
    assert_string_equal(params_get(&e->request_headers, "Accept"), "*/*");
    assert_false(e->front);
}

static void *end_later(void *trace)
{
    trace_exchange_end(trace, 0, 200, NULL, "late", 4, NULL, 1);
    return NULL;
}

static void test_settle__waits_for_open_exchanges(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    trace_settle(f->trace); /* nothing is open */
    trace_settle(NULL);
    (void)ask(f->trace, "https://a/");
    assert_int_equal(pthread_create(&thread, NULL, end_later, f->trace), 0);
    trace_settle(f->trace);
    assert_int_equal(trace_at(f->trace, 0)->status, 200);
    assert_string_equal(trace_at(f->trace, 0)->body, "late");
    pthread_join(thread, NULL);
}

struct held {
    struct trace *trace;
    bool done;
};

static void *release_later(void *ctx)
{
    struct held *h = ctx;
    size_t seq = ask(h->trace, "https://a/");
    trace_exchange_end(h->trace, seq, 200, NULL, "", 0, NULL, 1); /* others come and go */
    h->done = true;
    trace_release(h->trace);
    return NULL;
}

static void test_settle__waits_for_what_is_held(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    struct held h = {.trace = f->trace};
    trace_hold(NULL);
    trace_release(NULL);
    trace_hold(f->trace);
    assert_int_equal(pthread_create(&thread, NULL, release_later, &h), 0);
    trace_settle(f->trace);
    assert_true(h.done);
    pthread_join(thread, NULL);
}

static void test_exchange__keeps_four_mebibytes_of_a_body(void **state)
{
    struct fixture *f = *state;
    size_t limit = 4UL * 1024 * 1024;
    AUTO(xfree) char *body = xcalloc(1, limit + 2);
    memset(body, 'b', limit + 1);
    size_t seq = ask(f->trace, "https://a/");
    trace_exchange_end(f->trace, seq, 200, NULL, body, limit + 1, NULL, 1);
    assert_int_equal(trace_at(f->trace, 0)->body_len, limit);
    assert_int_equal(strlen(trace_at(f->trace, 0)->body), limit);
}

static void test_json__exchange(void **state)
{
    struct fixture *f = *state;
    struct params headers = {0};
    params_add(&headers, "A", "1");
    params_add(&headers, "A", "2");
    size_t seq = trace_exchange_begin(f->trace, "browser", "argocd", true, "POST", "https://a/x",
                                      &headers, "b", 1);
    trace_exchange_end(f->trace, seq, 200, &headers, "ok", 2, NULL, 3);
    params_deinit(&headers);
    AUTO(xfree) char *text = json_of(f->trace, 0);
    assert_string_equal(
        text, "{\"seq\":0,\"at_ms\":1767225600000,\"kind\":\"exchange\",\"from\":\"browser\","
              "\"to\":\"argocd\",\"channel\":\"front\",\"request\":{\"method\":\"POST\","
              "\"url\":\"https://a/x\",\"headers\":[[\"A\",\"1\"],[\"A\",\"2\"]],\"body\":\"b\"},"
              "\"response\":{\"status\":200,\"headers\":[[\"A\",\"1\"],[\"A\",\"2\"]],"
              "\"body\":\"ok\"},\"took_us\":3}");
}

/* What the client saw of TLS, also when it did not come to an answer. */
static void test_json__exchange_over_tls(void **state)
{
    struct fixture *f = *state;
    size_t seq = ask(f->trace, "https://a/x");
    trace_exchange_tls(f->trace, seq, "TLSv1.3", NULL);
    trace_exchange_end(f->trace, seq, 200, NULL, NULL, 0, NULL, 3);
    AUTO(js_free) struct js *good = trace_event_json(trace_at(f->trace, 0));
    assert_string_equal(js_get_text(js_get(good, "tls"), "protocol"), "TLSv1.3");
    assert_true(js_is(js_get(js_get(good, "tls"), "problem"), JS_NULL));
    seq = ask(f->trace, "https://a/y");
    trace_exchange_tls(f->trace, seq, NULL, "x509: no");
    trace_exchange_end(f->trace, seq, 0, NULL, NULL, 0, "x509: no", 3);
    AUTO(js_free) struct js *bad = trace_event_json(trace_at(f->trace, 1));
    assert_true(js_is(js_get(js_get(bad, "tls"), "protocol"), JS_NULL));
    assert_string_equal(js_get_text(js_get(bad, "tls"), "problem"), "x509: no");
    trace_exchange_tls(NULL, 0, "TLSv1.3", NULL); /* no trace swallows it */
}

static void test_json__exchange_without_an_answer(void **state)
{
    struct fixture *f = *state;
    size_t seq = ask(f->trace, "https://a/x");
    trace_exchange_end(f->trace, seq, 0, NULL, NULL, 0, "connection refused", 3);
    AUTO(js_free) struct js *j = trace_event_json(trace_at(f->trace, 0));
    assert_string_equal(js_get_text(j, "error"), "connection refused");
    assert_null(js_get(j, "response"));
}

static void test_json__exchange_that_never_ended(void **state)
{
    struct fixture *f = *state;
    ask(f->trace, "https://a/x");
    AUTO(js_free) struct js *j = trace_event_json(trace_at(f->trace, 0));
    assert_null(js_get(j, "response"));
    assert_non_null(js_get(j, "request"));
}

/* What a server sends need not be text; the JSON must be valid all the same. */
static void test_json__body_that_is_no_text(void **state)
{
    struct fixture *f = *state;
    size_t seq = ask(f->trace, "https://a/x");
    trace_exchange_end(f->trace, seq, 200, NULL, "a\0b\xff\xfe", 5, NULL, 3);
    AUTO(xfree) char *text = json_of(f->trace, 0);
    AUTO(js_free) struct js *back = NULL;
    assert_int_equal(js_parse(str_of(text), "event", &back, NULL), 0);
    assert_non_null(js_path(back, "response", "body", NULL));
}

static void test_json__other_kinds(void **state)
{
    struct fixture *f = *state;
    struct js *data = js_object();
    js_set_text(data, "by", "policy");
    trace_log(f->trace, "dex", "ERROR", "no %s", "groups");
    trace_note(f->trace, "harness", "clock moved by %d ms", 5);
    trace_data(f->trace, TRACE_DECISION, "argocd", data);
    trace_log_line(f->trace, "dex", "INFO", "m a=b", "level=INFO msg=m a=b");
    AUTO(js_free) struct js *all = trace_json(f->trace);
    AUTO(xfree) char *text = js_compact(all);
    assert_string_equal(
        text, "[{\"seq\":0,\"at_ms\":1767225600000,\"kind\":\"log\",\"from\":\"dex\","
              "\"level\":\"ERROR\",\"text\":\"no groups\"},"
              "{\"seq\":1,\"at_ms\":1767225600000,\"kind\":\"note\",\"from\":\"harness\","
              "\"text\":\"clock moved by 5 ms\"},"
              "{\"seq\":2,\"at_ms\":1767225600000,\"kind\":\"decision\",\"from\":\"argocd\","
              "\"data\":{\"by\":\"policy\"}},"
              "{\"seq\":3,\"at_ms\":1767225600000,\"kind\":\"log\",\"from\":\"dex\","
              "\"level\":\"INFO\",\"text\":\"m a=b\",\"data\":{\"line\":\"level=INFO msg=m "
              "a=b\"}}]");
}

static void test_kinds__have_names(void **state)
{
    for (size_t k = 0; k < TRACE_KIND_MAX_; k++)
        assert_non_null(trace_kind_name((enum trace_kind)k));
}

static void test_secrets__are_kept_in_order(void **state)
{
    struct fixture *f = *state;
    const char *kind = NULL;
    trace_secret(f->trace, "code", "c0de");
    trace_secret(f->trace, "token", "t0ken");
    trace_secret(f->trace, "token", "");
    trace_secret(f->trace, "token", NULL);
    assert_int_equal(trace_secrets(f->trace), 2);
    assert_string_equal(trace_secret_at(f->trace, 1, &kind), "t0ken");
    assert_string_equal(kind, "token");
    assert_null(trace_secret_at(f->trace, 2, &kind));
}

static void test_none__swallows_everything(void **state)
{
    trace_log(NULL, "dex", "INFO", "x");
    trace_note(NULL, "dex", "x");
    trace_data(NULL, TRACE_RESULT, "dex", js_object());
    trace_secret(NULL, "code", "x");
    trace_exchange_end(NULL, ask(NULL, "https://a/"), 200, NULL, NULL, 0, NULL, 0);
    assert_int_equal(trace_len(NULL), 0);
    assert_int_equal(trace_secrets(NULL), 0);
    assert_null(trace_free(NULL));
}

static void *append_often(void *ctx)
{
    for (int i = 0; i < 300; i++) {
        size_t seq = ask(ctx, "https://a/");
        trace_log(ctx, "dex", "INFO", "line %d", i);
        trace_secret(ctx, "code", "c0de");
        trace_exchange_end(ctx, seq, 200, NULL, "x", 1, NULL, 1);
        assert_string_equal(trace_at(ctx, seq)->body, "x");
    }
    return NULL;
}

static void test_threads__lose_nothing(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_often, f->trace), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(trace_len(f->trace), 4 * 600);
    assert_int_equal(trace_secrets(f->trace), 4 * 300);
    for (size_t i = 0; i < trace_len(f->trace); i++)
        assert_int_equal(trace_at(f->trace, i)->seq, i);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

#define KEPT 4

static void test_cap__keeps_the_newest_and_counts_on(void **state)
{
    struct fixture *f = *state;
    AUTO(trace_free) struct trace *t = trace_new_capped(f->clock, KEPT, 1 << 20);
    for (int i = 0; i < 10; i++)
        trace_note(t, "harness", "note %d", i);
    assert_int_equal(trace_first(t), 6);
    assert_int_equal(trace_len(t), 10);
    assert_null(trace_at(t, 5));
    assert_string_equal(trace_at(t, 6)->text, "note 6");
    assert_string_equal(trace_at(t, 9)->text, "note 9");
}

/* An exchange may end after it has fallen out; what came in its place stays as it is. */
static void test_cap__an_exchange_that_fell_out_may_end(void **state)
{
    struct fixture *f = *state;
    AUTO(trace_free) struct trace *t = trace_new_capped(f->clock, KEPT, 1 << 20);
    size_t gone = ask(t, "https://a/gone");
    for (int i = 0; i < KEPT; i++)
        (void)ask(t, "https://a/kept");
    trace_exchange_tls(t, gone, "TLSv1.3", "x");
    trace_exchange_lost(t, gone, "x");
    trace_exchange_end(t, gone, 200, NULL, "late", 4, NULL, 1);
    for (size_t i = trace_first(t); i < trace_len(t); i++) {
        assert_int_equal(trace_at(t, i)->status, 0);
        assert_null(trace_at(t, i)->lost);
        trace_exchange_end(t, i, 200, NULL, NULL, 0, NULL, 1);
    }
    trace_settle(t);
}

static void test_cap__bytes_push_out_too_but_the_newest_stays(void **state)
{
    struct fixture *f = *state;
    AUTO(trace_free) struct trace *t = trace_new_capped(f->clock, KEPT, 4000);
    static char big[5000];
    memset(big, 'x', sizeof(big) - 1);
    trace_note(t, "harness", "small");
    trace_note(t, "harness", "small too");
    assert_int_equal(trace_first(t), 0);
    size_t seq = ask(t, "https://a/");
    trace_exchange_end(t, seq, 200, NULL, big, sizeof(big) - 1, NULL, 1);
    assert_int_equal(trace_first(t), 2);
    assert_int_equal(trace_at(t, 2)->body_len, sizeof(big) - 1);
    trace_note(t, "harness", "small again");
    assert_int_equal(trace_first(t), 3);
}

static void test_cap__clearing_forgets_and_counts_on(void **state)
{
    struct fixture *f = *state;
    AUTO(trace_free) struct trace *t = trace_new_capped(f->clock, KEPT, 1 << 20);
    trace_note(t, "harness", "one");
    trace_clear(t);
    assert_null(trace_at(t, 0));
    trace_note(t, "harness", "two");
    assert_string_equal(trace_at(t, 1)->text, "two");
    assert_int_equal(trace_first(t), 1);
}

static void test_copy__stays_while_the_trace_goes_on(void **state)
{
    struct fixture *f = *state;
    AUTO(trace_free) struct trace *t = trace_new_capped(f->clock, KEPT, 1 << 20);
    for (int i = 0; i < 6; i++)
        trace_secret(t, "token", "secret-of-the-trace");
    trace_log(t, "dex", "ERROR", "line %d", 1);
    size_t seq = ask(t, "https://a/x");
    trace_exchange_end(t, seq, 200, NULL, "body", 4, NULL, 1);
    AUTO(trace_free) struct trace *copy = trace_copy(t, 0, 0);
    trace_clear(t);
    assert_int_equal(trace_first(copy), 0);
    assert_int_equal(trace_len(copy), 2);
    assert_string_equal(trace_at(copy, 0)->text, "line 1");
    assert_string_equal(trace_at(copy, 1)->body, "body");
    assert_int_equal(trace_secrets(copy), 6);
    AUTO(js_free) struct js *all = trace_json(copy);
    assert_int_equal(js_len(all), 2);
}

static void test_copy__of_the_newest_part(void **state)
{
    struct fixture *f = *state;
    AUTO(trace_free) struct trace *t = trace_new_capped(f->clock, KEPT, 1 << 20);
    for (int i = 0; i < 20; i++) {
        AUTO(xfree) char *value = xasprintf("secret number %d", i);
        trace_secret(t, "token", value);
        trace_note(t, "harness", "note %d", i);
    }
    assert_int_equal(trace_secrets_named(t), 20);
    AUTO(trace_free) struct trace *part = trace_copy(t, 18, 17);
    assert_int_equal(trace_first(part), 18);
    assert_int_equal(trace_len(part), 20);
    assert_string_equal(trace_at(part, 18)->text, "note 18");
    assert_int_equal(trace_secrets(part), 3);
    AUTO(trace_free) struct trace *none = trace_copy(t, 100, 100);
    assert_int_equal(trace_first(none), 20);
    assert_int_equal(trace_secrets(none), 0);
    AUTO(trace_free) struct trace *all = trace_copy(t, 3, 0);
    assert_int_equal(trace_first(all), 16); /* what is left */
    assert_int_equal(trace_secrets(all), KEPT * 2);
}

/* Secrets are capped with the events. */
static void test_cap__secrets_do_not_grow(void **state)
{
    struct fixture *f = *state;
    AUTO(trace_free) struct trace *t = trace_new_capped(f->clock, KEPT, 1 << 20);
    for (int i = 0; i < 100; i++) {
        AUTO(xfree) char *value = xasprintf("secret number %d", i);
        trace_secret(t, "token", value);
    }
    assert_int_equal(trace_secrets(t), KEPT * 2);
    bool newest = false;
    for (size_t i = 0; i < trace_secrets(t); i++)
        newest = newest || cstr_eq(trace_secret_at(t, i, NULL), "secret number 99");
    assert_true(newest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exchange__stands_where_the_request_left),
        TEST(test_exchange__copies_what_it_keeps),
        TEST(test_exchange__keeps_four_mebibytes_of_a_body),
        TEST(test_settle__waits_for_open_exchanges),
        TEST(test_settle__waits_for_what_is_held),
        TEST(test_json__exchange),
        TEST(test_json__exchange_over_tls),
        TEST(test_json__exchange_without_an_answer),
        TEST(test_json__exchange_that_never_ended),
        TEST(test_json__body_that_is_no_text),
        TEST(test_json__other_kinds),
        cmocka_unit_test(test_kinds__have_names),
        TEST(test_secrets__are_kept_in_order),
        cmocka_unit_test(test_none__swallows_everything),
        TEST(test_threads__lose_nothing),
        TEST(test_cap__keeps_the_newest_and_counts_on),
        TEST(test_cap__an_exchange_that_fell_out_may_end),
        TEST(test_cap__bytes_push_out_too_but_the_newest_stays),
        TEST(test_cap__clearing_forgets_and_counts_on),
        TEST(test_cap__secrets_do_not_grow),
        TEST(test_copy__stays_while_the_trace_goes_on),
        TEST(test_copy__of_the_newest_part),
    };
    return TEST_MAIN(tests);
}
