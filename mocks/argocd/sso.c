/*
 * Reads the single sign-on part of the setup as argocd-server does at its start: dex.config or
 * oidc.config (argocd.md 1.1, 1.2, 1.12, 7.2). Owns copies of all it keeps, so a setup may go.
 */
#include "mocks/argocd/sso.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/data/yaml.h"
#include "harness/http/client.h"
#include "mocks/argocd/argocd.h"
#include "mocks/argocd/gourl.h"
#include "mocks/argocd/return_url.h"
#include "mocks/argocd/server.h"

static const char *const default_scopes[] = {"openid", "profile", "email", "groups", NULL};

static void add_all(struct strlist *to, const char *const *from)
{
    for (; from != NULL && *from != NULL; from++)
        strlist_add(to, *from);
}

static void add_texts(struct strlist *to, const struct js *array)
{
    for (size_t i = 0; i < js_len(array); i++)
        if (js_text(js_at(array, i)) != NULL)
            strlist_add(to, js_text(js_at(array, i)));
}

static const char *text_or(const struct js *obj, const char *key, const char *otherwise)
{
    const char *text = js_get_text(obj, key);
    return text != NULL && text[0] != '\0' ? text : otherwise;
}

/* ---- `$key` in oidc.config (7.3) ---- */

static struct js *resolved(const struct js *value, const struct setup_argocd *a,
                           struct trace *trace);

static struct js *resolved_text(const struct js *value, const struct setup_argocd *a,
                                struct trace *trace)
{
    const char *text = js_text(value);
    if (text[0] != '$')
        return js_dup(value);
    const char *found = js_get_text(a->secret, text + 1);
    if (found == NULL) {
        if (a->quirks[ARGOCD_QUIRK_SECRET_UNNAMED])
            trace_log(trace, "argocd", "warning", "secret key does not exist in secret");
        else
            trace_log(trace, "argocd", "warning",
                      "config referenced '%s', but key does not exist in secret", text);
        return js_dup(value);
    }
    struct str trimmed = str_trim(str_of(found));
    return js_stringn(trimmed.ptr, trimmed.len);
}

static struct js *resolved_list(const struct js *value, const struct setup_argocd *a,
                                struct trace *trace)
{
    struct js *list = js_array();
    for (size_t i = 0; i < js_len(value); i++)
        js_append(list, resolved(js_at(value, i), a, trace));
    return list;
}

/* A copy with every text that begins with "$" looked up; nesting is capped by the YAML reader. */
static struct js *resolved(const struct js *value, const struct setup_argocd *a,
                           struct trace *trace)
{
    if (js_is(value, JS_STRING))
        return resolved_text(value, a, trace);
    if (js_is(value, JS_ARRAY))
        return resolved_list(value, a, trace);
    if (!js_is(value, JS_OBJECT))
        return js_dup(value);
    struct js *obj = js_object();
    for (struct js_iter it = js_iter(value); js_next(&it);)
        js_set(obj, it.key, resolved(it.value, a, trace));
    return obj;
}

/* oidc.config, or NULL: absent, or bad YAML, which only warns (7.2). */
static struct js *read_oidc(const struct setup *setup, struct trace *trace)
{
    const char *text = js_get_text(setup->argocd.cm, "oidc.config");
    if (text == NULL || text[0] == '\0')
        return NULL;
    AUTO(js_free) struct js *doc = NULL;
    struct err err = {0};
    if (yaml_parse(str_of(text), "oidc.config", 0, YAML_TYPED, &doc, NULL, &err) != 0 ||
        !js_is(doc, JS_OBJECT)) {
        trace_log(trace, "argocd", "warning", "invalid oidc config: %s", err.msg);
        return NULL;
    }
    return resolved(doc, &setup->argocd, trace);
}

/* Members of oidc.config that change what happens and that this mock does not play. */
static void note_unplayed(const struct js *oidc, struct trace *trace)
{
    static const char *const members[] = {"azure", NULL};
    for (const char *const *m = members; *m != NULL; m++)
        if (js_get(oidc, *m) != NULL)
            trace_note(trace, "argocd", "oidc.config: '%s' is not played by the mock", *m);
}

/* ---- the two kinds of provider (1.12) ---- */

static void use_dex(struct sso *s, const struct setup *setup)
{
    s->dex = true;
    s->issuer = setup_dex_issuer(setup);
    s->client_id = xstrdup("argo-cd");
    s->client_secret =
        xstrdup(setup->argocd.dex_client_secret != NULL ? setup->argocd.dex_client_secret : "");
    add_all(&s->scopes, default_scopes);
    if (setup->argocd.quirks[ARGOCD_QUIRK_FEDERATED_SCOPE])
        strlist_add(&s->scopes, "federated:id");
    strlist_add(&s->audience_texts, "argo-cd");
    strlist_add(&s->audience_texts, "argo-cd-cli");
}

