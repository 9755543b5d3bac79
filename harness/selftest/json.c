/*
 * The selftest for machines, schema rolecall.selftest/1: the whole matrix with the reason of every
 * cell, who notices each fault, the twins, the problems.
 */
#include "harness/base/str.h"
#include "harness/selftest/internal.h"

static struct js *number(size_t n)
{
    return js_int((int64_t)n);
}

static struct js *ids_of(const struct vec *rows)
{
    struct js *list = js_array();
    for (size_t i = 0; i < rows->len; i++)
        js_append_text(list, ((const struct row *)rows->items[i])->scenario->id);
    return list;
}

static struct js *column_json(const struct column *c)
{
    struct js *o = js_object();
    js_set_text(o, "check", c->name);
    js_set_text(o, "title", c->check->title);
    js_set_text(o, "spec", c->check->spec);
    js_set(o, "alone", ids_of(&c->alone));
    js_set(o, "among", ids_of(&c->among));
    js_set(o, "same_as", js_string(c->same != NULL ? c->same->name : NULL));
    return o;
}

static struct js *cell_json(const struct selftest *t, const struct cell *c)
{
    struct js *o = js_object();
    js_set_text(o, "check", t->columns[c->column].name);
    js_set_text(o, "kind", cell_kinds[c->kind]);
    js_set(o, "because", js_string(c->because));
    js_set(o, "actual", js_string(c->actual));
    return o;
}

static struct js *row_json(const struct selftest *t, const struct row *r)
{
    struct js *o = js_object();
    struct js *cells = js_array();
    for (size_t i = 0; i < r->cells_len; i++)
        js_append(cells, cell_json(t, &r->cells[i]));
    js_set_text(o, "scenario", r->scenario->id);
    js_set_text(o, "title", r->scenario->title);
    js_set(o, "faults", js_texts(&r->faults));
    js_set(o, "setup", js_bool(r->scenario->patch != NULL));
    js_set_text(o, "verdict", verdict_name(r->run->verdict));
    js_set_text(o, "seen", r->seen);
    js_set(o, "fails", cells);
    js_set(o, "same_as", js_string(r->same != NULL ? r->same->scenario->id : NULL));
    return o;
}

static struct js *fault_json(const struct fault_row *f)
{
    struct js *o = js_object();
    struct js *noticed = js_array();
    struct js *not_noticed = js_array();
    for (size_t i = 0; i < f->played_len; i++)
        js_append_text(f->played[i].holds == RUN_DIFFERS ? noticed : not_noticed,
                       f->played[i].scenario->id);
    js_set_text(o, "fault", f->fault->id);
    js_set_text(o, "title", f->fault->title);
    js_set(o, "noticed", js_bool(f->is_noticed));
    js_set(o, "noticed_by", noticed);
    js_set(o, "not_noticed_by", not_noticed);
    js_set(o, "same_as", js_string(f->same != NULL ? f->same->fault->id : NULL));
    return o;
}

static struct js *twin_json(const struct selftest *t, const struct scenario *s)
{
    struct js *o = js_object();
    js_set_text(o, "scenario", s->id);
    js_set(o, "none", js_string(s->twin_none));
    if (s->twin == NULL)
        return o;
    const struct experiment *e = plan_find(t, s->twin);
    js_set_text(o, "twin", s->twin->id);
    js_set_text(o, "runs_as", e->scenario->id);
    js_set_text(o, "verdict", verdict_name(e->first->verdict));
    return o;
}

static struct js *problem_json(const struct problem *p)
{
    struct js *o = js_object();
    js_set_text(o, "kind", p->kind);
    js_set_text(o, "subject", p->subject);
    js_set_text(o, "text", p->text);
    return o;
}

static struct js *summary_json(const struct selftest *t)
{
    struct js *o = js_object();
    size_t cells = 0;
    for (size_t i = 0; i < t->rows_len; i++)
        cells += t->rows[i].cells_len;
    js_set(o, "problems", number(t->problems_len));
    js_set(o, "checks", number(t->columns_len));
    js_set(o, "checks_counted", number(count_checks(t)));
    js_set(o, "faults", number(t->faults_len));
    js_set(o, "faults_counted", number(count_faults(t)));
    js_set(o, "rows", number(t->rows_len));
    js_set(o, "rows_different", number(count_rows(t)));
    js_set(o, "cells", number(t->rows_len * t->columns_len));
    js_set(o, "cells_failing", number(cells));
    js_set(o, "negatives", number(t->negatives));
    js_set(o, "twins", number(t->twins));
    js_set(o, "without_twin", number(t->without_twin));
    js_set(o, "clean", number(t->clean));
    js_set(o, "runs", number(t->experiments_len + t->clean));
    js_set(o, "jobs", js_int(t->conf->jobs));
    js_set(o, "seed", js_int((int64_t)t->conf->seed));
    js_set(o, "wall_ms", js_int(t->wall_us / 1000));
    return o;
}

char *selftest_json(const struct selftest *t)
{
    AUTO(js_free) struct js *o = js_object();
    struct js *columns = js_array(), *rows = js_array(), *faults = js_array();
    struct js *twins = js_array(), *problems = js_array();
    for (size_t i = 0; i < t->columns_len; i++)
        js_append(columns, column_json(&t->columns[i]));
    for (size_t i = 0; i < t->rows_len; i++)
        js_append(rows, row_json(t, &t->rows[i]));
    for (size_t i = 0; i < t->faults_len; i++)
        js_append(faults, fault_json(&t->faults[i]));
    for (size_t i = 0; i < t->conf->len; i++)
        if (t->conf->scenarios[i]->is_negative || t->conf->scenarios[i]->twin != NULL)
            js_append(twins, twin_json(t, t->conf->scenarios[i]));
    for (size_t i = 0; i < t->problems_len; i++)
        js_append(problems, problem_json(&t->problems[i]));
    js_set_text(o, "schema", "rolecall.selftest/1");
    js_set(o, "summary", summary_json(t));
    js_set(o, "problems", problems);
    js_set(o, "checks", columns);
    js_set(o, "faults", faults);
    js_set(o, "rows", rows);
    js_set(o, "twins", twins);
    AUTO(xfree) char *text = js_pretty(o, 1);
    return xasprintf("%s\n", text);
}
