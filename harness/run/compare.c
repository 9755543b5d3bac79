/*
 * Expectation against what came. Every difference is one line in `expected` and one in `actual`, so
 * that a report shows them side by side.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/http/html.h"
#include "harness/run/expand.h"
#include "harness/run/one.h"

struct compare {
    const struct setup *base;
    const struct trace *trace;
    bool some_log_is_hidden; /* live systems keep theirs */
    const struct scenario_step *step;
    const struct run_seen *seen;
    const char *default_role; /* that somebody's own setup gives everybody, or NULL */
    struct run_step *ret;
    struct buf expected;
    struct buf actual;
};

/* For those who ask which lines differ (known failures), not only how it reads. */
static void keep(struct run_step *s, const char *what, const char *expected, const char *actual)
{
    static const char check[] = "check ";
    s->differences = xrealloc(s->differences, (s->differences_len + 1) * sizeof(*s->differences));
    s->differences[s->differences_len++] = (struct run_difference){
        .what = xstrdup(what),
        .check = cstr_starts(what, check) ? xstrdup(what + strlen(check)) : NULL,
        .expected = xstrdup(expected),
        .actual = xstrdup(actual),
    };
}

static void differ(struct compare *c, const char *what, const char *expected, const char *actual)
{
    const char *separator = c->expected.len > 0 ? "\n" : "";
    expected = expected != NULL ? expected : "(nothing)";
    actual = actual != NULL ? actual : "(nothing)";
    buf_addf(&c->expected, "%s%s: %s", separator, what, expected);
    buf_addf(&c->actual, "%s%s: %s", separator, what, actual);
    keep(c->ret, what, expected, actual);
}

/* One more line that could have differed. */
static void evaluate(struct compare *c)
{
    c->ret->evaluated++;
}

static void compare_text(struct compare *c, const char *what, const char *expected,
                         const char *actual)
{
    if (expected == NULL)
        return;
    evaluate(c);
    if (!cstr_eq(expected, actual))
        differ(c, what, expected, actual);
}

/* A log line of any mock up to the end of the step that contains the text; NULL if there is none.
 */
static const char *find_log(const struct compare *c, const char *text)
{
    size_t to = trace_len(c->trace);
    for (size_t i = 0; i < to; i++) {
        const struct trace_event *e = trace_at(c->trace, i);
        if (e->kind == TRACE_LOG && cstr_contains(e->text, text))
            return e->text;
    }
    return NULL;
}

/* A log entry may be a whole page: its first line tells. */
static void add_first_line(struct buf *b, const struct trace_event *e)
{
    size_t len = strcspn(e->text, "\n");
    buf_addf(b, "%s  [%s] %.*s%s", b->len > 0 ? "\n" : "", e->from, (int)len, e->text,
             e->text[len] != '\0' ? " ..." : "");
}

/* The lines the party left in this step, as "actual" for a log that was not found. */
static char *logs_of(const struct compare *c, const char *party)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, 16UL * 1024);
    size_t from = c->seen->is_login ? c->seen->login.trace_from : 0;
    for (size_t i = from; i < trace_len(c->trace); i++) {
        const struct trace_event *e = trace_at(c->trace, i);
        if (e->kind == TRACE_LOG && (party == NULL || strcmp(e->from, party) == 0))
            add_first_line(&b, e);
    }
    if (!buf_ok(&b))
        return xasprintf("%s\n  (and more)", b.ptr);
    return b.len > 0 ? buf_take(&b) : xstrdup("  (no log line)");
}

static void compare_log(struct compare *c, const char *text)
{
    bool found = text != NULL && find_log(c, text) != NULL;
    if (text == NULL || (!found && c->some_log_is_hidden))
        return;
    evaluate(c);
    if (found)
        return;
    AUTO(xfree) char *logs = logs_of(c, c->step->expect.by);
    AUTO(xfree) char *lines = xasprintf("none of these has it\n%s", logs);
    differ(c, "log", text, lines);
}

