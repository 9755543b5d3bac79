/*
 * The steps, by a table: what each does to the world and what it leaves to compare.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jwt.h"
#include "harness/run/expand.h"
#include "harness/run/one.h"

/* -1 when the harness broke; the step's verdict is then an error with err's text. */
typedef int (*step_action)(struct run_one *o, const struct scenario_step *step,
                           struct run_step *ret, struct err *err);

static void judge_checks(struct run_one *o, const struct scenario_step *of,
                         const struct login_result *login, enum check_step step,
                         struct run_step *ret)
{
    struct check_view view = {
        .trace = o->trace,
        .from = login->trace_from,
        .to = trace_len(o->trace), /* with the questions asked after the login */
        .setup = o->setup,
        .step = step,
    };
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        view.live[s] = world_is_live(o->world, (enum system)s);
    check_login(&view, &ret->checks, &ret->checks_len);
    run_excuse_checks(o->setup, &of->expect, ret->checks, ret->checks_len);
}

static void add_roles(const struct run_one *o, const struct login_result *login,
                      struct strlist *ret)
{
    if (login->outcome == LOGIN_SIGNED_IN && o->setup->argocd.rbac != NULL &&
        login->user_id != NULL)
        rbac_roles(o->setup->argocd.rbac, login->user_id, &login->groups, ret);
}

static bool holds(const struct js *claim, const char *name)
{
    bool ret = cstr_eq(js_text(claim), name);
    for (size_t i = 0; i < js_len(claim); i++)
        ret = ret || cstr_eq(js_text(js_at(claim, i)), name);
    return ret;
}

/* Of what is shown as a group, that which stands in another claim of the token alone. */
static void add_other_subjects(const struct run_one *o, struct run_seen *ret)
{
    const struct login_result *l = &ret->login;
    AUTO(js_free)
    struct js *claims = l->session_token != NULL ? jwt_claims_unverified(l->session_token) : NULL;
    for (const char *const *s = o->setup->argocd.rbac_scopes; claims != NULL && *s != NULL; s++)
        for (size_t i = 0; strcmp(*s, "groups") != 0 && i < l->groups.len; i++)
            if (holds(js_get(claims, *s), l->groups.items[i]) &&
                !holds(js_get(claims, "groups"), l->groups.items[i]))
                strlist_add(&ret->other_subjects, l->groups.items[i]);
}

/* What the setup and its policy give the person, whatever came of the login. */
static void add_own(const struct run_one *o, struct run_seen *ret)
{
    const struct setup_person *person = o->cast.person;
    AUTO(strlist_deinit) struct strlist subjects = {0};
    for (const char *const *g = person->groups; g != NULL && *g != NULL; g++)
        strlist_add(&ret->own_groups, *g);
    strlist_add_all(&subjects, (const char *const *)ret->own_groups.items, ret->own_groups.len);
    strlist_add_all(&subjects, (const char *const *)ret->other_subjects.items,
                    ret->other_subjects.len);
    if (o->setup->argocd.rbac != NULL && ret->login.user_id != NULL)
        rbac_roles(o->setup->argocd.rbac, ret->login.user_id, &subjects, &ret->own_roles);
    ret->has_own = true;
    ret->in_place_of = o->cast.in_place_of;
    ret->is_real = world_is_live(o->world, SYSTEM_AUTHENTIK);
}

static int do_login(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                    struct err *err)
{
    if (run_cast(o->conf, o->setup, step->as, &o->cast, err) != 0)
        return err_wrap(err, "%s:%d: as: %s", o->scenario->file, step->line, step->as);
    const struct setup_person *person = o->cast.person;
    AUTO(js_free) struct js *request = NULL;
    if (step->request != NULL)
        request = run_expand_json(o->base, step->request);
    struct login_request req = {
        .person = person,
        .request = request,
        .via = cstr_eq(step->via, "cli")      ? LOGIN_CLI
               : cstr_eq(step->via, "direct") ? LOGIN_DIRECT
                                              : LOGIN_UI,
        .fresh_browser = step->fresh_browser,
        .second_factor = step->second_factor,
        .remember_me = step->remember_me,
        .sso_port = step->sso_port,
        .callback = step->callback,
        .context = step->context,
        .no_launch = step->no_launch,
        .relogin = step->relogin,
        .redirect_uri = run_redirect_uri(o->scenario, o->base),
    };
    AUTO(xfree) char *wrong = step->password != NULL ? xasprintf("not-%s", person->password) : NULL;
    req.password = wrong;
    struct login_result *login = &ret->seen.login;
    int rc = login_run(o->agents, &req, login, err);
    trace_settle(o->trace);
    if (rc != 0)
        return -1;
    ret->seen.is_login = true;
    if (login->outcome == LOGIN_SIGNED_IN && req.via != LOGIN_DIRECT)
        run_ask_rights(o, step, login, ret);
    judge_checks(o, step, login, CHECK_LOGIN, ret);
    add_roles(o, login, &ret->seen.roles);
    add_other_subjects(o, &ret->seen);
    add_own(o, &ret->seen);
    run_compare(o, step, ret);
    return 0;
}

