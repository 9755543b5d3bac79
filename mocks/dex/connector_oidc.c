/*
 * The oidc connector at work (dex.md 4.2 to 4.7): opens the provider, sends the person there, takes
 * the callback, refreshes. What claims mean is in claims.c, which options exist in
 * connector_options.c. It owns provider, filter and the remembered authentication style.
 */
#include "mocks/dex/connector_oidc.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/data/regex.h"
#include "harness/jose/pkce.h"
#include "mocks/common/goauth2.h"
#include "mocks/common/goidc.h"
#include "mocks/common/gotext.h"

#define ID_TOKEN_TYPE "urn:ietf:params:oauth:token-type:id_token"
#define ACCESS_TOKEN_TYPE "urn:ietf:params:oauth:token-type:access_token"

struct dex_oidc {
    struct js *conf;
    struct http_client *client; /* with the connector's own certificates; NULL = the process's */
    struct goidc *provider;
    struct strlist scopes;
    struct regex *groups_filter;
    const char *pkce;         /* "S256", "plain", "" = none, or what pkceChallenge says */
    enum goauth2_style style; /* under dex.lock */
};

static const char *option(const struct dex_oidc *o, const char *name)
{
    const char *s = js_get_text(o->conf, name);
    return s != NULL ? s : "";
}

static void warn(const struct dex *d, const struct dex_connector *c, enum dex_line line)
{
    dex_log(d, NULL, line, DEX_FIELDS({"connector_id", c->id}));
}

static struct http_client *client_of(const struct dex *d, const struct dex_oidc *o)
{
    return o->client != NULL ? o->client : d->env->client;
}

/* ---- opening ---- */

static bool list_has(const struct js *list, const char *text)
{
    for (size_t i = 0; i < js_len(list); i++) {
        if (cstr_eq(js_text(js_at(list, i)), text))
            return true;
    }
    return false;
}

/* Chosen once, at opening (dex.md 4.3). Overrides leave no metadata to choose from. */
static void choose_pkce(struct dex *d, const struct dex_connector *c, struct dex_oidc *o,
                        bool has_metadata)
{
    const struct js *methods =
        has_metadata ? js_get(goidc_document(o->provider), "code_challenge_methods_supported")
                     : NULL;
    const char *forced = option(o, "pkceChallenge");
    o->pkce = "";
    if (!dex_quirk(d, DEX_QUIRK_PKCE))
        return;
    if (!has_metadata)
        warn(d, c, DEX_LINE_NO_METADATA);
    if (list_has(methods, "S256"))
        o->pkce = "S256";
    else if (list_has(methods, "plain"))
        o->pkce = "plain";
    if (*forced == '\0')
        return;
    if (!list_has(methods, forced))
        warn(d, c, DEX_LINE_CHALLENGE);
    o->pkce = forced;
}

static void read_scopes(struct dex_oidc *o)
{
    const struct js *list = js_get(o->conf, "scopes");
    strlist_add(&o->scopes, "openid");
    if (js_len(list) == 0) {
        strlist_add(&o->scopes, "profile");
        strlist_add(&o->scopes, "email");
    }
    for (size_t i = 0; i < js_len(list); i++)
        strlist_add(&o->scopes, js_text(js_at(list, i)));
}

/* Okta's servers are known not to read Basic (knownBrokenAuthHeaderProvider). */
static bool is_broken_basic(const char *issuer)
{
    static const char *const hosts[] = {"okta.com", "oktapreview.com", NULL};
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(issuer, &u, NULL) != 0)
        return false;
    for (const char *const *h = hosts; *h != NULL; h++) {
        AUTO(xfree) char *below = xasprintf(".%s", *h);
        if (cstr_eq(u.host, *h) || str_ends(str_of(u.host), below))
            return true;
    }
    return false;
}

