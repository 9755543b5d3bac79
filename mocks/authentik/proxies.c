/*
 * Whose X-Forwarded-* authentik believes (authentik.md 2.1): those of peers in the trusted
 * networks. What nobody may say is taken out of the request before an endpoint sees it, as the
 * front server does.
 */
#include "mocks/authentik/state.h"

#include <arpa/inet.h>
#include <string.h>

/* authentik/lib/default.yml, listen.trusted_proxy_cidrs */
static const char *const default_networks[] = {
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fe80::/10", "::1/128", NULL};

struct network {
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
};

static bool read_address(const char *text, uint8_t *ret, bool *ret_v4)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    *ret_v4 = inet_pton(AF_INET, text, ret + 12) == 1;
    if (*ret_v4)
        memcpy(ret, mapped, sizeof(mapped));
    return *ret_v4 || inet_pton(AF_INET6, text, ret) == 1;
}

static bool read_network(const char *cidr, struct network *ret)
{
    struct str rest = str_of(cidr);
    struct str address = {0};
    bool v4 = false;
    int64_t bits = 0;
    if (!str_next(&rest, '/', &address))
        return false;
    AUTO(xfree) char *text = xstrndup(address.ptr, address.len);
    if (!read_address(text, ret->address, &v4) || str_to_i64(rest, 0, v4 ? 32 : 128, &bits) != 0)
        return false;
    ret->bits = (unsigned)bits + (v4 ? 96 : 0);
    return true;
}

static bool within(const struct network *n, const uint8_t *address)
{
    unsigned whole = n->bits / 8;
    unsigned rest = n->bits % 8;
    if (memcmp(n->address, address, whole) != 0)
        return false;
    return rest == 0 || (n->address[whole] >> (8 - rest)) == (address[whole] >> (8 - rest));
}

static const char *const *networks(const struct conf *c)
{
    return c->ak->trusted_proxies != NULL ? c->ak->trusted_proxies : default_networks;
}

int ak_proxies_check(const struct conf *c, struct err *err)
{
    struct network n;
    for (const char *const *cidr = networks(c); *cidr != NULL; cidr++)
        if (!read_network(*cidr, &n))
            return err_set(err, ERR_USAGE,
                           "authentik.trusted_proxies has '%s'; it is a network like 10.0.0.0/8",
                           *cidr);
    return 0;
}

static bool trusted(const struct conf *c, const char *peer)
{
    uint8_t address[16];
    bool v4 = false;
    struct network n;
    if (peer == NULL || !read_address(peer, address, &v4))
        return false;
    for (const char *const *cidr = networks(c); *cidr != NULL; cidr++)
        if (read_network(*cidr, &n) && within(&n, address))
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
