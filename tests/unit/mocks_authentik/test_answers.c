/*
 * What /application/o/authorize/ sends back to the client (authentik.md 3.1, 3.4): six response
 * types in three response modes, and the errors in all their forms.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwt.h"

#define CB "https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback"
#define ASK "/application/o/authorize/?client_id=my_client_id&scope=openid&nonce=n1"
#define GOOD ASK "&redirect_uri=" CB

static void sign_in(struct fx *f)
{
    fx_get(f, "/flows/-/default/authentication/?next=%2F");
    AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
    fx_sign_in(f, to, "alice", "alice-password");
}

static void begin(struct fx *f)
{
    fx_init(f);
    fx_start(f);
    sign_in(f);
}

/* The names of a URL's parameters behind the separator, in order. */
static char *names_after(const char *uri, char separator)
{
    const char *at = strchr(uri, separator);
    AUTO(params_deinit) struct params all = {0};
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    params_parse_form(&all, str_of(at != NULL ? at + 1 : ""));
    for (size_t i = 0; i < all.len; i++)
        buf_addf(&b, "%s%s", i > 0 ? " " : "", all.items[i].name);
    return xstrdup(b.ptr);
}

/* base64url of the left half of SHA-256, whatever signs (authentik.md 6.2). */
static char *half_hash(const char *text)
{
    uint8_t digest[HASH_SIZE_MAX];
    hash_of(HASH_SHA256, text, strlen(text), digest);
    return b64url_encode(digest, 16);
}

/* ------------------------------------------------------------------ types and modes */

struct type_row {
    const char *name;    /* the type, encoded */
    const char *members; /* of the literal answer.… */
    bool at_hash;
    bool c_hash;
};

static const struct type_row types[] = {
    {"code", "answer.code", false, false},
    {"id_token", "answer.id_token", false, false},
    {"id_token%20token", "answer.id_token-token", true, false},
    {"code%20token", "answer.code-token", false, false},
    {"code%20id_token", "answer.code-id_token", false, true},
    {"code%20id_token%20token", "answer.code-id_token-token", true, true},
};

/* A hash stands in the token where it must, has its value, and stands nowhere else. */
static void assert_hash(const struct js *claims, const char *claim, bool wanted, const char *of)
{
    AUTO(xfree) char *hash = half_hash(of != NULL ? of : "");
    const char *found = js_get_text(claims, claim);
    if (!cstr_eq(found, wanted ? hash : NULL) && (wanted || found != NULL))
        fail_msg("%s is %s", claim, found != NULL ? found : "absent");
}

static void assert_id_token(const struct type_row *t, const char *id_token, const char *code,
                            const char *access_token)
{
    AUTO(js_free) struct js *claims = jwt_claims_unverified(id_token);
    assert_string_equal(js_get_text(claims, "nonce"), "n1");
    assert_hash(claims, "c_hash", t->c_hash, code);
    assert_hash(claims, "at_hash", t->at_hash, access_token);
}

static void assert_fragment(const struct type_row *t, const char *uri)
{
    AUTO(xfree) char *names = names_after(uri, '#');
    AUTO(xfree) char *code = fx_param(uri, "code");
    AUTO(xfree) char *id = fx_param(uri, "id_token");
    AUTO(xfree) char *access = fx_param(uri, "access_token");
    AUTO(xfree) char *type = fx_param(uri, "token_type");
    AUTO(xfree) char *life = fx_param(uri, "expires_in");
    AUTO(xfree) char *state = fx_param(uri, "state");
    if (!cstr_starts(uri, FX_CALLBACK "#"))
        fail_msg("%s: %s", t->name, uri);
    assert_string_equal(names, fx_literal(t->members));
    assert_string_equal(state, "a b&c");
    if (id[0] != '\0')
        assert_id_token(t, id, code, access);
    if (type[0] != '\0') {
        assert_string_equal(type, "Bearer");
        assert_string_equal(life, "3600");
    }
}

static void test_fragment__of_every_type(void **state)
{
    (void)state;
    struct fx f;
    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(types); i++) {
        AUTO(xfree)
        char *path = xasprintf("%s&state=a%%20b%%26c&response_mode=fragment&response_type=%s", GOOD,
                               types[i].name);
        fx_get(&f, path);
        assert_int_equal(f.resp.status, 302);
        assert_fragment(&types[i], fx_header(&f, "Location"));
    }
    fx_stop(&f);
}

