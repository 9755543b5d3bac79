/*
 * Reads the configuration that Argo CD generates for Dex (dex.md 1.2) into what the handlers need,
 * and refuses what `dex serve` refuses (cmd/dex/serve.go), in its order: what no YAML can become,
 * then what a glance finds, clients, connectors, lifetimes, and at last what the server itself
 * refuses. Connectors are opened in connectors.c.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/common/goduration.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/connector_oidc.h"

#define HOUR_MS INT64_C(3600000)
/* Where argocd-dex puts what it generates. */
#define FILE_NAME "/tmp/dex.yaml"

/* Go's path.Join("/", path): no empty and no dot segments, no slash at the end. */
static char *clean_path(const char *path)
{
    AUTO(strlist_deinit) struct strlist parts = {0};
    struct str rest = str_of(path);
    struct str piece = {0};
    while (str_next(&rest, '/', &piece)) {
        if (piece.len == 0 || str_is(piece, "."))
            continue;
        if (str_is(piece, "..")) {
            if (parts.len > 0)
                xfree(parts.items[--parts.len]);
            continue;
        }
        strlist_take(&parts, xstrndup(piece.ptr, piece.len));
    }
    AUTO(xfree) char *joined = strlist_join(&parts, "/");
    return parts.len > 0 ? xasprintf("/%s", joined) : xstrdup("");
}

static int read_issuer(const struct js *doc, struct dex_config *c, struct err *err)
{
    const char *issuer = js_get_text(doc, "issuer");
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(issuer, &u, err) != 0)
        return err_wrap(err, "failed to initialize server: server: can't parse issuer URL");
    AUTO(xfree) char *origin = url_origin(&u);
    c->issuer = xstrdup(issuer);
    c->path = clean_path(u.path);
    c->base = xasprintf("%s%s", origin, c->path);
    return 0;
}

static void add_texts(const struct js *list, struct strlist *ret)
{
    for (size_t i = 0; i < js_len(list); i++) {
        const char *s = js_text(js_at(list, i));
        if (s != NULL)
            strlist_add(ret, s);
    }
}

static char *dup_member(const struct js *obj, const char *name)
{
    const char *s = js_get_text(obj, name);
    return xstrdup(s != NULL ? s : "");
}

static void client_deinit(struct dex_client *c)
{
    xfree(c->id);
    xfree(c->name);
    xfree(c->secret);
    strlist_deinit(&c->redirect_uris);
    strlist_deinit(&c->trusted_peers);
    *c = (struct dex_client){0};
}

/* `idEnv` and `secretEnv` name variables of the container. */
static int take_variable(const struct js *j, const char *name, const char *words,
                         const struct js *env, char **slot, struct err *err)
{
    AUTO(xfree) char *key = xasprintf("%sEnv", name);
    const char *variable = js_get_text(j, key);
    if (variable == NULL || *variable == '\0')
        return 0;
    if (**slot != '\0') {
        AUTO(xfree) char *id = go_quoted(js_get_text(j, "id") != NULL ? js_get_text(j, "id") : "");
        return err_set(err, ERR_USAGE, "invalid config: %s fields are exclusive for client %s",
                       words, id);
    }
    xfree(*slot);
    *slot = dup_member(env, variable);
    return 0;
}

static bool has_text(const struct js *obj, const char *name)
{
    const char *s = js_get_text(obj, name);
    return s != NULL && *s != '\0';
}

static int read_client(const struct js *j, const struct js *env, struct dex_client *c,
                       struct err *err)
{
    c->id = dup_member(j, "id");
    c->name = dup_member(j, "name");
    c->secret = dup_member(j, "secret");
    c->is_public = js_get_bool(j, "public", false);
    add_texts(js_get(j, "redirectURIs"), &c->redirect_uris);
    add_texts(js_get(j, "trustedPeers"), &c->trusted_peers);
    if (*c->name == '\0')
        return err_set(err, ERR_USAGE, "invalid config: Name field is required for a client");
    if (*c->id == '\0' && !has_text(j, "idEnv"))
        return err_set(err, ERR_USAGE,
                       "invalid config: ID or IDEnv field is required for a client");
    if (take_variable(j, "id", "ID and IDEnv", env, &c->id, err) != 0)
        return -1;
    if (*c->secret == '\0' && !has_text(j, "secretEnv") && !c->is_public) {
        AUTO(xfree) char *id = go_quoted(c->id);
        return err_set(err, ERR_USAGE,
                       "invalid config: Secret or SecretEnv field is required for client %s", id);
    }
    return take_variable(j, "secret", "Secret and SecretEnv", env, &c->secret, err);
}

/* A later client of the same id takes the earlier one's place (dex.md 1.3). */
static int read_clients(const struct js *list, const struct js *env, struct dex_config *c,
                        struct err *err)
{
    c->clients = xcalloc(js_len(list) + 1, sizeof *c->clients);
    for (size_t i = 0; i < js_len(list); i++) {
        struct dex_client one = {0};
        size_t at = 0;
        if (read_client(js_at(list, i), env, &one, err) != 0) {
            client_deinit(&one);
            return -1;
        }
        while (at < c->clients_len && !cstr_eq(c->clients[at].id, one.id))
            at++;
        if (at < c->clients_len)
            client_deinit(&c->clients[at]);
        else
            c->clients_len++;
        c->clients[at] = one;
    }
    return 0;
}

