/*
 * Asks the policy, and tells the trace what was asked and why it was decided so. Knows no endpoint.
 */
#include "mocks/argocd/authz.h"

#include <string.h>

#include "harness/rbac/rbac.h"
#include "mocks/argocd/faults.h"

struct asked {
    const char *resource;
    const char *action;
    const char *object;
};

/* Who really asked, even when a defect put another question to the policy. */
static void record(struct call *c, const struct strlist *groups, const struct asked *a, bool allow,
                   const struct rbac_why *why)
{
    struct js *data = js_object();
    js_set_text(data, "subject", session_user(c->session.claims));
    js_set(data, "groups", js_texts(groups));
    js_set_text(data, "resource", a->resource);
    js_set_text(data, "action", a->action);
    js_set_text(data, "object", a->object);
    js_set(data, "allow", js_bool(allow));
    js_set_text(data, "by", why->by);
    js_set_text(data, "role", why->role);
    js_set_text(data, "line", why->line);
    js_set_text(data, "place", why->place);
    trace_data(c->m->env.trace, TRACE_DECISION, "argocd", data);
}

/* The policy's word on what the caller asks. */
static bool decide(struct call *c, const struct asked *a, struct strlist *groups,
                   struct rbac_why *why)
{
    session_groups(c->setup, c->session.claims, groups);
    struct rbac_question q = {
        .setup = c->setup,
        .rbac = c->setup->argocd.rbac,
        .user_id = session_user(c->session.claims),
        .groups = groups,
    };
    fault_rbac(c->m, &q);
    bool allow =
        rbac_can_claims(q.rbac, q.user_id, q.groups, a->resource, a->action, a->object, why);
    strlist_deinit(&q.own_groups);
    rbac_free(q.own_rbac);
    return allow;
}

int authz_allows(struct call *c, const char *resource, const char *action, const char *object,
                 bool *ret, struct err *err)
{
    const struct asked asked = {resource, action, object};
    AUTO(strlist_deinit) struct strlist groups = {0};
    struct rbac_why why = {0};
    if (c->setup->argocd.rbac == NULL)
        return err_set(err, ERR_PARSE, "%s",
                       c->setup->argocd.rbac_error != NULL ? c->setup->argocd.rbac_error
                                                           : "error loading RBAC policy");
    *ret = decide(c, &asked, &groups, &why);
    record(c, &groups, &asked, *ret, &why);
    return 0;
}

bool authz_would_allow(struct call *c, const char *resource, const char *action, const char *object)
{
    const struct asked asked = {resource, action, object};
    AUTO(strlist_deinit) struct strlist groups = {0};
    return c->setup->argocd.rbac != NULL && decide(c, &asked, &groups, NULL);
}

char *authz_denied_text(const struct call *c, const char *resource, const char *action,
                        const char *object)
{
    const char *user = session_user(c->session.claims);
    int64_t iat = 0;
    char when[CLOCK_TEXT];
    bool dated = js_get_number(c->session.claims, "iat", &iat) == 0;
    return xasprintf("permission denied: %s, %s, %s%s%s%s%s", resource, action, object,
                     user[0] != '\0' ? ", sub: " : "", user, dated ? ", iat: " : "",
                     dated ? clock_rfc3339(iat, when) : "");
}

bool authz_enforce(struct call *c, const char *resource, const char *action, const char *object)
{
    bool allow = false;
    struct err err = {0};
    if (authz_allows(c, resource, action, object, &allow, &err) != 0) {
        call_fail(c, GRPC_INTERNAL, "%s", err.msg);
        return false;
    }
    if (allow)
        return true;
    AUTO(xfree) char *text = authz_denied_text(c, resource, action, object);
    call_fail(c, GRPC_PERMISSION_DENIED, "%s", text);
    return false;
}
