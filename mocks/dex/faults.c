/*
 * Dex's faults: the table, and the hooks that play them. One function and one row each for what
 * changes a token or a document; the rest are asked by name where they bite (dex_fault).
 */
#include "mocks/dex/faults.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"

#define OTHER_KEY "rsa-2048-8"
#define HOUR_S 3600

const struct fault faults_dex[] = {
    {"dex/discovery.issuer-mismatch", "discovery names another issuer", "OIDC Discovery 4.3",
     "issuer"},
    {"dex/discovery.no-subject-types", "discovery lists no subject type", "OIDC Discovery 3", NULL},
    {"dex/discovery.http-endpoint", "discovery names an http endpoint on an https issuer",
     "RFC 9700 2.6", "endpoint"},
    {"dex/discovery.no-code", "discovery does not list response type code", "OIDC Discovery 3",
     NULL},
    {"dex/discovery.no-s256", "discovery does not list PKCE method S256", "RFC 8414 2", NULL},
    {"dex/discovery.content-type", "discovery says that it is a page", "OIDC Discovery 4.2", NULL},
    {"dex/discovery.endpoint-fragment", "an endpoint has a fragment", "RFC 6749 3.2", "endpoint"},
    {"dex/discovery.foreign-endpoint", "an endpoint is at another host", "RFC 8414 6.2",
     "endpoint"},
    {"dex/discovery.no-openid", "discovery does not list the scope openid", "OIDC Discovery 3",
     NULL},
    {"dex/discovery.no-claims", "discovery lists no claims", "OIDC Discovery 3", NULL},
    {"dex/discovery.grant-types-wrong", "discovery does not list the grant of the code flow",
     "OIDC Discovery 3", NULL},
    {"dex/discovery.auth-methods-wrong", "discovery lists another way to authenticate clients",
     "OIDC Discovery 3", NULL},
    {"dex/discovery.subject-types-wrong", "discovery lists a kind of subject nobody knows",
     "OIDC Discovery 3", NULL},
    {"dex/discovery.alg-none", "discovery offers unsigned ID tokens", "RFC 8725 3.2", NULL},
    {"dex/discovery.list-as-text", "a list of discovery is a text", "OIDC Discovery 3", NULL},
    {"dex/jwks.empty", "the key set is empty", "OIDC Discovery 3", NULL},
    {"dex/jwks.wrong-key", "the key set has another key under the signing key's kid",
     "RFC 7517 4.5", NULL},
    {"dex/jwks.private-key", "the key set shows a private member", "RFC 7517 9.2", NULL},
    {"dex/jwks.duplicate-kid", "two keys have the same kid", "RFC 7517 4.5", NULL},
    {"dex/jwks.content-type", "the key set says that it is a page", "RFC 7517 8.5", NULL},
    {"dex/jwks.weak-key", "the key set has an RSA key of 1024 bits", "RFC 7518 3.3", NULL},
    {"dex/jwks.leading-zero", "a modulus begins with an octet of zero", "RFC 7518 6.3.1.1", NULL},
    {"dex/jwks.symmetric-key", "the key set has a secret in it", "OIDC Discovery 3", NULL},
    {"dex/jwks.use-enc", "the signing key is said to be for encryption", "RFC 7517 4.2", NULL},
    {"dex/id-token.wrong-aud", "the ID token names another audience", "OIDC Core 3.1.3.7 step 3",
     "aud"},
    {"dex/id-token.wrong-iss", "the ID token names another issuer", "OIDC Core 3.1.3.7 step 2",
     "iss"},
    {"dex/id-token.expired", "the ID token expired an hour ago", "OIDC Core 3.1.3.7 step 9", NULL},
    {"dex/id-token.alg-none", "the ID token is not signed (alg none)", "RFC 8725 3.1", NULL},
    {"dex/id-token.wrong-key", "the ID token is signed by a key that is not in the key set",
     "OIDC Core 3.1.3.7 step 6", NULL},
    {"dex/id-token.tampered", "the ID token's payload was changed after signing", "RFC 7515 5.2",
     "claims"},
    {"dex/id-token.no-sub", "the ID token has no sub", "OIDC Core 2", NULL},
    {"dex/id-token.no-exp", "the ID token has no exp", "OIDC Core 2", NULL},
    {"dex/id-token.no-at-hash", "the ID token has no at_hash", "dex.md 6.2", NULL},
    {"dex/id-token.at-hash-wrong", "at_hash belongs to another access token", "OIDC Core 3.1.3.8",
     NULL},
    {"dex/id-token.c-hash-wrong", "c_hash belongs to another code", "OIDC Core 3.3.2.10", NULL},
    {"dex/id-token.groups-dropped", "the groups are lost on the way through Dex", "dex.md 6.2",
     NULL},
    {"dex/id-token.groups-changed", "the groups are changed on the way through Dex", "dex.md 6.2",
     "groups"},
    {"dex/id-token.email-verified-true", "email_verified becomes true whatever authentik said",
     "dex.md 4.4", NULL},
    {"dex/id-token.federated-claims-missing", "federated_claims are left out", "dex.md 6.2", NULL},
    {"dex/id-token.nonce-wrong", "the ID token carries another nonce", "OIDC Core 3.1.3.7 step 11",
     NULL},
    {"dex/id-token.kid-unknown", "kid is not in the key set", "OIDC Core 10.1", NULL},
    {"dex/id-token.azp-wrong", "azp names another client", "OIDC Core 3.1.3.7 step 5", NULL},
    {"dex/id-token.iat-future", "the ID token was issued tomorrow", "OIDC Core 3.1.3.7 step 10",
     NULL},
    {"dex/id-token.future-nbf", "the ID token is not valid for another hour", "RFC 7519 4.1.5",
     NULL},
    {"dex/id-token.email-verified-string", "email_verified is a string", "OIDC Core 5.1", NULL},
    {"dex/id-token.groups-string", "groups is a string, not a list", "dex.md 6.2", NULL},
    {"dex/id-token.auth-time-text", "auth_time is a text", "RFC 7519 2", NULL},
    {"dex/id-token.auth-time-added", "an auth_time appears", "OIDC Core 12.2", NULL},
    {"dex/id-token.claim-type", "a standard claim is a number", "OIDC Core 5.1", "name"},
    {"dex/id-token.aud-stranger", "aud has a second, unknown client", "OIDC Core 3.1.3.7 step 3",
     "aud"},
    {"dex/id-token.exp-milliseconds", "exp is in milliseconds", "RFC 7519 2", NULL},
    {"dex/id-token.no-aud", "the ID token has no aud", "OIDC Core 2", NULL},
    {"dex/id-token.no-iat", "the ID token has no iat", "OIDC Core 2", NULL},
    {"dex/id-token.no-c-hash", "the ID token has no c_hash", "OIDC Core 3.3.2.11", NULL},
    {"dex/id-token.no-kid", "the header has no kid", "OIDC Core 10.1", NULL},
    {"dex/id-token.sub-other", "sub is another one than before", "OIDC Core 2", "sub"},
    {"dex/id-token.typ-wrong", "the header calls the ID token an access token", "RFC 7519 5.1",
     "typ"},
    {"dex/id-token.key-in-header", "the header says where the key is", "OIDC Core 2", "jku"},
    {"dex/token.cacheable", "the token answer may be cached", "RFC 6749 5.1", NULL},
    {"dex/token.no-id-token", "the token answer has no id_token", "OIDC Core 3.1.3.3", NULL},
    {"dex/token.no-access-token", "the token answer has no access_token", "RFC 6749 5.1", NULL},
    {"dex/token.wrong-type", "token_type is not bearer", "OIDC Core 3.1.3.3", NULL},
    {"dex/token.expires-in-wrong", "expires_in is not the token's life", "RFC 6749 5.1", NULL},
    {"dex/token.error-unknown", "a refusal names an error nobody knows", "RFC 6749 5.2", NULL},
    {"dex/token.content-type", "the token answer says that it is a page", "RFC 6749 5.1", NULL},
    {"dex/token.refresh-unasked", "a refresh token nobody asked for", "OIDC Core 11", NULL},
    {"dex/token.refresh-short", "a refresh token of six digits", "RFC 6749 10.10", NULL},
    {"dex/token.refresh-characters", "a refresh token that is no ASCII", "RFC 6749 A.17", NULL},
    {"dex/healthz.failing", "Dex says that it is not well", "dex.md 2.1", NULL},
    {"dex/code.never-expires", "an expired code is accepted", "RFC 6749 4.1.2", NULL},
    {"dex/authorize.open-redirect", "any redirect_uri is accepted", "RFC 9700 4.1.3", NULL},
    {"dex/callback.state-changed", "Argo CD gets another state back", "RFC 6749 4.1.2", NULL},
    {"dex/callback.no-code", "Argo CD gets no code", "RFC 6749 4.1.2", NULL},
    {"dex/pkce.ignored", "the code verifier is not checked", "RFC 7636 4.6", NULL},
    {"dex/code.reusable", "a code can be redeemed again", "RFC 6749 4.1.2", NULL},
    {"dex/client-auth.ignored", "any client secret will do", "RFC 6749 3.2.1", NULL},
    {"dex/redirect-uri.ignored", "redirect_uri is not compared at the token endpoint",
     "RFC 6749 4.1.3", NULL},
    {"dex/refresh.reusable", "a rotated refresh token works again", "RFC 9700 4.14.2", NULL},
    {"dex/skip-signature", "authentik's signature is not checked", "OIDC Core 3.1.3.7 step 6", NULL,
     "ID token"},
    {"dex/skip-audience", "authentik's audience is not checked", "OIDC Core 3.1.3.7 step 3", NULL,
     "ID token"},
    {"dex/skip-issuer", "authentik's issuer is not checked", "OIDC Core 3.1.3.7 step 2", NULL,
     "ID token"},
    {"dex/skip-expiry", "authentik's exp is not checked", "OIDC Core 3.1.3.7 step 9", NULL,
     "ID token"},
    {"dex/skip-email-verified", "a missing email_verified is taken as true", "dex.md 4.4", NULL,
     "ID token"},
    {"dex/no-pkce", "no PKCE towards authentik", "RFC 7636 4.3", NULL, "authorization request"},
    {"dex/code-sent-twice", "authentik's code is sent again after it worked", "RFC 6749 4.1.2",
     NULL, "token request"},
    {"dex/scope.no-openid", "openid is left out of the scope", "OIDC Core 3.1.2.1", NULL},
    {"dex/state.missing", "Dex sends no state to authentik", "RFC 6749 10.12", NULL},
    {"dex/redirect-uri.other", "Dex asks with a redirect URI that is not its own",
     "OIDC Core 3.1.2.1", NULL},
    {"dex/response-type.wrong", "Dex asks for a token, not for a code", "OIDC Core 3.1.2.1", NULL},
    {"dex/invents-groups", "a group appears that authentik never sent", "dex.md 4.6", "group",
     "claims"},
    {"dex/groups.first-only", "only the first group is taken", "dex.md 4.6", NULL},
    {"dex/callback.any-request", "authentik's callback is taken for the last login, whatever state",
     "RFC 6749 10.12", NULL},
    {"dex/callback.error", "Argo CD is told an error", "RFC 6749 4.1.2.1", "error description"},
    {"dex/callback.error-with-code", "Argo CD gets an error and a code", "RFC 6749 4.1.2", NULL},
    {"dex/callback.iss", "Argo CD is told an issuer, another one by default", "RFC 9207 2", "iss"},
    {"dex/verifier.short", "Dex's code verifier can be guessed", "RFC 7636 4.1", NULL},
    {"dex/verifier.in-url", "Dex sends its verifier through the browser", "RFC 7636 7.2", NULL},
    {"dex/client-secret.in-url", "Dex puts its secret into authentik's token URL", "RFC 6749 2.3.1",
     NULL},
    {"dex/token-redirect-uri.changed", "Dex's token request names another redirect URI",
     "OIDC Core 3.1.3.1", NULL},
    {"dex/code.any-client", "a code is good for every client", "RFC 6749 10.5", NULL},
    {"dex/client-auth.challenge", "a refused client is told how to authenticate, unlike Dex's",
     "RFC 6749 5.2", NULL},
    {"dex/id-token.alg-hs256", "the ID token is signed with the text of the public key",
     "RFC 8725 2.1", NULL},
    {"dex/log.token", "the log has the tokens", "CWE-532", NULL},
    {NULL, NULL, NULL, NULL},
};

