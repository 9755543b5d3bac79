/*
 * Tokens against fixed keys: nothing verifies but the three texts that were signed, byte for byte.
 * A second spelling of one of them that verified would be malleable (RFC 4648 3.5).
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"

#define SECRET "a-secret-of-at-least-32-characters-x"
#define NOW_S INT64_C(1767225600)

static const char *const algs[] = {"RS256", "ES256", "EdDSA", "HS256", NULL};

/* Made once for the process: signing costs more than judging. */
struct fixed {
    struct js *jwks;
    char *tokens[3]; /* ECDSA draws at random, so it has no text that is always the same */
};

static void sign(struct fixed *f, size_t i, const struct key *k, enum jws_alg alg)
{
    AUTO(js_free) struct js *claims = js_object();
    struct err err = {0};

    js_set_text(claims, "iss", "https://issuer/");
    js_set_text(claims, "sub", "alice");
    js_set_text(claims, "aud", "client");
    js_set(claims, "iat", js_int(NOW_S));
    js_set(claims, "exp", js_int(NOW_S + 600));
    int rc = jwt_sign(k, alg, "JWT", NULL, claims, &f->tokens[i], &err);
    assert(rc == 0);
}

static const struct fixed *fixed(void)
{
    static struct fixed f;

    if (f.jwks) {
        return &f;
    }
    const char *const names[] = {"rsa-2048-1", "ed25519-1", "ec-p256-1"};
    struct js *keys = js_array();
    for (size_t i = 0; i < 3; i++) {
        js_append(keys, jwk_public(key_test(names[i])));
    }
    sign(&f, 0, key_test("rsa-2048-1"), JWS_RS256);
    sign(&f, 1, key_test("ed25519-1"), JWS_EDDSA);
    struct key *secret = key_from_secret(SECRET, strlen(SECRET));
    sign(&f, 2, secret, JWS_HS256);
    key_free(secret);
    f.jwks = js_object();
    js_set(f.jwks, "keys", keys);
    return &f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fixed *f = fixed();
    const struct jwt_rules rules = {.jwks = f->jwks,
                                    .secret = SECRET,
                                    .algs = algs,
                                    .issuer = "https://issuer/",
                                    .audience = "client",
                                    .now_s = NOW_S + 1};
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    AUTO(xfree) char *token = xstrndup((const char *)data, size);

    jwt_verify(token, &rules, &v);
    bool signed_here = false;
    for (size_t i = 0; i < 3; i++) {
        signed_here = signed_here || strcmp(token, f->tokens[i]) == 0;
    }
    assert((v.reason == JWT_OK) == signed_here);
    AUTO(js_free) struct js *claims = jwt_claims_unverified(token);
    assert(claims || v.reason != JWT_OK);
    return 0;
}
