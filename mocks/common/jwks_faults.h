/*
 * What providers do to a key set they publish, alike for authentik and Dex. Each changes the
 * document and nothing else.
 */
#pragma once

#include "harness/data/json.h"

/* One more key; takes it. */
void jwks_fault_append(struct js *doc, struct js *take);
/* An RSA key of 1024 bits beside the others (RFC 7518 3.3). */
void jwks_fault_weak_key(struct js *doc, const char *alg);
/* The first key's modulus gets a zero octet in front: the same number, not the shortest form
 * (RFC 7518 2). */
void jwks_fault_leading_zero(struct js *doc);