bool dex_fault(const struct dex *d, const char *id, const struct js **ret_with)
{
    return fault_fires(d->env->faults, id, ret_with);
}

/* ---- claims, before the signature ---- */

static void wrong_aud(struct dex_draft *t, const struct js *with)
{
    js_set_text(t->claims, "aud", fault_text(with, "aud", "another-client"));
}

static void wrong_iss(struct dex_draft *t, const struct js *with)
{
    AUTO(xfree) char *slash = xasprintf("%s/", js_get_text(t->claims, "iss"));
    js_set_text(t->claims, "iss", fault_text(with, "iss", slash));
}

static void expired(struct dex_draft *t, const struct js *with)
{
    int64_t iat_s = 0;
    if (js_get_number(t->claims, "iat", &iat_s) == 0)
        js_set(t->claims, "exp", js_int(iat_s - HOUR_S));
}

static void alg_none(struct dex_draft *t, const struct js *with)
{
    t->alg = JWS_NONE;
}

static void wrong_key(struct dex_draft *t, const struct js *with)
{
    key_free(t->key);
    t->key = key_test(OTHER_KEY);
}

/* The classic confusion: the PEM of the public key is the HMAC's secret. */
static void alg_hs256(struct dex_draft *t, const struct js *with)
{
    AUTO(xfree) char *pem = key_public_pem(t->key);
    if (pem == NULL)
        return;
    key_free(t->key);
    t->key = key_from_secret(pem, strlen(pem));
    t->alg = JWS_HS256;
}

