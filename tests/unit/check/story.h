/*
 * A login told by hand: tests/data/check/login.json with a merge patch, made into a trace. The
 * tests change one thing of it and look which checks notice.
 */
#pragma once

#include "harness/check/check.h"
#include "harness/data/json.h"

struct story {
    struct js *doc;
    struct clock *clock;
    struct rnd *rnd;
    struct setup *setup; /* the guide's */
    struct trace *trace;
    size_t from; /* where the login begins */
    struct check_result *results;
    size_t results_len;
};

/* patch is JSON text or NULL. With `again`, the same login stands in the trace once before; with a
 * member "before" that login has a patch of its own. With a member "refresh" the login is refreshed
 * (as often as "refreshes" says), the side that answers is like the login's with that patch, and
 * the view is of the last refresh. "also" are further events of the login as they stand; "logout"
 * are those of a logout, which is then what the view shows; "secrets" are what parties said is
 * secret, by kind. */
void story_tell(struct story *s, const char *patch, bool again);
void story_end(struct story *s);
/* The verdict of a check by its full name; fails the test when there is none of that name. */
const struct verdict *story_verdict(const struct story *s, const char *full_name);
struct check_view story_view(const struct story *s);