static void choose_style(struct dex_oidc *o)
{
    const struct js *unsupported = js_get(o->conf, "basicAuthUnsupported");
    bool is_body = js_is(unsupported, JS_TRUE) ||
                   (unsupported == NULL && is_broken_basic(option(o, "issuer")));
    o->style = is_body ? GOAUTH2_BODY : GOAUTH2_AUTO;
}

static void compile_filter(struct dex *d, const struct dex_connector *c, struct dex_oidc *o)
{
    const char *pattern =
        js_text(js_path(o->conf, "claimModifications", "filterGroupClaims", "groupsFilter", NULL));
    if (pattern == NULL || *pattern == '\0')
        return;
    if (regex_new(str_of(pattern), REGEX_RE2, &o->groups_filter, NULL) != 0)
        dex_log(d, NULL, DEX_LINE_GROUPS_FILTER,
                DEX_FIELDS({"invalid_regex", pattern}, {"connector_id", c->id}));
}

/* True when endpoints are overridden: the provider's metadata is then lost. */
static bool apply_overrides(struct dex *d, const struct dex_connector *c, struct dex_oidc *o)
{
    const struct js *overrides = js_get(o->conf, "providerDiscoveryOverrides");
    const char *auth = js_get_text(overrides, "authURL");
    const char *token = js_get_text(overrides, "tokenURL");
    const char *jwks = js_get_text(overrides, "jwksURL");
    const char *const urls[] = {auth, token, jwks};
    bool any = false;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        any = any || (urls[i] != NULL && *urls[i] != '\0');
    if (!any)
        return false;
    goidc_override(o->provider, auth, token, jwks);
    warn(d, c, DEX_LINE_OVERRIDES);
    return true;
}

/* rootCAs and insecureSkipVerify make a client of the connector's own (pkg/httpclient). */
static int make_client(const struct dex *d, struct dex_oidc *o, struct err *err)
{
    AUTO(xfree) char *pem = NULL;
    bool insecure = js_get_bool(o->conf, "insecureSkipVerify", false);
    if (dex_oidc_root_cas(o->conf, &pem, err) != 0)
        return -1;
    if (pem == NULL && !insecure)
        return 0;
    return http_client_like(d->env->client, pem, insecure, &o->client, err);
}

/* Not everything was always asked with the connector's own client (dex.md 9: 2.36, 2.41). */
static void share_clients(const struct dex *d, struct dex_oidc *o, bool is_overridden)
{
    bool own_keys = !is_overridden || dex_quirk(d, DEX_QUIRK_OVERRIDE_CLIENT);
    bool own_userinfo = dex_quirk(d, DEX_QUIRK_USERINFO_CLIENT);
    goidc_use_clients(o->provider, own_keys ? NULL : d->env->client,
                      own_userinfo ? NULL : d->env->client);
}

struct goidc_dialect dex_goidc_dialect(const struct dex *d)
{
    return (struct goidc_dialect){
        .claims_first = !dex_quirk(d, DEX_QUIRK_SIGNATURE_FIRST),
        .parse_first = !dex_quirk(d, DEX_QUIRK_SIGNATURE_FIRST) &&
                       !dex_quirk(d, DEX_QUIRK_CLAIMS_BEFORE_PARSE),
        .old_issuer = !dex_quirk(d, DEX_QUIRK_ISSUER_TEXT),
        .alg_by_go_oidc = dex_quirk(d, DEX_QUIRK_ALG_TEXT_GO_OIDC),
        .alg_by_go_jose = dex_quirk(d, DEX_QUIRK_ALG_TEXT_GO_JOSE),
        .square = dex_quirk(d, DEX_QUIRK_SQUARE_GO_JOSE),
        .old_key_text = dex_quirk(d, DEX_QUIRK_KTY_TEXT),
        .nbf_leeway_s = dex_quirk(d, DEX_QUIRK_NBF_LEEWAY) ? 0 : 60,
    };
}

