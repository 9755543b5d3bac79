/*
 * What is no part of the API's gateway: terminals and extensions, which take the session from the
 * cookie alone and answer in plain text; and the health check (argocd.md 4.7, 4.8).
 */
#include <ctype.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "mocks/argocd/apps.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/cookies.h"
#include "mocks/argocd/project_token.h"

/* ---- the session ---- */

/* False after the answer. Nobody is anonymous here. */
static bool authenticate(struct call *c, struct http_response *resp)
{
    AUTO(params_deinit) struct params cookies = {0};
    AUTO(xfree) char *token = NULL;
    struct err err = {0};
    cookies_read(&c->req->headers, &cookies);
    if (cookies_join(ARGOCD_TOKEN_COOKIE, &cookies, &token, &err) != 0) {
        http_respond_go_error(resp, 400, "Auth cookie not found");
        return false;
    }
    if (session_verify(c->m, token, &c->session.claims, &err) == 0)
        return true;
    trace_log(c->m->env.trace, "argocd", "warning", "Token verification failed: %s", err.msg);
    c->session.claims = js_free(c->session.claims);
    http_respond_go_error(resp, 401, "Invalid token");
    return false;
}

/* ---- names of Kubernetes ---- */

static bool is_dns(const char *text, bool dots)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        bool alnum = islower((unsigned char)text[i]) || isdigit((unsigned char)text[i]);
        bool inside = i > 0 && i < len - 1;
        if (!alnum && !(inside && (text[i] == '-' || (dots && text[i] == '.'))))
            return false;
    }
    return len > 0 && len <= (dots ? 253 : 63);
}

struct name_rule {
    const char *parameter;
    bool needed;
    bool dots;
    const char *text; /* when it is no such name */
};

/* In the order in which they are looked at. */
static const struct name_rule terminal_names[] = {
    {"pod", true, true, "Pod name is not valid"},
    {"container", true, false, "Container name is not valid"},
    {"appName", true, true, "App name is not valid"},
    {"projectName", true, true, "Project name is not valid"},
    {"namespace", true, false, "Namespace name is not valid"},
    {"appNamespace", false, false, "App namespace name is not valid"},
    {NULL, false, false, NULL},
};

/* What is wrong with the parameters, or NULL. */
static const char *wrong_names(const struct call *c)
{
    for (const struct name_rule *r = terminal_names; r->parameter != NULL; r++)
        if (r->needed && call_query(c, r->parameter)[0] == '\0')
            return "Missing required parameters";
    for (const struct name_rule *r = terminal_names; r->parameter != NULL; r++) {
        const char *value = call_query(c, r->parameter);
        if (value[0] != '\0' && !is_dns(value, r->dots))
            return r->text;
    }
    return NULL;
}

/* ---- terminals ---- */

/* 0: allowed; otherwise the status of the answer, with its text. */
static int refused(struct call *c, const char *resource, const char *action, const char *object,
                   char **ret_text)
{
    bool allow = false;
    struct err err = {0};
    if (authz_allows(c, resource, action, object, &allow, &err) != 0) {
        *ret_text = xstrdup(err.msg);
        return 500;
    }
    if (allow)
        return 0;
    AUTO(xfree) char *text = authz_denied_text(c, resource, action, object);
    *ret_text = xasprintf("rpc error: code = PermissionDenied desc = %s", text);
    return 401;
}

static void open_terminal(struct call *c, struct http_response *resp)
{
    const char *namespace = call_query(c, "appNamespace");
    const char *name = call_query(c, "appName");
    const char *project = call_query(c, "projectName");
    AUTO(app_deinit) struct app a = {0};
    AUTO(xfree) char *object = authz_object(project, namespace, name);
    AUTO(xfree) char *text = NULL;
    int status = refused(c, "applications", "get", object, &text);
    if (status == 0)
        status = refused(c, "exec", "create", object, &text);
    if (status != 0) {
        http_respond_go_error(resp, status, text);
        return;
    }
    if (!apps_find(c->m, namespace[0] != '\0' ? namespace : ARGOCD_NAMESPACE, name, &a)) {
        http_respond_go_error(resp, 404, "App not found");
        return;
    }
    AUTO(xfree) char *pod = xasprintf("%s-0", a.name);
    if (strcmp(a.project, project) != 0)
        http_respond_go_error(resp, 400, "The wrong project was specified for the app");
    else if (strcmp(call_query(c, "pod"), pod) != 0 ||
             strcmp(call_query(c, "namespace"), a.name) != 0)
        http_respond_go_error(resp, 400, "Pod doesn't belong to specified app");
    else /* what is left is the upgrade to a WebSocket, which nothing here asks for */
        http_respond_go_error(resp, 400, "Failed to start terminal session");
}

void argocd_terminal(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(call_deinit) struct call c = {.m = ctx, .setup = argocd_setup(ctx), .req = req};
    if (!authenticate(&c, resp))
        return;
    if (!cstr_eq(js_get_text(c.setup->argocd.cm, "exec.enabled"), "true")) {
        http_respond(resp, 404, NULL, "");
        return;
    }
    const char *wrong = wrong_names(&c);
    if (wrong != NULL)
        http_respond_go_error(resp, 400, wrong);
    else
        open_terminal(&c, resp);
}

