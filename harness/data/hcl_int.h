/*
 * What the files of the HCL reader share.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/data/hcl.h"

#define HCL_MAX_DEPTH 64

struct hcl_reader {
    const char *name;
    struct str text;
    size_t at;
    int line, column;
    int depth;
    bool beyond; /* what failed last is no error, but more than is worked out */
    struct err *err;
};

struct hcl_mark {
    size_t at;
    int line, column;
};

/* ---- hcl_reader.c ---- */

/* The character `ahead` bytes on, 0 past the end (a NUL in the text is refused at the start). */
char hcl_peek(const struct hcl_reader *r, size_t ahead);
bool hcl_sees(const struct hcl_reader *r, const char *word);
void hcl_step(struct hcl_reader *r);
void hcl_skip(struct hcl_reader *r, size_t n);
struct hcl_mark hcl_mark_of(const struct hcl_reader *r);
void hcl_back_to(struct hcl_reader *r, struct hcl_mark m);
/* Both give -1. */
int hcl_fail_at(struct hcl_reader *r, struct hcl_mark m, const char *text);
/* "expected X, found Y" at the current place. */
int hcl_fail_here(struct hcl_reader *r, const char *wanted);
/* Blanks and comments; line ends only where they separate nothing (inside brackets). */
int hcl_skip_space(struct hcl_reader *r, bool lines);
bool hcl_begins_name(char c);
bool hcl_goes_on_name(char c);
/* An identifier, which may have dashes in it; NULL after the error. Caller frees. */
char *hcl_read_name(struct hcl_reader *r, const char *wanted);
struct hcl_expr *hcl_expr_new(enum hcl_kind kind, struct hcl_mark m, char *take_text);
/* Takes the item. */
void hcl_expr_add(struct hcl_expr *e, struct hcl_expr *item);
struct hcl_expr *hcl_expr_free(struct hcl_expr *e);

DEFINE_AUTO(struct hcl_expr, hcl_expr_free)

/* ---- hcl_text.c ---- */

int hcl_read_quoted(struct hcl_reader *r, struct hcl_expr **ret);
int hcl_read_heredoc(struct hcl_reader *r, struct hcl_expr **ret);

/* ---- hcl_operator.c ---- */

/* An expression; `lines`: line ends separate nothing. */
int hcl_read_expr(struct hcl_reader *r, bool lines, struct hcl_expr **ret);

/* ---- hcl_expr.c ---- */

/* A value with what is picked out of it, without operators. */
int hcl_read_operand(struct hcl_reader *r, struct hcl_expr **ret);
/* A quoted text, with what stands in its "${…}"; it is not read, so that nothing is read twice. */
int hcl_skip_quoted(struct hcl_reader *r);
/* From behind an opening to behind the bracket that closes it, texts skipped whole. */
int hcl_skip_balanced(struct hcl_reader *r, struct hcl_mark from);
/* All from the mark on, as its source. */
struct hcl_expr *hcl_other_from(const struct hcl_reader *r, struct hcl_mark m);
