/*
 * dex.config (or oidc.config): its form, its issuer and client beside authentik's, scopes, secrets.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "harness/mistakes/rules.h"
#include "mocks/dex/dex.h"

/* ---- the form ---- */

/* dex.config that did not become a map of connectors by id. */
static struct js *parsed(const struct view *v, struct err *err)
{
    struct js *config = NULL;
    if (v->dex_text == NULL ||
        yaml_parse(str_of(v->dex_text), "dex.config", 0, YAML_TYPED, &config, NULL, err) != 0)
        return NULL;
    return config;
}

/* The place is in the text of argocd-cm's key. */
static void say_no_yaml(struct view *v, const char *key, const struct err *err)
{
    AUTO(xfree) char *pointer = below("/argocd/cm", key);
    AUTO(xfree) char *text = xasprintf("%s is no YAML: %s", key, err->msg);
    const struct place *p = places_exact(v->at, pointer);
    if (p != NULL)
        say_at(v, p->file, p->line + (err->line > 0 ? err->line - 1 : 0),
               err->column > 0 ? err->column + p->indent : p->column, text);
    else
        say(v, "/argocd/cm", "%s", text);
}

void find_dex_yaml(struct view *v)
{
    struct err err = {0};
    AUTO(js_free) struct js *config = parsed(v, &err);
    if (v->dex_text != NULL && config == NULL && err.msg[0] != '\0')
        say_no_yaml(v, "dex.config", &err);
}

void find_oidc_yaml(struct view *v)
{
    const char *text = js_get_text(v->cm, "oidc.config");
    AUTO(js_free) struct js *config = NULL;
    struct err err = {0};
    if (text == NULL || text[0] == '\0')
        return;
    if (yaml_parse(str_of(text), "oidc.config", 0, YAML_TYPED, &config, NULL, &err) != 0)
        say_no_yaml(v, "oidc.config", &err);
    else if (!js_is(config, JS_OBJECT) && !js_is(config, JS_NULL))
        say(v, "/argocd/cm/oidc.config", "oidc.config is no map of options");
}

/* argocd.md 7.2 */
static const char *const oidc_options[] = {"name",
                                           "issuer",
                                           "clientID",
                                           "clientSecret",
                                           "cliClientID",
                                           "requestedScopes",
                                           "requestedIDTokenClaims",
                                           "logoutURL",
                                           "rootCA",
                                           "enablePKCEAuthentication",
                                           "enableUserInfoGroups",
                                           "userInfoPath",
                                           "userInfoBaseURL",
                                           "userInfoCacheExpiration",
                                           "allowedAudiences",
                                           "skipAudienceCheckWhenTokenHasNoAudience",
                                           "domainHint",
                                           "refreshTokenThreshold",
                                           "azure",
                                           NULL};

static const char *oidc_option_at(const void *ctx, size_t i)
{
    (void)ctx;
    return oidc_options[i];
}

static const char *dex_option_at(const void *ctx, size_t i)
{
    return dex_oidc_option(ctx, i);
}

/* Whoever reads them does not look at their case (encoding/json). */
static bool is_option(const char *key, const char *(*option_at)(const void *ctx, size_t i))
{
    for (size_t i = 0; option_at(NULL, i) != NULL; i++)
        if (strcasecmp(option_at(NULL, i), key) == 0)
            return true;
    return false;
}

/* The options of config that `who`, who has those of option_at, does not know. */
static void say_passed_over(struct view *v, const struct js *config, const char *pointer,
                            const char *who, const char *(*option_at)(const void *ctx, size_t i))
{
    for (struct js_iter it = js_iter(config); js_is(config, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *own = below(pointer, it.key);
        AUTO(xfree) char *hint = near_hint(str_nearest_of(it.key, option_at, NULL));
        if (!is_option(it.key, option_at))
            say(v, own, "%s passes over '%s'%s", who, it.key, hint);
    }
}

void find_oidc_key(struct view *v)
{
    say_passed_over(v, v->oidc, "/argocd/cm/oidc.config", "Argo CD", oidc_option_at);
}

void find_dex_key(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++)
        if (!v->clients[c].direct)
            say_passed_over(v, v->clients[c].config, v->clients[c].pointer, "Dex", dex_option_at);
}

