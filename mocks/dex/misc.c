/*
 * The small pages: root, health, robots, and the router's 404 (dex.md 2, 2.1).
 */
#include "harness/base/buf.h"
#include "harness/http/html.h"
#include "mocks/dex/dex_int.h"

void dex_not_found(const struct dex *d, const struct http_request *req, struct http_response *resp)
{
    if (!dex_cleans_path(d, req, resp))
        http_respond_go_error(resp, 404, "404 page not found");
}

void dex_handle_not_found(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    dex_not_found(d, req, resp);
}

void dex_handle_root(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(xfree) char *base = html_escape(d->config.base);
    if (!dex_quirk(d, DEX_QUIRK_ROOT_PAGE)) {
        dex_not_found(d, req, resp);
        return;
    }
    http_respondf(resp, 200, "text/html; charset=utf-8",
                  "<!DOCTYPE html>\n<title>Dex</title>\n<h1>Dex IdP</h1>\n"
                  "<h3>A Federated OpenID Connect Provider</h3>\n"
                  "<p><a href=\"%s/.well-known/openid-configuration\">Discovery</a></p>",
                  base);
}

/* Memory storage is never ill by itself; dex/healthz.failing makes it. */
void dex_handle_healthz(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    if (dex_fault(d, "dex/healthz.failing", NULL))
        dex_error_page(d, req, resp, 500, "Health check failed.");
    else
        http_respond(resp, 200, "text/plain; charset=utf-8", "Health check passed");
}

void dex_handle_robots(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond(resp, 200, "text/plain; charset=utf-8", "User-agent: *\nDisallow: /\n");
}