/* ---- extensions ---- */

#define APP_HEADER "Argocd-Application-Name"
#define PROJECT_HEADER "Argocd-Project-Name"

/* "namespace:name" and the project, or what is wrong with them. */
static const char *read_headers(const struct http_request *req, char **ret_namespace,
                                char **ret_name, const char **ret_project)
{
    const char *app = params_get_ci(&req->headers, APP_HEADER);
    const char *project = params_get_ci(&req->headers, PROJECT_HEADER);
    if (app == NULL || app[0] == '\0')
        return "header \"" APP_HEADER "\" must be provided";
    const char *colon = strchr(app, ':');
    if (colon == NULL || strchr(colon + 1, ':') != NULL)
        return "error getting app details: invalid value for \"" APP_HEADER
               "\" header: expected format: <namespace>:<app-name>";
    *ret_namespace = xstrndup(app, (size_t)(colon - app));
    *ret_name = xstrdup(colon + 1);
    if ((*ret_namespace)[0] != '\0' && !is_dns(*ret_namespace, false))
        return "invalid value for namespace";
    if (!is_dns(*ret_name, true))
        return "invalid value for application name";
    if (project == NULL || project[0] == '\0')
        return "header \"" PROJECT_HEADER "\" must be provided";
    if (!is_dns(project, true))
        return "invalid value for project name";
    *ret_project = project;
    return NULL;
}

/* Is there one of this name in extension.config? */
static bool is_registered(const struct setup *setup, const char *name)
{
    const char *text = js_get_text(setup->argocd.cm, "extension.config");
    AUTO(js_free) struct js *doc = NULL;
    struct err ignored = {0};
    if (text == NULL ||
        yaml_parse(str_of(text), "extension.config", 0, YAML_TYPED, &doc, NULL, &ignored) != 0)
        return false;
    const struct js *list = js_get(doc, "extensions");
    for (size_t i = 0; i < js_len(list); i++)
        if (cstr_eq(js_get_text(js_at(list, i), "name"), name))
            return true;
    return false;
}

/* The namespace of the application is never part of the object here (4.8). */
static bool may_invoke(struct call *c, const char *extension, const char *namespace,
                       const char *name, const char *project, struct http_response *resp)
{
    AUTO(xfree) char *object = authz_object(project, "", name);
    AUTO(xfree) char *text = NULL;
    AUTO(app_deinit) struct app a = {0};
    int status = refused(c, "applications", "get", object, &text);
    if (status == 0)
        status = refused(c, "extensions", "invoke", extension, &text);
    if (status == 0 && (!apps_find(c->m, namespace, name, &a) || strcmp(a.project, project) != 0)) {
        text = xasprintf("project mismatch provided in the \"%s\" header", PROJECT_HEADER);
        status = 401;
    }
    if (status == 0)
        return true;
    trace_log(c->m->env.trace, "argocd", "info", "unauthorized extension request: %s", text);
    http_respond_go_error(resp, status, status == 401 ? "Unauthorized extension request" : text);
    return false;
}

void argocd_extensions(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(call_deinit) struct call c = {.m = ctx, .setup = argocd_setup(ctx), .req = req};
    AUTO(xfree) char *namespace = NULL;
    AUTO(xfree) char *name = NULL;
    const char *project = NULL;
    AUTO(xfree) char *extension = xstrndup(req->captures[0], strcspn(req->captures[0], "/"));
    /* Without the proxy for extensions the path is one of the web UI's. */
    if (!c.setup->argocd.quirks[ARGOCD_QUIRK_EXTENSIONS] ||
        js_get_text(c.setup->argocd.cm, "extension.config") == NULL) {
        argocd_ui(ctx, req, resp);
        return;
    }
    if (!authenticate(&c, resp))
        return;
    if (extension[0] == '\0') {
        http_respond_go_error(resp, 400, "Invalid URL: extension name must be provided");
        return;
    }
    const char *wrong = read_headers(req, &namespace, &name, &project);
    if (wrong != NULL) {
        AUTO(xfree) char *text = xasprintf("Invalid headers: %s", wrong);
        http_respond_go_error(resp, 400, text);
        return;
    }
    if (!may_invoke(&c, extension, namespace, name, project, resp))
        return;
    if (!is_registered(c.setup, extension))
        http_respond_go_error(resp, 404, "Extension not found");
    else /* its backend is no part of this: as one that cannot be reached */
        http_respond(resp, 502, NULL, "");
}

/* ---- health, API description ---- */

/* With full=true the server would also ask the cluster, which always answers here. */
void argocd_healthz(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond(resp, 200, "text/plain; charset=utf-8", "ok\n");
}

void argocd_swagger(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond_go_error(resp, 404, "this mock has no description of the API to show");
}
