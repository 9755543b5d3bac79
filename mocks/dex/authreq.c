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
#define OOB "urn:ietf:wg:oauth:2.0:oob"
#define DEVICE_CALLBACK "/device/callback"

struct request {
    struct dex *d;
    const struct http_request *http;
    const struct dex_client *client;
    struct dex_session *s;
    struct http_response *resp;
};

static void log_refusal(const struct request *r, const char *description)
{
    dex_log(r->d, r->http, DEX_LINE_AUTH_REQUEST, DEX_FIELDS({"err", description}));
}

static bool page(struct request *r, int status, const char *message)
{
    log_refusal(r, message);
    dex_error_page(r->d, r->http, r->resp, status, message);
    return false;
}

/* Since 2.45 pages repeat nothing of the request. */
static bool page_with(struct request *r, int status, const char *what, const char *given)
{
    AUTO(xfree) char *quoted = go_quoted(given);
    AUTO(xfree)
    char *text = dex_quirk(r->d, DEX_QUIRK_GENERIC_PAGES) ? xasprintf("%s.", what)
                                                          : xasprintf("%s (%s).", what, quoted);
    return page(r, status, text);
}

static bool tell_client(struct request *r, const char *error, const char *description)
{
    AUTO(params_deinit) struct params p = {0};
    log_refusal(r, description);
    params_add(&p, "error", error);
    params_add(&p, "error_description", description);
    params_add(&p, "state", r->s->state);
    if (!dex_quirk(r->d, DEX_QUIRK_ERROR_QUERY))
        dex_redirect_appended(r->http, r->resp, r->s->redirect_uri, &p);
    else if (!dex_redirect_to_client(r->http, r->resp, r->s->redirect_uri, &p))
        dex_error_page(r->d, r->http, r->resp, 400, "Invalid redirect URI");
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

void dex_split_words(const char *text, struct strlist *ret)
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
    if (dex_quirk(r->d, DEX_QUIRK_GENERIC_PAGES))
        dex_log(r->d, r->http, DEX_LINE_CLIENT_ID, DEX_FIELDS({"client_id", r->s->client_id}));
    return page_with(r, 404, "Invalid client_id", r->s->client_id);
}