static void no_sub(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "sub");
}

static void no_exp(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "exp");
}

static void no_at_hash(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "at_hash");
}

static void other_hash(struct dex_draft *t, const char *name)
{
    AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, "something else");
    if (js_get(t->claims, name) != NULL)
        js_set_text(t->claims, name, hash);
}

static void at_hash_wrong(struct dex_draft *t, const struct js *with)
{
    other_hash(t, "at_hash");
}

static void c_hash_wrong(struct dex_draft *t, const struct js *with)
{
    other_hash(t, "c_hash");
}

static void groups_dropped(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "groups");
}

/* By default every group loses its capitals, or gets an x where there are none. */
static void groups_changed(struct dex_draft *t, const struct js *with)
{
    const struct js *given = js_get(with, "groups");
    const struct js *groups = js_get(t->claims, "groups");
    struct js *changed = js_array();
    for (size_t i = 0; given == NULL && i < js_len(groups); i++) {
        const char *name = js_text(js_at(groups, i));
        AUTO(xfree) char *lower = xasprintf("%s", name);
        for (char *c = lower; *c != '\0'; c++) {
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c + ('a' - 'A'));
        }
        js_append(changed, cstr_eq(lower, name) ? js_stringf("%sx", name) : js_string(lower));
    }
    if (given != NULL) {
        js_free(changed);
        changed = js_dup(given);
    }
    js_set(t->claims, "groups", changed);
}

