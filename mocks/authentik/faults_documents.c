/*
 * Misbehaviours of the discovery document and the JWKS that no relying party of this chain trips
 * over: they are for checks to notice.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "mocks/authentik/faults_play.h"

/* A modulus of 1024 bits. */
#define WEAK_N                                                                                     \
    "tkR7pIXPpWzPCsmXdeOPAG8p9Hp3-7jh0AVPCN2L4QFl5tICbS-bcCGLcGPZYTQa87cnYpKERiuiNCHa3ZmI2y"       \
    "XtWWvMSILl6sPAUnX7jbz3FpT40-XTb7NeW5XIeq6RnHIWBbMQzEH9H304k7BOvol1jDS4lAShjcniww6xAX8"

static const char *with_text(const struct fault_call *c, const char *name, const char *otherwise)
{
    const char *text = js_get_text(c->with, name);
    return text != NULL ? text : otherwise;
}

static void set_only(struct js *doc, const char *name, const char *value)
{
    struct js *list = js_array();
    js_append_text(list, value);
    js_set(doc, name, list);
}

/* Of the token endpoint by default: no client sends a fragment. */
void ak_play_discovery_fragment(struct fault_call *c)
{
    const char *name = with_text(c, "endpoint", "token_endpoint");
    const char *url = js_get_text(c->doc, name);
    if (url == NULL)
        return;
    AUTO(xfree) char *changed = xasprintf("%s#here", url);
    js_set_text(c->doc, name, changed);
}

/* Of the revocation endpoint by default, which nobody in this chain asks. */
void ak_play_discovery_foreign_endpoint(struct fault_call *c)
{
    js_set_text(c->doc, with_text(c, "endpoint", "revocation_endpoint"),
                with_text(c, "url", "https://idp.example/application/o/revoke/"));
}

void ak_play_discovery_no_openid(struct fault_call *c)
{
    const struct js *scopes = js_get(c->doc, "scopes_supported");
    struct js *rest = js_array();
    for (size_t i = 0; i < js_len(scopes); i++)
        if (!cstr_eq(js_text(js_at(scopes, i)), "openid"))
            js_append_text(rest, js_text(js_at(scopes, i)));
    js_set(c->doc, "scopes_supported", rest);
}

void ak_play_discovery_no_claims(struct fault_call *c)
{
    js_remove(c->doc, "claims_supported");
}

void ak_play_discovery_grant_types(struct fault_call *c)
{
    set_only(c->doc, "grant_types_supported", "client_credentials");
}

void ak_play_discovery_auth_methods(struct fault_call *c)
{
    set_only(c->doc, "token_endpoint_auth_methods_supported", "private_key_jwt");
}

void ak_play_discovery_subject_types(struct fault_call *c)
{
    set_only(c->doc, "subject_types_supported", "ephemeral");
}

void ak_play_discovery_alg_none(struct fault_call *c)
{
    js_append_text(js_get(c->doc, "id_token_signing_alg_values_supported"), "none");
}

void ak_play_discovery_no_query(struct fault_call *c)
{
    set_only(c->doc, "response_modes_supported", "form_post");
}

void ak_play_discovery_text_list(struct fault_call *c)
{
    js_set_text(c->doc, "acr_values_supported", "goauthentik.io/providers/oauth2/default");
}

static void append_key(struct fault_call *c, struct js *take)
{
    struct js *keys = js_get(c->doc, "keys");
    if (keys != NULL)
        js_append(keys, take);
    else
        js_free(take);
}

void ak_play_jwks_weak_key(struct fault_call *c)
{
    struct js *jwk = js_object();
    js_set_text(jwk, "alg", jws_alg_name(c->m->conf.alg));
    js_set_text(jwk, "kid", "a-weak-key");
    js_set_text(jwk, "kty", "RSA");
    js_set_text(jwk, "use", "sig");
    js_set_text(jwk, "n", WEAK_N);
    js_set_text(jwk, "e", "AQAB");
    append_key(c, jwk);
}

/* The number is the same, and its first octet is zero. */
void ak_play_jwks_leading_zero(struct fault_call *c)
{
    struct js *jwk = js_at(js_get(c->doc, "keys"), 0);
    const char *n = js_get_text(jwk, "n");
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (n == NULL || b64url_decode(n, strlen(n), &bytes, &len, NULL) != 0)
        return;
    uint8_t *longer = xcalloc(len + 1, 1);
    memcpy(longer + 1, bytes, len);
    AUTO(xfree) char *text = b64url_encode(longer, len + 1);
    xfree(longer);
    xfree(bytes);
    js_set_text(jwk, "n", text);
}

/* Not the client's secret: what counts is that there is one. */
void ak_play_jwks_symmetric_key(struct fault_call *c)
{
    struct js *jwk = js_object();
    js_set_text(jwk, "kid", "a-secret");
    js_set_text(jwk, "kty", "oct");
    js_set_text(jwk, "use", "sig");
    js_set_text(jwk, "k", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    append_key(c, jwk);
}

void ak_play_jwks_sha1(struct fault_call *c)
{
    struct js *jwk = js_at(js_get(c->doc, "keys"), 0);
    if (jwk != NULL)
        js_set_text(jwk, "x5t", "AAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

void ak_play_content_type(struct fault_call *c)
{
    params_set_ci(&c->resp->headers, "Content-Type", with_text(c, "type", "text/html"));
}
