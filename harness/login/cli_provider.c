/*
 * The CLI's way to its provider: settings over gRPC-web with --grpc-web, the choice between
 * oidc.config and Dex, discovery (argocd.md 3.2 steps 3 to 5, 3.6); and what a command prints.
 */
#include <stdarg.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "harness/login/cli.h"
#include "mocks/argocd/frames.h"
#include "mocks/argocd/pbjson.h"
#include "mocks/argocd/proto/settings.pb-c.h"
#include "mocks/common/gohttp.h"
#include "mocks/common/gotext.h"

#define SETTINGS_PATH "/cluster.SettingsService/Get"

/* ---- what is printed ---- */

void cli_print(const struct login_agents *a, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text;
    buf_init(&text, BUF_MAX_TEXT);
    va_list args;
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    trace_log(a->conf.trace, "cli", "stdout", "%s", text.ptr);
}

void cli_exit(const struct login_agents *a, const char *fatal, int status)
{
    if (fatal != NULL)
        trace_log(a->conf.trace, "cli", "fatal", "FATA[0000] %s", fatal);
    trace_log(a->conf.trace, "cli", "info", "exit status %d", status);
}

int cli_refuse(const struct login_agents *a, struct login_result *r, const char *by, const char *at,
               int status, char *take_text)
{
    cli_exit(a, take_text, status);
    return login_refuse(r, by, at, take_text);
}

bool cli_quirk(const struct login_agents *a, enum argocd_quirk row)
{
    return world_setup(a->conf.world)->argocd.quirks[row];
}

/* ---- where ---- */

void cli_init(struct cli *c, struct login_agents *a)
{
    AUTO(url_deinit) struct url u = {0};
    *c = (struct cli){.agents = a, .base = login_api_url(a, "/")};
    size_t n = strlen(c->base);
    while (n > 0 && c->base[n - 1] == '/')
        c->base[--n] = '\0';
    bool parsed = url_parse(c->base, &u, NULL) == 0;
    c->host = parsed ? url_authority(&u) : xstrdup(c->base);
    c->root_path = xstrdup(parsed ? u.path : "");
}

void cli_deinit(struct cli *c)
{
    xfree(c->base);
    xfree(c->host);
    xfree(c->root_path);
    js_free(c->settings);
    goidc_free(c->provider);
    xfree(c->issuer);
    xfree(c->client_id);
    xfree(c->scopes);
    xfree(c->redirect_uri);
    xfree(c->state);
    xfree(c->verifier);
    xfree(c->authorize_url);
}

char *cli_context_name(const struct cli *c)
{
    return xasprintf("%s%s", c->host, c->root_path);
}

/* ---- settings ---- */

/* grpc-go's codes by number. */
static const char *code_name(int64_t code)
{
    static const char *const names[] = {
        "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
        "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
        "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
        "DataLoss", "Unauthenticated"};
    bool known = code >= 0 && (size_t)code < sizeof(names) / sizeof(names[0]);
    return known ? names[code] : "Unknown";
}

/* The status in the head, or of HTTP; NULL when the call went well. Caller frees. */
static char *call_error(const char *url, const struct http_response *resp)
{
    const char *status = params_get_ci(&resp->headers, "Grpc-Status");
    const char *message = params_get_ci(&resp->headers, "Grpc-Message");
    int64_t code = 2;
    if (status != NULL && (str_to_i64(str_of(status), 0, INT32_MAX, &code) != 0 || code != 0))
        return xasprintf("rpc error: code = %s desc = %s", code_name(code),
                         message != NULL ? message : "");
    if (resp->status != 200)
        return xasprintf("rpc error: code = Unknown desc = POST %s failed with status code %d", url,
                         resp->status);
    return NULL;
}

/* The message of the first data frame, when the trailers follow. */
static bool find_message(const struct http_response *resp, struct str *ret)
{
    struct str rest = {resp->body != NULL ? resp->body : "", resp->body_len};
    struct frame frame = {0};
    bool found = false;
    while (frame_next(&rest, &frame) && frame.bytes.len == frame.wanted) {
        if (frame.kind == FRAME_TRAILERS)
            return found;
        if (!found)
            *ret = frame.bytes;
        found = true;
    }
    return found && frame.kind == FRAME_TRAILERS;
}

static char *read_settings(struct cli *c, const char *url, const struct http_response *resp)
{
    struct str message = {0};
    struct err err = {0};
    char *error = call_error(url, resp);
    if (error != NULL)
        return error;
    if (!find_message(resp, &message))
        return xstrdup("rpc error: code = Unknown desc = unexpected EOF");
    if (pb_read(message.ptr, message.len, &cluster__settings__descriptor, &c->settings, &err) == 0)
        return NULL;
    return xstrdup("rpc error: code = Internal desc = grpc: failed to unmarshal the received "
                   "message: unexpected EOF");
}

