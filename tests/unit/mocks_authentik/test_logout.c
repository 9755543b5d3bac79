/*
 * userinfo, introspection and revocation, and every way out of authentik (authentik.md 7): over
 * HTTP, each accepted case with its refused twin.
 */
#include "tests/unit/mocks_authentik/receiver.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jwt.h"

#define USERINFO "/application/o/userinfo/"
#define END_SESSION "/application/o/argocd/end-session/"
#define BYE "https://argocd.company/bye"
#define RP_RELEASE "2026.5.4" /* RP-initiated logout, whole */

static const struct setup_redirect redirects[] = {
    {false, FX_CALLBACK, false},
    {false, BYE, true},
    {false, "https://argocd.company/bye?from=ak", true},
    {true, "https://pr-[0-9]+\\.preview\\.company/bye", true},
    {false, "javascript:alert(1)", true},
};

static void start(struct fx *f, const char *version)
{
    fx_init(f);
    f->setup.authentik.version = version;
    f->setup.authentik.client_secret = "plain0secret1";
    f->setup.authentik.redirects = redirects;
    f->setup.authentik.redirects_len = TEST_COUNT(redirects);
}

/* The token response of alice's login is the last answer; the access token. Caller frees. */
static char *sign_in(struct fx *f, const char *scope)
{
    AUTO(xfree) char *code = fx_code(f, scope, "&nonce=n-1");
    fx_exchange(f, code, NULL);
    assert_int_equal(f->resp.status, 200);
    return xstrdup(fx_text(f, "access_token"));
}

static int userinfo_status(struct fx *f, const char *token)
{
    params_addf(&f->send, "Authorization", "Bearer %s", token);
    fx_get(f, USERINFO);
    return f->resp.status;
}

/* GETs the executor of a flow's page until something else than a redirect comes. */
static void run_flow(struct fx *f, const char *page)
{
    AUTO(xfree) char *executor = fx_executor(page);
    fx_get(f, executor);
    for (int i = 0; i < 4 && f->resp.status == 302; i++)
        fx_get(f, executor);
    assert_int_equal(f->resp.status, 200);
}

static void follow_flow(struct fx *f)
{
    assert_int_equal(f->resp.status, 302);
    AUTO(xfree) char *page = xstrdup(fx_header(f, "Location"));
    run_flow(f, page);
}

static bool knows_alice(struct fx *f)
{
    AUTO(xfree) char *path = fx_authorize_path("openid", "&prompt=none");
    fx_get(f, path);
    return !cstr_contains(fx_header(f, "Location"), fx_literal("authorize.login-required"));
}

/* ------------------------------------------------------------------ userinfo */

enum { RIGHT = 'R', WRONG = 'W', EMPTY = 'E', NONE = '-' };

/* A token in each place: right, wrong, empty or none. */
static const struct bearer_case {
    const char *scheme; /* of the header; NULL = no header */
    char header, form, query;
    int status;
} bearers[] = {
    {"Bearer", RIGHT, NONE, NONE, 200},
    {"bearer", RIGHT, NONE, NONE, 200},
    {"BEARER", RIGHT, NONE, NONE, 401},
    {"Token", RIGHT, NONE, NONE, 401},
    {"Bearer", WRONG, NONE, NONE, 401},
    {"Bearer", EMPTY, NONE, NONE, 401},
    {"Bearer", WRONG, RIGHT, RIGHT, 401}, /* the header wins */
    {"Basic", RIGHT, RIGHT, NONE, 200},   /* another scheme does not */
    {"Basic", RIGHT, NONE, RIGHT, 200},
    {NULL, NONE, RIGHT, NONE, 200},
    {NULL, NONE, RIGHT, WRONG, 200},
    {NULL, NONE, WRONG, RIGHT, 401}, /* the form wins over the query */
    {NULL, NONE, EMPTY, RIGHT, 401},
    {NULL, NONE, NONE, RIGHT, 200},
    {NULL, NONE, NONE, WRONG, 401},
    {NULL, NONE, NONE, NONE, 401},
};

static const char *token_of(char kind, const char *right)
{
    return kind == RIGHT ? right : kind == WRONG ? "not-a-token" : "";
}

static void test_userinfo__token_places(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *right = sign_in(&f, "openid");
    for (size_t i = 0; i < TEST_COUNT(bearers); i++) {
        const struct bearer_case *c = &bearers[i];
        AUTO(params_deinit) struct params form = {0};
        AUTO(xfree)
        char *path = c->query == NONE
                         ? xstrdup(USERINFO)
                         : xasprintf(USERINFO "?access_token=%s", token_of(c->query, right));
        if (c->scheme != NULL)
            params_addf(&f.send, "Authorization", "%s %s", c->scheme, token_of(c->header, right));
        if (c->form != NONE)
            params_add(&form, "access_token", token_of(c->form, right));
        if (c->form != NONE)
            fx_post_form(&f, path, &form);
        else
            fx_get(&f, path);
        if (f.resp.status != c->status)
            fail_msg("bearer case %zu: %d", i, f.resp.status);
    }
    fx_stop(&f);
}

