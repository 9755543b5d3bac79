/*
 * What is wrong with a configuration, before anything runs: rules over the setup document, each
 * mistake with its place in the user's files. A rule about two systems speaks only when the files
 * of both are there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/data/json.h"
#include "harness/mistakes/sources.h"
#include "harness/setup/places.h"

enum severity {
    SEVERITY_ERROR,   /* a sign-in or a right that is meant to work does not, or too much is open */
    SEVERITY_WARNING, /* it works, or works for now; not as meant */
    SEVERITY_NOTE,    /* worth knowing */
    SEVERITY_MAX_
};

const char *severity_name(enum severity s); /* "error" "warning" "note" */

struct view;

struct rule {
    const char *id;
    enum severity severity;
    const char *title;    /* what it looks for, a phrase */
    const char *shown;    /* what the user sees, in the words of the systems where they have some */
    const char *fix;      /* what to do */
    const char *sources;  /* rows of reference/bugs.md, parts of the reference, the guide */
    const char *proof;    /* id of the scenario that shows it; NULL where no login can */
    const char *evidence; /* what a login shows then: texts with "|" between, one of which is seen
                             or logged, or @no-role (a member of a group has none), @outsider
                             (who is in no group gets in), @everybody (and has a role), @no-right
                             (a line that allows denies to who has a role); NULL where no login can
                             show it */
    void (*find)(struct view *v); /* NULL: found while reading */
};

extern const struct rule rules[]; /* ended by a zero row */
const struct rule *rule_find(const char *id);

/* A change of one line's text that mends the mistake. */
struct edit {
    char *old_text; /* what stands there; "": new_text is one more member of the map there */
    char *new_text; /* NULL = there is no safe one */
};

struct mistake {
    const struct rule *rule;
    char *file; /* "" when it is in no file */
    int line, column;
    char *text;
    struct edit edit;
};

struct mistakes {
    struct mistake *items; /* by file, line, column */
    size_t len;
    struct sources *sources;
};

/* Applies every rule to the document as it was read. at may be NULL, and must outlive them. */
void mistakes_find(const struct js *doc, struct places *at, struct mistakes *ret);
void mistakes_deinit(struct mistakes *f);
size_t mistakes_count(const struct mistakes *f, enum severity s);

DEFINE_AUTO_VALUE(struct mistakes, mistakes_deinit)
