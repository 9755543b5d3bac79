/*
 * Argo CD's own settings: url, unknown keys, what is open.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "harness/mistakes/rules.h"

static bool has_sso(const struct view *v)
{
    return v->clients_len > 0 || v->dex_text != NULL || js_len(v->connectors) > 0;
}

void find_url_missing(struct view *v)
{
    if (v->cm != NULL && has_sso(v) && (v->url == NULL || v->url[0] == '\0'))
        say(v, "/argocd/cm", "argocd-cm has no 'url'");
}

/* An absolute http or https URL, as Argo CD's own settings need it. */
static bool is_web(const char *url)
{
    return cstr_starts(url, "https://") || cstr_starts(url, "http://");
}

void find_url_scheme(struct view *v)
{
    if (v->url != NULL && v->url[0] != '\0' && !is_web(v->url))
        say(v, "/argocd/cm/url", "'%s' has no scheme; expected https://HOST", v->url);
}

void find_url_http(struct view *v)
{
    if (cstr_starts(v->url, "http://") && !cstr_starts(v->url, "http://localhost") &&
        !cstr_starts(v->url, "http://127.0.0.1"))
        say(v, "/argocd/cm/url", "'%s' is plain http", v->url);
}

void find_url_slash(struct view *v)
{
    if (v->url == NULL || !is_web(v->url) || !str_ends(str_of(v->url), "/"))
        return;
    AUTO(xfree) char *without = xstrndup(v->url, strlen(v->url) - 1);
    say_edit(v, "/argocd/cm/url", v->url, without,
             "'%s' ends in a slash: Dex's issuer becomes '%s/api/dex'", v->url, v->url);
}

void find_rootpath(struct view *v)
{
    const char *root = js_get_text(v->params, "server.rootpath");
    AUTO(url_deinit) struct url u = {0};
    struct err ignored = {0};
    if (root == NULL || v->url == NULL || url_parse(v->url, &u, &ignored) != 0)
        return;
    struct str a = str_of(root);
    struct str b = str_of(u.path);
    while (a.len > 0 && (a.ptr[0] == '/')) {
        a.ptr++;
        a.len--;
    }
    while (b.len > 0 && (b.ptr[0] == '/')) {
        b.ptr++;
        b.len--;
    }
    while (str_ends(a, "/"))
        a.len--;
    while (str_ends(b, "/"))
        b.len--;
    if (!str_eq(a, b))
        say(v, "/argocd/cm/url", "server.rootpath is '%s', and url is '%s'", root, v->url);
}

void find_additional_urls(struct view *v)
{
    const char *text = js_get_text(v->cm, "additionalUrls");
    AUTO(js_free) struct js *list = NULL;
    if (text == NULL)
        return;
    if (yaml_parse(str_of(text), "additionalUrls", 0, YAML_ALL_TEXT, &list, NULL, NULL) != 0 ||
        !js_is(list, JS_ARRAY))
        say(v, "/argocd/cm/additionalUrls", "additionalUrls is a YAML list of URLs");
}

/* The keys that bear on signing in, for the nearest name; argocd-cm has many more, so only what is
 * near one of these is taken for a slip. */
static const char *const cm_keys[] = {"url",
                                      "additionalUrls",
                                      "dex.config",
                                      "oidc.config",
                                      "admin.enabled",
                                      "users.anonymous.enabled",
                                      "users.session.duration",
                                      "oidc.tls.insecure.skip.verify",
                                      "exec.enabled",
                                      "statusbadge.enabled",
                                      NULL};

static const char *const rbac_keys[] = {"policy.csv", "policy.default", "policy.matchMode",
                                        "scopes", NULL};

void find_cm_key(struct view *v)
{
    for (struct js_iter it = js_iter(v->cm); js_next(&it);) {
        const char *near = cstr_among(it.key, cm_keys) ? NULL : str_nearest(it.key, cm_keys);
        AUTO(xfree) char *pointer = below("/argocd/cm", it.key);
        if (near != NULL && !cstr_starts(it.key, "url.") && js_get(v->cm, near) == NULL)
            say(v, pointer, "argocd-cm has no key '%s'; did you mean '%s'?", it.key, near);
    }
}

