/*
 * Applications, projects and what else lies in Argo CD's namespace: what the setup says, or a few
 * examples where it says nothing, so that the API has something to show and to guard.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/setup_int.h"

#define NAMESPACE "argocd"
#define DEFAULT_PROJECT "default"

/* ---- what there is without a word of the setup ---- */

static const struct setup_app example_applications[] = {
    {"guestbook", NAMESPACE, DEFAULT_PROJECT},
    {"helm-guestbook", NAMESPACE, DEFAULT_PROJECT},
    {"web", NAMESPACE, "team-a"},
};

static const struct setup_app example_applicationsets[] = {
    {"guestbooks", NAMESPACE, DEFAULT_PROJECT},
};

/* Argo CD always knows the cluster it runs in. */
static const struct setup_place example_clusters[] = {
    {"in-cluster", "https://kubernetes.default.svc", ""},
};

static const struct setup_place example_repositories[] = {
    {"examples", "https://github.com/argoproj/argocd-example-apps.git", ""},
};

/* Of the hosts whose keys an installation comes with. */
static const char *const example_certificates[] = {"bitbucket.org", "github.com", "gitlab.com",
                                                   NULL};

static const struct js *section(const struct building *b, const char *name)
{
    return js_path(b->owner->doc, "argocd", name, NULL);
}

/* Members of a map that is there: a null takes one out. */
static size_t count(const struct js *map)
{
    size_t n = 0;
    for (struct js_iter it = js_iter(map); js_next(&it);)
        n += js_is(it.value, JS_NULL) ? 0 : 1;
    return n;
}

/* ---- applications and their sets ---- */

static const struct setup_app *read_apps(struct building *b, const struct js *map, size_t *ret_len)
{
    struct setup_app *apps = arena_alloc(b->owner->arena, (count(map) + 1) * sizeof *apps);
    size_t n = 0;
    for (struct js_iter it = js_iter(map); js_next(&it);) {
        if (js_is(it.value, JS_NULL))
            continue;
        apps[n++] = (struct setup_app){
            .name = build_text(b, it.value, "name", it.key),
            .namespace = build_text(b, it.value, "namespace", NAMESPACE),
            .project = build_text(b, it.value, "project", DEFAULT_PROJECT),
        };
    }
    *ret_len = n;
    return apps;
}

static void build_apps(struct building *b, struct setup_inventory *inv)
{
    const struct js *apps = section(b, "applications");
    const struct js *sets = section(b, "applicationsets");
    inv->applications = example_applications;
    inv->applications_len = sizeof example_applications / sizeof *example_applications;
    inv->applicationsets = example_applicationsets;
    inv->applicationsets_len = sizeof example_applicationsets / sizeof *example_applicationsets;
    if (js_is(apps, JS_OBJECT))
        inv->applications = read_apps(b, apps, &inv->applications_len);
    if (js_is(sets, JS_OBJECT))
        inv->applicationsets = read_apps(b, sets, &inv->applicationsets_len);
}

/* ---- projects ---- */

static int64_t seconds(const struct js *token, const char *key)
{
    int64_t n = 0;
    if (js_get_number(token, key, &n) != 0 &&
        str_to_i64(str_of(js_get_text(token, key)), 0, INT64_MAX, &n) != 0)
        return 0;
    return n;
}

static const char *const *read_texts(struct building *b, const struct js *list)
{
    return build_texts(b, js_is(list, JS_ARRAY) ? list : NULL);
}

static size_t count_tokens(const struct js *roles)
{
    size_t n = 0;
    for (struct js_iter it = js_iter(roles); js_next(&it);)
        n += count(js_get(it.value, "tokens"));
    return n;
}

static void read_tokens(const char *role, const struct js *map, struct arena *arena,
                        struct setup_token *to, size_t *len)
{
    for (struct js_iter it = js_iter(map); js_next(&it);) {
        if (js_is(it.value, JS_NULL))
            continue;
        to[(*len)++] = (struct setup_token){
            .role = role,
            .id = arena_strdup(arena, it.key),
            .iat_s = seconds(it.value, "iat"),
            .exp_s = seconds(it.value, "exp"),
        };
    }
}

