/*
 * The secrets of a document, so that none of them comes out with what is said of it.
 */
#pragma once

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/data/json.h"

struct secrets;

/* Of the values that the document has; texts in it that are YAML are looked into. */
struct secrets *secrets_new(const struct js *doc);
struct secrets *secrets_free(struct secrets *s);
/* The text with every secret replaced by "***"; caller frees. */
char *secrets_mask(const struct secrets *s, const char *text);
/* The same for lines of a file, where a secret may be written in another way than it is known, or
 * not be known: what stands behind a key whose name says that it is secret is replaced, unless it
 * is a reference. *mark, an offset into the text, becomes the same place in the answer. Caller
 * frees. */
char *secrets_mask_source(const struct secrets *s, struct str text, size_t *mark);
/* "client_secret", "adminPassword": does the name say that its value is secret? */
bool secrets_is_name(struct str name);

DEFINE_AUTO(struct secrets, secrets_free)