static void test_userinfo__refusal_is_bare(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    params_add(&f.send, "Origin", "https://argocd.company");
    fx_get(&f, USERINFO);
    assert_int_equal(f.resp.status, 401);
    assert_int_equal(f.resp.body_len, 0);
    assert_string_equal(fx_header(&f, "WWW-Authenticate"), fx_literal("userinfo.invalid-token"));
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "");
    params_add(&f.send, "Origin", "https://argocd.company");
    assert_int_equal(userinfo_status(&f, token), 200);
    assert_string_equal(fx_header(&f, "Access-Control-Allow-Origin"), "https://argocd.company");
    assert_string_equal(fx_header(&f, "WWW-Authenticate"), "");
    fx_ask(&f, "PUT", USERINFO, NULL, NULL);
    assert_int_equal(f.resp.status, 405);
    fx_stop(&f);
}

/* Claims are those of now, not those of the login. */
static void test_userinfo__is_live(void **state)
{
    (void)state;
    static const char *const viewers[] = {"ArgoCD Viewers", NULL};
    struct err err = {0};
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid profile");
    f.people[0].groups = viewers;
    assert_int_equal(authentik_mock_change(f.mock, &f.setup, &err), 0);
    assert_int_equal(userinfo_status(&f, token), 200);
    assert_string_equal(js_text(js_at(js_get(f.json, "groups"), 0)), "ArgoCD Viewers");
    assert_string_equal(fx_text(&f, "nonce"), "n-1");
    f.setup.people = &f.people[1]; /* alice is deleted */
    f.setup.people_len = 2;
    assert_int_equal(authentik_mock_change(f.mock, &f.setup, &err), 0);
    assert_int_equal(userinfo_status(&f, token), 401);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ introspect, revoke */

static void ask_as(struct fx *f, const char *path, const char *id, const char *secret, bool basic,
                   const char *token)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "token", token);
    if (basic) {
        AUTO(xfree) char *pair = xasprintf("%s:%s", id, secret);
        AUTO(xfree) char *b64 = b64_encode(pair, strlen(pair));
        params_addf(&f->send, "Authorization", "Basic %s", b64);
    } else {
        params_add(&form, "client_id", id);
        params_add(&form, "client_secret", secret);
    }
    fx_post_form(f, path, &form);
}

static const struct client_case {
    const char *id, *secret;
    bool basic;
    bool known;
} clients[] = {
    {"my_client_id", "plain0secret1", false, true}, {"my_client_id", "plain0secret1", true, true},
    {"my_client_id", "wrong", false, false},        {"my_client_id", "wrong", true, false},
    {"other", "plain0secret1", false, false},       {"", "", false, false},
};

static void test_introspect__clients(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid email");
    for (size_t i = 0; i < TEST_COUNT(clients); i++) {
        const struct client_case *c = &clients[i];
        ask_as(&f, "/application/o/introspect/", c->id, c->secret, c->basic, token);
        assert_int_equal(f.resp.status, 200);
        assert_string_equal(fx_header(&f, "Cache-Control"), "no-store");
        if (c->known)
            fx_assert_members(f.json, fx_literal("introspect.members"));
        else
            assert_string_equal(f.resp.body, fx_literal("introspect.inactive"));
    }
    fx_ask(&f, "OPTIONS", "/application/o/introspect/", NULL, NULL);
    assert_int_equal(f.resp.status, 405);
    clock_advance_ms(f.clock, 3600 * 1000);
    ask_as(&f, "/application/o/introspect/", "my_client_id", "plain0secret1", true, token);
    assert_string_equal(f.resp.body, fx_literal("introspect.inactive"));
    fx_stop(&f);
}

/* A refresh token that was used is revoked, not forgotten: its claims are shown with active false
 * until it expires. */
static void test_introspect__revoked_shows_its_claims(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *access = sign_in(&f, "openid offline_access");
    AUTO(xfree) char *refresh = xstrdup(fx_text(&f, "refresh_token"));
    ask_as(&f, "/application/o/introspect/", "my_client_id", "plain0secret1", true, refresh);
    assert_true(js_get_bool(f.json, "active", false));
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "refresh_token");
    params_add(&more, "refresh_token", refresh);
    fx_exchange(&f, "", &more);
    assert_int_equal(f.resp.status, 200);
    ask_as(&f, "/application/o/introspect/", "my_client_id", "plain0secret1", true, refresh);
    assert_false(js_get_bool(f.json, "active", true));
    assert_string_equal(fx_text(&f, "aud"), "my_client_id");
    clock_advance_ms(f.clock, INT64_C(30) * 24 * 3600 * 1000);
    ask_as(&f, "/application/o/introspect/", "my_client_id", "plain0secret1", true, refresh);
    assert_string_equal(f.resp.body, fx_literal("introspect.inactive"));
    fx_stop(&f);
}

