/*
 * The flow engine (authentik.md 4): which flows there are, the plan of a session, one turn of the
 * executor. How a turn is shown (JSON or HTML) is the caller's; what a stage does is in stages.c.
 */
#include "mocks/authentik/flow.h"

#include <assert.h>
#include <string.h>

#include "mocks/authentik/device.h"
#include "mocks/authentik/logout.h"

/* blueprints/default/ */
static const struct flow flows[] = {
    {FLOW_LOGIN_SLUG,
     "Welcome to authentik!",
     false,
     {STAGE_IDENTIFICATION, STAGE_PASSWORD, STAGE_MFA, STAGE_LOGIN}},
    {FLOW_IMPLICIT_SLUG, "Redirecting to %s", true, {STAGE_NONE}},
    {FLOW_EXPLICIT_SLUG, "Redirecting to %s", true, {STAGE_CONSENT}},
    {FLOW_LOGOUT_SLUG, "Logout", true, {STAGE_LOGOUT}},
    {FLOW_LEAVE_APP_SLUG, "You've logged out of %s.", true, {STAGE_NONE}},
    {FLOW_DEVICE_SLUG, "Device code flow", true, {STAGE_NONE}},
    {0}};

const struct flow *ak_flow_find(const char *slug)
{
    for (const struct flow *f = flows; f->slug != NULL; f++)
        if (cstr_eq(f->slug, slug))
            return f;
    return NULL;
}

void ak_plan_append(struct plan *p, enum stage_id stage)
{
    assert(p->len < PLAN_MAX_STAGES);
    p->stages[p->len++] = stage;
}

void ak_plan_insert(struct plan *p, size_t at, enum stage_id stage)
{
    assert(p->len < PLAN_MAX_STAGES && at <= p->len);
    memmove(&p->stages[at + 1], &p->stages[at], (p->len - at) * sizeof(p->stages[0]));
    p->stages[at] = stage;
    p->len++;
}

struct plan *ak_plan_new(const struct mock *m, const struct flow *flow)
{
    struct plan *p = xcalloc(1, sizeof(*p));
    p->flow = flow;
    for (size_t i = 0; i < PLAN_MAX_STAGES && flow->stages[i] != STAGE_NONE; i++) {
        bool together = m->conf.ak->password_in_identification;
        if (flow->stages[i] != STAGE_PASSWORD || !together)
            ak_plan_append(p, flow->stages[i]);
    }
    return p;
}

struct plan *ak_plan_free(struct plan *p)
{
    if (p == NULL)
        return NULL;
    xfree(p->typed);
    xfree(p->consent_token);
    xfree(p->device_code);
    ak_leaving_free(p->leaving);
    ak_authz_free(p->authz);
    strlist_deinit(&p->methods);
    xfree(p->totp_secret);
    return xfree(p);
}

void ak_step_deinit(struct step *s)
{
    s->challenge = js_free(s->challenge);
    s->to = xfree(s->to);
}

struct step ak_step_challenge(struct js *take)
{
    return (struct step){.kind = STEP_CHALLENGE, .challenge = take};
}

struct step ak_step_redirect(char *take)
{
    return (struct step){.kind = STEP_REDIRECT, .to = take};
}

struct step ak_step_shell(const struct http_response *page)
{
    struct js *c = js_object();
    js_set_text(c, "component", "xak-flow-shell");
    js_set(c, "body", js_stringn(page->body, page->body_len));
    return ak_step_challenge(c);
}

void ak_exec_deinit(struct exec *x)
{
    params_deinit(&x->query);
}

char *ak_flow_title(const struct mock *m, const struct flow *flow)
{
    const char *app = m->conf.ak->app_name != NULL ? m->conf.ak->app_name : "authentik";
    const char *hole = strstr(flow->title, "%s");
    if (hole == NULL)
        return xstrdup(flow->title);
    return xasprintf("%.*s%s%s", (int)(hole - flow->title), flow->title, app, hole + 2);
}

struct js *ak_flow_challenge(const struct exec *x, const char *component)
{
    AUTO(xfree) char *title = ak_flow_title(x->m, x->flow);
    struct js *info = js_object();
    js_set_text(info, "title", title);
    js_set_text(info, "background", "/static/dist/assets/images/flow_background.jpg");
    if (ak_quirk(x->m, QUIRK_THEMED_BACKGROUND))
        js_set(info, "background_themed_urls", js_null()); /* the default has one for all themes */
    js_set_text(info, "cancel_url", "/flows/-/cancel/");
    js_set_text(info, "layout", "stacked");
    struct js *c = js_object();
    js_set(c, "flow_info", info);
    js_set_text(c, "component", component);
    return c;
}