/* What no mode, or one that is none, comes to: a query for code, else a fragment. */
static void test_mode__chosen_by_the_type(void **state)
{
    (void)state;
    static const char *const modes[] = {"", "&response_mode=", "&response_mode=jwt",
                                        "&response_mode=Query"};
    struct fx f;
    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(types); i++)
        for (size_t j = 0; j < TEST_COUNT(modes); j++) {
            AUTO(xfree)
            char *path = xasprintf("%s&response_type=%s%s", GOOD, types[i].name, modes[j]);
            fx_get(&f, path);
            const char *want = i == 0 ? FX_CALLBACK "?code=" : FX_CALLBACK "#";
            if (!cstr_starts(fx_header(&f, "Location"), want) ||
                !str_ends(str_of(fx_header(&f, "Location")), "&state="))
                fail_msg("%s%s: %s", types[i].name, modes[j], fx_header(&f, "Location"));
        }
    fx_stop(&f);
}

/* A query carries code and state alone; an implicit answer has neither: an exception. */
static void test_query__of_every_type(void **state)
{
    (void)state;
    struct fx f;
    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(types); i++) {
        AUTO(xfree)
        char *path =
            xasprintf("%s&state=s&response_mode=query&response_type=%s", GOOD, types[i].name);
        bool code = cstr_starts(types[i].name, "code");
        fx_get(&f, path);
        assert_int_equal(f.resp.status, code ? 302 : 500);
        AUTO(xfree) char *names = names_after(fx_header(&f, "Location"), '?');
        assert_string_equal(names, code ? fx_literal("answer.code") : "");
    }
    fx_stop(&f);
}

static void test_query__implicit_in_the_executor(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2024.10"; /* every answer goes through the executor */
    fx_start(&f);
    sign_in(&f);
    fx_get(&f, GOOD "&response_type=id_token&response_mode=query");
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.error"));
    fx_stop(&f);
}

static void test_form_post__of_every_type(void **state)
{
    (void)state;
    struct fx f;
    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(types); i++) {
        AUTO(xfree)
        char *path = xasprintf("%s&state=a%%20b%%26c&response_mode=form_post&response_type=%s",
                               GOOD, types[i].name);
        fx_get(&f, path);
        assert_true(
            cstr_starts(fx_header(&f, "Location"), fx_literal("authorize.implicit-location")));
        AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
        fx_get(&f, executor);
        const struct js *attrs = js_get(f.json, "attrs");
        AUTO(xfree) char *names = fx_members(attrs);
        assert_string_equal(fx_text(&f, "component"), fx_literal("flow.autosubmit"));
        assert_string_equal(fx_text(&f, "title"), fx_literal("flow.autosubmit-title"));
        assert_string_equal(fx_text(&f, "url"), FX_CALLBACK);
        assert_string_equal(names, fx_literal(types[i].members));
        assert_string_equal(js_get_text(attrs, "state"), "a b&c");
        if (js_get_text(attrs, "id_token") != NULL)
            assert_id_token(&types[i], js_get_text(attrs, "id_token"), js_get_text(attrs, "code"),
                            js_get_text(attrs, "access_token"));
    }
    fx_stop(&f);
}

/* parse_qs loses what is blank. */
static void test_form_post__without_state(void **state)
{
    (void)state;
    struct fx f;
    begin(&f);
    fx_get(&f, GOOD "&response_type=code&response_mode=form_post");
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    AUTO(xfree) char *names = fx_members(js_get(f.json, "attrs"));
    assert_string_equal(names, "code");
    fx_stop(&f);
}

static void test_hashes__are_sha256_whatever_signs(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.signing_key = "ec-521";
    fx_start(&f);
    sign_in(&f);
    fx_get(&f, GOOD "&state=a%20b%26c&response_type=code%20id_token%20token");
    assert_fragment(&types[5], fx_header(&f, "Location"));
    fx_stop(&f);
}

