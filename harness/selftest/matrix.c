/*
 * The kill matrix, read off the runs: a row for each scenario in which something is wrong, a column
 * for each check of each party, a cell where the check failed.
 */
#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/run/vocabulary.h"
#include "harness/selftest/internal.h"

const char *const cell_kinds[CELL_KIND_MAX_] = {
    [CELL_KILL] = "kill",
    [CELL_DECLARED] = "declared",
    [CELL_NO_REASON] = "no-reason",
    [CELL_UNDECLARED] = "undeclared",
};

/* ---- what was seen ---- */

#define DRAWN_MIN 16   /* characters: what is shorter is a word */
#define CAPITALS_MIN 4 /* insecureEnableGroups has fewer */

static bool is_drawn(const char *word, size_t len)
{
    size_t digits = 0, lower = 0, upper = 0;
    for (size_t i = 0; i < len; i++) {
        digits += isdigit((unsigned char)word[i]) != 0;
        lower += islower((unsigned char)word[i]) != 0;
        upper += isupper((unsigned char)word[i]) != 0;
    }
    return len >= DRAWN_MIN &&
           ((digits > 0 && lower + upper > 0) || (lower >= CAPITALS_MIN && upper >= CAPITALS_MIN));
}

/* "[state 0123abcd]": a secret's tag, under a key of this run. */
static bool is_tag(const char *word, size_t len)
{
    size_t hex = 0;
    while (hex < len && isxdigit((unsigned char)word[hex]))
        hex++;
    return len == 8 && hex == len && word[len] == ']';
}

/* Codes, states and tokens are other ones for every scenario: they would tell rows apart that
 * nobody can tell apart. Line breaks are blanks. */
static void add_undrawn(struct buf *b, const char *text)
{
    for (const char *p = text; *p != '\0';) {
        size_t len = 0;
        while (isalnum((unsigned char)p[len]) || p[len] == '-' || p[len] == '_')
            len++;
        if (len == 0)
            buf_addc(b, isspace((unsigned char)*p) ? ' ' : *p);
        else if (is_drawn(p, len) || is_tag(p, len))
            buf_adds(b, "(drawn)");
        else
            buf_add(b, p, len);
        p += len > 0 ? len : 1;
    }
}

static void add_text(const struct redactor *r, struct buf *b, const char *what, const char *text)
{
    AUTO(xfree) char *safe = redact_text(r, text);
    if (safe == NULL || safe[0] == '\0')
        return;
    buf_adds(b, what);
    add_undrawn(b, safe);
}

static void add_list(const struct redactor *r, struct buf *b, const char *what,
                     const struct strlist *l)
{
    struct strlist sorted = {0};
    strlist_add_all(&sorted, (const char *const *)l->items, l->len);
    strlist_sort(&sorted);
    AUTO(xfree) char *joined = strlist_join(&sorted, ", ");
    strlist_deinit(&sorted);
    buf_adds(b, what);
    add_text(r, b, "", joined);
    buf_addc(b, ']');
}

static void add_login(const struct redactor *r, struct buf *b, const struct run_seen *s)
{
    const struct login_result *l = &s->login;
    buf_adds(b, login_outcome_name(l->outcome));
    if (l->outcome == LOGIN_SIGNED_IN) {
        add_list(r, b, " groups [", &l->groups);
        add_list(r, b, " roles [", &s->roles);
        return;
    }
    buf_addf(b, " by %s at %s", l->by, l->at);
    add_text(r, b, ": ", l->shown);
}

static void add_step(const struct redactor *r, struct buf *b, const struct run_step *s)
{
    if (s->seen.is_login)
        add_login(r, b, &s->seen);
    else if (s->seen.status != 0)
        buf_addf(b, "%d", s->seen.status);
    if (s->seen.status != 0)
        add_text(r, b, " ", s->seen.body);
    for (size_t i = 0; i < s->checks_len; i++) {
        const struct check_result *c = &s->checks[i];
        if (c->verdict.kind != VERDICT_FAIL)
            continue;
        buf_addf(b, "; %s/%s", check_of_name(c->of), c->check->id);
        add_text(r, b, ": ", c->verdict.actual);
    }
}