static void email_verified_true(struct dex_draft *t, const struct js *with)
{
    js_set(t->claims, "email_verified", js_bool(true));
}

static void federated_claims_missing(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "federated_claims");
}

static void nonce_wrong(struct dex_draft *t, const struct js *with)
{
    js_set_text(t->claims, "nonce", "another-nonce");
}

static void kid_unknown(struct dex_draft *t, const struct js *with)
{
    xfree(t->kid);
    t->kid = xstrdup("a-kid-that-is-in-no-key-set");
}

static void azp_wrong(struct dex_draft *t, const struct js *with)
{
    js_set_text(t->claims, "azp", "another-client");
}

static void set_from_iat(struct dex_draft *t, const char *claim, int64_t seconds)
{
    int64_t iat_s = 0;
    if (js_get_number(t->claims, "iat", &iat_s) == 0)
        js_set(t->claims, claim, js_int(iat_s + seconds));
}

static void iat_future(struct dex_draft *t, const struct js *with)
{
    set_from_iat(t, "iat", 24 * HOUR_S);
}

static void future_nbf(struct dex_draft *t, const struct js *with)
{
    set_from_iat(t, "nbf", HOUR_S);
}

static void email_verified_string(struct dex_draft *t, const struct js *with)
{
    bool verified = js_is(js_get(t->claims, "email_verified"), JS_TRUE);
    js_set_text(t->claims, "email_verified", verified ? "true" : "false");
}

