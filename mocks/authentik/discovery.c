/*
 * The discovery document (authentik.md 2) and its RFC 8414 twin. The text is kept for the base
 * URL it was last asked under.
 */
#include <string.h>

#include "mocks/authentik/faults.h"
#include "mocks/authentik/state.h"

static void set_list(struct js *doc, const char *key, const char *const *values)
{
    struct js *list = js_array();
    for (; *values != NULL; values++)
        js_append_text(list, *values);
    js_set(doc, key, list);
}

static void set_endpoints(struct js *doc, const struct mock *m, const char *base)
{
    static const char *const global[][2] = {
        {"authorization_endpoint", "authorize"},    {"token_endpoint", "token"},
        {"userinfo_endpoint", "userinfo"},          {"end_session_endpoint", NULL},
        {"introspection_endpoint", "introspect"},   {"revocation_endpoint", "revoke"},
        {"device_authorization_endpoint", "device"}};
    for (size_t i = 0; i < sizeof(global) / sizeof(global[0]); i++) {
        if (global[i][1] != NULL)
            js_set(doc, global[i][0], js_stringf("%s/application/o/%s/", base, global[i][1]));
        else
            js_set(doc, global[i][0],
                   js_stringf("%s/application/o/%s/end-session/", base, m->conf.ak->slug));
    }
}

static void set_logout_keys(struct js *doc, const struct mock *m)
{
    if (ak_quirk(m, QUIRK_BACKCHANNEL_LOGOUT)) {
        js_set(doc, "backchannel_logout_supported", js_bool(true));
        js_set(doc, "backchannel_logout_session_supported", js_bool(true));
    }
    if (ak_quirk(m, QUIRK_FRONTCHANNEL_KEYS)) {
        js_set(doc, "frontchannel_logout_supported", js_bool(true));
        js_set(doc, "frontchannel_logout_session_supported", js_bool(true));
    }
}

static void set_scopes(struct js *doc, const struct mock *m)
{
    struct js *list = js_array();
    const char *const *s = m->conf.ak->scopes;
    for (; s != NULL && *s != NULL; s++)
        if (strlist_has(&m->conf.scopes, *s))
            js_append_text(list, *s);
    if (!strlist_has(&m->conf.scopes, "openid"))
        js_append_text(list, "openid");
    js_set(doc, "scopes_supported", list);
}

/* What each attached mapping returns for the anonymous person follows the base claims, mappings in
 * scope_name order; a name that two of them return stands there twice. */
static void set_claims(struct js *doc, struct mock *m)
{
    static const char *const base[] = {"sub",       "iss", "aud", "exp",   "iat",
                                       "auth_time", "acr", "amr", "nonce", NULL};
    set_list(doc, "claims_supported", base);
    struct js *list = js_get(doc, "claims_supported");
    for (size_t i = 0; i < m->conf.scopes.len; i++) {
        const struct grant one = {.scopes = {.items = &m->conf.scopes.items[i], .len = 1}};
        AUTO(js_free) struct js *mapped = ak_claims_mapped(m, &m->conf.service, &one);
        struct js_iter it = js_iter(mapped);
        while (js_next(&it))
            js_append_text(list, it.key);
    }
}

static const char *const response_types[] = {"code",       "id_token",      "id_token token",
                                             "code token", "code id_token", "code id_token token",
                                             NULL};
static const char *const response_modes[] = {"query", "fragment", "form_post", NULL};
static const char *const grant_types[] = {"authorization_code",
                                          "refresh_token",
                                          "implicit",
                                          "client_credentials",
                                          "password",
                                          "urn:ietf:params:oauth:grant-type:device_code",
                                          NULL};
static const char *const subject_types[] = {"public", NULL};
static const char *const auth_methods[] = {"client_secret_post", "client_secret_basic", NULL};
static const char *const acr_values[] = {"goauthentik.io/providers/oauth2/default", NULL};
static const char *const challenge_methods[] = {"plain", "S256", NULL};
static const char *const encryption_algs[] = {"RSA-OAEP-256", NULL};
static const char *const encryption_encs[] = {"A256CBC-HS512", NULL};

