/*
 * What `serve` costs before anybody has signed in, and what it holds after many have.
 */
#include "tests/bench/bench.h"

#include "tests/bench/remote.h"

#define STARTS 3 /* a round */

int serve_starts(const struct bench_conf *conf, struct serve_figures *f, struct err *err)
{
    for (int i = 0; i < STARTS; i++) {
        AUTO(remote_end) struct remote r = {0};
        if (remote_start(conf, &r, err) != 0 || remote_first_answer(&r, err) != 0)
            return err_wrap(err, "cold start");
        samples_add(&f->ready_ms, (double)r.ready_ns / 1e6);
        samples_add(&f->start_ms, (double)(clock_mono_ns() - r.process.started_ns) / 1e6);
    }
    return 0;
}

/* Whole logins through all three systems, each in a fresh browser: what grows does grow. */
int serve_memory(const struct bench_conf *conf, struct serve_figures *f, struct err *err)
{
    AUTO(remote_end) struct remote r = {0};
    size_t logins = conf->quick ? 300 : 4000;
    if (remote_start(conf, &r, err) != 0 || remote_first_answer(&r, err) != 0 ||
        remote_settle(conf, &r, err) != 0)
        return err_wrap(err, "memory");
    f->idle_kb = process_status_kb(&r.process, "VmRSS:");
    for (size_t i = 0; i < logins; i++)
        if (remote_sign_in(&r, i % 2 == 0 ? LOGIN_UI : LOGIN_DIRECT, true, err) != 0)
            return err_wrap(err, "memory, login %zu", i + 1);
    f->logins = logins;
    f->after_kb = process_status_kb(&r.process, "VmRSS:");
    f->peak_kb = process_status_kb(&r.process, "VmHWM:");
    return 0;
}

void serve_figures_deinit(struct serve_figures *f)
{
    samples_deinit(&f->ready_ms);
    samples_deinit(&f->start_ms);
}
