/*
 * /application/o/introspect/ and /application/o/revoke/ (authentik.md 7).
 */
#include <string.h>

#include "harness/crypto/hash.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/state.h"

static bool is_public(const struct mock *m)
{
    return cstr_eq(m->conf.ak->client_type, "public");
}

/* The secret counts for public clients, too: they have one in the database (P/utils.py
 * authenticate_provider). */
static bool authenticated(struct mock *m, const struct http_request *req, bool needs_secret)
{
    AUTO(xfree) char *id = NULL;
    AUTO(xfree) char *secret = NULL;
    ak_client_auth(m, req, &id, &secret);
    if (!ak_client_known(m, id))
        return false;
    if (!needs_secret || secret_text_equal(secret, m->conf.ak->client_secret))
        return true;
    return ak_fault_asked(m, "authentik/client-auth.ignored");
}

static bool may_introspect(struct mock *m, const struct http_request *req)
{
    if (is_public(m) && ak_quirk(m, QUIRK_INTROSPECT_PUBLIC))
        return false;
    return authenticated(m, req, true);
}

static bool may_revoke(struct mock *m, const struct http_request *req)
{
    return authenticated(m, req, !is_public(m) || !ak_quirk(m, QUIRK_REVOKE_PUBLIC));
}

/* An access token, else a refresh token; NULL if unknown. ret_store may be NULL. */
static struct token *find(struct mock *m, const char *text, struct store **ret_store)
{
    if (text == NULL || text[0] == '\0')
        return NULL;
    AUTO(xfree) char *key = ak_token_key(text);
    struct token *t = (struct token *)(void *)ak_store_get(&m->access, key);
    if (ret_store != NULL)
        *ret_store = t != NULL ? &m->access : &m->refresh;
    return t != NULL ? t : (struct token *)(void *)ak_store_get(&m->refresh, text);
}

/* A revoked one that has not expired shows its claims with active false. */
static struct js *describe(const struct mock *m, const struct token *t)
{
    struct js *body = NULL;
    AUTO(xfree) char *scope = ak_claims_scope_text(&t->grant);
    if (js_parse(str_of(t->claims), "claims", &body, NULL) != 0)
        body = js_object();
    js_set(body, "active", js_bool(!t->revoked));
    js_set_text(body, "scope", scope);
    js_set_text(body, "client_id", m->conf.ak->client_id);
    return body;
}

void ak_introspect_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "POST"))
        return;
    ak_mock_lock(m);
    const struct token *t = may_introspect(m, req) ? find(m, http_form(req, "token"), NULL) : NULL;
    if (t != NULL && t->item.expires_s <= ak_mock_now_s(m))
        t = NULL;
    AUTO(js_free) struct js *body = t != NULL ? describe(m, t) : js_object();
    if (t == NULL)
        js_set(body, "active", js_bool(false));
    ak_token_json(resp, 200, body);
    ak_mock_unlock(m);
}

void ak_revoke_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "POST"))
        return;
    ak_mock_lock(m);
    if (!may_revoke(m, req)) {
        ak_token_error(m, resp, 401, "invalid_client");
    } else {
        struct store *where = NULL;
        struct token *t = find(m, http_form(req, "token"), &where);
        if (t != NULL)
            ak_store_remove(where, t->item.key);
        AUTO(js_free) struct js *empty = js_object();
        ak_token_json(resp, 200, empty);
    }
    ak_mock_unlock(m);
}
