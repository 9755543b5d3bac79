/*
 * The mock Dex as a whole: start, routes, key rotation, restart. A `struct dex` is one run of the
 * process; the mock owns the present one and swaps it on a restart while no request is inside.
 */
#include "mocks/dex/dex.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/wire.h"
#include "mocks/dex/dex_int.h"

#define WORKERS 4

struct mock {
    struct mock_env env;
    pthread_rwlock_t lock; /* read: a request is inside; write: restart */
    struct dex *now;
    unsigned keys_made;
    char *path; /* of the issuer, in the routes */
    struct http_route *routes;
};

struct route {
    const char *path; /* below the issuer's path */
    http_handler handler;
    bool slow;
};

/* gorilla/mux: exact paths, any method (dex.md 2). */
static const struct route routes[] = {
    {"/.well-known/openid-configuration", dex_handle_discovery, false},
    {"/keys", dex_handle_keys, false},
    {"/token", dex_handle_token, true},
    {"/token/introspect", dex_handle_introspect, true},
    {"/userinfo", dex_handle_userinfo, true},
    {"/auth", dex_handle_auth, false},
    {"/auth/{}", dex_handle_connector, true}, /* opens a connector that is broken */
    {"/auth/{}/login", dex_handle_connector_login, false},
    {"/callback", dex_handle_callback, true},
    {"/callback/{}", dex_handle_callback, true},
    {"/approval", dex_handle_approval, false},
    {"/healthz", dex_handle_healthz, false},
    {"/robots.txt", dex_handle_robots, false},
    {"", dex_handle_root, false},
    {NULL, NULL, false},
};

struct dex *dex_enter(void *ctx)
{
    struct mock *m = ctx;
    pthread_rwlock_rdlock(&m->lock);
    return m->now;
}

void dex_leave(struct dex **d)
{
    pthread_rwlock_unlock(&(*d)->mock->lock);
}

/* ---- one run of the process ---- */

static struct dex *run_free(struct dex *d)
{
    if (d == NULL)
        return NULL;
    dex_connectors_deinit(d);
    dex_config_deinit(&d->config);
    dex_keys_deinit(d);
    dex_store_free(d->store);
    params_deinit(&d->styles);
    js_free(d->doc);
    xfree(d->down);
    xfree(d->discovery);
    pthread_mutex_destroy(&d->lock);
    return xfree(d);
}

static void go_down(struct dex *d, const char *reason)
{
    trace_log(d->env->trace, DEX_PARTY, "ERROR", "%s", reason);
    d->down = xstrdup(reason);
}

static void start(struct dex *d, const struct setup *setup)
{
    struct err err = {0};
    if (quirks_resolve(quirks_dex, setup->dex_version, setup->dex_quirks, "dex.quirks", d->quirks,
                       &err) != 0) {
        go_down(d, err.msg);
        return;
    }
    if (setup->argocd.dex_error != NULL) {
        go_down(d, setup->argocd.dex_error);
        return;
    }
    if (setup->argocd.dex_generated == NULL) {
        go_down(d, "dex is not configured");
        return;
    }
    d->doc = js_dup(setup->argocd.dex_generated);
    if (dex_config_read(d->doc, &d->config, &err) != 0 || dex_connectors_open(d, &err) != 0) {
        go_down(d, err.msg);
        return;
    }
    /* The document is built before the first key exists (dex.md 2.7). */
    trace_log(d->env->trace, DEX_PARTY, "ERROR",
              "failed to get signing algorithm err=no signing key found");
    dex_discovery_build(d);
    dex_keys_init(d);
}

static void tell_eviction(void *ctx, const char *what, size_t max, size_t n)
{
    const struct dex *d = ctx;
    mock_tell_eviction(d->env, DEX_PARTY, what, max, n);
}

static struct dex *run_new(struct mock *m, const struct setup *setup)
{
    struct dex *d = xcalloc(1, sizeof *d);
    d->mock = m;
    d->env = &m->env;
    d->keys_made = &m->keys_made;
    d->store = dex_store_new(m->env.clock);
    dex_store_watch(d->store, tell_eviction, d);
    pthread_mutex_init(&d->lock, NULL);
    start(d, setup);
    return d;
}

/* ---- the mock ---- */

static void make_routes(struct mock *m)
{
    size_t n = sizeof routes / sizeof routes[0];
    m->path = xstrdup(m->now->config.path != NULL ? m->now->config.path : "/api/dex");
    m->routes = xcalloc(n, sizeof *m->routes);
    for (size_t i = 0; routes[i].path != NULL; i++) {
        m->routes[i] = (struct http_route){
            .path = xasprintf("%s%s", m->path, routes[i].path),
            .handler = routes[i].handler,
            .slow = routes[i].slow,
        };
    }
}

struct mock *dex_mock_new(const struct mock_env *env, struct err *err)
{
    struct mock *m = xcalloc(1, sizeof *m);
    (void)err;
    m->env = *env;
    pthread_rwlock_init(&m->lock, NULL);
    m->now = run_new(m, env->setup);
    make_routes(m);
    return m;
}

const char *dex_mock_down(const struct mock *m)
{
    return m->now->down;
}

static void finish(void *ctx, const struct http_request *req, struct http_response *resp)
{
    const struct mock *m = ctx;
    wire_play(&m->env, DEX_PARTY, req, resp);
}

void dex_mock_site(struct mock *m, struct http_site *ret)
{
    ret->name = DEX_PARTY;
    ret->routes = m->routes;
    ret->fallback = dex_handle_not_found;
    ret->finish = finish;
    ret->ctx = m;
    ret->workers = WORKERS;
    ret->clock = m->env.clock;
}

struct mock *dex_mock_free(struct mock *m)
{
    if (m == NULL)
        return NULL;
    run_free(m->now);
    for (struct http_route *r = m->routes; r->path != NULL; r++) {
        char *path = NULL;
        memcpy(&path, &r->path, sizeof path); /* ours, const only towards the server */
        xfree(path);
    }
    xfree(m->routes);
    xfree(m->path);
    pthread_rwlock_destroy(&m->lock);
    return xfree(m);
}

int dex_mock_rotate(struct mock *m, struct err *err)
{
    AUTO(dex_leave) struct dex *d = dex_enter(m);
    if (d->down != NULL)
        return err_set(err, ERR_USAGE, "dex is down, it has no keys to rotate: %s", d->down);
    dex_keys_rotate(d);
    return 0;
}

int dex_mock_restart(struct mock *m, const struct setup *setup, struct err *err)
{
    m->env.setup = setup;
    struct dex *fresh = run_new(m, setup);
    if (fresh->config.path != NULL && !cstr_eq(fresh->config.path, m->path)) {
        err_set(err, ERR_USAGE, "dex cannot move from '%s' to '%s' while it is being served",
                m->path, fresh->config.path);
        run_free(fresh);
        return -1;
    }
    pthread_rwlock_wrlock(&m->lock);
    struct dex *old = m->now;
    m->now = fresh;
    pthread_rwlock_unlock(&m->lock);
    run_free(old);
    return 0;
}