/* As sets: sorted texts are equal. */
static void compare_set(struct compare *c, const char *what, const struct scenario_list *expected,
                        const struct strlist *actual)
{
    if (!expected->present)
        return;
    evaluate(c);
    AUTO(xfree) char *a = strlist_set_text(expected->items, expected->len);
    AUTO(xfree) char *b = strlist_set_text((const char *const *)actual->items, actual->len);
    if (strcmp(a, b) != 0)
        differ(c, what, a, b);
}

static bool is_within(const struct strlist *some, const struct strlist *all)
{
    bool ret = true;
    for (size_t i = 0; i < some->len; i++)
        ret = ret && strlist_has(all, some->items[i]);
    return ret;
}

/* What came as groups, and not by another claim. */
static void groups_of(const struct run_seen *s, struct strlist *ret)
{
    for (size_t i = 0; i < s->login.groups.len; i++)
        if (!strlist_has(&s->other_subjects, s->login.groups.items[i]))
            strlist_add(ret, s->login.groups.items[i]);
}

static void compare_groups(struct compare *c, const struct scenario_list *expected)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    groups_of(c->seen, &groups);
    compare_set(c, "groups", expected, &groups);
}

/* Every group the setup knows has come, maybe twice (two mappings that give groups: authentik.md
 * 3.2); with a real authentik there may be more. */
static bool has_own_groups(const struct run_seen *s)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    groups_of(s, &groups);
    return is_within(&s->own_groups, &groups) && (s->is_real || is_within(&groups, &s->own_groups));
}

/* as_configured: whoever signed in has what is theirs, no less and no more. */
static void compare_own(struct compare *c)
{
    const struct run_seen *s = c->seen;
    const struct scenario_list groups = {true, (const char *const *)s->own_groups.items,
                                         s->own_groups.len};
    const struct scenario_list roles = {true, (const char *const *)s->own_roles.items,
                                        s->own_roles.len};
    if (!s->has_own || s->login.outcome != LOGIN_SIGNED_IN)
        return;
    evaluate(c);
    if (!has_own_groups(s))
        compare_groups(c, &groups);
    compare_set(c, "roles", &roles, &s->roles);
}

/* Whoever stands for the role has the policy's own in its place, and everybody has what the setup
 * gives to all. */
static void compare_roles(struct compare *c)
{
    const struct run_seen *s = c->seen;
    const struct scenario_list *roles = &c->step->expect.roles;
    bool other = run_stands_for(s->in_place_of, &c->step->expect);
    AUTO(strlist_deinit) struct strlist all = {0};
    if (other)
        strlist_add_all(&all, (const char *const *)s->own_roles.items, s->own_roles.len);
    else
        strlist_add_all(&all, roles->items, roles->len);
    bool signed_in = s->login.outcome == LOGIN_SIGNED_IN;
    if (c->default_role != NULL && signed_in && !strlist_has(&all, c->default_role))
        strlist_add(&all, c->default_role);
    const struct scenario_list expected = {roles->present || other, (const char *const *)all.items,
                                           all.len};
    compare_set(c, "roles", &expected, &s->roles);
}

static void compare_user(struct compare *c, const struct js *user, const struct login_result *login)
{
    if (user == NULL)
        return;
    if (js_text(user) != NULL) {
        compare_text(c, "user", js_text(user), login->user);
        return;
    }
    compare_text(c, "user.name", js_get_text(user, "name"), login->user);
    compare_text(c, "user.id", js_get_text(user, "id"), login->user_id);
}

/* A page may show a text escaped or plain; what counts is what a person reads (design.md 5). */
static void compare_shown(struct compare *c, const char *expected, const char *actual)
{
    if (expected == NULL)
        return;
    evaluate(c);
    AUTO(xfree) char *read = html_unescape(actual != NULL ? actual : "");
    if (!cstr_contains(read, expected) && !cstr_contains(actual, expected))
        differ(c, "shown", expected, actual);
}

