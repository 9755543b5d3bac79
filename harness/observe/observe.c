/*
 * The facts of one scenario, step by step: what came of it, then what its part of the trace shows.
 */
#include "harness/observe/observe.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/observe/calm.h"
#include "harness/observe/facts.h"

/* The values with one more, in an order of their own: which came first is the way's to tell. */
static struct js *with_value(const struct js *various, struct js *value)
{
    AUTO(xfree) char *text = js_compact(value);
    struct js *list = js_array();
    bool placed = false;
    for (size_t i = 0; i < js_len(various); i++) {
        AUTO(xfree) char *other = js_compact(js_at(various, i));
        if (!placed && strcmp(text, other) < 0) {
            js_append(list, js_ref(value));
            placed = true;
        }
        js_append(list, js_dup(js_at(various, i)));
    }
    if (!placed)
        js_append(list, js_ref(value));
    return list;
}

void facts_add(struct js *facts, const char *group, const char *name, struct js *take)
{
    AUTO(js_free) struct js *value = take;
    struct js *of = js_get(facts, group);
    if (of == NULL) {
        of = js_object();
        js_set(facts, group, of);
    }
    struct js *old = js_get(of, name);
    if (old == NULL) {
        js_set(of, name, js_ref(value));
        return;
    }
    struct js *various = js_get(old, "various");
    if (various == NULL) {
        if (js_equal(old, value))
            return;
        struct js *both = js_object();
        various = js_array();
        js_append(various, js_dup(old));
        js_set(both, "various", various);
        js_set(of, name, both);
    }
    for (size_t i = 0; i < js_len(various); i++)
        if (js_equal(js_at(various, i), value))
            return;
    js_set(js_get(of, name), "various", with_value(various, value));
}

void facts_add_of(struct js *facts, const char *by, const char *what, const char *name,
                  struct js *take)
{
    AUTO(xfree) char *group = xasprintf("%s %s", by, what);
    facts_add(facts, group, name, take);
}

/* The line that an operator would find last, of the party that refused if it left one: "[dex]
 * failed to authenticate …". */
static void add_log(const struct js *actual, struct js *facts)
{
    const char *log = js_get_text(actual, "log");
    const char *by = js_get_text(actual, "by");
    AUTO(xfree) char *party = xasprintf("[%s]", by != NULL ? by : "");
    struct str rest = str_of(log);
    struct str piece = {0};
    struct str last = {0};
    while (log != NULL && str_next(&rest, '\n', &piece)) {
        piece = str_trim(piece);
        AUTO(xfree) char *line = xstrndup(piece.ptr, piece.len);
        /* a line of success is no reason */
        if (str_starts(piece, party) && strstr(line, "] login successful") == NULL)
            last = piece;
    }
    if (last.len == 0)
        return;
    AUTO(xfree) char *line = xstrndup(last.ptr, last.len);
    AUTO(xfree) char *calm = calm_text(line);
    facts_add(facts, "result", "log", js_string(calm));
}

/* "signed-in", "refused by dex at callback": where it ends is part of how it ends. */
static void add_outcome(const struct js *actual, struct js *facts)
{
    const char *outcome = js_get_text(actual, "outcome");
    const char *by = js_get_text(actual, "by");
    const char *at = js_get_text(actual, "at");
    if (outcome == NULL)
        return;
    facts_add(facts, "result", "outcome",
              by != NULL ? js_stringf("%s by %s at %s", outcome, by, at != NULL ? at : "?")
                         : js_string(outcome));
    AUTO(xfree) char *shown = calm_text(js_get_text(actual, "shown"));
    if (shown != NULL)
        facts_add(facts, "result", "shown", js_string(shown));
    add_log(actual, facts);
    static const char *const names[] = {"user", "user_id", "groups", "roles", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (js_get(actual, names[i]) != NULL)
            facts_add(facts, "result", names[i], calm_member(names[i], js_get(actual, names[i])));
}

static void add_call(const struct js *actual, struct js *facts)
{
    int64_t status = 0;
    if (js_get_number(actual, "status", &status) != 0 || status == 0)
        return;
    facts_add(facts, "result", "status", js_int(status));
    const char *body = js_get_text(actual, "body");
    AUTO(js_free) struct js *answer = NULL;
    if (body == NULL)
        return;
    if (js_parse(str_of(body), "body", &answer, NULL) != 0 || !js_is(answer, JS_OBJECT)) {
        AUTO(xfree) char *text = calm_text(body);
        facts_add(facts, "answer to the call", "body", js_string(text));
        return;
    }
    for (struct js_iter it = js_iter(answer); js_next(&it);) {
        struct js *value = calm_member(it.key, it.value);
        if (value != NULL)
            facts_add(facts, "answer to the call", it.key, value);
    }
}

static void add_checks(const struct run_step *s, struct js *facts)
{
    for (size_t i = 0; i < s->checks_len; i++) {
        const struct check_result *c = &s->checks[i];
        if (c->verdict.kind != VERDICT_FAIL)
            continue;
        AUTO(xfree) char *name = xasprintf("%s/%s", check_of_name(c->of), c->check->id);
        facts_add(facts, "check", name,
                  js_stringf("%s: not so", check_severity_name(c->check->severity)));
    }
}

/* Where the step's events end: where those of the next one that has some begin. */
static size_t end_of(const struct run_result *r, size_t step)
{
    for (size_t i = step + 1; i < r->steps_len; i++)
        if (r->steps[i].seen.is_login)
            return r->steps[i].seen.login.trace_from;
    return r->trace != NULL ? trace_len(r->trace) : 0;
}

/* The scenario wants this refused: should it work one day, somebody is let in. */
static bool wants_refusal(const struct js *expected)
{
    const char *outcome = js_get_text(expected, "outcome");
    int64_t status = 0;
    if (outcome != NULL)
        return strcmp(outcome, "signed-in") != 0;
    return js_get_number(expected, "status", &status) == 0 && status >= 400;
}

static struct js *step_facts(const struct run_result *r, size_t i, bool first)
{
    const struct run_step *s = &r->steps[i];
    struct js *facts = js_object();
    add_outcome(s->actual, facts);
    if (!s->seen.is_login)
        add_call(s->actual, facts);
    add_checks(s, facts);
    if (s->verdict.kind == VERDICT_PASS || s->verdict.kind == VERDICT_FAIL)
        facts_add(facts, "result", "verdict", js_string(verdict_name(s->verdict.kind)));
    /* What was asked before the first login (Dex reads discovery at its start) belongs to it. */
    if (s->seen.is_login && r->trace != NULL)
        observe_wire(r->trace, first ? 0 : s->seen.login.trace_from, end_of(r, i), facts);
    return facts;
}

struct js *observe_result(const struct run_result *r)
{
    struct js *list = js_array();
    bool first = true;
    for (size_t i = 0; i < r->steps_len; i++) {
        const struct run_step *s = &r->steps[i];
        struct js *o = js_object();
        js_set_text(o, "step", s->text);
        js_set_text(o, "kind", s->kind);
        if (wants_refusal(s->expected))
            js_set(o, "refusal", js_bool(true));
        if (s->verdict.kind == VERDICT_ERROR)
            js_set_text(o, "error", s->verdict.reason != NULL ? s->verdict.reason : "it broke");
        js_set(o, "facts", step_facts(r, i, first));
        first = first && !s->seen.is_login;
        js_append(list, o);
    }
    return list;
}