static void use_oidc(struct sso *s, const bool *quirks)
{
    const struct js *c = s->oidc;
    s->issuer = xstrdup(text_or(c, "issuer", ""));
    s->client_id = xstrdup(text_or(c, "clientID", ""));
    s->client_secret = xstrdup(text_or(c, "clientSecret", ""));
    add_texts(&s->scopes, js_get(c, "requestedScopes"));
    if (s->scopes.len == 0)
        add_all(&s->scopes, default_scopes);
    if (quirks[ARGOCD_QUIRK_ALLOWED_AUDIENCES])
        add_texts(&s->audience_texts, js_get(c, "allowedAudiences"));
    if (s->audience_texts.len == 0) {
        strlist_add(&s->audience_texts, s->client_id);
        const char *cli = text_or(c, "cliClientID", NULL);
        if (cli != NULL)
            strlist_add(&s->audience_texts, cli);
    }
    s->pkce = quirks[ARGOCD_QUIRK_PKCE_SERVER] && js_get_bool(c, "enablePKCEAuthentication", false);
    s->pkce_browser =
        quirks[ARGOCD_QUIRK_PKCE_BROWSER] && js_get_bool(c, "enablePKCEAuthentication", false);
    struct str hint = str_trim(str_of(text_or(c, "domainHint", "")));
    s->domain_hint = xstrndup(hint.len > 0 ? hint.ptr : "", hint.len);
    s->logout_url = xstrdup(text_or(c, "logoutURL", ""));
    const struct js *claims = js_get(c, "requestedIDTokenClaims");
    s->claims = js_is(claims, JS_OBJECT) && js_len(claims) > 0 ? js_dup(claims) : NULL;
}

static bool is_https(const char *url)
{
    AUTO(gourl_deinit) struct gourl u = {0};
    return gourl_parse(url, &u) && cstr_eq(u.scheme, "https");
}

/* The go-oidc that this version of Argo CD is built with (dex.md 0.1, 5). */
static struct goidc_dialect dialect_of(const bool *quirks)
{
    return (struct goidc_dialect){
        .claims_first = !quirks[ARGOCD_QUIRK_SIGNATURE_FIRST],
        .old_issuer = !quirks[ARGOCD_QUIRK_ISSUER_TEXT],
        .alg_by_go_oidc = quirks[ARGOCD_QUIRK_ALG_TEXT_GO_OIDC],
        .alg_by_go_jose = quirks[ARGOCD_QUIRK_ALG_TEXT_GO_JOSE],
    };
}

/* Who asks a provider of oidc.config. Its rootCA is the whole of what Argo CD trusts then
 * (util/settings, OIDCTLSConfig (D)); here it is trusted besides, because the certificate of a mock
 * is of the mocks' own authority, whichever one the setup names. */
static struct http_client *direct_client(struct sso *s, const struct mock_env *env,
                                         const struct setup *setup)
{
    struct http_client *plain = env->direct != NULL ? env->direct : env->client;
    const char *pem = js_get_text(s->oidc, "rootCA");
    struct err err = {0};
    if (pem == NULL || pem[0] == '\0')
        return plain;
    if (http_client_like(plain, pem, !argocd_verifies_provider(setup), &s->own_client, &err) == 0)
        return s->own_client;
    trace_log(env->trace, "argocd", "warning",
              "failed to append certificates from PEM: proceeding without custom rootCA");
    return plain;
}

static void make_providers(struct sso *s, const struct mock_env *env, const struct setup *setup,
                           bool dex_configured)
{
    const bool *quirks = setup->argocd.quirks;
    struct http_client *direct = direct_client(s, env, setup);
    s->login_client = s->dex ? env->client : direct;
    struct provider_conf conf = {
        .client = s->login_client,
        .issuer = s->issuer,
        .rewrite_origin = s->dex ? s->dex_origin : NULL,
        .clock = env->clock,
        .trace = env->trace,
        .dialect = dialect_of(quirks),
        .small_letter = quirks[ARGOCD_QUIRK_PROVIDER_TEXT],
    };
    s->login = provider_new(&conf);
    /* The session manager's client rewrites whenever dex.config is there, oidc.config or not
     * (1.12, last row). */
    conf.client = dex_configured ? env->client : direct;
    conf.rewrite_origin = dex_configured ? s->dex_origin : NULL;
    s->session = provider_new(&conf);
}