static void groups_string(struct dex_draft *t, const struct js *with)
{
    const char *first = js_text(js_at(js_get(t->claims, "groups"), 0));
    if (first == NULL)
        return;
    AUTO(xfree) char *name = xstrdup(first);
    js_set_text(t->claims, "groups", name);
}

/* ---- after the signature ---- */

/* Puts other claims under the old signature. */
static void tampered(struct dex_draft *t, const struct js *with)
{
    const struct js *patch = js_get(with, "claims");
    const char *dot = strchr(t->compact, '.');
    const char *last = strrchr(t->compact, '.');
    AUTO(js_free)
    struct js *claims = patch != NULL ? js_merge_patch(t->claims, patch) : js_dup(t->claims);
    if (patch == NULL)
        js_set_text(claims, "name", "Mallory");
    AUTO(xfree) char *payload = js_compact_html(claims);
    AUTO(xfree) char *encoded = b64url_encode(payload, strlen(payload));
    char *changed = xasprintf("%.*s.%s%s", (int)(dot - t->compact), t->compact, encoded, last);
    xfree(t->compact);
    t->compact = changed;
}

static const struct dex_token_fault before_signing[] = {
    {"dex/id-token.wrong-aud", wrong_aud},
    {"dex/id-token.wrong-iss", wrong_iss},
    {"dex/id-token.expired", expired},
    {"dex/id-token.alg-none", alg_none},
    {"dex/id-token.alg-hs256", alg_hs256},
    {"dex/id-token.wrong-key", wrong_key},
    {"dex/id-token.no-sub", no_sub},
    {"dex/id-token.no-exp", no_exp},
    {"dex/id-token.no-at-hash", no_at_hash},
    {"dex/id-token.at-hash-wrong", at_hash_wrong},
    {"dex/id-token.c-hash-wrong", c_hash_wrong},
    {"dex/id-token.groups-dropped", groups_dropped},
    {"dex/id-token.groups-changed", groups_changed},
    {"dex/id-token.email-verified-true", email_verified_true},
    {"dex/id-token.federated-claims-missing", federated_claims_missing},
    {"dex/id-token.nonce-wrong", nonce_wrong},
    {"dex/id-token.kid-unknown", kid_unknown},
    {"dex/id-token.azp-wrong", azp_wrong},
    {"dex/id-token.iat-future", iat_future},
    {"dex/id-token.future-nbf", future_nbf},
    {"dex/id-token.email-verified-string", email_verified_string},
    {"dex/id-token.groups-string", groups_string},
    {NULL, NULL},
};

static const struct dex_token_fault after_signing[] = {
    {"dex/id-token.tampered", tampered},
    {NULL, NULL},
};

static void play_all(struct dex *d, const struct dex_token_fault *table, struct dex_draft *t)
{
    for (const struct dex_token_fault *f = table; f->id != NULL; f++) {
        const struct js *with = NULL;
        if (dex_fault(d, f->id, &with))
            f->play(t, with);
    }
}

void dex_fault_before_signing(struct dex *d, struct dex_draft *t)
{
    play_all(d, before_signing, t);
    play_all(d, dex_more_id_token, t);
}

