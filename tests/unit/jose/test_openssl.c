/*
 * A second opinion on every algorithm: the `openssl` command verifies what jws.c signs, signs what
 * it verifies, and opens and makes what jwe.c seals. Every yes has a no that differs in one bit.
 */
#include "tests/unit/jose/vectors.h"

#include <unistd.h>

#include "harness/base/b64.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jws.h"
#include "tests/support/openssl.h"

#define SECRET "a secret of the two, with 40 characters."

static const struct sign_row {
    enum jws_alg alg;
    const char *key; /* NULL = SECRET */
} sign_rows[] = {
    {JWS_HS256, NULL},         {JWS_HS384, NULL},         {JWS_HS512, NULL},
    {JWS_RS256, "rsa-2048-1"}, {JWS_RS384, "rsa-2048-1"}, {JWS_RS512, "rsa-2048-1"},
    {JWS_RS256, "rsa-4096-1"}, {JWS_PS256, "rsa-2048-1"}, {JWS_PS384, "rsa-2048-1"},
    {JWS_PS512, "rsa-2048-1"}, {JWS_PS512, "rsa-4096-1"}, {JWS_ES256, "ec-p256-1"},
    {JWS_ES384, "ec-p384-1"},  {JWS_ES512, "ec-p521-1"},  {JWS_EDDSA, "ed25519-1"},
    {JWS_EDDSA, "ed448-1"},
};

static struct key *key_of(const struct sign_row *r)
{
    return r->key ? key_test(r->key) : key_from_secret(SECRET, strlen(SECRET));
}

static const char *key_file(struct openssl *o, const struct key *k, bool private)
{
    AUTO(xfree) char *pem = private ? key_private_pem(k) : key_public_pem(k);
    return pem ? openssl_text_file(o, pem) : openssl_text_file(o, SECRET);
}

static char *header_b64(enum jws_alg alg)
{
    AUTO(xfree) char *json = xasprintf("{\"alg\":\"%s\"}", jws_alg_name(alg));
    return b64url_encode(json, strlen(json));
}

static void test_openssl__verifies_what_we_sign(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(sign_rows); i++) {
        const struct sign_row *r = &sign_rows[i];
        AUTO(openssl_free) struct openssl *o = openssl_new();
        AUTO(key_free) struct key *k = key_of(r);
        AUTO(js_free) struct js *header = js_object();
        AUTO(xfree) char *token = NULL;
        AUTO(jws_deinit) struct jws j = {0};
        js_set_text(header, "alg", jws_alg_name(r->alg));
        assert_int_equal(jws_sign(k, r->alg, header, STR("{\"sub\":\"alice\"}"), &token, NULL), 0);
        assert_int_equal(jws_parse(token, &j, NULL), JWS_OK);
        struct openssl_signature s = {
            .alg = jws_alg_name(r->alg),
            .key = key_file(o, k, false),
            .input = j.signing_input.ptr,
            .input_len = j.signing_input.len,
            .signature = j.signature,
            .signature_len = j.signature_len,
        };
        if (!openssl_verify(o, &s)) {
            fail_msg("%s with %s", s.alg, r->key ? r->key : "a secret");
        }
        j.signature[j.signature_len / 2] ^= 1;
        assert_false(openssl_verify(o, &s));
        j.signature[j.signature_len / 2] ^= 1;
        s.input_len--;
        assert_false(openssl_verify(o, &s));
    }
}

static void test_openssl__signs_what_we_verify(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(sign_rows); i++) {
        const struct sign_row *r = &sign_rows[i];
        AUTO(openssl_free) struct openssl *o = openssl_new();
        AUTO(key_free) struct key *k = key_of(r);
        AUTO(xfree) char *header = header_b64(r->alg);
        AUTO(xfree) char *input = xasprintf("%s.eyJzdWIiOiJib2IifQ", header);
        AUTO(jws_deinit) struct jws j = {0};
        struct openssl_signature s = {
            .alg = jws_alg_name(r->alg),
            .key = key_file(o, k, true),
            .input = input,
            .input_len = strlen(input),
        };
        if (!openssl_sign(o, &s)) {
            fail_msg("%s with %s", s.alg, r->key ? r->key : "a secret");
        }
        AUTO(xfree) char *signature = b64url_encode(s.signature, s.signature_len);
        xfree(s.signature);
        AUTO(xfree) char *token = xasprintf("%s.%s", input, signature);
        assert_int_equal(jws_parse(token, &j, NULL), JWS_OK);
        assert_int_equal(jws_verify(&j, k), JWS_OK);
        j.signature[0] ^= 1;
        assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
    }
}