static void read_project(struct building *b, const char *name, const struct js *from,
                         struct setup_project *ret)
{
    struct arena *arena = b->owner->arena;
    const struct js *map = js_get(from, "roles");
    struct rbac_role *roles = arena_alloc(arena, (count(map) + 1) * sizeof *roles);
    struct setup_token *tokens = arena_alloc(arena, (count_tokens(map) + 1) * sizeof *tokens);
    *ret = (struct setup_project){
        .description = build_text(b, from, "description", ""),
        .spec = {.name = arena_strdup(arena, name), .roles = roles},
        .tokens = tokens,
    };
    for (struct js_iter it = js_iter(map); js_next(&it);) {
        if (js_is(it.value, JS_NULL))
            continue;
        struct rbac_role *r = &roles[ret->spec.roles_len++];
        *r = (struct rbac_role){
            .name = arena_strdup(arena, it.key),
            .policies = read_texts(b, js_get(it.value, "policies")),
            .groups = read_texts(b, js_get(it.value, "groups")),
        };
        read_tokens(r->name, js_get(it.value, "tokens"), arena, tokens, &ret->tokens_len);
    }
}

static bool knows(const struct setup_project *projects, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(projects[i].spec.name, name) == 0)
            return true;
    return false;
}

static void add_bare(struct building *b, struct setup_project *projects, size_t *len,
                     const char *name)
{
    if (!knows(projects, *len, name))
        read_project(b, name, NULL, &projects[(*len)++]);
}

/* The setup's; without a word those that the applications name. "default" is always there. */
static void build_projects(struct building *b, struct setup_inventory *inv)
{
    const struct js *map = section(b, "projects");
    size_t room = count(map) + inv->applications_len + inv->applicationsets_len + 1;
    struct setup_project *projects = arena_alloc(b->owner->arena, room * sizeof *projects);
    size_t len = 0;
    for (struct js_iter it = js_iter(map); js_next(&it);)
        if (!js_is(it.value, JS_NULL))
            read_project(b, it.key, it.value, &projects[len++]);
    add_bare(b, projects, &len, DEFAULT_PROJECT);
    for (size_t i = 0; !js_is(map, JS_OBJECT) && i < inv->applications_len; i++)
        add_bare(b, projects, &len, inv->applications[i].project);
    for (size_t i = 0; !js_is(map, JS_OBJECT) && i < inv->applicationsets_len; i++)
        add_bare(b, projects, &len, inv->applicationsets[i].project);
    inv->projects = projects;
    inv->projects_len = len;
}

/* What Argo CD would have refused, had it come by its API. A manifest that was applied stays. */
static void warn_projects(struct building *b, const struct setup_inventory *inv)
{
    for (size_t i = 0; i < inv->projects_len; i++) {
        struct err why = {0};
        if (rbac_project_check(&inv->projects[i].spec, &why) != 0)
            strlist_take(&b->warnings, xasprintf("project '%s': Argo CD would refuse it: %s",
                                                 inv->projects[i].spec.name, why.msg));
    }
}

/* ---- clusters and repositories ---- */

static const struct setup_place *read_places(struct building *b, const struct js *map,
                                             const char *url_key, size_t *ret_len)
{
    struct setup_place *places = arena_alloc(b->owner->arena, (count(map) + 1) * sizeof *places);
    size_t n = 0;
    for (struct js_iter it = js_iter(map); js_next(&it);) {
        if (js_is(it.value, JS_NULL))
            continue;
        places[n++] = (struct setup_place){
            .name = arena_strdup(b->owner->arena, it.key),
            .url = build_text(b, it.value, url_key, ""),
            .project = build_text(b, it.value, "project", ""),
        };
    }
    *ret_len = n;
    return places;
}

static void build_places(struct building *b, struct setup_inventory *inv)
{
    const struct js *clusters = section(b, "clusters");
    const struct js *repositories = section(b, "repositories");
    inv->clusters = example_clusters;
    inv->clusters_len = sizeof example_clusters / sizeof *example_clusters;
    inv->repositories = example_repositories;
    inv->repositories_len = sizeof example_repositories / sizeof *example_repositories;
    if (js_is(clusters, JS_OBJECT))
        inv->clusters = read_places(b, clusters, "server", &inv->clusters_len);
    if (js_is(repositories, JS_OBJECT))
        inv->repositories = read_places(b, repositories, "url", &inv->repositories_len);
}

void inventory_build(struct building *b)
{
    struct setup_inventory *inv = arena_alloc(b->owner->arena, sizeof *inv);
    const struct js *certificates = section(b, "certificates");
    *inv = (struct setup_inventory){0};
    build_apps(b, inv);
    build_projects(b, inv);
    warn_projects(b, inv);
    build_places(b, inv);
    inv->certificates =
        js_is(certificates, JS_ARRAY) ? build_texts(b, certificates) : example_certificates;
    inv->gpgkeys = read_texts(b, section(b, "gpgkeys"));
    b->owner->pub.argocd.inventory = inv;
}
