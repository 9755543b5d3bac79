/*
 * One scenario from its file to its verdict: setup, world, steps, and the faults that never played.
 */
#include "harness/run/one.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/run/expand.h"

void run_forget_differences(struct run_step *s)
{
    for (size_t k = 0; k < s->differences_len; k++) {
        xfree(s->differences[k].what);
        xfree(s->differences[k].check);
        xfree(s->differences[k].expected);
        xfree(s->differences[k].actual);
    }
    s->differences = xfree(s->differences);
    s->differences_len = 0;
}

void run_seen_deinit(struct run_seen *s)
{
    login_result_deinit(&s->login);
    strlist_deinit(&s->roles);
    strlist_deinit(&s->other_subjects);
    strlist_deinit(&s->own_groups);
    strlist_deinit(&s->own_roles);
    xfree(s->body);
    *s = (struct run_seen){0};
}

static void forget_steps(struct run_result *r)
{
    for (size_t i = 0; i < r->steps_len; i++) {
        struct run_step *s = &r->steps[i];
        verdict_deinit(&s->verdict);
        js_free(s->expected);
        js_free(s->actual);
        run_seen_deinit(&s->seen);
        check_results_free(s->checks, s->checks_len);
        run_forget_differences(s);
    }
    r->steps = xfree(r->steps);
    r->steps_len = 0;
    r->evaluated = 0;
}

void run_result_deinit(struct run_result *r)
{
    forget_steps(r);
    xfree(r->reason);
    trace_free(r->trace);
    *r = (struct run_result){0};
}

void run_worsen(struct run_result *r, enum verdict_kind kind, char *take_reason)
{
    AUTO(xfree) char *dropped = take_reason;
    if (kind < r->verdict || (kind == r->verdict && r->reason != NULL))
        return;
    dropped = r->reason;
    r->reason = take_reason;
    r->verdict = kind;
}

static void scenario_error(struct run_result *r, const struct err *err)
{
    char text[1024];
    run_worsen(r, VERDICT_ERROR, xstrdup(err_text(err, text, sizeof(text))));
}

int run_build_setup(struct run_one *o, struct err *err)
{
    struct setup *setup = NULL;
    if (setup_build(o->doc, o->conf->setup_source, o->rnd, &setup, err) != 0)
        return -1;
    vec_push(&o->setups, setup);
    o->setup = setup;
    /* With what was generated (passwords, secrets), so that a later change keeps it. */
    js_free(o->doc);
    o->doc = js_dup(setup->doc);
    return 0;
}

void run_add_fault(struct run_one *o, const struct scenario_fault *f)
{
    AUTO(js_free) struct js *with = f->with != NULL ? run_expand_json(o->base, f->with) : NULL;
    if (f->nth > 0)
        fault_set_add_nth(o->faults, f->id, f->nth, with);
    else
        fault_set_add(o->faults, f->id, f->times, with);
}

/* The CLI's file stays beside the raw trace, where somebody asked for that; caller frees. */
static char *config_path(const struct run_one *o)
{
    if (o->conf->trace_dir == NULL)
        return NULL;
    AUTO(xfree) char *name = xasprintf("%s.argocd-config", o->scenario->id);
    for (char *p = name; *p != '\0'; p++)
        if (*p == '/')
            *p = '_';
    return path_join(o->conf->trace_dir, name);
}

static int make_world(struct run_one *o, struct err *err)
{
    /* Tokens of live systems carry real time (design.md 2.6). */
    o->clock = setup_any_live(o->setup) ? clock_new_wall(0) : clock_new_virtual(CLOCK_START_S);
    o->trace = trace_new(o->clock);
    o->faults = fault_set_new(o->trace);
    for (size_t i = 0; i < o->scenario->faults_len; i++)
        run_add_fault(o, &o->scenario->faults[i]);
    fault_set_mark(o->faults);
    struct world_conf world = {
        .timeout_ms = o->conf->timeout_ms,
        .stage = o->stage,
        .setup = o->setup,
        .clock = o->clock,
        .rnd = o->rnd,
        .trace = o->trace,
        .faults = o->faults,
        .closed = true,
    };
    memcpy(world.sentinel, o->conf->sentinel, sizeof(world.sentinel));
    if (world_new(&world, &o->world, err) != 0)
        return -1;
    AUTO(xfree) char *config = config_path(o);
    const struct login_conf login = {
        .config_path = config,
        .world = o->world,
        .clock = o->clock,
        .rnd = o->rnd,
        .trace = o->trace,
        .faults = o->faults,
        .callback_port = scenario_has_tag(o->scenario, "port-8085") ? 8085 : o->conf->callback_port,
    };
    return login_agents_new(&login, &o->agents, err);
}

