/*
 * The selftest from the library to its findings: plan, run, matrix, judge.
 */
#include "harness/selftest/selftest.h"

#include "harness/selftest/internal.h"
#include "reports/report.h"

int selftest_run(const struct selftest_conf *conf, struct selftest **ret, struct err *err)
{
    AUTO(selftest_free) struct selftest *t = xcalloc(1, sizeof(*t));
    int64_t started_ns = clock_mono_ns();
    t->conf = conf;
    parts_plan(t);
    if (plan_run(t, err) != 0)
        return -1;
    t->redactor = report_redactor(&t->first);
    t->redactor_second = report_redactor(&t->second);
    matrix_make(t);
    parts_judge(t);
    t->wall_us = (clock_mono_ns() - started_ns) / 1000;
    *ret = t;
    t = NULL;
    return 0;
}

size_t selftest_problems(const struct selftest *t)
{
    return t->problems_len;
}

static void row_deinit(struct row *r)
{
    strlist_deinit(&r->faults);
    for (size_t i = 0; i < r->cells_len; i++)
        xfree(r->cells[i].actual);
    xfree(r->cells);
    xfree(r->seen);
}

static void column_deinit(struct column *c)
{
    xfree(c->name);
    vec_deinit(&c->alone);
    vec_deinit(&c->among);
}

static void matrix_free(struct selftest *t)
{
    for (size_t i = 0; i < t->rows_len; i++)
        row_deinit(&t->rows[i]);
    for (size_t i = 0; i < t->columns_len; i++)
        column_deinit(&t->columns[i]);
    for (size_t i = 0; i < t->faults_len; i++) {
        xfree(t->faults[i].played);
        xfree(t->faults[i].signature);
    }
    xfree(t->rows);
    xfree(t->columns);
    xfree(t->faults);
}

struct selftest *selftest_free(struct selftest *t)
{
    if (t == NULL)
        return NULL;
    matrix_free(t);
    for (size_t i = 0; i < t->problems_len; i++) {
        xfree(t->problems[i].subject);
        xfree(t->problems[i].text);
    }
    xfree(t->problems);
    for (size_t i = 0; i < t->experiments_len; i++) {
        xfree(t->experiments[i].doing);
        xfree(t->experiments[i].expects);
    }
    xfree(t->experiments);
    run_suite_deinit(&t->first);
    run_suite_deinit(&t->second);
    for (size_t i = 0; i < t->variants.len; i++)
        scenario_free(t->variants.items[i]);
    vec_deinit(&t->variants);
    redactor_free(t->redactor);
    redactor_free(t->redactor_second);
    return xfree(t);
}
