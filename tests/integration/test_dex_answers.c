/*
 * What Dex answers machines, whole: status, header fields and body of every kind of success, in
 * tests/golden/dex/answers.txt, and once more as an older release does it. Tokens are shown as
 * their claims, which have an order (dex.md 6.2).
 */
#include "tests/support/test.h"

#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/rnd.h"
#include "harness/base/str.h"
#include "harness/jose/jwt.h"
#include "tests/support/dex_fixture.h"
#include "tests/support/golden.h"

#define EXCHANGE                                                                                   \
    "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=argo-cd-cli&scope="      \
    "openid+groups&connector_id=authentik&subject_token_type=urn:ietf:params:oauth:token-type:"    \
    "%s&subject_token=%s%s"

#define EXCHANGE_OF(type_, token_)                                                                 \
    "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=argo-cd-cli&"            \
    "connector_id=authentik&subject_token_type=urn:ietf:params:oauth:token-type:" type_            \
    "&subject_token=" token_

/* ---- as text ---- */

static bool is_token_char(char c)
{
    return strchr(RND_ALNUM "-_", c) != NULL && c != '\0';
}

/* "eyJ….eyJ….…" as {claims}: what signs it is looked at elsewhere. Returns behind it. */
static const char *show_token(struct buf *b, const char *at)
{
    const char *body = strchr(at, '.') + 1;
    const char *end = body;
    uint8_t *claims = NULL;
    size_t n = 0;
    while (is_token_char(*end))
        end++;
    if (b64url_decode(body, (size_t)(end - body), &claims, &n, NULL) == 0)
        buf_addf(b, "(token %.*s)", (int)n, (const char *)claims);
    xfree(claims);
    for (end++; is_token_char(*end);)
        end++;
    return end;
}

static void show_text(struct buf *b, const char *text)
{
    while (*text != '\0') {
        if (cstr_starts(text, "eyJ")) {
            text = show_token(b, text);
        } else {
            buf_addc(b, *text);
            text++;
        }
    }
}

static void show(struct buf *b, const struct dex_fixture *f, const char *name)
{
    static const char *const passing[] = {"Date", "Content-Length", "Connection", NULL};
    buf_addf(b, "== %s\n%d\n", name, f->resp.status);
    for (size_t i = 0; i < f->resp.headers.len; i++) {
        bool skip = false;
        for (const char *const *p = passing; *p != NULL; p++)
            skip = skip || strcasecmp(f->resp.headers.items[i].name, *p) == 0;
        if (!skip)
            buf_addf(b, "%s: %s\n", f->resp.headers.items[i].name, f->resp.headers.items[i].value);
    }
    buf_adds(b, "\n");
    show_text(b, f->resp.body != NULL ? f->resp.body : "");
    buf_adds(b, "\n");
}

/* ---- what is asked ---- */

static void ask(struct buf *b, struct dex_fixture *f, const char *method, const char *path,
                const char *form, const char *name)
{
    dex_request(f, method, path, form, NULL);
    show(b, f, name);
}

static void introspect(struct buf *b, struct dex_fixture *f, const char *token, const char *hint,
                       const char *name)
{
    AUTO(xfree) char *form = xasprintf("token=%s%s", token, hint);
    ask(b, f, "POST", "/api/dex/token/introspect", form, name);
}

static void exchange(struct buf *b, struct dex_fixture *f, const char *type, const char *token,
                     const char *more, const char *name)
{
    AUTO(xfree) char *form = xasprintf(EXCHANGE, type, token, more);
    ask(b, f, "POST", "/api/dex/token", form, name);
}

