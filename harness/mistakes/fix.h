/*
 * The safe changes that mend mistakes: a slash, a scheme, a missing flag, written into the user's
 * files with everything else as it stands.
 */
#pragma once

#include "harness/mistakes/mistakes.h"

/* One line that changes, or comes to stand before another. */
struct fix {
    char *file;
    int line;       /* 1-based, of the file as it is */
    char *old_line; /* NULL: new_line is put before the line */
    char *new_line;
    char *kept; /* why the file is left as it is; NULL: it can be written */
};

struct fixes {
    struct fix *items; /* by file and line */
    size_t len;
};

/* What could be changed. What is not found at its place any more is left out. */
void fixes_plan(const struct mistakes *f, const struct js *doc, struct fixes *ret);
void fixes_deinit(struct fixes *f);
/* As a diff without context; caller frees. */
char *fixes_diff(const struct fixes *f, const struct js *doc);
/* Writes the files but those that are left as they are, each whole or not at all; their mode stays.
 * ret_files: how many. */
int fixes_write(const struct fixes *f, size_t *ret_files, struct err *err) MUST_USE;

DEFINE_AUTO_VALUE(struct fixes, fixes_deinit)
