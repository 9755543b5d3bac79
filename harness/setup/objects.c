/*
 * authentik's objects in one form, whichever files they come from, and the setup made from them.
 * Decides which provider is Argo CD's; says what it could not know.
 */
#include "harness/setup/objects.h"

#include <stdarg.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/data/yaml.h"
#include "harness/setup/expression.h"
#include "harness/setup/setup_int.h"

#define UNKNOWN "$unknown"
#define SAID "$said"
#define MISSING "$missing"

/* ---- the lists ---- */

static struct object *object_free(struct object *o)
{
    xfree(o->handle);
    js_free(o->attrs);
    places_free(o->at);
    return xfree(o);
}

static void problem_free(struct object_problem *p)
{
    xfree(p->file);
    xfree(p->text);
    xfree(p->key);
    xfree(p);
}

void objects_deinit(struct objects *o)
{
    for (size_t i = 0; i < o->items.len; i++)
        object_free(o->items.items[i]);
    for (size_t i = 0; i < o->problems.len; i++)
        problem_free(o->problems.items[i]);
    map_deinit(&o->by_handle);
    map_deinit(&o->by_problem);
    vec_deinit(&o->items);
    vec_deinit(&o->problems);
}

struct object *objects_add(struct objects *o, const char *kind, const char *handle)
{
    struct object *made = xcalloc(1, sizeof *made);
    made->kind = kind;
    made->handle = xstrdup(handle);
    made->attrs = js_object();
    made->at = places_new();
    vec_push(&o->items, made);
    map_add(&o->by_handle, made->handle, made);
    return made;
}

const struct object *objects_find(const struct objects *o, const char *handle)
{
    return map_get(&o->by_handle, handle);
}

size_t object_index_length(const char *text)
{
    int depth = 0;
    bool quoted = false;
    size_t n = 0;
    do {
        quoted = quoted != (text[n] == '"');
        depth += quoted ? 0 : text[n] == '[' ? 1 : text[n] == ']' ? -1 : 0;
        n++;
    } while (depth > 0 && text[n] != '\0');
    return n;
}

char *object_block(const char *handle)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    for (const char *p = handle; *p != '\0';) {
        size_t plain = strcspn(p, "[");
        buf_add(&b, p, plain);
        p += plain;
        p += *p == '[' ? object_index_length(p) : 0;
    }
    return buf_take(&b);
}

