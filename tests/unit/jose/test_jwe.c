/*
 * JWE: there and back with every algorithm, what the strict reader refuses and why, and that with
 * the key in hand there is one refusal only.
 */
#include "tests/unit/jose/vectors.h"

#include "harness/base/b64.h"
#include "harness/base/file.h"
#include "harness/jose/jwe.h"

#define PLAIN "Live long and prosper."

static struct js *header_of(const char *alg, const char *enc)
{
    struct js *header = js_object();
    js_set_text(header, "alg", alg);
    js_set_text(header, "enc", enc);
    return header;
}

static char *encrypt(const char *key, enum jwe_alg alg, enum jwe_enc enc)
{
    AUTO(key_free) struct key *k = key_test(key);
    AUTO(js_free) struct js *header = header_of(jwe_alg_name(alg), jwe_enc_name(enc));
    const struct jwe_how how = {.alg = alg, .enc = enc};
    char *text = NULL;
    struct err err = {0};
    if (jwe_encrypt(k, &how, header, STR(PLAIN), &text, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    return text;
}

static enum jwe_problem decrypt(const char *compact, const struct key *k)
{
    AUTO(jwe_deinit) struct jwe j = {0};
    AUTO(xfree) char *plain = NULL;
    size_t len = 0;
    enum jwe_problem p = jwe_parse(compact, &j, NULL);
    if (p != JWE_OK) {
        return p;
    }
    p = jwe_decrypt(&j, k, &plain, &len);
    assert_true((p == JWE_OK) == (plain != NULL));
    if (p == JWE_OK) {
        assert_string_equal(plain, PLAIN);
        assert_int_equal(len, strlen(PLAIN));
    }
    return p;
}

static void test_jwe_encrypt__every_algorithm_with_its_twins(void **state)
{
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(key_free) struct key *other = key_test("rsa-2048-2");
    for (int alg = 0; alg < JWE_ALG_MAX_; alg++) {
        for (int enc = 0; enc < JWE_ENC_MAX_; enc++) {
            AUTO(xfree)
            char *text = encrypt("rsa-2048-1", (enum jwe_alg)alg, (enum jwe_enc)enc);
            AUTO(xfree)
            char *again = encrypt("rsa-2048-1", (enum jwe_alg)alg, (enum jwe_enc)enc);
            assert_int_equal(decrypt(text, k), JWE_OK);
            assert_int_equal(decrypt(text, other), JWE_NOT_AUTHENTIC);
            assert_string_not_equal(text, again);
        }
    }
}

static void test_jwe_alg_from_name__is_exact(void **state)
{
    enum jwe_alg alg = JWE_ALG_MAX_;
    enum jwe_enc enc = JWE_ENC_MAX_;
    assert_true(jwe_alg_from_name("RSA-OAEP-256", &alg));
    assert_int_equal(alg, JWE_RSA_OAEP_256);
    assert_true(jwe_enc_from_name("A256CBC-HS512", &enc));
    assert_int_equal(enc, JWE_A256CBC_HS512);
    assert_false(jwe_alg_from_name("rsa-oaep-256", &alg));
    assert_false(jwe_alg_from_name("RSA1_5", &alg));
    assert_false(jwe_enc_from_name("A256CBC", &enc));
    assert_false(jwe_enc_from_name(NULL, &enc));
}

/* What jwcrypto 1.6.1, the library authentik uses, made with authentik's header. */
static void test_jwe_decrypt__what_jwcrypto_made(void **state)
{
    AUTO(xfree) char *text = vector_text("jwcrypto_nested.jwe");
    AUTO(xfree) char *inner = vector_text("jwcrypto_nested.jws");
    AUTO(key_free) struct key *k = key_test("rsa-2048-2");
    AUTO(key_free) struct key *other = key_test("rsa-2048-1");
    AUTO(jwe_deinit) struct jwe j = {0};
    AUTO(xfree) char *plain = NULL;
    AUTO(xfree) char *none = NULL;
    size_t len = 0;
    assert_int_equal(jwe_parse(text, &j, NULL), JWE_OK);
    AUTO(xfree) char *header = js_compact(j.header);
    assert_string_equal(header, "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\","
                                "\"typ\":\"JWE\",\"kid\":\"two\"}");
    assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_OK);
    assert_string_equal(plain, inner);
    assert_int_equal(jwe_decrypt(&j, other, &none, &len), JWE_NOT_AUTHENTIC);
}

/* A given key and vector repeat everything but the padding of the key. */
static void test_jwe_encrypt__takes_key_and_vector(void **state)
{
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(js_free) struct js *header = header_of("RSA-OAEP-256", "A256CBC-HS512");
    static const uint8_t cek[64] = {1, 2, 3};
    static const uint8_t iv[16] = {4, 5, 6};
    const struct jwe_how how = {JWE_RSA_OAEP_256, JWE_A256CBC_HS512, cek, iv};
    AUTO(xfree) char *a = NULL;
    AUTO(xfree) char *b = NULL;
    AUTO(jwe_deinit) struct jwe ja = {0};
    AUTO(jwe_deinit) struct jwe jb = {0};
    assert_int_equal(jwe_encrypt(k, &how, header, STR(PLAIN), &a, NULL), 0);
    assert_int_equal(jwe_encrypt(k, &how, header, STR(PLAIN), &b, NULL), 0);
    assert_int_equal(jwe_parse(a, &ja, NULL), JWE_OK);
    assert_int_equal(jwe_parse(b, &jb, NULL), JWE_OK);
    assert_memory_equal(ja.iv.ptr, iv, sizeof iv);
    assert_int_equal(ja.content.len, 32);
    assert_memory_equal(ja.content.ptr, jb.content.ptr, ja.content.len);
    assert_memory_equal(ja.tag.ptr, jb.tag.ptr, ja.tag.len);
    assert_memory_not_equal(ja.key.ptr, jb.key.ptr, ja.key.len);
}

static void test_jwe_encrypt__refuses_other_keys(void **state)
{
    static const char *const names[] = {"ec-p256-1", "ed25519-1", NULL};
    AUTO(js_free) struct js *header = header_of("RSA-OAEP-256", "A256CBC-HS512");
    const struct jwe_how how = {.alg = JWE_RSA_OAEP_256, .enc = JWE_A256CBC_HS512};
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(key_free)
        struct key *k = names[i] ? key_test(names[i]) : key_from_secret("secret", 6);
        char *text = NULL;
        struct err err = {0};
        assert_int_equal(jwe_encrypt(k, &how, header, STR(PLAIN), &text, &err), -1);
        assert_non_null(strstr(err.msg, "RSA-OAEP-256 cannot encrypt for a key of kind"));
        assert_null(text);
    }
}

