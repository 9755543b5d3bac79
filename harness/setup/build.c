/*
 * The struct from the document: authentik's own defaults for what is absent (authentik.md 10, the
 * admin UI where it differs from Terraform), Argo CD's view of its ConfigMaps and Secret, the live
 * systems. All text lives in the arena of the setup.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/data/yaml.h"
#include "harness/setup/setup_int.h"

#define CLIENT_SECRET_LENGTH 128
#define SECRETKEY_LENGTH 44

const char *system_name(enum system s)
{
    static const char *const names[SYSTEM_MAX_] = {
        [SYSTEM_AUTHENTIK] = "authentik", [SYSTEM_DEX] = "dex", [SYSTEM_ARGOCD] = "argocd"};
    return s < SYSTEM_MAX_ ? names[s] : "";
}

/* ---- small readers ---- */

const char *build_text(struct building *b, const struct js *obj, const char *key,
                       const char *otherwise)
{
    const char *text = js_get_text(obj, key);
    return arena_strdup(b->owner->arena, text != NULL ? text : otherwise);
}

const char *const *build_list(struct building *b, const struct strlist *list)
{
    const char **ret = arena_alloc(b->owner->arena, (list->len + 1) * sizeof *ret);
    for (size_t i = 0; i < list->len; i++)
        ret[i] = arena_strdup(b->owner->arena, list->items[i]);
    return ret;
}

const char *const *build_texts(struct building *b, const struct js *array)
{
    AUTO(strlist_deinit) struct strlist list = {0};
    for (size_t i = 0; i < js_len(array); i++) {
        if (js_text(js_at(array, i)) != NULL)
            strlist_add(&list, js_text(js_at(array, i)));
    }
    return build_list(b, &list);
}

bool build_bool(const struct js *obj, const char *key, bool otherwise)
{
    bool value = otherwise;
    return keys_bool(js_get(obj, key), &value) == 0 ? value : otherwise;
}

static int64_t duration(const struct js *obj, const char *key, int64_t otherwise_s)
{
    const char *text = js_get_text(obj, key);
    int64_t s = otherwise_s;
    return text != NULL && keys_duration_s(text, &s) == 0 ? s : otherwise_s;
}

void build_note_generated(struct building *b, const char *what)
{
    struct js *read = document_member(b->owner->doc, "read");
    if (!js_is(js_get(read, "generated"), JS_ARRAY))
        js_set(read, "generated", js_array());
    js_append_text(js_get(read, "generated"), what);
}

bool build_was_generated(const struct building *b, const char *what)
{
    const struct js *list = js_path(b->owner->doc, "read", "generated", NULL);
    for (size_t i = 0; i < js_len(list); i++) {
        if (cstr_eq(js_text(js_at(list, i)), what))
            return true;
    }
    return false;
}

static int missing(struct building *b, const char *key)
{
    return err_set_at(b->err, ERR_USAGE, b->source, 0, 0, "the setup has no %s", key);
}

/* ---- authentik ---- */

static void build_redirects(struct building *b, const struct js *list)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    struct setup_redirect *to = arena_alloc(b->owner->arena, (js_len(list) + 1) * sizeof *to);
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *one = js_at(list, i);
        to[i].regex = cstr_eq(js_get_text(one, "matching_mode"), "regex");
        to[i].url = build_text(b, one, "url", "");
        to[i].logout = cstr_eq(js_get_text(one, "redirect_uri_type"), "logout");
    }
    a->redirects = to;
    a->redirects_len = js_len(list);
}

/* A word that may have been written as a YAML boolean in a patch. */
static const char *word(const struct js *obj, const char *key)
{
    const struct js *value = js_get(obj, key);
    return js_is(value, JS_TRUE) ? "true" : js_is(value, JS_FALSE) ? "false" : js_text(value);
}

static const char *const *build_scopes(struct building *b, const struct js *provider)
{
    AUTO(strlist_deinit) struct strlist all = {0};
    setup_provider_scopes(provider, &all);
    return build_list(b, &all);
}

