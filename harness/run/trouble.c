/*
 * What broke around a scenario: then nothing that was seen says anything about anybody, whether it
 * was expected or not (design.md 2.7).
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/run/one.h"

static bool is_to(const struct trace_event *e, enum system s)
{
    return cstr_eq(e->to, system_name(s));
}

/* An agent asks one thing after the other: what happened before its next question happened while it
 * waited for this one. */
static bool is_played(const struct run_one *o, const struct trace_event *asked)
{
    for (size_t i = asked->seq + 1; i < trace_len(o->trace); i++) {
        const struct trace_event *e = trace_at(o->trace, i);
        if (e->kind == TRACE_EXCHANGE && cstr_eq(e->from, asked->from))
            return false;
        if (fault_is_note(e))
            return true;
    }
    return false;
}

/* A mock loses a connection only when it plays a fault or the process it plays has ended; of a
 * sentinel that is the whole point, and silence.c tells it. */
static bool is_meant(const struct run_one *o, const struct trace_event *e)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (is_to(e, (enum system)s) && (world_is_down(o->world, (enum system)s) ||
                                         world_sentinel(o->world, (enum system)s) != SENTINEL_NONE))
            return true;
    return is_played(o, e);
}

static char *lost_connection(const struct run_one *o)
{
    for (size_t i = 0; i < trace_len(o->trace); i++) {
        const struct trace_event *e = trace_at(o->trace, i);
        if (e->kind == TRACE_EXCHANGE && e->lost != NULL && !is_meant(o, e))
            return xasprintf("the connection of %s to %s on this machine broke at %s %.*s: %s (%s)",
                             e->from, e->to, e->method, (int)strcspn(e->url, "?"), e->url, e->error,
                             e->lost);
    }
    return NULL;
}

char *run_trouble(const struct run_one *o)
{
    char *of_servers = http_host_trouble(stage_host(o->stage));
    return of_servers != NULL || o->world == NULL ? of_servers : lost_connection(o);
}
