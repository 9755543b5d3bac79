/*
 * Bytes nobody can guess, for keys and initialisation vectors that do protect something. What a run
 * must repeat from its seed draws from base/rnd.h instead.
 */
#pragma once

#include <stddef.h>

/* OpenSSL's private generator; a generator that fails ends the program. */
void random_fill(void *out, size_t n);
