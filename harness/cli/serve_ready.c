/*
 * Building the ready line from the setup as it is served.
 */
#include "harness/cli/serve_ready.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"

static struct js *texts(const char *const *items)
{
    struct js *list = js_array();
    for (size_t i = 0; items != NULL && items[i] != NULL; i++)
        js_append_text(list, items[i]);
    return list;
}

/* A secret as the line may show it: what was generated here, or is the guide's, is nobody's secret.
 */
static struct js *shown(const struct ready_conf *c, const char *secret, bool generated)
{
    return generated || c->secrets_are_public || c->show_secrets ? js_string(secret) : js_null();
}

static struct js *client(const char *of, const char *id, struct js *secret,
                         struct js *redirect_uris)
{
    struct js *o = js_object();
    js_set_text(o, "of", of);
    js_set(o, "id", js_string(id));
    js_set(o, "secret", secret);
    js_set(o, "redirect_uris", redirect_uris);
    return o;
}

static struct js *clients(const struct ready_conf *c)
{
    const struct setup_authentik *ak = &c->setup->authentik;
    struct js *list = js_array();
    struct js *uris = js_array();
    for (size_t i = 0; i < ak->redirects_len; i++)
        if (!ak->redirects[i].logout)
            js_append_text(uris, ak->redirects[i].url);
    js_append(list, client("authentik", ak->client_id,
                           shown(c, ak->client_secret, ak->client_secret_generated), uris));
    const struct js *dex = js_get(c->setup->argocd.dex_generated, "staticClients");
    for (size_t i = 0; i < js_len(dex); i++) {
        const struct js *row = js_at(dex, i);
        const char *secret = js_get_text(row, "secret");
        const struct js *row_uris = js_get(row, "redirectURIs");
        js_append(list, client("dex", js_get_text(row, "id"),
                               secret != NULL ? shown(c, secret, false) : js_null(),
                               row_uris != NULL ? js_dup(row_uris) : js_array()));
    }
    return list;
}

/* A password that was made here is nobody's at an authentik that is somebody else's. */
static struct js *password(const struct ready_conf *c, const struct setup_person *p)
{
    if (p->password_generated && !c->served[SYSTEM_AUTHENTIK])
        return js_null();
    return shown(c, p->password, p->password_generated);
}

static struct js *people(const struct ready_conf *c)
{
    struct js *list = js_array();
    for (size_t i = 0; i < c->setup->people_len; i++) {
        const struct setup_person *p = &c->setup->people[i];
        struct js *o = js_object();
        js_set_text(o, "person", p->id);
        js_set_text(o, "username", p->username);
        js_set(o, "password", password(c, p));
        js_set(o, "groups", texts(p->groups));
        js_append(list, o);
    }
    return list;
}

static struct js *live_system(const char *url, const char *ca_file)
{
    struct js *o = js_object();
    js_set_text(o, "url", url);
    if (ca_file != NULL)
        js_set_text(o, "ca", ca_file);
    return o;
}

/* Puts value at a path of objects, making those that are missing. */
static void put(struct js *doc, const char *const *path, struct js *take)
{
    struct js *at = doc;
    for (; path[1] != NULL; path++) {
        struct js *next = js_get(at, path[0]);
        if (next == NULL) {
            next = js_object();
            js_set(at, path[0], next);
        }
        at = next;
    }
    js_set(at, path[0], take);
}

/* null would remove what is there. */
static void put_text(struct js *patch, const char *const *path, struct js *take)
{
    if (js_text(take) != NULL)
        put(patch, path, take);
    else
        js_free(take);
}

static void put_passwords(const struct ready_conf *c, struct js *patch)
{
    for (size_t i = 0; i < c->setup->people_len; i++) {
        const struct setup_person *p = &c->setup->people[i];
        put_text(patch, (const char *const[]){"people", p->id, "password", NULL}, password(c, p));
    }
}

/* Every URL of the setup that serve moved, moved for the second rolecall too. */
static void put_connectors(const struct ready_conf *c, struct js *patch)
{
    const struct js *connectors = js_path(c->setup->doc, "dex", "connectors", NULL);
    for (struct js_iter it = js_iter(connectors); js_next(&it);) {
        const char *issuer = js_text(js_path(it.value, "config", "issuer", NULL));
        if (issuer != NULL)
            put(patch, (const char *const[]){"dex", "connectors", it.key, "config", "issuer", NULL},
                js_string(issuer));
    }
}