int dex_oidc_open(struct dex *d, const struct dex_connector *c, struct dex_oidc **ret,
                  struct err *err)
{
    AUTO(dex_oidc_free) struct dex_oidc *o = xcalloc(1, sizeof *o);
    const struct goidc_dialect dialect = dex_goidc_dialect(d);
    o->conf = dex_oidc_options(d, c->conf);
    if (dex_oidc_check_open(d, o->conf, err) != 0 || make_client(d, o, err) != 0)
        return -1;
    if (goidc_new(client_of(d, o), option(o, "issuer"), NULL, option(o, "issuerAlias"), &dialect,
                  &o->provider, err) != 0)
        return err_wrap(err, "failed to get provider");
    bool is_overridden = apply_overrides(d, c, o);
    share_clients(d, o, is_overridden);
    read_scopes(o);
    choose_style(o);
    compile_filter(d, c, o);
    choose_pkce(d, c, o, !is_overridden);
    *ret = o;
    o = NULL;
    return 0;
}

struct dex_oidc *dex_oidc_free(struct dex_oidc *o)
{
    if (o == NULL)
        return NULL;
    js_free(o->conf);
    goidc_free(o->provider);
    http_client_free(o->client);
    strlist_deinit(&o->scopes);
    regex_free(o->groups_filter);
    return xfree(o);
}

/* ---- the way to authentik ---- */

static char *scope_text(struct dex *d, const struct dex_oidc *o)
{
    AUTO(strlist_deinit) struct strlist kept = {0};
    bool without_openid = dex_fault(d, "dex/scope.no-openid", NULL);
    for (size_t i = 0; i < o->scopes.len; i++) {
        if (!without_openid || !cstr_eq(o->scopes.items[i], "openid"))
            strlist_add(&kept, o->scopes.items[i]);
    }
    return strlist_join(&kept, " ");
}

static void add_nonempty(struct params *p, const char *name, const char *value)
{
    if (*value != '\0')
        params_add(p, name, value);
}

static void add_acr_values(const struct dex_oidc *o, struct params *p)
{
    AUTO(strlist_deinit) struct strlist values = {0};
    const struct js *list = js_get(o->conf, "acrValues");
    for (size_t i = 0; i < js_len(list); i++)
        strlist_add(&values, js_text(js_at(list, i)));
    AUTO(xfree) char *joined = strlist_join(&values, " ");
    add_nonempty(p, "acr_values", joined);
}

static int add_challenge(const struct dex_oidc *o, const struct dex_session *s, struct params *p,
                         struct err *err)
{
    if (*o->pkce == '\0' || s->no_pkce)
        return 0;
    if (cstr_eq(o->pkce, "S256")) {
        AUTO(xfree) char *challenge = pkce_s256(s->verifier);
        params_add(p, "code_challenge", challenge);
        params_add(p, "code_challenge_method", "S256");
        return 0;
    }
    if (cstr_eq(o->pkce, "plain")) { /* dex.md 4.3: the verifier itself, and no challenge */
        params_add(p, "code_verifier", s->verifier);
        return 0;
    }
    return err_set(err, ERR_USAGE,
                   "oidc: failed to get PKCE AuthCodeOption for CodeChallenge: unknown challenge "
                   "method (%s)",
                   o->pkce);
}

/* Google's hint: the one domain, or any of several (only versions that check it afterwards). */
static void add_domain(const struct dex_oidc *o, struct params *p)
{
    const struct js *domains = js_get(o->conf, "hostedDomains");
    if (js_len(domains) > 0)
        params_add(p, "hd", js_len(domains) > 1 ? "*" : js_text(js_at(domains, 0)));
}

/* promptType, "consent" when it is absent or, before 2.39, empty. */
static const char *prompt_of(const struct dex *d, const struct dex_oidc *o)
{
    const char *prompt = js_get_text(o->conf, "promptType");
    bool is_set = prompt != NULL && (*prompt != '\0' || dex_quirk(d, DEX_QUIRK_PROMPT_EMPTY));
    return is_set ? prompt : "consent";
}

