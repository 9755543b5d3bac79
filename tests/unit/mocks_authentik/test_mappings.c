/*
 * Scope mappings of the provider's own, entitlements, subjects (authentik.md 6.2, 6.4): what they
 * return, how it is merged, and where it is seen.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/jose/jwt.h"

static const char *const scopes[] = {"openid", "email", "profile", "team", "zone", NULL};

static struct js *parse(const char *text)
{
    struct js *value = NULL;
    struct err err = {0};
    if (js_parse(str_of(text), "test", &value, &err) != 0)
        fail_msg("%s", err.msg);
    return value;
}

static void start(struct fx *f, const char *mappings)
{
    fx_init(f);
    f->setup.authentik.scopes = scopes;
    f->mappings = parse(mappings);
    f->setup.authentik.mappings = f->mappings;
    fx_start(f);
}

static void login(struct fx *f, const char *scope)
{
    AUTO(xfree) char *code = fx_code(f, scope, NULL);
    fx_exchange(f, code, NULL);
    assert_int_equal(f->resp.status, 200);
}

static struct js *userinfo(struct fx *f)
{
    params_addf(&f->send, "Authorization", "Bearer %s", fx_text(f, "access_token"));
    fx_get(f, "/application/o/userinfo/");
    assert_int_equal(f->resp.status, 200);
    return js_dup(f->json);
}

/* A member's JSON text, or "absent". Caller frees. */
static char *shown(const struct js *obj, const char *name)
{
    const struct js *value = js_get(obj, name);
    return value != NULL ? js_compact(value) : xstrdup("absent");
}

struct claim_row {
    const char *name;
    const char *mappings;
    const char *claim;
    const char *expected;
};

static const struct claim_row claim_rows[] = {
    {"literal", "{\"team\": {\"level\": 3}}", "level", "3"},
    {"types", "{\"team\": {\"t\": [1, true, null, \"1\", 1.5, {}]}}", "t",
     "[1,true,null,\"1\",1.5,{}]"},
    {"username", "{\"team\": {\"u\": \"${user.username}\"}}", "u", "\"alice\""},
    {"name", "{\"team\": {\"u\": \"${user.name}\"}}", "u", "\"Alice Admin\""},
    {"email", "{\"team\": {\"u\": \"${user.email}\"}}", "u", "\"alice@company.example\""},
    {"pk is a number", "{\"team\": {\"u\": \"${user.pk}\"}}", "u", "1"},
    {"groups are a list", "{\"team\": {\"u\": \"${user.groups}\"}}", "u", "[\"ArgoCD Admins\"]"},
    {"attribute keeps its type", "{\"team\": {\"u\": \"${user.attributes.floor}\"}}", "u", "7"},
    {"deeper attribute", "{\"team\": {\"u\": \"${user.attributes.address.city}\"}}", "u",
     "\"Bern\""},
    {"attribute that is not there", "{\"team\": {\"u\": \"${user.attributes.none}\"}}", "u",
     "null"},
    {"amid text", "{\"team\": {\"u\": \"<${user.username}|${user.attributes.floor}>\"}}", "u",
     "\"<alice|7>\""},
    {"nothing amid text", "{\"team\": {\"u\": \"a${user.attributes.none}b\"}}", "u", "\"ab\""},
    {"two names are text", "{\"team\": {\"u\": \"${user.pk}${user.pk}\"}}", "u", "\"11\""},
    {"deep", "{\"team\": {\"a\": {\"b\": [{\"c\": \"${user.username}\"}]}}}", "a",
     "{\"b\":[{\"c\":\"alice\"}]}"},
    {"replaces a default mapping", "{\"email\": {\"email_verified\": true}}", "email_verified",
     "true"},
    {"and nothing of it stays", "{\"email\": {\"email_verified\": true}}", "email", "absent"},
    {"null leaves the default one", "{\"email\": null}", "email", "\"alice@company.example\""},
    {"later scope replaces", "{\"team\": {\"x\": 1}, \"zone\": {\"x\": \"z\"}}", "x", "\"z\""},
    {"by name, not as written", "{\"zone\": {\"x\": \"z\"}, \"team\": {\"x\": 1}}", "x", "\"z\""},
    {"objects are merged", "{\"team\": {\"x\": {\"a\": 1}}, \"zone\": {\"x\": {\"b\": 2}}}", "x",
     "{\"a\":1,\"b\":2}"},
    {"lists are appended", "{\"team\": {\"x\": [1]}, \"zone\": {\"x\": [2]}}", "x", "[1,2]"},
    {"to a default one, too", "{\"team\": {\"groups\": [\"g\"]}}", "groups",
     "[\"ArgoCD Admins\",\"g\"]"},
    {"an object replaces a list", "{\"team\": {\"x\": [1]}, \"zone\": {\"x\": {\"b\": 2}}}", "x",
     "{\"b\":2}"},
};

