/*
 * Reading the trace of one login, once: where each exchange was, the two legs, the documents and
 * the ID tokens. Checks are many and ask for the same few things.
 */
#include "harness/check/evidence.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/jose/jwt.h"
#include "harness/login/place.h"

/* What one provider showed: found for authentik and for Dex alike. */
struct provider {
    struct leg leg;
    struct id_token token;
    struct document discovery;
    struct document jwks;
    char *issuer;
    struct js *original; /* of a refresh */
};

struct evidence {
    const struct check_view *view;
    struct place *places; /* of the exchanges in [0, view->to); by is NULL elsewhere */
    const struct js *login;
    const struct js *result;
    bool refresh;
    struct provider authentik;
    struct provider dex;
};

static const struct provider *provider_of(const struct check_view *v, enum check_of of)
{
    return of == CHECK_OF_AUTHENTIK ? &v->evidence->authentik : &v->evidence->dex;
}

static void find_places(struct evidence *e)
{
    e->places = xcalloc(e->view->to + 1, sizeof(*e->places));
    for (size_t i = 0; i < e->view->to; i++) {
        const struct trace_event *event = trace_at(e->view->trace, i);
        if (event->kind == TRACE_EXCHANGE)
            e->places[i] = place_of(event->to, event->url);
    }
}

static bool is_at(const struct evidence *e, size_t i, const char *by, const char *at)
{
    const struct place *p = &e->places[i];
    return p->by != NULL && strcmp(p->by, by) == 0 && strcmp(p->at, at) == 0;
}

static const struct trace_event *exchange(const struct evidence *e, const char *by, const char *at,
                                          size_t n)
{
    for (size_t i = e->view->from; i < e->view->to; i++)
        if (is_at(e, i, by, at) && n-- == 0)
            return trace_at(e->view->trace, i);
    return NULL;
}

const struct trace_event *evidence_exchange(const struct check_view *v, const char *by,
                                            const char *at, size_t n)
{
    return exchange(v->evidence, by, at, n);
}

static void find_document(const struct evidence *e, const char *by, const char *at,
                          struct document *ret)
{
    for (size_t i = e->view->to; i-- > 0;) {
        const struct trace_event *event = trace_at(e->view->trace, i);
        if (!is_at(e, i, by, at) || event->status != 200)
            continue;
        ret->answer = event;
        ret->json = evidence_json(event);
        return;
    }
}

const struct document *evidence_discovery(const struct check_view *v, enum check_of of)
{
    return &provider_of(v, of)->discovery;
}