/* RFC 7516 11.5. Each part changed, cut, emptied or exchanged, and other keys: one reason. */
static void test_jwe_decrypt__has_one_refusal(void **state)
{
    AUTO(xfree) char *text = encrypt("rsa-2048-1", JWE_RSA_OAEP_256, JWE_A256CBC_HS512);
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(key_free) struct key *large = key_test("rsa-4096-1");
    AUTO(jwe_deinit) struct jwe j = {0};
    char *plain = NULL;
    size_t len = 0;
    assert_int_equal(jwe_parse(text, &j, NULL), JWE_OK);
    assert_int_equal(jwe_decrypt(&j, large, &plain, &len), JWE_NOT_AUTHENTIC);
    struct jwe_part *const parts[] = {&j.key, &j.iv, &j.content, &j.tag};
    for (size_t p = 0; p < TEST_COUNT(parts); p++) {
        for (size_t at = 0; at < parts[p]->len; at += 1 + parts[p]->len / 9) {
            parts[p]->ptr[at] ^= 0x20;
            assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_NOT_AUTHENTIC);
            parts[p]->ptr[at] ^= 0x20;
        }
        size_t whole = parts[p]->len;
        if (parts[p] != &j.iv) {
            parts[p]->len = whole - 1;
            assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_NOT_AUTHENTIC);
            parts[p]->len = 0;
            assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_NOT_AUTHENTIC);
        }
        parts[p]->len = whole;
    }
    j.alg = JWE_RSA_OAEP;
    assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_NOT_AUTHENTIC);
    j.alg = JWE_RSA_OAEP_256;
    j.text[3] ^= 1; /* the header is authenticated as it was written */
    assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_NOT_AUTHENTIC);
    j.text[3] ^= 1;
    assert_null(plain);
    assert_int_equal(jwe_decrypt(&j, k, &plain, &len), JWE_OK);
    xfree(plain);
}

/* A content key of another size inside a good envelope: padding and length are fine for RSA, the
 * length is not for enc, and nobody is told. */
