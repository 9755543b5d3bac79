/*
 * The Dex configuration that Argo CD generates from argocd-cm (dex.md 1.1-1.5), field by field, and
 * the two forms of dex.config in the document: text as the user wrote it, or taken apart so that
 * patches reach each connector. Knows nothing of files; all it gives back is owned by the caller.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/crypto/hash.h"
#include "harness/data/yaml.h"
#include "harness/setup/setup_int.h"

#define CLIENT_SECRET_LENGTH 40
#define MALFORMED "malformed Dex configuration found"

/* ---- dex.config in the document ---- */

static bool has_usable_id(const struct js *connector, const struct js *before)
{
    const char *id = js_get_text(connector, "id");
    return id != NULL && id[0] != '\0' && js_get(before, id) == NULL;
}

/* The connectors by id, or NULL when they cannot be put back from such a map. */
static struct js *connectors_by_id(const struct js *list)
{
    AUTO(js_free) struct js *map = js_object();
    if (!js_is(list, JS_ARRAY))
        return NULL;
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *connector = js_at(list, i);
        if (!has_usable_id(connector, map))
            return NULL;
        struct js *rest = js_dup(connector);
        js_remove(rest, "id");
        js_set(map, js_get_text(connector, "id"), rest);
    }
    struct js *ret = map;
    map = NULL;
    return ret;
}

void dexconfig_split(struct js *doc)
{
    struct js *cm = js_path(doc, "argocd", "cm", NULL);
    const char *text = js_get_text(cm, "dex.config");
    AUTO(js_free) struct js *config = NULL;
    struct js *dex = js_get(doc, "dex");
    if (text == NULL)
        return;
    js_remove(dex, "connectors"); /* the text holds all there is */
    if (yaml_parse(str_of(text), "dex.config", 0, YAML_TYPED, &config, NULL, NULL) != 0)
        return;
    struct js *map = connectors_by_id(js_get(config, "connectors"));
    if (map == NULL)
        return;
    js_set(document_member(doc, "dex"), "connectors", map);
    js_remove(config, "connectors");
    js_set(cm, "dex.config", config);
    config = NULL;
}

static struct js *connector_list(const struct js *map)
{
    struct js *list = js_array();
    for (struct js_iter it = js_iter(map); js_next(&it);) {
        struct js *connector = js_dup(it.value);
        if (js_is(connector, JS_OBJECT) && js_get(connector, "id") == NULL)
            js_set_text(connector, "id", it.key);
        js_append(list, connector);
    }
    return list;
}

struct js *dexconfig_cm(const struct js *doc)
{
    const struct js *cm = js_path(doc, "argocd", "cm", NULL);
    struct js *ret = js_is(cm, JS_OBJECT) ? js_dup(cm) : js_object();
    struct js *config = js_get(ret, "dex.config");
    if (!js_is(config, JS_OBJECT))
        return ret;
    const struct js *map = js_path(doc, "dex", "connectors", NULL);
    if (js_is(map, JS_OBJECT))
        js_set(config, "connectors", connector_list(map));
    AUTO(xfree) char *text = js_len(config) > 0 ? yaml_print(config) : NULL;
    js_set_text(ret, "dex.config", text != NULL ? text : "");
    return ret;
}

/* ---- generation ---- */

/* What one generation works on. */
struct making {
    const char *url; /* of argocd-cm */
    const struct js *cm;
    const bool *quirks; /* of Argo CD */
    struct js *config;
    struct dexconfig *ret;
};

static void fail(struct dexconfig *d, char *text)
{
    xfree(d->error);
    d->error = text;
}

/* sigs.k8s.io/yaml goes by way of JSON, hence the double text. */
static char *unmarshal_error(const struct err *err)
{
    if (err->line > 0)
        return xasprintf("error converting YAML to JSON: yaml: line %d: %s", err->line, err->msg);
    return xasprintf("error converting YAML to JSON: yaml: %s", err->msg);
}

