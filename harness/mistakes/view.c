/*
 * The document's parts under names, and mistakes with their places.
 */
#include "harness/mistakes/view.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/csv.h"
#include "harness/data/yaml.h"

char *near_hint(const char *near)
{
    return near != NULL ? xasprintf("; did you mean '%s'?", near) : xstrdup("");
}

char *below(const char *pointer, const char *key)
{
    return places_below(pointer, key);
}

bool js_list_has(const struct js *list, const char *text)
{
    for (size_t i = 0; i < js_len(list); i++) {
        if (cstr_eq(js_text(js_at(list, i)), text))
            return true;
    }
    return false;
}

/* ---- the policy ---- */

static void add_line(struct view *v, const char *key, int number, struct str text)
{
    struct policy_line *l = &v->lines[v->lines_len++];
    struct err err = {0};
    *l = (struct policy_line){.key = key, .line = number, .text = xstrndup(text.ptr, text.len)};
    if (csv_parse_record(text, &l->fields, &err) != 0)
        l->problem = xstrdup(err.msg);
}

/* Empty lines and comments are none (argocd.md 5.3). */
static void add_lines(struct view *v, const char *key, const char *policy)
{
    struct str rest = str_of(policy);
    struct str line = {0};
    for (int number = 1; str_next(&rest, '\n', &line); number++) {
        struct str text = str_trim(line);
        if (text.len > 0 && text.ptr[0] != '#')
            add_line(v, key, number, text);
    }
}

static bool is_policy(const char *key)
{
    return cstr_starts(key, "policy.") && str_ends(str_of(key), ".csv");
}

static void read_policy(struct view *v)
{
    size_t most = 0;
    for (struct js_iter it = js_iter(v->rbac_cm); js_next(&it);) {
        const char *text = is_policy(it.key) ? js_text(it.value) : NULL;
        for (const char *p = text; p != NULL && *p != '\0'; p++)
            most += *p == '\n' ? 1 : 0;
        most += text != NULL ? 1 : 0;
    }
    v->lines = xcalloc(most + 1, sizeof *v->lines);
    for (struct js_iter it = js_iter(v->rbac_cm); js_next(&it);) {
        if (is_policy(it.key) && js_text(it.value) != NULL)
            add_lines(v, it.key, js_text(it.value));
    }
}

/* ---- who asks authentik ---- */

/* Where there are several oidc connectors, those that look like authentik's; a single one is. */
static bool is_authentik(size_t oidc, const struct js *connector)
{
    const char *issuer = js_text(js_path(connector, "config", "issuer", NULL));
    return cstr_eq(js_get_text(connector, "type"), "oidc") &&
           (oidc == 1 || (issuer != NULL && cstr_contains(issuer, "/application/o/")));
}

static void add_client(struct view *v, const struct js *config, char *take_pointer, bool direct)
{
    v->clients = xrealloc(v->clients, (v->clients_len + 1) * sizeof *v->clients);
    v->clients[v->clients_len++] = (struct client){config, take_pointer, direct};
}

static void read_clients(struct view *v)
{
    const char *text = js_get_text(v->cm, "oidc.config");
    size_t oidc = 0;
    for (struct js_iter it = js_iter(v->connectors); js_next(&it);)
        oidc += cstr_eq(js_get_text(it.value, "type"), "oidc") ? 1 : 0;
    for (struct js_iter it = js_iter(v->connectors);
         js_is(v->connectors, JS_OBJECT) && js_next(&it);) {
        if (!is_authentik(oidc, it.value) || !js_is(js_get(it.value, "config"), JS_OBJECT))
            continue;
        AUTO(xfree) char *pointer = below("/dex/connectors", it.key);
        add_client(v, js_get(it.value, "config"), xasprintf("%s/config", pointer), false);
    }
    if (text != NULL &&
        yaml_parse(str_of(text), "oidc.config", 0, YAML_TYPED, &v->oidc, NULL, NULL) != 0)
        v->oidc = NULL;
    if (js_is(v->oidc, JS_OBJECT))
        add_client(v, v->oidc, xstrdup("/argocd/cm/oidc.config"), true);
}