/* Argo CD puts userInfoPath behind the issuer, or behind userInfoBaseURL (argocd.md 7.2);
 * authentik's userinfo is below neither application (authentik.md 1). */
void find_oidc_userinfo(struct view *v)
{
    const char *path = js_get_text(v->oidc, "userInfoPath");
    const char *issuer = js_get_text(v->oidc, "issuer");
    const char *base = js_get_text(v->oidc, "userInfoBaseURL");
    AUTO(url_deinit) struct url u = {0};
    if (!js_get_bool(v->oidc, "enableUserInfoGroups", false) || path == NULL || path[0] == '\0' ||
        issuer == NULL || url_parse(issuer, &u, NULL) != 0)
        return;
    AUTO(xfree)
    char *asked = xasprintf("%s%s", base != NULL && base[0] != '\0' ? base : issuer, path);
    AUTO(xfree) char *origin = url_origin(&u);
    AUTO(xfree) char *real = xasprintf("%s/application/o/userinfo/", origin);
    if (strcmp(asked, real) != 0)
        say(v, "/argocd/cm/oidc.config/userInfoPath",
            "Argo CD asks '%s', and authentik's userinfo is '%s'", asked, real);
}

void find_dex_connectors(struct view *v)
{
    AUTO(js_free) struct js *config = parsed(v, NULL);
    const struct js *list = js_get(config, "connectors");
    bool empty_map = v->dex_text == NULL && js_is(v->connectors, JS_OBJECT) &&
                     js_len(v->connectors) == 0 && js_get(v->cm, "dex.config") != NULL;
    if (empty_map ||
        (config != NULL && js_len(config) > 0 && (!js_is(list, JS_ARRAY) || js_len(list) == 0)))
        say(v, "/argocd/cm/dex.config", "dex.config has no list 'connectors' with anything in it");
}

/* Dex wants id, type and name of each; two of one id are one. */
void find_dex_identity(struct view *v)
{
    static const char *const needed[] = {"type", "id", "name", NULL};
    AUTO(js_free) struct js *config = parsed(v, NULL);
    AUTO(map_deinit) struct map seen = {0};
    const struct js *list = js_get(config, "connectors");
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        const char *id = js_get_text(js_at(list, i), "id");
        for (const char *const *k = needed; *k != NULL; k++)
            if (js_get_text(js_at(list, i), *k) == NULL)
                say(v, "/argocd/cm/dex.config", "connector %zu has no '%s'", i + 1, *k);
        if (id != NULL && !map_add(&seen, id, config))
            say(v, "/argocd/cm/dex.config", "two connectors have the id '%s'", id);
    }
    for (struct js_iter it = js_iter(v->connectors);
         js_is(v->connectors, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *pointer = below("/dex/connectors", it.key);
        if (js_get_text(it.value, "type") == NULL || js_get_text(it.value, "name") == NULL)
            say(v, pointer, "connector '%s' has no '%s'", it.key,
                js_get_text(it.value, "type") == NULL ? "type" : "name");
    }
}

void find_dex_type(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct client *own = &v->clients[c];
        for (struct js_iter it = js_iter(own->config); !own->direct && js_next(&it);) {
            AUTO(xfree) char *pointer = below(own->pointer, it.key);
            AUTO(xfree) char *error = dex_oidc_option_error(it.key, it.value);
            if (error != NULL)
                say(v, pointer, "%s", error);
        }
    }
}

void find_redirect_ignored(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct client *own = &v->clients[c];
        const char *given = js_get_text(own->config, "redirectURI");
        AUTO(xfree) char *real = view_callback(v, own);
        AUTO(xfree) char *pointer = below(own->pointer, "redirectURI");
        if (!own->direct && given != NULL && real != NULL && strcmp(given, real) != 0)
            say(v, pointer, "Argo CD replaces '%s' by '%s'", given, real);
    }
}

