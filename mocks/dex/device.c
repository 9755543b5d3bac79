/*
 * The device flow (dex.md 2.6, RFC 8628): a device asks for codes, a person types the short one and
 * goes through /auth as a client would, /device/callback redeems the code for the device, and the
 * device finds the answer at the token endpoint. Clients are looked at only in the callback.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/http/html.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/dex_int.h"

#define GRANT "urn:ietf:params:oauth:grant-type:device_code"
#define USER_CODE_LETTERS "BCDFGHJKLMNPQRSTVWXZ"
#define DEVICE_CODE_TAIL 50
#define INTERVAL_S 5
#define MISSING "Requested resource does not exist."

/* ---- pages ---- */

static void show_form(const struct dex *d, const struct http_request *req,
                      struct http_response *resp, const char *user_code, bool is_invalid)
{
    AUTO(xfree) char *code = html_escape(user_code);
    AUTO(xfree)
    char *body = xasprintf(
        "<div class=\"theme-panel\">\n  <h2 class=\"theme-heading\">Enter User Code</h2>\n"
        "  <form method=\"post\" action=\"%s/device/auth/verify_code\">\n"
        "    <div class=\"theme-form-row\">\n"
        "      <input required id=\"user_code\" name=\"user_code\" type=\"text\" "
        "class=\"theme-form-input\" autocomplete=\"off\" %s\"%s\"%s/>\n    </div>\n%s"
        "    <button id=\"submit-login\" type=\"submit\" class=\"dex-btn theme-btn--primary\">"
        "Submit</button>\n  </form>\n</div>",
        d->config.path,
        *code != '\0' ? "value=" : "placeholder=", *code != '\0' ? code : "XXXX-XXXX",
        is_invalid ? " autofocus" : "",
        is_invalid ? "    <div id=\"login-error\" class=\"dex-error-box\">\n"
                     "      Invalid or Expired User Code\n    </div>\n"
                   : "");
    dex_page(d, req, resp, is_invalid ? 400 : 200, body);
}

static void show_success(const struct dex *d, const struct http_request *req,
                         struct http_response *resp, const struct dex_client *client)
{
    AUTO(xfree) char *name = html_escape(client->name);
    AUTO(xfree)
    char *body = xasprintf("<div class=\"theme-panel\">\n"
                           "  <h2 class=\"theme-heading\">Login Successful for %s</h2>\n"
                           "  <p>Return to your device to continue</p>\n</div>",
                           name);
    dex_page(d, req, resp, 200, body);
}

void dex_handle_device(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    const char *user_code = http_query(req, "user_code");
    if (!cstr_eq(req->method, "GET"))
        dex_error_page(d, req, resp, 400, MISSING);
    else
        show_form(d, req, resp, user_code != NULL ? user_code : "",
                  go_bool(http_query(req, "invalid"), false));
}

/* ---- /device/code ---- */

static void set(char **slot, const char *value)
{
    xfree(*slot);
    *slot = xstrdup(value);
}

static char *new_device_code(struct dex *d)
{
    AUTO(xfree) char *first = rnd_text(d->env->rnd, DEX_PARTY, "device-code", DEX_ID_FIRST, 1);
    AUTO(xfree)
    char *tail = rnd_text(d->env->rnd, DEX_PARTY, "device-code", DEX_ID_REST, DEVICE_CODE_TAIL);
    return xasprintf("%s%s", first, tail);
}

static char *new_user_code(struct dex *d)
{
    AUTO(xfree) char *code = rnd_text(d->env->rnd, DEX_PARTY, "user-code", USER_CODE_LETTERS, 8);
    return xasprintf("%.4s-%s", code, code + 4);
}

/* Both halves of what is stored: the request by its user code, the token by the device code. */
static void store(struct dex *d, struct dex_session *request)
{
    struct dex_session *token = dex_session_dup(request);
    set(&token->id, request->device_code);
    token->last_used_ms = clock_now_ms(d->env->clock);
    trace_secret(d->env->trace, "code", request->device_code);
    trace_secret(d->env->trace, "code", request->id);
    if (*request->client_secret != '\0')
        trace_secret(d->env->trace, "client-secret", request->client_secret);
    pthread_mutex_lock(&d->lock);
    dex_store_put(d->store, DEX_DEVICES, dex_session_dup(request));
    dex_store_put(d->store, DEX_DEVICE_TOKENS, token);
    pthread_mutex_unlock(&d->lock);
}