/* "proj:PROJECT:ROLE" of an AppProject; one that is in no file is taken to have it. */
static bool is_of_project(const struct view *v, const char *role)
{
    static const char before[] = "proj:";
    const char *name = cstr_starts(role, before) ? role + strlen(before) : NULL;
    const char *colon = name != NULL ? strchr(name, ':') : NULL;
    if (colon == NULL)
        return false;
    AUTO(xfree) char *project = xstrndup(name, (size_t)(colon - name));
    const struct js *here = js_path(v->doc, "argocd", "projects", project, NULL);
    return here == NULL || js_path(here, "roles", colon + 1, NULL) != NULL;
}

bool view_is_builtin(const char *role)
{
    return strcmp(role, "role:admin") == 0 || strcmp(role, "role:readonly") == 0;
}

static bool has_own_rights(const void *ctx, const char *role)
{
    return view_is_builtin(role) || is_of_project(ctx, role);
}

bool view_has_rights(const struct view *v, const char *role, int steps)
{
    return names_have_rights(v->names, role, steps) || has_own_rights(v, role);
}

void view_init(struct view *v, const struct js *doc, struct places *at, struct mistakes *out)
{
    *v = (struct view){.doc = doc, .at = at, .out = out};
    v->cm = js_path(doc, "argocd", "cm", NULL);
    v->rbac_cm = js_path(doc, "argocd", "rbac_cm", NULL);
    v->secret = js_path(doc, "argocd", "secret", NULL);
    v->params = js_path(doc, "argocd", "cmd_params_cm", NULL);
    v->url = js_get_text(v->cm, "url");
    v->dex_text = js_get_text(v->cm, "dex.config");
    v->connectors = js_path(doc, "dex", "connectors", NULL);
    v->provider = js_path(doc, "authentik", "provider", NULL);
    v->application = js_path(doc, "authentik", "application", NULL);
    v->groups = js_path(doc, "authentik", "groups", NULL);
    read_policy(v);
    read_clients(v);
    v->names = names_new(v->lines, v->lines_len, v->groups, has_own_rights, v);
}

void view_deinit(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        strlist_deinit(&v->lines[i].fields);
        xfree(v->lines[i].text);
        xfree(v->lines[i].problem);
    }
    for (size_t i = 0; i < v->clients_len; i++)
        xfree(v->clients[i].pointer);
    names_free(v->names);
    xfree(v->lines);
    xfree(v->clients);
    js_free(v->oidc);
}

/* ---- saying ---- */

static struct mistake *add(struct view *v, const char *file, int line, int column, char *take_text)
{
    struct mistakes *f = v->out;
    f->items = xrealloc(f->items, (f->len + 1) * sizeof *f->items);
    f->items[f->len] = (struct mistake){
        .rule = v->rule, .file = xstrdup(file), .line = line, .column = column, .text = take_text};
    return &f->items[f->len++];
}

void say_at(struct view *v, const char *file, int line, int column, const char *text)
{
    (void)add(v, file, line, column, xstrdup(text));
}

static char *format(const char *fmt, va_list args)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    buf_vaddf(&b, fmt, args);
    return buf_take(&b);
}

static struct mistake *add_at(struct view *v, const char *pointer, char *take_text)
{
    const struct place *p = places_find(v->at, pointer);
    return p != NULL ? add(v, p->file, p->line, p->column, take_text) : add(v, "", 0, 0, take_text);
}

void say(struct view *v, const char *pointer, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)add_at(v, pointer, format(fmt, args));
    va_end(args);
}

void say_edit(struct view *v, const char *pointer, const char *old_text, const char *new_text,
              const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct mistake *f = add_at(v, pointer, format(fmt, args));
    va_end(args);
    if (places_exact(v->at, pointer) != NULL) /* elsewhere nobody knows what stands there */
        f->edit = (struct edit){xstrdup(old_text), xstrdup(new_text)};
}