void find_static_client(struct view *v)
{
    static const char *const own[] = {"argo-cd", "argo-cd-cli", "argo-cd-pkce", NULL};
    AUTO(js_free) struct js *config = parsed(v, NULL);
    const struct js *map = js_get(v->cm, "dex.config");
    const struct js *list = js_get(config != NULL ? config : map, "staticClients");
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        const char *id = js_get_text(js_at(list, i), "id");
        AUTO(xfree) char *pointer = xasprintf("/argocd/cm/dex.config/staticClients/%zu/id", i);
        for (const char *const *o = own; *o != NULL; o++)
            if (cstr_eq(id, *o))
                say(v, pointer, "'%s' takes the place of Argo CD's own client", id);
    }
}

static void for_option(struct view *v, const char *key, bool wanted, const char *text)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct client *own = &v->clients[c];
        AUTO(xfree) char *pointer = below(own->pointer, key);
        if (!own->direct && js_get_bool(own->config, key, !wanted) == wanted &&
            js_get(own->config, key) != NULL)
            say(v, pointer, "%s", text);
    }
}

void find_skip_verify(struct view *v)
{
    for_option(v, "insecureSkipVerify", true, "Dex does not look at authentik's certificate");
}

void find_skip_email(struct view *v)
{
    for_option(v, "insecureSkipEmailVerified", true,
               "an address that nobody verified counts as verified");
}

void find_hosted_domains(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "hostedDomains");
        if (!v->clients[c].direct && js_len(js_get(v->clients[c].config, "hostedDomains")) > 0)
            say(v, pointer, "Dex no longer has hostedDomains and does not start");
    }
}

void find_overrides(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "providerDiscoveryOverrides");
        if (!v->clients[c].direct &&
            js_len(js_get(v->clients[c].config, "providerDiscoveryOverrides")) > 0)
            say(v, pointer, "endpoints are taken from here, not from authentik's discovery");
    }
}

void find_pkce(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const char *value = js_get_text(v->clients[c].config, "pkceChallenge");
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "pkceChallenge");
        if (value != NULL && value[0] != '\0' && strcmp(value, "S256") != 0 &&
            strcmp(value, "plain") != 0)
            say(v, pointer, "'%s' is no challenge method; expected S256 or plain", value);
    }
}

/* ---- the issuer ---- */

/* Scheme, host and path of an issuer, one after the other; only the first that differs is said. */
struct issuer {
    struct view *v;
    const struct client *c;
    char *pointer;
    const char *text;
    struct url url;
    bool valid;
};

static void issuer_init(struct issuer *i, struct view *v, const struct client *c)
{
    struct err ignored = {0};
    *i = (struct issuer){.v = v, .c = c, .pointer = below(c->pointer, "issuer")};
    i->text = js_get_text(c->config, "issuer");
    i->valid = i->text != NULL && url_parse(i->text, &i->url, &ignored) == 0 &&
               (cstr_eq(i->url.scheme, "https") || cstr_eq(i->url.scheme, "http"));
}

static void issuer_deinit(struct issuer *i)
{
    xfree(i->pointer);
    url_deinit(&i->url);
}

DEFINE_AUTO_VALUE(struct issuer, issuer_deinit)

static bool is_filled(const char *text)
{
    return text != NULL && strchr(text, '<') == NULL && text[0] != '$';
}

void find_issuer_missing(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(issuer_deinit) struct issuer i;
        issuer_init(&i, v, &v->clients[c]);
        if (i.text == NULL || i.text[0] == '\0')
            say(v, v->clients[c].pointer, "no 'issuer'");
        else if (!i.valid && is_filled(i.text))
            say(v, i.pointer, "'%s' is no URL; expected https://HOST/application/o/SLUG/", i.text);
    }
}

/* ".well-known/openid-configuration" pasted, or no application in it. */
void find_issuer_path(struct view *v)
{
    static const char tail[] = ".well-known/openid-configuration";
    bool global = cstr_eq(js_get_text(v->provider, "issuer_mode"), "global");
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(issuer_deinit) struct issuer i;
        issuer_init(&i, v, &v->clients[c]);
        if (!i.valid || !is_filled(i.text))
            continue;
        const char *at = strstr(i.text, tail);
        if (at != NULL) {
            AUTO(xfree) char *without = xstrndup(i.text, (size_t)(at - i.text));
            say_edit(v, i.pointer, i.text, without,
                     "'%s' is the address of the discovery document, not the issuer", i.text);
        } else if (!cstr_contains(i.url.path, "/application/o/") && !global) {
            say(v, i.pointer,
                "'%s' is no issuer of authentik; expected https://HOST/application/o/"
                "SLUG/",
                i.text);
        }
    }
}

