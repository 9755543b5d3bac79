/*
 * The keys of a JWKS, each looked at for one rule: RFC 7517 4 and 8.5, RFC 7518 2 and 3.3. That
 * there are keys and that they are complete is judged in document.c.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/check/document.h"
#include "harness/check/judges.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwk_lenient.h"

#define RSA_BITS_MIN 2048

/* The array "keys", or NULL with a skip written. */
static const struct js *keys_of(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_jwks(v, of, ret);
    const struct js *keys = js_get(doc, "keys");
    if (doc != NULL && js_len(keys) == 0)
        verdict_skip(ret, "%s publishes no keys", check_of_name(of));
    return js_len(keys) > 0 ? keys : NULL;
}

void judge_jwks_content_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    if (document_jwks(v, of, ret) == NULL)
        return;
    const struct trace_event *answer = evidence_jwks(v, of)->answer;
    const char *type = params_get_ci(&answer->headers, "Content-Type");
    if (document_is_of_type(answer, "application/jwk-set+json") ||
        document_is_of_type(answer, "application/json"))
        verdict_pass(ret, "%s", type);
    else
        verdict_fail(ret, "application/jwk-set+json or application/json",
                     type != NULL ? type : "no Content-Type");
}

/* Who has one key for signatures and another for encryption must be able to tell them apart. */
void judge_jwks_use(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *keys = keys_of(v, of, ret);
    size_t signing = 0;
    for (size_t i = 0; i < js_len(keys); i++) {
        const char *use = js_get_text(js_at(keys, i), "use");
        if (cstr_eq(use, "sig") || cstr_eq(use, "enc")) {
            signing += cstr_eq(use, "sig");
            continue;
        }
        AUTO(xfree)
        char *actual = use != NULL ? xasprintf("key %zu is for \"%s\"", i, use)
                                   : xasprintf("key %zu does not say what it is for", i);
        verdict_fail(ret, "use \"sig\" or \"enc\" in each key", actual);
    }
    if (keys == NULL || ret->kind == VERDICT_FAIL)
        return;
    if (signing == 0)
        verdict_fail(ret, "a key with use \"sig\"", "none");
    else
        verdict_pass(ret, "%zu key(s) for signatures", signing);
}

void judge_jwks_key_size(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *keys = keys_of(v, of, ret);
    for (size_t i = 0; i < js_len(keys); i++) {
        bool rsa = cstr_eq(js_get_text(js_at(keys, i), "kty"), "RSA");
        size_t bits = rsa ? jwk_rsa_bits(js_at(keys, i)) : 0;
        if (bits == 0 || bits >= RSA_BITS_MIN)
            continue;
        AUTO(xfree) char *actual = xasprintf("key %zu has %zu bits", i, bits);
        verdict_fail(ret, "RSA keys of 2048 bits or more", actual);
    }
    if (keys != NULL)
        verdict_pass(ret, "no RSA key is short");
}

/* What is wrong with a Base64urlUInt, or NULL: no padding, no other alphabet, no octets of zero
 * before the number. */
static const char *wrong_number(const char *text)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (b64url_decode(text, strlen(text), &bytes, &len, NULL) != 0)
        return "is no base64url without padding";
    bool zero = len > 1 && bytes[0] == 0;
    xfree(bytes);
    return zero ? "begins with an octet of zero" : NULL;
}

void judge_jwks_integers(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const numbers[] = {"n", "e", NULL};
    const struct js *keys = keys_of(v, of, ret);
    for (size_t i = 0; i < js_len(keys); i++)
        for (size_t m = 0; numbers[m] != NULL; m++) {
            const char *text = js_get_text(js_at(keys, i), numbers[m]);
            const char *wrong = text != NULL ? wrong_number(text) : NULL;
            if (wrong == NULL)
                continue;
            AUTO(xfree) char *actual = xasprintf("\"%s\" of key %zu %s", numbers[m], i, wrong);
            verdict_fail(ret, "numbers in as few octets as they need", actual);
        }
    if (keys != NULL)
        verdict_pass(ret, "numbers are as short as they can be");
}

void judge_jwks_no_symmetric(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *keys = keys_of(v, of, ret);
    for (size_t i = 0; i < js_len(keys); i++) {
        const struct js *jwk = js_at(keys, i);
        if (!cstr_eq(js_get_text(jwk, "kty"), "oct") && js_get(jwk, "k") == NULL)
            continue;
        AUTO(xfree) char *actual = xasprintf("key %zu is a secret", i);
        verdict_fail(ret, "keys with a public half", actual);
    }
    if (keys != NULL)
        verdict_pass(ret, "no key is a secret");
}

/* Each key's thumbprint against its own certificate; `missing` when none has both. */
static void judge_thumbprints(const struct js *keys, const char *member, enum hash_alg alg,
                              const char *missing, struct verdict *ret)
{
    for (size_t i = 0; i < js_len(keys); i++) {
        AUTO(xfree) char *expected = evidence_thumbprint(js_at(keys, i), alg);
        const char *found = js_get_text(js_at(keys, i), member);
        if (expected == NULL || found == NULL)
            continue;
        if (strcmp(expected, found) == 0)
            verdict_pass(ret, "%s", found);
        else
            verdict_fail(ret, expected, found);
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "%s", missing);
}

void judge_jwks_x5t(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *keys = keys_of(v, of, ret);
    if (keys != NULL)
        judge_thumbprints(keys, "x5t", HASH_SHA1,
                          "no key has a certificate and its SHA-1 thumbprint", ret);
}

void judge_jwks_certificate(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_jwks(v, of, ret);
    if (doc != NULL)
        judge_thumbprints(js_get(doc, "keys"), "x5t#S256", HASH_SHA256,
                          "no key has a certificate and its thumbprint", ret);
}