static int check_redirect_uri(const struct dex *d, const struct dex_oidc *o, struct err *err)
{
    AUTO(xfree) char *callback = xasprintf("%s/callback", d->config.base);
    if (cstr_eq(callback, option(o, "redirectURI")))
        return 0;
    AUTO(xfree) char *wanted = go_quoted(callback);
    AUTO(xfree) char *configured = go_quoted(option(o, "redirectURI"));
    return err_set(err, ERR_USAGE,
                   "expected callback URL %s did not match the URL in the config %s", wanted,
                   configured);
}

int dex_oidc_login_url(struct dex *d, struct dex_oidc *o, const struct dex_session *s, char **ret,
                       struct err *err)
{
    AUTO(params_deinit) struct params p = {0};
    AUTO(xfree) char *scope = scope_text(d, o);
    if (check_redirect_uri(d, o, err) != 0)
        return -1;
    add_acr_values(o, &p);
    add_domain(o, &p);
    if (strlist_has(&s->scopes, "offline_access")) {
        params_add(&p, "access_type", "offline");
        params_add(&p, "prompt", prompt_of(d, o));
    }
    params_add(&p, "client_id", option(o, "clientID"));
    if (add_challenge(o, s, &p, err) != 0)
        return -1;
    params_add(&p, "redirect_uri", option(o, "redirectURI"));
    params_add(&p, "response_type", "code");
    add_nonempty(&p, "scope", scope);
    params_add(&p, "state", s->id);
    if (dex_fault(d, "dex/verifier.in-url", NULL))
        params_add(&p, "code_verifier", s->verifier);
    dex_fault_request(d, &p);
    params_sort(&p);
    const char *base = goidc_auth_url(o->provider);
    AUTO(xfree) char *query = params_form(&p);
    *ret = xasprintf("%s%s%s", base, strchr(base, '?') != NULL ? "&" : "?", query);
    return 0;
}

/* ---- tokens from authentik ---- */

/* Old x/oauth2 remembers the style in one place for all connectors, by token endpoint; where a
 * connector has a style of its own, that place is neither asked nor told. */
static enum goauth2_style style_of(struct dex *d, struct dex_oidc *o)
{
    bool is_shared = dex_quirk(d, DEX_QUIRK_STYLE_CACHE_SHARED);
    pthread_mutex_lock(&d->lock);
    enum goauth2_style style = o->style;
    const char *known = params_get(&d->styles, goidc_token_url(o->provider));
    if (style == GOAUTH2_AUTO && is_shared && known != NULL)
        style = *known == 'b' ? GOAUTH2_BODY : GOAUTH2_HEADER;
    pthread_mutex_unlock(&d->lock);
    return style;
}

static void remember_style(struct dex *d, struct dex_oidc *o, enum goauth2_style style)
{
    pthread_mutex_lock(&d->lock);
    if (dex_quirk(d, DEX_QUIRK_STYLE_CACHE_SHARED) && o->style == GOAUTH2_AUTO)
        params_set(&d->styles, goidc_token_url(o->provider),
                   style == GOAUTH2_BODY ? "body" : "header");
    else
        o->style = style;
    pthread_mutex_unlock(&d->lock);
}

static int fetch_tokens(struct dex *d, struct dex_oidc *o, const struct params *form,
                        struct js **ret, struct err *err)
{
    enum goauth2_style style = style_of(d, o);
    AUTO(xfree) char *url = xstrdup(goidc_token_url(o->provider));
    if (dex_fault(d, "dex/client-secret.in-url", NULL)) {
        AUTO(xfree) char *plain = url;
        url = xasprintf("%s?client_secret=%s", plain, option(o, "clientSecret"));
    }
    const struct goauth2_client client = {
        .http = client_of(d, o),
        .token_url = url,
        .id = option(o, "clientID"),
        .secret = option(o, "clientSecret"),
        .old_text = !dex_quirk(d, DEX_QUIRK_OAUTH2_TEXT),
    };
    if (goauth2_ask(&client, form, &style, ret, err) != 0)
        return -1;
    remember_style(d, o, style);
    return 0;
}