/* A signature under another algorithm of the same key is none, for openssl as for us. */
static void test_openssl__tells_algorithms_apart(void **state)
{
    static const struct {
        enum jws_alg made;
        enum jws_alg asked;
        const char *key;
    } rows[] = {
        {JWS_RS256, JWS_PS256, "rsa-2048-1"},
        {JWS_PS256, JWS_RS256, "rsa-2048-1"},
        {JWS_RS256, JWS_RS512, "rsa-2048-1"},
        {JWS_PS384, JWS_PS512, "rsa-2048-1"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(openssl_free) struct openssl *o = openssl_new();
        AUTO(key_free) struct key *k = key_test(rows[i].key);
        AUTO(xfree) char *header = header_b64(rows[i].asked);
        AUTO(xfree) char *input = xasprintf("%s.e30", header);
        AUTO(jws_deinit) struct jws j = {0};
        struct openssl_signature s = {.alg = jws_alg_name(rows[i].made),
                                      .key = key_file(o, k, true),
                                      .input = input,
                                      .input_len = strlen(input)};
        assert_true(openssl_sign(o, &s));
        AUTO(xfree) char *signature = b64url_encode(s.signature, s.signature_len);
        AUTO(xfree) char *token = xasprintf("%s.%s", input, signature);
        assert_int_equal(jws_parse(token, &j, NULL), JWS_OK);
        assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
        s.key = key_file(o, k, false);
        assert_true(openssl_verify(o, &s));
        s.alg = jws_alg_name(rows[i].asked);
        assert_false(openssl_verify(o, &s));
        xfree(s.signature);
    }
}

/* RFC 7518 3.5: a salt as long as the hash and MGF1 with the same hash; openssl makes the others.
 */
static void test_openssl__makes_pss_that_we_refuse(void **state)
{
    static const struct {
        const char *salt;
        const char *mgf;
        enum jws_problem problem;
    } rows[] = {
        {"rsa_pss_saltlen:32", "rsa_mgf1_md:sha256", JWS_OK},
        {"rsa_pss_saltlen:0", "rsa_mgf1_md:sha256", JWS_BAD_SIGNATURE},
        {"rsa_pss_saltlen:20", "rsa_mgf1_md:sha256", JWS_BAD_SIGNATURE},
        {"rsa_pss_saltlen:max", "rsa_mgf1_md:sha256", JWS_BAD_SIGNATURE},
        {"rsa_pss_saltlen:32", "rsa_mgf1_md:sha1", JWS_BAD_SIGNATURE},
    };
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(xfree) char *header = header_b64(JWS_PS256);
    AUTO(xfree) char *input = xasprintf("%s.e30", header);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(openssl_free) struct openssl *o = openssl_new();
        AUTO(jws_deinit) struct jws j = {0};
        const char *out = openssl_new_file(o);
        const char *const words[] = {"dgst",
                                     "-sha256",
                                     "-sign",
                                     key_file(o, k, true),
                                     "-sigopt",
                                     "rsa_padding_mode:pss",
                                     "-sigopt",
                                     rows[i].salt,
                                     "-sigopt",
                                     rows[i].mgf,
                                     "-out",
                                     out,
                                     openssl_text_file(o, input),
                                     NULL};
        size_t len = 0;
        assert_int_equal(openssl_run(words), 0);
        AUTO(xfree) char *made = (char *)openssl_read(out, &len);
        AUTO(xfree) char *signature = b64url_encode(made, len);
        AUTO(xfree) char *token = xasprintf("%s.%s", input, signature);
        assert_int_equal(jws_parse(token, &j, NULL), JWS_OK);
        if (jws_verify(&j, k) != rows[i].problem) {
            fail_msg("%s %s", rows[i].salt, rows[i].mgf);
        }
    }
}

/* The numbers of our JWKs and the certificates of x5c hold the key that we write as PEM. */
static void test_openssl__reads_our_jwks_and_certificates(void **state)
{
    static const char *const names[] = {"rsa-2048-1", "rsa-4096-1", "ec-p256-1", "ec-p384-1",
                                        "ec-p521-1"};
    AUTO(key_free) struct key *stranger = key_test("rsa-2048-2");
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(openssl_free) struct openssl *o = openssl_new();
        AUTO(key_free) struct key *k = key_test(names[i]);
        AUTO(js_free) struct js *jwk = jwk_public(k);
        struct js *chain = js_array();
        const unsigned char *der = NULL;
        size_t len = 0;
        assert_int_equal(key_certificate(k, "test", &der, &len, NULL), 0);
        AUTO(xfree) char *text = b64_encode(der, len);
        js_append_text(chain, text);
        js_set(jwk, "x5c", chain);
        const char *ours = key_file(o, k, false);
        const char *numbers = openssl_jwk_pem(o, jwk);
        const char *inside = openssl_x5c_pem(o, jwk);
        assert_non_null(numbers);
        assert_non_null(inside);
        assert_true(openssl_same(ours, numbers));
        assert_true(openssl_same(ours, inside));
        assert_false(openssl_same(key_file(o, stranger, false), numbers));
    }
}