static void test_jwe_decrypt__hides_a_wrong_size_of_the_content_key(void **state)
{
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(js_free) struct js *header = header_of("RSA-OAEP-256", "A256CBC-HS512");
    const struct jwe_how small = {.alg = JWE_RSA_OAEP_256, .enc = JWE_A128CBC_HS256};
    AUTO(xfree) char *text = NULL;
    AUTO(jwe_deinit) struct jwe j = {0};
    assert_int_equal(jwe_encrypt(k, &small, header, STR(PLAIN), &text, NULL), 0);
    assert_int_equal(jwe_parse(text, &j, NULL), JWE_BAD_TAG_SIZE);
    AUTO(xfree) char *good = encrypt("rsa-2048-1", JWE_RSA_OAEP_256, JWE_A256CBC_HS512);
    AUTO(xfree) char *other = encrypt("rsa-2048-1", JWE_RSA_OAEP_256, JWE_A128CBC_HS256);
    AUTO(jwe_deinit) struct jwe whole = {0};
    AUTO(jwe_deinit) struct jwe key_of = {0};
    char *plain = NULL;
    size_t len = 0;
    assert_int_equal(jwe_parse(good, &whole, NULL), JWE_OK);
    assert_int_equal(jwe_parse(other, &key_of, NULL), JWE_OK);
    struct jwe_part own = whole.key;
    whole.key = key_of.key;
    assert_int_equal(jwe_decrypt(&whole, k, &plain, &len), JWE_NOT_AUTHENTIC);
    whole.key = own;
    assert_int_equal(jwe_decrypt(&whole, k, &plain, &len), JWE_OK);
    xfree(plain);
}

static void test_jwe_decrypt__refuses_keys_that_cannot(void **state)
{
    AUTO(xfree) char *text = encrypt("rsa-2048-1", JWE_RSA_OAEP_256, JWE_A256CBC_HS512);
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(key_free) struct key *public = NULL;
    AUTO(key_free) struct key *ec = key_test("ec-p256-1");
    AUTO(key_free) struct key *secret = key_from_secret("secret", 6);
    AUTO(xfree) char *pem = key_public_pem(rsa);
    assert_int_equal(key_from_pem(pem, &public, NULL), 0);
    assert_int_equal(decrypt(text, public), JWE_PUBLIC_KEY);
    assert_int_equal(decrypt(text, ec), JWE_WRONG_KEY_TYPE);
    assert_int_equal(decrypt(text, secret), JWE_WRONG_KEY_TYPE);
    assert_int_equal(decrypt(text, NULL), JWE_WRONG_KEY_TYPE);
    assert_int_equal(decrypt(text, rsa), JWE_OK);
}

/* The header of a good token replaced; what is refused is refused before any key is asked. */
static const struct header_row {
    const char *name;
    const char *header;
    enum jwe_problem problem;
    const char *detail;
} headers[] = {
    {"the header itself", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\"}", JWE_OK, ""},
    {"no JSON", "hello", JWE_BAD_HEADER, "bad JSON"},
    {"a list", "[]", JWE_BAD_HEADER, "array, expected an object"},
    {"alg twice", "{\"alg\":\"RSA-OAEP-256\",\"alg\":\"RSA1_5\",\"enc\":\"A256CBC-HS512\"}",
     JWE_DUPLICATE_MEMBER, ""},
    {"too deep", "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", JWE_DEEP_HEADER, "16 deep"},
    {"no alg", "{\"enc\":\"A256CBC-HS512\"}", JWE_NO_ALG, "'alg'"},
    {"alg a number", "{\"alg\":1,\"enc\":\"A256CBC-HS512\"}", JWE_NO_ALG, "'alg'"},
    {"no enc", "{\"alg\":\"RSA-OAEP-256\"}", JWE_NO_ENC, "'enc'"},
    {"enc null", "{\"alg\":\"RSA-OAEP-256\",\"enc\":null}", JWE_NO_ENC, "'enc'"},
    {"RSA1_5", "{\"alg\":\"RSA1_5\",\"enc\":\"A256CBC-HS512\"}", JWE_UNKNOWN_ALG, "\"RSA1_5\""},
    {"dir", "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\"}", JWE_UNKNOWN_ALG, "\"dir\""},
    {"none", "{\"alg\":\"none\",\"enc\":\"A256CBC-HS512\"}", JWE_UNKNOWN_ALG, "\"none\""},
    {"lower case", "{\"alg\":\"rsa-oaep-256\",\"enc\":\"A256CBC-HS512\"}", JWE_UNKNOWN_ALG, ""},
    {"a control character", "{\"alg\":\"\\u001b[2J\",\"enc\":\"A256CBC-HS512\"}", JWE_UNKNOWN_ALG,
     "\\u001B"},
    {"an algorithm of JWS", "{\"alg\":\"RS256\",\"enc\":\"A256CBC-HS512\"}", JWE_UNKNOWN_ALG, ""},
    {"enc unknown", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC\"}", JWE_UNKNOWN_ENC,
     "\"A256CBC\""},
    {"zip", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"zip\":\"DEF\"}", JWE_COMPRESSED,
     "'zip'"},
    {"crit", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"crit\":[\"exp\"],\"exp\":1}",
     JWE_CRITICAL_HEADER, "'crit'"},
    {"crit empty", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"crit\":[]}",
     JWE_CRITICAL_HEADER, "'crit'"},
    {"jwk", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"jwk\":{}}", JWE_EMBEDDED_KEY,
     "'jwk'"},
    {"jku", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"jku\":\"https://e/\"}",
     JWE_EMBEDDED_KEY, "'jku'"},
    {"x5u", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"x5u\":\"https://e/\"}",
     JWE_EMBEDDED_KEY, "'x5u'"},
    {"x5c", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"x5c\":[]}", JWE_EMBEDDED_KEY,
     "'x5c'"},
    {"enc of another tag size", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A128CBC-HS256\"}",
     JWE_BAD_TAG_SIZE, "32 bytes, expected 16"},
    {"enc of another vector size", "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"}",
     JWE_BAD_IV_SIZE, "16 bytes, expected 12"},
};

