/*
 * Which rows are behind a finding, proved by runs. First each row is turned back alone in the
 * version after: the row whose removal brings back what was before is the cause. For what no single
 * row undoes all are turned back, and the set is made smaller row by row until each that is left is
 * needed.
 */
#include <string.h>

#include "harness/upgrade/internal.h"

#define DEEP_MOST 12U /* findings whose set of rows is searched for one by one */

static const char EACH_NEEDED[] = "turning back any one of these brings back what was before";
static const char TOGETHER[] = "only turned back together do these bring back what was before";
static const char NO_ROW[] =
    "no row of the version table undoes this: it hangs on the version itself";
static const char NOT_SOUGHT[] = "several rows together; which was not sought for so many findings";

/* Where a finding is looked at: one of its logins. */
struct witness {
    const struct change *change;
    size_t cover; /* position of its scenario among those that are run */
};

struct search {
    struct upgrade *u;
    size_t *cover; /* scenarios that show every finding between them */
    size_t cover_len;
    struct witness *witnesses; /* a finding each */
    bool *sole;  /* [finding * rows + row]: turned back alone it brings back what was before */
    bool *any;   /* it changes the value at all */
    bool *found; /* sets of rows that undo some finding only together; DEEP_MOST at most */
    size_t found_len;
};

static bool same(const struct js *a, const struct js *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return js_equal(a, b);
}

static const struct js *look(const struct change *c, const struct js *seen)
{
    return observation_fact(seen, c->step, c->group, c->name);
}

/* A step that was not reached shows nothing: no sign that the finding is gone. */
static bool reached(const struct change *c, const struct js *seen)
{
    const struct js *step = js_at(seen, c->step);
    return step != NULL && js_get(step, "error") == NULL;
}

/* ---- the scenarios ---- */

static const struct change *change_in(const struct finding *f, size_t scenario)
{
    for (size_t i = 0; i < f->changes.len; i++) {
        const struct change *c = f->changes.items[i];
        if (c->run == scenario)
            return c;
    }
    return NULL;
}

/* The scenario that shows most of the findings that have no witness yet. */
static size_t best(const struct search *s)
{
    size_t n = s->u->scenarios.len;
    size_t *count = xcalloc(n + 1, sizeof(*count));
    size_t most = 0;
    for (size_t f = 0; f < s->u->findings.len; f++) {
        bool *counted = xcalloc(n + 1, sizeof(*counted));
        const struct finding *one = &s->u->findings.items[f];
        for (size_t i = 0; s->witnesses[f].change == NULL && i < one->changes.len; i++) {
            const struct change *c = one->changes.items[i];
            count[c->run] += counted[c->run] ? 0 : 1;
            counted[c->run] = true;
        }
        xfree(counted);
    }
    for (size_t i = 0; i < n; i++)
        most = count[i] > count[most] ? i : most;
    xfree(count);
    return most;
}

static void choose_cover(struct search *s)
{
    size_t n = s->u->findings.len;
    s->witnesses = xcalloc(n + 1, sizeof(*s->witnesses));
    s->cover = xcalloc(n + 1, sizeof(*s->cover));
    size_t left = n;
    while (left > 0) {
        size_t scenario = best(s);
        for (size_t f = 0; f < n; f++) {
            const struct change *c = s->witnesses[f].change == NULL
                                         ? change_in(&s->u->findings.items[f], scenario)
                                         : NULL;
            if (c == NULL)
                continue;
            s->witnesses[f] = (struct witness){c, s->cover_len};
            left--;
        }
        s->cover[s->cover_len++] = scenario;
    }
}

/* ---- one row at a time ---- */

/* Rows that are turned back together first: where that changes nothing, none of them does alone
 * (should two of them hide each other, the finding is left for the later stages). */
#define TOGETHER_AT_FIRST 6U

/* Rows [first, first + n) in one scenario of the cover. */
struct probe {
    size_t cover;
    size_t first;
    size_t n;
};

