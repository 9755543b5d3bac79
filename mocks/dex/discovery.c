/*
 * GET /.well-known/openid-configuration and /keys (dex.md 2.7, 2.1). Both bodies are made ahead.
 */
#include <stddef.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/dex/dex_int.h"

#define KEYS_MAX_AGE_S 600
#define KEYS_MIN_AGE_S 120

static const char *const subject_types[] = {"public", NULL};
static const char *const algs[] = {"RS256", NULL};
static const char *const challenge_methods[] = {"S256", "plain", NULL};
static const char *const scopes[] = {"openid",  "email",          "groups",
                                     "profile", "offline_access", NULL};
static const char *const auth_methods[] = {"client_secret_basic", "client_secret_post", NULL};
static const char *const claims[] = {"iss",
                                     "sub",
                                     "aud",
                                     "iat",
                                     "exp",
                                     "email",
                                     "email_verified",
                                     "locale",
                                     "name",
                                     "preferred_username",
                                     "at_hash",
                                     NULL};

struct endpoint {
    const char *name;
    const char *path;
};

static const struct endpoint endpoints[] = {
    {"authorization_endpoint", "/auth"},
    {"token_endpoint", "/token"},
    {"jwks_uri", "/keys"},
    {"userinfo_endpoint", "/userinfo"},
    {"device_authorization_endpoint", "/device/code"},
    {"introspection_endpoint", "/token/introspect"},
    {NULL, NULL},
};

struct list {
    const char *name;
    const char *const *values;
};

static const struct list lists[] = {
    {"subject_types_supported", subject_types},
    {"id_token_signing_alg_values_supported", algs},
    {"code_challenge_methods_supported", challenge_methods},
    {"scopes_supported", scopes},
    {"token_endpoint_auth_methods_supported", auth_methods},
    {"claims_supported", claims},
    {NULL, NULL},
};

static bool is_there(const struct dex *d, const struct endpoint *e)
{
    return !cstr_eq(e->name, "introspection_endpoint") || dex_quirk(d, DEX_QUIRK_INTROSPECT);
}

void dex_discovery_build(struct dex *d)
{
    AUTO(js_free) struct js *doc = js_object();
    js_set_text(doc, "issuer", d->config.issuer);
    for (const struct endpoint *e = endpoints; e->name != NULL; e++)
        if (is_there(d, e))
            js_set(doc, e->name, js_stringf("%s%s", d->config.base, e->path));
    js_set(doc, "grant_types_supported", js_texts(&d->config.grant_types));
    js_set(doc, "response_types_supported", js_texts(&d->config.response_types));
    for (const struct list *l = lists; l->name != NULL; l++) {
        struct js *a = js_array();
        for (const char *const *v = l->values; *v != NULL; v++)
            js_append_text(a, *v);
        js_set(doc, l->name, a);
    }
    d->discovery = js_pretty(doc, 2);
}

void dex_handle_discovery(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(xfree) char *faulty = dex_fault_discovery(d);
    http_respond(resp, 200, "application/json", faulty != NULL ? faulty : d->discovery);
    dex_fault_content_type(d, "dex/discovery.content-type", resp);
}

void dex_handle_keys(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(xfree) char *body = dex_fault_jwks(d);
    if (body == NULL)
        body = dex_jwks(d);
    http_respond(resp, 200, "application/json", body);
    dex_fault_content_type(d, "dex/jwks.content-type", resp);
    int64_t left_s = dex_quirk(d, DEX_QUIRK_KEYS_MAX_AGE) ? KEYS_MAX_AGE_S : dex_keys_left_s(d);
    AUTO(xfree)
    char *cache = xasprintf("max-age=%lld, must-revalidate",
                            (long long)(left_s > KEYS_MIN_AGE_S ? left_s : KEYS_MIN_AGE_S));
    params_set_ci(&resp->headers, "Cache-Control", cache);
}