static void build_provider(struct building *b, const struct js *provider)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    const struct js *grants = js_get(provider, "grant_types");
    a->client_type = build_text(b, provider, "client_type", "confidential");
    a->signing_key = build_text(b, provider, "signing_key", "none");
    a->encryption_key = build_text(b, provider, "encryption_key", "none");
    a->issuer_mode = build_text(b, provider, "issuer_mode", "per_provider");
    a->sub_mode = build_text(b, provider, "sub_mode", "hashed_user_id");
    a->include_claims_in_id_token = build_bool(provider, "include_claims_in_id_token", true);
    a->access_code_validity_s = duration(provider, "access_code_validity", 60);
    a->access_token_validity_s = duration(provider, "access_token_validity", 3600);
    a->refresh_token_validity_s = duration(provider, "refresh_token_validity", 30 * 86400);
    a->refresh_token_threshold_s = duration(provider, "refresh_token_threshold", 0);
    a->scopes = build_scopes(b, provider);
    a->mappings = js_get(provider, "mappings");
    a->federation = js_get(provider, "federation");
    a->grant_types = grants != NULL ? build_texts(b, grants) : NULL;
    a->authorization_flow = build_text(b, provider, "authorization_flow", "implicit");
    a->password_in_identification = build_bool(provider, "password_in_identification", false);
    a->invalidation_flow =
        build_text(b, provider, "invalidation_flow", "default-invalidation-flow");
    a->logout_uri = build_text(b, provider, "logout_uri", NULL);
    a->logout_method = build_text(b, provider, "logout_method", "backchannel");
    a->authentication_flow = build_text(b, provider, "authentication_flow", NULL);
    build_redirects(b, js_get(provider, "redirect_uris"));
    a->email_verified = arena_strdup(b->owner->arena, word(provider, "email_verified"));
}

static int count(const struct js *obj, const char *key, int otherwise)
{
    const struct js *value = js_get(obj, key);
    int64_t n = otherwise;
    bool ok = js_is(value, JS_STRING) ? str_to_i64(str_of(js_text(value)), 0, INT32_MAX, &n) == 0
                                      : js_number(value, &n) == 0;
    return ok ? (int)n : otherwise;
}

/* How the default login flow's stages are set (authentik.md 4.4, 4.5). */
static void build_flows(struct building *b, const struct js *flows)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    a->flow_failed_attempts = count(flows, "failed_attempts", 5);
    a->flow_remember_me_s = duration(flows, "remember_me", 0);
    a->flow_pretend_user_exists = build_bool(flows, "pretend_user_exists", true);
    a->flow_mfa = build_text(b, flows, "mfa", "skip");
    a->password_in_identification =
        build_bool(flows, "password_in_identification", a->password_in_identification);
}

static void build_bindings(struct building *b, const struct js *list)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    struct setup_binding *to = arena_alloc(b->owner->arena, (js_len(list) + 1) * sizeof *to);
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *one = js_at(list, i);
        to[i].group = build_text(b, one, "group", NULL);
        to[i].user = build_text(b, one, "user", NULL);
        to[i].negate = build_bool(one, "negate", false);
    }
    a->bindings = to;
    a->bindings_len = js_len(list);
}

/* What of the instance decides who may in, and whom it believes about the request. */
static void build_access(struct building *b, const struct js *from)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    const struct js *application = js_get(from, "application");
    const struct js *proxies = js_get(from, "trusted_proxies");
    build_bindings(b, js_get(application, "bindings"));
    a->policy_all = cstr_eq(js_get_text(application, "policy_engine_mode"), "all");
    a->no_default_access = !build_bool(js_get(from, "flags"), "core_default_app_access", true);
    a->brand_default_application = build_bool(js_get(from, "brand"), "default_application", false);
    a->trusted_proxies = js_is(proxies, JS_ARRAY) ? build_texts(b, proxies) : NULL;
}

static const char *person_id_at(const void *ctx, size_t i)
{
    const struct setup *s = ctx;
    return i < s->people_len ? s->people[i].id : NULL;
}

static int bad_binding(struct building *b, size_t i, const char *what)
{
    return err_set_at(b->err, ERR_USAGE, b->source, 0, 0, "authentik.application.bindings.%zu %s",
                      i, what);
}

