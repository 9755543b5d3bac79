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
    js_set(o, "value", s->value != NULL ? js_dup(s->value) : js_null());
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