void find_issuer_slash(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(issuer_deinit) struct issuer i;
        issuer_init(&i, v, &v->clients[c]);
        if (!i.valid || str_ends(str_of(i.text), "/") || !is_filled(i.text) ||
            !cstr_contains(i.url.path, "/application/o/") || cstr_contains(i.text, ".well-known"))
            continue;
        AUTO(xfree) char *with = xasprintf("%s/", i.text);
        say_edit(v, i.pointer, i.text, with, "'%s' lacks the slash at its end", i.text);
    }
}

/* The issuer as authentik will have it, when everything of it is known. */
static bool expected(const struct view *v, struct url *ret)
{
    AUTO(xfree) char *issuer = view_issuer(v);
    struct err ignored = {0};
    return issuer != NULL && url_parse(issuer, ret, &ignored) == 0;
}

void find_issuer_host(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(issuer_deinit) struct issuer i;
        AUTO(url_deinit) struct url e = {0};
        issuer_init(&i, v, &v->clients[c]);
        if (!i.valid || !is_filled(i.text) || !expected(v, &e))
            continue;
        AUTO(xfree) char *a = url_authority(&i.url);
        AUTO(xfree) char *b = url_authority(&e);
        if (strcmp(a, b) != 0)
            say(v, i.pointer, "the issuer's host is '%s', authentik's is '%s'", a, b);
        else if (strcmp(i.url.scheme, e.scheme) != 0)
            say(v, i.pointer, "the issuer begins with '%s', authentik's URL with '%s'",
                i.url.scheme, e.scheme);
    }
}

/* The address of Terraform's own may be another one of the same authentik. */
void find_issuer_elsewhere(struct view *v)
{
    const char *api = js_text(js_path(v->doc, "read", "api_url", NULL));
    AUTO(url_deinit) struct url u = {0};
    if (js_path(v->doc, "authentik", "url", NULL) != NULL || api == NULL ||
        url_parse(api, &u, NULL) != 0)
        return;
    AUTO(xfree) char *there = url_authority(&u);
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(issuer_deinit) struct issuer i;
        issuer_init(&i, v, &v->clients[c]);
        AUTO(xfree) char *here = i.valid && is_filled(i.text) ? url_authority(&i.url) : NULL;
        if (here != NULL && strcmp(here, there) != 0)
            say(v, i.pointer,
                "the issuer's host is '%s', and Terraform speaks to authentik at '%s'", here,
                there);
    }
}

static bool is_this_machine(const char *host)
{
    return strcmp(host, "localhost") == 0 || cstr_starts(host, "127.");
}

/* Where authentik's own address is not plain the scheme is wrong, which find_issuer_host says. */
void find_issuer_http(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(issuer_deinit) struct issuer i;
        AUTO(url_deinit) struct url e = {0};
        issuer_init(&i, v, &v->clients[c]);
        if (!i.valid || !is_filled(i.text) || strcmp(i.url.scheme, "http") != 0 ||
            is_this_machine(i.url.host) || (expected(v, &e) && strcmp(e.scheme, "http") != 0))
            continue;
        say(v, i.pointer,
            "authentik is asked over plain http: the client secret and every token travel in the "
            "clear");
    }
}

static char *slug_of(const char *path)
{
    static const char before[] = "/application/o/";
    const char *at = strstr(path, before);
    return at != NULL ? xstrndup(at + strlen(before), strcspn(at + strlen(before), "/")) : NULL;
}

void find_issuer_slug(struct view *v)
{
    const char *slug = js_get_text(v->application, "slug");
    bool global = cstr_eq(js_get_text(v->provider, "issuer_mode"), "global");
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(issuer_deinit) struct issuer i;
        issuer_init(&i, v, &v->clients[c]);
        AUTO(xfree) char *own = i.valid ? slug_of(i.url.path) : NULL;
        if (own != NULL && slug != NULL && !global && is_filled(i.text) && strcmp(own, slug) != 0)
            say(v, i.pointer, "the issuer has the slug '%s', the application '%s'", own, slug);
    }
}

