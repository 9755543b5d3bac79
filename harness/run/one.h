/*
 * One scenario's run, within this unit: what its steps share.
 */
#pragma once

#include "harness/login/login.h"
#include "harness/run/run.h"
#include "harness/world/world.h"

/* Who plays a login's `as:`, and the role that this person has not, in whose place the policy's own
 * roles are expected (NULL: none). */
struct run_cast {
    const struct setup_person *person;
    const char *in_place_of;
};

struct run_one {
    const struct run_conf *conf;
    const struct scenario *scenario;
    struct stage *stage;
    const struct setup *base; /* before the scenario's own changes */
    struct js *doc;           /* the setup document as patched so far */
    struct vec setups;        /* every struct setup built, the last is in force; freed at the end */
    const struct setup *setup;
    struct clock *clock;
    struct rnd *rnd;
    struct trace *trace;
    struct fault_set *faults;
    struct world *world;
    struct login_agents *agents;
    struct run_cast cast; /* of the last login */
    struct run_result *result;
};

/* Runs the scenario into ret (id, title, file, scenario are set). Trouble is in the verdict. */
void run_scenario(const struct run_conf *conf, const struct setup *base, struct stage *stage,
                  const struct scenario *s, struct run_result *ret);
/* Puts a fault of the scenario or of a step in force. */
void run_add_fault(struct run_one *o, const struct scenario_fault *f);
void run_result_deinit(struct run_result *r);

/* A reason to skip the scenario against this setup's live systems, or NULL; caller frees. */
char *run_skip_reason(const struct run_conf *conf, const struct scenario *s,
                      const struct setup *setup);

/* The scenarios and, behind them, the twins of those that are negative and can be run on this
 * setup; what does the same is there once. */
void run_with_twins(const struct run_conf *conf, const struct setup *setup,
                    const struct scenario *const *scenarios, size_t len, struct vec *ret);

/* That every person a scenario's logins name is in the setup or in what the scenario adds to it;
 * ERR_USAGE with the place and the nearest name. Of the library any may be missing: it is for
 * everybody's setup, and such a scenario is skipped. */
int run_check_people(const struct setup *base, const struct scenario *s, struct err *err) MUST_USE;
/* Who plays `as:`. On somebody's own setup another may stand for admin or viewer when nobody has
 * the role. -1 with the reason when nobody can. */
int run_cast(const struct run_conf *conf, const struct setup *s, const char *as,
             struct run_cast *ret, struct err *err) MUST_USE;
/* Does the expectation name the role that the person at play only stands for (NULL: none)? */
bool run_stands_for(const char *role, const struct scenario_expect *e);
/* The role that policy.default of somebody's own setup gives everybody; NULL: none, or the scenario
 * sets it itself and says who has it. */
const char *run_default_role(const struct run_conf *conf, const struct setup *s,
                             const struct scenario *scenario);
/* Where a relying party besides Dex gets its code: the guide's second redirect URI, or where a
 * setup with Dex does without that (which is no defect) the first one that is no pattern. NULL:
 * nowhere. Lives as long as the setup. */
const char *run_redirect_uri(const struct scenario *s, const struct setup *base);
/* Whom such a scenario would sign in and the setup has not; NULL when there is nobody. Lives as
 * long as the scenario. */
const char *run_stranger(const struct setup *base, const struct scenario *s);

enum system run_system_of(const char *name); /* SYSTEM_MAX_ when it is none */
/* The cause, when a system that is no mock of ours left a question of this scenario unanswered, or
 * said nothing of sense to any; NULL if none did. Caller frees. */
char *run_silence(const struct run_one *o);
/* What a finished scenario owes to such a system: silence is no verdict, and a sentinel that nobody
 * asked was not noticed. */
void run_judge_silence(struct run_one *o);
/* The verdict of a step that evaluated nothing is an error. */
void run_judge_evaluated(struct run_step *step);
/* The result's verdict becomes kind with this reason (taken, may be NULL) unless something worse
 * stands there. */
void run_worsen(struct run_result *r, enum verdict_kind kind, char *take_reason);

/* What broke around the scenario since last asked (the servers') or at all (connections to mocks
 * that no fault explains), or NULL; caller frees. */
char *run_trouble(const struct run_one *o);

/* One step: fills expected, actual, checks and verdict. */
void run_step(struct run_one *o, const struct scenario_step *step, struct run_step *ret);
/* Builds the setup from o->doc and puts it in force. */
int run_build_setup(struct run_one *o, struct err *err) MUST_USE;

/* Does the step expect this check, by its full name, to fail? */
bool run_expects_to_fail(const struct scenario_expect *e, const char *check);
/* What no release as old as the setup's can pass is skipped, with the row of the version table, and
 * what the configuration decides against, with its key, unless it is expected to fail (excused.c).
 */
void run_excuse_checks(const struct setup *s, const struct scenario_expect *e,
                       struct check_result *list, size_t len);
/* Compares what was expected with what came (ret->seen, ret->checks); every difference is a line in
 * expected and actual. */
void run_compare(struct run_one *o, const struct scenario_step *step, struct run_step *ret);
void run_forget_differences(struct run_step *s);
/* can: and cannot: lines, asked of Argo CD; and that its answers follow the policy. */
void run_ask_rights(struct run_one *o, const struct scenario_step *step,
                    const struct login_result *login, struct run_step *ret);
