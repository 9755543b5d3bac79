/*
 * POST /token (dex.md 6.6): client authentication, then the grant. The code grant is here, the
 * others have their own files.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/crypto/hash.h"
#include "harness/data/protobuf.h"
#include "harness/jose/pkce.h"
#include "mocks/dex/dex_int.h"

struct js *dex_token_answer(struct dex *d, const struct dex_tokens *t, const char *refresh_token)
{
    struct js *j = js_object();
    js_set_text(j, "access_token", t->access_token);
    js_set_text(j, "token_type", "bearer");
    js_set(j, "expires_in", js_int(t->expires_in_s));
    if (refresh_token != NULL)
        js_set_text(j, "refresh_token", refresh_token);
    js_set_text(j, "id_token", t->id_token);
    return j;
}

void dex_token_response(struct dex *d, struct http_response *resp, const struct dex_tokens *t,
                        const char *refresh_token)
{
    AUTO(js_free) struct js *j = dex_token_answer(d, t, refresh_token);
    if (dex_fault(d, "dex/log.token", NULL))
        trace_log(d->env->trace, DEX_PARTY, "INFO", "token issued id_token=%s", t->id_token);
    dex_fault_token(d, j);
    AUTO(xfree) char *body = js_compact_html(j);
    http_respond(resp, 200, "application/json", body);
    dex_fault_content_type(d, "dex/token.content-type", resp);
    if (dex_fault(d, "dex/token.cacheable", NULL))
        return;
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
    params_set_ci(&resp->headers, "Pragma", "no-cache");
}

static const char *form_value(const struct http_request *req, const char *name)
{
    const char *v = http_form(req, name);
    return v != NULL ? v : "";
}

/* ---- client authentication ---- */

struct credentials {
    char *id;
    char *secret;
};

static void credentials_deinit(struct credentials *c)
{
    xfree(c->id);
    xfree(c->secret);
}

DEFINE_AUTO_VALUE(struct credentials, credentials_deinit)

static bool unescape(char **slot)
{
    char *decoded = NULL;
    bool ok = url_decode(str_of(*slot), true, &decoded);
    xfree(*slot);
    *slot = decoded;
    return ok;
}

/* With a Basic header the body's credentials do not count. */
static bool read_credentials(const struct http_request *req, struct http_response *resp,
                             struct credentials *ret)
{
    if (!http_basic_auth(req, &ret->id, &ret->secret)) {
        ret->id = xstrdup(form_value(req, "client_id"));
        ret->secret = xstrdup(form_value(req, "client_secret"));
        return true;
    }
    if (!unescape(&ret->id)) {
        dex_oauth_error(resp, 400, "invalid_request", "client_id improperly encoded");
        return false;
    }
    if (!unescape(&ret->secret)) {
        dex_oauth_error(resp, 400, "invalid_request", "client_secret improperly encoded");
        return false;
    }
    return true;
}

static const struct dex_client *authenticate(struct dex *d, const struct http_request *req,
                                             struct http_response *resp)
{
    AUTO(credentials_deinit) struct credentials given = {0};
    if (!read_credentials(req, resp, &given))
        return NULL;
    const struct dex_client *client = dex_client(d, given.id);
    bool fits = client != NULL && (secret_text_equal(client->secret, given.secret) ||
                                   dex_fault(d, "dex/client-auth.ignored", NULL));
    if (fits)
        return client;
    if (client != NULL)
        dex_log(d, req, *given.secret == '\0' ? DEX_LINE_SECRET_MISSING : DEX_LINE_SECRET_INVALID,
                DEX_FIELDS({"client_id", client->id}));
    dex_oauth_error(resp, 401, "invalid_client", "Invalid client credentials.");
    dex_fault_refused_client(d, resp);
    return NULL;
}

/* ---- authorization_code ---- */

bool dex_check_verifier(struct dex *d, struct http_response *resp, const char *verifier,
                        const struct dex_session *s)
{
    bool has_challenge = *s->challenge != '\0';
    if (dex_fault(d, "dex/pkce.ignored", NULL))
        return true;
    if (*verifier != '\0' && has_challenge) {
        if (pkce_matches(verifier, s->challenge, s->challenge_method))
            return true;
        dex_oauth_error(resp, 400, "invalid_grant", "Invalid code_verifier.");
        return false;
    }
    if (*verifier != '\0') {
        dex_oauth_error(resp, 400, "invalid_request",
                        "No PKCE flow started. Cannot check code_verifier.");
        return false;
    }
    if (has_challenge) {
        dex_oauth_error(resp, 400, "invalid_grant",
                        "Expecting parameter code_verifier in PKCE flow.");
        return false;
    }
    return true;
}

/* A known code that is expired or another client's is a 500 in 2.45 (dex.md row 68). */
static struct dex_session *find_code(struct dex *d, const struct http_request *req,
                                     struct http_response *resp, const struct dex_client *client)
{
    const char *id = form_value(req, "code");
    if (*id == '\0') {
        dex_oauth_error(resp, 400, "invalid_request", "Required param: code.");
        return NULL;
    }
    pthread_mutex_lock(&d->lock);
    const struct dex_session *stored = dex_store_get(d->store, DEX_CODES, id);
    AUTO(dex_session_free)
    struct dex_session *code = stored != NULL ? dex_session_dup(stored) : NULL;
    pthread_mutex_unlock(&d->lock);
    if (code == NULL) {
        dex_oauth_error(resp, 400, "invalid_grant", "Invalid or expired code parameter.");
        return NULL;
    }
    bool expired = clock_now_ms(d->env->clock) > code->expires_ms &&
                   !dex_fault(d, "dex/code.never-expires", NULL);
    bool foreign =
        !cstr_eq(code->client_id, client->id) && !dex_fault(d, "dex/code.any-client", NULL);
    if (expired || foreign) {
        dex_log(d, req, DEX_LINE_CODE, DEX_FIELDS({"err", NULL}));
        dex_oauth_error(resp, 500, "server_error", "");
        return NULL;
    }
    struct dex_session *ok = code;
    code = NULL;
    return ok;
}