/* ---- JWE ---- */

static const struct seal_row {
    enum jwe_alg alg;
    enum jwe_enc enc;
    const char *hash;
    const char *cipher; /* NULL: `openssl enc` has no authenticated ones */
    size_t half;        /* of the content key: MAC, then cipher */
    const char *mac;
} seal_rows[] = {
    {JWE_RSA_OAEP_256, JWE_A256CBC_HS512, "sha256", "-aes-256-cbc", 32, "sha512"},
    {JWE_RSA_OAEP_256, JWE_A192CBC_HS384, "sha256", "-aes-192-cbc", 24, "sha384"},
    {JWE_RSA_OAEP, JWE_A128CBC_HS256, "sha1", "-aes-128-cbc", 16, "sha256"},
};

static bool oaep(const char *way, const char *key, const char *hash, const char *in,
                 const char *out)
{
    AUTO(xfree) char *md = xasprintf("rsa_oaep_md:%s", hash);
    AUTO(xfree) char *mgf = xasprintf("rsa_mgf1_md:%s", hash);
    bool encrypt = strcmp(way, "-encrypt") == 0;
    const char *words[24] = {"pkeyutl",  way,    "-inkey",   key,        "-in",
                             in,         "-out", out,        "-pkeyopt", "rsa_padding_mode:oaep",
                             "-pkeyopt", md,     "-pkeyopt", mgf};
    words[14] = encrypt ? "-pubin" : NULL;
    return openssl_run(words) == 0;
}

static bool cbc(const char *way, const char *cipher, const uint8_t *key, size_t key_len,
                const uint8_t *iv, const char *in, const char *out)
{
    AUTO(xfree) char *key_hex = hex_encode(key, key_len);
    AUTO(xfree) char *iv_hex = hex_encode(iv, 16);
    const char *const words[] = {"enc",  way,   cipher, "-K",   key_hex, "-iv",
                                 iv_hex, "-in", in,     "-out", out,     NULL};
    return openssl_run(words) == 0;
}

/* RFC 7518 5.2.2.1 with openssl's HMAC: the tag, cut to half. */
static uint8_t *mac_tag(struct openssl *o, const char *hash, const uint8_t *key, size_t half,
                        struct str aad, const uint8_t *iv, const uint8_t *text, size_t text_len)
{
    size_t len = aad.len + 16 + text_len + 8;
    AUTO(xfree) char *input = xcalloc(len, 1);
    uint64_t bits = (uint64_t)aad.len * 8;
    (void)memcpy(input, aad.ptr, aad.len);
    (void)memcpy(input + aad.len, iv, 16);
    (void)memcpy(input + aad.len + 16, text, text_len);
    for (size_t i = 0; i < 8; i++) {
        input[len - 1 - i] = (char)(bits >> (8 * i));
    }
    AUTO(xfree) char *alg = xasprintf("HS%s", hash + 3);
    struct openssl_signature s = {
        .alg = alg, .key = openssl_file(o, key, half), .input = input, .input_len = len};
    assert_true(openssl_sign(o, &s));
    assert_true(s.signature_len >= half);
    return s.signature;
}

#define PLAIN "a token that nobody reads but the one it is for"

