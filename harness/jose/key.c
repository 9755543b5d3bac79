/*
 * A key: a key pair (or its public half) of crypto, or the bytes of a shared secret. Also the test
 * keys, each parsed once for the process. Reference-counted; the last owner wipes a secret.
 */
#include "harness/jose/key.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "harness/crypto/pkey.h"
#include "harness/jose/key_impl.h"
#include "harness/jose/testkeys.h"

struct key {
    atomic_size_t refs;
    enum key_kind kind;
    struct pkey *pkey; /* NULL for a secret */
    uint8_t *secret;
    size_t secret_len;
};

static const struct kind_row {
    enum pkey_kind pkey;
    const char *name;
} kinds[KEY_KIND_MAX_] = {
    [KEY_RSA] = {PKEY_RSA, "RSA"},
    [KEY_EC_P256] = {PKEY_EC_P256, "P-256"},
    [KEY_EC_P384] = {PKEY_EC_P384, "P-384"},
    [KEY_EC_P521] = {PKEY_EC_P521, "P-521"},
    [KEY_ED25519] = {PKEY_ED25519, "Ed25519"},
    [KEY_ED448] = {PKEY_ED448, "Ed448"},
    [KEY_SECRET] = {PKEY_KIND_MAX_, "secret"},
};

struct key *key_from_pkey(struct pkey *pkey)
{
    struct key *k = xcalloc(1, sizeof *k);
    atomic_init(&k->refs, 1);
    k->pkey = pkey;
    k->kind = KEY_SECRET;
    for (int i = 0; i < KEY_SECRET; i++) {
        if (kinds[i].pkey == pkey_kind(pkey)) {
            k->kind = (enum key_kind)i;
        }
    }
    assert(k->kind != KEY_SECRET);
    return k;
}

int key_from_pem(const char *pem, struct key **ret, struct err *err)
{
    struct pkey *pkey = NULL;
    if (pkey_from_pem(pem, &pkey, err) != 0) {
        return -1;
    }
    *ret = key_from_pkey(pkey);
    return 0;
}

struct key *key_from_secret(const void *bytes, size_t n)
{
    struct key *k = xcalloc(1, sizeof *k);
    atomic_init(&k->refs, 1);
    k->kind = KEY_SECRET;
    k->secret = xcalloc(n + 1, 1);
    if (n > 0) {
        (void)memcpy(k->secret, bytes, n);
    }
    k->secret_len = n;
    return k;
}

struct key *key_ref(const struct key *k)
{
    /* The count is the one thing that changes behind a const key. */
    struct key *own = (struct key *)(uintptr_t)k;
    (void)atomic_fetch_add_explicit(&own->refs, 1, memory_order_relaxed);
    return own;
}

struct key *key_free(struct key *k)
{
    if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1) {
        return NULL;
    }
    (void)pkey_free(k->pkey);
    if (k->secret) {
        explicit_bzero(k->secret, k->secret_len);
    }
    xfree(k->secret);
    return xfree(k);
}

/* The process's own reference to each test key parsed so far. */
static struct {
    pthread_mutex_t lock;
    struct key *keys[TEST_KEYS];
} parsed = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t test_key_index(const char *name)
{
    size_t i = 0;
    while (i < TEST_KEYS && strcmp(test_keys[i].name, name) != 0) {
        i++;
    }
    return i;
}

struct key *key_test(const char *name)
{
    size_t i = test_key_index(name);
    assert(i < TEST_KEYS);
    (void)pthread_mutex_lock(&parsed.lock);
    if (!parsed.keys[i]) {
        int rc = key_from_pem(test_keys[i].pem, &parsed.keys[i], NULL);
        assert(rc == 0);
        (void)rc;
    }
    struct key *k = key_ref(parsed.keys[i]);
    (void)pthread_mutex_unlock(&parsed.lock);
    return k;
}

static const char *names[TEST_KEYS + 1];

static void fill_names(void)
{
    for (size_t i = 0; i < TEST_KEYS; i++) {
        names[i] = test_keys[i].name;
    }
}

const char *const *key_test_names(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, fill_names);
    return names;
}

enum key_kind key_kind(const struct key *k)
{
    return k->kind;
}

const char *key_kind_name(enum key_kind kind)
{
    assert(kind < KEY_KIND_MAX_);
    return kinds[kind].name;
}

bool key_is_private(const struct key *k)
{
    return !k->pkey || pkey_is_private(k->pkey);
}

unsigned key_bits(const struct key *k)
{
    return k->pkey ? pkey_bits(k->pkey) : (unsigned)(k->secret_len * 8);
}

char *key_public_pem(const struct key *k)
{
    return k->pkey ? pkey_public_pem(k->pkey) : NULL;
}

char *key_private_pem(const struct key *k)
{
    return k->pkey ? pkey_private_pem(k->pkey) : NULL;
}

const struct pkey *key_pkey(const struct key *k)
{
    return k->pkey;
}

const uint8_t *key_secret(const struct key *k, size_t *ret_len)
{
    *ret_len = k->secret_len;
    return k->secret;
}

int key_certificate(const struct key *k, const char *common_name, const unsigned char **ret_der,
                    size_t *ret_len, struct err *err)
{
    if (!k->pkey) {
        return err_set(err, ERR_CRYPTO, "a shared secret has no certificate");
    }
    return pkey_certificate(k->pkey, common_name, ret_der, ret_len, err);
}