static struct dex_session *make_request(struct dex *d, const struct http_request *req,
                                        const char *challenge_method)
{
    struct dex_session *s = dex_session_new();
    xfree(s->id);
    s->id = new_user_code(d);
    xfree(s->device_code);
    s->device_code = new_device_code(d);
    set(&s->client_id, dex_form_value(req, "client_id"));
    set(&s->client_secret, dex_form_value(req, "client_secret"));
    set(&s->challenge, dex_form_value(req, "code_challenge"));
    set(&s->challenge_method, challenge_method);
    dex_split_words(dex_form_value(req, "scope"), &s->scopes);
    if (s->scopes.len == 0 && dex_quirk(d, DEX_QUIRK_DEVICE_SCOPE))
        strlist_add(&s->scopes, "openid");
    s->expires_ms = clock_now_ms(d->env->clock) + d->config.device_request_ms;
    return s;
}

static void answer_code(const struct dex *d, struct http_response *resp,
                        const struct dex_session *s)
{
    AUTO(js_free) struct js *j = js_object();
    js_set_text(j, "device_code", s->device_code);
    js_set_text(j, "user_code", s->id);
    js_set(j, "verification_uri", js_stringf("%s/device", d->config.base));
    js_set(j, "verification_uri_complete",
           js_stringf("%s/device?user_code=%s", d->config.base, s->id));
    js_set(j, "expires_in", js_int(d->config.device_request_ms / 1000));
    js_set(j, "interval", js_int(INTERVAL_S));
    AUTO(xfree) char *body = js_pretty(j, 3);
    http_respondf(resp, 200, "application/json", "%s\n", body);
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
}

/* Another method: the handler writes both an error page and a JSON error (dex.md 2.6). */
static void refuse_method(const struct dex *d, const struct http_request *req,
                          struct http_response *resp)
{
    dex_error_page(d, req, resp, 400, "Invalid device code request type");
    AUTO(xfree) char *page = resp->body;
    resp->body = xasprintf("%s{\"error\":\"invalid_request\"}", page);
    resp->body_len = strlen(resp->body);
}

static bool check_method(struct http_response *resp, const char *method)
{
    if (cstr_eq(method, "S256") || cstr_eq(method, "plain"))
        return true;
    AUTO(xfree) char *quoted = go_quoted(method);
    AUTO(xfree) char *text = xasprintf("Unsupported PKCE challenge method (%s).", quoted);
    dex_oauth_error(resp, 400, "invalid_request", text);
    return false;
}

void dex_handle_device_code(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    if (!cstr_eq(req->method, "POST")) {
        refuse_method(d, req, resp);
        return;
    }
    AUTO(xfree) char *problem = dex_form_error(req);
    if (problem != NULL) {
        dex_log(d, req, DEX_LINE_DEVICE_FORM, DEX_FIELDS({"err", problem}));
        dex_oauth_error(resp, 404, "invalid_request", "");
        return;
    }
    const char *method = dex_form_value(req, "code_challenge_method");
    method = *method != '\0' ? method : "plain";
    if (!check_method(resp, method))
        return;
    AUTO(dex_session_free) struct dex_session *s = make_request(d, req, method);
    dex_log(d, req, DEX_LINE_DEVICE,
            DEX_FIELDS({"client_id", s->client_id}, {"scoped", NULL, &s->scopes}));
    store(d, s);
    answer_code(d, resp, s);
}

/* ---- the person ---- */

static struct dex_session *find(struct dex *d, enum dex_table t, const char *id)
{
    pthread_mutex_lock(&d->lock);
    const struct dex_session *s = dex_store_get(d->store, t, id);
    struct dex_session *copy = s != NULL ? dex_session_dup(s) : NULL;
    pthread_mutex_unlock(&d->lock);
    return copy;
}

/* Likewise, and still good; NULL otherwise. */
static struct dex_session *find_alive(struct dex *d, enum dex_table t, const char *id)
{
    struct dex_session *s = find(d, t, id);
    if (s == NULL || clock_now_ms(d->env->clock) <= s->expires_ms)
        return s;
    return dex_session_free(s);
}

static char *upper(const char *text)
{
    char *copy = xstrdup(text);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - ('a' - 'A'));
    }
    return copy;
}