static void test_jwe_parse__refuses_headers(void **state)
{
    AUTO(xfree) char *text = encrypt("rsa-2048-1", JWE_RSA_OAEP_256, JWE_A256CBC_HS512);
    for (size_t i = 0; i < TEST_COUNT(headers); i++) {
        AUTO(xfree) char *b64 = b64url_encode(headers[i].header, strlen(headers[i].header));
        AUTO(xfree) char *changed = xasprintf("%s%s", b64, strchr(text, '.'));
        AUTO(jwe_deinit) struct jwe j = {0};
        struct err detail = {0};
        enum jwe_problem p = jwe_parse(changed, &j, &detail);
        if (p != headers[i].problem || !strstr(detail.msg, headers[i].detail)) {
            fail_msg("%s: %s: %s", headers[i].name, jwe_problem_text(p), detail.msg);
        }
        assert_true((p == JWE_OK) == (j.text != NULL));
    }
}

/* One part of a good token replaced. */
static const struct part_row {
    const char *name;
    size_t part;
    const char *text;
    enum jwe_problem problem;
} part_rows[] = {
    {"header padded", 0, "eyJhbGciOiJSU0EtT0FFUC0yNTYifQ==", JWE_PADDED_BASE64},
    {"header empty", 0, "", JWE_BAD_HEADER},
    {"key padded", 1, "AAA=", JWE_PADDED_BASE64},
    {"key with a blank", 1, "AA A", JWE_WHITE_SPACE},
    {"key in plain base64", 1, "A/+A", JWE_PLAIN_BASE64},
    {"key with stray bits", 1, "AAB", JWE_STRAY_BITS},
    {"key with another letter", 1, "AA*A", JWE_BAD_BASE64},
    {"key of an impossible length", 1, "AAAAA", JWE_BAD_BASE64},
    {"key empty", 1, "", JWE_OK}, /* an error of the encrypted key: no reason of its own */
    {"vector short", 2, "AAAAAAAAAAAAAAAAAAAA", JWE_BAD_IV_SIZE},
    {"vector empty", 2, "", JWE_BAD_IV_SIZE},
    {"vector padded", 2, "AAAAAAAAAAAAAAAAAAAAAA==", JWE_PADDED_BASE64},
    {"content empty", 3, "", JWE_BAD_CONTENT_SIZE},
    {"content of half a block", 3, "AAAAAAAAAAA", JWE_BAD_CONTENT_SIZE},
    {"content with a newline", 3, "AAAAAAAAAAAAAAAAAAAAAA\n", JWE_WHITE_SPACE},
    {"tag short", 4, "AAAAAAAAAAAAAAAAAAAAAA", JWE_BAD_TAG_SIZE},
    {"tag empty", 4, "", JWE_BAD_TAG_SIZE},
    {"tag padded", 4, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", JWE_PADDED_BASE64},
};

static char *with_part(const char *text, size_t part, const char *other)
{
    struct str rest = str_of(text);
    struct str piece = {0};
    char *out = xstrdup("");
    for (size_t i = 0; str_next(&rest, '.', &piece); i++) {
        char *longer = i == part ? xasprintf("%s%s%s", out, i > 0 ? "." : "", other)
                                 : xasprintf("%s%s%.*s", out, i > 0 ? "." : "", STR_ARG(piece));
        xfree(out);
        out = longer;
    }
    return out;
}

static void test_jwe_parse__refuses_parts(void **state)
{
    AUTO(xfree) char *text = encrypt("rsa-2048-1", JWE_RSA_OAEP_256, JWE_A256CBC_HS512);
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    for (size_t i = 0; i < TEST_COUNT(part_rows); i++) {
        AUTO(xfree) char *changed = with_part(text, part_rows[i].part, part_rows[i].text);
        AUTO(jwe_deinit) struct jwe j = {0};
        struct err detail = {0};
        enum jwe_problem p = jwe_parse(changed, &j, &detail);
        if (p != part_rows[i].problem || (p != JWE_OK && detail.msg[0] == '\0')) {
            fail_msg("%s: %s: %s", part_rows[i].name, jwe_problem_text(p), detail.msg);
        }
        if (p == JWE_OK) {
            assert_int_equal(decrypt(changed, k), JWE_NOT_AUTHENTIC);
        }
    }
}

static void test_jwe_parse__refuses_other_counts_and_endless_text(void **state)
{
    static const char *const texts[] = {"", "a", "a.b.c", "a.b.c.d", "a.b.c.d.e.f"};
    AUTO(jwe_deinit) struct jwe j = {0};
    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        assert_int_equal(jwe_parse(texts[i], &j, NULL), JWE_NOT_FIVE_PARTS);
    }
    size_t len = 2UL * 1024 * 1024;
    AUTO(xfree) char *endless = xcalloc(len + 1, 1);
    (void)memset(endless, 'A', len);
    assert_int_equal(jwe_parse(endless, &j, NULL), JWE_TOO_LONG);
    AUTO(xfree) char *large = xcalloc(90000, 1);
    (void)memset(large, 'A', 89999);
    AUTO(xfree) char *long_header = xasprintf("%s.a.b.c.d", large);
    assert_int_equal(jwe_parse(long_header, &j, NULL), JWE_LONG_HEADER);
}

