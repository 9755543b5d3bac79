/*
 * /application/o/token/ (authentik.md 5): the checks of each grant in authentik's order and with
 * its errors. Decides under the lock, signs without it. Every error is a 400.
 */
#include "mocks/authentik/token.h"

#include <string.h>
#include <strings.h>

#include "harness/jose/pkce.h"
#include "mocks/authentik/device.h"
#include "mocks/authentik/faults.h"

const char *ak_token_form(const struct asking *a, const char *name)
{
    const char *value = http_form(a->req, name);
    return value != NULL ? value : "";
}

const char *ak_token_fail(const struct asking *a, const char *error, const char *why)
{
    trace_log(a->m->env.trace, AK_PARTY, "warning", "%s client_id=%s", why,
              a->m->conf.ak->client_id);
    return error;
}

void ak_token_take(struct asking *a, const struct grant *g)
{
    ak_grant_copy(&a->mint->grant, g);
    a->mint->refreshable = true;
    a->mint->with_refresh =
        ak_claims_has_scope(g, "offline_access") || !ak_quirk(a->m, QUIRK_OFFLINE_ACCESS);
}

/* ------------------------------------------------------------------ authorization_code */

/* Only against the list, not against the authorize request; invalid_client on purpose (5.3). */
static const char *check_redirect(const struct asking *a)
{
    const char *uri = ak_token_form(a, "redirect_uri");
    if (!ak_conf_redirect_allowed(a->m, uri) &&
        !fault_is_on(a->m->env.faults, "authentik/authorize.open-redirect")) {
        trace_log(a->m->env.trace, AK_PARTY, "warning",
                  "Invalid redirect URI used by provider redirect_uri=%s", uri);
        return "invalid_client";
    }
    static const char *const forbidden[] = {"javascript:", "data:", "vbscript:", NULL};
    bool looks = ak_quirk(a->m, QUIRK_REDIRECT_SCHEMES);
    for (const char *const *f = forbidden; looks && *f != NULL; f++)
        if (strncasecmp(uri, *f, strlen(*f)) == 0)
            return "invalid_request";
    return NULL;
}

/* A challenge wants its verifier (since 2023.10.4), a verifier its challenge (since 2023.10.7). */
static const char *check_pkce(const struct asking *a, const struct grant *g)
{
    const char *verifier = ak_token_form(a, "code_verifier");
    bool sent = verifier[0] != '\0';
    bool strict = ak_quirk(a->m, QUIRK_PKCE_INVALID_GRANT);
    bool right = g->challenge == NULL ? !sent || !strict
                 : sent               ? pkce_matches(verifier, g->challenge, g->challenge_method)
                                      : !ak_quirk(a->m, QUIRK_PKCE_VERIFIER_NEEDED);
    if (right || ak_fault_asked(a->m, "authentik/pkce.ignored"))
        return NULL;
    return ak_token_fail(a, sent || strict ? "invalid_grant" : "invalid_request",
                         "Code challenge not matching");
}

static const char *grant_code(struct asking *a)
{
    const char *text = ak_token_form(a, "code");
    if (text[0] == '\0')
        return ak_token_fail(a, "invalid_grant", "Missing authorization code");
    const char *error = check_redirect(a);
    if (error != NULL)
        return error;
    struct code *c = (struct code *)(void *)ak_store_get(&a->m->codes, text);
    if (c == NULL)
        return ak_token_fail(a, "invalid_grant", "Code does not exist");
    bool expired = c->item.expires_s <= ak_mock_now_s(a->m);
    if (expired && !ak_fault_asked(a->m, "authentik/code.never-expires"))
        return ak_token_fail(a, "invalid_grant", "Code is expired");
    if (!expired && ak_fault_asked(a->m, "authentik/code.expired-at-once"))
        return ak_token_fail(a, "invalid_grant", "Code is expired");
    error = check_pkce(a, &c->grant);
    if (error != NULL)
        return error;
    if (ak_conf_person(a->m, c->grant.person) == NULL)
        return ak_token_fail(a, "invalid_grant", "User does not exist");
    ak_token_take(a, &c->grant);
    if (!ak_fault_asked(a->m, "authentik/code.reusable"))
        ak_store_remove(&a->m->codes, text);
    return NULL;
}

/* ------------------------------------------------------------------ refresh_token */