static void send_to_auth(const struct dex *d, const struct http_request *req,
                         struct http_response *resp, const struct dex_session *s)
{
    AUTO(params_deinit) struct params p = {0};
    AUTO(xfree) char *scope = strlist_join(&s->scopes, " ");
    params_add(&p, "client_id", s->client_id);
    params_add(&p, "client_secret", s->client_secret);
    params_add(&p, "redirect_uri", "/device/callback");
    params_add(&p, "response_type", "code");
    params_add(&p, "scope", scope);
    params_add(&p, "state", s->id);
    AUTO(xfree) char *query = params_form(&p);
    AUTO(xfree) char *location = xasprintf("%s/auth?%s", d->config.path, query);
    http_respond_go_redirect(resp, req->method, 302, location);
}

void dex_handle_device_verify(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(xfree) char *problem = dex_form_error(req);
    AUTO(xfree) char *user_code = upper(dex_form_value(req, "user_code"));
    if (!cstr_eq(req->method, "POST")) {
        dex_error_page(d, req, resp, 400, MISSING);
        return;
    }
    if (problem != NULL) {
        dex_log(d, NULL, DEX_LINE_USER_CODE_FORM, DEX_FIELDS({"err", problem}));
        dex_error_page(d, req, resp, 400, "");
        return;
    }
    if (*user_code == '\0') {
        dex_error_page(d, req, resp, 400, "No user code received");
        return;
    }
    AUTO(dex_session_free) struct dex_session *s = find_alive(d, DEX_DEVICES, user_code);
    if (s == NULL)
        show_form(d, req, resp, user_code, true);
    else
        send_to_auth(d, req, resp, s);
}

/* ---- /device/callback ---- */

/* Since 2.45 a page without a cause; before, what the request says, escaped against itself. */
static void refuse_denied(const struct dex *d, const struct http_request *req,
                          struct http_response *resp, const char *error)
{
    if (dex_quirk(d, DEX_QUIRK_GENERIC_PAGES)) {
        dex_error_page(d, req, resp, 400, "Authorization failed. Please try again.");
        return;
    }
    AUTO(xfree)
    char *text = xasprintf("%s: %s", error, dex_form_value(req, "error_description"));
    AUTO(xfree) char *escaped = html_escape(text);
    http_respond_go_error(resp, 400, escaped);
}

static void refuse_callback_method(const struct dex *d, const struct http_request *req,
                                   struct http_response *resp)
{
    AUTO(xfree) char *text = xasprintf("method not implemented: %s", req->method);
    if (dex_quirk(d, DEX_QUIRK_GENERIC_PAGES))
        dex_error_page(d, req, resp, 400, "Method not allowed.");
    else
        http_respond_go_error(resp, 400, text);
}

static bool check_callback(const struct dex *d, const struct http_request *req,
                           struct http_response *resp)
{
    const char *error = dex_form_value(req, "error");
    if (!cstr_eq(req->method, "GET"))
        refuse_callback_method(d, req, resp);
    else if (*dex_form_value(req, "state") == '\0' || *dex_form_value(req, "code") == '\0')
        dex_error_page(d, req, resp, 400, "Request was missing parameters");
    else if (*error != '\0')
        refuse_denied(d, req, resp, error);
    else
        return true;
    return false;
}

static const struct dex_client *client_of(const struct dex *d, struct http_response *resp,
                                          const struct dex_session *device)
{
    const struct dex_client *client = dex_client(d, device->client_id);
    if (client != NULL && cstr_eq(client->secret, device->client_secret))
        return client;
    dex_oauth_error(resp, 401, "invalid_client", "Invalid client credentials.");
    return NULL;
}

/* The answer for the device; false when it already has one. */
static bool complete(struct dex *d, const char *device_code, const char *answer)
{
    pthread_mutex_lock(&d->lock);
    struct dex_session *t = dex_store_get(d->store, DEX_DEVICE_TOKENS, device_code);
    bool ok = t != NULL && *t->answer == '\0';
    if (ok)
        set(&t->answer, answer);
    pthread_mutex_unlock(&d->lock);
    return ok;
}

