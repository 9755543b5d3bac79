/*
 * Known failures: a file of --known pins each expected failure to a scenario, if wanted to a check
 * and to a text of what came. What an entry does not describe still counts, and an entry that
 * describes nothing any more fails the run: such a file can only shrink.
 *
 *   # a comment, to the end of the line
 *   login/admin-ui                                       every failure of the scenario
 *   login/admin-ui "refused by: dex at callback"         its expectations, when this is in the
 * actual login/admin-ui authentik/id-token.alg                this check login/admin-ui
 * authentik/id-token.alg "HS256"        this check, when this is in its actual
 *
 * A word with blanks, '#' or quotes stands in double quotes, written as a JSON string.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/vec.h"
#include "harness/run/run.h"
#include "harness/trace/redact.h"

struct known_entry {
    const char *file; /* of --known; borrowed from the list */
    int line;
    int column;     /* of the scenario's id */
    char *scenario; /* an id */
    char *check;    /* full name, or NULL */
    int check_column;
    char *text; /* substring of the actual, or NULL */
};

struct known_list {
    char *file;
    struct known_entry *items;
    size_t len;
    size_t cap;
};

/* Reads the file. A line that is wrong, and a check nobody has, is ERR_USAGE with file, line and
 * column. */
int known_read(const char *path, struct known_list *ret, struct err *err) MUST_USE;
/* That every entry's scenario is one of `ids` (the library's and those of this run) or a file; an
 * id that was never there is ERR_USAGE with its place and the nearest one. */
int known_check_ids(const struct known_list *l, const struct strlist *ids, struct err *err)
    MUST_USE;
void known_list_deinit(struct known_list *l);

/* Whether the result failed and the entries cover every single difference of it. */
bool known_covers(const struct known_list *l, const struct run_result *r);
/* What became of each entry, into suite->entries, and how many are stale. */
void known_judge(const struct known_list *l, struct run_suite *suite);

/* The entry as a line of the file; caller frees. */
char *known_line(const struct known_entry *e);
/* A line for each failure of the result, ready to be put into the file: its texts hold nothing that
 * is secret or other next time (ports, tokens). Nothing for a result that did not fail. */
void known_lines_for(const struct run_result *r, const struct redactor *redactor,
                     struct strlist *ret);

const char *known_state_name(enum known_state s); /* "failed" "stale" "not-judged" "not-selected" */

DEFINE_AUTO_VALUE(struct known_list, known_list_deinit)
