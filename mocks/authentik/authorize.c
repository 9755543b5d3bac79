/*
 * /application/o/authorize/: the checks in authentik's order (authentik.md 3.2), each a function
 * that either passes or has answered, then the way into the flows. The answer to the client itself
 * is made in authorize_answer.c.
 */
#include "mocks/authentik/authorize.h"

#include <string.h>

#include "harness/base/url.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/flow.h"

struct asking {
    struct mock *m;
    const struct http_request *req;
    struct http_response *resp;
    struct visit *v;
    struct authz *z;
};

static const struct response_type response_types[] = {
    {"code", "authorization_code", .code = true},
    {"id_token", "implicit", .id_token = true},
    {"id_token token", "implicit", .id_token = true, .token = true},
    {"code token", "hybrid", .code = true, .token = true},
    {"code id_token", "hybrid", .code = true, .id_token = true},
    {"code id_token token", "hybrid", .code = true, .id_token = true, .token = true},
    {0}};

const struct response_type *ak_authz_type(const char *name)
{
    for (const struct response_type *t = response_types; t->name != NULL; t++)
        if (cstr_eq(t->name, name))
            return t;
    return NULL;
}

struct authz *ak_authz_free(struct authz *z)
{
    if (z == NULL)
        return NULL;
    xfree(z->redirect_uri);
    xfree(z->state);
    xfree(z->nonce);
    xfree(z->challenge);
    xfree(z->challenge_method);
    xfree(z->login_hint);
    strlist_deinit(&z->scopes);
    return xfree(z);
}

struct authz_error {
    const char *code;
    const char *text;
};

/* authentik.md 3.1 */
static const struct authz_error authz_errors[] = {
    {"invalid_request", "The request is otherwise malformed"},
    {"unsupported_response_type", "The authorization server does not support obtaining an "
                                  "authorization code using this method"},
    {"invalid_scope", "The requested scope is invalid, unknown, or malformed"},
    {"login_required", "The Authorization Server requires End-User authentication"},
    {"consent_required", "The Authorization Server requires End-User consent"},
    {"request_not_supported", "The provider does not support use of the request parameter"},
    {"access_denied", "The resource owner or authorization server denied the request"},
    {"server_error", "The authorization server encountered an error"},
    {0}};

static const char *error_text(const char *code)
{
    for (const struct authz_error *e = authz_errors; e->code != NULL; e++)
        if (strcmp(e->code, code) == 0)
            return e->text;
    return "";
}

char *ak_authz_error_uri(const struct authz *z, const char *error, const char *description)
{
    bool fragment = z->type != NULL && strcmp(z->type->grant_type, "authorization_code") != 0;
    const char *text = description != NULL ? description : error_text(error);
    AUTO(xfree) char *quoted = url_encode(str_of(text), "/");
    bool has_state = z->state != NULL && z->state[0] != '\0';
    return xasprintf("%s%serror=%s&error_description=%s%s%s", z->redirect_uri, fragment ? "#" : "?",
                     error, quoted, has_state ? "&state=" : "", has_state ? z->state : "");
}

static bool refuse(struct asking *a, const char *error, const char *description)
{
    const char *text = description != NULL ? description : error_text(error);
    trace_log(a->m->env.trace, AK_PARTY, "warning", "%s redirect_uri=%s", text, a->z->redirect_uri);
    if (!cstr_contains(a->z->redirect_uri, ":")) {
        ak_page_message(a->resp, 400, error, text);
        return false;
    }
    AUTO(xfree) char *uri = ak_authz_error_uri(a->z, error, description);
    ak_redirect(a->resp, uri);
    return false;
}

static char *dup_query(const struct asking *a, const char *name)
{
    const char *value = http_query(a->req, name);
    return value != NULL ? xstrdup(value) : NULL;
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
    const char *text = http_query(a->req, "max_age");
    if (text == NULL || text[0] == '\0')
        return true;
    if (str_to_i64(str_trim(str_of(text)), INT32_MIN, INT32_MAX, &a->z->max_age_s) == 0)
        return true;
    ak_page_message(a->resp, 500, "Server Error", "An unexpected error occurred.");
    return false;
}

static bool check_client(struct asking *a)
{
    const char *id = http_query(a->req, "client_id");
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
              a->z->redirect_uri != NULL ? a->z->redirect_uri : "");
    ak_page_message(a->resp, 400, "Redirect URI Error", text);
    return false;
}

static bool check_redirect_present(struct asking *a)
{
    a->z->redirect_uri = dup_query(a, "redirect_uri");
    if (a->z->redirect_uri != NULL && a->z->redirect_uri[0] != '\0')
        return true;
    return refuse_redirect(a, "redirect_uri_missing");
}

/* An empty list takes in the first URI ever used (until 2026.5, authentik.md 3.3). */
static void learn_redirect(struct asking *a)
{
    bool learns = ak_quirk(a->m, QUIRK_LEARNS_REDIRECT);
    if (a->m->conf.ak->redirects_len > 0 || a->m->learned_redirect != NULL || !learns)
        return;
    a->m->learned_redirect = xstrdup(a->z->redirect_uri);
    trace_log(a->m->env.trace, AK_PARTY, "info",
              "Setting redirect for blank redirect_uris redirect=%s", a->z->redirect_uri);
}

