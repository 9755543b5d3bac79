/*
 * The parts of the selftest by a table: what each needs to have run, and what it finds wrong. A
 * part is one row here; it reads runs and matrix and adds problems, and knows no other part.
 */
#include <stdarg.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/run/vocabulary.h"
#include "harness/selftest/internal.h"

#define DECLARED_MAX 3     /* further checks that one scenario may trip */
#define WITHOUT_TWIN_MAX 5 /* scenarios that may say why they have none */

void problem_add(struct selftest *t, const char *kind, const char *subject, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text = {0};
    va_list args;
    buf_init(&text, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    t->problems = xrealloc(t->problems, (t->problems_len + 1) * sizeof(*t->problems));
    t->problems[t->problems_len++] =
        (struct problem){.kind = kind, .subject = xstrdup(subject), .text = buf_take(&text)};
}

/* Why a run did not pass, on one line. */
static char *reason_of(const struct redactor *redactor, const struct run_result *r)
{
    const char *why = r->reason;
    AUTO(xfree) char *difference = NULL;
    for (size_t i = 0; why == NULL && i < r->steps_len; i++) {
        const struct verdict *v = &r->steps[i].verdict;
        if (v->kind != VERDICT_FAIL)
            continue;
        difference = xasprintf("expected %s; found %s", v->expected, v->actual);
        why = difference;
    }
    char *safe = redact_text(redactor, why != NULL ? why : "no reason");
    for (char *p = safe; *p != '\0'; p++)
        *p = *p == '\n' ? ' ' : *p;
    return safe;
}

/* ---- every scenario of the library is as expected ---- */

static void plan_library(struct selftest *t)
{
    for (size_t i = 0; i < t->conf->len; i++)
        (void)plan_own(t, t->conf->scenarios[i]);
}

static void judge_library(struct selftest *t)
{
    for (size_t i = 0; i < t->conf->len; i++) {
        const struct scenario *s = t->conf->scenarios[i];
        const struct run_result *r = plan_find(t, s)->first;
        if (r->verdict == VERDICT_PASS)
            continue;
        AUTO(xfree) char *why = reason_of(t->redactor, r);
        problem_add(t, "not-as-expected", s->id, "%s: %s", verdict_name(r->verdict), why);
    }
}

/* ---- nothing fails that nobody announced ---- */

static void judge_cell(struct selftest *t, const struct row *row, const struct cell *c)
{
    const char *check = t->columns[c->column].name;
    if (c->kind == CELL_UNDECLARED)
        problem_add(t, "undeclared", row->scenario->id,
                    "%s fails and is not named under checks.fail: %s", check, c->actual);
    if (c->kind == CELL_NO_REASON)
        problem_add(t, "no-reason", row->scenario->id,
                    "%s fails beside the first and has no 'because'", check);
}

static void judge_cells(struct selftest *t)
{
    for (size_t i = 0; i < t->rows_len; i++) {
        const struct row *row = &t->rows[i];
        size_t further = 0;
        for (size_t c = 0; c < row->cells_len; c++) {
            judge_cell(t, row, &row->cells[c]);
            further += row->cells[c].kind != CELL_KILL;
        }
        if (further > DECLARED_MAX)
            problem_add(t, "too-many", row->scenario->id,
                        "%zu further checks fail; %d at most can be side effects", further,
                        DECLARED_MAX);
    }
}

/* ---- every check can fail, alone, and unlike every other ---- */

static void judge_checks(struct selftest *t)
{
    for (size_t i = 0; i < t->columns_len; i++) {
        const struct column *c = &t->columns[i];
        if (c->same != NULL)
            problem_add(t, "same-column", c->name, "it fails in the same scenarios as %s",
                        c->same->name);
        if (c->alone.len == 0)
            problem_add(t, "no-killer", c->name, "no scenario makes it fail alone%s",
                        c->among.len > 0 ? "; it fails only in the company of others" : "");
    }
}

/* ---- every fault is noticed ---- */

static bool asks_for_rights(const struct scenario *s)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (s->steps[i].expect.can.len + s->steps[i].expect.cannot.len > 0)
            return true;
    return false;
}

static struct fault_row *fault_row_of(struct selftest *t, const char *id)
{
    for (size_t i = 0; i < t->faults_len; i++)
        if (strcmp(t->faults[i].fault->id, id) == 0)
            return &t->faults[i];
    return NULL;
}

/* The scenario without the fault. Rights have to be asked of the run itself; everything else can be
 * compared with any run that does the same. */
static void plan_without(struct selftest *t, const struct scenario *s, const char *id)
{
    struct fault_row *f = fault_row_of(t, id);
    struct scenario *variant = scenario_without(s, id);
    size_t before = t->experiments_len;
    size_t at = asks_for_rights(s) ? plan_own(t, variant) : plan_any(t, variant);
    f->played = xrealloc(f->played, (f->played_len + 1) * sizeof(*f->played));
    f->played[f->played_len++] = (struct played){
        .scenario = s, .without = at, .is_native = t->experiments[at].scenario == variant};
    if (t->experiments_len == before) {
        scenario_free(variant);
        return;
    }
    t->experiments[at].is_clean = false; /* what it expects should not hold */
    vec_push(&t->variants, variant);
}

static void plan_faults(struct selftest *t)
{
    for (size_t i = 0; run_fault_at(i) != NULL; i++) {
        t->faults = xrealloc(t->faults, (i + 1) * sizeof(*t->faults));
        t->faults[i] = (struct fault_row){.fault = run_fault_at(i)};
        t->faults_len = i + 1;
    }
    for (size_t i = 0; i < t->conf->len; i++) {
        AUTO(strlist_deinit) struct strlist ids = {0};
        scenario_faults(t->conf->scenarios[i], &ids);
        for (size_t f = 0; f < ids.len; f++)
            plan_without(t, t->conf->scenarios[i], ids.items[f]);
    }
}