static void documents(struct buf *b, struct dex_fixture *f)
{
    ask(b, f, "GET", "/api/dex/.well-known/openid-configuration", NULL, "discovery");
    ask(b, f, "GET", "/api/dex/healthz", NULL, "healthz");
    ask(b, f, "GET", "/api/dex/robots.txt", NULL, "robots");
    ask(b, f, "GET", "/api/dex", NULL, "root");
    ask(b, f, "GET", "/api/dex/nowhere", NULL, "nowhere");
    ask(b, f, "GET", "/api/dex/auth?a;b", NULL, "a semicolon in the query");
    ask(b, f, "GET", "/api/dex/device/callback?code=x&state=y", NULL, "a device nobody knows");
    ask(b, f, "OPTIONS", "/api/dex/token", NULL, "options");
    ask(b, f, "PUT", "/api/dex/token", NULL, "token by PUT");
}

static void session(struct buf *b, struct dex_fixture *f)
{
    AUTO(xfree) char *refresh = dex_cli_login(f, "up-1");
    show(b, f, "code redeemed");
    AUTO(xfree) char *access = xstrdup(js_get_text(f->json, "access_token"));
    AUTO(xfree) char *id_token = xstrdup(js_get_text(f->json, "id_token"));
    dex_userinfo(f, "Bearer", access);
    show(b, f, "userinfo");
    introspect(b, f, access, "", "an access token");
    introspect(b, f, id_token, "&token_type_hint=access_token", "an ID token");
    introspect(b, f, refresh, "&token_type_hint=refresh_token", "a refresh token");
    introspect(b, f, "unknown", "", "no token");
    dex_say_token(f, NULL);
    dex_refresh(f, refresh, "");
    show(b, f, "refreshed");
}

static void exchanges(struct buf *b, struct dex_fixture *f)
{
    static const char id[] = "&requested_token_type=urn:ietf:params:oauth:token-type:id_token";
    static const char access[] =
        "&requested_token_type=urn:ietf:params:oauth:token-type:access_token";
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(xfree) char *token = NULL;
    assert_int_equal(jwt_sign(key, JWS_RS256, NULL, "up", f->claims, &token, NULL), 0);
    exchange(b, f, "id_token", token, "", "exchanged");
    exchange(b, f, "id_token", token, id, "exchanged for an ID token");
    exchange(b, f, "id_token", token, access, "exchanged for an access token");
    exchange(b, f, "access_token", token, "", "no userinfo to exchange with");
}

static void devices(struct buf *b, struct dex_fixture *f)
{
    ask(b, f, "POST", "/api/dex/device/code", "client_id=argo-cd-cli&scope=openid", "device");
    AUTO(xfree)
    char *form = xasprintf("grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=%s",
                           js_get_text(f->json, "device_code"));
    ask(b, f, "POST", "/api/dex/token", form, "device pending");
    ask(b, f, "POST", "/api/dex/token", form, "device asked too soon");
}

static void answers_are(struct dex_fixture *f, const char *version, const char *file)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    f->version = version;
    dex_restart(f, NULL, NULL);
    documents(&b, f);
    session(&b, f);
    exchanges(&b, f);
    devices(&b, f);
    golden_check(file, b.ptr);
}

static void test_answers__whole(void **state)
{
    answers_are(*state, "2.45.0", "dex/answers.txt");
}

static void test_answers__whole_of_old(void **state)
{
    answers_are(*state, "2.37.0", "dex/answers-2.37.txt");
}

/* ---- refusals, with what the log says of them ---- */

static void tell(struct buf *b, struct dex_fixture *f, const char *name)
{
    show(b, f, name);
    for (size_t i = f->mark; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && strcmp(e->from, "dex") == 0)
            buf_addf(b, "%s %s\n", e->level, e->text);
    }
    dex_mark(f);
}

struct asked {
    const char *method, *path, *form;
};