static void test_openssl__opens_what_we_encrypt(void **state)
{
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    for (size_t i = 0; i < TEST_COUNT(seal_rows); i++) {
        const struct seal_row *r = &seal_rows[i];
        AUTO(openssl_free) struct openssl *o = openssl_new();
        AUTO(js_free) struct js *header = js_object();
        AUTO(jwe_deinit) struct jwe j = {0};
        AUTO(xfree) char *text = NULL;
        const struct jwe_how how = {.alg = r->alg, .enc = r->enc};
        js_set_text(header, "alg", jwe_alg_name(r->alg));
        js_set_text(header, "enc", jwe_enc_name(r->enc));
        assert_int_equal(jwe_encrypt(k, &how, header, STR(PLAIN), &text, NULL), 0);
        assert_int_equal(jwe_parse(text, &j, NULL), JWE_OK);
        const char *key = openssl_new_file(o);
        const char *plain = openssl_new_file(o);
        const char *sealed = openssl_file(o, j.key.ptr, j.key.len);
        assert_true(oaep("-decrypt", key_file(o, k, true), r->hash, sealed, key));
        assert_false(oaep("-decrypt", key_file(o, k, true), "sha512", sealed, openssl_new_file(o)));
        size_t len = 0;
        AUTO(xfree) char *cek = (char *)openssl_read(key, &len);
        assert_int_equal(len, 2 * r->half);
        const char *content = openssl_file(o, j.content.ptr, j.content.len);
        assert_true(
            cbc("-d", r->cipher, (uint8_t *)cek + r->half, r->half, j.iv.ptr, content, plain));
        AUTO(xfree) char *found = (char *)openssl_read(plain, &len);
        assert_int_equal(len, strlen(PLAIN));
        assert_memory_equal(found, PLAIN, len);
        uint8_t *tag = mac_tag(o, r->mac, (uint8_t *)cek, r->half, j.aad, j.iv.ptr, j.content.ptr,
                               j.content.len);
        assert_memory_equal(tag, j.tag.ptr, r->half);
        xfree(tag);
    }
}

/* A JWE of which every part but base64url comes from openssl. */
static char *made_by_openssl(struct openssl *o, const struct seal_row *r, const struct key *k)
{
    static const uint8_t cek[64] = {7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5, 2, 3, 5};
    static const uint8_t iv[16] = {3, 1, 4, 1, 5, 9, 2, 6};
    const char *sealed = openssl_new_file(o);
    const char *content = openssl_new_file(o);
    const char *plain = openssl_text_file(o, PLAIN);
    size_t key_len = 0;
    size_t text_len = 0;
    assert_true(oaep("-encrypt", key_file(o, k, false), r->hash, openssl_file(o, cek, 2 * r->half),
                     sealed));
    assert_true(cbc("-e", r->cipher, cek + r->half, r->half, iv, plain, content));
    AUTO(xfree) char *key_bytes = (char *)openssl_read(sealed, &key_len);
    AUTO(xfree) char *text = (char *)openssl_read(content, &text_len);
    AUTO(xfree)
    char *json =
        xasprintf("{\"alg\":\"%s\",\"enc\":\"%s\"}", jwe_alg_name(r->alg), jwe_enc_name(r->enc));
    AUTO(xfree) char *header = b64url_encode(json, strlen(json));
    AUTO(xfree) char *b64_key = b64url_encode(key_bytes, key_len);
    AUTO(xfree) char *b64_iv = b64url_encode(iv, sizeof iv);
    AUTO(xfree) char *b64_text = b64url_encode(text, text_len);
    uint8_t *tag =
        mac_tag(o, r->mac, cek, r->half, str_of(header), iv, (const uint8_t *)text, text_len);
    AUTO(xfree) char *b64_tag = b64url_encode(tag, r->half);
    xfree(tag);
    return xasprintf("%s.%s.%s.%s.%s", header, b64_key, b64_iv, b64_text, b64_tag);
}

static void test_openssl__encrypts_what_we_open(void **state)
{
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(key_free) struct key *other = key_test("rsa-2048-2");
    for (size_t i = 0; i < TEST_COUNT(seal_rows); i++) {
        AUTO(openssl_free) struct openssl *o = openssl_new();
        AUTO(xfree) char *token = made_by_openssl(o, &seal_rows[i], k);
        AUTO(jwe_deinit) struct jwe j = {0};
        AUTO(xfree) char *plain = NULL;
        char *none = NULL;
        size_t len = 0;
        assert_int_equal(jwe_parse(token, &j, NULL), JWE_OK);
        assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_OK);
        assert_string_equal(plain, PLAIN);
        assert_int_equal(jwe_decrypt(&j, other, &none, &len), JWE_NOT_AUTHENTIC);
        j.tag.ptr[0] ^= 1;
        assert_int_equal(jwe_decrypt(&j, k, &none, &len), JWE_NOT_AUTHENTIC);
        assert_null(none);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_openssl__verifies_what_we_sign),
    cmocka_unit_test(test_openssl__signs_what_we_verify),
    cmocka_unit_test(test_openssl__tells_algorithms_apart),
    cmocka_unit_test(test_openssl__makes_pss_that_we_refuse),
    cmocka_unit_test(test_openssl__reads_our_jwks_and_certificates),
    cmocka_unit_test(test_openssl__opens_what_we_encrypt),
    cmocka_unit_test(test_openssl__encrypts_what_we_open),
};

int main(void)
{
    return TEST_MAIN(tests);
}
