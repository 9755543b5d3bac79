/*
 * The report for machines, schema rolecall.report/1 (design.md 6): every verdict whole, every trace
 * redacted.
 */
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
    js_set(o, "checks", counts_json(suite->checks));
    js_set(o, "wall_ms", js_int(suite->wall_us / 1000));
    return o;
}

static struct js *setup_json(const struct run_suite *suite)
{
    struct js *versions = js_object();
    struct js *systems = js_object();
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        js_set(versions, system_name((enum system)s), js_string(suite->versions[s]));
        js_set_text(systems, system_name((enum system)s), suite->live[s] ? "live" : "mock");
    }
    struct js *o = js_object();
    js_set(o, "versions", versions);
    js_set(o, "systems", systems);
    return o;
}

static void set_text(struct js *o, const char *key, const char *text)
{
    if (text != NULL)
        js_set_text(o, key, text);
}

static void set_verdict(struct js *o, const struct verdict *v)
{
    js_set_text(o, "verdict", verdict_name(v->kind));
    set_text(o, "reason", v->reason);
}

static struct js *checks_json(const struct run_step *s)
{
    struct js *list = js_array();
    for (size_t i = 0; i < s->checks_len; i++) {
        const struct check_result *c = &s->checks[i];
        struct js *o = js_object();
        js_set_text(o, "of", check_of_name(c->of));
        js_set_text(o, "id", c->check->id);
        js_set_text(o, "spec", c->check->spec);
        set_verdict(o, &c->verdict);
        set_text(o, "expected", c->verdict.expected);
        set_text(o, "actual", c->verdict.actual);
        js_append(list, o);
    }
    return list;
}

static struct js *step_json(const struct run_step *s)
{
    struct js *o = js_object();
    js_set_text(o, "step", s->text);
    js_set_text(o, "kind", s->kind);
    js_set(o, "line", js_int(s->line));
    set_verdict(o, &s->verdict);
    js_set(o, "expected", s->expected != NULL ? js_dup(s->expected) : js_null());
    js_set(o, "actual", s->actual != NULL ? js_dup(s->actual) : js_null());
    if (s->verdict.kind == VERDICT_FAIL) {
        struct js *difference = js_object();
        js_set(difference, "expected", js_string(s->verdict.expected));
        js_set(difference, "actual", js_string(s->verdict.actual));
        js_set(o, "difference", difference);
    }
    js_set(o, "took_us", js_int(s->took_us));
    js_set(o, "checks", checks_json(s));
    return o;
}

static struct js *scenario_json(const struct run_result *r)
{
    struct js *o = js_object();
    js_set_text(o, "id", r->id);
    js_set_text(o, "title", r->title);
    js_set_text(o, "file", r->file);
    js_set_text(o, "verdict", verdict_name(r->verdict));
    set_text(o, "reason", r->reason);
    if (r->known)
        js_set(o, "known", js_bool(true));
    js_set(o, "took_us", js_int(r->took_us));
    struct js *steps = js_array();
    for (size_t i = 0; i < r->steps_len; i++)
        js_append(steps, step_json(&r->steps[i]));
    js_set(o, "steps", steps);
    js_set(o, "trace", r->trace != NULL ? trace_json(r->trace) : js_array());
    return o;
}

char *report_json(const struct run_suite *suite, const struct redactor *redactor, bool colour)
{
    (void)colour;
    AUTO(js_free) struct js *o = js_object();
    js_set_text(o, "schema", "rolecall.report/1");
    js_set(o, "summary", summary_json(suite));
    js_set(o, "setup", setup_json(suite));
    struct js *scenarios = js_array();
    for (size_t i = 0; i < suite->len; i++) {
        AUTO(js_free) struct js *raw = scenario_json(&suite->results[i]);
        js_append(scenarios, redact_json(redactor, raw));
    }
    js_set(o, "scenarios", scenarios);
    char *text = js_pretty(o, 1);
    char *line = xasprintf("%s\n", text);
    xfree(text);
    return line;
}
