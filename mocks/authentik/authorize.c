/*
 * /application/o/authorize/: the checks in authentik's order (authentik.md 3.2), each a function
 * that either passes or has answered, then the way into the flows. The answer to the client itself
 * is made in authorize_answer.c.
 */
#include "mocks/authentik/authorize.h"

#include <string.h>

#include "mocks/authentik/faults.h"
#include "mocks/authentik/flow.h"

struct asking {
    struct mock *m;
    const struct http_request *req;
    struct http_response *resp;
    struct visit *v;
    struct authz *z;
    const struct params *params; /* of the query, or of the form that was POSTed */
};

static bool refuse(struct asking *a, const char *error, const char *description)
{
    ak_authz_refuse(a->v, a->z, error, description);
    return false;
}

static const char *value(const struct asking *a, const char *name)
{
    return ak_authz_param(a->params, name);
}

static const char *query_value(const struct asking *a, const char *name)
{
    return ak_authz_param(&a->req->query_params, name);
}

static bool check_any_parameter(struct asking *a)
{
    if (a->req->query_params.len > 0)
        return true;
    ak_not_found(a->resp);
    return false;
}

static bool check_max_age(struct asking *a)
{
    const char *text = value(a, "max_age");
    if (text == NULL || text[0] == '\0')
        return true;
    if (str_to_i64(str_trim(str_of(text)), INT64_MIN, INT64_MAX, &a->z->max_age_s) == 0)
        return true;
    ak_server_error(a->resp);
    return false;
}

static bool check_client(struct asking *a)
{
    const char *id = value(a, "client_id");
    if (id != NULL && ak_client_known(a->m, id))
        return true;
    trace_log(a->m->env.trace, AK_PARTY, "warning", "Invalid client identifier client_id=%s",
              id != NULL ? id : "");
    ak_page_message(a->resp, 400, "Client ID Error",
                    "The client identifier (client_id) is missing or invalid.");
    return false;
}

static bool refuse_redirect(struct asking *a, const char *cause)
{
    static const char text[] =
        "The request fails due to a missing, invalid, or mismatching redirection URI "
        "(redirect_uri).";
    trace_log(a->m->env.trace, AK_PARTY, "warning", "%s cause=%s redirect_uri=%s", text, cause,
              a->z->redirect_uri);
    ak_page_message(a->resp, 400, "Redirect URI Error", text);
    return false;
}

static bool check_redirect_present(struct asking *a)
{
    return a->z->redirect_uri[0] != '\0' || refuse_redirect(a, "redirect_uri_missing");
}

static bool check_redirect_registered(struct asking *a)
{
    ak_redirects_learn(a->m, a->z->redirect_uri);
    if (ak_conf_redirect_allowed(a->m, a->z->redirect_uri))
        return true;
    if (ak_fault_asked(a->m, "authentik/authorize.open-redirect"))
        return true;
    return refuse_redirect(a, "redirect_uri_no_match");
}

static bool check_redirect_scheme(struct asking *a)
{
    static const char *const forbidden[] = {"javascript:", "data:", "vbscript:", NULL};
    if (!ak_quirk(a->m, QUIRK_REDIRECT_SCHEMES))
        return true;
    for (const char *const *f = forbidden; *f != NULL; f++)
        if (strncasecmp(a->z->redirect_uri, *f, strlen(*f)) == 0)
            return refuse_redirect(a, "redirect_uri_forbidden_scheme");
    return true;
}

static bool known_type(struct asking *a)
{
    a->z->type = ak_authz_type(value(a, "response_type"));
    return a->z->type != NULL || refuse(a, "unsupported_response_type", NULL);
}

/* Before 2024.2.2 the type was looked at first, and the error went to a redirect URI nobody had
 * checked. */
static bool check_type_first(struct asking *a)
{
    return ak_quirk(a->m, QUIRK_RESPONSE_TYPE_LATE) || known_type(a);
}

static bool check_response_type(struct asking *a)
{
    return !ak_quirk(a->m, QUIRK_RESPONSE_TYPE_LATE) || known_type(a);
}

static bool check_grant_type(struct asking *a)
{
    const char *const *g = a->m->conf.ak->grant_types;
    if (g == NULL || !ak_quirk(a->m, QUIRK_GRANT_TYPES))
        return true;
    if (cstr_among(a->z->type->grant_type, g))
        return true;
    return refuse(a, "invalid_request", NULL);
}

static bool choose_response_mode(struct asking *a)
{
    const char *mode = value(a, "response_mode");
    bool implicit = strcmp(a->z->type->grant_type, "authorization_code") != 0;
    a->z->mode = implicit ? AUTHZ_FRAGMENT : AUTHZ_QUERY;
    if (cstr_eq(mode, "query"))
        a->z->mode = AUTHZ_QUERY;
    if (cstr_eq(mode, "fragment"))
        a->z->mode = AUTHZ_FRAGMENT;
    if (cstr_eq(mode, "form_post"))
        a->z->mode = AUTHZ_FORM_POST;
    return true;
}

