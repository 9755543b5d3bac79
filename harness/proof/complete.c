/*
 * The rest of a configuration, made to fit what is there, so that only what the files say is wrong.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/data/yaml.h"
#include "harness/mistakes/view.h"
#include "harness/proof/proof.h"

#define MOST_PEOPLE 8
#define GRANT_TYPES_SINCE "2026.5" /* authentik.md 9 */

static struct js *member(struct js *obj, const char *key)
{
    if (!js_is(js_get(obj, key), JS_OBJECT))
        js_set(obj, key, js_object());
    return js_get(obj, key);
}

static void otherwise(struct js *obj, const char *key, const char *value)
{
    if (js_get(obj, key) == NULL && value != NULL)
        js_set_text(obj, key, value);
}

#define NOWHERE "https://authentik.company"

/* Scheme, host and port of an address; NULL when it is none. Caller frees. */
static char *origin_of(const char *text)
{
    AUTO(url_deinit) struct url u = {0};
    return text != NULL && url_parse(text, &u, NULL) == 0 ? url_origin(&u) : NULL;
}

/* The address and the slug of an issuer that looks like authentik's; without one the address under
 * which Terraform speaks to it. */
static void from_issuer(struct js *authentik, const char *issuer, const char *api)
{
    static const char before[] = "/application/o/";
    AUTO(xfree) char *origin = origin_of(issuer != NULL ? issuer : api);
    const char *at = origin != NULL && issuer != NULL ? strstr(issuer, before) : NULL;
    AUTO(xfree)
    char *slug =
        at != NULL ? xstrndup(at + strlen(before), strcspn(at + strlen(before), "/")) : NULL;
    otherwise(authentik, "url", origin != NULL ? origin : NOWHERE);
    /* A provider that the files have, without an application: that is the mistake. */
    if (js_get(authentik, "provider") == NULL || js_get(authentik, "application") != NULL)
        otherwise(member(authentik, "application"), "slug",
                  slug != NULL && slug[0] != '\0' ? slug : "argocd");
}

static void add_uri(struct js *list, const char *url)
{
    struct js *one = js_object();
    js_set_text(one, "matching_mode", "strict");
    js_set_text(one, "url", url);
    js_append(list, one);
}

/* Who can say grant types has a release that knows them. */
static void fill_version(struct js *authentik)
{
    if (js_path(authentik, "provider", "grant_types", NULL) != NULL)
        otherwise(authentik, "version", GRANT_TYPES_SINCE);
}

/* A provider that nothing is wrong with, where no file speaks of one. */
static void fill_provider(const struct view *v, struct js *authentik)
{
    static const char *const scopes[] = {"openid", "profile", "email", "offline_access", NULL};
    bool known = js_is(js_get(authentik, "provider"), JS_OBJECT);
    struct js *provider = member(authentik, "provider");
    const struct client *c = v->clients_len > 0 ? &v->clients[0] : NULL;
    const char *id = c != NULL ? view_secret(v, js_get_text(c->config, "clientID")) : NULL;
    otherwise(provider, "client_id", id != NULL && id[0] != '\0' ? id : "argocd");
    if (known)
        return;
    js_set_text(provider, "signing_key", "rsa");
    struct js *list = js_array();
    for (const char *const *s = scopes; *s != NULL; s++)
        js_append_text(list, *s);
    js_set(provider, "scopes", list);
    struct js *uris = js_array();
    for (size_t i = 0; i < v->clients_len; i++) {
        AUTO(xfree) char *callback = view_callback(v, &v->clients[i]);
        if (callback != NULL)
            add_uri(uris, callback);
    }
    add_uri(uris, "http://localhost:8085/auth/callback");
    js_set(provider, "redirect_uris", uris);
}

/* A list of which something could not be read is taken to have what is needed. */
static void fill_incomplete(const struct view *v, struct js *authentik)
{
    struct js *provider = member(authentik, "provider");
    if (view_incomplete(v, "scopes"))
        js_remove(provider, "scopes");
    if (!view_incomplete(v, "redirect_uris"))
        return;
    if (!js_is(js_get(provider, "redirect_uris"), JS_ARRAY))
        js_set(provider, "redirect_uris", js_array());
    for (size_t i = 0; i < v->clients_len; i++) {
        AUTO(xfree) char *callback = view_callback(v, &v->clients[i]);
        if (callback != NULL)
            add_uri(js_get(provider, "redirect_uris"), callback);
    }
}

/* Words that authentik refuses leave its defaults. */
static void drop_refused(struct js *of)
{
    AUTO(strlist_deinit) struct strlist refused = {0};
    for (struct js_iter it = js_iter(of); js_is(of, JS_OBJECT) && js_next(&it);)
        if (js_text(it.value) != NULL && !view_is_choice(it.key, js_text(it.value)))
            strlist_add(&refused, it.key);
    for (size_t i = 0; i < refused.len; i++)
        js_remove(of, refused.items[i]);
}

static void fill_refused(struct js *authentik)
{
    struct js *provider = js_get(authentik, "provider");
    const struct js *uris = js_get(provider, "redirect_uris");
    drop_refused(provider);
    for (size_t i = 0; js_is(uris, JS_ARRAY) && i < js_len(uris); i++) {
        drop_refused(js_at(uris, i));
        if (js_is(js_at(uris, i), JS_OBJECT))
            otherwise(js_at(uris, i), "matching_mode", "strict");
    }
}

