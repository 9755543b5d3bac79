/*
 * Changes of the running world, by the functions that a scenario's steps use; and its state.
 */
#include "harness/base/str.h"
#include "harness/control/internal.h"
#include "harness/run/vocabulary.h"
#include "harness/scenario/scenario.h"

#define ADVANCE_MAX_MS (INT64_C(3650) * 24 * 3600 * 1000) /* ten years in all */

/* ---- state ---- */

static struct js *state_versions(const struct setup *s)
{
    struct js *o = js_object();
    js_set(o, "authentik", js_string(s->authentik.version));
    js_set(o, "dex", js_string(s->dex_version));
    js_set(o, "argocd", js_string(s->argocd.version));
    return o;
}

static struct js *state_people(const struct setup *s)
{
    struct js *list = js_array();
    for (size_t i = 0; i < s->people_len; i++) {
        const struct setup_person *p = &s->people[i];
        struct js *o = js_object();
        struct js *groups = js_array();
        for (const char *const *g = p->groups; g != NULL && *g != NULL; g++)
            js_append_text(groups, *g);
        js_set_text(o, "person", p->id);
        js_set_text(o, "username", p->username);
        js_set(o, "active", js_bool(p->active));
        js_set(o, "groups", groups);
        js_append(list, o);
    }
    return list;
}

static struct js *state_clock(const struct control *c)
{
    char text[CLOCK_TEXT];
    struct js *o = js_object();
    js_set_text(o, "now", clock_rfc3339(clock_now_s(c->conf.clock), text));
    js_set(o, "offset_ms", js_int(c->offset_ms));
    return o;
}

static struct js *state_trace(const struct control *c)
{
    struct js *o = js_object();
    js_set(o, "first", js_int((int64_t)trace_first(c->conf.trace)));
    js_set(o, "next", js_int((int64_t)trace_len(c->conf.trace)));
    return o;
}

static struct js *state_setup(const struct control *c)
{
    AUTO(redactor_free) struct redactor *r = control_redactor(c);
    struct js *setup = redact_json_values(r, c->setup->doc);
    js_remove(setup, "read"); /* how it was read is no part of it */
    return setup;
}

static struct js *state_down(const struct control *c)
{
    struct js *list = js_array();
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (world_is_down(c->conf.world, (enum system)s))
            js_append_text(list, system_name((enum system)s));
    return list;
}

void control_get_state(struct control *c, const struct http_request *req,
                       struct http_response *resp)
{
    struct js *o = js_object();
    (void)req;
    js_set(o, "versions", state_versions(c->setup));
    js_set(o, "down", state_down(c));
    js_set(o, "clock", state_clock(c));
    js_set(o, "people", state_people(c->setup));
    js_set(o, "kept", world_counts(c->conf.world));
    js_set(o, "trace", state_trace(c));
    js_set(o, "setup", state_setup(c));
    control_answer(resp, o);
}

/* ---- setup ---- */

/* The patched document with serve's addresses: whoever patches may write those of the files. */
static struct js *patched(const struct control *c, const struct js *patch)
{
    struct js *doc = js_merge_patch(c->setup->doc, patch);
    for (const struct control_move *m = c->conf.moves; m->from != NULL; m++) {
        struct js *moved = setup_move_origin(doc, m->from, m->to);
        js_free(doc);
        doc = moved;
    }
    return doc;
}

/* Where the systems are was printed in the ready line and is what they listen on. */
static int check_places(const struct setup *before, const struct setup *after, struct err *err)
{
    if (!cstr_eq(before->authentik.url, after->authentik.url))
        return err_set(err, ERR_USAGE, "authentik.url is '%s' while serving, it cannot be '%s'",
                       before->authentik.url, after->authentik.url ? after->authentik.url : "");
    if (!cstr_eq(before->argocd.url, after->argocd.url))
        return err_set(err, ERR_USAGE, "argocd.url is '%s' while serving, it cannot be '%s'",
                       before->argocd.url, after->argocd.url ? after->argocd.url : "");
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (before->live[s].is_live != after->live[s].is_live ||
            (after->live[s].url != NULL && !cstr_eq(before->live[s].url, after->live[s].url)))
            return err_set(err, ERR_USAGE, "live.%s cannot change while serving",
                           system_name((enum system)s));
    return 0;
}

