/*
 * Randomness as a value: a seeded source gives, for each (scenario, party, purpose), the same
 * sequence in every run, whatever the threads do; a system source asks the kernel. Not for keys
 * that protect anything.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/base/mem.h"

struct rnd;

#define RND_ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define RND_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define RND_HEX "0123456789abcdef"

struct rnd *rnd_new_seeded(uint64_t seed, const char *scenario);
struct rnd *rnd_new_system(void);
struct rnd *rnd_free(struct rnd *r);
/* The n-th draw of (party, purpose); thread-safe. */
void rnd_fill(struct rnd *r, const char *party, const char *purpose, void *out, size_t n);
/* n characters of the alphabet without bias; caller frees. */
char *rnd_text(struct rnd *r, const char *party, const char *purpose, const char *alphabet,
               size_t n);

DEFINE_AUTO(struct rnd, rnd_free)