void find_issuer_mode(struct view *v)
{
    bool global = cstr_eq(js_get_text(v->provider, "issuer_mode"), "global");
    for (size_t c = 0; c < v->clients_len && global; c++) {
        AUTO(issuer_deinit) struct issuer i;
        issuer_init(&i, v, &v->clients[c]);
        if (i.valid && cstr_contains(i.url.path, "/application/o/"))
            say(v, "/authentik/provider/issuer_mode",
                "issuer_mode is global, and the issuer asked for is '%s'", i.text);
    }
}

/* ---- client and secret ---- */

void find_client_id(struct view *v)
{
    const char *own = js_get_text(v->provider, "client_id");
    for (size_t c = 0; c < v->clients_len; c++) {
        const char *id = view_secret(v, js_get_text(v->clients[c].config, "clientID"));
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "clientID");
        if (js_get(v->clients[c].config, "clientID") == NULL)
            say(v, v->clients[c].pointer, "no 'clientID'");
        else if (own != NULL && id != NULL && is_filled(id) && strcmp(own, id) != 0)
            say(v, pointer, "the clientID is '%s', the provider's client_id is '%s'", id, own);
    }
}

static bool is_public(const struct view *v)
{
    return cstr_eq(js_get_text(v->provider, "client_type"), "public");
}

void find_secret_missing(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const char *secret = js_get_text(v->clients[c].config, "clientSecret");
        if ((secret == NULL || secret[0] == '\0') && !is_public(v))
            say(v, v->clients[c].pointer, "no 'clientSecret'");
    }
}

void find_secret_plain(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const char *secret = js_get_text(v->clients[c].config, "clientSecret");
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "clientSecret");
        if (secret != NULL && secret[0] != '\0' && secret[0] != '$' && is_filled(secret))
            say(v, pointer, "the client secret stands in the ConfigMap");
    }
}

/* The resolved secret without blanks around it, as Argo CD takes it; caller frees; NULL if not
 * known. */
static char *resolved(const struct view *v, const struct client *c)
{
    const char *text = view_secret(v, js_get_text(c->config, "clientSecret"));
    struct str t = text != NULL ? str_trim(str_of(text)) : (struct str){0};
    return text != NULL ? xstrndup(t.ptr != NULL ? t.ptr : "", t.len) : NULL;
}

/* The provider's secret in base64: encoded once more than needed. */
static bool is_encoded(const char *found, const char *wanted)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (b64_decode(found, strlen(found), &bytes, &len) != 0)
        return false;
    AUTO(xfree) char *text = (char *)bytes;
    struct str t = str_trim((struct str){text, len});
    return str_is(t, wanted);
}

void find_secret_encoded(struct view *v)
{
    const char *own = js_get_text(v->provider, "client_secret");
    for (size_t c = 0; c < v->clients_len && own != NULL; c++) {
        AUTO(xfree) char *found = resolved(v, &v->clients[c]);
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "clientSecret");
        if (found != NULL && is_encoded(found, own))
            say(v, pointer, "the client secret is encoded in base64 twice");
    }
}

void find_secret_mismatch(struct view *v)
{
    const char *own = js_get_text(v->provider, "client_secret");
    for (size_t c = 0; c < v->clients_len && own != NULL; c++) {
        AUTO(xfree) char *found = resolved(v, &v->clients[c]);
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "clientSecret");
        if (found != NULL && is_filled(found) && strcmp(found, own) != 0 &&
            !is_encoded(found, own) && !is_public(v))
            say(v, pointer, "the client secret is another than the provider's");
    }
}

/* The keys that there are, readable here or not. */
static const char *secret_at(const void *ctx, size_t i)
{
    const struct view *v = ctx;
    const struct js *maps[] = {v->secret, js_path(v->doc, "read", "unreadable", NULL)};
    for (size_t m = 0; m < 2; m++) {
        for (struct js_iter it = js_iter(maps[m]); js_is(maps[m], JS_OBJECT) && js_next(&it);) {
            if (i-- == 0)
                return it.key;
        }
    }
    return NULL;
}