static const struct asked asked_rows[] = {
    {"POST", "/api/dex/auth", "client_id=argo-cd&x=1"},
    {"GET", "/api/dex/auth?connector_id=none", NULL},
    {"GET", "/api/dex/auth?connector_id=authentik&x=1", NULL},
    {"GET", "/api/dex/auth/%zz?client_id=argo-cd", NULL},
    {"GET", "/api/dex/auth/authentik/login", NULL},
    {"GET", "/api/dex/auth/authentik/login?state=none", NULL},
    {"GET", "/api/dex/callback", NULL},
    {"GET", "/api/dex/callback?state=none", NULL},
    {"POST", "/api/dex/callback", "x=1"},
    {"POST", "/api/dex/callback", "RelayState=none"},
    {"PUT", "/api/dex/callback", NULL},
    {"GET", "/api/dex/callback?a;b", NULL},
    {"GET", "/api/dex/approval", NULL},
    {"GET", "/api/dex/approval?req=none&hmac=!", NULL},
    {"GET", "/api/dex/approval?req=none&hmac=AAAA", NULL},
    {"POST", "/api/dex/token", ""},
    {"POST", "/api/dex/token", "grant_type=password"},
    {"POST", "/api/dex/token", "grant_type=authorization_code&client_id=none"},
    {"POST", "/api/dex/token", "grant_type=authorization_code&client_id=argo-cd"},
    {"POST", "/api/dex/token", "grant_type=authorization_code&client_id=argo-cd&client_secret=x"},
    {"POST", "/api/dex/token", "grant_type=authorization_code&client_id=argo-cd-cli"},
    {"POST", "/api/dex/token", "grant_type=authorization_code&client_id=argo-cd-cli&code=none"},
    {"POST", "/api/dex/token", "grant_type=refresh_token&client_id=argo-cd-cli"},
    {"POST", "/api/dex/token", "grant_type=refresh_token&client_id=argo-cd-cli&refresh_token=x"},
    {"POST", "/api/dex/token", "a=%zz"},
    {"POST", "/api/dex/token", EXCHANGE_OF("saml2", "x")},
    {"POST", "/api/dex/token", EXCHANGE_OF("id_token", "")},
    {"POST", "/api/dex/token", EXCHANGE_OF("id_token", "a.b.c")},
    {"POST", "/api/dex/token", EXCHANGE_OF("access_token", "x")},
    {"POST", "/api/dex/token", EXCHANGE_OF("id_token", "x") "&requested_token_type=saml2"},
    {"POST", "/api/dex/token",
     "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=argo-cd-cli&"
     "connector_id=none&subject_token=x&subject_token_type=urn:ietf:params:oauth:token-type:"
     "id_token"},
    {"POST", "/api/dex/token", "grant_type=urn:ietf:params:oauth:grant-type:device_code"},
    {"POST", "/api/dex/token",
     "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=none"},
    {"GET", "/api/dex/userinfo", NULL},
    {"GET", "/api/dex/token/introspect", NULL},
    {"POST", "/api/dex/token/introspect", ""},
    {"POST", "/api/dex/token/introspect", "x=1"},
    {"POST", "/api/dex/token/introspect", "token=x&token_type_hint=refresh_token"},
    {"POST", "/api/dex/token/introspect", "token=x&token_type_hint=other"},
    {"GET", "/api/dex/device/code", NULL},
    {"POST", "/api/dex/device/code", "a=%zz"},
    {"POST", "/api/dex/device/code", "client_id=argo-cd-cli&code_challenge=x"},
    {"POST", "/api/dex/device/code",
     "client_id=argo-cd-cli&code_challenge=x&code_challenge_method=none"},
    {"PUT", "/api/dex/device", NULL},
    {"GET", "/api/dex/device?user_code=ABCD-EFGH", NULL},
    {"GET", "/api/dex/device?invalid=true", NULL},
    {"GET", "/api/dex/device/auth/verify_code", NULL},
    {"POST", "/api/dex/device/auth/verify_code", "user_code=none"},
    {"POST", "/api/dex/device/auth/verify_code", "user_code=%zz"},
    {"GET", "/api/dex/device/callback", NULL},
    {"GET", "/api/dex/device/callback?state=x&code=y&error=z", NULL},
    {"PUT", "/api/dex/device/callback", NULL},
    {"POST", "/api/dex/device/token", "grant_type=none"},
    {"POST", "/api/dex/device/token",
     "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=none"},
    {"POST", "/api/dex/device/token", "a=%zz"},
    {NULL, NULL, NULL},
};

