/*
 * Protocol buffer messages written from JSON by a table, and the strings read out of one: as much
 * as gRPC-web needs (argocd.md 3.6).
 */
#pragma once

#include <stddef.h>

#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/data/json.h"

/* A member of a message; text, bool, object (with its own fields), or an array of those. */
struct pb_field {
    const char *name; /* in the JSON */
    unsigned number;
    const struct pb_field *fields; /* of an object */
};

/* Members the table does not name are left out. fields is ended by a zero row. */
void pb_write(struct buf *out, const struct js *message, const struct pb_field *fields);
/* The text fields numbered 1 to n into ret (absent ones ""), each the caller's. -1: no message. */
int pb_read_texts(const void *p, size_t n, char **ret, size_t count, struct err *err) MUST_USE;
