/*
 * What glob.c builds and glob_match.c runs: a program whose jumps all lead forward, and for the
 * simple shapes that policies are made of, the literal texts.
 */
#pragma once

#include <stdint.h>

#include "harness/base/buf.h"
#include "harness/rbac/glob.h"

enum glob_op {
    GLOB_CHAR,  /* the character `a` */
    GLOB_ONE,   /* any one character */
    GLOB_RANGE, /* one of a..b, or none of them */
    GLOB_LIST,  /* one of the `b` characters from listed[a], or none of them */
    GLOB_RUN,   /* any run of characters */
    GLOB_SPLIT, /* both the next instruction and `a` */
    GLOB_JUMP,  /* to `a` */
    GLOB_END,
};

struct glob_step {
    enum glob_op op;
    bool negated;
    uint32_t a, b;
};

enum glob_shape {
    SHAPE_TEXT,     /* text */
    SHAPE_ENDS,     /* text*text, either may be empty */
    SHAPE_CONTAINS, /* *text* */
    SHAPE_PROGRAM,
};

struct glob {
    enum glob_shape shape;
    bool empty_too;        /* a whole pattern ? or [!x] matches the empty text as well */
    struct buf head, tail; /* literal texts of the simple shapes */
    struct glob_step *steps;
    size_t len, cap;
    uint32_t *listed; /* the characters of all lists */
    size_t listed_len, listed_cap;
};
