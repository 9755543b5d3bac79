/*
 * RSA keys of a JWKS as lenient libraries read them. jwk_to_key is strict (RFC 7518 2, 3.3); who
 * judges a provider, or stands for a client written in Go, must see past that.
 */
#pragma once

#include <stddef.h>

#include "harness/data/json.h"

/* A copy whose "n" and "e" lost the octets of zero before the number. Caller frees. */
struct js *jwk_trimmed(const struct js *jwk);
/* The length of the modulus "n" in bits; 0 when it is absent or no base64url. */
size_t jwk_rsa_bits(const struct js *jwk);