static void simple_refusals(struct buf *b, struct dex_fixture *f)
{
    for (const struct asked *a = asked_rows; a->method != NULL; a++) {
        AUTO(xfree)
        char *name = xasprintf("%s %s %s", a->method, a->path, a->form != NULL ? a->form : "");
        dex_request(f, a->method, a->path, a->form, NULL);
        tell(b, f, name);
    }
}

static void go_to(struct dex_fixture *f, const char *before, const char *behind)
{
    AUTO(xfree) char *path = xasprintf("%s%s%s", before, f->state, behind);
    dex_get(f, path);
}

/* Those that need a login begun. */
static void login_refusals(struct buf *b, struct dex_fixture *f)
{
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *other = xasprintf("/api/dex/auth/authentik?%s&connector_id=none", query);
    AUTO(xfree) char *posted = xasprintf("/api/dex/auth/authentik?%s", query);
    AUTO(xfree) char *unknown = xasprintf("/api/dex/auth/none?%s", query);
    dex_get(f, other);
    tell(b, f, "a connector that is none");
    dex_get(f, unknown);
    tell(b, f, "at a connector that is none");
    dex_request(f, "POST", posted, "", NULL);
    tell(b, f, "a login by POST");
    dex_authorize(f, false);
    go_to(f, "/api/dex/callback/other?code=x&state=", "");
    tell(b, f, "the callback of another connector");
    go_to(f, "/api/dex/auth/authentik/login?state=", "");
    tell(b, f, "a password for a connector without");
    go_to(f, "/api/dex/auth/other/login?state=", "");
    tell(b, f, "a password at another connector");
    AUTO(xfree) char *relay = xasprintf("RelayState=%s", f->state);
    dex_request(f, "POST", "/api/dex/callback", relay, NULL);
    tell(b, f, "SAML at a connector of OAuth2");
    go_to(f, "/api/dex/approval?hmac=AAAA&req=", "");
    tell(b, f, "approval before the person is known");
    go_to(f, "/api/dex/callback?error=access_denied&error_description=no&state=", "");
    tell(b, f, "refused upstream");
}

static void refresh_refusals(struct buf *b, struct dex_fixture *f)
{
    AUTO(xfree) char *first = dex_cli_login(f, "up-1");
    dex_mark(f);
    dex_refresh(f, first, "");
    tell(b, f, "refreshed");
    dex_refresh(f, first, "");
    tell(b, f, "refreshed twice");
    AUTO(xfree) char *again = dex_cli_login(f, "up-1");
    dex_mark(f);
    dex_refresh(f, again, "&scope=zz");
    tell(b, f, "another scope");
    AUTO(xfree)
    char *foreign = xasprintf("grant_type=refresh_token&client_id=argo-cd&client_secret=" DEX_SECRET
                              "&refresh_token=%s",
                              again);
    dex_request(f, "POST", "/api/dex/token", foreign, NULL);
    tell(b, f, "of another client");
    dex_say_token(f, "{\"error\":\"invalid_grant\"}");
    dex_refresh(f, again, "");
    tell(b, f, "refused upstream on refresh");
    dex_say_token(f, NULL);
}

#define EXPIRY "{\"expiry\":{\"refreshTokens\":{\"absoluteLifetime\":\"1h\",%s}}}"

