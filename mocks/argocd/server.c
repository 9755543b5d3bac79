/*
 * The mock API server as a whole: its life, its routes, its state behind one lock. Knows no
 * endpoint's business.
 */
#include "mocks/argocd/server.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "mocks/argocd/apps.h"
#include "mocks/argocd/gourl.h"
#include "mocks/common/wire.h"

#define WORKERS 4

/* ---- life ---- */

/* What loading the policy leaves in the log: projects left out, roles that nobody defined
 * (5.3, 5.9).
 */
static void log_policy(struct mock *m, const struct setup *setup)
{
    const struct setup_argocd *a = &setup->argocd;
    AUTO(strlist_deinit) struct strlist roles = {0};
    if (a->rbac == NULL)
        return;
    for (size_t i = 0; i < a->inventory->projects_len; i++) {
        const char *name = a->inventory->projects[i].spec.name;
        if (rbac_project_error(a->rbac, name) != NULL)
            trace_log(m->env.trace, "argocd", "error", "Failed to load project '%s' policy", name);
    }
    rbac_undefined_roles(a->rbac, &roles);
    AUTO(xfree) char *all = strlist_join(&roles, ",");
    if (roles.len > 0 && a->quirks[ARGOCD_QUIRK_UNDEFINED_ROLES])
        trace_log(m->env.trace, "argocd", "warning", "user defined roles not found in policies: %s",
                  all);
}

/* What argocd-server reads only when it starts; a setup it cannot start with ends it. */
static void start(struct mock *m, const struct setup *setup)
{
    const struct setup_argocd *a = &setup->argocd;
    const char *fatal = a->dex_error != NULL ? a->dex_error : a->rbac_error;
    struct sso *fresh = sso_new(&m->env, setup);
    trace_secret(m->env.trace, "client-secret", fresh->client_secret);
    apps_load(m, m->setup, setup);
    log_policy(m, setup);
    if (fresh->options.conflict != NULL)
        trace_log(m->env.trace, "argocd", "warning", "%s", fresh->options.conflict);
    if (a->dex_warning != NULL)
        trace_log(m->env.trace, "argocd", "warning", "%s", a->dex_warning);
    if (fatal != NULL)
        trace_log(m->env.trace, "argocd", "fatal", "%s", fatal);
    pthread_mutex_lock(&m->lock);
    struct sso *old = m->sso;
    m->setup = setup;
    m->sso = fresh;
    xfree(m->down);
    m->down = fatal != NULL ? xstrdup(fatal) : NULL;
    pthread_mutex_unlock(&m->lock);
    sso_unref(old);
}

static void make_routes(struct mock *m);

struct mock *argocd_mock_new(const struct mock_env *env, struct err *err)
{
    struct mock *m = xcalloc(1, sizeof(*m));
    m->env = *env;
    pthread_mutex_init(&m->lock, NULL);
    m->failures = js_object();
    m->redis = js_object();
    if (env->client == NULL) {
        err_set(err, ERR_INTERNAL, "argocd needs a client to reach Dex");
        return argocd_mock_free(m);
    }
    start(m, env->setup);
    m->rootpath = xstrdup(m->sso->options.rootpath);
    make_routes(m);
    return m;
}

static void free_routes(struct mock *m)
{
    for (struct http_route *r = m->routes; r != NULL && r->path != NULL; r++) {
        char *path = NULL;
        memcpy(&path, &r->path, sizeof path); /* ours, const only towards the server */
        xfree(path);
    }
    xfree(m->routes);
}

struct mock *argocd_mock_free(struct mock *m)
{
    if (m == NULL)
        return NULL;
    sso_unref(m->sso);
    apps_unload(m);
    free_routes(m);
    xfree(m->rootpath);
    xfree(m->down);
    for (size_t i = 0; i < m->revoked_len; i++)
        xfree(m->revoked[i].id);
    xfree(m->revoked);
    js_free(m->failures);
    js_free(m->redis);
    pthread_mutex_destroy(&m->lock);
    return xfree(m);
}

const char *argocd_mock_down(const struct mock *m)
{
    return m->down;
}

/* The listener knows where everything is served, and stays. */
static int check_rootpath(const struct mock *m, const struct setup *setup, struct err *err)
{
    AUTO(argocd_options_deinit) struct argocd_options o = {0};
    argocd_options_read(setup, &o);
    if (strcmp(o.rootpath, m->rootpath) == 0)
        return 0;
    return err_set(err, ERR_USAGE,
                   "argocd cannot move from '%s/' to '%s/' while it is being served", m->rootpath,
                   o.rootpath);
}

