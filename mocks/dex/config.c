/*
 * Reads the configuration that Argo CD generates for Dex (dex.md 1.2) into what the handlers need,
 * and refuses what `dex serve` refuses (cmd/dex/serve.go). Connectors are read in connectors.c.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/dex_int.h"

#define HOUR_MS INT64_C(3600000)

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
    if (issuer == NULL || *issuer == '\0')
        return err_set(err, ERR_USAGE, "invalid config: no issuer specified in config file");
    if (url_parse(issuer, &u, err) != 0)
        return err_wrap(err, "server: can't parse issuer URL");
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

static int read_client(const struct js *j, struct dex_client *c, struct err *err)
{
    c->id = dup_member(j, "id");
    c->name = dup_member(j, "name");
    c->secret = dup_member(j, "secret");
    c->is_public = js_get_bool(j, "public", false);
    add_texts(js_get(j, "redirectURIs"), &c->redirect_uris);
    add_texts(js_get(j, "trustedPeers"), &c->trusted_peers);
    if (*c->name == '\0')
        return err_set(err, ERR_USAGE, "invalid config: Name field is required for a client");
    if (*c->id == '\0')
        return err_set(err, ERR_USAGE,
                       "invalid config: ID or IDEnv field is required for a client");
    if (*c->secret == '\0' && !c->is_public) {
        AUTO(xfree) char *id = go_quoted(c->id);
        return err_set(err, ERR_USAGE,
                       "invalid config: Secret or SecretEnv field is required for client %s", id);
    }
    return 0;
}

/* A later client of the same id takes the earlier one's place (dex.md 1.3). */
static int read_clients(const struct js *list, struct dex_config *c, struct err *err)
{
    c->clients = xcalloc(js_len(list) + 1, sizeof *c->clients);
    for (size_t i = 0; i < js_len(list); i++) {
        struct dex_client one = {0};
        size_t at = 0;
        if (read_client(js_at(list, i), &one, err) != 0) {
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

/* time.ParseDuration of "24h", "10m", "1h30m". */
static bool parse_duration(const char *text, int64_t *ret_ms)
{
    int64_t sum = 0;
    const char *p = text;
    while (*p != '\0') {
        size_t n = strspn(p, "0123456789");
        n += strspn(p + n, "hmsd");
        int64_t part = 0;
        if (n == 0 || str_to_duration_ms((struct str){p, n}, &part) != 0)
            return false;
        sum += part;
        p += n;
    }
    *ret_ms = sum;
    return p != text;
}

struct lifetime {
    const char *group; /* below expiry; NULL = expiry itself */
    const char *name;
    size_t offset;
    int64_t otherwise_ms;
};

#define AT(member_) offsetof(struct dex_config, member_)

static const struct lifetime lifetimes[] = {
    {NULL, "idTokens", AT(id_token_ms), 24 * HOUR_MS},
    {NULL, "authRequests", AT(auth_request_ms), 24 * HOUR_MS},
    {NULL, "signingKeys", AT(signing_key_ms), 6 * HOUR_MS},
    {"refreshTokens", "reuseInterval", AT(reuse_interval_ms), 0},
    {"refreshTokens", "validIfNotUsedFor", AT(idle_ms), 0},
    {"refreshTokens", "absoluteLifetime", AT(absolute_ms), 0},
    {NULL, NULL, 0, 0},
};

static int read_lifetimes(const struct js *expiry, struct dex_config *c, struct err *err)
{
    for (const struct lifetime *l = lifetimes; l->name != NULL; l++) {
        const struct js *from = l->group != NULL ? js_get(expiry, l->group) : expiry;
        const char *text = js_get_text(from, l->name);
        int64_t ms = l->otherwise_ms;
        if (text != NULL && *text != '\0' && !parse_duration(text, &ms)) {
            AUTO(xfree) char *quoted = go_quoted(text);
            return err_set(err, ERR_USAGE, "invalid config value %s for %s", quoted, l->name);
        }
        memcpy((char *)c + l->offset, &ms, sizeof ms);
    }
    c->no_rotation = js_get_bool(js_get(expiry, "refreshTokens"), "disableRotation", false);
    return 0;
}

int dex_config_read(const struct js *doc, struct dex_config *ret, struct err *err)
{
    const struct js *oauth2 = js_get(doc, "oauth2");
    ret->skip_approval = js_get_bool(oauth2, "skipApprovalScreen", false);
    ret->always_show_login = js_get_bool(oauth2, "alwaysShowLoginScreen", false);
    if (read_issuer(doc, ret, err) != 0 ||
        read_clients(js_get(doc, "staticClients"), ret, err) != 0)
        return -1;
    return read_lifetimes(js_get(doc, "expiry"), ret, err);
}

void dex_config_deinit(struct dex_config *c)
{
    for (size_t i = 0; i < c->clients_len; i++)
        client_deinit(&c->clients[i]);
    xfree(c->clients);
    xfree(c->issuer);
    xfree(c->base);
    xfree(c->path);
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
