/*
 * Validation of an authorization request, in Dex's order (dex.md 3): first what gets an error page,
 * then what is told to the client by redirect. It stores nothing.
 */
#include <arpa/inet.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/dex_int.h"

#define CROSS_CLIENT "audience:server:client_id:"

struct request {
    struct dex *d;
    const struct http_request *http;
    const struct dex_client *client;
    struct dex_session *s;
    struct http_response *resp;
};

static void log_refusal(const struct request *r, const char *description)
{
    trace_log(r->d->env->trace, DEX_PARTY, "ERROR", "failed to parse authorization request err=%s",
              description);
}

static bool page(struct request *r, int status, const char *message)
{
    log_refusal(r, message);
    dex_error_page(r->resp, status, message);
    return false;
}

static bool tell_client(struct request *r, const char *error, const char *description)
{
    AUTO(params_deinit) struct params p = {0};
    log_refusal(r, description);
    params_add(&p, "error", error);
    params_add(&p, "error_description", description);
    params_add(&p, "state", r->s->state);
    if (!dex_redirect_to_client(r->http, r->resp, r->s->redirect_uri, &p))
        dex_error_page(r->resp, 400, "Invalid redirect URI");
    return false;
}

static const char *value(const struct request *r, const char *name)
{
    return dex_form_value(r->http, name);
}

static void set(char **slot, const char *v)
{
    xfree(*slot);
    *slot = xstrdup(v);
}

static void split_words(const char *text, struct strlist *ret)
{
    static const char blanks[] = " \t\r\n\v\f"; /* strings.Fields */
    for (text += strspn(text, blanks); *text != '\0'; text += strspn(text, blanks)) {
        size_t n = strcspn(text, blanks);
        strlist_take(ret, xstrndup(text, n));
        text += n;
    }
}

/* ---- what gets a page ---- */

/* The value is decoded once more than needed (dex.md 3 row 2). */
static bool read_redirect_uri(struct request *r)
{
    char *decoded = NULL;
    bool ok = url_decode(str_of(value(r, "redirect_uri")), true, &decoded);
    if (ok)
        set(&r->s->redirect_uri, decoded);
    xfree(decoded);
    return ok || page(r, 400, "No redirect_uri provided.");
}

static bool read_client(struct request *r)
{
    set(&r->s->client_id, value(r, "client_id"));
    r->client = dex_client(r->d, r->s->client_id);
    if (r->client != NULL)
        return true;
    trace_log(r->d->env->trace, DEX_PARTY, "ERROR", "invalid client_id provided client_id=%s",
              r->s->client_id);
    return page(r, 404, "Invalid client_id.");
}

/* net.ParseIP(host).IsLoopback(), or the name. */
static bool is_loopback(const char *host)
{
    struct in_addr v4 = {0};
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return cstr_eq(host, "localhost");
}

/* dex.md 3.2 */
static bool is_registered(const struct dex_client *c, const char *uri)
{
    AUTO(url_deinit) struct url u = {0};
    if (strlist_has(&c->redirect_uris, uri))
        return true;
    if (!c->is_public || c->redirect_uris.len > 0)
        return false;
    if (cstr_eq(uri, "urn:ietf:wg:oauth:2.0:oob") || cstr_eq(uri, "/device/callback"))
        return true;
    return url_parse(uri, &u, NULL) == 0 && cstr_eq(u.scheme, "http") && is_loopback(u.host);
}

static bool check_redirect_uri(struct request *r)
{
    if (is_registered(r->client, r->s->redirect_uri) ||
        dex_fault(r->d, "dex/authorize.open-redirect", NULL))
        return true;
    trace_log(r->d->env->trace, DEX_PARTY, "ERROR",
              "unregistered redirect_uri redirect_uri=%s client_id=%s", r->s->redirect_uri,
              r->s->client_id);
    return page(r, 400, "Unregistered redirect_uri.");
}

/* ---- what the client is told ---- */

static bool check_connector_id(struct request *r)
{
    const char *id = value(r, "connector_id");
    return *id == '\0' || dex_connector(r->d, id) != NULL ||
           tell_client(r, "invalid_request", "Invalid ConnectorID");
}

static bool check_request_object(struct request *r)
{
    return *value(r, "request") == '\0' ||
           tell_client(r, "request_not_supported", "Server does not support request parameter.");
}

