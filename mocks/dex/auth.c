/*
 * /auth and /auth/{connector} (dex.md 2.2, 2.3): which connector, then off to authentik. What an
 * authorization request must be is in authreq.c.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"
#include "mocks/dex/connector_oidc.h"

/* Path and query of /auth/<id> with the remaining parameters, sorted and encoded anew. */
static char *connector_url(const struct dex *d, const char *id, const struct params *form)
{
    AUTO(xfree) char *escaped = url_encode(str_of(id), "$&+:=@");
    AUTO(xfree) char *query = params_form(form);
    return xasprintf("%s/auth/%s%s%s", d->config.path, escaped, *query != '\0' ? "?" : "", query);
}

static int by_name(const void *a, const void *b)
{
    const struct dex_connector *const *x = a;
    const struct dex_connector *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static char *login_page(struct dex *d, const struct params *form)
{
    AUTO(buf_deinit) struct buf b = {0};
    AUTO(vec_deinit) struct vec sorted = {0};
    AUTO(xfree) char *title = html_escape(d->config.title);
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < d->connectors_len; i++)
        vec_push(&sorted, &d->connectors[i]);
    if (sorted.len > 1)
        qsort(sorted.items, sorted.len, sizeof *sorted.items, by_name);
    buf_adds(&b, "<div class=\"theme-panel\">\n  <h2 class=\"theme-heading\">Log in to ");
    buf_adds(&b, title);
    buf_adds(&b, " </h2>\n  <div>\n");
    for (size_t i = 0; i < sorted.len; i++) {
        const struct dex_connector *c = sorted.items[i];
        AUTO(xfree) char *url = connector_url(d, c->id, form);
        AUTO(xfree) char *href = html_escape(url);
        AUTO(xfree) char *name = html_escape(c->name);
        buf_addf(&b,
                 "    <div class=\"theme-form-row\">\n      <a href=\"%s\" target=\"_self\">\n"
                 "        <button class=\"dex-btn theme-btn-provider\">\n"
                 "          <span class=\"dex-btn-text\">Log in with %s</span>\n"
                 "        </button>\n      </a>\n    </div>\n",
                 href, name);
    }
    buf_adds(&b, "  </div>\n</div>");
    return buf_take(&b);
}

/* dex.md 2.2 step 4: the handler does not return, so the page comes after the redirect's body. */
static void append_page(const struct dex *d, const struct http_request *req,
                        struct http_response *resp, const char *body)
{
    AUTO(http_response_deinit) struct http_response page = {0};
    dex_page(d, req, &page, 200, body);
    char *both = xasprintf("%s%s", resp->body != NULL ? resp->body : "", page.body);
    xfree(resp->body);
    resp->body = both;
    resp->body_len = strlen(both);
    if (params_get_ci(&resp->headers, "Content-Type") == NULL)
        params_set_ci(&resp->headers, "Content-Type", "text/html; charset=utf-8");
}

void dex_handle_auth(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(params_deinit) struct params form = {0};
    AUTO(xfree) char *problem = dex_form_error(req);
    if (problem != NULL) {
        dex_log(d, req, DEX_LINE_AUTH_FORM, DEX_FIELDS({"err", problem}));
        dex_error_page(d, req, resp, 400,
                       dex_quirk(d, DEX_QUIRK_GENERIC_PAGES) ? "Invalid request. Please try again."
                                                             : problem);
        return;
    }
    AUTO(xfree) char *id = xstrdup(dex_form_value(req, "connector_id"));
    params_copy(&form, &req->form_params);
    params_copy(&form, &req->query_params);
    params_remove(&form, "connector_id");
    params_sort(&form);
    if (*id != '\0' && dex_connector(d, id) == NULL) {
        dex_error_page(d, req, resp, 400, "Connector ID does not match a valid Connector");
        return;
    }
    if (*id != '\0') {
        AUTO(xfree) char *location = connector_url(d, id, &form);
        http_respond_go_redirect(resp, req->method, 302, location);
        return;
    }
    AUTO(xfree) char *page = login_page(d, &form);
    if (d->connectors_len != 1 || d->config.always_show_login) {
        dex_page(d, req, resp, 200, page);
        return;
    }
    AUTO(xfree) char *location = connector_url(d, d->connectors[0].id, &form);
    http_respond_go_redirect(resp, req->method, 302, location);
    append_page(d, req, resp, page);
}

/* The connector's segment of the path, decoded. NULL on a bad escape. */
static char *connector_of_path(const struct dex *d, const struct http_request *req)
{
    struct str rest = str_of(req->path + strlen(d->config.path) + strlen("/auth/"));
    struct str id = {0};
    char *decoded = NULL;
    str_next(&rest, '/', &id);
    if (url_decode(id, false, &decoded))
        return decoded;
    xfree(decoded);
    return NULL;
}

/* Sends the person to authentik; other methods are refused only now (dex.md 2.1). */
static void start_login(struct dex *d, const struct http_request *req, struct http_response *resp,
                        struct dex_connector *c, struct dex_session *s)
{
    struct err err = {0};
    AUTO(xfree) char *location = NULL;
    if (!cstr_eq(req->method, "GET")) {
        dex_error_page(d, req, resp, 400, "Unsupported request method.");
        return;
    }
    if (dex_oidc_login_url(d, c->oidc, s, &location, &err) != 0) {
        dex_log(d, req, DEX_LINE_LOGIN_URL, DEX_FIELDS({"connector_id", c->id}, {"err", err.msg}));
        dex_error_page(d, req, resp, 500, "Login error.");
        return;
    }
    http_respond_go_redirect(resp, req->method, 302, location);
}

