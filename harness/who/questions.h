/*
 * What there is to be asked of a policy: every action on everything, and what the policy's own
 * lines single out.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/vec.h"
#include "harness/rbac/rbac.h"

struct question {
    char *resource, *action, *object;
    bool whole; /* the object stands for all of the resource's */
};

struct questions {
    struct vec items; /* struct question *; by resource, the whole first, then by object */
    size_t left_out;  /* that the policy singles out, beyond what anybody reads */
};

/* Where policies match by globs a line's own object is one that it is about; regular expressions
 * are about themselves only by chance, so then there are the whole ones alone. */
void questions_of(const struct rbac_conf *conf, struct questions *ret);
void questions_deinit(struct questions *q);

/* "sync applications default/guestbook". The object may be left out where all is meant. Words that
 * no policy has, and an object without its project, are errors, with the nearest. Caller
 * deinits. */
int question_read(const char *text, struct question *ret, struct err *err) MUST_USE;
void question_deinit(struct question *q);

DEFINE_AUTO_VALUE(struct questions, questions_deinit)
DEFINE_AUTO_VALUE(struct question, question_deinit)