static void judge_faults(struct selftest *t)
{
    for (size_t i = 0; i < t->faults_len; i++) {
        const struct fault_row *f = &t->faults[i];
        if (f->played_len == 0)
            problem_add(t, "not-played", f->fault->id, "no scenario plays it");
        else if (!f->is_noticed)
            problem_add(t, "unnoticed", f->fault->id,
                        "without it %s is as expected too: nothing notices it",
                        f->played[0].scenario->id);
    }
}

/* ---- twins ---- */

static void plan_twins(struct selftest *t)
{
    size_t before = t->experiments_len;
    for (size_t i = 0; i < t->conf->len; i++) {
        const struct scenario *s = t->conf->scenarios[i];
        t->negatives += s->is_negative;
        t->without_twin += s->twin_none != NULL;
        if (s->twin != NULL)
            (void)plan_own(t, s->twin);
    }
    t->twins = t->experiments_len - before;
}

static bool expects_no_right(const struct scenario *s)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (s->steps[i].expect.cannot.len > 0)
            return true;
    return false;
}

/* What the scenario expects must not hold where all is well, else it expects nothing. A right that
 * is not there is one the twin has. */
static void judge_twin(struct selftest *t, const struct scenario *s)
{
    const struct run_result *r = plan_find(t, s->twin)->first;
    if (r->verdict != VERDICT_PASS) {
        AUTO(xfree) char *why = reason_of(t->redactor, r);
        problem_add(t, "twin-fails", s->id, "its twin, where all is well: %s: %s",
                    verdict_name(r->verdict), why);
    } else if (run_would_hold(&t->first, r, s) == RUN_HOLDS && !expects_no_right(s)) {
        problem_add(t, "twin-alike", s->id, "what it expects holds for its twin too");
    }
}

static void judge_twins(struct selftest *t)
{
    for (size_t i = 0; i < t->conf->len; i++) {
        const struct scenario *s = t->conf->scenarios[i];
        if (s->twin != NULL)
            judge_twin(t, s);
        else if (s->is_negative && s->twin_none == NULL)
            problem_add(t, "no-twin", s->id,
                        "it is negative, has nothing to take away, and no 'twin:'");
    }
    if (t->without_twin > WITHOUT_TWIN_MAX)
        problem_add(t, "no-twin", "library", "%zu scenarios have no twin; %d at most may say so",
                    t->without_twin, WITHOUT_TWIN_MAX);
}

/* ---- with no fault everything passes, in any order ---- */

static bool is_same_checks(const struct run_step *a, const struct run_step *b)
{
    bool same = a->checks_len == b->checks_len;
    for (size_t i = 0; same && i < a->checks_len; i++)
        same = a->checks[i].verdict.kind == b->checks[i].verdict.kind;
    return same;
}

/* The order of the others and other draws change nothing. */
bool is_same_run(const struct redactor *of_a, const struct run_result *a,
                 const struct redactor *of_b, const struct run_result *b)
{
    AUTO(xfree) char *first = matrix_seen(of_a, a);
    AUTO(xfree) char *second = matrix_seen(of_b, b);
    bool same =
        a->verdict == b->verdict && a->steps_len == b->steps_len && strcmp(first, second) == 0;
    for (size_t i = 0; same && i < a->steps_len; i++)
        same = is_same_checks(&a->steps[i], &b->steps[i]);
    return same;
}

/* The first run was judged with its scenario, or as its twin. */
static void judge_second(struct selftest *t, const struct experiment *e)
{
    const char *id = e->scenario->id;
    AUTO(xfree) char *why = NULL;
    if (e->first->verdict != VERDICT_PASS)
        return;
    if (e->second->verdict != VERDICT_PASS) {
        why = reason_of(t->redactor_second, e->second);
        problem_add(t, "clean-fails", id, "the second time: %s: %s",
                    verdict_name(e->second->verdict), why);
    } else if (!is_same_run(t->redactor, e->first, t->redactor_second, e->second)) {
        problem_add(t, "order", id, "its two runs, in different orders, are not alike");
    }
}

static void judge_clean(struct selftest *t)
{
    for (size_t i = 0; i < t->experiments_len; i++)
        if (t->experiments[i].is_clean)
            judge_second(t, &t->experiments[i]);
}

/* ---- the parts ---- */

/* plan comes before anything runs and may be NULL. */
static const struct {
    void (*plan)(struct selftest *t);
    void (*judge)(struct selftest *t);
} parts[] = {
    {plan_library, judge_library},
    {NULL, judge_cells},
    {NULL, judge_checks},
    {plan_twins, judge_twins},
    {plan_faults, judge_faults},
    {NULL, judge_clean},
    {NULL, NULL},
};

void parts_plan(struct selftest *t)
{
    for (size_t i = 0; parts[i].judge != NULL; i++)
        if (parts[i].plan != NULL)
            parts[i].plan(t);
}

void parts_judge(struct selftest *t)
{
    for (size_t i = 0; parts[i].judge != NULL; i++)
        parts[i].judge(t);
}

/* ---- counts ---- */

size_t count_checks(const struct selftest *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->columns_len; i++)
        n += t->columns[i].alone.len > 0 && t->columns[i].same == NULL;
    return n;
}

size_t count_faults(const struct selftest *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->faults_len; i++)
        n += t->faults[i].is_noticed && t->faults[i].same == NULL;
    return n;
}

size_t count_rows(const struct selftest *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->rows_len; i++)
        n += t->rows[i].same == NULL;
    return n;
}
