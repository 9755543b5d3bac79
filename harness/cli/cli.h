/*
 * The command line: one row a subcommand, one file a subcommand. Only this unit parses arguments,
 * prints to stdout on its own account, and decides exit statuses (design.md 6).
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"

#define ROLECALL_VERSION "0.1.0"

enum { STATUS_OK = 0, STATUS_FAIL = 1, STATUS_USAGE = 2, STATUS_ERROR = 3 };

struct command {
    const char *name;
    const char *usage;                 /* arguments, one line */
    const char *title;                 /* what it does, one line */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name */
};

extern const struct command commands[]; /* ended by a zero row */

int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_rbac(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_upgrade(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_who(int argc, char **argv);

/* One line of "rolecall: text" on stderr; what a terminal would obey in it is shown instead. */
void cli_note(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Prints "rolecall: place: text" to stderr; 2 for usage and the person's files, 3 for everything
 * else. */
int cli_fail(const struct err *err);
/* An option's number; `otherwise` when it was not given. ERR_USAGE names option and range. */
int cli_number(const char *text, const char *option, int64_t min, int64_t max, int64_t otherwise,
               int64_t *ret, struct err *err) MUST_USE;
/* The scenarios that come with the program: $ROLECALL_SCENARIOS, ./scenarios, or beside the
 * executable. Caller frees; NULL if there are none. */
char *cli_library(struct err *err);
/* Adds a word as a shell takes it back: bare, or in single quotes. */
struct buf;
void cli_shell_word(struct buf *b, const char *word);
/* Applies each --patch in order; at (may be NULL) learns that what they say is in no file. */
struct places;
int cli_patch(const struct strlist *patches, struct js **doc, struct places *at, struct err *err)
    MUST_USE;
/* DIR/setup.yaml and what it names; without one, whatever files of a known kind lie in DIR.
 * ret_source names it in errors, caller frees both; at may be NULL. */
int cli_folder(const char *dir, struct js **ret_doc, char **ret_source, struct places *at,
               struct err *err) MUST_USE;
/* The setup of --setup (NULL = the library's guide/) with all --patch applied in order; ret_source
 * names it in errors, caller frees both. */
int cli_setup(const char *dir, const struct strlist *patches, struct js **ret_doc,
              char **ret_source, struct err *err) MUST_USE;
/* The same, with the places of its values in at, which may be NULL. */
int cli_setup_placed(const char *dir, const struct strlist *patches, struct js **ret_doc,
                     char **ret_source, struct places *at, struct err *err) MUST_USE;
