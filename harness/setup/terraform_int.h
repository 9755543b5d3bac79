/*
 * A module's blocks by their addresses, and what its expressions come to: what the two files of the
 * Terraform reader share.
 */
#pragma once

#include "harness/base/map.h"
#include "harness/data/hcl.h"
#include "harness/setup/terraform.h"

/* Anything that can be referred to: "local.x", "var.x", "authentik_group.x", "data.….x". */
struct named {
    char *address;
    const char *path;             /* of its file; borrowed */
    const struct hcl_expr *value; /* of a local or a variable; NULL: no default */
    const struct hcl_block *block;
    int line;             /* of what declares it */
    struct js *instances; /* {key: each.value} once asked for; NULL: no for_each is known */
    bool asked;
    struct js *whole; /* of a local or a variable, once asked for */
    struct places *at;
};

struct terraform {
    struct vec files; /* struct file * */
    struct vec names; /* struct named * */
    struct map by_address;
    struct objects *out;
    struct objects before; /* its problems: what was noticed while adding files */
    size_t work;           /* bytes of values made so far */
    size_t hints;          /* names looked for among all */
};

/* A name that a "for" gives a value. */
struct scope {
    const struct scope *up;
    const char *name;
    struct js *value;
};

/* Where an expression is looked at. */
struct eval {
    struct terraform *t;
    const char *path;
    const char *key;   /* each.key, or NULL */
    struct js *each;   /* each.value, or NULL */
    struct places *at; /* of the object; may be NULL */
    int depth;
    const struct scope *scope; /* the innermost, or NULL */
};

/* NULL: not declared; borrowed. */
struct named *terraform_name(const struct terraform *t, const char *address);
/* What the expression comes to, its places below the pointer. Values may be shared: nobody changes
 * them. Caller frees. */
struct js *terraform_value(const struct eval *e, const struct hcl_expr *x, const char *pointer);
/* What a function comes to; not known where it is none of those that are played, or not of these
 * arguments, a list of values. Caller frees. */
struct js *terraform_call(const char *name, const struct js *args);
/* What a block's for_each makes one object each of; NULL without one, or when it is not known.
 * Borrowed. */
struct js *terraform_instances(const struct eval *e, struct named *n);