static void test_revoke__clients(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(clients); i++) {
        const struct client_case *c = &clients[i];
        struct fx f;
        start(&f, "2026.2");
        fx_start(&f);
        AUTO(xfree) char *token = sign_in(&f, "openid");
        ask_as(&f, "/application/o/revoke/", c->id, c->secret, c->basic, token);
        assert_int_equal(f.resp.status, c->known ? 200 : 401);
        if (c->known) {
            assert_string_equal(f.resp.body, fx_literal("revoke.done"));
        } else {
            fx_assert_members(f.json, "error error_description request_id");
            assert_string_equal(fx_text(&f, "error_description"),
                                fx_literal("token.invalid-client"));
        }
        assert_int_equal(userinfo_status(&f, token), c->known ? 401 : 200);
        ask_as(&f, "/application/o/revoke/", "my_client_id", "plain0secret1", true, "unknown");
        assert_string_equal(f.resp.body, fx_literal("revoke.done"));
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ the two flows */

static void test_end_session__authentik_flow_ends_the_session(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid offline_access");
    AUTO(xfree) char *refresh = xstrdup(fx_text(&f, "refresh_token"));
    fx_get(&f, END_SESSION);
    assert_string_equal(fx_header(&f, "Location"), fx_literal("logout.flow-location"));
    follow_flow(&f);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.session-end"));
    assert_false(knows_alice(&f));
    assert_int_equal(userinfo_status(&f, token), 401);
    AUTO(params_deinit) struct params more = {0};
    params_add(&more, "grant_type", "refresh_token");
    params_add(&more, "refresh_token", refresh);
    fx_exchange(&f, "", &more);
    assert_int_equal(f.resp.status, 200); /* refresh tokens survive */
    fx_stop(&f);
}

static void test_end_session__provider_flow_keeps_the_session(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    f.setup.authentik.invalidation_flow = "default-provider-invalidation-flow";
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    fx_get(&f, END_SESSION);
    assert_string_equal(fx_header(&f, "Location"), fx_literal("logout.provider-location"));
    follow_flow(&f);
    fx_assert_members(f.json, fx_literal("logout.session-end-members"));
    assert_string_equal(fx_text(&f, "application_name"), "Argo CD");
    assert_string_equal(fx_text(&f, "application_launch_url"), "https://argocd.company");
    assert_string_equal(fx_text(&f, "invalidation_flow_url"), fx_literal("logout.flow-location"));
    assert_string_equal(fx_text(&f, "brand_name"), "authentik");
    assert_string_equal(fx_text(&f, "pending_user"), "alice");
    assert_true(knows_alice(&f));
    assert_int_equal(userinfo_status(&f, token), 200);
    fx_stop(&f);
}

static void test_end_session__page_of_2024_8(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2024.8");
    fx_start(&f);
    fx_get(&f, "/if/session-end/argocd/");
    assert_int_equal(f.resp.status, 302); /* to the login */
    AUTO(xfree) char *token = sign_in(&f, "openid");
    fx_get(&f, END_SESSION "?post_logout_redirect_uri=" BYE);
    assert_string_equal(fx_header(&f, "Location"), fx_literal("logout.page-location"));
    fx_get(&f, "/if/session-end/argocd/");
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_has(&f, "href=\"/flows/-/default/invalidation/\""));
    assert_true(fx_has(&f, "href=\"https://argocd.company\""));
    assert_true(knows_alice(&f));
    assert_int_equal(userinfo_status(&f, token), 200);
    fx_get(&f, "/if/session-end/other/");
    assert_int_equal(f.resp.status, 404);
    fx_stop(&f);
    start(&f, "2024.10");
    fx_start(&f);
    fx_get(&f, "/if/session-end/argocd/");
    assert_int_equal(f.resp.status, 404);
    fx_stop(&f);
}