int argocd_mock_restart(struct mock *m, const struct setup *setup, struct err *err)
{
    if (check_rootpath(m, setup, err) != 0)
        return -1;
    start(m, setup);
    return 0;
}

int argocd_mock_change(struct mock *m, const struct setup *setup, struct err *err)
{
    const char *changed = sso_changed(argocd_setup(m), setup);
    if (m->down != NULL) /* the pod tries again by itself */
        return argocd_mock_restart(m, setup, err);
    if (changed != NULL) {
        trace_log(m->env.trace, "argocd", "info", "%s modified. restarting", changed);
        return argocd_mock_restart(m, setup, err);
    }
    /* A policy that does not load is logged, and from then on every enforcement fails (5.3). */
    if (setup->argocd.rbac_error != NULL)
        trace_log(m->env.trace, "argocd", "error", "%s", setup->argocd.rbac_error);
    apps_load(m, argocd_setup(m), setup);
    log_policy(m, setup);
    pthread_mutex_lock(&m->lock);
    m->setup = setup;
    pthread_mutex_unlock(&m->lock);
    return 0;
}

/* ---- state ---- */

const struct setup *argocd_setup(struct mock *m)
{
    pthread_mutex_lock(&m->lock);
    const struct setup *setup = m->setup;
    pthread_mutex_unlock(&m->lock);
    return setup;
}

bool argocd_quirk(struct mock *m, enum argocd_quirk row)
{
    return argocd_setup(m)->argocd.quirks[row];
}

struct sso *argocd_sso(struct mock *m)
{
    pthread_mutex_lock(&m->lock);
    struct sso *sso = sso_ref(m->sso);
    pthread_mutex_unlock(&m->lock);
    return sso;
}

char *argocd_base(struct mock *m)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    const char *path = sso->options.cookie_path;
    return xasprintf("%s%s", path, strcmp(path, "/") != 0 ? "/" : "");
}

const char *argocd_cm(struct mock *m, const char *key)
{
    const char *text = js_get_text(argocd_setup(m)->argocd.cm, key);
    return text != NULL ? text : "";
}

/* Entries whose token has ended make room; the lock is held. */
static void forget_ended(struct mock *m, int64_t now_s)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->revoked_len; i++) {
        if (m->revoked[i].until_s <= now_s)
            xfree(m->revoked[i].id);
        else
            m->revoked[kept++] = m->revoked[i];
    }
    m->revoked_len = kept;
}

void argocd_revoke(struct mock *m, const char *id, int64_t until_s)
{
    int64_t now_s = clock_now_s(m->env.clock);
    pthread_mutex_lock(&m->lock);
    forget_ended(m, now_s);
    if (m->revoked_len == REVOKED_MAX) /* the oldest goes */
        m->revoked[0].until_s = now_s;
    forget_ended(m, now_s);
    m->revoked = xrealloc(m->revoked, (m->revoked_len + 1) * sizeof(*m->revoked));
    m->revoked[m->revoked_len++] = (struct revoked){.id = xstrdup(id), .until_s = until_s};
    pthread_mutex_unlock(&m->lock);
}

bool argocd_is_revoked(struct mock *m, const char *id)
{
    bool found = false;
    int64_t now_s = clock_now_s(m->env.clock);
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; id[0] != '\0' && i < m->revoked_len && !found; i++)
        found = m->revoked[i].until_s > now_s && strcmp(m->revoked[i].id, id) == 0;
    pthread_mutex_unlock(&m->lock);
    return found;
}

/* ---- Go's net/http ---- */

const char *argocd_form_value(const struct http_request *req, const char *name)
{
    const char *value = http_form(req, name);
    if (value == NULL)
        value = http_query(req, name);
    return value != NULL ? value : "";
}

static void redirect_path(struct mock *m, const struct http_request *req, const char *path,
                          struct http_response *resp)
{
    AUTO(xfree) char *escaped = gourl_escape_path(path);
    AUTO(xfree)
    char *location = xasprintf("%s%s%s", escaped, req->query != NULL ? "?" : "",
                               req->query != NULL ? req->query : "");
    /* Go 1.26, with which v3.4 and later are built, keeps the method. */
    http_respond_go_redirect(resp, req->method, argocd_quirk(m, ARGOCD_QUIRK_MUX_307) ? 307 : 301,
                             location);
}

