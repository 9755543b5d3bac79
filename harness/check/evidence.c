/*
 * Reading the trace of one login.
 */
#include "harness/check/evidence.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/login/place.h"

static bool is_at(const struct trace_event *e, const char *by, const char *at)
{
    if (e->kind != TRACE_EXCHANGE)
        return false;
    struct place p = place_of(e->to, e->url);
    return strcmp(p.by, by) == 0 && strcmp(p.at, at) == 0;
}

const struct trace_event *evidence_exchange(const struct check_view *v, const char *by,
                                            const char *at, size_t n)
{
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (is_at(e, by, at) && n-- == 0)
            return e;
    }
    return NULL;
}

const struct trace_event *evidence_document(const struct check_view *v, const char *by,
                                            const char *at)
{
    for (size_t i = v->to; i-- > 0;) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (is_at(e, by, at) && e->status == 200)
            return e;
    }
    return NULL;
}

struct js *evidence_json(const struct trace_event *e)
{
    struct js *j = NULL;
    if (e == NULL || e->body == NULL ||
        js_parse((struct str){e->body, e->body_len}, "body", &j, NULL) != 0)
        return NULL;
    return j;
}

void evidence_query(const char *url, struct params *ret)
{
    const char *mark = url != NULL ? strchr(url, '?') : NULL;
    if (mark == NULL)
        return;
    params_parse_form(ret, (struct str){mark + 1, strcspn(mark + 1, "#")});
}

static const struct js *data_of(const struct check_view *v, enum trace_kind kind)
{
    for (size_t i = v->from; i < v->to; i++)
        if (trace_at(v->trace, i)->kind == kind)
            return trace_at(v->trace, i)->data;
    return NULL;
}

const char *evidence_via(const struct check_view *v)
{
    const char *via = js_get_text(data_of(v, TRACE_LOGIN), "via");
    return via != NULL ? via : "ui";
}

const struct js *evidence_result(const struct check_view *v)
{
    return data_of(v, TRACE_RESULT);
}

bool evidence_signed_in(const struct check_view *v)
{
    return cstr_eq(js_get_text(evidence_result(v), "outcome"), "signed-in");
}

static const char *rp_of(const struct check_view *v, enum check_of of)
{
    const char *via = evidence_via(v);
    if (of == CHECK_OF_AUTHENTIK)
        return strcmp(via, "direct") == 0 ? "rp" : "dex";
    return strcmp(via, "cli") == 0 ? "cli" : "argocd";
}

/* The first authorization request with a client_id (later ones repeat it after the login). */
static void find_request(const struct check_view *v, struct leg *l)
{
    for (size_t n = 0;; n++) {
        const struct trace_event *e = evidence_exchange(v, l->provider, "authorize", n);
        if (e == NULL)
            return;
        AUTO(params_deinit) struct params q = {0};
        evidence_query(e->url, &q);
        if (params_get(&q, "client_id") == NULL)
            continue;
        l->request = e;
        params_copy(&l->query, &q);
        return;
    }
}

/* The URL in an answer that leads to the redirect URI: a Location, or the executor's "to". Caller
 * frees. */
static char *leads_to(const struct trace_event *e, const char *redirect_uri)
{
    const char *location = params_get_ci(&e->headers, "Location");
    if (location != NULL && cstr_starts(location, redirect_uri))
        return xstrdup(location);
    if (strstr(e->url, "/api/v3/flows/executor/") == NULL)
        return NULL;
    AUTO(js_free) struct js *challenge = evidence_json(e);
    const char *to = js_get_text(challenge, "to");
    return to != NULL && cstr_starts(to, redirect_uri) ? xstrdup(to) : NULL;
}

/* Who may hand out the response: authentik's pages, or Dex behind Argo CD. */
static bool is_of_provider(const struct trace_event *e, const char *provider)
{
    return e->kind == TRACE_EXCHANGE && e->front &&
           strcmp(place_of(e->to, e->url).by, provider) == 0;
}

static void find_response(const struct check_view *v, struct leg *l)
{
    const char *redirect_uri = params_get(&l->query, "redirect_uri");
    if (redirect_uri == NULL || redirect_uri[0] == '\0')
        return;
    for (size_t i = v->from; i < v->to && l->response == NULL; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (is_of_provider(e, l->provider))
            l->response = leads_to(e, redirect_uri);
    }
    evidence_query(l->response, &l->response_query);
}