/* The tokens are made before the device is looked for, and the code is used up by then. */
static void redeem(struct dex *d, const struct http_request *req, struct http_response *resp,
                   struct dex_session *code, const struct dex_session *device)
{
    const struct dex_client *client = client_of(d, resp, device);
    AUTO(dex_tokens_deinit) struct dex_tokens tokens = {0};
    AUTO(xfree) char *refresh = NULL;
    struct err err = {0};
    if (client == NULL)
        return;
    set(&code->client_id, client->id);
    if (dex_exchange_code(d, req, code, &tokens, &refresh, &err) != 0) {
        dex_error_page(d, req, resp, 500, "Failed to exchange auth code.");
        return;
    }
    AUTO(dex_session_free)
    struct dex_session *token = find_alive(d, DEX_DEVICE_TOKENS, device->device_code);
    if (token == NULL) {
        dex_error_page(d, req, resp, 400, "Invalid or expired device code.");
        return;
    }
    AUTO(js_free) struct js *answer = dex_token_answer(d, &tokens, refresh);
    AUTO(xfree) char *text = js_pretty(answer, 2);
    if (complete(d, device->device_code, text)) {
        show_success(d, req, resp, client);
        return;
    }
    dex_log(d, req, DEX_LINE_DEVICE_UPDATE, DEX_FIELDS({"err", "device token already complete"}));
    dex_error_page(d, req, resp, 400, "");
}

void dex_handle_device_callback(void *ctx, const struct http_request *req,
                                struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    if (!check_callback(d, req, resp))
        return;
    AUTO(dex_session_free)
    struct dex_session *code = find_alive(d, DEX_CODES, dex_form_value(req, "code"));
    AUTO(dex_session_free)
    struct dex_session *device = find_alive(d, DEX_DEVICES, dex_form_value(req, "state"));
    if (code == NULL)
        dex_error_page(d, req, resp, 400, "Invalid or expired auth code.");
    else if (device == NULL)
        dex_error_page(d, req, resp, 400, "Invalid or expired user code.");
    else
        redeem(d, req, resp, code, device);
}

/* ---- the token endpoint ---- */

/* Counts the polls; whether this one came too early. Each early one adds 5 s to the wait. */
static bool is_too_fast(struct dex *d, const char *device_code)
{
    int64_t now_ms = clock_now_ms(d->env->clock);
    pthread_mutex_lock(&d->lock);
    struct dex_session *t = dex_store_get(d->store, DEX_DEVICE_TOKENS, device_code);
    bool too_fast = t != NULL && now_ms < t->last_used_ms + t->poll_interval_s * 1000;
    if (t != NULL) {
        t->poll_interval_s = too_fast ? t->poll_interval_s + INTERVAL_S : INTERVAL_S;
        t->last_used_ms = now_ms;
    }
    pthread_mutex_unlock(&d->lock);
    return too_fast;
}

static void answer_pending(struct dex *d, struct http_response *resp, const char *device_code)
{
    if (is_too_fast(d, device_code))
        dex_oauth_error(resp, 400, "slow_down", "");
    else
        dex_oauth_error(resp, dex_quirk(d, DEX_QUIRK_DEVICE_PENDING) ? 400 : 401,
                        "authorization_pending", "");
}

void dex_grant_device(struct dex *d, const struct http_request *req, struct http_response *resp,
                      const struct dex_client *client)
{
    const char *device_code = dex_form_value(req, "device_code");
    (void)client;
    if (*device_code == '\0') {
        dex_oauth_error(resp, 400, "invalid_request", "No device code received");
        return;
    }
    AUTO(dex_session_free) struct dex_session *t = find(d, DEX_DEVICE_TOKENS, device_code);
    if (t == NULL)
        dex_oauth_error(resp, 400, "invalid_request", "Invalid Device code.");
    else if (clock_now_ms(d->env->clock) > t->expires_ms)
        dex_oauth_error(resp, 400, "expired_token", "");
    else if (*t->answer == '\0')
        answer_pending(d, resp, device_code);
    else if (dex_check_verifier(d, resp, dex_form_value(req, "code_verifier"), t))
        http_respond(resp, 200, "application/json", t->answer);
}

/* The way of before: the same, but for its own refusals. */
void dex_handle_device_token(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    const char *grant = http_form(req, "grant_type");
    dex_log(d, NULL, DEX_LINE_DEVICE_DEPRECATED, DEX_FIELDS({"deprecated", NULL, NULL, true}));
    if (!cstr_eq(req->method, "POST")) {
        dex_error_page(d, req, resp, 400, MISSING);
        params_set_ci(&resp->headers, "Content-Type", "application/json"); /* set before the page */
        return;
    }
    AUTO(xfree) char *problem = dex_form_error(req);
    if (problem != NULL) {
        dex_log(d, NULL, DEX_LINE_DEVICE_TOKEN_FORM, DEX_FIELDS({"err", problem}));
        dex_oauth_error(resp, 400, "invalid_request", "");
    } else if (!cstr_eq(grant, GRANT)) {
        dex_oauth_error(resp, 400, "invalid_grant", "");
    } else {
        dex_grant_device(d, req, resp, NULL);
    }
}