/* Any pending plan counts, a login's too, and before anything else is looked at. */
static void test_end_session__pending_plan(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    fx_get(&f, END_SESSION);
    assert_int_equal(f.resp.status, 302);
    fx_get(&f, END_SESSION);
    assert_int_equal(f.resp.status, 200);
    assert_string_equal(f.resp.body, fx_literal("logout.pending"));
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html");
    fx_get(&f, "/application/o/other/end-session/");
    assert_string_equal(f.resp.body, fx_literal("logout.pending"));
    params_deinit(&f.cookies);
    f.cookies = (struct params){0};
    fx_get(&f, "/application/o/other/end-session/");
    assert_int_equal(f.resp.status, 404);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ RP-initiated logout */

/* What is wrong with the hint. */
enum hint { HINT_GOOD, HINT_ABSENT, HINT_BROKEN, HINT_SIGNATURE, HINT_AUD, HINT_ISS, HINT_FUTURE };

static const struct end_case {
    const char *name;
    enum hint hint;
    const char *uri; /* NULL = none asked for */
    const char *state;
    const char *to; /* where it ends; NULL = 400 */
} ends[] = {
    {"strict", HINT_GOOD, BYE, NULL, BYE},
    {"state", HINT_GOOD, BYE, "a b&c", BYE "?state=a%20b%26c"},
    {"state and query", HINT_GOOD, "https://argocd.company/bye?from=ak", "1",
     "https://argocd.company/bye?from=ak&state=1"},
    {"regex", HINT_GOOD, "https://pr-12.preview.company/bye", NULL,
     "https://pr-12.preview.company/bye"},
    {"no uri", HINT_GOOD, NULL, "1", "ak-stage-session-end"},
    {"nothing", HINT_ABSENT, NULL, NULL, "ak-stage-session-end"},
    {"regex, not whole", HINT_GOOD, "https://pr-12.preview.company/bye/x", NULL, NULL},
    {"slash too many", HINT_GOOD, BYE "/", NULL, NULL},
    {"unregistered", HINT_GOOD, "https://attacker.example/", NULL, NULL},
    {"a login's uri", HINT_GOOD, FX_CALLBACK, NULL, NULL},
    {"forbidden scheme", HINT_GOOD, "javascript:alert(1)", NULL, NULL},
    {"uri without hint", HINT_ABSENT, BYE, NULL, NULL},
    {"broken hint", HINT_BROKEN, NULL, NULL, NULL},
    {"broken hint and uri", HINT_BROKEN, BYE, NULL, NULL},
    {"another key", HINT_SIGNATURE, BYE, NULL, NULL},
    {"another client", HINT_AUD, BYE, NULL, NULL},
    {"another issuer", HINT_ISS, BYE, NULL, NULL},
    {"a hint of tomorrow", HINT_FUTURE, BYE, NULL, NULL},
};

/* Made here, so that one thing at a time is wrong; long expired, which is no reason to refuse. */
static char *make_hint(struct fx *f, enum hint kind)
{
    if (kind == HINT_ABSENT || kind == HINT_BROKEN)
        return kind == HINT_ABSENT ? NULL : xstrdup("not.a.token");
    AUTO(key_free) struct key *key = key_test(kind == HINT_SIGNATURE ? "rsa-2048-8" : "rsa-2048-1");
    AUTO(js_free) struct js *claims = js_object();
    int64_t now_s = clock_now_s(f->clock);
    js_set(claims, "iss",
           js_stringf("%s/application/o/%s/", f->base, kind == HINT_ISS ? "other" : "argocd"));
    js_set_text(claims, "aud", kind == HINT_AUD ? "other" : "my_client_id");
    js_set(claims, "iat", js_int(now_s + (kind == HINT_FUTURE ? 86400 : -86400)));
    js_set(claims, "exp", js_int(now_s - 3600));
    char *hint = NULL;
    assert_int_equal(jwt_sign(key, JWS_RS256, "JWT", NULL, claims, &hint, NULL), 0);
    return hint;
}

static void send_end(struct fx *f, const struct end_case *c, bool post)
{
    AUTO(params_deinit) struct params q = {0};
    AUTO(xfree) char *hint = make_hint(f, c->hint);
    if (hint != NULL)
        params_add(&q, "id_token_hint", hint);
    if (c->uri != NULL)
        params_add(&q, "post_logout_redirect_uri", c->uri);
    if (c->state != NULL)
        params_add(&q, "state", c->state);
    AUTO(xfree) char *text = params_form(&q);
    AUTO(xfree) char *path = xasprintf(END_SESSION "?%s", text);
    if (post)
        fx_post_form(f, END_SESSION, &q);
    else
        fx_get(f, path);
}

static void judge_end(struct fx *f, const struct end_case *c)
{
    if (c->to == NULL) {
        if (f->resp.status != 400 || !fx_has(f, fx_literal("logout.malformed")) ||
            !fx_has(f, fx_literal("logout.bad-request")))
            fail_msg("%s: %d %s", c->name, f->resp.status, f->resp.body);
        assert_true(knows_alice(f));
        return;
    }
    follow_flow(f);
    const char *to = fx_text(f, "to");
    const char *end = to[0] != '\0' ? to : fx_text(f, "component");
    if (strcmp(end, c->to) != 0)
        fail_msg("%s: ended at %s", c->name, end);
    assert_false(knows_alice(f));
}

static void test_end_session__rp_initiated(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * TEST_COUNT(ends); i++) {
        struct fx f;
        start(&f, RP_RELEASE);
        fx_start(&f);
        AUTO(xfree) char *token = sign_in(&f, "openid");
        send_end(&f, &ends[i / 2], i % 2 == 1);
        judge_end(&f, &ends[i / 2]);
        fx_stop(&f);
    }
}

