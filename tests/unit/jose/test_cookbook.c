/*
 * The published examples as a whole: RFC 7515 A.6 and A.7, RFC 7516 A, RFC 7519 A and RFC 7520.
 * What the harness has the algorithm for is verified and decrypted to the published text; what it
 * has not, and what is no compact serialisation, is refused with the reason that fits.
 */
#include "tests/unit/jose/vectors.h"

#include "harness/base/b64.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jws.h"

/* ---- JWS ---- */

static const struct jws_row {
    const char *jws;
    const char *jwk;
    enum jws_alg alg;
} signed_rows[] = {
    {"rfc7520_4.1.jws", "rfc7520_3.4.jwk", JWS_RS256},
    {"rfc7520_4.1.jws", "rfc7520_3.3.jwk", JWS_RS256},
    {"rfc7520_4.2.jws", "rfc7520_3.3.jwk", JWS_PS384},
    {"rfc7520_4.3.jws", "rfc7520_3.1.jwk", JWS_ES512},
    {"rfc7520_4.4.jws", "rfc7520_3.5.jwk", JWS_HS256},
};

static void test_rfc7520__signatures(void **state)
{
    AUTO(xfree) char *payload = vector_text("rfc7520_4.txt");
    AUTO(key_free) struct key *stranger = vector_key("rfc7515_A.2.jwk");
    for (size_t i = 0; i < TEST_COUNT(signed_rows); i++) {
        AUTO(xfree) char *text = vector_text(signed_rows[i].jws);
        AUTO(key_free) struct key *k = vector_key(signed_rows[i].jwk);
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(text, &j, NULL), JWS_OK);
        assert_int_equal(j.alg, signed_rows[i].alg);
        assert_string_equal(j.payload, payload);
        assert_int_equal(jws_check_header(&j, NULL), JWS_OK);
        assert_int_equal(jws_verify(&j, k), JWS_OK);
        assert_int_not_equal(jws_verify(&j, stranger), JWS_OK);
        j.signature[1] ^= 1;
        assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
    }
}

/* 4.5: the payload travels elsewhere; put back in its place it verifies, without it it does not. */
static void test_rfc7520__detached_payload(void **state)
{
    AUTO(xfree) char *text = vector_text("rfc7520_4.5.jws");
    AUTO(xfree) char *payload = vector_text("rfc7520_4.txt");
    AUTO(key_free) struct key *k = vector_key("rfc7520_3.5.jwk");
    AUTO(xfree) char *b64 = b64url_encode(payload, strlen(payload));
    const char *gap = strstr(text, "..");
    assert_non_null(gap);
    AUTO(xfree) char *whole = xasprintf("%.*s.%s%s", (int)(gap - text), text, b64, gap + 1);
    AUTO(jws_deinit) struct jws detached = {0};
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(text, &detached, NULL), JWS_OK);
    assert_int_equal(detached.payload_len, 0);
    assert_int_equal(jws_verify(&detached, k), JWS_BAD_SIGNATURE);
    assert_int_equal(jws_parse(whole, &j, NULL), JWS_OK);
    assert_int_equal(jws_verify(&j, k), JWS_OK);
}

/* Signatures of the JSON serialisations, as the compact text of the same three parts: those whose
 * header is wholly protected verify, the others have no compact form. */
static const struct json_row {
    const char *json;
    int at; /* in "signatures"; -1: flattened */
    const char *jwk;
    enum jws_problem problem;
} json_rows[] = {
    {"rfc7515_A.6.json", 0, "rfc7515_A.2.jwk", JWS_OK},
    {"rfc7515_A.6.json", 1, "rfc7515_A.3.jwk", JWS_OK},
    {"rfc7515_A.7.json", -1, "rfc7515_A.3.jwk", JWS_OK},
    {"rfc7520_4.6.json", 0, "rfc7520_3.5.jwk", JWS_OK},
    {"rfc7520_4.7.json", 0, "rfc7520_3.5.jwk", JWS_BAD_HEADER},
    {"rfc7520_4.8.json", 0, "rfc7520_3.3.jwk", JWS_OK},
    {"rfc7520_4.8.json", 1, "rfc7520_3.1.jwk", JWS_BAD_HEADER},
    {"rfc7520_4.8.json", 2, "rfc7520_3.5.jwk", JWS_OK},
};

