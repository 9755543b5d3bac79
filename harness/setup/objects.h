/*
 * authentik's objects as Terraform, a plan of it or a blueprint declares them, in one form: the
 * attributes have the names of authentik's API, a reference to another object is "@HANDLE", and
 * what the reader could not know is {"$unknown": why}. From them the setup is made.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/map.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/setup/places.h"

struct object {
    const char *kind; /* static: "provider" "application" "group" "mapping" "key" "user" "binding"
                         "flow" "api" */
    char *handle;     /* "authentik_group.admins" */
    bool found;       /* it is looked up ("data", !Find), not made here */
    const char *root; /* the folder of the Terraform root module; NULL elsewhere; borrowed */
    bool left_out;    /* it is of another authentik than the chosen one */
    struct js *attrs;
    struct places *at; /* pointers into attrs; "" = the object */
};

/* Something that was noticed while reading; the rule is a row of the table of mistakes. */
struct object_problem {
    const char *rule; /* static */
    char *file;
    int line, column;
    char *text;
    char *key; /* all of it */
};

struct objects {
    struct vec items; /* struct object * */
    struct map by_handle;
    struct vec problems; /* struct object_problem * */
    struct map by_problem;
};

void objects_deinit(struct objects *o);
/* An empty one; borrowed. */
struct object *objects_add(struct objects *o, const char *kind, const char *handle);
const struct object *objects_find(const struct objects *o, const char *handle);
/* How long an index like [0], ["k"] or [each.key] is that the text begins with, with its brackets.
 * What stands in quotes ends nothing; one without an end reaches to the text's. */
size_t object_index_length(const char *text);
/* The block that made the object of a handle, whatever the keys: "module.m.authentik_group.x" of
 * "module.m[\"a\"].authentik_group.x[\"k\"]". Caller frees. */
char *object_block(const char *handle);
/* The same thing at the same place is noticed once. */
void objects_problem(struct objects *o, const char *rule, const char *file, int line, int column,
                     const char *fmt, ...) PRINTF_LIKE(6, 7);
/* {"$unknown": why}; caller frees. */
struct js *object_unknown(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The same, where a problem of its own says why already; takes it. */
struct js *object_said(struct js *take_unknown);
/* The same, where something is asked of a value that does not have it; takes it. */
struct js *object_missing(struct js *take_unknown);
bool object_is_missing(const struct js *value);
/* Why the value is not known, or NULL when it is; borrowed. */
const char *object_is_unknown(const struct js *value);

/* Fills authentik's part of the document from the objects. Which provider is meant: the one whose
 * client_id a connector (or oidc.config) of the document has, else that of the application whose
 * slug its issuer has, else the only one. */
void objects_apply(struct objects *o, struct js *doc, struct places *at);

DEFINE_AUTO_VALUE(struct objects, objects_deinit)