/* The check that a scenario is about has nothing to look at on this setup: the reason, or NULL. */
static const char *unseen_check(const struct run_step *s)
{
    const char *ret = NULL;
    for (size_t d = 0; d < s->differences_len; d++) {
        if (s->differences[d].check == NULL || !cstr_starts(s->differences[d].actual, "skip: "))
            return NULL;
        ret = s->differences[d].actual + strlen("skip: ");
    }
    return ret;
}

/* A login that was refused in another way than expected came to an end before what follows. */
static bool ended_early(const struct run_result *r)
{
    for (size_t i = 0; i < r->steps_len; i++) {
        const struct run_step *s = &r->steps[i];
        if (s->verdict.kind == VERDICT_FAIL && s->seen.is_login &&
            s->seen.login.outcome != LOGIN_SIGNED_IN)
            return true;
    }
    return false;
}

/* On somebody's own setup, where the library cannot know which ways are taken; takes reason. */
static void skip_late(struct run_result *r, char *reason)
{
    forget_steps(r);
    xfree(r->reason);
    r->verdict = VERDICT_SKIP;
    r->reason = reason;
}

/* A fault that nobody played proves nothing: the scenario is broken, unless the configuration kept
 * the login from coming so far, which is the failure then. */
static void judge_unused_faults(struct run_one *o, bool of_step)
{
    const char *id = NULL;
    if (o->result->verdict == VERDICT_ERROR || ended_early(o->result) ||
        fault_set_unused(o->faults, of_step, &id) == 0)
        return;
    if (o->conf->own_setup) {
        skip_late(o->result,
                  xasprintf("no login of this setup comes by the place of the fault %s", id));
        return;
    }
    run_worsen(o->result, VERDICT_ERROR,
               xasprintf("the fault %s was never played: no step comes by its place", id));
}

/* The steps; those of a step's own faults end with it. */
static void run_steps(struct run_one *o)
{
    struct run_result *r = o->result;
    r->steps = xcalloc(o->scenario->steps_len, sizeof(*r->steps));
    for (size_t i = 0; i < o->scenario->steps_len; i++) {
        const struct scenario_step *step = &o->scenario->steps[i];
        struct run_step *done = &r->steps[r->steps_len++];
        for (size_t f = 0; f < step->faults_len; f++)
            run_add_fault(o, &step->faults[f]);
        int64_t before = clock_mono_ns();
        run_step(o, step, done);
        done->took_us = (clock_mono_ns() - before) / 1000;
        r->evaluated += done->evaluated;
        const char *reason = done->verdict.reason;
        bool broke = done->verdict.kind == VERDICT_ERROR;
        run_worsen(r, done->verdict.kind,
                   broke ? xstrdup(reason != NULL ? reason : "a step broke") : NULL);
        const char *unseen = o->conf->own_setup ? unseen_check(done) : NULL;
        if (unseen != NULL) {
            skip_late(r, xasprintf("its check sees nothing here: %s", unseen));
            return;
        }
        if (broke || ended_early(r))
            break; /* what is left needs what this step did not bring */
        judge_unused_faults(o, true);
        if (r->verdict == VERDICT_SKIP)
            return;
        fault_set_clear_step(o->faults);
    }
    judge_unused_faults(o, false);
    if (r->verdict == VERDICT_PASS && r->evaluated == 0)
        run_worsen(r, VERDICT_ERROR, xstrdup("nothing was evaluated in any step"));
    run_judge_silence(o);
}

/* A call that asks Argo CD for a right takes for granted that the login's person has it. */
static bool asks_rights_of_stand_in(const struct run_one *o)
{
    bool asks = false, stands_in = false;
    for (size_t i = 0; i < o->scenario->steps_len; i++) {
        const struct scenario_step *step = &o->scenario->steps[i];
        struct run_cast cast = {0};
        struct err err = {0};
        asks = asks || (step->kind == SCENARIO_CALL && cstr_contains(step->path, "/can-i/"));
        stands_in = stands_in ||
                    (step->as != NULL && run_cast(o->conf, o->setup, step->as, &cast, &err) == 0 &&
                     cast.in_place_of != NULL);
    }
    return asks && stands_in;
}

/* A role that nobody of this setup has (the library's scenarios run on anybody's): nothing to
 * judge. */