void objects_problem(struct objects *o, const char *rule, const char *file, int line, int column,
                     const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text = {0};
    struct object_problem *p = xcalloc(1, sizeof *p);
    va_list args;
    buf_init(&text, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    char *key = xasprintf("%s %d %d %s %s", rule, line, column, text.ptr, file);
    *p = (struct object_problem){rule, xstrdup(file), line, column, buf_take(&text), key};
    if (map_add(&o->by_problem, p->key, p))
        vec_push(&o->problems, p);
    else
        problem_free(p);
}

struct js *object_unknown(const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text = {0};
    struct js *ret = js_object();
    va_list args;
    buf_init(&text, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    js_set_text(ret, UNKNOWN, text.ptr);
    return ret;
}

struct js *object_said(struct js *take_unknown)
{
    js_set(take_unknown, SAID, js_bool(true));
    return take_unknown;
}

struct js *object_missing(struct js *take_unknown)
{
    js_set(take_unknown, MISSING, js_bool(true));
    return take_unknown;
}

bool object_is_missing(const struct js *value)
{
    return object_is_unknown(value) != NULL && js_get_bool(value, MISSING, false);
}

const char *object_is_unknown(const struct js *value)
{
    return js_get_text(value, UNKNOWN);
}

/* ---- making the document ---- */

struct applying {
    struct objects *objects;
    struct js *doc;
    struct places *at;
    struct map applications; /* struct object *, the first of its provider's handle */
    struct map at_issuer;    /* the same, of root modules' folders */
    const struct object *provider;
    const struct object *application;
};

/* The object that a value refers to; NULL when it is no reference, or to nothing that is known. */
static const struct object *referred(const struct applying *a, const struct js *value)
{
    const char *text = js_text(value);
    return text != NULL && text[0] == '@' ? objects_find(a->objects, text + 1) : NULL;
}

static struct js *authentik(struct applying *a)
{
    return document_member(a->doc, "authentik");
}

static void note(struct applying *a, const struct object *o, const char *pointer, const char *rule,
                 const char *text)
{
    const struct place *p = places_find(o->at, pointer);
    objects_problem(a->objects, rule, p != NULL ? p->file : "", p != NULL ? p->line : 0,
                    p != NULL ? p->column : 0, "%s", text);
}

/* What could not be known at the pointer is said once for a block, with what comes of it. */
static bool is_known_at(struct applying *a, const struct object *o, const char *key,
                        const char *pointer, const struct js *value, const char *otherwise)
{
    const char *why = object_is_unknown(value);
    if (why == NULL || js_get_bool(value, SAID, false))
        return why == NULL;
    AUTO(xfree) char *block = object_block(o->handle);
    AUTO(xfree)
    char *text = xasprintf("'%s' of %s is not known here (%s); %s", key, block, why, otherwise);
    note(a, o, pointer, "not-evaluated", text);
    return false;
}

static bool is_known_or(struct applying *a, const struct object *o, const char *key,
                        const struct js *value, const char *otherwise)
{
    AUTO(xfree) char *pointer = places_below("", key);
    return is_known_at(a, o, key, pointer, value, otherwise);
}

static bool is_known(struct applying *a, const struct object *o, const char *key,
                     const struct js *value)
{
    return is_known_or(a, o, key, value, "rolecall takes authentik's default");
}

/* One attribute into the document, with its place. */
static void copy(struct applying *a, const struct object *o, const char *key, struct js *to,
                 const char *to_key, const char *to_pointer)
{
    const struct js *value = js_get(o->attrs, key);
    if (value == NULL || js_is(value, JS_NULL) || !is_known(a, o, key, value))
        return;
    AUTO(xfree) char *from = places_below("", key);
    AUTO(xfree) char *pointer = places_below(to_pointer, to_key);
    js_set(to, to_key, js_dup(value));
    places_graft(a->at, pointer, o->at, from);
}

/* A list of which something is not known here: what it lacks may be that. */
static void incomplete(struct applying *a, const char *what)
{
    js_set(document_member(document_member(a->doc, "read"), "incomplete"), what, js_bool(true));
}

/* ---- which provider ---- */

static const struct js *connector_config(const struct js *connector)
{
    return js_get(connector, "config");
}

/* A member of a connector's config (or of oidc.config), looked up by whoever `use` is. */
struct wanted {
    struct strlist client_ids;
    struct strlist slugs;
    struct strlist hosts; /* of issuers */
};

static void wanted_deinit(struct wanted *w)
{
    strlist_deinit(&w->client_ids);
    strlist_deinit(&w->slugs);
    strlist_deinit(&w->hosts);
}

DEFINE_AUTO_VALUE(struct wanted, wanted_deinit)

/* The slug in ".../application/o/SLUG/". */
static void add_slug(struct wanted *w, const char *issuer)
{
    static const char before[] = "/application/o/";
    const char *at = issuer != NULL ? strstr(issuer, before) : NULL;
    if (at == NULL)
        return;
    at += strlen(before);
    strlist_take(&w->slugs, xstrndup(at, strcspn(at, "/")));
}

static char *host_of(const char *url)
{
    AUTO(url_deinit) struct url u = {0};
    return url != NULL && url_parse(url, &u, NULL) == 0 && u.host != NULL ? xstrdup(u.host) : NULL;
}

static void want(struct wanted *w, const struct js *config)
{
    const char *id = js_get_text(config, "clientID");
    char *host = host_of(js_get_text(config, "issuer"));
    if (id != NULL)
        strlist_add(&w->client_ids, id);
    if (host != NULL)
        strlist_take(&w->hosts, host);
    add_slug(w, js_get_text(config, "issuer"));
}

static void read_wanted(const struct js *doc, struct wanted *w)
{
    const struct js *connectors = js_path(doc, "dex", "connectors", NULL);
    for (struct js_iter it = js_iter(connectors); js_is(connectors, JS_OBJECT) && js_next(&it);)
        want(w, connector_config(it.value));
    const char *oidc = js_text(js_path(doc, "argocd", "cm", "oidc.config", NULL));
    AUTO(js_free) struct js *config = NULL;
    if (oidc != NULL &&
        yaml_parse(str_of(oidc), "oidc.config", 0, YAML_TYPED, &config, NULL, NULL) == 0)
        want(w, config);
}

static struct object *next_of(const struct objects *o, const char *kind, size_t *at)
{
    while (*at < o->items.len) {
        struct object *one = o->items.items[(*at)++];
        if (strcmp(one->kind, kind) == 0 && !one->left_out)
            return one;
    }
    return NULL;
}

static const struct object *application_of(const struct applying *a, const struct object *provider)
{
    return map_get(&a->applications, provider->handle);
}

static void find_applications(struct applying *a)
{
    size_t at = 0;
    for (struct object *o; (o = next_of(a->objects, "application", &at)) != NULL;) {
        const struct object *provider = referred(a, js_get(o->attrs, "provider"));
        if (provider != NULL)
            map_add(&a->applications, provider->handle, o);
    }
}

/* The root modules that speak to the authentik that is the issuer. */
static void find_at_issuer(struct applying *a, const struct wanted *w)
{
    size_t at = 0;
    for (struct object *o; (o = next_of(a->objects, "api", &at)) != NULL;) {
        AUTO(xfree) char *host = host_of(js_get_text(o->attrs, "url"));
        if (host != NULL && o->root != NULL && strlist_has(&w->hosts, host))
            map_add(&a->at_issuer, o->root, o);
    }
}

#define MATCH_NAME 2 /* from here on a client_id or a slug is the one that is wanted */

static int match(const struct applying *a, const struct wanted *w, const struct object *provider)
{
    const struct object *app = application_of(a, provider);
    const char *id = js_get_text(provider->attrs, "client_id");
    const char *slug = app != NULL ? js_get_text(app->attrs, "slug") : NULL;
    return (id != NULL && strlist_has(&w->client_ids, id) ? 2 * MATCH_NAME : 0) +
           (slug != NULL && strlist_has(&w->slugs, slug) ? MATCH_NAME : 0) +
           (map_get(&a->at_issuer, provider->root) != NULL ? 1 : 0);
}

/* An application whose provider is not known may be that of the chosen one: the one with a slug
 * that is wanted, else the first. */
static const struct object *unknown_application(struct applying *a, const struct wanted *w)
{
    const struct object *found = NULL;
    bool wanted = false;
    size_t at = 0;
    for (const struct object *o; (o = next_of(a->objects, "application", &at)) != NULL;) {
        const char *slug = js_get_text(o->attrs, "slug");
        bool fits = slug != NULL && strlist_has(&w->slugs, slug);
        if (object_is_unknown(js_get(o->attrs, "provider")) == NULL || (found != NULL && !fits) ||
            wanted)
            continue;
        found = o;
        wanted = fits;
    }
    if (found != NULL)
        (void)is_known_or(a, found, "provider", js_get(found->attrs, "provider"),
                          "it is taken to be the one that is looked at");
    return found;
}

/* ---- root modules of which only one can be meant ---- */

/* One authentik has no slug and no client_id twice. */
static bool is_same(const struct applying *a, const struct object *one, const struct object *other)
{
    const struct object *app = application_of(a, one);
    const struct object *other_app = application_of(a, other);
    const char *slug = app != NULL ? js_get_text(app->attrs, "slug") : NULL;
    const char *id = js_get_text(one->attrs, "client_id");
    return (slug != NULL && other_app != NULL &&
            cstr_eq(slug, js_get_text(other_app->attrs, "slug"))) ||
           (id != NULL && cstr_eq(id, js_get_text(other->attrs, "client_id")));
}

static void leave_out(struct applying *a, const struct wanted *w, const struct object *provider,
                      struct map *left)
{
    const struct object *chosen = a->provider;
    const char *root = chosen->root;
    bool open = match(a, w, provider) == match(a, w, chosen);
    AUTO(xfree)
    char *text = xasprintf("'%s' makes this provider as '%s' does; what is in '%s' is taken, %s",
                           provider->root, root, root,
                           open ? "as it comes first: give only the folder that counts"
                                : "as it is that of Argo CD's issuer");
    note(a, provider, "", open ? "terraform-roots" : "terraform-left-out", text);
    map_add(left, provider->root, a);
}

/* Root modules that make the chosen one's provider too are those of other authentiks. */
static void leave_others(struct applying *a, const struct wanted *w)
{
    AUTO(map_deinit) struct map left = {0};
    size_t at = 0;
    if (a->provider == NULL || a->provider->root == NULL)
        return;
    const char *root = a->provider->root;
    for (const struct object *o; (o = next_of(a->objects, "provider", &at)) != NULL;) {
        if (o->root != NULL && strcmp(root, o->root) != 0 && map_get(&left, o->root) == NULL &&
            is_same(a, o, a->provider))
            leave_out(a, w, o, &left);
    }
    for (size_t i = 0; i < a->objects->items.len; i++) {
        struct object *o = a->objects->items.items[i];
        o->left_out = map_get(&left, o->root) != NULL;
    }
}

static void choose(struct applying *a)
{
    AUTO(wanted_deinit) struct wanted w = {0};
    size_t at = 0;
    size_t count = 0;
    int best = -1;
    read_wanted(a->doc, &w);
    find_at_issuer(a, &w);
    for (const struct object *o; (o = next_of(a->objects, "provider", &at)) != NULL;) {
        int score = match(a, &w, o);
        count++;
        if (score > best) {
            best = score;
            a->provider = o;
        }
    }
    if (count > 1 && best < MATCH_NAME)
        note(a, a->provider, "", "provider-ambiguous",
             "several providers, and none has the client_id or the slug that Argo CD's "
             "configuration names; the first is taken");
    leave_others(a, &w);
    if (a->provider != NULL)
        a->application = application_of(a, a->provider);
    if (a->application == NULL && a->provider != NULL)
        a->application = unknown_application(a, &w);
    at = 0;
    if (a->application == NULL && a->provider == NULL)
        a->application = next_of(a->objects, "application", &at);
}

/* ---- the provider ---- */

static void take_key(struct applying *a, struct js *provider)
{
    const struct js *value = js_get(a->provider->attrs, "signing_key");
    const struct object *key = referred(a, value);
    const char *data = key != NULL ? js_get_text(key->attrs, "key_data") : NULL;
    bool none = value == NULL || js_is(value, JS_NULL);
    bool ec = data != NULL && cstr_contains(data, "BEGIN EC PRIVATE KEY");
    js_set_text(provider, "signing_key", none ? "none" : ec ? "ec" : "rsa");
    places_graft(a->at, "/authentik/provider/signing_key", a->provider->at,
                 none ? "" : "/signing_key");
}

static void take_encryption(struct applying *a, struct js *provider)
{
    const struct js *value = js_get(a->provider->attrs, "encryption_key");
    if (value == NULL || js_is(value, JS_NULL))
        return;
    js_set_text(provider, "encryption_key", "rsa");
    places_graft(a->at, "/authentik/provider/encryption_key", a->provider->at, "/encryption_key");
}

static bool is_explicit(const struct applying *a)
{
    const struct object *flow = referred(a, js_get(a->provider->attrs, "authorization_flow"));
    const char *slug = flow != NULL ? js_get_text(flow->attrs, "slug") : NULL;
    return slug != NULL && cstr_contains(slug, "explicit");
}

/* "openid" of a mapping's scope_name, of its managed name or of the name that authentik's own have.
 */
static char *scope_of(const char *managed, const char *name)
{
    static const char prefix[] = "goauthentik.io/providers/oauth2/scope-";
    static const char default_name[] = "authentik default OAuth Mapping: OpenID '";
    if (managed != NULL && cstr_starts(managed, prefix))
        return xstrdup(managed + strlen(prefix));
    if (name == NULL || !cstr_starts(name, default_name))
        return NULL;
    const char *at = name + strlen(default_name);
    return xstrndup(at, strcspn(at, "'"));
}

static void add_scope(struct js *provider, const char *scope)
{
    struct js *scopes = js_get(provider, "scopes");
    for (size_t i = 0; i < js_len(scopes); i++) {
        if (cstr_eq(js_text(js_at(scopes, i)), scope))
            return;
    }
    js_append_text(scopes, scope);
}

/* A mapping of one's own: its Python is read as far as it is a plain dictionary. */
static void take_own_mapping(struct applying *a, const struct object *m, const char *scope,
                             struct js *provider)
{
    const char *python = js_get_text(m->attrs, "expression");
    struct js *claims = NULL;
    AUTO(xfree) char *why = NULL;
    add_scope(provider, scope);
    if (python == NULL || m->found)
        return;
    if (expression_claims(python, &claims, &why) != 0) {
        AUTO(xfree)
        char *text = xasprintf("the expression of scope mapping '%s' is not played: %s; the scope "
                               "is granted, its claims are authentik's default",
                               scope, why);
        note(a, m, "/expression", "not-evaluated", text);
        return;
    }
    js_set(document_member(provider, "mappings"), scope, claims);
    const char *name = js_get_text(m->attrs, "name");
    js_set_text(document_member(document_member(a->doc, "read"), "mappings"), scope,
                name != NULL ? name : m->handle);
    AUTO(xfree) char *pointer = places_below("/authentik/provider/mappings", scope);
    places_graft(a->at, pointer, m->at, "/expression");
}

/* Nothing says which scope the mapping is of, or what says it is not known. */
static void without_scope(struct applying *a, const struct object *m)
{
    static const char *const keys[] = {"managed_list", "managed", "name", "scope_name", NULL};
    incomplete(a, "scopes");
    for (const char *const *k = keys; *k != NULL; k++) {
        if (!is_known_or(a, m, *k, js_get(m->attrs, *k),
                         "which scopes the mapping stands for is not known"))
            return;
    }
    note(a, m, "", "not-evaluated",
         "which scope this mapping stands for is not known here: it has none of name, managed, "
         "managed_list, scope_name");
}

/* One of managed_list that is no mapping of authentik's own, or not known. */
static void unlisted(struct applying *a, const struct object *m, size_t i)
{
    const struct js *list = js_get(m->attrs, "managed_list");
    AUTO(xfree) char *pointer = xasprintf("/managed_list/%zu", i);
    const char *why = object_is_unknown(js_at(list, i));
    AUTO(xfree)
    char *text = xasprintf("which scope this mapping stands for is not known here%s%s%s",
                           why != NULL ? " (" : "", why != NULL ? why : "", why != NULL ? ")" : "");
    incomplete(a, "scopes");
    note(a, m, pointer, "not-evaluated", text);
}

static void take_mapping(struct applying *a, const struct object *m, struct js *provider)
{
    const struct js *list = js_get(m->attrs, "managed_list");
    const char *given = js_get_text(m->attrs, "scope_name");
    AUTO(xfree)
    char *known = scope_of(js_get_text(m->attrs, "managed"), js_get_text(m->attrs, "name"));
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        AUTO(xfree) char *one = scope_of(js_text(js_at(list, i)), NULL);
        if (one != NULL)
            add_scope(provider, one);
        else
            unlisted(a, m, i);
    }
    if (known != NULL)
        add_scope(provider, known);
    else if (given != NULL)
        take_own_mapping(a, m, given, provider);
    else if (!js_is(list, JS_ARRAY))
        without_scope(a, m);
}

static void take_listed(struct applying *a, const struct js *value, const char *pointer,
                        struct js *provider)
{
    const struct object *m = referred(a, value);
    AUTO(xfree) char *scope = scope_of(js_text(value), js_text(value));
    if (m != NULL) {
        take_mapping(a, m, provider);
    } else if (scope != NULL) {
        add_scope(provider, scope);
    } else {
        incomplete(a, "scopes");
        note(a, a->provider, pointer, "not-evaluated",
             "which scope this mapping stands for is not known here");
    }
}

/* property_mappings: a list, or the ids of a data source as a whole. Absent means that no scope is
 * granted at all. */
static void take_mappings(struct applying *a, struct js *provider)
{
    const struct js *list = js_get(a->provider->attrs, "property_mappings");
    if (object_is_unknown(list) != NULL) {
        (void)is_known(a, a->provider, "property_mappings", list);
        incomplete(a, "scopes");
        return;
    }
    js_set(provider, "scopes", js_array());
    places_graft(a->at, "/authentik/provider/scopes", a->provider->at,
                 list != NULL ? "/property_mappings" : "");
    if (js_text(list) != NULL)
        take_listed(a, list, "/property_mappings", provider);
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        AUTO(xfree) char *pointer = xasprintf("/property_mappings/%zu", i);
        take_listed(a, js_at(list, i), pointer, provider);
    }
}