static int do_refresh(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                      struct err *err)
{
    if (login_refresh(o->agents, &ret->seen.login, err) != 0)
        return -1;
    trace_settle(o->trace);
    ret->seen.is_login = true;
    judge_checks(o, step, &ret->seen.login, CHECK_LOGIN, ret);
    add_roles(o, &ret->seen.login, &ret->seen.roles);
    add_other_subjects(o, &ret->seen);
    if (o->cast.person != NULL)
        add_own(o, &ret->seen);
    run_compare(o, step, ret);
    return 0;
}

static int do_logout(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                     struct err *err)
{
    if (login_logout(o->agents, step->from, &ret->seen.login, err) != 0)
        return -1;
    trace_settle(o->trace);
    ret->seen.is_login = true;
    judge_checks(o, step, &ret->seen.login, CHECK_LOGOUT, ret);
    run_compare(o, step, ret);
    return 0;
}

static int do_call(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                   struct err *err)
{
    AUTO(xfree) char *path = run_expand(o->base, step->path);
    const struct login_call call = {
        .method = step->method, .path = path, .token = step->token, .body = step->body};
    if (login_api(o->agents, &call, &ret->seen.status, &ret->seen.body, err) != 0)
        return -1;
    trace_settle(o->trace);
    run_compare(o, step, ret);
    return 0;
}

static int do_advance(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                      struct err *err)
{
    int64_t before_ms = clock_now_ms(o->clock);
    clock_advance_ms(o->clock, step->advance_ms);
    if (clock_now_ms(o->clock) - before_ms < step->advance_ms)
        return err_set(err, ERR_INTERNAL, "the clock did not move by %lld ms",
                       (long long)step->advance_ms);
    ret->evaluated++;
    trace_note(o->trace, "harness", "clock moved by %lld ms", (long long)step->advance_ms);
    verdict_pass(&ret->verdict, "clock moved by %lld s", (long long)(step->advance_ms / 1000));
    return 0;
}

enum system run_system_of(const char *name)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (cstr_eq(name, system_name((enum system)s)))
            return (enum system)s;
    return SYSTEM_MAX_;
}

static int do_rotate(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                     struct err *err)
{
    if (world_rotate(o->world, run_system_of(step->system), err) != 0)
        return -1;
    trace_note(o->trace, "harness", "signing key of %s rotated", step->system);
    ret->evaluated++; /* that it was carried out */
    verdict_pass(&ret->verdict, "signing key of %s rotated", step->system);
    return 0;
}

static int do_restart(struct run_one *o, const struct scenario_step *step, struct run_step *ret,
                      struct err *err)
{
    if (world_restart(o->world, run_system_of(step->system), err) != 0)
        return -1;
    trace_note(o->trace, "harness", "%s restarted", step->system);
    ret->evaluated++;
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
    ret->evaluated++;
    verdict_pass(&ret->verdict, "setup changed");
    return 0;
}

/* An expectation of which no line was compared and no check judged says nothing, whatever stands in
 * its verdict (issue 3, item 7). */
void run_judge_evaluated(struct run_step *step)
{
    bool judged = step->verdict.kind == VERDICT_PASS || step->verdict.kind == VERDICT_FAIL;
    if (judged && step->evaluated == 0)
        verdict_error(&step->verdict,
                      "nothing was evaluated: no line was compared and no check judged");
}

static const step_action actions[SCENARIO_KIND_MAX_] = {
    [SCENARIO_LOGIN] = do_login,     [SCENARIO_REFRESH] = do_refresh,
    [SCENARIO_LOGOUT] = do_logout,   [SCENARIO_CALL] = do_call,
    [SCENARIO_ADVANCE] = do_advance, [SCENARIO_ROTATE_KEYS] = do_rotate,
    [SCENARIO_RESTART] = do_restart, [SCENARIO_CHANGE] = do_change,
};

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
    run_judge_evaluated(ret);
    /* A live system that is down is no verdict about anybody (design.md 2.7). */
    AUTO(xfree) char *silence = ret->verdict.kind == VERDICT_FAIL ? run_silence(o) : NULL;
    if (silence != NULL)
        verdict_error(&ret->verdict, "%s", silence);
}
