/*
 * The way out: what a logout leaves behind, at Argo CD (argocd.md 1.10) and at authentik (OIDC
 * RP-Initiated Logout). Judged from the logout and the questions asked after it.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"
#include "harness/login/place.h"

#define TOKEN_COOKIE "argocd.token"

/* The first exchange of the logout with that in its URL, or NULL. */
static const struct trace_event *asked(const struct check_view *v, const char *system,
                                       const char *path)
{
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (e->kind == TRACE_EXCHANGE && cstr_eq(e->to, system) && cstr_contains(e->url, path))
            return e;
    }
    return NULL;
}

/* Argo CD's answer to a logout of somebody with a session, or a written skip. */
static const struct trace_event *argocd_logout(const struct check_view *v, struct verdict *ret)
{
    const struct trace_event *e = asked(v, "argocd", "/auth/logout");
    if (e == NULL)
        verdict_skip(ret, "nobody logged out of Argo CD");
    else if (!cstr_contains(params_get_ci(&e->request_headers, "Cookie"), TOKEN_COOKIE "="))
        verdict_skip(ret, "the browser had no session to end");
    else
        return e;
    return NULL;
}

/* Every cookie of the session that the browser brought is emptied. */
void judge_logout_cookie(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct trace_event *e = argocd_logout(v, ret);
    if (e == NULL)
        return;
    for (size_t i = 0; i < e->headers.len; i++) {
        const struct param *p = &e->headers.items[i];
        const char *value =
            cstr_starts(p->value, TOKEN_COOKIE "=") ? p->value + strlen(TOKEN_COOKIE "=") : "kept";
        if (strcasecmp(p->name, "Set-Cookie") == 0 && (*value == ';' || *value == '\0')) {
            verdict_pass(ret, "emptied");
            return;
        }
    }
    verdict_fail(ret, "the session cookie emptied", "it stays in the browser");
}

/* The token is dead, whoever kept a copy. */
void judge_logout_token(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    if (argocd_logout(v, ret) == NULL)
        return;
    const struct trace_event *e = asked(v, "argocd", "/api/v1/session/userinfo");
    AUTO(js_free) struct js *info = evidence_json(e);
    if (e == NULL || (e->status == 200 && info == NULL) || e->status == 0)
        verdict_skip(ret, "Argo CD did not say whose the token is after the logout");
    else if (js_get_bool(info, "loggedIn", false))
        verdict_fail(ret, "a token that is of no use", "Argo CD still knows whose it is");
    else
        verdict_pass(ret, "the token is of no use any more");
}

/* OIDC RP-Initiated Logout 2: after the logout the provider knows nobody: prompt=none is refused.
 */
void judge_logout_session(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct trace_event *out = asked(v, "authentik", "/end-session/");
    const struct trace_event *e = asked(v, "authentik", "prompt=none");
    if (out == NULL || e == NULL || e->status == 0) {
        verdict_skip(ret, out == NULL ? "nobody logged out of authentik"
                                      : "authentik was not asked whom it knows after the logout");
        return;
    }
    AUTO(params_deinit) struct params q = {0};
    evidence_query(params_get_ci(&e->headers, "Location"), &q);
    const char *error = params_get(&q, "error");
    const char *to = params_get_ci(&e->headers, "Location");
    if (params_get(&q, "code") != NULL)
        verdict_fail(ret, "login_required for prompt=none", "a code: the session lives on");
    else if (error == NULL && cstr_contains(to, "/if/flow/")) /* authentik.md 3.2, row 14 */
        verdict_fail(ret, "login_required for prompt=none",
                     "the authorization flow: the session lives on");
    else if (error != NULL)
        verdict_pass(ret, "%s", error);
    else
        verdict_skip(ret, "authentik answered prompt=none with %d and no redirect", e->status);
}

static bool same_origin(const char *a, const char *b)
{
    AUTO(url_deinit) struct url x = {0};
    AUTO(url_deinit) struct url y = {0};
    return url_parse(a, &x, NULL) == 0 && url_parse(b, &y, NULL) == 0 &&
           strcmp(x.scheme, y.scheme) == 0 && strcmp(x.host, y.host) == 0 && x.port == y.port;
}

/* OIDC RP-Initiated Logout 3: no redirect to an address that nobody registered. The mock's setup
 * registers none, and what a live one registers for logouts is not in it: only the system's own
 * pages, and the client's own origins. */
static bool may_lead_to(const struct check_view *v, const char *target)
{
    if (same_origin(target, v->setup->authentik.url))
        return true;
    for (size_t i = 0; i < v->setup->authentik.redirects_len; i++)
        if (same_origin(target, v->setup->authentik.redirects[i].url))
            return true;
    return false;
}

void judge_logout_redirect(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct trace_event *e = asked(v, "authentik", "/end-session/");
    if (e == NULL) {
        verdict_skip(ret, "nobody logged out of authentik");
        return;
    }
    AUTO(params_deinit) struct params q = {0};
    evidence_query(e->url, &q);
    const char *wanted = params_get(&q, "post_logout_redirect_uri");
    const char *location = params_get_ci(&e->headers, "Location");
    char *to = NULL;
    if (wanted == NULL || may_lead_to(v, wanted)) {
        verdict_skip(ret, "the logout was not to end at an address of somebody else");
        return;
    }
    if (location == NULL || url_resolve(e->url, location, &to, NULL) != 0) {
        verdict_pass(ret, "no redirect");
        return;
    }
    AUTO(xfree) char *target = to;
    if (may_lead_to(v, target))
        verdict_pass(ret, "not followed");
    else
        verdict_fail(ret, "no redirect to an address that is not registered", target);
}
