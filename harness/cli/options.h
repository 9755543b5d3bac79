/*
 * Options from a table: --name, --name VALUE, --name=VALUE, -x; "--" ends them. Unknown ones get
 * the nearest name.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/vec.h"

enum option_kind {
    OPTION_FLAG /* bool */,
    OPTION_TEXT /* const char * */,
    OPTION_LIST /* struct strlist */,
    OPTION_COUNT /* int */
};

struct option {
    const char *name; /* without dashes; NULL ends the table */
    char letter;      /* 0 = none */
    enum option_kind kind;
    void *target;
    const char *argument; /* "DIR" for help; NULL for flags */
    const char *help;
};

/* What is no option lands in ret_words. -v and --help need no row: *ret_help says that help was
 * asked. */
int options_parse(int argc, char **argv, const struct option *table, struct strlist *ret_words,
                  bool *ret_help, struct err *err) MUST_USE;
/* The table as help text on stdout. */
void options_help(const char *command, const char *usage, const char *title,
                  const struct option *table);
