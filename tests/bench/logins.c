/*
 * Logins in this process, mocks and agents together: each kind of login, one and several at a time,
 * with what it counted and what it cost. A scene is a world with its people at their keyboards;
 * each thread has its own agents, as people have their own browsers.
 */
#include "tests/bench/bench.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/login/login.h"
#include "harness/world/world.h"
#include "tests/bench/wire.h"

#define AT_ONCE 8
#define LAPS 3
#define PERSON "alice"

enum scene_name { RS256_TLS, ES256_TLS, RS256_PLAIN, ES256_PLAIN, SCENES };

struct scene_kind {
    const char *alg;
    const char *signing_key;
    bool tls;
};

static const struct scene_kind scene_kinds[SCENES] = {
    [RS256_TLS] = {"RS256", "rsa", true},
    [ES256_TLS] = {"ES256", "ec", true},
    [RS256_PLAIN] = {"RS256", "rsa", false},
    [ES256_PLAIN] = {"ES256", "ec", false},
};

struct scene {
    struct js *doc;
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace; /* of scenes that are listened to; NULL when measured */
    struct setup *setup;
    struct fault_set *faults;
    struct stage *stage;
    struct world *world;
    struct login_agents *agents[AT_ONCE];
};

struct kind {
    enum scene_name scene;
    enum login_via via;
    bool kept; /* the browser is signed in already */
    int parallel;
    size_t weight; /* logins of a round, in hundreds */
};

static const struct kind kinds[] = {
    {RS256_TLS, LOGIN_UI, false, 1, 1},      {RS256_TLS, LOGIN_UI, false, AT_ONCE, 1},
    {RS256_TLS, LOGIN_CLI, false, 1, 1},     {RS256_TLS, LOGIN_CLI, false, AT_ONCE, 1},
    {RS256_TLS, LOGIN_DIRECT, false, 1, 1},  {RS256_TLS, LOGIN_DIRECT, false, AT_ONCE, 2},
    {RS256_TLS, LOGIN_DIRECT, true, 1, 2},   {RS256_TLS, LOGIN_DIRECT, true, AT_ONCE, 4},
    {RS256_PLAIN, LOGIN_DIRECT, true, 1, 2}, {RS256_PLAIN, LOGIN_DIRECT, true, AT_ONCE, 4},
    {ES256_TLS, LOGIN_UI, false, 1, 1},      {ES256_TLS, LOGIN_UI, false, AT_ONCE, 1},
    {ES256_TLS, LOGIN_CLI, false, 1, 1},     {ES256_TLS, LOGIN_CLI, false, AT_ONCE, 1},
    {ES256_TLS, LOGIN_DIRECT, false, 1, 1},  {ES256_TLS, LOGIN_DIRECT, false, AT_ONCE, 2},
    {ES256_TLS, LOGIN_DIRECT, true, 1, 2},   {ES256_TLS, LOGIN_DIRECT, true, AT_ONCE, 4},
    {ES256_PLAIN, LOGIN_DIRECT, true, 1, 2}, {ES256_PLAIN, LOGIN_DIRECT, true, AT_ONCE, 4},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct figures {
    struct wire_talk *talk; /* what is said in one login of the kind */
    struct samples per_s;
    struct samples cpu_us;
    struct samples wire_us;
    struct tally tally;
    size_t logins;
};

struct logins {
    size_t hundred; /* so many logins count as a hundred */
    struct wire *wire;
    struct scene scenes[SCENES];
    struct figures figures[KINDS];
};

/* ---- scenes ---- */

static void scene_deinit(struct scene *s)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        login_agents_free(s->agents[i]);
    world_free(s->world);
    stage_free(s->stage);
    fault_set_free(s->faults);
    setup_free(s->setup);
    rnd_free(s->rnd);
    trace_free(s->trace);
    clock_free(s->clock);
    js_free(s->doc);
}
DEFINE_AUTO_VALUE(struct scene, scene_deinit)

/* https://host becomes http://host for every URL of that origin. */
static int make_plain(struct js **doc, const char *url, struct err *err)
{
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(url, &u, err) != 0)
        return -1;
    AUTO(xfree) char *from = url_origin(&u);
    AUTO(xfree) char *to = xasprintf("http%s", from + strlen("https"));
    struct js *moved = setup_move_origin(*doc, from, to);
    js_free(*doc);
    *doc = moved;
    return 0;
}

static int read_setup(struct scene *s, const struct scene_kind *kind, const char *dir,
                      struct err *err)
{
    if (setup_read(dir, &s->doc, err) != 0)
        return -1;
    struct js *authentik = js_get(s->doc, "authentik");
    js_set_text(js_get(authentik, "provider"), "signing_key", kind->signing_key);
    if (!kind->tls) {
        AUTO(setup_free) struct setup *before = NULL;
        if (setup_build(s->doc, dir, s->rnd, &before, err) != 0 ||
            make_plain(&s->doc, before->authentik.url, err) != 0 ||
            make_plain(&s->doc, before->argocd.url, err) != 0)
            return -1;
    }
    return setup_build(s->doc, dir, s->rnd, &s->setup, err);
}