void dex_fault_after_signing(struct dex *d, struct dex_draft *t)
{
    play_all(d, after_signing, t);
}

/* ---- documents and answers: a JSON object each ---- */

/* True when one of the table played. */
static bool play_json(struct dex *d, const struct dex_json_fault *table, struct js *doc)
{
    bool played = false;
    for (const struct dex_json_fault *f = table; f->id != NULL; f++) {
        const struct js *with = NULL;
        if (!dex_fault(d, f->id, &with))
            continue;
        f->play(d, doc, with);
        played = true;
    }
    return played;
}

/* A copy of the text with the faults of both tables; NULL when none is on. Caller frees. */
static char *changed(struct dex *d, const struct dex_json_fault *table,
                     const struct dex_json_fault *more, const char *text)
{
    AUTO(js_free) struct js *doc = NULL;
    if (js_parse(str_of(text), "document", &doc, NULL) != 0)
        return NULL;
    bool played = play_json(d, table, doc);
    played = play_json(d, more, doc) || played;
    return played ? js_pretty(doc, 2) : NULL;
}

static void issuer_mismatch(struct dex *d, struct js *doc, const struct js *with)
{
    AUTO(xfree) char *slash = xasprintf("%s/", d->config.issuer);
    js_set_text(doc, "issuer", fault_text(with, "issuer", slash));
}

static void no_subject_types(struct dex *d, struct js *doc, const struct js *with)
{
    js_remove(doc, "subject_types_supported");
}

/* Of the userinfo endpoint by default: nobody in this chain asks it. */
static void http_endpoint(struct dex *d, struct js *doc, const struct js *with)
{
    const char *name = fault_text(with, "endpoint", "userinfo_endpoint");
    const char *url = js_get_text(doc, name);
    if (!cstr_starts(url, "https://"))
        return;
    AUTO(xfree) char *plain = xasprintf("http://%s", url + strlen("https://"));
    js_set_text(doc, name, plain);
}

static void set_only(struct js *doc, const char *name, const char *value)
{
    struct js *list = js_array();
    js_append_text(list, value);
    js_set(doc, name, list);
}

static void no_code_type(struct dex *d, struct js *doc, const struct js *with)
{
    set_only(doc, "response_types_supported", "id_token");
}

static void no_s256(struct dex *d, struct js *doc, const struct js *with)
{
    set_only(doc, "code_challenge_methods_supported", "plain");
}

static const struct dex_json_fault of_discovery[] = {
    {"dex/discovery.issuer-mismatch", issuer_mismatch},
    {"dex/discovery.no-subject-types", no_subject_types},
    {"dex/discovery.http-endpoint", http_endpoint},
    {"dex/discovery.no-code", no_code_type},
    {"dex/discovery.no-s256", no_s256},
    {NULL, NULL},
};

char *dex_fault_discovery(struct dex *d)
{
    return changed(d, of_discovery, dex_more_discovery, d->discovery);
}

static void no_keys(struct dex *d, struct js *doc, const struct js *with)
{
    js_set(doc, "keys", js_array());
}

/* The key material of another key under each kid. */
static void other_keys(struct dex *d, struct js *doc, const struct js *with)
{
    AUTO(key_free) struct key *other = key_test(OTHER_KEY);
    AUTO(js_free) struct js *material = jwk_public(other);
    const struct js *keys = js_get(doc, "keys");
    for (size_t i = 0; i < js_len(keys); i++)
        js_set_text(js_at(keys, i), "n", js_get_text(material, "n"));
}

/* Not the true exponent: what counts is that the member is there. */
static void private_key(struct dex *d, struct js *doc, const struct js *with)
{
    struct js *first = js_at(js_get(doc, "keys"), 0);
    if (first != NULL) /* another fault may have emptied the set */
        js_set_text(first, "d", "AQAB");
}

static void duplicate_kid(struct dex *d, struct js *doc, const struct js *with)
{
    struct js *keys = js_get(doc, "keys");
    if (js_at(keys, 0) != NULL)
        js_append(keys, js_dup(js_at(keys, 0)));
}

