/*
 * Judges by rows: a login told by hand with one change, and what one check makes of it.
 */
#pragma once

#include "tests/support/test.h"

#include "tests/unit/check/story.h"

struct row {
    const char *name;
    const char *check;
    const char *patch;
    enum verdict_kind kind;
    const char *says; /* in expected, actual or reason; NULL = whatever */
    bool alone;       /* the only one that fails */
};

#define FAIL(name_, check_, patch_, says_)                                                         \
    {                                                                                              \
        name_, check_, patch_, VERDICT_FAIL, says_, true                                           \
    }
#define FAIL_TOO(name_, check_, patch_, says_)                                                     \
    {                                                                                              \
        name_, check_, patch_, VERDICT_FAIL, says_, false                                          \
    }
#define PASS(name_, check_, patch_)                                                                \
    {                                                                                              \
        name_, check_, patch_, VERDICT_PASS, NULL, false                                           \
    }
#define SKIP(name_, check_, patch_, says_)                                                         \
    {                                                                                              \
        name_, check_, patch_, VERDICT_SKIP, says_, false                                          \
    }
#define AK(x_) "{\"authentik\":{" x_ "}}"
#define DEX(x_) "{\"dex\":{" x_ "}}"
#define ARGO(x_) "{\"argocd\":{" x_ "}}"
#define DIRECT(x_) "{\"via\":\"direct\",\"authentik\":{" x_ "}}"
#define REFUSED "\"status\":400,\"answer\":{\"error\":\"invalid_grant\"}"

/* The full names of the checks that fail, with blanks between. Caller frees. */
char *rows_failing(const struct story *s);
/* A test whose initial state is a row. */
void rows_test(void **state);
/* One test a row. */
void rows_fill(const struct row *rows, size_t n, struct CMUnitTest *ret);
