/*
 * An upgrade, within this unit: the plan, its runs, its findings.
 */
#pragma once

#include "harness/observe/change.h"
#include "harness/observe/text.h"
#include "harness/run/run.h"
#include "harness/run/vocabulary.h"
#include "harness/upgrade/upgrade.h"

struct upgrade_row {
    enum system system;
    const struct quirk *quirk;
    char *name; /* "dex/generic-pages", as findings name their causes */
    bool from;  /* does it hold? */
    bool to;
    bool fixed;       /* the setup's own quirks say so, in both versions */
    const char *kept; /* why the upgrade leaves it as it was; NULL: it does not */
    bool seen;        /* some finding is its doing */
    char *check;      /* what a setup does not say and its owner must look at, or NULL; owned */
};

struct upgrade {
    const struct upgrade_conf *conf;
    bool downgrade;
    struct upgrade_row *rows; /* the whole table; with Argo CD's that of the Dex it bundles, too */
    size_t rows_len;
    size_t *differing; /* indices into rows of those that the upgrade turns over */
    size_t differing_len;
    /* what is run */
    struct js *base;      /* the setup with the version before: its own counts for nothing */
    struct vec made;      /* struct scenario: the setup's people; owned */
    struct vec scenarios; /* made first, then those of the library; borrowed */
    struct vec probes;    /* struct upgrade_probe, one a registered redirect URI; owned */
    size_t probes_from;   /* where theirs begin in scenarios: they come last */
    size_t left_out;      /* named or in the library, and about another setup or system */
    /* what came of it */
    struct js **before; /* observations, by scenario */
    struct js **after;
    struct strlist skipped;
    struct strlist
        idle;           /* logins of the setup's people that do not work before it: "ID: outcome" */
    size_t works_after; /* logins of its people that work after it */
    struct redactor *redactor;
    struct changes changes;
    struct findings findings;
    struct strlist notes; /* what the reader must know of the comparison */
    size_t runs;          /* of scenarios, all in all */
};

/* plan.c: versions and rows. */
int upgrade_plan(struct upgrade *u, struct err *err) MUST_USE;
/* A set of rows: a bool for each of u->differing. */
/* The merge patch on the setup for the version after the upgrade with these rows as they were
 * before (NULL: none), what the upgrade migrates included; caller frees. */
struct js *upgrade_patch_to(const struct upgrade *u, const bool *reverted);
struct js *upgrade_patch_from(const struct upgrade *u); /* for the version before */

/* scenarios.c: what is run. */
int upgrade_select(struct upgrade *u, struct err *err) MUST_USE;
void upgrade_made_free(struct upgrade *u);

/* redirects.c: the redirect URIs that are registered, and near misses of them. */
void upgrade_add_probes(struct upgrade *u);
void upgrade_probes_free(struct upgrade *u);
/* The observation of a probe: OWN_REDIRECT or NEAR_REDIRECT, the URI, "accepted" or "refused".
 * NULL: that scenario is none. Caller frees. */
struct js *upgrade_probe_seen(const struct upgrade *u, size_t scenario, const struct run_result *r)
    MUST_USE;

/* batch.c: one suite of many runs. */
struct upgrade_run {
    size_t scenario;  /* of u->scenarios */
    struct js *patch; /* owned */
    struct js *seen;  /* observe_result; owned */
    char *skipped;    /* why it was not run, or NULL; owned */
};
/* Runs them all; ret_redactor (may be NULL) gets one that knows their secrets. */
int upgrade_batch(struct upgrade *u, struct upgrade_run *runs, size_t len,
                  struct redactor **ret_redactor, struct err *err) MUST_USE;
void upgrade_runs_free(struct upgrade_run *runs, size_t len);

/* cause.c: proves which rows are behind the findings. */
int upgrade_attribute(struct upgrade *u, struct err *err) MUST_USE;