/* Options that only speak at the start, and refresh tokens that end. */
static void configured_refusals(struct buf *b, struct dex_fixture *f)
{
    AUTO(xfree) char *idle = xasprintf(EXPIRY, "\"validIfNotUsedFor\":\"10m\"");
    AUTO(xfree) char *old = xasprintf(EXPIRY, "\"validIfNotUsedFor\":\"2h\"");
    const char *const configs[] = {idle, old};
    for (size_t i = 0; i < TEST_COUNT(configs); i++) {
        dex_restart(f, NULL, configs[i]);
        AUTO(xfree) char *token = dex_cli_login(f, "up-1");
        clock_advance_ms(f->clock, i == 0 ? 660000 : 3660000);
        dex_mark(f);
        dex_refresh(f, token, "");
        tell(b, f, i == 0 ? "a refresh token that lay about" : "a refresh token that is old");
    }
    dex_mark(f);
    dex_restart(f,
                "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"(\"}},"
                "\"providerDiscoveryOverrides\":{\"tokenURL\":\"https://authentik.company/t\"}}",
                NULL);
    dex_get(f, "/api/dex/healthz");
    tell(b, f, "started with overrides and a filter that is none");
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_restart(f, "{\"pkceChallenge\":\"bogus\"}", NULL);
    dex_get(f, path);
    tell(b, f, "a challenge method that is none");
}

static void show_two_connectors(struct buf *b, struct dex_fixture *f);

static void refusals_are(struct dex_fixture *f, const char *version, const char *file)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    f->version = version;
    dex_restart(f, NULL, NULL);
    dex_mark(f);
    simple_refusals(&b, f);
    login_refusals(&b, f);
    refresh_refusals(&b, f);
    configured_refusals(&b, f);
    show_two_connectors(&b, f);
    golden_check(file, b.ptr);
}

static void test_answers__refusals(void **state)
{
    refusals_are(*state, "2.45.0", "dex/refusals.txt");
}

static void test_answers__refusals_of_old(void **state)
{
    refusals_are(*state, "2.37.0", "dex/refusals-2.37.txt");
}

/* The last that logs by logrus, with token exchange and introspection. */
static void test_answers__refusals_before_slog(void **state)
{
    refusals_are(*state, "2.39.1", "dex/refusals-2.39.txt");
}

/* ---- configurations ---- */

struct configured {
    const char *patch; /* on the configuration */
    const char *path; /* asked then; "?…" is added to a good authorization request; NULL = none */
};

#define TYPES "{\"oauth2\":{\"responseTypes\":["
#define PUBLIC                                                                                     \
    "{\"oauth2\":{\"responseTypes\":[\"code\",\"token\",\"id_token\"]},\"staticClients\":[{"       \
    "\"id\":"                                                                                      \
    "\"pub\",\"name\":\"P\",\"public\":true}]}"
#define AUTH "/api/dex/auth/authentik?client_id=pub&scope=openid&state=s&redirect_uri="

