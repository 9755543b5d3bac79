/*
 * /callback (dex.md 2.4): the person comes back from authentik. The connector makes the identity;
 * this makes the code. The auth request outlives a failure and ends with a success.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/crypto/hash.h"
#include "mocks/dex/connector_oidc.h"

#define CODE_MS INT64_C(1800000) /* dex.md 2.8 */
#define OOB "urn:ietf:wg:oauth:2.0:oob"

static void log_login(const struct dex *d, const struct http_request *req,
                      const struct dex_session *s)
{
    const struct dex_identity *i = &s->identity;
    AUTO(xfree)
    char *email = xasprintf("%s%s", i->email, i->email_verified ? "" : " (unverified)");
    dex_log(d, req, DEX_LINE_LOGIN,
            DEX_FIELDS({"connector_id", s->connector_id}, {"username", i->username},
                       {"preferred_username", i->preferred_username}, {"email", email},
                       {"groups", NULL, &i->groups}));
}

static void store_code(struct dex *d, const struct dex_session *s, char **ret_id)
{
    struct dex_session *code = dex_session_dup(s);
    xfree(code->id);
    code->id = dex_new_id(d, "code");
    code->expires_ms = clock_now_ms(d->env->clock) + CODE_MS;
    *ret_id = xstrdup(code->id);
    trace_secret(d->env->trace, "code", code->id);
    pthread_mutex_lock(&d->lock);
    dex_store_put(d->store, DEX_CODES, code);
    pthread_mutex_unlock(&d->lock);
}

/* The code flow: a query. */
static bool answer_code(struct dex *d, const struct http_request *req, struct http_response *resp,
                        const struct dex_session *s, const char *code)
{
    AUTO(params_deinit) struct params p = {0};
    if (!dex_fault(d, "dex/callback.no-code", NULL))
        params_add(&p, "code", code);
    params_add(&p, "state", s->state);
    if (dex_fault(d, "dex/callback.state-changed", NULL))
        params_addf(&p, "state", "%sx", s->state);
    dex_fault_response(d, &p);
    return dex_redirect_to_client(req, resp, s->redirect_uri, &p);
}

/* Implicit and hybrid flow: a fragment. Both tokens are made only where an ID token is asked for.
 */
static bool answer_tokens(struct dex *d, const struct http_request *req, struct http_response *resp,
                          const struct dex_session *s, const char *code)
{
    AUTO(params_deinit) struct params p = {0};
    AUTO(dex_tokens_deinit) struct dex_tokens t = {0};
    struct err err = {0};
    if (s->wants_id_token && dex_tokens_issue(d, s, &s->scopes, code, &t, &err) != 0) {
        dex_log(d, req, DEX_LINE_ACCESS_TOKEN, DEX_FIELDS({"err", err.msg}));
        dex_oauth_error(resp, 500, "server_error", "");
        return true;
    }
    params_add(&p, "access_token", t.access_token != NULL ? t.access_token : "");
    params_add(&p, "token_type", "bearer");
    params_add(&p, "state", s->state);
    if (s->wants_id_token)
        params_add(&p, "id_token", t.id_token);
    if (s->wants_id_token && *code == '\0')
        params_addf(&p, "expires_in", "%lld", (long long)t.expires_in_s);
    if (*code != '\0')
        params_add(&p, "code", code);
    return dex_redirect_with_fragment(req, resp, s->redirect_uri, &p);
}

/* urn:ietf:wg:oauth:2.0:oob: the person carries the code over. */
static void show_code(const struct dex *d, const struct http_request *req,
                      struct http_response *resp, const char *code)
{
    AUTO(xfree)
    char *body = xasprintf("<div class=\"theme-panel\">\n"
                           "  <h2 class=\"theme-heading\">Login Successful</h2>\n"
                           "  <p>Please copy this code, switch to your application and paste it "
                           "there:</p>\n"
                           "  <input type=\"text\" class=\"theme-form-input\" value=\"%s\" />\n"
                           "</div>",
                           code);
    dex_page(d, req, resp, 200, body);
}

static bool take_request(struct dex *d, const char *id)
{
    pthread_mutex_lock(&d->lock);
    bool is_there = dex_store_remove(d->store, DEX_REQUESTS, id);
    pthread_mutex_unlock(&d->lock);
    return is_there;
}

void dex_send_code(struct dex *d, const struct http_request *req, struct http_response *resp,
                   const struct dex_session *s)
{
    AUTO(xfree) char *code = NULL;
    bool sent = true;
    if (clock_now_ms(d->env->clock) > s->expires_ms) {
        dex_error_page(d, req, resp, 400, "User session has expired.");
        return;
    }
    if (!take_request(d, s->id)) {
        dex_error_page(d, req, resp, 400, "User session error.");
        return;
    }
    if (s->wants_code)
        store_code(d, s, &code);
    if (s->wants_code && cstr_eq(s->redirect_uri, OOB))
        show_code(d, req, resp, code);
    else if (s->wants_token || s->wants_id_token)
        sent = answer_tokens(d, req, resp, s, code != NULL ? code : "");
    else
        sent = answer_code(d, req, resp, s, code);
    if (!sent)
        dex_error_page(d, req, resp, 500, "Invalid redirect URI.");
}

