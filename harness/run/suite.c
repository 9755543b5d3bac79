/*
 * A suite: runner threads take scenarios one after the other; results stand in the order of
 * selection, whoever ran them. Each runner has its own stage and shares nothing else.
 */
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/base/threads.h"
#include "harness/run/known.h"
#include "harness/run/one.h"
#include "harness/run/vocabulary.h"

struct suite {
    const struct run_conf *conf;
    const struct scenario *const *scenarios;
    const struct run_observer *observer;
    struct run_suite *result;
    pthread_mutex_t lock; /* next, stop, trouble, and the observer */
    size_t next;
    const char *stop; /* why no further scenario is begun; static */
    int64_t started_ns;
    struct err trouble; /* of a runner that could not begin; others may have done its work */
};

static bool is_too_late(const struct suite *s)
{
    int64_t spent_ms = (clock_mono_ns() - s->started_ns) / 1000000;
    return s->conf->has_deadline && spent_ms >= s->conf->deadline_ms;
}

static const char *reason_to_stop(struct suite *s)
{
    if (s->stop == NULL && is_too_late(s))
        s->stop = "not run: the deadline of the run was reached";
    return s->stop;
}

static void count(struct run_suite *suite, const struct run_result *r)
{
    suite->scenarios[r->verdict]++;
    suite->evaluated += r->evaluated;
    if (r->known)
        suite->known++;
    if (r->nobody)
        suite->nobody++;
    for (size_t i = 0; i < r->steps_len; i++)
        for (size_t c = 0; c < r->steps[i].checks_len; c++)
            suite->checks[r->steps[i].checks[c].verdict.kind]++;
}

/* The name under which --trace writes a scenario: its id with "/" as "__". */
static char *trace_name(const char *id)
{
    char *name = xasprintf("%s.json", id);
    for (char *p = name; *p != '\0'; p++)
        if (*p == '/')
            *p = '_';
    return name;
}

static void write_trace(const struct run_conf *conf, struct run_result *r)
{
    if (conf->trace_dir == NULL || r->trace == NULL)
        return;
    AUTO(js_free) struct js *o = js_object();
    js_set_text(o, "schema", "rolecall.trace/1");
    js_set_text(o, "scenario", r->id);
    js_set(o, "events", trace_json(r->trace));
    AUTO(xfree) char *text = js_pretty(o, 1);
    AUTO(xfree) char *name = trace_name(r->id);
    AUTO(xfree) char *path = path_join(conf->trace_dir, name);
    struct err err = {0};
    /* Raw tokens: nobody else may read them (design.md 2.3). */
    if (file_write(path, text, strlen(text), S_IRUSR | S_IWUSR, &err) == 0)
        return;
    run_worsen(r, VERDICT_ERROR, xstrdup(err.msg));
}

/* What ended after the deadline was not judged in time, whatever it found. */
static void judge_deadline(const struct suite *s, struct run_result *r)
{
    if (r->verdict == VERDICT_ERROR || r->verdict == VERDICT_SKIP || !is_too_late(s))
        return;
    run_worsen(r, VERDICT_ERROR, xstrdup("the deadline of the run was reached while it ran"));
}

static void finish(struct suite *s, struct run_result *r)
{
    judge_deadline(s, r);
    write_trace(s->conf, r);
    r->known = known_covers(s->conf->known, r);
    pthread_mutex_lock(&s->lock);
    count(s->result, r);
    if (s->conf->fail_fast &&
        (r->verdict == VERDICT_ERROR || (r->verdict == VERDICT_FAIL && !r->known)) &&
        s->stop == NULL)
        s->stop = "not run: an earlier scenario failed and --fail-fast was given";
    if (s->observer != NULL && s->observer->scenario_end != NULL)
        s->observer->scenario_end(s->observer->ctx, r);
    pthread_mutex_unlock(&s->lock);
}

/* Nothing that was selected goes unmentioned: what was not run is an error (deadline) or a skip
 * (fail-fast). */
static void leave_out(struct run_result *r, const char *reason)
{
    run_worsen(r, cstr_contains(reason, "deadline") ? VERDICT_ERROR : VERDICT_SKIP,
               xstrdup(reason));
}

static struct run_result *take(struct suite *s, const char **ret_stop)
{
    struct run_result *r = NULL;
    pthread_mutex_lock(&s->lock);
    *ret_stop = reason_to_stop(s);
    if (s->next < s->result->len) {
        r = &s->result->results[s->next];
        const struct scenario *scenario = s->scenarios[s->next];
        *r = (struct run_result){.id = scenario->id,
                                 .title = scenario->title,
                                 .file = scenario->file,
                                 .scenario = scenario,
                                 .number = s->next};
        s->next++;
        if (*ret_stop == NULL && s->observer != NULL && s->observer->scenario_begin != NULL)
            s->observer->scenario_begin(s->observer->ctx, scenario);
    }
    pthread_mutex_unlock(&s->lock);
    return r;
}

