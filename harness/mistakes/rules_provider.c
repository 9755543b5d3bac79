/*
 * authentik's provider and application as Dex or Argo CD need them.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/regex.h"
#include "harness/mistakes/rules.h"

#define CLI "http://localhost:8085/auth/callback"

/* ---- redirect URIs ---- */

static const struct js *uris(const struct view *v)
{
    return js_get(v->provider, "redirect_uris");
}

static bool is_logout(const struct js *uri)
{
    return cstr_eq(js_get_text(uri, "redirect_uri_type"), "logout");
}

static bool is_regex(const struct js *uri)
{
    return cstr_eq(js_get_text(uri, "matching_mode"), "regex");
}

static bool matches(const struct js *uri, const char *wanted)
{
    const char *text = js_get_text(uri, "url");
    if (text == NULL || is_logout(uri))
        return false;
    return is_regex(uri) ? regex_fullmatch_once(text, REGEX_PYTHON, wanted)
                         : strcmp(text, wanted) == 0;
}

static bool is_registered(const struct view *v, const char *wanted)
{
    for (size_t i = 0; i < js_len(uris(v)); i++) {
        if (matches(js_at(uris(v), i), wanted))
            return true;
    }
    return false;
}

/* How a registered URI misses the wanted one; each kind is a rule of its own. */
enum miss { MISS_NONE, MISS_SLASH, MISS_SCHEME, MISS_HOST, MISS_PATH, MISS_OTHER };

static bool same_but_slash(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    return (n == m + 1 && a[m] == '/' && strncmp(a, b, m) == 0) ||
           (m == n + 1 && b[n] == '/' && strncmp(a, b, n) == 0);
}

static enum miss miss_of(const char *found, const char *wanted)
{
    AUTO(url_deinit) struct url f = {0};
    AUTO(url_deinit) struct url w = {0};
    struct err ignored = {0};
    if (same_but_slash(found, wanted))
        return MISS_SLASH;
    if (url_parse(found, &f, &ignored) != 0 || url_parse(wanted, &w, &ignored) != 0)
        return MISS_OTHER;
    AUTO(xfree) char *a = url_authority(&f);
    AUTO(xfree) char *b = url_authority(&w);
    bool host = strcmp(a, b) == 0;
    bool path = strcmp(f.path, w.path) == 0;
    if (host && path)
        return MISS_SCHEME;
    if (path)
        return MISS_HOST;
    return host && strcmp(f.scheme, w.scheme) == 0 ? MISS_PATH : MISS_OTHER;
}

/* The registered URI that comes nearest to a wanted one that is not there; -1 by none. */
struct nearest {
    enum miss miss;
    size_t at;
    char *wanted;
    const char *found;
};

static void nearest_deinit(struct nearest *n)
{
    xfree(n->wanted);
}

DEFINE_AUTO_VALUE(struct nearest, nearest_deinit)

static void find_nearest(const struct view *v, const struct client *c, struct nearest *ret)
{
    *ret = (struct nearest){.miss = MISS_NONE, .wanted = view_callback(v, c)};
    if (ret->wanted == NULL || !js_is(uris(v), JS_ARRAY) || view_incomplete(v, "redirect_uris") ||
        is_registered(v, ret->wanted))
        return;
    ret->miss = MISS_OTHER;
    for (size_t i = 0; i < js_len(uris(v)); i++) {
        const struct js *uri = js_at(uris(v), i);
        const char *text = js_get_text(uri, "url");
        enum miss m = text != NULL && !is_regex(uri) && !is_logout(uri) ? miss_of(text, ret->wanted)
                                                                        : MISS_OTHER;
        if (m < ret->miss) {
            ret->miss = m;
            ret->at = i;
            ret->found = text;
        }
    }
}

static char *pointer_of(size_t i)
{
    return xasprintf("/authentik/provider/redirect_uris/%zu/url", i);
}

/* A mistake when the nearest registered URI misses in this way. safe: it can be written right
 * without asking. */