/* Until 2024.12 the URIs were texts, and each a regular expression if it was none to the letter. */
static void take_redirects(struct applying *a, struct js *provider)
{
    const struct js *list = js_get(a->provider->attrs, "redirect_uris");
    if (object_is_unknown(list) != NULL)
        incomplete(a, "redirect_uris");
    if (list == NULL || js_is(list, JS_NULL) || !is_known(a, a->provider, "redirect_uris", list))
        return;
    struct js *to = js_array();
    js_set(provider, "redirect_uris", to);
    places_graft(a->at, "/authentik/provider/redirect_uris", a->provider->at, "/redirect_uris");
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *from = js_at(list, i);
        const char *text = js_text(from);
        const char *why = object_is_unknown(from);
        if (why == NULL)
            why = object_is_unknown(js_get(from, "url"));
        if (why != NULL) {
            incomplete(a, "redirect_uris");
            AUTO(xfree) char *pointer = xasprintf("/redirect_uris/%zu", i);
            AUTO(xfree) char *said = xasprintf("this redirect URI is not known here (%s)", why);
            note(a, a->provider, pointer, "not-evaluated", said);
            continue;
        }
        struct js *one = text == NULL ? js_dup(from) : js_object();
        if (text != NULL) {
            js_set_text(one, "matching_mode", "strict");
            js_set_text(one, "url", text);
        }
        /* Those before it may have been left out. */
        AUTO(xfree) char *at = xasprintf("/authentik/provider/redirect_uris/%zu", js_len(to));
        AUTO(xfree) char *of = xasprintf("/redirect_uris/%zu", i);
        places_graft(a->at, at, a->provider->at, of);
        js_append(to, one);
    }
}