static void *runner(void *ctx)
{
    struct suite *s = ctx;
    AUTO(stage_free) struct stage *stage = NULL;
    struct err err = {0};
    if (stage_new(&stage, &err) != 0) {
        pthread_mutex_lock(&s->lock);
        s->trouble = err;
        pthread_mutex_unlock(&s->lock);
        return NULL;
    }
    const char *stop = NULL;
    for (struct run_result *r = take(s, &stop); r != NULL; r = take(s, &stop)) {
        if (stop != NULL)
            leave_out(r, stop);
        else
            run_scenario(s->conf, s->result->setup, stage, r->scenario, r);
        finish(s, r);
    }
    return NULL;
}

/* No runner could begin: what they left is told one by one, so that there is a report. */
static void give_up(struct suite *s)
{
    const char *stop = NULL;
    char text[1024];
    for (struct run_result *r = take(s, &stop); r != NULL; r = take(s, &stop)) {
        leave_out(r, stop != NULL ? stop : err_text(&s->trouble, text, sizeof(text)));
        r->verdict = VERDICT_ERROR;
        finish(s, r);
    }
}

static void run_all(struct suite *s, int jobs)
{
    threads_run(jobs, runner, s);
    give_up(s);
}

/* More runners than scenarios would stand by idle, and a port that a live system knows is there
 * once. */
static int runners(const struct run_conf *conf, const struct setup *setup, size_t scenarios)
{
    size_t jobs = conf->jobs > 0 ? (size_t)conf->jobs : 1;
    if (setup_pinned_port(setup, SYSTEM_AUTHENTIK) != 0 ||
        setup_pinned_port(setup, SYSTEM_DEX) != 0)
        return 1;
    return (int)(scenarios > 0 && jobs > scenarios ? scenarios : jobs);
}

static int describe(const struct run_conf *conf, struct run_suite *suite, struct err *err)
{
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(conf->seed, "");
    if (setup_build(conf->setup_doc, conf->setup_source, rnd, &suite->setup, err) != 0)
        return -1;
    if (run_check_versions(suite->setup, err) != 0)
        return -1;
    suite->versions[SYSTEM_AUTHENTIK] = suite->setup->authentik.version;
    suite->versions[SYSTEM_DEX] = suite->setup->dex_version;
    suite->versions[SYSTEM_ARGOCD] = suite->setup->argocd.version;
    for (size_t i = 0; i < SYSTEM_MAX_; i++) {
        suite->live[i] = setup_is_live(suite->setup, (enum system)i);
        suite->sentinel[i] = conf->sentinel[i];
        if (suite->live[i] && suite->sentinel[i] != SENTINEL_NONE)
            return err_set(err, ERR_USAGE, "no sentinel can stand in the place of %s: it is live",
                           system_name((enum system)i));
    }
    return 0;
}

int run_suite(const struct run_conf *conf, const struct scenario *const *scenarios, size_t len,
              const struct run_observer *observer, struct run_suite *ret, struct err *err)
{
    AUTO(run_suite_deinit) struct run_suite suite = {0};
    if (describe(conf, &suite, err) != 0)
        return -1;
    AUTO(vec_deinit) struct vec all = {0};
    if (conf->twins)
        run_with_twins(conf, suite.setup, scenarios, len, &all);
    suite.twins = conf->twins ? all.len - len : 0;
    if (conf->twins)
        scenarios = (const struct scenario *const *)all.items;
    for (size_t i = 0; i < len + suite.twins; i++)
        if (run_check_people(suite.setup, scenarios[i], err) != 0)
            return -1;
    suite.seed = conf->seed;
    suite.options = conf->options != NULL ? conf->options : "";
    suite.len = len + suite.twins;
    suite.results = xcalloc(suite.len + 1, sizeof(*suite.results));
    struct suite s = {.conf = conf,
                      .scenarios = scenarios,
                      .observer = observer,
                      .result = &suite,
                      .started_ns = clock_mono_ns()};
    pthread_mutex_init(&s.lock, NULL);
    if (observer != NULL && observer->suite_begin != NULL)
        observer->suite_begin(observer->ctx, suite.len);
    run_all(&s, runners(conf, suite.setup, suite.len));
    pthread_mutex_destroy(&s.lock);
    suite.wall_us = (clock_mono_ns() - s.started_ns) / 1000;
    known_judge(conf->known, &suite);
    *ret = suite;
    suite = (struct run_suite){0};
    return 0;
}

void run_suite_deinit(struct run_suite *s)
{
    for (size_t i = 0; i < s->len; i++)
        run_result_deinit(&s->results[i]);
    xfree(s->results);
    for (size_t i = 0; i < s->entries_len; i++)
        xfree(s->entries[i].why);
    xfree(s->entries);
    setup_free(s->setup);
    *s = (struct run_suite){0};
}

bool run_nobody_signed_in(const struct run_suite *s)
{
    size_t judged = 0;
    for (size_t k = 0; k < VERDICT_MAX_; k++)
        judged += s->checks[k];
    return s->nobody > 0 && judged == 0;
}

int run_exit_status(const struct run_suite *s)
{
    bool judged =
        s->scenarios[VERDICT_PASS] + s->scenarios[VERDICT_FAIL] > 0 && !run_nobody_signed_in(s);
    if (s->scenarios[VERDICT_ERROR] > 0 || !judged)
        return 3;
    return s->scenarios[VERDICT_FAIL] > s->known || s->stale > 0 ? 1 : 0;
}
