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

static struct js *people(const struct ready_conf *c)
{
    struct js *list = js_array();
    for (size_t i = 0; i < c->setup->people_len; i++) {
        const struct setup_person *p = &c->setup->people[i];
        struct js *o = js_object();
        js_set_text(o, "person", p->id);
        js_set_text(o, "username", p->username);
        js_set(o, "password", shown(c, p->password, p->password_generated));
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

static void put_passwords(const struct ready_conf *c, struct js *patch)
{
    for (size_t i = 0; i < c->setup->people_len; i++) {
        const struct setup_person *p = &c->setup->people[i];
        struct js *password = shown(c, p->password, p->password_generated);
        if (js_text(password) != NULL)
            put(patch, (const char *const[]){"people", p->id, "password", NULL}, password);
        else
            js_free(password); /* null would remove it */
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

static struct js *setup_patch(const struct ready_conf *c)
{
    const struct setup_authentik *ak = &c->setup->authentik;
    struct js *patch = js_object();
    put(patch, (const char *const[]){"authentik", "url", NULL}, js_string(ak->url));
    struct js *secret = shown(c, ak->client_secret, ak->client_secret_generated);
    if (js_text(secret) != NULL)
        put(patch, (const char *const[]){"authentik", "provider", "client_secret", NULL}, secret);
    else
        js_free(secret);
    put_redirects(ak, patch);
    put(patch, (const char *const[]){"argocd", "cm", "url", NULL}, js_string(c->setup->argocd.url));
    put_connectors(c, patch);
    put_passwords(c, patch);
    put(patch, (const char *const[]){"live", "authentik", NULL}, live_system(ak->url, c->ca_file));
    put(patch, (const char *const[]){"live", "argocd", NULL},
        live_system(c->setup->argocd.url, c->ca_file));
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

struct js *ready_line(const struct ready_conf *c)
{
    struct js *o = js_object();
    AUTO(xfree) char *dex = setup_dex_issuer(c->setup);
    js_set_text(o, "schema", "rolecall.serve/1");
    js_set(o, "authentik", endpoint(c->setup->authentik.url, setup_authentik_issuer(c->setup)));
    js_set(o, "dex", endpoint(dex, xstrdup(dex)));
    js_set(o, "argocd", endpoint(c->setup->argocd.url, NULL));
    js_set(o, "ca_file", js_string(c->ca_file));
    js_set(o, "clients", clients(c));
    js_set(o, "people", people(c));
    js_set(o, "setup_patch", setup_patch(c));
    js_set(o, "control", control(c));
    return o;
}
