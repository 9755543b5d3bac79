/*
 * /flows/-/default/<designation>/ and /flows/-/cancel/: the ways into a flow that name none
 * (authentik.md 4.1, 4.3 cancel_url).
 */
#include "mocks/authentik/flow.h"

#include <string.h>

struct default_flow {
    const char *designation;
    const char *slug;
};

static const struct default_flow defaults[] = {
    {"authentication", FLOW_LOGIN_SLUG}, {"invalidation", FLOW_LOGOUT_SLUG}, {0}};

/* A login that /authorize asked for runs the provider's own flow, when it has one. */
static const char *slug_of(struct mock *m, const struct http_request *req,
                           const struct default_flow *d)
{
    struct visit v;
    struct http_response unused = {0};
    const char *slug = d->slug;
    if (strcmp(d->slug, FLOW_LOGIN_SLUG) != 0)
        return slug;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, &unused);
    if (v.session != NULL && v.session->for_application)
        slug = ak_flow_login(m)->slug;
    ak_mock_unlock(m);
    return slug;
}

void ak_default_flow_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    if (!ak_method(req, resp, "GET HEAD"))
        return;
    const struct default_flow *d = defaults;
    while (d->designation != NULL && !cstr_eq(d->designation, req->captures[0]))
        d++;
    if (d->designation == NULL) {
        ak_not_found(resp);
        return;
    }
    AUTO(xfree) char *query = params_form(&req->query_params);
    AUTO(xfree)
    char *to =
        xasprintf("/if/flow/%s/%s%s", slug_of(ctx, req, d), query[0] != '\0' ? "?" : "", query);
    ak_redirect(resp, to);
}

void ak_cancel_flow_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "GET HEAD"))
        return;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    if (v.session != NULL) {
        v.session->plan = ak_plan_free(v.session->plan);
        v.session->hint_overridden = true;
    }
    const char *next = http_query(req, "next");
    bool local = next != NULL && next[0] == '/' && next[1] != '/' && next[1] != '\\';
    ak_redirect(resp, local ? next : "/flows/-/default/invalidation/");
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
