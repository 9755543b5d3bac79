/*
 * POST /token/introspect (dex.md 6.8, RFC 7662). No client authentication, as in Dex.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/protobuf.h"
#include "mocks/dex/dex_int.h"

static void no_store(struct http_response *resp)
{
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
    params_set_ci(&resp->headers, "Pragma", "no-cache");
}

static void respond(struct http_response *resp, const struct js *answer)
{
    AUTO(xfree) char *body = js_compact_html(answer);
    http_respondf(resp, 200, "application/json", "%s\n", body);
    no_store(resp);
}

static void inactive(struct http_response *resp)
{
    AUTO(js_free) struct js *j = js_object();
    js_set(j, "active", js_bool(false));
    respond(resp, j);
}

static void copy(struct js *to, const char *as, const struct js *from, const char *name)
{
    struct js *v = js_get(from, name);
    if (v != NULL)
        js_set(to, as, js_dup(v));
}

static struct js *extras(const struct js *claims)
{
    static const char *const names[] = {"azp",
                                        "email",
                                        "email_verified",
                                        "groups",
                                        "name",
                                        "preferred_username",
                                        "federated_claims",
                                        NULL};
    struct js *ext = js_object();
    for (const char *const *n = names; *n != NULL; n++)
        copy(ext, *n, claims, *n);
    return ext;
}

/* The audience's last entry is the client when there are several, else the only one. */
static const char *client_of(const struct js *claims)
{
    const char *azp = js_get_text(claims, "azp");
    const char *aud = js_get_text(claims, "aud");
    return azp != NULL ? azp : aud;
}

static void access_token(struct http_response *resp, const struct js *claims)
{
    AUTO(js_free) struct js *j = js_object();
    js_set(j, "active", js_bool(true));
    js_set_text(j, "client_id", client_of(claims));
    copy(j, "sub", claims, "sub");
    copy(j, "exp", claims, "exp");
    copy(j, "iat", claims, "iat");
    copy(j, "nbf", claims, "iat");
    copy(j, "username", claims, "preferred_username");
    copy(j, "aud", claims, "aud");
    copy(j, "iss", claims, "iss");
    js_set_text(j, "token_type", "Bearer");
    js_set_text(j, "token_use", "access_token");
    js_set(j, "ext", extras(claims));
    respond(resp, j);
}

static struct js *refresh_answer(const struct dex *d, const struct dex_session *s)
{
    struct js *j = js_object();
    AUTO(xfree) char *sub = protobuf_pair_encode(s->identity.user_id, s->connector_id);
    int64_t created_s = s->created_ms / 1000;
    js_set(j, "active", js_bool(true));
    js_set_text(j, "client_id", s->client_id);
    js_set_text(j, "sub", sub);
    js_set(j, "exp", js_int(created_s + d->config.absolute_ms / 1000));
    js_set(j, "iat", js_int(created_s));
    js_set(j, "nbf", js_int(created_s));
    js_set_text(j, "username", s->identity.preferred_username);
    js_set_text(j, "aud", s->client_id);
    js_set_text(j, "iss", d->config.issuer);
    js_set_text(j, "token_type", "Bearer");
    js_set_text(j, "token_use", "refresh_token");
    return j;
}

static void refresh_token(struct dex *d, struct http_response *resp, const char *raw)
{
    char *id = NULL;
    char *token = NULL;
    AUTO(js_free) struct js *answer = NULL;
    if (protobuf_pair_decode(raw, &id, &token) == 0) {
        pthread_mutex_lock(&d->lock);
        const struct dex_session *s = dex_store_get(d->store, DEX_REFRESH, id);
        if (s != NULL && cstr_eq(s->token, token))
            answer = refresh_answer(d, s);
        pthread_mutex_unlock(&d->lock);
    }
    xfree(id);
    xfree(token);
    if (answer == NULL)
        inactive(resp);
    else
        respond(resp, answer);
}

static bool check(const struct http_request *req, struct http_response *resp)
{
    const char *token = http_form(req, "token");
    if (!cstr_eq(req->method, "POST")) {
        AUTO(xfree)
        char *text = xasprintf("HTTP method is \"%s\", expected \"POST\".", req->method);
        dex_oauth_error(resp, 400, "invalid_request", text);
        return false;
    }
    if (req->body_len == 0) {
        dex_oauth_error(resp, 400, "invalid_request", "The POST body can not be empty.");
        return false;
    }
    if (token == NULL) {
        dex_oauth_error(resp, 400, "invalid_request",
                        "The POST body doesn't contain 'token' parameter.");
        return false;
    }
    return true;
}

void dex_handle_introspect(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(js_free) struct js *claims = NULL;
    if (!check(req, resp))
        return;
    const char *token = http_form(req, "token");
    if (strchr(token, '.') == NULL)
        refresh_token(d, resp, token);
    else if (dex_verify_own(d, token, &claims, NULL) == 0)
        access_token(resp, claims);
    else
        inactive(resp);
}