static void put_redirects(const struct setup_authentik *ak, struct js *patch)
{
    struct js *list = js_array();
    for (size_t i = 0; i < ak->redirects_len; i++) {
        struct js *o = js_object();
        js_set_text(o, "matching_mode", ak->redirects[i].regex ? "regex" : "strict");
        js_set_text(o, "url", ak->redirects[i].url);
        if (ak->redirects[i].logout)
            js_set_text(o, "redirect_uri_type", "logout");
        js_append(list, o);
    }
    put(patch, (const char *const[]){"authentik", "provider", "redirect_uris", NULL}, list);
}

/* A Dex that is served without Argo CD in front of it, as that one asks it. */
static char *dex_origin(const struct ready_conf *c)
{
    return xasprintf("%s://127.0.0.1:%u", c->plain ? "http" : "https", (unsigned)c->dex_port);
}

static bool dex_is_alone(const struct ready_conf *c)
{
    return c->served[SYSTEM_DEX] && !c->served[SYSTEM_ARGOCD];
}

/* Where a system is for the second rolecall: what runs here, and what was said of the others. NULL:
 * a Dex that is reached through Argo CD, which is live too then. */
static char *live_url(const struct ready_conf *c, enum system s)
{
    const struct setup_live *other = &c->setup->live[s];
    if (!c->served[s])
        return other->url != NULL ? xstrdup(other->url) : NULL;
    if (s == SYSTEM_DEX)
        return dex_is_alone(c) ? dex_origin(c) : NULL;
    return xstrdup(s == SYSTEM_AUTHENTIK ? c->setup->authentik.url : c->setup->argocd.url);
}

static void put_live(const struct ready_conf *c, enum system s, struct js *patch)
{
    AUTO(xfree) char *url = live_url(c, s);
    if (url != NULL)
        put(patch, (const char *const[]){"live", system_name(s), NULL},
            live_system(url, c->served[s] ? c->ca_file : c->setup->live[s].ca));
}

static struct js *setup_patch(const struct ready_conf *c)
{
    const struct setup_authentik *ak = &c->setup->authentik;
    struct js *patch = js_object();
    put(patch, (const char *const[]){"authentik", "url", NULL}, js_string(ak->url));
    put_text(patch, (const char *const[]){"authentik", "provider", "client_secret", NULL},
             shown(c, ak->client_secret, ak->client_secret_generated));
    put_redirects(ak, patch);
    /* Dex's secret for Argo CD is made of it (dex.md 1.4), and they may be two processes. */
    put_text(
        patch, (const char *const[]){"argocd", "secret", "server.secretkey", NULL},
        shown(c, c->setup->argocd.server_secretkey, c->setup->argocd.server_secretkey_generated));
    put(patch, (const char *const[]){"argocd", "cm", "url", NULL}, js_string(c->setup->argocd.url));
    put_connectors(c, patch);
    put_passwords(c, patch);
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        put_live(c, (enum system)s, patch);
    return patch;
}

static struct js *endpoint(const char *url, char *take_issuer)
{
    struct js *o = js_object();
    js_set_text(o, "url", url);
    if (take_issuer != NULL)
        js_set_text(o, "issuer", take_issuer);
    xfree(take_issuer);
    return o;
}

static struct js *control(const struct ready_conf *c)
{
    if (c->control_url == NULL)
        return js_null();
    struct js *o = js_object();
    js_set_text(o, "url", c->control_url);
    js_set_text(o, "token", c->control_token);
    return o;
}

/* Through Argo CD, or where it listens when that is somebody else's. */
static struct js *dex(const struct ready_conf *c)
{
    AUTO(xfree) char *issuer = setup_dex_issuer(c->setup);
    AUTO(xfree) char *alone = dex_origin(c);
    AUTO(url_deinit) struct url u = {0};
    if (!dex_is_alone(c) || url_parse(issuer, &u, NULL) != 0)
        return endpoint(issuer, xstrdup(issuer));
    AUTO(xfree) char *url = xasprintf("%s%s", alone, u.path);
    return endpoint(url, xstrdup(issuer));
}

struct js *ready_line(const struct ready_conf *c)
{
    struct js *o = js_object();
    js_set_text(o, "schema", "rolecall.serve/1");
    js_set(o, "authentik",
           c->served[SYSTEM_AUTHENTIK]
               ? endpoint(c->setup->authentik.url, setup_authentik_issuer(c->setup))
               : js_null());
    js_set(o, "dex", c->served[SYSTEM_DEX] ? dex(c) : js_null());
    js_set(o, "argocd",
           c->served[SYSTEM_ARGOCD] ? endpoint(c->setup->argocd.url, NULL) : js_null());
    js_set(o, "ca_file", js_string(c->ca_file));
    js_set(o, "clients", clients(c));
    js_set(o, "people", people(c));
    js_set(o, "setup_patch", setup_patch(c));
    js_set(o, "control", control(c));
    return o;
}