/* The seeds of the fuzz target are what their names say. */
static void test_jwe__fuzz_seeds(void **state)
{
    AUTO(key_free) struct key *k = key_test("rsa-2048-2");
    AUTO(xfree) char *dir = test_data("../fuzz/corpus/jwe");
    AUTO(strlist_deinit) struct strlist names = {0};
    size_t counts[2] = {0, 0};
    assert_int_equal(file_find(dir, "", &names, NULL), 0);
    for (size_t i = 0; i < names.len; i++) {
        AUTO(xfree) char *path = path_join(dir, names.items[i]);
        AUTO(xfree) char *text = NULL;
        AUTO(xfree) char *plain = NULL;
        AUTO(jwe_deinit) struct jwe j = {0};
        size_t len = 0;
        bool accept = strncmp(names.items[i], "accept_", 7) == 0;
        assert_int_equal(file_read(path, FILE_MAX_TEXT, &text, &len, NULL), 0);
        bool ok = jwe_parse(text, &j, NULL) == JWE_OK && jwe_decrypt(&j, k, &plain, &len) == JWE_OK;
        if (ok != accept) {
            fail_msg("%s", names.items[i]);
        }
        counts[accept ? 1 : 0]++;
    }
    assert_true(counts[0] > 10 && counts[1] > 5);
}

static void test_jwe_problem_text__all_are_different(void **state)
{
    for (int a = 0; a < JWE_PROBLEM_MAX_; a++) {
        assert_non_null(jwe_problem_text((enum jwe_problem)a));
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(jwe_problem_text((enum jwe_problem)a),
                                    jwe_problem_text((enum jwe_problem)b));
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_jwe_encrypt__every_algorithm_with_its_twins),
    cmocka_unit_test(test_jwe_encrypt__takes_key_and_vector),
    cmocka_unit_test(test_jwe_encrypt__refuses_other_keys),
    cmocka_unit_test(test_jwe_alg_from_name__is_exact),
    cmocka_unit_test(test_jwe_decrypt__what_jwcrypto_made),
    cmocka_unit_test(test_jwe_decrypt__has_one_refusal),
    cmocka_unit_test(test_jwe_decrypt__hides_a_wrong_size_of_the_content_key),
    cmocka_unit_test(test_jwe_decrypt__refuses_keys_that_cannot),
    cmocka_unit_test(test_jwe_parse__refuses_headers),
    cmocka_unit_test(test_jwe_parse__refuses_parts),
    cmocka_unit_test(test_jwe_parse__refuses_other_counts_and_endless_text),
    cmocka_unit_test(test_jwe__fuzz_seeds),
    cmocka_unit_test(test_jwe_problem_text__all_are_different),
};

int main(void)
{
    return TEST_MAIN(tests);
}