static bool check_redirect_registered(struct asking *a)
{
    learn_redirect(a);
    if (ak_conf_redirect_allowed(a->m, a->z->redirect_uri))
        return true;
    if (ak_fault_asked(a->m, "authentik/authorize.open-redirect"))
        return true;
    return refuse_redirect(a, "redirect_uri_no_match");
}

static bool check_redirect_scheme(struct asking *a)
{
    static const char *const forbidden[] = {"javascript:", "data:", "vbscript:", NULL};
    for (const char *const *f = forbidden; *f != NULL; f++)
        if (strncasecmp(a->z->redirect_uri, *f, strlen(*f)) == 0)
            return refuse_redirect(a, "redirect_uri_forbidden_scheme");
    return true;
}

static bool check_response_type(struct asking *a)
{
    a->z->state = dup_query(a, "state");
    a->z->type = ak_authz_type(http_query(a->req, "response_type"));
    return a->z->type != NULL || refuse(a, "unsupported_response_type", NULL);
}

static bool check_grant_type(struct asking *a)
{
    const char *const *g = a->m->conf.ak->grant_types;
    if (g == NULL || !ak_quirk(a->m, QUIRK_GRANT_TYPES))
        return true;
    for (; *g != NULL; g++)
        if (strcmp(*g, a->z->type->grant_type) == 0)
            return true;
    return refuse(a, "invalid_request", NULL);
}

static bool choose_response_mode(struct asking *a)
{
    const char *mode = http_query(a->req, "response_mode");
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

/* Empty means all; what is not attached to the provider is dropped silently. */
static bool choose_scopes(struct asking *a)
{
    const struct strlist *known = &a->m->conf.scopes;
    const char *text = http_query(a->req, "scope");
    struct str rest = str_trim(str_of(text));
    if (rest.len == 0)
        for (size_t i = 0; i < known->len; i++)
            strlist_add(&a->z->scopes, known->items[i]);
    struct str one = {0};
    while (rest.len > 0 && str_next(&rest, ' ', &one)) {
        AUTO(xfree) char *scope = xstrndup(one.ptr, one.len);
        if (strlist_has(known, scope) && !strlist_has(&a->z->scopes, scope))
            strlist_add(&a->z->scopes, scope);
        else if (scope[0] != '\0' && !strlist_has(known, scope))
            trace_log(a->m->env.trace, AK_PARTY, "info",
                      "Application requested scopes not configured, setting to overlap scope=%s",
                      scope);
    }
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

static bool drop_offline_access(struct asking *a)
{
    struct strlist *s = &a->z->scopes;
    size_t kept = 0;
    for (size_t i = 0; i < s->len; i++) {
        if (!a->z->type->code && strcmp(s->items[i], "offline_access") == 0)
            xfree(s->items[i]);
        else
            s->items[kept++] = s->items[i];
    }
    s->len = kept;
    return true;
}

static bool check_request_object(struct asking *a)
{
    const char *request = http_query(a->req, "request");
    if (request == NULL || request[0] == '\0')
        return true;
    return refuse(a, "request_not_supported", NULL);
}

static bool check_nonce(struct asking *a)
{
    a->z->nonce = dup_query(a, "nonce");
    bool needed = a->z->type->id_token && strlist_has(&a->z->scopes, "openid");
    bool there = a->z->nonce != NULL && a->z->nonce[0] != '\0';
    return !needed || there || refuse(a, "invalid_request", NULL);
}

static bool check_code_challenge(struct asking *a)
{
    const char *challenge = http_query(a->req, "code_challenge");
    const char *method = http_query(a->req, "code_challenge_method");
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

/* Only none, consent and login are known; everything else is dropped silently. */
static bool check_prompt_none(struct asking *a)
{
    struct str rest = str_of(http_query(a->req, "prompt"));
    struct str one = {0};
    while (str_next(&rest, ' ', &one)) {
        a->z->prompt_none |= str_is(one, "none");
        a->z->prompt_login |= str_is(one, "login");
        a->z->prompt_consent |= str_is(one, "consent");
    }
    if (!a->z->prompt_none || ak_visit_person(a->v) != NULL)
        return true;
    return refuse(a, "login_required", NULL);
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
    check_any_parameter,
    check_max_age,
    check_client,
    check_redirect_present,
    check_redirect_registered,
    check_redirect_scheme,
    check_response_type,
    check_grant_type,
    choose_response_mode,
    choose_scopes,
    check_openid,
    drop_offline_access,
    check_request_object,
    check_nonce,
    check_code_challenge,
    check_prompt_none,
    check_application,
    check_logged_in,
    check_login_age,
    check_prompt_login,
    NULL,
};

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
        AUTO(ak_step_deinit) struct step s = ak_authorize_answer(a->v, a->z);
        ak_redirect(a->resp, s.to);
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

void ak_authorize_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "GET HEAD"))
        return;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    struct asking a = {
        .m = m, .req = req, .resp = resp, .v = &v, .z = xcalloc(1, sizeof(struct authz))};
    size_t i = 0;
    while (checks[i] != NULL && checks[i](&a))
        i++;
    if (checks[i] == NULL)
        enter_flow(&a);
    ak_authz_free(a.z);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
