/*
 * The selftest for a terminal: who kills each check, who notices each fault, then what is wrong and
 * how much there is. 80 columns.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/selftest/internal.h"

#define NAME_WIDTH 36U
#define WITNESS_WIDTH 36U

static char *cut(const char *text, size_t width)
{
    size_t len = strlen(text);
    return len <= width ? xstrdup(text) : xasprintf("%.*s...", (int)width - 3, text);
}

static void add_line(struct buf *b, const char *name, const char *witness, size_t further)
{
    AUTO(xfree) char *left = cut(name, NAME_WIDTH);
    AUTO(xfree) char *right = cut(witness, WITNESS_WIDTH);
    AUTO(xfree) char *more = further > 0 ? xasprintf("+%zu", further) : xstrdup("");
    buf_addf(b, "%-*s %-*s %5s", (int)NAME_WIDTH, left, (int)WITNESS_WIDTH, right, more);
    while (b->len > 0 && b->ptr[b->len - 1] == ' ')
        b->ptr[--b->len] = '\0';
    buf_addc(b, '\n');
}

static void add_checks(struct buf *b, const struct selftest *t)
{
    buf_addf(b, "%-*s %-*s %5s\n", (int)NAME_WIDTH, "check", (int)WITNESS_WIDTH, "fails alone in",
             "too");
    for (size_t i = 0; i < t->columns_len; i++) {
        const struct column *c = &t->columns[i];
        const struct row *killer = c->alone.len > 0 ? c->alone.items[0] : NULL;
        size_t all = c->alone.len + c->among.len;
        add_line(b, c->name, killer != NULL ? killer->scenario->id : "NOTHING",
                 killer != NULL ? all - 1 : all);
    }
}

/* The check that the first noticing scenario is about, or the scenario itself when only its
 * outcome tells. */
static const char *witness_of(const struct selftest *t, const struct fault_row *f)
{
    for (size_t i = 0; i < f->played_len; i++) {
        const struct played *p = &f->played[i];
        if (p->holds != RUN_DIFFERS)
            continue;
        return p->row->cells_len > 0 ? t->columns[p->row->cells[0].column].name
                                     : p->row->scenario->id;
    }
    return f->played_len > 0 ? "NOTHING NOTICES IT" : "NOTHING PLAYS IT";
}

static size_t count_noticing(const struct fault_row *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->played_len; i++)
        n += f->played[i].holds == RUN_DIFFERS;
    return n;
}

static void add_faults(struct buf *b, const struct selftest *t)
{
    buf_addf(b, "\n%-*s %-*s %5s\n", (int)NAME_WIDTH, "fault", (int)WITNESS_WIDTH, "noticed by",
             "too");
    for (size_t i = 0; i < t->faults_len; i++) {
        size_t n = count_noticing(&t->faults[i]);
        add_line(b, t->faults[i].fault->id, witness_of(t, &t->faults[i]), n > 0 ? n - 1 : 0);
    }
}

static void add_alike(struct buf *b, const struct selftest *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->faults_len; i++)
        if (t->faults[i].same != NULL)
            buf_addf(b, "%s  %s looks like %s\n", n++ == 0 ? "\nalike, and counted once\n" : "",
                     t->faults[i].fault->id, t->faults[i].same->fault->id);
}

static void add_problems(struct buf *b, const struct selftest *t)
{
    for (size_t i = 0; i < t->problems_len; i++)
        buf_addf(b, "%s%-15s %s\n                %s\n", i == 0 ? "\nproblems\n" : "",
                 t->problems[i].kind, t->problems[i].subject, t->problems[i].text);
}

static size_t count_cells(const struct selftest *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->rows_len; i++)
        n += t->rows[i].cells_len;
    return n;
}

static void add_counts(struct buf *b, const struct selftest *t)
{
    size_t further = 0;
    for (size_t i = 0; i < t->rows_len; i++)
        further += t->rows[i].cells_len > 0 ? t->rows[i].cells_len - 1 : 0;
    buf_addf(b, "\n%-10s %5zu of %zu fail alone somewhere and unlike every other\n", "checks",
             count_checks(t), t->columns_len);
    buf_addf(b, "%-10s %5zu of %zu are noticed and unlike every other\n", "faults", count_faults(t),
             t->faults_len);
    buf_addf(b, "%-10s %5zu scenarios in which something is wrong, %zu different\n", "rows",
             t->rows_len, count_rows(t));
    buf_addf(b, "%-10s %5zu of %zu fail, %zu of them as a declared side effect\n", "cells",
             count_cells(t), t->rows_len * t->columns_len, further);
    buf_addf(b, "%-10s %5zu for %zu negative scenarios (%zu say why they have none)\n", "twins",
             t->twins, t->negatives, t->without_twin);
    buf_addf(b, "%-10s %5zu without a fault, each twice, in two orders\n", "clean", t->clean);
    buf_addf(b, "%-10s %5zu by %d jobs, order and draws of seed %llu\n", "runs",
             t->experiments_len + t->clean, t->conf->jobs, (unsigned long long)t->conf->seed);
    buf_addf(b, "%-10s %5lld ms\n", "time", (long long)(t->wall_us / 1000));
}

char *selftest_text(const struct selftest *t)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    add_checks(&b, t);
    add_faults(&b, t);
    add_alike(&b, t);
    add_problems(&b, t);
    add_counts(&b, t);
    if (t->problems_len == 0)
        buf_adds(&b, "every check can fail, every fault is noticed\n");
    else
        buf_addf(&b, "NOT PROVEN: %zu problem(s), see above\n", t->problems_len);
    return buf_take(&b);
}