char *matrix_seen(const struct redactor *redactor, const struct run_result *r)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < r->steps_len; i++) {
        if (i > 0)
            buf_adds(&b, " | ");
        add_step(redactor, &b, &r->steps[i]);
    }
    return buf_take(&b);
}

/* What the operator finds: the log lines a scenario names, which were found in its run. */
static char *row_seen(const struct selftest *t, const struct row *row)
{
    AUTO(xfree) char *seen = matrix_seen(t->redactor, row->run);
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, seen);
    for (size_t i = 0; i < row->scenario->steps_len; i++)
        if (row->scenario->steps[i].expect.log != NULL)
            buf_addf(&b, " (log: %s)", row->scenario->steps[i].expect.log);
    return buf_take(&b);
}

/* ---- cells ---- */

static size_t column_of(const struct selftest *t, const struct check_result *c)
{
    size_t i = 0;
    AUTO(xfree) char *name = xasprintf("%s/%s", check_of_name(c->of), c->check->id);
    while (i < t->columns_len && strcmp(t->columns[i].name, name) != 0)
        i++;
    return i;
}

static enum cell_kind kind_of(const struct scenario_expect *e, const char *name,
                              const char **ret_because)
{
    for (size_t i = 0; i < e->checks_fail.len; i++) {
        if (strcmp(e->checks_fail.items[i], name) != 0)
            continue;
        *ret_because = e->checks_because[i];
        return i == 0 ? CELL_KILL : *ret_because != NULL ? CELL_DECLARED : CELL_NO_REASON;
    }
    return CELL_UNDECLARED;
}

static void add_cell(struct selftest *t, struct row *row, const struct scenario_expect *e,
                     const struct check_result *c)
{
    struct cell cell = {.column = column_of(t, c)};
    cell.kind = kind_of(e, t->columns[cell.column].name, &cell.because);
    for (size_t i = 0; i < row->cells_len; i++) {
        struct cell *before = &row->cells[i];
        if (before->column == cell.column) { /* in two steps: the worse one stands */
            before->kind = cell.kind > before->kind ? cell.kind : before->kind;
            return;
        }
    }
    cell.actual = redact_text(t->redactor, c->verdict.actual);
    row->cells = xrealloc(row->cells, (row->cells_len + 1) * sizeof(*row->cells));
    row->cells[row->cells_len++] = cell;
}

static void add_cells(struct selftest *t, struct row *row)
{
    for (size_t i = 0; i < row->run->steps_len; i++) {
        const struct run_step *s = &row->run->steps[i];
        for (size_t c = 0; c < s->checks_len; c++)
            if (s->checks[c].verdict.kind == VERDICT_FAIL)
                add_cell(t, row, &row->scenario->steps[i].expect, &s->checks[c]);
    }
}

bool row_is_alone(const struct row *r)
{
    return r->cells_len == 1 && r->run->verdict == VERDICT_PASS;
}

/* ---- rows and columns ---- */

static void make_columns(struct selftest *t)
{
    for (char *name = check_name_at(0); name != NULL; name = check_name_at(t->columns_len)) {
        t->columns = xrealloc(t->columns, (t->columns_len + 1) * sizeof(*t->columns));
        struct column *c = &t->columns[t->columns_len++];
        enum check_of of = CHECK_OF_AUTHENTIK;
        *c = (struct column){.name = name};
        (void)check_find(name, &c->check, &of);
    }
}

static bool is_wrong(const struct scenario *s)
{
    return scenario_has_fault(s) || s->is_negative;
}

static void make_rows(struct selftest *t)
{
    t->rows = xcalloc(t->conf->len + 1, sizeof(*t->rows));
    for (size_t i = 0; i < t->conf->len; i++) {
        const struct scenario *s = t->conf->scenarios[i];
        if (!is_wrong(s))
            continue;
        struct row *row = &t->rows[t->rows_len++];
        row->scenario = s;
        row->run = plan_find(t, s)->first;
        scenario_faults(s, &row->faults);
        add_cells(t, row);
        row->seen = row_seen(t, row);
    }
}

