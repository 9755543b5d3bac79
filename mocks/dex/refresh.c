/*
 * grant_type=refresh_token (dex.md 6.6, 4.7): the token is looked up, authentik is asked anew, the
 * token part rotates. The store's lock is not held while authentik is asked; whoever rotated in the
 * meantime wins.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/protobuf.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/connector_oidc.h"

#define INVALID "Refresh token is invalid or has already been claimed by another client."

struct refresh {
    struct dex *d;
    const struct http_request *req;
    struct http_response *resp;
    const struct dex_client *client;
    char *id;
    char *token;
    struct dex_session *stored; /* a copy */
    struct strlist scopes;
    bool is_reuse; /* an obsolete token within the reuse interval */
};

static void refresh_deinit(struct refresh *r)
{
    xfree(r->id);
    xfree(r->token);
    dex_session_free(r->stored);
    strlist_deinit(&r->scopes);
}

DEFINE_AUTO_VALUE(struct refresh, refresh_deinit)

static bool refuse(struct refresh *r, const char *error, const char *description)
{
    dex_oauth_error(r->resp, 400, error, description);
    return false;
}

static bool claimed_twice(struct refresh *r)
{
    dex_log(r->d, r->req, DEX_LINE_REFRESH_TWICE, DEX_FIELDS({"token_id", r->id}));
    return refuse(r, "invalid_request", INVALID);
}

/* What is no pair is taken as an id with an empty token (dex.md 6.5). */
static bool read_token(struct refresh *r)
{
    const char *raw = http_form(r->req, "refresh_token");
    if (raw == NULL || *raw == '\0')
        return refuse(r, "invalid_request", "No refresh token is found in request.");
    if (protobuf_pair_decode(raw, &r->id, &r->token) != 0) {
        r->id = xstrdup(raw);
        r->token = xstrdup("");
    }
    return true;
}

static bool find(struct refresh *r)
{
    pthread_mutex_lock(&r->d->lock);
    const struct dex_session *s = dex_store_get(r->d->store, DEX_REFRESH, r->id);
    r->stored = s != NULL ? dex_session_dup(s) : NULL;
    pthread_mutex_unlock(&r->d->lock);
    if (r->stored == NULL)
        return refuse(r, "invalid_request", INVALID);
    if (!cstr_eq(r->stored->client_id, r->client->id)) {
        dex_log(
            r->d, r->req, DEX_LINE_REFRESH_CLIENT,
            DEX_FIELDS({"client_id", r->client->id}, {"refresh_client_id", r->stored->client_id}));
        return refuse(r, "invalid_grant", INVALID);
    }
    return true;
}

/* A token that was rotated away still counts within the reuse interval (none by default). */
static bool is_current(struct refresh *r)
{
    const struct dex_session *s = r->stored;
    int64_t now_ms = clock_now_ms(r->d->env->clock);
    if (cstr_eq(s->token, r->token) || dex_fault(r->d, "dex/refresh.reusable", NULL))
        return true;
    bool may_reuse = r->d->config.reuse_interval_ms > 0 &&
                     now_ms <= s->last_used_ms + r->d->config.reuse_interval_ms;
    r->is_reuse = may_reuse && *s->obsolete_token != '\0' && cstr_eq(s->obsolete_token, r->token);
    return r->is_reuse || claimed_twice(r);
}

static bool is_alive(struct refresh *r)
{
    const struct dex_config *c = &r->d->config;
    int64_t now_ms = clock_now_ms(r->d->env->clock);
    bool expired = c->absolute_ms > 0 && now_ms > r->stored->created_ms + c->absolute_ms;
    bool idle = c->idle_ms > 0 && now_ms > r->stored->last_used_ms + c->idle_ms;
    if (!expired && !idle)
        return true;
    dex_log(r->d, r->req, expired ? DEX_LINE_REFRESH_EXPIRED : DEX_LINE_REFRESH_IDLE,
            DEX_FIELDS({"token_id", r->id}));
    return refuse(r, "invalid_request", "Refresh token expired.");
}

static void add_scope(struct refresh *r, const char *scope, struct strlist *refused)
{
    struct strlist *to = strlist_has(&r->stored->scopes, scope) ? &r->scopes : refused;
    if (!strlist_has(to, scope))
        strlist_add(to, scope);
}

/* No scope, or only blanks, means all that was granted. */
static bool read_scopes(struct refresh *r)
{
    AUTO(strlist_deinit) struct strlist refused = {0};
    struct str rest = str_of(http_form(r->req, "scope"));
    struct str word = {0};
    while (str_next(&rest, ' ', &word)) {
        AUTO(xfree) char *scope = xstrndup(word.ptr, word.len);
        if (*scope != '\0')
            add_scope(r, scope, &refused);
    }
    bool is_silent = r->scopes.len == 0 && refused.len == 0;
    for (size_t i = 0; is_silent && i < r->stored->scopes.len; i++)
        strlist_add(&r->scopes, r->stored->scopes.items[i]);
    if (refused.len == 0)
        return true;
    AUTO(xfree) char *list = go_quote_list(&refused);
    AUTO(xfree) char *text = xasprintf("Requested scopes contain unauthorized scope(s): %s.", list);
    return refuse(r, "invalid_request", text);
}

