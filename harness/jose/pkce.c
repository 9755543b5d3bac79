/*
 * Proof Key for Code Exchange (RFC 7636): the challenge, the verifier's alphabet, the comparison.
 */
#include "harness/jose/pkce.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/crypto/hash.h"

#define VERIFIER_MIN 43
#define VERIFIER_MAX 128
#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

char *pkce_s256(const char *verifier)
{
    uint8_t digest[HASH_SIZE_MAX] = {0};
    hash_of(HASH_SHA256, verifier, strlen(verifier), digest);
    return b64url_encode(digest, hash_size(HASH_SHA256));
}

bool pkce_verifier_is_valid(const char *verifier)
{
    size_t len = verifier ? strlen(verifier) : 0;
    return len >= VERIFIER_MIN && len <= VERIFIER_MAX && strspn(verifier, UNRESERVED) == len;
}

bool pkce_matches(const char *verifier, const char *challenge, const char *method)
{
    if (!verifier || !challenge) {
        return false;
    }
    if (cstr_eq(method, "plain")) {
        return secret_text_equal(verifier, challenge);
    }
    if (!cstr_eq(method, "S256")) {
        return false;
    }
    AUTO(xfree) char *made = pkce_s256(verifier);
    return secret_text_equal(made, challenge);
}
