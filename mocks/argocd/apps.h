/*
 * The Applications in the cluster: those of the setup at first, and what callers with the right to
 * it make of them. Behind the mock's lock; callers get copies.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/data/json.h"
#include "harness/setup/setup.h"
#include "mocks/argocd/argocd.h"

/* Beyond those of the setup. */
#define APPS_MAX 1000

struct app {
    char *name;
    char *namespace;
    char *project;
    struct js *spec; /* as a caller wrote it, or NULL: an example's */
};

/* Reads them from the setup, when it is the first or has others than the one before. */
void apps_load(struct mock *m, const struct setup *before, const struct setup *setup);
void apps_unload(struct mock *m);

/* A copy of one; false when there is none. */
bool apps_find(struct mock *m, const char *namespace, const char *name, struct app *ret);
/* Copies of all in a vec of struct app *, by name. */
void apps_all(struct mock *m, struct vec *ret);
void apps_free_all(struct vec *apps);
/* Stores one in the place of another of its name and namespace, or as a new one; false: there are
 * too many. */
bool apps_put(struct mock *m, const struct app *app);
void apps_remove(struct mock *m, const char *namespace, const char *name);

void app_deinit(struct app *a);
/* Its object for the policy; caller frees. */
char *app_object(const struct app *a);
/* As the API shows it; caller frees. */
struct js *app_json(const struct app *a);
DEFINE_AUTO_VALUE(struct app, app_deinit)
DEFINE_AUTO_VALUE(struct vec, apps_free_all)

/* ---- for endpoints: app_access.c ---- */

struct call;

/* Which application a caller means. */
struct app_wanted {
    const char *name;
    const char *namespace; /* "" = the server's own */
    const char *project;   /* "" = not said */
};

/* getAppEnforceRBAC: the application on which the caller may do this, or false after the answer.
 * What is missing looks like what is forbidden, unless the project was named and may be read (4.7).
 */
bool app_access(struct call *c, const char *action, const struct app_wanted *w, struct app *ret);
/* By the first argument and the query. */
struct app_wanted app_wanted(const struct call *c);
