/*
 * Many runs as one suite: each a copy of its scenario with the setup patched for it, so that the
 * runners share the work whatever the version. The id stays, so the draws do, too.
 */
#include "harness/observe/observe.h"
#include "harness/upgrade/internal.h"
#include "reports/report.h"

#define MOST_AT_ONCE 256U /* runs whose traces are kept at the same time */

static int run_all(struct upgrade *u, const struct upgrade_run *runs, size_t len,
                   struct run_suite *ret, struct err *err)
{
    const struct run_conf conf = {
        .setup_doc = u->base,
        .setup_source = u->conf->setup_source,
        .seed = u->conf->seed,
        .jobs = u->conf->jobs,
        /* Nobody's port: other things may run here, and 8085 would be one login at a time. */
        .callback_port = 0,
    };
    struct scenario *copies = xcalloc(len + 1, sizeof(*copies));
    const struct scenario **list = xcalloc(len + 1, sizeof(*list));
    for (size_t i = 0; i < len; i++) {
        copies[i] = *(const struct scenario *)u->scenarios.items[runs[i].scenario];
        copies[i].patch = runs[i].patch;
        copies[i].tags = (struct scenario_list){0};
        list[i] = &copies[i];
    }
    int rc = run_suite(&conf, list, len, NULL, ret, err);
    xfree(list);
    xfree(copies);
    return rc;
}

/* Why there is nothing to compare: it was skipped, or a fault never came to play (the way led
 * elsewhere), so that what came is not what the scenario is about. NULL: it was carried out. */
static const char *why_not(const struct run_result *r)
{
    bool step_broke = false;
    for (size_t i = 0; i < r->steps_len; i++)
        step_broke = step_broke || r->steps[i].verdict.kind == VERDICT_ERROR;
    if (r->steps_len > 0 && (r->verdict != VERDICT_ERROR || step_broke))
        return NULL;
    return r->reason != NULL ? r->reason : "not run";
}

static void learn(const struct run_suite *suite, struct redactor **r)
{
    if (*r == NULL)
        *r = report_redactor(suite);
    else
        for (size_t i = 0; i < suite->len; i++)
            if (suite->results[i].trace != NULL)
                redactor_learn(*r, suite->results[i].trace);
}

static int run_part(struct upgrade *u, struct upgrade_run *runs, size_t len,
                    struct redactor **ret_redactor, struct err *err)
{
    AUTO(run_suite_deinit) struct run_suite suite = {0};
    if (run_all(u, runs, len, &suite, err) != 0)
        return -1;
    u->runs += len;
    for (size_t i = 0; i < len; i++) {
        const struct run_result *r = &suite.results[i];
        runs[i].seen = upgrade_probe_seen(u, runs[i].scenario, r);
        if (runs[i].seen == NULL)
            runs[i].seen = observe_result(r);
        if (why_not(r) != NULL)
            runs[i].skipped = xstrdup(why_not(r));
    }
    if (ret_redactor != NULL)
        learn(&suite, ret_redactor);
    return 0;
}

int upgrade_batch(struct upgrade *u, struct upgrade_run *runs, size_t len,
                  struct redactor **ret_redactor, struct err *err)
{
    for (size_t done = 0; done < len; done += MOST_AT_ONCE) {
        size_t n = len - done < MOST_AT_ONCE ? len - done : MOST_AT_ONCE;
        if (run_part(u, runs + done, n, ret_redactor, err) != 0)
            return -1;
    }
    return 0;
}

void upgrade_runs_free(struct upgrade_run *runs, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        js_free(runs[i].patch);
        js_free(runs[i].seen);
        xfree(runs[i].skipped);
    }
    xfree(runs);
}
