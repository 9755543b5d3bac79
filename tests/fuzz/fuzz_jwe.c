/*
 * Encrypted tokens against a fixed key: what decrypts is one of the texts that were encrypted for
 * it, in the one spelling it has, and nothing else opens anything.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"
#include "harness/crypto/content.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jwt.h"

#define PLAIN "Live long and prosper."

/* The parts written again, which must give the text itself (RFC 4648 3.5). */
static char *written_again(const struct jwe *j)
{
    AUTO(xfree) char *key = b64url_encode(j->key.ptr, j->key.len);
    AUTO(xfree) char *iv = b64url_encode(j->iv.ptr, j->iv.len);
    AUTO(xfree) char *content = b64url_encode(j->content.ptr, j->content.len);
    AUTO(xfree) char *tag = b64url_encode(j->tag.ptr, j->tag.len);
    return xasprintf("%.*s.%s.%s.%s.%s", STR_ARG(j->aad), key, iv, content, tag);
}

static void open_with_the_key(const struct jwe *j, const struct key *k)
{
    AUTO(xfree) char *plain = NULL;
    size_t len = 0;
    enum jwe_problem p = jwe_decrypt(j, k, &plain, &len);
    assert(p == JWE_OK || (p == JWE_NOT_AUTHENTIC && !plain));
    assert(p != JWE_OK || strcmp(plain, PLAIN) == 0 || strncmp(plain, "eyJ", 3) == 0);
}

/* The same parts under a content key that is known, so that the inside is reached without RSA. */
static void open_the_content(const struct jwe *j)
{
    static const uint8_t cek[CONTENT_KEY_MAX];
    static const enum content_alg of_enc[JWE_ENC_MAX_] = {
        [JWE_A128CBC_HS256] = CONTENT_A128CBC_HS256,
        [JWE_A192CBC_HS384] = CONTENT_A192CBC_HS384,
        [JWE_A256CBC_HS512] = CONTENT_A256CBC_HS512,
        [JWE_A128GCM] = CONTENT_A128GCM,
        [JWE_A192GCM] = CONTENT_A192GCM,
        [JWE_A256GCM] = CONTENT_A256GCM,
    };
    struct content_in in = {.alg = of_enc[j->enc],
                            .key = cek,
                            .iv = j->iv.ptr,
                            .aad = j->aad.ptr,
                            .aad_len = j->aad.len};
    AUTO(xfree) char *plain = NULL;
    AUTO(xfree) char *back = NULL;
    uint8_t tag[CONTENT_TAG_MAX] = {0};
    uint8_t *sealed = NULL;
    size_t len = 0;
    (void)content_open(&in, j->content.ptr, j->content.len, j->tag.ptr, j->tag.len, &plain, &len);
    int rc = content_seal(&in, j->content.ptr, j->content.len, &sealed, &len, tag, NULL);
    assert(rc == 0);
    size_t back_len = 0;
    bool ok = content_open(&in, sealed, len, tag, content_tag_size(in.alg), &back, &back_len);
    assert(ok && back_len == j->content.len);
    assert(back_len == 0 || memcmp(back, j->content.ptr, back_len) == 0);
    xfree(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct key *k;
    AUTO(jwe_deinit) struct jwe j = {0};
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    AUTO(xfree) char *token = xstrndup((const char *)data, size);
    struct err detail = {0};

    if (!k) {
        k = key_test("rsa-2048-2");
    }
    enum jwe_problem p = jwe_parse(token, &j, &detail);
    assert((p == JWE_OK) == (j.text != NULL));
    assert((p == JWE_OK) == (detail.msg[0] == '\0'));
    if (p != JWE_OK) {
        return 0;
    }
    AUTO(xfree) char *again = written_again(&j);
    assert(strcmp(again, token) == 0);
    open_with_the_key(&j, k);
    open_the_content(&j);
    const struct jwt_rules rules = {.decryption_key = k};
    jwt_verify(token, &rules, &v);
    assert(v.reason != JWT_OK && v.reason != JWT_ENCRYPTED && v.reason != JWT_NOT_ENCRYPTED);
    return 0;
}
