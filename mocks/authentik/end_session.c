/*
 * /application/o/<slug>/end-session/ (authentik.md 7, up to 2026.2): runs the provider's
 * invalidation flow; post_logout_redirect_uri, id_token_hint and state are ignored.
 */
#include <string.h>

#include "mocks/authentik/flow.h"

/* The guide's provider names default-invalidation-flow, which ends the authentik session. */
static const struct flow *invalidation_flow(const struct mock *m)
{
    const struct js *name =
        js_path(m->setup->doc, "authentik", "provider", "invalidation_flow", NULL);
    const struct flow *f = flow_find(js_text(name));
    return f != NULL ? f : flow_find(FLOW_LOGOUT_SLUG);
}

static void leave(struct visit *v)
{
    /* 2025.10 to 2026.5: a pending plan keeps the logout from starting */
    if (v->session->plan != NULL) {
        http_respond(v->resp, 200, AK_HTML, "<html><body>Logout successful</body></html>");
        return;
    }
    struct plan *p = plan_new(v->m, invalidation_flow(v->m));
    plan_append(p, STAGE_SESSION_END);
    flow_to_page(v, p);
}

void end_session_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "GET HEAD"))
        return;
    struct visit v;
    mock_lock(m);
    visit_begin(&v, m, req, resp);
    if (ak_slug_ok(m, req, resp)) {
        if (visit_person(&v) == NULL)
            flow_to_login(&v, NULL);
        else
            leave(&v);
    }
    visit_end(&v);
    mock_unlock(m);
}
