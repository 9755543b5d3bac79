/*
 * The report for machines, schema rolecall.report/1 (design.md 6): every verdict whole, every trace
 * redacted.
 */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/base/threads.h"
#include "harness/observe/observe.h"
#include "harness/run/known.h"
#include "reports/formats.h"

static struct js *counts_json(const size_t counts[VERDICT_MAX_])
{
    struct js *o = js_object();
    js_set(o, "pass", js_int((int64_t)counts[VERDICT_PASS]));
    js_set(o, "fail", js_int((int64_t)counts[VERDICT_FAIL]));
    js_set(o, "error", js_int((int64_t)counts[VERDICT_ERROR]));
    js_set(o, "skip", js_int((int64_t)counts[VERDICT_SKIP]));
    return o;
}

static struct js *summary_json(const struct run_suite *suite)
{
    struct js *o = js_object();
    js_set(o, "scenarios", js_int((int64_t)suite->len));
    struct js *counts = counts_json(suite->scenarios);
    js_merge(o, counts);
    js_free(counts);
    js_set(o, "known", js_int((int64_t)suite->known));
    if (suite->twins > 0)
        js_set(o, "twins", js_int((int64_t)suite->twins));
    js_set(o, "checks", counts_json(suite->checks));
    js_set(o, "evaluated", js_int((int64_t)suite->evaluated));
    js_set(o, "wall_ms", js_int(suite->wall_us / 1000));
    return o;
}

static struct js *setup_json(const struct run_suite *suite)
{
    struct js *versions = js_object();
    struct js *systems = js_object();
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        js_set(versions, system_name((enum system)s), js_string(suite->versions[s]));
        AUTO(xfree) char *kind = report_system_kind(suite, (enum system)s);
        js_set_text(systems, system_name((enum system)s), kind);
    }
    struct js *o = js_object();
    js_set(o, "versions", versions);
    js_set(o, "systems", systems);
    /* Whether two runs of mocks drew the same (rolecall compare). */
    js_set(o, "seed", js_int((int64_t)suite->seed));
    return o;
}

/* What somebody wrote into the scenario or the program (ids, titles, verdicts) is no secret even
 * when a password happens to read the same; whatever came over the wire passes the redactor. */
static void set_text(struct js *o, const char *key, const char *text, const struct redactor *r)
{
    AUTO(xfree) char *safe = redact_text(r, text);
    if (safe != NULL)
        js_set_text(o, key, safe);
}

static void set_json(struct js *o, const char *key, const struct js *value,
                     const struct redactor *r)
{
    js_set(o, key, value != NULL ? redact_json(r, value) : js_null());
}

static void set_verdict(struct js *o, const struct verdict *v, const struct redactor *r)
{
    js_set_text(o, "verdict", verdict_name(v->kind));
    set_text(o, "reason", v->reason, r);
}

static struct js *checks_json(const struct run_step *s, const struct redactor *r)
{
    struct js *list = js_array();
    for (size_t i = 0; i < s->checks_len; i++) {
        const struct check_result *c = &s->checks[i];
        struct js *o = js_object();
        js_set_text(o, "of", check_of_name(c->of));
        js_set_text(o, "id", c->check->id);
        js_set_text(o, "severity", check_severity_name(c->check->severity));
        js_set_text(o, "spec", c->check->spec);
        js_set_text(o, "link", c->check->link);
        set_verdict(o, &c->verdict, r);
        set_text(o, "expected", c->verdict.expected, r);
        set_text(o, "actual", c->verdict.actual, r);
        js_append(list, o);
    }
    return list;
}

static struct js *step_json(const struct run_step *s, const struct redactor *r)
{
    struct js *o = js_object();
    js_set_text(o, "step", s->text);
    js_set_text(o, "kind", s->kind);
    js_set(o, "line", js_int(s->line));
    set_verdict(o, &s->verdict, r);
    set_json(o, "expected", s->expected, r);
    set_json(o, "actual", s->actual, r);
    if (s->verdict.kind == VERDICT_FAIL) {
        struct js *difference = js_object();
        set_text(difference, "expected", s->verdict.expected, r);
        set_text(difference, "actual", s->verdict.actual, r);
        js_set(o, "difference", difference);
    }
    js_set(o, "evaluated", js_int((int64_t)s->evaluated));
    js_set(o, "took_us", js_int(s->took_us));
    js_set(o, "checks", checks_json(s, r));
    return o;
}

/* Lines for the file of --known. */
static struct js *pins_json(const struct run_result *r, const struct redactor *redactor)
{
    AUTO(strlist_deinit) struct strlist lines = {0};
    known_lines_for(r, redactor, &lines);
    return js_texts(&lines);
}