/* "$name:key" of a Secret that is here and that Argo CD does not read. */
static bool is_unlabelled(const struct view *v, const char *key)
{
    AUTO(xfree) char *name = xstrndup(key, strcspn(key, ":"));
    return strchr(key, ':') != NULL && js_path(v->doc, "read", "unlabelled", name, NULL) != NULL;
}

static void unresolved_text(struct view *v, const char *text, const char *pointer)
{
    const char *key = text + 1;
    const char *near = str_nearest_of(key, secret_at, v);
    if (is_unlabelled(v, key))
        say(v, pointer, "'%s' is in a Secret without the label that Argo CD looks for", text);
    else if (secret_at(v, 0) != NULL)
        say(v, pointer, "'%s' names nothing that Argo CD's secrets have%s%s%s", text,
            near != NULL ? "; did you mean '$" : "", near != NULL ? near : "",
            near != NULL ? "'?" : "");
}

/* Every text that begins with "$" below a value. */
static void unresolved(struct view *v, const struct js *value, const char *pointer)
{
    const char *text = js_text(value);
    if (text != NULL && text[0] == '$' && text[1] != '{' && !view_has_secret(v, text + 1))
        unresolved_text(v, text, pointer);
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        AUTO(xfree) char *one = xasprintf("%s/%zu", pointer, i);
        unresolved(v, js_at(value, i), one);
    }
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *one = below(pointer, it.key);
        unresolved(v, it.value, one);
    }
}

/* Without any Secret nothing can be said, but of one that is here and not read. */
void find_secret_reference(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++)
        unresolved(v, v->clients[c].config, v->clients[c].pointer);
}

static void in_the_middle(struct view *v, const struct js *value, const char *pointer)
{
    const char *text = js_text(value);
    const char *dollar = text != NULL && text[0] != '\0' ? strchr(text + 1, '$') : NULL;
    if (dollar != NULL && (dollar[1] == '{' || (dollar[1] >= 'A' && dollar[1] <= 'z')) &&
        text[0] != '<' && text[0] != '$')
        say(v, pointer, "'%s': a reference inside a text is not replaced by Argo CD", text);
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *one = below(pointer, it.key);
        in_the_middle(v, it.value, one);
    }
}

void find_secret_inside(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++)
        in_the_middle(v, v->clients[c].config, v->clients[c].pointer);
}

void find_secret_dollar(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const char *text = js_get_text(v->clients[c].config, "clientSecret");
        const char *value = text != NULL && text[0] == '$' ? view_secret(v, text) : NULL;
        AUTO(xfree) char *pointer = value != NULL ? below("/argocd/secret", text + 1) : NULL;
        if (!v->clients[c].direct && value != NULL && strchr(value, '$') != NULL)
            say(v, pointer, "the secret has a '$' in it, which Dex takes for a variable");
    }
}

void find_secret_blank(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const char *text = js_get_text(v->clients[c].config, "clientSecret");
        const char *value = text != NULL && text[0] == '$' ? view_secret(v, text) : NULL;
        AUTO(xfree) char *pointer = value != NULL ? below("/argocd/secret", text + 1) : NULL;
        if (value != NULL && str_trim(str_of(value)).len != strlen(value))
            say(v, pointer, "the secret has blanks or a line end around it, which Argo CD trims");
    }
}

/* ---- scopes and groups ---- */

static const struct js *scopes_of(const struct client *c)
{
    return js_get(c->config, c->direct ? "requestedScopes" : "scopes");
}

/* Dex's default is profile and email, Argo CD's own has groups, too; openid is always asked. */
static bool asks(const struct client *c, const char *scope)
{
    const struct js *list = scopes_of(c);
    if (js_is(list, JS_ARRAY) && js_len(list) > 0)
        return js_list_has(list, scope);
    return strcmp(scope, "profile") == 0 || strcmp(scope, "email") == 0 ||
           (c->direct && strcmp(scope, "groups") == 0);
}