static void when(struct view *v, enum miss miss, bool safe, const char *how)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(nearest_deinit) struct nearest n;
        find_nearest(v, &v->clients[c], &n);
        if (n.miss != miss)
            continue;
        AUTO(xfree) char *pointer = pointer_of(n.at);
        if (safe)
            say_edit(v, pointer, n.found, n.wanted, "'%s' %s than '%s', which is what is sent",
                     n.found, how, n.wanted);
        else
            say(v, pointer, "'%s' %s than '%s', which is what is sent", n.found, how, n.wanted);
    }
}

void find_redirect_slash(struct view *v)
{
    when(v, MISS_SLASH, true, "has a slash more or less");
}

void find_redirect_scheme(struct view *v)
{
    when(v, MISS_SCHEME, true, "has another scheme");
}

void find_redirect_host(struct view *v)
{
    when(v, MISS_HOST, false, "has another host");
}

void find_redirect_path(struct view *v)
{
    when(v, MISS_PATH, false, "has another path");
}

void find_redirect_missing(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(nearest_deinit) struct nearest n;
        find_nearest(v, &v->clients[c], &n);
        if (n.miss == MISS_OTHER)
            say(v, "/authentik/provider/redirect_uris",
                "'%s', which is what is sent, is not registered", n.wanted);
    }
}

/* In Dex mode Dex checks the CLI's callback; authentik never sees it. */
void find_redirect_unused(struct view *v)
{
    for (size_t i = 0; i < js_len(uris(v)) && v->clients_len == 1; i++) {
        const struct js *uri = js_at(uris(v), i);
        const char *text = js_get_text(uri, "url");
        AUTO(xfree) char *pointer = pointer_of(i);
        if (!v->clients[0].direct && cstr_starts(text, CLI) && !is_regex(uri))
            say(v, pointer, "'%s' is checked by Dex, and authentik never sees it", text);
    }
}

void find_redirect_cli(struct view *v)
{
    for (size_t i = 0; i < js_len(uris(v)); i++) {
        const char *text = js_get_text(js_at(uris(v), i), "url");
        AUTO(xfree) char *pointer = pointer_of(i);
        if (cstr_starts(text, "https://localhost:8085/"))
            say_edit(v, pointer, text, CLI, "'%s': the CLI listens on '%s'", text, CLI);
    }
}

/* With oidc.config the CLI goes to authentik itself. */
void find_redirect_cli_missing(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++)
        if (v->clients[c].direct && js_is(uris(v), JS_ARRAY) && js_len(uris(v)) > 0 &&
            js_get_text(v->clients[c].config, "cliClientID") == NULL && !is_registered(v, CLI) &&
            !view_incomplete(v, "redirect_uris"))
            say(v, "/authentik/provider/redirect_uris",
                "'" CLI "', where the CLI listens, is not registered");
}

void find_redirect_regex(struct view *v)
{
    for (size_t i = 0; i < js_len(uris(v)); i++) {
        const char *text = js_get_text(js_at(uris(v), i), "url");
        AUTO(regex_free) struct regex *pattern = NULL;
        AUTO(xfree) char *pointer = pointer_of(i);
        struct err err = {0};
        if (is_regex(js_at(uris(v), i)) && text != NULL &&
            regex_new(str_of(text), REGEX_PYTHON, &pattern, &err) != 0)
            say(v, pointer, "'%s' is no regular expression: %s", text, err.msg);
    }
}

/* Would another host do, where the dot stands for itself in a URL? */
void find_redirect_dot(struct view *v)
{
    for (size_t c = 0; c < v->clients_len; c++) {
        AUTO(xfree) char *wanted = view_callback(v, &v->clients[c]);
        char *dot = wanted != NULL ? strchr(wanted, '.') : NULL;
        for (size_t i = 0; dot != NULL && i < js_len(uris(v)); i++) {
            AUTO(xfree) char *pointer = pointer_of(i);
            *dot = '.';
            bool good = is_regex(js_at(uris(v), i)) && matches(js_at(uris(v), i), wanted);
            *dot = 'x';
            if (good && matches(js_at(uris(v), i), wanted))
                say(v, pointer, "'%s' also lets '%s' through",
                    js_get_text(js_at(uris(v), i), "url"), wanted);
        }
    }
}