static void check_claim_row(const struct claim_row *row)
{
    struct fx f;
    AUTO(js_free)
    struct js *attributes = parse("{\"floor\": 7, \"address\": {\"city\": \"Bern\"}}");
    start(&f, row->mappings);
    f.people[0].attributes = attributes;
    login(&f, "openid email profile team zone");
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    AUTO(js_free) struct js *access = jwt_claims_unverified(fx_text(&f, "access_token"));
    AUTO(js_free) struct js *info = userinfo(&f);
    AUTO(xfree) char *in_id = shown(id, row->claim);
    AUTO(xfree) char *in_access = shown(access, row->claim);
    AUTO(xfree) char *in_info = shown(info, row->claim);
    fx_stop(&f);
    assert_string_equal(in_id, row->expected);
    assert_string_equal(in_access, row->expected);
    assert_string_equal(in_info, row->expected);
}

static void test_claim(void **state)
{
    check_claim_row(*state);
}

static void test_mapping__only_for_its_scope(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "{\"team\": {\"level\": 3}}");
    login(&f, "openid");
    AUTO(js_free) struct js *without = fx_id_claims(&f);
    assert_null(js_get(without, "level"));
    login(&f, "openid team");
    AUTO(js_free) struct js *with = fx_id_claims(&f);
    assert_non_null(js_get(with, "level"));
    fx_stop(&f);
}

static void test_mapping__may_overwrite_base_claims(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "{\"team\": {\"sub\": \"${user.email}\", \"aud\": [\"a\", \"b\"], \"exp\": 7,"
              " \"amr\": [\"x\"], \"acr\": null, \"azp\": \"mine\"}}");
    login(&f, "openid team");
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    AUTO(js_free) struct js *access = jwt_claims_unverified(fx_text(&f, "access_token"));
    AUTO(xfree) char *aud = shown(id, "aud");
    AUTO(xfree) char *amr = shown(id, "amr"); /* replaced, not appended to */
    AUTO(xfree) char *acr = shown(id, "acr");
    AUTO(xfree) char *exp = shown(access, "exp");
    assert_string_equal(js_get_text(id, "sub"), "alice@company.example");
    assert_string_equal(aud, "[\"a\",\"b\"]");
    assert_string_equal(amr, "[\"x\"]");
    assert_string_equal(acr, "null"); /* only base claims are left out when null */
    assert_string_equal(exp, "7");
    assert_string_equal(js_get_text(id, "azp"), "mine");
    assert_string_equal(js_get_text(access, "azp"), "my_client_id"); /* set after the mappings */
    fx_stop(&f);
}

static void test_mapping__stays_out_of_tokens_when_told_so(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.scopes = scopes;
    f.setup.authentik.include_claims_in_id_token = false;
    f.mappings = parse("{\"team\": {\"level\": 3}}");
    f.setup.authentik.mappings = f.mappings;
    fx_start(&f);
    login(&f, "openid team");
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    AUTO(js_free) struct js *info = userinfo(&f);
    assert_null(js_get(id, "level"));
    assert_non_null(js_get(info, "level"));
    fx_stop(&f);
}

static void test_mapping__shows_in_discovery(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "{\"team\": {\"level\": \"${user.username}\"}}");
    fx_get(&f, "/application/o/argocd/.well-known/openid-configuration");
    AUTO(xfree) char *offered = js_compact(js_get(f.json, "scopes_supported"));
    AUTO(xfree) char *claims = js_compact(js_get(f.json, "claims_supported"));
    assert_true(cstr_contains(offered, "\"team\""));
    assert_true(cstr_contains(claims, "\"level\""));
    assert_false(cstr_contains(claims, "\"roles\""));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ subjects */

struct sub_row {
    const char *mode;
    const char *attributes; /* JSON, or NULL */
    const char *sub;        /* NULL = the hash */
};

static const struct sub_row sub_rows[] = {
    {"hashed_user_id", NULL, NULL},
    {"user_id", NULL, "1"},
    {"user_username", NULL, "alice"},
    {"user_email", NULL, "alice@company.example"},
    {"user_upn", "{\"upn\": \"alice@ad.company\"}", "alice@ad.company"},
    {"user_upn", "{\"other\": 1}", NULL},
    {"user_upn", NULL, NULL},
};

static char *sub_of(const struct sub_row *row)
{
    struct fx f;
    AUTO(js_free)
    struct js *attributes = row->attributes != NULL ? parse(row->attributes) : NULL;
    fx_init(&f);
    f.setup.authentik.sub_mode = row->mode;
    f.people[0].attributes = attributes;
    fx_start(&f);
    login(&f, "openid");
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    char *sub = xstrdup(js_get_text(id, "sub"));
    fx_stop(&f);
    return sub;
}

