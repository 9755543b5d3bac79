/*
 * go-oidc's Provider (oidc/oidc.go): discovery, the endpoints, userinfo. The key set is in
 * goidc_keys.c, the verification in goidc_verify.c. A provider owns its document and key cache; the
 * client is the caller's.
 */
#include "mocks/common/goidc.h"

#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/gohttp.h"
#include "mocks/common/goidc_int.h"
#include "mocks/common/gotext.h"

/* What is neither here nor advertised is never accepted. */
const char *const goidc_known_algs[] = {"RS256", "RS384", "RS512", "ES256", "ES384", "ES512",
                                        "PS256", "PS384", "PS512", "EdDSA", NULL};

const char *goidc_jose(const struct goidc *p)
{
    return p->dialect.square ? "square/go-jose" : "go-jose/go-jose";
}

int goidc_get(const struct goidc *p, struct http_client *client, const char *url,
              const char *authorization, struct http_response *ret, struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    http_request_set(&req, "GET", url);
    if (authorization != NULL)
        params_add(&req.headers, "Authorization", authorization);
    return gohttp_do(client, &req, p->rewrite_origin, ret, err);
}

static bool is_supported(const char *alg)
{
    for (const char *const *s = goidc_known_algs; *s != NULL; s++) {
        if (cstr_eq(*s, alg))
            return true;
    }
    return false;
}

static void read_algs(struct goidc *p, bool filtered)
{
    const struct js *list = js_get(p->document, "id_token_signing_alg_values_supported");
    strlist_deinit(&p->algs);
    p->algs = (struct strlist){0};
    for (size_t i = 0; i < js_len(list); i++) {
        const char *alg = js_text(js_at(list, i));
        if (alg != NULL && (!filtered || is_supported(alg)))
            strlist_add(&p->algs, alg);
    }
    if (p->algs.len == 0)
        strlist_add(&p->algs, "RS256");
}

static char *dup_member(const struct js *document, const char *name)
{
    const char *s = js_get_text(document, name);
    return xstrdup(s != NULL ? s : "");
}

static void read_endpoints(struct goidc *p)
{
    p->auth_url = dup_member(p->document, "authorization_endpoint");
    p->token_url = dup_member(p->document, "token_endpoint");
    p->jwks_url = dup_member(p->document, "jwks_uri");
    p->userinfo_url = dup_member(p->document, "userinfo_endpoint");
}

/* providerJSON's members. NULL when they fit; caller frees. */
static char *type_error(const struct js *doc)
{
    static const char *const texts[] = {"issuer",
                                        "authorization_endpoint",
                                        "token_endpoint",
                                        "device_authorization_endpoint",
                                        "jwks_uri",
                                        "userinfo_endpoint",
                                        NULL};
    static const char algs[] = "id_token_signing_alg_values_supported";
    static const char text[] =
        "json: cannot unmarshal %s into Go struct field providerJSON.%s of type %s";
    if (!js_is(doc, JS_OBJECT))
        return xasprintf("json: cannot unmarshal %s into Go value of type oidc.providerJSON",
                         go_json_kind(doc));
    for (const char *const *t = texts; *t != NULL; t++) {
        const struct js *v = js_get(doc, *t);
        if (v != NULL && !js_is(v, JS_STRING) && !js_is(v, JS_NULL))
            return xasprintf(text, go_json_kind(v), *t, "string");
    }
    const struct js *list = js_get(doc, algs);
    if (list != NULL && !js_is(list, JS_ARRAY) && !js_is(list, JS_NULL))
        return xasprintf(text, go_json_kind(list), algs, "[]string");
    for (size_t i = 0; i < js_len(list); i++) {
        if (!js_is(js_at(list, i), JS_STRING) && !js_is(js_at(list, i), JS_NULL))
            return xasprintf(text, go_json_kind(js_at(list, i)), algs, "string");
    }
    return NULL;
}

static int read_document(const struct http_response *resp, struct js **ret, struct err *err)
{
    const char *body = resp->body != NULL ? resp->body : "";
    if (resp->status != 200) {
        AUTO(xfree) char *status = gohttp_status(resp);
        return err_set(err, ERR_NET, "%s: %s", status, body);
    }
    char *error = NULL;
    AUTO(js_free) struct js *doc = go_json_parse((struct str){body, resp->body_len}, false, &error);
    if (error == NULL && js_is(doc, JS_NULL)) { /* null fills in nothing */
        js_free(doc);
        doc = js_object();
    }
    AUTO(xfree) char *cause = error != NULL ? error : type_error(doc);
    if (cause != NULL) {
        AUTO(xfree) char *text = gohttp_unmarshal_error(resp, cause);
        return err_set(err, ERR_NET, "oidc: failed to decode provider discovery object: %s", text);
    }
    *ret = doc;
    doc = NULL;
    return 0;
}