static void take_provider(struct applying *a)
{
    static const char *const plain[] = {"client_id",
                                        "client_secret",
                                        "client_type",
                                        "issuer_mode",
                                        "sub_mode",
                                        "include_claims_in_id_token",
                                        "access_code_validity",
                                        "access_token_validity",
                                        "refresh_token_validity",
                                        "refresh_token_threshold",
                                        "grant_types",
                                        "logout_uri",
                                        "logout_method",
                                        NULL};
    struct js *provider = document_member(authentik(a), "provider");
    places_graft(a->at, "/authentik/provider", a->provider->at, "");
    for (const char *const *k = plain; *k != NULL; k++)
        copy(a, a->provider, *k, provider, *k, "/authentik/provider");
    take_key(a, provider);
    take_encryption(a, provider);
    take_redirects(a, provider);
    take_mappings(a, provider);
    if (is_explicit(a))
        js_set_text(provider, "authorization_flow", "explicit");
}

/* ---- application, groups, users ---- */

static char *name_of(const struct applying *a, const struct js *value, const char *key)
{
    const struct object *o = referred(a, value);
    const char *name = o != NULL ? js_get_text(o->attrs, key) : NULL;
    return name != NULL ? xstrdup(name) : NULL;
}

/* Whom a binding is about, said where that is not known. */
static bool binds_somebody(struct applying *a, const struct object *b, const char *group,
                           const char *user)
{
    static const char *const subjects[] = {"group", "user", NULL};
    if (group != NULL || user != NULL)
        return true;
    for (const char *const *k = subjects; *k != NULL; k++) {
        const struct js *value = js_get(b->attrs, *k);
        if (!is_known_or(a, b, *k, value, "the binding is left out"))
            return false;
        if (js_text(value) == NULL)
            continue;
        AUTO(xfree) char *pointer = places_below("", *k);
        AUTO(xfree)
        char *text = xasprintf("the %s of this binding is not in these files; it is left out", *k);
        note(a, b, pointer, "not-evaluated", text);
        return false;
    }
    note(a, b, "", "not-evaluated",
         "this binding is of a policy, which rolecall does not evaluate");
    return false;
}

