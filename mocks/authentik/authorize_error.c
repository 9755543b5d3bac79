/*
 * How /application/o/authorize/ tells the client that it refuses (authentik.md 3.1): the texts, and
 * the ways they go. Decides nothing about what is refused.
 */
#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "harness/http/html.h"
#include "mocks/authentik/flow.h"
#include "mocks/authentik/page.h"

struct authz_error {
    const char *code;
    const char *text;
};

static const struct authz_error authz_errors[] = {
    {"invalid_request", "The request is otherwise malformed"},
    {"unsupported_response_type", "The authorization server does not support obtaining an "
                                  "authorization code using this method"},
    {"invalid_scope", "The requested scope is invalid, unknown, or malformed"},
    {"login_required", "The Authorization Server requires End-User authentication"},
    {"consent_required", "The Authorization Server requires End-User consent"},
    {"request_not_supported", "The provider does not support use of the request parameter"},
    {"server_error", "The authorization server encountered an error"},
    {0}};

static const char *error_text(const struct mock *m, const char *code)
{
    if (strcmp(code, "consent_required") == 0 && !ak_quirk(m, QUIRK_CONSENT_TEXT))
        return "The Authorization Server requires End-Userconsent";
    for (const struct authz_error *e = authz_errors; e->code != NULL; e++)
        if (strcmp(e->code, code) == 0)
            return e->text;
    return "";
}

/* Python's urlparse(uri).scheme is not empty. */
static bool has_scheme(const char *uri)
{
    size_t n = strcspn(uri, ":");
    bool named = isalpha((unsigned char)uri[0]) && uri[n] == ':';
    for (size_t i = 0; named && i < n; i++)
        named = isalnum((unsigned char)uri[i]) || strchr("+-.", uri[i]) != NULL;
    return named;
}

static bool by_form(const struct visit *v, const struct authz *z)
{
    return z->form_post && ak_quirk(v->m, QUIRK_FORM_POST_ERRORS);
}

/* redirect_uri, ? or #, error, description, raw state; never & (3.1). */
static char *error_uri(const struct authz *z, const char *error, const char *text)
{
    bool fragment = z->type != NULL && strcmp(z->type->grant_type, "authorization_code") != 0;
    AUTO(xfree) char *quoted = url_encode(str_of(text), "/");
    bool has_state = z->state != NULL && z->state[0] != '\0';
    return xasprintf("%s%serror=%s&error_description=%s%s%s", z->redirect_uri, fragment ? "#" : "?",
                     error, quoted, has_state ? "&state=" : "", has_state ? z->state : "");
}

static void members(const struct authz *z, const char *error, const char *text, struct params *ret)
{
    params_add(ret, "error", error);
    params_add(ret, "error_description", text);
    if (z->state != NULL && z->state[0] != '\0')
        params_add(ret, "state", z->state);
}

/* Sends itself; without script the person presses the button. */
static void error_form(const struct visit *v, const struct authz *z, const struct params *fields)
{
    AUTO(buf_deinit) struct buf b;
    AUTO(xfree) char *action = html_escape(z->redirect_uri);
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_begin(&b, "Redirecting...");
    buf_addf(&b, "<form method=\"post\" action=\"%s\">\n", action);
    for (size_t i = 0; i < fields->len; i++)
        ak_page_hidden(&b, fields->items[i].name, fields->items[i].value);
    buf_adds(&b, "<button type=\"submit\">Continue</button>\n</form>\n"
                 "<script>document.forms[0].submit();</script>\n");
    ak_page_end(&b, v->resp, 200);
}

void ak_authz_refuse(const struct visit *v, const struct authz *z, const char *error,
                     const char *description)
{
    const char *text = description != NULL ? description : error_text(v->m, error);
    AUTO(params_deinit) struct params fields = {0};
    trace_log(v->m->env.trace, AK_PARTY, "warning", "%s redirect_uri=%s", text, z->redirect_uri);
    members(z, error, text, &fields);
    AUTO(xfree) char *uri = error_uri(z, error, text);
    if (!has_scheme(z->redirect_uri))
        ak_page_message(v->resp, 400, error, text);
    else if (by_form(v, z))
        error_form(v, z, &fields);
    else
        ak_redirect(v->resp, uri);
}

struct step ak_authz_refuse_step(const struct visit *v, const struct authz *z, const char *error)
{
    const char *text = error_text(v->m, error);
    trace_log(v->m->env.trace, AK_PARTY, "warning", "%s redirect_uri=%s", text, z->redirect_uri);
    if (!by_form(v, z))
        return ak_step_redirect(error_uri(z, error, text));
    AUTO(params_deinit) struct params fields = {0};
    members(z, error, text, &fields);
    return ak_authorize_autosubmit(v, z, &fields);
}
