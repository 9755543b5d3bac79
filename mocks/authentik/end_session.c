/*
 * /application/o/<slug>/end-session/ (authentik.md 7, up to 2026.2): runs the provider's
 * invalidation flow; post_logout_redirect_uri, id_token_hint and state are ignored.
 */
#include <string.h>

#include "mocks/authentik/faults.h"
#include "mocks/authentik/flow.h"

/* The guide's provider names default-invalidation-flow, which ends the authentik session. */
static const struct flow *invalidation_flow(const struct mock *m)
{
    const struct js *name =
        js_path(m->setup->doc, "authentik", "provider", "invalidation_flow", NULL);
    const struct flow *f = ak_flow_find(js_text(name));
    return f != NULL ? f : ak_flow_find(FLOW_LOGOUT_SLUG);
}

static void leave(struct visit *v)
{
    /* 2025.10 to 2026.5: a pending plan keeps the logout from starting */
    if (v->session->plan != NULL) {
        http_respond(v->resp, 200, AK_HTML, "<html><body>Logout successful</body></html>");
        return;
    }
    struct plan *p = ak_plan_new(v->m, invalidation_flow(v->m));
    ak_plan_append(p, STAGE_SESSION_END);
    ak_flow_to_page(v, p);
}

/* The defect: whoever asked says where the browser goes. */
static void leave_for(struct visit *v, const char *to)
{
    if (ak_visit_person(v) != NULL)
        ak_visit_logout(v);
    ak_redirect(v->resp, to);
}

void ak_end_session_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "GET HEAD"))
        return;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    const char *to = http_query(req, "post_logout_redirect_uri");
    if (ak_slug_ok(m, req, resp)) {
        if (to != NULL && ak_fault_asked(m, "authentik/end-session.open-redirect"))
            leave_for(&v, to);
        else if (ak_visit_person(&v) == NULL)
            ak_flow_to_login(&v);
        else
            leave(&v);
    }
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
