/*
 * The reverse proxy in front of Dex (argocd.md part 2): everything passes but a 500, which becomes
 * the login page's "Login failed.". Forwards bytes; knows nothing of OIDC.
 */
#include <string.h>
#include <strings.h>

#include "harness/base/str.h"
#include "mocks/argocd/faults.h"
#include "mocks/argocd/server.h"

/* RFC 9110 7.6.1 and what Go's ReverseProxy removes besides. */
static const char *const hop_by_hop[] = {"Connection",
                                         "Proxy-Connection",
                                         "Keep-Alive",
                                         "Proxy-Authenticate",
                                         "Proxy-Authorization",
                                         "Te",
                                         "Trailer",
                                         "Transfer-Encoding",
                                         "Upgrade",
                                         NULL};
/* Written anew on the way out: by the client, and because Go's Rewrite hook drops what the caller
 * says of itself. */
static const char *const not_forwarded[] = {"Host",
                                            "Content-Length",
                                            "Forwarded",
                                            "X-Forwarded-For",
                                            "X-Forwarded-Host",
                                            "X-Forwarded-Proto",
                                            NULL};
/* Written anew on the way back by the server. */
static const char *const not_returned[] = {"Content-Length", "Date", NULL};

static bool listed(const char *const *list, const char *name)
{
    for (; *list != NULL; list++)
        if (strcasecmp(*list, name) == 0)
            return true;
    return false;
}

/* Whether the Connection field names this header. */
static bool named_by_connection(const struct params *headers, const char *name)
{
    for (size_t i = 0; i < headers->len; i++) {
        if (strcasecmp(headers->items[i].name, "Connection") != 0)
            continue;
        struct str rest = str_of(headers->items[i].value);
        struct str part;
        while (str_next(&rest, ',', &part)) {
            part = str_trim(part);
            if (part.len == strlen(name) && strncasecmp(part.ptr, name, part.len) == 0)
                return true;
        }
    }
    return false;
}

static void copy_headers(const struct params *from, const char *const *without, struct params *to)
{
    for (size_t i = 0; i < from->len; i++) {
        const char *name = from->items[i].name;
        if (!listed(hop_by_hop, name) && !listed(without, name) && !named_by_connection(from, name))
            params_add(to, name, from->items[i].value);
    }
}

/* The base href goes before the path: Dex serves below the path of its issuer. */
static void build_request(const struct sso *sso, const struct http_request *req,
                          struct http_request *out)
{
    const char *base = sso->options.cookie_path;
    AUTO(xfree)
    char *url =
        xasprintf("%s%s%s%s%s", sso->dex_origin, strcmp(base, "/") != 0 ? base : "", req->path,
                  req->query != NULL ? "?" : "", req->query != NULL ? req->query : "");
    http_request_set(out, req->method, url);
    copy_headers(&req->headers, not_forwarded, &out->headers);
    if (req->body_len > 0) {
        xfree(out->body);
        out->body = xmemdup(req->body, req->body_len + 1);
        out->body_len = req->body_len;
    }
}

/* A 500 of Dex: the body goes to the log, the person to the login page. Other headers stay. */
static void hide_error(struct mock *m, const struct sso *sso, const struct http_response *answer,
                       struct http_response *resp)
{
    AUTO(xfree) char *login = argocd_options_join(&sso->options, "login");
    trace_log(m->env.trace, "argocd", "error", "received error from dex: %s",
              answer->body != NULL ? answer->body : "");
    resp->status = 303;
    params_remove_ci(&resp->headers, "Location");
    params_addf(&resp->headers, "Location", "%s?has_sso_error=true", login);
}

static void return_answer(const struct http_response *answer, struct http_response *resp)
{
    resp->status = answer->status;
    resp->body = xmalloc(answer->body_len + 1);
    if (answer->body_len > 0)
        memcpy(resp->body, answer->body, answer->body_len);
    resp->body[answer->body_len] = '\0';
    resp->body_len = answer->body_len;
}

static void forward(struct mock *m, const struct sso *sso, const struct http_request *req,
                    struct http_response *resp)
{
    AUTO(http_request_deinit) struct http_request out = {0};
    AUTO(http_response_deinit) struct http_response answer = {0};
    struct err err = {0};
    build_request(sso, req, &out);
    if (http_client_do(m->env.client, &out, &answer, &err) != 0) {
        trace_log(m->env.trace, "argocd", "error", "http: proxy error: %s", err.msg);
        http_respond(resp, 502, NULL, "");
        return;
    }
    copy_headers(&answer.headers, not_returned, &resp->headers);
    if (answer.status == 500 && !fault_proxy_500_passes(m))
        hide_error(m, sso, &answer, resp);
    else
        return_answer(&answer, resp);
}

void argocd_proxy(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    if (!sso->configured)
        argocd_gateway(ctx, req, resp);
    else if (!argocd_redirects_unclean(m, req, resp))
        forward(m, sso, req, resp);
}