static int check_issuer(const struct goidc *p, const char *issuer, struct err *err)
{
    const char *got = js_get_text(p->document, "issuer");
    if (cstr_eq(got, issuer))
        return 0;
    AUTO(xfree) char *configured = go_quoted(issuer);
    AUTO(xfree) char *returned = go_quoted(got != NULL ? got : "");
    if (p->dialect.old_issuer)
        return err_set(err, ERR_NET,
                       "oidc: issuer did not match the issuer returned by provider, expected %s "
                       "got %s",
                       configured, returned);
    return err_set(err, ERR_NET,
                   "oidc: issuer URL provided to client (%s) did not match the issuer URL returned "
                   "by provider (%s)",
                   configured, returned);
}

static int discover(struct goidc *p, const char *issuer, struct err *err)
{
    AUTO(http_response_deinit) struct http_response resp = {0};
    size_t n = strlen(issuer);
    if (n > 0 && issuer[n - 1] == '/')
        n--;
    AUTO(xfree) char *url = xasprintf("%.*s/.well-known/openid-configuration", (int)n, issuer);
    if (goidc_get(p, p->client, url, NULL, &resp, err) != 0)
        return -1;
    return read_document(&resp, &p->document, err);
}

int goidc_new(struct http_client *client, const char *issuer, const char *rewrite_origin,
              const char *issuer_alias, const struct goidc_dialect *dialect, struct goidc **ret,
              struct err *err)
{
    AUTO(goidc_free) struct goidc *p = xcalloc(1, sizeof *p);
    bool has_alias = issuer_alias != NULL && *issuer_alias != '\0';
    p->client = client;
    p->keys_client = client;
    p->userinfo_client = client;
    p->dialect = dialect != NULL ? *dialect : (struct goidc_dialect){0};
    p->rewrite_origin = rewrite_origin != NULL ? xstrdup(rewrite_origin) : NULL;
    p->issuer = xstrdup(has_alias ? issuer_alias : issuer);
    goidc_keyset_init(&p->keys);
    if (discover(p, issuer, err) != 0)
        return -1;
    if (!has_alias && check_issuer(p, issuer, err) != 0)
        return -1;
    read_endpoints(p);
    read_algs(p, true);
    *ret = p;
    p = NULL;
    return 0;
}

struct goidc *goidc_free(struct goidc *p)
{
    if (p == NULL)
        return NULL;
    goidc_keyset_deinit(&p->keys);
    xfree(p->rewrite_origin);
    xfree(p->issuer);
    xfree(p->auth_url);
    xfree(p->token_url);
    xfree(p->jwks_url);
    xfree(p->userinfo_url);
    js_free(p->document);
    strlist_deinit(&p->algs);
    return xfree(p);
}

const struct js *goidc_document(const struct goidc *p)
{
    return p->document;
}

const char *goidc_issuer(const struct goidc *p)
{
    return p->issuer;
}

const char *goidc_auth_url(const struct goidc *p)
{
    return p->auth_url;
}

const char *goidc_token_url(const struct goidc *p)
{
    return p->token_url;
}

void goidc_use_clients(struct goidc *p, struct http_client *keys, struct http_client *userinfo)
{
    p->keys_client = keys != NULL ? keys : p->client;
    p->userinfo_client = userinfo != NULL ? userinfo : p->client;
}

static void override(char **slot, const char *url)
{
    if (url == NULL || *url == '\0')
        return;
    xfree(*slot);
    *slot = xstrdup(url);
}

void goidc_override(struct goidc *p, const char *auth_url, const char *token_url,
                    const char *jwks_url)
{
    override(&p->auth_url, auth_url);
    override(&p->token_url, token_url);
    override(&p->jwks_url, jwks_url);
    xfree(p->issuer);
    p->issuer = dup_member(p->document, "issuer");
    read_algs(p, false);
}

/* ---- userinfo ---- */

static int userinfo_error(struct err *err, const char *cause)
{
    return err_set(err, ERR_NET, "oidc: failed to decode userinfo: %s", cause);
}

