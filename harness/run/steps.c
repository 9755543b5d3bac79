/*
 * The steps, by a table: what each does to the world and what it leaves to compare.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/run/expand.h"
#include "harness/run/one.h"

/* -1 when the harness broke; the step's verdict is then an error with err's text. */
typedef int (*step_action)(struct run_one *o, const struct scenario_step *step,
                           struct run_step *ret, struct err *err);

static void judge_checks(struct run_one *o, const struct login_result *login, struct run_step *ret)
{
    struct check_view view = {
        .trace = o->trace,
        .from = login->trace_from,
        .to = trace_len(o->trace), /* with the questions asked after the login */
        .setup = o->setup,
    };
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        view.live[s] = world_is_live(o->world, (enum system)s);
    check_login(&view, &ret->checks, &ret->checks_len);
}

static void add_roles(const struct run_one *o, const struct login_result *login,
                      struct strlist *ret)
{
    if (login->outcome == LOGIN_SIGNED_IN && o->setup->argocd.rbac != NULL &&
        login->user_id != NULL)
        rbac_roles(o->setup->argocd.rbac, login->user_id, &login->groups, ret);
}

static int do_login(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                    struct err *err)
{
    const struct setup_person *person = NULL;
    if (setup_resolve_person(o->setup, step->as, &person, err) != 0)
        return err_wrap(err, "%s:%d: as: %s", o->scenario->file, step->line, step->as);
    struct login_request req = {
        .person = person,
        .via = cstr_eq(step->via, "cli")      ? LOGIN_CLI
               : cstr_eq(step->via, "direct") ? LOGIN_DIRECT
                                              : LOGIN_UI,
        .fresh_browser = step->fresh_browser,
    };
    AUTO(xfree) char *wrong = step->password != NULL ? xasprintf("not-%s", person->password) : NULL;
    req.password = wrong;
    AUTO(login_result_deinit) struct login_result login = {0};
    if (login_run(o->agents, &req, &login, err) != 0)
        return -1;
    if (login.outcome == LOGIN_SIGNED_IN && req.via != LOGIN_DIRECT)
        run_ask_rights(o, step, &login, ret);
    judge_checks(o, &login, ret);
    AUTO(strlist_deinit) struct strlist roles = {0};
    add_roles(o, &login, &roles);
    struct run_seen seen = {.login = &login, .roles = roles};
    run_compare(o, step, &seen, ret);
    return 0;
}

static int do_refresh(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                      struct err *err)
{
    AUTO(login_result_deinit) struct login_result login = {0};
    if (login_refresh(o->agents, &login, err) != 0)
        return -1;
    AUTO(strlist_deinit) struct strlist roles = {0};
    add_roles(o, &login, &roles);
    struct run_seen seen = {.login = &login, .roles = roles};
    run_compare(o, step, &seen, ret);
    return 0;
}

static int do_logout(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                     struct err *err)
{
    AUTO(login_result_deinit) struct login_result login = {0};
    if (login_logout(o->agents, step->from, &login, err) != 0)
        return -1;
    struct run_seen seen = {.login = &login};
    run_compare(o, step, &seen, ret);
    return 0;
}

static int do_call(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                   struct err *err)
{
    const struct login_call call = {
        .method = step->method, .path = step->path, .token = step->token, .body = step->body};
    AUTO(xfree) char *body = NULL;
    struct run_seen seen = {0};
    if (login_api(o->agents, &call, &seen.status, &body, err) != 0)
        return -1;
    seen.body = body;
    run_compare(o, step, &seen, ret);
    return 0;
}

static int do_advance(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                      struct err *err)
{
    (void)err;
    clock_advance_ms(o->clock, step->advance_ms);
    trace_note(o->trace, "harness", "clock moved by %lld ms", (long long)step->advance_ms);
    verdict_pass(&ret->verdict, "clock moved by %lld s", (long long)(step->advance_ms / 1000));
    return 0;
}

static enum system system_of(const char *name)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (cstr_eq(name, system_name((enum system)s)))
            return (enum system)s;
    return SYSTEM_MAX_;
}

static int do_rotate(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                     struct err *err)
{
    if (world_rotate(o->world, system_of(step->system), err) != 0)
        return -1;
    trace_note(o->trace, "harness", "signing key of %s rotated", step->system);
    verdict_pass(&ret->verdict, "signing key of %s rotated", step->system);
    return 0;
}

static int do_restart(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                      struct err *err)
{
    if (world_restart(o->world, system_of(step->system), err) != 0)
        return -1;
    trace_note(o->trace, "harness", "%s restarted", step->system);
    verdict_pass(&ret->verdict, "%s restarted", step->system);
    return 0;
}

static int do_change(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                     struct err *err)
{
    AUTO(js_free) struct js *patch = run_expand_json(o->base, step->patch);
    struct js *doc = js_merge_patch(o->doc, patch);
    js_free(o->doc);
    o->doc = doc;
    if (run_build_setup(o, err) != 0 || world_change(o->world, o->setup, err) != 0)
        return -1;
    trace_note(o->trace, "harness", "setup changed");
    verdict_pass(&ret->verdict, "setup changed");
    return 0;
}

static const step_action actions[SCENARIO_KIND_MAX_] = {
    [SCENARIO_LOGIN] = do_login,     [SCENARIO_REFRESH] = do_refresh,
    [SCENARIO_LOGOUT] = do_logout,   [SCENARIO_CALL] = do_call,
    [SCENARIO_ADVANCE] = do_advance, [SCENARIO_ROTATE_KEYS] = do_rotate,
    [SCENARIO_RESTART] = do_restart, [SCENARIO_CHANGE] = do_change,
};

char *run_silence(const struct run_one *o)
{
    for (size_t i = 0; i < trace_len(o->trace); i++) {
        const struct trace_event *e = trace_at(o->trace, i);
        enum system s = system_of(e->to);
        if (e->kind == TRACE_EXCHANGE && e->status == 0 && s != SYSTEM_MAX_ &&
            world_is_live(o->world, s))
            return xasprintf("%s, which is live here, did not answer %s at %s: %s", system_name(s),
                             e->from, e->url, e->error != NULL ? e->error : "no answer");
    }
    return NULL;
}

static void judge_trouble(struct run_one *o, struct run_step *ret)
{
    AUTO(xfree) char *trouble = run_trouble(o);
    if (trouble != NULL)
        verdict_error(&ret->verdict, "%s", trouble);
}

void run_step(struct run_one *o, const struct scenario_step *step, struct run_step *ret)
{
    ret->text = step->text;
    ret->kind = scenario_kind_name(step->kind);
    ret->line = step->line;
    ret->expected = step->expect.json != NULL ? js_dup(step->expect.json) : NULL;
    struct err err = {0};
    int rc = actions[step->kind](o, step, ret, &err);
    judge_trouble(o, ret);
    if (rc != 0) {
        char text[1024];
        verdict_error(&ret->verdict, "%s", err_text(&err, text, sizeof(text)));
        return;
    }
    /* A live system that is down is no verdict about anybody (design.md 2.7). */
    AUTO(xfree) char *silence = ret->verdict.kind == VERDICT_FAIL ? run_silence(o) : NULL;
    if (silence != NULL)
        verdict_error(&ret->verdict, "%s", silence);
}
