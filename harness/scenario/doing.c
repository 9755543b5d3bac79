/*
 * What a scenario does as one text, so that equal runs are known as such.
 */
#include "harness/scenario/scenario.h"

static struct js *faults_json(const struct scenario_fault *faults, size_t len)
{
    struct js *list = js_array();
    for (size_t i = 0; i < len; i++) {
        struct js *o = js_object();
        js_set_text(o, "id", faults[i].id);
        js_set(o, "times", js_int(faults[i].times));
        js_set(o, "nth", js_int(faults[i].nth));
        js_set(o, "with", faults[i].with != NULL ? js_dup(faults[i].with) : js_null());
        js_append(list, o);
    }
    return list;
}

static struct js *step_json(const struct scenario_step *s)
{
    struct js *o = js_object();
    js_set_text(o, "kind", scenario_kind_name(s->kind));
    js_set(o, "as", js_string(s->as));
    js_set(o, "via", js_string(s->via));
    js_set(o, "password", js_string(s->password));
    js_set(o, "fresh_browser", js_bool(s->fresh_browser));
    js_set(o, "from", js_string(s->from));
    js_set(o, "system", js_string(s->system));
    js_set(o, "patch", s->patch != NULL ? js_dup(s->patch) : js_null());
    js_set(o, "advance_ms", js_int(s->advance_ms));
    js_set(o, "method", js_string(s->method));
    js_set(o, "path", js_string(s->path));
    js_set(o, "token", js_string(s->token));
    js_set(o, "body", js_string(s->body));
    js_set(o, "faults", faults_json(s->faults, s->faults_len));
    return o;
}

char *scenario_doing(const struct scenario *s)
{
    AUTO(js_free) struct js *o = js_object();
    js_set(o, "setup", s->patch != NULL ? js_dup(s->patch) : js_null());
    js_set(o, "real-port", js_bool(scenario_has_tag(s, "port-8085")));
    js_set(o, "faults", faults_json(s->faults, s->faults_len));
    struct js *steps = js_array();
    for (size_t i = 0; i < s->steps_len; i++)
        js_append(steps, step_json(&s->steps[i]));
    js_set(o, "steps", steps);
    return js_compact_sorted(o);
}