/* What Go's encoding/json calls a value of the wrong type. */
static const char *json_kind(const struct js *value)
{
    static const char *const names[JS_TYPE_MAX_] = {
        [JS_OBJECT] = "object",  [JS_ARRAY] = "array", [JS_STRING] = "string",
        [JS_INTEGER] = "number", [JS_REAL] = "number", [JS_TRUE] = "bool",
        [JS_FALSE] = "bool",     [JS_NULL] = "null",
    };
    return names[js_type(value)];
}

/* dex.config as a map; NULL: not configured (1.1). */
static struct js *read_config(const struct js *cm, char **ret_warning)
{
    const char *text = js_get_text(cm, "dex.config");
    AUTO(js_free) struct js *config = NULL;
    struct err err = {0};
    if (yaml_parse(str_of(text), "dex.config", 0, YAML_TYPED, &config, NULL, &err) != 0) {
        AUTO(xfree) char *why = unmarshal_error(&err);
        *ret_warning = xasprintf("invalid dex yaml config: %s", why);
        return NULL;
    }
    if (!js_is(config, JS_OBJECT) && !js_is(config, JS_NULL)) {
        *ret_warning = xasprintf("invalid dex yaml config: error unmarshaling JSON: while decoding "
                                 "JSON: json: cannot unmarshal %s into Go value of type "
                                 "map[string]interface {}",
                                 json_kind(config));
        return NULL;
    }
    struct js *ret = js_len(config) > 0 ? config : NULL;
    if (ret != NULL)
        config = NULL;
    return ret;
}

/* Go's path.Join of "/", the URL's path and what comes after: no empty, "." or ".." elements. */
static void add_clean_path(struct buf *out, struct str path, const char *more)
{
    AUTO(xfree) char *whole = xasprintf("%.*s/%s", STR_ARG(path), more);
    AUTO(strlist_deinit) struct strlist parts = {0};
    struct str rest = str_of(whole);
    struct str piece = {0};
    while (str_next(&rest, '/', &piece)) {
        if (str_is(piece, "..") && parts.len > 0)
            xfree(parts.items[--parts.len]);
        else if (piece.len > 0 && !str_is(piece, ".") && !str_is(piece, ".."))
            strlist_take(&parts, xstrndup(piece.ptr, piece.len));
    }
    for (size_t i = 0; i < parts.len; i++)
        buf_addf(out, "/%s", parts.items[i]);
}

/* appendURLPath of Argo CD's settings.go. NULL and the parser's words for what net/url refuses. */
static char *append_path(const char *url, const char *path, const char **ret_why)
{
    AUTO(buf_deinit) struct buf out = {0};
    const char *start = strstr(url, "://");
    for (const char *p = url; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            *ret_why = "net/url: invalid control character in URL";
            return NULL;
        }
    }
    if (url[0] == ':') {
        *ret_why = "missing protocol scheme";
        return NULL;
    }
    start = start != NULL ? start + 3 + strcspn(start + 3, "/?#") : url;
    struct str old = {start, strcspn(start, "?#")};
    buf_init(&out, BUF_MAX_TEXT);
    buf_add(&out, url, (size_t)(start - url));
    add_clean_path(&out, old, path);
    buf_adds(&out, old.ptr + old.len);
    return buf_take(&out);
}

static struct js *one_text(const char *key, const char *value)
{
    struct js *obj = js_object();
    js_set_text(obj, key, value);
    return obj;
}

/* url + "/api/dex" as it stands, unless an oidc.config takes its place (1.2). */
static void set_issuer(struct making *m)
{
    const char *oidc = js_get_text(m->cm, "oidc.config");
    AUTO(js_free) struct js *config = NULL;
    if (oidc != NULL &&
        yaml_parse(str_of(oidc), "oidc.config", 0, YAML_TYPED, &config, NULL, NULL) == 0 &&
        js_is(config, JS_OBJECT)) {
        const char *issuer = js_get_text(config, "issuer");
        js_set_text(m->config, "issuer", issuer != NULL ? issuer : "");
        return;
    }
    js_set(m->config, "issuer", js_stringf("%s/api/dex", m->url));
}

