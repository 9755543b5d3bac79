/*
 * Spoilt key sets.
 */
#include "mocks/common/jwks_faults.h"

#include <string.h>

#include "harness/base/b64.h"

/* A modulus of 1024 bits. */
#define WEAK_N                                                                                     \
    "tkR7pIXPpWzPCsmXdeOPAG8p9Hp3-7jh0AVPCN2L4QFl5tICbS-bcCGLcGPZYTQa87cnYpKERiuiNCHa3ZmI2y"       \
    "XtWWvMSILl6sPAUnX7jbz3FpT40-XTb7NeW5XIeq6RnHIWBbMQzEH9H304k7BOvol1jDS4lAShjcniww6xAX8"

void jwks_fault_append(struct js *doc, struct js *take)
{
    struct js *keys = js_get(doc, "keys");
    if (keys != NULL)
        js_append(keys, take);
    else
        js_free(take);
}

void jwks_fault_weak_key(struct js *doc, const char *alg)
{
    struct js *jwk = js_object();
    js_set_text(jwk, "alg", alg);
    js_set_text(jwk, "kid", "a-weak-key");
    js_set_text(jwk, "kty", "RSA");
    js_set_text(jwk, "use", "sig");
    js_set_text(jwk, "n", WEAK_N);
    js_set_text(jwk, "e", "AQAB");
    jwks_fault_append(doc, jwk);
}

void jwks_fault_leading_zero(struct js *doc)
{
    struct js *jwk = js_at(js_get(doc, "keys"), 0);
    const char *n = js_get_text(jwk, "n");
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (n == NULL || b64url_decode(n, strlen(n), &bytes, &len, NULL) != 0)
        return;
    AUTO(xfree) char *longer = xcalloc(len + 1, 1);
    memcpy(longer + 1, bytes, len);
    AUTO(xfree) char *text = b64url_encode(longer, len + 1);
    xfree(bytes);
    js_set_text(jwk, "n", text);
}