/* ---- connectors, as far as reading goes ---- */

/* cmd/dex/config.go, ConnectorsConfig. */
static const char *const connector_types[] = {
    "keystone",  "mockCallback",    "mockPassword",     "ldap",      "gitea",
    "github",    "gitlab",          "google",           "oidc",      "oauth",
    "saml",      "authproxy",       "linkedin",         "microsoft", "bitbucket-cloud",
    "openshift", "atlassian-crowd", "samlExperimental", NULL,
};

static bool is_connector_type(const char *type)
{
    for (const char *const *t = connector_types; *t != NULL; t++) {
        if (cstr_eq(*t, type))
            return true;
    }
    return false;
}

/* What the YAML cannot become: the connectors' options are typed. */
static int check_types(const struct dex *d, const struct js *connectors, struct err *err)
{
    for (size_t i = 0; i < js_len(connectors); i++) {
        const struct js *c = js_at(connectors, i);
        const char *type = js_get_text(c, "type");
        AUTO(xfree) char *quoted = go_quoted(type != NULL ? type : "");
        if (type != NULL && *type != '\0' && !is_connector_type(type))
            err_set(err, ERR_USAGE, "unknown connector type %s", quoted);
        else if (!cstr_eq(type, "oidc") || dex_oidc_check_options(d, js_get(c, "config"), err) == 0)
            continue;
        else
            err_wrap(err, "parse connector config");
        return err_wrap(err, "error parse config file " FILE_NAME ": error unmarshaling JSON");
    }
    return 0;
}

static int check_connectors(const struct js *connectors, struct err *err)
{
    for (size_t i = 0; i < js_len(connectors); i++) {
        const struct js *c = js_at(connectors, i);
        if (!has_text(c, "id") || !has_text(c, "name") || !has_text(c, "type"))
            return err_set(err, ERR_USAGE,
                           "invalid config: ID, Type and Name fields are required for a connector");
        if (js_is(js_get(c, "config"), JS_OBJECT))
            continue;
        AUTO(xfree) char *id = go_quoted(js_get_text(c, "id"));
        return err_set(err, ERR_USAGE, "invalid config: no config field for connector %s", id);
    }
    return 0;
}

/* Config.Validate: all that is wrong at once. */
static int check_presence(const struct js *doc, struct err *err)
{
    bool no_issuer = !has_text(doc, "issuer");
    bool no_db =
        !js_get_bool(doc, "enablePasswordDB", false) && js_len(js_get(doc, "staticPasswords")) > 0;
    if (!no_issuer && !no_db)
        return 0;
    return err_set(err, ERR_USAGE, "invalid Config:%s%s",
                   no_issuer ? "\n\t-\tno issuer specified in config file" : "",
                   no_db ? "\n\t-\tcannot specify static passwords without enabling password db"
                         : "");
}

/* ---- lifetimes ---- */

struct lifetime {
    const char *group; /* below expiry; NULL = expiry itself */
    const char *name;
    const char *words; /* in the text that refuses it */
    size_t offset;
    int64_t otherwise_ms; /* when it is absent or zero */
};

#define AT(member_) offsetof(struct dex_config, member_)
#define REFRESH "refreshTokens"

static const struct lifetime lifetimes[] = {
    {NULL, "signingKeys", "signing keys expiry", AT(signing_key_ms), 6 * HOUR_MS},
    {NULL, "idTokens", "id token expiry", AT(id_token_ms), 24 * HOUR_MS},
    {NULL, "authRequests", "auth request expiry", AT(auth_request_ms), 24 * HOUR_MS},
    {NULL, "deviceRequests", "device request expiry", AT(device_request_ms), HOUR_MS / 12},
    {REFRESH, "validIfNotUsedFor", "refresh token valid if not used for", AT(idle_ms), 0},
    {REFRESH, "absoluteLifetime", "refresh tokens absolute lifetime", AT(absolute_ms), 0},
    {REFRESH, "reuseInterval", "refresh tokens reuse interval", AT(reuse_interval_ms), 0},
    {NULL, NULL, NULL, 0, 0},
};

static int read_lifetimes(const struct js *expiry, struct dex_config *c, struct err *err)
{
    for (const struct lifetime *l = lifetimes; l->name != NULL; l++) {
        const struct js *from = l->group != NULL ? js_get(expiry, l->group) : expiry;
        const char *text = js_get_text(from, l->name);
        int64_t ms = 0;
        if (text != NULL && *text != '\0' && go_duration(text, &ms, err) != 0) {
            AUTO(xfree) char *quoted = go_quoted(text);
            return err_wrap(err, "%sinvalid config value %s for %s",
                            l->group != NULL ? "invalid refresh token expiration policy config: "
                                             : "",
                            quoted, l->words);
        }
        ms = ms != 0 ? ms : l->otherwise_ms;
        memcpy((char *)c + l->offset, &ms, sizeof ms);
    }
    c->no_rotation = js_get_bool(js_get(expiry, REFRESH), "disableRotation", false);
    return 0;
}

