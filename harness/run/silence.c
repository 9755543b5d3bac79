/*
 * Silence never passes (design.md 2.4): what is told of a system that is no mock of ours, a live
 * one or a sentinel, when it did not answer or never said anything of sense. Judged from the trace
 * alone; which kind of sentinel stands there is used for the words only.
 */
#include <string.h>

#include "harness/run/one.h"

/* A system of which we cannot say why it is silent. Our own mocks are down or empty only when a
 * scenario made them so. */
static bool is_foreign(const struct run_one *o, enum system s)
{
    return world_is_live(o->world, s) || world_sentinel(o->world, s) != SENTINEL_NONE;
}

static bool is_asked(const struct trace_event *e, enum system s)
{
    return e->kind == TRACE_EXCHANGE && run_system_of(e->to) == s;
}

/* No answer, or one that says neither yes nor no: a redirect, a page or an error with words does.
 * To HEAD an empty 200 is all there is, and gRPC-web says no in the head. */
static bool is_nonsense(const struct trace_event *e)
{
    if (params_get_ci(&e->headers, "Grpc-Status") != NULL)
        return false;
    if (e->status == 200 && strcmp(e->method, "HEAD") == 0)
        return false;
    return e->body_len == 0 && (e->status == 0 || e->status == 200 || e->status >= 500);
}

static const char *stands_there(const struct run_one *o, enum system s)
{
    return world_is_live(o->world, s) ? "which is live here" : "in whose place is a sentinel";
}

/* How often s was asked; *ret_first is the first that got nonsense, *ret_sense the number of the
 * others. */
static size_t count_asked(const struct run_one *o, enum system s,
                          const struct trace_event **ret_first, size_t *ret_sense)
{
    size_t asked = 0;
    *ret_first = NULL;
    *ret_sense = 0;
    for (size_t i = 0; i < trace_len(o->trace); i++) {
        const struct trace_event *e = trace_at(o->trace, i);
        if (!is_asked(e, s))
            continue;
        asked++;
        if (!is_nonsense(e))
            ++*ret_sense;
        else if (*ret_first == NULL)
            *ret_first = e;
    }
    return asked;
}

/* The cause when s left at least one question without an answer. */
static char *about_silent(const struct run_one *o, enum system s)
{
    for (size_t i = 0; i < trace_len(o->trace); i++) {
        const struct trace_event *e = trace_at(o->trace, i);
        if (is_asked(e, s) && e->status == 0)
            return xasprintf("%s, %s, did not answer %s at %s: %s", system_name(s),
                             stands_there(o, s), e->from, e->url,
                             e->error != NULL ? e->error : "no answer");
    }
    return NULL;
}

/* The cause when s never said anything of sense; NULL otherwise. */
static char *about_dead(const struct run_one *o, enum system s)
{
    const struct trace_event *first = NULL;
    size_t sense = 0;
    size_t asked = count_asked(o, s, &first, &sense);
    if (asked == 0 || sense > 0)
        return NULL;
    if (first->status == 0)
        return about_silent(o, s);
    return xasprintf("%s, %s, said nothing of sense in %zu of %zu answers; the first, to %s at %s: "
                     "%d and an empty body",
                     system_name(s), stands_there(o, s), asked, asked, first->from, first->url,
                     first->status);
}

static char *first_of(const struct run_one *o,
                      char *(*about)(const struct run_one *o, enum system s))
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        char *text = is_foreign(o, (enum system)s) ? about(o, (enum system)s) : NULL;
        if (text != NULL)
            return text;
    }
    return NULL;
}

char *run_silence(const struct run_one *o)
{
    char *text = first_of(o, about_dead);
    return text != NULL ? text : first_of(o, about_silent);
}

/* A sentinel that nobody asked leaves the scenario as it was: it is not about that system. */
static char *about_unasked(const struct run_one *o, enum system s)
{
    const struct trace_event *first = NULL;
    size_t sense = 0;
    enum sentinel_kind kind = world_sentinel(o->world, s);
    if (kind == SENTINEL_NONE || count_asked(o, s, &first, &sense) > 0)
        return NULL;
    return xasprintf("%s, in whose place is a sentinel that %s, was never asked: the scenario says "
                     "nothing about it",
                     system_name(s), sentinel_does(kind));
}

/* The cause takes the place of what merely followed from it, which stays behind it in brackets. */
static void put_cause(struct run_result *r, const char *although, char *take_cause)
{
    AUTO(xfree) char *cause = take_cause;
    AUTO(xfree) char *before = r->reason;
    const char *passed = r->verdict == VERDICT_PASS ? although : "";
    bool same = before == NULL || strcmp(before, cause) == 0;
    r->reason = NULL;
    run_worsen(r, VERDICT_ERROR,
               same ? xasprintf("%s%s", passed, cause) : xasprintf("%s (%s)", cause, before));
}

void run_judge_silence(struct run_one *o)
{
    char *dead = first_of(o, about_dead);
    char *unasked = dead == NULL ? first_of(o, about_unasked) : NULL;
    if (dead != NULL)
        put_cause(o->result, "it passed although ", dead);
    else if (unasked != NULL)
        put_cause(o->result, "", unasked);
}