/* userInfoRaw. email_verified may be a boolean or its spelling as a string; NULL when all fits. */
static char *userinfo_type_error(const struct js *claims)
{
    static const char *const texts[] = {"sub", "profile", "email", NULL};
    if (!js_is(claims, JS_OBJECT))
        return xasprintf("json: cannot unmarshal %s into Go value of type oidc.userInfoRaw",
                         go_json_kind(claims));
    for (const char *const *t = texts; *t != NULL; t++) {
        const struct js *v = js_get(claims, *t);
        if (v != NULL && !js_is(v, JS_STRING) && !js_is(v, JS_NULL))
            return xasprintf(
                "json: cannot unmarshal %s into Go struct field userInfoRaw.%s of type string",
                go_json_kind(v), *t);
    }
    const struct js *verified = js_get(claims, "email_verified");
    bool is_bool = verified == NULL || js_is(verified, JS_TRUE) || js_is(verified, JS_FALSE) ||
                   cstr_eq(js_text(verified), "true") || cstr_eq(js_text(verified), "false");
    return is_bool ? NULL : xstrdup("invalid value for boolean");
}

static int read_userinfo(struct str body, struct js **ret, struct err *err)
{
    char *error = NULL;
    AUTO(js_free) struct js *claims = go_json_parse(body, false, &error);
    if (error == NULL && js_is(claims, JS_NULL)) {
        js_free(claims);
        claims = js_object();
    }
    AUTO(xfree) char *cause = error != NULL ? error : userinfo_type_error(claims);
    if (cause != NULL)
        return userinfo_error(err, cause);
    *ret = claims;
    claims = NULL;
    return 0;
}

/* RemoteKeySet.VerifySignature of a text that nobody parsed before: any known algorithm. */
static int verify_signed(struct goidc *p, const char *body, struct goidc_jws *ret, struct err *err)
{
    static const struct goidc_skip nothing = {0};
    AUTO(strlist_deinit) struct strlist known = {0};
    for (const char *const *a = goidc_known_algs; *a != NULL; a++)
        strlist_add(&known, *a);
    if (goidc_jws_parse(p, body, p->dialect.alg_by_go_oidc ? NULL : &known, ret, err) != 0)
        return err_wrap(err, "oidc: malformed jwt");
    if (ret->critical)
        ret->jws.alg = JWS_ALG_MAX_;
    return goidc_keyset_verify(p, &ret->jws, &nothing, err);
}

static int read_signed_userinfo(struct goidc *p, const char *body, struct js **ret, struct err *err)
{
    AUTO(goidc_jws_deinit) struct goidc_jws j = {0};
    if (verify_signed(p, body, &j, err) != 0) {
        struct err cause = *err;
        return err_set(err, cause.code, "oidc: invalid userinfo jwt signature %s", cause.msg);
    }
    return read_userinfo((struct str){j.jws.payload, j.jws.payload_len}, ret, err);
}

/* oauth2.Token.Type: three names in whatever case, others as they are. */
static const char *scheme_of(const char *token_type)
{
    static const char *const known[] = {"Bearer", "MAC", "Basic", NULL};
    for (const char *const *k = known; *k != NULL; k++) {
        if (token_type != NULL && strcasecmp(token_type, *k) == 0)
            return *k;
    }
    return token_type != NULL && *token_type != '\0' ? token_type : "Bearer";
}

int goidc_userinfo(struct goidc *p, const char *token_type, const char *access_token,
                   struct js **ret_claims, struct err *err)
{
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *authorization = xasprintf("%s %s", scheme_of(token_type), access_token);
    if (*p->userinfo_url == '\0')
        return err_set(err, ERR_NET, "oidc: user info endpoint is not supported by this provider");
    if (goidc_get(p, p->userinfo_client, p->userinfo_url, authorization, &resp, err) != 0)
        return -1;
    const char *body = resp.body != NULL ? resp.body : "";
    if (resp.status != 200) {
        AUTO(xfree) char *status = gohttp_status(&resp);
        return err_set(err, ERR_NET, "%s: %s", status, body);
    }
    AUTO(xfree) char *type = gohttp_media_type(&resp);
    if (cstr_eq(type, "application/jwt"))
        return read_signed_userinfo(p, body, ret_claims, err);
    return read_userinfo((struct str){body, resp.body_len}, ret_claims, err);
}