static int ask_settings(struct cli *c, int exit_status, struct login_result *r, bool *ret_done,
                        struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *url = xasprintf("%s" SETTINGS_PATH, c->base);
    struct err local = {0};
    http_request_set(&req, "POST", url);
    params_add(&req.headers, "Content-Type", GRPCWEB_TYPE);
    xfree(req.body);
    req.body = xcalloc(1, FRAME_HEAD + 1); /* a frame of nothing, and the NUL of every body */
    req.body_len = FRAME_HEAD;
    *ret_done = true;
    if (gohttp_do(c->agents->cli_client, &req, NULL, &resp, &local) != 0) {
        if (local.code == ERR_INTERNAL)
            return err_set(err, local.code, "%s", local.msg);
        char *text = xasprintf("rpc error: code = Unknown desc = %s", local.msg);
        cli_exit(c->agents, text, exit_status);
        return login_no_answer(r, "argocd", "start", text);
    }
    char *error = read_settings(c, url, &resp);
    if (error != NULL)
        return cli_refuse(c->agents, r, "argocd", "start", exit_status, error);
    *ret_done = false;
    return 0;
}

/* ---- the choice (step 4) ---- */

static char *scopes_of(const struct js *list, const char *otherwise)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < js_len(list); i++)
        buf_addf(&b, "%s%s", i > 0 ? " " : "", js_text(js_at(list, i)));
    return b.len > 0 ? buf_take(&b) : xstrdup(otherwise);
}

/* oidc.config goes before Dex. False when there is neither. */
static bool choose(struct cli *c)
{
    static const char defaults[] = "openid profile email groups";
    const struct js *oidc = js_get(c->settings, "oidcConfig");
    const char *issuer = js_get_text(oidc, "issuer");
    const char *url = js_get_text(c->settings, "url");
    const char *client = js_get_text(oidc, "cliClientID");
    if (issuer != NULL) {
        client = client != NULL ? client : js_get_text(oidc, "clientID");
        c->system = "authentik";
        c->issuer = xstrdup(issuer);
        c->client_id = xstrdup(client != NULL ? client : "");
        c->scopes = scopes_of(js_get(oidc, "scopes"), defaults);
        return true;
    }
    if (js_len(js_path(c->settings, "dexConfig", "connectors", NULL)) == 0)
        return false;
    c->system = "dex";
    /* The settings' URL, not the host that was asked. */
    c->issuer = xasprintf("%s/api/dex", url != NULL ? url : "");
    c->client_id = xstrdup("argo-cd-cli");
    bool federated = cli_quirk(c->agents, ARGOCD_QUIRK_FEDERATED_SCOPE);
    c->scopes = xasprintf("%s%s", defaults, federated ? " federated:id" : "");
    return true;
}

/* ---- discovery (step 5) ---- */

static struct goidc_dialect dialect(const struct cli *c)
{
    return (struct goidc_dialect){.old_issuer = !cli_quirk(c->agents, ARGOCD_QUIRK_ISSUER_TEXT)};
}

/* Whose fault it is that the document is none: the CLI's own, when it compares the issuer. */
static int refuse_provider(struct cli *c, int exit_status, const struct err *why,
                           struct login_result *r)
{
    AUTO(xfree) char *quoted = go_quoted(c->issuer);
    bool small = cli_quirk(c->agents, ARGOCD_QUIRK_PROVIDER_TEXT);
    char *text = xasprintf("%cailed to query provider %s: %s", small ? 'f' : 'F', quoted, why->msg);
    bool compared = cstr_starts(why->msg, "oidc: issuer");
    bool silent = cstr_starts(why->msg, "Get \"");
    cli_exit(c->agents, text, exit_status);
    if (silent)
        return login_no_answer(r, c->system, "discovery", text);
    return login_refuse(r, compared ? "cli" : c->system, "discovery", text);
}

static bool wants_offline_access(const struct js *discovery)
{
    const struct js *scopes = js_get(discovery, "scopes_supported");
    for (size_t i = 0; i < js_len(scopes); i++)
        if (cstr_eq(js_text(js_at(scopes, i)), "offline_access"))
            return true;
    return js_len(scopes) == 0;
}

int cli_provider(struct cli *c, int exit_status, struct login_result *r, bool *ret_done,
                 struct err *err)
{
    const struct goidc_dialect words = dialect(c);
    struct err why = {0};
    if (ask_settings(c, exit_status, r, ret_done, err) != 0)
        return -1;
    if (*ret_done)
        return 0;
    *ret_done = true;
    if (!choose(c))
        return cli_refuse(c->agents, r, "cli", "start", exit_status,
                          xasprintf("%s is not configured with SSO", c->host));
    if (goidc_new(c->agents->cli_client, c->issuer, NULL, NULL, &words, &c->provider, &why) != 0)
        return why.code == ERR_INTERNAL ? err_set(err, why.code, "%s", why.msg)
                                        : refuse_provider(c, exit_status, &why, r);
    if (wants_offline_access(goidc_document(c->provider))) {
        AUTO(xfree) char *scopes = c->scopes;
        c->scopes = xasprintf("%s offline_access", scopes);
    }
    *ret_done = false;
    return 0;
}
