/*
 * From an endpoint that needs a person to the login flow (authentik.md 4.1), as each version goes
 * there, and which flow that is.
 */
#include "mocks/authentik/flow.h"

#include "harness/base/url.h"

const struct flow *ak_flow_of(const struct mock *m, const char *slug)
{
    const struct flow *known = ak_flow_find(slug);
    bool own = known == NULL && cstr_eq(slug, m->conf.ak->authentication_flow);
    return own ? m->own_login : known;
}

const struct flow *ak_flow_asked(struct mock *m, const char *slug)
{
    ak_mock_lock(m);
    const struct flow *f = ak_flow_of(m, slug);
    ak_mock_unlock(m);
    return f;
}

void ak_flow_own_login(struct mock *m)
{
    if (m->own_login == NULL)
        m->own_login = xcalloc(1, sizeof(*m->own_login));
    *m->own_login = *ak_flow_find(FLOW_LOGIN_SLUG);
    m->own_login->slug = m->conf.ak->authentication_flow;
}

const struct flow *ak_flow_login(const struct mock *m)
{
    const char *own = m->conf.ak->authentication_flow;
    const struct flow *f = own != NULL ? ak_flow_of(m, own) : NULL;
    bool ignored = ak_quirk(m, QUIRK_AUTH_FLOW_IGNORED);
    return f != NULL && !ignored ? f : ak_flow_find(FLOW_LOGIN_SLUG);
}

/* Until 2025.10: Django's redirect_to_login, which leaves the slashes of `next`. */
static void by_default_flow(struct visit *v)
{
    ak_visit_session(v)->for_application = true;
    AUTO(xfree) char *path = ak_full_path(v->req);
    AUTO(xfree) char *next = url_encode(str_of(path), "/");
    AUTO(xfree) char *to = xasprintf("/flows/-/default/authentication/?next=%s", next);
    ak_redirect(v->resp, to);
}

void ak_flow_to_login(struct visit *v)
{
    if (!ak_quirk(v->m, QUIRK_LOGIN_DIRECT)) {
        by_default_flow(v);
        return;
    }
    struct plan *p = ak_plan_new(v->m, ak_flow_login(v->m));
    struct session *s = ak_visit_session(v);
    ak_plan_free(s->plan);
    s->plan = p;
    AUTO(params_deinit) struct params query = {0};
    params_copy(&query, &v->req->query_params);
    AUTO(xfree) char *next = ak_full_path(v->req);
    params_set(&query, "next", next);
    AUTO(xfree) char *text = params_form(&query);
    AUTO(xfree) char *to = xasprintf("/if/flow/%s/?%s", p->flow->slug, text);
    ak_redirect(v->resp, to);
}