/* Empty means all; what is not attached to the provider is dropped silently (since 2024.2). */
static bool choose_scopes(struct asking *a)
{
    const struct strlist *known = &a->m->conf.scopes;
    bool clip = ak_quirk(a->m, QUIRK_SCOPES_CLIPPED);
    const char *rest = value(a, "scope");
    struct str one = {0};
    bool asked = false;
    while (ak_authz_word(&rest, &one)) {
        AUTO(xfree) char *scope = xstrndup(one.ptr, one.len);
        bool there = strlist_has(known, scope);
        asked = true;
        if (clip && !there)
            trace_log(a->m->env.trace, AK_PARTY, "info",
                      "Application requested scopes not configured, setting to overlap scope=%s",
                      scope);
        else if (!strlist_has(&a->z->scopes, scope))
            strlist_add(&a->z->scopes, scope);
    }
    for (size_t i = 0; !asked && i < known->len; i++)
        strlist_add(&a->z->scopes, known->items[i]);
    return true;
}

static bool check_openid(struct asking *a)
{
    const struct response_type *t = a->z->type;
    bool needed = strcmp(t->grant_type, "hybrid") == 0 || (t->id_token && !t->code);
    if (!needed || strlist_has(&a->z->scopes, "openid"))
        return true;
    return refuse(a, "invalid_scope", NULL);
}

static void drop_scope(struct strlist *s, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->len; i++) {
        if (strcmp(s->items[i], name) == 0)
            xfree(s->items[i]);
        else
            s->items[kept++] = s->items[i];
    }
    s->len = kept;
}

/* OIDC Core 11 as each version reads it; no code, no offline access. */
static bool check_offline_access(struct asking *a)
{
    struct authz *z = a->z;
    if (!ak_quirk(a->m, QUIRK_OFFLINE_ACCESS) || !strlist_has(&z->scopes, "offline_access"))
        return true;
    if (ak_quirk(a->m, QUIRK_OFFLINE_CONSENT_ERROR) && !z->prompt_consent)
        return refuse(a, "consent_required", NULL);
    if (ak_quirk(a->m, QUIRK_OFFLINE_FORCES_CONSENT))
        z->prompt_consent = true;
    if (!z->type->code)
        drop_scope(&z->scopes, "offline_access");
    return true;
}

static bool no_request_object(struct asking *a)
{
    const char *request = value(a, "request");
    if (request == NULL || request[0] == '\0')
        return true;
    return refuse(a, "request_not_supported", NULL);
}

/* Row 11 in its three places: after 13, before 12 (2025.8), after 5 (2026.5.4). */
static bool check_request_first(struct asking *a)
{
    return !ak_quirk(a->m, QUIRK_REQUEST_EARLIEST) || no_request_object(a);
}

static bool check_request_object(struct asking *a)
{
    return !ak_quirk(a->m, QUIRK_REQUEST_EARLIER) || no_request_object(a);
}

static bool check_request_late(struct asking *a)
{
    return no_request_object(a);
}

static bool check_nonce(struct asking *a)
{
    bool needed = a->z->type->id_token && strlist_has(&a->z->scopes, "openid");
    bool there = a->z->nonce != NULL && a->z->nonce[0] != '\0';
    return !needed || there || refuse(a, "invalid_request", NULL);
}

static bool check_code_challenge(struct asking *a)
{
    const char *challenge = value(a, "code_challenge");
    const char *method = value(a, "code_challenge_method");
    if (challenge == NULL || challenge[0] == '\0')
        return true;
    if (method == NULL)
        method = "plain";
    if (strcmp(method, "plain") != 0 && strcmp(method, "S256") != 0) {
        AUTO(xfree) char *text = xasprintf("Unsupported challenge method %s", method);
        return refuse(a, "invalid_request", text);
    }
    a->z->challenge = xstrdup(challenge);
    a->z->challenge_method = xstrdup(method);
    return true;
}

static bool check_prompt_none(struct asking *a)
{
    if (!a->z->prompt_none || ak_visit_person(a->v) != NULL)
        return true;
    return refuse(a, "login_required", NULL);
}

/* The provider is found once more, this time by the query whatever was POSTed (3.6). */
static bool check_client_in_query(struct asking *a)
{
    const char *id = query_value(a, "client_id");
    if (id != NULL && ak_client_known(a->m, id))
        return true;
    ak_not_found(a->resp);
    return false;
}

static bool check_application(struct asking *a)
{
    if (a->m->conf.ak->slug != NULL)
        return true;
    ak_page_denied(a->resp, "Request has been denied.");
    return false;
}

static bool to_login(struct asking *a)
{
    ak_flow_to_login(a->v);
    return false;
}

static bool check_logged_in(struct asking *a)
{
    return ak_visit_person(a->v) != NULL || to_login(a);
}