void find_redirect_none(struct view *v)
{
    if (js_is(uris(v), JS_ARRAY) && js_len(uris(v)) == 0 && !view_incomplete(v, "redirect_uris") &&
        v->url == NULL)
        say(v, "/authentik/provider/redirect_uris", "the provider has no redirect URI");
}

/* ---- keys, tokens, grants ---- */

void find_signing_key(struct view *v)
{
    if (cstr_eq(js_get_text(v->provider, "signing_key"), "none"))
        say(v, "/authentik/provider/signing_key", "the provider has no signing key");
}

void find_encryption_key(struct view *v)
{
    const char *key = js_get_text(v->provider, "encryption_key");
    if (key != NULL && strcmp(key, "none") != 0)
        say(v, "/authentik/provider/encryption_key", "the provider encrypts its tokens");
}

struct choice {
    const char *key;
    const char *words[8];
};

static const struct choice choices[] = {
    {"client_type", {"confidential", "public"}},
    {"issuer_mode", {"per_provider", "global"}},
    {"sub_mode",
     {"hashed_user_id", "user_id", "user_uuid", "user_username", "user_email", "user_upn"}},
    {"logout_method", {"backchannel", "frontchannel"}},
    {"matching_mode", {"strict", "regex"}}, /* of a redirect URI */
    {NULL, {NULL}},
};

static bool is_among(const struct choice *c, const char *text)
{
    return text[0] == '\0' || cstr_among(text, c->words);
}

bool view_is_choice(const char *key, const char *text)
{
    for (const struct choice *c = choices; c->key != NULL; c++)
        if (strcmp(c->key, key) == 0)
            return is_among(c, text);
    return true;
}

static void say_choice(struct view *v, const struct choice *c, const struct js *of,
                       const char *around)
{
    const char *text = js_get_text(of, c->key);
    AUTO(strlist_deinit) struct strlist words = {0};
    if (text == NULL || is_among(c, text))
        return;
    for (const char *const *w = c->words; *w != NULL; w++)
        strlist_add(&words, *w);
    AUTO(xfree) char *pointer = below(around, c->key);
    AUTO(xfree) char *all = strlist_join(&words, ", ");
    AUTO(xfree) char *hint = near_hint(str_nearest(text, c->words));
    say(v, pointer, "'%s' is no %s%s%s", text, c->key, hint[0] != '\0' ? hint : "; there are ",
        hint[0] != '\0' ? "" : all);
}

/* What authentik's API and Terraform's provider refuse. */
void find_provider_choice(struct view *v)
{
    const struct js *uris = js_get(v->provider, "redirect_uris");
    for (const struct choice *c = choices; c->key != NULL; c++)
        say_choice(v, c, v->provider, "/authentik/provider");
    for (size_t i = 0; js_is(uris, JS_ARRAY) && i < js_len(uris); i++) {
        AUTO(xfree) char *around = xasprintf("/authentik/provider/redirect_uris/%zu", i);
        for (const struct choice *c = choices; c->key != NULL; c++)
            say_choice(v, c, js_at(uris, i), around);
    }
}

void find_sub_mode(struct view *v)
{
    if (cstr_eq(js_get_text(v->provider, "sub_mode"), "user_username"))
        say(v, "/authentik/provider/sub_mode",
            "sub is the username: whoever is called 'admin' in authentik is admin in Argo CD");
}

void find_grant_code(struct view *v)
{
    const struct js *list = js_get(v->provider, "grant_types");
    if (js_is(list, JS_ARRAY) && !js_list_has(list, "authorization_code"))
        say(v, "/authentik/provider/grant_types", "grant_types lacks authorization_code");
}

void find_grant_refresh(struct view *v)
{
    const struct js *list = js_get(v->provider, "grant_types");
    if (js_is(list, JS_ARRAY) && js_list_has(list, "authorization_code") &&
        !js_list_has(list, "refresh_token") &&
        js_list_has(js_get(v->provider, "scopes"), "offline_access"))
        say(v, "/authentik/provider/grant_types",
            "offline_access is mapped, and grant_types lacks refresh_token");
}

