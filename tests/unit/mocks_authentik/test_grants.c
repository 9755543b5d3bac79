/*
 * The grants beside the code, and what all of them share (authentik.md 5): app passwords, federated
 * JWTs, the service account, rotation, lists of grants, the answer's members by version.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"

#define SERVICE "system:serviceaccount:ci"

static void assert_error(struct fx *f, const char *error, const char *literal)
{
    assert_int_equal(f->resp.status, 400);
    assert_string_equal(fx_text(f, "error"), error);
    assert_string_equal(fx_text(f, "error_description"), fx_literal(literal));
    assert_string_equal(fx_header(f, "Content-Type"), "application/json");
    assert_string_equal(fx_header(f, "Cache-Control"), "no-store");
    assert_string_equal(fx_header(f, "Pragma"), "no-cache");
}

/* Only what is in the form: no Basic, and nothing of a code exchange. */
static void post(struct fx *f, const char *form)
{
    fx_ask(f, "POST", "/application/o/token/", "application/x-www-form-urlencoded", form);
}

/* ------------------------------------------------------------------ app passwords */

static void start_app_passwords(struct fx *f)
{
    fx_init(f);
    f->people[0].app_password = "app of alice";
    f->people[2].app_password = "app of gone";
    fx_start(f);
}

struct form_row {
    const char *name;
    const char *form;
    bool granted;
};

#define GUIDE "client_id=my_client_id&"
static const struct form_row app_rows[] = {
    {"app: password grant",
     GUIDE "grant_type=password&username=alice&password=app+of+alice&scope=openid+profile", true},
    {"app: client_credentials",
     GUIDE "grant_type=client_credentials&username=alice&password=app+of+alice"
           "&scope=openid+profile",
     true},
    {"app: secret is not asked", /* neither right nor wrong */
     GUIDE "client_secret=x&grant_type=password&username=alice&password=app+of+alice"
           "&scope=openid+profile",
     true},
    {"app: packed into the secret", /* alice:app of alice */
     GUIDE "client_secret=YWxpY2U6YXBwIG9mIGFsaWNl&grant_type=client_credentials"
           "&scope=openid+profile",
     true},
    {"app: the login password is none",
     GUIDE "grant_type=password&username=alice&password=alice-password&scope=openid", false},
    {"app: of somebody else",
     GUIDE "grant_type=password&username=bob&password=app+of+alice&scope=openid", false},
    {"app: who has none", GUIDE "grant_type=password&username=bob&password=&scope=openid", false},
    {"app: user in another case",
     GUIDE "grant_type=password&username=Alice&password=app+of+alice&scope=openid", false},
    {"app: nobody", GUIDE "grant_type=password&username=zoe&password=app+of+alice", false},
    {"app: not active", GUIDE "grant_type=password&username=gone&password=app+of+gone", false},
    {"app: no user and no secret", GUIDE "grant_type=password&password=app+of+alice", false},
    {"app: packed wrongly", /* alice:other */
     GUIDE "client_secret=YWxpY2U6b3RoZXI%3D&grant_type=client_credentials", false},
    {"app: packed without a colon", /* alice */
     GUIDE "client_secret=YWxpY2U%3D&grant_type=client_credentials", false},
    {"app: secret that is no base64", GUIDE "client_secret=%21%21&grant_type=client_credentials",
     false},
};

static void test_app_password(void **state)
{
    const struct form_row *row = *state;
    struct fx f;
    start_app_passwords(&f);
    post(&f, row->form);
    if (row->granted) {
        assert_int_equal(f.resp.status, 200);
        fx_assert_members(f.json, fx_literal("token.answer"));
        AUTO(js_free) struct js *c = fx_id_claims(&f);
        assert_string_equal(js_get_text(c, "preferred_username"), "alice");
        assert_null(js_get(c, "amr"));
        assert_null(js_get(c, "sid"));
    } else {
        assert_error(&f, "invalid_grant", "token.invalid-grant");
    }
    fx_stop(&f);
}