void say_line(struct view *v, const struct policy_line *l, const char *part, const char *fmt, ...)
{
    AUTO(xfree) char *pointer = below("/argocd/rbac_cm", l->key);
    const struct place *p = places_exact(v->at, pointer);
    const char *at = part != NULL ? strstr(l->text, part) : NULL;
    int column = at != NULL ? (int)(at - l->text) : 0;
    va_list args;
    va_start(args, fmt);
    char *text = format(fmt, args);
    va_end(args);
    if (p != NULL && p->indent == 0) /* its lines are not the file's */
        (void)add(v, p->file, p->line, p->column, text);
    else if (p != NULL)
        (void)add(v, p->file, p->line + l->line - 1,
                  (l->line == 1 ? p->column : p->indent + 1) + column, text);
    else
        (void)add(v, "", 0, 0, text);
}

/* ---- what several rules ask ---- */

bool view_incomplete(const struct view *v, const char *what)
{
    return js_path(v->doc, "read", "incomplete", what, NULL) != NULL;
}

const char *view_unreadable(const struct view *v, const char *key)
{
    const struct js *all = js_path(v->doc, "read", "unreadable", NULL);
    const char *colon = strchr(key, ':');
    AUTO(xfree)
    char *any = colon != NULL ? xasprintf("%.*s:*", (int)(colon - key), key) : xstrdup("*");
    return js_get_text(all, key) != NULL ? js_get_text(all, key) : js_get_text(all, any);
}

bool view_has_secret(const struct view *v, const char *key)
{
    return js_get(v->secret, key) != NULL || view_unreadable(v, key) != NULL;
}

const char *view_secret(const struct view *v, const char *text)
{
    if (text == NULL || text[0] != '$')
        return text;
    return js_get_text(v->secret, text + 1);
}

char *view_callback(const struct view *v, const struct client *c)
{
    size_t n = v->url != NULL ? strlen(v->url) : 0;
    while (n > 0 && v->url[n - 1] == '/')
        n--;
    return n > 0 ? xasprintf("%.*s%s", (int)n, v->url,
                             c->direct ? "/auth/callback" : "/api/dex/callback")
                 : NULL;
}

char *view_issuer(const struct view *v)
{
    const char *url = js_text(js_path(v->doc, "authentik", "url", NULL));
    const char *slug = js_get_text(v->application, "slug");
    size_t n = url != NULL ? strlen(url) : 0;
    while (n > 0 && url[n - 1] == '/')
        n--;
    if (n == 0)
        return NULL;
    if (cstr_eq(js_get_text(v->provider, "issuer_mode"), "global"))
        return xasprintf("%.*s/", (int)n, url);
    return slug != NULL ? xasprintf("%.*s/application/o/%s/", (int)n, url, slug) : NULL;
}

bool view_is_group_name(const char *name)
{
    return !cstr_starts(name, "role:") && !cstr_starts(name, "proj:") &&
           strchr(name, '@') == NULL && name[0] != '\0';
}

/* Those that an AppProject gives its roles. */
static void add_project_groups(const struct view *v, struct map *seen, struct strlist *ret)
{
    for (struct js_iter p = js_iter(js_path(v->doc, "argocd", "projects", NULL)); js_next(&p);)
        for (struct js_iter r = js_iter(js_get(p.value, "roles")); js_next(&r);) {
            const struct js *groups = js_get(r.value, "groups");
            for (size_t i = 0; i < js_len(groups); i++) {
                const char *name = js_text(js_at(groups, i));
                if (name != NULL && name[0] != '\0' && map_add(seen, name, ret))
                    strlist_add(ret, name);
            }
        }
}

void view_policy_groups(const struct view *v, struct strlist *ret)
{
    AUTO(map_deinit) struct map seen = {0};
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        if (l->fields.len != 3 || strcmp(l->fields.items[0], "g") != 0)
            continue;
        const char *name = l->fields.items[1];
        if (view_is_group_name(name) && map_add(&seen, name, ret))
            strlist_add(ret, name);
    }
    add_project_groups(v, &seen, ret);
}
