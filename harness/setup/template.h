/*
 * Scope mappings given as literal JSON with "${user.…}" in their texts: checked when the setup is
 * read, filled when claims are made. A text that is one name alone becomes that value with its
 * type; amid other text a value is written as text.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/data/json.h"

/* Every name in the text is known: user.username name email pk uuid groups attributes.X (X may go
 * deeper: attributes.address.city). A list amid other text is refused. The error has no place: the
 * caller knows it. */
int template_check(const char *text, struct err *err) MUST_USE;
/* A copy of the mapping with its names replaced by what `user` holds under them; what is not there
 * is null, amid other text nothing. Caller frees. */
struct js *template_fill(const struct js *mapping, const struct js *user);
