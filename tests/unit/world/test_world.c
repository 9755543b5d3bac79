/*
 * Worlds of the guide's setup: many on one stage, each gone without a trace; what steps do to one;
 * what cannot be done to live systems.
 */
#include "tests/support/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/world/world.h"

#define AUTHENTIK "https://authentik.company/application/o/argocd/"
#define ARGOCD "https://argocd.company/"

struct fixture {
    struct js *doc; /* the guide's */
    struct rnd *rnd;
    struct clock *clock;
    struct fault_set *faults;
    struct stage *stage;
    struct vec setups; /* they outlive the worlds */
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    const char *root = getenv("ROLECALL_ROOT");
    AUTO(xfree) char *dir = path_join(root != NULL ? root : ".", "scenarios/guide");
    f->rnd = rnd_new_seeded(1, "world");
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->faults = fault_set_new(NULL);
    *state = f;
    return setup_read(dir, &f->doc, NULL) == 0 ? stage_new(&f->stage, NULL) : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    stage_free(f->stage);
    for (size_t i = 0; i < f->setups.len; i++)
        setup_free(f->setups.items[i]);
    vec_deinit(&f->setups);
    fault_set_free(f->faults);
    clock_free(f->clock);
    rnd_free(f->rnd);
    js_free(f->doc);
    xfree(f);
    return 0;
}

/* The guide's setup with a merge patch; NULL for none. */
static const struct setup *patched(struct fixture *f, const char *patch)
{
    struct err err = {0};
    struct setup *setup = NULL;
    AUTO(js_free) struct js *p = NULL;
    assert_int_equal(js_parse(str_of(patch != NULL ? patch : "{}"), "patch", &p, &err), 0);
    AUTO(js_free) struct js *doc = js_merge_patch(f->doc, p);
    if (setup_build(doc, "setup.yaml", f->rnd, &setup, &err) != 0)
        fail_msg("%s", err.msg);
    vec_push(&f->setups, setup);
    return setup;
}

static struct world_conf conf_of(struct fixture *f, const struct setup *setup)
{
    return (struct world_conf){
        .stage = f->stage, .setup = setup, .clock = f->clock, .rnd = f->rnd, .faults = f->faults};
}

static struct world *start(struct fixture *f, const char *patch)
{
    struct err err = {0};
    struct world *w = NULL;
    struct world_conf conf = conf_of(f, patched(f, patch));
    if (world_new(&conf, &w, &err) != 0)
        fail_msg("%s", err.msg);
    return w;
}

/* Status of a GET with a client of its own; the body too when wanted. 0: no answer. */
static int get(const struct world *w, const char *url, char **ret_body)
{
    AUTO(http_client_free) struct http_client *c = NULL;
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    struct err err = {0};
    assert_int_equal(world_client(w, "rp", false, NULL, &c, &err), 0);
    http_request_set(&req, "GET", url);
    if (http_client_do(c, &req, &resp, &err) != 0)
        return 0;
    if (ret_body != NULL)
        *ret_body = xstrndup(resp.body != NULL ? resp.body : "", resp.body_len);
    return resp.status;
}

static size_t open_files(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

static void test_start__every_system_answers_under_its_name(void **state)
{
    AUTO(world_free) struct world *w = start(*state, NULL);
    AUTO(xfree) char *body = NULL;
    assert_int_equal(get(w, AUTHENTIK ".well-known/openid-configuration", &body), 200);
    assert_non_null(strstr(body, "\"" AUTHENTIK "\""));
    assert_int_equal(get(w, ARGOCD "api/dex/.well-known/openid-configuration", NULL), 200);
    assert_int_equal(get(w, ARGOCD "api/v1/settings", NULL), 200);
    assert_int_equal(world_names(w)->len, SYSTEM_MAX_);
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        assert_int_not_equal(world_port(w, (enum system)s), 0);
        assert_false(world_is_live(w, (enum system)s));
    }
    assert_false(world_any_live(w));
}

static void test_start__twenty_on_one_stage_leave_nothing(void **state)
{
    size_t before = 0;
    for (int i = 0; i < 20; i++) {
        struct world *w = start(*state, NULL);
        assert_int_equal(get(w, AUTHENTIK "jwks/", NULL), 200);
        assert_int_equal(get(w, ARGOCD "api/v1/settings", NULL), 200);
        assert_null(world_free(w));
        if (i == 0)
            before = open_files();
    }
    /* The loop may still be closing the last world's connections; what leaks would leak in each. */
    assert_true(open_files() < before + 10);
}

