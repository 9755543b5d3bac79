/*
 * What the parts of the selftest share. The order is: plan (which runs are needed), run (twice),
 * matrix (rows and columns from the runs), judge (part by part), render.
 */
#pragma once

#include "harness/run/run.h"
#include "harness/selftest/selftest.h"
#include "harness/trace/redact.h"
#include "mocks/common/fault.h"

/* One run that somebody needs. Equal ones are one. */
struct experiment {
    const struct scenario *scenario;
    char *doing;   /* scenario_doing */
    char *expects; /* its expectations as one text */
    bool is_clean; /* no fault, and everything is expected to work: it runs twice */
    const struct run_result *first;
    const struct run_result *second; /* of a clean one */
};

enum cell_kind {
    CELL_KILL,      /* what the scenario is about */
    CELL_DECLARED,  /* fails too, and the scenario says why */
    CELL_NO_REASON, /* fails too and is named, without a reason */
    CELL_UNDECLARED,
    CELL_KIND_MAX_
};
extern const char *const cell_kinds[CELL_KIND_MAX_];

/* A check that failed in a row. */
struct cell {
    size_t column;
    enum cell_kind kind;
    const char *because; /* NULL if there is no reason */
    char *actual;
};

/* A scenario in which something is wrong: faults are played, or the setup or the person is not
 * right. */
struct row {
    const struct scenario *scenario;
    const struct run_result *run;
    struct strlist faults; /* ids, each once */
    struct cell *cells;
    size_t cells_len;
    char *seen;             /* outcome, by, at, text; and what the failing checks saw */
    const struct row *same; /* an earlier row that cannot be told from this one */
};

struct column {
    const struct check *check;
    char *name;
    struct vec alone;          /* struct row: no other check fails there */
    struct vec among;          /* struct row: others fail there too */
    const struct column *same; /* an earlier column that fails in the same rows */
};

/* A fault played in a row, and the same scenario without it. */
struct played {
    const struct scenario *scenario;
    const struct row *row;
    size_t without;       /* experiment */
    bool is_native;       /* that experiment has this scenario's own expectations */
    enum run_holds holds; /* of the scenario's expectations when the fault is not there */
};

struct fault_row {
    const struct fault *fault;
    struct played *played;
    size_t played_len;
    char *signature; /* what changes when the fault is there, over all rows */
    bool is_noticed;
    const struct fault_row *same; /* an earlier fault with the same signature */
};

struct problem {
    const char *kind; /* "no-killer" … (static) */
    char *subject;
    char *text;
};

struct selftest {
    const struct selftest_conf *conf;
    struct experiment *experiments;
    size_t experiments_len;
    struct vec variants; /* struct scenario: without a fault; owned */
    struct run_suite first;
    struct run_suite second;
    struct redactor *redactor;        /* of the first */
    struct redactor *redactor_second; /* the draws of the second are its own */
    struct row *rows;
    size_t rows_len;
    struct column *columns;
    size_t columns_len;
    struct fault_row *faults;
    size_t faults_len;
    size_t twins;     /* different ones */
    size_t negatives; /* scenarios that have a twin or say why not */
    size_t without_twin;
    size_t clean;
    struct problem *problems;
    size_t problems_len;
    int64_t wall_us;
};

/* ---- plan.c ---- */

/* The run with the same doing and expectations; made if there is none. */
size_t plan_own(struct selftest *t, const struct scenario *s);
/* A run with the same doing, whatever it expects; made if there is none. */
size_t plan_any(struct selftest *t, const struct scenario *s);
bool scenario_has_fault(const struct scenario *s);
/* The ids of the faults that a scenario plays, each once. */
void scenario_faults(const struct scenario *s, struct strlist *ret);
/* Everything once in a shuffled order, what is clean again in another. */
int plan_run(struct selftest *t, struct err *err) MUST_USE;
const struct experiment *plan_find(const struct selftest *t, const struct scenario *s);

/* ---- matrix.c ---- */

void matrix_make(struct selftest *t);
/* What came of a run, without secrets and without what changes from draw to draw. Caller frees. */
char *matrix_seen(const struct redactor *redactor, const struct run_result *r);
bool row_is_alone(const struct row *r);

/* ---- parts.c ---- */

void parts_plan(struct selftest *t);
void parts_judge(struct selftest *t);
void problem_add(struct selftest *t, const char *kind, const char *subject, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* Checks and faults that count: with a row or column unlike every other. */
size_t count_checks(const struct selftest *t);
size_t count_faults(const struct selftest *t);
size_t count_rows(const struct selftest *t);
/* Two runs of the same are alike: verdict, what was seen, and every check. */
bool is_same_run(const struct redactor *of_a, const struct run_result *a,
                 const struct redactor *of_b, const struct run_result *b);