struct js *ak_flow_challenge_with_user(const struct exec *x, const char *component)
{
    struct js *c = ak_flow_challenge(x, component);
    const struct setup_person *p = ak_visit_person(x->v);
    const char *name = p != NULL ? p->username : "";
    if (x->plan != NULL && x->plan->typed != NULL)
        name = x->plan->typed;
    js_set_text(c, "pending_user", name);
    js_set_text(c, "pending_user_avatar", "/static/dist/assets/images/user_default.png");
    return c;
}

const char *ak_flow_type(const char *component)
{
    if (cstr_eq(component, "xak-flow-redirect"))
        return "redirect";
    return cstr_eq(component, "xak-flow-shell") ? "shell" : "native";
}

static void cancel(struct exec *x)
{
    if (x->v->session != NULL)
        x->v->session->plan = ak_plan_free(x->v->session->plan);
    x->plan = NULL;
}

struct step ak_flow_denied(struct exec *x, const char *message)
{
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-access-denied");
    js_set_text(c, "error_message", message);
    cancel(x);
    return ak_step_challenge(c);
}

/* Python's urlparse(url).netloc is not empty. */
static bool is_absolute(const char *url)
{
    size_t scheme = strcspn(url, ":/?#");
    if (scheme > 0 && url[scheme] == ':')
        url += scheme + 1;
    return strncmp(url, "//", 2) == 0;
}

static struct step flow_done(struct exec *x)
{
    const char *next = params_get(&x->query, "next");
    cancel(x);
    if (next == NULL || next[0] == '\0')
        next = "/";
    return is_absolute(next) ? ak_flow_denied(x, "Invalid next URL")
                             : ak_step_redirect(xstrdup(next));
}

struct step ak_flow_stage_ok(struct exec *x)
{
    x->plan->at++;
    if (x->plan->at == x->plan->len)
        return flow_done(x);
    return (struct step){.kind = STEP_STAGE_OK};
}

struct js *ak_flow_error_challenge(struct mock *m, struct http_response *resp)
{
    AUTO(xfree) char *id = ak_mock_uuid(m, "request-id", false);
    struct js *c = js_object();
    js_set_text(c, "component", "ak-stage-flow-error");
    js_set_text(c, "request_id", id);
    params_set_ci(&resp->headers, "X-authentik-id", id);
    return c;
}

/* The plan of the session, if it is of this flow; else a new one. False: *ret answers already. */
static bool find_plan(struct exec *x, struct step *ret)
{
    struct session *s = ak_visit_session(x->v);
    if (s->plan != NULL && s->plan->flow != x->flow)
        s->plan = ak_plan_free(s->plan);
    if (s->plan == NULL) {
        if (x->flow->needs_user && ak_visit_person(x->v) == NULL) {
            trace_log(x->m->env.trace, AK_PARTY, "warning",
                      "f(exec): Flow not applicable to current user flow_slug=%s", x->flow->slug);
            *ret = ak_flow_denied(x, "Flow does not apply to current user.");
            return false;
        }
        s->plan = ak_plan_new(x->m, x->flow);
    }
    x->plan = s->plan;
    if (x->plan->at < x->plan->len)
        return true;
    *ret = flow_done(x);
    return false;
}

struct step ak_flow_run(struct exec *x)
{
    struct step step = {0};
    if (!find_plan(x, &step))
        return step;
    const struct stage *stage = ak_stage_find(x->plan->stages[x->plan->at]);
    return x->reply != NULL ? stage->reply(x) : stage->ask(x);
}

bool ak_flow_waits_for_person(const struct exec *x)
{
    const struct session *s = x->v->session;
    enum stage_id id = STAGE_NONE;
    struct exec at = *x;
    at.plan = s != NULL && s->plan != NULL && s->plan->flow == x->flow ? s->plan : NULL;
    if (at.plan == NULL)
        id = x->flow->stages[0];
    else if (at.plan->at < at.plan->len)
        id = at.plan->stages[at.plan->at];
    if (id == STAGE_NONE || ak_stage_find(id)->waits == NULL)
        return false;
    return ak_stage_find(id)->waits(&at);
}

void ak_flow_to_page(struct visit *v, struct plan *take)
{
    struct session *s = ak_visit_session(v);
    ak_plan_free(s->plan);
    s->plan = take;
    AUTO(xfree) char *query = params_form(&v->req->query_params);
    AUTO(xfree)
    char *to = xasprintf("/if/flow/%s/%s%s", take->flow->slug, query[0] != '\0' ? "?" : "", query);
    ak_redirect(v->resp, to);
}
