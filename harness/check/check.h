/*
 * Checks: named conformance rules, each judged from the trace of one login alone and citing its
 * section. A check never asks a mock, so it judges live systems too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/check/verdict.h"
#include "harness/setup/setup.h"
#include "harness/trace/trace.h"

/* Of whom a check can be asked: a bit each. */
enum check_of {
    CHECK_OF_AUTHENTIK = 1 << 0,
    CHECK_OF_DEX = 1 << 1,
    CHECK_OF_ARGOCD = 1 << 2,
    CHECK_OF_CLI = 1 << 3,
    CHECK_OF_RP = 1 << 4,
    CHECK_OF_BROWSER = 1 << 5,
};

/* How much the rule weighs: by the specification's own word (MUST and REQUIRED, SHOULD and
 * RECOMMENDED; the stricter where it depends on who is asked), or by the harm for rules of the
 * chain that no specification has. A check that fails is a failure either way; reports say which.
 */
enum check_severity { CHECK_MUST, CHECK_SHOULD };

/* What a check looks at: a login, or the way out of one. */
enum check_step { CHECK_LOGIN, CHECK_LOGOUT };

struct evidence;

/* What a check sees: the events [from, to) of one login, and the setup they should agree with. */
struct check_view {
    const struct trace *trace;
    size_t from;
    size_t to;
    const struct setup *setup;
    bool live[SYSTEM_MAX_];
    enum check_step step;
    const struct evidence *evidence; /* found once and made by check_login; leave it NULL */
};

struct check {
    const char *id;    /* "id-token.alg" */
    unsigned of;       /* CHECK_OF_… bits */
    const char *title; /* what must hold, one line */
    enum check_severity severity;
    const char *spec; /* "OIDC Core 3.1.3.7 (7)": a clause of its own */
    const char *link; /* where the clause is, https */
    /* Judges one party. Writes pass, fail (with expected and actual) or skip (with the reason). */
    void (*judge)(const struct check_view *v, enum check_of of, struct verdict *ret);
    enum check_step step;
};

extern const struct check checks[]; /* ended by a zero row */

const char *check_of_name(enum check_of of);
const char *check_severity_name(enum check_severity s); /* "must" "should" */
/* "authentik/id-token.alg" -> the row and the party; false if there is none. */
bool check_find(const char *full_name, const struct check **ret, enum check_of *ret_of);
/* Every full name in table order: i counts (row, party) pairs; NULL past the end. Caller frees. */
char *check_name_at(size_t i);

struct check_result {
    const struct check *check;
    enum check_of of;
    struct verdict verdict;
};

/* All checks of all parties that look at the view's step. The list is the caller's
 * (check_results_free). */
void check_login(const struct check_view *v, struct check_result **ret, size_t *ret_len);
void check_results_free(struct check_result *list, size_t len);