static void test_json_serialisations__of_signatures(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(json_rows); i++) {
        const struct json_row *r = &json_rows[i];
        AUTO(js_free) struct js *doc = vector_json(r->json);
        AUTO(xfree) char *text = js_compact(doc);
        AUTO(key_free) struct key *k = vector_key(r->jwk);
        const struct js *one = r->at < 0 ? doc : js_at(js_get(doc, "signatures"), (size_t)r->at);
        const char *protected = js_get_text(one, "protected");
        AUTO(xfree)
        char *compact = xasprintf("%s.%s.%s", protected ? protected : "",
                                  js_get_text(doc, "payload"), js_get_text(one, "signature"));
        AUTO(jws_deinit) struct jws json = {0};
        AUTO(jws_deinit) struct jws j = {0};
        assert_int_equal(jws_parse(text, &json, NULL), JWS_NOT_THREE_PARTS);
        assert_int_equal(jws_parse(compact, &j, NULL), r->problem);
        if (r->problem == JWS_OK) {
            assert_int_equal(jws_verify(&j, k), JWS_OK);
            j.signature[0] ^= 1;
            assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
        }
    }
}

/* ---- JWE ---- */

static const struct jwe_row {
    const char *jwe;
    const char *jwk; /* NULL: refused before a key is looked at */
    const char *plain;
    enum jwe_problem problem;
    const char *detail;
} encrypted_rows[] = {
    {"rfc7516_A.1.jwe", "rfc7516_A.1.jwk", "rfc7516_A.1.txt", JWE_OK, ""},
    {"rfc7516_A.2.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"RSA1_5\""},
    {"rfc7516_A.3.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"A128KW\""},
    {"rfc7516_A.4.json", NULL, NULL, JWE_NOT_FIVE_PARTS, "a JSON serialisation"},
    {"rfc7516_A.5.json", NULL, NULL, JWE_NOT_FIVE_PARTS, "a JSON serialisation"},
    {"rfc7519_A.1.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"RSA1_5\""},
    {"rfc7519_A.2.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"RSA1_5\""},
    {"rfc7520_5.1.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"RSA1_5\""},
    {"rfc7520_5.2.jwe", "rfc7520_5.2.jwk", "rfc7520_5.txt", JWE_OK, ""},
    {"rfc7520_5.3.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"PBES2-HS512+A256KW\""},
    {"rfc7520_5.4.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"ECDH-ES+A128KW\""},
    {"rfc7520_5.5.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"ECDH-ES\""},
    {"rfc7520_5.6.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"dir\""},
    {"rfc7520_5.7.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"A256GCMKW\""},
    {"rfc7520_5.8.jwe", NULL, NULL, JWE_UNKNOWN_ALG, "\"A128KW\""},
    {"rfc7520_5.9.jwe", NULL, NULL, JWE_COMPRESSED, "'zip'"},
    {"rfc7520_5.10.json", NULL, NULL, JWE_NOT_FIVE_PARTS, "a JSON serialisation"},
    {"rfc7520_5.11.json", NULL, NULL, JWE_NOT_FIVE_PARTS, "a JSON serialisation"},
    {"rfc7520_5.12.json", NULL, NULL, JWE_NOT_FIVE_PARTS, "a JSON serialisation"},
    {"rfc7520_5.13.json", NULL, NULL, JWE_NOT_FIVE_PARTS, "a JSON serialisation"},
    {"rfc7520_6.jwe", "rfc7520_5.2.jwk", "rfc7520_6.jws", JWE_OK, ""},
};

static void check_plain(const struct jwe_row *r, struct jwe *j)
{
    AUTO(xfree) char *wanted = vector_text(r->plain);
    AUTO(xfree) char *plain = NULL;
    AUTO(key_free) struct key *k = vector_key(r->jwk);
    AUTO(key_free) struct key *stranger = key_test("rsa-2048-1");
    char *none = NULL;
    size_t len = 0;
    assert_int_equal(jwe_decrypt(j, k, &plain, &len), JWE_OK);
    assert_string_equal(plain, wanted);
    assert_int_equal(jwe_decrypt(j, stranger, &none, &len), JWE_NOT_AUTHENTIC);
    j->tag.ptr[0] ^= 1;
    assert_int_equal(jwe_decrypt(j, k, &none, &len), JWE_NOT_AUTHENTIC);
    assert_null(none);
}

static void test_rfc7516_7519_7520__encryption(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(encrypted_rows); i++) {
        const struct jwe_row *r = &encrypted_rows[i];
        AUTO(xfree) char *text = vector_text(r->jwe);
        AUTO(jwe_deinit) struct jwe j = {0};
        struct err detail = {0};
        enum jwe_problem p = jwe_parse(text, &j, &detail);
        if (p != r->problem || !strstr(detail.msg, r->detail)) {
            fail_msg("%s: %s: %s", r->jwe, jwe_problem_text(p), detail.msg);
        }
        if (p == JWE_OK) {
            check_plain(r, &j);
        }
    }
}