struct sso *sso_new(const struct mock_env *env, const struct setup *setup)
{
    struct sso *s = xcalloc(1, sizeof(*s));
    const char *url = setup->argocd.url != NULL ? setup->argocd.url : "";
    bool dex_configured = setup->argocd.dex_generated != NULL && url[0] != '\0';
    s->refs = 1;
    strlist_add(&s->urls, url);
    add_all(&s->urls, setup->argocd.additional_urls);
    s->secure = is_https(url);
    argocd_options_read(setup, &s->options);
    s->dex_origin = argocd_dex_origin(setup);
    s->oidc = read_oidc(setup, env->trace);
    s->configured = dex_configured || s->oidc != NULL;
    s->dex_and_oidc = dex_configured && s->oidc != NULL;
    s->secretkey =
        xstrdup(setup->argocd.server_secretkey != NULL ? setup->argocd.server_secretkey : "");
    note_unplayed(s->oidc, env->trace);
    /* Before it was needed, a missing audience was passed over unless the setting said no. */
    s->skip_absent_audience = js_get_bool(s->oidc, "skipAudienceCheckWhenTokenHasNoAudience",
                                          !setup->argocd.quirks[ARGOCD_QUIRK_AUDIENCE_NEEDED]);
    s->audience_checked = setup->argocd.quirks[ARGOCD_QUIRK_AUDIENCE_CHECKED];
    if (s->oidc != NULL)
        use_oidc(s, setup->argocd.quirks);
    else if (dex_configured)
        use_dex(s, setup);
    if (s->domain_hint == NULL)
        s->domain_hint = xstrdup("");
    if (s->logout_url == NULL)
        s->logout_url = xstrdup("");
    for (size_t i = 0; i < s->audience_texts.len; i++)
        vec_push(&s->audiences, s->audience_texts.items[i]);
    vec_push(&s->audiences, NULL);
    if (s->configured)
        make_providers(s, env, setup, dex_configured);
    return s;
}

struct sso *sso_ref(struct sso *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

struct sso *sso_unref(struct sso *s)
{
    if (s == NULL || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return NULL;
    provider_free(s->login);
    provider_free(s->session);
    http_client_free(s->own_client);
    argocd_options_deinit(&s->options);
    xfree(s->dex_origin);
    strlist_deinit(&s->urls);
    strlist_deinit(&s->scopes);
    vec_deinit(&s->audiences);
    strlist_deinit(&s->audience_texts);
    xfree(s->issuer);
    xfree(s->client_id);
    xfree(s->client_secret);
    xfree(s->secretkey);
    xfree(s->domain_hint);
    xfree(s->logout_url);
    js_free(s->claims);
    js_free(s->oidc);
    return xfree(s);
}

/* ---- URLs (1.2) ---- */

const char *sso_url_for(const struct sso *s, const struct http_request *req)
{
    AUTO(xfree)
    char *uri = xasprintf("%s%s%s", req->path, req->query != NULL ? "?" : "",
                          req->query != NULL ? req->query : "");
    for (size_t i = 0; i < s->urls.len; i++) {
        AUTO(gourl_deinit) struct gourl u = {0};
        if (!gourl_parse(s->urls.items[i], &u))
            continue;
        AUTO(xfree) char *prefix = gourl_request_uri(&u);
        if (cstr_eq(u.host, req->host) && cstr_starts(uri, prefix))
            return s->urls.items[i];
    }
    return s->urls.items[0];
}

char *sso_redirect_uri(const struct sso *s, const struct http_request *req)
{
    AUTO(gourl_deinit) struct gourl u = {0};
    if (!gourl_parse(sso_url_for(s, req), &u))
        return xstrdup("/auth/callback");
    AUTO(xfree) char *path = gopath_join(u.path, "/auth/callback");
    AUTO(xfree) char *escaped = gourl_escape_path(path);
    return xasprintf("%s%s%s%s%s", u.scheme, u.scheme[0] != '\0' ? "://" : "", u.host,
                     escaped[0] == '/' ? "" : "/", escaped);
}

bool sso_return_url_is_valid(const struct sso *s, const char *return_url, bool relative)
{
    struct vec allowed = {0};
    for (size_t i = 0; i < s->urls.len; i++)
        vec_push(&allowed, s->urls.items[i]);
    if (relative)
        vec_push(&allowed, s->options.basehref);
    vec_push(&allowed, NULL);
    bool valid = return_url_is_valid(return_url, (const char *const *)allowed.items);
    vec_deinit(&allowed);
    return valid;
}

/* ---- changes ---- */

static bool same_js(const struct js *a, const struct js *b)
{
    return a == NULL || b == NULL ? a == b : js_equal(a, b);
}

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_list(const char *const *a, const char *const *b)
{
    static const char *const none[] = {NULL};
    a = a != NULL ? a : none;
    b = b != NULL ? b : none;
    for (; *a != NULL && *b != NULL; a++, b++)
        if (strcmp(*a, *b) != 0)
            return false;
    return *a == *b;
}

const char *sso_changed(const struct setup *before, const struct setup *after)
{
    const struct setup_argocd *a = &before->argocd;
    const struct setup_argocd *b = &after->argocd;
    if (!same_js(a->dex_generated, b->dex_generated) || !same_text(a->dex_error, b->dex_error))
        return "dex config";
    if (!same_js(js_get(a->cm, "oidc.config"), js_get(b->cm, "oidc.config")))
        return "oidc config";
    if (!same_text(a->url, b->url))
        return "url";
    if (!same_list(a->additional_urls, b->additional_urls))
        return "additionalURLs";
    return NULL;
}
