/*
 * /.well-known/webfinger (authentik.md 1): says the issuer of the brand's default application, and
 * nothing while it has none.
 */
#include "mocks/authentik/state.h"

static struct js *issuer_link(const struct mock *m, const struct http_request *req)
{
    AUTO(xfree) char *base = ak_base(req);
    AUTO(xfree) char *issuer = ak_issuer(m, base);
    struct js *link = js_object();
    js_set_text(link, "rel", "http://openid.net/specs/connect/1.0/issuer");
    js_set_text(link, "href", issuer != NULL ? issuer : "");
    return link;
}

static struct js *document(const struct mock *m, const struct http_request *req)
{
    struct js *doc = js_object();
    const char *resource = http_query(req, "resource");
    if (!m->conf.ak->brand_default_application || m->conf.ak->slug == NULL)
        return doc;
    struct js *links = js_array();
    js_append(links, issuer_link(m, req));
    js_set_text(doc, "subject", resource != NULL ? resource : "");
    js_set(doc, "links", links);
    return doc;
}

static void answer(const struct mock *m, const struct http_request *req, struct http_response *resp)
{
    static const char methods[] = "GET HEAD OPTIONS";
    if (!ak_method(req, resp, methods))
        return;
    if (cstr_eq(req->method, "OPTIONS")) {
        ak_options(resp, methods);
    } else {
        AUTO(js_free) struct js *doc = document(m, req);
        AUTO(xfree) char *text = ak_pyjson(doc);
        http_respond(resp, 200, "application/jrd+json", text);
    }
    params_set_ci(&resp->headers, "Access-Control-Allow-Origin", "*");
}

void ak_webfinger_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    ak_mock_lock(m);
    if (ak_quirk(m, QUIRK_WEBFINGER))
        answer(m, req, resp);
    else
        ak_not_found(resp);
    ak_mock_unlock(m);
}
