/*
 * Keeping applications and showing them. Knows nothing of who may see what.
 */
#include "mocks/argocd/apps.h"

#include <stdlib.h>
#include <string.h>

#include "mocks/argocd/authz.h"
#include "mocks/argocd/server.h"

static struct app app_of(const char *name, const char *namespace, const char *project,
                         const struct js *spec)
{
    return (struct app){
        .name = xstrdup(name),
        .namespace = xstrdup(namespace),
        .project = xstrdup(project),
        .spec = spec != NULL ? js_dup(spec) : NULL,
    };
}

static struct app *app_new(const char *name, const char *namespace, const char *project,
                           const struct js *spec)
{
    struct app *a = xcalloc(1, sizeof *a);
    *a = app_of(name, namespace, project, spec);
    return a;
}

void app_deinit(struct app *a)
{
    xfree(a->name);
    xfree(a->namespace);
    xfree(a->project);
    js_free(a->spec);
    *a = (struct app){0};
}

static struct app *app_free(struct app *a)
{
    if (a == NULL)
        return NULL;
    app_deinit(a);
    return xfree(a);
}

void apps_free_all(struct vec *apps)
{
    for (size_t i = 0; i < apps->len; i++)
        app_free(apps->items[i]);
    vec_deinit(apps);
}

/* ---- the store; the lock is held ---- */

static size_t find(const struct mock *m, const char *namespace, const char *name)
{
    size_t i = 0;
    while (i < m->apps.len) {
        const struct app *a = m->apps.items[i];
        if (strcmp(a->namespace, namespace) == 0 && strcmp(a->name, name) == 0)
            break;
        i++;
    }
    return i;
}

static bool same_apps(const struct setup *before, const struct setup *setup)
{
    return js_equal(js_path(before->doc, "argocd", "applications", NULL),
                    js_path(setup->doc, "argocd", "applications", NULL));
}

void apps_load(struct mock *m, const struct setup *before, const struct setup *setup)
{
    const struct setup_inventory *inv = setup->argocd.inventory;
    pthread_mutex_lock(&m->lock);
    if (before == NULL || !same_apps(before, setup)) {
        apps_free_all(&m->apps);
        m->apps = (struct vec){0};
        for (size_t i = 0; i < inv->applications_len; i++) {
            const struct setup_app *a = &inv->applications[i];
            vec_push(&m->apps, app_new(a->name, a->namespace, a->project, NULL));
        }
    }
    pthread_mutex_unlock(&m->lock);
}

void apps_unload(struct mock *m)
{
    apps_free_all(&m->apps);
}

bool apps_find(struct mock *m, const char *namespace, const char *name, struct app *ret)
{
    pthread_mutex_lock(&m->lock);
    size_t i = find(m, namespace, name);
    bool found = i < m->apps.len;
    if (found) {
        const struct app *a = m->apps.items[i];
        *ret = app_of(a->name, a->namespace, a->project, a->spec);
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

static int by_name(const void *a, const void *b)
{
    const struct app *const *left = a;
    const struct app *const *right = b;
    int names = strcmp((*left)->name, (*right)->name);
    return names != 0 ? names : strcmp((*left)->namespace, (*right)->namespace);
}

void apps_all(struct mock *m, struct vec *ret)
{
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->apps.len; i++) {
        const struct app *a = m->apps.items[i];
        vec_push(ret, app_new(a->name, a->namespace, a->project, a->spec));
    }
    pthread_mutex_unlock(&m->lock);
    if (ret->len > 0)
        qsort(ret->items, ret->len, sizeof *ret->items, by_name);
}

bool apps_put(struct mock *m, const struct app *app)
{
    pthread_mutex_lock(&m->lock);
    size_t i = find(m, app->namespace, app->name);
    bool room =
        i < m->apps.len || m->apps.len < m->setup->argocd.inventory->applications_len + APPS_MAX;
    if (room) {
        struct app *fresh = app_new(app->name, app->namespace, app->project, app->spec);
        if (i < m->apps.len) {
            app_free(m->apps.items[i]);
            m->apps.items[i] = fresh;
        } else {
            vec_push(&m->apps, fresh);
        }
    }
    pthread_mutex_unlock(&m->lock);
    return room;
}

void apps_remove(struct mock *m, const char *namespace, const char *name)
{
    pthread_mutex_lock(&m->lock);
    size_t i = find(m, namespace, name);
    if (i < m->apps.len) {
        app_free(m->apps.items[i]);
        m->apps.items[i] = m->apps.items[--m->apps.len];
    }
    pthread_mutex_unlock(&m->lock);
}

/* ---- showing ---- */

char *app_object(const struct app *a)
{
    return authz_object(a->project, a->namespace, a->name);
}

static struct js *example_spec(const struct app *a)
{
    struct js *source = js_object();
    struct js *destination = js_object();
    struct js *spec = js_object();
    js_set_text(source, "repoURL", "https://github.com/argoproj/argocd-example-apps.git");
    js_set_text(source, "path", a->name);
    js_set_text(source, "targetRevision", "HEAD");
    js_set_text(destination, "server", "https://kubernetes.default.svc");
    js_set_text(destination, "namespace", a->name);
    js_set(spec, "source", source);
    js_set(spec, "destination", destination);
    js_set_text(spec, "project", a->project);
    return spec;
}

struct js *app_json(const struct app *a)
{
    struct js *meta = js_object();
    struct js *app = js_object();
    js_set_text(meta, "name", a->name);
    js_set_text(meta, "namespace", a->namespace);
    js_set(app, "metadata", meta);
    js_set(app, "spec", a->spec != NULL ? js_dup(a->spec) : example_spec(a));
    js_set(app, "status", js_object());
    return app;
}