static void test_start__two_at_once_do_not_meet(void **state)
{
    AUTO(world_free) struct world *a = start(*state, NULL);
    AUTO(world_free)
    struct world *b = start(*state, "{\"authentik\": {\"application\": {\"slug\": \"cd\"}}}");
    const char *of_b = "https://authentik.company/application/o/cd/jwks/";
    assert_int_not_equal(world_port(a, SYSTEM_AUTHENTIK), world_port(b, SYSTEM_AUTHENTIK));
    assert_int_equal(get(a, of_b, NULL), 404);
    assert_int_equal(get(b, of_b, NULL), 200);
    /* The authority is the stage's: making keys costs more than a login. */
    assert_string_equal(world_ca_pem(a), world_ca_pem(b));
}

static void test_start__other_hosts_get_another_authority(void **state)
{
    AUTO(world_free) struct world *a = start(*state, NULL);
    AUTO(world_free)
    struct world *b = start(*state, "{\"argocd\": {\"cm\": {\"url\": \"https://cd.company\"}}}");
    assert_string_not_equal(world_ca_pem(a), world_ca_pem(b));
    assert_int_equal(get(b, "https://cd.company/api/v1/settings", NULL), 200);
}

static void test_start__a_port_that_is_taken(void **state)
{
    struct fixture *f = *state;
    AUTO(world_free) struct world *first = start(f, NULL);
    struct world_conf conf = conf_of(f, patched(f, NULL));
    struct world *second = NULL;
    struct err err = {0};
    conf.ports[SYSTEM_ARGOCD] = world_port(first, SYSTEM_ARGOCD);
    assert_int_equal(world_new(&conf, &second, &err), -1);
    assert_null(second);
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.msg, "mock argocd: "));
    assert_non_null(strstr(err.msg, "address already in use"));
}

static void test_client__believes_only_the_worlds_authority(void **state)
{
    struct fixture *f = *state;
    AUTO(world_free) struct world *w = start(f, NULL);
    AUTO(stage_free) struct stage *other = NULL;
    AUTO(world_free) struct world *impostor = NULL;
    struct err err = {0};
    assert_int_equal(stage_new(&other, NULL), 0);
    struct world_conf conf = conf_of(f, patched(f, NULL));
    conf.stage = other;
    assert_int_equal(world_new(&conf, &impostor, &err), 0);
    AUTO(http_client_free) struct http_client *c = NULL;
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    /* The names of the impostor, the authority of the first. */
    assert_int_equal(world_client(w, "rp", false, world_names(impostor), &c, &err), 0);
    http_request_set(&req, "GET", AUTHENTIK "jwks/");
    assert_int_equal(http_client_do(c, &req, &resp, &err), -1);
    assert_int_equal(err.code, ERR_TLS);
}

static void test_rotate__publishes_another_key(void **state)
{
    static const struct {
        enum system system;
        const char *url;
    } rows[] = {{SYSTEM_AUTHENTIK, AUTHENTIK "jwks/"}, {SYSTEM_DEX, ARGOCD "api/dex/keys"}};
    AUTO(world_free) struct world *w = start(*state, NULL);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct err err = {0};
        AUTO(xfree) char *before = NULL;
        AUTO(xfree) char *after = NULL;
        assert_int_equal(get(w, rows[i].url, &before), 200);
        assert_int_equal(world_rotate(w, rows[i].system, &err), 0);
        assert_int_equal(get(w, rows[i].url, &after), 200);
        assert_string_not_equal(before, after);
    }
}