/* authentik passes over bindings that are not enabled. */
static void take_binding(struct applying *a, const struct object *b, struct js *list)
{
    AUTO(xfree) char *group = name_of(a, js_get(b->attrs, "group"), "name");
    AUTO(xfree) char *user = name_of(a, js_get(b->attrs, "user"), "username");
    if (!js_get_bool(b->attrs, "enabled", true))
        return;
    if (!binds_somebody(a, b, group, user)) {
        incomplete(a, "bindings");
        return;
    }
    AUTO(xfree) char *pointer = xasprintf("/authentik/application/bindings/%zu", js_len(list));
    places_graft(a->at, pointer, b->at, "");
    struct js *one = js_object();
    js_set_text(one, group != NULL ? "group" : "user", group != NULL ? group : user);
    if (js_get_bool(b->attrs, "negate", false))
        js_set(one, "negate", js_bool(true));
    js_append(list, one);
}

static void take_application(struct applying *a)
{
    struct js *app = document_member(authentik(a), "application");
    size_t at = 0;
    copy(a, a->application, "slug", app, "slug", "/authentik/application");
    copy(a, a->application, "name", app, "name", "/authentik/application");
    copy(a, a->application, "policy_engine_mode", app, "policy_engine_mode",
         "/authentik/application");
    places_graft(a->at, "/authentik/application", a->application->at, "");
    AUTO(js_free) struct js *bindings = js_array();
    for (const struct object *b; (b = next_of(a->objects, "binding", &at)) != NULL;) {
        const struct js *target = js_get(b->attrs, "target");
        if (!is_known_or(a, b, "target", target, "the binding is left out"))
            incomplete(a, "bindings");
        else if (referred(a, target) == a->application)
            take_binding(a, b, bindings);
    }
    if (js_len(bindings) > 0)
        js_set(app, "bindings", js_ref(bindings));
}

