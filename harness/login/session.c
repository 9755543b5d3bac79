/*
 * After a login: who Argo CD thinks the person is, what it lets them do, and the way out.
 */
#include <string.h>

#include "harness/base/url.h"
#include "harness/login/agents.h"

char *login_api_url(const struct login_agents *a, const char *path)
{
    if (cstr_starts(path, "https://") || cstr_starts(path, "http://"))
        return xstrdup(path);
    const struct setup *s = world_setup(a->conf.world);
    const char *base =
        s->live[SYSTEM_ARGOCD].url != NULL ? s->live[SYSTEM_ARGOCD].url : s->argocd.url;
    size_t len = strlen(base);
    while (len > 0 && base[len - 1] == '/')
        len--;
    return xasprintf("%.*s%s%s", (int)len, base, path[0] == '/' ? "" : "/", path);
}

/* The token as its owner would send it: a browser its cookies, everybody else as Bearer. */
static void add_token(const struct login_agents *a, struct http_request *req, enum login_via via,
                      const char *token)
{
    if (token == NULL)
        return;
    if (via != LOGIN_UI) {
        params_addf(&req->headers, "Authorization", "Bearer %s", token);
        return;
    }
    bool own = a->last.jar != NULL && cstr_eq(token, a->last.token);
    AUTO(xfree) char *cookies = own ? jar_header(a->last.jar, req->url, false, false) : NULL;
    if (cookies != NULL)
        params_add(&req->headers, "Cookie", cookies);
    else
        params_addf(&req->headers, "Cookie", "argocd.token=%s", token);
}

static int ask(struct login_agents *a, struct http_client *client, const char *method,
               const char *url, const char *token, const char *body, struct http_response *ret,
               struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    http_request_set(&req, method, url);
    params_add(&req.headers, "Accept", "application/json");
    add_token(a, &req, client == a->browser_client ? LOGIN_UI : LOGIN_CLI, token);
    if (body != NULL || strcmp(method, "GET") != 0) {
        /* Argo CD refuses every other content type on a change (argocd.md 4.2). */
        params_add(&req.headers, "Content-Type", "application/json");
        req.body = xstrdup(body != NULL ? body : "{}");
        req.body_len = strlen(req.body);
    }
    return http_client_do(client, &req, ret, err);
}

/* Why a session is not one: the API's own words for it. */
static int refuse_session(struct login_agents *a, struct http_client *client,
                          struct login_result *r)
{
    AUTO(xfree) char *url = login_api_url(a, "/api/v1/account/can-i/applications/get/*/*");
    AUTO(http_response_deinit) struct http_response resp = {0};
    struct err local = {0};
    if (ask(a, client, "GET", url, r->session_token, NULL, &resp, &local) != 0)
        return login_no_answer(r, "argocd", "api", xstrdup(local.msg));
    AUTO(js_free) struct js *answer = NULL;
    const char *body = resp.body != NULL ? resp.body : "";
    if (resp.status == 200 || js_parse((struct str){body, resp.body_len}, url, &answer, NULL) != 0)
        return login_refuse(r, "argocd", "session",
                            xstrdup("Argo CD does not know who is signed in"));
    const char *message = js_get_text(answer, "message");
    return login_refuse(r, "argocd", "api", xstrdup(message != NULL ? message : body));
}

int login_ask_session(struct login_agents *a, struct http_client *client, struct login_result *r,
                      struct err *err)
{
    AUTO(xfree) char *url = login_api_url(a, "/api/v1/session/userinfo");
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(js_free) struct js *info = NULL;
    (void)err;
    struct err local = {0};
    if (ask(a, client, "GET", url, r->session_token, NULL, &resp, &local) != 0)
        return login_no_answer(r, "argocd", "session", xstrdup(local.msg));
    const char *body = resp.body != NULL ? resp.body : "";
    const char *type = params_get_ci(&resp.headers, "Content-Type");
    if (resp.status != 200 || js_parse((struct str){body, resp.body_len}, url, &info, &local) != 0)
        return login_refuse(r, "argocd", "session", xasprintf("%d %s", resp.status, body));
    if (type != NULL && !cstr_contains(type, "json")) /* the UI reads nothing else as an object */
        return login_refuse(r, "argocd", "session", xasprintf("200 %s, not JSON", type));
    if (!js_get_bool(info, "loggedIn", false))
        return refuse_session(a, client, r);
    r->outcome = LOGIN_SIGNED_IN;
    const char *user = js_get_text(info, "username");
    r->user = user != NULL ? xstrdup(user) : NULL;
    const struct js *groups = js_get(info, "groups");
    for (size_t i = 0; i < js_len(groups); i++)
        if (js_text(js_at(groups, i)) != NULL)
            strlist_add(&r->groups, js_text(js_at(groups, i)));
    login_read_identity(r);
    return 0;
}

static struct http_client *client_of_last(const struct login_agents *a)
{
    return a->last.via == LOGIN_UI ? a->browser_client : a->cli_client;
}

int login_can_i(struct login_agents *a, const char *resource, const char *action,
                const char *object, bool *ret, struct err *err)
{
    AUTO(xfree) char *r = url_encode(str_of(resource), "");
    AUTO(xfree) char *act = url_encode(str_of(action), "");
    AUTO(xfree) char *o = url_encode(str_of(object), "/*");
    AUTO(xfree) char *path = xasprintf("/api/v1/account/can-i/%s/%s/%s", r, act, o);
    AUTO(xfree) char *url = login_api_url(a, path);
    AUTO(http_response_deinit) struct http_response resp = {0};
    if (ask(a, client_of_last(a), "GET", url, a->last.token, NULL, &resp, err) != 0)
        return -1;
    AUTO(js_free) struct js *answer = NULL;
    const char *body = resp.body != NULL ? resp.body : "";
    if (resp.status != 200 ||
        js_parse((struct str){body, resp.body_len}, "can-i", &answer, err) != 0)
        return err_set(err, ERR_PARSE, "can-i %s %s %s: %d %s", action, resource, object,
                       resp.status, body);
    const char *value = js_get_text(answer, "value");
    if (!cstr_eq(value, "yes") && !cstr_eq(value, "no"))
        return err_set(err, ERR_PARSE, "can-i %s %s %s: neither yes nor no: %s", action, resource,
                       object, body);
    *ret = cstr_eq(value, "yes");
    return 0;
}

int login_api(struct login_agents *a, const struct login_call *call, int *ret_status,
              char **ret_body, struct err *err)
{
    AUTO(xfree) char *url = login_api_url(a, call->path);
    const char *token = call->token;
    if (token == NULL || strcmp(token, "session") == 0)
        token = a->last.token;
    else if (strcmp(token, "access") == 0)
        token = a->last.access_token;
    else if (strcmp(token, "none") == 0)
        token = NULL;
    AUTO(http_response_deinit) struct http_response resp = {0};
    if (ask(a, client_of_last(a), call->method, url, token, call->body, &resp, err) != 0) {
        if (err->code != ERR_NET && err->code != ERR_TLS && err->code != ERR_TIMEOUT)
            return -1;
        *ret_status = 0;
        *ret_body = xstrdup(err->msg);
        return 0;
    }
    *ret_status = resp.status;
    *ret_body = xstrdup(resp.body != NULL ? resp.body : "");
    return 0;
}
