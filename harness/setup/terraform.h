/*
 * Terraform's files as far as authentik's provider is concerned: resources, data sources, locals,
 * variables with their defaults and .tfvars, modules of the same disk with what they are passed and
 * give back. Functions that are not played, and what only Terraform knows, are unknown with their
 * reason.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/setup/objects.h"

struct terraform;

struct terraform *terraform_new(void);
struct terraform *terraform_free(struct terraform *t);
/* One .tf or .tfvars file; a folder is a module. */
int terraform_add(struct terraform *t, const char *path, struct str text, struct err *err) MUST_USE;
/* The objects that the files declare, and those of the modules that they call, whose files are read
 * here; references to nothing that is declared are problems. */
void terraform_objects(struct terraform *t, struct objects *ret);
/* `terraform show -json` of a plan or a state: the values are known there, the places are those in
 * the JSON. */
int terraform_read_json(const char *path, struct str text, struct objects *ret, struct err *err)
    MUST_USE;

/* The object of a resource type ("authentik_group" is a group), with its attributes in the names of
 * authentik's API; NULL for a type that is not read. take is consumed either way. Borrowed. */
struct object *terraform_object(struct objects *o, const char *type, const char *handle, bool data,
                                struct js *take_attrs, struct places *at);

DEFINE_AUTO(struct terraform, terraform_free)