/* As the person: the same subject as after a login, seen by userinfo, but never refreshed. */
static void test_app_password__stands_for_the_person(void **state)
{
    (void)state;
    struct fx f;
    start_app_passwords(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    fx_exchange(&f, code, NULL);
    AUTO(js_free) struct js *by_login = fx_id_claims(&f);
    clock_advance_ms(f.clock, 90 * 1000);
    post(&f, GUIDE "grant_type=password&username=alice&password=app+of+alice"
                   "&scope=openid+offline_access");
    fx_assert_members(f.json, fx_literal("token.answer"));
    AUTO(js_free) struct js *by_app = fx_id_claims(&f);
    int64_t auth = 0;
    int64_t iat = 0;
    assert_string_equal(js_get_text(by_app, "sub"), js_get_text(by_login, "sub"));
    assert_int_equal(js_get_number(by_app, "auth_time", &auth), 0);
    assert_int_equal(js_get_number(by_app, "iat", &iat), 0);
    assert_int_equal(auth, iat);
    params_addf(&f.send, "Authorization", "Bearer %s", fx_text(&f, "access_token"));
    fx_get(&f, "/application/o/userinfo/");
    assert_string_equal(fx_text(&f, "sub"), js_get_text(by_login, "sub"));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ the service account */

static void test_service_account__name_and_sub(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    post(&f, GUIDE "client_secret=my%2Bclient%2Fsecret%25&grant_type=client_credentials"
                   "&scope=openid+profile+email");
    assert_int_equal(f.resp.status, 200);
    AUTO(js_free) struct js *c = fx_id_claims(&f);
    assert_string_equal(js_get_text(c, "preferred_username"), fx_literal("token.service-username"));
    assert_string_equal(js_get_text(c, "name"), fx_literal("token.service-name"));
    assert_string_equal(js_get_text(c, "email"), "");
    assert_int_equal(js_len(js_get(c, "groups")), 0);
    assert_int_equal(strlen(js_get_text(c, "sub")), 64);
    fx_stop(&f);
}

static void test_service_account__needs_an_application(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.slug = NULL;
    f.people[0].app_password = "app";
    fx_start(&f);
    post(&f, GUIDE "client_secret=my%2Bclient%2Fsecret%25&grant_type=client_credentials");
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    post(&f, GUIDE "username=alice&password=app&grant_type=password");
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    fx_stop(&f);
}

/* The application's bindings hold for people and for accounts that nobody put into a group. */
static void test_bindings__hold_for_grants(void **state)
{
    (void)state;
    static const struct setup_binding admins[] = {{.group = "ArgoCD Admins"}};
    static const struct setup_binding others[] = {{.group = "ArgoCD Admins", .negate = true}};
    static const char by_secret[] =
        GUIDE "client_secret=my%2Bclient%2Fsecret%25&grant_type=client_credentials";
    static const char by_app[] = GUIDE "username=alice&password=app+of+alice&grant_type=password";
    static const struct {
        const struct setup_binding *binding;
        const char *good, *bad;
    } rows[] = {{admins, by_app, by_secret}, {others, by_secret, by_app}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        fx_init(&f);
        f.people[0].app_password = "app of alice";
        f.setup.authentik.bindings = rows[i].binding;
        f.setup.authentik.bindings_len = 1;
        fx_start(&f);
        post(&f, rows[i].bad);
        assert_error(&f, "invalid_grant", "token.invalid-grant");
        assert_true(fx_logged(&f, "User not authenticated for application"));
        post(&f, rows[i].good);
        assert_int_equal(f.resp.status, 200);
        fx_stop(&f);
    }
}

/* Known since 2026.8 and off; before 2026.5 a name like any other. */
static void test_token_exchange__is_off(void **state)
{
    (void)state;
    static const struct {
        const char *version, *error, *literal;
    } rows[] = {
        {"2026.2", "unsupported_grant_type", "token.unsupported-grant"},
        {"2026.5", "invalid_grant", "token.invalid-grant"},
        {"2026.8", "invalid_grant", "token.invalid-grant"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = rows[i].version;
        fx_start(&f);
        post(&f, GUIDE "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange");
        assert_error(&f, rows[i].error, rows[i].literal);
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ federated JWTs */

struct jwt_row {
    const char *name;
    const char *key;    /* that signs */
    const char *kid;    /* in the header; NULL = none */
    const char *claims; /* a merge patch on good ones */
    bool granted;
};

static const struct jwt_row jwt_rows[] = {
    {"jwt: of the source", "rsa-2048-5", "ci", "{}", true},
    {"jwt: for any audience", "rsa-2048-5", "ci", "{\"aud\": \"somebody else\"}", true},
    {"jwt: that never expires", "rsa-2048-5", "ci", "{\"exp\": null}", true},
    {"jwt: by another key", "rsa-2048-6", "ci", "{}", false},
    {"jwt: with an unknown kid", "rsa-2048-5", "other", "{}", false},
    {"jwt: without a kid", "rsa-2048-5", NULL, "{}", false},
    {"jwt: with another algorithm", "ec-p256-1", "ci", "{}", false},
    {"jwt: expired", "rsa-2048-5", "ci", "{\"exp\": 1767225600}", false},
    {"jwt: not yet valid", "rsa-2048-5", "ci", "{\"nbf\": 1767225601}", false},
    {"jwt: issued tomorrow", "rsa-2048-5", "ci", "{\"iat\": 1767312000}", false},
    {"jwt: with a text as exp", "rsa-2048-5", "ci", "{\"exp\": \"soon\"}", false},
};

static void start_federated_for(struct fx *f, const char *alg)
{
    AUTO(key_free) struct key *key = key_test("rsa-2048-5");
    struct js *jwk = jwk_public(key);
    struct js *keys = js_array();
    struct js *jwks = js_object();
    struct js *source = js_object();
    js_set_text(jwk, "kid", "ci");
    if (alg != NULL)
        js_set_text(jwk, "alg", alg);
    js_append(keys, jwk);
    js_set(jwks, "keys", keys);
    js_set(source, "jwks", jwks);
    fx_init(f);
    f->mappings = js_object();
    js_set(f->mappings, "cluster", source);
    f->setup.authentik.federation = f->mappings;
    fx_start(f);
}

static void start_federated(struct fx *f)
{
    start_federated_for(f, "RS256");
}

static char *assertion(const char *key_name, const char *kid, const char *patch_text)
{
    AUTO(key_free) struct key *key = key_test(key_name);
    AUTO(js_free) struct js *good = js_object();
    AUTO(js_free) struct js *patch = NULL;
    struct err err = {0};
    char *token = NULL;
    js_set_text(good, "sub", SERVICE);
    js_set(good, "exp", js_int(CLOCK_START_S + 60));
    js_set(good, "iat", js_int(CLOCK_START_S));
    assert_int_equal(js_parse(str_of(patch_text), "patch", &patch, &err), 0);
    AUTO(js_free) struct js *claims = js_merge_patch(good, patch);
    enum jws_alg alg = key_kind(key) == KEY_RSA ? JWS_RS256 : JWS_ES256;
    assert_int_equal(jwt_sign(key, alg, "JWT", kid, claims, &token, &err), 0);
    return token;
}

static void post_assertion(struct fx *f, const char *type, const char *member, const char *token)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    params_add(&form, "grant_type", "client_credentials");
    params_add(&form, "scope", "openid profile");
    params_add(&form, "client_assertion_type", type);
    if (member != NULL)
        params_add(&form, member, token);
    fx_post_form(f, "/application/o/token/", &form);
}

static void test_jwt(void **state)
{
    const struct jwt_row *row = *state;
    struct fx f;
    start_federated(&f);
    AUTO(xfree) char *token = assertion(row->key, row->kid, row->claims);
    post_assertion(&f, fx_literal("token.assertion-type"), "client_assertion", token);
    if (row->granted) {
        assert_int_equal(f.resp.status, 200);
        fx_assert_members(f.json, fx_literal("token.answer"));
        AUTO(js_free) struct js *c = fx_id_claims(&f);
        assert_string_equal(js_get_text(c, "preferred_username"),
                            fx_literal("token.jwt-service-username"));
        assert_string_equal(js_get_text(c, "name"), fx_literal("token.jwt-service-name"));
    } else {
        assert_error(&f, "invalid_grant", "token.invalid-grant");
        assert_true(fx_logged(&f, "No token could be verified"));
    }
    fx_stop(&f);
}

static void test_jwt__request(void **state)
{
    (void)state;
    struct fx f;
    start_federated(&f);
    AUTO(xfree) char *token = assertion("rsa-2048-5", "ci", "{}");
    const char *type = fx_literal("token.assertion-type");
    AUTO(xfree) char *right = xstrdup(type);
    post_assertion(&f, right, NULL, NULL);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    assert_true(fx_logged(&f, "Missing client assertion"));
    post_assertion(&f, right, "client_assertion", "no.jwt");
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    post_assertion(&f, "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
                   "client_assertion", token);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    assert_true(fx_logged(&f, "Invalid assertion type"));
    post_assertion(&f, right, "client_secret", token); /* stands in for the assertion */
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
}

/* The account is made once and then known: same subject, and userinfo finds it. */
static void test_jwt__same_account_again(void **state)
{
    (void)state;
    struct fx f;
    start_federated(&f);
    AUTO(xfree) char *type = xstrdup(fx_literal("token.assertion-type"));
    AUTO(xfree) char *token = assertion("rsa-2048-5", "ci", "{}");
    AUTO(xfree) char *stranger = assertion("rsa-2048-5", "ci", "{\"sub\": \"other\"}");
    post_assertion(&f, type, "client_assertion", token);
    AUTO(js_free) struct js *first = fx_id_claims(&f);
    post_assertion(&f, type, "client_assertion", stranger);
    AUTO(js_free) struct js *other = fx_id_claims(&f);
    post_assertion(&f, type, "client_assertion", token);
    AUTO(js_free) struct js *again = fx_id_claims(&f);
    assert_string_equal(js_get_text(again, "sub"), js_get_text(first, "sub"));
    assert_string_not_equal(js_get_text(other, "sub"), js_get_text(first, "sub"));
    params_addf(&f.send, "Authorization", "Bearer %s", fx_text(&f, "access_token"));
    fx_get(&f, "/application/o/userinfo/");
    assert_string_equal(fx_text(&f, "sub"), js_get_text(first, "sub"));
    /* it is nobody who could sign in */
    fx_sign_in(&f, FX_LOGIN_FLOW "?next=%2F", fx_literal("token.jwt-service-username"), "");
    assert_string_equal(fx_text(&f, "component"), "ak-stage-password");
    fx_stop(&f);
}

/* What the key says of its algorithm counts, when it says something. */
static void test_jwt__algorithm_of_the_key(void **state)
{
    (void)state;
    static const char *const algs[] = {"RS256", NULL, "RS512", "PS256"};
    for (size_t i = 0; i < TEST_COUNT(algs); i++) {
        struct fx f;
        start_federated_for(&f, algs[i]);
        AUTO(xfree) char *token = assertion("rsa-2048-5", "ci", "{}");
        post_assertion(&f, fx_literal("token.assertion-type"), "client_assertion", token);
        assert_int_equal(f.resp.status, i < 2 ? 200 : 400);
        fx_stop(&f);
    }
}

/* Python's None, where the token names nobody. */
static void test_jwt__without_a_subject(void **state)
{
    (void)state;
    struct fx f;
    start_federated(&f);
    AUTO(xfree) char *token = assertion("rsa-2048-5", "ci", "{\"sub\": null}");
    post_assertion(&f, fx_literal("token.assertion-type"), "client_assertion", token);
    assert_int_equal(f.resp.status, 200);
    AUTO(js_free) struct js *c = fx_id_claims(&f);
    assert_string_equal(js_get_text(c, "preferred_username"),
                        fx_literal("token.jwt-nobody-username"));
    fx_stop(&f);
}

static void test_jwt__no_source(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *token = assertion("rsa-2048-5", "ci", "{}");
    post_assertion(&f, fx_literal("token.assertion-type"), "client_assertion", token);
    assert_error(&f, "invalid_grant", "token.invalid-grant");
    fx_stop(&f);
}

/* ------------------------------------------------------------------ rotation */

static char *offline(struct fx *f)
{
    AUTO(xfree) char *code = fx_code(f, "openid offline_access", NULL);
    fx_exchange(f, code, NULL);
    return xstrdup(fx_text(f, "refresh_token"));
}

static bool gets_new_one(struct fx *f, const char *token)
{
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "refresh_token");
    params_add(&more, "refresh_token", token);
    fx_exchange(f, "", &more);
    assert_int_equal(f->resp.status, 200);
    return js_get(f->json, "refresh_token") != NULL;
}

/* With a threshold of a day: one second more than that is left, exactly that, one second less. */
static void test_threshold__to_the_second(void **state)
{
    (void)state;
    static const struct {
        int64_t left_s;
        bool rotates;
    } rows[] = {{86401, false}, {86400, false}, {86399, true}, {1, true}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = "2026.5";
        f.setup.authentik.refresh_token_threshold_s = 86400;
        fx_start(&f);
        AUTO(xfree) char *token = offline(&f);
        clock_advance_ms(f.clock, (INT64_C(30) * 86400 - rows[i].left_s) * 1000);
        assert_int_equal(gets_new_one(&f, token), rows[i].rotates);
        fx_stop(&f);
    }
}

static void test_threshold__zero_rotates_always(void **state)
{
    (void)state;
    static const char *const versions[] = {"2025.8", "2026.2", "2026.5", "2026.8"};
    for (size_t i = 0; i < TEST_COUNT(versions); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = versions[i];
        f.setup.authentik.client_secret = "plain";
        fx_start(&f);
        AUTO(xfree) char *token = offline(&f);
        assert_true(gets_new_one(&f, token));
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ all of them */

static void test_answer__members_by_version(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"2023.10", "token.answer-2023"},
                                          {"2024.2", "token.answer-2024"},
                                          {"2024.12", "token.answer-2024"},
                                          {"2025.2", "token.answer"},
                                          {"2026.8", "token.answer"}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = rows[i][0];
        f.setup.authentik.client_secret = "plain";
        fx_start(&f);
        AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
        fx_exchange(&f, code, NULL);
        fx_assert_members(f.json, fx_literal(rows[i][1]));
        fx_stop(&f);
    }
}

struct listed_row {
    const char *version;
    const char *form;
    const char *error; /* NULL = granted */
};

/* A list of authorization_code alone; before 2026.5 nobody looks at it, since then it is looked at
 * before the secret. */
static void test_grant_types__are_asked_first(void **state)
{
    (void)state;
    static const char *const only_code[] = {"authorization_code", NULL};
    static const struct listed_row rows[] = {
        {"2026.2", "grant_type=client_credentials&client_secret=plain", NULL},
        {"2026.2", "grant_type=refresh_token&client_secret=wrong", "invalid_client"},
        {"2026.5", "grant_type=client_credentials&client_secret=plain", "invalid_grant"},
        {"2026.5", "grant_type=refresh_token&client_secret=wrong", "invalid_grant"},
        {"2026.5", "grant_type=authorization_code&client_secret=wrong", "invalid_client"},
        {"2026.5", "grant_type=authorization_code&client_secret=plain", "invalid_grant"},
        {"2026.5", "grant_type=nonsense&client_secret=plain", "invalid_grant"},
        {"2026.8", "grant_type=nonsense&client_secret=plain", "unsupported_grant_type"},
        {"2026.8", "grant_type=password&client_secret=plain", "invalid_grant"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        AUTO(xfree) char *form = xasprintf(GUIDE "%s", rows[i].form);
        fx_init(&f);
        f.setup.authentik.version = rows[i].version;
        f.setup.authentik.client_secret = "plain";
        f.setup.authentik.grant_types = only_code;
        fx_start(&f);
        post(&f, form);
        assert_string_equal(fx_text(&f, "error"), rows[i].error != NULL ? rows[i].error : "");
        assert_int_equal(f.resp.status, rows[i].error != NULL ? 400 : 200);
        fx_stop(&f);
    }
}

struct front_row {
    const char *version;
    const char *type;
    const char *id; /* members of both tokens, without those of mappings */
    const char *access;
};

/* Tokens straight from /authorize: there the login was always known, the access token always had
 * the nonce, and the ID token never lived longer. */
static void check_front(const struct front_row *row)
{
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = row->version;
    fx_start(&f);
    AUTO(xfree) char *login = fx_code(&f, "openid", NULL);
    AUTO(xfree)
    char *path = xasprintf("/application/o/authorize/?client_id=my_client_id&response_type=%s"
                           "&redirect_uri=https%%3A%%2F%%2Fargocd.company%%2Fapi%%2Fdex%%2Fcallback"
                           "&scope=openid&nonce=n-1&state=s",
                           row->type);
    fx_get(&f, path);
    AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
    if (cstr_starts(to, "/if/flow/")) {
        AUTO(xfree) char *executor = fx_executor(to);
        fx_get(&f, executor);
        xfree(to);
        to = xstrdup(fx_text(&f, "to"));
    }
    AUTO(xfree) char *id_token = fx_param(to, "id_token");
    AUTO(xfree) char *access_token = fx_param(to, "access_token");
    AUTO(js_free) struct js *id = jwt_claims_unverified(id_token);
    AUTO(js_free) struct js *access = jwt_claims_unverified(access_token);
    int64_t iat = 0;
    int64_t exp = 0;
    fx_assert_members(id, row->id);
    fx_assert_members(access, row->access);
    assert_int_equal(js_get_number(id, "iat", &iat) + js_get_number(id, "exp", &exp), 0);
    assert_int_equal(exp - iat, 3600);
    fx_stop(&f);
}

static void test_front_channel__tokens(void **state)
{
    (void)state;
    static const struct front_row rows[] = {
        {"2023.10", "id_token%20token", "iss sub aud exp iat auth_time acr amr nonce at_hash",
         "iss sub aud exp iat auth_time acr amr nonce azp uid"},
        {"2026.2", "id_token%20token",
         "iss sub aud exp iat auth_time acr amr nonce at_hash sid jti",
         "iss sub aud exp iat auth_time acr amr nonce sid jti azp uid scope"},
        {"2026.2", "code%20id_token%20token",
         "iss sub aud exp iat auth_time acr amr c_hash nonce at_hash sid jti",
         "iss sub aud exp iat auth_time acr amr c_hash nonce sid jti azp uid scope"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++)
        check_front(&rows[i]);
}

struct basic_row {
    const char *header;
    const char *client_type;
    const char *error; /* of a code nobody has: invalid_grant once the client is known */
};

/* authentik.md 5.1: case-sensitive, and with it the body is not asked, which has the right ones. */
static void test_basic__forms(void **state)
{
    (void)state;
    static const struct basic_row rows[] = {
        {"Basic bXlfY2xpZW50X2lkOnBsYWlu", "confidential",
         "invalid_grant"}, /* my_client_id:plain */
        {"Basic  bXlfY2xpZW50X2lkOnBsYWlu x", "confidential", "invalid_grant"}, /* the first word */
        {"Basic bXlfY2xpZW50X2lk", "public", "invalid_grant"},                  /* my_client_id */
        {"Basic bXlfY2xpZW50X2lk", "confidential", "invalid_client"},
        {"Basic bXlfY2xpZW50X2lkOndyb25n", "confidential",
         "invalid_client"}, /* my_client_id:wrong */
        {"Basic !!", "public", "invalid_client"},
        {"Basic !!", "confidential", "invalid_client"},
        {"basic bXlfY2xpZW50X2lkOndyb25n", "confidential", "invalid_grant"}, /* then the body is */
        {"Bearer bXlfY2xpZW50X2lkOndyb25n", "confidential", "invalid_grant"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.client_secret = "plain";
        f.setup.authentik.client_type = rows[i].client_type;
        fx_start(&f);
        params_add(&f.send, "Authorization", rows[i].header);
        post(&f, GUIDE "client_secret=plain&grant_type=authorization_code&code=nobodys"
                       "&redirect_uri=https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback");
        assert_string_equal(fx_text(&f, "error"), rows[i].error);
        fx_stop(&f);
    }
}

/* A registered pattern that takes them must not help (CVE-2024-21637). */
static void test_redirect__forbidden_schemes(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"2026.2", "javascript%3Aalert%281%29", "invalid_request"},
        {"2026.2", "DATA%3Atext%2Fhtml%2Cx", "invalid_request"},
        {"2026.2", "vbscript%3Ax", "invalid_request"},
        {"2026.2", "https%3A%2F%2Fany.example%2F", "invalid_grant"},
        {"2023.10.5", "javascript%3Aalert%281%29", "invalid_grant"},
    };
    static const struct setup_redirect any[] = {{.regex = true, .url = ".*"}};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        AUTO(xfree)
        char *form = xasprintf(GUIDE "client_secret=plain&grant_type=authorization_code&code=x"
                                     "&redirect_uri=%s",
                               rows[i][1]);
        fx_init(&f);
        f.setup.authentik.version = rows[i][0];
        f.setup.authentik.client_secret = "plain";
        f.setup.authentik.redirects = any;
        f.setup.authentik.redirects_len = 1;
        fx_start(&f);
        post(&f, form);
        assert_error(&f, rows[i][2],
                     cstr_eq(rows[i][2], "invalid_request") ? "token.invalid-request"
                                                            : "token.invalid-grant");
        fx_stop(&f);
    }
}

static void test_endpoint__other_methods(void **state)
{
    (void)state;
    static const char *const methods[] = {"GET", "PUT", "DELETE", "PATCH"};
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(methods); i++) {
        fx_ask(&f, methods[i], "/application/o/token/", NULL, NULL);
        assert_int_equal(f.resp.status, 405);
        assert_int_equal(f.resp.body_len, 0);
    }
    fx_stop(&f);
}

/* An address of its own gives an issuer of its own (authentik.md 2.1). */
static void test_issuer__is_of_the_token_request(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    AUTO(xfree) char *code = fx_code(&f, "openid", NULL);
    params_add(&f.send, "X-Forwarded-Host", "inside.company:9000");
    fx_exchange(&f, code, NULL);
    AUTO(js_free) struct js *c = fx_id_claims(&f);
    AUTO(js_free) struct js *access = jwt_claims_unverified(fx_text(&f, "access_token"));
    assert_string_equal(js_get_text(c, "iss"), "http://inside.company:9000/application/o/argocd/");
    assert_string_equal(js_get_text(access, "iss"), js_get_text(c, "iss"));
    fx_stop(&f);
}

static const struct CMUnitTest single_tests[] = {
    cmocka_unit_test(test_app_password__stands_for_the_person),
    cmocka_unit_test(test_service_account__name_and_sub),
    cmocka_unit_test(test_service_account__needs_an_application),
    cmocka_unit_test(test_bindings__hold_for_grants),
    cmocka_unit_test(test_token_exchange__is_off),
    cmocka_unit_test(test_jwt__request),
    cmocka_unit_test(test_jwt__same_account_again),
    cmocka_unit_test(test_jwt__algorithm_of_the_key),
    cmocka_unit_test(test_jwt__without_a_subject),
    cmocka_unit_test(test_jwt__no_source),
    cmocka_unit_test(test_threshold__to_the_second),
    cmocka_unit_test(test_threshold__zero_rotates_always),
    cmocka_unit_test(test_answer__members_by_version),
    cmocka_unit_test(test_grant_types__are_asked_first),
    cmocka_unit_test(test_front_channel__tokens),
    cmocka_unit_test(test_basic__forms),
    cmocka_unit_test(test_redirect__forbidden_schemes),
    cmocka_unit_test(test_endpoint__other_methods),
    cmocka_unit_test(test_issuer__is_of_the_token_request),
};

int main(void)
{
    struct CMUnitTest
        tests[TEST_COUNT(single_tests) + TEST_COUNT(app_rows) + TEST_COUNT(jwt_rows)] = {{0}};
    size_t n = TEST_COUNT(single_tests);
    memcpy(tests, single_tests, sizeof(single_tests));
    for (size_t i = 0; i < TEST_COUNT(app_rows); i++)
        tests[n++] = (struct CMUnitTest){.name = app_rows[i].name,
                                         .test_func = test_app_password,
                                         .initial_state = (void *)(uintptr_t)&app_rows[i]};
    for (size_t i = 0; i < TEST_COUNT(jwt_rows); i++)
        tests[n++] = (struct CMUnitTest){.name = jwt_rows[i].name,
                                         .test_func = test_jwt,
                                         .initial_state = (void *)(uintptr_t)&jwt_rows[i]};
    return TEST_MAIN(tests);
}