static void set_addresses(struct making *m)
{
    struct js *web = one_text("https", "0.0.0.0:5556");
    js_set_text(web, "tlsCert", "/tmp/tls.crt");
    js_set_text(web, "tlsKey", "/tmp/tls.key");
    js_set(m->config, "web", web);
    js_set(m->config, "storage", one_text("type", "memory"));
    js_set(m->config, "grpc", one_text("addr", "0.0.0.0:5557"));
    js_set(m->config, "telemetry", one_text("http", "0.0.0.0:5558"));
}

/* Filled since 2.13; the format was text before 3.0. */
static void set_logger(struct making *m)
{
    if (!m->quirks[ARGOCD_QUIRK_DEX_LOGGER])
        return;
    struct js *logger = document_member(m->config, "logger");
    const char *format = m->quirks[ARGOCD_QUIRK_DEX_LOG_JSON] ? "json" : "text";
    if (js_get(logger, "level") == NULL)
        js_set_text(logger, "level", "INFO");
    if (js_get(logger, "format") == NULL)
        js_set_text(logger, "format", format);
}

static void set_oauth2(struct making *m)
{
    struct js *oauth2 = document_member(m->config, "oauth2");
    struct js *skip = js_get(oauth2, "skipApprovalScreen");
    if (!js_is(skip, JS_TRUE) && !js_is(skip, JS_FALSE))
        js_set(oauth2, "skipApprovalScreen", js_bool(true));
}

static struct js *static_client(const char *id, const char *name, bool is_public)
{
    struct js *client = one_text("id", id);
    js_set_text(client, "name", name);
    if (is_public)
        js_set(client, "public", js_bool(true));
    js_set(client, "redirectURIs", js_array());
    return client;
}

static int add_callback(struct making *m, struct js *client, const char *url)
{
    const char *why = NULL;
    AUTO(xfree) char *uri = append_path(url, "auth/callback", &why);
    if (uri == NULL) {
        fail(m->ret,
             xasprintf("failed to infer redirect url from config: parse \"%s\": %s", url, why));
        return -1;
    }
    js_append_text(js_get(client, "redirectURIs"), uri);
    return 0;
}

/* additionalUrls of argocd-cm, a YAML list; since 2.13. Bad YAML is none. */
static int add_more_callbacks(struct making *m, struct js *client)
{
    const char *text = js_get_text(m->cm, "additionalUrls");
    AUTO(js_free) struct js *urls = NULL;
    if (text == NULL || !m->quirks[ARGOCD_QUIRK_ADDITIONAL_URLS] ||
        yaml_parse(str_of(text), "additionalUrls", 0, YAML_TYPED, &urls, NULL, NULL) != 0)
        return 0;
    for (size_t i = 0; i < js_len(urls); i++) {
        const char *url = js_text(js_at(urls, i));
        if (url != NULL && add_callback(m, client, url) != 0)
            return -1;
    }
    return 0;
}

/* The built-in clients (1.3), then the user's. */
static int set_clients(struct making *m, const char *server_secretkey)
{
    AUTO(js_free) struct js *clients = js_array();
    AUTO(js_free) struct js *argocd = static_client("argo-cd", "Argo CD", false);
    AUTO(xfree) char *secret = dexconfig_client_secret(server_secretkey);
    const struct js *own = js_get(m->config, "staticClients");
    js_set_text(argocd, "secret", secret);
    if (add_callback(m, argocd, m->url) != 0 || add_more_callbacks(m, argocd) != 0)
        return -1;
    js_append(clients, js_ref(argocd));
    struct js *cli = static_client("argo-cd-cli", "Argo CD CLI", true);
    js_append_text(js_get(cli, "redirectURIs"), "http://localhost");
    js_append_text(js_get(cli, "redirectURIs"), "http://localhost:8085/auth/callback");
    js_append(clients, cli);
    if (m->quirks[ARGOCD_QUIRK_PKCE_CLIENT]) {
        struct js *pkce = static_client("argo-cd-pkce", "Argo CD PKCE", true);
        js_append_text(js_get(pkce, "redirectURIs"), "http://localhost:4000/auth/callback");
        js_append(clients, pkce);
    }
    for (size_t i = 0; js_is(own, JS_ARRAY) && i < js_len(own); i++)
        js_append(clients, js_dup(js_at(own, i)));
    js_set(m->config, "staticClients", clients);
    clients = NULL;
    return 0;
}