static int scene_init(struct scene *s, const struct scene_kind *kind, const char *dir,
                      bool listened, struct err *err)
{
    s->clock = clock_new_wall(0);
    s->trace = listened ? trace_new(s->clock) : NULL;
    s->rnd = rnd_new_system();
    s->faults = fault_set_new(NULL);
    if (read_setup(s, kind, dir, err) != 0 || stage_new(&s->stage, err) != 0)
        return -1;
    const struct world_conf world = {
        .stage = s->stage,
        .setup = s->setup,
        .clock = s->clock,
        .rnd = s->rnd,
        .trace = s->trace,
        .faults = s->faults,
        .connections = AT_ONCE,
        .workers = 2,
        .plain = !kind->tls,
    };
    if (world_new(&world, &s->world, err) != 0)
        return -1;
    const struct login_conf login = {
        .world = s->world,
        .clock = s->clock,
        .rnd = s->rnd,
        .trace = s->trace,
        .faults = s->faults,
        .callback_port = 0,
    };
    for (size_t i = 0; i < AT_ONCE; i++)
        if (login_agents_new(&login, &s->agents[i], err) != 0)
            return -1;
    return 0;
}

static int sign_in(struct scene *scene, const struct kind *kind, struct login_agents *agents,
                   size_t *ret_from, size_t *ret_to, struct err *err)
{
    const struct login_request req = {
        .person = setup_person(scene->setup, PERSON),
        .via = kind->via,
        .fresh_browser = !kind->kept,
    };
    AUTO(login_result_deinit) struct login_result r = {0};
    if (login_run(agents, &req, &r, err) != 0)
        return -1;
    *ret_from = r.trace_from;
    *ret_to = r.trace_to;
    if (r.outcome == LOGIN_SIGNED_IN)
        return 0;
    return err_set(err, ERR_INTERNAL, "login via %s: %s by %s at %s: %s", login_via_name(req.via),
                   login_outcome_name(r.outcome), r.by, r.at, r.shown);
}

/* The second login of a scene, because the first reads discovery documents and keys. */
static int listen_to(const struct kind *kind, const char *dir, struct wire_talk **ret,
                     struct err *err)
{
    AUTO(scene_deinit) struct scene s = {0};
    size_t from = 0;
    size_t to = 0;
    if (scene_init(&s, &scene_kinds[kind->scene], dir, true, err) != 0 ||
        sign_in(&s, kind, s.agents[0], &from, &to, err) != 0 ||
        sign_in(&s, kind, s.agents[0], &from, &to, err) != 0)
        return -1;
    *ret = wire_talk_new(s.trace, from, to);
    return 0;
}

int logins_new(const struct bench_conf *conf, struct logins **ret, struct err *err)
{
    AUTO(logins_free) struct logins *l = xcalloc(1, sizeof(*l));
    AUTO(xfree) char *dir = path_join(conf->root, "scenarios/guide");
    l->hundred = conf->quick ? 24 : 72;
    if (wire_new(&l->wire, err) != 0)
        return -1;
    for (size_t i = 0; i < KINDS; i++)
        if (listen_to(&kinds[i], dir, &l->figures[i].talk, err) != 0)
            return err_wrap(err, "logins");
    for (size_t i = 0; i < SCENES; i++)
        if (scene_init(&l->scenes[i], &scene_kinds[i], dir, false, err) != 0)
            return err_wrap(err, "logins");
    *ret = l;
    l = NULL;
    return 0;
}

struct logins *logins_free(struct logins *l)
{
    if (l == NULL)
        return NULL;
    for (size_t i = 0; i < KINDS; i++) {
        wire_talk_free(l->figures[i].talk);
        samples_deinit(&l->figures[i].per_s);
        samples_deinit(&l->figures[i].cpu_us);
        samples_deinit(&l->figures[i].wire_us);
    }
    for (size_t i = 0; i < SCENES; i++)
        scene_deinit(&l->scenes[i]);
    wire_free(l->wire);
    return xfree(l);
}

/* ---- one measurement ---- */

struct seat {
    struct scene *scene;
    const struct kind *kind;
    struct login_agents *agents;
    pthread_barrier_t *warm;  /* everybody has logged in once */
    pthread_barrier_t *begin; /* the clocks have been read */
    size_t logins;
    struct err err;
    int rc;
};

static int sit_once(struct seat *s)
{
    size_t from = 0;
    size_t to = 0;
    return sign_in(s->scene, s->kind, s->agents, &from, &to, &s->err);
}

static void *sit(void *arg)
{
    struct seat *s = arg;
    s->rc = sit_once(s);
    pthread_barrier_wait(s->warm);
    pthread_barrier_wait(s->begin);
    for (size_t i = 0; s->rc == 0 && i < s->logins; i++)
        s->rc = sit_once(s);
    return NULL;
}

/* What ran between the readings of the clocks. */
struct lap {
    int64_t wall_ns;
    int64_t cpu_ns;
    struct tally tally;
};