static const char *check_refresh(const struct asking *a, const struct token *t)
{
    if (t == NULL)
        return ak_token_fail(a, "invalid_grant", "Refresh token does not exist");
    if (t->item.expires_s <= ak_mock_now_s(a->m))
        return ak_token_fail(a, "invalid_grant", "Refresh token is expired");
    if (t->revoked && !ak_fault_asked(a->m, "authentik/refresh.reusable"))
        return ak_token_fail(a, "invalid_grant", "Revoked refresh token was used");
    const struct setup_person *p = ak_conf_person(a->m, t->grant.person);
    if (p == NULL || (!p->active && ak_quirk(a->m, QUIRK_INACTIVE_REVOKED)))
        return ak_token_fail(a, "invalid_grant", "User does not exist");
    return NULL;
}

/* Empty means the original scopes; more than these, or without offline_access, is refused (5.5). */
static const char *check_refresh_scopes(const struct asking *a, const struct token *t)
{
    const struct strlist *asked = a->scopes.len > 0 ? &a->scopes : &t->grant.scopes;
    for (size_t i = 0; i < asked->len; i++)
        if (!ak_claims_has_scope(&t->grant, asked->items[i]))
            return ak_token_fail(a, "invalid_scope", "Scope exceeds the original grant");
    if (ak_quirk(a->m, QUIRK_OFFLINE_ACCESS) && !strlist_has(asked, "offline_access"))
        return ak_token_fail(a, "invalid_scope", "Missing 'offline_access' scope.");
    return NULL;
}

/* A threshold keeps the token that is far from its end; until 2026.5 its test was inverted, so that
 * none ever was near it (c:09637b73c #21537). */
static bool rotates(const struct asking *a, const struct token *t)
{
    int64_t threshold_s = a->m->conf.ak->refresh_token_threshold_s;
    int64_t left_s = t->item.expires_s - ak_mock_now_s(a->m);
    if (threshold_s == 0 || !ak_quirk(a->m, QUIRK_REFRESH_THRESHOLD))
        return true;
    return ak_quirk(a->m, QUIRK_THRESHOLD_FIXED) && left_s < threshold_s;
}

static const char *grant_refresh(struct asking *a)
{
    const char *text = ak_token_form(a, "refresh_token");
    if (text[0] == '\0')
        return ak_token_fail(a, "invalid_grant", "Missing refresh token");
    struct token *t = (struct token *)(void *)ak_store_get(&a->m->refresh, text);
    const char *error = check_refresh(a, t);
    if (error == NULL)
        error = check_refresh_scopes(a, t);
    if (error != NULL)
        return error;
    ak_token_take(a, &t->grant); /* the original scopes, whatever was asked for */
    a->mint->refreshed = true;
    a->mint->with_refresh = rotates(a, t);
    t->revoked = a->mint->with_refresh;
    return NULL;
}

/* ------------------------------------------------------------------ the others (5.5) */

/* The secret counts since 2026.5 only. */
static const char *grant_device(struct asking *a)
{
    if (ak_quirk(a->m, QUIRK_DEVICE_SECRET) && !ak_client_secret_ok(a->m, a->secret))
        return ak_token_fail(a, "invalid_client", "Invalid client secret");
    AUTO(ak_grant_deinit) struct grant agreed = {0};
    const char *error = ak_device_redeem(a->m, ak_token_form(a, "device_code"), &agreed);
    if (error != NULL)
        return ak_token_fail(a, error, "Device code cannot be redeemed");
    ak_token_take(a, &agreed);
    return NULL;
}

struct grant_row {
    const char *name;
    bool needs_secret;
    const char *(*check)(struct asking *a);
};

static const struct grant_row grants[] = {
    {"authorization_code", true, grant_code},
    {"refresh_token", true, grant_refresh},
    {"client_credentials", false, ak_token_grant_client_credentials},
    {"password", false, ak_token_grant_client_credentials},
    {"urn:ietf:params:oauth:grant-type:device_code", false, grant_device},
    {0}};

static bool grant_enabled(const struct mock *m, const struct grant_row *row)
{
    const char *const *g = m->conf.ak->grant_types;
    if (g == NULL || !ak_quirk(m, QUIRK_GRANT_TYPES))
        return true;
    return cstr_among(row->name, g);
}

