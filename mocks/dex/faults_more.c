/*
 * Dex's misbehaviours that no relying party of this chain trips over: they are for checks to
 * notice. The table of all faults and the hooks are in faults.c.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "mocks/common/jwks_faults.h"
#include "mocks/dex/faults.h"

/* ---- discovery ---- */

static void set_only(struct js *doc, const char *name, const char *value)
{
    struct js *list = js_array();
    js_append_text(list, value);
    js_set(doc, name, list);
}

/* Of the token endpoint by default: no client sends a fragment. */
static void endpoint_fragment(struct dex *d, struct js *doc, const struct js *with)
{
    const char *name = fault_text(with, "endpoint", "token_endpoint");
    const char *url = js_get_text(doc, name);
    if (url == NULL)
        return;
    AUTO(xfree) char *changed = xasprintf("%s#here", url);
    js_set_text(doc, name, changed);
}

/* Of the device endpoint by default, which nobody in this chain asks. */
static void foreign_endpoint(struct dex *d, struct js *doc, const struct js *with)
{
    js_set_text(doc, fault_text(with, "endpoint", "device_authorization_endpoint"),
                "https://idp.example/api/dex/device/code");
}

static void no_openid(struct dex *d, struct js *doc, const struct js *with)
{
    const struct js *scopes = js_get(doc, "scopes_supported");
    struct js *rest = js_array();
    for (size_t i = 0; i < js_len(scopes); i++)
        if (!cstr_eq(js_text(js_at(scopes, i)), "openid"))
            js_append_text(rest, js_text(js_at(scopes, i)));
    js_set(doc, "scopes_supported", rest);
}

static void no_claims(struct dex *d, struct js *doc, const struct js *with)
{
    js_remove(doc, "claims_supported");
}

static void grant_types_wrong(struct dex *d, struct js *doc, const struct js *with)
{
    set_only(doc, "grant_types_supported", "client_credentials");
}

static void auth_methods_wrong(struct dex *d, struct js *doc, const struct js *with)
{
    set_only(doc, "token_endpoint_auth_methods_supported", "private_key_jwt");
}

static void subject_types_wrong(struct dex *d, struct js *doc, const struct js *with)
{
    set_only(doc, "subject_types_supported", "ephemeral");
}

static void alg_none(struct dex *d, struct js *doc, const struct js *with)
{
    js_append_text(js_get(doc, "id_token_signing_alg_values_supported"), "none");
}

static void list_as_text(struct dex *d, struct js *doc, const struct js *with)
{
    js_set_text(doc, "ui_locales_supported", "en");
}

const struct dex_json_fault dex_more_discovery[] = {
    {"dex/discovery.endpoint-fragment", endpoint_fragment},
    {"dex/discovery.foreign-endpoint", foreign_endpoint},
    {"dex/discovery.no-openid", no_openid},
    {"dex/discovery.no-claims", no_claims},
    {"dex/discovery.grant-types-wrong", grant_types_wrong},
    {"dex/discovery.auth-methods-wrong", auth_methods_wrong},
    {"dex/discovery.subject-types-wrong", subject_types_wrong},
    {"dex/discovery.alg-none", alg_none},
    {"dex/discovery.list-as-text", list_as_text},
    {NULL, NULL},
};

/* ---- keys ---- */

static void weak_key(struct dex *d, struct js *doc, const struct js *with)
{
    jwks_fault_weak_key(doc, "RS256");
}

static void leading_zero(struct dex *d, struct js *doc, const struct js *with)
{
    jwks_fault_leading_zero(doc);
}

