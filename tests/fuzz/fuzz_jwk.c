/*
 * JWKs and sets from anywhere: a key that was read is written and read back as the same key.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/base/vec.h"
#include "harness/jose/jwk.h"

static void read_key(const struct js *jwk)
{
    AUTO(key_free) struct key *k = NULL;
    AUTO(key_free) struct key *back = NULL;
    struct err err = {0};

    AUTO(xfree) char *thumbprint = jwk_thumbprint(jwk);
    if (jwk_to_key(jwk, &k, &err) < 0) {
        assert(err.msg[0] != '\0');
        return;
    }
    AUTO(js_free) struct js *public = jwk_public(k);
    int rc = jwk_to_key(public, &back, &err);
    assert(rc == 0);
    assert(key_kind(back) == key_kind(k) && key_bits(back) == key_bits(k));
    AUTO(js_free) struct js *again = jwk_public(back);
    assert(js_equal(public, again));
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
        for (size_t i = 0; i < found.len && i < 8; i++) {
            read_key(found.items[i]);
        }
    }
    vec_deinit(&found);
    (void)jwks_find(j, "kid-1", &found);
    vec_deinit(&found);
    return 0;
}