/* One refresh token for each (user, connector, client): a new login drops the previous one. */
static char *issue_refresh(struct dex *d, const struct dex_session *code)
{
    if (!strlist_has(&code->scopes, "offline_access"))
        return NULL;
    struct dex_session *r = dex_session_dup(code);
    xfree(r->id);
    xfree(r->token);
    r->id = dex_new_id(d, "refresh-id");
    r->token = dex_new_id(d, "refresh-token");
    r->expires_ms = 0;
    r->created_ms = clock_now_ms(d->env->clock);
    r->last_used_ms = r->created_ms;
    char *raw = protobuf_pair_encode(r->id, r->token);
    trace_secret(d->env->trace, "token", raw);
    pthread_mutex_lock(&d->lock);
    dex_refresh_put(d->store, r);
    pthread_mutex_unlock(&d->lock);
    return raw;
}

int dex_exchange_code(struct dex *d, const struct http_request *req, const struct dex_session *code,
                      struct dex_tokens *ret, char **ret_refresh, struct err *err)
{
    if (dex_tokens_issue(d, code, &code->scopes, code->id, ret, err) != 0) {
        dex_log(d, req, DEX_LINE_ACCESS_TOKEN, DEX_FIELDS({"err", err->msg}));
        return -1;
    }
    if (!dex_fault(d, "dex/code.reusable", NULL)) {
        pthread_mutex_lock(&d->lock);
        dex_store_remove(d->store, DEX_CODES, code->id);
        pthread_mutex_unlock(&d->lock);
    }
    *ret_refresh = issue_refresh(d, code);
    return 0;
}

static void grant_code(struct dex *d, const struct http_request *req, struct http_response *resp,
                       const struct dex_client *client)
{
    AUTO(dex_session_free) struct dex_session *code = find_code(d, req, resp, client);
    AUTO(dex_tokens_deinit) struct dex_tokens tokens = {0};
    AUTO(xfree) char *refresh = NULL;
    struct err err = {0};
    if (code == NULL || !dex_check_verifier(d, resp, form_value(req, "code_verifier"), code))
        return;
    if (!cstr_eq(form_value(req, "redirect_uri"), code->redirect_uri) &&
        !dex_fault(d, "dex/redirect-uri.ignored", NULL)) {
        dex_oauth_error(resp, 400, "invalid_request",
                        "redirect_uri did not match URI from initial request.");
        return;
    }
    if (dex_exchange_code(d, req, code, &tokens, &refresh, &err) != 0)
        dex_oauth_error(resp, 500, "server_error", "");
    else
        dex_token_response(d, resp, &tokens, refresh);
}

/* ---- dispatch ---- */

struct grant {
    const char *type;
    void (*handle)(struct dex *d, const struct http_request *req, struct http_response *resp,
                   const struct dex_client *client);
    bool is_open; /* no client authentication */
};

static const struct grant grants[] = {
    {"authorization_code", grant_code, false},
    {"refresh_token", dex_grant_refresh, false},
    {"password", dex_grant_password, false},
    {"urn:ietf:params:oauth:grant-type:device_code", dex_grant_device, true},
    {"urn:ietf:params:oauth:grant-type:token-exchange", dex_grant_exchange, false},
    {NULL, NULL, false},
};

/* What is offered (implicit is, too) but no grant of this endpoint is refused without a line. */
static const struct grant *grant_of(struct dex *d, const struct http_request *req)
{
    const char *type = form_value(req, "grant_type");
    const struct grant *g = grants;
    if (!strlist_has(&d->config.grant_types, type)) {
        dex_log(d, req, DEX_LINE_GRANT_TYPE, DEX_FIELDS({"grant_type", type}));
        return NULL;
    }
    while (g->type != NULL && !cstr_eq(g->type, type))
        g++;
    return g->type != NULL ? g : NULL;
}

static void token(struct dex *d, const struct http_request *req, struct http_response *resp)
{
    if (!cstr_eq(req->method, "POST")) {
        dex_oauth_error(resp, 400, "invalid_request", "method not allowed");
        return;
    }
    AUTO(xfree) char *problem = dex_form_error(req);
    if (problem != NULL) {
        dex_log(d, req, DEX_LINE_TOKEN_FORM, DEX_FIELDS({"err", problem}));
        dex_oauth_error(resp, 400, "invalid_request", "");
        return;
    }
    const struct grant *g = grant_of(d, req);
    if (g == NULL) {
        dex_oauth_error(resp, 400, "unsupported_grant_type", "");
        return;
    }
    const struct dex_client *client = g->is_open ? NULL : authenticate(d, req, resp);
    if (client != NULL || g->is_open)
        g->handle(d, req, resp, client);
}

void dex_handle_token(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    token(d, req, resp);
    dex_fault_token_error(d, resp);
}