/* The name; since 2.42 net.ParseIP(host).IsLoopback() besides. */
static bool is_loopback(const struct dex *d, const char *host)
{
    struct in_addr v4 = {0};
    struct in6_addr v6;
    if (cstr_eq(host, "localhost") || !dex_quirk(d, DEX_QUIRK_LOOPBACK))
        return cstr_eq(host, "localhost");
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* dex.md 3.2 */
static bool is_registered(const struct dex *d, const struct dex_client *c, const char *uri)
{
    AUTO(url_deinit) struct url u = {0};
    if (strlist_has(&c->redirect_uris, uri))
        return true;
    if (!c->is_public || c->redirect_uris.len > 0)
        return false;
    if (cstr_eq(uri, OOB) || cstr_eq(uri, DEVICE_CALLBACK))
        return true;
    return url_parse(uri, &u, NULL) == 0 && cstr_eq(u.scheme, "http") && is_loopback(d, u.host);
}

/* The device flow's own callback is below the issuer's path, for public clients only. */
static void make_rooted(struct request *r)
{
    if (!r->client->is_public || !cstr_eq(r->s->redirect_uri, DEVICE_CALLBACK))
        return;
    AUTO(xfree) char *rooted = xasprintf("%s%s", r->d->config.path, DEVICE_CALLBACK);
    set(&r->s->redirect_uri, rooted);
}

static bool check_redirect_uri(struct request *r)
{
    if (is_registered(r->d, r->client, r->s->redirect_uri) ||
        dex_fault(r->d, "dex/authorize.open-redirect", NULL)) {
        make_rooted(r);
        return true;
    }
    if (dex_quirk(r->d, DEX_QUIRK_GENERIC_PAGES))
        dex_log(r->d, r->http, DEX_LINE_REDIRECT_URI,
                DEX_FIELDS({"redirect_uri", r->s->redirect_uri}, {"client_id", r->s->client_id}));
    return page_with(r, 400, "Unregistered redirect_uri", r->s->redirect_uri);
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

static bool is_trusted_peer(const struct dex *d, const struct dex_client *client,
                            const char *peer_id)
{
    const struct dex_client *peer = dex_client(d, peer_id);
    return cstr_eq(peer_id, client->id) ||
           (peer != NULL && strlist_has(&peer->trusted_peers, client->id));
}

static char *refused_scopes(const char *text, const struct strlist *scopes)
{
    AUTO(xfree) char *list = go_quote_list(scopes);
    return xasprintf("%s %s", text, list);
}

char *dex_scopes_error(const struct dex *d, const struct dex_client *client,
                       const struct strlist *scopes)
{
    AUTO(strlist_deinit) struct strlist unknown = {0};
    AUTO(strlist_deinit) struct strlist untrusted = {0};
    for (size_t i = 0; i < scopes->len; i++) {
        const char *scope = scopes->items[i];
        bool is_peer = cstr_starts(scope, CROSS_CLIENT);
        if (is_peer && !is_trusted_peer(d, client, scope + strlen(CROSS_CLIENT)))
            strlist_add(&untrusted, scope);
        if (!is_peer && !is_known_scope(scope))
            strlist_add(&unknown, scope);
    }
    if (!strlist_has(scopes, "openid"))
        return xstrdup("Missing required scope(s) [\"openid\"].");
    if (unknown.len > 0)
        return refused_scopes("Unrecognized scope(s)", &unknown);
    return untrusted.len > 0 ? refused_scopes("Client can't request scope(s)", &untrusted) : NULL;
}

static bool read_scopes(struct request *r)
{
    dex_split_words(value(r, "scope"), &r->s->scopes);
    AUTO(xfree) char *refusal = dex_scopes_error(r->d, r->client, &r->s->scopes);
    return refusal == NULL || tell_client(r, "invalid_scope", refusal);
}

static bool refuse_type(struct request *r, const char *error, const char *text, const char *type)
{
    AUTO(xfree) char *quoted = go_quoted(type);
    AUTO(xfree) char *description = xasprintf("%s %s", text, quoted);
    return tell_client(r, error, description);
}

static bool add_type(struct request *r, const char *type)
{
    if (cstr_eq(type, "code"))
        r->s->wants_code = true;
    else if (cstr_eq(type, "id_token"))
        r->s->wants_id_token = true;
    else if (cstr_eq(type, "token"))
        r->s->wants_token = true;
    else
        return refuse_type(r, "invalid_request", "Invalid response type", type);
    return strlist_has(&r->d->config.response_types, type) ||
           refuse_type(r, "unsupported_response_type", "Unsupported response type", type);
}

/* Rows 9 to 11, word by word. */
static bool read_response_types(struct request *r)
{
    AUTO(strlist_deinit) struct strlist types = {0};
    dex_split_words(value(r, "response_type"), &types);
    for (size_t i = 0; i < types.len; i++) {
        if (!add_type(r, types.items[i]))
            return false;
    }
    return types.len > 0 || tell_client(r, "invalid_request", "No response_type provided");
}

/* Row 12: only where token or id_token is enabled. */
static bool check_implicit(struct request *r)
{
    const struct dex_session *s = r->s;
    if (s->wants_token && !s->wants_code && !s->wants_id_token)
        return tell_client(r, "invalid_request",
                           "Response type 'token' must be provided with type 'id_token' and/or "
                           "'code'");
    if (!s->wants_code && *value(r, "nonce") == '\0')
        return tell_client(r, "invalid_request", "Response type 'token' requires a 'nonce' value.");
    return !s->wants_token || !cstr_eq(s->redirect_uri, OOB) ||
           tell_client(r, "invalid_request",
                       "Cannot use response type 'token' with redirect_uri '" OOB "'.");
}

static bool read_rest(struct request *r)
{
    set(&r->s->nonce, value(r, "nonce"));
    r->s->force_approval = cstr_eq(value(r, "approval_prompt"), "force");
    return true;
}

static bool (*const steps[])(struct request *r) = {
    read_redirect_uri,
    read_client,
    check_redirect_uri,
    check_connector_id,
    check_request_object,
    read_challenge,
    read_scopes,
    read_response_types,
    check_implicit,
    read_rest,
    NULL,
};

struct dex_session *dex_parse_authorization(struct dex *d, const struct http_request *req,
                                            struct http_response *resp)
{
    AUTO(dex_session_free) struct dex_session *s = dex_session_new();
    struct request r = {.d = d, .http = req, .s = s, .resp = resp};
    AUTO(xfree) char *problem = dex_form_error(req);
    if (problem != NULL) {
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