/* The token exchange that was answered well; else the last one. */
static void find_token(const struct check_view *v, struct leg *l)
{
    for (size_t n = 0;; n++) {
        const struct trace_event *e = evidence_exchange(v, l->provider, "token", n);
        if (e == NULL || (l->token != NULL && l->token->status == 200))
            break;
        if (strcmp(e->from, l->rp) == 0) /* and not Argo CD's proxy passing the CLI's on */
            l->token = e;
    }
    if (l->token == NULL)
        return;
    params_parse_form(&l->token_form,
                      (struct str){l->token->request_body, l->token->request_body_len});
    l->answer = evidence_json(l->token);
}

bool evidence_leg(const struct check_view *v, enum check_of of, struct leg *ret)
{
    *ret = (struct leg){.provider = check_of_name(of), .rp = rp_of(v, of)};
    if (of == CHECK_OF_DEX && strcmp(evidence_via(v), "direct") == 0)
        return false;
    find_request(v, ret);
    find_response(v, ret);
    find_token(v, ret);
    return ret->request != NULL;
}

void leg_deinit(struct leg *l)
{
    params_deinit(&l->query);
    params_deinit(&l->response_query);
    params_deinit(&l->token_form);
    xfree(l->response);
    js_free(l->answer);
    *l = (struct leg){0};
}

/* Argo CD's cookie is Dex's ID token: all that a live Argo CD shows of it. */
static char *token_of_cookie(const struct check_view *v)
{
    const struct trace_event *e = evidence_exchange(v, "argocd", "callback", 0);
    for (size_t i = 0; e != NULL && i < e->headers.len; i++) {
        const char *value = e->headers.items[i].value;
        if (strcasecmp(e->headers.items[i].name, "Set-Cookie") != 0 ||
            !cstr_starts(value, "argocd.token="))
            continue;
        value += strlen("argocd.token=");
        size_t len = strcspn(value, ";");
        if (len > 0 && memchr(value, ':', len) == NULL)
            return xstrndup(value, len);
    }
    return NULL;
}

char *evidence_id_token(const struct check_view *v, enum check_of of)
{
    AUTO(leg_deinit) struct leg l = {0};
    if (!evidence_leg(v, of, &l))
        return NULL;
    const char *text =
        l.token != NULL && l.token->status == 200 ? js_get_text(l.answer, "id_token") : NULL;
    if (text != NULL)
        return xstrdup(text);
    return of == CHECK_OF_DEX && l.token == NULL ? token_of_cookie(v) : NULL;
}

static char *basic_of(const struct trace_event *token, char **ret_secret)
{
    const char *header = params_get_ci(&token->request_headers, "Authorization");
    uint8_t *plain = NULL;
    size_t len = 0;
    if (header == NULL || !cstr_starts(header, "Basic ") ||
        b64_decode(header + 6, strlen(header + 6), &plain, &len) != 0)
        return NULL;
    AUTO(xfree) char *text = xstrndup((const char *)plain, len);
    xfree(plain);
    char *colon = strchr(text, ':');
    char *id = NULL;
    if (colon == NULL)
        return NULL;
    url_decode((struct str){text, (size_t)(colon - text)}, true, &id);
    url_decode(str_of(colon + 1), true, ret_secret);
    return id;
}

char *evidence_client_id(const struct leg *l, char **ret_secret)
{
    *ret_secret = NULL;
    if (l->token == NULL)
        return NULL;
    char *id = basic_of(l->token, ret_secret);
    if (id != NULL)
        return id;
    const char *form_id = params_get(&l->token_form, "client_id");
    const char *secret = params_get(&l->token_form, "client_secret");
    *ret_secret = xstrdup(secret != NULL ? secret : "");
    return form_id != NULL ? xstrdup(form_id) : NULL;
}

char *evidence_issuer(const struct check_view *v, enum check_of of)
{
    return of == CHECK_OF_AUTHENTIK ? setup_authentik_issuer(v->setup) : setup_dex_issuer(v->setup);
}