void find_scope_profile(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "scopes");
        if (!v->clients[c].direct && !asks(&v->clients[c], "profile"))
            say(v, pointer, "'profile' is not among the scopes");
    }
}

void find_scope_email(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "scopes");
        if (!v->clients[c].direct && !asks(&v->clients[c], "email"))
            say(v, pointer, "'email' is not among the scopes");
    }
}

void find_scope_openid(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "scopes");
        if (!v->clients[c].direct && js_list_has(scopes_of(&v->clients[c]), "openid"))
            say(v, pointer, "'openid' is asked for anyway, so the request has it twice");
    }
}

static const char *scope_at(const void *ctx, size_t i)
{
    return i < js_len(ctx) ? js_text(js_at(ctx, i)) : NULL;
}

/* Scopes that the provider has no mapping for are passed over. */
void find_scope_unknown(struct view *v)
{
    const struct js *own = js_get(v->provider, "scopes");
    if (!js_is(own, JS_ARRAY) || view_incomplete(v, "scopes"))
        return;
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct js *list = scopes_of(&v->clients[c]);
        for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
            const char *scope = js_text(js_at(list, i));
            AUTO(xfree)
            char *pointer = xasprintf("%s/%s/%zu", v->clients[c].pointer,
                                      v->clients[c].direct ? "requestedScopes" : "scopes", i);
            bool standard = cstr_eq(scope, "openid") || cstr_eq(scope, "profile") ||
                            cstr_eq(scope, "email") || cstr_eq(scope, "offline_access");
            if (scope == NULL || standard || js_list_has(own, scope))
                continue;
            AUTO(xfree) char *hint = near_hint(str_nearest_of(scope, scope_at, own));
            say(v, pointer, "the provider has no mapping for scope '%s'%s", scope, hint);
        }
    }
}

void find_scope_mapping(struct view *v)
{
    static const char *const needed[] = {"openid", "profile", "email", NULL};
    const struct js *own = js_get(v->provider, "scopes");
    if (!js_is(own, JS_ARRAY) || view_incomplete(v, "scopes") || v->clients_len == 0)
        return;
    for (const char *const *s = needed; *s != NULL; s++) {
        bool asked = strcmp(*s, "openid") == 0 || asks(&v->clients[0], *s);
        if (asked && !js_list_has(own, *s))
            say(v, "/authentik/provider/scopes", "the provider has no mapping for scope '%s'", *s);
    }
}

void find_scope_offline(struct view *v)
{
    const struct js *own = js_get(v->provider, "scopes");
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct js *list = scopes_of(&v->clients[c]);
        AUTO(xfree)
        char *pointer =
            below(v->clients[c].pointer, v->clients[c].direct ? "requestedScopes" : "scopes");
        if (js_list_has(list, "offline_access") && js_is(own, JS_ARRAY) &&
            !js_list_has(own, "offline_access") && !view_incomplete(v, "scopes"))
            say(v, pointer, "offline_access is asked for, and the provider has no mapping for it");
    }
}

/* authentik merges lists one behind the other (authentik.md 6.2). */
void find_groups_twice(struct view *v)
{
    AUTO(strlist_deinit) struct strlist giving = {0}, asked = {0};
    if (v->provider == NULL || view_incomplete(v, "scopes"))
        return;
    setup_groups_scopes(v->provider, &giving);
    for (size_t i = 0; v->clients_len > 0 && i < giving.len; i++)
        if (asks(&v->clients[0], giving.items[i]))
            strlist_add(&asked, giving.items[i]);
    for (size_t i = 0; asked.len > 1 && i < asked.len; i++) {
        AUTO(xfree) char *mapping = below("/authentik/provider/mappings", asked.items[i]);
        AUTO(xfree) char *pointer = below(mapping, "groups");
        if (js_path(v->provider, "mappings", asked.items[i], NULL) == NULL)
            continue; /* authentik's default */
        AUTO(xfree) char *all = strlist_join(&asked, "' and '");
        say(v, pointer,
            "the mappings of the scopes '%s' each give the groups: every one is there %zu "
            "times",
            all, asked.len);
        return;
    }
}