static bool check_policies(struct asking *a)
{
    if (ak_policy_allows(a->m, ak_visit_person(a->v)))
        return true;
    trace_log(a->m->env.trace, AK_PARTY, "info", "access denied username=%s application=%s",
              a->v->session->person, a->m->conf.ak->slug);
    ak_page_denied(a->resp, "Request has been denied.");
    return false;
}

/* What was decided holds for all methods; only GET has something to do. */
static bool check_method(struct asking *a)
{
    static const char methods[] = "GET HEAD OPTIONS";
    if (!ak_method(a->req, a->resp, methods))
        return false;
    if (!cstr_eq(a->req->method, "OPTIONS"))
        return true;
    ak_options(a->resp, methods);
    return false;
}

static bool check_login_event(struct asking *a)
{
    return a->v->session->login_event != 0 || to_login(a);
}

static bool check_login_age(struct asking *a)
{
    struct session *s = a->v->session;
    int64_t age_s = ak_mock_now_s(a->m) - s->auth_time_s;
    if (a->z->max_age_s == 0 || age_s <= a->z->max_age_s)
        return true;
    s->last_login_event = s->login_event;
    return to_login(a);
}

static bool check_prompt_login(struct asking *a)
{
    struct session *s = a->v->session;
    if (!a->z->prompt_login)
        return true;
    if (s->last_login_event != 0 && s->last_login_event != s->login_event)
        return true;
    s->last_login_event = s->login_event;
    return to_login(a);
}

/* authentik.md 3.2, rows 0 to 20. */
static bool (*const checks[])(struct asking *a) = {
    check_any_parameter,    check_type_first,          check_max_age,         check_client,
    check_redirect_present, check_redirect_registered, check_redirect_scheme, check_request_first,
    check_response_type,    check_grant_type,          choose_response_mode,  choose_scopes,
    check_openid,           check_offline_access,      check_request_object,  check_nonce,
    check_code_challenge,   check_request_late,        check_prompt_none,     check_client_in_query,
    check_application,      check_logged_in,           check_policies,        check_method,
    check_login_event,      check_login_age,           check_prompt_login,    NULL,
};

/* What the answer cannot carry is an exception that nobody catches here. */
static void answer_at_once(struct asking *a)
{
    AUTO(ak_step_deinit) struct step s = ak_authorize_answer(a->v, a->z);
    if (s.kind == STEP_REDIRECT)
        ak_redirect(a->resp, s.to);
    else
        ak_server_error(a->resp);
}

/* Rows 21 to 23: straight to the client when no stage needs a page and the answer fits a URL. */
static void enter_flow(struct asking *a)
{
    bool explicit_consent = cstr_eq(a->m->conf.ak->authorization_flow, "explicit");
    const struct flow *flow =
        ak_flow_find(explicit_consent ? FLOW_EXPLICIT_SLUG : FLOW_IMPLICIT_SLUG);
    if (a->z->prompt_consent && ak_fault_asked(a->m, "authentik/consent.skipped"))
        a->z->prompt_consent = false;
    bool silent = !explicit_consent && !a->z->prompt_consent && a->z->mode != AUTHZ_FORM_POST;
    if (silent && ak_quirk(a->m, QUIRK_SILENT_AUTHORIZE)) {
        answer_at_once(a);
        return;
    }
    struct plan *p = ak_plan_new(a->m, flow);
    if (a->z->prompt_consent && !explicit_consent)
        ak_plan_append(p, STAGE_CONSENT_ALWAYS);
    ak_plan_append(p, STAGE_FULFIL);
    p->authz = a->z;
    a->z = NULL;
    ak_flow_to_page(a->v, p);
}

/* Django's CsrfViewMiddleware, which stands before the view (3.6). TRACE, which it lets pass too,
 * never gets here. */
static bool csrf_ok(const struct visit *v)
{
    static const char *const safe[] = {"GET", "HEAD", "OPTIONS", NULL};
    for (const char *const *s = safe; *s != NULL; s++)
        if (cstr_eq(v->req->method, *s))
            return true;
    const char *given = http_form(v->req, "csrfmiddlewaretoken");
    if (given == NULL)
        given = params_get_ci(&v->req->headers, "X-authentik-CSRF");
    return ak_visit_csrf_ok(v, given);
}

static void decide(struct asking *a)
{
    size_t i = 0;
    while (checks[i] != NULL && checks[i](a))
        i++;
    if (checks[i] == NULL)
        enter_flow(a);
    ak_authz_locales(a->m, query_value(a, "ui_locales"), a->resp);
}

void ak_authorize_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    struct asking a = {.m = m,
                       .req = req,
                       .resp = resp,
                       .v = &v,
                       .params =
                           cstr_eq(req->method, "POST") ? &req->form_params : &req->query_params};
    a.z = ak_authz_read(a.params);
    if (csrf_ok(&v))
        decide(&a);
    else
        ak_csrf_failed(resp);
    ak_authz_free(a.z);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
