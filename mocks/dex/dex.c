/*
 * The mock Dex as a whole: start, routes, key rotation, restart. A `struct dex` is one run of the
 * process; the mock owns the present ones, one a replica, and swaps them on a restart while no
 * request is inside. Replicas share nothing, as pods with memory storage do; requests go to them in
 * turn.
 */
#include "mocks/dex/dex.h"

#include <stdatomic.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/wire.h"
#include "mocks/dex/dex_int.h"

#define WORKERS 4

struct mock {
    struct mock_env env;
    pthread_rwlock_t lock; /* read: a request is inside; write: restart */
    struct dex **runs;     /* one a replica */
    size_t replicas;
    atomic_size_t turn; /* requests so far */
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
    {"/device", dex_handle_device, false},
    {"/device/code", dex_handle_device_code, false},
    {"/device/auth/verify_code", dex_handle_device_verify, false},
    {"/device/token", dex_handle_device_token, false},
    {"/device/callback", dex_handle_device_callback, true},
    {"/static/*", dex_handle_static, false},
    {"/theme/*", dex_handle_theme, false},
    {"/healthz", dex_handle_healthz, false},
    {"/robots.txt", dex_handle_robots, false},
    {"", dex_handle_root, false},
    {NULL, NULL, false},
};

/* The next in turn of those that run; one that is down gets no requests. */
struct dex *dex_enter(void *ctx)
{
    struct mock *m = ctx;
    pthread_rwlock_rdlock(&m->lock);
    size_t turn = atomic_fetch_add(&m->turn, 1);
    for (size_t i = 0; i < m->replicas; i++) {
        struct dex *d = m->runs[(turn + i) % m->replicas];
        if (d->down == NULL)
            return d;
    }
    return m->runs[0];
}

struct dex *const *dex_enter_all(struct mock *m, size_t *ret_len)
{
    pthread_rwlock_rdlock(&m->lock);
    *ret_len = m->replicas;
    return m->runs;
}

void dex_leave_all(struct mock *m)
{
    pthread_rwlock_unlock(&m->lock);
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

/* Not the logger's: `dex serve` and argocd-dex end with a text on stderr. */
static void go_down(struct dex *d, const char *reason)
{
    dex_log_plain(d, "ERROR", reason);
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
    if (dex_config_read(d, js_path(setup->doc, "dex", "env", NULL), &err) != 0 ||
        dex_connectors_open(d, &err) != 0) {
        go_down(d, err.msg);
        return;
    }
    /* The document is built before the first key exists (dex.md 2.7). */
    if (dex_quirk(d, DEX_QUIRK_START_ERROR))
        dex_log(d, NULL, DEX_LINE_START_ALG, DEX_FIELDS({"err", "no signing key found"}));
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

static struct dex **runs_new(struct mock *m, const struct setup *setup, size_t n)
{
    struct dex **runs = xcalloc(n, sizeof *runs);
    for (size_t i = 0; i < n; i++)
        runs[i] = run_new(m, setup);
    return runs;
}

static void runs_free(struct dex **runs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        run_free(runs[i]);
    xfree(runs);
}

static size_t replicas_of(const struct setup *setup)
{
    return setup->dex_replicas > 0 ? (size_t)setup->dex_replicas : 1;
}

/* ---- the mock ---- */

static void make_routes(struct mock *m)
{
    size_t n = sizeof routes / sizeof routes[0];
    const char *path = m->runs[0]->config.path;
    m->path = xstrdup(path != NULL ? path : "/api/dex");
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
    m->replicas = replicas_of(env->setup);
    m->runs = runs_new(m, env->setup, m->replicas);
    make_routes(m);
    return m;
}

const char *dex_mock_down(const struct mock *m)
{
    for (size_t i = 0; i < m->replicas; i++) {
        if (m->runs[i]->down == NULL)
            return NULL;
    }
    return m->runs[0]->down;
}

/* Each request has a UUID, which its log lines carry since 2.41. */
static void begin(void *ctx, struct http_request *req)
{
    const struct mock *m = ctx;
    uint8_t u[16];
    rnd_fill(m->env.rnd, DEX_PARTY, "request-id", u, sizeof u);
    u[6] = (uint8_t)((u[6] & 0x0f) | 0x40);
    u[8] = (uint8_t)((u[8] & 0x3f) | 0x80);
    AUTO(xfree) char *hex = hex_encode(u, sizeof u);
    req->id = xasprintf("%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void finish(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    size_t n = 0;
    const struct params *headers = &dex_enter_all(m, &n)[0]->config.headers;
    for (size_t i = 0; i < headers->len; i++)
        params_set_ci(&resp->headers, headers->items[i].name, headers->items[i].value);
    dex_leave_all(m);
    wire_play(&m->env, DEX_PARTY, req, resp);
}

void dex_mock_site(struct mock *m, struct http_site *ret)
{
    ret->name = DEX_PARTY;
    ret->routes = m->routes;
    ret->fallback = dex_handle_not_found;
    ret->begin = begin;
    ret->finish = finish;
    ret->ctx = m;
    ret->workers = WORKERS;
    ret->clock = m->env.clock;
}

struct mock *dex_mock_free(struct mock *m)
{
    if (m == NULL)
        return NULL;
    runs_free(m->runs, m->replicas);
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
    const char *down = dex_mock_down(m);
    size_t n = 0;
    if (down != NULL)
        return err_set(err, ERR_USAGE, "dex is down, it has no keys to rotate: %s", down);
    struct dex *const *runs = dex_enter_all(m, &n);
    for (size_t i = 0; i < n; i++) {
        if (runs[i]->down == NULL)
            dex_keys_rotate(runs[i]);
    }
    dex_leave_all(m);
    return 0;
}

int dex_mock_restart(struct mock *m, const struct setup *setup, struct err *err)
{
    size_t n = replicas_of(setup);
    m->env.setup = setup;
    struct dex **fresh = runs_new(m, setup, n);
    const char *path = fresh[0]->config.path;
    if (path != NULL && !cstr_eq(path, m->path)) {
        err_set(err, ERR_USAGE, "dex cannot move from '%s' to '%s' while it is being served",
                m->path, path);
        runs_free(fresh, n);
        return -1;
    }
    pthread_rwlock_wrlock(&m->lock);
    struct dex **old = m->runs;
    size_t old_n = m->replicas;
    m->runs = fresh;
    m->replicas = n;
    pthread_rwlock_unlock(&m->lock);
    runs_free(old, old_n);
    return 0;
}
