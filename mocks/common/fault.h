/*
 * Faults: named misbehaviours. The table row says of whom and how; a set holds those of one
 * scenario with their counters. A party asks at the point where the fault would bite.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/trace/trace.h"

struct fault {
    const char *id;    /* "authentik/id-token.wrong-aud": party, slash, place, dot, what */
    const char *title; /* one line */
    const char *ref;   /* the rule it breaks */
    const char *with;  /* the members `with:` may have, "to_kid seconds"; NULL = none */
    const char *at;    /* where it attaches, for people; NULL = the id says it (fault_at) */
    bool standing; /* a defect that is asked again and again: on or not, `when` cannot count it */
};

/* One table a party, each ended by a zero row, declared in the party's own header or here. The list
 * of all tables is harness/run/vocabulary.c: what a scenario may name is checked there, with file
 * and line. */
extern const struct fault faults_authentik[];
extern const struct fault faults_dex[];
extern const struct fault faults_argocd[];

/* Where a fault attaches: its own `at`, else what stands between slash and dot. Caller frees. */
char *fault_at(const struct fault *f);

struct fault_set; /* thread-safe */

struct fault_set *fault_set_new(struct trace *trace); /* a firing fault leaves a trace note */
struct fault_set *fault_set_free(struct fault_set *s);
/* times: 0 = always, 1 = once, N = the first N times. with may be NULL; copied. An id that no party
 * asks for shows as unused. */
void fault_set_add(struct fault_set *s, const char *id, int times, const struct js *with);
/* The nth time only (1 = the first). */
void fault_set_add_nth(struct fault_set *s, const char *id, int nth, const struct js *with);
/* Is one on whose id begins so? */
bool fault_any(struct fault_set *s, const char *prefix);
void fault_set_clear_step(struct fault_set *s); /* drops those added after fault_set_mark */
void fault_set_mark(struct fault_set *s);
/* True when the fault is on and not used up; uses it once. ret_with (may be NULL) is borrowed and
 * an object. */
bool fault_fires(struct fault_set *s, const char *id, const struct js **ret_with);
/* Whether the event is the note of a fault that fired. */
bool fault_is_note(const struct trace_event *e);
/* What a fault is set to, without using it: for faults that bite only in one place of several. */
bool fault_peek(struct fault_set *s, const char *id, const struct js **ret_with);
bool fault_is_on(struct fault_set *s,
                 const char *id); /* without using it: for defects asked often */
/* What a scenario gave under `with:`, or the fault's own. */
const char *fault_text(const struct js *with, const char *name, const char *otherwise);
int64_t fault_number(const struct js *with, const char *name, int64_t otherwise);
/* How many faults never fired, of the present step or of the whole scenario, and one of them: such
 * a fault proves nothing. */
size_t fault_set_unused(struct fault_set *s, bool of_step, const char **ret_id);

/* What is on: [{id, with, left, played}]; left is null for always. Caller frees. */
struct js *fault_set_json(struct fault_set *s);
/* The faults of `take` (which is freed) in the place of those there are. Their `with:` may still be
 * looked at by somebody who asked before: they are given to ret_withs, to be freed much later. */
void fault_set_replace(struct fault_set *s, struct fault_set *take, struct vec *ret_withs);

DEFINE_AUTO(struct fault_set, fault_set_free)
