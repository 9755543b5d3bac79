/*
 * Content encryption: RFC 7518 B.1 to B.3 byte for byte, AES-GCM against the published test cases,
 * and every part changed.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/crypto/content.h"
#include "harness/data/json.h"

struct vector {
    struct content_in in;
    uint8_t *key, *iv, *aad, *plain, *sealed, *tag;
    size_t plain_len, sealed_len, tag_len;
};

static uint8_t *hex(const struct js *row, const char *name, size_t *ret_len)
{
    const char *text = js_get_text(row, name);
    uint8_t *bytes = NULL;
    assert_non_null(text);
    assert_int_equal(hex_decode(text, strlen(text), &bytes, ret_len, NULL), 0);
    return bytes;
}

static void vector_deinit(struct vector *v)
{
    xfree(v->key);
    xfree(v->iv);
    xfree(v->aad);
    xfree(v->plain);
    xfree(v->sealed);
    xfree(v->tag);
}

DEFINE_AUTO_VALUE(struct vector, vector_deinit)

static struct vector vector_of(const struct js *row, enum content_alg alg)
{
    struct vector v = {.in = {.alg = alg}};
    size_t len = 0;
    v.key = hex(row, "k", &len);
    assert_int_equal(len, content_key_size(alg));
    v.iv = hex(row, "iv", &len);
    assert_int_equal(len, content_iv_size(alg));
    v.aad = hex(row, "a", &v.in.aad_len);
    v.plain = hex(row, "p", &v.plain_len);
    v.sealed = hex(row, "e", &v.sealed_len);
    v.tag = hex(row, "t", &v.tag_len);
    assert_int_equal(v.tag_len, content_tag_size(alg));
    v.in.key = v.key;
    v.in.iv = v.iv;
    v.in.aad = v.aad;
    return v;
}

static struct js *rfc7518_b(void)
{
    AUTO(xfree) char *text = test_data_text("jose/rfc7518_B.json");
    struct js *rows = NULL;
    assert_int_equal(js_parse(str_of(text), "rfc7518_B.json", &rows, NULL), 0);
    assert_int_equal(js_len(rows), 3);
    return rows;
}

static bool opens(const struct vector *v)
{
    AUTO(xfree) char *plain = NULL;
    size_t len = 0;
    bool ok = content_open(&v->in, v->sealed, v->sealed_len, v->tag, v->tag_len, &plain, &len);
    assert_true(ok == (plain != NULL));
    if (ok) {
        assert_int_equal(len, v->plain_len);
        assert_memory_equal(plain, v->plain, len);
        assert_int_equal(plain[len], '\0');
    }
    return ok;
}

static void test_content_seal__rfc7518_b(void **state)
{
    AUTO(js_free) struct js *rows = rfc7518_b();
    for (size_t i = 0; i < js_len(rows); i++) {
        AUTO(vector_deinit)
        struct vector v = vector_of(js_at(rows, i), (enum content_alg)(CONTENT_A128CBC_HS256 + i));
        uint8_t tag[CONTENT_TAG_MAX] = {0};
        uint8_t *sealed = NULL;
        size_t len = 0;
        assert_int_equal(content_seal(&v.in, v.plain, v.plain_len, &sealed, &len, tag, NULL), 0);
        assert_int_equal(len, v.sealed_len);
        assert_memory_equal(sealed, v.sealed, len);
        assert_memory_equal(tag, v.tag, v.tag_len);
        xfree(sealed);
        assert_true(opens(&v));
    }
}

/* One bit of each input turned: key, vector, additional data, cipher text, tag. */
static void test_content_open__rejects_every_changed_part(void **state)
{
    AUTO(js_free) struct js *rows = rfc7518_b();
    for (size_t i = 0; i < js_len(rows); i++) {
        AUTO(vector_deinit)
        struct vector v = vector_of(js_at(rows, i), (enum content_alg)(CONTENT_A128CBC_HS256 + i));
        const struct {
            uint8_t *ptr;
            size_t len;
        } parts[] = {
            {v.key, content_key_size(v.in.alg) / 2}, /* the half of the MAC */
            {v.iv, content_iv_size(v.in.alg)},
            {v.aad, v.in.aad_len},
            {v.sealed, v.sealed_len},
            {v.tag, v.tag_len},
        };
        for (size_t p = 0; p < TEST_COUNT(parts); p++) {
            for (size_t at = 0; at < parts[p].len; at++) {
                parts[p].ptr[at] ^= 0x10;
                assert_false(opens(&v));
                parts[p].ptr[at] ^= 0x10;
            }
        }
        assert_true(opens(&v));
    }
}

/* The lengths bind too: what is moved from the data to the text, or cut off. */
static void test_content_open__rejects_other_lengths(void **state)
{
    AUTO(js_free) struct js *rows = rfc7518_b();
    AUTO(vector_deinit) struct vector v = vector_of(js_at(rows, 2), CONTENT_A256CBC_HS512);
    v.in.aad_len--;
    assert_false(opens(&v));
    v.in.aad_len++;
    v.sealed_len -= 16;
    assert_false(opens(&v));
    v.sealed_len += 16;
    v.tag_len -= 16; /* a tag cut to 128 bits is no tag of HS512 */
    assert_false(opens(&v));
    v.tag_len = 0;
    assert_false(opens(&v));
    v.tag_len = 32;
    assert_true(opens(&v));
}