void find_no_application(struct view *v)
{
    const struct js *read = js_get(v->doc, "read");
    if (v->provider != NULL && js_get_text(v->application, "slug") == NULL && read != NULL &&
        js_path(v->doc, "authentik", "url", NULL) == NULL)
        say(v, "/authentik/provider", "no application has this provider");
}

/* Whom the application's bindings let in. */
struct open_to {
    struct map groups;   /* bound by name */
    const char *negated; /* everybody who is not in it … */
    bool everybody;      /* … or in one of two such */
};

static void read_open(const struct view *v, struct open_to *ret)
{
    const struct js *bindings = js_get(v->application, "bindings");
    for (size_t i = 0; i < js_len(bindings); i++) {
        struct js *b = js_at(bindings, i);
        const char *group = js_get_text(b, "group");
        bool negate = js_get_bool(b, "negate", false);
        if (group == NULL) /* a person, who may be in any group */
            ret->everybody = true;
        else if (!negate)
            map_add(&ret->groups, group, b);
        else if (ret->negated != NULL && strcmp(ret->negated, group) != 0)
            ret->everybody = true;
        else
            ret->negated = group;
    }
}

/* As authentik has it, where the policy's own is like it; NULL: there is none, which another rule
 * says. */
static const char *meant_group(const struct view *v, const char *name)
{
    const char *alike = names_group_alike(v->names, name);
    if (!js_is(v->groups, JS_ARRAY) || names_have_group(v->names, name))
        return name;
    return alike == NULL && view_incomplete(v, "groups") ? name : alike;
}

static bool is_let_in(const struct view *v, const char *id, const struct js *person)
{
    const struct js *bindings = js_get(v->application, "bindings");
    bool in = false;
    for (size_t i = 0; i < js_len(bindings); i++) {
        const struct js *b = js_at(bindings, i);
        const char *group = js_get_text(b, "group");
        bool hit = group != NULL ? js_list_has(js_get(person, "groups"), group)
                                 : cstr_eq(js_get_text(b, "user"), id);
        in = in || hit != js_get_bool(b, "negate", false);
    }
    return in;
}

/* Those whom the policy names by address, where the files say who has it. */
static void find_bound_people(struct view *v)
{
    const struct js *people = js_get(v->doc, "people");
    for (struct js_iter it = js_iter(people); js_is(people, JS_OBJECT) && js_next(&it);) {
        const char *email = js_get_text(it.value, "email");
        if (email != NULL && names_in_g(v->names, email) && !is_let_in(v, it.key, it.value))
            say(v, "/authentik/application/bindings",
                "the application's bindings keep '%s' (%s) out", it.key, email);
    }
}

/* A group with a role that the application is not open to. */
void find_binding(struct view *v)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    struct open_to open = {0};
    if (js_len(js_get(v->application, "bindings")) == 0 ||
        view_incomplete(v, "bindings")) /* any that is not known may let them in */
        return;
    view_policy_groups(v, &groups);
    read_open(v, &open);
    for (size_t i = 0; i < groups.len; i++) {
        const char *group = meant_group(v, groups.items[i]);
        bool in = group == NULL || open.everybody || map_get(&open.groups, group) != NULL ||
                  (open.negated != NULL && strcmp(open.negated, group) != 0);
        if (!in)
            say(v, "/authentik/application/bindings",
                "the application's bindings keep members of '%s' out", group);
    }
    find_bound_people(v);
    map_deinit(&open.groups);
}

void find_person_group(struct view *v)
{
    const struct js *people = js_get(v->doc, "people");
    for (struct js_iter it = js_iter(people);
         js_is(v->groups, JS_ARRAY) && js_is(people, JS_OBJECT) && js_next(&it);) {
        const struct js *own = js_get(it.value, "groups");
        for (size_t i = 0; i < js_len(own); i++) {
            const char *name = js_text(js_at(own, i));
            AUTO(xfree) char *person = below("/people", it.key);
            AUTO(xfree) char *pointer = xasprintf("%s/groups/%zu", person, i);
            if (name != NULL && !names_have_group(v->names, name) && !view_incomplete(v, "groups"))
                say(v, pointer, "%s is in '%s', which is no group of authentik", it.key, name);
        }
    }
}