static void compare_login(struct compare *c)
{
    const struct scenario_expect *e = &c->step->expect;
    const struct login_result *l = &c->seen->login;
    compare_text(c, "outcome", e->outcome, login_outcome_name(l->outcome));
    compare_text(c, "by", e->by, l->by);
    compare_text(c, "at", e->at, l->at);
    AUTO(xfree) char *shown = run_expand(c->base, e->shown);
    AUTO(xfree) char *log = run_expand(c->base, e->log);
    compare_shown(c, shown, l->shown);
    compare_log(c, log);
    compare_user(c, e->user, l);
    compare_groups(c, &e->groups);
    compare_roles(c);
    if (e->as_configured)
        compare_own(c);
    /* A login that ended otherwise than expected shows where and with which words. */
    if (c->expected.len > 0 && l->outcome != LOGIN_SIGNED_IN && cstr_eq(e->outcome, "signed-in")) {
        AUTO(xfree) char *logs = logs_of(c, NULL);
        buf_addf(&c->actual, "\nrefused by: %s at %s: %s\nlogs:\n%s", l->by, l->at,
                 l->shown != NULL ? l->shown : "", logs);
    }
}

static void compare_call(struct compare *c)
{
    const struct scenario_expect *e = &c->step->expect;
    if (e->status != 0)
        evaluate(c);
    if (e->status != 0 && e->status != c->seen->status) {
        AUTO(xfree) char *expected = xasprintf("%d", (int)e->status);
        AUTO(xfree) char *actual = xasprintf("%d %s", c->seen->status, c->seen->body);
        differ(c, "status", expected, actual);
    }
    AUTO(xfree) char *body = run_expand(c->base, e->body);
    if (body != NULL)
        evaluate(c);
    if (body != NULL && !cstr_contains(c->seen->body, body))
        differ(c, "body", body, c->seen->body);
}

bool run_expects_to_fail(const struct scenario_expect *e, const char *check)
{
    for (size_t i = 0; i < e->checks_fail.len; i++)
        if (strcmp(e->checks_fail.items[i], check) == 0)
            return true;
    return false;
}

/* What passes between live systems nobody sees: the check says so itself, and is no difference. */
static bool is_hidden(const struct compare *c, const struct verdict *v)
{
    return c->some_log_is_hidden && v->kind == VERDICT_SKIP;
}

/* Checks that fail must be named, and those that are named must fail (design.md 5). */
static void compare_checks(struct compare *c)
{
    for (size_t i = 0; i < c->ret->checks_len; i++) {
        const struct check_result *r = &c->ret->checks[i];
        AUTO(xfree) char *name = xasprintf("%s/%s", check_of_name(r->of), r->check->id);
        AUTO(xfree) char *what = xasprintf("check %s", name);
        bool wanted = run_expects_to_fail(&c->step->expect, name);
        bool failed = r->verdict.kind == VERDICT_FAIL;
        if (failed || r->verdict.kind == VERDICT_PASS)
            evaluate(c);
        if (r->verdict.kind == VERDICT_ERROR)
            verdict_error(&c->ret->verdict, "check %s: %s", name, r->verdict.reason);
        else if (failed && !wanted) {
            AUTO(xfree)
            char *expected =
                xasprintf("%s (%s: %s)\n  %s", r->verdict.expected,
                          check_severity_name(r->check->severity), r->check->spec, r->check->link);
            differ(c, what, expected, r->verdict.actual);
        } else if (wanted && !failed && !is_hidden(c, &r->verdict)) {
            AUTO(xfree)
            char *actual = xasprintf("%s%s%s", verdict_name(r->verdict.kind),
                                     r->verdict.reason != NULL ? ": " : "",
                                     r->verdict.reason != NULL ? r->verdict.reason : "");
            differ(c, what, "fail", actual);
        }
    }
}