void find_rbac_key(struct view *v)
{
    for (struct js_iter it = js_iter(v->rbac_cm); js_next(&it);) {
        bool overlay = cstr_starts(it.key, "policy.") && str_ends(str_of(it.key), ".csv");
        AUTO(xfree) char *pointer = below("/argocd/rbac_cm", it.key);
        AUTO(xfree) char *hint = near_hint(str_nearest(it.key, rbac_keys));
        if (!overlay && !cstr_among(it.key, rbac_keys))
            say(v, pointer, "argocd-rbac-cm has no key '%s'%s", it.key, hint);
    }
}

void find_anonymous(struct view *v)
{
    if (cstr_eq(js_get_text(v->cm, "users.anonymous.enabled"), "true"))
        say(v, "/argocd/cm/users.anonymous.enabled",
            "anyone is let in without signing in, with the rights of policy.default");
}

void find_admin_enabled(struct view *v)
{
    const char *value = js_get_text(v->cm, "admin.enabled");
    if (has_sso(v) && cstr_eq(value, "true"))
        say(v, "/argocd/cm/admin.enabled", "the local admin stays beside single sign-on");
}

void find_oidc_skip_verify(struct view *v)
{
    if (cstr_eq(js_get_text(v->cm, "oidc.tls.insecure.skip.verify"), "true"))
        say(v, "/argocd/cm/oidc.tls.insecure.skip.verify",
            "Argo CD does not look at the provider's certificate");
}

void find_both(struct view *v)
{
    if (js_is(v->oidc, JS_OBJECT) && js_len(v->connectors) > 0)
        say(v, "/argocd/cm/oidc.config", "both oidc.config and dex.config are set");
}

void find_dex_tls(struct view *v)
{
    const char *plain = js_get_text(v->params, "server.dex.server.plaintext");
    const char *off = js_get_text(v->params, "dexserver.disable.tls");
    const char *address = js_get_text(v->params, "server.dex.server");
    bool asks_plain = cstr_eq(plain, "true") || cstr_starts(address, "http://");
    if (v->params == NULL || asks_plain == cstr_eq(off, "true"))
        return;
    say(v,
        asks_plain ? "/argocd/cmd_params_cm/server.dex.server.plaintext"
                   : "/argocd/cmd_params_cm/dexserver.disable.tls",
        asks_plain ? "argocd-server asks Dex in plain http, and Dex serves TLS"
                   : "Dex serves plain http, and argocd-server asks it over TLS");
}

void find_replicas(struct view *v)
{
    const struct js *n = js_path(v->doc, "dex", "replicas", NULL);
    int64_t count = 0;
    if (js_text(n) != NULL && str_to_i64(str_of(js_text(n)), 0, 1000, &count) == 0 && count > 1)
        say(v, "/dex/replicas", "%d replicas of Dex, each with keys and codes of its own",
            (int)count);
}

/* Values that somebody was to fill in. */
static bool is_placeholder(const char *text)
{
    struct str t = str_trim(str_of(text));
    return (str_starts(t, "<") && str_ends(t, ">")) || (str_starts(t, "{{") && str_ends(t, "}}")) ||
           (str_starts(t, "${") && str_ends(t, "}"));
}

static void placeholders(struct view *v, const struct js *value, const char *pointer)
{
    const char *text = js_text(value);
    const char *open = text != NULL ? strchr(text, '<') : NULL;
    if (text != NULL && (is_placeholder(text) ||
                         (cstr_starts(text, "http") && open != NULL && strchr(open, '>') != NULL)))
        say(v, pointer, "'%s' is a placeholder", text);
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        AUTO(xfree) char *one = xasprintf("%s/%zu", pointer, i);
        placeholders(v, js_at(value, i), one);
    }
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *one = below(pointer, it.key);
        placeholders(v, it.value, one);
    }
}

void find_placeholder(struct view *v)
{
    for (size_t i = 0; i < v->clients_len; i++)
        placeholders(v, v->clients[i].config, v->clients[i].pointer);
    if (v->url != NULL)
        placeholders(v, js_get(v->cm, "url"), "/argocd/cm/url");
}