/* The storage's update fails with what came of its updater; the client hears nothing of it. */
static bool fail_update(struct refresh *r, const char *cause)
{
    dex_log(r->d, r->req, DEX_LINE_REFRESH_UPDATE, DEX_FIELDS({"err", cause}));
    dex_oauth_error(r->resp, 500, "invalid_request", "");
    return false;
}

static bool fail(struct refresh *r, enum dex_line line, const char *cause)
{
    dex_log(r->d, r->req, line, DEX_FIELDS({"err", cause}));
    return fail_update(r, "refresh token error: status 500, \"invalid_request\" ");
}

static bool fail_connector(struct refresh *r, const char *cause)
{
    dex_log(r->d, r->req, DEX_LINE_REFRESH_CONNECTOR,
            DEX_FIELDS({"connector_id", r->stored->connector_id}, {"err", cause}));
    return fail_update(r, "refresh token error: status 500, \"invalid_request\" ");
}

static bool ask_authentik(struct refresh *r)
{
    struct dex *d = r->d;
    struct dex_connector *c = NULL;
    struct err err = {0};
    AUTO(dex_identity_deinit) struct dex_identity fresh = {0};
    if (r->is_reuse) /* who came first has asked */
        return true;
    pthread_mutex_lock(&d->lock);
    const char *kept =
        dex_offline_get(d->store, r->stored->identity.user_id, r->stored->connector_id);
    AUTO(xfree) char *upstream = kept != NULL ? xstrdup(kept) : NULL;
    pthread_mutex_unlock(&d->lock);
    if (upstream == NULL)
        return fail(r, DEX_LINE_REFRESH_SESSION, "not found");
    if (dex_connector_get(d, r->stored->connector_id, &c, &err) != 0)
        return fail_connector(r, err.msg);
    if (dex_oidc_refresh(d, c->oidc, upstream, &fresh, &err) != 0)
        return fail(r, DEX_LINE_REFRESH_IDENTITY, err.msg);
    pthread_mutex_lock(&d->lock);
    dex_offline_set(d->store, r->stored->identity.user_id, r->stored->connector_id,
                    fresh.upstream_refresh);
    pthread_mutex_unlock(&d->lock);
    dex_identity_copy(&r->stored->identity, &fresh);
    return true;
}

/* Writes the new token part and what is known of the person; false when somebody else rotated
 * first. A token that is used again within the interval gives what is there. */
static bool write_stored(struct refresh *r, const char *new_token)
{
    struct dex *d = r->d;
    pthread_mutex_lock(&d->lock);
    struct dex_session *s = dex_store_get(d->store, DEX_REFRESH, r->stored->id);
    bool ok = s != NULL && cstr_eq(s->token, r->stored->token);
    if (ok && !r->is_reuse) {
        if (!cstr_eq(new_token, s->token)) {
            xfree(s->obsolete_token);
            s->obsolete_token = s->token;
            s->token = xstrdup(new_token);
        }
        s->last_used_ms = clock_now_ms(d->env->clock);
        dex_identity_copy(&s->identity, &r->stored->identity);
    }
    pthread_mutex_unlock(&d->lock);
    return ok;
}

static bool rotate(struct refresh *r)
{
    struct dex_session *copy = r->stored;
    bool keeps = r->is_reuse || r->d->config.no_rotation || !cstr_eq(copy->token, r->token);
    AUTO(xfree)
    char *new_token = keeps ? xstrdup(copy->token) : dex_new_id(r->d, "refresh-token");
    if (!write_stored(r, new_token))
        return fail_update(r, "refresh token claimed twice");
    xfree(copy->token);
    copy->token = xstrdup(new_token);
    return true;
}

static bool prepare(struct refresh *r)
{
    return read_token(r) && find(r) && is_current(r) && is_alive(r) && read_scopes(r) &&
           ask_authentik(r) && rotate(r);
}

void dex_grant_refresh(struct dex *d, const struct http_request *req, struct http_response *resp,
                       const struct dex_client *client)
{
    AUTO(refresh_deinit) struct refresh r = {.d = d, .req = req, .resp = resp, .client = client};
    AUTO(dex_tokens_deinit) struct dex_tokens tokens = {0};
    struct err err = {0};
    if (!prepare(&r))
        return;
    if (dex_tokens_issue(d, r.stored, &r.scopes, "", &tokens, &err) != 0) {
        dex_log(d, req, DEX_LINE_ACCESS_TOKEN, DEX_FIELDS({"err", err.msg}));
        dex_oauth_error(resp, 500, "invalid_request", "");
        return;
    }
    AUTO(xfree) char *raw = protobuf_pair_encode(r.stored->id, r.stored->token);
    trace_secret(d->env->trace, "token", raw);
    dex_token_response(d, resp, &tokens, raw);
}
