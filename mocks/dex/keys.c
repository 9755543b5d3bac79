/*
 * Dex's own signing keys (dex.md 6.1, 6.9): one that signs, and retired ones that stay in /keys as
 * long as a token of theirs may live. The keys are test keys that ship with the harness; a rotation
 * takes the next under a new kid. Guarded by the process's lock.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/connector_oidc.h"

#define KID_BYTES 20

/* -1 and -2 are authentik's, -8 is the key of dex/id-token.wrong-key. */
static const char *const key_names[] = {"rsa-2048-3", "rsa-2048-4", "rsa-2048-5", "rsa-2048-6",
                                        "rsa-2048-7"};
#define KEY_NAMES (sizeof key_names / sizeof key_names[0])

/* Counts up over rotations and restarts, so that no key comes back at once. */
static struct key *next_key(struct dex *d)
{
    return key_test(key_names[(*d->keys_made)++ % KEY_NAMES]);
}

static struct js *jwk_of(const struct dex_key *k)
{
    AUTO(js_free) struct js *pub = jwk_public(k->key);
    struct js *jwk = js_object();
    js_set_text(jwk, "use", "sig");
    js_set_text(jwk, "kty", js_get_text(pub, "kty"));
    js_set_text(jwk, "kid", k->kid);
    js_set_text(jwk, "alg", "RS256");
    js_set_text(jwk, "n", js_get_text(pub, "n"));
    js_set_text(jwk, "e", js_get_text(pub, "e"));
    return jwk;
}

static void rebuild_jwks(struct dex *d)
{
    AUTO(js_free) struct js *set = js_object();
    struct js *list = js_array();
    for (size_t i = 0; i < d->keys_len; i++)
        js_append(list, jwk_of(&d->keys[i]));
    js_set(set, "keys", list);
    xfree(d->jwks);
    d->jwks = js_pretty(set, 2);
}

static void drop_key(struct dex *d, size_t i)
{
    key_free(d->keys[i].key);
    xfree(d->keys[i].kid);
    memmove(&d->keys[i], &d->keys[i + 1], (d->keys_len - i - 1) * sizeof d->keys[0]);
    d->keys_len--;
}

static void rotate_at(struct dex *d, int64_t at_ms)
{
    uint8_t bytes[KID_BYTES];
    for (size_t i = d->keys_len; i > 0; i--) {
        if (d->keys[i - 1].gone_ms != 0 && d->keys[i - 1].gone_ms <= at_ms)
            drop_key(d, i - 1);
    }
    if (d->keys_len == DEX_KEYS_MAX)
        drop_key(d, DEX_KEYS_MAX - 1);
    if (d->keys_len > 0)
        d->keys[0].gone_ms = at_ms + d->config.id_token_ms;
    struct key *key = next_key(d);
    memmove(&d->keys[1], &d->keys[0], d->keys_len * sizeof d->keys[0]);
    rnd_fill(d->env->rnd, DEX_PARTY, "kid", bytes, sizeof bytes);
    d->keys[0] = (struct dex_key){.key = key, .kid = hex_encode(bytes, sizeof bytes)};
    d->keys_len++;
    d->next_rotation_ms = at_ms + d->config.signing_key_ms;
    rebuild_jwks(d);
}

/* Rotations that fell due since the last look; a long jump plays only those that still matter. */
static void tick(struct dex *d)
{
    int64_t now_ms = clock_now_ms(d->env->clock);
    int64_t oldest = now_ms - d->config.signing_key_ms * DEX_KEYS_MAX;
    if (d->next_rotation_ms < oldest)
        d->next_rotation_ms = oldest;
    while (d->next_rotation_ms <= now_ms)
        rotate_at(d, d->next_rotation_ms);
    bool dropped = false;
    while (d->keys_len > 1 && d->keys[d->keys_len - 1].gone_ms <= now_ms) {
        drop_key(d, d->keys_len - 1);
        dropped = true;
    }
    if (dropped)
        rebuild_jwks(d);
}

void dex_keys_init(struct dex *d)
{
    rotate_at(d, clock_now_ms(d->env->clock));
}

void dex_keys_deinit(struct dex *d)
{
    while (d->keys_len > 0)
        drop_key(d, d->keys_len - 1);
    xfree(d->jwks);
}

void dex_keys_rotate(struct dex *d)
{
    pthread_mutex_lock(&d->lock);
    tick(d);
    rotate_at(d, clock_now_ms(d->env->clock));
    pthread_mutex_unlock(&d->lock);
}

struct key *dex_signing_key(struct dex *d, char **ret_kid)
{
    pthread_mutex_lock(&d->lock);
    tick(d);
    struct key *k = key_ref(d->keys[0].key);
    *ret_kid = xstrdup(d->keys[0].kid);
    pthread_mutex_unlock(&d->lock);
    return k;
}

char *dex_jwks(struct dex *d)
{
    pthread_mutex_lock(&d->lock);
    tick(d);
    char *copy = xstrdup(d->jwks);
    pthread_mutex_unlock(&d->lock);
    return copy;
}

static struct key *find_key(struct dex *d, const char *kid)
{
    struct key *found = NULL;
    pthread_mutex_lock(&d->lock);
    tick(d);
    for (size_t i = 0; found == NULL && i < d->keys_len; i++) {
        if (cstr_eq(d->keys[i].kid, kid))
            found = key_ref(d->keys[i].key);
    }
    pthread_mutex_unlock(&d->lock);
    return found;
}

int64_t dex_keys_left_s(struct dex *d)
{
    pthread_mutex_lock(&d->lock);
    tick(d);
    int64_t left_ms = d->next_rotation_ms - clock_now_ms(d->env->clock);
    pthread_mutex_unlock(&d->lock);
    return left_ms / 1000;
}

/* ---- a token of our own ---- */

/* storageKeySet of server/oauth2.go: the keys there are, the one that signs and those that did. */
static bool verifies(void *ctx, const struct jws *j, const char *kid)
{
    AUTO(key_free) struct key *key = find_key(ctx, kid);
    return key != NULL && jws_verify(j, key) == JWS_OK;
}

int dex_verify_own(struct dex *d, const char *token, struct js **ret_claims, char **ret_payload,
                   struct err *err)
{
    const struct goidc_local l = {.issuer = d->config.issuer,
                                  .dialect = dex_goidc_dialect(d),
                                  .verifies = verifies,
                                  .ctx = d};
    return goidc_verify_local(&l, token, d->env->clock, ret_claims, ret_payload, err);
}
