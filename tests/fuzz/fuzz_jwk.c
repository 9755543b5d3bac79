/*
 * JWKs and sets from anywhere: a key that was read is written and read back as the same key, what
 * is found free of contradictions can be read, and what is selected suits.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/base/vec.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwk_check.h"

#define KEYS_MAX 8

static void check_key(const struct js *jwk, const struct key *k)
{
    struct err detail = {0};
    enum jwk_problem p = jwk_check(jwk, &detail);
    assert((p == JWK_OK) == (detail.msg[0] == '\0'));
    assert((p == JWK_UNREADABLE) == !k);
    assert(jwk_problem_text(p)[0] != '\0');
    if (p == JWK_OK) {
        p = jwk_check_certificates(jwk, k, &detail);
        assert(p == JWK_OK);
    }
}

static void read_key(const struct js *jwk)
{
    AUTO(key_free) struct key *k = NULL;
    AUTO(key_free) struct key *back = NULL;
    struct err err = {0};

    AUTO(xfree) char *thumbprint = jwk_thumbprint(jwk);
    if (jwk_to_key(jwk, &k, &err) < 0) {
        assert(err.msg[0] != '\0');
        check_key(jwk, NULL);
        return;
    }
    check_key(jwk, k);
    AUTO(js_free) struct js *public = jwk_public(k);
    int rc = jwk_to_key(public, &back, &err);
    assert(rc == 0);
    assert(key_kind(back) == key_kind(k) && key_bits(back) == key_bits(k));
    AUTO(js_free) struct js *again = jwk_public(back);
    assert(js_equal(public, again));
}

static bool holds(const struct vec *v, const void *item)
{
    for (size_t i = 0; i < v->len; i++) {
        if (v->items[i] == item) {
            return true;
        }
    }
    return false;
}

/* Asking for more never finds more; what is found suits. */
static void select_keys(const struct js *set)
{
    static const struct jwk_want wants[] = {{.kid = "kid-1"}, {.kty = "RSA"},     {.use = "sig"},
                                            {.use = "enc"},   {.op = "verify"},   {.alg = "RS256"},
                                            {.kid = ""},      {.op = "unwrapKey"}};
    AUTO(vec_deinit) struct vec all = {0};
    bool is_set = jwks_find(set, NULL, &all);

    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
        AUTO(vec_deinit) struct vec found = {0};
        AUTO(vec_deinit) struct vec fewer = {0};
        struct jwk_want narrow = wants[i];
        bool ok = jwks_select(set, &wants[i], &found);
        assert(ok == is_set && found.len <= all.len);
        narrow.kty = narrow.kty ? narrow.kty : "EC";
        narrow.use = narrow.use ? narrow.use : "sig";
        narrow.alg = narrow.alg ? narrow.alg : "ES256";
        ok = jwks_select(set, &narrow, &fewer);
        assert(ok == is_set);
        for (size_t n = 0; n < fewer.len; n++) {
            assert(holds(&found, fewer.items[n]) && jwk_suits(fewer.items[n], &wants[i]));
        }
    }
}

static void check_set(const struct js *set)
{
    struct err detail = {0};
    size_t at = SIZE_MAX;
    enum jwk_problem p = jwks_check_published(set, &at, &detail);
    const struct js *keys = js_get(set, "keys");
    assert((p == JWK_OK) == (detail.msg[0] == '\0'));
    assert(p == JWK_OK || at == SIZE_MAX || at < js_len(keys));
    for (size_t i = 0; p == JWK_OK && i < js_len(keys) && i < KEYS_MAX; i++) {
        enum jwk_problem one = jwk_check(js_at(keys, i), NULL);
        assert(one == JWK_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(js_free) struct js *j = NULL;
    struct vec found = {0};

    if (js_parse((struct str){(const char *)data, size}, "fuzz", &j, NULL) < 0) {
        return 0;
    }
    read_key(j);
    if (jwks_find(j, NULL, &found)) {
        for (size_t i = 0; i < found.len && i < KEYS_MAX; i++) {
            read_key(found.items[i]);
        }
        if (js_len(js_get(j, "keys")) <= KEYS_MAX) {
            check_set(j);
        }
    }
    vec_deinit(&found);
    select_keys(j);
    return 0;
}