/* The steps of A.1 and 5.2 that do not draw: the same key and vector give the same content. */
static void test_rfc7516_7520__content_byte_for_byte(void **state)
{
    static const struct {
        const char *jwe;
        const char *jwk;
        const char *plain;
        const char *cek;
    } rows[] = {
        {"rfc7520_5.2.jwe", "rfc7520_5.2.jwk", "rfc7520_5.txt",
         "mYMfsggkTAm0TbvtlFh2hyoXnbEzJQjMxmgLN3d8xXA"},
        {"rfc7520_6.jwe", "rfc7520_5.2.jwk", "rfc7520_6.jws", "0RHSNYwN-6-2QBGsYTZLSQ"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *text = vector_text(rows[i].jwe);
        AUTO(xfree) char *plain = vector_text(rows[i].plain);
        AUTO(key_free) struct key *k = vector_key(rows[i].jwk);
        AUTO(jwe_deinit) struct jwe j = {0};
        AUTO(xfree) char *made = NULL;
        uint8_t *cek = NULL;
        size_t len = 0;
        assert_int_equal(jwe_parse(text, &j, NULL), JWE_OK);
        assert_int_equal(b64url_decode(rows[i].cek, strlen(rows[i].cek), &cek, &len, NULL), 0);
        const struct jwe_how how = {j.alg, j.enc, cek, j.iv.ptr};
        assert_int_equal(jwe_encrypt(k, &how, j.header, str_of(plain), &made, NULL), 0);
        xfree(cek);
        /* header, vector, content and tag; the encrypted key is padded at random */
        assert_int_equal(strcspn(made, "."), strcspn(text, "."));
        assert_memory_equal(made, text, strcspn(text, "."));
        const char *rest = strchr(strchr(text, '.') + 1, '.');
        const char *made_rest = strchr(strchr(made, '.') + 1, '.');
        assert_string_equal(made_rest, rest);
    }
}

/* Section 6: the token inside verifies with the key of its signer. */
static void test_rfc7520__nested(void **state)
{
    AUTO(xfree) char *text = vector_text("rfc7520_6.jws");
    AUTO(key_free) struct key *k = vector_key("rfc7520_6.jwk");
    AUTO(jws_deinit) struct jws j = {0};
    assert_int_equal(jws_parse(text, &j, NULL), JWS_OK);
    assert_int_equal(j.alg, JWS_PS256);
    assert_int_equal(jws_verify(&j, k), JWS_OK);
    assert_non_null(strstr(j.payload, "\"hobbiton.example\""));
    j.signature[9] ^= 1;
    assert_int_equal(jws_verify(&j, k), JWS_BAD_SIGNATURE);
}

/* RFC 8037 A.6 and A.7: curves for key agreement are named, not taken for signature keys. */
static void test_rfc8037__agreement_keys_are_refused(void **state)
{
    static const struct {
        const char *jwk;
        const char *text;
    } rows[] = {{"rfc8037_A.6.jwk", "'X25519'"}, {"rfc8037_A.7.jwk", "'X448'"}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(js_free) struct js *jwk = vector_json(rows[i].jwk);
        struct key *k = NULL;
        struct err err = {0};
        assert_int_equal(jwk_to_key(jwk, &k, &err), -1);
        assert_non_null(strstr(err.msg, "'crv'"));
        assert_non_null(strstr(err.msg, rows[i].text));
    }
}

/* RFC 7520 3: each key, and the public halves of the private ones. */
static void test_rfc7520__keys(void **state)
{
    static const struct {
        const char *jwk;
        enum key_kind kind;
        bool is_private;
    } rows[] = {
        {"rfc7520_3.1.jwk", KEY_EC_P521, false}, {"rfc7520_3.2.jwk", KEY_EC_P521, true},
        {"rfc7520_3.3.jwk", KEY_RSA, false},     {"rfc7520_3.4.jwk", KEY_RSA, true},
        {"rfc7520_3.5.jwk", KEY_SECRET, true},   {"rfc7520_3.6.jwk", KEY_SECRET, true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(key_free) struct key *k = vector_key(rows[i].jwk);
        assert_int_equal(key_kind(k), rows[i].kind);
        assert_int_equal(key_is_private(k), rows[i].is_private);
        if (rows[i].is_private && key_kind(k) != KEY_SECRET) {
            AUTO(key_free) struct key *half = vector_key(rows[i - 1].jwk);
            AUTO(js_free) struct js *a = jwk_public(k);
            AUTO(js_free) struct js *b = jwk_public(half);
            assert_true(js_equal(a, b));
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rfc7520__keys),
    cmocka_unit_test(test_rfc7520__signatures),
    cmocka_unit_test(test_rfc7520__detached_payload),
    cmocka_unit_test(test_json_serialisations__of_signatures),
    cmocka_unit_test(test_rfc7516_7519_7520__encryption),
    cmocka_unit_test(test_rfc7516_7520__content_byte_for_byte),
    cmocka_unit_test(test_rfc7520__nested),
    cmocka_unit_test(test_rfc8037__agreement_keys_are_refused),
};

int main(void)
{
    return TEST_MAIN(tests);
}
