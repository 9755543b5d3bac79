/*
 * Reading and comparing networks; the addresses themselves are read by the C library.
 */
#include "harness/base/cidr.h"

#include <arpa/inet.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

static bool read_address(const char *text, struct cidr *ret)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (inet_pton(AF_INET, text, ret->bytes + sizeof(mapped)) == 1)
        memcpy(ret->bytes, mapped, sizeof(mapped));
    else if (inet_pton(AF_INET6, text, ret->bytes) != 1)
        return false;
    ret->v4 = memcmp(ret->bytes, mapped, sizeof(mapped)) == 0;
    return true;
}

int cidr_parse(const char *text, struct cidr *ret)
{
    struct cidr net = {0};
    struct str rest = str_of(text);
    struct str address = {0};
    int64_t bits = 0;
    if (!str_next(&rest, '/', &address))
        return -1;
    AUTO(xfree) char *written = xstrndup(address.ptr, address.len);
    if (!read_address(written, &net) || str_to_i64(rest, 0, net.v4 ? 32 : 128, &bits) != 0)
        return -1;
    net.bits = (unsigned)bits + (net.v4 ? 96 : 0);
    *ret = net;
    return 0;
}

bool cidr_contains(const struct cidr *net, const char *address)
{
    struct cidr a = {0};
    unsigned whole = net->bits / 8;
    unsigned rest = net->bits % 8;
    if (address == NULL || !read_address(address, &a) || net->v4 != a.v4 ||
        memcmp(net->bytes, a.bytes, whole) != 0)
        return false;
    return rest == 0 || (net->bytes[whole] >> (8 - rest)) == (a.bytes[whole] >> (8 - rest));
}
