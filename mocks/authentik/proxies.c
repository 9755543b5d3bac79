/*
 * Whose X-Forwarded-* authentik believes (authentik.md 2.1): those of peers in the trusted
 * networks. What nobody may say is taken out of the request before an endpoint sees it, as the
 * front server does.
 */
#include "mocks/authentik/state.h"

#include <strings.h>

#include "harness/base/cidr.h"

/* authentik/lib/default.yml, listen.trusted_proxy_cidrs */
static const char *const default_networks[] = {
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fe80::/10", "::1/128", NULL};

static const char *const *networks(const struct conf *c)
{
    return c->ak->trusted_proxies != NULL ? c->ak->trusted_proxies : default_networks;
}

int ak_proxies_check(const struct conf *c, struct err *err)
{
    struct cidr net;
    for (const char *const *cidr = networks(c); *cidr != NULL; cidr++)
        if (cidr_parse(*cidr, &net) != 0)
            return err_set(err, ERR_USAGE,
                           "authentik.trusted_proxies has '%s'; it is a network like 10.0.0.0/8",
                           *cidr);
    return 0;
}

static bool trusted(const struct conf *c, const char *peer)
{
    struct cidr net;
    for (const char *const *cidr = networks(c); *cidr != NULL; cidr++)
        if (cidr_parse(*cidr, &net) == 0 && cidr_contains(&net, peer))
            return true;
    return false;
}

/* Host and for were never believed from just anybody; the scheme was, until 2026.8. */
static void strip(const struct mock *m, struct http_request *req)
{
    static const char *const fields[] = {"X-Forwarded-Host", "X-Forwarded-For", NULL};
    if (trusted(&m->conf, req->peer))
        return;
    for (const char *const *f = fields; *f != NULL; f++)
        params_remove_ci(&req->headers, *f);
    if (ak_quirk(m, QUIRK_TRUSTED_PROXIES))
        params_remove_ci(&req->headers, "X-Forwarded-Proto");
}

void ak_proxies_begin(void *ctx, struct http_request *req)
{
    struct mock *m = ctx;
    bool any = false;
    for (size_t i = 0; i < req->headers.len; i++)
        any = any || strncasecmp(req->headers.items[i].name, "X-Forwarded-", 12) == 0;
    if (!any)
        return;
    ak_mock_lock(m);
    strip(m, req);
    ak_mock_unlock(m);
}
