/*
 * POST /token/introspect (dex.md 6.8, RFC 7662). No client authentication, as in Dex.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/protobuf.h"
#include "mocks/dex/dex_int.h"

static void inactive(struct http_response *resp)
{
    http_respond(resp, 200, "application/json", "{\"active\":false}\n");
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
    params_set_ci(&resp->headers, "Pragma", "no-cache");
}

/* Only the inactive answer forbids caches. */
static void respond(struct http_response *resp, const struct js *answer)
{
    AUTO(xfree) char *body = js_compact_html(answer);
    http_respond(resp, 200, "application/json", body);
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

static struct js *identity_extras(const struct dex_identity *i)
{
    struct js *ext = js_object();
    const struct {
        const char *name;
        const char *value;
    } texts[] = {{"name", i->username}, {"preferred_username", i->preferred_username}};
    if (*i->email != '\0')
        js_set_text(ext, "email", i->email);
    js_set(ext, "email_verified", js_bool(i->email_verified));
    if (i->groups.len > 0)
        js_set(ext, "groups", js_texts(&i->groups));
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
        if (*texts[k].value != '\0')
            js_set_text(ext, texts[k].name, texts[k].value);
    }
    return ext;
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
    if (*s->identity.preferred_username != '\0')
        js_set_text(j, "username", s->identity.preferred_username);
    js_set_text(j, "aud", s->client_id);
    js_set_text(j, "iss", d->config.issuer);
    js_set_text(j, "token_type", "Bearer");
    js_set_text(j, "token_use", "refresh_token");
    js_set(j, "ext", identity_extras(&s->identity));
    return j;
}

/* As a refresh would take it, whoever the client is. */
static bool is_current(const struct dex *d, const struct dex_session *s, const char *token)
{
    int64_t now_ms = clock_now_ms(d->env->clock);
    const struct dex_config *c = &d->config;
    bool may_reuse = c->reuse_interval_ms > 0 && now_ms <= s->last_used_ms + c->reuse_interval_ms;
    bool is_known = cstr_eq(s->token, token) ||
                    (may_reuse && *s->obsolete_token != '\0' && cstr_eq(s->obsolete_token, token));
    bool expired = c->absolute_ms > 0 && now_ms > s->created_ms + c->absolute_ms;
    bool idle = c->idle_ms > 0 && now_ms > s->last_used_ms + c->idle_ms;
    return is_known && !expired && !idle;
}

static void refresh_token(struct dex *d, struct http_response *resp, const char *raw)
{
    char *id = NULL;
    char *token = NULL;
    AUTO(js_free) struct js *answer = NULL;
    if (protobuf_pair_decode(raw, &id, &token) == 0) {
        pthread_mutex_lock(&d->lock);
        const struct dex_session *s = dex_store_get(d->store, DEX_REFRESH, id);
        if (s != NULL && is_current(d, s, token))
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
    AUTO(xfree) char *problem = dex_form_error(req);
    if (problem != NULL) {
        dex_oauth_error(resp, 400, "invalid_request",
                        "Unable to parse HTTP body, make sure to send a properly formatted form "
                        "request body.");
        return false;
    }
    if (req->form_params.len == 0) {
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

static void log_hint(const struct dex *d, const struct http_request *req, bool is_access)
{
    const char *hint = http_form(req, "token_type_hint");
    const char *type = is_access ? "access_token" : "refresh_token";
    if (hint != NULL && *hint != '\0' && !cstr_eq(hint, type))
        dex_log(d, NULL, DEX_LINE_TOKEN_HINT,
                DEX_FIELDS({"request_token_type", hint}, {"token_type", type}));
}

void dex_handle_introspect(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(js_free) struct js *claims = NULL;
    struct err err = {0};
    if (!dex_quirk(d, DEX_QUIRK_INTROSPECT)) {
        dex_not_found(d, req, resp);
        return;
    }
    if (!check(req, resp))
        return;
    const char *token = http_form(req, "token");
    bool is_access = strchr(token, '.') != NULL;
    log_hint(d, req, is_access);
    if (!is_access)
        refresh_token(d, resp, token);
    else if (dex_verify_own(d, token, &claims, NULL, &err) == 0)
        access_token(resp, claims);
    else
        inactive(resp);
}