/* A valid tag over a text whose padding is wrong: made with the key, refused all the same. */
static void test_content_open__rejects_bad_padding_under_a_good_tag(void **state)
{
    AUTO(js_free) struct js *rows = rfc7518_b();
    AUTO(vector_deinit) struct vector v = vector_of(js_at(rows, 0), CONTENT_A128CBC_HS256);
    uint8_t tag[CONTENT_TAG_MAX] = {0};
    uint8_t *other = NULL;
    AUTO(xfree) char *plain = NULL;
    size_t len = 0;
    /* The half of the cipher changed, the half of the MAC kept: the tag holds, the text does not.
     * Of 256 such keys about one gives a valid padding, so this one was tried. */
    v.key[31] ^= 1;
    assert_int_equal(content_seal(&v.in, v.plain, v.plain_len, &other, &len, tag, NULL), 0);
    v.key[31] ^= 1;
    assert_false(content_open(&v.in, other, len, tag, v.tag_len, &plain, &len));
    v.key[31] ^= 1;
    assert_true(content_open(&v.in, other, len, tag, v.tag_len, &plain, &len));
    xfree(other);
}

/* McGrew and Viega's GCM test cases 4, 10 and 16 (the same data under keys of three sizes). */
static const struct gcm_row {
    enum content_alg alg;
    const char *key;
    const char *tag;
    const char *sealed;
} gcm_rows[] = {
    {CONTENT_A128GCM, "feffe9928665731c6d6a8f9467308308", "5bc94fbc3221a5db94fae95ae7121a47",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84a"
     "a"
     "051ba30b396a0aac973d58e091"},
    {CONTENT_A192GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c",
     "2519498e80f1478f37ba55bd6d27618c",
     "3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c7d773d00c144c525ac619d18c84a3"
     "f"
     "4718e2448b2fe324d9ccda2710"},
    {CONTENT_A256GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "76fc6ece0f4e1768cddf8853bb2d551b",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828"
     "838"
     "c5f61e6393ba7a0abcc9f662"},
};

static struct vector gcm_vector(const struct gcm_row *r)
{
    AUTO(js_free) struct js *row = js_object();
    js_set_text(row, "k", r->key);
    js_set_text(row, "iv", "cafebabefacedbaddecaf888");
    js_set_text(row, "a", "feedfacedeadbeeffeedfacedeadbeefabaddad2");
    js_set_text(
        row, "p",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf"
        "0e2449a6b525b16aedf5aa0de657ba637b39");
    js_set_text(row, "e", r->sealed);
    js_set_text(row, "t", r->tag);
    return vector_of(row, r->alg);
}

static void test_content_seal__gcm_test_cases(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(gcm_rows); i++) {
        AUTO(vector_deinit) struct vector v = gcm_vector(&gcm_rows[i]);
        uint8_t tag[CONTENT_TAG_MAX] = {0};
        uint8_t *sealed = NULL;
        size_t len = 0;
        assert_int_equal(content_seal(&v.in, v.plain, v.plain_len, &sealed, &len, tag, NULL), 0);
        assert_int_equal(len, v.sealed_len);
        assert_memory_equal(sealed, v.sealed, len);
        assert_memory_equal(tag, v.tag, v.tag_len);
        xfree(sealed);
        assert_true(opens(&v));
        v.tag[15] ^= 1;
        assert_false(opens(&v));
        v.tag[15] ^= 1;
        v.aad[0] ^= 1;
        assert_false(opens(&v));
        v.aad[0] ^= 1;
        v.sealed[0] ^= 1;
        assert_false(opens(&v));
    }
}

static void test_content_seal__nothing_at_all(void **state)
{
    static const uint8_t key[CONTENT_KEY_MAX] = {1};
    static const uint8_t iv[CONTENT_IV_MAX] = {2};
    for (int alg = 0; alg < CONTENT_ALG_MAX_; alg++) {
        struct content_in in = {.alg = (enum content_alg)alg, .key = key, .iv = iv, .aad = ""};
        uint8_t tag[CONTENT_TAG_MAX] = {0};
        uint8_t *sealed = NULL;
        AUTO(xfree) char *plain = NULL;
        size_t len = 99;
        bool cbc = alg <= CONTENT_A256CBC_HS512;
        assert_int_equal(content_seal(&in, "", 0, &sealed, &len, tag, NULL), 0);
        assert_int_equal(len, cbc ? 16 : 0);
        assert_true(content_open(&in, sealed, len, tag, content_tag_size(in.alg), &plain, &len));
        assert_int_equal(len, 0);
        assert_int_equal(content_length_fits(in.alg, 0), !cbc);
        assert_int_equal(content_length_fits(in.alg, 15), !cbc);
        assert_true(content_length_fits(in.alg, 32));
        xfree(sealed);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_content_seal__rfc7518_b),
    cmocka_unit_test(test_content_open__rejects_every_changed_part),
    cmocka_unit_test(test_content_open__rejects_other_lengths),
    cmocka_unit_test(test_content_open__rejects_bad_padding_under_a_good_tag),
    cmocka_unit_test(test_content_seal__gcm_test_cases),
    cmocka_unit_test(test_content_seal__nothing_at_all),
};

int main(void)
{
    return TEST_MAIN(tests);
}