static void take_group(struct applying *a, const struct object *g)
{
    struct js *groups = js_get(authentik(a), "groups");
    const char *name = js_get_text(g->attrs, "name");
    AUTO(xfree) char *pointer = xasprintf("/authentik/groups/%zu", js_len(groups));
    if (name == NULL) {
        (void)is_known_or(a, g, "name", js_get(g->attrs, "name"), "the group is left out");
        incomplete(a, "groups");
        return;
    }
    js_append_text(groups, name);
    places_graft(a->at, pointer, g->at, "/name");
}

/* A user's groups stand with the user … */
static void join(struct applying *a, struct js *person, const struct object *user)
{
    const struct js *of_user = js_get(user->attrs, "groups");
    struct js *groups = js_array();
    js_set(person, "groups", groups);
    (void)is_known_or(a, user, "groups", of_user, "the user is taken to be in none");
    for (size_t i = 0; i < js_len(of_user); i++) {
        AUTO(xfree) char *name = name_of(a, js_at(of_user, i), "name");
        AUTO(xfree) char *pointer = xasprintf("/groups/%zu", i);
        if (name != NULL)
            js_append_text(groups, name);
        else
            (void)is_known_at(a, user, "groups", pointer, js_at(of_user, i),
                              "this one is left out");
    }
}