const struct document *evidence_jwks(const struct check_view *v, enum check_of of)
{
    return &provider_of(v, of)->jwks;
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

/* The login of the view; else the last one before it, which the view then refreshes. */
static void find_login(struct evidence *e)
{
    e->login = data_of(e->view, TRACE_LOGIN);
    for (size_t i = e->view->from; e->login == NULL && i-- > 0;)
        if (trace_at(e->view->trace, i)->kind == TRACE_LOGIN) {
            e->login = trace_at(e->view->trace, i)->data;
            e->refresh = true;
        }
}

bool evidence_is_refresh(const struct check_view *v)
{
    return v->evidence->refresh;
}

const char *evidence_as(const struct check_view *v)
{
    return js_get_text(v->evidence->login, "as");
}

static const char *via_of(const struct evidence *e)
{
    const char *via = js_get_text(e->login, "via");
    return via != NULL ? via : "ui";
}

const char *evidence_via(const struct check_view *v)
{
    return via_of(v->evidence);
}

const struct js *evidence_result(const struct check_view *v)
{
    return v->evidence->result;
}

bool evidence_signed_in(const struct check_view *v)
{
    return cstr_eq(js_get_text(evidence_result(v), "outcome"), "signed-in");
}

const char *evidence_callback(const struct check_view *v)
{
    return js_get_text(v->evidence->login, "callback");
}

/* With oidc.config Argo CD and its CLI ask authentik themselves (argocd.md 1.12). */
static bool goes_past_dex(const struct evidence *e)
{
    const char *oidc = js_get_text(e->view->setup->argocd.cm, "oidc.config");
    return oidc != NULL && oidc[0] != '\0';
}

static const char *rp_of(const struct evidence *e, enum check_of of)
{
    const char *via = via_of(e);
    if (strcmp(via, "direct") == 0)
        return of == CHECK_OF_AUTHENTIK ? "rp" : "argocd";
    if (of == CHECK_OF_AUTHENTIK && !goes_past_dex(e))
        return "dex";
    return strcmp(via, "cli") == 0 ? "cli" : "argocd";
}

/* The first authorization request with a client_id (later ones repeat it after the login). */
static void find_request(const struct evidence *e, struct leg *l)
{
    for (size_t n = 0;; n++) {
        const struct trace_event *asked = exchange(e, l->provider, "authorize", n);
        if (asked == NULL)
            return;
        AUTO(params_deinit) struct params q = {0};
        evidence_query(asked->url, &q);
        if (params_get(&q, "client_id") == NULL)
            continue;
        l->request = asked;
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

/* The response is handed out by authentik's pages, or by Dex behind Argo CD. */
static void find_response(const struct evidence *e, struct leg *l)
{
    const char *redirect_uri = params_get(&l->query, "redirect_uri");
    if (redirect_uri == NULL || redirect_uri[0] == '\0')
        return;
    for (size_t i = e->view->from; i < e->view->to && l->response == NULL; i++) {
        const struct trace_event *event = trace_at(e->view->trace, i);
        if (event->front && e->places[i].by != NULL && strcmp(e->places[i].by, l->provider) == 0)
            l->response = leads_to(event, redirect_uri);
    }
    evidence_query(l->response, &l->response_query);
}

/* The token exchange that was answered well; else the last one. */
static void find_token(const struct evidence *e, struct leg *l)
{
    for (size_t n = 0;; n++) {
        const struct trace_event *asked = exchange(e, l->provider, "token", n);
        if (asked == NULL || (l->token != NULL && l->token->status == 200))
            break;
        if (strcmp(asked->from, l->rp) == 0) /* and not Argo CD's proxy passing the CLI's on */
            l->token = asked;
    }
    if (l->token == NULL)
        return;
    params_parse_form(&l->token_form,
                      (struct str){l->token->request_body, l->token->request_body_len});
    l->answer = evidence_json(l->token);
}

static void find_leg(const struct evidence *e, enum check_of of, struct leg *ret)
{
    ret->provider = check_of_name(of);
    ret->rp = rp_of(e, of);
    if (of == CHECK_OF_DEX && strcmp(via_of(e), "direct") == 0)
        return;
    find_request(e, ret);
    find_response(e, ret);
    find_token(e, ret);
}

const struct leg *evidence_leg(const struct check_view *v, enum check_of of)
{
    return &provider_of(v, of)->leg;
}

static void leg_deinit(struct leg *l)
{
    params_deinit(&l->query);
    params_deinit(&l->response_query);
    params_deinit(&l->token_form);
    xfree(l->response);
    js_free(l->answer);
}

/* Argo CD's cookie is Dex's ID token: all that a live Argo CD shows of it. */
static char *token_of_cookie(const struct evidence *e)
{
    const struct trace_event *answer = exchange(e, "argocd", "callback", 0);
    for (size_t i = 0; answer != NULL && i < answer->headers.len; i++) {
        const char *value = answer->headers.items[i].value;
        if (strcasecmp(answer->headers.items[i].name, "Set-Cookie") != 0 ||
            !cstr_starts(value, "argocd.token="))
            continue;
        value += strlen("argocd.token=");
        size_t len = strcspn(value, ";");
        if (len > 0 && memchr(value, ':', len) == NULL)
            return xstrndup(value, len);
    }
    return NULL;
}

static void find_id_token(const struct evidence *e, enum check_of of, const struct leg *l,
                          struct id_token *ret)
{
    if (l->request == NULL && !e->refresh)
        return;
    const char *text =
        l->token != NULL && l->token->status == 200 ? js_get_text(l->answer, "id_token") : NULL;
    if (text != NULL)
        ret->text = xstrdup(text);
    else if (of == CHECK_OF_DEX && l->token == NULL)
        ret->text = token_of_cookie(e);
    if (ret->text == NULL)
        return;
    ret->problem = jws_parse(ret->text, &ret->jws, NULL);
    ret->claims = jwt_claims_unverified(ret->text);
}

const struct id_token *evidence_id_token(const struct check_view *v, enum check_of of)
{
    return &provider_of(v, of)->token;
}

/* The claims of the ID token in a good answer to a token request; NULL if there is none. Caller
 * frees. */
static struct js *claims_in(const struct trace_event *token)
{
    AUTO(js_free) struct js *answer = token->status == 200 ? evidence_json(token) : NULL;
    const char *text = js_get_text(answer, "id_token");
    return text != NULL ? jwt_claims_unverified(text) : NULL;
}

bool evidence_next_earlier(const struct check_view *v, enum check_of of, size_t *i,
                           struct earlier_token *ret)
{
    const char *as = NULL;
    for (size_t n = 0; n < v->from; n++) {
        const struct trace_event *event = trace_at(v->trace, n);
        if (event->kind == TRACE_LOGIN)
            as = js_get_text(event->data, "as");
        if (n < *i || !is_at(v->evidence, n, check_of_name(of), "token"))
            continue;
        struct js *claims = claims_in(event);
        if (claims == NULL)
            continue;
        *i = n + 1;
        *ret = (struct earlier_token){.as = as, .claims = claims};
        return true;
    }
    return false;
}

/* The newest answer to the authorization_code grant before a refresh. */
static struct js *find_original(const struct evidence *e, const char *provider)
{
    for (size_t i = e->view->from; e->refresh && i-- > 0;) {
        const struct trace_event *event = trace_at(e->view->trace, i);
        if (!is_at(e, i, provider, "token") || event->status != 200)
            continue;
        AUTO(params_deinit) struct params form = {0};
        params_parse_form(&form, (struct str){event->request_body, event->request_body_len});
        if (cstr_eq(params_get(&form, "grant_type"), "authorization_code"))
            return claims_in(event);
    }
    return NULL;
}

const struct js *evidence_original(const struct check_view *v, enum check_of of)
{
    return provider_of(v, of)->original;
}

static void id_token_deinit(struct id_token *t)
{
    xfree(t->text);
    jws_deinit(&t->jws);
    js_free(t->claims);
}

static void find_provider(const struct evidence *e, enum check_of of, struct provider *p)
{
    find_leg(e, of, &p->leg);
    find_id_token(e, of, &p->leg, &p->token);
    p->original = find_original(e, check_of_name(of));
    find_document(e, check_of_name(of), "discovery", &p->discovery);
    find_document(e, check_of_name(of), "jwks", &p->jwks);
    p->issuer = of == CHECK_OF_AUTHENTIK ? setup_authentik_issuer(e->view->setup)
                                         : setup_dex_issuer(e->view->setup);
}

static void provider_deinit(struct provider *p)
{
    leg_deinit(&p->leg);
    id_token_deinit(&p->token);
    js_free(p->discovery.json);
    js_free(p->jwks.json);
    js_free(p->original);
    xfree(p->issuer);
}

const char *evidence_issuer(const struct check_view *v, enum check_of of)
{
    return provider_of(v, of)->issuer;
}

struct evidence *evidence_new(const struct check_view *v)
{
    struct evidence *e = xcalloc(1, sizeof(*e));
    e->view = v;
    find_places(e);
    find_login(e);
    e->result = data_of(v, TRACE_RESULT);
    find_provider(e, CHECK_OF_AUTHENTIK, &e->authentik);
    find_provider(e, CHECK_OF_DEX, &e->dex);
    return e;
}

struct evidence *evidence_free(struct evidence *e)
{
    if (e == NULL)
        return NULL;
    provider_deinit(&e->authentik);
    provider_deinit(&e->dex);
    xfree(e->places);
    return xfree(e);
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

char *evidence_thumbprint(const struct js *jwk, enum hash_alg alg)
{
    const char *text = js_text(js_at(js_get(jwk, "x5c"), 0));
    uint8_t *der = NULL;
    size_t len = 0;
    if (text == NULL || b64_decode(text, strlen(text), &der, &len) != 0)
        return NULL;
    uint8_t digest[HASH_SIZE_MAX];
    hash_of(alg, der, len, digest);
    xfree(der);
    return b64url_encode(digest, hash_size(alg));
}