static void fill_columns(struct selftest *t)
{
    for (size_t r = 0; r < t->rows_len; r++)
        for (size_t c = 0; c < t->rows[r].cells_len; c++) {
            struct column *column = &t->columns[t->rows[r].cells[c].column];
            vec_push(row_is_alone(&t->rows[r]) ? &column->alone : &column->among, &t->rows[r]);
        }
}

static bool is_same_list(const struct vec *a, const struct vec *b)
{
    return a->len == b->len &&
           (a->len == 0 || memcmp(a->items, b->items, a->len * sizeof(a->items[0])) == 0);
}

static void compare_columns(struct selftest *t)
{
    for (size_t i = 1; i < t->columns_len; i++)
        for (size_t k = 0; k < i && t->columns[i].same == NULL; k++)
            if (t->columns[i].alone.len + t->columns[i].among.len > 0 &&
                is_same_list(&t->columns[i].alone, &t->columns[k].alone) &&
                is_same_list(&t->columns[i].among, &t->columns[k].among))
                t->columns[i].same = &t->columns[k];
}

static void compare_rows(struct selftest *t)
{
    for (size_t i = 1; i < t->rows_len; i++)
        for (size_t k = 0; k < i && t->rows[i].same == NULL; k++)
            if (strcmp(t->rows[i].seen, t->rows[k].seen) == 0)
                t->rows[i].same = &t->rows[k];
}

/* ---- faults ---- */

/* What the scenario sees with the fault and without it. */
static char *change_of(const struct selftest *t, const struct played *p)
{
    AUTO(xfree) char *without = matrix_seen(t->redactor, t->experiments[p->without].first);
    return xasprintf("%s => %s", without, p->row->seen);
}

static enum run_holds holds_without(const struct selftest *t, const struct played *p)
{
    const struct run_result *r = t->experiments[p->without].first;
    if (p->is_native && r->verdict != VERDICT_ERROR)
        return r->verdict == VERDICT_FAIL ? RUN_DIFFERS : RUN_HOLDS;
    return run_would_hold(&t->first, r, p->row->scenario);
}

static const struct row *row_of(const struct selftest *t, const struct scenario *s)
{
    for (size_t i = 0; i < t->rows_len; i++)
        if (t->rows[i].scenario == s)
            return &t->rows[i];
    return NULL;
}

static void fill_fault(const struct selftest *t, struct fault_row *f)
{
    AUTO(strlist_deinit) struct strlist changes = {0};
    for (size_t i = 0; i < f->played_len; i++) {
        struct played *p = &f->played[i];
        p->holds = holds_without(t, p);
        f->is_noticed =
            f->is_noticed || (p->holds == RUN_DIFFERS && p->row->run->verdict == VERDICT_PASS);
        AUTO(xfree) char *change = change_of(t, p);
        if (!strlist_has(&changes, change))
            strlist_add(&changes, change);
    }
    strlist_sort(&changes);
    f->signature = strlist_join(&changes, "\n");
}

static void compare_faults(struct selftest *t)
{
    for (size_t i = 1; i < t->faults_len; i++)
        for (size_t k = 0; k < i && t->faults[i].same == NULL; k++)
            if (t->faults[i].played_len > 0 &&
                strcmp(t->faults[i].signature, t->faults[k].signature) == 0)
                t->faults[i].same = &t->faults[k];
}

void matrix_make(struct selftest *t)
{
    make_columns(t);
    make_rows(t);
    fill_columns(t);
    compare_columns(t);
    compare_rows(t);
    for (size_t i = 0; i < t->faults_len; i++) {
        for (size_t p = 0; p < t->faults[i].played_len; p++)
            t->faults[i].played[p].row = row_of(t, t->faults[i].played[p].scenario);
        fill_fault(t, &t->faults[i]);
    }
    compare_faults(t);
}