static const struct dex_json_fault of_jwks[] = {
    {"dex/jwks.empty", no_keys},
    {"dex/jwks.wrong-key", other_keys},
    {"dex/jwks.private-key", private_key},
    {"dex/jwks.duplicate-kid", duplicate_kid},
    {NULL, NULL},
};

char *dex_fault_jwks(struct dex *d)
{
    AUTO(xfree) char *good = dex_jwks(d);
    return changed(d, of_jwks, dex_more_jwks, good);
}

static void no_id_token(struct dex *d, struct js *doc, const struct js *with)
{
    js_remove(doc, "id_token");
}

static void no_access_token(struct dex *d, struct js *doc, const struct js *with)
{
    js_remove(doc, "access_token");
}

static void wrong_type(struct dex *d, struct js *doc, const struct js *with)
{
    js_set_text(doc, "token_type", "mac");
}

static void expires_in_wrong(struct dex *d, struct js *doc, const struct js *with)
{
    js_set(doc, "expires_in", js_int(1));
}

static const struct dex_json_fault of_token[] = {
    {"dex/token.no-id-token", no_id_token},
    {"dex/token.no-access-token", no_access_token},
    {"dex/token.wrong-type", wrong_type},
    {"dex/token.expires-in-wrong", expires_in_wrong},
    {NULL, NULL},
};

void dex_fault_token(struct dex *d, struct js *answer)
{
    play_json(d, of_token, answer);
    play_json(d, dex_more_token, answer);
}

void dex_fault_token_error(struct dex *d, struct http_response *resp)
{
    if (resp->status >= 400 && dex_fault(d, "dex/token.error-unknown", NULL))
        dex_oauth_error(resp, 400, "not_today", "");
}

/* Says of an answer that is JSON that it is a page. */
void dex_fault_content_type(struct dex *d, const char *id, struct http_response *resp)
{
    if (dex_fault(d, id, NULL))
        params_set_ci(&resp->headers, "Content-Type", "text/html; charset=utf-8");
}

/* ---- what Dex asks of authentik ---- */

void dex_fault_request(struct dex *d, struct params *query)
{
    if (dex_fault(d, "dex/state.missing", NULL))
        params_remove(query, "state");
    if (dex_fault(d, "dex/redirect-uri.other", NULL)) {
        AUTO(xfree) char *other = xasprintf("%s/other", params_get(query, "redirect_uri"));
        params_set(query, "redirect_uri", other);
    }
    if (dex_fault(d, "dex/response-type.wrong", NULL))
        params_set(query, "response_type", "token");
}

/* ---- what Dex tells its clients ---- */

void dex_fault_response(struct dex *d, struct params *answer)
{
    const struct js *with = NULL;
    bool error = dex_fault(d, "dex/callback.error", &with);
    bool both = dex_fault(d, "dex/callback.error-with-code", NULL);
    if (error)
        params_remove(answer, "code");
    if (error || both) {
        params_add(answer, "error", fault_text(with, "error", "access_denied"));
        params_add(answer, "error_description",
                   fault_text(with, "description", "The request was denied"));
    }
    if (dex_fault(d, "dex/callback.iss", &with))
        params_add(answer, "iss", fault_text(with, "iss", "https://idp.example/dex"));
}

void dex_fault_refused_client(struct dex *d, struct http_response *resp)
{
    if (dex_fault(d, "dex/client-auth.challenge", NULL))
        params_set_ci(&resp->headers, "WWW-Authenticate", "Basic realm=\"dex\"");
}

/* ---- what Dex makes of authentik's claims ---- */

void dex_fault_identity(struct dex *d, struct dex_identity *i)
{
    const struct js *with = NULL;
    if (dex_fault(d, "dex/invents-groups", &with))
        strlist_add(&i->groups, fault_text(with, "group", "Invented Group"));
    if (i->groups.len > 1 && dex_fault(d, "dex/groups.first-only", NULL)) {
        for (size_t k = 1; k < i->groups.len; k++)
            xfree(i->groups.items[k]);
        i->groups.len = 1;
    }
}