/* ---- what the server offers ---- */

struct response_type {
    const char *name;
    bool implicit;
};

static const struct response_type response_types[] = {
    {"code", false},      {"id_token", false},      {"code id_token", false},      {"token", true},
    {"code token", true}, {"id_token token", true}, {"code id_token token", true}, {NULL, false},
};

static const struct response_type *response_type(const char *name)
{
    const struct response_type *t = response_types;
    while (t->name != NULL && !cstr_eq(t->name, name))
        t++;
    return t->name != NULL ? t : NULL;
}

static int read_response_types(const struct js *list, struct dex_config *c, bool *ret_implicit,
                               struct err *err)
{
    add_texts(list, &c->response_types);
    if (c->response_types.len == 0)
        strlist_add(&c->response_types, "code");
    for (size_t i = 0; i < c->response_types.len; i++) {
        const struct response_type *t = response_type(c->response_types.items[i]);
        if (t == NULL) {
            AUTO(xfree) char *quoted = go_quoted(c->response_types.items[i]);
            return err_set(err, ERR_USAGE,
                           "failed to initialize server: unsupported response_type %s", quoted);
        }
        *ret_implicit |= t->implicit;
    }
    strlist_sort(&c->response_types);
    return 0;
}

/* All that this Dex can do, or those of them that the configuration allows. */
static void choose_grants(const struct dex *d, const struct js *allowed, bool implicit,
                          struct strlist *ret)
{
    const struct {
        const char *type;
        bool there;
    } all[] = {
        {"authorization_code", true},
        {"implicit", implicit},
        {"password", *d->config.password_connector != '\0'},
        {"refresh_token", true},
        {"urn:ietf:params:oauth:grant-type:device_code", true},
        {"urn:ietf:params:oauth:grant-type:token-exchange", dex_quirk(d, DEX_QUIRK_TOKEN_EXCHANGE)},
    };
    AUTO(strlist_deinit) struct strlist wanted = {0};
    add_texts(allowed, &wanted);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].there && (wanted.len == 0 || strlist_has(&wanted, all[i].type)))
            strlist_add(ret, all[i].type);
    }
}

static int read_oauth2(struct dex *d, const struct js *oauth2, struct err *err)
{
    struct dex_config *c = &d->config;
    bool implicit = false;
    c->skip_approval = js_get_bool(oauth2, "skipApprovalScreen", false);
    c->always_show_login = js_get_bool(oauth2, "alwaysShowLoginScreen", false);
    c->password_connector = dup_member(oauth2, "passwordConnector");
    if (read_response_types(js_get(oauth2, "responseTypes"), c, &implicit, err) != 0)
        return -1;
    choose_grants(d, js_get(oauth2, "grantTypes"), implicit, &c->grant_types);
    return 0;
}

static void read_web(const struct js *doc, struct dex_config *c)
{
    static const char *const names[] = {"Content-Security-Policy",   "X-Frame-Options",
                                        "X-Content-Type-Options",    "X-XSS-Protection",
                                        "Strict-Transport-Security", NULL};
    const struct js *headers = js_path(doc, "web", "headers", NULL);
    const char *title = js_get_text(js_get(doc, "frontend"), "issuer");
    c->title = xstrdup(title != NULL && *title != '\0' ? title : "dex");
    for (const char *const *n = names; *n != NULL; n++) {
        if (has_text(headers, *n))
            params_add(&c->headers, *n, js_get_text(headers, *n));
    }
}

int dex_config_read(struct dex *d, const struct js *env, struct err *err)
{
    const struct js *doc = d->doc;
    const struct js *connectors = js_get(doc, "connectors");
    struct dex_config *c = &d->config;
    read_web(doc, c);
    if (check_types(d, connectors, err) != 0 || dex_logger_read(doc, &d->logger, err) != 0 ||
        check_presence(doc, err) != 0 ||
        read_clients(js_get(doc, "staticClients"), env, c, err) != 0 ||
        check_connectors(connectors, err) != 0 ||
        read_lifetimes(js_get(doc, "expiry"), c, err) != 0 || read_issuer(doc, c, err) != 0)
        return -1;
    return read_oauth2(d, js_get(doc, "oauth2"), err);
}

void dex_config_deinit(struct dex_config *c)
{
    for (size_t i = 0; i < c->clients_len; i++)
        client_deinit(&c->clients[i]);
    xfree(c->clients);
    xfree(c->issuer);
    xfree(c->base);
    xfree(c->path);
    xfree(c->title);
    xfree(c->password_connector);
    strlist_deinit(&c->response_types);
    strlist_deinit(&c->grant_types);
    params_deinit(&c->headers);
    *c = (struct dex_config){0};
}

const struct dex_client *dex_client(const struct dex *d, const char *id)
{
    for (size_t i = 0; i < d->config.clients_len; i++) {
        if (cstr_eq(d->config.clients[i].id, id))
            return &d->config.clients[i];
    }
    return NULL;
}