static void store_request(struct dex *d, const char *connector_id, struct dex_session *s)
{
    uint8_t bytes[32];
    rnd_fill(d->env->rnd, DEX_PARTY, "pkce", bytes, sizeof bytes);
    rnd_fill(d->env->rnd, DEX_PARTY, "hmac-key", s->hmac_key, sizeof s->hmac_key);
    xfree(s->verifier);
    s->verifier = b64url_encode(bytes, sizeof bytes);
    if (dex_fault(d, "dex/verifier.short", NULL)) {
        xfree(s->verifier);
        s->verifier = xstrdup("a-short-verifier");
    }
    s->no_pkce = dex_fault(d, "dex/no-pkce", NULL);
    xfree(s->id);
    s->id = dex_new_id(d, "auth-request");
    xfree(s->connector_id);
    s->connector_id = xstrdup(connector_id);
    s->expires_ms = clock_now_ms(d->env->clock) + d->config.auth_request_ms;
    trace_secret(d->env->trace, "state", s->id);
    trace_secret(d->env->trace, "verifier", s->verifier);
    pthread_mutex_lock(&d->lock);
    dex_store_put(d->store, DEX_REQUESTS, dex_session_dup(s));
    pthread_mutex_unlock(&d->lock);
}

/* An id with an escaped slash in it: before 2.32 the router took the path apart decoded. */
static bool is_routed(const struct dex *d, const char *id)
{
    return dex_quirk(d, DEX_QUIRK_CLEAN_PATHS) || strchr(id, '/') == NULL;
}

static bool find_connector(struct dex *d, const struct http_request *req,
                           struct http_response *resp, const char *id, struct dex_connector **ret)
{
    struct err err = {0};
    const char *wanted = dex_form_value(req, "connector_id");
    if (dex_connector_get(d, id, ret, &err) != 0) {
        dex_log(d, req, DEX_LINE_OPEN_ANEW, DEX_FIELDS({"err", err.msg}));
        dex_error_page(d, req, resp, 400,
                       dex_quirk(d, DEX_QUIRK_CONNECTOR_TEXT)
                           ? "Connector failed to initialize"
                           : "Requested resource does not exist");
        return false;
    }
    if (*wanted == '\0' || cstr_eq(wanted, id))
        return true;
    dex_log(d, req, DEX_LINE_OTHER_CONNECTOR,
            DEX_FIELDS({"auth_request_connector_id", wanted}, {"connector_id", id}));
    dex_error_page(d, req, resp, 400, "Bad connector ID");
    return false;
}

void dex_handle_connector(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(xfree) char *id = connector_of_path(d, req);
    struct dex_connector *c = NULL;
    if (dex_cleans_path(d, req, resp))
        return;
    if (id != NULL && !is_routed(d, id)) {
        dex_not_found(d, req, resp);
        return;
    }
    AUTO(dex_session_free) struct dex_session *s = dex_parse_authorization(d, req, resp);
    if (s == NULL)
        return;
    if (id == NULL) {
        dex_log(d, req, DEX_LINE_PATH, DEX_FIELDS({"err", "invalid URL escape"}));
        dex_error_page(d, req, resp, 400, "Requested resource does not exist");
        return;
    }
    if (!find_connector(d, req, resp, id, &c))
        return;
    store_request(d, id, s);
    start_login(d, req, resp, c, s);
}

/* ---- password connectors ---- */

static struct dex_session *stored_request(struct dex *d, const char *id)
{
    pthread_mutex_lock(&d->lock);
    const struct dex_session *stored = dex_store_get(d->store, DEX_REQUESTS, id);
    struct dex_session *copy = stored != NULL ? dex_session_dup(stored) : NULL;
    pthread_mutex_unlock(&d->lock);
    return copy;
}

/* /auth/{connector}/login (dex.md 2.1): no connector of this Dex asks for passwords. */
void dex_handle_connector_login(void *ctx, const struct http_request *req,
                                struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    const char *state = http_query(req, "state");
    const char *id = req->captures[0] != NULL ? req->captures[0] : "";
    if (dex_cleans_path(d, req, resp))
        return;
    if (state == NULL || *state == '\0') {
        dex_error_page(d, req, resp, 400, "User session error.");
        return;
    }
    AUTO(dex_session_free) struct dex_session *s = stored_request(d, state);
    if (s == NULL)
        dex_log(d, req, DEX_LINE_STATE, DEX_FIELDS({"err", "not found"}));
    else if (!cstr_eq(id, s->connector_id))
        dex_log(d, req, DEX_LINE_LOGIN_MISMATCH,
                DEX_FIELDS({"start_connector_id", s->connector_id}, {"password_connector_id", id}));
    else
        dex_log(d, req, DEX_LINE_NO_PASSWORD_CONNECTOR, DEX_FIELDS({"password_connector", NULL}));
    dex_error_page(d, req, resp, s != NULL ? 500 : 400, "Requested resource does not exist.");
}