static struct js *build(struct mock *m, const char *base)
{
    struct js *doc = js_object();
    AUTO(xfree) char *issuer = ak_issuer(m, base);
    const char *const algs[] = {jws_alg_name(m->conf.alg), NULL};
    js_set_text(doc, "issuer", issuer);
    set_endpoints(doc, m, base);
    set_logout_keys(doc, m);
    set_list(doc, "response_types_supported", response_types);
    set_list(doc, "response_modes_supported", response_modes);
    js_set(doc, "jwks_uri", js_stringf("%s/application/o/%s/jwks/", base, m->conf.ak->slug));
    set_list(doc, "grant_types_supported", grant_types);
    set_list(doc, "id_token_signing_alg_values_supported", algs);
    set_list(doc, "subject_types_supported", subject_types);
    set_list(doc, "token_endpoint_auth_methods_supported", auth_methods);
    set_list(doc, "acr_values_supported", acr_values);
    set_scopes(doc, m);
    js_set(doc, "request_parameter_supported", js_bool(false));
    set_claims(doc, m);
    js_set(doc, "claims_parameter_supported", js_bool(false));
    set_list(doc, "code_challenge_methods_supported", challenge_methods);
    if (m->conf.enc_key == NULL)
        return doc;
    set_list(doc, "id_token_encryption_alg_values_supported", encryption_algs);
    set_list(doc, "id_token_encryption_enc_values_supported", encryption_encs);
    return doc;
}

/* As build, kept: the base seldom changes. */
static const char *cached(struct mock *m, const char *base)
{
    struct conf *c = &m->conf;
    if (c->discovery != NULL && strcmp(c->discovery_base, base) == 0)
        return c->discovery;
    AUTO(js_free) struct js *doc = build(m, base);
    xfree(c->discovery);
    xfree(c->discovery_base);
    c->discovery = js_pretty(doc, 2);
    c->discovery_base = xstrdup(base);
    return c->discovery;
}

static void document(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    AUTO(xfree) char *base = ak_base(req);
    if (!ak_faults_due(m, FAULT_DISCOVERY)) {
        http_respond(resp, 200, AK_JSON, cached(m, base));
    } else {
        struct fault_call call = {.m = m, .doc = build(m, base)};
        ak_faults_play(FAULT_DISCOVERY, &call);
        AUTO(xfree) char *text = js_pretty(call.doc, 2);
        http_respond(resp, 200, AK_JSON, text);
        js_free(call.doc);
    }
    struct fault_call late = {.m = m, .resp = resp};
    ak_faults_play(FAULT_DISCOVERY_RESPONSE, &late);
}

/* The application is looked up before the method, and CORS has the last word. */
static void answer(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    static const char methods[] = "GET HEAD OPTIONS";
    if (!ak_slug_ok(m, req, resp))
        return;
    if (cstr_eq(req->method, "OPTIONS"))
        ak_options(resp, methods);
    else if (ak_method(req, resp, methods))
        document(m, req, resp);
    ak_cors(m, req, resp);
}

void ak_discovery_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    ak_mock_lock(m);
    bool old_path = !cstr_starts(req->path, "/.well-known/");
    if (old_path || ak_quirk(m, QUIRK_RFC8414_PATH))
        answer(m, req, resp);
    else
        ak_not_found(resp);
    ak_mock_unlock(m);
}

/* Django's slug converter. */
static bool is_slug(const char *text)
{
    size_t n = strspn(text, "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    return n > 0 && text[n] == '\0';
}

/* Django's RedirectView: the query string is dropped, and nobody asks whether there is such an
 * application. */
void ak_discovery_root_redirect(void *ctx, const struct http_request *req,
                                struct http_response *resp)
{
    (void)ctx;
    if (!is_slug(req->captures[0])) {
        ak_not_found(resp);
        return;
    }
    AUTO(xfree)
    char *to = xasprintf("/application/o/%s/.well-known/openid-configuration", req->captures[0]);
    ak_redirect(resp, to);
}
