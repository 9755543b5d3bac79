/*
 * The inside of a key, for jwk.c and jws.c only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/crypto/pkey.h"
#include "harness/jose/key.h"

/* Takes over pkey. */
struct key *key_from_pkey(struct pkey *pkey);
const struct pkey *key_pkey(const struct key *k);                /* borrowed; NULL for a secret */
const uint8_t *key_secret(const struct key *k, size_t *ret_len); /* borrowed; NULL for a pair */
