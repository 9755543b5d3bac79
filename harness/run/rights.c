/*
 * What the person may do, asked of Argo CD: the scenario's can: and cannot: lines, and a few
 * questions whose answers must follow from the policy whatever the scenario says.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/run/one.h"

/* Questions that tell the roles apart; Argo CD answers each from the policy (argocd.md 4.5). */
static const char *const probes[] = {
    "get applications default/guestbook",
    "sync applications default/guestbook",
    "create clusters https", /* no ':' : the gateway would take it for a verb */
    NULL,
};

struct question {
    char *action;
    char *resource;
    char *object;
};

static void question_deinit(struct question *q)
{
    xfree(q->action);
    xfree(q->resource);
    xfree(q->object);
}
DEFINE_AUTO_VALUE(struct question, question_deinit)

/* "sync applications default/guestbook"; the object may be missing ("*"). */
static int parse(const char *text, struct question *ret)
{
    struct str rest = str_of(text);
    struct str action, resource;
    if (!str_next(&rest, ' ', &action) || !str_next(&rest, ' ', &resource))
        return -1;
    struct str object = str_trim(rest);
    ret->action = xstrndup(action.ptr, action.len);
    ret->resource = xstrndup(resource.ptr, resource.len);
    ret->object = object.len > 0 ? xstrndup(object.ptr, object.len) : xstrdup("*");
    return 0;
}

static void add_failure(struct run_step *ret, const char *text, const char *expected,
                        const char *actual)
{
    AUTO(xfree)
    char *e =
        xasprintf("%s%scan-i %s: %s", ret->verdict.expected != NULL ? ret->verdict.expected : "",
                  ret->verdict.expected != NULL ? "; " : "", text, expected);
    AUTO(xfree)
    char *a = xasprintf("%s%s%s", ret->verdict.actual != NULL ? ret->verdict.actual : "",
                        ret->verdict.actual != NULL ? "; " : "", actual);
    verdict_fail(&ret->verdict, e, a);
}

static void ask(struct run_one *o, const char *text, bool expected, struct run_step *ret)
{
    AUTO(question_deinit) struct question q = {0};
    struct err err = {0};
    bool answer = false;
    ret->evaluated++;
    if (parse(text, &q) != 0) {
        add_failure(ret, text, "ACTION RESOURCE OBJECT", "a line that is no question");
        return;
    }
    if (login_can_i(o->agents, q.resource, q.action, q.object, &answer, &err) != 0)
        add_failure(ret, text, expected ? "yes" : "no", err.msg);
    else if (answer != expected)
        add_failure(ret, text, expected ? "yes" : "no", answer ? "yes" : "no");
}

static bool policy_says(const struct run_one *o, const struct login_result *login, const char *text)
{
    AUTO(question_deinit) struct question q = {0};
    return parse(text, &q) == 0 &&
           rbac_can_claims(o->setup->argocd.rbac, login->user_id, &login->groups, q.resource,
                           q.action, q.object, NULL);
}

/* By policy.default of somebody's own setup. */
static bool everybody_may(const struct run_one *o, const char *text)
{
    char anybody[] = "";
    const struct login_result nobody = {.user_id = anybody};
    return run_default_role(o->conf, o->setup, o->scenario) != NULL &&
           o->setup->argocd.rbac != NULL && policy_says(o, &nobody, text);
}

void run_ask_rights(struct run_one *o, const struct scenario_step *step,
                    const struct login_result *login, struct run_step *ret)
{
    const struct scenario_expect *e = &step->expect;
    /* What the role may is not said of the policy's own; a fault may give it nevertheless. */
    bool other = run_stands_for(o->cast.in_place_of, e) ||
                 (o->cast.in_place_of != NULL && o->scenario->faults_len == 0);
    for (size_t i = 0; !other && i < e->can.len; i++)
        ask(o, e->can.items[i], true, ret);
    for (size_t i = 0; !other && i < e->cannot.len; i++)
        if (!everybody_may(o, e->cannot.items[i]))
            ask(o, e->cannot.items[i], false, ret);
    if (o->setup->argocd.rbac == NULL || login->user_id == NULL)
        return;
    /* The answers are in the trace; the check argocd/rbac.follows-policy judges them. Here they
     * confirm `roles:`. */
    for (size_t i = 0; (e->roles.present || e->as_configured) && probes[i] != NULL; i++)
        ask(o, probes[i], policy_says(o, login, probes[i]), ret);
}