/* After the people are known: a binding on nobody would deny everybody in silence. */
static int check_bindings(struct building *b)
{
    const struct setup *s = &b->owner->pub;
    for (size_t i = 0; i < s->authentik.bindings_len; i++) {
        const struct setup_binding *one = &s->authentik.bindings[i];
        if ((one->group == NULL) == (one->user == NULL))
            return bad_binding(b, i, "names either a group or a user");
        if (one->user == NULL || setup_person(s, one->user) != NULL)
            continue;
        const char *near = str_nearest_of(one->user, person_id_at, s);
        AUTO(xfree)
        char *what = xasprintf("names the unknown person '%s'%s%s%s", one->user,
                               near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                               near != NULL ? "'?" : "");
        return bad_binding(b, i, what);
    }
    return 0;
}

/* authentik's own secret; when the provider names none, the one that the user copied into Argo CD's
 * Secret, and else one made up as authentik makes it. */
static void build_client_secret(struct building *b, struct js *provider)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    static const char what[] = "client secret";
    if (js_get_text(provider, "client_secret") == NULL) {
        AUTO(xfree)
        char *copied =
            dexconfig_connector_secret(b->owner->cm, b->owner->secret, a->client_id, a->url);
        AUTO(xfree)
        char *made = copied == NULL
                         ? rnd_text(b->rnd, "setup", what, RND_ALNUM, CLIENT_SECRET_LENGTH)
                         : NULL;
        if (copied == NULL)
            build_note_generated(b, what);
        js_set_text(provider, "client_secret", copied != NULL ? copied : made);
    }
    a->client_secret = build_text(b, provider, "client_secret", NULL);
    a->client_secret_generated = build_was_generated(b, what);
}

/* The address without the slash at its end. */
static int build_authentik_url(struct building *b, const struct js *from)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    AUTO(url_deinit) struct url parsed = {0};
    const char *url = js_get_text(from, "url");
    if (url == NULL)
        return missing(b, "authentik.url");
    if (url_parse(url, &parsed, b->err) != 0 ||
        (!cstr_eq(parsed.scheme, "https") && !cstr_eq(parsed.scheme, "http")))
        return err_set_at(b->err, ERR_USAGE, b->source, 0, 0,
                          "authentik.url is '%s'; it is an address like https://authentik.company",
                          url);
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        n--;
    a->url = arena_strndup(b->owner->arena, url, n);
    return 0;
}

static int build_authentik(struct building *b)
{
    struct setup_authentik *a = &b->owner->pub.authentik;
    struct js *from = document_member(b->owner->doc, "authentik");
    struct js *provider = document_member(from, "provider");
    const struct js *application = js_get(from, "application");
    a->version = build_text(b, from, "version", setup_versions(SYSTEM_AUTHENTIK)[3]);
    a->quirks = js_get(from, "quirks");
    if (build_authentik_url(b, from) != 0)
        return -1;
    a->slug = build_text(b, application, "slug", NULL);
    a->app_name = build_text(b, application, "name", a->slug);
    a->entitlements = js_get(application, "entitlements");
    a->client_id = build_text(b, provider, "client_id", NULL);
    if (a->client_id == NULL)
        return missing(b, "authentik.provider.client_id");
    build_provider(b, provider);
    build_flows(b, js_get(from, "flows"));
    build_access(b, from);
    build_client_secret(b, provider);
    a->brand_device_code_flow = build_bool(js_get(from, "brand"), "device_code_flow", false);
    return 0;
}

/* The groups that exist: those named, and those that people are in. */
static void build_groups(struct building *b)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    const struct js *named = js_path(b->owner->doc, "authentik", "groups", NULL);
    for (size_t i = 0; i < js_len(named); i++)
        strlist_add(&groups, js_text(js_at(named, i)));
    for (size_t i = 0; i < b->owner->pub.people_len; i++) {
        const struct setup_person *p = &b->owner->pub.people[i];
        for (const char *const *g = p->groups; *g != NULL; g++) {
            if (strlist_has(&groups, *g))
                continue;
            if (named != NULL &&
                js_path(b->owner->doc, "people", p->id, "groups_count", NULL) == NULL)
                strlist_take(&b->warnings,
                             xasprintf("person '%s' is in group '%s', which is not among "
                                       "authentik.groups",
                                       p->id, *g));
            strlist_add(&groups, *g);
        }
    }
    b->owner->pub.authentik.groups = build_list(b, &groups);
}

struct holders {
    const char *const *groups;
    size_t groups_len;
    const struct setup *setup;
};