/* Connector types whose redirectURI Argo CD sets (1.2). */
static const char *const redirecting[] = {"oidc",   "saml",   "microsoft",       "linkedin",
                                          "gitlab", "github", "bitbucket-cloud", "openshift",
                                          "gitea",  "google", "oauth",           NULL};

static bool needs_redirect(const char *type)
{
    return cstr_among(type, redirecting);
}

static const char *go_type(const struct js *value)
{
    static const char *const names[JS_TYPE_MAX_] = {
        [JS_OBJECT] = "map[string]interface {}",
        [JS_ARRAY] = "[]interface {}",
        [JS_STRING] = "string",
        [JS_INTEGER] = "float64",
        [JS_REAL] = "float64",
        [JS_TRUE] = "bool",
        [JS_FALSE] = "bool",
        [JS_NULL] = "nil",
    };
    return names[js_type(value)];
}

static int set_redirect(struct making *m, struct js *connector)
{
    const char *type = js_get_text(connector, "type");
    const char *why = NULL;
    if (!js_is(connector, JS_OBJECT)) {
        fail(m->ret, xstrdup(MALFORMED));
        return -1;
    }
    if (type == NULL) { /* an unchecked type assertion of Go */
        fail(m->ret, xasprintf("interface conversion: interface {} is %s, not string",
                               go_type(js_get(connector, "type"))));
        return -1;
    }
    if (!needs_redirect(type))
        return 0;
    struct js *config = js_get(connector, "config");
    if (!js_is(config, JS_OBJECT)) {
        fail(m->ret, xstrdup(MALFORMED));
        return -1;
    }
    AUTO(xfree) char *uri = append_path(m->url, "api/dex/callback", &why);
    js_set_text(config, "redirectURI", uri);
    return 0;
}

static int set_connectors(struct making *m)
{
    struct js *connectors = js_get(m->config, "connectors");
    if (!js_is(connectors, JS_ARRAY)) {
        fail(m->ret, xstrdup(MALFORMED));
        return -1;
    }
    for (size_t i = 0; i < js_len(connectors); i++) {
        if (set_redirect(m, js_at(connectors, i)) != 0)
            return -1;
    }
    return 0;
}

/* ---- what becomes of "$" (1.5) ---- */

/* strconv.ParseBool; what is none counts as the default, which is on. */
static bool dex_expands(const struct js *env)
{
    static const char *const off[] = {"0", "f", "F", "false", "FALSE", "False", NULL};
    const char *value = js_get_text(env, "DEX_EXPAND_ENV");
    return !cstr_among(value, off);
}

static void expand_connectors(struct making *m, const struct js *secret, const struct js *env)
{
    struct js *connectors = js_get(m->config, "connectors");
    for (size_t i = 0; i < js_len(connectors); i++) {
        struct js *connector = js_at(connectors, i);
        const struct js *config = js_get(connector, "config");
        if (config != NULL && m->quirks[ARGOCD_QUIRK_DOLLAR_DOUBLED])
            js_set(connector, "config",
                   references_double(config, secret, !m->quirks[ARGOCD_QUIRK_DOLLAR_ENV_DOUBLED]));
        config = js_get(connector, "config");
        if (config != NULL && dex_expands(env))
            js_set(connector, "config", references_expand(config, env));
    }
}

void dexconfig_generate(const struct js *cm, const struct js *secret, const struct js *dex_env,
                        const bool *argocd_quirks, struct dexconfig *ret)
{
    const char *url = js_get_text(cm, "url");
    *ret = (struct dexconfig){0};
    if (url == NULL || url[0] == '\0' || js_get_text(cm, "dex.config") == NULL)
        return;
    AUTO(js_free) struct js *config = read_config(cm, &ret->warning);
    struct making m = {.url = url, .cm = cm, .quirks = argocd_quirks, .config = config, .ret = ret};
    const char *key = js_get_text(secret, "server.secretkey");
    if (config == NULL)
        return;
    set_issuer(&m);
    set_addresses(&m);
    set_logger(&m);
    set_oauth2(&m);
    if (set_clients(&m, key != NULL ? key : "") != 0 || set_connectors(&m) != 0)
        return;
    m.config = references_resolve(config, secret, &ret->missing);
    expand_connectors(&m, secret, dex_env);
    ret->generated = m.config;
}

