/*
 * Running scenarios: one scenario from its file to its verdict, and a suite of them with selection,
 * parallel runners, a deadline and known failures. Emits progress to an observer; knows no report
 * format.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/check/check.h"
#include "harness/login/login.h"
#include "harness/scenario/scenario.h"
#include "harness/setup/setup.h"
#include "harness/trace/trace.h"
#include "mocks/sentinel/sentinel.h"

/* One line of an expectation that did not hold. */
struct run_difference {
    char *what;  /* "outcome", "roles", "check dex/id-token.alg" … */
    char *check; /* its full name, when it is a check; else NULL */
    char *expected;
    char *actual;
};

/* What a step left to compare with an expectation. */
struct run_seen {
    bool is_login;             /* login, refresh, logout */
    struct login_result login; /* if it is one */
    struct strlist roles;
    /* What Argo CD shows among the groups because `scopes` of argocd-rbac-cm names other claims,
     * too: addresses, as a rule (argocd.md 5). */
    struct strlist other_subjects;
    bool has_own; /* a login: what the setup gives its person */
    bool is_real; /* the person may be in groups that the setup does not know */
    struct strlist own_groups;
    struct strlist own_roles;
    const char *in_place_of; /* a role whose place own_roles takes, or NULL (static) */
    int status;              /* call */
    char *body;
};
void run_seen_deinit(struct run_seen *s);

struct run_step {
    const char *text;       /* "login as admin via ui" */
    const char *kind;       /* "login" … (static) */
    int line;               /* in the scenario's file */
    struct verdict verdict; /* of its expectations and checks */
    struct js *expected;    /* the expectation as JSON; NULL if none */
    struct js *actual;      /* {outcome, by, at, shown, user, groups, roles, log, …} */
    struct run_seen seen;
    struct check_result *checks;
    size_t checks_len;
    struct run_difference *differences; /* of a verdict that is fail */
    size_t differences_len;
    size_t evaluated; /* lines compared, checks that passed or failed, rights asked; an act counts
                         one when it was carried out */
    int64_t took_us;
};

struct run_result {
    const char *id;
    const char *title;
    const char *file;
    const struct scenario *scenario; /* borrowed from the suite */
    enum verdict_kind verdict;
    char *reason; /* error or skip of the whole scenario */
    bool known;   /* it failed, and --known has every failure of it */
    struct run_step *steps;
    size_t steps_len;
    size_t evaluated;    /* of all steps; a pass has some */
    struct trace *trace; /* frozen, raw */
    int64_t took_us;
    bool nobody;   /* skipped: nobody of the setup has the role that it is about */
    size_t number; /* position in the suite */
};

struct known_list;
struct known_entry;

struct run_conf {
    const struct js *setup_doc; /* after patches */
    const char *setup_source;   /* shown in errors */
    uint64_t seed;
    int jobs;          /* runner threads; 0 = 1 */
    int callback_port; /* 8085 or 0 */
    bool has_deadline;
    int64_t deadline_ms; /* of the whole run, real time */
    bool fail_fast;
    bool live_intrusive;
    bool twins;                               /* run the positive twins of negative scenarios too */
    int64_t timeout_ms;                       /* of one exchange of a person; 0 = 30 s */
    enum sentinel_kind sentinel[SYSTEM_MAX_]; /* what stands in a mock's place */
    const char *trace_dir;                    /* NULL = none */
    const struct known_list *known;           /* known.h; NULL = none */
    bool own_setup;      /* not the library's: its scenarios with the tag guide are skipped */
    const char *options; /* as one gives them for the same run: " --setup DIR"; NULL = none */
};

/* What became of an entry of --known. */
enum known_state {
    KNOWN_FAILED,     /* as it says */
    KNOWN_STALE,      /* its scenario was judged and did not fail so: the run is not as expected */
    KNOWN_NOT_JUDGED, /* its scenario was skipped or broke */
    KNOWN_NOT_SELECTED, /* its scenario was not part of the run (another shard, say) */
    KNOWN_STATE_MAX_
};

struct run_known {
    const struct known_entry *entry; /* borrowed from run_conf.known */
    enum known_state state;
    char *why; /* NULL when it failed as it says */
};

/* Told from the runner threads, under a lock of the suite. Any member may be NULL. */
struct run_observer {
    void *ctx;
    void (*suite_begin)(void *ctx, size_t scenarios);
    void (*scenario_begin)(void *ctx, const struct scenario *s);
    void (*scenario_end)(void *ctx, const struct run_result *r);
};

struct run_suite {
    struct run_result *results; /* in the order of selection */
    size_t len;
    size_t scenarios[VERDICT_MAX_];
    size_t checks[VERDICT_MAX_];
    size_t evaluated;
    size_t known;
    size_t nobody;             /* skipped, as nobody has the role */
    size_t twins;              /* among the results, at their end */
    struct run_known *entries; /* of --known, in the file's order */
    size_t entries_len;
    size_t stale; /* of them */
    int64_t wall_us;
    uint64_t seed;
    const char *versions[SYSTEM_MAX_]; /* of the base setup; borrowed */
    bool live[SYSTEM_MAX_];
    enum sentinel_kind sentinel[SYSTEM_MAX_];
    struct setup *setup; /* the base setup */
    const char *options; /* of run_conf, borrowed; never NULL */
};

/* Runs the scenarios. -1 only when nothing could be run at all; a scenario's own trouble is its
 * verdict. */
int run_suite(const struct run_conf *conf, const struct scenario *const *scenarios, size_t len,
              const struct run_observer *observer, struct run_suite *ret, struct err *err) MUST_USE;
void run_suite_deinit(struct run_suite *s);

enum run_holds { RUN_HOLDS, RUN_DIFFERS, RUN_UNCOMPARABLE };
/* Would the expectations of another scenario have held on this run? Everything is compared but can:
 * and cannot:, which would have had to be asked. RUN_UNCOMPARABLE when the run has not as many
 * steps. */
enum run_holds run_would_hold(const struct run_suite *suite, const struct run_result *r,
                              const struct scenario *other);
/* Was everything left out that takes somebody with a role, so that no login was seen at all? */
bool run_nobody_signed_in(const struct run_suite *s);
/* 0, 1 or 3 by design.md 6. */
int run_exit_status(const struct run_suite *s);

/* What a scenario file may name: faults, checks, people, versions. */
const struct scenario_vocabulary *run_vocabulary(void);

DEFINE_AUTO_VALUE(struct run_suite, run_suite_deinit)
/* On somebody's own setup: who stands for this word of a scenario ("admin"), and why; NULL when
 * somebody has the role, or nobody can. Caller frees. */
char *run_cast_note(const struct run_conf *conf, const struct setup *s, const char *word);

DEFINE_AUTO_VALUE(struct run_seen, run_seen_deinit)