/* Before 2026.5 nothing of it is looked at, and POST is no method. */
static void test_end_session__ignored_before(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    const struct end_case astray = {"", HINT_BROKEN, "https://attacker.example/", NULL, NULL};
    send_end(&f, &astray, true);
    assert_int_equal(f.resp.status, 405);
    send_end(&f, &astray, false);
    follow_flow(&f);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.session-end"));
    fx_stop(&f);
}

/* The key has been exchanged: what the old one signed is no hint any more. */
static void test_end_session__hint_after_rotation(void **state)
{
    (void)state;
    struct err err = {0};
    struct fx f;
    start(&f, RP_RELEASE);
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    AUTO(xfree)
    char *path = xasprintf(END_SESSION "?id_token_hint=%s&post_logout_redirect_uri=" BYE,
                           fx_text(&f, "id_token"));
    assert_int_equal(authentik_mock_rotate(f.mock, &err), 0);
    fx_get(&f, path);
    assert_int_equal(f.resp.status, 400);
    fx_stop(&f);
}

/* authentik verifies the hint as a signed token; one that is encrypted, as it gave it out itself,
 * is none (P/views/end_session.py). */
static void test_end_session__sealed_hint(void **state)
{
    (void)state;
    struct fx f;
    start(&f, RP_RELEASE);
    f.setup.authentik.encryption_key = "rsa";
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    AUTO(xfree) char *path = xasprintf(END_SESSION "?id_token_hint=%s", fx_text(&f, "id_token"));
    fx_get(&f, path);
    assert_int_equal(f.resp.status, 400);
    const struct end_case readable = {"", HINT_GOOD, BYE, NULL, BYE};
    send_end(&f, &readable, false);
    judge_end(&f, &readable);
    fx_stop(&f);
}

static void test_end_session__anonymous_of_2026_8(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.8");
    fx_start(&f);
    const struct end_case late = {"", HINT_GOOD, BYE, "1", BYE "?state=1"};
    send_end(&f, &late, false);
    judge_end(&f, &late);
    const struct end_case wrong = {"", HINT_AUD, BYE, "1", NULL};
    send_end(&f, &wrong, false);
    assert_int_equal(f.resp.status, 400);
    fx_stop(&f);
}

/* ------------------------------------------------------------------ back channel */

static void test_backchannel__letter(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    receiver_start(&rp);
    start(&f, "2026.2");
    f.setup.authentik.logout_uri = rp.url;
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    fx_get(&f, END_SESSION);
    follow_flow(&f);
    AUTO(js_free) struct js *header = NULL;
    AUTO(js_free) struct js *claims = receiver_claims(&rp, &f, 0, &header);
    int64_t iat = 0;
    int64_t exp = 0;
    assert_int_equal(rp.len, 1);
    assert_string_equal(rp.got[0].method, "POST");
    assert_string_equal(rp.got[0].type, "application/x-www-form-urlencoded");
    fx_assert_members(header, "alg typ kid");
    assert_string_equal(js_get_text(header, "typ"), fx_literal("logout.token-typ"));
    fx_assert_members(claims, fx_literal("logout.token-claims"));
    fx_assert_members(js_get(claims, "events"), fx_literal("logout.token-event"));
    assert_int_equal(js_len(js_get(js_get(claims, "events"), fx_literal("logout.token-event"))), 0);
    assert_string_equal(js_get_text(claims, "iss"), js_get_text(id, "iss"));
    assert_string_equal(js_get_text(claims, "sub"), js_get_text(id, "sub"));
    assert_string_equal(js_get_text(claims, "sid"), js_get_text(id, "sid"));
    assert_string_equal(js_get_text(claims, "aud"), "my_client_id");
    assert_int_equal(js_get_number(claims, "iat", &iat), 0);
    assert_int_equal(js_get_number(claims, "exp", &exp), 0);
    assert_true(iat == clock_now_s(f.clock) && exp > iat);
    assert_null(js_get(claims, "nonce"));
    assert_true(fx_logged(&f, "Back-channel logout successful"));
    fx_stop(&f);
    receiver_stop(&rp);
}

static char *unsealed(const char *token)
{
    AUTO(jwe_deinit) struct jwe j = {0};
    AUTO(key_free) struct key *key = key_test("rsa-2048-7"); /* encryption_key: rsa */
    char *inner = NULL;
    size_t len = 0;
    assert_int_equal(jwe_parse(token, &j, NULL), JWE_OK);
    assert_int_equal(jwe_decrypt(&j, key, &inner, &len), JWE_OK);
    return inner;
}

/* With an encryption key a logout token is sealed like every other token, and what is inside is
 * what would have come without. */
