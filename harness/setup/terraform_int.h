/*
 * Folders of files, the modules that are made of them, their blocks by address, and what their
 * expressions come to: what the files of the Terraform reader share.
 */
#pragma once

#include "harness/base/map.h"
#include "harness/data/hcl.h"
#include "harness/setup/terraform.h"

struct folder;

struct file {
    char *path;            /* as it was given */
    char *normal;          /* terraform_normal of it */
    struct folder *folder; /* NULL: a .tfvars file */
    bool values;           /* a .tfvars file: its attributes are variables' values */
    struct hcl_body *body;
};

/* What Terraform takes for one module. */
struct folder {
    char *path;       /* without "." and "..", as far as it can be */
    char *shown;      /* as it was given */
    struct vec files; /* struct file * */
    bool called;      /* by a module block of these files */
    bool concerns;    /* something of authentik is in it, or in what it calls */
    bool looked_at;   /* whether it does */
    bool told;        /* its mistakes of one folder are told once, however often it is used */
};

/* One use of a folder: a root module, or what a module block makes, once for each key. */
struct module {
    struct folder *folder;
    char *prefix;             /* of its objects' handles: "" or "module.x[\"k\"]." */
    const struct named *call; /* the module block; NULL: a root */
    const char *key;          /* each.key of the block, or NULL; borrowed */
    struct js *each;          /* each.value of the block, or NULL; borrowed */
    int64_t nth;              /* count.index of the block and 1 more; 0: it has none */
    int depth;                /* 0: a root */
    struct vec names;         /* struct named * */
    struct map by_address;
};

/* Anything that can be referred to: "local.x", "var.x", "output.x", "authentik_group.x",
 * "data.….x", "module.x". */
struct named {
    char *address;
    struct module *in;
    const char *path;             /* of its file; borrowed */
    const struct hcl_expr *value; /* of a local, variable or output; NULL: no default */
    bool passed;                  /* by the module block: the value is worked out there */
    const char *given;            /* the file that was named for variables' values, or NULL */
    const struct hcl_block *block;
    int line;             /* of what declares it */
    struct js *instances; /* {key: each.value} once asked for; NULL: no for_each is known */
    bool asked;
    int64_t count; /* once counted; -1: not known */
    bool counted;
    struct js *whole; /* of a local, variable or output, once asked for */
    struct places *at;
    struct vec uses; /* of a module block: struct module *, once asked for */
    bool opened;
};

struct terraform {
    struct vec files;   /* struct file * */
    struct map by_file; /* by their normal paths */
    struct vec folders; /* struct folder *, of .tf files */
    struct map by_path;
    struct vec modules; /* struct module *, those that were opened */
    struct map by_prefix;
    struct vec roots; /* those of modules that no block makes */
    struct objects *out;
    size_t work;  /* bytes of values and names made so far */
    size_t hints; /* names looked for among all */
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
    struct module *in;
    const char *path;
    const char *key;   /* each.key, or NULL */
    struct js *each;   /* each.value, or NULL */
    int64_t nth;       /* count.index and 1 more, or 0 */
    struct places *at; /* of the object; may be NULL */
    int depth;
    bool trying;               /* what is not there is no mistake */
    const struct scope *scope; /* the innermost, or NULL */
};

/* ---- terraform_modules.c ---- */

/* Every folder that no block calls is a root module; its names and those of its .tfvars files. */
void terraform_open_roots(struct terraform *t);
/* The modules that a block makes, one for each key; none where its source is not in these files.
 * Borrowed. */
const struct vec *terraform_uses(const struct eval *e, struct named *n);
/* The folder of this path, in whatever way it is written; NULL: none of these files is in it. */
struct folder *terraform_folder(const struct terraform *t, const char *path);
/* "./x" or "../x" of a module block in this file as a path; NULL for a source elsewhere. Caller
 * frees. */
char *terraform_source(const char *path, const struct hcl_block *block);
/* A path without ".", and without ".." where something stands before it. Caller frees. */
char *terraform_normal(const char *path);
/* The root module that the module is made in, or itself; borrowed. */
const struct module *terraform_root(const struct module *m);
struct module *terraform_module_free(struct module *m);

/* ---- terraform_value.c ---- */

/* Counts what was made; false when these files come to too much. */
bool terraform_charge(struct terraform *t, size_t bytes);
/* The same of a whole value. What is shared counts each time as if it were written there: who reads
 * it goes through all. */
bool terraform_charge_value(struct terraform *t, const struct js *value);
/* What everything is from then on; caller frees. */
struct js *terraform_too_much(void);
/* Says that an address is declared nowhere, with the nearest that is. Caller frees. */
struct js *terraform_undeclared(const struct eval *e, int line, int column, const char *address);
/* NULL: not declared; borrowed. */
struct named *terraform_name(const struct module *m, const char *address);
/* What the expression comes to, its places below the pointer. Values may be shared: nobody changes
 * them. Caller frees. */
struct js *terraform_value(const struct eval *e, const struct hcl_expr *x, const char *pointer);
/* The list or the object that a "for" or a "dynamic" goes over; NULL: not known. Caller frees. */
struct js *terraform_members(const struct eval *e, struct js *over);
/* Works out a local, a variable or an output for what there is to say of it. */
void terraform_look_at(struct terraform *t, struct named *n);
/* How often a block's count makes it; -1 without one, or when it is not known. */
int64_t terraform_count(const struct eval *e, struct named *n);
/* A list of the handles of what the resource of this handle makes by for_each or count; NULL: it
 * has neither. Caller frees. */
struct js *terraform_objects_of(const struct eval *e, const struct js *handle);
/* The same expression as a reference with this text. Caller frees. */
struct js *terraform_reference(const struct eval *e, const struct hcl_expr *x, char *text,
                               const char *pointer);
/* What ".name", "[0]" and "[\"k\"]" behind it pick out of a value; an object has its attributes.
 * Caller frees. */
struct js *terraform_picked(const struct eval *e, const struct hcl_expr *x, struct js *whole,
                            const char *rest, const char *pointer);
/* Not known, with the source of the expression. Caller frees. */
struct js *terraform_not_evaluated(const struct hcl_expr *x);
/* What a call comes to; caller frees. */
struct js *terraform_function(const struct eval *e, const struct hcl_expr *x, const char *pointer);
/* What the type of a variable makes of its value; caller frees. */
struct js *terraform_constrained(const struct eval *e, const struct hcl_expr *type,
                                 struct js *take_value);
/* What a function of values comes to; not known where it is none of those that are played, or not
 * of these arguments, a list of values. Caller frees. */
struct js *terraform_call(const char *name, const struct js *args);
/* How long the "module.x[\"k\"]." is that the address begins with, and all of these; 0: none. */
size_t terraform_module_length(const char *address);
size_t terraform_modules_length(const char *address);
/* Is it true? 1 or 0; -1 with why not known in *ret_why, which the caller frees. */
int terraform_truth(const struct eval *e, const struct hcl_expr *x, struct js **ret_why);
/* What the kinds of their names come to; caller frees. */
struct js *terraform_operation(const struct eval *e, const struct hcl_expr *x, const char *pointer);
struct js *terraform_pick(const struct eval *e, const struct hcl_expr *x, const char *pointer);
struct js *terraform_splat(const struct eval *e, const struct hcl_expr *x, const char *pointer);
/* What a block's for_each makes one object each of; NULL without one, or when it is not known.
 * Borrowed. */
struct js *terraform_instances(const struct eval *e, struct named *n);
