/*
 * /application/o/userinfo/ (authentik.md 7): claims evaluated now, for the token's scopes. Errors
 * have an empty body and a header without a scheme word.
 */
#include <string.h>

#include "mocks/authentik/faults.h"
#include "mocks/authentik/state.h"

/* Header (Bearer or bearer; its second word), else form, else query. Caller frees. */
static char *presented(const struct http_request *req)
{
    const char *header = params_get_ci(&req->headers, "Authorization");
    if ((cstr_starts(header, "Bearer ") || cstr_starts(header, "bearer ")) && header[7] != '\0') {
        struct str rest = str_trim(str_of(header + 7));
        struct str word = {0};
        return str_next(&rest, ' ', &word) ? xstrndup(word.ptr, word.len) : NULL;
    }
    const char *field = http_form(req, "access_token");
    if (field == NULL)
        field = http_query(req, "access_token");
    return field != NULL ? xstrdup(field) : NULL;
}

static void refuse(struct http_response *resp, int status, const char *code, const char *text)
{
    AUTO(xfree) char *value = xasprintf("error=\"%s\", error_description=\"%s\"", code, text);
    http_respond(resp, status, AK_HTML, "");
    params_set_ci(&resp->headers, "WWW-Authenticate", value);
}

static const struct token *find(struct mock *m, const struct http_request *req)
{
    AUTO(xfree) char *text = presented(req);
    if (text == NULL || text[0] == '\0')
        return NULL;
    AUTO(xfree) char *key = ak_token_key(text);
    const struct token *t = (const struct token *)(const void *)ak_store_get(&m->access, key);
    if (t == NULL || t->revoked || t->item.expires_s <= ak_mock_now_s(m))
        return NULL;
    return t;
}

static void answer(struct mock *m, const struct token *t, const struct setup_person *p,
                   struct http_response *resp)
{
    AUTO(xfree) char *sub = ak_claims_sub(m, p);
    AUTO(js_free) struct js *mapped = ak_claims_mapped(m, p, &t->grant);
    struct fault_call call = {.m = m, .doc = js_object(), .resp = resp};
    js_set_text(call.doc, "sub", sub);
    js_merge(call.doc, mapped);
    if (!ak_quirk(m, QUIRK_USERINFO_SUB))
        js_set_text(call.doc, "sub", sub);
    if (t->grant.nonce != NULL)
        js_set_text(call.doc, "nonce", t->grant.nonce);
    ak_faults_play(FAULT_USERINFO, &call);
    ak_token_json(resp, 200, call.doc);
    js_free(call.doc);
    ak_faults_play(FAULT_USERINFO_RESPONSE, &call);
}

static bool serve(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    const struct token *t = find(m, req);
    const struct setup_person *p = t != NULL ? ak_conf_person(m, t->grant.person) : NULL;
    if (p == NULL || ak_fault_asked(m, "authentik/userinfo.http-401")) {
        refuse(resp, 401, "invalid_token",
               "The access token provided is expired, revoked, malformed, or invalid for other "
               "reasons");
        struct fault_call call = {.m = m, .resp = resp};
        ak_faults_play(FAULT_USERINFO_ERROR, &call);
        return false;
    }
    if (!ak_claims_has_scope(&t->grant, "openid")) {
        refuse(resp, 403, "insufficient_scope",
               "The request requires higher privileges than provided by the access token");
        return true;
    }
    answer(m, t, p, resp);
    return true;
}

void ak_userinfo_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "GET HEAD POST OPTIONS"))
        return;
    ak_mock_lock(m);
    bool accepted = true;
    if (cstr_eq(req->method, "OPTIONS"))
        http_respond(resp, 200, AK_HTML, "");
    else
        accepted = serve(m, req, resp);
    if (accepted)
        ak_cors(m, req, resp);
    ak_mock_unlock(m);
}
