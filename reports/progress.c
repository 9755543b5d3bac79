/*
 * Progress while a suite runs, on stderr: a bar that redraws itself on a terminal; elsewhere one
 * line for each scenario that did not pass, as it happens.
 */
#include <string.h>

#include "harness/base/mem.h"
#include "reports/report.h"

#define BAR 30U

struct report_progress {
    FILE *to;
    bool terminal;
    bool colour;
    size_t total;
    size_t done;
    size_t bad;
};

struct report_progress *report_progress_new(FILE *to, bool terminal, bool colour)
{
    struct report_progress *p = xcalloc(1, sizeof(*p));
    *p = (struct report_progress){.to = to, .terminal = terminal, .colour = colour};
    return p;
}

static void clear(const struct report_progress *p)
{
    fputs("\r\033[K", p->to);
}

static void draw(const struct report_progress *p, const char *now)
{
    size_t filled = p->total > 0 ? p->done * BAR / p->total : 0;
    clear(p);
    fprintf(p->to, "[%.*s%.*s] %zu/%zu", (int)filled, "##############################",
            (int)(BAR - filled), "                              ", p->done, p->total);
    if (p->bad > 0)
        fprintf(p->to, "%s, %zu not as expected%s", p->colour ? "\033[31m" : "", p->bad,
                p->colour ? "\033[0m" : "");
    if (now != NULL)
        fprintf(p->to, "  %.20s", now);
    fflush(p->to);
}

static void on_suite_begin(void *ctx, size_t scenarios)
{
    struct report_progress *p = ctx;
    p->total = scenarios;
}

static void on_scenario_begin(void *ctx, const struct scenario *s)
{
    struct report_progress *p = ctx;
    if (p->terminal)
        draw(p, s->id);
}

static void on_scenario_end(void *ctx, const struct run_result *r)
{
    struct report_progress *p = ctx;
    p->done++;
    if (r->verdict >= VERDICT_FAIL) {
        p->bad++;
        if (!p->terminal)
            fprintf(p->to, "%s %s\n", verdict_name(r->verdict), r->id);
    }
    if (p->terminal)
        draw(p, NULL);
}

void report_progress_observer(struct report_progress *p, struct run_observer *ret)
{
    *ret = (struct run_observer){.ctx = p,
                                 .suite_begin = on_suite_begin,
                                 .scenario_begin = on_scenario_begin,
                                 .scenario_end = on_scenario_end};
}

struct report_progress *report_progress_free(struct report_progress *p)
{
    if (p != NULL && p->terminal) {
        clear(p);
        fflush(p->to);
    }
    return xfree(p);
}