static void test_backchannel__sealed(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    receiver_start(&rp);
    start(&f, "2026.2");
    f.setup.authentik.logout_uri = rp.url;
    f.setup.authentik.encryption_key = "rsa";
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    fx_get(&f, END_SESSION);
    follow_flow(&f);
    trace_settle(f.trace);
    assert_int_equal(rp.len, 1);
    AUTO(xfree) char *inner = unsealed(rp.got[0].token);
    AUTO(js_free) struct js *header = NULL;
    AUTO(js_free) struct js *claims = fx_token_claims(&f, inner, &header);
    assert_string_equal(js_get_text(header, "typ"), fx_literal("logout.token-typ"));
    fx_assert_members(claims, fx_literal("logout.token-claims"));
    fx_stop(&f);
    receiver_stop(&rp);
}

/* How many letters a way out sends. */
static void test_backchannel__who_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *version, *flow, *method;
        int64_t later_ms; /* between login and logout */
        size_t letters;
    } rows[] = {
        {"2025.8", "default-invalidation-flow", "backchannel", 0, 1},
        {"2025.6", "default-invalidation-flow", "backchannel", 0, 0},
        {"2026.2", "default-provider-invalidation-flow", "backchannel", 0, 0},
        {"2026.5", "default-provider-invalidation-flow", "backchannel", 0, 1},
        {"2026.5", "default-invalidation-flow", "backchannel", 0, 1}, /* not twice */
        {"2026.5", "default-invalidation-flow", "frontchannel", 0, 0},
        {"2026.2", "default-invalidation-flow", "backchannel", 3600 * 1000, 0}, /* no token left */
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct receiver rp;
        struct fx f;
        receiver_start(&rp);
        start(&f, rows[i].version);
        f.setup.authentik.logout_uri = rp.url;
        f.setup.authentik.logout_method = rows[i].method;
        f.setup.authentik.invalidation_flow = rows[i].flow;
        fx_start(&f);
        AUTO(xfree) char *token = sign_in(&f, "openid");
        clock_advance_ms(f.clock, rows[i].later_ms);
        fx_get(&f, END_SESSION);
        follow_flow(&f);
        trace_settle(f.trace);
        if (rp.len != rows[i].letters)
            fail_msg("row %zu: %zu letters", i, rp.len);
        fx_stop(&f);
        receiver_stop(&rp);
    }
}

/* A session that an operator ends tells the client and takes its tokens along, as its own logout
 * does; the sessions of others stay. */
static void test_backchannel__a_session_dropped_is_told(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    receiver_start(&rp);
    start(&f, "2026.2");
    f.setup.authentik.logout_uri = rp.url;
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    AUTO(js_free) struct js *id = fx_id_claims(&f);
    assert_int_equal(authentik_mock_drop_sessions(f.mock, "bob"), 0);
    assert_int_equal(authentik_mock_drop_sessions(f.mock, "alice"), 1);
    trace_settle(f.trace);
    AUTO(js_free) struct js *claims = receiver_claims(&rp, &f, 0, NULL);
    assert_int_equal(rp.len, 1);
    assert_string_equal(js_get_text(claims, "sid"), js_get_text(id, "sid"));
    AUTO(js_free) struct js *kept = authentik_mock_counts(f.mock);
    int64_t tokens = -1;
    assert_int_equal(js_get_number(kept, "access_tokens", &tokens), 0);
    assert_int_equal(tokens, 0);
    assert_int_equal(authentik_mock_drop_sessions(f.mock, NULL), 0);
    trace_settle(f.trace);
    assert_int_equal(rp.len, 1);
    fx_stop(&f);
    receiver_stop(&rp);
}

/* Where a redirect leads may be somebody who is real: nobody is asked there, and that is no
 * success. */
static void test_backchannel__a_redirect_is_not_followed(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    receiver_start(&rp);
    rp.status = 307;
    start(&f, "2026.2");
    f.setup.authentik.logout_uri = rp.url;
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    fx_get(&f, END_SESSION);
    follow_flow(&f);
    trace_settle(f.trace);
    assert_int_equal(rp.len, 1);
    AUTO(xfree)
    char *why = xasprintf("307 Temporary Redirect for url: %s: a mock follows no redirect", rp.url);
    assert_true(fx_logged(&f, why));
    assert_false(fx_logged(&f, "Back-channel logout successful"));
    fx_stop(&f);
    receiver_stop(&rp);
}