/* The hybrid code is one like any other; it goes once. */
static void test_hybrid__code_is_exchanged(void **state)
{
    (void)state;
    struct fx f;
    begin(&f);
    fx_get(&f, GOOD "&response_type=code%20id_token");
    AUTO(xfree) char *code = fx_param(fx_header(&f, "Location"), "code");
    assert_int_equal(strlen(code), 32);
    assert_int_equal(strspn(code, "0123456789abcdef"), 32);
    fx_exchange(&f, code, NULL);
    assert_int_equal(f.resp.status, 200);
    fx_exchange(&f, code, NULL);
    assert_int_equal(f.resp.status, 400);
    fx_stop(&f);
}

/* Without a code there is no offline access; scopes count once, parted by any white space. */
static void test_scopes__of_implicit_and_hybrid(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"id_token%20token", "openid email"},
                                          {"code%20token", "openid offline_access email"}};
    struct fx f;
    begin(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree)
        char *path = xasprintf("/application/o/authorize/?client_id=my_client_id&nonce=n"
                               "&scope=openid%%09offline_access%%20%%20email+openid+groups"
                               "&redirect_uri=%s&response_type=%s",
                               CB, rows[i][0]);
        fx_get(&f, path);
        AUTO(xfree) char *token = fx_param(fx_header(&f, "Location"), "access_token");
        AUTO(js_free) struct js *claims = jwt_claims_unverified(token);
        assert_string_equal(js_get_text(claims, "scope"), rows[i][1]);
    }
    fx_stop(&f);
}

/* Before 2024.2 offline_access meant nothing, and stayed like any other scope. */
static void test_scopes__offline_in_2023_10(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2023.10";
    f.setup.authentik.client_secret = "plain0secret1";
    fx_start(&f);
    sign_in(&f);
    fx_get(&f, GOOD "&response_type=id_token%20token&scope=openid%20offline_access");
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    AUTO(params_deinit) struct params form = {0};
    AUTO(xfree) char *token = fx_param(fx_text(&f, "to"), "access_token");
    params_add(&form, "token", token);
    params_add(&form, "client_id", "my_client_id");
    params_add(&form, "client_secret", "plain0secret1");
    fx_post_form(&f, "/application/o/introspect/", &form);
    assert_string_equal(fx_text(&f, "scope"), "openid offline_access");
    fx_stop(&f);
}

/* What the redirect URI has of its own stays, as Python writes it. */
static void test_uri__own_parts(void **state)
{
    (void)state;
    static const struct setup_redirect own[] = {{.regex = true, .url = ".*"}};
    static const char *const rows[][3] = {
        {"https%3A%2F%2Frp%2Fcb%3Fa%3D1%26b%3D", "&response_type=code", "https://rp/cb?a=1&code="},
        {"https%3A%2F%2Frp%2Fcb%3Fa%3D1%26b%3D", "&response_type=code&response_mode=fragment",
         "https://rp/cb?a=1&b=#code="},
        {"https%3A%2F%2Frp%2Fcb%23x", "&response_type=code&response_mode=fragment",
         "https://rp/cb#xcode="},
        {"app%3A%2F%2Fcb", "&response_type=code", "app://cb?code="},
    };
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects = own;
    f.setup.authentik.redirects_len = 1;
    fx_start(&f);
    sign_in(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *path = xasprintf("%s&redirect_uri=%s%s", ASK, rows[i][0], rows[i][1]);
        fx_get(&f, path);
        if (!cstr_starts(fx_header(&f, "Location"), rows[i][2]))
            fail_msg("%s: %s", rows[i][2], fx_header(&f, "Location"));
    }
    fx_stop(&f);
}

/* ------------------------------------------------------------------ errors */

/* The separator is that of the type, once it is known, and always ? or #. */
static void test_error__separators(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(types); i++) {
        AUTO(xfree)
        char *path = xasprintf("%s&prompt=none&state=s&response_type=%s", GOOD, types[i].name);
        AUTO(xfree)
        char *want = xasprintf(FX_CALLBACK "%c%s&state=s", i == 0 ? '?' : '#',
                               fx_literal("authorize.login-required"));
        fx_get(&f, path);
        assert_int_equal(f.resp.status, 302);
        assert_string_equal(fx_header(&f, "Location"), want);
    }
    fx_stop(&f);
}