/* Names that are in no table here: since 2026.5 not in the provider's list either; since 2026.8
 * unknown ones have their own error again, but token exchange is known, and off by default (RN
 * 2026.8). */
static const char *unknown_grant(const struct asking *a, const char *name)
{
    bool exchange = strcmp(name, "urn:ietf:params:oauth:grant-type:token-exchange") == 0;
    if (ak_quirk(a->m, QUIRK_UNKNOWN_GRANT_INVALID) ||
        (exchange && ak_quirk(a->m, QUIRK_GRANT_TYPES)))
        return ak_token_fail(a, "invalid_grant", "Invalid grant_type for provider");
    return ak_token_fail(a, "unsupported_grant_type", "Invalid grant type");
}

static void read_scopes(struct asking *a)
{
    bool clips = ak_quirk(a->m, QUIRK_TOKEN_CLIPS_SCOPES);
    struct str one = {0};
    for (struct str rest = str_of(ak_token_form(a, "scope")); str_next(&rest, ' ', &one);) {
        AUTO(xfree) char *scope = xstrndup(one.ptr, one.len);
        bool known = !clips || strlist_has(&a->m->conf.scopes, scope);
        if (known && one.len > 0 && !strlist_has(&a->scopes, scope))
            strlist_add(&a->scopes, scope);
    }
}

/* NULL when the grant stands, else the error. */
static const char *check(struct asking *a, const char *id)
{
    const char *name = ak_token_form(a, "grant_type");
    if (!ak_client_known(a->m, id)) {
        trace_log(a->m->env.trace, AK_PARTY, "warning",
                  "OAuth2Provider does not exist client_id=%s", id);
        return "invalid_client";
    }
    const struct grant_row *g = grants;
    while (g->name != NULL && strcmp(g->name, name) != 0)
        g++;
    if (g->name == NULL)
        return unknown_grant(a, name);
    if (!grant_enabled(a->m, g))
        return ak_token_fail(a, "invalid_grant", "Invalid grant_type for provider");
    if (g->needs_secret && !ak_client_secret_ok(a->m, a->secret))
        return ak_token_fail(a, "invalid_client", "Invalid client secret");
    read_scopes(a);
    return g->check(a);
}

static bool decide(struct mock *m, const struct http_request *req, struct mint *t,
                   struct http_response *resp)
{
    AUTO(xfree) char *id = NULL;
    AUTO(xfree) char *secret = NULL;
    ak_client_auth(m, req, &id, &secret);
    struct asking a = {.m = m, .req = req, .secret = secret, .mint = t};
    const char *error = check(&a, id);
    strlist_deinit(&a.scopes);
    if (error != NULL) {
        struct fault_call call = {.m = m, .resp = resp};
        ak_token_error(m, resp, 400, error);
        ak_faults_play(FAULT_TOKEN_ERROR, &call);
        return false;
    }
    t->with_id_token = true;
    ak_mint_prepare(m, t, req);
    return true;
}

static void respond(struct mock *m, struct mint *t, struct http_response *resp)
{
    ak_mint_store(m, t);
    struct fault_call call = {.m = m, .doc = ak_mint_response(m, t), .resp = resp};
    ak_faults_play(FAULT_TOKEN_BODY, &call);
    ak_token_json(resp, 200, call.doc);
    js_free(call.doc);
    ak_faults_play(FAULT_TOKEN_RESPONSE, &call);
}

static void exchange(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    AUTO(ak_mint_deinit) struct mint t = {0};
    struct err err = {0};
    ak_mock_lock(m);
    bool granted = decide(m, req, &t, resp);
    ak_mock_unlock(m);
    if (!granted)
        return;
    if (!ak_mint_sign(m, &t, &err)) {
        trace_log(m->env.trace, AK_PARTY, "error", "cannot sign: %s", err.msg);
        ak_server_error(resp);
        return;
    }
    ak_mock_lock(m);
    respond(m, &t, resp);
    ak_mock_unlock(m);
}

void ak_token_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (!ak_method(req, resp, "POST OPTIONS"))
        return;
    if (cstr_eq(req->method, "OPTIONS")) {
        AUTO(js_free) struct js *empty = js_object();
        ak_token_json(resp, 200, empty);
    } else {
        exchange(m, req, resp);
    }
    ak_mock_lock(m);
    ak_cors(m, req, resp);
    ak_mock_unlock(m);
}
