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

static void log_login(struct dex *d, const struct dex_session *s)
{
    const struct dex_identity *i = &s->identity;
    AUTO(js_free) struct js *groups = js_array();
    for (size_t k = 0; k < i->groups.len; k++)
        js_append_text(groups, i->groups.items[k]);
    AUTO(xfree) char *list = js_compact(groups);
    trace_log(d->env->trace, DEX_PARTY, "INFO",
              "login successful connector_id=%s username=%s preferred_username=%s email=%s%s "
              "groups=%s",
              s->connector_id, i->username, i->preferred_username, i->email,
              i->email_verified ? "" : " (unverified)", list);
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

void dex_send_code(struct dex *d, const struct http_request *req, struct http_response *resp,
                   const struct dex_session *s)
{
    AUTO(params_deinit) struct params p = {0};
    AUTO(xfree) char *code = NULL;
    if (clock_now_ms(d->env->clock) > s->expires_ms) {
        dex_error_page(resp, 400, "User session has expired.");
        return;
    }
    pthread_mutex_lock(&d->lock);
    bool is_there = dex_store_remove(d->store, DEX_REQUESTS, s->id);
    pthread_mutex_unlock(&d->lock);
    if (!is_there) {
        dex_error_page(resp, 400, "User session error.");
        return;
    }
    store_code(d, s, &code);
    if (!dex_fault(d, "dex/callback.no-code", NULL))
        params_add(&p, "code", code);
    params_add(&p, "state", s->state);
    if (dex_fault(d, "dex/callback.state-changed", NULL))
        params_addf(&p, "state", "%sx", s->state);
    dex_fault_response(d, &p);
    if (!dex_redirect_to_client(req, resp, s->redirect_uri, &p))
        dex_error_page(resp, 500, "Invalid redirect URI.");
}

static void send_to_approval(struct dex *d, const struct http_request *req,
                             struct http_response *resp, const struct dex_session *s)
{
    uint8_t mac[HASH_SIZE_MAX];
    hmac_of(HASH_SHA256, s->hmac_key, sizeof s->hmac_key, s->id, strlen(s->id), mac);
    AUTO(xfree) char *encoded = b64url_encode(mac, hash_size(HASH_SHA256));
    AUTO(xfree)
    char *location = xasprintf("%s/approval?req=%s&hmac=%s", d->config.path, s->id, encoded);
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
        dex_error_page(resp, 400, "Method not supported");
        return NULL;
    }
    const char *id = is_get ? http_query(req, "state") : http_form(req, "RelayState");
    if (id == NULL || *id == '\0') {
        dex_error_page(resp, 400, "User session error.");
        return NULL;
    }
    pthread_mutex_lock(&d->lock);
    const struct dex_session *stored = dex_store_get(d->store, DEX_REQUESTS, id);
    if (stored == NULL && dex_fault(d, "dex/callback.any-request", NULL))
        stored = dex_store_last(d->store, DEX_REQUESTS);
    struct dex_session *copy = stored != NULL ? dex_session_dup(stored) : NULL;
    pthread_mutex_unlock(&d->lock);
    if (copy == NULL) {
        trace_log(d->env->trace, DEX_PARTY, "ERROR",
                  "invalid 'state' parameter provided err=not found");
        dex_error_page(resp, 400, "Requested resource does not exist.");
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
    xfree(id);
    if (!decodes)
        dex_error_page(resp, 400, "Requested resource does not exist");
    else if (!fits)
        dex_error_page(resp, 500, "Requested resource does not exist.");
    return fits;
}

static void answer_login(struct dex *d, const struct http_request *req, struct http_response *resp,
                         struct dex_session *s)
{
    log_login(d, s);
    finalize(d, s);
    if (d->config.skip_approval && !s->force_approval)
        dex_send_code(d, req, resp, s);
    else
        send_to_approval(d, req, resp, s);
}

void dex_handle_callback(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(dex_session_free) struct dex_session *s = find_request(d, req, resp);
    struct dex_connector *c = NULL;
    struct err err = {0};
    if (s == NULL || !check_path(d, req, resp, s))
        return;
    if (dex_connector_get(d, s->connector_id, &c, &err) != 0) {
        dex_error_page(resp, 500, "Requested resource does not exist.");
        return;
    }
    if (!cstr_eq(req->method, "GET")) {
        dex_error_page(resp, 400, "Invalid request");
        return;
    }
    if (dex_oidc_callback(d, c->oidc, s, req, &s->identity, &err) != 0) {
        trace_log(d->env->trace, DEX_PARTY, "ERROR", "failed to authenticate err=%s", err.msg);
        dex_error_page(resp, 500,
                       "Authentication failed. Please contact your administrator or try again "
                       "later.");
        return;
    }
    answer_login(d, req, resp, s);
}