static void test_error__after_a_query_of_its_own(void **state)
{
    (void)state;
    static const struct setup_redirect own[] = {{.url = "https://rp/cb?a=1"}};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects = own;
    f.setup.authentik.redirects_len = 1;
    fx_start(&f);
    fx_get(&f, ASK "&redirect_uri=https%3A%2F%2Frp%2Fcb%3Fa%3D1&response_type=x");
    assert_true(cstr_starts(fx_header(&f, "Location"), "https://rp/cb?a=1?error="));
    fx_stop(&f);
}

/* Without a scheme nobody can be sent there: the code of the error is the title of a page. */
static void test_error__without_a_scheme(void **state)
{
    (void)state;
    static const struct setup_redirect own[] = {
        {.url = "/cb"}, {.url = "1x:/cb"}, {.url = "a/b:c"}};
    static const char *const asked[] = {"%2Fcb", "1x%3A%2Fcb", "a%2Fb%3Ac"};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects = own;
    f.setup.authentik.redirects_len = 3;
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(asked); i++) {
        AUTO(xfree) char *path = xasprintf("%s&redirect_uri=%s&response_type=x", ASK, asked[i]);
        fx_get(&f, path);
        assert_int_equal(f.resp.status, 400);
        assert_true(fx_has(&f, "<title>unsupported_response_type - authentik</title>"));
        assert_string_equal(fx_header(&f, "Location"), "");
    }
    fx_stop(&f);
}

static void begin_2026_5(struct fx *f)
{
    fx_init(f);
    f->setup.authentik.version = "2026.5";
    fx_start(f);
}

/* The form says what the redirect would, escaped; a page without scheme stays a page. */
static void test_error__as_a_form(void **state)
{
    (void)state;
    struct fx f;
    begin_2026_5(&f);
    fx_get(&f, GOOD "&response_type=x&response_mode=form_post&state=a%22%3Cb");
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(fx_header(&f, "Location"), "");
    assert_true(fx_has(&f, "<form method=\"post\" action=\"" FX_CALLBACK "\">"));
    assert_true(fx_has(&f, "name=\"error\" value=\"unsupported_response_type\""));
    assert_true(fx_has(&f, "name=\"error_description\" value=\"The authorization server does"));
    assert_false(fx_has(&f, "a\"<b"));
    fx_get(&f, GOOD "&response_type=x&response_mode=form_post");
    assert_false(fx_has(&f, "name=\"state\""));
    fx_get(&f, GOOD "&response_type=x&response_mode=query");
    assert_int_equal(f.resp.status, 302);
    fx_stop(&f);
}

/* At the end of a flow the executor posts it. */
static void test_error__as_a_form_of_the_executor(void **state)
{
    (void)state;
    struct fx f;
    begin_2026_5(&f);
    sign_in(&f);
    fx_get(&f, GOOD "&response_type=code&response_mode=form_post&prompt=none%20consent&state=s");
    AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
    fx_get(&f, executor);
    AUTO(xfree)
    char *body =
        xasprintf("{\"component\":\"ak-stage-consent\",\"token\":\"%s\"}", fx_text(&f, "token"));
    fx_reply(&f, executor, body);
    const struct js *attrs = js_get(f.json, "attrs");
    AUTO(xfree) char *names = fx_members(attrs);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.autosubmit"));
    assert_string_equal(names, "error error_description state");
    assert_string_equal(js_get_text(attrs, "error"), "consent_required");
    fx_stop(&f);
}

#define T(name_) cmocka_unit_test(name_)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_fragment__of_every_type),
        T(test_mode__chosen_by_the_type),
        T(test_query__of_every_type),
        T(test_query__implicit_in_the_executor),
        T(test_form_post__of_every_type),
        T(test_form_post__without_state),
        T(test_hashes__are_sha256_whatever_signs),
        T(test_hybrid__code_is_exchanged),
        T(test_scopes__of_implicit_and_hybrid),
        T(test_scopes__offline_in_2023_10),
        T(test_uri__own_parts),
        T(test_error__separators),
        T(test_error__after_a_query_of_its_own),
        T(test_error__without_a_scheme),
        T(test_error__as_a_form),
        T(test_error__as_a_form_of_the_executor),
    };
    return TEST_MAIN(tests);
}
