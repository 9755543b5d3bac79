/*
 * The whole scenario suite: counted once in this process, timed as the program that people run,
 * from exec to exit with trace, redaction, all checks and a report.
 */
#include "tests/bench/bench.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/run/run.h"
#include "tests/bench/process.h"

int suite_count(const struct bench_conf *conf, struct suite_figures *f, struct err *err)
{
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    AUTO(run_suite_deinit) struct run_suite suite = {0};
    AUTO(js_free) struct js *doc = NULL;
    AUTO(xfree) char *library = path_join(conf->root, "scenarios");
    AUTO(xfree) char *guide = path_join(library, "guide");
    if (scenario_find(library, NULL, 0, NULL, run_vocabulary(), &set, err) != 0 ||
        setup_read(guide, &doc, err) != 0)
        return -1;
    const struct run_conf run = {
        .setup_doc = doc,
        .setup_source = guide,
        .seed = 1,
        .jobs = 2, /* what is counted does not depend on it */
        .callback_port = 8085,
    };
    struct tally before = tally_now();
    if (run_suite(&run, (const struct scenario *const *)set.items, set.len, NULL, &suite, err) != 0)
        return -1;
    f->tally = tally_since(&before);
    f->scenarios = set.len;
    f->exit_status = run_exit_status(&suite);
    return 0;
}

static int run_once(const struct bench_conf *conf, const char *jobs, double *ret_wall_ms,
                    double *ret_cpu_ms, struct err *err)
{
    AUTO(xfree) char *library = path_join(conf->root, "scenarios");
    AUTO(xfree) char *env = xasprintf("ROLECALL_SCENARIOS=%s", library);
    const char *const argv[] = {conf->program, "run", "--jobs", jobs, "--report", "json", NULL};
    AUTO(process_end) struct process p = {.out = -1};
    int status = 0;
    int64_t cpu_ns = 0;
    if (process_start(&p, argv, (const char *const[]){env, NULL}, true, err) != 0)
        return -1;
    int64_t started_ns = p.started_ns;
    if (process_wait(&p, &status, &cpu_ns, err) != 0)
        return -1;
    *ret_wall_ms = (double)(clock_mono_ns() - started_ns) / 1e6;
    *ret_cpu_ms = (double)cpu_ns / 1e6;
    if (status != 0 && status != 1)
        return err_set(err, ERR_INTERNAL, "the suite ended with status %d", status);
    return 0;
}

int suite_round(const struct bench_conf *conf, struct suite_figures *f, struct err *err)
{
    static const char *const jobs[] = {"1", "2"};
    for (int i = 0; i < 2; i++) {
        double wall_ms = 0;
        double cpu_ms = 0;
        if (run_once(conf, jobs[i], &wall_ms, &cpu_ms, err) != 0)
            return err_wrap(err, "suite");
        samples_add(&f->wall_ms[i], wall_ms);
        if (i == 0)
            samples_add(&f->cpu_ms, cpu_ms);
    }
    return 0;
}

void suite_figures_deinit(struct suite_figures *f)
{
    samples_deinit(&f->wall_ms[0]);
    samples_deinit(&f->wall_ms[1]);
    samples_deinit(&f->cpu_ms);
}
