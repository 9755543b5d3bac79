/*
 * How Dex answers: its HTML frame and error page, the JSON of an OAuth error, Go's form reading,
 * and the redirect back to a client. No state.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"
#include "mocks/dex/dex_int.h"

void dex_page(struct http_response *resp, int status, const char *body)
{
    http_respondf(resp, status, "text/html; charset=utf-8",
                  "<!DOCTYPE html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n"
                  "    <title>dex</title>\n"
                  "    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1.0\">\n"
                  "  </head>\n\n  <body class=\"theme-body\">\n    <div class=\"dex-container\">\n"
                  "\n%s\n\n    </div>\n  </body>\n</html>\n",
                  body);
}

void dex_error_page(struct http_response *resp, int status, const char *message)
{
    AUTO(xfree) char *text = html_escape(message);
    AUTO(xfree)
    char *body = xasprintf("<div class=\"theme-panel\">\n"
                           "  <h2 class=\"theme-heading\">%s</h2>\n"
                           "  <p>%s</p>\n</div>",
                           http_status_text(status), text);
    dex_page(resp, status, body);
}

void dex_oauth_error(struct http_response *resp, int status, const char *error,
                     const char *description)
{
    AUTO(js_free) struct js *j = js_object();
    js_set_text(j, "error", error);
    if (*description != '\0')
        js_set_text(j, "error_description", description);
    AUTO(xfree) char *body = js_compact_html(j);
    http_respond(resp, status, "application/json", body);
}

const char *dex_form_value(const struct http_request *req, const char *name)
{
    const char *v = http_form(req, name);
    if (v == NULL)
        v = http_query(req, name);
    return v != NULL ? v : "";
}

static bool encoding_parses(const char *text)
{
    char *decoded = NULL;
    if (text == NULL)
        return true;
    if (strchr(text, ';') != NULL)
        return false;
    bool ok = url_decode(str_of(text), true, &decoded);
    xfree(decoded);
    return ok;
}

bool dex_form_parses(const struct http_request *req)
{
    const char *type = params_get_ci(&req->headers, "Content-Type");
    bool has_form = cstr_starts(type, "application/x-www-form-urlencoded");
    return encoding_parses(req->query) && (!has_form || encoding_parses(req->body));
}

bool dex_redirect_to_client(const struct http_request *req, struct http_response *resp,
                            const char *redirect_uri, const struct params *params)
{
    AUTO(url_deinit) struct url u = {0};
    AUTO(params_deinit) struct params query = {0};
    struct err ignored = {0};
    if (url_parse(redirect_uri, &u, &ignored) != 0)
        return false;
    if (u.query != NULL)
        params_parse_form(&query, str_of(u.query));
    for (size_t i = 0; i < params->len; i++)
        params_set(&query, params->items[i].name, params->items[i].value);
    params_sort(&query);
    xfree(u.query);
    u.query = params_form(&query);
    AUTO(xfree) char *location = url_text(&u);
    http_respond_go_redirect(resp, req->method, 303, location);
    return true;
}