static int run_probes(struct search *s, const struct probe *probes, size_t len,
                      struct upgrade_run **ret, struct err *err)
{
    AUTO(xfree) char *storage = xcalloc(s->u->differing_len + 1, sizeof(bool));
    bool *set = (bool *)storage;
    struct upgrade_run *runs = xcalloc(len + 1, sizeof(*runs));
    for (size_t i = 0; i < len; i++) {
        for (size_t r = 0; r < s->u->differing_len; r++)
            set[r] = r >= probes[i].first && r < probes[i].first + probes[i].n;
        runs[i].scenario = s->cover[probes[i].cover];
        runs[i].patch = upgrade_patch_to(s->u, set);
    }
    *ret = runs;
    return upgrade_batch(s->u, runs, len, NULL, err);
}

static bool touches(const struct search *s, const struct probe *p, const struct js *seen)
{
    for (size_t f = 0; f < s->u->findings.len; f++) {
        const struct change *c = s->witnesses[f].change;
        if (s->witnesses[f].cover == p->cover &&
            (!reached(c, seen) || !same(look(c, seen), c->after)))
            return true;
    }
    return false;
}

static void judge_back(struct search *s, const struct probe *p, const struct js *seen)
{
    size_t rows = s->u->differing_len;
    for (size_t f = 0; f < s->u->findings.len; f++) {
        const struct change *c = s->witnesses[f].change;
        bool there = reached(c, seen);
        if (s->witnesses[f].cover != p->cover)
            continue;
        s->sole[f * rows + p->first] = there && same(look(c, seen), c->before);
        s->any[f * rows + p->first] = !there || !same(look(c, seen), c->after);
    }
}

/* The single rows of those probes that changed something. */
static size_t narrow(const struct search *s, const struct probe *wide, size_t len,
                     const struct upgrade_run *runs, struct probe *ret)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        for (size_t r = 0; touches(s, &wide[i], runs[i].seen) && r < wide[i].n; r++)
            ret[n++] = (struct probe){wide[i].cover, wide[i].first + r, 1};
    return n;
}

/* Every row in the scenarios of the cover that are wanted: several at once, then one by one. */
static int turn_back_in(struct search *s, const bool *wanted, struct err *err)
{
    size_t rows = s->u->differing_len;
    struct probe *wide = xcalloc(s->cover_len * rows + 1, sizeof(*wide));
    struct probe *single = xcalloc(s->cover_len * rows + 1, sizeof(*single));
    struct upgrade_run *first = NULL;
    struct upgrade_run *second = NULL;
    size_t wide_len = 0;
    size_t single_len = 0;
    for (size_t c = 0; c < s->cover_len; c++)
        for (size_t r = 0; wanted[c] && r < rows; r += TOGETHER_AT_FIRST) {
            size_t n = rows - r < TOGETHER_AT_FIRST ? rows - r : TOGETHER_AT_FIRST;
            wide[wide_len++] = (struct probe){c, r, n};
        }
    int rc = run_probes(s, wide, wide_len, &first, err);
    if (rc == 0) {
        single_len = narrow(s, wide, wide_len, first, single);
        rc = run_probes(s, single, single_len, &second, err);
    }
    for (size_t i = 0; rc == 0 && i < single_len; i++)
        judge_back(s, &single[i], second[i].seen);
    upgrade_runs_free(first, wide_len);
    upgrade_runs_free(second, single_len);
    xfree(wide);
    xfree(single);
    return rc;
}

/* Does the row turned back alone undo some finding? */
static bool undoes_some(const struct search *s, size_t row)
{
    for (size_t f = 0; f < s->u->findings.len; f++)
        if (s->sole[f * s->u->differing_len + row])
            return true;
    return false;
}

