/*
 * What every endpoint says in HTTP: base URL of the request, redirects, JSON, errors, CORS and
 * client authentication (authentik.md 1, 2.1, 5.1, 5.2). Decides nothing about people or tokens.
 */
#include "mocks/authentik/state.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "harness/crypto/hash.h"
#include "mocks/authentik/faults.h"

bool ak_is_tls(const struct http_request *req)
{
    if (req->tls)
        return true;
    return cstr_eq(params_get_ci(&req->headers, "X-Forwarded-Proto"), "https");
}

char *ak_base(const struct http_request *req)
{
    const char *host = params_get_ci(&req->headers, "X-Forwarded-Host");
    if (host == NULL || host[0] == '\0')
        host = req->host != NULL ? req->host : "";
    return xasprintf("%s://%s", ak_is_tls(req) ? "https" : "http", host);
}

char *ak_issuer(const struct mock *m, const char *base)
{
    const struct setup_authentik *ak = m->conf.ak;
    if (cstr_eq(ak->issuer_mode, "global"))
        return xasprintf("%s/", base);
    if (ak->slug == NULL)
        return NULL;
    return xasprintf("%s/application/o/%s/", base, ak->slug);
}

char *ak_full_path(const struct http_request *req)
{
    if (req->query == NULL)
        return xstrdup(req->path);
    return xasprintf("%s?%s", req->path, req->query);
}

/* Django's iri_to_uri, which every Location passes. */
void ak_redirect(struct http_response *resp, const char *location)
{
    http_respond(resp, 302, AK_HTML, "");
    AUTO(xfree) char *uri = url_encode(str_of(location), "/#%[]=:;$&()+,!?*@'~");
    params_set_ci(&resp->headers, "Location", uri);
}

void ak_json(struct http_response *resp, int status, const struct js *body)
{
    AUTO(xfree) char *text = ak_pyjson(body);
    http_respond(resp, status, AK_JSON, text);
}

void ak_token_json(struct http_response *resp, int status, const struct js *body)
{
    ak_json(resp, status, body);
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
    params_set_ci(&resp->headers, "Pragma", "no-cache");
}

struct token_error {
    const char *code;
    const char *text;
};

/* authentik.md 5.2 */
static const struct token_error token_errors[] = {
    {"invalid_client", "Client authentication failed (e.g., unknown client, no client "
                       "authentication included, or unsupported authentication method)"},
    {"invalid_grant",
     "The provided authorization grant or refresh token is invalid, expired, revoked, does not "
     "match the redirection URI used in the authorization request, or was issued to another "
     "client"},
    {"unsupported_grant_type",
     "The authorization grant type is not supported by the authorization server"},
    {"invalid_scope", "The requested scope is invalid, unknown, malformed, or exceeds the scope "
                      "granted by the resource owner"},
    {"invalid_request", "The request is otherwise malformed"},
    {"authorization_pending", "The authorization request is still pending as the end user hasn't "
                              "yet completed the user-interaction steps"},
    {"slow_down", "The authorization request is still pending and polling should continue, but the "
                  "interval MUST be increased by 5 seconds for this and all subsequent requests."},
    {0}};

void ak_token_error(struct mock *m, struct http_response *resp, int status, const char *error)
{
    const struct token_error *e = token_errors;
    while (e->code != NULL && strcmp(e->code, error) != 0)
        e++;
    AUTO(js_free) struct js *body = js_object();
    js_set_text(body, "error", error);
    js_set_text(body, "error_description", e->text != NULL ? e->text : "");
    AUTO(xfree) char *id = ak_mock_uuid(m, "request-id", false);
    if (ak_quirk(m, QUIRK_REQUEST_ID))
        js_set_text(body, "request_id", id);
    ak_token_json(resp, status, body);
    params_set_ci(&resp->headers, "X-authentik-id", id);
}

void ak_not_found(struct http_response *resp)
{
    ak_page_message(resp, 404, "Not Found", "The page you are looking for does not exist.");
}

static bool listed(const char *methods, const char *method)
{
    struct str rest = str_of(methods);
    struct str one = {0};
    while (str_next(&rest, ' ', &one))
        if (str_is(one, method))
            return true;
    return false;
}

static void set_allow(struct http_response *resp, const char *methods)
{
    AUTO(buf_deinit) struct buf allow;
    buf_init(&allow, 256);
    struct str rest = str_of(methods);
    struct str one = {0};
    while (str_next(&rest, ' ', &one))
        buf_addf(&allow, "%s%.*s", allow.len > 0 ? ", " : "", STR_ARG(one));
    params_set_ci(&resp->headers, "Allow", allow.ptr);
}

bool ak_method(const struct http_request *req, struct http_response *resp, const char *methods)
{
    if (listed(methods, req->method))
        return true;
    http_respond(resp, 405, AK_HTML, "");
    set_allow(resp, methods);
    return false;
}

void ak_options(struct http_response *resp, const char *methods)
{
    http_respond(resp, 200, AK_HTML, "");
    set_allow(resp, methods);
}