/* The path within the root path is what handlers see; whoever cleans it stands before that. */
bool argocd_redirects_unclean(struct mock *m, const struct http_request *req,
                              struct http_response *resp)
{
    AUTO(xfree) char *decoded = NULL;
    if (strcmp(req->method, "CONNECT") == 0 || !url_decode(str_of(req->path), false, &decoded))
        return false;
    AUTO(xfree) char *clean = gopath_mux_clean(decoded);
    if (strcmp(clean, decoded) == 0)
        return false;
    AUTO(xfree) char *whole = xasprintf("%s%s", m->rootpath, clean);
    redirect_path(m, req, whole, resp);
    return true;
}

/* ServeMux knows "/api/" and "/api/dex/", so the same without slash is led there. */
static void add_slash(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(xfree) char *path = xasprintf("%s/", req->path);
    redirect_path(ctx, req, path, resp);
}

static void dex_root(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(ctx);
    if (sso->configured)
        add_slash(ctx, req, resp);
    else
        argocd_gateway(ctx, req, resp);
}

/* A process that ended listens no more. */
static void finish(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    pthread_mutex_lock(&m->lock);
    bool down = m->down != NULL;
    pthread_mutex_unlock(&m->lock);
    if (down)
        resp->fault.kind = HTTP_FAULT_CLOSE;
    else
        wire_play(&m->env, "argocd", req, resp);
}

static const struct http_route routes[] = {
    {NULL, "/auth/login", argocd_login, true},
    {NULL, "/auth/callback", argocd_callback, true},
    {NULL, "/auth/logout", argocd_logout, true},
    {NULL, "/api/dex", dex_root, false},
    {NULL, "/api/dex/*", argocd_proxy, true},
    {NULL, "/api", add_slash, false},
    {NULL, "/api/*", argocd_gateway, true},
    {NULL, "/terminal", argocd_terminal, true},
    {NULL, "/extensions/*", argocd_extensions, true},
    {NULL, "/healthz", argocd_healthz, false},
    {NULL, "/swagger.json", argocd_swagger, false},
    {NULL, "/swagger-ui", argocd_swagger, false},
    {NULL, "/*", argocd_grpcweb, true}, /* or a page: the content type decides (3.6) */
    {NULL, NULL, NULL, false},
};

/* ---- the root path (1.1) ---- */

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

/* The same routes below the root path, and the way from the root path to what is below it. */
static void make_routes(struct mock *m)
{
    size_t n = 0;
    m->routes = xcalloc(ROUTES + 1, sizeof(*m->routes));
    for (size_t i = 0; routes[i].path != NULL; i++, n++) {
        m->routes[n] = routes[i];
        m->routes[n].path = xasprintf("%s%s", m->rootpath, routes[i].path);
    }
    if (m->rootpath[0] != '\0')
        m->routes[n] = (struct http_route){.path = xstrdup(m->rootpath), .handler = add_slash};
}

/* http.StripPrefix: handlers know nothing of the root path. */
static void begin(void *ctx, struct http_request *req)
{
    const struct mock *m = ctx;
    size_t n = strlen(m->rootpath);
    if (n == 0 || strncmp(req->path, m->rootpath, n) != 0 || req->path[n] != '/')
        return;
    char *path = xstrdup(req->path + n);
    xfree(req->path);
    req->path = path;
}

/* Beside the root path there is nothing. */
static void outside(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    AUTO(xfree) char *decoded = NULL;
    if (m->rootpath[0] == '\0') {
        argocd_ui(ctx, req, resp);
        return;
    }
    if (url_decode(str_of(req->path), false, &decoded)) {
        AUTO(xfree) char *clean = gopath_mux_clean(decoded);
        if (strcmp(clean, decoded) != 0) {
            redirect_path(m, req, clean, resp);
            return;
        }
    }
    http_respond_go_error(resp, 404, "404 page not found");
}

void argocd_mock_site(struct mock *m, struct http_site *ret)
{
    *ret = (struct http_site){
        .name = "argocd",
        .routes = m->routes,
        .fallback = outside,
        .begin = begin,
        .finish = finish,
        .ctx = m,
        .workers = WORKERS,
        .clock = m->env.clock,
    };
}