static const struct configured configured_rows[] = {
    {"{\"issuer\":\"\"}", NULL},
    {"{\"issuer\":\"\",\"staticPasswords\":[{\"email\":\"a\"}]}", NULL},
    {"{\"staticPasswords\":[{\"email\":\"a\"}]}", NULL},
    {"{\"expiry\":{\"idTokens\":\"x\"}}", NULL},
    {"{\"expiry\":{\"refreshTokens\":{\"reuseInterval\":\"1\"}}}", NULL},
    {"{\"staticClients\":[{\"id\":\"x\"}]}", NULL},
    {"{\"staticClients\":[{\"name\":\"x\"}]}", NULL},
    {"{\"staticClients\":[{\"id\":\"x\",\"name\":\"x\"}]}", NULL},
    {"{\"staticClients\":[{\"id\":\"x\",\"idEnv\":\"Y\",\"name\":\"x\",\"public\":true}]}", NULL},
    {"{\"connectors\":[{\"id\":\"x\",\"type\":\"oidc\"}]}", NULL},
    {"{\"connectors\":[{\"id\":\"x\",\"type\":\"ldap\",\"name\":\"x\"}]}", NULL},
    {"{\"connectors\":[]}", NULL},
    {"{\"logger\":{\"level\":\"loud\"}}", NULL},
    {"{\"logger\":{\"format\":\"xml\"}}", NULL},
    {TYPES "\"none\"]}}", NULL},
    {TYPES "\"code id_token\"]}}", "/api/dex/.well-known/openid-configuration"},
    {TYPES "\"code\",\"code token\"]}}", "/api/dex/.well-known/openid-configuration"},
    {TYPES "\"id_token token\"]}}", "/api/dex/.well-known/openid-configuration"},
    {TYPES "\"code id_token token\",\"id_token\",\"token\"]}}",
     "/api/dex/.well-known/openid-configuration"},
    {"{\"oauth2\":{\"grantTypes\":[\"authorization_code\"]}}",
     "/api/dex/.well-known/openid-configuration"},
    {PUBLIC, AUTH "urn:ietf:wg:oauth:2.0:oob&response_type=token+id_token&nonce=n"},
    {PUBLIC, AUTH "http://localhost:1/&response_type=token"},
    {PUBLIC, AUTH "http://localhost:1/&response_type=id_token"},
    {PUBLIC, AUTH "http://localhost:1/?a%25zz&response_type=bogus"},
    {"{\"web\":{\"headers\":{\"Content-Security-Policy\":\"a\",\"X-Frame-Options\":\"b\",\"X-"
     "Content-Type-"
     "Options\":\"c\",\"X-XSS-Protection\":\"d\",\"Strict-Transport-Security\":\"e\"}}}",
     "/api/dex/healthz"},
    {"{\"frontend\":{\"issuer\":\"Company\"}}", "/api/dex/callback"},
    {NULL, NULL},
};

static void show_configured(struct buf *b, struct dex_fixture *f, const struct configured *c)
{
    AUTO(xfree) char *name = xasprintf("%s %s", c->patch, c->path != NULL ? c->path : "");
    dex_mark(f);
    dex_restart(f, NULL, c->patch);
    const char *down = dex_mock_down(f->dex);
    if (down != NULL)
        buf_addf(b, "== %s\nis down: %s\n", name, down);
    if (down != NULL || c->path == NULL)
        return;
    dex_get(f, c->path);
    tell(b, f, name);
}

/* Two connectors: a request may name one and go to the other. */
static void show_two_connectors(struct buf *b, struct dex_fixture *f)
{
    AUTO(js_free) struct js *list = js_dup(js_get(f->config, "connectors"));
    struct js *other = js_dup(js_at(list, 0));
    AUTO(js_free) struct js *patch = js_object();
    js_set_text(other, "id", "other");
    js_append(list, other);
    js_set(patch, "connectors", js_ref(list));
    AUTO(xfree) char *text = js_compact(patch);
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *mixed = xasprintf("/api/dex/auth/authentik?%s&connector_id=other", query);
    AUTO(xfree) char *bad = xasprintf("/api/dex/auth/%%zz?%s", query);
    dex_restart(f, NULL, text);
    dex_mark(f);
    dex_get(f, mixed);
    tell(b, f, "another connector than the path's");
    dex_get(f, bad);
    tell(b, f, "a path that does not decode");
    dex_restart(f, NULL, NULL);
    dex_authorize(f, false);
    dex_mark(f);
    go_to(f, "/api/dex/callback/%zz?code=x&state=", "");
    tell(b, f, "a callback that does not decode");
}

/* Without rotation a refresh token stays. */
static void show_no_rotation(struct buf *b, struct dex_fixture *f)
{
    dex_restart(f, NULL, "{\"expiry\":{\"refreshTokens\":{\"disableRotation\":true}}}");
    AUTO(xfree) char *token = dex_cli_login(f, "up-1");
    for (int i = 0; i < 2; i++) {
        dex_refresh(f, token, "");
        buf_addf(b, "== refreshed without rotation\n%d %s\n", f->resp.status,
                 cstr_eq(js_get_text(f->json, "refresh_token"), token) ? "the same" : "another");
    }
}