static void symmetric_key(struct dex *d, struct js *doc, const struct js *with)
{
    struct js *jwk = js_object();
    js_set_text(jwk, "use", "sig");
    js_set_text(jwk, "kty", "oct");
    js_set_text(jwk, "kid", "a-secret");
    js_set_text(jwk, "k", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    jwks_fault_append(doc, jwk);
}

static void use_enc(struct dex *d, struct js *doc, const struct js *with)
{
    const struct js *keys = js_get(doc, "keys");
    for (size_t i = 0; i < js_len(keys); i++)
        js_set_text(js_at(keys, i), "use", "enc");
}

const struct dex_json_fault dex_more_jwks[] = {
    {"dex/jwks.weak-key", weak_key},
    {"dex/jwks.leading-zero", leading_zero},
    {"dex/jwks.symmetric-key", symmetric_key},
    {"dex/jwks.use-enc", use_enc},
    {NULL, NULL},
};

/* ---- the token answer ---- */

static void refresh_unasked(struct dex *d, struct js *doc, const struct js *with)
{
    js_set_text(doc, "refresh_token", "nobody-asked-for-this-refresh-token");
}

static void refresh_short(struct dex *d, struct js *doc, const struct js *with)
{
    if (js_get(doc, "refresh_token") != NULL)
        js_set_text(doc, "refresh_token", "123456");
}

static void refresh_characters(struct dex *d, struct js *doc, const struct js *with)
{
    const char *token = js_get_text(doc, "refresh_token");
    if (token == NULL)
        return;
    AUTO(xfree) char *changed = xasprintf("%s\xc3\xa9", token);
    js_set_text(doc, "refresh_token", changed);
}

const struct dex_json_fault dex_more_token[] = {
    {"dex/token.refresh-unasked", refresh_unasked},
    {"dex/token.refresh-short", refresh_short},
    {"dex/token.refresh-characters", refresh_characters},
    {NULL, NULL},
};

/* ---- the ID token ---- */

/* As a text, with a letter in it. */
static void auth_time_text(struct dex_draft *t, const struct js *with)
{
    js_set_text(t->claims, "auth_time", "a moment ago");
}

/* A time that was not there before (OIDC Core 12.2). */
static void auth_time_added(struct dex_draft *t, const struct js *with)
{
    int64_t iat_s = 0;
    if (js_get_number(t->claims, "iat", &iat_s) == 0)
        js_set(t->claims, "auth_time", js_int(iat_s));
}

/* A claim that nobody in this chain reads. */
static void claim_type(struct dex_draft *t, const struct js *with)
{
    js_set(t->claims, fault_text(with, "name", "locale"), js_int(7));
}

static void aud_stranger(struct dex_draft *t, const struct js *with)
{
    const char *client = js_get_text(t->claims, "aud");
    if (client == NULL)
        return;
    js_set_text(t->claims, "azp", client);
    struct js *aud = js_array();
    js_append_text(aud, client);
    js_append_text(aud, fault_text(with, "aud", "a-stranger"));
    js_set(t->claims, "aud", aud);
}

static void exp_milliseconds(struct dex_draft *t, const struct js *with)
{
    int64_t exp_s = 0;
    if (js_get_number(t->claims, "exp", &exp_s) == 0)
        js_set(t->claims, "exp", js_int(exp_s * 1000));
}

static void no_aud(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "aud");
}

static void no_iat(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "iat");
}

static void no_c_hash(struct dex_draft *t, const struct js *with)
{
    js_remove(t->claims, "c_hash");
}

static void no_kid(struct dex_draft *t, const struct js *with)
{
    t->kid = xfree(t->kid);
}

static void sub_other(struct dex_draft *t, const struct js *with)
{
    js_set_text(t->claims, "sub", fault_text(with, "sub", "another-subject"));
}

static void set_header(struct dex_draft *t, const char *member, const char *value)
{
    if (t->header == NULL)
        t->header = js_object();
    js_set_text(t->header, member, value);
}

static void typ_wrong(struct dex_draft *t, const struct js *with)
{
    set_header(t, "typ", fault_text(with, "typ", "at+jwt"));
}

static void key_in_header(struct dex_draft *t, const struct js *with)
{
    set_header(t, "jku", fault_text(with, "jku", "https://attacker.example/jwks"));
}

const struct dex_token_fault dex_more_id_token[] = {
    {"dex/id-token.auth-time-text", auth_time_text},
    {"dex/id-token.auth-time-added", auth_time_added},
    {"dex/id-token.claim-type", claim_type},
    {"dex/id-token.aud-stranger", aud_stranger},
    {"dex/id-token.exp-milliseconds", exp_milliseconds},
    {"dex/id-token.no-aud", no_aud},
    {"dex/id-token.no-iat", no_iat},
    {"dex/id-token.no-c-hash", no_c_hash},
    {"dex/id-token.no-kid", no_kid},
    {"dex/id-token.sub-other", sub_other},
    {"dex/id-token.typ-wrong", typ_wrong},
    {"dex/id-token.key-in-header", key_in_header},
    {NULL, NULL},
};
