/*
 * The twins of a selection: beside the negative scenarios their positive twins, each run once. A
 * scenario of the selection that does the same and expects it to work is twin enough.
 */
#include "harness/run/one.h"

static bool works_without_faults(const struct scenario *s)
{
    size_t faults = s->faults_len;
    for (size_t i = 0; i < s->steps_len; i++)
        faults += s->steps[i].faults_len;
    return !s->is_negative && faults == 0;
}

/* A twin says nothing while what it belongs to cannot be run on these live systems. */
static bool is_run(const struct run_conf *conf, const struct setup *setup, const struct scenario *s)
{
    AUTO(xfree) char *reason = run_skip_reason(conf, s, setup);
    return reason == NULL;
}

void run_with_twins(const struct run_conf *conf, const struct setup *setup,
                    const struct scenario *const *scenarios, size_t len, struct vec *ret)
{
    AUTO(strlist_deinit) struct strlist done = {0};
    for (size_t i = 0; i < len; i++) {
        vec_push(ret, (void *)(uintptr_t)scenarios[i]);
        if (works_without_faults(scenarios[i]))
            strlist_take(&done, scenario_doing(scenarios[i]));
    }
    for (size_t i = 0; i < len; i++) {
        const struct scenario *twin = scenarios[i]->twin;
        if (twin == NULL || !is_run(conf, setup, scenarios[i]))
            continue;
        char *doing = scenario_doing(twin);
        if (strlist_has(&done, doing)) {
            xfree(doing);
            continue;
        }
        strlist_take(&done, doing);
        vec_push(ret, (void *)(uintptr_t)twin);
    }
}