static void test_rotate__not_argocd(void **state)
{
    struct err err = {0};
    AUTO(world_free) struct world *w = start(*state, NULL);
    assert_int_equal(world_rotate(w, SYSTEM_ARGOCD, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.msg, "argocd has no signing keys to rotate");
}

static void test_restart__dex_and_argocd_but_not_authentik(void **state)
{
    struct err err = {0};
    AUTO(world_free) struct world *w = start(*state, NULL);
    AUTO(xfree) char *before = NULL;
    AUTO(xfree) char *after = NULL;
    assert_int_equal(get(w, ARGOCD "api/dex/keys", &before), 200);
    assert_int_equal(world_restart(w, SYSTEM_DEX, &err), 0);
    assert_int_equal(world_restart(w, SYSTEM_ARGOCD, &err), 0);
    assert_int_equal(get(w, ARGOCD "api/dex/keys", &after), 200);
    assert_string_not_equal(before, after);
    assert_int_equal(world_restart(w, SYSTEM_AUTHENTIK, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
}

static void test_change__dex_goes_down_and_comes_back(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    AUTO(world_free) struct world *w = start(f, NULL);
    const struct setup *broken =
        patched(f, "{\"dex\": {\"connectors\": {\"authentik\": {\"config\": {\"issuer\": "
                   "\"https://authentik.company/application/o/nope/\"}}}}}");
    assert_int_equal(world_change(w, broken, &err), 0);
    assert_ptr_equal(world_setup(w), broken);
    assert_int_equal(world_port(w, SYSTEM_DEX), 0);
    assert_int_not_equal(get(w, ARGOCD "api/dex/keys", NULL), 200);
    assert_int_equal(world_change(w, patched(f, NULL), &err), 0);
    assert_int_not_equal(world_port(w, SYSTEM_DEX), 0);
    assert_int_equal(get(w, ARGOCD "api/dex/keys", NULL), 200);
}

static void test_change__what_dex_does_not_read_leaves_it_alone(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    AUTO(world_free) struct world *w = start(f, NULL);
    AUTO(xfree) char *before = NULL;
    AUTO(xfree) char *after = NULL;
    assert_int_equal(get(w, ARGOCD "api/dex/keys", &before), 200);
    const struct setup *other =
        patched(f, "{\"argocd\": {\"rbac_cm\": {\"policy.default\": \"role:readonly\"}}}");
    assert_int_equal(world_change(w, other, &err), 0);
    assert_int_equal(get(w, ARGOCD "api/dex/keys", &after), 200);
    assert_string_equal(before, after);
}

static void test_live__nothing_is_started_and_nothing_can_be_done(void **state)
{
    static const char all_live[] = "{\"live\": {\"authentik\": {\"url\": \"https://127.0.0.1:1\"},"
                                   "\"argocd\": {\"url\": \"https://localhost:1\"}}}";
    struct err err = {0};
    AUTO(world_free) struct world *w = start(*state, all_live);
    assert_true(world_any_live(w));
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        assert_true(world_is_live(w, (enum system)s)); /* Dex is behind the live Argo CD */
        assert_int_equal(world_port(w, (enum system)s), 0);
        assert_int_equal(world_rotate(w, (enum system)s, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.msg, "cannot rotate the keys of a live "));
        assert_int_equal(world_restart(w, (enum system)s, &err), -1);
        assert_non_null(strstr(err.msg, "cannot restart a live "));
    }
}

static void test_live__authentik_alone_leaves_the_others_mocked(void **state)
{
    AUTO(world_free)
    struct world *w =
        start(*state, "{\"live\": {\"authentik\": {\"url\": \"https://127.0.0.1:1\"}}}");
    assert_true(world_is_live(w, SYSTEM_AUTHENTIK));
    assert_false(world_is_live(w, SYSTEM_DEX));
    assert_int_equal(world_port(w, SYSTEM_AUTHENTIK), 0);
    assert_int_not_equal(world_port(w, SYSTEM_ARGOCD), 0);
    /* Dex cannot discover it: down, as the real one would be. */
    assert_int_equal(world_port(w, SYSTEM_DEX), 0);
}

/* A live system asks its neighbour by itself: a mock must be where it looks. */
static void test_live__a_mock_must_be_found(void **state)
{
    static const struct {
        const char *patch;
        const char *told; /* NULL: it is found */
    } rows[] = {
        {"{\"live\": {\"dex\": {\"url\": \"https://127.0.0.1:1\"}}}",
         "dex is live and asks authentik, which is mocked here"},
        {"{\"live\": {\"argocd\": {\"url\": \"https://127.0.0.1:1\"}}}",
         "dex is live and asks authentik"},
        {"{\"live\": {\"authentik\": {\"url\": \"https://127.0.0.1:1\"}, \"dex\": {}}}",
         "live.dex needs a 'url'"},
        {"{\"live\": {\"authentik\": {\"url\": \"https://127.0.0.1:1\"},"
         "\"dex\": {\"url\": \"https://127.0.0.1:1\"}}}",
         NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct world_conf conf = conf_of(*state, patched(*state, rows[i].patch));
        AUTO(world_free) struct world *w = NULL;
        struct err err = {0};
        int rc = world_new(&conf, &w, &err);
        if (rows[i].told == NULL) {
            assert_int_equal(rc, 0);
            assert_true(world_is_live(w, SYSTEM_DEX));
            assert_false(world_is_live(w, SYSTEM_ARGOCD));
            continue;
        }
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_non_null(strstr(err.msg, rows[i].told));
    }
}

/* ---- sentinels ---- */

static struct world *start_with(struct fixture *f, enum system s, enum sentinel_kind kind)
{
    struct err err = {0};
    struct world *w = NULL;
    struct world_conf conf = conf_of(f, patched(f, NULL));
    conf.sentinel[s] = kind;
    conf.timeout_ms = 200;
    if (world_new(&conf, &w, &err) != 0)
        fail_msg("%s", err.msg);
    assert_int_equal(world_sentinel(w, s), kind);
    assert_int_not_equal(world_port(w, s), 0);
    assert_false(world_is_live(w, s));
    return w;
}

static void test_sentinel__takes_the_place_of_one_system(void **state)
{
    static const int expected[SENTINEL_MAX_] = {
        [SENTINEL_CLOSES] = 0, [SENTINEL_EMPTY] = 200, [SENTINEL_FAILS] = 500};
    for (enum sentinel_kind k = SENTINEL_NONE + 1; k < SENTINEL_MAX_; k++) {
        AUTO(world_free) struct world *w = start_with(*state, SYSTEM_ARGOCD, k);
        AUTO(xfree) char *body = NULL;
        assert_int_equal(get(w, ARGOCD "api/v1/settings", &body), expected[k]);
        assert_true(body == NULL || body[0] == '\0');
        assert_int_equal(get(w, AUTHENTIK "jwks/", NULL), 200); /* the others are as ever */
    }
}

static void test_sentinel__keeps_dex_from_starting_or_argocd_from_reaching_it(void **state)
{
    for (enum sentinel_kind k = SENTINEL_NONE + 1; k < SENTINEL_MAX_; k++) {
        AUTO(world_free) struct world *a = start_with(*state, SYSTEM_AUTHENTIK, k);
        assert_int_equal(world_port(a, SYSTEM_DEX), 0);
        AUTO(world_free) struct world *d = start_with(*state, SYSTEM_DEX, k);
        AUTO(xfree) char *body = NULL;
        (void)get(d, ARGOCD "api/dex/.well-known/openid-configuration", &body);
        assert_true(body == NULL || strstr(body, "issuer") == NULL);
        assert_int_equal(get(d, ARGOCD "api/v1/settings", NULL), 200);
    }
}

static void test_sentinel__cannot_be_told_anything(void **state)
{
    struct err err = {0};
    AUTO(world_free) struct world *w = start_with(*state, SYSTEM_DEX, SENTINEL_FAILS);
    assert_int_equal(world_rotate(w, SYSTEM_DEX, &err), -1);
    assert_int_equal(err.code, ERR_NET);
    assert_string_equal(err.msg, "cannot rotate the keys of dex: in its place is a sentinel that "
                                 "answers 500 to everything");
    assert_int_equal(world_restart(w, SYSTEM_DEX, &err), -1);
    assert_non_null(strstr(err.msg, "cannot restart dex: "));
    assert_int_equal(world_rotate(w, SYSTEM_AUTHENTIK, &err), 0);
}

static void test_sentinel__not_for_a_live_system(void **state)
{
    struct fixture *f = *state;
    struct world_conf conf =
        conf_of(f, patched(f, "{\"live\": {\"authentik\": {\"url\": \"https://127.0.0.1:1\"}}}"));
    struct world *w = NULL;
    struct err err = {0};
    conf.sentinel[SYSTEM_AUTHENTIK] = SENTINEL_EMPTY;
    assert_int_equal(world_new(&conf, &w, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_string_equal(err.msg, "no sentinel can stand in the place of authentik: it is live");
    assert_null(w);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_start__every_system_answers_under_its_name),
        TEST(test_start__twenty_on_one_stage_leave_nothing),
        TEST(test_start__two_at_once_do_not_meet),
        TEST(test_start__other_hosts_get_another_authority),
        TEST(test_start__a_port_that_is_taken),
        TEST(test_client__believes_only_the_worlds_authority),
        TEST(test_rotate__publishes_another_key),
        TEST(test_rotate__not_argocd),
        TEST(test_restart__dex_and_argocd_but_not_authentik),
        TEST(test_change__dex_goes_down_and_comes_back),
        TEST(test_change__what_dex_does_not_read_leaves_it_alone),
        TEST(test_live__nothing_is_started_and_nothing_can_be_done),
        TEST(test_live__authentik_alone_leaves_the_others_mocked),
        TEST(test_live__a_mock_must_be_found),
        TEST(test_sentinel__takes_the_place_of_one_system),
        TEST(test_sentinel__keeps_dex_from_starting_or_argocd_from_reaching_it),
        TEST(test_sentinel__cannot_be_told_anything),
        TEST(test_sentinel__not_for_a_live_system),
    };
    return TEST_MAIN(tests);
}
