/*
 * An ordered list of name/value pairs that owns its strings: header fields, query and form
 * parameters, cookies. A name may occur several times; order is kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

struct param {
    char *name;
    char *value;
};

struct params {
    struct param *items;
    size_t len;
    size_t cap;
};

void params_add(struct params *p, const char *name, const char *value); /* value NULL = "" */
void params_addf(struct params *p, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void params_set(struct params *p, const char *name,
                const char *value); /* replaces all of that name */
void params_remove(struct params *p, const char *name);
const char *params_get(const struct params *p,
                       const char *name); /* first, exact case; NULL if absent */
size_t params_count(const struct params *p, const char *name);
/* The same ignoring ASCII case, for header fields. */
const char *params_get_ci(const struct params *p, const char *name);
void params_set_ci(struct params *p, const char *name, const char *value);
void params_remove_ci(struct params *p, const char *name);
void params_copy(struct params *to, const struct params *from); /* appends copies */
void params_sort(struct params *p);                             /* by name, stable */
void params_deinit(struct params *p);

/* application/x-www-form-urlencoded: reads "a=1&b=2" ("+" is a blank, %XX decoded; a bad escape
 * stays as it is). */
void params_parse_form(struct params *p, struct str text);
/* Writes it the way Go's url.Values and Python's urlencode do: blank = "+", unreserved literal.
 * Caller frees. */
char *params_form(const struct params *p);

DEFINE_AUTO_VALUE(struct params, params_deinit)