static struct goidc_skip defects(struct dex *d)
{
    bool skip_signature = dex_fault(d, "dex/skip-signature", NULL);
    struct goidc_skip skip = {
        .signature = skip_signature,
        .alg = skip_signature,
        .issuer = dex_fault(d, "dex/skip-issuer", NULL),
        .audience = dex_fault(d, "dex/skip-audience", NULL),
        .expiry = dex_fault(d, "dex/skip-expiry", NULL),
    };
    goidc_defects(d->env->faults, DEX_PARTY, &skip);
    return skip;
}

static int verify(struct dex *d, struct dex_oidc *o, const char *id_token, bool any_audience,
                  struct js **ret, struct err *err)
{
    struct goidc_skip skip = defects(d);
    skip.audience = skip.audience || any_audience;
    if (goidc_verify(o->provider, id_token, option(o, "clientID"), d->env->clock, &skip, ret,
                     err) != 0)
        return err_wrap(err, "oidc: failed to verify %s", any_audience ? "token" : "ID Token");
    return 0;
}

/* What createIdentity is given: claims from an ID token, and the access token. */
struct proof {
    struct js *claims;
    const char *access_token;
    const char *token_type;
};

/* userinfo wins over the ID token, member by member. */
static int merge_userinfo(const struct dex *d, struct dex_oidc *o, const struct proof *p,
                          struct err *err)
{
    AUTO(js_free) struct js *info = NULL;
    const char *type = dex_quirk(d, DEX_QUIRK_USERINFO_BEARER) ? NULL : p->token_type;
    if (!js_get_bool(o->conf, "getUserInfo", false))
        return 0;
    if (goidc_userinfo(o->provider, type, p->access_token, &info, err) != 0)
        return err_wrap(err, "oidc: error loading userinfo");
    for (struct js_iter it = js_iter(info); js_next(&it);)
        js_set(p->claims, it.key, js_dup(it.value));
    return 0;
}

static int to_identity(struct dex *d, struct dex_oidc *o, const struct proof *p,
                       struct dex_identity *ret, struct err *err)
{
    bool defect = dex_fault(d, "dex/skip-email-verified", NULL);
    const char *subject = js_get_text(p->claims, "sub");
    AUTO(xfree) char *of_token = xstrdup(subject != NULL ? subject : "");
    struct dex_claim_rules rules = {
        .conf = o->conf,
        .has_email_scope = strlist_has(&o->scopes, "email"),
        .skip_email_verified = defect || js_get_bool(o->conf, "insecureSkipEmailVerified", false),
        .groups_filter = o->groups_filter,
        .subject = dex_quirk(d, DEX_QUIRK_SUB_CLAIM) ? NULL : of_token,
        .no_groups_string = !dex_quirk(d, DEX_QUIRK_GROUPS_STRING),
        .no_groups_objects = !dex_quirk(d, DEX_QUIRK_GROUPS_OBJECTS),
    };
    if (merge_userinfo(d, o, p, err) != 0 ||
        dex_claims_to_identity(&rules, p->claims, ret, err) != 0)
        return -1;
    dex_fault_identity(d, ret);
    return 0;
}

/* createIdentity: a refresh answer may lack the ID token. */
static int from_answer(struct dex *d, struct dex_oidc *o, const struct js *answer, bool is_refresh,
                       struct dex_identity *ret, struct err *err)
{
    AUTO(js_free) struct js *claims = NULL;
    const char *id_token = js_get_text(answer, "id_token");
    if (id_token == NULL && !(is_refresh && dex_quirk(d, DEX_QUIRK_REFRESH_NO_ID_TOKEN)))
        return err_set(err, ERR_PARSE, "oidc: no id_token in token response");
    if (id_token != NULL && verify(d, o, id_token, false, &claims, err) != 0)
        return -1;
    if (claims == NULL)
        claims = js_object();
    const struct proof proof = {
        .claims = claims,
        .access_token = js_get_text(answer, "access_token"),
        .token_type = js_get_text(answer, "token_type"),
    };
    if (to_identity(d, o, &proof, ret, err) != 0)
        return -1;
    const char *refresh = js_get_text(answer, "refresh_token");
    xfree(ret->upstream_refresh);
    ret->upstream_refresh = xstrdup(refresh != NULL ? refresh : "");
    return 0;
}