static void send_to_approval(struct dex *d, const struct http_request *req,
                             struct http_response *resp, const struct dex_session *s)
{
    uint8_t mac[HASH_SIZE_MAX];
    bool has_hmac = dex_quirk(d, DEX_QUIRK_APPROVAL_HMAC);
    hmac_of(HASH_SHA256, s->hmac_key, sizeof s->hmac_key, s->id, strlen(s->id), mac);
    AUTO(xfree) char *encoded = b64url_encode(mac, hash_size(HASH_SHA256));
    AUTO(xfree)
    char *location = xasprintf("%s/approval?req=%s%s%s", d->config.path, s->id,
                               has_hmac ? "&hmac=" : "", has_hmac ? encoded : "");
    http_respond_go_redirect(resp, req->method, 303, location);
}

/* Writes the login into the stored request, and authentik's refresh token where refreshes look. */
static void finalize(struct dex *d, struct dex_session *s)
{
    s->logged_in = true;
    pthread_mutex_lock(&d->lock);
    struct dex_session *stored = dex_store_get(d->store, DEX_REQUESTS, s->id);
    if (stored != NULL) {
        stored->logged_in = true;
        dex_identity_copy(&stored->identity, &s->identity);
    }
    if (strlist_has(&s->scopes, "offline_access"))
        dex_offline_set(d->store, s->identity.user_id, s->connector_id,
                        s->identity.upstream_refresh);
    pthread_mutex_unlock(&d->lock);
}

/* The request's auth request, copied; NULL after answering. */
static struct dex_session *find_request(struct dex *d, const struct http_request *req,
                                        struct http_response *resp)
{
    bool is_get = cstr_eq(req->method, "GET");
    if (!is_get && !cstr_eq(req->method, "POST")) {
        dex_error_page(d, req, resp, 400, "Method not supported");
        return NULL;
    }
    const char *id = is_get ? http_query(req, "state") : http_form(req, "RelayState");
    if (id == NULL || *id == '\0') {
        dex_error_page(d, req, resp, 400, "User session error.");
        return NULL;
    }
    pthread_mutex_lock(&d->lock);
    const struct dex_session *stored = dex_store_get(d->store, DEX_REQUESTS, id);
    if (stored == NULL && dex_fault(d, "dex/callback.any-request", NULL))
        stored = dex_store_last(d->store, DEX_REQUESTS);
    struct dex_session *copy = stored != NULL ? dex_session_dup(stored) : NULL;
    pthread_mutex_unlock(&d->lock);
    if (copy == NULL) {
        dex_log(d, req, DEX_LINE_STATE, DEX_FIELDS({"err", "not found"}));
        dex_error_page(d, req, resp, 400, "Requested resource does not exist.");
    }
    return copy;
}

/* /callback/{c}: the connector named in the path must be the request's (step 3). */
static bool check_path(const struct dex *d, const struct http_request *req,
                       struct http_response *resp, const struct dex_session *s)
{
    AUTO(xfree) char *prefix = xasprintf("%s/callback/", d->config.path);
    char *id = NULL;
    if (!cstr_starts(req->path, prefix))
        return true;
    bool decodes = url_decode(str_of(req->path + strlen(prefix)), false, &id);
    bool fits = decodes && (*id == '\0' || cstr_eq(id, s->connector_id));
    if (!decodes)
        dex_log(d, req, DEX_LINE_GET_CONNECTOR,
                DEX_FIELDS({"connector_id", s->connector_id}, {"err", "invalid URL escape"}));
    else if (!fits)
        dex_log(d, req, DEX_LINE_CALLBACK_MISMATCH,
                DEX_FIELDS({"authentication_start_connector_id", s->connector_id},
                           {"connector_id", id}));
    xfree(id);
    if (!fits)
        dex_error_page(d, req, resp, 500, "Requested resource does not exist.");
    return fits;
}

static void answer_login(struct dex *d, const struct http_request *req, struct http_response *resp,
                         struct dex_session *s)
{
    log_login(d, req, s);
    finalize(d, s);
    if (dex_quirk(d, DEX_QUIRK_CODE_DIRECT) && d->config.skip_approval && !s->force_approval)
        dex_send_code(d, req, resp, s);
    else
        send_to_approval(d, req, resp, s);
}

/* Since 2.45 the page does not say why. */
static void refuse_login(const struct dex *d, const struct http_request *req,
                         struct http_response *resp, const char *cause)
{
    AUTO(xfree)
    char *text = dex_quirk(d, DEX_QUIRK_GENERIC_PAGES)
                     ? xstrdup("Authentication failed. Please contact your administrator or try "
                               "again later.")
                     : xasprintf("Failed to authenticate: %s", cause);
    dex_log(d, req, DEX_LINE_AUTHENTICATE, DEX_FIELDS({"err", cause}));
    dex_error_page(d, req, resp, 500, text);
}

void dex_handle_callback(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    struct dex_connector *c = NULL;
    struct err err = {0};
    if (dex_cleans_path(d, req, resp))
        return;
    AUTO(dex_session_free) struct dex_session *s = find_request(d, req, resp);
    if (s == NULL || !check_path(d, req, resp, s))
        return;
    if (dex_connector_get(d, s->connector_id, &c, &err) != 0) {
        dex_log(d, req, DEX_LINE_GET_CONNECTOR,
                DEX_FIELDS({"connector_id", s->connector_id}, {"err", err.msg}));
        dex_error_page(d, req, resp, 500, "Requested resource does not exist.");
        return;
    }
    if (!cstr_eq(req->method, "GET")) {
        dex_log(d, req, DEX_LINE_SAML, DEX_NO_FIELDS);
        dex_error_page(d, req, resp, 400, "Invalid request");
        return;
    }
    if (dex_oidc_callback(d, c->oidc, s, req, &s->identity, &err) != 0)
        refuse_login(d, req, resp, err.msg);
    else
        answer_login(d, req, resp, s);
}
