/*
 * JSON as messages of Argo CD's API and back. The bytes are written out by the encoding's own rules
 * (protobuf.dev, encoding) and the field numbers of argocd.md 3.6.
 */
#include "tests/support/test.h"

#include <string.h>

#include "mocks/argocd/pbjson.h"
#include "mocks/argocd/proto/account.pb-c.h"
#include "mocks/argocd/proto/session.pb-c.h"
#include "mocks/argocd/proto/settings.pb-c.h"

#define SETTINGS &cluster__settings__descriptor

struct vector {
    const char *name;
    const ProtobufCMessageDescriptor *kind;
    const char *json;
    const char *bytes;
    size_t n;
};

#define BYTES(s_) s_, sizeof(s_) - 1

/* Each both ways. */
static const struct vector vectors[] = {
    {"nothing", SETTINGS, "{}", BYTES("")},
    {"text", SETTINGS, "{\"url\":\"ab\"}",
     BYTES("\x0a\x02"
           "ab")},
    {"flag", &session__get_user_info_response__descriptor, "{\"loggedIn\":true}",
     BYTES("\x08\x01")},
    {"list", &session__get_user_info_response__descriptor, "{\"groups\":[\"a\",\"\"]}",
     BYTES("\x22\x01"
           "a\x22\x00")},
    {"message_empty", SETTINGS, "{\"dexConfig\":{}}", BYTES("\x12\x00")},
    {"messages", SETTINGS, "{\"dexConfig\":{\"connectors\":[{\"name\":\"a\"},{\"type\":\"b\"}]}}",
     BYTES("\x12\x0a\x0a\x03\x0a\x01"
           "a\x0a\x03\x12\x01"
           "b")},
    {"two_byte_key", SETTINGS, "{\"uiBannerPermanent\":true,\"trackingMethod\":\"x\"}",
     BYTES("\x92\x01\x01x\x98\x01\x01")},
    {"high_number", SETTINGS, "{\"additionalUrls\":[\"u\"]}", BYTES("\xda\x01\x01u")},
};

static void test_vector__both_ways(void **state)
{
    const struct vector *v = *state;
    AUTO(js_free) struct js *json = NULL;
    AUTO(js_free) struct js *back = NULL;
    AUTO(buf_deinit) struct buf out = {0};
    struct err err = {0};
    buf_init(&out, BUF_MAX_TEXT);
    assert_int_equal(js_parse(str_of(v->json), "test", &json, &err), 0);
    pb_write(&out, json, v->kind);
    assert_int_equal(out.len, v->n);
    assert_memory_equal(out.ptr, v->bytes, v->n);
    assert_int_equal(pb_read(v->bytes, v->n, v->kind, &back, &err), 0);
    assert_true(js_equal(json, back));
}

static void writes(const char *json, const ProtobufCMessageDescriptor *kind, const char *bytes,
                   size_t n)
{
    AUTO(js_free) struct js *j = NULL;
    AUTO(buf_deinit) struct buf out = {0};
    struct err err = {0};
    buf_init(&out, BUF_MAX_TEXT);
    assert_int_equal(js_parse(str_of(json), "test", &j, &err), 0);
    pb_write(&out, j, kind);
    assert_int_equal(out.len, n);
    assert_memory_equal(out.ptr, bytes, n);
}

/* proto3 leaves out what is empty; the Kubernetes types are proto2, where "" is there. */
static void test_write__empty_values(void **state)
{
    writes("{\"url\":\"\",\"execEnabled\":false}", SETTINGS, BYTES(""));
    writes("{\"kustomizeOptions\":{\"BuildOptions\":\"\",\"BinaryPath\":\"\",\"Versions\":null}}",
           SETTINGS, BYTES("\x42\x04\x0a\x00\x12\x00"));
}

static void test_write__map(void **state)
{
    writes("{\"idTokenClaims\":{\"groups\":{\"essential\":true}}}",
           &cluster__oidcconfig__descriptor, BYTES("\x32\x0c\x0a\x06groups\x12\x02\x08\x01"));
}

/* What is no such type, or no such member, is not written. */
static void test_write__what_does_not_fit(void **state)
{
    writes("{\"url\":7,\"dexConfig\":\"x\",\"execEnabled\":\"yes\",\"nope\":\"x\"}", SETTINGS,
           BYTES(""));
    writes("{\"groups\":[\"a\",1,null,\"b\"]}", &session__get_user_info_response__descriptor,
           BYTES("\x22\x01"
                 "a\x22\x01"
                 "b"));
}

static void test_write__long_text(void **state)
{
    char json[400] = "{\"url\":\"";
    memset(json + 8, 'a', 300);
    memcpy(json + 308, "\"}", 3);
    AUTO(js_free) struct js *j = NULL;
    AUTO(buf_deinit) struct buf out = {0};
    struct err err = {0};
    buf_init(&out, BUF_MAX_TEXT);
    assert_int_equal(js_parse(str_of(json), "test", &j, &err), 0);
    pb_write(&out, j, SETTINGS);
    assert_int_equal(out.len, 303);
    assert_memory_equal(out.ptr, "\x0a\xac\x02", 3);
}

/* A later text of the same number wins; fields that are not known are passed over. */
static void test_read__as_every_reader(void **state)
{
    static const char message[] = "\x20\x05\x2a\x01z\x0a\x02"
                                  "ab\x35"
                                  "1234\x39"
                                  "12345678\x0a\x01"
                                  "c";
    AUTO(js_free) struct js *json = NULL;
    struct err err = {0};
    assert_int_equal(
        pb_read(message, sizeof(message) - 1, &account__can_irequest__descriptor, &json, &err), 0);
    assert_string_equal(js_get_text(json, "resource"), "c");
    assert_null(js_get(json, "action"));
    assert_int_equal(js_len(json), 1);
}

static void test_read__broken(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } broken[] = {
        {BYTES("\x0a")},
        {BYTES("\x0a\x05"
               "ab")},
        {BYTES("\x0b")},
        {BYTES("\x08\x80")},
        {BYTES("\x25"
               "12")},
        {BYTES("\x0a\xff\xff\xff\xff\x7f")},
        {BYTES("\x00\x00")},
    };
    for (size_t i = 0; i < TEST_COUNT(broken); i++) {
        AUTO(js_free) struct js *json = NULL;
        struct err err = {0};
        assert_int_equal(
            pb_read(broken[i].bytes, broken[i].n, &account__can_irequest__descriptor, &json, &err),
            -1);
        assert_null(json);
        assert_string_equal(err.msg, "the bytes are no message account.CanIRequest");
    }
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(vectors) + 6] = {
        cmocka_unit_test(test_write__empty_values),      cmocka_unit_test(test_write__map),
        cmocka_unit_test(test_write__what_does_not_fit), cmocka_unit_test(test_write__long_text),
        cmocka_unit_test(test_read__as_every_reader),    cmocka_unit_test(test_read__broken),
    };
    for (size_t i = 0; i < TEST_COUNT(vectors); i++) {
        static struct vector rows[TEST_COUNT(vectors)];
        rows[i] = vectors[i];
        tests[6 + i] = (struct CMUnitTest){.name = vectors[i].name,
                                           .test_func = test_vector__both_ways,
                                           .initial_state = &rows[i]};
    }
    return TEST_MAIN(tests);
}
