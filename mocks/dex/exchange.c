/*
 * Token exchange (dex.md 6.6, RFC 8693): authentik's token for one of Dex's.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/dex/connector_oidc.h"

#define TYPE_ID "urn:ietf:params:oauth:token-type:id_token"
#define TYPE_ACCESS "urn:ietf:params:oauth:token-type:access_token"

/* The session that the exchanged token would have come from. */
static struct dex_session *make_session(const struct http_request *req,
                                        const struct dex_client *client, const char *connector_id)
{
    struct dex_session *s = dex_session_new();
    xfree(s->client_id);
    s->client_id = xstrdup(client->id);
    xfree(s->connector_id);
    s->connector_id = xstrdup(connector_id);
    dex_split_words(dex_form_value(req, "scope"), &s->scopes);
    return s;
}

static void respond(struct http_response *resp, const char *token, const char *type,
                    int64_t expires_in_s)
{
    AUTO(js_free) struct js *j = js_object();
    js_set_text(j, "access_token", token);
    js_set_text(j, "issued_token_type", type);
    js_set_text(j, "token_type", "bearer");
    js_set(j, "expires_in", js_int(expires_in_s));
    AUTO(xfree) char *body = js_compact_html(j);
    http_respondf(resp, 200, "application/json", "%s\n", body); /* json.Encoder's newline */
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
    params_set_ci(&resp->headers, "Pragma", "no-cache");
}

static bool check_subject(const struct http_request *req, struct http_response *resp)
{
    const char *type = dex_form_value(req, "subject_token_type");
    if (!cstr_eq(type, TYPE_ID) && !cstr_eq(type, TYPE_ACCESS)) {
        dex_oauth_error(resp, 400, "request_not_supported", "Invalid subject_token_type.");
        return false;
    }
    if (*dex_form_value(req, "subject_token") == '\0') {
        dex_oauth_error(resp, 400, "invalid_request", "Missing subject_token");
        return false;
    }
    return true;
}

/* Who the subject token speaks of. */
static bool identify(struct dex *d, const struct http_request *req, struct http_response *resp,
                     struct dex_session *s)
{
    struct dex_connector *c = NULL;
    struct err err = {0};
    if (dex_connector_get(d, s->connector_id, &c, &err) != 0) {
        dex_log(d, req, DEX_LINE_EXCHANGE_CONNECTOR, DEX_FIELDS({"err", err.msg}));
        dex_oauth_error(resp, 400, "invalid_request", "Requested connector does not exist.");
        return false;
    }
    bool is_id_token = cstr_eq(dex_form_value(req, "subject_token_type"), TYPE_ID);
    if (dex_oidc_token_identity(d, c->oidc, dex_form_value(req, "subject_token"), is_id_token,
                                &s->identity, &err) == 0)
        return true;
    dex_log(d, req, DEX_LINE_EXCHANGE_TOKEN, DEX_FIELDS({"err", err.msg}));
    dex_oauth_error(resp, 401, "access_denied", "");
    return false;
}

void dex_grant_exchange(struct dex *d, const struct http_request *req, struct http_response *resp,
                        const struct dex_client *client)
{
    AUTO(dex_tokens_deinit) struct dex_tokens tokens = {0};
    struct err err = {0};
    AUTO(dex_session_free)
    struct dex_session *s = make_session(req, client, dex_form_value(req, "connector_id"));
    const char *requested = dex_form_value(req, "requested_token_type");
    requested = *requested != '\0' ? requested : TYPE_ACCESS;
    if (!check_subject(req, resp) || !identify(d, req, resp, s))
        return;
    if (!cstr_eq(requested, TYPE_ID) && !cstr_eq(requested, TYPE_ACCESS)) {
        dex_oauth_error(resp, 400, "request_not_supported", "Invalid requested_token_type.");
        return;
    }
    if (dex_tokens_exchanged(d, s, cstr_eq(requested, TYPE_ID), &tokens, &err) != 0) {
        dex_oauth_error(resp, 500, "server_error", "");
        return;
    }
    respond(resp, tokens.access_token, requested, tokens.expires_in_s);
}
