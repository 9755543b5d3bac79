/*
 * What refers to what in the configuration of a plan: a value that is not known yet is there as
 * references, which lead through variables and outputs of modules
 * (developer.hashicorp.com/terraform/internals/json-format, "Configuration Representation").
 */
#pragma once

#include "harness/base/vec.h"
#include "harness/data/json.h"

struct links;

/* Of the "configuration" of a plan, borrowed; NULL is one without anything. */
struct links *links_new(const struct js *configuration);
struct links *links_free(struct links *l);
/* What the configuration says of the resource at this address, {attribute: expression}, or NULL;
 * borrowed. */
const struct js *links_expressions(const struct links *l, const char *address);
/* What the attribute of the resource refers to, as addresses from the root module: of
 * "authentik_group.x[0].id" that, then what it is of, as Terraform lists them. A variable of a
 * module stands for what is passed, an output for what it gives; what leads nowhere stays as it is.
 */
void links_references(const struct links *l, const char *address, const char *attribute,
                      struct strlist *ret);

DEFINE_AUTO(struct links, links_free)