static int check_error(const struct http_request *req, struct err *err)
{
    const char *error = http_query(req, "error");
    const char *description = http_query(req, "error_description");
    if (error == NULL || *error == '\0')
        return 0;
    if (description == NULL || *description == '\0')
        return err_set(err, ERR_PARSE, "%s", error);
    return err_set(err, ERR_PARSE, "%s: %s", error, description);
}

int dex_oidc_callback(struct dex *d, struct dex_oidc *o, const struct dex_session *s,
                      const struct http_request *req, struct dex_identity *ret, struct err *err)
{
    AUTO(params_deinit) struct params form = {0};
    AUTO(js_free) struct js *answer = NULL;
    const char *code = http_query(req, "code");
    bool has_pkce = *o->pkce != '\0' && !s->no_pkce;
    if (check_error(req, err) != 0)
        return -1;
    if (has_pkce && *s->verifier == '\0')
        return err_set(err, ERR_PARSE, "oidc: invalid PKCE CodeChallenge");
    params_add(&form, "code", code != NULL ? code : "");
    if (has_pkce)
        params_add(&form, "code_verifier", s->verifier);
    params_add(&form, "grant_type", "authorization_code");
    add_nonempty(&form, "redirect_uri", option(o, "redirectURI"));
    if (dex_fault(d, "dex/token-redirect-uri.changed", NULL))
        params_set(&form, "redirect_uri", "http://localhost:8085/auth/callback");
    if (fetch_tokens(d, o, &form, &answer, err) != 0)
        return err_wrap(err, "oidc: failed to get token");
    if (dex_fault(d, "dex/code-sent-twice", NULL)) {
        AUTO(js_free) struct js *again = NULL;
        struct err ignored = {0};
        (void)!fetch_tokens(d, o, &form, &again, &ignored);
    }
    return from_answer(d, o, answer, false, ret, err);
}

int dex_oidc_refresh(struct dex *d, struct dex_oidc *o, const char *upstream_refresh,
                     struct dex_identity *ret, struct err *err)
{
    AUTO(params_deinit) struct params form = {0};
    AUTO(js_free) struct js *answer = NULL;
    if (*upstream_refresh == '\0')
        return err_set(err, ERR_PARSE,
                       "oidc: failed to get refresh token: oauth2: token expired and refresh "
                       "token is not set");
    params_add(&form, "grant_type", "refresh_token");
    params_add(&form, "refresh_token", upstream_refresh);
    if (fetch_tokens(d, o, &form, &answer, err) != 0)
        return err_wrap(err, "oidc: failed to get refresh token");
    if (from_answer(d, o, answer, true, ret, err) != 0)
        return -1;
    if (*ret->upstream_refresh == '\0') {
        xfree(ret->upstream_refresh);
        ret->upstream_refresh = xstrdup(upstream_refresh);
    }
    return 0;
}

int dex_oidc_token_identity(struct dex *d, struct dex_oidc *o, const char *token, bool is_id_token,
                            struct dex_identity *ret, struct err *err)
{
    AUTO(js_free) struct js *claims = NULL;
    if (is_id_token && verify(d, o, token, true, &claims, err) != 0)
        return -1;
    if (!is_id_token && !js_get_bool(o->conf, "getUserInfo", false))
        return err_set(err, ERR_PARSE, "oidc: getUserInfo is required for access token exchange");
    if (claims == NULL)
        claims = js_object();
    const struct proof proof = {
        .claims = claims,
        .access_token = token,
        .token_type = is_id_token ? ID_TOKEN_TYPE : ACCESS_TOKEN_TYPE,
    };
    return to_identity(d, o, &proof, ret, err);
}