void ak_csrf_failed(struct http_response *resp)
{
    ak_page_message(resp, 403, "Forbidden", "CSRF verification failed. Request aborted.");
}

void ak_server_error(struct http_response *resp)
{
    ak_page_message(resp, 500, "Server Error", "An unexpected error occurred.");
}

/* Scheme, host and port as they are written, so :443 is another origin than none; a regular
 * expression that does not parse matches nothing. */
static bool same_origin(const char *origin, const char *uri)
{
    AUTO(url_deinit) struct url a = {0};
    AUTO(url_deinit) struct url b = {0};
    if (url_parse(origin, &a, NULL) != 0 || url_parse(uri, &b, NULL) != 0)
        return false;
    return strcmp(a.scheme, b.scheme) == 0 && strcasecmp(a.host, b.host) == 0 &&
           a.has_port == b.has_port && a.port == b.port;
}

static bool origin_registered(const struct mock *m, const char *origin)
{
    for (size_t i = 0; i < m->conf.ak->redirects_len; i++)
        if (same_origin(origin, m->conf.ak->redirects[i].url))
            return true;
    return m->learned_redirect != NULL && m->conf.ak->redirects_len == 0 &&
           same_origin(origin, m->learned_redirect);
}

static void vary(struct http_response *resp, const char *field)
{
    const char *before = params_get_ci(&resp->headers, "Vary");
    AUTO(xfree) char *all = before != NULL ? xasprintf("%s, %s", before, field) : xstrdup(field);
    params_set_ci(&resp->headers, "Vary", all);
}

void ak_cors(const struct mock *m, const struct http_request *req, struct http_response *resp)
{
    const char *origin = params_get_ci(&req->headers, "Origin");
    bool preflight = cstr_eq(req->method, "OPTIONS");
    if (origin == NULL || (!preflight && !origin_registered(m, origin)))
        return;
    params_set_ci(&resp->headers, "Access-Control-Allow-Origin", origin);
    vary(resp, "Origin");
    params_set_ci(&resp->headers, "Access-Control-Allow-Credentials", "true");
    if (!preflight)
        return;
    params_set_ci(&resp->headers, "Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    const char *wanted = params_get_ci(&req->headers, "Access-Control-Request-Headers");
    if (wanted != NULL)
        params_set_ci(&resp->headers, "Access-Control-Allow-Headers", wanted);
}

static char *decoded(const struct mock *m, const char *part)
{
    char *out = NULL;
    if (!ak_quirk(m, QUIRK_BASIC_DECODED))
        return xstrdup(part);
    (void)url_decode(str_of(part), false, &out);
    return out != NULL ? out : xstrdup(part);
}

/* The first word behind "Basic ", in base64; without a colon all of it is the id. */
static bool basic_pair(const char *header, char **ret_id, char **ret_secret)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    const char *word = header + strlen("Basic ");
    word += strspn(word, " \t");
    if (b64_decode(word, strcspn(word, " \t"), &bytes, &len) != 0)
        return false;
    AUTO(xfree) char *text = (char *)bytes;
    if (strlen(text) != len)
        return false;
    char *colon = strchr(text, ':');
    *ret_secret = xstrdup(colon != NULL ? colon + 1 : "");
    *ret_id = xstrndup(text, colon != NULL ? (size_t)(colon - text) : len);
    return true;
}

/* The header counts only as "Basic x", in that case; then the body is not asked (5.1). */
void ak_client_auth(const struct mock *m, const struct http_request *req, char **ret_id,
                    char **ret_secret)
{
    const char *header = params_get_ci(&req->headers, "Authorization");
    if (header == NULL || strncmp(header, "Basic ", 6) != 0 || header[6] == '\0') {
        const char *id = http_form(req, "client_id");
        const char *secret = http_form(req, "client_secret");
        *ret_id = xstrdup(id != NULL ? id : "");
        *ret_secret = xstrdup(secret != NULL ? secret : "");
        return;
    }
    AUTO(xfree) char *id = NULL;
    AUTO(xfree) char *secret = NULL;
    bool ok = basic_pair(header, &id, &secret);
    *ret_id = ok ? decoded(m, id) : xstrdup("");
    *ret_secret = ok ? decoded(m, secret) : xstrdup("");
}

bool ak_client_known(const struct mock *m, const char *id)
{
    return id[0] != '\0' && strcmp(id, m->conf.ak->client_id) == 0;
}

bool ak_client_secret_ok(struct mock *m, const char *secret)
{
    if (cstr_eq(m->conf.ak->client_type, "public"))
        return true;
    if (secret_text_equal(secret, m->conf.ak->client_secret))
        return true;
    return ak_fault_asked(m, "authentik/client-auth.ignored");
}

bool ak_slug_ok(const struct mock *m, const struct http_request *req, struct http_response *resp)
{
    if (cstr_eq(m->conf.ak->slug, req->captures[0]))
        return true;
    ak_not_found(resp);
    return false;
}
