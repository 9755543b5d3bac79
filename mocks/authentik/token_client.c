/*
 * The grants client_credentials and password, which authentik treats alike (authentik.md 5.5): a
 * JWT of a federated source, an app password, or the client's secret alone. Every refusal is
 * invalid_grant. The order is authentik's (authentik/providers/oauth2/views/token.py).
 */
#include "mocks/authentik/token.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jws.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#define SERVICE_LIFE_S (INT64_C(365) * 86400)

/* Nobody signed in: neither session nor methods. The application's bindings hold here, too, for
 * service accounts as for people (P/views/token.py). */
static const char *grant_to(struct asking *a, const char *username)
{
    struct grant *g = &a->mint->grant;
    const struct setup_person *p = ak_conf_person(a->m, username);
    if (a->m->conf.ak->slug == NULL)
        return ak_token_fail(a, "invalid_grant", "Provider without application");
    if (p == NULL || !ak_policy_allows(a->m, p))
        return ak_token_fail(a, "invalid_grant", "User not authenticated for application");
    g->person = xstrdup(username);
    g->auth_time_s = ak_mock_now_s(a->m);
    for (size_t i = 0; i < a->scopes.len; i++)
        strlist_add(&g->scopes, a->scopes.items[i]);
    return NULL;
}

/* ------------------------------------------------------------------ app passwords */

static const char *by_app_password(struct asking *a, const char *username, const char *password)
{
    const struct setup_person *p = username[0] != '\0' ? ak_conf_person(a->m, username) : NULL;
    if (p == NULL || strcmp(p->username, username) != 0)
        return ak_token_fail(a, "invalid_grant", "User does not exist");
    if (!p->active && ak_quirk(a->m, QUIRK_APP_PASSWORD_ACTIVE))
        return ak_token_fail(a, "invalid_grant", "User is not active");
    if (p->app_password == NULL || !secret_text_equal(password, p->app_password))
        return ak_token_fail(a, "invalid_grant", "App password does not exist");
    return grant_to(a, p->username);
}

/* client_secret = base64("user:app-password"). */
static const char *by_packed_secret(struct asking *a)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (b64_decode(a->secret, strlen(a->secret), &bytes, &len) != 0)
        return ak_token_fail(a, "invalid_grant", "Invalid client secret");
    AUTO(xfree) char *text = (char *)bytes;
    char *colon = strchr(text, ':');
    if (colon != NULL)
        *colon = '\0';
    return by_app_password(a, text, colon != NULL ? colon + 1 : "");
}

/* ------------------------------------------------------------------ federated JWTs */

static const char *refuse_jwt(const struct asking *a)
{
    return ak_token_fail(a, "invalid_grant", "No token could be verified");
}

/* A key without kid is tried for every token; without alg the header's word counts. */
static bool verified_by(const struct jws *j, const struct js *jwk)
{
    const char *kid = js_get_text(jwk, "kid");
    const char *alg = js_get_text(jwk, "alg");
    AUTO(key_free) struct key *key = NULL;
    if (kid != NULL && !cstr_eq(kid, js_get_text(j->header, "kid")))
        return false;
    if (alg != NULL && !cstr_eq(alg, js_get_text(j->header, "alg")))
        return false;
    return jwk_to_key(jwk, &key, NULL) == 0 && jws_verify(j, key) == JWS_OK;
}

static bool verified(const struct asking *a, const struct jws *j)
{
    const char *wanted = js_get_text(j->header, "kid");
    for (struct js_iter it = js_iter(a->m->conf.ak->federation); js_next(&it);) {
        AUTO(vec_deinit) struct vec hits = {0};
        const struct js *jwks = js_get(it.value, "jwks");
        if (wanted == NULL || !jwks_find(jwks, wanted, &hits) || hits.len == 0)
            continue;
        const struct js *keys = js_get(jwks, "keys");
        for (size_t i = 0; i < js_len(keys); i++)
            if (verified_by(j, js_at(keys, i)))
                return true;
    }
    return false;
}

/* exp, nbf and iat as PyJWT judges them, the audience not at all. */
static bool in_time(const struct js *claims, int64_t now_s)
{
    int64_t at_s = 0;
    if (js_get(claims, "exp") != NULL &&
        (js_get_number(claims, "exp", &at_s) != 0 || at_s <= now_s))
        return false;
    if (js_get(claims, "nbf") != NULL && (js_get_number(claims, "nbf", &at_s) != 0 || at_s > now_s))
        return false;
    return js_get(claims, "iat") == NULL ||
           (js_get_number(claims, "iat", &at_s) == 0 && at_s <= now_s);
}

/* Made at its first token and the same ever after. */
static const char *service_of(struct mock *m, const char *sub)
{
    const char *app = m->conf.ak->app_name != NULL ? m->conf.ak->app_name : "";
    static const char *const no_groups[] = {NULL};
    AUTO(xfree) char *username = xasprintf("%s-%s", app, sub);
    struct service *s = (struct service *)(void *)ak_store_get(&m->services, username);
    if (s != NULL)
        return s->person.username;
    s = xcalloc(1, sizeof(*s));
    s->item.key = xstrdup(username);
    s->item.expires_s = ak_mock_now_s(m) + SERVICE_LIFE_S;
    s->person = (struct setup_person){
        .id = "",
        .username = s->item.key,
        .name = xasprintf("Autogenerated user from application %s (client credentials JWT)", app),
        .email = "",
        .password = "",
        .active = true,
        .pk = (int)(m->setup->people_len + 1001 + m->services.len),
        .groups = no_groups,
    };
    ak_store_put(&m->services, &s->item, ak_mock_now_s(m));
    return s->person.username;
}

static const char *by_jwt(struct asking *a)
{
    const char *text = http_form(a->req, "client_assertion");
    if (text == NULL)
        text = ak_token_form(a, "client_secret");
    if (strcmp(ak_token_form(a, "client_assertion_type"), ASSERTION_TYPE) != 0)
        return ak_token_fail(a, "invalid_grant", "Invalid assertion type");
    if (text[0] == '\0')
        return ak_token_fail(a, "invalid_grant", "Missing client assertion");
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(js_free) struct js *claims = NULL;
    if (jws_parse(text, &j, NULL) != JWS_OK || !verified(a, &j))
        return refuse_jwt(a);
    if (js_parse((struct str){j.payload, j.payload_len}, "assertion", &claims, NULL) != 0 ||
        !js_is(claims, JS_OBJECT) || !in_time(claims, ak_mock_now_s(a->m)))
        return refuse_jwt(a);
    const char *sub = js_get_text(claims, "sub");
    return grant_to(a, service_of(a->m, sub != NULL ? sub : "None"));
}

/* ------------------------------------------------------------------ which of them */

const char *ak_token_grant_client_credentials(struct asking *a)
{
    const char *username = ak_token_form(a, "username");
    if (ak_token_form(a, "client_assertion_type")[0] != '\0')
        return by_jwt(a);
    bool knows_secret = ak_quirk(a->m, QUIRK_CLIENT_SECRET_GRANT);
    if (username[0] != '\0' || !knows_secret)
        return by_app_password(a, username, ak_token_form(a, "password"));
    if (a->secret[0] != '\0' && secret_text_equal(a->secret, a->m->conf.ak->client_secret))
        return grant_to(a, "");
    return by_packed_secret(a);
}
