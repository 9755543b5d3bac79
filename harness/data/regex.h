/*
 * Regular expressions: the only user of PCRE2, with match limits so that a hostile pattern ends.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

struct regex;

enum regex_dialect {
    REGEX_RE2,    /* Argo CD matchMode regex, Dex filters: what RE2 refuses (look-around, back
                     references, \C, possessive) is refused */
    REGEX_PYTHON, /* authentik redirect URIs (Python re): look-around allowed */
};

int regex_new(struct str pattern, enum regex_dialect dialect, struct regex **ret, struct err *err)
    MUST_USE;
struct regex *regex_free(struct regex *r);
bool regex_search(const struct regex *r,
                  struct str text); /* anywhere; a hit match limit is no match */
bool regex_fullmatch(const struct regex *r, struct str text); /* Python re.fullmatch */
/* The same with a pattern that is used once; one that does not compile matches nothing. */
bool regex_fullmatch_once(const char *pattern, enum regex_dialect dialect, const char *text);

DEFINE_AUTO(struct regex, regex_free)