static struct js *actual_json(const struct compare *c)
{
    struct js *o = js_object();
    const struct login_result *l = &c->seen->login;
    if (!c->seen->is_login) {
        js_set(o, "status", js_int(c->seen->status));
        js_set(o, "body", js_string(c->seen->body));
        return o;
    }
    js_set_text(o, "outcome", login_outcome_name(l->outcome));
    if (l->outcome != LOGIN_SIGNED_IN) {
        js_set(o, "by", js_string(l->by));
        js_set(o, "at", js_string(l->at));
        js_set(o, "shown", js_string(l->shown));
        AUTO(xfree) char *logs = logs_of(c, NULL);
        js_set_text(o, "log", logs);
        return o;
    }
    js_set(o, "user", js_string(l->user));
    js_set(o, "user_id", js_string(l->user_id));
    js_set(o, "groups", js_texts(&l->groups));
    js_set(o, "roles", js_texts(&c->seen->roles));
    return o;
}

static void compare_all(struct compare *c)
{
    buf_init(&c->expected, BUF_MAX_TEXT);
    buf_init(&c->actual, BUF_MAX_TEXT);
    if (c->seen->is_login)
        compare_login(c);
    else
        compare_call(c);
    compare_checks(c);
}

void run_compare(struct run_one *o, const struct scenario_step *step, struct run_step *ret)
{
    struct compare c = {.base = o->base,
                        .trace = o->trace,
                        .some_log_is_hidden = world_any_live(o->world),
                        .step = step,
                        .seen = &ret->seen,
                        .default_role = run_default_role(o->conf, o->setup, o->scenario),
                        .ret = ret};
    compare_all(&c);
    /* What can-i found stands in the verdict already; it joins the differences. */
    if (ret->verdict.kind == VERDICT_FAIL)
        differ(&c, "rights", ret->verdict.expected, ret->verdict.actual);
    if (c.expected.len > 0)
        verdict_fail(&ret->verdict, c.expected.ptr, c.actual.ptr);
    else
        verdict_pass(&ret->verdict, "as expected");
    ret->actual = actual_json(&c);
    buf_deinit(&c.expected);
    buf_deinit(&c.actual);
}

static bool any_live(const struct run_suite *s)
{
    return s->live[SYSTEM_AUTHENTIK] || s->live[SYSTEM_DEX] || s->live[SYSTEM_ARGOCD];
}

/* The verdict of a check that broke belongs to the run; a scratch one takes it here. */
static bool step_differs(const struct run_suite *suite, const struct run_result *r,
                         const struct run_step *done, const struct scenario_step *step)
{
    struct run_step scratch = {.checks = done->checks, .checks_len = done->checks_len};
    struct compare c = {.base = suite->setup,
                        .trace = r->trace,
                        .some_log_is_hidden = any_live(suite),
                        .step = step,
                        .seen = &done->seen,
                        .ret = &scratch};
    compare_all(&c);
    bool differs = c.expected.len > 0;
    buf_deinit(&c.expected);
    buf_deinit(&c.actual);
    verdict_deinit(&scratch.verdict);
    run_forget_differences(&scratch);
    return differs;
}

enum run_holds run_would_hold(const struct run_suite *suite, const struct run_result *r,
                              const struct scenario *other)
{
    bool differs = false;
    if (r->trace == NULL || r->steps_len != other->steps_len)
        return RUN_UNCOMPARABLE;
    for (size_t i = 0; i < r->steps_len; i++) {
        if (r->steps[i].verdict.kind == VERDICT_ERROR)
            return RUN_UNCOMPARABLE;
        differs = differs || (other->steps[i].expect.present &&
                              step_differs(suite, r, &r->steps[i], &other->steps[i]));
    }
    return differs ? RUN_DIFFERS : RUN_HOLDS;
}
