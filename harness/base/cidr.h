/*
 * Networks in CIDR notation, as Go's net package has them: an IPv4 address, mapped into IPv6 or
 * not, is in IPv4 networks only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/err.h"

struct cidr {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    bool v4;
    unsigned bits; /* of the 128 */
};

/* "10.0.0.0/8", "fe80::/10"; -1 when the text is no network, nothing written. */
int cidr_parse(const char *text, struct cidr *ret) MUST_USE;
/* False too for a text that is no address. */
bool cidr_contains(const struct cidr *net, const char *address);
