/*
 * /if/flow/<slug>/: the same flows as the executor's, as HTML forms that need no script, so that a
 * person with a browser can sign in. authentik itself serves a script shell here; a headless client
 * may skip the page in both. Asking for the page changes nothing but the consent token and what a
 * login_hint stands for; a stage that acts by itself is started by a form, which the page's script
 * sends at once. What each challenge looks like is in flow_render.c.
 */
#include <string.h>

#include "harness/base/url.h"
#include "mocks/authentik/flow.h"
#include "mocks/authentik/flow_render.h"
#include "mocks/authentik/page.h"

#define MAX_TURNS 16 /* more stages than any plan has */

static void show(struct exec *x, const struct js *challenge)
{
    AUTO(xfree) char *title = ak_flow_title(x->m, x->flow);
    ak_flow_render(x->v, title, challenge);
}

/* The next stage does something by itself: a form starts it, so that a GET never does. */
static void show_continue(struct exec *x)
{
    AUTO(xfree) char *title = ak_flow_title(x->m, x->flow);
    ak_flow_render_continue(x->v, title);
}

/* What ends a turn: a challenge that is shown, a redirect that is followed. */
static bool answered(struct exec *x, const struct step *s)
{
    if (s->kind == STEP_CHALLENGE)
        show(x, s->challenge);
    else if (s->kind == STEP_REDIRECT)
        ak_redirect(x->v->resp, s->to);
    return s->kind == STEP_CHALLENGE || s->kind == STEP_REDIRECT;
}

static void get_page(struct exec *x)
{
    for (int turn = 0; turn < MAX_TURNS && ak_flow_waits_for_person(x); turn++) {
        AUTO(ak_step_deinit) struct step s = ak_flow_run(x);
        if (answered(x, &s))
            return;
    }
    show_continue(x);
}

static struct js *reply_of(const struct http_request *req)
{
    struct js *reply = js_object();
    for (size_t i = 0; i < req->form_params.len; i++)
        js_set_text(reply, req->form_params.items[i].name, req->form_params.items[i].value);
    return reply;
}

/* The stages that need nobody are passed at once; then post, redirect, get. */
static void post_page(struct exec *x)
{
    AUTO(js_free) struct js *reply = reply_of(x->v->req);
    AUTO(xfree) char *here = ak_full_path(x->v->req);
    x->reply = reply;
    for (int turn = 0; turn < MAX_TURNS; turn++) {
        AUTO(ak_step_deinit) struct step s = ak_flow_run(x);
        /* Not when the flow was cancelled: then this is the last that can be shown of it. */
        bool goes_on = x->plan != NULL && ak_flow_waits_for_person(x);
        bool again = turn > 0 && s.kind == STEP_CHALLENGE && goes_on;
        if (again) {
            ak_redirect(x->v->resp, here);
            return;
        }
        if (answered(x, &s))
            return;
        x->reply = NULL;
    }
    ak_redirect(x->v->resp, here);
}

void ak_flow_page_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    const struct flow *flow = ak_flow_asked(m, req->captures[0]);
    if (flow == NULL) {
        ak_not_found(resp);
        return;
    }
    if (!ak_method(req, resp, "GET HEAD POST"))
        return;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    AUTO(ak_exec_deinit) struct exec x = {.v = &v, .m = m, .flow = flow};
    params_parse_form(&x.query, str_of(req->query));
    if (!cstr_eq(req->method, "POST"))
        get_page(&x);
    else if (ak_visit_csrf_ok(&v, http_form(req, "csrfmiddlewaretoken")))
        post_page(&x);
    else
        ak_csrf_failed(resp);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
