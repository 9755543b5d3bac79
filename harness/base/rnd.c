/*
 * The two sources of randomness. A seeded draw is SipHash-2-4 of (party, purpose, n, block) under a
 * key made from seed and scenario; n is counted for each (party, purpose), so threads that draw for
 * different purposes cannot reorder each other's values.
 */
#include "harness/base/rnd.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "harness/base/buf.h"

struct counter {
    char *name; /* party, a NUL-safe separator, purpose */
    uint64_t draws;
};

struct rnd {
    bool system;
    uint64_t key[2];
    pthread_mutex_t lock;
    struct counter *counters;
    size_t len;
    size_t cap;
};

static uint64_t rotl(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

static uint64_t load_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;

    for (size_t i = 0; i < n; i++) {
        v |= (uint64_t)p[i] << (8 * i);
    }
    return v;
}

static uint64_t siphash(const uint64_t key[2], const void *data, size_t n)
{
    const uint8_t *p = data;
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    size_t whole = n / 8;

    for (size_t i = 0; i <= whole; i++) {
        uint64_t m = load_le(p + i * 8, i < whole ? 8 : n % 8);
        if (i == whole) {
            m |= (uint64_t)n << 56;
        }
        v[3] ^= m;
        sip_round(v);
        sip_round(v);
        v[0] ^= m;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct rnd *rnd_new(void)
{
    struct rnd *r = xcalloc(1, sizeof *r);

    (void)pthread_mutex_init(&r->lock, NULL);
    return r;
}

struct rnd *rnd_new_seeded(uint64_t seed, const char *scenario)
{
    struct rnd *r = rnd_new();
    const uint64_t low[2] = {seed, 0};
    const uint64_t high[2] = {seed, 1};
    size_t n = scenario ? strlen(scenario) : 0;

    r->key[0] = siphash(low, scenario ? scenario : "", n);
    r->key[1] = siphash(high, scenario ? scenario : "", n);
    return r;
}

struct rnd *rnd_new_system(void)
{
    struct rnd *r = rnd_new();

    r->system = true;
    return r;
}

struct rnd *rnd_free(struct rnd *r)
{
    if (!r) {
        return NULL;
    }
    for (size_t i = 0; i < r->len; i++) {
        xfree(r->counters[i].name);
    }
    xfree(r->counters);
    (void)pthread_mutex_destroy(&r->lock);
    return xfree(r);
}

/* The number of this draw among those of the same name. */
static uint64_t next_draw(struct rnd *r, const char *name)
{
    size_t i = 0;

    (void)pthread_mutex_lock(&r->lock);
    while (i < r->len && strcmp(r->counters[i].name, name) != 0) {
        i++;
    }
    if (i == r->len) {
        if (r->len == r->cap) {
            r->cap = r->cap == 0 ? 16 : r->cap * 2;
            r->counters = xrealloc(r->counters, r->cap * sizeof *r->counters);
        }
        r->counters[r->len++] = (struct counter){.name = xstrdup(name)};
    }
    uint64_t n = r->counters[i].draws++;
    (void)pthread_mutex_unlock(&r->lock);
    return n;
}

static void fill_system(uint8_t *out, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(out, n, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            /* Cannot happen on a kernel that has the call; going on without would be worse. */
            abort();
        }
        out += got;
        n -= (size_t)got;
    }
}

/* Bytes of one draw, from byte `at` on: blocks of eight, each its own hash. */
static void fill_seeded(const uint64_t key[2], const char *name, uint64_t draw, uint8_t *out,
                        size_t n)
{
    uint64_t tail[2] = {draw, 0};
    AUTO(buf_deinit) struct buf text = {0};

    buf_init(&text, BUF_MAX_TEXT);
    buf_adds(&text, name);
    buf_addc(&text, '\0');
    size_t mark = text.len;
    for (size_t at = 0; at < n; at += 8) {
        tail[1] = at / 8;
        text.len = mark;
        buf_add(&text, tail, sizeof tail);
        uint64_t v = siphash(key, text.ptr, text.len);
        for (size_t i = 0; i < 8 && at + i < n; i++) {
            out[at + i] = (uint8_t)(v >> (8 * i));
        }
    }
}

void rnd_fill(struct rnd *r, const char *party, const char *purpose, void *out, size_t n)
{
    if (r->system) {
        fill_system(out, n);
        return;
    }
    AUTO(xfree) char *name = xasprintf("%s\x1f%s", party, purpose);
    fill_seeded(r->key, name, next_draw(r, name), out, n);
}

char *rnd_text(struct rnd *r, const char *party, const char *purpose, const char *alphabet,
               size_t n)
{
    size_t letters = strlen(alphabet);
    size_t fair = 256 - 256 % letters; /* bytes from here on would favour the first letters */
    char *text = xmalloc(n + 1);
    uint8_t bytes[64];

    for (size_t len = 0; len < n;) {
        rnd_fill(r, party, purpose, bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes && len < n; i++) {
            if (bytes[i] < fair) {
                text[len++] = alphabet[bytes[i] % letters];
            }
        }
    }
    text[n] = '\0';
    return text;
}