/* Adds to *ret. */
static int measure(struct scene *scene, const struct kind *kind, size_t each, struct lap *ret,
                   struct err *err)
{
    struct seat seats[AT_ONCE];
    pthread_t threads[AT_ONCE];
    pthread_barrier_t warm;
    pthread_barrier_t begin;
    size_t n = (size_t)kind->parallel;
    int rc = 0;
    pthread_barrier_init(&warm, NULL, (unsigned)n + 1);
    pthread_barrier_init(&begin, NULL, (unsigned)n + 1);
    for (size_t i = 0; i < n; i++) {
        seats[i] = (struct seat){.scene = scene,
                                 .kind = kind,
                                 .agents = scene->agents[i],
                                 .warm = &warm,
                                 .begin = &begin,
                                 .logins = each};
        if (pthread_create(&threads[i], NULL, sit, &seats[i]) != 0)
            return err_set(err, ERR_IO, "no thread for a login");
    }
    pthread_barrier_wait(&warm);
    struct tally before = tally_now();
    int64_t wall_ns = -clock_mono_ns();
    int64_t cpu_ns = -clock_cpu_ns();
    pthread_barrier_wait(&begin);
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    ret->wall_ns += wall_ns + clock_mono_ns();
    ret->cpu_ns += cpu_ns + clock_cpu_ns();
    struct tally counted = tally_since(&before);
    tally_add(&ret->tally, &counted);
    for (size_t i = 0; i < n; i++) {
        if (rc == 0 && seats[i].rc != 0)
            *err = seats[i].err;
        rc = rc != 0 ? rc : seats[i].rc;
    }
    pthread_barrier_destroy(&warm);
    pthread_barrier_destroy(&begin);
    return rc;
}

/* What the exchanges of so many logins cost the bare libraries. */
static int measure_wire(struct logins *l, struct figures *f, const struct kind *kind, size_t each,
                        struct err *err)
{
    size_t total = each * (size_t)kind->parallel * LAPS;
    int64_t cpu_ns = 0;
    for (int n = 0; n < LAPS; n++) {
        /* The connections are there before the clock is read. */
        if (wire_replay(l->wire, f->talk, (size_t)kind->parallel, 1, err) != 0)
            return -1;
        cpu_ns -= clock_cpu_ns();
        if (wire_replay(l->wire, f->talk, (size_t)kind->parallel, each, err) != 0)
            return -1;
        cpu_ns += clock_cpu_ns();
    }
    samples_add(&f->wire_us, (double)cpu_ns / 1e3 / (double)total);
    return 0;
}

int logins_round(struct logins *l, struct err *err)
{
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *kind = &kinds[i];
        struct figures *f = &l->figures[i];
        size_t each = kind->weight * l->hundred / (size_t)kind->parallel / LAPS;
        size_t total = each * (size_t)kind->parallel * LAPS;
        struct lap lap = {0};
        /* Fresh threads for each lap: see run_many in costs.c. */
        for (int n = 0; n < LAPS; n++)
            if (measure(&l->scenes[kind->scene], kind, each, &lap, err) != 0)
                return -1;
        if (measure_wire(l, f, kind, each, err) != 0)
            return -1;
        samples_add(&f->per_s, (double)total * 1e9 / (double)lap.wall_ns);
        samples_add(&f->cpu_us, (double)lap.cpu_ns / 1e3 / (double)total);
        tally_add(&f->tally, &lap.tally);
        f->logins += total;
    }
    return 0;
}

/* ---- figures ---- */

static double each(const struct figures *f, double sum)
{
    return f->logins > 0 ? sum / (double)f->logins : 0;
}

static struct login_row row(const struct figures *f, const struct kind *kind, const struct costs *c)
{
    const struct scene_kind *scene = &scene_kinds[kind->scene];
    const uint64_t *ops = f->tally.ops;
    struct login_row r = {
        .via = login_via_name(kind->via),
        .alg = scene->alg,
        .tls = scene->tls,
        .kept = kind->kept,
        .parallel = kind->parallel,
        .per_s = samples_median(&f->per_s),
        .cpu_us = samples_median(&f->cpu_us),
        .wire_us = samples_median(&f->wire_us),
        .signs = each(f, (double)tally_signs(&f->tally)),
        .verifies = each(f, (double)tally_verifies(&f->tally)),
        .hmacs = each(f, (double)(ops[CRYPTO_SIGN_HMAC] + ops[CRYPTO_VERIFY_HMAC])),
        .handshakes = each(f, (double)ops[CRYPTO_TLS_HANDSHAKE]),
        .exchanges = each(f, (double)ops[CRYPTO_HTTP_EXCHANGE]),
    };
    r.floor_us = r.wire_us + each(f, tally_crypto_us(&f->tally, c));
    r.ratio = r.floor_us > 0 ? r.cpu_us / r.floor_us : 0;
    return r;
}

struct login_row *logins_rows(const struct logins *l, const struct costs *c)
{
    struct login_row *rows = xcalloc(KINDS + 1, sizeof(*rows));
    for (size_t i = 0; i < KINDS; i++)
        rows[i] = row(&l->figures[i], &kinds[i], c);
    return rows;
}
