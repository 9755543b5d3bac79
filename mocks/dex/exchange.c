/*
 * Token exchange (dex.md 6.6, RFC 8693): authentik's token for one of Dex's.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/dex/connector_oidc.h"

#define TYPE_ID "urn:ietf:params:oauth:token-type:id_token"
#define TYPE_ACCESS "urn:ietf:params:oauth:token-type:access_token"

static const char *form_value(const struct http_request *req, const char *name)
{
    const char *v = http_form(req, name);
    return v != NULL ? v : "";
}

/* The session that the exchanged token would have come from. */
static struct dex_session *make_session(const struct http_request *req,
                                        const struct dex_client *client, const char *connector_id)
{
    struct dex_session *s = dex_session_new();
    struct str rest = str_of(form_value(req, "scope"));
    struct str word = {0};
    xfree(s->client_id);
    s->client_id = xstrdup(client->id);
    xfree(s->connector_id);
    s->connector_id = xstrdup(connector_id);
    while (str_next(&rest, ' ', &word)) {
        if (word.len > 0)
            strlist_take(&s->scopes, xstrndup(word.ptr, word.len));
    }
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
    http_respond(resp, 200, "application/json", body);
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
    params_set_ci(&resp->headers, "Pragma", "no-cache");
}

static bool check_types(const struct http_request *req, struct http_response *resp,
                        const char **ret_requested)
{
    const char *subject = form_value(req, "subject_token_type");
    const char *requested = form_value(req, "requested_token_type");
    if (!cstr_eq(subject, TYPE_ID) && !cstr_eq(subject, TYPE_ACCESS)) {
        dex_oauth_error(resp, 400, "request_not_supported", "Invalid subject_token_type.");
        return false;
    }
    requested = *requested != '\0' ? requested : TYPE_ACCESS;
    if (!cstr_eq(requested, TYPE_ID) && !cstr_eq(requested, TYPE_ACCESS)) {
        dex_oauth_error(resp, 400, "request_not_supported", "Invalid requested_token_type.");
        return false;
    }
    if (*form_value(req, "subject_token") == '\0') {
        dex_oauth_error(resp, 400, "invalid_request", "Missing subject_token");
        return false;
    }
    *ret_requested = requested;
    return true;
}

void dex_grant_exchange(struct dex *d, const struct http_request *req, struct http_response *resp,
                        const struct dex_client *client)
{
    AUTO(dex_tokens_deinit) struct dex_tokens tokens = {0};
    struct dex_connector *c = NULL;
    struct err err = {0};
    const char *requested = NULL;
    const char *connector_id = form_value(req, "connector_id");
    if (!check_types(req, resp, &requested))
        return;
    if (dex_connector_get(d, connector_id, &c, &err) != 0) {
        dex_oauth_error(resp, 400, "invalid_request", "Requested connector does not exist.");
        return;
    }
    AUTO(dex_session_free) struct dex_session *s = make_session(req, client, connector_id);
    bool is_id_token = cstr_eq(form_value(req, "subject_token_type"), TYPE_ID);
    if (dex_oidc_token_identity(d, c->oidc, form_value(req, "subject_token"), is_id_token,
                                &s->identity, &err) != 0) {
        trace_log(d->env->trace, DEX_PARTY, "ERROR", "failed to verify subject token err=%s",
                  err.msg);
        dex_oauth_error(resp, 401, "access_denied", "");
        return;
    }
    if (dex_tokens_issue(d, s, &s->scopes, "", &tokens, &err) != 0) {
        dex_oauth_error(resp, 500, "server_error", "");
        return;
    }
    respond(resp, cstr_eq(requested, TYPE_ID) ? tokens.id_token : tokens.access_token, requested,
            tokens.expires_in_s);
}