static struct js *known_json(const struct run_suite *suite, const struct redactor *r)
{
    struct js *list = js_array();
    for (size_t i = 0; i < suite->entries_len; i++) {
        const struct run_known *k = &suite->entries[i];
        struct js *o = js_object();
        js_set_text(o, "file", k->entry->file);
        js_set(o, "line", js_int(k->entry->line));
        js_set_text(o, "scenario", k->entry->scenario);
        js_set(o, "check", js_string(k->entry->check));
        set_text(o, "text", k->entry->text, r);
        js_set_text(o, "state", known_state_name(k->state));
        js_set(o, "reason", js_string(k->why));
        js_append(list, o);
    }
    return list;
}

static struct js *scenario_json(const struct run_result *r, const struct redactor *redactor)
{
    struct js *o = js_object();
    js_set_text(o, "id", r->id);
    js_set_text(o, "title", r->title);
    js_set_text(o, "file", r->file);
    if (r->scenario != NULL && r->scenario->twin_of != NULL)
        js_set_text(o, "twin_of", r->scenario->twin_of);
    js_set_text(o, "verdict", verdict_name(r->verdict));
    set_text(o, "reason", r->reason, redactor);
    if (r->known)
        js_set(o, "known", js_bool(true));
    else if (r->verdict == VERDICT_FAIL)
        js_set(o, "known_lines", pins_json(r, redactor));
    js_set(o, "evaluated", js_int((int64_t)r->evaluated));
    js_set(o, "took_us", js_int(r->took_us));
    struct js *steps = js_array();
    for (size_t i = 0; i < r->steps_len; i++)
        js_append(steps, step_json(&r->steps[i], redactor));
    js_set(o, "steps", steps);
    AUTO(js_free) struct js *observed = observe_result(r);
    set_json(o, "observed", observed, redactor);
    AUTO(js_free) struct js *trace = r->trace != NULL ? trace_json(r->trace) : js_array();
    set_json(o, "trace", trace, redactor);
    return o;
}

/* ---- the whole text ---- */

/* Nearly all of a report are the scenarios: 100 MB of a library's run, and each redacted. So they
 * are written one by one, a thread for each processor, and never stand in memory as values
 * together. */
struct rendering {
    const struct run_suite *suite;
    const struct redactor *redactor;
    atomic_size_t next; /* position in the suite */
    char **texts;       /* by that position */
};

/* Line breaks stand between values only: within a text JSON escapes them. */
static char *indented(const char *text, const char *by)
{
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, SIZE_MAX);
    for (const char *line = text; line != NULL;) {
        const char *end = strchr(line, '\n');
        size_t n = end != NULL ? (size_t)(end + 1 - line) : strlen(line);
        buf_adds(&out, by);
        buf_add(&out, line, n);
        line = end != NULL ? end + 1 : NULL;
    }
    return buf_take(&out);
}

static void *render(void *arg)
{
    struct rendering *g = arg;
    size_t i;
    while ((i = atomic_fetch_add(&g->next, 1)) < g->suite->len) {
        AUTO(js_free) struct js *o = scenario_json(&g->suite->results[i], g->redactor);
        AUTO(xfree) char *text = js_pretty(o, 1);
        g->texts[i] = indented(text, "  ");
    }
    return NULL;
}

static void add_scenarios(struct buf *out, const struct rendering *g)
{
    for (size_t i = 0; i < g->suite->len; i++) {
        buf_adds(out, i == 0 ? "\n" : ",\n");
        buf_adds(out, g->texts[i]);
    }
    buf_adds(out, g->suite->len > 0 ? "\n " : "");
}

char *report_json(const struct run_suite *suite, const struct redactor *redactor, bool colour)
{
    enum { THREADS_MAX = 16 };
    static const char place[] = "\n \"scenarios\": [";
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    (void)colour;
    AUTO(js_free) struct js *o = js_object();
    js_set_text(o, "schema", "rolecall.report/1");
    js_set(o, "summary", summary_json(suite));
    js_set(o, "setup", setup_json(suite));
    js_set(o, "scenarios", js_array());
    if (suite->entries_len > 0)
        js_set(o, "known", known_json(suite, redactor));
    AUTO(xfree) char *frame = js_pretty(o, 1);
    const char *rest = strstr(frame, place) + strlen(place);

    struct rendering g = {
        .suite = suite, .redactor = redactor, .texts = xcalloc(suite->len + 1, sizeof(*g.texts))};
    threads_run(processors > THREADS_MAX ? THREADS_MAX : (int)processors, render, &g);
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_add(&out, frame, (size_t)(rest - frame));
    add_scenarios(&out, &g);
    buf_addf(&out, "%s\n", rest);
    for (size_t i = 0; i < suite->len; i++)
        xfree(g.texts[i]);
    xfree(g.texts);
    return buf_take(&out);
}