static int build(const struct control *c, const struct http_request *req, struct setup **ret,
                 struct err *err)
{
    AUTO(scenario_free) struct scenario *change = NULL;
    AUTO(js_free) struct js *json = NULL;
    AUTO(setup_free) struct setup *fresh = NULL;
    struct str text = {req->body, req->body_len};
    if (js_parse(text, "body", &json, err) != 0 ||
        scenario_parse_change(text, "body", run_vocabulary(), &change, err) != 0)
        return -1;
    AUTO(js_free) struct js *doc = patched(c, change->patch);
    if (setup_build(doc, c->conf.source, c->conf.rnd, &fresh, err) != 0 ||
        run_check_versions(fresh, err) != 0 || check_places(c->setup, fresh, err) != 0)
        return -1;
    *ret = fresh;
    fresh = NULL;
    return 0;
}

/* What a mock refuses leaves all of them as they were. */
static int put_in_force(struct control *c, struct setup *fresh, struct err *err)
{
    struct err ignored = {0};
    if (world_change(c->conf.world, fresh, err) == 0)
        return 0;
    if (world_change(c->conf.world, c->setup, &ignored) != 0)
        return err_wrap(err, "the setup before could not be put in force again (%s)", ignored.msg);
    return -1;
}

void control_patch_setup(struct control *c, const struct http_request *req,
                         struct http_response *resp)
{
    AUTO(setup_free) struct setup *fresh = NULL;
    struct err err = {0};
    if (build(c, req, &fresh, &err) != 0) {
        control_refuse_err(resp, &err);
        return;
    }
    control_learn(c, fresh); /* before any party can show it */
    if (put_in_force(c, fresh, &err) != 0) {
        control_retire(c, fresh, NULL); /* somebody may have seen it meanwhile */
        fresh = NULL;
        control_refuse_err(resp, &err);
        return;
    }
    control_retire(c, c->own, NULL);
    c->own = fresh;
    c->setup = fresh;
    fresh = NULL;
    trace_note(c->conf.trace, "harness", "setup changed");
    struct js *o = js_object();
    js_set(o, "down", state_down(c));
    js_set(o, "people", state_people(c->setup));
    js_set(o, "setup", state_setup(c));
    control_answer(resp, o);
}

/* ---- keys, processes, time ---- */

/* The one system of a body {"system": …}; SYSTEM_MAX_: it was refused. */
static enum system system_of(const struct http_request *req, struct http_response *resp)
{
    const char *names[SYSTEM_MAX_ + 1] = {0};
    AUTO(js_free) struct js *body = control_body(req, resp, "system");
    if (body == NULL)
        return SYSTEM_MAX_;
    const char *name = js_get_text(body, "system");
    if (name == NULL) {
        control_refuse(resp, 400, "expected 'system'");
        return SYSTEM_MAX_;
    }
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        names[s] = system_name((enum system)s);
        if (cstr_eq(name, names[s]))
            return (enum system)s;
    }
    control_refuse_unknown(resp, 400, "system", name, names);
    return SYSTEM_MAX_;
}

static void act(struct control *c, const struct http_request *req, struct http_response *resp,
                int (*what)(struct world *w, enum system s, struct err *err), const char *done)
{
    struct err err = {0};
    enum system s = system_of(req, resp);
    if (s == SYSTEM_MAX_)
        return;
    if (what(c->conf.world, s, &err) != 0) {
        control_refuse_err(resp, &err);
        return;
    }
    trace_note(c->conf.trace, "harness", "%s %s", system_name(s), done);
    struct js *o = js_object();
    js_set_text(o, "system", system_name(s));
    js_set(o, "down", state_down(c));
    control_answer(resp, o);
}

void control_rotate_keys(struct control *c, const struct http_request *req,
                         struct http_response *resp)
{
    act(c, req, resp, world_rotate, "has another signing key");
}

void control_restart(struct control *c, const struct http_request *req, struct http_response *resp)
{
    act(c, req, resp, world_restart, "restarted");
}

void control_clock(struct control *c, const struct http_request *req, struct http_response *resp)
{
    AUTO(js_free) struct js *body = control_body(req, resp, "advance");
    int64_t ms = 0;
    if (body == NULL)
        return;
    const char *text = js_get_text(body, "advance");
    if (text == NULL || str_to_duration_ms(str_of(text), &ms) != 0 || ms <= 0) {
        control_refuse(resp, 400, "'advance' is '%s'; it is a duration like 11m",
                       text != NULL ? text : "");
        return;
    }
    if (ms > ADVANCE_MAX_MS - c->offset_ms) {
        control_refuse(resp, 400, "'advance' is '%s'; ten years in all are the most", text);
        return;
    }
    clock_advance_ms(c->conf.clock, ms);
    c->offset_ms += ms;
    trace_note(c->conf.trace, "harness", "clock moved by %lld ms", (long long)ms);
    struct js *o = js_object();
    js_set(o, "clock", state_clock(c));
    control_answer(resp, o);
}
