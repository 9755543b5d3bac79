/*
 * Faults of the wire on a single answer: each bites, at its path only, and none without being on.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/wire.h"

struct fx {
    struct clock *clock;
    struct trace *trace;
    struct fault_set *faults;
    struct mock_env env;
    struct http_request req;
    struct http_response resp;
};

static int set_up(void **state)
{
    struct fx *f = xcalloc(1, sizeof *f);
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->trace = trace_new(f->clock);
    f->faults = fault_set_new(f->trace);
    f->env = (struct mock_env){.clock = f->clock, .trace = f->trace, .faults = f->faults};
    f->req.path = xstrdup("/token");
    http_respond(&f->resp, 303, "text/html", "a body");
    params_add(&f->resp.headers, "Location", "https://a.example/x");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fx *f = *state;
    http_request_deinit(&f->req);
    http_response_deinit(&f->resp);
    fault_set_free(f->faults);
    trace_free(f->trace);
    clock_free(f->clock);
    xfree(f);
    return 0;
}

static void play(struct fx *f, const char *id, const char *with)
{
    AUTO(js_free) struct js *j = NULL;
    if (with != NULL)
        assert_int_equal(js_parse(str_of(with), "with", &j, NULL), 0);
    fault_set_add(f->faults, id, 1, j);
    wire_play(&f->env, "dex", &f->req, &f->resp);
}

static const char *header(const struct fx *f, const char *name)
{
    return params_get_ci(&f->resp.headers, name);
}

static void test_nothing__is_on(void **state)
{
    struct fx *f = *state;
    wire_play(&f->env, "dex", &f->req, &f->resp);
    play(f, "authentik/http.status", NULL); /* somebody else's */
    assert_int_equal(f->resp.status, 303);
    assert_string_equal(f->resp.body, "a body");
    assert_int_equal(f->resp.fault.kind, HTTP_FAULT_NONE);
    assert_int_equal(clock_now_s(f->clock), CLOCK_START_S);
}

static void test_path__decides(void **state)
{
    struct fx *f = *state;
    play(f, "dex/http.status", "{\"path\":\"/keys\"}");
    assert_int_equal(f->resp.status, 303);
    assert_int_equal(fault_set_unused(f->faults, false, NULL), 1);
    xfree(f->req.path);
    f->req.path = xstrdup("/api/dex/keys");
    wire_play(&f->env, "dex", &f->req, &f->resp);
    assert_int_equal(f->resp.status, 503);
    assert_int_equal(fault_set_unused(f->faults, false, NULL), 0);
}

static void test_status__is_a_page_of_its_own(void **state)
{
    struct fx *f = *state;
    play(f, "dex/http.status", "{\"status\":502}");
    assert_int_equal(f->resp.status, 502);
    assert_null(header(f, "Location"));
    assert_non_null(strstr(f->resp.body, "502 Bad Gateway"));
    play(f, "dex/http.status", "{\"status\":200}"); /* no failure: the default */
    assert_int_equal(f->resp.status, 503);
}

static void test_headers__missing_and_changed(void **state)
{
    struct fx *f = *state;
    play(f, "dex/http.header-missing", NULL);
    assert_null(header(f, "Content-Type"));
    play(f, "dex/http.header-missing", "{\"name\":\"location\"}");
    assert_null(header(f, "Location"));
    play(f, "dex/http.header-changed", "{\"name\":\"X\",\"value\":\"y\"}");
    assert_string_equal(header(f, "X"), "y");
    play(f, "dex/http.content-type", "{\"type\":\"text/plain\"}");
    assert_string_equal(header(f, "Content-Type"), "text/plain");
    assert_string_equal(f->resp.body, "a body");
}

static void test_location__only_where_there_is_one(void **state)
{
    struct fx *f = *state;
    play(f, "dex/http.location-plain", NULL);
    assert_string_equal(header(f, "Location"), "http://a.example/x");
    play(f, "dex/http.location-plain", NULL); /* plain already: left for the next */
    assert_int_equal(fault_set_unused(f->faults, false, NULL), 1);
}

