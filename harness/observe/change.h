/*
 * What changed between two runs, in order of harm: the facts of one compared with those of the
 * other, each change put into a class by a table, alike ones told once with the logins they are
 * seen in. Knows nothing of versions; who knows why a change is there adds its causes.
 */
#pragma once

#include "harness/base/vec.h"
#include "harness/data/json.h"

/* In order of harm. */
enum harm {
    HARM_LET_IN,    /* what was to be refused, and was, works */
    HARM_BREAKS,    /* a login, a refresh, that worked is refused */
    HARM_REDIRECTS, /* a redirect URI that is registered stops matching */
    HARM_RIGHTS,    /* who may do what */
    HARM_IDENTITY,  /* who somebody is: sub, groups, email, email_verified … */
    HARM_RULE,      /* a rule of a specification is broken that was kept */
    HARM_VERDICT,   /* a scenario is no longer as it expects */
    HARM_SESSION,   /* how long something lasts; whether there is a refresh token */
    HARM_CLAIMS,    /* other claims and members of answers */
    HARM_PEOPLE,    /* what a person meets on the way */
    HARM_REFUSAL,   /* refused as before, elsewhere or in other words */
    HARM_ERRORS,    /* texts and statuses of errors */
    HARM_DISCOVERY, /* metadata */
    HARM_KEYS,
    HARM_COOKIES,
    HARM_HEADERS,
    HARM_BETTER, /* what was refused or broken works as it should */
    HARM_MAX_
};
const char *harm_name(enum harm h);  /* "let-in": of JSON */
const char *harm_title(enum harm h); /* "an attack that was refused is let in" */
const char *harm_level(enum harm h); /* "error" "warning" "note" */

/* Groups of facts whose value is "accepted" or "refused". */
#define OWN_REDIRECT "redirect URI"
#define NEAR_REDIRECT "near miss of a redirect URI"

struct change {
    enum harm harm;
    size_t run;  /* of the pair it was seen in, by the caller's numbering */
    size_t step; /* within the scenario */
    const char *group;
    const char *name;
    const struct js *before; /* NULL: it was not there */
    const struct js *after;
    const char *shown; /* an outcome: what the person sees last, or NULL */
    const char *log;   /* an outcome: what the operator finds, or NULL */
};

struct changes {
    struct change *items; /* texts and values belong to the two observations */
    size_t len;
    size_t cap;
    size_t steps;      /* compared */
    size_t unjudged;   /* broke in one of the two, so nothing can be said */
    const char *broke; /* the first reason of these */
};

struct change_conf {
    bool drawn_subjects; /* sub and kid were drawn anew for each run: only their shape counts */
};

/* Adds what differs between two observations (observe_result) of one scenario. */
void changes_add(struct changes *c, const struct change_conf *conf, size_t run,
                 const struct js *before, const struct js *after);
void changes_deinit(struct changes *c);
/* The fact of a step, or NULL. */
const struct js *observation_fact(const struct js *observation, size_t step, const char *group,
                                  const char *name);

/* One thing to tell: changes that are alike. */
struct finding {
    enum harm harm;
    const struct change *first; /* with the values that are shown */
    struct vec changes;         /* struct change, borrowed */
    size_t values;              /* different pairs of before and after among them */
    struct strlist causes;      /* ids, sorted; of the caller */
    bool together;              /* the causes only do it together */
    const char *why;            /* static: a word on the causes, or NULL */
};

struct findings {
    struct finding *items;
    size_t len;
};

/* Sorted by harm, then by number of logins. The changes must outlive it. */
void findings_make(const struct changes *c, struct findings *ret);
/* Puts findings of one fact together whose values differ from person to person, when their causes
 * are the same. */
void findings_fold(struct findings *f);
void findings_deinit(struct findings *f);

DEFINE_AUTO_VALUE(struct changes, changes_deinit)
DEFINE_AUTO_VALUE(struct findings, findings_deinit)