/* In the rest of the cover first the rows that were found already: mostly it is these again. */
static int turn_back_known(struct search *s, struct err *err)
{
    size_t rows = s->u->differing_len;
    struct probe *probes = xcalloc(s->cover_len * rows + 1, sizeof(*probes));
    struct upgrade_run *runs = NULL;
    size_t len = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 1; undoes_some(s, r) && c < s->cover_len; c++)
            probes[len++] = (struct probe){c, r, 1};
    int rc = run_probes(s, probes, len, &runs, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        judge_back(s, &probes[i], runs[i].seen);
    upgrade_runs_free(runs, len);
    xfree(probes);
    return rc;
}

/* Scenarios of the cover with a finding that no row tried so far undoes. */
static void mark_unexplained(const struct search *s, bool *ret)
{
    size_t rows = s->u->differing_len;
    for (size_t f = 0; f < s->u->findings.len; f++) {
        bool explained = false;
        for (size_t r = 0; r < rows; r++)
            explained = explained || s->sole[f * rows + r];
        if (!explained && s->witnesses[f].cover > 0)
            ret[s->witnesses[f].cover] = true;
    }
}

static int turn_back_each(struct search *s, struct err *err)
{
    bool *wanted = xcalloc(s->cover_len + 1, sizeof(*wanted));
    wanted[0] = true; /* the scenario that shows most */
    int rc = turn_back_in(s, wanted, err);
    if (rc == 0 && s->cover_len > 1)
        rc = turn_back_known(s, err);
    wanted[0] = false;
    mark_unexplained(s, wanted);
    if (rc == 0)
        rc = turn_back_in(s, wanted, err);
    xfree(wanted);
    return rc;
}

static void add_cause(struct upgrade *u, struct finding *f, size_t row)
{
    struct upgrade_row *of = &u->rows[u->differing[row]];
    of->seen = true;
    strlist_add(&f->causes, of->name);
}

static void name_sole(struct search *s)
{
    size_t rows = s->u->differing_len;
    for (size_t f = 0; f < s->u->findings.len; f++) {
        struct finding *one = &s->u->findings.items[f];
        for (size_t r = 0; r < rows; r++)
            if (s->sole[f * rows + r])
                add_cause(s->u, one, r);
        if (one->causes.len > 1)
            one->why = EACH_NEEDED;
    }
}

/* ---- every row ---- */

static bool is_open(const struct finding *f)
{
    return f->causes.len == 0 && f->why == NULL;
}

static size_t count_open(const struct search *s)
{
    size_t n = 0;
    for (size_t f = 0; f < s->u->findings.len; f++)
        n += is_open(&s->u->findings.items[f]) ? 1 : 0;
    return n;
}

/* What stays though every row is turned back is nobody's doing of the table. */
static int turn_back_all(struct search *s, struct err *err)
{
    struct upgrade_run *runs = NULL;
    if (count_open(s) == 0)
        return 0;
    struct probe *probes = xcalloc(s->cover_len + 1, sizeof(*probes));
    for (size_t c = 0; c < s->cover_len; c++)
        probes[c] = (struct probe){c, 0, s->u->differing_len};
    int rc = run_probes(s, probes, s->cover_len, &runs, err);
    for (size_t f = 0; rc == 0 && f < s->u->findings.len; f++) {
        const struct change *c = s->witnesses[f].change;
        const struct js *seen = runs[s->witnesses[f].cover].seen;
        if (is_open(&s->u->findings.items[f]) &&
            (!reached(c, seen) || !same(look(c, seen), c->before)))
            s->u->findings.items[f].why = NO_ROW;
    }
    upgrade_runs_free(runs, s->cover_len);
    xfree(probes);
    return rc;
}

/* ---- sets of rows ---- */