/* An option of the connector of another type than Dex wants. */
static const char *const option_rows[] = {
    "{\"scopes\":\"x\"}",
    "{\"scopes\":[1]}",
    "{\"insecureEnableGroups\":\"true\"}",
    "{\"issuer\":1}",
    "{\"claimMapping\":1}",
    "{\"claimMapping\":{\"groups\":[]}}",
    "{\"claimModifications\":1}",
    "{\"claimModifications\":{\"newGroupFromClaims\":\"x\"}}",
    "{\"claimModifications\":{\"newGroupFromClaims\":[1]}}",
    "{\"claimModifications\":{\"newGroupFromClaims\":[{\"claims\":1}]}}",
    "{\"claimModifications\":{\"filterGroupClaims\":1}}",
    "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":1}}}",
    "{\"claimModifications\":{\"modifyGroupNames\":{\"prefix\":1}}}",
    "{\"providerDiscoveryOverrides\":\"x\"}",
    "{\"providerDiscoveryOverrides\":{\"tokenURL\":1}}",
    NULL,
};

static void show_options(struct buf *b, struct dex_fixture *f)
{
    for (const char *const *o = option_rows; *o != NULL; o++) {
        dex_restart(f, *o, NULL);
        const char *down = dex_mock_down(f->dex);
        buf_addf(b, "== %s\n%s\n", *o, down != NULL ? down : "is up");
    }
    dex_restart(f, NULL,
                "{\"connectors\":[{\"type\":\"oidc\",\"id\":\"a\",\"name\":\"a\",\"config\":[]}]}");
    buf_addf(b, "== a list for a connector's config\n%s\n",
             dex_mock_down(f->dex) != NULL ? dex_mock_down(f->dex) : "is up");
}

static void test_answers__configurations(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(buf_deinit) struct buf b;
    AUTO(js_free) struct js *counts = NULL;
    buf_init(&b, BUF_MAX_TEXT);
    for (const struct configured *c = configured_rows; c->patch != NULL; c++)
        show_configured(&b, f, c);
    show_two_connectors(&b, f);
    show_no_rotation(&b, f);
    show_options(&b, f);
    dex_restart(f, NULL, NULL);
    dex_request(f, "POST", "/api/dex/device/code", "client_id=argo-cd-cli&scope=openid", NULL);
    dex_authorize(f, false);
    counts = dex_mock_counts(f->dex);
    AUTO(xfree) char *text = js_compact(counts);
    buf_addf(&b, "== what it tells of itself\n%s\n", text);
    golden_check("dex/configurations.txt", b.ptr);
}

/* What an operator asks of a Dex that is not there, or not there. */
static void test_answers__operator(void **state)
{
    struct dex_fixture *f = *state;
    struct err err = {0};
    dex_restart(f, NULL, "{\"issuer\":\"\"}");
    assert_int_equal(dex_mock_rotate(f->dex, &err), -1);
    assert_string_equal(err.msg, "dex is down, it has no keys to rotate: invalid Config:\n\t-\tno "
                                 "issuer specified in config file");
}

/* ---- tokens that are none of Dex's ---- */

#define ISS "\"iss\":\"" DEX_ISSUER "\""
#define LATER "\"exp\":1767312000"

struct bad_token {
    const char *claims; /* or a whole token */
    const char *key;    /* of the tests; "" = HS256, NULL = it is a whole token */
};

static const struct bad_token bad_tokens[] = {
    {"x", NULL},
    {"a.b", NULL},
    {"a.b.c", NULL},
    {"eyJhbGciOiJSUzI1NiJ9.bm8gSlNPTg.AAAA", NULL},
    {"{" ISS "," LATER "}", ""},
    {"{" ISS "," LATER "}", "rsa-2048-1"},
    {"{\"iss\":\"https://else\"," LATER "}", "rsa-2048-1"},
    {"{" LATER "}", "rsa-2048-1"},
    {"{" ISS ",\"exp\":1767225600}", "rsa-2048-1"},
    {"{" ISS "}", "rsa-2048-1"},
};