/* … or a group's users with the group. */
static void join_users(struct applying *a, const struct object *g)
{
    const struct js *users = js_get(g->attrs, "users");
    const char *name = js_get_text(g->attrs, "name");
    for (size_t i = 0; name != NULL && i < js_len(users); i++) {
        AUTO(xfree) char *username = name_of(a, js_at(users, i), "username");
        struct js *groups =
            js_path(a->doc, "people", username != NULL ? username : "", "groups", NULL);
        if (groups != NULL)
            js_append_text(groups, name);
    }
}

static void take_user(struct applying *a, const struct object *u)
{
    const char *username = js_get_text(u->attrs, "username");
    if (username == NULL) {
        (void)is_known_or(a, u, "username", js_get(u->attrs, "username"), "the user is left out");
        return;
    }
    AUTO(xfree) char *pointer = places_below("/people", username);
    struct js *person = document_member(document_member(a->doc, "people"), username);
    copy(a, u, "name", person, "name", pointer);
    copy(a, u, "email", person, "email", pointer);
    copy(a, u, "is_active", person, "active", pointer);
    join(a, person, u);
    places_graft(a->at, pointer, u->at, "");
}

/* Where Terraform speaks to authentik: perhaps another address than the one people and Dex know. */
static void take_api(struct applying *a, const struct object *api)
{
    struct js *read = document_member(a->doc, "read");
    const char *url = js_get_text(api->attrs, "url");
    if (url == NULL || js_get(read, "api_url") != NULL)
        return;
    js_set_text(read, "api_url", url);
    places_graft(a->at, "/read/api_url", api->at, "/url");
}

/* Every object of a kind. */
static void take_each(struct applying *a, const char *kind,
                      void (*take)(struct applying *a, const struct object *o))
{
    size_t at = 0;
    for (const struct object *o; (o = next_of(a->objects, kind, &at)) != NULL;)
        take(a, o);
}

void objects_apply(struct objects *o, struct js *doc, struct places *at)
{
    struct applying a = {.objects = o, .doc = doc, .at = at};
    size_t from = 0;
    if (o->items.len == 0)
        return;
    find_applications(&a);
    choose(&a);
    if (a.provider != NULL)
        take_provider(&a);
    if (a.application != NULL)
        take_application(&a);
    if (next_of(o, "group", &from) != NULL)
        js_set(authentik(&a), "groups", js_array());
    take_each(&a, "group", take_group);
    take_each(&a, "user", take_user);
    take_each(&a, "group", join_users);
    take_each(&a, "api", take_api);
    map_deinit(&a.applications);
    map_deinit(&a.at_issuer);
}