/* Does turning back this set bring back what was before? */
static int undoes(struct search *s, size_t f, const bool *set, bool *ret, struct err *err)
{
    const struct change *c = s->witnesses[f].change;
    struct upgrade_run *run = xcalloc(1, sizeof(*run));
    run->scenario = c->run;
    run->patch = upgrade_patch_to(s->u, set);
    int rc = upgrade_batch(s->u, run, 1, NULL, err);
    *ret = rc == 0 && reached(c, run->seen) && same(look(c, run->seen), c->before);
    upgrade_runs_free(run, 1);
    return rc;
}

/* Leaves every row out of the set that is not needed. */
static int make_smaller(struct search *s, size_t f, bool *set, struct err *err)
{
    for (size_t r = 0; r < s->u->differing_len; r++) {
        bool still = false;
        if (!set[r])
            continue;
        set[r] = false;
        if (undoes(s, f, set, &still, err) != 0)
            return -1;
        set[r] = !still;
    }
    return 0;
}

/* Sets to begin with, the likeliest first: what another finding came down to, the rows that touch
 * the value at all, everything. */
static int begin_set(struct search *s, size_t f, bool *set, bool *ret, struct err *err)
{
    size_t rows = s->u->differing_len;
    for (size_t i = 0; i < s->found_len && !*ret; i++) {
        memcpy(set, s->found + i * rows, rows * sizeof(*set));
        if (undoes(s, f, set, ret, err) != 0)
            return -1;
    }
    if (!*ret) {
        memcpy(set, s->any + f * rows, rows * sizeof(*set));
        if (undoes(s, f, set, ret, err) != 0)
            return -1;
    }
    for (size_t r = 0; !*ret && r < rows; r++)
        set[r] = true;
    return *ret ? 0 : undoes(s, f, set, ret, err);
}

static int search_set(struct search *s, size_t f, struct err *err)
{
    size_t rows = s->u->differing_len;
    struct finding *one = &s->u->findings.items[f];
    bool *set = s->found + s->found_len * rows;
    AUTO(xfree) char *storage = xcalloc(rows + 1, sizeof(bool));
    bool *trial = (bool *)storage;
    bool gone = false;
    if (begin_set(s, f, trial, &gone, err) != 0)
        return -1;
    if (!gone) { /* all of them did it a moment ago: it is chance, not a row */
        one->why = NO_ROW;
        return 0;
    }
    if (make_smaller(s, f, trial, err) != 0)
        return -1;
    memcpy(set, trial, rows * sizeof(*set));
    s->found_len++;
    for (size_t r = 0; r < rows; r++)
        if (set[r])
            add_cause(s->u, one, r);
    one->together = one->causes.len > 1;
    one->why = one->together ? TOGETHER : NULL;
    return 0;
}

static int search_sets(struct search *s, struct err *err)
{
    size_t deep = 0;
    for (size_t f = 0; f < s->u->findings.len; f++) {
        struct finding *one = &s->u->findings.items[f];
        if (!is_open(one))
            continue;
        if (deep++ >= DEEP_MOST)
            one->why = NOT_SOUGHT;
        else if (search_set(s, f, err) != 0)
            return -1;
    }
    return 0;
}

static void search_deinit(struct search *s)
{
    xfree(s->cover);
    xfree(s->witnesses);
    xfree(s->sole);
    xfree(s->any);
    xfree(s->found);
}
DEFINE_AUTO_VALUE(struct search, search_deinit)

int upgrade_attribute(struct upgrade *u, struct err *err)
{
    AUTO(search_deinit) struct search s = {.u = u};
    if (u->findings.len == 0)
        return 0;
    size_t pairs = u->findings.len * u->differing_len;
    s.sole = xcalloc(pairs + 1, sizeof(*s.sole));
    s.any = xcalloc(pairs + 1, sizeof(*s.any));
    s.found = xcalloc(DEEP_MOST * u->differing_len + 1, sizeof(*s.found));
    choose_cover(&s);
    if (turn_back_each(&s, err) != 0)
        return -1;
    name_sole(&s);
    if (turn_back_all(&s, err) != 0)
        return -1;
    return search_sets(&s, err);
}