/* The setup's word counts, whatever the version says by itself (authentik.md 6.4). */
static void test_email__verified_by_the_setup(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"2026.2", NULL, "false"},    {"2026.2", "true", "true"}, {"2026.2", "false", "false"},
        {"2026.2", "absent", NULL},   {"2025.8", NULL, "true"},   {"2025.8", "true", "true"},
        {"2025.8", "false", "false"}, {"2025.8", "absent", NULL},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = rows[i][0];
        f.setup.authentik.client_secret = "plain0secret1";
        f.setup.authentik.email_verified = rows[i][1];
        fx_start(&f);
        login(&f, "openid email");
        AUTO(js_free) struct js *id = fx_id_claims(&f);
        const struct js *claim = js_get(id, "email_verified");
        AUTO(xfree) char *seen = claim != NULL ? js_compact(claim) : NULL;
        if (!cstr_eq(seen, rows[i][2]) && (seen != NULL || rows[i][2] != NULL))
            fail_msg("%s, %s: %s", rows[i][0], rows[i][1] != NULL ? rows[i][1] : "nothing",
                     seen != NULL ? seen : "absent");
        fx_stop(&f);
    }
}

static void test_sub__by_mode(void **state)
{
    (void)state;
    AUTO(xfree) char *hash = sub_of(&sub_rows[0]);
    assert_int_equal(strlen(hash), 64);
    assert_int_equal(strspn(hash, "0123456789abcdef"), 64);
    for (size_t i = 1; i < TEST_COUNT(sub_rows); i++) {
        AUTO(xfree) char *sub = sub_of(&sub_rows[i]);
        assert_string_equal(sub, sub_rows[i].sub != NULL ? sub_rows[i].sub : hash);
    }
}

static void test_sub__uuid_is_the_mappings(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "{\"team\": {\"uuid\": \"${user.uuid}\"}}");
    struct err err = {0};
    struct setup other = f.setup;
    other.authentik.sub_mode = "user_uuid";
    assert_int_equal(authentik_mock_change(f.mock, &other, &err), 0);
    login(&f, "openid team");
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    const char *uuid = js_get_text(id, "uuid");
    assert_int_equal(strlen(uuid), 36);
    assert_int_equal(strspn(uuid, "0123456789abcdef-"), 36);
    for (size_t i = 0; i < 36; i++) /* RFC 9562 4 */
        assert_int_equal(uuid[i] == '-', i == 8 || i == 13 || i == 18 || i == 23);
    assert_int_equal(uuid[14], '4'); /* and 5.4: version and variant */
    assert_int_equal(uuid[19], '8');
    assert_string_equal(js_get_text(id, "sub"), uuid);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ entitlements */

static void start_entitled(struct fx *f, const char *entitlements)
{
    static const char *const with[] = {"openid", "entitlements", NULL};
    fx_init(f);
    f->setup.authentik.scopes = with;
    f->mappings = parse(entitlements);
    f->setup.authentik.entitlements = f->mappings;
    fx_start(f);
}

static void test_entitlements__by_group_and_person(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"audit\": [\"ArgoCD Admins\"], \"x\": [\"ArgoCD Viewers\"]}", "[\"audit\"]"},
        {"{\"audit\": [\"bob\", \"alice\"], \"x\": [\"bob\"]}", "[\"audit\"]"},
        {"{\"audit\": [], \"x\": [\"Alice\", \"argocd admins\"]}", "[]"},
        {"{}", "[]"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        start_entitled(&f, rows[i][0]);
        login(&f, "openid entitlements");
        AUTO(js_free) struct js *id = fx_id_claims(&f);
        AUTO(xfree) char *entitlements = shown(id, "entitlements");
        AUTO(xfree) char *roles = shown(id, "roles");
        fx_stop(&f);
        assert_string_equal(entitlements, rows[i][1]);
        assert_string_equal(roles, rows[i][1]);
    }
}

static void test_entitlements__in_userinfo_in_order(void **state)
{
    (void)state;
    struct fx f;
    start_entitled(&f, "{\"audit\": [\"alice\"]}");
    login(&f, "openid entitlements");
    AUTO(js_free) struct js *info = userinfo(&f);
    js_remove(info, "sub");
    AUTO(xfree) char *text = js_compact(info);
    assert_string_equal(text, fx_literal("token.entitlements"));
    fx_stop(&f);
}

static const struct CMUnitTest single_tests[] = {
    cmocka_unit_test(test_mapping__only_for_its_scope),
    cmocka_unit_test(test_mapping__may_overwrite_base_claims),
    cmocka_unit_test(test_mapping__stays_out_of_tokens_when_told_so),
    cmocka_unit_test(test_mapping__shows_in_discovery),
    cmocka_unit_test(test_email__verified_by_the_setup),
    cmocka_unit_test(test_sub__by_mode),
    cmocka_unit_test(test_sub__uuid_is_the_mappings),
    cmocka_unit_test(test_entitlements__by_group_and_person),
    cmocka_unit_test(test_entitlements__in_userinfo_in_order),
};

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(single_tests) + TEST_COUNT(claim_rows)] = {{0}};
    memcpy(tests, single_tests, sizeof(single_tests));
    for (size_t i = 0; i < TEST_COUNT(claim_rows); i++)
        tests[TEST_COUNT(single_tests) + i] =
            (struct CMUnitTest){.name = claim_rows[i].name,
                                .test_func = test_claim,
                                .initial_state = (void *)(uintptr_t)&claim_rows[i]};
    return TEST_MAIN(tests);
}