/* Nobody waits for the client, and its failure is a line in the log. */
static void test_backchannel__failures_are_logged(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    receiver_start(&rp);
    rp.status = 503;
    start(&f, "2026.2");
    f.setup.authentik.logout_uri = rp.url;
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    fx_get(&f, END_SESSION);
    follow_flow(&f);
    assert_string_equal(fx_text(&f, "component"), fx_literal("flow.session-end"));
    trace_settle(f.trace);
    assert_true(fx_logged(&f, "503 Server Error: Service Unavailable for url: http://127.0.0.1:"));
    fx_stop(&f);
    receiver_stop(&rp);
    start(&f, "2026.2");
    f.setup.authentik.logout_uri = "http://127.0.0.1:1/backchannel";
    fx_start(&f);
    AUTO(xfree) char *other = sign_in(&f, "openid");
    fx_get(&f, END_SESSION);
    follow_flow(&f);
    trace_settle(f.trace);
    assert_true(fx_logged(&f, "connection refused"));
    assert_false(fx_logged(&f, "Back-channel logout successful"));
    fx_stop(&f);
}

/* A logout URI of somebody's own setup may be a real one: nothing is sent there. */
static void test_backchannel__stays_inside(void **state)
{
    (void)state;
    static const struct {
        const char *uri;
        bool sent;
    } rows[] = {
        {"http://192.0.2.1:1/backchannel", false}, {"http://127.0.0.1.example:1/x", false},
        {"https://argocd.company:1/x", false},     {"not a url", false},
        {"http://localhost:1/backchannel", true},  {"http://[::1]:1/backchannel", true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        start(&f, "2026.2");
        f.setup.authentik.logout_uri = rows[i].uri;
        f.setup.argocd.url = "https://argocd.company";
        fx_start(&f);
        AUTO(xfree) char *token = sign_in(&f, "openid");
        fx_get(&f, END_SESSION);
        follow_flow(&f);
        trace_settle(f.trace);
        assert_int_equal(fx_logged(&f, "outside the setup"), !rows[i].sent);
        assert_int_equal(fx_logged(&f, "Task failed"), rows[i].sent); /* nobody listens */
        fx_stop(&f);
    }
}

/* The exchange is the mock's own: from authentik, not through the person's agent. */
static void test_backchannel__is_in_the_trace(void **state)
{
    (void)state;
    struct receiver rp;
    struct fx f;
    size_t seen = 0;
    receiver_start(&rp);
    start(&f, "2026.2");
    f.setup.authentik.logout_uri = rp.url;
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    fx_get(&f, END_SESSION);
    follow_flow(&f);
    trace_settle(f.trace);
    for (size_t i = 0; i < trace_len(f.trace); i++) {
        const struct trace_event *e = trace_at(f.trace, i);
        if (e->kind != TRACE_EXCHANGE || strcmp(e->from, "authentik") != 0)
            continue;
        assert_false(e->front);
        assert_string_equal(e->url, rp.url);
        assert_int_equal(e->status, 200);
        seen++;
    }
    assert_int_equal(seen, 1);
    fx_stop(&f);
    receiver_stop(&rp);
}

/* ------------------------------------------------------------------ front channel */

static void start_iframe(struct fx *f, const char *version, const char *flow)
{
    start(f, version);
    f->setup.authentik.logout_uri = "https://argocd.company/front?sid=theirs&keep=1";
    f->setup.authentik.logout_method = "frontchannel";
    f->setup.authentik.invalidation_flow = flow;
    fx_start(f);
}

static void test_frontchannel__challenge(void **state)
{
    (void)state;
    static const struct {
        const char *version, *flow;
        bool iframe;
    } rows[] = {
        {"2025.10", "default-invalidation-flow", true},
        {"2026.2", "default-provider-invalidation-flow", false}, /* no session ends */
        {"2026.5", "default-provider-invalidation-flow", true},
        {"2026.5", "default-invalidation-flow", true},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fx f;
        start_iframe(&f, rows[i].version, rows[i].flow);
        AUTO(xfree) char *token = sign_in(&f, "openid");
        AUTO(js_free) struct js *id = fx_id_claims(&f);
        fx_get(&f, END_SESSION);
        AUTO(xfree) char *executor = fx_executor(fx_header(&f, "Location"));
        follow_flow(&f);
        if (rows[i].iframe) {
            const struct js *urls = js_get(f.json, "logout_urls");
            assert_string_equal(fx_text(&f, "component"), fx_literal("logout.iframe"));
            assert_int_equal(js_len(urls), 1);
            fx_assert_members(js_at(urls, 0), fx_literal("logout.iframe-members"));
            assert_string_equal(js_get_text(js_at(urls, 0), "binding"),
                                fx_literal("logout.iframe-binding"));
            assert_string_equal(js_get_text(js_at(urls, 0), "provider_type"),
                                fx_literal("logout.iframe-provider-type"));
            const char *url = js_get_text(js_at(urls, 0), "url");
            AUTO(xfree) char *iss = fx_param(url, "iss");
            AUTO(xfree) char *sid = fx_param(url, "sid");
            AUTO(xfree) char *keep = fx_param(url, "keep");
            assert_true(cstr_starts(url, "https://argocd.company/front?iss="));
            assert_string_equal(iss, js_get_text(id, "iss"));
            assert_string_equal(sid, js_get_text(id, "sid"));
            assert_string_equal(keep, "1");
            fx_reply(&f, executor, "{\"component\":\"ak-provider-iframe-logout\"}");
        }
        assert_string_equal(fx_text(&f, "component"), fx_literal("flow.session-end"));
        fx_stop(&f);
    }
}

/* A person without script sees the frames, and a button. */
static void test_frontchannel__page(void **state)
{
    (void)state;
    struct fx f;
    start_iframe(&f, "2026.5", "default-provider-invalidation-flow");
    AUTO(xfree) char *token = sign_in(&f, "openid");
    fx_get(&f, END_SESSION);
    AUTO(xfree) char *page = xstrdup(fx_header(&f, "Location"));
    fx_get(&f, page);
    assert_true(fx_has(&f, "<iframe title=\"Argo CD\" src=\"https://argocd.company/front?iss="));
    assert_true(fx_has(&f, "&amp;keep=1\""));
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "csrfmiddlewaretoken", params_get(&f.cookies, "authentik_csrf"));
    fx_post_form(&f, page, &form);
    assert_true(fx_has(&f, "You&#39;ve logged out of Argo CD.") ||
                fx_has(&f, "You've logged out of Argo CD."));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ lifetimes */

static void test_session__expires(void **state)
{
    (void)state;
    struct fx f;
    start(&f, "2026.2");
    fx_start(&f);
    AUTO(xfree) char *token = sign_in(&f, "openid");
    clock_advance_ms(f.clock, (INT64_C(14) * 24 * 3600 - 1) * 1000);
    assert_true(knows_alice(&f));
    clock_advance_ms(f.clock, 1000);
    assert_false(knows_alice(&f));
    fx_stop(&f);
}

/* Leaving is for whom the application's bindings let in, as entering is. */
static void test_end_session__bindings(void **state)
{
    (void)state;
    static const struct setup_binding viewers[] = {{.group = "ArgoCD Viewers"}};
    static const char *const versions[] = {"2024.8", "2024.10", "2026.5.4", NULL};
    for (const char *const *v = versions; *v != NULL; v++) {
        struct err err = {0};
        struct fx f;
        start(&f, *v);
        fx_start(&f);
        AUTO(xfree) char *token = sign_in(&f, "openid");
        bool page = cstr_eq(*v, "2024.8");
        const char *path = page ? "/if/session-end/argocd/" : END_SESSION;
        struct setup bound = f.setup;
        bound.authentik.bindings = viewers;
        bound.authentik.bindings_len = 1;
        assert_int_equal(authentik_mock_change(f.mock, &bound, &err), 0);
        fx_get(&f, path);
        assert_int_equal(f.resp.status, 200);
        assert_true(fx_has(&f, fx_literal("authorize.denied-text")));
        assert_int_equal(authentik_mock_change(f.mock, &f.setup, &err), 0);
        fx_get(&f, path);
        assert_int_equal(f.resp.status, page ? 200 : 302);
        assert_false(fx_has(&f, fx_literal("authorize.denied-text")));
        fx_stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_userinfo__token_places),
        cmocka_unit_test(test_userinfo__refusal_is_bare),
        cmocka_unit_test(test_userinfo__is_live),
        cmocka_unit_test(test_introspect__clients),
        cmocka_unit_test(test_introspect__revoked_shows_its_claims),
        cmocka_unit_test(test_revoke__clients),
        cmocka_unit_test(test_end_session__authentik_flow_ends_the_session),
        cmocka_unit_test(test_end_session__provider_flow_keeps_the_session),
        cmocka_unit_test(test_end_session__page_of_2024_8),
        cmocka_unit_test(test_end_session__pending_plan),
        cmocka_unit_test(test_end_session__bindings),
        cmocka_unit_test(test_end_session__rp_initiated),
        cmocka_unit_test(test_end_session__ignored_before),
        cmocka_unit_test(test_end_session__hint_after_rotation),
        cmocka_unit_test(test_end_session__sealed_hint),
        cmocka_unit_test(test_end_session__anonymous_of_2026_8),
        cmocka_unit_test(test_backchannel__letter),
        cmocka_unit_test(test_backchannel__sealed),
        cmocka_unit_test(test_backchannel__who_is_told),
        cmocka_unit_test(test_backchannel__a_session_dropped_is_told),
        cmocka_unit_test(test_backchannel__a_redirect_is_not_followed),
        cmocka_unit_test(test_backchannel__failures_are_logged),
        cmocka_unit_test(test_backchannel__stays_inside),
        cmocka_unit_test(test_backchannel__is_in_the_trace),
        cmocka_unit_test(test_frontchannel__challenge),
        cmocka_unit_test(test_frontchannel__page),
        cmocka_unit_test(test_session__expires),
    };
    return TEST_MAIN(tests);
}