static bool read_challenge(struct request *r)
{
    const char *method = value(r, "code_challenge_method");
    method = *method != '\0' ? method : "plain";
    set(&r->s->challenge, value(r, "code_challenge"));
    set(&r->s->challenge_method, method);
    if (cstr_eq(method, "S256") || cstr_eq(method, "plain"))
        return true;
    AUTO(xfree) char *quoted = go_quoted(method);
    AUTO(xfree) char *text = xasprintf("Unsupported PKCE challenge method (%s).", quoted);
    return tell_client(r, "invalid_request", text);
}

static bool is_known_scope(const char *scope)
{
    static const char *const known[] = {"openid", "offline_access", "email", "profile",
                                        "groups", "federated:id",   NULL};
    for (const char *const *k = known; *k != NULL; k++) {
        if (cstr_eq(*k, scope))
            return true;
    }
    return false;
}

static bool is_trusted_peer(const struct request *r, const char *peer_id)
{
    const struct dex_client *peer = dex_client(r->d, peer_id);
    return cstr_eq(peer_id, r->client->id) ||
           (peer != NULL && strlist_has(&peer->trusted_peers, r->client->id));
}

static bool refuse_scopes(struct request *r, const char *text, const struct strlist *scopes)
{
    AUTO(xfree) char *list = go_quote_list(scopes);
    AUTO(xfree) char *description = xasprintf("%s %s", text, list);
    return tell_client(r, "invalid_scope", description);
}

static bool read_scopes(struct request *r)
{
    AUTO(strlist_deinit) struct strlist unknown = {0};
    AUTO(strlist_deinit) struct strlist untrusted = {0};
    split_words(value(r, "scope"), &r->s->scopes);
    for (size_t i = 0; i < r->s->scopes.len; i++) {
        const char *scope = r->s->scopes.items[i];
        bool is_peer = cstr_starts(scope, CROSS_CLIENT);
        if (is_peer && !is_trusted_peer(r, scope + strlen(CROSS_CLIENT)))
            strlist_add(&untrusted, scope);
        if (!is_peer && !is_known_scope(scope))
            strlist_add(&unknown, scope);
    }
    if (!strlist_has(&r->s->scopes, "openid"))
        return tell_client(r, "invalid_scope", "Missing required scope(s) [\"openid\"].");
    if (unknown.len > 0)
        return refuse_scopes(r, "Unrecognized scope(s)", &unknown);
    return untrusted.len == 0 || refuse_scopes(r, "Client can't request scope(s)", &untrusted);
}

static bool refuse_type(struct request *r, const char *error, const char *text, const char *type)
{
    AUTO(xfree) char *quoted = go_quoted(type);
    AUTO(xfree) char *description = xasprintf("%s %s", text, quoted);
    return tell_client(r, error, description);
}

/* Only `code` is enabled, as Argo CD configures it (rows 9 to 11). */
static bool check_response_type(struct request *r)
{
    AUTO(strlist_deinit) struct strlist types = {0};
    split_words(value(r, "response_type"), &types);
    for (size_t i = 0; i < types.len; i++) {
        const char *t = types.items[i];
        if (!cstr_eq(t, "code") && !cstr_eq(t, "id_token") && !cstr_eq(t, "token"))
            return refuse_type(r, "invalid_request", "Invalid response type", t);
    }
    for (size_t i = 0; i < types.len; i++) {
        if (!cstr_eq(types.items[i], "code"))
            return refuse_type(r, "unsupported_response_type", "Unsupported response type",
                               types.items[i]);
    }
    return types.len > 0 || tell_client(r, "invalid_request", "No response_type provided");
}

static bool read_rest(struct request *r)
{
    set(&r->s->nonce, value(r, "nonce"));
    r->s->force_approval = cstr_eq(value(r, "approval_prompt"), "force");
    return true;
}

static bool (*const steps[])(struct request *r) = {
    read_redirect_uri, read_client, check_redirect_uri,  check_connector_id, check_request_object,
    read_challenge,    read_scopes, check_response_type, read_rest,          NULL,
};

struct dex_session *dex_parse_authorization(struct dex *d, const struct http_request *req,
                                            struct http_response *resp)
{
    AUTO(dex_session_free) struct dex_session *s = dex_session_new();
    struct request r = {.d = d, .http = req, .s = s, .resp = resp};
    if (!dex_form_parses(req)) {
        page(&r, 400, "Failed to parse request.");
        return NULL;
    }
    set(&s->state, value(&r, "state"));
    for (size_t i = 0; steps[i] != NULL; i++) {
        if (!steps[i](&r))
            return NULL;
    }
    struct dex_session *ok = s;
    s = NULL;
    return ok;
}