/* The groups that there are, or those that the policy speaks of. */
static void fill_groups(const struct view *v, struct js *authentik)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    if (js_is(js_get(authentik, "groups"), JS_ARRAY))
        return;
    view_policy_groups(v, &names);
    if (names.len == 0)
        strlist_add(&names, "staff"); /* so that somebody has a group to bring along */
    js_set(authentik, "groups", js_texts(&names));
}

static void fill_people(struct js *doc)
{
    const struct js *groups = js_path(doc, "authentik", "groups", NULL);
    struct js *people = member(doc, "people");
    if (js_len(people) > 0)
        return;
    for (size_t i = 0; i < js_len(groups) && i < MOST_PEOPLE; i++) {
        AUTO(xfree) char *id = xasprintf("member%zu", i + 1);
        AUTO(xfree) char *email = xasprintf("%s@company.example", id);
        struct js *own = js_array();
        js_append(own, js_dup(js_at(groups, i)));
        js_set(member(people, id), "groups", own);
        js_set_text(js_get(people, id), "email", email);
    }
    js_set(member(people, "outsider"), "groups", js_array());
    js_set_text(js_get(people, "outsider"), "email", "outsider@company.example");
}

/* A reference to a Secret, where no file has any: the value that fits. */
static void fill_reference(struct js *secret, const struct client *c, const char *name,
                           const char *value)
{
    const char *text = js_get_text(c->config, name);
    if (text != NULL && text[0] == '$')
        otherwise(secret, text + 1, value);
}

static void fill_secrets(const struct view *v, struct js *doc)
{
    const char *id = js_text(js_path(doc, "authentik", "provider", "client_id", NULL));
    const char *own = js_text(js_path(doc, "authentik", "provider", "client_secret", NULL));
    struct js *secret = member(member(doc, "argocd"), "secret");
    if (js_len(v->secret) > 0 || js_path(v->doc, "read", "unreadable", NULL) != NULL)
        return;
    for (size_t i = 0; i < v->clients_len; i++) {
        fill_reference(secret, &v->clients[i], "clientID", id);
        fill_reference(secret, &v->clients[i], "clientSecret", own != NULL ? own : "made-to-fit");
    }
}

/* Argo CD's side, where no file has any of it: a connector that nothing is wrong with. */
static void fill_argocd(struct js *doc)
{
    struct js *argocd = member(doc, "argocd");
    const char *given = js_text(js_path(doc, "authentik", "url", NULL));
    AUTO(xfree) char *api = origin_of(js_text(js_path(doc, "read", "api_url", NULL)));
    const char *url = given != NULL ? given : api != NULL ? api : NOWHERE;
    const char *slug = js_text(js_path(doc, "authentik", "application", "slug", NULL));
    const char *id = js_text(js_path(doc, "authentik", "provider", "client_id", NULL));
    if (js_len(js_get(argocd, "cm")) > 0 || js_path(doc, "dex", "connectors", NULL) != NULL)
        return;
    js_set_text(member(argocd, "cm"), "url", "https://argocd.company");
    (void)member(js_get(argocd, "cm"), "dex.config");
    struct js *connector = member(member(member(doc, "dex"), "connectors"), "authentik");
    js_set_text(connector, "type", "oidc");
    js_set_text(connector, "id", "authentik");
    js_set_text(connector, "name", "authentik");
    struct js *config = member(connector, "config");
    js_set(config, "issuer",
           js_stringf("%s/application/o/%s/", url, slug != NULL ? slug : "argocd"));
    js_set_text(config, "clientID", id != NULL ? id : "argocd");
    js_set_text(config, "clientSecret", "$dex.authentik.clientSecret");
    js_set(config, "insecureEnableGroups", js_bool(true));
}

struct js *proof_complete(const struct js *doc)
{
    struct js *ret = js_dup(doc);
    struct mistakes unused = {0};
    struct view v;
    fill_argocd(ret);
    AUTO(js_free) struct js *read = js_dup(ret);
    view_init(&v, read, NULL, &unused);
    struct js *authentik = member(ret, "authentik");
    const struct client *c = v.clients_len > 0 ? &v.clients[0] : NULL;
    from_issuer(authentik, c != NULL ? js_get_text(c->config, "issuer") : NULL,
                js_text(js_path(ret, "read", "api_url", NULL)));
    fill_version(authentik);
    fill_provider(&v, authentik);
    fill_incomplete(&v, authentik);
    fill_refused(authentik);
    fill_groups(&v, authentik);
    fill_secrets(&v, ret);
    fill_people(ret);
    view_deinit(&v);
    return ret;
}

struct js *proof_people(const struct js *doc)
{
    struct js *ret = js_dup(doc);
    AUTO(js_free) struct js *read = js_dup(doc);
    struct mistakes unused = {0};
    struct view v;
    view_init(&v, read, NULL, &unused);
    fill_groups(&v, member(ret, "authentik"));
    fill_people(ret);
    view_deinit(&v);
    return ret;
}