static void test_empty__has_nothing(void **state)
{
    struct fx *f = *state;
    play(f, "dex/http.empty", NULL);
    assert_int_equal(f->resp.status, 200);
    assert_int_equal(f->resp.body_len, 0);
    assert_int_equal(f->resp.headers.len, 0);
}

static void test_delay__moves_a_virtual_clock(void **state)
{
    struct fx *f = *state;
    play(f, "dex/http.delay", "{\"seconds\":10}");
    assert_int_equal(clock_now_s(f->clock), CLOCK_START_S + 10);
    assert_int_equal(f->resp.fault.delay_ms, 0);
    play(f, "dex/http.delay", NULL); /* longer than Argo CD waits */
    assert_int_equal(clock_now_s(f->clock), CLOCK_START_S + 10 + 110);
}

static void test_delay__waits_on_a_wall_clock(void **state)
{
    struct fx *f = *state;
    AUTO(clock_free) struct clock *wall = clock_new_wall(0);
    f->env.clock = wall;
    play(f, "dex/http.delay", "{\"seconds\":1}");
    assert_int_equal(f->resp.fault.delay_ms, 1000);
}

static void test_kinds__for_the_server(void **state)
{
    static const struct {
        const char *id;
        enum http_fault_kind kind;
    } rows[] = {
        {"dex/http.cut", HTTP_FAULT_CUT},           {"dex/http.truncated", HTTP_FAULT_TRUNCATE},
        {"dex/http.oversize", HTTP_FAULT_OVERSIZE}, {"dex/http.malformed", HTTP_FAULT_MALFORMED},
        {"dex/http.reset", HTTP_FAULT_RESET},       {"dex/http.close", HTTP_FAULT_CLOSE},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        play(f, rows[i].id, NULL);
        assert_int_equal(f->resp.fault.kind, rows[i].kind);
    }
    assert_true(f->resp.fault.size > 4UL * 1024 * 1024);
    play(f, "dex/http.oversize", "{\"size\":7}");
    assert_int_equal(f->resp.fault.size, 7);
}

static void test_leaf__of_the_system(void **state)
{
    static const struct {
        const char *id;
        enum http_leaf_defect leaf;
    } rows[] = {
        {"dex/tls.wrong-name", HTTP_LEAF_OTHER_NAME},
        {"dex/tls.expired", HTTP_LEAF_EXPIRED},
        {"dex/tls.unknown-ca", HTTP_LEAF_OTHER_CA},
        {"dex/tls.incomplete-chain", HTTP_LEAF_INCOMPLETE},
        {"dex/tls.old-protocol", HTTP_LEAF_OLD_PROTOCOL},
    };
    struct fx *f = *state;
    assert_int_equal(wire_leaf(f->faults, "dex"), HTTP_LEAF_GOOD);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        fault_set_mark(f->faults);
        fault_set_add(f->faults, rows[i].id, 0, NULL);
        assert_int_equal(wire_leaf(f->faults, "dex"), rows[i].leaf);
        assert_int_equal(wire_leaf(f->faults, "argocd"), HTTP_LEAF_GOOD);
        fault_set_clear_step(f->faults);
    }
}

static void test_table__every_system_has_them(void **state)
{
    static const char *const systems[] = {"authentik/", "dex/", "argocd/"};
    (void)state;
    size_t counts[3] = {0};
    for (const struct fault *f = faults_wire; f->id != NULL; f++)
        for (size_t i = 0; i < 3; i++)
            counts[i] += cstr_starts(f->id, systems[i]) && f->title != NULL && f->ref != NULL &&
                         f->at != NULL;
    assert_int_equal(counts[0], 18);
    assert_int_equal(counts[1], counts[0]);
    assert_int_equal(counts[2], counts[0]);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing__is_on),
        TEST(test_path__decides),
        TEST(test_status__is_a_page_of_its_own),
        TEST(test_headers__missing_and_changed),
        TEST(test_location__only_where_there_is_one),
        TEST(test_empty__has_nothing),
        TEST(test_delay__moves_a_virtual_clock),
        TEST(test_delay__waits_on_a_wall_clock),
        TEST(test_kinds__for_the_server),
        TEST(test_leaf__of_the_system),
        TEST(test_table__every_system_has_them),
    };
    return TEST_MAIN(tests);
}