/* The default mapping of profile gives groups, and any of one's own may (authentik.md 6.4). Where
 * Dex lacks profile it lacks the name, too, which another rule says. */
void find_groups_not_asked(struct view *v)
{
    AUTO(strlist_deinit) struct strlist groups = {0}, giving = {0};
    view_policy_groups(v, &groups);
    setup_groups_scopes(v->provider, &giving);
    if ((groups.len == 0 && v->lines_len > 0) || view_incomplete(v, "scopes") || giving.len == 0)
        return;
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct client *client = &v->clients[c];
        bool asked = !client->direct && !asks(client, "profile");
        for (size_t i = 0; i < giving.len; i++)
            asked = asked || asks(client, giving.items[i]);
        AUTO(xfree)
        char *pointer = below(client->pointer, client->direct ? "requestedScopes" : "scopes");
        AUTO(xfree) char *all = strlist_join(&giving, "' or '");
        if (!asked)
            say(v, pointer, "the groups come with scope '%s', which is not asked for", all);
    }
}

void find_groups_off(struct view *v)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    view_policy_groups(v, &groups);
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct js *value = js_get(v->clients[c].config, "insecureEnableGroups");
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "insecureEnableGroups");
        /* Another type is find_dex_type's. */
        bool off = value == NULL || js_is(value, JS_FALSE) || js_is(value, JS_NULL);
        if (v->clients[c].direct || !off || (groups.len == 0 && v->lines_len > 0))
            continue;
        if (js_is(value, JS_FALSE))
            say_edit(v, pointer, "false", "true",
                     "insecureEnableGroups is false: Dex drops the "
                     "groups");
        else
            say_edit(v, v->clients[c].pointer, "", "insecureEnableGroups: true",
                     "insecureEnableGroups is not set: Dex drops the groups");
    }
}

/* allowedGroups keeps what it names and nothing else. */
void find_allowed_groups(struct view *v)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    view_policy_groups(v, &groups);
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct js *list = js_get(v->clients[c].config, "allowedGroups");
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "allowedGroups");
        for (size_t i = 0; js_len(list) > 0 && i < groups.len; i++)
            if (!js_list_has(list, groups.items[i]))
                say(v, pointer, "allowedGroups lacks '%s', which the policy gives a role",
                    groups.items[i]);
    }
}

void find_allowed_ignored(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(xfree) char *pointer = below(v->clients[c].pointer, "allowedGroups");
        if (js_len(js_get(v->clients[c].config, "allowedGroups")) > 0 &&
            !js_get_bool(v->clients[c].config, "insecureEnableGroups", false))
            say(v, pointer, "allowedGroups is not enforced without insecureEnableGroups");
    }
}

void find_claim_mapping(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct js *config = v->clients[c].config;
        const char *groups = js_text(js_path(config, "claimMapping", "groups", NULL));
        AUTO(xfree) char *pointer = xasprintf("%s/claimMapping/groups", v->clients[c].pointer);
        if (groups != NULL && groups[0] != '\0' && strcmp(groups, "groups") != 0 &&
            !js_get_bool(config, "overrideClaimMapping", false))
            say(v, pointer,
                "claimMapping.groups is used only where the claim 'groups' is absent, "
                "which authentik's is not");
    }
}

void find_userinfo(struct view *v)
{
    const struct js *value = js_get(v->provider, "include_claims_in_id_token");
    bool off = js_is(value, JS_FALSE) || cstr_eq(js_text(value), "false");
    for (size_t c = 0; c < v->clients_len && off; c++)
        if (!v->clients[c].direct && !js_get_bool(v->clients[c].config, "getUserInfo", false))
            say(v, "/authentik/provider/include_claims_in_id_token",
                "the claims are at userinfo only, and Dex does not ask there (getUserInfo)");
}

/* ---- oidc.config ---- */

void find_cli_client(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        const struct client *own = &v->clients[c];
        const char *cli = js_get_text(own->config, "cliClientID");
        if (own->direct && (cli == NULL || cli[0] == '\0') && v->provider != NULL && !is_public(v))
            say(v, own->pointer,
                "the provider is confidential, and there is no cliClientID of a public one");
    }
}