static const char *holder_at(const void *ctx, size_t i)
{
    const struct holders *h = ctx;
    if (i < h->groups_len)
        return h->groups[i];
    i -= h->groups_len;
    return i < h->setup->people_len ? h->setup->people[i].id : NULL;
}

static int check_holder(struct building *b, const struct holders *h, const char *entitlement,
                        const char *holder)
{
    for (size_t i = 0; holder_at(h, i) != NULL; i++)
        if (cstr_eq(holder_at(h, i), holder))
            return 0;
    const char *near = str_nearest_of(holder, holder_at, h);
    return err_set_at(b->err, ERR_USAGE, b->source, 0, 0,
                      "entitlement '%s' is for '%s', which is neither a group nor a person%s%s%s",
                      entitlement, holder, near != NULL ? "; did you mean '" : "",
                      near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* Needs groups and people. */
static int check_entitlements(struct building *b)
{
    const struct setup_authentik *a = &b->owner->pub.authentik;
    struct holders h = {.groups = a->groups, .setup = &b->owner->pub};
    while (h.groups[h.groups_len] != NULL)
        h.groups_len++;
    for (struct js_iter it = js_iter(a->entitlements); js_next(&it);)
        for (size_t i = 0; i < js_len(it.value); i++)
            if (check_holder(b, &h, it.key, js_text(js_at(it.value, i))) != 0)
                return -1;
    return 0;
}

/* ---- Argo CD and Dex ---- */

/* A value that only the cluster can decrypt: what authentik's provider has where it is the same,
 * and else made up, so that the mocks agree with each other. Caller frees. */
static char *value_unread(struct building *b, const char *key)
{
    AUTO(js_free) struct js *cm = dexconfig_cm(b->owner->doc);
    const char *member = dexconfig_member_of_key(cm, key);
    const struct js *same =
        member != NULL ? js_path(b->owner->doc, "authentik", "provider", member, NULL) : NULL;
    return js_text(same) != NULL ? xstrdup(js_text(same))
                                 : rnd_text(b->rnd, "setup", key, RND_ALNUM, SECRETKEY_LENGTH);
}

static int fill_unreadable(struct building *b)
{
    const struct js *unreadable = js_path(b->owner->doc, "read", "unreadable", NULL);
    struct js *secret = document_member(document_member(b->owner->doc, "argocd"), "secret");
    for (struct js_iter it = js_iter(unreadable); js_next(&it);) {
        if (js_get(secret, it.key) != NULL || strchr(it.key, '*') != NULL)
            continue;
        if (js_path(b->owner->doc, "live", "authentik", NULL) != NULL)
            return err_set_at(b->err, ERR_USAGE, b->source, 0, 0,
                              "%s cannot be read here, and a live authentik needs the real '%s': "
                              "give it by argocd.secrets",
                              js_text(it.value), it.key);
        AUTO(xfree) char *value = value_unread(b, it.key);
        js_set_text(secret, it.key, value);
        build_note_generated(b, it.key);
    }
    return 0;
}

static void warn_unreadable(struct building *b)
{
    const struct js *unreadable = js_path(b->owner->doc, "read", "unreadable", NULL);
    for (struct js_iter it = js_iter(unreadable); js_next(&it);) {
        if (build_was_generated(b, it.key))
            strlist_take(
                &b->warnings,
                xasprintf("%s cannot be read here: '%s' has a value made to fit (the real one "
                          "can come by argocd.secrets)",
                          js_text(it.value), it.key));
    }
}

/* Argo CD makes the key itself when the Secret has none. */
static void fill_secretkey(struct building *b)
{
    struct js *secret = document_member(document_member(b->owner->doc, "argocd"), "secret");
    if (js_get_text(secret, "server.secretkey") != NULL)
        return;
    AUTO(xfree)
    char *key = rnd_text(b->rnd, "setup", "server.secretkey", RND_ALNUM, SECRETKEY_LENGTH);
    js_set_text(secret, "server.secretkey", key);
    build_note_generated(b, "server.secretkey");
}

void setup_keep_secretkey(const struct setup *from, struct js *doc)
{
    if (!from->argocd.server_secretkey_generated)
        return;
    struct js *secret = document_member(document_member(doc, "argocd"), "secret");
    if (js_get_text(secret, "server.secretkey") == NULL)
        js_set_text(secret, "server.secretkey", from->argocd.server_secretkey);
}

/* What keeps the whole Secret of this flat key from being read, or NULL. */
static const char *unreadable_whole(const struct building *b, const char *flat)
{
    const struct js *unreadable = js_path(b->owner->doc, "read", "unreadable", NULL);
    const char *colon = strchr(flat, ':');
    AUTO(xfree)
    char *any = colon != NULL ? xasprintf("%.*s:*", (int)(colon - flat), flat) : xstrdup("*");
    return js_get_text(unreadable, any);
}

/* An ExternalSecret with dataFrom does not name its keys; then it is taken to have those that
 * dex.config refers to. True when something was added. */
static bool fill_references(struct building *b)
{
    const struct strlist *absent = &b->owner->dex.missing;
    bool added = false;
    for (size_t i = 0; i < absent->len; i++) {
        const char *key = absent->items[i] + 1;
        const char *what = unreadable_whole(b, key);
        if (what == NULL)
            continue;
        AUTO(xfree) char *value = value_unread(b, key);
        js_set_text(js_path(b->owner->doc, "argocd", "secret", NULL), key, value);
        build_note_generated(b, key);
        strlist_take(&b->warnings,
                     xasprintf("%s cannot be read here: '%s' has a value made to fit", what, key));
        added = true;
    }
    return added;
}

/* argocd.md 7.3: the text changed with the release that began to double "$". */
static void warn_references(struct building *b)
{
    const struct strlist *absent = &b->owner->dex.missing;
    bool named = !b->owner->pub.argocd.quirks[ARGOCD_QUIRK_SECRET_UNNAMED];
    for (size_t i = 0; i < absent->len; i++) {
        AUTO(xfree)
        char *text = named ? xasprintf("config referenced '%s', but key does not exist in secret",
                                       absent->items[i])
                           : xstrdup("secret key does not exist in secret");
        strlist_take(&b->warnings, xasprintf("dex.config refers to '%s', which argocd-secret does "
                                             "not have; Argo CD logs: %s",
                                             absent->items[i], text));
    }
}

static void generate_dex(struct building *b)
{
    struct setup_owner *o = b->owner;
    dexconfig_deinit(&o->dex);
    dexconfig_generate(o->cm, js_path(o->doc, "argocd", "secret", NULL),
                       js_path(o->doc, "dex", "env", NULL), o->pub.argocd.quirks, &o->dex);
}

static void build_additional_urls(struct building *b)
{
    const char *text = js_get_text(b->owner->cm, "additionalUrls");
    AUTO(js_free) struct js *urls = NULL;
    if (text == NULL || !b->owner->pub.argocd.quirks[ARGOCD_QUIRK_ADDITIONAL_URLS] ||
        yaml_parse(str_of(text), "additionalUrls", 0, YAML_ALL_TEXT, &urls, NULL, NULL) != 0)
        urls = NULL;
    b->owner->pub.argocd.additional_urls = build_texts(b, js_is(urls, JS_ARRAY) ? urls : NULL);
}

static void publish_argocd(struct building *b)
{
    struct setup_owner *o = b->owner;
    struct setup_argocd *a = &o->pub.argocd;
    const char *key = js_get_text(o->secret, "server.secretkey");
    AUTO(xfree) char *dex_secret = dexconfig_client_secret(key);
    a->url = build_text(b, o->cm, "url", "");
    a->server_secretkey = arena_strdup(o->arena, key);
    a->server_secretkey_generated = build_was_generated(b, "server.secretkey");
    a->dex_client_secret = arena_strdup(o->arena, dex_secret);
    a->cm = o->cm;
    a->secret = o->secret;
    a->cmd_params = js_path(o->doc, "argocd", "cmd_params_cm", NULL);
    a->env = js_path(o->doc, "argocd", "env", NULL);
    a->dex_generated = o->dex.generated;
    a->dex_error = o->dex.error;
    a->dex_warning = o->dex.warning;
}

static void build_dex_version(struct building *b, const struct setup_version *argocd)
{
    const char *given = js_text(js_path(b->owner->doc, "dex", "version", NULL));
    b->owner->pub.dex_version =
        arena_strdup(b->owner->arena, given != NULL ? given : version_bundled_dex(argocd));
    b->owner->pub.dex_quirks = js_path(b->owner->doc, "dex", "quirks", NULL);
    b->owner->pub.dex_replicas = count(js_get(b->owner->doc, "dex"), "replicas", 1);
}

static int build_argocd(struct building *b)
{
    struct setup_owner *o = b->owner;
    struct setup_argocd *a = &o->pub.argocd;
    struct js *from = document_member(o->doc, "argocd");
    struct setup_version v = {0};
    a->version = build_text(b, from, "version", setup_versions(SYSTEM_ARGOCD)[0]);
    if (version_parse(a->version, &v) != 0)
        return err_set(b->err, ERR_INTERNAL, "version '%s' was not checked", a->version);
    if (quirks_resolve(quirks_argocd, a->version, js_get(from, "quirks"), "argocd.quirks",
                       a->quirks, b->err) != 0)
        return -1;
    build_dex_version(b, &v);
    if (fill_unreadable(b) != 0)
        return -1;
    fill_secretkey(b);
    warn_unreadable(b);
    o->cm = dexconfig_cm(o->doc);
    generate_dex(b);
    if (fill_references(b))
        generate_dex(b);
    warn_references(b);
    o->secret = js_dup(js_get(from, "secret"));
    a->rbac_cm = document_member(from, "rbac_cm");
    build_additional_urls(b);
    publish_argocd(b);
    return 0;
}

/* ---- live systems ---- */

static int build_live(struct building *b)
{
    for (int s = 0; s < SYSTEM_MAX_; s++) {
        const struct js *from = js_path(b->owner->doc, "live", system_name((enum system)s), NULL);
        struct setup_live *live = &b->owner->pub.live[s];
        const char *ca = js_get_text(from, "ca");
        AUTO(xfree) char *pem = NULL;
        live->is_live = js_is(from, JS_OBJECT);
        live->url = build_text(b, from, "url", NULL);
        if (ca != NULL && !cstr_starts(ca, "-----BEGIN") &&
            file_read(ca, FILE_MAX_TEXT, &pem, NULL, b->err) != 0) {
            if (b->err != NULL)
                b->err->code = ERR_USAGE; /* the person named the file */
            return err_wrap(b->err, "live.%s.ca", system_name((enum system)s));
        }
        live->ca = arena_strdup(b->owner->arena, pem != NULL ? pem : ca);
    }
    return 0;
}

/* ---- all of it ---- */

static void add_read_warnings(struct building *b)
{
    const struct js *list = js_path(b->owner->doc, "read", "warnings", NULL);
    for (size_t i = 0; i < js_len(list); i++)
        strlist_add(&b->warnings, js_text(js_at(list, i)));
}

static int build(struct building *b)
{
    struct setup_owner *o = b->owner;
    if (setup_check(o->doc, b->source, NULL, "", b->err) != 0 ||
        document_normalise(o->doc, b->source, b->err) != 0)
        return -1;
    add_read_warnings(b);
    if (build_argocd(b) != 0 || build_authentik(b) != 0 || people_build(b) != 0 ||
        check_bindings(b) != 0 || build_live(b) != 0)
        return -1;
    inventory_build(b);
    rbac_build(b);
    build_groups(b);
    if (check_entitlements(b) != 0)
        return -1;
    o->pub.warnings = build_list(b, &b->warnings);
    o->pub.doc = o->doc;
    return 0;
}

int setup_build(const struct js *doc, const char *source, struct rnd *rnd, struct setup **ret,
                struct err *err)
{
    struct setup_owner *owner = xcalloc(1, sizeof *owner);
    owner->arena = arena_new();
    owner->doc = js_is(doc, JS_OBJECT) ? js_dup(doc) : js_object();
    struct building b = {.owner = owner, .source = source, .rnd = rnd, .err = err};
    int rc = build(&b);
    strlist_deinit(&b.warnings);
    if (rc != 0) {
        (void)setup_free(&owner->pub);
        return -1;
    }
    *ret = &owner->pub;
    return 0;
}

struct setup *setup_free(struct setup *s)
{
    struct setup_owner *o = (struct setup_owner *)(void *)s;
    if (o == NULL)
        return NULL;
    js_free(o->doc);
    js_free(o->cm);
    js_free(o->secret);
    dexconfig_deinit(&o->dex);
    rbac_free(o->rbac);
    arena_free(o->arena);
    xfree(o);
    return NULL;
}
