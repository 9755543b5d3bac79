/*
 * /api/v3/flows/executor/<slug>/: flows in JSON (authentik.md 4.2, 4.6). Reads the reply, applies
 * the CSRF rule, and wraps redirects as authentik does.
 */
#include <string.h>

#include "harness/base/url.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/flow.h"

/* Status 200 whatever it says (4.2). */
static void send_challenge(const struct mock *m, struct http_response *resp, struct js *c)
{
    if (ak_quirk(m, QUIRK_CHALLENGE_TYPE))
        js_set_text(c, "type", ak_flow_type(js_get_text(c, "component")));
    AUTO(xfree) char *text = js_compact(c);
    http_respond(resp, 200, AK_JSON, text);
}

/* A redirect to the very URL that was asked goes out as one; any other becomes a challenge. */
static void send_redirect(const struct visit *v, const char *to)
{
    const struct http_request *req = v->req;
    struct http_response *resp = v->resp;
    AUTO(xfree) char *here = ak_full_path(req);
    if (strcmp(here, to) == 0) {
        ak_redirect(resp, to);
        return;
    }
    AUTO(js_free) struct js *c = js_object();
    js_set_text(c, "component", "xak-flow-redirect");
    js_set_text(c, "to", to);
    send_challenge(v->m, resp, c);
}

/* The executor's own URL, its query encoded anew as Django does it. */
static char *own_url(const struct http_request *req)
{
    AUTO(xfree) char *query = params_form(&req->query_params);
    return xasprintf("%s%s%s", req->path, query[0] != '\0' ? "?" : "", query);
}

static void send_step(const struct visit *v, const struct step *s)
{
    if (s->kind == STEP_CHALLENGE) {
        send_challenge(v->m, v->resp, s->challenge);
    } else if (s->kind == STEP_REDIRECT) {
        send_redirect(v, s->to);
    } else {
        AUTO(xfree) char *url = own_url(v->req);
        send_redirect(v, url);
    }
}

static void send_error(struct mock *m, struct http_response *resp, const char *why)
{
    trace_log(m->env.trace, AK_PARTY, "warning", "System exception during flow execution: %s", why);
    AUTO(js_free) struct js *c = ak_flow_error_challenge(m, resp);
    send_challenge(m, resp, c);
}

/* NULL: error answered. Django checks the session's CSRF only once somebody is signed in (4.6). */
static struct js *read_reply(struct visit *v)
{
    const struct http_request *req = v->req;
    bool signed_in = ak_visit_person(v) != NULL;
    if (signed_in && !ak_visit_csrf_ok(v, params_get_ci(&req->headers, "X-authentik-CSRF")) &&
        !ak_fault_asked(v->m, "authentik/login.no-csrf")) {
        send_error(v->m, v->resp, "CSRF Failed: CSRF token missing or incorrect.");
        return NULL;
    }
    const char *type = params_get_ci(&req->headers, "Content-Type");
    if (!cstr_starts(type, "application/json")) {
        send_error(v->m, v->resp, "Unsupported media type in request.");
        return NULL;
    }
    struct js *reply = NULL;
    if (js_parse((struct str){req->body, req->body_len}, "reply", &reply, NULL) != 0)
        send_error(v->m, v->resp, "JSON parse error");
    return reply;
}

static void run(struct visit *v, const struct flow *flow, const struct js *reply)
{
    AUTO(ak_exec_deinit) struct exec x = {.v = v, .m = v->m, .flow = flow, .reply = reply};
    params_parse_form(&x.query, str_of(http_query(v->req, "query")));
    AUTO(ak_step_deinit) struct step s = ak_flow_run(&x);
    send_step(v, &s);
}

void ak_executor_serve(void *ctx, const struct http_request *req, struct http_response *resp)
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
    if (!cstr_eq(req->method, "POST")) {
        run(&v, flow, NULL);
    } else {
        AUTO(js_free) struct js *reply = read_reply(&v);
        if (reply != NULL)
            run(&v, flow, reply);
    }
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