static char *make_bad(const struct bad_token *t)
{
    AUTO(js_free) struct js *claims = NULL;
    char *token = NULL;
    if (t->key == NULL)
        return xstrdup(t->claims);
    bool hmac = *t->key == '\0';
    AUTO(key_free) struct key *key = hmac ? key_from_secret("s", 1) : key_test(t->key);
    assert_int_equal(js_parse(str_of(t->claims), "claims", &claims, NULL), 0);
    assert_int_equal(jwt_sign(key, hmac ? JWS_HS256 : JWS_RS256, NULL, "k", claims, &token, NULL),
                     0);
    return token;
}

/* What userinfo says, and what the log does. */
static void refusals_of(struct buf *b, struct dex_fixture *f, const char *version)
{
    f->version = version;
    dex_restart(f, NULL, NULL);
    for (size_t i = 0; i < TEST_COUNT(bad_tokens); i++) {
        AUTO(xfree) char *token = make_bad(&bad_tokens[i]);
        dex_mark(f);
        dex_userinfo(f, "Bearer", token);
        AUTO(xfree) char *line = dex_log_written(f, "failed to verify ID token");
        const char *message = strstr(line, "\"err\":");
        buf_addf(b, "%s %s\n  %d %s\n  %.*s\n", version, bad_tokens[i].claims, f->resp.status,
                 f->resp.body, message != NULL ? (int)strcspn(message, ",}") : 0,
                 message != NULL ? message : "");
    }
}

static void test_userinfo__what_is_wrong_with_a_token(void **state)
{
    static const char *const versions[] = {"2.45.0", "2.44.0", "2.41.0", "2.37.0", "2.30.0"};
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < TEST_COUNT(versions); i++)
        refusals_of(&b, *state, versions[i]);
    golden_check("dex/bad-tokens.txt", b.ptr);
}

/* A key of five each time, and then from the first again. */
static void test_keys__in_turn(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (int i = 0; i < 6; i++) {
        dex_get(f, "/api/dex/keys");
        const struct js *keys = js_get(f->json, "keys");
        for (size_t k = 0; k < js_len(keys); k++) {
            const struct js *key = js_at(keys, k);
            buf_addf(&b, "%s %s %s %s %.12s ", js_get_text(key, "use"), js_get_text(key, "kty"),
                     js_get_text(key, "alg"), js_get_text(key, "kid"), js_get_text(key, "n"));
        }
        buf_adds(&b, "\n");
        clock_advance_ms(f->clock, INT64_C(6) * 3600 * 1000 + 1);
    }
    golden_check("dex/keys.txt", b.ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers__whole, dex_set_up, dex_tear_down),
        cmocka_unit_test_setup_teardown(test_answers__whole_of_old, dex_set_up, dex_tear_down),
        cmocka_unit_test_setup_teardown(test_answers__refusals, dex_set_up, dex_tear_down),
        cmocka_unit_test_setup_teardown(test_answers__refusals_of_old, dex_set_up, dex_tear_down),
        cmocka_unit_test_setup_teardown(test_answers__refusals_before_slog, dex_set_up,
                                        dex_tear_down),
        cmocka_unit_test_setup_teardown(test_answers__configurations, dex_set_up, dex_tear_down),
        cmocka_unit_test_setup_teardown(test_answers__operator, dex_set_up, dex_tear_down),
        cmocka_unit_test_setup_teardown(test_userinfo__what_is_wrong_with_a_token, dex_set_up,
                                        dex_tear_down),
        cmocka_unit_test_setup_teardown(test_keys__in_turn, dex_set_up, dex_tear_down),
    };
    return TEST_MAIN(tests);
}