static bool skip_without_person(struct run_one *o)
{
    static const char *const roles[] = {"admin", "viewer", "nobody", "both", NULL};
    for (size_t i = 0; i < o->scenario->steps_len; i++)
        for (size_t r = 0; o->scenario->steps[i].kind == SCENARIO_LOGIN && roles[r] != NULL; r++) {
            struct run_cast cast = {0};
            struct err err = {0};
            const char *as = o->scenario->steps[i].as;
            if (strcmp(as, roles[r]) != 0 || run_cast(o->conf, o->setup, as, &cast, &err) == 0)
                continue;
            run_worsen(o->result, VERDICT_SKIP, xasprintf("as: %s: %s", as, err.msg));
            o->result->nobody = true;
            return true;
        }
    if (asks_rights_of_stand_in(o)) {
        run_worsen(o->result, VERDICT_SKIP,
                   xstrdup("it asks what role:admin may do, which nobody has"));
        return true;
    }
    const char *stranger = run_stranger(o->setup, o->scenario);
    if (stranger == NULL)
        return false;
    run_worsen(o->result, VERDICT_SKIP,
               xasprintf("as: %s: the setup has no such person, whom the guide's has", stranger));
    return true;
}

static void run_prepared(struct run_one *o)
{
    struct err err = {0};
    char *skip = run_skip_reason(o->conf, o->scenario, o->setup);
    if (skip != NULL) {
        run_worsen(o->result, VERDICT_SKIP, skip);
        return;
    }
    if (skip_without_person(o))
        return;
    if (make_world(o, &err) != 0) {
        scenario_error(o->result, &err);
        return;
    }
    run_steps(o);
}

static void run_one_deinit(struct run_one *o)
{
    login_agents_free(o->agents);
    world_free(o->world);
    fault_set_free(o->faults);
    o->result->trace = o->trace; /* all parties are quiet now: the trace is frozen */
    clock_free(o->clock);
    rnd_free(o->rnd);
    for (size_t i = 0; i < o->setups.len; i++)
        setup_free(o->setups.items[i]);
    vec_deinit(&o->setups);
    js_free(o->doc);
}

/* The library calls authentik's connector "authentik"; a setup may call it otherwise. */
static void rename_connector(const struct setup *base, struct js *patch)
{
    const char *own = js_get_text(setup_authentik_connector(base), "id");
    struct js *connectors = js_path(patch, "dex", "connectors", NULL);
    struct js *changed = js_get(connectors, "authentik");
    if (own == NULL || changed == NULL || strcmp(own, "authentik") == 0 ||
        js_get(connectors, own) != NULL)
        return;
    js_set(connectors, own, js_dup(changed));
    js_remove(connectors, "authentik");
}

/* A scenario with a policy of its own means that policy alone: what else somebody's own ConfigMap
 * says (a match mode, a default, overlays) is taken away by its patch. */
static void put_policy_aside(const struct js *doc, struct js *patch)
{
    struct js *own = js_get(js_get(patch, "argocd"), "rbac_cm");
    if (js_get(own, "policy.csv") == NULL)
        return;
    for (struct js_iter it = js_iter(js_path(doc, "argocd", "rbac_cm", NULL)); js_next(&it);)
        if (js_get(own, it.key) == NULL)
            js_set(own, it.key, js_null());
}

/* The setup document with the scenario's own changes. */
static struct js *patched(const struct run_conf *conf, const struct setup *base,
                          const struct js *patch)
{
    if (patch == NULL)
        return js_dup(conf->setup_doc);
    AUTO(js_free) struct js *expanded = run_expand_json(base, patch);
    rename_connector(base, expanded);
    if (conf->own_setup)
        put_policy_aside(conf->setup_doc, expanded);
    return js_merge_patch(conf->setup_doc, expanded);
}

/* What broke after the last step was judged, or before a world was there. */
static void judge_end(struct stage *stage, struct run_result *r)
{
    AUTO(xfree) char *trouble = http_host_trouble(stage_host(stage));
    if (trouble == NULL || r->verdict == VERDICT_ERROR)
        return;
    r->verdict = VERDICT_ERROR;
    xfree(r->reason);
    r->reason = trouble;
    trouble = NULL;
}

void run_scenario(const struct run_conf *conf, const struct setup *base, struct stage *stage,
                  const struct scenario *s, struct run_result *ret)
{
    struct run_one o = {.conf = conf, .base = base, .scenario = s, .stage = stage, .result = ret};
    struct err err = {0};
    int64_t before = clock_mono_ns();
    o.rnd = rnd_new_seeded(conf->seed, s->id);
    o.doc = patched(conf, base, s->patch);
    setup_keep_secretkey(base, o.doc);
    if (run_build_setup(&o, &err) != 0)
        scenario_error(ret, &err);
    else
        run_prepared(&o);
    run_one_deinit(&o);
    judge_end(stage, ret);
    ret->took_us = (clock_mono_ns() - before) / 1000;
}
