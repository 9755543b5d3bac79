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

/* As Go's net package has it: an IPv4 address is in no IPv6 network, mapped or not. */
struct address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    bool v4;
};

struct network {
    struct address address;
    unsigned bits; /* of the 128 */
};

static bool read_address(const char *text, struct address *ret)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (inet_pton(AF_INET, text, ret->bytes + sizeof(mapped)) == 1)
        memcpy(ret->bytes, mapped, sizeof(mapped));
    else if (inet_pton(AF_INET6, text, ret->bytes) != 1)
        return false;
    ret->v4 = memcmp(ret->bytes, mapped, sizeof(mapped)) == 0;
    return true;
}

static bool read_network(const char *cidr, struct network *ret)
{
    struct str rest = str_of(cidr);
    struct str address = {0};
    int64_t bits = 0;
    if (!str_next(&rest, '/', &address))
        return false;
    AUTO(xfree) char *text = xstrndup(address.ptr, address.len);
    if (!read_address(text, &ret->address) ||
        str_to_i64(rest, 0, ret->address.v4 ? 32 : 128, &bits) != 0)
        return false;
    ret->bits = (unsigned)bits + (ret->address.v4 ? 96 : 0);
    return true;
}

static bool within(const struct network *n, const struct address *a)
{
    unsigned whole = n->bits / 8;
    unsigned rest = n->bits % 8;
    const uint8_t *net = n->address.bytes;
    if (n->address.v4 != a->v4 || memcmp(net, a->bytes, whole) != 0)
        return false;
    return rest == 0 || (net[whole] >> (8 - rest)) == (a->bytes[whole] >> (8 - rest));
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
    struct address address;
    struct network n;
    if (peer == NULL || !read_address(peer, &address))
        return false;
    for (const char *const *cidr = networks(c); *cidr != NULL; cidr++)
        if (read_network(*cidr, &n) && within(&n, &address))
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