void dexconfig_deinit(struct dexconfig *d)
{
    js_free(d->generated);
    xfree(d->error);
    xfree(d->warning);
    strlist_deinit(&d->missing);
    *d = (struct dexconfig){0};
}

char *dexconfig_client_secret(const char *server_secretkey)
{
    uint8_t digest[HASH_SIZE_MAX];
    hash_of(HASH_SHA256, server_secretkey, strlen(server_secretkey), digest);
    char *text = b64url_encode_padded(digest, hash_size(HASH_SHA256));
    text[CLIENT_SECRET_LENGTH] = '\0';
    return text;
}

static struct js *parsed(const struct js *cm, const char *key)
{
    const char *text = js_get_text(cm, key);
    struct js *config = NULL;
    if (text == NULL || yaml_parse(str_of(text), key, 0, YAML_TYPED, &config, NULL, NULL) != 0)
        return NULL;
    return config;
}

/* A text of a connector as Argo CD resolves it; NULL when a reference leads nowhere. Caller frees.
 */
static char *resolved(const struct js *connector, const char *member, const struct js *secret)
{
    const struct js *given = js_path(connector, "config", member, NULL);
    AUTO(strlist_deinit) struct strlist missing = {0};
    if (js_text(given) == NULL)
        return NULL;
    AUTO(js_free) struct js *value = references_resolve(given, secret, &missing);
    return missing.len == 0 ? xstrdup(js_text(value)) : NULL;
}

/* How well a connector suits the provider: 0 not at all, 2 when its issuer is authentik's, too. */
static int fits(const struct js *connector, const struct js *secret, const char *client_id,
                const char *authentik_url)
{
    AUTO(xfree) char *id = resolved(connector, "clientID", secret);
    const char *issuer = js_text(js_path(connector, "config", "issuer", NULL));
    if (!cstr_eq(js_get_text(connector, "type"), "oidc") ||
        (client_id != NULL && !cstr_eq(id, client_id)))
        return 0;
    return authentik_url != NULL && cstr_starts(issuer, authentik_url) ? 2 : 1;
}

char *dexconfig_connector_secret(const struct js *cm, const struct js *secret,
                                 const char *client_id, const char *authentik_url)
{
    AUTO(js_free) struct js *config = parsed(cm, "dex.config");
    const struct js *connectors = js_get(config, "connectors");
    const struct js *best = NULL;
    int most = 0;
    for (size_t i = 0; i < js_len(connectors); i++) {
        const struct js *connector = js_at(connectors, i);
        int fit = js_text(js_path(connector, "config", "clientSecret", NULL)) != NULL
                      ? fits(connector, secret, client_id, authentik_url)
                      : 0;
        if (fit > most) {
            most = fit;
            best = connector;
        }
    }
    return resolved(best, "clientSecret", secret);
}

/* ---- who refers to a key of the Secret ---- */

static bool refers(const struct js *config, const char *member, const char *key)
{
    const char *text = js_get_text(config, member);
    return text != NULL && text[0] == '$' && strcmp(text + 1, key) == 0;
}

static const char *member_of(const struct js *config, const char *key)
{
    if (refers(config, "clientID", key))
        return "client_id";
    return refers(config, "clientSecret", key) ? "client_secret" : NULL;
}

const char *dexconfig_member_of_key(const struct js *cm, const char *key)
{
    AUTO(js_free) struct js *oidc = parsed(cm, "oidc.config");
    AUTO(js_free) struct js *dex = parsed(cm, "dex.config");
    const struct js *connectors = js_get(dex, "connectors");
    const char *ret = member_of(oidc, key);
    for (size_t i = 0; ret == NULL && i < js_len(connectors); i++) {
        const struct js *connector = js_at(connectors, i);
        if (cstr_eq(js_get_text(connector, "type"), "oidc"))
            ret = member_of(js_get(connector, "config"), key);
    }
    return ret;
}
