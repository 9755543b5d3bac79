/*
 * /application/o/<slug>/end-session/ (authentik.md 7). Until 2024.8 it leads to a page that does
 * nothing; since then it runs the provider's invalidation flow; since 2026.5 it is RP-initiated
 * logout with id_token_hint and post_logout_redirect_uri.
 */
#include <string.h>
#include <strings.h>

#include "harness/base/url.h"
#include "harness/http/html.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/logout.h"
#include "mocks/authentik/page.h"

/* One request to leave. */
struct ending {
    struct mock *m;
    const struct http_request *req;
    struct http_response *resp;
    struct visit *v;
    char *to; /* where the browser is to be led at the end; NULL = nowhere */
};

static const char *asked(const struct ending *e, const char *name)
{
    bool post = cstr_eq(e->req->method, "POST");
    const char *value = post ? http_form(e->req, name) : http_query(e->req, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* ------------------------------------------------------------------ id_token_hint */

static bool is_for(const struct js *aud, const char *client_id)
{
    for (size_t i = 0; i < js_len(aud); i++)
        if (cstr_eq(js_text(js_at(aud, i)), client_id))
            return true;
    return cstr_eq(js_text(aud), client_id);
}

/* PyJWT: a time in the future is refused, one that is no number too. */
static bool has_come(const struct js *claims, const char *name, int64_t now_s)
{
    int64_t at_s = 0;
    if (js_get(claims, name) == NULL)
        return true;
    return js_get_number(claims, name, &at_s) == 0 && at_s <= now_s;
}

/* Signature, aud and iss; exp is not looked at: a logout may come late. */
static bool hint_good(const struct ending *e, const char *hint)
{
    struct mock *m = e->m;
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(js_free) struct js *claims = NULL;
    if (jws_parse(hint, &j, NULL) != JWS_OK || j.alg != m->conf.alg ||
        jws_verify(&j, m->conf.key) != JWS_OK)
        return false;
    if (js_parse((struct str){j.payload, j.payload_len}, "hint", &claims, NULL) != 0)
        return false;
    AUTO(xfree) char *base = ak_base(e->req);
    AUTO(xfree) char *issuer = ak_issuer(m, base);
    int64_t now_s = ak_mock_now_s(m);
    return is_for(js_get(claims, "aud"), m->conf.ak->client_id) &&
           cstr_eq(js_get_text(claims, "iss"), issuer) && has_come(claims, "iat", now_s) &&
           has_come(claims, "nbf", now_s);
}

/* ------------------------------------------------------------------ post_logout_redirect_uri */

static bool is_for_logout_at(const struct setup_redirect *r, const char *uri)
{
    return r->logout && setup_redirect_matches(r, uri);
}

static bool any_registered(const struct setup_authentik *ak)
{
    for (size_t i = 0; i < ak->redirects_len; i++)
        if (ak->redirects[i].logout)
            return true;
    return false;
}

static bool is_registered(const struct setup_authentik *ak, const char *uri)
{
    for (size_t i = 0; i < ak->redirects_len; i++)
        if (is_for_logout_at(&ak->redirects[i], uri))
            return true;
    return false;
}

static bool scheme_forbidden(const char *uri)
{
    static const char *const forbidden[] = {"javascript:", "data:", "vbscript:", NULL};
    for (const char *const *f = forbidden; *f != NULL; f++)
        if (strncasecmp(uri, *f, strlen(*f)) == 0)
            return true;
    return false;
}

static char *with_state(const char *uri, const char *state)
{
    if (state == NULL)
        return xstrdup(uri);
    AUTO(xfree) char *encoded = url_encode(str_of(state), "");
    return xasprintf("%s%sstate=%s", uri, strchr(uri, '?') != NULL ? "&" : "?", encoded);
}

/* NULL when the request is good (then e->to is set), else the cause for the log. */
static const char *validate(struct ending *e)
{
    const struct setup_authentik *ak = e->m->conf.ak;
    const char *hint = asked(e, "id_token_hint");
    const char *uri = asked(e, "post_logout_redirect_uri");
    if (hint != NULL && !hint_good(e, hint))
        return "id_token_hint_decode_failed";
    if (uri == NULL || (ak_quirk(e->m, QUIRK_LOGOUT_URI_SKIPPED) && !any_registered(ak)))
        return NULL;
    if (hint == NULL)
        return "id_token_hint_missing";
    if (scheme_forbidden(uri))
        return "post_logout_redirect_uri";
    if (!is_registered(ak, uri))
        return "invalid_post_logout_redirect_uri";
    e->to = with_state(uri, asked(e, "state"));
    return NULL;
}

/* ------------------------------------------------------------------ the flow */

static const struct flow *invalidation_flow(const struct mock *m)
{
    const struct flow *f = ak_flow_find(m->conf.ak->invalidation_flow);
    return f != NULL ? f : ak_flow_find(FLOW_LOGOUT_SLUG);
}

/* Since 2026.5 the client is left here already, whatever the flow does (P/views/end_session.py,
 * c:8c3d5f126 #20011). */
static void leave_client(struct ending *e, struct plan *p)
{
    struct session *s = e->v->session;
    if (!ak_quirk(e->m, QUIRK_END_SESSION_REVOKES) || s == NULL || ak_visit_person(e->v) == NULL)
        return;
    if (ak_logs_out_by_iframe(e->m)) {
        AUTO(xfree) char *base = ak_base(e->req);
        AUTO(xfree) char *issuer = ak_issuer(e->m, base);
        ak_leaving_add_iframe(e->m, ak_plan_leaving(p), s, issuer);
        ak_plan_insert(p, p->len > 0 ? 1 : 0, STAGE_IFRAME_LOGOUT);
    }
    ak_session_leaves_client(e->m, s);
}

static void run_flow(struct ending *e)
{
    struct plan *p = ak_plan_new(e->m, invalidation_flow(e->m));
    leave_client(e, p);
    ak_plan_append(p, STAGE_SESSION_END);
    if (e->to != NULL) {
        ak_plan_leaving(p)->to = e->to;
        e->to = NULL;
    }
    ak_flow_to_page(e->v, p);
}

static void leave(struct ending *e)
{
    const char *cause = ak_quirk(e->m, QUIRK_END_SESSION_REDIRECT) ? validate(e) : NULL;
    if (cause != NULL) {
        trace_log(e->m->env.trace, AK_PARTY, "warning", "invalid_request cause=%s", cause);
        ak_page_message(e->resp, 400, "Bad Request", "The request is otherwise malformed");
        return;
    }
    run_flow(e);
}

/* ------------------------------------------------------------------ which release */

/* A view for people whom the application's bindings let in (PolicyAccessView, as /authorize); what
 * is left of it where nobody needs a session (2026.8) is not known. */
static bool may_enter(struct visit *v)
{
    const struct setup_person *p = ak_visit_person(v);
    if (p == NULL)
        ak_flow_to_login(v);
    else if (!ak_policy_allows(v->m, p))
        ak_page_denied(v->resp, "Request has been denied.");
    else
        return true;
    return false;
}

/* The defect: whoever asked says where the browser goes. */
static bool led_astray(struct ending *e)
{
    const char *to = asked(e, "post_logout_redirect_uri");
    if (to == NULL || !ak_fault_asked(e->m, "authentik/end-session.open-redirect"))
        return false;
    if (ak_visit_person(e->v) != NULL)
        ak_visit_logout(e->v);
    ak_redirect(e->resp, to);
    return true;
}

static void serve_flow(struct ending *e)
{
    bool waits = e->v->session != NULL && e->v->session->plan != NULL;
    bool posts = ak_quirk(e->m, QUIRK_END_SESSION_REDIRECT);
    if (waits && ak_quirk(e->m, QUIRK_END_SESSION_SHORTCUT)) {
        /* whatever the application and the method */
        http_respond(e->resp, 200, "text/html", "<html><body>Logout successful</body></html>");
        return;
    }
    if (!ak_slug_ok(e->m, e->req, e->resp) || led_astray(e))
        return;
    if (!ak_method(e->req, e->resp, posts ? "GET HEAD POST" : "GET HEAD"))
        return;
    if (ak_quirk(e->m, QUIRK_END_SESSION_ANONYMOUS) || may_enter(e->v))
        leave(e);
}

/* A RedirectView: any slug, any method, the query is dropped. */
static void serve_static(struct ending *e)
{
    AUTO(xfree) char *to = xasprintf("/if/session-end/%s/", e->req->captures[0]);
    if (!led_astray(e))
        ak_redirect(e->resp, to);
}

void ak_end_session_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    struct ending e = {.m = m, .req = req, .resp = resp, .v = &v};
    if (ak_quirk(m, QUIRK_END_SESSION_FLOW))
        serve_flow(&e);
    else
        serve_static(&e);
    xfree(e.to);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}

/* ------------------------------------------------------------------ the page of 2024.8 and before
 */

static void link_to(struct buf *b, const char *to, const char *text)
{
    AUTO(xfree) char *href = html_escape(to);
    AUTO(xfree) char *label = html_escape(text);
    buf_addf(b, "<p><a href=\"%s\">%s</a></p>\n", href, label);
}

static void show_page(struct mock *m, struct http_response *resp)
{
    const char *app = m->conf.ak->app_name != NULL ? m->conf.ak->app_name : "the application";
    AUTO(buf_deinit) struct buf b;
    AUTO(xfree) char *line = xasprintf("You've logged out of %s.", app);
    AUTO(xfree) char *again = xasprintf("Log back into %s", app);
    AUTO(xfree) char *launch = ak_launch_url(m);
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_begin(&b, "End session");
    ak_page_text(&b, "p", NULL, line);
    link_to(&b, "/", "Go back to overview");
    link_to(&b, "/flows/-/default/invalidation/", "Log out of authentik");
    if (launch != NULL)
        link_to(&b, launch, again);
    ak_page_end(&b, resp, 200);
}

static void serve_page(struct visit *v)
{
    if (may_enter(v))
        show_page(v->m, v->resp);
}

void ak_session_end_page_serve(void *ctx, const struct http_request *req,
                               struct http_response *resp)
{
    struct mock *m = ctx;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    if (ak_quirk(m, QUIRK_END_SESSION_FLOW))
        ak_not_found(resp);
    else if (ak_slug_ok(m, req, resp) && ak_method(req, resp, "GET HEAD"))
        serve_page(&v);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
