/*
 * Misbehaviours of the discovery document and the JWKS that no relying party of this chain trips
 * over: they are for checks to notice.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "mocks/authentik/faults_play.h"
#include "mocks/common/jwks_faults.h"

static void set_only(struct js *doc, const char *name, const char *value)
{
    struct js *list = js_array();
    js_append_text(list, value);
    js_set(doc, name, list);
}

/* Of the token endpoint by default: no client sends a fragment. */
void ak_play_discovery_fragment(struct fault_call *c)
{
    const char *name = fault_text(c->with, "endpoint", "token_endpoint");
    const char *url = js_get_text(c->doc, name);
    if (url == NULL)
        return;
    AUTO(xfree) char *changed = xasprintf("%s#here", url);
    js_set_text(c->doc, name, changed);
}

/* Of the revocation endpoint by default, which nobody in this chain asks. */
void ak_play_discovery_foreign_endpoint(struct fault_call *c)
{
    js_set_text(c->doc, fault_text(c->with, "endpoint", "revocation_endpoint"),
                fault_text(c->with, "url", "https://idp.example/application/o/revoke/"));
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

void ak_play_jwks_weak_key(struct fault_call *c)
{
    jwks_fault_weak_key(c->doc, jws_alg_name(c->m->conf.alg));
}

void ak_play_jwks_leading_zero(struct fault_call *c)
{
    jwks_fault_leading_zero(c->doc);
}

/* Not the client's secret: what counts is that there is one. */
void ak_play_jwks_symmetric_key(struct fault_call *c)
{
    struct js *jwk = js_object();
    js_set_text(jwk, "kid", "a-secret");
    js_set_text(jwk, "kty", "oct");
    js_set_text(jwk, "use", "sig");
    js_set_text(jwk, "k", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    jwks_fault_append(c->doc, jwk);
}

void ak_play_jwks_sha1(struct fault_call *c)
{
    struct js *jwk = js_at(js_get(c->doc, "keys"), 0);
    if (jwk != NULL)
        js_set_text(jwk, "x5t", "AAAAAAAAAAAAAAAAAAAAAAAAAAA");
}

void ak_play_content_type(struct fault_call *c)
{
    params_set_ci(&c->resp->headers, "Content-Type", fault_text(c->with, "type", "text/html"));
}
